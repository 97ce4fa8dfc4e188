// SPDX-License-Identifier: GPL-2.0-only
/* The UDP sockets that ESP is taken out of, on the netlink interface. */
#define _GNU_SOURCE
#include "refusal.h"

#include <linux/l2tp.h>
#include <linux/udp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#define PORT		4500
#define LIMIT		64	/* sockets of one namespace */
#define WAIT_MS		5000

static int open_udp(int family, __u16 port)
{
	struct sockaddr_in6 any = { .sin6_family = family,
				    .sin6_port = htons(port) };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	/* The port is at the same place in both families' addresses. */
	if (bind(fd, (void *)&any, family == AF_INET ?
		 sizeof(struct sockaddr_in) : sizeof(any)))
		return -1;
	return fd;
}

static void req_fd(struct awtun_req *req, __u8 cmd, int fd)
{
	awtun_req_init(req, cmd, AWTUN_A_TRANSPORT);
	awtun_put_u32(req, AWTUN_TRANSPORT_A_FD, fd);
}

static int add(struct awtun_nl *nl, int fd)
{
	return awtun_transport_do(nl, AWTUN_CMD_TRANSPORT_ADD, fd);
}

static int del(struct awtun_nl *nl, int fd)
{
	return awtun_transport_do(nl, AWTUN_CMD_TRANSPORT_DEL, fd);
}

static int count(struct awtun_nl *nl)
{
	struct awtun_transport transport;

	return awtun_transport_dump(nl, &transport, 1);
}

/* How many there are, once the kernel has noticed that some were closed. */
static int wait_count(struct awtun_nl *nl, int wanted)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int waited;

	for (waited = 0; waited < WAIT_MS && count(nl) != wanted; waited++)
		nanosleep(&pause, NULL);
	return count(nl);
}

TEST_F(tunnel, sockets_are_told)
{
	const __u8 loopback[4] = { 127, 0, 0, 1 }, any[16] = { 0 };
	struct sockaddr_in bound = { .sin_family = AF_INET,
				     .sin_port = htons(PORT + 1) };
	struct awtun_transport told[3];
	int fd4 = socket(AF_INET, SOCK_DGRAM, 0);
	int fd6 = open_udp(AF_INET6, PORT);

	ASSERT_EQ(0, run("ip link set lo up"));
	memcpy(&bound.sin_addr, loopback, 4);
	ASSERT_EQ(0, bind(fd4, (void *)&bound, sizeof(bound)));
	EXPECT_EQ(0, count(&self->nl));
	ASSERT_EQ(0, add(&self->nl, fd4)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(0, add(&self->nl, fd6)) TH_LOG("%s", self->nl.extack);
	ASSERT_EQ(2, awtun_transport_dump(&self->nl, told, 3));
	EXPECT_EQ(PORT + 1, told[0].port);
	EXPECT_EQ(4, told[0].local.len);
	EXPECT_EQ(0, memcmp(loopback, told[0].local.octets, 4));
	EXPECT_EQ(PORT, told[1].port);
	EXPECT_EQ(16, told[1].local.len);
	EXPECT_EQ(0, memcmp(any, told[1].local.octets, 16));
}

TEST_F(tunnel, no_socket_is_given)
{
	static const __u8 octets[8] = { 0 };
	static const __u8 commands[] = {
		AWTUN_CMD_TRANSPORT_ADD, AWTUN_CMD_TRANSPORT_DEL,
	};
	struct awtun_req req;
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		awtun_req_init(&req, commands[i], AWTUN_A_TRANSPORT);
		REFUSED_FOR(AWTUN_TRANSPORT_A_FD, MALFORMED, &req, "no fd");
		awtun_req_init(&req, commands[i], 0);
		REFUSED(MALFORMED, &req, "no nest");
		awtun_req_init(&req, commands[i], AWTUN_A_SA);
		awtun_put_u32(&req, AWTUN_TRANSPORT_A_FD, 0);
		REFUSED(MALFORMED, &req, "another nest");
		for (len = 0; len <= 8; len++) {
			if (len == 4)
				continue;
			awtun_req_init(&req, commands[i], AWTUN_A_TRANSPORT);
			awtun_put(&req, AWTUN_TRANSPORT_A_FD, octets, len);
			REFUSED_FOR(AWTUN_TRANSPORT_A_FD, MALFORMED, &req,
				    "an fd of %u octets", len);
		}
	}
}

