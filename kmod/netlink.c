// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink family "awtun", see include/uapi/linux/awtun.h.
 *
 * The contents of a nest are parsed here and not by the core, each command by
 * its own policy: so an attribute that a command does not know is refused, and
 * a request with keys always gets here to have them wiped.
 */
#include <crypto/aes.h>
#include <linux/module.h>
#include <net/addrconf.h>
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "dev.h"
#include "netlink.h"
#include "sa.h"

static struct genl_family awtun_family;

/* Policies */

static const struct nla_policy tunnel_cmd_policy[AWTUN_A_MAX + 1] = {
	[AWTUN_A_TUNNEL] = { .type = NLA_NESTED },
};

static const struct nla_policy sa_cmd_policy[AWTUN_A_MAX + 1] = {
	[AWTUN_A_SA] = { .type = NLA_NESTED },
};

static const struct nla_policy tunnel_id_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	[AWTUN_TUNNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tunnel_set_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	[AWTUN_TUNNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_TUNNEL_A_MODE] = NLA_POLICY_MAX(NLA_U32, AWTUN_MODE_IPSEC_IPV6),
	[AWTUN_TUNNEL_A_LOCAL] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[AWTUN_TUNNEL_A_REMOTE] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
};

static const struct nla_policy sa_tunnel_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy sa_id_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_SA_A_DIR] = NLA_POLICY_RANGE(NLA_U32, AWTUN_DIR_IN,
					    AWTUN_DIR_OUT),
	[AWTUN_SA_A_SPI] = { .type = NLA_BE32 },
};

/* 32 bits, whatever the attribute could hold. Not const, for 6.1's sake. */
static struct netlink_range_validation seq_range __ro_after_init = {
	.max = AWTUN_SEQ_LAST,
};

static const struct nla_policy sa_add_policy[AWTUN_SA_A_MAX + 1] = {
	[AWTUN_SA_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[AWTUN_SA_A_DIR] = NLA_POLICY_RANGE(NLA_U32, AWTUN_DIR_IN,
					    AWTUN_DIR_OUT),
	[AWTUN_SA_A_SPI] = { .type = NLA_BE32 },
	[AWTUN_SA_A_CIPHER] = NLA_POLICY_RANGE(NLA_U32, AWTUN_CIPHER_AES_CBC,
					       AWTUN_CIPHER_AES_GCM),
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
};

/* Requests */

/**
 * struct request - a request while it is served
 * @nest: the one nest of the command
 * @tb: its contents; the larger of the two nests fits
 * @extack: for the answer
 */
struct request {
	struct nlattr *nest;
	struct nlattr *tb[AWTUN_SA_A_MAX + 1];
	struct netlink_ext_ack *extack;
};

static int refuse_missing(const struct request *req, int type)
{
	NL_SET_ERR_ATTR_MISS(req->extack, req->nest, type);
	NL_SET_ERR_MSG_MOD(req->extack, "a required attribute is missing");

	return -EINVAL;
}

static int refuse(const struct request *req, int type, int err)
{
	NL_SET_BAD_ATTR(req->extack, req->tb[type]);

	return err;
}

/* Refuse an attribute, with the reason. The message must be a literal. */
#define REFUSE(req, type, err, msg) ({			\
	const struct request *__req = (req);		\
							\
	NL_SET_ERR_MSG_MOD(__req->extack, msg);		\
	refuse(__req, type, err);			\
})

static int parse_request(struct request *req, struct genl_info *info, int type,
			 int maxtype, const struct nla_policy *policy)
{
	BUILD_BUG_ON((int)AWTUN_TUNNEL_A_MAX > (int)AWTUN_SA_A_MAX);

	memset(req, 0, sizeof(*req));
	req->extack = info->extack;
	req->nest = info->attrs[type];
	if (!req->nest)
		return refuse_missing(req, type);

	return nla_parse_nested(req->tb, maxtype, req->nest, policy,
				req->extack);
}

/* Find the tunnel that attribute @type names and lock it. The namespace of the
 * underlay cannot go while it is locked.
 */
static struct awtun_tunnel *lock_tunnel(const struct request *req,
					struct genl_info *info, int type)
{
	struct awtun_tunnel *tun;
	struct net_device *dev;

