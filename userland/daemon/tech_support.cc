// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/tech_support.h"

#include <fmt/chrono.h>
#include <sys/utsname.h>

#include <array>
#include <chrono>

#include "userland/control/protocol.h"

namespace awtun::daemon {
namespace {

struct Part {
  const char* command;
  config::View view;
};

constexpr std::array parts = {
    Part{"show running-config", config::View::RunningConfig},
    Part{"show startup-config", config::View::StartupConfig},
    Part{"show startup-config errors", config::View::StartupConfigErrors},
    Part{"show reload", config::View::Reload},
    Part{"show interface", config::View::Interface},
    Part{"show isakmp sa", config::View::IsakmpSa},
    Part{"show isakmp peer", config::View::IsakmpPeer},
    Part{"show isakmp counters", config::View::IsakmpCounters},
    Part{"show isakmp profile", config::View::IsakmpProfile},
    Part{"show ipsec sa", config::View::IpsecSa},
    Part{"show ipsec peer", config::View::IpsecPeer},
    Part{"show ipsec counters", config::View::IpsecCounters},
    Part{"show ipsec policy", config::View::IpsecPolicy},
    Part{"show ipsec profile", config::View::IpsecProfile},
    Part{"show crypto pki trustpoints", config::View::PkiTrustpoints},
    Part{"show crypto pki certificates", config::View::PkiCertificates},
};

std::string kernel_release() {
  utsname system{};
  return ::uname(&system) == 0 ? std::string(system.release) : std::string();
}

}  // namespace

Json tech_support(const ShowView& show) {
  auto views = Json::array();
  for (const auto& [command, view] : parts) {
    auto data = show({.what = view});
    if (data)
      views.push_back({{"command", command}, {"view", config::to_string(view)}, {"data", std::move(*data)}});
    else
      views.push_back({{"command", command}, {"error", data.error()}});
  }
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return {{"schema", control::kSchema},
          {"version", control::kVersion},
          {"kernel", kernel_release()},
          {"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
          {"views", std::move(views)}};
}

}  // namespace awtun::daemon
