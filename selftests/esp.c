// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ESP of a tunnel against an independent one, good packets and bad.
 *
 * The underlay is a TUN device: what is written to it arrives, what the tunnel
 * sends is read from it. Each bad packet has to move the one counter that is
 * for it by one, no other, and deliver nothing; a good one has to be delivered
 * after it.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG	(&self->rig)

FIXTURE(esp) {
	struct esp_rig rig;
};

FIXTURE_VARIANT(esp) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(esp, aes256_sha256_ipv4) {
	{ "aes256-sha256", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(esp, aes256_gcm16_ipv6) {
	{ "aes256-gcm16", AF_INET6, false, false }
};

FIXTURE_VARIANT_ADD(esp, aes192_gcm8_ipv4_udp) {
	{ "aes192-gcm8", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(esp, aes128_sha1_ipv6_udp_esn) {
	{ "aes128-sha1", AF_INET6, true, true }
};

FIXTURE_SETUP(esp)
{
	rig_open(_metadata, RIG, &variant->conf);
}

FIXTURE_TEARDOWN(esp)
{
	rig_close(RIG);
}

/* Good packets */

TEST_F(esp, good_packets_are_delivered)
{
	struct counts before, after;
	__u64 octets = 0;
	__u32 seq = 0;
	size_t payload;

	read_counts(RIG, &before);
	for (payload = 0; payload <= 1300; payload += 25) {
		send_good(_metadata, RIG, AF_INET, ++seq, payload);
		arrives(_metadata, RIG, AF_INET, seq, payload);
		send_good(_metadata, RIG, AF_INET6, ++seq, payload);
		arrives(_metadata, RIG, AF_INET6, seq, payload);
		octets += 2 * payload + 2 * UDP_HDR + IPV4_HDR + IPV6_HDR;
	}
	read_counts(RIG, &after);
	EXPECT_EQ(seq, after.in.seq);
	EXPECT_EQ(seq, after.in.packets);
	EXPECT_EQ(octets, after.in.bytes);
	EXPECT_EQ(before.delivered + seq, after.delivered);
	EXPECT_EQ(0, memcmp(before.stat, after.stat, sizeof(after.stat)));
	compare_sa(_metadata, &before.in, &after.in, "good packets");
}

TEST_F(esp, any_legal_pad_is_taken)
{
	__u8 plain[ESP_MAX];
	unsigned int pad;
	__u32 seq = 0;
	size_t inner, len;

	for (pad = 0; pad <= 255; pad++) {
		inner = inner_packet(RIG, AF_INET, 0, PAYLOAD, seq + 1, plain);
		if ((inner + pad + 2) % esp_block(&RIG->in))
			continue;
		len = esp_trailer_pad(plain, inner, pad, NH_IPV4);
		send_plain(_metadata, RIG, ++seq, plain, len);
		arrives(_metadata, RIG, AF_INET, seq, PAYLOAD);
	}
	EXPECT_LT(10, seq);
}

/* What is authentic and new shows that the peer lives; nothing else does. */
TEST_F(esp, the_last_authentic_packet_is_told)
{
	struct counts counts;
	__u8 esp[ESP_MAX];
	__u64 first;
	size_t len;

	read_counts(RIG, &counts);
	EXPECT_FALSE(counts.in.was_heard);
	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	inject(_metadata, RIG, esp, len);
	only_dropped(_metadata, RIG, &counts, AWTUN_TUNNEL_STAT_RX_AUTH_FAILED,
		     1, "forged");
	read_counts(RIG, &counts);
	EXPECT_FALSE(counts.in.was_heard);

	good_goes_through(_metadata, RIG, 1);
	read_counts(RIG, &counts);
	ASSERT_TRUE(counts.in.was_heard);
	first = counts.in.heard;
	EXPECT_GE(10000, first);
	/* Time goes on, and a replay does not bring it back. */
	do {
		is_replay(_metadata, RIG, 1, "the same again");
		read_counts(RIG, &counts);
	} while (counts.in.heard < first + 200);
	good_goes_through(_metadata, RIG, 2);
	read_counts(RIG, &counts);
	EXPECT_GT(first + 200, counts.in.heard);
}

/* RFC 4303 section 2.7: octets between the inner packet and the pad. */
TEST_F(esp, traffic_flow_padding_is_cut_off)
{
	__u8 plain[ESP_MAX];
	unsigned int extra;
	__u32 seq = 0;
	size_t len;

	for (extra = 1; extra <= 200; extra += 33) {
		int family = ++seq % 2 ? AF_INET : AF_INET6;

		len = inner_packet(RIG, family, 0, PAYLOAD, seq, plain);
		memset(plain + len, 0xa5, extra);
		len = esp_trailer(&RIG->in, plain, len + extra,
				  family == AF_INET ? NH_IPV4 : NH_IPV6);
		send_plain(_metadata, RIG, seq, plain, len);
		arrives(_metadata, RIG, family, seq, PAYLOAD);
	}
}

/* A dummy packet: dropped, but nothing is wrong with it. */
TEST_F(esp, dummy_packets_are_dropped_silently)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t len;

	read_counts(RIG, &before);
	memset(plain, 0x5a, 100);
	len = esp_trailer(&RIG->in, plain, 100, NH_NONE);
	send_plain(_metadata, RIG, 1, plain, len);
	only_dropped(_metadata, RIG, &before, 0, 0, "dummy");
	/* It was authentic: its number is used up. */
	is_replay(_metadata, RIG, 1, "the number of a dummy again");
	good_goes_through(_metadata, RIG, 2);
}

TEST_F(esp, outer_fragments_are_put_together)
{
	__u8 esp[ESP_MAX], packet[ESP_MAX + IPV6_HDR], part[ESP_MAX];
	size_t total, first = 256, rest;

	if (variant->conf.outer == AF_INET6)
		return;
	total = good_esp(RIG, AF_INET, 1, 1000, esp);
	total = wrap(RIG, &RIG->outer[PEER], &RIG->outer[OURS], 0, esp, total,
		     packet);
	/* The second one first: order is not promised. */
	rest = total - IPV4_HDR - first;
	memcpy(part, packet, IPV4_HDR);
	memcpy(part + IPV4_HDR, packet + IPV4_HDR + first, rest);
	part[2] = (IPV4_HDR + rest) >> 8;
	part[3] = IPV4_HDR + rest;
	part[6] = first / 8 >> 8;
	part[7] = first / 8;
	ipv4_checksum(part);
	ASSERT_EQ((ssize_t)(IPV4_HDR + rest),
		  write(RIG->tun, part, IPV4_HDR + rest));
	packet[2] = (IPV4_HDR + first) >> 8;
	packet[3] = (__u8)(IPV4_HDR + first);
	packet[6] = 0x20;
	ipv4_checksum(packet);
	ASSERT_EQ((ssize_t)(IPV4_HDR + first),
		  write(RIG->tun, packet, IPV4_HDR + first));
	arrives(_metadata, RIG, AF_INET, 1, 1000);
}

/* Bad packets */

TEST_F(esp, sequence_number_zero)
{
	is_replay(_metadata, RIG, 0, "first");
	good_goes_through(_metadata, RIG, 1);
	is_replay(_metadata, RIG, 0, "later");
	good_goes_through(_metadata, RIG, 2);
}

TEST_F(esp, bad_pads)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t inner, len, i;
	__u32 seq = 0;
	char what[80];

	/* Every octet of a pad wrong, in turn. */
	inner = inner_packet(RIG, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&RIG->in, plain, inner, NH_IPV4);
	len = esp_trailer_pad(plain, inner, len - inner - 2 + 32, NH_IPV4);
	for (i = inner; i < len - 2; i++) {
		snprintf(what, sizeof(what), "pad octet %zu", i - inner);
		read_counts(RIG, &before);
		plain[i] ^= 0x40;
		send_plain(_metadata, RIG, ++seq, plain, len);
		plain[i] ^= 0x40;
		only_dropped(_metadata, RIG, &before,
			     AWTUN_TUNNEL_STAT_RX_BAD_PAD, 1, what);
	}
	/* A pad longer than what there is. */
	for (i = len - 1; i < 256; i += 17) {
		snprintf(what, sizeof(what), "pad length %zu of %zu", i, len);
		plain[len - 2] = i;
		read_counts(RIG, &before);
		send_plain(_metadata, RIG, ++seq, plain, len);
		only_dropped(_metadata, RIG, &before,
			     AWTUN_TUNNEL_STAT_RX_BAD_PAD, 1, what);
	}
	good_goes_through(_metadata, RIG, ++seq);
}

TEST_F(esp, bad_next_headers)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	__u32 seq = 0;
	unsigned int nh;
	char what[80];
	size_t len;

	for (nh = 0; nh < 256; nh++) {
		if (nh == NH_IPV4 || nh == NH_IPV6 || nh == NH_NONE)
			continue;
		snprintf(what, sizeof(what), "next header %u", nh);
		len = inner_packet(RIG, AF_INET, 0, PAYLOAD, seq, plain);
		len = esp_trailer(&RIG->in, plain, len, nh);
		read_counts(RIG, &before);
		send_plain(_metadata, RIG, ++seq, plain, len);
		only_dropped(_metadata, RIG, &before,
			     AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER, 1, what);
	}
	good_goes_through(_metadata, RIG, ++seq);
}

/* An inner packet with one octet of its header replaced. */
static void bad_inner(struct __test_metadata *_metadata, struct esp_rig *rig,
		      int family, size_t at, __u8 value, __u32 seq)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	char what[80];
	size_t len;

	snprintf(what, sizeof(what), "IPv%d, octet %zu = 0x%02x",
		 family == AF_INET ? 4 : 6, at, value);
	len = inner_packet(rig, family, 0, PAYLOAD, 0, plain);
	plain[at] = value;
	if (family == AF_INET)
		ipv4_checksum(plain);
	len = esp_trailer(&rig->in, plain, len,
			  family == AF_INET ? NH_IPV4 : NH_IPV6);
	read_counts(rig, &before);
	send_plain(_metadata, rig, seq, plain, len);
	only_dropped(_metadata, rig, &before,
		     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, what);
}