TEST_F(tunnel, more_than_a_socket_is_given)
{
	static const __u16 beyond[] = { AWTUN_TRANSPORT_A_PORT,
					AWTUN_TRANSPORT_A_LOCAL,
					AWTUN_TRANSPORT_A_MAX + 1, 1000 };
	static const __u8 octets[4] = { 1 };
	int fd = open_udp(AF_INET, PORT);
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, fd);
		awtun_put(&req, beyond[i], octets,
			  beyond[i] == AWTUN_TRANSPORT_A_PORT ? 2 : 4);
		REFUSED(MALFORMED, &req, "attribute %u", beyond[i]);
	}
	awtun_req_init(&req, AWTUN_CMD_TRANSPORT_GET, AWTUN_A_TRANSPORT);
	req.flags = NLM_F_DUMP;
	awtun_put_u32(&req, AWTUN_TRANSPORT_A_FD, fd);
	REFUSED(MALFORMED, &req, "dump of one");
}

TEST_F(tunnel, not_a_udp_socket)
{
	const int spare = 900;
	int pipes[2];
	struct awtun_req req;
	unsigned int i;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(spare, dup2(pipes[0], spare));
	close(spare);
	const struct {
		int fd;
		int err;
		const char *what;
	} bad[] = {
		{ spare, -EBADF, "closed" },
		{ -1, -EBADF, "-1" },
		{ 0x7fffffff, -EBADF, "beyond all" },
		{ pipes[0], -ENOTSOCK, "a pipe" },
		{ open("/", O_RDONLY), -ENOTSOCK, "a directory" },
		{ socket(AF_INET, SOCK_STREAM, 0), -EPROTOTYPE, "TCP" },
		{ socket(AF_INET6, SOCK_STREAM, 0), -EPROTOTYPE, "TCP, IPv6" },
		{ socket(AF_INET, SOCK_RAW, IPPROTO_UDP), -EPROTOTYPE, "raw" },
		{ socket(AF_INET, SOCK_RAW, IPPROTO_ESP), -EPROTOTYPE, "ESP" },
		{ socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), -EPROTOTYPE,
		  "UDP-Lite" },
		{ socket(AF_UNIX, SOCK_DGRAM, 0), -EPROTOTYPE, "local" },
		{ socket(AF_PACKET, SOCK_DGRAM, 0), -EPROTOTYPE, "packet" },
		{ self->nl.fd, -EPROTOTYPE, "netlink" },
	};

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, bad[i].fd);
		REFUSED_FOR(AWTUN_TRANSPORT_A_FD, bad[i].err, &req, "%s",
			    bad[i].what);
	}
	for (i = 0; i < 5; i++) {
		req_fd(&req, AWTUN_CMD_TRANSPORT_DEL, bad[i].fd);
		REFUSED_FOR(AWTUN_TRANSPORT_A_FD, bad[i].err, &req,
			    "%s, to be deleted", bad[i].what);
	}
}

TEST_F(tunnel, unbound_socket)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		req_fd(&req, AWTUN_CMD_TRANSPORT_ADD,
		       socket(families[i], SOCK_DGRAM, 0));
		REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -ENOTCONN, &req, "unbound");
	}
}

TEST_F(tunnel, socket_of_another_namespace)
{
	int here = open("/proc/thread-self/ns/net", O_RDONLY), fd;
	struct awtun_req req;

	ASSERT_LE(0, here);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	fd = open_udp(AF_INET, PORT);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, setns(here, CLONE_NEWNET));
	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, fd);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EXDEV, &req, "another namespace");
}

