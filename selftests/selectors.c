// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic selectors with packets, RFC 4301 sections 4.4.1.1 and 5.2: what an SA
 * does not cover it neither delivers nor sends, and each is counted.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define RIG		(&self->rig)
#define ICMP		1
#define ECHO_REQUEST	8

FIXTURE(selectors) {
	struct esp_rig rig;
	__u64 seq;		/* of the last packet to the tunnel */
};

FIXTURE_VARIANT(selectors) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(selectors, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(selectors, aes256_sha256_ipv6_udp_esn) {
	{ "aes256-sha256", AF_INET6, true, true }
};

FIXTURE_SETUP(selectors)
{
	rig_open(_metadata, RIG, &variant->conf);
	self->seq = 0;
}

FIXTURE_TEARDOWN(selectors)
{
	rig_close(RIG);
}

static struct awtun_ts with_ports(struct awtun_ts ts, __u16 min, __u16 max)
{
	ts.port_min = min;
	ts.port_max = max;
	return ts;
}

/* Another SA instead of the one there is, with a selector each side. */
static void set_selectors(struct __test_metadata *_metadata,
			  struct _test_data_selectors *self, __u32 dir,
			  const struct awtun_ts *local,
			  const struct awtun_ts *remote)
{
	struct esp_sa *sa = dir == AWTUN_DIR_IN ? &RIG->in : &RIG->out;
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_do(&RIG->nl, AWTUN_CMD_SA_DEL, RIG->ifindex, dir,
				 sa->spi));
	sa->spi++;
	rig_req_add(RIG, &req, dir, sa);
	if (local)
		awtun_put_ts(&req, AWTUN_SA_A_TS_LOCAL, local);
	if (remote)
		awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE, remote);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	self->seq = 0;
	if (dir == AWTUN_DIR_OUT)
		ASSERT_EQ(0, rig_activate(RIG, sa->spi));
	wait_running(_metadata);
}

/* Receiving */

struct inner {
	const char *src;
	const char *dst;
	__u8 protocol;
	__u16 src_port;		/* with ICMP: type << 8 | code */
	__u16 dst_port;
};

static size_t write_inner(const struct inner *inner, __u8 *out)
{
	const struct ip_end src = ip_end(inner->src), dst = ip_end(inner->dst);
	const struct udp_ports ports = { inner->src_port, inner->dst_port };
	__u8 data[PAYLOAD] = { inner->src_port >> 8, inner->src_port };

	if (inner->protocol == IPPROTO_UDP)
		return udp_packet(&src, &dst, 0, ports, data, sizeof(data),
				  out);
	return ip_packet(&src, &dst, 0, inner->protocol, data, sizeof(data),
			 out);
}

static void inject_inner(struct __test_metadata *_metadata,
			 struct _test_data_selectors *self, __u8 *plain,
			 size_t len)
{
	__u8 next_header = plain[0] >> 4 == 4 ? NH_IPV4 : NH_IPV6;

	len = esp_trailer(&RIG->in, plain, len, next_header);
	send_plain(_metadata, RIG, ++self->seq, plain, len);
}

/* The device has taken it, whatever the stack makes of it. */
static void is_delivered(struct __test_metadata *_metadata,
			 struct _test_data_selectors *self,
			 const struct counts *before, const char *what)
{
	struct counts after;
	unsigned int waited;

	for (waited = 0; waited < WAIT_MS; waited++) {
		read_counts(RIG, &after);
		if (after.delivered > before->delivered)
			break;
		pause_ms(1);
	}
	EXPECT_EQ(before->delivered + 1, after.delivered) TH_LOG("%s", what);
	EXPECT_EQ(0, memcmp(before->stat, after.stat, sizeof(after.stat)))
		TH_LOG("%s: dropped", what);
}

static void covers(struct __test_metadata *_metadata,
		   struct _test_data_selectors *self, bool wanted,
		   const struct inner *inner)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	char what[160];

	snprintf(what, sizeof(what), "%s port %u, %s port %u, protocol %u",
		 inner->src, inner->src_port, inner->dst, inner->dst_port,
		 inner->protocol);
	read_counts(RIG, &before);
	inject_inner(_metadata, self, plain, write_inner(inner, plain));
	if (wanted)
		is_delivered(_metadata, self, &before, what);
	else
		only_dropped(_metadata, RIG, &before,
			     AWTUN_TUNNEL_STAT_RX_SELECTOR, 1, what);
}

#define COVERS(...) \
	covers(_metadata, self, true, &(struct inner){ __VA_ARGS__ })
#define COVERS_NOT(...) \
	covers(_metadata, self, false, &(struct inner){ __VA_ARGS__ })

