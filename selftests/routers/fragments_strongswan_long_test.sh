#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 60
#
# strongSwan on router B, certificates of an intermediate CA with RSA keys of 4096
# bits, and a path of 1280 octets that carries no IP fragment: IKE_AUTH comes in
# IKE fragments (RFC 7383), both ways, whoever initiates.
. "$(dirname "$0")/lib.sh"

needs jq openssl swanctl tcpdump tshark
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

narrow_path() {
	ip -n "$(ns router-a)" link set wan mtu 1280 && ip -n "$(ns router-b)" link set wan mtu 1280
}

# Of the root, an intermediate CA; of that, a certificate for each side, all RSA of
# 4096 bits.
chain() {
	local side
	ca root /C=JP/O=EXAMPLE/CN=SampleRootCA || return
	mkdir -p "$work/ca/middle"
	openssl req -new -newkey rsa:4096 -nodes -subj /C=JP/O=EXAMPLE/CN=SampleMiddleCA \
		-keyout "$work/ca/middle/key.pem" -out "$work/ca/middle/csr" &&
		openssl x509 -req -in "$work/ca/middle/csr" -CA "$work/ca/root/ca.pem" -CAkey "$work/ca/root/key.pem" \
			-set_serial 2 -days 7 -out "$work/ca/middle/ca.pem" \
			-extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign) ||
		return
	for side in a b; do
		KEY_BITS=4096 certificate middle rsa "${NAMES[$side]}" "$work/$side.pem" || return
	done
}

chain_of_a() {
	local own=$work/a/pki/trustpoints/vpn_trust/own.pem
	trustpoint a vpn_trust root "$work/a.pem" && cat "$work/ca/middle/ca.pem" >>"$own"
}

chain_of_b() {
	mkdir -p "$work"/{x509,x509ca,private} && cp "$work/ca/root/ca.pem" "$work/x509ca/root.pem" &&
		cp "$work/ca/middle/ca.pem" "$work/x509ca/middle.pem" && cp "$work/b.pem" "$work/x509/rsa.pem" &&
		cp "$work/b.pem.key" "$work/private/rsa.pem"
}

configure_a() {
	type_lines a <<-END
	crypto pki trustpoint vpn_trust
	crypto isakmp profile cert_vpn
	local authentication certificate
	remote authentication certificate
	pki trustpoint vpn_trust
	transform 1 integrity sha256 encryption aes256 group 14
	exit
	crypto isakmp peer hostname ${NAMES[b]} profile cert_vpn
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source ${WAN4[a]}
	tunnel destination ${WAN4[b]}
	tunnel local name ${NAMES[a]}
	tunnel remote name ${NAMES[b]}
	tunnel protection ipsec
	ip address 192.168.254.1/30
	exit
	ip route ${LAN4[b]}.0/24 tunnel0
	END
}

tunnel_up() { up a && charon_up; }

role() { cli_json a ".sas[0].role == \"$1\"" show isakmp sa; }

# seen FILTER: packets of the capture.
seen() { tshark -r "$work/underlay.pcap" -Y "$1" 2>/dev/null; }

# Payload 53 is an encrypted fragment. IKE_AUTH is exchange 35.
fragments_from() { # SIDE
	[ "$(seen "ip.src == ${WAN4[$1]} && isakmp.exchangetype == 35 && isakmp.nextpayload == 53" | wc -l)" -ge 2 ]
}

no_ip_fragment() {
	[ -z "$(seen "ip.flags.mf == 1 || ip.frag_offset > 0 || frame.len > 1294")" ]
}

quiet() {
	type_lines a <<<$'interface tunnel0\nshutdown' && wait_for 30 not charon_up
}

charon_first() {
	requests_lost add && type_lines a <<<$'interface tunnel0\nno shutdown' &&
		wait_for 20 connecting && charon_initiate && requests_lost del
}

ktap_begin
check "the routers come up" routers_up
check "the path carries 1280 octets" narrow_path
check "certificates of an intermediate CA are made" chain
check "awiked starts on A" daemon_start a
check "router A has its chain" chain_of_a
check "strongSwan starts on B" charon_start
check "router B has its own" chain_of_b
check "strongSwan is configured" charon_configure 4 "" "" rsa
for role in initiator responder; do
	check "a capture begins" capture_start "$work/underlay.pcap"
	if [ $role = initiator ]; then
		check "router A is configured" configure_a
	else
		check "awiked deletes the SA" quiet
		check "strongSwan initiates" charon_first
	fi
	check "the tunnel comes up" wait_for 90 tunnel_up
	check "awiked is the $role" role $role
	check "ping through it" wait_for 20 ping_lan a 4
	check "TCP through it, every octet right" tcp_lan b 4 100000
	capture_stop
	check "IKE_AUTH came in fragments from A" fragments_from a
	check "and from B" fragments_from b
	check "and no IP fragment" no_ip_fragment
done
check "awiked ends with status 0" daemon_stop a
ktap_end
