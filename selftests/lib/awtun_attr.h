/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking netlink attributes apart, for awtun_nl.c and awtun_parse.c. */
#ifndef AWTUN_ATTR_H
#define AWTUN_ATTR_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct nl_attr {
	__u16 type;
	const void *data;
	size_t len;
};

/* Takes the next attribute off @pos; false at the end or at a malformed one. */
bool nl_next_attr(const __u8 **pos, size_t *left, struct nl_attr *attr);
bool nl_find_attr(const void *attrs, size_t len, __u16 type,
		  struct nl_attr *attr);

/* 0 when it is of another length. */
__u8 nl_attr_u8(const struct nl_attr *attr);
__u16 nl_attr_u16(const struct nl_attr *attr);
__u32 nl_attr_u32(const struct nl_attr *attr);
__u64 nl_attr_u64(const struct nl_attr *attr);
void nl_attr_string(const struct nl_attr *attr, char *out, size_t size);

#endif /* AWTUN_ATTR_H */
