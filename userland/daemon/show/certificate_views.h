// SPDX-License-Identifier: Apache-2.0
// `show crypto pki certificates`: what is stored for the trustpoints that are configured.
#pragma once

#include <optional>
#include <string>

#include "userland/config/model.h"
#include "userland/daemon/show/views.h"
#include "userland/pki/trustpoint.h"

namespace awtun::daemon {

/// {"certificates":[{"trustpoint","kind":"CA"|"own"|"intermediate","subject","issuer","valid_from",
/// "valid_to","fingerprint"[,"key"][,"problem"]}],"revocation_lists":[{"trustpoint","issuer"}]}, of all
/// trustpoints or of one. "problem": out of date at `now`.
Json pki_certificates_view(const config::Config& config, const pki::Credentials& credentials,
                           const std::optional<std::string>& only, pki::WallClock now);
/// The same certificates as PEM, each under a line that says which it is.
Json pki_certificates_pem_view(const config::Config& config, const pki::Credentials& credentials,
                               const std::optional<std::string>& only);

}  // namespace awtun::daemon
