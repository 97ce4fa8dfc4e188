// SPDX-License-Identifier: Apache-2.0
// How the networks of a tunnel are divided among its Child SAs (RFC 7296 2.9): what the peer has said to each
// part of them, and what it is to be asked for next. All of them are asked for at once where the peer may
// agree to that; where it does not, one pair of selectors after another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "userland/ike/rules/networks.h"
#include "userland/ike/status.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// Of one tunnel, since its IKE SA is up. `held`, everywhere: what its Child SAs protect, one entry each.
class Division {
 public:
  using Held = std::vector<const Networks*>;
  /// So often in a row something may come to nothing before it is given up, or no longer hurried.
  static constexpr unsigned kPatience = 3;

  Division() = default;
  explicit Division(const Networks& whole);
  [[nodiscard]] const Networks& whole() const { return shares_.front().networks; }

  /// One of `held` is for all of these.
  [[nodiscard]] static bool has(const Held& held, const Networks& networks);

  // What has happened.

  /// There is a Child SA for these.
  void agreed(const Networks& networks);
  /// Asked for `asked`, the peer has agreed to less.
  void narrowed(const Networks& asked, const Networks& to);
  /// The peer takes no Child SA for these.
  void refused(const Networks& asked, const std::string& reason);
  /// The peer takes no other Child SA, whatever it is for.
  void refused_all(const Held& held, const std::string& reason);
  /// The peer agrees, but does not keep them.
  void given_up(const Networks& networks, const std::string& reason);
  /// The peer is asked again for what it has refused.
  void forgive();
  /// The peer has deleted the Child SA for these. For the how-manieth time in a row; 0: that `lasted`.
  unsigned lost(const Networks& networks, bool lasted);
  /// The peer has answered TEMPORARY_FAILURE. For the how-manieth time in a row.
  unsigned put_off(const Networks& asked);
  /// Neither what these belong to nor all at once is asked for before.
  void wait(const Networks& networks, Time until);
  /// Packets wait: what was given up is tried again when its time has come, and the rest at once.
  void hurry(Time now);

  // What follows.

  /// The peer has agreed to less than all at once.
  [[nodiscard]] bool by_pairs() const;
  /// A part that no Child SA has.
  struct Lacking {
    const Networks* networks;
    Time when;  ///< it is not asked for before
  };
  /// The first that may be asked for at this time, else the one whose time comes first; nullopt: nothing is
  /// lacking.
  [[nodiscard]] std::optional<Lacking> next(const Held& held, Time now) const;
  /// The part that what replaces a Child SA for `networks` is to be asked for, beside the `others` that are
  /// held: one that covers them, else one that has some of them; nullptr: there is none.
  [[nodiscard]] const Networks* successor_of(const Networks& networks, const Held& others) const;
  [[nodiscard]] std::vector<Declined> declined() const;
  /// So many pairs of selectors have no part of their own, for there are more than kMaxPairs.
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  struct Share {
    Networks networks;
    enum class Answer : std::uint8_t { None, Agreed, Narrowed, Refused, GivenUp } answer = Answer::None;
    std::string reason{};  ///< of what was refused or narrowed
    unsigned put_off = 0;  ///< in a row
    unsigned lost = 0;     ///< in a row, each soon after it was made
    Time not_before{};
  };
  [[nodiscard]] static bool is_out(const Share& share);
  static void answered(Share& share, Share::Answer answer, std::string reason);
  [[nodiscard]] Share* find(const Networks& networks);
  [[nodiscard]] std::vector<Share*> parts_of(const Networks& networks);
  [[nodiscard]] std::vector<const Share*> lacking(const Held& held) const;

  std::vector<Share> shares_{1};  ///< all; then, where there are several, the pairs
  std::size_t left_out_ = 0;
};

}  // namespace awtun::ike