	if (!req->tb[type])
		return ERR_PTR(refuse_missing(req, type));

	dev = dev_get_by_index(genl_info_net(info), nla_get_u32(req->tb[type]));
	if (!dev)
		return ERR_PTR(REFUSE(req, type, -ENODEV, "no such interface"));
	if (!awtun_dev_is_ours(dev)) {
		dev_put(dev);
		return ERR_PTR(REFUSE(req, type, -EOPNOTSUPP,
				      "the interface is not of kind tunnel"));
	}

	tun = netdev_priv(dev);
	mutex_lock(&tun->lock);

	return tun;
}

static void unlock_tunnel(struct awtun_tunnel *tun)
{
	mutex_unlock(&tun->lock);
	dev_put(tun->dev);
}

static int check_underlay(const struct request *req, int type,
			  const struct awtun_tunnel *tun)
{
	if (awtun_dev_underlay(tun))
		return 0;

	return REFUSE(req, type, -ENONET,
		      "the network namespace of the outer packets is gone");
}

/* A dump in the namespace of @info may now show something else. */
static void changed(struct genl_info *info)
{
	atomic_inc(&awtun_net(genl_info_net(info))->generation);
}

/* Tunnels */

static size_t addr_len(u32 family)
{
	return family == AF_INET ? sizeof(struct in_addr) :
				   sizeof(struct in6_addr);
}

static int put_path(struct sk_buff *skb, const struct awtun_path *path)
{
	size_t len;

	if (!path)
		return nla_put_u32(skb, AWTUN_TUNNEL_A_MODE, AWTUN_MODE_UNSPEC);

	len = addr_len(path->ends.family);
	if (nla_put_u32(skb, AWTUN_TUNNEL_A_MODE, path->mode) ||
	    nla_put(skb, AWTUN_TUNNEL_A_LOCAL, len, &path->ends.local) ||
	    nla_put(skb, AWTUN_TUNNEL_A_REMOTE, len, &path->ends.remote))
		return -EMSGSIZE;

	return 0;
}

