#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 600
#
# Mistakes that operators make: for each, both ends say what failed, who
# refused and what to look at, and no tunnel is there that should not be.
#
# SCREENS=DIR: keep what `show isakmp peer` prints at both ends.
. "$(dirname "$0")/lib.sh"

needs jq openssl nft python3 swanctl

### A pair of routers that are right but for what a test changes

# both_start: with nothing configured.
both_start() {
	rm -rf "$work/a/startup-config" "$work/b/startup-config" "$work/a/pki" "$work/b/pki"
	daemon_start a && daemon_start b
}

both_stop() { daemon_stop a && daemon_stop b; }

# tunnel SIDE LINE...: the manual's first example, and these lines in its
# interface before it is let up.
tunnel() {
	local side=$1
	shift
	type_lines "$side" <<<$'interface tunnel0\nshutdown' && seed_ipv4 "$side" &&
		printf '%s\n' "interface tunnel0" "$@" "no shutdown" | type_lines "$side"
}

# by_certificate SIDE CA CERTIFICATE
by_certificate() {
	local side=$1 other=${OTHER[$1]}
	trustpoint "$side" trust "$2" "$3" && type_lines "$side" <<-END
	crypto pki trustpoint trust
	crypto isakmp profile certificates
	local authentication certificate
	remote authentication certificate
	pki trustpoint trust
	transform 1 integrity SHA256 encryption AES256 group 14
	exit
	crypto isakmp peer address ${WAN4[$other]} profile certificates
	END
	tunnel "$side" "tunnel local name ${NAMES[$side]}" "tunnel remote name ${NAMES[$other]}"
}

certificates() {
	ca common /O=EXAMPLE/CN=CommonCA && ca strange /O=EXAMPLE/CN=StrangeCA &&
		certificate common rsa "${NAMES[a]}" "$work/a.pem" &&
		certificate common rsa "${NAMES[b]}" "$work/b.pem" &&
		certificate common rsa "${NAMES[b]}" "$work/expired.pem" -days -1 &&
		certificate common rsa other.example.com "$work/other.pem" &&
		certificate strange rsa "${NAMES[b]}" "$work/strange.pem"
}

### The mistakes

wrong_key() {
	tunnel a && tunnel b && type_lines b <<<"crypto isakmp key thisIsWrong address ${WAN4[a]}"
}

# isakmp_group SIDE GROUP
isakmp_group() {
	type_lines "$1" <<-END
	crypto isakmp profile own
	transform 1 integrity SHA256 encryption AES256 group $2
	exit
	crypto isakmp peer address ${WAN4[${OTHER[$1]}]} profile own
	END
	tunnel "$1"
}

no_common_transform() { isakmp_group a 14 && isakmp_group b 16; }

wrong_identity() {
	tunnel a "tunnel local name stranger.example.com" "tunnel remote name ${NAMES[b]}" &&
		tunnel b "tunnel local name ${NAMES[b]}" "tunnel remote name ${NAMES[a]}"
}

certificate_of_b() {
	by_certificate a common "$work/a.pem" && by_certificate b common "$work/$1.pem"
}

expired_certificate() { certificate_of_b expired; }
name_mismatch() { certificate_of_b other; }

untrusted_ca() {
	by_certificate a common "$work/a.pem" && by_certificate b strange "$work/strange.pem"
}

# pfs SIDE [LINE]
pfs() {
	type_lines "$1" <<-END
	crypto ipsec profile own
	transform 1 protocol esp integrity SHA256 encryption AES256
	${2-}
	END
	tunnel "$1" "tunnel protection ipsec profile own"
}

pfs_mismatch() {
	pfs a && pfs b "pfs 14" && wait_for 60 both_up && cli a rekey ipsec sa tunnel0
}

selector_mismatch() {
	tunnel a "tunnel local selector 192.168.10.0/24" "tunnel remote selector 192.168.1.0/24" &&
		tunnel b "tunnel local selector 192.168.20.0/24" "tunnel remote selector 192.168.10.0/24"
}

# Router A masks its own ports and lets nothing in that it has not asked for, as
# a NAT before it would, and nothing on port 4500 reaches router B.
blocked_port_4500() {
	in_ns router-a nft -f - <<-END || return
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oifname wan meta l4proto udp masquerade to :30000-30009
		}
		chain input {
			type filter hook input priority filter
			iifname wan ct state new drop
		}
	}
	END
	in_ns router-b nft -f - <<-END || return
	table ip filter {
		chain input {
			type filter hook input priority filter
			udp dport 4500 drop
		}
	}
	END
	tunnel a "tunnel local name ${NAMES[a]}" "tunnel remote name ${NAMES[b]}" &&
		tunnel b "tunnel local name ${NAMES[b]}" "tunnel remote name ${NAMES[a]}"
}

