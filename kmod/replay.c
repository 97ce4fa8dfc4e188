// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "replay.h"

#define WORD_BITS 64

static u32 replay_words(u32 window)
{
	return roundup_pow_of_two(DIV_ROUND_UP(window, WORD_BITS) + 1);
}

/**
 * awtun_replay_size() - memory that a window takes
 * @window: packets, not 0
 *
 * Return: octets, the header included.
 */
size_t awtun_replay_size(u32 window)
{
	return sizeof(struct awtun_replay) + replay_words(window) * sizeof(u64);
}

/**
 * awtun_replay_init() - start with nothing seen
 * @replay: awtun_replay_size(@window) octets
 * @window: packets, not 0
 */
void awtun_replay_init(struct awtun_replay *replay, u32 window)
{
	memset(replay, 0, awtun_replay_size(window));
	replay->window = window;
	replay->mask = replay_words(window) - 1;
}

/**
 * awtun_replay_top() - the highest authenticated sequence number
 * @replay: the window
 *
 * Needs no lock.
 *
 * Return: 64-bit sequence number, 0 when there was no packet.
 */
u64 awtun_replay_top(const struct awtun_replay *replay)
{
	return atomic64_read(&replay->top);
}

/**
 * awtun_replay_infer() - the whole extended sequence number of a packet
 * @replay: the window
 * @low: its lower 32 bits, which are what the packet carries
 *
 * RFC 4303 appendix A2.2: the number nearest to the window that ends in @low,
 * never one before the first. Only the ICV proves it.
 *
 * Return: 64-bit sequence number.
 */
u64 awtun_replay_infer(const struct awtun_replay *replay, u32 low)
{
	u64 top = awtun_replay_top(replay);
	u32 top_low = (u32)top;
	u32 bottom = top_low - replay->window + 1;
	u64 high = top >> 32;

	if (top_low >= replay->window - 1) {
		if (low < bottom)
			high++;
	} else if (low >= bottom && high) {
		high--;
	}

	return high << 32 | low;
}

/**
 * awtun_replay_too_old() - may this number be refused before decryption?
 * @replay: the window
 * @seq: number of a packet whose ICV has not been checked
 *
 * Needs no lock: @top only grows, so a number that is behind a stale window is
 * behind the present one too. A false result promises nothing.
 *
 * Return: true when awtun_replay_insert() is bound to refuse @seq.
 */
bool awtun_replay_too_old(const struct awtun_replay *replay, u64 seq)
{
	u64 top = awtun_replay_top(replay);

	return !seq || (seq <= top && top - seq >= replay->window);
}

/**
 * awtun_replay_insert() - accept an authenticated packet once
 * @replay: the window; the caller serialises
 * @seq: number of a packet whose ICV is right
 *
 * Return: true when @seq is new and not behind the window.
 */
bool awtun_replay_insert(struct awtun_replay *replay, u64 seq)
{
	u64 word = seq / WORD_BITS;
	u64 bit = 1ULL << (seq % WORD_BITS);
	u64 *slot = &replay->map[word & replay->mask];
	u64 top = awtun_replay_top(replay);

	if (awtun_replay_too_old(replay, seq))
		return false;

	if (seq > top) {
		u64 old = top / WORD_BITS;
		u64 steps = min(word - old, (u64)replay->mask + 1);

		while (steps--)
			replay->map[++old & replay->mask] = 0;
		atomic64_set(&replay->top, seq);
	}

	if (*slot & bit)
		return false;
	*slot |= bit;
	return true;
}
