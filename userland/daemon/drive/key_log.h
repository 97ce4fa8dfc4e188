// SPDX-License-Identifier: Apache-2.0
// The keys of every SA, for a packet analyser. Defeats the encryption; off unless root asks.
#pragma once

#include <filesystem>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/io/unique_fd.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

/// A line of Wireshark's table "esp_sa" for one SA, without line end. The caller must wipe it.
std::string esp_sa_line(const ike::AddSa& sa);
/// A line of Wireshark's table "ikev2_decryption_table" for one IKE SA. The caller must wipe it.
std::string ikev2_line(const ike::IkeKeys& keys);

/// Appends to the files `esp_sa` and `ikev2_decryption_table` of a directory, which may serve as
/// Wireshark's configuration directory as it is.
class KeyLog {
 public:
  /// Refuses unless this process runs as root and the directory belongs to root with mode 0700, and
  /// so (mode 0600) do the files that are already there.
  static Result<KeyLog, std::string> open(const std::filesystem::path& directory);

  void record(const ike::AddSa& sa);
  void record(const ike::IkeKeys& keys);

 private:
  KeyLog(UniqueFd esp, UniqueFd ike) : esp_(std::move(esp)), ike_(std::move(ike)) {}

  UniqueFd esp_;
  UniqueFd ike_;
};

}  // namespace awtun::daemon
