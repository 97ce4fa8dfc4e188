// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_nth - every allocation of every command fails once.
 *
 * A command is given over and over: the first time its first allocation fails,
 * then its second, until there is none left to fail. Each time it has either
 * been done or changed nothing, and what it says about that is the truth.
 *
 * Needs a kernel with fault injection; see Documentation/fault-injection there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define INJECTION	"/sys/kernel/debug/"
#define MODULE		"/sys/module/awtun"
#define IFNAME		"tunnel0"
#define IN_SPI		0x1001
#define OUT_SPI		0x2001
#define NEW_SPI		0x3001
#define SAS_MAX		8
#define POINTS_MAX	5000	/* allocations of a command: then it is endless */
#define TEXT_MAX	4096

static const __u8 local4[4] = { 192, 0, 2, 1 };
static const __u8 remote4[4] = { 198, 51, 100, 1 };
static const __u8 local6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const __u8 remote6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
static const __u8 keymat[AWTUN_KEYMAT_MAX] = { 1, 2, 3 };

/* The socket of the command, the tunnel it is about, and the UDP socket. */
static struct awtun_nl nl;
static __u32 ifindex;
static int udp = -1;

/* What can be seen of the module, as text: comparable and printable. */
struct text {
	char data[TEXT_MAX];
	size_t len;
};

static void add_text(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += vsnprintf(text->data + text->len, TEXT_MAX - text->len,
			       format, args);
	va_end(args);
	if (text->len >= TEXT_MAX)
		ksft_exit_fail_msg("the text buffer is too small\n");
}

static bool same_text(const struct text *a, const struct text *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static void describe_tunnel(struct text *text, const struct awtun_tunnel *tunnel)
{
	unsigned int i;

	add_text(text, "%s mode %u ends ", tunnel->ifname, tunnel->mode);
	for (i = 0; i < tunnel->addr_len; i++)
		add_text(text, "%02x", tunnel->local[i]);
	add_text(text, " ");
	for (i = 0; i < tunnel->addr_len; i++)
		add_text(text, "%02x", tunnel->remote[i]);
	add_text(text, " df %u ttl %u mss %u\n", tunnel->df, tunnel->ttl,
		 tunnel->mss_ipv4);
}

static void describe_sa(struct text *text, const struct awtun_sa *sa)
{
	add_text(text, "SA %u %#x cipher %u %u icv %u auth %u window %u active %d",
		 sa->dir, sa->spi, sa->cipher, sa->cipher_key_len, sa->icv_len,
		 sa->auth, sa->window, sa->active);
	add_text(text, " esn %d ports %u %u selectors %d %u %d %u hard %llu\n", sa->esn,
		 sa->encap_local_port, sa->encap_remote_port, sa->ts_local.any,
		 sa->ts_local.n, sa->ts_remote.any, sa->ts_remote.n, sa->hard.seconds);
}

/* Commands. Each returns 0 or -errno; one that reads says what. */

static int call_route(__u16 type, __u16 flags, const void *attrs, size_t len)
{
	struct ifinfomsg ifinfo = { .ifi_index = type == RTM_NEWLINK ? 0 :
						 ifindex };
	size_t head = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifinfo));
	union awtun_msg msg = {
		.nlh.nlmsg_type = type,
		.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		.nlh.nlmsg_len = head + len,
	};

	memcpy(msg.octets + NLMSG_HDRLEN, &ifinfo, sizeof(ifinfo));
	memcpy(msg.octets + head, attrs, len);
	return awtun_call_raw(&nl, &msg, NULL, NULL);
}

static int link_add(struct text *text)
{
	static const struct {
		struct nlattr name_attr;
		char name[sizeof(IFNAME)];
		struct nlattr info_attr;	/* aligned by that name */
		struct nlattr kind_attr;
		char kind[6];
	} attrs = {
		{ NLA_HDRLEN + sizeof(IFNAME), IFLA_IFNAME }, IFNAME,
		{ 2 * NLA_HDRLEN + 6, IFLA_LINKINFO },
		{ NLA_HDRLEN + 6, IFLA_INFO_KIND },
		{ 't', 'u', 'n', 'n', 'e', 'l' },
	};

	(void)text;
	return call_route(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &attrs,
			  sizeof(attrs));
}

static int link_del(struct text *text)
{
	(void)text;
	return call_route(RTM_DELLINK, 0, NULL, 0);
}

static int tunnel_set(struct text *text)
{
	struct awtun_req req;

	(void)text;
	awtun_req_tunnel_set(&req, ifindex, AWTUN_MODE_IPSEC_IPV4, local4,
			     remote4);
	return awtun_call(&nl, &req, NULL, NULL);
}

