#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 50
#
# awiked as a user of its own: two capabilities, files that are its own, and a
# tunnel all the same; who may command it, who may look, and who may not.
. "$(dirname "$0")/lib.sh"

needs jq setpriv useradd groupadd
in_vm_alone

user_made() {
	useradd --system --user-group --no-create-home awtun &&
		groupadd --system awtun-look &&
		chmod 711 "$work" &&
		install -d -m 711 -o awtun -g awtun "$work/a"
}

is_so() { # FIELD VALUE
	# shellcheck disable=SC2154 # by daemon_start
	has_status "$daemon_a" "$@"
}

owned_alone() { # FILE
	[ "$(stat -c '%U:%G %a' "$1")" = "awtun:awtun 600" ]
}

# as GROUP WORD...: awcli as somebody of that group.
as() {
	local group=$1
	shift
	in_ns router-a setpriv --reuid nobody --regid nogroup --groups "$group" \
		"$AWTUN_BIN/awcli" --socket "$work/a/sock" "$@"
}

refused() { # GROUP TEXT WORD...
	local group=$1 text=$2 said
	shift 2
	said=$(as "$group" "$@" 2>&1) && return 1
	grep -qF "$text" <<<"$said"
}

refuses_user() {
	in_ns router-b "$AWTUN_BIN/awiked" --user "$1" --socket "$work/other" 2>&1 |
		grep -qF "there is no user $1"
}

# A directory of root's, and a link to it in a directory that the user owns.
link_to_roots_directory() {
	install -d -m 755 "$work/roots" && install -d -m 711 -o awtun -g awtun "$work/users" &&
		ln -s "$work/roots" "$work/users/link" && chown -h awtun: "$work/users/link"
}

# Nothing is made where the user's link leads.
follows_no_link() {
	! in_ns router-b timeout 20 "$AWTUN_BIN/awiked" --user awtun --config "$work/users/startup-config" \
		--state-dir "$work/users" --socket "$work/users/sock" --pki-dir "$work/users/link/pki" 2>"$work/said" &&
		grep -q "make $work/users/link/pki" "$work/said" && [ -z "$(ls -A "$work/roots")" ]
}

# Forty sessions of one who may only look, and who never says a word again.
crowd() {
	local count
	for ((count = 0; count < 40; count++)); do
		as awtun-look terminal monitor >/dev/null 2>>"$work/crowd" &
	done
	wait_for 30 grep -q "too many sessions of this user" "$work/crowd"
}

readonly NONE=0000000000000000

ktap_begin
check "the routers come up" routers_up
check "there is a user awtun, and a group that may look" user_made
check "awiked starts on A, as root, and becomes that user" \
	daemon_start a --user awtun --readers awtun-look
check "awiked starts on B" daemon_start b
check "which has made the directory of the trustpoints for it" \
	test "$(stat -c '%U %a' "$work/a/pki")" = "awtun 700"
check "it is the user's" is_so Uid "$(id -u awtun)"
check "it has two capabilities" is_so CapEff "$TWO_CAPABILITIES"
check "and no other to take" is_so CapPrm "$TWO_CAPABILITIES"
check "nor to hand on" is_so CapAmb "$NONE"
check "nor to gain" is_so CapBnd "$NONE"
check "not even by another program" is_so NoNewPrivs 1
check "router A takes the manual's lines" seed_ipv4 a
check "router B takes them" seed_ipv4 b
check "the tunnel comes up" wait_for 60 both_up
check "and carries" in_ns lan-a ping -qc 3 -W 5 "${LAN4[b]}.2"
check "the configuration is saved" cli a copy running-config startup-config
check "in a file of its own" owned_alone "$work/a/startup-config"
check "and the secrets that outlive it too" owned_alone "$work/a/quick-crash-secret"
check "the group awtun commands" as awtun show ipsec sa
check "it changes" as awtun clear ipsec sa
check "and sees keys" as awtun show isakmp key
check "the other group looks" as awtun-look show ipsec sa
check "it clears nothing" refused awtun-look "read-only access" clear ipsec sa
check "configures nothing" refused awtun-look "read-only access" configure terminal
check "and sees no key" refused awtun-look "read-only access" show isakmp key
check "a crowd of them gets its share of sessions" crowd
check "root is not locked out" cli a show ipsec sa
check "nor the group awtun" as awtun show ipsec sa
check "nobody else gets in" refused nogroup "only root and the group awtun" show ipsec sa
check "awiked ends as it should" daemon_stop a
check "and starts again with what it saved" \
	daemon_start a --user awtun
check "the tunnel comes back" wait_for 60 both_up
check "a link of the user's leads to root's directory" link_to_roots_directory
check "root makes nothing there for it" follows_no_link
check "a user that does not exist is refused" refuses_user nosuch
ktap_end
