// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options of tunnels and SAs, on the netlink interface: what is told is
 * what was set, and what does not make sense is refused and named.
 */
#define _GNU_SOURCE
#include "refusal.h"

/* Put into a request in the host's order, which the kernel's is too. */
struct value {
	__u16 type;
	__u16 len;
	__u64 value;
};

static void put_value(struct awtun_req *req, const struct value *value)
{
	awtun_put(req, value->type, &value->value, value->len);
}

/* Each of @types with every length but its own. */
static void refused_lengths(struct __test_metadata *_metadata,
			    struct _test_data_tunnel *self,
			    const struct awtun_req *good,
			    const struct value *types, unsigned int n)
{
	static const __u8 octets[16] = { 1 };
	struct awtun_req req;
	unsigned int i, len;

	for (i = 0; i < n; i++) {
		for (len = 0; len <= 9; len++) {
			if (len == types[i].len)
				continue;
			req = *good;
			awtun_put(&req, types[i].type, octets, len);
			REFUSED_FOR(types[i].type, MALFORMED, &req,
				    "attribute %u of %u octets",
				    types[i].type, len);
		}
	}
}

/* Tunnels */

static bool tunnel_is(const struct awtun_tunnel *tunnel,
		      const struct awtun_tunnel *wanted)
{
	return tunnel->mode == wanted->mode &&
	       tunnel->fwmark == wanted->fwmark &&
	       tunnel->link == wanted->link && tunnel->ttl == wanted->ttl &&
	       tunnel->dscp == wanted->dscp && tunnel->df == wanted->df &&
	       tunnel->mss_ipv4 == wanted->mss_ipv4 &&
	       tunnel->mss_ipv6 == wanted->mss_ipv6;
}

static void put_options(struct awtun_req *req, const struct awtun_tunnel *tunnel)
{
	awtun_put_u32(req, AWTUN_TUNNEL_A_FWMARK, tunnel->fwmark);
	awtun_put_u32(req, AWTUN_TUNNEL_A_LINK, tunnel->link);
	awtun_put_u8(req, AWTUN_TUNNEL_A_TTL, tunnel->ttl);
	awtun_put_u8(req, AWTUN_TUNNEL_A_DSCP, tunnel->dscp);
	awtun_put_u8(req, AWTUN_TUNNEL_A_DF, tunnel->df);
	awtun_put_u16(req, AWTUN_TUNNEL_A_MSS_IPV4, tunnel->mss_ipv4);
	awtun_put_u16(req, AWTUN_TUNNEL_A_MSS_IPV6, tunnel->mss_ipv6);
}

/* There are SAs: options may change all the same. */
TEST_F(tunnel, options_are_told_as_they_were_set)
{
	const struct awtun_tunnel options[] = {
		{ .mode = AWTUN_MODE_IPSEC_IPV4, .fwmark = 0xffffffff,
		  .link = if_nametoindex("lo"), .ttl = 255, .dscp = 63,
		  .df = AWTUN_DF_CLEAR, .mss_ipv4 = 1360,
		  .mss_ipv6 = AWTUN_MSS_PMTU },
		{ .mode = AWTUN_MODE_IPSEC_IPV4, .fwmark = 1, .ttl = 1,
		  .dscp = 0, .df = AWTUN_DF_SET, .mss_ipv4 = AWTUN_MSS_PMTU,
		  .mss_ipv6 = 1220 },
		{ .mode = AWTUN_MODE_IPSEC_IPV4, .dscp = 46,
		  .df = AWTUN_DF_COPY },
	};
	struct awtun_tunnel tunnel;
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		good_set(&req, self->ifindex);
		put_options(&req, &options[i]);
		ASSERT_EQ(0, call(&self->nl, &req))
			TH_LOG("%s", self->nl.extack);
		ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex,
					      &tunnel));
		EXPECT_TRUE(tunnel_is(&tunnel, &options[i]))
			TH_LOG("options %u", i);
	}
}

/* It is the whole configuration that is set. */
TEST_F(tunnel, options_left_out_get_their_defaults)
{
	const struct awtun_tunnel defaults = {
		.mode = AWTUN_MODE_IPSEC_IPV4, .dscp = -1,
	}, others = {
		.fwmark = 5, .link = 1, .ttl = 9, .dscp = 10,
		.df = AWTUN_DF_SET, .mss_ipv4 = 1000, .mss_ipv6 = 1000,
	};
	struct awtun_tunnel tunnel;
	struct awtun_req req;

	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_TRUE(tunnel_is(&tunnel, &defaults));
	good_set(&req, self->ifindex);
	put_options(&req, &others);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, set_tunnel(&self->nl, self->ifindex));
	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_TRUE(tunnel_is(&tunnel, &defaults));
}

