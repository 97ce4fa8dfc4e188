// SPDX-License-Identifier: GPL-2.0-only
/* From the protocol handler of the underlay to the stack of the overlay. */
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/esp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "active.h"
#include "compat.h"
#include "flow.h"
#include "mss.h"
#include "note.h"
#include "outer.h"
#include "pmtu.h"
#include "rx.h"
#include "sa.h"
#include "skb.h"
#include "trace.h"
#include "tunnel.h"

/* Before every handler of XFRM: its interfaces keep whatever they see. */
#define HANDLER_PRIORITY 200

static void drop(struct sk_buff *skb, struct awtun_sa *sa,
		 enum awtun_tunnel_stat stat, enum skb_drop_reason reason)
{
	awtun_count_sa_drop(sa, stat);
	kfree_skb_reason(skb, reason);
}

/* The length that the header of a plausible inner packet gives, 0 when there is
 * none. Less than @len is traffic flow confidentiality padding, RFC 4303
 * section 2.7.
 */
static unsigned int inner_ip4_len(const struct sk_buff *skb, unsigned int len)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int tot_len;

	if (len < sizeof(*iph) || iph->version != 4 || iph->ihl < 5)
		return 0;
	tot_len = ntohs(iph->tot_len);
	if (tot_len > len || tot_len < iph->ihl * 4)
		return 0;

	return tot_len;
}

static unsigned int inner_ip6_len(const struct sk_buff *skb, unsigned int len)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	unsigned int tot_len;

	if (len < sizeof(*ip6h) || ip6h->version != 6)
		return 0;
	tot_len = sizeof(*ip6h) + ntohs(ip6h->payload_len);

	return tot_len > len ? 0 : tot_len;
}

/* Make the inner packet the packet. Its length has been checked against its
 * header, the ECN field remains to be joined.
 */
static void strip(struct sk_buff *skb, unsigned int len, __be16 protocol)
{
	skb_trim(skb, len);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->protocol = protocol;
	skb->encapsulation = 0;
}

/* An authentic packet is as its sender had it when it was encrypted. Whether its
 * own checksum was right even there is the administrator's choice to have found
 * out here (ethtool -K rx off), or not to pay for.
 */
static void set_checksum(struct sk_buff *skb, const struct net_device *dev)
{
	if (dev->features & NETIF_F_RXCSUM) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		skb->csum_level = SKB_MAX_CSUM_LEVEL;
	} else {
		skb->ip_summed = CHECKSUM_NONE;
	}
}

/* Hand the inner packet to the stack as if it had come from a wire. */
static void deliver(struct sk_buff *skb, struct awtun_sa *sa)
{
	struct net_device *dev = sa->tun->dev;
	u64 seq = awtun_cb(skb)->seq;
	unsigned int len = skb->len;

	set_checksum(skb, dev);
	skb_scrub_packet(skb, !net_eq(sa->net, dev_net(dev)));
	skb_clear_hash(skb);
	__vlan_hwaccel_clear_tag(skb);
	skb_set_queue_mapping(skb, 0);
	skb->dev = dev;
	memset(skb->cb, 0, sizeof(skb->cb));

	/* What is refused here, because the device is down or its queue full,
	 * the core has counted.
	 */
	if (likely(gro_cells_receive(&sa->tun->gro_cells, skb) ==
		   NET_RX_SUCCESS)) {
		trace_awtun_rx(sa, seq, len);
		awtun_count_rx(sa, len);
	}
}

/* RFC 4301 section 5.2, and what the tunnel itself has to say of the packet. */
static void check_and_deliver(struct awtun_sa *sa, struct sk_buff *skb)
{
	struct awtun_tunnel *tun = sa->tun;
	struct awtun_flow flow = {};

	if (unlikely(!awtun_sa_covers(sa, skb, &flow))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_SELECTOR,
		     SKB_DROP_REASON_XFRM_POLICY);
		return;
	}
	if (unlikely(!awtun_life_charge(sa, skb->len))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_EXPIRED,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}
	if (awtun_mss_wanted(tun, skb))
		awtun_mss_clamp(tun, skb, awtun_tunnel_path_mtu(tun));
	deliver(skb, sa);
}

