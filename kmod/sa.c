// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "dev.h"
#include "genl.h"
#include "sa.h"

static struct workqueue_struct *awtun_wq;

/**
 * awtun_sa_exhausted() - has an outbound SA used its last number?
 * @sa: outbound SA
 *
 * Return: true when it will never send again.
 */
bool awtun_sa_exhausted(const struct awtun_sa *sa)
{
	return atomic64_read(&sa->tx_seq) >= AWTUN_SEQ_LAST;
}

static void sa_event(struct awtun_sa *sa, enum awtun_sa_event_bit bit)
{
	set_bit(bit, &sa->events);
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

	if (unlikely(next >= AWTUN_SEQ_SOFT)) {
		if (next > AWTUN_SEQ_LAST)
			return false;
		if (next == AWTUN_SEQ_SOFT)
			sa_event(sa, AWTUN_SA_EVENT_SOFT);
		if (next == AWTUN_SEQ_LAST)
			sa_event(sa, AWTUN_SA_EVENT_HARD);
	}
	*seq = next;

	return true;
}

static void sa_event_work(struct work_struct *work)
{
	struct awtun_sa *sa = container_of(work, struct awtun_sa, event_work);

	if (test_and_clear_bit(AWTUN_SA_EVENT_SOFT, &sa->events))
		awtun_notify_sa(sa, AWTUN_EVENT_SA_SOFT);
	if (test_and_clear_bit(AWTUN_SA_EVENT_HARD, &sa->events)) {
		mutex_lock(&sa->tun->lock);
		awtun_dev_update_carrier(sa->tun);
		mutex_unlock(&sa->tun->lock);
		awtun_notify_sa(sa, AWTUN_EVENT_SA_HARD);
	}
	percpu_ref_put(&sa->ref);
}

/* What awtun_sa_new() made. */
static void sa_destroy(struct awtun_sa *sa)
{
	dst_cache_destroy(&sa->dst_cache);
	awtun_crypto_destroy(&sa->crypto);
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
 * awtun_sa_discard().
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
	sa->cipher = params->crypto.cipher;
	sa->auth = params->crypto.auth;
	sa->cipher_key_len = params->crypto.key_len;
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
	if (sa->dir == AWTUN_DIR_OUT &&
	    dst_cache_init(&sa->dst_cache, GFP_KERNEL_ACCOUNT))
		goto err_stats;
	err = awtun_crypto_init(&sa->crypto, &params->crypto, extack);
	if (err)
		goto err_dst_cache;

	return sa;

err_dst_cache:
	dst_cache_destroy(&sa->dst_cache);
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

static void sa_bind(struct awtun_sa *sa, struct awtun_tunnel *tun,
		    const struct awtun_path *path)
{
	sa->tun = tun;
	sa->net = awtun_dev_underlay(tun);
	sa->ends = path->ends;
	sa->key.family = path->ends.family;
	sa->key.daddr = sa->dir == AWTUN_DIR_IN ? path->ends.local :
						  path->ends.remote;
	sa->id = tun->next_id++;
}

/**
 * awtun_sa_publish() - make an SA part of a tunnel
 * @tun: the tunnel
 * @sa: from awtun_sa_new(); still the caller's after an error
 * @extack: says why not
 *
 * An inbound SA is in use at once, an outbound one when it is activated.
 *
 * Return: 0 or an error.
 */
int awtun_sa_publish(struct awtun_tunnel *tun, struct awtun_sa *sa,
		     struct netlink_ext_ack *extack)
{
	const struct awtun_path *path;
	struct awtun_net *an;
	int err = 0;

	lockdep_assert_held(&tun->lock);

	path = rcu_dereference_protected(tun->path, lockdep_is_held(&tun->lock));
	if (!path) {
		NL_SET_ERR_MSG_MOD(extack, "the tunnel has no mode yet");
		return -ENOTCONN;
	}
	if (awtun_sa_find(tun, sa->dir, sa->key.spi)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the tunnel has an SA of this direction and SPI");
		return -EEXIST;
	}
	if (tun->nr_in + tun->nr_out >= AWTUN_TUNNEL_SA_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "too many SAs in this tunnel");
		return -ENOSPC;
	}

	an = awtun_net(awtun_dev_underlay(tun));
	if (!awtun_net_charge_sa(an)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "too many SAs in this network namespace");
		return -ENOSPC;
	}

	sa_bind(sa, tun, path);
	netdev_hold(tun->dev, &sa->dev_tracker, GFP_KERNEL);
	if (sa->dir == AWTUN_DIR_IN)
		err = awtun_net_add_sa(an, sa);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG_MOD(extack,
					   "another tunnel has an inbound SA of this SPI");
		netdev_put(tun->dev, &sa->dev_tracker);
		awtun_net_uncharge_sa(an);
		return err;
	}

	list_add_tail_rcu(&sa->list, &tun->sas);
	if (sa->dir == AWTUN_DIR_IN)
		tun->nr_in++;
	else
		tun->nr_out++;
	awtun_dev_update_carrier(tun);

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
	awtun_dev_update_carrier(sa->tun);
}

/* The caller updates the carrier. Who may still hold the SA after this: packets
 * under RCU, packets in asynchronous transformation, the event worker. The
 * latter two have a reference, so it is freed a grace period after the last.
 */
static void sa_unlink(struct awtun_sa *sa)
{
	struct awtun_tunnel *tun = sa->tun;

	lockdep_assert_held(&tun->lock);

	if (sa->dir == AWTUN_DIR_IN) {
		awtun_net_del_sa(awtun_net(sa->net), sa);
		tun->nr_in--;
	} else {
		if (rcu_access_pointer(tun->tx_sa) == sa)
			RCU_INIT_POINTER(tun->tx_sa, NULL);
		tun->nr_out--;
	}
	list_del_rcu(&sa->list);
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
	awtun_dev_update_carrier(tun);
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
	awtun_dev_update_carrier(tun);
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
