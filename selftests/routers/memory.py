#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""memory.py PID: how often the octets of each line of standard input, in hex, stand in what a process may write."""

import os
import re
import sys


def regions(pid):
    """Start and end of each."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        for line in maps:
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("rw"):
                yield int(start, 16), int(end, 16)


def main():
    pid = sys.argv[1]
    wanted = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    if not wanted or min(map(len, wanted)) < 8:
        sys.exit("memory.py: what is so short stands anywhere by chance")
    found = [0] * len(wanted)
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    for start, end in regions(pid):
        try:
            held = os.pread(memory, end - start, start)
        except OSError:  # gone meanwhile, or a mapping without memory
            continue
        if len(held) != end - start:
            sys.exit(f"memory.py: {start:x}-{end:x} ends after {len(held)} octets")
        for at, octets in enumerate(wanted):
            found[at] += held.count(octets)
    print(*found, sep="\n")


main()
