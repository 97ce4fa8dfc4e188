// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/transcript.h"

#include <cstdio>

#include "userland/crypto/ike_cipher.h"
#include "userland/wire/message.h"
#include "userland/wire/payloads.h"

namespace awtun::sim {
namespace {

std::string name_of(const wire::PayloadView& payload) {
  if (payload.type == wire::PayloadType::Notify)
    if (const auto notify = wire::decode_notify(payload))
      return "N(" + std::string(wire::to_string(notify->type)) + ")";
  if (payload.type == wire::PayloadType::Delete)
    if (const auto deleted = wire::decode_delete(payload))
      return deleted->protocol == wire::ProtocolId::Ike ? "D(IKE)" : "D(ESP)";
  return std::string(wire::to_string(payload.type));
}

std::string names_of(const wire::PayloadChain& chain) {
  std::string text;
  for (const wire::PayloadView payload : chain) text += " " + name_of(payload);
  return text;
}

std::string open(const wire::MessageView& message, const ike::IkeKeys& keys) {
  const auto encrypted = message.encrypted();
  if (!encrypted) return " (fragment)";
  const bool from_initiator = message.header.from_initiator;
  const auto cipher = crypto::IkeCipher::create(keys.suite, (from_initiator ? keys.sk_ei : keys.sk_er).view(),
                                                (from_initiator ? keys.sk_ai : keys.sk_ar).view());
  if (!cipher) return " (sealed)";
  const auto plaintext = cipher->open(encrypted->prefix, encrypted->body);
  if (!plaintext) return " (damaged)";
  const auto chain = wire::parse_chain(encrypted->first_inner, *plaintext);
  return chain ? names_of(*chain) : " (malformed)";
}

}  // namespace

std::string transcribe(ByteView message, const std::vector<ike::IkeKeys>& keys) {
  const auto parsed = wire::parse_message(message);
  if (!parsed) return std::to_string(message.size()) + " octets";
  const wire::Header& header = parsed->header;
  char spi[17] = "";
  std::snprintf(spi, sizeof spi, "%016llx", static_cast<unsigned long long>(header.initiator_spi));
  std::string text = std::string(wire::to_string(header.exchange)) +
                     (header.response ? " response " : " request ") + std::to_string(header.message_id) +
                     " of " + spi;
  for (const ike::IkeKeys& one : keys)
    if (one.initiator_spi == header.initiator_spi && one.responder_spi == header.responder_spi)
      return text + open(*parsed, one);
  return text + names_of(parsed->payloads);
}

}  // namespace awtun::sim
