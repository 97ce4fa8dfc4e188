// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family "awtun" for the tests, on a bare socket. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define RECV_MAX	65536

/* What is read from a socket. */
union received {
	struct nlmsghdr nlh;
	__u8 octets[RECV_MAX];
};

const struct awtun_suite awtun_suites[] = {
	{ "aes256-sha256", AWTUN_CIPHER_AES_CBC, 32, 16,
	  AWTUN_AUTH_HMAC_SHA256_128, 32 },
	{ "aes256-gcm16", AWTUN_CIPHER_AES_GCM, 32, 16, AWTUN_AUTH_NONE, 0 },
	{ "aes256-gcm8", AWTUN_CIPHER_AES_GCM, 32, 8, AWTUN_AUTH_NONE, 0 },
	{ "aes256-sha1", AWTUN_CIPHER_AES_CBC, 32, 12,
	  AWTUN_AUTH_HMAC_SHA1_96, 20 },
	{ "aes128-sha256", AWTUN_CIPHER_AES_CBC, 16, 16,
	  AWTUN_AUTH_HMAC_SHA256_128, 32 },
	{ "aes128-gcm16", AWTUN_CIPHER_AES_GCM, 16, 16, AWTUN_AUTH_NONE, 0 },
	{ "aes128-gcm8", AWTUN_CIPHER_AES_GCM, 16, 8, AWTUN_AUTH_NONE, 0 },
	{ "aes128-sha1", AWTUN_CIPHER_AES_CBC, 16, 12,
	  AWTUN_AUTH_HMAC_SHA1_96, 20 },
	/* Not in the default IPsec profile. */
	{ "aes192-sha512", AWTUN_CIPHER_AES_CBC, 24, 32,
	  AWTUN_AUTH_HMAC_SHA512_256, 64 },
	{ "aes192-gcm12", AWTUN_CIPHER_AES_GCM, 24, 12, AWTUN_AUTH_NONE, 0 },
};

const unsigned int awtun_n_suites = ARRAY_SIZE(awtun_suites);

const char * const awtun_stat_names[AWTUN_TUNNEL_STAT_MAX + 1] = {
	[AWTUN_TUNNEL_STAT_TX_NO_SA]		= "tx_no_sa",
	[AWTUN_TUNNEL_STAT_TX_NO_ROUTE]		= "tx_no_route",
	[AWTUN_TUNNEL_STAT_TX_TOO_BIG]		= "tx_too_big",
	[AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED]	= "tx_seq_exhausted",
	[AWTUN_TUNNEL_STAT_TX_ERROR]		= "tx_error",
	[AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI]	= "rx_unknown_spi",
	[AWTUN_TUNNEL_STAT_RX_TRUNCATED]	= "rx_truncated",
	[AWTUN_TUNNEL_STAT_RX_REPLAY]		= "rx_replay",
	[AWTUN_TUNNEL_STAT_RX_AUTH_FAILED]	= "rx_auth_failed",
	[AWTUN_TUNNEL_STAT_RX_BAD_PAD]		= "rx_bad_pad",
	[AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER]	= "rx_bad_next_header",
	[AWTUN_TUNNEL_STAT_RX_BAD_INNER]	= "rx_bad_inner",
	[AWTUN_TUNNEL_STAT_RX_ECN]		= "rx_ecn",
	[AWTUN_TUNNEL_STAT_RX_ERROR]		= "rx_error",
	[AWTUN_TUNNEL_STAT_TX_EXPIRED]		= "tx_expired",
	[AWTUN_TUNNEL_STAT_TX_SELECTOR]		= "tx_selector",
	[AWTUN_TUNNEL_STAT_RX_EXPIRED]		= "rx_expired",
	[AWTUN_TUNNEL_STAT_RX_SELECTOR]		= "rx_selector",
};

const struct awtun_suite *awtun_suite(const char *name)
{
	unsigned int i;

	for (i = 0; i < awtun_n_suites; i++)
		if (!strcmp(awtun_suites[i].name, name))
			return &awtun_suites[i];
	return NULL;
}

size_t awtun_keymat_len(const struct awtun_suite *suite)
{
	bool gcm = suite->cipher == AWTUN_CIPHER_AES_GCM;

	return suite->key_len + (gcm ? AWTUN_SALT_LEN : 0) +
	       suite->auth_key_len;
}

