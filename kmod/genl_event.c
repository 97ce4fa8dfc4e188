// SPDX-License-Identifier: GPL-2.0-only
/* Notifications to the group "events". They may be lost when memory or a
 * reader's buffer is short; dumps show the same.
 */
#include <net/net_namespace.h>

#include "conf.h"
#include "genl.h"
#include "note.h"
#include "sa.h"
#include "transport.h"
#include "tunnel.h"

const struct genl_family *awtun_genl_family __ro_after_init;

static int put_sa_id(struct sk_buff *skb, const struct awtun_tunnel *tun,
		     u32 dir, __be32 spi)
{
	if (nla_put_u32(skb, AWTUN_SA_A_IFINDEX, tun->dev->ifindex) ||
	    nla_put_u32(skb, AWTUN_SA_A_DIR, dir) ||
	    nla_put_be32(skb, AWTUN_SA_A_SPI, spi))
		return -EMSGSIZE;

	return 0;
}

/**
 * awtun_put_sa_id() - say which SA
 * @skb: gets the attributes
 * @sa: the SA
 *
 * Return: 0 or -EMSGSIZE.
 */
int awtun_put_sa_id(struct sk_buff *skb, const struct awtun_sa *sa)
{
	return put_sa_id(skb, sa->tun, sa->dir, sa->key.spi);
}

/**
 * awtun_put_transport() - describe a UDP socket
 * @skb: gets the nest
 * @transport: the socket
 *
 * Return: 0 or -EMSGSIZE.
 */
int awtun_put_transport(struct sk_buff *skb,
			const struct awtun_transport *transport)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_A_TRANSPORT);

	if (!nest ||
	    nla_put_be16(skb, AWTUN_TRANSPORT_A_PORT, transport->port) ||
	    nla_put(skb, AWTUN_TRANSPORT_A_LOCAL,
		    awtun_addr_len(transport->family), &transport->local))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

/* Begins a notification; NULL without memory. */
static struct sk_buff *event_new(enum awtun_event event, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, awtun_genl_family, 0, AWTUN_CMD_EVENT);
	if (!*hdr || nla_put_u32(msg, AWTUN_A_EVENT, event)) {
		nlmsg_free(msg);
		return NULL;
	}

	return msg;
}

/* Ends and sends it, unless writing it has failed. */
static void event_send(struct sk_buff *msg, void *hdr, struct net *net, int err)
{
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(awtun_genl_family, net, msg, 0, 0, GFP_KERNEL);
}

/* The device may be moving, its namespace may be going. */
static struct net *get_overlay(const struct awtun_tunnel *tun)
{
	struct net *net;

	rcu_read_lock();
	net = maybe_get_net(dev_net(tun->dev));
	rcu_read_unlock();

	return net;
}

/* By what names it: the SA may be gone by now. */
static int put_sa(struct sk_buff *msg, const struct awtun_tunnel *tun, u32 dir,
		  __be32 spi)
{
	struct nlattr *nest = nla_nest_start(msg, AWTUN_A_SA);

	if (!nest || put_sa_id(msg, tun, dir, spi))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);

	return 0;
}

static int put_cause(struct sk_buff *msg, enum awtun_expiry cause)
{
	struct nlattr *nest = nla_nest_start(msg, AWTUN_A_DETAIL);

	if (!nest || nla_put_u32(msg, AWTUN_DETAIL_A_CAUSE, cause))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);

	return 0;
}

/**
 * awtun_notify_sa() - notify the listeners of the tunnel's namespace
 * @sa: the SA it is about
 * @event: AWTUN_EVENT_SA_SOFT or AWTUN_EVENT_SA_HARD
 * @cause: which limit
 *
 * Context: process.
 */
void awtun_notify_sa(struct awtun_sa *sa, enum awtun_event event,
		     enum awtun_expiry cause)
{
	struct net *net = get_overlay(sa->tun);
	struct sk_buff *msg;
	void *hdr;

