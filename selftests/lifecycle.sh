#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Module, namespaces and links go away under traffic: the kernel says nothing
# and keeps nothing. ROUNDS of the module and of the namespaces, half of these
# under the tunnel and half over it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs ping lsmod rmmod

readonly ROUNDS=${ROUNDS:-50} SUITE=aes256-gcm16

### Traffic: bursts that do not mind losses

flood() {
	start_in "$1" ping -q -f -l 32 -s 1200 "$2"
}

both_ways() {
	flood a "${T4[1]}"
	flood b "${T6[0]}"
	pair a b traffic 100
}

has_link() {
	ip -n "$(ns "$1")" link show "$2"
}

### One round of each

unload_round() {
	"$here/load.sh" && tunnels a b "$SUITE" && both_ways && rmmod awtun &&
		not has_link a tunnel0 && not has_link b tunnel0
}

link_round() {
	tunnels a b "$SUITE" && both_ways && ip -n "$(ns a)" link del tunnel0 &&
		not has_link a tunnel0 && ip -n "$(ns b)" link del tunnel0
}

# The tunnel's device lives in "over", its ESP goes through a. The veth "watch"
# ends with "over", and a's end of it with that: the namespace is gone then.
split_tunnels() {
	ns_add over &&
		ip -n "$(ns a)" link add watch type veth peer name watch \
			netns "$(ns over)" &&
		ip -n "$(ns a)" link add tunnel0 type tunnel &&
		ip -n "$(ns a)" link set tunnel0 netns "$(ns over)" &&
		tunnel_up over 0 && tunnel_up b 1 add && join over b "$SUITE"
}

overlay_round() {
	split_tunnels || return
	# No process may hold the namespace: its kernel answers.
	flood b "${T4[0]}"
	pair over b traffic 100 && ns_del over &&
		wait_for 60 not has_link a watch &&
		ip -n "$(ns b)" link del tunnel0
}

underlay_round() {
	split_tunnels || return
	flood over "${T4[1]}"
	pair over b traffic 100 && ns_del a &&
		wait_for 60 not has_link b under &&
		wait_for 60 not tunnel_running over &&
		ip -n "$(ns over)" link del tunnel0 &&
		ip -n "$(ns b)" link del tunnel0
	local rc=$?
	ns_add a && underlay a b && stop_jobs && ns_del over && return "$rc"
}

# rounds COUNT COMMAND...: the traffic of each may have ended with its link.
rounds() {
	local i count=$1
	shift
	for ((i = 1; i <= count; i++)); do
		if ! "$@"; then
			echo "round $i of $count"
			stop_jobs
			return 1
		fi
		stop_jobs
	done
	return 0
}

### What is left behind

# Users of all ciphers: an SA that is not freed keeps its transforms.
crypto_users() {
	awk '/^refcnt/ { n += $3 } END { print n }' /proc/crypto
}

module_unused() {
	lsmod | grep '^awtun'
	[ "$(lsmod | awk '$1 == "awtun" { print $3 }')" = 0 ]
}

# How many namespaces there are, cached ones counted in: see namespaces_freed.
namespaces_alive() {
	awk '$1 == "net_namespace" { print $2 }' /proc/slabinfo
}

# The slab keeps some free ones; leaked ones would be ROUNDS.
namespaces_freed() {
	echo "$namespaces_before namespaces before, $(namespaces_alive) now"
	[ "$(namespaces_alive)" -lt $((namespaces_before + ROUNDS / 2)) ]
}

same_crypto_users() {
	echo "$crypto_before users before, $(crypto_users) now"
	[ "$(crypto_users)" = "$crypto_before" ]
}

reload_esp4() {
	modprobe -r esp4 && modprobe esp4
}

half=$(((ROUNDS + 1) / 2)) few=$(((ROUNDS + 4) / 5))

ktap_begin
log_mark
ns_add a b
underlay a b

# Once for warming up: templates are made at the first use.
check "tunnels with traffic" link_round
stop_jobs
check "esp4 can be unloaded and loaded beside awtun" reload_esp4
crypto_before=$(crypto_users) namespaces_before=$(namespaces_alive)

check "link deleted under traffic, $few times" rounds $few link_round
check "overlay namespace deleted under traffic, $half times" \
	rounds $half overlay_round
check "underlay namespace deleted under traffic, $half times" \
	rounds $half underlay_round
check "no user of the module is left" module_unused
check "the ciphers have no more users than before" \
	wait_for 20 same_crypto_users
check "namespaces were freed" wait_for 20 namespaces_freed
rmmod awtun
check "loaded, used and unloaded under traffic, $ROUNDS times" \
	rounds "$ROUNDS" unload_round
check "load it again" "$here/load.sh"
check "the ciphers have no more users than before" \
	wait_for 20 same_crypto_users
check "the kernel log is clean" kernel_log_clean
ktap_end
