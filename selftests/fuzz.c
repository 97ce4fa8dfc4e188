// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random requests to the generic netlink family and to the link kind, made by
 * the family's YAML (fuzz_spec.h), while links come and go and packets arrive:
 * as root, and as an ordinary user in a user namespace of its own.
 *
 * What can fail here is the kernel: it must survive, keep keys to itself, and
 * have nothing left in the end. That the requests get anywhere is checked too:
 * each command has to be served and to be refused.
 *
 * FUZZ_SECONDS: how long for each of the two; FUZZ_SEED: repeats what is random
 * in one process, not how they interleave.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"
#include "fuzz.h"
#include "fuzz_spec.h"

#define LINKS		3
#define SPIS		6
#define SOCKETS		4
#define WORKERS		2
#define NOBODY		65534
#define BUF_MAX		16384
#define DEPTH_MAX	4
#define SECONDS		5	/* unless FUZZ_SECONDS says otherwise */

/* Every key begins like this: no reply may hold it. */
static const char canary[] = "AWTUNKEY";

struct counts {
	unsigned long served[ARRAY_SIZE(fuzz_commands)];
	unsigned long refused[ARRAY_SIZE(fuzz_commands)];
	unsigned long links;
	unsigned long packets;
	unsigned long leaks;
};

struct fuzzer {
	__u64 random;
	struct awtun_nl nl;
	struct counts *counts;	/* shared by all processes */
	int sockets[SOCKETS];
	__u32 ifindex[LINKS];	/* of some tunnels not long ago */
	time_t end;
};

/* Random numbers: xorshift64* */

static __u64 rnd(struct fuzzer *f)
{
	f->random ^= f->random >> 12;
	f->random ^= f->random << 25;
	f->random ^= f->random >> 27;
	return f->random * 2685821657736338717ULL;
}

static unsigned int below(struct fuzzer *f, unsigned int n)
{
	return (rnd(f) >> 33) % n;
}

static bool one_in(struct fuzzer *f, unsigned int n)
{
	return !below(f, n);
}

static __u64 number(struct fuzzer *f, const struct fuzz_attr *attr)
{
	const __u64 edges[] = { attr->low, attr->high, attr->low - 1,
				attr->high + 1, 0, ~0ULL };

	if (one_in(f, 4))
		return edges[below(f, ARRAY_SIZE(edges))];
	if (one_in(f, 8))
		return rnd(f);
	if (attr->high - attr->low == ~0ULL)
		return rnd(f);
	return attr->low + rnd(f) % (attr->high - attr->low + 1);
}

static void octets(struct fuzzer *f, __u8 *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = rnd(f) >> 40;
}

/* What exists, or might */

static void note_ifindex(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	struct awtun_tunnel tunnel;
	struct fuzzer *f = arg;

	(void)cmd;
	if (awtun_parse_tunnel(attrs, len, &tunnel))
		f->ifindex[tunnel.ifname[strlen("tunnel")] % LINKS] =
			tunnel.ifindex;
}

/* Not by if_nametoindex(): for a name that does not exist a module is sought. */
static void look_for_tunnels(struct fuzzer *f)
{
	struct awtun_req req;

	awtun_req_init(&req, AWTUN_CMD_TUNNEL_GET, 0);
	req.flags = NLM_F_DUMP;
	awtun_call(&f->nl, &req, note_ifindex, f);
}

static __u32 some_ifindex(struct fuzzer *f)
{
	if (one_in(f, 20))
		return one_in(f, 2) ? 1 : rnd(f);
	return f->ifindex[below(f, LINKS)];
}

static __u32 some_spi(struct fuzzer *f)
{
	return one_in(f, 20) ? rnd(f) : 0x1000 + below(f, SPIS);
}

static const struct awtun_suite *some_suite(struct fuzzer *f)
{
	return &awtun_suites[below(f, awtun_n_suites)];
}

static void some_addr(struct fuzzer *f, int family, __u8 out[16])
{
	char text[32];

	snprintf(text, sizeof(text), family == AF_INET ? "10.9.0.%u" :
		 "fd09::%u", 1 + below(f, 4));
	inet_pton(family, text, out);
}

/* The same for an SPI and suite, so that what is sent may be received. */
static void some_keymat(__u32 spi, __u8 keymat[AWTUN_KEYMAT_MAX])
{
	unsigned int i;

	for (i = 0; i < AWTUN_KEYMAT_MAX; i++)
		keymat[i] = i % 32 < 8 ? (__u8)canary[i % 8] : (__u8)(spi + i);
}

