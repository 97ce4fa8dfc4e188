// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "compat.h"
#include "esp.h"
#include "genl.h"
#include "rx.h"
#include "sa.h"
#include "transport.h"

/* Any number but 0 will do: it says that there is a receive function. */
#define ENCAP_TYPE 1

#define KEEPALIVE 0xff	/* RFC 3948 section 2.3 */

/* Takes ESP and keepalives, leaves the rest to the socket: IKE has four octets
 * of 0 where ESP has its SPI, RFC 3948 section 2.2.
 *
 * Return: 0 when the packet was taken, 1 when not.
 */
static int transport_rcv(struct sock *sk, struct sk_buff *skb)
{
	unsigned int len = skb->len - sizeof(struct udphdr);
	const __be32 *spi;
	const u8 *first;
	__be32 spi_buf;
	u8 first_buf;

	first = skb_header_pointer(skb, sizeof(struct udphdr),
				   sizeof(first_buf), &first_buf);
	if (!first)
		return 1;
	if (len == 1 && *first == KEEPALIVE) {
		consume_skb(skb);
		return 0;
	}

	spi = skb_header_pointer(skb, sizeof(struct udphdr), sizeof(spi_buf),
				 &spi_buf);
	if (len < AWTUN_ESP_HDR_LEN || !spi || !*spi)
		return 1;

	awtun_rx_udp(sock_net(sk), skb);
	return 0;
}

/* Takes the transport of @sk out of its list, any when @sk is NULL. Whoever does
 * that has to let go of it.
 */
static struct awtun_transport *take(struct awtun_net *an, const struct sock *sk)
{
	struct awtun_transport *transport, *found = NULL;

	spin_lock_bh(&an->lock);
	list_for_each_entry(transport, &an->transports, list) {
		if (sk && transport->sk != sk)
			continue;
		found = transport;
		list_del(&transport->list);
		an->nr_transports--;
		break;
	}
	spin_unlock_bh(&an->lock);

	return found;
}

static void let_go(struct awtun_transport *transport)
{
	sock_put(transport->sk);
	kfree(transport);
	module_put(THIS_MODULE);
}

static void transport_lost(struct work_struct *work)
{
	struct awtun_transport *transport =
		container_of(work, struct awtun_transport, lost_work);

	awtun_notify_transport(transport);
	put_net(transport->net);
	let_go(transport);
}

/* The socket is being closed, and takes its namespace along: the worker needs a
 * reference of its own.
 */
static void transport_destroy(struct sock *sk)
{
	struct awtun_transport *transport = take(awtun_net(sock_net(sk)), sk);

	if (!transport)
		return;
	get_net(transport->net);
	queue_work(awtun_wq, &transport->lost_work);
}

static int check_socket(const struct net *net, const struct socket *sock,
			struct netlink_ext_ack *extack)
{
	const struct sock *sk = sock->sk;

	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP) {
		NL_SET_ERR_MSG_MOD(extack, "not a UDP socket");
		return -EPROTOTYPE;
	}
	if (!net_eq(sock_net(sk), net)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the socket is of another network namespace");
		return -EXDEV;
	}
	if (!inet_sk(sk)->inet_num) {
		NL_SET_ERR_MSG_MOD(extack, "the socket is not bound to a port");
		return -ENOTCONN;
	}

	return 0;
}

static struct awtun_transport *transport_new(struct net *net, struct sock *sk)
{
	struct awtun_transport *transport;

	transport = kzalloc(sizeof(*transport), GFP_KERNEL_ACCOUNT);
	if (!transport)
		return NULL;

	transport->net = net;
	transport->sk = sk;
	transport->family = sk->sk_family;
	transport->port = inet_sk(sk)->inet_sport;
	if (sk->sk_family == AF_INET)
		transport->local.ip4 = inet_sk(sk)->inet_rcv_saddr;
	else
		transport->local.ip6 = sk->sk_v6_rcv_saddr;
	INIT_WORK(&transport->lost_work, transport_lost);

	return transport;
}

static int list_transport(struct awtun_net *an,
			  struct awtun_transport *transport,
			  struct netlink_ext_ack *extack)
{
	int err = 0;

	spin_lock_bh(&an->lock);
	if (an->nr_transports < AWTUN_TRANSPORT_MAX) {
		list_add_tail(&transport->list, &an->transports);
		an->nr_transports++;
	} else {
		NL_SET_ERR_MSG_MOD(extack,
				   "too many sockets in this network namespace");
		err = -ENOSPC;
	}
	spin_unlock_bh(&an->lock);

	return err;
}

static int attach(struct net *net, struct socket *sock,
		  struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg cfg = {
		.encap_type = ENCAP_TYPE,
		.encap_rcv = transport_rcv,
		.encap_destroy = transport_destroy,
	};
	struct awtun_transport *transport;
	struct sock *sk = sock->sk;
	int err;

	sock_owned_by_me(sk);

	if (udp_sk(sk)->encap_type || READ_ONCE(sk->sk_user_data)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the socket is in use for encapsulation already");
		return -EBUSY;
	}
	transport = transport_new(net, sk);
	if (!transport)
		return -ENOMEM;
	err = list_transport(awtun_net(net), transport, extack);
	if (err) {
		kfree(transport);
		return err;
	}

	sock_hold(sk);
	__module_get(THIS_MODULE);
	cfg.sk_user_data = transport;
	setup_udp_tunnel_sock(net, sock, &cfg);

	return 0;
}

/**
 * awtun_transport_add() - take ESP out of a UDP socket
 * @net: namespace that the request came from
 * @sock: any socket of the calling process
 * @extack: says what is wrong
 *
 * The socket stays the process's: it gets everything that is not ESP. A module
 * with sockets cannot be unloaded.
 *
 * Return: 0 or an error.
 */
int awtun_transport_add(struct net *net, struct socket *sock,
			struct netlink_ext_ack *extack)
{
	int err;

	lock_sock(sock->sk);
	err = check_socket(net, sock, extack);
	if (!err)
		err = attach(net, sock, extack);
	release_sock(sock->sk);

	return err;
}

/* The transport is out of its list, and its socket not closed: give the socket
 * back as it was.
 */
static void detach(struct awtun_transport *transport)
{
	struct sock *sk = transport->sk;
	struct udp_sock *up = udp_sk(sk);

	lock_sock(sk);
	WRITE_ONCE(up->encap_type, 0);
	WRITE_ONCE(up->encap_rcv, NULL);
	WRITE_ONCE(up->encap_destroy, NULL);
	rcu_assign_sk_user_data(sk, NULL);
	inet_dec_convert_csum(sk);
	release_sock(sk);

	/* Packets may be in transport_rcv(). */
	synchronize_net();
	let_go(transport);
}

/**
 * awtun_transport_del() - leave ESP to a UDP socket again
 * @net: namespace that the request came from
 * @sock: any socket of the calling process, by a reference that keeps it open:
 *	nobody else lets go of it now
 * @extack: says what is wrong
 *
 * Return: 0 or an error.
 */
int awtun_transport_del(struct net *net, struct socket *sock,
			struct netlink_ext_ack *extack)
{
	struct awtun_transport *transport = take(awtun_net(net), sock->sk);

	if (!transport) {
		NL_SET_ERR_MSG_MOD(extack, "ESP is not taken out of this socket");
		return -ENOENT;
	}
	detach(transport);

	return 0;
}

/**
 * awtun_transport_del_all() - let go of every socket of a namespace
 * @an: the namespace
 */
void awtun_transport_del_all(struct awtun_net *an)
{
	struct awtun_transport *transport;

	while ((transport = take(an, NULL)))
		detach(transport);
}
