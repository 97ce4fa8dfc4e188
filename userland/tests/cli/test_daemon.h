// SPDX-License-Identifier: Apache-2.0
// The daemon's side of the control protocol for the tests of its client: the real grammar over a
// configuration in memory, and views that the test sets.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "userland/config/session.h"
#include "userland/control/protocol.h"

namespace awtun::cli::test {

/// A directory of its own, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Serves one connection after another on a socket in a directory of its own, hostname "r1".
class TestDaemon {
 public:
  TestDaemon();
  ~TestDaemon();
  TestDaemon(const TestDaemon&) = delete;
  TestDaemon& operator=(const TestDaemon&) = delete;

  [[nodiscard]] std::string socket() const { return (directory_.path() / "sock").string(); }
  [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }
  /// Says a line of its log to the client that is there.
  void log(const std::string& text);
  void set_view(const std::string& name, control::Json data);
  /// The running configuration's text.
  [[nodiscard]] std::string running() const;
  /// The lines executed so far.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  void serve();
  void serve_client(int client);
  control::Reply answer(config::Session& session, const std::string& line);
  control::Reply show(const config::Session& session, const config::Show& what);

  TemporaryDirectory directory_;
  int listener_ = -1;
  int client_ = -1;
  mutable std::mutex mutex_;
  config::Config config_;
  std::map<std::string, control::Json> views_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

}  // namespace awtun::cli::test
