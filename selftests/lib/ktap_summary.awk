# SPDX-License-Identifier: GPL-2.0-only
#
# Counts the results in KTAP, and exits with 1 when anything failed. A test
# program's own results come with "# " before them; a program without any
# counts as one test.

function count(line) {
	if (line ~ /^not ok /)
		fail++
	else if (line ~ /# SKIP/)
		skip++
	else
		pass++
}

/^# (not )?ok [0-9]+/ { count(substr($0, 3)); nested++ }

/^(not )?ok [0-9]+ selftests: / {
	# A program may fail without a failed result: a crash, or no time left.
	if (/^not ok/)
		programs = programs " " $6 (nested ? "" : " (no result)")
	if (!nested || (/^not ok/ && !fail))
		count($0)
	nested = 0
	seen++
}

END {
	printf "# awtun selftests: %d passed, %d failed, %d skipped\n",
		pass, fail, skip
	if (programs)
		printf "# failed:%s\n", programs
	exit !(seen && !fail && !programs)
}
