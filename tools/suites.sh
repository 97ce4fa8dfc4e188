#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# For tools/check and its relatives, to be sourced: runs suites of tests, with the log of each in
# build/check, and sums up.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
logs=$PWD/build/check
mkdir -p "$logs"
passed=0 failed=0 skipped=0 ran=() why=()

declare -A begun counters

# suite NAME COUNTER COMMAND...: COUNTER reads the log and prints "passed failed skipped".
suite() {
	local name=$1 counter=$2 start=$SECONDS
	shift 2
	echo "== $name"
	"$@" 2>&1 | tee "$logs/$name.log"
	count "$name" "$counter" "${PIPESTATUS[0]}" $((SECONDS - start))
}

# begin NAME COUNTER COMMAND...: a suite beside the others, until `finish NAME` shows it. Its processes are a
# group of their own, with which they end when this shell does.
begin() {
	local name=$1
	counters[$name]=$2
	shift 2
	set -m
	{
		SECONDS=0
		"$@" > "$logs/$name.log" 2>&1
		status=$?
		echo "$SECONDS" > "$logs/$name.seconds"
		exit "$status"
	} < /dev/null &
	set +m
	begun[$name]=$!
}

end_begun() {
	local group
	for group in "${begun[@]}"; do kill -- "-$group" 2> /dev/null; done
}
trap end_begun EXIT

# after NAME COMMAND...: for `begin`, to wait first until that other one has ended.
after() {
	tail -f --pid="${begun[$1]}" /dev/null
	shift
	SECONDS=0
	"$@"
}

finish() {
	local name=$1
	echo "== $name"
	tail -n +1 -f --pid="${begun[$name]}" "$logs/$name.log"
	wait "${begun[$name]}"
	count "$name" "${counters[$name]}" $? "$(cat "$logs/$name.seconds")"
	unset "begun[$name]"
}

# count NAME COUNTER STATUS SECONDS: what the suite's log says, for the summary.
count() {
	local name=$1 counter=$2 status=$3 seconds=$4 p=0 f=0 s=0
	read -r p f s < <("$counter" "$logs/$name.log")
	# What ended badly without a failed result, a crash of the VM say, is a failure too; so is a suite
	# that ran nothing.
	if [ "${f:-0}" = 0 ] && { [ "$status" != 0 ] || [ "${p:-0}" = 0 ]; }; then
		f=1
	fi
	[ "${f:-0}" = 0 ] || why+=("$(failures "$name" "$status")")
	passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
	ran+=("$(printf '%-12s %5d passed %4d failed %4d skipped %6d s' "$name" "${p:-0}" "${f:-0}" "${s:-0}" "$seconds")")
}

readonly ctest_failed='[*][*][*](Failed|Timeout|Exception|Not Run)'

# failures NAME STATUS: what failed by the suite's log, and where and how the log of one that ended badly ends.
failures() {
	{
		grep -E "^(# )?not ok |$ctest_failed" "$logs/$1.log" | head -n 20
		[ "$2" = 0 ] || { grep '^# selftests: ' "$logs/$1.log" | tail -n 1; tail -n 3 "$logs/$1.log"; }
	} | awk -v suite="$1" '!seen[$0]++ { print suite ": " $0 }'
}

# suite_skipped NAME REASON
suite_skipped() {
	skipped=$((skipped + 1))
	ran+=("$(printf '%-12s skipped: %s' "$1" "$2")")
}

# By each test's own line: those that were skipped are listed again at the end.
count_ctest() {
	awk -v failure="$ctest_failed" '/\.+ +Passed/ { p++ } $0 ~ failure { f++ } /\*\*\*Skipped/ { s++ }
		END { print p + 0, f + 0, s + 0 }' "$1"
}

# By the results, not by the count at the end, which a VM that was stopped did not reach.
count_ktap() {
	awk -f selftests/lib/ktap_summary.awk "$1" |
		sed -n 's/^# awtun selftests: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped.*/\1 \2 \3/p'
}

# kernel_tests KERNEL PROCESSORS SECONDS [VARIABLE=VALUE...]: the module's tests there; the variables are for
# selftests/standalone.mk and the tests. The module is built on the way, every warning an error.
kernel_tests() {
	local kernel=$1 processors=$2 limit=$3 module
	shift 3
	module=$(tools/kernel module "$kernel") || return
	tools/vm --kernel "$kernel" --cpus "$processors" --timeout "$limit" -- \
		make -s -C selftests run_tests AWTUN_KO="$module" \
		FORK_VM_KO="${module%/kmod/*}/selftests/test_modules/fork_vm.ko" "$@"
}

# router_tests KIND SHARE PROCESSORS SECONDS [VARIABLE=VALUE...]: those tests of whole routers, see
# selftests/routers/tests.
router_tests() {
	local tests vm=(--cpus "$3" --timeout "$4")
	tests=$(selftests/routers/tests "$1" "$2") || return
	shift 4
	# shellcheck disable=SC2086 # a list of words
	tools/vm "${vm[@]}" -- env "$@" selftests/routers/run $tests
}

# suite_kernel NAME KERNEL PROCESSORS SECONDS [VARIABLE=VALUE...]: the same as a suite, when there is such a kernel.
suite_kernel() {
	local name=$1
	shift
	if has_kernel "$name" "$1"; then suite "$name" count_ktap kernel_tests "$@"; fi
}

# has_kernel SUITE KERNEL: otherwise the suite is skipped.
has_kernel() {
	tools/kernel name "$2" > "$logs/$1.log" 2>&1 || { suite_skipped "$1" "$(cat "$logs/$1.log")"; return 1; }
}

# The end: one line of counts, and status 0 only when nothing failed.
summary() {
	echo
	printf '%s\n' "${ran[@]}"
	[ ${#why[@]} = 0 ] || printf '\n%s\n' "${why[@]}"
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
