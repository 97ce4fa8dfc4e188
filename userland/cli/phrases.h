// SPDX-License-Identifier: Apache-2.0
// Members of the daemon's views as words; empty where a member is missing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userland/cli/block.h"
#include "userland/cli/fields.h"

namespace awtun::cli {

/// "12 s", "2 min 05 s", "23:59:48", "3 d 02:10:05".
std::string duration(std::int64_t seconds);

/// `lead`, the time that `key` holds, `tail`.
std::string time_of(const Json& object, const char* key, std::string_view lead = "",
                    std::string_view tail = "");

/// "age 12 s, rekey in 2 min 05 s, expires in 3 min 00 s".
std::string lifetime_of(const Json& sa);

/// The strings of an array, with ", " between them.
std::string texts_of(const Json& object, const char* key);

/// "<number> <thing>s".
std::string count_of(const Json& object, const char* key, std::string_view thing);

/// "<number> <words>".
std::string number_before(const Json& object, const char* key, std::string_view words);

/// "AES256, SHA256, group 14".
std::string algorithms_of(const Json& sa);

/// "b.example.com (fqdn)": what `key` holds, and its type, which "<key>_type" does.
std::string identity_of(const Json& object, const std::string& key);

/// "5 packets, 420 bytes, 0 errors, 0 dropped".
std::string traffic_of(const Json& counters);

/// The counters that are not 0: "tx_no_sa 3".
std::string drops_of(const Json& counters);

/// The networks for which the peer takes no Child SA.
void add_declined(const Json& peer, Block& block);

/// A request that waits for its answer, since when and what to look at.
void add_unanswered(const Json& request, Block& block);

/// The last failure in words for an operator.
void add_failure(const Json& failure, Block& block);

/// What `render_one` makes of each of `list`, with an empty line between them; `none` and a line end
/// when there is none.
template <class RenderOne>
std::string blocks(const Json& list, std::string_view none, RenderOne render_one) {
  if (list.empty()) return std::string(none) + "\n";
  std::string out;
  for (const Json& each : list) out += (out.empty() ? "" : "\n") + render_one(each);
  return out;
}

}  // namespace awtun::cli
