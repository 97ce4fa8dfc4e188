// SPDX-License-Identifier: GPL-2.0-only
/* What the generic netlink family "awtun" takes and what it refuses. */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <sys/syscall.h>

#include "refusal.h"

#define LARGE		600	/* SAs: many messages of a dump */
#define MUTATIONS	4000

/* What is accepted */

TEST_F(tunnel, family_has_events_group)
{
	EXPECT_NE(0, self->nl.events);
	EXPECT_EQ(0, awtun_nl_subscribe(&self->nl));
}

TEST_F(tunnel, get_tells_what_was_set)
{
	struct awtun_tunnel tunnel;
	struct awtun_req req;
	int i;

	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_STREQ("tunnel0", tunnel.ifname);
	EXPECT_EQ(AWTUN_MODE_IPSEC_IPV4, tunnel.mode);
	EXPECT_EQ(4, tunnel.addr_len);
	EXPECT_EQ(0, memcmp(local4, tunnel.local, 4));
	EXPECT_EQ(0, memcmp(remote4, tunnel.remote, 4));
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		EXPECT_EQ(0, tunnel.stat[i]);

	ASSERT_EQ(0, add_link("tunnel1"));
	awtun_req_tunnel_set(&req, if_nametoindex("tunnel1"),
			     AWTUN_MODE_IPSEC_IPV6, local6, remote6);
	ASSERT_EQ(0, call(&self->nl, &req));
	ASSERT_EQ(0, awtun_tunnel_find(&self->nl, "tunnel1", &tunnel));
	EXPECT_EQ(AWTUN_MODE_IPSEC_IPV6, tunnel.mode);
	EXPECT_EQ(16, tunnel.addr_len);
	EXPECT_EQ(0, memcmp(local6, tunnel.local, 16));
	EXPECT_EQ(0, memcmp(remote6, tunnel.remote, 16));
}

TEST_F(tunnel, every_suite_is_taken_and_told)
{
	const struct awtun_suite *suite;
	struct awtun_req req;
	struct awtun_sa sa;
	__u32 dir;
	unsigned int i;

	for (i = 0; i < awtun_n_suites; i++) {
		suite = &awtun_suites[i];
		for (dir = AWTUN_DIR_IN; dir <= AWTUN_DIR_OUT; dir++) {
			good_add(&req, self->ifindex, dir, suite->name);
			ASSERT_EQ(0, call(&self->nl, &req))
				TH_LOG("%s: %s", suite->name, self->nl.extack);
			ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex,
						  dir, FREE_SPI, &sa));
			EXPECT_EQ(self->ifindex, sa.ifindex);
			EXPECT_EQ(dir, sa.dir);
			EXPECT_EQ(FREE_SPI, sa.spi);
			EXPECT_EQ(suite->cipher, sa.cipher);
			EXPECT_EQ(suite->key_len, sa.cipher_key_len);
			EXPECT_EQ(suite->auth, sa.auth);
			if (awtun_suite_is_aead(suite))
				EXPECT_EQ(suite->icv_len, sa.icv_len);
			if (dir == AWTUN_DIR_IN)
				EXPECT_EQ(64, sa.window);
			EXPECT_FALSE(sa.active);
			EXPECT_EQ(0, sa.seq);
			EXPECT_EQ(0, sa.packets);
			EXPECT_EQ(0, sa.bytes);
			EXPECT_NE('\0', sa.driver[0]);
			EXPECT_EQ(0, del_sa(&self->nl, self->ifindex, dir,
					    FREE_SPI));
		}
	}
}

TEST_F(tunnel, one_spi_may_serve_both_directions)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, self->ifindex, AWTUN_DIR_OUT, IN_SPI,
			 awtun_suite("aes128-gcm8"), keymat, 0);
	ACCEPTED(&req, AWTUN_DIR_OUT, IN_SPI, "%s", self->nl.extack);
}

TEST_F(tunnel, activation_moves_the_active_flag)
{
	struct awtun_sa sa;

	ASSERT_EQ(0, add_sa(&self->nl, self->ifindex, AWTUN_DIR_OUT, FREE_SPI,
			    "aes128-sha1"));
	ASSERT_EQ(0, awtun_sa_do(&self->nl, AWTUN_CMD_SA_ACTIVATE,
				 self->ifindex, AWTUN_DIR_OUT, FREE_SPI));
	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_OUT,
				  FREE_SPI, &sa));
	EXPECT_TRUE(sa.active);
	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_OUT,
				  OUT_SPI, &sa));
	EXPECT_FALSE(sa.active);
}

TEST_F(tunnel, endpoints_may_be_set_again_to_the_same)
{
	EXPECT_EQ(0, set_tunnel(&self->nl, self->ifindex));
}

TEST_F(tunnel, endpoints_may_change_without_sas)
{
	struct awtun_tunnel tunnel;
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	awtun_req_tunnel_set(&req, self->ifindex, AWTUN_MODE_IPSEC_IPV6,
			     local6, remote6);
	ASSERT_EQ(0, call(&self->nl, &req));
	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_EQ(AWTUN_MODE_IPSEC_IPV6, tunnel.mode);
}

