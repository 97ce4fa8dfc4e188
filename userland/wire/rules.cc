// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/rules.h"

#include <algorithm>
#include <array>

#include "userland/wire/payloads.h"

namespace awtun::wire {

namespace {

using enum PayloadType;

constexpr std::uint8_t kMany = 255;
constexpr bool kClear = false;
constexpr bool kEncrypted = true;

// RFC 7296 1.2: HDR, SAi1, KEi, Ni. The answer may ask for certificates.
constexpr std::array kIkeSaInitRequest{
    PayloadRule{Sa, 1, 1, kClear},
    PayloadRule{Ke, 1, 1, kClear},
    PayloadRule{Nonce, 1, 1, kClear},
};
constexpr std::array kIkeSaInitResponse{
    PayloadRule{Sa, 1, 1, kClear},
    PayloadRule{Ke, 1, 1, kClear},
    PayloadRule{Nonce, 1, 1, kClear},
    PayloadRule{CertReq, 0, kMany, kClear},
};

// RFC 7296 1.2, without configuration. SA and selectors may be absent: RFC 6023, or an error in the answer.
// A request without AUTH, and an answer with EAP, ask for EAP (RFC 7296 2.16).
constexpr std::array kIkeAuthRequest{
    PayloadRule{Sk, 1, 1, kClear},
    PayloadRule{IdI, 1, 1, kEncrypted},
    PayloadRule{IdR, 0, 1, kEncrypted},
    PayloadRule{Cert, 0, kMany, kEncrypted},
    PayloadRule{CertReq, 0, kMany, kEncrypted},
    PayloadRule{Auth, 0, 1, kEncrypted},
    PayloadRule{Sa, 0, 1, kEncrypted},
    PayloadRule{TsI, 0, 1, kEncrypted},
    PayloadRule{TsR, 0, 1, kEncrypted},
};
constexpr std::array kIkeAuthResponse{
    PayloadRule{Sk, 1, 1, kClear},           PayloadRule{IdR, 1, 1, kEncrypted},
    PayloadRule{Cert, 0, kMany, kEncrypted}, PayloadRule{Auth, 1, 1, kEncrypted},
    PayloadRule{Sa, 0, 1, kEncrypted},       PayloadRule{TsI, 0, 1, kEncrypted},
    PayloadRule{TsR, 0, 1, kEncrypted},      PayloadRule{Eap, 0, 1, kEncrypted},
};

// RFC 7296 1.3.1 to 1.3.3, the same in both directions. An IKE SA is rekeyed without selectors.
constexpr std::array kCreateChildSa{
    PayloadRule{Sk, 1, 1, kClear},        PayloadRule{Sa, 1, 1, kEncrypted},
    PayloadRule{Nonce, 1, 1, kEncrypted}, PayloadRule{Ke, 0, 1, kEncrypted},
    PayloadRule{TsI, 0, 1, kEncrypted},   PayloadRule{TsR, 0, 1, kEncrypted},
};

// RFC 7296 1.4, the same in both directions.
constexpr std::array kInformational{
    PayloadRule{Sk, 1, 1, kClear},
    PayloadRule{Delete, 0, kMany, kEncrypted},
};

/// Payloads that no rule concerns: Notify, Vendor ID, and types that are not known.
bool is_free(PayloadType type) {
  return type == Notify || type == VendorId || ((type < Sa || type > Eap) && type != Skf);
}

/// The type whose row concerns a payload: what an SKF holds, an SK might.
PayloadType row_of(PayloadType type, bool encrypted) { return type == Skf && !encrypted ? Sk : type; }

/// `encrypted`: inside SK or SKF.
bool has_row(std::span<const PayloadRule> rules, bool encrypted, PayloadType type) {
  return std::any_of(rules.begin(), rules.end(), [&](const PayloadRule& rule) {
    return rule.type == row_of(type, encrypted) && rule.encrypted == encrypted;
  });
}

bool has_notify(const PayloadChain& payloads, auto&& wanted) {
  return std::any_of(payloads.begin(), payloads.end(), [&](const PayloadView& payload) {
    if (payload.type != Notify) return false;
    const auto notify = decode_notify(payload);
    return notify && wanted(notify->type);
  });
}

Result<void, RuleError> check(std::span<const PayloadRule> rules, bool encrypted,
                              const PayloadChain& payloads, bool nothing_mandatory) {
  // What is authenticated and of no use is ignored.
  for (const PayloadView payload : payloads)
    if (!encrypted && !is_free(payload.type) && !has_row(rules, encrypted, payload.type))
      return Error{RuleError{payload.type, "is not allowed in the clear in this exchange"}};
  for (const PayloadRule& rule : rules) {
    if (rule.encrypted != encrypted) continue;
    const auto count = std::count_if(payloads.begin(), payloads.end(), [&](const PayloadView& payload) {
      return row_of(payload.type, encrypted) == rule.type;
    });
    if (count > rule.max) return Error{RuleError{rule.type, "occurs too often"}};
    if (count < rule.min && !nothing_mandatory) return Error{RuleError{rule.type, "is missing"}};
  }
  return {};
}

/// Child SA payloads that make sense together only.
Result<void, RuleError> check_companions(ExchangeType exchange, const PayloadChain& inner) {
  if (exchange != ExchangeType::IkeAuth && exchange != ExchangeType::CreateChildSa) return {};
  const bool tsi = inner.count(TsI) != 0;
  const bool tsr = inner.count(TsR) != 0;
  if (tsi != tsr) return Error{RuleError{tsi ? TsR : TsI, "is missing, but the other selectors are present"}};
  if (exchange == ExchangeType::IkeAuth && tsi != (inner.count(Sa) != 0))
    return Error{RuleError{tsi ? Sa : TsI, "is missing: SA and selectors go together"}};
  return {};
}

}  // namespace

std::span<const PayloadRule> payload_rules(ExchangeType exchange, bool response) {
  switch (exchange) {
    case ExchangeType::IkeSaInit:
      if (response) return kIkeSaInitResponse;
      return kIkeSaInitRequest;
    case ExchangeType::IkeAuth:
      if (response) return kIkeAuthResponse;
      return kIkeAuthRequest;
    case ExchangeType::CreateChildSa:
      return kCreateChildSa;
    case ExchangeType::Informational:
      return kInformational;
  }
  return {};
}

bool is_ignored(const Header& header, PayloadType type) {
  return !is_free(type) && !has_row(payload_rules(header.exchange, header.response), kEncrypted, type);
}

std::string RuleError::to_string() const {
  return (payload == None ? "message" : wire::to_string(payload)) + " " + std::string(rule);
}

Result<void, RuleError> check_clear(const MessageView& message) {
  const Header& header = message.header;
  const auto rules = payload_rules(header.exchange, header.response);
  if (rules.empty()) return Error{RuleError{None, "is of an unknown exchange"}};
  const bool refused = header.exchange == ExchangeType::IkeSaInit && header.response &&
                       has_notify(message.payloads, [](NotifyType type) {
                         return is_error(type) || type == NotifyType::Cookie;
                       });
  return check(rules, kClear, message.payloads, refused);
}

Result<void, RuleError> check_encrypted(const Header& header, const PayloadChain& inner) {
  const auto rules = payload_rules(header.exchange, header.response);
  if (rules.empty()) return Error{RuleError{None, "is of an unknown exchange"}};
  const bool asks_eap = header.exchange == ExchangeType::IkeAuth && header.response && inner.count(Eap) != 0;
  const bool refused = header.response && has_notify(inner, is_error);
  if (auto result = check(rules, kEncrypted, inner, refused || asks_eap); !result) return result;
  if (refused || asks_eap) return {};
  return check_companions(header.exchange, inner);
}

}  // namespace awtun::wire
