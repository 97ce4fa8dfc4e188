// SPDX-License-Identifier: Apache-2.0
// IKEv2 numbers: RFC 7296 section 3 and the IANA registry "IKEv2 Parameters". Every enumeration has
// a fixed underlying type, so a value that is not named here can be carried, compared and printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace awtun::wire {

/// RFC 7296 3.1.
enum class ExchangeType : std::uint8_t {
  IkeSaInit = 34,
  IkeAuth = 35,
  CreateChildSa = 36,
  Informational = 37
};

/// RFC 7296 3.2; SKF: RFC 7383.
enum class PayloadType : std::uint8_t {
  None = 0,
  Sa = 33,
  Ke = 34,
  IdI = 35,
  IdR = 36,
  Cert = 37,
  CertReq = 38,
  Auth = 39,
  Nonce = 40,
  Notify = 41,
  Delete = 42,
  VendorId = 43,
  TsI = 44,
  TsR = 45,
  Sk = 46,
  Cp = 47,
  Eap = 48,
  Skf = 53,
};

/// RFC 7296 3.3.1. None stands in notifications that concern no SA.
enum class ProtocolId : std::uint8_t { None = 0, Ike = 1, Ah = 2, Esp = 3 };

/// RFC 7296 3.3.2.
enum class TransformType : std::uint8_t { Encr = 1, Prf = 2, Integ = 3, Group = 4, Esn = 5 };

/// A proposal with any other type must not be chosen (RFC 7296 3.3.6).
constexpr bool is_known(TransformType type) {
  return type >= TransformType::Encr && type <= TransformType::Esn;
}
/// ADDKE1 to ADDKE7 (RFC 9370), which are known by name alone.
constexpr bool is_additional_key_exchange(TransformType type) {
  return static_cast<unsigned>(type) >= 6 && static_cast<unsigned>(type) <= 12;
}

/// Transform type 1. AES-CBC: RFC 3602; AES-GCM with an 8, 12 or 16 octet ICV: RFC 4106, RFC 5282;
/// ChaCha20-Poly1305: RFC 7634.
enum class EncrId : std::uint16_t {
  TripleDes = 3,
  AesCbc = 12,
  AesGcm8 = 18,
  AesGcm12 = 19,
  AesGcm16 = 20,
  ChaCha20Poly1305 = 28
};

/// Transform type 2. RFC 2104, RFC 4868.
enum class PrfId : std::uint16_t { HmacSha1 = 2, HmacSha256 = 5, HmacSha384 = 6, HmacSha512 = 7 };

/// Transform type 3. RFC 2404, RFC 4868; None goes with an AEAD.
enum class IntegId : std::uint16_t {
  None = 0,
  HmacSha1_96 = 2,
  HmacSha256_128 = 12,
  HmacSha384_192 = 13,
  HmacSha512_256 = 14,
};

/// Transform type 4. RFC 2409, RFC 3526, RFC 5903, RFC 8031.
enum class GroupId : std::uint16_t {
  None = 0,
  Modp1024 = 2,
  Modp1536 = 5,
  Modp2048 = 14,
  Modp3072 = 15,
  Modp4096 = 16,
  Modp8192 = 18,
  Ecp256 = 19,
  Ecp384 = 20,
  Ecp521 = 21,
  X25519 = 31,
};

/// Transform type 5.
enum class EsnId : std::uint16_t { None = 0, Esn = 1 };

/// RFC 7296 3.8; Digital Signature: RFC 7427.
enum class AuthMethodId : std::uint8_t {
  RsaSignature = 1,
  SharedKey = 2,
  DssSignature = 3,
  EcdsaSha256P256 = 9,
  EcdsaSha384P384 = 10,
  EcdsaSha512P521 = 11,
  Null = 13,
  DigitalSignature = 14,
};

/// RFC 7296 3.5.
enum class IdType : std::uint8_t {
  Ipv4Address = 1,
  Fqdn = 2,
  Rfc822 = 3,
  Ipv6Address = 5,
  DerAsn1Dn = 9,
  DerAsn1Gn = 10,
  KeyId = 11,
};

/// RFC 7296 3.10.1 and the extensions that this implementation knows by name. Numbers below 16384
/// are errors, the others are status: see is_error().
enum class NotifyType : std::uint16_t {
  UnsupportedCriticalPayload = 1,
  InvalidIkeSpi = 4,
  InvalidMajorVersion = 5,
  InvalidSyntax = 7,
  InvalidMessageId = 9,
  InvalidSpi = 11,
  NoProposalChosen = 14,
  InvalidKePayload = 17,
  AuthenticationFailed = 24,
  SinglePairRequired = 34,
  NoAdditionalSas = 35,
  InternalAddressFailure = 36,
  FailedCpRequired = 37,
  TsUnacceptable = 38,
  InvalidSelectors = 39,
  TemporaryFailure = 43,
  ChildSaNotFound = 44,
  InitialContact = 16384,
  SetWindowSize = 16385,
  AdditionalTsPossible = 16386,
  IpcompSupported = 16387,
  NatDetectionSourceIp = 16388,
  NatDetectionDestinationIp = 16389,
  Cookie = 16390,
  UseTransportMode = 16391,
  HttpCertLookupSupported = 16392,
  RekeySa = 16393,
  EspTfcPaddingNotSupported = 16394,
  NonFirstFragmentsAlso = 16395,
  MobikeSupported = 16396,
  MultipleAuthSupported = 16404,
  RedirectSupported = 16406,
  ChildlessIkev2Supported = 16418,
  QuickCrashDetection = 16419,
  IkeFragmentationSupported = 16430,
  SignatureHashAlgorithms = 16431,
};

/// True for error notifications, which say that the request (or a part of it) was refused.
constexpr bool is_error(NotifyType type) { return static_cast<std::uint16_t>(type) < 16384; }

/// The registry's spelling, "IKE_SA_INIT"; a number for a value without a name here.
std::string to_string(ExchangeType type);
/// The RFC's short notation: "SA", "KE", "IDi", "SK"; a number for a value without a name here.
std::string to_string(PayloadType type);
std::string to_string(ProtocolId id);
/// "ENCR", "ADDKE1"; a number for a type without a name here.
std::string to_string(TransformType type);
/// "NO_PROPOSAL_CHOSEN"; a number for a value without a name here.
std::string to_string(NotifyType type);
std::string to_string(AuthMethodId id);

// Bounds. What is legal on the wire but larger than these is refused as a ParseError.

inline constexpr std::size_t kHeaderSize = 28;
inline constexpr std::size_t kPayloadHeaderSize = 4;
/// Fragment Number and Total Fragments, which follow the header of an SKF payload (RFC 7383 2.5).
inline constexpr std::size_t kFragmentNumbersSize = 4;
/// Largest UDP payload over IPv4 is 65507; larger than this no message is parsed or sent.
inline constexpr std::size_t kMaxMessageSize = 65507;
/// In one chain: clear and encrypted payloads are counted apart.
inline constexpr std::size_t kMaxPayloads = 64;
inline constexpr std::size_t kMaxProposals = 255;   ///< the number field has one octet
inline constexpr std::size_t kMaxTransforms = 255;  ///< of one proposal
inline constexpr std::size_t kMaxSelectors = 255;   ///< of one TS payload
inline constexpr std::size_t kMaxDeletedSpis = 4096;
inline constexpr std::size_t kMinNonceSize = 16;  ///< RFC 7296 2.10
inline constexpr std::size_t kMaxNonceSize = 256;

}  // namespace awtun::wire
