// SPDX-License-Identifier: GPL-2.0-only
/* Commands for tunnels. */
#include "compat.h"
#include "genl.h"
#include "tunnel.h"

static const struct nla_policy tunnel_id_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	[AWTUN_TUNNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tunnel_set_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	[AWTUN_TUNNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	AWTUN_SETTINGS_POLICY,
};

static int put_tunnel_stats(struct sk_buff *skb, const struct awtun_tunnel *tun)
{
	u64 drops[AWTUN_TUNNEL_STAT_MAX + 1];

	awtun_sum_drops(tun, drops);

	return awtun_put_stats(skb, AWTUN_TUNNEL_A_STATS, drops);
}

static u32 path_mtu(const struct awtun_tunnel *tun)
{
	u32 mtu;

	local_bh_disable();
	mtu = awtun_tunnel_path_mtu(tun);
	local_bh_enable();

	return mtu;
}

/* Context: RCU. */
static int put_tunnel(struct sk_buff *skb, const struct awtun_tunnel *tun)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(skb, AWTUN_TUNNEL_A_IFINDEX, tun->dev->ifindex) ||
	    nla_put_string(skb, AWTUN_TUNNEL_A_IFNAME, tun->dev->name) ||
	    awtun_conf_put(skb, rcu_dereference(tun->conf)) ||
	    nla_put_u32(skb, AWTUN_TUNNEL_A_PATH_MTU, path_mtu(tun)) ||
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

	hdr = genlmsg_put_reply(msg, info, awtun_genl_family, 0,
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

int awtun_tunnel_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_settings settings = awtun_settings_default;
	struct awtun_tunnel *tun;
	struct awtun_req req;
	int err;

	err = awtun_req_parse(&req, info, AWTUN_A_TUNNEL, AWTUN_TUNNEL_A_MAX,
			      tunnel_set_policy);
	if (err)
		return err;
	if (!req.tb[AWTUN_TUNNEL_A_MODE])
		return AWTUN_MISSING(&req, AWTUN_TUNNEL_A_MODE,
				     "MODE is required");
	err = awtun_settings_parse(req.nest, req.tb, &settings, req.extack);
	if (err)
		return err;

	tun = awtun_req_lock(&req, info, AWTUN_TUNNEL_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	err = awtun_tunnel_configure(tun, &settings, req.extack);
	if (err)
		awtun_refuse(&req, AWTUN_TUNNEL_A_IFINDEX, err);
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
