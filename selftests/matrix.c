// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every suite, with and without extended sequence numbers, either family in
 * either family, bare and in UDP, between a tunnel and the kernel's XFRM.
 *
 * Datagrams of a few sizes go both ways under each combination: each one has to
 * arrive as it was sent, as one packet of the right kind on the underlay and
 * nothing else there, and neither side may count a drop. The sizes change from
 * one combination of a suite to the next, so that each length of the padding
 * occurs. Extended sequence numbers cross 2^32 on the way, in both directions.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"
#include "xfrm_nl.h"

#define PORT		7777
#define ENCAP_PORT	4500
#define TIMEOUT_MS	10000
#define LINK_MTU	1500
#define PACKET_MAX	2048
#define SIZES		6
#define BOUNDARY	0x100000000ull
#define XFRM_STATS	"/proc/thread-self/net/xfrm_stat"

enum { US, PEER };
enum { V4, V6 };

static const int families[] = { AF_INET, AF_INET6 };
static const char * const family_names[] = { "IPv4", "IPv6" };
static const unsigned int header_len[] = { 20, 40 };

static const char * const under_addr[2][2] = {
	{ "10.1.1.1", "fd00:1::1" }, { "10.1.1.2", "fd00:1::2" },
};

static const char * const tunnel_addr[2][2] = {
	{ "192.168.254.1", "fd00:254::1" }, { "192.168.254.2", "fd00:254::2" },
};

static const char network_us[] =
	"link set lo up\n"
	"link set under address 02:00:00:00:00:01 up\n"
	"addr add 10.1.1.1/24 dev under\n"
	"addr add fd00:1::1/64 dev under nodad\n"
	"neigh add 10.1.1.2 lladdr 02:00:00:00:00:02 dev under\n"
	"neigh add fd00:1::2 lladdr 02:00:00:00:00:02 dev under\n"
	"link add tunnel0 type tunnel\n"
	"link set tunnel0 up mtu 1500\n"
	"addr add 192.168.254.1/30 dev tunnel0\n"
	"addr add fd00:254::1/64 dev tunnel0 nodad\n";

static const char network_peer[] =
	"link set lo up\n"
	"link set under address 02:00:00:00:00:02 up\n"
	"addr add 10.1.1.2/24 dev under\n"
	"addr add fd00:1::2/64 dev under nodad\n"
	"neigh add 10.1.1.1 lladdr 02:00:00:00:00:01 dev under\n"
	"neigh add fd00:1::1 lladdr 02:00:00:00:00:01 dev under\n"
	"addr add 192.168.254.2/32 dev lo\n"
	"addr add fd00:254::2/128 dev lo\n"
	"route add 192.168.254.1/32 via 10.1.1.1 src 192.168.254.2\n"
	"route add fd00:254::1/128 via fd00:1::1 src fd00:254::2\n";

struct world {
	int netns[2];
	int udp[2][2];		/* side, family inside */
	int tap;		/* sees the underlay */
	struct awtun_nl nl;
	struct xfrm_nl xfrm;
	__u32 ifindex;
	struct awtun_addr under[2][2];
	struct awtun_addr inner[2][2];
	int outer;		/* family of the tunnel; -1: not set */
	__u32 spi[2];		/* of the SAs to us and to the peer; 0: none */
};

struct combination {
	const struct awtun_suite *suite;
	bool esn;
	bool encap;
	int outer;
	int inner;
	unsigned int number;	/* among those of its suite */
};