TEST_F(esp, malformed_inner_headers)
{
	static const struct {
		int family;
		size_t at;
		__u8 value;
	} bad[] = {
		{ AF_INET, 0, 0x65 },	/* version */
		{ AF_INET, 0, 0x05 },
		{ AF_INET, 0, 0xf5 },
		{ AF_INET, 0, 0x44 },	/* header length */
		{ AF_INET, 0, 0x40 },
		{ AF_INET, 3, 200 },	/* longer than there is */
		{ AF_INET, 2, 0xff },
		{ AF_INET, 3, 19 },	/* shorter than its header */
		{ AF_INET, 3, 0 },
		{ AF_INET6, 0, 0x45 },	/* version */
		{ AF_INET6, 0, 0x00 },
		{ AF_INET6, 0, 0xf0 },
		{ AF_INET6, 5, 200 },	/* longer than there is */
		{ AF_INET6, 4, 0xff },
	};
	__u32 seq = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad_inner(_metadata, RIG, bad[i].family, bad[i].at,
			  bad[i].value, ++seq);
	good_goes_through(_metadata, RIG, ++seq);
	good_goes_through(_metadata, RIG, ++seq);
}

TEST_F(esp, family_and_next_header_disagree)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t len;

	len = inner_packet(RIG, AF_INET6, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&RIG->in, plain, len, NH_IPV4);
	read_counts(RIG, &before);
	send_plain(_metadata, RIG, 1, plain, len);
	only_dropped(_metadata, RIG, &before,
		     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, "IPv6 as IPv4");
	len = inner_packet(RIG, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&RIG->in, plain, len, NH_IPV6);
	read_counts(RIG, &before);
	send_plain(_metadata, RIG, 2, plain, len);
	only_dropped(_metadata, RIG, &before,
		     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, "IPv4 as IPv6");
	good_goes_through(_metadata, RIG, 3);
}

