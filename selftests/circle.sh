#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tunnels whose packets are carried by tunnels: a few in one another carry, a
# circle of them, within a namespace, through two or through the network, ends by
# a drop, whether or not packets are fragmented on the way round.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs ping tc

readonly NESTED=4	# so many tunnels may be in one another
readonly SUITE=aes128-gcm16

# A router with an underlay that leads nowhere.
router() {
	ns_add "$1" && ip -n "$(ns "$1")" -batch - <<-END
	link add under type dummy
	link set under up
	addr add ${U4[0]}/24 dev under
	END
}

# tunnel NUMBER UNDERLAY OVERLAY DF: it takes what goes to 10.9.NUMBER.0/24, and
# sends it from ${U4[0]} to 10.8.NUMBER.1.
tunnel() {
	local name=tunnel$1
	ip -n "$(ns "$2")" link add "$name" type tunnel || return
	[ "$2" = "$3" ] || ip -n "$(ns "$2")" link set "$name" netns "$(ns "$3")" || return
	ip -n "$(ns "$3")" -batch - <<-END || return
	link set $name up mtu 1400
	addr add 10.9.$1.1/24 dev $name
	END
	in_ns "$3" awtun_ctl tunnel-set "$name" ipv4 "${U4[0]}" "10.8.$1.1" df="$4" &&
		in_ns "$3" awtun_ctl sa-add "$name" out 0x1000 suite="$SUITE" \
			keymat="$(random_hex "$(keymat_len "$SUITE")")" &&
		in_ns "$3" awtun_ctl sa-activate "$name" 0x1000
}

# route NS NUMBER DEVICE: the outer packets of a tunnel.
route() {
	ip -n "$(ns "$1")" route add "10.8.$2.0/24" dev "$3"
}

# packets NS NUMBER: so many its SA has carried.
packets() {
	in_ns "$1" awtun_ctl sa-get "tunnel$2" out 0x1000 packets
}

lost() {
	in_ns "$1" awtun_ctl stats "tunnel$2" tx_no_route
}

# For whatever reason: a circle may also end because packets become too big.
dropped() {
	in_ns "$1" awtun_ctl stats "tunnel$2" | awk '{ n += $2 } END { print n }'
}

# say NS NUMBER SIZE: one packet into a tunnel, which nobody answers.
say() {
	in_ns "$1" ping -c 1 -W 0.1 -M dont -s "$3" "10.9.$2.2" >/dev/null
	return 0
}

# One in the other in the next: the innermost packet leaves by the last.
nested() {
	local i
	router n || return
	for ((i = 0; i < NESTED; i++)); do
		tunnel "$i" n n clear || return
		[ "$i" = 0 ] || route n $((i - 1)) "tunnel$i" || return
	done
	route n $((NESTED - 1)) under && say n 0 56 || return
	for ((i = 0; i < NESTED; i++)); do
		echo "tunnel$i: $(packets n "$i") sent, $(lost n "$i") lost"
		[ "$(packets n "$i")" = 1 ] && [ "$(lost n "$i")" = 0 ] || return
	done
}

# Packets leave the stack in a queue of the tunnel's.
queued() {
	in_ns "$1" tc qdisc replace dev "$2" root pfifo limit 100
}

# around A B DF SIZE: tunnel0 of A is carried by tunnel1 of B, and that one by
# tunnel0 of A.
around() {
	local a=$1 b=$2 df=$3 size=$4
	say "$a" 0 "$size"
	echo "sent: $(packets "$a" 0) $(packets "$b" 1)" \
		"lost: $(lost "$a" 0) $(lost "$b" 1)"
	[ "$(lost "$a" 0)" -gt 0 ] || [ "$(lost "$b" 1)" -gt 0 ]
}

# circle_with_queue DF: there is no stack to nest on.
circle_with_queue() {
	local n=q$1
	router "$n" && tunnel 0 "$n" "$n" "$1" && tunnel 1 "$n" "$n" "$1" &&
		queued "$n" tunnel0 && queued "$n" tunnel1 &&
		route "$n" 0 tunnel1 && route "$n" 1 tunnel0 || return
	ends "$n" 1300 1 && echo "dropped: $(dropped "$n" 0) $(dropped "$n" 1)" &&
		[ $(($(dropped "$n" 0) + $(dropped "$n" 1))) -gt 0 ]
}

circle_here() {
	router "h$1" && tunnel 0 "h$1" "h$1" "$1" && tunnel 1 "h$1" "h$1" "$1" &&
		route "h$1" 0 tunnel1 && route "h$1" 1 tunnel0 &&
		around "h$1" "h$1" "$1" 56 && around "h$1" "h$1" "$1" 1300
}

