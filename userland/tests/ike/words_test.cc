// SPDX-License-Identifier: Apache-2.0
// "ours" and "theirs" of a failure: what differs never looks alike.
#include <gtest/gtest.h>

#include "userland/ike/rules/excerpt.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal.h"
#include "userland/ike/rules/proposal_mismatch.h"
#include "userland/ike/rules/selectors.h"
#include "userland/tests/crypto/common_name.h"
#include "userland/wire/writer.h"

namespace awtun::ike {
namespace {

using wire::Transform;
using wire::TransformType;

constexpr std::uint16_t kFirstUnused = 1024;  // for private use (RFC 7296 3.3.2)

void expect_all_differ(const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(texts[i], texts[j]) << i << " and " << j;
}

// ---------------------------------------------------------------- identities

Identity identity(Identity::Type type, std::string_view octets) {
  return {type, Bytes(octets.begin(), octets.end())};
}

Identity distinguished(std::string_view text) { return *Identity::parse(text); }

TEST(Alike, NoTwoIdentitiesAre) {
  using Type = Identity::Type;
  const std::vector<Identity> all{
      Identity::of(*IpAddress::parse("172.31.0.5")),
      Identity::of(*IpAddress::parse("::ffff:172.31.0.5")),
      identity(Type::Fqdn, "172.31.0.5"),
      identity(Type::Rfc822, "172.31.0.5"),
      identity(Type::KeyId, "172.31.0.5"),
      identity(Type::Ipv4Address, std::string_view("\x0a\x01", 2)),
      identity(Type::Fqdn, "r1.example.com"),
      identity(Type::Fqdn, "r1.example.com."),
      identity(Type::Fqdn, std::string_view("r1.example.com\0", 15)),
      identity(Type::Fqdn, "r1.example.com "),
      identity(Type::Fqdn, "r1.example.com\\00"),
      identity(Type::Fqdn, "r1.example.com\n"),
      identity(Type::Fqdn, ""),
      identity(Type::Rfc822, "r1.example.com"),
      identity(Type::Rfc822, "r1@example.com"),
      identity(Type::Rfc822, "R1@example.com"),
      identity(Type::Fqdn, "r1@example.com"),
      identity(Type::KeyId, "r1"),
      identity(Type::KeyId, "R1"),
      identity(Type::KeyId, "0x7231"),
      identity(Type::KeyId, std::string_view("r1\0", 3)),
      identity(Type::KeyId, " r1"),
      identity(Type::KeyId, ""),
      identity(Type::Fqdn, "0x7231"),
      identity(Type::Fqdn, "/CN=r1"),
      identity(Type::KeyId, "/CN=r1"),
      distinguished("/CN=r1"),
      distinguished("/C=JP/CN=r1"),
      distinguished("/CN=r1/C=JP"),
      distinguished("/C=JP+CN=r1"),
      distinguished("/CN=r1\\/C=JP"),
      distinguished("/CN=\\#030000"),
      identity(Type::DerAsn1Dn, "/CN=r1"),
      common_name(0x03, {0x00, 0x41}),
      common_name(0x07, {0x41}),
      common_name(0x30, {}),
  };
  std::vector<std::string> texts;
  for (const Identity& one : all) {
    for (const Identity& other : all) EXPECT_EQ(&one == &other, one.matches(other)) << one.to_string();
    texts.push_back(one.to_string());
    texts.push_back("identity " + one.to_string());
  }
  expect_all_differ(texts);
}

std::string described(std::uint8_t type, const Bytes& data) {
  return describe(wire::IdView{static_cast<wire::IdType>(type), data, {}});
}

TEST(Alike, NorAreThoseOfTypesThatNobodyHasANameFor) {
  expect_all_differ({described(10, {1}), described(10, {2}), described(13, {}), described(13, {1}),
                     described(200, {1}), described(11, {1}), described(2, {1})});
}

TEST(Alike, NorIsWhatWasCutAndWhatWasNot) {
  const std::string whole(kExcerptSize, 'a');
  expect_all_differ(
      {excerpt(whole), excerpt(whole + "a"), excerpt(whole + "bb"), whole + "...", whole + "a"});
}

// ---------------------------------------------------------------- selectors

TEST(Alike, NoTwoSelectorsAre) {
  const TrafficSelector net = TrafficSelector::of(*IpPrefix::parse("10.0.0.0/8"));
  std::vector<std::string> texts{net.to_string()};
  const auto add = [&](auto change) {
    TrafficSelector other = net;
    change(other);
    texts.push_back(other.to_string());
  };
  add([](auto& one) { one.first = *IpAddress::parse("10.0.0.1"); });
  add([](auto& one) { one.last = *IpAddress::parse("10.0.0.1"); });
  add([](auto& one) { one.protocol = 6; });
  for (const auto& [start, end] : {std::pair(0, 65534), std::pair(1, 65535), std::pair(80, 80),
                                   std::pair(65535, 0), std::pair(80, 79), std::pair(0, 0)})
    add([&](auto& one) {
      one.start_port = static_cast<std::uint16_t>(start);
      one.end_port = static_cast<std::uint16_t>(end);
    });
  texts.push_back(TrafficSelector::of(*IpPrefix::parse("::ffff:10.0.0.0/104")).to_string());
  expect_all_differ(texts);
}

// ---------------------------------------------------------------- proposals

TEST(Alike, NoTwoTransformsOfATypeAre) {
  for (int number = 0; number < 15; ++number) {
    const auto type = static_cast<TransformType>(number);
    std::vector<std::string> texts;
    for (std::uint16_t id = 0; id < 60; ++id)
      texts.push_back(crypto::describe(Transform{type, id, {}, false}));
    for (const std::uint16_t id : std::vector<std::uint16_t>{2, 12, 14, 20, 28, 36})
      for (const std::uint16_t bits : std::vector<std::uint16_t>{0, 128, 192, 256, 512})
        texts.push_back(crypto::describe(Transform{type, id, bits, false}));
    texts.push_back(crypto::describe(Transform{type, kFirstUnused, {}, false}));
    texts.push_back(crypto::describe(Transform{type, 12, 256, true}));
    texts.push_back(crypto::describe(Transform{type, 12, {}, true}));
    expect_all_differ(texts);
  }
}

/// An SA payload of these, and what keeps it alive.
struct Offered {
  explicit Offered(const std::vector<wire::Proposal>& proposals) {
    payloads.sa(proposals);
    sa = *wire::decode_sa(*wire::parse_chain(payloads.first(), payloads.octets())->begin());
  }
  wire::PayloadWriter payloads;
  wire::SaView sa;
};

/// A proposal of ours, and it changed in every way in which it is not ours any more.
std::vector<wire::Proposal> spoiled(const wire::Proposal& good) {
  std::vector<wire::Proposal> all;
  for (const Transform& extra : {Transform{static_cast<TransformType>(6), 36, {}, false},
                                 Transform{static_cast<TransformType>(7), 36, {}, false},
                                 Transform{static_cast<TransformType>(6), 37, {}, false},
                                 Transform{static_cast<TransformType>(6), 0, {}, false},
                                 Transform{static_cast<TransformType>(13), 1, {}, false}}) {
    all.push_back(good);
    all.back().transforms.push_back(extra);
  }
  for (std::size_t i = 0; i < good.transforms.size(); ++i) {
    all.push_back(good);
    all.back().transforms[i].id = kFirstUnused;
    all.push_back(good);
    all.back().transforms[i].key_bits = 99;
  }
  return all;
}

TEST(Alike, NoOfferThatWeCannotTakeLooksLikeOurs) {
  IsakmpProfile profile;
  profile.transforms[1] = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048);
  const wire::Proposal ours = ike_proposals(profile, {}).front();
  std::vector<std::string> texts{describe(profile)};
  EXPECT_EQ(describe(Offered({ours}).sa, wire::ProtocolId::Ike), texts.front());
  std::vector<wire::Proposal> all = spoiled(ours);
  for (std::size_t i = 0; i < ours.transforms.size(); ++i) {
    all.push_back(ours);
    all.back().transforms.erase(all.back().transforms.begin() + static_cast<std::ptrdiff_t>(i));
  }
  all.push_back(ours);
  all.back().protocol = wire::ProtocolId::Esp;
  all.back().spi = {0, 0, 1, 0};
  all.push_back(all.back());
  all.back().protocol = wire::ProtocolId::Ah;
  for (const wire::Proposal& one : all) {
    const Offered offered({one});
    EXPECT_FALSE(choose_ike(profile, offered.sa)) << describe(offered.sa, wire::ProtocolId::Ike);
    texts.push_back(describe(offered.sa, wire::ProtocolId::Ike));
  }
  expect_all_differ(texts);
}

TEST(Alike, NorDoesOneForAChildSa) {
  IpsecProfile profile;
  profile.transforms[1] = *crypto::esp_suite("aes256", "sha256");
  const wire::Proposal ours = esp_proposals(profile, 0x1000, wire::GroupId::None).front();
  std::vector<std::string> texts{describe(profile, wire::GroupId::None)};
  EXPECT_EQ(describe(Offered({ours}).sa, wire::ProtocolId::Esp), texts.front());
  std::vector<wire::Proposal> all;
  const auto add = [&](auto change) {
    all.push_back(ours);
    change(all.back());
  };
  const auto without = [](TransformType type) {
    return [type](wire::Proposal& one) {
      std::erase_if(one.transforms, [type](const Transform& each) { return each.type == type; });
    };
  };
  add(without(TransformType::Encr));
  add(without(TransformType::Integ));
  add(without(TransformType::Esn));
  add([&](auto& one) {
    without(TransformType::Esn)(one);
    one.transforms.push_back({TransformType::Esn, 2, {}, false});
  });
  add([](auto& one) { one.transforms.push_back(Transform::group(wire::GroupId::Modp2048)); });
  add([](auto& one) { one.transforms.push_back({static_cast<TransformType>(6), 36, {}, false}); });
  add([](auto& one) { one.spi = {0, 0, 0, 5}; });
  add([](auto& one) { one.protocol = wire::ProtocolId::Ah; });
  for (const wire::Proposal& one : all) {
    const Offered offered({one});
    EXPECT_FALSE(choose_esp(profile, offered.sa, wire::GroupId::None));
    texts.push_back(describe(offered.sa, wire::ProtocolId::Esp));
  }
  texts.push_back(describe(profile, wire::GroupId::Modp2048));
  expect_all_differ(texts);
}

/// Both sides of "peer offers X; ours Y" of every clause.
void expect_no_clause_says_the_same_twice(const std::string& text) {
  const std::string lead = "peer offers ", middle = "; ours ";
  for (std::size_t at = text.find(lead); at != text.npos; at = text.find(lead, at + 1)) {
    const std::size_t end = text.find(middle, at);
    ASSERT_NE(end, text.npos) << text;
    const std::string ours = text.substr(end + middle.size(), text.find("; ", end + 1) - end - middle.size());
    const std::string theirs = text.substr(at, end - at);
    EXPECT_FALSE(theirs.ends_with(" " + ours)) << text;
  }
}

TEST(Alike, NorDoesTheTextOnWhatDiffersSayTheSameTwice) {
  IsakmpProfile cbc, gcm;
  cbc.transforms[1] = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048);
  gcm.transforms[1] = *crypto::ike_suite("aes256gcm16", "sha256", crypto::GroupId::Modp2048);
  for (const IsakmpProfile* profile : {&cbc, &gcm}) {
    const auto ours = ike_proposals(*profile, {});
    for (const wire::Proposal& one : spoiled(ours.front())) {
      const std::string text = proposal_mismatch(ours, Offered({one}).sa);
      expect_no_clause_says_the_same_twice(text);
      EXPECT_EQ(text.find("both ends support each algorithm"), text.npos) << text;
    }
  }
}

}  // namespace
}  // namespace awtun::ike
