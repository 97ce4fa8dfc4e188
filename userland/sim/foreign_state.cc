// SPDX-License-Identifier: Apache-2.0
// What a foreign peer has: its SAs found, made and shown.
#include <algorithm>
#include <array>

#include "userland/sim/foreign_peer.h"

namespace awtun::sim {

ForeignIkeSa& ForeignPeer::new_sa(bool initiator) {
  const std::uint64_t spi = number();
  Sa& sa = sas_[spi];
  sa.local_spi = spi;
  sa.initiator = initiator;
  sa.since = sa.heard = now_;
  return sa;
}

ForeignIkeSa* ForeignPeer::find(std::uint64_t spi) {
  const auto found = sas_.find(spi);
  return found == sas_.end() ? nullptr : &found->second;
}

ForeignIkeSa* ForeignPeer::find_rival(std::uint64_t spi) {
  Sa* rival = find(spi);
  return rival != nullptr && rival->state != State::Gone ? rival : nullptr;
}

ForeignIkeSa* ForeignPeer::newest() {
  Sa* best = nullptr;
  for (auto& [spi, sa] : sas_)
    if (sa.state == State::Up && !sa.provisional && (best == nullptr || sa.established >= best->established))
      best = &sa;
  return best;
}

ForeignChild* ForeignPeer::find_child(std::uint32_t in) {
  const auto found = children_.find(in);
  return found == children_.end() || found->second.gone ? nullptr : &found->second;
}

ForeignChild* ForeignPeer::usable_child(std::uint32_t share) {
  Child* best = nullptr;
  for (auto& [in, child] : children_)
    if (!child.closing && child.share == share && (best == nullptr || child.number > best->number))
      best = &child;
  return best;
}

ForeignChild* ForeignPeer::find_outbound(ByteView spi) {
  for (auto& [in, child] : children_) {
    const Bytes out = foreign_octets(child.out);
    if (!child.gone && std::equal(spi.begin(), spi.end(), out.begin(), out.end())) return &child;
  }
  return nullptr;
}

ForeignChild* ForeignPeer::rival_of(std::uint32_t in) {
  for (auto& [spi, child] : children_)
    if (child.replaces == in && !child.gone) return &child;
  return nullptr;
}

/// A request with this id: what was answered before has arrived.
void ForeignPeer::confirm_children(const Sa& sa, std::uint32_t id) {
  for (auto& [in, child] : children_)
    if (child.ike == sa.local_spi && child.unconfirmed && *child.unconfirmed < id) child.unconfirmed.reset();
}

void ForeignPeer::set(Sa& sa, State state) {
  sa.state = state;
  sa.since = now_;
}

std::uint64_t ForeignPeer::number() {
  std::array<std::uint8_t, 8> octets{};
  random_(octets);
  std::uint64_t result = 0;
  for (const std::uint8_t octet : octets) result = result << 8 | octet;
  return result;
}

std::uint32_t ForeignPeer::child_spi() { return static_cast<std::uint32_t>(number()) | 0x1000U; }

Bytes ForeignPeer::nonce() {
  Bytes result(32);
  random_(result);
  return result;
}

Duration ForeignPeer::between(Duration low, Duration high) {
  return low + Duration(static_cast<Duration::rep>(number() %
                                                   static_cast<std::uint64_t>((high - low).count() + 1)));
}

std::optional<ForeignAgreement> ForeignPeer::agree(wire::GroupId group, ByteView theirs) {
  auto ours = crypto::KeyExchange::generate(group, random_);
  if (!ours) return std::nullopt;
  auto shared = ours->derive(theirs);
  if (!shared) return std::nullopt;
  return ForeignAgreement{*std::move(ours), *std::move(shared)};
}

ike::IkeSaStatus ForeignPeer::status_of(const Sa& sa) const {
  ike::IkeSaStatus one{};
  one.tunnel = policy_->tunnel;
  one.initiator_spi = sa.initiator_spi();
  one.responder_spi = sa.responder_spi();
  one.initiator = sa.initiator;
  one.state = ike::IkeSaStatus::State::Deleting;
  if (sa.state == State::Half) one.state = ike::IkeSaStatus::State::Connecting;
  if (sa.state == State::Up) one.state = ike::IkeSaStatus::State::Established;
  one.local = sa.local;
  one.remote = sa.remote;
  one.suite = sa.suite;
  if (sa.state != State::Half) one.established = sa.established;
  one.last_heard = sa.heard;
  return one;
}

ike::Status ForeignPeer::status() const {
  ike::Status status;
  status.counters = counters_;
  if (!policy_) return status;
  status.peers.push_back({policy_->tunnel,
                          policy_->local,
                          policy_->remote,
                          policy_->local_id,
                          policy_->remote_id,
                          policy_->preshared_key.has_value(),
                          {},
                          {},
                          {}});
  for (const auto& [spi, sa] : sas_)
    if (sa.state != State::Gone) status.ike_sas.push_back(status_of(sa));
  for (const auto& [in, child] : children_) {
    ike::ChildSaStatus& one = status.child_sas.emplace_back();
    one.tunnel = policy_->tunnel;
    one.inbound_spi = in;
    one.outbound_spi = child.out;
    one.state = child.closing ? ike::ChildSaStatus::State::Replaced : ike::ChildSaStatus::State::Installed;
    one.suite = child.terms.suite;
    one.established = child.established;
    one.local_selectors = child.networks.local;
    one.remote_selectors = child.networks.remote;
    one.esn = child.terms.esn;
    one.pfs = child.terms.pfs;
  }
  return status;
}

}  // namespace awtun::sim
