// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/skbuff.h>

#include "flow.h"
#include "genl.h"
#include "interval.h"
#include "note.h"
#include "sa.h"
#include "tunnel.h"
#include "wq.h"

#define INTERVAL HZ

/* Jiffies until what is pending of a kind may be reported. */
static unsigned long wait_of(const struct awtun_notes *notes,
			     enum awtun_note_kind kind)
{
	return awtun_interval_left(jiffies, notes->due[kind], INTERVAL);
}

/* Takes what is pending of a kind whose time has come. */
static bool take(struct awtun_notes *notes, enum awtun_note_kind kind,
		 struct awtun_note *note)
{
	bool taken;

	if (wait_of(notes, kind))
		return false;

	spin_lock_bh(&notes->lock);
	taken = __test_and_clear_bit(kind, &notes->pending);
	if (taken) {
		*note = notes->note[kind];
		notes->note[kind].count = 0;
	}
	spin_unlock_bh(&notes->lock);

	return taken;
}

/* Jiffies until the first of what is still pending may be reported. */
static bool next_delay(struct awtun_notes *notes, unsigned long *delay)
{
	unsigned long pending = READ_ONCE(notes->pending);
	unsigned int kind;

	*delay = INTERVAL;
	for_each_set_bit(kind, &pending, AWTUN_NOTES) {
		unsigned long left = wait_of(notes, kind);

		*delay = min(*delay, left);
	}

	return pending;
}

static void tell(struct work_struct *work)
{
	struct awtun_notes *notes = container_of(to_delayed_work(work),
						 struct awtun_notes, work);
	struct awtun_tunnel *tun = container_of(notes, struct awtun_tunnel,
						notes);
	struct awtun_note note;
	unsigned long delay;
	unsigned int kind;

	for (kind = 0; kind < AWTUN_NOTES; kind++) {
		if (!take(notes, kind, &note))
			continue;
		notes->due[kind] = jiffies + INTERVAL;
		if (kind == AWTUN_NOTE_PEER_MOVED)
			awtun_tunnel_follow(tun, &note);
		awtun_notify_note(tun, kind, &note);
	}

	if (next_delay(notes, &delay))
		queue_delayed_work(awtun_wq, &notes->work, delay);
}

/**
 * awtun_notes_init() - nothing to report yet
 * @notes: of a new tunnel
 */
void awtun_notes_init(struct awtun_notes *notes)
{
	unsigned int kind;

	spin_lock_init(&notes->lock);
	INIT_DELAYED_WORK(&notes->work, tell);
	for (kind = 0; kind < AWTUN_NOTES; kind++)
		notes->due[kind] = jiffies;
}

/**
 * awtun_notes_destroy() - nothing more to report
 * @notes: of a tunnel that packets no longer reach
 *
 * Context: process.
 */
void awtun_notes_destroy(struct awtun_notes *notes)
{
	cancel_delayed_work_sync(&notes->work);
}

/**
 * awtun_note() - take note of a packet
 * @tun: its tunnel
 * @kind: why
 * @note: the packet; its count is not read
 *
 * Context: bottom halves disabled, RCU.
 */
void awtun_note(struct awtun_tunnel *tun, enum awtun_note_kind kind,
		const struct awtun_note *note)
{
	struct awtun_notes *notes = &tun->notes;
	u64 count;

	spin_lock(&notes->lock);
	count = notes->note[kind].count + 1;
	notes->note[kind] = *note;
	notes->note[kind].count = count;
	__set_bit(kind, &notes->pending);
	spin_unlock(&notes->lock);

	/* The worker waits for what is not due: at once is soon enough, and
	 * while it is queued this changes nothing.
	 */
	queue_delayed_work(awtun_wq, &notes->work, 0);
}

/**
 * awtun_note_acquire() - take note of a packet that no SA is there for
 * @tun: its tunnel
 * @skb: the packet; its network header is set and pulled
 *
 * Context: bottom halves disabled, RCU.
 */
void awtun_note_acquire(struct awtun_tunnel *tun, struct sk_buff *skb)
{
	struct awtun_note note = {};
	struct awtun_flow flow;

	if (!awtun_flow_read(&flow, skb))
		return;

	note.family = flow.addr_len == sizeof(note.src.ip4) ? AF_INET : AF_INET6;
	note.protocol = flow.protocol;
	memcpy(&note.src, flow.src.addr, flow.addr_len);
	memcpy(&note.dst, flow.dst.addr, flow.addr_len);
	awtun_note(tun, AWTUN_NOTE_ACQUIRE, &note);
}
