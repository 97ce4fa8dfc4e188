// SPDX-License-Identifier: GPL-2.0-only
/* A virtual machine that is cloned, or restored to an earlier state, would reuse
 * sequence numbers that it, or its clone, has sent before, under the same keys.
 * AES-GCM does not survive that: two packets with the same number reveal the
 * authentication key (RFC 4106 section 3.1). So the outbound SAs from before
 * must send no longer.
 */
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "genl.h"
#include "net.h"
#include "sa.h"
#include "tunnel.h"
#include "vmfork.h"

static void flush_outbound(struct net *underlay)
{
	struct awtun_tunnel *tun;

	list_for_each_entry(tun, &awtun_net(underlay)->tunnels, list) {
		mutex_lock(&tun->lock);
		awtun_tunnel_flush_outbound(tun);
		mutex_unlock(&tun->lock);
	}
}

/* First no packet can leave any longer, then the listeners are notified. RTNL
 * keeps the lists of tunnels.
 */
static int vm_forked(struct notifier_block *nb, unsigned long action,
		     void *data)
{
	struct net *net;

	rtnl_lock();
	down_read(&net_rwsem);
	for_each_net(net)
		flush_outbound(net);
	for_each_net(net) {
		atomic_inc(&awtun_net(net)->generation);
		awtun_notify_vm_forked(net);
	}
	up_read(&net_rwsem);
	rtnl_unlock();

	return NOTIFY_DONE;
}

static struct notifier_block vmfork_block = { .notifier_call = vm_forked };

int __init awtun_vmfork_init(void)
{
	return register_random_vmfork_notifier(&vmfork_block);
}

void awtun_vmfork_exit(void)
{
	unregister_random_vmfork_notifier(&vmfork_block);
}