TEST_F(tunnel, options_out_of_range)
{
	static const struct value bad[] = {
		{ AWTUN_TUNNEL_A_DSCP, 1, 64 }, { AWTUN_TUNNEL_A_DSCP, 1, 254 },
		{ AWTUN_TUNNEL_A_DF, 1, 3 }, { AWTUN_TUNNEL_A_DF, 1, 255 },
		{ AWTUN_TUNNEL_A_MSS_IPV4, 2, 1 },
		{ AWTUN_TUNNEL_A_MSS_IPV4, 2, 63 },
		{ AWTUN_TUNNEL_A_MSS_IPV6, 2, 1 },
		{ AWTUN_TUNNEL_A_MSS_IPV6, 2, 63 },
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		good_set(&req, self->ifindex);
		put_value(&req, &bad[i]);
		REFUSED_FOR(bad[i].type, MALFORMED, &req, "attribute %u = %llu",
			    bad[i].type, bad[i].value);
	}
}

static const struct value tunnel_options[] = {
	{ AWTUN_TUNNEL_A_FWMARK, 4, 1 }, { AWTUN_TUNNEL_A_LINK, 4, 1 },
	{ AWTUN_TUNNEL_A_TTL, 1, 1 }, { AWTUN_TUNNEL_A_DSCP, 1, 1 },
	{ AWTUN_TUNNEL_A_DF, 1, 1 }, { AWTUN_TUNNEL_A_MSS_IPV4, 2, 1000 },
	{ AWTUN_TUNNEL_A_MSS_IPV6, 2, 1000 },
};

TEST_F(tunnel, options_of_wrong_length)
{
	struct awtun_req good;

	good_set(&good, self->ifindex);
	refused_lengths(_metadata, self, &good, tunnel_options,
			ARRAY_SIZE(tunnel_options));
}

TEST_F(tunnel, options_need_a_mode)
{
	struct awtun_req req;
	unsigned int i;

	ASSERT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	for (i = 0; i < ARRAY_SIZE(tunnel_options); i++) {
		awtun_req_init(&req, AWTUN_CMD_TUNNEL_SET, AWTUN_A_TUNNEL);
		awtun_put_u32(&req, AWTUN_TUNNEL_A_IFINDEX, self->ifindex);
		awtun_put_u32(&req, AWTUN_TUNNEL_A_MODE, AWTUN_MODE_UNSPEC);
		put_value(&req, &tunnel_options[i]);
		REFUSED_FOR(tunnel_options[i].type, MALFORMED, &req,
			    "attribute %u without a mode",
			    tunnel_options[i].type);
	}
}

TEST_F(tunnel, options_where_none_belong)
{
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tunnel_options); i++) {
		awtun_req_init(&req, AWTUN_CMD_TUNNEL_GET, AWTUN_A_TUNNEL);
		awtun_put_u32(&req, AWTUN_TUNNEL_A_IFINDEX, self->ifindex);
		put_value(&req, &tunnel_options[i]);
		REFUSED_FOR(tunnel_options[i].type, MALFORMED, &req,
			    "get with attribute %u", tunnel_options[i].type);
	}
}

/* SAs */

static int get_free(struct awtun_nl *nl, __u32 ifindex, __u32 dir,
		    struct awtun_sa *sa)
{
	return awtun_sa_get(nl, ifindex, dir, FREE_SPI, sa);
}

TEST_F(tunnel, sa_options_are_told_as_they_were_set)
{
	const struct awtun_lifetime soft = { 3600, 1ull << 40, 1ull << 33 };
	const struct awtun_lifetime hard = { 4000, 1ull << 41, 1ull << 34 };
	struct awtun_req req;
	struct awtun_sa sa;

	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_put_flag(&req, AWTUN_SA_A_ESN);
	awtun_put_u64(&req, AWTUN_SA_A_SEQ, 0x123456789abcull);
	awtun_put_encap(&req, 4500, 61000);
	awtun_put_u64(&req, AWTUN_SA_A_SOFT_SECONDS, soft.seconds);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_SECONDS, hard.seconds);
	awtun_put_u64(&req, AWTUN_SA_A_SOFT_BYTES, soft.bytes);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_BYTES, hard.bytes);
	awtun_put_u64(&req, AWTUN_SA_A_SOFT_PACKETS, soft.packets);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_PACKETS, hard.packets);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, get_free(&self->nl, self->ifindex, AWTUN_DIR_OUT, &sa));
	EXPECT_TRUE(sa.esn);
	EXPECT_EQ(0x123456789abcull, sa.seq);
	EXPECT_EQ(4500, sa.encap_local_port);
	EXPECT_EQ(61000, sa.encap_remote_port);
	EXPECT_EQ(4, sa.remote.len);
	EXPECT_EQ(0, memcmp(remote4, sa.remote.octets, 4));
	EXPECT_EQ(0, memcmp(&soft, &sa.soft, sizeof(soft)));
	EXPECT_EQ(0, memcmp(&hard, &sa.hard, sizeof(hard)));
	EXPECT_FALSE(sa.expired);
	EXPECT_GT(60, sa.age);
}

