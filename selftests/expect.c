// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inbound SPIs that the peer may send by before their SAs are added: what comes
 * is held, within bounds, and received when they are.
 *
 * EXPECT_EXPIRY=1 in the environment waits, too, for one to end by itself.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "esp_rig.h"

#define RIG		(&self->rig)
#define STAT		AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI
#define PACKETS_MAX	16	/* held for one SPI */
#define TUNNEL_MAX	64	/* SPIs of a tunnel */
#define NET_MAX		1024	/* SPIs of a namespace */
#define SECONDS_MAX	200	/* for one SPI */
#define JUMBO		8000	/* octets: few of these are 64 KiB */
#define FREE_SPI	0x5001
#define ROUNDS		100	/* of SAs that come under traffic */

FIXTURE(expect) {
	struct esp_rig rig;
	const struct esp_rig_conf *conf;
};

FIXTURE_VARIANT(expect) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(expect, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(expect, aes256_sha256_ipv6_udp_esn) {
	{ "aes256-sha256", AF_INET6, true, true }
};

static const struct esp_rig_conf in_udp = {
	"aes128-gcm16", AF_INET, true, false
};

static __u32 mode_of(const struct esp_rig *rig)
{
	return rig->outer[OURS].family == AF_INET6 ? AWTUN_MODE_IPSEC_IPV6 :
						     AWTUN_MODE_IPSEC_IPV4;
}

static int expect(struct esp_rig *rig, __u32 spi)
{
	return awtun_sa_do(&rig->nl, AWTUN_CMD_SA_EXPECT, rig->ifindex,
			   AWTUN_DIR_IN, spi);
}

/* The inbound SA is gone, and expected. */
static void open_expecting(struct __test_metadata *_metadata,
			   struct esp_rig *rig, const struct esp_rig_conf *conf)
{
	rig_open(_metadata, rig, conf);
	wait_running(_metadata);
	ASSERT_EQ(0, rig_del_in(rig));
	ASSERT_EQ(0, expect(rig, rig->in.spi)) TH_LOG("%s", rig->nl.extack);
}

FIXTURE_SETUP(expect)
{
	open_expecting(_metadata, RIG, &variant->conf);
	self->conf = &variant->conf;
}

FIXTURE_TEARDOWN(expect)
{
	rig_close(RIG);
}

static int add_in(struct esp_rig *rig)
{
	struct awtun_req req;

	rig_req_add(rig, &req, AWTUN_DIR_IN, &rig->in);
	return rig_call(rig, &req);
}

static int set_mode(struct esp_rig *rig)
{
	struct awtun_req req;

	awtun_req_tunnel_set(&req, rig->ifindex, mode_of(rig),
			     rig->outer[OURS].addr, rig->outer[PEER].addr);
	return rig_call(rig, &req);
}

static __u64 unknown(struct esp_rig *rig)
{
	struct awtun_tunnel tunnel;

	if (awtun_tunnel_get(&rig->nl, rig->ifindex, &tunnel))
		abort();
	return tunnel.stat[STAT];
}

static void send_many(struct __test_metadata *_metadata, struct esp_rig *rig,
		      __u64 first, __u64 last)
{
	__u64 seq;

	for (seq = first; seq <= last; seq++)
		send_good(_metadata, rig, AF_INET, seq, PAYLOAD);
}

static void many_arrive(struct __test_metadata *_metadata, struct esp_rig *rig,
			__u64 first, __u64 last)
{
	__u64 seq;

	for (seq = first; seq <= last; seq++)
		arrives(_metadata, rig, AF_INET, seq, PAYLOAD);
	EXPECT_FALSE(readable(rig->udp4, 0));
}

/* In whatever order. */
static void all_arrive(struct __test_metadata *_metadata, struct esp_rig *rig,
		       unsigned int n)
{
	__u8 got[ESP_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		ASSERT_TRUE(readable(rig->udp4, WAIT_MS))
			TH_LOG("%u packets of %u", i, n);
		ASSERT_EQ(PAYLOAD, recv(rig->udp4, got, sizeof(got), 0));
	}
	EXPECT_FALSE(readable(rig->udp4, 0));
}

/* What was sent as 1 to @n is gone, which the tunnel has counted. */
static void are_gone(struct __test_metadata *_metadata, struct esp_rig *rig,
		     unsigned int n)
{
	EXPECT_EQ(n, unknown(rig));
	ASSERT_EQ(0, add_in(rig)) TH_LOG("%s", rig->nl.extack);
	EXPECT_FALSE(readable(rig->udp4, 50));
	good_goes_through(_metadata, rig, n + 1);
	EXPECT_EQ(n, unknown(rig));
}

/* What becomes of the packets */

TEST_F(expect, what_came_before_the_sa_is_received_in_order)
{
	struct awtun_nl events;
	struct awtun_sa sa;

	rig_listen(_metadata, &events);
	send_many(_metadata, RIG, 1, PACKETS_MAX);
	EXPECT_FALSE(readable(RIG->udp4, 50));
	ASSERT_EQ(0, add_in(RIG)) TH_LOG("%s", RIG->nl.extack);
	many_arrive(_metadata, RIG, 1, PACKETS_MAX);
	good_goes_through(_metadata, RIG, PACKETS_MAX + 1);
	ASSERT_EQ(0, awtun_sa_get(&RIG->nl, RIG->ifindex, AWTUN_DIR_IN,
				  RIG->in.spi, &sa));
	EXPECT_EQ(PACKETS_MAX + 1, sa.packets);
	EXPECT_EQ(PACKETS_MAX + 1, sa.seq);
	EXPECT_EQ(0, unknown(RIG));
	EXPECT_TRUE(no_event(&events, 0));
	awtun_nl_close(&events);
}

/* Whoever it seems to be from, as for an SA; but our address has to be right. */
TEST_F(expect, the_source_does_not_matter)
{
	__u8 esp[ESP_MAX];
	size_t len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);

	inject_from(_metadata, RIG, &RIG->outer[PEER], &RIG->outer[OURS_TOO], 0,
		    esp, len);
	len = good_esp(RIG, AF_INET, 2, PAYLOAD, esp);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER], &RIG->outer[OURS], 0,
		    esp, len);
	ASSERT_EQ(0, add_in(RIG));
	many_arrive(_metadata, RIG, 2, 2);
}

