// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/key_maker.h"

#include <chrono>
#include <system_error>

namespace awtun::daemon {

std::optional<KeyMaker::Made> KeyMaker::take(const WantedKey& wanted) {
  auto found = under_way_.find(wanted);
  if (found == under_way_.end()) {
    const auto make = [wanted] { return crypto::Signer::generate(wanted.type, wanted.rsa_bits); };
    try {
      under_way_.emplace(wanted, std::async(std::launch::async, make));
    } catch (const std::system_error&) {  // no thread is to be had: then now
      return make();
    }
    return std::nullopt;
  }
  if (found->second.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  auto made = found->second.get();
  under_way_.erase(found);
  return made;
}

}  // namespace awtun::daemon
