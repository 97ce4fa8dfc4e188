#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 110
#
# An independent reader: tshark decrypts and authenticates the ESP of each
# suite with the keys of awiked's key log. strongSwan's proposal makes the
# choice of the suite.
. "$(dirname "$0")/lib.sh"

needs jq swanctl tshark tcpdump
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

declare -A PROPOSAL=([aes256-sha256]=aes256-sha256 [aes256-gcm16]=aes256gcm16
	[aes256-gcm8]=aes256gcm8 [aes256-sha1]=aes256-sha1 [aes128-sha256]=aes128-sha256
	[aes128-gcm16]=aes128gcm16 [aes128-gcm8]=aes128gcm8 [aes128-sha1]=aes128-sha1)

negotiated() { # SUITE
	cli_json a '.sas[0] | "\(.encryption)-\(.integrity)" | ascii_downcase' show ipsec sa | grep -qx "$1"
}

tunnel_up() { up a && charon_up; }

send_name() { # SUITE
	in_ns lan-a ping -q -c 4 -i 0.2 -s 200 -p "$(as_hex "$1")" "${LAN4[b]}.2"
}

# Wireshark reads its tables from a profile directory.
prepare_reader() {
	mkdir -p "$work/home/.config/wireshark"
	cp "$work/keys/esp_sa" "$work/keys/ikev2_decryption_table" "$work/home/.config/wireshark/"
}

# A line an ESP packet: ICMP type, data, whether its ICV is right, whether it is wrong.
read_capture() {
	HOME=$work/home tshark -r "$work/esp.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -Y esp -T fields -E separator=, \
		-e icmp.type -e data.data -e esp.icv_good -e esp.icv_bad >"$work/packets" 2>/dev/null
}

# Each echo request and reply, four of each, is seen with the suite's name inside.
decrypted() { # SUITE
	awk -F , -v name="$(as_hex "$1")" '
		index($2, name) { seen[$1]++ }
		END { exit seen[8] < 4 || seen[0] < 4 }' "$work/packets"
}

# 1 and 0, since Wireshark 4.2 True and False.
authenticated() { # SUITE
	awk -F , -v name="$(as_hex "$1")" '
		index($2, name) && $3 ~ /^[1T]/ { good++ } $4 ~ /^[1T]/ { bad++ }
		END { exit good < 8 || bad }' "$work/packets"
}

suite() {
	check "$1: strongSwan proposes it alone" charon_configure 4 "${PROPOSAL[$1]}"
	check "$1: router A is configured" seed_ipv4 a
	check "$1: the tunnel comes up" wait_for 60 tunnel_up
	check "$1: it is the one in use" negotiated "$1"
	check "$1: ping from LAN to LAN" send_name "$1"
	check "$1: the interface is removed" type_lines a <<<"no interface tunnel0"
	check "$1: strongSwan has heard of it" wait_for 20 not charon_up
}

# refused DIR COMMAND...: COMMAND with awiked's options ends at once, with 1; one
# that accepts them would go on.
refused() {
	local dir=$1
	shift
	timeout 10 "$@" "$AWTUN_BIN/awiked" --config "$work/none/config" --state-dir "$work/none" \
		--socket "$work/none/sock" --keylog-dir "$dir" >"$work/refused" 2>&1
	[ $? = 1 ] && cat "$work/refused" && grep -q "key log" "$work/refused"
}

ktap_begin
chmod 711 "$work"
mkdir -m 755 "$work/open"
mkdir -m 777 "$work/none"
check "a key log that others could read is refused" refused "$work/open" env
mkdir -m 700 "$work/keys"
rm -rf "${work:?}/none"/*
check "a key log is refused to another user than root" refused "$work/keys" \
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=+all --ambient-caps=+all
check "the routers come up" routers_up
check "awiked starts on A with a key log" daemon_start a --keylog-dir "$work/keys"
check "strongSwan starts on B" charon_start
capture_start "$work/esp.pcap"
for s in $SUITES; do
	suite "$s"
done
capture_stop
check "the key log is there" prepare_reader
check "tshark reads the capture" read_capture
for s in $SUITES; do
	check "$s: tshark decrypts every echo and its answer" decrypted "$s"
	check "$s: tshark finds every ICV right" authenticated "$s"
done
check "the key log is root's alone" test "$(stat -c %a%u "$work/keys/esp_sa")" = 6000
check "awiked ends with status 0" daemon_stop a
ktap_end