/* @skb starts with the decrypted part, which is authentic and @len long. */
static void parse_plain(struct awtun_sa *sa, struct sk_buff *skb,
			unsigned int len)
{
	u8 outer_ds = awtun_cb(skb)->outer_ds;
	unsigned int inner_len;
	u8 inner_ds, next_header;

	if (!awtun_esp_parse_trailer(skb->data, len, &len, &next_header)) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_BAD_PAD,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}

	skb_reset_network_header(skb);
	switch (next_header) {
	case IPPROTO_IPIP:
		inner_len = inner_ip4_len(skb, len);
		if (!inner_len)
			goto bad_inner;
		inner_ds = ipv4_get_dsfield(ip_hdr(skb));
		strip(skb, inner_len, htons(ETH_P_IP));
		break;
	case IPPROTO_IPV6:
		inner_len = inner_ip6_len(skb, len);
		if (!inner_len)
			goto bad_inner;
		inner_ds = ipv6_get_dsfield(ipv6_hdr(skb));
		strip(skb, inner_len, htons(ETH_P_IPV6));
		break;
	case IPPROTO_NONE:
		/* A dummy packet, RFC 4303 section 2.6. */
		consume_skb(skb);
		return;
	default:
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER,
		     SKB_DROP_REASON_UNHANDLED_PROTO);
		return;
	}

	/* 2 is congestion on a packet whose sender would not understand. */
	if (INET_ECN_decapsulate(skb, outer_ds, inner_ds) > 1) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_ECN,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}

	check_and_deliver(sa, skb);
	return;

bad_inner:
	drop(skb, sa, AWTUN_TUNNEL_STAT_RX_BAD_INNER, SKB_DROP_REASON_IP_INHDR);
}

/* Of an authentic packet: returns whether the number is new; @newest, whether
 * it is the highest.
 */
static bool replay_insert(struct awtun_sa *sa, u64 seq, bool *newest)
{
	bool fresh;

	spin_lock(&sa->replay_lock);
	fresh = awtun_replay_insert(&sa->replay, seq);
	*newest = awtun_replay_top(&sa->replay) == seq;
	if (fresh)
		sa->heard = get_jiffies_64();
	spin_unlock(&sa->replay_lock);

	return fresh;
}

static void read_source(const struct awtun_sa *sa, const struct sk_buff *skb,
			struct awtun_note *note)
{
	note->family = sa->key.family;
	if (note->family == AF_INET)
		note->src.ip4 = ip_hdr(skb)->saddr;
	else
		note->src.ip6 = ipv6_hdr(skb)->saddr;
	note->src_port = awtun_cb((struct sk_buff *)skb)->src_port;
	note->spi = sa->key.spi;
}

static bool sends_elsewhere(const struct awtun_sa *sa,
			    const struct awtun_note *note)
{
	const struct awtun_outer *outer = rcu_dereference_bh(sa->outer);

	return outer->dest.remote_port &&
	       (outer->dest.remote_port != note->src_port ||
		memcmp(&outer->dest.ends.remote, &note->src, sizeof(note->src)));
}

/* Does the peer, behind a NAT that has made a new mapping, send from elsewhere
 * than we send to? An authentic packet that is newer than all others says so,
 * RFC 7296 section 2.23. Its outer headers are still in place.
 *
 * There is one peer, so no active SA may be left behind: not one that had no
 * memory to follow, either.
 */
static void notice_move(struct awtun_sa *sa, const struct sk_buff *skb)
{
	const struct awtun_active *active = awtun_active(sa->tun);
	const struct awtun_sa *tx_sa;
	struct awtun_note note = {};
	unsigned int i = 0;

	read_source(sa, skb, &note);
	while ((tx_sa = awtun_active_next(active, &i))) {
		if (sends_elsewhere(tx_sa, &note)) {
			awtun_note(sa->tun, AWTUN_NOTE_PEER_MOVED, &note);
			return;
		}
	}
}

static void auth_failed(struct awtun_sa *sa, struct sk_buff *skb)
{
	struct awtun_note note = {};

	read_source(sa, skb, &note);
	awtun_note(sa->tun, AWTUN_NOTE_AUTH_FAILED, &note);
	drop(skb, sa, AWTUN_TUNNEL_STAT_RX_AUTH_FAILED,
	     SKB_DROP_REASON_NOT_SPECIFIED);
}

static void decrypt_done(struct awtun_sa *sa, struct sk_buff *skb, int err)
{
	const struct awtun_esp *esp = &sa->crypto.esp;
	bool newest;

	if (unlikely(err == -EBADMSG)) {
		auth_failed(sa, skb);
		return;
	}
	if (unlikely(err)) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_ERROR,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}

	if (unlikely(!replay_insert(sa, awtun_cb(skb)->seq, &newest))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_REPLAY,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}
	if (newest && awtun_cb(skb)->src_port)
		notice_move(sa, skb);

	__skb_pull(skb, AWTUN_ESP_HDR_LEN + esp->iv_len);
	parse_plain(sa, skb, skb->len - esp->icv_len);
}

