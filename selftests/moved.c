// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outbound SAs that send elsewhere than their tunnel says, or whose tunnel does
 * not say: what goes where, by which path MTU, and whose the errors are.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG		(&self->rig)
#define OTHER_PORT	31234
#define OTHER_SPI	0x2002
#define UNKNOWN_SPI	0x9001
#define LESS		100	/* octets, of a path MTU */

FIXTURE(moved) {
	struct esp_rig rig;
	struct ip_end first;	/* the peer, as configured */
	struct ip_end other;	/* where it may be too */
};

FIXTURE_VARIANT(moved) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(moved, ipv4) {
	{ "aes256-gcm16", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(moved, ipv6) {
	{ "aes256-gcm16", AF_INET6, false, false }
};

FIXTURE_VARIANT_ADD(moved, udp_ipv4) {
	{ "aes256-gcm16", AF_INET, true, false }
};

FIXTURE_VARIANT_ADD(moved, udp_ipv6) {
	{ "aes256-gcm16", AF_INET6, true, false }
};

FIXTURE_SETUP(moved)
{
	rig_open(_metadata, RIG, &variant->conf);
	self->first = RIG->outer[PEER];
	self->other = RIG->outer[STRANGER];
}

FIXTURE_TEARDOWN(moved)
{
	rig_close(RIG);
}

static void put_remote(struct awtun_req *req, const struct ip_end *remote)
{
	awtun_put(req, AWTUN_SA_A_REMOTE, remote->addr,
		  remote->family == AF_INET ? 4 : 16);
}

/* NULL: to where the tunnel says. In UDP when the rig is so now. */
static void move(struct __test_metadata *_metadata, struct esp_rig *rig,
		 const struct ip_end *remote)
{
	struct awtun_req req;

	awtun_req_sa(&req, AWTUN_CMD_SA_SET, rig->ifindex, AWTUN_DIR_OUT,
		     rig->out.spi);
	if (remote)
		put_remote(&req, remote);
	if (rig->encap)
		awtun_put_encap(&req, ENCAP_PORT, rig->peer_port);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
}

/* The same tunnel without the peer's address; its SA sends to @remote. */
static void forget_remote(struct __test_metadata *_metadata,
			  struct esp_rig *rig, const struct ip_end *remote)
{
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_flush(&rig->nl, rig->ifindex));
	awtun_req_tunnel_set(&req, rig->ifindex, remote->family == AF_INET6 ?
			     AWTUN_MODE_IPSEC_IPV6 : AWTUN_MODE_IPSEC_IPV4,
			     rig->outer[OURS].addr, remote->addr);
	awtun_drop(&req, AWTUN_TUNNEL_A_REMOTE);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
	rig_req_add(rig, &req, AWTUN_DIR_IN, &rig->in);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
	rig_req_add(rig, &req, AWTUN_DIR_OUT, &rig->out);
	put_remote(&req, remote);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
	ASSERT_EQ(0, rig_activate(rig, rig->out.spi));
}

/* What goes where */

TEST_F(moved, an_sa_in_use)
{
	struct awtun_sa sa;

	wait_running(_metadata);
	send_and_check(_metadata, RIG, 1);
	RIG->outer[PEER] = self->other;
	RIG->peer_port = OTHER_PORT;
	move(_metadata, RIG, &self->other);
	send_and_check(_metadata, RIG, 2);
	/* Who comes from there was welcome all the time. */
	good_goes_through(_metadata, RIG, 1);

	RIG->outer[PEER] = self->first;
	move(_metadata, RIG, NULL);
	send_and_check(_metadata, RIG, 3);
	ASSERT_EQ(0, awtun_sa_get(&RIG->nl, RIG->ifindex, AWTUN_DIR_OUT,
				  RIG->out.spi, &sa));
	EXPECT_EQ(3, sa.seq);
	EXPECT_EQ(3, sa.packets);
}

TEST_F(moved, into_udp_and_out_of_it)
{
	unsigned int i;

	wait_running(_metadata);
	for (i = 1; i <= 4; i++) {
		RIG->encap = !RIG->encap;
		move(_metadata, RIG, &self->first);
		send_and_check(_metadata, RIG, i);
	}
}

TEST_F(moved, a_new_sa_beside_the_old_one)
{
	const struct esp_sa old = RIG->out;
	struct awtun_req req;

	wait_running(_metadata);
	make_sa(&RIG->out, &variant->conf, OTHER_SPI);
	rig_req_add(RIG, &req, AWTUN_DIR_OUT, &RIG->out);
	put_remote(&req, &self->other);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	ASSERT_EQ(0, rig_activate(RIG, OTHER_SPI));
	RIG->outer[PEER] = self->other;
	send_and_check(_metadata, RIG, 1);

	RIG->out = old;
	RIG->outer[PEER] = self->first;
	ASSERT_EQ(0, rig_activate(RIG, old.spi));
	send_and_check(_metadata, RIG, 1);
}

TEST_F(moved, a_tunnel_without_remote_address)
{
	forget_remote(_metadata, RIG, &self->other);
	wait_running(_metadata);
	RIG->outer[PEER] = self->other;
	send_and_check(_metadata, RIG, 1);
	good_goes_through(_metadata, RIG, 1);

	RIG->outer[PEER] = self->first;
	move(_metadata, RIG, &self->first);
	send_and_check(_metadata, RIG, 2);
	good_goes_through(_metadata, RIG, 2);
}

/* An event is for a peer that is not where the SA sends. */
TEST_F(moved, a_peer_that_was_said_to_move)
{
	struct awtun_notice notice;
	struct awtun_nl events;

	if (!variant->conf.encap)
		return;
	rig_listen(_metadata, &events);
	RIG->outer[PEER] = self->other;
	RIG->peer_port = OTHER_PORT;
	move(_metadata, RIG, &self->other);
	good_goes_through(_metadata, RIG, 1);
	EXPECT_TRUE(no_event(&events, 200));
	RIG->outer[PEER] = self->first;
	good_goes_through(_metadata, RIG, 2);
	event_comes(_metadata, &events, AWTUN_EVENT_PEER_MOVED, &notice);
	awtun_nl_close(&events);
}

/* One that stays behind is enough. */
TEST_F(moved, a_peer_that_one_of_several_sas_does_not_send_to)
{
	const struct awtun_ts ts = make_ts("10.0.0.0", "10.0.0.255", 0);
	struct awtun_notice notice;
	struct awtun_nl events;
	struct awtun_req req;

	if (!variant->conf.encap)
		return;
	rig_listen(_metadata, &events);
	make_sa(&RIG->out, &variant->conf, OTHER_SPI);
	rig_req_add(RIG, &req, AWTUN_DIR_OUT, &RIG->out);
	awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE, &ts);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	ASSERT_EQ(0, rig_activate(RIG, OTHER_SPI));
	good_goes_through(_metadata, RIG, 1);
	EXPECT_TRUE(no_event(&events, 200));

	/* It is asked last for a packet to send. */
	ASSERT_EQ(0, rig_activate(RIG, OUT_SPI));
	move(_metadata, RIG, &self->other);
	good_goes_through(_metadata, RIG, 2);
	event_comes(_metadata, &events, AWTUN_EVENT_PEER_MOVED, &notice);
	awtun_nl_close(&events);
}

