// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/filter.h"

#include <gtest/gtest.h>

namespace awtun::cli {
namespace {

using What = config::Filter::What;

constexpr std::string_view kText = "one\n  two\nthree\ntwo again\n";

std::string left(What what, const std::string& pattern) { return *filtered(kText, {what, pattern}); }

TEST(Filter, LeavesTheLinesThatItIsAskedFor) {
  EXPECT_EQ(left(What::Include, "two"), "  two\ntwo again\n");
  EXPECT_EQ(left(What::Exclude, "two"), "one\nthree\n");
  EXPECT_EQ(left(What::Begin, "thr"), "three\ntwo again\n");
  EXPECT_EQ(left(What::Count, "two"), "2\n");
  EXPECT_EQ(left(What::Include, "^two|^one$"), "one\ntwo again\n");
  EXPECT_EQ(left(What::Include, "nothing"), "");
}

TEST(Filter, SaysWhatIsWrongWithAPattern) {
  const auto result = filtered(kText, {What::Include, "(two"});
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().starts_with("invalid regular expression: "));
}

}  // namespace
}  // namespace awtun::cli