TEST_F(tunnel, sa_options_left_out)
{
	static const struct awtun_lifetime none;
	struct awtun_sa sa;

	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_OUT,
				  OUT_SPI, &sa));
	EXPECT_FALSE(sa.esn);
	EXPECT_EQ(0, sa.encap_local_port);
	EXPECT_EQ(0, sa.encap_remote_port);
	EXPECT_EQ(0, memcmp(&none, &sa.soft, sizeof(none)));
	EXPECT_EQ(0, memcmp(&none, &sa.hard, sizeof(none)));
	EXPECT_EQ(0, sa.ts_local.n);
	EXPECT_EQ(0, sa.ts_remote.n);
	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_IN,
				  IN_SPI, &sa));
	EXPECT_FALSE(sa.esn);
	EXPECT_FALSE(sa.follow);
	EXPECT_EQ(0, sa.remote.len);
}

TEST_F(tunnel, inbound_sas_may_follow)
{
	struct awtun_req req;
	struct awtun_sa sa;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes128-sha512");
	awtun_put_flag(&req, AWTUN_SA_A_FOLLOW);
	awtun_put_flag(&req, AWTUN_SA_A_ESN);
	awtun_put_u32(&req, AWTUN_SA_A_REPLAY_WINDOW, 4096);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, get_free(&self->nl, self->ifindex, AWTUN_DIR_IN, &sa));
	EXPECT_TRUE(sa.follow);
	EXPECT_TRUE(sa.esn);
	EXPECT_EQ(4096, sa.window);
}

TEST_F(tunnel, sa_options_of_the_other_direction)
{
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put_encap(&req, 4500, 4500);
	REFUSED_FOR(AWTUN_SA_A_ENCAP_LOCAL_PORT, MALFORMED, &req,
		    "inbound in UDP");
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_put_flag(&req, AWTUN_SA_A_FOLLOW);
	REFUSED_FOR(AWTUN_SA_A_FOLLOW, MALFORMED, &req, "outbound follows");
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_put_u32(&req, AWTUN_SA_A_REPLAY_WINDOW, 128);
	REFUSED_FOR(AWTUN_SA_A_REPLAY_WINDOW, MALFORMED, &req,
		    "outbound with a window");
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put_flag(&req, AWTUN_SA_A_ESN);
	awtun_put_u64(&req, AWTUN_SA_A_SEQ, 1);
	REFUSED_FOR(AWTUN_SA_A_SEQ, MALFORMED, &req, "inbound begins at one");
}

static void refused_ports(struct __test_metadata *_metadata,
			  struct _test_data_tunnel *self,
			  const struct awtun_req *good)
{
	struct awtun_req req = *good;

	awtun_put_be16(&req, AWTUN_SA_A_ENCAP_LOCAL_PORT, 4500);
	REFUSED_FOR(AWTUN_SA_A_ENCAP_REMOTE_PORT, MALFORMED, &req,
		    "local port alone");
	req = *good;
	awtun_put_be16(&req, AWTUN_SA_A_ENCAP_REMOTE_PORT, 4500);
	REFUSED_FOR(AWTUN_SA_A_ENCAP_LOCAL_PORT, MALFORMED, &req,
		    "remote port alone");
	awtun_put_encap(&req, 0, 4500);
	REFUSED_FOR(AWTUN_SA_A_ENCAP_LOCAL_PORT, MALFORMED, &req,
		    "local port 0");
	awtun_put_encap(&req, 4500, 0);
	REFUSED_FOR(AWTUN_SA_A_ENCAP_REMOTE_PORT, MALFORMED, &req,
		    "remote port 0");
	awtun_put_encap(&req, 5000, 6000);
	REFUSED_FOR(AWTUN_SA_A_ENCAP_LOCAL_PORT, MALFORMED, &req,
		    "neither port is that of RFC 3948");
}

TEST_F(tunnel, udp_ports_come_in_pairs_and_are_not_0)
{
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	refused_ports(_metadata, self, &req);
	awtun_req_sa(&req, AWTUN_CMD_SA_SET, self->ifindex, AWTUN_DIR_OUT,
		     OUT_SPI);
	refused_ports(_metadata, self, &req);
}

TEST_F(tunnel, sequence_numbers_have_63_bits_with_esn)
{
	static const __u64 good[] = {
		0, 0xffffffff, 1ull << 32, 0x7ffffffffffffffeull,
	};
	static const __u64 bad[] = { 1ull << 63, ~0ull };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-sha512");
		awtun_put_flag(&req, AWTUN_SA_A_ESN);
		awtun_put_u64(&req, AWTUN_SA_A_SEQ, good[i]);
		ACCEPTED(&req, AWTUN_DIR_OUT, FREE_SPI, "0x%llx", good[i]);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-sha512");
		awtun_put_flag(&req, AWTUN_SA_A_ESN);
		awtun_put_u64(&req, AWTUN_SA_A_SEQ, bad[i]);
		REFUSED_FOR(AWTUN_SA_A_SEQ, MALFORMED, &req, "0x%llx", bad[i]);
	}
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-sha512");
	awtun_put_u64(&req, AWTUN_SA_A_SEQ, 1ull << 32);
	REFUSED_FOR(AWTUN_SA_A_SEQ, MALFORMED, &req, "33 bits without ESN");
}