/* Says why; false, for the caller to return. */
static bool fail(const char *fmt, ...)
{
	char why[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	ksft_print_msg("%s\n", why);
	return false;
}

/* Namespaces, links and sockets: without them nothing can be tested */

static void must(bool done, const char *what)
{
	if (!done)
		ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static void enter(const struct world *world, int side)
{
	must(!setns(world->netns[side], CLONE_NEWNET), "setns");
}

static void ip_batch(const char *commands)
{
	FILE *ip = popen("ip -batch -", "w");

	must(ip && fputs(commands, ip) >= 0 && !pclose(ip), "ip -batch");
}

static int new_netns(void)
{
	int fd;

	must(!unshare(CLONE_NEWNET), "unshare");
	fd = open("/proc/thread-self/ns/net", O_RDONLY);
	must(fd >= 0, "/proc/thread-self/ns/net");
	return fd;
}

static void make_network(struct world *world)
{
	char veth[128];

	world->netns[PEER] = new_netns();
	world->netns[US] = new_netns();
	snprintf(veth, sizeof(veth),
		 "link add under type veth peer name under netns /proc/%d/fd/%d\n",
		 getpid(), world->netns[PEER]);
	ip_batch(veth);
	ip_batch(network_us);
	world->ifindex = if_nametoindex("tunnel0");
	enter(world, PEER);
	ip_batch(network_peer);
}

static void read_addr(struct awtun_addr *addr, const char *text, int family)
{
	addr->len = family == V4 ? 4 : 16;
	must(inet_pton(families[family], text, addr->octets) == 1, text);
}

static socklen_t sock_addr(struct sockaddr_storage *to,
			   const struct awtun_addr *addr, __u16 port)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;

	memset(to, 0, sizeof(*to));
	if (addr->len == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr->octets, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, addr->octets, 16);
	return sizeof(*in6);
}

static int open_udp(const struct awtun_addr *addr, __u16 port)
{
	struct sockaddr_storage local;
	socklen_t len = sock_addr(&local, addr, port);
	int fd = socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && !bind(fd, (void *)&local, len), "UDP socket");
	return fd;
}

static int open_tap(void)
{
	struct sockaddr_ll under = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex("under"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	must(fd >= 0 && !bind(fd, (void *)&under, sizeof(under)),
	     "packet socket");
	return fd;
}

static void open_us(struct world *world)
{
	int family, fd, err;

	enter(world, US);
	world->tap = open_tap();
	must(!awtun_nl_open(&world->nl), "generic netlink");
	for (family = V4; family <= V6; family++) {
		world->udp[US][family] = open_udp(&world->inner[US][family],
						  PORT);
		fd = open_udp(&world->under[US][family], ENCAP_PORT);
		err = awtun_transport_do(&world->nl, AWTUN_CMD_TRANSPORT_ADD,
					 fd);
		if (err)
			ksft_exit_fail_msg("transport: %s: %s\n",
					   strerror(-err), world->nl.extack);
	}
}

static void open_peer(struct world *world)
{
	int family, fd, type = UDP_ENCAP_ESPINUDP;

	enter(world, PEER);
	must(!xfrm_nl_open(&world->xfrm), "XFRM netlink");
	for (family = V4; family <= V6; family++) {
		world->udp[PEER][family] = open_udp(&world->inner[PEER][family],
						    PORT);
		fd = open_udp(&world->under[PEER][family], ENCAP_PORT);
		must(!setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type,
				 sizeof(type)), "UDP_ENCAP");
	}
}

static void make_world(struct world *world)
{
	int side, family;

	world->outer = -1;
	for (side = US; side <= PEER; side++) {
		for (family = V4; family <= V6; family++) {
			read_addr(&world->under[side][family],
				  under_addr[side][family], family);
			read_addr(&world->inner[side][family],
				  tunnel_addr[side][family], family);
		}
	}
	make_network(world);
	open_peer(world);
	open_us(world);
}

/* Policies, ends and SAs of a combination */

static bool set_policies(struct world *world, int outer)
{
	const struct awtun_addr *us = &world->under[US][outer];
	const struct awtun_addr *peer = &world->under[PEER][outer];
	int family, err;

	err = xfrm_flush_policies(&world->xfrm);
	for (family = V4; !err && family <= V6; family++) {
		const struct awtun_addr *in_us = &world->inner[US][family];
		const struct awtun_addr *in_peer = &world->inner[PEER][family];

		err = xfrm_add_policy(&world->xfrm, XFRM_POLICY_OUT, in_peer,
				      in_us, peer, us);
		if (!err)
			err = xfrm_add_policy(&world->xfrm, XFRM_POLICY_IN,
					      in_us, in_peer, us, peer);
	}
	return !err || fail("XFRM policies: %s", strerror(-err));
}

