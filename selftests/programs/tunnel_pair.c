// SPDX-License-Identifier: GPL-2.0-only
/*
 * tunnel_pair - two tunnels of the same name in two network namespaces: their
 * endpoints, their SAs, the replacement of these, and whether traffic arrives.
 *
 * SAs are replaced in the order of a rekey: inbound SAs, outbound SAs,
 * activation, and the old SAs go when the last packet under them has arrived.
 * Keys are random.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define WINDOW		1024	/* packets */
#define POLL_NS		2000000
#define POLLS_MAX	10000	/* 20 seconds and more */
#define POLLS_QUIET	3	/* without a change: nothing is under way */
#define OLD_MAX		64	/* pairs of SAs that wait to be idle */
#define SAS_MAX		(2 * (OLD_MAX + 2))	/* of a router then */
#define EXIT_USAGE	255

static const char usage[] =
	"usage: tunnel_pair IFNAME NETNS_A NETNS_B COMMAND...\n"
	"  ends {ipv4|ipv6} ADDRESS_A ADDRESS_B\n"
	"  switch SUITE COUNT    new SAs, COUNT times; waits for the carrier\n"
	"  pace SUITE MS SECONDS new SAs every so many milliseconds, for so long\n"
	"  encap SUITE PORT      new SAs in UDP between this port of both\n"
	"  traffic PACKETS       waits until so many came by the inbound SAs\n";

struct router {
	const char *netns;
	struct awtun_nl nl;
	int fd;			/* any socket of the namespace */
	struct ifreq ifr;	/* has the name */
	__u32 ifindex;
	__u32 out_spi;	/* of the active SA; 0: none */
};

static void pause_between_polls(void)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	nanosleep(&pause, NULL);
}

static int complain(const struct router *router, const char *what, int err)
{
	if (err)
		fprintf(stderr, "tunnel_pair: %s: %s: %s: %s\n", router->netns,
			what, strerror(-err), router->nl.extack);
	return err;
}

static int find_tunnel(struct router *router)
{
	struct awtun_tunnel tunnel;
	int err = awtun_tunnel_find(&router->nl, router->ifr.ifr_name,
				    &tunnel);

	if (!err)
		router->ifindex = tunnel.ifindex;
	return err;
}

/* The SAs of the tunnel; their number, or -errno. */
static int dump_sas(struct router *router, struct awtun_sa *sas)
{
	int n = awtun_sa_dump(&router->nl, router->ifindex, sas, SAS_MAX);

	return n < SAS_MAX ? n : SAS_MAX;
}

static int find_active(struct router *router)
{
	struct awtun_sa sas[SAS_MAX];
	int i, n = dump_sas(router, sas);

	for (i = 0; i < n; i++)
		if (sas[i].active)
			router->out_spi = sas[i].spi;
	return n < 0 ? n : 0;
}

static int open_router(struct router *router, const char *netns,
		       const char *ifname)
{
	int err, home = awtun_netns_enter(netns);

	router->netns = netns;
	strncpy(router->ifr.ifr_name, ifname, IFNAMSIZ - 1);
	if (home < 0)
		return complain(router, "namespace", home);
	router->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = awtun_nl_open(&router->nl);
	if (awtun_netns_leave(home) || router->fd < 0)
		abort();
	if (!err)
		err = find_tunnel(router);
	if (!err)
		err = find_active(router);
	return complain(router, "open", err);
}

static __u16 encap_port;	/* 0: not in UDP */

static int add_sa(struct router *router, __u32 dir, __u32 spi,
		  const struct awtun_suite *suite, const __u8 *keymat)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, router->ifindex, dir, spi, suite, keymat,
			 dir == AWTUN_DIR_IN ? WINDOW : 0);
	if (dir == AWTUN_DIR_OUT && encap_port)
		awtun_put_encap(&req, encap_port, encap_port);
	return complain(router, "sa-add",
			awtun_call(&router->nl, &req, NULL, NULL));
}

static int sa_do(struct router *router, __u8 cmd, __u32 dir,
		 __u32 spi)
{
	return complain(router, cmd == AWTUN_CMD_SA_DEL ?
			"sa-del" : "sa-activate",
			awtun_sa_do(&router->nl, cmd, router->ifindex, dir,
				    spi));
}

/*
 * Whether @to has received all that @from sent under the SA @spi: 1 or 0, or
 * -errno. A late packet may arrive after the highest number.
 */
static int drained(struct router *from, struct router *to, __u32 spi, bool tell)
{
	struct awtun_sa out, in;
	int err;

	err = awtun_sa_get(&from->nl, from->ifindex, AWTUN_DIR_OUT, spi, &out);
	if (err)
		return complain(from, "sa-get", err);
	err = awtun_sa_get(&to->nl, to->ifindex, AWTUN_DIR_IN, spi, &in);
	if (err)
		return complain(to, "sa-get", err);
	if (tell)
		fprintf(stderr,
			"tunnel_pair: SPI 0x%x: %llu packets sent (sequence number %llu), %llu arrived (%llu)\n",
			spi, out.packets, out.seq, in.packets, in.seq);
	return out.packets == in.packets && out.seq == in.seq;
}

