#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""memory.py PID: how often the octets of standard input, in hex, stand in a process's memory."""

import os
import re
import sys

CHUNK = 1 << 20


def regions(pid):
    """Start and end of what the process can read; not what the kernel lends it."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        for line in maps:
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("r") and "[v" not in line:
                yield int(start, 16), int(end, 16)


def occurrences(memory, start, end, wanted):
    """Chunks overlap by as much as an occurrence may stand across two of them."""
    found = 0
    before = b""
    for at in range(start, end, CHUNK):
        try:
            octets = os.pread(memory, min(CHUNK, end - at), at)
        except OSError:  # gone meanwhile, or a mapping without memory
            before = b""
            continue
        found += (before + octets).count(wanted)
        before = octets[-(len(wanted) - 1):]
    return found


def main():
    pid = sys.argv[1]
    wanted = bytes.fromhex(sys.stdin.read())
    if len(wanted) < 8:
        sys.exit("memory.py: what is so short stands anywhere by chance")
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    print(sum(occurrences(memory, start, end, wanted) for start, end in regions(pid)))


main()
