/* SPDX-License-Identifier: GPL-2.0-only */
/* Traffic selectors: which packets an SA may carry, RFC 4301 section 4.4.1.1, in
 * the form of RFC 7296 section 3.13.1. Pure: also built in userland by its unit
 * test.
 */
#ifndef _AWTUN_SELECTOR_H
#define _AWTUN_SELECTOR_H

#include <linux/types.h>

/**
 * struct awtun_selector - a range of addresses, a protocol, a range of ports
 * @start: first address, network byte order
 * @end: last address
 * @addr_len: octets of both, 4 or 16
 * @protocol: of the inner IP header, 0 for any
 * @port_min: first port; ICMP: type << 8 | code
 * @port_max: last port
 */
struct awtun_selector {
	u8 start[16];
	u8 end[16];
	u8 addr_len;
	u8 protocol;
	u16 port_min;
	u16 port_max;
};

/**
 * struct awtun_selectors - what one side of an SA may be: any of a list
 * @n: how many
 * @list: the selectors
 */
struct awtun_selectors {
	unsigned int n;
	struct awtun_selector list[];
};

/**
 * struct awtun_flow_side - one side of a packet
 * @addr: address, in the packet
 * @port: port; ICMP: type << 8 | code, on both sides
 */
struct awtun_flow_side {
	const u8 *addr;
	u16 port;
};

/**
 * struct awtun_flow - what selectors look at in a packet
 * @src: where it is from
 * @dst: where it goes
 * @addr_len: octets of an address, 4 or 16
 * @protocol: of the IP header
 * @opaque: the ports are not known: a later fragment, or a protocol without
 */
struct awtun_flow {
	struct awtun_flow_side src;
	struct awtun_flow_side dst;
	u8 addr_len;
	u8 protocol;
	bool opaque;
};

bool awtun_selectors_same(const struct awtun_selectors *a,
			  const struct awtun_selectors *b);
bool awtun_selectors_match(const struct awtun_selectors *selectors,
			   const struct awtun_flow *flow,
			   const struct awtun_flow_side *side);

#endif /* _AWTUN_SELECTOR_H */
