#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 210
#
# A peer that is killed: its SAs are deleted dpd-interval + 166 s after the
# last request that it answered, here 196 s, give or take a second.
. "$(dirname "$0")/lib.sh"

needs jq swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

tunnel_up() { up a && charon_up; }

age() {
	cli_json a '.sas[] | select(.state == "Established") | .age' show isakmp sa
}

gone() { not age; }

since_failure() {
	cli_json a '.peers[0].last_failure.ago' show isakmp sa
}

# Right after IKE_AUTH, the last answered request, the peer dies. Both times
# are awiked's own, in whole seconds, so a slow machine does not blur them.
detected_in_time() {
	local established detected
	established=$(($(date +%s) - $(age)))
	kill -KILL "$charon" || return
	wait_for 260 gone || return
	detected=$(($(date +%s) - $(since_failure) - established))
	echo "detected after $detected s"
	[ "$detected" -ge 195 ] && [ "$detected" -le 198 ]
}

why() {
	cli_json a '.peers[0].last_failure.reason' show isakmp sa
	cli_json a '.peers[0].last_failure.reason | test("no response"; "i")' show isakmp sa
}

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
check "strongSwan is configured" charon_configure 4
check "router A is configured" seed_ipv4 a
check "the tunnel comes up" wait_for 60 tunnel_up
check "the dead peer is detected at dpd-interval + 166 s" detected_in_time
check "the tunnel has no carrier" not tunnel_running router-a
check "the reason is shown" why
ktap_end
