// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/foreign_peer.h"

#include <algorithm>
#include <array>

namespace awtun::sim {
namespace {

constexpr Duration kHalfOpenFor{30000};
/// What the other end is to delete goes by itself then.
constexpr Duration kPatience{180000};
/// The answer to a Delete may get lost.
constexpr Duration kAnswersAgainFor{60000};
constexpr Duration kNextAttemptWithin{5000};
constexpr Duration kAskChildLow{500};
constexpr Duration kAskChildHigh{1500};

}  // namespace

std::optional<wire::NotifyView> foreign_notify(const wire::PayloadChain& payloads, wire::NotifyType type) {
  for (const wire::PayloadView payload : payloads) {
    if (payload.type != wire::PayloadType::Notify) continue;
    const auto notify = wire::decode_notify(payload);
    if (notify && notify->type == type) return *notify;
  }
  return std::nullopt;
}

std::optional<wire::NotifyView> foreign_error(const wire::PayloadChain& payloads) {
  for (const wire::PayloadView payload : payloads) {
    if (payload.type != wire::PayloadType::Notify) continue;
    const auto notify = wire::decode_notify(payload);
    if (notify && wire::is_error(notify->type)) return *notify;
  }
  return std::nullopt;
}

ForeignPeer::ForeignPeer(ike::RandomSource random, Liberties liberties)
    : random_(std::move(random)), liberties_(liberties) {}

ike::Actions ForeignPeer::step(Time now, ike::Input input) {
  now_ = now;
  std::visit([this](auto&& one) { on(std::move(one)); }, std::move(input));
  while (!held_.empty() && held_.front().first <= now_) {
    const ike::Datagram datagram = std::move(held_.front().second);
    held_.pop_front();
    receive(datagram);
  }
  for (auto& [spi, sa] : sas_) tick(sa);
  begin_if_none();
  for (auto& [spi, sa] : sas_) pump(sa);
  sweep();
  choose_outbound();
  return std::exchange(actions_, {});
}

// ---------------------------------------------------------------- inputs

void ForeignPeer::on(ike::Datagram&& datagram) {
  const auto header = wire::parse_header(datagram.bytes);
  if (!header || !policy_) return;
  if (liberties_.has(Liberty::AnswersLate) && !header->response)
    held_.emplace_back(now_ + kLate, std::move(datagram));
  else
    receive(datagram);
}

void ForeignPeer::on(ike::SetTunnel&& input) {
  const ike::TunnelPolicy& policy = input.policy;
  const bool same = policy_ && policy_->remote == policy.remote && policy_->local == policy.local &&
                    policy_->local_id == policy.local_id && policy_->remote_id == policy.remote_id &&
                    policy_->preshared_key == policy.preshared_key;
  if (!same)
    for (auto& [spi, sa] : sas_) sa.authenticated() ? delete_ike(sa, false) : drop(sa, false);
  policy_ = std::move(input.policy);
  if (!same) next_attempt_ = now_;
}

void ForeignPeer::on(ike::RemoveTunnel&&) { on(ike::Shutdown{}); }

/// The Deletes go out; nobody waits for their answers.
void ForeignPeer::on(ike::Shutdown&&) {
  for (auto& [spi, sa] : sas_) {
    if (sa.state == State::Up) delete_ike(sa, false);
    pump(sa);
    drop(sa, false);
  }
  policy_.reset();
}

void ForeignPeer::on(ike::DataPlaneFailed&& input) {
  Child* child = find_child(static_cast<std::uint32_t>(input.token));
  if (child != nullptr && !child->closing) close(*child);
}

void ForeignPeer::on(ike::SaExpired&& input) {
  for (auto& [in, child] : children_) {
    if ((input.direction == Direction::In ? child.in : child.out) != input.spi || child.closing) continue;
    if (input.hard) {
      close(child);
    } else if (Sa* sa = find(child.ike)) {
      ask(*sa, {What::RekeyChild, in});
    }
  }
}

void ForeignPeer::on(ike::Rekey&& input) {
  Sa* sa = newest();
  if (sa == nullptr) return;
  if (input.what == ike::Rekey::What::ChildSa) {
    for (std::uint32_t share = 0; share < shares().size(); ++share)
      if (const Child* child = usable_child(share); child != nullptr && find(child->ike) != nullptr)
        ask(*find(child->ike), {What::RekeyChild, child->in});
  } else if (liberties_.has(Liberty::BreaksBeforeMaking)) {
    delete_ike(*sa, true);
  } else if (liberties_.has(Liberty::MakesBeforeBreaking)) {
    initiate(wire::GroupId::None, sa->local_spi);
  } else {
    ask(*sa, {What::RekeyIke});
  }
}

void ForeignPeer::on(ike::ClearSa&&) {
  for (auto& [spi, sa] : sas_)
    if (sa.state == State::Up) delete_ike(sa, false);
}

void ForeignPeer::on(ike::ClearChildSa&&) {
  for (auto& [in, child] : children_)
    if (!child.closing && rival_of(in) == nullptr) close(child);
}

void ForeignPeer::on(ike::UnknownSpi&&) {
  if (Sa* sa = newest()) ask(*sa, {What::Liveness});
}

// ---------------------------------------------------------------- messages

void ForeignPeer::receive(const ike::Datagram& datagram) {
  const auto message = wire::parse_message(datagram.bytes);
  if (!message || !policy_) return;
  const wire::Header& header = message->header;
  const bool init = header.exchange == wire::ExchangeType::IkeSaInit;
  if (init && !header.response) return on_init_request(datagram, *message);
  Sa* sa = find(header.from_initiator ? header.responder_spi : header.initiator_spi);
  if (sa == nullptr || sa->initiator == header.from_initiator) return;
  if (!init) return receive(*sa, *message);
  if (sa->is_doing(What::Init) && sa->remote == datagram.remote) on_init_response(*sa, *message);
}

void ForeignPeer::receive(Sa& sa, const wire::MessageView& message) {
  const auto encrypted = message.encrypted();
  if (!sa.keys || !encrypted || message.header.responder_spi != sa.responder_spi()) return;
  const auto plaintext = sa.keys->open(*encrypted);
  if (!plaintext) return;
  const auto inner = wire::parse_chain(encrypted->first_inner, *plaintext);
  if (!inner) return;
  sa.heard = now_;
  const wire::Header& header = message.header;
  if (header.response) {
    if (sa.pending && header.message_id == sa.next_request) on_response(sa, *inner);
  } else if (header.message_id + 1 == sa.next_expected) {
    if (!sa.last_response.empty()) send(sa, sa.last_response);
  } else if (header.message_id == sa.next_expected && sa.state != State::Gone) {
    on_request(sa, header, *inner);
  }
}

void ForeignPeer::on_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  confirm_children(sa, header.message_id);
  if (const auto type = inner.unsupported_critical())
    return refuse(sa, header, wire::NotifyType::UnsupportedCriticalPayload,
                  Bytes{static_cast<std::uint8_t>(*type)});
  const bool half = sa.state == State::Half;
  if (header.exchange == wire::ExchangeType::IkeAuth && half) return on_auth_request(sa, header, inner);
  if (half) return;
  if (header.exchange == wire::ExchangeType::CreateChildSa) return on_create_child_request(sa, header, inner);
  if (header.exchange == wire::ExchangeType::Informational) return on_informational(sa, header, inner);
  refuse(sa, header, wire::NotifyType::InvalidSyntax);
}

