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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define EXIT_USAGE	255
#define DUMP_MAX	4096
#define TRANSPORTS_MAX	64
#define SHOWN_OCTETS	16	/* of a datagram */

static const char usage[] =
	"usage: awtun_ctl tunnel-set IFNAME {ipv4|ipv6} LOCAL REMOTE [fwmark=N]\n"
	"                 [link=IFNAME] [ttl=N] [dscp=N] [df={copy|set|clear}]\n"
	"                 [mss4={N|pmtu}] [mss6={N|pmtu}]\n"
	"       awtun_ctl tunnel-set IFNAME none\n"
	"       awtun_ctl tunnel-get IFNAME [FIELD]\n"
	"       awtun_ctl stats IFNAME [COUNTER]\n"
	"       awtun_ctl sa-add IFNAME {in|out} SPI ALGORITHM [OPTION...]\n"
	"         ALGORITHM: suite=NAME keymat=HEX, or\n"
	"                 cipher={cbc|gcm|chacha20} key=HEX [salt=HEX icv=OCTETS]\n"
	"                 [auth={none|sha1|sha256|sha512} auth-key=HEX]\n"
	"         OPTION: window=PACKETS esn seq=N follow\n"
	"                 encap=LOCAL-PORT:REMOTE-PORT\n"
	"                 {soft|hard}-{seconds|bytes|packets}=N\n"
	"                 ts-{local|remote}=SELECTOR (repeated)\n"
	"         SELECTOR: {FIRST-LAST|ADDRESS/LENGTH}[,PROTOCOL[,MIN-MAX]];\n"
	"                 \":\" for \",\" where no IPv6 range precedes it\n"
	"       awtun_ctl sa-activate IFNAME SPI\n"
	"       awtun_ctl sa-del IFNAME {in|out} SPI\n"
	"       awtun_ctl sa-get IFNAME {in|out} SPI [FIELD]\n"
	"       awtun_ctl sa-dump [IFNAME]\n"
	"       awtun_ctl sa-flush IFNAME\n"
	"       awtun_ctl transport PORT [ADDRESS]\n"
	"                 has a socket for ESP in UDP, until it is killed; prints\n"
	"                 \"datagram ADDRESS PORT HEX\" for what comes to it\n"
	"       awtun_ctl transport-dump\n"
	"       awtun_ctl suite NAME\n"
	"                 prints octets: \"KEYMAT IV ICV BLOCK\"\n"
	"       awtun_ctl events [COUNT]\n"
	"                 prints \"KIND KEY=VALUE...\", a line each\n";

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
	{ "chacha20", AWTUN_CIPHER_CHACHA20_POLY1305 },
	{ NULL, 0 }
};

static const struct word auths[] = {
	{ "none", AWTUN_AUTH_NONE }, { "sha1", AWTUN_AUTH_HMAC_SHA1_96 },
	{ "sha256", AWTUN_AUTH_HMAC_SHA256_128 },
	{ "sha512", AWTUN_AUTH_HMAC_SHA512_256 }, { NULL, 0 }
};

static const struct word dfs[] = {
	{ "copy", AWTUN_DF_COPY }, { "set", AWTUN_DF_SET },
	{ "clear", AWTUN_DF_CLEAR }, { NULL, 0 }
};

static const struct word events[] = {
	{ "sa-soft", AWTUN_EVENT_SA_SOFT }, { "sa-hard", AWTUN_EVENT_SA_HARD },
	{ "acquire", AWTUN_EVENT_ACQUIRE },
	{ "peer-moved", AWTUN_EVENT_PEER_MOVED },
	{ "unknown-spi", AWTUN_EVENT_UNKNOWN_SPI },
	{ "auth-failed", AWTUN_EVENT_AUTH_FAILED },
	{ "transport-lost", AWTUN_EVENT_TRANSPORT_LOST },
	{ "vm-forked", AWTUN_EVENT_VM_FORKED }, { NULL, 0 }
};

