#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 140
#
# The manual from top to bottom: each of its blocks is typed as it is printed, on
# router A, and its mirror on router B; what it is to bring about is looked up in
# the kernel, in the traffic or in the text. Its section on dead peers, which takes
# its time, is dead_peer_strongswan_test.sh.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificate_chapter.sh"

needs jq openssl

start_over() {
	local side
	for side in a b; do
		[ ! -e "$work/$side" ] || daemon_stop "$side" || return
		rm -rf "${work:?}/$side"
		daemon_start "$side" || return
	done
}

# sa EXPRESSION, child EXPRESSION: of router A's only SA of that kind.
sa() { cli_json a ".sas[0] | $1" show isakmp sa; }
child() { cli_json a ".sas[0] | $1" show ipsec sa; }

# in_kernel EXPRESSION: of tunnel0, as `ip` has it.
in_kernel() {
	ip -n "$(ns router-a)" -j -d addr show dev tunnel0 | jq -e ".[0] | $1"
}

leads_to_tunnel() { # ADDRESS
	ip -n "$(ns router-a)" -j route get "$1" | jq -e '.[0].dev == "tunnel0"'
}

### Basic configuration

has_ipv4_address() {
	in_kernel 'any(.addr_info[]; .local == "192.168.254.1" and .prefixlen == 30)'
}

# ipv6 enable: a link-local address, and only it.
has_link_local_address() {
	in_kernel '.addr_info | length == 1 and .[0].scope == "link" and .[0].family == "inet6"'
}

basic() { # 4|6
	check "awiked starts on both" start_over
	check "IPsec over IPv$1: typed on A" "seed_ipv$1" a
	check "and its mirror on B" "seed_ipv$1" b
	check "the tunnel comes up" wait_for 60 both_up
	check "ping through it" ping_lan a "$1"
}

### Profiles

readonly ISAKMP_TABLE="1 AES256 SHA256 14,2 AES256 SHA256 16,3 AES256 SHA1 14,4 AES256 SHA1 16,5 AES128 SHA256 14,\
6 AES128 SHA256 16,7 AES128 SHA1 14,8 AES128 SHA1 16,9 3DES SHA256 14,10 3DES SHA256 16,11 3DES SHA1 14,12 3DES SHA1 16"
readonly IPSEC_TABLE="1 AES256 SHA256,2 AES256 GCM16,3 AES256 GCM8,4 AES256 SHA1,5 AES128 SHA256,6 AES128 GCM16,\
7 AES128 GCM8,8 AES128 SHA1,9 3DES SHA256,10 3DES SHA1"

default_isakmp_profile() {
	cli_json a '.profiles[] | select(.name == "default") | .version == 2 and .lifetime == 86400 and
		.dpd_interval == 30 and .local_authentication == "pre-share" and
		([.transforms[] | "\(.number) \(.encryption) \(.integrity) \(.group)"] | join(",")) == "'"$ISAKMP_TABLE"'" and
		([.transforms[] | select(.supported | not) | .number] == [9, 10, 11, 12])' show isakmp profile
}

default_ipsec_profile() {
	cli_json a '.profiles[] | select(.name == "default") | .lifetime == 28800 and .pfs_group == null and
		([.transforms[] | "\(.number) \(.encryption) \(.integrity)"] | join(",")) == "'"$IPSEC_TABLE"'" and
		all(.transforms[]; .protocol == "ESP") and
		([.transforms[] | select(.supported | not) | .number] == [9, 10])' show ipsec profile
}

# What two routers agree upon by them: the first of each.
defaults_in_use() {
	sa '.encryption == "AES256" and .integrity == "SHA256" and .group == 14 and .expires_in <= 86400 and .expires_in > 80000' &&
		child '.encryption == "AES256" and .integrity == "SHA256" and .expires_in <= 28800 and .expires_in > 25000'
}

# The manual names these profiles and leaves open what is in them.
isakmp_profiles() { # SIDE
	type_lines "$1" <<-'END'
	crypto isakmp profile legacy
	transform 1 integrity sha1 encryption aes128 group 5
	crypto isakmp profile legacy-aggr
	transform 1 integrity sha1 encryption aes128 group 2
	crypto isakmp profile myprof
	transform 1 integrity sha512 encryption aes256 group 15
	END
}

profile_of_peer() { # NAME
	cli_json a ".peers[0].profile == \"$1\"" show isakmp peer
}

# in_use ENCRYPTION INTEGRITY GROUP: by an IKE SA that is made anew.
in_use() {
	cli a clear isakmp sa >/dev/null
	wait_for 60 both_up && sa ".encryption == \"$1\" and .integrity == \"$2\" and .group == $3"
}

dynamic_on_a() {
	type_lines a <<-'END'
	no crypto isakmp peer address 10.2.2.2
	crypto isakmp key ouR4ecret hostname router-b
	interface tunnel0
	tunnel destination dynamic
	tunnel remote name router-b
	END
	type_lines b <<-'END'
	interface tunnel0
	tunnel local name router-b
	END
}

# On B, whose text the manual does not print.
peer_on_b() { # PROFILE
	type_lines b <<<"crypto isakmp peer address 10.1.1.1 profile $1"
}

ipsec_profile_legacy() {
	type_lines "$1" <<-'END'
	awplus(config)# crypto ipsec profile legacy
	awplus(config-ipsec-profile)# lifetime seconds 3600
	awplus(config-ipsec-profile)# transform 1 protocol esp integrity sha1 encryption aes128
	END
}

