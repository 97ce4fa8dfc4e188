// SPDX-License-Identifier: Apache-2.0
// The trustpoints in force. The workers read them while the loop's thread puts others in their place.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/daemon/pki/trustpoint_store.h"
#include "userland/pki/trustpoint.h"

namespace awtun::daemon {

class Credentials {
 public:
  explicit Credentials(TrustpointStore store) : store_(std::move(store)) {}

  /// Reads all from the disk. A trustpoint that cannot be loaded is left out; the errors are for the log.
  std::vector<std::string> reload();

  /// Any thread may call it. What it gives stays as it is.
  [[nodiscard]] std::shared_ptr<const pki::Credentials> current() const;

  [[nodiscard]] const TrustpointStore& store() const { return store_; }

  /// As CERTREQ names the CAs of a trustpoint; none without such a trustpoint.
  [[nodiscard]] std::vector<Bytes> authorities(std::string_view trustpoint) const;
  /// The subject of our certificate in DER; empty without such a trustpoint, or a certificate in it.
  [[nodiscard]] Bytes subject(std::string_view trustpoint) const;

 private:
  TrustpointStore store_;
  mutable std::mutex mutex_;  ///< of the pointer
  std::shared_ptr<const pki::Credentials> current_ = std::make_shared<const pki::Credentials>();
};

/// Reads all again, and has the log say what is left out.
void reload_logging_errors(Credentials& credentials);

}  // namespace awtun::daemon
