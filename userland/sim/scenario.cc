// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "userland/ike/rules/networks.h"
#include "userland/sim/routers.h"
#include "userland/sim/watch.h"
#include "userland/wire/message.h"

namespace awtun::sim {
namespace {

using namespace std::chrono_literals;

/// Beside the DPD interval, from the end of the faults. Up: one request may be given up after 166 s,
/// then the wait before the next attempt is 75 s at most. Rest: what lost its peer goes as well.
constexpr Duration kUpWithin = 300s;
constexpr Duration kRestWithin = 900s;
constexpr Duration kSettling = 170s;
/// An old answer that is sent again is believed for so long where every other message is lost.
constexpr Duration kBelieved = 20s;
/// A request that is unanswered for so long may be given up before its peer is back.
constexpr Duration kPatience = 60s;
constexpr std::size_t kHub = 0;
constexpr std::size_t kRemembered = 16;

/// In the order of act().
constexpr std::array<const char*, 24> kActions{"child rekey",
                                               "child rekey",
                                               "child rekey",
                                               "IKE rekey",
                                               "IKE rekey",
                                               "IKE rekey",
                                               "rekeys at both ends",
                                               "clear",
                                               "clear of the Child SA",
                                               "restart",
                                               "power cut",
                                               "suspension",
                                               "removal and return",
                                               "expiry",
                                               "expiry",
                                               "configuration",
                                               "partition",
                                               "network",
                                               "refusal",
                                               "unknown SPI",
                                               "acquire",
                                               "replay",
                                               "traffic",
                                               "move"};

/// splitmix64: quicker to seed than the standard's generators.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
  }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  Duration up_to(Duration longest) {
    return Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>(longest.count()) + 1)));
  }
  template <class T, std::size_t N>
  T among(const std::array<T, N>& values) {
    return values[below(N)];
  }

 private:
  std::uint64_t state_;
};

class Scenario {
 public:
  Scenario(std::uint64_t seed, bool trace);
  Outcome run();

 private:
  void act();
  void configure(std::size_t index, ike::TunnelId tunnel);
  void configure_all();
  void change_configuration(std::size_t index, ike::TunnelId tunnel);
  void restart(std::size_t index);
  void expire(std::size_t index, ike::TunnelId tunnel);
  void move(ike::TunnelId tunnel);
  void replay_something();
  void refuse_next(std::size_t index);
  void power_off(std::size_t index, Duration duration);
  void cut_off(Time until);
  void excuse_expiry();
  void heal();
  void recover();
  [[nodiscard]] std::string leftovers() const;
  void count();
  void invite_foreign(std::uint64_t seed);
  void excuse_delete(ike::TunnelId tunnel);
  [[nodiscard]] bool has_foreign(ike::TunnelId tunnel) const {
    return world_.node(kHub).foreign || world_.node(far_end(tunnel)).foreign;
  }
  void rekey(std::size_t index, ike::TunnelId tunnel, ike::Rekey::What what);
  [[nodiscard]] Faults bad_network();
  [[nodiscard]] std::size_t far_end(ike::TunnelId tunnel) const { return tunnel + 1; }
  [[nodiscard]] std::size_t peer_of(std::size_t index, ike::TunnelId tunnel) const {
    return index == kHub ? far_end(tunnel) : kHub;
  }

  Random random_;
  World world_;
  Watch watch_;
  ike::TunnelId tunnels_;
  IsakmpProfile isakmp_ = quick_isakmp_profile();
  IpsecProfile ipsec_ = default_ipsec_profile();
  Time partition_ends_{};
  bool shortened_ = false;  ///< a lifetime, by a change of configuration
  std::vector<ike::Send> remembered_;
  Happened happened_;
};

Scenario::Scenario(std::uint64_t seed, bool trace)
    : random_(seed), world_(seed), watch_(world_), tunnels_(random_.one_in(4) ? 2 : 1) {
  world_.tracing = trace ? Tracing::Messages : Tracing::Off;
  for (std::size_t i = 0; i <= tunnels_; ++i) world_.add_node();
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel) watch_.add(kHub, far_end(tunnel), tunnel);
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel)
    if (random_.one_in(4))
      world_.put_behind_nat(far_end(tunnel), "192.0.2." + std::to_string(tunnel + 1), false);
  invite_foreign(seed);
  if (random_.one_in(3)) world_.job_times.max = random_.among(std::array{20ms, 200ms});
  isakmp_.dpd_interval = random_.among(std::array{10s, 30s, 60s, 300s});
  if (random_.one_in(4)) isakmp_.lifetime = 600s;
  if (random_.one_in(4)) ipsec_.lifetime = 300s;
  if (random_.one_in(5)) ipsec_.pfs_group = crypto::GroupId::X25519;
  world_.network().filter = [this](const ike::Send& datagram) {
    ++happened_.datagrams;
    if (remembered_.size() < kRemembered)
      remembered_.push_back(datagram);
    else if (random_.one_in(8))
      remembered_[random_.below(kRemembered)] = datagram;
    return world_.now() < partition_ends_;
  };
}

