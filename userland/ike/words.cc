// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/words.h"

namespace awtun::ike {
namespace {

std::string bits(const wire::Transform& transform) {
  return transform.key_bits ? std::to_string(*transform.key_bits) : "";
}

std::string encryption_word(const wire::Transform& transform) {
  if (transform.id == kTripleDes) return "3DES";
  switch (static_cast<wire::EncrId>(transform.id)) {
    case wire::EncrId::AesCbc:
      return "AES" + bits(transform);
    case wire::EncrId::AesGcm8:
      return "AES" + bits(transform) + "/GCM8";
    case wire::EncrId::AesGcm12:
      return "AES" + bits(transform) + "/GCM12";
    case wire::EncrId::AesGcm16:
      return "AES" + bits(transform) + "/GCM16";
  }
  return wire::to_string(static_cast<wire::EncrId>(transform.id)) + bits(transform);
}

std::string integrity_word(std::uint16_t id) {
  switch (static_cast<wire::IntegId>(id)) {
    case wire::IntegId::None:
      return "none";
    case wire::IntegId::HmacSha1_96:
      return "SHA1";
    case wire::IntegId::HmacSha256_128:
      return "SHA256";
    case wire::IntegId::HmacSha384_192:
      return "SHA384";
    case wire::IntegId::HmacSha512_256:
      return "SHA512";
  }
  return wire::to_string(static_cast<wire::IntegId>(id));
}

std::string prf_word(std::uint16_t id) {
  switch (static_cast<wire::PrfId>(id)) {
    case wire::PrfId::HmacSha1:
      return "SHA1";
    case wire::PrfId::HmacSha256:
      return "SHA256";
    case wire::PrfId::HmacSha384:
      return "SHA384";
    case wire::PrfId::HmacSha512:
      return "SHA512";
  }
  return wire::to_string(static_cast<wire::PrfId>(id));
}

}  // namespace

std::string word(const wire::Transform& transform) {
  switch (transform.type) {
    case wire::TransformType::Encr:
      return encryption_word(transform);
    case wire::TransformType::Prf:
      return prf_word(transform.id);
    case wire::TransformType::Integ:
      return integrity_word(transform.id);
    case wire::TransformType::Group:
      return std::to_string(transform.id);
    case wire::TransformType::Esn:
      return transform.id == 0 ? "without" : "with";
  }
  return std::to_string(transform.id);
}

}  // namespace awtun::ike