TEST_F(expect, other_spis_are_as_unknown_as_before)
{
	const __u32 expected = RIG->in.spi;
	struct awtun_notice notice;
	struct awtun_nl events;

	rig_listen(_metadata, &events);
	RIG->in.spi = FREE_SPI;
	send_many(_metadata, RIG, 1, 1);
	event_comes(_metadata, &events, AWTUN_EVENT_UNKNOWN_SPI, &notice);
	EXPECT_EQ(FREE_SPI, notice.spi);
	RIG->in.spi = expected;
	are_gone(_metadata, RIG, 1);
	awtun_nl_close(&events);
}

TEST_F(expect, replays_and_forgeries_are_found_later)
{
	__u8 esp[ESP_MAX];
	struct awtun_sa sa;
	size_t len;

	send_many(_metadata, RIG, 2, 3);
	send_many(_metadata, RIG, 1, 2);
	len = good_esp(RIG, AF_INET, 4, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	inject(_metadata, RIG, esp, len);
	ASSERT_EQ(0, add_in(RIG));
	arrives(_metadata, RIG, AF_INET, 2, PAYLOAD);
	arrives(_metadata, RIG, AF_INET, 3, PAYLOAD);
	many_arrive(_metadata, RIG, 1, 1);
	ASSERT_EQ(0, awtun_sa_get(&RIG->nl, RIG->ifindex, AWTUN_DIR_IN,
				  RIG->in.spi, &sa));
	EXPECT_EQ(1, sa.stat[AWTUN_TUNNEL_STAT_RX_REPLAY]);
	EXPECT_EQ(1, sa.stat[AWTUN_TUNNEL_STAT_RX_AUTH_FAILED]);
	EXPECT_EQ(0, unknown(RIG));
}

/* The port that they came from is still known. */
TEST(what_came_in_udp_moves_the_peer)
{
	struct awtun_notice notice;
	struct awtun_nl events;
	struct awtun_req req;
	struct esp_rig rig;

	open_expecting(_metadata, &rig, &in_udp);
	rig_listen(_metadata, &events);
	rig.peer_port = PEER_PORT + 1;
	send_many(_metadata, &rig, 1, 1);
	rig_req_add(&rig, &req, AWTUN_DIR_IN, &rig.in);
	awtun_put_flag(&req, AWTUN_SA_A_FOLLOW);
	ASSERT_EQ(0, rig_call(&rig, &req));
	many_arrive(_metadata, &rig, 1, 1);
	event_comes(_metadata, &events, AWTUN_EVENT_PEER_MOVED, &notice);
	EXPECT_EQ(PEER_PORT + 1, notice.src_port);
	send_and_check(_metadata, &rig, 1);
	awtun_nl_close(&events);
	rig_close(&rig);
}

/* Whether a packet comes before or after its SA, or in between. */
TEST_F(expect, no_packet_is_lost_while_the_sa_comes)
{
	unsigned int round;
	int status;
	pid_t peer;

	for (round = 0; round < ROUNDS; round++) {
		peer = fork();
		ASSERT_LE(0, peer);
		if (!peer) {
			send_many(_metadata, RIG, 1, PACKETS_MAX);
			_exit(0);
		}
		usleep(round * 20);
		ASSERT_EQ(0, add_in(RIG));
		ASSERT_EQ(peer, waitpid(peer, &status, 0));
		ASSERT_EQ(0, status);
		all_arrive(_metadata, RIG, PACKETS_MAX);
		ASSERT_EQ(0, rig_del_in(RIG));
		make_sa(&RIG->in, self->conf, ++RIG->in.spi);
		ASSERT_EQ(0, expect(RIG, RIG->in.spi));
	}
	EXPECT_EQ(0, unknown(RIG));
}

/* Nothing comes of it */

TEST_F(expect, deleted)
{
	send_many(_metadata, RIG, 1, 3);
	ASSERT_EQ(0, rig_del_in(RIG)) TH_LOG("%s", RIG->nl.extack);
	EXPECT_EQ(3, unknown(RIG));
	EXPECT_EQ(-ENOENT, rig_del_in(RIG));
	EXPECT_STREQ("awtun: the tunnel has no SA of this DIR and SPI",
		     RIG->nl.extack);
	are_gone(_metadata, RIG, 3);
}

TEST_F(expect, flushed)
{
	send_many(_metadata, RIG, 1, 3);
	ASSERT_EQ(0, awtun_sa_flush(&RIG->nl, RIG->ifindex));
	EXPECT_EQ(-ENOENT, rig_del_in(RIG));
	are_gone(_metadata, RIG, 3);
}

TEST_F(expect, the_tunnel_gets_another_address)
{
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_do(&RIG->nl, AWTUN_CMD_SA_DEL, RIG->ifindex,
				 AWTUN_DIR_OUT, RIG->out.spi));
	send_many(_metadata, RIG, 1, 3);
	awtun_req_tunnel_set(&req, RIG->ifindex, mode_of(RIG),
			     RIG->outer[OURS].addr, RIG->outer[PEER].addr);
	awtun_put_u8(&req, AWTUN_TUNNEL_A_TTL, 9);
	ASSERT_EQ(0, rig_call(RIG, &req));
	EXPECT_EQ(0, unknown(RIG));
	awtun_req_tunnel_set(&req, RIG->ifindex, mode_of(RIG),
			     RIG->outer[OURS_TOO].addr, RIG->outer[PEER].addr);
	ASSERT_EQ(0, rig_call(RIG, &req));
	EXPECT_EQ(3, unknown(RIG));
	EXPECT_EQ(-ENOENT, rig_del_in(RIG));
}

