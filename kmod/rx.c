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

#include "compat.h"
#include "dev.h"
#include "rx.h"
#include "sa.h"
#include "skb.h"

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
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
}

/* Hand the inner packet to the stack as if it had come from a wire. */
static void deliver(struct sk_buff *skb, struct awtun_sa *sa)
{
	struct net_device *dev = sa->tun->dev;
	unsigned int len = skb->len;

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
		   NET_RX_SUCCESS))
		awtun_count_rx(sa, len);
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

	deliver(skb, sa);
	return;

bad_inner:
	drop(skb, sa, AWTUN_TUNNEL_STAT_RX_BAD_INNER, SKB_DROP_REASON_IP_INHDR);
}

static bool replay_insert(struct awtun_sa *sa, u64 seq)
{
	bool fresh;

	spin_lock(&sa->replay_lock);
	fresh = awtun_replay_insert(&sa->replay, seq);
	spin_unlock(&sa->replay_lock);

	return fresh;
}

static void decrypt_done(struct awtun_sa *sa, struct sk_buff *skb, int err)
{
	const struct awtun_esp *esp = &sa->crypto.esp;

	if (unlikely(err)) {
		drop(skb, sa, err == -EBADMSG ? AWTUN_TUNNEL_STAT_RX_AUTH_FAILED :
						AWTUN_TUNNEL_STAT_RX_ERROR,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}

	if (unlikely(!replay_insert(sa, awtun_cb(skb)->seq))) {
		drop(skb, sa, AWTUN_TUNNEL_STAT_RX_REPLAY,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}

	__skb_pull(skb, AWTUN_ESP_HDR_LEN + esp->iv_len);
	parse_plain(sa, skb, skb->len - esp->icv_len);
}

/* Decryption works in place, on memory that nobody else may read or write: the
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

	return skb_linearize(skb);
}

/* The packet is for @sa and for nobody else. */
static void input(struct awtun_sa *sa, struct sk_buff *skb, u8 outer_ds)
{
	const struct ip_esp_hdr *esph = ip_esp_hdr(skb);
	u64 seq = ntohl(esph->seq_no);

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
	awtun_cb(skb)->outer_ds = outer_ds;
	awtun_decrypt(sa, skb, decrypt_done);
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

/* RFC 4301 section 4.4.2.1 has the SPI alone decide; the addresses of the peer
 * only say whose counter an unknown one goes to.
 */
static void count_unknown(struct net *net, const struct sk_buff *skb,
			  const struct awtun_sa_key *key,
			  const struct awtun_endpoints *ends)
{
	struct awtun_tunnel *tun = awtun_net_find_tunnel(awtun_net(net), ends);

	if (tun && !xfrm_knows(net, skb, key))
		awtun_count_drop(tun, AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI);
}

/* Handlers of the protocol. They take the packet and return 0, or leave it as
 * it is and return -EINVAL for the next handler to have it.
 */
static int rcv_ip4(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct awtun_endpoints ends = { .family = AF_INET };
	struct awtun_sa_key key = { .family = AF_INET };
	struct awtun_sa *sa;

	if (!pskb_may_pull(skb, AWTUN_ESP_HDR_LEN))
		return -EINVAL;

	key.spi = ip_esp_hdr(skb)->spi;
	key.daddr.ip4 = ip_hdr(skb)->daddr;
	sa = awtun_net_find_sa(awtun_net(net), &key);
	if (sa) {
		input(sa, skb, ipv4_get_dsfield(ip_hdr(skb)));
		return 0;
	}

	ends.local = key.daddr;
	ends.remote.ip4 = ip_hdr(skb)->saddr;
	count_unknown(net, skb, &key, &ends);

	return -EINVAL;
}

static int rcv_ip6(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct awtun_endpoints ends = { .family = AF_INET6 };
	struct awtun_sa_key key = { .family = AF_INET6 };
	struct awtun_sa *sa;

	if (!pskb_may_pull(skb, AWTUN_ESP_HDR_LEN))
		return -EINVAL;

	key.spi = ip_esp_hdr(skb)->spi;
	key.daddr.ip6 = ipv6_hdr(skb)->daddr;
	sa = awtun_net_find_sa(awtun_net(net), &key);
	if (sa) {
		input(sa, skb, ipv6_get_dsfield(ipv6_hdr(skb)));
		return 0;
	}

	ends.local = key.daddr;
	ends.remote.ip6 = ipv6_hdr(skb)->saddr;
	count_unknown(net, skb, &key, &ends);

	return -EINVAL;
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

static int err_ip4(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static int err_ip6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		   u8 code, int offset, __be32 info)
{
	return -ENOENT;
}

static struct xfrm4_protocol esp4_handler = {
	.handler = rcv_ip4,
	.input_handler = input_other,
	.cb_handler = cb_other,
	.err_handler = err_ip4,
	.priority = HANDLER_PRIORITY,
};

static struct xfrm6_protocol esp6_handler = {
	.handler = rcv_ip6,
	.input_handler = input_other,
	.cb_handler = cb_other,
	.err_handler = err_ip6,
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
