#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For the shell tests, to be sourced: KTAP, namespaces, tunnels and SAs.
# Everything is in network namespaces made here and gone at exit.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$here:$PATH

readonly SKIP=4
# Those of the default IPsec profile.
# shellcheck disable=SC2034 # for those who source this
readonly SUITES="aes256-sha256 aes256-gcm16 aes256-gcm8 aes256-sha1
	aes128-sha256 aes128-gcm16 aes128-gcm8 aes128-sha1"

# Underlay and tunnel addresses, one for each of two routers.
# shellcheck disable=SC2034 # for those who source this
readonly U4=(10.1.1.1 10.1.1.2) U6=(fd00:1::1 fd00:1::2) \
	T4=(192.168.254.1 192.168.254.2) T6=(fd00:254::1 fd00:254::2)
# Underlay addresses with a router between them, and those of the router.
# shellcheck disable=SC2034 # for those who source this
readonly V4=(10.1.1.1 10.2.2.2) V6=(fd00:1::1 fd00:2::2) \
	R4=(10.1.1.254 10.2.2.254) R6=(fd00:1::ff fd00:2::ff)

### KTAP

tests=0 failures=0 output=$(mktemp) scratch=$(mktemp -d)

ktap_begin() {
	echo "TAP version 13"
}

# check NAME COMMAND...: one test; its output is shown when it fails.
check() {
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$output" 2>&1; then
		echo "ok $tests $name"
		return 0
	fi
	failures=$((failures + 1))
	sed 's/^/# /' "$output"
	echo "not ok $tests $name"
	return 1
}

# skip NAME WHY: a test of what not every kernel has.
skip() {
	tests=$((tests + 1))
	echo "ok $tests $1 # SKIP $2"
}

ktap_end() {
	echo "1..$tests"
	echo "# $((tests - failures)) of $tests passed"
	[ "$failures" = 0 ]
	exit
}

skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit $SKIP
}

# needs TOOL...: else, or without the module, everything is skipped.
needs() {
	local tool reason
	for tool in ip modprobe "$@"; do
		command -v "$tool" >/dev/null || skip_all "no $tool"
	done
	reason=$("$here/lib/load.sh") || skip_all "$reason"
}

### Waiting

# wait_for SECONDS COMMAND...: until it succeeds; the last time aloud, so that its
# output says why not. Asked less often the longer it takes: in a VM that is
# emulated, asking takes the time of what is awaited.
wait_for() {
	local end=$((SECONDS + $1)) pause=50
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "the last time waited for: $*"
			"$@"
			return
		fi
		sleep "${pause}e-3"
		[ "$pause" -ge 1000 ] || pause=$((pause * 5 / 4))
	done
}

not() {
	! "$@"
}

### Processes and namespaces of this test, ended and deleted at exit

jobs_started=() namespaces=()

# start COMMAND...: not a function, or its children would outlive it.
start() {
	"$@" >/dev/null 2>&1 &
	jobs_started+=($!)
}

# start_in NAME COMMAND...: the same in a namespace.
start_in() {
	local name
	name=$(ns "$1")
	shift
	start nsenter --net="/run/netns/$name" "$@"
}

# Ends them all; fails when one of them had ended by itself.
stop_jobs() {
	local job status=0
	for job in "${jobs_started[@]}"; do
		kill -0 "$job" 2>/dev/null || status=1
	done
	for job in "${jobs_started[@]}"; do
		kill -KILL "$job" 2>/dev/null
		wait "$job" 2>/dev/null
	done
	jobs_started=()
	return $status
}

# The name of a namespace of this test.
ns() {
	echo "awtun-$$-$1"
}

ns_add() {
	local name
	for name; do
		ip netns add "$(ns "$name")" || return
		namespaces+=("$(ns "$name")")
		ip -n "$(ns "$name")" link set lo up || return
	done
}

ns_del() {
	ip netns del "$(ns "$1")"
}

# in_ns NAME COMMAND...: quicker than "ip netns exec", and without a /sys of the
# namespace.
in_ns() {
	local name=awtun-$$-$1
	shift
	nsenter --net="/run/netns/$name" "$@"
}

cleanup() {
	local name
	stop_jobs
	rm -rf "$output" "$scratch"
	for name in "${namespaces[@]}"; do
		ip netns del "$name" 2>/dev/null
	done
}
trap cleanup EXIT
trap 'exit 1' INT TERM

### Routers

