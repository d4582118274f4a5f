"""The command under mpirun: what several ranks make is what one process of the ordinary build makes."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import numpy
from osgeo import gdal, ogr

from dumps import differences, dump
from harness import SOURCE, Case, main, skip
from points import as_text, make_points, wgs84, write_layer
from test_postgis import Server

SHARED_BY_RANKS = str(pathlib.Path(os.environ.get("HOTGRID_RANKS", SOURCE / "build/mpi/hotgrid")).resolve())
SAMPLE = SOURCE / "sample_data/pingsha"
VOLATILE = {"recorded_at", "command_line", "output", "seconds", "ranks"}

# What rank 1 does otherwise: see another folder, say its process, or end at once.
LAUNCHER = """#!/bin/sh
echo $$ >"$NOTES/pid.$OMPI_COMM_WORLD_RANK"
if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then %s; fi
exec "$@"
"""


def close(a, b, scale=0):
    """Facts as one process has them: numbers to rounding (of a mass balance, of its total), all else the same."""
    if isinstance(a, dict):
        scale = a["total"] if "over_edge" in a else 0
        keys = a.keys() - VOLATILE
        return keys == b.keys() - VOLATILE and all(close(a[k], b[k], scale) for k in keys)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return abs(a - b) <= 1e-12 * max(abs(a), abs(b), scale)
    return a == b


class Ranks(Case):
    maxDiff = 3000

    def setUp(self):
        if not shutil.which("mpirun"):
            skip("no mpirun; tools/install-deps.sh mpi installs it")
        if not pathlib.Path(SHARED_BY_RANKS).exists():
            skip("no %s; make mpi builds it" % SHARED_BY_RANKS)
        super().setUp()
        self.points = write_layer(self.path("points.gpkg"), "GPKG", make_points(3000))

    def start(self, ranks, *args, launcher=(), **kwargs):
        environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                           NOTES=str(self.dir))
        command = ["mpirun", "-q", "--oversubscribe", "-n", str(ranks), *launcher, SHARED_BY_RANKS, *map(str, args)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                **kwargs)

    def mpirun(self, ranks, *args, code=0, **kwargs):
        with self.start(ranks, *args, **kwargs) as p:
            out, err = p.communicate(timeout=120)
        self.assertEqual(p.returncode, code, out[-2000:] + err[-3000:])
        return out, err

    def launcher(self, otherwise):
        path = pathlib.Path(self.write("launch.sh", LAUNCHER % otherwise))
        path.chmod(0o755)
        return (str(path),)

    def density(self, ranks, *args):
        out = self.path("%d.tif" % ranks)
        facts = json.loads(self.mpirun(ranks, "density", *args, "--json", "-o", out)[0]) if ranks else self.run_json(
            "density", *args, "-o", out)
        (self.dir / ("%d.json" % ranks)).write_text(json.dumps(facts))
        return gdal.Open(out).ReadAsArray(), facts

    def assert_density_as_alone(self, *args, ranks=(2, 4)):
        alone, facts = self.density(0, *args)
        peak = alone.max()
        self.assertGreater(peak, 0)
        for n in ranks:
            shared, theirs = self.density(n, *args)
            self.assertEqual(len(theirs["ranks"]), n)
            self.assertEqual(sum(r["rows"] for r in theirs["ranks"]), alone.shape[0])
            self.assertLessEqual(numpy.abs(shared - alone).max() / peak, 1e-12)
            self.assertTrue(close(facts, theirs), (facts, theirs))

    def test_density(self):
        self.assert_density_as_alone(self.points, "--weight", "loss", "--bandwidth", "400", "--cell", "20", ranks=(2, 3))

    def test_rows_that_stay_where_they_are_read(self):
        """Refused rows, repeated rows and times are counted over ranks; the CRS is chosen from all of them."""
        rows = make_points(2000, seed=3)
        rows[7] = (8, 0.0, 0.0, *rows[7][3:])
        rows[1990] = (1991, 113.1, 95.0, *rows[1990][3:])
        rows += rows[100:130] + rows[1200:1210]
        other = write_layer(self.path("other.shp"), "ESRI Shapefile", make_points(500, seed=9))
        ds = ogr.Open(other, 1)
        for fid in (*range(150, 180), 330, 499):  # leaves gaps, which count in a Shapefile's numbers
            ds.GetLayer(0).DeleteFeature(fid)
        ds = None
        path = write_layer(self.path("more.gpkg"), "GPKG", rows)
        self.assert_density_as_alone(path, other, "--since", "2019-01-02", "--time", "when", "--bandwidth", "300",
                                     "--cell", "25", ranks=(3,))
        facts = json.loads((self.dir / "3.json").read_text())
        repeated = [r for r in rows[2000:] if r[3] >= "2019-01-02"]
        self.assertEqual((facts["duplicates"], facts["rejected_by_reason"]["null_island"]), (len(repeated), 1))
        self.assertEqual(facts["rows_read"], 2508)

    def test_rows_of_a_text_file(self):
        """Which only rank 0 can read; the other ranks compute."""
        path = self.write("points.csv", as_text(make_points(800)))
        self.assert_density_as_alone(path, "--bandwidth", "300", "--cell", "25", "--category", "kind", ranks=(2,))

    def test_more_ranks_than_rows(self):
        """And weights that only one of the ranks has seen."""
        few = write_layer(self.path("few.gpkg"), "GPKG", make_points(1))
        more = write_layer(self.path("more.gpkg"), "GPKG", make_points(2, seed=4))
        self.assert_density_as_alone(few, "--weight", "loss", more, "--bandwidth", "400", "--cell", "40", ranks=(4,))

    def test_several_bandwidths(self):
        """Read once, each surface by all ranks."""
        args = ("density", self.points, "--bandwidth", "300,500", "--cell", "40", "--json", "-o")
        alone = json.loads(self.run_hotgrid(*args, self.path("a.tif")).stdout)
        theirs = json.loads(self.mpirun(2, *args, self.path("b.tif"))[0])
        self.assertTrue(close(alone, theirs), (alone, theirs))
        rows = 0
        for name in ("300m.tif", "500m.tif"):
            one, other = [gdal.Open(self.path(k + name)).ReadAsArray() for k in ("a_", "b_")]
            self.assertLessEqual(numpy.abs(one - other).max() / one.max(), 1e-12)
            rows += one.shape[0]
        self.assertEqual(sum(r["rows"] for r in theirs["ranks"]), rows)
        self.assertGreater(theirs["ranks"][1]["rows"], 0)

    def test_slices_under_a_virtual_raster(self):
        """One of them without a row, one with a single place."""
        rows = [r for r in make_points(600) if r[3] < "2019-03" or r[3] > "2019-12-27"][:60]
        path = write_layer(self.path("some.gpkg"), "GPKG", rows)
        args = ("density", path, "--time", "when", "--slice", "month", "--bandwidth", "300", "--cell", "50", "--json", "-o")
        alone = json.loads(self.run_hotgrid(*args, self.path("a.tif")).stdout)
        theirs = json.loads(self.mpirun(3, *args, self.path("b.vrt"))[0])
        self.assertTrue(close(alone, theirs), (alone, theirs))
        made = sorted(f[1:-4] for f in self.files() if f.startswith("a_") and f.endswith(".tif"))
        self.assertGreater(len(made), 1)
        for name in made:
            one, other = [gdal.Open(self.path(f)).ReadAsArray() for f in ("a%s.tif" % name, "b%s.vrt" % name)]
            self.assertLessEqual(numpy.abs(one - other).max() / one.max(), 1e-12)

    def test_fast_and_little_memory(self):
        args = (self.points, "--bandwidth", "600", "--cell", "20", "--method", "fast", "--memory", "1MB")
        alone, facts = self.density(0, *args)
        shared, theirs = self.density(2, *args)
        self.assertEqual(facts["method"], "fast")
        self.assertEqual(alone.tobytes(), shared.tobytes())
        self.assertTrue(close(facts, theirs), (facts, theirs))

    def test_no_folder_for_what_is_beyond_memory(self):
        """A folder that one rank cannot use."""
        launcher = self.launcher("TMPDIR=$(printf %05000d 1); export TMPDIR")
        _, err = self.mpirun(2, "density", self.points, "--bandwidth", "400", "-o", self.path("o.tif"), code=4,
                             launcher=launcher)
        self.assertEqual(err.count("hotgrid: "), 1, err)
        self.assertEqual([f for f in self.files() if f.startswith("o")], [])

    def test_no_row_left(self):
        _, err = self.mpirun(2, "density", self.points, "--since", "2030-01-01", "--bandwidth", "300", "-o",
                             self.path("o.tif"), code=3)
        self.assertIn("none of 3000 rows can be used; most are refused as outside_interval", err)
        self.assertEqual([f for f in self.files() if f.startswith("o")], [])

    def test_density_with_points_beyond_the_grid(self):
        bounds = "715000,2438000,716000,2441000"
        self.assert_density_as_alone(self.points, "--analysis-crs", "EPSG:32649", "--kernel", "gaussian", "--bandwidth",
                                     "150", "--cell", "25", "--bounds", bounds, "--memory", "1MB", ranks=(3,))

    def test_more_ranks_than_strips(self):
        self.assert_density_as_alone(self.points, "--bandwidth", "4000", "--cell", "1000", ranks=(4,))

    def test_one_rank_is_one_process(self):
        alone = self.density(0, self.points, "--bandwidth", "400", "--cell", "50")
        single = self.density(1, self.points, "--bandwidth", "400", "--cell", "50")
        self.assertEqual(alone[0].tobytes(), single[0].tobytes())
        self.assertTrue(close(alone[1], single[1]), (alone[1], single[1]))

    def test_tiles_under_a_virtual_raster(self):
        args = ("density", self.points, "--weight", "loss", "--bandwidth", "400", "--cell", "20")
        alone, facts = self.density(0, *args[1:])
        out, folder = self.path("v.vrt"), self.dir / "v_tiles"
        for ranks in (4, 2):
            theirs = json.loads(self.mpirun(ranks, *args, "--json", "--overwrite", "-o", out)[0])
            self.assertEqual(sorted(p.name for p in folder.iterdir()), ["%04d.tif" % k for k in range(ranks)])
            whole = gdal.Open(out)
            self.assertEqual(whole.GetGeoTransform(), gdal.Open(self.path("0.tif")).GetGeoTransform())
            self.assertTrue(whole.GetSpatialRef().IsSame(gdal.Open(self.path("0.tif")).GetSpatialRef()))
            self.assertLessEqual(numpy.abs(whole.ReadAsArray() - alone).max() / alone.max(), 1e-12)
            self.assertTrue(close(facts, theirs), (facts, theirs))
        self.assertEqual(self.files().count("v.qml"), 1)
        _, err = self.mpirun(2, *args, "-o", out, code=4)
        self.assertIn("--overwrite", err)

    def test_ranks_without_a_tile(self):
        """Two steps of 16 rows, nearly all points at the first: rank 0 has none of them."""
        rows = [(n, 113.1, 22.05 if n < 1900 else 22.0365, *rest) for n, _, _, *rest in make_points(2000)]
        path = write_layer(self.path("rows.gpkg"), "GPKG", rows)
        args = (path, "--bandwidth", "50", "--cell", "50", "--kernel", "quartic")
        alone, facts = self.density(0, *args)
        theirs = json.loads(self.mpirun(4, "density", *args, "--json", "-o", self.path("v.vrt"))[0])
        self.assertEqual(theirs["ranks"][0]["rows"], 0, theirs["ranks"])
        whole = gdal.Open(self.path("v.vrt")).ReadAsArray()
        self.assertLessEqual(numpy.abs(whole - alone).max() / alone.max(), 1e-12)
        self.assertTrue(close(facts, theirs), (facts, theirs))

    def test_tiles_that_cannot_be(self):
        out = self.path("v.vrt")
        args = ("density", self.points, "--bandwidth", "400", "-o", out)
        self.assertIn("mpirun", self.run_hotgrid(*args, code=2).stderr)
        self.assertIn("--area", self.mpirun(2, *args, "--area", SAMPLE / "boundary.gpkg", code=2)[1])
        self.mpirun(2, *args, "--bounds", "0,0,1e9,1e9", "--cell", "100", "--analysis-crs", "EPSG:32649", code=4)
        self.assertEqual([f for f in self.files() if f.startswith("v")], [])

    def hotspots(self, ranks):
        """Several inputs, one of them text that only rank 0 reads; columns of text and of numbers kept."""
        folder = self.dir / str(ranks)
        folder.mkdir()
        args = ("hotspots", SAMPLE / "crime_gbk.csv", "--datum", "gcj02", "--stream", "crime", "--id", "案件编号",
                self.points, "--stream-col", "kind", "--category", "kind", "--keep", "case_no", "--keep", "kind",
                SAMPLE / "city_management.gpkg", "--layer", "cases",
                "--area", SAMPLE / "boundary.gpkg", "--bandwidth", "auto", "--cell", "100", "--all-incidents",
                "--all-cells", "--chance", "20", "--stability", "20", "-o", folder / "hot.gpkg")
        if ranks:
            return folder, json.loads(self.mpirun(ranks, *args, "--json")[0])
        return folder, self.run_json(*args)

    def assert_hotspots_as_alone(self, ranks, *args):
        args = ("hotspots", *args, "--bandwidth", "300", "--cell", "50", "--all-incidents", "--chance", "0", "--json",
                "--overwrite", "-o")
        folders = [self.dir / name for name in ("alone", "shared")]
        for f in folders:
            f.mkdir(exist_ok=True)
        facts = [json.loads(self.run_hotgrid(*args, folders[0] / "hot.gpkg").stdout),
                 json.loads(self.mpirun(ranks, *args, folders[1] / "hot.gpkg")[0])]
        self.assertTrue(close(*facts), facts)
        x, y = [[row for row in dump(f / "hot.gpkg") if "'mass." not in row] for f in folders]  # sums, to rounding
        self.assertEqual(x == y, True, differences(x, y))
        return facts[1]

    def test_rows_outside_the_box_of_the_area_are_not_read(self):
        """Of a FlatGeobuf file, which rank 0 reads alone; rows beside it are read by all."""
        near = make_points(600)
        far = [(n + 600, lon + 1, lat, *rest) for n, lon, lat, *rest in make_points(400, seed=2)]
        path = write_layer(self.path("cases.fgb"), "FlatGeobuf", near + far)
        area = ogr.GetDriverByName("GPKG").CreateDataSource(self.path("area.gpkg"))
        layer = area.CreateLayer("area", wgs84(), ogr.wkbPolygon)
        f = ogr.Feature(layer.GetLayerDefn())
        f.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON((113.09 22.04,113.13 22.04,113.13 22.07,113.09 22.07,113.09 22.04))"))
        layer.CreateFeature(f)
        f = layer = area = None
        facts = self.assert_hotspots_as_alone(3, path, self.points, "--area", self.path("area.gpkg"), "--weight", "loss",
                                              "--keep", "case_no")
        self.assertIn("were not read", str(facts["notes"]))

    def test_rows_of_a_database(self):
        server = Server()
        self.addCleanup(server.stop)
        server.start()
        values = ", ".join("(%d, '%s', '%s', %r, ST_SetSRID(ST_MakePoint(%r, %r), 4326))" % (n, when, kind, loss, lon, lat)
                           for n, lon, lat, when, kind, loss in make_points(300))
        server.sql("CREATE TABLE cases (id serial PRIMARY KEY, case_no int, happened timestamp, kind text, loss float8, "
                   "geom geometry(Point, 4326)); INSERT INTO cases (case_no, happened, kind, loss, geom) VALUES " + values)
        source = server.connection("tables=cases")
        facts = self.assert_hotspots_as_alone(3, source, "--weight", "loss", "--category", "kind", "--keep", "case_no")
        self.assertEqual(facts["rows_read"], 300)

    def test_hotspots_rank_the_same(self):
        alone, facts = self.hotspots(0)
        x = dump(alone / "hot.gpkg")
        shared, theirs = self.hotspots(4)
        y = dump(shared / "hot.gpkg")
        self.assertTrue(close(facts, theirs), (facts, theirs))
        self.assertEqual(x == y, True, differences(x, y))
        rasters = [gdal.Open(str(f / "hot_density.tif")).ReadAsArray() for f in (alone, shared)]
        self.assertLessEqual(numpy.abs(rasters[0] - rasters[1]).max() / rasters[0].max(), 1e-12)

    def test_a_rank_that_fails_ends_the_job_and_says_why_once(self):
        (self.dir / "else").mkdir()
        out = self.path("out.tif")
        for content, code, words in ((None, 4, "points.gpkg: no such file"), ("junk", 3, "points.gpkg is damaged")):
            if content:
                self.write("else/points.gpkg", content)
            _, err = self.mpirun(3, "density", "points.gpkg", "--bandwidth", "400", "-o", out, code=code,
                                 launcher=self.launcher("cd else"), cwd=self.dir)
            self.assertEqual(err.count("hotgrid: "), 1, err)
            self.assertIn("hotgrid: " + words, err)
            self.assertEqual([f for f in self.files() if "out" in f], [])

    def test_a_rank_that_fails_between_two_decisions_keeps_no_one_waiting(self):
        """Rank 1 cannot place its rows, which the others learn when they choose the CRS together."""
        (self.dir / "else").mkdir()
        ds = ogr.GetDriverByName("GPKG").CreateDataSource(self.path("else/points.gpkg"))
        layer = ds.CreateLayer("cases", None, ogr.wkbPoint)
        for x in range(50):
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetGeometry(ogr.CreateGeometryFromWkt("POINT (%d 2400000)" % (500000 + 1000 * x)))
            layer.CreateFeature(f)
        ds = None
        _, err = self.mpirun(3, "density", "points.gpkg", "--bandwidth", "400", "-o", "out.tif", code=2,
                             launcher=self.launcher("cd else"), cwd=self.dir)
        self.assertEqual(err.count("hotgrid: "), 1, err)
        self.assertIn("--crs", err)
        self.assertEqual([f for f in self.files() if "out" in f], [])

    def test_a_failure_of_all_is_said_once(self):
        _, err = self.mpirun(2, "density", self.points, "--bandwidth", "nonsense", "-o", self.path("o.tif"), code=2)
        self.assertEqual(err.count("hotgrid: "), 1, err)

    def test_a_rank_that_exits_ends_the_job(self):
        out = self.path("out.tif")
        self.mpirun(2, "density", self.points, "--bandwidth", "400", "-o", out, code=7,
                    launcher=self.launcher("exit 7"))
        self.assertEqual([f for f in self.files() if "out" in f], [])

    def test_a_rank_that_is_killed_ends_the_job(self):
        """In the midst of a surface that would take minutes."""
        out = self.path("out.tif")
        with self.start(3, "density", self.points, "--kernel", "gaussian", "--bandwidth", "9000", "--cell", "4", "-o",
                        out, launcher=self.launcher("true")) as p:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not any("out" in f for f in self.files()):
                time.sleep(0.05)
            os.kill(int((self.dir / "pid.1").read_text()), signal.SIGKILL)
            err = p.communicate(timeout=60)[1]
        self.assertEqual(p.returncode, 137, err)
        self.assertNotIn("out.tif", self.files())

    def test_other_commands_run_on_one_rank(self):
        out, err = self.mpirun(2, "info", self.points)
        self.assertEqual(out, self.run_hotgrid("info", self.points).stdout)
        self.assertIn("note: info runs on one rank; the other 1 wait for it", err)


if __name__ == "__main__":
    main()
