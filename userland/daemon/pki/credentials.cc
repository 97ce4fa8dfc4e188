// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/credentials.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace awtun::daemon {

std::vector<std::string> Credentials::reload() {
  auto loaded = store_.load_all();
  auto fresh = std::make_shared<const pki::Credentials>(std::move(loaded.credentials));
  const std::scoped_lock lock(mutex_);
  current_ = std::move(fresh);
  return std::move(loaded.errors);
}

std::shared_ptr<const pki::Credentials> Credentials::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

std::vector<Bytes> Credentials::authorities(std::string_view trustpoint) const {
  const auto all = current();
  const auto found = all->find(trustpoint);
  if (found == all->end()) return {};
  return found->second->authority_hashes();
}

Bytes Credentials::subject(std::string_view trustpoint) const {
  const auto all = current();
  const auto found = all->find(trustpoint);
  if (found == all->end() || found->second->certificates().empty()) return {};
  return found->second->certificates().front().subject_der();
}

void reload_logging_errors(Credentials& credentials) {
  for (const auto& error : credentials.reload()) spdlog::warn("trustpoint left out: {}", error);
}

}  // namespace awtun::daemon
