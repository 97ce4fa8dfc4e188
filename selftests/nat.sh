#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ESP in UDP through a NAT that forgets its mappings under traffic and makes
# others: the peer follows an authentic newest packet, nothing else, and says
# so. Then what a UDP socket gets, and what its end does.
#
#	a ---- n (masquerade) ---- b, and x beside b

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs ping tcpdump nft socat

readonly PORT=4500
# Of another client of the NAT's network, and the NAT's second address.
readonly X4=10.2.2.66 X6=fd00:2::66 N4=10.2.2.253 N6=fd00:2::fd

network() {
	local b
	b=$(ns b)
	routed_underlay a n b && tunnel_up a 0 add && tunnel_up b 1 add &&
		ip -n "$b" -batch - <<-END
		addr add $X4/24 dev under
		addr add $X6/64 dev under nodad
		END
}

# mapping FAMILY FIRST-PORT [ADDRESS]: the NAT maps to one of ten ports, of its
# own address or another; what it had mapped before it knows no more.
mapping() {
	local ports=":$2-$(($2 + 9))" to=masquerade link=right
	[ -z "${3-}" ] || to="snat to $3"
	[ "$1" = ip ] || [ -z "${3-}" ] || to="snat to [$3]"
	[ -n "${3-}" ] || ports=" to $ports"
	in_ns n nft -f - <<-END || return
	table $1 nat
	delete table $1 nat
	table $1 nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oifname $link meta l4proto udp $to$ports
		}
	}
	END
	forget_mappings
}

# With its link a masqueraded connection goes. Addresses of IPv6 would too.
forget_mappings() {
	in_ns n sysctl -qw net.ipv6.conf.right.keep_addr_on_down=1 &&
		ip -n "$(ns n)" link set right down &&
		ip -n "$(ns n)" link set right up
}

# transport NS: a process with the socket, its datagrams in a file of this name.
transport() {
	local port=$PORT
	rm -f "$scratch/$1.socket"
	nsenter --net="/run/netns/$(ns "$1")" awtun_ctl transport "$port" \
		"$2" >"$scratch/$1.socket" 2>&1 &
	pid_of[$1]=$!
	jobs_started+=($!)
	wait_for 10 has_transport "$1"
}
declare -A pid_of

has_transport() {
	in_ns "$1" awtun_ctl transport-dump | grep -q "port=$PORT"
}

watch() {
	nsenter --net="/run/netns/$(ns b)" stdbuf -oL awtun_ctl events \
		>>"$scratch/events" 2>"$scratch/events.log" &
	jobs_started+=($!)
	wait_for 10 grep -q subscribed "$scratch/events.log"
}

# new_sas [OPTION]: b takes the peer to be at a port where nobody is.
new_sas() {
	in_ns a awtun_ctl sa-flush tunnel0
	in_ns b awtun_ctl sa-flush tunnel0
	in_ns a awtun_ctl tunnel-set tunnel0 "$mode" "$outer_a" "$outer_b" &&
		in_ns b awtun_ctl tunnel-set tunnel0 "$mode" "$outer_b" \
			"$nat" &&
		sas a b aes256-gcm16 "out:encap=$PORT:$PORT" "$@" || return
	in_spi=$((number_sas * 16 + 1)) out_spi=$((number_sas * 16 + 2))
}

pings() {
	in_ns a ping -c 1 -W 1 "${T4[1]}" && in_ns a ping -c 1 -W 1 "${T6[1]}"
}

# Where b sends to: "ADDRESS PORT".
remote() {
	echo "$(in_ns b awtun_ctl sa-get tunnel0 out "$out_spi" remote)" \
		"$(in_ns b awtun_ctl sa-get tunnel0 out "$out_spi" \
			encap_remote_port)"
}

remote_is() {
	echo "$(remote), not $*"
	[ "$(remote)" = "$*" ]
}

# Of the ten ports of a mapping: "ADDRESS PORT" where b has seen the last packet
# come from, by what was captured.
seen_from() {
	grep -oE "[0-9a-f.:]+\.[0-9]+ > ${outer_b//./\\.}\.$PORT" \
		"$scratch/$1" | tail -n 1 | sed -E 's/\.([0-9]+) >.*/ \1/'
}

