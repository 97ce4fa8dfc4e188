// SPDX-License-Identifier: GPL-2.0-only
/*
 * flows - a bounded amount of traffic both ways, octet by octet.
 *
 * One process has a socket in each of two network namespaces, so it knows what
 * has to arrive. It gives up when nothing moves any more.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define PORT		7000
#define CHUNK		65536
#define STALL_MS	10000
#define PATIENCE_MS	300	/* for a datagram that may be lost */
#define TRIES		20
#define EXIT_USAGE	255

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#define UDP_GRO		104
#endif

static const char usage[] =
	"usage: flows NETNS_A ADDRESS_A NETNS_B ADDRESS_B COMMAND...\n"
	"  tcp OCTETS        a connection from A to B, so many octets each way\n"
	"  segments SIZE N   datagrams of SIZE octets each way, N at once (GSO);\n"
	"                    prints the most octets that arrived at once\n"
	"  fit               the largest packet from A to B that may not be\n"
	"                    fragmented, as path MTU discovery finds it; prints it\n"
	"  size OCTETS       a packet of this size from A to B, with DF (IPv4)\n";

struct end {
	const char *netns;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int fd;
};

static int complain(const char *what)
{
	fprintf(stderr, "flows: %s: %s\n", what, strerror(errno));
	return 1;
}

static int set_address(struct end *end, const char *address)
{
	struct sockaddr_in *in = (void *)&end->addr;
	struct sockaddr_in6 *in6 = (void *)&end->addr;
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;

	end->addr.ss_family = family;
	end->addr_len = family == AF_INET ? sizeof(*in) : sizeof(*in6);
	/* The port is at the same place in both families' addresses. */
	in->sin_port = htons(PORT);
	return inet_pton(family, address, family == AF_INET ?
			 (void *)&in->sin_addr : (void *)&in6->sin6_addr) == 1 ?
	       0 : -1;
}

static int open_end(struct end *end, int type)
{
	int home = awtun_netns_enter(end->netns), on = 1;

	if (home < 0)
		return complain(end->netns);
	end->fd = socket(end->addr.ss_family,
			 type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (awtun_netns_leave(home) || end->fd < 0)
		return complain("socket");
	setsockopt(end->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(end->fd, (void *)&end->addr, end->addr_len))
		return complain("bind");
	return 0;
}

static bool ready(int fd, short events, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, timeout_ms) == 1;
}

/* The octet at a place in the stream of one direction. */
static __u8 pattern(size_t at, __u8 direction)
{
	return at * 7 + at / 251 + direction;
}

static void fill(__u8 *data, size_t len, size_t at, __u8 direction)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = pattern(at + i, direction);
}

static bool is_pattern(const __u8 *data, size_t len, size_t at,
		       __u8 direction)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] != pattern(at + i, direction))
			return false;
	return true;
}

/* TCP */

static int connect_ends(struct end *a, struct end *b)
{
	int listener = b->fd;

	if (listen(listener, 1))
		return complain("listen");
	if (connect(a->fd, (void *)&b->addr, b->addr_len) &&
	    errno != EINPROGRESS)
		return complain("connect");
	errno = ETIMEDOUT;
	if (!ready(listener, POLLIN, STALL_MS))
		return complain("accept");
	b->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	close(listener);
	return b->fd < 0 ? complain("accept") : 0;
}

static int stream(const struct end *from, const struct end *to, size_t octets,
		  __u8 direction)
{
	static __u8 out[CHUNK], in[CHUNK];
	size_t sent = 0, got = 0;
	ssize_t n;

	while (got < octets) {
		size_t len = octets - sent < CHUNK ? octets - sent : CHUNK;

		fill(out, len, sent, direction);
		n = len ? send(from->fd, out, len, MSG_NOSIGNAL) : 0;
		sent += n > 0 ? n : 0;
		errno = ETIMEDOUT;
		if (!ready(to->fd, POLLIN, STALL_MS)) {
			fprintf(stderr, "flows: %zu of %zu octets, ", got,
				octets);
			return complain("stalled");
		}
		n = recv(to->fd, in, sizeof(in), 0);
		if (n <= 0)
			return complain("recv");
		if (!is_pattern(in, n, got, direction)) {
			fprintf(stderr, "flows: wrong between %zu and %zu\n",
				got, got + n);
			return 1;
		}
		got += n;
	}
	return 0;
}

static int cmd_tcp(struct end *a, struct end *b, char **argv)
{
	size_t octets = strtoul(argv[0], NULL, 0);

	if (open_end(a, SOCK_STREAM) || open_end(b, SOCK_STREAM) ||
	    connect_ends(a, b))
		return 1;
	return stream(a, b, octets, 1) || stream(b, a, octets, 2);
}

/* UDP in large packets, to be cut by the kernel */

