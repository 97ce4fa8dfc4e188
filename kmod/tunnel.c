// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "active.h"
#include "conf.h"
#include "genl.h"
#include "life.h"
#include "note.h"
#include "outer.h"
#include "sa.h"
#include "trace.h"
#include "tunnel.h"

/**
 * awtun_tunnel_underlay() - namespace of the outer packets
 * @tun: the tunnel
 *
 * Context: &struct awtun_tunnel.lock, which keeps the namespace alive.
 * Return: the namespace, NULL when it is gone.
 */
struct net *awtun_tunnel_underlay(const struct awtun_tunnel *tun)
{
	return rcu_dereference_protected(tun->underlay,
					 lockdep_is_held(&tun->lock));
}

/**
 * awtun_tunnel_conf() - the configuration of a tunnel
 * @tun: the tunnel
 *
 * Context: &struct awtun_tunnel.lock.
 * Return: NULL when it has none.
 */
const struct awtun_conf *awtun_tunnel_conf(const struct awtun_tunnel *tun)
{
	return rcu_dereference_protected(tun->conf,
					 lockdep_is_held(&tun->lock));
}

static struct awtun_outer *sa_outer(const struct awtun_sa *sa)
{
	return rcu_dereference_protected(sa->outer,
					 lockdep_is_held(&sa->tun->lock));
}

/**
 * awtun_tunnel_find_sa() - an SA of a tunnel
 * @tun: the tunnel
 * @dir: enum awtun_dir
 * @spi: SPI, network byte order
 *
 * Return: the SA or NULL.
 */
struct awtun_sa *awtun_tunnel_find_sa(struct awtun_tunnel *tun, u32 dir, __be32 spi)
{
	struct awtun_sa *sa;

	lockdep_assert_held(&tun->lock);

	list_for_each_entry(sa, &tun->sas, list)
		if (sa->dir == dir && sa->key.spi == spi)
			return sa;

	return NULL;
}

static bool can_receive(const struct awtun_tunnel *tun)
{
	const struct awtun_sa *sa;

	list_for_each_entry(sa, &tun->sas, list)
		if (sa->dir == AWTUN_DIR_IN && awtun_sa_usable(sa))
			return true;

	return false;
}

static bool can_send(const struct awtun_tunnel *tun)
{
	const struct awtun_active *active = awtun_active(tun);
	const struct awtun_sa *sa;
	unsigned int i = 0;

	while ((sa = awtun_active_next(active, &i)))
		if (awtun_sa_usable(sa))
			return true;

	return false;
}

/* Says whether the device can carry packets. It has a carrier when it is
 * configured. It is dormant, RFC 2863 section 3.1.12, until there is an SA for
 * each direction: packets still reach it then, so that it can ask for SAs, but
 * routing daemons do not consider it running.
 */
static void update_state(struct awtun_tunnel *tun)
{
	lockdep_assert_held(&tun->lock);

	if (can_send(tun) && can_receive(tun))
		netif_dormant_off(tun->dev);
	else
		netif_dormant_on(tun->dev);

	if (rcu_access_pointer(tun->conf))
		netif_carrier_on(tun->dev);
	else
		netif_carrier_off(tun->dev);
}

static unsigned int sa_path_mtu(const struct awtun_sa *sa)
{
	struct awtun_outer *outer = rcu_dereference_bh(sa->outer);
	struct dst_entry *dst;
	unsigned int mtu;

	dst = awtun_outer_route(outer, sa->net, sa->tun->dev);
	if (IS_ERR(dst))
		return 0;
	mtu = awtun_outer_mtu(outer, dst, &sa->crypto.esp);
	dst_release(dst);

	return mtu;
}

/**
 * awtun_tunnel_path_mtu() - longest inner packet that crosses the underlay whole
 * @tun: the tunnel
 *
 * By any of the active SAs: who asks has no packet that would say by which.
 *
 * Context: bottom halves disabled, RCU.
 * Return: octets; 0 without an active SA that has a route.
 */
unsigned int awtun_tunnel_path_mtu(const struct awtun_tunnel *tun)
{
	const struct awtun_active *active = awtun_active(tun);
	unsigned int least = 0, i = 0;
	const struct awtun_sa *sa;

	while ((sa = awtun_active_next(active, &i)))
		least = min_not_zero(least, sa_path_mtu(sa));

	return least;
}

