// SPDX-License-Identifier: GPL-2.0-only
/*
 * What outer and inner headers say to each other: DSCP, ECN, TTL and DF, by
 * every packet that tells two cases apart. The tunnel's router forwards between
 * a host, which is a TUN device, and the peer, which is another.
 */
#define _GNU_SOURCE
#include "esp_rig.h"

#define TTL		9	/* of packets here */
#define DEFAULT_TTL	64
#define DF		0x40	/* in octet 6 */

enum { NOT_ECT, ECT1, ECT0, CE };	/* as on the wire */

static const char lan[] =
	"link set lan up mtu 1500\n"
	"addr add 172.16.1.1/24 dev lan\n"
	"addr add fd00:16::1/64 dev lan nodad\n"
	"link set tunnel0 mtu 1500\n";

/* What an IP header says, of either family. */
struct says {
	__u8 dscp;
	__u8 ecn;
	__u8 ttl;
	bool df;
	__u32 flow_label;
};

FIXTURE(outer) {
	struct esp_rig rig;
	int lan;
	struct ip_end host;
	struct ip_end peer;
	__u64 sent;		/* to the tunnel's router, by its peer */
};

FIXTURE_VARIANT(outer) {
	int outer;
	int inner;
	bool encap;
};

FIXTURE_VARIANT_ADD(outer, ipv4_in_ipv4) { AF_INET, AF_INET, false };
FIXTURE_VARIANT_ADD(outer, ipv6_in_ipv4) { AF_INET, AF_INET6, false };
FIXTURE_VARIANT_ADD(outer, ipv4_in_ipv6) { AF_INET6, AF_INET, false };
FIXTURE_VARIANT_ADD(outer, ipv6_in_ipv6) { AF_INET6, AF_INET6, false };
FIXTURE_VARIANT_ADD(outer, ipv4_in_udp_ipv4) { AF_INET, AF_INET, true };
FIXTURE_VARIANT_ADD(outer, ipv6_in_udp_ipv6) { AF_INET6, AF_INET6, true };

static void write_file(struct __test_metadata *_metadata, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd) TH_LOG("%s", path);
	ASSERT_EQ(1, write(fd, "1", 1));
	close(fd);
}

FIXTURE_SETUP(outer)
{
	struct esp_rig_conf conf = { .suite = "aes128-gcm16",
				     .outer = variant->outer,
				     .encap = variant->encap };
	bool v4 = variant->inner == AF_INET;

	rig_open(_metadata, &self->rig, &conf);
	self->lan = open_tun("lan");
	ASSERT_LE(0, self->lan);
	ASSERT_EQ(0, ip_batch(lan));
	write_file(_metadata, "/proc/sys/net/ipv4/ip_forward");
	write_file(_metadata, "/proc/sys/net/ipv6/conf/all/forwarding");
	self->host = ip_end(v4 ? "172.16.1.2" : "fd00:16::2");
	self->peer = v4 ? self->rig.inner4[PEER] : self->rig.inner6[PEER];
	self->sent = 0;
}

FIXTURE_TEARDOWN(outer)
{
	rig_close(&self->rig);
	close(self->lan);
}

/* A tunnel with one option that is not default; TYPE 0: none. */
static void set_option(struct __test_metadata *_metadata, struct esp_rig *rig,
		       __u16 type, __u8 value)
{
	struct awtun_req req;

	awtun_req_tunnel_set(&req, rig->ifindex,
			     rig->outer[OURS].family == AF_INET6 ?
			     AWTUN_MODE_IPSEC_IPV6 : AWTUN_MODE_IPSEC_IPV4,
			     rig->outer[OURS].addr, rig->outer[PEER].addr);
	if (type)
		awtun_put_u8(&req, type, value);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
}

/* Packets */

static struct says read_header(const __u8 *packet)
{
	bool v4 = packet[0] >> 4 == 4;
	__u8 ds = v4 ? packet[1] : packet[0] << 4 | packet[1] >> 4;

	return (struct says){
		.dscp = ds >> 2,
		.ecn = ds & 3,
		.ttl = packet[v4 ? 8 : 7],
		.df = v4 && packet[6] & DF,
		.flow_label = v4 ? 0 : (packet[1] & 15) << 16 |
				       packet[2] << 8 | packet[3],
	};
}

static size_t make_packet(const struct ip_end *src, const struct ip_end *dst,
			  struct says says, __u8 *packet)
{
	const struct udp_ports ports = { PORT, PORT };
	__u8 data[PAYLOAD] = { 0 };
	size_t len = udp_packet(src, dst, says.dscp << 2 | says.ecn, ports,
				data, sizeof(data), packet);

	if (dst->family == AF_INET) {
		packet[6] = says.df ? DF : 0;
		packet[8] = says.ttl;
		ipv4_checksum(packet);
	} else {
		packet[2] = says.flow_label >> 8;
		packet[3] = says.flow_label;
		packet[7] = says.ttl;
	}
	return len;
}

