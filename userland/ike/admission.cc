// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/admission.h"

#include <algorithm>

namespace awtun::ike {
namespace {

/// What one owner of addresses is likely to hold.
IpPrefix neighbourhood(const IpAddress& address) {
  const std::size_t octets = address.is_v4() ? 3 : 7;
  Bytes raw(address.bytes().begin(), address.bytes().end());
  std::fill(raw.begin() + static_cast<std::ptrdiff_t>(octets), raw.end(), std::uint8_t{0});
  return {IpAddress::from_bytes(raw).value_or(IpAddress()), static_cast<std::uint8_t>(octets * 8)};
}

}  // namespace

bool Strain::high(Time now, std::size_t half_open, Duration wait) {
  const bool high = until_ && now < *until_;
  const bool strained =
      high ? half_open > kFewHalfOpen || wait > kShortWait : half_open >= kManyHalfOpen || wait >= kLongWait;
  if (strained) until_ = now + kCalm;
  return strained || high;
}

bool PrefixLimiter::admits(Time now, const IpAddress& remote) {
  const IpPrefix prefix = neighbourhood(remote);
  const auto found = buckets_.find(prefix);
  if (found == buckets_.end()) {
    by_age_.push_front({prefix, Duration::zero(), now});
    buckets_.emplace(prefix, by_age_.begin());
    if (buckets_.size() > kMaxPrefixes) {
      buckets_.erase(by_age_.back().prefix);
      by_age_.pop_back();
    }
  } else {
    by_age_.splice(by_age_.begin(), by_age_, found->second);
  }
  Bucket& bucket = by_age_.front();
  bucket.used = std::max(Duration::zero(), bucket.used - (now - bucket.seen));
  bucket.seen = now;
  if (bucket.used + kRefill > kRefill * kBurst) return false;
  bucket.used += kRefill;
  return true;
}

}  // namespace awtun::ike