static void sa_event_work(struct work_struct *work)
{
	struct awtun_sa *sa = container_of(work, struct awtun_sa, event_work);

	if (test_and_clear_bit(AWTUN_SA_SOFT_DUE, &sa->events))
		awtun_notify_sa(sa, AWTUN_EVENT_SA_SOFT,
				READ_ONCE(sa->soft_cause));
	if (test_and_clear_bit(AWTUN_SA_HARD_DUE, &sa->events)) {
		mutex_lock(&sa->tun->lock);
		update_state(sa->tun);
		mutex_unlock(&sa->tun->lock);
		awtun_notify_sa(sa, AWTUN_EVENT_SA_HARD,
				READ_ONCE(sa->hard_cause));
	}
	percpu_ref_put(&sa->ref);
}

/* Ties an SA to its tunnel, which cannot be undone but by freeing it. */
static int sa_bind(struct awtun_sa *sa, struct awtun_tunnel *tun,
		   const struct awtun_dest *dest)
{
	const struct awtun_conf *conf = awtun_tunnel_conf(tun);
	struct awtun_outer *outer;

	INIT_WORK(&sa->event_work, sa_event_work);
	sa->tun = tun;
	sa->net = awtun_tunnel_underlay(tun);
	sa->id = tun->next_id++;
	sa->key.family = dest->ends.family;
	if (sa->dir == AWTUN_DIR_IN) {
		sa->key.daddr = dest->ends.local;
		return 0;
	}

	outer = awtun_outer_new(sa, dest, &conf->settings.opts);
	if (!outer)
		return -ENOMEM;
	RCU_INIT_POINTER(sa->outer, outer);

	return 0;
}

/**
 * awtun_tunnel_add_sa() - make an SA part of a tunnel
 * @tun: the tunnel, configured
 * @sa: from awtun_sa_new(); still the caller's after an error
 * @dest: where it sends; of an inbound SA only our end counts
 * @extack: says why not
 *
 * An inbound SA is in use at once, an outbound one when it is activated.
 *
 * Return: 0 or an error.
 */
int awtun_tunnel_add_sa(struct awtun_tunnel *tun, struct awtun_sa *sa,
			const struct awtun_dest *dest,
		     struct netlink_ext_ack *extack)
{
	struct awtun_net *an;
	int err;

	lockdep_assert_held(&tun->lock);

	if (awtun_tunnel_find_sa(tun, sa->dir, sa->key.spi)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the tunnel has an SA of this DIR and SPI");
		return -EEXIST;
	}
	if (tun->nr_sas >= AWTUN_TUNNEL_SA_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "too many SAs in this tunnel");
		return -ENOSPC;
	}

	err = sa_bind(sa, tun, dest);
	if (err)
		return err;

	an = awtun_net(sa->net);
	if (!awtun_net_charge_sa(an)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "too many SAs in this network namespace");
		return -ENOSPC;
	}
	netdev_hold(tun->dev, &sa->dev_tracker, GFP_KERNEL);
	if (sa->dir == AWTUN_DIR_IN)
		err = awtun_net_add_sa(an, sa);
	else
		awtun_net_add_outer(an, sa_outer(sa));
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG_MOD(extack,
					   "another tunnel has an inbound SA of this SPI");
		netdev_put(tun->dev, &sa->dev_tracker);
		awtun_net_uncharge_sa(an);
		return err;
	}

	list_add_tail_rcu(&sa->list, &tun->sas);
	tun->nr_sas++;
	awtun_life_start(sa);
	update_state(tun);
	trace_awtun_sa_add(sa);

	return 0;
}

/**
 * awtun_tunnel_expect_sa() - hold what comes by an SPI until its SA is added
 * @tun: the tunnel, configured
 * @spi: SPI of an inbound SA, network byte order
 * @extack: says why not
 *
 * Return: 0 or an error.
 */
int awtun_tunnel_expect_sa(struct awtun_tunnel *tun, __be32 spi,
			   struct netlink_ext_ack *extack)
{
	struct awtun_net *an = awtun_net(awtun_tunnel_underlay(tun));
	const struct awtun_conf *conf = awtun_tunnel_conf(tun);
	struct awtun_sa_key key = {
		.daddr = conf->settings.ends.local,
		.spi = spi,
		.family = conf->settings.ends.family,
	};
	bool known;

	rcu_read_lock();
	known = awtun_net_find_sa(an, &key);
	rcu_read_unlock();
	if (known) {
		NL_SET_ERR_MSG_MOD(extack, "there is an inbound SA of this SPI");
		return -EEXIST;
	}

	return awtun_expect_begin(&an->expects, tun, &key, extack);
}

