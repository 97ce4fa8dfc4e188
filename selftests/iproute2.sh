#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ip link add, set and show of links of kind "tunnel", by the plugin
# link_tunnel.so: in IP_LIB_DIR, or installed.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
needs jq
ip link help tunnel 2>&1 | grep -q mss4 || skip_all "no plugin link_tunnel.so"

a=$(ns a)
readonly ENDS4="mode ipv4 local 10.1.1.1 remote 10.1.1.2"
readonly ENDS6="mode ipv6 local fd00:1::1 remote fd00:1::2"

# What the plugin prints of a link: the rest of the line of its kind.
details() {
	ip -n "$a" -d link show "$1" |
		sed -n 's/^ *tunnel \(mode .*\) addrgenmode.*/\1/p;
			s/^ *tunnel \(mode .*[^ ]\) *$/\1/p' | sed 's/ *$//'
}

# add NAME WORDS...
add() {
	local name=$1
	shift
	ip -n "$a" link add "$name" type tunnel "$@"
}

change() {
	local name=$1
	shift
	ip -n "$a" link set "$name" type tunnel "$@"
}

# shows NAME WORDS: these, all of them, and nothing else.
shows() {
	echo "has \"$(details "$1")\", not \"$2\""
	[ "$(details "$1")" = "$2" ]
}

# What ip says and what generic netlink says are the same.
field() {
	[ "$(in_ns a awtun_ctl tunnel-get "$1" "$2")" = "$3" ]
}

# refuses REASON COMMAND...
refuses() {
	local reason=$1 said
	shift
	said=$("$@" 2>&1) && return 1
	echo "$said"
	grep -q "$reason" <<<"$said"
}

unconfigured() {
	add tunnel9 && [ -z "$(details tunnel9)" ] && field tunnel9 mode unspec
}

json() {
	ip -n "$a" -j -d link show "$1" | tee /dev/stderr |
		jq -e ".[0].linkinfo.info_data == $2"
}

# An interface of the underlay, by name, whatever its number is.
by_link() {
	local index
	index=$(ip -n "$a" -j link show under | jq '.[0].ifindex')
	change tunnel4 link under && field tunnel4 link "$index" &&
		shows tunnel4 "$ENDS4 link under" &&
		change tunnel4 link none && shows tunnel4 "$ENDS4"
}

# each NAME WORDS SHOWN: set, shown, and the same again by the words shown.
each() {
	local name=$1
	# shellcheck disable=SC2086 # lists of words
	change "$name" $2 && shows "$name" "$ENDS4${3:+ $3}" &&
		change "$name" $3 && shows "$name" "$ENDS4${3:+ $3}"
}

# By any address, for there is no word that takes an option away.
without_remote() {
	change tunnel4 remote 0.0.0.0 && field tunnel4 remote "" &&
		shows tunnel4 "mode ipv4 local 10.1.1.1" &&
		change tunnel4 remote 10.1.1.2 && shows tunnel4 "$ENDS4" &&
		add tunnel7 mode ipv6 local fd00:1::1 &&
		shows tunnel7 "mode ipv6 local fd00:1::1"
}

everything() {
	# shellcheck disable=SC2086 # lists of words
	add tunnel5 $ENDS6 $all && shows tunnel5 "$ENDS6 $all" &&
		field tunnel5 remote fd00:1::2 && field tunnel5 fwmark 7 &&
		field tunnel5 dscp 46 && field tunnel5 df set &&
		field tunnel5 mss6 pmtu
}

keeps_the_rest() {
	change tunnel5 ttl 9 && shows tunnel5 "$ENDS6 ${all/ttl 64/ttl 9}"
}

all="fwmark 0x7 ttl 64 dscp 46 df set mss4 1300 mss6 pmtu"

ktap_begin
ns_add a b
underlay a b
check "a link without a word more is not configured" unconfigured
# shellcheck disable=SC2086 # a list of words
check "mode and addresses" add tunnel4 $ENDS4
check "are shown, and nothing that is default" shows tunnel4 "$ENDS4"
check "fwmark" each tunnel4 "fwmark 0xcafe" "fwmark 0xcafe"
check "no fwmark" each tunnel4 "fwmark 0" ""
check "ttl" each tunnel4 "ttl 255" "ttl 255"
check "the route's ttl" each tunnel4 "ttl auto" ""
check "dscp 0 is not that of the inner packet" each tunnel4 "dscp 0" "dscp 0"
check "dscp 63" each tunnel4 "dscp 63" "dscp 63"
check "dscp of the inner packet" each tunnel4 "dscp copy" ""
check "df set" each tunnel4 "df set" "df set"
check "df clear" each tunnel4 "df clear" "df clear"
check "df of the inner packet" each tunnel4 "df copy" ""
check "mss4" each tunnel4 "mss4 536" "mss4 536"
check "mss4 and mss6" each tunnel4 "mss6 pmtu" "mss4 536 mss6 pmtu"
check "no mss" each tunnel4 "mss4 keep mss6 keep" ""
check "link" by_link
check "no remote address" without_remote
check "all of it at once, IPv6" everything
check "a change keeps what it leaves out" keeps_the_rest
check "JSON" json tunnel5 '{ mode: "ipv6", local: "fd00:1::1",
	remote: "fd00:1::2", fwmark: "0x7", ttl: 9, dscp: 46, df: "set",
	mss4: 1300, mss6: "pmtu" }'
check "JSON of defaults" json tunnel4 '{ mode: "ipv4", local: "10.1.1.1",
	remote: "10.1.1.2" }'
check "an unknown word is refused" \
	refuses 'unknown option "colour"' add tunnel6 colour red
check "a missing value is refused" refuses "not complete" add tunnel6 mode
check "an unknown mode is refused" refuses "invalid mode" add tunnel6 mode gre
check "a DSCP of 7 bits is refused" \
	refuses "invalid dscp" change tunnel4 dscp 64
check "a link that is not there is refused" \
	refuses "no such interface" change tunnel4 link nowhere
check "an address of the other family is refused, in the kernel's words" \
	refuses "must have the length" change tunnel4 local fd00:1::1
check "an MSS that is too small, too" refuses "MSS_IPV4 and MSS_IPV6 must be 0 or at least 64" change tunnel4 mss4 63
check "nothing of that has happened" shows tunnel4 "$ENDS4"
ktap_end
