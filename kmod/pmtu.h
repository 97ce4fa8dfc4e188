/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets too big for the path: the ICMP error to the sender of an inner
 * packet, and the errors of the underlay about an outer one.
 */
#ifndef _AWTUN_PMTU_H
#define _AWTUN_PMTU_H

#include <linux/types.h>

struct inet6_skb_parm;
struct sk_buff;

/* What becomes of an inner packet. */
enum awtun_fit {
	AWTUN_FITS,
	AWTUN_FRAGMENT_INNER,
	AWTUN_FRAGMENT_OUTER,
	AWTUN_TOO_BIG,		/* its sender is to be notified */
};

enum awtun_fit awtun_pmtu_fit(const struct sk_buff *skb, unsigned int mtu,
			      u8 df);
void awtun_pmtu_tell(struct sk_buff *skb, unsigned int mtu);

int awtun_pmtu_err4(struct sk_buff *skb, u32 info);
int awtun_pmtu_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		    u8 code, int offset, __be32 info);

#endif /* _AWTUN_PMTU_H */
