/* SPDX-License-Identifier: GPL-2.0-only */
/* The maximum segment size that TCP peers announce, RFC 9293 section
 * 3.7.1, limited to what the tunnel carries.
 */
#ifndef _AWTUN_MSS_H
#define _AWTUN_MSS_H

#include <linux/types.h>

struct awtun_tunnel;
struct sk_buff;

bool awtun_mss_wanted(const struct awtun_tunnel *tun,
		      const struct sk_buff *skb);
void awtun_mss_clamp(const struct awtun_tunnel *tun, struct sk_buff *skb,
		     unsigned int mtu);

#endif /* _AWTUN_MSS_H */
