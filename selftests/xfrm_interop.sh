#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# awtun with the kernel's XFRM as its peer, and with itself: UDP payloads of
# every size up to the MTU, byte for byte, for each suite of the default IPsec
# profile and each family outside and inside. Namespaces: r1 and r3 have awtun,
# r2 has XFRM; each pair is joined by a veth.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs

readonly STEP=${STEP:-1}
readonly SPI_TO_PEER=0x1234 SPI_TO_US=0x89abcdef

# xfrm NS: the commands on standard input.
xfrm() {
	ip -n "$(ns "$1")" -batch -
}

# xfrm_algorithm SUITE KEYMAT: as "ip xfrm state add" wants it.
xfrm_algorithm() {
	local digits=64
	case $1 in aes128-*) digits=32 ;; esac
	local cipher="enc cbc(aes) 0x${2:0:$digits}" auth=0x${2:$digits}
	case $1 in
	*-gcm16) echo "aead rfc4106(gcm(aes)) 0x$2 128" ;;
	*-gcm8) echo "aead rfc4106(gcm(aes)) 0x$2 64" ;;
	*-sha256) echo "$cipher auth-trunc hmac(sha256) $auth 128" ;;
	*-sha1) echo "$cipher auth-trunc hmac(sha1) $auth 96" ;;
	esac
}

# The policies and routes of r2; its inner addresses are on its loopback.
xfrm_peer() {
	local ends=("${U4[@]}") inner
	[ "$1" = ipv4 ] || ends=("${U6[@]}")
	xfrm r2 <<-END || return
	xfrm policy flush
	addr replace ${T4[1]}/32 dev lo
	addr replace ${T6[1]}/128 dev lo
	route replace ${T4[0]}/32 via ${U4[0]} src ${T4[1]}
	route replace ${T6[0]}/128 via ${U6[0]} src ${T6[1]}
	END
	for inner in T4 T6; do
		local -n tunnel=$inner
		xfrm r2 <<-END || return
		xfrm policy add dir out src ${tunnel[1]} dst ${tunnel[0]} tmpl src ${ends[1]} dst ${ends[0]} proto esp reqid 1 mode tunnel
		xfrm policy add dir in src ${tunnel[0]} dst ${tunnel[1]} tmpl src ${ends[0]} dst ${ends[1]} proto esp reqid 1 mode tunnel
		END
	done
}

# xfrm_states OUTER SUITE KEYMAT_TO_PEER KEYMAT_TO_US
xfrm_states() {
	local ends=("${U4[@]}")
	[ "$1" = ipv4 ] || ends=("${U6[@]}")
	local state="proto esp reqid 1 mode tunnel replay-window 32 flag af-unspec"
	xfrm r2 <<-END
	xfrm state flush
	xfrm state add src ${ends[0]} dst ${ends[1]} spi $SPI_TO_PEER $state $(xfrm_algorithm "$2" "$3")
	xfrm state add src ${ends[1]} dst ${ends[0]} spi $SPI_TO_US $state $(xfrm_algorithm "$2" "$4")
	END
}

awtun_sa() {
	in_ns r1 awtun_ctl sa-add tunnel0 "$1" "$2" "suite=$3" "keymat=$4"
}

# set_up OUTER SUITE: the same fresh SAs on both sides.
set_up() {
	local len to_peer to_us
	len=$(keymat_len "$2")
	to_peer=$(random_hex "$len")
	to_us=$(random_hex "$len")
	in_ns r1 awtun_ctl sa-flush tunnel0 &&
		tunnel_mode r1 0 "$1" &&
		awtun_sa in "$SPI_TO_US" "$2" "$to_us" &&
		awtun_sa out "$SPI_TO_PEER" "$2" "$to_peer" &&
		in_ns r1 awtun_ctl sa-activate tunnel0 "$SPI_TO_PEER" &&
		xfrm_states "$1" "$2" "$to_peer" "$to_us" &&
		set_mtu r1 "$1" "$2" && wait_for 20 tunnel_running r1
}

