#!/usr/bin/env python3
"""Instructions of the kernels under callgrind against the table beside this file.

    instructions.py KERNEL_WORK [--renew]

Fails where a kernel takes more than TOLERANCE more instructions than expected, which no noise of a machine can cause;
one that takes as much fewer is reported, so that the table is renewed. --renew writes the table anew: do so with gcc's
release build, in the commit that changes a kernel on purpose, and say there why. Exit code 77: no valgrind.
"""
import csv
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.csv")
TOLERANCE = 0.10  # compilers and C libraries of other versions move counts by a few per cent


def count(program):
    """Instructions by kernel: from entering its function to entering the next one's. A dump names what it came before,
    and holds what was done since the dump before it."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        p = subprocess.run(["valgrind", "--tool=callgrind", "--dump-before=counted_*",
                            "--callgrind-out-file=" + out, program], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE)
        if p.returncode:
            sys.exit("callgrind failed:\n" + p.stderr.decode("utf-8", "replace")[-2000:])
        counts, before = {}, None
        for path in sorted(glob.glob(out + ".*"), key=lambda path: int(path.rsplit(".", 1)[1])):
            with open(path) as f:
                text = f.read()
            name = re.search(r"^desc: Trigger: --dump-before=counted_(\w+)", text, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            if before:
                counts[before] = int(total.group(1))
            before = name.group(1) if name else None
        return counts


def read_table():
    with open(TABLE) as f:
        return {row["kernel"]: int(row["instructions"]) for row in csv.DictReader(f)}


def write_table(counts):
    with open(TABLE, "w") as f:
        f.write("kernel,instructions\n")
        f.writelines("%s,%d\n" % item for item in sorted(counts.items()))


def verdict(ratio):
    if ratio > 1 + TOLERANCE:
        return "slower than expected"
    return "faster than expected: renew the table" if ratio < 1 - TOLERANCE else "as expected"


def main():
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        return 77
    counts = count(sys.argv[1])
    if "--renew" in sys.argv[2:]:
        write_table(counts)
        return 0
    expected, bad = read_table(), False
    if set(counts) != set(expected):
        print("kernels counted: %s; in the table: %s" % (sorted(counts), sorted(expected)))
        return 1
    print("%-16s %14s %14s %7s" % ("kernel", "instructions", "expected", "ratio"))
    for name in sorted(expected):
        ratio = counts[name] / expected[name]
        bad = bad or ratio > 1 + TOLERANCE
        print("%-16s %14d %14d %7.3f %s" % (name, counts[name], expected[name], ratio, verdict(ratio)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
