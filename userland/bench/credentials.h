// SPDX-License-Identifier: Apache-2.0
// A CA, the hub's certificate and those of the spokes, as files that strongSwan reads too.
#pragma once

#include <cstdint>
#include <filesystem>

#include "userland/pki/trustpoint.h"

namespace awtun::bench {

/// Writes ca.pem, hub.pem, hub.key, spoke.key and one certificate a spoke into `directory`, which exists.
/// RSA keys of 2048 bits; the spokes share one, for making it is none of what is measured.
void make_credentials(const std::filesystem::path& directory, std::uint32_t spokes);

/// "hub"; or one trustpoint a spoke, by its name.
[[nodiscard]] pki::Credentials hub_credentials(const std::filesystem::path& directory);
[[nodiscard]] pki::Credentials spoke_credentials(const std::filesystem::path& directory,
                                                 std::uint32_t spokes);

}  // namespace awtun::bench