/// Drawn apart from the rest of the life. A foreign peer has one tunnel and knows no NAT.
void Scenario::invite_foreign(std::uint64_t seed) {
  Random random(~seed);
  if (!random.one_in(3)) return;
  const bool hub = tunnels_ == 1 && random.one_in(3);
  if (world_.node(far_end(0)).nat) return;
  const std::size_t index = hub ? kHub : far_end(0);
  // Half of them begin by themselves; of the other liberties each is taken by a quarter.
  Liberties liberties = Liberties::numbered(random.next() & random.next());
  if (random.one_in(3)) liberties = liberties.with(Liberty::Initiates);
  // With room for one of two pairs there is one that is down for ever.
  if (liberties.has(Liberty::OnePairAChild)) liberties = liberties.without(Liberty::KeepsOneChild);
  world_.make_foreign(index, liberties);
  if (liberties.has(Liberty::OnePairAChild)) world_.set_flows(kHub, far_end(0), 0, both_families());
  world_.say(index, "a foreign peer: " + liberties.to_string());
  ++happened_.foreign_peers;
}

Faults Scenario::bad_network() {
  return {random_.among(std::array{0U, 0U, 50U, 100U, 200U, 300U}), static_cast<unsigned>(random_.below(150)),
          5ms, random_.among(std::array<Duration, 3>{5ms, 50ms, 500ms})};
}

Outcome Scenario::run() {
  world_.network().faults = bad_network();
  excuse_expiry();
  configure_all();
  for (std::uint64_t left = 2 + random_.below(7); left > 0 && !watch_.violation(); --left) {
    world_.run_for(random_.up_to(random_.among(std::array<Duration, 6>{1ms, 30ms, 300ms, 5s, 20s, 100s})));
    act();
  }
  if (!watch_.violation()) recover();
  count();
  return {watch_.violation(), happened_,
          world_.tracing == Tracing::Messages ? world_.trace() : std::string()};
}

// ---------------------------------------------------------------- what happens

void Scenario::act() {
  const std::size_t index = random_.below(world_.size());
  const ike::TunnelId tunnel = index == kHub ? static_cast<ike::TunnelId>(random_.below(tunnels_))
                                             : static_cast<ike::TunnelId>(index - 1);
  const std::uint64_t what = random_.below(24);
  if (world_.tracing != Tracing::Off)
    world_.say(index, "-- " + std::string(kActions[what]) + " of tunnel " + std::to_string(tunnel));
  switch (what) {
    case 0:
    case 1:
    case 2:
      return rekey(index, tunnel, ike::Rekey::What::ChildSa);
    case 3:
    case 4:
    case 5:
      return rekey(index, tunnel, ike::Rekey::What::IkeSa);
    case 6:  // both at once
      rekey(index, tunnel, random_.among(std::array{ike::Rekey::What::ChildSa, ike::Rekey::What::IkeSa}));
      world_.run_for(random_.up_to(20ms));
      return rekey(peer_of(index, tunnel), tunnel,
                   random_.among(std::array{ike::Rekey::What::ChildSa, ike::Rekey::What::IkeSa}));
    case 7:
      excuse_delete(tunnel);
      return world_.input(index, ike::ClearSa{tunnel});
    case 8:
      // Where two IKE SAs are being settled it may hit the one that stays, after the other has gone.
      watch_.excuse(tunnel);
      watch_.excuse_until(tunnel, world_.now() + kSettling);
      return world_.input(index, ike::ClearChildSa{tunnel});
    case 9:
      return restart(index);
    case 10:  // a power cut
      power_off(index, random_.up_to(random_.one_in(3) ? 400s : 10s));
      return restart(index);
    case 11:  // suspended, and woken
      power_off(index, random_.up_to(random_.one_in(3) ? 400s : 10s));
      return world_.power(index, true);
    case 12:
      watch_.excuse(tunnel);
      world_.input(index, ike::RemoveTunnel{tunnel});
      world_.run_for(random_.up_to(5s));
      return configure(index, tunnel);
    case 13:
    case 14:
      return expire(index, tunnel);
    case 15:
      return change_configuration(index, tunnel);
    case 16:
      partition_ends_ = world_.now() + random_.up_to(random_.one_in(3) ? 400s : 10s);
      return cut_off(partition_ends_);
    case 17:
      world_.network().faults = bad_network();
      return excuse_expiry();
    case 18:
      return refuse_next(index);
    case 19:
      return world_.input(index, ike::UnknownSpi{tunnel, static_cast<std::uint32_t>(random_.next())});
    case 20:
      return world_.input(index, ike::Acquire{tunnel});
    case 21:
      return replay_something();
    case 22:
      return world_.send_traffic(kHub, far_end(tunnel), tunnel);
    default:
      return move(tunnel);
  }
}