/* Missing and malformed attributes */

TEST_F(tunnel, set_needs_every_attribute)
{
	struct awtun_req req;
	__u16 type;

	for (type = AWTUN_TUNNEL_A_IFINDEX; type <= AWTUN_TUNNEL_A_LOCAL;
	     type++) {
		good_set(&req, self->ifindex);
		awtun_drop(&req, type);
		REFUSED(MALFORMED, &req, "without attribute %u", type);
	}
}

TEST_F(tunnel, add_needs_every_attribute)
{
	static const char * const suites[] = { "aes256-sha256",
					       "aes128-gcm16" };
	struct awtun_req whole, req;
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		good_add(&whole, self->ifindex, AWTUN_DIR_IN, suites[s]);
		for (i = 0; i < whole.n; i++) {
			req = whole;
			awtun_drop(&req, whole.attr[i].type);
			REFUSED(MALFORMED, &req, "%s without attribute %u",
				suites[s], whole.attr[i].type);
		}
	}
}

TEST_F(tunnel, others_need_every_attribute)
{
	static const __u8 commands[] = {
		AWTUN_CMD_SA_ACTIVATE, AWTUN_CMD_SA_DEL, AWTUN_CMD_SA_GET,
		AWTUN_CMD_SA_SET, AWTUN_CMD_SA_EXPECT,
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		awtun_req_sa(&req, commands[i], self->ifindex, AWTUN_DIR_OUT,
			     OUT_SPI);
		awtun_drop(&req, AWTUN_SA_A_IFINDEX);
		REFUSED(MALFORMED, &req, "command %u without ifindex",
			commands[i]);
		awtun_req_sa(&req, commands[i], self->ifindex, AWTUN_DIR_OUT,
			     OUT_SPI);
		awtun_drop(&req, AWTUN_SA_A_SPI);
		REFUSED(MALFORMED, &req, "command %u without SPI", commands[i]);
	}
	awtun_req_init(&req, AWTUN_CMD_SA_FLUSH, AWTUN_A_SA);
	REFUSED(MALFORMED, &req, "flush without ifindex");
	awtun_req_init(&req, AWTUN_CMD_TUNNEL_GET, AWTUN_A_TUNNEL);
	REFUSED(MALFORMED, &req, "get without ifindex");
}

TEST_F(tunnel, nest_missing_or_wrong)
{
	static const struct {
		__u8 cmd;
		__u16 wrong;
	} commands[] = {
		{ AWTUN_CMD_TUNNEL_GET, AWTUN_A_SA },
		{ AWTUN_CMD_TUNNEL_SET, AWTUN_A_SA },
		{ AWTUN_CMD_SA_ADD, AWTUN_A_TUNNEL },
		{ AWTUN_CMD_SA_ACTIVATE, AWTUN_A_TUNNEL },
		{ AWTUN_CMD_SA_DEL, AWTUN_A_TUNNEL },
		{ AWTUN_CMD_SA_GET, AWTUN_A_TUNNEL },
		{ AWTUN_CMD_SA_FLUSH, AWTUN_A_TUNNEL },
		{ AWTUN_CMD_SA_SET, AWTUN_A_TUNNEL },
		{ AWTUN_CMD_SA_EXPECT, AWTUN_A_TUNNEL },
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		awtun_req_init(&req, commands[i].cmd, 0);
		REFUSED(MALFORMED, &req, "command %u without a nest",
			commands[i].cmd);
		awtun_req_init(&req, commands[i].cmd, commands[i].wrong);
		awtun_put_u32(&req, AWTUN_SA_A_IFINDEX, self->ifindex);
		REFUSED(MALFORMED, &req, "command %u with the wrong nest",
			commands[i].cmd);
	}
}

/* Every octet string too short and too long for what it is. */
TEST_F(tunnel, wrong_lengths)
{
	static const char * const suites[] = { "aes256-sha256",
					       "aes128-gcm16" };
	static const __u16 types[] = {
		AWTUN_SA_A_IFINDEX, AWTUN_SA_A_DIR, AWTUN_SA_A_SPI,
		AWTUN_SA_A_CIPHER, AWTUN_SA_A_AUTH, AWTUN_SA_A_ICV_LEN,
		AWTUN_SA_A_REPLAY_WINDOW,
	};
	static const __u8 octets[16] = { 1, 1, 1, 1, 1, 1, 1 };
	struct awtun_req whole, req;
	unsigned int s, i, len;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		good_add(&whole, self->ifindex, AWTUN_DIR_IN, suites[s]);
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			for (len = 0; len <= 8; len++) {
				if (len == 4)
					continue;
				req = whole;
				awtun_put(&req, types[i], octets, len);
				REFUSED(MALFORMED, &req,
					"attribute %u of %u octets", types[i],
					len);
			}
		}
	}
}

