#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 170
#
# REKEYS rekeys (100) of the Child SA, started by both sides in turn, while iperf3
# runs: nothing is lost to the switch, by the module's own counters.
. "$(dirname "$0")/lib.sh"

needs jq iperf3

REKEYS=${REKEYS:-100}

iperf_start() {
	spawn lan-b iperf3 -s -1 >"$work/server" 2>&1
	wait_for 20 listens lan-b 5201 || return
	spawn lan-a iperf3 -c "${LAN4[b]}.2" -t 300 -b 20M >"$work/iperf" 2>&1
	iperf=$spawned
	wait_for 20 carries 1000
}

carries() { # PACKETS
	cli_json a ".sas[0].out.packets > $1 | if . then . else empty end" show ipsec sa
}

inbound_spi() {
	cli_json a '.sas | map(select(.state == "Installed")) | .[0].inbound_spi' show ipsec sa
}

replaced() { # SPI
	local now
	now=$(inbound_spi) && [ "$now" != "$1" ]
}

rekey_all() {
	local i spi side
	for ((i = 1; i <= REKEYS; i++)); do
		side=a
		[ $((i % 2)) = 0 ] || side=b
		spi=$(inbound_spi) || return
		cli "$side" rekey ipsec sa tunnel0 || return
		wait_for 30 replaced "$spi" || return
	done
}

# The segments TCP sent, by the sender's kernel.
segments() {
	local sent
	sent=$(in_ns lan-a nstat -asz TcpOutSegs | awk '/TcpOutSegs/ { print $2 }')
	echo "$sent segments"
	[ "$sent" -ge 10000 ]
}


ktap_begin
check_seed_pair
check "the tunnel comes up" wait_for 60 both_up
count_drops_from_here
check "iperf3 runs through it" iperf_start
check "$REKEYS rekeys while it runs" rekey_all
check "at least 10000 TCP segments went through" segments
kill "$iperf" 2>/dev/null
check "router A lost no packet" lost_nothing a
check "router B lost no packet" lost_nothing b
check "one SA of each kind at rest" wait_for 30 both_up
ktap_end
