// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat.h"
#include "mss.h"
#include "tunnel.h"

static u16 configured(const struct awtun_tunnel *tun,
		      const struct sk_buff *skb)
{
	return READ_ONCE(tun->mss[skb->protocol == htons(ETH_P_IP) ?
				  AWTUN_INNER_IPV4 : AWTUN_INNER_IPV6]);
}

/**
 * awtun_mss_wanted() - is there anything to do for this family?
 * @tun: the tunnel
 * @skb: inner packet
 *
 * Return: true when awtun_mss_clamp() should see it.
 */
bool awtun_mss_wanted(const struct awtun_tunnel *tun,
		      const struct sk_buff *skb)
{
	return configured(tun, skb);
}

/* Octets from the network header to the TCP header, 0 when there is none. */
static unsigned int tcp_offset(const struct sk_buff *skb)
{
	int start = skb_network_offset(skb);
	__be16 frag_off;
	u8 protocol;

	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *iph = ip_hdr(skb);

		if (iph->protocol != IPPROTO_TCP ||
		    iph->frag_off & htons(IP_OFFSET))
			return 0;
		return iph->ihl * 4;
	}

	protocol = ipv6_hdr(skb)->nexthdr;
	start = ipv6_skip_exthdr(skb, start + sizeof(struct ipv6hdr),
				 &protocol, &frag_off);
	if (start < 0 || protocol != IPPROTO_TCP ||
	    frag_off & htons(IP6_OFFSET))
		return 0;

	return start - skb_network_offset(skb);
}

/* The MSS option of a SYN, NULL when there is none. The header is whole and
 * writable.
 */
static u8 *find_mss(struct tcphdr *th)
{
	u8 *opt = (u8 *)(th + 1);
	u8 *end = (u8 *)th + th->doff * 4;

	while (opt + TCPOLEN_MSS <= end) {
		if (opt[0] == TCPOPT_EOL)
			return NULL;
		if (opt[0] == TCPOPT_NOP) {
			opt++;
			continue;
		}
		if (opt[0] == TCPOPT_MSS && opt[1] == TCPOLEN_MSS)
			return opt;
		if (opt[1] < 2)
			return NULL;
		opt += opt[1];
	}

	return NULL;
}

static void lower(struct sk_buff *skb, struct tcphdr *th, u16 mss)
{
	u8 *opt = find_mss(th);
	u16 old;

	if (!opt)
		return;
	old = get_unaligned_be16(opt + 2);
	if (old <= mss)
		return;

	put_unaligned_be16(mss, opt + 2);
	/* The checksum counts in words; from an odd octet on they are swapped. */
	if ((opt - (u8 *)th) & 1) {
		old = swab16(old);
		mss = swab16(mss);
	}
	inet_proto_csum_replace2(&th->check, skb, cpu_to_be16(old),
				 cpu_to_be16(mss), false);
}

/**
 * awtun_mss_clamp() - lower the MSS in a TCP SYN, as configured
 * @tun: the tunnel
 * @skb: inner packet, any; its network header is set and pulled
 * @mtu: longest inner packet that crosses the tunnel whole
 *
 * A SYN without the option is left alone: its sender then expects 536 octets,
 * RFC 9293 section 3.7.1, or 1220 with IPv6.
 */
void awtun_mss_clamp(const struct awtun_tunnel *tun, struct sk_buff *skb,
		     unsigned int mtu)
{
	unsigned int offset = tcp_offset(skb), end;
	unsigned int mss = configured(tun, skb);
	const struct tcphdr *th;
	struct tcphdr buf;

	if (!offset || skb_is_gso(skb))
		return;
	th = skb_header_pointer(skb, skb_network_offset(skb) + offset,
				sizeof(buf), &buf);
	if (!th || !th->syn || th->doff < sizeof(*th) / 4)
		return;

	end = skb_network_offset(skb) + offset + th->doff * 4;
	if (!pskb_may_pull(skb, end) || skb_ensure_writable(skb, end))
		return;

	if (mss == AWTUN_MSS_PMTU) {
		unsigned int headers = sizeof(struct tcphdr) +
				       (skb->protocol == htons(ETH_P_IP) ?
					sizeof(struct iphdr) :
					sizeof(struct ipv6hdr));

		mtu = min(mtu, READ_ONCE(tun->dev->mtu));
		mss = max_t(int, mtu - headers, AWTUN_MSS_MIN);
	}
	lower(skb, (struct tcphdr *)(skb_network_header(skb) + offset), mss);
}
