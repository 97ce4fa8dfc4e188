// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/constants.h"

#include <gtest/gtest.h>

namespace awtun::wire {
namespace {

TEST(Constants, KnownNumbersHaveTheirRegisteredNames) {
  EXPECT_EQ(to_string(ExchangeType::IkeSaInit), "IKE_SA_INIT");
  EXPECT_EQ(to_string(NotifyType::NoProposalChosen), "NO_PROPOSAL_CHOSEN");
  EXPECT_EQ(to_string(PayloadType::TsI), "TSi");
  EXPECT_EQ(to_string(EncrId::AesGcm16), "ENCR_AES_GCM_16");
  EXPECT_EQ(to_string(IntegId::HmacSha256_128), "AUTH_HMAC_SHA2_256_128");
  EXPECT_EQ(to_string(GroupId::Modp2048), "MODP-2048");
}

TEST(Constants, UnknownNumbersArePrintedAsNumbers) {
  EXPECT_EQ(to_string(static_cast<ExchangeType>(43)), "43");
  EXPECT_EQ(to_string(static_cast<NotifyType>(40960)), "40960");
  EXPECT_EQ(to_string(static_cast<GroupId>(22)), "22");
}

TEST(Constants, ErrorsEndWhereStatusBegins) {
  EXPECT_TRUE(is_error(NotifyType::ChildSaNotFound));
  EXPECT_TRUE(is_error(static_cast<NotifyType>(16383)));
  EXPECT_FALSE(is_error(NotifyType::InitialContact));
}

}  // namespace
}  // namespace awtun::wire