/// An IKE SA is about to be deleted. A foreign peer's Delete waits for what it has asked before, so the
/// tunnel may go later, or twice.
void Scenario::excuse_delete(ike::TunnelId tunnel) {
  watch_.excuse(tunnel);
  if (has_foreign(tunnel)) watch_.excuse_until(tunnel, world_.now() + kSettling);
}

void Scenario::rekey(std::size_t index, ike::TunnelId tunnel, ike::Rekey::What what) {
  watch_.excuse_rekey(index, tunnel, what);
  world_.input(index, ike::Rekey{tunnel, what});
}

void Scenario::configure(std::size_t index, ike::TunnelId tunnel) {
  ike::TunnelPolicy policy = tunnel_policy(world_, index, peer_of(index, tunnel), tunnel, isakmp_);
  policy.ipsec = ipsec_;
  world_.input(index, ike::SetTunnel{std::move(policy)});
}

void Scenario::configure_all() {
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel)
    for (const std::size_t end : {kHub, far_end(tunnel)}) configure(end, tunnel);
}

/// A wrong key breaks the tunnel until the right one is back; other terms are for the next SAs.
void Scenario::change_configuration(std::size_t index, ike::TunnelId tunnel) {
  ike::TunnelPolicy policy = tunnel_policy(world_, index, peer_of(index, tunnel), tunnel, isakmp_);
  policy.ipsec = ipsec_;
  switch (random_.below(4)) {
    case 0:
      excuse_delete(tunnel);
      policy.preshared_key = Secret(Bytes{'w', 'r', 'o', 'n', 'g'});
      break;
    case 1:
      policy.isakmp.transforms[2] = *crypto::ike_suite("aes256", "sha512", crypto::GroupId::X25519);
      break;
    case 2:
      policy.isakmp.transforms.at(1).integ = crypto::IntegId::HmacSha512_256;
      policy.isakmp.transforms.at(1).prf = crypto::PrfId::HmacSha512;
      // The IKE SA cannot be rekeyed any more.
      if (isakmp_.lifetime < 1h) watch_.excuse_until(tunnel, Time::max());
      break;
    default:
      policy.ipsec.lifetime = random_.among(std::array{300s, 3600s});
      shortened_ = true;
      excuse_expiry();
      policy.ipsec.transforms.erase(1);
      // An answer that is on its way is judged by the new one, and refused; the peer may send by it already.
      if (has_foreign(tunnel)) watch_.excuse_until(tunnel, world_.now() + kSettling);
  }
  world_.input(index, ike::SetTunnel{std::move(policy)});
}

void Scenario::restart(std::size_t index) {
  ++happened_.restarts;
  watch_.excuse_node(index);
  world_.restart(index);
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel)
    if (index == kHub || index == far_end(tunnel)) configure(index, tunnel);
}

void Scenario::expire(std::size_t index, ike::TunnelId tunnel) {
  const bool hard = random_.one_in(3);
  const auto direction = random_.among(std::array{Direction::In, Direction::Out});
  for (const ike::ChildSaStatus& child : world_.node(index).engine.status().child_sas) {
    if (child.tunnel != tunnel) continue;
    if (hard) {
      watch_.excuse(tunnel);
      watch_.excuse_until(tunnel, world_.now() + kSettling);
    }
    const std::uint32_t spi = direction == Direction::In ? child.inbound_spi : child.outbound_spi;
    world_.input(index, ike::SaExpired{tunnel, direction, spi, hard});
  }
}

/// A NAT forgets what it knew. The hub learns where the spoke is by traffic, or by IKE.
void Scenario::move(ike::TunnelId tunnel) {
  auto& nat = world_.node(far_end(tunnel)).nat;
  if (!nat) return;
  watch_.excuse_until(tunnel, world_.now() + isakmp_.dpd_interval + kSettling);
  nat->flush();
  if (random_.one_in(2)) world_.send_traffic(kHub, far_end(tunnel), tunnel);
}

