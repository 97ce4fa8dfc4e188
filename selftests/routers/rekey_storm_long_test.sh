#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 2400
#
# REKEYS rekeys of each kind while one packet in a hundred is lost and both
# routers always start at once, so that most of them collide; iperf3 runs. What
# the tunnel drops by itself is nothing: SAs are there before they are needed.
. "$(dirname "$0")/lib.sh"

needs jq iperf3 tc

readonly REKEYS=${REKEYS:-1000}

iperf_start() {
	spawn lan-b iperf3 -s -1 >"$work/server" 2>&1
	wait_for 20 listens lan-b 5201 || return
	spawn lan-a iperf3 -c "${LAN4[b]}.2" -u -t 7200 -b 1M -l 500 >"$work/iperf" 2>&1
	iperf=$spawned
	wait_for 20 carries 1000
}

carries() { # PACKETS
	cli_json a ".sas[0].out.packets > $1" show ipsec sa
}

rekeys() { # KIND
	cli_json a ".counters.$1_rekeys" show isakmp counters
}

# One session at each router: to start a program takes longer than a rekey, and
# not equally long at both. What a router refuses ends its session.
sessions_open() {
	exec {to_a}> >(cli a -f -)
	session_a=$!
	exec {to_b}> >(cli b -f -)
	session_b=$!
}

# Every command was taken. The second session holds the first one's pipe too.
sessions_close() {
	exec {to_b}>&- {to_a}>&-
	wait "$session_b" && wait "$session_a"
}

# both COMMAND...: at both routers, at the same time.
both() {
	kill -0 "$session_a" "$session_b" && echo "$@" >&"$to_a" && echo "$@" >&"$to_b"
}

# storm KIND COMMAND...: until so many of the kind are done. Not every command
# makes one: what is asked for during a rekey is that rekey.
storm() {
	local kind=$1 before last now since=$SECONDS
	shift
	before=$(rekeys "$kind") && last=$before || return
	while [ $((last - before)) -lt "$REKEYS" ]; do
		both "$@" && now=$(rekeys "$kind") || return
		[ "$now" = "$last" ] || since=$SECONDS
		last=$now
		[ $((SECONDS - since)) -lt 60 ] || break
	done
	echo "$((last - before)) rekeys"
	[ $((last - before)) -ge "$REKEYS" ]
}

# Of iperf3, by the sender's kernel.
datagrams() {
	local sent
	sent=$(in_ns lan-a nstat -asz UdpOutDatagrams | awk '/UdpOut/ { print $2 }')
	[ "$sent" -ge $((100 * REKEYS)) ]
}

collisions() { # NUMBER
	cli_json a ".counters.collisions >= $1" show isakmp counters
}

established() { # SIDE
	cli_json "$1" '.counters | .ike_sa_established_as_initiator + .ike_sa_established_as_responder' show isakmp counters
}

# The IKE SA has been rekeyed and never made anew.
never_down() { # SIDE NUMBER
	[ "$(established "$1")" = "$2" ]
}

ktap_begin
check_seed_pair
check "the tunnel comes up" wait_for 60 both_up
made_a=$(established a) made_b=$(established b)
count_drops_from_here
# Before any packet is lost: an iperf3 that loses its first datagram gives up.
check "iperf3 runs through it" iperf_start
check "they are distant, and one packet in a hundred is lost from A" distant a delay 100ms loss 1%
check "and from B" distant b delay 100ms loss 1%
check "an operator sits at each" sessions_open
check "$REKEYS rekeys of the Child SA" storm child rekey ipsec sa tunnel0
check "$REKEYS rekeys of the IKE SA" storm ike rekey isakmp sa tunnel0
check "a hundred datagrams a rekey went through" datagrams
check "one rekey in four was a collision" collisions $((REKEYS / 2))
check "neither was refused anything" sessions_close
kill "$iperf" 2>/dev/null
check "router A lost no packet" lost_nothing a
check "router B lost no packet" lost_nothing b
check "router A was never without an IKE SA" never_down a "$made_a"
check "nor router B" never_down b "$made_b"
check "one SA of each kind at rest" wait_for 60 both_up
for side in a b; do
	for view in "isakmp sa" "ipsec sa" "isakmp counters"; do
		# shellcheck disable=SC2086 # two words
		cli "$side" show $view | sed 's/^/# /'
	done
done
ktap_end
