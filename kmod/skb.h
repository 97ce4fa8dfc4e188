/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_SKB_H
#define _AWTUN_SKB_H

#include <linux/build_bug.h>
#include <linux/skbuff.h>

/**
 * struct awtun_cb - what a packet carries through its transformation
 * @seq: its sequence number, all 64 bits
 * @inner_len: octets of the inner packet, outbound
 * @esp_offset: octets from the data pointer to the ESP header
 * @src_port: UDP source port, network byte order; inbound, 0 when not in UDP
 * @outer_ds: DS field of the outer header, inbound
 * @nesting: how many tunnels it has passed before this one, outbound
 *
 * The control block is ours from the point where the packet is certain not to
 * go on to another protocol handler until it is given back to the stack.
 */
struct awtun_cb {
	u64 seq;
	u32 inner_len;
	u16 esp_offset;
	__be16 src_port;
	u8 outer_ds;
	u8 nesting;
};

static inline struct awtun_cb *awtun_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct awtun_cb) > sizeof_field(struct sk_buff, cb));

	return (struct awtun_cb *)skb->cb;
}

#endif /* _AWTUN_SKB_H */
