// SPDX-License-Identifier: GPL-2.0-only
/* Commands for SAs. */
#include <crypto/aes.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "active.h"
#include "compat.h"
#include "conf.h"
#include "genl.h"
#include "outer.h"
#include "rx.h"
#include "sa.h"
#include "tunnel.h"

static const struct nla_policy sa_tunnel_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy sa_id_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_SA_A_DIR] = NLA_POLICY_RANGE(NLA_U32, AWTUN_DIR_IN,
					    AWTUN_DIR_OUT),
	[AWTUN_SA_A_SPI] = { .type = NLA_BE32 },
};

/* Where an outbound SA sends. */
#define DEST_POLICY							\
	[AWTUN_SA_A_ENCAP_LOCAL_PORT] = { .type = NLA_BE16 },		\
	[AWTUN_SA_A_ENCAP_REMOTE_PORT] = { .type = NLA_BE16 },		\
	[AWTUN_SA_A_REMOTE] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16)

static const struct nla_policy sa_set_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_SA_A_DIR] = NLA_POLICY_RANGE(NLA_U32, AWTUN_DIR_IN,
					    AWTUN_DIR_OUT),
	[AWTUN_SA_A_SPI] = { .type = NLA_BE32 },
	DEST_POLICY,
};

/* Whatever the attribute could hold. Not const, for 6.1's sake. */
static struct netlink_range_validation seq_range __ro_after_init = {
	.max = AWTUN_ESN_LAST,
};

/* 31449600 s are 52 weeks; ten of them leave the arithmetic alone. */
static struct netlink_range_validation seconds_range __ro_after_init = {
	.min = 1,
	.max = 314496000,
};

static struct netlink_range_validation amount_range __ro_after_init = {
	.min = 1,
	.max = S64_MAX,
};

static const struct nla_policy sa_add_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_SA_A_DIR] = NLA_POLICY_RANGE(NLA_U32, AWTUN_DIR_IN,
					    AWTUN_DIR_OUT),
	[AWTUN_SA_A_SPI] = { .type = NLA_BE32 },
	[AWTUN_SA_A_CIPHER] = NLA_POLICY_RANGE(NLA_U32, AWTUN_CIPHER_AES_CBC,
					       AWTUN_CIPHER_MAX),
	[AWTUN_SA_A_CIPHER_KEY] = NLA_POLICY_RANGE(NLA_BINARY, AES_KEYSIZE_128,
						   AES_KEYSIZE_256),
	[AWTUN_SA_A_SALT] = NLA_POLICY_EXACT_LEN(AWTUN_SALT_LEN),
	[AWTUN_SA_A_ICV_LEN] = NLA_POLICY_RANGE(NLA_U32, 8, 16),
	[AWTUN_SA_A_AUTH] = NLA_POLICY_MAX(NLA_U32, AWTUN_AUTH_HMAC_SHA512_256),
	[AWTUN_SA_A_AUTH_KEY] = NLA_POLICY_RANGE(NLA_BINARY, 1,
						 AWTUN_KEY_LEN_MAX),
	[AWTUN_SA_A_REPLAY_WINDOW] = NLA_POLICY_RANGE(NLA_U32,
						      AWTUN_REPLAY_WINDOW_MIN,
						      AWTUN_REPLAY_WINDOW_MAX),
	[AWTUN_SA_A_SEQ] = NLA_POLICY_FULL_RANGE(NLA_U64, &seq_range),
	[AWTUN_SA_A_ESN] = { .type = NLA_FLAG },
	DEST_POLICY,
	[AWTUN_SA_A_FOLLOW] = { .type = NLA_FLAG },
	[AWTUN_SA_A_SOFT_SECONDS] = NLA_POLICY_FULL_RANGE(NLA_U64,
							  &seconds_range),
	[AWTUN_SA_A_HARD_SECONDS] = NLA_POLICY_FULL_RANGE(NLA_U64,
							  &seconds_range),
	[AWTUN_SA_A_SOFT_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U64, &amount_range),
	[AWTUN_SA_A_HARD_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U64, &amount_range),
	[AWTUN_SA_A_SOFT_PACKETS] = NLA_POLICY_FULL_RANGE(NLA_U64,
							  &amount_range),
	[AWTUN_SA_A_HARD_PACKETS] = NLA_POLICY_FULL_RANGE(NLA_U64,
							  &amount_range),
	[AWTUN_SA_A_TS_LOCAL] = { .type = NLA_NESTED },
	[AWTUN_SA_A_TS_REMOTE] = { .type = NLA_NESTED },
};

