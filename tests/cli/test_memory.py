"""Memory: so many bytes an incident and no more, a budget that changes no result, files that nobody finds afterwards."""
import os
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import numpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import failure
import harness
from osgeo import gdal, ogr, osr

gdal.UseExceptions()

SIDE, WEST, SOUTH = 20000, 400000, 2430000
GRID = ["--bounds", "%d,%d,%d,%d" % (WEST, SOUTH, WEST + SIDE, SOUTH + SIDE), "--cell", "50", "--bandwidth", "400"]
PLAIN = ["--chance", "0", "--stability", "0", "--significance", "none", "--no-hash"]

# docs/memory.md: columns that stand side by side, in bytes an incident, and what does not depend on their number.
BYTES, WEIGHT_BYTES, FIXED = 43, 16, 200e6


def points_gpkg(path, n, crs=4547, weights=False):
    """n points, some in clusters, some of them twice; rows go in by SQLite, geometries as numpy makes them."""
    rng = numpy.random.default_rng(n)
    x = WEST + SIDE * rng.random(n)
    y = SOUTH + SIDE * rng.random(n)
    near = rng.random(n) < 0.02  # few, for those in hotspots are rows of results
    x[near] = WEST + SIDE / 2 + 300 * rng.standard_normal(near.sum())
    y[near] = SOUTH + SIDE / 3 + 200 * rng.standard_normal(near.sum())
    x[-500:], y[-500:] = x[:500], y[:500]
    blob = numpy.zeros(n, [("head", "S8"), ("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    blob["head"], blob["order"], blob["type"] = b"GP\0\1" + struct.pack("<i", crs), 1, 1
    blob["x"], blob["y"] = x, y
    raw, size = blob.tobytes(), blob.dtype.itemsize
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(crs)
    ds = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    layer = ds.CreateLayer("points", srs, ogr.wkbPoint, ["SPATIAL_INDEX=NO", "GEOMETRY_NAME=geom", "FID=fid"])
    if weights:
        layer.CreateField(ogr.FieldDefn("weight", ogr.OFTReal))
    ds = None
    db = sqlite3.connect(path)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute('DROP TRIGGER "%s"' % name)
    geometries = (raw[i * size:(i + 1) * size] for i in range(n))
    if weights:
        db.executemany("INSERT INTO points (geom, weight) VALUES (?, ?)",
                       zip(geometries, (1 + rng.integers(0, 3, n) * 0.75).tolist()))
    else:
        db.executemany("INSERT INTO points (geom) VALUES (?)", ((g,) for g in geometries))
    db.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (n,))
    db.commit()
    db.close()
    return path


FEW, MANY = 100000 if harness.SANITIZED else 500000, 1100000


def setUpModule():
    """The points of all tests, made once."""
    global folder, few_points
    folder = tempfile.TemporaryDirectory(prefix="hotgrid-test-")
    few_points = points_gpkg(os.path.join(folder.name, "few.gpkg"), FEW, weights=True)


def tearDownModule():
    folder.cleanup()


class MemoryCase(failure.FailureCase):
    def peak(self, *args):
        """Peak of the resident set in bytes, started from a process that is small itself: what stood in memory
        before the command was loaded counts as its own."""
        small = ("import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]);"
                 "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)")
        p = subprocess.run(["/usr/bin/python3", "-I", "-c", small, harness.HOTGRID, *map(str, args), "-q", "--overwrite"],
                           capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        return int(p.stdout) * 1024

    def dump(self, path):
        """The tables of a result as they are, but for when and how long it ran."""
        tables = [name for (name,) in self.query(path, "SELECT table_name FROM gpkg_contents ORDER BY 1")]
        rows = {t: self.query(path, 'SELECT * FROM "%s"' % t) for t in tables if t != "run_info"}
        rows["run_info"] = [r for r in self.query(path, "SELECT key, value FROM run_info ORDER BY 1, 2")
                            if not any(w in r[0] for w in ("seconds", "command_line", "output", "sidecars", "recorded_at"))]
        return rows


@unittest.skipIf(harness.SANITIZED, "sanitizers keep memory of their own")
class Slope(MemoryCase):
    """What a million more points cost is what the page says: not more, and not so little that it misleads."""

    @classmethod
    def setUpClass(cls):
        cls.files = few_points, points_gpkg(os.path.join(folder.name, "many.gpkg"), MANY, weights=True)

    def check(self, command, out, documented, *options):
        few, many = (self.peak(command, f, *GRID, "--no-hash", *options, "-o", self.path(out)) for f in self.files)
        slope = (many - few) / (MANY - FEW)
        self.assertLess(slope, 1.1 * documented, "bytes an incident")
        self.assertGreater(slope, 0.8 * documented, "bytes an incident")
        self.assertLess(few - documented * FEW, FIXED, "bytes whatever the number")

    def test_density(self):
        self.check("density", "o.tif", BYTES)

    def test_density_weighted(self):
        self.check("density", "o.tif", BYTES + WEIGHT_BYTES, "--weight", "weight")

    def test_hotspots(self):
        self.check("hotspots", "o.gpkg", BYTES, *PLAIN)


class Budget(MemoryCase):
    def setUp(self):
        super().setUp()
        self.temporary = self.path("temporary")
        os.mkdir(self.temporary)
        self.env = dict(os.environ, TMPDIR=self.temporary)

    def arguments(self, command, out, *more):
        return [command, few_points, *GRID, "--weight", "weight", "-o", self.path(out), *more]

    def test_results_are_the_same(self):
        """Bit for bit: the surface, the ranking, every table."""
        for edge in ("none", "diggle"):
            self.run_hotgrid(*self.arguments("density", "a_%s.tif" % edge, "--edge", edge, "--no-hash"))
            self.run_hotgrid(*self.arguments("density", "b_%s.tif" % edge, "--edge", edge, "--no-hash", "--memory",
                                             "1MB"), env=self.env)
            a, b = (failure.bytes_of(self.path("%s_%s.tif" % (k, edge))) for k in "ab")
            self.assertEqual(a, b)
        self.run_hotgrid(*self.arguments("hotspots", "a.gpkg", *PLAIN))
        self.run_hotgrid(*self.arguments("hotspots", "b.gpkg", *PLAIN, "--memory", "1MB"), env=self.env)
        a, b = self.dump(self.path("a.gpkg")), self.dump(self.path("b.gpkg"))
        self.assertGreater(len(a["hotspot_cells"]), 10)
        self.assertEqual(a.keys(), b.keys())
        for table in a:
            self.assertEqual(a[table], b[table], table)
        self.assertEqual(os.listdir(self.temporary), [])

    @unittest.skipIf(harness.SANITIZED, "sanitizers keep memory of their own")
    def test_under_a_real_limit(self):
        """A limit on the process's own memory, which files do not count against."""
        def limit(megabytes):
            return lambda: resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
        arguments = self.arguments("density", "o.tif", "--no-hash", "--threads", "1", "--overwrite")
        self.run_hotgrid(*arguments)
        whole = failure.bytes_of(self.path("o.tif"))
        # The least megabytes that do without files, to 2, and then a third of what columns take below that.
        low, high = 4, 260
        while high - low > 2:
            middle = (low + high) // 2
            p = subprocess.run([harness.HOTGRID, *arguments, "--memory", "100GB"], preexec_fn=limit(middle),
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            low, high = (low, middle) if p.returncode == 0 else (middle, high)
        less = high - FEW * (BYTES + WEIGHT_BYTES) // 3 // 1000000
        self.fails(1, *arguments, "--memory", "100GB", preexec_fn=limit(less), says="out of memory")
        self.run_hotgrid(*arguments, "--memory", "1MB", preexec_fn=limit(less))
        self.assertEqual(failure.bytes_of(self.path("o.tif")), whole)

    def test_no_folder_and_full_disk(self):
        gone = dict(os.environ, TMPDIR=self.path("gone"))
        self.fails(4, *self.arguments("density", "o.tif", "--memory", "1MB"), env=gone,
                   says=[self.path("gone"), "temporary file", "No such file", "--memory", "TMPDIR"])
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000))
        self.fails(4, *self.arguments("hotspots", "o.gpkg", *PLAIN, "--memory", "1MB", "--bounds",
                                      "400000,2430000,402000,2432000"), env=self.env, preexec_fn=small_files,
                   says=[self.temporary, "temporary file", "File too large"])
        self.assertEqual(os.listdir(self.temporary), [])

    def spilling(self, *args):
        """A run that has files of its own in the folder for temporary ones."""
        p = subprocess.Popen([harness.HOTGRID, *map(str, args), "-q"], env=self.env, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and p.poll() is None:
            try:
                fds = [os.readlink("/proc/%d/fd/%s" % (p.pid, fd)) for fd in os.listdir("/proc/%d/fd" % p.pid)]
            except OSError:
                continue
            if sum(fd.startswith(self.temporary) for fd in fds) >= 3:
                return p
        self.fail("no temporary file was seen: %s" % p.communicate()[1])

    def test_killed(self):
        for sent, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)):
            p = self.spilling(*self.arguments("hotspots", "o.gpkg", "--memory", "1MB", "--overwrite"))
            self.assertEqual(os.listdir(self.temporary), [], "a file with a name while the run goes on")
            p.send_signal(sent)
            p.communicate(timeout=120)
            self.assertEqual(p.returncode, code)
            self.assertEqual(os.listdir(self.temporary), [])

    def test_beside_the_output(self):
        """Without TMPDIR; a folder that is gone is told by its name."""
        env = {k: v for k, v in os.environ.items() if k != "TMPDIR"}
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000))
        self.fails(4, *self.arguments("density", "o.tif", "--memory", "1MB", "--bounds",
                                      "400000,2430000,402000,2432000"), env=env, preexec_fn=small_files,
                   says=[str(self.dir), "temporary file"])

    def test_sizes(self):
        for size in ("4", "0MB", "-1GB", "1MiBs", "lots", "", "10kB"):
            self.fails(2, *self.arguments("density", "o.tif", "--memory", size), says="--memory")
        for size in ("1.5GB", "800 mb", "2GiB"):
            self.run_hotgrid(*self.arguments("density", "o.tif", "--no-hash", "--memory", size, "--overwrite"))


if __name__ == "__main__":
    harness.main()
