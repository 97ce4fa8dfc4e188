// SPDX-License-Identifier: Apache-2.0
// From the configuration of a tunnel to what the engine and the module need to know of it.
#pragma once

#include <optional>

#include "userland/config/model.h"
#include "userland/ike/engine.h"
#include "userland/kernel/awtun_messages.h"

namespace awtun::daemon {

/// The tunnel's delivery side: Unset until mode, source and destination are given and of one family.
kernel::TunnelSettings tunnel_settings(const config::Tunnel& tunnel);

/// The policy by which the engine keeps tunnel `number` up; nullopt when there is no such tunnel, it
/// is shut down, unprotected or not completely configured. Without a matching key the policy has
/// none: the engine then reports why the tunnel fails. Of a trustpoint it has the name alone: the
/// authorities are the caller's to add.
std::optional<ike::TunnelPolicy> make_policy(const config::Config& config, ike::TunnelId number);

/// Writes our identity as our certificate has it when it is the certificate's `subject` (DER): some peers
/// compare octets, and the configuration does not say of which type a string is.
void say_as_certified(ike::TunnelPolicy& policy, Bytes subject);

}  // namespace awtun::daemon
