// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "dev.h"
#include "flow.h"
#include "genl.h"
#include "note.h"
#include "outer.h"
#include "sa.h"
#include "trace.h"

struct workqueue_struct *awtun_wq;

/**
 * awtun_sa_usable() - does an SA carry anything?
 * @sa: the SA
 *
 * Return: false when its lifetime is over or its last number used.
 */
bool awtun_sa_usable(const struct awtun_sa *sa)
{
	return !awtun_life_expired(&sa->life) &&
	       (sa->dir == AWTUN_DIR_IN ||
		(u64)atomic64_read(&sa->tx_seq) < sa->seq_last);
}

/**
 * awtun_sa_last_seq() - last sequence number of an SA
 * @sa: the SA
 *
 * Return: outbound the last sent, inbound the top of the window.
 */
u64 awtun_sa_last_seq(const struct awtun_sa *sa)
{
	if (sa->dir == AWTUN_DIR_IN)
		return awtun_replay_top(&sa->replay);

	return min_t(u64, atomic64_read(&sa->tx_seq), sa->seq_last);
}

/**
 * awtun_sa_tell() - tell the administrator that an SA nears or met its end
 * @sa: the SA
 * @event: AWTUN_EVENT_SA_SOFT or AWTUN_EVENT_SA_HARD; told once each
 * @cause: which limit
 *
 * Context: any but hard interrupts; RCU or a reference to @sa.
 */
void awtun_sa_tell(struct awtun_sa *sa, enum awtun_event event,
		   enum awtun_expiry cause)
{
	bool soft = event == AWTUN_EVENT_SA_SOFT;

	if (test_and_set_bit(soft ? AWTUN_SA_SOFT_SEEN : AWTUN_SA_HARD_SEEN,
			     &sa->events))
		return;

	WRITE_ONCE(*(soft ? &sa->soft_cause : &sa->hard_cause), cause);
	smp_mb__before_atomic(); /* the cause is there when the bit is */
	set_bit(soft ? AWTUN_SA_SOFT_DUE : AWTUN_SA_HARD_DUE, &sa->events);
	if (!percpu_ref_tryget(&sa->ref))
		return;
	if (!queue_work(awtun_wq, &sa->event_work))
		percpu_ref_put(&sa->ref); /* the queued work has one */
}

/**
 * awtun_sa_next_seq() - take a sequence number
 * @sa: outbound SA
 * @seq: gets it
 *
 * A number is never given twice, whatever becomes of the packet. The counter
 * has 64 bits and runs past the end rather than to wrap.
 *
 * Context: bottom halves disabled, RCU.
 * Return: false when there is none left.
 */
bool awtun_sa_next_seq(struct awtun_sa *sa, u64 *seq)
{
	u64 next = atomic64_inc_return(&sa->tx_seq);

	if (unlikely(next >= sa->seq_soft)) {
		if (next > sa->seq_last)
			return false;
		if (next == sa->seq_soft)
			awtun_sa_tell(sa, AWTUN_EVENT_SA_SOFT,
				      AWTUN_EXPIRY_SEQUENCE);
		if (next == sa->seq_last)
			awtun_sa_tell(sa, AWTUN_EVENT_SA_HARD,
				      AWTUN_EXPIRY_SEQUENCE);
	}
	*seq = next;

	return true;
}

/**
 * awtun_sa_covers() - may this SA carry this packet?
 * @sa: the SA
 * @skb: inner packet; its network header is set and pulled
 *
 * Return: true when its selectors cover both sides, RFC 4301 section 5.2.
 */
bool awtun_sa_covers(const struct awtun_sa *sa, struct sk_buff *skb)
{
	bool in = sa->dir == AWTUN_DIR_IN;
	struct awtun_flow flow;

	if (likely(!sa->ts_local && !sa->ts_remote))
		return true;

	return awtun_flow_read(&flow, skb) &&
	       awtun_selectors_match(sa->ts_local, &flow,
				     in ? &flow.dst : &flow.src) &&
	       awtun_selectors_match(sa->ts_remote, &flow,
				     in ? &flow.src : &flow.dst);
}

static void sa_event_work(struct work_struct *work)
{
	struct awtun_sa *sa = container_of(work, struct awtun_sa, event_work);

	if (test_and_clear_bit(AWTUN_SA_SOFT_DUE, &sa->events))
		awtun_notify_sa(sa, AWTUN_EVENT_SA_SOFT,
				READ_ONCE(sa->soft_cause));
	if (test_and_clear_bit(AWTUN_SA_HARD_DUE, &sa->events)) {
		mutex_lock(&sa->tun->lock);
		awtun_dev_update_state(sa->tun);
		mutex_unlock(&sa->tun->lock);
		awtun_notify_sa(sa, AWTUN_EVENT_SA_HARD,
				READ_ONCE(sa->hard_cause));
	}
	percpu_ref_put(&sa->ref);
}

