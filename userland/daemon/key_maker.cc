// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/key_maker.h"

#include <chrono>
#include <utility>

namespace awtun::daemon {

std::optional<KeyMaker::Made> KeyMaker::take(const WantedKey& wanted) {
  auto found = under_way_.find(wanted);
  if (found == under_way_.end()) {
    auto begun = std::async(std::launch::async, crypto::Signer::generate, wanted.type,
                            static_cast<unsigned>(wanted.rsa_bits));
    under_way_.emplace(wanted, std::move(begun));
    return std::nullopt;
  }
  if (found->second.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  auto made = found->second.get();
  under_way_.erase(found);
  return made;
}

}  // namespace awtun::daemon
