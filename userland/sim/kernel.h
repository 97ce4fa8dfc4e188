// SPDX-License-Identifier: Apache-2.0
// A simulated data plane: which SAs are installed, and what a packet would meet.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "userland/ike/engine.h"

namespace awtun::sim {

/// An ESP packet reduced to what decides its fate: where it goes, the SPI, the keys that protect it.
struct ModelPacket {
  Endpoint source;  ///< the ports count only in UDP
  Endpoint destination;
  bool udp = false;
  std::uint32_t spi = 0;
  std::uint64_t number = 0;  ///< its sequence number
  Bytes keys;
  bool esn = false;
  bool transport = false;
  /// What is in it, as the sender sees it; nullopt: anything.
  std::optional<Networks> flow = std::nullopt;
};

class SimKernel {
 public:
  /// Carries out ExpectSa, AddSa, ActivateSa, DeleteSa and MoveSa; leaves other actions alone. Breaking the
  /// contract of the data plane (an SPI twice ever, deleting what is not there, activating what is not
  /// outbound, moving what is not in UDP) is noted in errors().
  void apply(const ike::Action& action);
  /// All SAs gone, as after a reboot.
  void flush();
  /// Those gone that it sends by, as after a fork of the virtual machine.
  void flush_outbound();

  /// The tunnel's next packet; nullopt when no active outbound SA covers `flow`. Without one: by the SA that
  /// was activated last.
  [[nodiscard]] std::optional<ModelPacket> transmit(ike::TunnelId tunnel,
                                                    const std::optional<Networks>& flow = std::nullopt);
  /// The same packet, which is not sent.
  [[nodiscard]] std::optional<ModelPacket> peek(ike::TunnelId tunnel,
                                                const std::optional<Networks>& flow = std::nullopt) const;
  /// Whether an inbound SA takes the packet.
  [[nodiscard]] bool takes(const ModelPacket& packet) const;
  /// Receives a packet that an SA takes. When it is the newest and comes from elsewhere than the
  /// tunnel sends to, the outbound SAs follow if they may, and the engine is to be told.
  [[nodiscard]] std::optional<ike::PeerMoved> receive(const ModelPacket& packet, ike::Time now);
  /// Whether an inbound SA of this SPI is expected, so that a packet would be held.
  [[nodiscard]] bool expects(std::uint32_t spi) const { return expected_.contains(spi); }
  /// Holds a packet until its SA is added; false: it is lost.
  [[nodiscard]] bool hold(const ModelPacket& packet);
  /// The packets, in order, that have been held for SAs that are there now, or will not be.
  [[nodiscard]] std::vector<ModelPacket> release() { return std::exchange(released_, {}); }
  /// When an inbound SA received a packet last.
  [[nodiscard]] std::optional<ike::Time> heard(std::uint32_t spi) const;

  [[nodiscard]] std::size_t inbound_count(ike::TunnelId tunnel) const;
  [[nodiscard]] std::size_t outbound_count(ike::TunnelId tunnel) const;
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  /// Every AddSa so far had keys of its own.
  [[nodiscard]] bool keys_unique() const { return keys_unique_; }

 private:
  struct Sa {
    ike::TunnelId tunnel;
    Endpoint local;
    Endpoint remote;
    bool udp;
    bool follow;
    bool esn;
    bool transport;
    Bytes keys;
    Networks networks;
    std::uint64_t number = 0;  ///< last sent, or newest received
    std::optional<ike::Time> heard = std::nullopt;
  };
  void add(const ike::AddSa& action);
  bool release(std::uint32_t spi);
  void activate(const ike::ActivateSa& action);
  void remove(const ike::DeleteSa& action);
  void move(const ike::MoveSa& action);

  std::map<std::uint32_t, std::vector<ModelPacket>> expected_;  ///< what is held
  std::vector<ModelPacket> released_;
  std::map<std::uint32_t, Sa> inbound_;
  std::map<std::pair<ike::TunnelId, std::uint32_t>, Sa> outbound_;
  std::map<ike::TunnelId, std::vector<std::uint32_t>> active_;  ///< the latest first
  std::set<std::pair<ike::TunnelId, std::uint32_t>>
      forgotten_;                      ///< by flush_outbound(), and not deleted since
  std::set<std::uint32_t> spis_used_;  ///< inbound ones, ever
  std::map<Bytes, int> key_uses_;
  bool keys_unique_ = true;
  std::vector<std::string> errors_;
};

}  // namespace awtun::sim
