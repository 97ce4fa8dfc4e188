// SPDX-License-Identifier: GPL-2.0-only
/*
 * sa_switch - gives two tunnels a pair of SAs, or replaces the pair they have.
 *
 * The order is that of a rekey: inbound SAs, outbound SAs, activation, and the
 * old SAs go when the last packet under them has arrived. Keys are random.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "awtun_nl.h"

#define SAS_MAX		16
#define WINDOW		1024	/* packets */
#define POLL_NS		2000000
#define POLLS_MAX	5000	/* 10 seconds and more */
#define POLLS_QUIET	3	/* without a change: nothing is under way */

static const char usage[] =
	"usage: sa_switch IFNAME NETNS_A NETNS_B SUITE COUNT\n";

struct router {
	const char *netns;
	struct awtun_nl nl;
	uint32_t ifindex;
	uint32_t out_spi;	/* of the active SA; 0: none */
};

static int complain(const struct router *router, const char *what, int err)
{
	if (err)
		fprintf(stderr, "sa_switch: %s: %s: %s: %s\n", router->netns,
			what, strerror(-err), router->nl.extack);
	return err;
}

static int find_ifindex(struct router *router, const char *ifname)
{
	struct awtun_tunnel tunnel;
	int err = awtun_tunnel_find(&router->nl, ifname, &tunnel);

	if (!err)
		router->ifindex = tunnel.ifindex;
	return err;
}

static int find_active(struct router *router)
{
	struct awtun_sa sas[SAS_MAX];
	int i, n;

	n = awtun_sa_dump(&router->nl, router->ifindex, sas, SAS_MAX);
	if (n < 0)
		return n;
	for (i = 0; i < n && i < SAS_MAX; i++)
		if (sas[i].active)
			router->out_spi = sas[i].spi;
	return 0;
}

static int open_router(struct router *router, const char *netns,
		       const char *ifname)
{
	int err;

	router->netns = netns;
	err = awtun_nl_open_netns(&router->nl, netns);
	if (!err)
		err = find_ifindex(router, ifname);
	if (!err)
		err = find_active(router);
	return complain(router, "open", err);
}

static int add_sa(struct router *router, uint32_t dir, uint32_t spi,
		  const struct awtun_suite *suite, const uint8_t *keymat)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, router->ifindex, dir, spi, suite, keymat,
			 dir == AWTUN_DIR_IN ? WINDOW : 0);
	return complain(router, "sa-add",
			awtun_call(&router->nl, &req, NULL, NULL));
}

static int sa_do(struct router *router, uint8_t cmd, uint32_t dir,
		 uint32_t spi)
{
	return complain(router, cmd == AWTUN_CMD_SA_DEL ?
			"sa-del" : "sa-activate",
			awtun_sa_do(&router->nl, cmd, router->ifindex, dir,
				    spi));
}

/* Waits until @to has received all that @from sent under its old SA. */
static int drain(struct router *from, struct router *to)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct awtun_sa out, in;
	int i, quiet = 0;
	int err;

	for (i = 0; i < POLLS_MAX; i++) {
		err = awtun_sa_get(&from->nl, from->ifindex, AWTUN_DIR_OUT,
				   from->out_spi, &out);
		if (err)
			return complain(from, "sa-get", err);
		err = awtun_sa_get(&to->nl, to->ifindex, AWTUN_DIR_IN,
				   from->out_spi, &in);
		if (err)
			return complain(to, "sa-get", err);
		quiet = out.seq == in.seq ? quiet + 1 : 0;
		if (quiet == POLLS_QUIET)
			break;
		nanosleep(&pause, NULL);
	}
	if (out.packets == in.packets && out.seq == in.seq)
		return 0;
	fprintf(stderr,
		"sa_switch: SPI 0x%x: %llu packets sent (sequence number %llu), %llu arrived (%llu)\n",
		from->out_spi, (unsigned long long)out.packets,
		(unsigned long long)out.seq, (unsigned long long)in.packets,
		(unsigned long long)in.seq);
	return -ENODATA;
}

/* Takes the old SAs of one direction away, once they are idle. */
static int retire(struct router *from, struct router *to, uint32_t new_spi)
{
	int err = 0;

	if (from->out_spi) {
		err = drain(from, to);
		if (!err)
			err = sa_do(from, AWTUN_CMD_SA_DEL, AWTUN_DIR_OUT,
				    from->out_spi);
		if (!err)
			err = sa_do(to, AWTUN_CMD_SA_DEL, AWTUN_DIR_IN,
				    from->out_spi);
	}
	from->out_spi = new_spi;
	return err;
}

static uint32_t new_spi(const struct router *router)
{
	uint32_t spi;

	do {
		if (getrandom(&spi, sizeof(spi), 0) != sizeof(spi))
			abort();
	} while (spi < 256 || spi == router->out_spi);
	return spi;
}

static int replace(struct router *a, struct router *b,
		   const struct awtun_suite *suite)
{
	uint8_t keymat[2][AWTUN_KEYMAT_MAX];
	uint32_t ab = new_spi(a), ba = new_spi(b);

	if (getrandom(keymat, sizeof(keymat), 0) != sizeof(keymat))
		abort();
	if (add_sa(b, AWTUN_DIR_IN, ab, suite, keymat[0]) ||
	    add_sa(a, AWTUN_DIR_IN, ba, suite, keymat[1]) ||
	    add_sa(a, AWTUN_DIR_OUT, ab, suite, keymat[0]) ||
	    add_sa(b, AWTUN_DIR_OUT, ba, suite, keymat[1]) ||
	    sa_do(a, AWTUN_CMD_SA_ACTIVATE, AWTUN_DIR_OUT, ab) ||
	    sa_do(b, AWTUN_CMD_SA_ACTIVATE, AWTUN_DIR_OUT, ba))
		return -1;
	return retire(a, b, ab) || retire(b, a, ba) ? -1 : 0;
}

int main(int argc, char **argv)
{
	const struct awtun_suite *suite;
	struct router a = { 0 }, b = { 0 };
	unsigned long i, count;

	suite = argc == 6 ? awtun_suite(argv[4]) : NULL;
	if (!suite) {
		fputs(usage, stderr);
		return 255;
	}
	count = strtoul(argv[5], NULL, 0);
	if (open_router(&a, argv[2], argv[1]) ||
	    open_router(&b, argv[3], argv[1]))
		return 1;
	for (i = 0; i < count; i++) {
		if (replace(&a, &b, suite)) {
			fprintf(stderr, "sa_switch: stopped at %lu of %lu\n",
				i + 1, count);
			return 1;
		}
	}
	printf("%lu pairs\n", count);
	return 0;
}
