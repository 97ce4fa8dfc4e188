#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 40
#
# A wrong key on one side: both sides say what failed and with whom, and the
# right key repairs it without a restart.
. "$(dirname "$0")/lib.sh"

needs jq

failed_with() { # SIDE PEER
	cli_json "$1" ".peers[] | select(.remote == \"$2\") | .last_failure.reason | test(\"authentication failed\"; \"i\")" \
		show isakmp sa
}

said_in_words() { # SIDE PEER
	cli "$1" show isakmp sa | tee "$work/view"
	grep -qi "authentication failed" "$work/view" && grep -q "$2" "$work/view"
}

key() { # SIDE KEY
	type_lines "$1" <<<"crypto isakmp key $2 address ${WAN4[${OTHER[$1]}]}"
}

# watch SIDE NAME WORD...: what the daemon says from now on, in a file.
watch() {
	local side=$1 name=$2
	shift 2
	spawn "router-$side" "$AWTUN_BIN/awcli" --socket "$work/$side/sock" "$@" >"$work/$name"
}

watched() { # NAME TEXT
	grep -qF "$2" "$work/$1"
}

ktap_begin
check_seed_pair
check "the tunnel comes up" wait_for 60 both_up
check "somebody watches A's log" watch a log terminal monitor
check "and somebody every message" watch a messages debug isakmp
check "router B gets another key" key b thisIsWrong
check "router A names the failure and the peer" wait_for 60 failed_with a 10.2.2.2
check "router B names the failure and the peer" wait_for 60 failed_with b 10.1.1.1
check "router A says so in words" said_in_words a 10.2.2.2
check "router B says so in words" said_in_words b 10.1.1.1
check "router A has no SA" not up a
check "router B has no SA" not up b
check "the log says it as it happens" wait_for 20 watched log "authentication failed"
check "and the messages come along" wait_for 20 watched messages "IKE_AUTH request 1, "
check "which the log leaves out" not watched log "IKE_AUTH request 1, "
check "nobody who watches sees a key" not grep -q -e ouR4ecret -e thisIsWrong "$work/log" "$work/messages"
check "no key stands in a log" not grep -rq -e ouR4ecret -e thisIsWrong "$work/a/log" "$work/b/log"
check "router B gets the right key" key b ouR4ecret
check "the tunnel comes up again" wait_for 90 ping_lan a 4
# An IKE SA that the peer has forgotten stays on show until it is given up.
check "and is at rest" wait_for 200 both_up
check "ping from LAN a to LAN b" ping_lan a 4
check "awiked on A has never stopped" daemon_stop a
check "awiked on B has never stopped" daemon_stop b
ktap_end