# underlay A B: joined by a veth "under", with the addresses U4 and U6.
underlay() {
	local names=("$@") i
	ip link add under netns "$(ns "$1")" type veth \
		peer name under netns "$(ns "$2")" || return
	for i in 0 1; do
		ip -n "$(ns "${names[$i]}")" -batch - <<-END || return
		link set under up
		addr add ${U4[$i]}/24 dev under
		addr add ${U6[$i]}/64 dev under nodad
		END
	done
}

# routed_underlay A R B: A and B with the router R between them. Theirs are
# "under", with V4 and V6; the router's "left" and "right".
routed_underlay() {
	local names=("$1" "$3") links=(left right) r i
	r=$(ns "$2")
	in_ns "$2" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 || return
	for i in 0 1; do
		ip link add "${links[$i]}" netns "$r" type veth peer \
			name under netns "$(ns "${names[$i]}")" &&
			ip -n "$r" -batch - <<-END || return
			link set ${links[$i]} up
			addr add ${R4[$i]}/24 dev ${links[$i]}
			addr add ${R6[$i]}/64 dev ${links[$i]} nodad
			END
		ip -n "$(ns "${names[$i]}")" -batch - <<-END || return
		link set under up
		addr add ${V4[$i]}/24 dev under
		addr add ${V6[$i]}/64 dev under nodad
		route add default via ${R4[$i]}
		route add default via ${R6[$i]}
		END
	done
}

# tunnel_up NS SIDE [add]: tunnel0, new or not, up with T4 and T6 of this side.
tunnel_up() {
	ip -n "$(ns "$1")" -batch - <<-END
	${3:+link add tunnel0 type tunnel}
	link set tunnel0 up mtu 1400
	addr add ${T4[$2]}/30 dev tunnel0
	addr add ${T6[$2]}/64 dev tunnel0 nodad
	END
}

# tunnel_mode NS SIDE {ipv4|ipv6}: the endpoints of tunnel0.
tunnel_mode() {
	local ends=("${U4[@]}")
	[ "$3" = ipv4 ] || ends=("${U6[@]}")
	in_ns "$1" awtun_ctl tunnel-set tunnel0 "$3" "${ends[$2]}" \
		"${ends[$((1 - $2))]}"
}

# tunnels A B SUITE: tunnel0 in both namespaces, with SAs, ready for traffic.
tunnels() {
	tunnel_up "$1" 0 add && tunnel_up "$2" 1 add && join "$@"
}

# join A B SUITE: tunnel0 of both gets ends and SAs.
join() {
	pair "$1" "$2" ends ipv4 "${U4[@]}" && switch_sas "$1" "$2" "$3" 1
}

# A carrier alone is not enough: the queue opens with the operational state.
tunnel_running() {
	ip -n "$(ns "$1")" link show tunnel0 | grep -q "LOWER_UP" &&
		! ip -n "$(ns "$1")" link show tunnel0 | grep -q "NO-CARRIER"
}

# pair A B COMMAND...: tunnel0 of both; see tunnel_pair.
pair() {
	local a b
	a=$(ns "$1")
	b=$(ns "$2")
	shift 2
	tunnel_pair tunnel0 "$a" "$b" "$@"
}

# switch_sas A B SUITE COUNT: random SAs between tunnel0 of both, COUNT times.
switch_sas() {
	pair "$1" "$2" switch "$3" "$4"
}

# sas A B SUITE [{in|out}:OPTION...]: one SA each way between tunnel0 of both,
# with random keys and these options of sa-add; the SPIs are number_sas times
# 0x10, from A to B plus 1 and back plus 2.
number_sas=0x100
sas() {
	local a=$1 b=$2 suite=$3 option keys spi inbound=() outbound=()
	shift 3
	for option; do
		case $option in
		in:*) inbound+=("${option#in:}") ;;
		out:*) outbound+=("${option#out:}") ;;
		esac
	done
	number_sas=$((number_sas + 1))
	spi=$((number_sas * 16))
	keys=("$(random_hex "$(keymat_len "$suite")")"
		"$(random_hex "$(keymat_len "$suite")")")
	sa_add "$b" in $((spi + 1)) "$suite" "${keys[0]}" "${inbound[@]}" &&
		sa_add "$a" in $((spi + 2)) "$suite" "${keys[1]}" "${inbound[@]}" &&
		sa_add "$a" out $((spi + 1)) "$suite" "${keys[0]}" "${outbound[@]}" &&
		sa_add "$b" out $((spi + 2)) "$suite" "${keys[1]}" "${outbound[@]}" &&
		in_ns "$a" awtun_ctl sa-activate tunnel0 $((spi + 1)) &&
		in_ns "$b" awtun_ctl sa-activate tunnel0 $((spi + 2))
}

