#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 450
#
# strongSwan on router B, each pair of one ISAKMP and one IPsec transform of the
# default profiles, and ChaCha20-Poly1305, negotiated alone: either side initiates, both families of
# delivery, by pre-shared key and by RSA and ECDSA certificates, with traffic.
#
# AUTHS="rsa ecdsa": not by all of these. FULL=1: every ISAKMP transform with every IPsec transform, not each one once
# for every role, family and authentication.
. "$(dirname "$0")/lib.sh"

needs jq swanctl openssl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

# The manual's words, then strongSwan's.
readonly IKE=(
	"SHA256 AES256 14 aes256-sha256-modp2048"
	"SHA256 AES256 16 aes256-sha256-modp4096"
	"SHA1 AES256 14 aes256-sha1-modp2048"
	"SHA1 AES256 16 aes256-sha1-modp4096"
	"SHA256 AES128 14 aes128-sha256-modp2048"
	"SHA256 AES128 16 aes128-sha256-modp4096"
	"SHA1 AES128 14 aes128-sha1-modp2048"
	"SHA1 AES128 16 aes128-sha1-modp4096"
	"SHA256 CHACHA20POLY1305 14 chacha20poly1305-prfsha256-modp2048"
)
readonly ESP=(
	"SHA256 AES256 aes256-sha256"
	"GCM16 AES256 aes256gcm16"
	"GCM8 AES256 aes256gcm8"
	"SHA1 AES256 aes256-sha1"
	"SHA256 AES128 aes128-sha256"
	"GCM16 AES128 aes128gcm16"
	"GCM8 AES128 aes128gcm8"
	"SHA1 AES128 aes128-sha1"
	"POLY1305 CHACHA20 chacha20poly1305"
)

tunnel_up() { up a && charon_up; }

# profiles AUTH IKE ESP: one transform each.
profiles() {
	local auth=$1 i e word=pre-share
	read -ra i <<<"$2"
	read -ra e <<<"$3"
	[ "$auth" = psk ] || word=certificate
	type_lines a <<-END
	crypto isakmp profile matrix
	local authentication $word
	remote authentication $word
	$([ "$auth" = psk ] || echo "pki trustpoint $auth")
	transform 1 integrity ${i[0]} encryption ${i[1]} group ${i[2]}
	exit
	crypto ipsec profile matrix
	transform 1 protocol esp integrity ${e[0]} encryption ${e[1]}
	exit
	END
}

# endpoints FAMILY AUTH: tunnel0, down.
endpoints() {
	local -n wan=WAN$1
	type_lines a <<-END
	crypto isakmp key ouR4ecret address ${wan[b]}
	crypto isakmp peer address ${wan[b]} profile matrix
	interface tunnel0
	shutdown
	tunnel mode ipsec ipv$1
	tunnel source ${wan[a]}
	tunnel destination ${wan[b]}
	$([ "$2" = psk ] || printf 'tunnel local name %s\ntunnel remote name %s\n' "${NAMES[a]}" "${NAMES[b]}")
	tunnel protection ipsec profile matrix
	ip address 192.168.254.1/30
	ipv6 enable
	exit
	ip route 192.168.20.0/24 tunnel0
	ipv6 route 2001:db8:10:20::/64 tunnel0
	END
}

quiet() {
	type_lines a <<<$'interface tunnel0\nshutdown' && wait_for 30 not charon_up
}

open() {
	type_lines a <<<$'interface tunnel0\nno shutdown'
}

# come_up ROLE: who of the two sends the first message.
come_up() {
	case $1 in
	initiator) open && wait_for 180 tunnel_up ;;
	responder)
		requests_lost add && open && wait_for 30 connecting && charon_initiate &&
			requests_lost del && wait_for 180 tunnel_up
		;;
	esac && cli_json a '.sas[0].role' show isakmp sa | grep -qx "$1"
}

# negotiated IKE ESP: both ends name the pair that was asked for.
negotiated() {
	local i e
	read -ra i <<<"$1"
	read -ra e <<<"$2"
	cli_json a ".sas[0].encryption == \"${i[1]}\" and .sas[0].integrity == \"${i[0]}\" and .sas[0].group == ${i[2]}" \
		show isakmp sa &&
		cli_json a ".sas[0].encryption == \"${e[1]}\" and .sas[0].integrity == \"${e[0]}\"" show ipsec sa
}

traffic() {
	ping_lan a 4 && ping_lan b 6
}

# pair ROLE FAMILY AUTH IKE ESP
pair() {
	local ike=${4##* } esp=${5##* }
	quiet && profiles "$3" "$4" "$5" &&
		charon_configure "$2" "$esp" ouR4ecret "$3" "$ike" &&
		come_up "$1" && negotiated "$4" "$5" && traffic
}

# rotate NUMBER: every ISAKMP transform once, with another IPsec transform in every call.
rotate() {
	local i
	for i in "${!IKE[@]}"; do
		if [ -n "${FULL-}" ]; then
			printf "$i %s\n" "${!ESP[@]}"
		else
			echo "$i $(((i + $1) % ${#ESP[@]}))"
		fi
	done
}

ktap_begin
check "the routers come up" routers_up
check "certificates are made" certificates_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
for kind in rsa ecdsa; do
	check "router A is enrolled: $kind" enrolled a $kind common $kind
done
turn=0
for auth in ${AUTHS:-psk rsa ecdsa}; do
	for v in 4 6; do
		type_lines a <<<"no interface tunnel0" >/dev/null 2>&1
		check "IPv$v, $auth: router A is configured" profiles "$auth" "${IKE[0]}" "${ESP[0]}"
		check "IPv$v, $auth: so is its tunnel" endpoints "$v" "$auth"
		for role in initiator responder; do
			while read -r i e; do
				check "IPv$v, $auth, $role: ${IKE[$i]##* } ${ESP[$e]##* }" \
					pair "$role" "$v" "$auth" "${IKE[$i]}" "${ESP[$e]}"
			done < <(rotate $turn)
			turn=$((turn + 1))
		done
	done
done
check "awiked ends with status 0" daemon_stop a
ktap_end
