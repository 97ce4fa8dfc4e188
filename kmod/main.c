// SPDX-License-Identifier: GPL-2.0-only
#include <linux/init.h>
#include <linux/module.h>

#include "dev.h"
#include "genl.h"
#include "net.h"
#include "rx.h"
#include "sa.h"
#include "vmfork.h"

static int __init awtun_module_init(void)
{
	int err;

	err = awtun_sa_init();
	if (err)
		return err;
	err = awtun_net_init();
	if (err)
		goto err_sa;
	err = awtun_dev_init();
	if (err)
		goto err_net;
	err = awtun_rx_init();
	if (err)
		goto err_dev;
	err = awtun_genl_init();
	if (err)
		goto err_rx;
	err = awtun_vmfork_init();
	if (err)
		goto err_genl;

	return 0;

err_genl:
	awtun_genl_exit();
err_rx:
	awtun_rx_exit();
err_dev:
	awtun_dev_exit();
err_net:
	awtun_net_exit();
err_sa:
	awtun_sa_exit();
	return err;
}

/* First nothing new can come: no request, then no packet. Taking the devices
 * away waits for their SAs, and so for every packet in transformation. What is
 * left are the ends of works and of RCU callbacks.
 */
static void __exit awtun_module_exit(void)
{
	awtun_vmfork_exit();
	awtun_genl_exit();
	awtun_rx_exit();
	awtun_dev_exit();
	awtun_net_exit();
	awtun_sa_exit();
	rcu_barrier();
}

module_init(awtun_module_init);
module_exit(awtun_module_exit);

MODULE_DESCRIPTION("IPsec tunnel interfaces");
MODULE_LICENSE("GPL");
/* An alias finds the generic implementations; this is how the fast ones come. */
MODULE_SOFTDEP("pre: aesni_intel");
