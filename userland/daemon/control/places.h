// SPDX-License-Identifier: Apache-2.0
// Limits on sessions, and which session makes room for another. Pure.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace awtun::daemon {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What the process at the other end may do; the higher takes the place of the lower.
enum class Rank : std::uint8_t { Stranger, Reader, Member, Root };

/// A session that there is.
struct Place {
  Rank rank;
  uid_t uid;
  SteadyTime idle_since;
};

inline constexpr std::size_t kMaxSessions = 32;
inline constexpr std::size_t kKeptForRoot = 4;
inline constexpr std::size_t kMaxReaders = 16;
inline constexpr std::size_t kMaxReadersOfAUser = 8;
/// A session that was in use a moment ago goes for no one of its own rank, unless its user has more than
/// its share.
inline constexpr std::chrono::seconds kInUse{60};

struct Admission {
  std::string refusal;                      ///< Empty: let in.
  std::optional<std::size_t> ends_instead;  ///< The session that goes for it.
};

/// Whether one more of `rank` and `uid` gets in. When its places are taken the longest idle session of a
/// lower rank goes, readers first, else the longest idle one of its own rank that is not kInUse, else one of
/// the user who has the most of them, if that is more than the newcomer would have.
Admission admit(const std::vector<Place>& taken, Rank rank, uid_t uid, SteadyTime now);

}  // namespace awtun::daemon
