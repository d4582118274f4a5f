"""A result appears whole or not at all: failures, full disks, interrupts and kills leave the old one as it was."""
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import failure
import harness
from failure import bytes_of, points_csv, square

MANY = 15000 if harness.SANITIZED else 50000
RUNS = {
    "load": ("out.gpkg", []),
    "load spatialite": ("out.sqlite", []),
    "density": ("out.tif", ["--bandwidth", "400", "--cell", "20"]),
    "hotspots": ("out.gpkg", ["--bandwidth", "400", "--cell", "20"]),
}


def many_points(n):
    rnd = random.Random(5)
    rows = ["lon,lat,when,kind"]
    for i in range(n):
        rows.append("%.6f,%.6f,2019-01-%02d,k%d" % (rnd.uniform(-90.2, -89.8), rnd.uniform(34.8, 35.2), 1 + i % 28,
                                                    i % 5))
    return "\n".join(rows) + "\n"


def each_run(test):
    """The test for every command, each from an empty folder."""
    def wrapper(self):
        for run in RUNS:
            with self.subTest(run=run):
                self.clear()
                test(self, run)
    return wrapper


def each_store(test):
    """The test for a GeoPackage and a SpatiaLite store of 500 rows."""
    def wrapper(self):
        for name in ("s.gpkg", "s.sqlite"):
            with self.subTest(store=name):
                self.run_hotgrid("load", self.csv, "-o", self.path(name))
                test(self, self.path(name))
    return wrapper


class Atomic(failure.FailureCase):
    def setUp(self):
        super().setUp()
        self.csv = self.write("t.csv", points_csv(500))

    def arguments(self, run, source, *more):
        out, options = RUNS[run]
        return [run.split()[0], source, *options, "-o", self.path(out), *more]

    def clear(self):
        for name in os.listdir(self.dir):
            if name.startswith((".out", "out")):
                os.unlink(self.path(name))

    def assert_whole(self, run):
        out = self.path(RUNS[run][0])
        if run == "density":
            from osgeo import gdal
            gdal.UseExceptions()
            dataset = gdal.Open(out)
            self.assertGreater(dataset.GetRasterBand(1).Checksum(), 0)
            return
        self.assertEqual(self.query(out, "PRAGMA integrity_check"), [("ok",)])
        if run == "hotspots":
            info = dict(self.query(out, "SELECT key, value FROM run_info"))
            for i in range(2):
                sidecar = self.path(info["sidecars[%d].name" % i])
                self.assertEqual(hashlib.sha256(bytes_of(sidecar)).hexdigest(), info["sidecars[%d].sha256" % i])
        self.run_hotgrid("info", out)


class Overwriting(Atomic):
    @each_run
    def test_existing_output_is_refused(self, run):
        self.run_hotgrid(*self.arguments(run, self.csv))
        self.fails(4, *self.arguments(run, self.csv), says=["already exists", "--overwrite"])

    def test_existing_sidecar_is_refused(self):
        for command, out, sidecar in (("hotspots", "a.gpkg", "a_density.tif"), ("density", "b.tif", "b.qml"),
                                      ("hotspots", "c.gpkg", "c_density.qml")):
            self.write(sidecar, "mine")
            self.fails(4, command, self.csv, "-o", self.path(out), says=[sidecar, "already exists"])

    @each_run
    def test_failures_keep_the_old_result(self, run):
        bad = self.write("bad.csv", "lon,lat\n")
        self.run_hotgrid(*self.arguments(run, self.csv))
        for code, more in ((3, [bad]), (4, ["none.csv"]), (2, [self.csv, "--x", "no", "--y", "lat"]),
                           (2, [self.csv, "--where", "nonsense(("]), (3, [self.csv, "--since", "2030-01-01"]),
                           (2, [self.csv, "--analysis-crs", "EPSG:4326"])):
            self.fails(code, *self.arguments(run, *more, "--overwrite"))

    @each_run
    def test_overwriting(self, run):
        other = self.write("u.csv", points_csv(300, seed=9))
        self.run_hotgrid(*self.arguments(run, self.csv))
        before = bytes_of(self.path(RUNS[run][0]))
        self.run_hotgrid(*self.arguments(run, other, "--overwrite"))
        self.assertNotEqual(bytes_of(self.path(RUNS[run][0])), before)
        self.assert_whole(run)
        self.assertEqual([n for n in self.files() if n.startswith(".")], [])