/* Where the limits are, by enum awtun_expiry. */
static const struct {
	int soft;
	int hard;
} limit_types[] = {
	[AWTUN_EXPIRY_SECONDS] = {
		AWTUN_SA_A_SOFT_SECONDS, AWTUN_SA_A_HARD_SECONDS,
	},
	[AWTUN_EXPIRY_BYTES] = {
		AWTUN_SA_A_SOFT_BYTES, AWTUN_SA_A_HARD_BYTES,
	},
	[AWTUN_EXPIRY_PACKETS] = {
		AWTUN_SA_A_SOFT_PACKETS, AWTUN_SA_A_HARD_PACKETS,
	},
};

static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, AWTUN_SA_A_PAD);
}

static int put_sa_suite(struct sk_buff *skb, const struct awtun_sa *sa)
{
	const struct awtun_suite *suite = sa->crypto.suite;
	int err;

	if (nla_put_u32(skb, AWTUN_SA_A_CIPHER, suite->cipher) ||
	    nla_put_u32(skb, AWTUN_SA_A_CIPHER_KEY_LEN, sa->crypto.key_len) ||
	    nla_put_string(skb, AWTUN_SA_A_DRIVER,
			   awtun_crypto_driver(&sa->crypto)) ||
	    (sa->crypto.esn && nla_put_flag(skb, AWTUN_SA_A_ESN)))
		return -EMSGSIZE;

	if (suite->salt_len)
		err = nla_put_u32(skb, AWTUN_SA_A_ICV_LEN,
				  sa->crypto.esp.icv_len);
	else
		err = nla_put_u32(skb, AWTUN_SA_A_AUTH, suite->auth);

	return err;
}

static int put_sa_in(struct sk_buff *skb, struct awtun_sa *sa)
{
	u64 heard;

	spin_lock_bh(&sa->replay_lock);
	heard = sa->heard;
	spin_unlock_bh(&sa->replay_lock);
	if (nla_put_u32(skb, AWTUN_SA_A_REPLAY_WINDOW, sa->replay.window) ||
	    (sa->follow && nla_put_flag(skb, AWTUN_SA_A_FOLLOW)) ||
	    (heard && put_u64(skb, AWTUN_SA_A_HEARD,
			      jiffies64_to_msecs(get_jiffies_64() - heard))))
		return -EMSGSIZE;

	return 0;
}

static int put_outer(struct sk_buff *skb, const struct awtun_outer *outer)
{
	if (nla_put(skb, AWTUN_SA_A_REMOTE, awtun_addr_len(outer->dest.ends.family),
		    &outer->dest.ends.remote) ||
	    (outer->dest.remote_port &&
	     (nla_put_be16(skb, AWTUN_SA_A_ENCAP_LOCAL_PORT,
			   outer->dest.local_port) ||
	      nla_put_be16(skb, AWTUN_SA_A_ENCAP_REMOTE_PORT,
			   outer->dest.remote_port))))
		return -EMSGSIZE;

	return 0;
}

static int put_sa_out(struct sk_buff *skb, const struct awtun_sa *sa)
{
	int err;

	if (awtun_active_has(sa) && nla_put_flag(skb, AWTUN_SA_A_ACTIVE))
		return -EMSGSIZE;

	rcu_read_lock();
	err = put_outer(skb, rcu_dereference(sa->outer));
	rcu_read_unlock();

	return err;
}

static int put_sa_life(struct sk_buff *skb, const struct awtun_sa *sa)
{
	const struct awtun_limits *limits = &sa->life.limits;
	unsigned int i;

	for (i = AWTUN_EXPIRY_SECONDS; i < ARRAY_SIZE(limit_types); i++)
		if ((limits->soft[i] &&
		     put_u64(skb, limit_types[i].soft, limits->soft[i])) ||
		    (limits->hard[i] &&
		     put_u64(skb, limit_types[i].hard, limits->hard[i])))
			return -EMSGSIZE;

	if (put_u64(skb, AWTUN_SA_A_AGE, awtun_life_age(&sa->life)) ||
	    (!awtun_sa_usable(sa) && nla_put_flag(skb, AWTUN_SA_A_EXPIRED)))
		return -EMSGSIZE;

	return 0;
}

