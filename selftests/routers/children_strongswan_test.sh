#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 80
#
# strongSwan on router B makes several Child SAs of a tunnel: one for IPv4 and one for
# IPv6, and for KINDS other than "families" two for two pairs of subnets, or eight for
# eight pairs of hosts. Either side brings them up and rekeys each of them, and the IKE
# SA, while every pair is pinged twenty times a second: no ping is lost.
. "$(dirname "$0")/lib.sh"

needs jq swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

# Of the n-th pair, by the kind of children: what strongSwan has and what awiked has.
children_of() { # KIND
	local n
	case $1 in
	families)
		echo "v4 0.0.0.0/0 0.0.0.0/0"
		echo "v6 ::/0 ::/0"
		;;
	subnets)
		echo "p1 ${LAN4[b]}.0/25 ${LAN4[a]}.0/25"
		echo "p2 ${LAN4[b]}.128/25 ${LAN4[a]}.128/25"
		;;
	hosts)
		for n in {11..18}; do echo "p$n ${LAN4[b]}.$n/32 ${LAN4[a]}.$n/32"; done
		;;
	esac
}

# "FROM TO" of LAN a and LAN b, a line a pair.
flows_of() { # KIND
	local n
	case $1 in
	families)
		echo "${LAN4[a]}.2 ${LAN4[b]}.2"
		echo "${LAN6[a]}::2 ${LAN6[b]}::2"
		;;
	subnets) for n in 11 211; do echo "${LAN4[a]}.$n ${LAN4[b]}.$n"; done ;;
	hosts) for n in {11..18}; do echo "${LAN4[a]}.$n ${LAN4[b]}.$n"; done ;;
	esac
}

hosts_up() {
	local side n
	for side in a b; do
		for n in {11..18} 211; do echo "addr add ${LAN4[$side]}.$n/24 dev eth0"; done |
			ip -n "$(ns "lan-$side")" -batch - || return
	done
}

# The pairs are awiked's selectors too, but for the families, which are its default.
configure() { # KIND
	local name here there n=0
	kind=$1 count=$(children_of "$1" | wc -l)
	CHARON_CHILDREN=$(children_of "$1") charon_configure 4 || return
	seed_ipv4 a && route_both_families a || return
	[ "$kind" = families ] || while read -r name here there; do
		n=$((n + 1))
		type_lines a <<-END || return
		interface tunnel0
		tunnel local selector $n $there
		tunnel remote selector $n $here
		END
	done < <(children_of "$kind")
}

all_up() {
	cli_json a ".sas | length == $count and all(.state == \"Installed\")" show ipsec sa >/dev/null &&
		cli_json a '.sas | length == 1 and .[0].state == "Established"' show isakmp sa >/dev/null &&
		[ "$(swanctl --list-sas --ike peer | grep -c INSTALLED)" = "$count" ]
}

role() {
	cli_json a '.sas[0].role' show isakmp sa | grep -qx "$1"
}

ping_flows_start() {
	local from to
	flows=() streams=()
	while read -r from to; do
		spawn lan-a ping -i 0.05 -W 5 -I "$from" "$to" >"$work/pings.$to"
		streams+=("$spawned") flows+=("$to")
	done < <(flows_of "$kind")
	for to in "${flows[@]}"; do wait_for 30 grep -q "icmp_seq=20 " "$work/pings.$to" || return; done
}

# Each is answered to the end, and to none an answer is missing.
ping_flows_stop() {
	local to
	sleep 1 # the last answers are on their way; every ping before is awaited below
	kill -INT "${streams[@]}"
	wait "${streams[@]}"
	for to in "${flows[@]}"; do
		tail -n 2 "$work/pings.$to"
		grep -q " 0% packet loss" "$work/pings.$to" || return
	done
}

spis() { # What tells the Child SAs from the ones before
	cli_json a '.sas | map(.inbound_spi) | sort | join(" ")' show ipsec sa
}

all_replaced() { # SPIS
	local spi now
	all_up && now=$(spis) || return
	for spi in $1; do case " $now " in *" $spi "*) return 1 ;; esac done
}

ours() { cli a rekey ipsec sa tunnel0; }

theirs() {
	local name rest
	while read -r name rest; do
		swanctl --rekey --child "$name" || return
	done < <(children_of "$kind")
}

rekeyed_by() { # ours|theirs
	local before
	before=$(spis) || return
	"$1" && wait_for 60 all_replaced "$before"
}

ike_rekeyed_by() { # ours|theirs
	local before
	before=$(cli_json a '.sas[0].initiator_spi' show isakmp sa) || return
	case $1 in
	ours) cli a rekey isakmp sa tunnel0 ;;
	theirs) swanctl --rekey --ike peer ;;
	esac && wait_for 60 ike_replaced "$before"
}

ike_replaced() { # SPI
	all_up && [ "$(cli_json a '.sas[0].initiator_spi' show isakmp sa)" != "$1" ]
}

# strongSwan's requests make the SAs.
charon_first() {
	local name rest
	type_lines a <<<$'interface tunnel0\nshutdown' && wait_for 30 not charon_up && requests_lost add &&
		type_lines a <<<$'interface tunnel0\nno shutdown' || return
	while read -r name rest; do
		swanctl --initiate --child "$name" --timeout 60 || return
	done < <(children_of "$kind")
	requests_lost del
}

both_rekey_all() { # WHO
	check "$kind, $1: pings of each pair begin" ping_flows_start
	drops a >"$work/a/drops"
	check "$kind, $1: strongSwan rekeys each Child SA" rekeyed_by theirs
	check "$kind, $1: awiked rekeys each" rekeyed_by ours
	check "$kind, $1: strongSwan rekeys the IKE SA" ike_rekeyed_by theirs
	check "$kind, $1: awiked rekeys it" ike_rekeyed_by ours
	check "$kind, $1: no ping was lost" ping_flows_stop
	check "$kind, $1: router A lost no packet" lost_nothing a
}

series() { # KIND
	check "$1: both ends are configured" configure "$1"
	check "$1: awiked initiates, $count Child SAs come up" wait_for 90 all_up
	check "$1: awiked is the initiator" role initiator
	both_rekey_all "awiked first"
	check "$1: strongSwan initiates" charon_first
	check "$1: $count Child SAs come up" wait_for 90 all_up
	check "$1: awiked is the responder" role responder
	both_rekey_all "strongSwan first"
	check "$1: the interface is removed" type_lines a <<<"no interface tunnel0"
	check "$1: strongSwan has heard of it" wait_for 20 not charon_up
}

ktap_begin
check "the routers come up" routers_up
check "with hosts for all pairs" hosts_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
for one in ${KINDS-families}; do series "$one"; done
check "awiked ends with status 0" daemon_stop a
ktap_end