static int put_tunnel_stats(struct sk_buff *skb, const struct awtun_tunnel *tun)
{
	u64 drops[AWTUN_TUNNEL_STAT_MAX + 1];
	struct nlattr *nest;
	int i;

	awtun_sum_drops(tun, drops);

	nest = nla_nest_start(skb, AWTUN_TUNNEL_A_STATS);
	if (!nest)
		return -EMSGSIZE;
	for (i = AWTUN_TUNNEL_STAT_PAD + 1; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		if (nla_put_u64_64bit(skb, i, drops[i], AWTUN_TUNNEL_STAT_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

/* Context: RCU. */
static int put_tunnel(struct sk_buff *skb, const struct awtun_tunnel *tun)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(skb, AWTUN_TUNNEL_A_IFINDEX, tun->dev->ifindex) ||
	    nla_put_string(skb, AWTUN_TUNNEL_A_IFNAME, tun->dev->name) ||
	    put_path(skb, rcu_dereference(tun->path)) ||
	    put_tunnel_stats(skb, tun))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

static int tunnel_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct request req;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = parse_request(&req, info, AWTUN_A_TUNNEL, AWTUN_TUNNEL_A_MAX,
			    tunnel_id_policy);
	if (err)
		return err;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	tun = lock_tunnel(&req, info, AWTUN_TUNNEL_A_IFINDEX);
	if (IS_ERR(tun)) {
		err = PTR_ERR(tun);
		goto err_free;
	}

	hdr = genlmsg_put_reply(msg, info, &awtun_family, 0,
				AWTUN_CMD_TUNNEL_GET);
	rcu_read_lock();
	err = hdr ? put_tunnel(msg, tun) : -EMSGSIZE;
	rcu_read_unlock();
	unlock_tunnel(tun);
	if (err)
		goto err_free;

	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

/* An address that can be the one end of packets to and from the other. */
static int check_addr(const struct request *req, int type, u32 family,
		      union awtun_addr *addr)
{
	const struct nlattr *attr = req->tb[type];
	bool good;

	if (!attr)
		return refuse_missing(req, type);
	if (nla_len(attr) != addr_len(family))
		return REFUSE(req, type, -EINVAL,
			      "address length does not fit the mode");

	memcpy(addr, nla_data(attr), nla_len(attr));
	if (family == AF_INET)
		good = !ipv4_is_zeronet(addr->ip4) &&
		       !ipv4_is_multicast(addr->ip4) &&
		       !ipv4_is_lbcast(addr->ip4);
	else
		good = ipv6_addr_type(&addr->ip6) & IPV6_ADDR_UNICAST &&
		       !(ipv6_addr_type(&addr->ip6) & IPV6_ADDR_LINKLOCAL) &&
		       !ipv6_addr_v4mapped(&addr->ip6);
	if (!good)
		return REFUSE(req, type, -EADDRNOTAVAIL,
			      "not a unicast address of wider than link scope");

	return 0;
}

static int parse_ends(const struct request *req, u32 mode,
		      struct awtun_endpoints *ends)
{
	int err;

	memset(ends, 0, sizeof(*ends));
	if (mode == AWTUN_MODE_UNSPEC) {
		if (req->tb[AWTUN_TUNNEL_A_LOCAL])
			return REFUSE(req, AWTUN_TUNNEL_A_LOCAL, -EINVAL,
				      "an address needs a mode");
		if (req->tb[AWTUN_TUNNEL_A_REMOTE])
			return REFUSE(req, AWTUN_TUNNEL_A_REMOTE, -EINVAL,
				      "an address needs a mode");
		return 0;
	}

	ends->family = mode == AWTUN_MODE_IPSEC_IPV4 ? AF_INET : AF_INET6;
	err = check_addr(req, AWTUN_TUNNEL_A_LOCAL, ends->family, &ends->local);
	if (err)
		return err;
	err = check_addr(req, AWTUN_TUNNEL_A_REMOTE, ends->family,
			 &ends->remote);
	if (err)
		return err;
	if (!memcmp(&ends->local, &ends->remote, sizeof(ends->local)))
		return REFUSE(req, AWTUN_TUNNEL_A_REMOTE, -EINVAL,
			      "local and remote address are the same");

	return 0;
}

static bool path_is(const struct awtun_tunnel *tun, u32 mode,
		    const struct awtun_endpoints *ends)
{
	const struct awtun_path *path;

	path = rcu_dereference_protected(tun->path, lockdep_is_held(&tun->lock));
	if (!path)
		return mode == AWTUN_MODE_UNSPEC;

	return path->mode == mode && !memcmp(&path->ends, ends, sizeof(*ends));
}

static int set_path(const struct request *req, struct awtun_tunnel *tun,
		    u32 mode, const struct awtun_endpoints *ends)
{
	int err;

	err = check_underlay(req, AWTUN_TUNNEL_A_IFINDEX, tun);
	if (err)
		return err;
	if (path_is(tun, mode, ends))
		return 0;
	if (!list_empty(&tun->sas))
		return REFUSE(req, AWTUN_TUNNEL_A_IFINDEX, -EBUSY,
			      "the tunnel has SAs of its present mode and addresses");

	return awtun_dev_set_path(tun, mode, ends);
}

static int tunnel_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_endpoints ends;
	struct awtun_tunnel *tun;
	struct request req;
	u32 mode;
	int err;

	err = parse_request(&req, info, AWTUN_A_TUNNEL, AWTUN_TUNNEL_A_MAX,
			    tunnel_set_policy);
	if (err)
		return err;
	if (!req.tb[AWTUN_TUNNEL_A_MODE])
		return refuse_missing(&req, AWTUN_TUNNEL_A_MODE);
	mode = nla_get_u32(req.tb[AWTUN_TUNNEL_A_MODE]);
	err = parse_ends(&req, mode, &ends);
	if (err)
		return err;

	tun = lock_tunnel(&req, info, AWTUN_TUNNEL_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	err = set_path(&req, tun, mode, &ends);
	unlock_tunnel(tun);
	if (!err)
		changed(info);

	return err;
}

/* SAs */

static int put_sa_id(struct sk_buff *skb, const struct awtun_sa *sa)
{
	if (nla_put_u32(skb, AWTUN_SA_A_IFINDEX, sa->tun->dev->ifindex) ||
	    nla_put_u32(skb, AWTUN_SA_A_DIR, sa->dir) ||
	    nla_put_be32(skb, AWTUN_SA_A_SPI, sa->key.spi))
		return -EMSGSIZE;

	return 0;
}

static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, AWTUN_SA_A_PAD);
}

static int put_sa_suite(struct sk_buff *skb, const struct awtun_sa *sa)
{
	int err;

	if (nla_put_u32(skb, AWTUN_SA_A_CIPHER, sa->cipher) ||
	    nla_put_u32(skb, AWTUN_SA_A_CIPHER_KEY_LEN, sa->cipher_key_len) ||
	    nla_put_string(skb, AWTUN_SA_A_DRIVER,
			   awtun_crypto_driver(&sa->crypto)))
		return -EMSGSIZE;

	if (sa->cipher == AWTUN_CIPHER_AES_GCM)
		err = nla_put_u32(skb, AWTUN_SA_A_ICV_LEN,
				  sa->crypto.esp.icv_len);
	else
		err = nla_put_u32(skb, AWTUN_SA_A_AUTH, sa->auth);

	return err;
}

static int put_sa_in(struct sk_buff *skb, const struct awtun_sa *sa,
		     const struct awtun_sa_sum *sum)
{
	if (nla_put_u32(skb, AWTUN_SA_A_REPLAY_WINDOW, sa->replay.window) ||
	    put_u64(skb, AWTUN_SA_A_SEQ, READ_ONCE(sa->replay.top)) ||
	    put_u64(skb, AWTUN_SA_A_DROP_REPLAY,
		    sum->drops[AWTUN_SA_DROP_REPLAY]) ||
	    put_u64(skb, AWTUN_SA_A_DROP_AUTH, sum->drops[AWTUN_SA_DROP_AUTH]) ||
	    put_u64(skb, AWTUN_SA_A_DROP_MALFORMED,
		    sum->drops[AWTUN_SA_DROP_MALFORMED]))
		return -EMSGSIZE;

	return 0;
}

static int put_sa_out(struct sk_buff *skb, const struct awtun_sa *sa)
{
	u64 seq = min_t(u64, atomic64_read(&sa->tx_seq), AWTUN_SEQ_LAST);

	if (put_u64(skb, AWTUN_SA_A_SEQ, seq) ||
	    (rcu_access_pointer(sa->tun->tx_sa) == sa &&
	     nla_put_flag(skb, AWTUN_SA_A_ACTIVE)))
		return -EMSGSIZE;

	return 0;
}

/* Everything but the keys. */
static int put_sa(struct sk_buff *skb, const struct awtun_sa *sa)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_A_SA);
	struct awtun_sa_sum sum;
	int err;

	awtun_sum_sa(sa, &sum);
	if (!nest || put_sa_id(skb, sa) || put_sa_suite(skb, sa) ||
	    put_u64(skb, AWTUN_SA_A_PACKETS, sum.packets) ||
	    put_u64(skb, AWTUN_SA_A_BYTES, sum.bytes))
		return -EMSGSIZE;
	err = sa->dir == AWTUN_DIR_IN ? put_sa_in(skb, sa, &sum) :
					put_sa_out(skb, sa);
	if (err)
		return err;
	nla_nest_end(skb, nest);

	return 0;
}

