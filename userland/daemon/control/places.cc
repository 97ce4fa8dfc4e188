// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/places.h"

#include <algorithm>
#include <functional>
#include <map>

namespace awtun::daemon {
namespace {

using Which = std::function<bool(const Place&)>;

std::size_t count(const std::vector<Place>& taken, const Which& which) {
  return static_cast<std::size_t>(std::count_if(taken.begin(), taken.end(), which));
}

/// The longest idle of these; nullopt when there is none.
std::optional<std::size_t> longest_idle(const std::vector<Place>& taken, const Which& which) {
  std::optional<std::size_t> found;
  for (std::size_t at = 0; at < taken.size(); ++at)
    if (which(taken[at]) && (!found || taken[at].idle_since < taken[*found].idle_since)) found = at;
  return found;
}

/// The longest idle of the user with the most of these; nullopt when a newcomer of `uid` would have as many.
std::optional<std::size_t> of_who_has_too_many(const std::vector<Place>& taken, uid_t uid,
                                               const Which& which) {
  std::map<uid_t, std::size_t> sessions;
  for (const auto& place : taken)
    if (which(place)) ++sessions[place.uid];
  const std::size_t newcomers = sessions[uid] + 1;
  std::size_t most = 0;
  for (const auto& [user, count] : sessions) most = std::max(most, count);
  if (most <= newcomers) return std::nullopt;
  return longest_idle(taken,
                      [&](const Place& place) { return which(place) && sessions.at(place.uid) == most; });
}

/// One that goes for a newcomer of `rank`, of those that hold the places it wants.
Admission instead_of(const std::vector<Place>& taken, Rank rank, uid_t uid, SteadyTime now,
                     const Which& holds, std::string refusal) {
  for (const Rank lower : {Rank::Reader, Rank::Member})
    if (lower < rank)
      if (const auto at = longest_idle(taken, [&](const Place& p) { return holds(p) && p.rank == lower; }))
        return {"", at};
  const auto equal = [&](const Place& place) { return holds(place) && place.rank == rank; };
  auto at = longest_idle(
      taken, [&](const Place& place) { return equal(place) && now - place.idle_since >= kInUse; });
  if (!at) at = of_who_has_too_many(taken, uid, equal);
  return at ? Admission{"", at} : Admission{std::move(refusal), std::nullopt};
}

}  // namespace

Admission admit(const std::vector<Place>& taken, Rank rank, uid_t uid, SteadyTime now) {
  const auto any = [](const Place&) { return true; };
  const auto reader = [](const Place& place) { return place.rank == Rank::Reader; };
  const auto own = [uid](const Place& place) { return place.rank == Rank::Reader && place.uid == uid; };
  const auto not_root = [](const Place& place) { return place.rank != Rank::Root; };
  if (rank == Rank::Reader && count(taken, own) >= kMaxReadersOfAUser)
    return instead_of(
        taken, rank, uid, now, own,
        "too many sessions of this user: " + std::to_string(kMaxReadersOfAUser) + " are in use");
  if (rank == Rank::Reader && count(taken, reader) >= kMaxReaders)
    return instead_of(taken, rank, uid, now, reader,
                      "too many read-only sessions: " + std::to_string(kMaxReaders) + " are in use");
  const bool full = taken.size() >= kMaxSessions;
  if (rank != Rank::Root && (full || count(taken, not_root) >= kMaxSessions - kKeptForRoot))
    return instead_of(taken, rank, uid, now, not_root, "too many sessions: the others are reserved for root");
  if (full)
    return instead_of(taken, rank, uid, now, any,
                      "too many sessions: " + std::to_string(kMaxSessions) + " are in use");
  return {};
}

}  // namespace awtun::daemon