TEST_F(esp, inner_packets_too_short_for_a_header)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	__u32 seq = 0;
	char what[80];
	size_t cut, len;
	int family;

	for (family = AF_INET; family; family = family == AF_INET ?
						AF_INET6 : 0) {
		for (cut = 0; cut < (family == AF_INET ? IPV4_HDR : IPV6_HDR);
		     cut++) {
			snprintf(what, sizeof(what), "%zu octets", cut);
			inner_packet(RIG, family, 0, PAYLOAD, 0, plain);
			len = esp_trailer(&RIG->in, plain, cut,
					  family == AF_INET ? NH_IPV4 :
					  NH_IPV6);
			read_counts(RIG, &before);
			send_plain(_metadata, RIG, ++seq, plain, len);
			only_dropped(_metadata, RIG, &before,
				     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, what);
		}
	}
	good_goes_through(_metadata, RIG, ++seq);
}

TEST_F(esp, unknown_spis)
{
	static const __u32 spis[] = {
		0, 1, 255, 256, IN_SPI - 1, IN_SPI + 1, OUT_SPI,
		0x01100000, 0xffffffff,
	};
	struct esp_sa other = RIG->in;
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	char what[80];
	unsigned int i;
	size_t len;

	len = inner_packet(RIG, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&RIG->in, plain, len, NH_IPV4);
	/* In UDP there is no SPI of 0: that is IKE. */
	for (i = RIG->encap; i < ARRAY_SIZE(spis); i++) {
		snprintf(what, sizeof(what), "SPI 0x%x", spis[i]);
		other.spi = spis[i];
		read_counts(RIG, &before);
		inject(_metadata, RIG, esp,
		       esp_seal(&other, 1, plain, len, esp));
		only_dropped(_metadata, RIG, &before,
			     AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI, 1, what);
	}
	good_goes_through(_metadata, RIG, 1);
}