TEST_F(tunnel, cipher_key_lengths)
{
	static const char * const suites[] = { "aes256-sha256",
					       "aes128-gcm16" };
	struct awtun_req req;
	unsigned int s, len;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		for (len = 0; len <= 65; len++) {
			good_add(&req, self->ifindex, AWTUN_DIR_IN, suites[s]);
			awtun_put(&req, AWTUN_SA_A_CIPHER_KEY, keymat, len);
			if (len == 16 || len == 24 || len == 32)
				ACCEPTED(&req, AWTUN_DIR_IN, FREE_SPI,
					 "%s, key of %u octets", suites[s],
					 len);
			else
				REFUSED(MALFORMED, &req,
					"%s, key of %u octets", suites[s],
					len);
		}
	}
}

TEST_F(tunnel, auth_key_lengths)
{
	static const char * const suites[] = {
		"aes256-sha1", "aes256-sha256", "aes192-sha512",
	};
	struct awtun_req req;
	unsigned int s, len;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		for (len = 0; len <= 65; len++) {
			good_add(&req, self->ifindex, AWTUN_DIR_IN, suites[s]);
			awtun_put(&req, AWTUN_SA_A_AUTH_KEY, keymat, len);
			if (len == awtun_suite(suites[s])->auth_key_len)
				ACCEPTED(&req, AWTUN_DIR_IN, FREE_SPI,
					 "%s, key of %u octets", suites[s],
					 len);
			else
				REFUSED(MALFORMED, &req,
					"%s, integrity key of %u octets",
					suites[s], len);
		}
	}
}

TEST_F(tunnel, salt_lengths)
{
	struct awtun_req req;
	unsigned int len;

	for (len = 0; len <= 16; len++) {
		if (len == AWTUN_SALT_LEN)
			continue;
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_put(&req, AWTUN_SA_A_SALT, keymat, len);
		REFUSED(MALFORMED, &req, "salt of %u octets", len);
	}
}

TEST_F(tunnel, icv_lengths)
{
	struct awtun_req req;
	__u32 icv;

	for (icv = 0; icv <= 33; icv++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_put_u32(&req, AWTUN_SA_A_ICV_LEN, icv);
		if (icv == 8 || icv == 12 || icv == 16)
			ACCEPTED(&req, AWTUN_DIR_IN, FREE_SPI, "ICV of %u",
				 icv);
		else
			REFUSED(MALFORMED, &req, "ICV of %u octets", icv);
	}
}

TEST_F(tunnel, unknown_algorithms)
{
	static const __u32 ciphers[] = { 0, 3, 4, 0x10001, 0xffffffff };
	static const __u32 auths[] = { 0, 4, 5, 0x10001, 0xffffffff };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-sha256");
		awtun_put_u32(&req, AWTUN_SA_A_CIPHER, ciphers[i]);
		REFUSED(MALFORMED, &req, "cipher %u", ciphers[i]);
	}
	for (i = 0; i < ARRAY_SIZE(auths); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-sha256");
		awtun_put_u32(&req, AWTUN_SA_A_AUTH, auths[i]);
		REFUSED(MALFORMED, &req, "auth %u", auths[i]);
	}
}

TEST_F(tunnel, attributes_of_another_cipher)
{
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-sha256");
	awtun_put(&req, AWTUN_SA_A_SALT, keymat, AWTUN_SALT_LEN);
	REFUSED(MALFORMED, &req, "AES-CBC with a salt");
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-sha256");
	awtun_put_u32(&req, AWTUN_SA_A_ICV_LEN, 16);
	REFUSED(MALFORMED, &req, "AES-CBC with an ICV length");
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put_u32(&req, AWTUN_SA_A_AUTH, AWTUN_AUTH_HMAC_SHA256_128);
	awtun_put(&req, AWTUN_SA_A_AUTH_KEY, keymat, 32);
	REFUSED(MALFORMED, &req, "AES-GCM with HMAC");
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put(&req, AWTUN_SA_A_AUTH_KEY, keymat, 32);
	REFUSED(MALFORMED, &req, "AES-GCM with an integrity key");
}

TEST_F(tunnel, reserved_spis)
{
	static const __u32 reserved[] = { 0, 1, 128, 255 };
	static const __u32 good[] = { 256, 0x7fffffff, 0x80000000,
					 0xffffffff };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_put_spi(&req, reserved[i]);
		REFUSED(MALFORMED, &req, "SPI %u", reserved[i]);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_put_spi(&req, good[i]);
		ACCEPTED(&req, AWTUN_DIR_IN, good[i], "SPI 0x%x", good[i]);
	}
}

TEST_F(tunnel, directions)
{
	static const __u32 bad[] = { 0, 3, 0xffffffff };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		good_add(&req, self->ifindex, bad[i], "aes256-gcm16");
		REFUSED(MALFORMED, &req, "add, direction %u", bad[i]);
		awtun_req_sa(&req, AWTUN_CMD_SA_DEL, self->ifindex, bad[i],
			     IN_SPI);
		REFUSED(MALFORMED, &req, "delete, direction %u", bad[i]);
	}
}

