// SPDX-License-Identifier: GPL-2.0-only
/*
 * awtun_ctl - the generic netlink family "awtun" from a shell, for the tests.
 *
 * A refused request prints the kernel's message and exits with its errno;
 * 255: usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define EXIT_USAGE	255
#define DUMP_MAX	4096

static const char usage[] =
	"usage: awtun_ctl tunnel-set IFNAME {ipv4|ipv6} LOCAL REMOTE\n"
	"       awtun_ctl stats IFNAME [COUNTER]\n"
	"       awtun_ctl sa-add IFNAME {in|out} SPI ATTRIBUTE=VALUE...\n"
	"                 cipher={cbc|gcm} key=HEX [salt=HEX icv=OCTETS]\n"
	"                 [auth={none|sha1|sha256|sha512} auth-key=HEX]\n"
	"                 [window=PACKETS]\n"
	"       awtun_ctl sa-add IFNAME {in|out} SPI suite=NAME keymat=HEX ...\n"
	"       awtun_ctl sa-activate IFNAME SPI\n"
	"       awtun_ctl sa-del IFNAME {in|out} SPI\n"
	"       awtun_ctl sa-get IFNAME {in|out} SPI [FIELD]\n"
	"       awtun_ctl sa-dump [IFNAME]\n"
	"       awtun_ctl sa-flush IFNAME\n"
	"       awtun_ctl events [COUNT]\n";

static int bad_usage(const char *what)
{
	fprintf(stderr, "awtun_ctl: %s\n%s", what, usage);
	return EXIT_USAGE;
}

static int report(const struct awtun_nl *nl, int err)
{
	if (!err)
		return 0;
	fprintf(stderr, "awtun_ctl: %s%s%s\n", strerror(-err),
		nl->extack[0] ? ": " : "", nl->extack);
	return -err & 0xff;
}

static int send_req(struct awtun_nl *nl, const struct awtun_req *req)
{
	return report(nl, awtun_call(nl, req, NULL, NULL));
}

/* Words to numbers; 0 when there is no such word. */

struct word {
	const char *name;
	__u32 value;
};

static const struct word dirs[] = {
	{ "in", AWTUN_DIR_IN }, { "out", AWTUN_DIR_OUT }, { NULL, 0 }
};

static const struct word modes[] = {
	{ "ipv4", AWTUN_MODE_IPSEC_IPV4 }, { "ipv6", AWTUN_MODE_IPSEC_IPV6 },
	{ NULL, 0 }
};

static const struct word ciphers[] = {
	{ "cbc", AWTUN_CIPHER_AES_CBC }, { "gcm", AWTUN_CIPHER_AES_GCM },
	{ NULL, 0 }
};

static const struct word auths[] = {
	{ "none", AWTUN_AUTH_NONE }, { "sha1", AWTUN_AUTH_HMAC_SHA1_96 },
	{ "sha256", AWTUN_AUTH_HMAC_SHA256_128 },
	{ "sha512", AWTUN_AUTH_HMAC_SHA512_256 }, { NULL, 0 }
};

static __u32 number_of(const struct word *words, const char *name)
{
	for (; words->name; words++)
		if (!strcmp(words->name, name))
			return words->value;
	return 0;
}

static const char *name_of(const struct word *words, __u32 value)
{
	for (; words->name; words++)
		if (words->value == value)
			return words->name;
	return "unspec";
}

static __u32 ifindex_of(const char *name)
{
	__u32 ifindex = if_nametoindex(name);

	/* The kernel shall refuse what does not exist: that is tested too. */
	return ifindex ? ifindex : strtoul(name, NULL, 0);
}

static int from_hex(const char *hex, __u8 *out, size_t max)
{
	size_t len = strlen(hex), i;

	if (len % 2 || len / 2 > max)
		return -1;
	for (i = 0; i < len / 2; i++) {
		char octet[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		char *end;

		out[i] = strtoul(octet, &end, 16);
		if (*end)
			return -1;
	}
	return len / 2;
}

static int cmd_tunnel_set(struct awtun_nl *nl, int argc, char **argv)
{
	__u8 local[16], remote[16];
	struct awtun_req req;
	__u32 mode;
	int family;

	if (argc != 4)
		return bad_usage("tunnel-set: four arguments");
	mode = number_of(modes, argv[1]);
	family = mode == AWTUN_MODE_IPSEC_IPV6 ? AF_INET6 : AF_INET;
	if (!mode || inet_pton(family, argv[2], local) != 1 ||
	    inet_pton(family, argv[3], remote) != 1)
		return bad_usage("tunnel-set: mode or address");
	awtun_req_tunnel_set(&req, ifindex_of(argv[0]), mode, local, remote);
	return send_req(nl, &req);
}

static int cmd_stats(struct awtun_nl *nl, int argc, char **argv)
{
	struct awtun_tunnel tunnel;
	int err, i, found = 0;

	if (argc < 1)
		return bad_usage("stats: IFNAME");
	err = awtun_tunnel_get(nl, ifindex_of(argv[0]), &tunnel);
	if (err)
		return report(nl, err);
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++) {
		if (!awtun_stat_names[i])
			continue;
		if (argc == 1)
			printf("%s %llu\n", awtun_stat_names[i],
			       tunnel.stat[i]);
		else if (!strcmp(awtun_stat_names[i], argv[1]))
			found = printf("%llu\n", tunnel.stat[i]);
	}
	return argc == 1 || found ? 0 : bad_usage("stats: no such counter");
}

