#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Path MTU: a hop of the underlay that is smaller than its links, 1400 octets at
# first and 1280 then, is learnt and told inside the tunnel, to this router and
# to a host behind it, with every family in every other, in ESP and in UDP.
# Then who fragments what, by the DF bit that the tunnel is to set.
#
#	h ---- a ==== r ==== b

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs ping tcpdump

readonly PORT=4500
readonly H4=172.16.1.2 H6=fd00:16::2
# One of each combination of block, IV and ICV that the default profile has.
readonly SUITES_HERE="aes256-gcm16 aes128-sha256 aes256-sha512"

network() {
	local a b h
	a=$(ns a) b=$(ns b) h=$(ns h)
	routed_underlay a r b &&
		ip link add lan netns "$a" type veth peer name lan netns "$h" &&
		in_ns a sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1 || return
	ip -n "$h" -batch - <<-END || return
	link set lan up
	addr add $H4/24 dev lan
	addr add $H6/64 dev lan nodad
	route add default via 172.16.1.1
	route add default via fd00:16::1
	END
	ip -n "$a" -batch - <<-END || return
	link set lan up
	addr add 172.16.1.1/24 dev lan
	addr add fd00:16::1/64 dev lan nodad
	END
	tunnel_up a 0 add && tunnel_up b 1 add &&
		ip -n "$a" link set tunnel0 mtu 1500 &&
		ip -n "$b" link set tunnel0 mtu 1500 &&
		ip -n "$b" route add "$H4/32" dev tunnel0 &&
		ip -n "$b" route add "$H6/128" dev tunnel0 &&
		start_in a awtun_ctl transport "$PORT" &&
		start_in a awtun_ctl transport "$PORT" "${V6[0]}" &&
		start_in b awtun_ctl transport "$PORT" &&
		start_in b awtun_ctl transport "$PORT" "${V6[1]}" &&
		wait_for 10 transports a && wait_for 10 transports b
}

transports() {
	[ "$(in_ns "$1" awtun_ctl transport-dump | wc -l)" = 2 ]
}

forget() {
	ip -n "$(ns "$1")" route flush cache
	ip -n "$(ns "$1")" -6 route flush cache
}

hop() {
	ip -n "$(ns r)" link set right mtu "$1" &&
		ip -n "$(ns b)" link set under mtu "$1"
}

# set_up OUTER {raw|udp} SUITE: fresh SAs, by one program for both ends.
set_up() {
	local r ends=("${V4[@]}")
	[ "$1" = ipv4 ] || ends=("${V6[@]}")
	for r in a b; do
		in_ns "$r" awtun_ctl sa-flush tunnel0 || return
	done
	pair a b ends "$1" "${ends[@]}" || return
	case $2 in
	raw) pair a b switch "$3" 1 ;;
	udp) pair a b encap "$3" "$PORT" ;;
	esac
}

path_mtu() {
	in_ns a awtun_ctl tunnel-get tunnel0 path_mtu
}

has_path_mtu() {
	echo "$(path_mtu), not $1"
	[ "$(path_mtu)" = "$1" ]
}

# What packets of the inner family may be: IPv6 ones are carried up to 1280,
# whatever it takes.
packet_max() {
	if [ "$1" = ipv6 ] && [ "$2" -lt 1280 ]; then
		echo 1280
	else
		echo "$2"
	fi
}

# flow {a|h} INNER COMMAND...: to b.
flow() {
	local name ends
	name=$(ns "$1")
	case $1-$2 in
	a-ipv4) ends=("${T4[@]}") ;;
	a-ipv6) ends=("${T6[@]}") ;;
	h-ipv4) ends=("$H4" "${T4[1]}") ;;
	h-ipv6) ends=("$H6" "${T6[1]}") ;;
	esac
	shift 2
	flows "$name" "${ends[0]}" "$(ns b)" "${ends[1]}" "$@"
}

# finds {a|h} INNER SIZE: and that is the largest there is.
finds() {
	local found
	found=$(flow "$1" "$2" fit) && echo "found $found, not $3" &&
		[ "$found" = "$3" ] && flow "$1" "$2" size "$3" &&
		not flow "$1" "$2" size $(($3 + 1))
}

# pings {a|h} INNER SIZE [MTU-DISCOVERY [SECONDS]]: an echo of so many octets,
# answered.
pings() {
	local to=${T4[1]} headers=28
	[ "$2" = ipv4 ] || to=${T6[1]} headers=48
	in_ns "$1" ping -c 1 -W "${5:-5}" -s $(($3 - headers)) -M "${4:-do}" "$to"
}

