// SPDX-License-Identifier: Apache-2.0
// Messages like those that two routers exchange.
#pragma once

#include <string_view>
#include <vector>

#include "userland/wire/message.h"
#include "userland/wire/payloads.h"
#include "userland/wire/writer.h"

namespace awtun::wire {

/// `size` octets that count up from `start`.
inline Bytes counted(std::size_t size, std::uint8_t start = 0) {
  Bytes octets(size);
  for (std::uint8_t& octet : octets) octet = start++;
  return octets;
}

inline Bytes text(std::string_view word) { return {word.begin(), word.end()}; }

inline IpAddress address(std::string_view word) { return IpAddress::parse(word).value_or(IpAddress{}); }

inline Proposal ike_proposal(std::uint8_t number, std::uint16_t key_bits, GroupId group) {
  return {number,
          ProtocolId::Ike,
          {},
          {Transform::encr(EncrId::AesCbc, key_bits), Transform::integ(IntegId::HmacSha256_128),
           Transform::prf(PrfId::HmacSha256), Transform::group(group)}};
}

inline Proposal esp_proposal(std::uint8_t number, std::uint32_t spi) {
  return {number,
          ProtocolId::Esp,
          {static_cast<std::uint8_t>(spi >> 24), static_cast<std::uint8_t>(spi >> 16),
           static_cast<std::uint8_t>(spi >> 8), static_cast<std::uint8_t>(spi)},
          {Transform::encr(EncrId::AesGcm16, 256), Transform::esn(EsnId::None)}};
}

inline Selector selector(std::string_view first, std::string_view last) {
  return {0, 0, 65535, address(first), address(last)};
}

inline const std::vector<Selector>& any_selectors() {
  static const std::vector<Selector> selectors{selector("0.0.0.0", "255.255.255.255"),
                                               selector("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")};
  return selectors;
}

inline Header init_header() {
  return {.initiator_spi = 0x0102030405060708, .exchange = ExchangeType::IkeSaInit, .from_initiator = true};
}

inline Header header_of(ExchangeType exchange, bool response = false) {
  return {.initiator_spi = 0x0102030405060708,
          .responder_spi = 0x1112131415161718,
          .exchange = exchange,
          .from_initiator = !response,
          .response = response,
          .message_id = 1};
}

/// SA, KE, Nonce, two notifications and a vendor id.
inline PayloadWriter init_payloads() {
  PayloadWriter writer;
  writer.sa(std::vector{ike_proposal(1, 256, GroupId::Modp2048), ike_proposal(2, 128, GroupId::Modp4096)});
  writer.ke(GroupId::Modp2048, counted(256));
  writer.nonce(counted(32, 0x40));
  writer.notify(NotifyType::NatDetectionSourceIp, counted(20));
  writer.notify(NotifyType::NatDetectionDestinationIp, counted(20, 20));
  writer.vendor_id(text("awtun"));
  return writer;
}

/// IDi, CERT, CERTREQ, IDr, AUTH, SA, TSi, TSr, INITIAL_CONTACT.
inline PayloadWriter auth_payloads() {
  PayloadWriter writer;
  writer.id(PayloadType::IdI, IdType::Ipv4Address, address("10.0.0.1").bytes());
  writer.cert(PayloadType::Cert, 4, counted(50));
  writer.cert(PayloadType::CertReq, 4, counted(20));
  writer.id(PayloadType::IdR, IdType::Fqdn, text("hub.example.net"));
  writer.auth(AuthMethodId::SharedKey, counted(32));
  writer.sa(esp_proposal(1, 0xc0ffee01));
  writer.ts(PayloadType::TsI, any_selectors());
  writer.ts(PayloadType::TsR, any_selectors());
  writer.notify(NotifyType::InitialContact);
  return writer;
}

/// Deletes of both kinds and a rekey notification.
inline PayloadWriter informational_payloads() {
  PayloadWriter writer;
  writer.delete_child_sas(ProtocolId::Esp, std::vector<std::uint32_t>{0x01020304, 0xa0b0c0d0});
  writer.delete_ike_sa();
  writer.notify({NotifyType::RekeySa, ProtocolId::Esp, counted(4), {}});
  return writer;
}

/// write_message() for what is known to fit.
inline Bytes written(const Header& header, const PayloadWriter& payloads) {
  return write_message(header, payloads).value_or(Bytes{});
}

}  // namespace awtun::wire
