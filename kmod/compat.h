/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between the kernels this module builds for. No other file tests
 * for them. probe.c probes the kernel, except where the existence of a header is
 * enough.
 */
#ifndef _AWTUN_COMPAT_H
#define _AWTUN_COMPAT_H

#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>
#include <net/udp_tunnel.h>

#include "probed.h"

#if AWTUN_HAS_LINUX_UNALIGNED
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#if AWTUN_HAS_NET_GSO
#include <net/gso.h>
#endif

#if AWTUN_HAS_CRYPTO_COMPLETION_DATA
#define AWTUN_CRYPTO_ARG void

static inline void *awtun_crypto_data(void *arg)
{
	return arg;
}
#else
#include <linux/crypto.h>

#define AWTUN_CRYPTO_ARG struct crypto_async_request

static inline void *awtun_crypto_data(struct crypto_async_request *arg)
{
	return arg->data;
}
#endif

#if AWTUN_HAS_U64_STATS_IRQ
static inline unsigned int awtun_u64_begin(const struct u64_stats_sync *sync)
{
	return u64_stats_fetch_begin_irq(sync);
}

static inline bool awtun_u64_retry(const struct u64_stats_sync *sync,
				   unsigned int start)
{
	return u64_stats_fetch_retry_irq(sync, start);
}
#else
static inline unsigned int awtun_u64_begin(const struct u64_stats_sync *sync)
{
	return u64_stats_fetch_begin(sync);
}

static inline bool awtun_u64_retry(const struct u64_stats_sync *sync,
				   unsigned int start)
{
	return u64_stats_fetch_retry(sync, start);
}
#endif

static inline struct nlattr **awtun_dump_attrs(struct netlink_callback *cb)
{
#if AWTUN_HAS_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* A multicast group for CAP_NET_ADMIN only. Kernels before know the same thing
 * by the flag of an operation.
 */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define AWTUN_MCAST_FLAGS GENL_MCAST_CAP_NET_ADMIN
#else
#define AWTUN_MCAST_FLAGS GENL_UNS_ADMIN_PERM
#endif

static inline void awtun_dev_set_lltx(struct net_device *dev)
{
#if AWTUN_HAS_DEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

static inline void awtun_udp_tunnel_setup(struct net *net, struct socket *sock,
					  struct udp_tunnel_sock_cfg *cfg)
{
#if AWTUN_HAS_UDP_TUNNEL_SOCK
	setup_udp_tunnel_sock(net, sock->sk, cfg);
#else
	setup_udp_tunnel_sock(net, sock, cfg);
#endif
}

int awtun_dev_newlink(struct net_device *dev, struct net *underlay,
		      struct nlattr *data[], struct netlink_ext_ack *extack);

#if AWTUN_HAS_NEWLINK_PARAMS
static inline int awtun_newlink(struct net_device *dev,
				struct rtnl_newlink_params *params,
				struct netlink_ext_ack *extack)
{
	return awtun_dev_newlink(dev, rtnl_newlink_link_net(params),
				 params->data, extack);
}
#else
static inline int awtun_newlink(struct net *src_net, struct net_device *dev,
				struct nlattr *tb[], struct nlattr *data[],
				struct netlink_ext_ack *extack)
{
	return awtun_dev_newlink(dev, src_net, data, extack);
}
#endif

#endif /* _AWTUN_COMPAT_H */
