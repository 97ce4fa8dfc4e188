// SPDX-License-Identifier: Apache-2.0
// An IKEv2 peer that is not awiked: a small one of its own, made of the codec and the key schedule alone. It
// does what RFC 7296's letter says, with the liberties that it is given, and stands where an engine stands.
// Pre-shared keys, one tunnel, no NAT, no fragments; it has no lifetimes (2.8: each end has its own), so it
// rekeys when it is told to.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "userland/ike/events.h"
#include "userland/ike/policy.h"
#include "userland/ike/random_source.h"
#include "userland/ike/status.h"
#include "userland/sim/foreign_sa.h"
#include "userland/sim/liberties.h"

namespace awtun::sim {

using ike::Duration;
using ike::Time;

class ForeignPeer {
 public:
  ForeignPeer(ike::RandomSource random, Liberties liberties);

  // As ike::Engine has them. Crypto takes no time, so there are no jobs; what concerns a NAT means nothing.
  [[nodiscard]] ike::Actions step(Time now, ike::Input input);
  [[nodiscard]] std::optional<Time> next_deadline() const;
  [[nodiscard]] ike::Status status() const;

  /// A request is sent first after so long, then twice as late each time, so many times in all (2.1).
  static constexpr Duration kFirstWait{2000};
  static constexpr unsigned kTries = 6;
  /// How late Liberty::AnswersLate is: awiked repeats its request after 4 s.
  static constexpr Duration kLate{5000};

 private:
  using Ask = ForeignAsk;
  using What = ForeignAsk::What;
  using Sa = ForeignIkeSa;
  using State = ForeignIkeSa::State;
  using Child = ForeignChild;

  // foreign_peer.cc: inputs, time, the window
  void on(ike::Datagram&& datagram);
  void on(ike::SetTunnel&& input);
  void on(ike::RemoveTunnel&& input);
  void on(ike::Shutdown&& input);
  void on(ike::DataPlaneFailed&& input);
  void on(ike::SaExpired&& input);
  void on(ike::Rekey&& input);
  void on(ike::ClearSa&& input);
  void on(ike::ClearChildSa&& input);
  void on(ike::UnknownSpi&& input);
  template <class Other>
  void on(Other&&) {}
  void receive(const ike::Datagram& datagram);
  void receive(Sa& sa, const wire::MessageView& message);
  void on_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_response(Sa& sa, const wire::PayloadChain& inner);
  void tick(Sa& sa);
  void begin_if_none();
  void pump(Sa& sa);
  void give_up(Sa& sa);
  void sweep();
  void choose_outbound();
  void ask(Sa& sa, Ask what);
  void request(Sa& sa, wire::ExchangeType exchange, wire::PayloadWriter& payloads, ForeignRequest pending);
  void transmit(Sa& sa);
  void respond(Sa& sa, const wire::Header& header, wire::PayloadWriter& payloads);
  void refuse(Sa& sa, const wire::Header& header, wire::NotifyType why, ByteView data = {});
  void add_oddities(wire::PayloadWriter& payloads, wire::ExchangeType exchange) const;
  void send(const Sa& sa, const Bytes& octets);

  // foreign_setup.cc: IKE_SA_INIT, IKE_AUTH
  Sa& initiate(wire::GroupId group = wire::GroupId::None, std::uint64_t supersedes = 0);
  void send_init(Sa& sa, ByteView cookie);
  void refuse_in_clear(const ike::Datagram& request, wire::Header header, wire::NotifyType why,
                       ByteView data);
  void on_init_request(const ike::Datagram& datagram, const wire::MessageView& message);
  void on_init_response(Sa& sa, const wire::MessageView& message);
  void send_auth(Sa& sa);
  void on_auth_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_auth_response(Sa& sa, ForeignRequest asked, const wire::PayloadChain& inner);
  void set_up(Sa& sa, const wire::PayloadChain& inner);
  [[nodiscard]] bool take_keys(Sa& sa, const Secret& seed);
  [[nodiscard]] Secret auth(const Sa& sa, bool of_initiator, ByteView id_body) const;
  [[nodiscard]] bool is_remote(const Sa& sa, const wire::PayloadChain& inner, wire::PayloadType id) const;

