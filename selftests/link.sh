#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The link kind "tunnel": how an interface looks, when it has a carrier.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs

a=$(ns a)

link() {
	ip -n "$a" -d link show tunnel0
}

shows() {
	link | grep -qE "$1" || { link; return 1; }
}

no_addresses() {
	ip -n "$a" addr show dev tunnel0 | not grep inet
}

add_sa() {
	in_ns a awtun_ctl sa-add tunnel0 "$1" "$2" suite=aes128-gcm16 \
		keymat="$(random_hex 20)"
}

activate() {
	in_ns a awtun_ctl sa-activate tunnel0 "$1"
}

del_sa() {
	in_ns a awtun_ctl sa-del tunnel0 "$1" "$2"
}

carrier() {
	wait_for 10 tunnel_running a
}

# Not merely "not yet": the state is asked for after the request is done.
no_carrier() {
	shows NO-CARRIER
}

mtu_default() {
	local mtu
	mtu=$(link | sed -n 's/.* mtu \([0-9]*\) .*/\1/p')
	echo "$mtu"
	[ "$mtu" -ge 1280 ] && [ "$mtu" -lt 1500 ]
}

set_mtu() {
	ip -n "$a" link set tunnel0 mtu "$1" && shows "mtu $1 "
}

refuses_mtu() {
	not ip -n "$a" link set tunnel0 mtu "$1"
}

two_links() {
	ip -n "$a" link add tunnel65535 type tunnel &&
		ip -n "$a" link show tunnel65535 &&
		ip -n "$a" link del tunnel65535 &&
		not ip -n "$a" link show tunnel65535
}

sas_go_with_link() {
	ip -n "$a" link del tunnel0 && ip -n "$a" link add tunnel0 type tunnel &&
		tunnel_mode a 0 ipv4 &&
		[ -z "$(in_ns a awtun_ctl sa-dump)" ] &&
		add_sa in 0x1001
}

statistics_zero() {
	no_drops a && shows . &&
		[ "$(ip -n "$a" -s link show tunnel0 |
			awk '/^ +[0-9]/ { s += $1 + $2 } END { print s }')" = 0 ]
}

ktap_begin
ns_add a b
underlay a b

check "add a link of kind tunnel" ip -n "$a" link add tunnel0 type tunnel
check "details name the kind" shows '^ +tunnel( |$)'
check "point-to-point, no ARP, multicast" \
	shows 'POINTOPOINT,(MULTICAST,NOARP|NOARP,MULTICAST)'
check "link type none" shows 'link/none'
check "default MTU" mtu_default
check "statistics start at zero" statistics_zero
check "set an MTU" set_mtu 1400
check "a too large MTU is refused" refuses_mtu 70000
check "up" ip -n "$a" link set tunnel0 up
check "no link-local address of its own accord" no_addresses
check "no carrier without mode" no_carrier
check "set the mode" tunnel_mode a 0 ipv4
check "no carrier without SAs" no_carrier
check "inbound SA" add_sa in 0x1001
check "no carrier with an inbound SA only" no_carrier
check "outbound SA" add_sa out 0x2001
check "no carrier before the outbound SA is activated" no_carrier
check "activate" activate 0x2001
check "carrier with a pair" carrier
check "still no address of its own accord" no_addresses
check "a second pair" add_sa in 0x1002
check "its outbound SA" add_sa out 0x2002
check "switch" activate 0x2002
check "carrier after the switch" carrier
check "old outbound SA goes" del_sa out 0x2001
check "old inbound SA goes" del_sa in 0x1001
check "carrier with the new pair alone" carrier
check "the last inbound SA goes" del_sa in 0x1002
check "no carrier with an outbound SA only" wait_for 10 no_carrier
check "an inbound SA again" add_sa in 0x1003
check "carrier again" carrier
check "flush" in_ns a awtun_ctl sa-flush tunnel0
check "no carrier after the flush" wait_for 10 no_carrier
check "SAs go with their link" sas_go_with_link
check "a second link in the namespace" two_links
check "rename" ip -n "$a" link set tunnel0 name renamed
check "details of the renamed link" \
	ip -n "$a" -d link show renamed type tunnel
check "delete" ip -n "$a" link del renamed
check "gone" not ip -n "$a" link show renamed
ktap_end