static int check_sa_id(const struct request *req)
{
	if (!req->tb[AWTUN_SA_A_DIR])
		return refuse_missing(req, AWTUN_SA_A_DIR);
	if (!req->tb[AWTUN_SA_A_SPI])
		return refuse_missing(req, AWTUN_SA_A_SPI);
	/* 0 is for local use, 1 to 255 are reserved, RFC 4303 section 2.1. */
	if (ntohl(nla_get_be32(req->tb[AWTUN_SA_A_SPI])) <= 255)
		return REFUSE(req, AWTUN_SA_A_SPI, -EINVAL,
			      "SPIs 0 to 255 are reserved");

	return 0;
}

/* Find the SA that the request names and lock its tunnel. */
static struct awtun_sa *lock_sa(struct request *req, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct awtun_sa *sa;
	int err;

	err = parse_request(req, info, AWTUN_A_SA, AWTUN_SA_A_MAX,
			    sa_id_policy);
	if (!err)
		err = check_sa_id(req);
	if (err)
		return ERR_PTR(err);

	tun = lock_tunnel(req, info, AWTUN_SA_A_IFINDEX);
	if (IS_ERR(tun))
		return ERR_CAST(tun);

	sa = awtun_sa_find(tun, nla_get_u32(req->tb[AWTUN_SA_A_DIR]),
			   nla_get_be32(req->tb[AWTUN_SA_A_SPI]));
	if (!sa) {
		unlock_tunnel(tun);
		return ERR_PTR(REFUSE(req, AWTUN_SA_A_SPI, -ENOENT,
				      "the tunnel has no SA of this direction and SPI"));
	}

	return sa;
}

