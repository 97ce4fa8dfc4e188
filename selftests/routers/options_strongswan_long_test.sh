#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 120
#
# strongSwan on router B: perfect forward secrecy by every group, and a group that
# the peer will not have; extended sequence numbers, and none.
. "$(dirname "$0")/lib.sh"

needs jq swanctl
[ -x /usr/lib/ipsec/charon ] || skip_all "no /usr/lib/ipsec/charon"

# Our number, strongSwan's word, and what it prints.
readonly PFS_GROUPS=(
	"2 modp1024 MODP_1024"
	"5 modp1536 MODP_1536"
	"14 modp2048 MODP_2048"
	"15 modp3072 MODP_3072"
	"16 modp4096 MODP_4096"
	"18 modp8192 MODP_8192"
)

tunnel_up() { up a && charon_up; }

traffic() { ping_lan a 4 && ping_lan b 4; }

pfs() { # GROUP
	type_lines a <<-END
	crypto ipsec profile secret
	lifetime seconds 3600
	transform 1 protocol esp integrity sha256 encryption aes256
	pfs $1
	interface tunnel0
	tunnel protection ipsec profile secret
	END
}

pfs_off() {
	type_lines a <<-END
	crypto ipsec profile secret
	no pfs
	END
}

# charon_has PATTERN: of its Child SA, the only one.
charon_has() {
	swanctl --list-sas --ike peer >"$work/sas"
	[ "$(grep -c "ESP:" "$work/sas")" = 1 ] && grep -E "INSTALLED.*ESP:.*$1" "$work/sas"
}

inbound_spi() {
	cli_json a '.sas | map(select(.state == "Installed")) | .[0].inbound_spi' show ipsec sa
}

replaced() { # SPI
	local now
	now=$(inbound_spi) && [ "$now" != "$1" ] && tunnel_up
}

# replaced_after COMMAND
replaced_after() {
	local spi
	spi=$(inbound_spi) && $1 && wait_for 60 replaced "$spi"
}

# rekeyed WHO PATTERN: the Child SA, by WHO; strongSwan names the group.
rekeyed() {
	local spi
	spi=$(inbound_spi) || return
	case $1 in
	awiked) cli a rekey ipsec sa tunnel0 ;;
	strongSwan) swanctl --rekey --child net ;;
	esac
	wait_for 60 replaced "$spi" && wait_for 30 charon_has "$2"
}

anew() { # what both are configured for applies from the next SA on
	cli a clear isakmp sa
	wait_for 60 tunnel_up
}

# Router A's group is refused, and that of the IKE SA is not.
other_group_is_taken() {
	cli a rekey ipsec sa tunnel0 &&
		wait_for 30 cli_json a '.sas | any(.state == "Installed" and .pfs_group == 14)' show ipsec sa && traffic
}

# More than was asked is welcome.
unasked_group_is_taken() {
	swanctl --rekey --child net &&
		wait_for 30 cli_json a '.sas | any(.state == "Installed" and .pfs_group == 16)' show ipsec sa && traffic
}

# strongSwan takes neither no PFS nor the group of the IKE SA, so a new IKE SA takes over.
refused_rekey_is_got_over() {
	replaced_after "cli a rekey ipsec sa tunnel0" && traffic &&
		cli_json a '.peers[0].last_failure | .exchange == "CREATE_CHILD_SA" and .refused_by == "peer"' \
			show isakmp peer
}

esn_is() { # true|false
	cli_json a ".sas[0].esn == $1" show ipsec sa
}

xfrm_esn() {
	ip -n "$(ns router-b)" xfrm state | grep -q "flag.* esn"
}

ktap_begin
check "the routers come up" routers_up
check "awiked starts on A" daemon_start a
check "strongSwan starts on B" charon_start
check "router A is configured" seed_ipv4 a

for group in "${PFS_GROUPS[@]}"; do
	read -r number word printed <<<"$group"
	check "group $number: router A has it" pfs "$number"
	check "strongSwan has it" charon_configure 4 "aes256-sha256-$word"
	check "the tunnel comes up" anew
	check "awiked rekeys by it" rekeyed awiked "$printed"
	check "strongSwan rekeys by it" rekeyed strongSwan "$printed"
	check "traffic both ways" traffic
done

check "strongSwan has group 14 and awiked 15" charon_configure 4 aes256-sha256-modp2048
check "router A has it" pfs 15
check "the tunnel comes up" anew
check "a rekey is taken by the IKE SA's group, and traffic goes on" other_group_is_taken
check "strongSwan has group 16 and awiked no PFS" charon_configure 4 aes256-sha256-modp4096
check "router A has none" pfs_off
check "the tunnel comes up" anew
check "strongSwan rekeys by its group" unasked_group_is_taken
check "a rekey of awiked's is refused, and traffic goes on" refused_rekey_is_got_over

check "no PFS, and ESN alone" charon_configure 4 aes256-sha256-esn
check "router A has the default profile" type_lines a <<<$'interface tunnel0\ntunnel protection ipsec'
for who in awiked strongSwan; do
	check "the tunnel comes up" anew
	check "with extended sequence numbers" esn_is true
	check "in XFRM too" xfrm_esn
	check "traffic both ways" traffic
	check "$who rekeys" rekeyed $who ESN
	check "traffic both ways" traffic
done
check "no ESN alone" charon_configure 4 aes256-sha256-noesn
check "the tunnel comes up" anew
check "without extended sequence numbers" esn_is false
check "in XFRM neither" not xfrm_esn
check "traffic both ways" traffic
check "awiked ends with status 0" daemon_stop a
ktap_end
