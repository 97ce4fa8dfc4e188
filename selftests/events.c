// SPDX-License-Identifier: GPL-2.0-only
/*
 * What packets give cause to tell: one event of a kind and a tunnel a second at
 * most, and no packet is missing from their counts.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG		(&self->rig)
#define NS_PER_S	1000000000ll
/* The kernel's second, in the units of its clock, begins before ours. */
#define INTERVAL_NS	(9 * NS_PER_S / 10)
#define BURST		20

FIXTURE(events) {
	struct esp_rig rig;
	struct awtun_nl events;
	long long begin;
};

FIXTURE_VARIANT(events) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(events, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(events, aes128_sha1_ipv6_udp) {
	{ "aes128-sha1", AF_INET6, true, false }
};

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

FIXTURE_SETUP(events)
{
	rig_open(_metadata, RIG, &variant->conf);
	wait_running(_metadata);
	rig_listen(_metadata, &self->events);
	self->begin = now_ns();
}

FIXTURE_TEARDOWN(events)
{
	awtun_nl_close(&self->events);
	rig_close(RIG);
}

static bool same_end(const struct awtun_addr *addr, const struct ip_end *end)
{
	unsigned int len = end->family == AF_INET ? 4 : 16;

	return addr->len == len && !memcmp(addr->octets, end->addr, len);
}

/*
 * Reads events until they account for @packets, no more than one a second
 * since @self->begin, before the first of them; a late reader sees them late,
 * never early. @last gets the last of them.
 */
static void account_for(struct __test_metadata *_metadata,
			struct _test_data_events *self, __u32 event,
			__u64 packets, struct awtun_notice *last)
{
	long long events = 0;
	__u64 sum = 0;

	while (sum < packets) {
		event_comes(_metadata, &self->events, event, last);
		EXPECT_LE(events * INTERVAL_NS, now_ns() - self->begin);
		events++;
		EXPECT_TRUE(last->of_tunnel);
		EXPECT_EQ(RIG->ifindex, last->tunnel.ifindex);
		ASSERT_NE(0, last->count);
		sum += last->count;
	}
	EXPECT_EQ(packets, sum);
	EXPECT_TRUE(no_event(&self->events, 1200));
	self->begin = now_ns();
}

/* Packets and no SA */

static void without_sa(struct __test_metadata *_metadata, struct esp_rig *rig)
{
	ASSERT_EQ(0, awtun_sa_do(&rig->nl, AWTUN_CMD_SA_DEL, rig->ifindex,
				 AWTUN_DIR_OUT, rig->out.spi));
}

static void check_acquire(struct __test_metadata *_metadata,
			  const struct awtun_notice *notice,
			  const struct ip_end *ends)
{
	EXPECT_TRUE(same_end(&notice->src, &ends[OURS]));
	EXPECT_TRUE(same_end(&notice->dst, &ends[PEER]));
	EXPECT_EQ(IPPROTO_UDP, notice->protocol);
	EXPECT_EQ(0, notice->spi);
	EXPECT_EQ(0, notice->src_port);
}

TEST_F(events, a_packet_asks_for_an_sa)
{
	__u8 data[PAYLOAD] = { 0 };
	struct awtun_notice notice;
	struct counts before;

	without_sa(_metadata, RIG);
	read_counts(RIG, &before);
	ASSERT_EQ(PAYLOAD, send_udp(RIG, AF_INET, data, PAYLOAD));
	account_for(_metadata, self, AWTUN_EVENT_ACQUIRE, 1, &notice);
	check_acquire(_metadata, &notice, RIG->inner4);
	ASSERT_EQ(PAYLOAD, send_udp(RIG, AF_INET6, data, PAYLOAD));
	account_for(_metadata, self, AWTUN_EVENT_ACQUIRE, 1, &notice);
	check_acquire(_metadata, &notice, RIG->inner6);
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_TX_NO_SA, 2,
		     "no SA");
}

TEST_F(events, many_packets_ask_once_a_second)
{
	__u8 data[PAYLOAD] = { 0 };
	struct awtun_notice notice;
	unsigned int i;

	without_sa(_metadata, RIG);
	for (i = 0; i < BURST; i++)
		send_udp(RIG, AF_INET, data, PAYLOAD);
	ASSERT_EQ(PAYLOAD, send_udp(RIG, AF_INET6, data, PAYLOAD));
	account_for(_metadata, self, AWTUN_EVENT_ACQUIRE, BURST + 1, &notice);
	check_acquire(_metadata, &notice, RIG->inner6);
}