# told {a|h} INNER SIZE: one more is refused, and this size is told.
told() {
	local said try
	forget "$1"
	# What a has learnt of the underlay may have gone as well: the first one
	# is lost then.
	for try in 1 2 3; do
		said=$(pings "$1" "$2" $(($3 + 1)) "do" 0.3 2>&1) && return 1
		echo "try $try: $said"
		grep -qiE "(frag needed|too big|too long).*mtu ?= ?$3\b" \
			<<<"$said" && return
	done
	return 1
}

# Each suite has its own, of what has been learnt.
of_suites() {
	local suite
	for suite in $SUITES_HERE; do
		set_up "$1" "$2" "$suite" &&
			has_path_mtu "$(inner_mtu "$suite" "$1" "$3" "$2")" ||
			return
	done
}

# discovery OUTER {raw|udp} HOP INNER: what is sent finds its size.
discovery() {
	local outer=$1 encap=$2 hop=$3 inner=$4 mtu size from
	local way="$inner in $outer $encap, hop $hop"
	mtu=$(inner_mtu aes256-gcm16 "$outer" "$hop" "$encap")
	size=$(packet_max "$inner" "$mtu")
	hop "$hop"
	check "$way: UDP finds $size" finds a "$inner" "$size"
	check "$way: the path MTU is known" has_path_mtu "$mtu"
	for from in a h; do
		check "$way: $from is told" told $from "$inner" "$size"
		check "$way: $from can send that" pings $from "$inner" "$size"
	done
	# Both have everything to find, and nothing but segments that are lost.
	forget a
	forget h
	check "$way: TCP of a host finds it" flow h "$inner" tcp 50000
}

ways() {
	local outer encap
	for outer in ipv4 ipv6; do
		for encap in raw udp; do
			hop 1500
			forget a
			check "in $outer $encap: new SAs" \
				set_up $outer $encap aes256-gcm16
			check "in $outer $encap: nothing learnt" has_path_mtu \
				"$(inner_mtu aes256-gcm16 $outer 1500 $encap)"
			# More than IPv6 has to carry, and less.
			discovery $outer $encap 1400 ipv6
			discovery $outer $encap 1280 ipv4
			check "ipv6 in $outer $encap, hop 1280: UDP finds 1280" \
				finds h ipv6 1280
			check "ipv6 in $outer $encap, hop 1280: TCP finds it" \
				flow a ipv6 tcp 50000
			check "in $outer $encap: path MTU of every suite" \
				of_suites $outer $encap 1280
		done
	done
}

# sent MTU-DISCOVERY: by the host, an echo that does not fit the path and, if it
# may be fragmented, one that does not fit the device.
sent() {
	pings h ipv4 1270 "$1" 1 && { [ "$1" = "do" ] || pings h ipv4 3000 "$1"; }
}

# df WORD MTU-DISCOVERY PATTERN NO-PATTERN: of outer packets, first with the
# path known, then not: what is lost to finding it, the sender repeats.
df() {
	local file=df-$1-$2
	forget a
	forget h
	set_up ipv4 raw aes256-gcm16 &&
		finds a ipv4 "$(inner_mtu aes256-gcm16 ipv4 1280)" &&
		in_ns a awtun_ctl tunnel-set tunnel0 ipv4 "${V4[@]}" df="$1" &&
		capture a "$file" under "src ${V4[0]} and ip proto 50" &&
		sent "$2" && forget a && wait_for 5 sent "$2" &&
		captured "$file" "$3" && not_captured "$file" "$4"
}

# An IPv6 packet that nobody may refuse goes in two parts of an outer one.
minimum_ipv6() {
	local file=minimum-$1
	set_up "$1" raw aes256-gcm16 &&
		capture a "$file" under "src ${V4[0]} or src ${V6[0]}" &&
		finds a ipv4 "$(inner_mtu aes256-gcm16 "$1" 1280)" &&
		pings a ipv6 1280 && captured "$file" "$2"
}

ktap_begin
ns_add h a r b
check "a tunnel on a path of two links, a host behind it" network
ways

check "df copy, inner DF clear: outer packets are fragmented" \
	df copy dont "flags \[\+\], proto ESP" "flags \[DF\]"
check "df set: outer packets are not fragmented, inner ones are" \
	df set dont "flags \[DF\], proto ESP" "flags \[(none|\+)\]"
check "df clear: outer packets are fragmented, inner DF or not" \
	df clear "do" "flags \[(none|\+)\], proto ESP" "flags \[DF\]"
check "df clear, inner DF clear" \
	df clear dont "flags \[(none|\+)\], proto ESP" "flags \[DF\]"
check "a 1280 octet IPv6 packet that does not fit, in IPv4" \
	minimum_ipv6 ipv4 "flags \[\+\], proto ESP"
check "a 1280 octet IPv6 packet that does not fit, in IPv6" \
	minimum_ipv6 ipv6 "frag \(0x.*ESP"
ktap_end
