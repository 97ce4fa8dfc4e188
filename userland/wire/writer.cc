// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/writer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "userland/wire/octets.h"

namespace awtun::wire {

namespace {

constexpr std::size_t kMax16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t kMax8 = std::numeric_limits<std::uint8_t>::max();

void append(Bytes& to, ByteView octets) { to.insert(to.end(), octets.begin(), octets.end()); }

template <class... Octet>
void append_octets(Bytes& to, Octet... octets) {
  (to.push_back(static_cast<std::uint8_t>(octets)), ...);
}

void append_be16(Bytes& to, std::size_t value) { append_octets(to, value >> 8, value); }

void append_be32(Bytes& to, std::uint32_t value) {
  append_be16(to, value >> 16);
  append_be16(to, value & kMax16);
}

/// Fills in the length field, 2 octets into the structure that starts at `start`.
bool patch_length(Bytes& octets, std::size_t start) {
  const std::size_t length = octets.size() - start;
  if (length > kMax16) return false;
  store_be16(octets, start + 2, length);
  return true;
}

void append_transform(Bytes& to, const Transform& transform, bool last) {
  append_octets(to, last ? 0 : 3, 0);
  append_be16(to, transform.key_bits ? 12 : 8);
  append_octets(to, static_cast<std::uint8_t>(transform.type), 0);
  append_be16(to, transform.id);
  if (!transform.key_bits) return;
  append_be16(to, 0x8000 | 14);  // Key Length, in the short form
  append_be16(to, *transform.key_bits);
}

bool append_proposal(Bytes& to, const Proposal& proposal, bool last) {
  if (proposal.spi.size() > kMax8 || proposal.transforms.size() > kMaxTransforms) return false;
  const std::size_t start = to.size();
  append_octets(to, last ? 0 : 2, 0, 0, 0, proposal.number, static_cast<std::uint8_t>(proposal.protocol),
                proposal.spi.size(), proposal.transforms.size());
  append(to, proposal.spi);
  for (const Transform& transform : proposal.transforms)
    append_transform(to, transform, &transform == &proposal.transforms.back());
  return patch_length(to, start);
}

bool append_selector(Bytes& to, const Selector& selector) {
  if (selector.first.family() != selector.last.family()) return false;
  append_octets(to, selector.first.is_v4() ? 7 : 8, selector.protocol);
  append_be16(to, 8 + 2 * selector.first.bytes().size());
  append_be16(to, selector.start_port);
  append_be16(to, selector.end_port);
  append(to, selector.first.bytes());
  append(to, selector.last.bytes());
  return true;
}

void store_header(MutableByteView message, const Header& header, PayloadType first) {
  store_be64(message, 0, header.initiator_spi);
  store_be64(message, 8, header.responder_spi);
  message[16] = static_cast<std::uint8_t>(first);
  message[17] = static_cast<std::uint8_t>(header.major_version << 4 | (header.minor_version & 0x0f));
  message[18] = static_cast<std::uint8_t>(header.exchange);
  message[19] = static_cast<std::uint8_t>((header.from_initiator ? 0x08 : 0) |
                                          (header.higher_version ? 0x10 : 0) | (header.response ? 0x20 : 0));
  store_be32(message, 20, header.message_id);
  store_be32(message, 24, static_cast<std::uint32_t>(message.size()));
}

/// A message of one payload, `type`, that begins with `numbers` and goes on with what `sealer` makes of
/// `plaintext`.
std::optional<Bytes> write_sealed(const Header& header, PayloadType type, PayloadType next, ByteView numbers,
                                  ByteView plaintext, const Sealer& sealer) {
  const std::size_t prefix_size = kHeaderSize + kPayloadHeaderSize + numbers.size();
  if (sealer.body_size > kMaxMessageSize - prefix_size) return std::nullopt;
  Bytes message(prefix_size + sealer.body_size);
  store_header(message, header, type);
  message[kHeaderSize] = static_cast<std::uint8_t>(next);
  store_be16(message, kHeaderSize + 2, message.size() - kHeaderSize);
  std::copy(numbers.begin(), numbers.end(), message.begin() + kHeaderSize + kPayloadHeaderSize);
  const auto octets = MutableByteView(message);
  if (!sealer.seal(octets.first(prefix_size), plaintext, octets.subspan(prefix_size))) return std::nullopt;
  return message;
}

}  // namespace

std::size_t PayloadWriter::begin(PayloadType type, bool critical) {
  if (first_ == PayloadType::None)
    first_ = type;
  else
    octets_[last_] = static_cast<std::uint8_t>(type);
  last_ = octets_.size();
  append_octets(octets_, 0, critical ? 0x80 : 0, 0, 0);
  return last_;
}

void PayloadWriter::end(std::size_t start) { ok_ = patch_length(octets_, start) && ok_; }

void PayloadWriter::sa(std::span<const Proposal> proposals) {
  const std::size_t start = begin(PayloadType::Sa);
  for (const Proposal& proposal : proposals)
    ok_ = append_proposal(octets_, proposal, &proposal == &proposals.back()) && ok_;
  end(start);
}

void PayloadWriter::ke(GroupId group, ByteView public_value) {
  const std::size_t start = begin(PayloadType::Ke);
  append_be16(octets_, static_cast<std::uint16_t>(group));
  append_be16(octets_, 0);
  append(octets_, public_value);
  end(start);
}

void PayloadWriter::id(PayloadType which, IdType type, ByteView data) {
  const std::size_t start = begin(which);
  append_octets(octets_, static_cast<std::uint8_t>(type), 0, 0, 0);
  append(octets_, data);
  end(start);
}

void PayloadWriter::cert(PayloadType which, std::uint8_t encoding, ByteView data) {
  const std::size_t start = begin(which);
  append_octets(octets_, encoding);
  append(octets_, data);
  end(start);
}

void PayloadWriter::auth(AuthMethodId method, ByteView data) {
  const std::size_t start = begin(PayloadType::Auth);
  append_octets(octets_, static_cast<std::uint8_t>(method), 0, 0, 0);
  append(octets_, data);
  end(start);
}

void PayloadWriter::nonce(ByteView nonce) { raw(PayloadType::Nonce, nonce); }

void PayloadWriter::notify(const NotifyView& notify) {
  const std::size_t start = begin(PayloadType::Notify);
  ok_ = notify.spi.size() <= kMax8 && ok_;
  append_octets(octets_, static_cast<std::uint8_t>(notify.protocol), notify.spi.size());
  append_be16(octets_, static_cast<std::uint16_t>(notify.type));
  append(octets_, notify.spi);
  append(octets_, notify.data);
  end(start);
}

void PayloadWriter::delete_ike_sa() {
  const std::size_t start = begin(PayloadType::Delete);
  append_octets(octets_, static_cast<std::uint8_t>(ProtocolId::Ike), 0, 0, 0);
  end(start);
}

void PayloadWriter::delete_child_sas(ProtocolId protocol, std::span<const std::uint32_t> spis) {
  const std::size_t start = begin(PayloadType::Delete);
  append_octets(octets_, static_cast<std::uint8_t>(protocol), 4);
  append_be16(octets_, spis.size());
  for (const std::uint32_t spi : spis) append_be32(octets_, spi);
  end(start);
}

void PayloadWriter::vendor_id(ByteView id) { raw(PayloadType::VendorId, id); }

void PayloadWriter::ts(PayloadType which, std::span<const Selector> selectors) {
  const std::size_t start = begin(which);
  ok_ = selectors.size() <= kMaxSelectors && ok_;
  append_octets(octets_, selectors.size(), 0, 0, 0);
  for (const Selector& selector : selectors) ok_ = append_selector(octets_, selector) && ok_;
  end(start);
}

void PayloadWriter::raw(PayloadType type, ByteView body, bool critical) {
  const std::size_t start = begin(type, critical);
  append(octets_, body);
  end(start);
}

std::optional<Bytes> write_message(const Header& header, const PayloadWriter& payloads) {
  const std::size_t size = kHeaderSize + payloads.size();
  if (!payloads.ok() || size > kMaxMessageSize) return std::nullopt;
  Bytes message;
  message.reserve(size);
  message.resize(kHeaderSize);
  append(message, payloads.octets());
  store_header(message, header, payloads.first());
  return message;
}

std::optional<Bytes> write_encrypted_message(const Header& header, const PayloadWriter& inner,
                                             const Sealer& sealer) {
  if (!inner.ok()) return std::nullopt;
  return write_sealed(header, PayloadType::Sk, inner.first(), {}, inner.octets(), sealer);
}

std::optional<Bytes> write_fragment(const Header& header, const Fragment& fragment, const Sealer& sealer) {
  std::array<std::uint8_t, kFragmentNumbersSize> numbers{};
  store_be16(numbers, 0, fragment.number);
  store_be16(numbers, 2, fragment.total);
  const PayloadType next = fragment.number == 1 ? fragment.first_inner : PayloadType::None;
  return write_sealed(header, PayloadType::Skf, next, numbers, fragment.plaintext, sealer);
}

}  // namespace awtun::wire