TEST_F(tunnel, lifetimes_out_of_range)
{
	static const __u16 types[][2] = {
		{ AWTUN_SA_A_SOFT_SECONDS, AWTUN_SA_A_HARD_SECONDS },
		{ AWTUN_SA_A_SOFT_BYTES, AWTUN_SA_A_HARD_BYTES },
		{ AWTUN_SA_A_SOFT_PACKETS, AWTUN_SA_A_HARD_PACKETS },
	};
	static const __u64 bad[] = { 0, 1ull << 63, ~0ull };
	struct awtun_req req;
	unsigned int i, j, dir;

	for (dir = AWTUN_DIR_IN; dir <= AWTUN_DIR_OUT; dir++) {
		for (i = 0; i < 2 * ARRAY_SIZE(types); i++) {
			__u16 type = types[i / 2][i % 2];

			for (j = 0; j < ARRAY_SIZE(bad); j++) {
				good_add(&req, self->ifindex, dir,
					 "aes256-gcm8");
				awtun_put_u64(&req, type, bad[j]);
				REFUSED_FOR(type, MALFORMED, &req,
					    "attribute %u = %llu", type,
					    bad[j]);
			}
		}
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			good_add(&req, self->ifindex, dir, "aes256-gcm8");
			awtun_put_u64(&req, types[i][0], 1001);
			awtun_put_u64(&req, types[i][1], 1000);
			REFUSED_FOR(types[i][0], MALFORMED, &req,
				    "soft above hard");
			awtun_put_u64(&req, types[i][0], 1000);
			ACCEPTED(&req, dir, FREE_SPI, "soft is hard");
		}
	}
}

static const struct value sa_options[] = {
	{ AWTUN_SA_A_ESN, 0, 0 }, { AWTUN_SA_A_SOFT_SECONDS, 8, 9 },
	{ AWTUN_SA_A_HARD_SECONDS, 8, 9 }, { AWTUN_SA_A_SOFT_BYTES, 8, 9 },
	{ AWTUN_SA_A_HARD_BYTES, 8, 9 }, { AWTUN_SA_A_SOFT_PACKETS, 8, 9 },
	{ AWTUN_SA_A_HARD_PACKETS, 8, 9 },
}, in_options[] = {
	{ AWTUN_SA_A_FOLLOW, 0, 0 },
}, out_options[] = {
	{ AWTUN_SA_A_ENCAP_LOCAL_PORT, 2, 1 },
	{ AWTUN_SA_A_ENCAP_REMOTE_PORT, 2, 1 }, { AWTUN_SA_A_SEQ, 8, 9 },
	{ AWTUN_SA_A_REMOTE, 4, 0x010200c6 },
};

TEST_F(tunnel, sa_options_of_wrong_length)
{
	struct awtun_req good;

	good_add(&good, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
	refused_lengths(_metadata, self, &good, sa_options,
			ARRAY_SIZE(sa_options));
	refused_lengths(_metadata, self, &good, in_options,
			ARRAY_SIZE(in_options));
	good_add(&good, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm8");
	refused_lengths(_metadata, self, &good, out_options,
			ARRAY_SIZE(out_options));
}

TEST_F(tunnel, sa_options_where_none_belong)
{
	static const __u8 commands[] = {
		AWTUN_CMD_SA_ACTIVATE, AWTUN_CMD_SA_DEL, AWTUN_CMD_SA_GET,
		AWTUN_CMD_SA_SET,
	};
	struct awtun_req req;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		for (j = 0; j < ARRAY_SIZE(sa_options); j++) {
			awtun_req_sa(&req, commands[i], self->ifindex,
				     AWTUN_DIR_OUT, OUT_SPI);
			put_value(&req, &sa_options[j]);
			REFUSED_FOR(sa_options[j].type, MALFORMED, &req,
				    "command %u with attribute %u",
				    commands[i], sa_options[j].type);
		}
		for (j = 0; j < ARRAY_SIZE(out_options); j++) {
			if (commands[i] == AWTUN_CMD_SA_SET &&
			    out_options[j].type != AWTUN_SA_A_SEQ)
				continue;
			awtun_req_sa(&req, commands[i], self->ifindex,
				     AWTUN_DIR_OUT, OUT_SPI);
			put_value(&req, &out_options[j]);
			REFUSED_FOR(out_options[j].type, MALFORMED, &req,
				    "command %u with attribute %u",
				    commands[i], out_options[j].type);
		}
	}
}

/* Where an SA sends */

static const __u8 other4[4] = { 203, 0, 113, 9 };
static const __u8 none4[4];

/* The same tunnel, without SAs and without the peer's address. */
static void forget_remote(struct __test_metadata *_metadata,
			  struct _test_data_tunnel *self)
{
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	good_set(&req, self->ifindex);
	awtun_drop(&req, AWTUN_TUNNEL_A_REMOTE);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
}

static void sends_to(struct __test_metadata *_metadata,
		     struct _test_data_tunnel *self, __u32 spi,
		     const __u8 *remote, __u16 local_port, __u16 remote_port)
{
	struct awtun_sa sa;

	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_OUT, spi,
				  &sa));
	EXPECT_EQ(4, sa.remote.len);
	EXPECT_EQ(0, memcmp(remote, sa.remote.octets, 4));
	EXPECT_EQ(local_port, sa.encap_local_port);
	EXPECT_EQ(remote_port, sa.encap_remote_port);
}

