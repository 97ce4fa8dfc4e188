// SPDX-License-Identifier: GPL-2.0-only
/* The network device: link kind "tunnel", its namespaces, its carrier. */
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "dev.h"
#include "esp.h"
#include "sa.h"
#include "tx.h"

#define LINK_KIND "tunnel"

/* Longest inner packet whose outer packet an IP header can describe. */
#define MTU_MAX (IP_MAX_MTU - sizeof(struct ipv6hdr) - \
		 AWTUN_ESP_HEAD_MAX - AWTUN_ESP_TAIL_MAX)

/**
 * awtun_dev_underlay() - namespace of the outer packets
 * @tun: the tunnel
 *
 * Context: &struct awtun_tunnel.lock, which keeps the namespace alive.
 * Return: the namespace, NULL when it is gone.
 */
struct net *awtun_dev_underlay(const struct awtun_tunnel *tun)
{
	return rcu_dereference_protected(tun->underlay,
					 lockdep_is_held(&tun->lock));
}

/**
 * awtun_dev_update_carrier() - carrier is on while both directions work
 * @tun: the tunnel
 */
void awtun_dev_update_carrier(struct awtun_tunnel *tun)
{
	struct awtun_sa *sa;

	lockdep_assert_held(&tun->lock);

	sa = rcu_dereference_protected(tun->tx_sa, lockdep_is_held(&tun->lock));
	if (sa && !awtun_sa_exhausted(sa) && tun->nr_in)
		netif_carrier_on(tun->dev);
	else
		netif_carrier_off(tun->dev);
}

static void replace_path(struct awtun_tunnel *tun, struct awtun_path *path)
{
	struct awtun_net *an = awtun_net(awtun_dev_underlay(tun));
	struct awtun_path *old;

	old = rcu_replace_pointer(tun->path, path, lockdep_is_held(&tun->lock));
	if (old) {
		awtun_net_del_path(an, old);
		kfree_rcu(old, rcu);
	}
	if (path)
		awtun_net_add_path(an, path);
}

/**
 * awtun_dev_set_path() - configure a tunnel that has no SA and an underlay
 * @tun: the tunnel
 * @mode: enum awtun_mode; AWTUN_MODE_UNSPEC takes the configuration away
 * @ends: the addresses, unless @mode is AWTUN_MODE_UNSPEC
 *
 * Return: 0 or -ENOMEM.
 */
int awtun_dev_set_path(struct awtun_tunnel *tun, u32 mode,
		       const struct awtun_endpoints *ends)
{
	struct awtun_path *path = NULL;

	lockdep_assert_held(&tun->lock);

	if (mode != AWTUN_MODE_UNSPEC) {
		path = kzalloc(sizeof(*path), GFP_KERNEL_ACCOUNT);
		if (!path)
			return -ENOMEM;
		path->tun = tun;
		path->ends = *ends;
		path->mode = mode;
	}
	replace_path(tun, path);

	return 0;
}

/**
 * awtun_dev_detach() - part a tunnel from its underlay for good
 * @tun: the tunnel; nothing happens when it has been done before
 *
 * Context: RTNL.
 */
void awtun_dev_detach(struct awtun_tunnel *tun)
{
	ASSERT_RTNL();

	mutex_lock(&tun->lock);
	if (awtun_dev_underlay(tun)) {
		awtun_sa_flush(tun);
		replace_path(tun, NULL);
		list_del(&tun->list);
		RCU_INIT_POINTER(tun->underlay, NULL);
		atomic_inc(&awtun_net(dev_net(tun->dev))->generation);
	}
	mutex_unlock(&tun->lock);
}

static int awtun_init(struct net_device *dev)
{
	struct awtun_tunnel *tun = netdev_priv(dev);
	int err;

	tun->stats = netdev_alloc_pcpu_stats(struct awtun_tunnel_stats);
	if (!tun->stats)
		return -ENOMEM;

	err = gro_cells_init(&tun->gro_cells, dev);
	if (err) {
		free_percpu(tun->stats);
		return err;
	}

	list_add(&tun->list, &awtun_net(rtnl_dereference(tun->underlay))->tunnels);
	netif_carrier_off(dev);

	return 0;
}

