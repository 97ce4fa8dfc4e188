// SPDX-License-Identifier: Apache-2.0
// The algorithms that SAs are made of, a row each: sizes, the names that OpenSSL, the kernel and Wireshark
// know them by, and the words of the command line. A new algorithm is a new row.
#pragma once

#include <linux/awtun.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userland/wire/payloads.h"

namespace awtun::crypto {

using wire::EncrId;
using wire::GroupId;
using wire::IntegId;
using wire::PrfId;

/// What an IKE SA runs on.
struct IkeSuite {
  EncrId encr = EncrId::AesCbc;
  std::uint16_t key_bits = 256;
  IntegId integ = IntegId::HmacSha256_128;  ///< None exactly when `encr` is an AEAD
  PrfId prf = PrfId::HmacSha256;
  GroupId group = GroupId::Modp2048;

  bool operator==(const IkeSuite&) const = default;
};

/// What a pair of ESP SAs runs on. The group of a PFS exchange is no part of it.
struct EspSuite {
  EncrId encr = EncrId::AesCbc;
  std::uint16_t key_bits = 256;
  IntegId integ = IntegId::HmacSha256_128;  ///< None exactly when `encr` is an AEAD

  bool operator==(const EspSuite&) const = default;
};

// ---------------------------------------------------------------- the rows

/// A word of the command line. No text: there is none.
struct Word {
  std::string_view text;
  std::string_view help;
};

/// An encryption algorithm with one size of key. Sizes are in octets.
struct EncryptionRow {
  EncrId id;
  std::uint16_t key_bits;
  bool key_length;      ///< takes the Key Length attribute; with one size of key it must not (RFC 7296 3.3.5)
  std::uint8_t salt;    ///< follows the key in KEYMAT: RFC 4106 8.1, RFC 5282 7.1
  std::uint8_t iv;      ///< in each message
  std::uint8_t block;   ///< what is encrypted is padded to a multiple of it
  std::uint8_t icv;     ///< the tag of an AEAD; 0: an algorithm that needs integrity beside it
  const char* openssl;  ///< nullptr: known in order to say that it is not supported
  std::uint32_t kernel;       ///< enum awtun_cipher
  std::string_view registry;  ///< IANA's name
  std::string_view wireshark_ike;
  std::string_view wireshark_esp;
  Word isakmp;                     ///< `encryption` of an ISAKMP transform
  Word ipsec;                      ///< `encryption` of an IPsec transform
  Word ipsec_integrity;            ///< `integrity` beside it, of an AEAD
  std::string_view unsupported{};  ///< why it is not supported

