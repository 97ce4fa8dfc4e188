// SPDX-License-Identifier: Apache-2.0
// What is known of each tunnel, found at once: a view of all tunnels reads its sources once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "userland/config/model.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

/// The parts of an ike::Status by tunnel. The status must outlive it.
class StatusIndex {
 public:
  explicit StatusIndex(const ike::Status& status);

  /// Null: the engine does not have the tunnel.
  [[nodiscard]] const ike::PeerStatus* peer(ike::TunnelId tunnel) const { return of(tunnel).peer; }
  /// Of several, as during a rekey, the one that was established last; null: there is none.
  [[nodiscard]] const ike::IkeSaStatus* newest_ike_sa(ike::TunnelId tunnel) const {
    return of(tunnel).newest_ike_sa;
  }
  [[nodiscard]] const ike::ChildSaStatus* newest_child_sa(ike::TunnelId tunnel) const {
    return of(tunnel).newest_child_sa;
  }
  [[nodiscard]] std::size_t child_sas(ike::TunnelId tunnel) const { return of(tunnel).child_sas; }

 private:
  struct Entry {
    const ike::PeerStatus* peer = nullptr;
    const ike::IkeSaStatus* newest_ike_sa = nullptr;
    const ike::ChildSaStatus* newest_child_sa = nullptr;
    std::size_t child_sas = 0;
  };
  [[nodiscard]] Entry of(ike::TunnelId tunnel) const {
    const auto found = tunnels_.find(tunnel);
    return found == tunnels_.end() ? Entry{} : found->second;
  }

  std::unordered_map<ike::TunnelId, Entry> tunnels_;
};

/// The first problem of each tunnel that has one.
std::map<ike::TunnelId, std::string> first_problems(const config::Config& config);

/// The entries by a key of theirs, the first of each; they must outlive it.
template <class Entry, class KeyOf>
auto index_by(const std::vector<Entry>& entries, KeyOf key_of) {
  std::map<std::decay_t<std::invoke_result_t<KeyOf, const Entry&>>, const Entry*> index;
  for (const auto& entry : entries) index.try_emplace(std::invoke(key_of, entry), &entry);
  return index;
}

/// Null where `index` does not have the key.
template <class Key, class Entry>
const Entry* find_in(const std::map<Key, const Entry*>& index, const Key& key) {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : found->second;
}

}  // namespace awtun::daemon
