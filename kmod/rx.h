/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_RX_H
#define _AWTUN_RX_H

struct awtun_sa;
struct net;
struct sk_buff;

void awtun_rx_udp(struct net *net, struct sk_buff *skb);
void awtun_rx_held(struct awtun_sa *sa);

int awtun_rx_init(void);
void awtun_rx_exit(void);

#endif /* _AWTUN_RX_H */