static int tunnel_change(struct text *text)
{
	struct awtun_req req;

	(void)text;
	awtun_req_tunnel_set(&req, ifindex, AWTUN_MODE_IPSEC_IPV6, local6,
			     remote6);
	return awtun_call(&nl, &req, NULL, NULL);
}

/* The same ends: allowed while there are SAs, whose headers change with it. */
static int tunnel_options(struct text *text)
{
	struct awtun_req req;

	(void)text;
	awtun_req_tunnel_set(&req, ifindex, AWTUN_MODE_IPSEC_IPV4, local4,
			     remote4);
	awtun_put_u8(&req, AWTUN_TUNNEL_A_DF, AWTUN_DF_SET);
	awtun_put_u8(&req, AWTUN_TUNNEL_A_TTL, 9);
	return awtun_call(&nl, &req, NULL, NULL);
}

static int tunnel_get(struct text *text)
{
	struct awtun_tunnel tunnel;
	int err = awtun_tunnel_get(&nl, ifindex, &tunnel);

	if (!err)
		describe_tunnel(text, &tunnel);
	return err;
}

static int tunnel_dump(struct text *text)
{
	struct awtun_tunnel tunnel;
	int err = awtun_tunnel_find(&nl, IFNAME, &tunnel);

	if (!err)
		describe_tunnel(text, &tunnel);
	return err;
}

static int sa_add(__u32 dir, __u32 spi, const char *suite)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, ifindex, dir, spi, awtun_suite(suite), keymat,
			 dir == AWTUN_DIR_IN ? 1024 : 0);
	return awtun_call(&nl, &req, NULL, NULL);
}

static int sa_add_in_gcm(struct text *text)
{
	(void)text;
	return sa_add(AWTUN_DIR_IN, NEW_SPI, "aes256-gcm16");
}

static int sa_add_in_cbc(struct text *text)
{
	(void)text;
	return sa_add(AWTUN_DIR_IN, NEW_SPI, "aes256-sha256");
}

static int sa_add_out_gcm(struct text *text)
{
	(void)text;
	return sa_add(AWTUN_DIR_OUT, NEW_SPI, "aes256-gcm16");
}

static int sa_add_out_cbc(struct text *text)
{
	(void)text;
	return sa_add(AWTUN_DIR_OUT, NEW_SPI, "aes256-sha256");
}

static int sa_add_in_full(struct text *text)
{
	const struct awtun_ts any = { .end = { 4, { 255, 255, 255, 255 } },
				      .start.len = 4, .port_max = 65535 };
	struct awtun_req req;

	(void)text;
	awtun_req_sa_add(&req, ifindex, AWTUN_DIR_IN, NEW_SPI,
			 awtun_suite("aes256-sha512"), keymat, 4096);
	awtun_put_flag(&req, AWTUN_SA_A_ESN);
	awtun_put_u64(&req, AWTUN_SA_A_HARD_SECONDS, 3600);
	awtun_put_ts(&req, AWTUN_SA_A_TS_LOCAL, &any);
	awtun_put_ts(&req, AWTUN_SA_A_TS_REMOTE, &any);
	return awtun_call(&nl, &req, NULL, NULL);
}

static int sa_add_out_udp(struct text *text)
{
	struct awtun_req req;

	(void)text;
	awtun_req_sa_add(&req, ifindex, AWTUN_DIR_OUT, NEW_SPI,
			 awtun_suite("aes192-gcm12"), keymat, 0);
	awtun_put_encap(&req, 4500, 4500);
	return awtun_call(&nl, &req, NULL, NULL);
}

static int sa_set(struct text *text)
{
	static const __u8 other4[4] = { 203, 0, 113, 9 };
	struct awtun_req req;

	(void)text;
	awtun_req_sa(&req, AWTUN_CMD_SA_SET, ifindex, AWTUN_DIR_OUT, OUT_SPI);
	awtun_put(&req, AWTUN_SA_A_REMOTE, other4, 4);
	awtun_put_encap(&req, 4500, 4500);
	return awtun_call(&nl, &req, NULL, NULL);
}

static int sa_expect(struct text *text)
{
	(void)text;
	return awtun_sa_do(&nl, AWTUN_CMD_SA_EXPECT, ifindex, AWTUN_DIR_IN,
			   NEW_SPI);
}

static int sa_activate(struct text *text)
{
	(void)text;
	return awtun_sa_do(&nl, AWTUN_CMD_SA_ACTIVATE, ifindex, AWTUN_DIR_OUT,
			   OUT_SPI);
}

