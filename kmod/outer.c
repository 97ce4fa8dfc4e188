// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/udp.h>

#include "esp.h"
#include "flow.h"
#include "outer.h"
#include "sa.h"

/**
 * awtun_outer_new() - say how to wrap packets
 * @sa: of which SA; its tunnel is known
 * @dest: where to
 * @opts: what the administrator says
 *
 * Context: process.
 * Return: it, or NULL without memory.
 */
struct awtun_outer *awtun_outer_new(const struct awtun_sa *sa,
				    const struct awtun_dest *dest,
				    const struct awtun_outer_opts *opts)
{
	struct awtun_outer *outer;

	outer = kzalloc(sizeof(*outer), GFP_KERNEL_ACCOUNT);
	if (!outer)
		return NULL;
	if (dst_cache_init(&outer->dst_cache, GFP_KERNEL_ACCOUNT)) {
		kfree(outer);
		return NULL;
	}

	outer->tun = sa->tun;
	outer->spi = sa->key.spi;
	outer->dest = *dest;
	outer->opts = *opts;
	outer->len = dest->ends.family == AF_INET ? sizeof(struct iphdr) :
						    sizeof(struct ipv6hdr);
	if (dest->remote_port)
		outer->len += sizeof(struct udphdr);

	return outer;
}

static void outer_free_rcu(struct rcu_head *rcu)
{
	struct awtun_outer *outer = container_of(rcu, struct awtun_outer, rcu);

	dst_cache_destroy(&outer->dst_cache);
	kfree(outer);
}

/**
 * awtun_outer_free() - when it has no readers any longer
 * @outer: out of every reader's reach, or NULL
 */
void awtun_outer_free(struct awtun_outer *outer)
{
	if (outer)
		call_rcu(&outer->rcu, outer_free_rcu);
}

/* Both lookups pass by XFRM on purpose: a policy that covers the outer packet
 * must not encrypt it again.
 */
static struct dst_entry *lookup_ip4(const struct awtun_outer *outer,
				    struct net *net)
{
	struct flowi4 fl4 = {
		.daddr = outer->dest.ends.remote.ip4,
		.saddr = outer->dest.ends.local.ip4,
		.flowi4_oif = outer->opts.link,
		.flowi4_mark = outer->opts.mark,
		.flowi4_proto = outer->dest.remote_port ? IPPROTO_UDP : IPPROTO_ESP,
		.fl4_sport = outer->dest.local_port,
		.fl4_dport = outer->dest.remote_port,
	};
	struct rtable *rt;

	rt = __ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

static struct dst_entry *lookup_ip6(const struct awtun_outer *outer,
				    struct net *net)
{
	struct flowi6 fl6 = {
		.daddr = outer->dest.ends.remote.ip6,
		.saddr = outer->dest.ends.local.ip6,
		.flowi6_oif = outer->opts.link,
		.flowi6_mark = outer->opts.mark,
		.flowi6_proto = outer->dest.remote_port ? IPPROTO_UDP : IPPROTO_ESP,
		.fl6_sport = outer->dest.local_port,
		.fl6_dport = outer->dest.remote_port,
	};
	struct net_device *link = NULL;
	struct dst_entry *dst;
	int err;

	/* IPv4 checks the source address itself. That of an interface in a VRF
	 * is an address there, and nowhere else.
	 */
	if (outer->opts.link)
		link = dev_get_by_index_rcu(net, outer->opts.link);
	if (!ipv6_chk_addr(net, &fl6.saddr, link, 0))
		return ERR_PTR(-EADDRNOTAVAIL);

	dst = ip6_route_output(net, NULL, &fl6);
	err = dst->error;
	if (err) {
		dst_release(dst);
		return ERR_PTR(err);
	}