TEST_F(tunnel, the_remote_address_may_be_unknown)
{
	struct awtun_tunnel tunnel;
	struct awtun_req req;

	forget_remote(_metadata, self);
	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_EQ(AWTUN_MODE_IPSEC_IPV4, tunnel.mode);
	EXPECT_EQ(0, memcmp(local4, tunnel.local, 4));
	EXPECT_EQ(0, tunnel.remote_len);
	ASSERT_EQ(0, set_tunnel(&self->nl, self->ifindex));
	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_EQ(4, tunnel.remote_len);
	/* The same, said in full. */
	good_set(&req, self->ifindex);
	awtun_put(&req, AWTUN_TUNNEL_A_REMOTE, none4, 4);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_EQ(0, tunnel.remote_len);
}

TEST_F(tunnel, sas_hold_an_unknown_remote_address_too)
{
	struct awtun_req req;

	forget_remote(_metadata, self);
	ASSERT_EQ(0, add_sa(&self->nl, self->ifindex, AWTUN_DIR_IN, IN_SPI,
			    "aes256-gcm16"));
	good_set(&req, self->ifindex);
	REFUSED(-EBUSY, &req, "a remote address beside SAs");
	awtun_drop(&req, AWTUN_TUNNEL_A_REMOTE);
	EXPECT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
}

TEST_F(tunnel, without_a_remote_address_sas_need_their_own)
{
	struct awtun_req req;

	forget_remote(_metadata, self);
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	REFUSED_FOR(AWTUN_SA_A_REMOTE, MALFORMED, &req, "outbound");
	awtun_put(&req, AWTUN_SA_A_REMOTE, other4, 4);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	sends_to(_metadata, self, FREE_SPI, other4, 0, 0);
	awtun_req_sa(&req, AWTUN_CMD_SA_SET, self->ifindex, AWTUN_DIR_OUT,
		     FREE_SPI);
	REFUSED_FOR(AWTUN_SA_A_REMOTE, MALFORMED, &req, "moved");
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	ACCEPTED(&req, AWTUN_DIR_IN, FREE_SPI, "inbound: %s", self->nl.extack);
}

/* It is the whole of it that is set. */
TEST_F(tunnel, an_sa_is_moved)
{
	struct awtun_sa sa;
	struct awtun_req req;

	awtun_req_sa(&req, AWTUN_CMD_SA_SET, self->ifindex, AWTUN_DIR_OUT,
		     OUT_SPI);
	awtun_put_encap(&req, 4500, 61000);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	sends_to(_metadata, self, OUT_SPI, remote4, 4500, 61000);

	awtun_drop(&req, AWTUN_SA_A_ENCAP_LOCAL_PORT);
	awtun_drop(&req, AWTUN_SA_A_ENCAP_REMOTE_PORT);
	awtun_put(&req, AWTUN_SA_A_REMOTE, other4, 4);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	sends_to(_metadata, self, OUT_SPI, other4, 0, 0);
	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_OUT,
				  OUT_SPI, &sa));
	EXPECT_TRUE(sa.active);

	/* What the tunnel says of outer packets is another matter. */
	good_set(&req, self->ifindex);
	awtun_put_u8(&req, AWTUN_TUNNEL_A_TTL, 9);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	sends_to(_metadata, self, OUT_SPI, other4, 0, 0);

	awtun_req_sa(&req, AWTUN_CMD_SA_SET, self->ifindex, AWTUN_DIR_OUT,
		     OUT_SPI);
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	sends_to(_metadata, self, OUT_SPI, remote4, 0, 0);
}

