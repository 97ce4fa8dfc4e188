// SPDX-License-Identifier: GPL-2.0-only
/* From ndo_start_xmit to the IP output of the underlay. Everything but the
 * encryption itself is done before it, so what remains afterwards, perhaps in
 * another context, is to send.
 */
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "compat.h"
#include "dev.h"
#include "sa.h"
#include "skb.h"
#include "tx.h"

/**
 * struct outer - what the outer header takes from the inner packet
 * @next_header: protocol of the inner packet, IPPROTO_IPIP or IPPROTO_IPV6
 * @ds: DS field, ECN included
 * @df: IP_DF or 0, network byte order
 */
struct outer {
	u8 next_header;
	u8 ds;
	__be16 df;
};

static unsigned int outer_len(const struct awtun_sa *sa)
{
	return sa->ends.family == AF_INET ? sizeof(struct iphdr) :
					    sizeof(struct ipv6hdr);
}

/* The DS field goes out unchanged: DSCP by RFC 4301 section 5.1.2, ECN by the
 * normal mode of RFC 6040 section 4.1, which unlike RFC 3168 keeps CE. DF is
 * copied from IPv4; routers cannot fragment IPv6, so it has no say there.
 */
static bool read_inner(struct sk_buff *skb, struct outer *outer)
{
	if (!pskb_inet_may_pull(skb))
		return false;

	switch (ip_tunnel_parse_protocol(skb)) {
	case htons(ETH_P_IP):
		outer->next_header = IPPROTO_IPIP;
		outer->ds = ipv4_get_dsfield(ip_hdr(skb));
		outer->df = ip_hdr(skb)->frag_off & htons(IP_DF);
		return skb->protocol == htons(ETH_P_IP);
	case htons(ETH_P_IPV6):
		outer->next_header = IPPROTO_IPV6;
		outer->ds = ipv6_get_dsfield(ipv6_hdr(skb));
		outer->df = 0;
		return skb->protocol == htons(ETH_P_IPV6);
	default:
		return false;
	}
}

/* Both lookups pass by XFRM on purpose: a policy that covers the outer packet
 * must not encrypt it again.
 */
static struct dst_entry *lookup_ip4(struct awtun_sa *sa)
{
	struct flowi4 fl4 = {
		.daddr = sa->ends.remote.ip4,
		.saddr = sa->ends.local.ip4,
		.flowi4_proto = IPPROTO_ESP,
	};
	struct rtable *rt;

	rt = __ip_route_output_key(sa->net, &fl4);

	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

static struct dst_entry *lookup_ip6(struct awtun_sa *sa)
{
	struct flowi6 fl6 = {
		.daddr = sa->ends.remote.ip6,
		.saddr = sa->ends.local.ip6,
		.flowi6_proto = IPPROTO_ESP,
	};
	struct dst_entry *dst;
	int err;

	/* IPv4 checks the source address itself. */
	if (!ipv6_chk_addr(sa->net, &fl6.saddr, NULL, 1))
		return ERR_PTR(-EADDRNOTAVAIL);

	dst = ip6_route_output(sa->net, NULL, &fl6);
	err = dst->error;
	if (err) {
		dst_release(dst);
		return ERR_PTR(err);
	}

	return dst;
}

static struct dst_entry *get_route(struct awtun_sa *sa)
{
	struct dst_entry *dst = dst_cache_get(&sa->dst_cache);

	if (likely(dst))
		return dst;

	dst = sa->ends.family == AF_INET ? lookup_ip4(sa) : lookup_ip6(sa);
	if (IS_ERR(dst))
		return dst;

	if (dst->dev == sa->tun->dev) {
		net_dbg_ratelimited("%s: the route to the peer leads back into the tunnel\n",
				    dst->dev->name);
		dst_release(dst);
		return ERR_PTR(-ELOOP);
	}

	if (sa->ends.family == AF_INET)
		dst_cache_set_ip4(&sa->dst_cache, dst, sa->ends.local.ip4);
	else
		dst_cache_set_ip6(&sa->dst_cache, dst, &sa->ends.local.ip6);