/* Carries packets only when the carrier has been noticed. */
static bool wait_running(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct ifreq ifr = { .ifr_name = "tunnel0" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned int waited;

	for (waited = 0; waited < TIMEOUT_MS; waited++) {
		if (!ioctl(fd, SIOCGIFFLAGS, &ifr) &&
		    ifr.ifr_flags & IFF_RUNNING)
			break;
		nanosleep(&pause, NULL);
	}
	close(fd);
	return waited < TIMEOUT_MS || fail("the tunnel has no carrier");
}

static bool refused(const struct world *world, const char *what, int err)
{
	if (err)
		fail("%s: %s: %s", what, strerror(-err), world->nl.extack);
	return err;
}

static bool set_ends(struct world *world, int outer)
{
	struct awtun_req req;

	if (world->outer == outer)
		return true;
	if (!set_policies(world, outer) ||
	    refused(world, "flush", awtun_sa_flush(&world->nl, world->ifindex)))
		return false;
	memset(world->spi, 0, sizeof(world->spi));
	awtun_req_tunnel_set(&req, world->ifindex, outer == V4 ?
			     AWTUN_MODE_IPSEC_IPV4 : AWTUN_MODE_IPSEC_IPV6,
			     world->under[US][outer].octets,
			     world->under[PEER][outer].octets);
	if (refused(world, "tunnel-set",
		    awtun_call(&world->nl, &req, NULL, NULL)))
		return false;
	world->outer = outer;
	return true;
}

/* The SAs to us and to the peer, as XFRM wants them. */
static void make_sas(const struct world *world, const struct combination *c,
		     __u8 (*keymat)[AWTUN_KEYMAT_MAX], struct xfrm_sa *sas)
{
	int to;

	for (to = US; to <= PEER; to++) {
		sas[to] = (struct xfrm_sa){
			.src = &world->under[!to][c->outer],
			.dst = &world->under[to][c->outer],
			.suite = c->suite,
			.keymat = keymat[to],
			.esn = c->esn,
			.encap_src_port = c->encap ? ENCAP_PORT : 0,
			.encap_dst_port = c->encap ? ENCAP_PORT : 0,
		};
		must(getrandom(keymat[to], AWTUN_KEYMAT_MAX, 0) ==
		     AWTUN_KEYMAT_MAX, "getrandom");
		must(getrandom(&sas[to].spi, 4, 0) == 4, "getrandom");
		sas[to].spi |= 0x100;
	}
	/* Half of what we send is before the boundary. */
	if (c->esn)
		sas[PEER].replay_top = BOUNDARY - SIZES / 2 - 1;
}

static int add_ours(struct world *world, const struct xfrm_sa *sa, __u32 dir)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, world->ifindex, dir, sa->spi, sa->suite,
			 sa->keymat, 0);
	if (sa->esn)
		awtun_put_flag(&req, AWTUN_SA_A_ESN);
	if (dir == AWTUN_DIR_OUT && sa->encap_dst_port)
		awtun_put_encap(&req, sa->encap_src_port, sa->encap_dst_port);
	if (dir == AWTUN_DIR_OUT)
		awtun_put_u64(&req, AWTUN_SA_A_SEQ, sa->replay_top);
	return awtun_call(&world->nl, &req, NULL, NULL);
}

static int del_ours(struct world *world, __u32 dir, __u32 spi)
{
	if (!spi)
		return 0;
	return awtun_sa_do(&world->nl, AWTUN_CMD_SA_DEL, world->ifindex, dir,
			   spi);
}