/* Everything but the keys. */
static int put_sa(struct sk_buff *skb, struct awtun_sa *sa)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_A_SA);
	struct awtun_sa_sum sum;
	int err;

	awtun_sum_sa(sa, &sum);
	if (!nest || awtun_put_sa_id(skb, sa) || put_sa_suite(skb, sa) ||
	    put_u64(skb, AWTUN_SA_A_SEQ, awtun_sa_last_seq(sa)) ||
	    put_u64(skb, AWTUN_SA_A_PACKETS, sum.packets) ||
	    put_u64(skb, AWTUN_SA_A_BYTES, sum.bytes) ||
	    awtun_put_stats(skb, AWTUN_SA_A_STATS, sum.drops) ||
	    put_sa_life(skb, sa) ||
	    awtun_put_selectors(skb, AWTUN_SA_A_TS_LOCAL, sa->ts_local) ||
	    awtun_put_selectors(skb, AWTUN_SA_A_TS_REMOTE, sa->ts_remote))
		return -EMSGSIZE;
	err = sa->dir == AWTUN_DIR_IN ? put_sa_in(skb, sa) : put_sa_out(skb, sa);
	if (err)
		return err;
	nla_nest_end(skb, nest);

	return 0;
}

static int check_sa_id(const struct awtun_req *req)
{
	if (!req->tb[AWTUN_SA_A_DIR])
		return AWTUN_MISSING(req, AWTUN_SA_A_DIR,
				     "DIR is required");
	if (!req->tb[AWTUN_SA_A_SPI])
		return AWTUN_MISSING(req, AWTUN_SA_A_SPI,
				     "SPI is required");
	/* 0 is for local use, 1 to 255 are reserved, RFC 4303 section 2.1. */
	if (ntohl(nla_get_be32(req->tb[AWTUN_SA_A_SPI])) <= 255)
		return AWTUN_REFUSE(req, AWTUN_SA_A_SPI, -EINVAL,
				    "SPI must be above 255");

	return 0;
}

/* Lock the tunnel of the SA that the request names, which may not exist. */
static struct awtun_tunnel *lock_tunnel(struct awtun_req *req,
					struct genl_info *info,
					const struct nla_policy *policy)
{
	int err;

	err = awtun_req_parse(req, info, AWTUN_A_SA, AWTUN_SA_A_MAX, policy);
	if (!err)
		err = check_sa_id(req);
	if (err)
		return ERR_PTR(err);

	return awtun_req_lock(req, info, AWTUN_SA_A_IFINDEX);
}

static struct awtun_sa *find_sa(const struct awtun_req *req,
				struct awtun_tunnel *tun)
{
	return awtun_tunnel_find_sa(tun, nla_get_u32(req->tb[AWTUN_SA_A_DIR]),
				    nla_get_be32(req->tb[AWTUN_SA_A_SPI]));
}

static int no_such_sa(const struct awtun_req *req)
{
	return AWTUN_REFUSE(req, AWTUN_SA_A_SPI, -ENOENT,
			    "the tunnel has no SA of this DIR and SPI");
}

/* Find the SA that the request names and lock its tunnel. */
static struct awtun_sa *lock_sa(struct awtun_req *req, struct genl_info *info,
				const struct nla_policy *policy)
{
	struct awtun_tunnel *tun = lock_tunnel(req, info, policy);
	struct awtun_sa *sa;

	if (IS_ERR(tun))
		return ERR_CAST(tun);

	sa = find_sa(req, tun);
	if (!sa) {
		awtun_req_unlock(tun);
		return ERR_PTR(no_such_sa(req));
	}

	return sa;
}

int awtun_sa_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_req req;
	struct awtun_sa *sa;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	sa = lock_sa(&req, info, sa_id_policy);
	if (IS_ERR(sa)) {
		err = PTR_ERR(sa);
		goto err_free;
	}

	hdr = genlmsg_put_reply(msg, info, awtun_genl_family, 0, AWTUN_CMD_SA_GET);
	err = hdr ? put_sa(msg, sa) : -EMSGSIZE;
	awtun_req_unlock(sa->tun);
	if (err)
		goto err_free;

	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