static int sa_get(struct text *text)
{
	struct awtun_sa sa;
	int err = awtun_sa_get(&nl, ifindex, AWTUN_DIR_IN, IN_SPI, &sa);

	if (!err)
		describe_sa(text, &sa);
	return err;
}

static int sa_dump(struct text *text)
{
	struct awtun_sa sas[SAS_MAX];
	int i, n = awtun_sa_dump(&nl, 0, sas, SAS_MAX);

	for (i = 0; i < n && i < SAS_MAX; i++)
		describe_sa(text, &sas[i]);
	return n < 0 ? n : 0;
}

static int sa_del(struct text *text)
{
	(void)text;
	return awtun_sa_do(&nl, AWTUN_CMD_SA_DEL, ifindex, AWTUN_DIR_IN,
			   IN_SPI);
}

static int sa_flush(struct text *text)
{
	(void)text;
	return awtun_sa_flush(&nl, ifindex);
}

static int transport_add(struct text *text)
{
	(void)text;
	return awtun_transport_do(&nl, AWTUN_CMD_TRANSPORT_ADD, udp);
}

static int transport_del(struct text *text)
{
	(void)text;
	return awtun_transport_do(&nl, AWTUN_CMD_TRANSPORT_DEL, udp);
}

static int transport_dump(struct text *text)
{
	struct awtun_transport transports[SAS_MAX];
	int i, n = awtun_transport_dump(&nl, transports, SAS_MAX);

	for (i = 0; i < n && i < SAS_MAX; i++)
		add_text(text, "UDP port %u\n", transports[i].port);
	return n < 0 ? n : 0;
}

/* From memory: failures are for the module, not for the file system. */
static struct {
	void *data;
	size_t len;
} module;

static int module_load(struct text *text)
{
	(void)text;
	return syscall(SYS_init_module, module.data, module.len, "") ?
	       -errno : 0;
}

/* What a command finds when it is given; each has what those before it have. */
enum stage {
	STAGE_NONE,	/* not even the module */
	STAGE_LOADED,
	STAGE_LINK,
	STAGE_PATH,
	STAGE_SAS,
	STAGE_TRANSPORT,
};

static const struct command {
	const char *name;
	int protocol;
	enum stage stage;
	int (*run)(struct text *text);
} commands[] = {
	{ "module load", -1, STAGE_NONE, module_load },
	{ "link add", NETLINK_ROUTE, STAGE_LOADED, link_add },
	{ "tunnel-set", NETLINK_GENERIC, STAGE_LINK, tunnel_set },
	{ "tunnel-set, another", NETLINK_GENERIC, STAGE_PATH, tunnel_change },
	{ "tunnel-set, with SAs", NETLINK_GENERIC, STAGE_SAS, tunnel_options },
	{ "tunnel-get", NETLINK_GENERIC, STAGE_PATH, tunnel_get },
	{ "tunnel-get, dump", NETLINK_GENERIC, STAGE_PATH, tunnel_dump },
	{ "sa-add in, GCM", NETLINK_GENERIC, STAGE_PATH, sa_add_in_gcm },
	{ "sa-add in, CBC", NETLINK_GENERIC, STAGE_PATH, sa_add_in_cbc },
	{ "sa-add out, GCM", NETLINK_GENERIC, STAGE_PATH, sa_add_out_gcm },
	{ "sa-add out, CBC", NETLINK_GENERIC, STAGE_PATH, sa_add_out_cbc },
	{ "sa-add in, with all", NETLINK_GENERIC, STAGE_PATH, sa_add_in_full },
	{ "sa-add out, in UDP", NETLINK_GENERIC, STAGE_PATH, sa_add_out_udp },
	{ "sa-expect", NETLINK_GENERIC, STAGE_PATH, sa_expect },
	{ "sa-set", NETLINK_GENERIC, STAGE_SAS, sa_set },
	{ "sa-activate", NETLINK_GENERIC, STAGE_SAS, sa_activate },
	{ "sa-get", NETLINK_GENERIC, STAGE_SAS, sa_get },
	{ "sa-get, dump", NETLINK_GENERIC, STAGE_SAS, sa_dump },
	{ "sa-del", NETLINK_GENERIC, STAGE_SAS, sa_del },
	{ "sa-flush", NETLINK_GENERIC, STAGE_SAS, sa_flush },
	{ "transport-add", NETLINK_GENERIC, STAGE_SAS, transport_add },
	{ "transport-del", NETLINK_GENERIC, STAGE_TRANSPORT, transport_del },
	{ "transport-get", NETLINK_GENERIC, STAGE_TRANSPORT, transport_dump },
	{ "link del", NETLINK_ROUTE, STAGE_LINK, link_del },
	{ "link del, with SAs", NETLINK_ROUTE, STAGE_SAS, link_del },
};