static int segments_one_way(const struct end *from, const struct end *to,
			    size_t size, size_t total, size_t *most)
{
	static __u8 data[CHUNK];
	int segment = size;
	size_t got = 0;
	ssize_t n;

	if (setsockopt(from->fd, SOL_UDP, UDP_SEGMENT, &segment,
		       sizeof(segment)))
		return complain("UDP_SEGMENT");
	fill(data, total, 0, 3);
	if (sendto(from->fd, data, total, 0, (void *)&to->addr,
		   to->addr_len) != (ssize_t)total)
		return complain("sendto");
	while (got < total) {
		errno = ETIMEDOUT;
		if (!ready(to->fd, POLLIN, STALL_MS))
			return complain("a datagram is missing");
		n = recv(to->fd, data, sizeof(data), 0);
		if (n <= 0 || !is_pattern(data, n, got, 3)) {
			fprintf(stderr, "flows: wrong after %zu\n", got);
			return 1;
		}
		*most = (size_t)n > *most ? (size_t)n : *most;
		got += n;
	}
	return 0;
}

static int cmd_segments(struct end *a, struct end *b, char **argv)
{
	size_t size = strtoul(argv[0], NULL, 0), most = 0;
	size_t total = size * strtoul(argv[1], NULL, 0);
	int on = 1;

	if (total > CHUNK || open_end(a, SOCK_DGRAM) ||
	    open_end(b, SOCK_DGRAM))
		return 1;
	if (setsockopt(a->fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) ||
	    setsockopt(b->fd, SOL_UDP, UDP_GRO, &on, sizeof(on)))
		return complain("UDP_GRO");
	if (segments_one_way(a, b, size, total, &most) ||
	    segments_one_way(b, a, size, total, &most))
		return 1;
	printf("%zu\n", most);
	return 0;
}

/* UDP that may not be fragmented on its way */

static int open_unfragmented(struct end *a, struct end *b)
{
	int always = IP_PMTUDISC_DO;

	if (open_end(a, SOCK_DGRAM) || open_end(b, SOCK_DGRAM))
		return 1;
	if (a->addr.ss_family == AF_INET ?
	    setsockopt(a->fd, SOL_IP, IP_MTU_DISCOVER, &always,
		       sizeof(always)) :
	    setsockopt(a->fd, SOL_IPV6, IPV6_MTU_DISCOVER, &always,
		       sizeof(always)))
		return complain("MTU_DISCOVER");
	/* Only a connected socket knows the MTU of its path. */
	if (connect(a->fd, (void *)&b->addr, b->addr_len))
		return complain("connect");
	return 0;
}

static size_t headers(const struct end *end)
{
	return (end->addr.ss_family == AF_INET ? 20 : 40) + 8;
}

/* What the kernel holds for the MTU of the path at present. */
static int known_mtu(const struct end *a)
{
	bool ip4 = a->addr.ss_family == AF_INET;
	socklen_t len = sizeof(int);
	int mtu = -1;

	getsockopt(a->fd, ip4 ? SOL_IP : SOL_IPV6, ip4 ? IP_MTU : IPV6_MTU,
		   &mtu, &len);
	return mtu;
}

static bool arrives_whole(const struct end *a, const struct end *b,
			  size_t packet)
{
	size_t len = packet - headers(a);
	static __u8 data[CHUNK];

	fill(data, len, packet, 4);
	if (send(a->fd, data, len, 0) != (ssize_t)len)
		return false;
	return ready(b->fd, POLLIN, PATIENCE_MS) &&
	       recv(b->fd, data, sizeof(data), 0) == (ssize_t)len &&
	       is_pattern(data, len, packet, 4);
}

static int cmd_fit(struct end *a, struct end *b, char **argv)
{
	int i, mtu = -1;

	(void)argv;

	if (open_unfragmented(a, b))
		return 1;
	for (i = 0; i < TRIES; i++) {
		mtu = known_mtu(a);
		if (mtu > (int)headers(a) && arrives_whole(a, b, mtu)) {
			printf("%d\n", mtu);
			return 0;
		}
	}
	fprintf(stderr, "flows: still lost at %d octets\n", mtu);
	return 1;
}

static int cmd_size(struct end *a, struct end *b, char **argv)
{
	size_t packet = strtoul(argv[0], NULL, 0);

	if (packet < headers(a) || packet > CHUNK || open_unfragmented(a, b))
		return 1;
	return arrives_whole(a, b, packet) ? 0 : complain("not arrived");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*run)(struct end *a, struct end *b, char **argv);
	} commands[] = {
		{ "tcp", 1, cmd_tcp },
		{ "segments", 2, cmd_segments },
		{ "fit", 0, cmd_fit },
		{ "size", 1, cmd_size },
	};
	struct end a = { 0 }, b = { 0 };
	unsigned int i;

	for (i = 0; argc > 5 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[5], commands[i].name) ||
		    argc != 6 + commands[i].arguments)
			continue;
		a.netns = argv[1];
		b.netns = argv[3];
		if (set_address(&a, argv[2]) || set_address(&b, argv[4]))
			break;
		return commands[i].run(&a, &b, argv + 6);
	}
	fputs(usage, stderr);
	return EXIT_USAGE;
}