/* The path */

static __u32 path_mtu(struct __test_metadata *_metadata, struct esp_rig *rig)
{
	struct awtun_tunnel tunnel = { 0 };

	EXPECT_EQ(0, awtun_tunnel_get(&rig->nl, rig->ifindex, &tunnel));
	return tunnel.path_mtu;
}

TEST_F(moved, the_path_is_that_of_the_sa)
{
	__u32 whole = path_mtu(_metadata, RIG);

	ASSERT_EQ(0, ip_batch("route change 203.0.113.0/24 dev under mtu 1400\n"
			      "route change 2001:db8:3::/64 dev under mtu 1400\n"));
	EXPECT_EQ(whole, path_mtu(_metadata, RIG));
	move(_metadata, RIG, &self->other);
	EXPECT_EQ(whole - LESS, path_mtu(_metadata, RIG));
	move(_metadata, RIG, NULL);
	EXPECT_EQ(whole, path_mtu(_metadata, RIG));
	forget_remote(_metadata, RIG, &self->other);
	EXPECT_EQ(whole - LESS, path_mtu(_metadata, RIG));
}

/* By whichever of them a packet goes. */
TEST_F(moved, the_path_of_several_sas_is_the_narrowest)
{
	const struct awtun_ts ts = make_ts("10.0.0.0", "10.0.0.255", 0);
	__u32 whole = path_mtu(_metadata, RIG);
	struct awtun_req req;

	ASSERT_EQ(0, ip_batch("route change 203.0.113.0/24 dev under mtu 1400\n"
			      "route change 2001:db8:3::/64 dev under mtu 1400\n"));
	make_sa(&RIG->out, &variant->conf, OTHER_SPI);
	rig_req_add(RIG, &req, AWTUN_DIR_OUT, &RIG->out);
	awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE, &ts);
	put_remote(&req, &self->other);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	EXPECT_EQ(whole, path_mtu(_metadata, RIG));
	ASSERT_EQ(0, rig_activate(RIG, OTHER_SPI));
	EXPECT_EQ(whole - LESS, path_mtu(_metadata, RIG));
	ASSERT_EQ(0, rig_activate(RIG, OUT_SPI));
	EXPECT_EQ(whole - LESS, path_mtu(_metadata, RIG));
	move(_metadata, RIG, NULL);
	EXPECT_EQ(whole, path_mtu(_metadata, RIG));
}

