// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/wait_bit.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "conf.h"
#include "net.h"
#include "outer.h"
#include "sa.h"

unsigned int awtun_net_id __read_mostly;

static const struct rhashtable_params sa_params = {
	.head_offset = offsetof(struct awtun_sa, node),
	.key_offset = offsetof(struct awtun_sa, key),
	.key_len = sizeof(struct awtun_sa_key),
	.automatic_shrinking = true,
};

/**
 * awtun_net() - state of a namespace
 * @net: the namespace
 *
 * Return: never NULL while @net's subsystems live.
 */
struct awtun_net *awtun_net(const struct net *net)
{
	return net_generic(net, awtun_net_id);
}

/**
 * awtun_net_add_sa() - let packets find an inbound SA
 * @an: its underlay
 * @sa: the SA, complete
 *
 * Return: 0, -EEXIST when the SPI is taken, or another error.
 */
int awtun_net_add_sa(struct awtun_net *an, struct awtun_sa *sa)
{
	return rhashtable_lookup_insert_fast(&an->sas, &sa->node, sa_params);
}

/**
 * awtun_net_del_sa() - let no more packets find an inbound SA
 * @an: its underlay
 * @sa: the SA; RCU readers may still hold it
 */
void awtun_net_del_sa(struct awtun_net *an, struct awtun_sa *sa)
{
	rhashtable_remove_fast(&an->sas, &sa->node, sa_params);
}

/**
 * awtun_net_find_sa() - the inbound SA of a packet
 * @an: namespace it arrived in
 * @key: what its headers say, no octet undefined
 *
 * Context: RCU.
 * Return: the SA or NULL.
 */
struct awtun_sa *awtun_net_find_sa(struct awtun_net *an,
				   const struct awtun_sa_key *key)
{
	return rhashtable_lookup(&an->sas, key, sa_params);
}

static u32 hash_ends(const struct awtun_endpoints *ends)
{
	return jhash2((const u32 *)ends, sizeof(*ends) / sizeof(u32), 0);
}

/**
 * awtun_net_add_conf() - let packets find a tunnel by its addresses
 * @an: its underlay
 * @conf: the conf, complete
 */
void awtun_net_add_conf(struct awtun_net *an, struct awtun_conf *conf)
{
	spin_lock_bh(&an->lock);
	hash_add_rcu(an->confs, &conf->node, hash_ends(&conf->settings.ends));
	spin_unlock_bh(&an->lock);
}

/**
 * awtun_net_del_conf() - let no more packets find a tunnel by its addresses
 * @an: its underlay
 * @conf: the conf; RCU readers may still hold it
 */
void awtun_net_del_conf(struct awtun_net *an, struct awtun_conf *conf)
{
	spin_lock_bh(&an->lock);
	hash_del_rcu(&conf->node);
	spin_unlock_bh(&an->lock);
}

/**
 * awtun_net_find_tunnel() - the tunnel between two addresses
 * @an: namespace the packet arrived in
 * @ends: what its outer header says, no octet undefined
 *
 * A peer that is not where the configuration says, or of whom it says nothing,
 * is where an outbound SA sends.
 *
 * Context: RCU.
 * Return: a tunnel or NULL.
 */
struct awtun_tunnel *awtun_net_find_tunnel(struct awtun_net *an,
					   const struct awtun_endpoints *ends)
{
	u32 hash = hash_ends(ends);
	struct awtun_outer *outer;
	struct awtun_conf *conf;

	hash_for_each_possible_rcu(an->confs, conf, node, hash)
		if (!memcmp(&conf->settings.ends, ends, sizeof(*ends)))
			return conf->tun;
	hash_for_each_possible_rcu(an->outers, outer, node, hash)
		if (!memcmp(&outer->dest.ends, ends, sizeof(*ends)))
			return outer->tun;

	return NULL;
}

/**
 * awtun_net_add_outer() - let ICMP errors find an outbound SA
 * @an: its underlay
 * @outer: where it sends, complete
 */
void awtun_net_add_outer(struct awtun_net *an, struct awtun_outer *outer)
{
	spin_lock_bh(&an->lock);
	hash_add_rcu(an->outers, &outer->node, hash_ends(&outer->dest.ends));
	spin_unlock_bh(&an->lock);
}

/**
 * awtun_net_del_outer() - let no more ICMP errors find an outbound SA
 * @an: its underlay
 * @outer: where it sent; RCU readers may still hold it
 */
void awtun_net_del_outer(struct awtun_net *an, struct awtun_outer *outer)
{
	spin_lock_bh(&an->lock);
	hash_del_rcu(&outer->node);
	spin_unlock_bh(&an->lock);
}

/**
 * awtun_net_find_outer() - which SA has sent this packet?
 * @an: namespace it was sent in
 * @ends: what its outer header says, no octet undefined
 * @spi: its SPI, network byte order
 *
 * Context: RCU.
 * Return: how an outbound SA wraps packets like it, NULL when it was none.
 */
struct awtun_outer *awtun_net_find_outer(struct awtun_net *an,
					 const struct awtun_endpoints *ends,
					 __be32 spi)
{
	struct awtun_outer *outer;

	hash_for_each_possible_rcu(an->outers, outer, node, hash_ends(ends))
		if (outer->spi == spi &&
		    !memcmp(&outer->dest.ends, ends, sizeof(*ends)))
			return outer;

	return NULL;
}

/**
 * awtun_net_charge_sa() - account for a new SA object
 * @an: its underlay
 *
 * Return: false when the namespace has reached its limit.
 */
bool awtun_net_charge_sa(struct awtun_net *an)
{
	return atomic_add_unless(&an->nr_sas, 1, AWTUN_NET_SA_MAX);
}

/**
 * awtun_net_uncharge_sa() - an SA object no longer needs its underlay
 * @an: the underlay; may be gone when this returns
 */
void awtun_net_uncharge_sa(struct awtun_net *an)
{
	/* Only the address is used after the last decrement. */
	if (atomic_dec_and_test(&an->nr_sas))
		wake_up_var(&an->nr_sas);
}

/**
 * awtun_net_create() - begin with nothing
 * @net: a new namespace
 *
 * Return: 0 or an error.
 */
int __net_init awtun_net_create(struct net *net)
{
	struct awtun_net *an = awtun_net(net);

	/* Keys are hashed and compared as memory. */
	BUILD_BUG_ON(sizeof(struct awtun_sa_key) !=
		     sizeof(union awtun_addr) + sizeof(__be32) + sizeof(u32));
	BUILD_BUG_ON(sizeof(struct awtun_endpoints) !=
		     2 * sizeof(union awtun_addr) + sizeof(u32));

	spin_lock_init(&an->lock);
	awtun_expects_init(&an->expects);
	hash_init(an->confs);
	hash_init(an->outers);
	INIT_LIST_HEAD(&an->transports);
	INIT_LIST_HEAD(&an->tunnels);

	return rhashtable_init(&an->sas, &sa_params);
}

/**
 * awtun_net_wait() - wait until no SA object needs an underlay
 * @an: the underlay; its tunnels are detached
 */
void awtun_net_wait(struct awtun_net *an)
{
	wait_var_event(&an->nr_sas, !atomic_read(&an->nr_sas));
}

/**
 * awtun_net_destroy() - the tables are empty and have no readers
 * @net: the namespace
 */
void __net_exit awtun_net_destroy(struct net *net)
{
	struct awtun_net *an = awtun_net(net);

	awtun_expects_destroy(&an->expects);
	rhashtable_destroy(&an->sas);
}
