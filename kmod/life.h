/* SPDX-License-Identifier: GPL-2.0-only */
/* How long an SA lives: in seconds, octets and packets, RFC 4301 section
 * 4.4.2.1. The soft limit raises an event; past the hard limit every packet is
 * dropped.
 */
#ifndef _AWTUN_LIFE_H
#define _AWTUN_LIFE_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/awtun.h>

struct awtun_sa;

/**
 * struct awtun_limits - limits by enum awtun_expiry, 0 for none
 * @soft: an event
 * @hard: the end
 *
 * Sequence numbers are not here: their limits are not configured.
 */
struct awtun_limits {
	u64 soft[AWTUN_EXPIRY_PACKETS + 1];
	u64 hard[AWTUN_EXPIRY_PACKETS + 1];
};

/**
 * struct awtun_life - the life of an SA
 * @limits: as configured
 * @counted: there is a limit of octets or packets
 * @expired: it is over, atomic
 * @born: seconds of the boot clock
 * @used: by enum awtun_expiry; moves only when @counted
 * @work: looks at the clock
 */
struct awtun_life {
	struct awtun_limits limits;
	bool counted;
	int expired;
	time64_t born;
	atomic64_t used[AWTUN_EXPIRY_PACKETS + 1];
	struct delayed_work work;
};

void awtun_life_init(struct awtun_life *life,
		     const struct awtun_limits *limits);
void awtun_life_start(struct awtun_sa *sa);
void awtun_life_stop(struct awtun_sa *sa);
u64 awtun_life_age(const struct awtun_life *life);
bool awtun_life_charge(struct awtun_sa *sa, unsigned int octets);
void awtun_life_tell(struct awtun_sa *sa, enum awtun_event event,
		     enum awtun_expiry cause);

static inline bool awtun_life_expired(const struct awtun_life *life)
{
	return READ_ONCE(life->expired);
}

#endif /* _AWTUN_LIFE_H */
