"""Several bandwidths and slices of time from one reading: each result is what a run of its own makes."""
import random
import signal
import subprocess
import time

from osgeo import gdal, ogr

from dumps import dump
from harness import HOTGRID, Case, main

gdal.UseExceptions()

# What says how a result was asked for, and what was said on the way.
ASKED = ("options.", "notes[", "slice.", "output", "sidecars[", "bandwidth_rule", "area_source")


def result(path):
    """Everything in a result but how it was asked for; row numbers of run_info follow from that."""
    lines = []
    for line in dump(path):
        if line.startswith("run_info"):
            key, value = eval(line.split(" ", 1)[1])[-2:]
            if key.startswith(ASKED):
                continue
            line = "run_info %r" % ((key, value),)
        elif line.startswith(("gpkg_contents", "gpkg_ogr_contents ('run_info'", "layer_styles", "qgis_projects", "gpkg_metadata", "('", "sqlite_")):
            continue
        lines.append(line)
    return lines


def pixels(path):
    raster = gdal.Open(path)
    return raster.GetGeoTransform(), raster.RasterXSize, raster.RasterYSize, raster.ReadRaster()


class Variants(Case):
    def incidents(self, n=600):
        rng = random.Random(11)
        rows = ["id,x,y,when,kind,w"]
        for i in range(n):
            cx, cy = rng.choice(((1000, 1000), (2600, 1800), (1800, 3000)))
            month = rng.choice((1, 2, 4))  # nothing in March
            when = "2021-%02d-%02d %02d:%02d" % (month, rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59))
            rows.append("%d,%.1f,%.1f,%s,%s,%.2f" % (i % 590, 500000 + rng.gauss(cx, 300), 4000000 + rng.gauss(cy, 300),
                                                    when, rng.choice(("theft", "fire")), rng.uniform(0.5, 2)))
        rows += ["900,,,2021-01-05,theft,1", "901,0,0,2021-01-05,theft,1", "902,501000,4001000,never,theft,1",
                 "903,501000,4001000,2021-02-03 04:00,theft,x", rows[5], rows[7]]
        return self.write("in.csv", "\n".join(rows) + "\n")

    def area(self):
        data = ogr.GetDriverByName("GPKG").CreateDataSource(self.path("area.gpkg"))
        srs = ogr.osr.SpatialReference()
        srs.ImportFromEPSG(32650)
        layer = data.CreateLayer("area", srs, ogr.wkbPolygon)
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(
            "POLYGON((500500 4000500, 503000 4000500, 503000 4003500, 500500 4003500, 500500 4000500))"))
        layer.CreateFeature(feature)
        return self.path("area.gpkg")

    def arguments(self):
        return (self.incidents(), "--crs", "EPSG:32650", "--time", "when", "--stream-col", "kind", "--weight", "w",
                "--id", "id", "--keep", "kind", "--cell", "100", "--stability", "0", "--chance", "19", "--drop-duplicates")

    def assert_same(self, made, alone):
        self.assertEqual(result(self.path(made)), result(self.path(alone)))
        self.assertEqual(pixels(self.path(made.replace(".gpkg", "_density.tif"))),
                         pixels(self.path(alone.replace(".gpkg", "_density.tif"))))

    def test_bandwidths_equal_runs_of_their_own(self):
        for more in ((), ("--area", self.area()), ("--half-life", "30d"), ("--area", self.path("area.gpkg"), "--edge", "diggle")):
            with self.subTest(more=more):
                arguments = self.arguments() + more
                facts = self.run_json("hotspots", *arguments, "--bandwidth", "400,0.2km,625.5", "--overwrite", "-o",
                                      self.path("hot.gpkg"))
                self.assertEqual(facts["results"], 3)
                for run, h in zip(facts["runs"], ("400", "200", "625.5")):
                    self.assertEqual(run["output"], self.path("hot_%sm.gpkg" % h))
                    alone = self.run_json("hotspots", *arguments, "--bandwidth", h, "--overwrite", "-o", self.path("one.gpkg"))
                    self.assert_same("hot_%sm.gpkg" % h, "one.gpkg")
                    for key in ("rows_read", "accepted", "rejected", "halo", "mass", "bandwidth_m", "cells_selected"):
                        self.assertEqual(run[key], alone[key], key)

    def test_slices_equal_runs_of_their_own(self):
        arguments = self.arguments() + ("--area", self.area(), "--bandwidth", "400")
        facts = self.run_json("hotspots", *arguments, "--slice", "month", "-o", self.path("hot.gpkg"))
        self.assertEqual([r["output"] for r in facts["runs"]],
                         [self.path("hot_2021-%s-01.gpkg" % m) for m in ("01", "02", "04")])
        self.assertTrue(any("2021-03-01: no incidents" in note for note in facts["notes"]), facts["notes"])
        x0, y1 = facts["runs"][0]["grid"]["west_m"], facts["runs"][0]["grid"]["north_m"]
        grid = facts["runs"][0]["grid"]
        bounds = "%r,%r,%r,%r" % (x0, y1 - 100 * grid["rows"], x0 + 100 * grid["columns"], y1)
        for since, until in (("01", "02"), ("02", "03"), ("04", "05")):
            self.run_json("hotspots", *arguments, "--bounds", bounds, "--since", "2021-%s-01" % since, "--until",
                          "2021-%s-01" % until, "--overwrite", "-o", self.path("one.gpkg"))
            self.assert_same("hot_2021-%s-01.gpkg" % since, "one.gpkg")

    def test_slices_share_grid_bandwidth_and_area(self):
        arguments = (self.incidents(), "--crs", "EPSG:32650", "--time", "when", "--cell", "100", "--stability", "0", "--chance", "0")
        facts = self.run_json("hotspots", *arguments, "--bandwidth", "silverman", "--slice", "30d", "--since",
                              "2021-01-10", "-o", self.path("hot.gpkg"))
        runs = facts["runs"]
        self.assertEqual([r["slice"]["since"] for r in runs],
                         ["2021-01-10T00:00:00", "2021-02-09T00:00:00", "2021-03-11T00:00:00", "2021-04-10T00:00:00"])
        for key in ("bandwidth_m", "area_km2", "grid"):
            self.assertEqual(len({str(r[key]) for r in runs}), 1, key)
        whole = self.run_json("hotspots", *arguments, "--bandwidth", "silverman", "--since", "2021-01-10", "-o",
                              self.path("whole.gpkg"))
        self.assertEqual(runs[0]["bandwidth_m"], whole["bandwidth_m"])
        self.assertEqual(sum(r["accepted"] for r in runs), whole["accepted"])

    def test_bandwidths_and_slices_of_density(self):
        arguments = (self.incidents(), "--crs", "EPSG:32650", "--time", "when", "--cell", "100")
        self.run_hotgrid("density", *arguments, "--bandwidth", "300,600", "--slice", "year", "-o", self.path("d.tif"))
        for h in (300, 600):
            self.run_hotgrid("density", *arguments, "--bandwidth", h, "--since", "2021-01-01", "-o",
                             self.path("one_%d.tif" % h))
            self.assertEqual(pixels(self.path("d_2021-01-01_%dm.tif" % h)), pixels(self.path("one_%d.tif" % h)))

    def test_polygons_are_read_by_each_run(self):
        data = ogr.GetDriverByName("GPKG").CreateDataSource(self.path("patches.gpkg"))
        srs = ogr.osr.SpatialReference()
        srs.ImportFromEPSG(32650)
        layer = data.CreateLayer("patches", srs, ogr.wkbPolygon)
        for k in range(20):
            feature = ogr.Feature(layer.GetLayerDefn())
            x, y = 500000 + 130 * k, 4000000 + 70 * k
            feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON((%d %d, %d %d, %d %d, %d %d))" % (
                x, y, x + 50, y, x, y + 60 + k, x, y)))
            layer.CreateFeature(feature)
        data = None
        self.run_hotgrid("density", self.path("patches.gpkg"), "--cell", "50", "--bandwidth", "200,400", "-o", self.path("p.tif"))
        for h in (200, 400):
            self.run_hotgrid("density", self.path("patches.gpkg"), "--cell", "50", "--bandwidth", h, "-o",
                             self.path("one_%d.tif" % h))
            self.assertEqual(pixels(self.path("p_%dm.tif" % h)), pixels(self.path("one_%d.tif" % h)))
        p = self.run_hotgrid("density", self.path("patches.gpkg"), "--slice", "year", "-o", self.path("p.tif"), code=2)
        self.assertIn("polygons", p.stderr)

    def test_bad_use(self):
        source = self.incidents()
        for arguments, message in (
                (("density", source, "--bandwidth", "400,", "-o", "x.tif"), "--bandwidth 400,:"),
                (("density", source, "--bandwidth", "400,0", "-o", "x.tif"), "--bandwidth 400,0:"),
                (("density", source, "--bandwidth", "400,0.4km", "-o", "x.tif"), "--bandwidth 400,0.4km:"),
                (("density", source, "--bandwidth", "auto,400", "-o", "x.tif"), "--bandwidth auto,400:"),
                (("density", source, "--bandwidth", ",".join(map(str, range(100, 133))), "-o", "x.tif"), "32"),
                (("density", source, "--slice", "fortnight", "-o", "x.tif"), "--slice fortnight:"),
                (("density", source, "--slice", "59s", "-o", "x.tif"), "--slice 59s:"),
                (("density", source, "--crs", "EPSG:32650", "--slice", "1min", "-o", self.path("x.tif")), "1000 slices"),
                (("load", source, "--bandwidth", "400,800", "-o", "x.gpkg"), "load takes one bandwidth")):
            p = self.run_hotgrid(*arguments, code=2)
            self.assertIn(message, p.stderr)
        untimed = self.write("untimed.csv", "x,y\n500000,4000000\n500100,4000100\n")
        p = self.run_hotgrid("density", untimed, "--crs", "EPSG:32650", "--slice", "year", "-o", self.path("x.tif"), code=2)
        self.assertIn("--slice needs times", p.stderr)
        p = self.run_hotgrid("density", source, "--crs", "EPSG:32650", "--slice", "year", "--since", "2030-01-01", "-o",
                             self.path("x.tif"), code=3)
        self.assertIn("no incident with a time lies between --since and --until", p.stderr)

    def test_nothing_is_made_where_one_output_is_in_the_way(self):
        source = self.incidents()
        self.write("d_600m.tif", "mine")
        p = self.run_hotgrid("density", source, "--crs", "EPSG:32650", "--bandwidth", "300,600", "-o", self.path("d.tif"), code=4)
        self.assertIn("d_600m.tif", p.stderr)
        self.assertEqual(self.files(), ["d_600m.tif", "in.csv"])

    def test_interrupted_between_results(self):
        """The results that are whole stay, and the message says so."""
        p = subprocess.Popen([HOTGRID, "hotspots", self.incidents(), "--crs", "EPSG:32650", "--cell", "20", "--stability", "1000",
                              "--bandwidth", ",".join(map(str, range(300, 332))), "-o", self.path("h.gpkg")],
                             stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while not (self.dir / "h_300m.gpkg").exists() and p.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        p.send_signal(signal.SIGINT)
        stderr = p.communicate(timeout=60)[1]
        self.assertEqual(p.returncode, 130, stderr)
        self.assertRegex(stderr, r"interrupted; \d+ of 32 results had been written")

    def test_a_batch_step_makes_one_result(self):
        source = self.incidents()
        batch = self.write("batch.yaml", "sources:\n  incidents:\n    path: in.csv\n    crs: EPSG:32650\n"
                           "steps:\n  - id: hot\n    command: hotspots\n    inputs: [incidents]\n"
                           "    options: {bandwidth: '300,600'}\noutputs:\n  folder: out\n")
        p = self.run_hotgrid("run", batch, code=2)
        self.assertIn("one bandwidth", p.stderr)
        self.assertTrue(source)


if __name__ == "__main__":
    main()