/* Reading attributes */

struct attr {
	__u16 type;
	const void *data;
	size_t len;
};

/* Takes the next attribute off @pos; false at the end or at a malformed one. */
static bool next_attr(const __u8 **pos, size_t *left, struct attr *attr)
{
	struct nlattr nla;
	size_t step;

	if (*left < sizeof(nla))
		return false;
	memcpy(&nla, *pos, sizeof(nla));
	if (nla.nla_len < sizeof(nla) || nla.nla_len > *left)
		return false;
	attr->type = nla.nla_type & NLA_TYPE_MASK;
	attr->data = *pos + NLA_HDRLEN;
	attr->len = nla.nla_len - NLA_HDRLEN;
	step = NLA_ALIGN(nla.nla_len);
	if (step > *left)
		step = *left;
	*pos += step;
	*left -= step;
	return true;
}

static bool find_attr(const void *attrs, size_t len, __u16 type,
		      struct attr *attr)
{
	const __u8 *pos = attrs;

	while (next_attr(&pos, &len, attr))
		if (attr->type == type)
			return true;
	return false;
}

static __u32 attr_u32(const struct attr *attr)
{
	__u32 value = 0;

	if (attr->len == sizeof(value))
		memcpy(&value, attr->data, sizeof(value));
	return value;
}

static __u64 attr_u64(const struct attr *attr)
{
	__u64 value = 0;

	if (attr->len == sizeof(value))
		memcpy(&value, attr->data, sizeof(value));
	return value;
}

static void attr_string(const struct attr *attr, char *out, size_t size)
{
	size_t len = attr->len < size ? attr->len : size - 1;

	memcpy(out, attr->data, len);
	out[len] = '\0';
}

static void parse_stats(const struct attr *nest, __u64 *stat)
{
	const __u8 *pos = nest->data;
	size_t left = nest->len;
	struct attr attr;

	while (next_attr(&pos, &left, &attr))
		if (attr.type <= AWTUN_TUNNEL_STAT_MAX)
			stat[attr.type] = attr_u64(&attr);
}

bool awtun_parse_tunnel(const void *attrs, size_t len,
			struct awtun_tunnel *tunnel)
{
	struct attr nest, attr;
	const __u8 *pos;
	size_t left;

	memset(tunnel, 0, sizeof(*tunnel));
	if (!find_attr(attrs, len, AWTUN_A_TUNNEL, &nest))
		return false;
	pos = nest.data;
	left = nest.len;
	while (next_attr(&pos, &left, &attr)) {
		switch (attr.type) {
		case AWTUN_TUNNEL_A_IFINDEX:
			tunnel->ifindex = attr_u32(&attr);
			break;
		case AWTUN_TUNNEL_A_MODE:
			tunnel->mode = attr_u32(&attr);
			break;
		case AWTUN_TUNNEL_A_LOCAL:
		case AWTUN_TUNNEL_A_REMOTE:
			if (attr.len > sizeof(tunnel->local))
				return false;
			tunnel->addr_len = attr.len;
			memcpy(attr.type == AWTUN_TUNNEL_A_LOCAL ?
			       tunnel->local : tunnel->remote,
			       attr.data, attr.len);
			break;
		case AWTUN_TUNNEL_A_IFNAME:
			attr_string(&attr, tunnel->ifname,
				    sizeof(tunnel->ifname));
			break;
		case AWTUN_TUNNEL_A_STATS:
			parse_stats(&attr, tunnel->stat);
			break;
		}
	}
	return true;
}

