// SPDX-License-Identifier: Apache-2.0
// What is wrong with a message, and where.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "userland/wire/constants.h"

namespace awtun::wire {

/// Why octets are not the message or payload that they claim to be. A peer that sent them gets
/// INVALID_SYNTAX at most (RFC 7296 2.21), and only inside a protected message.
struct ParseError {
  /// Octets from the start of the message. For payloads taken out of an SK payload: from the start
  /// of its plaintext.
  std::size_t offset = 0;
  /// The payload that breaks the rule; None for the header or the chain itself.
  PayloadType payload = PayloadType::None;
  /// The rule that is broken, a sentence's middle with static storage: "is shorter than 16 octets".
  std::string_view rule;

  /// "octet 28, Nonce: is shorter than 16 octets".
  [[nodiscard]] std::string to_string() const;
  bool operator==(const ParseError&) const = default;
};

}  // namespace awtun::wire
