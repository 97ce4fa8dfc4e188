// SPDX-License-Identifier: Apache-2.0
// A session with its configuration, as a test's operator has it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "userland/config/session.h"

namespace awtun::config::test {

struct Console {
  Config config;
  Session session;

  /// Executes a line and applies what it edits.
  Outcome execute(std::string_view line) {
    Outcome outcome = config::execute(config, session, line);
    if (const auto* edit = std::get_if<Edit>(&outcome)) config = edit->candidate;
    return outcome;
  }

  /// Why it refuses a line, which it must.
  std::string refusal(std::string_view line) {
    const Outcome outcome = execute(line);
    const auto* refused = std::get_if<Refused>(&outcome);
    EXPECT_NE(refused, nullptr) << line;
    return refused == nullptr ? "" : refused->reason;
  }

  /// Lines that all must be edits or done.
  void type(std::initializer_list<std::string_view> lines) {
    for (const std::string_view line : lines) {
      const Outcome outcome = execute(line);
      EXPECT_TRUE(std::holds_alternative<Edit>(outcome) || std::holds_alternative<Done>(outcome)) << line;
    }
  }
};

}  // namespace awtun::config::test