/* New before old ones: the carrier would be lost and noticed too late. */
static bool replace_ours(struct world *world, const struct xfrm_sa *sas)
{
	if (refused(world, "add in", add_ours(world, &sas[US],
					      AWTUN_DIR_IN)) ||
	    refused(world, "add out", add_ours(world, &sas[PEER],
					       AWTUN_DIR_OUT)) ||
	    refused(world, "activate",
		    awtun_sa_do(&world->nl, AWTUN_CMD_SA_ACTIVATE,
				world->ifindex, AWTUN_DIR_OUT,
				sas[PEER].spi)) ||
	    refused(world, "delete in", del_ours(world, AWTUN_DIR_IN,
						 world->spi[US])) ||
	    refused(world, "delete out", del_ours(world, AWTUN_DIR_OUT,
						  world->spi[PEER])))
		return false;
	world->spi[US] = sas[US].spi;
	world->spi[PEER] = sas[PEER].spi;
	return true;
}

static bool replace_sas(struct world *world, const struct xfrm_sa *sas)
{
	int err = xfrm_flush_states(&world->xfrm);

	if (!err)
		err = xfrm_add_state(&world->xfrm, &sas[US]);
	if (!err)
		err = xfrm_add_state(&world->xfrm, &sas[PEER]);
	if (err)
		return fail("XFRM SAs: %s", strerror(-err));
	return replace_ours(world, sas) && wait_running();
}

/* Drop counters of both sides, in one number */

static __u64 our_drops(struct world *world)
{
	struct awtun_tunnel tunnel;
	__u64 sum = 0;
	int i;

	must(!awtun_tunnel_get(&world->nl, world->ifindex, &tunnel),
	     "tunnel-get");
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		sum += tunnel.stat[i];
	return sum;
}

static __u64 peers_drops(const struct world *world)
{
	unsigned long long value;
	__u64 sum = 0;
	FILE *stats;

	enter(world, PEER);
	stats = fopen(XFRM_STATS, "r");
	must(stats, XFRM_STATS);
	while (fscanf(stats, "%*s %llu", &value) == 1)
		sum += value;
	fclose(stats);
	enter(world, US);
	return sum;
}

/* Datagrams */

/* The largest inner packet that crosses the underlay whole. */
static unsigned int path_mtu(const struct combination *c)
{
	unsigned int overhead = header_len[c->outer] + (c->encap ? 8 : 0) + 8 +
				awtun_iv_len(c->suite) + c->suite->icv_len;
	unsigned int block = awtun_block(c->suite);

	return (LINK_MTU - overhead) / block * block - 2;
}

/* Each remainder of every block for one of the sixteen of a suite. */
static void choose_sizes(const struct combination *c, size_t *sizes)
{
	unsigned int most = path_mtu(c) - header_len[c->inner] - 8;

	sizes[0] = 0;
	sizes[1] = 1;
	sizes[2] = 32 + c->number;
	sizes[3] = 700 + (c->number + 5) % 16;
	sizes[4] = most - 1 - c->number;
	sizes[5] = most;
}

static bool same_addr(const struct sockaddr_storage *a,
		      const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->ss_family || a4->sin_port != b4->sin_port)
		return false;
	return a->ss_family == AF_INET ?
	       a4->sin_addr.s_addr == b4->sin_addr.s_addr :
	       !memcmp(&a6->sin6_addr, &b6->sin6_addr, 16);
}

static bool arrives(int fd, const __u8 *sent, size_t size,
		    const struct sockaddr_storage *from)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct sockaddr_storage seen;
	socklen_t len = sizeof(seen);
	__u8 got[PACKET_MAX];
	ssize_t n;

	if (poll(&pfd, 1, TIMEOUT_MS) != 1)
		return fail("%zu octets: lost", size);
	n = recvfrom(fd, got, sizeof(got), 0, (void *)&seen, &len);
	if (n != (ssize_t)size || memcmp(got, sent, size))
		return fail("%zu octets: %zd others arrived", size, n);
	return same_addr(&seen, from) || fail("%zu octets: sender", size);
}

