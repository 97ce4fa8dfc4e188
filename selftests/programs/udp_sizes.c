// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp_sizes - UDP payloads of every size there and back, byte for byte.
 *
 * One process has a socket in each of two network namespaces. A datagram of
 * each size goes from A to B with one pattern and from B to A with another,
 * and is never sent twice: a lost or changed one is a failure.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/types.h>

#define PORT		7
#define SIZE_MAX_UDP	65507
#define TIMEOUT_MS	10000
#define FAILURES_MAX	3

static const char usage[] =
	"usage: udp_sizes [-l] NETNS_A ADDRESS_A NETNS_B ADDRESS_B FIRST LAST [STEP]\n"
	"  every STEP-th size from FIRST to LAST, and LAST\n"
	"  -l  over and over, until one is lost\n";

struct end {
	const char *name;
	int fd;
	struct sockaddr_storage addr;
	socklen_t addr_len;
};

static unsigned long round_trips;

static int enter_netns(const char *name)
{
	char path[256];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s",
		 strchr(name, '/') ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = setns(fd, CLONE_NEWNET);
	close(fd);
	return err;
}

static int set_address(struct end *end, const char *address)
{
	struct sockaddr_in *in = (void *)&end->addr;
	struct sockaddr_in6 *in6 = (void *)&end->addr;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(PORT);
		end->addr_len = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(PORT);
		end->addr_len = sizeof(*in6);
		return 0;
	}
	errno = EINVAL;
	return -1;
}

static int open_end(struct end *end, const char *netns, const char *address)
{
	end->name = netns;
	if (set_address(end, address) || enter_netns(netns))
		return -1;
	end->fd = socket(end->addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (end->fd < 0)
		return -1;
	return bind(end->fd, (void *)&end->addr, end->addr_len);
}

/* A different octet at every place, for every size, in either direction. */
static void fill(__u8 *data, size_t size, __u32 seed)
{
	__u32 x = (seed + 1) * 2654435761u ^ (__u32)size;
	size_t i;

	for (i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		data[i] = x >> 24;
	}
}

static bool wait_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, TIMEOUT_MS) == 1;
}

static bool one_way(const struct end *from, const struct end *to, size_t size,
		    __u32 seed)
{
	static __u8 sent[SIZE_MAX_UDP], got[SIZE_MAX_UDP + 1];
	ssize_t n;

	fill(sent, size, seed);
	if (sendto(from->fd, sent, size, 0, (const void *)&to->addr,
		   to->addr_len) != (ssize_t)size) {
		printf("size %zu: %s: send: %s\n", size, from->name,
		       strerror(errno));
		return false;
	}
	if (!wait_readable(to->fd)) {
		printf("size %zu: from %s: lost\n", size, from->name);
		return false;
	}
	n = recv(to->fd, got, sizeof(got), 0);
	if (n != (ssize_t)size) {
		printf("size %zu: from %s: %zd octets arrived\n", size,
		       from->name, n);
		return false;
	}
	if (memcmp(sent, got, size)) {
		printf("size %zu: from %s: changed\n", size, from->name);
		return false;
	}
	return true;
}

/* Every step-th size and the last; the count of those that failed. */
static unsigned int all_sizes(const struct end *a, const struct end *b,
			      size_t first, size_t last, size_t step)
{
	unsigned int failures = 0;
	size_t size = first;

	while (size <= last && failures < FAILURES_MAX) {
		__u32 seed = 2 * round_trips;

		if (one_way(a, b, size, seed) && one_way(b, a, size, seed + 1))
			round_trips++;
		else
			failures++;
		if (size == last)
			break;
		size = size + step > last ? last : size + step;
	}
	return failures;
}

int main(int argc, char **argv)
{
	struct end a = { 0 }, b = { 0 };
	unsigned int failures;
	bool loop = argc > 1 && !strcmp(argv[1], "-l");
	size_t first, last, step;

	argc -= loop;
	argv += loop;
	if (argc < 7) {
		fputs(usage, stderr);
		return 255;
	}
	first = strtoul(argv[5], NULL, 0);
	last = strtoul(argv[6], NULL, 0);
	step = argc > 7 ? strtoul(argv[7], NULL, 0) : 1;
	if (!step || last > SIZE_MAX_UDP) {
		fputs(usage, stderr);
		return 255;
	}
	if (open_end(&a, argv[1], argv[2]) || open_end(&b, argv[3], argv[4])) {
		perror("udp_sizes");
		return 1;
	}
	do {
		failures = all_sizes(&a, &b, first, last, step);
	} while (loop && !failures);
	printf("%lu round trips\n", round_trips);
	return failures ? 1 : 0;
}
