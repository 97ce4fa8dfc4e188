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
#include "note.h"
#include "tunnel.h"
#include "tx.h"

#define LINK_KIND "tunnel"

#define MTU_DEFAULT 1400

/* RXCSUM: see set_checksum() on reception. */
#define FEATURES (NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA | \
		  NETIF_F_GSO_SOFTWARE | NETIF_F_RXCSUM)

/* Longest inner packet whose outer packet an IP header can describe. */
#define MTU_MAX (IP_MAX_MTU - sizeof(struct ipv6hdr) - \
		 sizeof(struct udphdr) - AWTUN_ESP_HEAD_MAX - AWTUN_ESP_TAIL_MAX)

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
	awtun_tunnel_detach(netdev_priv(dev));
}

/* The last reference is gone, and with it every SA. */
static void awtun_destructor(struct net_device *dev)
{
	struct awtun_tunnel *tun = netdev_priv(dev);

	awtun_notes_destroy(&tun->notes);
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

static u32 awtun_get_link(struct net_device *dev)
{
	return netif_oper_up(dev);
}

static const struct ethtool_ops awtun_ethtool_ops = {
	.get_drvinfo = awtun_get_drvinfo,
	.get_link = awtun_get_link,
	.get_sset_count = awtun_get_sset_count,
	.get_strings = awtun_get_strings,
	.get_ethtool_stats = awtun_get_ethtool_stats,
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
	dev->mtu = MTU_DEFAULT;
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = MTU_MAX;
	dev->needed_headroom = LL_MAX_HEADER + sizeof(struct ipv6hdr) +
			       sizeof(struct udphdr) + AWTUN_ESP_HEAD_MAX;
	dev->needed_tailroom = AWTUN_ESP_TAIL_MAX;
	dev->needs_free_netdev = true;
	dev->priv_destructor = awtun_destructor;

	/* Packets are made linear and summed up while they are copied or cut
	 * from a large one, so the stack need not do it before.
	 */
	dev->features |= FEATURES;
	dev->hw_features |= FEATURES;
	awtun_dev_set_lltx(dev);
	/* ICMP errors to the sender need the route of the inner packet. */
	netif_keep_dst(dev);
	SET_NETDEV_DEVTYPE(dev, &awtun_device_type);

	/* Not by netif_dormant_on(), which notifies others: too early. */
	set_bit(__LINK_STATE_DORMANT, &dev->state);

	tun->dev = dev;
	mutex_init(&tun->lock);
	INIT_LIST_HEAD(&tun->sas);
	awtun_notes_init(&tun->notes);
}

static const struct nla_policy link_policy[AWTUN_TUNNEL_A_MAX + 1] = {
	AWTUN_SETTINGS_POLICY,
	[AWTUN_TUNNEL_A_IFINDEX] = { .type = NLA_REJECT },
	[AWTUN_TUNNEL_A_IFNAME] = { .type = NLA_REJECT },
	[AWTUN_TUNNEL_A_STATS] = { .type = NLA_REJECT },
	[AWTUN_TUNNEL_A_PATH_MTU] = { .type = NLA_REJECT },
};

/* What the attributes leave out stays as it is. */
static int configure(struct awtun_tunnel *tun, struct nlattr *data[],
		     struct netlink_ext_ack *extack)
{
	struct awtun_settings settings = awtun_settings_default;
	const struct awtun_conf *conf;
	int err;

	mutex_lock(&tun->lock);
	conf = awtun_tunnel_conf(tun);
	if (conf)
		settings = conf->settings;
	err = awtun_settings_parse(NULL, data, &settings, extack);
	if (!err)
		err = awtun_tunnel_configure(tun, &settings, extack);
	mutex_unlock(&tun->lock);

	return err;
}

/**
 * awtun_dev_newlink() - make a tunnel; awtun_newlink() has the kernel's form
 * @dev: the device, set up
 * @underlay: namespace of the outer packets
 * @data: enum awtun_tunnel_attr, or NULL
 * @extack: says what is wrong
 *
 * Context: RTNL.
 * Return: 0 or an error.
 */
int awtun_dev_newlink(struct net_device *dev, struct net *underlay,
		      struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct awtun_tunnel *tun = netdev_priv(dev);
	int err;

	/* No reference: awtun_net_pre_exit() takes it away in time. */
	rcu_assign_pointer(tun->underlay, underlay);

	err = register_netdevice(dev);
	if (err || !data)
		return err;

	err = configure(tun, data, extack);
	if (err)
		unregister_netdevice(dev);

	return err;
}

static int awtun_changelink(struct net_device *dev, struct nlattr *tb[],
			    struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	return data ? configure(netdev_priv(dev), data, extack) : 0;
}

static size_t awtun_get_size(const struct net_device *dev)
{
	return awtun_conf_size();
}

static int awtun_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct awtun_tunnel *tun = netdev_priv(dev);

	int err;

	/* RTNL keeps the device, but not its configuration. */
	rcu_read_lock();
	err = awtun_conf_put(skb, rcu_dereference(tun->conf));
	rcu_read_unlock();

	return err;
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
	.maxtype = AWTUN_TUNNEL_A_MAX,
	.policy = link_policy,
	.newlink = awtun_newlink,
	.changelink = awtun_changelink,
	.get_size = awtun_get_size,
	.fill_info = awtun_fill_info,
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
