// SPDX-License-Identifier: Apache-2.0
// Why two ends have no proposal in common, for the operator.
#pragma once

#include <span>
#include <string>

#include "userland/ike/rules/offer.h"
#include "userland/wire/payloads.h"

namespace awtun::ike {

/// "peer offers group 5; ours 14, 16": every kind of transform of which the two have none in common, and what
/// the peer asks for beside the kinds that we know. `ours`: what we would propose ourselves.
[[nodiscard]] std::string proposal_mismatch(std::span<const wire::Proposal> ours, const Offer& offered);

}  // namespace awtun::ike