/*
 * A sender that has chosen an SA and not numbered its packets yet does not
 * show in the counters: a whole GSO packet, when its processor is taken away.
 * It is an RCU reader, and after this all such of before are through.
 */
static int await_senders(const struct router *router)
{
	int err = syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ?
		  -errno : 0;

	return complain(router, "membarrier", err);
}

static int drain(struct router *from, struct router *to, __u32 spi)
{
	int i, quiet = 0;

	for (i = 0; i < POLLS_MAX; i++) {
		int idle = drained(from, to, spi, false);

		if (idle < 0)
			return idle;
		quiet = idle ? quiet + 1 : 0;
		if (quiet == POLLS_QUIET)
			return 0;
		pause_between_polls();
	}
	drained(from, to, spi, true);
	return -ENODATA;
}

static int del_pair(struct router *from, struct router *to, __u32 spi)
{
	return sa_do(from, AWTUN_CMD_SA_DEL, AWTUN_DIR_OUT, spi) ?:
	       sa_do(to, AWTUN_CMD_SA_DEL, AWTUN_DIR_IN, spi);
}

/* Takes the old SAs of one direction away, once they are idle. */
static int retire(struct router *from, struct router *to, __u32 new_spi)
{
	int err = 0;

	if (from->out_spi) {
		err = drain(from, to, from->out_spi);
		if (!err)
			err = del_pair(from, to, from->out_spi);
	}
	from->out_spi = new_spi;
	return err;
}

static __u32 new_spi(const struct router *router)
{
	__u32 spi;

	do {
		if (getrandom(&spi, sizeof(spi), 0) != sizeof(spi))
			abort();
	} while (spi < 256 || spi == router->out_spi);
	return spi;
}

/* New SAs from @a to @b under the SPI @ab, and @ba for the way back. */
static int renew(struct router *a, struct router *b,
		 const struct awtun_suite *suite, __u32 ab, __u32 ba)
{
	__u8 keymat[2][AWTUN_KEYMAT_MAX];

	if (getrandom(keymat, sizeof(keymat), 0) != sizeof(keymat))
		abort();
	return add_sa(b, AWTUN_DIR_IN, ab, suite, keymat[0]) ?:
	       add_sa(a, AWTUN_DIR_IN, ba, suite, keymat[1]) ?:
	       add_sa(a, AWTUN_DIR_OUT, ab, suite, keymat[0]) ?:
	       add_sa(b, AWTUN_DIR_OUT, ba, suite, keymat[1]) ?:
	       sa_do(a, AWTUN_CMD_SA_ACTIVATE, AWTUN_DIR_OUT, ab) ?:
	       sa_do(b, AWTUN_CMD_SA_ACTIVATE, AWTUN_DIR_OUT, ba);
}

static int replace(struct router *a, struct router *b,
		   const struct awtun_suite *suite)
{
	__u32 ab = new_spi(a), ba = new_spi(b);

	if (renew(a, b, suite, ab, ba) || await_senders(a))
		return -1;
	return retire(a, b, ab) || retire(b, a, ba) ? -1 : 0;
}

/* Up and with a carrier, and its queue opened after that. */
static int wait_running(struct router *router)
{
	int i;

	for (i = 0; i < POLLS_MAX; i++) {
		if (ioctl(router->fd, SIOCGIFFLAGS, &router->ifr))
			return complain(router, "flags", -errno);
		if (router->ifr.ifr_flags & IFF_RUNNING)
			return 0;
		pause_between_polls();
	}
	return complain(router, "carrier", -ETIMEDOUT);
}

static int cmd_switch(struct router *a, struct router *b, char **argv)
{
	const struct awtun_suite *suite = awtun_suite(argv[0]);
	unsigned long i, count = strtoul(argv[1], NULL, 0);

	if (!suite) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	for (i = 0; i < count; i++) {
		if (replace(a, b, suite)) {
			fprintf(stderr, "tunnel_pair: stopped at %lu of %lu\n",
				i + 1, count);
			return 1;
		}
	}
	return wait_running(a) || wait_running(b);
}

/* Replacement at a pace: the old SAs are waited for beside it. */

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

struct old {
	__u32 ab;
	__u32 ba;
	unsigned int quiet;
};

struct olds {
	struct old ring[OLD_MAX];
	unsigned int first;
	unsigned int n;
};

/* Looks once at the oldest, and takes it away when it has been idle. */
static int retire_oldest(struct router *a, struct router *b, struct olds *olds)
{
	struct old *old = &olds->ring[olds->first % OLD_MAX];
	int ab, ba;

	if (!olds->n)
		return 0;
	ab = drained(a, b, old->ab, false);
	ba = drained(b, a, old->ba, false);
	if (ab < 0 || ba < 0)
		return -1;
	old->quiet = ab && ba ? old->quiet + 1 : 0;
	if (old->quiet < POLLS_QUIET)
		return 0;
	olds->first++;
	olds->n--;
	return del_pair(a, b, old->ab) ?: del_pair(b, a, old->ba);
}