set_mtu() {
	ip -n "$(ns "$1")" link set tunnel0 mtu "$(inner_mtu "$3" "$2")"
}

# sizes A B OUTER INNER SUITE STEP: none of them lost, none sent in the clear.
sizes() {
	local mtu
	mtu=$(inner_mtu "$5" "$3")
	if [ "$4" = ipv4 ]; then
		udp_sizes "$(ns "$1")" "${T4[0]}" "$(ns "$2")" "${T4[1]}" \
			0 $((mtu - 28)) "$6"
	else
		udp_sizes "$(ns "$1")" "${T6[0]}" "$(ns "$2")" "${T6[1]}" \
			0 $((mtu - 48)) "$6"
	fi
}

# Every size for IPv4 in IPv4, where the padding is what varies; then steps.
step() {
	[ "$1$2" = ipv4ipv4 ] && echo "$STEP" || echo $((STEP * 7))
}

against_xfrm() {
	local outer inner suite
	for outer in ipv4 ipv6; do
		check "XFRM: policies, outer $outer" xfrm_peer $outer
		for suite in $SUITES; do
			check "XFRM: $suite SAs, outer $outer" \
				set_up $outer "$suite"
			for inner in ipv4 ipv6; do
				check "XFRM: $suite, $inner in $outer" sizes \
					r1 r2 $outer $inner "$suite" \
					"$(step $outer $inner)"
			done
			check "XFRM: $suite, outer $outer: nothing dropped" \
				no_drops r1
		done
	done
}

set_up_awtun() {
	in_ns r3 awtun_ctl sa-flush tunnel0 &&
		in_ns r4 awtun_ctl sa-flush tunnel0 &&
		tunnel_mode r3 0 "$1" && tunnel_mode r4 1 "$1" &&
		set_mtu r3 "$1" "$2" && set_mtu r4 "$1" "$2" &&
		switch_sas r3 r4 "$2" 1
}

against_itself() {
	local outer inner suite
	for outer in ipv4 ipv6; do
		for suite in $SUITES aes192-sha512 aes192-gcm12; do
			check "awtun: $suite SAs, outer $outer" \
				set_up_awtun $outer "$suite"
			for inner in ipv4 ipv6; do
				check "awtun: $suite, $inner in $outer" sizes \
					r3 r4 $outer $inner "$suite" $((STEP * 13))
			done
		done
	done
	check "awtun: nothing dropped" no_drops r3
	check "awtun: nothing dropped by its peer" no_drops r4
}

# Another SA pair, transport mode for UDP, between the very same hosts.
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
	sizes r1 r2 ipv4 ipv4 aes256-gcm16 3
	local rc=$?
	# The other one runs to its end as well.
	wait "${jobs_started[-1]}" && return "$rc"
}

xfrm_used() {
	ip -n "$(ns r1)" -s xfrm state get src "${U4[0]}" dst "${U4[1]}" \
		proto esp spi 0x5555
	ip -n "$(ns r1)" -s xfrm state get src "${U4[0]}" dst "${U4[1]}" \
		proto esp spi 0x5555 | grep -qE '\([1-9][0-9]*\)bytes|[1-9][0-9]*\(packets\)'
}


ktap_begin
ns_add r1 r2 r3 r4
underlay r1 r2
underlay r3 r4
check "set up awtun beside XFRM" tunnel_up r1 0 add
against_xfrm

check "back to IPv4 for a second pair of hosts' SAs" xfrm_peer ipv4
check "SAs of awtun" set_up ipv4 aes256-gcm16
check "SAs of XFRM in transport mode between the same hosts" xfrm_transport
check "both carry traffic at once" side_by_side
check "XFRM's were used" xfrm_used
check "nothing dropped" no_drops r1

check "set up awtun and a peer" tunnels r3 r4 aes256-gcm16
against_itself
ktap_end
