// SPDX-License-Identifier: Apache-2.0
// Reading JSON that another program wrote: what is missing or of another type is empty, never an
// exception.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace awtun::control {

using Json = nlohmann::ordered_json;

/// A string, or a number as its text.
std::string text_of(const Json& object, const char* key);
std::optional<std::int64_t> number_of(const Json& object, const char* key);
bool flag_of(const Json& object, const char* key);
/// An array; the empty one.
const Json& list_of(const Json& object, const char* key);
/// An object; the empty one.
const Json& object_of(const Json& object, const char* key);
bool has(const Json& object, const char* key);

}  // namespace awtun::control
