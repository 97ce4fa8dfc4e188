// SPDX-License-Identifier: Apache-2.0
// A peer that has lost what it shared with us is noticed at once: by INVALID_IKE_SPI and INVALID_SPI
// (RFC 7296 1.5, 2.21.4), which are hints that anybody can forge and so start DPD and nothing else, and
// by the tokens of quick crash detection (RFC 6290), which prove it.
#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/payloads.h"

namespace awtun::ike {
namespace {

/// Hints about one IKE SA are heeded no more often.
constexpr Duration kHintInterval{10000};
/// A peer is told no more often that we do not have its IKE SA. Of others it is told: forged requests are
/// not to use up what the true one waits for.
constexpr Duration kAnswerInterval{1000};
/// RFC 6290 4.1.
constexpr std::size_t kMinToken = 16;
constexpr std::size_t kMaxToken = 128;

}  // namespace

bool is_unprotected(const wire::MessageView& message) {
  return message.header.exchange != wire::ExchangeType::IkeSaInit &&
         message.payloads.count(wire::PayloadType::Sk) == 0 &&
         message.payloads.count(wire::PayloadType::Skf) == 0;
}

bool is_hint(const wire::MessageView& message) {
  return is_unprotected(message) && (find_notify(message.payloads, wire::NotifyType::InvalidIkeSpi) ||
                                     find_notify(message.payloads, wire::NotifyType::InvalidSpi));
}

// ---------------------------------------------------------------- tokens

/// By which we can show, without having it, that this IKE SA was ours; empty when none are given out.
Bytes Engine::Impl::crash_token(std::uint64_t initiator_spi, std::uint64_t responder_spi) const {
  const auto prf = crypto::Prf::create(wire::PrfId::HmacSha256);
  if (settings_.quick_crash_secret.empty() || !prf) return {};
  const auto token =
      prf->compute(settings_.quick_crash_secret.view(), {spi_bytes(initiator_spi), spi_bytes(responder_spi)});
  if (!token) return {};
  return Bytes(token->view().begin(), token->view().end());
}

/// Into the first message under an IKE SA that we protect.
void Engine::Impl::give_token(IkeSa& sa, wire::PayloadWriter& payloads) const {
  sa.token_given = true;
  const Bytes token = crash_token(sa.initiator_spi(), sa.responder_spi());
  if (!token.empty())
    payloads.notify({wire::NotifyType::QuickCrashDetection, wire::ProtocolId::Ike, {}, token});
}

void Engine::Impl::take_token(IkeSa& sa, const wire::PayloadChain& inner) {
  const auto token = find_notify(inner, wire::NotifyType::QuickCrashDetection);
  if (!token || token->data.size() < kMinToken || token->data.size() > kMaxToken) return;
  sa.peer_token.assign(token->data.begin(), token->data.end());
}

// ---------------------------------------------------------------- what we have lost

/// A request under an IKE SA that we do not have. Never with a token for one that we have, whichever
/// way round its SPIs are given: who held it could end that IKE SA (RFC 6290 10.1).
void Engine::Impl::answer_unknown_sa(const Datagram& datagram, const wire::Header& request) {
  if (request.response || request.initiator_spi == 0 || request.responder_spi == 0 ||
      ike_sas_.contains(request.initiator_spi) || ike_sas_.contains(request.responder_spi))
    return;
  Tunnel* tunnel = some_tunnel(datagram);
  if (tunnel == nullptr) return;
  answers_.received(now_, account_of({datagram.local, datagram.remote}), datagram.bytes.size());
  // One that our unanswered rekey asks for: the peer is only quicker than its own answer.
  for (const IkeSa* sa : ike_sas(*tunnel))
    if (const AskRekeyIke* asked = sa->asking<AskRekeyIke>(); asked != nullptr)
      if (asked->spi == request.initiator_spi || asked->spi == request.responder_spi) return;
  const std::pair spis(request.initiator_spi, request.responder_spi);
  if (tunnel->unknown_answered.admits(now_, kAnswerInterval) || spis != tunnel->unknown)
    say_unknown(*tunnel, datagram, request);
}

void Engine::Impl::say_unknown(Tunnel& tunnel, const Datagram& datagram, const wire::Header& request) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::InvalidIkeSpi);
  const Bytes token = crash_token(request.initiator_spi, request.responder_spi);
  if (!token.empty())
    payloads.notify({wire::NotifyType::QuickCrashDetection, wire::ProtocolId::Ike, {}, token});
  wire::Header header = request;
  header.from_initiator = !request.from_initiator;
  header.response = true;
  if (!answer_stranger(datagram, wire::write_message(header, payloads))) return;
  ++counters_.invalid_ike_spi_sent;
  tunnel.unknown = {request.initiator_spi, request.responder_spi};
}

