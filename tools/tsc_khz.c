// SPDX-License-Identifier: Apache-2.0
/*
 * The rate of this machine's time stamp counter in kHz. A VM under emulation has the same one, and
 * could only measure it against a timer that stands still whenever this machine has no time for it.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

enum { MS = 1000000, SPAN = 100 * MS, CLOSE = 2000, TRIES = 1000 };

struct moment {
	int64_t ns;
	uint64_t ticks;
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Of many readings the one that was interrupted least. */
static struct moment moment(void)
{
	struct moment best = { 0 };
	int64_t least = INT64_MAX;

	for (int i = 0; i < TRIES && least > CLOSE; i++) {
		int64_t before = now();
		uint64_t ticks = __rdtsc();
		int64_t took = now() - before;

		if (took < least) {
			least = took;
			best = (struct moment){ before + took / 2, ticks };
		}
	}
	return best;
}

int main(void)
{
	const struct timespec span = { .tv_nsec = SPAN };
	struct moment first = moment(), last;

	nanosleep(&span, NULL);
	last = moment();
	printf("%.0f\n", (double)(last.ticks - first.ticks) * MS / (double)(last.ns - first.ns));
	return 0;
}