static int sa_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct request req;
	struct awtun_sa *sa;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	sa = lock_sa(&req, info);
	if (IS_ERR(sa)) {
		err = PTR_ERR(sa);
		goto err_free;
	}

	hdr = genlmsg_put_reply(msg, info, &awtun_family, 0, AWTUN_CMD_SA_GET);
	err = hdr ? put_sa(msg, sa) : -EMSGSIZE;
	unlock_tunnel(sa->tun);
	if (err)
		goto err_free;

	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

static int parse_gcm(const struct request *req, struct awtun_crypto_params *crypto)
{
	struct nlattr * const *tb = req->tb;

	if (!tb[AWTUN_SA_A_SALT])
		return refuse_missing(req, AWTUN_SA_A_SALT);
	if (!tb[AWTUN_SA_A_ICV_LEN])
		return refuse_missing(req, AWTUN_SA_A_ICV_LEN);
	crypto->salt = nla_data(tb[AWTUN_SA_A_SALT]);
	crypto->icv_len = nla_get_u32(tb[AWTUN_SA_A_ICV_LEN]);

	if (crypto->icv_len % 4)
		return REFUSE(req, AWTUN_SA_A_ICV_LEN, -EINVAL,
			      "the ICV of AES-GCM has 8, 12 or 16 octets");
	if (crypto->auth != AWTUN_AUTH_NONE)
		return REFUSE(req, AWTUN_SA_A_AUTH, -EINVAL,
			      "AES-GCM has no separate integrity algorithm");
	if (tb[AWTUN_SA_A_AUTH_KEY])
		return REFUSE(req, AWTUN_SA_A_AUTH_KEY, -EINVAL,
			      "AES-GCM has no separate integrity key");

	return 0;
}

static int parse_cbc(const struct request *req, struct awtun_crypto_params *crypto)
{
	struct nlattr * const *tb = req->tb;

	if (!tb[AWTUN_SA_A_AUTH])
		return refuse_missing(req, AWTUN_SA_A_AUTH);
	if (crypto->auth == AWTUN_AUTH_NONE)
		return REFUSE(req, AWTUN_SA_A_AUTH, -EINVAL,
			      "AES-CBC needs an integrity algorithm");
	if (!tb[AWTUN_SA_A_AUTH_KEY])
		return refuse_missing(req, AWTUN_SA_A_AUTH_KEY);
	crypto->auth_key = nla_data(tb[AWTUN_SA_A_AUTH_KEY]);
	crypto->auth_key_len = nla_len(tb[AWTUN_SA_A_AUTH_KEY]);

	if (crypto->auth_key_len != awtun_auth_key_len(crypto->auth))
		return REFUSE(req, AWTUN_SA_A_AUTH_KEY, -EINVAL,
			      "the key does not fit the integrity algorithm");
	if (tb[AWTUN_SA_A_SALT])
		return REFUSE(req, AWTUN_SA_A_SALT, -EINVAL,
			      "AES-CBC has no salt");
	if (tb[AWTUN_SA_A_ICV_LEN])
		return REFUSE(req, AWTUN_SA_A_ICV_LEN, -EINVAL,
			      "the integrity algorithm gives the length of the ICV");

	return 0;
}

