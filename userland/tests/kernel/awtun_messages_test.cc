// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/awtun_messages.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/awtun.h>
#include <linux/genetlink.h>

#include <algorithm>

#include "userland/tests/addresses.h"

namespace awtun::kernel {
namespace {

constexpr int kFamily = 33;

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

SaSpec spec(const Keys& keys, crypto::EspSuite transform) {
  SaSpec made;
  made.ifindex = 7;
  made.direction = Direction::Out;
  made.spi = 0x12345678;
  made.suite = transform;
  made.encryption_key = &keys.encryption;
  made.salt = &keys.salt;
  made.integrity_key = &keys.integrity;
  made.local_selectors = Everything{};
  made.remote_selectors = Everything{};
  return made;
}

TunnelSettings settings(TunnelMode mode, const char* local, const char* remote) {
  TunnelSettings made;
  made.mode = mode;
  made.local = ip(local);
  made.remote = ip(remote);
  return made;
}

/// The ranges, and so on, of one side of an SA to add.
std::vector<Attributes> selectors_in(const Attributes& sa, int side) {
  std::vector<Attributes> found;
  const auto list = sa.bytes(side).value_or(ByteView());
  int remaining = static_cast<int>(list.size());
  auto* attribute = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(list.data()));
  for (; nla_ok(attribute, remaining); attribute = nla_next(attribute, &remaining)) {
    EXPECT_EQ(nla_type(attribute), AWTUN_TS_LIST_A_SELECTOR);
    found.emplace_back(ByteView(static_cast<const std::uint8_t*>(nla_data(attribute)),
                                static_cast<std::size_t>(nla_len(attribute))));
  }
  return found;
}

/// A notification under construction.
class Notification {
 public:
  explicit Notification(std::uint32_t event) : message_(kFamily, 0) {
    message_.append<genlmsghdr>().cmd = AWTUN_CMD_EVENT;
    message_.put_u32(AWTUN_A_EVENT, event);
  }
  Notification&& sa(std::uint32_t direction) && {
    message_.nest(AWTUN_A_SA, [&] {
      message_.put_u32(AWTUN_SA_A_IFINDEX, 4);
      message_.put_u32(AWTUN_SA_A_DIR, direction);
      message_.put_u32(AWTUN_SA_A_SPI, htonl(300));
    });
    return std::move(*this);
  }
  Notification&& tunnel() && {
    message_.nest(AWTUN_A_TUNNEL, [&] { message_.put_u32(AWTUN_TUNNEL_A_IFINDEX, 4); });
    return std::move(*this);
  }
  Notification&& detail() && {
    message_.nest(AWTUN_A_DETAIL, [&] {
      message_.put_u64(AWTUN_DETAIL_A_COUNT, 12);
      message_.put_u32(AWTUN_DETAIL_A_SPI, htonl(301));
      message_.put(AWTUN_DETAIL_A_SRC, ip("192.0.2.9"));
      message_.put_u16(AWTUN_DETAIL_A_SRC_PORT, htons(30001));
    });
    return std::move(*this);
  }
  [[nodiscard]] std::optional<Event> parsed() const { return parse_event(*message_.header()); }