/* Setting the stage. Nothing fails here but by a fault of the test. */

static void must(int err, const char *what)
{
	if (err)
		ksft_exit_fail_msg("%s: %s: %s\n", what, strerror(-err),
				   nl.extack);
}

/* A new socket for each command: a lost reply is not to reach the next one. */
static void open_socket(int protocol)
{
	memset(&nl, 0, sizeof(nl));
	nl.fd = -1;
	if (protocol == NETLINK_GENERIC) {
		must(awtun_nl_open(&nl), "generic netlink");
	} else if (protocol == NETLINK_ROUTE) {
		nl.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
		must(nl.fd < 0 ? -errno : 0, "route netlink");
	}
}

static void close_socket(void)
{
	if (nl.fd >= 0)
		close(nl.fd);
}

static void do_now(int protocol, int (*run)(struct text *text),
		   const char *what)
{
	open_socket(protocol);
	must(run(NULL), what);
	close_socket();
}

static bool loaded(void)
{
	return !access(MODULE, F_OK);
}

static void add_sas(void)
{
	open_socket(NETLINK_GENERIC);
	must(sa_add(AWTUN_DIR_IN, IN_SPI, "aes128-gcm16"), "inbound SA");
	must(sa_add(AWTUN_DIR_OUT, OUT_SPI, "aes128-sha1"), "outbound SA");
	close_socket();
}

/* Not by name: the kernel would look for a module when there is none. */
static void find_tunnel(void)
{
	struct awtun_tunnel tunnel;

	ifindex = 0;
	if (!loaded())
		return;
	open_socket(NETLINK_GENERIC);
	if (!awtun_tunnel_find(&nl, IFNAME, &tunnel))
		ifindex = tunnel.ifindex;
	close_socket();
}

/* Closing the old one takes it from the module. */
static void new_udp(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(4500) };

	if (udp >= 0)
		close(udp);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(udp < 0 || bind(udp, (void *)&any, sizeof(any)) ? -errno : 0,
	     "UDP socket");
}

static void set_stage(enum stage stage)
{
	new_udp();
	find_tunnel();
	if (ifindex)
		do_now(NETLINK_ROUTE, link_del, "link del");
	if (stage == STAGE_NONE) {
		if (loaded())
			must(syscall(SYS_delete_module, "awtun", 0) ? -errno :
			     0, "module unload");
		return;
	}
	if (!loaded())
		do_now(-1, module_load, "module load");
	if (stage >= STAGE_LINK) {
		do_now(NETLINK_ROUTE, link_add, "link add");
		find_tunnel();
	}
	if (stage >= STAGE_PATH)
		do_now(NETLINK_GENERIC, tunnel_set, "tunnel-set");
	if (stage >= STAGE_SAS)
		add_sas();
	if (stage >= STAGE_TRANSPORT)
		do_now(NETLINK_GENERIC, transport_add, "transport-add");
}

static void look(struct text *text)
{
	int err;

	text->len = 0;
	if (!loaded()) {
		add_text(text, "no module\n");
		return;
	}
	open_socket(NETLINK_GENERIC);
	err = tunnel_dump(text);
	if (err == -ENODEV)
		add_text(text, "no tunnel\n");
	else
		must(err, "tunnel-get");
	must(sa_dump(text), "sa-get");
	must(transport_dump(text), "transport-get");
	close_socket();
}

/* Injection: the nth allocation of this process from now on. */

static int fail_nth;	/* file descriptor */

static void arm(unsigned int n)
{
	char number[16];
	int len = snprintf(number, sizeof(number), "%u", n);

	if (pwrite(fail_nth, number, len, 0) != len)
		ksft_exit_fail_msg("fail-nth: %s\n", strerror(errno));
}

/* True when it has failed. */
static bool disarm(void)
{
	char number[16] = "";

	if (pread(fail_nth, number, sizeof(number) - 1, 0) <= 0)
		ksft_exit_fail_msg("fail-nth: %s\n", strerror(errno));
	arm(0);
	return !strtoul(number, NULL, 0);
}

static void set_injection(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		ksft_exit_skip("no fault injection: %s\n", name);
	close(fd);
}

static void read_module(void)
{
	const char *path = getenv("AWTUN_KO");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat))
		ksft_exit_skip("set AWTUN_KO\n");
	module.len = stat.st_size;
	module.data = malloc(module.len);
	if (!module.data ||
	    read(fd, module.data, module.len) != (ssize_t)module.len)
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	close(fd);
}

