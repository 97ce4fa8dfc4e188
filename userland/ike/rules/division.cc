// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/division.h"

#include <algorithm>

namespace awtun::ike {

bool Division::has(const Held& held, const Networks& networks) {
  return std::ranges::any_of(held, [&](const Networks* one) { return covers(*one, networks); });
}

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

void Division::answered(Share& share, Share::Answer answer, std::string reason) {
  share.answer = answer;
  share.reason = std::move(reason);
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
    answered(share, Share::Answer::Agreed, "");
    share.put_off = 0;
  }
}

void Division::narrowed(const Networks& asked, const Networks& to) {
  Share* share = find(asked);
  if (share == nullptr) return;
  answered(*share, Share::Answer::Narrowed, "narrowed to " + to_string(to));
  share->put_off = 0;
}

void Division::refused(const Networks& asked, const std::string& reason) {
  if (Share* share = find(asked)) answered(*share, Share::Answer::Refused, reason);
}

void Division::given_up(const Networks& networks, const std::string& reason) {
  for (Share* share : parts_of(networks)) answered(*share, Share::Answer::GivenUp, reason);
}

void Division::refused_all(const Held& held, const std::string& reason) {
  for (Share& share : shares_)
    if (!has(held, share.networks)) answered(share, Share::Answer::Refused, reason);
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
  if (has(held, whole.networks)) return {};
  const bool at_once = whole.answer == Share::Answer::Agreed || (held.empty() && !by_pairs());
  if (at_once && !is_out(whole)) return {&whole};
  const auto pairs = std::ranges::subrange(shares_.begin() + 1, shares_.end());
  Held lesser = held;
  std::erase_if(lesser, [&](const Networks* one) {
    return std::ranges::any_of(pairs, [&](const Share& pair) { return covers(*one, pair.networks); });
  });
  std::vector<const Share*> result;
  for (const Share& pair : pairs) {
    if (is_out(pair) || has(held, pair.networks)) continue;
    const bool partly =
        std::ranges::any_of(lesser, [&](const Networks* one) { return overlap(*one, pair.networks); });
    if (!partly || pair.answer == Share::Answer::Agreed) result.push_back(&pair);
  }
  return result;
}

std::optional<Division::Lacking> Division::next(const Held& held, Time now) const {
  const auto shares = lacking(held);
  // Of several that may be asked for now, the order decides.
  const auto first = std::ranges::min_element(
      shares, {}, [now](const Share* share) { return std::max(share->not_before, now); });
  if (first == shares.end()) return std::nullopt;
  return Lacking{&(*first)->networks, (*first)->not_before};
}

const Networks* Division::successor_of(const Networks& networks, const Held& others) const {
  const Networks* nearest = nullptr;
  const bool alone = std::ranges::all_of(others, [&](const Networks* one) { return covers(networks, *one); });
  for (const Share& share : shares_) {
    const bool all_at_once = &share == &shares_.front();
    if (all_at_once && (by_pairs() || !alone)) continue;
    if (is_out(share) || has(others, share.networks)) continue;
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