TEST_F(tunnel, socket_that_is_in_use)
{
	int fd = open_udp(AF_INET, PORT), xfrm = open_udp(AF_INET, PORT + 1);
	int type = UDP_ENCAP_ESPINUDP;
	struct awtun_req req;

	ASSERT_EQ(0, add(&self->nl, fd));
	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, fd);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "twice");
	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, dup(fd));
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "its duplicate");
	ASSERT_EQ(0, setsockopt(xfrm, IPPROTO_UDP, UDP_ENCAP, &type,
				sizeof(type)));
	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, xfrm);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "XFRM's");
}

/* The daemon that is being replaced, and the one that takes over. */
TEST_F(tunnel, two_sockets_on_one_port)
{
	int old = open_udp(AF_INET, PORT), new = open_udp(AF_INET, PORT);

	ASSERT_LE(0, old);
	ASSERT_LE(0, new);
	ASSERT_EQ(0, add(&self->nl, old));
	EXPECT_EQ(0, add(&self->nl, new)) TH_LOG("%s", self->nl.extack);
	EXPECT_EQ(2, count(&self->nl));
	close(old);
	EXPECT_EQ(1, wait_count(&self->nl, 1));
}

TEST_F(tunnel, socket_is_given_back)
{
	int fd = open_udp(AF_INET6, PORT);
	struct awtun_req req;
	unsigned int i;

	req_fd(&req, AWTUN_CMD_TRANSPORT_DEL, fd);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -ENOENT, &req, "never added");
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, add(&self->nl, fd)) TH_LOG("%s", self->nl.extack);
		EXPECT_EQ(1, count(&self->nl));
		ASSERT_EQ(0, del(&self->nl, fd)) TH_LOG("%s", self->nl.extack);
		EXPECT_EQ(0, count(&self->nl));
		REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -ENOENT, &req, "twice");
	}
}

static void lost_event(struct __test_metadata *_metadata,
		       struct awtun_nl *events, __u16 port, unsigned int len)
{
	struct awtun_notice notice;

	ASSERT_EQ(0, awtun_next_event(events, WAIT_MS, &notice));
	EXPECT_EQ(AWTUN_EVENT_TRANSPORT_LOST, notice.event);
	EXPECT_TRUE(notice.of_transport);
	EXPECT_EQ(port, notice.transport.port);
	EXPECT_EQ(len, notice.transport.local.len);
}

TEST_F(tunnel, closing_is_told_and_another_takes_its_place)
{
	struct awtun_nl events;
	unsigned int i;

	ASSERT_EQ(0, awtun_nl_open(&events));
	ASSERT_EQ(0, awtun_nl_subscribe(&events));
	for (i = 0; i < 3; i++) {
		int fd = open_udp(i % 2 ? AF_INET6 : AF_INET, PORT);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, add(&self->nl, fd)) TH_LOG("%s", self->nl.extack);
		close(fd);
		lost_event(_metadata, &events, PORT, i % 2 ? 16 : 4);
		EXPECT_EQ(0, count(&self->nl));
	}
	/* The SAs are all there. */
	EXPECT_EQ(2, awtun_sa_dump(&self->nl, 0, NULL, 0));
	awtun_nl_close(&events);
}

/* Given back, it is not lost. */
TEST_F(tunnel, closing_after_giving_back_is_not_told)
{
	int fd = open_udp(AF_INET, PORT);
	struct awtun_notice notice;
	struct awtun_nl events;

	ASSERT_EQ(0, awtun_nl_open(&events));
	ASSERT_EQ(0, awtun_nl_subscribe(&events));
	ASSERT_EQ(0, add(&self->nl, fd));
	ASSERT_EQ(0, del(&self->nl, fd));
	close(fd);
	EXPECT_EQ(-EAGAIN, awtun_next_event(&events, 100, &notice));
	awtun_nl_close(&events);
}

