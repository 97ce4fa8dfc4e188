// SPDX-License-Identifier: Apache-2.0
// The views of keys, profiles, policies, trustpoints and counters as text.
#pragma once

#include <string>

#include "userland/cli/fields.h"

namespace awtun::cli {

std::string render_isakmp_peers(const Json& data);
std::string render_isakmp_counters(const Json& data);
std::string render_isakmp_keys(const Json& data);
std::string render_isakmp_profiles(const Json& data);
std::string render_ipsec_peers(const Json& data);
std::string render_ipsec_counters(const Json& data);
std::string render_ipsec_policies(const Json& data);
std::string render_ipsec_profiles(const Json& data);
std::string render_certificates(const Json& data);
std::string render_trustpoints(const Json& data);

}  // namespace awtun::cli