static void parse_sa_attr(const struct attr *attr, struct awtun_sa *sa)
{
	switch (attr->type) {
	case AWTUN_SA_A_IFINDEX:
		sa->ifindex = attr_u32(attr);
		break;
	case AWTUN_SA_A_DIR:
		sa->dir = attr_u32(attr);
		break;
	case AWTUN_SA_A_SPI:
		sa->spi = ntohl(attr_u32(attr));
		break;
	case AWTUN_SA_A_CIPHER:
		sa->cipher = attr_u32(attr);
		break;
	case AWTUN_SA_A_CIPHER_KEY_LEN:
		sa->cipher_key_len = attr_u32(attr);
		break;
	case AWTUN_SA_A_ICV_LEN:
		sa->icv_len = attr_u32(attr);
		break;
	case AWTUN_SA_A_AUTH:
		sa->auth = attr_u32(attr);
		break;
	case AWTUN_SA_A_REPLAY_WINDOW:
		sa->window = attr_u32(attr);
		break;
	case AWTUN_SA_A_ACTIVE:
		sa->active = true;
		break;
	case AWTUN_SA_A_SEQ:
		sa->seq = attr_u64(attr);
		break;
	case AWTUN_SA_A_PACKETS:
		sa->packets = attr_u64(attr);
		break;
	case AWTUN_SA_A_BYTES:
		sa->bytes = attr_u64(attr);
		break;
	case AWTUN_SA_A_STATS:
		parse_stats(attr, sa->stat);
		break;
	case AWTUN_SA_A_DRIVER:
		attr_string(attr, sa->driver, sizeof(sa->driver));
		break;
	}
}

bool awtun_parse_sa(const void *attrs, size_t len, struct awtun_sa *sa)
{
	struct attr nest, attr;
	const __u8 *pos;
	size_t left;

	memset(sa, 0, sizeof(*sa));
	if (!find_attr(attrs, len, AWTUN_A_SA, &nest))
		return false;
	pos = nest.data;
	left = nest.len;
	while (next_attr(&pos, &left, &attr))
		parse_sa_attr(&attr, sa);
	return true;
}

__u32 awtun_parse_event(const void *attrs, size_t len)
{
	struct attr attr;

	if (!find_attr(attrs, len, AWTUN_A_EVENT, &attr))
		return AWTUN_EVENT_UNSPEC;
	return attr_u32(&attr);
}

/* Writing requests */

void awtun_req_init(struct awtun_req *req, __u8 cmd, __u16 nest)
{
	memset(req, 0, sizeof(*req));
	req->cmd = cmd;
	req->nest = nest;
}

void awtun_add(struct awtun_req *req, __u16 type, const void *data,
	       size_t len)
{
	unsigned int i = req->n;

	if (i == AWTUN_REQ_ATTRS || len > AWTUN_REQ_DATA)
		return;
	req->n++;
	req->attr[i].type = type;
	req->attr[i].len = len;
	if (len)
		memcpy(req->attr[i].data, data, len);
}

void awtun_drop(struct awtun_req *req, __u16 type)
{
	unsigned int i, kept = 0;

	for (i = 0; i < req->n; i++)
		if (req->attr[i].type != type)
			req->attr[kept++] = req->attr[i];
	req->n = kept;
}

void awtun_put(struct awtun_req *req, __u16 type, const void *data,
	       size_t len)
{
	awtun_drop(req, type);
	awtun_add(req, type, data, len);
}

void awtun_put_u32(struct awtun_req *req, __u16 type, __u32 value)
{
	awtun_put(req, type, &value, sizeof(value));
}

void awtun_put_spi(struct awtun_req *req, __u32 spi)
{
	awtun_put_u32(req, AWTUN_SA_A_SPI, htonl(spi));
}

static size_t write_attr(__u8 *at, __u16 type, const void *data,
			 size_t len)
{
	struct nlattr nla = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	memcpy(at, &nla, sizeof(nla));
	if (len)
		memcpy(at + NLA_HDRLEN, data, len);
	return NLA_ALIGN(nla.nla_len);
}

void awtun_req_write(const struct awtun_nl *nl, const struct awtun_req *req,
		     union awtun_msg *msg)
{
	struct genlmsghdr genl = { .cmd = req->cmd,
				   .version = AWTUN_GENL_VERSION };
	struct nlattr nest = { .nla_type = req->nest | NLA_F_NESTED };
	size_t nest_at = NLMSG_HDRLEN + GENL_HDRLEN, len = nest_at;
	unsigned int i;

	memset(msg, 0, sizeof(*msg));
	memcpy(msg->octets + NLMSG_HDRLEN, &genl, sizeof(genl));
	if (req->nest) {
		len += NLA_HDRLEN;
		for (i = 0; i < req->n; i++)
			len += write_attr(msg->octets + len, req->attr[i].type,
					  req->attr[i].data, req->attr[i].len);
		nest.nla_len = len - nest_at;
		memcpy(msg->octets + nest_at, &nest, sizeof(nest));
	}
	msg->nlh.nlmsg_type = nl->family;
	msg->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | req->flags;
	msg->nlh.nlmsg_len = len;
}

