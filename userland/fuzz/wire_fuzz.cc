// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: the whole codec on any octets. `wire_fuzz -max_total_time=60 CORPUS`.
#include <cstddef>
#include <cstdint>

#include "userland/tests/wire/wire_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  awtun::wire::walk_octets({data, size});
  return 0;
}
