// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "life.h"
#include "sa.h"
#include "trace.h"
#include "tunnel.h"
#include "wq.h"

/* The clock is looked at this often at least: timers of the distant future are
 * not exact, and stand still while the machine sleeps.
 */
#define LOOK_SECONDS 3600

/**
 * awtun_life_age() - how old is an SA?
 * @life: its life
 *
 * Return: seconds, those asleep included.
 */
u64 awtun_life_age(const struct awtun_life *life)
{
	return ktime_get_boottime_seconds() - life->born;
}

/**
 * awtun_life_tell() - report that an SA nears or has reached its end
 * @sa: the SA
 * @event: AWTUN_EVENT_SA_SOFT or AWTUN_EVENT_SA_HARD; reported once each
 * @cause: which limit
 *
 * Context: any but hard interrupts; RCU or a reference to @sa.
 */
void awtun_life_tell(struct awtun_sa *sa, enum awtun_event event,
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

static void expire(struct awtun_sa *sa, enum awtun_expiry cause)
{
	if (xchg(&sa->life.expired, 1))
		return;
	trace_awtun_sa_expire(sa);
	awtun_life_tell(sa, AWTUN_EVENT_SA_HARD, cause);
}

/* Returns whether the hard limit allows what has been used now. */
static bool check(struct awtun_sa *sa, enum awtun_expiry kind, u64 amount)
{
	const struct awtun_limits *limits = &sa->life.limits;
	u64 used = atomic64_add_return(amount, &sa->life.used[kind]);
	u64 soft = limits->soft[kind];
	u64 hard = limits->hard[kind];

	if (soft && used >= soft && used - amount < soft)
		awtun_life_tell(sa, AWTUN_EVENT_SA_SOFT, kind);
	if (!hard || used < hard)
		return true;

	expire(sa, kind);
	return used == hard;
}

/**
 * awtun_life_charge() - account for a packet
 * @sa: the SA that is to carry it
 * @octets: of the inner packet
 *
 * Context: bottom halves disabled, RCU.
 * Return: false when the SA must not carry it.
 */
bool awtun_life_charge(struct awtun_sa *sa, unsigned int octets)
{
	bool packets, bytes;

	if (unlikely(awtun_life_expired(&sa->life)))
		return false;
	if (likely(!sa->life.counted))
		return true;

	packets = check(sa, AWTUN_EXPIRY_PACKETS, 1);
	bytes = check(sa, AWTUN_EXPIRY_BYTES, octets);

	return packets && bytes;
}

/* Seconds until the next limit; 0 when it has been reached. */
static u64 left(u64 limit, u64 age)
{
	return limit > age ? limit - age : 0;
}

/* Arms the clock for the next limit ahead. It takes over a reference then; false
 * when there is no such limit.
 */
static bool look_again(struct awtun_sa *sa, u64 age)
{
	const struct awtun_limits *limits = &sa->life.limits;
	u64 soft = limits->soft[AWTUN_EXPIRY_SECONDS];
	u64 hard = limits->hard[AWTUN_EXPIRY_SECONDS];
	u64 wait = LOOK_SECONDS;

	if (soft > age)
		wait = min(wait, left(soft, age));
	if (hard > age)
		wait = min(wait, left(hard, age));

	return (soft > age || hard > age) &&
	       queue_delayed_work(awtun_wq, &sa->life.work, wait * HZ);
}

static void look(struct work_struct *work)
{
	struct awtun_sa *sa = container_of(to_delayed_work(work),
					   struct awtun_sa, life.work);
	const struct awtun_limits *limits = &sa->life.limits;
	u64 soft = limits->soft[AWTUN_EXPIRY_SECONDS];
	u64 hard = limits->hard[AWTUN_EXPIRY_SECONDS];
	u64 age = awtun_life_age(&sa->life);
	bool armed;

	if (hard && age >= hard)
		expire(sa, AWTUN_EXPIRY_SECONDS);
	else if (soft && age >= soft)
		awtun_life_tell(sa, AWTUN_EVENT_SA_SOFT, AWTUN_EXPIRY_SECONDS);

	/* The lock orders this with awtun_life_stop(). */
	mutex_lock(&sa->tun->lock);
	armed = !sa->unlinked && !awtun_life_expired(&sa->life) &&
		look_again(sa, age);
	mutex_unlock(&sa->tun->lock);

	/* It may be the last one, and keeps the tunnel too. */
	if (!armed)
		percpu_ref_put(&sa->ref);
}

/**
 * awtun_life_init() - configure a life that has not begun
 * @life: of a new SA
 * @limits: its limits
 */
void awtun_life_init(struct awtun_life *life,
		     const struct awtun_limits *limits)
{
	life->limits = *limits;
	life->counted = limits->soft[AWTUN_EXPIRY_BYTES] ||
			limits->hard[AWTUN_EXPIRY_BYTES] ||
			limits->soft[AWTUN_EXPIRY_PACKETS] ||
			limits->hard[AWTUN_EXPIRY_PACKETS];
	life->born = ktime_get_boottime_seconds();
	INIT_DELAYED_WORK(&life->work, look);
}

/**
 * awtun_life_start() - begin to look at the clock
 * @sa: a published SA
 */
void awtun_life_start(struct awtun_sa *sa)
{
	lockdep_assert_held(&sa->tun->lock);

	percpu_ref_get(&sa->ref);
	if (!look_again(sa, 0))
		percpu_ref_put(&sa->ref);
}

/**
 * awtun_life_stop() - stop looking at the clock
 * @sa: an SA that is being taken out
 */
void awtun_life_stop(struct awtun_sa *sa)
{
	lockdep_assert_held(&sa->tun->lock);

	if (cancel_delayed_work(&sa->life.work))
		percpu_ref_put(&sa->ref);
}
