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
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_attr.h"
#include "awtun_nl.h"

#define RECV_MAX	65536

/* What is read from a socket. */
union received {
	struct nlmsghdr nlh;
	__u8 octets[RECV_MAX];
};

#define CBC	AWTUN_CIPHER_AES_CBC
#define GCM	AWTUN_CIPHER_AES_GCM

const struct awtun_suite awtun_suites[] = {
	{ "aes128-sha1", CBC, 16, 12, AWTUN_AUTH_HMAC_SHA1_96, 20 },
	{ "aes128-sha256", CBC, 16, 16, AWTUN_AUTH_HMAC_SHA256_128, 32 },
	{ "aes128-sha512", CBC, 16, 32, AWTUN_AUTH_HMAC_SHA512_256, 64 },
	{ "aes128-gcm16", GCM, 16, 16, AWTUN_AUTH_NONE, 0 },
	{ "aes128-gcm12", GCM, 16, 12, AWTUN_AUTH_NONE, 0 },
	{ "aes128-gcm8", GCM, 16, 8, AWTUN_AUTH_NONE, 0 },
	{ "aes192-sha1", CBC, 24, 12, AWTUN_AUTH_HMAC_SHA1_96, 20 },
	{ "aes192-sha256", CBC, 24, 16, AWTUN_AUTH_HMAC_SHA256_128, 32 },
	{ "aes192-sha512", CBC, 24, 32, AWTUN_AUTH_HMAC_SHA512_256, 64 },
	{ "aes192-gcm16", GCM, 24, 16, AWTUN_AUTH_NONE, 0 },
	{ "aes192-gcm12", GCM, 24, 12, AWTUN_AUTH_NONE, 0 },
	{ "aes192-gcm8", GCM, 24, 8, AWTUN_AUTH_NONE, 0 },
	{ "aes256-sha1", CBC, 32, 12, AWTUN_AUTH_HMAC_SHA1_96, 20 },
	{ "aes256-sha256", CBC, 32, 16, AWTUN_AUTH_HMAC_SHA256_128, 32 },
	{ "aes256-sha512", CBC, 32, 32, AWTUN_AUTH_HMAC_SHA512_256, 64 },
	{ "aes256-gcm16", GCM, 32, 16, AWTUN_AUTH_NONE, 0 },
	{ "aes256-gcm12", GCM, 32, 12, AWTUN_AUTH_NONE, 0 },
	{ "aes256-gcm8", GCM, 32, 8, AWTUN_AUTH_NONE, 0 },
	{ "chacha20-poly1305", AWTUN_CIPHER_CHACHA20_POLY1305, 32, 16,
	  AWTUN_AUTH_NONE, 0 },
};

#undef CBC
#undef GCM

const unsigned int awtun_n_suites = ARRAY_SIZE(awtun_suites);

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
	return suite->key_len +
	       (awtun_suite_is_aead(suite) ? AWTUN_SALT_LEN : 0) +
	       suite->auth_key_len;
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

	if (i == AWTUN_REQ_ATTRS || len > AWTUN_REQ_DATA - req->used)
		abort();
	req->n++;
	req->attr[i].type = type;
	req->attr[i].len = len;
	req->attr[i].at = req->used;
	if (len)
		memcpy(req->data + req->used, data, len);
	req->used += len;
}

void awtun_drop(struct awtun_req *req, __u16 type)
{
	struct awtun_req old = *req;
	unsigned int i;

	req->n = 0;
	req->used = 0;
	for (i = 0; i < old.n; i++)
		if ((old.attr[i].type ^ type) & NLA_TYPE_MASK)
			awtun_add(req, old.attr[i].type,
				  old.data + old.attr[i].at, old.attr[i].len);
}

void awtun_put(struct awtun_req *req, __u16 type, const void *data,
	       size_t len)
{
	awtun_drop(req, type);
	awtun_add(req, type, data, len);
}

void awtun_put_flag(struct awtun_req *req, __u16 type)
{
	awtun_put(req, type, NULL, 0);
}

void awtun_put_u8(struct awtun_req *req, __u16 type, __u8 value)
{
	awtun_put(req, type, &value, sizeof(value));
}

void awtun_put_u16(struct awtun_req *req, __u16 type, __u16 value)
{
	awtun_put(req, type, &value, sizeof(value));
}

void awtun_put_be16(struct awtun_req *req, __u16 type, __u16 value)
{
	awtun_put_u16(req, type, htons(value));
}

