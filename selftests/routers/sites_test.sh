#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 60
#
# Three sites behind one NAT, so that the hub sees one address: the hub has a tunnel to
# that address for one of them, and tunnels to wherever they come from for the other
# two, each with an ISAKMP profile and a key of its own. Who is who, only IKE_AUTH tells.
#
#   router-a, router-c, router-d ---- nat (masquerade) ---- router-b, the hub
. "$(dirname "$0")/lib.sh"

needs jq nft

readonly OUTSIDE=10.2.2.254
declare -A SITE=([a]=1 [c]=2 [d]=3) GROUP=([a]=14 [c]=19 [d]=31) \
	CIPHER=([a]="aes256 group 14" [c]="aes128 group 19" [d]="aes256 group 31")

network_up() {
	local side
	ns_add nat router-b || return
	nat_link b "${WAN4[b]}" right "$OUTSIDE" || return
	for side in a c d; do
		ns_add "router-$side" &&
			nat_link "$side" "10.1.${SITE[$side]}.1" "site-$side" "10.1.${SITE[$side]}.254" &&
			ip -n "$(ns "router-$side")" route add default via "10.1.${SITE[$side]}.254" || return
	done
	in_ns nat sysctl -qw net.ipv4.ip_forward=1
	in_ns nat nft -f - <<-END
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oifname right masquerade
		}
	}
	END
}

# The site takes part by a name, since its address is the same as that of the others.
site_configure() { # SIDE
	local side=$1
	type_lines "$side" <<-END
	crypto isakmp profile own
	transform 1 integrity sha256 encryption ${CIPHER[$side]}
	exit
	crypto isakmp key key-of-$side address ${WAN4[b]}
	crypto isakmp peer address ${WAN4[b]} profile own
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source 10.1.${SITE[$side]}.1
	tunnel destination ${WAN4[b]}
	tunnel local name site-$side.example.com
	tunnel protection ipsec
	ip address 192.168.254.$((4 * ${SITE[$side]} + 1))/30
	END
}

hub_configure() {
	local side
	for side in a c d; do
		type_lines b <<-END || return
		crypto isakmp profile of-$side
		transform 1 integrity sha256 encryption ${CIPHER[$side]}
		exit
		crypto isakmp key key-of-$side hostname site-$side.example.com
		crypto isakmp peer hostname site-$side.example.com profile of-$side
		interface tunnel${SITE[$side]}
		tunnel mode ipsec ipv4
		tunnel source ${WAN4[b]}
		tunnel destination $([ "$side" = a ] && echo "$OUTSIDE" || echo dynamic)
		tunnel remote name site-$side.example.com
		tunnel protection ipsec
		ip address 192.168.254.$((4 * ${SITE[$side]} + 2))/30
		END
	done
}

# Each IKE SA has the group of its own profile.
all_up() {
	local side
	cli_json b '.sas | length == 3 and all(.state == "Established")' show isakmp sa >/dev/null &&
		cli_json b '.sas | length == 3 and all(.state == "Installed")' show ipsec sa >/dev/null || return
	for side in a c d; do
		cli_json b ".sas | map(select(.tunnel == \"tunnel${SITE[$side]}\")) | .[0].group == ${GROUP[$side]}" \
			show isakmp sa >/dev/null && up "$side" || return
	done
}

ping_all() {
	local side
	for side in a c d; do
		in_ns "router-$side" ping -q -c 3 -i 0.2 -W 5 "192.168.254.$((4 * ${SITE[$side]} + 2))" &&
			in_ns router-b ping -q -c 3 -i 0.2 -W 5 "192.168.254.$((4 * ${SITE[$side]} + 1))" || return
	done
}

rekey_all() {
	local side
	for side in a c d; do
		cli "$side" rekey isakmp sa tunnel0 && cli b rekey ipsec sa "tunnel${SITE[$side]}" || return
	done
}

ktap_begin
check "the hub, the sites and the NAT come up" network_up
for side in b a c d; do check "awiked starts on $side" daemon_start "$side"; done
check "the hub is configured" hub_configure
for side in d a c; do check "site $side is configured" site_configure "$side"; done
check "the tunnels come up, each by its profile" wait_for 90 all_up
check "each carries traffic both ways" ping_all
check "they are rekeyed by either end" rekey_all
check "and are at rest" wait_for 30 all_up
check "each carries traffic both ways" ping_all
check "awiked on the hub is killed" not daemon_stop b KILL
check "and starts again" daemon_start b
check "it has the configuration again" hub_configure
check "the tunnels come up again" wait_for 240 all_up
check "each carries traffic both ways" wait_for 30 ping_all
for side in a b c d; do check "awiked on $side ends with status 0" daemon_stop "$side"; done
ktap_end
