#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For lifecycle.sh and stress.sh, to be sourced after lib.sh: one round each of
# links, namespaces and the module going away under traffic, between the
# namespaces a and b; and what must not be left behind.
# shellcheck disable=SC2154 # from those who source this

SUITE=${SUITE:-aes256-gcm16}

has_link() {
	ip -n "$(ns "$1")" link show "$2"
}

### One round of each

unload_round() {
	"$here/lib/load.sh" && tunnels a b "$SUITE" && both_ways && rmmod awtun &&
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
	stop_jobs
	ns_del over && ns_add a && underlay a b && return "$rc"
}

### What is left behind

# Users of each cipher: an SA that is not freed keeps its transforms.
crypto_users() {
	awk '/^driver/ { driver = $3 } /^refcnt/ { print driver, $3 }' \
		/proc/crypto | sort
}

module_unused() {
	lsmod | grep '^awtun'
	[ "$(lsmod | awk '$1 == "awtun" { print $3 }')" = 0 ]
}

# How many namespaces there are. Free ones in the caches of the CPUs, and in the
# quarantine of KASAN, count as long as these are not emptied.
namespaces_alive() {
	echo 1 >/sys/kernel/slab/net_namespace/shrink
	awk '$1 == "net_namespace" { print $2 }' /proc/slabinfo
}

# namespaces_freed MORE: than before.
namespaces_freed() {
	local now
	now=$(namespaces_alive)
	echo "$namespaces_before namespaces before, $now now"
	[ "$now" -le $((namespaces_before + $1)) ]
}

same_crypto_users() {
	diff <(echo "$crypto_before") <(crypto_users)
}
