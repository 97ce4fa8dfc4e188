// SPDX-License-Identifier: GPL-2.0-only
/*
 * link_tunnel.so - what ip(8) knows of links of kind "tunnel".
 *
 * ip loads it by its name, and it uses ip's own functions.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/awtun.h>
#include <linux/rtnetlink.h>

#include "ip.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The room that ip has for a request behind its header. */
#define REQUEST_MAX	1024

static const char * const modes[] = {
	[AWTUN_MODE_IPSEC_IPV4] = "ipv4",
	[AWTUN_MODE_IPSEC_IPV6] = "ipv6",
};

static const char * const dfs[] = {
	[AWTUN_DF_COPY] = "copy",
	[AWTUN_DF_SET] = "set",
	[AWTUN_DF_CLEAR] = "clear",
};

static void print_help(struct link_util *lu, int argc, char **argv, FILE *f)
{
	fputs("Usage: ... tunnel [ mode { ipv4 | ipv6 } ] [ local ADDR ] [ remote ADDR ]\n"
	      "\t\t[ fwmark MARK ] [ link DEV ] [ ttl { TTL | auto } ]\n"
	      "\t\t[ dscp { DSCP | copy } ] [ df { copy | set | clear } ]\n"
	      "\t\t[ mss4 { MSS | pmtu | keep } ] [ mss6 { MSS | pmtu | keep } ]\n"
	      "\n"
	      "A tunnel carries packets once it has a mode, addresses and SAs. awiked adds\n"
	      "the SAs. A change keeps the values of options that it leaves out.\n"
	      "\n"
	      "Where:\tADDR := address of the family of the mode; remote 0.0.0.0 or :: removes\n"
	      "\t\tthe peer's address: then each SA has its own\n"
	      "\tMARK := { 0..0xffffffff }, of outer packets\n"
	      "\tDEV  := interface or VRF for the route of outer packets, or none\n"
	      "\tTTL  := { 1..255 }, of outer packets\n"
	      "\tDSCP := { 0..63 }, of outer packets\n"
	      "\tDF   := of outer IPv4 packets: that of the inner one, set, or clear\n"
	      "\tMSS  := { 64..65534 }, the limit in TCP SYNs of IPv4 or IPv6\n",
	      f);
}

/* Reading the command line */

static void put(struct nlmsghdr *n, int type, const void *data, int len)
{
	addattr_l(n, REQUEST_MAX, type, data, len);
}

static unsigned int word(const char * const *words, unsigned int count,
			 const char *what, const char *arg)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (words[i] && !strcmp(words[i], arg))
			return i;
	invarg(what, arg);
}

static void parse_mode(struct nlmsghdr *n, int type, const char *arg)
{
	__u32 mode = word(modes, ARRAY_SIZE(modes), "invalid mode", arg);

	put(n, type, &mode, sizeof(mode));
}

/* The kernel knows whether the family fits the mode. */
static void parse_addr(struct nlmsghdr *n, int type, const char *arg)
{
	int family = strchr(arg, ':') ? AF_INET6 : AF_INET;
	struct in6_addr addr;

	if (inet_pton(family, arg, &addr) != 1)
		invarg("invalid address", arg);
	put(n, type, &addr, family == AF_INET ? sizeof(struct in_addr) :
						sizeof(struct in6_addr));
}

static void parse_mark(struct nlmsghdr *n, int type, const char *arg)
{
	__u32 mark;

	if (get_u32(&mark, arg, 0))
		invarg("invalid fwmark", arg);
	put(n, type, &mark, sizeof(mark));
}

static void parse_link(struct nlmsghdr *n, int type, const char *arg)
{
	__u32 link = 0;

	if (strcmp(arg, "none")) {
		link = ll_name_to_index(arg);
		if (!link)
			invarg("no such interface", arg);
	}
	put(n, type, &link, sizeof(link));
}

static void parse_ttl(struct nlmsghdr *n, int type, const char *arg)
{
	__u8 ttl = 0;

	if (strcmp(arg, "auto") && (get_u8(&ttl, arg, 0) || !ttl))
		invarg("invalid ttl", arg);
	put(n, type, &ttl, sizeof(ttl));
}

static void parse_dscp(struct nlmsghdr *n, int type, const char *arg)
{
	__u8 dscp = AWTUN_DSCP_COPY;

	if (strcmp(arg, "copy") && (get_u8(&dscp, arg, 0) || dscp > 63))
		invarg("invalid dscp", arg);
	put(n, type, &dscp, sizeof(dscp));
}

static void parse_df(struct nlmsghdr *n, int type, const char *arg)
{
	__u8 df = word(dfs, ARRAY_SIZE(dfs), "invalid df", arg);

	put(n, type, &df, sizeof(df));
}

static void parse_mss(struct nlmsghdr *n, int type, const char *arg)
{
	__u16 mss = 0;

	if (!strcmp(arg, "pmtu"))
		mss = AWTUN_MSS_PMTU;
	else if (strcmp(arg, "keep") &&
		 (get_u16(&mss, arg, 0) || !mss || mss == AWTUN_MSS_PMTU))
		invarg("invalid mss", arg);
	put(n, type, &mss, sizeof(mss));
}

