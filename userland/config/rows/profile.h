// SPDX-License-Identifier: Apache-2.0
// What the rows of ISAKMP and of IPsec profiles share.
#pragma once

#include <algorithm>

#include "userland/config/rows/section.h"

namespace awtun::config::rows {

inline constexpr Choices kGroupChoices = choices_of(crypto::kGroups);

inline crypto::GroupId group_of(std::uint32_t choice) { return crypto::kGroups.at(choice).id; }
inline std::uint32_t choice_of(crypto::GroupId group) {
  return static_cast<std::uint32_t>(std::ranges::find(crypto::kGroups, group, &crypto::GroupRow::id) -
                                    crypto::kGroups.begin());
}

template <auto Profiles, Mode Section>
Answer enter_profile(const Context& context, Args& args) {
  const auto& name = args.get<std::string>(0);
  if (equal_ignoring_case(name, kDefaultProfile))
    return Refused{"the built-in profile default cannot be changed"};
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

/// The choices of a transform's line, whose first value is its number.
struct TransformChoices {
  Choices integrity;
  Choices encryption;

  [[nodiscard]] std::string_view integrity_of(Args& args) const {
    return integrity.word(args.get<std::uint32_t>(1));
  }
  [[nodiscard]] std::string_view encryption_of(Args& args) const {
    return encryption.word(args.get<std::uint32_t>(2));
  }
};

/// `suite`: what the line's words name.
template <class Suite>
Answer set_transform(std::map<std::uint8_t, Suite>& transforms, Args& args, const TransformChoices& choices,
                     const std::optional<Suite>& suite) {
  const std::string encryption(choices.encryption_of(args));
  if (!suite)
    return Refused{"integrity " + std::string(choices.integrity_of(args)) +
                   " cannot be used with encryption " + encryption};
  if (!crypto::supported(*suite))
    return Refused{crypto::capitals(encryption) + " is not supported; " +
                   std::string(crypto::find_encryption(suite->encr, suite->key_bits)->unsupported)};
  transforms[static_cast<std::uint8_t>(args.get<std::uint32_t>(0))] = *suite;
  return Done{};
}

/// Removes the transform; where the line has words, only if they name it.
template <class Suite>
Answer remove_transform(std::map<std::uint8_t, Suite>& transforms, Args& args,
                        const std::optional<Suite>& wanted) {
  const auto at = transforms.find(static_cast<std::uint8_t>(args.get<std::uint32_t>(0)));
  if (at == transforms.end()) return Refused{"there is no such transform"};
  if (args.has(1) && at->second != wanted) return not_configured();
  transforms.erase(at);
  return Done{};
}

}  // namespace awtun::config::rows