TEST_F(tunnel, replay_windows)
{
	static const __u32 bad[] = { 0, 1, 63, 4097, 0x10040, 0xffffffff };
	static const __u32 good[] = { 64, 100, 1024, 4096 };
	struct awtun_req req;
	struct awtun_sa sa;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_put_u32(&req, AWTUN_SA_A_REPLAY_WINDOW, bad[i]);
		REFUSED(MALFORMED, &req, "window of %u", bad[i]);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_put_u32(&req, AWTUN_SA_A_REPLAY_WINDOW, good[i]);
		ASSERT_EQ(0, call(&self->nl, &req));
		ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex,
					  AWTUN_DIR_IN, FREE_SPI, &sa));
		EXPECT_EQ(good[i], sa.window);
		ASSERT_EQ(0, del_sa(&self->nl, self->ifindex, AWTUN_DIR_IN,
				    FREE_SPI));
	}
}

TEST_F(tunnel, sequence_numbers_used_up)
{
	static const __u64 good[] = { 0, 1, 0xfffffffe };
	static const __u64 bad[] = { 1ull << 32, ~0ull };
	struct awtun_req req;
	struct awtun_sa sa;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
		awtun_put(&req, AWTUN_SA_A_SEQ, &good[i], 8);
		ASSERT_EQ(0, call(&self->nl, &req))
			TH_LOG("%s", self->nl.extack);
		ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex,
					  AWTUN_DIR_OUT, FREE_SPI, &sa));
		EXPECT_EQ(good[i], sa.seq);
		ASSERT_EQ(0, del_sa(&self->nl, self->ifindex, AWTUN_DIR_OUT,
				    FREE_SPI));
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
		awtun_put(&req, AWTUN_SA_A_SEQ, &bad[i], 8);
		REFUSED(MALFORMED, &req, "a number of more than 32 bits");
	}
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put(&req, AWTUN_SA_A_SEQ, &good[1], 8);
	REFUSED(MALFORMED, &req, "inbound");
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_put(&req, AWTUN_SA_A_SEQ, &good[1], 4);
	REFUSED(MALFORMED, &req, "a number of four octets");
}

TEST_F(tunnel, outbound_sas_have_no_window)
{
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_put_u32(&req, AWTUN_SA_A_REPLAY_WINDOW, 64);
	REFUSED(MALFORMED, &req, "outbound with a window");
}

TEST_F(tunnel, mode_may_be_taken_away)
{
	struct awtun_tunnel tunnel;
	struct awtun_req req;

	ASSERT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	awtun_req_init(&req, AWTUN_CMD_TUNNEL_SET, AWTUN_A_TUNNEL);
	awtun_put_u32(&req, AWTUN_TUNNEL_A_IFINDEX, self->ifindex);
	awtun_put_u32(&req, AWTUN_TUNNEL_A_MODE, AWTUN_MODE_UNSPEC);
	EXPECT_EQ(0, call(&self->nl, &req)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex, &tunnel));
	EXPECT_EQ(AWTUN_MODE_UNSPEC, tunnel.mode);
	EXPECT_EQ(0, tunnel.addr_len);
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	REFUSED(-ENOTCONN, &req, "no mode");
}

TEST_F(tunnel, modes_and_addresses)
{
	static const __u32 bad_modes[] = { 3, 0x10001, 0xffffffff };
	struct awtun_req req;
	unsigned int i, len;
	__u16 type;

	ASSERT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	for (i = 0; i < ARRAY_SIZE(bad_modes); i++) {
		good_set(&req, self->ifindex);
		awtun_put_u32(&req, AWTUN_TUNNEL_A_MODE, bad_modes[i]);
		REFUSED(MALFORMED, &req, "mode %u", bad_modes[i]);
	}
	for (type = AWTUN_TUNNEL_A_LOCAL; type <= AWTUN_TUNNEL_A_REMOTE;
	     type++) {
		for (len = 0; len <= 20; len++) {
			if (len != 4) {
				good_set(&req, self->ifindex);
				awtun_put(&req, type, local6, len);
				REFUSED(MALFORMED, &req,
					"IPv4, address %u of %u octets", type,
					len);
			}
			if (len != 16) {
				awtun_req_tunnel_set(&req, self->ifindex,
						     AWTUN_MODE_IPSEC_IPV6,
						     local6, remote6);
				awtun_put(&req, type, local6, len);
				REFUSED(MALFORMED, &req,
					"IPv6, address %u of %u octets", type,
					len);
			}
		}
	}
}

