// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several active SAs of a tunnel: by which of them a packet goes, and what
 * becomes of the others when one comes or goes.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "esp_rig.h"

#define RIG		(&self->rig)
#define SAS_MAX		(AWTUN_ACTIVE_MAX + 4)
#define ROUNDS		1000	/* of changes under traffic */

FIXTURE(active) {
	struct esp_rig rig;
	const struct esp_rig_conf *conf;
};

FIXTURE_VARIANT(active) {
	struct esp_rig_conf conf;
};

FIXTURE_VARIANT_ADD(active, aes256_gcm16_ipv4) {
	{ "aes256-gcm16", AF_INET, false, false }
};

FIXTURE_VARIANT_ADD(active, aes256_sha256_ipv6_udp_esn) {
	{ "aes256-sha256", AF_INET6, true, true }
};

static const char subnets[] =
	"addr add 10.1.0.1/32 dev lo\n"
	"addr add 10.2.0.1/32 dev lo\n"
	"addr add fd00:1::1/128 dev lo nodad\n"
	"route add 10.8.0.0/14 dev tunnel0\n"
	"route add fd00:8::/32 dev tunnel0\n";

/* No outbound SA is left. */
FIXTURE_SETUP(active)
{
	rig_open(_metadata, RIG, &variant->conf);
	self->conf = &variant->conf;
	ASSERT_EQ(0, ip_batch(subnets));
	ASSERT_EQ(0, awtun_sa_do(&RIG->nl, AWTUN_CMD_SA_DEL, RIG->ifindex,
				 AWTUN_DIR_OUT, RIG->out.spi));
}

FIXTURE_TEARDOWN(active)
{
	rig_close(RIG);
}

/* Packets: from one of our addresses to one of the peer's. */
struct flow {
	const char *from;
	const char *to;
};

static const struct flow v4 = { "10.1.0.1", "10.8.0.1" };
static const struct flow v6 = { "fd00:1::1", "fd00:8::1" };
static const struct flow pairs[] = {
	{ "10.1.0.1", "10.8.0.1" }, { "10.1.0.1", "10.9.0.1" },
	{ "10.2.0.1", "10.8.0.1" }, { "10.2.0.1", "10.9.0.1" },
};

static socklen_t socket_address(const char *address, __u16 port,
				struct sockaddr_in6 *out)
{
	const struct ip_end end = ip_end(address);
	struct sockaddr_in *v4 = (void *)out;

	memset(out, 0, sizeof(*out));
	out->sin6_family = end.family;
	/* The port is at the same place in both families' addresses. */
	out->sin6_port = htons(port);
	if (end.family == AF_INET) {
		memcpy(&v4->sin_addr, end.addr, 4);
		return sizeof(*v4);
	}
	memcpy(&out->sin6_addr, end.addr, 16);
	return sizeof(*out);
}

