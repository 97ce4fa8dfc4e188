// SPDX-License-Identifier: GPL-2.0-only
/* From ndo_start_xmit to the IP output of the underlay. Everything but the
 * encryption itself is done before it, so what remains afterwards, perhaps in
 * another context, is to send.
 */
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include "active.h"
#include "compat.h"
#include "flow.h"
#include "mss.h"
#include "outer.h"
#include "pmtu.h"
#include "sa.h"
#include "skb.h"
#include "trace.h"
#include "tunnel.h"
#include "tx.h"

/* A tunnel may carry another one's packets. Tunnels in a circle, possible across
 * namespaces, would do so until the stack is used up. This many may be in one
 * another. Circles that leave the stack in between, through a veth or a queue
 * say, end by awtun_outer_made().
 */
#define NESTING_MAX 4

/* How many tunnels the packet in transmission on this CPU has passed. Bottom
 * halves are disabled wherever it is used.
 */
static DEFINE_PER_CPU(u8, nesting);

/**
 * struct way - where a packet and its segments go
 * @sa: by which SA
 * @outer: how it is wrapped
 * @dst: its route, by reference
 * @mtu: longest inner packet that crosses the path whole
 * @fragment: the packet is a fragment already, made here
 */
struct way {
	struct awtun_sa *sa;
	const struct awtun_outer *outer;
	struct dst_entry *dst;
	unsigned int mtu;
	bool fragment;
};

/* Is it what it says it is? Its header is pulled then. */
static bool is_ip(struct sk_buff *skb)
{
	__be16 protocol;

	if (!pskb_inet_may_pull(skb))
		return false;
	protocol = ip_tunnel_parse_protocol(skb);

	return protocol && protocol == skb->protocol;
}

/* DSCP by RFC 4301 section 5.1.2 or as configured, ECN by the normal mode of
 * RFC 6040 section 4.1, which unlike RFC 3168 keeps CE.
 */
static u8 outer_ds(const struct sk_buff *skb, const struct awtun_outer *outer)
{
	u8 ds = skb->protocol == htons(ETH_P_IP) ?
		ipv4_get_dsfield(ip_hdr(skb)) : ipv6_get_dsfield(ipv6_hdr(skb));

	if (outer->opts.dscp == AWTUN_DSCP_COPY)
		return ds;

	return outer->opts.dscp << 2 | (ds & INET_ECN_MASK);
}

static __be16 outer_df(const struct sk_buff *skb,
		       const struct awtun_outer *outer)
{
	switch (outer->opts.df) {
	case AWTUN_DF_SET:
		return htons(IP_DF);
	case AWTUN_DF_CLEAR:
		return 0;
	default:
		return skb->protocol == htons(ETH_P_IP) ?
		       ip_hdr(skb)->frag_off & htons(IP_DF) : htons(IP_DF);
	}
}

/* Make the packet linear, ours to write to, with room for all headers. Local
 * TCP sends clones and keeps the data for retransmission: those are copied, in
 * one go. The socket keeps its claim on the packet.
 */
static int make_room(struct sk_buff *skb, unsigned int head, unsigned int tail)
{
	int nhead = max_t(int, head - skb_headroom(skb), 0);
	int ntail = skb->data_len + tail - (skb->end - skb->tail);

	if (skb_cloned(skb) || nhead || ntail > 0) {
		int err = pskb_expand_head(skb, SKB_DATA_ALIGN(nhead),
					   max(ntail, 0), GFP_ATOMIC);

		if (err)
			return err;
	}

	return skb_linearize(skb);
}

static void push_esp(struct sk_buff *skb, const struct awtun_sa *sa, u64 seq,
		     u8 next_header)
{
	const struct awtun_crypto *crypto = &sa->crypto;
	unsigned int trailer = awtun_esp_trailer_len(&crypto->esp, skb->len);
	struct ip_esp_hdr *esph;

	awtun_esp_fill_trailer(skb_put(skb, trailer), trailer, next_header);
	skb_put(skb, crypto->esp.icv_len);

	awtun_crypto_set_iv(crypto, skb_push(skb, crypto->esp.iv_len), seq);
	esph = skb_push(skb, sizeof(*esph));
	esph->spi = sa->key.spi;
	esph->seq_no = htonl(lower_32_bits(seq));
	skb_reset_transport_header(skb);
}

static void drop(struct sk_buff *skb, struct awtun_sa *sa,
		 enum awtun_tunnel_stat stat)
{
	awtun_count_sa_drop(sa, stat);
	kfree_skb(skb);
}

/* What the packet meets on its way has passed one tunnel more, also when an
 * asynchronous encryption has ended on another stack.
 */
static int send_nested(struct awtun_sa *sa, struct sk_buff *skb)
{
	u8 outside = __this_cpu_read(nesting);
	int err;

	__this_cpu_write(nesting, awtun_cb(skb)->nesting + 1);
	err = awtun_outer_send(skb, sa->key.family, sa->net);
	__this_cpu_write(nesting, outside);

	return err;
}

