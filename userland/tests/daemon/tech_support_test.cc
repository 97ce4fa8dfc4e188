// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/tech_support.h"

#include <gtest/gtest.h>

#include <set>

namespace awtun::daemon {
namespace {

TEST(TechSupport, EveryViewButThoseWithKeysAndWhatFailsSaysWhy) {
  std::set<config::View> asked;
  const auto data = tech_support([&asked](const config::Show& show) -> Result<Json, std::string> {
    asked.insert(show.what);
    if (show.what == config::View::IpsecSa) return Error{std::string("no kernel")};
    return text_view("shown");
  });
  for (const auto& row : config::kViews)
    EXPECT_EQ(asked.contains(row.view), row.exposure == config::Exposure::Support) << row.name;
  EXPECT_FALSE(asked.contains(config::View::IsakmpKey));
  EXPECT_FALSE(asked.contains(config::View::TechSupport));
  EXPECT_EQ(data["views"].size(), asked.size());
  EXPECT_EQ(data["views"][2]["command"], "show startup-config errors");
  EXPECT_EQ(data["views"][2]["view"], "startup-config-errors");
  for (const auto& part : data["views"]) {
    if (part["command"] == "show ipsec sa")
      EXPECT_EQ(part["error"], "no kernel");
    else
      EXPECT_EQ(part["data"]["text"], "shown") << part["command"];
  }
  EXPECT_FALSE(data["kernel"].get<std::string>().empty());
}

}  // namespace
}  // namespace awtun::daemon
