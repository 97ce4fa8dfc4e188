#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two tunnels of ours with each other: UDP payloads of every size up to the
# MTU, byte for byte, for each length of block, IV and ICV and each family
# outside and inside.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs

readonly SUITES_HERE="aes256-sha256 aes256-gcm16 aes128-sha1 aes192-sha512
	aes192-gcm12 aes128-gcm8"

# set_up OUTER SUITE: fresh ends and SAs, the MTU as large as can be.
set_up() {
	local mtu r
	mtu=$(inner_mtu "$2" "$1")
	in_ns a awtun_ctl sa-flush tunnel0 &&
		in_ns b awtun_ctl sa-flush tunnel0 &&
		tunnel_mode a 0 "$1" && tunnel_mode b 1 "$1" || return
	for r in a b; do
		ip -n "$(ns "$r")" link set tunnel0 mtu "$mtu" || return
	done
	switch_sas a b "$2" 1
}

# sizes OUTER INNER SUITE: none of them lost, none changed.
sizes() {
	local mtu step
	mtu=$(inner_mtu "$3" "$1")
	step=$(step "$@")
	if [ "$2" = ipv4 ]; then
		udp_sizes "$(ns a)" "${T4[0]}" "$(ns b)" "${T4[1]}" \
			0 $((mtu - 28)) "$step"
	else
		udp_sizes "$(ns a)" "${T6[0]}" "$(ns b)" "${T6[1]}" \
			0 $((mtu - 48)) "$step"
	fi
}

# Every size for IPv4 in IPv4 of two suites; then steps that meet every residue.
step() {
	case $1/$2/$3 in
	ipv4/ipv4/aes256-*) echo 1 ;;
	*) echo 13 ;;
	esac
}

ktap_begin
ns_add a b
underlay a b
check "tunnels" tunnels a b aes256-gcm16
for outer in ipv4 ipv6; do
	for suite in $SUITES_HERE; do
		check "$suite SAs, outer $outer" set_up $outer "$suite"
		for inner in ipv4 ipv6; do
			check "$suite, $inner in $outer" \
				sizes $outer $inner "$suite"
		done
	done
done
check "nothing dropped" no_drops a
check "nothing dropped by the peer" no_drops b
ktap_end
