// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/rewriter.h"

#include "userland/crypto/ike_cipher.h"

namespace awtun::sim {

namespace {

Rewriter::Change of_octets(Rewriter::ChangePayloads change) {
  return [change = std::move(change)](const wire::Header& header,
                                      const Plaintext& contents) -> std::optional<Plaintext> {
    const auto chain = wire::parse_chain(contents.first, contents.octets);
    const auto changed = chain ? change(header, *chain) : std::nullopt;
    if (!changed) return std::nullopt;
    return Plaintext{changed->first(), Bytes(changed->octets().begin(), changed->octets().end())};
  };
}

}  // namespace

Rewriter::Rewriter(World& world, std::size_t sender, ChangePayloads change)
    : Rewriter(world, sender, of_octets(std::move(change))) {}

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
    const auto cipher = crypto::IkeCipher::create(keys.suite, encryption.view(), integrity.view());
    auto plaintext = cipher->open(encrypted->prefix, encrypted->body);
    if (!plaintext) return std::nullopt;
    const auto changed = change_(header, {encrypted->first_inner, *std::move(plaintext)});
    if (!changed) return std::nullopt;
    // The writer is asked for an SK payload that begins with this type; what goes into it, lengths and
    // next-payload octets included, is as given.
    wire::PayloadWriter first;
    first.raw(changed->first, {});
    const Bytes iv(cipher->iv_size(), 0x66);
    return wire::write_encrypted_message(
        header, first,
        {cipher->sealed_size(changed->octets.size()), [&](ByteView prefix, ByteView, MutableByteView body) {
           return static_cast<bool>(cipher->seal(iv, prefix, changed->octets, body));
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
