#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# weight: 60
#
# The service as it is installed: a systemd of its own starts awiked behind all
# its walls, and awiked can still do its work. It writes into /etc and /usr, so
# it runs in the VM alone.
. "$(dirname "$0")/lib.sh"

needs jq nsenter unshare systemctl systemd-sysusers systemd-tmpfiles
in_vm_alone
readonly PACKAGE=$here/../tools/systemd

install_service() {
	install -m 755 "$AWTUN_BIN/awiked" /usr/sbin/awiked &&
		install -D -m 644 "$PACKAGE/awiked.service" /etc/systemd/system/awiked.service &&
		install -D -m 644 "$PACKAGE/sysusers.conf" /usr/lib/sysusers.d/awtun.conf &&
		install -D -m 644 "$PACKAGE/tmpfiles.conf" /usr/lib/tmpfiles.d/awtun.conf &&
		systemd-sysusers awtun.conf && systemd-tmpfiles --create awtun.conf &&
		ip addr add 10.1.1.1/8 dev lo &&
		ln -sf /dev/null /etc/systemd/system/systemd-tmpfiles-setup.service && # it empties /tmp
		printf '[Unit]\nWants=awiked.service\n' >/etc/systemd/system/awiked-alone.target
}

systemd_start() {
	# It would hang up the console, which is this test's too.
	container="test" unshare --mount --pid --fork --mount-proc --kill-child sh -c \
		'mount --bind /dev/null /dev/console && exec /lib/systemd/systemd --unit=awiked-alone.target' \
		>"$work/systemd" 2>&1 &
	jobs_started+=($!)
	wait_for 60 pidof -s systemd
}

control() {
	nsenter --target "$(pgrep -o -x systemd)" --pid --mount systemctl --no-pager "$@"
}

is_so() { # FIELD VALUE
	has_status "$(pidof -s awiked)" "$@"
}

# sees DIRECTORY ro|rw: how awiked has it mounted.
sees() {
	awk -v at="$1" -v how="$2" '$5 == at { found = $6 ~ "^" how "(,|$)" } END { exit !found }' \
		"/proc/$(pidof -s awiked)/mountinfo"
}

configure() {
	"$AWTUN_BIN/awcli" -f - <<-END
	configure terminal
	crypto isakmp key ouR4ecret address 10.2.2.2
	interface tunnel0
	tunnel mode ipsec ipv4
	tunnel source 10.1.1.1
	tunnel destination 10.2.2.2
	tunnel protection ipsec
	ip address 192.168.254.1/30
	exit
	ip route 192.168.20.0/24 tunnel0
	end
	copy running-config startup-config
	END
}

asks_its_peer() {
	"$AWTUN_BIN/awcli" --json show isakmp counters | jq -e '.counters.messages_sent > 0' >/dev/null
}

# By a tunnel that waits for its peer.
routed() {
	"$AWTUN_BIN/awcli" --json show routes static |
		jq -e '.routes | length == 1 and .[0].reason == "tunnel0 is down"' >/dev/null
}

# killed_often: as often as systemd's own limit would no longer start it.
killed_often() {
	local round before
	for round in 1 2 3 4 5 6; do
		before=$(pidof -s awiked) && kill -KILL "$before" &&
			wait_for 30 another_than "$before" || return
	done
}

another_than() {
	local now
	now=$(pidof -s awiked) && [ "$now" != "$1" ]
}

ktap_begin
check "the service is installed" install_service
check "systemd starts" systemd_start
check "with awiked" wait_for 120 control --quiet is-active awiked
check "which is the user awtun" is_so Uid "$(id -u awtun)"
check "with two capabilities" is_so CapEff "$TWO_CAPABILITIES"
check "and no more to gain" is_so CapBnd "$TWO_CAPABILITIES"
check "behind a filter of system calls" is_so Seccomp 2
check "it can write nowhere" sees / ro
check "but to its configuration" sees /etc/awtun rw
check "and its state" sees /var/lib/awtun rw
check "it takes a configuration and saves it" wait_for 20 configure
check "in a file of its own" test "$(stat -c '%U %a' /etc/awtun/startup-config)" = "awtun 600"
check "it has made the interface, its address and the route" routed
check "and asks its peer" wait_for 20 asks_its_peer
check "its trustpoints are read anew on reload" control reload awiked
check "it still serves" "$AWTUN_BIN/awcli" show isakmp sa
check "the kernel ends others first" test "$(cat "/proc/$(pidof -s awiked)/oom_score_adj")" = -900
check "however often it dies, it is started again" killed_often
check "and serves" wait_for 20 "$AWTUN_BIN/awcli" show isakmp sa
check "it ends when it is told to" control stop awiked
check "without a failure" test "$(control show --value --property Result awiked)" = success
check "and its interface with it" not ip link show dev tunnel0
check "it comes back with what it saved" control start awiked
check "the interface too" wait_for 20 routed
ktap_end