/* Then the SPI is free for another tunnel. */
TEST_F(expect, the_tunnel_is_deleted)
{
	send_many(_metadata, RIG, 1, PACKETS_MAX);
	ASSERT_EQ(0, ip_batch("link del tunnel0\n"
			      "link add tunnel1 type tunnel\n"));
	RIG->ifindex = if_nametoindex("tunnel1");
	ASSERT_EQ(0, set_mode(RIG));
	ASSERT_EQ(0, expect(RIG, RIG->in.spi)) TH_LOG("%s", RIG->nl.extack);
	ASSERT_EQ(0, add_in(RIG));
}

/* The end of the process is that of its namespaces. */
TEST_F(expect, the_namespace_is_deleted)
{
	send_many(_metadata, RIG, 1, PACKETS_MAX);
}

TEST_F(expect, the_device_the_route_and_the_socket_do_not_wait)
{
	send_many(_metadata, RIG, 1, 3);
	close(RIG->tun);
	RIG->tun = -1;
	ASSERT_EQ(0, if_nametoindex("under"));
	ASSERT_EQ(0, add_in(RIG));
	many_arrive(_metadata, RIG, 1, 3);
}

TEST(its_time_is_over)
{
	struct esp_rig rig;

	if (!getenv("EXPECT_EXPIRY"))
		SKIP(return, "takes minutes: set EXPECT_EXPIRY");
	open_expecting(_metadata, &rig, &in_udp);
	send_many(_metadata, &rig, 1, 3);
	sleep(SECONDS_MAX - 10);
	EXPECT_EQ(0, unknown(&rig));
	ASSERT_EQ(0, expect(&rig, FREE_SPI));
	sleep(15);
	EXPECT_EQ(-ENOENT, rig_del_in(&rig));
	are_gone(_metadata, &rig, 3);
	/* The other one's is not. */
	EXPECT_EQ(0, awtun_sa_do(&rig.nl, AWTUN_CMD_SA_DEL, rig.ifindex,
				 AWTUN_DIR_IN, FREE_SPI));
	rig_close(&rig);
}