/* Not from our peer: none of the tunnel's business. */
TEST_F(esp, unknown_spi_from_a_stranger)
{
	struct esp_sa other = RIG->in;
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	size_t len;

	other.spi = IN_SPI + 1;
	len = inner_packet(RIG, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&RIG->in, plain, len, NH_IPV4);
	len = esp_seal(&other, 1, plain, len, esp);
	read_counts(RIG, &before);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER],
		    &RIG->outer[OURS], 0, esp, len);
	only_dropped(_metadata, RIG, &before, 0, 0, "stranger");
	good_goes_through(_metadata, RIG, 1);
}

TEST_F(esp, another_destination)
{
	__u8 esp[ESP_MAX];
	struct counts before;
	size_t len;

	read_counts(RIG, &before);
	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	inject_from(_metadata, RIG, &RIG->outer[PEER],
		    &RIG->outer[OURS_TOO], 0, esp, len);
	only_dropped(_metadata, RIG, &before, 0, 0, "our other address");
	inject(_metadata, RIG, esp, len);
	arrives(_metadata, RIG, AF_INET, 1, PAYLOAD);
}

/* RFC 6040: CE has to reach a sender that can hear of it, or none at all. */
TEST_F(esp, congestion_experienced)
{
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	__u32 seq = 0;
	__u8 ecn;
	size_t len;

	for (ecn = 0; ecn < 4; ecn++) {
		len = inner_packet(RIG, AF_INET, ecn, PAYLOAD, ++seq, plain);
		len = esp_trailer(&RIG->in, plain, len, NH_IPV4);
		len = esp_seal(&RIG->in, seq, plain, len, esp);
		read_counts(RIG, &before);
		inject_from(_metadata, RIG, &RIG->outer[PEER],
			    &RIG->outer[OURS], 3, esp, len);
		if (ecn)
			arrives(_metadata, RIG, AF_INET, seq, PAYLOAD);
		else
			only_dropped(_metadata, RIG, &before,
				     AWTUN_TUNNEL_STAT_RX_ECN, 1, "not ECT");
	}
}

TEST_F(esp, deleted_sa)
{
	struct awtun_tunnel tunnel;
	unsigned int waited;

	good_goes_through(_metadata, RIG, 1);
	ASSERT_EQ(0, awtun_sa_do(&RIG->nl, AWTUN_CMD_SA_DEL, RIG->ifindex,
				 AWTUN_DIR_IN, IN_SPI));
	send_good(_metadata, RIG, AF_INET, 2, PAYLOAD);
	for (waited = 0; waited < WAIT_MS; waited++) {
		ASSERT_EQ(0, awtun_tunnel_get(&RIG->nl, RIG->ifindex,
					      &tunnel));
		if (tunnel.stat[AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI])
			break;
		pause_ms(1);
	}
	EXPECT_EQ(1, tunnel.stat[AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI]);
	EXPECT_FALSE(readable(RIG->udp4, 0));
	EXPECT_EQ(1, rx_packets());
}