void ForeignPeer::on_response(Sa& sa, const wire::PayloadChain& inner) {
  ForeignRequest asked = *std::exchange(sa.pending, {});
  ++sa.next_request;
  switch (asked.ask.what) {
    case What::Auth:
      return on_auth_response(sa, std::move(asked), inner);
    case What::NewChild:
    case What::RekeyChild:
      return on_child_response(sa, std::move(asked), inner);
    case What::RekeyIke:
      return on_ike_rekey_response(sa, std::move(asked), inner);
    case What::DeleteChild:
      if (Child* child = find_child(asked.ask.child)) remove(*child);
      return;
    case What::DeleteIke:
      drop(sa, false);
      if (asked.ask.again) initiate();
      return;
    case What::Init:
    case What::Liveness:
      return;
  }
}

// ---------------------------------------------------------------- time

std::optional<Time> ForeignPeer::next_deadline() const {
  if (!policy_) return std::nullopt;
  std::optional<Time> first;
  const auto at = [&first](Time when) { first = std::min(first.value_or(when), when); };
  if (!held_.empty()) at(held_.front().first);
  bool any = false;
  for (const auto& [spi, sa] : sas_) {
    any = any || sa.state != State::Gone;
    if (sa.pending) at(sa.pending->due);
    if (sa.state == State::Half && !sa.initiator) at(sa.since + kHalfOpenFor);
    if (sa.state == State::Replaced) at(sa.since + kPatience);
    if (sa.state == State::Gone) at(sa.since + kAnswersAgainFor);
    if (sa.state != State::Up || sa.pending) continue;
    at(sa.heard + policy_->isakmp.dpd_interval);
    for (const Ask& one : sa.asks) at(one.not_before);
  }
  if (!any && policy_->remote && liberties_.has(Liberty::Initiates)) at(next_attempt_);
  return first;
}

