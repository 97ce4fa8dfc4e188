/* SPDX-License-Identifier: GPL-2.0-only */
/* A tunnel: its configuration and its set of SAs. Whatever changes one of them
 * holds its lock.
 */
#ifndef _AWTUN_TUNNEL_H
#define _AWTUN_TUNNEL_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <net/gro_cells.h>

#include "conf.h"
#include "net.h"
#include "note.h"
#include "stats.h"

struct awtun_active;
struct awtun_dest;
struct awtun_sa;

/* SAs of one tunnel: an old and a new pair, and room for many peers. */
#define AWTUN_TUNNEL_SA_MAX	1024

/**
 * struct awtun_tunnel - private part of the network device
 * @active: the SAs that it sends by, NULL for none; written under @lock
 * @stats: per CPU counters
 * @dev: the device
 * @gro_cells: delivery to the stack
 * @mss: of &struct awtun_settings; written under @lock, read without
 * @notes: notifications caused by packets
 * @lock: protects the fields below and every change to the SAs
 * @underlay: namespace of the outer packets, that of the link's creation; NULL
 *	when it is gone. Changed under RTNL and @lock, read under either or RCU
 * @conf: mode and addresses, NULL when not configured; RCU for readers
 * @sas: all SAs in the order they came; RCU for readers
 * @nr_sas: their count
 * @next_id: identifier of the next SA, the cursor of a dump
 * @list: in &struct awtun_net.tunnels of @underlay; RTNL
 *
 * The device may live in another namespace (the overlay) than @underlay.
 */
struct awtun_tunnel {
	struct awtun_active __rcu *active;
	struct awtun_tunnel_stats __percpu *stats;
	struct net_device *dev;
	struct gro_cells gro_cells;
	u16 mss[AWTUN_INNERS];
	struct awtun_notes notes;

	struct mutex lock; /* see above */
	struct net __rcu *underlay;
	struct awtun_conf __rcu *conf;
	struct list_head sas;
	unsigned int nr_sas;
	u32 next_id;

	struct list_head list;
};

struct net *awtun_tunnel_underlay(const struct awtun_tunnel *tun);
const struct awtun_conf *awtun_tunnel_conf(const struct awtun_tunnel *tun);
int awtun_tunnel_configure(struct awtun_tunnel *tun,
			   const struct awtun_settings *settings,
			   struct netlink_ext_ack *extack);
unsigned int awtun_tunnel_path_mtu(const struct awtun_tunnel *tun);
void awtun_tunnel_detach(struct awtun_tunnel *tun);

int awtun_tunnel_add_sa(struct awtun_tunnel *tun, struct awtun_sa *sa,
			const struct awtun_dest *dest,
			struct netlink_ext_ack *extack);
struct awtun_sa *awtun_tunnel_find_sa(struct awtun_tunnel *tun, u32 dir,
				      __be32 spi);
int awtun_tunnel_expect_sa(struct awtun_tunnel *tun, __be32 spi,
			   struct netlink_ext_ack *extack);
bool awtun_tunnel_unexpect_sa(struct awtun_tunnel *tun, __be32 spi);
int awtun_tunnel_activate_sa(struct awtun_sa *sa,
			     struct netlink_ext_ack *extack);
int awtun_tunnel_move_sa(struct awtun_sa *sa, const struct awtun_dest *dest);
void awtun_tunnel_del_sa(struct awtun_sa *sa);
void awtun_tunnel_flush(struct awtun_tunnel *tun);
void awtun_tunnel_flush_outbound(struct awtun_tunnel *tun);
void awtun_tunnel_follow(struct awtun_tunnel *tun,
			 const struct awtun_note *note);

#endif /* _AWTUN_TUNNEL_H */