static ssize_t send_flow(const struct flow *flow, const __u8 *data, size_t len)
{
	struct sockaddr_in6 from, to;
	socklen_t from_len = socket_address(flow->from, 0, &from);
	socklen_t to_len = socket_address(flow->to, PORT, &to);
	int fd = socket(from.sin6_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (!bind(fd, (void *)&from, from_len))
		n = sendto(fd, data, len, 0, (void *)&to, to_len);
	close(fd);
	return n;
}

/* SAs */

/* An outbound SA; no selector of a side: it covers everything. */
struct out {
	struct esp_sa sa;
	const struct awtun_ts *local;
	const struct awtun_ts *remote;
	__u64 seq;		/* of the last packet */
};

static void req_add(const struct esp_rig *rig, struct awtun_req *req,
		    const struct out *out)
{
	rig_req_add(rig, req, AWTUN_DIR_OUT, &out->sa);
	if (out->local)
		awtun_put_ts(req, AWTUN_SA_A_TS_LOCAL, out->local);
	if (out->remote)
		awtun_put_ts(req, AWTUN_SA_A_TS_REMOTE, out->remote);
}

static void add(struct __test_metadata *_metadata,
		struct _test_data_active *self, struct out *out, __u32 spi)
{
	struct awtun_req req;

	make_sa(&out->sa, self->conf, spi);
	out->seq = 0;
	req_add(RIG, &req, out);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
}

static void activate(struct __test_metadata *_metadata,
		     struct _test_data_active *self, const struct out *out)
{
	ASSERT_EQ(0, rig_activate(RIG, out->sa.spi))
		TH_LOG("%#x: %s", out->sa.spi, RIG->nl.extack);
}

static void use(struct __test_metadata *_metadata,
		struct _test_data_active *self, struct out *out, __u32 spi)
{
	add(_metadata, self, out, spi);
	activate(_metadata, self, out);
	wait_running(_metadata);
}

static int del(struct esp_rig *rig, const struct out *out)
{
	return awtun_sa_do(&rig->nl, AWTUN_CMD_SA_DEL, rig->ifindex,
			   AWTUN_DIR_OUT, out->sa.spi);
}

static struct awtun_sa look(struct __test_metadata *_metadata,
			    struct esp_rig *rig, const struct out *out)
{
	struct awtun_sa sa = { 0 };

	EXPECT_EQ(0, awtun_sa_get(&rig->nl, rig->ifindex, AWTUN_DIR_OUT,
				  out->sa.spi, &sa));
	return sa;
}

/* These and no others, as a dump shows them and each of them by itself. */
static void are_active(struct __test_metadata *_metadata, struct esp_rig *rig,
		       const struct out * const outs[], unsigned int n)
{
	static struct awtun_sa sas[SAS_MAX];
	int i, count = awtun_sa_dump(&rig->nl, rig->ifindex, sas, SAS_MAX);
	unsigned int active = 0;

	ASSERT_LE(0, count);
	ASSERT_GE(SAS_MAX, count);
	for (i = 0; i < count; i++)
		active += sas[i].active;
	EXPECT_EQ(n, active);
	for (i = 0; i < (int)n; i++) {
		EXPECT_TRUE(look(_metadata, rig, outs[i]).active)
			TH_LOG("%#x", outs[i]->sa.spi);
	}
}

#define ARE_ACTIVE(...) \
	are_active(_metadata, RIG, \
		   (const struct out * const[]){ __VA_ARGS__ }, \
		   sizeof((const struct out *[]){ __VA_ARGS__ }) / \
		   sizeof(struct out *))

/* The next packet on the wire is the SA's next one. */
static void goes_by(struct __test_metadata *_metadata,
		    struct _test_data_active *self, const struct flow *flow,
		    struct out *out)
{
	__u8 data[PAYLOAD];

	fill(data, sizeof(data), out->sa.spi + ++out->seq);
	ASSERT_EQ(PAYLOAD, send_flow(flow, data, sizeof(data)));
	RIG->out = out->sa;
	check_sent(_metadata, RIG, ip_end(flow->to).family, data, sizeof(data),
		   out->seq);
}

static void is_dropped(struct __test_metadata *_metadata,
		       struct _test_data_active *self, const struct flow *flow,
		       unsigned int stat)
{
	__u8 data[PAYLOAD] = { 0 };
	struct counts before;

	read_counts(RIG, &before);
	ASSERT_EQ(PAYLOAD, send_flow(flow, data, sizeof(data)));
	only_dropped(_metadata, RIG, &before, stat, 1, flow->to);
}

/* No SA covers it; the first one has it in its counters. */
static void is_not_covered(struct __test_metadata *_metadata,
			   struct _test_data_active *self,
			   const struct flow *flow, const struct out *first)
{
	const unsigned int stat = AWTUN_TUNNEL_STAT_TX_SELECTOR;
	const __u64 before = look(_metadata, RIG, first).stat[stat];

	is_dropped(_metadata, self, flow, stat);
	EXPECT_EQ(before + 1, look(_metadata, RIG, first).stat[stat]);
}

/* Which one */

TEST_F(active, one_for_each_version_of_ip)
{
	const struct awtun_ts all4 = make_ts("0.0.0.0", "255.255.255.255", 0);
	const struct awtun_ts all6 =
		make_ts("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0);
	struct out out4 = { .local = &all4, .remote = &all4 };
	struct out out6 = { .local = &all6, .remote = &all6 };
	unsigned int i;

	use(_metadata, self, &out4, 0x3001);
	is_not_covered(_metadata, self, &v6, &out4);
	use(_metadata, self, &out6, 0x3002);
	ARE_ACTIVE(&out4, &out6);
	for (i = 0; i < 3; i++) {
		goes_by(_metadata, self, &v4, &out4);
		goes_by(_metadata, self, &v6, &out6);
	}
}

TEST_F(active, one_for_each_pair_of_subnets)
{
	const struct awtun_ts ours[] = {
		make_ts("10.1.0.0", "10.1.255.255", 0),
		make_ts("10.2.0.0", "10.2.255.255", 0),
	};
	const struct awtun_ts peers[] = {
		make_ts("10.8.0.0", "10.8.255.255", 0),
		make_ts("10.9.0.0", "10.9.255.255", 0),
	};
	const struct flow other = { "10.1.0.1", "10.10.0.1" };
	struct out outs[ARRAY_SIZE(pairs)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		outs[i] = (struct out){ .local = &ours[i / 2],
					.remote = &peers[i % 2] };
		use(_metadata, self, &outs[i], 0x3001 + i);
	}
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		goes_by(_metadata, self, &pairs[i], &outs[i]);
	is_not_covered(_metadata, self, &other, &outs[3]);
	activate(_metadata, self, &outs[0]);
	is_not_covered(_metadata, self, &v6, &outs[0]);
	ARE_ACTIVE(&outs[0], &outs[1], &outs[2], &outs[3]);
	/* They have used no sequence number. */
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		goes_by(_metadata, self, &pairs[i], &outs[i]);
}

TEST_F(active, the_last_activated_first)
{
	const struct awtun_ts ts = make_ts("10.8.0.0", "10.8.255.255", 0);
	struct out narrow = { .remote = &ts }, wide = { 0 };

	use(_metadata, self, &wide, 0x3001);
	use(_metadata, self, &narrow, 0x3002);
	goes_by(_metadata, self, &pairs[0], &narrow);
	goes_by(_metadata, self, &pairs[1], &wide);
	activate(_metadata, self, &wide);
	goes_by(_metadata, self, &pairs[0], &wide);
	goes_by(_metadata, self, &pairs[1], &wide);
	activate(_metadata, self, &narrow);
	goes_by(_metadata, self, &pairs[0], &narrow);
	goes_by(_metadata, self, &pairs[1], &wide);
	ARE_ACTIVE(&narrow, &wide);
}

/* Who comes and goes */

TEST_F(active, one_with_the_same_selectors_is_replaced)
{
	const struct awtun_ts ours = make_ts("10.1.0.0", "10.1.255.255", 0);
	const struct awtun_ts peers = make_ts("10.8.0.0", "10.8.255.255", 0);
	struct out all = { 0 }, next_all = { 0 };
	struct out local = { .local = &ours };
	struct out remote = { .remote = &peers };
	struct out both = { .local = &ours, .remote = &peers }, next_both = both;

	use(_metadata, self, &all, 0x3001);
	use(_metadata, self, &local, 0x3002);
	use(_metadata, self, &remote, 0x3003);
	use(_metadata, self, &both, 0x3004);
	ARE_ACTIVE(&all, &local, &remote, &both);
	add(_metadata, self, &next_both, 0x3005);
	ARE_ACTIVE(&all, &local, &remote, &both);
	activate(_metadata, self, &next_both);
	ARE_ACTIVE(&all, &local, &remote, &next_both);
	goes_by(_metadata, self, &v4, &next_both);

	/* What was replaced is there, and may come back. */
	activate(_metadata, self, &both);
	ARE_ACTIVE(&all, &local, &remote, &both);
	goes_by(_metadata, self, &v4, &both);
	use(_metadata, self, &next_all, 0x3006);
	ARE_ACTIVE(&local, &remote, &both, &next_all);
	goes_by(_metadata, self, &v6, &next_all);
}

/* The same selectors are those at the same place. */
TEST_F(active, one_with_other_selectors_is_not_replaced)
{
	const struct awtun_ts ts[] = {
		make_ts("10.8.0.0", "10.8.255.255", 0),
		make_ts("10.9.0.0", "10.9.255.255", 0),
		make_ts("10.9.0.0", "10.9.255.255", IPPROTO_UDP),
	};
	/* None of the second: the list ends before it. */
	static const int lists[][2] = {
		{ 0, 1 }, { 1, 0 }, { 0, 2 }, { 0, -1 }, { 1, -1 }, { 2, -1 },
	};
	struct out outs[ARRAY_SIZE(lists)] = { 0 };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		make_sa(&outs[i].sa, self->conf, 0x3001 + i);
		outs[i].remote = &ts[lists[i][0]];
		req_add(RIG, &req, &outs[i]);
		if (lists[i][1] >= 0)
			awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE,
				     &ts[lists[i][1]]);
		ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
		activate(_metadata, self, &outs[i]);
	}
	wait_running(_metadata);
	ARE_ACTIVE(&outs[0], &outs[1], &outs[2], &outs[3], &outs[4], &outs[5]);
	goes_by(_metadata, self, &pairs[1], &outs[5]);
	goes_by(_metadata, self, &pairs[0], &outs[3]);
}