static const struct option {
	const char *name;
	int type;
	void (*parse)(struct nlmsghdr *n, int type, const char *arg);
} options[] = {
	{ "mode", AWTUN_TUNNEL_A_MODE, parse_mode },
	{ "local", AWTUN_TUNNEL_A_LOCAL, parse_addr },
	{ "remote", AWTUN_TUNNEL_A_REMOTE, parse_addr },
	{ "fwmark", AWTUN_TUNNEL_A_FWMARK, parse_mark },
	{ "link", AWTUN_TUNNEL_A_LINK, parse_link },
	{ "ttl", AWTUN_TUNNEL_A_TTL, parse_ttl },
	{ "dscp", AWTUN_TUNNEL_A_DSCP, parse_dscp },
	{ "df", AWTUN_TUNNEL_A_DF, parse_df },
	{ "mss4", AWTUN_TUNNEL_A_MSS_IPV4, parse_mss },
	{ "mss6", AWTUN_TUNNEL_A_MSS_IPV6, parse_mss },
};

static const struct option *find_option(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

static int parse_opt(struct link_util *lu, int argc, char **argv,
		     struct nlmsghdr *n)
{
	const struct option *option;

	for (; argc > 0; argc -= 2, argv += 2) {
		option = find_option(*argv);
		if (!option) {
			if (strcmp(*argv, "help"))
				fprintf(stderr, "tunnel: unknown option \"%s\"?\n",
					*argv);
			print_help(lu, argc, argv, stderr);
			return -1;
		}
		if (argc < 2)
			incomplete_command();
		option->parse(n, option->type, argv[1]);
	}

	return 0;
}

/* Printing what the kernel says; what has its default is left out */

static __u32 number(const struct rtattr *rta)
{
	__u32 u32 = 0;
	__u16 u16;

	switch (rta ? RTA_PAYLOAD(rta) : 0) {
	case sizeof(__u8):
		return *(const __u8 *)RTA_DATA(rta);
	case sizeof(u16):
		memcpy(&u16, RTA_DATA(rta), sizeof(u16));
		return u16;
	case sizeof(u32):
		memcpy(&u32, RTA_DATA(rta), sizeof(u32));
		return u32;
	default:
		return 0;
	}
}

static void print_addr(const char *key, const char *fmt,
		       const struct rtattr *rta)
{
	bool ip4 = rta && RTA_PAYLOAD(rta) == sizeof(struct in_addr);
	char text[INET6_ADDRSTRLEN];

	if (!ip4 && (!rta || RTA_PAYLOAD(rta) != sizeof(struct in6_addr)))
		return;
	inet_ntop(ip4 ? AF_INET : AF_INET6, RTA_DATA(rta), text, sizeof(text));
	print_color_string(PRINT_ANY, ip4 ? COLOR_INET : COLOR_INET6, key, fmt,
			   text);
}

static void print_mss(const char *key, const char *fmt_word,
		      const char *fmt_number, const struct rtattr *rta)
{
	__u32 mss = number(rta);

	if (mss == AWTUN_MSS_PMTU)
		print_color_string(PRINT_ANY, COLOR_NONE, key, fmt_word,
				   "pmtu");
	else if (mss)
		print_color_uint(PRINT_ANY, COLOR_NONE, key, fmt_number, mss);
}

static void print_outer(struct rtattr *tb[])
{
	__u32 mark = number(tb[AWTUN_TUNNEL_A_FWMARK]);
	__u32 link = number(tb[AWTUN_TUNNEL_A_LINK]);
	__u32 ttl = number(tb[AWTUN_TUNNEL_A_TTL]);
	__u32 df = number(tb[AWTUN_TUNNEL_A_DF]);

	if (mark)
		print_color_0xhex(PRINT_ANY, COLOR_NONE, "fwmark",
				  "fwmark %#llx ", mark);
	if (link)
		print_color_string(PRINT_ANY, COLOR_NONE, "link", "link %s ",
				   ll_index_to_name(link));
	if (ttl)
		print_color_uint(PRINT_ANY, COLOR_NONE, "ttl", "ttl %u ", ttl);
	if (tb[AWTUN_TUNNEL_A_DSCP])
		print_color_uint(PRINT_ANY, COLOR_NONE, "dscp", "dscp %u ",
				 number(tb[AWTUN_TUNNEL_A_DSCP]));
	if (df && df < ARRAY_SIZE(dfs))
		print_color_string(PRINT_ANY, COLOR_NONE, "df", "df %s ",
				   dfs[df]);
}

static void print_opt(struct link_util *lu, FILE *f, struct rtattr *tb[])
{
	__u32 mode;

	if (!tb)
		return;
	mode = number(tb[AWTUN_TUNNEL_A_MODE]);
	if (mode == AWTUN_MODE_UNSPEC || mode >= ARRAY_SIZE(modes))
		return;

	print_color_string(PRINT_ANY, COLOR_NONE, "mode", "mode %s ",
			   modes[mode]);
	print_addr("local", "local %s ", tb[AWTUN_TUNNEL_A_LOCAL]);
	print_addr("remote", "remote %s ", tb[AWTUN_TUNNEL_A_REMOTE]);
	print_outer(tb);
	print_mss("mss4", "mss4 %s ", "mss4 %u ", tb[AWTUN_TUNNEL_A_MSS_IPV4]);
	print_mss("mss6", "mss6 %s ", "mss6 %u ", tb[AWTUN_TUNNEL_A_MSS_IPV6]);
}

struct link_util tunnel_link_util = {
	.id = "tunnel",
	.maxattr = AWTUN_TUNNEL_A_MAX,
	.parse_opt = parse_opt,
	.print_opt = print_opt,
	.print_help = print_help,
};
