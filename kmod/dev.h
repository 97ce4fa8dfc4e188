/* SPDX-License-Identifier: GPL-2.0-only */
/* The network device of a tunnel. */
#ifndef _AWTUN_DEV_H
#define _AWTUN_DEV_H

#include <linux/types.h>

struct net_device;

bool awtun_dev_is_ours(const struct net_device *dev);

int awtun_dev_init(void);
void awtun_dev_exit(void);

#endif /* _AWTUN_DEV_H */