static const struct word causes[] = {
	{ "seconds", AWTUN_EXPIRY_SECONDS }, { "bytes", AWTUN_EXPIRY_BYTES },
	{ "packets", AWTUN_EXPIRY_PACKETS },
	{ "sequence", AWTUN_EXPIRY_SEQUENCE }, { NULL, 0 }
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

/* Printing: "NAME=VALUE ..." in a row, or the value of one name alone. */

static const char *only;	/* this name; NULL: all */

/* Whether @name is to be printed; what is not @set: only when asked for. */
static bool wanted(const char *name, bool set)
{
	return only ? !strcmp(only, name) : set;
}

static void put_string(const char *name, const char *value)
{
	if (wanted(name, value[0]))
		printf(only ? "%.0s%s" : " %s=%s", name, value);
}

static void put_number(const char *name, __u64 value, bool set)
{
	if (wanted(name, set))
		printf(only ? "%.0s%llu" : " %s=%llu", name, value);
}

static void put_octets(const char *name, const __u8 *octets, unsigned int len)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (len == 4 || len == 16)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, octets, text,
			  sizeof(text));
	put_string(name, text);
}

static void put_addr(const char *name, const struct awtun_addr *addr)
{
	put_octets(name, addr->octets, addr->len);
}

static void put_ifname(__u32 ifindex)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(ifindex, name))
		put_string("ifname", name);
	else
		put_number("ifindex", ifindex, true);
}

/* Tunnels */

static int put_mss(struct awtun_req *req, __u16 type, const char *value)
{
	awtun_put_u16(req, type, strcmp(value, "pmtu") ?
		      strtoul(value, NULL, 0) : AWTUN_MSS_PMTU);
	return 0;
}

/* One "name=value" of tunnel-set. */
static int tunnel_option(struct awtun_req *req, const char *name,
			 const char *value)
{
	__u32 number = strtoul(value, NULL, 0);

	if (!strcmp(name, "fwmark"))
		awtun_put_u32(req, AWTUN_TUNNEL_A_FWMARK, number);
	else if (!strcmp(name, "link"))
		awtun_put_u32(req, AWTUN_TUNNEL_A_LINK, ifindex_of(value));
	else if (!strcmp(name, "ttl"))
		awtun_put_u8(req, AWTUN_TUNNEL_A_TTL, number);
	else if (!strcmp(name, "dscp"))
		awtun_put_u8(req, AWTUN_TUNNEL_A_DSCP, number);
	else if (!strcmp(name, "df"))
		awtun_put_u8(req, AWTUN_TUNNEL_A_DF, number_of(dfs, value));
	else if (!strcmp(name, "mss4"))
		return put_mss(req, AWTUN_TUNNEL_A_MSS_IPV4, value);
	else if (!strcmp(name, "mss6"))
		return put_mss(req, AWTUN_TUNNEL_A_MSS_IPV6, value);
	else
		return -1;
	return 0;
}

static int tunnel_unset(struct awtun_nl *nl, const char *ifname)
{
	struct awtun_req req;

	awtun_req_init(&req, AWTUN_CMD_TUNNEL_SET, AWTUN_A_TUNNEL);
	awtun_put_u32(&req, AWTUN_TUNNEL_A_IFINDEX, ifindex_of(ifname));
	awtun_put_u32(&req, AWTUN_TUNNEL_A_MODE, AWTUN_MODE_UNSPEC);
	return send_req(nl, &req);
}

static int cmd_tunnel_set(struct awtun_nl *nl, int argc, char **argv)
{
	__u8 local[16], remote[16];
	struct awtun_req req;
	int family, i;
	__u32 mode;

	if (argc == 2 && !strcmp(argv[1], "none"))
		return tunnel_unset(nl, argv[0]);
	if (argc < 4)
		return bad_usage("tunnel-set: IFNAME MODE LOCAL REMOTE");
	mode = number_of(modes, argv[1]);
	family = mode == AWTUN_MODE_IPSEC_IPV6 ? AF_INET6 : AF_INET;
	if (!mode || inet_pton(family, argv[2], local) != 1 ||
	    inet_pton(family, argv[3], remote) != 1)
		return bad_usage("tunnel-set: mode or address");
	awtun_req_tunnel_set(&req, ifindex_of(argv[0]), mode, local, remote);
	for (i = 4; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return bad_usage("tunnel-set: OPTION=VALUE");
		*equals = '\0';
		if (tunnel_option(&req, argv[i], equals + 1))
			return bad_usage(argv[i]);
	}
	return send_req(nl, &req);
}

static void print_mss(const char *name, __u16 mss)
{
	if (mss == AWTUN_MSS_PMTU)
		put_string(name, "pmtu");
	else
		put_number(name, mss, mss);
}

