// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/network.h"

namespace awtun::sim {

void SimNetwork::send(Time now, const ike::Send& datagram) {
  if (filter && filter(datagram)) return;
  if (chance(faults.loss)) return;
  const int copies = chance(faults.duplication) ? 2 : 1;
  for (int i = 0; i < copies; ++i)
    queue_.emplace(std::pair(now + draw_delay(), sequence_++),
                   ike::Datagram{datagram.remote, datagram.local, datagram.bytes});
}

Duration SimNetwork::draw_delay() {
  const auto span = static_cast<std::uint64_t>((faults.max_delay - faults.min_delay).count());
  return faults.min_delay + Duration(static_cast<Duration::rep>(random_() % (span + 1)));
}

std::optional<Time> SimNetwork::next() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.begin()->first.first;
}

ike::Datagram SimNetwork::pop() { return take(0); }

ike::Datagram SimNetwork::take(std::size_t index) {
  return std::move(queue_.extract(std::next(queue_.begin(), static_cast<std::ptrdiff_t>(index))).mapped());
}

}  // namespace awtun::sim