# Each lives where the other one's outer packets go.
circle_through_two() {
	local a=a$1 b=b$1
	router "$a" && router "$b" && tunnel 0 "$b" "$a" "$1" &&
		tunnel 1 "$a" "$b" "$1" && route "$b" 0 tunnel1 &&
		route "$a" 1 tunnel0 && around "$a" "$b" "$1" 56 &&
		around "$a" "$b" "$1" 1300
}

# A router whose underlay is a cable that ends in itself: what it sends to
# 10.8.0.0/16 comes in again, and is forwarded by a table of its own.
looped_router() {
	local ns mac=02:00:00:00:00:02 setting
	ns=$(ns "$1")
	ns_add "$1" && ip -n "$ns" link add under type veth \
		peer name again address "$mac" || return
	for setting in ip_forward=1 conf.all.accept_local=1 conf.again.accept_local=1 \
		conf.all.rp_filter=0 conf.again.rp_filter=0; do
		in_ns "$1" sysctl -qw "net.ipv4.$setting" || return
	done
	ip -n "$ns" -batch - <<-END
	link set under up
	link set again up
	addr add ${U4[0]}/24 dev under
	neigh add 10.1.1.250 lladdr $mac dev under nud permanent
	route add 10.8.0.0/16 via 10.1.1.250 dev under onlink
	rule add iif again lookup 100
	END
}

# settled NS NUMBER: what its SA has carried once that grows no more.
settled() {
	local before=-1 now
	now=$(packets "$1" "$2")
	while [ "$now" != "$before" ] && [ "$now" -le 20000 ]; do
		before=$now
		sleep 0.3
		now=$(packets "$1" "$2")
	done
	echo "$now"
}

# ends NS SIZE AT-LEAST: packets go round, so often at least, and come to an end:
# after 64 rounds the TTL of each is used up.
ends() {
	local sent
	say "$1" 0 56
	say "$1" 0 "$2"
	sent=$(settled "$1" 0)
	echo "sent: $sent"
	[ "$sent" -ge "$3" ] && [ "$sent" -le 2000 ]
}

# Its own packet is not wrapped again.
circle_of_one() {
	local n=one$1 sent
	looped_router "$n" && tunnel 0 "$n" "$n" "$1" &&
		ip -n "$(ns "$n")" link set tunnel0 mtu 9000 &&
		ip -n "$(ns "$n")" route add default dev tunnel0 table 100 || return
	say "$n" 0 1000
	say "$n" 0 3000
	sent=$(settled "$n" 0)
	echo "sent: $sent lost: $(lost "$n" 0)"
	[ "$sent" -gt 0 ] && [ "$sent" -le 16 ] && [ "$(lost "$n" 0)" -gt 0 ]
}

# Each is carried by the other.
circle_of_two() {
	local n=two$1
	looped_router "$n" && tunnel 0 "$n" "$n" "$1" && tunnel 1 "$n" "$n" "$1" &&
		ip -n "$(ns "$n")" -batch - <<-END || return
		route add 10.8.0.0/24 dev tunnel1 table 100
		route add 10.8.1.0/24 dev tunnel0 table 100
		END
	ends "$n" 1000 1
}

# A foreign tunnel carries ours, and ours carries it.
circle_with_gre() {
	local n=gre$1
	looped_router "$n" && tunnel 0 "$n" "$n" "$1" &&
		ip -n "$(ns "$n")" link add gre1 type gre local "${U4[0]}" \
			remote 10.8.1.1 ttl inherit &&
		ip -n "$(ns "$n")" -batch - <<-END || return
		link set gre1 up
		route add 10.8.0.0/24 dev gre1 table 100
		route add 10.8.1.0/24 dev tunnel0 table 100
		END
	ends "$n" 1000 3
}

has_gre() {
	ip -n "$(ns gre)" link add gre1 type gre local 10.0.0.1 remote 10.0.0.2
}

ktap_begin
log_mark
ns_add gre
has_gre 2>/dev/null && gre=yes
check "$NESTED tunnels in one another carry" nested
for df in copy set clear; do
	check "a circle in one namespace, df $df" circle_here $df
	check "a circle with queues, df $df" circle_with_queue $df
	check "a circle through two namespaces, df $df" circle_through_two $df
	check "a circle of one through the network, df $df" circle_of_one $df
	check "a circle of two through the network, df $df" circle_of_two $df
	if [ "${gre-}" ]; then
		check "a circle with GRE through the network, df $df" \
			circle_with_gre $df
	else
		skip "a circle with GRE through the network, df $df" "no GRE"
	fi
done
check "the kernel has nothing to report" kernel_log_clean
ktap_end
