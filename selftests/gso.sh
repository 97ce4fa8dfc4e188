#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Large packets: they reach the device uncut and leave it merged, and with every
# combination of offloads at both ends what is sent is what arrives.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs tcpdump

# tx comes first: without it the stack refuses to send UDP to be cut.
readonly FEATURES=(tx tso gso gro rx sg)	# the bits of offloads.c
readonly ALL=63 TX=1

# set_offloads BITS-OF-A BITS-OF-B: of FEATURES; what depends on another goes
# with it.
set_offloads() {
	offloads tunnel0 "$(ns a)" "$1" "$(ns b)" "$2"
}

words() {
	local i
	for i in "${!FEATURES[@]}"; do
		if (($1 >> i & 1)); then echo -n "${FEATURES[$i]} "; fi
	done
}

# between {4|6} COMMAND...
between() {
	local ends=("${T4[@]}")
	[ "$1" = 4 ] || ends=("${T6[@]}")
	shift
	flows "$(ns a)" "${ends[0]}" "$(ns b)" "${ends[1]}" "$@"
}

# Each end has each combination once, and mostly the opposite of the other.
combination() {
	local here=$1 there=$(($1 ^ (ALL - TX))) family=4
	[ $(($1 % 2)) = $(($1 / 8 % 2)) ] || family=6
	set_offloads "$here" "$there" && between "$family" tcp 60000 || return
	((here & TX)) || return 0
	between $((10 - family)) segments 1200 20
}

# seen FILE: of TCP packets that a sends, how many, and the largest in octets.
seen() {
	awk '/proto TCP|next-header TCP/ { n++ }
		match($0, /(payload )?length:? [0-9]+\)/) {
			split(substr($0, RSTART, RLENGTH), w, / |\)/)
			len = w[length(w) - 1] + 0
			if (len > most) most = len
		}
		END { print n + 0, most + 0 }' "$scratch/$1"
}

packets_in() {
	in_ns b awtun_ctl sa-dump tunnel0 |
		sed -n 's/^in .* packets=\([0-9]*\).*/\1/p'
}

# transfer FILE FAMILY: captured in front of the device and behind the peer's.
# Sets sent, sent_most, got, got_most, wire: packets and octets of the largest.
transfer() {
	local before filter="tcp and src ${T4[0]}"
	[ "$2" = 4 ] || filter="tcp and src ${T6[0]}"
	capture a "$1-a" tunnel0 "$filter" &&
		capture b "$1-b" tunnel0 "$filter" || return
	before=$(packets_in)
	between "$2" tcp 200000 || return
	wire=$(($(packets_in) - before))
	# The last ones of a connection, in both.
	captured "$1-a" "Flags \[F" && captured "$1-b" "Flags \[F" || return
	read -r sent sent_most < <(seen "$1-a")
	read -r got got_most < <(seen "$1-b")
	echo "sent $sent (at most $sent_most octets)," \
		"on the wire $wire, got $got (at most $got_most octets)"
}

# Larger than this was not cut yet, or is merged. How large is TCP's choice: on a
# slow machine two segments.
readonly MTU=1400

uncut_and_merged() {
	set_offloads "$ALL" "$ALL" && transfer "all-$1" "$1" &&
		[ "$sent_most" -gt "$MTU" ] && [ "$got_most" -gt "$MTU" ] &&
		[ "$sent" -lt "$wire" ] && [ "$got" -lt "$wire" ]
}

cut_by_the_stack() {
	set_offloads $((ALL & ~2)) "$ALL" && transfer no-tso 4 &&
		[ "$sent_most" -le "$MTU" ] && [ "$got_most" -gt "$MTU" ]
}

not_merged() {
	set_offloads "$ALL" $((ALL & ~8)) && transfer no-gro 4 &&
		[ "$sent_most" -gt "$MTU" ] && [ "$got_most" -le "$MTU" ] &&
		[ "$got" -ge 143 ]
}

udp_merged() {
	local most
	set_offloads "$ALL" "$ALL" || return
	most=$(between "$1" segments 1200 40)
	echo "$most octets at once"
	[ "$most" -gt 1200 ]
}

udp_not_merged() {
	set_offloads $((ALL & ~8)) $((ALL & ~8)) &&
		[ "$(between 4 segments 1200 40)" = 1200 ]
}

ktap_begin
ns_add a b
underlay a b
check "a tunnel" tunnels a b aes128-gcm16
for family in 4 6; do
	check "IPv$family: TCP comes uncut and goes merged" \
		uncut_and_merged $family
	check "IPv$family: UDP too" udp_merged $family
done
check "without tso the stack cuts" cut_by_the_stack
check "without gro nothing is merged" not_merged
check "without gro nothing of UDP either" udp_not_merged
for ((bits = 0; bits <= ALL; bits++)); do
	check "offloads: $(words $bits)" combination $bits
done
check "nothing dropped" no_drops a
check "nothing dropped by the peer" no_drops b
ktap_end
