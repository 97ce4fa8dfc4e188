#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A tunnel among routes, marks, VRFs, namespaces and other tunnels; the MSS of
# what goes through it, its state without SAs, the selectors of its SAs.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs ping tcpdump nft

readonly SUITE=aes128-gcm16

in_a() {
	ip -n "$(ns a)" "$@"
}

# Fresh namespaces a and b with an underlay, and a tunnel that carries traffic.
world() {
	stop_jobs
	ns_del a 2>/dev/null
	ns_del b 2>/dev/null
	ns_add a b && underlay a b && tunnels a b "$SUITE" && pings
}

pings() {
	in_ns a ping -c 1 -W 2 "${T4[1]}" && in_ns a ping -c 1 -W 2 "${T6[1]}"
}

no_pings() {
	not in_ns a ping -c 1 -W 0.3 "${T4[1]}" &&
		not in_ns a ping -c 1 -W 0.3 "${T6[1]}"
}

drops() {
	in_ns "$1" awtun_ctl stats tunnel0 "$2"
}

# option NAME=VALUE...: of a's tunnel0, beside its ends; none: the defaults.
option() {
	local ends=("${U4[@]}") mode=ipv4
	[ "$1" != ipv6 ] || ends=("${U6[@]}") mode=ipv6
	shift
	in_ns a awtun_ctl tunnel-set tunnel0 "$mode" "${ends[@]}" "$@"
}

### Routes that lead back

loop_is_refused() {
	local before
	before=$(drops a tx_no_route)
	in_a route add "${U4[1]}/32" dev tunnel0 && no_pings &&
		[ "$(drops a tx_no_route)" -gt "$before" ] &&
		in_a route del "${U4[1]}/32" dev tunnel0 && pings
}

# tunnel1 between the inner addresses of tunnel0.
second_tunnel() {
	local i names=(a b)
	for i in 0 1; do
		ip -n "$(ns "${names[$i]}")" -batch - <<-END || return
		link add tunnel1 type tunnel
		link set tunnel1 up mtu 1300
		addr add 192.168.253.$((i + 1))/30 dev tunnel1
		END
	done
	tunnel_pair tunnel1 "$(ns a)" "$(ns b)" ends ipv4 "${T4[@]}" &&
		tunnel_pair tunnel1 "$(ns a)" "$(ns b)" switch "$SUITE" 1
}

inner_transfer() {
	flows "$(ns a)" 192.168.253.1 "$(ns b)" 192.168.253.2 tcp 100000
}

# Each in the other, without an end: it costs these packets, nothing else.
nested_loop() {
	in_a route add "${U4[1]}/32" dev tunnel1 && no_pings &&
		not in_ns a ping -c 1 -W 0.3 192.168.253.2 &&
		in_a route del "${U4[1]}/32" dev tunnel1 && pings &&
		inner_transfer
}

### Which way the outer packets go

# Only what has the mark finds the peer.
marked() {
	in_ns a nft -f - <<-END || return
	table inet seen {
		chain output {
			type filter hook output priority filter
			meta mark 7 meta l4proto esp counter
		}
	}
	END
	in_a rule add fwmark 7 table 100 &&
		in_a -6 rule add fwmark 7 table 100 &&
		in_a route add "${U4[1]}/32" dev under table 100 &&
		in_a route add "${U6[1]}/128" dev under table 100 &&
		in_a route add unreachable "${U4[1]}/32" &&
		in_a route add unreachable "${U6[1]}/128" metric 1 &&
		no_pings && option ipv4 fwmark=7 && pings &&
		in_ns a nft list table inet seen | grep -E "packets [2-9]"
}

marked_ipv6() {
	in_ns a awtun_ctl sa-flush tunnel0 && in_ns b awtun_ctl sa-flush tunnel0 &&
		pair a b ends ipv6 "${U6[@]}" && switch_sas a b "$SUITE" 1 &&
		no_pings && option ipv6 fwmark=7 && pings
}

# The underlay is in a VRF of its own.
vrf() {
	in_a -batch - <<-END || return
	link add blue type vrf table 10
	link set blue up
	link set under master blue
	addr replace ${U6[0]}/64 dev under nodad
	END
	no_pings && option ipv4 link=blue && pings
}

vrf_ipv6() {
	in_ns a awtun_ctl sa-flush tunnel0 && in_ns b awtun_ctl sa-flush tunnel0 &&
		pair a b ends ipv6 "${U6[@]}" && switch_sas a b "$SUITE" 1 &&
		no_pings && option ipv6 link=blue && pings
}