	return dst;
}

/* Tell the sender of a packet that is too big for the path, if the outer one
 * cannot be fragmented instead. IPv6 packets up to its minimum MTU always are:
 * there is no smaller size to tell.
 *
 * Return: true when the packet must not be sent.
 */
static bool too_big(struct sk_buff *skb, const struct awtun_sa *sa,
		    const struct dst_entry *dst, const struct outer *outer)
{
	unsigned int mtu = awtun_esp_mtu(&sa->crypto.esp, dst_mtu(dst),
					 outer_len(sa));

	if (likely(skb->len <= mtu))
		return false;

	if (outer->next_header == IPPROTO_IPV6) {
		if (skb->len <= IPV6_MIN_MTU)
			return false;
		mtu = max_t(unsigned int, mtu, IPV6_MIN_MTU);
		skb_dst_update_pmtu_no_confirm(skb, mtu);
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	} else {
		if (!outer->df)
			return false;
		mtu = max_t(unsigned int, mtu, IPV4_MIN_MTU);
		skb_dst_update_pmtu_no_confirm(skb, mtu);
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	}

	return true;
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

static void push_ip4(struct sk_buff *skb, const struct awtun_sa *sa,
		     struct dst_entry *dst, const struct outer *outer)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = outer->ds,
		.frag_off = ip_mtu_locked(dst) ? 0 : outer->df,
		.ttl = ip4_dst_hoplimit(dst),
		.protocol = IPPROTO_ESP,
		.saddr = sa->ends.local.ip4,
		.daddr = sa->ends.remote.ip4,
	};
	__ip_select_ident(sa->net, iph, 1);
}

/* The flow label stays 0: copied from inside it would tell flows apart. */
static void push_ip6(struct sk_buff *skb, const struct awtun_sa *sa,
		     struct dst_entry *dst, const struct outer *outer)
{
	struct ipv6hdr *ip6h = skb_push(skb, sizeof(*ip6h));

	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, outer->ds, 0);
	ip6h->nexthdr = IPPROTO_ESP;
	ip6h->hop_limit = ip6_dst_hoplimit(dst);
	ip6h->saddr = sa->ends.local.ip6;
	ip6h->daddr = sa->ends.remote.ip6;

	/* The output path sets the payload length, and fragments by leave. */
	skb->ignore_df = 1;
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

/* The packet is complete: send it on its route. */
static void xmit_done(struct awtun_sa *sa, struct sk_buff *skb, int err)
{
	unsigned int len = awtun_cb(skb)->inner_len;

	if (unlikely(err)) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_ERROR);
		return;
	}

	if (sa->ends.family == AF_INET) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		err = ip_local_out(sa->net, NULL, skb);
	} else {
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		err = ip6_local_out(sa->net, NULL, skb);
	}

	if (likely(!net_xmit_eval(err)))
		awtun_count_tx(sa, len);
	else
		awtun_count_sa_drop(sa, AWTUN_TUNNEL_STAT_TX_ERROR);
}

/* Takes over @skb and the reference to @dst. */
static void protect(struct sk_buff *skb, struct awtun_sa *sa,
		    struct dst_entry *dst, const struct outer *outer)
{
	unsigned int head = LL_RESERVED_SPACE(dst->dev) + dst->header_len +
			    outer_len(sa) + AWTUN_ESP_HEAD_MAX;
	bool xnet = !net_eq(sa->net, dev_net(skb->dev));
	u64 seq;

	skb_scrub_packet(skb, xnet);
	skb_clear_hash_if_not_l4(skb);
	skb_dst_set(skb, dst);

	if (make_room(skb, head, AWTUN_ESP_TAIL_MAX) ||
	    (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_ERROR);
		return;
	}
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;

	if (!awtun_sa_next_seq(sa, &seq)) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED);
		return;
	}

	awtun_cb(skb)->inner_len = skb->len;
	push_esp(skb, sa, seq, outer->next_header);
	if (sa->ends.family == AF_INET)
		push_ip4(skb, sa, dst, outer);
	else
		push_ip6(skb, sa, dst, outer);

	awtun_encrypt(sa, skb, xmit_done);
}

/**
 * awtun_xmit() - ndo_start_xmit
 * @skb: inner packet; no GSO, which the device does not offer
 * @dev: the tunnel
 *
 * Context: bottom halves disabled, RCU; no lock.
 * Return: NETDEV_TX_OK, always.
 */
netdev_tx_t awtun_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct awtun_tunnel *tun = netdev_priv(dev);
	struct dst_entry *dst;
	struct awtun_sa *sa;
	struct outer outer;

	if (unlikely(!read_inner(skb, &outer))) {
		awtun_count_drop(tun, AWTUN_TUNNEL_STAT_TX_ERROR);
		goto free;
	}

	sa = rcu_dereference_bh(tun->tx_sa);
	if (unlikely(!sa)) {
		awtun_count_drop(tun, AWTUN_TUNNEL_STAT_TX_NO_SA);
		goto unreachable;
	}

	dst = get_route(sa);
	if (IS_ERR(dst)) {
		awtun_count_sa_drop(sa, AWTUN_TUNNEL_STAT_TX_NO_ROUTE);
		goto unreachable;
	}

	if (unlikely(too_big(skb, sa, dst, &outer))) {
		awtun_count_sa_drop(sa, AWTUN_TUNNEL_STAT_TX_TOO_BIG);
		dst_release(dst);
		goto free;
	}

	protect(skb, sa, dst, &outer);
	return NETDEV_TX_OK;

unreachable:
	dst_link_failure(skb);
free:
	kfree_skb(skb);
	return NETDEV_TX_OK;
}