/* An SA that is there but not active is none. */
TEST_F(events, inactive_sas_do_not_count)
{
	__u8 data[PAYLOAD] = { 0 };
	struct awtun_notice notice;
	struct awtun_req req;

	without_sa(_metadata, RIG);
	rig_req_add(RIG, &req, AWTUN_DIR_OUT, &RIG->out);
	ASSERT_EQ(0, rig_call(RIG, &req));
	send_udp(RIG, AF_INET, data, PAYLOAD);
	account_for(_metadata, self, AWTUN_EVENT_ACQUIRE, 1, &notice);
	ASSERT_EQ(0, rig_activate(RIG, RIG->out.spi));
	wait_running(_metadata);
	send_and_check(_metadata, RIG, 1);
	EXPECT_TRUE(no_event(&self->events, 100));
}

/* Packets of an SA that is not there */

static void check_source(struct __test_metadata *_metadata,
			 const struct esp_rig *rig,
			 const struct awtun_notice *notice, __u32 spi)
{
	EXPECT_EQ(spi, notice->spi);
	EXPECT_TRUE(same_end(&notice->src, &rig->outer[PEER]));
	EXPECT_EQ(rig->encap ? rig->peer_port : 0, notice->src_port);
	EXPECT_EQ(0, notice->dst.len);
}

static void send_unknown(struct __test_metadata *_metadata,
			 struct esp_rig *rig, __u32 spi)
{
	struct esp_sa known = rig->in;

	rig->in.spi = spi;
	send_good(_metadata, rig, AF_INET, 1, PAYLOAD);
	rig->in = known;
}

TEST_F(events, unknown_spis_are_told)
{
	struct awtun_notice notice;
	struct counts before;
	unsigned int i;

	read_counts(RIG, &before);
	for (i = 0; i < BURST; i++)
		send_unknown(_metadata, RIG, 0x9000 + i);
	account_for(_metadata, self, AWTUN_EVENT_UNKNOWN_SPI, BURST, &notice);
	check_source(_metadata, RIG, &notice, 0x9000 + BURST - 1);
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI,
		     BURST, "unknown SPIs");
}

TEST_F(events, strangers_are_not_told_of)
{
	struct esp_sa other = RIG->in;
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	size_t len;

	other.spi = 0x9000;
	len = inner_packet(RIG, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&other, plain, len, NH_IPV4);
	len = esp_seal(&other, 1, plain, len, esp);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER], &RIG->outer[OURS], 0,
		    esp, len);
	EXPECT_TRUE(no_event(&self->events, 200));
}

/* Packets that are not authentic */

TEST_F(events, forgeries_are_told)
{
	struct awtun_notice notice;
	struct counts before;
	__u8 esp[ESP_MAX];
	unsigned int i;
	size_t len;

	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	read_counts(RIG, &before);
	for (i = 0; i < BURST; i++)
		inject(_metadata, RIG, esp, len);
	account_for(_metadata, self, AWTUN_EVENT_AUTH_FAILED, BURST, &notice);
	check_source(_metadata, RIG, &notice, IN_SPI);
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_RX_AUTH_FAILED,
		     BURST, "forgeries");
}

/* They go on for seconds: one event each, and none is missing. */
TEST_F(events, a_flood_is_told_once_a_second)
{
	long long begin = now_ns();
	struct awtun_notice notice;
	__u8 esp[ESP_MAX];
	__u64 sent = 0, sum;
	unsigned int told = 0;
	size_t len;

	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	while (now_ns() - begin < 3 * NS_PER_S) {
		inject(_metadata, RIG, esp, len);
		sent++;
		pause_ms(1);
	}
	EXPECT_LT(100, sent);
	/* What has come meanwhile is in the socket's buffer, without delay. */
	for (sum = 0; sum < sent; sum += notice.count) {
		event_comes(_metadata, &self->events, AWTUN_EVENT_AUTH_FAILED,
			    &notice);
		ASSERT_NE(0, notice.count);
		ASSERT_GE(sent - sum, notice.count);
		told++;
	}
	EXPECT_LE(3, told);
	EXPECT_GE(5, told);
	EXPECT_TRUE(no_event(&self->events, 1200));
}

/* A kind has its own second. */
TEST_F(events, kinds_do_not_wait_for_each_other)
{
	struct awtun_notice notice;
	bool failed = false, unknown = false;
	long long begin = now_ns();
	__u8 esp[ESP_MAX];
	unsigned int i;
	size_t len;

	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	inject(_metadata, RIG, esp, len);
	send_unknown(_metadata, RIG, 0x9000);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, awtun_next_event(&self->events, WAIT_MS, &notice));
		failed |= notice.event == AWTUN_EVENT_AUTH_FAILED;
		unknown |= notice.event == AWTUN_EVENT_UNKNOWN_SPI;
	}
	EXPECT_TRUE(failed);
	EXPECT_TRUE(unknown);
	EXPECT_GT(INTERVAL_NS, now_ns() - begin);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