class Inputs(Atomic):
    """No run replaces what it reads."""

    def setUp(self):
        super().setUp()
        self.store = self.path("store.gpkg")
        self.run_hotgrid("load", self.csv, "-o", self.store)

    def refuses(self, *args):
        self.fails(2, *args, says="would replace")

    def test_same_file_under_every_name(self):
        os.symlink("store.gpkg", self.path("link.gpkg"))
        os.link(self.store, self.path("hard.gpkg"))
        os.mkdir(self.path("sub"))
        for name in ("store.gpkg", "link.gpkg", "hard.gpkg", "sub/../store.gpkg"):
            for command in ("load", "hotspots"):
                self.refuses(command, self.store, "-o", self.path(name), "--overwrite")
                self.refuses(command, self.path(name), "-o", self.store, "--overwrite")
        self.refuses("load", self.store, "--append", "-o", self.store)
        self.refuses("load", self.csv, self.store, "-o", self.store, "--overwrite")

    def test_area_and_places(self):
        from osgeo import gdal
        gdal.UseExceptions()
        self.write("a.geojson", square(-90.1, 34.9, -89.9, 35.1))
        gdal.VectorTranslate(self.path("a.gpkg"), self.path("a.geojson"), layerName="town")
        for option in ("--area", "--places"):
            for layer in ("", ":town"):
                self.refuses("hotspots", self.csv, option, self.path("a.gpkg") + layer, "-o", self.path("a.gpkg"),
                             "--overwrite")

    def test_spatialite(self):
        self.run_hotgrid("load", self.csv, "-o", self.path("s.sqlite"))
        self.refuses("load", self.path("s.sqlite"), "-o", self.path("s.sqlite"), "--overwrite")


