#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 130
#
# awiked's memory is searched for keys: none stands in it that is no longer in
# use, nor those of the kernel's SAs, nor a private key's file.
. "$(dirname "$0")/lib.sh"

needs jq openssl python3
in_vm_alone

secret=words-of-$(openssl rand -hex 12)

# in_memory HEX...: how often each, a line each.
in_memory() {
	# shellcheck disable=SC2154 # by daemon_start
	printf '%s\n' "$@" | "$here/routers/memory.py" "$daemon_a"
}

# has HEX..., has_not HEX...: all of them, none of them.
has() { in_memory "$@" | tee /dev/stderr | awk '$1 == 0 { missing = 1 } END { exit missing || !NR }'; }

has_not() { in_memory "$@" | tee /dev/stderr | awk '$1 != 0 { found = 1 } END { exit found || !NR }'; }

configure() { # SIDE
	seed_ipv4 "$1" && type_lines "$1" <<-END
	crypto isakmp key $secret address ${WAN4[${OTHER[$1]}]}
	END
}

# What the key log says of the newest SA: esp_keys and ike_keys, a key a line, in hex.
esp_keys() { tail -n 1 "$work/keys/esp_sa" | grep -o '0x[0-9a-f]*' | sed -n 's/^0x\(.\{32,\}\)$/\1/p'; }

ike_keys() {
	tail -n 1 "$work/keys/ikev2_decryption_table" | tr , '\n' | grep -xE '[0-9a-f]{32,}'
}

# two_keys CHECK KEY...: there are two at least.
two_keys() { [ $# -ge 3 ] && "$@"; }

shown() { cli a show isakmp key | grep -qF "$secret"; }

gone() { cli_json a '.sas | length == 0' show isakmp sa; }

# Refused: there is no such address.
mistyped() {
	! cli a <<-END
	configure terminal
	crypto isakmp key $secret address 10.2.2.256
	END
}

# A prime factor of a private key as OpenSSL's numbers have it: the lowest octet first.
prime() { # FILE
	openssl pkey -in "$1" -noout -text | sed -n '/^prime1:/,/^prime2:/{ /^prime/d; s/[ :]//g; p; }' |
		tr -d '\n' | sed 's/^00//' | fold -w 2 | tac | tr -d '\n'
}

own_certificate() {
	type_lines a <<<"crypto pki trustpoint vpn_trust" && ca root /CN=Root &&
		certificate root rsa "${NAMES[a]}" "$work/own" &&
		trustpoint a vpn_trust root "$work/own" && kill -HUP "$daemon_a"
}

certificates_removed() { rm -r "$work/a/pki/trustpoints/vpn_trust" && kill -HUP "$daemon_a"; }

certificates() { # COUNT
	cli_json a ".certificates | length == $1" show crypto pki certificates
}

readonly PATTERN=/proc/sys/kernel/core_pattern

# Cores go to a program, for which no limit of size is.
# shellcheck disable=SC2016 # it is for that program
cores_to_a_program() {
	printf '#!/bin/sh\ncat >%q/core.$1\n' "$work" >"$work/take-core" && chmod 755 "$work/take-core" &&
		printf '|%s %%p' "$work/take-core" >"$PATTERN"
}

# crash: the daemon, like an operator's SIGABRT; the kernel has done with the core when the process is gone.
crash() {
	# shellcheck disable=SC2154 # by daemon_start
	kill -ABRT "$daemon_a" && ! wait "$daemon_a" 2>/dev/null
}

has_core() { [ -s "$work/core.$daemon_a" ]; }

core_without_key() { ! grep -qaF "$secret" "$work/core.$daemon_a"; }

# The process's pages: locked, and left out of cores.
keys_are_locked() {
	awk '$1 == "VmFlags:" && / dd/ && / lo/ { found = 1 } END { exit !found }' "/proc/$daemon_a/smaps"
}

ktap_begin
check "the routers come up" routers_up
mkdir -m 700 "$work/keys"
check "awiked starts on A with a key log" daemon_start a --keylog-dir "$work/keys"
check "awiked starts on B" daemon_start b
check "a key that was never given is not found" has_not "$(as_hex "$secret")"
check "a line with a mistake is refused" mistyped
check "and leaves nothing" has_not "$(as_hex "$secret")"
check "router A is configured" configure a
check "router B is configured" configure b
check "the tunnel comes up" wait_for 60 both_up
check "the pre-shared key is in use" has "$(as_hex "$secret")"
check "and shown" shown
check "and saved" cli a copy running-config startup-config
mapfile -t esp < <(esp_keys)
mapfile -t ike < <(ike_keys)
check "the IKE SA's keys are in use" two_keys has "${ike[@]}"
check "the ESP SA's are the kernel's alone" two_keys has_not "${esp[@]}"
check "the tunnel is removed" type_lines a <<<"no interface tunnel0"
check "and its SAs" wait_for 20 gone
check "nothing is left of the IKE SA's keys" two_keys has_not "${ike[@]}"
check "the pre-shared key is removed" type_lines a <<<"no crypto isakmp key address ${WAN4[b]}"
check "nothing is left of it" has_not "$(as_hex "$secret")"
check "nor of a shorter one before it" has_not "$(as_hex ouR4ecret)"
check "a trustpoint is put in place" own_certificate
check "and read" wait_for 20 certificates 2
check "its private key is in use" has "$(prime "$work/own.key")"
check "the text of its file is not kept" has_not "$(as_hex "$(sed -n 5p "$work/own.key")")"
check "the trustpoint is removed" certificates_removed
check "and forgotten" wait_for 20 certificates 0
check "nothing is left of its private key" has_not "$(prime "$work/own.key")"
check "what was saved is shown" cli a show startup-config
check "and that leaves nothing" has_not "$(as_hex "$secret")"
check "awiked ends" daemon_stop a
check "and starts again with what was saved" daemon_start a
check "the key is in use again" has "$(as_hex "$secret")"
check "and in locked memory" keys_are_locked
check "cores go to a program" cores_to_a_program
check "awiked crashes" crash
check "and leaves no core" not has_core
check "it starts again, for a developer" daemon_start a --dump-core
check "the key is in use" has "$(as_hex "$secret")"
check "it crashes" crash
check "and leaves a core" wait_for 20 has_core
check "that does not have the key" core_without_key
check "awiked starts again" daemon_start a
check "it is removed" type_lines a <<<"no crypto isakmp key address ${WAN4[b]}"
check "and nothing is left of it" has_not "$(as_hex "$secret")"
ktap_end
