// SPDX-License-Identifier: Apache-2.0
// A restriction that could not be read never turns into no restriction.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userland/config/session.h"

namespace awtun::config {

/// Whether the refused line may have been to open a section of the mode.
bool may_open(Mode mode, std::string_view line);

/// What the refused lines of a file may have said about the protection of tunnels.
class LostProtection {
 public:
  /// The refused `line` of the section `section` (nullopt: of none), which is the `error`th of the errors.
  void note(const std::optional<Session>& section, std::string_view line, std::size_t error);
  /// Everything from there on is lost.
  void note_rest(std::size_t error);
  /// Shuts down the tunnels that would come up otherwise than the file wants it, and says so in the errors.
  void shut_down_tunnels(Loaded& loaded) const;

 private:
  void note_global(std::string_view line, std::size_t error);

  /// The numbers of errors by what they concern: "interface tunnel0", "isakmp profile p", "ipsec profile p",
  /// "pki trustpoint t", "address 10.0.0.1", "hostname x", "dynamic", "policy tunnel0" for those of peers,
  /// "address", "hostname" and "policy" for every one with such, "unknown address" for a host known by its
  /// name, "" for all tunnels.
  std::map<std::string, std::vector<std::size_t>, std::less<>> errors_;
};

}  // namespace awtun::config
