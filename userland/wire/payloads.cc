// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/payloads.h"

#include <algorithm>
#include <array>

#include "userland/wire/octets.h"

namespace awtun::wire {

namespace {

constexpr std::size_t kProposalHeaderSize = 8;
constexpr std::size_t kTransformHeaderSize = 8;
constexpr std::size_t kTsHeaderSize = 4;
constexpr std::size_t kSelectorHeaderSize = 8;  // up to the addresses
constexpr std::uint8_t kMoreProposals = 2;
constexpr std::uint8_t kMoreTransforms = 3;
constexpr std::uint16_t kAttributeShort = 0x8000;  // type and value, no length
constexpr std::uint16_t kAttributeKeyLength = 14;
constexpr std::uint8_t kTsIpv4Range = 7;
constexpr std::uint8_t kTsIpv6Range = 8;

/// `at`: octets into the payload's body.
Error<ParseError> broken(const PayloadView& payload, std::size_t at, std::string_view rule) {
  return Error{ParseError{payload.offset + kPayloadHeaderSize + at, payload.type, rule}};
}

Error<ParseError> wrong_type(const PayloadView& payload) {
  return Error{ParseError{payload.offset, payload.type, "is not of the type that is decoded"}};
}

/// Where a check failed inside an SA payload, and why; no rule: it did not.
struct Finding {
  std::size_t at = 0;
  std::string_view rule;
  explicit operator bool() const { return !rule.empty(); }
};

/// Size of the attribute at the start of `rest`; 0 when it does not fit.
std::size_t attribute_size(ByteView rest) {
  if (rest.size() < 4) return 0;
  if (load_be16(rest) & kAttributeShort) return 4;
  const std::size_t size = std::size_t{4} + load_be16(rest, 2);
  return size <= rest.size() ? size : 0;
}

/// `at`: where the attributes start in the body.
Finding check_attributes(ByteView attributes, std::size_t at) {
  bool key_length = false;
  while (!attributes.empty()) {
    const std::size_t size = attribute_size(attributes);
    if (size == 0) return {at, "has an attribute that does not fit its transform"};
    if (load_be16(attributes) == (kAttributeShort | kAttributeKeyLength)) {
      if (key_length) return {at, "has two key lengths in one transform"};
      key_length = true;
    }
    attributes = attributes.subspan(size);
    at += size;
  }
  return {};
}

/// Size of the substructure (proposal or transform) at the start of `rest`; 0 when it does not fit.
std::size_t substructure_size(ByteView rest, std::size_t header) {
  if (rest.size() < header) return 0;
  const std::size_t size = load_be16(rest, 2);
  return size >= header && size <= rest.size() ? size : 0;
}

Finding check_transforms(ByteView transforms, std::size_t count, std::size_t at) {
  for (std::size_t seen = 0; !transforms.empty(); ++seen) {
    const std::size_t size = substructure_size(transforms, kTransformHeaderSize);
    if (size == 0) return {at, "has a transform that does not fit its proposal"};
    if (seen == count) return {at, "has more transforms than a proposal announces"};
    const std::uint8_t more = size < transforms.size() ? kMoreTransforms : 0;
    if (transforms[0] != more) return {at, "has a transform that marks the last one wrongly"};
    const Finding finding = check_attributes(
        transforms.subspan(kTransformHeaderSize, size - kTransformHeaderSize), at + kTransformHeaderSize);
    if (finding) return finding;
    if (size == transforms.size() && seen + 1 < count)
      return {at, "has fewer transforms than a proposal announces"};
    transforms = transforms.subspan(size);
    at += size;
  }
  return {};
}

bool spi_size_fits(ProtocolId protocol, std::size_t size) {
  switch (protocol) {
    case ProtocolId::Ike:
      return size == 0 || size == 8;
    case ProtocolId::Ah:
    case ProtocolId::Esp:
      return size == 4;
    case ProtocolId::None:
      break;
  }
  return true;  // not a protocol that will be chosen
}

/// `proposal` is one proposal with its header.
Finding check_proposal(ByteView proposal, std::size_t at) {
  const std::size_t spi_size = proposal[6];
  const std::size_t count = proposal[7];
  if (!spi_size_fits(static_cast<ProtocolId>(proposal[5]), spi_size))
    return {at + 6, "has an SPI size that does not fit the protocol"};
  if (proposal.size() < kProposalHeaderSize + spi_size)
    return {at + 6, "has an SPI that does not fit its proposal"};
  const ByteView transforms = proposal.subspan(kProposalHeaderSize + spi_size);
  if (transforms.empty() && count != 0) return {at + 7, "has fewer transforms than a proposal announces"};
  return check_transforms(transforms, count, at + kProposalHeaderSize + spi_size);
}

ByteView first_substructure(ByteView rest) { return rest.first(load_be16(rest, 2)); }

std::size_t selector_address_size(std::uint8_t type) {
  return type == kTsIpv4Range ? 4 : type == kTsIpv6Range ? 16 : 0;
}

/// `selector` is one selector whose length field fits.
std::string_view broken_selector(ByteView selector) {
  const std::size_t size = selector_address_size(selector[0]);
  if (size == 0) return {};  // of an unknown type, to be skipped
  if (selector.size() != kSelectorHeaderSize + 2 * size) return "has a selector of the wrong size";
  const ByteView first = selector.subspan(kSelectorHeaderSize, size);
  const ByteView last = selector.subspan(kSelectorHeaderSize + size, size);
  if (std::lexicographical_compare(last.begin(), last.end(), first.begin(), first.end()))
    return "has an address range that ends before it starts";
  return {};
}

}  // namespace

// ---------------------------------------------------------------- SA

Transform TransformRange::Iterator::operator*() const {
  const ByteView transform = first_substructure(rest_);
  Transform result{static_cast<TransformType>(transform[4]), load_be16(transform, 6), std::nullopt, false};
  for (ByteView rest = transform.subspan(kTransformHeaderSize); !rest.empty();
       rest = rest.subspan(attribute_size(rest))) {
    if (load_be16(rest) == (kAttributeShort | kAttributeKeyLength))
      result.key_bits = load_be16(rest, 2);
    else
      result.unknown_attribute = true;
  }
  return result;
}

TransformRange::Iterator& TransformRange::Iterator::operator++() {
  rest_ = rest_.subspan(first_substructure(rest_).size());
  return *this;
}

TransformRange::Iterator TransformRange::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

Proposal ProposalView::copy() const {
  return {number, protocol, Bytes(spi.begin(), spi.end()), {transforms.begin(), transforms.end()}};
}

ProposalView SaView::Iterator::operator*() const {
  const ByteView proposal = first_substructure(rest_);
  const std::size_t spi_size = proposal[6];
  return {proposal[4], static_cast<ProtocolId>(proposal[5]), proposal.subspan(kProposalHeaderSize, spi_size),
          TransformRange(proposal.subspan(kProposalHeaderSize + spi_size))};
}

SaView::Iterator& SaView::Iterator::operator++() {
  rest_ = rest_.subspan(first_substructure(rest_).size());
  return *this;
}

SaView::Iterator SaView::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

Result<SaView, ParseError> decode_sa(const PayloadView& payload) {
  if (payload.type != PayloadType::Sa) return wrong_type(payload);
  if (payload.body.empty()) return broken(payload, 0, "has no proposal");
  ByteView rest = payload.body;
  std::size_t at = 0;
  std::size_t previous = 0;
  while (!rest.empty()) {
    const std::size_t size = substructure_size(rest, kProposalHeaderSize);
    if (size == 0) return broken(payload, at, "has a proposal that does not fit");
    const bool last = size == rest.size();
    if (rest[0] != (last ? 0 : kMoreProposals))
      return broken(payload, at, "has a proposal that marks the last one wrongly");
    // A response repeats the number of the one proposal that was chosen.
    const bool alone = last && at == 0;
    if (rest[4] == 0 || (!alone && rest[4] != previous + 1))
      return broken(payload, at + 4, "has proposals that are not numbered 1, 2, 3 ...");
    if (const Finding finding = check_proposal(rest.first(size), at))
      return broken(payload, finding.at, finding.rule);
    previous = rest[4];
    rest = rest.subspan(size);
    at += size;
  }
  return SaView(payload.body);
}

// ---------------------------------------------------------------- the simple ones

Result<KeView, ParseError> decode_ke(const PayloadView& payload) {
  if (payload.type != PayloadType::Ke) return wrong_type(payload);
  if (payload.body.size() < 4) return broken(payload, 0, "is shorter than its fixed fields");
  return KeView{static_cast<GroupId>(load_be16(payload.body)), payload.body.subspan(4)};
}

Result<IdView, ParseError> decode_id(const PayloadView& payload) {
  if (payload.type != PayloadType::IdI && payload.type != PayloadType::IdR) return wrong_type(payload);
  if (payload.body.size() < 4) return broken(payload, 0, "is shorter than its fixed fields");
  const IdView id{static_cast<IdType>(payload.body[0]), payload.body.subspan(4), payload.body};
  if (id.type == IdType::Ipv4Address && id.data.size() != 4)
    return broken(payload, 4, "has an IPv4 address that is not 4 octets long");
  if (id.type == IdType::Ipv6Address && id.data.size() != 16)
    return broken(payload, 4, "has an IPv6 address that is not 16 octets long");
  return id;
}

Result<CertView, ParseError> decode_cert(const PayloadView& payload) {
  if (payload.type != PayloadType::Cert && payload.type != PayloadType::CertReq) return wrong_type(payload);
  if (payload.body.empty()) return broken(payload, 0, "is shorter than its fixed fields");
  return CertView{payload.body[0], payload.body.subspan(1)};
}

Result<AuthView, ParseError> decode_auth(const PayloadView& payload) {
  if (payload.type != PayloadType::Auth) return wrong_type(payload);
  if (payload.body.size() < 4) return broken(payload, 0, "is shorter than its fixed fields");
  return AuthView{static_cast<AuthMethodId>(payload.body[0]), payload.body.subspan(4)};
}

Result<ByteView, ParseError> decode_nonce(const PayloadView& payload) {
  if (payload.type != PayloadType::Nonce) return wrong_type(payload);
  if (payload.body.size() < kMinNonceSize) return broken(payload, 0, "is shorter than 16 octets");
  if (payload.body.size() > kMaxNonceSize) return broken(payload, 0, "is longer than 256 octets");
  return payload.body;
}

Result<NotifyView, ParseError> decode_notify(const PayloadView& payload) {
  if (payload.type != PayloadType::Notify) return wrong_type(payload);
  if (payload.body.size() < 4) return broken(payload, 0, "is shorter than its fixed fields");
  const std::size_t spi_size = payload.body[1];
  const ByteView rest = payload.body.subspan(4);
  if (spi_size > rest.size()) return broken(payload, 1, "has an SPI that does not fit");
  return NotifyView{static_cast<NotifyType>(load_be16(payload.body, 2)),
                    static_cast<ProtocolId>(payload.body[0]), rest.first(spi_size), rest.subspan(spi_size)};
}

std::uint32_t DeleteView::spi(std::size_t index) const {
  return index < count() ? load_be32(spis, index * 4) : 0;
}

Result<DeleteView, ParseError> decode_delete(const PayloadView& payload) {
  if (payload.type != PayloadType::Delete) return wrong_type(payload);
  if (payload.body.size() < 4) return broken(payload, 0, "is shorter than its fixed fields");
  const auto protocol = static_cast<ProtocolId>(payload.body[0]);
  const std::size_t spi_size = payload.body[1];
  const std::size_t count = load_be16(payload.body, 2);
  const ByteView spis = payload.body.subspan(4);
  if (count > kMaxDeletedSpis) return broken(payload, 2, "deletes too many SAs");
  switch (protocol) {
    case ProtocolId::Ike:
      if (spi_size != 0 || count != 0) return broken(payload, 1, "names SPIs for the IKE SA");
      break;
    case ProtocolId::Ah:
    case ProtocolId::Esp:
      if (spi_size != 4) return broken(payload, 1, "has an SPI size other than 4");
      break;
    case ProtocolId::None:
    default:
      return broken(payload, 0, "deletes SAs of an unknown protocol");
  }
  if (spis.size() != spi_size * count)
    return broken(payload, 2, "does not have the number of SPIs that it announces");
  return DeleteView{protocol, spis};
}

Result<ByteView, ParseError> decode_vendor_id(const PayloadView& payload) {
  if (payload.type != PayloadType::VendorId) return wrong_type(payload);
  return payload.body;
}

// ---------------------------------------------------------------- TS

TsView::Iterator::Iterator(ByteView rest) : rest_(rest) { skip_unknown(); }

void TsView::Iterator::skip_unknown() {
  while (!rest_.empty() && selector_address_size(rest_[0]) == 0)
    rest_ = rest_.subspan(first_substructure(rest_).size());
}

Selector TsView::Iterator::operator*() const {
  const ByteView selector = first_substructure(rest_);
  const std::size_t size = selector_address_size(selector[0]);
  return {
      .protocol = selector[1],
      .start_port = load_be16(selector, 4),
      .end_port = load_be16(selector, 6),
      .first = IpAddress::from_bytes(selector.subspan(kSelectorHeaderSize, size)).value_or(IpAddress{}),
      .last =
          IpAddress::from_bytes(selector.subspan(kSelectorHeaderSize + size, size)).value_or(IpAddress{})};
}

TsView::Iterator& TsView::Iterator::operator++() {
  rest_ = rest_.subspan(first_substructure(rest_).size());
  skip_unknown();
  return *this;
}

TsView::Iterator TsView::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

Result<TsView, ParseError> decode_ts(const PayloadView& payload) {
  if (payload.type != PayloadType::TsI && payload.type != PayloadType::TsR) return wrong_type(payload);
  if (payload.body.size() < kTsHeaderSize) return broken(payload, 0, "is shorter than its fixed fields");
  const std::size_t count = payload.body[0];
  if (count == 0) return broken(payload, 0, "has no selector");
  ByteView rest = payload.body.subspan(kTsHeaderSize);
  std::size_t at = kTsHeaderSize;
  std::size_t seen = 0;
  for (; !rest.empty(); ++seen) {
    const std::size_t size = substructure_size(rest, 4);
    if (size == 0) return broken(payload, at, "has a selector that does not fit");
    if (const auto rule = broken_selector(rest.first(size)); !rule.empty()) return broken(payload, at, rule);
    rest = rest.subspan(size);
    at += size;
  }
  if (seen != count) return broken(payload, 0, "does not have the number of selectors that it announces");
  return TsView(payload.body.subspan(kTsHeaderSize));
}

}  // namespace awtun::wire
