// SPDX-License-Identifier: GPL-2.0-only
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/rculist.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "compat.h"
#include "net.h"
#include "outer.h"
#include "pmtu.h"
#include "tunnel.h"

static bool fits(const struct sk_buff *skb, unsigned int mtu)
{
	if (!skb_is_gso(skb))
		return skb->len <= mtu;

	return mtu && skb_gso_validate_network_len(skb, mtu);
}

/**
 * awtun_pmtu_fit() - what becomes of a packet on a path
 * @skb: inner packet, GSO or not; its network header is pulled
 * @mtu: longest inner packet that crosses the path whole
 * @df: enum awtun_df
 *
 * Routers cannot fragment IPv6, so it is as if it had DF; but up to its minimum
 * MTU it must be carried, and there is no smaller size to report.
 *
 * Return: the verdict. GSO packets other than AWTUN_TOO_BIG have to be asked
 * about again one by one.
 */
enum awtun_fit awtun_pmtu_fit(const struct sk_buff *skb, unsigned int mtu,
			      u8 df)
{
	if (likely(fits(skb, mtu)))
		return AWTUN_FITS;
	if (df == AWTUN_DF_CLEAR)
		return AWTUN_FRAGMENT_OUTER;

	if (skb->protocol == htons(ETH_P_IPV6))
		return fits(skb, IPV6_MIN_MTU) ? AWTUN_FRAGMENT_OUTER :
						 AWTUN_TOO_BIG;
	if (ip_hdr(skb)->frag_off & htons(IP_DF))
		return AWTUN_TOO_BIG;

	return df == AWTUN_DF_SET ? AWTUN_FRAGMENT_INNER : AWTUN_FRAGMENT_OUTER;
}

/**
 * awtun_pmtu_tell() - notify the sender of a packet that it is too big
 * @skb: inner packet; stays the caller's
 * @mtu: longest inner packet that crosses the path whole
 *
 * Context: bottom halves disabled.
 */
void awtun_pmtu_tell(struct sk_buff *skb, unsigned int mtu)
{
	if (skb->protocol == htons(ETH_P_IPV6)) {
		mtu = max_t(unsigned int, mtu, IPV6_MIN_MTU);
		skb_dst_update_pmtu_no_confirm(skb, mtu);
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	} else {
		mtu = max_t(unsigned int, mtu, IPV4_MIN_MTU);
		skb_dst_update_pmtu_no_confirm(skb, mtu);
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	}
}

/* @skb: as in awtun_pmtu_err4()
 *
 * ipv4_update_pmtu() would look for the route without the mark.
 */
static void update_pmtu4(struct sk_buff *skb, struct net *net,
			 struct awtun_outer *outer, u32 mtu)
{
	struct dst_entry *dst = awtun_outer_route(outer, net, outer->tun->dev);
	struct sk_buff *sent;

	if (IS_ERR(dst))
		return;
	/* As if it were the packet on its way out. */
	sent = skb_clone(skb, GFP_ATOMIC);
	if (sent) {
		skb_reset_network_header(sent);
		sent->dev = dst->dev;
		sent->mark = outer->opts.mark;
		dst->ops->update_pmtu(dst, NULL, sent, mtu, false);
		kfree_skb(sent);
	}
	dst_release(dst);
}

/**
 * awtun_pmtu_err4() - an ICMP error about an ESP packet
 * @skb: begins with the IP header of the packet in question, 8 octets of ESP
 *	follow
 * @info: next hop MTU
 *
 * That it quotes a packet like ours proves little, but a sender that knows the
 * SPI has seen our packets.
 *
 * Context: RCU.
 * Return: 0 when the packet was ours, -ENOENT else.
 */
int awtun_pmtu_err4(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct ip_esp_hdr *esph =
		(const struct ip_esp_hdr *)(skb->data + iph->ihl * 4);
	struct awtun_endpoints ends = {
		.local.ip4 = iph->saddr,
		.remote.ip4 = iph->daddr,
		.family = AF_INET,
	};
	struct net *net = dev_net(skb->dev);
	const struct icmphdr *icmph = icmp_hdr(skb);
	struct awtun_outer *outer;

	outer = awtun_net_find_outer(awtun_net(net), &ends, esph->spi);
	if (!outer)
		return -ENOENT;

	if (icmph->type == ICMP_DEST_UNREACH && icmph->code == ICMP_FRAG_NEEDED)
		update_pmtu4(skb, net, outer, info);
	else if (icmph->type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, outer->opts.link, IPPROTO_ESP);

	return 0;
}

/**
 * awtun_pmtu_err6() - an ICMPv6 error about an ESP packet
 * @skb: begins with the IP header of the packet in question
 * @opt: not used
 * @type: of the error
 * @code: of the error
 * @offset: of the ESP header, of which 8 octets are there
 * @info: MTU, network byte order
 *
 * Context: RCU.
 * Return: 0 when the packet was ours, -ENOENT else.
 */
int awtun_pmtu_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		    u8 code, int offset, __be32 info)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct ip_esp_hdr *esph =
		(const struct ip_esp_hdr *)(skb->data + offset);
	struct awtun_endpoints ends = {
		.local.ip6 = ip6h->saddr,
		.remote.ip6 = ip6h->daddr,
		.family = AF_INET6,
	};
	struct net *net = dev_net(skb->dev);
	struct awtun_outer *outer;

	outer = awtun_net_find_outer(awtun_net(net), &ends, esph->spi);
	if (!outer)
		return -ENOENT;

	if (type == ICMPV6_PKT_TOOBIG)
		ip6_update_pmtu(skb, net, info, outer->opts.link,
				outer->opts.mark, sock_net_uid(net, NULL));
	else if (type == NDISC_REDIRECT)
		ip6_redirect(skb, net, skb->dev->ifindex, outer->opts.mark,
			     sock_net_uid(net, NULL));

	return 0;
}
