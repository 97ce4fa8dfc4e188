// SPDX-License-Identifier: Apache-2.0
// How many file descriptors the process may have.
#pragma once

namespace awtun::daemon {

/// From the soft limit, which is low for the sake of select(), to the hard one. Where that fails the soft one
/// stays.
void raise_descriptor_limit();

}  // namespace awtun::daemon
