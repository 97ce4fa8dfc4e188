/* SPDX-License-Identifier: GPL-2.0-only */
/* What fuzz_spec.py writes: a generic netlink family's attributes. */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/types.h>
#include <stdbool.h>

enum fuzz_kind {
	FUZZ_INT,	/* size octets, low to high */
	FUZZ_BINARY,	/* low to high octets */
	FUZZ_FLAG,
	FUZZ_NEST,
};

struct fuzz_attr {
	__u16 type;
	enum fuzz_kind kind;
	unsigned int size;
	__u64 low;
	__u64 high;
	const struct fuzz_set *nest;
};

struct fuzz_set {
	const char *name;
	unsigned int n;
	const struct fuzz_attr *attrs;
};

struct fuzz_command {
	__u8 cmd;
	__u16 nest;	/* attribute of a request's top level; 0: none */
	bool has_do;
	bool has_dump;
	const char *name;
};

#endif /* FUZZ_H */
