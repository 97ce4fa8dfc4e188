// SPDX-License-Identifier: Apache-2.0
// Which tunnels a peer may mean: in IKE_SA_INIT by the addresses, in IKE_AUTH by its identity.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "userland/ike/policy.h"

namespace awtun::ike {

/// The tunnels between two addresses, or the dynamic ones of a local address.
class Candidates {
 public:
  void insert(const TunnelPolicy& policy);
  void erase(const TunnelPolicy& policy);
  [[nodiscard]] bool empty() const { return by_identity_.empty(); }
  [[nodiscard]] std::size_t size() const { return by_identity_.size(); }

  /// Some tunnel: who speaks for them all while it is open which one is meant.
  [[nodiscard]] TunnelId any() const { return by_identity_.begin()->second; }
  /// Those that expect a peer whose identity matches this one, the lowest number first.
  [[nodiscard]] std::vector<TunnelId> with_peer(const Identity& remote_id) const;

  /// What the tunnels accept in IKE_SA_INIT, each once, however many tunnels there are.
  struct Terms {
    IsakmpProfile isakmp;
    std::optional<CertificatePolicy> certificate;
    std::size_t tunnels = 0;
  };
  [[nodiscard]] const std::vector<Terms>& terms() const { return terms_; }
  /// The IKE suites that all of them have, in the order of the first.
  [[nodiscard]] const std::vector<crypto::IkeSuite>& common_suites() const;

 private:
  std::set<std::pair<Identity::Key, TunnelId>> by_identity_;
  std::vector<Terms> terms_;
  mutable std::optional<std::vector<crypto::IkeSuite>> common_suites_;  ///< nullopt: `terms_` has changed
};

/// The tunnels that a peer may mean before it has said who it is: those between the two addresses, and the
/// dynamic ones, for another router may be behind the same NAT. Valid until a tunnel is inserted or erased.
class MeantTunnels {
 public:
  MeantTunnels(const Candidates* between, const Candidates* dynamic) : between_(between), dynamic_(dynamic) {}

  [[nodiscard]] bool empty() const { return between_ == nullptr && dynamic_ == nullptr; }
  [[nodiscard]] std::size_t size() const;
  /// Some tunnel, one between the two addresses if there is any. Not when empty.
  [[nodiscard]] TunnelId any() const { return between_ != nullptr ? between_->any() : dynamic_->any(); }
  /// As Candidates has it; those between the two addresses come first.
  [[nodiscard]] std::vector<TunnelId> with_peer(const Identity& remote_id) const;
  [[nodiscard]] std::vector<const Candidates::Terms*> terms() const;
  /// See Candidates.
  [[nodiscard]] std::vector<crypto::IkeSuite> common_suites() const;

 private:
  const Candidates* between_;
  const Candidates* dynamic_;
};

class TunnelIndex {
 public:
  void insert(const TunnelPolicy& policy);
  /// `policy` is what was inserted.
  void erase(const TunnelPolicy& policy);
  void clear() { candidates_.clear(); }

  [[nodiscard]] MeantTunnels find(const IpAddress& local, const IpAddress& remote) const;
  /// The tunnels that share both addresses with `policy`, itself among them.
  [[nodiscard]] const Candidates* beside(const TunnelPolicy& policy) const;

 private:
  [[nodiscard]] const Candidates* at(const IpAddress& local, const std::optional<IpAddress>& remote) const;

  std::map<std::pair<IpAddress, std::optional<IpAddress>>, Candidates> candidates_;
};

}  // namespace awtun::ike
