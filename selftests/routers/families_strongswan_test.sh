#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 120
#
# strongSwan on router B, with the kernel's XFRM beneath it: either side
# initiates, both families of delivery, both families inside.
. "$(dirname "$0")/lib.sh"

needs jq swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

tunnel_up() { up a && charon_up; }

traffic() {
	ping_lan a 4 && ping_lan b 4 && ping_lan a 6 && ping_lan b 6 &&
		tcp_lan a 4 100000 && tcp_lan b 6 100000
}

role() {
	cli_json a '.sas[0].role' show isakmp sa | grep -qx "$1"
}

# delivery 4|6
delivery() {
	local v=$1
	check "IPv$v: router A is configured" "seed_ipv$v" a
	check "IPv$v: and routes both families" route_both_families a
	check "IPv$v: awiked initiates, the tunnel comes up" wait_for 60 tunnel_up
	check "IPv$v: awiked is the initiator" role initiator
	check "IPv$v: traffic of both families, both ways" traffic
	check "IPv$v: strongSwan deletes the SA" charon_quiet
	check "IPv$v: strongSwan initiates" charon_first
	check "IPv$v: the tunnel comes up" wait_for 60 tunnel_up
	check "IPv$v: awiked is the responder" role responder
	check "IPv$v: traffic of both families, both ways" traffic
	check "IPv$v: strongSwan rekeys the Child SA" swanctl --rekey --child net
	check "IPv$v: traffic afterwards" wait_for 30 ping_lan a 4
	check "IPv$v: strongSwan rekeys the IKE SA" swanctl --rekey --ike peer
	check "IPv$v: traffic afterwards" wait_for 30 ping_lan a 6
	check "IPv$v: awiked rekeys the Child SA" cli a rekey ipsec sa tunnel0
	check "IPv$v: traffic afterwards" wait_for 30 ping_lan b 4
	check "IPv$v: awiked rekeys the IKE SA" cli a rekey isakmp sa tunnel0
	check "IPv$v: one SA of each kind at rest" wait_for 30 tunnel_up
	check "IPv$v: traffic afterwards" traffic
	check "IPv$v: the interface is removed" type_lines a <<<"no interface tunnel0"
	check "IPv$v: strongSwan has heard of it" wait_for 20 not charon_up
}

# Both SAs on ChaCha20-Poly1305.
chacha() {
	type_lines a <<-END
	crypto isakmp profile chacha
	transform 1 integrity sha256 encryption chacha20poly1305 group 31
	exit
	crypto ipsec profile chacha
	transform 1 protocol esp integrity poly1305 encryption chacha20
	exit
	crypto isakmp peer address ${WAN4[b]} profile chacha
	interface tunnel0
	tunnel protection ipsec profile chacha
	END
}

on_chacha() {
	cli_json a '.sas[0].encryption == "CHACHA20POLY1305" and .sas[0].group == 31' show isakmp sa &&
		cli_json a '.sas[0].encryption == "CHACHA20" and .sas[0].integrity == "POLY1305"' show ipsec sa
}

charon_quiet() {
	type_lines a <<<$'interface tunnel0\nshutdown' && wait_for 30 not charon_up
}

# strongSwan's request makes the SA.
charon_first() {
	requests_lost add &&
		type_lines a <<<$'interface tunnel0\nno shutdown' &&
		wait_for 20 connecting && charon_initiate && requests_lost del
}

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
for v in 4 6; do
	check "IPv$v: strongSwan is configured" charon_configure "$v"
	delivery "$v"
done
check "ChaCha20-Poly1305: strongSwan proposes it alone" \
	charon_configure 4 chacha20poly1305 ouR4ecret psk chacha20poly1305-prfsha256-x25519
check "ChaCha20-Poly1305: router A is configured" seed_ipv4 a
check "ChaCha20-Poly1305: and accepts it alone" chacha
check "ChaCha20-Poly1305: and routes both families" route_both_families a
check "ChaCha20-Poly1305: the tunnel comes up" wait_for 60 tunnel_up
check "ChaCha20-Poly1305: both SAs are on it" on_chacha
check "ChaCha20-Poly1305: traffic of both families, both ways" traffic
check "awiked ends with status 0" daemon_stop a
ktap_end
