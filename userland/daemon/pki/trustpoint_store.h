// SPDX-License-Identifier: Apache-2.0
// Trustpoints and key pairs on the disk:
//   DIRECTORY/trustpoints/NAME/ca.pem   the CA's certificate, or several
//   DIRECTORY/trustpoints/NAME/own.pem  our private key, its certificate, those between it and the CA: one
//                                       file, so that a crash never leaves a key beside another's certificate
//   DIRECTORY/trustpoints/NAME/crl.pem  revocation lists, and certificates of those who sign them for a CA
//   DIRECTORY/trustpoints/NAME/*.crl    the same, put there by hand; a list may be in DER, in crl.pem as well
//   DIRECTORY/keys/LABEL.pem            key pairs that requests are made with: "server-default"
// Whole files only, each replaced in one step. A private key that others may read is refused.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userland/base/result.h"
#include "userland/pki/trustpoint.h"

namespace awtun::daemon {

class TrustpointStore {
 public:
  static constexpr const char* kDefaultDirectory = "/etc/awtun/pki";

  explicit TrustpointStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  struct Loaded {
    pki::Credentials credentials;
    std::vector<std::string> errors;  ///< one for each trustpoint that is left out, with file and reason
  };
  [[nodiscard]] Loaded load_all() const;
  /// One of which nothing is stored yet is empty, not an error.
  [[nodiscard]] Result<std::shared_ptr<const pki::Trustpoint>, std::string> load(std::string_view name) const;

  Result<void, std::string> save_authority(std::string_view name, const pki::Certificate& authority) const;
  /// `certificates`: our own, then those between it and the CA.
  Result<void, std::string> save_own(std::string_view name, const crypto::Signer& key,
                                     std::span<const pki::Certificate> certificates) const;
  /// To those of crl.pem; of one key and scope the old list is replaced.
  Result<void, std::string> add_revocation_lists(std::string_view name, std::string_view pem) const;
  /// Forgets the trustpoint, not the key pairs. One that is not there is no error.
  Result<void, std::string> remove(std::string_view name) const;

  /// nullopt: there is no such key pair.
  [[nodiscard]] Result<std::optional<crypto::Signer>, std::string> load_key(std::string_view label) const;
  Result<void, std::string> save_key(std::string_view label, const crypto::Signer& key) const;

 private:
  [[nodiscard]] std::filesystem::path trustpoint(std::string_view name) const;
  [[nodiscard]] std::filesystem::path key_file(std::string_view label) const;

  std::filesystem::path directory_;
};

}  // namespace awtun::daemon