/* A daemon dies, and whoever its descriptors were closed by, it is told. */
TEST_F(tunnel, a_killed_process_loses_its_sockets)
{
	struct awtun_nl events;
	int ready[2], status;
	pid_t child;
	char octet;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, awtun_nl_open(&events));
	ASSERT_EQ(0, awtun_nl_subscribe(&events));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		struct awtun_nl nl;

		if (awtun_nl_open(&nl) || add(&nl, open_udp(AF_INET, PORT)) ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &octet, 1));
	EXPECT_EQ(1, count(&self->nl));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	lost_event(_metadata, &events, PORT, 4);
	EXPECT_EQ(0, count(&self->nl));
	awtun_nl_close(&events);
}

TEST_F(tunnel, as_many_as_there_may_be)
{
	int fds[LIMIT + 1];
	struct awtun_req req;
	unsigned int i;

	for (i = 0; i <= LIMIT; i++) {
		fds[i] = open_udp(AF_INET, PORT + i);
		ASSERT_LE(0, fds[i]);
		if (i < LIMIT)
			ASSERT_EQ(0, add(&self->nl, fds[i]));
	}
	EXPECT_EQ(LIMIT, count(&self->nl));
	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, fds[LIMIT]);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -ENOSPC, &req, "one more");
	close(fds[7]);
	EXPECT_EQ(LIMIT - 1, wait_count(&self->nl, LIMIT - 1));
	EXPECT_EQ(0, add(&self->nl, fds[LIMIT]));
}

TEST_F(tunnel, namespaces_have_their_own)
{
	int fd = open_udp(AF_INET, PORT);
	struct awtun_nl nl;

	ASSERT_EQ(0, add(&self->nl, fd));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, awtun_nl_open(&nl));
	EXPECT_EQ(0, count(&nl));
	EXPECT_EQ(0, add(&nl, open_udp(AF_INET, PORT)));
	EXPECT_EQ(1, count(&nl));
	EXPECT_EQ(1, count(&self->nl));
	awtun_nl_close(&nl);
}

/* What the owner of a socket can do to it */

static int encap(int fd, int type)
{
	return setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type));
}

static int udp_flag(int fd, int option)
{
	int on = 1;

	return setsockopt(fd, IPPROTO_UDP, option, &on, sizeof(on));
}

