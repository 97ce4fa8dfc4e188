// SPDX-License-Identifier: Apache-2.0
// Datagrams in and out: which IKE SA, the windows of message ids (RFC 7296 2.3), retransmission.
#include "userland/base/overloaded.h"
#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/retransmission.h"
#include "userland/wire/rules.h"

namespace awtun::ike {
namespace {

wire::Header header_of(const IkeSa& sa, wire::ExchangeType exchange, bool response,
                       std::uint32_t message_id) {
  wire::Header header;
  header.initiator_spi = sa.initiator_spi();
  header.responder_spi = sa.responder_spi();
  header.exchange = exchange;
  header.from_initiator = sa.initiator;
  header.response = response;
  header.message_id = message_id;
  return header;
}

/// A larger message goes out in fragments, if the peer knows those.
std::size_t size_limit(const IkeSa& sa) {
  return sa.fragmentation ? unfragmented_size(sa.remote.address.family()) : wire::kMaxMessageSize;
}

std::optional<std::vector<Bytes>> in_the_clear(const wire::Header& header,
                                               const wire::PayloadWriter& payloads) {
  auto bytes = wire::write_message(header, payloads);
  if (!bytes) return std::nullopt;
  return std::vector<Bytes>{*std::move(bytes)};
}

std::size_t octets_of(const std::vector<Bytes>& packets) {
  std::size_t octets = 0;
  for (const Bytes& packet : packets) octets += packet.size();
  return octets;
}

}  // namespace

// ---------------------------------------------------------------- in

void Engine::Impl::receive(const Datagram& datagram) {
  ++counters_.messages_received;
  const auto header = wire::parse_header(datagram.bytes);
  if (!header) {
    ++counters_.messages_malformed;
    return;
  }
  if (header->major_version > 2 && !header->response) return answer_version(datagram, *header);
  if (header->major_version == 1) note_version1(datagram, *header);
  const auto message = wire::parse_message(datagram.bytes);
  if (message && is_unprotected(*message)) note_refusal(datagram, *message);
  if (message && is_hint(*message)) return on_hint(datagram, *message);
  if (!message || !wire::check_clear(*message)) {
    ++counters_.messages_malformed;
    return;
  }
  if (header->exchange != wire::ExchangeType::IkeSaInit)
    receive_protected(datagram, *message);
  else if (header->response)
    on_init_response(datagram, *message);
  else
    on_init_request(datagram, *message);
}

void Engine::Impl::receive_protected(const Datagram& datagram, const wire::MessageView& message) {
  const wire::Header& header = message.header;
  IkeSa* sa = find_ike_sa(header.from_initiator ? header.responder_spi : header.initiator_spi);
  if (sa == nullptr || !sa->keys || sa->initiator == header.from_initiator ||
      sa->initiator_spi() != header.initiator_spi || sa->responder_spi() != header.responder_spi) {
    ++counters_.messages_unknown_sa;
    if (sa == nullptr) answer_unknown_sa(datagram, header);
    return;
  }
  if (const auto fragment = message.fragment()) return receive_fragment(*sa, datagram, header, *fragment);
  const auto encrypted = message.encrypted();
  if (!encrypted) {
    ++counters_.messages_malformed;
    return;
  }
  const auto plaintext = sa->keys->open(*encrypted);
  if (!plaintext) {
    ++counters_.messages_bad_integrity;
    return;
  }
  sa->last_heard = now_;
  const RequestMark mark = RequestMark::of(datagram.bytes, 0);
  if (was_answered(*sa, header)) return repeat_response(*sa, datagram, mark);
  const auto inner = wire::parse_chain(encrypted->first_inner, *plaintext);
  if (header.response) return on_response(*sa, header, inner);
  if (!expects_request(*sa, header)) return;
  sa->last_request = mark;
  on_request(*sa, {datagram.local, datagram.remote}, header, inner);
}

bool Engine::Impl::was_answered(const IkeSa& sa, const wire::Header& header) {
  return !header.response && header.message_id + 1 == sa.expected_request && !sa.last_response.empty();
}

bool Engine::Impl::expects_request(const IkeSa& sa, const wire::Header& header) {
  if (sa.job) return false;
  const bool auth_expected = sa.state == IkeState::HalfOpen;
  const bool auth = header.exchange == wire::ExchangeType::IkeAuth;
  return header.message_id == sa.expected_request && sa.state != IkeState::InitSent &&
         sa.state != IkeState::AuthSent && sa.state != IkeState::Ended && auth == auth_expected;
}

bool Engine::Impl::expects_response(const IkeSa& sa, const wire::Header& header) {
  return sa.outstanding && sa.outstanding->message_id == header.message_id && sa.asking<AskInit>() == nullptr;
}

/// Whoever has recorded a request can send it from any address, as often as he likes. The peer asks again
/// from where it is or was; behind a NAT perhaps from elsewhere, where no more goes than came from there.
void Engine::Impl::repeat_response(IkeSa& sa, const Datagram& datagram, const RequestMark& mark) {
  if (!sa.last_request.repeated_by(mark)) return;
  const Path path{datagram.local, datagram.remote};
  bool goes = false;
  if (path.remote == sa.remote || path.remote == sa.reply_to.remote) {
    goes = sa.repeated.admits(now_, kRepeatInterval);
  } else {
    answers_.received(now_, account_of(path), datagram.bytes.size());
    goes = pay(datagram, octets_of(sa.last_response));
  }
  if (!goes) {
    ++counters_.answers_limited;
    return;
  }
  ++counters_.retransmissions;
  transmit(sa, path, sa.last_response);
}

/// It ends the IKE SA (RFC 7296 2.21.3): whoever sends such a request does so no second time under it.
void Engine::Impl::refuse_syntax(IkeSa& sa, const wire::Header& header, std::string_view what) {
  ++counters_.messages_malformed;
  refuse(sa, header, wire::NotifyType::InvalidSyntax);
  if (Tunnel* tunnel = find_tunnel(sa.tunnel); tunnel != nullptr)
    record_said_by(sa, *tunnel, protocol_error(now_, header.exchange, what));
  end(sa);
}

/// `header` is of the request that is expected.
void Engine::Impl::on_request(IkeSa& sa, const Path& path, const wire::Header& header,
                              const Result<wire::PayloadChain, wire::ParseError>& inner) {
  const bool auth_expected = sa.state == IkeState::HalfOpen;
  follow(sa, path);
  if (!inner || !well_formed(header, *inner)) return refuse_syntax(sa, header, "malformed request");
  if (const auto type = inner->unsupported_critical()) {
    const auto octet = static_cast<std::uint8_t>(*type);
    refuse(sa, header, wire::NotifyType::UnsupportedCriticalPayload, ByteView(&octet, 1));
    if (auth_expected) end(sa);
    return;
  }
  if (const auto legal = wire::check_encrypted(header, *inner); !legal)
    return refuse_syntax(sa, header, legal.error().to_string());
  dispatch_request(sa, header, *inner);
}

void Engine::Impl::dispatch_request(IkeSa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  switch (header.exchange) {
    case wire::ExchangeType::IkeAuth:
      on_auth_request(sa, header, inner);
      return;
    case wire::ExchangeType::CreateChildSa:
      confirm(sa);
      on_create_child_request(sa, {header, inner, nullptr});
      break;
    case wire::ExchangeType::Informational: {
      // What it deletes is gone before one of several IKE SAs is chosen to stay.
      const bool news = !std::exchange(sa.confirmed, true);
      if (news) ask_again(sa);
      on_informational_request(sa, header, inner);
      if (news) settle(sa);
      break;
    }
    case wire::ExchangeType::IkeSaInit:
      return;
  }
  pump(sa);
}

void Engine::Impl::on_response(IkeSa& sa, const wire::Header& header,
                               const Result<wire::PayloadChain, wire::ParseError>& inner) {
  if (!expects_response(sa, header)) return;
  Request request = std::move(*std::exchange(sa.outstanding, nullptr));
  sa.response_parts.forget();
  if (sa.state == IkeState::Established) {
    sa.dpd_at = std::max(now_, request.first_sent + sa.dpd_interval);
    // A peer that is closing the IKE SA says so.
    if (!inner || !find_notify(*inner, wire::NotifyType::TemporaryFailure)) confirm(sa);
  }
  if (!inner || !well_formed(header, *inner) || inner->unsupported_critical() ||
      !wire::check_encrypted(header, *inner)) {
    ++counters_.messages_malformed;
    Failure failure = protocol_error(now_, header.exchange, "malformed response");
    failure.exchange = request.exchange();  // what we asked, whatever the peer says it answers
    if (sa.state == IkeState::AuthSent) return attempt_failed(sa, std::move(failure));
    if (sa.state != IkeState::Established) return close(sa);
    if (Tunnel* tunnel = find_tunnel(sa.tunnel); tunnel != nullptr) record(*tunnel, std::move(failure));
    return start_over(sa, Duration{1000});
  }
  dispatch_response(sa, std::move(request), *inner);
  pump(sa);
}

void Engine::Impl::dispatch_response(IkeSa& sa, Request&& request, const wire::PayloadChain& inner) {
  std::visit(Overloaded{
                 [](AskInit&&) {},
                 [&](AskAuth&& asked) { on_auth_response(sa, asked, inner); },
                 [&](AskNewChild&& asked) { on_new_child_response(sa, std::move(asked), inner); },
                 [&](AskRekeyIke&& asked) { on_ike_rekey_response(sa, std::move(asked), inner); },
                 [&](AskDeleteChild&& asked) {
                   if (ChildSa* deleted = find_child(asked.child)) linger(*deleted);
                 },
                 [&](AskDeleteIke&&) { close(sa); },
                 [&](AskLiveness&&) {
                   if (sa.origin.doubted && request.first_sent >= *sa.origin.doubted) believe(sa);
                   on_liveness_response(sa, inner);
                 },
             },
             std::move(request.purpose));
}

/// The peer has shown that it holds the SA as well, so it may take over from another one.
void Engine::Impl::confirm(IkeSa& sa) {
  if (std::exchange(sa.confirmed, true)) return;
  ask_again(sa);
  settle(sa);
}

/// The peer has not deleted it, and has all of it: what was to take over from it may be an old answer that
/// somebody has sent again.
void Engine::Impl::believe(IkeSa& sa) {
  sa.origin.doubted.reset();
  for (ChildSa* child : installed_under(sa))
    activate(peer_holds(*child) ? *child : *find_child(*child->replaces));
  settle(sa);
  if (Tunnel* tunnel = find_tunnel(sa.tunnel)) complete(*tunnel);
}

/// What we asked before the peer knew the SA is lost, however often it was sent: its time begins now.
void Engine::Impl::ask_again(IkeSa& sa) {
  if (!sa.outstanding || sa.outstanding->retransmitted == 0) return;
  sa.outstanding->retransmitted = 0;
  sa.outstanding->first_sent = now_;
  ++counters_.retransmissions;
  transmit(sa, {sa.local, sa.remote}, sa.outstanding->packets);
}

void Engine::Impl::settle(const IkeSa& sa) {
  if (Tunnel* tunnel = find_tunnel(sa.tunnel); tunnel != nullptr && sa.state == IkeState::Established)
    settle(*tunnel);
}

// ---------------------------------------------------------------- out

void Engine::Impl::transmit(IkeSa& sa, const Path& path, const std::vector<Bytes>& packets) {
  for (const Bytes& packet : packets) {
    ++counters_.messages_sent;
    actions_.emplace_back(Send{path.local, path.remote, packet});
  }
  arm_keepalive(sa);
}

void Engine::Impl::send_request(IkeSa& sa, wire::ExchangeType exchange, const wire::PayloadWriter& payloads,
                                Purpose purpose) {
  const wire::Header header = header_of(sa, exchange, false, sa.next_request);
  auto packets =
      sa.keys ? sa.keys->seal(header, payloads, size_limit(sa), dice_) : in_the_clear(header, payloads);
  if (!packets) {
    // Our own configuration makes the message too large, or the crypto library fails.
    notice(Notice::Level::Warning, sa.tunnel, "a request could not be encoded; the IKE SA is deleted");
    close(sa);
    if (Tunnel* tunnel = find_tunnel(sa.tunnel)) back_off(*tunnel);
    return;
  }
  sa.outstanding =
      std::make_unique<Request>(Request{sa.next_request++, *std::move(packets), std::move(purpose), now_});
  transmit(sa, {sa.local, sa.remote}, sa.outstanding->packets);
}

void Engine::Impl::respond(IkeSa& sa, const wire::Header& request, const wire::PayloadWriter& payloads) {
  const wire::Header header = header_of(sa, request.exchange, true, request.message_id);
  auto packets = sa.keys->seal(header, payloads, size_limit(sa), dice_);
  if (!packets) return;
  sa.expected_request = request.message_id + 1;
  sa.request_parts.forget();
  sa.last_response = *std::move(packets);
  transmit(sa, sa.reply_to, sa.last_response);
}

void Engine::Impl::refuse(IkeSa& sa, const wire::Header& request, wire::NotifyType reason, ByteView data) {
  wire::PayloadWriter payloads;
  payloads.notify(reason, data);
  respond(sa, request, payloads);
}

void Engine::Impl::retransmit(IkeSa& sa) {
  Request& request = *sa.outstanding;
  if (!retransmit_after(request.retransmitted)) {
    // IKE may be lost where ESP is not: the peer lives, or did when it was asked last.
    const bool lives = sa.state == IkeState::Established && last_esp(sa) > request.last_sent();
    return lives ? ask_again(sa) : give_up(sa);
  }
  if (sa.state == IkeState::Deleting && contradicts_others(sa)) return close(sa);
  ++request.retransmitted;
  request.not_sent.clear();
  ++counters_.retransmissions;
  transmit(sa, {sa.local, sa.remote}, request.packets);
}

/// What is wrong here may pass, so it goes on as if the network had lost the request; but the operator is
/// told.
void Engine::Impl::on(NotSent&& input) {
  const auto header = wire::parse_header(input.bytes);
  if (!header || header->response) return;
  IkeSa* sa = find_ike_sa(header->from_initiator ? header->initiator_spi : header->responder_spi);
  if (sa != nullptr && sa->outstanding && sa->outstanding->message_id == header->message_id)
    sa->outstanding->not_sent = std::move(input.reason);
}

/// Anybody could have sent it, so it ends nothing (RFC 7296 2.21.2); but the operator is told.
void Engine::Impl::note_refusal(const Datagram& datagram, const wire::MessageView& message) {
  const auto error = find_error(message.payloads);
  IkeSa* sa = error ? find_ike_sa_by_both(message.header) : nullptr;
  if (sa != nullptr && sa->outstanding && datagram.remote == sa->remote)
    sa->outstanding->refusal = error->type;
}

/// What to say of the request of `sa` that is out.
Failure Engine::Impl::unanswered(const IkeSa& sa, const Tunnel& tunnel) const {
  const Request& request = *sa.outstanding;
  Failure failure = no_response(now_,
                                {request.exchange(), std::holds_alternative<AskAuth>(request.purpose),
                                 sa.remote.port, request.not_sent, request.refusal, request.wrong_answer},
                                tunnel.policy);
  const bool of_init = std::holds_alternative<AskInit>(request.purpose) && request.not_sent.empty();
  return of_init && speaks_version1(tunnel) ? of_version1(std::move(failure)) : failure;
}

/// The peer has not answered for kGiveUpAfter.
void Engine::Impl::give_up(IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  switch (sa.state) {
    case IkeState::InitSent:
    case IkeState::AuthSent:
      if (tunnel != nullptr) return attempt_failed(sa, unanswered(sa, *tunnel));
      break;
    case IkeState::Established:
      if (adopt_rival(sa)) {
        // Our rekey is not answered, but the peer has asked for one meanwhile: it lives.
        sa.outstanding.reset();
        return;
      }
      if (sa.origin.doubted) break;  // not a dead peer
      ++counters_.dead_peers;
      if (tunnel != nullptr) record(*tunnel, unanswered(sa, *tunnel));
      break;
    case IkeState::Replaced:
      // The peer has rekeyed it, so it is there, and may have to be answered that once more.
      sa.outstanding.reset();
      return;
    case IkeState::InitReceived:
    case IkeState::HalfOpen:
    case IkeState::Deleting:
    case IkeState::Ended:
    case IkeState::Closed:
      break;
  }
  close(sa);
  if (tunnel != nullptr) reconnect(*tunnel, Duration::zero());
}

/// Starts queued tasks while the window is free and the state allows them.
void Engine::Impl::pump(IkeSa& sa) {
  while (!sa.outstanding && !sa.job && !sa.own_job && !sa.queue.empty()) {
    const bool deleting = sa.state == IkeState::Deleting;
    const bool may_ask = sa.is_up();
    const Task::What what = sa.queue.front().what;
    if (!may_ask && !(deleting && what == Task::What::DeleteIke) &&
        !(sa.provisional && what == Task::What::Liveness))
      return;
    const Task task = sa.queue.front();
    sa.queue.erase(sa.queue.begin());
    start(sa, task);
  }
}

void Engine::Impl::start(IkeSa& sa, const Task& task) {
  switch (task.what) {
    case Task::What::NewChild:
      return ask_new_child(sa, nullptr, task.group);
    case Task::What::RekeyChild:
      if (ChildSa* old = find_child(task.child); old != nullptr && old->state == ChildState::Installed) {
        // Before the peer has it, it could not be rekeyed.
        if (!peer_holds(*old))
          old->rekey_at = retry_time();
        else
          ask_new_child(sa, old, task.group);
      }
      return;
    case Task::What::RekeyIke:
      return ask_rekey_ike(sa, task);
    case Task::What::DeleteChild:
      if (ChildSa* old = find_child(task.child); old != nullptr && old->is_leaving())
        ask_delete_child(sa, *old);
      return;
    case Task::What::DeleteIke:
      return ask_delete_ike(sa);
    case Task::What::Liveness:
      return ask_liveness(sa);
    case Task::What::ReportSpi:
      return report_spi(sa, task.child);
  }
}

}  // namespace awtun::ike