/* What awtun_sa_new() made. */
static void sa_destroy(struct awtun_sa *sa)
{
	awtun_outer_free(rcu_dereference_protected(sa->outer, true));
	awtun_crypto_destroy(&sa->crypto);
	kfree(sa->ts_local);
	kfree(sa->ts_remote);
	free_percpu(sa->stats);
	percpu_ref_exit(&sa->ref);
	kfree_sensitive(sa);
}

static void sa_free_work(struct work_struct *work)
{
	struct awtun_sa *sa = container_of(to_rcu_work(work), struct awtun_sa,
					   free_work);
	struct awtun_net *an = awtun_net(sa->net);
	struct net_device *dev = sa->tun->dev;
	netdevice_tracker tracker = sa->dev_tracker;

	sa_destroy(sa);
	netdev_put(dev, &tracker);
	awtun_net_uncharge_sa(an);
}

/* The last packet in flight is done. Readers under RCU may remain. */
static void sa_release(struct percpu_ref *ref)
{
	struct awtun_sa *sa = container_of(ref, struct awtun_sa, ref);

	queue_rcu_work(awtun_wq, &sa->free_work);
}

/**
 * awtun_sa_new() - make an SA that belongs to no tunnel yet
 * @params: a valid request
 * @extack: says what is missing
 *
 * Context: process, may load modules.
 * Return: the SA or an error pointer. It ends in awtun_sa_publish() or
 * awtun_sa_discard(). The selectors are its own then, after an error still the
 * caller's.
 */
struct awtun_sa *awtun_sa_new(const struct awtun_sa_params *params,
			      struct netlink_ext_ack *extack)
{
	struct awtun_sa *sa;
	int err = -ENOMEM;

	sa = kzalloc(sizeof(*sa) + awtun_replay_size(params->replay_window),
		     GFP_KERNEL_ACCOUNT);
	if (!sa)
		return ERR_PTR(err);

	sa->key.spi = params->spi;
	sa->dir = params->dir;
	sa->follow = params->follow;
	sa->seq_last = params->crypto.esn ? AWTUN_ESN_LAST : AWTUN_SEQ_LAST;
	sa->seq_soft = ((sa->seq_last >> 2) + 1) * 3;
	awtun_life_init(&sa->life, &params->limits);
	INIT_RCU_WORK(&sa->free_work, sa_free_work);
	INIT_WORK(&sa->event_work, sa_event_work);
	atomic64_set(&sa->tx_seq, params->seq);
	spin_lock_init(&sa->replay_lock);
	awtun_replay_init(&sa->replay, params->replay_window);

	if (percpu_ref_init(&sa->ref, sa_release, 0, GFP_KERNEL_ACCOUNT))
		goto err_free;
	sa->stats = __netdev_alloc_pcpu_stats(struct awtun_sa_stats,
					      GFP_KERNEL_ACCOUNT);
	if (!sa->stats)
		goto err_ref;
	err = awtun_crypto_init(&sa->crypto, &params->crypto, extack);
	if (err)
		goto err_stats;

	sa->ts_local = params->ts_local;
	sa->ts_remote = params->ts_remote;
	return sa;

err_stats:
	free_percpu(sa->stats);
err_ref:
	percpu_ref_exit(&sa->ref);
err_free:
	kfree_sensitive(sa);
	return ERR_PTR(err);
}

/**
 * awtun_sa_discard() - free an SA that was not published
 * @sa: from awtun_sa_new()
 */
void awtun_sa_discard(struct awtun_sa *sa)
{
	sa_destroy(sa);
}

/**
 * awtun_sa_find() - an SA of a tunnel
 * @tun: the tunnel
 * @dir: enum awtun_dir
 * @spi: SPI, network byte order
 *
 * Return: the SA or NULL.
 */
struct awtun_sa *awtun_sa_find(struct awtun_tunnel *tun, u32 dir, __be32 spi)
{
	struct awtun_sa *sa;

	lockdep_assert_held(&tun->lock);

	list_for_each_entry(sa, &tun->sas, list)
		if (sa->dir == dir && sa->key.spi == spi)
			return sa;

	return NULL;
}

static const struct awtun_path *tun_path(const struct awtun_tunnel *tun)
{
	return rcu_dereference_protected(tun->path,
					 lockdep_is_held(&tun->lock));
}

static struct awtun_outer *sa_outer(const struct awtun_sa *sa)
{
	return rcu_dereference_protected(sa->outer,
					 lockdep_is_held(&sa->tun->lock));
}

