// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/fragments.h"

#include "userland/ike/engine/engine_impl.h"

namespace awtun::ike {

/// A part of a message that belongs into one of the two windows.
void Engine::Impl::receive_fragment(IkeSa& sa, const Datagram& datagram, const wire::Header& header,
                                    const wire::FragmentView& fragment) {
  if (!sa.fragmentation) {
    ++counters_.messages_malformed;
    return;
  }
  // Of a request that has been answered, the first part alone gets the answer again (RFC 7383 2.6.1).
  const bool repeated = was_answered(sa, header) && fragment.number == 1;
  const bool expected = header.response ? expects_response(sa, header) : expects_request(sa, header);
  Reassembly& parts = header.response ? sa.response_parts : sa.request_parts;
  if (!repeated && !(expected && parts.wants(header.message_id, fragment))) return;
  auto plaintext = sa.keys->open(fragment.encrypted);
  if (!plaintext) {
    ++counters_.messages_bad_integrity;
    return;
  }
  sa.last_heard = now_;
  const RequestMark mark = RequestMark::of(datagram.bytes, fragment.total);
  if (repeated) return repeat_response(sa, datagram, mark);
  if (!header.response && fragment.number == 1) sa.last_request = mark;
  if (!make_room_for_part(sa, plaintext->size() + Reassembly::kPartOverhead)) return;
  const auto whole = parts.add(now_, header.message_id, fragment, *std::move(plaintext),
                               sa.handshake ? kMaxUnprovenMessage : wire::kMaxMessageSize);
  if (!whole) return;
  const auto inner = wire::parse_chain(whole->first, whole->plaintext);
  if (header.response)
    on_response(sa, header, inner);
  else
    on_request(sa, {datagram.local, datagram.remote}, header, inner);
}

/// False when half-open IKE SAs keep what they may together, and nobody gives way (see Crowd).
bool Engine::Impl::make_room_for_part(const IkeSa& sa, std::size_t octets) {
  while (sa.half_open && half_open_parts_ + octets > kMaxHalfOpenParts) {
    const auto leaves = keepers_.gives_way(sa.half_open->key.first, now_);
    IkeSa* other = leaves ? find_ike_sa(*leaves) : nullptr;
    if (other == nullptr) return false;
    other->request_parts.forget();
    weigh_parts(*other);
  }
  return true;
}

/// Counts what a half-open IKE SA keeps of a message.
void Engine::Impl::weigh_parts(IkeSa& sa) {
  if (!sa.half_open) return;
  HalfOpen& half_open = *sa.half_open;
  const Endpoint& from = half_open.key.first;
  half_open_parts_ -= half_open.parts;
  half_open.parts = sa.request_parts.held();
  half_open_parts_ += half_open.parts;
  if (half_open.parts > 0 && !half_open.keeper) {
    half_open.keeper = keepers_.insert(from, sa.local_spi);
    keepers_.note_answered(from, *half_open.keeper, now_);
  } else if (half_open.parts == 0 && half_open.keeper) {
    keepers_.erase(from, *std::exchange(half_open.keeper, std::nullopt));
  }
}

/// What has waited too long for its missing parts.
void Engine::Impl::forget_old_fragments(IkeSa& sa) {
  for (Reassembly* parts : {&sa.request_parts, &sa.response_parts})
    if (parts->expires_at() && *parts->expires_at() <= now_) parts->forget();
}

}  // namespace awtun::ike
