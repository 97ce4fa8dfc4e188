// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>

#include "userland/base/overloaded.h"
#include "userland/ike/engine/child_sa.h"
#include "userland/ike/engine/ike_sa.h"
#include "userland/ike/rules/retransmission.h"

namespace awtun::ike {

RequestMark RequestMark::of(ByteView datagram, std::uint16_t parts) {
  std::uint64_t tail = 0;
  for (const std::uint8_t octet : datagram.last(std::min(datagram.size(), sizeof tail)))
    tail = tail << 8 | octet;
  return {tail, parts};
}

static std::optional<Time> earliest(std::initializer_list<std::optional<Time>> times) {
  std::optional<Time> result;
  for (const auto& time : times)
    if (time && (!result || *time < *result)) result = time;
  return result;
}

KeptPayloads keep(const wire::PayloadChain& chain) {
  return {Bytes(chain.octets().begin(), chain.octets().end()), chain.first()};
}

std::optional<Time> ChildSa::deadline() const { return earliest({rekey_at, expires_at, linger_until}); }

std::string Request::exchange() const {
  return std::visit(
      Overloaded{
          [](const AskInit&) { return wire::to_string(wire::ExchangeType::IkeSaInit); },
          [](const AskAuth&) { return wire::to_string(wire::ExchangeType::IkeAuth); },
          [](const AskNewChild&) { return wire::to_string(wire::ExchangeType::CreateChildSa); },
          [](const AskRekeyIke&) { return wire::to_string(wire::ExchangeType::CreateChildSa); },
          [](const AskDeleteChild&) { return wire::to_string(wire::ExchangeType::Informational); },
          [](const AskDeleteIke&) { return wire::to_string(wire::ExchangeType::Informational); },
          [](const AskLiveness&) { return std::string("DPD"); },
      },
      purpose);
}

Time Request::last_sent() const {
  return retransmitted == 0 ? first_sent : first_sent + *retransmit_after(retransmitted - 1);
}

Time Request::deadline() const { return first_sent + retransmit_after(retransmitted).value_or(kGiveUpAfter); }

std::optional<Time> IkeSa::deadline() const {
  // A request that is not answered yet tests liveness by itself.
  const auto liveness = outstanding ? outstanding->deadline() : dpd_at;
  const auto overdue = [](const auto& pending) {
    return pending ? std::optional(pending->until) : std::nullopt;
  };
  return earliest({liveness, rekey_at, expires_at, give_way_at, overdue(job), overdue(own_job), keepalive_at,
                   request_parts.expires_at(), response_parts.expires_at()});
}

void IkeSa::want(Task task) {
  if (std::find(queue.begin(), queue.end(), task) == queue.end()) queue.push_back(task);
}

void IkeSa::want_first(Task task) {
  std::erase(queue, task);
  queue.insert(queue.begin(), task);
}

}  // namespace awtun::ike