void ForeignPeer::tick(Sa& sa) {
  if (sa.pending && sa.pending->due <= now_) {
    if (sa.pending->sent >= kTries) return give_up(sa);
    transmit(sa);
  }
  if (sa.state == State::Half && !sa.initiator && sa.since + kHalfOpenFor <= now_) drop(sa, false);
  if (sa.state == State::Replaced && sa.since + kPatience <= now_) drop(sa, false);
  if (sa.state != State::Up) return;
  if (!sa.pending && policy_ && sa.heard + policy_->isakmp.dpd_interval <= now_) ask(sa, {What::Liveness});
  if (!liberties_.has(Liberty::Initiates) || &sa != newest() || sa.pending || !sa.asks.empty()) return;
  for (std::uint32_t share = 0; share < shares().size(); ++share)
    if (usable_child(share) == nullptr)
      ask(sa, {What::NewChild, share, now_ + between(kAskChildLow, kAskChildHigh)});
}

void ForeignPeer::begin_if_none() {
  const bool may = policy_ && policy_->remote && liberties_.has(Liberty::Initiates) && next_attempt_ <= now_;
  const bool none = std::all_of(sas_.begin(), sas_.end(),
                                [](const auto& entry) { return entry.second.state == State::Gone; });
  if (may && none) initiate();
}

/// Nothing came of it: what the other end does not answer, it does not have (2.4).
void ForeignPeer::give_up(Sa& sa) {
  const bool again = sa.pending->ask.again;
  if (sa.state == State::Up) ++counters_.dead_peers;
  if (Sa* rival = find_rival(sa.rival)) succeed(sa, *rival, false);
  drop(sa, false);
  next_attempt_ = now_ + between(Duration::zero(), kNextAttemptWithin);
  if (again) initiate();
}

void ForeignPeer::sweep() {
  std::erase_if(children_, [](const auto& entry) { return entry.second.gone; });
  std::erase_if(sas_, [this](const auto& entry) {
    const Sa& sa = entry.second;
    return sa.state == State::Gone && (sa.last_response.empty() || sa.since + kAnswersAgainFor <= now_);
  });
}

/// Of each share the newest Child SA that the other end has for certain, or may be taken to have; else the
/// newest.
void ForeignPeer::choose_outbound() {
  std::map<std::uint32_t, const Child*> best;
  const auto rank = [this](const Child& one) {
    const bool had = one.ours || liberties_.has(Liberty::SendsAtOnce) || find_child(one.replaces) == nullptr;
    return std::pair(had, one.number);
  };
  for (const auto& [in, child] : children_) {
    const Child*& chosen = best[child.share];
    if (!child.closing && (chosen == nullptr || rank(child) > rank(*chosen))) chosen = &child;
  }
  for (const auto& [share, chosen] : best) {
    if (chosen == nullptr || outbound_[share] == chosen->in) continue;
    outbound_[share] = chosen->in;
    actions_.emplace_back(ike::ActivateSa{chosen->in, policy_->tunnel, chosen->out});
  }
}