/* The packet is complete: send it on its route. */
static void xmit_done(struct awtun_sa *sa, struct sk_buff *skb, int err)
{
	unsigned int len = awtun_cb(skb)->inner_len;
	u64 seq = awtun_cb(skb)->seq;

	if (unlikely(err)) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_ERROR);
		return;
	}

	err = send_nested(sa, skb);
	if (unlikely(net_xmit_eval(err))) {
		awtun_count_sa_drop(sa, AWTUN_TUNNEL_STAT_TX_ERROR);
		return;
	}
	trace_awtun_tx(sa, seq, len);
	awtun_count_tx(sa, len);
}

/* The packet is not GSO. @df is that of an IPv4 outer header. */
static void protect(struct sk_buff *skb, const struct way *way, __be16 df)
{
	u8 next_header = skb->protocol == htons(ETH_P_IP) ? IPPROTO_IPIP :
							    IPPROTO_IPV6;
	const struct awtun_outer *outer = way->outer;
	unsigned int head = LL_RESERVED_SPACE(way->dst->dev) +
			    way->dst->header_len + outer->len +
			    AWTUN_ESP_HEAD_MAX;
	u8 ds = outer_ds(skb, outer);
	struct awtun_sa *sa = way->sa;

	skb_scrub_packet(skb, !net_eq(sa->net, dev_net(skb->dev)));
	skb_clear_hash_if_not_l4(skb);
	skb_dst_set(skb, dst_clone(way->dst));
	skb->mark = outer->opts.mark;

	if (make_room(skb, head, AWTUN_ESP_TAIL_MAX) ||
	    (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_ERROR);
		return;
	}
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;

	if (unlikely(!awtun_life_charge(sa, skb->len))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_EXPIRED);
		return;
	}
	if (!awtun_sa_next_seq(sa, &awtun_cb(skb)->seq)) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED);
		return;
	}

	awtun_cb(skb)->inner_len = skb->len;
	awtun_cb(skb)->nesting = __this_cpu_read(nesting);
	awtun_cb(skb)->esp_offset = outer->len;
	push_esp(skb, sa, awtun_cb(skb)->seq, next_header);
	awtun_outer_push(skb, outer, sa->net, ds, df);

	awtun_encrypt(sa, skb, xmit_done);
}

static void transmit(struct sk_buff *skb, struct net_device *dev,
		     bool fragment);

/* The route may have become another one since the packet was cut: a fragment
 * that does not fit is not cut again.
 */
static int xmit_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	if (is_ip(skb)) {
		transmit(skb, skb->dev, true);
	} else {
		awtun_count_drop(netdev_priv(skb->dev),
				 AWTUN_TUNNEL_STAT_TX_ERROR);
		kfree_skb(skb);
	}

	return 0;
}

/* Fragmentation needs the route that brought the packet here. */
static bool has_route(const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	return dst && dst->ops->family == AF_INET;
}

/* A fragment may be a header with all options and eight octets of data; for
 * ip_do_fragment() a limit of 0 is none.
 */
static bool can_fragment(const struct sk_buff *skb, const struct way *way)
{
	return !way->fragment && way->mtu >= IPV4_MIN_MTU &&
	       ip_skb_dst_mtu(skb->sk, skb) >= IPV4_MIN_MTU;
}

static void fragment_inner(struct sk_buff *skb, const struct way *way)
{
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	if (!can_fragment(skb, way)) {
		drop(skb, way->sa, AWTUN_TUNNEL_STAT_TX_TOO_BIG);
		return;
	}

	IPCB(skb)->frag_max_size = min_t(unsigned int, way->mtu, U16_MAX);

	/* It frees the packet whatever happens. */
	if (ip_do_fragment(dev_net(skb->dev), skb->sk, skb, xmit_fragment))
		awtun_count_sa_drop(way->sa, AWTUN_TUNNEL_STAT_TX_TOO_BIG);
}

/* The underlay cuts the outer packet, if an IP header can describe it at all. */
static void fragment_outer(struct sk_buff *skb, const struct way *way)
{
	if (skb->len > awtun_esp_mtu(&way->sa->crypto.esp, IP_MAX_MTU,
				     way->outer->len))
		drop(skb, way->sa, AWTUN_TUNNEL_STAT_TX_TOO_BIG);
	else
		protect(skb, way, 0);
}

/* The packet is not GSO, and no sender is to be notified of its size. */
static void xmit_one(struct sk_buff *skb, const struct way *way,
		     enum awtun_fit fit)
{
	switch (fit) {
	case AWTUN_FITS:
		protect(skb, way, outer_df(skb, way->outer));
		return;
	case AWTUN_FRAGMENT_OUTER:
		fragment_outer(skb, way);
		return;
	case AWTUN_FRAGMENT_INNER:
		if (has_route(skb))
			fragment_inner(skb, way);
		else
			fragment_outer(skb, way);
		return;
	case AWTUN_TOO_BIG:
		drop(skb, way->sa, AWTUN_TUNNEL_STAT_TX_TOO_BIG);
		return;
	}
}

