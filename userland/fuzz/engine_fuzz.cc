// SPDX-License-Identifier: Apache-2.0
// Two engines under a hand that delivers, drops, damages and forges as the input says. Whatever
// happened, the tunnel must be back once it stops.
#include <cstdlib>

#include "userland/fuzz/script.h"
#include "userland/sim/forger.h"
#include "userland/tests/sim/pair.h"

namespace {

using namespace awtun;
using namespace std::chrono_literals;
using fuzz::Script;

void act(sim::Pair& pair, sim::Forger& forger, Script& script, std::vector<ike::Send>& seen) {
  const std::uint8_t what = script.octet();
  const std::size_t at = what & 1U;
  switch ((what >> 1U) % 12) {
    case 0:
      return pair.world.input(at, ike::Rekey{sim::kTunnel, ike::Rekey::What::ChildSa});
    case 1:
      return pair.world.input(at, ike::Rekey{sim::kTunnel, ike::Rekey::What::IkeSa});
    case 2:
      return pair.world.run_for(ike::Duration(script.octet()) * 100);
    case 3: {
      const unsigned often = script.octet();
      pair.world.network().faults = {often * 2U, often, 5ms, ike::Duration(5 + often)};
      return;
    }
    case 4: {  // an authentic request with contents of our own
      const auto exchange = static_cast<wire::ExchangeType>(35 + script.octet() % 3);
      const auto first = static_cast<wire::PayloadType>(script.octet());
      forger.request(exchange, first, script.octets(script.octet()));
      return;
    }
    case 5: {  // something that was sent before, damaged
      if (seen.empty()) return;
      const ike::Send& original = seen[script.octet() % seen.size()];
      ike::Datagram damaged{original.remote, original.local, original.bytes};
      damaged.bytes[script.octet() % damaged.bytes.size()] ^= script.octet();
      return pair.world.input(original.remote.address == pair.world.node(0).address ? 0 : 1,
                              std::move(damaged));
    }
    case 6: {
      const Bytes raw = script.octets(script.octet());
      return pair.world.input(
          at, ike::Datagram{{pair.world.node(at).address, 500}, {pair.world.node(1 - at).address, 500}, raw});
    }
    case 7:
      pair.world.restart(at);
      return pair.set(at);
    case 8:
      return pair.world.power(at, script.octet() % 2 == 0);
    case 9:
      return pair.world.input(at, ike::ClearChildSa{sim::kTunnel});
    case 10:
      return at == 0 ? pair.world.input(0, ike::RemoveTunnel{sim::kTunnel}) : pair.set(0);
    default:
      return pair.world.input(at, ike::ClearSa{sim::kTunnel});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(data, size);
  sim::Pair pair(1);
  sim::Forger forger(pair.world, 1, 0);
  std::vector<ike::Send> seen;
  const auto watch = pair.world.on_send;
  pair.world.on_send = [&](const ike::Send& datagram) {
    watch(datagram);
    if (seen.size() < 64) seen.push_back(datagram);
  };
  pair.set_both();
  for (int steps = 0; steps < 64 && !script.empty(); ++steps) act(pair, forger, script, seen);
  pair.world.network().faults = {};
  for (std::size_t i = 0; i < 2; ++i) pair.world.power(i, true);
  pair.set(0);
  pair.world.restart(1);
  pair.set(1);
  if (!pair.come_up(400s) || !pair.world.node(0).kernel.errors().empty()) std::abort();
  return 0;
}
