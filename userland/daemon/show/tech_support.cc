// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/tech_support.h"

#include <fmt/chrono.h>
#include <sys/utsname.h>

#include <chrono>

#include "userland/control/protocol.h"

namespace awtun::daemon {
namespace {

std::string kernel_release() {
  utsname system{};
  return ::uname(&system) == 0 ? std::string(system.release) : std::string();
}

}  // namespace

Json tech_support(const ShowView& show) {
  auto views = Json::array();
  for (const auto& row : config::kViews) {
    if (row.exposure != config::Exposure::Support) continue;
    auto data = show({.what = row.view});
    if (data)
      views.push_back({{"command", row.command()}, {"view", row.name}, {"data", std::move(*data)}});
    else
      views.push_back({{"command", row.command()}, {"error", data.error()}});
  }
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return {{"schema", control::kSchema},
          {"version", control::kVersion},
          {"kernel", kernel_release()},
          {"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
          {"views", std::move(views)}};
}

}  // namespace awtun::daemon
