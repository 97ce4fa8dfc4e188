// SPDX-License-Identifier: GPL-2.0-only
/*
 * ESP in UDP, RFC 3948: what is the tunnel's and what is the IKE daemon's, and
 * a peer behind a NAT that makes a new mapping for it.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG	(&self->rig)

FIXTURE(encap) {
	struct esp_rig rig;
};

FIXTURE_VARIANT(encap) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(encap, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(encap, aes256_sha256_ipv6_esn) {
	{ "aes256-sha256", AF_INET6, true, true }
};

FIXTURE_SETUP(encap)
{
	rig_open(_metadata, RIG, &variant->conf);
}

FIXTURE_TEARDOWN(encap)
{
	rig_close(RIG);
}

/* Whose is it? */

static void send_datagram(struct __test_metadata *_metadata,
			  struct esp_rig *rig, const __u8 *data, size_t len)
{
	inject(_metadata, rig, data, len);
}

static void socket_gets(struct __test_metadata *_metadata, struct esp_rig *rig,
			const __u8 *data, size_t len)
{
	__u8 got[ESP_MAX];

	ASSERT_TRUE(readable(rig->transport, WAIT_MS))
		TH_LOG("%zu octets did not come to the socket", len);
	ASSERT_EQ((ssize_t)len, recv(rig->transport, got, sizeof(got), 0));
	EXPECT_EQ(0, memcmp(data, got, len));
}

/* Of our own packets: one in 65536 would have a checksum of 0 and be dropped. */
TEST(every_datagram_has_a_checksum)
{
	const struct ip_end src = ip_end("2001:db8::1"),
			    dst = ip_end("2001:db8::2");
	const struct udp_ports ports = { 4500, 4500 };
	__u8 packet[ESP_MAX];
	unsigned int i;

	for (i = 0; i < 65536; i++) {
		const __u8 data[] = { i >> 8, i };
		size_t len = udp_packet(&src, &dst, 0, ports, data,
					sizeof(data), packet);

		ASSERT_TRUE(udp_header_is_right(packet, len))
			TH_LOG("contents %x", i);
	}
}

/* Four octets of 0 stand where ESP has its SPI. */
TEST_F(encap, ike_is_the_sockets)
{
	struct counts before;
	__u8 data[ESP_MAX];
	size_t len;

	read_counts(RIG, &before);
	for (len = 4; len <= 1300; len += 81) {
		fill(data, len, len);
		memset(data, 0, 4);
		send_datagram(_metadata, RIG, data, len);
		socket_gets(_metadata, RIG, data, len);
	}
	only_dropped(_metadata, RIG, &before, 0, 0, "IKE");
}

TEST_F(encap, keepalives_are_dropped)
{
	static const __u8 keepalive[] = { 0xff }, other[] = { 0xfe };
	struct counts before;
	unsigned int i;

	read_counts(RIG, &before);
	for (i = 0; i < 10; i++)
		send_datagram(_metadata, RIG, keepalive, 1);
	send_datagram(_metadata, RIG, other, 1);
	/* The first that comes is not one of them. */
	socket_gets(_metadata, RIG, other, 1);
	EXPECT_FALSE(readable(RIG->transport, 0));
	only_dropped(_metadata, RIG, &before, 0, 0, "keepalives");
}

TEST_F(encap, what_is_too_short_for_esp_is_the_sockets)
{
	struct counts before;
	__u8 data[ESP_HDR];
	size_t len;

	read_counts(RIG, &before);
	for (len = 0; len < ESP_HDR; len++) {
		memset(data, 0x55, len);
		send_datagram(_metadata, RIG, data, len);
		socket_gets(_metadata, RIG, data, len);
	}
	only_dropped(_metadata, RIG, &before, 0, 0, "short");
}

TEST_F(encap, esp_is_the_tunnels)
{
	__u32 seq;

	for (seq = 1; seq <= 20; seq++)
		good_goes_through(_metadata, RIG, seq);
	EXPECT_FALSE(readable(RIG->transport, 0));
}

/* One SA takes both forms. */
TEST_F(encap, bare_esp_is_taken_too)
{
	__u32 seq;

	for (seq = 1; seq <= 20; seq++) {
		RIG->encap = seq % 3;
		good_goes_through(_metadata, RIG, seq);
	}
}

