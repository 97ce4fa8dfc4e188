#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 90
#
# strongSwan on router B: rekeys by either side and by both at once, ROUNDS (10) of
# each, while LAN a pings LAN b twenty times a second: no packet is lost to it, by
# ping's count, the module's and XFRM's. The routers are far enough from each other
# for requests of both to cross.
. "$(dirname "$0")/lib.sh"

needs jq swanctl tc
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

readonly ROUNDS=${ROUNDS:-10}

tunnel_up() { up a && charon_up && [ "$(swanctl --list-sas --ike peer | grep -c INSTALLED)" = 1 ]; }

# What tells one SA from the next: a Child SA's SPI, an IKE SA's SPIs.
name_of() { # ipsec|isakmp
	case $1 in
	ipsec) cli_json a '.sas | map(select(.state == "Installed")) | .[0].inbound_spi' show ipsec sa ;;
	isakmp) cli_json a '.sas | map(select(.state == "Established")) | .[0] |
		.initiator_spi + .responder_spi' show isakmp sa ;;
	esac
}

replaced() { # ipsec|isakmp NAME
	local now
	now=$(name_of "$1") && [ "$now" != "$2" ] && tunnel_up
}

ours() { cli a rekey "$1" sa tunnel0; }

theirs() {
	case $1 in
	ipsec) swanctl --rekey --child net ;;
	isakmp) swanctl --rekey --ike peer ;;
	esac
}

# Either may be told that there is a rekey already: that is no failure.
both() {
	local job
	theirs "$1" &
	job=$!
	ours "$1"
	wait "$job"
	true
}

# rekeys ours|theirs|both ipsec|isakmp: each to its end, at rest with one SA of each kind.
rekeys() {
	local i name
	for ((i = 1; i <= ROUNDS; i++)); do
		name=$(name_of "$2") || return
		"$1" "$2" || return
		wait_for 60 replaced "$2" "$name" || return
	done
}

xfrm_errors() { in_ns router-b cat /proc/net/xfrm_stat; }

xfrm_lost_nothing() { xfrm_errors | diff "$work/xfrm_stat" -; }

ktap_begin
check "the routers come up" routers_up
check "B is far from A" distant a delay 250ms
check "A is far from B" distant b delay 250ms
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
check "strongSwan is configured" charon_configure 4
check "router A is configured" seed_ipv4 a
check "the tunnel comes up" wait_for 60 tunnel_up
check "ping through it" wait_for 30 ping_lan a 4
check "pings begin" pings_start
drops a >"$work/a/drops"
xfrm_errors >"$work/xfrm_stat"
for kind in ipsec isakmp; do
	check "awiked rekeys the $kind SA" rekeys ours $kind
	check "strongSwan rekeys it" rekeys theirs $kind
	check "both do at once" rekeys both $kind
done
check "no ping was lost" pings_stop
check "router A lost no packet" lost_nothing a
check "router B lost no packet" xfrm_lost_nothing
check "requests of both crossed" cli_json a '.counters | (.collisions, .temporary_failures_sent,
	.temporary_failures_received) | select(. > 0)' show isakmp counters
check "awiked ends with status 0" daemon_stop a
ktap_end
