/* SPDX-License-Identifier: GPL-2.0-only */
/* The fields of an inner packet that traffic selectors are compared with. */
#ifndef _AWTUN_FLOW_H
#define _AWTUN_FLOW_H

#include "selector.h"

struct sk_buff;

bool awtun_flow_read(struct awtun_flow *flow, struct sk_buff *skb);

#endif /* _AWTUN_FLOW_H */