/* The checksum of UDP is the underlay's business, before ours. */
TEST_F(encap, damaged_udp)
{
	__u8 esp[ESP_MAX], packet[ESP_MAX + IPV6_HDR + UDP_HDR];
	size_t head = ip_hdr_len(&RIG->outer[OURS]), len;
	struct counts before;

	read_counts(RIG, &before);
	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	len = wrap(RIG, &RIG->outer[PEER], &RIG->outer[OURS], 0, esp, len,
		   packet);
	packet[head + 6] ^= 1;
	ASSERT_EQ((ssize_t)len, write(RIG->tun, packet, len));
	only_dropped(_metadata, RIG, &before, 0, 0, "a wrong checksum");
	packet[head + 6] = 0;
	packet[head + 7] = 0;
	ASSERT_EQ((ssize_t)len, write(RIG->tun, packet, len));
	if (variant->conf.outer == AF_INET)
		arrives(_metadata, RIG, AF_INET, 1, PAYLOAD);
	else
		only_dropped(_metadata, RIG, &before, 0, 0, "no checksum");
	good_goes_through(_metadata, RIG, 2);
}

TEST_F(encap, given_back_the_socket_gets_all)
{
	struct counts before;
	__u8 esp[ESP_MAX];
	size_t len;

	good_goes_through(_metadata, RIG, 1);
	ASSERT_EQ(0, awtun_transport_do(&RIG->nl, AWTUN_CMD_TRANSPORT_DEL,
					RIG->transport));
	read_counts(RIG, &before);
	len = good_esp(RIG, AF_INET, 2, PAYLOAD, esp);
	inject(_metadata, RIG, esp, len);
	socket_gets(_metadata, RIG, esp, len);
	only_dropped(_metadata, RIG, &before, 0, 0, "given back");
	ASSERT_EQ(0, awtun_transport_do(&RIG->nl, AWTUN_CMD_TRANSPORT_ADD,
					RIG->transport));
	inject(_metadata, RIG, esp, len);
	arrives(_metadata, RIG, AF_INET, 2, PAYLOAD);
}

/* The daemon dies and is started again; the SAs do not notice. */
TEST_F(encap, another_socket_carries_on)
{
	struct counts before;
	unsigned int i;
	__u64 seq = 0;

	wait_running(_metadata);
	for (i = 1; i <= 3; i++) {
		good_goes_through(_metadata, RIG, ++seq);
		close(RIG->transport);
		/* Sending needs no socket. */
		send_and_check(_metadata, RIG, i);
		read_counts(RIG, &before);
		send_good(_metadata, RIG, AF_INET, seq + 1, PAYLOAD);
		only_dropped(_metadata, RIG, &before, 0, 0, "no socket");
		open_transport(_metadata, RIG);
		is_replay(_metadata, RIG, seq, "from before");
	}
	good_goes_through(_metadata, RIG, ++seq);
}

/* A peer that moves */

/* The inbound SA again, from the beginning, that follows or not. */
static void set_follow(struct __test_metadata *_metadata, struct esp_rig *rig,
		       bool follow)
{
	struct awtun_req req;

	ASSERT_EQ(0, rig_del_in(rig));
	rig_req_add(rig, &req, AWTUN_DIR_IN, &rig->in);
	if (follow)
		awtun_put_flag(&req, AWTUN_SA_A_FOLLOW);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
}

static bool same_end(const struct awtun_addr *addr, const struct ip_end *end)
{
	unsigned int len = end->family == AF_INET ? 4 : 16;

	return addr->len == len && !memcmp(addr->octets, end->addr, len);
}

static void moved_event(struct __test_metadata *_metadata, struct esp_rig *rig,
			struct awtun_nl *events)
{
	struct awtun_notice notice;

	event_comes(_metadata, events, AWTUN_EVENT_PEER_MOVED, &notice);
	EXPECT_TRUE(notice.of_sa);
	EXPECT_EQ(rig->ifindex, notice.sa.ifindex);
	EXPECT_EQ(AWTUN_DIR_IN, notice.sa.dir);
	EXPECT_EQ(rig->in.spi, notice.sa.spi);
	EXPECT_TRUE(same_end(&notice.src, &rig->outer[PEER]));
	EXPECT_EQ(rig->peer_port, notice.src_port);
}

static void sends_to(struct __test_metadata *_metadata, struct esp_rig *rig,
		     const struct ip_end *remote, __u16 port)
{
	struct awtun_sa sa;

	ASSERT_EQ(0, awtun_sa_get(&rig->nl, rig->ifindex, AWTUN_DIR_OUT,
				  rig->out.spi, &sa));
	EXPECT_TRUE(same_end(&sa.remote, remote));
	EXPECT_EQ(ENCAP_PORT, sa.encap_local_port);
	EXPECT_EQ(port, sa.encap_remote_port);
}