TEST_F(active, a_deleted_one_leaves_what_it_covered_to_the_next)
{
	const struct awtun_ts ts = make_ts("10.8.0.0", "10.8.255.255", 0);
	struct out narrow = { .remote = &ts }, wide = { 0 }, idle = { 0 };
	struct awtun_notice notice;
	struct awtun_nl events;

	add(_metadata, self, &idle, 0x3001);
	use(_metadata, self, &wide, 0x3002);
	use(_metadata, self, &narrow, 0x3003);
	goes_by(_metadata, self, &v4, &narrow);
	ASSERT_EQ(0, del(RIG, &narrow));
	ARE_ACTIVE(&wide);
	goes_by(_metadata, self, &v4, &wide);

	/* The hole in the middle is filled again, and is no place more. */
	use(_metadata, self, &narrow, 0x3004);
	goes_by(_metadata, self, &v4, &narrow);
	ASSERT_EQ(0, del(RIG, &wide));
	ARE_ACTIVE(&narrow);
	is_not_covered(_metadata, self, &v6, &narrow);

	rig_listen(_metadata, &events);
	ASSERT_EQ(0, del(RIG, &narrow));
	is_dropped(_metadata, self, &v4, AWTUN_TUNNEL_STAT_TX_NO_SA);
	event_comes(_metadata, &events, AWTUN_EVENT_ACQUIRE, &notice);
	awtun_nl_close(&events);
	activate(_metadata, self, &idle);
	wait_running(_metadata);
	goes_by(_metadata, self, &v4, &idle);
}