/* Attributes by the specification alone */

struct buf {
	__u8 data[BUF_MAX];
	size_t len;
};

static void put_attr(struct buf *buf, __u16 type, const void *data, size_t len)
{
	struct nlattr nla = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	if (buf->len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(buf->data))
		return;
	memcpy(buf->data + buf->len, &nla, sizeof(nla));
	memcpy(buf->data + buf->len + NLA_HDRLEN, data, len);
	memset(buf->data + buf->len + NLA_HDRLEN + len, 0, NLA_ALIGN(len) - len);
	buf->len += NLA_HDRLEN + NLA_ALIGN(len);
}

static void put_set(struct fuzzer *f, struct buf *buf,
		    const struct fuzz_set *set, unsigned int depth);

static void put_nest(struct fuzzer *f, struct buf *buf,
		     const struct fuzz_attr *attr, unsigned int depth)
{
	struct nlattr nla = { .nla_type = attr->type };
	size_t at = buf->len;
	unsigned int n = one_in(f, 4) ? below(f, 20) : 1;

	if (at + NLA_HDRLEN > sizeof(buf->data))
		return;
	if (!one_in(f, 10))
		nla.nla_type |= NLA_F_NESTED;
	buf->len += NLA_HDRLEN;
	while (depth < DEPTH_MAX && n--)
		put_set(f, buf, attr->nest, depth + 1);
	nla.nla_len = buf->len - at;
	memcpy(buf->data + at, &nla, sizeof(nla));
}

static void put_random(struct fuzzer *f, struct buf *buf,
		       const struct fuzz_attr *attr, unsigned int depth)
{
	__u8 data[256];
	__u64 value;
	size_t len;

	if (attr->kind == FUZZ_NEST && !one_in(f, 10)) {
		put_nest(f, buf, attr, depth);
		return;
	}
	octets(f, data, sizeof(data));
	if (attr->kind == FUZZ_INT) {
		value = number(f, attr);
		memcpy(data, &value, attr->size);
		len = attr->size;
	} else {
		len = attr->low + below(f, attr->high - attr->low + 1);
	}
	if (one_in(f, 10))
		len = below(f, one_in(f, 4) ? sizeof(data) : 20);
	put_attr(buf, attr->type, data, len);
}

static void put_set(struct fuzzer *f, struct buf *buf,
		    const struct fuzz_set *set, unsigned int depth)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (one_in(f, 2))
			put_random(f, buf, &set->attrs[i], depth);
	if (one_in(f, 20))
		put_attr(buf, rnd(f), &set, sizeof(set));
}

/* Requests that mean something, as far as they can be foreseen */

static void sensible_tunnel(struct fuzzer *f, struct awtun_req *req)
{
	bool ip4 = one_in(f, 2);
	__u8 ends[2][16];

	some_addr(f, ip4 ? AF_INET : AF_INET6, ends[0]);
	some_addr(f, ip4 ? AF_INET : AF_INET6, ends[1]);
	awtun_req_tunnel_set(req, some_ifindex(f), ip4 ?
			     AWTUN_MODE_IPSEC_IPV4 : AWTUN_MODE_IPSEC_IPV6,
			     ends[0], ends[1]);
	if (one_in(f, 4))
		awtun_drop(req, AWTUN_TUNNEL_A_REMOTE);
	if (one_in(f, 2))
		awtun_put_u8(req, AWTUN_TUNNEL_A_DF, below(f, 3));
	if (one_in(f, 2))
		awtun_put_u8(req, AWTUN_TUNNEL_A_DSCP, below(f, 64));
	if (one_in(f, 4))
		awtun_put_u16(req, AWTUN_TUNNEL_A_MSS_IPV4, AWTUN_MSS_PMTU);
	if (one_in(f, 8))
		awtun_put_u32(req, AWTUN_TUNNEL_A_FWMARK, rnd(f));
	if (one_in(f, 8))
		awtun_put_u32(req, AWTUN_TUNNEL_A_LINK, some_ifindex(f));
}

