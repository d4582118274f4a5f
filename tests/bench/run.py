#!/usr/bin/env python3
"""The benchmarks, with ratios within one run on one machine.

    run.py BUILD_FOLDER [--cases AB] [--runs N] [--limit SECONDS] [--tools NAMES] [--only density|counts|others]

Without --cases everything is run: the density of cases A to D beside whatever peers are installed, the instruction
counts of the kernels, and every other benchmark of this folder. With --cases only these cases and the counts. The
environment may name the reference code of SLAM: SLAM=/path/of/its/binary. Results: BUILD_FOLDER/results.csv.
"""
import argparse
import csv
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import peers

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ["bench", "case", "tool", "version", "threads", "runs", "median_s", "low_s", "high_s", "user_s", "ratio",
           "agrees", "note"]
SKIPPED = 77  # exit code of a script that lacks something
ONCE = 40  # processor seconds beyond which a peer is not run again


def run_round(tools, case, times, dnf):
    for tool in tools:
        done = times.setdefault(tool.name, {})
        if tool.name in dnf or (done and max(used for runs in done.values() for _, used in runs) > ONCE):
            continue
        try:
            for step, seconds in tool.run(case).items():
                done.setdefault(step, []).append(seconds)
        except peers.TooLong:
            dnf[tool.name] = "dnf: stopped after %d s of processor time" % tool.limit
        except (RuntimeError, AttributeError, ValueError) as e:
            dnf[tool.name] = "failed: %s" % str(e).splitlines()[0]
            print("%s: %s" % (tool.name, e), file=sys.stderr)


def check_all(tools, case, times, dnf):
    found = {}
    for tool in tools:
        if times.get(tool.name) and tool.name not in dnf:
            try:
                found[tool.name] = peers.agreement(tool, case)
            except RuntimeError as e:
                found[tool.name] = "no", str(e).splitlines()[-1]
    return found


def density_rows(tools, case, times, dnf, found):
    for step, bench in peers.STEPS.items():
        ours = times.get(peers.OURS[step], {}).get(step)
        if not ours:
            continue
        base = statistics.median(used for _, used in ours)
        for tool in tools:
            runs = times.get(tool.name, {}).get(step)
            row = dict.fromkeys(COLUMNS, "")
            row.update(bench=bench, case=case.letter, tool=tool.name, version=tool.found, threads=1)
            if runs:
                walls, used = [w for w, _ in runs], statistics.median(u for _, u in runs)
                agrees, how = found.get(tool.name, ("", ""))
                row.update(runs=len(runs), median_s="%.4f" % statistics.median(walls), low_s="%.4f" % min(walls),
                           high_s="%.4f" % max(walls), user_s="%.4f" % used, ratio="%.1f" % (used / base),
                           agrees=agrees, note="; ".join(v for v in (tool.note, how) if v))
                yield row
            elif tool.name in dnf and step != "epanechnikov":
                over = dnf[tool.name].startswith("dnf")
                row.update(ratio=">%.0f" % (tool.limit / base) if over else "", note=dnf[tool.name])
                yield row


def density(build, letters, runs, limit, names, rows):
    tools = [kind(build, limit) for kind in peers.TOOLS
             if kind.name.startswith("hotgrid") or kind.name.startswith(tuple(names))]
    for tool in tools:
        tool.found = tool.version()
        if isinstance(tool, peers.Slam) and not tool.found:
            print("SLAM is left out: SLAM=/path/of/its/binary names it")
        elif not tool.found and not isinstance(tool, peers.HotgridEpanechnikov):
            print("%s is left out: it is not installed" % tool.name)
    tools = [t for t in tools if t.found]
    with tempfile.TemporaryDirectory(prefix="hotgrid-bench-") as folder:
        for case in peers.make_cases(build, letters, folder):
            print("\n== case " + case.text() + "; quartic, one thread, runs interleaved")
            times, dnf = {}, {}
            for _ in range(runs):
                run_round(tools, case, times, dnf)
            found = check_all(tools, case, times, dnf)
            new = list(density_rows(tools, case, times, dnf, found))
            print_density(new)
            rows.extend(new)
            for name in os.listdir(folder):
                os.remove(os.path.join(folder, name))