/* Which row, or what of the request names none. */
static int parse_algorithms(const struct awtun_req *req,
			    struct awtun_crypto_params *crypto)
{
	const struct nlattr *attr = req->tb[AWTUN_SA_A_AUTH];
	u32 cipher = nla_get_u32(req->tb[AWTUN_SA_A_CIPHER]);
	u32 auth = attr ? nla_get_u32(attr) : AWTUN_AUTH_NONE;

	crypto->suite = awtun_suite_find(cipher, auth);
	if (crypto->suite)
		return 0;
	if (awtun_suite_find(cipher, AWTUN_AUTH_NONE))
		return AWTUN_REFUSE(req, AWTUN_SA_A_AUTH, -EINVAL,
				    "AUTH must be left out with an AEAD cipher");
	if (!attr)
		return AWTUN_MISSING(req, AWTUN_SA_A_AUTH,
				     "AUTH is required with this cipher");

	return AWTUN_REFUSE(req, AWTUN_SA_A_AUTH, -EINVAL,
			    "AUTH must name an integrity algorithm with this cipher");
}

static int parse_aead(const struct awtun_req *req,
		      struct awtun_crypto_params *crypto)
{
	struct nlattr * const *tb = req->tb;

	if (!tb[AWTUN_SA_A_SALT])
		return AWTUN_MISSING(req, AWTUN_SA_A_SALT,
				     "SALT is required with an AEAD cipher");
	if (!tb[AWTUN_SA_A_ICV_LEN])
		return AWTUN_MISSING(req, AWTUN_SA_A_ICV_LEN,
				     "ICV_LEN is required with an AEAD cipher");
	crypto->salt = nla_data(tb[AWTUN_SA_A_SALT]);
	crypto->icv_len = nla_get_u32(tb[AWTUN_SA_A_ICV_LEN]);

	if (!(crypto->suite->icv_lens & BIT_ULL(crypto->icv_len)))
		return AWTUN_REFUSE(req, AWTUN_SA_A_ICV_LEN, -EINVAL,
				    "ICV_LEN must be a length that the cipher has");
	if (tb[AWTUN_SA_A_AUTH_KEY])
		return AWTUN_REFUSE(req, AWTUN_SA_A_AUTH_KEY, -EINVAL,
				    "AUTH_KEY must be left out with an AEAD cipher");

	return 0;
}

static int parse_hmac(const struct awtun_req *req,
		      struct awtun_crypto_params *crypto)
{
	struct nlattr * const *tb = req->tb;

	if (!tb[AWTUN_SA_A_AUTH_KEY])
		return AWTUN_MISSING(req, AWTUN_SA_A_AUTH_KEY,
				     "AUTH_KEY is required with this cipher");
	crypto->auth_key = nla_data(tb[AWTUN_SA_A_AUTH_KEY]);
	crypto->icv_len = __ffs64(crypto->suite->icv_lens);

	if (nla_len(tb[AWTUN_SA_A_AUTH_KEY]) != crypto->suite->auth_key_len)
		return AWTUN_REFUSE(req, AWTUN_SA_A_AUTH_KEY, -EINVAL,
				    "AUTH_KEY must have the length that AUTH takes");
	if (tb[AWTUN_SA_A_SALT])
		return AWTUN_REFUSE(req, AWTUN_SA_A_SALT, -EINVAL,
				    "SALT is only for AEAD ciphers");
	if (tb[AWTUN_SA_A_ICV_LEN])
		return AWTUN_REFUSE(req, AWTUN_SA_A_ICV_LEN, -EINVAL,
				    "ICV_LEN is only for AEAD ciphers: AUTH gives it");

	return 0;
}

static int parse_suite(const struct awtun_req *req,
		       struct awtun_crypto_params *crypto)
{
	struct nlattr * const *tb = req->tb;
	int err;

	if (!tb[AWTUN_SA_A_CIPHER])
		return AWTUN_MISSING(req, AWTUN_SA_A_CIPHER,
				     "CIPHER is required");
	if (!tb[AWTUN_SA_A_CIPHER_KEY])
		return AWTUN_MISSING(req, AWTUN_SA_A_CIPHER_KEY,
				     "CIPHER_KEY is required");
	err = parse_algorithms(req, crypto);
	if (err)
		return err;
	crypto->key = nla_data(tb[AWTUN_SA_A_CIPHER_KEY]);
	crypto->key_len = nla_len(tb[AWTUN_SA_A_CIPHER_KEY]);