/* What the tunnel sends */

TEST_F(esp, sent_packets_are_as_they_should_be)
{
	__u8 data[ESP_MAX];
	__u64 octets = 0;
	struct awtun_sa sa;
	__u32 seq = 0;
	size_t len;

	wait_running(_metadata);
	for (len = 0; len <= 1300; len += 13) {
		int family = seq % 2 ? AF_INET6 : AF_INET;

		fill(data, len, seq);
		ASSERT_EQ((ssize_t)len, send_udp(RIG, family, data, len));
		check_sent(_metadata, RIG, family, data, len, ++seq);
		octets += len + UDP_HDR +
			  (family == AF_INET ? IPV4_HDR : IPV6_HDR);
	}
	ASSERT_EQ(0, awtun_sa_get(&RIG->nl, RIG->ifindex, AWTUN_DIR_OUT,
				  OUT_SPI, &sa));
	EXPECT_EQ(seq, sa.seq);
	EXPECT_EQ(seq, sa.packets);
	EXPECT_EQ(octets, sa.bytes);
}

TEST_F(esp, no_two_ivs_are_the_same)
{
	static __u8 ivs[500][16];
	__u8 data[PAYLOAD] = { 0 }, esp[ESP_MAX];
	size_t iv_len = esp_iv_len(&RIG->out);
	unsigned int i, j, equal = 0;

	wait_running(_metadata);
	for (i = 0; i < ARRAY_SIZE(ivs); i++) {
		ASSERT_EQ(PAYLOAD, send_udp(RIG, AF_INET, data, PAYLOAD));
		ASSERT_LT(0, read_esp(_metadata, RIG, esp));
		memcpy(ivs[i], esp + ESP_HDR, iv_len);
		for (j = 0; j < i; j++)
			equal += !memcmp(ivs[i], ivs[j], iv_len);
	}
	EXPECT_EQ(0, equal);
	/* AES-CBC's cannot be foreseen: it is no counter (RFC 3602). */
	if (RIG->out.suite->cipher != AWTUN_CIPHER_AES_CBC)
		return;
	for (i = 1; i < ARRAY_SIZE(ivs); i++)
		equal += !memcmp(ivs[i], ivs[i - 1], 8) +
			 !memcmp(ivs[i] + 8, ivs[i - 1] + 8, 8);
	EXPECT_EQ(0, equal);
}

/* Sequence numbers come to their end */

static __u64 last_number(const struct esp_rig *rig)
{
	return rig->out.esn ? 0x7fffffffffffffffull : 0xffffffff;
}

TEST_F(esp, many_packets_ask_for_a_new_sa_once)
{
	const __u64 soft = (last_number(RIG) / 4 + 1) * 3;
	struct awtun_nl events;

	wait_running(_metadata);
	rig_listen(_metadata, &events);
	RIG->out.spi++;
	ASSERT_EQ(0, rig_use_from(RIG, &RIG->out, soft - 2));
	send_and_check(_metadata, RIG, soft - 1);
	EXPECT_TRUE(no_event(&events, 0));
	send_and_check(_metadata, RIG, soft);
	sa_event_comes(_metadata, RIG, &events, AWTUN_EVENT_SA_SOFT,
		       RIG->out.spi, AWTUN_EXPIRY_SEQUENCE);
	send_and_check(_metadata, RIG, soft + 1);
	send_and_check(_metadata, RIG, soft + 2);
	EXPECT_TRUE(no_event(&events, 50));
	awtun_nl_close(&events);
}

