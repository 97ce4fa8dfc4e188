// SPDX-License-Identifier: Apache-2.0
// Made by tools/netlink_tables of Documentation/netlink/specs/awtun.yaml.
#pragma once

#include <linux/awtun.h>

#include <utility>

namespace awtun::kernel {

/// The counters of dropped packets, in the order of the uapi header.
inline constexpr std::pair<int, const char*> kTunnelStats[] = {
    {AWTUN_TUNNEL_STAT_TX_NO_SA, "tx_no_sa"},
    {AWTUN_TUNNEL_STAT_TX_NO_ROUTE, "tx_no_route"},
    {AWTUN_TUNNEL_STAT_TX_TOO_BIG, "tx_too_big"},
    {AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED, "tx_seq_exhausted"},
    {AWTUN_TUNNEL_STAT_TX_ERROR, "tx_error"},
    {AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI, "rx_unknown_spi"},
    {AWTUN_TUNNEL_STAT_RX_TRUNCATED, "rx_truncated"},
    {AWTUN_TUNNEL_STAT_RX_REPLAY, "rx_replay"},
    {AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, "rx_auth_failed"},
    {AWTUN_TUNNEL_STAT_RX_BAD_PAD, "rx_bad_pad"},
    {AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER, "rx_bad_next_header"},
    {AWTUN_TUNNEL_STAT_RX_BAD_INNER, "rx_bad_inner"},
    {AWTUN_TUNNEL_STAT_RX_ECN, "rx_ecn"},
    {AWTUN_TUNNEL_STAT_RX_ERROR, "rx_error"},
    {AWTUN_TUNNEL_STAT_TX_EXPIRED, "tx_expired"},
    {AWTUN_TUNNEL_STAT_TX_SELECTOR, "tx_selector"},
    {AWTUN_TUNNEL_STAT_RX_EXPIRED, "rx_expired"},
    {AWTUN_TUNNEL_STAT_RX_SELECTOR, "rx_selector"},
};

}  // namespace awtun::kernel
