#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# checks.sh ROOT: the checks of `make style` that are our own pass for the tree, and find what is wrong in a copy.
set -euo pipefail
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fresh_copy() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	(cd "$root" && tar -c --exclude=corpus include kmod tools userland Documentation) | tar -C "$work/tree" -x
	git -C "$work/tree" init -q
	git -C "$work/tree" add --all
}

# finds WHAT SED FILE CHECK...: after the sed expression has changed the file, the check fails and says WHAT.
finds() {
	local what=$1 change=$2 file=$3
	shift 3
	fresh_copy
	sed -i "$change" "$work/tree/$file"
	if cmp -s "$work/tree/$file" "$root/$file"; then
		echo "not ok $what: nothing to change in $file"
		failed=1
	elif (cd "$work/tree" && "$@") > "$work/said" 2>&1 || ! grep -qF -- "$what" "$work/said"; then
		echo "not ok $* does not say: $what"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

fresh_copy
(cd "$work/tree" && tools/arrows && tools/netlink_policies)

include() { printf '1i #include %s' "$1"; }
finds 'which userland/daemon/io may not' "$(include '"userland/sim/world.h"')" userland/daemon/io/files.cc tools/arrows
finds 'which userland/wire may not' "$(include '"userland/crypto/prf.h"')" userland/wire/message.cc tools/arrows
finds 'which userland/config may not' "$(include '<linux/awtun.h>')" userland/config/load.cc tools/arrows
finds 'write it as' "$(include '<userland/base/ip.h>')" userland/wire/message.cc tools/arrows
finds 'write it as' "$(include '"../base/ip.h"')" userland/wire/message.cc tools/arrows
finds 'does not know the folder' 's/^wire: base$//' tools/arrows tools/arrows

policies() { finds "$1" "$2" "kmod/$3" tools/netlink_policies; }
policies 'AWTUN_SA_A_ICV_LEN: the policy is' 's/ICV_LEN\] = NLA_POLICY_RANGE(NLA_U32, 8/ICV_LEN] = NLA_POLICY_RANGE(NLA_U32, 4/' genl_sa.c
policies 'AWTUN_SA_A_ESN: no policy takes it' '/\[AWTUN_SA_A_ESN\] = /d' genl_sa.c
policies 'AWTUN_TS_A_PORT_MIN: no policy takes it' '/\[AWTUN_TS_A_PORT_MIN\] = /d' genl_selector.c
policies 'AWTUN_SA_A_AGE: a policy takes it' 's/\[AWTUN_SA_A_ESN\] = .*/&\n\t[AWTUN_SA_A_AGE] = { .type = NLA_U64 },/' genl_sa.c
policies 'AWTUN_A_SA: the policy is' 's/\[AWTUN_A_SA\] = .*/[AWTUN_A_SA] = { .type = NLA_U32 },/' genl.c
policies 'AWTUN_CMD_TUNNEL_SET: takes' '/= AWTUN_CMD_TUNNEL_SET/,/CMD_OF/s/CMD_OF(tunnel)/CMD_OF(sa)/' genl.c
policies 'AWTUN_CMD_SA_EXPECT: takes None' 's/AWTUN_CMD_SA_EXPECT/AWTUN_CMD_SA_HOPE/' genl.c
exit $failed