open_port_4500() {
	in_ns router-a nft delete table ip nat && in_ns router-b nft delete table ip filter
}

no_route() { in_ns router-a ip route del "${WAN4[b]}" && tunnel a && tunnel b; }

route_back() { in_ns router-a ip route add "${WAN4[b]}" dev wan; }

own_firewall() {
	in_ns router-a nft -f - <<-END && tunnel a && tunnel b
	table ip filter {
		chain output {
			type filter hook output priority filter
			udp dport 500 drop
		}
	}
	END
}

open_firewall() { in_ns router-a nft delete table ip filter; }

only_3des() {
	charon_configure 4 "" ouR4ecret psk 3des-sha1-modp1024 && tunnel a
}

# strongswan_with EXPRESSION: as router A's peer, its connection edited by sed.
strongswan_with() {
	charon_configure 4 && sed -i "$1" "$work/swanctl.conf" &&
		swanctl --load-all --file "$work/swanctl.conf" && tunnel a
}

ikev1_peer() { strongswan_with 's/version = 2/version = 1/'; }

# Of the two ends the first one is strongSwan's own.
eap_peer() { strongswan_with '0,/auth = psk/s//auth = eap/'; }

# Whatever comes to router B, it is answered AUTHENTICATION_FAILED.
refusing_peer() {
	spawn router-b python3 -c 'if True:
		import socket
		udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		udp.bind(("0.0.0.0", 500))
		while True:
			request, sender = udp.recvfrom(65535)
			header = request[:8] + bytes(8) + bytes([41, 0x20, 34, 0x20]) + bytes(4)
			udp.sendto(header + bytes([0, 0, 0, 36]) + bytes([0, 0, 0, 8, 0, 0, 0, 24]), sender)'
	refuser=$spawned
	tunnel a
}

no_address() {
	tunnel a && tunnel b && wait_for 60 both_up && ip -n "$(ns router-a)" addr del "${WAN4[a]}/32" dev wan
}

address_back() {
	ip -n "$(ns router-a)" addr add "${WAN4[a]}/32" dev wan && ip -n "$(ns router-a)" route replace "${WAN4[b]}" dev wan
}

interface_back() {
	ip -n "$(ns router-a)" link set wan up && ip -n "$(ns router-a)" route replace "${WAN4[b]}" dev wan
}

### What is said about them

