// SPDX-License-Identifier: Apache-2.0
// INFORMATIONAL (RFC 7296 1.4): deletes, liveness.
#include <set>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/payloads.h"

namespace awtun::ike {

void Engine::Impl::on_informational_request(IkeSa& sa, const wire::Header& header,
                                            const wire::PayloadChain& inner) {
  bool delete_ike_sa = false;
  std::vector<std::uint32_t> answered;
  for (const wire::PayloadView payload : inner) {
    if (payload.type != wire::PayloadType::Delete) continue;
    const auto request = wire::decode_delete(payload);
    if (!request) continue;
    if (request->protocol == wire::ProtocolId::Ike) delete_ike_sa = true;
    if (request->protocol == wire::ProtocolId::Esp) on_child_deletes(sa, *request, answered);
  }
  if (sa.state == IkeState::Deleting && !delete_ike_sa)
    return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  take_token(sa, inner);
  if (tunnel != nullptr) take_invalid_spi(sa, *tunnel, inner);
  const bool blamed = find_notify(inner, wire::NotifyType::AuthenticationFailed).has_value();
  wire::PayloadWriter payloads;
  if (!answered.empty()) payloads.delete_child_sas(wire::ProtocolId::Esp, answered);
  if (delete_ike_sa && tunnel != nullptr &&
      resolve(situation(sa, *tunnel, PeerAsks::DeleteIke, nullptr)).then == Then::KeepTheirs)
    adopt_rival(sa);
  respond(sa, header, payloads);
  if (blamed && tunnel != nullptr) {
    record(*tunnel, authentication_failed(now_, Side::Peer, tunnel->policy));
    close_after_response(sa);
    return back_off(*tunnel);
  }
  if (delete_ike_sa) end(sa);
}

/// The peer deletes Child SAs by the SPIs that it receives on; the answer names ours, except when
/// the two deletes cross (RFC 7296 1.4.1).
void Engine::Impl::on_child_deletes(IkeSa& sa, const wire::DeleteView& request,
                                    std::vector<std::uint32_t>& answered) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  std::set<std::uint32_t> seen;  // one of ours that leaves may be named thousands of times
  for (std::size_t i = 0; i < request.count(); ++i) {
    ChildSa* deleted = find_child_by_outbound(*tunnel, request.spi(i));
    if (deleted == nullptr) {
      ++counters_.deletes_of_unknown_spi;
      note_early_delete(sa, request.spi(i));
      continue;
    }
    if (!seen.insert(deleted->inbound_spi).second) continue;
    if (resolve(situation(sa, *tunnel, PeerAsks::DeleteChild, deleted)).answer != Answer::Normal) continue;
    answered.push_back(deleted->inbound_spi);
    peer_deleted(*deleted);
  }
}

/// A Delete may overtake the answer that makes its Child SA, if that one is lost and sent again.
void Engine::Impl::note_early_delete(IkeSa& sa, std::uint32_t spi) {
  if (sa.asking<AskNewChild>() == nullptr) return;
  if (sa.deleted_early.size() >= kMaxDeletedEarly) sa.deleted_early.erase(sa.deleted_early.begin());
  sa.deleted_early.push_back(spi);
}

/// The answer is there: whether the peer has deleted what it made meanwhile.
bool Engine::Impl::was_deleted_early(IkeSa& sa, std::uint32_t spi) {
  const auto deleted = std::exchange(sa.deleted_early, {});
  return std::find(deleted.begin(), deleted.end(), spi) != deleted.end();
}

void Engine::Impl::ask_delete_child(IkeSa& sa, const ChildSa& deleted) {
  wire::PayloadWriter payloads;
  payloads.delete_child_sas(wire::ProtocolId::Esp, std::span(&deleted.inbound_spi, 1));
  send_request(sa, wire::ExchangeType::Informational, payloads, AskDeleteChild{deleted.inbound_spi});
}

void Engine::Impl::ask_delete_ike(IkeSa& sa) {
  wire::PayloadWriter payloads;
  if (sa.blames_peer) payloads.notify(wire::NotifyType::AuthenticationFailed);
  payloads.delete_ike_sa();
  send_request(sa, wire::ExchangeType::Informational, payloads, AskDeleteIke{});
}

void Engine::Impl::ask_liveness(IkeSa& sa) {
  wire::PayloadWriter payloads;
  if (!sa.token_given) give_token(sa, payloads);
  send_request(sa, wire::ExchangeType::Informational, payloads, AskLiveness{});
}

/// When authentic ESP came last by the Child SAs of an IKE SA.
std::optional<Time> Engine::Impl::last_esp(const IkeSa& sa) {
  Tunnel* tunnel = settings_.esp_heard ? find_tunnel(sa.tunnel) : nullptr;
  std::optional<Time> last;
  if (tunnel == nullptr) return last;
  for (const ChildSa* child : children(*tunnel)) {
    if (child->ike_sa != sa.local_spi || !child->is_usable()) continue;
    if (const auto ago = settings_.esp_heard(child->tunnel, child->inbound_spi))
      last = std::max(last.value_or(Time{}), now_ - *ago);
  }
  return last;
}

/// The peer has not answered anything for the interval. It is asked whether it lives, unless ESP has shown
/// that (RFC 7296 2.4). Its own requests would too, but ours tell it where we are, should a NAT have changed
/// that.
void Engine::Impl::ask_if_silent(IkeSa& sa) {
  const auto heard = last_esp(sa);
  if (heard && *heard + sa.dpd_interval > now_)
    sa.dpd_at = *heard + sa.dpd_interval;
  else
    sa.want({Task::What::Liveness});
}

/// TEMPORARY_FAILURE: the peer is deleting this IKE SA and cannot say so yet, nor perhaps ever (RFC 7296
/// 2.25.2). While there is time, another one takes over what its Child SAs carry.
void Engine::Impl::on_liveness_response(const IkeSa& sa, const wire::PayloadChain& inner) {
  const auto error = find_error(inner);
  const Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (!error || error->type != wire::NotifyType::TemporaryFailure || tunnel == nullptr) return;
  for (const std::uint32_t spi : std::vector(tunnel->active)) {
    const ChildSa* active = find_child(spi);
    if (active == nullptr || active->ike_sa != sa.local_spi) continue;
    ChildSa* next = successor_of(*active);
    const IkeSa* other = next != nullptr ? find_ike_sa(next->ike_sa) : nullptr;
    if (other != nullptr && other != &sa && other->confirmed) activate(*next);
  }
}

}  // namespace awtun::ike
