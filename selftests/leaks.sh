#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After the others: what they have left behind, by the word of kmemleak and of
# lockdep, on a kernel that has these.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs rmmod

readonly KMEMLEAK=/sys/kernel/debug/kmemleak
readonly MIN_AGE=6	# seconds; kmemleak does not judge what is younger than 5

[ -w "$KMEMLEAK" ] || skip_all "this kernel has no kmemleak"

# What a first scan finds may be a pointer on its way.
no_leaks() {
	sleep "$MIN_AGE"
	echo scan >"$KMEMLEAK" && echo scan >"$KMEMLEAK" && cat "$KMEMLEAK"
	[ -z "$(cat "$KMEMLEAK")" ]
}

# It stops at the first thing it finds, and when its tables are full.
lockdep_works() {
	grep debug_locks /proc/lockdep_stats
	grep -q 'debug_locks: *1$' /proc/lockdep_stats
}

ktap_begin
check "the module can be unloaded" rmmod awtun
check "no memory leaked" no_leaks
check "lockdep has found nothing and still works" lockdep_works
ktap_end
