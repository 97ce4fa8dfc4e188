/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration of a tunnel, and its attributes, which are the same in
 * generic netlink and in IFLA_INFO_DATA.
 */
#ifndef _AWTUN_CONF_H
#define _AWTUN_CONF_H

#include <linux/awtun.h>
#include <linux/rcupdate.h>
#include <net/ipv6.h>
#include <net/netlink.h>

#include "net.h"

#define AWTUN_DSCP_MAX		63
#define AWTUN_MSS_MIN		64

/* Indices of what is set for each inner family. */
enum awtun_inner {
	AWTUN_INNER_IPV4,
	AWTUN_INNER_IPV6,

	AWTUN_INNERS
};

/**
 * struct awtun_outer_opts - what the administrator says of outer packets
 * @mark: fwmark
 * @link: interface of the underlay to route by, 0 for any
 * @ttl: TTL or hop limit, 0 for that of the route
 * @dscp: 0 to 63, or AWTUN_DSCP_COPY
 * @df: enum awtun_df
 */
struct awtun_outer_opts {
	u32 mark;
	u32 link;
	u8 ttl;
	u8 dscp;
	u8 df;
};

/**
 * struct awtun_settings - the configuration of a tunnel
 * @mode: enum awtun_mode; the rest says nothing when it is unspecified
 * @ends: addresses; without a remote one every outbound SA has its own
 * @opts: of outer packets
 * @mss: at most, in TCP SYNs, by enum awtun_inner; 0 for as it is, or
 *	AWTUN_MSS_PMTU
 */
struct awtun_settings {
	u32 mode;
	struct awtun_endpoints ends;
	struct awtun_outer_opts opts;
	u16 mss[AWTUN_INNERS];
};

/**
 * struct awtun_conf - a configured tunnel; replaced whole under RCU
 * @node: in &struct awtun_net.confs
 * @tun: the tunnel; outlives a grace period after the conf is unhashed
 * @settings: its configuration
 * @rcu: frees it
 */
struct awtun_conf {
	struct hlist_node node;
	struct awtun_tunnel *tun;
	struct awtun_settings settings;
	struct rcu_head rcu;
};

/* The attributes, for a policy. */
#define AWTUN_SETTINGS_POLICY						\
	[AWTUN_TUNNEL_A_MODE] = NLA_POLICY_MAX(NLA_U32,			\
					       AWTUN_MODE_IPSEC_IPV6),	\
	[AWTUN_TUNNEL_A_LOCAL] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),	\
	[AWTUN_TUNNEL_A_REMOTE] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),	\
	[AWTUN_TUNNEL_A_FWMARK] = { .type = NLA_U32 },			\
	[AWTUN_TUNNEL_A_LINK] = { .type = NLA_U32 },			\
	[AWTUN_TUNNEL_A_TTL] = { .type = NLA_U8 },			\
	[AWTUN_TUNNEL_A_DSCP] = { .type = NLA_U8 },			\
	[AWTUN_TUNNEL_A_DF] = NLA_POLICY_MAX(NLA_U8, AWTUN_DF_CLEAR),	\
	[AWTUN_TUNNEL_A_MSS_IPV4] = { .type = NLA_U16 },		\
	[AWTUN_TUNNEL_A_MSS_IPV6] = { .type = NLA_U16 }

extern const struct awtun_settings awtun_settings_default;

int awtun_settings_parse_remote(const struct nlattr *attr,
				struct awtun_endpoints *ends,
			    struct netlink_ext_ack *extack);
int awtun_settings_parse(const struct nlattr *nest, struct nlattr * const tb[],
			 struct awtun_settings *settings,
		     struct netlink_ext_ack *extack);
int awtun_conf_put(struct sk_buff *skb, const struct awtun_conf *conf);
size_t awtun_conf_size(void);

static inline bool awtun_addr_is_any(const union awtun_addr *addr)
{
	return ipv6_addr_any(&addr->ip6);
}

static inline size_t awtun_addr_len(u32 family)
{
	return family == AF_INET ? sizeof(struct in_addr) :
				   sizeof(struct in6_addr);
}

#endif /* _AWTUN_CONF_H */
