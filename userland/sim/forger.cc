// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/forger.h"

#include "userland/crypto/ike_cipher.h"
#include "userland/wire/writer.h"

namespace awtun::sim {

Forger::Forger(World& world, std::size_t impostor, std::size_t victim)
    : world_(world), impostor_(impostor), victim_(victim) {
  world_.on_send = [this, before = std::move(world_.on_send)](const ike::Send& datagram) {
    if (before) before(datagram);
    saw(datagram);
  };
}

void Forger::saw(const ike::Send& datagram) {
  const auto header = wire::parse_header(datagram.bytes);
  if (!header) return;
  Side& side = sides_[header->initiator_spi];
  if (datagram.local.address == world_.node(impostor_).address) {
    side.initiator = header->from_initiator;
    if (!header->response) side.next_id = header->message_id + 1;
  } else if (datagram.local.address == world_.node(victim_).address && !header->response) {
    side.asked_id = header->message_id;
    side.asked = header->exchange;
  }
}

const ike::IkeKeys* Forger::newest() const {
  const std::vector<ike::IkeKeys>& all = world_.node(impostor_).keys;
  return all.empty() ? nullptr : &all.back();
}

bool Forger::request(wire::ExchangeType exchange, wire::PayloadType first, ByteView plaintext) {
  const ike::IkeKeys* keys = newest();
  if (keys == nullptr) return false;
  wire::Header header;
  header.exchange = exchange;
  Side& side = sides_[keys->initiator_spi];
  header.message_id = skip_ != 0 ? side.next_id + skip_ : side.next_id++;
  return deliver(*keys, header, first, plaintext);
}

bool Forger::answer(wire::PayloadType first, ByteView plaintext) {
  const ike::IkeKeys* keys = newest();
  if (keys == nullptr) return false;
  const Side& side = sides_[keys->initiator_spi];
  wire::Header header;
  header.exchange = side.asked;
  header.response = true;
  header.message_id = side.asked_id;
  return deliver(*keys, header, first, plaintext);
}

void Forger::replace_latest() {
  if (const ike::IkeKeys* keys = newest())
    if (Side& side = sides_[keys->initiator_spi]; side.next_id > 0) --side.next_id;
}

bool Forger::deliver(const ike::IkeKeys& keys, const wire::Header& what, wire::PayloadType first,
                     ByteView plaintext) {
  const Side& side = sides_[keys.initiator_spi];
  const auto cipher = crypto::IkeCipher::create(keys.suite, (side.initiator ? keys.sk_ei : keys.sk_er).view(),
                                                (side.initiator ? keys.sk_ai : keys.sk_ar).view());
  if (!cipher) return false;
  wire::Header header = what;
  header.initiator_spi = keys.initiator_spi;
  header.responder_spi = keys.responder_spi;
  header.from_initiator = side.initiator;
  // The writer is asked for an SK payload that begins with `first`; what goes into it, lengths and
  // next-payload octets included, is the plaintext as given.
  wire::PayloadWriter inner;
  inner.raw(first, {});
  const Bytes iv(cipher->iv_size(), 0x55);
  const wire::Sealer sealer{cipher->sealed_size(plaintext.size()),
                            [&](ByteView prefix, ByteView, MutableByteView body) {
                              return static_cast<bool>(cipher->seal(iv, prefix, plaintext, body));
                            }};
  auto bytes = wire::write_encrypted_message(header, inner, sealer);
  if (!bytes) return false;
  world_.input(victim_, ike::Datagram{{world_.node(victim_).address, 500},
                                      {world_.node(impostor_).address, 500},
                                      *std::move(bytes)});
  return true;
}

}  // namespace awtun::sim
