// SPDX-License-Identifier: Apache-2.0
// How much of the responder's work and memory those get who have not shown who they are.
#pragma once

#include <list>
#include <map>
#include <optional>

#include "userland/base/ip.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// No more than once an interval.
class Throttle {
 public:
  [[nodiscard]] bool admits(Time now, Duration interval) {
    if (last_ && now - *last_ < interval) return false;
    last_ = now;
    return true;
  }

 private:
  std::optional<Time> last_;
};

/// Whether cookies are demanded. Once it is so, it stays so until there has been calm for a while: a
/// demand that comes and goes would make peers begin again and again.
class Strain {
 public:
  static constexpr std::size_t kManyHalfOpen = 64;
  static constexpr std::size_t kFewHalfOpen = 32;
  static constexpr Duration kLongWait{500};
  static constexpr Duration kShortWait{100};
  static constexpr Duration kCalm{10000};

  /// `half_open`: IKE SAs that wait for IKE_AUTH; `wait`: the age of the oldest job that is not done.
  [[nodiscard]] bool high(Time now, std::size_t half_open, Duration wait);

 private:
  std::optional<Time> until_;
};

/// A token bucket for each /24 or /56 that handshakes are begun from. Bounded: the prefix that has been
/// quiet for longest is forgotten.
class PrefixLimiter {
 public:
  static constexpr std::size_t kMaxPrefixes = 4096;
  static constexpr unsigned kBurst = 20;
  /// A token comes back in this time.
  static constexpr Duration kRefill{200};

  [[nodiscard]] bool admits(Time now, const IpAddress& remote);
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    IpPrefix prefix;
    Duration used{};  ///< tokens that are out, as the time that it takes until they are back
    Time seen{};
  };
  std::list<Bucket> by_age_;  ///< the last seen first
  std::map<IpPrefix, std::list<Bucket>::iterator> buckets_;
};

}  // namespace awtun::ike