	return dst;
}

/**
 * awtun_outer_route() - the route to the peer
 * @outer: the way to it
 * @net: the underlay
 * @dev: the tunnel; a route that leads back into it is none
 *
 * Context: bottom halves disabled, RCU.
 * Return: a reference, or an error pointer.
 */
struct dst_entry *awtun_outer_route(struct awtun_outer *outer, struct net *net,
				    const struct net_device *dev)
{
	struct dst_entry *dst = dst_cache_get(&outer->dst_cache);
	bool ip4 = outer->dest.ends.family == AF_INET;

	if (likely(dst))
		return dst;

	dst = ip4 ? lookup_ip4(outer, net) : lookup_ip6(outer, net);
	if (IS_ERR(dst))
		return dst;

	if (dst->dev == dev) {
		net_dbg_ratelimited("%s: the route to the peer leads back into the tunnel\n",
				    dev->name);
		dst_release(dst);
		return ERR_PTR(-ELOOP);
	}

	if (ip4)
		dst_cache_set_ip4(&outer->dst_cache, dst,
				  outer->dest.ends.local.ip4);
	else
		dst_cache_set_ip6(&outer->dst_cache, dst,
				  &outer->dest.ends.local.ip6);

	return dst;
}

static bool same_ends(const struct awtun_outer *outer,
		      const struct sk_buff *skb)
{
	const struct awtun_endpoints *ends = &outer->dest.ends;

	if (skb->protocol == htons(ETH_P_IP))
		return ends->family == AF_INET &&
		       ip_hdr(skb)->daddr == ends->remote.ip4 &&
		       ip_hdr(skb)->saddr == ends->local.ip4;

	return ends->family == AF_INET6 &&
	       ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &ends->remote.ip6) &&
	       ipv6_addr_equal(&ipv6_hdr(skb)->saddr, &ends->local.ip6);
}

/* Has some tunnel wrapped it? A later fragment of UDP may be of a tunnel's. */
static bool is_wrapped(struct sk_buff *skb)
{
	struct awtun_flow flow;

	if (!awtun_flow_read(&flow, skb))
		return false;
	switch (flow.protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_ESP:
	case IPPROTO_AH:
	case IPPROTO_L2TP:
		return true;
	case IPPROTO_UDP:
		return flow.opaque || flow.src.port == AWTUN_PORT_NATT ||
		       flow.dst.port == AWTUN_PORT_NATT;
	}

	return false;
}

static u8 inner_ttl(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? ip_hdr(skb)->ttl :
						  ipv6_hdr(skb)->hop_limit;
}

/**
 * awtun_outer_made() - has the packet been wrapped too often already?
 * @outer: the way
 * @skb: inner packet; its network header is set and pulled
 *
 * A packet that comes back to the tunnel that it left by would go round for
 * ever, and grow: once in this way is enough, and in others until the TTL ends.
 *
 * Return: true when it has.
 */
bool awtun_outer_made(const struct awtun_outer *outer, struct sk_buff *skb)
{
	struct awtun_flow flow;

	if (unlikely(inner_ttl(skb) <= 1) && is_wrapped(skb))
		return true;
	if (likely(!same_ends(outer, skb)) || !awtun_flow_read(&flow, skb))
		return false;
	if (!outer->dest.remote_port)
		return flow.protocol == IPPROTO_ESP;

	return flow.protocol == IPPROTO_UDP && !flow.opaque &&
	       flow.src.port == ntohs(outer->dest.local_port) &&
	       flow.dst.port == ntohs(outer->dest.remote_port);
}

/**
 * awtun_outer_passable() - may packets be sent by this route?
 * @outer: the way
 * @dst: its route
 *
 * What every link must carry (RFC 791 section 3.2, RFC 8200 section 5) a route
 * must carry too. Below that no packet of ESP fits whole, and the output path
 * of some kernels fails to cut one: it makes empty fragments without end.
 *
 * Return: false when the route is too narrow for its protocol.
 */
bool awtun_outer_passable(const struct awtun_outer *outer,
			  const struct dst_entry *dst)
{
	return dst_mtu(dst) >= (outer->dest.ends.family == AF_INET ?
				IPV4_MIN_MTU : IPV6_MIN_MTU);
}

/**
 * awtun_outer_mtu() - longest inner packet that crosses the path whole
 * @outer: the way
 * @dst: its route
 * @esp: lengths of the suite
 *
 * Return: octets, 0 when nothing fits.
 */
unsigned int awtun_outer_mtu(const struct awtun_outer *outer,
			     const struct dst_entry *dst,
			     const struct awtun_esp *esp)
{
	return awtun_esp_mtu(esp, dst_mtu(dst), outer->len);
}

