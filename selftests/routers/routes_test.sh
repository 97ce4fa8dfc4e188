#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 30
#
# Static routes follow what they lead to: one by a tunnel leaves the table with
# its SAs, so that one of greater distance takes over, and comes back with them;
# Null drops; an interface that is not there is waited for.
. "$(dirname "$0")/lib.sh"

needs jq

readonly NET=${LAN4[b]}.0/24 NET6=${LAN6[b]}::/64

configure_routes() {
	type_lines a <<-END
	ip route $NET backup 10
	ip route $NET null 254
	ipv6 route $NET6 tunnel0
	ipv6 route $NET6 NULL 254
	ip route 198.51.100.0/24 later
	END
}

# leads FAMILY DEVICE|blackhole: where packets to LAN b go.
leads() {
	local address=${LAN4[b]}.2
	[ "$1" = 4 ] || address=${LAN6[b]}::2
	case $2 in
	blackhole) ! ip -n "$(ns router-a)" route get "$address" && in_table "$1" "blackhole" ;;
	*) ip -n "$(ns router-a)" route get "$address" | grep -q " dev $2 " ;;
	esac
}

in_table() { # FAMILY WORDS
	ip -n "$(ns router-a)" "-$1" route show proto 200 | grep -q "$2"
}

# waits NEXT-HOP REASON: in the view.
waits() {
	cli_json a "any(.routes[]; .next_hop == \"$1\" and .installed == false and .reason == \"$2\")" \
		show routes static
}

all_installed() {
	cli_json a '[.routes[] | select(.prefix != "198.51.100.0/24") | .installed] | all' show routes static
}

canonical() {
	cli a show running-config | grep -qx "ip route $NET Null 254" &&
		cli a show running-config | grep -qx "ipv6 route $NET6 Null 254"
}

ktap_begin
check "the routers come up" routers_up
check "a second way to LAN b" ip -n "$(ns router-a)" link add backup type dummy
check "awiked starts on A" daemon_start a
check "router A takes the manual's lines" seed_ipv4 a
check "and more routes" configure_routes
check "the configuration has Null in one spelling" canonical
check "without SAs and with the second way down, packets are dropped" wait_for 20 leads 4 blackhole
check "of IPv6 too" leads 6 blackhole
check "the view says why: the tunnel" waits tunnel0 "tunnel0 is down"
check "the view says why: no such interface" waits later "there is no interface later"
check "the second way comes up" ip -n "$(ns router-a)" link set backup up
check "packets take it" wait_for 20 leads 4 backup
check "awiked starts on B" daemon_start b
check "router B takes the manual's lines" seed_ipv4 b
check "the tunnel comes up" wait_for 60 tunnel_running router-a
check "packets take the tunnel, which is nearer" wait_for 20 leads 4 tunnel0
check "of IPv6 too" wait_for 20 leads 6 tunnel0
check "ping from LAN a to LAN b" wait_for 20 ping_lan a 4
check "all routes are in use" all_installed
check "awiked on B ends, and with it the SAs" daemon_stop b
check "packets take the second way" wait_for 20 leads 4 backup
check "of IPv6 they are dropped" wait_for 20 leads 6 blackhole
check "awiked starts on B again" daemon_start b
check "router B takes the manual's lines" seed_ipv4 b
check "packets take the tunnel again" wait_for 90 leads 4 tunnel0
check "the awaited interface comes" ip -n "$(ns router-a)" link add later type dummy
ip -n "$(ns router-a)" link set later up
check "its route is in use" wait_for 20 in_table 4 "198.51.100.0/24 dev later"
check "a route goes with its line" type_lines a <<<"no ip route $NET Null 254"
check "from the table too" not in_table 4 blackhole
check "awiked ends with status 0" daemon_stop a
ktap_end
