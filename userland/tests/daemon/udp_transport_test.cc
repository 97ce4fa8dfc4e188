// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/udp_transport.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

std::uint16_t test_port() { return static_cast<std::uint16_t>(20000 + ::getpid() % 20000); }

class UdpTransportTest : public testing::Test {
 protected:
  std::unique_ptr<UdpTransport> open(std::uint16_t port) {
    auto opened =
        UdpTransport::open(loop_, port, [this](ike::Datagram got) { got_.push_back(std::move(got)); });
    EXPECT_TRUE(opened) << opened.error();
    return opened ? std::move(*opened) : nullptr;
  }

  EventLoop loop_;
  std::vector<ike::Datagram> got_;
};

TEST_F(UdpTransportTest, DatagramsKeepBothEndpoints) {
  const auto transport = open(test_port());
  const Endpoint local{ip("127.0.0.2"), test_port()};
  const Endpoint remote{ip("127.0.0.3"), test_port()};
  const auto sent = transport->send({local, remote, {1, 2, 3}});
  ASSERT_TRUE(sent) << sent.error();
  event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
  ASSERT_EQ(got_.size(), 1U);
  EXPECT_EQ(got_[0].local, remote);
  EXPECT_EQ(got_[0].remote, local);
  EXPECT_EQ(got_[0].bytes, (Bytes{1, 2, 3}));
}

TEST_F(UdpTransportTest, Ipv6) {
  const auto transport = open(test_port());
  const Endpoint self{ip("::1"), test_port()};
  const auto sent = transport->send({self, self, Bytes(3000, 7)});
  if (!sent) GTEST_SKIP() << "no IPv6 here: " << sent.error();
  event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
  ASSERT_EQ(got_.size(), 1U);
  EXPECT_EQ(got_[0].local, self);
  EXPECT_EQ(got_[0].bytes.size(), 3000U);
}

TEST_F(UdpTransportTest, SourceThatIsNotOursIsAnError) {
  const auto transport = open(test_port());
  EXPECT_FALSE(transport->send({{ip("192.0.2.77"), test_port()}, {ip("127.0.0.1"), test_port()}, {1}}));
}

TEST_F(UdpTransportTest, PortInUseIsAnErrorThatNamesIt) {
  const auto transport = open(test_port());
  const auto second = UdpTransport::open(loop_, test_port(), [](ike::Datagram) {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find(std::to_string(test_port())), std::string::npos);
}

}  // namespace
}  // namespace awtun::daemon