/* Talking to the kernel */

static void read_extack(struct awtun_nl *nl, const __u8 *attrs, size_t len)
{
	struct attr attr;

	if (find_attr(attrs, len, NLMSGERR_ATTR_MSG, &attr))
		attr_string(&attr, nl->extack, sizeof(nl->extack));
}

/* The status in an NLMSG_ERROR or NLMSG_DONE, with its extack message. */
static int read_status(struct awtun_nl *nl, const struct nlmsghdr *nlh)
{
	const __u8 *payload = (const __u8 *)nlh + NLMSG_HDRLEN;
	size_t len = nlh->nlmsg_len - NLMSG_HDRLEN, skip;
	int error;

	if (len < sizeof(error))
		return nlh->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&error, payload, sizeof(error));

	skip = sizeof(error);
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		struct nlmsghdr request;

		if (len < sizeof(struct nlmsgerr))
			return -EBADMSG;
		memcpy(&request, payload + sizeof(error), sizeof(request));
		skip = sizeof(struct nlmsgerr);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(request.nlmsg_len) - NLMSG_HDRLEN;
	}
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && skip < len)
		read_extack(nl, payload + skip, len - skip);
	return error;
}

static void deliver(const struct nlmsghdr *nlh, awtun_reply cb, void *arg)
{
	const __u8 *payload = (const __u8 *)nlh + NLMSG_HDRLEN;
	struct genlmsghdr genl;

	if (!cb || nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return;
	memcpy(&genl, payload, sizeof(genl));
	cb(genl.cmd, payload + GENL_HDRLEN,
	   nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, arg);
}

static ssize_t receive(struct awtun_nl *nl, union received *buf, int flags)
{
	ssize_t n = recv(nl->fd, buf, sizeof(*buf), flags);

	if (n < 0)
		return -errno;
	if (nl->tap)
		nl->tap(buf, n, nl->tap_arg);
	return n;
}

static int read_replies(struct awtun_nl *nl, awtun_reply cb, void *arg)
{
	static union received buf;

	for (;;) {
		ssize_t n = receive(nl, &buf, 0);
		struct nlmsghdr *nlh;
		unsigned int left;

		if (n < 0)
			return n;
		left = n;
		for (nlh = &buf.nlh; NLMSG_OK(nlh, left);
		     nlh = NLMSG_NEXT(nlh, left)) {
			if (nlh->nlmsg_seq != nl->seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE)
				return read_status(nl, nlh);
			deliver(nlh, cb, arg);
		}
	}
}

int awtun_call_raw(struct awtun_nl *nl, union awtun_msg *msg, awtun_reply cb,
		   void *arg)
{
	msg->nlh.nlmsg_seq = ++nl->seq;
	nl->extack[0] = '\0';
	if (send(nl->fd, msg, msg->nlh.nlmsg_len, 0) < 0)
		return -errno;
	return read_replies(nl, cb, arg);
}

int awtun_call(struct awtun_nl *nl, const struct awtun_req *req,
	       awtun_reply cb, void *arg)
{
	union awtun_msg msg;

	awtun_req_write(nl, req, &msg);
	return awtun_call_raw(nl, &msg, cb, arg);
}

int awtun_event(struct awtun_nl *nl, int timeout_ms, awtun_reply cb, void *arg)
{
	static union received buf;
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, timeout_ms) <= 0)
		return -EAGAIN;
	n = receive(nl, &buf, MSG_DONTWAIT);
	if (n < (ssize_t)NLMSG_HDRLEN)
		return n < 0 ? n : -EBADMSG;
	deliver(&buf.nlh, cb, arg);
	return 0;
}

static void parse_groups(struct awtun_nl *nl, const struct attr *groups)
{
	const __u8 *pos = groups->data;
	size_t left = groups->len;
	struct attr group, name, id;

	while (next_attr(&pos, &left, &group))
		if (find_attr(group.data, group.len, CTRL_ATTR_MCAST_GRP_NAME,
			      &name) &&
		    find_attr(group.data, group.len, CTRL_ATTR_MCAST_GRP_ID,
			      &id) &&
		    !strcmp(name.data, AWTUN_GENL_MCGRP_EVENTS))
			nl->events = attr_u32(&id);
}