void awtun_put_u32(struct awtun_req *req, __u16 type, __u32 value)
{
	awtun_put(req, type, &value, sizeof(value));
}

void awtun_put_u64(struct awtun_req *req, __u16 type, __u64 value)
{
	awtun_put(req, type, &value, sizeof(value));
}

void awtun_put_spi(struct awtun_req *req, __u32 spi)
{
	awtun_put_u32(req, AWTUN_SA_A_SPI, htonl(spi));
}

void awtun_put_encap(struct awtun_req *req, __u16 local, __u16 remote)
{
	awtun_put_be16(req, AWTUN_SA_A_ENCAP_LOCAL_PORT, local);
	awtun_put_be16(req, AWTUN_SA_A_ENCAP_REMOTE_PORT, remote);
}

/* Returns the octets written, with the padding. */
static size_t write_attr(__u8 *at, __u16 type, const void *data,
			 size_t len)
{
	struct nlattr nla = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	size_t pad = NLA_ALIGN(len) - len;

	memcpy(at, &nla, sizeof(nla));
	if (len)
		memcpy(at + NLA_HDRLEN, data, len);
	memset(at + NLA_HDRLEN + len, 0, pad);
	return NLA_HDRLEN + len + pad;
}

/* A selector as it stands in its list. Returns its octets. */
static size_t write_ts(__u8 *at, const struct awtun_ts *ts)
{
	struct nlattr nest = {
		.nla_type = AWTUN_TS_LIST_A_SELECTOR | NLA_F_NESTED,
	};
	size_t len = NLA_HDRLEN;

	len += write_attr(at + len, AWTUN_TS_A_START, ts->start.octets,
			  ts->start.len);
	len += write_attr(at + len, AWTUN_TS_A_END, ts->end.octets,
			  ts->end.len);
	len += write_attr(at + len, AWTUN_TS_A_PROTOCOL, &ts->protocol, 1);
	len += write_attr(at + len, AWTUN_TS_A_PORT_MIN, &ts->port_min, 2);
	len += write_attr(at + len, AWTUN_TS_A_PORT_MAX, &ts->port_max, 2);
	nest.nla_len = len;
	memcpy(at, &nest, sizeof(nest));
	return len;
}

static const struct nlattr ts_any = { NLA_HDRLEN, AWTUN_TS_LIST_A_ANY };

void awtun_put_ts_any(struct awtun_req *req, __u16 type)
{
	awtun_put(req, type | NLA_F_NESTED, &ts_any, sizeof(ts_any));
}

void awtun_put_ts(struct awtun_req *req, __u16 type, const struct awtun_ts *ts)
{
	__u8 list[AWTUN_REQ_DATA / 2];
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < req->n; i++) {
		if ((req->attr[i].type & NLA_TYPE_MASK) != type)
			continue;
		len = req->attr[i].len;
		memcpy(list, req->data + req->attr[i].at, len);
	}
	if (len == sizeof(ts_any) && !memcmp(list, &ts_any, len))
		len = 0;
	len += write_ts(list + len, ts);
	awtun_put(req, type | NLA_F_NESTED, list, len);
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
	/* Another family's attributes stand in no nest. */
	if (req->nest)
		len += NLA_HDRLEN;
	for (i = 0; i < req->n; i++)
		len += write_attr(msg->octets + len, req->attr[i].type,
				  req->data + req->attr[i].at,
				  req->attr[i].len);
	if (req->nest) {
		nest.nla_len = len - nest_at;
		memcpy(msg->octets + nest_at, &nest, sizeof(nest));
	}
	msg->nlh.nlmsg_type = nl->family;
	msg->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | req->flags;
	msg->nlh.nlmsg_len = len;
}

/* Talking to the kernel */

/* The type of the attribute at an offset in the request; 0: beyond it. */
static __u16 attr_at(const struct awtun_nl *nl, __u32 offset)
{
	struct nlattr nla;

	if (offset + sizeof(nla) > nl->request->nlh.nlmsg_len)
		return 0;
	memcpy(&nla, nl->request->octets + offset, sizeof(nla));
	return nla.nla_type & NLA_TYPE_MASK;
}