TEST_F(esp, the_last_sequence_number_is_used_and_no_other)
{
	const __u64 last = last_number(RIG);
	__u8 data[PAYLOAD] = { 0 };
	struct awtun_nl events;
	unsigned int i;

	wait_running(_metadata);
	rig_listen(_metadata, &events);
	RIG->out.spi++;
	ASSERT_EQ(0, rig_use_from(RIG, &RIG->out, last - 2));
	send_and_check(_metadata, RIG, last - 1);
	send_and_check(_metadata, RIG, last);
	sa_event_comes(_metadata, RIG, &events, AWTUN_EVENT_SA_HARD,
		       RIG->out.spi, AWTUN_EXPIRY_SEQUENCE);
	for (i = 0; i < 5; i++)
		send_udp(RIG, AF_INET, data, sizeof(data));
	EXPECT_EQ(-EKEYEXPIRED, rig_activate(RIG, RIG->out.spi));
	/* A new SA carries on, and nothing was sent before its first packet. */
	RIG->out.spi++;
	ASSERT_EQ(0, rig_use_from(RIG, &RIG->out, 0));
	wait_running(_metadata);
	EXPECT_FALSE(readable(RIG->tun, 0));
	send_and_check(_metadata, RIG, 1);
	awtun_nl_close(&events);
}

/* Sent once, and the one drop counter moves. */
static void tx_dropped(struct __test_metadata *_metadata, struct esp_rig *rig,
		       unsigned int stat, size_t len)
{
	__u8 data[ESP_MAX] = { 0 };
	struct counts before;

	wait_running(_metadata);
	read_counts(rig, &before);
	send_udp(rig, AF_INET, data, len);
	only_dropped(_metadata, rig, &before, stat, 1, "sending");
}

TEST_F(esp, no_route_to_the_peer)
{
	ASSERT_EQ(0, ip_batch("route del 198.51.100.0/24 dev under\n"
			      "route del 2001:db8:2::/64 dev under\n"));
	tx_dropped(_metadata, RIG, AWTUN_TUNNEL_STAT_TX_NO_ROUTE, PAYLOAD);
}

TEST_F(esp, route_to_the_peer_through_the_tunnel)
{
	ASSERT_EQ(0, ip_batch("route add 198.51.100.1/32 dev tunnel0\n"
			      "route add 2001:db8:2::1/128 dev tunnel0\n"));
	tx_dropped(_metadata, RIG, AWTUN_TUNNEL_STAT_TX_NO_ROUTE, PAYLOAD);
}

TEST_F(esp, too_big_for_the_path)
{
	__u8 data[ESP_MAX] = { 0 };
	int on = IP_PMTUDISC_DO;

	ASSERT_EQ(0, ip_batch("link set tunnel0 mtu 1500\n"));
	ASSERT_EQ(0, setsockopt(RIG->udp4, IPPROTO_IP, IP_MTU_DISCOVER, &on,
				sizeof(on)));
	tx_dropped(_metadata, RIG, AWTUN_TUNNEL_STAT_TX_TOO_BIG, 1472);
	/* Now the sender knows. */
	EXPECT_EQ(-1, send_udp(RIG, AF_INET, data, 1472));
	EXPECT_EQ(EMSGSIZE, errno);
	ASSERT_EQ(1300, send_udp(RIG, AF_INET, data, 1300));
	check_sent(_metadata, RIG, AF_INET, data, 1300, 1);
}

/* The largest that fits goes through whole, the next one does not. */
TEST_F(esp, path_mtu_is_used_to_the_last_octet)
{
	size_t overhead = ip_hdr_len(&RIG->outer[OURS]) +
			  (RIG->encap ? UDP_HDR : 0) + ESP_HDR +
			  esp_iv_len(&RIG->out) + RIG->out.suite->icv_len;
	size_t block = esp_block(&RIG->out);
	size_t most = (1500 - overhead) / block * block - 2;
	__u8 data[ESP_MAX] = { 0 };
	int on = IP_PMTUDISC_PROBE;

	ASSERT_EQ(0, ip_batch("link set tunnel0 mtu 1500\n"));
	ASSERT_EQ(0, setsockopt(RIG->udp4, IPPROTO_IP, IP_MTU_DISCOVER, &on,
				sizeof(on)));
	wait_running(_metadata);
	most -= IPV4_HDR + UDP_HDR;
	ASSERT_EQ((ssize_t)most, send_udp(RIG, AF_INET, data, most));
	check_sent(_metadata, RIG, AF_INET, data, most, 1);
	tx_dropped(_metadata, RIG, AWTUN_TUNNEL_STAT_TX_TOO_BIG, most + 1);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