static void parse_family(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	struct awtun_nl *nl = arg;
	struct attr attr;

	(void)cmd;
	if (find_attr(attrs, len, CTRL_ATTR_FAMILY_ID, &attr))
		memcpy(&nl->family, attr.data, sizeof(nl->family));
	if (find_attr(attrs, len, CTRL_ATTR_MCAST_GROUPS, &attr))
		parse_groups(nl, &attr);
}

static int find_family(struct awtun_nl *nl)
{
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	size_t len = NLMSG_HDRLEN + GENL_HDRLEN;
	union awtun_msg msg = {
		.nlh.nlmsg_type = GENL_ID_CTRL,
		.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};

	memcpy(msg.octets + NLMSG_HDRLEN, &genl, sizeof(genl));
	len += write_attr(msg.octets + len, CTRL_ATTR_FAMILY_NAME,
			  AWTUN_GENL_NAME, sizeof(AWTUN_GENL_NAME));
	msg.nlh.nlmsg_len = len;
	return awtun_call_raw(nl, &msg, parse_family, nl);
}

int awtun_netns_enter(const char *netns)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	char path[256];
	int ns, err = 0;

	snprintf(path, sizeof(path), "%s%s",
		 strchr(netns, '/') ? "" : "/run/netns/", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0 || ns < 0 || setns(ns, CLONE_NEWNET))
		err = -errno;
	if (ns >= 0)
		close(ns);
	if (!err)
		return home;
	if (home >= 0)
		close(home);
	return err;
}

int awtun_netns_leave(int home)
{
	int err = setns(home, CLONE_NEWNET) ? -errno : 0;

	close(home);
	return err;
}

int awtun_nl_open(struct awtun_nl *nl)
{
	struct timeval timeout = { .tv_sec = 20 };
	int one = 1, err;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return -errno;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	err = find_family(nl);
	if (err)
		awtun_nl_close(nl);
	return err;
}

void awtun_nl_close(struct awtun_nl *nl)
{
	close(nl->fd);
	nl->fd = -1;
}

int awtun_nl_subscribe(struct awtun_nl *nl)
{
	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		       &nl->events, sizeof(nl->events)))
		return -errno;
	return 0;
}

/* Whole requests */

void awtun_req_tunnel_set(struct awtun_req *req, __u32 ifindex,
			  __u32 mode, const void *local,
			  const void *remote)
{
	size_t len = mode == AWTUN_MODE_IPSEC_IPV6 ? 16 : 4;

	awtun_req_init(req, AWTUN_CMD_TUNNEL_SET, AWTUN_A_TUNNEL);
	awtun_put_u32(req, AWTUN_TUNNEL_A_IFINDEX, ifindex);
	awtun_put_u32(req, AWTUN_TUNNEL_A_MODE, mode);
	awtun_put(req, AWTUN_TUNNEL_A_LOCAL, local, len);
	awtun_put(req, AWTUN_TUNNEL_A_REMOTE, remote, len);
}

void awtun_req_sa_add(struct awtun_req *req, __u32 ifindex, __u32 dir,
		      __u32 spi, const struct awtun_suite *suite,
		      const __u8 *keymat, __u32 window)
{
	awtun_req_sa(req, AWTUN_CMD_SA_ADD, ifindex, dir, spi);
	awtun_put_u32(req, AWTUN_SA_A_CIPHER, suite->cipher);
	awtun_put(req, AWTUN_SA_A_CIPHER_KEY, keymat, suite->key_len);
	keymat += suite->key_len;
	if (suite->cipher == AWTUN_CIPHER_AES_GCM) {
		awtun_put(req, AWTUN_SA_A_SALT, keymat, AWTUN_SALT_LEN);
		awtun_put_u32(req, AWTUN_SA_A_ICV_LEN, suite->icv_len);
		keymat += AWTUN_SALT_LEN;
	} else {
		awtun_put_u32(req, AWTUN_SA_A_AUTH, suite->auth);
		awtun_put(req, AWTUN_SA_A_AUTH_KEY, keymat,
			  suite->auth_key_len);
	}
	if (window)
		awtun_put_u32(req, AWTUN_SA_A_REPLAY_WINDOW, window);
}

