// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/udp_transport.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "userland/daemon/io/socket_address.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

IkePorts test_ports() {
  const auto first = static_cast<std::uint16_t>(20000 + 2 * (::getpid() % 10000));
  return {first, static_cast<std::uint16_t>(first + 1)};
}

/// A peer that is no IKE daemon.
class RawPeer {
 public:
  explicit RawPeer(const Endpoint& local) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto address = to_socket_address(local);
    EXPECT_EQ(::bind(fd_.get(), address.get(), address.size), 0);
  }
  void send(const Endpoint& to, const Bytes& bytes) const {
    const auto address = to_socket_address(to);
    EXPECT_EQ(::sendto(fd_.get(), bytes.data(), bytes.size(), 0, address.get(), address.size),
              static_cast<ssize_t>(bytes.size()));
  }
  /// nullopt: nothing waits.
  [[nodiscard]] std::optional<Bytes> received() const {
    Bytes bytes(2000);
    const auto size = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }

 private:
  UniqueFd fd_;
};

class UdpTransportTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = UdpTransport::open(
        loop_, ports_, [this](ike::Datagram got) { got_.push_back(std::move(got)); },
        [this](ike::NotSent refused) { refused_.push_back(std::move(refused)); });
    ASSERT_TRUE(opened) << opened.error();
    transport_ = std::move(*opened);
  }

  void serve() { event_base_loop(loop_.base(), EVLOOP_NONBLOCK); }

  IkePorts ports_ = test_ports();
  EventLoop loop_;
  std::unique_ptr<UdpTransport> transport_;
  std::vector<ike::Datagram> got_;
  std::vector<ike::NotSent> refused_;
};

TEST_F(UdpTransportTest, DatagramsKeepBothEndpoints) {
  const Endpoint local{ip("127.0.0.2"), ports_.ike};
  const Endpoint remote{ip("127.0.0.3"), ports_.ike};
  transport_->send(ike::Send{local, remote, {1, 2, 3}});
  transport_->flush();
  serve();
  ASSERT_EQ(got_.size(), 1U);
  EXPECT_EQ(got_[0].local, remote);
  EXPECT_EQ(got_[0].remote, local);
  EXPECT_EQ(got_[0].bytes, (Bytes{1, 2, 3}));
}

TEST_F(UdpTransportTest, Ipv6) {
  const Endpoint self{ip("::1"), ports_.ike};
  transport_->send(ike::Send{self, self, Bytes(3000, 7)});
  transport_->flush();
  if (transport_->counters().not_sent != 0) GTEST_SKIP() << "no IPv6 here";
  serve();
  ASSERT_EQ(got_.size(), 1U);
  EXPECT_EQ(got_[0].local, self);
  EXPECT_EQ(got_[0].bytes.size(), 3000U);
}

TEST_F(UdpTransportTest, OnThePortOfNatTraversalTheMarkerComesAndGoes) {
  const Endpoint local{ip("127.0.0.2"), ports_.natt};
  const Endpoint there{ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)};
  const RawPeer peer(there);
  transport_->send(ike::Send{local, there, {9, 8}});
  transport_->flush();
  EXPECT_EQ(peer.received(), (Bytes{0, 0, 0, 0, 9, 8}));
  peer.send(local, {0, 0, 0, 0, 5, 6, 7});
  serve();
  ASSERT_EQ(got_.size(), 1U);
  EXPECT_EQ(got_[0].local, local);
  EXPECT_EQ(got_[0].remote, there);
  EXPECT_EQ(got_[0].bytes, (Bytes{5, 6, 7}));
}

TEST_F(UdpTransportTest, WhatIsNotIkeOnThePortOfNatTraversalIsCounted) {
  const Endpoint local{ip("127.0.0.2"), ports_.natt};
  const RawPeer peer({ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)});
  peer.send(local, {0xff});
  peer.send(local, {0, 0, 1, 0, 0, 0, 0, 1, 2, 3});
  peer.send(local, {0, 0, 0});
  serve();
  EXPECT_TRUE(got_.empty());
  EXPECT_EQ(transport_->counters().keepalives, 1U);
  EXPECT_EQ(transport_->counters().not_ike, 2U);
  EXPECT_EQ(transport_->counters().received, 0U);
}

TEST_F(UdpTransportTest, OctetsLikeTheMarkerAreNothingOnPort500) {
  const Endpoint local{ip("127.0.0.2"), ports_.ike};
  const RawPeer peer({ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)});
  peer.send(local, {0, 0, 0, 0, 1});
  serve();
  ASSERT_EQ(got_.size(), 1U);
  EXPECT_EQ(got_[0].bytes, (Bytes{0, 0, 0, 0, 1}));
}

TEST_F(UdpTransportTest, KeepaliveIsOneOctetWithoutMarker) {
  const Endpoint there{ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)};
  const RawPeer peer(there);
  transport_->send(ike::SendKeepalive{{ip("127.0.0.2"), ports_.natt}, there});
  transport_->flush();
  EXPECT_EQ(peer.received(), (Bytes{0xff}));
}

