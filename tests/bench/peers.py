"""The density against its peers: QGIS, GRASS, SAGA, spatstat and, where its binary is given, SLAM's reference code.

Every tool gets the same file of points, kernel, radius, cells and extent, and one thread. A peer is a class with
run(case) -> {step: (wall, processor)}, where a step is "kernel" (points in memory to a grid in memory, as near as the
tool lets itself be measured) or "command" (file to file), and raster(case): its output, how it is to be compared, and
the deviation from ours up to which the two agree.
"""
import os
import re
import resource
import shutil
import statistics
import subprocess
import time

SIDE, WEST, SOUTH = 20480.0, 400000.0, 2430000.0  # as make_points lays them
HERE = os.path.dirname(os.path.abspath(__file__))
REPEATS = "5"  # of our kernel step: it is over before a clock is sure
MEASURE = os.path.join(HERE, "audit", "measure.py")


class TooLong(Exception):
    pass


class Case:
    """Cells of `cell` metres over the points' box and a margin of one radius, which is QGIS's extent."""

    def __init__(self, letter, points, cell, radius, folder):
        self.letter, self.points, self.cell, self.radius, self.folder = letter, points, cell, radius, folder
        self.side = int(round((SIDE + 2 * radius) / cell))
        self.nodes = int(round(SIDE / cell))
        self.east, self.north = WEST + self.side * cell, SOUTH + self.side * cell
        self.file = os.path.join(folder, "points_%s.gpkg" % letter)
        self.corners = os.path.join(folder, "corners_%s.gpkg" % letter)

    def out(self, name):
        return os.path.join(self.folder, "%s_%s" % (self.letter, name))

    def text(self):
        return "%s: %d points, %d x %d cells, radius %g cells" % (
            self.letter, self.points, self.side, self.side, self.radius / self.cell)


def make_cases(build, letters, folder):
    sizes = {"A": (100000, 20, 410), "B": (1000000, 10, 410), "C": (1000000, 5, 1025), "D": (10000000, 10, 410)}
    for letter in letters:
        case = Case(letter, *sizes[letter], folder)
        for path, n in ((case.file, case.points), (case.corners, 2)):
            subprocess.run([build + "/make_points", str(n), path, str(case.radius)], check=True)
        with open(case.file, "rb") as f:  # once, so that no tool finds it colder than another
            while f.read(1 << 24):
                pass
        yield case


def environment():
    """Debian's tools before others of their name, as QGIS and GRASS start the Python they find first; one thread."""
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin:" + os.environ["PATH"],
            "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}


def timed(command, limit):
    """Wall seconds, processor seconds and output of a command; TooLong beyond `limit` processor seconds."""
    def cap():
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    p = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, preexec_fn=cap)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if p.returncode and used > limit - 2:
        raise TooLong
    if p.returncode:
        told = p.stderr.decode("utf-8", "replace")[-800:]
        raise RuntimeError("%s: exit code %d\n%s" % (command[0], p.returncode, told))
    return wall, used, p.stdout.decode("utf-8", "replace")


def version_of(command, pattern):
    p = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    found = re.search(pattern, p.stdout.decode("utf-8", "replace"))
    return found.group(1) if found else ""


def less(a, b):
    return tuple(max(x - y, 0.0) for x, y in zip(a, b))


def median_of(text):
    """Medians of the columns of numbers that bench_exact prints."""
    return tuple(map(statistics.median, zip(*(map(float, line.split()) for line in text.splitlines()))))


class Tool:
    note = ""

    def __init__(self, build, limit):
        self.build, self.limit, self.start = build, limit, {}

    def start_up(self, case, command):
        """The same command on two points in the corners: what it costs without the points."""
        if case.letter not in self.start:
            self.start[case.letter] = timed(command, self.limit)[:2]
        return self.start[case.letter]


