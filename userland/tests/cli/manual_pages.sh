#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# manual_pages.sh ROOT BIN: every command of the table and every option of the programs stands in the manual
# pages, and groff finds nothing wrong in them but tables that are wide.
set -euo pipefail
root=$1 bin=$2
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$root/tools/man" "$bin" "$pages"

for page in awcli.1 awiked.8 awtun.4; do
	LC_ALL=C.UTF-8 MANWIDTH=400 groff -t -man -ww -P-c -P-b -P-u -rLL=400n -Tutf8 "$pages/$page" \
		> "$pages/$page.txt" 2> "$pages/said"
	if grep -vE 'table (wider|squeezed)|^warning: file' "$pages/said"; then exit 1; fi
done
missing=0
while read -r command; do
	grep -qF -- "$command" "$pages/awcli.1.txt" || { echo "awcli.1 lacks: $command"; missing=1; }
done < <(sed -n 's/^    //p' "$root/Documentation/commands.md")
for program in awcli.1 awiked.8; do
	while read -r option; do
		grep -qF -- "$option" "$pages/$program.txt" || { echo "$program lacks: $option"; missing=1; }
	done < <("$bin/${program%.*}" --help | grep -oE -- '^  -[^ ]+')
done
exit $missing