moved_event() {
	local seen
	seen=$(seen_from outside)
	cat "$scratch/events"
	grep -E "^peer-moved ifname=tunnel0 .*src=${seen% *} src_port=${seen#* }( |$)" \
		"$scratch/events"
}

# flow_resumes FIRST-PORT ADDRESS: after the NAT has made a mapping to one of
# ten ports. The capture is of the outside of the NAT.
flow_resumes() {
	wait_for 20 pings || return
	set -- "$1" "$2" "$(remote)"
	echo "$3, not $2, $1 and nine more"
	[ "${3% *}" = "$2" ] && [ "${3#* }" -ge "$1" ] &&
		[ "${3#* }" -le $(($1 + 9)) ] &&
		[ "$3" = "$(seen_from outside)" ]
}

# Traffic was under way when the mapping went, and is afterwards.
under_traffic() {
	local family=$1 first=$2 address=$3 snat=${4-} rc
	: >"$scratch/events"
	start_in a ping -q -i 0.05 -w 30 "${T4[1]}"
	mapping "$family" "$first" "$snat" && flow_resumes "$first" "$address"
	rc=$?
	kill "${jobs_started[-1]}"
	return "$rc"
}

# The inside of the NAT has seen nothing of all that.
inside_is_unchanged() {
	captured inside "$outer_a\.$PORT > $outer_b\.$PORT" &&
		not_captured inside "$outer_a\.3[0-9]{4} >"
}

counters() {
	in_ns b awtun_ctl stats tunnel0
	in_ns b awtun_ctl sa-get tunnel0 in "$in_spi" packets
	in_ns b awtun_ctl sa-get tunnel0 in "$in_spi" seq
}

# to_socket FROM-PORT ADDRESS: standard input as one datagram to b's socket.
to_socket() {
	local from=$2 to=$outer_b
	[ "$mode" = ipv4 ] || from="[$2]" to="[$outer_b]"
	in_ns b socat -u - "UDP:$to:$PORT,bind=$from:$1"
}

# Taken from the wire by the NAT, so that it does not arrive: in a file.
steal() {
	local family=$1
	in_ns n nft add table "$family" thief || return
	in_ns n nft add chain "$family" thief forward \
		'{ type filter hook forward priority 0; policy drop; }' || return
	in_ns n tcpdump -i left --immediate-mode -c 1 -U -w "$scratch/stolen" \
		"udp dst port $PORT" 2>"$scratch/stolen.log" &
	wait_for 10 grep -q "listening on" "$scratch/stolen.log" || return
	not in_ns a ping -c 1 -W 0.2 "${T4[1]}" && wait $! &&
		in_ns n nft delete table "$family" thief
}

# The payload of the one datagram of a capture file.
stolen() {
	local ip=20
	[ "$mode" = ipv4 ] || ip=40
	tail -c +$((24 + 16 + 14 + ip + 8 + 1)) "$scratch/stolen"
}

rx_packets() {
	in_ns b awtun_ctl sa-get tunnel0 in "$in_spi" packets
}

drops() {
	in_ns b awtun_ctl stats tunnel0 "$1"
}

# An authentic packet that is not the newest is delivered, and moves nobody.
late_moves_nobody() {
	local before there
	steal "$1" && wait_for 10 pings || return
	there=$(remote) before=$(rx_packets)
	stolen | to_socket 5555 "$x" &&
		wait_for 5 test "$(rx_packets)" -gt "$before" &&
		remote_is "$there"
}

replayed_moves_nobody() {
	local before there
	there=$(remote) before=$(drops rx_replay)
	stolen | to_socket 5555 "$x" && wait_for 5 counted rx_replay "$before" &&
		remote_is "$there"
}

counted() {
	[ "$(drops "$1")" = $(($2 + 1)) ]
}

