#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 90
#
# Every show of the grammar, on a router with a tunnel that works and one that
# does not: its JSON is what its schema says, and its text is that of
# Documentation/screens.md, but for numbers, times and keys. SCREENS=FILE: the
# page as it should be goes there.
. "$(dirname "$0")/lib.sh"

needs jq openssl python3
python3 -c "import jsonschema" 2>/dev/null || skip_all "no python3-jsonschema"

readonly DOCS=$here/../Documentation
PAGE=${SCREENS:-$work/screens.md}

# The other tunnel of router A: its peer, which waits for callers from anywhere,
# has another key.
failing_tunnel() {
	type_lines a <<-'END' && type_lines b <<-'END'
	crypto isakmp key ouR4ecret address 2001:db8:2:2::2
	crypto ipsec profile shortlife
	lifetime seconds 3600
	pfs 14
	transform 1 protocol esp integrity SHA256 encryption AES256
	exit
	interface tunnel1
	description to Osaka, by IPv6
	tunnel mode ipsec ipv6
	tunnel source 2001:db8:1:1::1
	tunnel destination 2001:db8:2:2::2
	tunnel local name tokyo.example.com
	tunnel protection ipsec profile shortlife
	ip address 192.168.253.1/30
	END
	crypto isakmp key another1 hostname tokyo.example.com
	interface tunnel1
	tunnel mode ipsec ipv6
	tunnel source 2001:db8:2:2::2
	tunnel destination dynamic
	tunnel remote name tokyo.example.com
	tunnel protection ipsec
	END
}

# Between two attempts, and long enough for all the screens.
quiet() {
	up_of_two && cli_json a '.peers[1] | .last_failure.reason == "authentication failed" and .retry_in > 12' show isakmp sa
}

up_of_two() {
	cli_json a '.sas | length == 1' show isakmp sa && cli_json a '.sas | length == 1' show ipsec sa
}

# The commands of the table, without what may narrow them.
shows() {
	sed -n "s/^| \`\(show [^\`]*\)\` |.*/\1/p" "$DOCS/commands.md" | LC_ALL=C sort
}

# The view that the daemon answers a command with.
view_of() {
	sed -n "s/^| \`$1\` | \`\([^\`]*\)\` |/\1/p" "$DOCS/commands.md"
}

screen() { # COMMAND
	printf '\n## %s\n\n' "$1"
	if [ "$1" = "show tech-support" ]; then
		echo "All of the above except keys, with the versions of awiked and Linux: to attach to a support request."
	else
		# shellcheck disable=SC2086 # words
		cli a $1 | sed 's/^/    /; s/ *$//'
	fi
}

page() {
	cat <<-'END'
	# Screens

	The output of each `show` on a router with a working tunnel, tunnel0, and one whose peer has another key, tunnel1. With
	`--json` each prints the same as JSON, described in [schemas](schemas). A test generates this page.
	END
	while read -r command; do
		screen "$command" || return
	done < <(shows)
}

page_made() {
	page >"$PAGE"
}

json() { # COMMAND
	# shellcheck disable=SC2086
	cli a --json $1 >"$work/json/$(view_of "$1").json"
}

json_error() { # LABEL WORD...
	local label=$1
	shift
	not cli a --json "$@" 2>"$work/json/error.$label.json"
}

# A counter that is a word.
not_valid() {
	mkdir -p "$work/wrong" && sed 's/"mtu": [0-9]*/"mtu": "much"/' "$work/json/interface.json" >"$work/wrong/interface.json"
	not "$here/routers/validate.py" "$DOCS/schemas" "$work/wrong" 2>"$work/said" && grep -q "'much' is not" "$work/said"
}

json_of_all() {
	mkdir -p "$work/json"
	while read -r command; do
		json "$command" || return
	done < <(shows)
	json_error syntax show nonsense && json_error refusal show interface tunnel9
}

# Without what differs from run to run.
masked() {
	sed -E -e '/^    [A-Za-z0-9+\/=]{40,}$|^    [A-Za-z0-9+\/]+=*$/d' \
		-e 's/([0-9A-F]{8} ){4}[0-9A-F]{8}/F/' -e 's/\b(0x)?[0-9a-f]{8}([0-9a-f]{8})?\b/H/g' \
		-e 's/[A-Z][a-z]{2} +[0-9]+ [0-9:]{8} [0-9]{4} GMT/D/' \
		-e '/^      Driver /s/ [^ ]*$/ D/' \
		-e 's/([0-9]+ d )?[0-9]{2}:[0-9]{2}:[0-9]{2}|([0-9]+ min )?[0-9]+ s\b/T/g' \
		-e 's/\b(packet|byte|time)s?\b/\1s/g' -e 's/[0-9]+/N/g' -e 's/ +/ /g' "$1"
}

as_documented() {
	diff <(masked "$DOCS/screens.md") <(masked "$PAGE")
}

fits() {
	not grep -nE '^    .{81}' "$PAGE"
}

ktap_begin
check_seed_pair
check "a CA is made" ca root /C=JP/O=EXAMPLE/CN=SampleRootCA
check "router A has a certificate of it" enrolled a vpn_trust root ecdsa
check "a second tunnel is configured, and its peer with another key" failing_tunnel
check "the first tunnel comes up" wait_for 60 up_of_two
check "and carries" ping_lan a 4
check "the configuration is saved" cli a copy running-config startup-config
check "a reload waits" cli a reload in 60
check "the second tunnel waits to try again" wait_for 200 quiet
check "the screens are made" page_made
check "they are those of the documentation" as_documented
check "none is wider than 80 columns" fits
check "the table has shows" test "$(shows | wc -l)" -gt 15
check "each comes as JSON too, and so do errors" json_of_all
check "all of it is what the schemas say" "$here/routers/validate.py" "$DOCS/schemas" "$work/json"
check "and not what they do not" not_valid
ktap_end
