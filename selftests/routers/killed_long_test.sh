#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 2400
#
# awiked is killed KILLS (500) times in the middle of applying, saving and making
# keys: what it has stored is whole every time, the old or the new, and it comes back
# with that.
. "$(dirname "$0")/lib.sh"

needs jq openssl

readonly KILLS=${KILLS:-500}
RANDOM=${SEED:-1}

# version N: a configuration that is whole when it has all of its tunnels.
version() {
	local i
	for ((i = 0; i < 8; i++)); do
		printf '%s\n' "interface tunnel$i" " description version $1" " mtu $((1300 + $1))"
	done
	for ((i = 0; i < 8; i++)); do echo "crypto isakmp key version$1-$i address 192.0.2.$i"; done
}

# For as long as the daemon answers: the other version, saved, and a new key pair.
work_on() {
	local i
	for ((i = 0; ; i++)); do
		version $((i % 2)) >"$work/version"
		cli a --yes configure replace "$work/version" && cli a write &&
			type_lines a <<-END || return
			crypto pki trustpoint t
			enrollment terminal
			subject-name /CN=r1.example.com
			eckeypair k$1-$i
			do crypto pki enroll t
			END
	done
}

# whole_config: what is stored is one version, and nothing but that.
whole_config() {
	local file=$work/a/startup-config v
	[ -e "$file" ] || return 0
	[ "$(stat -c %a "$file")" = 600 ] && cli a -C "$file" || return
	v=$(sed -n 's/^ description version //p' "$file" | sort -u)
	[ "$(grep -c "^ description version $v$" "$file")" = 8 ] &&
		[ "$(grep -c "^crypto isakmp key version$v-" "$file")" = 8 ]
}

whole_keys() {
	local file
	for file in "$work"/a/pki/keys/*.pem; do
		[ -e "$file" ] || continue
		[ "$(stat -c %a "$file")" = 600 ] && openssl pkey -in "$file" -noout || return
	done
}

# The running configuration is the stored one.
came_back() {
	cli a show running-config | sed 's/^crypto isakmp key [^ ]*/crypto isakmp key ********/' >"$work/runs"
	cli a show startup-config | diff "$work/runs" -
}

kill_once() { # NUMBER
	local job
	daemon_start a >"$work/daemon.log" 2>&1 || {
		cat "$work/daemon.log"
		return 1
	}
	came_back || return
	work_on "$1" >/dev/null 2>&1 &
	job=$!
	sleep "$(printf '0.%03d' $((RANDOM % 1000)))"
	not daemon_stop a KILL 2>/dev/null || return
	wait "$job"
	whole_config && whole_keys
}

kill_all() {
	local i
	for ((i = 1; i <= KILLS; i++)); do
		kill_once "$i" || {
			echo "kill $i"
			return 1
		}
	done
	echo "$(find "$work/a/pki/keys" -name '*.pem' | wc -l) keys, $(grep -c . "$work/a/startup-config") lines"
}

ktap_begin
check "the routers come up" routers_up
check "$KILLS kills leave whole files, and awiked comes back with them" kill_all
check "awiked starts" daemon_start a
check "with what is stored" came_back
check "awiked ends with status 0" daemon_stop a
ktap_end