/// The peer sends ESP that we cannot receive.
void Engine::Impl::on(UnknownSpi&& input) {
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (tunnel == nullptr) return;
  ++counters_.unknown_spi;
  IkeSa* sa = established(*tunnel);
  if (sa == nullptr) return hurry(*tunnel);
  if (!sa->hinted.admits(now_, kHintInterval)) return;
  sa->want({Task::What::ReportSpi, input.spi});
  pump(*sa);
}

/// INVALID_SPI, by which the peer is tested at the same time.
void Engine::Impl::report_spi(IkeSa& sa, std::uint32_t spi) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::InvalidSpi, spi_bytes(spi));
  ++counters_.invalid_spi_sent;
  send_request(sa, wire::ExchangeType::Informational, payloads, AskLiveness{});
}

// ---------------------------------------------------------------- what the peer has lost

/// Inside the IKE SA: the peer does not have what we send on. Rekeying puts that right whether its
/// kernel has lost the SA or all of it has.
void Engine::Impl::take_invalid_spi(IkeSa& sa, Tunnel& tunnel, const wire::PayloadChain& inner) {
  const auto notify = find_notify(inner, wire::NotifyType::InvalidSpi);
  if (!notify) return;
  ++counters_.invalid_spi_received;
  const auto spi = spi_of(notify->data);
  const ChildSa* one = spi ? find_child_by_outbound(tunnel, *spi) : nullptr;
  if (is_in_use(one) && now_ - one->established >= kLinger)
    sa.want({Task::What::RekeyChild, one->inbound_spi});
}

/// Outside of any IKE SA, so from anybody.
void Engine::Impl::on_hint(const Datagram& datagram, const wire::MessageView& message) {
  if (find_notify(message.payloads, wire::NotifyType::InvalidIkeSpi)) {
    ++counters_.invalid_ike_spi_received;
    if (IkeSa* sa = message.header.response ? find_ike_sa_by_both(message.header) : nullptr)
      on_lost_ike_sa(*sa, datagram, message.payloads);
    return;
  }
  const auto notify = find_notify(message.payloads, wire::NotifyType::InvalidSpi);
  const auto spi = notify ? spi_of(notify->data) : std::nullopt;
  Tunnel* tunnel = some_tunnel(datagram);
  ++counters_.invalid_spi_received;
  if (!spi || tunnel == nullptr) return;
  const ChildSa* one = find_child_by_outbound(*tunnel, *spi);
  if (IkeSa* sa = is_in_use(one) ? find_ike_sa(one->ike_sa) : nullptr) check_liveness(*sa);
}

IkeSa* Engine::Impl::find_ike_sa_by_both(const wire::Header& header) {
  for (const std::uint64_t spi : {header.initiator_spi, header.responder_spi}) {
    IkeSa* sa = find_ike_sa(spi);
    if (sa != nullptr && sa->initiator_spi() == header.initiator_spi &&
        sa->responder_spi() == header.responder_spi)
      return sa;
  }
  return nullptr;
}

void Engine::Impl::on_lost_ike_sa(IkeSa& sa, const Datagram& datagram, const wire::PayloadChain& payloads) {
  const auto token = find_notify(payloads, wire::NotifyType::QuickCrashDetection);
  const bool proven = token && !sa.peer_token.empty() && constant_time_equal(sa.peer_token, token->data);
  if (!proven) {
    if (datagram.remote == sa.remote) check_liveness(sa);
    return;
  }
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  // One that we delete, or the peer was to delete, may be lost to it without a crash.
  if (sa.state == IkeState::Established) {
    ++counters_.crashes_detected;
    if (tunnel != nullptr) record(*tunnel, peer_restarted(now_));
  }
  close(sa);
  if (tunnel != nullptr) reconnect(*tunnel, dice_.between(Duration{0}, Duration{500}));
}

/// DPD now. A request that is under way tests the peer already.
void Engine::Impl::check_liveness(IkeSa& sa) {
  if (sa.state != IkeState::Established || sa.outstanding || !sa.hinted.admits(now_, kHintInterval)) return;
  sa.want({Task::What::Liveness});
  pump(sa);
}

}  // namespace awtun::ike