static void awtun_uninit(struct net_device *dev)
{
	awtun_dev_detach(netdev_priv(dev));
}

/* The last reference is gone, and with it every SA. */
static void awtun_destructor(struct net_device *dev)
{
	struct awtun_tunnel *tun = netdev_priv(dev);

	gro_cells_destroy(&tun->gro_cells);
	free_percpu(tun->stats);
	mutex_destroy(&tun->lock);
}

/* There is no hardware address to make a link-local one from, and the random
 * one the kernel would choose instead is not wanted: addresses come from the
 * administrator. Another choice than the default is left alone. Here and not
 * at creation, because a move to another namespace makes new IPv6 state.
 */
static int awtun_open(struct net_device *dev)
{
	struct inet6_dev *idev = __in6_dev_get(dev);

	if (idev && idev->cnf.addr_gen_mode == IN6_ADDR_GEN_MODE_EUI64)
		idev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;

	return 0;
}

static const struct net_device_ops awtun_netdev_ops = {
	.ndo_init = awtun_init,
	.ndo_uninit = awtun_uninit,
	.ndo_open = awtun_open,
	.ndo_start_xmit = awtun_xmit,
	.ndo_get_stats64 = awtun_get_stats64,
};

/**
 * awtun_dev_is_ours() - is this one of our tunnels?
 * @dev: any device
 *
 * Return: true when its private part is a &struct awtun_tunnel.
 */
bool awtun_dev_is_ours(const struct net_device *dev)
{
	return dev->netdev_ops == &awtun_netdev_ops;
}

static void awtun_get_drvinfo(struct net_device *dev,
			      struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
}

static const struct ethtool_ops awtun_ethtool_ops = {
	.get_drvinfo = awtun_get_drvinfo,
	.get_link = ethtool_op_get_link,
};

static const struct device_type awtun_device_type = { .name = LINK_KIND };

static void awtun_setup(struct net_device *dev)
{
	struct awtun_tunnel *tun = netdev_priv(dev);

	dev->netdev_ops = &awtun_netdev_ops;
	dev->ethtool_ops = &awtun_ethtool_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->mtu = AWTUN_MTU_DEFAULT;
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = MTU_MAX;
	dev->needed_headroom = LL_MAX_HEADER + sizeof(struct ipv6hdr) +
			       AWTUN_ESP_HEAD_MAX;
	dev->needed_tailroom = AWTUN_ESP_TAIL_MAX;
	dev->needs_free_netdev = true;
	dev->priv_destructor = awtun_destructor;

	/* Every packet is copied into a linear buffer before encryption unless
	 * it is one that nobody else holds, so fragments and open checksums
	 * cost nothing more here than in the core.
	 */
	dev->features |= NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA;
	dev->hw_features |= NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA;
	awtun_dev_set_lltx(dev);
	/* ICMP errors to the sender need the route of the inner packet. */
	netif_keep_dst(dev);
	SET_NETDEV_DEVTYPE(dev, &awtun_device_type);

	tun->dev = dev;
	mutex_init(&tun->lock);
	INIT_LIST_HEAD(&tun->sas);
}

static int awtun_newlink(struct net *src_net, struct net_device *dev,
			 struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	struct awtun_tunnel *tun = netdev_priv(dev);

	/* No reference: awtun_net_pre_exit() takes it away in time. */
	rcu_assign_pointer(tun->underlay, src_net);

	return register_netdevice(dev);
}

static struct net *awtun_get_link_net(const struct net_device *dev)
{
	const struct awtun_tunnel *tun = netdev_priv(dev);
	struct net *net = rcu_dereference_rtnl(tun->underlay);

	return net ?: dev_net(dev);
}

static struct rtnl_link_ops awtun_link_ops __read_mostly = {
	.kind = LINK_KIND,
	.priv_size = sizeof(struct awtun_tunnel),
	.setup = awtun_setup,
	.newlink = awtun_newlink,
	.get_link_net = awtun_get_link_net,
};

int __init awtun_dev_init(void)
{
	return rtnl_link_register(&awtun_link_ops);
}

void awtun_dev_exit(void)
{
	rtnl_link_unregister(&awtun_link_ops);
}

MODULE_ALIAS_RTNL_LINK(LINK_KIND);