/* Where an outbound SA sends, if not to where its tunnel says. */
static void sensible_dest(struct fuzzer *f, struct awtun_req *req)
{
	bool ip4 = one_in(f, 2);
	__u8 remote[16];

	some_addr(f, ip4 ? AF_INET : AF_INET6, remote);
	if (one_in(f, 2))
		awtun_put(req, AWTUN_SA_A_REMOTE, remote, ip4 ? 4 : 16);
	if (one_in(f, 3))
		awtun_put_encap(req, 4500, 4500 + below(f, 2));
}

static void sensible_sa(struct fuzzer *f, struct awtun_req *req)
{
	__u32 dir = 1 + below(f, 2), spi = some_spi(f);
	__u8 keymat[AWTUN_KEYMAT_MAX];

	some_keymat(spi, keymat);
	awtun_req_sa_add(req, some_ifindex(f), dir, spi, some_suite(f), keymat,
			 0);
	if (one_in(f, 3))
		awtun_put_flag(req, AWTUN_SA_A_ESN);
	if (dir == AWTUN_DIR_OUT)
		sensible_dest(f, req);
	if (dir == AWTUN_DIR_IN && one_in(f, 3))
		awtun_put_flag(req, AWTUN_SA_A_FOLLOW);
	if (dir == AWTUN_DIR_IN && one_in(f, 3))
		awtun_put_u32(req, AWTUN_SA_A_REPLAY_WINDOW,
			      64 + below(f, 4033));
	if (one_in(f, 4))
		awtun_put_u64(req, AWTUN_SA_A_HARD_PACKETS, 1 + below(f, 20));
	if (one_in(f, 4))
		awtun_put_u64(req, AWTUN_SA_A_SOFT_BYTES, 1 + below(f, 900));
	if (one_in(f, 4))
		awtun_put_u64(req, AWTUN_SA_A_HARD_SECONDS, 1 + below(f, 3));
}

static void sensible(struct fuzzer *f, const struct fuzz_command *command,
		     struct awtun_req *req)
{
	__u32 fd = f->sockets[below(f, SOCKETS)];

	switch (command->cmd) {
	case AWTUN_CMD_TUNNEL_SET:
		sensible_tunnel(f, req);
		break;
	case AWTUN_CMD_SA_ADD:
		sensible_sa(f, req);
		break;
	case AWTUN_CMD_TRANSPORT_ADD:
	case AWTUN_CMD_TRANSPORT_DEL:
		awtun_req_init(req, command->cmd, command->nest);
		awtun_put_u32(req, AWTUN_TRANSPORT_A_FD,
			      one_in(f, 8) ? below(f, 20) : fd);
		break;
	case AWTUN_CMD_TUNNEL_GET:
		awtun_req_init(req, command->cmd, command->nest);
		awtun_put_u32(req, AWTUN_TUNNEL_A_IFINDEX, some_ifindex(f));
		break;
	case AWTUN_CMD_SA_FLUSH:
		awtun_req_init(req, command->cmd, command->nest);
		awtun_put_u32(req, AWTUN_SA_A_IFINDEX, some_ifindex(f));
		break;
	case AWTUN_CMD_TRANSPORT_GET:
		awtun_req_init(req, command->cmd, 0);
		break;
	case AWTUN_CMD_SA_SET:
		awtun_req_sa(req, command->cmd, some_ifindex(f), AWTUN_DIR_OUT,
			     some_spi(f));
		sensible_dest(f, req);
		break;
	default:
		awtun_req_sa(req, command->cmd, some_ifindex(f),
			     1 + below(f, 2), some_spi(f));
	}
	if (command->has_dump && (!command->has_do || one_in(f, 3))) {
		awtun_req_init(req, command->cmd, 0);
		req->flags = NLM_F_DUMP;
	}
}

/* Messages, damaged or not */

static const struct fuzz_set *set_of(const struct fuzz_command *command)
{
	return command->nest ? fuzz_awtun.attrs[command->nest].nest :
			       &fuzz_awtun;
}

/* Replaces the nest by one out of the specification. */
static void by_specification(struct fuzzer *f,
			     const struct fuzz_command *command,
			     union awtun_msg *msg)
{
	struct nlattr nla = { .nla_type = command->nest | NLA_F_NESTED };
	size_t at = NLMSG_HDRLEN + GENL_HDRLEN;
	struct buf buf = { .len = 0 };

	put_set(f, &buf, set_of(command), 0);
	if (buf.len > sizeof(*msg) - at - NLA_HDRLEN)
		return;
	nla.nla_len = NLA_HDRLEN + buf.len;
	memcpy(msg->octets + at, &nla, sizeof(nla));
	memcpy(msg->octets + at + NLA_HDRLEN, buf.data, buf.len);
	msg->nlh.nlmsg_len = at + nla.nla_len;
}

