// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/profile.h"

namespace awtun {

const IsakmpProfile& default_isakmp_profile() {
  static const IsakmpProfile profile = [] {
    IsakmpProfile built;
    std::uint8_t number = 0;
    for (const auto* encryption : {"aes256", "aes128", "3des"})
      for (const auto* integrity : {"sha256", "sha1"})
        for (const auto group : {crypto::GroupId::Modp2048, crypto::GroupId::Modp4096})
          built.transforms[++number] = crypto::ike_suite(encryption, integrity, group).value();
    return built;
  }();
  return profile;
}

const IpsecProfile& default_ipsec_profile() {
  static const IpsecProfile profile = [] {
    IpsecProfile built;
    std::uint8_t number = 0;
    const auto add = [&](const char* encryption, const char* integrity) {
      built.transforms[++number] = crypto::esp_suite(encryption, integrity).value();
    };
    for (const auto* encryption : {"aes256", "aes128"})
      for (const auto* integrity : {"sha256", "gcm16", "gcm8", "sha1"}) add(encryption, integrity);
    add("3des", "sha256");
    add("3des", "sha1");
    return built;
  }();
  return profile;
}

}  // namespace awtun
