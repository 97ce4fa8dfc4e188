// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/division.h"

#include <algorithm>

namespace awtun::ike {
namespace {

bool some_cover(const Division::Held& held, const Networks& networks) {
  return std::ranges::any_of(held, [&](const Networks* one) { return covers(*one, networks); });
}

}  // namespace

Division::Division(const Networks& whole) : shares_{{whole}} {
  const auto pairs = pairs_of(whole);
  if (pairs.size() < 2) return;
  for (const Networks& pair : pairs) shares_.push_back({pair});
  left_out_ = count_pairs(whole) - pairs.size();
}

/// It is not asked for.
bool Division::is_out(const Share& share) {
  return share.answer == Share::Answer::Refused || share.answer == Share::Answer::GivenUp;
}

Division::Share* Division::find(const Networks& networks) {
  const auto found = std::ranges::find(shares_, networks, &Share::networks);
  return found != shares_.end() ? &*found : nullptr;
}

/// What a Child SA for these stands for, in pairs where there are several.
std::vector<Division::Share*> Division::parts_of(const Networks& networks) {
  const auto those = [&](const auto& meant) {
    std::vector<Share*> result;
    for (auto share = shares_.begin() + (shares_.size() > 1 ? 1 : 0); share != shares_.end(); ++share)
      if (meant(networks, share->networks)) result.push_back(&*share);
    return result;
  };
  auto covered = those(covers);
  return covered.empty() ? those(overlap) : covered;
}

void Division::agreed(const Networks& networks) {
  for (Share& share : shares_) {
    if (!covers(networks, share.networks)) continue;
    share.answer = Share::Answer::Agreed;
    share.reason.clear();
    share.put_off = 0;
  }
}

bool Division::narrowed(const Networks& asked, const Networks& to) {
  Share* share = find(asked);
  if (share == nullptr) return false;
  const std::string reason = "narrowed to " + to_string(to);
  if (share->answer == Share::Answer::Narrowed && share->reason == reason) return false;
  share->answer = Share::Answer::Narrowed;
  share->reason = reason;
  share->put_off = 0;
  return true;
}

void Division::refused(const Networks& asked, const std::string& reason) {
  Share* share = find(asked);
  if (share == nullptr) return;
  share->answer = Share::Answer::Refused;
  share->reason = reason;
}

void Division::given_up(const Networks& networks, const std::string& reason) {
  for (Share* share : parts_of(networks)) {
    share->answer = Share::Answer::GivenUp;
    share->reason = reason;
  }
}

void Division::refused_all(const Held& held, const std::string& reason) {
  for (Share& share : shares_)
    if (!some_cover(held, share.networks)) refused(share.networks, reason);
}

void Division::forgive() {
  // That it wants pairs it need not say again.
  for (Share& share : shares_)
    if (is_out(share) && !(by_pairs() && &share == &shares_.front())) share.answer = Share::Answer::None;
}

unsigned Division::lost(const Networks& networks, bool lasted) {
  unsigned most = 0;
  for (Share* share : parts_of(networks)) {
    share->lost = lasted ? 0 : share->lost + 1;
    most = std::max(most, share->lost);
  }
  return most;
}

unsigned Division::put_off(const Networks& asked) {
  Share* share = find(asked);
  return share != nullptr ? ++share->put_off : 0;
}

void Division::wait(const Networks& networks, Time until) {
  shares_.front().not_before = until;
  for (Share* share : parts_of(networks)) share->not_before = until;
}

void Division::hurry(Time now) {
  for (Share& share : shares_) {
    if (share.answer == Share::Answer::GivenUp && share.not_before <= now) share.answer = Share::Answer::None;
    if (share.lost < kPatience && share.put_off < kPatience)
      share.not_before = std::min(share.not_before, now);
  }
}

bool Division::by_pairs() const {
  const auto answer = shares_.front().answer;
  return shares_.size() > 1 && (answer == Share::Answer::Narrowed || answer == Share::Answer::Refused);
}

/// What no Child SA has. A part that the peer has once agreed to is had when it is covered; of any other, one
/// that is for less may be all that the peer wants.
std::vector<const Division::Share*> Division::lacking(const Held& held) const {
  const Share& whole = shares_.front();
  if (some_cover(held, whole.networks)) return {};
  const bool at_once = whole.answer == Share::Answer::Agreed || (held.empty() && !by_pairs());
  if (at_once && !is_out(whole)) return {&whole};
  const auto pairs = std::ranges::subrange(shares_.begin() + 1, shares_.end());
  Held lesser = held;
  std::erase_if(lesser, [&](const Networks* one) {
    return std::ranges::any_of(pairs, [&](const Share& pair) { return covers(*one, pair.networks); });
  });
  std::vector<const Share*> result;
  for (const Share& pair : pairs) {
    if (is_out(pair) || some_cover(held, pair.networks)) continue;
    const bool partly =
        std::ranges::any_of(lesser, [&](const Networks* one) { return overlap(*one, pair.networks); });
    if (!partly || pair.answer == Share::Answer::Agreed) result.push_back(&pair);
  }
  return result;
}

std::optional<Time> Division::due(const Held& held) const {
  std::optional<Time> first;
  for (const Share* share : lacking(held))
    first = std::min(first.value_or(share->not_before), share->not_before);
  return first;
}

const Networks* Division::next(const Held& held, Time now) const {
  for (const Share* share : lacking(held))
    if (share->not_before <= now) return &share->networks;
  return nullptr;
}

const Networks* Division::successor_of(const Networks& networks, const Held& others) const {
  const Networks* nearest = nullptr;
  const bool alone = std::ranges::all_of(others, [&](const Networks* one) { return covers(networks, *one); });
  for (const Share& share : shares_) {
    const bool all_at_once = &share == &shares_.front();
    if (all_at_once && (by_pairs() || !alone)) continue;
    if (is_out(share) || some_cover(others, share.networks)) continue;
    if (covers(share.networks, networks)) return &share.networks;
    if (nearest == nullptr && overlap(share.networks, networks)) nearest = &share.networks;
  }
  return nearest;
}

std::vector<Declined> Division::declined() const {
  std::vector<Declined> result;
  for (const Share& share : shares_) {
    const bool all_at_once = &share == &shares_.front();
    const bool told = is_out(share) || (share.answer == Share::Answer::Narrowed && !all_at_once);
    if (told && !(all_at_once && by_pairs()))
      result.push_back({share.networks, share.reason});
    else if (share.put_off >= kPatience)
      result.push_back({share.networks, "TEMPORARY_FAILURE"});
  }
  return result;
}

}  // namespace awtun::ike
