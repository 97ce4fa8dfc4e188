// SPDX-License-Identifier: Apache-2.0
// What a peer may say that holds the right keys: two routers negotiate, rekey and delete, and the contents
// of their encrypted messages are changed on the way, sealed again, as the input says. Whatever happened,
// the kernels were asked for nothing impossible and the tunnel is back once it stops.
#include <cstdlib>

#include "userland/fuzz/script.h"
#include "userland/sim/rewriter.h"
#include "userland/tests/sim/trust.h"

namespace {

using namespace awtun;
using namespace std::chrono_literals;
using fuzz::Script;

struct Payload {
  wire::PayloadType type;
  bool critical;
  Bytes body;
};

std::vector<Payload> take_apart(const sim::Plaintext& contents) {
  std::vector<Payload> payloads;
  if (const auto chain = wire::parse_chain(contents.first, contents.octets))
    for (const wire::PayloadView payload : *chain)
      payloads.push_back({payload.type, payload.critical, Bytes(payload.body.begin(), payload.body.end())});
  return payloads;
}

sim::Plaintext put_together(const std::vector<Payload>& payloads) {
  wire::PayloadWriter writer;
  for (const Payload& payload : payloads) writer.raw(payload.type, payload.body, payload.critical);
  return {writer.first(), Bytes(writer.octets().begin(), writer.octets().end())};
}

void change_body(Bytes& body, Script& script) {
  const std::size_t at = body.empty() ? 0 : script.octet() % body.size();
  const auto where = body.begin() + static_cast<std::ptrdiff_t>(at);
  switch (script.octet() % 3) {
    case 0:
      if (!body.empty()) body[at] = script.octet();
      return;
    case 1:
      body.erase(where, body.end());
      return;
    default: {
      const Bytes more = script.octets(script.octet() % 32);
      body.insert(where, more.begin(), more.end());
    }
  }
}

/// One change to the chain.
void change(std::vector<Payload>& payloads, Script& script) {
  const std::uint8_t what = script.octet();
  const std::size_t at = payloads.empty() ? 0 : script.octet() % payloads.size();
  const auto where = payloads.begin() + static_cast<std::ptrdiff_t>(at);
  if (what % 8 == 0 || payloads.empty()) {
    payloads.insert(where, {static_cast<wire::PayloadType>(script.octet()), (what & 8U) != 0,
                            script.octets(script.octet())});
    return;
  }
  switch (what % 8) {
    case 1:
      payloads.erase(where);
      return;
    case 2:
      payloads.insert(where, Payload(*where));
      return;
    case 3:
      std::swap(payloads[at], payloads[script.octet() % payloads.size()]);
      return;
    case 4:
      where->type = static_cast<wire::PayloadType>(script.octet());
      return;
    case 5:
      where->critical = !where->critical;
      return;
    default:
      change_body(where->body, script);
  }
}

/// The contents that one message gets, if others than it had: a chain of payloads, or just octets.
std::optional<sim::Plaintext> change(const sim::Plaintext& contents, Script& script) {
  const unsigned count = script.octet() % 4U;
  if (script.empty() || count == 0) return std::nullopt;
  auto payloads = take_apart(contents);
  for (unsigned i = 0; i < count; ++i) change(payloads, script);
  sim::Plaintext changed = put_together(payloads);
  if (script.octet() % 4 == 3) change_body(changed.octets, script);
  return changed;
}

void act(sim::Pair& pair, Script& script) {
  const std::uint8_t what = script.octet();
  const std::size_t at = what & 1U;
  switch ((what >> 1U) % 5) {
    case 0:
      return pair.world.input(at, ike::Rekey{sim::kTunnel, ike::Rekey::What::ChildSa});
    case 1:
      return pair.world.input(at, ike::Rekey{sim::kTunnel, ike::Rekey::What::IkeSa});
    case 2:
      return pair.world.input(at, ike::ClearSa{sim::kTunnel});
    default:
      return pair.world.run_for(ike::Duration(script.octet()) * 200);
  }
}

void begin(sim::CertifiedPair& pair, bool certificates, std::size_t index) {
  if (certificates)
    pair.certify(index);
  else
    pair.set(index);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(data, size);
  const std::uint8_t setting = script.octet();
  const bool certificates = (setting & 1U) != 0;
  sim::CertifiedPair pair(1);
  if (!certificates) pair.isakmp = sim::fast_profile();
  if ((setting & 2U) != 0) pair.ipsec.pfs_group = crypto::GroupId::X25519;
  {
    const sim::Rewriter rewriter(
        pair.world, (setting >> 2U) & 1U,
        [&](const wire::Header&, const sim::Plaintext& contents) { return change(contents, script); });
    begin(pair, certificates, (setting >> 3U) & 1U);
    begin(pair, certificates, 1 - ((setting >> 3U) & 1U));
    pair.world.run_for(1s);
    for (int steps = 0; steps < 24 && !script.empty(); ++steps) act(pair, script);
    pair.world.run_for(1s);
  }
  pair.world.restart(1);
  begin(pair, certificates, 1);
  if (!pair.come_up(400s) || !pair.kernel_errors().empty()) std::abort();
  return 0;
}
