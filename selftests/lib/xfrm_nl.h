/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's XFRM as the peer of a tunnel: its SAs and policies over netlink,
 * without a process for each of them.
 */
#ifndef XFRM_NL_H
#define XFRM_NL_H

#include <stdbool.h>

#include <linux/types.h>

#include "awtun_nl.h"

#define XFRM_WINDOW	64

struct xfrm_nl {
	int fd;
	__u32 seq;
};

/* An SA in tunnel mode. */
struct xfrm_sa {
	const struct awtun_addr *src;
	const struct awtun_addr *dst;
	__u32 spi;		/* host order */
	const struct awtun_suite *suite;
	const __u8 *keymat;	/* as in awtun_req_sa_add() */
	bool esn;
	__u16 encap_src_port;	/* host order; 0: not in UDP */
	__u16 encap_dst_port;
	__u64 replay_top;	/* with ESN: numbers up to here were seen */
};

/* All of these return 0 or -errno. */
int xfrm_nl_open(struct xfrm_nl *nl);
void xfrm_nl_close(struct xfrm_nl *nl);

int xfrm_flush_states(struct xfrm_nl *nl);
int xfrm_flush_policies(struct xfrm_nl *nl);
int xfrm_add_state(struct xfrm_nl *nl, const struct xfrm_sa *sa);
/* The last number that an ESN SA has sent. */
int xfrm_set_sent(struct xfrm_nl *nl, const struct xfrm_sa *sa, __u64 seq);
/*
 * Packets between @src and @dst, one address each, by a tunnel between
 * @outer_src and @outer_dst. @dir: XFRM_POLICY_IN or XFRM_POLICY_OUT.
 */
int xfrm_add_policy(struct xfrm_nl *nl, int dir, const struct awtun_addr *src,
		    const struct awtun_addr *dst,
		    const struct awtun_addr *outer_src,
		    const struct awtun_addr *outer_dst);

#endif /* XFRM_NL_H */