/**
 * awtun_tunnel_unexpect_sa() - drop what is held for an SA that does not come
 * @tun: the tunnel
 * @spi: its SPI, network byte order; 0: for all of them
 *
 * Return: whether there was one.
 */
bool awtun_tunnel_unexpect_sa(struct awtun_tunnel *tun, __be32 spi)
{
	struct net *net = awtun_tunnel_underlay(tun);

	return net && awtun_expect_end(&awtun_net(net)->expects, tun, spi);
}

/**
 * awtun_tunnel_activate_sa() - send what this SA covers by it from now on
 * @sa: outbound SA of a tunnel
 * @extack: says why not
 *
 * Return: 0, or an error and nothing has changed.
 */
int awtun_tunnel_activate_sa(struct awtun_sa *sa,
			     struct netlink_ext_ack *extack)
{
	int err;

	err = awtun_active_add(sa, extack);
	if (err)
		return err;
	trace_awtun_sa_activate(sa);
	update_state(sa->tun);

	return 0;
}

/* The caller updates the state. Who may still hold the SA after this: packets
 * under RCU, packets in asynchronous transformation, the event worker. The
 * latter two have a reference, so it is freed a grace period after the last.
 */
static void sa_unlink(struct awtun_sa *sa)
{
	struct awtun_net *an = awtun_net(sa->net);
	struct awtun_tunnel *tun = sa->tun;

	lockdep_assert_held(&tun->lock);

	trace_awtun_sa_del(sa);
	awtun_active_del(sa);
	if (sa->dir == AWTUN_DIR_IN)
		awtun_net_del_sa(an, sa);
	else
		awtun_net_del_outer(an, sa_outer(sa));
	list_del_rcu(&sa->list);
	tun->nr_sas--;
	sa->unlinked = true;
	awtun_life_stop(sa);
	percpu_ref_kill(&sa->ref);
}

/**
 * awtun_tunnel_del_sa() - take an SA out of its tunnel
 * @sa: the SA; not to be used afterwards
 */
void awtun_tunnel_del_sa(struct awtun_sa *sa)
{
	struct awtun_tunnel *tun = sa->tun;

	sa_unlink(sa);
	update_state(tun);
}

/**
 * awtun_tunnel_flush() - take every SA out of a tunnel, and expect none
 * @tun: the tunnel
 */
void awtun_tunnel_flush(struct awtun_tunnel *tun)
{
	struct awtun_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tun->sas, list)
		sa_unlink(sa);
	awtun_tunnel_unexpect_sa(tun, 0);
	update_state(tun);
}

/**
 * awtun_tunnel_flush_outbound() - take every SA out by which a tunnel sends
 * @tun: the tunnel
 */
void awtun_tunnel_flush_outbound(struct awtun_tunnel *tun)
{
	struct awtun_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tun->sas, list)
		if (sa->dir == AWTUN_DIR_OUT)
			sa_unlink(sa);
	update_state(tun);
}

static void set_outer(struct awtun_sa *sa, struct awtun_outer *outer)
{
	struct awtun_net *an = awtun_net(sa->net);
	struct awtun_outer *old = sa_outer(sa);

	awtun_net_add_outer(an, outer);
	rcu_assign_pointer(sa->outer, outer);
	awtun_net_del_outer(an, old);
	awtun_outer_free(old);
}

/**
 * awtun_tunnel_move_sa() - send somewhere else from now on
 * @sa: outbound SA of a tunnel
 * @dest: where to
 *
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int awtun_tunnel_move_sa(struct awtun_sa *sa, const struct awtun_dest *dest)
{
	struct awtun_outer *outer;

	outer = awtun_outer_new(sa, dest, &sa_outer(sa)->opts);
	if (!outer)
		return -ENOMEM;
	set_outer(sa, outer);

	return 0;
}

/* Changes the outer headers of all outbound SAs; -ENOMEM, and nothing has
 * changed.
 */
static int rewrap(struct awtun_tunnel *tun,
		  const struct awtun_outer_opts *opts)
{
	struct awtun_sa *sa;

	lockdep_assert_held(&tun->lock);

	list_for_each_entry(sa, &tun->sas, list) {
		const struct awtun_outer *old = sa_outer(sa);

		if (!old)
			continue;
		sa->next_outer = awtun_outer_new(sa, &old->dest, opts);
		if (!sa->next_outer)
			goto err;
	}
	list_for_each_entry(sa, &tun->sas, list)
		if (sa->next_outer)
			set_outer(sa, sa->next_outer);
	list_for_each_entry(sa, &tun->sas, list)
		sa->next_outer = NULL;

	return 0;

err:
	list_for_each_entry(sa, &tun->sas, list) {
		awtun_outer_free(sa->next_outer);
		sa->next_outer = NULL;
	}
	return -ENOMEM;
}

