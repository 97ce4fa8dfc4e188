/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_DEV_H
#define _AWTUN_DEV_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <net/gro_cells.h>

#include "net.h"
#include "note.h"
#include "path.h"
#include "stats.h"

struct awtun_sa;

#define AWTUN_MTU_DEFAULT	1400

/* SAs of one tunnel: an old and a new pair, and room for many peers. */
#define AWTUN_TUNNEL_SA_MAX	1024

/**
 * struct awtun_tunnel - private part of the network device
 * @tx_sa: outbound SA in use; written under @lock
 * @stats: per CPU counters
 * @dev: the device
 * @gro_cells: delivery to the stack
 * @mss: of &struct awtun_path_conf; written under @lock, read without
 * @notes: what packets give cause to tell
 * @lock: protects the fields below and every change to the SAs
 * @underlay: namespace of the outer packets, that of the link's creation; NULL
 *	when it is gone. Changed under RTNL and @lock, read under either or RCU
 * @path: mode and addresses, NULL when not configured; RCU for readers
 * @sas: all SAs in the order they came; RCU for readers
 * @nr_sas: their count
 * @next_id: identifier of the next SA, the cursor of a dump
 * @list: in &struct awtun_net.tunnels of @underlay; RTNL
 *
 * The device may live in another namespace (the overlay) than @underlay.
 */
struct awtun_tunnel {
	struct awtun_sa __rcu *tx_sa;
	struct awtun_tunnel_stats __percpu *stats;
	struct net_device *dev;
	struct gro_cells gro_cells;
	u16 mss[AWTUN_INNERS];
	struct awtun_notes notes;

	struct mutex lock; /* see above */
	struct net __rcu *underlay;
	struct awtun_path __rcu *path;
	struct list_head sas;
	unsigned int nr_sas;
	u32 next_id;

	struct list_head list;
};

bool awtun_dev_is_ours(const struct net_device *dev);
struct net *awtun_dev_underlay(const struct awtun_tunnel *tun);
int awtun_dev_configure(struct awtun_tunnel *tun,
			const struct awtun_path_conf *conf,
			struct netlink_ext_ack *extack);
void awtun_dev_update_state(struct awtun_tunnel *tun);
unsigned int awtun_dev_path_mtu(const struct awtun_tunnel *tun);
void awtun_dev_detach(struct awtun_tunnel *tun);

int awtun_dev_init(void);
void awtun_dev_exit(void);

#endif /* _AWTUN_DEV_H */
