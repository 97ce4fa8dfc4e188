#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Much at once, SECONDS_EACH for each part, on a kernel that would say what it
# finds wrong: SAs are replaced under traffic while links and namespaces come
# and go, CPUs go and come, the module too, and memory runs out.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=lib/churn.sh
. "$here/lib/churn.sh"

readonly SECONDS_EACH=${SECONDS_EACH:-60}
readonly CPU=/sys/devices/system/cpu/cpu1/online
readonly INJECTION=/sys/kernel/debug

### Rounds of something, until the time is over

for_a_while() {
	local end=$((SECONDS + SECONDS_EACH)) count=0
	while [ "$SECONDS" -lt "$end" ]; do
		count=$((count + 1))
		if ! "$@"; then
			echo "$*: round $count"
			return 1
		fi
	done
	echo "$*: $count rounds"
}

# churn_round ROUND: with an end of its traffic.
churn_round() {
	"$1"
	local rc=$?
	stop_jobs
	return "$rc"
}

namespaces_round() {
	churn_round overlay_round && churn_round underlay_round
}

# As a process of its own, which has namespaces of its own.
churn_alone() {
	ns_add a b && underlay a b && for_a_while churn_round "$1"
}

# At a pace of 10 ms, or as near to it as the machine comes beside the rest:
# one a second at least.
replace_sas() {
	local count rc
	pair a b pace "$SUITE" 10 "$SECONDS_EACH" >"$summary"
	rc=$?
	cat "$summary"
	read -r count _ <"$summary"
	[ "$rc" = 0 ] && [ "$count" -ge "$SECONDS_EACH" ]
}

hotplug_round() {
	echo 0 >"$CPU" && sleep 0.3 && echo 1 >"$CPU" && sleep 0.3
}

### The parts

traffic_starts() {
	tunnels a b "$SUITE" && tcp_flow && udp_flow && both_ways
}

at_once() {
	local rc=0 workers=() worker
	for worker in link_round namespaces_round; do
		"$0" "$worker" &
		workers+=($!)
	done
	replace_sas || rc=1
	for worker in "${workers[@]}"; do
		wait "$worker" || rc=1
	done
	return "$rc"
}

cpu_comes_and_goes() {
	local rc=0 worker
	for_a_while hotplug_round &
	worker=$!
	replace_sas || rc=1
	wait "$worker" || rc=1
	return "$rc"
}

# set_failures PERCENT: of the allocations that may not wait, in every task and
# interrupt. Those that may wait are for fail_nth.
set_failures() {
	local kind
	for kind in failslab fail_page_alloc; do
		echo 0 >"$INJECTION/$kind/verbose" &&
			echo -1 >"$INJECTION/$kind/times" &&
			echo "$1" >"$INJECTION/$kind/probability" || return
	done
}

# Some packets are lost, not all of them. Nothing is started meanwhile: the root
# may be a file system that cannot read without memory.
memory_runs_out() {
	local sent received ping
	in_ns a ping -q -f -s 1200 -w "$SECONDS_EACH" "${T4[1]}" >"$summary" &
	ping=$!
	pair a b traffic 1000 && set_failures 5
	wait "$ping"
	set_failures 0 && cat "$summary"
	read -r sent received < <(awk '/transmitted/ { print $1, $4 }' \
		"$summary")
	[ "${received:-0}" -gt 0 ] && [ "$received" -lt "$sent" ]
}

every_packet_arrives() {
	udp_sizes "$(ns a)" "${T6[0]}" "$(ns b)" "${T6[1]}" 0 1200 17
}

links_go() {
	ip -n "$(ns a)" link del tunnel0 && ip -n "$(ns b)" link del tunnel0
}

# may FILE NAME COMMAND...: a test of what not every kernel has.
may() {
	local file=$1
	shift
	if [ -w "$file" ]; then
		check "$@"
	else
		skip "$1" "no $file"
	fi
}

if [ $# = 1 ]; then
	churn_alone "$1"
	exit
fi
[ "${STRESS-}" = 1 ] || skip_all "it takes minutes: set STRESS=1"
needs iperf3 ping lsmod rmmod

summary=$(mktemp)
trap 'rm -f "$summary"; cleanup' EXIT

ktap_begin
log_mark
ns_add a b
underlay a b

check "tunnels with traffic" churn_round link_round
crypto_before=$(crypto_users) namespaces_before=$(namespaces_alive)

check "traffic" traffic_starts
check "SAs are replaced while links and namespaces come and go" at_once
check "no packet of the steady flow was lost" stop_jobs
check "traffic goes on" every_packet_arrives
tcp_flow
may "$CPU" "SAs are replaced while a CPU comes and goes" cpu_comes_and_goes
stop_jobs
check "traffic goes on" every_packet_arrives
may "$INJECTION/failslab/probability" "memory runs out" memory_runs_out
check "traffic goes on" every_packet_arrives
check "the links go" links_go
check "no user of the module is left" module_unused
check "the ciphers have no more users than before" \
	wait_for 20 same_crypto_users
check "namespaces were freed" wait_for 60 namespaces_freed 2
rmmod awtun
check "the module comes and goes" for_a_while churn_round unload_round
check "load it again" "$here/lib/load.sh"
check "the ciphers have no more users than before" \
	wait_for 20 same_crypto_users
check "the kernel log is clean" kernel_log_clean
ktap_end
