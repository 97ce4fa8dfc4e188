/* SPDX-License-Identifier: GPL-2.0-only */
/* Which SA or tunnel a received packet belongs to: inbound SAs by SPI, tunnels by
 * their pair of addresses, for each underlay namespace.
 */
#ifndef _AWTUN_NET_H
#define _AWTUN_NET_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "expect.h"

struct awtun_outer;
struct awtun_conf;
struct awtun_sa;
struct awtun_tunnel;
struct net;

/* SAs of one underlay namespace, those being freed included: what an
 * unprivileged user namespace can make the kernel hold.
 */
#define AWTUN_NET_SA_MAX	65536

/**
 * union awtun_addr - an underlay address, network byte order
 * @ip4: IPv4, the rest is 0
 * @ip6: IPv6
 */
union awtun_addr {
	__be32 ip4;
	struct in6_addr ip6;
};

/**
 * struct awtun_sa_key - what finds an inbound SA in a namespace
 * @daddr: destination of the outer header
 * @spi: SPI, network byte order
 * @family: AF_INET or AF_INET6
 */
struct awtun_sa_key {
	union awtun_addr daddr;
	__be32 spi;
	u32 family;
};

/**
 * struct awtun_endpoints - the outer addresses of a tunnel or an SA
 * @local: our address
 * @remote: the peer's; 0 when every SA has its own
 * @family: AF_INET or AF_INET6
 */
struct awtun_endpoints {
	union awtun_addr local;
	union awtun_addr remote;
	u32 family;
};

/**
 * struct awtun_net - per namespace state
 * @sas: inbound SAs of the tunnels whose underlay this is, by
 *	&struct awtun_sa_key
 * @expects: SPIs of SAs that are yet to come to @sas
 * @lock: serialises writers of @confs, @outers and @transports
 * @confs: configured tunnels whose underlay this is, by addresses
 * @outers: where the outbound SAs of these tunnels send, by addresses
 * @transports: UDP sockets that ESP is taken out of
 * @nr_transports: their count
 * @nr_sas: SA objects of this underlay, those being freed included
 * @tunnels: tunnels whose underlay this is; RTNL
 * @generation: grows with every change to what a dump in this namespace shows
 */
struct awtun_net {
	struct rhashtable sas;
	struct awtun_expects expects;
	spinlock_t lock; /* see above */
	DECLARE_HASHTABLE(confs, 8);
	DECLARE_HASHTABLE(outers, 8);
	struct list_head transports;
	unsigned int nr_transports;
	atomic_t nr_sas;
	struct list_head tunnels;
	atomic_t generation;
};

struct awtun_net *awtun_net(const struct net *net);

int awtun_net_add_sa(struct awtun_net *an, struct awtun_sa *sa);
void awtun_net_del_sa(struct awtun_net *an, struct awtun_sa *sa);
struct awtun_sa *awtun_net_find_sa(struct awtun_net *an,
				   const struct awtun_sa_key *key);

void awtun_net_add_conf(struct awtun_net *an, struct awtun_conf *conf);
void awtun_net_del_conf(struct awtun_net *an, struct awtun_conf *conf);
struct awtun_tunnel *awtun_net_find_tunnel(struct awtun_net *an,
					   const struct awtun_endpoints *ends);

void awtun_net_add_outer(struct awtun_net *an, struct awtun_outer *outer);
void awtun_net_del_outer(struct awtun_net *an, struct awtun_outer *outer);
struct awtun_outer *awtun_net_find_outer(struct awtun_net *an,
					 const struct awtun_endpoints *ends,
					 __be32 spi);

bool awtun_net_charge_sa(struct awtun_net *an);
void awtun_net_uncharge_sa(struct awtun_net *an);

/* For the registration as a subsystem. */
extern unsigned int awtun_net_id;
int awtun_net_create(struct net *net);
void awtun_net_wait(struct awtun_net *an);
void awtun_net_destroy(struct net *net);

#endif /* _AWTUN_NET_H */
