/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tunnel with an SA each way, to send it requests that it has to refuse.
 *
 * Each refusal has to have the right errno, an extack message, and must not
 * change anything: the dumps of tunnels, SAs and transports before and after
 * are compared octet by octet. The interface is down, so nothing else changes
 * them.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/random.h>

#include <kselftest_harness.h>

/* Seconds. Emulation on a busy machine is slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

#include "awtun_attr.h"
#include "awtun_nl.h"

#define IN_SPI		0x1001
#define OUT_SPI		0x2001
#define FREE_SPI	0x3001
#define DUMP_MAX	(256 * 1024)
/* Either of the two by which the netlink core and a handler say "malformed". */
#define MALFORMED	(-EINVAL)

static const __u8 local4[4] = { 192, 0, 2, 1 };
static const __u8 remote4[4] = { 198, 51, 100, 1 };
static const __u8 local6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const __u8 remote6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

/* Random, made anew for each run: not to be found by accident. */
static __u8 keymat[AWTUN_KEYMAT_MAX];

struct bytes {
	__u8 *data;
	size_t len;
};

FIXTURE(tunnel) {
	struct awtun_nl nl;
	__u32 ifindex;
};

static inline int run(const char *command)
{
	return system(command) ? -1 : 0;
}

static inline int add_link(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "ip link add %s type tunnel", name);
	return run(command);
}

static inline int call(struct awtun_nl *nl, const struct awtun_req *req)
{
	return awtun_call(nl, req, NULL, NULL);
}

static inline int add_sa(struct awtun_nl *nl, __u32 ifindex, __u32 dir,
			 __u32 spi, const char *suite)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, ifindex, dir, spi, awtun_suite(suite), keymat,
			 0);
	return call(nl, &req);
}

static inline int set_tunnel(struct awtun_nl *nl, __u32 ifindex)
{
	struct awtun_req req;

	awtun_req_tunnel_set(&req, ifindex, AWTUN_MODE_IPSEC_IPV4, local4,
			     remote4);
	return call(nl, &req);
}

/* A tunnel with one SA each way. */
FIXTURE_SETUP(tunnel)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, add_link("tunnel0"));
	self->ifindex = if_nametoindex("tunnel0");
	ASSERT_EQ(0, awtun_nl_open(&self->nl));
	ASSERT_EQ(0, set_tunnel(&self->nl, self->ifindex));
	ASSERT_EQ(0, add_sa(&self->nl, self->ifindex, AWTUN_DIR_IN, IN_SPI,
			    "aes256-sha256"));
	ASSERT_EQ(0, add_sa(&self->nl, self->ifindex, AWTUN_DIR_OUT, OUT_SPI,
			    "aes256-gcm16"));
	ASSERT_EQ(0, awtun_sa_do(&self->nl, AWTUN_CMD_SA_ACTIVATE,
				 self->ifindex, AWTUN_DIR_OUT, OUT_SPI));
}

FIXTURE_TEARDOWN(tunnel)
{
	awtun_nl_close(&self->nl);
}

/* Everything there is to see */

/* The age of an SA is what changes by itself. */
static inline void forget_age(__u8 *attrs, size_t len)
{
	struct nl_attr sa, age;

	if (nl_find_attr(attrs, len, AWTUN_A_SA, &sa) &&
	    nl_find_attr(sa.data, sa.len, AWTUN_SA_A_AGE, &age))
		memset((void *)age.data, 0, age.len);
}

static inline void append(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	struct bytes *bytes = arg;

	(void)cmd;
	if (bytes->len + len > DUMP_MAX)
		return;
	memcpy(bytes->data + bytes->len, attrs, len);
	forget_age(bytes->data + bytes->len, len);
	bytes->len += len;
}

static inline struct bytes snapshot(struct awtun_nl *nl)
{
	static const __u8 commands[] = {
		AWTUN_CMD_TUNNEL_GET, AWTUN_CMD_SA_GET, AWTUN_CMD_TRANSPORT_GET,
	};
	struct bytes bytes = { .data = malloc(DUMP_MAX) };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		awtun_req_init(&req, commands[i], 0);
		req.flags = NLM_F_DUMP;
		if (!bytes.data || awtun_call(nl, &req, append, &bytes))
			abort();
	}
	return bytes;
}

static inline bool same(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static inline void refused_raw(struct __test_metadata *_metadata,
			       struct awtun_nl *nl, union awtun_msg *msg,
			       int err, const char *what)
{
	struct bytes before = snapshot(nl), after;
	int seen = awtun_call_raw(nl, msg, NULL, NULL);
	const struct awtun_nl answer = *nl;

	if (err == MALFORMED && seen == -ERANGE)
		seen = MALFORMED;
	EXPECT_EQ(err, seen)
		TH_LOG("%s: %s, %s", what, strerror(-seen), answer.extack);
	EXPECT_NE('\0', answer.extack[0])
		TH_LOG("%s: no extack message", what);
	after = snapshot(nl);
	EXPECT_TRUE(same(&before, &after))
		TH_LOG("%s: refused, but something changed", what);
	free(before.data);
	free(after.data);
	nl->bad_attr = answer.bad_attr;
	nl->missing_attr = answer.missing_attr;
}

static inline void refused(struct __test_metadata *_metadata,
			   struct awtun_nl *nl, const struct awtun_req *req,
			   int err, const char *fmt, ...)
{
	union awtun_msg msg;
	char what[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	awtun_req_write(nl, req, &msg);
	refused_raw(_metadata, nl, &msg, err, what);
}

#define REFUSED(err, req, ...) \
	refused(_metadata, &self->nl, req, err, __VA_ARGS__)

/* A good request of each kind, to be spoilt */

static inline void good_add(struct awtun_req *req, __u32 ifindex, __u32 dir,
			    const char *suite)
{
	awtun_req_sa_add(req, ifindex, dir, FREE_SPI, awtun_suite(suite),
			 keymat, 0);
}

static inline void good_set(struct awtun_req *req, __u32 ifindex)
{
	awtun_req_tunnel_set(req, ifindex, AWTUN_MODE_IPSEC_IPV4, local4,
			     remote4);
}

static inline int del_sa(struct awtun_nl *nl, __u32 ifindex, __u32 dir,
			 __u32 spi)
{
	return awtun_sa_do(nl, AWTUN_CMD_SA_DEL, ifindex, dir, spi);
}

/* Accepted, and taken away again. */
#define ACCEPTED(req, dir, spi, ...) do {				\
	EXPECT_EQ(0, call(&self->nl, req))				\
		TH_LOG(__VA_ARGS__);					\
	EXPECT_EQ(0, del_sa(&self->nl, self->ifindex, dir, spi));	\
} while (0)

/* Refused, and the sender is told which attribute is at fault. */
#define REFUSED_FOR(type, err, req, ...) do {				\
	REFUSED(err, req, __VA_ARGS__);					\
	EXPECT_EQ(type, self->nl.bad_attr ?: self->nl.missing_attr)	\
		TH_LOG(__VA_ARGS__);					\
} while (0)

static inline int refusal_main(int argc, char **argv)
{
	int rc = system("./lib/load.sh");

	if (rc)
		ksft_exit_skip("load.sh could not load awtun\n");
	if (getrandom(keymat, sizeof(keymat), 0) != sizeof(keymat))
		abort();
	return test_harness_run(argc, argv);
}

#endif /* REFUSAL_H */