/* One "name=value" of sa-add. */
static int sa_option(struct awtun_req *req, const char *name,
		     const char *value)
{
	static const struct {
		const char *name;
		__u16 type;
	} keys[] = {
		{ "key", AWTUN_SA_A_CIPHER_KEY },
		{ "salt", AWTUN_SA_A_SALT },
		{ "auth-key", AWTUN_SA_A_AUTH_KEY },
	};
	__u8 data[AWTUN_REQ_DATA];
	unsigned int i;
	int len;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(name, keys[i].name))
			continue;
		len = from_hex(value, data, sizeof(data));
		if (len < 0)
			return -1;
		awtun_put(req, keys[i].type, data, len);
		return 0;
	}
	if (!strcmp(name, "cipher"))
		awtun_put_u32(req, AWTUN_SA_A_CIPHER,
			      number_of(ciphers, value));
	else if (!strcmp(name, "auth"))
		awtun_put_u32(req, AWTUN_SA_A_AUTH, number_of(auths, value));
	else if (!strcmp(name, "icv"))
		awtun_put_u32(req, AWTUN_SA_A_ICV_LEN,
			      strtoul(value, NULL, 0));
	else if (!strcmp(name, "window"))
		awtun_put_u32(req, AWTUN_SA_A_REPLAY_WINDOW,
			      strtoul(value, NULL, 0));
	else
		return -1;
	return 0;
}

/* "suite=NAME keymat=HEX": all of an SA's algorithms and keys. */
static int sa_suite(struct awtun_req *req, __u32 ifindex, __u32 dir,
		    __u32 spi, const char *name, const char *keymat)
{
	const struct awtun_suite *suite = awtun_suite(name);
	__u8 keys[AWTUN_KEYMAT_MAX];
	int len = from_hex(keymat, keys, sizeof(keys));

	if (!suite || len < 0 || (size_t)len != awtun_keymat_len(suite))
		return -1;
	awtun_req_sa_add(req, ifindex, dir, spi, suite, keys, 0);
	return 0;
}

static int cmd_sa_add(struct awtun_nl *nl, int argc, char **argv)
{
	__u32 ifindex, dir, spi;
	struct awtun_req req;
	int i = 3;

	if (argc < 4)
		return bad_usage("sa-add: IFNAME DIR SPI ...");
	ifindex = ifindex_of(argv[0]);
	dir = number_of(dirs, argv[1]);
	spi = strtoul(argv[2], NULL, 0);
	awtun_req_sa(&req, AWTUN_CMD_SA_ADD, ifindex, dir, spi);
	if (argc > 4 && !strncmp(argv[3], "suite=", 6) &&
	    !strncmp(argv[4], "keymat=", 7)) {
		if (sa_suite(&req, ifindex, dir, spi, argv[3] + 6,
			     argv[4] + 7))
			return bad_usage("sa-add: suite or keymat");
		i = 5;
	}
	for (; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return bad_usage("sa-add: ATTRIBUTE=VALUE");
		*equals = '\0';
		if (sa_option(&req, argv[i], equals + 1))
			return bad_usage(argv[i]);
	}
	return send_req(nl, &req);
}

static int cmd_sa_activate(struct awtun_nl *nl, int argc, char **argv)
{
	if (argc != 2)
		return bad_usage("sa-activate: IFNAME SPI");
	return report(nl, awtun_sa_do(nl, AWTUN_CMD_SA_ACTIVATE,
				      ifindex_of(argv[0]), AWTUN_DIR_OUT,
				      strtoul(argv[1], NULL, 0)));
}

static int cmd_sa_del(struct awtun_nl *nl, int argc, char **argv)
{
	if (argc != 3)
		return bad_usage("sa-del: IFNAME DIR SPI");
	return report(nl, awtun_sa_do(nl, AWTUN_CMD_SA_DEL,
				      ifindex_of(argv[0]),
				      number_of(dirs, argv[1]),
				      strtoul(argv[2], NULL, 0)));
}

