#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 60
#
# A router behind a NAT: IKE moves to UDP port 4500 and ESP goes in UDP. The NAT
# forgets its mappings under way, and the router behind it loses its daemon.
#
#   lan-a -- router-a ---- nat (masquerade) ---- router-b -- lan-b
. "$(dirname "$0")/lib.sh"

needs jq nft tcpdump

# Of the NAT: inside, where router A's packets go, and outside, whose they seem.
readonly INSIDE=10.1.1.254 OUTSIDE=10.2.2.254

# Router B has no route to the inside: all that it hears of is the NAT.
network_up() {
	ns_add lan-a router-a nat router-b lan-b &&
		nat_link a "${WAN4[a]}" left "$INSIDE" &&
		nat_link b "${WAN4[b]}" right "$OUTSIDE" &&
		ip -n "$(ns router-a)" route add default via "$INSIDE" &&
		in_ns nat sysctl -qw net.ipv4.ip_forward=1 &&
		lan_up a && lan_up b
}

# mapping FIRST-PORT: from now on the NAT maps to one of ten ports; what it had
# mapped before it knows no more, for its link has been down.
mapping() {
	in_ns nat nft -f - <<-END || return
	table ip nat
	delete table ip nat
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oifname right meta l4proto udp masquerade to :$1-$(($1 + 9))
		}
	}
	END
	ip -n "$(ns nat)" link set right down && ip -n "$(ns nat)" link set right up
}

configure_a() {
	type_lines a <<-END
	crypto isakmp key ouR4ecret address ${WAN4[b]}
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[a]}
	tunnel destination ${WAN4[b]}
	tunnel local name router-a
	tunnel protection ipsec
	ip address 192.168.254.1/30
	exit
	ip route ${LAN4[b]}.0/24 tunnel0
	exit
	copy running-config startup-config
	END
}

# What it knows of router A is the NAT's address and router A's name.
configure_b() {
	type_lines b <<-END
	crypto isakmp key ouR4ecret address $OUTSIDE
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[b]}
	tunnel destination $OUTSIDE
	tunnel remote name router-a
	tunnel protection ipsec
	ip address 192.168.254.2/30
	exit
	ip route ${LAN4[a]}.0/24 tunnel0
	END
}

# The UDP of router B's side of the NAT, as tcpdump says it.
outside() {
	in_ns nat tcpdump -nnl -s 200 --immediate-mode -i right >"$work/outside" 2>"$work/outside.log" &
	jobs_started+=($!)
	wait_for 20 grep -q "listening on" "$work/outside.log"
}

seen() { # PATTERN
	grep -m 1 -E "$1" "$work/outside"
}

# NAT's ports, as patterns.
readonly FROM_A="$OUTSIDE\.30[0-9]{3} > ${WAN4[b]}\.4500" TO_A="${WAN4[b]}\.4500 > $OUTSIDE\.30[0-9]{3}"
readonly LATER_FROM_A="$OUTSIDE\.32[0-9]{3} > ${WAN4[b]}\.4500" \
	LATER_TO_A="${WAN4[b]}\.4500 > $OUTSIDE\.32[0-9]{3}"

ike_on_4500() {
	seen "$FROM_A: NONESP-encap: isakmp" && seen "$TO_A: NONESP-encap: isakmp"
}

esp_in_udp_only() {
	seen "$FROM_A: UDP-encap: ESP" && seen "$TO_A: UDP-encap: ESP" &&
		not seen "IP [^ ]+ > [^ ]+: ESP"
}

extended_numbers() {
	local side
	for side in a b; do
		cli_json "$side" '.sas[0].esn' show ipsec sa || return
	done
}

inbound_spi() { # SIDE
	cli_json "$1" '.sas | map(select(.state == "Installed")) | .[0].inbound_spi' show ipsec sa
}

# Nobody has told router B: its SAs are as they were.
keeps_its_sas() { # SPI
	up b && [ "$(inbound_spi b)" = "$1" ]
}

replaced() { # SPI
	local now
	now=$(inbound_spi b) && [ "$now" != "$1" ] && both_up
}

ktap_begin
check "the routers and the NAT come up" network_up
check "the NAT maps" mapping 30000
check "awiked starts on A" daemon_start a
check "awiked starts on B" daemon_start b
outside
check "router B is configured" configure_b
check "router A is configured" configure_a
check "the tunnel comes up" wait_for 90 both_up
check "IKE has moved to port 4500" ike_on_4500
count_drops_from_here
check "ping from LAN a to LAN b" ping_lan a 4
check "ping from LAN b to LAN a" ping_lan b 4
check "TCP from LAN a to LAN b, every octet right" tcp_lan a 4 300000
check "TCP from LAN b to LAN a, every octet right" tcp_lan b 4 300000
check "all of it is ESP in UDP" esp_in_udp_only
check "with extended sequence numbers" extended_numbers
check "router A lost no packet" lost_nothing a
check "router B lost no packet" lost_nothing b
check "router A keeps the mapping alive" wait_for 60 seen "$FROM_A: isakmp-nat-keep-alive"
check "router B has none to keep" not seen "$TO_A: isakmp-nat-keep-alive"
check "the NAT forgets, and maps anew" mapping 32000
check "traffic from LAN a resumes" wait_for 30 ping_lan a 4
check "and from LAN b" ping_lan b 4
check "by the new mapping, both ways" seen "$LATER_FROM_A: UDP-encap: ESP"
check "router B has followed" seen "$LATER_TO_A: UDP-encap: ESP"
check "the tunnel is still the same" both_up
check "router A rekeys the Child SA" cli a rekey ipsec sa tunnel0
check "one SA of each kind at rest" wait_for 30 both_up
check "router B rekeys the IKE SA" cli b rekey isakmp sa tunnel0
check "one SA of each kind at rest" wait_for 30 both_up
check "traffic afterwards" ping_lan b 4
spi=$(inbound_spi b)
check "awiked on A is killed" not daemon_stop a KILL
check "router B keeps its SAs" keeps_its_sas "$spi"
check "awiked on A starts again" daemon_start a
check "the tunnel comes up anew" wait_for 90 replaced "$spi"
check "traffic both ways" wait_for 30 ping_lan a 4
check "from LAN b too" ping_lan b 4
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
ktap_end
