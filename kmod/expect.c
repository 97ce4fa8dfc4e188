// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "expect.h"
#include "net.h"
#include "skb.h"
#include "stats.h"
#include "tunnel.h"
#include "wq.h"

#define LIFETIME (AWTUN_EXPECT_SECONDS * HZ)

/**
 * struct awtun_expect - an SPI that the peer may send by
 * @node: in &struct awtun_expects.by_key
 * @list: in &struct awtun_expects.list
 * @key: what finds it, and is to find the SA
 * @tun: the tunnel, which ends it before it goes
 * @due: jiffies at its end
 * @ended: no longer in the table: who found it before looks elsewhere
 * @bytes: memory of @held
 * @held: packets in the order they came
 * @rcu: frees it
 */
struct awtun_expect {
	struct hlist_node node;
	struct list_head list;
	struct awtun_sa_key key;
	struct awtun_tunnel *tun;
	unsigned long due;
	bool ended;
	unsigned int bytes;
	struct sk_buff_head held;
	struct rcu_head rcu;
};

static u32 hash_key(const struct awtun_sa_key *key)
{
	return jhash2((const u32 *)key, sizeof(*key) / sizeof(u32), 0);
}

static struct awtun_expect *find(struct awtun_expects *expects,
				 const struct awtun_sa_key *key)
{
	struct awtun_expect *expect;

	hash_for_each_possible_rcu(expects->by_key, expect, node, hash_key(key),
				   lockdep_is_held(&expects->lock))
		if (!memcmp(&expect->key, key, sizeof(*key)))
			return expect;

	return NULL;
}

static void drop(struct awtun_tunnel *tun, struct sk_buff *skb)
{
	awtun_count_drop(tun, AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI);
	kfree_skb_reason(skb, SKB_DROP_REASON_XFRM_POLICY);
}

static void unlink(struct awtun_expects *expects, struct awtun_expect *expect)
{
	lockdep_assert_held(&expects->lock);

	expect->ended = true;
	hash_del_rcu(&expect->node);
	list_del(&expect->list);
	expects->n--;
	expects->bytes -= expect->bytes;
}

/* What was unlinked, without the lock. RCU keeps the tunnel. */
static void discard(struct list_head *ended)
{
	struct awtun_expect *expect, *next;
	struct sk_buff *skb;

	list_for_each_entry_safe(expect, next, ended, list) {
		while ((skb = __skb_dequeue(&expect->held)))
			drop(expect->tun, skb);
		kfree_rcu(expect, rcu);
	}
}

static void end_due(struct work_struct *work)
{
	struct awtun_expects *expects =
		container_of(to_delayed_work(work), struct awtun_expects, work);
	struct awtun_expect *expect, *next;
	unsigned long now = jiffies;
	LIST_HEAD(ended);

	rcu_read_lock_bh();
	spin_lock(&expects->lock);
	list_for_each_entry_safe(expect, next, &expects->list, list) {
		if (time_before(now, expect->due)) {
			mod_delayed_work(awtun_wq, &expects->work,
					 expect->due - now);
			break;
		}
		unlink(expects, expect);
		list_add_tail(&expect->list, &ended);
	}
	spin_unlock(&expects->lock);
	discard(&ended);
	rcu_read_unlock_bh();
}

/**
 * awtun_expects_init() - nothing is expected yet
 * @expects: of a new namespace
 */
void awtun_expects_init(struct awtun_expects *expects)
{
	spin_lock_init(&expects->lock);
	hash_init(expects->by_key);
	INIT_LIST_HEAD(&expects->list);
	INIT_DELAYED_WORK(&expects->work, end_due);
}

/**
 * awtun_expects_destroy() - nothing more will be expected
 * @expects: of a namespace whose tunnels are detached
 *
 * Context: process.
 */
void awtun_expects_destroy(struct awtun_expects *expects)
{
	cancel_delayed_work_sync(&expects->work);
}

static int check_room(const struct awtun_expects *expects,
		      const struct awtun_tunnel *tun,
		      struct netlink_ext_ack *extack)
{
	const struct awtun_expect *expect;
	unsigned int n = 0;

	list_for_each_entry(expect, &expects->list, list)
		n += expect->tun == tun;
	if (n >= AWTUN_TUNNEL_EXPECT_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "too many expected SAs in this tunnel");
		return -ENOSPC;
	}
	if (expects->n >= AWTUN_NET_EXPECT_MAX) {
		NL_SET_ERR_MSG_MOD(extack,
				   "too many expected SAs in this network namespace");
		return -ENOSPC;
	}

	return 0;
}

/* Takes @new, or says why not: -EALREADY when there is no need to. */
static int link(struct awtun_expects *expects, struct awtun_expect *new,
		struct netlink_ext_ack *extack)
{
	const struct awtun_expect *known = find(expects, &new->key);
	int err;

	if (known && known->tun == new->tun)
		return -EALREADY;
	if (known) {
		NL_SET_ERR_MSG_MOD(extack,
				   "another tunnel expects an inbound SA of this SPI");
		return -EEXIST;
	}
	err = check_room(expects, new->tun, extack);
	if (err)
		return err;