static void follow(struct awtun_sa *sa, const struct awtun_note *note)
{
	struct awtun_dest dest;

	if (sa->dir != AWTUN_DIR_OUT)
		return;
	dest = sa_outer(sa)->dest;
	if (!dest.remote_port || dest.ends.family != note->family)
		return;

	dest.ends.remote = note->src;
	dest.remote_port = note->src_port;
	awtun_tunnel_move_sa(sa, &dest);
}

/**
 * awtun_tunnel_follow() - send to where the peer is now
 * @tun: the tunnel
 * @note: an authentic packet of the peer, in UDP
 *
 * Without memory nothing happens: the next packet brings the next occasion.
 */
void awtun_tunnel_follow(struct awtun_tunnel *tun, const struct awtun_note *note)
{
	struct awtun_sa *sa;

	mutex_lock(&tun->lock);
	sa = awtun_tunnel_find_sa(tun, AWTUN_DIR_IN, note->spi);
	if (sa && sa->follow)
		list_for_each_entry(sa, &tun->sas, list)
			follow(sa, note);
	mutex_unlock(&tun->lock);
}

static void replace_conf(struct awtun_tunnel *tun, struct awtun_conf *conf)
{
	struct awtun_net *an = awtun_net(awtun_tunnel_underlay(tun));
	struct awtun_conf *old;
	unsigned int i;

	old = rcu_replace_pointer(tun->conf, conf, lockdep_is_held(&tun->lock));
	if (old) {
		awtun_net_del_conf(an, old);
		kfree_rcu(old, rcu);
	}
	if (conf && !awtun_addr_is_any(&conf->settings.ends.remote))
		awtun_net_add_conf(an, conf);
	for (i = 0; i < AWTUN_INNERS; i++)
		WRITE_ONCE(tun->mss[i], conf ? conf->settings.mss[i] : 0);
}

static bool same_ends(const struct awtun_conf *conf,
		      const struct awtun_settings *settings)
{
	return conf && conf->settings.mode == settings->mode &&
	       !memcmp(&conf->settings.ends, &settings->ends, sizeof(settings->ends));
}

/**
 * awtun_tunnel_configure() - give a tunnel a configuration
 * @tun: the tunnel
 * @settings: the configuration; AWTUN_MODE_UNSPEC takes it away
 * @extack: says why not
 *
 * While there are SAs neither mode nor addresses can change. When they do, none
 * is expected any longer.
 *
 * Return: 0, or an error and nothing has changed.
 */
int awtun_tunnel_configure(struct awtun_tunnel *tun,
			   const struct awtun_settings *settings,
			struct netlink_ext_ack *extack)
{
	struct awtun_conf *conf = NULL;
	int err;

	lockdep_assert_held(&tun->lock);

	if (!awtun_tunnel_underlay(tun)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the network namespace of the outer packets is gone");
		return -ENONET;
	}
	if (!list_empty(&tun->sas) &&
	    !same_ends(awtun_tunnel_conf(tun), settings)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "MODE, LOCAL and REMOTE cannot change while the tunnel has SAs");
		return -EBUSY;
	}

	if (settings->mode != AWTUN_MODE_UNSPEC) {
		conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
		if (!conf)
			return -ENOMEM;
		conf->tun = tun;
		conf->settings = *settings;
	}
	err = rewrap(tun, &settings->opts);
	if (err) {
		kfree(conf);
		return err;
	}
	if (!same_ends(awtun_tunnel_conf(tun), settings))
		awtun_tunnel_unexpect_sa(tun, 0);
	replace_conf(tun, conf);
	update_state(tun);

	return 0;
}

/**
 * awtun_tunnel_detach() - part a tunnel from its underlay for good
 * @tun: the tunnel; nothing happens when it has been done before
 *
 * Context: RTNL.
 */
void awtun_tunnel_detach(struct awtun_tunnel *tun)
{
	ASSERT_RTNL();

	mutex_lock(&tun->lock);
	if (awtun_tunnel_underlay(tun)) {
		awtun_tunnel_flush(tun);
		replace_conf(tun, NULL);
		list_del(&tun->list);
		RCU_INIT_POINTER(tun->underlay, NULL);
		update_state(tun);
		atomic_inc(&awtun_net(dev_net(tun->dev))->generation);
	}
	mutex_unlock(&tun->lock);
}