static void print_tunnel(const struct awtun_tunnel *tunnel)
{
	if (!only)
		fputs(tunnel->ifname, stdout);
	put_number("ifindex", tunnel->ifindex, true);
	put_string("mode", name_of(modes, tunnel->mode));
	put_octets("local", tunnel->local, tunnel->addr_len);
	put_octets("remote", tunnel->remote, tunnel->remote_len);
	put_number("fwmark", tunnel->fwmark, tunnel->fwmark);
	put_number("link", tunnel->link, tunnel->link);
	put_number("ttl", tunnel->ttl, tunnel->ttl);
	if (tunnel->dscp < 0)
		put_string("dscp", "inner");
	else
		put_number("dscp", tunnel->dscp, true);
	put_string("df", name_of(dfs, tunnel->df));
	print_mss("mss4", tunnel->mss_ipv4);
	print_mss("mss6", tunnel->mss_ipv6);
	put_number("path_mtu", tunnel->path_mtu, true);
	putchar('\n');
}

static int cmd_tunnel_get(struct awtun_nl *nl, int argc, char **argv)
{
	struct awtun_tunnel tunnel;
	int err;

	if (argc < 1)
		return bad_usage("tunnel-get: IFNAME");
	err = awtun_tunnel_get(nl, ifindex_of(argv[0]), &tunnel);
	if (err)
		return report(nl, err);
	only = argc > 1 ? argv[1] : NULL;
	print_tunnel(&tunnel);
	return 0;
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

/* SAs */

/* The whole of ADDRESS/LENGTH. */
static int prefix_range(struct awtun_ts *ts, unsigned int length)
{
	unsigned int i, octet, bits;

	if (length > 8 * ts->start.len)
		return -1;
	ts->end = ts->start;
	for (octet = 0; octet < ts->start.len; octet++) {
		bits = 0;
		for (i = 0; i < 8; i++)
			bits |= octet * 8 + i >= length ? 0x80 >> i : 0;
		ts->start.octets[octet] &= ~bits;
		ts->end.octets[octet] |= bits;
	}
	return 0;
}

static int parse_addr(struct awtun_addr *addr, const char *text)
{
	addr->len = strchr(text, ':') ? 16 : 4;
	return inet_pton(addr->len == 4 ? AF_INET : AF_INET6, text,
			 addr->octets) == 1 ? 0 : -1;
}

/* "PROTOCOL[,MIN-MAX]", with either separator. */
static int parse_ports(struct awtun_ts *ts, const char *text)
{
	char *end;

	ts->protocol = strtoul(text, &end, 0);
	if (!*end)
		return 0;
	ts->port_min = strtoul(end + 1, &end, 0);
	if (*end != '-')
		return -1;
	ts->port_max = strtoul(end + 1, &end, 0);
	return *end ? -1 : 0;
}

/* Changes @text. */
static int parse_ts(struct awtun_ts *ts, char *text)
{
	char *second = strpbrk(text, "-/"), *ports;
	bool prefix;

	memset(ts, 0, sizeof(*ts));
	ts->port_max = 0xffff;
	if (!second)
		return -1;
	prefix = *second == '/';
	*second++ = '\0';
	if (parse_addr(&ts->start, text))
		return -1;
	ports = strpbrk(second, prefix || ts->start.len == 4 ? ",:" : ",");
	if (ports)
		*ports++ = '\0';
	if (prefix ? prefix_range(ts, strtoul(second, NULL, 10)) :
		     parse_addr(&ts->end, second))
		return -1;
	return ports ? parse_ports(ts, ports) : 0;
}

static int sa_ts(struct awtun_req *req, __u16 type, char *value)
{
	struct awtun_ts ts;

	if (!strcmp(value, "any")) {
		awtun_put_ts_any(req, type);
		return 0;
	}
	if (parse_ts(&ts, value))
		return -1;
	awtun_put_ts(req, type, &ts);
	return 0;
}

static int sa_hex(struct awtun_req *req, __u16 type, const char *value)
{
	__u8 data[AWTUN_KEYMAT_MAX];
	int len = from_hex(value, data, sizeof(data));

	if (len < 0)
		return -1;
	awtun_put(req, type, data, len);
	return 0;
}

static int sa_encap(struct awtun_req *req, const char *value)
{
	char *colon;
	__u16 local = strtoul(value, &colon, 0);

	if (*colon != ':')
		return -1;
	awtun_put_encap(req, local, strtoul(colon + 1, NULL, 0));
	return 0;
}

/* Those options that are numbers; -1: none of them. */
static int sa_number(struct awtun_req *req, const char *name,
		     const char *value)
{
	static const struct {
		const char *name;
		__u16 type;
		bool wide;
	} numbers[] = {
		{ "icv", AWTUN_SA_A_ICV_LEN, false },
		{ "window", AWTUN_SA_A_REPLAY_WINDOW, false },
		{ "seq", AWTUN_SA_A_SEQ, true },
		{ "soft-seconds", AWTUN_SA_A_SOFT_SECONDS, true },
		{ "hard-seconds", AWTUN_SA_A_HARD_SECONDS, true },
		{ "soft-bytes", AWTUN_SA_A_SOFT_BYTES, true },
		{ "hard-bytes", AWTUN_SA_A_HARD_BYTES, true },
		{ "soft-packets", AWTUN_SA_A_SOFT_PACKETS, true },
		{ "hard-packets", AWTUN_SA_A_HARD_PACKETS, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(name, numbers[i].name))
			continue;
		if (numbers[i].wide)
			awtun_put_u64(req, numbers[i].type,
				      strtoull(value, NULL, 0));
		else
			awtun_put_u32(req, numbers[i].type,
				      strtoul(value, NULL, 0));
		return 0;
	}
	return -1;
}

/* One "name=value" of sa-add. */
static int sa_option(struct awtun_req *req, const char *name, char *value)
{
	if (!strcmp(name, "key"))
		return sa_hex(req, AWTUN_SA_A_CIPHER_KEY, value);
	if (!strcmp(name, "salt"))
		return sa_hex(req, AWTUN_SA_A_SALT, value);
	if (!strcmp(name, "auth-key"))
		return sa_hex(req, AWTUN_SA_A_AUTH_KEY, value);
	if (!strcmp(name, "encap"))
		return sa_encap(req, value);
	if (!strcmp(name, "ts-local"))
		return sa_ts(req, AWTUN_SA_A_TS_LOCAL, value);
	if (!strcmp(name, "ts-remote"))
		return sa_ts(req, AWTUN_SA_A_TS_REMOTE, value);
	if (!strcmp(name, "cipher"))
		awtun_put_u32(req, AWTUN_SA_A_CIPHER,
			      number_of(ciphers, value));
	else if (!strcmp(name, "auth"))
		awtun_put_u32(req, AWTUN_SA_A_AUTH, number_of(auths, value));
	else
		return sa_number(req, name, value);
	return 0;
}

static int sa_flag(struct awtun_req *req, const char *name)
{
	if (!strcmp(name, "esn"))
		awtun_put_flag(req, AWTUN_SA_A_ESN);
	else if (!strcmp(name, "follow"))
		awtun_put_flag(req, AWTUN_SA_A_FOLLOW);
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
	awtun_put_ts_any(&req, AWTUN_SA_A_TS_LOCAL);
	awtun_put_ts_any(&req, AWTUN_SA_A_TS_REMOTE);
	if (argc > 4 && !strncmp(argv[3], "suite=", 6) &&
	    !strncmp(argv[4], "keymat=", 7)) {
		if (sa_suite(&req, ifindex, dir, spi, argv[3] + 6,
			     argv[4] + 7))
			return bad_usage("sa-add: suite or keymat");
		i = 5;
	}
	for (; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (equals)
			*equals = '\0';
		if (equals ? sa_option(&req, argv[i], equals + 1) :
			     sa_flag(&req, argv[i]))
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

static void print_lifetime(const char *kind, const struct awtun_lifetime *life)
{
	const struct {
		const char *unit;
		__u64 value;
	} limits[] = {
		{ "seconds", life->seconds }, { "bytes", life->bytes },
		{ "packets", life->packets },
	};
	char name[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		snprintf(name, sizeof(name), "%s_%s", kind, limits[i].unit);
		put_number(name, limits[i].value, limits[i].value);
	}
}

/* As sa-add takes it. */
static void format_ts(const struct awtun_ts *ts, char *out, size_t size)
{
	int family = ts->start.len == 4 ? AF_INET : AF_INET6;
	char start[INET6_ADDRSTRLEN], end[INET6_ADDRSTRLEN];

	inet_ntop(family, ts->start.octets, start, sizeof(start));
	inet_ntop(family, ts->end.octets, end, sizeof(end));
	snprintf(out, size, "%s-%s,%u,%u-%u", start, end, ts->protocol,
		 ts->port_min, ts->port_max);
}

/* When asked for alone: with spaces between them. */
static void print_ts_list(const char *name, const struct awtun_ts_list *list)
{
	char text[128];
	unsigned int i;

	if (list->any)
		put_string(name, "any");
	for (i = 0; i < list->n; i++) {
		format_ts(&list->ts[i], text, sizeof(text));
		if (i && wanted(name, false))
			putchar(' ');
		put_string(name, text);
	}
}

static void put_spi(__u32 spi)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", spi);
	put_string("spi", text);
}

static void print_sa_peer(const struct awtun_sa *sa)
{
	put_number("encap_local_port", sa->encap_local_port,
		   sa->encap_local_port);
	put_number("encap_remote_port", sa->encap_remote_port,
		   sa->encap_remote_port);
	put_addr("remote", &sa->remote);
	put_number("follow", sa->follow, sa->follow);
	print_ts_list("ts_local", &sa->ts_local);
	print_ts_list("ts_remote", &sa->ts_remote);
}

static void print_sa(const struct awtun_sa *sa)
{
	unsigned int i;

	if (!only)
		fputs(name_of(dirs, sa->dir), stdout);
	put_spi(sa->spi);
	put_string("cipher", name_of(ciphers, sa->cipher));
	put_string("auth", name_of(auths, sa->auth));
	put_string("driver", sa->driver);
	put_number("ifindex", sa->ifindex, true);
	put_number("key_len", sa->cipher_key_len, true);
	put_number("icv_len", sa->icv_len, true);
	put_number("window", sa->window, true);
	put_number("active", sa->active, true);
	put_number("esn", sa->esn, true);
	put_number("seq", sa->seq, true);
	put_number("packets", sa->packets, true);
	put_number("bytes", sa->bytes, true);
	print_sa_peer(sa);
	print_lifetime("soft", &sa->soft);
	print_lifetime("hard", &sa->hard);
	put_number("age", sa->age, true);
	put_number("expired", sa->expired, sa->expired);
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		if (awtun_stat_names[i])
			put_number(awtun_stat_names[i], sa->stat[i],
				   sa->stat[i]);
	putchar('\n');
}

static int cmd_sa_get(struct awtun_nl *nl, int argc, char **argv)
{
	struct awtun_sa sa;
	int err;

	if (argc < 3)
		return bad_usage("sa-get: IFNAME DIR SPI");
	only = argc > 3 ? argv[3] : NULL;
	err = awtun_sa_get(nl, ifindex_of(argv[0]), number_of(dirs, argv[1]),
			   strtoul(argv[2], NULL, 0), &sa);
	if (!err)
		print_sa(&sa);
	return report(nl, err);
}

static int cmd_sa_dump(struct awtun_nl *nl, int argc, char **argv)
{
	static struct awtun_sa sas[DUMP_MAX];
	int i, n;

	n = awtun_sa_dump(nl, argc ? ifindex_of(argv[0]) : 0, sas, DUMP_MAX);
	for (i = 0; i < n && i < DUMP_MAX; i++)
		print_sa(&sas[i]);
	return n < 0 ? report(nl, n) : 0;
}

static int cmd_sa_flush(struct awtun_nl *nl, int argc, char **argv)
{
	if (argc != 1)
		return bad_usage("sa-flush: IFNAME");
	return report(nl, awtun_sa_flush(nl, ifindex_of(argv[0])));
}

/* Transports */

/* "ADDRESS PORT" */
static void print_endpoint(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;
	char text[INET6_ADDRSTRLEN];

	if (addr->ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	/* The port is at the same place in both families' addresses. */
	printf("%s %u", text, ntohs(in->sin_port));
}

static void show_datagrams(int fd)
{
	struct sockaddr_storage from;
	__u8 data[65536];

	for (;;) {
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, data, sizeof(data), 0,
				     (void *)&from, &from_len);
		ssize_t i;

		if (n < 0)
			continue;
		fputs("datagram ", stdout);
		print_endpoint(&from);
		putchar(' ');
		for (i = 0; i < n && i < SHOWN_OCTETS; i++)
			printf("%02x", data[i]);
		putchar('\n');
		fflush(stdout);
	}
}

/* A bound UDP socket, or -errno. */
static int open_transport(const char *address, __u16 port)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET, on = 1;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		inet_pton(family, address, &in6.sin6_addr);
		return bind(fd, (void *)&in6, sizeof(in6)) ? -errno : fd;
	}
	inet_pton(family, address, &in.sin_addr);
	return bind(fd, (void *)&in, sizeof(in)) ? -errno : fd;
}