/* In both commands. */
static void dest_requests(struct awtun_req req[2], __u32 ifindex)
{
	good_add(&req[0], ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_req_sa(&req[1], AWTUN_CMD_SA_SET, ifindex, AWTUN_DIR_OUT,
		     OUT_SPI);
}

TEST_F(tunnel, peers_that_cannot_be)
{
	static const struct {
		__u8 octets[16];
		unsigned int len;
		int err;
	} bad[] = {
		{ { 0 }, 4, -EADDRNOTAVAIL },
		{ { 224, 0, 0, 1 }, 4, -EADDRNOTAVAIL },
		{ { 255, 255, 255, 255 }, 4, -EADDRNOTAVAIL },
		{ { 192, 0, 2, 1 }, 4, -EINVAL },
		{ { 1 }, 5, -EINVAL },
		{ { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 }, 16, -EINVAL },
	};
	struct awtun_req req[2];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		dest_requests(req, self->ifindex);
		for (j = 0; j < 2; j++) {
			awtun_put(&req[j], AWTUN_SA_A_REMOTE, bad[i].octets,
				  bad[i].len);
			REFUSED_FOR(AWTUN_SA_A_REMOTE, bad[i].err, &req[j],
				    "peer %u, command %u", i, req[j].cmd);
		}
	}
}

TEST_F(tunnel, inbound_sas_send_nowhere)
{
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put(&req, AWTUN_SA_A_REMOTE, other4, 4);
	REFUSED_FOR(AWTUN_SA_A_REMOTE, MALFORMED, &req, "add");
	awtun_req_sa(&req, AWTUN_CMD_SA_SET, self->ifindex, AWTUN_DIR_IN,
		     IN_SPI);
	awtun_put(&req, AWTUN_SA_A_REMOTE, other4, 4);
	REFUSED_FOR(AWTUN_SA_A_DIR, MALFORMED, &req, "move");
}

/* Selectors */

static struct awtun_ts make_ts(const char *start, const char *end,
			       __u8 protocol, __u16 min, __u16 max)
{
	struct awtun_ts ts = { .protocol = protocol, .port_min = min,
			       .port_max = max };
	int family = strchr(start, ':') ? AF_INET6 : AF_INET;

	ts.start.len = family == AF_INET ? 4 : 16;
	ts.end.len = ts.start.len;
	inet_pton(family, start, ts.start.octets);
	inet_pton(family, end, ts.end.octets);
	return ts;
}

static bool same_ts(const struct awtun_ts *a, const struct awtun_ts *b)
{
	return a->start.len == b->start.len && a->end.len == b->end.len &&
	       !memcmp(a->start.octets, b->start.octets, a->start.len) &&
	       !memcmp(a->end.octets, b->end.octets, a->end.len) &&
	       a->protocol == b->protocol && a->port_min == b->port_min &&
	       a->port_max == b->port_max;
}

/* As many as may be, of both families, the longest that there are. */
TEST_F(tunnel, selectors_are_told_as_they_were_set)
{
	struct awtun_ts ts[AWTUN_TS_MAX];
	struct awtun_req req;
	struct awtun_sa sa, sas[4];
	unsigned int i, dir;

	for (i = 0; i < AWTUN_TS_MAX; i++)
		ts[i] = i % 3 ? make_ts("2001:db8::", "2001:db8::ffff", i, i,
					0xffff - i) :
				make_ts("10.0.0.1", "10.255.0.1", i, 0, i);
	for (dir = AWTUN_DIR_IN; dir <= AWTUN_DIR_OUT; dir++) {
		good_add(&req, self->ifindex, dir, "aes256-sha512");
		for (i = 0; i < AWTUN_TS_MAX; i++) {
			awtun_put_ts(&req, AWTUN_SA_A_TS_LOCAL, &ts[i]);
			awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE,
				     &ts[AWTUN_TS_MAX - 1 - i]);
		}
		ASSERT_EQ(0, call(&self->nl, &req))
			TH_LOG("%s", self->nl.extack);
		ASSERT_EQ(0, get_free(&self->nl, self->ifindex, dir, &sa));
		EXPECT_FALSE(sa.ts_local.any);
		EXPECT_FALSE(sa.ts_remote.any);
		ASSERT_EQ(AWTUN_TS_MAX, sa.ts_local.n);
		ASSERT_EQ(AWTUN_TS_MAX, sa.ts_remote.n);
		for (i = 0; i < AWTUN_TS_MAX; i++) {
			EXPECT_TRUE(same_ts(&ts[i], &sa.ts_local.ts[i]));
			EXPECT_TRUE(same_ts(&ts[AWTUN_TS_MAX - 1 - i],
					    &sa.ts_remote.ts[i]));
		}
	}
	EXPECT_EQ(4, awtun_sa_dump(&self->nl, 0, sas, 4));
}

