/* SPDX-License-Identifier: GPL-2.0-only */
/* Outer headers: where the packets of an outbound SA go, and their fields. */
#ifndef _AWTUN_OUTER_H
#define _AWTUN_OUTER_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <net/dst_cache.h>

#include "conf.h"
#include "net.h"

#define AWTUN_PORT_NATT	4500	/* RFC 3948 */

struct awtun_esp;
struct awtun_sa;
struct awtun_tunnel;
struct sk_buff;

/**
 * struct awtun_dest - where an outbound SA sends, and from where
 * @ends: addresses
 * @local_port: UDP source port, network byte order
 * @remote_port: UDP destination port, network byte order; 0 for no UDP
 */
struct awtun_dest {
	struct awtun_endpoints ends;
	__be16 local_port;
	__be16 remote_port;
};

/**
 * struct awtun_outer - how an outbound SA wraps its packets; replaced whole
 *	under RCU
 * @node: in &struct awtun_net.outers
 * @tun: the tunnel of the SA; outlives a grace period after this is unhashed
 * @spi: of the SA, network byte order
 * @dest: where to
 * @len: octets of the IP header, and of the UDP header if any
 * @opts: what the administrator says
 * @dst_cache: route to the peer; as old as the rest, so it cannot lead to where
 *	the peer was before
 * @rcu: frees it
 */
struct awtun_outer {
	struct hlist_node node;
	struct awtun_tunnel *tun;
	__be32 spi;
	struct awtun_dest dest;
	unsigned int len;
	struct awtun_outer_opts opts;
	struct dst_cache dst_cache;
	struct rcu_head rcu;
};

struct awtun_outer *awtun_outer_new(const struct awtun_sa *sa,
				    const struct awtun_dest *dest,
				    const struct awtun_outer_opts *opts);
void awtun_outer_free(struct awtun_outer *outer);

struct dst_entry *awtun_outer_route(struct awtun_outer *outer, struct net *net,
				    const struct net_device *dev);
bool awtun_outer_made(const struct awtun_outer *outer, struct sk_buff *skb);
bool awtun_outer_passable(const struct awtun_outer *outer,
			  const struct dst_entry *dst);
unsigned int awtun_outer_mtu(const struct awtun_outer *outer,
			     const struct dst_entry *dst,
			     const struct awtun_esp *esp);
void awtun_outer_push(struct sk_buff *skb, const struct awtun_outer *outer,
		      struct net *net, u8 ds, __be16 df);
int awtun_outer_send(struct sk_buff *skb, u32 family, struct net *net);

#endif /* _AWTUN_OUTER_H */
