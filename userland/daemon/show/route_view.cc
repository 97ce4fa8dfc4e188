// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/route_view.h"

namespace awtun::daemon {
namespace {

Json route_of(const Applier::RouteState& state) {
  const auto& [route, waits] = state;
  Json object{{"prefix", route.prefix.to_string()},
              {"next_hop", config::to_string(route.nexthop)},
              {"distance", route.distance},
              {"installed", waits.empty()}};
  if (!waits.empty()) object["reason"] = waits;
  return object;
}

}  // namespace

Json routes_view(const std::vector<Applier::RouteState>& routes) {
  auto list = Json::array();
  for (const auto& state : routes) list.push_back(route_of(state));
  return {{"schema", control::kSchema}, {"routes", std::move(list)}};
}

}  // namespace awtun::daemon
