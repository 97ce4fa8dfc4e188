// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended sequence numbers, RFC 4303 section 2.2.1: only the lower half is in
 * the packet, the upper half is inferred and authenticated. What matters is
 * where the lower half begins anew, and what an attacker has kept from before.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG		(&self->rig)
#define BOUNDARY	0x100000000ull
#define LEAP		(BOUNDARY / 2)

FIXTURE(esn) {
	struct esp_rig rig;
};

FIXTURE_VARIANT(esn) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(esn, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, false, true }
};

FIXTURE_VARIANT_ADD(esn, aes256_sha256_ipv6) {
	{ "aes256-sha256", AF_INET6, false, true }
};

FIXTURE_VARIANT_ADD(esn, aes128_sha512_ipv4_udp) {
	{ "aes128-sha512", AF_INET, true, true }
};

FIXTURE_VARIANT_ADD(esn, aes128_gcm8_ipv6_udp) {
	{ "aes128-gcm8", AF_INET6, true, true }
};

FIXTURE_SETUP(esn)
{
	rig_open(_metadata, RIG, &variant->conf);
}

FIXTURE_TEARDOWN(esn)
{
	rig_close(RIG);
}

/* Sending */

TEST_F(esn, sender_crosses_the_boundary)
{
	struct awtun_sa sa;
	__u64 seq;

	wait_running(_metadata);
	RIG->out.spi++;
	ASSERT_EQ(0, rig_use_from(RIG, &RIG->out, BOUNDARY - 5));
	for (seq = BOUNDARY - 4; seq < BOUNDARY + 5; seq++)
		send_and_check(_metadata, RIG, seq);
	ASSERT_EQ(0, awtun_sa_get(&RIG->nl, RIG->ifindex, AWTUN_DIR_OUT,
				  RIG->out.spi, &sa));
	EXPECT_EQ(BOUNDARY + 4, sa.seq);
	EXPECT_TRUE(sa.esn);
}

TEST_F(esn, sender_knows_the_whole_upper_half)
{
	static const __u64 numbers[] = {
		1ull << 33, 0xfedcba98ull << 30, (0x7ffffffeull << 32) | 12,
	};
	unsigned int i;

	wait_running(_metadata);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		RIG->out.spi++;
		ASSERT_EQ(0, rig_use_from(RIG, &RIG->out, numbers[i]));
		send_and_check(_metadata, RIG, numbers[i] + 1);
		send_and_check(_metadata, RIG, numbers[i] + 2);
	}
}

/* A nonce of AES-GCM is never used again, a whole lower half later neither. */
TEST_F(esn, ivs_differ_in_the_upper_half)
{
	__u8 data[PAYLOAD] = { 0 }, esp[2][ESP_MAX];
	unsigned int i;

	wait_running(_metadata);
	for (i = 0; i < 2; i++) {
		RIG->out.spi++;
		ASSERT_EQ(0, rig_use_from(RIG, &RIG->out, i * BOUNDARY + 7));
		ASSERT_EQ(PAYLOAD, send_udp(RIG, AF_INET, data, PAYLOAD));
		ASSERT_LT(0, read_esp(_metadata, RIG, esp[i]));
	}
	EXPECT_EQ(0, memcmp(esp[0] + 4, esp[1] + 4, 4));
	EXPECT_NE(0, memcmp(esp[0] + ESP_HDR, esp[1] + ESP_HDR,
			    esp_iv_len(&RIG->out)));
}

/* Receiving */

/* Good, but taken for a packet of another 2^32: the ICV says no. */
static void not_authentic(struct __test_metadata *_metadata,
			  struct esp_rig *rig, __u64 seq, const char *what)
{
	struct counts before;

	read_counts(rig, &before);
	send_good(_metadata, rig, AF_INET, seq, PAYLOAD);
	only_dropped(_metadata, rig, &before,
		     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 1, what);
}

/* No leap may be 2^32 or more. */
static void leap_to(struct __test_metadata *_metadata, struct esp_rig *rig,
		    __u64 from, __u64 to)
{
	while (to - from > LEAP) {
		from += LEAP;
		good_goes_through(_metadata, rig, from);
	}
	good_goes_through(_metadata, rig, to);
}

TEST_F(esn, receiver_crosses_the_boundary)
{
	struct counts after;
	__u64 seq;

	leap_to(_metadata, RIG, 0, BOUNDARY - 5);
	for (seq = BOUNDARY - 4; seq < BOUNDARY + 5; seq++)
		good_goes_through(_metadata, RIG, seq);
	for (seq = BOUNDARY - 5; seq < BOUNDARY + 5; seq++)
		is_replay(_metadata, RIG, seq, "seen");
	read_counts(RIG, &after);
	EXPECT_EQ(BOUNDARY + 4, after.in.seq);
}

/* The window lies on both sides of the boundary. */
static void reorder_around(struct __test_metadata *_metadata,
			   struct esp_rig *rig, __u32 window)
{
	static const int order[] = { 3, -2, 0, -1, 2, -7, 1, 9, -3, 5 };
	unsigned int i;

	ASSERT_EQ(0, rig_renew_in(rig, window));
	leap_to(_metadata, rig, 0, BOUNDARY - 20);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		good_goes_through(_metadata, rig, BOUNDARY + order[i]);
		is_replay(_metadata, rig, BOUNDARY + order[i], "at once again");
	}
	for (i = 0; i < ARRAY_SIZE(order); i++)
		is_replay(_metadata, rig, BOUNDARY + order[i], "again");
	/* The edge: 9 is the top. */
	good_goes_through(_metadata, rig, BOUNDARY + 10 - window);
	not_authentic(_metadata, rig, BOUNDARY + 9 - window, "one too old");
	is_replay(_metadata, rig, BOUNDARY - 20, "the first of them");
	/* Until nothing before the boundary is left in the window. */
	good_goes_through(_metadata, rig, BOUNDARY + window - 1);
	good_goes_through(_metadata, rig, BOUNDARY + 4);
	is_replay(_metadata, rig, BOUNDARY, "the last of the window");
	not_authentic(_metadata, rig, BOUNDARY - 1, "just out of the window");
}

