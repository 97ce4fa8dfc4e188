/* SPDX-License-Identifier: GPL-2.0-only */
/* Security associations.
 *
 * An SA is made complete, then added to its tunnel; packets find it under RCU.
 * Taking it out leaves packets in flight alone: those under RCU are waited
 * for, those in an asynchronous transformation hold a reference each.
 */
#ifndef _AWTUN_SA_H
#define _AWTUN_SA_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/percpu-refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/awtun.h>

#include "crypto.h"
#include "life.h"
#include "net.h"
#include "replay.h"
#include "selector.h"
#include "stats.h"

struct awtun_outer;
struct awtun_tunnel;
struct sk_buff;

/* Outbound sequence numbers, RFC 4303 section 3.3.3: the last one that may be
 * sent. The counter runs past it rather than to wrap, so half of the 64 bits
 * are as good as all.
 */
#define AWTUN_SEQ_LAST		((u64)U32_MAX)
#define AWTUN_ESN_LAST		((u64)S64_MAX)

/* Bits of &struct awtun_sa.events. Each event is reported once. */
enum awtun_sa_event_bit {
	AWTUN_SA_SOFT_SEEN,
	AWTUN_SA_HARD_SEEN,
	AWTUN_SA_SOFT_DUE,	/* to be reported by the worker */
	AWTUN_SA_HARD_DUE,
};

/**
 * struct awtun_sa_params - a valid request for an SA
 * @spi: SPI, network byte order, above 255
 * @dir: enum awtun_dir
 * @replay_window: packets
 * @seq: sequence numbers used up, outbound only
 * @follow: an inbound packet may move the peer
 * @limits: lifetimes
 * @crypto: suite and keys
 * @ts_local: selectors of our side, NULL for all
 * @ts_remote: selectors of the peer's side, NULL for all
 */
struct awtun_sa_params {
	__be32 spi;
	u32 dir;
	u32 replay_window;
	u64 seq;
	bool follow;
	struct awtun_limits limits;
	struct awtun_crypto_params crypto;
	struct awtun_selectors *ts_local;
	struct awtun_selectors *ts_remote;
};

/**
 * struct awtun_sa - a security association
 * @key: what finds an inbound SA; SPI and family are those of an outbound SA
 *	too
 * @node: in &struct awtun_net.sas, inbound only
 * @tun: its tunnel, by reference
 * @net: the underlay; stays until the SA is freed
 * @outer: how packets are wrapped, outbound only; written under
 *	&struct awtun_tunnel.lock
 * @dir: enum awtun_dir
 * @id: ascends in &struct awtun_tunnel.sas
 * @follow: an authenticated newest packet moves the peer, inbound only
 * @unlinked: no longer in its tunnel; under &struct awtun_tunnel.lock
 * @crypto: suite, keys and requests
 * @ts_local: selectors of our side, NULL for all
 * @ts_remote: selectors of the peer's side, NULL for all
 * @stats: per CPU counters
 * @ref: held by the tunnel and by packets that no RCU section covers
 * @seq_last: last sequence number that may be sent
 * @seq_soft: the one that asks for a new SA
 * @next_outer: while all of a tunnel are replaced; under
 *	&struct awtun_tunnel.lock
 * @life: lifetimes
 * @list: in &struct awtun_tunnel.sas
 * @dev_tracker: reference to the device of @tun
 * @free_work: frees it in process context after a grace period
 * @event_work: sends the events
 * @events: enum awtun_sa_event_bit
 * @soft_cause: enum awtun_expiry
 * @hard_cause: enum awtun_expiry
 * @tx_seq: last sequence number taken, may run past @seq_last
 * @replay_lock: protects @heard and @replay
 * @heard: get_jiffies_64() of the last authentic packet, 0 for none; inbound
 *	only, under @replay_lock
 * @replay: inbound only; its bits are behind the structure
 */
struct awtun_sa {
	struct awtun_sa_key key;
	struct rhash_head node;
	struct awtun_tunnel *tun;
	struct net *net;
	struct awtun_outer __rcu *outer;
	u32 dir;
	u32 id;
	bool follow;
	bool unlinked;
	struct awtun_crypto crypto;
	struct awtun_selectors *ts_local;
	struct awtun_selectors *ts_remote;
	struct awtun_sa_stats __percpu *stats;
	struct percpu_ref ref;
	u64 seq_last;
	u64 seq_soft;

	struct awtun_outer *next_outer;
	struct awtun_life life;
	struct list_head list;
	netdevice_tracker dev_tracker;
	struct rcu_work free_work;
	struct work_struct event_work;
	unsigned long events;
	u32 soft_cause;
	u32 hard_cause;

	atomic64_t tx_seq ____cacheline_aligned_in_smp;
	spinlock_t replay_lock ____cacheline_aligned_in_smp; /* see above */
	u64 heard;
	struct awtun_replay replay;
};

struct awtun_sa *awtun_sa_new(const struct awtun_sa_params *params,
			      struct netlink_ext_ack *extack);
void awtun_sa_discard(struct awtun_sa *sa);
bool awtun_sa_next_seq(struct awtun_sa *sa, u64 *seq);
u64 awtun_sa_last_seq(const struct awtun_sa *sa);
bool awtun_sa_usable(const struct awtun_sa *sa);
bool awtun_sa_covers(const struct awtun_sa *sa, struct sk_buff *skb,
		     struct awtun_flow *flow);

#endif /* _AWTUN_SA_H */
