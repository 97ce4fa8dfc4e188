// SPDX-License-Identifier: GPL-2.0-only
/* Requests, dumps and answers: what all commands share. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "dev.h"
#include "genl.h"
#include "tunnel.h"

/**
 * awtun_req_parse() - take the nest of a request apart
 * @req: gets it
 * @info: the request
 * @type: the nest, enum awtun_attr
 * @maxtype: highest attribute in the nest
 * @policy: those that the command takes
 *
 * Return: 0 or an error, explained to the sender.
 */
int awtun_req_parse(struct awtun_req *req, struct genl_info *info, int type,
		    int maxtype, const struct nla_policy *policy)
{
	BUILD_BUG_ON((int)AWTUN_TUNNEL_A_MAX > (int)AWTUN_SA_A_MAX);
	BUILD_BUG_ON((int)AWTUN_TRANSPORT_A_MAX > (int)AWTUN_SA_A_MAX);

	memset(req, 0, sizeof(*req));
	req->extack = info->extack;
	req->nest = info->attrs[type];
	if (!req->nest)
		return AWTUN_MISSING(req, type,
				     "TUNNEL, SA or TRANSPORT is required, as the command says");

	return nla_parse_nested(req->tb, maxtype, req->nest, policy,
				req->extack);
}

/* The tunnel that attribute @type names, with a reference to its device. */
static struct awtun_tunnel *get_tunnel(const struct awtun_req *req,
				       struct net *net, int type)
{
	struct net_device *dev;

	dev = dev_get_by_index(net, nla_get_u32(req->tb[type]));
	if (!dev)
		return ERR_PTR(AWTUN_REFUSE(req, type, -ENODEV,
					    "IFINDEX must be that of an interface"));
	if (!awtun_dev_is_ours(dev)) {
		dev_put(dev);
		return ERR_PTR(AWTUN_REFUSE(req, type, -EOPNOTSUPP,
					    "IFINDEX must be that of a tunnel"));
	}

	return netdev_priv(dev);
}

/**
 * awtun_req_check_dev() - is there a tunnel of this interface index?
 * @req: the request
 * @net: namespace it came from
 * @type: attribute that holds the interface index, present
 *
 * Return: 0 or an error, explained to the sender.
 */
int awtun_req_check_dev(const struct awtun_req *req, struct net *net, int type)
{
	struct awtun_tunnel *tun = get_tunnel(req, net, type);

	if (IS_ERR(tun))
		return PTR_ERR(tun);
	dev_put(tun->dev);

	return 0;
}

/**
 * awtun_req_lock() - find a tunnel and lock it
 * @req: the request
 * @info: the same
 * @type: attribute that holds the interface index
 *
 * The namespace of the underlay cannot go while it is locked.
 *
 * Return: the tunnel for awtun_req_unlock(), or an error pointer, explained to
 * the sender.
 */
struct awtun_tunnel *awtun_req_lock(const struct awtun_req *req,
				    struct genl_info *info, int type)
{
	struct awtun_tunnel *tun;

	if (!req->tb[type])
		return ERR_PTR(AWTUN_MISSING(req, type,
					     "IFINDEX is required"));

	tun = get_tunnel(req, genl_info_net(info), type);
	if (!IS_ERR(tun))
		mutex_lock(&tun->lock);

	return tun;
}

/**
 * awtun_req_unlock() - end what awtun_req_lock() began
 * @tun: the tunnel
 */
void awtun_req_unlock(struct awtun_tunnel *tun)
{
	mutex_unlock(&tun->lock);
	dev_put(tun->dev);
}

/**
 * awtun_req_check_underlay() - refuse what a tunnel without underlay cannot do
 * @req: the request
 * @type: attribute that holds the interface index
 * @tun: the tunnel, locked
 *
 * Return: 0 or an error, explained to the sender.
 */
int awtun_req_check_underlay(const struct awtun_req *req, int type,
			     const struct awtun_tunnel *tun)
{
	if (awtun_tunnel_underlay(tun))
		return 0;

	return AWTUN_REFUSE(req, type, -ENONET,
			    "the network namespace of the outer packets is gone");
}

/**
 * awtun_req_changed() - dumps may now show something else
 * @info: the request that changed it
 */
void awtun_req_changed(struct genl_info *info)
{
	atomic_inc(&awtun_net(genl_info_net(info))->generation);
}

/**
 * awtun_dump_of() - where a dump goes on
 * @cb: the dump
 *
 * Return: zero at first.
 */
struct awtun_dump *awtun_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct awtun_dump) > sizeof(cb->ctx));

	return (struct awtun_dump *)cb->ctx;
}

/**
 * awtun_dump_tunnels() - go on with a dump, tunnel by tunnel
 * @skb: gets the next part
 * @cb: the dump
 * @dump_one: writes what is wanted of a tunnel, an error when @skb is full
 *
 * The parts come from one state, or the reader is notified that they do not:
 * every device that comes or goes counts, and every change made by a request.
 *
 * Return: what dumpit returns.
 */
int awtun_dump_tunnels(struct sk_buff *skb, struct netlink_callback *cb,
		       int (*dump_one)(struct sk_buff *skb,
				       struct netlink_callback *cb,
				       const struct awtun_tunnel *tun))
{
	struct awtun_dump *dump = awtun_dump_of(cb);
	struct net *net = sock_net(cb->skb->sk);
	struct net_device *dev;
	u32 pos = 0;

	dump->begun = true;
	cb->seq = READ_ONCE(net->dev_base_seq) +
		  atomic_read(&awtun_net(net)->generation);

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		if (pos++ < dump->dev)
			continue;
		if (awtun_dev_is_ours(dev) &&
		    (!dump->ifindex || dump->ifindex == dev->ifindex) &&
		    dump_one(skb, cb, netdev_priv(dev)))
			break;
		dump->dev = pos;
	}
	rcu_read_unlock();

	return skb->len;
}

/**
 * awtun_dump_put() - begin a message of a dump
 * @skb: gets it
 * @cb: the dump
 * @cmd: enum awtun_cmd
 *
 * Return: the header, NULL when @skb is full.
 */
void *awtun_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, awtun_genl_family, NLM_F_MULTI,
				cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);

	return hdr;
}

/**
 * awtun_put_stats() - a nest of counters
 * @skb: gets it
 * @type: the nest
 * @drops: by enum awtun_tunnel_stat
 *
 * Return: 0 or -EMSGSIZE.
 */
int awtun_put_stats(struct sk_buff *skb, int type,
		    const u64 drops[AWTUN_TUNNEL_STAT_MAX + 1])
{
	struct nlattr *nest = nla_nest_start(skb, type);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = AWTUN_TUNNEL_STAT_PAD + 1; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		if (nla_put_u64_64bit(skb, i, drops[i], AWTUN_TUNNEL_STAT_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}
