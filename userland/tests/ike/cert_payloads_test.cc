// SPDX-License-Identifier: Apache-2.0
// What of a peer's CERT payloads is judged, by their encoding (RFC 7296 3.6).
#include "userland/tests/ike/raw_initiator.h"

namespace awtun::ike {
namespace {

const Endpoint kPeer{*IpAddress::parse("10.0.0.2"), kIkePort};

struct Payload {
  std::uint8_t encoding;
  Bytes data;
};

/// What a responder has verified when a peer sends these; nullopt: nothing.
std::optional<VerifyJob> judged(const std::vector<Payload>& sent) {
  Responder responder;
  responder.profile.remote_authentication = AuthMethod::Certificate;
  responder.add_tunnel(1, kPeer.address, {Bytes(20, 1)});
  RawInitiator peer(kPeer, 1);
  if (!peer.take_init_response(responder.deliver(kPeer, peer.init_request()))) return std::nullopt;
  wire::PayloadWriter payloads;
  const Identity id = Identity::of(kPeer.address);
  payloads.id(wire::PayloadType::IdI, static_cast<wire::IdType>(id.type), id.data);
  for (const Payload& one : sent) payloads.cert(wire::PayloadType::Cert, one.encoding, one.data);
  payloads.auth(wire::AuthMethodId::DigitalSignature, Bytes(64, 1));
  const Datagram request{responder.here, kPeer, peer.seal(wire::ExchangeType::IkeAuth, 1, payloads)};
  for (const Action& action : responder.engine.step(responder.now, request))
    if (const auto* job = std::get_if<StartJob>(&action))
      if (const auto* verify = std::get_if<VerifyJob>(&job->job)) return *verify;
  return std::nullopt;
}

TEST(CertPayloads, CertificatesListsAndBundlesInAnyOrder) {
  const auto job = judged({{7, {1}}, {4, {2}}, {14, {3}}, {1, {4}}, {4, {5}}, {7, {6}}, {12, {7}}});
  ASSERT_TRUE(job);
  EXPECT_EQ(job->certificates, (std::vector<Bytes>{{2}, {5}}));
  EXPECT_EQ(job->attached.revocation_lists, (std::vector<Bytes>{{1}, {6}}));
  EXPECT_EQ(job->attached.bundles, (std::vector<Bytes>{{4}}));
  EXPECT_FALSE(job->attached.only_by_url);
}

TEST(CertPayloads, AUrlAloneIsNoted) {
  for (const std::uint8_t encoding : {std::uint8_t{12}, std::uint8_t{13}}) {
    const auto job = judged({{encoding, Bytes(30, 'u')}});
    ASSERT_TRUE(job);
    EXPECT_TRUE(job->certificates.empty());
    EXPECT_TRUE(job->attached.only_by_url);
  }
}

TEST(CertPayloads, OcspIsPassedOver) {
  const auto job = judged({{14, Bytes(30, 1)}});
  ASSERT_TRUE(job);
  EXPECT_TRUE(job->certificates.empty());
  EXPECT_TRUE(job->attached.revocation_lists.empty());
  EXPECT_FALSE(job->attached.only_by_url);
}

}  // namespace
}  // namespace awtun::ike