/* Of all allocations, also those that may wait and those of whole pages. */
static void enable_injection(void)
{
	fail_nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ksft_exit_skip("no fault injection in this kernel\n");
	set_injection(INJECTION "failslab/ignore-gfp-wait", "N");
	set_injection(INJECTION "failslab/verbose", "0");
	set_injection(INJECTION "fail_page_alloc/ignore-gfp-wait", "N");
	set_injection(INJECTION "fail_page_alloc/min-order", "0");
	set_injection(INJECTION "fail_page_alloc/verbose", "0");
}

static void disable_injection(void)
{
	set_injection(INJECTION "failslab/ignore-gfp-wait", "Y");
	set_injection(INJECTION "fail_page_alloc/ignore-gfp-wait", "Y");
	set_injection(INJECTION "fail_page_alloc/min-order", "1");
}

/* One command */

struct outcome {
	int err;
	bool injected;
	struct text read;	/* what the command said */
	struct text after;	/* what there is now */
};

/* @n: the allocation that fails; 0: none. */
static void run(const struct command *command, unsigned int n,
		struct outcome *outcome)
{
	outcome->read.len = 0;
	open_socket(command->protocol);
	arm(n);
	outcome->err = command->run(&outcome->read);
	outcome->injected = disarm() && n;
	close_socket();
	look(&outcome->after);
}

/* -ENOBUFS is also how the loss of the reply is told: then it may be done. */
static bool truthful(const struct outcome *outcome, const struct text *before,
		     const struct outcome *plain)
{
	bool done = same_text(&outcome->after, &plain->after);

	if (!outcome->err)
		return done && same_text(&outcome->read, &plain->read);
	return same_text(&outcome->after, before) ||
	       (done && outcome->err == -ENOBUFS);
}

static void complain(const struct outcome *outcome, unsigned int n,
		     const struct text *before)
{
	ksft_print_msg("allocation %u: %s\n", n, outcome->err ?
		       strerror(-outcome->err) : "success");
	ksft_print_msg("before: %.*s", (int)before->len, before->data);
	ksft_print_msg("after: %.*s", (int)outcome->after.len,
		       outcome->after.data);
	ksft_print_msg("read: %.*s\n", (int)outcome->read.len,
		       outcome->read.data);
}

/*
 * When a module has tracepoints and there is no memory for their files, the
 * kernel's tracing warns; that is not to end the test.
 */
static void tolerate_warnings(bool tolerate)
{
	static char before[2];
	int fd = open("/proc/sys/kernel/panic_on_warn", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	if (tolerate && read(fd, before, 1) == 1)
		must(pwrite(fd, "0", 1, 0) < 0 ? -errno : 0, "panic_on_warn");
	else if (!tolerate)
		must(pwrite(fd, before, 1, 0) < 0 ? -errno : 0, "panic_on_warn");
	close(fd);
}

static bool survives(const struct command *command)
{
	static struct outcome plain, outcome;
	static struct text before;
	unsigned int n, failed = 0;

	set_stage(command->stage);
	look(&before);
	run(command, 0, &plain);
	must(plain.err, command->name);

	for (n = 1; n <= POINTS_MAX; n++) {
		if (n == 1 || !same_text(&outcome.after, &before))
			set_stage(command->stage);
		run(command, n, &outcome);
		failed += !!outcome.err;
		if (!truthful(&outcome, &before, &plain)) {
			complain(&outcome, n, &before);
			return false;
		}
		if (!outcome.injected)
			break;
	}
	ksft_print_msg("%s: %u allocations, %u of them vital\n", command->name,
		       n - 1, failed);
	/* Every command has at least its own message allocated. */
	return n > 1 && n <= POINTS_MAX && failed && !outcome.err;
}

int main(void)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("not root\n");
	enable_injection();
	read_module();
	/* A page fault is not to meet the injected failure. */
	if (unshare(CLONE_NEWNET) || mlockall(MCL_CURRENT | MCL_FUTURE))
		ksft_exit_fail_msg("namespace: %s\n", strerror(errno));

	ksft_set_plan(ARRAY_SIZE(commands));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		bool passed;

		if (commands[i].stage == STAGE_NONE)
			tolerate_warnings(true);
		passed = survives(&commands[i]);
		if (commands[i].stage == STAGE_NONE)
			tolerate_warnings(false);
		if (passed)
			ksft_test_result_pass("%s\n", commands[i].name);
		else
			ksft_test_result_fail("%s\n", commands[i].name);
	}
	set_stage(STAGE_LOADED);
	disable_injection();
	if (ksft_get_fail_cnt())
		ksft_exit_fail();
	ksft_exit_pass();
}
