// SPDX-License-Identifier: Apache-2.0
// The values of command patterns: text to value, value to text, and their names in help and errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "userland/base/ascii.h"
#include "userland/base/ip.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/config/model.h"
#include "userland/config/pattern.h"
#include "userland/crypto/identity.h"

namespace awtun::config {

/// uint32_t: Choice, Number, Tunnel. string: Label, Hostname, Interface, Subject, Line, Command. Identity:
/// Name, Identity. Nexthop: the nexthops alone.
using Value = std::variant<std::uint32_t, std::string, IpAddress, IpPrefix, Nexthop, Identity, Secret>;

/// Why a text is no value of a type: one sentence, or empty where the type's form says it all.
using ValueError = std::string;

/// A Choice wants the whole word here, in any case; abbreviations are the matcher's affair.
Result<Value, ValueError> parse_value(const Token& token, std::string_view text);

/// The inverse of parse_value(). Secrets come out in the clear.
std::string print_value(const Token& token, const Value& value);

/// The forms under which `?` lists the values of `token`: "A.B.C.D/M". Not for a Choice.
std::vector<std::string> value_forms(const Token& token);

/// Whether more typing might make `text` a value of `token`. Errs on the side of yes.
bool may_begin_value(const Token& token, std::string_view text);

/// Whether `text` may be `keyword` mistyped: at most two letters put in, left out or exchanged for others.
bool resembles(std::string_view text, std::string_view keyword);

}  // namespace awtun::config