TEST_F(tunnel, unknown_attributes)
{
	static const __u8 octets[4] = { 1 };
	static const __u16 beyond[] = { 0, 1, 50, 1000 };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_add(&req, AWTUN_SA_A_MAX + 1 + beyond[i], octets, 4);
		REFUSED(MALFORMED, &req, "SA attribute MAX + 1 + %u",
			beyond[i]);
		good_set(&req, self->ifindex);
		awtun_add(&req, AWTUN_TUNNEL_A_MAX + 1 + beyond[i], octets, 4);
		REFUSED(MALFORMED, &req, "tunnel attribute MAX + 1 + %u",
			beyond[i]);
		awtun_req_sa(&req, AWTUN_CMD_SA_DEL, self->ifindex,
			     AWTUN_DIR_IN, IN_SPI);
		req.nest = AWTUN_A_MAX + 1 + beyond[i];
		REFUSED(MALFORMED, &req, "top level attribute MAX + 1 + %u",
			beyond[i]);
	}
}

TEST_F(tunnel, reply_only_attributes)
{
	static const struct {
		__u16 type;
		__u16 len;
	} sa[] = {
		{ AWTUN_SA_A_ACTIVE, 0 }, { AWTUN_SA_A_PACKETS, 8 },
		{ AWTUN_SA_A_BYTES, 8 }, { AWTUN_SA_A_STATS, 0 },
		{ AWTUN_SA_A_DRIVER, 4 },
		{ AWTUN_SA_A_CIPHER_KEY_LEN, 4 },
		{ AWTUN_SA_A_AGE, 8 }, { AWTUN_SA_A_EXPIRED, 0 },
	}, tunnel[] = {
		{ AWTUN_TUNNEL_A_IFNAME, 8 }, { AWTUN_TUNNEL_A_STATS, 0 },
		{ AWTUN_TUNNEL_A_PATH_MTU, 4 },
	};
	static const __u8 octets[8] = "abc";
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sa); i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
		awtun_add(&req, sa[i].type, octets, sa[i].len);
		REFUSED(MALFORMED, &req, "add with attribute %u", sa[i].type);
		awtun_req_sa(&req, AWTUN_CMD_SA_DEL, self->ifindex,
			     AWTUN_DIR_IN, IN_SPI);
		awtun_add(&req, sa[i].type, octets, sa[i].len);
		REFUSED(MALFORMED, &req, "delete with attribute %u",
			sa[i].type);
	}
	for (i = 0; i < ARRAY_SIZE(tunnel); i++) {
		good_set(&req, self->ifindex);
		awtun_add(&req, tunnel[i].type, octets, tunnel[i].len);
		REFUSED(MALFORMED, &req, "set with attribute %u",
			tunnel[i].type);
	}
}

TEST_F(tunnel, keys_where_none_belong)
{
	static const __u8 commands[] = {
		AWTUN_CMD_SA_ACTIVATE, AWTUN_CMD_SA_DEL, AWTUN_CMD_SA_GET,
		AWTUN_CMD_SA_SET, AWTUN_CMD_SA_EXPECT,
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		awtun_req_sa(&req, commands[i], self->ifindex, AWTUN_DIR_OUT,
			     OUT_SPI);
		awtun_put(&req, AWTUN_SA_A_CIPHER_KEY, keymat, 32);
		REFUSED(MALFORMED, &req, "command %u with a key", commands[i]);
	}
}

TEST_F(tunnel, truncated_messages)
{
	size_t head = NLMSG_HDRLEN + GENL_HDRLEN, cut;
	union awtun_msg whole, msg;
	struct nlattr *nest = (void *)(msg.octets + head);
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-sha256");
	awtun_req_write(&self->nl, &req, &whole);
	/* The nest says how long it is, the message ends before. */
	for (cut = whole.nlh.nlmsg_len - 4; cut > head; cut -= 4) {
		msg = whole;
		msg.nlh.nlmsg_len = cut;
		refused_raw(_metadata, &self->nl, &msg, MALFORMED,
			    "message cut short");
	}
	/* The nest ends within its last attribute. */
	msg = whole;
	nest->nla_len -= 4;
	msg.nlh.nlmsg_len -= 4;
	refused_raw(_metadata, &self->nl, &msg, MALFORMED, "nest cut short");
	/* Not marked as nested. */
	msg = whole;
	nest->nla_type &= ~NLA_F_NESTED;
	refused_raw(_metadata, &self->nl, &msg, MALFORMED,
		    "nest without its flag");
}

/* The wrong objects */

static const __u8 sa_commands[] = {
	AWTUN_CMD_SA_ACTIVATE, AWTUN_CMD_SA_DEL, AWTUN_CMD_SA_GET,
	AWTUN_CMD_SA_SET,
};

static void all_commands_refused(struct __test_metadata *_metadata,
				 struct awtun_nl *nl, __u32 ifindex, int err)
{
	struct awtun_req req;
	unsigned int i;