TEST_F(UdpTransportTest, DatagramsLeaveInOrderBeforeTheLoopWaits) {
  const Endpoint there{ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)};
  const RawPeer peer(there);
  // Of both ports in turn, and more than go in one call.
  for (std::uint8_t i = 0; i < 100; ++i)
    transport_->send(ike::Send{{ip("127.0.0.2"), i % 3 == 0 ? ports_.natt : ports_.ike}, there, {i}});
  serve();
  for (std::uint8_t i = 0; i < 100; ++i) {
    const auto got = peer.received();
    ASSERT_TRUE(got) << int{i};
    EXPECT_EQ(got->back(), i);
  }
  EXPECT_EQ(transport_->counters().sent, 100U);
}

TEST_F(UdpTransportTest, AnswersLeaveInTheRoundThatBroughtTheQuestions) {
  const Endpoint local{ip("127.0.0.2"), ports_.ike};
  const Endpoint there{ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)};
  const RawPeer peer(there);
  EventLoop loop;
  transport_.reset();
  UdpTransport* answering = nullptr;
  auto opened = UdpTransport::open(
      loop, ports_,
      [&answering](ike::Datagram got) {
        answering->send(ike::Send{got.local, got.remote, std::move(got.bytes)});
      },
      [](const ike::NotSent& refused) { ADD_FAILURE() << refused.reason; });
  ASSERT_TRUE(opened) << opened.error();
  answering = opened->get();
  for (std::uint8_t i = 0; i < 80; ++i) peer.send(local, {i});
  // Each round takes one batch.
  std::uint8_t answered = 0;
  while (answered < 80) {
    ASSERT_EQ(event_base_loop(loop.base(), EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
    const auto before = answered;
    while (const auto got = peer.received()) EXPECT_EQ(got->front(), answered++);
    ASSERT_GT(answered, before);
  }
}

TEST_F(UdpTransportTest, OneThatCannotBeSentDoesNotHoldUpTheOthers) {
  const Endpoint local{ip("127.0.0.2"), ports_.ike};
  transport_->send(ike::Send{local, local, {1}});
  transport_->send(ike::Send{{ip("192.0.2.77"), ports_.ike}, local, {2}});  // not an address of ours
  transport_->send(ike::Send{{ip("127.0.0.2"), 1}, local, {3}});            // nor a port
  transport_->send(ike::Send{local, local, {4}});
  transport_->flush();
  serve();
  EXPECT_EQ(transport_->counters().not_sent, 2U);
  ASSERT_EQ(refused_.size(), 2U);
  EXPECT_EQ(refused_[0].bytes, (Bytes{3}));
  EXPECT_EQ(refused_[0].reason, "no UDP socket for 127.0.0.2:1");
  EXPECT_EQ(refused_[1].bytes, (Bytes{2}));
  EXPECT_NE(refused_[1].reason, "");
  EXPECT_EQ(transport_->counters().sent, 2U);
  ASSERT_EQ(got_.size(), 2U);
  EXPECT_EQ(got_[1].bytes, (Bytes{4}));
}

TEST_F(UdpTransportTest, WhatTheSocketHasNoRoomForIsCounted) {
  const Endpoint local{ip("127.0.0.2"), ports_.ike};
  const RawPeer peer({ip("127.0.0.1"), static_cast<std::uint16_t>(ports_.natt + 20001)});
  const Bytes large(1400, 1);
  constexpr std::uint64_t sent = 20000;
  for (std::uint64_t i = 0; i < sent; ++i) peer.send(local, large);
  while (transport_->counters().received == 0 || got_.size() % kMaxBatch == 0) {
    const auto before = got_.size();
    serve();
    if (got_.size() == before) break;
  }
  ASSERT_LT(got_.size(), sent);
  // The kernel tells with the datagram that comes after the loss.
  peer.send(local, {2});
  serve();
  EXPECT_EQ(transport_->counters().lost + got_.size(), sent + 1);
}

TEST_F(UdpTransportTest, TheSocketsOfNatTraversalAreThoseOfItsPort) {
  const auto sockets = transport_->natt_sockets();
  ASSERT_FALSE(sockets.empty());
  for (const int fd : sockets) {
    SocketAddress address;
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size), 0);
    EXPECT_EQ(to_endpoint(address.storage)->port, ports_.natt);
  }
}

TEST_F(UdpTransportTest, PortInUseIsAnErrorThatNamesIt) {
  EventLoop loop;
  for (const auto& ports : {IkePorts{ports_.ike, 0}, IkePorts{0, ports_.natt}}) {
    const auto second = UdpTransport::open(
        loop, ports, [](const ike::Datagram&) {}, [](const ike::NotSent&) {});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find(std::to_string(ports.ike + ports.natt)), std::string::npos);
  }
}

}  // namespace
}  // namespace awtun::daemon