class Hotgrid(Tool):
    name, note = "hotgrid", "exact"

    def version(self):
        return version_of([self.build + "/hotgrid", "--version"], r"([0-9][0-9.]+)")

    def run(self, case):
        _, _, text = timed([self.build + "/bench_exact", case.file, "quartic", str(case.radius), str(WEST),
                            str(case.north), str(case.cell), str(case.side), str(case.side), REPEATS], self.limit)
        command = timed([self.build + "/hotgrid", "density", case.file, "--bandwidth", str(case.radius), "--cell",
                         str(case.cell), "--threads", "1", "--overwrite", "-q", "-o", case.out("hotgrid.tif")],
                        self.limit)
        return {"kernel": median_of(text), "command": command[:2]}

    def raster(self, case):
        return ["check", case.out("hotgrid.tif")], 1e-6


class Qgis(Tool):
    name = "QGIS heatmap"
    note = "kernel: command less the same on two points; compared with points mirrored in y inside their cells"

    def __init__(self, build, limit):
        super().__init__(build, limit)
        # Debian's wrapper hands on an option that its own program refuses, so the program itself is called.
        self.program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")

    def version(self):
        return self.program and version_of([self.program, "--version"], r"QGIS ([0-9.]+)")

    def command(self, case, points, out):
        return [self.program, "run", "qgis:heatmapkerneldensityestimation", "--", "INPUT=" + points,
                "RADIUS=%s" % case.radius, "PIXEL_SIZE=%s" % case.cell, "KERNEL=0", "OUTPUT_VALUE=0", "OUTPUT=" + out]

    def run(self, case):
        start = self.start_up(case, self.command(case, case.corners, case.out("qgis_start.tif")))
        command = timed(self.command(case, case.file, case.out("qgis.tif")), self.limit)[:2]
        return {"command": command, "kernel": less(command, start)}

    def raster(self, case):
        return ["check", case.out("qgis.tif"), "qgis"], 1e-5


class Grass(Tool):
    name, note = "GRASS v.kernel", "kernel: v.kernel alone"

    def version(self):
        return shutil.which("grass") and version_of(["grass", "--version"], r"GRASS GIS ([0-9.]+)")

    def run(self, case):
        wall, used, text = timed(
            ["grass", "--tmp-location", case.file, "--exec", "sh", os.path.join(HERE, "peers", "grass.sh"), case.file]
            + [str(v) for v in (case.radius, WEST, SOUTH, case.east, case.north, case.cell)]
            + [case.out("grass.tif"), MEASURE], self.limit)
        step = re.search(r"^([0-9.]+) ([0-9.]+) [0-9]+$", text, re.M)
        return {"command": (wall, used), "kernel": (float(step.group(1)), float(step.group(2)))}

    def raster(self, case):
        return ["check", case.out("grass.tif")], 1e-9


class Saga(Tool):
    name, note = "SAGA kernel density", "kernel: the tool less the same on two points; values per cell, Float32"

    def version(self):
        return shutil.which("saga_cmd") and version_of(["saga_cmd", "--version"], r"Version: ([0-9.]+)")

    def load(self, points, shapes):
        return timed(["saga_cmd", "-f=s", "io_gdal", "3", "-FILES", points, "-SHAPES", shapes], self.limit)[:2]

    def command(self, case, shapes, out):
        half = case.cell / 2
        box = ("XMIN", WEST + half, "XMAX", case.east - half, "YMIN", SOUTH + half, "YMAX", case.north - half)
        options = [("-TARGET_USER_" + v) if isinstance(v, str) else str(v) for v in box]
        return ["saga_cmd", "-f=s", "-c=1", "grid_gridding", "6", "-POINTS", shapes, "-RADIUS", str(case.radius),
                "-KERNEL", "0", "-TARGET_DEFINITION", "0", "-TARGET_USER_SIZE", str(case.cell), *options,
                "-TARGET_USER_FITS", "0", "-TARGET_OUT_GRID", out]

    def run(self, case):
        corners, points = case.out("saga_corners.shp"), case.out("saga_points.shp")
        if case.letter not in self.start:
            self.load(case.corners, corners)
        start = self.start_up(case, self.command(case, corners, case.out("saga_start.sdat")))
        load = self.load(case.file, points)
        tool = timed(self.command(case, points, case.out("saga.sdat")), self.limit)[:2]
        return {"command": tuple(a + b for a, b in zip(load, tool)), "kernel": less(tool, start)}

    def raster(self, case):
        return ["check", case.out("saga.sdat")], 1e-5


