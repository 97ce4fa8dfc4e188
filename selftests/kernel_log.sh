#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The last one: what the kernel said while the others ran.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs dmesg

# shellcheck disable=SC2034 # read by kernel_log_clean
mark="awtun selftests: begin"
dmesg | grep -q "$mark" || skip_all "the run did not begin with a mark"

ktap_begin
check "no warning, leak or stall in the kernel log" kernel_log_clean
ktap_end
