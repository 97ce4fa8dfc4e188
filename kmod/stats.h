/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_STATS_H
#define _AWTUN_STATS_H

#include <linux/ethtool.h>
#include <linux/u64_stats_sync.h>
#include <linux/awtun.h>

struct awtun_sa;
struct awtun_tunnel;
struct net_device;
struct rtnl_link_stats64;

/**
 * struct awtun_tunnel_stats - counters of a tunnel on one CPU
 * @rx_packets: delivered to the stack
 * @rx_bytes: inner octets delivered
 * @tx_packets: handed to the underlay
 * @tx_bytes: inner octets handed to the underlay
 * @drops: by enum awtun_tunnel_stat
 * @syncp: makes 64-bit reads whole on 32-bit machines
 *
 * Written with bottom halves disabled only.
 */
struct awtun_tunnel_stats {
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	u64_stats_t drops[AWTUN_TUNNEL_STAT_MAX + 1];
	struct u64_stats_sync syncp;
};

/**
 * struct awtun_sa_stats - counters of an SA on one CPU
 * @packets: protected, or authenticated and delivered
 * @bytes: inner octets of @packets
 * @drops: by enum awtun_tunnel_stat
 * @syncp: makes 64-bit reads whole on 32-bit machines
 *
 * Written with bottom halves disabled only.
 */
struct awtun_sa_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t drops[AWTUN_TUNNEL_STAT_MAX + 1];
	struct u64_stats_sync syncp;
};

/**
 * struct awtun_sa_sum - counters of an SA over all CPUs
 * @packets: as struct awtun_sa_stats
 * @bytes: as struct awtun_sa_stats
 * @drops: as struct awtun_sa_stats
 */
struct awtun_sa_sum {
	u64 packets;
	u64 bytes;
	u64 drops[AWTUN_TUNNEL_STAT_MAX + 1];
};

/* By enum awtun_tunnel_stat. */
extern const char awtun_stat_names[AWTUN_TUNNEL_STAT_MAX + 1][ETH_GSTRING_LEN];

void awtun_count_rx(struct awtun_sa *sa, unsigned int len);
void awtun_count_tx(struct awtun_sa *sa, unsigned int len);
void awtun_count_drop(struct awtun_tunnel *tun, enum awtun_tunnel_stat stat);
void awtun_count_sa_drop(struct awtun_sa *sa, enum awtun_tunnel_stat stat);

void awtun_sum_drops(const struct awtun_tunnel *tun,
		     u64 drops[AWTUN_TUNNEL_STAT_MAX + 1]);
void awtun_sum_sa(const struct awtun_sa *sa, struct awtun_sa_sum *sum);
void awtun_get_stats64(struct net_device *dev,
		       struct rtnl_link_stats64 *stats);

int awtun_get_sset_count(struct net_device *dev, int set);
void awtun_get_strings(struct net_device *dev, u32 set, u8 *data);
void awtun_get_ethtool_stats(struct net_device *dev,
			     struct ethtool_stats *stats, u64 *data);

#endif /* _AWTUN_STATS_H */