/* How much */

TEST_F(expect, no_more_packets_than_there_may_be)
{
	struct awtun_nl events;

	rig_listen(_metadata, &events);
	send_many(_metadata, RIG, 1, PACKETS_MAX + 2);
	EXPECT_EQ(2, unknown(RIG));
	/* The daemon could do nothing about it. */
	EXPECT_TRUE(no_event(&events, 50));
	ASSERT_EQ(0, add_in(RIG));
	many_arrive(_metadata, RIG, 1, PACKETS_MAX);
	good_goes_through(_metadata, RIG, PACKETS_MAX + 3);
	awtun_nl_close(&events);
}

static void send_jumbo(struct __test_metadata *_metadata, struct esp_rig *rig,
		       __u32 spi)
{
	static __u8 packet[JUMBO + IPV6_HDR], esp[JUMBO];
	size_t len;

	spi = htonl(spi);
	memcpy(esp, &spi, sizeof(spi));
	len = ip_packet(&rig->outer[PEER], &rig->outer[OURS], 0, IPPROTO_ESP,
			esp, sizeof(esp), packet);
	ASSERT_EQ((ssize_t)len, write(rig->tun, packet, len));
}

TEST_F(expect, no_more_octets_than_there_may_be)
{
	unsigned int i, n;

	ASSERT_EQ(0, ip_batch("link set under mtu 9000\n"));
	for (i = 0; i < PACKETS_MAX; i++)
		send_jumbo(_metadata, RIG, RIG->in.spi);
	n = unknown(RIG);
	EXPECT_LT(PACKETS_MAX - 65536 / JUMBO, n);
	EXPECT_GT(PACKETS_MAX, n);
	ASSERT_EQ(0, rig_del_in(RIG));
	EXPECT_EQ(PACKETS_MAX, unknown(RIG));
}

static void fill_tunnel(struct __test_metadata *_metadata, struct esp_rig *rig,
			__u32 first)
{
	__u32 spi;

	for (spi = first; spi < first + TUNNEL_MAX; spi++)
		ASSERT_EQ(0, expect(rig, spi)) TH_LOG("%s", rig->nl.extack);
}

static void is_full(struct __test_metadata *_metadata, struct esp_rig *rig,
		    const char *what)
{
	EXPECT_EQ(-ENOSPC, expect(rig, FREE_SPI));
	EXPECT_STREQ(what, rig->nl.extack);
	EXPECT_EQ(AWTUN_SA_A_IFINDEX, rig->nl.bad_attr);
}

TEST_F(expect, no_more_of_a_tunnel_than_there_may_be)
{
	ASSERT_EQ(0, rig_del_in(RIG));
	fill_tunnel(_metadata, RIG, RIG->in.spi);
	is_full(_metadata, RIG, "awtun: too many expected SAs in this tunnel");
	/* To ask again is to ask for none more. */
	EXPECT_EQ(0, expect(RIG, RIG->in.spi));
	send_many(_metadata, RIG, 1, 3);
	ASSERT_EQ(0, add_in(RIG));
	many_arrive(_metadata, RIG, 1, 3);
	EXPECT_EQ(0, expect(RIG, FREE_SPI)) TH_LOG("%s", RIG->nl.extack);
}

static void add_tunnel(struct __test_metadata *_metadata, struct esp_rig *rig,
		       unsigned int i)
{
	char command[64], name[16];

	snprintf(name, sizeof(name), "tunnel%u", i);
	snprintf(command, sizeof(command), "link add %s type tunnel\n", name);
	ASSERT_EQ(0, ip_batch(command));
	rig->ifindex = if_nametoindex(name);
	ASSERT_EQ(0, set_mode(rig)) TH_LOG("%s", rig->nl.extack);
}

