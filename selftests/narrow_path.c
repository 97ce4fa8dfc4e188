// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths from none at all to wider than the packet: whatever the DF option, the
 * suite, the families and the IP options, each packet is sent or counted as
 * dropped, and none comes back to the tunnel that it left by.
 *
 * NARROW_ALL=1 in the environment takes every path MTU up to 200 and every
 * suite; otherwise those where something changes.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define DATA_MAX	600

#ifndef IP_PMTUDISC_INTERFACE
#define IP_PMTUDISC_INTERFACE	4
#endif

/* Below the first nothing can be sent, RFC 791 section 3.2 and RFC 8200
 * section 5; with less than the second there is no fragment to be made.
 */
#define IPV4_LEAST	68
#define IPV6_LEAST	1280
#define FRAGMENT_LEAST	68

static const unsigned int edges[] = {
	0, 1, 27, 28, 67, 68, 80, 107, 136, 160, 200, 576, 1279, 1280,
};

/* The longest and the shortest, and one in between. */
static const char * const suites_here[] = {
	"aes128-sha1", "aes256-sha512", "aes128-gcm8",
};

static const struct {
	__u8 df;
	const char *name;
} dfs[] = {
	{ AWTUN_DF_COPY, "copy" },
	{ AWTUN_DF_SET, "set" },
	{ AWTUN_DF_CLEAR, "clear" },
};

/* Families, and whether packets have options. */
struct ways {
	int outer;
	int inner;
	bool options;
};

struct router {
	struct awtun_nl nl;
	__u32 ifindex;
	struct ip_end outer[2];
	int senders[2];		/* without DF, with it */
	bool all;
};

FIXTURE(narrow) {
	struct router router;
};

FIXTURE_VARIANT(narrow) {
	struct ways ways;
};

FIXTURE_VARIANT_ADD(narrow, ipv4_in_ipv4) { { AF_INET, AF_INET, false } };
FIXTURE_VARIANT_ADD(narrow, ipv4_options_in_ipv4) { { AF_INET, AF_INET, true } };
FIXTURE_VARIANT_ADD(narrow, ipv6_in_ipv4) { { AF_INET, AF_INET6, false } };
FIXTURE_VARIANT_ADD(narrow, ipv6_options_in_ipv4) { { AF_INET, AF_INET6, true } };
FIXTURE_VARIANT_ADD(narrow, ipv4_in_ipv6) { { AF_INET6, AF_INET, false } };
FIXTURE_VARIANT_ADD(narrow, ipv4_options_in_ipv6) { { AF_INET6, AF_INET, true } };
FIXTURE_VARIANT_ADD(narrow, ipv6_in_ipv6) { { AF_INET6, AF_INET6, false } };
FIXTURE_VARIANT_ADD(narrow, ipv6_options_in_ipv6) { { AF_INET6, AF_INET6, true } };

static const char underlay[] =
	"link set lo up\n"
	"link add under type dummy\n"
	"link set under mtu 1500 up\n"
	"addr add 192.0.2.1/24 dev under\n"
	"addr add 2001:db8:1::1/64 dev under nodad\n"
	"link add tunnel0 type tunnel\n"
	"link set tunnel0 up mtu 1400\n"
	"addr add 192.168.254.1/30 dev tunnel0\n"
	"addr add fd00:254::1/64 dev tunnel0 nodad\n";

FIXTURE_SETUP(narrow)
{
	struct router *r = &self->router;
	bool v6 = variant->ways.outer == AF_INET6;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, ip_batch(underlay));
	ASSERT_EQ(0, awtun_nl_open(&r->nl));
	r->ifindex = if_nametoindex("tunnel0");
	r->outer[OURS] = ip_end(outer_addrs[v6][OURS]);
	r->outer[PEER] = ip_end(outer_addrs[v6][PEER]);
	r->all = getenv("NARROW_ALL");
}

FIXTURE_TEARDOWN(narrow)
{
	awtun_nl_close(&self->router.nl);
}

/* The route to the peer. A path MTU of 0 is that of the device. */
static int narrow(int family, unsigned int mtu)
{
	char command[160];

	snprintf(command, sizeof(command),
		 "route replace %s dev under mtu lock %u\n",
		 outer_addrs[family == AF_INET6][PEER], mtu);
	return ip_batch(command);
}