static int cmd_transport(struct awtun_nl *nl, int argc, char **argv)
{
	int fd, err;

	if (argc < 1)
		return bad_usage("transport: PORT");
	fd = open_transport(argc > 1 ? argv[1] : "0.0.0.0",
			    strtoul(argv[0], NULL, 0));
	if (fd < 0)
		return report(nl, fd);
	err = awtun_transport_do(nl, AWTUN_CMD_TRANSPORT_ADD, fd);
	if (err)
		return report(nl, err);
	show_datagrams(fd);
	return 0;
}

static void print_transport(const struct awtun_transport *transport)
{
	put_addr("local", &transport->local);
	put_number("port", transport->port, true);
}

static int cmd_transport_dump(struct awtun_nl *nl, int argc, char **argv)
{
	struct awtun_transport transports[TRANSPORTS_MAX];
	int i, n;

	(void)argc;
	(void)argv;
	n = awtun_transport_dump(nl, transports, TRANSPORTS_MAX);
	for (i = 0; i < n && i < TRANSPORTS_MAX; i++) {
		fputs("transport", stdout);
		print_transport(&transports[i]);
		putchar('\n');
	}
	return n < 0 ? report(nl, n) : 0;
}

/* Events */

static void print_details(const struct awtun_notice *notice)
{
	put_number("count", notice->count, notice->count);
	if (notice->cause)
		put_string("cause", name_of(causes, notice->cause));
	if (notice->spi)
		put_spi(notice->spi);
	put_addr("src", &notice->src);
	put_number("src_port", notice->src_port, notice->src_port);
	put_addr("dst", &notice->dst);
	put_number("protocol", notice->protocol, notice->protocol);
}

