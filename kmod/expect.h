/* SPDX-License-Identifier: GPL-2.0-only */
/* SPIs that the peer has been given and that have no SA yet: who asks for an SA
 * can add it only when the peer has answered, and the peer may send by it at once.
 * What comes until then is held.
 */
#ifndef _AWTUN_EXPECT_H
#define _AWTUN_EXPECT_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct awtun_sa_key;
struct awtun_tunnel;
struct netlink_ext_ack;
struct sk_buff;
struct sk_buff_head;

/* Expected SPIs of one tunnel, and of one underlay namespace. */
#define AWTUN_TUNNEL_EXPECT_MAX	64
#define AWTUN_NET_EXPECT_MAX	1024

/* What is held for one SPI, and for all of one underlay namespace; octets are
 * those of the memory.
 */
#define AWTUN_EXPECT_PACKETS	16
#define AWTUN_EXPECT_BYTES	(64 * 1024)
#define AWTUN_NET_EXPECT_BYTES	(4 * 1024 * 1024)

/* Longer than an IKE daemon waits for an answer. */
#define AWTUN_EXPECT_SECONDS	200

/**
 * struct awtun_expects - the expected SPIs of an underlay namespace
 * @lock: protects what follows, and the packets that are held
 * @by_key: &struct awtun_expect by its key; RCU for readers
 * @list: the same, the oldest first
 * @n: their count
 * @bytes: memory of all packets that are held
 * @work: ends those whose time is over
 */
struct awtun_expects {
	spinlock_t lock; /* see above */
	DECLARE_HASHTABLE(by_key, 6);
	struct list_head list;
	unsigned int n;
	unsigned int bytes;
	struct delayed_work work;
};

void awtun_expects_init(struct awtun_expects *expects);
void awtun_expects_destroy(struct awtun_expects *expects);

int awtun_expect_begin(struct awtun_expects *expects, struct awtun_tunnel *tun,
		       const struct awtun_sa_key *key,
		       struct netlink_ext_ack *extack);
bool awtun_expect_end(struct awtun_expects *expects,
		      const struct awtun_tunnel *tun, __be32 spi);
bool awtun_expect_hold(struct awtun_expects *expects,
		       const struct awtun_sa_key *key, struct sk_buff *skb,
		       __be16 src_port);
void awtun_expect_take(struct awtun_expects *expects,
		       const struct awtun_tunnel *tun,
		       const struct awtun_sa_key *key,
		       struct sk_buff_head *held);

#endif /* _AWTUN_EXPECT_H */