void awtun_req_sa(struct awtun_req *req, __u8 cmd, __u32 ifindex,
		  __u32 dir, __u32 spi)
{
	awtun_req_init(req, cmd, AWTUN_A_SA);
	awtun_put_u32(req, AWTUN_SA_A_IFINDEX, ifindex);
	awtun_put_u32(req, AWTUN_SA_A_DIR, dir);
	awtun_put_spi(req, spi);
}

int awtun_sa_do(struct awtun_nl *nl, __u8 cmd, __u32 ifindex,
		__u32 dir, __u32 spi)
{
	struct awtun_req req;

	awtun_req_sa(&req, cmd, ifindex, dir, spi);
	return awtun_call(nl, &req, NULL, NULL);
}

int awtun_sa_flush(struct awtun_nl *nl, __u32 ifindex)
{
	struct awtun_req req;

	awtun_req_init(&req, AWTUN_CMD_SA_FLUSH, AWTUN_A_SA);
	awtun_put_u32(&req, AWTUN_SA_A_IFINDEX, ifindex);
	return awtun_call(nl, &req, NULL, NULL);
}

struct sa_list {
	struct awtun_sa *sas;
	unsigned int max;
	unsigned int n;
};

static void collect_sa(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	struct sa_list *list = arg;
	struct awtun_sa sa;

	(void)cmd;
	if (!awtun_parse_sa(attrs, len, &sa))
		return;
	if (list->n < list->max)
		list->sas[list->n] = sa;
	list->n++;
}

int awtun_sa_get(struct awtun_nl *nl, __u32 ifindex, __u32 dir,
		 __u32 spi, struct awtun_sa *sa)
{
	struct sa_list list = { .sas = sa, .max = 1 };
	struct awtun_req req;
	int err;

	awtun_req_sa(&req, AWTUN_CMD_SA_GET, ifindex, dir, spi);
	err = awtun_call(nl, &req, collect_sa, &list);
	if (err)
		return err;
	return list.n == 1 ? 0 : -EBADMSG;
}

int awtun_sa_dump(struct awtun_nl *nl, __u32 ifindex, struct awtun_sa *sas,
		  unsigned int max)
{
	struct sa_list list = { .sas = sas, .max = max };
	struct awtun_req req;
	int err;

	awtun_req_init(&req, AWTUN_CMD_SA_GET, ifindex ? AWTUN_A_SA : 0);
	req.flags = NLM_F_DUMP;
	if (ifindex)
		awtun_put_u32(&req, AWTUN_SA_A_IFINDEX, ifindex);
	err = awtun_call(nl, &req, collect_sa, &list);
	return err ? err : (int)list.n;
}

static void collect_tunnel(__u8 cmd, const void *attrs, size_t len,
			   void *arg)
{
	(void)cmd;
	awtun_parse_tunnel(attrs, len, arg);
}

int awtun_tunnel_get(struct awtun_nl *nl, __u32 ifindex,
		     struct awtun_tunnel *tunnel)
{
	struct awtun_req req;
	int err;

	memset(tunnel, 0, sizeof(*tunnel));
	awtun_req_init(&req, AWTUN_CMD_TUNNEL_GET, AWTUN_A_TUNNEL);
	awtun_put_u32(&req, AWTUN_TUNNEL_A_IFINDEX, ifindex);
	err = awtun_call(nl, &req, collect_tunnel, tunnel);
	if (err)
		return err;
	return tunnel->ifindex == ifindex ? 0 : -EBADMSG;
}

struct tunnel_search {
	const char *ifname;
	struct awtun_tunnel *tunnel;
	bool found;
};

static void match_tunnel(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	struct tunnel_search *search = arg;
	struct awtun_tunnel tunnel;

	(void)cmd;
	if (!awtun_parse_tunnel(attrs, len, &tunnel) ||
	    strcmp(tunnel.ifname, search->ifname))
		return;
	*search->tunnel = tunnel;
	search->found = true;
}

int awtun_tunnel_find(struct awtun_nl *nl, const char *ifname,
		      struct awtun_tunnel *tunnel)
{
	struct tunnel_search search = { .ifname = ifname, .tunnel = tunnel };
	struct awtun_req req;
	int err;

	awtun_req_init(&req, AWTUN_CMD_TUNNEL_GET, 0);
	req.flags = NLM_F_DUMP;
	err = awtun_call(nl, &req, match_tunnel, &search);
	if (err)
		return err;
	return search.found ? 0 : -ENODEV;
}