static int parse_suite(const struct request *req, struct awtun_crypto_params *crypto)
{
	struct nlattr * const *tb = req->tb;

	if (!tb[AWTUN_SA_A_CIPHER])
		return refuse_missing(req, AWTUN_SA_A_CIPHER);
	if (!tb[AWTUN_SA_A_CIPHER_KEY])
		return refuse_missing(req, AWTUN_SA_A_CIPHER_KEY);
	crypto->cipher = nla_get_u32(tb[AWTUN_SA_A_CIPHER]);
	crypto->key = nla_data(tb[AWTUN_SA_A_CIPHER_KEY]);
	crypto->key_len = nla_len(tb[AWTUN_SA_A_CIPHER_KEY]);
	if (tb[AWTUN_SA_A_AUTH])
		crypto->auth = nla_get_u32(tb[AWTUN_SA_A_AUTH]);

	if (crypto->key_len % 8)
		return REFUSE(req, AWTUN_SA_A_CIPHER_KEY, -EINVAL,
			      "an AES key has 16, 24 or 32 octets");

	return crypto->cipher == AWTUN_CIPHER_AES_GCM ? parse_gcm(req, crypto) :
							parse_cbc(req, crypto);
}

static int parse_sa(const struct request *req, struct awtun_sa_params *params)
{
	const struct nlattr *window = req->tb[AWTUN_SA_A_REPLAY_WINDOW];
	const struct nlattr *seq = req->tb[AWTUN_SA_A_SEQ];
	int err;

	memset(params, 0, sizeof(*params));
	err = check_sa_id(req);
	if (err)
		return err;
	params->dir = nla_get_u32(req->tb[AWTUN_SA_A_DIR]);
	params->spi = nla_get_be32(req->tb[AWTUN_SA_A_SPI]);

	if (window && params->dir == AWTUN_DIR_OUT)
		return REFUSE(req, AWTUN_SA_A_REPLAY_WINDOW, -EINVAL,
			      "an outbound SA has no replay window");
	if (seq && params->dir == AWTUN_DIR_IN)
		return REFUSE(req, AWTUN_SA_A_SEQ, -EINVAL,
			      "the peer counts the packets of an inbound SA");
	params->seq = seq ? nla_get_u64(seq) : 0;
	params->replay_window = window ? nla_get_u32(window) :
					 AWTUN_REPLAY_WINDOW_MIN;

	return parse_suite(req, &params->crypto);
}

static int publish_sa(const struct request *req, struct genl_info *info,
		      struct awtun_sa *sa)
{
	struct awtun_tunnel *tun;
	int err;

	tun = lock_tunnel(req, info, AWTUN_SA_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);

	err = check_underlay(req, AWTUN_SA_A_IFINDEX, tun);
	if (!err) {
		err = awtun_sa_publish(tun, sa, req->extack);
		if (err)
			refuse(req, err == -EEXIST ? AWTUN_SA_A_SPI :
						     AWTUN_SA_A_IFINDEX, err);
	}
	unlock_tunnel(tun);

	return err;
}

static int add_sa(struct genl_info *info)
{
	struct awtun_sa_params params;
	struct awtun_sa *sa;
	struct request req;
	int err;

	err = parse_request(&req, info, AWTUN_A_SA, AWTUN_SA_A_MAX,
			    sa_add_policy);
	if (err)
		return err;
	err = parse_sa(&req, &params);
	if (err)
		return err;

	/* Before the tunnel is locked, for it may load modules. */
	sa = awtun_sa_new(&params, req.extack);
	if (IS_ERR(sa))
		return refuse(&req, AWTUN_SA_A_CIPHER, PTR_ERR(sa));

	err = publish_sa(&req, info, sa);
	if (err) {
		awtun_sa_discard(sa);
		return err;
	}
	changed(info);

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

static int sa_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = add_sa(info);

	wipe_keys(info);

	return err;
}

static int sa_activate_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct request req;
	struct awtun_sa *sa;
	int err = 0;

	sa = lock_sa(&req, info);
	if (IS_ERR(sa))
		return PTR_ERR(sa);

	tun = sa->tun;
	if (sa->dir != AWTUN_DIR_OUT)
		err = REFUSE(&req, AWTUN_SA_A_DIR, -EINVAL,
			     "only an outbound SA is activated");
	else if (awtun_sa_exhausted(sa))
		err = REFUSE(&req, AWTUN_SA_A_SPI, -EKEYEXPIRED,
			     "the SA has no sequence number left");
	else
		awtun_sa_activate(sa);
	unlock_tunnel(tun);
	if (!err)
		changed(info);

	return err;
}