static void set_df(struct __test_metadata *_metadata, struct router *r,
		   __u8 df)
{
	struct awtun_req req;

	awtun_req_tunnel_set(&req, r->ifindex,
			     r->outer[OURS].family == AF_INET6 ?
			     AWTUN_MODE_IPSEC_IPV6 : AWTUN_MODE_IPSEC_IPV4,
			     r->outer[OURS].addr, r->outer[PEER].addr);
	awtun_put_u8(&req, AWTUN_TUNNEL_A_DF, df);
	ASSERT_EQ(0, awtun_call(&r->nl, &req, NULL, NULL))
		TH_LOG("%s", r->nl.extack);
}

static void renew_sa(struct __test_metadata *_metadata, struct router *r,
		     const char *suite)
{
	static const __u8 keymat[AWTUN_KEYMAT_MAX] = { 1 };
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_flush(&r->nl, r->ifindex));
	awtun_req_sa_add(&req, r->ifindex, AWTUN_DIR_OUT, OUT_SPI,
			 awtun_suite(suite), keymat, 0);
	ASSERT_EQ(0, awtun_call(&r->nl, &req, NULL, NULL))
		TH_LOG("%s", r->nl.extack);
	ASSERT_EQ(0, awtun_sa_do(&r->nl, AWTUN_CMD_SA_ACTIVATE, r->ifindex,
				 AWTUN_DIR_OUT, OUT_SPI));
}

/* A socket whose packets go as they are, whatever the stack has learnt. */
static int open_sender(int family, bool df, bool options)
{
	/* No operations: 40 octets in an IPv4 header, 8 behind an IPv6 one. */
	static const __u8 nops[40] = { [0 ... 39] = 1 };
	static const __u8 pad[8] = { 0, 0, 1, 4 };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int how = df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_INTERFACE;
	bool v6 = family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (fd < 0 || setsockopt(fd, level, v6 ? IPV6_MTU_DISCOVER :
				 IP_MTU_DISCOVER, &how, sizeof(how)))
		return -1;
	if (!options)
		return fd;
	if (v6)
		return setsockopt(fd, level, IPV6_DSTOPTS, pad, sizeof(pad)) ?
		       -1 : fd;
	return setsockopt(fd, level, IP_OPTIONS, nops, sizeof(nops)) ? -1 : fd;
}

static int send_datagram(int fd, int family, unsigned int len)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET,
				   .sin_port = htons(PORT) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(PORT) };
	static const __u8 data[DATA_MAX];
	struct ip_end peer;

	if (family == AF_INET) {
		peer = ip_end("192.168.254.2");
		memcpy(&to4.sin_addr, peer.addr, 4);
		return sendto(fd, data, len, 0, (void *)&to4, sizeof(to4));
	}
	peer = ip_end("fd00:254::2");
	memcpy(&to6.sin6_addr, peer.addr, 16);
	return sendto(fd, data, len, 0, (void *)&to6, sizeof(to6));
}

struct seen {
	__u64 sent;		/* packets of the SA */
	__u64 too_big;
	__u64 dropped;		/* for any cause */
	unsigned int path_mtu;	/* longest inner packet */
};

static struct seen look(struct router *r)
{
	struct awtun_tunnel tunnel;
	struct seen seen = { 0 };
	struct awtun_sa sa;
	unsigned int i;

	if (awtun_tunnel_get(&r->nl, r->ifindex, &tunnel) ||
	    awtun_sa_get(&r->nl, r->ifindex, AWTUN_DIR_OUT, OUT_SPI, &sa))
		abort();
	seen.sent = sa.packets;
	seen.path_mtu = tunnel.path_mtu;
	seen.too_big = tunnel.stat[AWTUN_TUNNEL_STAT_TX_TOO_BIG];
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		seen.dropped += tunnel.stat[i];
	return seen;
}

/* What has been counted since @before, once there is anything. */
static struct seen wait_counted(struct router *r, struct seen before)
{
	unsigned int waited;
	struct seen now;

	for (waited = 0; waited < WAIT_MS; waited++) {
		now = look(r);
		if (now.sent != before.sent || now.dropped != before.dropped)
			break;
		pause_ms(1);
	}
	now.sent -= before.sent;
	now.too_big -= before.too_big;
	now.dropped -= before.dropped;
	return now;
}

/* What is to become of a packet. */
enum fate { WHOLE, IN_FRAGMENTS, TOO_BIG };