 private:
  Message message_;
};

TEST(AwtunMessages, TunnelSetCarriesModeAndAddresses) {
  const auto message =
      tunnel_set_request(kFamily, 7, settings(TunnelMode::IpsecIpv4, "10.1.1.1", "10.2.2.2"));
  EXPECT_EQ(message.header()->nlmsg_type, kFamily);
  EXPECT_EQ(command_of(message), AWTUN_CMD_TUNNEL_SET);
  const auto tunnel = nest_in(message, AWTUN_A_TUNNEL);
  EXPECT_EQ(tunnel.u32(AWTUN_TUNNEL_A_IFINDEX), 7U);
  EXPECT_EQ(tunnel.u32(AWTUN_TUNNEL_A_MODE), std::uint32_t{AWTUN_MODE_IPSEC_IPV4});
  EXPECT_EQ(bytes_of(tunnel, AWTUN_TUNNEL_A_LOCAL), (Bytes{10, 1, 1, 1}));
  EXPECT_EQ(bytes_of(tunnel, AWTUN_TUNNEL_A_REMOTE), (Bytes{10, 2, 2, 2}));
  for (const int left_out : {AWTUN_TUNNEL_A_DF, AWTUN_TUNNEL_A_TTL, AWTUN_TUNNEL_A_DSCP,
                             AWTUN_TUNNEL_A_MSS_IPV4, AWTUN_TUNNEL_A_MSS_IPV6})
    EXPECT_FALSE(tunnel.has(left_out)) << left_out;
}

TEST(AwtunMessages, TunnelSetCarriesTheOuterHeaderThatIsChosen) {
  auto wanted = settings(TunnelMode::IpsecIpv4, "10.1.1.1", "10.2.2.2");
  wanted.df = DontFragment::Clear;
  wanted.ttl = 64;
  wanted.dscp = 0;
  wanted.mss_ipv4 = kMssOfPath;
  wanted.mss_ipv6 = 1220;
  const auto message = tunnel_set_request(kFamily, 7, wanted);
  const auto tunnel = nest_in(message, AWTUN_A_TUNNEL);
  EXPECT_EQ(tunnel.u8(AWTUN_TUNNEL_A_DF), std::uint8_t{AWTUN_DF_CLEAR});
  EXPECT_EQ(tunnel.u8(AWTUN_TUNNEL_A_TTL), 64);
  EXPECT_EQ(tunnel.u8(AWTUN_TUNNEL_A_DSCP), 0);
  EXPECT_EQ(tunnel.u16(AWTUN_TUNNEL_A_MSS_IPV4), std::uint16_t{AWTUN_MSS_PMTU});
  EXPECT_EQ(tunnel.u16(AWTUN_TUNNEL_A_MSS_IPV6), 1220);
  // What is written is what is read.
  EXPECT_EQ(parse_tunnel(*message.header())->settings, wanted);
}

TEST(AwtunMessages, TunnelWithoutModeHasNoAddresses) {
  const auto message = tunnel_set_request(kFamily, 7, {});
  const auto tunnel = nest_in(message, AWTUN_A_TUNNEL);
  EXPECT_EQ(tunnel.u32(AWTUN_TUNNEL_A_MODE), std::uint32_t{AWTUN_MODE_UNSPEC});
  EXPECT_FALSE(tunnel.has(AWTUN_TUNNEL_A_LOCAL));
}

TEST(AwtunMessages, CbcSaHasKeysOfBothAndNoSalt) {
  const Keys keys;
  const auto message = sa_add_request(kFamily, spec(keys, *crypto::esp_suite("aes256", "sha256")));
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
  const auto message = sa_add_request(kFamily, spec(keys, *crypto::esp_suite("aes256", "gcm8")));
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_CIPHER), std::uint32_t{AWTUN_CIPHER_AES_GCM});
  EXPECT_EQ(sa.u32(AWTUN_SA_A_ICV_LEN), 8U);
  EXPECT_EQ(bytes_of(sa, AWTUN_SA_A_SALT), Bytes(4, 0x5a));
  EXPECT_FALSE(sa.has(AWTUN_SA_A_AUTH));
  EXPECT_FALSE(sa.has(AWTUN_SA_A_AUTH_KEY));
}

TEST(AwtunMessages, ReplayWindowIsNamedOnlyWhenItIsChosen) {
  const Keys keys;
  auto wanted = spec(keys, *crypto::esp_suite("aes256", "gcm16"));
  const auto silent = sa_add_request(kFamily, wanted);
  EXPECT_FALSE(nest_in(silent, AWTUN_A_SA).has(AWTUN_SA_A_REPLAY_WINDOW));
  wanted.replay_window = 4096;
  const auto message = sa_add_request(kFamily, wanted);
  EXPECT_EQ(nest_in(message, AWTUN_A_SA).u32(AWTUN_SA_A_REPLAY_WINDOW), 4096U);
}

TEST(AwtunMessages, OutboundSaInUdpWithExtendedNumbersAndAnEnd) {
  const Keys keys;
  auto wanted = spec(keys, *crypto::esp_suite("aes256", "gcm16"));
  const auto silent = sa_add_request(kFamily, wanted);
  const auto plain = nest_in(silent, AWTUN_A_SA);
  for (const int left_out : {AWTUN_SA_A_ESN, AWTUN_SA_A_REMOTE, AWTUN_SA_A_ENCAP_LOCAL_PORT,
                             AWTUN_SA_A_ENCAP_REMOTE_PORT, AWTUN_SA_A_FOLLOW, AWTUN_SA_A_HARD_SECONDS})
    EXPECT_FALSE(plain.has(left_out)) << left_out;
  wanted.esn = true;
  wanted.remote = ip("192.0.2.9");
  wanted.udp = UdpPorts{4500, 30001};
  wanted.hard_seconds = 28800;
  const auto message = sa_add_request(kFamily, wanted);
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_TRUE(sa.has(AWTUN_SA_A_ESN));
  EXPECT_EQ(bytes_of(sa, AWTUN_SA_A_REMOTE), (Bytes{192, 0, 2, 9}));
  EXPECT_EQ(sa.u16(AWTUN_SA_A_ENCAP_LOCAL_PORT), htons(4500));
  EXPECT_EQ(sa.u16(AWTUN_SA_A_ENCAP_REMOTE_PORT), htons(30001));
  EXPECT_EQ(sa.u64(AWTUN_SA_A_HARD_SECONDS), 28800U);
}