def print_density(rows):
    layout = "%-26s %-10s %4s %9s %21s %11s %7s  %s"
    print(layout % ("", "version", "runs", "median s", "low - high", "processor s", "times", "agrees"))
    step = ""
    for r in rows:
        if r["bench"] != step:
            step = r["bench"]
            print(step)
        spread = "%s - %s" % (r["low_s"], r["high_s"]) if r["runs"] else ""
        print(layout % ("  " + r["tool"], r["version"], r["runs"], r["median_s"], spread, r["user_s"], r["ratio"],
                        r["agrees"]))
    print("times: median of processor seconds, over ours; agrees: within what the notes say")
    for name, note in dict((r["tool"], r["note"]) for r in rows if r["note"]).items():
        print("  %s: %s" % (name, note))
    sys.stdout.flush()


def counts(build, rows):
    """Instructions of the kernels under callgrind, against the table in the repository."""
    print("\n== instruction counts of the kernels", flush=True)
    script = os.path.join(os.path.dirname(HERE), "counts", "instructions.py")
    p = subprocess.run([sys.executable, script, build + "/kernel_work"], stdout=subprocess.PIPE,
                       universal_newlines=True)
    print(p.stdout, end="")
    for name, count, expected, verdict in re.findall(r"^(\S+) +(\d+) +(\d+) +\S+ +(.+)$", p.stdout, re.M):
        row = dict.fromkeys(COLUMNS, "")
        row.update(bench="instructions", case=name, tool="hotgrid", threads=1, runs=1,
                   ratio="%.3f" % (int(count) / int(expected)), note="%s instructions, %s" % (count, verdict))
        rows.append(row)
    return p.returncode in (0, SKIPPED)


def table_rows(bench, text):
    """Lines of a printed table "label  figures …", or "| label | figures |": the figures under their heading."""
    heading, case = "", ""
    for line in text.splitlines():
        line = line.strip("|").replace(" | ", "  ").rstrip() if line.startswith("|") else line
        found = re.match(r"^ {0,9}(\S.*?)\s{2,}(.*\d.*)$", line)
        if line.startswith("=="):
            case = line.strip("= ")
        elif found:
            row = dict.fromkeys(COLUMNS, "")
            row.update(bench=bench, case=case, tool=found.group(1),
                       note=": ".join(filter(None, (" ".join(heading.split()), " ".join(found.group(2).split())))))
            yield row
        elif line.strip("- |"):
            heading = line


def other_benches(build, folder):
    """Name, command, and what has to be there for it."""
    mpi = os.path.join(HERE, "..", "..", "build", "mpi", "hotgrid")
    scripts = ["run.sh", "csv.sh", "read_source.sh", "index.sh", "stability.sh", "memory.sh",
               os.path.join("audit", "run.sh")]
    for script in scripts:
        yield script, ["sh", os.path.join(HERE, script), build], []
    for program in ("bench_fast", "bench_bandwidth", "bench_arrangement"):
        yield program, [os.path.join(build, program)], []
    yield ("ranks.py", [sys.executable, os.path.join(HERE, "ranks.py"), mpi, build + "/make_points", folder],
           ["mpirun", mpi])


def others(build, rows):
    good = True
    with tempfile.TemporaryDirectory(prefix="hotgrid-bench-") as folder:
        for bench, command, needs in other_benches(build, folder):
            print("\n== " + bench, flush=True)
            missing = [os.path.relpath(n, os.path.join(HERE, "..", "..")) if os.sep in n else n
                       for n in needs if not shutil.which(n)]
            if missing:
                print("skipped: there is no %s (make mpi)" % " and no ".join(missing))
                continue
            p = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True)
            print(p.stdout, end="", flush=True)
            if p.returncode not in (0, SKIPPED):
                print("%s: exit code %d" % (bench, p.returncode))
                good = False
            rows.extend(table_rows(bench, p.stdout))
    print("\nranks_hosts.sh, ranks on separate hosts, wants to be root and is run by hand")
    return good


def write(path, rows):
    with open(path, "w", newline="") as f:
        out = csv.DictWriter(f, COLUMNS)
        out.writeheader()
        out.writerows(rows)
    print("\n%d rows in %s" % (len(rows), path))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--cases", default="")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=480, help="processor seconds of one run of a peer")
    parser.add_argument("--tools", default="", help="peers whose names begin so, with commas between; all")
    parser.add_argument("--only", choices=["density", "counts", "others"])
    a = parser.parse_args()
    if set(a.cases) - set("ABCD"):
        parser.error("--cases takes letters of A, B, C and D")
    build, rows, good = os.path.abspath(a.build), [], True
    if a.only in (None, "density"):
        density(build, a.cases or "ABCD", a.runs, a.limit, a.tools.split(","), rows)
    if a.only in (None, "counts"):
        good = counts(build, rows) and good
    if a.only == "others" or not (a.only or a.cases):
        good = others(build, rows) and good
    write(os.path.join(build, "results.csv"), rows)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
