/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the module does what packets and RCU callbacks cannot wait for. */
#ifndef _AWTUN_WQ_H
#define _AWTUN_WQ_H

struct workqueue_struct;

extern struct workqueue_struct *awtun_wq;

int awtun_wq_init(void);
void awtun_wq_exit(void);

#endif /* _AWTUN_WQ_H */
