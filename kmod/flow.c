// SPDX-License-Identifier: GPL-2.0-only
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "flow.h"

/* @offset: of the transport header, from the network header. */
static void read_ports(struct awtun_flow *flow, const struct sk_buff *skb,
		       unsigned int offset)
{
	__be16 buf[2];
	const __be16 *ports;

	ports = skb_header_pointer(skb, skb_network_offset(skb) + offset,
				   sizeof(buf), buf);
	flow->opaque = !ports;
	if (!ports)
		return;

	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		flow->src.port = ntohs(ports[0]);
		flow->dst.port = ntohs(ports[1]);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		/* Type and code are the first two octets. */
		flow->src.port = ntohs(ports[0]);
		flow->dst.port = flow->src.port;
		break;
	default:
		flow->opaque = true;
	}
}

static void read_ip4(struct awtun_flow *flow, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	flow->src.addr = (const u8 *)&iph->saddr;
	flow->dst.addr = (const u8 *)&iph->daddr;
	flow->addr_len = sizeof(iph->saddr);
	flow->protocol = iph->protocol;
	if (iph->frag_off & htons(IP_OFFSET))
		flow->opaque = true;
	else
		read_ports(flow, skb, iph->ihl * 4);
}

/* Behind the header of a later fragment nothing is read, but it tells what the
 * packet is. @start: of that header, from the packet's data.
 */
static u8 protocol_of_fragment(const struct sk_buff *skb, int start)
{
	const u8 *nexthdr;
	u8 buf;

	nexthdr = skb_header_pointer(skb, start, sizeof(buf), &buf);

	return nexthdr ? *nexthdr : NEXTHDR_FRAGMENT;
}

static void read_ip6(struct awtun_flow *flow, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	int start = skb_network_offset(skb) + sizeof(*ip6h);
	u8 protocol = ip6h->nexthdr;
	__be16 frag_off;

	flow->src.addr = ip6h->saddr.s6_addr;
	flow->dst.addr = ip6h->daddr.s6_addr;
	flow->addr_len = sizeof(ip6h->saddr);
	start = ipv6_skip_exthdr(skb, start, &protocol, &frag_off);
	if (start >= 0 && protocol == NEXTHDR_FRAGMENT)
		protocol = protocol_of_fragment(skb, start);
	flow->protocol = protocol;
	if (start < 0 || frag_off & htons(IP6_OFFSET))
		flow->opaque = true;
	else
		read_ports(flow, skb, start - skb_network_offset(skb));
}

/**
 * awtun_flow_read() - what selectors look at in a packet
 * @flow: gets it, with pointers into the packet
 * @skb: inner packet; its network header is set and pulled
 *
 * Return: false when it is neither IPv4 nor IPv6.
 */
bool awtun_flow_read(struct awtun_flow *flow, struct sk_buff *skb)
{
	memset(flow, 0, sizeof(*flow));
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		read_ip4(flow, skb);
		return true;
	case htons(ETH_P_IPV6):
		read_ip6(flow, skb);
		return true;
	default:
		return false;
	}
}
