// SPDX-License-Identifier: GPL-2.0-only
/* Commands for tunnels. */
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "compat.h"
#include "dev.h"
#include "genl.h"

static const struct nla_policy tunnel_id_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	[AWTUN_TUNNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tunnel_set_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	[AWTUN_TUNNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_TUNNEL_A_MODE] = NLA_POLICY_MAX(NLA_U32, AWTUN_MODE_IPSEC_IPV6),
	[AWTUN_TUNNEL_A_LOCAL] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[AWTUN_TUNNEL_A_REMOTE] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
};

static size_t addr_len(u32 family)
{
	return family == AF_INET ? sizeof(struct in_addr) :
				   sizeof(struct in6_addr);
}

static int put_path(struct sk_buff *skb, const struct awtun_path *path)
{
	size_t len;

	if (!path)
		return nla_put_u32(skb, AWTUN_TUNNEL_A_MODE, AWTUN_MODE_UNSPEC);

	len = addr_len(path->ends.family);
	if (nla_put_u32(skb, AWTUN_TUNNEL_A_MODE, path->mode) ||
	    nla_put(skb, AWTUN_TUNNEL_A_LOCAL, len, &path->ends.local) ||
	    nla_put(skb, AWTUN_TUNNEL_A_REMOTE, len, &path->ends.remote))
		return -EMSGSIZE;

	return 0;
}

static int put_tunnel_stats(struct sk_buff *skb, const struct awtun_tunnel *tun)
{
	u64 drops[AWTUN_TUNNEL_STAT_MAX + 1];

	awtun_sum_drops(tun, drops);

	return awtun_put_stats(skb, AWTUN_TUNNEL_A_STATS, drops);
}

/* Context: RCU. */
static int put_tunnel(struct sk_buff *skb, const struct awtun_tunnel *tun)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(skb, AWTUN_TUNNEL_A_IFINDEX, tun->dev->ifindex) ||
	    nla_put_string(skb, AWTUN_TUNNEL_A_IFNAME, tun->dev->name) ||
	    put_path(skb, rcu_dereference(tun->path)) ||
	    put_tunnel_stats(skb, tun))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

int awtun_tunnel_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_req req;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = awtun_req_parse(&req, info, AWTUN_A_TUNNEL, AWTUN_TUNNEL_A_MAX,
			      tunnel_id_policy);
	if (err)
		return err;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	tun = awtun_req_lock(&req, info, AWTUN_TUNNEL_A_IFINDEX);
	if (IS_ERR(tun)) {
		err = PTR_ERR(tun);
		goto err_free;
	}

	hdr = genlmsg_put_reply(msg, info, &awtun_family, 0,
				AWTUN_CMD_TUNNEL_GET);
	rcu_read_lock();
	err = hdr ? put_tunnel(msg, tun) : -EMSGSIZE;
	rcu_read_unlock();
	awtun_req_unlock(tun);
	if (err)
		goto err_free;

	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

/* An address that can be the one end of packets to and from the other. */
static int check_addr(const struct awtun_req *req, int type, u32 family,
		      union awtun_addr *addr)
{
	const struct nlattr *attr = req->tb[type];
	bool good;

	if (!attr)
		return AWTUN_MISSING(req, type,
				     "an address of the tunnel is missing");
	if (nla_len(attr) != addr_len(family))
		return AWTUN_REFUSE(req, type, -EINVAL,
				    "address length does not fit the mode");

	memcpy(addr, nla_data(attr), nla_len(attr));
	if (family == AF_INET)
		good = !ipv4_is_zeronet(addr->ip4) &&
		       !ipv4_is_multicast(addr->ip4) &&
		       !ipv4_is_lbcast(addr->ip4);
	else
		good = ipv6_addr_type(&addr->ip6) & IPV6_ADDR_UNICAST &&
		       !(ipv6_addr_type(&addr->ip6) & IPV6_ADDR_LINKLOCAL) &&
		       !ipv6_addr_v4mapped(&addr->ip6);
	if (!good)
		return AWTUN_REFUSE(req, type, -EADDRNOTAVAIL,
				    "not a unicast address of wider than link scope");

