// SPDX-License-Identifier: GPL-2.0-only
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "dev.h"
#include "genl.h"
#include "net.h"
#include "rx.h"
#include "tunnel.h"
#include "vmfork.h"
#include "wq.h"

/* The namespace still works, its devices too: take its tunnels off it, also
 * those that live elsewhere by now, and let what is in flight end. No tunnel
 * and no SA can come after that, for both need a living namespace.
 */
static void __net_exit net_pre_exit(struct net *net)
{
	struct awtun_net *an = awtun_net(net);
	struct awtun_tunnel *tun, *next;

	rtnl_lock();
	list_for_each_entry_safe(tun, next, &an->tunnels, list)
		awtun_tunnel_detach(tun);
	rtnl_unlock();

	awtun_net_wait(an);
}

/* A subsystem, not a device: packets arrive until the devices are gone, and
 * they look into the tables.
 */
static struct pernet_operations net_ops = {
	.init = awtun_net_create,
	.pre_exit = net_pre_exit,
	.exit = awtun_net_destroy,
	.id = &awtun_net_id,
	.size = sizeof(struct awtun_net),
};

static int __init awtun_module_init(void)
{
	int err;

	err = awtun_wq_init();
	if (err)
		return err;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_wq;
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
	unregister_pernet_subsys(&net_ops);
err_wq:
	awtun_wq_exit();
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
	unregister_pernet_subsys(&net_ops);
	awtun_wq_exit();
	rcu_barrier();
}

module_init(awtun_module_init);
module_exit(awtun_module_exit);

MODULE_DESCRIPTION("IPsec tunnel interfaces");
MODULE_LICENSE("GPL");
/* An alias finds the generic implementations; this is how the fast ones come. */
MODULE_SOFTDEP("pre: aesni_intel");