/* Another port, then another address, then both as in the beginning. */
TEST_F(encap, the_peer_is_followed)
{
	const struct ip_end first = RIG->outer[PEER];
	const struct {
		const struct ip_end *from;
		__u16 port;
	} moves[] = {
		{ &first, 31234 }, { &RIG->outer[STRANGER], 31234 },
		{ &first, PEER_PORT },
	};
	struct awtun_nl events;
	unsigned int i;
	__u64 sent = 0;

	wait_running(_metadata);
	rig_listen(_metadata, &events);
	set_follow(_metadata, RIG, true);
	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		RIG->outer[PEER] = *moves[i].from;
		RIG->peer_port = moves[i].port;
		good_goes_through(_metadata, RIG, 10 * i + 1);
		moved_event(_metadata, RIG, &events);
		sends_to(_metadata, RIG, moves[i].from, moves[i].port);
		send_and_check(_metadata, RIG, ++sent);
		good_goes_through(_metadata, RIG, 10 * i + 2);
		send_and_check(_metadata, RIG, ++sent);
	}
	EXPECT_TRUE(no_event(&events, 1500));
	awtun_nl_close(&events);
}

TEST_F(encap, the_peer_is_not_followed_but_told_of)
{
	const struct ip_end first = RIG->outer[PEER];
	struct awtun_nl events;

	rig_listen(_metadata, &events);
	set_follow(_metadata, RIG, false);
	RIG->outer[PEER] = RIG->outer[STRANGER];
	RIG->peer_port = 31234;
	good_goes_through(_metadata, RIG, 1);
	moved_event(_metadata, RIG, &events);
	sends_to(_metadata, RIG, &first, PEER_PORT);
	awtun_nl_close(&events);
}

/* Whoever sends it, from wherever: the peer stays where it is. */
static void does_not_move(struct __test_metadata *_metadata,
			  struct esp_rig *rig, struct awtun_nl *events)
{
	EXPECT_TRUE(no_event(events, 200));
	sends_to(_metadata, rig, &rig->outer[PEER], PEER_PORT);
}

TEST_F(encap, forgeries_and_replays_are_not_followed)
{
	struct counts before;
	struct awtun_nl events;
	__u8 esp[ESP_MAX];
	size_t len;

	set_follow(_metadata, RIG, true);
	rig_listen(_metadata, &events);
	len = good_esp(RIG, AF_INET, 100, PAYLOAD, esp);
	inject(_metadata, RIG, esp, len);
	arrives(_metadata, RIG, AF_INET, 100, PAYLOAD);

	RIG->peer_port = 31234;
	read_counts(RIG, &before);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER], &RIG->outer[OURS], 0,
		    esp, len);
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "an attacker sends it again");
	does_not_move(_metadata, RIG, &events);

	/* New to us, but the peer sent newer ones from where it is. */
	len = good_esp(RIG, AF_INET, 99, PAYLOAD, esp);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER], &RIG->outer[OURS], 0,
		    esp, len);
	arrives(_metadata, RIG, AF_INET, 99, PAYLOAD);
	does_not_move(_metadata, RIG, &events);

	len = good_esp(RIG, AF_INET, 200, PAYLOAD, esp);
	esp[len - 1] ^= 1;
	read_counts(RIG, &before);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER], &RIG->outer[OURS], 0,
		    esp, len);
	only_dropped(_metadata, RIG, &before,
		     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 1, "forged");
	sends_to(_metadata, RIG, &RIG->outer[PEER], PEER_PORT);
	awtun_nl_close(&events);
}

/* Without UDP there is no NAT to follow. */
TEST_F(encap, bare_esp_is_not_followed)
{
	struct awtun_nl events;
	__u8 esp[ESP_MAX];
	size_t len;

	set_follow(_metadata, RIG, true);
	rig_listen(_metadata, &events);
	RIG->encap = false;
	len = good_esp(RIG, AF_INET, 1, PAYLOAD, esp);
	inject_from(_metadata, RIG, &RIG->outer[STRANGER], &RIG->outer[OURS], 0,
		    esp, len);
	arrives(_metadata, RIG, AF_INET, 1, PAYLOAD);
	does_not_move(_metadata, RIG, &events);
	awtun_nl_close(&events);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