# sa_add NS {in|out} SPI SUITE KEYMAT [OPTION...]
sa_add() {
	local name=$1 dir=$2 spi=$3 suite=$4 keymat=$5
	shift 5
	in_ns "$name" awtun_ctl sa-add tunnel0 "$dir" "$spi" suite="$suite" \
		keymat="$keymat" "$@"
}

# The sum of all drop counters of tunnel0 is 0; else they are printed.
no_drops() {
	in_ns "$1" awtun_ctl stats tunnel0 | awk -v name="$1" \
		'$2 != 0 { print name ": " $0; bad = 1 } END { exit bad || !NR }'
}

# inner_mtu SUITE {ipv4|ipv6} [LINK-MTU [udp]]: the largest inner packet on a
# link of 1500 octets, or another.
inner_mtu() {
	local _ iv icv block outer=20
	read -r _ iv icv block < <(awtun_ctl suite "$1")
	[ "$2" = ipv4 ] || outer=40
	[ "${4-}" != udp ] || outer=$((outer + 8))
	echo $(((${3:-1500} - outer - 8 - iv - icv) / block * block - 2))
}

# Octets of key material of a suite, as sa-add keymat= wants them.
keymat_len() {
	awtun_ctl suite "$1" | cut -d ' ' -f 1
}

random_hex() {
	od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'
}

### Captures

# capture NS FILE IFNAME [FILTER...]: what tcpdump -v says goes to FILE in
# $scratch, from now on. The ring holds few packets unless they are cut short.
capture() {
	local name file=$scratch/$2
	name=$(ns "$1")
	shift 2
	nsenter --net="/run/netns/$name" tcpdump -nnvl -s 200 --immediate-mode -i "$@" \
		>"$file" 2>"$file.log" &
	jobs_started+=($!)
	wait_for 20 grep -q "listening on" "$file.log"
}

# captured FILE PATTERN: it has been, or will be soon.
captured() {
	wait_for 10 grep -qE "$2" "$scratch/$1" || {
		cat "$scratch/$1"
		return 1
	}
}

# not_captured FILE PATTERN
not_captured() {
	! grep -E "$2" "$scratch/$1"
}

### Traffic between the tunnels of a and b, until stop_jobs

# A stream each way; it minds no loss.
tcp_flow() {
	start_in b iperf3 --server --one-off
	wait_for 20 listening
	start_in a iperf3 --client "${T4[1]}" --time 86400 --bidir
}

listening() {
	in_ns b ss -tln | grep -q :5201
}

# Every datagram of this one is waited for: a lost one ends it with a failure.
udp_flow() {
	start udp_sizes -l "$(ns a)" "${T6[0]}" "$(ns b)" "${T6[1]}" \
		0 1200 17
}

# Bursts that do not mind losses either.
flood() {
	start_in "$1" ping -q -f -l 32 -s 1200 "$2"
}

both_ways() {
	flood a "${T4[1]}"
	flood b "${T6[0]}"
	pair a b traffic 100
}

### Kernel log

# log_mark: where kernel_log_clean begins to read.
log_mark() {
	mark="awtun selftests: $$ $RANDOM"
	echo "$mark" >/dev/kmsg
}

# Nothing after the mark that a kernel in good health does not say.
kernel_log_clean() {
	dmesg | awk -v mark="$mark" '
	index($0, mark) { seen = 1; next }
	# What every module says that was not built with the kernel.
	/awtun: (loading out-of-tree module|module verification failed)/ { next }
	# What the core says to the failures that fail_nth makes, some of it with
	# a trace.
	/WARNING: .* at kernel\/trace\/trace_events.c/ { tracing = 1 }
	/---\[ end trace/ { tracing = 0 }
	/(page allocation failure|vmalloc error):|sysctl could not get/ {
		starved = 1
	}
	/<\/TASK>/ { starved = 0 }
	tracing || starved || /kmemleak: Cannot allocate/ { next }
	/^[^:]*kobject.*-12|kobject: can not set name/ { next }
	/memory allocation failure, unreliable refcount tracker/ { next }
	seen && /WARNING|BUG|Oops|Call Trace|RIP:|refcount_t|leak|\
unregister_netdevice: waiting|general protection|rcu:.*stall|\
INFO: task .* blocked|list_(add|del) corruption|awtun.*(error|fail)/ {
		print
		bad = 1
	}
	END {
		if (!seen)
			print "the mark is not in the kernel log"
		exit bad || !seen
	}'
}
