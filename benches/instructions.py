#!/usr/bin/env python3
"""Counts the instructions of one call in each scenario, and compares them with those on record.

    cargo bench --bench instructions --no-run && benches/instructions.py

Needs valgrind. Only what happens below the function `measured` is counted. `--record` writes what was counted to benches/instructions.txt. Counts
depend on compiler and crates, not on what else the machine does; a regression of more than 3 % ends with status 1.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "benches" / "instructions.txt"
TIMES = {"cached": 2000, "uncached": 40, "missing": 2000, "malformed": 2000, "oversized": 2000, "foreign": 1000,
         "forbidden": 2000}
ALLOWED = 1.03


def executable():
    command = ["cargo", "bench", "--bench", "instructions", "--no-run"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    return ROOT / re.search(r"Executable.*\((.+)\)", printed).group(1)


def total(program, scenario, times):
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", "--toggle-collect=*instructions*measured*",
                   f"--callgrind-out-file={out.name}", program, scenario, str(times)]
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    return int(re.search(r"Collected : (\d+)", printed).group(1))


def main():
    program = executable()
    record = {}
    if RECORD.exists():
        record = {name: int(count) for name, count in (line.split() for line in RECORD.read_text().splitlines())}
    counts, is_worse = {}, False
    print(f"{'scenario':12} {'instructions':>12} {'on record':>12}")
    for scenario, times in TIMES.items():
        counts[scenario] = total(program, scenario, times) // times
        before = record.get(scenario)
        change = f"{counts[scenario] / before - 1:+.1%}" if before else ""
        is_worse |= bool(before) and counts[scenario] > before * ALLOWED
        print(f"{scenario:12} {counts[scenario]:12} {before or '':>12} {change}")
    if "--record" in sys.argv:
        RECORD.write_text("".join(f"{name} {count}\n" for name, count in counts.items()))
    elif is_worse:
        sys.exit("more instructions than on record; if that is meant, run again with --record")


main()
