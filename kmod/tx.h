/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_TX_H
#define _AWTUN_TX_H

#include <linux/netdevice.h>

netdev_tx_t awtun_xmit(struct sk_buff *skb, struct net_device *dev);

#endif /* _AWTUN_TX_H */
