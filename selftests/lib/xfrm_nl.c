// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's XFRM as the peer of a tunnel. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>

#include "xfrm_nl.h"

#define REQID		1
#define REQUEST_MAX	1024

union request {
	struct nlmsghdr nlh;
	__u8 octets[REQUEST_MAX];
};

/* Room for @len octets at the end of @req. */
static void *extend(union request *req, size_t len)
{
	void *at = req->octets + req->nlh.nlmsg_len;

	req->nlh.nlmsg_len += NLMSG_ALIGN(len);
	return at;
}

/* An empty request of a type; returns its body. */
static void *begin(union request *req, __u16 type, __u16 flags, size_t len)
{
	memset(req, 0, sizeof(*req));
	req->nlh.nlmsg_len = NLMSG_HDRLEN;
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return extend(req, len);
}

/* An attribute, zeroed; returns its payload. */
static void *put(union request *req, __u16 type, size_t len)
{
	struct nlattr *nla = extend(req, NLA_HDRLEN + len);

	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	return (__u8 *)nla + NLA_HDRLEN;
}

static int call(struct xfrm_nl *nl, union request *req)
{
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		__u8 rest[REQUEST_MAX];
	} reply;

	req->nlh.nlmsg_seq = ++nl->seq;
	if (send(nl->fd, req, req->nlh.nlmsg_len, 0) < 0 ||
	    recv(nl->fd, &reply, sizeof(reply), 0) < 0)
		return -errno;
	if (reply.nlh.nlmsg_type != NLMSG_ERROR ||
	    reply.nlh.nlmsg_seq != nl->seq)
		return -EBADMSG;
	return reply.err.error;
}

int xfrm_nl_open(struct xfrm_nl *nl)
{
	struct timeval timeout = { .tv_sec = 20 };

	nl->seq = 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	if (nl->fd < 0)
		return -errno;
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return 0;
}

void xfrm_nl_close(struct xfrm_nl *nl)
{
	close(nl->fd);
	nl->fd = -1;
}

int xfrm_flush_states(struct xfrm_nl *nl)
{
	struct xfrm_usersa_flush *flush;
	union request req;

	flush = begin(&req, XFRM_MSG_FLUSHSA, 0, sizeof(*flush));
	flush->proto = IPPROTO_ESP;
	return call(nl, &req);
}

int xfrm_flush_policies(struct xfrm_nl *nl)
{
	union request req;

	begin(&req, XFRM_MSG_FLUSHPOLICY, 0, 0);
	return call(nl, &req);
}

static __u16 family_of(const struct awtun_addr *addr)
{
	return addr->len == 4 ? AF_INET : AF_INET6;
}

static void copy_addr(xfrm_address_t *to, const struct awtun_addr *from)
{
	memcpy(to, from->octets, from->len);
}

static void no_limits(struct xfrm_lifetime_cfg *lft)
{
	lft->soft_byte_limit = XFRM_INF;
	lft->hard_byte_limit = XFRM_INF;
	lft->soft_packet_limit = XFRM_INF;
	lft->hard_packet_limit = XFRM_INF;
}

/* SAs */

static void put_aead(union request *req, const struct xfrm_sa *sa)
{
	unsigned int key_len = sa->suite->key_len + AWTUN_SALT_LEN;
	struct xfrm_algo_aead *aead;

	aead = put(req, XFRMA_ALG_AEAD, sizeof(*aead) + key_len);
	strcpy(aead->alg_name, sa->suite->cipher == AWTUN_CIPHER_AES_GCM ?
	       "rfc4106(gcm(aes))" : "rfc7539esp(chacha20,poly1305)");
	aead->alg_key_len = 8 * key_len;
	aead->alg_icv_len = 8 * sa->suite->icv_len;
	memcpy(aead->alg_key, sa->keymat, key_len);
}

static const char *auth_name(const struct awtun_suite *suite)
{
	switch (suite->auth) {
	case AWTUN_AUTH_HMAC_SHA1_96:
		return "hmac(sha1)";
	case AWTUN_AUTH_HMAC_SHA256_128:
		return "hmac(sha256)";
	default:
		return "hmac(sha512)";
	}
}

static void put_cbc(union request *req, const struct xfrm_sa *sa)
{
	const struct awtun_suite *suite = sa->suite;
	struct xfrm_algo_auth *auth;
	struct xfrm_algo *cipher;

	cipher = put(req, XFRMA_ALG_CRYPT, sizeof(*cipher) + suite->key_len);
	strcpy(cipher->alg_name, "cbc(aes)");
	cipher->alg_key_len = 8 * suite->key_len;
	memcpy(cipher->alg_key, sa->keymat, suite->key_len);

	auth = put(req, XFRMA_ALG_AUTH_TRUNC,
		   sizeof(*auth) + suite->auth_key_len);
	strcpy(auth->alg_name, auth_name(suite));
	auth->alg_key_len = 8 * suite->auth_key_len;
	auth->alg_trunc_len = 8 * suite->icv_len;
	memcpy(auth->alg_key, sa->keymat + suite->key_len,
	       suite->auth_key_len);
}