	if (!(crypto->suite->key_lens & BIT_ULL(crypto->key_len)))
		return AWTUN_REFUSE(req, AWTUN_SA_A_CIPHER_KEY, -EINVAL,
				    "CIPHER_KEY must have a length that the cipher takes");

	return crypto->suite->salt_len ? parse_aead(req, crypto) :
					 parse_hmac(req, crypto);
}

/* What makes sense in one direction only. */
static int check_direction(const struct awtun_req *req, u32 dir)
{
	bool out = dir == AWTUN_DIR_OUT;

	if (out && req->tb[AWTUN_SA_A_REPLAY_WINDOW])
		return AWTUN_REFUSE(req, AWTUN_SA_A_REPLAY_WINDOW, -EINVAL,
				    "REPLAY_WINDOW is only for inbound SAs");
	if (out && req->tb[AWTUN_SA_A_FOLLOW])
		return AWTUN_REFUSE(req, AWTUN_SA_A_FOLLOW, -EINVAL,
				    "FOLLOW is only for inbound SAs");
	if (!out && req->tb[AWTUN_SA_A_SEQ])
		return AWTUN_REFUSE(req, AWTUN_SA_A_SEQ, -EINVAL,
				    "SEQ is only for outbound SAs");
	if (!out && req->tb[AWTUN_SA_A_ENCAP_LOCAL_PORT])
		return AWTUN_REFUSE(req, AWTUN_SA_A_ENCAP_LOCAL_PORT, -EINVAL,
				    "ENCAP_LOCAL_PORT is only for outbound SAs");
	if (!out && req->tb[AWTUN_SA_A_ENCAP_REMOTE_PORT])
		return AWTUN_REFUSE(req, AWTUN_SA_A_ENCAP_REMOTE_PORT, -EINVAL,
				    "ENCAP_REMOTE_PORT is only for outbound SAs");
	if (!out && req->tb[AWTUN_SA_A_REMOTE])
		return AWTUN_REFUSE(req, AWTUN_SA_A_REMOTE, -EINVAL,
				    "REMOTE is only for outbound SAs");

	return 0;
}

static int parse_encap(const struct awtun_req *req, struct awtun_dest *dest)
{
	const struct nlattr *local = req->tb[AWTUN_SA_A_ENCAP_LOCAL_PORT];
	const struct nlattr *remote = req->tb[AWTUN_SA_A_ENCAP_REMOTE_PORT];

	if (!local && !remote)
		return 0;
	if (!local)
		return AWTUN_MISSING(req, AWTUN_SA_A_ENCAP_LOCAL_PORT,
				     "ENCAP_LOCAL_PORT is required with ENCAP_REMOTE_PORT");
	if (!remote)
		return AWTUN_MISSING(req, AWTUN_SA_A_ENCAP_REMOTE_PORT,
				     "ENCAP_REMOTE_PORT is required with ENCAP_LOCAL_PORT");

	dest->local_port = nla_get_be16(local);
	dest->remote_port = nla_get_be16(remote);
	if (!dest->local_port)
		return AWTUN_REFUSE(req, AWTUN_SA_A_ENCAP_LOCAL_PORT, -EINVAL,
				    "ENCAP_LOCAL_PORT must not be 0");
	if (!dest->remote_port)
		return AWTUN_REFUSE(req, AWTUN_SA_A_ENCAP_REMOTE_PORT, -EINVAL,
				    "ENCAP_REMOTE_PORT must not be 0");
	/* By this port a packet is known that has been wrapped already. */
	if (dest->local_port != htons(AWTUN_PORT_NATT) &&
	    dest->remote_port != htons(AWTUN_PORT_NATT))
		return AWTUN_REFUSE(req, AWTUN_SA_A_ENCAP_LOCAL_PORT, -EINVAL,
				    "ENCAP_LOCAL_PORT or ENCAP_REMOTE_PORT must be 4500, RFC 3948");

	return 0;
}

/* Without one the SA sends to where the tunnel says. */
static int parse_remote(const struct awtun_req *req,
			struct awtun_endpoints *ends)
{
	const struct nlattr *attr = req->tb[AWTUN_SA_A_REMOTE];

