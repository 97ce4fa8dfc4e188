// SPDX-License-Identifier: Apache-2.0
// The schemas of Documentation/schemas are those of the views.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "userland/control/protocol.h"

namespace awtun::control {
namespace {

const std::filesystem::path kSchemas = SCHEMAS;

TEST(Schemas, OneForEachView) {
  std::set<std::string> expected = {"error", std::string(kMessage)};
  for (const auto& row : config::kViews) expected.emplace(row.name);
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kSchemas)) found.insert(entry.path().stem());
  EXPECT_EQ(found, expected);
}

TEST(Schemas, EachNamesItsViewAndCommandAndTheSchemaOfToday) {
  for (const auto& row : config::kViews) {
    std::ifstream file(kSchemas / (std::string(row.name) + ".json"));
    const Json schema = Json::parse(file);
    EXPECT_EQ(schema["title"], row.name);
    const auto description = text_of(schema, "description");
    EXPECT_NE(description.find("`" + std::string(row.command()) + "`"), description.npos) << row.name;
    EXPECT_EQ(schema["properties"]["schema"]["const"], kSchema) << row.name;
  }
}

}  // namespace
}  // namespace awtun::control