/* Decryption works in place, on memory that no one else may read or write: the
 * head of an unshared packet, never a page of someone's file or pipe. What is
 * not so is copied.
 */
static int make_private(struct sk_buff *skb)
{
	if (skb_cloned(skb)) {
		int err = pskb_expand_head(skb, 0, skb->data_len, GFP_ATOMIC);

		if (err)
			return err;
	}

	/* What an aggregate was cut into says nothing of the packet inside. */
	skb_gso_reset(skb);

	return skb_linearize(skb);
}

/* The packet belongs to @sa; it begins with the ESP header.
 * @src_port: UDP source port, 0 when it did not come in UDP
 */
static void input(struct awtun_sa *sa, struct sk_buff *skb, __be16 src_port)
{
	const struct ip_esp_hdr *esph = (const struct ip_esp_hdr *)skb->data;
	u32 low = ntohl(esph->seq_no);
	u64 seq = sa->crypto.esn ? awtun_replay_infer(&sa->replay, low) : low;

	if (unlikely(awtun_life_expired(&sa->life))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_EXPIRED,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}
	if (unlikely(!awtun_esp_len_valid(&sa->crypto.esp, skb->len))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_TRUNCATED,
		     SKB_DROP_REASON_PKT_TOO_SMALL);
		return;
	}
	if (unlikely(awtun_replay_too_old(&sa->replay, seq))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_REPLAY,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}
	if (unlikely(make_private(skb))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_ERROR,
		     SKB_DROP_REASON_NOMEM);
		return;
	}

	awtun_cb(skb)->seq = seq;
	awtun_cb(skb)->esp_offset = 0;
	awtun_cb(skb)->src_port = src_port;
	awtun_cb(skb)->outer_ds = sa->key.family == AF_INET ?
				  ipv4_get_dsfield(ip_hdr(skb)) :
				  ipv6_get_dsfield(ipv6_hdr(skb));
	awtun_decrypt(sa, skb, decrypt_done);
}

/* What the outer headers say; the SPI is the first word of the packet's data. */
static void read_outer(const struct sk_buff *skb, struct awtun_sa_key *key,
		       struct awtun_endpoints *ends)
{
	memset(key, 0, sizeof(*key));
	memset(ends, 0, sizeof(*ends));
	key->spi = ((const struct ip_esp_hdr *)skb->data)->spi;
	if (ip_hdr(skb)->version == 4) {
		key->family = AF_INET;
		key->daddr.ip4 = ip_hdr(skb)->daddr;
		ends->remote.ip4 = ip_hdr(skb)->saddr;
	} else {
		key->family = AF_INET6;
		key->daddr.ip6 = ipv6_hdr(skb)->daddr;
		ends->remote.ip6 = ipv6_hdr(skb)->saddr;
	}
	ends->local = key->daddr;
	ends->family = key->family;
}

/* RFC 4301 section 4.4.2.1 has the SPI alone decide; the addresses of the peer
 * only say whose counter an unknown one goes to.
 */
static void count_unknown(struct awtun_tunnel *tun,
			  const struct awtun_sa_key *key,
			  const struct awtun_endpoints *ends, __be16 src_port)
{
	struct awtun_note note = {
		.family = ends->family,
		.src_port = src_port,
		.spi = key->spi,
		.src = ends->remote,
	};

	awtun_count_drop(tun, AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI);
	awtun_note(tun, AWTUN_NOTE_UNKNOWN_SPI, &note);
}

/* To the SA that the packet belongs to, or into the hands of those that wait for
 * theirs. False, and the packet is as it was: there is none.
 */
static bool take(struct awtun_net *an, const struct awtun_sa_key *key,
		 struct sk_buff *skb, __be16 src_port)
{
	struct awtun_sa *sa = awtun_net_find_sa(an, key);

	if (unlikely(!sa)) {
		if (awtun_expect_hold(&an->expects, key, skb, src_port))
			return true;
		/* It may have come in between. */
		sa = awtun_net_find_sa(an, key);
		if (!sa)
			return false;
	}
	input(sa, skb, src_port);

	return true;
}

/**
 * awtun_rx_held() - receive what has waited for an SA
 * @sa: inbound SA of a tunnel, which is locked
 *
 * What arrives now may overtake it, which the replay window is for.
 */
