// SPDX-License-Identifier: Apache-2.0
// `crypto pki authenticate`, `enroll` and `import`: what is asked of the operator, what is said of what was
// pasted, and what is stored. Each call stands for itself: the text comes again with its acceptance, and is
// judged again.
#pragma once

#include <string>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/control/protocol.h"
#include "userland/daemon/pki/key_maker.h"
#include "userland/daemon/pki/trustpoint_store.h"

namespace awtun::daemon {

/// `settings` are those of the trustpoint; `keys` makes what `enroll` has no key for. The error says why what
/// was pasted is refused, or what is missing; then nothing has changed.
Result<control::Turn, std::string> certify(const config::Certify& step, const config::Trustpoint& settings,
                                           const control::Enclosed& enclosed, const TrustpointStore& store,
                                           KeyMaker& keys, pki::WallClock now);

}  // namespace awtun::daemon