	good_set(&req, ifindex);
	refused(_metadata, nl, &req, err, "set on %u", ifindex);
	good_add(&req, ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	refused(_metadata, nl, &req, err, "add on %u", ifindex);
	for (i = 0; i < ARRAY_SIZE(sa_commands); i++) {
		awtun_req_sa(&req, sa_commands[i], ifindex, AWTUN_DIR_OUT,
			     OUT_SPI);
		refused(_metadata, nl, &req, err, "command %u on %u",
			sa_commands[i], ifindex);
	}
	awtun_req_init(&req, AWTUN_CMD_SA_FLUSH, AWTUN_A_SA);
	awtun_put_u32(&req, AWTUN_SA_A_IFINDEX, ifindex);
	refused(_metadata, nl, &req, err, "flush on %u", ifindex);
	awtun_req_init(&req, AWTUN_CMD_TUNNEL_GET, AWTUN_A_TUNNEL);
	awtun_put_u32(&req, AWTUN_TUNNEL_A_IFINDEX, ifindex);
	refused(_metadata, nl, &req, err, "get on %u", ifindex);
	awtun_req_init(&req, AWTUN_CMD_SA_GET, AWTUN_A_SA);
	req.flags = NLM_F_DUMP;
	awtun_put_u32(&req, AWTUN_SA_A_IFINDEX, ifindex);
	refused(_metadata, nl, &req, err, "dump on %u", ifindex);
}

TEST_F(tunnel, no_such_interface)
{
	all_commands_refused(_metadata, &self->nl, 12345, -ENODEV);
	all_commands_refused(_metadata, &self->nl, 0x7fffffff, -ENODEV);
}

TEST_F(tunnel, interface_is_no_tunnel)
{
	all_commands_refused(_metadata, &self->nl, if_nametoindex("lo"),
			     -EOPNOTSUPP);
}

TEST_F(tunnel, no_sas_before_the_mode)
{
	struct awtun_req req;

	ASSERT_EQ(0, add_link("tunnel1"));
	good_add(&req, if_nametoindex("tunnel1"), AWTUN_DIR_IN,
		 "aes256-gcm16");
	REFUSED(-ENOTCONN, &req, "no mode");
}

TEST_F(tunnel, duplicate_sas)
{
	struct awtun_req req;

	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	awtun_put_spi(&req, IN_SPI);
	REFUSED(-EEXIST, &req, "inbound");
	good_add(&req, self->ifindex, AWTUN_DIR_OUT, "aes256-gcm16");
	awtun_put_spi(&req, OUT_SPI);
	REFUSED(-EEXIST, &req, "outbound");
}

TEST_F(tunnel, no_such_sa)
{
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sa_commands); i++) {
		awtun_req_sa(&req, sa_commands[i], self->ifindex,
			     AWTUN_DIR_OUT, FREE_SPI);
		REFUSED(-ENOENT, &req, "command %u, outbound", sa_commands[i]);
		/* It exists in the other direction. */
		awtun_req_sa(&req, sa_commands[i], self->ifindex,
			     AWTUN_DIR_OUT, IN_SPI);
		REFUSED(-ENOENT, &req, "command %u, inbound SPI",
			sa_commands[i]);
	}
	awtun_req_sa(&req, AWTUN_CMD_SA_DEL, self->ifindex, AWTUN_DIR_IN,
		     OUT_SPI);
	REFUSED(-ENOENT, &req, "delete, outbound SPI as inbound");
}

TEST_F(tunnel, inbound_sas_are_not_activated)
{
	struct awtun_req req;

	awtun_req_sa(&req, AWTUN_CMD_SA_ACTIVATE, self->ifindex, AWTUN_DIR_IN,
		     IN_SPI);
	REFUSED(-EINVAL, &req, "inbound");
}

TEST_F(tunnel, delete_twice)
{
	struct awtun_req req;

	awtun_req_sa(&req, AWTUN_CMD_SA_DEL, self->ifindex, AWTUN_DIR_IN,
		     IN_SPI);
	ASSERT_EQ(0, call(&self->nl, &req));
	REFUSED(-ENOENT, &req, "the second time");
}

TEST_F(tunnel, sas_hold_the_endpoints)
{
	static const __u8 other[4] = { 203, 0, 113, 9 };
	struct awtun_req req;

	good_set(&req, self->ifindex);
	awtun_put(&req, AWTUN_TUNNEL_A_LOCAL, other, 4);
	REFUSED(-EBUSY, &req, "local");
	good_set(&req, self->ifindex);
	awtun_put(&req, AWTUN_TUNNEL_A_REMOTE, other, 4);
	REFUSED(-EBUSY, &req, "remote");
	awtun_req_tunnel_set(&req, self->ifindex, AWTUN_MODE_IPSEC_IPV6,
			     local6, remote6);
	REFUSED(-EBUSY, &req, "mode");
}

TEST_F(tunnel, unknown_commands)
{
	static const __u8 commands[] = {
		AWTUN_CMD_UNSPEC, AWTUN_CMD_EVENT, AWTUN_CMD_MAX + 1, 255,
	};
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		awtun_req_sa(&req, commands[i], self->ifindex, AWTUN_DIR_IN,
			     IN_SPI);
		EXPECT_EQ(-EOPNOTSUPP, call(&self->nl, &req));
	}
}

