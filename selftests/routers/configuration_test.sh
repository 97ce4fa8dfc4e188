#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 100
#
# Whole changes of a router's configuration while its tunnel carries pings: a file
# with a mistake, another in its place, and the rope back from a lock-out.
. "$(dirname "$0")/lib.sh"

needs jq python3

running() { cli "$1" show running-config; }

# file_refused FILE STATUS: and says where; nothing has changed.
file_refused() {
	local status=0
	running a >"$work/before"
	cli a -f "$1" >"$work/said" 2>&1 || status=$?
	cat "$work/said"
	[ "$status" = "$2" ] && grep -q "^$1:4:" "$work/said" && running a | diff "$work/before" -
}

mistake() {
	printf '%s\n' "configure terminal" "interface tunnel0" "mtu 1300" "$1" "description no" >"$work/mistake"
}

# A name that nothing has is a mistake of the whole.
dangling() {
	mistake "tunnel protection ipsec profile none"
	file_refused "$work/mistake" 1
}

wrong_line() {
	mistake "mtu 5"
	file_refused "$work/mistake" 2
}

# wanted MTU: what is saved, and that. What replaces must have the keys, which no view prints.
wanted() {
	cp "$work/a/startup-config" "$work/wanted"
	sed -i "s/^interface tunnel0$/&\n mtu $1/" "$work/wanted"
}

replaced() { # EXPECTED-MTU
	cli a --yes configure replace "$work/wanted" | tee "$work/said"
	cli_json a ".interfaces[0].mtu == $1" show interface tunnel0
}

not_replaced() {
	echo "interface tunnel0 nonsense" >>"$work/wanted"
	running a >"$work/before"
	not cli a --yes configure replace "$work/wanted" && running a | diff "$work/before" -
}

asks_first() {
	wanted 1280
	running a >"$work/before"
	not cli a configure replace "$work/wanted" <<<"n" && running a | diff "$work/before" -
}

# The Child SA of router A, by its SPIs.
names() { cli_json a '.sas[0] | .inbound_spi + .outbound_spi' show ipsec sa; }
same_sas() { [ "$(names)" = "$sas" ]; }

locked_out() {
	type_lines a <<<$'interface tunnel0\ntunnel destination 192.0.2.9' && wait_for 30 not up a
}

# What is on standard input goes to a socket, and what comes from there to standard output.
readonly TALK='
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
while data := s.recv(65536):
    sys.stdout.buffer.write(data)'

# What an operator pastes: the lines of an interface that there is not must not hit tunnel0.
wrong_section() {
	running a >"$work/before"
	printf '{"execute":"%s"}\n' "configure terminal" "interface tunnel0" "interface ppp0" \
		" ip address 10.1.1.1/24" " shutdown" "end" "exit" |
		in_ns router-a timeout 120 python3 -c "$TALK" "$work/a/sock" >"$work/said"
	cat "$work/said"
	[ "$(grep -c 'refused with the section .interface ppp0.' "$work/said")" = 2 ] &&
		running a | diff "$work/before" -
}

wrong_line_first() {
	sed -i '1i hostname branch' "$work/a/startup-config"
}

errors() { # EXPECTED
	cli_json a ".errors == $1" show startup-config errors
}

readonly WRONG='[{"line": 1, "text": "hostname ********", "reason": "invalid from column 1 on"}]'

waits() { cli_json a '.in > 0 and .in <= 60' show reload; }

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
check "awiked starts on B" daemon_start b
check "router A is configured" seed_ipv4 a
check "router B is configured" seed_ipv4 b
check "it is saved" cli a write
check "the tunnel comes up" wait_for 60 both_up
check "ping from LAN a to LAN b" ping_lan a 4
sas=$(names)
check "a file with a wrong line changes nothing" wrong_line
check "nor one that names a profile which is not there" dangling
check "a file takes the configuration's place" wanted 1300
check "and only what differs changes" replaced 1300
check "which is said" grep -qx "+ mtu 1300" "$work/said"
check "a file with a mistake does not" not_replaced
check "nor one that the operator does not want" asks_first
check "the tunnel has not been touched" same_sas
check "reload goes back to what is saved" cli a --yes reload
check "and touches nothing else" same_sas
check "reload again changes nothing" cli a reload
check "no reload is scheduled" not cli a reload cancel
check "one does" cli a reload in 1
check "and is shown" waits
check "it is cancelled" cli a reload cancel
check "another" cli a reload in 1
check "router A locks itself out" locked_out
check "and comes back" wait_for 120 both_up
check "ping from LAN a to LAN b" wait_for 30 ping_lan a 4
check "the lines of a refused section hit no other" wrong_section
check "awiked on A ends with status 0" daemon_stop a
check "the first line of what is saved is wrong" wrong_line_first
check "awiked starts on A all the same" daemon_start a
check "and tells the line" errors "$WRONG"
check "in the log too" grep -q "line 1 is left out: hostname [*]*:" "$work/a/log"
check "the tunnel comes up" wait_for 60 both_up
check "saving would lose the line, and asks" not cli a write </dev/null
check "so it is there yet" errors "$WRONG"
check "who agrees saves" cli a --yes write
check "without it" errors "[]"
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
ktap_end
