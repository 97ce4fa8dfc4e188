/* SPDX-License-Identifier: GPL-2.0-only */
/* Rate limit: at most once per interval. Pure: also built in userland by its
 * unit test.
 */
#ifndef _AWTUN_INTERVAL_H
#define _AWTUN_INTERVAL_H

/**
 * awtun_interval_left() - how long must be waited?
 * @now: the time, in jiffies
 * @due: end of the last interval
 * @interval: its length
 *
 * Times wrap, those of 32 bits after 50 days. A @due that seems to be further
 * away than one interval is one of long ago: time_before() would have it in the
 * future for half of the range.
 *
 * Return: jiffies, 0 when the interval is over, never more than @interval.
 */
static inline unsigned long awtun_interval_left(unsigned long now,
						unsigned long due,
						unsigned long interval)
{
	unsigned long left = due - now;

	return left <= interval ? left : 0;
}

#endif /* _AWTUN_INTERVAL_H */
