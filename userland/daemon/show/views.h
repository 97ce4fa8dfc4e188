// SPDX-License-Identifier: Apache-2.0
// What all views share. A view is what `show` prints, as JSON: a pure function of values. Each object carries
// "schema", which is control::kSchema.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "userland/control/protocol.h"
#include "userland/ike/policy.h"
#include "userland/ike/time.h"

namespace awtun::daemon {

using control::Json;

/// Narrows a view to one tunnel; nullopt: all.
using Only = std::optional<ike::TunnelId>;

inline bool shown(ike::TunnelId tunnel, Only only) { return !only || *only == tunnel; }

inline std::int64_t seconds_between(ike::Time from, ike::Time to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

/// {"schema", "text"}.
inline Json text_view(const std::string& text) { return {{"schema", control::kSchema}, {"text", text}}; }

}  // namespace awtun::daemon
