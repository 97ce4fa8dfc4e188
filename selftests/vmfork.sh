#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A virtual machine is cloned while its tunnels are in use: nothing more is sent
# under the old keys, everybody who listens is told, and new SAs carry.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs ping

[ -r "${FORK_VM_KO-}" ] || skip_all "no FORK_VM_KO: build selftests/test_modules"
grep -qw register_random_vmfork_notifier /proc/kallsyms ||
	skip_all "this kernel does not tell of clones (CONFIG_VMGENID)"

listen() {
	local name
	name=$(ns "$1")
	nsenter --net="/run/netns/$name" awtun_ctl events >"$scratch/$1.events" 2>"$scratch/$1.log" &
	jobs_started+=($!)
	wait_for 10 grep -q subscribed "$scratch/$1.log"
}

# directions NS: of the SAs that there are.
directions() {
	in_ns "$1" awtun_ctl sa-dump tunnel0 | grep -oE '^(in|out)' | sort | tr '\n' ' '
}

both_told() {
	grep -q '^vm-forked' "$scratch/a.events" && grep -q '^vm-forked' "$scratch/b.events"
}

carries() {
	in_ns a ping -c 1 -W 2 "${T4[1]}"
}

fork_vm() {
	insmod "$FORK_VM_KO" && rmmod fork_vm && wait_for 10 both_told
}

only_inbound_is_left() {
	local r
	for r in a b; do
		echo "$r: $(directions "$r")"
		[ "$(directions "$r")" = "in " ] || return
	done
}

nothing_is_sent() {
	local before after
	before=$(in_ns a awtun_ctl stats tunnel0 tx_no_sa)
	carries && return 1
	after=$(in_ns a awtun_ctl stats tunnel0 tx_no_sa)
	echo "without an SA: $before, then $after"
	[ "$after" -gt "$before" ]
}

ktap_begin
ns_add a b
check "a tunnel" underlay a b
check "its SAs" tunnels a b aes256-gcm16
check "it carries" wait_for 10 carries
check "listeners" listen a
check "on both sides" listen b
check "a clone: both are told" fork_vm
check "no outbound SA is left" only_inbound_is_left
check "nothing is sent" nothing_is_sent
check "new SAs" switch_sas a b aes256-gcm16 1
check "they carry" wait_for 10 carries
ktap_end
