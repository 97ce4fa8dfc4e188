#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 200
#
# strongSwan on router B authenticates anew instead of rekeying its IKE SA (RFC 7296
# 2.8.3), in both ways: it makes the new one first, or it breaks the old one first.
# Meanwhile awiked rekeys the IKE SA every few seconds, so that the two meet. While
# LAN a pings LAN b twenty times a second, nothing is lost where the new one is made
# first; where not, what comes between the two.
. "$(dirname "$0")/lib.sh"

needs jq swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

# Every so many seconds, so often. Two Diffie-Hellman exchanges take an emulated machine
# most of a gap, which is no longer than GAP pings.
readonly EACH=10 TIMES=6 GAP=80

tunnel_up() { up a && [ "$(swanctl --list-sas --ike peer | grep -c INSTALLED)" = 1 ]; }

begin() { # yes|no: whether strongSwan makes before it breaks
	charon_start "make_before_break = $1" &&
		CHARON_PEER=$'rekey_time = 0\nreauth_time = '"${EACH}s"$'\nrand_time = 0\nover_time = 60s' charon_configure 4
}

end() {
	kill "$charon"
	wait "$charon"
	rm -f "$work/charon.vici"
	ip -n "$(ns router-b)" link del xfrm0
}

# What strongSwan has established so far.
authenticated() { grep -c "IKE_SA peer\[[0-9]*\] established" "$work/charon.log"; }

authenticated_again() { # BEFORE
	[ "$(authenticated)" -ge $(($1 + TIMES)) ]
}

# Until strongSwan has authenticated TIMES times. It may be told that the SA is going
# already: that is no failure.
rekey_meanwhile() {
	local before limit=$((SECONDS + 20 * EACH * TIMES))
	before=$(authenticated)
	until authenticated_again "$before"; do
		((SECONDS < limit)) || return
		cli a rekey isakmp sa tunnel0 >/dev/null
		sleep 3
	done
}

# At most so many pings in a row have no answer.
gaps_are_short() {
	kill -INT "$pings"
	wait "$pings"
	answered | awk -v gap="$GAP" '{ if ($1 - last > longest) longest = $1 - last; last = $1 }
		END { print "longest gap:", longest, "pings of", last; exit !NR || longest > gap }'
}

series() { # yes|no WORDS
	check "$2: strongSwan starts" begin "$1"
	check "$2: router A is configured" seed_ipv4 a
	check "$2: the tunnel comes up" wait_for 60 tunnel_up
	check "$2: pings begin" pings_start
	check "$2: strongSwan does so $TIMES times, and awiked rekeys meanwhile" rekey_meanwhile
	case $1 in
	yes) check "$2: no ping is lost" pings_stop ;;
	no) check "$2: the gaps are short" gaps_are_short ;;
	esac
	check "$2: one SA of each kind is left" wait_for 60 tunnel_up
	check "$2: the interface is removed" type_lines a <<<"no interface tunnel0"
	check "$2: strongSwan ends" end
}

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
series yes "make before break"
series no "break before make"
check "awiked ends with status 0" daemon_stop a
ktap_end