static void read_extack(struct awtun_nl *nl, const __u8 *attrs, size_t len)
{
	struct nl_attr attr;

	if (nl_find_attr(attrs, len, NLMSGERR_ATTR_MSG, &attr))
		nl_attr_string(&attr, nl->extack, sizeof(nl->extack));
	if (nl_find_attr(attrs, len, NLMSGERR_ATTR_OFFS, &attr))
		nl->bad_attr = attr_at(nl, nl_attr_u32(&attr));
	if (nl_find_attr(attrs, len, NLMSGERR_ATTR_MISS_TYPE, &attr))
		nl->missing_attr = nl_attr_u32(&attr);
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
	nl->bad_attr = 0;
	nl->missing_attr = 0;
	nl->request = msg;
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

static void take_notice(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	(void)cmd;
	awtun_parse_notice(attrs, len, arg);
}

int awtun_next_event(struct awtun_nl *nl, int timeout_ms,
		     struct awtun_notice *notice)
{
	static union received buf;
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, timeout_ms) <= 0)
		return -EAGAIN;
	n = receive(nl, &buf, MSG_DONTWAIT);
	if (n < (ssize_t)NLMSG_HDRLEN)
		return n < 0 ? n : -EBADMSG;
	deliver(&buf.nlh, take_notice, notice);
	return 0;
}

static void parse_groups(struct awtun_nl *nl, const struct nl_attr *groups)
{
	const __u8 *pos = groups->data;
	size_t left = groups->len;
	struct nl_attr group, name, id;

	while (nl_next_attr(&pos, &left, &group))
		if (nl_find_attr(group.data, group.len,
				 CTRL_ATTR_MCAST_GRP_NAME, &name) &&
		    nl_find_attr(group.data, group.len,
				 CTRL_ATTR_MCAST_GRP_ID, &id) &&
		    !strcmp(name.data, AWTUN_GENL_MCGRP_EVENTS))
			nl->events = nl_attr_u32(&id);
}

static void parse_family(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	struct awtun_nl *nl = arg;
	struct nl_attr attr;

	(void)cmd;
	if (nl_find_attr(attrs, len, CTRL_ATTR_FAMILY_ID, &attr))
		memcpy(&nl->family, attr.data, sizeof(nl->family));
	if (nl_find_attr(attrs, len, CTRL_ATTR_MCAST_GROUPS, &attr))
		parse_groups(nl, &attr);
}

static int find_family(struct awtun_nl *nl, const char *name)
{
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	size_t len = NLMSG_HDRLEN + GENL_HDRLEN;
	union awtun_msg msg = {
		.nlh.nlmsg_type = GENL_ID_CTRL,
		.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};

	memcpy(msg.octets + NLMSG_HDRLEN, &genl, sizeof(genl));
	len += write_attr(msg.octets + len, CTRL_ATTR_FAMILY_NAME,
			  name, strlen(name) + 1);
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
	return awtun_nl_open_family(nl, AWTUN_GENL_NAME);
}

int awtun_nl_open_family(struct awtun_nl *nl, const char *name)
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
	err = find_family(nl, name);
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
	if (awtun_suite_is_aead(suite)) {
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
	awtun_put_ts_any(req, AWTUN_SA_A_TS_LOCAL);
	awtun_put_ts_any(req, AWTUN_SA_A_TS_REMOTE);
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

int awtun_transport_do(struct awtun_nl *nl, __u8 cmd, int fd)
{
	struct awtun_req req;

	awtun_req_init(&req, cmd, AWTUN_A_TRANSPORT);
	awtun_put_u32(&req, AWTUN_TRANSPORT_A_FD, fd);
	return awtun_call(nl, &req, NULL, NULL);
}

struct transport_list {
	struct awtun_transport *transports;
	unsigned int max;
	unsigned int n;
};

static void collect_transport(__u8 cmd, const void *attrs, size_t len,
			      void *arg)
{
	struct transport_list *list = arg;
	struct awtun_transport transport;

	(void)cmd;
	if (!awtun_parse_transport(attrs, len, &transport))
		return;
	if (list->n < list->max)
		list->transports[list->n] = transport;
	list->n++;
}

int awtun_transport_dump(struct awtun_nl *nl,
			 struct awtun_transport *transports, unsigned int max)
{
	struct transport_list list = { .transports = transports, .max = max };
	struct awtun_req req;
	int err;

	awtun_req_init(&req, AWTUN_CMD_TRANSPORT_GET, 0);
	req.flags = NLM_F_DUMP;
	err = awtun_call(nl, &req, collect_transport, &list);
	return err ? err : (int)list.n;
}
