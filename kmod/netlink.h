/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_NETLINK_H
#define _AWTUN_NETLINK_H

#include <linux/awtun.h>

struct awtun_sa;

void awtun_notify_sa(struct awtun_sa *sa, enum awtun_event event);

int awtun_netlink_init(void);
void awtun_netlink_exit(void);

#endif /* _AWTUN_NETLINK_H */
