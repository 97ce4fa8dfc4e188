// SPDX-License-Identifier: Apache-2.0
// What RFC 7296 leaves to a peer, and awiked does not do.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace awtun::sim {

enum class Liberty : std::uint8_t {
  /// Begins an IKE SA, or a Child SA, whenever it has none, maybe beside the other end's attempt (1.2);
  /// without this it waits for the other end.
  Initiates,
  /// When INITIAL_CONTACT comes, every other IKE SA with that identity goes at once and in silence (2.4).
  ObeysInitialContact,
  /// Says INITIAL_CONTACT when it has no other IKE SA with that identity, as after a restart (2.4).
  SaysInitialContact,
  /// After a rekey the old Child SA goes at once: as the one who asked, before its Delete has been answered;
  /// as the one who answered, before the other end may have the new one (1.3.3, 2.8).
  DeletesOldAtOnce,
  /// Sends by a new Child SA as soon as it has sent its answer, which may arrive later (2.8).
  SendsAtOnce,
  /// Keeps each IKE SA that the two ends have brought up; without this the newest stays alone (2.4 lets a
  /// peer have several, and speaks of none that must go).
  KeepsDuplicates,
  /// Takes its time over each request, longer than the other end may wait before it asks again (2.1).
  AnswersLate,
  /// Instead of rekeying an IKE SA it deletes it and begins another one (2.8.3).
  BreaksBeforeMaking,
  /// Instead of rekeying an IKE SA it begins another one, and deletes the old one then (2.8.3).
  MakesBeforeBreaking,
  /// Payloads without use: a status notification and a payload of types that nobody knows, CERTREQ, and CP in
  /// CREATE_CHILD_SA (2.5, 3.10.1, appendix C.4).
  OddPayloads,
  /// A Child SA for each pair of selectors: it asks for one after another, and narrows a request to the next
  /// pair that has none (2.9).
  OnePairAChild,
  /// Has room for one Child SA under an IKE SA: a new one takes the place of the one before (1.3.1 promises
  /// no room for another).
  KeepsOneChild,
};

/// With the names that options and reports have for them.
inline constexpr std::array<std::pair<Liberty, std::string_view>, 12> kLiberties{{
    {Liberty::Initiates, "initiates"},
    {Liberty::ObeysInitialContact, "obeys-initial-contact"},
    {Liberty::SaysInitialContact, "says-initial-contact"},
    {Liberty::DeletesOldAtOnce, "deletes-old-at-once"},
    {Liberty::SendsAtOnce, "sends-at-once"},
    {Liberty::KeepsDuplicates, "keeps-duplicates"},
    {Liberty::AnswersLate, "answers-late"},
    {Liberty::BreaksBeforeMaking, "breaks-before-making"},
    {Liberty::MakesBeforeBreaking, "makes-before-breaking"},
    {Liberty::OddPayloads, "odd-payloads"},
    {Liberty::OnePairAChild, "one-pair-a-child"},
    {Liberty::KeepsOneChild, "keeps-one-child"},
}};

/// A set of them.
class Liberties {
 public:
  constexpr Liberties(std::initializer_list<Liberty> taken = {}) {
    for (const Liberty one : taken) bits_ |= bit(one);
  }
  /// Those that the bits of `number` name, in the order of kLiberties.
  [[nodiscard]] static constexpr Liberties numbered(std::uint64_t number) {
    Liberties result;
    result.bits_ = static_cast<std::uint32_t>(number & ((1U << kLiberties.size()) - 1));
    return result;
  }
  /// "initiates,answers-late"; "none" is the empty set. nullopt: there is no such liberty.
  [[nodiscard]] static std::optional<Liberties> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr bool has(Liberty one) const { return (bits_ & bit(one)) != 0; }
  [[nodiscard]] constexpr Liberties with(Liberty one) const {
    Liberties result = *this;
    result.bits_ |= bit(one);
    return result;
  }
  [[nodiscard]] constexpr Liberties without(Liberty one) const {
    Liberties result = *this;
    result.bits_ &= ~bit(one);
    return result;
  }

 private:
  [[nodiscard]] static constexpr std::uint32_t bit(Liberty one) {
    return std::uint32_t{1} << static_cast<unsigned>(one);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace awtun::sim