# says SIDE WHO REASON HINT: so is the last failure, as patterns; who, what and why are there.
says() {
	cli_json "$1" ".peers[0].last_failure
		| (.exchange | length > 0) and (.refused_by | test(\"$2\")) and (.reason | test(\"$3\")) and (.hint | test(\"$4\"))" \
		show isakmp peer
}

# waits SIDE EXCHANGE HINT: for the answer to a request that was sent more than once.
waits() {
	cli_json "$1" ".peers[0].unanswered | .exchange == \"$2\" and .sent > 1 and (.hint | test(\"$3\"))" show isakmp peer
}

# cannot_send SIDE WHY: the request that waits for its answer has not even left.
cannot_send() {
	cli_json "$1" ".peers[0].unanswered | .exchange == \"IKE_SA_INIT\" and (.not_sent | test(\"$2\")) and (.hint | test(\"this router\"))" show isakmp peer &&
		cli_json "$1" ".counters.datagrams_not_sent > 0" show isakmp counters
}

# keep_screen NAME SIDE
keep_screen() {
	[ -z "${SCREENS-}" ] || cli "$2" show isakmp peer >"$SCREENS/$1-$2.txt"
}

# said NAME SIDE WHO REASON HINT
said() {
	check "${1//_/ }: router ${2^^} says so" wait_for 60 says "${@:2}"
	cli "$2" show isakmp peer | sed 's/^/# /'
	keep_screen "$1" "$2"
}

# begin NAME
begin() {
	check "${1//_/ }: the routers start" both_start
	check "${1//_/ }: they are configured" "$1"
}

# end NAME
end() {
	check "${1//_/ }: no tunnel on router A" not up a
	check "${1//_/ }: none on router B" not up b
	check "${1//_/ }: the routers end with status 0" both_stop
}

ktap_begin
check "the routers come up" routers_up
check "certificates are made" certificates

begin wrong_key
said wrong_key a "local|peer" "authentication failed" "pre-shared keys"
said wrong_key b "local|peer" "authentication failed" "pre-shared keys"
end wrong_key

begin no_common_transform
said no_common_transform a local "no proposal chosen" "peer offers group 16; ours 14"
said no_common_transform b local "no proposal chosen" "peer offers group 14; ours 16"
end no_common_transform

begin wrong_identity
said wrong_identity a peer "authentication failed" "know this router as stranger"
said wrong_identity b local "authentication failed" "tunnel remote name"
end wrong_identity

begin expired_certificate
said expired_certificate a local "expired" "clocks"
said expired_certificate b "local|peer" "expired|authentication failed" .
end expired_certificate

begin untrusted_ca
said untrusted_ca a "local" "CA" "the same CA"
said untrusted_ca b "local" "CA" "the same CA"
end untrusted_ca

begin name_mismatch
said name_mismatch a local "name mismatch" "tunnel remote name"
said name_mismatch b "local|peer" "name mismatch|authentication failed" .
end name_mismatch

begin pfs_mismatch
check "pfs mismatch: router A rekeys by the group of the IKE SA" wait_for 30 cli_json a \
	'.sas | any(.state == "Installed" and .pfs_group == 14)' show ipsec sa
said pfs_mismatch b local "no proposal chosen" "PFS group none; ours 14"
check "pfs mismatch: the routers end with status 0" both_stop

begin selector_mismatch
said selector_mismatch a "local|peer" "traffic selectors unacceptable" "selectors"
said selector_mismatch b "local|peer" "traffic selectors unacceptable" "selectors"
end selector_mismatch

begin blocked_port_4500
check "blocked port 4500: router A waits for an answer, and says so" wait_for 60 waits a IKE_AUTH "UDP port 4500"
said blocked_port_4500 b "^$" "no request" "UDP port 4500"
keep_screen blocked_port_4500 a
end blocked_port_4500
check "the port is opened again" open_port_4500

begin no_route
check "no route: router A says that it has none" wait_for 60 cannot_send a "Network is unreachable"
check "no route: router B waits for an answer, and says so" wait_for 60 waits b IKE_SA_INIT "reachable from"
keep_screen no_route a && keep_screen no_route b
end no_route
check "the route is there again" route_back

begin own_firewall
check "own firewall: router A says that it may not send" wait_for 60 cannot_send a "Operation not permitted"
keep_screen own_firewall a
end own_firewall
check "the firewall is opened again" open_firewall

begin no_address
check "no address: the SAs of router A are without one at once" cli_json a \
	'.sas | length > 0 and all(.state == "No address")' show isakmp sa
check "no address: so is the Child SA" cli_json a '.sas | all(.state == "No address")' show ipsec sa
keep_screen no_address a
check "the address is there again" address_back
check "no address: with it the SAs are up" cli_json a '.sas | any(.state == "Established")' show isakmp sa
check "no address: the interface goes down" ip -n "$(ns router-a)" link set wan down
check "no address: the SAs are without a route" cli_json a \
	'.sas | length > 0 and all(.state == "No route")' show isakmp sa
check "no address: the interface is up again" interface_back
check "no address: and the SAs with it" cli_json a '.sas | any(.state == "Established")' show isakmp sa
check "no address: the routers end with status 0" both_stop

check "refusing peer: awiked starts on A" daemon_start a
check "refusing peer: it is configured" refusing_peer
said refusing_peer a peer "refused in the clear" "AUTHENTICATION_FAILED without protection.*know this router as"
check "refusing peer: no tunnel" not up a
check "refusing peer: it ends" kill "$refuser"
check "refusing peer: awiked ends with status 0" daemon_stop a

check "only 3des: awiked starts on A" daemon_start a
check "only 3des: strongSwan starts on B" charon_start
check "only 3des: they are configured" only_3des
check "only 3des: strongSwan is refused" not charon_initiate
said only_3des a local "no proposal chosen" 3DES
check "only 3des: no tunnel" not up a
check "only 3des: awiked ends with status 0" daemon_stop a

check "ikev1 peer: awiked starts on A" daemon_start a
check "ikev1 peer: they are configured" ikev1_peer
check "ikev1 peer: strongSwan gets no answer" not swanctl --initiate --child net --timeout 3
said ikev1_peer a "^$|peer" "speaks IKEv1" "set IKEv2"
check "ikev1 peer: awiked ends with status 0" daemon_stop a

check "eap peer: awiked starts on A" daemon_start a
check "eap peer: they are configured" eap_peer
check "eap peer: strongSwan is refused" not charon_initiate
said eap_peer a local "wants EAP" "EAP is not supported"
check "eap peer: no tunnel" not up a
check "eap peer: awiked ends with status 0" daemon_stop a
ktap_end
