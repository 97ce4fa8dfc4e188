// SPDX-License-Identifier: Apache-2.0
// Every order in which two operations on a tunnel can meet: two engines, and a network and workers of
// which each step is a choice. The choices are tried depth first. An engine cannot be copied, but it is a
// function of its inputs: a branch is reached by replaying the choices that lead to it, and two
// branches that gave each engine the same inputs at the same times lead to the same state, which is
// looked at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userland/ike/time.h"
#include "userland/sim/liberties.h"

namespace awtun::sim {

enum class Operation : std::uint8_t { RekeyChild, RekeyIke, DeleteChild, DeleteIke, Liveness, Move };
inline constexpr std::array kOperations{Operation::RekeyChild, Operation::RekeyIke, Operation::DeleteChild,
                                        Operation::DeleteIke,  Operation::Liveness, Operation::Move};
[[nodiscard]] std::string_view to_string(Operation operation);

/// Two operations, each at one of the two ends; the second starts at any time after the first.
struct Meeting {
  Operation first;
  std::size_t first_at;
  Operation second;
  std::size_t second_at;

  [[nodiscard]] std::string to_string() const;
  /// The end that is behind a NAT, of which the mapping changes.
  [[nodiscard]] std::optional<std::size_t> mover() const;
};
/// All of them: every ordered pair, every end. A foreign peer knows no NAT, so nobody moves where there is
/// one.
[[nodiscard]] std::vector<Meeting> all_meetings(bool foreign = false);

struct Bounds {
  /// How often, in one run, a datagram is lost, or arrives twice, or is overtaken by a timer.
  unsigned faults = 1;
  /// How often, in one run, something else happens while a job is under way.
  unsigned late = 2;
  /// How long after the first operation there are choices; later, the network is a good one. By default
  /// long enough for a retransmission, a lingering SA's end and most second tries.
  ike::Duration horizon{6500};
  /// Child SAs are rekeyed with a Diffie-Hellman exchange of their own.
  bool pfs = false;
  /// The end 1 is a foreign peer that takes these.
  std::optional<Liberties> foreign{};
};

/// One step of a run. Written as a letter and, where it has one, a number: "d0" delivers the first
/// datagram in flight, "x0" loses it, "c0" delivers it and leaves a copy, "j0" ends the oldest job of
/// both ends, "t" lets a timer come first, "s" starts the second operation.
struct Choice {
  enum class What : std::uint8_t { Deliver, Lose, Copy, Job, Timer, Second } what;
  std::uint8_t number = 0;  ///< of the datagram or job
  bool operator==(const Choice&) const = default;
};
[[nodiscard]] std::string to_string(const std::vector<Choice>& choices);
[[nodiscard]] std::optional<std::vector<Choice>> parse_choices(std::string_view text);

struct Exploration {
  std::uint64_t replays = 0;  ///< how often a world was made
  std::uint64_t steps = 0;    ///< choices carried out, without those that were replayed
  std::uint64_t states = 0;   ///< that differ
  std::uint64_t ends = 0;     ///< of them, where nothing was left to choose; each was run to its rest
  double runs = 0;            ///< different sequences of choices from the beginning to an end
  /// The first that broke a rule, and by which choices.
  std::optional<std::string> violation;
  std::vector<Choice> choices;
};
[[nodiscard]] Exploration explore(const Meeting& meeting, const Bounds& bounds, std::uint64_t seed);

/// One run again, with the notices of both engines.
[[nodiscard]] std::string replay(const Meeting& meeting, const std::vector<Choice>& choices,
                                 const Bounds& bounds, std::uint64_t seed);

}  // namespace awtun::sim
