// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/awtun_messages.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/awtun.h>
#include <linux/genetlink.h>

#include <algorithm>

namespace awtun::kernel {
namespace {

constexpr int family = 33;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

Attributes nest_in(const Message& message, int attribute) {
  return *attributes_of(*message.header(), sizeof(genlmsghdr)).nest(attribute);
}

std::uint8_t command_of(const Message& message) { return header_of<genlmsghdr>(*message.header())->cmd; }

Bytes bytes_of(const Attributes& attributes, int attribute) {
  const auto view = attributes.bytes(attribute).value_or(ByteView());
  return Bytes(view.begin(), view.end());
}

struct Keys {
  Secret encryption{Bytes(32, 0xe1)};
  Secret salt{Bytes(4, 0x5a)};
  Secret integrity{Bytes(32, 0xa1)};
};

SaSpec spec(const Keys& keys, IpsecTransform transform) {
  return {7, SaDirection::Out, 0x12345678, transform, &keys.encryption, &keys.salt, &keys.integrity, 0};
}

TEST(AwtunMessages, TunnelSetCarriesModeAndAddresses) {
  const auto message = tunnel_set_request(family, 7, {TunnelMode::IpsecIpv4, ip("10.1.1.1"), ip("10.2.2.2")});
  EXPECT_EQ(message.header()->nlmsg_type, family);
  EXPECT_EQ(command_of(message), AWTUN_CMD_TUNNEL_SET);
  const auto tunnel = nest_in(message, AWTUN_A_TUNNEL);
  EXPECT_EQ(tunnel.u32(AWTUN_TUNNEL_A_IFINDEX), 7U);
  EXPECT_EQ(tunnel.u32(AWTUN_TUNNEL_A_MODE), std::uint32_t{AWTUN_MODE_IPSEC_IPV4});
  EXPECT_EQ(bytes_of(tunnel, AWTUN_TUNNEL_A_LOCAL), (Bytes{10, 1, 1, 1}));
  EXPECT_EQ(bytes_of(tunnel, AWTUN_TUNNEL_A_REMOTE), (Bytes{10, 2, 2, 2}));
}

TEST(AwtunMessages, TunnelWithoutModeHasNoAddresses) {
  const auto message = tunnel_set_request(family, 7, {});
  const auto tunnel = nest_in(message, AWTUN_A_TUNNEL);
  EXPECT_EQ(tunnel.u32(AWTUN_TUNNEL_A_MODE), std::uint32_t{AWTUN_MODE_UNSPEC});
  EXPECT_FALSE(tunnel.has(AWTUN_TUNNEL_A_LOCAL));
}

TEST(AwtunMessages, CbcSaHasKeysOfBothAndNoSalt) {
  const Keys keys;
  const auto message = sa_add_request(family, spec(keys, {Encryption::Aes256, Integrity::Sha256}));
  EXPECT_EQ(command_of(message), AWTUN_CMD_SA_ADD);
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_DIR), std::uint32_t{AWTUN_DIR_OUT});
  EXPECT_EQ(sa.u32(AWTUN_SA_A_SPI), htonl(0x12345678));
  EXPECT_EQ(sa.u32(AWTUN_SA_A_CIPHER), std::uint32_t{AWTUN_CIPHER_AES_CBC});
  EXPECT_EQ(sa.u32(AWTUN_SA_A_AUTH), std::uint32_t{AWTUN_AUTH_HMAC_SHA256_128});
  EXPECT_EQ(bytes_of(sa, AWTUN_SA_A_CIPHER_KEY), Bytes(32, 0xe1));
  EXPECT_EQ(bytes_of(sa, AWTUN_SA_A_AUTH_KEY), Bytes(32, 0xa1));
  EXPECT_FALSE(sa.has(AWTUN_SA_A_SALT));
  EXPECT_FALSE(sa.has(AWTUN_SA_A_ICV_LEN));
}

TEST(AwtunMessages, GcmSaHasSaltAndIcvLengthAndNoIntegrity) {
  const Keys keys;
  const auto message = sa_add_request(family, spec(keys, {Encryption::Aes256, Integrity::Gcm8}));
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_CIPHER), std::uint32_t{AWTUN_CIPHER_AES_GCM});
  EXPECT_EQ(sa.u32(AWTUN_SA_A_ICV_LEN), 8U);
  EXPECT_EQ(bytes_of(sa, AWTUN_SA_A_SALT), Bytes(4, 0x5a));
  EXPECT_FALSE(sa.has(AWTUN_SA_A_AUTH));
  EXPECT_FALSE(sa.has(AWTUN_SA_A_AUTH_KEY));
}

