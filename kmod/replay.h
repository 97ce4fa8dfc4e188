/* SPDX-License-Identifier: GPL-2.0-only */
/* Anti-replay window, RFC 4303 section 3.4.3 by the method of RFC 6479. Pure:
 * also built in userland by its unit test.
 */
#ifndef _AWTUN_REPLAY_H
#define _AWTUN_REPLAY_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct awtun_replay - sequence numbers seen by an inbound SA
 * @top: highest authenticated sequence number, 0 at first; read without the
 *	caller's lock, which a plain number of 64 bits does not allow everywhere
 * @window: numbers accepted below and including @top
 * @mask: words of @map minus one; the words are a power of two
 * @map: one bit a number, a ring of 64-bit words
 *
 * The ring holds at least one word more than the window needs, so moving on
 * clears whole words and never shifts.
 */
struct awtun_replay {
	atomic64_t top;
	u32 window;
	u32 mask;
	u64 map[];
};

size_t awtun_replay_size(u32 window);
u64 awtun_replay_top(const struct awtun_replay *replay);
void awtun_replay_init(struct awtun_replay *replay, u32 window);
u64 awtun_replay_infer(const struct awtun_replay *replay, u32 low);
bool awtun_replay_too_old(const struct awtun_replay *replay, u64 seq);
bool awtun_replay_insert(struct awtun_replay *replay, u64 seq);

#endif /* _AWTUN_REPLAY_H */