static enum fate fate_of(int outer, int inner, unsigned int path,
			 unsigned int mtu, __u8 df, bool inner_df,
			 unsigned int len)
{
	if (path && path < (outer == AF_INET ? IPV4_LEAST : IPV6_LEAST))
		return TOO_BIG;
	if (len <= mtu || df == AWTUN_DF_CLEAR)
		return WHOLE;
	/* It is no longer than IPv6 must carry. */
	if (inner == AF_INET6)
		return WHOLE;
	if (inner_df)
		return TOO_BIG;
	if (df == AWTUN_DF_COPY)
		return WHOLE;
	return mtu >= FRAGMENT_LEAST ? IN_FRAGMENTS : TOO_BIG;
}

static void expect_fate(struct __test_metadata *_metadata, enum fate fate,
			struct seen seen, const char *what)
{
	switch (fate) {
	case WHOLE:
		EXPECT_EQ(1, seen.sent) TH_LOG("%s", what);
		EXPECT_EQ(0, seen.dropped) TH_LOG("%s", what);
		break;
	case IN_FRAGMENTS:
		EXPECT_LT(1, seen.sent) TH_LOG("%s", what);
		EXPECT_EQ(0, seen.dropped) TH_LOG("%s", what);
		break;
	case TOO_BIG:
		EXPECT_EQ(0, seen.sent) TH_LOG("%s", what);
		EXPECT_EQ(1, seen.too_big) TH_LOG("%s", what);
		EXPECT_EQ(1, seen.dropped) TH_LOG("%s", what);
		break;
	}
}

static unsigned int header_len(int family, bool options)
{
	if (family == AF_INET)
		return (options ? 60 : IPV4_HDR) + UDP_HDR;
	return IPV6_HDR + (options ? 8 : 0) + UDP_HDR;
}

/* One datagram, with DF or without, and what has become of it. */
static void try_datagram(struct __test_metadata *_metadata, struct router *r,
			 struct ways ways, unsigned int path, unsigned int d,
			 bool inner_df, unsigned int data, const char *what)
{
	unsigned int len = header_len(ways.inner, ways.options) + data;
	struct seen before = look(r);
	enum fate fate = fate_of(ways.outer, ways.inner, path, before.path_mtu,
				 dfs[d].df, inner_df, len);
	char full[192];

	snprintf(full, sizeof(full), "%s, df %s, inner df %u, %u octets", what,
		 dfs[d].name, inner_df, len);
	ASSERT_EQ(data, send_datagram(r->senders[inner_df], ways.inner, data))
		TH_LOG("%s: %s", full, strerror(errno));
	expect_fate(_metadata, fate, wait_counted(r, before), full);
}

/* Packets of this path and suite, by every DF option. */
static void try_path(struct __test_metadata *_metadata, struct router *r,
		     struct ways ways, unsigned int path, const char *suite)
{
	static const unsigned int data[] = { 0, 100, DATA_MAX };
	unsigned int d, i;
	char what[64];

	snprintf(what, sizeof(what), "path %u, %s", path, suite);
	renew_sa(_metadata, r, suite);
	for (d = 0; d < ARRAY_SIZE(dfs); d++) {
		set_df(_metadata, r, dfs[d].df);
		for (i = 0; i < 2 * ARRAY_SIZE(data); i++)
			try_datagram(_metadata, r, ways, path, d, i % 2,
				     data[i / 2], what);
	}
}

static void try_suites(struct __test_metadata *_metadata, struct router *r,
		       struct ways ways, unsigned int path)
{
	unsigned int n = r->all ? awtun_n_suites : ARRAY_SIZE(suites_here);
	unsigned int i;

	ASSERT_EQ(0, narrow(ways.outer, path));
	for (i = 0; i < n; i++)
		try_path(_metadata, r, ways, path,
			 r->all ? awtun_suites[i].name : suites_here[i]);
}

TEST_F_TIMEOUT(narrow, every_packet_is_sent_or_counted, 3600)
{
	const struct ways ways = variant->ways;
	struct router *r = &self->router;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		r->senders[i] = open_sender(ways.inner, i, ways.options);
		ASSERT_LE(0, r->senders[i]);
	}
	/* Configured and with an SA, the tunnel has a carrier. */
	set_df(_metadata, r, AWTUN_DF_COPY);
	for (i = 0; i < ARRAY_SIZE(edges); i++)
		try_suites(_metadata, r, ways, edges[i]);
	for (i = 0; r->all && i <= 200; i++)
		try_suites(_metadata, r, ways, i);
}

int main(int argc, char **argv)
{
	if (system("./lib/load.sh"))
		ksft_exit_skip("load.sh could not load awtun\n");
	return test_harness_run(argc, argv);
}