TEST_F(esn, any_order_around_the_boundary)
{
	reorder_around(_metadata, RIG, 64);
	reorder_around(_metadata, RIG, 1024);
	reorder_around(_metadata, RIG, 4096);
}

/* Packets kept from before come again when their lower half is in the window. */
TEST_F(esn, replays_of_the_2_32_before)
{
	__u64 seq;

	for (seq = 1; seq <= 10; seq++)
		good_goes_through(_metadata, RIG, seq);
	leap_to(_metadata, RIG, 10, BOUNDARY - 1);
	good_goes_through(_metadata, RIG, BOUNDARY + 20);
	for (seq = 1; seq <= 10; seq++)
		not_authentic(_metadata, RIG, seq, "in the window");
	leap_to(_metadata, RIG, BOUNDARY + 20, BOUNDARY + 200);
	for (seq = 1; seq <= 10; seq++)
		not_authentic(_metadata, RIG, seq, "behind the window");
	not_authentic(_metadata, RIG, BOUNDARY - 1, "the last before");
	for (seq = 140; seq <= 150; seq++)
		good_goes_through(_metadata, RIG, BOUNDARY + seq);
}

/* Nobody can know of a leap of 2^32 and more; it must not be believed. */
TEST_F(esn, leaps_of_a_whole_lower_half)
{
	struct counts before, after;

	good_goes_through(_metadata, RIG, 1000);
	read_counts(RIG, &before);
	not_authentic(_metadata, RIG, BOUNDARY + 2000, "2^32 ahead");
	not_authentic(_metadata, RIG, 5 * BOUNDARY + 1001, "5 * 2^32 ahead");
	read_counts(RIG, &after);
	EXPECT_EQ(before.in.seq, after.in.seq);
	/* As far as can be, with the lower half before and behind. */
	good_goes_through(_metadata, RIG, BOUNDARY - 1);
	good_goes_through(_metadata, RIG, 2 * BOUNDARY - 1 - WINDOW);
	good_goes_through(_metadata, RIG, 2 * BOUNDARY + 5);
	good_goes_through(_metadata, RIG, 2 * BOUNDARY + 5 - WINDOW + 1);
}

TEST_F(esn, many_times_around)
{
	struct counts after;

	leap_to(_metadata, RIG, 0, 9 * BOUNDARY + 3);
	good_goes_through(_metadata, RIG, 9 * BOUNDARY - 3);
	is_replay(_metadata, RIG, 9 * BOUNDARY + 3, "the top");
	not_authentic(_metadata, RIG, 8 * BOUNDARY + 4, "2^32 before");
	read_counts(RIG, &after);
	EXPECT_EQ(9 * BOUNDARY + 3, after.in.seq);
}

TEST_F(esn, peer_without_them)
{
	struct counts before;

	RIG->in.esn = false;
	read_counts(RIG, &before);
	send_good(_metadata, RIG, AF_INET, 1, PAYLOAD);
	only_dropped(_metadata, RIG, &before,
		     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 1, "no ESN");
	RIG->in.esn = true;
	good_goes_through(_metadata, RIG, 1);
}

TEST_F(esn, peer_with_them_where_we_have_none)
{
	struct counts before;

	RIG->in.esn = false;
	ASSERT_EQ(0, rig_renew_in(RIG, WINDOW));
	RIG->in.esn = true;
	read_counts(RIG, &before);
	send_good(_metadata, RIG, AF_INET, 1, PAYLOAD);
	only_dropped(_metadata, RIG, &before,
		     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 1, "ESN");
	RIG->in.esn = false;
	good_goes_through(_metadata, RIG, 1);
}

/* A walk around the boundary, held against the plainest model there is. */

#define STEPS		600
#define SPAN		1024	/* numbers around the boundary */

struct model {
	bool seen[SPAN];
	int top;		/* index of the highest seen */
};

static __u64 number_of(int index)
{
	return BOUNDARY - SPAN / 2 + index;
}

static void step(struct __test_metadata *_metadata, struct esp_rig *rig,
		 struct model *model, int index)
{
	char what[80];

	snprintf(what, sizeof(what), "2^32 %+d, top 2^32 %+d",
		 index - SPAN / 2, model->top - SPAN / 2);
	if (index <= model->top - WINDOW) {
		not_authentic(_metadata, rig, number_of(index), what);
	} else if (model->seen[index]) {
		is_replay(_metadata, rig, number_of(index), what);
	} else {
		good_goes_through(_metadata, rig, number_of(index));
		model->seen[index] = true;
		if (index > model->top)
			model->top = index;
	}
}

TEST_F(esn, random_walk_over_the_boundary)
{
	struct model model = { .top = SPAN / 4 };
	__u32 x = 1;
	int i;

	leap_to(_metadata, RIG, 0, number_of(model.top));
	model.seen[model.top] = true;
	for (i = 0; i < STEPS; i++) {
		int index;

		x = x * 1664525u + 1013904223u;
		/* As far back as one and a half windows, some ahead. */
		index = model.top + 12 - (int)((x >> 16) % (WINDOW * 3 / 2));
		if (index < SPAN)
			step(_metadata, RIG, &model, index);
	}
	EXPECT_LT(SPAN / 2 + WINDOW, model.top);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