static void damage(struct fuzzer *f, union awtun_msg *msg)
{
	unsigned int from = NLMSG_HDRLEN, len = msg->nlh.nlmsg_len;
	unsigned int times = 1 + below(f, 4);

	while (len > from && times--)
		msg->octets[from + below(f, len - from)] ^= 1 << below(f, 8);
	if (len > from && one_in(f, 4))
		msg->nlh.nlmsg_len = from + below(f, len - from);
	if (one_in(f, 8))
		msg->nlh.nlmsg_flags ^= NLM_F_DUMP;
}

static void search_for_keys(const void *data, size_t len, void *arg)
{
	struct fuzzer *f = arg;

	if (memmem(data, len, canary, sizeof(canary) - 1))
		__atomic_add_fetch(&f->counts->leaks, 1, __ATOMIC_RELAXED);
}

/* Mostly what makes SAs, seldom what deletes them all. */
static unsigned int some_command(struct fuzzer *f)
{
	unsigned int i, which;

	which = below(f, ARRAY_SIZE(fuzz_commands));
	if (one_in(f, 4) || (fuzz_commands[which].cmd == AWTUN_CMD_SA_FLUSH &&
			     !one_in(f, 20)))
		for (i = 0; i < ARRAY_SIZE(fuzz_commands); i++)
			if (fuzz_commands[i].cmd == AWTUN_CMD_SA_ADD)
				which = i;
	return which;
}

static void one_request(struct fuzzer *f)
{
	unsigned int which = some_command(f);
	const struct fuzz_command *command = &fuzz_commands[which];
	union awtun_msg msg;
	struct awtun_req req;
	int err;

	sensible(f, command, &req);
	awtun_req_write(&f->nl, &req, &msg);
	if (one_in(f, 4))
		by_specification(f, command, &msg);
	if (one_in(f, 3))
		damage(f, &msg);

	err = awtun_call_raw(&f->nl, &msg, NULL, NULL);
	__atomic_add_fetch(err ? &f->counts->refused[which] :
				 &f->counts->served[which], 1,
			   __ATOMIC_RELAXED);
}

static int open_udp(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(4500) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bind(fd, (void *)&any, sizeof(any));
	return fd;
}

static void request_worker(struct fuzzer *f)
{
	unsigned int i;

	for (i = 0; i < SOCKETS; i++)
		f->sockets[i] = open_udp();
	f->nl.tap = search_for_keys;
	f->nl.tap_arg = f;
	while (time(NULL) < f->end) {
		one_request(f);
		if (one_in(f, 20))
			look_for_tunnels(f);
		if (one_in(f, 50)) {
			i = below(f, SOCKETS);
			close(f->sockets[i]);
			f->sockets[i] = open_udp();
		}
	}
}

/* Links, by rtnetlink */

static size_t link_request(struct fuzzer *f, struct buf *buf)
{
	struct nlmsghdr nlh = { .nlmsg_type = RTM_NEWLINK };
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nlattr nla = { .nla_type = IFLA_LINKINFO | NLA_F_NESTED };
	struct fuzz_attr data = { .type = IFLA_INFO_DATA, .kind = FUZZ_NEST,
				  .nest = &fuzz_tunnel };
	char name[IFNAMSIZ];
	size_t at;

	snprintf(name, sizeof(name), "tunnel%u", below(f, LINKS));
	nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (one_in(f, 3))
		nlh.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	else if (one_in(f, 6))
		nlh.nlmsg_type = RTM_DELLINK;
	ifi.ifi_flags = one_in(f, 4) ? 0 : IFF_UP;
	ifi.ifi_change = IFF_UP;

	buf->len = NLMSG_HDRLEN;
	memcpy(buf->data + buf->len, &ifi, sizeof(ifi));
	buf->len += NLMSG_ALIGN(sizeof(ifi));
	put_attr(buf, IFLA_IFNAME, name, strlen(name) + 1);
	at = buf->len;
	buf->len += NLA_HDRLEN;
	put_attr(buf, IFLA_INFO_KIND, "tunnel", 7);
	if (one_in(f, 2))
		put_nest(f, buf, &data, 0);
	nla.nla_len = buf->len - at;
	memcpy(buf->data + at, &nla, sizeof(nla));

	nlh.nlmsg_len = buf->len;
	memcpy(buf->data, &nlh, sizeof(nlh));
	return buf->len;
}