	if (attr)
		return awtun_settings_parse_remote(attr, ends, req->extack);
	if (awtun_addr_is_any(&ends->remote))
		return AWTUN_MISSING(req, AWTUN_SA_A_REMOTE,
				     "REMOTE is required, for the tunnel has none");

	return 0;
}

static int check_mode(const struct awtun_req *req,
		      const struct awtun_tunnel *tun)
{
	if (awtun_tunnel_conf(tun))
		return 0;

	return AWTUN_REFUSE(req, AWTUN_SA_A_IFINDEX, -ENOTCONN,
			    "the tunnel of IFINDEX must have a mode first");
}

/* Where an SA of this tunnel, which is locked, sends. */
static int parse_dest(const struct awtun_req *req,
		      const struct awtun_tunnel *tun, u32 dir,
		      struct awtun_dest *dest)
{
	int err = check_mode(req, tun);

	if (err)
		return err;

	memset(dest, 0, sizeof(*dest));
	dest->ends = awtun_tunnel_conf(tun)->settings.ends;
	if (dir == AWTUN_DIR_IN)
		return 0;

	err = parse_encap(req, dest);

	return err ?: parse_remote(req, &dest->ends);
}

static int parse_limits(const struct awtun_req *req,
			struct awtun_limits *limits)
{
	unsigned int i;

	for (i = AWTUN_EXPIRY_SECONDS; i < ARRAY_SIZE(limit_types); i++) {
		const struct nlattr *soft = req->tb[limit_types[i].soft];
		const struct nlattr *hard = req->tb[limit_types[i].hard];

		limits->soft[i] = soft ? nla_get_u64(soft) : 0;
		limits->hard[i] = hard ? nla_get_u64(hard) : 0;
		if (soft && hard && limits->soft[i] > limits->hard[i])
			return AWTUN_REFUSE(req, limit_types[i].soft, -EINVAL,
					    "a SOFT limit must not exceed the HARD limit");
	}

	return 0;
}

static int parse_sequence(const struct awtun_req *req,
			  struct awtun_sa_params *params)
{
	const struct nlattr *window = req->tb[AWTUN_SA_A_REPLAY_WINDOW];
	const struct nlattr *seq = req->tb[AWTUN_SA_A_SEQ];

	params->crypto.esn = nla_get_flag(req->tb[AWTUN_SA_A_ESN]);
	params->seq = seq ? nla_get_u64(seq) : 0;
	params->replay_window = window ? nla_get_u32(window) :
					 AWTUN_REPLAY_WINDOW_MIN;
	if (!params->crypto.esn && params->seq > AWTUN_SEQ_LAST)
		return AWTUN_REFUSE(req, AWTUN_SA_A_SEQ, -ERANGE,
				    "SEQ exceeds 32 bits and ESN is not set");

	return 0;
}

static int parse_sa(const struct awtun_req *req, struct awtun_sa_params *params)
{
	int err;

	memset(params, 0, sizeof(*params));
	err = check_sa_id(req);
	if (err)
		return err;
	params->dir = nla_get_u32(req->tb[AWTUN_SA_A_DIR]);
	params->spi = nla_get_be32(req->tb[AWTUN_SA_A_SPI]);
	params->follow = nla_get_flag(req->tb[AWTUN_SA_A_FOLLOW]);

	err = check_direction(req, params->dir);
	if (!err)
		err = parse_limits(req, &params->limits);
	if (!err)
		err = parse_sequence(req, params);
	if (!err)
		err = parse_suite(req, &params->crypto);

	return err;
}

/* The last to be parsed, because they are allocated. */
static int parse_selectors(const struct awtun_req *req,
			   struct awtun_sa_params *params)
{
	struct awtun_selectors *local, *remote;

	if (!req->tb[AWTUN_SA_A_TS_LOCAL])
		return AWTUN_MISSING(req, AWTUN_SA_A_TS_LOCAL,
				     "TS_LOCAL is required");
	if (!req->tb[AWTUN_SA_A_TS_REMOTE])
		return AWTUN_MISSING(req, AWTUN_SA_A_TS_REMOTE,
				     "TS_REMOTE is required");

	local = awtun_parse_selectors(req->tb[AWTUN_SA_A_TS_LOCAL],
				      req->extack);
	if (IS_ERR(local))
		return PTR_ERR(local);
	remote = awtun_parse_selectors(req->tb[AWTUN_SA_A_TS_REMOTE],
				       req->extack);
	if (IS_ERR(remote)) {
		kfree(local);
		return PTR_ERR(remote);
	}
	params->ts_local = local;
	params->ts_remote = remote;