TEST(AwtunMessages, AnSaMovesToAnAddressAndPorts) {
  const auto message =
      sa_move_request(kFamily, {7, Direction::Out, 300}, ip("192.0.2.9"), UdpPorts{4500, 30002});
  EXPECT_EQ(command_of(message), AWTUN_CMD_SA_SET);
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_IFINDEX), 7U);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_DIR), std::uint32_t{AWTUN_DIR_OUT});
  EXPECT_EQ(sa.u32(AWTUN_SA_A_SPI), htonl(300));
  EXPECT_EQ(bytes_of(sa, AWTUN_SA_A_REMOTE), (Bytes{192, 0, 2, 9}));
  EXPECT_EQ(sa.u16(AWTUN_SA_A_ENCAP_LOCAL_PORT), htons(4500));
  EXPECT_EQ(sa.u16(AWTUN_SA_A_ENCAP_REMOTE_PORT), htons(30002));
}

TEST(AwtunMessages, AnSaIsExpectedInbound) {
  const auto message = sa_expect_request(kFamily, 7, 300);
  EXPECT_EQ(command_of(message), AWTUN_CMD_SA_EXPECT);
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_IFINDEX), 7U);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_DIR), std::uint32_t{AWTUN_DIR_IN});
  EXPECT_EQ(sa.u32(AWTUN_SA_A_SPI), htonl(300));
}

TEST(AwtunMessages, TunnelWhosePeerIsNotKnown) {
  const auto message = tunnel_set_request(kFamily, 7, settings(TunnelMode::IpsecIpv6, "2001:db8::1", "::"));
  EXPECT_FALSE(nest_in(message, AWTUN_A_TUNNEL).has(AWTUN_TUNNEL_A_REMOTE));
  EXPECT_TRUE(parse_tunnel(*message.header())->settings->remote.is_unspecified());
}

TEST(AwtunMessages, InboundSaThatFollows) {
  const Keys keys;
  auto wanted = spec(keys, *crypto::esp_suite("aes256", "gcm16"));
  wanted.direction = Direction::In;
  wanted.follow = true;
  const auto message = sa_add_request(kFamily, wanted);
  EXPECT_TRUE(nest_in(message, AWTUN_A_SA).has(AWTUN_SA_A_FOLLOW));
}

TEST(AwtunMessages, SelectorsOfBothSides) {
  const Keys keys;
  auto wanted = spec(keys, *crypto::esp_suite("aes256", "gcm16"));
  wanted.local_selectors = std::vector<TrafficSelector>{{6, 80, 443, ip("10.0.0.0"), ip("10.0.0.255")},
                                                        {0, 0, 65535, ip("::"), ip("::ff")}};
  wanted.remote_selectors = std::vector<TrafficSelector>{{0, 0, 65535, ip("10.1.0.0"), ip("10.1.0.255")}};
  const auto message = sa_add_request(kFamily, wanted);
  const auto sa = nest_in(message, AWTUN_A_SA);
  const auto local = selectors_in(sa, AWTUN_SA_A_TS_LOCAL);
  ASSERT_EQ(local.size(), 2U);
  EXPECT_EQ(bytes_of(local[0], AWTUN_TS_A_START), (Bytes{10, 0, 0, 0}));
  EXPECT_EQ(bytes_of(local[0], AWTUN_TS_A_END), (Bytes{10, 0, 0, 255}));
  EXPECT_EQ(local[0].u8(AWTUN_TS_A_PROTOCOL), 6);
  EXPECT_EQ(local[0].u16(AWTUN_TS_A_PORT_MIN), 80);
  EXPECT_EQ(local[0].u16(AWTUN_TS_A_PORT_MAX), 443);
  EXPECT_EQ(bytes_of(local[1], AWTUN_TS_A_START), Bytes(16, 0));
  EXPECT_FALSE(local[1].has(AWTUN_TS_A_PROTOCOL));
  EXPECT_EQ(selectors_in(sa, AWTUN_SA_A_TS_REMOTE).size(), 1U);
}