static void link_worker(struct fuzzer *f)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct buf buf, reply;

	while (time(NULL) < f->end) {
		send(fd, buf.data, link_request(f, &buf), 0);
		recv(fd, reply.data, sizeof(reply.data), 0);
		__atomic_add_fetch(&f->counts->links, 1, __ATOMIC_RELAXED);
		/* Long enough for some SAs. */
		usleep(below(f, 300000));
	}
	close(fd);
}

/* Packets into the tunnels and to their SAs */

static void send_to(struct fuzzer *f, int fd, const __u8 *data, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(4500) };
	__u8 addr[16];

	some_addr(f, AF_INET, addr);
	memcpy(&to.sin_addr, addr, sizeof(to.sin_addr));
	if (sendto(fd, data, len, MSG_DONTWAIT, (void *)&to, sizeof(to)) >= 0)
		__atomic_add_fetch(&f->counts->packets, 1, __ATOMIC_RELAXED);
}

static void packet_worker(struct fuzzer *f)
{
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int esp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	int inner = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	__u8 data[1500];

	while (time(NULL) < f->end) {
		__u32 spi = htonl(some_spi(f));
		char name[IFNAMSIZ];

		octets(f, data, 64);
		memcpy(data, &spi, sizeof(spi));
		send_to(f, udp, data, below(f, 200));
		send_to(f, esp, data, below(f, 200));

		/* Bound to a device, all the world is on link. */
		snprintf(name, sizeof(name), "tunnel%u", below(f, LINKS));
		setsockopt(inner, SOL_SOCKET, SO_BINDTODEVICE, name,
			   strlen(name));
		send_to(f, inner, data, below(f, sizeof(data)));
		usleep(1000);
	}
}

/* A run: all of them for some time, in a namespace of their own */

static void run_worker(void (*worker)(struct fuzzer *f), struct counts *counts,
		       __u64 seed, time_t end)
{
	struct fuzzer f = { .random = seed | 1, .counts = counts, .end = end };

	if (awtun_nl_open(&f.nl))
		_exit(KSFT_FAIL);
	worker(&f);
	_exit(KSFT_PASS);
}

static int wait_all(int n)
{
	int status, failed = 0;

	while (n--)
		if (wait(&status) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status))
			failed++;
	return failed;
}

static int run_all(struct counts *counts, __u64 seed, unsigned int seconds)
{
	void (*workers[WORKERS + 2])(struct fuzzer *f);
	time_t end = time(NULL) + seconds;
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		workers[i] = request_worker;
	workers[WORKERS] = link_worker;
	workers[WORKERS + 1] = packet_worker;
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		if (!fork())
			run_worker(workers[i], counts, seed * 31 + i, end);
	return wait_all(ARRAY_SIZE(workers));
}

/* Root in a new user namespace that an ordinary user has made. */
static int become_user(void)
{
	FILE *map;

	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) ||
	    prctl(PR_SET_DUMPABLE, 1) || /* or its files in /proc are root's */
	    unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -errno;
	/* Written by the process about itself, so one identity is allowed. */
	map = fopen("/proc/self/uid_map", "w");
	if (!map || fprintf(map, "0 %d 1\n", NOBODY) < 0 || fclose(map))
		return -errno;
	return 0;
}

static const char network[] =
	"link set lo up\n"
	"addr add 10.9.0.1/24 dev lo\naddr add 10.9.0.2/24 dev lo\n"
	"addr add 10.9.0.3/24 dev lo\naddr add 10.9.0.4/24 dev lo\n"
	"addr add fd09::1/64 dev lo nodad\naddr add fd09::2/64 dev lo nodad\n"
	"addr add fd09::3/64 dev lo nodad\naddr add fd09::4/64 dev lo nodad\n"
	"link add tunnel0 type tunnel\nlink set tunnel0 up\n"
	"link add tunnel1 type tunnel\nlink set tunnel1 up\n";

static int make_network(void)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip)
		return -1;
	fputs(network, ip);
	return pclose(ip);
}

/* The first SA of each suite has the kernel load modules, which takes longer
 * than anything else here.
 */