ipsec_profile_shortlife() {
	type_lines "$1" <<-'END'
	awplus(config)# crypto ipsec profile shortlife
	awplus(config-ipsec-profile)# lifetime seconds 3600
	awplus(config-ipsec-profile)# transform 1 protocol esp integrity sha256 encryption aes256
	awplus(config-ipsec-profile)# transform 2 protocol esp integrity sha256 encryption aes128
	END
}

protected_by() { # SIDE PROFILE
	type_lines "$1" <<-END
	awplus(config)# interface tunnel0
	awplus(config-if)# tunnel protection ipsec profile $2
	END
}

# child_is ENCRYPTION INTEGRITY: for an hour at the most. A changed profile applies
# from the next SA on.
child_is() {
	child ".state == \"Installed\" and .encryption == \"$1\" and .integrity == \"$2\" and .expires_in <= 3600"
}

### What there is to see

# text_of WORD...: at most 80 columns, every line.
text_of() {
	cli a show "$@" | tee "$work/view" && [ -s "$work/view" ] && ! grep -nE '.{81}' "$work/view" &&
		cli a --json show "$@" | jq -e .schema >/dev/null
}

shows() { # VIEW PATTERN...
	local pattern view=$1
	shift
	# shellcheck disable=SC2086 # words
	text_of $view || return
	for pattern; do grep -q -- "$pattern" "$work/view" || { echo "no $pattern"; return 1; }; done
}

ktap_begin
check "the routers come up" routers_up

basic 4
check "tunnel0 has the address" has_ipv4_address
check "the route leads into it" leads_to_tunnel 192.168.20.2
basic 6
check "tunnel0 has a link-local address, and only it" has_link_local_address
check "the route leads into it" leads_to_tunnel 2001:db8:10:20::2

check "awiked starts on both" start_over
check "a CA outside" ca root /C=JP/O=EXAMPLE/CN=SampleRootCA
for side in a b; do
	check "certificates: the trustpoint on ${side^^}" trustpoint_made $side
	check "its CA is accepted, as printed" authenticated $side
	check "the request is printed" request $side
	check "the CA signs it" sign $side "$work/$side.pem"
	check "the server certificate is imported, as printed" imported $side "$work/$side.pem"
	check "the tunnel is configured" vpn_configured $side
done
check "the tunnel comes up" wait_for 90 both_up
check "by certificates" profile_of_peer cert_vpn
check "ping through it" ping_lan a 4

basic 4
check "the default ISAKMP profile is the manual's table" default_isakmp_profile
check "the default IPsec profile is the manual's table" default_ipsec_profile
check "their first transforms and lifetimes are in use" defaults_in_use

check "custom ISAKMP profiles on A" isakmp_profiles a
check "and on B" isakmp_profiles b
check "for a peer by its address" type_lines a \
	<<<"awplus(config)# crypto isakmp peer address 10.2.2.2 profile legacy"
check "on B too" peer_on_b legacy
check "it is the peer's" profile_of_peer legacy
check "and in use" in_use AES128 SHA1 5
check "router A takes router B from any address" dynamic_on_a
check "for dynamic peers" type_lines a <<<"awplus(config)# crypto isakmp peer dynamic profile legacy-aggr"
check "on B too" peer_on_b legacy-aggr
check "it is the peer's" profile_of_peer legacy-aggr
check "and in use" wait_for 60 in_use AES128 SHA1 2
check "for a tunnel" type_lines a <<<"awplus(config)# crypto isakmp peer policy tunnel0 profile myprof"
check "on B too" peer_on_b myprof
check "it is the peer's" profile_of_peer myprof
check "and in use" wait_for 60 in_use AES256 SHA512 15

basic 4
check "a custom IPsec profile on A" ipsec_profile_legacy a
check "and on B" ipsec_profile_legacy b
check "another on A" ipsec_profile_shortlife a
check "and on B" ipsec_profile_shortlife b
check "legacy protects tunnel0 on A" protected_by a legacy
check "and on B" protected_by b legacy
check "new keys are asked for" cli a rekey ipsec sa tunnel0
check "AES128 and SHA1 are in use" wait_for 60 child_is AES128 SHA1
check "ping through it" wait_for 30 ping_lan a 4
check "shortlife protects tunnel0 on A" protected_by a shortlife
check "and on B" protected_by b shortlife
check "new keys are asked for" cli a rekey ipsec sa tunnel0
check "AES256 and SHA256 are in use" wait_for 60 child_is AES256 SHA256
check "ping through it" wait_for 30 ping_lan a 4
check "at rest" wait_for 60 both_up

check "show isakmp sa" shows "isakmp sa" 10.2.2.2 Established AES256
check "show ipsec sa" shows "ipsec sa" 10.2.2.2 Installed "$(child .inbound_spi | tr -d '"')"
check "show isakmp counters" shows "isakmp counters" .
check "show ipsec counters" shows "ipsec counters" tunnel0
check "show ipsec peer" shows "ipsec peer" 10.2.2.2 Established
check "show ipsec policy" shows "ipsec policy" tunnel0 shortlife
check "show isakmp key" shows "isakmp key" ouR4ecret 10.2.2.2
check "show isakmp profile" shows "isakmp profile" default 3DES
check "show ipsec profile" shows "ipsec profile" default legacy shortlife 3DES
check "show isakmp peer" shows "isakmp peer" 10.2.2.2 default
check "all of it in one, without the key" shows "tech-support" 10.2.2.2 Established shortlife
check "which is in none of it" not grep -q ouR4ecret "$work/view"
check "awiked on A ends with status 0" daemon_stop a
check "awiked on B ends with status 0" daemon_stop b
ktap_end