static int renew_at_pace(struct router *a, struct router *b,
			 const struct awtun_suite *suite, struct olds *olds)
{
	__u32 ab = new_spi(a), ba = new_spi(b);
	int err = renew(a, b, suite, ab, ba);

	if (err)
		return err;
	olds->ring[(olds->first + olds->n++) % OLD_MAX] = (struct old){
		.ab = a->out_spi, .ba = b->out_spi,
	};
	a->out_spi = ab;
	b->out_spi = ba;
	return 0;
}

/* All that are left. A slow machine may take its time, as long as they get
 * fewer.
 */
static int retire_all(struct router *a, struct router *b, struct olds *olds)
{
	const __u64 patience = POLLS_MAX * (POLL_NS / 1000000);
	__u64 end = now_ms() + patience;
	unsigned int left = olds->n;
	const struct old *old;

	while (olds->n && now_ms() < end) {
		if (retire_oldest(a, b, olds))
			return -1;
		if (olds->n < left)
			end = now_ms() + patience;
		left = olds->n;
		pause_between_polls();
	}
	if (!olds->n)
		return 0;
	old = &olds->ring[olds->first % OLD_MAX];
	drained(a, b, old->ab, true);
	drained(b, a, old->ba, true);
	return -1;
}

/* Of both there are SAs already. */
static int cmd_pace(struct router *a, struct router *b, char **argv)
{
	const struct awtun_suite *suite = awtun_suite(argv[0]);
	unsigned long every = strtoul(argv[1], NULL, 0), count = 0;
	__u64 start = now_ms(), next = start, now;
	struct olds olds = { .n = 0 };

	if (!suite || !every || !a->out_spi || !b->out_spi) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	while ((now = now_ms()) < start + strtoul(argv[2], NULL, 0) * 1000) {
		if (now < next || olds.n == OLD_MAX) {
			if (retire_oldest(a, b, &olds))
				return 1;
			if (now_ms() < next)
				pause_between_polls();
			continue;
		}
		if (renew_at_pace(a, b, suite, &olds))
			return 1;
		count++;
		/* What cannot be kept is not made up for. */
		next = next + every > now ? next + every : now;
	}
	printf("%lu replacements in %llu ms\n", count, now - start);
	return retire_all(a, b, &olds) ? 1 : 0;
}

static int cmd_encap(struct router *a, struct router *b, char **argv)
{
	char *once[2] = { argv[0], "1" };

	encap_port = strtoul(argv[1], NULL, 0);
	return cmd_switch(a, b, once);
}

static int set_ends(struct router *router, __u32 mode, const void *local,
		    const void *remote)
{
	struct awtun_req req;

	awtun_req_tunnel_set(&req, router->ifindex, mode, local, remote);
	return complain(router, "tunnel-set",
			awtun_call(&router->nl, &req, NULL, NULL));
}

static int cmd_ends(struct router *a, struct router *b, char **argv)
{
	int family = strcmp(argv[0], "ipv6") ? AF_INET : AF_INET6;
	__u32 mode = family == AF_INET6 ? AWTUN_MODE_IPSEC_IPV6 :
					     AWTUN_MODE_IPSEC_IPV4;
	__u8 ends[2][16];

	if (inet_pton(family, argv[1], ends[0]) != 1 ||
	    inet_pton(family, argv[2], ends[1]) != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return set_ends(a, mode, ends[0], ends[1]) ||
	       set_ends(b, mode, ends[1], ends[0]);
}

static int wait_traffic(struct router *router, __u64 packets)
{
	struct awtun_sa sas[SAS_MAX];
	int i, j, n;

	for (i = 0; i < POLLS_MAX; i++) {
		__u64 arrived = 0;

		n = dump_sas(router, sas);
		if (n < 0)
			return complain(router, "sa-dump", n);
		for (j = 0; j < n; j++)
			if (sas[j].dir == AWTUN_DIR_IN)
				arrived += sas[j].packets;
		if (arrived >= packets)
			return 0;
		pause_between_polls();
	}
	return complain(router, "traffic", -ETIMEDOUT);
}

static int cmd_traffic(struct router *a, struct router *b, char **argv)
{
	unsigned long packets = strtoul(argv[0], NULL, 0);

	return wait_traffic(a, packets) || wait_traffic(b, packets);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*run)(struct router *a, struct router *b, char **argv);
	} commands[] = {
		{ "ends", 3, cmd_ends },
		{ "switch", 2, cmd_switch },
		{ "pace", 3, cmd_pace },
		{ "encap", 2, cmd_encap },
		{ "traffic", 1, cmd_traffic },
	};
	struct router a = { 0 }, b = { 0 };
	unsigned int i;

	for (i = 0; argc > 4 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[4], commands[i].name) ||
		    argc != 5 + commands[i].arguments)
			continue;
		if (open_router(&a, argv[2], argv[1]) ||
		    open_router(&b, argv[3], argv[1]))
			return 1;
		return commands[i].run(&a, &b, argv + 5);
	}
	fputs(usage, stderr);
	return EXIT_USAGE;
}