// ---------------------------------------------------------------- the window

void ForeignPeer::ask(Sa& sa, Ask what) {
  const auto same = [&](const Ask& one) { return one.what == what.what && one.child == what.child; };
  if (std::any_of(sa.asks.begin(), sa.asks.end(), same) || (sa.pending && same(sa.pending->ask))) return;
  sa.asks.push_back(what);
}

void ForeignPeer::pump(Sa& sa) {
  if (sa.pending || (sa.state != State::Up && sa.state != State::Closing)) return;
  const auto next =
      std::find_if(sa.asks.begin(), sa.asks.end(), [this](const Ask& one) { return one.not_before <= now_; });
  if (next == sa.asks.end()) return;
  const Ask what = *next;
  sa.asks.erase(next);
  wire::PayloadWriter payloads;
  switch (what.what) {
    case What::NewChild:
    case What::RekeyChild:
      return ask_child(sa, what);
    case What::RekeyIke:
      return ask_ike_rekey(sa, what);
    case What::DeleteChild:
      if (find_child(what.child) == nullptr) return;
      payloads.delete_child_sas(wire::ProtocolId::Esp, std::array{what.child});
      return request(sa, wire::ExchangeType::Informational, payloads, {what});
    case What::DeleteIke:
      stop_sending(sa);
      payloads.delete_ike_sa();
      return request(sa, wire::ExchangeType::Informational, payloads, {what});
    case What::Init:
    case What::Auth:
    case What::Liveness:
      return request(sa, wire::ExchangeType::Informational, payloads, {what});
  }
}

void ForeignPeer::request(Sa& sa, wire::ExchangeType exchange, wire::PayloadWriter& payloads,
                          ForeignRequest pending) {
  add_oddities(payloads, exchange);
  pending.octets = sa.keys->seal(sa.header(exchange, false, sa.next_request), payloads, random_);
  sa.pending = std::move(pending);
  transmit(sa);
}

void ForeignPeer::transmit(Sa& sa) {
  ForeignRequest& pending = *sa.pending;
  if (pending.sent > 0) ++counters_.retransmissions;
  pending.due = now_ + kFirstWait * (1U << pending.sent++);
  send(sa, pending.octets);
}

void ForeignPeer::respond(Sa& sa, const wire::Header& header, wire::PayloadWriter& payloads) {
  add_oddities(payloads, header.exchange);
  sa.last_response = sa.keys->seal(sa.header(header.exchange, true, header.message_id), payloads, random_);
  sa.next_expected = header.message_id + 1;
  send(sa, sa.last_response);
}

void ForeignPeer::refuse(Sa& sa, const wire::Header& header, wire::NotifyType why, ByteView data) {
  wire::PayloadWriter payloads;
  payloads.notify(why, data);
  respond(sa, header, payloads);
}

void ForeignPeer::add_oddities(wire::PayloadWriter& payloads, wire::ExchangeType exchange) const {
  if (!liberties_.has(Liberty::OddPayloads)) return;
  static constexpr std::array<std::uint8_t, 8> kAddressWanted{1, 0, 0, 0, 0, 1, 0, 0};
  static constexpr std::array<std::uint8_t, 5> kSomething{1, 2, 3, 4, 5};
  static constexpr auto kPrivateStatus = static_cast<wire::NotifyType>(40970);
  static constexpr auto kPrivatePayload = static_cast<wire::PayloadType>(200);
  payloads.notify(kPrivateStatus, kSomething);
  payloads.raw(kPrivatePayload, kSomething);
  if (exchange != wire::ExchangeType::CreateChildSa) return;
  payloads.raw(wire::PayloadType::Cp, kAddressWanted);
  payloads.cert(wire::PayloadType::CertReq, 4, {});
}

void ForeignPeer::send(const Sa& sa, const Bytes& octets) {
  ++counters_.messages_sent;
  actions_.emplace_back(ike::Send{sa.local, sa.remote, octets});
}

}  // namespace awtun::sim
