/* SPDX-License-Identifier: GPL-2.0-only */
/* The active SAs of a tunnel, by which it sends: a packet goes by the first of
 * them whose selectors cover it. A peer may want an SA for each pair of subnets,
 * or one for each version of IP.
 */
#ifndef _AWTUN_ACTIVE_H
#define _AWTUN_ACTIVE_H

#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "tunnel.h"

struct netlink_ext_ack;

/**
 * struct awtun_active - the active SAs of a tunnel
 * @rcu: frees it
 * @n: entries of @sas
 * @sas: the last activated first; NULL where one has been taken out since
 *
 * Activation replaces all of it: in a list that is changed under its eyes a
 * reader could miss an SA that moves to the front, or both an SA and the one that
 * replaces it. Taking out only clears an entry, which needs no memory.
 *
 * An SA is cleared in the current one before its reference is killed. Who reads
 * an older one has begun before that, and an SA is freed a grace period after.
 */
struct awtun_active {
	struct rcu_head rcu;
	unsigned int n;
	struct awtun_sa *sas[];
};

/* Context: RCU, or &struct awtun_tunnel.lock. NULL when there is no active SA. */
static inline struct awtun_active *awtun_active(const struct awtun_tunnel *tun)
{
	return rcu_dereference_check(tun->active,
				     rcu_read_lock_bh_held() ||
				     lockdep_is_held(&tun->lock));
}

/* The next SA at or behind the place @i, which moves behind it. */
static inline struct awtun_sa *
awtun_active_next(const struct awtun_active *active, unsigned int *i)
{
	while (active && *i < active->n) {
		struct awtun_sa *sa = READ_ONCE(active->sas[(*i)++]);

		if (likely(sa))
			return sa;
	}

	return NULL;
}

int awtun_active_add(struct awtun_sa *sa, struct netlink_ext_ack *extack);
void awtun_active_del(const struct awtun_sa *sa);
bool awtun_active_has(const struct awtun_sa *sa);

#endif /* _AWTUN_ACTIVE_H */