static struct xfrm_replay_state_esn *put_esn(union request *req)
{
	const unsigned int words = XFRM_WINDOW / 32;
	struct xfrm_replay_state_esn *esn;

	esn = put(req, XFRMA_REPLAY_ESN_VAL, sizeof(*esn) + words * 4);
	esn->bmp_len = words;
	esn->replay_window = XFRM_WINDOW;
	return esn;
}

static void put_encap(union request *req, const struct xfrm_sa *sa)
{
	struct xfrm_encap_tmpl *encap;

	encap = put(req, XFRMA_ENCAP, sizeof(*encap));
	encap->encap_type = UDP_ENCAP_ESPINUDP;
	encap->encap_sport = htons(sa->encap_src_port);
	encap->encap_dport = htons(sa->encap_dst_port);
}

int xfrm_add_state(struct xfrm_nl *nl, const struct xfrm_sa *sa)
{
	struct xfrm_usersa_info *info;
	union request req;

	info = begin(&req, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL,
		     sizeof(*info));
	copy_addr(&info->id.daddr, sa->dst);
	info->id.spi = htonl(sa->spi);
	info->id.proto = IPPROTO_ESP;
	copy_addr(&info->saddr, sa->src);
	no_limits(&info->lft);
	info->reqid = REQID;
	info->family = family_of(sa->dst);
	info->mode = XFRM_MODE_TUNNEL;
	/* Packets of either family go through it. */
	info->flags = XFRM_STATE_AF_UNSPEC;

	if (awtun_suite_is_aead(sa->suite))
		put_aead(&req, sa);
	else
		put_cbc(&req, sa);
	if (sa->esn) {
		struct xfrm_replay_state_esn *esn = put_esn(&req);

		info->flags |= XFRM_STATE_ESN;
		esn->seq = sa->replay_top;
		esn->seq_hi = sa->replay_top >> 32;
	} else {
		info->replay_window = 32;
	}
	if (sa->encap_dst_port)
		put_encap(&req, sa);
	return call(nl, &req);
}

int xfrm_set_sent(struct xfrm_nl *nl, const struct xfrm_sa *sa, __u64 seq)
{
	struct xfrm_replay_state_esn *esn;
	struct xfrm_aevent_id *id;
	union request req;

	id = begin(&req, XFRM_MSG_NEWAE, NLM_F_REPLACE, sizeof(*id));
	copy_addr(&id->sa_id.daddr, sa->dst);
	id->sa_id.spi = htonl(sa->spi);
	id->sa_id.family = family_of(sa->dst);
	id->sa_id.proto = IPPROTO_ESP;
	copy_addr(&id->saddr, sa->src);
	id->reqid = REQID;
	esn = put_esn(&req);
	esn->oseq = seq;
	esn->oseq_hi = seq >> 32;
	return call(nl, &req);
}

/* Policies */

int xfrm_add_policy(struct xfrm_nl *nl, int dir, const struct awtun_addr *src,
		    const struct awtun_addr *dst,
		    const struct awtun_addr *outer_src,
		    const struct awtun_addr *outer_dst)
{
	struct xfrm_userpolicy_info *info;
	struct xfrm_user_tmpl *tmpl;
	union request req;

	info = begin(&req, XFRM_MSG_NEWPOLICY, NLM_F_CREATE | NLM_F_EXCL,
		     sizeof(*info));
	copy_addr(&info->sel.saddr, src);
	copy_addr(&info->sel.daddr, dst);
	info->sel.family = family_of(dst);
	info->sel.prefixlen_s = 8 * src->len;
	info->sel.prefixlen_d = 8 * dst->len;
	no_limits(&info->lft);
	info->dir = dir;
	info->action = XFRM_POLICY_ALLOW;

	tmpl = put(&req, XFRMA_TMPL, sizeof(*tmpl));
	copy_addr(&tmpl->id.daddr, outer_dst);
	tmpl->id.proto = IPPROTO_ESP;
	tmpl->family = family_of(outer_dst);
	copy_addr(&tmpl->saddr, outer_src);
	tmpl->reqid = REQID;
	tmpl->mode = XFRM_MODE_TUNNEL;
	tmpl->aalgos = ~0u;
	tmpl->ealgos = ~0u;
	tmpl->calgos = ~0u;
	return call(nl, &req);
}