/* Ties an SA to its tunnel, which cannot be undone but by freeing it. */
static int sa_bind(struct awtun_sa *sa, struct awtun_tunnel *tun,
		   const struct awtun_dest *dest)
{
	const struct awtun_path *path = tun_path(tun);
	struct awtun_outer *outer;

	sa->tun = tun;
	sa->net = awtun_dev_underlay(tun);
	sa->id = tun->next_id++;
	sa->key.family = dest->ends.family;
	if (sa->dir == AWTUN_DIR_IN) {
		sa->key.daddr = dest->ends.local;
		return 0;
	}

	outer = awtun_outer_new(sa, dest, &path->conf.opts);
	if (!outer)
		return -ENOMEM;
	RCU_INIT_POINTER(sa->outer, outer);

	return 0;
}

/**
 * awtun_sa_publish() - make an SA part of a tunnel
 * @tun: the tunnel, configured
 * @sa: from awtun_sa_new(); still the caller's after an error
 * @dest: where it sends; of an inbound SA only our end counts
 * @extack: says why not
 *
 * An inbound SA is in use at once, an outbound one when it is activated.
 *
 * Return: 0 or an error.
 */
int awtun_sa_publish(struct awtun_tunnel *tun, struct awtun_sa *sa,
		     const struct awtun_dest *dest,
		     struct netlink_ext_ack *extack)
{
	struct awtun_net *an;
	int err;

	lockdep_assert_held(&tun->lock);

	if (awtun_sa_find(tun, sa->dir, sa->key.spi)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the tunnel has an SA of this direction and SPI");
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
	awtun_dev_update_state(tun);
	trace_awtun_sa_add(sa);

	return 0;
}

/**
 * awtun_sa_activate() - send by this SA from now on
 * @sa: outbound SA of a tunnel
 */
void awtun_sa_activate(struct awtun_sa *sa)
{
	lockdep_assert_held(&sa->tun->lock);

	rcu_assign_pointer(sa->tun->tx_sa, sa);
	trace_awtun_sa_activate(sa);
	awtun_dev_update_state(sa->tun);
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
	if (rcu_access_pointer(tun->tx_sa) == sa)
		RCU_INIT_POINTER(tun->tx_sa, NULL);
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
 * awtun_sa_remove() - take an SA out of its tunnel
 * @sa: the SA; not to be used afterwards
 */
void awtun_sa_remove(struct awtun_sa *sa)
{
	struct awtun_tunnel *tun = sa->tun;

	sa_unlink(sa);
	awtun_dev_update_state(tun);
}

/**
 * awtun_sa_flush() - take every SA out of a tunnel
 * @tun: the tunnel
 */
void awtun_sa_flush(struct awtun_tunnel *tun)
{
	struct awtun_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tun->sas, list)
		sa_unlink(sa);
	awtun_dev_update_state(tun);
}

/**
 * awtun_sa_flush_outbound() - take every SA out by which a tunnel sends
 * @tun: the tunnel
 */
void awtun_sa_flush_outbound(struct awtun_tunnel *tun)
{
	struct awtun_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tun->sas, list)
		if (sa->dir == AWTUN_DIR_OUT)
			sa_unlink(sa);
	awtun_dev_update_state(tun);
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
 * awtun_sa_move() - send somewhere else from now on
 * @sa: outbound SA of a tunnel
 * @dest: where to
 *
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int awtun_sa_move(struct awtun_sa *sa, const struct awtun_dest *dest)
{
	struct awtun_outer *outer;

	outer = awtun_outer_new(sa, dest, &sa_outer(sa)->opts);
	if (!outer)
		return -ENOMEM;
	set_outer(sa, outer);

	return 0;
}

/**
 * awtun_sa_rewrap() - change the outer headers of all outbound SAs
 * @tun: the tunnel
 * @opts: what the administrator says now
 *
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int awtun_sa_rewrap(struct awtun_tunnel *tun,
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
	awtun_sa_move(sa, &dest);
}

/**
 * awtun_sa_follow() - send to where the peer is now
 * @tun: the tunnel
 * @note: an authentic packet of the peer, in UDP
 *
 * Without memory nothing happens: the next packet brings the next occasion.
 */
void awtun_sa_follow(struct awtun_tunnel *tun, const struct awtun_note *note)
{
	struct awtun_sa *sa;

	mutex_lock(&tun->lock);
	sa = awtun_sa_find(tun, AWTUN_DIR_IN, note->spi);
	if (sa && sa->follow)
		list_for_each_entry(sa, &tun->sas, list)
			follow(sa, note);
	mutex_unlock(&tun->lock);
}

int __init awtun_sa_init(void)
{
	awtun_wq = alloc_workqueue("awtun", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);

	return awtun_wq ? 0 : -ENOMEM;
}

void awtun_sa_exit(void)
{
	destroy_workqueue(awtun_wq);
}
