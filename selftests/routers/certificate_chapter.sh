#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests, to be sourced behind lib.sh: the steps of the manual's chapter on
# certificates. A CA made by openssl signs what `crypto pki enroll` prints.

readonly CA=$work/ca/root

dialogue() { # SIDE WORD...: what is pasted is the standard input
	local side=$1
	shift
	cli "$side" --yes crypto pki "$@"
}

# request SIDE: the request that `enroll` prints, between its two lines of dashes.
request() {
	dialogue "$1" enroll vpn_trust | tee "$work/$1.enroll" |
		sed -n '/BEGIN CERTIFICATE REQUEST/,/END CERTIFICATE REQUEST/p' >"$work/$1.csr" &&
		grep -qx 'Using private key "server-default"...' "$work/$1.enroll" &&
		openssl req -verify -noout -in "$work/$1.csr"
}

# sign SIDE FILE [OPTION...]: with a name other than the request's when ALIAS says so.
sign() {
	local csr=$work/$1.csr file=$2 name=${ALIAS:-${NAMES[$1]}}
	shift 2
	openssl x509 -req -in "$csr" -CA "${SIGNER:-$CA}/ca.pem" -CAkey "${SIGNER:-$CA}/key.pem" \
		-set_serial "0x$(openssl rand -hex 8)" -days 7 -extfile <(echo "subjectAltName=DNS:$name") \
		-out "$file" "$@"
}

trustpoint_made() { # SIDE [LINE]
	type_lines "$1" <<-END
	awplus(config)# crypto pki trustpoint vpn_trust
	awplus(ca-trustpoint)# enrollment terminal
	awplus(ca-trustpoint)# subject-name /CN=${NAMES[$1]}
	awplus(ca-trustpoint)# subject-alt-name ${NAMES[$1]}
	awplus(ca-trustpoint)# ${2-!}
	awplus(ca-trustpoint)# end
	END
}

# As printed, the answer typed.
authenticated() { # SIDE
	{
		echo "crypto pki authenticate vpn_trust"
		cat "$CA/ca.pem"
		echo y
	} | cli "$1" -f - >"$work/$1.dialogue" &&
		sed -E 's/^(Valid .*|Fingerprint) : .*/\1 :/' "$work/$1.dialogue" >"$work/$1.shape" &&
		diff - "$work/$1.shape" <<-'END'
		Paste the certificate PEM file into the terminal.
		Type "abort" to cancel.
		Complete ("END CERTIFICATE" detected).
		Subject     : /C=JP/O=EXAMPLE/CN=SampleRootCA
		Issuer      : /C=JP/O=EXAMPLE/CN=SampleRootCA
		Valid From  :
		Valid To    :
		Fingerprint :
		This is a self-signed CA certificate.
		The certificate has been validated successfully.
		Successfully authenticated trustpoint "vpn_trust".
		END
}

fingerprint_is_right() { # SIDE
	local printed
	printed=$(sed -n 's/^Fingerprint : //p' "$work/$1.dialogue" | tr -d ' ')
	openssl x509 -in "$CA/ca.pem" -noout -fingerprint -sha1 | tr -d : | grep -qi "=$printed$"
}

imported() { # SIDE FILE
	dialogue "$1" import vpn_trust pem terminal <"$2" | tee "$work/$1.import" &&
		grep -q "^The certificate was successfully imported.$" "$work/$1.import" &&
		grep -q "^This is not a valid CA certificate. Attempting to import as a server certificate.$" \
			"$work/$1.import"
}

vpn_configured() { # SIDE
	local o=${OTHER[$1]}
	type_lines "$1" <<-END
	awplus(config)# crypto isakmp profile cert_vpn
	awplus(config-isakmp-profile)# local authentication certificate
	awplus(config-isakmp-profile)# remote authentication certificate
	awplus(config-isakmp-profile)# pki trustpoint vpn_trust
	awplus(config-isakmp-profile)# transform 1 integrity SHA256 encryption AES256 group 14
	awplus(config-isakmp-profile)# exit
	awplus(config)# crypto isakmp peer hostname ${NAMES[$o]} profile cert_vpn
	awplus(config)# interface tunnel0
	awplus(config-if)# tunnel mode ipsec ipv4
	awplus(config-if)# tunnel source ${WAN4[$1]}
	awplus(config-if)# tunnel destination ${WAN4[$o]}
	awplus(config-if)# tunnel local name ${NAMES[$1]}
	awplus(config-if)# tunnel remote name ${NAMES[$o]}
	awplus(config-if)# tunnel protection ipsec
	awplus(config-if)# ip address 192.168.254.$([ "$1" = a ] && echo 1 || echo 2)/30
	awplus(config-if)# exit
	awplus(config)# ip route ${LAN4[$o]}.0/24 tunnel0
	END
}