class Spatstat(Tool):
    name, note = "spatstat density.ppp", "binned, by FFT: not exact; kernel: density() alone"

    def version(self):
        ask = ["Rscript", "--vanilla", "-e", "library(sf); cat('spatstat', format(packageVersion('spatstat.explore')))"]
        return shutil.which("Rscript") and version_of(ask, r"spatstat ([0-9.]+)")

    def run(self, case):
        wall, used, text = timed(
            ["Rscript", "--vanilla", os.path.join(HERE, "peers", "spatstat.R"), case.file, str(WEST), str(case.north),
             str(case.cell), str(case.side), str(case.radius), case.out("spatstat")], self.limit)
        return {"command": (wall, used), "kernel": tuple(map(float, text.split()[-2:]))}

    def raster(self, case):
        return ["check", case.out("spatstat.bin")], 3e-2


class HotgridEpanechnikov(Tool):
    name, note = "hotgrid, Epanechnikov", "exact; beside SLAM"

    def version(self):
        return os.environ.get("SLAM") and version_of([self.build + "/hotgrid", "--version"], r"([0-9][0-9.]+)")

    def run(self, case):
        text = timed([self.build + "/bench_exact", case.file, "epanechnikov", str(case.radius), "nodes",
                      str(case.nodes), REPEATS], self.limit)[2]
        return {"epanechnikov": median_of(text)}

    def raster(self, case):
        return None, 0


class Slam(Tool):
    """The reference code of SLAM (SIGMOD 2022), a binary given by SLAM=. Method 6: its method 8 mistakes the axes of a
    square grid. An unknown method reads and writes only, which is taken away."""
    name, note = "SLAM reference", "Epanechnikov, nodes on the points' box; kernel: method 6 less an empty method"

    def version(self):
        return os.environ.get("SLAM") and "reference"

    def run(self, case):
        points, out = case.out("slam.txt"), case.out("slam.out")
        if not os.path.exists(points):
            open(out, "w").close()  # it opens its output for updating
            listed = timed([self.build + "/bench_exact", case.file, "epanechnikov", str(case.radius), "list", points],
                           self.limit)
            self.rule = listed[2].strip()
        n = str(case.nodes)
        def command(method):
            return [os.environ["SLAM"], points, out, self.rule, method, n, n, "1", "0.05"]
        start = self.start_up(case, command("9"))
        wall, used, text = timed(command("6"), self.limit)
        own = re.search(r"method 6:([0-9.]+)", text)
        return {"epanechnikov": (float(own.group(1)), max(used - start[1], 0.0))}

    def raster(self, case):
        return ["check-list", case.out("slam.out"), str(case.nodes)], 1e-4


TOOLS = [Hotgrid, Qgis, Grass, Saga, Spatstat, HotgridEpanechnikov, Slam]
OURS = {"kernel": Hotgrid.name, "command": Hotgrid.name, "epanechnikov": HotgridEpanechnikov.name}
STEPS = {"kernel": "density, kernel step", "command": "density, whole command",
         "epanechnikov": "density, kernel step, Epanechnikov"}


def agreement(tool, case):
    """(yes, no or -, what was found) of a tool's raster against ours at the same cells."""
    how, tolerance = tool.raster(case)
    if not how:
        return "-", ""
    kernel = "epanechnikov" if how[0] == "check-list" else "quartic"
    text = timed([tool.build + "/bench_exact", case.file, kernel, str(case.radius), *how], 3600)[2]
    factor, deviation = map(float, text.split())
    return "yes" if deviation <= tolerance else "no", "%.1e of the peak after division by %.7g" % (deviation, factor)