static int sa_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct request req;
	struct awtun_sa *sa;

	sa = lock_sa(&req, info);
	if (IS_ERR(sa))
		return PTR_ERR(sa);

	tun = sa->tun;
	awtun_sa_remove(sa);
	unlock_tunnel(tun);
	changed(info);

	return 0;
}

static int sa_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct awtun_tunnel *tun;
	struct request req;
	int err;

	err = parse_request(&req, info, AWTUN_A_SA, AWTUN_SA_A_MAX,
			    sa_tunnel_policy);
	if (err)
		return err;

	tun = lock_tunnel(&req, info, AWTUN_SA_A_IFINDEX);
	if (IS_ERR(tun))
		return PTR_ERR(tun);
	awtun_sa_flush(tun);
	unlock_tunnel(tun);
	changed(info);

	return 0;
}

/* Dumps */

/**
 * struct dump - where a dump goes on, in &struct netlink_callback.ctx
 * @ifindex: the only tunnel wanted, 0 for all
 * @dev: devices of the namespace that are done
 * @sa: SAs with lower identifiers of the next device are done
 */
struct dump {
	u32 ifindex;
	u32 dev;
	u32 sa;
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->ctx));

	return (struct dump *)cb->ctx;
}

/* The parts come from one state, or the reader is told that they do not: every
 * device that comes or goes counts, and every change made through here.
 */
static void dump_begin(struct netlink_callback *cb)
{
	struct net *net = sock_net(cb->skb->sk);

	cb->seq = READ_ONCE(net->dev_base_seq) +
		  atomic_read(&awtun_net(net)->generation);
}

static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &awtun_family, NLM_F_MULTI,
				cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);

	return hdr;
}

static int tunnel_get_start(struct netlink_callback *cb)
{
	struct nlattr *attr = awtun_dump_attrs(cb)[AWTUN_A_TUNNEL];

	if (!attr)
		return 0;

	NL_SET_ERR_MSG_ATTR(cb->extack, attr,
			    "awtun: a dump of tunnels takes no attributes");
	return -EINVAL;
}

static int dump_tunnel(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct awtun_tunnel *tun)
{
	void *hdr = dump_put(skb, cb, AWTUN_CMD_TUNNEL_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (put_tunnel(skb, tun)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);

	return 0;
}

static int tunnel_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct net_device *dev;
	u32 pos = 0;

	dump_begin(cb);
	rcu_read_lock();
	for_each_netdev_rcu(sock_net(cb->skb->sk), dev) {
		if (pos++ < dump->dev)
			continue;
		if (awtun_dev_is_ours(dev) &&
		    dump_tunnel(skb, cb, netdev_priv(dev)))
			break;
		dump->dev = pos;
	}
	rcu_read_unlock();

	return skb->len;
}

static int sa_get_start(struct netlink_callback *cb)
{
	struct nlattr *nest = awtun_dump_attrs(cb)[AWTUN_A_SA];
	struct nlattr *tb[AWTUN_SA_A_MAX + 1];
	int err;

	if (!nest)
		return 0;

	err = nla_parse_nested(tb, AWTUN_SA_A_MAX, nest, sa_tunnel_policy,
			       cb->extack);
	if (err)
		return err;
	if (tb[AWTUN_SA_A_IFINDEX])
		dump_of(cb)->ifindex = nla_get_u32(tb[AWTUN_SA_A_IFINDEX]);

	return 0;
}

