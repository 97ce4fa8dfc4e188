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
#include "wq.h"

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

/* The transport of @sk, taken out of its list; NULL when it has none. */
static struct awtun_transport *take(struct awtun_net *an, const struct sock *sk)
{
	struct awtun_transport *transport, *found = NULL;

	spin_lock_bh(&an->lock);
	list_for_each_entry(transport, &an->transports, list) {
		if (transport->sk != sk)
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

/* The socket is being freed, and takes its namespace along: the worker needs a
 * reference of its own. This comes whatever its owner has done to the socket,
 * which cannot be said of encap_destroy: Linux 6.1 calls that one only while
 * encap_type is set, and setsockopt() clears it.
 *
 * Context: an RCU callback, which awtun_module_exit() waits for.
 */
static void transport_destruct(struct sock *sk)
{
	struct awtun_transport *transport = take(awtun_net(sock_net(sk)), sk);

	if (WARN_ON_ONCE(!transport))
		return;
	sk->sk_destruct = transport->sk_destruct;
	get_net(transport->net);
	queue_work(awtun_wq, &transport->lost_work);
	sk->sk_destruct(sk);
}

/* As lock_sock(), but does not wait: the lock's owner may itself wait, in
 * sendmsg() say, for a page of memory that its owner gives when he likes, and
 * requests by netlink share a lock with all others of the machine.
 */
static bool trylock_sock(struct sock *sk)
{
	bool owned;

	spin_lock_bh(&sk->sk_lock.slock);
	owned = sk->sk_lock.owned;
	if (!owned)
		sk->sk_lock.owned = 1;
	spin_unlock_bh(&sk->sk_lock.slock);
	if (owned)
		return false;
	mutex_acquire(&sk->sk_lock.dep_map, 0, 1, _RET_IP_);

	return true;
}

/* The properties of a socket that never change. */
static int check_socket(const struct net *net, const struct socket *sock,
			struct netlink_ext_ack *extack)
{
	const struct sock *sk = sock->sk;

	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP) {
		NL_SET_ERR_MSG_MOD(extack, "FD must be a UDP socket");
		return -EPROTOTYPE;
	}
	if (!net_eq(sock_net(sk), net)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "FD must be a socket of this network namespace");
		return -EXDEV;
	}

	return 0;
}

/* 0 when it is such a socket and locked: release_sock() is due. */
static int lock_checked(const struct net *net, const struct socket *sock,
			struct netlink_ext_ack *extack)
{
	int err = check_socket(net, sock, extack);

	if (err)
		return err;
	if (!trylock_sock(sock->sk)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the socket of FD is busy in another system call");
		return -EBUSY;
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
	transport->sk_destruct = sk->sk_destruct;
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

/* Others know their sockets by any of these: L2TP of newer kernels by the last
 * two alone once its owner has cleared encap_type.
 */
static bool in_use(const struct sock *sk)
{
	const struct udp_sock *up = udp_sk(sk);

	return up->encap_type || READ_ONCE(sk->sk_user_data) ||
	       READ_ONCE(up->encap_destroy) ||
	       sk->sk_destruct == transport_destruct;
}

static int attach(struct net *net, struct socket *sock,
		  struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg cfg = {
		.encap_type = ENCAP_TYPE,
		.encap_rcv = transport_rcv,
	};
	struct awtun_transport *transport;
	struct sock *sk = sock->sk;
	int err;

	sock_owned_by_me(sk);

	if (!inet_sk(sk)->inet_num) {
		NL_SET_ERR_MSG_MOD(extack, "FD must be bound to a port");
		return -ENOTCONN;
	}
	if (in_use(sk)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "FD must not be in use for encapsulation already");
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

	__module_get(THIS_MODULE);
	sk->sk_destruct = transport_destruct;
	cfg.sk_user_data = transport;
	awtun_udp_tunnel_setup(net, sock, &cfg);

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

	err = lock_checked(net, sock, extack);
	if (err)
		return err;
	err = attach(net, sock, extack);
	release_sock(sock->sk);

	return err;
}

/* Give the socket back as it was. What its owner has set up in the meantime is
 * his.
 */
static void detach(struct sock *sk, const struct awtun_transport *transport)
{
	struct udp_sock *up = udp_sk(sk);

	sock_owned_by_me(sk);

	sk->sk_destruct = transport->sk_destruct;
	if (READ_ONCE(up->encap_rcv) == transport_rcv) {
		WRITE_ONCE(up->encap_type, 0);
		WRITE_ONCE(up->encap_rcv, NULL);
	}
	rcu_assign_sk_user_data(sk, NULL);
	inet_dec_convert_csum(sk);
}

/**
 * awtun_transport_del() - leave ESP to a UDP socket again
 * @net: namespace that the request came from
 * @sock: any socket of the calling process, by a reference that keeps it open:
 *	it is not freed now
 * @extack: says what is wrong
 *
 * Return: 0 or an error.
 */
int awtun_transport_del(struct net *net, struct socket *sock,
			struct netlink_ext_ack *extack)
{
	struct awtun_transport *transport;
	int err;

	err = lock_checked(net, sock, extack);
	if (err)
		return err;
	transport = take(awtun_net(net), sock->sk);
	if (transport)
		detach(sock->sk, transport);
	release_sock(sock->sk);
	if (!transport) {
		NL_SET_ERR_MSG_MOD(extack, "FD must be a socket that ESP is taken out of");
		return -ENOENT;
	}

	/* Packets may be in transport_rcv(). */
	synchronize_net();
	let_go(transport);

	return 0;
}