/* Only the addresses are needed. */
TEST_F(tunnel, selectors_have_defaults)
{
	const __u8 list[] = {
		20, 0, AWTUN_TS_LIST_A_SELECTOR, 0x80,
		8, 0, AWTUN_TS_A_START, 0, 10, 0, 0, 0,
		8, 0, AWTUN_TS_A_END, 0, 10, 0, 0, 255,
	};
	const struct awtun_ts all = make_ts("10.0.0.0", "10.0.0.255", 0, 0,
					    0xffff);
	struct awtun_req req;
	struct awtun_sa sa;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-sha512");
	awtun_put(&req, AWTUN_SA_A_TS_LOCAL | NLA_F_NESTED, list, sizeof(list));
	ASSERT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, get_free(&self->nl, self->ifindex, AWTUN_DIR_IN, &sa));
	ASSERT_EQ(1, sa.ts_local.n);
	EXPECT_EQ(0, sa.ts_remote.n);
	EXPECT_TRUE(sa.ts_remote.any);
	EXPECT_FALSE(sa.ts_local.any);
	EXPECT_TRUE(same_ts(&all, &sa.ts_local.ts[0]));
}

/* What is not said is not everything. */
TEST_F(tunnel, selectors_are_needed)
{
	static const __u16 sides[] = { AWTUN_SA_A_TS_LOCAL,
				       AWTUN_SA_A_TS_REMOTE };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		good_add(&req, self->ifindex, 1 + i / 2, "aes256-gcm16");
		awtun_drop(&req, sides[i % 2]);
		REFUSED_FOR(sides[i % 2], MALFORMED, &req, "left out");
	}
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_drop(&req, AWTUN_SA_A_TS_LOCAL);
	awtun_drop(&req, AWTUN_SA_A_TS_REMOTE);
	REFUSED_FOR(AWTUN_SA_A_TS_LOCAL, MALFORMED, &req, "both left out");
}

TEST_F(tunnel, selectors_for_everything)
{
	struct awtun_req req;
	struct awtun_sa sa;
	unsigned int dir;

	for (dir = AWTUN_DIR_IN; dir <= AWTUN_DIR_OUT; dir++) {
		good_add(&req, self->ifindex, dir, "aes256-sha512");
		awtun_put_ts_any(&req, AWTUN_SA_A_TS_LOCAL);
		awtun_put_ts_any(&req, AWTUN_SA_A_TS_REMOTE);
		ASSERT_EQ(0, call(&self->nl, &req))
			TH_LOG("%s", self->nl.extack);
		ASSERT_EQ(0, get_free(&self->nl, self->ifindex, dir, &sa));
		EXPECT_TRUE(sa.ts_local.any);
		EXPECT_TRUE(sa.ts_remote.any);
		EXPECT_EQ(0, sa.ts_local.n);
		EXPECT_EQ(0, sa.ts_remote.n);
	}
}

/* Before or after a selector, twice, with a value: nothing is taken for it. */
TEST_F(tunnel, selectors_for_everything_and_more)
{
	static const __u8 any[] = { 4, 0, AWTUN_TS_LIST_A_ANY, 0 };
	static const __u8 selector[] = {
		20, 0, AWTUN_TS_LIST_A_SELECTOR, 0x80,
		8, 0, AWTUN_TS_A_START, 0, 10, 0, 0, 0,
		8, 0, AWTUN_TS_A_END, 0, 10, 0, 0, 255,
	};
	/* Which of a list's three are selectors. */
	static const bool bad[][3] = {
		{ false, true, true }, { true, false, true },
		{ true, true, false }, { false, false, false },
	};
	static const __u8 valued[] = { 8, 0, AWTUN_TS_LIST_A_ANY, 0, 1, 0, 0, 0 };
	static const __u8 nested[] = { 4, 0, AWTUN_TS_LIST_A_ANY, 0x80 };
	struct awtun_req req;
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		__u8 list[3 * sizeof(selector)];
		size_t len = 0;

		for (at = 0; at < 3; at++) {
			size_t add = bad[i][at] ? sizeof(selector) : sizeof(any);

			memcpy(list + len, bad[i][at] ? selector : any, add);
			len += add;
		}
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
		awtun_put(&req, AWTUN_SA_A_TS_LOCAL | NLA_F_NESTED, list, len);
		REFUSED_FOR(AWTUN_TS_LIST_A_ANY, MALFORMED, &req, "list %u", i);
	}
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
	awtun_put(&req, AWTUN_SA_A_TS_REMOTE | NLA_F_NESTED, valued,
		  sizeof(valued));
	REFUSED(MALFORMED, &req, "with a value");
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
	awtun_put(&req, AWTUN_SA_A_TS_REMOTE | NLA_F_NESTED, nested,
		  sizeof(nested));
	REFUSED(MALFORMED, &req, "as a nest");
}