	hash_add_rcu(expects->by_key, &new->node, hash_key(&new->key));
	list_add_tail(&new->list, &expects->list);
	expects->n++;
	queue_delayed_work(awtun_wq, &expects->work, LIFETIME);

	return 0;
}

/**
 * awtun_expect_begin() - hold what comes by an SPI until its SA is added
 * @expects: of the tunnel's underlay
 * @tun: the tunnel, which ends this before it goes
 * @key: what will find the SA; there is none yet
 * @extack: says why not
 *
 * To ask for it twice changes nothing.
 *
 * Return: 0 or an error.
 */
int awtun_expect_begin(struct awtun_expects *expects, struct awtun_tunnel *tun,
		       const struct awtun_sa_key *key,
		       struct netlink_ext_ack *extack)
{
	struct awtun_expect *new;
	int err;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->key = *key;
	new->tun = tun;
	new->due = jiffies + LIFETIME;
	__skb_queue_head_init(&new->held);

	spin_lock_bh(&expects->lock);
	err = link(expects, new, extack);
	spin_unlock_bh(&expects->lock);
	if (err)
		kfree(new);

	return err == -EALREADY ? 0 : err;
}

/**
 * awtun_expect_end() - no SA comes: drop what is held for it
 * @expects: of the tunnel's underlay
 * @tun: the tunnel
 * @spi: SPI, network byte order; 0: all of the tunnel
 *
 * Return: whether there was one.
 */
bool awtun_expect_end(struct awtun_expects *expects,
		      const struct awtun_tunnel *tun, __be32 spi)
{
	struct awtun_expect *expect, *next;
	LIST_HEAD(ended);
	bool found;

	rcu_read_lock_bh();
	spin_lock(&expects->lock);
	list_for_each_entry_safe(expect, next, &expects->list, list) {
		if (expect->tun != tun || (spi && expect->key.spi != spi))
			continue;
		unlink(expects, expect);
		list_add_tail(&expect->list, &ended);
	}
	spin_unlock(&expects->lock);
	found = !list_empty(&ended);
	discard(&ended);
	rcu_read_unlock_bh();

	return found;
}

static bool has_room(const struct awtun_expects *expects,
		     const struct awtun_expect *expect,
		     const struct sk_buff *skb)
{
	return skb_queue_len(&expect->held) < AWTUN_EXPECT_PACKETS &&
	       expect->bytes + skb->truesize <= AWTUN_EXPECT_BYTES &&
	       expects->bytes + skb->truesize <= AWTUN_NET_EXPECT_BYTES;
}

/* It may stay for long, so nothing that can go may wait for it: neither a route
 * nor a connection nor the device it came by, nor the socket of who has sent it.
 */
static void keep(struct awtun_expects *expects, struct awtun_expect *expect,
		 struct sk_buff *skb, __be16 src_port)
{
	skb_scrub_packet(skb, false);
	skb_orphan(skb);
	skb->dev = expect->tun->dev;
	awtun_cb(skb)->src_port = src_port;
	expect->bytes += skb->truesize;
	expects->bytes += skb->truesize;
	__skb_queue_tail(&expect->held, skb);
}

/**
 * awtun_expect_hold() - keep a packet for the SA that is expected
 * @expects: of the namespace it arrived in
 * @key: what its headers say, no octet undefined
 * @skb: begins with the ESP header
 * @src_port: UDP source port, 0 when it did not come in UDP
 *
 * Context: bottom halves disabled, RCU.
 * Return: false when none is expected, or no longer: then the SA may be there.
 * Else the packet is no longer the caller's; where there are too many it has been
 * dropped.
 */
bool awtun_expect_hold(struct awtun_expects *expects,
		       const struct awtun_sa_key *key, struct sk_buff *skb,
		       __be16 src_port)
{
	struct awtun_expect *expect = find(expects, key);
	bool expected = false, room = false;

	if (expect) {
		spin_lock(&expects->lock);
		expected = !expect->ended;
		room = expected && has_room(expects, expect, skb);
		if (room)
			keep(expects, expect, skb, src_port);
		spin_unlock(&expects->lock);
	}
	/* Who sees that it has been taken sees the SA: awtun_expect_take(). */
	smp_rmb();
	if (expected && !room)
		drop(expect->tun, skb);

	return expected;
}

/**
 * awtun_expect_take() - the SA is there
 * @expects: of the tunnel's underlay
 * @tun: its tunnel
 * @key: its key, by which packets find it
 * @held: gets the packets in the order they came, each with its source port in
 *	its control block
 */
void awtun_expect_take(struct awtun_expects *expects,
		       const struct awtun_tunnel *tun,
		       const struct awtun_sa_key *key,
		       struct sk_buff_head *held)
{
	struct awtun_expect *expect;

	/* Pairs with awtun_expect_hold(). */
	smp_wmb();
	spin_lock_bh(&expects->lock);
	expect = find(expects, key);
	if (expect && expect->tun == tun) {
		unlink(expects, expect);
		skb_queue_splice_init(&expect->held, held);
		kfree_rcu(expect, rcu);
	}
	spin_unlock_bh(&expects->lock);
}