TEST(AwtunMessages, EverythingIsSaidAndNothingIsNotEverything) {
  const Keys keys;
  auto wanted = spec(keys, *crypto::esp_suite("aes256", "gcm16"));
  wanted.remote_selectors = SaSpec().remote_selectors;
  const auto message = sa_add_request(kFamily, wanted);
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_TRUE(sa.nest(AWTUN_SA_A_TS_LOCAL)->has(AWTUN_TS_LIST_A_ANY));
  // libnl leaves an empty nest out; the kernel refuses a request without the list.
  EXPECT_FALSE(sa.has(AWTUN_SA_A_TS_REMOTE));
}

TEST(AwtunMessages, AsManySelectorsAsTheKernelTakesFitIn) {
  const Keys keys;
  auto wanted = spec(keys, *crypto::esp_suite("aes256", "sha512"));
  wanted.local_selectors =
      std::vector<TrafficSelector>(AWTUN_TS_MAX, {17, 1, 2, ip("2001:db8::"), ip("2001:db8::ffff")});
  wanted.remote_selectors = wanted.local_selectors;
  EXPECT_FALSE(sa_add_request(kFamily, wanted).overflowed());
}

TEST(AwtunMessages, TransportByDescriptor) {
  const auto message = transport_add_request(kFamily, 9);
  EXPECT_EQ(command_of(message), AWTUN_CMD_TRANSPORT_ADD);
  EXPECT_EQ(nest_in(message, AWTUN_A_TRANSPORT).u32(AWTUN_TRANSPORT_A_FD), 9U);
}

TEST(AwtunMessages, ParsesTunnelWithCounters) {
  Message answer(kFamily, 0);
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
  EXPECT_EQ(tunnel->settings, settings(TunnelMode::IpsecIpv6, "2001:db8::1", "2001:db8::2"));
  const NamedCounter replay{"rx_replay", 5};
  EXPECT_NE(std::find(tunnel->drops.begin(), tunnel->drops.end(), replay), tunnel->drops.end());
}

TEST(AwtunMessages, ParsesSaWithCounters) {
  Message answer(kFamily, 0);
  answer.append<genlmsghdr>();
  answer.nest(AWTUN_A_SA, [&] {
    answer.put_u32(AWTUN_SA_A_IFINDEX, 9);
    answer.put_u32(AWTUN_SA_A_DIR, AWTUN_DIR_IN);
    answer.put_u32(AWTUN_SA_A_SPI, htonl(0xabcdef01));
    const std::uint64_t packets = 1ULL << 40;
    answer.put(AWTUN_SA_A_PACKETS, ByteView(reinterpret_cast<const std::uint8_t*>(&packets), sizeof packets));
    const std::uint64_t heard = 1500;
    answer.put(AWTUN_SA_A_HEARD, ByteView(reinterpret_cast<const std::uint8_t*>(&heard), sizeof heard));
    answer.put_string(AWTUN_SA_A_DRIVER, "authenc(hmac-sha256-ni,cbc-aes-ni)");
  });
  const auto sa = parse_sa(*answer.header());
  ASSERT_TRUE(sa);
  EXPECT_EQ(sa->heard, std::chrono::milliseconds(1500));
  EXPECT_EQ(sa->name, (SaName{9, Direction::In, 0xabcdef01}));
  EXPECT_EQ(sa->packets, 1ULL << 40);
  EXPECT_EQ(sa->driver, "authenc(hmac-sha256-ni,cbc-aes-ni)");
}

TEST(AwtunMessages, OneSaIsAskedForByItsName) {
  const auto message = sa_get_request(kFamily, {7, Direction::In, 300});
  EXPECT_EQ(message.header()->nlmsg_flags & NLM_F_DUMP, 0);
  const auto sa = nest_in(message, AWTUN_A_SA);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_IFINDEX), 7U);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_DIR), AWTUN_DIR_IN);
  EXPECT_EQ(sa.u32(AWTUN_SA_A_SPI), htonl(300));
}

