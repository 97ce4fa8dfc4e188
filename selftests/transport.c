// SPDX-License-Identifier: GPL-2.0-only
/* The UDP sockets that ESP is taken out of, on the netlink interface. */
#define _GNU_SOURCE
#include "refusal.h"

#include <linux/udp.h>
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

int main(int argc, char **argv)
{
	return refusal_main(argc, argv);
}
