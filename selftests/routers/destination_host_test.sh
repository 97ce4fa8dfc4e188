#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 80
#
# Router A knows router B by a host name alone, and follows it when it comes to
# stand for another address: that to which router B's interface has changed.
. "$(dirname "$0")/lib.sh"

needs jq

readonly HOST=b.example.com LATER=10.2.2.9
hosts=/etc/netns/$(ns router-a)/hosts

# b_is ADDRESS: what the name stands for on router A. The file is written in
# place, for it is mounted over /etc/hosts.
b_is() {
	mkdir -p "$(dirname "$hosts")" && echo "$1 $HOST" >"$hosts"
}

# waits_for TEXT: router A's tunnel has no destination, and this in its reason.
waits_for() {
	cli_json a '.interfaces[0] | .destination == null and .link == "down" and
		(.reason | contains("'"$1"'"))' show interface tunnel0
}

# Nothing that the name stands for keeps the configuration from being changed:
# another tunnel, and the one with the name.
others_change() { # DESCRIPTION
	type_lines a <<-END && cli a show running-config | grep -qx " description $1"
	interface tunnel7
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[a]}
	tunnel destination 192.0.2.7
	exit
	no interface tunnel7
	interface tunnel0
	description $1
	END
}

another_tunnel() {
	type_lines a <<-END
	crypto isakmp key another address 192.0.2.9
	interface tunnel9
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[a]}
	tunnel destination 192.0.2.9
	tunnel protection ipsec
	end
	copy running-config startup-config
	END
}

tunnel9_is() { # EXPRESSION
	cli_json a '.interfaces[] | select(.name == "tunnel9") | '"$1" show interface
}

# no_peer ADDRESS TEXT
no_peer() {
	check "the name stands for $1" b_is "$1"
	check "router A says so" wait_for 30 waits_for "$2"
	check "and everything else can be changed" others_change "at-$1"
}

b_is_nowhere() { b_is 192.0.2.1 && echo >"$hosts"; }

configure_a() {
	type_lines a <<-END
	crypto isakmp key ouR4ecret hostname $HOST
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[a]}
	tunnel destination $HOST
	tunnel remote name $HOST
	tunnel protection ipsec
	ip address 192.168.254.1/30
	exit
	ip route ${LAN4[b]}.0/24 tunnel0
	END
}

configure_b() {
	type_lines b <<-END
	crypto isakmp key ouR4ecret address ${WAN4[a]}
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source wan
	tunnel destination ${WAN4[a]}
	tunnel local name $HOST
	tunnel protection ipsec
	ip address 192.168.254.2/30
	exit
	ip route ${LAN4[a]}.0/24 tunnel0
	END
}

not_found() {
	cli_json a '.interfaces[0] | .destination == null and .destination_host == "'"$HOST"'" and
		(.reason | startswith("'"$HOST"': "))' show interface tunnel0
}

# leads_to ADDRESS: by the view, and by the IKE SA.
leads_to() {
	cli_json a ".interfaces[0].destination == \"$1\"" show interface tunnel0 &&
		cli_json a "any(.sas[]; .peer == \"$1\" and .state == \"Established\")" show isakmp sa
}

saved_by_name() {
	cli a show running-config interface tunnel0 | grep -qx " tunnel destination $HOST"
}

move_b() {
	ip -n "$(ns router-b)" addr add "$LATER/32" dev wan &&
		ip -n "$(ns router-b)" addr del "${WAN4[b]}/32" dev wan &&
		ip -n "$(ns router-b)" route replace "${WAN4[a]}" dev wan src "$LATER" &&
		ip -n "$(ns router-a)" route add "$LATER" dev wan
}

ktap_begin
check "the routers come up" routers_up
check "the name is nowhere" b_is_nowhere
check "awiked starts on A" daemon_start a
check "awiked starts on B" daemon_start b
check "router A is configured" configure_a
check "router A says that the name is not found" wait_for 30 not_found
no_peer 255.255.255.255 "it resolves to 255.255.255.255: a multicast or broadcast address"
no_peer 0.0.0.0 "it resolves to 0.0.0.0: the unspecified address"
no_peer 127.0.0.1 "it resolves to 127.0.0.1: a loopback address"
no_peer "${WAN4[a]}" "which is this router's own"
check "the name stands for router B" b_is "${WAN4[b]}"
check "router A finds it" wait_for 30 cli_json a ".interfaces[0].destination == \"${WAN4[b]}\"" show interface tunnel0
check "router B is configured" configure_b
check "the tunnel comes up" wait_for 60 both_up
check "it leads to router B" leads_to "${WAN4[b]}"
check "ping from LAN a to LAN b" ping_lan a 4
check "the configuration has the name" saved_by_name
check "the name is lost" b_is_nowhere
check "router B moves" move_b
check "the name follows" b_is "$LATER"
check "so does the tunnel" wait_for 60 leads_to "$LATER"
check "ping from LAN a to LAN b" wait_for 30 ping_lan a 4
check "router A gets another tunnel, which is saved" another_tunnel
check "awiked on A ends with status 0" daemon_stop a
check "somebody takes that tunnel's name" ip -n "$(ns router-a)" link add tunnel9 type dummy
check "awiked starts on A all the same" daemon_start a
check "the tunnel without an interface says why" tunnel9_is '.link == "down" and (.reason | contains("File exists"))'
check "the other comes up" wait_for 60 leads_to "$LATER"
check "the configuration can be changed" others_change later
check "the name is free again" ip -n "$(ns router-a)" link del tunnel9
check "the tunnel is made" wait_for 20 tunnel9_is '.reason | contains("File exists") | not'
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
rm -r "$(dirname "$hosts")"
ktap_end
