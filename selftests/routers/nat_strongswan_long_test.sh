#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 90
#
# strongSwan on router B and a NAT in between: router A behind it, then router B.
# IKE moves to UDP port 4500 and ESP goes in UDP; the NAT's mapping changes.
#
#   lan-a -- router-a ---- nat (masquerade) ---- router-b -- lan-b
. "$(dirname "$0")/lib.sh"

needs jq nft swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

# The NAT's addresses towards router A and router B.
declare -rA NAT=([a]=10.1.1.254 [b]=10.2.2.254)

network_up() {
	ns_add lan-a router-a nat router-b lan-b && nat_link a "${WAN4[a]}" to-a "${NAT[a]}" &&
		nat_link b "${WAN4[b]}" to-b "${NAT[b]}" &&
		in_ns nat sysctl -qw net.ipv4.ip_forward=1 && lan_up a && lan_up b
}

# behind SIDE: only that one has a way to the other, by the NAT.
behind() {
	ip -n "$(ns "router-${OTHER[$1]}")" route del default 2>/dev/null
	ip -n "$(ns "router-$1")" route replace default via "${NAT[$1]}" && mapping "$1" 30000
}

# mapping SIDE FIRST-PORT: from now on to one of ten ports; what it had mapped
# before it knows no more, for its link has been down.
mapping() {
	local out=to-${OTHER[$1]}
	in_ns nat nft -f - <<-END || return
	table ip nat
	delete table ip nat
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oifname $out meta l4proto udp masquerade to :$2-$(($2 + 9))
		}
	}
	END
	ip -n "$(ns nat)" link set "$out" down && ip -n "$(ns nat)" link set "$out" up
}

# other_of SIDE BEHIND: the peer's address for SIDE while BEHIND is behind the NAT.
other_of() {
	local o=${OTHER[$1]}
	if [ "$o" = "$2" ]; then echo "${NAT[$1]}"; else echo "${WAN4[$o]}"; fi
}

configure_a() { # BEHIND
	local peer
	peer=$(other_of a "$1")
	type_lines a <<<"no interface tunnel0" >/dev/null 2>&1
	type_lines a <<-END
	crypto isakmp key ouR4ecret hostname router-b
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[a]}
	tunnel destination $peer
	tunnel local name router-a
	tunnel remote name router-b
	tunnel protection ipsec
	ip address 192.168.254.1/30
	exit
	ip route ${LAN4[b]}.0/24 tunnel0
	END
}

configure_b() { # BEHIND
	CHARON_ID=([a]=router-a [b]=router-b) CHARON_REMOTE=$(other_of b "$1")
	charon_configure 4 aes256-sha256 ouR4ecret psk aes256-sha256-modp2048
}

tunnel_up() { up a && charon_up; }

traffic() {
	ping_lan a 4 && ping_lan b 4 && tcp_lan a 4 100000 && tcp_lan b 4 100000
}

# in_udp SIDE PORTS: the peer of SIDE's SAs, as router A's kernel or XFRM has it,
# is one of the NAT's mapped ports.
in_udp() {
	case $1 in
	a) cli_json a '.sas[0] | select(.encapsulation == "udp" and
		(.peer_endpoint | test("'"${NAT[a]}:$2"'")))' show ipsec sa ;;
	b) ip -n "$(ns router-b)" xfrm state | grep -E "encap type espinudp sport ($2 dport 4500|4500 dport $2)" ;;
	esac
}

quiet() {
	type_lines a <<<$'interface tunnel0\nshutdown' && wait_for 30 not charon_up
}

ktap_begin
check "the routers and the NAT come up" network_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start

check "router A is behind the NAT" behind a
check "strongSwan is configured" configure_b a
check "router A is configured" configure_a a
check "the tunnel comes up" wait_for 60 tunnel_up
check "XFRM sends to the mapped port" in_udp b "300[0-9]{2}"
check "traffic both ways" traffic
check "awiked rekeys the Child SA" cli a rekey ipsec sa tunnel0
check "at rest" wait_for 30 tunnel_up
check "strongSwan rekeys the IKE SA" swanctl --rekey --ike peer
check "at rest" wait_for 30 tunnel_up
check "the NAT forgets, and maps anew" mapping a 32000
check "traffic resumes" wait_for 60 traffic
check "XFRM has followed" in_udp b "320[0-9]{2}"
check "awiked deletes the SA" quiet

check "router B is behind the NAT" behind b
check "strongSwan is configured" configure_b b
check "router A is configured" configure_a b
check "strongSwan initiates" charon_initiate
check "the tunnel comes up" wait_for 60 tunnel_up
check "awiked's kernel sends to the mapped port" in_udp a "300[0-9]{2}"
check "traffic both ways" traffic
check "awiked rekeys the Child SA" cli a rekey ipsec sa tunnel0
check "at rest" wait_for 30 tunnel_up
check "awiked rekeys the IKE SA" cli a rekey isakmp sa tunnel0
check "at rest" wait_for 30 tunnel_up
check "the NAT forgets, and maps anew" mapping b 32000
check "traffic from LAN b resumes" wait_for 60 ping_lan b 4
check "and from LAN a" wait_for 30 traffic
check "awiked's kernel has followed" in_udp a "320[0-9]{2}"
check "strongSwan rekeys the Child SA" swanctl --rekey --child net
check "at rest" wait_for 30 tunnel_up
check "traffic both ways" traffic
check "awiked ends with status 0" daemon_stop a
ktap_end
