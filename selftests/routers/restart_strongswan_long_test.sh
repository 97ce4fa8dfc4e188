#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 120
#
# strongSwan on router B: either end is restarted, and either is killed and comes
# back. The tunnel is up again within a minute, each time. That a peer which stays
# away is noticed in time is dead_peer_strongswan_test.sh.
. "$(dirname "$0")/lib.sh"

needs jq swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

tunnel_up() { up a && charon_up; }

traffic() { ping_lan a 4 && ping_lan b 4; }

charon_end() { # SIGNAL
	kill "-$1" "$charon"
	wait "$charon"
	rm -f "$work/charon.vici"
	ip -n "$(ns router-b)" link del xfrm0
}

# A killed charon leaves its SAs to XFRM; one that starts takes them for nobody's.
charon_back() {
	charon_start && ip -n "$(ns router-b)" xfrm state flush && charon_configure 4
}

down() {
	cli_json a '[.sas[] | select(.state == "Established")] | length == 0' show isakmp sa
}

spi() {
	cli_json a '.sas | map(select(.state == "Installed")) | .[0].inbound_spi' show ipsec sa
}

replaced() { # SPI
	local now
	now=$(spi) && [ "$now" != "$1" ] && tunnel_up
}

role() { cli_json a ".sas[0].role == \"$1\"" show isakmp sa; }

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
check "strongSwan is configured" charon_configure 4
check "router A is configured" seed_ipv4 a
check "it is saved" cli a copy running-config startup-config
check "the tunnel comes up" wait_for 60 tunnel_up
check "traffic both ways" traffic

check "strongSwan ends" charon_end TERM
check "router A has heard of it" wait_for 20 down
check "strongSwan starts" charon_back
check "awiked brings the tunnel up" wait_for 60 tunnel_up
check "traffic both ways" traffic

check "strongSwan is killed" charon_end KILL
before=$(spi)
check "strongSwan starts" charon_back
check "it initiates" charon_initiate
check "the tunnel is up, by its request" replaced "$before"
check "awiked has let the old SA go" role responder
check "traffic both ways" traffic

check "awiked ends with status 0" daemon_stop a
check "strongSwan has heard of it" wait_for 20 not charon_up
check "awiked starts" daemon_start a
check "the tunnel comes up" wait_for 60 tunnel_up
check "traffic both ways" traffic

before=$(spi)
check "awiked is killed" not daemon_stop a KILL
check "strongSwan has not heard of it" charon_up
check "awiked starts" daemon_start a
check "the tunnel is up" wait_for 60 replaced "$before"
check "strongSwan has let the old SAs go" wait_for 20 tunnel_up
check "traffic both ways" traffic
check "awiked ends with status 0" daemon_stop a
ktap_end
