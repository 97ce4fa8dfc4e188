// SPDX-License-Identifier: Apache-2.0
// Looks at everything that a message offers, as the engine might: for the fuzz target and for the
// tests that feed damaged messages. Aborts where a promise of the codec is broken.
#pragma once

#include <cstdlib>
#include <functional>
#include <vector>

#include "userland/wire/message.h"
#include "userland/wire/payloads.h"
#include "userland/wire/rules.h"
#include "userland/wire/writer.h"

namespace awtun::wire {

/// Ends the process, in every build, when a promise is broken.
inline void must(bool promise) {
  if (!promise) std::abort();
}

/// A view handed out must lie inside the octets that were handed in.
inline void must_lie_inside(ByteView view, ByteView octets) {
  const std::less_equal<const std::uint8_t*> before;
  must(view.empty() || (before(octets.data(), view.data()) &&
                        before(view.data() + view.size(), octets.data() + octets.size())));
}

inline void must_lie_inside(const ParseError& error, ByteView octets) {
  must(error.offset <= octets.size() && !error.rule.empty() && !error.to_string().empty());
}

/// Decodes one payload as what it says it is. What decodes is written again, into `writer`, unless
/// the writer has no way to express it.
inline void walk_payload(const PayloadView& payload, ByteView octets, PayloadWriter& writer) {
  const auto failed = [&](const auto& result) {
    if (!result) must_lie_inside(result.error(), octets);
    return !result;
  };
  switch (payload.type) {
    case PayloadType::Sa: {
      const auto sa = decode_sa(payload);
      if (failed(sa)) return;
      std::vector<Proposal> proposals;
      for (const ProposalView proposal : *sa) {
        must_lie_inside(proposal.spi, octets);
        proposals.push_back(proposal.copy());
      }
      writer.sa(proposals);
      return;
    }
    case PayloadType::Ke: {
      const auto ke = decode_ke(payload);
      if (failed(ke)) return;
      must_lie_inside(ke->data, octets);
      writer.ke(ke->group, ke->data);
      return;
    }
    case PayloadType::IdI:
    case PayloadType::IdR: {
      const auto id = decode_id(payload);
      if (failed(id)) return;
      must_lie_inside(id->rest_of_payload, octets);
      writer.id(payload.type, id->type, id->data);
      return;
    }
    case PayloadType::Cert:
    case PayloadType::CertReq: {
      const auto cert = decode_cert(payload);
      if (failed(cert)) return;
      must_lie_inside(cert->data, octets);
      writer.cert(payload.type, cert->encoding, cert->data);
      return;
    }
    case PayloadType::Auth: {
      const auto auth = decode_auth(payload);
      if (failed(auth)) return;
      must_lie_inside(auth->data, octets);
      writer.auth(auth->method, auth->data);
      return;
    }
    case PayloadType::Nonce: {
      const auto nonce = decode_nonce(payload);
      if (failed(nonce)) return;
      must(nonce->size() >= kMinNonceSize && nonce->size() <= kMaxNonceSize);
      writer.nonce(*nonce);
      return;
    }
    case PayloadType::Notify: {
      const auto notify = decode_notify(payload);
      if (failed(notify)) return;
      must_lie_inside(notify->spi, octets);
      must_lie_inside(notify->data, octets);
      writer.notify(*notify);
      return;
    }
    case PayloadType::Delete: {
      const auto deleted = decode_delete(payload);
      if (failed(deleted)) return;
      std::vector<std::uint32_t> spis;
      for (std::size_t i = 0; i < deleted->count(); ++i) spis.push_back(deleted->spi(i));
      if (deleted->protocol == ProtocolId::Ike)
        writer.delete_ike_sa();
      else
        writer.delete_child_sas(deleted->protocol, spis);
      return;
    }
    case PayloadType::VendorId: {
      const auto vendor = decode_vendor_id(payload);
      if (failed(vendor)) return;
      writer.vendor_id(*vendor);
      return;
    }
    case PayloadType::TsI:
    case PayloadType::TsR: {
      const auto ts = decode_ts(payload);
      if (failed(ts)) return;
      const std::vector<Selector> selectors(ts->begin(), ts->end());
      for (const Selector& selector : selectors) must(selector.first <= selector.last);
      if (!selectors.empty()) writer.ts(payload.type, selectors);
      return;
    }
    case PayloadType::None:
    case PayloadType::Sk:
    case PayloadType::Cp:
    case PayloadType::Eap:
    case PayloadType::Skf:
      break;
  }
  must_lie_inside(payload.body, octets);
}

/// Walks a chain, and returns what it holds in the writer's words.
inline PayloadWriter walk_chain(const PayloadChain& chain, ByteView octets) {
  PayloadWriter writer;
  std::size_t count = 0;
  for (const PayloadView payload : chain) {
    must(++count <= kMaxPayloads);
    must_lie_inside(payload.body, octets);
    walk_payload(payload, octets, writer);
  }
  must(writer.ok());
  static_cast<void>(chain.unsupported_critical());
  return writer;
}

/// Takes `octets` for a whole message and, from its second octet on, for the plaintext of an SK
/// payload whose first inner type is the first octet.
inline void walk_octets(ByteView octets) {
  if (const auto header = parse_header(octets); !header) must_lie_inside(header.error(), octets);
  const auto message = parse_message(octets);
  if (!message) must_lie_inside(message.error(), octets);
  if (message) {
    const PayloadWriter writer = walk_chain(message->payloads, octets);
    if (const auto clear = check_clear(*message); !clear) must(!clear.error().to_string().empty());
    if (const auto sk = message->encrypted()) {
      must_lie_inside(sk->prefix, octets);
      must_lie_inside(sk->body, octets);
      must(sk->prefix.size() + sk->body.size() == octets.size());
    }
    // What was understood and is written again says the same again.
    if (const auto again = write_message(message->header, writer)) {
      const auto second = parse_message(*again);
      must(static_cast<bool>(second));
      const PayloadWriter third = walk_chain(second->payloads, *again);
      must(third.first() == writer.first() && std::equal(third.octets().begin(), third.octets().end(),
                                                         writer.octets().begin(), writer.octets().end()));
    }
  }
  if (octets.empty()) return;
  const ByteView inner = octets.subspan(1);
  const auto chain = parse_chain(static_cast<PayloadType>(octets[0]), inner);
  if (!chain) return must_lie_inside(chain.error(), inner);
  walk_chain(*chain, inner);
  for (const auto exchange :
       {ExchangeType::IkeAuth, ExchangeType::CreateChildSa, ExchangeType::Informational})
    for (const bool response : {false, true})
      static_cast<void>(check_encrypted(Header{.exchange = exchange, .response = response}, *chain));
}

}  // namespace awtun::wire
