/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications caused by packets: counted, and sent at most once a second for
 * each kind and tunnel.
 */
#ifndef _AWTUN_NOTE_H
#define _AWTUN_NOTE_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "net.h"

struct awtun_sa;
struct awtun_tunnel;
struct sk_buff;

enum awtun_note_kind {
	AWTUN_NOTE_ACQUIRE,
	AWTUN_NOTE_UNKNOWN_SPI,
	AWTUN_NOTE_AUTH_FAILED,
	AWTUN_NOTE_PEER_MOVED,

	AWTUN_NOTES
};

/**
 * struct awtun_note - the last packet of a kind, and how many there were
 * @count: packets since the last report
 * @family: AF_INET or AF_INET6, of @src and @dst; 0 when they are not known
 * @protocol: of an inner packet
 * @src_port: UDP source port of an outer packet, network byte order, or 0
 * @spi: SPI, network byte order, or 0
 * @src: where it came from
 * @dst: where it was to go
 */
struct awtun_note {
	u64 count;
	u32 family;
	u8 protocol;
	__be16 src_port;
	__be32 spi;
	union awtun_addr src;
	union awtun_addr dst;
};

/**
 * struct awtun_notes - pending notifications of a tunnel
 * @lock: protects @pending and @note
 * @pending: bits of enum awtun_note_kind
 * @note: by enum awtun_note_kind
 * @due: jiffies from which on each kind may be reported again; the worker's own
 * @work: sends them
 */
struct awtun_notes {
	spinlock_t lock; /* see above */
	unsigned long pending;
	struct awtun_note note[AWTUN_NOTES];
	unsigned long due[AWTUN_NOTES];
	struct delayed_work work;
};

void awtun_notes_init(struct awtun_notes *notes);
void awtun_notes_destroy(struct awtun_notes *notes);

void awtun_note(struct awtun_tunnel *tun, enum awtun_note_kind kind,
		const struct awtun_note *note);
void awtun_note_acquire(struct awtun_tunnel *tun, struct sk_buff *skb);

#endif /* _AWTUN_NOTE_H */
