#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Loads awtun (AWTUN_KO, or the installed module) and what the tests use beside
# it. Exit status 4, with a reason, when that cannot be: the caller's tests are
# then skipped.

skip() {
	echo "$1"
	exit 4
}

[ "$(id -u)" = 0 ] || skip "not root"

# What is not there is missed by the test that needs it, if any. The fast
# ciphers come by CPU aliases where udev runs.
modprobe -qa tun veth esp4 esp6 xfrm_user aesni_intel ghash_clmulni_intel \
	sha256_ssse3 sha512_ssse3 sha1_ssse3 2>/dev/null

[ -d /sys/module/awtun ] && exit 0
if [ -z "$AWTUN_KO" ]; then
	modprobe -q awtun 2>/dev/null || skip "no module awtun: set AWTUN_KO"
	exit 0
fi
[ -r "$AWTUN_KO" ] || skip "cannot read $AWTUN_KO"
for module in $(modinfo -F depends "$AWTUN_KO" | tr ',' ' '); do
	modprobe -q "$module" 2>/dev/null
done
reason=$(insmod "$AWTUN_KO" 2>&1) || skip "$reason"
