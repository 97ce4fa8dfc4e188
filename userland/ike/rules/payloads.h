// SPDX-License-Identifier: Apache-2.0
// Look-ups in a chain of payloads whose bodies have been checked by well_formed().
#pragma once

#include <optional>

#include "userland/ike/policy.h"
#include "userland/wire/payloads.h"

namespace awtun::ike {

/// Decodes every payload that the engine knows. After it, read() fails only for what is not there.
[[nodiscard]] bool well_formed(const wire::PayloadChain& chain);
/// The same of what was inside SK, but for payloads that the exchange has no use for.
[[nodiscard]] bool well_formed(const wire::Header& header, const wire::PayloadChain& inner);

/// The first payload of a type, decoded: read<wire::decode_ke>(chain, wire::PayloadType::Ke).
template <auto Decode>
[[nodiscard]] auto read(const wire::PayloadChain& chain, wire::PayloadType type) {
  using Decoded = std::remove_cvref_t<decltype(*Decode(wire::PayloadView{}))>;
  std::optional<Decoded> result;
  if (const auto payload = chain.find(type))
    if (auto decoded = Decode(*payload)) result = *std::move(decoded);
  return result;
}

[[nodiscard]] std::optional<wire::NotifyView> find_notify(const wire::PayloadChain& chain,
                                                          wire::NotifyType type);
/// The first error notification.
[[nodiscard]] std::optional<wire::NotifyView> find_error(const wire::PayloadChain& chain);
[[nodiscard]] bool has_vendor_id(const wire::PayloadChain& chain, ByteView id);

/// nullopt for types of identity that the configuration cannot name.
[[nodiscard]] std::optional<Identity> identity_of(const wire::IdView& id);
/// How to print any of them.
[[nodiscard]] std::string describe(const wire::IdView& id);

}  // namespace awtun::ike