/* The next datagram of ours out of a TUN device. */
static ssize_t read_datagram(int tun, __u8 *packet, size_t size)
{
	ssize_t n;

	while (readable(tun, WAIT_MS)) {
		n = read(tun, packet, size);
		if (n >= IPV4_HDR + UDP_HDR + PAYLOAD &&
		    packet[packet[0] >> 4 == 4 ? 9 : 6] == IPPROTO_UDP)
			return n;
	}
	return -1;
}

static const __u8 *esp_of(const struct esp_rig *rig, const __u8 *packet,
			  ssize_t *len)
{
	size_t head = ip_hdr_len(&rig->outer[OURS]) +
		      (rig->encap ? UDP_HDR : 0);

	*len -= head;
	return packet + head;
}

/* The next datagram of ours in the tunnel: what is around it and itself. The
 * kernel says other things too, over IPv6.
 */
static bool read_sent(struct esp_rig *rig, struct says *outer,
		      struct says *inner)
{
	__u8 packet[ESP_MAX], plain[ESP_MAX];
	const __u8 *esp;
	ssize_t n;
	__u32 low;

	while ((n = read_outer(rig, packet, sizeof(packet))) > 0) {
		esp = esp_of(rig, packet, &n);
		if (esp_open(&rig->out, 0, esp, n, &low, plain) < 0)
			return false;
		if (plain[plain[0] >> 4 == 4 ? 9 : 6] != IPPROTO_UDP)
			continue;
		*outer = read_header(packet);
		*inner = read_header(plain);
		return true;
	}
	return false;
}

/* The host sends to the peer: what the outer packet says, and the inner one. */
static void egress(struct __test_metadata *_metadata,
		   struct _test_data_outer *self, struct says host,
		   struct says *outer, struct says *inner)
{
	__u8 packet[ESP_MAX];
	size_t len = make_packet(&self->host, &self->peer, host, packet);

	ASSERT_EQ((ssize_t)len, write(self->lan, packet, len));
	ASSERT_TRUE(read_sent(&self->rig, outer, inner));
}

/* The peer sends to the host, a packet in another. */
static void send_inward(struct __test_metadata *_metadata,
			struct _test_data_outer *self, struct says peer,
			__u8 outer_ds)
{
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	size_t len = make_packet(&self->peer, &self->host, peer, plain);

	len = esp_trailer(&self->rig.in, plain, len,
			  self->host.family == AF_INET ? NH_IPV4 : NH_IPV6);
	len = esp_seal(&self->rig.in, ++self->sent, plain, len, esp);
	inject_from(_metadata, &self->rig, &self->rig.outer[PEER],
		    &self->rig.outer[OURS], outer_ds, esp, len);
}

static struct says ingress(struct __test_metadata *_metadata,
			   struct _test_data_outer *self, struct says peer,
			   __u8 outer_ds)
{
	struct says nothing = { 0 };
	__u8 packet[ESP_MAX];

	send_inward(_metadata, self, peer, outer_ds);
	EXPECT_LT(0, read_datagram(self->lan, packet, sizeof(packet))) {
		TH_LOG("nothing delivered");
		return nothing;
	}
	return read_header(packet);
}

/* ECN, RFC 6040 */

/* Section 4.1, normal mode: four rows. */
TEST_F(outer, ecn_on_its_way_in)
{
	struct says outer, inner;
	__u8 ecn;

	for (ecn = NOT_ECT; ecn <= CE; ecn++) {
		egress(_metadata, self,
		       (struct says){ .dscp = 10, .ecn = ecn, .ttl = TTL },
		       &outer, &inner);
		EXPECT_EQ(ecn, outer.ecn);
		EXPECT_EQ(ecn, inner.ecn);
	}
}

/* The same when the DSCP is a fixed one. */
TEST_F(outer, ecn_beside_a_fixed_dscp)
{
	struct says outer, inner;
	__u8 ecn;

	set_option(_metadata, &self->rig, AWTUN_TUNNEL_A_DSCP, 63);
	for (ecn = NOT_ECT; ecn <= CE; ecn++) {
		egress(_metadata, self, (struct says){ .ecn = ecn, .ttl = TTL },
		       &outer, &inner);
		EXPECT_EQ(63, outer.dscp);
		EXPECT_EQ(ecn, outer.ecn);
		EXPECT_EQ(0, inner.dscp);
		EXPECT_EQ(ecn, inner.ecn);
	}
}

#define DROP	4

/* Section 4.2, figure 4: sixteen. Inner in rows, outer in columns. */
TEST_F(outer, ecn_on_its_way_out)
{
	static const __u8 figure[4][4] = {
		[NOT_ECT] = { [NOT_ECT] = NOT_ECT, [ECT0] = NOT_ECT,
			      [ECT1] = NOT_ECT, [CE] = DROP },
		[ECT0] = { [NOT_ECT] = ECT0, [ECT0] = ECT0,
			   [ECT1] = ECT1, [CE] = CE },
		[ECT1] = { [NOT_ECT] = ECT1, [ECT0] = ECT1,
			   [ECT1] = ECT1, [CE] = CE },
		[CE] = { [NOT_ECT] = CE, [ECT0] = CE,
			 [ECT1] = CE, [CE] = CE },
	};
	struct counts before;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		__u8 in = i / 4, out = i % 4;
		struct says peer = { .dscp = 10, .ecn = in, .ttl = TTL };

		if (figure[in][out] == DROP) {
			read_counts(&self->rig, &before);
			send_inward(_metadata, self, peer, out);
			only_dropped(_metadata, &self->rig, &before,
				     AWTUN_TUNNEL_STAT_RX_ECN, 1,
				     "congestion on a packet without ECN");
			continue;
		}
		EXPECT_EQ(figure[in][out],
			  ingress(_metadata, self, peer, out).ecn)
			TH_LOG("inner %u, outer %u", in, out);
	}
}

