#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Module, namespaces and links go away under traffic: the kernel says nothing
# and keeps nothing. ROUNDS of the module and of the namespaces, half of these
# under the tunnel and half over it.

# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=lib/churn.sh
. "$here/lib/churn.sh"
needs ping lsmod rmmod

readonly ROUNDS=${ROUNDS:-50}

# rounds COUNT COMMAND...: the traffic of each may have ended with its link.
rounds() {
	local i count=$1
	shift
	for ((i = 1; i <= count; i++)); do
		if ! "$@"; then
			echo "round $i of $count"
			stop_jobs
			return 1
		fi
		stop_jobs
	done
	return 0
}

reload_esp4() {
	modprobe -r esp4 && modprobe esp4
}

half=$(((ROUNDS + 1) / 2)) few=$(((ROUNDS + 4) / 5))

ktap_begin
log_mark
ns_add a b
underlay a b

# Once for warming up: templates are made at the first use.
check "tunnels with traffic" link_round
stop_jobs
check "esp4 can be unloaded and loaded beside awtun" reload_esp4
crypto_before=$(crypto_users) namespaces_before=$(namespaces_alive)

check "link deleted under traffic, $few times" rounds $few link_round
check "overlay namespace deleted under traffic, $half times" \
	rounds $half overlay_round
check "underlay namespace deleted under traffic, $half times" \
	rounds $half underlay_round
check "no user of the module is left" module_unused
check "the ciphers have no more users than before" \
	wait_for 20 same_crypto_users
check "namespaces were freed" wait_for 20 namespaces_freed $half
rmmod awtun
check "loaded, used and unloaded under traffic, $ROUNDS times" \
	rounds "$ROUNDS" unload_round
check "load it again" "$here/lib/load.sh"
check "the ciphers have no more users than before" \
	wait_for 20 same_crypto_users
check "the kernel log is clean" kernel_log_clean
ktap_end