TEST_F(tunnel, selectors_of_reversed_ranges)
{
	static const __u16 types[] = { AWTUN_SA_A_TS_LOCAL,
				       AWTUN_SA_A_TS_REMOTE };
	const struct {
		struct awtun_ts ts;
		__u16 fault;
	} bad[] = {
		{ make_ts("10.0.0.2", "10.0.0.1", 0, 0, 0xffff),
		  AWTUN_TS_A_END },
		{ make_ts("10.0.1.0", "10.0.0.255", 0, 0, 0xffff),
		  AWTUN_TS_A_END },
		{ make_ts("fd00::1", "fd00::", 0, 0, 0xffff), AWTUN_TS_A_END },
		{ make_ts("10.0.0.1", "10.0.0.2", 6, 2, 1),
		  AWTUN_TS_A_PORT_MAX },
		{ make_ts("fd00::", "fd00::1", 17, 0xffff, 0),
		  AWTUN_TS_A_PORT_MAX },
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
		awtun_put_ts(&req, types[i % 2], &bad[i / 2].ts);
		REFUSED_FOR(bad[i / 2].fault, MALFORMED, &req, "selector %u",
			    i / 2);
	}
}

TEST_F(tunnel, selectors_of_mixed_families)
{
	struct awtun_ts ts = make_ts("10.0.0.0", "10.0.0.255", 0, 0, 0xffff);
	struct awtun_req req;
	unsigned int len;

	for (len = 0; len <= 16; len++) {
		if (len == 4)
			continue;
		ts.end.len = len;
		good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm8");
		awtun_put_ts(&req, AWTUN_SA_A_TS_LOCAL, &ts);
		REFUSED_FOR(AWTUN_TS_A_END, MALFORMED, &req,
			    "last address of %u octets", len);
		ts.start.len = len;
		if (len == 16)
			break;
		good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm8");
		awtun_put_ts(&req, AWTUN_SA_A_TS_LOCAL, &ts);
		REFUSED_FOR(AWTUN_TS_A_START, MALFORMED, &req,
			    "both addresses of %u octets", len);
		ts.start.len = 4;
	}
}

TEST_F(tunnel, selectors_too_many_and_none)
{
	static const __u8 empty[] = { 4, 0, AWTUN_TS_LIST_A_SELECTOR, 0x80 };
	const struct awtun_ts ts = make_ts("10.0.0.0", "10.0.0.255", 0, 0, 9);
	struct awtun_req req;
	unsigned int i;

	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm8");
	for (i = 0; i <= AWTUN_TS_MAX; i++)
		awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE, &ts);
	REFUSED_FOR(AWTUN_TS_LIST_A_SELECTOR, MALFORMED, &req, "%u of them", i);
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm8");
	awtun_put(&req, AWTUN_SA_A_TS_REMOTE | NLA_F_NESTED, NULL, 0);
	REFUSED_FOR(AWTUN_SA_A_TS_REMOTE, MALFORMED, &req, "an empty list");
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm8");
	awtun_put(&req, AWTUN_SA_A_TS_LOCAL | NLA_F_NESTED,
		  empty, sizeof(empty));
	REFUSED(MALFORMED, &req, "an empty selector");
}

/* A list of one selector, spoilt in one octet. */
TEST_F(tunnel, selectors_that_are_none)
{
	static const struct {
		unsigned int at;
		__u8 value;
		const char *what;
	} bad[] = {
		{ 0, 3, "a selector shorter than its header" },
		{ 0, 200, "a selector longer than its list" },
		{ 2, 0, "type 0 in the list" },
		{ 2, AWTUN_TS_LIST_A_MAX + 1, "unknown in the list" },
		{ 2, AWTUN_TS_LIST_A_ANY, "a selector as the flag for everything" },
		{ 3, 0, "a selector without the flag of a nest" },
		{ 6, 0, "type 0 in the selector" },
		{ 6, AWTUN_TS_A_MAX + 1, "unknown in the selector" },
		{ 6, 100, "unknown and far off in the selector" },
		{ 6, AWTUN_TS_A_PROTOCOL, "a protocol of four octets" },
		{ 6, AWTUN_TS_A_PORT_MIN, "a port of four octets" },
		{ 6, AWTUN_TS_A_END, "no first address" },
		{ 14, AWTUN_TS_A_START, "no last address" },
		{ 4, 7, "an address of three octets" },
		{ 4, 80, "an address longer than its selector" },
	};
	const __u8 list[] = {
		20, 0, AWTUN_TS_LIST_A_SELECTOR, 0x80,
		8, 0, AWTUN_TS_A_START, 0, 10, 0, 0, 0,
		8, 0, AWTUN_TS_A_END, 0, 10, 0, 0, 255,
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		__u8 spoilt[sizeof(list)];

		memcpy(spoilt, list, sizeof(list));
		spoilt[bad[i].at] = bad[i].value;
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
		awtun_put(&req, AWTUN_SA_A_TS_LOCAL | NLA_F_NESTED, spoilt,
			  sizeof(spoilt));
		REFUSED(MALFORMED, &req, "%s", bad[i].what);
	}
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm8");
	awtun_put(&req, AWTUN_SA_A_TS_LOCAL, list, sizeof(list));
	REFUSED(MALFORMED, &req, "a list without the flag of a nest");
}

int main(int argc, char **argv)
{
	return refusal_main(argc, argv);
}
