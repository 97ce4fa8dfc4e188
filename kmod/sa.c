// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "flow.h"
#include "genl.h"
#include "note.h"
#include "outer.h"
#include "sa.h"
#include "trace.h"
#include "tunnel.h"
#include "wq.h"

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
			awtun_life_tell(sa, AWTUN_EVENT_SA_SOFT,
					AWTUN_EXPIRY_SEQUENCE);
		if (next == sa->seq_last)
			awtun_life_tell(sa, AWTUN_EVENT_SA_HARD,
					AWTUN_EXPIRY_SEQUENCE);
	}
	*seq = next;

	return true;
}

/**
 * awtun_sa_covers() - may this SA carry this packet?
 * @sa: the SA
 * @skb: inner packet; its network header is set and pulled
 * @flow: all 0, or what was read of the packet when another SA was asked
 *
 * Return: true when its selectors cover both sides, RFC 4301 section 5.2.
 */
bool awtun_sa_covers(const struct awtun_sa *sa, struct sk_buff *skb,
		     struct awtun_flow *flow)
{
	bool in = sa->dir == AWTUN_DIR_IN;

	if (likely(!sa->ts_local && !sa->ts_remote))
		return true;
	if (!flow->addr_len && !awtun_flow_read(flow, skb))
		return false;

	return awtun_selectors_match(sa->ts_local, flow,
				     in ? &flow->dst : &flow->src) &&
	       awtun_selectors_match(sa->ts_remote, flow,
				     in ? &flow->src : &flow->dst);
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
 * Return: the SA or an error pointer. It ends in awtun_tunnel_add_sa() or
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

