// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/rewriter.h"

#include "userland/crypto/ike_cipher.h"

namespace awtun::sim {

Rewriter::Rewriter(World& world, std::size_t sender, Change change)
    : world_(world), sender_(sender), change_(std::move(change)) {
  world_.network().filter = [this](const ike::Send& datagram) {
    if (busy_ || datagram.local.address != world_.public_address(sender_)) return false;
    auto changed = rewrite(datagram.bytes);
    if (!changed) return false;
    busy_ = true;
    world_.network().send(world_.now(), {datagram.local, datagram.remote, *std::move(changed)});
    busy_ = false;
    return true;
  };
}

std::optional<Bytes> Rewriter::rewrite(ByteView datagram) const {
  const auto message = wire::parse_message(datagram);
  const auto encrypted = message ? message->encrypted() : std::nullopt;
  if (!encrypted) return std::nullopt;
  const wire::Header& header = message->header;
  for (const ike::IkeKeys& keys : world_.node(sender_).keys) {
    if (keys.initiator_spi != header.initiator_spi || keys.responder_spi != header.responder_spi) continue;
    const Secret& encryption = header.from_initiator ? keys.sk_ei : keys.sk_er;
    const Secret& integrity = header.from_initiator ? keys.sk_ai : keys.sk_ar;
    const auto cipher =
        crypto::IkeCipher::create(*crypto::ike_suite(keys.transform), encryption.view(), integrity.view());
    const auto plaintext = cipher->open(encrypted->prefix, encrypted->body);
    if (!plaintext) return std::nullopt;
    const auto inner = wire::parse_chain(encrypted->first_inner, *plaintext);
    const auto changed = inner ? change_(header, *inner) : std::nullopt;
    if (!changed) return std::nullopt;
    const Bytes iv(cipher->iv_size(), 0x66);
    return wire::write_encrypted_message(
        header, *changed,
        {cipher->sealed_size(changed->size()), [&](ByteView prefix, ByteView contents, MutableByteView body) {
           return static_cast<bool>(cipher->seal(iv, prefix, contents, body));
         }});
  }
  return std::nullopt;
}

wire::PayloadWriter copy_payloads(
    const wire::PayloadChain& chain,
    const std::function<bool(const wire::PayloadView&, wire::PayloadWriter&)>& change) {
  wire::PayloadWriter copy;
  for (const wire::PayloadView payload : chain)
    if (!change(payload, copy)) copy.raw(payload.type, payload.body, payload.critical);
  return copy;
}

}  // namespace awtun::sim