struct packet {
	__u8 octets[ESP_MAX + IPV6_HDR + UDP_HDR];
	size_t len;
};

/* The next one that the tunnel sends, as it is on the underlay. */
static void send_one(struct __test_metadata *_metadata, struct esp_rig *rig,
		     struct packet *packet)
{
	__u8 data[PAYLOAD] = { 0 };
	ssize_t n;

	ASSERT_EQ(PAYLOAD, send_udp(rig, AF_INET, data, sizeof(data)));
	n = read_outer(rig, packet->octets, sizeof(packet->octets));
	ASSERT_LT(0, n);
	packet->len = n;
}

/* A router on the way says so. */
static void too_big(struct __test_metadata *_metadata, struct esp_rig *rig,
		    const struct packet *about, __u16 mtu)
{
	const struct ip_end *router = &rig->outer[STRANGER];
	__u8 error[ESP_MAX];
	size_t len = too_big_packet(router, &rig->outer[OURS], mtu,
				    about->octets, about->len, error);

	ASSERT_EQ((ssize_t)len, write(rig->tun, error, len));
}

static void path_becomes(struct __test_metadata *_metadata,
			 struct esp_rig *rig, __u32 mtu)
{
	unsigned int waited = 0;

	while (path_mtu(_metadata, rig) != mtu && waited++ < WAIT_MS)
		pause_ms(1);
	EXPECT_EQ(mtu, path_mtu(_metadata, rig));
}

/* Each would be seen in what the next one makes of the path. */
static void doubtful_errors(struct __test_metadata *_metadata,
			    struct esp_rig *rig, const struct packet *about)
{
	size_t spi = ip_hdr_len(&rig->outer[OURS]) + 3;
	struct packet other = *about;

	other.octets[spi] ^= 1;
	too_big(_metadata, rig, &other, 1500 - 3 * LESS);
	/* It sends there no more. */
	move(_metadata, rig, NULL);
	too_big(_metadata, rig, about, 1500 - 2 * LESS);
	move(_metadata, rig, &rig->outer[STRANGER]);
}

/* Of ESP in UDP the kernel asks the socket, not us. */
TEST_F(moved, errors_on_the_way_are_heeded)
{
	__u32 whole = path_mtu(_metadata, RIG);
	struct packet about;

	wait_running(_metadata);
	move(_metadata, RIG, &self->other);
	send_one(_metadata, RIG, &about);
	if (!RIG->encap)
		doubtful_errors(_metadata, RIG, &about);
	too_big(_metadata, RIG, &about, 1500 - LESS);
	path_becomes(_metadata, RIG, whole - LESS);
	move(_metadata, RIG, NULL);
	path_becomes(_metadata, RIG, whole);
	forget_remote(_metadata, RIG, &self->other);
	path_becomes(_metadata, RIG, whole - LESS);
}

