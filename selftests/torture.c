// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hostile network does to packets, for every suite: each octet is
 * damaged, each length cut off, numbers come again, late, and in any order
 * across the edges of windows small and large. Nothing wrong may be delivered
 * and each has to move the one counter that is for it by one.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG	(&self->rig)

FIXTURE(torture) {
	struct esp_rig rig;
};

FIXTURE_VARIANT(torture) {
	struct esp_rig_conf conf;
};

/* Outer family, UDP, ESN: each of them on and off with each kind of suite. */

FIXTURE_VARIANT_ADD(torture, aes128_sha1_ipv4) {
	{ "aes128-sha1", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(torture, aes128_sha256_ipv6_udp) {
	{ "aes128-sha256", AF_INET6, true, false }
};

FIXTURE_VARIANT_ADD(torture, aes128_sha512_ipv4_udp_esn) {
	{ "aes128-sha512", AF_INET, true, true }
};

FIXTURE_VARIANT_ADD(torture, aes128_gcm16_ipv6_esn) {
	{ "aes128-gcm16", AF_INET6, false, true }
};

FIXTURE_VARIANT_ADD(torture, aes128_gcm12_ipv4_udp) {
	{ "aes128-gcm12", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(torture, aes128_gcm8_ipv6_esn) {
	{ "aes128-gcm8", AF_INET6, false, true }
};

FIXTURE_VARIANT_ADD(torture, aes192_sha1_ipv6_udp_esn) {
	{ "aes192-sha1", AF_INET6, true, true }
};

FIXTURE_VARIANT_ADD(torture, aes192_sha256_ipv4_esn) {
	{ "aes192-sha256", AF_INET, false, true }
};

FIXTURE_VARIANT_ADD(torture, aes192_sha512_ipv6) {
	{ "aes192-sha512", AF_INET6, false, false }
};

FIXTURE_VARIANT_ADD(torture, aes192_gcm16_ipv4_udp) {
	{ "aes192-gcm16", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(torture, aes192_gcm12_ipv6_esn) {
	{ "aes192-gcm12", AF_INET6, false, true }
};

FIXTURE_VARIANT_ADD(torture, aes192_gcm8_ipv4_udp) {
	{ "aes192-gcm8", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(torture, aes256_sha1_ipv4) {
	{ "aes256-sha1", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(torture, aes256_sha256_ipv6_esn) {
	{ "aes256-sha256", AF_INET6, false, true }
};

FIXTURE_VARIANT_ADD(torture, aes256_sha512_ipv4_udp) {
	{ "aes256-sha512", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(torture, aes256_gcm16_ipv6_udp_esn) {
	{ "aes256-gcm16", AF_INET6, true, true }
};

FIXTURE_VARIANT_ADD(torture, aes256_gcm12_ipv4_esn) {
	{ "aes256-gcm12", AF_INET, false, true }
};

FIXTURE_VARIANT_ADD(torture, aes256_gcm8_ipv6_udp) {
	{ "aes256-gcm8", AF_INET6, true, false }
};

FIXTURE_VARIANT_ADD(torture, chacha20_poly1305_ipv4_esn) {
	{ "chacha20-poly1305", AF_INET, false, true }
};

FIXTURE_SETUP(torture)
{
	rig_open(_metadata, RIG, &variant->conf);
}

FIXTURE_TEARDOWN(torture)
{
	rig_close(RIG);
}

TEST_F(torture, flipped_bits)
{
	__u8 esp[ESP_MAX];
	struct counts before;
	char what[80];
	size_t len, i;

	/* A number that no flipped bit makes 0 or old. */
	len = good_esp(RIG, AF_INET, 0x02020202, PAYLOAD, esp);
	for (i = 0; i < len; i++) {
		__u8 bit = i >= 4 && i < 8 ? 1 : 1 << i % 8;

		snprintf(what, sizeof(what), "octet %zu", i);
		read_counts(RIG, &before);
		esp[i] ^= bit;
		inject(_metadata, RIG, esp, len);
		esp[i] ^= bit;
		only_dropped(_metadata, RIG, &before,
			     i < 4 ? AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI :
			     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 1, what);
	}
	/* None of them has moved the window. */
	good_goes_through(_metadata, RIG, 1);
	inject(_metadata, RIG, esp, len);
	arrives(_metadata, RIG, AF_INET, 0x02020202, PAYLOAD);
}

TEST_F(torture, truncated_packets)
{
	size_t overhead = ESP_HDR + esp_iv_len(&RIG->in) +
			  RIG->in.suite->icv_len;
	size_t block = esp_block(&RIG->in), len, cut;
	__u8 esp[ESP_MAX];
	struct counts before;
	char what[80];
	unsigned int stat;

	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	for (cut = 0; cut < len; cut++) {
		if (cut < ESP_HDR)
			stat = 0;	/* no SPI: nobody's */
		else if (cut < overhead + block || (cut - overhead) % block)
			stat = AWTUN_TUNNEL_STAT_RX_TRUNCATED;
		else
			stat = AWTUN_TUNNEL_STAT_RX_AUTH_FAILED;
		snprintf(what, sizeof(what), "%zu of %zu octets", cut, len);
		read_counts(RIG, &before);
		inject(_metadata, RIG, esp, cut);
		only_dropped(_metadata, RIG, &before, stat, 1, what);
	}
	inject(_metadata, RIG, esp, len);
	arrives(_metadata, RIG, AF_INET, 1, PAYLOAD);
}

TEST_F(torture, replayed_packets)
{
	__u8 esp[ESP_MAX];
	struct counts before;
	unsigned int i;
	size_t len;

	len = good_esp(RIG, AF_INET, 5, PAYLOAD, esp);
	inject(_metadata, RIG, esp, len);
	arrives(_metadata, RIG, AF_INET, 5, PAYLOAD);
	for (i = 0; i < 3; i++) {
		read_counts(RIG, &before);
		inject(_metadata, RIG, esp, len);
		only_dropped(_metadata, RIG, &before,
			     AWTUN_TUNNEL_STAT_RX_REPLAY, 1, "replay");
		good_goes_through(_metadata, RIG, 6 + i);
	}
}

/* Behind the window. With ESN it is taken for one of the next 2^32. */
static void is_too_old(struct __test_metadata *_metadata, struct esp_rig *rig,
		       __u64 seq, const char *what)
{
	struct counts before;

	read_counts(rig, &before);
	send_good(_metadata, rig, AF_INET, seq, PAYLOAD);
	only_dropped(_metadata, rig, &before, rig->in.esn ?
		     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED :
		     AWTUN_TUNNEL_STAT_RX_REPLAY, 1, what);
}

static void window_edges(struct __test_metadata *_metadata, struct esp_rig *rig,
			 __u32 window)
{
	const __u32 top = 100000;

	ASSERT_EQ(0, rig_renew_in(rig, window));
	good_goes_through(_metadata, rig, top);
	good_goes_through(_metadata, rig, top - 1);
	good_goes_through(_metadata, rig, top - window + 1);
	good_goes_through(_metadata, rig, top - window + 2);
	is_too_old(_metadata, rig, top - window, "one too old");
	is_too_old(_metadata, rig, 1, "much too old");
	is_replay(_metadata, rig, top - window + 1,
		  "the last of the window again");
	/* The window moves by one: what was its last is out of it. */
	good_goes_through(_metadata, rig, top + 1);
	is_too_old(_metadata, rig, top - window + 1, "just out of the window");
	is_replay(_metadata, rig, top - window + 2, "just in the window");
	/* A jump far ahead leaves nothing of the old window. */
	good_goes_through(_metadata, rig, 3 * top);
	good_goes_through(_metadata, rig, 3 * top - window + 1);
	good_goes_through(_metadata, rig, 0xffffffff);
	good_goes_through(_metadata, rig, 0xffffffff - window + 1);
}

TEST_F(torture, window_edges)
{
	static const __u32 windows[] = { 64, 65, 100, 127, 128, 1024, 4096 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(windows); i++)
		window_edges(_metadata, RIG, windows[i]);
}

/* Each number once, far from its neighbours, then each of them again. */
static void any_order(struct __test_metadata *_metadata, struct esp_rig *rig,
		      __u32 window, __u32 step)
{
	const __u32 top = 100000, places = window / step;
	__u32 i;

	ASSERT_EQ(0, rig_renew_in(rig, window));
	good_goes_through(_metadata, rig, top);
	/* 37 has no common divisor with a power of two. */
	for (i = 1; i < places; i++)
		good_goes_through(_metadata, rig,
				  top - i * 37 % places * step);
	for (i = 0; i < places; i++)
		is_replay(_metadata, rig, top - i * step, "seen");
	good_goes_through(_metadata, rig, top + 1);
}

TEST_F(torture, any_order_within_the_window)
{
	any_order(_metadata, RIG, 64, 1);
	any_order(_metadata, RIG, 1024, 16);
	any_order(_metadata, RIG, 4096, 64);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
