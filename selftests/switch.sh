#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# SAs are replaced while TCP and UDP go through the tunnel: nothing is lost.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs iperf3

readonly SWITCHES=${SWITCHES:-100} SEGMENTS=${SEGMENTS:-10000}

# shellcheck disable=SC2016 # awk's
tunnel_packets() {
	in_ns "$1" awk '/tunnel0:/ { print $11 }' /proc/net/dev
}

enough() {
	[ "$(tunnel_packets a)" -ge "$1" ] && [ "$(tunnel_packets b)" -ge "$1" ]
}

one_sa_pair() {
	in_ns "$1" awtun_ctl sa-dump tunnel0
	[ "$(in_ns "$1" awtun_ctl sa-dump tunnel0 | wc -l)" = 2 ]
}

ktap_begin
ns_add a b
underlay a b
check "tunnels" tunnels a b aes256-sha256

for suite in aes256-sha256 aes256-gcm16; do
	check "$suite: first SAs" switch_sas a b $suite 1
	tcp_flow
	udp_flow
	check "$suite: traffic flows" wait_for 60 enough 100
	check "$suite: $SWITCHES replacements under traffic, every packet arrives" \
		switch_sas a b $suite "$SWITCHES"
	check "$suite: more than $SEGMENTS packets each way" \
		wait_for 300 enough "$SEGMENTS"
	check "$suite: TCP and UDP go on to the end" stop_jobs
	check "$suite: one pair is left" one_sa_pair a
	check "$suite: one pair is left at the peer" one_sa_pair b
	check "$suite: nothing dropped" no_drops a
	check "$suite: nothing dropped by the peer" no_drops b
done
ktap_end