struct field {
	const char *name;
	__u64 value;
};

/* Those that are not 0, or the one that is asked for. */
static void print_drops(const struct awtun_sa *sa, const char *only)
{
	unsigned int i;

	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++) {
		const char *name = awtun_stat_names[i];

		if (!name)
			continue;
		if (only && !strcmp(only, name))
			printf("%llu", sa->stat[i]);
		else if (!only && sa->stat[i])
			printf(" %s=%llu", name, sa->stat[i]);
	}
}

static void print_sa(const struct awtun_sa *sa, const char *only)
{
	const struct field fields[] = {
		{ "ifindex", sa->ifindex },
		{ "key_len", sa->cipher_key_len },
		{ "icv_len", sa->icv_len },
		{ "window", sa->window },
		{ "active", sa->active },
		{ "seq", sa->seq },
		{ "packets", sa->packets },
		{ "bytes", sa->bytes },
	};
	unsigned int i;

	if (!only)
		printf("%s spi=0x%08x cipher=%s auth=%s driver=%s",
		       name_of(dirs, sa->dir), sa->spi,
		       name_of(ciphers, sa->cipher),
		       sa->auth ? name_of(auths, sa->auth) : "none",
		       sa->driver);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!only)
			printf(" %s=%llu", fields[i].name,
			       fields[i].value);
		else if (!strcmp(only, fields[i].name))
			printf("%llu", fields[i].value);
	}
	print_drops(sa, only);
	putchar('\n');
}

static int cmd_sa_get(struct awtun_nl *nl, int argc, char **argv)
{
	struct awtun_sa sa;
	int err;

	if (argc < 3)
		return bad_usage("sa-get: IFNAME DIR SPI");
	err = awtun_sa_get(nl, ifindex_of(argv[0]), number_of(dirs, argv[1]),
			   strtoul(argv[2], NULL, 0), &sa);
	if (!err)
		print_sa(&sa, argc > 3 ? argv[3] : NULL);
	return report(nl, err);
}

static int cmd_sa_dump(struct awtun_nl *nl, int argc, char **argv)
{
	static struct awtun_sa sas[DUMP_MAX];
	int i, n;

	n = awtun_sa_dump(nl, argc ? ifindex_of(argv[0]) : 0, sas, DUMP_MAX);
	for (i = 0; i < n && i < DUMP_MAX; i++)
		print_sa(&sas[i], NULL);
	return n < 0 ? report(nl, n) : 0;
}

static int cmd_sa_flush(struct awtun_nl *nl, int argc, char **argv)
{
	if (argc != 1)
		return bad_usage("sa-flush: IFNAME");
	return report(nl, awtun_sa_flush(nl, ifindex_of(argv[0])));
}

static void print_event(__u8 cmd, const void *attrs, size_t len, void *arg)
{
	__u32 event = awtun_parse_event(attrs, len);
	struct awtun_sa sa;

	(void)cmd;
	(void)arg;
	awtun_parse_sa(attrs, len, &sa);
	printf("%s ", event == AWTUN_EVENT_SA_SOFT ? "soft" :
	       event == AWTUN_EVENT_SA_HARD ? "hard" : "unknown");
	print_sa(&sa, NULL);
	fflush(stdout);
}

static int cmd_events(struct awtun_nl *nl, int argc, char **argv)
{
	long left = argc ? strtol(argv[0], NULL, 0) : -1;
	int err = awtun_nl_subscribe(nl);

	while (!err && left) {
		err = awtun_event(nl, -1, print_event, NULL);
		if (left > 0)
			left--;
	}
	return report(nl, err);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct awtun_nl *nl, int argc, char **argv);
	} commands[] = {
		{ "tunnel-set", cmd_tunnel_set },
		{ "stats", cmd_stats },
		{ "sa-add", cmd_sa_add },
		{ "sa-activate", cmd_sa_activate },
		{ "sa-del", cmd_sa_del },
		{ "sa-get", cmd_sa_get },
		{ "sa-dump", cmd_sa_dump },
		{ "sa-flush", cmd_sa_flush },
		{ "events", cmd_events },
	};
	struct awtun_nl nl;
	unsigned int i;
	int err;

	if (argc < 2)
		return bad_usage("no command");
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		err = awtun_nl_open(&nl);
		if (err)
			return report(&nl, err);
		err = commands[i].run(&nl, argc - 2, argv + 2);
		awtun_nl_close(&nl);
		return err;
	}
	return bad_usage("no such command");
}