void awtun_rx_held(struct awtun_sa *sa)
{
	struct sk_buff_head held;
	struct sk_buff *skb;

	__skb_queue_head_init(&held);
	awtun_expect_take(&awtun_net(sa->net)->expects, sa->tun, &sa->key,
			  &held);

	local_bh_disable();
	rcu_read_lock();
	while ((skb = __skb_dequeue(&held)))
		input(sa, skb, awtun_cb(skb)->src_port);
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * awtun_rx_udp() - a packet of ESP in UDP
 * @net: namespace it arrived in
 * @skb: begins with the UDP header, an ESP header follows; no longer the
 *	caller's
 *
 * Context: bottom halves disabled, RCU.
 */
void awtun_rx_udp(struct net *net, struct sk_buff *skb)
{
	struct awtun_net *an = awtun_net(net);
	struct awtun_endpoints ends;
	struct awtun_tunnel *tun;
	struct awtun_sa_key key;
	__be16 src_port;

	if (!pskb_may_pull(skb, sizeof(struct udphdr) + AWTUN_ESP_HDR_LEN)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return;
	}
	src_port = ((const struct udphdr *)skb->data)->source;
	__skb_pull(skb, sizeof(struct udphdr));
	skb_reset_transport_header(skb);

	read_outer(skb, &key, &ends);
	if (likely(take(an, &key, skb, src_port)))
		return;

	tun = awtun_net_find_tunnel(an, &ends);
	if (tun)
		count_unknown(tun, &key, &ends, src_port);
	kfree_skb_reason(skb, SKB_DROP_REASON_XFRM_POLICY);
}

/* XFRM may well have other SAs with the peer of a tunnel. */
static bool xfrm_knows(struct net *net, const struct sk_buff *skb,
		       const struct awtun_sa_key *key)
{
	struct xfrm_state *x;

	x = xfrm_state_lookup(net, skb->mark,
			      (const xfrm_address_t *)&key->daddr, key->spi,
			      IPPROTO_ESP, key->family);
	if (!x)
		return false;
	xfrm_state_put(x);

	return true;
}

/* Handler of the protocol for both families. It takes the packet and returns 0,
 * or leaves it as it is and returns -EINVAL for the next handler to have it.
 */
static int rcv_esp(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct awtun_net *an = awtun_net(net);
	struct awtun_endpoints ends;
	struct awtun_tunnel *tun;
	struct awtun_sa_key key;

	if (!pskb_may_pull(skb, AWTUN_ESP_HDR_LEN))
		return -EINVAL;

	read_outer(skb, &key, &ends);
	if (take(an, &key, skb, 0))
		return 0;

	tun = awtun_net_find_tunnel(an, &ends);
	if (!tun || xfrm_knows(net, skb, &key))
		return -EINVAL;

	/* Without esp4 and esp6 the peer would be told that we do not speak ESP
	 * (RFC 792), and might believe it.
	 */
	count_unknown(tun, &key, &ends, 0);
	kfree_skb_reason(skb, SKB_DROP_REASON_XFRM_POLICY);

	return 0;
}

/* Called for the UDP encapsulation of XFRM's sockets: never ours. */
static int input_other(struct sk_buff *skb, int nexthdr, __be32 spi,
		       int encap_type)
{
	return -EINVAL;
}

/* Called for packets that XFRM has transformed: never ours. */
static int cb_other(struct sk_buff *skb, int err)
{
	return 1;
}

static struct xfrm4_protocol esp4_handler = {
	.handler = rcv_esp,
	.input_handler = input_other,
	.cb_handler = cb_other,
	.err_handler = awtun_pmtu_err4,
	.priority = HANDLER_PRIORITY,
};

static struct xfrm6_protocol esp6_handler = {
	.handler = rcv_esp,
	.input_handler = input_other,
	.cb_handler = cb_other,
	.err_handler = awtun_pmtu_err6,
	.priority = HANDLER_PRIORITY,
};

int __init awtun_rx_init(void)
{
	int err;

	err = xfrm4_protocol_register(&esp4_handler, IPPROTO_ESP);
	if (err)
		return err;

	err = xfrm6_protocol_register(&esp6_handler, IPPROTO_ESP);
	if (err)
		xfrm4_protocol_deregister(&esp4_handler, IPPROTO_ESP);

	return err;
}

void awtun_rx_exit(void)
{
	xfrm6_protocol_deregister(&esp6_handler, IPPROTO_ESP);
	xfrm4_protocol_deregister(&esp4_handler, IPPROTO_ESP);
}