TEST_F(moved, errors_without_remote_address)
{
	__u32 whole = path_mtu(_metadata, RIG);
	struct packet about;

	forget_remote(_metadata, RIG, &self->other);
	wait_running(_metadata);
	send_one(_metadata, RIG, &about);
	too_big(_metadata, RIG, &about, 1500 - LESS);
	path_becomes(_metadata, RIG, whole - LESS);
}

/* Policy routing by the mark of outer packets, and no other way. */
static const char by_mark[] =
	"set -e\n"
	"ip route del 198.51.100.0/24\n"
	"ip -6 route del 2001:db8:2::/64\n"
	"ip rule add fwmark 7 table 77\n"
	"ip -6 rule add fwmark 7 table 77\n"
	"ip route add 198.51.100.0/24 dev under table 77\n"
	"ip -6 route add 2001:db8:2::/64 dev under table 77\n";

/* Of ESP in UDP the kernel asks for the socket's mark. */
TEST_F(moved, errors_on_a_way_by_mark)
{
	__u32 whole = path_mtu(_metadata, RIG);
	struct packet about;
	struct awtun_req req;

	if (variant->conf.encap)
		return;
	ASSERT_EQ(0, system(by_mark));
	awtun_req_tunnel_set(&req, RIG->ifindex, variant->conf.outer ==
			     AF_INET6 ? AWTUN_MODE_IPSEC_IPV6 :
			     AWTUN_MODE_IPSEC_IPV4, RIG->outer[OURS].addr,
			     self->first.addr);
	awtun_put_u32(&req, AWTUN_TUNNEL_A_FWMARK, 7);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	wait_running(_metadata);
	send_one(_metadata, RIG, &about);
	too_big(_metadata, RIG, &about, 1500 - LESS);
	path_becomes(_metadata, RIG, whole - LESS);
}

/* Unknown SPIs */

static void unknown_spi(struct __test_metadata *_metadata, struct esp_rig *rig,
			const char *from, bool counted)
{
	const struct ip_end src = ip_end(from);
	struct esp_sa stray = rig->in;
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	size_t len;

	stray.spi = UNKNOWN_SPI;
	len = inner_packet(rig, AF_INET, 0, PAYLOAD, 1, plain);
	len = esp_trailer(&stray, plain, len, NH_IPV4);
	len = esp_seal(&stray, 1, plain, len, esp);
	read_counts(rig, &before);
	inject_from(_metadata, rig, &src, &rig->outer[OURS], 0, esp, len);
	only_dropped(_metadata, rig, &before, counted ?
		     AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI : 0, counted, from);
}

TEST_F(moved, unknown_spis_are_the_peers)
{
	bool v6 = variant->conf.outer == AF_INET6;
	const char *first = outer_addrs[v6][PEER];
	const char *other = outer_addrs[v6][STRANGER];
	const char *nobody = v6 ? "2001:db8:3::77" : "203.0.113.77";

	unknown_spi(_metadata, RIG, first, true);
	unknown_spi(_metadata, RIG, other, false);
	move(_metadata, RIG, &self->other);
	unknown_spi(_metadata, RIG, first, true);
	unknown_spi(_metadata, RIG, other, true);
	unknown_spi(_metadata, RIG, nobody, false);
	move(_metadata, RIG, NULL);
	unknown_spi(_metadata, RIG, other, false);

	forget_remote(_metadata, RIG, &self->other);
	unknown_spi(_metadata, RIG, other, true);
	unknown_spi(_metadata, RIG, first, false);
	ASSERT_EQ(0, awtun_sa_do(&RIG->nl, AWTUN_CMD_SA_DEL, RIG->ifindex,
				 AWTUN_DIR_OUT, RIG->out.spi));
	unknown_spi(_metadata, RIG, other, false);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
