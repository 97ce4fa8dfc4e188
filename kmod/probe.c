// SPDX-License-Identifier: GPL-2.0-only
/* Questions to the kernel's headers: `probe` compiles this file once for each
 * PROBE_ below, and compat.h gets AWTUN_HAS_ with the same name, 1 where that
 * went well and 0 where not. Without any PROBE_ it must compile: what is then
 * missing is no difference between kernels.
 *
 * A version says little: distributions carry later interfaces back, PREEMPT_RT
 * has others, and some came in the middle of a stable series.
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>
#include <net/udp_tunnel.h>
#include <crypto/aead.h>

#ifdef PROBE_LINUX_UNALIGNED
/* 6.12: the header moved. */
#include <linux/unaligned.h>
#endif

#ifdef PROBE_NET_GSO
/* 6.5: segmentation has a header of its own. */
#include <net/gso.h>
#endif

#ifdef PROBE_CRYPTO_COMPLETION_DATA
/* 6.3: a crypto completion gets its data pointer instead of the request. */
static_assert(__builtin_types_compatible_p(crypto_completion_t,
					   void (*)(void *, int)));
#endif

#ifdef PROBE_U64_STATS_IRQ
/* Until 6.3, and never with PREEMPT_RT: readers of counters that are written
 * in softirq have variants of their own.
 */
unsigned int probe(const struct u64_stats_sync *sync);
unsigned int probe(const struct u64_stats_sync *sync)
{
	return u64_stats_fetch_begin_irq(sync);
}
#endif

#ifdef PROBE_GENL_INFO_DUMP
/* 6.6: the attributes of a dump are in a struct genl_info. */
struct nlattr **probe(struct netlink_callback *cb);
struct nlattr **probe(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}
#endif

#ifdef PROBE_DEV_LLTX
/* 6.12: transmission without the queue lock is a bit of the device. */
void probe(struct net_device *dev);
void probe(struct net_device *dev)
{
	dev->lltx = true;
}
#endif

#ifdef PROBE_NEWLINK_PARAMS
/* 6.15: what newlink() needs to know comes in a structure. */
struct net *probe(struct rtnl_newlink_params *params);
struct net *probe(struct rtnl_newlink_params *params)
{
	return rtnl_newlink_link_net(params);
}
#endif

#ifdef PROBE_UDP_TUNNEL_SOCK
/* 7.x: a UDP tunnel is set up on a struct sock, before on a struct socket. */
void probe(struct net *net, struct sock *sk, struct udp_tunnel_sock_cfg *cfg);
void probe(struct net *net, struct sock *sk, struct udp_tunnel_sock_cfg *cfg)
{
	setup_udp_tunnel_sock(net, sk, cfg);
}
#endif