	return 0;
}

static int parse_ends(const struct awtun_req *req, u32 mode,
		      struct awtun_endpoints *ends)
{
	int err;

	memset(ends, 0, sizeof(*ends));
	if (mode == AWTUN_MODE_UNSPEC) {
		if (req->tb[AWTUN_TUNNEL_A_LOCAL])
			return AWTUN_REFUSE(req, AWTUN_TUNNEL_A_LOCAL, -EINVAL,
					    "an address needs a mode");
		if (req->tb[AWTUN_TUNNEL_A_REMOTE])
			return AWTUN_REFUSE(req, AWTUN_TUNNEL_A_REMOTE, -EINVAL,
					    "an address needs a mode");
		return 0;
	}

	ends->family = mode == AWTUN_MODE_IPSEC_IPV4 ? AF_INET : AF_INET6;
	err = check_addr(req, AWTUN_TUNNEL_A_LOCAL, ends->family, &ends->local);
	if (err)
		return err;
	err = check_addr(req, AWTUN_TUNNEL_A_REMOTE, ends->family,
			 &ends->remote);
	if (err)
		return err;
	if (!memcmp(&ends->local, &ends->remote, sizeof(ends->local)))
		return AWTUN_REFUSE(req, AWTUN_TUNNEL_A_REMOTE, -EINVAL,
				    "local and remote address are the same");

	return 0;
}

static bool path_is(const struct awtun_tunnel *tun, u32 mode,
		    const struct awtun_endpoints *ends)
{
	const struct awtun_path *path;

	path = rcu_dereference_protected(tun->path, lockdep_is_held(&tun->lock));
	if (!path)
		return mode == AWTUN_MODE_UNSPEC;

	return path->mode == mode && !memcmp(&path->ends, ends, sizeof(*ends));
}

static int set_path(const struct awtun_req *req, struct awtun_tunnel *tun,
		    u32 mode, const struct awtun_endpoints *ends)
{
	int err;

	err = awtun_req_check_underlay(req, AWTUN_TUNNEL_A_IFINDEX, tun);
	if (err)
		return err;
	if (path_is(tun, mode, ends))
		return 0;
	if (!list_empty(&tun->sas))
		return AWTUN_REFUSE(req, AWTUN_TUNNEL_A_IFINDEX, -EBUSY,
				    "the tunnel has SAs of its present mode and addresses");

	return awtun_dev_set_path(tun, mode, ends);
}

int awtun_tunnel_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_endpoints ends;
	struct awtun_tunnel *tun;
	struct awtun_req req;
	u32 mode;
	int err;

	err = awtun_req_parse(&req, info, AWTUN_A_TUNNEL, AWTUN_TUNNEL_A_MAX,
			      tunnel_set_policy);
	if (err)
		return err;
	if (!req.tb[AWTUN_TUNNEL_A_MODE])
		return AWTUN_MISSING(&req, AWTUN_TUNNEL_A_MODE,
				     "the mode is missing");
	mode = nla_get_u32(req.tb[AWTUN_TUNNEL_A_MODE]);
	err = parse_ends(&req, mode, &ends);
	if (err)
		return err;

	tun = awtun_req_lock(&req, info, AWTUN_TUNNEL_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	err = set_path(&req, tun, mode, &ends);
	awtun_req_unlock(tun);
	if (!err)
		awtun_req_changed(info);

	return err;
}

static int dump_tunnel(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct awtun_tunnel *tun)
{
	void *hdr = awtun_dump_put(skb, cb, AWTUN_CMD_TUNNEL_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (put_tunnel(skb, tun)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);

	return 0;
}

int awtun_tunnel_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *nest = awtun_dump_attrs(cb)[AWTUN_A_TUNNEL];

	if (nest) {
		NL_SET_ERR_MSG_ATTR(cb->extack, nest,
				    "awtun: a dump of tunnels takes no attributes");
		return -EINVAL;
	}

	return awtun_dump_tunnels(skb, cb, dump_tunnel);
}
