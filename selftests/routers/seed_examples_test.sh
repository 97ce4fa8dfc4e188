#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 100
#
# The manual's first two examples, typed as they stand: traffic between the
# LANs, and an underlay that carries nothing but IKE and ESP.
. "$(dirname "$0")/lib.sh"

needs tcpdump tshark socat jq

secret_word="plaintext-$RANDOM$RANDOM$RANDOM"

# A word that must not be seen on the underlay, there and back.
send_word() { # 4|6
	local address=${LAN4[b]}.2
	[ "$1" = 4 ] || address=${LAN6[b]}::2
	in_ns lan-a ping -q -c 3 -i 0.2 -p "$(as_hex "${secret_word:0:16}")" "$address"
}

only_ike_and_esp() { # FILE
	local others
	others=$(tshark -r "$1" -Y 'not (esp or isakmp or arp or icmpv6.type >= 133)' 2>/dev/null)
	[ -z "$others" ] || { echo "$others"; return 1; }
	[ "$(tshark -r "$1" -Y esp 2>/dev/null | wc -l)" -ge 6 ]
}

word_unseen() { # FILE
	not grep -qa "${secret_word:0:16}" "$1"
}

example() { # 4|6 NAME
	local v=$1
	check "$2: the routers come up" routers_up
	check "$2: awiked starts on both" both_start
	capture_start "$work/underlay.pcap"
	check "$2: router A takes the manual's lines" "seed_ipv$v" a
	check "$2: router B takes their mirror" "seed_ipv$v" b
	check "$2: the tunnel comes up, one SA of each kind" wait_for 60 both_up
	count_drops_from_here
	check "$2: ping from LAN a to LAN b" ping_lan a "$v"
	check "$2: ping from LAN b to LAN a" ping_lan b "$v"
	check "$2: TCP from LAN a to LAN b, every octet right" tcp_lan a "$v" 300000
	check "$2: TCP from LAN b to LAN a, every octet right" tcp_lan b "$v" 300000
	check "$2: a known word from LAN to LAN" send_word "$v"
	capture_stop
	check "$2: the underlay carries IKE and ESP only" only_ike_and_esp "$work/underlay.pcap"
	check "$2: no inner octet in the clear" word_unseen "$work/underlay.pcap"
	check "$2: router A lost no packet" lost_nothing a
	check "$2: router B lost no packet" lost_nothing b
	check "$2: awiked on A ends with status 0" daemon_stop a
	check "$2: awiked on B ends with status 0" daemon_stop b
	check "$2: the tunnel interface is gone" not ip -n "$(ns router-a)" link show tunnel0
	for name in lan-a router-a router-b lan-b; do ns_del "$name"; done
	namespaces=()
	rm -rf "$work"/a "$work"/b
}

both_start() { daemon_start a && daemon_start b; }

ktap_begin
example 4 "example 1"
example 6 "example 2"
ktap_end