### Namespaces, tunnels and SAs beside each other

# moved: a tunnel of a's underlay whose device is in c.
moved() {
	ns_add c && in_a link add tunnel2 type tunnel &&
		in_a link set tunnel2 netns "$(ns c)" &&
		ip -n "$(ns b)" link add tunnel2 type tunnel || return
	ip -n "$(ns c)" -batch - <<-END || return
	link set tunnel2 up
	addr add 192.168.252.1/30 dev tunnel2
	END
	ip -n "$(ns b)" -batch - <<-END || return
	link set tunnel2 up
	addr add 192.168.252.2/30 dev tunnel2
	END
	tunnel_pair tunnel2 "$(ns c)" "$(ns b)" ends ipv6 "${U6[@]}" &&
		tunnel_pair tunnel2 "$(ns c)" "$(ns b)" switch "$SUITE" 1 &&
		moved_transfer
}

moved_transfer() {
	flows "$(ns c)" 192.168.252.1 "$(ns b)" 192.168.252.2 tcp 100000
}

# Back to where it was made, under way.
moved_back() {
	ip -n "$(ns c)" link set tunnel2 netns "$(ns a)" &&
		in_a -batch - <<-END || return
		link set tunnel2 up
		addr replace 192.168.252.1/30 dev tunnel2
		END
	flows "$(ns a)" 192.168.252.1 "$(ns b)" 192.168.252.2 tcp 100000
}

all_at_once() {
	start flows "$(ns a)" 192.168.253.1 "$(ns b)" 192.168.253.2 tcp 200000
	start flows "$(ns c)" 192.168.252.1 "$(ns b)" 192.168.252.2 tcp 200000
	flows "$(ns a)" "${T6[0]}" "$(ns b)" "${T6[1]}" tcp 200000 &&
		wait "${jobs_started[-1]}" && wait "${jobs_started[-2]}"
}

packets_by() {
	in_ns b awtun_ctl sa-get tunnel0 in "$1" packets
}

# sent_by SPI OTHER-SPI: what a sends arrives by this SA of two.
sent_by() {
	local before other
	in_ns a awtun_ctl sa-activate tunnel0 "$1" || return
	before=$(packets_by "$1") other=$(packets_by "$2")
	pings && [ "$(packets_by "$1")" -ge $((before + 2)) ] &&
		[ "$(packets_by "$2")" = "$other" ]
}

old_and_new() {
	local old new
	sas a b "$SUITE" && old=$((number_sas * 16 + 1)) &&
		sas a b aes256-sha256 && new=$((number_sas * 16 + 1)) &&
		sent_by "$old" "$new" && sent_by "$new" "$old" && sent_by "$old" "$new"
}

### TCP MSS

# mss FAMILY MSS: in the SYN that b gets of a, and in the one that a gets of b.
mss() {
	local file=mss-$1-$2-$RANDOM ends=("${T4[@]}")
	[ "$1" = 4 ] || ends=("${T6[@]}")
	capture a "$file-a" tunnel0 tcp and src "${ends[1]}" &&
		capture b "$file-b" tunnel0 tcp and src "${ends[0]}" &&
		flows "$(ns a)" "${ends[0]}" "$(ns b)" "${ends[1]}" tcp 3000 &&
		captured "$file-b" "Flags \[SE?W?\],.*mss $2[],]" &&
		captured "$file-a" "Flags \[S\.E?\],.*mss $2[],]"
	local rc=$?
	stop_jobs
	return "$rc"
}

as_they_were() {
	mss 4 1360 && mss 6 1340
}

by_number() {
	option ipv4 mss4=1000 mss6=900 && mss 4 1000 && mss 6 900
}

never_raised() {
	option ipv4 mss4=1400 mss6=65000 && mss 4 1360 && mss 6 1340
}

# The underlay lets less through than the device's own 1400.
by_path() {
	local mtu
	in_a link set under mtu 1300 && ip -n "$(ns b)" link set under mtu 1300 &&
		option ipv4 mss4=pmtu mss6=pmtu || return
	mtu=$(in_ns a awtun_ctl tunnel-get tunnel0 path_mtu)
	[ "$mtu" = "$(inner_mtu "$SUITE" ipv4 1300)" ] &&
		mss 4 $((mtu - 40)) && mss 6 $((mtu - 60))
}

### Without SAs