/* Nobody listens to port 9: only what is delivered is of interest. */
TEST_F(selectors, addresses_of_the_peers_side)
{
	const struct awtun_ts ts = make_ts("10.0.0.5", "10.0.1.4", 0);

	set_selectors(_metadata, self, AWTUN_DIR_IN, NULL, &ts);
	COVERS("10.0.0.5", "192.168.254.1", 17, 9, 9);
	COVERS("10.0.0.255", "192.168.254.1", 17, 9, 9);
	COVERS("10.0.1.4", "192.168.254.1", 6, 9, 9);
	COVERS_NOT("10.0.0.4", "192.168.254.1", 17, 9, 9);
	COVERS_NOT("10.0.1.5", "192.168.254.1", 17, 9, 9);
	COVERS_NOT("192.168.254.1", "10.0.0.5", 17, 9, 9);
	COVERS_NOT("fd00::1", "fd00:254::1", 17, 9, 9);
}

TEST_F(selectors, addresses_of_our_side)
{
	const struct awtun_ts ts = make_ts("fd00:254::1", "fd00:254::ffff", 0);

	set_selectors(_metadata, self, AWTUN_DIR_IN, &ts, NULL);
	COVERS("fd00::1", "fd00:254::1", 17, 9, 9);
	COVERS("fd00::1", "fd00:254::ffff", 17, 9, 9);
	COVERS_NOT("fd00::1", "fd00:254::", 17, 9, 9);
	COVERS_NOT("fd00::1", "fd00:254::1:0", 17, 9, 9);
	COVERS_NOT("fd00:254::1", "fd00::1", 17, 9, 9);
	COVERS_NOT("10.0.0.5", "192.168.254.1", 17, 9, 9);
}

TEST_F(selectors, ports_of_either_side)
{
	const struct awtun_ts local =
		with_ports(make_ts("192.168.254.1", "192.168.254.1", 17),
			   1000, 2000);
	const struct awtun_ts remote =
		with_ports(make_ts("10.0.0.1", "10.0.0.1", 17), 9, 9);

	set_selectors(_metadata, self, AWTUN_DIR_IN, &local, &remote);
	COVERS("10.0.0.1", "192.168.254.1", 17, 9, 1000);
	COVERS("10.0.0.1", "192.168.254.1", 17, 9, 2000);
	COVERS_NOT("10.0.0.1", "192.168.254.1", 17, 9, 999);
	COVERS_NOT("10.0.0.1", "192.168.254.1", 17, 9, 2001);
	COVERS_NOT("10.0.0.1", "192.168.254.1", 17, 8, 1500);
	COVERS_NOT("10.0.0.1", "192.168.254.1", 17, 1500, 9);
	COVERS_NOT("10.0.0.1", "192.168.254.1", 132, 9, 1500);
}

TEST_F(selectors, icmp_types)
{
	const struct awtun_ts ts =
		with_ports(make_ts("0.0.0.0", "255.255.255.255", ICMP),
			   ECHO_REQUEST << 8, ECHO_REQUEST << 8 | 255);

	set_selectors(_metadata, self, AWTUN_DIR_IN, &ts, &ts);
	COVERS("10.0.0.1", "192.168.254.1", ICMP, ECHO_REQUEST << 8, 0);
	COVERS_NOT("10.0.0.1", "192.168.254.1", ICMP, 0, 0);
	COVERS_NOT("10.0.0.1", "192.168.254.1", ICMP, 3 << 8 | 4, 0);
	COVERS_NOT("10.0.0.1", "192.168.254.1", 17, 0x800, 0x800);
}

TEST_F(selectors, any_of_a_list)
{
	const struct awtun_ts ts[] = {
		make_ts("10.0.0.1", "10.0.0.1", 0),
		make_ts("fd00::1", "fd00::9", 17),
		make_ts("10.0.0.3", "10.0.0.4", 6),
	};
	struct awtun_req req;
	unsigned int i;

	ASSERT_EQ(0, rig_del_in(RIG));
	rig_req_add(RIG, &req, AWTUN_DIR_IN, &RIG->in);
	for (i = 0; i < ARRAY_SIZE(ts); i++)
		awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE, &ts[i]);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	COVERS("10.0.0.1", "192.168.254.1", 17, 9, 9);
	COVERS("fd00::9", "fd00:254::1", 17, 9, 9);
	COVERS("10.0.0.4", "192.168.254.1", 6, 9, 9);
	COVERS_NOT("10.0.0.2", "192.168.254.1", 6, 9, 9);
	COVERS_NOT("10.0.0.4", "192.168.254.1", 17, 9, 9);
	COVERS_NOT("fd00::9", "fd00:254::1", 6, 9, 9);
	COVERS_NOT("fd00::a", "fd00:254::1", 17, 9, 9);
}