# The next number of the SA and anything behind it.
forged_moves_nobody() {
	local before there seq
	there=$(remote) before=$(drops rx_auth_failed)
	seq=$(in_ns b awtun_ctl sa-get tunnel0 in "$in_spi" seq)
	printf '%b' "$(printf '%08x%08x' "$in_spi" $((seq + 1)) |
		sed 's/../\\x&/g')" >"$scratch/forged"
	head -c 120 /dev/urandom >>"$scratch/forged"
	to_socket 5555 "$x" <"$scratch/forged" &&
		wait_for 5 counted rx_auth_failed "$before" &&
		remote_is "$there" &&
		wait_for 5 grep -q "^auth-failed .*src=$x" "$scratch/events"
}

# A keepalive is nothing; IKE after its marker is the process's.
keepalives_vanish() {
	local before
	before=$(counters)
	printf '\xff' | to_socket 5555 "$x" &&
		printf '\0\0\0\0IKE' | to_socket 5556 "$x" &&
		wait_for 5 grep -q "datagram $x 5556 00000000494b45$" \
			"$scratch/b.socket" &&
		not grep -E "^datagram [^ ]+ 5555 " "$scratch/b.socket" &&
		[ "$(counters)" = "$before" ]
}

# Without leave to follow it is told, and that is all.
stays_without_leave() {
	mapping "$1" 36000 && new_sas && : >"$scratch/events" || return
	local there
	there=$(remote)
	not in_ns a ping -c 3 -i 0.1 -W 0.5 "${T4[1]}" || return
	remote_is "$there" && remote_is "$nat $PORT" &&
		wait_for 5 moved_event
}

process_dies() {
	: >"$scratch/events"
	kill -KILL "${pid_of[b]}" &&
		wait_for 5 grep "^transport-lost .*port=$PORT" "$scratch/events" &&
		not has_transport b &&
		[ "$(in_ns b awtun_ctl sa-dump tunnel0 | wc -l)" = 2 ] &&
		not pings
}

family() {
	local family=$1
	check "$mode: a NAT" mapping "$family" 30000
	check "$mode: sockets" transport a "$outer_a"
	check "$mode: of the peer" transport b "$outer_b"
	check "$mode: SAs" new_sas in:follow
	check "$mode: capture outside" capture n outside right \
		"udp dst port $PORT"
	check "$mode: capture inside" capture n inside left udp
	: >"$scratch/events"
	check "$mode: the peer finds the mapping" flow_resumes 30000 "$nat"
	check "$mode: and tells" wait_for 5 moved_event
	check "$mode: a new port under traffic" \
		under_traffic "$family" 32000 "$nat"
	check "$mode: and the event" wait_for 5 moved_event
	check "$mode: a new address under traffic" \
		under_traffic "$family" 34000 "$nat2" "$nat2"
	check "$mode: and the event" wait_for 5 moved_event
	check "$mode: nothing of that inside" inside_is_unchanged
	check "$mode: a late packet from elsewhere moves nobody" \
		late_moves_nobody "$family"
	check "$mode: a replayed one moves nobody" replayed_moves_nobody
	check "$mode: a forged one moves nobody, and is told" \
		forged_moves_nobody
	check "$mode: keepalives vanish, IKE does not" keepalives_vanish
	check "$mode: no SA without a process" process_dies
	check "$mode: a new process" transport b "$outer_b"
	check "$mode: traffic goes on" wait_for 10 pings
	check "$mode: without leave nobody is followed" \
		stays_without_leave "$family"
}

ktap_begin
ns_add a n b
check "a network with a router" network
ip -n "$(ns n)" addr add $N4/24 dev right
# Not the one that is chosen to masquerade.
ip -n "$(ns n)" addr add $N6/64 dev right nodad preferred_lft 0
check "events" watch
mode=ipv4 outer_a=${V4[0]} outer_b=${V4[1]} nat=${R4[1]} nat2=$N4 x=$X4
family ip
stop_jobs
check "events" watch
mode=ipv6 outer_a=${V6[0]} outer_b=${V6[1]} nat=${R6[1]} nat2=$N6 x=$X6
family ip6
ktap_end