static int load_suites(void)
{
	__u8 keymat[AWTUN_KEYMAT_MAX] = { 0 }, ends[2][4] = {
		{ 10, 9, 0, 1 }, { 10, 9, 0, 2 } };
	__u32 ifindex = if_nametoindex("tunnel0");
	struct awtun_req req;
	struct awtun_nl nl;
	unsigned int i;
	int err;

	if (awtun_nl_open(&nl))
		return -1;
	awtun_req_tunnel_set(&req, ifindex, AWTUN_MODE_IPSEC_IPV4, ends[0],
			     ends[1]);
	err = awtun_call(&nl, &req, NULL, NULL);
	for (i = 0; !err && i < 2 * awtun_n_suites; i++) {
		awtun_req_sa_add(&req, ifindex, AWTUN_DIR_IN, 0x100 + i,
				 &awtun_suites[i / 2], keymat, 0);
		if (i % 2)
			awtun_put_flag(&req, AWTUN_SA_A_ESN);
		err = awtun_call(&nl, &req, NULL, NULL);
	}
	if (!err)
		err = awtun_sa_flush(&nl, ifindex);
	awtun_nl_close(&nl);
	return err;
}

static int delete_links(void)
{
	return system("for i in 0 1 2; do ip link del tunnel$i 2>/dev/null; done");
}

/* Links deleted: no SA, tunnel or socket is left in this namespace. */
static bool nothing_left(void)
{
	struct awtun_transport transport;
	struct awtun_sa sa;
	struct awtun_nl nl;
	bool empty;

	delete_links();
	if (awtun_nl_open(&nl))
		return false;
	empty = !awtun_sa_dump(&nl, 0, &sa, 1) &&
		!awtun_transport_dump(&nl, &transport, 1);
	awtun_nl_close(&nl);
	return empty;
}

static int run_here(struct counts *counts, bool as_user, __u64 seed,
		    unsigned int seconds)
{
	if (as_user ? become_user() : unshare(CLONE_NEWNET)) {
		perror("fuzz: no namespace");
		return KSFT_SKIP;
	}
	if (make_network() || load_suites() || run_all(counts, seed, seconds) ||
	    !nothing_left())
		return KSFT_FAIL;
	return KSFT_PASS;
}

static void report(const char *who, int status, const struct counts *counts)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fuzz_commands); i++)
		ksft_print_msg("%s: %s: served %lu, refused %lu\n", who,
			       fuzz_commands[i].name, counts->served[i],
			       counts->refused[i]);
	ksft_print_msg("%s: %lu link requests, %lu packets\n", who,
		       counts->links, counts->packets);
	if (status == KSFT_SKIP) {
		ksft_test_result_skip("%s: no namespace\n", who);
		ksft_test_result_skip("%s\n", who);
		ksft_test_result_skip("%s\n", who);
		return;
	}
	ksft_test_result(!status, "%s: all went on to the end, nothing is left\n",
			 who);
	ksft_test_result(!counts->leaks, "%s: no key in any answer\n", who);
	for (i = 0; i < ARRAY_SIZE(fuzz_commands); i++)
		if (!counts->served[i] || !counts->refused[i])
			break;
	ksft_test_result(i == ARRAY_SIZE(fuzz_commands),
			 "%s: each command was served and refused\n", who);
}

static unsigned long from_environment(const char *name, unsigned long value)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : value;
}

int main(void)
{
	unsigned int seconds = from_environment("FUZZ_SECONDS", SECONDS);
	__u64 seed = from_environment("FUZZ_SEED", time(NULL));
	static const char * const who[] = { "root", "user" };
	struct counts *counts;
	unsigned int i;
	int status;

	counts = mmap(NULL, 2 * sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ksft_print_header();
	if (system("./lib/load.sh"))
		ksft_exit_skip("load.sh could not load awtun\n");
	ksft_set_plan(6);
	ksft_print_msg("FUZZ_SEED=%llu FUZZ_SECONDS=%u\n", seed, seconds);
	for (i = 0; i < ARRAY_SIZE(who); i++) {
		fflush(stdout);
		if (!fork())
			_exit(run_here(&counts[i], i, seed + i, seconds));
		if (wait(&status) < 0 || !WIFEXITED(status))
			status = KSFT_FAIL << 8;
		report(who[i], WEXITSTATUS(status), &counts[i]);
	}
	if (ksft_get_fail_cnt())
		ksft_exit_fail();
	ksft_exit_pass();
}