/* Has the kernel refuse with @ts a packet that it has just delivered. */
static void is_refused(struct __test_metadata *_metadata,
		       struct _test_data_selectors *self, struct awtun_ts *ts,
		       __u8 *plain, size_t len, const char *why)
{
	struct counts before;

	set_selectors(_metadata, self, AWTUN_DIR_IN, NULL, ts);
	read_counts(RIG, &before);
	inject_inner(_metadata, self, plain, len);
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_RX_SELECTOR, 1,
		     why);
}

/* A later fragment has no ports: only a selector of all ports covers it. */
TEST_F(selectors, later_fragments)
{
	const struct inner inner = { "10.0.0.1", "192.168.254.1", 17, 9, 9 };
	struct awtun_ts ts = make_ts("10.0.0.1", "10.0.0.1", 17);
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t len;

	set_selectors(_metadata, self, AWTUN_DIR_IN, NULL, &ts);
	len = write_inner(&inner, plain);
	plain[7] = 100;
	ipv4_checksum(plain);
	read_counts(RIG, &before);
	inject_inner(_metadata, self, plain, len);
	is_delivered(_metadata, self, &before, "all ports");

	ts = with_ports(ts, 0, 0xfffe);
	is_refused(_metadata, self, &ts, plain, len, "some ports");
}

/* Puts a fragment header into an IPv6 packet, which is then a later fragment. */
static size_t make_later_fragment(__u8 *packet, size_t len)
{
	const __u8 header[8] = { packet[6], 0, 100 * 8 >> 8, 100 * 8 & 0xff,
				 0, 0, 0, 1 };
	size_t payload = len - IPV6_HDR;

	memmove(packet + IPV6_HDR + sizeof(header), packet + IPV6_HDR, payload);
	memcpy(packet + IPV6_HDR, header, sizeof(header));
	packet[6] = IPPROTO_FRAGMENT;
	payload += sizeof(header);
	packet[4] = payload >> 8;
	packet[5] = payload;
	return len + sizeof(header);
}

TEST_F(selectors, later_fragments_of_ipv6)
{
	const struct inner inner = { "fd00::1", "fd00:254::1", 17, 9, 9 };
	struct awtun_ts ts = make_ts("fd00::1", "fd00::1", 17);
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t len;

	set_selectors(_metadata, self, AWTUN_DIR_IN, NULL, &ts);
	len = make_later_fragment(plain, write_inner(&inner, plain));
	read_counts(RIG, &before);
	inject_inner(_metadata, self, plain, len);
	is_delivered(_metadata, self, &before, "its protocol");

	ts.protocol = 6;
	is_refused(_metadata, self, &ts, plain, len, "another protocol");
}

/* It was authentic, so its number is used up. */
TEST_F(selectors, dropped_packets_move_the_window)
{
	const struct awtun_ts ts = make_ts("10.0.0.1", "10.0.0.1", 0);

	set_selectors(_metadata, self, AWTUN_DIR_IN, NULL, &ts);
	COVERS_NOT("10.0.0.2", "192.168.254.1", 17, 9, 9);
	is_replay(_metadata, RIG, self->seq, "again");
}

/* Sending */

static ssize_t send_to_port(struct esp_rig *rig, __u16 port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	__u8 data[PAYLOAD] = { 0 };

	memcpy(&to.sin_addr, rig->inner4[PEER].addr, 4);
	return sendto(rig->udp4, data, sizeof(data), 0, (void *)&to,
		      sizeof(to));
}

TEST_F(selectors, what_is_sent)
{
	const struct awtun_ts local =
		with_ports(make_ts("192.168.254.1", "192.168.254.1", 17), PORT,
			   PORT);
	const struct awtun_ts remote =
		with_ports(make_ts("192.168.254.2", "192.168.254.2", 17), 1000,
			   2000);
	static const __u16 good[] = { 1000, 1500, 2000 };
	static const __u16 bad[] = { 1, 999, 2001, 65535 };
	__u8 data[PAYLOAD] = { 0 };
	struct counts before;
	unsigned int i;

	set_selectors(_metadata, self, AWTUN_DIR_OUT, &local, &remote);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(PAYLOAD, send_to_port(RIG, good[i]));
		check_sent(_metadata, RIG, AF_INET, data, PAYLOAD, i + 1);
	}
	read_counts(RIG, &before);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		send_to_port(RIG, bad[i]);
	send_udp(RIG, AF_INET6, data, PAYLOAD);
	only_dropped(_metadata, RIG, &before, AWTUN_TUNNEL_STAT_TX_SELECTOR,
		     ARRAY_SIZE(bad) + 1, "not covered");
	/* They have used no sequence number. */
	ASSERT_EQ(PAYLOAD, send_to_port(RIG, 1000));
	check_sent(_metadata, RIG, AF_INET, data, PAYLOAD, i);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
