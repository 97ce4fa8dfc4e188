// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <net/addrconf.h>

#include "conf.h"
#include "refuse.h"

const struct awtun_settings awtun_settings_default = {
	.opts.dscp = AWTUN_DSCP_COPY,
};

/* An address that can be the one end of packets to and from the other. */
static bool is_end(u32 family, const union awtun_addr *addr)
{
	int type;

	if (family == AF_INET)
		return !ipv4_is_zeronet(addr->ip4) &&
		       !ipv4_is_multicast(addr->ip4) &&
		       !ipv4_is_lbcast(addr->ip4);

	type = ipv6_addr_type(&addr->ip6);

	return type & IPV6_ADDR_UNICAST && !(type & IPV6_ADDR_LINKLOCAL) &&
	       !ipv6_addr_v4mapped(&addr->ip6);
}

static int read_addr(const struct nlattr *attr, u32 family,
		     union awtun_addr *addr, struct netlink_ext_ack *extack)
{
	if (nla_len(attr) != awtun_addr_len(family))
		return AWTUN_REFUSE_ATTR(extack, attr, -EINVAL,
						 "LOCAL and REMOTE must have the length of the mode's family");
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, nla_data(attr), nla_len(attr));

	return 0;
}

static int parse_addr(const struct nlattr *attr, u32 family,
		      union awtun_addr *addr, struct netlink_ext_ack *extack)
{
	int err = read_addr(attr, family, addr, extack);

	if (err)
		return err;
	if (!is_end(family, addr))
		return AWTUN_REFUSE_ATTR(extack, attr, -EADDRNOTAVAIL,
						 "LOCAL and REMOTE must be unicast and not link-local");

	return 0;
}

static int parse_local(const struct nlattr *nest, const struct nlattr *attr,
		       struct awtun_endpoints *ends,
		       struct netlink_ext_ack *extack)
{
	if (attr)
		return parse_addr(attr, ends->family, &ends->local, extack);
	if (!awtun_addr_is_any(&ends->local))
		return 0;
	NL_SET_ERR_ATTR_MISS(extack, nest, AWTUN_TUNNEL_A_LOCAL);
	NL_SET_ERR_MSG_MOD(extack, "LOCAL is required with a mode");

	return -EINVAL;
}

static int check_differ(const struct awtun_endpoints *ends,
			const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (!memcmp(&ends->local, &ends->remote, sizeof(ends->local)))
		return AWTUN_REFUSE_ATTR(extack, attr, -EINVAL,
						 "LOCAL and REMOTE must differ");

	return 0;
}

/**
 * awtun_settings_parse_remote() - read the address of a peer
 * @attr: holds it
 * @ends: family and our address are there, the peer's is read; undefined after
 *	an error
 * @extack: says what is wrong
 *
 * Return: 0 or an error.
 */
int awtun_settings_parse_remote(const struct nlattr *attr,
				struct awtun_endpoints *ends,
			    struct netlink_ext_ack *extack)
{
	int err = parse_addr(attr, ends->family, &ends->remote, extack);

	return err ?: check_differ(ends, attr, extack);
}

/* Any address is as good as none: the peer is where its SAs say. */
static int parse_tunnel_remote(const struct nlattr *attr,
			       struct awtun_endpoints *ends,
			       struct netlink_ext_ack *extack)
{
	int err;

	if (!attr)
		return check_differ(ends, attr, extack);
	err = read_addr(attr, ends->family, &ends->remote, extack);
	if (err || awtun_addr_is_any(&ends->remote))
		return err;

	return awtun_settings_parse_remote(attr, ends, extack);
}

static int parse_ends(const struct nlattr *nest, struct nlattr * const tb[],
		      struct awtun_endpoints *ends,
		      struct netlink_ext_ack *extack)
{
	int err = parse_local(nest, tb[AWTUN_TUNNEL_A_LOCAL], ends, extack);

	return err ?: parse_tunnel_remote(tb[AWTUN_TUNNEL_A_REMOTE], ends,
					  extack);
}

static int parse_dscp(const struct nlattr *attr, u8 *dscp,
		      struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	*dscp = nla_get_u8(attr);
	if (*dscp > AWTUN_DSCP_MAX && *dscp != AWTUN_DSCP_COPY)
		return AWTUN_REFUSE_ATTR(extack, attr, -ERANGE,
					 "DSCP must be 0 to 63");

	return 0;
}

static int parse_opts(struct nlattr * const tb[],
		      struct awtun_outer_opts *opts,
		      struct netlink_ext_ack *extack)
{
	if (tb[AWTUN_TUNNEL_A_FWMARK])
		opts->mark = nla_get_u32(tb[AWTUN_TUNNEL_A_FWMARK]);
	if (tb[AWTUN_TUNNEL_A_LINK])
		opts->link = nla_get_u32(tb[AWTUN_TUNNEL_A_LINK]);
	if (tb[AWTUN_TUNNEL_A_TTL])
		opts->ttl = nla_get_u8(tb[AWTUN_TUNNEL_A_TTL]);
	if (tb[AWTUN_TUNNEL_A_DF])
		opts->df = nla_get_u8(tb[AWTUN_TUNNEL_A_DF]);

	return parse_dscp(tb[AWTUN_TUNNEL_A_DSCP], &opts->dscp, extack);
}