/* Who may */

static int drop_net_admin(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[0].effective &= ~(1u << CAP_NET_ADMIN);
	return syscall(SYS_capset, &header, data);
}

TEST_F(tunnel, net_admin_is_needed)
{
	struct awtun_transport transport;
	struct awtun_tunnel tunnel;
	struct awtun_req req;
	struct awtun_sa sa;
	struct awtun_nl nl;
	unsigned int i;

	ASSERT_EQ(0, drop_net_admin());
	ASSERT_EQ(0, awtun_nl_open(&nl));
	good_set(&req, self->ifindex);
	EXPECT_EQ(-EPERM, call(&nl, &req));
	good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes256-gcm16");
	EXPECT_EQ(-EPERM, call(&nl, &req));
	for (i = 0; i < ARRAY_SIZE(sa_commands); i++)
		EXPECT_EQ(-EPERM, awtun_sa_do(&nl, sa_commands[i],
					      self->ifindex, AWTUN_DIR_OUT,
					      OUT_SPI));
	EXPECT_EQ(-EPERM, awtun_sa_flush(&nl, self->ifindex));
	EXPECT_EQ(-EPERM, awtun_tunnel_get(&nl, self->ifindex, &tunnel));
	EXPECT_EQ(-EPERM, awtun_tunnel_find(&nl, "tunnel0", &tunnel));
	EXPECT_EQ(-EPERM, awtun_sa_dump(&nl, 0, &sa, 1));
	EXPECT_EQ(-EPERM, awtun_transport_do(&nl, AWTUN_CMD_TRANSPORT_ADD, 0));
	EXPECT_EQ(-EPERM, awtun_transport_do(&nl, AWTUN_CMD_TRANSPORT_DEL, 0));
	EXPECT_EQ(-EPERM, awtun_transport_dump(&nl, &transport, 1));
	awtun_nl_close(&nl);

	/* The first socket was opened with the capability, and asks now. */
	EXPECT_EQ(-EPERM, awtun_sa_flush(&self->nl, self->ifindex));
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-EPERM, awtun_sa_flush(&self->nl, self->ifindex));
}

/* Root in a new user namespace, by what any user may do. */
static int enter_user_namespace(void)
{
	static const char map[] = "0 0 1";
	int fd, err;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -1;
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = write(fd, map, sizeof(map) - 1) != sizeof(map) - 1;
	close(fd);
	return err;
}

TEST_F(tunnel, user_namespace_owns_its_own)
{
	struct awtun_sa sas[4];
	__u32 ifindex;
	struct awtun_nl nl;

	ASSERT_EQ(0, enter_user_namespace());
	ASSERT_EQ(0, awtun_nl_open(&nl));
	/* Not that of its parent ... */
	EXPECT_EQ(0, awtun_sa_dump(&nl, 0, sas, 4));
	/* ... but one that it makes itself. */
	ASSERT_EQ(0, add_link("tunnel0"));
	ifindex = if_nametoindex("tunnel0");
	EXPECT_EQ(0, set_tunnel(&nl, ifindex));
	EXPECT_EQ(0, add_sa(&nl, ifindex, AWTUN_DIR_IN, IN_SPI,
			    "aes256-sha256"));
	EXPECT_EQ(1, awtun_sa_dump(&nl, 0, sas, 4));
	awtun_nl_close(&nl);
}

/* What is told */

struct search {
	unsigned int messages;
	bool found;
};

/* Looks for any eight octets in a row of the key material, and each salt. */
static void search_keys(const void *data, size_t len, void *arg)
{
	struct search *search = arg;
	size_t i;

	search->messages++;
	for (i = 0; i + 8 <= sizeof(keymat); i++)
		if (memmem(data, len, keymat + i, 8))
			search->found = true;
	if (memmem(data, len, keymat + 32, AWTUN_SALT_LEN) ||
	    memmem(data, len, keymat + 16, AWTUN_SALT_LEN))
		search->found = true;
}

TEST_F(tunnel, keys_are_never_told)
{
	struct awtun_sa sas[32];
	struct search search = { 0 };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < awtun_n_suites; i++) {
		awtun_req_sa_add(&req, self->ifindex, AWTUN_DIR_IN,
				 FREE_SPI + i, &awtun_suites[i], keymat, 0);
		ASSERT_EQ(0, call(&self->nl, &req));
	}
	self->nl.tap = search_keys;
	self->nl.tap_arg = &search;
	EXPECT_EQ(2 + (int)awtun_n_suites,
		  awtun_sa_dump(&self->nl, 0, sas, 32));
	EXPECT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_IN,
				  FREE_SPI, sas));
	/* A refusal quotes no attribute either. */
	EXPECT_EQ(-EEXIST, call(&self->nl, &req));
	EXPECT_LT(2, search.messages);
	EXPECT_FALSE(search.found);
}

