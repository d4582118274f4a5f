"""Strong and weak scaling of `mpirun hotgrid density`, as docs/scale.md shows it.

    ranks.py HOTGRID MAKE_POINTS FOLDER [--runs N] [--points N] [--ranks 1,2,4,8] [--hosts h1,h2 --agent SCRIPT]

HOTGRID is the build for MPI; MAKE_POINTS makes the inputs, in FOLDER. Each rank has one thread. Of several runs the
best counts, column by column: a busy machine makes a run slower, never faster. Seconds are by the clock but for `cpu`,
the processor seconds that the busiest rank computed for; where ranks share a processor only that one tells how well
the work is cut.
"""
import argparse
import json
import os
import pathlib
import subprocess
import time

SIDE_M, CELLS, RADIUS_CELLS = 20000, 4096, 205
COLUMNS = ("whole", "read", "gather", "exchange", "compute", "cpu", "hand over", "MB sent")


def density(a, ranks, points, cells):
    """One run: density of the points on a square of so many cells a side; figures in the order of COLUMNS."""
    cell = SIDE_M / cells // 0.01 / 100
    bounds = "400000,2430000,%r,%r" % (400000 + cell * cells - cell / 2, 2430000 + cell * cells - cell / 2)
    command = ["mpirun", "-q", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)]
    if a.hosts:
        hosts = a.hosts.split(",")
        each = -(-ranks // len(hosts))
        command += ["--host", ",".join("%s:%d" % (h, each) for h in hosts), "--map-by", "node",
                    "--mca", "plm_rsh_agent", a.agent, "--mca", "btl", "tcp,self",
                    "--mca", "btl_tcp_if_include", a.network, "--mca", "oob_tcp_if_include", a.network]
    command += [a.hotgrid, "density", points, "--weight", "weight", "--cell", "%r" % cell, "--bandwidth",
                "%r" % (cell * RADIUS_CELLS), "--bounds", bounds, "--threads", "1", "--no-hash", "--overwrite", "--json",
                "-o", str(a.folder / "scale.tif")]
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    began = time.monotonic()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=900)
    whole = time.monotonic() - began
    effort = json.loads(done.stdout)["ranks"]

    def most(key):
        return max(r[key] for r in effort)
    return (whole, most("read_s"), most("gather_s"), most("exchange_s"), most("compute_s"), most("compute_cpu_s"),
            effort[0]["hand_over_s"], most("bytes_sent") / 1e6)


def row(a, ranks, points, cells):
    runs = [density(a, ranks, points, cells) for _ in range(a.runs)]
    return [min(column) for column in zip(*runs)]


def make(a, n):
    path = a.folder / ("scale_%d.gpkg" % n)
    if not path.exists():
        subprocess.run([a.make_points, str(n), str(path)], check=True, stdout=subprocess.DEVNULL)
    return str(path)


def table(title, lines, scaling):
    print("\n%s\n" % title)
    print("| ranks | %s | cpu %s |" % (" | ".join(COLUMNS), scaling))
    print("|---" * (len(COLUMNS) + 2) + "|")
    first = lines[0][1][5]
    for ranks, values in lines:
        print("| %d | %s | %.2f |" % (ranks, " | ".join("%.2f" % v for v in values), first / values[5]), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("hotgrid")
    p.add_argument("make_points")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--points", type=int, default=1000000)
    p.add_argument("--ranks", default="1,2,4,8")
    p.add_argument("--hosts")
    p.add_argument("--agent")
    p.add_argument("--network")
    a = p.parse_args()
    counts = [int(n) for n in a.ranks.split(",")]
    table("Strong: %d points, %d x %d cells" % (a.points, CELLS, CELLS),
          [(n, row(a, n, make(a, a.points), CELLS)) for n in counts], "speed-up")
    each = a.points // max(counts)
    table("Weak: %d points and %d cells a rank" % (each, CELLS ** 2 // max(counts)),
          [(n, row(a, n, make(a, each * n), round(CELLS * (n / max(counts)) ** 0.5))) for n in counts], "efficiency")


if __name__ == "__main__":
    main()
