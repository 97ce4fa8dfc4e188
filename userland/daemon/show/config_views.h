// SPDX-License-Identifier: Apache-2.0
// The views of the configuration in force: keys, profiles, policies. Pure.
#pragma once

#include <string>

#include "userland/config/model.h"
#include "userland/daemon/show/views.h"

namespace awtun::daemon {

/// {"schema", "keys": [...]}, with the keys in the clear: the only view that has them.
Json isakmp_key_view(const config::Config& config);

/// {"schema", "profiles": [...]}: the default one first, then those configured; of a name, that one.
Json isakmp_profile_view(const config::Config& config, const std::optional<std::string>& name);
Json ipsec_profile_view(const config::Config& config, const std::optional<std::string>& name);

/// {"schema", "policies": [...]}: what each protected tunnel negotiates, and for what traffic.
Json ipsec_policy_view(const config::Config& config, Only only);

/// {"schema", "trustpoints": [...]}.
Json pki_trustpoints_view(const config::Config& config);

}  // namespace awtun::daemon