static int connect_to(int fd, int family)
{
	struct sockaddr_in to = { .sin_family = family,
				  .sin_port = htons(PORT + 1),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return connect(fd, (void *)&to, sizeof(to));
}

static int send_fd(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 }, octet = 0;
	struct iovec iov = { .iov_base = &octet, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(to, &msg, 0) == 1 ? 0 : -1;
}

static int does_nothing(int fd)
{
	(void)fd;
	return 0;
}

static int clears_encap(int fd)
{
	return encap(fd, 0);
}

static int gives_it_to_xfrm(int fd)
{
	return encap(fd, UDP_ENCAP_ESPINUDP);
}

static int gives_it_to_xfrm_and_clears(int fd)
{
	return encap(fd, UDP_ENCAP_ESPINUDP) || encap(fd, 0);
}

static int says_l2tp(int fd)
{
	return encap(fd, UDP_ENCAP_L2TPINUDP);
}

static int aggregates(int fd)
{
	return udp_flag(fd, UDP_GRO);
}

static int corks(int fd)
{
	return udp_flag(fd, UDP_CORK) || connect_to(fd, AF_INET) ||
	       send(fd, "x", 1, 0) != 1;
}

static int connects_and_leaves(int fd)
{
	return connect_to(fd, AF_INET) || connect_to(fd, AF_UNSPEC) ||
	       encap(fd, 0);
}

static int shuts_it_down(int fd)
{
	return connect_to(fd, AF_INET) || shutdown(fd, SHUT_RDWR) ||
	       encap(fd, 0);
}

/* On its way in a message that nobody receives. */
static int leaves_it_in_flight(int fd)
{
	int pair[2];

	return encap(fd, 0) || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	       send_fd(pair[0], fd) || close(fd);
}

/* Its last descriptor is that of a process in another namespace. */
static int leaves_it_elsewhere(int fd)
{
	return encap(fd, 0) || unshare(CLONE_NEWNET);
}

static int gives_back_what_it_cleared(int fd)
{
	struct awtun_nl nl;

	return encap(fd, 0) || awtun_nl_open(&nl) || del(&nl, fd);
}

static int adds_it_again(int fd)
{
	struct awtun_nl nl;

	return awtun_nl_open(&nl) || del(&nl, fd) || add(&nl, fd) ||
	       encap(fd, 0);
}

static const struct {
	const char *what;
	int (*act)(int fd);
} owners[] = {
	{ "does nothing", does_nothing },
	{ "clears UDP_ENCAP", clears_encap },
	{ "gives it to XFRM", gives_it_to_xfrm },
	{ "gives it to XFRM and clears", gives_it_to_xfrm_and_clears },
	{ "says L2TP", says_l2tp },
	{ "sets UDP_GRO", aggregates },
	{ "corks it", corks },
	{ "connects and disconnects", connects_and_leaves },
	{ "shuts it down", shuts_it_down },
	{ "leaves it in a message", leaves_it_in_flight },
	{ "leaves it in another namespace", leaves_it_elsewhere },
	{ "gives it back", gives_back_what_it_cleared },
	{ "gives it back and adds it again", adds_it_again },
};

static int module_users(void)
{
	FILE *f = fopen("/sys/module/awtun/refcnt", "r");
	int users = -1;

	if (f && fscanf(f, "%d", &users) != 1)
		users = -1;
	if (f)
		fclose(f);
	return users;
}

/* One end of a veth is here, the other where only its namespace keeps it. */
static bool namespace_lives(const char *link)
{
	return if_nametoindex(link);
}

/* A program would have no capabilities. */
static int loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = ioctl(fd, SIOCSIFFLAGS, &ifr);

	close(fd);
	return err;
}

/* An ordinary user with a namespace of its own; 0 when it went as planned. */
static int be_an_owner(int (*act)(int fd), int in, int out)
{
	struct awtun_nl nl;
	char octet;
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || write(out, "", 1) != 1 ||
	    read(in, &octet, 1) != 1 || loopback_up() || awtun_nl_open(&nl))
		return 1;
	fd = open_udp(AF_INET, PORT);
	if (fd < 0 || add(&nl, fd))
		return 2;
	return act(fd) ? 3 : 0;
}

TEST(nothing_is_left_of_a_socket)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	int to[2], from[2], status, users;
	unsigned int i, waited;
	char command[128], octet;
	pid_t child;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		users = module_users();
		ASSERT_LE(0, users);
		ASSERT_EQ(0, pipe(to));
		ASSERT_EQ(0, pipe(from));
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(be_an_owner(owners[i].act, to[0], from[1]));
		ASSERT_EQ(1, read(from[0], &octet, 1));
		snprintf(command, sizeof(command),
			 "ip link add here%u type veth peer name there netns %d",
			 i, child);
		ASSERT_EQ(0, run(command));
		ASSERT_EQ(1, write(to[1], "", 1));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status) TH_LOG("%s", owners[i].what);
		snprintf(command, sizeof(command), "here%u", i);
		for (waited = 0; waited < WAIT_MS &&
		     (namespace_lives(command) || module_users() != users);
		     waited += 5)
			nanosleep(&pause, NULL);
		EXPECT_FALSE(namespace_lives(command))
			TH_LOG("%s: the namespace stays", owners[i].what);
		EXPECT_EQ(users, module_users())
			TH_LOG("%s: the module is in use", owners[i].what);
		close(to[0]);
		close(to[1]);
		close(from[0]);
		close(from[1]);
	}
}

#define L2TP_TUNNEL 7