  [[nodiscard]] constexpr bool aead() const { return icv != 0; }
  [[nodiscard]] constexpr bool supported() const { return openssl != nullptr; }
  [[nodiscard]] constexpr std::size_t key_size() const { return key_bits / 8U; }
};

/// A hash in its two uses: HMAC as integrity algorithm (RFC 2404, RFC 4868) and as PRF.
struct HashRow {
  IntegId integ;
  PrfId prf;
  std::uint8_t size;  ///< octets of its output, its key as integrity algorithm and as PRF
  std::uint8_t icv;   ///< octets of the truncated HMAC
  const char* openssl;
  std::uint32_t kernel;  ///< enum awtun_auth; AWTUN_AUTH_NONE: not for ESP
  std::string_view wireshark_ike;
  std::string_view wireshark_esp;
  Word word;  ///< `integrity` of a transform; in ISAKMP beside an AEAD it names the PRF alone
};

/// A Diffie-Hellman group; its word is its number.
struct GroupRow {
  GroupId id;
  Word word;
};

namespace rows {

constexpr EncryptionRow aes_cbc(std::uint16_t bits, const char* openssl, std::string_view wireshark,
                                const Word& word) {
  return {
      EncrId::AesCbc,      bits, true, 0, 16, 16, 0, openssl, AWTUN_CIPHER_AES_CBC, "ENCR_AES_CBC", wireshark,
      "AES-CBC [RFC3602]", word, word, {}};
}

/// What the three lengths of ICV differ in.
struct GcmIcv {
  EncrId id;
  std::uint8_t octets;
  std::string_view registry;
  std::string_view wireshark_esp;
  Word word;
};
inline constexpr GcmIcv kGcm16{EncrId::AesGcm16,
                               16,
                               "ENCR_AES_GCM_16",
                               "AES-GCM with 16 octet ICV [RFC4106]",
                               {"gcm16", "Galois/Counter Mode, ICV of 16 octets"}};
inline constexpr GcmIcv kGcm12{EncrId::AesGcm12,
                               12,
                               "ENCR_AES_GCM_12",
                               "AES-GCM with 12 octet ICV [RFC4106]",
                               {"gcm12", "Galois/Counter Mode, ICV of 12 octets"}};
inline constexpr GcmIcv kGcm8{EncrId::AesGcm8,
                              8,
                              "ENCR_AES_GCM_8",
                              "AES-GCM with 8 octet ICV [RFC4106]",
                              {"gcm8", "Galois/Counter Mode, ICV of 8 octets"}};

constexpr EncryptionRow aes_gcm(const GcmIcv& icv, std::uint16_t bits, const char* openssl, const Word& ipsec,
                                std::string_view wireshark_ike = {}, const Word& isakmp = {}) {
  return {icv.id,
          bits,
          true,
          4,
          8,
          1,
          icv.octets,
          openssl,
          AWTUN_CIPHER_AES_GCM,
          icv.registry,
          wireshark_ike,
          icv.wireshark_esp,
          isakmp,
          ipsec,
          icv.word};
}

inline constexpr Word kAes256{"aes256", "AES, 256-bit key"};
inline constexpr Word kAes192{"aes192", "AES, 192-bit key"};
inline constexpr Word kAes128{"aes128", "AES, 128-bit key"};

}  // namespace rows

/// In the order in which the command line lists their words.
inline constexpr std::array kEncryptions{
    rows::aes_cbc(256, "AES-256-CBC", "AES-CBC-256 [RFC3602]", rows::kAes256),
    rows::aes_cbc(192, "AES-192-CBC", "AES-CBC-192 [RFC3602]", rows::kAes192),
    rows::aes_cbc(128, "AES-128-CBC", "AES-CBC-128 [RFC3602]", rows::kAes128),
    rows::aes_gcm(rows::kGcm16, 256, "AES-256-GCM", rows::kAes256, "AES-GCM-256 with 16 octet ICV [RFC5282]",
                  {"aes256gcm16", "AES-GCM, 256-bit key"}),
    rows::aes_gcm(rows::kGcm16, 192, "AES-192-GCM", rows::kAes192, "AES-GCM-192 with 16 octet ICV [RFC5282]",
                  {"aes192gcm16", "AES-GCM, 192-bit key"}),
    rows::aes_gcm(rows::kGcm16, 128, "AES-128-GCM", rows::kAes128, "AES-GCM-128 with 16 octet ICV [RFC5282]",
                  {"aes128gcm16", "AES-GCM, 128-bit key"}),
    rows::aes_gcm(rows::kGcm12, 256, "AES-256-GCM", rows::kAes256),
    rows::aes_gcm(rows::kGcm12, 192, "AES-192-GCM", rows::kAes192),
    rows::aes_gcm(rows::kGcm12, 128, "AES-128-GCM", rows::kAes128),
    rows::aes_gcm(rows::kGcm8, 256, "AES-256-GCM", rows::kAes256),
    rows::aes_gcm(rows::kGcm8, 192, "AES-192-GCM", rows::kAes192),
    rows::aes_gcm(rows::kGcm8, 128, "AES-128-GCM", rows::kAes128),
    EncryptionRow{EncrId::ChaCha20Poly1305,
                  256,
                  false,
                  4,
                  8,
                  1,
                  16,
                  "ChaCha20-Poly1305",
                  AWTUN_CIPHER_CHACHA20_POLY1305,
                  "ENCR_CHACHA20_POLY1305",
                  {},
                  {},
                  {"chacha20poly1305", "ChaCha20-Poly1305, 256-bit key"},
                  {"chacha20", "ChaCha20, 256-bit key"},
                  {"poly1305", "Poly1305, ICV of 16 octets"}},
    // In the manual's default profiles, and never offered nor accepted.
    EncryptionRow{EncrId::TripleDes,
                  192,
                  false,
                  0,
                  8,
                  8,
                  0,
                  nullptr,
                  AWTUN_CIPHER_UNSPEC,
                  "ENCR_3DES",
                  {},
                  {},
                  {"3des", "Not supported"},
                  {"3des", "Not supported"},
                  {},
                  "it is weak, and slower than AES"},
};

inline constexpr std::array kHashes{
    HashRow{IntegId::HmacSha512_256,
            PrfId::HmacSha512,
            64,
            32,
            "SHA2-512",
            AWTUN_AUTH_HMAC_SHA512_256,
            "HMAC_SHA2_512_256 [RFC4868]",
            "HMAC-SHA-512-256 [RFC4868]",
            {"sha512", "HMAC-SHA-512"}},
    HashRow{IntegId::HmacSha384_192,
            PrfId::HmacSha384,
            48,
            24,
            "SHA2-384",
            AWTUN_AUTH_NONE,
            "HMAC_SHA2_384_192 [RFC4868]",
            "HMAC-SHA-384-192 [RFC4868]",
            {"sha384", "HMAC-SHA-384"}},
    HashRow{IntegId::HmacSha256_128,
            PrfId::HmacSha256,
            32,
            16,
            "SHA2-256",
            AWTUN_AUTH_HMAC_SHA256_128,
            "HMAC_SHA2_256_128 [RFC4868]",
            "HMAC-SHA-256-128 [RFC4868]",
            {"sha256", "HMAC-SHA-256"}},
    HashRow{IntegId::HmacSha1_96,
            PrfId::HmacSha1,
            20,
            12,
            "SHA1",
            AWTUN_AUTH_HMAC_SHA1_96,
            "HMAC_SHA1_96 [RFC2404]",
            "HMAC-SHA-1-96 [RFC2404]",
            {"sha1", "HMAC-SHA-1"}},
};

inline constexpr std::array kGroups{
    GroupRow{GroupId::Modp1024, {"2", "MODP, 1024 bits: weak"}},
    GroupRow{GroupId::Modp1536, {"5", "MODP, 1536 bits: weak"}},
    GroupRow{GroupId::Modp2048, {"14", "MODP, 2048 bits"}},
    GroupRow{GroupId::Modp3072, {"15", "MODP, 3072 bits"}},
    GroupRow{GroupId::Modp4096, {"16", "MODP, 4096 bits"}},
    GroupRow{GroupId::Modp8192, {"18", "MODP, 8192 bits: slow"}},
    GroupRow{GroupId::Ecp256, {"19", "ECP, 256 bits"}},
    GroupRow{GroupId::Ecp384, {"20", "ECP, 384 bits"}},
    GroupRow{GroupId::Ecp521, {"21", "ECP, 521 bits"}},
    GroupRow{GroupId::X25519, {"31", "Curve25519"}},
};

// nullptr: there is no such row.
[[nodiscard]] const EncryptionRow* find_encryption(EncrId id, std::uint16_t key_bits);
[[nodiscard]] const HashRow* find_hash(IntegId id);
[[nodiscard]] const HashRow* find_hash(PrfId id);

// ---------------------------------------------------------------- suites

/// True when the suite may be offered and accepted.
[[nodiscard]] bool supported(const IkeSuite& suite);
[[nodiscard]] bool supported(const EspSuite& suite);

/// Octets of the keys that a cipher takes from a key stream, in one direction.
struct KeySizes {
  std::size_t encryption;
  std::size_t salt;
  std::size_t integrity;
};
/// nullopt for what no row supports and for encryption without integrity: these must never give keys.
[[nodiscard]] std::optional<KeySizes> key_sizes(EncrId encr, std::uint16_t key_bits, IntegId integ);

// ---------------------------------------------------------------- in words

/// The suite that the words of a transform name, supported or not; nullopt: these words do not go together.
[[nodiscard]] std::optional<IkeSuite> ike_suite(std::string_view encryption, std::string_view integrity,
                                                GroupId group);
[[nodiscard]] std::optional<EspSuite> esp_suite(std::string_view encryption, std::string_view integrity);

/// The words of a transform, as ike_suite() and esp_suite() take them; empty for what no words name.
struct SuiteWords {
  std::string_view encryption;
  std::string_view integrity;
};
[[nodiscard]] SuiteWords words_of(const IkeSuite& suite);
[[nodiscard]] SuiteWords words_of(const EspSuite& suite);

/// As `show` prints a word: "AES256".
[[nodiscard]] std::string capitals(std::string_view word);
/// "AES256/SHA256/14", "AES256/GCM16".
[[nodiscard]] std::string describe(const IkeSuite& suite);
[[nodiscard]] std::string describe(const EspSuite& suite);
/// What a peer offers, in the same words: "AES256", "AES256/GCM16", "SHA256", "14"; of ESN "with" or
/// "without"; the registry's name or number where there is no word. Of one type two that differ never look
/// alike, unless both have attributes that are not known.
[[nodiscard]] std::string describe(const wire::Transform& transform);

// ---------------------------------------------------------------- on the wire

/// ENCR, PRF, INTEG (unless AEAD) and Group, to be put into a wire::Proposal.
[[nodiscard]] std::vector<wire::Transform> wire_transforms(const IkeSuite& suite);
/// ENCR, INTEG (unless AEAD), Group when `pfs` is one, and whether sequence numbers are extended.
[[nodiscard]] std::vector<wire::Transform> wire_transforms(const EspSuite& suite, GroupId pfs = GroupId::None,
                                                           wire::EsnId esn = wire::EsnId::None);

}  // namespace awtun::crypto
