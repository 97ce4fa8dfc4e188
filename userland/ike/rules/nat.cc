// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/nat.h"

#include <algorithm>
#include <array>

#include "userland/crypto/digest.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal.h"

namespace awtun::ike {
namespace {

using wire::NotifyType;

/// RFC 7296 3.10.1: SHA-1 of the SPIs, the address and the port.
std::optional<crypto::Sha1Digest> address_hash(const IkeSpis& spis, const Endpoint& endpoint) {
  const std::array<std::uint8_t, 2> port{static_cast<std::uint8_t>(endpoint.port >> 8),
                                         static_cast<std::uint8_t>(endpoint.port)};
  return crypto::sha1({spi_bytes(spis.initiator), spi_bytes(spis.responder), endpoint.address.bytes(), port});
}

/// The peer's notifications of a type: whether there are any, and whether one of them is `expected`. A
/// peer with several addresses sends one for each.
struct Found {
  bool any = false;
  bool same = false;
};
Found look_for(const wire::PayloadChain& payloads, NotifyType type, const crypto::Sha1Digest& expected) {
  Found found;
  for (const wire::PayloadView payload : payloads) {
    if (payload.type != wire::PayloadType::Notify) continue;
    const auto notify = wire::decode_notify(payload);
    if (!notify || notify->type != type) continue;
    found.any = true;
    if (std::equal(expected.begin(), expected.end(), notify->data.begin(), notify->data.end()))
      found.same = true;
  }
  return found;
}

}  // namespace

void write_nat_detection(wire::PayloadWriter& payloads, const IkeSpis& spis, const Path& path) {
  const auto source = address_hash(spis, path.local);
  const auto destination = address_hash(spis, path.remote);
  if (!source || !destination) return;
  payloads.notify(NotifyType::NatDetectionSourceIp, *source);
  payloads.notify(NotifyType::NatDetectionDestinationIp, *destination);
}

NatView detect_nat(const wire::PayloadChain& payloads, const IkeSpis& spis, const Path& path) {
  const auto theirs = address_hash(spis, path.remote);
  const auto ours = address_hash(spis, path.local);
  if (!theirs || !ours) return {};
  const Found source = look_for(payloads, NotifyType::NatDetectionSourceIp, *theirs);
  const Found destination = look_for(payloads, NotifyType::NatDetectionDestinationIp, *ours);
  if (!source.any || !destination.any) return {};
  return {.ours = !destination.same, .theirs = !source.same};
}

}  // namespace awtun::ike
