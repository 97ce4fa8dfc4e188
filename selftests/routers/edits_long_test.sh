#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 900
#
# EDITS (200) random changes of router A's configuration, SEED says which, while
# tunnel0 carries twenty pings a second: it is not concerned, loses none and keeps
# its SAs. tunnel1, which leads to router B as well, is changed at both ends, and is
# up at the end; tunnel2 and tunnel3 come and go.
. "$(dirname "$0")/lib.sh"

needs jq

readonly EDITS=${EDITS:-200}
RANDOM=${SEED:-1}

# tunnel1 SIDE: over IPv6.
tunnel1() {
	local o=${OTHER[$1]}
	type_lines "$1" <<-END
	crypto isakmp key ouR4ecret address ${WAN6[$o]}
	crypto ipsec profile other
	transform 1 protocol esp integrity sha1 encryption aes128
	exit
	interface tunnel1
	tunnel mode ipsec ipv6
	tunnel source ${WAN6[$1]}
	tunnel destination ${WAN6[$o]}
	tunnel protection ipsec
	ipv6 enable
	END
}

pick() { # WORD...
	local -a words=("$@")
	echo "${words[$((RANDOM % $#))]}"
}

# A line for the interface, or for the whole configuration.
edit() {
	local n=$1
	pick "description number $RANDOM" "no description" "mtu $((1280 + RANDOM % 200))" "no mtu" shutdown \
		"no shutdown" "tunnel ttl $((1 + RANDOM % 255))" "tunnel df $(pick set clear copy)" \
		"tunnel dscp $((RANDOM % 64))" "no tunnel dscp" "ip tcp adjust-mss $(pick pmtu 1200)" \
		"ip address 10.99.$n.$((1 + RANDOM % 200))/24" "no ip address" \
		"tunnel protection ipsec profile other" "tunnel protection ipsec" \
		"tunnel remote selector $((1 + RANDOM % 3)) 172.31.$((RANDOM % 9)).0/24" "no tunnel remote selector" \
		"ip route 172.30.$((RANDOM % 9)).0/24 tunnel$n" "no interface tunnel$n" \
		"crypto isakmp key k$RANDOM address 192.0.2.$n" "tunnel source ${WAN4[a]}" \
		"tunnel destination 192.0.2.$n" "tunnel mode ipsec ipv4" "tunnel local name n$RANDOM"
}

# Of tunnel1 those that the other end has not to follow.
edit_live() {
	pick "description number $RANDOM" "mtu $((1280 + RANDOM % 200))" shutdown "no shutdown" "tunnel df set" \
		"tunnel ttl 9" "no tunnel ttl" "ip address 10.99.1.$((1 + RANDOM % 200))/24" "no ip address" \
		"tunnel protection ipsec profile other" "tunnel protection ipsec"
}

# Some are refused, and change nothing: that is right as well.
edits() {
	local i n line taken=0
	for ((i = 0; i < EDITS; i++)); do
		n=$((1 + RANDOM % 3))
		if [ "$n" = 1 ]; then line=$(edit_live); else line=$(edit "$n"); fi
		if type_lines a <<<"interface tunnel$n"$'\n'"$line" >"$work/said" 2>&1; then
			taken=$((taken + 1))
		fi
		same_sas || {
			echo "edit $i: tunnel$n: $line"
			return 1
		}
	done
	echo "$taken of $EDITS were taken"
	[ "$taken" -ge $((EDITS / 2)) ]
}

names() {
	cli_json a '.sas[] | select(.tunnel == "tunnel0") | .inbound_spi + .outbound_spi' show ipsec sa tunnel0
}

same_sas() { [ "$(names)" = "$sas" ]; }

all_up() {
	local side
	for side in a b; do
		cli_json "$side" '[.sas[] | select(.state == "Installed") | .tunnel] | sort |
			. == ["tunnel0", "tunnel1"]' show ipsec sa || return
	done
}

at_the_end() {
	type_lines a <<<$'interface tunnel1\nno shutdown\ntunnel protection ipsec'
	wait_for 60 all_up
}

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
check "awiked starts on B" daemon_start b
for side in a b; do
	check "tunnel0 on ${side^^}" seed_ipv4 $side
	check "tunnel1 on ${side^^}" tunnel1 $side
done
check "both come up" wait_for 60 all_up
check "ping through tunnel0" wait_for 20 ping_lan a 4
sas=$(names)
check "pings begin" pings_start
drops a >"$work/a/drops"
check "$EDITS edits of the others leave its SAs alone" edits
check "no ping was lost" pings_stop
check "router A dropped no packet of tunnel0" lost_nothing a
check "tunnel1 is up again" at_the_end
check "it is still the same tunnel0" same_sas
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
ktap_end