TEST_F(tunnel, large_dump_is_complete)
{
	static struct awtun_sa sas[LARGE + 16];
	static bool seen[LARGE];
	unsigned int i, missing = 0;
	struct awtun_req req;
	int n;

	for (i = 0; i < LARGE; i++) {
		good_add(&req, self->ifindex, AWTUN_DIR_IN, "aes128-gcm16");
		awtun_put_spi(&req, 0x10000 + i * 977);
		ASSERT_EQ(0, call(&self->nl, &req))
			TH_LOG("SA %u: %s", i, self->nl.extack);
	}
	n = awtun_sa_dump(&self->nl, 0, sas, ARRAY_SIZE(sas));
	ASSERT_EQ(LARGE + 2, n);
	for (i = 0; i < (unsigned int)n; i++) {
		__u32 k = (sas[i].spi - 0x10000) / 977;

		if (sas[i].spi < 0x10000)
			continue;
		ASSERT_GT(LARGE, k);
		EXPECT_FALSE(seen[k]);
		seen[k] = true;
	}
	for (i = 0; i < LARGE; i++)
		missing += !seen[i];
	EXPECT_EQ(0, missing);
	EXPECT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	EXPECT_EQ(0, awtun_sa_dump(&self->nl, 0, sas, ARRAY_SIZE(sas)));
}

TEST_F(tunnel, dump_and_flush_of_one_tunnel)
{
	__u32 other;
	struct awtun_sa sas[4];

	ASSERT_EQ(0, add_link("tunnel1"));
	other = if_nametoindex("tunnel1");
	ASSERT_EQ(0, set_tunnel(&self->nl, other));
	ASSERT_EQ(0, add_sa(&self->nl, other, AWTUN_DIR_IN, FREE_SPI,
			    "aes256-sha256"));
	EXPECT_EQ(3, awtun_sa_dump(&self->nl, 0, sas, 4));
	EXPECT_EQ(2, awtun_sa_dump(&self->nl, self->ifindex, sas, 4));
	EXPECT_EQ(1, awtun_sa_dump(&self->nl, other, sas, 4));
	EXPECT_EQ(FREE_SPI, sas[0].spi);
	EXPECT_EQ(other, sas[0].ifindex);
	/* An SA is asked for on its own tunnel only. */
	EXPECT_EQ(-ENOENT, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_IN,
					FREE_SPI, sas));
	EXPECT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	EXPECT_EQ(1, awtun_sa_dump(&self->nl, 0, sas, 4));
	EXPECT_EQ(FREE_SPI, sas[0].spi);
}

TEST_F(tunnel, namespaces_do_not_see_each_other)
{
	struct awtun_sa sas[4];
	struct awtun_nl nl;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, awtun_nl_open(&nl));
	EXPECT_EQ(0, awtun_sa_dump(&nl, 0, sas, 4));
	EXPECT_EQ(-ENODEV, awtun_sa_flush(&nl, self->ifindex));
	ASSERT_EQ(0, add_link("tunnel0"));
	ASSERT_EQ(0, set_tunnel(&nl, if_nametoindex("tunnel0")));
	EXPECT_EQ(0, add_sa(&nl, if_nametoindex("tunnel0"), AWTUN_DIR_IN,
			    IN_SPI, "aes256-sha256"));
	awtun_nl_close(&nl);
	EXPECT_EQ(2, awtun_sa_dump(&self->nl, 0, sas, 4));
}

/* Good requests with a few octets changed: nothing breaks, whatever it says. */
TEST_F(tunnel, mutated_requests)
{
	struct awtun_req req[4];
	struct awtun_sa sas[4];
	union awtun_msg msg;
	unsigned int i, j;
	__u32 x = 1;

	good_set(&req[0], self->ifindex);
	good_add(&req[1], self->ifindex, AWTUN_DIR_IN, "aes256-sha256");
	good_add(&req[2], self->ifindex, AWTUN_DIR_OUT, "aes128-gcm16");
	awtun_req_sa(&req[3], AWTUN_CMD_SA_GET, self->ifindex, AWTUN_DIR_IN,
		     IN_SPI);
	for (i = 0; i < MUTATIONS; i++) {
		size_t len;

		awtun_req_write(&self->nl, &req[i % 4], &msg);
		len = msg.nlh.nlmsg_len - NLMSG_HDRLEN;
		for (j = 0; j <= i % 3; j++) {
			x = x * 1664525u + 1013904223u;
			/* From the command on: the rest is not ours. */
			msg.octets[NLMSG_HDRLEN + (x >> 8) % len] = x >> 24;
		}
		awtun_call_raw(&self->nl, &msg, NULL, NULL);
	}
	ASSERT_EQ(0, awtun_sa_flush(&self->nl, self->ifindex));
	EXPECT_EQ(0, awtun_sa_dump(&self->nl, self->ifindex, sas, 4));
}

int main(int argc, char **argv)
{
	return refusal_main(argc, argv);
}
