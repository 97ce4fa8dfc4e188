// SPDX-License-Identifier: Apache-2.0
// A short random life of two or three routers, all of which a number decides: a bad network, restarts,
// power cuts, rekeys, deletes, changes of configuration, replays of old datagrams. Then the faults
// stop, and every tunnel must be up within a bound and come to rest. In some lives a router is a foreign
// peer, with liberties that the number decides too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace awtun::sim {

/// What happened in it, summed over all routers.
struct Happened {
  std::uint64_t datagrams = 0;
  std::uint64_t ike_sas = 0;
  std::uint64_t child_sas = 0;
  std::uint64_t ike_rekeys = 0;
  std::uint64_t child_rekeys = 0;
  std::uint64_t dead_peers = 0;
  std::uint64_t restarts = 0;
  std::uint64_t foreign_peers = 0;
  std::uint64_t virtual_seconds = 0;
};

struct Outcome {
  std::optional<std::string> violation;
  Happened happened;
  std::string trace;  ///< when it was asked for
};

[[nodiscard]] Outcome run_scenario(std::uint64_t seed, bool trace = false);

}  // namespace awtun::sim