static bool one_way(const struct world *world, int family, int to, size_t size)
{
	struct sockaddr_storage src, dst;
	__u8 data[PACKET_MAX];
	socklen_t len;

	must(getrandom(data, size, 0) == (ssize_t)size, "getrandom");
	sock_addr(&src, &world->inner[!to][family], PORT);
	len = sock_addr(&dst, &world->inner[to][family], PORT);
	if (sendto(world->udp[!to][family], data, size, 0, (void *)&dst, len) !=
	    (ssize_t)size)
		return fail("%zu octets to %s: %s", size, to ? "the peer" :
			    "us", strerror(errno));
	return arrives(world->udp[to][family], data, size, &src) ||
	       fail("on the way to %s", to ? "the peer" : "us");
}

/* In two leaps, either less than 2^31, to just before the boundary. */
static bool near_boundary(struct world *world, const struct xfrm_sa *sa,
			  unsigned int sent)
{
	int err = 0;

	if (sent == 1)
		err = xfrm_set_sent(&world->xfrm, sa, BOUNDARY / 2 - 1);
	else if (sent == 2)
		err = xfrm_set_sent(&world->xfrm, sa, BOUNDARY - 3);
	return !err || fail("XFRM sequence number: %s", strerror(-err));
}

static bool exchange(struct world *world, const struct combination *c,
		     const struct xfrm_sa *sas)
{
	size_t sizes[SIZES];
	unsigned int i;

	choose_sizes(c, sizes);
	for (i = 0; i < SIZES; i++) {
		if (c->esn && !near_boundary(world, &sas[US], i))
			return false;
		if (!one_way(world, c->inner, PEER, sizes[i]) ||
		    !one_way(world, c->inner, US, sizes[i]))
			return false;
	}
	return true;
}

/* The underlay */

/* Neighbour discovery, group membership: not of a tunnel. */
static bool is_of_the_link(const struct ethhdr *eth, const __u8 *ip)
{
	__u16 type = ntohs(eth->h_proto);

	return type == ETH_P_ARP ||
	       (type == ETH_P_IPV6 && (ip[24] == 0xff || ip[6] == 58));
}

/* What comes behind the IP header, of the right family and protocol. */
static const __u8 *ip_payload(const struct combination *c,
			      const struct ethhdr *eth, const __u8 *ip)
{
	__u8 protocol = c->encap ? IPPROTO_UDP : IPPROTO_ESP;
	__u16 type = c->outer == V4 ? ETH_P_IP : ETH_P_IPV6;

	if (ntohs(eth->h_proto) != type)
		return NULL;
	/* No options, and a whole packet. */
	if (type == ETH_P_IP)
		return ip[0] == 0x45 && ip[9] == protocol &&
		       !((ip[6] << 8 | ip[7]) & 0x3fff) ? ip + 20 : NULL;
	return ip[6] == protocol ? ip + 40 : NULL;
}

static __u32 get_be(const __u8 *at, unsigned int octets)
{
	__u32 value = 0;

	while (octets--)
		value = value << 8 | *at++;
	return value;
}

/* The SPI of a packet of the combination's kind; 0: it is of another. */
static __u32 outer_spi(const struct combination *c, const __u8 *frame)
{
	const struct ethhdr *eth = (const void *)frame;
	const __u8 *at = ip_payload(c, eth, frame + ETH_HLEN);

	if (at && c->encap) {
		if (get_be(at, 2) != ENCAP_PORT ||
		    get_be(at + 2, 2) != ENCAP_PORT)
			return 0;
		at += 8;
	}
	return at ? get_be(at, 4) : 0;
}

/* All that was seen since the last time: as many packets each way as sent. */
static bool underlay_is_clean(struct world *world, const struct combination *c,
			      const struct xfrm_sa *sas)
{
	unsigned int seen[2] = { 0 };
	__u8 frame[PACKET_MAX];
	ssize_t n;

	for (;;) {
		__u32 spi;

		memset(frame, 0, 128);
		n = recv(world->tap, frame, sizeof(frame), MSG_DONTWAIT);
		if (n < 0)
			break;
		if (is_of_the_link((void *)frame, frame + ETH_HLEN))
			continue;
		spi = outer_spi(c, frame);
		if (spi != sas[US].spi && spi != sas[PEER].spi)
			return fail("another packet on the underlay, of %zd octets",
				    n);
		seen[spi == sas[PEER].spi]++;
	}
	return (seen[US] == SIZES && seen[PEER] == SIZES) ||
	       fail("on the underlay: %u packets to us, %u to the peer",
		    seen[US], seen[PEER]);
}