  // foreign_children.cc: CREATE_CHILD_SA, Delete
  void ask_child(Sa& sa, Ask what);
  [[nodiscard]] bool may_rekey(const Child& child);
  void ask_ike_rekey(Sa& sa, Ask what);
  void on_create_child_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_child_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_ike_rekey_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_child_response(Sa& sa, ForeignRequest asked, const wire::PayloadChain& inner);
  void on_child_refused(Sa& sa, const ForeignRequest& request, const wire::NotifyView& error);
  void ask_again(Sa& sa, Ask asked, const wire::NotifyView& error);
  void on_ike_rekey_response(Sa& sa, ForeignRequest asked, const wire::PayloadChain& inner);
  void on_informational(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_delete_child(Sa& sa, wire::PayloadWriter& answer, const wire::DeleteView& deleted);
  void offer_child(wire::PayloadWriter& payloads, std::uint32_t spi, wire::GroupId pfs,
                   std::uint32_t share) const;
  void answer_child(wire::PayloadWriter& payloads, const Child& made,
                    const ForeignChoice<ForeignEsp>& choice) const;
  Child* install(const Sa& sa, std::uint32_t spi, const ForeignChoice<ForeignEsp>& choice,
                 std::uint32_t share, Networks networks, ForeignNonces nonces, const Secret* shared,
                 std::optional<std::uint32_t> answers);
  /// What this end makes a Child SA each for.
  [[nodiscard]] std::vector<Networks> shares() const;
  /// What a request gets: the share of `old`, else the first of those asked for that `sa` has none for.
  /// nullopt: there is none.
  [[nodiscard]] std::optional<std::uint32_t> share_for(const Sa& sa, const Networks& asked,
                                                       const Child* old) const;
  /// Selectors of such a request, or their part that is the share.
  [[nodiscard]] Networks narrowed(Networks asked, std::uint32_t share) const;
  void add(const Sa& sa, const Child& child, Direction direction, crypto::EspKeys&& keys);
  Sa* make_successor(const Sa& old, std::uint64_t local_spi, const ForeignChoice<crypto::IkeSuite>& choice,
                     ForeignNonces nonces, const Secret& shared, bool ours);
  void succeed(Sa& old, Sa& made, bool ours);
  void make_room(const Sa& sa, const Child& made);
  void close(Child& child);
  void remove(Child& child);
  void drop(Sa& sa, bool answered);
  void delete_ike(Sa& sa, bool again);
  void stop_sending(Child& child);
  void stop_sending(const Sa& sa);

  // foreign_state.cc: what there is
  Sa& new_sa(bool initiator);
  Sa* find(std::uint64_t spi);
  /// One that the other end has not deleted meanwhile.
  Sa* find_rival(std::uint64_t spi);
  Sa* newest();
  Child* find_child(std::uint32_t in);
  Child* usable_child(std::uint32_t share);
  Child* find_outbound(ByteView spi);
  /// By which the other end has rekeyed it. It may have been deleted since.
  Child* rival_of(std::uint32_t in);
  void confirm_children(const Sa& sa, std::uint32_t id);
  void set(Sa& sa, State state);
  std::uint64_t number();
  std::uint32_t child_spi();
  Bytes nonce();
  /// nullopt: `theirs` is no public value of the group.
  std::optional<ForeignAgreement> agree(wire::GroupId group, ByteView theirs);
  Duration between(Duration low, Duration high);
  [[nodiscard]] ike::IkeSaStatus status_of(const Sa& sa) const;

  ike::RandomSource random_;
  Liberties liberties_;
  Time now_{};
  std::optional<ike::TunnelPolicy> policy_;
  std::map<std::uint64_t, Sa> sas_;                  ///< by local SPI
  std::map<std::uint32_t, Child> children_;          ///< by inbound SPI
  std::map<std::uint32_t, std::uint32_t> outbound_;  ///< by share: the Child SA that is sent by
  Time next_attempt_{};
  std::deque<std::pair<Time, ike::Datagram>> held_;  ///< requests that are looked at later
  std::uint64_t made_ = 0;
  ike::Counters counters_;
  ike::Actions actions_;
};

/// What a request of the other end asks for, and what its answer grants, as this end sees it.
[[nodiscard]] Networks foreign_request(const wire::PayloadChain& inner);
[[nodiscard]] Networks foreign_answer(const wire::PayloadChain& inner);

/// The first notification that says that the request was refused.
[[nodiscard]] std::optional<wire::NotifyView> foreign_error(const wire::PayloadChain& payloads);
[[nodiscard]] std::optional<wire::NotifyView> foreign_notify(const wire::PayloadChain& payloads,
                                                             wire::NotifyType type);

/// The first payload of a type, decoded; nullopt: there is none, or it is malformed.
template <auto Decode>
[[nodiscard]] auto foreign_read(const wire::PayloadChain& payloads, wire::PayloadType type) {
  using Value = std::remove_cvref_t<decltype(*Decode(std::declval<wire::PayloadView>()))>;
  const auto found = payloads.find(type);
  if (!found) return std::optional<Value>();
  const auto value = Decode(*found);
  return value ? std::optional<Value>(*value) : std::nullopt;
}

}  // namespace awtun::sim
