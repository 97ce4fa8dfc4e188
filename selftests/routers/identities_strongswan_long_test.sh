#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 60
#
# strongSwan on router B calls itself by an identity of each type, and router A
# too, each written otherwise than the other end writes it where that may be:
# either side initiates.
. "$(dirname "$0")/lib.sh"

needs jq swanctl openssl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

tunnel_up() { up a && charon_up; }

quiet() {
	type_lines a <<<$'interface tunnel0\nshutdown' && wait_for 30 not charon_up
}

open() {
	type_lines a <<<$'interface tunnel0\nno shutdown'
}

# first awiked|strongswan: who sends the first message.
first() {
	quiet || return
	if [ "$1" = awiked ]; then
		open
	else
		requests_lost add && open && wait_for 30 connecting && charon_initiate && requests_lost del
	fi && wait_for 120 tunnel_up
}

# charon_identity A B psk|ecdsa: as strongSwan is told them.
charon_identity() {
	CHARON_ID=([a]=$1 [b]=$2)
	charon_configure 4 aes256gcm16 ouR4ecret "$3" aes256-sha256-modp2048
}

# names LOCAL REMOTE: as router A is told them.
names() {
	type_lines a <<-END
	interface tunnel0
	shutdown
	tunnel local name $1
	tunnel remote name $2
	END
}

# shown TYPE: of both ends.
shown() {
	cli_json a ".peers[0] | .local_id_type == \"$1\" and .remote_id_type == \"$1\"" show isakmp peer
}

# identities TYPE LOCAL REMOTE CHARON-A CHARON-B [ecdsa]
identities() {
	check "$1: router A is configured" names "$2" "$3"
	check "$1: so is strongSwan" charon_identity "$4" "$5" "${6:-psk}"
	check "$1: awiked initiates, the tunnel comes up" first awiked
	check "$1: show has the type" shown "$1"
	check "$1: strongSwan initiates, the tunnel comes up" first strongswan
	check "$1: traffic" ping_lan a 4
}

by_certificate() {
	type_lines a <<-END
	crypto isakmp profile cert
	local authentication certificate
	remote authentication certificate
	pki trustpoint ecdsa
	transform 1 integrity SHA256 encryption AES256 group 14
	exit
	interface tunnel0
	shutdown
	tunnel local name ${NAMES[a]}
	exit
	crypto isakmp peer policy tunnel0 profile cert
	END
}

ktap_begin
check "the routers come up" routers_up
check "certificates are made" certificates_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
check "router A takes the manual's lines" seed_ipv4 a
identities ipv4 172.31.0.4 172.31.0.5 172.31.0.4 172.31.0.5
identities ipv6 2001:DB8::4 2001:db8:0::5 2001:db8::4 2001:db8::5
identities fqdn Site-A.example.com site-b.example.com Site-A.example.com Site-B.Example.com
identities email Site-A@Example.com site-b@example.COM Site-A@Example.com site-b@Example.com
identities key-id "key-id site a" "key-id 0x00ff17" "@#736974652061" "@#00ff17"
identities dn "/C=JP/O=Example Corp/CN=Router A" "c=JP, o=EXAMPLE  corp, cn=router b" \
	"C=JP, O=Example Corp, CN=Router A" "C=JP, O=Example Corp, CN=Router B"
check "router A is enrolled" enrolled a ecdsa common ecdsa
check "router A authenticates by certificate" by_certificate
identities dn "/CN=${NAMES[a]}" "cn=${NAMES[b]^^}" "CN=${NAMES[a]}" "CN=${NAMES[b]}" ecdsa
identities fqdn "${NAMES[a]}" "${NAMES[b]^^}" "${NAMES[a]}" "${NAMES[b]}" ecdsa
check "awiked ends with status 0" daemon_stop a
ktap_end