static int dump_sas(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct awtun_tunnel *tun)
{
	struct dump *dump = dump_of(cb);
	struct awtun_sa *sa;

	list_for_each_entry_rcu(sa, &tun->sas, list) {
		void *hdr;

		if (sa->id < dump->sa)
			continue;
		hdr = dump_put(skb, cb, AWTUN_CMD_SA_GET);
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

static int sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct net_device *dev;
	u32 pos = 0;

	dump_begin(cb);
	rcu_read_lock();
	for_each_netdev_rcu(sock_net(cb->skb->sk), dev) {
		if (pos++ < dump->dev)
			continue;
		if (awtun_dev_is_ours(dev) &&
		    (!dump->ifindex || dump->ifindex == dev->ifindex) &&
		    dump_sas(skb, cb, netdev_priv(dev)))
			break;
		dump->dev = pos;
	}
	rcu_read_unlock();

	return skb->len;
}

/* Events */

static int put_event(struct sk_buff *msg, const struct awtun_sa *sa,
		     enum awtun_event event)
{
	struct nlattr *nest;
	void *hdr;

	hdr = genlmsg_put(msg, 0, 0, &awtun_family, 0, AWTUN_CMD_EVENT);
	if (!hdr || nla_put_u32(msg, AWTUN_A_EVENT, event))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, AWTUN_A_SA);
	if (!nest || put_sa_id(msg, sa))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, hdr);

	return 0;
}

/**
 * awtun_notify_sa() - tell the listeners of the tunnel's namespace
 * @sa: the SA it is about
 * @event: what happened
 *
 * The word may be lost when memory or a reader's buffer is short; a dump of the
 * SAs shows the same.
 *
 * Context: process.
 */
void awtun_notify_sa(struct awtun_sa *sa, enum awtun_event event)
{
	struct sk_buff *msg;
	struct net *net;

	/* The device may be moving, its namespace may be going. */
	rcu_read_lock();
	net = maybe_get_net(dev_net(sa->tun->dev));
	rcu_read_unlock();
	if (!net)
		return;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (msg && !put_event(msg, sa, event))
		genlmsg_multicast_netns(&awtun_family, net, msg, 0, 0,
					GFP_KERNEL);
	else
		nlmsg_free(msg);
	put_net(net);
}

/* Family */

#define TUNNEL_CMD					\
	.policy = tunnel_cmd_policy,			\
	.maxattr = ARRAY_SIZE(tunnel_cmd_policy) - 1,	\
	.flags = GENL_UNS_ADMIN_PERM

#define SA_CMD						\
	.policy = sa_cmd_policy,			\
	.maxattr = ARRAY_SIZE(sa_cmd_policy) - 1,	\
	.flags = GENL_UNS_ADMIN_PERM

static const struct genl_ops awtun_ops[] = {
	{
		.cmd = AWTUN_CMD_TUNNEL_GET,
		.doit = tunnel_get_doit,
		.start = tunnel_get_start,
		.dumpit = tunnel_get_dumpit,
		TUNNEL_CMD,
	}, {
		.cmd = AWTUN_CMD_TUNNEL_SET,
		.doit = tunnel_set_doit,
		TUNNEL_CMD,
	}, {
		.cmd = AWTUN_CMD_SA_ADD,
		.doit = sa_add_doit,
		SA_CMD,
	}, {
		.cmd = AWTUN_CMD_SA_ACTIVATE,
		.doit = sa_activate_doit,
		SA_CMD,
	}, {
		.cmd = AWTUN_CMD_SA_DEL,
		.doit = sa_del_doit,
		SA_CMD,
	}, {
		.cmd = AWTUN_CMD_SA_GET,
		.doit = sa_get_doit,
		.start = sa_get_start,
		.dumpit = sa_get_dumpit,
		SA_CMD,
	}, {
		.cmd = AWTUN_CMD_SA_FLUSH,
		.doit = sa_flush_doit,
		SA_CMD,
	},
};

static const struct genl_multicast_group awtun_mcgrps[] = {
	{ .name = AWTUN_GENL_MCGRP_EVENTS, .flags = AWTUN_MCAST_FLAGS },
};

/* Requests for different tunnels run side by side: each tunnel has a lock. */
static struct genl_family awtun_family __ro_after_init = {
	.name = AWTUN_GENL_NAME,
	.version = AWTUN_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = awtun_ops,
	.n_ops = ARRAY_SIZE(awtun_ops),
	.resv_start_op = AWTUN_CMD_TUNNEL_GET,
	.mcgrps = awtun_mcgrps,
	.n_mcgrps = ARRAY_SIZE(awtun_mcgrps),
};

int __init awtun_netlink_init(void)
{
	return genl_register_family(&awtun_family);
}

void awtun_netlink_exit(void)
{
	genl_unregister_family(&awtun_family);
}

MODULE_ALIAS_GENL_FAMILY(AWTUN_GENL_NAME);
