// SPDX-License-Identifier: GPL-2.0-only
#include <linux/workqueue.h>

#include "wq.h"

struct workqueue_struct *awtun_wq;

int __init awtun_wq_init(void)
{
	awtun_wq = alloc_workqueue("awtun", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);

	return awtun_wq ? 0 : -ENOMEM;
}

void awtun_wq_exit(void)
{
	destroy_workqueue(awtun_wq);
}