/* RFC 3948 section 2.1: no checksum in IPv4. IPv6 has none of its own, so there
 * it is left to be filled in when the packet is encrypted.
 */
static void push_udp(struct sk_buff *skb, const struct awtun_outer *outer)
{
	struct udphdr *uh = skb_push(skb, sizeof(*uh));

	skb_reset_transport_header(skb);
	uh->source = outer->dest.local_port;
	uh->dest = outer->dest.remote_port;
	uh->len = htons(skb->len);
	uh->check = 0;
	if (outer->dest.ends.family == AF_INET6)
		udp6_set_csum(false, skb, &outer->dest.ends.local.ip6,
			      &outer->dest.ends.remote.ip6, skb->len);
}

/* What some tunnel has wrapped already gets one less than it has, so that a
 * circle ends wherever it leads. Anything else gets the TTL of this tunnel. The
 * network header is still the inner one.
 */
static u8 limit_ttl(struct sk_buff *skb, u8 ttl)
{
	bool ip4 = skb->protocol == htons(ETH_P_IP);
	u8 protocol = ip4 ? ip_hdr(skb)->protocol : ipv6_hdr(skb)->nexthdr;

	if (likely(protocol == IPPROTO_TCP) || !is_wrapped(skb))
		return ttl;

	return min_t(u8, ttl, inner_ttl(skb) - 1);
}

static void push_ip4(struct sk_buff *skb, const struct awtun_outer *outer,
		     struct net *net, u8 protocol, u8 ds, __be16 df)
{
	const struct dst_entry *dst = skb_dst(skb);
	u8 ttl = limit_ttl(skb, outer->opts.ttl ?: ip4_dst_hoplimit(dst));
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = ds,
		.frag_off = ip_mtu_locked(dst) ? 0 : df,
		.ttl = ttl,
		.protocol = protocol,
		.saddr = outer->dest.ends.local.ip4,
		.daddr = outer->dest.ends.remote.ip4,
	};
	__ip_select_ident(net, iph, 1);
}

/* The flow label stays 0: a copy of the inner one would reveal the flows. */
static void push_ip6(struct sk_buff *skb, const struct awtun_outer *outer,
		     u8 protocol, u8 ds)
{
	struct dst_entry *dst = skb_dst(skb);
	u8 ttl = limit_ttl(skb, outer->opts.ttl ?: ip6_dst_hoplimit(dst));
	struct ipv6hdr *ip6h = skb_push(skb, sizeof(*ip6h));

	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, ds, 0);
	ip6h->nexthdr = protocol;
	ip6h->hop_limit = ttl;
	ip6h->saddr = outer->dest.ends.local.ip6;
	ip6h->daddr = outer->dest.ends.remote.ip6;

	/* The output path sets the payload length; ignore_df lets it fragment. */
	skb->ignore_df = 1;
}

/**
 * awtun_outer_push() - write the outer headers
 * @skb: ESP packet, not encrypted yet; its route is set
 * @outer: the way to the peer
 * @net: the underlay
 * @ds: DS field, ECN included
 * @df: IP_DF or 0, network byte order; for IPv4
 */
void awtun_outer_push(struct sk_buff *skb, const struct awtun_outer *outer,
		      struct net *net, u8 ds, __be16 df)
{
	u8 protocol = outer->dest.remote_port ? IPPROTO_UDP : IPPROTO_ESP;

	if (outer->dest.remote_port)
		push_udp(skb, outer);
	else
		skb_reset_transport_header(skb);

	if (outer->dest.ends.family == AF_INET)
		push_ip4(skb, outer, net, protocol, ds, df);
	else
		push_ip6(skb, outer, protocol, ds);
}

/**
 * awtun_outer_send() - hand a finished packet to the underlay
 * @skb: the packet; no longer the caller's
 * @family: AF_INET or AF_INET6, of its outer header
 * @net: the underlay
 *
 * Context: bottom halves disabled.
 * Return: what the output path says, see net_xmit_eval().
 */
int awtun_outer_send(struct sk_buff *skb, u32 family, struct net *net)
{
	if (family == AF_INET) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		return ip_local_out(net, NULL, skb);
	}

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	return ip6_local_out(net, NULL, skb);
}
