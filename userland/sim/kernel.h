// SPDX-License-Identifier: Apache-2.0
// A simulated data plane: which SAs are installed, and what a packet would meet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "userland/ike/engine.h"

namespace awtun::sim {

/// An ESP packet reduced to what decides its fate: the SPI and the keys that protect it.
struct ModelPacket {
  IpAddress source;
  IpAddress destination;
  std::uint32_t spi = 0;
  Bytes keys;
};

class SimKernel {
 public:
  /// Carries out AddSa, ActivateSa and DeleteSa; leaves other actions alone. Breaking the contract of
  /// the data plane (an SPI twice, deleting what is not there, activating what is not outbound) is
  /// noted in errors().
  void apply(const ike::Action& action);
  /// All SAs gone, as after a reboot.
  void flush();

  /// What the tunnel would transmit now; nullopt when no outbound SA is active.
  [[nodiscard]] std::optional<ModelPacket> transmit(ike::TunnelId tunnel) const;
  /// Whether an inbound SA takes the packet.
  [[nodiscard]] bool receive(const ModelPacket& packet) const;

  [[nodiscard]] std::size_t inbound_count(ike::TunnelId tunnel) const;
  [[nodiscard]] std::size_t outbound_count(ike::TunnelId tunnel) const;
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  /// Every AddSa so far had keys of its own.
  [[nodiscard]] bool keys_unique() const { return keys_unique_; }

 private:
  struct Sa {
    ike::TunnelId tunnel;
    IpAddress local;
    IpAddress remote;
    Bytes keys;
  };
  void add(const ike::AddSa& action);
  void activate(const ike::ActivateSa& action);
  void remove(const ike::DeleteSa& action);

  std::map<std::uint32_t, Sa> inbound_;
  std::map<std::pair<ike::TunnelId, std::uint32_t>, Sa> outbound_;
  std::map<ike::TunnelId, std::uint32_t> active_;
  std::map<Bytes, int> key_uses_;
  bool keys_unique_ = true;
  std::vector<std::string> errors_;
};

}  // namespace awtun::sim
