// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/status.h"

namespace awtun::ike {

std::string_view to_string(Side side) { return side == Side::Local ? "local" : "peer"; }

std::string_view to_string(IkeSaStatus::State state) {
  switch (state) {
    case IkeSaStatus::State::Connecting:
      return "Connecting";
    case IkeSaStatus::State::Established:
      return "Established";
    case IkeSaStatus::State::Rekeying:
      return "Rekeying";
    case IkeSaStatus::State::Deleting:
      return "Deleting";
    case IkeSaStatus::State::NoAddress:
      return "No address";
    case IkeSaStatus::State::NoRoute:
      break;
  }
  return "No route";
}

std::string_view to_string(ChildSaStatus::State state) {
  switch (state) {
    case ChildSaStatus::State::Installed:
      return "Installed";
    case ChildSaStatus::State::Rekeying:
      return "Rekeying";
    case ChildSaStatus::State::Replaced:
      return "Replaced";
    case ChildSaStatus::State::NoAddress:
      return "No address";
    case ChildSaStatus::State::NoRoute:
      break;
  }
  return "No route";
}

}  // namespace awtun::ike
