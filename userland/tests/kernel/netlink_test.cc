// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/netlink.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cerrno>

namespace awtun::kernel {
namespace {

TEST(Netlink, ReadsTheKernelsWordsFromACappedError) {
  Message answer(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS);
  answer.append<nlmsgerr>().error = -EBUSY;
  answer.put_string(NLMSGERR_ATTR_MSG, "tunnel has SAs");
  const auto verdict = verdict_of(*answer.header());
  EXPECT_EQ(verdict.code, EBUSY);
  EXPECT_EQ(verdict.message, "tunnel has SAs");
}

TEST(Netlink, SkipsTheEchoedRequestOfAnUncappedError) {
  Message answer(NLMSG_ERROR, NLM_F_ACK_TLVS);
  auto& error = answer.append<nlmsgerr>();
  error.error = -EINVAL;
  error.msg.nlmsg_len = sizeof(nlmsghdr) + sizeof(ifinfomsg);
  answer.append<ifinfomsg>();
  answer.put_string(NLMSGERR_ATTR_MSG, "no such thing");
  EXPECT_EQ(verdict_of(*answer.header()).message, "no such thing");
}

TEST(Netlink, AckWithoutErrorIsDone) {
  Message answer(NLMSG_ERROR, NLM_F_CAPPED);
  answer.append<nlmsgerr>();
  EXPECT_EQ(verdict_of(*answer.header()).code, 0);
}

TEST(Netlink, TruncatedErrorIsAProtocolError) {
  const Message answer(NLMSG_ERROR, 0);
  EXPECT_EQ(verdict_of(*answer.header()).code, EPROTO);
}

TEST(Netlink, ErrorTextNamesWhatWasDoneAndWhy) {
  const KernelError error{EEXIST, "add address 10.0.0.1/30", "already assigned"};
  EXPECT_EQ(error.to_string(), "add address 10.0.0.1/30: File exists (already assigned)");
}

TEST(Netlink, AttributesOfTheWrongLengthReadAsAbsent) {
  Message message(RTM_NEWLINK, 0);
  message.append<ifinfomsg>();
  message.put(IFLA_MTU, Bytes{1, 2});
  message.put(IFLA_ADDRESS, Bytes{1, 2, 3, 4, 5});
  const auto attributes = attributes_of(*message.header(), sizeof(ifinfomsg));
  EXPECT_FALSE(attributes.u32(IFLA_MTU));
  EXPECT_FALSE(attributes.address(IFLA_ADDRESS));
  EXPECT_TRUE(attributes.has(IFLA_MTU));
}

TEST(Netlink, MessageThatDoesNotFitIsRefusedUnsent) {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  ASSERT_TRUE(socket);
  Message message(RTM_NEWLINK, 0);
  message.append<ifinfomsg>();
  message.put(IFLA_IFALIAS, Bytes(64 * 1024 - 64, 'x'));
  EXPECT_TRUE(message.overflowed());
  const auto sent = socket->request(message, "say too much");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EMSGSIZE);
}

}  // namespace
}  // namespace awtun::kernel
