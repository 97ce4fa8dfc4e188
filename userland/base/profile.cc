// SPDX-License-Identifier: Apache-2.0
#include "userland/base/profile.h"

namespace awtun {

std::string_view to_string(Encryption encryption) {
  switch (encryption) {
    case Encryption::Aes256:
      return "AES256";
    case Encryption::Aes192:
      return "AES192";
    case Encryption::Aes128:
      return "AES128";
    case Encryption::Aes256Gcm16:
      return "AES256GCM16";
    case Encryption::Aes192Gcm16:
      return "AES192GCM16";
    case Encryption::Aes128Gcm16:
      return "AES128GCM16";
    case Encryption::Des3:
      return "3DES";
  }
  return "?";
}

std::string_view to_string(Integrity integrity) {
  switch (integrity) {
    case Integrity::Sha512:
      return "SHA512";
    case Integrity::Sha384:
      return "SHA384";
    case Integrity::Sha256:
      return "SHA256";
    case Integrity::Sha1:
      return "SHA1";
    case Integrity::Gcm16:
      return "GCM16";
    case Integrity::Gcm12:
      return "GCM12";
    case Integrity::Gcm8:
      return "GCM8";
  }
  return "?";
}

bool is_gcm(Encryption encryption) {
  return encryption == Encryption::Aes256Gcm16 || encryption == Encryption::Aes192Gcm16 ||
         encryption == Encryption::Aes128Gcm16;
}

bool is_gcm(Integrity integrity) {
  return integrity == Integrity::Gcm16 || integrity == Integrity::Gcm12 || integrity == Integrity::Gcm8;
}

const IsakmpProfile& default_isakmp_profile() {
  static const IsakmpProfile profile = [] {
    IsakmpProfile built;
    std::uint8_t number = 0;
    for (const auto encryption : {Encryption::Aes256, Encryption::Aes128, Encryption::Des3})
      for (const auto integrity : {Integrity::Sha256, Integrity::Sha1})
        for (const std::uint16_t group : {std::uint16_t{14}, std::uint16_t{16}})
          built.transforms[++number] = {encryption, integrity, group};
    return built;
  }();
  return profile;
}

const IpsecProfile& default_ipsec_profile() {
  static const IpsecProfile profile = [] {
    IpsecProfile built;
    std::uint8_t number = 0;
    for (const auto encryption : {Encryption::Aes256, Encryption::Aes128})
      for (const auto integrity : {Integrity::Sha256, Integrity::Gcm16, Integrity::Gcm8, Integrity::Sha1})
        built.transforms[++number] = {encryption, integrity};
    built.transforms[++number] = {Encryption::Des3, Integrity::Sha256};
    built.transforms[++number] = {Encryption::Des3, Integrity::Sha1};
    return built;
  }();
  return profile;
}

}  // namespace awtun
