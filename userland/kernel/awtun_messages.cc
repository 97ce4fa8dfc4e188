// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/awtun_messages.h"

#include <arpa/inet.h>
#include <linux/awtun.h>
#include <linux/genetlink.h>

#include <iterator>

#include "userland/kernel/tunnel_stats.h"

namespace awtun::kernel {
namespace {

static_assert(std::size(kTunnelStats) == AWTUN_TUNNEL_STAT_MAX - AWTUN_TUNNEL_STAT_PAD);

Message request(int family, std::uint8_t command, int flags = 0) {
  Message message(family, flags);
  auto& header = message.append<genlmsghdr>();
  header.cmd = command;
  header.version = AWTUN_GENL_VERSION;
  return message;
}

void put_name(Message& message, const SaName& sa) {
  message.put_u32(AWTUN_SA_A_IFINDEX, sa.ifindex);
  message.put_u32(AWTUN_SA_A_DIR, sa.direction == Direction::In ? AWTUN_DIR_IN : AWTUN_DIR_OUT);
  message.put_u32(AWTUN_SA_A_SPI, htonl(sa.spi));
}

std::uint32_t mode_number(TunnelMode mode) {
  switch (mode) {
    case TunnelMode::None:
      return AWTUN_MODE_UNSPEC;
    case TunnelMode::IpsecIpv4:
      return AWTUN_MODE_IPSEC_IPV4;
    case TunnelMode::IpsecIpv6:
      return AWTUN_MODE_IPSEC_IPV6;
  }
  return AWTUN_MODE_UNSPEC;
}

TunnelMode mode_of(std::uint32_t number) {
  if (number == AWTUN_MODE_IPSEC_IPV4) return TunnelMode::IpsecIpv4;
  if (number == AWTUN_MODE_IPSEC_IPV6) return TunnelMode::IpsecIpv6;
  return TunnelMode::None;
}

std::uint8_t df_number(DontFragment df) {
  switch (df) {
    case DontFragment::Copy:
      return AWTUN_DF_COPY;
    case DontFragment::Set:
      return AWTUN_DF_SET;
    case DontFragment::Clear:
      return AWTUN_DF_CLEAR;
  }
  return AWTUN_DF_COPY;
}

DontFragment df_of(std::uint8_t number) {
  if (number == AWTUN_DF_SET) return DontFragment::Set;
  if (number == AWTUN_DF_CLEAR) return DontFragment::Clear;
  return DontFragment::Copy;
}

static_assert(kMssOfPath == AWTUN_MSS_PMTU);

// What is left out gets its default.
void put_outer(Message& message, const TunnelSettings& settings) {
  if (settings.df != DontFragment::Copy) message.put_u8(AWTUN_TUNNEL_A_DF, df_number(settings.df));
  if (settings.ttl != 0) message.put_u8(AWTUN_TUNNEL_A_TTL, settings.ttl);
  if (settings.dscp) message.put_u8(AWTUN_TUNNEL_A_DSCP, *settings.dscp);
  if (settings.mss_ipv4 != 0) message.put_u16(AWTUN_TUNNEL_A_MSS_IPV4, settings.mss_ipv4);
  if (settings.mss_ipv6 != 0) message.put_u16(AWTUN_TUNNEL_A_MSS_IPV6, settings.mss_ipv6);
}

void put_selector(Message& message, const TrafficSelector& selector) {
  message.put(AWTUN_TS_A_START, selector.first);
  message.put(AWTUN_TS_A_END, selector.last);
  if (selector.protocol != 0) message.put_u8(AWTUN_TS_A_PROTOCOL, selector.protocol);
  message.put_u16(AWTUN_TS_A_PORT_MIN, selector.start_port);
  message.put_u16(AWTUN_TS_A_PORT_MAX, selector.end_port);
}

void put_selectors(Message& message, int side, const Coverage& coverage) {
  message.nest(side, [&] {
    const auto* selectors = std::get_if<std::vector<TrafficSelector>>(&coverage);
    if (selectors == nullptr) return message.put_flag(AWTUN_TS_LIST_A_ANY);
    for (const auto& selector : *selectors)
      message.nest(AWTUN_TS_LIST_A_SELECTOR, [&] { put_selector(message, selector); });
  });
}

void put_udp(Message& message, const UdpPorts& ports) {
  message.put_u16(AWTUN_SA_A_ENCAP_LOCAL_PORT, htons(ports.local));
  message.put_u16(AWTUN_SA_A_ENCAP_REMOTE_PORT, htons(ports.remote));
}

// The key's length tells AES-128 from AES-256. A request without a cipher is refused.
void put_suite(Message& message, const SaSpec& sa) {
  message.put(AWTUN_SA_A_CIPHER_KEY, sa.encryption_key->view());
  const auto* encryption = crypto::find_encryption(sa.suite.encr, sa.suite.key_bits);
  const auto* hash = crypto::find_hash(sa.suite.integ);
  if (encryption == nullptr || encryption->aead() == (hash != nullptr)) return;
  message.put_u32(AWTUN_SA_A_CIPHER, encryption->kernel);
  if (encryption->aead()) {
    message.put_u32(AWTUN_SA_A_ICV_LEN, encryption->icv);
    message.put(AWTUN_SA_A_SALT, sa.salt->view());
  } else {
    message.put_u32(AWTUN_SA_A_AUTH, hash->kernel);
    message.put(AWTUN_SA_A_AUTH_KEY, sa.integrity_key->view());
  }
}

std::optional<Attributes> top_level(const nlmsghdr& message) {
  if (header_of<genlmsghdr>(message) == nullptr) return std::nullopt;
  return attributes_of(message, sizeof(genlmsghdr));
}

std::optional<Attributes> nest_of(const nlmsghdr& message, int attribute) {
  const auto top = top_level(message);
  return top ? top->nest(attribute) : std::nullopt;
}

std::optional<TunnelSettings> parse_settings(const Attributes& tunnel) {
  const auto mode = mode_of(tunnel.u32(AWTUN_TUNNEL_A_MODE).value_or(AWTUN_MODE_UNSPEC));
  const auto local = tunnel.address(AWTUN_TUNNEL_A_LOCAL);
  if (mode == TunnelMode::None || !local) return std::nullopt;
  TunnelSettings settings;
  settings.mode = mode;
  settings.local = *local;
  settings.remote = tunnel.address(AWTUN_TUNNEL_A_REMOTE).value_or(IpAddress());
  settings.df = df_of(tunnel.u8(AWTUN_TUNNEL_A_DF).value_or(AWTUN_DF_COPY));
  settings.ttl = tunnel.u8(AWTUN_TUNNEL_A_TTL).value_or(0);
  settings.dscp = tunnel.u8(AWTUN_TUNNEL_A_DSCP);
  settings.mss_ipv4 = tunnel.u16(AWTUN_TUNNEL_A_MSS_IPV4).value_or(0);
  settings.mss_ipv6 = tunnel.u16(AWTUN_TUNNEL_A_MSS_IPV6).value_or(0);
  return settings;
}

std::optional<SaName> parse_name(const Attributes& sa) {
  const auto ifindex = sa.u32(AWTUN_SA_A_IFINDEX);
  const auto direction = sa.u32(AWTUN_SA_A_DIR);
  const auto spi = sa.u32(AWTUN_SA_A_SPI);
  if (!ifindex || !direction || !spi) return std::nullopt;
  return SaName{*ifindex, *direction == AWTUN_DIR_IN ? Direction::In : Direction::Out, ntohl(*spi)};
}

std::optional<UdpPorts> parse_udp(const Attributes& sa) {
  const auto local = sa.u16(AWTUN_SA_A_ENCAP_LOCAL_PORT);
  const auto remote = sa.u16(AWTUN_SA_A_ENCAP_REMOTE_PORT);
  if (!local || !remote) return std::nullopt;
  return UdpPorts{ntohs(*local), ntohs(*remote)};
}

// ---------------------------------------------------------------- events

/// What the notifications have in them, each some of it.
struct EventParts {
  std::optional<Attributes> sa;
  std::optional<Attributes> tunnel;
  std::optional<Attributes> transport;
  std::optional<Attributes> detail;
};

std::optional<Event> limit_reached(const EventParts& parts, bool hard) {
  const auto name = parts.sa ? parse_name(*parts.sa) : std::nullopt;
  if (!name) return std::nullopt;
  return SaLimitReached{*name, hard};
}

std::optional<Event> packets_waiting(const EventParts& parts) {
  const auto ifindex = parts.tunnel ? parts.tunnel->u32(AWTUN_TUNNEL_A_IFINDEX) : std::nullopt;
  if (!ifindex || !parts.detail) return std::nullopt;
  return PacketsWaiting{*ifindex, parts.detail->u64(AWTUN_DETAIL_A_COUNT).value_or(0)};
}

std::optional<Event> peer_moved(const EventParts& parts) {
  const auto name = parts.sa ? parse_name(*parts.sa) : std::nullopt;
  if (!name || !parts.detail) return std::nullopt;
  const auto address = parts.detail->address(AWTUN_DETAIL_A_SRC);
  const auto port = parts.detail->u16(AWTUN_DETAIL_A_SRC_PORT);
  if (!address || !port) return std::nullopt;
  return PeerMoved{*name, {*address, ntohs(*port)}};
}

std::optional<Event> packets_refused(const EventParts& parts, PacketsRefused::Why why) {
  const auto ifindex = parts.tunnel ? parts.tunnel->u32(AWTUN_TUNNEL_A_IFINDEX) : std::nullopt;
  if (!ifindex || !parts.detail) return std::nullopt;
  const auto spi = parts.detail->u32(AWTUN_DETAIL_A_SPI);
  const auto source = parts.detail->address(AWTUN_DETAIL_A_SRC);
  if (!spi || !source) return std::nullopt;
  return PacketsRefused{why, *ifindex, parts.detail->u64(AWTUN_DETAIL_A_COUNT).value_or(0), ntohl(*spi),
                        *source};
}

std::optional<Event> transport_lost(const EventParts& parts) {
  if (!parts.transport) return std::nullopt;
  const auto address = parts.transport->address(AWTUN_TRANSPORT_A_LOCAL);
  const auto port = parts.transport->u16(AWTUN_TRANSPORT_A_PORT);
  if (!address || !port) return std::nullopt;
  return TransportLost{{*address, ntohs(*port)}};
}

}  // namespace

Message tunnel_set_request(int family, std::uint32_t ifindex, const TunnelSettings& settings) {
  auto message = request(family, AWTUN_CMD_TUNNEL_SET);
  message.nest(AWTUN_A_TUNNEL, [&] {
    message.put_u32(AWTUN_TUNNEL_A_IFINDEX, ifindex);
    message.put_u32(AWTUN_TUNNEL_A_MODE, mode_number(settings.mode));
    if (settings.mode == TunnelMode::None) return;
    message.put(AWTUN_TUNNEL_A_LOCAL, settings.local);
    if (!settings.remote.is_unspecified()) message.put(AWTUN_TUNNEL_A_REMOTE, settings.remote);
    put_outer(message, settings);
  });
  return message;
}

Message tunnel_dump_request(int family) { return request(family, AWTUN_CMD_TUNNEL_GET, NLM_F_DUMP); }

Message sa_add_request(int family, const SaSpec& sa) {
  auto message = request(family, AWTUN_CMD_SA_ADD);
  message.nest(AWTUN_A_SA, [&] {
    put_name(message, {sa.ifindex, sa.direction, sa.spi});
    put_suite(message, sa);
    if (sa.replay_window != 0) message.put_u32(AWTUN_SA_A_REPLAY_WINDOW, sa.replay_window);
    if (sa.esn) message.put_flag(AWTUN_SA_A_ESN);
    if (sa.remote) message.put(AWTUN_SA_A_REMOTE, *sa.remote);
    if (sa.udp) put_udp(message, *sa.udp);
    if (sa.follow) message.put_flag(AWTUN_SA_A_FOLLOW);
    if (sa.hard_seconds != 0) message.put_u64(AWTUN_SA_A_HARD_SECONDS, sa.hard_seconds);
    put_selectors(message, AWTUN_SA_A_TS_LOCAL, sa.local_selectors);
    put_selectors(message, AWTUN_SA_A_TS_REMOTE, sa.remote_selectors);
  });
  return message;
}

Message sa_expect_request(int family, std::uint32_t ifindex, std::uint32_t spi) {
  auto message = request(family, AWTUN_CMD_SA_EXPECT);
  message.nest(AWTUN_A_SA, [&] { put_name(message, {ifindex, Direction::In, spi}); });
  return message;
}

Message sa_activate_request(int family, std::uint32_t ifindex, std::uint32_t spi) {
  auto message = request(family, AWTUN_CMD_SA_ACTIVATE);
  message.nest(AWTUN_A_SA, [&] { put_name(message, {ifindex, Direction::Out, spi}); });
  return message;
}

Message sa_move_request(int family, const SaName& sa, const IpAddress& remote,
                        const std::optional<UdpPorts>& udp) {
  auto message = request(family, AWTUN_CMD_SA_SET);
  message.nest(AWTUN_A_SA, [&] {
    put_name(message, sa);
    message.put(AWTUN_SA_A_REMOTE, remote);
    if (udp) put_udp(message, *udp);
  });
  return message;
}

Message sa_delete_request(int family, const SaName& sa) {
  auto message = request(family, AWTUN_CMD_SA_DEL);
  message.nest(AWTUN_A_SA, [&] { put_name(message, sa); });
  return message;
}

Message sa_flush_request(int family, std::uint32_t ifindex) {
  auto message = request(family, AWTUN_CMD_SA_FLUSH);
  message.nest(AWTUN_A_SA, [&] { message.put_u32(AWTUN_SA_A_IFINDEX, ifindex); });
  return message;
}

Message sa_get_request(int family, const SaName& sa) {
  auto message = request(family, AWTUN_CMD_SA_GET);
  message.nest(AWTUN_A_SA, [&] { put_name(message, sa); });
  return message;
}

Message sa_dump_request(int family) { return request(family, AWTUN_CMD_SA_GET, NLM_F_DUMP); }

Message transport_add_request(int family, int socket) {
  auto message = request(family, AWTUN_CMD_TRANSPORT_ADD);
  message.nest(AWTUN_A_TRANSPORT,
               [&] { message.put_u32(AWTUN_TRANSPORT_A_FD, static_cast<std::uint32_t>(socket)); });
  return message;
}

std::optional<TunnelState> parse_tunnel(const nlmsghdr& message) {
  const auto tunnel = nest_of(message, AWTUN_A_TUNNEL);
  if (!tunnel) return std::nullopt;
  const auto ifindex = tunnel->u32(AWTUN_TUNNEL_A_IFINDEX);
  if (!ifindex) return std::nullopt;
  TunnelState state{
      *ifindex, tunnel->string(AWTUN_TUNNEL_A_IFNAME).value_or(""), parse_settings(*tunnel), {}};
  if (const auto stats = tunnel->nest(AWTUN_TUNNEL_A_STATS))
    for (const auto& [attribute, name] : kTunnelStats)
      state.drops.push_back({name, stats->u64(attribute).value_or(0)});
  return state;
}

std::optional<SaState> parse_sa(const nlmsghdr& message) {
  const auto sa = nest_of(message, AWTUN_A_SA);
  if (!sa) return std::nullopt;
  const auto name = parse_name(*sa);
  if (!name) return std::nullopt;
  SaState state;
  state.name = *name;
  state.active = sa->has(AWTUN_SA_A_ACTIVE);
  state.esn = sa->has(AWTUN_SA_A_ESN);
  state.expired = sa->has(AWTUN_SA_A_EXPIRED);
  state.remote = sa->address(AWTUN_SA_A_REMOTE);
  state.udp = parse_udp(*sa);
  state.sequence = sa->u64(AWTUN_SA_A_SEQ).value_or(0);
  state.packets = sa->u64(AWTUN_SA_A_PACKETS).value_or(0);
  state.bytes = sa->u64(AWTUN_SA_A_BYTES).value_or(0);
  if (const auto stats = sa->nest(AWTUN_SA_A_STATS)) {
    state.drop_replay = stats->u64(AWTUN_TUNNEL_STAT_RX_REPLAY).value_or(0);
    state.drop_auth = stats->u64(AWTUN_TUNNEL_STAT_RX_AUTH_FAILED).value_or(0);
    for (const auto malformed :
         {AWTUN_TUNNEL_STAT_RX_BAD_PAD, AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER, AWTUN_TUNNEL_STAT_RX_BAD_INNER})
      state.drop_malformed += stats->u64(malformed).value_or(0);
  }
  state.driver = sa->string(AWTUN_SA_A_DRIVER).value_or("");
  if (const auto heard = sa->u64(AWTUN_SA_A_HEARD)) state.heard = std::chrono::milliseconds(*heard);
  return state;
}

std::optional<Event> parse_event(const nlmsghdr& message) {
  const auto* header = header_of<genlmsghdr>(message);
  if (header == nullptr || header->cmd != AWTUN_CMD_EVENT) return std::nullopt;
  const auto top = top_level(message);
  const EventParts parts{top->nest(AWTUN_A_SA), top->nest(AWTUN_A_TUNNEL), top->nest(AWTUN_A_TRANSPORT),
                         top->nest(AWTUN_A_DETAIL)};
  switch (top->u32(AWTUN_A_EVENT).value_or(AWTUN_EVENT_UNSPEC)) {
    case AWTUN_EVENT_SA_SOFT:
      return limit_reached(parts, false);
    case AWTUN_EVENT_SA_HARD:
      return limit_reached(parts, true);
    case AWTUN_EVENT_ACQUIRE:
      return packets_waiting(parts);
    case AWTUN_EVENT_PEER_MOVED:
      return peer_moved(parts);
    case AWTUN_EVENT_UNKNOWN_SPI:
      return packets_refused(parts, PacketsRefused::Why::UnknownSpi);
    case AWTUN_EVENT_AUTH_FAILED:
      return packets_refused(parts, PacketsRefused::Why::AuthFailed);
    case AWTUN_EVENT_TRANSPORT_LOST:
      return transport_lost(parts);
    case AWTUN_EVENT_VM_FORKED:
      return VmForked{};
    default:
      return std::nullopt;  // of a newer module
  }
}

}  // namespace awtun::kernel