TEST_F(active, none_is_left_by_a_flush)
{
	const struct awtun_ts ts = make_ts("10.8.0.0", "10.8.255.255", 0);
	struct out narrow = { .remote = &ts }, wide = { 0 };
	struct awtun_req req;

	use(_metadata, self, &wide, 0x3001);
	use(_metadata, self, &narrow, 0x3002);
	ASSERT_EQ(0, awtun_sa_flush(&RIG->nl, RIG->ifindex));
	rig_req_add(RIG, &req, AWTUN_DIR_IN, &RIG->in);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	is_dropped(_metadata, self, &v4, AWTUN_TUNNEL_STAT_TX_NO_SA);
	use(_metadata, self, &wide, 0x3003);
	goes_by(_metadata, self, &v4, &wide);
}

TEST_F(active, one_is_active_once)
{
	const struct awtun_ts ts = make_ts("10.8.0.0", "10.8.255.255", 0);
	struct out narrow = { .remote = &ts }, wide = { 0 };
	unsigned int i;

	use(_metadata, self, &wide, 0x3001);
	use(_metadata, self, &narrow, 0x3002);
	for (i = 0; i < 2 * AWTUN_ACTIVE_MAX; i++)
		activate(_metadata, self, i % 3 ? &narrow : &wide);
	ARE_ACTIVE(&narrow, &wide);
	ASSERT_EQ(0, del(RIG, &narrow));
	ARE_ACTIVE(&wide);
	goes_by(_metadata, self, &v4, &wide);
}

