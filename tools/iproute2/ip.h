/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ip(8) has for those that it loads. Debian does not ship iproute2's
 * headers; this is what is needed here of version 6.1.
 */
#ifndef IP_H
#define IP_H

#include <stdio.h>

#include <linux/rtnetlink.h>
#include <linux/types.h>

/* Of iproute2's json_print.h and color.h. */
enum output_type { PRINT_ANY = 4 };
enum color_attr { COLOR_INET = 2, COLOR_INET6, COLOR_NONE = 6 };

int print_color_string(enum output_type type, enum color_attr color,
		       const char *key, const char *fmt, const char *value);
int print_color_uint(enum output_type type, enum color_attr color,
		     const char *key, const char *fmt, unsigned int value);
int print_color_0xhex(enum output_type type, enum color_attr color,
		      const char *key, const char *fmt,
		      unsigned long long value);

/* Of its utils.h, libnetlink.h and ll_map.h. */
int get_u8(__u8 *value, const char *arg, int base);
int get_u16(__u16 *value, const char *arg, int base);
int get_u32(__u32 *value, const char *arg, int base);
void incomplete_command(void) __attribute__((noreturn));
void invarg(const char *msg, const char *arg) __attribute__((noreturn));
int addattr_l(struct nlmsghdr *n, int max, int type, const void *data,
	      int len);
unsigned int ll_name_to_index(const char *name);
const char *ll_index_to_name(unsigned int index);

/* Of its ip_common.h. */
struct link_util {
	struct link_util *next;
	const char *id;
	int maxattr;
	int (*parse_opt)(struct link_util *lu, int argc, char **argv,
			 struct nlmsghdr *n);
	void (*print_opt)(struct link_util *lu, FILE *f, struct rtattr *tb[]);
	void (*print_xstats)(struct link_util *lu, FILE *f,
			     struct rtattr *xstats);
	void (*print_help)(struct link_util *lu, int argc, char **argv,
			   FILE *f);
	int (*parse_ifla_xstats)(struct link_util *lu, int argc, char **argv);
	int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
};

#endif /* IP_H */
