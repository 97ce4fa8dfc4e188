// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>

#include "compat.h"
#include "sa.h"
#include "stats.h"
#include "trace.h"
#include "tunnel.h"

static void count_sa(struct awtun_sa *sa, unsigned int len)
{
	struct awtun_sa_stats *stats = this_cpu_ptr(sa->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->packets);
	u64_stats_add(&stats->bytes, len);
	u64_stats_update_end(&stats->syncp);
}

/**
 * awtun_count_rx() - count a packet delivered to the stack
 * @sa: inbound SA it came by
 * @len: inner octets
 */
void awtun_count_rx(struct awtun_sa *sa, unsigned int len)
{
	struct awtun_tunnel_stats *stats = this_cpu_ptr(sa->tun->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->rx_packets);
	u64_stats_add(&stats->rx_bytes, len);
	u64_stats_update_end(&stats->syncp);
	count_sa(sa, len);
}

/**
 * awtun_count_tx() - count a packet handed to the underlay
 * @sa: outbound SA it went by
 * @len: inner octets
 */
void awtun_count_tx(struct awtun_sa *sa, unsigned int len)
{
	struct awtun_tunnel_stats *stats = this_cpu_ptr(sa->tun->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->tx_packets);
	u64_stats_add(&stats->tx_bytes, len);
	u64_stats_update_end(&stats->syncp);
	count_sa(sa, len);
}

static void count_drop(struct awtun_tunnel *tun, enum awtun_tunnel_stat stat)
{
	struct awtun_tunnel_stats *stats = this_cpu_ptr(tun->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->drops[stat]);
	u64_stats_update_end(&stats->syncp);
}

/**
 * awtun_count_drop() - count a packet that no SA can be blamed for
 * @tun: tunnel that dropped it
 * @stat: why
 */
void awtun_count_drop(struct awtun_tunnel *tun, enum awtun_tunnel_stat stat)
{
	trace_awtun_drop(tun, NULL, stat);
	count_drop(tun, stat);
}

/**
 * awtun_count_sa_drop() - count a packet dropped on behalf of an SA
 * @sa: SA that was found for it
 * @stat: why
 */
void awtun_count_sa_drop(struct awtun_sa *sa, enum awtun_tunnel_stat stat)
{
	struct awtun_sa_stats *stats = this_cpu_ptr(sa->stats);

	trace_awtun_drop(sa->tun, sa, stat);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->drops[stat]);
	u64_stats_update_end(&stats->syncp);
	count_drop(sa->tun, stat);
}

/**
 * awtun_sum_sa() - counters of an SA over all CPUs
 * @sa: the SA
 * @sum: gets the counters
 */
void awtun_sum_sa(const struct awtun_sa *sa, struct awtun_sa_sum *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct awtun_sa_stats *stats = per_cpu_ptr(sa->stats, cpu);
		struct awtun_sa_sum one;
		unsigned int start, i;

		do {
			start = awtun_u64_begin(&stats->syncp);
			one.packets = u64_stats_read(&stats->packets);
			one.bytes = u64_stats_read(&stats->bytes);
			for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
				one.drops[i] = u64_stats_read(&stats->drops[i]);
		} while (awtun_u64_retry(&stats->syncp, start));

		sum->packets += one.packets;
		sum->bytes += one.bytes;
		for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
			sum->drops[i] += one.drops[i];
	}
}

static u64 read_counter(const u64_stats_t *counter,
			const struct u64_stats_sync *syncp)
{
	unsigned int start;
	u64 value;

	do {
		start = awtun_u64_begin(syncp);
		value = u64_stats_read(counter);
	} while (awtun_u64_retry(syncp, start));

	return value;
}

/**
 * awtun_sum_drops() - drops of a tunnel over all CPUs
 * @tun: the tunnel
 * @drops: gets the counters by enum awtun_tunnel_stat
 */
