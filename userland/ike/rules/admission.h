// SPDX-License-Identifier: Apache-2.0
// Limits on the work, the memory and the answers that unauthenticated peers can cost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <optional>

#include "userland/base/ip.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// The network of `length` bits around an address.
[[nodiscard]] IpPrefix network_of(const IpAddress& address, std::uint8_t length);

/// What one owner of addresses is likely to hold: /24 or /56.
[[nodiscard]] IpPrefix neighbourhood(const IpAddress& address);

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

/// So many at once, and then one each `refill`.
class TokenBucket {
 public:
  TokenBucket(unsigned burst, Duration refill) : burst_(burst), refill_(refill) {}
  [[nodiscard]] bool has_one(Time now);
  /// Whether it has one or not.
  void take() { used_ = std::min(used_ + refill_, refill_ * burst_); }

 private:
  unsigned burst_;
  Duration refill_;
  Duration used_{};  ///< tokens that are out, as the time that it takes until they are back
  Time seen_{};
};

/// Whether cookies are demanded. Once it is so, it stays so until there has been calm for a while: a
/// demand that comes and goes would make peers begin again and again.
class Load {
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

/// Of more networks nothing is known.
inline constexpr std::size_t kMaxNetworks = 4096;

/// Something for each network. Bounded: the network that has been quiet for longest gives its place,
/// with what it has used, to the next one, so that going through many networks gains nothing.
template <class Entry>
class NetworkTable {
 public:
  [[nodiscard]] Entry& at(const IpPrefix& prefix) {
    const auto found = places_.find(prefix);
    if (found != places_.end()) {
      by_age_.splice(by_age_.begin(), by_age_, found->second);
    } else if (places_.size() < kMaxNetworks) {
      by_age_.push_front({prefix, {}});
      places_.emplace(prefix, by_age_.begin());
    } else {
      places_.erase(by_age_.back().prefix);
      by_age_.splice(by_age_.begin(), by_age_, std::prev(by_age_.end()));
      by_age_.front().prefix = prefix;
      by_age_.front().entry.change_hands();
      places_.emplace(prefix, by_age_.begin());
    }
    return by_age_.front().entry;
  }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  struct Place {
    IpPrefix prefix;
    Entry entry;
  };
  std::list<Place> by_age_;  ///< the last seen first
  std::map<IpPrefix, typename std::list<Place>::iterator> places_;
};

/// A token bucket for each network.
class PrefixLimiter {
 public:
  static constexpr unsigned kBurst = 20;
  /// A token comes back in this time.
  static constexpr Duration kRefill{200};

  [[nodiscard]] bool admits(Time now, const IpAddress& remote);
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket : TokenBucket {
    Bucket() : TokenBucket(kBurst, kRefill) {}
    void change_hands() {}
  };
  NetworkTable<Bucket> buckets_;
};

/// How many octets may go to a network from which no peer has shown that it receives them: as many as
/// came from it, so that forging its addresses causes no amplification. Some are lent, for an answer may
/// be larger than its request; what comes next pays them back.
class AnswerBudget {
 public:
  /// Lent at most, in kTerm; after as long a debt is forgotten.
  static constexpr std::int64_t kLoan = 512;
  static constexpr Duration kTerm{60000};
  /// More is not saved up.
  static constexpr std::int64_t kMost = 16384;

  /// A request, which has been received, and its answer, in octets.
  struct Exchange {
    std::size_t request;
    std::size_t answer;
  };
  void received(Time now, const IpPrefix& from, std::size_t octets);
  /// True when the answer may go there. One that is no larger than its request always may, so that nobody
  /// is silenced by what others send in his name.
  [[nodiscard]] bool affords(Time now, const IpPrefix& to, const Exchange& exchange);
  /// What an answer has taken.
  struct Payment {
    IpPrefix by;
    std::int64_t answer;
    std::int64_t lent;         ///< of it
    std::optional<Time> term;  ///< of that loan
  };
  /// The answer goes, now or later.
  Payment charge(Time now, const IpPrefix& to, const Exchange& exchange);
  /// It has not gone after all. A loan that has been forgotten meanwhile is not given back.
  void give_back(Time now, const Payment& payment);
  [[nodiscard]] std::size_t size() const { return accounts_.size(); }

 private:
  struct Account {
    /// What the answer takes beyond its request and what was saved before.
    [[nodiscard]] std::int64_t missing(const Exchange& exchange) const {
      const auto request = static_cast<std::int64_t>(exchange.request);
      return static_cast<std::int64_t>(exchange.answer) - request -
             std::max<std::int64_t>(balance - request, 0);
    }
    std::int64_t balance = 0;
    std::int64_t lent = 0;  ///< since `term` began
    std::optional<Time> term;
    /// What another network has saved is not this one's; what it owes is.
    void change_hands() { balance = std::min<std::int64_t>(balance, 0); }
  };
  [[nodiscard]] Account& account(Time now, const IpPrefix& prefix);

  NetworkTable<Account> accounts_;
};

}  // namespace awtun::ike
