#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 90
#
# A tunnel by certificate, and certificates that must not do: each is refused, and
# both ends say so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificate_chapter.sh"

needs jq openssl

private_keys_are_private() { # SIDE
	local file
	while read -r file; do
		[ "$(stat -c %a "$file")" = 600 ] || return
	done < <(grep -rl "PRIVATE KEY" "$work/$1/pki")
}

shown() { # SIDE
	cli_json "$1" '[.certificates[] | "\(.kind) \(.subject)"] | join(", ")' show crypto pki certificates |
		grep -qx "CA /C=JP/O=EXAMPLE/CN=SampleRootCA, own /CN=${NAMES[$1]}" &&
		cli "$1" show crypto pki certificates pem | openssl x509 -noout -subject
}

### What must not do

# not_imported SIDE FILE REASON: and the certificate that is there stays.
not_imported() {
	not dialogue "$1" import vpn_trust pem terminal <"$2" >"$work/$1.import" 2>&1 &&
		grep -q "$3" "$work/$1.import" && cli "$1" show crypto pki certificates pem >"$work/now" &&
		cmp "$work/before" "$work/now"
}

# put_in_place SIDE FILE: as if it had been good once; awiked refuses to import it.
put_in_place() {
	local own=$work/$1/pki/trustpoints/vpn_trust/own.pem job="daemon_$1"
	{
		cat "$work/$1/pki/keys/server-default.pem" "$2"
	} >"$own.new" && chmod 600 "$own.new" && mv "$own.new" "$own" && kill -HUP "${!job}"
}

renegotiated() {
	cli a clear isakmp sa tunnel0
}

says() { # SIDE REASON
	cli_json "$1" ".peers[0].last_failure.reason | test(\"$2\")" show isakmp peer
}

# refused REASON: of router B's certificate by router A.
refused() {
	renegotiated && wait_for 60 says a "$1" && wait_for 60 says b "authentication failed" && not up a
}

revoked() {
	echo 01 >"$CA/number" && : >"$CA/index" &&
		cat >"$CA/conf" <<-END
		[ca]
		default_ca = root
		[root]
		database = $CA/index
		crlnumber = $CA/number
		default_md = sha256
		default_crl_days = 7
		private_key = $CA/key.pem
		certificate = $CA/ca.pem
		END
	openssl ca -config "$CA/conf" -revoke "$1" && openssl ca -config "$CA/conf" -gencrl -out "$CA/crl.pem" &&
		dialogue a import vpn_trust crl terminal <"$CA/crl.pem"
}

ktap_begin
check "the routers come up" routers_up
check "a CA is made by openssl" ca root /C=JP/O=EXAMPLE/CN=SampleRootCA
check "and a stranger" ca strange /O=EXAMPLE/CN=StrangeCA
for side in a b; do
	check "awiked starts on ${side^^}" daemon_start $side
	check "the trustpoint is made on ${side^^}" trustpoint_made $side
	check "its CA is accepted, as printed in the manual" authenticated $side
	check "the fingerprint is openssl's" fingerprint_is_right $side
	check "enroll prints a request that openssl takes" request $side
	check "the CA signs it" sign $side "$work/$side.pem"
	check "the certificate is imported" imported $side "$work/$side.pem"
	check "what is stored is shown" shown $side
	check "private keys are for root alone" private_keys_are_private $side
done
check "the tunnel is configured on A" vpn_configured a
check "and on B" vpn_configured b
check "the tunnel comes up" wait_for 90 both_up
check "ping from LAN a to LAN b" ping_lan a 4
check "TCP from LAN b to LAN a, every octet right" tcp_lan b 4 100000

cli b show crypto pki certificates pem >"$work/before"
check "openssl signs one that has expired" sign b "$work/expired.pem" -days -1
check "it is not imported" not_imported b "$work/expired.pem" "certificate expired"
ALIAS=other.example.com
check "and one for another name" sign b "$work/other.pem"
unset ALIAS
SIGNER=$work/ca/strange
check "and one of another CA" sign b "$work/strange.pem"
unset SIGNER
check "it is not imported" not_imported b "$work/strange.pem" "certificate of an unknown CA"
check "nor is what is none" not_imported b "$work/b.csr" .
check "nor the CA's key for another trustpoint's" not_imported b "$work/a.pem" "does not match the enrolled key"
check "the tunnel is still up" both_up

check "router B uses the expired one nevertheless" put_in_place b "$work/expired.pem"
check "router A refuses it, and both say so" refused "certificate expired"
check "router B uses that of another CA" put_in_place b "$work/strange.pem"
check "router A refuses it, and both say so" refused "unknown CA"
check "router B uses that for another name" put_in_place b "$work/other.pem"
check "router A refuses it, and both say so" refused "name mismatch"
check "router B uses the right one" put_in_place b "$work/b.pem"
check "the tunnel comes up again" wait_for 90 both_up
check "the CA revokes it, and router A takes the list" revoked "$work/b.pem"
check "router A refuses it, and both say so" refused "certificate revoked"

check "router B wants an ECDSA key pair" type_lines b <<<$'crypto pki trustpoint vpn_trust\neckeypair curve 256'
ecdsa_request() {
	dialogue b enroll vpn_trust | sed -n '/BEGIN CERTIFICATE REQUEST/,/END CERTIFICATE REQUEST/p' >"$work/b.csr"
}
check "it is enrolled" ecdsa_request
check "the CA signs it" sign b "$work/ecdsa.pem"
check "the certificate is imported" imported b "$work/ecdsa.pem"
check "the tunnel comes up by RSA at one end and ECDSA at the other" wait_for 90 both_up
check "ping from LAN b to LAN a" ping_lan b 4

gone() {
	type_lines a <<-END
	no interface tunnel0
	no crypto isakmp peer hostname ${NAMES[b]}
	no crypto isakmp profile cert_vpn
	no crypto pki trustpoint vpn_trust
	END
	not test -e "$work/a/pki/trustpoints/vpn_trust"
}
check "without its trustpoint router A forgets its certificate" gone
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
ktap_end