void awtun_sum_drops(const struct awtun_tunnel *tun,
		     u64 drops[AWTUN_TUNNEL_STAT_MAX + 1])
{
	int cpu, i;

	memset(drops, 0, (AWTUN_TUNNEL_STAT_MAX + 1) * sizeof(*drops));
	for_each_possible_cpu(cpu) {
		const struct awtun_tunnel_stats *stats =
			per_cpu_ptr(tun->stats, cpu);

		for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
			drops[i] += read_counter(&stats->drops[i],
						 &stats->syncp);
	}
}

static void sum_drops_to_link(const struct awtun_tunnel *tun,
			      struct rtnl_link_stats64 *out)
{
	u64 drops[AWTUN_TUNNEL_STAT_MAX + 1];

	awtun_sum_drops(tun, drops);

	out->tx_carrier_errors = drops[AWTUN_TUNNEL_STAT_TX_NO_SA] +
				 drops[AWTUN_TUNNEL_STAT_TX_NO_ROUTE] +
				 drops[AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED] +
				 drops[AWTUN_TUNNEL_STAT_TX_EXPIRED];
	out->tx_dropped = drops[AWTUN_TUNNEL_STAT_TX_TOO_BIG] +
			  drops[AWTUN_TUNNEL_STAT_TX_SELECTOR];
	out->tx_errors = out->tx_carrier_errors +
			 drops[AWTUN_TUNNEL_STAT_TX_ERROR];

	out->rx_length_errors = drops[AWTUN_TUNNEL_STAT_RX_TRUNCATED];
	out->rx_crc_errors = drops[AWTUN_TUNNEL_STAT_RX_AUTH_FAILED];
	out->rx_frame_errors = drops[AWTUN_TUNNEL_STAT_RX_BAD_PAD] +
			       drops[AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER] +
			       drops[AWTUN_TUNNEL_STAT_RX_BAD_INNER] +
			       drops[AWTUN_TUNNEL_STAT_RX_ECN];
	out->rx_dropped = drops[AWTUN_TUNNEL_STAT_RX_ERROR];
	out->rx_errors = out->rx_length_errors + out->rx_crc_errors +
			 out->rx_frame_errors +
			 drops[AWTUN_TUNNEL_STAT_RX_REPLAY] +
			 drops[AWTUN_TUNNEL_STAT_RX_EXPIRED] +
			 drops[AWTUN_TUNNEL_STAT_RX_SELECTOR];
}

/**
 * awtun_get_stats64() - ndo_get_stats64
 * @dev: the tunnel
 * @out: gets the counters; zeroed by the caller
 *
 * An unknown SPI is no error of the interface: the packet may be for XFRM.
 */
void awtun_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *out)
{
	const struct awtun_tunnel *tun = netdev_priv(dev);
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct awtun_tunnel_stats *stats =
			per_cpu_ptr(tun->stats, cpu);
		const struct u64_stats_sync *syncp = &stats->syncp;

		out->rx_packets += read_counter(&stats->rx_packets, syncp);
		out->rx_bytes += read_counter(&stats->rx_bytes, syncp);
		out->tx_packets += read_counter(&stats->tx_packets, syncp);
		out->tx_bytes += read_counter(&stats->tx_bytes, syncp);
	}
	sum_drops_to_link(tun, out);
}

/* The first counter, and how many there are. */
#define FIRST_STAT	(AWTUN_TUNNEL_STAT_PAD + 1)
#define N_STATS		(AWTUN_TUNNEL_STAT_MAX - AWTUN_TUNNEL_STAT_PAD)

int awtun_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? N_STATS : -EOPNOTSUPP;
}

void awtun_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, awtun_stat_names[FIRST_STAT],
		       N_STATS * ETH_GSTRING_LEN);
}

void awtun_get_ethtool_stats(struct net_device *dev,
			     struct ethtool_stats *stats, u64 *data)
{
	u64 drops[AWTUN_TUNNEL_STAT_MAX + 1];

	awtun_sum_drops(netdev_priv(dev), drops);
	memcpy(data, drops + FIRST_STAT, N_STATS * sizeof(*data));
}