static void print_notice(const struct awtun_notice *notice)
{
	fputs(name_of(events, notice->event), stdout);
	if (notice->of_tunnel)
		put_ifname(notice->tunnel.ifindex);
	if (notice->of_sa) {
		put_ifname(notice->sa.ifindex);
		put_string("dir", name_of(dirs, notice->sa.dir));
		put_spi(notice->sa.spi);
	}
	if (notice->of_transport)
		print_transport(&notice->transport);
	print_details(notice);
	putchar('\n');
	fflush(stdout);
}

static int cmd_events(struct awtun_nl *nl, int argc, char **argv)
{
	long left = argc ? strtol(argv[0], NULL, 0) : -1;
	int err = awtun_nl_subscribe(nl);
	struct awtun_notice notice;

	/* Whoever waits for this misses no event. */
	fputs("awtun_ctl: subscribed\n", stderr);
	while (!err && left) {
		err = awtun_next_event(nl, -1, &notice);
		if (!err)
			print_notice(&notice);
		if (left > 0)
			left--;
	}
	return report(nl, err);
}

/* Of this program alone: no kernel is asked. */
static int show_suite(int argc, char **argv)
{
	const struct awtun_suite *suite = argc == 1 ? awtun_suite(argv[0]) : NULL;

	if (!suite)
		return bad_usage("suite: NAME");
	printf("%zu %u %u %u\n", awtun_keymat_len(suite), awtun_iv_len(suite),
	       suite->icv_len, awtun_block(suite));
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct awtun_nl *nl, int argc, char **argv);
	} commands[] = {
		{ "tunnel-set", cmd_tunnel_set },
		{ "tunnel-get", cmd_tunnel_get },
		{ "stats", cmd_stats },
		{ "sa-add", cmd_sa_add },
		{ "sa-activate", cmd_sa_activate },
		{ "sa-del", cmd_sa_del },
		{ "sa-get", cmd_sa_get },
		{ "sa-dump", cmd_sa_dump },
		{ "sa-flush", cmd_sa_flush },
		{ "transport", cmd_transport },
		{ "transport-dump", cmd_transport_dump },
		{ "events", cmd_events },
	};
	struct awtun_nl nl;
	unsigned int i;
	int err;

	if (argc < 2)
		return bad_usage("no command");
	if (!strcmp(argv[1], "suite"))
		return show_suite(argc - 2, argv + 2);
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
