#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A tunnel between two hosts that have SAs of the kernel's XFRM as well: UDP
# payloads of many sizes through both at once, byte for byte.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs

# xfrm NS: the commands on standard input.
xfrm() {
	ip -n "$(ns "$1")" -batch -
}

# SAs in transport mode for UDP between the tunnel's own outer addresses.
xfrm_transport() {
	local key
	key=$(random_hex 20)
	local sa="proto esp mode transport reqid 2"
	local algorithm="aead rfc4106(gcm(aes)) 0x$key 128"
	local there="src ${U4[0]} dst ${U4[1]}" back="src ${U4[1]} dst ${U4[0]}"
	for r in r1 r2; do
		xfrm "$r" <<-END || return
		xfrm state add $there spi 0x5555 $sa $algorithm
		xfrm state add $back spi 0x6666 $sa $algorithm
		END
	done
	xfrm r1 <<-END || return
	xfrm policy add dir out $there proto 17 tmpl $sa
	xfrm policy add dir in $back proto 17 tmpl $sa
	END
	xfrm r2 <<-END
	xfrm policy add dir out $back proto 17 tmpl $sa
	xfrm policy add dir in $there proto 17 tmpl $sa
	END
}

side_by_side() {
	start udp_sizes "$(ns r1)" "${U4[0]}" "$(ns r2)" "${U4[1]}" 0 1400 3
	udp_sizes "$(ns r1)" "${T4[0]}" "$(ns r2)" "${T4[1]}" 0 1372 3
	local rc=$?
	# The other one runs to its end as well.
	wait "${jobs_started[-1]}" && return "$rc"
}

xfrm_packets() {
	ip -n "$(ns "$1")" -s xfrm state get src "${U4[0]}" dst "${U4[1]}" \
		proto esp spi 0x5555 | sed -n 's/.*, \([0-9]*\)(packets).*/\1/p'
}

xfrm_used() {
	[ "$(xfrm_packets "$1" | head -n 1)" -gt 100 ]
}

without_esp4() {
	local r
	for r in r1 r2; do
		ip -n "$(ns "$r")" xfrm policy flush && ip -n "$(ns "$r")" xfrm state flush || return
	done
	wait_for 10 modprobe -r esp4 esp6
}

unreachables() {
	in_ns r1 cat /proc/net/snmp | awk '/^Icmp:/ && $2 != "InMsgs" { print $5 }'
}

# A peer whose packets come by SPIs that are gone, as those on their way during a
# rekey do, must not be told that there is no ESP here.
silent_about_unknown() {
	local before
	before=$(unreachables)
	in_ns r2 awtun_ctl sa-flush tunnel0 && ! in_ns r1 ping -c 3 -i 0.2 -W 1 "${T4[1]}" &&
		echo "unreachable: $before before, $(unreachables) now" &&
		[ "$(in_ns r2 awtun_ctl stats tunnel0 rx_unknown_spi)" = 3 ] &&
		[ "$(unreachables)" = "$before" ]
}

ktap_begin
ns_add r1 r2
underlay r1 r2
check "a tunnel" tunnels r1 r2 aes256-gcm16
check "SAs of XFRM in transport mode between the same hosts" xfrm_transport
check "both carry traffic at once" side_by_side
check "XFRM's were used" xfrm_used r1
check "XFRM's were used by the peer" xfrm_used r2
check "nothing dropped" no_drops r1
check "nothing dropped by the peer" no_drops r2
check "without esp4 and esp6" without_esp4
check "unknown SPIs of the peer are dropped in silence" silent_about_unknown
modprobe -a esp4 esp6
ktap_end