static int call_l2tp(struct awtun_req *req)
{
	struct awtun_nl nl;
	int err;

	err = awtun_nl_open_family(&nl, L2TP_GENL_NAME);
	if (err)
		return err;
	err = call(&nl, req);
	awtun_nl_close(&nl);
	return err;
}

/* To which an L2TPv2 tunnel has been given; -errno. */
static int give_to_l2tp(int fd)
{
	struct awtun_req req;

	awtun_req_init(&req, L2TP_CMD_TUNNEL_CREATE, 0);
	awtun_put_u32(&req, L2TP_ATTR_CONN_ID, L2TP_TUNNEL);
	awtun_put_u32(&req, L2TP_ATTR_PEER_CONN_ID, 8);
	awtun_put_u8(&req, L2TP_ATTR_PROTO_VERSION, 2);
	awtun_put_u16(&req, L2TP_ATTR_ENCAP_TYPE, L2TP_ENCAPTYPE_UDP);
	awtun_put_u32(&req, L2TP_ATTR_FD, fd);
	return call_l2tp(&req);
}

static int take_from_l2tp(void)
{
	struct awtun_req req;

	awtun_req_init(&req, L2TP_CMD_TUNNEL_DELETE, 0);
	awtun_put_u32(&req, L2TP_ATTR_CONN_ID, L2TP_TUNNEL);
	return call_l2tp(&req);
}

/* Newer kernels keep only encap_destroy of it once encap_type is cleared, which
 * two cannot have.
 */
TEST_F(tunnel, a_socket_of_l2tp)
{
	int fd = open_udp(AF_INET, PORT);
	struct awtun_req req;

	run("modprobe -q l2tp_netlink");
	if (give_to_l2tp(fd))
		SKIP(return, "no L2TP");
	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, fd);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "L2TP's");
	ASSERT_EQ(0, clears_encap(fd));
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "L2TP's, cleared");

	/* Or L2TP of Linux 6.1 would keep the namespace for ever. */
	ASSERT_EQ(0, take_from_l2tp());
}

/* A page that is not there, and of which only we know when it comes. */
static void *absent_page(int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	size_t size = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (*uffd < 0 || page == MAP_FAILED || ioctl(*uffd, UFFDIO_API, &api))
		return NULL;
	reg.range.start = (unsigned long)page;
	reg.range.len = size;
	return ioctl(*uffd, UFFDIO_REGISTER, &reg) ? NULL : page;
}

struct stuck {
	int fd;
	const void *page;
};

static void *send_page(void *arg)
{
	const struct stuck *stuck = arg;

	send(stuck->fd, stuck->page, 64, 0);
	return NULL;
}

/* The lock of its socket is the owner's to keep, and every request of the
 * machine would wait with ours.
 */
TEST_F(tunnel, a_socket_whose_owner_keeps_it_locked)
{
	int fd = open_udp(AF_INET, PORT), uffd;
	struct stuck stuck = { .fd = fd, .page = absent_page(&uffd) };
	struct pollfd fault = { .fd = uffd, .events = POLLIN };
	struct awtun_req req;
	pthread_t thread;

	if (!stuck.page)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, run("ip link set lo up"));
	ASSERT_EQ(0, connect_to(fd, AF_INET));
	ASSERT_EQ(0, udp_flag(fd, UDP_CORK));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_page, &stuck));
	ASSERT_EQ(1, poll(&fault, 1, WAIT_MS));

	req_fd(&req, AWTUN_CMD_TRANSPORT_ADD, fd);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "to be added");
	req_fd(&req, AWTUN_CMD_TRANSPORT_DEL, fd);
	REFUSED_FOR(AWTUN_TRANSPORT_A_FD, -EBUSY, &req, "to be deleted");
	close(uffd);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, add(&self->nl, fd)) TH_LOG("%s", self->nl.extack);
}

int main(int argc, char **argv)
{
	return refusal_main(argc, argv);
}