TEST(AwtunMessages, ReplayWindowIsNamedOnlyWhenItIsChosen) {
  const Keys keys;
  auto wanted = spec(keys, {Encryption::Aes256, Integrity::Gcm16});
  const auto silent = sa_add_request(family, wanted);
  EXPECT_FALSE(nest_in(silent, AWTUN_A_SA).has(AWTUN_SA_A_REPLAY_WINDOW));
  wanted.replay_window = 4096;
  const auto message = sa_add_request(family, wanted);
  EXPECT_EQ(nest_in(message, AWTUN_A_SA).u32(AWTUN_SA_A_REPLAY_WINDOW), 4096U);
}

TEST(AwtunMessages, ParsesTunnelWithCounters) {
  Message answer(family, 0);
  answer.append<genlmsghdr>();
  answer.nest(AWTUN_A_TUNNEL, [&] {
    answer.put_u32(AWTUN_TUNNEL_A_IFINDEX, 9);
    answer.put_u32(AWTUN_TUNNEL_A_MODE, AWTUN_MODE_IPSEC_IPV6);
    answer.put(AWTUN_TUNNEL_A_LOCAL, ip("2001:db8::1"));
    answer.put(AWTUN_TUNNEL_A_REMOTE, ip("2001:db8::2"));
    answer.put_string(AWTUN_TUNNEL_A_IFNAME, "tunnel3");
    answer.nest(AWTUN_TUNNEL_A_STATS, [&] {
      const std::uint64_t drops = 5;
      answer.put(AWTUN_TUNNEL_STAT_RX_REPLAY,
                 ByteView(reinterpret_cast<const std::uint8_t*>(&drops), sizeof drops));
    });
  });
  const auto tunnel = parse_tunnel(*answer.header());
  ASSERT_TRUE(tunnel);
  EXPECT_EQ(tunnel->name, "tunnel3");
  EXPECT_EQ(tunnel->settings, (TunnelSettings{TunnelMode::IpsecIpv6, ip("2001:db8::1"), ip("2001:db8::2")}));
  const NamedCounter replay{"rx_replay", 5};
  EXPECT_NE(std::find(tunnel->drops.begin(), tunnel->drops.end(), replay), tunnel->drops.end());
}

TEST(AwtunMessages, ParsesSaWithCounters) {
  Message answer(family, 0);
  answer.append<genlmsghdr>();
  answer.nest(AWTUN_A_SA, [&] {
    answer.put_u32(AWTUN_SA_A_IFINDEX, 9);
    answer.put_u32(AWTUN_SA_A_DIR, AWTUN_DIR_IN);
    answer.put_u32(AWTUN_SA_A_SPI, htonl(0xabcdef01));
    const std::uint64_t packets = 1ULL << 40;
    answer.put(AWTUN_SA_A_PACKETS, ByteView(reinterpret_cast<const std::uint8_t*>(&packets), sizeof packets));
    answer.put_string(AWTUN_SA_A_DRIVER, "authenc(hmac-sha256-ni,cbc-aes-ni)");
  });
  const auto sa = parse_sa(*answer.header());
  ASSERT_TRUE(sa);
  EXPECT_EQ(sa->name, (SaName{9, SaDirection::In, 0xabcdef01}));
  EXPECT_EQ(sa->packets, 1ULL << 40);
  EXPECT_EQ(sa->driver, "authenc(hmac-sha256-ni,cbc-aes-ni)");
}

TEST(AwtunMessages, ParsesEventsAndNothingElse) {
  Message event(family, 0);
  event.append<genlmsghdr>().cmd = AWTUN_CMD_EVENT;
  event.put_u32(AWTUN_A_EVENT, AWTUN_EVENT_SA_HARD);
  event.nest(AWTUN_A_SA, [&] {
    event.put_u32(AWTUN_SA_A_IFINDEX, 4);
    event.put_u32(AWTUN_SA_A_DIR, AWTUN_DIR_OUT);
    event.put_u32(AWTUN_SA_A_SPI, htonl(300));
  });
  EXPECT_EQ(parse_event(*event.header()), (SaEvent{4, 300, true}));
  EXPECT_FALSE(parse_event(*sa_activate_request(family, 4, 300).header()));
  EXPECT_FALSE(parse_sa(*sa_dump_request(family).header()));
}

}  // namespace
}  // namespace awtun::kernel
