#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 40
#
# Router A's source is an interface: the tunnel has its address, is down without
# one, and follows when it changes. Router B takes it from any address.
. "$(dirname "$0")/lib.sh"

needs jq

readonly LATER=10.1.1.9

configure_a() {
	type_lines a <<-END
	crypto isakmp key ouR4ecret address ${WAN4[b]}
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source wan
	tunnel destination ${WAN4[b]}
	tunnel local name ${NAMES[a]}
	tunnel protection ipsec
	ip address 192.168.254.1/30
	exit
	ip route ${LAN4[b]}.0/24 tunnel0
	END
}

configure_b() {
	type_lines b <<-END
	crypto isakmp key ouR4ecret hostname ${NAMES[a]}
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[b]}
	tunnel destination dynamic
	tunnel remote name ${NAMES[a]}
	tunnel protection ipsec
	ip address 192.168.254.2/30
	exit
	ip route ${LAN4[a]}.0/24 tunnel0
	END
}

# source_is ADDRESS: in the view, in the kernel and in the IKE SA.
source_is() {
	cli_json a ".interfaces[0] | .source == \"$1\" and .source_interface == \"wan\"" show interface tunnel0 &&
		cli_json a "any(.sas[]; .local == \"$1\" and .state == \"Established\")" show isakmp sa
}

# A's old IKE SA cannot be deleted from an address that is gone: it is given up
# in time, and does not count.
both_up_again() {
	up b && cli_json a '[.sas[] | select(.state != "Deleting")] |
		length == 1 and .[0].state == "Established" and .[0].local == "'"$LATER"'"' show isakmp sa &&
		cli_json a '.sas | length == 1 and .[0].state == "Installed"' show ipsec sa &&
		tunnel_running router-a
}

no_address() {
	cli_json a '.interfaces[0] | .source == null and (.reason | test("wan has no address"))' show interface tunnel0
}

saved_by_name() {
	cli a show running-config interface tunnel0 | grep -qx " tunnel source wan"
}

# An IPv6 tunnel from an interface with a temporary address, then a deprecated
# one, beside the good one.
readonly GOOD=2001:db8:77:1::10
six_ways() {
	ip -n "$(ns router-a)" link add six type dummy && ip -n "$(ns router-a)" link set six up &&
		in_ns router-a sysctl -qw net.ipv6.conf.six.use_tempaddr=2 &&
		ip -n "$(ns router-a)" addr add "$GOOD/64" dev six mngtmpaddr nodad &&
		wait_for 10 temporary_address &&
		ip -n "$(ns router-a)" addr add 2001:db8:77:1::99/64 dev six nodad preferred_lft 0 &&
		type_lines a <<-END
		interface tunnel1
		tunnel mode ipsec ipv6
		tunnel source six
		tunnel destination ${WAN6[b]}
		tunnel protection ipsec
		END
}

temporary_address() {
	ip -n "$(ns router-a)" -6 addr show dev six temporary | grep -q inet6
}

good_source() {
	cli_json a ".interfaces[0].source == \"$GOOD\"" show interface tunnel1
}

ktap_begin
check "the routers come up" routers_up
check "router B knows the way to router A's later address" ip -n "$(ns router-b)" route add "$LATER" dev wan
check "awiked starts on A" daemon_start a
check "awiked starts on B" daemon_start b
check "router B is configured" configure_b
check "router A is configured" configure_a
check "the tunnel comes up" wait_for 60 both_up
check "its source is the interface's address" source_is "${WAN4[a]}"
check "ping from LAN a to LAN b" ping_lan a 4
check "the configuration has the interface" saved_by_name
check "the address goes" ip -n "$(ns router-a)" addr del "${WAN4[a]}/32" dev wan
check "the tunnel has no source, and says so" wait_for 20 no_address
check "another one comes" ip -n "$(ns router-a)" addr add "$LATER/32" dev wan
ip -n "$(ns router-a)" route replace "${WAN4[b]}" dev wan
check "the tunnel comes up by that" wait_for 60 source_is "$LATER"
check "one SA of each kind at both ends" wait_for 60 both_up_again
check "ping from LAN b to LAN a" wait_for 30 ping_lan b 4
check "an address takes the interface's place" type_lines a <<<$'interface tunnel0\ntunnel source 10.1.1.9'
check "without touching the tunnel" both_up_again
check "an interface with several IPv6 addresses is a source" six_ways
check "the one that lasts is taken" wait_for 10 good_source
check "another good one comes" ip -n "$(ns router-a)" addr add 2001:db8:2:2::9/64 dev six nodad
check "it stays with the one it has" good_source
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
ktap_end