TEST_F(expect, no_more_of_a_namespace_than_there_may_be)
{
	const __u32 first = RIG->ifindex;
	unsigned int i;

	ASSERT_EQ(0, rig_del_in(RIG));
	for (i = 1; i <= NET_MAX / TUNNEL_MAX; i++) {
		add_tunnel(_metadata, RIG, i);
		fill_tunnel(_metadata, RIG, 0x6000 + i * TUNNEL_MAX);
	}
	RIG->ifindex = first;
	is_full(_metadata, RIG,
		"awtun: too many expected SAs in this network namespace");
	ASSERT_EQ(0, ip_batch("link del tunnel1\n"));
	EXPECT_EQ(0, expect(RIG, FREE_SPI)) TH_LOG("%s", RIG->nl.extack);
}

/* 64 KiB for each of two full tunnels would be twice what a namespace has. */
TEST_F(expect, no_more_octets_of_a_namespace_than_there_may_be)
{
	const __u32 spis = RIG->in.spi, first = RIG->ifindex;
	unsigned int i, packet;
	__u64 before;

	ASSERT_EQ(0, ip_batch("link set under mtu 9000\n"));
	ASSERT_EQ(0, rig_del_in(RIG));
	fill_tunnel(_metadata, RIG, spis);
	add_tunnel(_metadata, RIG, 1);
	fill_tunnel(_metadata, RIG, spis + TUNNEL_MAX);
	RIG->ifindex = first;
	send_jumbo(_metadata, RIG, spis);
	EXPECT_EQ(0, unknown(RIG));
	for (i = 2 * TUNNEL_MAX - 1; i > 0; i--)
		for (packet = 0; packet < 65536 / JUMBO; packet++)
			send_jumbo(_metadata, RIG, spis + i);
	before = unknown(RIG);
	send_jumbo(_metadata, RIG, spis);
	EXPECT_EQ(before + 1, unknown(RIG));
	/* What the other tunnel had is free again. */
	ASSERT_EQ(0, ip_batch("link del tunnel1\n"));
	send_jumbo(_metadata, RIG, spis);
	EXPECT_EQ(before + 1, unknown(RIG));
}

/* What cannot be expected */

TEST_F(expect, an_sa_that_is_there)
{
	ASSERT_EQ(0, add_in(RIG));
	EXPECT_EQ(-EEXIST, expect(RIG, RIG->in.spi));
	EXPECT_STREQ("awtun: there is an inbound SA of this SPI",
		     RIG->nl.extack);
	EXPECT_EQ(AWTUN_SA_A_SPI, RIG->nl.bad_attr);
	good_goes_through(_metadata, RIG, 1);
}

TEST_F(expect, an_outbound_sa)
{
	EXPECT_EQ(-EINVAL, awtun_sa_do(&RIG->nl, AWTUN_CMD_SA_EXPECT,
				       RIG->ifindex, AWTUN_DIR_OUT, FREE_SPI));
	EXPECT_STREQ("awtun: DIR must be IN: only inbound SAs can be expected",
		     RIG->nl.extack);
	EXPECT_EQ(AWTUN_SA_A_DIR, RIG->nl.bad_attr);
}

TEST_F(expect, one_of_another_tunnel)
{
	const __u32 first = RIG->ifindex;

	ASSERT_EQ(0, ip_batch("link add tunnel1 type tunnel\n"));
	RIG->ifindex = if_nametoindex("tunnel1");
	EXPECT_EQ(-ENOTCONN, expect(RIG, RIG->in.spi));
	EXPECT_EQ(AWTUN_SA_A_IFINDEX, RIG->nl.bad_attr);
	ASSERT_EQ(0, set_mode(RIG));
	EXPECT_EQ(-EEXIST, expect(RIG, RIG->in.spi));
	EXPECT_STREQ("awtun: another tunnel expects an inbound SA of this SPI",
		     RIG->nl.extack);
	EXPECT_EQ(AWTUN_SA_A_SPI, RIG->nl.bad_attr);
	EXPECT_EQ(-ENOENT, rig_del_in(RIG));
	RIG->ifindex = first;
	send_many(_metadata, RIG, 1, 1);
	ASSERT_EQ(0, add_in(RIG));
	many_arrive(_metadata, RIG, 1, 1);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
