// SPDX-License-Identifier: Apache-2.0
// How the members of the daemon's views are read, by short names.
#pragma once

#include "userland/control/fields.h"

namespace awtun::cli {

using control::flag_of;
using control::has;
using control::Json;
using control::list_of;
using control::number_of;
using control::object_of;
using control::text_of;

}  // namespace awtun::cli
