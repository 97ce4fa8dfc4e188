// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/constants.h"

#include <gtest/gtest.h>

namespace awtun::wire {
namespace {

TEST(Constants, KnownNumbersHaveTheirRegisteredNames) {
  EXPECT_EQ(to_string(ExchangeType::IkeSaInit), "IKE_SA_INIT");
  EXPECT_EQ(to_string(NotifyType::NoProposalChosen), "NO_PROPOSAL_CHOSEN");
  EXPECT_EQ(to_string(PayloadType::TsI), "TSi");
  EXPECT_EQ(to_string(AuthMethodId::DigitalSignature), "digital signature");
}

TEST(Constants, UnknownNumbersArePrintedAsNumbers) {
  EXPECT_EQ(to_string(static_cast<ExchangeType>(43)), "43");
  EXPECT_EQ(to_string(static_cast<NotifyType>(40960)), "40960");
  EXPECT_EQ(to_string(static_cast<PayloadType>(200)), "200");
}

TEST(Constants, ErrorsEndWhereStatusBegins) {
  EXPECT_TRUE(is_error(NotifyType::ChildSaNotFound));
  EXPECT_TRUE(is_error(static_cast<NotifyType>(16383)));
  EXPECT_FALSE(is_error(NotifyType::InitialContact));
}

}  // namespace
}  // namespace awtun::wire
