// SPDX-License-Identifier: Apache-2.0
// ISAKMP and IPsec profiles: what the configuration edits and the engine negotiates.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace awtun {

/// Des3 stands in the default tables and is never offered nor accepted: see supported(). The Gcm16
/// values exist for ISAKMP alone (AES-GCM with an ICV of 16 octets, RFC 5282).
enum class Encryption : std::uint8_t { Aes256, Aes192, Aes128, Aes256Gcm16, Aes192Gcm16, Aes128Gcm16, Des3 };
/// For an ISAKMP transform also the PRF, and beside AES-GCM the PRF alone. Sha384 exists for ISAKMP
/// alone. The Gcm values exist for ESP alone and name the ICV's length in octets (RFC 4106).
enum class Integrity : std::uint8_t { Sha512, Sha384, Sha256, Sha1, Gcm16, Gcm12, Gcm8 };
enum class AuthMethod : std::uint8_t { PreShare, Certificate };

/// The words of the command line: "AES256", "AES256GCM16", "3DES", "SHA256", "GCM16".
std::string_view to_string(Encryption encryption);
std::string_view to_string(Integrity integrity);
bool is_gcm(Encryption encryption);
bool is_gcm(Integrity integrity);

struct IsakmpTransform {
  Encryption encryption = Encryption::Aes256;
  Integrity integrity = Integrity::Sha256;
  std::uint16_t group = 14;  ///< Diffie-Hellman group, as IANA numbers them: see crypto::KeyExchange.

  [[nodiscard]] bool supported() const { return encryption != Encryption::Des3; }
  bool operator==(const IsakmpTransform&) const = default;
};

struct IpsecTransform {
  Encryption encryption = Encryption::Aes256;
  Integrity integrity = Integrity::Sha256;

  [[nodiscard]] bool supported() const { return encryption != Encryption::Des3; }
  bool operator==(const IpsecTransform&) const = default;
};

/// Key: the transform's number, 1-255; lower numbers are preferred.
struct IsakmpProfile {
  std::chrono::seconds lifetime{std::chrono::hours{24}};
  std::chrono::seconds dpd_interval{30};
  AuthMethod local_authentication = AuthMethod::PreShare;
  AuthMethod remote_authentication = AuthMethod::PreShare;
  std::map<std::uint8_t, IsakmpTransform> transforms;

  bool operator==(const IsakmpProfile&) const = default;
};

struct IpsecProfile {
  std::chrono::seconds lifetime{std::chrono::hours{8}};
  std::optional<std::uint16_t> pfs_group;
  std::map<std::uint8_t, IpsecTransform> transforms;

  bool operator==(const IpsecProfile&) const = default;
};

/// The default profiles of the manual, with the unsupported 3DES rows in their places.
const IsakmpProfile& default_isakmp_profile();
const IpsecProfile& default_ipsec_profile();

}  // namespace awtun
