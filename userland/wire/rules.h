// SPDX-License-Identifier: Apache-2.0
// Which payloads an exchange may and must carry (RFC 7296 1.2, 1.3, 1.4, appendix C), as data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/wire/message.h"

namespace awtun::wire {

/// How often a payload may occur in one message.
struct PayloadRule {
  PayloadType type;
  std::uint8_t min;
  std::uint8_t max;
  bool encrypted;  ///< inside SK or SKF; else in the clear
};

/// The rules of one exchange in one direction; empty for an exchange that is not known. Payloads
/// without a row are: unknown ones, Notify and Vendor ID anywhere, which are always allowed; and those that
/// the exchange has no use for, see is_ignored(). The row of SK stands for SKF as well: a message has one
/// or the other (RFC 7383 2.5).
[[nodiscard]] std::span<const PayloadRule> payload_rules(ExchangeType exchange, bool response);

/// True for a known payload that says nothing in an exchange, as CP in CREATE_CHILD_SA: nobody has to look
/// at what is in it. RFC 7296 appendix C lets some stand in exchanges that do not use them, and 3.2 has the
/// critical bit of known types ignored. For what is inside SK or SKF; nothing of that kind is taken in the
/// clear.
[[nodiscard]] bool is_ignored(const Header& header, PayloadType type);

/// The rule that a message breaks.
struct RuleError {
  PayloadType payload = PayloadType::None;
  std::string_view rule;  ///< static storage: "is missing", "occurs too often", "is not allowed in the clear"

  /// "TSr is missing".
  [[nodiscard]] std::string to_string() const;
  bool operator==(const RuleError&) const = default;
};

/// Judges what stands in the clear, SK or SKF among it. To be called before anything is decrypted.
/// An IKE_SA_INIT response that carries an error notification or a COOKIE may lack payloads that are
/// mandatory otherwise. A message of another exchange that passes has an SK or an SKF payload.
[[nodiscard]] Result<void, RuleError> check_clear(const MessageView& message);

/// Judges the payloads from inside SK, or from inside all SKF payloads of a message, but for those that
/// is_ignored() names. TSi, TSr and SA go
/// together in IKE_AUTH; TSi with TSr in CREATE_CHILD_SA; in a response with an error notification, or with
/// EAP, nothing is mandatory.
[[nodiscard]] Result<void, RuleError> check_encrypted(const Header& header, const PayloadChain& inner);

}  // namespace awtun::wire