TEST(AwtunMessages, ParsesWhereAnSaSends) {
  Message answer(kFamily, 0);
  answer.append<genlmsghdr>();
  answer.nest(AWTUN_A_SA, [&] {
    answer.put_u32(AWTUN_SA_A_IFINDEX, 9);
    answer.put_u32(AWTUN_SA_A_DIR, AWTUN_DIR_OUT);
    answer.put_u32(AWTUN_SA_A_SPI, htonl(0xabcdef01));
    answer.put_flag(AWTUN_SA_A_ESN);
    answer.put_flag(AWTUN_SA_A_EXPIRED);
    answer.put(AWTUN_SA_A_REMOTE, ip("192.0.2.9"));
    answer.put_u16(AWTUN_SA_A_ENCAP_LOCAL_PORT, htons(4500));
    answer.put_u16(AWTUN_SA_A_ENCAP_REMOTE_PORT, htons(30001));
  });
  const auto sa = parse_sa(*answer.header());
  ASSERT_TRUE(sa);
  EXPECT_TRUE(sa->esn);
  EXPECT_TRUE(sa->expired);
  EXPECT_EQ(sa->remote, ip("192.0.2.9"));
  EXPECT_EQ(sa->udp, (UdpPorts{4500, 30001}));
}

TEST(AwtunMessages, ParsesTheEndsOfSas) {
  EXPECT_EQ(Notification(AWTUN_EVENT_SA_HARD).sa(AWTUN_DIR_OUT).parsed(),
            Event(SaLimitReached{{4, Direction::Out, 300}, true}));
  EXPECT_EQ(Notification(AWTUN_EVENT_SA_SOFT).sa(AWTUN_DIR_IN).parsed(),
            Event(SaLimitReached{{4, Direction::In, 300}, false}));
}

TEST(AwtunMessages, ParsesWhatHappensToPackets) {
  EXPECT_EQ(Notification(AWTUN_EVENT_ACQUIRE).tunnel().detail().parsed(), Event(PacketsWaiting{4, 12}));
  EXPECT_EQ(Notification(AWTUN_EVENT_PEER_MOVED).sa(AWTUN_DIR_IN).detail().parsed(),
            Event(PeerMoved{{4, Direction::In, 300}, {ip("192.0.2.9"), 30001}}));
  EXPECT_EQ(Notification(AWTUN_EVENT_UNKNOWN_SPI).tunnel().detail().parsed(),
            Event(PacketsRefused{PacketsRefused::Why::UnknownSpi, 4, 12, 301, ip("192.0.2.9")}));
  EXPECT_EQ(Notification(AWTUN_EVENT_AUTH_FAILED).tunnel().detail().parsed(),
            Event(PacketsRefused{PacketsRefused::Why::AuthFailed, 4, 12, 301, ip("192.0.2.9")}));
}

TEST(AwtunMessages, ParsesALostTransport) {
  Message event(kFamily, 0);
  event.append<genlmsghdr>().cmd = AWTUN_CMD_EVENT;
  event.put_u32(AWTUN_A_EVENT, AWTUN_EVENT_TRANSPORT_LOST);
  event.nest(AWTUN_A_TRANSPORT, [&] {
    event.put_u16(AWTUN_TRANSPORT_A_PORT, htons(4500));
    event.put(AWTUN_TRANSPORT_A_LOCAL, ip("::"));
  });
  EXPECT_EQ(parse_event(*event.header()), Event(TransportLost{{ip("::"), 4500}}));
}

TEST(AwtunMessages, ParsesThatTheMachineWasCloned) {
  EXPECT_EQ(Notification(AWTUN_EVENT_VM_FORKED).parsed(), Event(VmForked{}));
}

TEST(AwtunMessages, AnEventWithoutItsPartsIsNone) {
  for (std::uint32_t event = 0; event <= AWTUN_EVENT_TRANSPORT_LOST; ++event)
    EXPECT_FALSE(Notification(event).parsed()) << event;
  EXPECT_FALSE(Notification(AWTUN_EVENT_PEER_MOVED).sa(AWTUN_DIR_IN).parsed());
  EXPECT_FALSE(Notification(AWTUN_EVENT_UNKNOWN_SPI).tunnel().parsed());
  EXPECT_FALSE(Notification(AWTUN_EVENT_VM_FORKED + 1).sa(AWTUN_DIR_IN).tunnel().detail().parsed());
  EXPECT_FALSE(parse_event(*sa_activate_request(kFamily, 4, 300).header()));
  EXPECT_FALSE(parse_sa(*sa_dump_request(kFamily).header()));
}

}  // namespace
}  // namespace awtun::kernel