	return 0;
}

static int publish_sa(const struct awtun_req *req, struct genl_info *info,
		      struct awtun_sa *sa)
{
	struct awtun_tunnel *tun;
	struct awtun_dest dest;
	int err;

	tun = awtun_req_lock(req, info, AWTUN_SA_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);

	err = awtun_req_check_underlay(req, AWTUN_SA_A_IFINDEX, tun);
	if (!err)
		err = parse_dest(req, tun, sa->dir, &dest);
	if (!err) {
		err = awtun_tunnel_add_sa(tun, sa, &dest, req->extack);
		if (err)
			awtun_refuse(req, err == -EEXIST ? AWTUN_SA_A_SPI :
						     AWTUN_SA_A_IFINDEX, err);
		else if (sa->dir == AWTUN_DIR_IN)
			awtun_rx_held(sa);
	}
	awtun_req_unlock(tun);

	return err;
}

static int add_sa(struct genl_info *info)
{
	struct awtun_sa_params params;
	struct awtun_sa *sa;
	struct awtun_req req;
	int err;

	err = awtun_req_parse(&req, info, AWTUN_A_SA, AWTUN_SA_A_MAX,
			      sa_add_policy);
	if (err)
		return err;
	err = parse_sa(&req, &params);
	if (!err)
		err = parse_selectors(&req, &params);
	if (err)
		return err;

	/* Before the tunnel is locked, for it may load modules. */
	sa = awtun_sa_new(&params, req.extack);
	if (IS_ERR(sa)) {
		kfree(params.ts_local);
		kfree(params.ts_remote);
		return awtun_refuse(&req, AWTUN_SA_A_CIPHER, PTR_ERR(sa));
	}

	err = publish_sa(&req, info, sa);
	if (err) {
		awtun_sa_discard(sa);
		return err;
	}
	awtun_req_changed(info);

	return 0;
}

static bool is_secret(const struct nlattr *attr)
{
	switch (nla_type(attr)) {
	case AWTUN_SA_A_CIPHER_KEY:
	case AWTUN_SA_A_SALT:
	case AWTUN_SA_A_AUTH_KEY:
		return true;
	default:
		return false;
	}
}

/* The request may be echoed in the answer, and its memory is not cleared. */
static void wipe_keys(struct genl_info *info)
{
	struct nlattr *nest = info->attrs[AWTUN_A_SA];
	struct nlattr *attr;
	int rem;

	if (!nest)
		return;
	nla_for_each_nested(attr, nest, rem)
		if (is_secret(attr))
			memzero_explicit(nla_data(attr), nla_len(attr));
}

int awtun_sa_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = add_sa(info);

	wipe_keys(info);

	return err;
}

static int expect_sa(const struct awtun_req *req, struct awtun_tunnel *tun)
{
	int err;

	if (nla_get_u32(req->tb[AWTUN_SA_A_DIR]) != AWTUN_DIR_IN)
		return AWTUN_REFUSE(req, AWTUN_SA_A_DIR, -EINVAL,
				    "DIR must be IN: only inbound SAs can be expected");
	err = awtun_req_check_underlay(req, AWTUN_SA_A_IFINDEX, tun);
	if (!err)
		err = check_mode(req, tun);
	if (err)
		return err;
	err = awtun_tunnel_expect_sa(tun, nla_get_be32(req->tb[AWTUN_SA_A_SPI]),
				     req->extack);

	return err ? awtun_refuse(req, err == -EEXIST ? AWTUN_SA_A_SPI :
						  AWTUN_SA_A_IFINDEX, err) : 0;
}

/* A dump does not show it. */
int awtun_sa_expect_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_req req;
	int err;

	tun = lock_tunnel(&req, info, sa_id_policy);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	err = expect_sa(&req, tun);
	awtun_req_unlock(tun);

	return err;
}

int awtun_sa_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_dest dest;
	struct awtun_req req;
	struct awtun_sa *sa;
	int err;

	sa = lock_sa(&req, info, sa_set_policy);
	if (IS_ERR(sa))
		return PTR_ERR(sa);

	tun = sa->tun;
	if (sa->dir != AWTUN_DIR_OUT)
		err = AWTUN_REFUSE(&req, AWTUN_SA_A_DIR, -EINVAL,
				   "DIR must be OUT: only outbound SAs have a destination");
	else
		err = parse_dest(&req, tun, sa->dir, &dest);
	if (!err)
		err = awtun_tunnel_move_sa(sa, &dest);
	awtun_req_unlock(tun);
	if (!err)
		awtun_req_changed(info);

	return err;
}