state() {
	in_a link show tunnel0 | grep -q "state $1"
}

dormant() {
	in_ns a awtun_ctl sa-flush tunnel0 && in_ns b awtun_ctl sa-flush tunnel0 &&
		wait_for 5 state DORMANT &&
		in_a link show tunnel0 | grep -q "LOWER_UP,DORMANT"
}

# The first packet is told at once, those of the next second together.
acquire() {
	nsenter --net="/run/netns/$(ns a)" awtun_ctl events \
		>>"$scratch/events" 2>"$scratch/events.log" &
	jobs_started+=($!)
	wait_for 10 grep -q subscribed "$scratch/events.log" || return
	in_ns a ping -c 1 -W 0.1 "${T4[1]}"
	wait_for 5 grep "^acquire ifname=tunnel0 count=1 src=${T4[0]} dst=${T4[1]} protocol=1$" \
		"$scratch/events" || return
	: >"$scratch/events"
	in_ns a ping -c 5 -i 0.02 -W 0.1 "${T6[1]}"
	wait_for 5 grep "^acquire ifname=tunnel0 count=[2-9].* src=${T6[0]} dst=${T6[1]} protocol=58$" \
		"$scratch/events"
}

running() {
	switch_sas a b "$SUITE" 1 && wait_for 5 not state DORMANT && pings
}

### Selectors

# one_way NS-FROM NS-TO SPI OPTION...: an SA in use; options of its sender with
# "out:", of its receiver with "in:".
one_way() {
	local from=$1 to=$2 spi=$3 key option in=() out=()
	shift 3
	for option; do
		case $option in
		in:*) in+=("${option#in:}") ;;
		out:*) out+=("${option#out:}") ;;
		esac
	done
	key=$(random_hex "$(keymat_len "$SUITE")")
	sa_add "$to" in "$spi" "$SUITE" "$key" "${in[@]}" &&
		sa_add "$from" out "$spi" "$SUITE" "$key" "${out[@]}" &&
		in_ns "$from" awtun_ctl sa-activate tunnel0 "$spi"
}

only_ping4() {
	in_ns a ping -c 1 -W 2 "${T4[1]}" &&
		not in_ns a ping -c 1 -W 0.3 "${T6[1]}" &&
		not flows "$(ns a)" "${T4[0]}" "$(ns b)" "${T4[1]}" size 100
}

selectors_of_sender() {
	in_ns a awtun_ctl sa-flush tunnel0 && in_ns b awtun_ctl sa-flush tunnel0 &&
		one_way b a 0x7001 &&
		one_way a b 0x7002 "out:ts-local=${T4[0]}/32" \
			"out:ts-remote=${T4[1]}/32,1" && only_ping4 &&
		[ "$(drops a tx_selector)" -ge 2 ] &&
		[ "$(drops b rx_selector)" = 0 ]
}

# A sender that does not keep to them: what it sends is not delivered.
selectors_of_receiver() {
	in_ns a awtun_ctl sa-flush tunnel0 && in_ns b awtun_ctl sa-flush tunnel0 &&
		one_way b a 0x7003 &&
		one_way a b 0x7004 "in:ts-local=${T4[1]}/32,1" \
			"in:ts-remote=${T4[0]}-${T4[0]}" && only_ping4 &&
		[ "$(drops b rx_selector)" -ge 2 ]
}

ktap_begin
log_mark
check "a tunnel" world
check "a route to the peer through the tunnel itself is refused" loop_is_refused
check "a tunnel in a tunnel" second_tunnel
check "carries traffic" inner_transfer
check "two tunnels in each other are no danger" nested_loop
check "a tunnel whose device is in another namespace" moved
check "three tunnels at once" all_at_once
check "the device back in its own namespace" moved_back
check "an old and a new SA side by side" old_and_new
check "MSS as they were" as_they_were
check "MSS by number" by_number
check "MSS are not raised" never_raised
check "MSS by path MTU" by_path
check "dormant without SAs" dormant
check "acquire: the first packet, then those of a second" acquire
check "running with SAs" running
check "selectors of the sender" selectors_of_sender
check "selectors of the receiver" selectors_of_receiver
check "another tunnel" world
check "outer packets by their mark" marked
check "outer IPv6 packets by their mark" marked_ipv6
check "another tunnel" world
check "underlay in a VRF" vrf
check "IPv6 underlay in a VRF" vrf_ipv6
check "nothing in the kernel log" kernel_log_clean
ktap_end