/* How many */

struct many {
	struct awtun_ts ts[AWTUN_ACTIVE_MAX + 1];
	struct out outs[AWTUN_ACTIVE_MAX + 1];
	struct flow flows[AWTUN_ACTIVE_MAX + 1];
	char to[AWTUN_ACTIVE_MAX + 1][16];
};

/* Each is for one address. */
static void prepare(struct many *many)
{
	unsigned int i;

	for (i = 0; i <= AWTUN_ACTIVE_MAX; i++) {
		snprintf(many->to[i], sizeof(many->to[i]), "10.8.0.%u", i + 1);
		many->ts[i] = make_ts(many->to[i], many->to[i], 0);
		many->outs[i].remote = &many->ts[i];
		many->flows[i] = (struct flow){ "10.1.0.1", many->to[i] };
	}
}

TEST_F(active, no_more_than_there_may_be)
{
	static struct many many;
	struct out *last = &many.outs[AWTUN_ACTIVE_MAX], next;
	unsigned int i;

	prepare(&many);
	for (i = 0; i < AWTUN_ACTIVE_MAX; i++)
		use(_metadata, self, &many.outs[i], 0x3001 + i);
	add(_metadata, self, last, 0x3001 + i);
	EXPECT_EQ(-ENOSPC, rig_activate(RIG, last->sa.spi));
	EXPECT_STREQ("awtun: too many active SAs in this tunnel",
		     RIG->nl.extack);
	EXPECT_EQ(AWTUN_SA_A_IFINDEX, RIG->nl.bad_attr);

	/* All is as it was. */
	for (i = 0; i < AWTUN_ACTIVE_MAX; i++)
		goes_by(_metadata, self, &many.flows[i], &many.outs[i]);
	EXPECT_FALSE(look(_metadata, RIG, last).active);
	is_not_covered(_metadata, self, &many.flows[i],
		       &many.outs[AWTUN_ACTIVE_MAX - 1]);

	/* One that is active, or takes the place of another, is none more. */
	activate(_metadata, self, &many.outs[7]);
	next = many.outs[7];
	use(_metadata, self, &next, 0x4001);
	goes_by(_metadata, self, &many.flows[7], &next);
	EXPECT_EQ(-ENOSPC, rig_activate(RIG, last->sa.spi));
	ASSERT_EQ(0, del(RIG, &next));
	activate(_metadata, self, last);
	goes_by(_metadata, self, &many.flows[AWTUN_ACTIVE_MAX], last);
	goes_by(_metadata, self, &many.flows[0], &many.outs[0]);
}

/* Those that are used up */

static bool is_dormant(void)
{
	return !system("ip link show dev tunnel0 | grep -q DORMANT");
}

/* It does not leave its packets to others; the tunnel can carry theirs. */
TEST_F(active, one_that_has_expired)
{
	const struct awtun_ts ts = make_ts("10.8.0.0", "10.8.255.255", 0);
	struct out narrow = { .remote = &ts }, wide = { 0 };
	struct awtun_nl events;
	struct awtun_req req;

	rig_listen(_metadata, &events);
	use(_metadata, self, &wide, 0x3001);
	make_sa(&narrow.sa, self->conf, 0x3002);
	req_add(RIG, &req, &narrow);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_PACKETS, 1);
	ASSERT_EQ(0, rig_call(RIG, &req)) TH_LOG("%s", RIG->nl.extack);
	activate(_metadata, self, &narrow);
	goes_by(_metadata, self, &v4, &narrow);
	sa_event_comes(_metadata, RIG, &events, AWTUN_EVENT_SA_HARD,
		       narrow.sa.spi, AWTUN_EXPIRY_PACKETS);
	awtun_nl_close(&events);

	is_dropped(_metadata, self, &v4, AWTUN_TUNNEL_STAT_TX_EXPIRED);
	goes_by(_metadata, self, &v6, &wide);
	ARE_ACTIVE(&narrow, &wide);
	EXPECT_FALSE(is_dormant());
	ASSERT_EQ(0, del(RIG, &wide));
	EXPECT_TRUE(is_dormant());
}

