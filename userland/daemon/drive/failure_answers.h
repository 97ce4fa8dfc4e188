// SPDX-License-Identifier: Apache-2.0
// What is reported to the engine when an action could not be carried out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "userland/ike/engine.h"

namespace awtun::daemon {

class FailureAnswers {
 public:
  /// Makes the engine's input from the reason; null: the engine needs not know.
  using Answer = std::function<ike::Input(std::string)>;

  /// To be asked for every action in turn, before it is carried out.
  Answer prepare(const ike::Action& action);

 private:
  Answer prepare_added(const ike::AddSa& add);
  [[nodiscard]] Answer of_outbound(ike::TunnelId tunnel, std::uint32_t spi) const;

  /// The tokens of the outbound SAs, by which what else is done with them fails too.
  std::map<std::pair<ike::TunnelId, std::uint32_t>, std::uint64_t> outbound_;
};

}  // namespace awtun::daemon
