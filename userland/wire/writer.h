// SPDX-License-Identifier: Apache-2.0
// Writes messages: payload chains with their lengths and next-payload octets, then the whole
// message, in the clear or with its payloads inside SK.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "userland/base/bytes.h"
#include "userland/wire/message.h"
#include "userland/wire/payloads.h"

namespace awtun::wire {

/// Grows a chain of payloads in the order of the calls. Bounds are checked once, where the message
/// is made: a chain that is too long gives no message.
class PayloadWriter {
 public:
  /// The type of the first payload; None while the chain is empty.
  [[nodiscard]] PayloadType first() const { return first_; }
  [[nodiscard]] ByteView octets() const { return octets_; }
  [[nodiscard]] std::size_t size() const { return octets_.size(); }
  /// False when some payload did not fit its own length fields.
  [[nodiscard]] bool ok() const { return ok_; }

  void sa(std::span<const Proposal> proposals);
  void sa(const Proposal& proposal) { sa(std::span(&proposal, 1)); }
  void ke(GroupId group, ByteView public_value);
  /// `which` is IdI or IdR.
  void id(PayloadType which, IdType type, ByteView data);
  /// `which` is Cert or CertReq.
  void cert(PayloadType which, std::uint8_t encoding, ByteView data);
  void auth(AuthMethodId method, ByteView data);
  void nonce(ByteView nonce);
  void notify(const NotifyView& notify);
  /// A notification that concerns no SA.
  void notify(NotifyType type, ByteView data = {}) { notify(NotifyView{type, ProtocolId::None, {}, data}); }
  /// Deletes the IKE SA that carries the message.
  void delete_ike_sa();
  /// Deletes Child SAs by the sender's inbound SPIs, in host byte order.
  void delete_child_sas(ProtocolId protocol, std::span<const std::uint32_t> spis);
  void vendor_id(ByteView id);
  /// `which` is TsI or TsR.
  void ts(PayloadType which, std::span<const Selector> selectors);
  /// Any payload, its body as it stands.
  void raw(PayloadType type, ByteView body, bool critical = false);

 private:
  std::size_t begin(PayloadType type, bool critical = false);
  void end(std::size_t start);

  Bytes octets_;
  PayloadType first_ = PayloadType::None;
  /// Where the next-payload octet of the last payload stands.
  std::size_t last_ = 0;
  bool ok_ = true;
};

/// A message whose payloads are in the clear. `header.first_payload` and `.length` are filled in.
/// nullopt when it would exceed kMaxMessageSize or a length field.
[[nodiscard]] std::optional<Bytes> write_message(const Header& header, const PayloadWriter& payloads);

/// How a cipher turns the plaintext of an SK or SKF payload into its body.
struct Sealer {
  /// The exact size of the body (IV, ciphertext with padding, ICV) for the plaintext at hand.
  std::size_t body_size = 0;
  /// Fills `body`. `prefix` is the message from the IKE header through the SK payload's generic
  /// header, or through an SKF payload's numbers. False when that failed; no message results then.
  std::function<bool(ByteView prefix, ByteView plaintext, MutableByteView body)> seal;
};

/// A message of one SK payload that holds `inner`, which may be empty. nullopt when it would be too
/// large or when `sealer` fails.
[[nodiscard]] std::optional<Bytes> write_encrypted_message(const Header& header, const PayloadWriter& inner,
                                                           const Sealer& sealer);

/// A part of a message's plaintext, to be sent in an SKF payload (RFC 7383 2.5).
struct Fragment {
  PayloadType first_inner = PayloadType::None;  ///< of the whole message; written into number 1 alone
  ByteView plaintext;
  std::uint16_t number = 1;
  std::uint16_t total = 1;
};
[[nodiscard]] std::optional<Bytes> write_fragment(const Header& header, const Fragment& fragment,
                                                  const Sealer& sealer);

}  // namespace awtun::wire
