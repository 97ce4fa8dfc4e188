/* SPDX-License-Identifier: GPL-2.0-only */
/* Security associations: what they hold, and how they come and go.
 *
 * An SA is made complete, then published; it is found by packets under RCU.
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
#include <net/dst_cache.h>
#include <linux/awtun.h>

#include "crypto.h"
#include "net.h"
#include "replay.h"
#include "stats.h"

struct awtun_tunnel;

/* Outbound sequence numbers, RFC 4303 section 3.3.3: the last one that may be
 * sent, and the one that asks for a new SA.
 */
#define AWTUN_SEQ_LAST	U32_MAX
#define AWTUN_SEQ_SOFT	(3U << 30)

/* Bits of &struct awtun_sa.events: to be told by the worker. */
enum awtun_sa_event_bit {
	AWTUN_SA_EVENT_SOFT,
	AWTUN_SA_EVENT_HARD,
};

/**
 * struct awtun_sa_params - a valid request for an SA
 * @spi: SPI, network byte order, above 255
 * @dir: enum awtun_dir
 * @replay_window: packets
 * @seq: sequence numbers used up, outbound only
 * @crypto: suite and keys
 */
struct awtun_sa_params {
	__be32 spi;
	u32 dir;
	u32 replay_window;
	u64 seq;
	struct awtun_crypto_params crypto;
};

/**
 * struct awtun_sa - a security association
 * @key: what finds an inbound SA; SPI and family are those of an outbound SA
 *	too
 * @node: in &struct awtun_net.sas, inbound only
 * @tun: its tunnel, by reference
 * @net: the underlay; stays until the SA is freed
 * @ends: addresses of the outer header
 * @dir: enum awtun_dir
 * @id: ascends in &struct awtun_tunnel.sas
 * @crypto: suite, keys and requests
 * @stats: per CPU counters
 * @dst_cache: route to the peer, outbound only
 * @ref: held by the tunnel and by packets that no RCU section covers
 * @list: in &struct awtun_tunnel.sas
 * @cipher: enum awtun_cipher
 * @auth: enum awtun_auth
 * @cipher_key_len: octets
 * @dev_tracker: reference to the device of @tun
 * @free_work: frees it in process context after a grace period
 * @event_work: tells the administrator
 * @events: enum awtun_sa_event_bit, what @event_work has to tell
 * @tx_seq: last sequence number taken, may run past AWTUN_SEQ_LAST
 * @replay_lock: protects @replay
 * @replay: inbound only; its bits are behind the structure
 */
struct awtun_sa {
	struct awtun_sa_key key;
	struct rhash_head node;
	struct awtun_tunnel *tun;
	struct net *net;
	struct awtun_endpoints ends;
	u32 dir;
	u32 id;
	struct awtun_crypto crypto;
	struct awtun_sa_stats __percpu *stats;
	struct dst_cache dst_cache;
	struct percpu_ref ref;

	struct list_head list;
	u32 cipher;
	u32 auth;
	u32 cipher_key_len;
	netdevice_tracker dev_tracker;
	struct rcu_work free_work;
	struct work_struct event_work;
	unsigned long events;

	atomic64_t tx_seq ____cacheline_aligned_in_smp;
	spinlock_t replay_lock ____cacheline_aligned_in_smp; /* see above */
	struct awtun_replay replay;
};

struct awtun_sa *awtun_sa_new(const struct awtun_sa_params *params,
			      struct netlink_ext_ack *extack);
void awtun_sa_discard(struct awtun_sa *sa);
int awtun_sa_publish(struct awtun_tunnel *tun, struct awtun_sa *sa,
		     struct netlink_ext_ack *extack);
struct awtun_sa *awtun_sa_find(struct awtun_tunnel *tun, u32 dir, __be32 spi);
void awtun_sa_activate(struct awtun_sa *sa);
void awtun_sa_remove(struct awtun_sa *sa);
void awtun_sa_flush(struct awtun_tunnel *tun);

bool awtun_sa_next_seq(struct awtun_sa *sa, u64 *seq);
bool awtun_sa_exhausted(const struct awtun_sa *sa);

int awtun_sa_init(void);
void awtun_sa_exit(void);

#endif /* _AWTUN_SA_H */
