// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lifetimes of SAs: seconds, octets and packets, soft and hard, in both
 * directions. The soft limit is told once, at the hard one it stops at once,
 * and that is told as well, each with its cause.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG	(&self->rig)
#define INNER	(IPV4_HDR + UDP_HDR + PAYLOAD)	/* octets of a datagram */

FIXTURE(expiry) {
	struct esp_rig rig;
	struct awtun_nl events;
};

FIXTURE_VARIANT(expiry) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(expiry, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(expiry, aes128_sha256_ipv6_udp_esn) {
	{ "aes128-sha256", AF_INET6, true, true }
};

FIXTURE_SETUP(expiry)
{
	rig_open(_metadata, RIG, &variant->conf);
	wait_running(_metadata);
	rig_listen(_metadata, &self->events);
}

FIXTURE_TEARDOWN(expiry)
{
	awtun_nl_close(&self->events);
	rig_close(RIG);
}

struct limit {
	__u16 soft;
	__u16 hard;
	__u32 cause;
};

static const struct limit seconds = {
	AWTUN_SA_A_SOFT_SECONDS, AWTUN_SA_A_HARD_SECONDS, AWTUN_EXPIRY_SECONDS,
};

static const struct limit octets = {
	AWTUN_SA_A_SOFT_BYTES, AWTUN_SA_A_HARD_BYTES, AWTUN_EXPIRY_BYTES,
};

static const struct limit packets = {
	AWTUN_SA_A_SOFT_PACKETS, AWTUN_SA_A_HARD_PACKETS, AWTUN_EXPIRY_PACKETS,
};

/* The outbound SA in use, or the only inbound one, with limits; 0: none. */
static void limited_sa(struct __test_metadata *_metadata, struct esp_rig *rig,
		       __u32 dir, const struct limit *limit, __u64 soft,
		       __u64 hard)
{
	struct esp_sa *sa = dir == AWTUN_DIR_OUT ? &rig->out : &rig->in;
	struct awtun_req req;

	if (dir == AWTUN_DIR_IN)
		ASSERT_EQ(0, rig_del_in(rig));
	sa->spi++;
	rig_req_add(rig, &req, dir, sa);
	if (soft)
		awtun_put_u64(&req, limit->soft, soft);
	if (hard)
		awtun_put_u64(&req, limit->hard, hard);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
	if (dir == AWTUN_DIR_OUT)
		ASSERT_EQ(0, rig_activate(rig, sa->spi));
	wait_running(_metadata);
}

static bool has_expired(struct esp_rig *rig, __u32 dir)
{
	struct awtun_sa sa;

	return !awtun_sa_get(&rig->nl, rig->ifindex, dir,
			     dir == AWTUN_DIR_OUT ? rig->out.spi : rig->in.spi,
			     &sa) && sa.expired;
}

/* Nothing is sent any more, and each packet is counted. */
static void sends_no_more(struct __test_metadata *_metadata,
			  struct esp_rig *rig)
{
	__u8 data[PAYLOAD] = { 0 };
	struct counts before;
	unsigned int i;

	EXPECT_TRUE(has_expired(rig, AWTUN_DIR_OUT));
	EXPECT_EQ(-EKEYEXPIRED, rig_activate(rig, rig->out.spi));
	read_counts(rig, &before);
	for (i = 0; i < 3; i++)
		send_udp(rig, AF_INET, data, sizeof(data));
	only_dropped(_metadata, rig, &before, AWTUN_TUNNEL_STAT_TX_EXPIRED, 3,
		     "sending");
}

/* The next one is new to the replay window, and dropped all the same. */
static void receives_no_more(struct __test_metadata *_metadata,
			     struct esp_rig *rig, __u64 seq)
{
	struct counts before;
	unsigned int i;

	EXPECT_TRUE(has_expired(rig, AWTUN_DIR_IN));
	read_counts(rig, &before);
	for (i = 0; i < 3; i++)
		send_good(_metadata, rig, AF_INET, seq + i, PAYLOAD);
	only_dropped(_metadata, rig, &before, AWTUN_TUNNEL_STAT_RX_EXPIRED, 3,
		     "receiving");
}

static void one_more(struct __test_metadata *_metadata, struct esp_rig *rig,
		     __u32 dir, __u64 seq)
{
	if (dir == AWTUN_DIR_OUT) {
		send_and_check(_metadata, rig, seq);
	} else {
		send_good(_metadata, rig, AF_INET, seq, PAYLOAD);
		arrives(_metadata, rig, AF_INET, seq, PAYLOAD);
	}
}

static void is_told(struct __test_metadata *_metadata, struct esp_rig *rig,
		    struct awtun_nl *events, __u32 dir, __u32 event,
		    __u32 cause)
{
	sa_event_comes(_metadata, rig, events, event, dir == AWTUN_DIR_OUT ?
		       rig->out.spi : rig->in.spi, cause);
}

/* Soft with the third packet, hard with the fifth: that still goes through. */
static void counted_limits(struct __test_metadata *_metadata,
			   struct _test_data_expiry *self, __u32 dir,
			   const struct limit *limit, __u64 unit)
{
	__u64 seq;

	limited_sa(_metadata, RIG, dir, limit, 3 * unit, 5 * unit);
	for (seq = 1; seq <= 5; seq++) {
		EXPECT_TRUE(no_event(&self->events, seq == 3 ? 50 : 0));
		EXPECT_FALSE(has_expired(RIG, dir));
		one_more(_metadata, RIG, dir, seq);
		if (seq == 3)
			is_told(_metadata, RIG, &self->events, dir,
				AWTUN_EVENT_SA_SOFT, limit->cause);
	}
	is_told(_metadata, RIG, &self->events, dir, AWTUN_EVENT_SA_HARD,
		limit->cause);
	if (dir == AWTUN_DIR_OUT)
		sends_no_more(_metadata, RIG);
	else
		receives_no_more(_metadata, RIG, seq);
	EXPECT_TRUE(no_event(&self->events, 100));
}

TEST_F(expiry, packets_sent)
{
	counted_limits(_metadata, self, AWTUN_DIR_OUT, &packets, 1);
}

TEST_F(expiry, packets_received)
{
	counted_limits(_metadata, self, AWTUN_DIR_IN, &packets, 1);
}

TEST_F(expiry, octets_sent)
{
	counted_limits(_metadata, self, AWTUN_DIR_OUT, &octets, INNER);
}

TEST_F(expiry, octets_received)
{
	counted_limits(_metadata, self, AWTUN_DIR_IN, &octets, INNER);
}

/* A packet that would go past the limit does not go, whatever is left of it. */
TEST_F(expiry, octets_that_do_not_fit)
{
	__u8 data[PAYLOAD] = { 0 };
	struct counts before;

	limited_sa(_metadata, RIG, AWTUN_DIR_OUT, &octets, 0, 2 * INNER - 1);
	send_and_check(_metadata, RIG, 1);
	EXPECT_TRUE(no_event(&self->events, 50));
	read_counts(RIG, &before);
	send_udp(RIG, AF_INET, data, sizeof(data));
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_TX_EXPIRED, 1,
		     "past the limit");
	is_told(_metadata, RIG, &self->events, AWTUN_DIR_OUT,
		AWTUN_EVENT_SA_HARD, AWTUN_EXPIRY_BYTES);
	sends_no_more(_metadata, RIG);
}

