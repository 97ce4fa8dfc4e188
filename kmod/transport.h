/* SPDX-License-Identifier: GPL-2.0-only */
/* ESP in UDP, RFC 3948: the sockets of an IKE daemon that ESP is taken out of.
 * Sending needs none.
 */
#ifndef _AWTUN_TRANSPORT_H
#define _AWTUN_TRANSPORT_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "net.h"

struct net;
struct netlink_ext_ack;
struct sock;
struct socket;

/* Sockets of one namespace. */
#define AWTUN_TRANSPORT_MAX	64

/**
 * struct awtun_transport - a UDP socket
 * @list: in &struct awtun_net.transports; who takes it out frees it
 * @net: namespace of the socket, which keeps it alive
 * @sk: the socket; no reference, it takes itself out of @list
 * @sk_destruct: what frees it
 * @local: local address, unspecified for any; network byte order
 * @family: AF_INET or AF_INET6
 * @port: local port, network byte order
 * @lost_work: notifies that the socket was closed
 */
struct awtun_transport {
	struct list_head list;
	struct net *net;
	struct sock *sk;
	void (*sk_destruct)(struct sock *sk);
	union awtun_addr local;
	u32 family;
	__be16 port;
	struct work_struct lost_work;
};

int awtun_transport_add(struct net *net, struct socket *sock,
			struct netlink_ext_ack *extack);
int awtun_transport_del(struct net *net, struct socket *sock,
			struct netlink_ext_ack *extack);

#endif /* _AWTUN_TRANSPORT_H */