static int activate_sa(const struct awtun_req *req, struct awtun_sa *sa)
{
	int err;

	if (sa->dir != AWTUN_DIR_OUT)
		return AWTUN_REFUSE(req, AWTUN_SA_A_DIR, -EINVAL,
				    "DIR must be OUT: only outbound SAs can be activated");
	if (!awtun_sa_usable(sa))
		return AWTUN_REFUSE(req, AWTUN_SA_A_SPI, -EKEYEXPIRED,
				    "the SA of this SPI has expired or has no sequence numbers left");
	err = awtun_tunnel_activate_sa(sa, req->extack);

	return err ? awtun_refuse(req, AWTUN_SA_A_IFINDEX, err) : 0;
}

int awtun_sa_activate_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_req req;
	struct awtun_sa *sa;
	int err;

	sa = lock_sa(&req, info, sa_id_policy);
	if (IS_ERR(sa))
		return PTR_ERR(sa);

	tun = sa->tun;
	err = activate_sa(&req, sa);
	awtun_req_unlock(tun);
	if (!err)
		awtun_req_changed(info);

	return err;
}

/* One that is only expected is one too. */
static int del_sa(const struct awtun_req *req, struct awtun_tunnel *tun)
{
	struct awtun_sa *sa = find_sa(req, tun);

	if (sa)
		awtun_tunnel_del_sa(sa);
	else if (nla_get_u32(req->tb[AWTUN_SA_A_DIR]) != AWTUN_DIR_IN ||
		 !awtun_tunnel_unexpect_sa(tun, nla_get_be32(req->tb[AWTUN_SA_A_SPI])))
		return no_such_sa(req);

	return 0;
}

int awtun_sa_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_req req;
	int err;

	tun = lock_tunnel(&req, info, sa_id_policy);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	err = del_sa(&req, tun);
	awtun_req_unlock(tun);
	if (!err)
		awtun_req_changed(info);

	return err;
}

int awtun_sa_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_req req;
	int err;

	err = awtun_req_parse(&req, info, AWTUN_A_SA, AWTUN_SA_A_MAX,
			      sa_tunnel_policy);
	if (err)
		return err;

	tun = awtun_req_lock(&req, info, AWTUN_SA_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	awtun_tunnel_flush(tun);
	awtun_req_unlock(tun);
	awtun_req_changed(info);

	return 0;
}

static int parse_dump(struct netlink_callback *cb, u32 *ifindex)
{
	struct awtun_req req = { .extack = cb->extack };
	int err;

	req.nest = awtun_dump_attrs(cb)[AWTUN_A_SA];
	if (!req.nest)
		return 0;

	err = nla_parse_nested(req.tb, AWTUN_SA_A_MAX, req.nest,
			       sa_tunnel_policy, req.extack);
	if (err || !req.tb[AWTUN_SA_A_IFINDEX])
		return err;
	*ifindex = nla_get_u32(req.tb[AWTUN_SA_A_IFINDEX]);

	return awtun_req_check_dev(&req, sock_net(cb->skb->sk),
				   AWTUN_SA_A_IFINDEX);
}

static int dump_sas(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct awtun_tunnel *tun)
{
	struct awtun_dump *dump = awtun_dump_of(cb);
	struct awtun_sa *sa;

	list_for_each_entry_rcu(sa, &tun->sas, list) {
		void *hdr;

		if (sa->id < dump->sa)
			continue;
		hdr = awtun_dump_put(skb, cb, AWTUN_CMD_SA_GET);
		if (!hdr)
			return -EMSGSIZE;
		if (put_sa(skb, sa)) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		dump->sa = sa->id + 1;
	}
	dump->sa = 0;

	return 0;
}

int awtun_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct awtun_dump *dump = awtun_dump_of(cb);

	if (!dump->begun) {
		int err = parse_dump(cb, &dump->ifindex);

		if (err)
			return err;
	}

	return awtun_dump_tunnels(skb, cb, dump_sas);
}