	if (!net)
		return;
	msg = event_new(event, &hdr);
	if (msg)
		event_send(msg, hdr, net,
			   put_sa(msg, sa->tun, sa->dir, sa->key.spi) ?:
			   put_cause(msg, cause));
	put_net(net);
}

static int put_tunnel(struct sk_buff *msg, const struct awtun_tunnel *tun)
{
	struct nlattr *nest = nla_nest_start(msg, AWTUN_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(msg, AWTUN_TUNNEL_A_IFINDEX, tun->dev->ifindex) ||
	    nla_put_string(msg, AWTUN_TUNNEL_A_IFNAME, tun->dev->name))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);

	return 0;
}

static int put_note(struct sk_buff *msg, const struct awtun_note *note,
		    bool inner)
{
	struct nlattr *nest = nla_nest_start(msg, AWTUN_A_DETAIL);
	size_t len = awtun_addr_len(note->family);

	if (!nest ||
	    nla_put_u64_64bit(msg, AWTUN_DETAIL_A_COUNT, note->count,
			      AWTUN_DETAIL_A_PAD) ||
	    nla_put(msg, AWTUN_DETAIL_A_SRC, len, &note->src) ||
	    (note->spi &&
	     nla_put_be32(msg, AWTUN_DETAIL_A_SPI, note->spi)) ||
	    (note->src_port &&
	     nla_put_be16(msg, AWTUN_DETAIL_A_SRC_PORT, note->src_port)) ||
	    (inner &&
	     (nla_put(msg, AWTUN_DETAIL_A_DST, len, &note->dst) ||
	      nla_put_u8(msg, AWTUN_DETAIL_A_PROTOCOL, note->protocol))))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);

	return 0;
}

/**
 * awtun_notify_note() - notify the listeners of the tunnel's namespace
 * @tun: the tunnel it is about
 * @kind: what happened
 * @note: and how often
 *
 * Context: process.
 */
void awtun_notify_note(const struct awtun_tunnel *tun, enum awtun_note_kind kind,
		       const struct awtun_note *note)
{
	static const enum awtun_event events[] = {
		[AWTUN_NOTE_ACQUIRE] = AWTUN_EVENT_ACQUIRE,
		[AWTUN_NOTE_UNKNOWN_SPI] = AWTUN_EVENT_UNKNOWN_SPI,
		[AWTUN_NOTE_AUTH_FAILED] = AWTUN_EVENT_AUTH_FAILED,
		[AWTUN_NOTE_PEER_MOVED] = AWTUN_EVENT_PEER_MOVED,
	};
	struct net *net = get_overlay(tun);
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!net)
		return;
	msg = event_new(events[kind], &hdr);
	if (msg) {
		err = kind == AWTUN_NOTE_PEER_MOVED ?
		      put_sa(msg, tun, AWTUN_DIR_IN, note->spi) :
		      put_tunnel(msg, tun);
		event_send(msg, hdr, net,
			   err ?: put_note(msg, note,
					   kind == AWTUN_NOTE_ACQUIRE));
	}
	put_net(net);
}

/**
 * awtun_notify_transport() - notify that a UDP socket was closed
 * @transport: the socket, its namespace by reference
 *
 * Context: process.
 */
void awtun_notify_transport(const struct awtun_transport *transport)
{
	struct sk_buff *msg;
	void *hdr;

	msg = event_new(AWTUN_EVENT_TRANSPORT_LOST, &hdr);
	if (msg)
		event_send(msg, hdr, transport->net,
			   awtun_put_transport(msg, transport));
}

/**
 * awtun_notify_vm_forked() - notify that this virtual machine is a clone
 * @net: a namespace
 *
 * Context: process.
 */
void awtun_notify_vm_forked(struct net *net)
{
	struct sk_buff *msg;
	void *hdr;

	msg = event_new(AWTUN_EVENT_VM_FORKED, &hdr);
	if (msg)
		event_send(msg, hdr, net, 0);
}