/* What the SAs tell when SIZES packets have gone each way. */
static bool sas_agree(struct world *world, const struct combination *c,
		      const struct xfrm_sa *sas)
{
	__u64 last = c->esn ? BOUNDARY + SIZES / 2 - 1 : SIZES;
	struct awtun_tunnel tunnel;
	struct awtun_sa in, out;

	if (refused(world, "sa-get", awtun_sa_get(&world->nl, world->ifindex,
						  AWTUN_DIR_IN, sas[US].spi,
						  &in)) ||
	    refused(world, "sa-get", awtun_sa_get(&world->nl, world->ifindex,
						  AWTUN_DIR_OUT, sas[PEER].spi,
						  &out)) ||
	    refused(world, "tunnel-get", awtun_tunnel_get(&world->nl,
							  world->ifindex,
							  &tunnel)))
		return false;
	if (in.packets != SIZES || out.packets != SIZES)
		return fail("packets: %llu in, %llu out", in.packets,
			    out.packets);
	if (in.esn != c->esn || out.esn != c->esn)
		return fail("ESN is not as it was set");
	if (out.seq != last || in.seq != (c->esn ? BOUNDARY + 1 : SIZES))
		return fail("sequence numbers: %llx in, %llx out", in.seq,
			    out.seq);
	return tunnel.path_mtu == path_mtu(c) ||
	       fail("path MTU is told as %u, not %u", tunnel.path_mtu,
		    path_mtu(c));
}

static void drain(int fd)
{
	__u8 octet;

	while (recv(fd, &octet, sizeof(octet), MSG_DONTWAIT) >= 0)
		continue;
}

/* What an earlier failure has left behind is no failure of this one. */
static void forget_the_last(struct world *world)
{
	int side, family;

	drain(world->tap);
	for (side = US; side <= PEER; side++)
		for (family = V4; family <= V6; family++)
			drain(world->udp[side][family]);
}

static bool test_one(struct world *world, const struct combination *c)
{
	__u8 keymat[2][AWTUN_KEYMAT_MAX];
	struct xfrm_sa sas[2];
	__u64 ours, theirs;

	make_sas(world, c, keymat, sas);
	if (!set_ends(world, c->outer) || !replace_sas(world, sas))
		return false;
	forget_the_last(world);
	ours = our_drops(world);
	theirs = peers_drops(world);
	if (!exchange(world, c, sas) || !sas_agree(world, c, sas) ||
	    !underlay_is_clean(world, c, sas))
		return false;
	if (our_drops(world) != ours || peers_drops(world) != theirs)
		return fail("%llu dropped by us, %llu by XFRM",
			    our_drops(world) - ours,
			    peers_drops(world) - theirs);
	return true;
}

/* The bits of @i: which of each two. */
static void describe(unsigned int i, struct combination *c)
{
	c->suite = &awtun_suites[i % awtun_n_suites];
	c->number = i / awtun_n_suites;
	c->inner = c->number & 1;
	c->esn = c->number & 2;
	c->encap = c->number & 4;
	c->outer = !!(c->number & 8);
}

int main(void)
{
	unsigned int i, passed = 0, n = 16 * awtun_n_suites;
	struct world world = { 0 };

	ksft_print_header();
	if (system("./lib/load.sh"))
		ksft_exit_skip("load.sh could not load awtun\n");
	ksft_set_plan(n);
	make_world(&world);
	for (i = 0; i < n; i++) {
		struct combination c;
		bool good;

		describe(i, &c);
		good = test_one(&world, &c);
		passed += good;
		ksft_test_result(good, "%s%s, %s in %s%s\n", c.suite->name,
				 c.esn ? ", ESN" : "", family_names[c.inner],
				 family_names[c.outer],
				 c.encap ? ", UDP" : "");
	}
	ksft_print_msg("%u of %u combinations passed\n", passed, n);
	ksft_finished();
}
