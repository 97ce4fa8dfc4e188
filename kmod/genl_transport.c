// SPDX-License-Identifier: GPL-2.0-only
/* Commands for UDP sockets. */
#include <linux/file.h>
#include <linux/net.h>
#include <net/sock.h>

#include "compat.h"
#include "conf.h"
#include "genl.h"
#include "net.h"
#include "transport.h"

static const struct nla_policy transport_policy[AWTUN_TRANSPORT_A_MAX + 1] = {
	[AWTUN_TRANSPORT_A_FD] = { .type = NLA_U32 },
};

static int do_transport(struct genl_info *info,
			int (*run)(struct net *net, struct socket *sock,
				   struct netlink_ext_ack *extack))
{
	struct awtun_req req;
	struct socket *sock;
	int err;

	err = awtun_req_parse(&req, info, AWTUN_A_TRANSPORT,
			      AWTUN_TRANSPORT_A_MAX, transport_policy);
	if (err)
		return err;
	if (!req.tb[AWTUN_TRANSPORT_A_FD])
		return AWTUN_MISSING(&req, AWTUN_TRANSPORT_A_FD,
				     "FD is required");

	sock = sockfd_lookup(nla_get_u32(req.tb[AWTUN_TRANSPORT_A_FD]), &err);
	if (!sock)
		return AWTUN_REFUSE(&req, AWTUN_TRANSPORT_A_FD, err,
				    "FD must be the descriptor of a socket");

	err = run(genl_info_net(info), sock, req.extack);
	sockfd_put(sock);
	if (err)
		awtun_refuse(&req, AWTUN_TRANSPORT_A_FD, err);

	return err;
}

int awtun_transport_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return do_transport(info, awtun_transport_add);
}

int awtun_transport_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return do_transport(info, awtun_transport_del);
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct awtun_transport *transport)
{
	void *hdr = awtun_dump_put(skb, cb, AWTUN_CMD_TRANSPORT_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (awtun_put_transport(skb, transport)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);

	return 0;
}

int awtun_transport_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *nest = awtun_dump_attrs(cb)[AWTUN_A_TRANSPORT];
	struct awtun_net *an = awtun_net(sock_net(cb->skb->sk));
	struct awtun_dump *dump = awtun_dump_of(cb);
	const struct awtun_transport *transport;
	u32 pos = 0;

	if (nest) {
		NL_SET_ERR_MSG_ATTR(cb->extack, nest,
				    "awtun: a dump of sockets takes no attributes");
		return -EINVAL;
	}

	cb->seq = atomic_read(&an->generation);
	spin_lock_bh(&an->lock);
	list_for_each_entry(transport, &an->transports, list) {
		if (pos++ < dump->dev)
			continue;
		if (dump_one(skb, cb, transport))
			break;
		dump->dev = pos;
	}
	spin_unlock_bh(&an->lock);

	return skb->len;
}