/* DSCP, RFC 4301 section 5.1.2 */

TEST_F(outer, dscp_is_that_of_the_inner_packet)
{
	struct says outer, inner;
	__u8 dscp;

	for (dscp = 0; dscp < 64; dscp++) {
		egress(_metadata, self,
		       (struct says){ .dscp = dscp, .ttl = TTL }, &outer,
		       &inner);
		EXPECT_EQ(dscp, outer.dscp);
		EXPECT_EQ(dscp, inner.dscp);
	}
}

TEST_F(outer, dscp_is_a_fixed_one)
{
	static const __u8 fixed[] = { 0, 1, 46, 63 };
	struct says outer, inner;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		set_option(_metadata, &self->rig, AWTUN_TUNNEL_A_DSCP,
			   fixed[i]);
		egress(_metadata, self, (struct says){ .dscp = 21, .ttl = TTL },
		       &outer, &inner);
		EXPECT_EQ(fixed[i], outer.dscp);
		EXPECT_EQ(21, inner.dscp);
	}
	set_option(_metadata, &self->rig, AWTUN_TUNNEL_A_DSCP,
		   AWTUN_DSCP_COPY);
	egress(_metadata, self, (struct says){ .dscp = 21, .ttl = TTL }, &outer,
	       &inner);
	EXPECT_EQ(21, outer.dscp);
}

TEST_F(outer, dscp_does_not_come_out)
{
	__u8 dscp;

	for (dscp = 0; dscp < 64; dscp += 7)
		EXPECT_EQ(10, ingress(_metadata, self, (struct says){
					      .dscp = 10, .ttl = TTL },
				      dscp << 2).dscp);
}

/* TTL: a tunnel is one hop, and the router that it begins at counts one */

TEST_F(outer, ttl)
{
	static const __u8 fixed[] = { 1, 64, 255 };
	struct says outer, inner, host = { .ttl = TTL };
	unsigned int i;

	egress(_metadata, self, host, &outer, &inner);
	EXPECT_EQ(DEFAULT_TTL, outer.ttl);
	EXPECT_EQ(TTL - 1, inner.ttl);
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		set_option(_metadata, &self->rig, AWTUN_TUNNEL_A_TTL, fixed[i]);
		egress(_metadata, self, host, &outer, &inner);
		EXPECT_EQ(fixed[i], outer.ttl);
		EXPECT_EQ(TTL - 1, inner.ttl);
	}
	EXPECT_EQ(TTL - 1, ingress(_metadata, self, host, 0).ttl);
}

/* DF of an outer IPv4 header, RFC 4301 section 8.1; IPv6 inside forbids what DF
 * does. In IPv6 there is nothing to set.
 */
static void check_df(struct __test_metadata *_metadata,
		     struct _test_data_outer *self, __u8 df, bool inner_df,
		     bool wanted)
{
	struct says outer, inner;

	if (self->rig.outer[OURS].family == AF_INET6)
		wanted = false;
	set_option(_metadata, &self->rig, AWTUN_TUNNEL_A_DF, df);
	egress(_metadata, self, (struct says){ .ttl = TTL, .df = inner_df },
	       &outer, &inner);
	EXPECT_EQ(wanted, outer.df) TH_LOG("df %u, inner %u", df, inner_df);
	EXPECT_EQ(inner_df && self->host.family == AF_INET, inner.df);
}

TEST_F(outer, df)
{
	bool v6 = self->host.family == AF_INET6;

	check_df(_metadata, self, AWTUN_DF_COPY, false, v6);
	check_df(_metadata, self, AWTUN_DF_COPY, true, true);
	check_df(_metadata, self, AWTUN_DF_SET, false, true);
	check_df(_metadata, self, AWTUN_DF_SET, true, true);
	check_df(_metadata, self, AWTUN_DF_CLEAR, false, false);
	check_df(_metadata, self, AWTUN_DF_CLEAR, true, false);
}

/* It would tell flows apart that are hidden on purpose. */
TEST_F(outer, no_flow_label)
{
	struct says outer, inner;

	egress(_metadata, self, (struct says){ .ttl = TTL, .flow_label = 0xabcd },
	       &outer, &inner);
	EXPECT_EQ(0, outer.flow_label);
	EXPECT_EQ(self->host.family == AF_INET6 ? 0xabcd : 0, inner.flow_label);
}

int main(int argc, char **argv)
{
	int rc = system("./lib/load.sh");

	if (rc)
		ksft_exit_skip("load.sh could not load awtun\n");
	return test_harness_run(argc, argv);
}