/// Somebody on the path kept an old datagram.
void Scenario::replay_something() {
  if (remembered_.empty()) return;
  const ike::Send& old = remembered_[random_.below(remembered_.size())];
  // An IKE_AUTH response that had not arrived is believed until the peer has answered (RFC 7296 2.4). By such
  // a request a foreign peer may come to send on an IKE SA of which the other end has gone, until it misses
  // that.
  const auto header = wire::parse_header(old.bytes);
  const bool foreign = world_.node(kHub).foreign || world_.node(far_end(0)).foreign;
  if (header && header->exchange == wire::ExchangeType::IkeAuth && (header->response || foreign))
    for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel)
      watch_.excuse_until(tunnel, world_.now() + (header->response ? kBelieved : kSettling));
  world_.deliver({old.remote, old.local, old.bytes});
}

void Scenario::refuse_next(std::size_t index) {
  world_.node(index).refuse = [this, index](const ike::AddSa& added) {
    watch_.excuse(added.tunnel);
    watch_.excuse_until(added.tunnel, world_.now() + kSettling);
    world_.node(index).refuse = nullptr;
    return true;
  };
}

void Scenario::power_off(std::size_t index, Duration duration) {
  cut_off(world_.now() + duration);
  world_.power(index, false);
  excuse_expiry();
  world_.run_for(duration);
}

/// Nobody hears anybody, or one router is off, until then. What is given up meanwhile may be what the
/// tunnel goes by at the other end.
void Scenario::cut_off(Time until) {
  excuse_expiry();
  if (until - world_.now() < kPatience) return;
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel) watch_.excuse_until(tunnel, until + kSettling);
}

/// Where a lifetime is short an SA may expire before its rekey gets through a bad network.
void Scenario::excuse_expiry() {
  const bool is_short = isakmp_.lifetime < 1h || ipsec_.lifetime < 1h || shortened_;
  bool clean = world_.network().faults.loss == 0 && world_.now() >= partition_ends_;
  for (std::size_t i = 0; i < world_.size(); ++i) clean = clean && world_.node(i).alive;
  if (!is_short || clean) return;
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel) watch_.excuse_until(tunnel, Time::max());
}

// ---------------------------------------------------------------- and then

void Scenario::heal() {
  partition_ends_ = {};
  world_.network().faults = {};
  for (std::size_t i = 0; i < world_.size(); ++i) {
    world_.node(i).refuse = nullptr;
    world_.power(i, true);
  }
  // Where a key was wrong, be it at both ends, the right one starts the tunnel anew.
  for (ike::TunnelId tunnel = 0; tunnel < tunnels_; ++tunnel)
    for (const std::size_t end : {kHub, far_end(tunnel)}) {
      excuse_delete(tunnel);
      configure(end, tunnel);
    }
}

/// The SAs that there are, for a report.
std::string Scenario::leftovers() const {
  std::string text;
  for (std::size_t i = 0; i < world_.size(); ++i) {
    const ike::Status status = world_.node(i).engine.status();
    for (const ike::IkeSaStatus& sa : status.ike_sas)
      text += fmt::format("; node {} IKE SA {:016x} {}", i, sa.initiator_spi, ike::to_string(sa.state));
    for (const ike::ChildSaStatus& child : status.child_sas)
      text += fmt::format("; node {} Child SA {:08x}/{:08x} {} {}", i, child.inbound_spi, child.outbound_spi,
                          ike::to_string(child.state),
                          ike::to_string(Networks{child.local_selectors, child.remote_selectors}));
  }
  return text;
}

void Scenario::recover() {
  heal();
  if (!world_.run_while_not([this] { return watch_.connected(); }, kUpWithin + isakmp_.dpd_interval))
    return watch_.violate("not up within the bound");
  if (!world_.run_while_not([this] { return watch_.at_rest(); }, kRestWithin + isakmp_.dpd_interval))
    return watch_.violate("no rest within the bound" + leftovers());
}

void Scenario::count() {
  for (std::size_t i = 0; i < world_.size(); ++i) {
    const ike::Counters counters = world_.node(i).engine.status().counters;
    happened_.ike_sas += counters.ike_sa_established_as_initiator + counters.ike_sa_established_as_responder;
    happened_.child_sas += counters.child_sa_established;
    happened_.ike_rekeys += counters.ike_rekeys;
    happened_.child_rekeys += counters.child_rekeys;
    happened_.dead_peers += counters.dead_peers;
  }
  happened_.virtual_seconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(world_.now().time_since_epoch()).count() - 3600);
}

}  // namespace

Outcome run_scenario(std::uint64_t seed, bool trace) { return Scenario(seed, trace).run(); }

}  // namespace awtun::sim
