// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/message.h"

#include <algorithm>

#include "userland/wire/octets.h"

namespace awtun::wire {

namespace {

constexpr std::uint8_t kFlagInitiator = 0x08;
constexpr std::uint8_t kFlagHigherVersion = 0x10;
constexpr std::uint8_t kFlagResponse = 0x20;
constexpr std::uint8_t kFlagCritical = 0x80;

bool is_encrypted(PayloadType type) { return type == PayloadType::Sk || type == PayloadType::Skf; }

bool is_known(PayloadType type) {
  return (type >= PayloadType::Sa && type <= PayloadType::Eap) || type == PayloadType::Skf;
}

PayloadView view_at(ByteView octets, PayloadType type, std::size_t at) {
  const std::size_t length = load_be16(octets, at + 2);
  return {.type = type,
          .critical = (octets[at + 1] & kFlagCritical) != 0,
          .next = static_cast<PayloadType>(octets[at]),
          .offset = at,
          .body = octets.subspan(at + kPayloadHeaderSize, length - kPayloadHeaderSize)};
}

/// The rule that the payload at `at` breaks as a link of the chain; empty when it breaks none.
std::string_view broken_link(ByteView octets, PayloadType type, std::size_t at) {
  const std::size_t rest = octets.size() - at;
  if (type == PayloadType::None) return "octets follow the last payload";
  if (rest < kPayloadHeaderSize) return "is cut off inside its header";
  const std::size_t length = load_be16(octets, at + 2);
  if (length < kPayloadHeaderSize) return "has a length field smaller than its header";
  if (length > rest) return "is longer than the octets that are left";
  if (is_encrypted(type) && length != rest) return "is encrypted and not the last payload";
  return {};
}

}  // namespace

std::string ParseError::to_string() const {
  std::string text = "octet " + std::to_string(offset) + ", ";
  text += payload == PayloadType::None ? "message" : wire::to_string(payload);
  text += ": ";
  text += rule;
  return text;
}

Result<Header, ParseError> parse_header(ByteView message) {
  if (message.size() < kHeaderSize)
    return Error{ParseError{0, PayloadType::None, "is shorter than a header"}};
  if (message.size() > kMaxMessageSize)
    return Error{ParseError{0, PayloadType::None, "is longer than a UDP datagram"}};
  const std::uint8_t flags = message[19];
  const Header header{.initiator_spi = load_be64(message, 0),
                      .responder_spi = load_be64(message, 8),
                      .first_payload = static_cast<PayloadType>(message[16]),
                      .major_version = static_cast<std::uint8_t>(message[17] >> 4),
                      .minor_version = static_cast<std::uint8_t>(message[17] & 0x0f),
                      .exchange = static_cast<ExchangeType>(message[18]),
                      .from_initiator = (flags & kFlagInitiator) != 0,
                      .higher_version = (flags & kFlagHigherVersion) != 0,
                      .response = (flags & kFlagResponse) != 0,
                      .message_id = load_be32(message, 20),
                      .length = load_be32(message, 24)};
  if (header.length != message.size())
    return Error{ParseError{24, PayloadType::None, "has a length field that differs from its size"}};
  return header;
}

PayloadView PayloadChain::Iterator::operator*() const { return view_at(octets_, type_, at_); }

PayloadChain::Iterator& PayloadChain::Iterator::operator++() {
  const PayloadView here = **this;
  at_ += kPayloadHeaderSize + here.body.size();
  // What an SK payload calls next is inside it.
  type_ = is_encrypted(here.type) ? PayloadType::None : here.next;
  return *this;
}

PayloadChain::Iterator PayloadChain::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

PayloadChain::Iterator PayloadChain::begin() const { return {octets_, first_, start_}; }

PayloadChain::Iterator PayloadChain::end() const { return {octets_, PayloadType::None, octets_.size()}; }

std::optional<PayloadView> PayloadChain::find(PayloadType type) const {
  for (const PayloadView payload : *this)
    if (payload.type == type) return payload;
  return std::nullopt;
}

std::size_t PayloadChain::count(PayloadType type) const {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [type](const PayloadView& payload) { return payload.type == type; }));
}

std::optional<PayloadType> PayloadChain::unsupported_critical() const {
  for (const PayloadView payload : *this)
    if (payload.critical && !is_known(payload.type)) return payload.type;
  return std::nullopt;
}

Result<PayloadChain, ParseError> parse_chain(PayloadType first, ByteView octets, std::size_t start) {
  if (start > octets.size())
    return Error{ParseError{octets.size(), PayloadType::None, "starts past its end"}};
  PayloadType type = first;
  std::size_t at = start;
  std::size_t count = 0;
  while (at < octets.size()) {
    if (++count > kMaxPayloads) return Error{ParseError{at, type, "exceeds the maximum number of payloads"}};
    if (const auto rule = broken_link(octets, type, at); !rule.empty())
      return Error{ParseError{at, type, rule}};
    const PayloadView here = view_at(octets, type, at);
    at += kPayloadHeaderSize + here.body.size();
    type = is_encrypted(type) ? PayloadType::None : here.next;
  }
  if (type != PayloadType::None) return Error{ParseError{at, type, "is announced but missing"}};
  return PayloadChain(first, octets, start);
}

std::optional<EncryptedView> MessageView::encrypted() const {
  const auto sk = payloads.find(PayloadType::Sk);
  if (!sk) return std::nullopt;
  return EncryptedView{octets.first(sk->offset + kPayloadHeaderSize), sk->body, sk->next};
}

std::optional<FragmentView> MessageView::fragment() const {
  const auto skf = payloads.find(PayloadType::Skf);
  if (!skf || skf->body.size() < kFragmentNumbersSize) return std::nullopt;
  const std::uint16_t number = load_be16(skf->body);
  const std::uint16_t total = load_be16(skf->body, 2);
  if (number == 0 || number > total) return std::nullopt;
  const std::size_t prefix = skf->offset + kPayloadHeaderSize + kFragmentNumbersSize;
  return FragmentView{
      {octets.first(prefix), skf->body.subspan(kFragmentNumbersSize), skf->next}, number, total};
}

Result<MessageView, ParseError> parse_message(ByteView message) {
  const auto header = parse_header(message);
  if (!header) return Error{header.error()};
  if (header->major_version != 2)
    return Error{ParseError{17, PayloadType::None, "is not of major version 2"}};
  const auto payloads = parse_chain(header->first_payload, message, kHeaderSize);
  if (!payloads) return Error{payloads.error()};
  return MessageView{*header, message, *payloads};
}

}  // namespace awtun::wire
