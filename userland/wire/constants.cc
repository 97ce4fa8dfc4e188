// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/constants.h"

namespace awtun::wire {

namespace {

template <class Enum>
std::string number(Enum value) {
  return std::to_string(static_cast<unsigned>(value));
}

}  // namespace

std::string to_string(ExchangeType type) {
  switch (type) {
    case ExchangeType::IkeSaInit:
      return "IKE_SA_INIT";
    case ExchangeType::IkeAuth:
      return "IKE_AUTH";
    case ExchangeType::CreateChildSa:
      return "CREATE_CHILD_SA";
    case ExchangeType::Informational:
      return "INFORMATIONAL";
  }
  return number(type);
}

std::string to_string(PayloadType type) {
  switch (type) {
    case PayloadType::None:
      return "none";
    case PayloadType::Sa:
      return "SA";
    case PayloadType::Ke:
      return "KE";
    case PayloadType::IdI:
      return "IDi";
    case PayloadType::IdR:
      return "IDr";
    case PayloadType::Cert:
      return "CERT";
    case PayloadType::CertReq:
      return "CERTREQ";
    case PayloadType::Auth:
      return "AUTH";
    case PayloadType::Nonce:
      return "Nonce";
    case PayloadType::Notify:
      return "N";
    case PayloadType::Delete:
      return "D";
    case PayloadType::VendorId:
      return "V";
    case PayloadType::TsI:
      return "TSi";
    case PayloadType::TsR:
      return "TSr";
    case PayloadType::Sk:
      return "SK";
    case PayloadType::Cp:
      return "CP";
    case PayloadType::Eap:
      return "EAP";
    case PayloadType::Skf:
      return "SKF";
  }
  return number(type);
}

std::string to_string(ProtocolId id) {
  switch (id) {
    case ProtocolId::None:
      return "none";
    case ProtocolId::Ike:
      return "IKE";
    case ProtocolId::Ah:
      return "AH";
    case ProtocolId::Esp:
      return "ESP";
  }
  return number(id);
}

std::string to_string(TransformType type) {
  switch (type) {
    case TransformType::Encr:
      return "ENCR";
    case TransformType::Prf:
      return "PRF";
    case TransformType::Integ:
      return "INTEG";
    case TransformType::Group:
      return "KE";
    case TransformType::Esn:
      return "ESN";
  }
  if (is_additional_key_exchange(type)) return "ADDKE" + std::to_string(static_cast<unsigned>(type) - 5);
  return number(type);
}

std::string to_string(NotifyType type) {
  switch (type) {
    case NotifyType::UnsupportedCriticalPayload:
      return "UNSUPPORTED_CRITICAL_PAYLOAD";
    case NotifyType::InvalidIkeSpi:
      return "INVALID_IKE_SPI";
    case NotifyType::InvalidMajorVersion:
      return "INVALID_MAJOR_VERSION";
    case NotifyType::InvalidSyntax:
      return "INVALID_SYNTAX";
    case NotifyType::InvalidMessageId:
      return "INVALID_MESSAGE_ID";
    case NotifyType::InvalidSpi:
      return "INVALID_SPI";
    case NotifyType::NoProposalChosen:
      return "NO_PROPOSAL_CHOSEN";
    case NotifyType::InvalidKePayload:
      return "INVALID_KE_PAYLOAD";
    case NotifyType::AuthenticationFailed:
      return "AUTHENTICATION_FAILED";
    case NotifyType::SinglePairRequired:
      return "SINGLE_PAIR_REQUIRED";
    case NotifyType::NoAdditionalSas:
      return "NO_ADDITIONAL_SAS";
    case NotifyType::InternalAddressFailure:
      return "INTERNAL_ADDRESS_FAILURE";
    case NotifyType::FailedCpRequired:
      return "FAILED_CP_REQUIRED";
    case NotifyType::TsUnacceptable:
      return "TS_UNACCEPTABLE";
    case NotifyType::InvalidSelectors:
      return "INVALID_SELECTORS";
    case NotifyType::TemporaryFailure:
      return "TEMPORARY_FAILURE";
    case NotifyType::ChildSaNotFound:
      return "CHILD_SA_NOT_FOUND";
    case NotifyType::InitialContact:
      return "INITIAL_CONTACT";
    case NotifyType::SetWindowSize:
      return "SET_WINDOW_SIZE";
    case NotifyType::AdditionalTsPossible:
      return "ADDITIONAL_TS_POSSIBLE";
    case NotifyType::IpcompSupported:
      return "IPCOMP_SUPPORTED";
    case NotifyType::NatDetectionSourceIp:
      return "NAT_DETECTION_SOURCE_IP";
    case NotifyType::NatDetectionDestinationIp:
      return "NAT_DETECTION_DESTINATION_IP";
    case NotifyType::Cookie:
      return "COOKIE";
    case NotifyType::UseTransportMode:
      return "USE_TRANSPORT_MODE";
    case NotifyType::HttpCertLookupSupported:
      return "HTTP_CERT_LOOKUP_SUPPORTED";
    case NotifyType::RekeySa:
      return "REKEY_SA";
    case NotifyType::EspTfcPaddingNotSupported:
      return "ESP_TFC_PADDING_NOT_SUPPORTED";
    case NotifyType::NonFirstFragmentsAlso:
      return "NON_FIRST_FRAGMENTS_ALSO";
    case NotifyType::MobikeSupported:
      return "MOBIKE_SUPPORTED";
    case NotifyType::MultipleAuthSupported:
      return "MULTIPLE_AUTH_SUPPORTED";
    case NotifyType::RedirectSupported:
      return "REDIRECT_SUPPORTED";
    case NotifyType::ChildlessIkev2Supported:
      return "CHILDLESS_IKEV2_SUPPORTED";
    case NotifyType::QuickCrashDetection:
      return "QUICK_CRASH_DETECTION";
    case NotifyType::IkeFragmentationSupported:
      return "IKEV2_FRAGMENTATION_SUPPORTED";
    case NotifyType::SignatureHashAlgorithms:
      return "SIGNATURE_HASH_ALGORITHMS";
  }
  return number(type);
}

std::string to_string(AuthMethodId id) {
  switch (id) {
    case AuthMethodId::RsaSignature:
      return "RSA signature";
    case AuthMethodId::SharedKey:
      return "shared key";
    case AuthMethodId::DssSignature:
      return "DSS signature";
    case AuthMethodId::EcdsaSha256P256:
      return "ECDSA with SHA-256 on P-256";
    case AuthMethodId::EcdsaSha384P384:
      return "ECDSA with SHA-384 on P-384";
    case AuthMethodId::EcdsaSha512P521:
      return "ECDSA with SHA-512 on P-521";
    case AuthMethodId::Null:
      return "NULL";
    case AuthMethodId::DigitalSignature:
      return "digital signature";
  }
  return number(id);
}

}  // namespace awtun::wire
