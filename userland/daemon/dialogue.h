// SPDX-License-Identifier: Apache-2.0
// Commands that ask back. Each request stands for itself: what was asked for comes beside the same line
// again.
#pragma once

#include <optional>
#include <string>

namespace awtun::daemon {

/// What came beside the line of the command.
struct Enclosed {
  std::optional<std::string> text;  ///< what the operator has pasted, or the file that was asked for
  bool accepted = false;            ///< and has said yes to
};

/// The daemon's turn.
struct Turn {
  enum class Ask : std::uint8_t {
    Nothing,     ///< it is done
    Text,        ///< that something be pasted
    File,        ///< the contents of the operator's file `subject`
    Acceptance,  ///< the question `subject`, to be answered with yes or no
    Patience,    ///< nothing but the same again in a moment: it is not ready yet
  };
  Ask ask;
  std::string text;  ///< to print
  std::string subject = {};
};

}  // namespace awtun::daemon