static int parse_mss(const struct nlattr *attr, u16 *mss,
		     struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	*mss = nla_get_u16(attr);
	if (*mss && *mss < AWTUN_MSS_MIN)
		return AWTUN_REFUSE_ATTR(extack, attr, -ERANGE,
						 "MSS_IPV4 and MSS_IPV6 must be 0 or at least 64");

	return 0;
}

static int refuse_without_mode(struct nlattr * const tb[],
			       struct netlink_ext_ack *extack)
{
	static const u8 types[] = {
		AWTUN_TUNNEL_A_LOCAL, AWTUN_TUNNEL_A_REMOTE,
		AWTUN_TUNNEL_A_FWMARK, AWTUN_TUNNEL_A_LINK,
		AWTUN_TUNNEL_A_TTL, AWTUN_TUNNEL_A_DSCP, AWTUN_TUNNEL_A_DF,
		AWTUN_TUNNEL_A_MSS_IPV4, AWTUN_TUNNEL_A_MSS_IPV6,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (tb[types[i]])
			return AWTUN_REFUSE_ATTR(extack, tb[types[i]], -EINVAL,
							 "MODE must be IPSEC_IPV4 or IPSEC_IPV6 for this attribute");

	return 0;
}

/**
 * awtun_settings_parse() - read a configuration
 * @nest: what holds the attributes, may be NULL
 * @tb: the attributes, parsed by AWTUN_SETTINGS_POLICY
 * @settings: what is left out stays as it is here; undefined after an error
 * @extack: says what is wrong
 *
 * Another mode than that of @settings needs its own addresses.
 *
 * Return: 0 or an error.
 */
int awtun_settings_parse(const struct nlattr *nest, struct nlattr * const tb[],
			 struct awtun_settings *settings,
		     struct netlink_ext_ack *extack)
{
	u32 mode = settings->mode;
	int err;

	if (tb[AWTUN_TUNNEL_A_MODE])
		mode = nla_get_u32(tb[AWTUN_TUNNEL_A_MODE]);
	if (mode == AWTUN_MODE_UNSPEC) {
		*settings = awtun_settings_default;
		return refuse_without_mode(tb, extack);
	}
	if (mode != settings->mode)
		memset(&settings->ends, 0, sizeof(settings->ends));

	settings->mode = mode;
	settings->ends.family = mode == AWTUN_MODE_IPSEC_IPV4 ? AF_INET : AF_INET6;
	err = parse_ends(nest, tb, &settings->ends, extack);
	if (err)
		return err;
	err = parse_opts(tb, &settings->opts, extack);
	if (err)
		return err;
	err = parse_mss(tb[AWTUN_TUNNEL_A_MSS_IPV4],
			&settings->mss[AWTUN_INNER_IPV4], extack);
	if (err)
		return err;

	return parse_mss(tb[AWTUN_TUNNEL_A_MSS_IPV6],
			 &settings->mss[AWTUN_INNER_IPV6], extack);
}

static int put_opts(struct sk_buff *skb, const struct awtun_outer_opts *opts)
{
	if (nla_put_u32(skb, AWTUN_TUNNEL_A_FWMARK, opts->mark) ||
	    nla_put_u32(skb, AWTUN_TUNNEL_A_LINK, opts->link) ||
	    nla_put_u8(skb, AWTUN_TUNNEL_A_TTL, opts->ttl) ||
	    nla_put_u8(skb, AWTUN_TUNNEL_A_DF, opts->df) ||
	    (opts->dscp != AWTUN_DSCP_COPY &&
	     nla_put_u8(skb, AWTUN_TUNNEL_A_DSCP, opts->dscp)))
		return -EMSGSIZE;

	return 0;
}

/**
 * awtun_conf_put() - write a configuration
 * @skb: gets the attributes
 * @conf: the tunnel, NULL when it is not configured
 *
 * Context: RCU, or the tunnel's lock.
 * Return: 0 or -EMSGSIZE.
 */
int awtun_conf_put(struct sk_buff *skb, const struct awtun_conf *conf)
{
	const struct awtun_settings *settings;
	size_t len;

	if (!conf)
		return nla_put_u32(skb, AWTUN_TUNNEL_A_MODE, AWTUN_MODE_UNSPEC);

	settings = &conf->settings;
	len = awtun_addr_len(settings->ends.family);
	if (nla_put_u32(skb, AWTUN_TUNNEL_A_MODE, settings->mode) ||
	    nla_put(skb, AWTUN_TUNNEL_A_LOCAL, len, &settings->ends.local) ||
	    (!awtun_addr_is_any(&settings->ends.remote) &&
	     nla_put(skb, AWTUN_TUNNEL_A_REMOTE, len, &settings->ends.remote)) ||
	    put_opts(skb, &settings->opts) ||
	    nla_put_u16(skb, AWTUN_TUNNEL_A_MSS_IPV4,
			settings->mss[AWTUN_INNER_IPV4]) ||
	    nla_put_u16(skb, AWTUN_TUNNEL_A_MSS_IPV6,
			settings->mss[AWTUN_INNER_IPV6]))
		return -EMSGSIZE;

	return 0;
}

/**
 * awtun_conf_size() - room that awtun_conf_put() needs
 *
 * Return: octets.
 */
size_t awtun_conf_size(void)
{
	return 3 * nla_total_size(sizeof(u32)) +
	       2 * nla_total_size(sizeof(struct in6_addr)) +
	       3 * nla_total_size(sizeof(u8)) + 2 * nla_total_size(sizeof(u16));
}