class Appending(Atomic):
    def setUp(self):
        super().setUp()
        self.other = self.write("u.csv", points_csv(300, seed=9))

    def test_what_is_no_store(self):
        from osgeo import gdal
        gdal.UseExceptions()
        for name in ("text.gpkg", "text.sqlite"):
            self.write(name, "dear reader\n")
            self.fails(3, "load", self.csv, "--append", "-o", self.path(name), says=name)
            self.write(name, b"")
            self.fails(3, "load", self.csv, "--append", "-o", self.path(name), says=name)
        self.write("a.geojson", square(-90.1, 34.9, -89.9, 35.1))
        gdal.VectorTranslate(self.path("foreign.gpkg"), self.path("a.geojson"))
        gdal.VectorTranslate(self.path("foreign.sqlite"), self.path("a.geojson"), format="SQLite",
                             datasetCreationOptions=["SPATIALITE=YES"])
        for name in ("foreign.gpkg", "foreign.sqlite"):
            self.fails(3, "load", self.csv, "--append", "-o", self.path(name), says=[name, "no store"])
        self.fails(2, "load", self.csv, "--append", "--overwrite", "-o", self.path("foreign.gpkg"),
                   says=["--append", "--overwrite"])

    @each_store
    def test_truncated_store(self, store):
        whole = bytes_of(store)
        with open(store, "wb") as f:
            f.write(whole[:len(whole) * 2 // 3])
        self.fails(3, "load", self.other, "--append", "-o", store, says="s.")

    @each_store
    def test_failures_keep_the_store(self, store):
        bad = self.write("bad.csv", "lon,lat\n")
        self.fails(2, "load", self.csv, "--append", "-o", store, says="already")
        self.fails(3, "load", bad, "--append", "-o", store)
        self.fails(2, "load", self.other, "--keep", "nope", "--append", "-o", store)
        self.fails(4, "load", "none.csv", "--append", "-o", store)
        self.run_hotgrid("load", self.other, "--append", "-o", store)
        self.assertEqual(self.query(store, "SELECT count(*) FROM incidents"), [(800,)])

    @each_store
    def test_journal_of_a_killed_writer(self, store):
        """Whoever opens the store next rolls the half-done transaction back, readers too."""
        pristine = self.query(store, "SELECT source, source_row FROM incidents ORDER BY fid")
        code = ("import os, sqlite3; db = sqlite3.connect(%r, isolation_level=None); db.execute('PRAGMA cache_size=2');"
                "db.execute('BEGIN'); db.execute(\"UPDATE sources SET source = 'x'\");"
                "db.execute('CREATE TABLE z(a)');"
                "db.executemany('INSERT INTO z VALUES (?)', [('y' * 500,)] * 5000); os.kill(os.getpid(), 9)" % store)
        for args in (["info", store], ["load", store, "-o", self.path("x.gpkg"), "--overwrite"],
                     ["load", self.other, "--append", "-o", store]):
            subprocess.run([sys.executable, "-c", code])
            self.assertTrue(os.path.getsize(store + "-journal") > 0, "the writer was to leave a journal")
            self.run_hotgrid(*args)
            self.assertFalse(os.path.exists(store + "-journal"))
            rows = self.query(store, "SELECT source, source_row FROM incidents ORDER BY fid")
            self.assertEqual(rows[:500], pristine)

    @each_store
    def test_locked_store(self, store):
        import sqlite3
        db = sqlite3.connect(store, isolation_level=None)
        db.execute("BEGIN EXCLUSIVE")
        try:
            p = subprocess.run([harness.HOTGRID, "load", self.other, "--append", "-o", store],
                               capture_output=True, text=True)
            self.assertEqual(p.returncode, 4, p.stderr)
            self.assert_message(p.stderr, "in use")
        finally:
            db.execute("ROLLBACK")
            db.close()
        self.assertEqual(self.query(store, "SELECT count(*) FROM incidents"), [(500,)])

    @each_store
    def test_interrupted(self, store):
        big = self.write("big.csv", many_points(MANY // 3))
        pristine = bytes_of(store)
        for k in range(5):
            for number in (signal.SIGINT, signal.SIGKILL):
                self.interrupt(store, pristine, big, 0.05 + 0.08 * k, number)

    def interrupt(self, store, pristine, big, delay, number):
        with open(store, "wb") as f:
            f.write(pristine)
        p = self.popen("load", big, "--append", "-o", store)
        time.sleep(delay * (8 if harness.SANITIZED else 1))
        p.send_signal(number)
        p.communicate(timeout=200)
        if p.returncode == 0:
            self.assertEqual(self.query(store, "SELECT count(*) FROM incidents"), [(500 + MANY // 3,)])
            return
        self.assertIn(p.returncode, (130, -number))
        # A journal that a kill left is rolled back by whoever opens the store next, as SQLite has it.
        import sqlite3
        db = sqlite3.connect(store)
        self.assertEqual(db.execute("SELECT count(*) FROM incidents").fetchall(), [(500,)])
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(db.execute("SELECT count(*) FROM sources").fetchall(), [(1,)])
        db.close()
        left = [n for n in self.files() if "-journal" in n or n.startswith(".")]
        if number == signal.SIGINT:
            self.assertEqual(left, [])
        for name in left:
            os.unlink(self.path(name))


class Interrupts(Atomic):
    """Signals at many moments of a run over many points."""

    def setUp(self):
        super().setUp()
        self.big = self.write("big.csv", many_points(MANY))

    def duration(self, run):
        began = time.monotonic()
        self.run_hotgrid(*self.arguments(run, self.big))
        return time.monotonic() - began

    def stop(self, run, delay, number, *more):
        p = self.popen(*self.arguments(run, self.big, *more))
        time.sleep(delay)
        p.send_signal(number)
        out, err = p.communicate(timeout=300)
        return p.returncode, err

    def moments(self, run, n):
        whole = self.duration(run)
        return [whole * (k + 0.5) / n for k in range(n)]

    def made(self):
        return [n for n in self.files() if n not in ("t.csv", "big.csv")]

    @each_run
    def test_sigint(self, run):
        for delay in self.moments(run, 5):
            for name in self.made():
                os.unlink(self.path(name))
            code, err = self.stop(run, delay, signal.SIGINT)
            if code == 0:
                self.assert_whole(run)
                continue
            self.assertIn(code, (130, -signal.SIGINT), err)
            self.assertEqual(self.made(), [], "left after SIGINT at %.2f s" % delay)
            if code == 130:
                self.assert_message(err, "interrupted")

    def test_sigterm(self):
        for run in ("density", "hotspots"):
            code, err = self.stop(run, 0.3 * self.duration(run), signal.SIGTERM, "--overwrite")
            self.assertIn(code, (0, 130, -signal.SIGTERM), err)
            self.assertEqual([n for n in self.made() if n.startswith(".")], [])

    @each_run
    def test_old_result_outlives_signals(self, run):
        moments = self.moments(run, 2)
        self.run_hotgrid(*self.arguments(run, self.csv, "--overwrite"))
        before = self.state()
        for delay in moments:
            for number in (signal.SIGINT, signal.SIGKILL):
                code, err = self.stop(run, delay, number, "--overwrite")
                now = {k: v for k, v in self.state().items() if not os.path.basename(k).startswith(".")}
                if code == 0 or (number == signal.SIGKILL and now != before):
                    # Too late: then it is the new result, with the sidecars that belong to it.
                    self.assert_whole(run)
                    self.run_hotgrid(*self.arguments(run, self.csv, "--overwrite"))
                    before = self.state()
                    continue
                self.assertEqual(now, before, "changed by a signal at %.2f s" % delay)
                if number == signal.SIGINT:
                    self.assertEqual(self.state(), before)
                for name in self.made():
                    if name.startswith("."):
                        os.unlink(self.path(name))

    @each_run
    def test_rerun_after_kill(self, run):
        for delay in self.moments(run, 2):
            for name in self.made():
                if not name.startswith("."):
                    os.unlink(self.path(name))
            code, _ = self.stop(run, delay, signal.SIGKILL)
            there = os.path.exists(self.path(RUNS[run][0]))  # killed when all was in place
            if code != 0 and not there:
                self.assertEqual([n for n in self.made() if not n.startswith(".")], [])
                self.run_hotgrid(*self.arguments(run, self.csv))
            self.assert_whole(run)


class FullDisks(Atomic):
    def limited(self, run, kilobytes):
        line = "ulimit -f %d; exec \"$@\"" % kilobytes
        return subprocess.run(["bash", "-c", line, "x", harness.HOTGRID, *self.arguments(run, self.csv)],
                              capture_output=True, text=True)

    @each_run
    def test_file_size_limit(self, run):
        before = self.state()
        for kilobytes in (0, 1, 4, 16, 64, 100, 130, 180, 250):
            p = self.limited(run, kilobytes)
            if p.returncode == 0:
                self.assert_whole(run)
                break
            with self.subTest(run=run, kilobytes=kilobytes):
                self.assertEqual(p.returncode, 4, p.stderr)
                self.assert_message(p.stderr, "out")
                self.assertEqual(self.state(), before)
        self.assertIn(self.limited("load", 20000).returncode, (0, 4))

    def test_append_at_the_limit(self):
        other = self.write("u.csv", points_csv(3000, seed=9))
        for name in ("s.gpkg", "s.sqlite"):
            self.run_hotgrid("load", self.csv, "-o", self.path(name))
            size = os.path.getsize(self.path(name)) // 1024
            before = self.state()
            for more in (1, 8, 40, 100):
                p = subprocess.run(["bash", "-c", "ulimit -f %d; exec \"$@\"" % (size + more), "x", harness.HOTGRID,
                                    "load", other, "--append", "-o", self.path(name)], capture_output=True, text=True)
                with self.subTest(store=name, more=more):
                    self.assertEqual(p.returncode, 4, p.stderr)
                    self.assert_message(p.stderr, name)
                    self.assertEqual(self.state(), before)

    def in_small_disk(self, size, options, script):
        """Runs a shell script with "$DISK" a file system of its own; skips where that is not allowed."""
        disk = self.path("disk")
        os.makedirs(disk, exist_ok=True)
        line = "mount -t tmpfs -o size=%s,%s none '%s' || exit 77; DISK='%s'; %s" % (size, options, disk, disk, script)
        if not shutil.which("unshare"):
            harness.skip("no unshare")
        p = subprocess.run(["unshare", "-m", "sh", "-c", line], capture_output=True, text=True)
        if p.returncode in (1, 77) and ("unshare" in p.stderr or "mount" in p.stderr):
            harness.skip("no right to mount a file system")
        return p

    def test_small_disk(self):
        for run in RUNS:
            out, options = RUNS[run]
            last = None
            for size in ("16k", "60k", "100k", "140k", "200k", "1m", "5m"):
                p = self.in_small_disk(size, "mode=755", "'%s' %s '%s' %s -o $DISK/%s; code=$?; ls -A $DISK; exit $code" % (
                    harness.HOTGRID, run.split()[0], self.csv, " ".join(options), out))
                with self.subTest(run=run, size=size):
                    last = p.returncode
                    if last == 0:
                        self.assertIn(out, p.stdout)
                        break
                    self.assertEqual(p.returncode, 4, p.stderr)
                    self.assertEqual(p.stdout, "", "left on the disk")
                    self.assert_message(p.stderr, "out")
            if run != "load spatialite":
                self.assertEqual(last, 0, "5 MB are enough")

    def test_no_room_to_replace(self):
        for run in ("load", "density", "hotspots"):
            out, options = RUNS[run]
            script = ("'%s' %s '%s' %s -q -o $DISK/%s || exit 99; cd $DISK; sha256sum *; head -c 100m /dev/zero > fill "
                      "2>/dev/null; '%s' %s '%s' %s -o $DISK/%s --overwrite; code=$?; rm fill; sha256sum *; ls -A; exit $code"
                      % ((harness.HOTGRID, run, self.csv, " ".join(options), out) * 2))
            p = self.in_small_disk("16m", "mode=755", script)
            self.assertEqual(p.returncode, 4, p.stderr)
            self.assert_message(p.stderr, "out")
            lines = p.stdout.splitlines()
            n = len(lines) // 3
            self.assertEqual(lines[:n], lines[n:2 * n], "the old result has changed")
            self.assertEqual(len(lines), 3 * n, "left over: %r" % lines)

    def test_read_only_disk(self):
        for run in RUNS:
            out, options = RUNS[run]
            p = self.in_small_disk("1m", "ro", "'%s' %s '%s' %s -o $DISK/%s" % (
                harness.HOTGRID, run.split()[0], self.csv, " ".join(options), out))
            self.assertEqual(p.returncode, 4, p.stderr)
            self.assert_message(p.stderr, "out")
        script = ("cp '%s' $DISK/s.gpkg; mount -o remount,ro $DISK || exit 77; '%s' load '%s' --append -o $DISK/s.gpkg"
                  % (self.store(), harness.HOTGRID, self.write("u.csv", points_csv(30, seed=9))))
        p = self.in_small_disk("1m", "mode=755", script)
        self.assertEqual(p.returncode, 4, p.stderr)
        self.assert_message(p.stderr, "s.gpkg")

    def store(self):
        self.run_hotgrid("load", self.csv, "-o", self.path("s.gpkg"))
        return self.path("s.gpkg")

    def test_input_on_a_read_only_disk(self):
        """Reading writes nothing beside the input, not even a journal or an .aux.xml."""
        script = ("cp '%s' $DISK/s.gpkg; mount -o remount,ro $DISK || exit 77; '%s' load $DISK/s.gpkg -q -o '%s'"
                  % (self.store(), harness.HOTGRID, self.path("o.gpkg")))
        p = self.in_small_disk("1m", "mode=755", script)
        self.assertEqual(p.returncode, 0, p.stderr)


if __name__ == "__main__":
    harness.main()
