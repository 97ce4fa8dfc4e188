// SPDX-License-Identifier: Apache-2.0
// What the rows of ISAKMP and of IPsec profiles share.
#pragma once

#include <algorithm>
#include <array>

#include "userland/config/rows/section.h"

namespace awtun::config::rows {

// In the order of the words of the rows.
inline constexpr std::array<std::uint16_t, 10> kGroups = {2, 5, 14, 15, 16, 18, 19, 20, 21, 31};

/// The index of `value`, by which a choice names it.
template <class T, std::size_t N>
std::uint32_t index_in(const std::array<T, N>& values, const T& value) {
  return static_cast<std::uint32_t>(std::ranges::find(values, value) - values.begin());
}

template <auto Profiles, Mode Section>
Answer enter_profile(const Context& context, Args& args) {
  const auto& name = args.get<std::string>(0);
  if (equal_ignoring_case(name, kDefaultProfile)) {
    return Refused{"this is the name of the profile that always exists, and cannot be changed"};
  }
  (context.config.*Profiles).try_emplace(name);
  context.session = {Section, std::nullopt, name};
  return Done{};
}

template <auto Profiles>
Answer remove_profile(const Context& context, Args& args) {
  const auto& name = args.get<std::string>(0);
  if ((context.config.*Profiles).erase(name) == 0) return Refused{"there is no profile " + name};
  return Done{};
}

/// The transforms of a profile by their numbers; the number is the line's first value.
template <class Transform>
Answer set_transform(std::map<std::uint8_t, Transform>& transforms, Args& args, const Transform& transform) {
  if (!transform.supported()) return Refused{"3DES is not supported; it is weak, and slower than AES"};
  transforms[static_cast<std::uint8_t>(args.get<std::uint32_t>(0))] = transform;
  return Done{};
}

/// Removes the transform; where `wanted` is given, that and no other.
template <class Transform>
Answer remove_transform(std::map<std::uint8_t, Transform>& transforms, Args& args,
                        const std::optional<Transform>& wanted = std::nullopt) {
  const auto at = transforms.find(static_cast<std::uint8_t>(args.get<std::uint32_t>(0)));
  if (at == transforms.end()) return Refused{"there is no such transform"};
  if (wanted && at->second != *wanted) return not_configured();
  transforms.erase(at);
  return Done{};
}

}  // namespace awtun::config::rows