/* What is not authentic or not new does not age an SA. */
TEST_F(expiry, bad_packets_do_not_count)
{
	struct counts before;
	__u8 esp[ESP_MAX];
	unsigned int i;
	size_t len;

	limited_sa(_metadata, RIG, AWTUN_DIR_IN, &packets, 0, 3);
	one_more(_metadata, RIG, AWTUN_DIR_IN, 1);
	len = good_esp(RIG, AF_INET, 2, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	read_counts(RIG, &before);
	for (i = 0; i < 5; i++)
		inject(_metadata, RIG, esp, len);
	only_dropped(_metadata, RIG, &before,
		     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 5, "forged");
	for (i = 0; i < 5; i++)
		is_replay(_metadata, RIG, 1, "again");
	one_more(_metadata, RIG, AWTUN_DIR_IN, 2);
	EXPECT_FALSE(has_expired(RIG, AWTUN_DIR_IN));
	one_more(_metadata, RIG, AWTUN_DIR_IN, 3);
	receives_no_more(_metadata, RIG, 4);
}

static void seconds_limits(struct __test_metadata *_metadata,
			   struct _test_data_expiry *self, __u32 dir)
{
	struct awtun_sa sa;

	limited_sa(_metadata, RIG, dir, &seconds, 1, 3);
	one_more(_metadata, RIG, dir, 1);
	is_told(_metadata, RIG, &self->events, dir, AWTUN_EVENT_SA_SOFT,
		AWTUN_EXPIRY_SECONDS);
	EXPECT_FALSE(has_expired(RIG, dir));
	one_more(_metadata, RIG, dir, 2);
	is_told(_metadata, RIG, &self->events, dir, AWTUN_EVENT_SA_HARD,
		AWTUN_EXPIRY_SECONDS);
	ASSERT_EQ(0, awtun_sa_get(&RIG->nl, RIG->ifindex, dir,
				  dir == AWTUN_DIR_OUT ? RIG->out.spi :
				  RIG->in.spi, &sa));
	EXPECT_LE(3, sa.age);
	EXPECT_GE(10, sa.age);
	if (dir == AWTUN_DIR_OUT)
		sends_no_more(_metadata, RIG);
	else
		receives_no_more(_metadata, RIG, 3);
}

TEST_F(expiry, seconds_of_an_outbound_sa)
{
	seconds_limits(_metadata, self, AWTUN_DIR_OUT);
}

TEST_F(expiry, seconds_of_an_inbound_sa)
{
	seconds_limits(_metadata, self, AWTUN_DIR_IN);
}

/* The first limit that is met is the one that counts. */
TEST_F(expiry, several_limits)
{
	struct awtun_req req;

	RIG->out.spi++;
	rig_req_add(RIG, &req, AWTUN_DIR_OUT, &RIG->out);
	awtun_put_u64(&req, AWTUN_SA_A_SOFT_PACKETS, 2);
	awtun_put_u64(&req, AWTUN_SA_A_SOFT_BYTES, 3 * INNER);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_BYTES, 4 * INNER);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_PACKETS, 100);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_SECONDS, 3600);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	ASSERT_EQ(0, rig_activate(RIG, RIG->out.spi));
	send_and_check(_metadata, RIG, 1);
	send_and_check(_metadata, RIG, 2);
	is_told(_metadata, RIG, &self->events, AWTUN_DIR_OUT,
		AWTUN_EVENT_SA_SOFT, AWTUN_EXPIRY_PACKETS);
	send_and_check(_metadata, RIG, 3);
	send_and_check(_metadata, RIG, 4);
	is_told(_metadata, RIG, &self->events, AWTUN_DIR_OUT,
		AWTUN_EVENT_SA_HARD, AWTUN_EXPIRY_BYTES);
	sends_no_more(_metadata, RIG);
	EXPECT_TRUE(no_event(&self->events, 100));
}

/* The next SA is there: it carries on where the old one stopped. */
TEST_F(expiry, another_sa_carries_on)
{
	limited_sa(_metadata, RIG, AWTUN_DIR_OUT, &packets, 0, 1);
	send_and_check(_metadata, RIG, 1);
	is_told(_metadata, RIG, &self->events, AWTUN_DIR_OUT,
		AWTUN_EVENT_SA_HARD, AWTUN_EXPIRY_PACKETS);
	sends_no_more(_metadata, RIG);
	limited_sa(_metadata, RIG, AWTUN_DIR_OUT, &packets, 0, 0);
	send_and_check(_metadata, RIG, 1);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