static void xmit_segments(struct sk_buff *skb, const struct way *way)
{
	struct sk_buff *segments, *segment, *next;

	/* No feature: each segment is linear, its checksum filled in. */
	segments = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segments)) {
		drop(skb, way->sa, AWTUN_TUNNEL_STAT_TX_ERROR);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segments, segment, next) {
		skb_mark_not_on_list(segment);
		xmit_one(segment, way,
			 awtun_pmtu_fit(segment, way->mtu,
					way->outer->opts.df));
	}
}

/* Finds the SA that is to send a packet. NULL, and counted, when there is none;
 * that no active SA covers it is held against the first of them.
 */
static struct awtun_sa *find_sa(struct awtun_tunnel *tun, struct sk_buff *skb)
{
	const struct awtun_active *active = awtun_active(tun);
	struct awtun_sa *sa, *first = NULL;
	struct awtun_flow flow = {};
	unsigned int i = 0;

	while ((sa = awtun_active_next(active, &i))) {
		if (likely(awtun_sa_covers(sa, skb, &flow)))
			return sa;
		first = first ?: sa;
	}

	if (first) {
		awtun_count_sa_drop(first, AWTUN_TUNNEL_STAT_TX_SELECTOR);
	} else {
		awtun_count_drop(tun, AWTUN_TUNNEL_STAT_TX_NO_SA);
		awtun_note_acquire(tun, skb);
	}

	return NULL;
}

/* Finds the way of a packet by @sa. False, and counted, when there is none;
 * else @way holds a route that the caller releases.
 */
static bool find_way(struct awtun_sa *sa, struct sk_buff *skb, struct way *way)
{
	struct awtun_outer *outer = rcu_dereference_bh(sa->outer);
	enum awtun_tunnel_stat why = AWTUN_TUNNEL_STAT_TX_NO_ROUTE;

	if (unlikely(awtun_life_expired(&sa->life))) {
		why = AWTUN_TUNNEL_STAT_TX_EXPIRED;
		goto none;
	}
	if (unlikely(awtun_outer_made(outer, skb)))
		goto none;

	way->sa = sa;
	way->outer = outer;
	way->dst = awtun_outer_route(outer, sa->net, sa->tun->dev);
	if (IS_ERR(way->dst))
		goto none;
	if (unlikely(!awtun_outer_passable(outer, way->dst))) {
		dst_release(way->dst);
		why = AWTUN_TUNNEL_STAT_TX_TOO_BIG;
		goto none;
	}
	way->mtu = awtun_outer_mtu(outer, way->dst, &sa->crypto.esp);

	return true;

none:
	awtun_count_sa_drop(sa, why);
	return false;
}

/* Frees the packet or passes it on. @fragment: see &struct way */
static void transmit(struct sk_buff *skb, struct net_device *dev,
		     bool fragment)
{
	struct awtun_tunnel *tun = netdev_priv(dev);
	struct way way = { .fragment = fragment };
	struct awtun_sa *sa;
	enum awtun_fit fit;

	sa = find_sa(tun, skb);
	if (unlikely(!sa || !find_way(sa, skb, &way)))
		goto unreachable;

	if (awtun_mss_wanted(tun, skb))
		awtun_mss_clamp(tun, skb, way.mtu);

	fit = awtun_pmtu_fit(skb, way.mtu, way.outer->opts.df);
	if (unlikely(fit == AWTUN_TOO_BIG)) {
		awtun_count_sa_drop(way.sa, AWTUN_TUNNEL_STAT_TX_TOO_BIG);
		awtun_pmtu_tell(skb, way.mtu);
		kfree_skb(skb);
	} else if (skb_is_gso(skb)) {
		xmit_segments(skb, &way);
	} else {
		xmit_one(skb, &way, fit);
	}
	dst_release(way.dst);
	return;

unreachable:
	dst_link_failure(skb);
	kfree_skb(skb);
}

/**
 * awtun_xmit() - ndo_start_xmit
 * @skb: inner packet
 * @dev: the tunnel
 *
 * Context: bottom halves disabled, RCU; no lock.
 * Return: NETDEV_TX_OK, always.
 */
netdev_tx_t awtun_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct awtun_tunnel *tun = netdev_priv(dev);

	if (unlikely(!is_ip(skb))) {
		awtun_count_drop(tun, AWTUN_TUNNEL_STAT_TX_ERROR);
		kfree_skb(skb);
	} else if (unlikely(__this_cpu_read(nesting) >= NESTING_MAX)) {
		awtun_count_drop(tun, AWTUN_TUNNEL_STAT_TX_NO_ROUTE);
		kfree_skb(skb);
	} else {
		transmit(skb, dev, false);
	}

	return NETDEV_TX_OK;
}