/* Under traffic */

/* The SAs of a flow have its place in their SPIs. */
static __u32 spi_of(unsigned int flow, unsigned int round)
{
	return (flow + 1) << 16 | round;
}

#define N_FLOWS	3

struct churn {
	struct flow flows[N_FLOWS];
	struct awtun_ts ts[N_FLOWS + 1];	/* of each, and of no flow */
	struct out outs[N_FLOWS + 1];
};

static int add_active(struct esp_rig *rig, const struct esp_rig_conf *conf,
		      struct out *out, __u32 spi)
{
	struct awtun_req req;

	make_sa(&out->sa, conf, spi);
	req_add(rig, &req, out);
	return rig_call(rig, &req) ?: rig_activate(rig, spi);
}

/* One is replaced, another comes to the front, one comes and goes. */
static int change(struct esp_rig *rig, const struct esp_rig_conf *conf,
		  struct churn *churn, unsigned int round)
{
	unsigned int i = round % N_FLOWS, other = (i + 1) % N_FLOWS;
	const struct out old = churn->outs[i];

	return add_active(rig, conf, &churn->outs[i], spi_of(i, round)) ?:
	       del(rig, &old) ?:
	       rig_activate(rig, churn->outs[other].sa.spi) ?:
	       add_active(rig, conf, &churn->outs[N_FLOWS],
			  spi_of(N_FLOWS, round)) ?:
	       rig_activate(rig, churn->outs[i].sa.spi) ?:
	       del(rig, &churn->outs[N_FLOWS]);
}

/* In a process of its own, which exits with 0 when no change has failed. */
static pid_t start_changes(struct esp_rig *rig, const struct esp_rig_conf *conf,
			   struct churn *churn)
{
	unsigned int round;
	pid_t pid = fork();

	if (pid)
		return pid;
	if (awtun_nl_open(&rig->nl))
		_exit(1);
	for (round = 1; round <= ROUNDS; round++)
		if (change(rig, conf, churn, round))
			_exit(1);
	_exit(0);
}

/* Each packet of a flow goes by an SA that is for it. */
static void send_each(struct __test_metadata *_metadata, struct esp_rig *rig,
		      const struct churn *churn)
{
	__u8 data[PAYLOAD] = { 0 }, esp[ESP_MAX];
	unsigned int i;
	__u32 spi;

	for (i = 0; i < N_FLOWS; i++) {
		ASSERT_EQ(PAYLOAD, send_flow(&churn->flows[i], data,
					     sizeof(data)));
		ASSERT_LT(0, read_esp(_metadata, rig, esp))
			TH_LOG("a packet to %s was lost", churn->flows[i].to);
		memcpy(&spi, esp, sizeof(spi));
		EXPECT_EQ(i + 1, ntohl(spi) >> 16);
	}
}

TEST_F(active, no_packet_is_lost_while_they_change)
{
	struct churn churn = {
		.flows = { pairs[0], pairs[1], v6 },
		.ts = {
			make_ts("10.8.0.0", "10.8.255.255", 0),
			make_ts("10.9.0.0", "10.9.255.255", 0),
			make_ts("fd00:8::", "fd00:8::ffff", 0),
			make_ts("10.10.0.0", "10.10.255.255", 0),
		},
	};
	struct counts before, after;
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i <= N_FLOWS; i++)
		churn.outs[i].remote = &churn.ts[i];
	for (i = 0; i < N_FLOWS; i++)
		use(_metadata, self, &churn.outs[i], spi_of(i, 0));
	read_counts(RIG, &before);
	pid = start_changes(RIG, self->conf, &churn);
	ASSERT_LT(0, pid);
	while (!waitpid(pid, &status, WNOHANG))
		send_each(_metadata, RIG, &churn);
	EXPECT_EQ(0, status);
	read_counts(RIG, &after);
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++) {
		EXPECT_EQ(before.stat[i], after.stat[i])
			TH_LOG("%s", awtun_stat_names[i]);
	}
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv);
}
