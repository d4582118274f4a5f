"""What the audit says of its sources: options, dates, columns, layers, CRS, formats, and what it refuses."""
import csv
import json
import pathlib
import math
import os
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from osgeo import ogr, osr

import failure
import harness
from audit_case import write_layer
from harness import main


def box(x0, y0, x1, y1):
    x0, x1, y0, y1 = x0 + 400000, x1 + 400000, y0 + 2440000, y1 + 2440000
    return "POLYGON((%s %s,%s %s,%s %s,%s %s,%s %s))" % (x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)


LOCAL = ('ENGCRS["town",EDATUM["mark"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],'
         'LENGTHUNIT["metre",1]]')
ZONES = [("Z1", "river", box(0, 0, 200, 100)), ("Z2", "farmland", box(300, 0, 400, 100))]
PATCHES = [("P%d" % i, "鱼塘", box(10 * i, 10, 10 * i + 8, 20)) for i in range(20)]


def table(head, rows):
    return "".join(",".join('"%s"' % c for c in row) + "\n" for row in [head, *rows])


class Inputs(failure.FailureCase):
    def setUp(self):
        super().setUp()
        self.zones = self.write("zones.csv", table(("zone_id", "kind", "WKT"), ZONES))
        self.survey = self.write("survey.csv", table(("patch_id", "class", "WKT"), PATCHES))

    def audit(self, *options, zones=None, survey=None, code=0):
        return self.run_hotgrid("audit", "--zones", zones or self.zones, "--survey",
                                survey or self.survey + "@2019-03-01", "--crs", "EPSG:4547", "--overwrite", *options,
                                "-o", self.path("out.gpkg"), code=code)

    def facts(self, *options, **kwargs):
        return json.loads(self.audit(*options, "--json", **kwargs).stdout)

    def fails(self, code, says, *args):
        """Exactly these arguments; one line that holds every text in says, nothing left behind."""
        pathlib.Path(self.path("out.gpkg")).unlink(missing_ok=True)
        super().fails(code, "audit", *args, "-o", self.path("out.gpkg"), says=says)

    def both(self, *args):
        return ("--zones", self.zones, "--survey", self.survey + "@2019-03-01", "--crs", "EPSG:4547", *args)


class Options(Inputs):
    def test_what_is_needed(self):
        self.fails(2, ["no --zones"], "--survey", self.survey + "@2019-03-01")
        self.fails(2, ["no --survey"], "--zones", self.zones)
        self.fails(2, [self.zones, "takes its sources by option"], self.zones)
        self.fails(2, ["audit has no such option"], *self.both("--x", "lon"))
        self.fails(2, ["audit has no such option"], *self.both("--until", "2019-01-01"))
        self.run_hotgrid("audit", *self.both(), code=2)  # no output

    def test_dates(self):
        for date, says in (("", "SRC[:LAYER]@YYYY-MM-DD"), ("@2019-3-1", "SRC[:LAYER]@YYYY-MM-DD"),
                           ("@20190301", "SRC[:LAYER]@YYYY-MM-DD"), ("@2019-02-30", "no 2019-02-30"),
                           ("@2019-13-01", "no 2019-13-01"), ("@0000-00-00", "no 0000-00-00")):
            with self.subTest(date=date):
                self.fails(2, ["--survey", date, says], "--zones", self.zones, "--survey",
                           self.survey + date, "--crs", "EPSG:4547")
        self.fails(2, ["--zones", "no date was expected"], "--zones", self.zones + "@2019-01-01", "--survey",
                   self.survey + "@2019-03-01")

    def test_coverage_needs_its_survey(self):
        self.fails(2, ["--coverage", "no --survey is of that date"],
                   *self.both("--coverage", self.zones + "@2019-03-02"))
        self.fails(2, ["--coverage", "date of the flight is missing"], *self.both("--coverage", self.zones))

    def test_one_source_twice(self):
        again = os.path.join(os.path.dirname(self.survey), ".", "survey.csv")
        self.fails(2, ["--survey", "was given before"], *self.both("--survey", again + "@2019-03-01"))
        self.fails(2, ["--zones", "was given before"], *self.both("--zones", self.zones))
        self.assertEqual(len(self.facts("--survey", self.survey + "@2019-10-31")["epochs"]), 2)

    def test_maps(self):
        for given, says in (("zones", "ROLE.NAME=COLUMN"), ("zones.kind", "ROLE.NAME=COLUMN"),
                            ("zones.kind=", "ROLE.NAME=COLUMN"), ("=x", "ROLE.NAME=COLUMN"),
                            ("zone.kind=x", "zones, permits, survey, coverage"),
                            ("zones.sort=x", "zone_id, kind, priority"), ("coverage.id=x", "has no columns"),
                            ("patrols.date=x", "no --patrols"),
                            ("zones.kind=SORT", "columns are: zone_id, kind, WKT")):
            with self.subTest(map=given):
                self.fails(2, ["--map %s" % given, says], *self.both("--map", given))
        self.fails(2, ["says otherwise"], *self.both("--map", "zones.kind=a", "--map", "zones.kind=b"))

    def test_a_mapped_column(self):
        zones = self.write("parcels.csv", table(("地块编号", "用途", "WKT"), ZONES))
        self.fails(2, ['no column "zone_id"', "--map zones.zone_id=COLUMN", "地块编号"], "--zones", zones,
                   "--survey", self.survey + "@2019-03-01", "--crs", "EPSG:4547")
        facts = self.facts("--map", "zones.zone_id=地块编号", "--map", "Zones.KIND=用途", zones=zones)
        self.assertEqual(facts["inputs"][0]["accepted"], 2)
        self.assertNotIn("noted_by_reason", facts)

    def test_values(self):
        for option, value, says in (("tolerance", "-1", "not negative"), ("tolerance", "wide", "a length"),
                                    ("area-mode", "round", "ellipsoid, planar or notice2008"),
                                    ("class-map", self.path("none.yaml"), "no such file")):
            with self.subTest(option=option):
                code = 4 if option == "class-map" else 2
                self.fails(code, [says, value], *self.both("--" + option, value))
        bad = self.write("bad.yaml", "classes:\n  pond: {alias: [x]}\n")
        self.fails(2, ["bad.yaml line 2", '"alias"', 'did you mean "aliases"'], *self.both("--class-map", bad))
        self.audit("--tolerance", "50cm", "--area-mode", "planar")


class Sources(Inputs):
    def test_missing_and_broken(self):
        for name, code, says in (("none.gpkg", 4, "no such file"), ("empty.csv", 3, "is empty"),
                                 ("junk.gpkg", 3, "not in a format")):
            with self.subTest(name=name):
                if code == 3:
                    self.write(name, b"" if name == "empty.csv" else b"junk" * 100)
                self.fails(code, [name, says], "--zones", self.path(name), "--survey",
                           self.survey + "@2019-03-01")

    def test_no_outlines(self):
        points = self.write("t.csv", "zone_id,kind\nZ1,river\n")
        self.fails(3, ["--zones", "t.csv", "has no geometry"], "--zones", points, "--survey",
                   self.survey + "@2019-03-01")

    def test_no_usable_zone(self):
        zones = self.write("z.csv", table(("zone_id", "WKT"), [("Z1", "POINT(1 2)"), ("Z2", "")]))
        self.fails(3, ["--zones", "row 1", "bad_geometry", "Point"], "--zones", zones, "--survey",
                   self.survey + "@2019-03-01", "--crs", "EPSG:4547")
        zones = self.write("h.csv", "zone_id,WKT\n")
        self.fails(3, ["--zones", "no rows"], "--zones", zones, "--survey",
                   self.survey + "@2019-03-01", "--crs", "EPSG:4547")

    def test_an_empty_flight(self):
        """Everything cleared is a result, not an error."""
        empty = self.write("e.csv", "patch_id,WKT\n")
        p = self.audit("--survey", empty + "@2019-10-31")
        self.assertIn("--survey: e.csv holds no rows", p.stderr)
        self.assertEqual(self.facts("--survey", empty + "@2019-10-31")["epochs"][1]["patches"], 0)

    def test_keys_of_a_layer(self):
        """A layer without rows, and one whose keys are the first and the last there can be."""
        path = self.path("keys.gpkg")
        flights = [("none", 0, []), ("some", 2, [-2 ** 63, 2 ** 63 - 1]), ("top", 2, [2 ** 63 - 2, 2 ** 63 - 1])]
        for name, n, keys in flights:
            rows = [{"patch_id": i, "geometry": ogr.CreateGeometryFromWkt(w)} for i, _, w in PATCHES[:n]]
            write_layer(path, name, rows, columns=["patch_id"])
            db = sqlite3.connect(path)
            for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                db.execute('DROP TRIGGER "%s"' % trigger)
            for at, key in enumerate(keys):
                db.execute('UPDATE "%s" SET fid = ? WHERE fid = ?' % name, (key, at + 1))
            db.commit()
            db.close()
        for name, n, _ in flights:
            with self.subTest(layer=name):
                facts = self.facts(survey="%s:%s@2019-03-01" % (path, name))
                self.assertEqual(facts["epochs"][0]["patches"], n)

    def test_no_crs(self):
        self.fails(2, ["zones.csv", "no coordinate reference system", "--crs"], "--zones", self.zones,
                   "--survey", self.survey + "@2019-03-01")

    def test_two_planes_that_do_not_meet(self):
        zones = self.gpkg("z.gpkg", {"zones": self.zones})
        args = ("--zones", zones, "--survey", self.survey + "@2019-03-01", "--crs", LOCAL)
        self.fails(2, ["local plane"], *args)
        self.fails(2, ["local plane"], *args, "--analysis-crs", "EPSG:4547")

    def gpkg(self, name, layers, options=()):
        for layer, source in layers.items():
            subprocess.run(["ogr2ogr", "-q", "-f", "GPKG", "-append", self.path(name), source, "-nln", layer,
                            "-a_srs", "EPSG:4547", *options], check=True)
        return self.path(name)

    def test_layers(self):
        store = self.gpkg("town.gpkg", {"zones": self.zones, "flight": self.survey})
        facts = self.facts(zones=store + ":zones", survey=store + ":flight@2019-03-01")
        self.assertEqual([(i["role"], i["layer"], i["accepted"]) for i in facts["inputs"]],
                         [("zones", "zones", 2), ("survey", "flight", 20)])
        self.fails(2, ["several layers", "zones, flight", "SOURCE:LAYER"], "--zones", store, "--survey",
                   store + ":flight@2019-03-01")
        self.fails(2, ['no layer "zone"', "zones, flight"], "--zones", store + ":zone", "--survey",
                   store + ":flight@2019-03-01")

    def test_formats_agree(self):
        """The same rows by any road."""
        expected = self.facts()
        self.assertEqual(expected["rows_read"], 22)
        for ending, driver in (("gpkg", "GPKG"), ("shp", "ESRI Shapefile"), ("fgb", "FlatGeobuf"),
                               ("sqlite", "SQLite")):
            with self.subTest(driver=driver):
                path = self.path("patches." + ending)
                subprocess.run(["ogr2ogr", "-q", "-f", driver, path, self.survey, "-nln", "patches",
                                "-a_srs", "EPSG:4547", "-nlt", "POLYGON", "-lco", "ENCODING=GB18030"]
                               if ending == "shp" else
                               ["ogr2ogr", "-q", "-f", driver, path, self.survey, "-nln", "patches",
                                "-a_srs", "EPSG:4547", "-nlt", "POLYGON"], check=True)
                facts = self.facts(survey=path + "@2019-03-01")
                self.assertEqual(facts["inputs"][1]["accepted"], 20)
                self.assertNotIn("noted_by_reason", facts)  # 鱼塘 was understood

    def test_encodings(self):
        text = table(("patch_id", "class", "WKT"), PATCHES)
        path = self.write("gbk.csv", text, encoding="gb18030")
        self.assertNotIn("noted_by_reason", self.facts(survey=path + "@2019-03-01"))
        p = self.audit("--encoding", "utf-8", survey=path + "@2019-03-01", code=3)
        self.assertIn("gbk.csv", p.stderr)

    def test_tables_without_geometry(self):
        store = self.path("cases.xlsx")
        rows = self.write("cases.csv", table(("patch_id", "action", "date"), [("P1", "诉讼", "2019-04-01")]))
        subprocess.run(["ogr2ogr", "-q", "-f", "XLSX", store, rows], check=True)
        facts = self.facts("--actions", store)
        self.assertEqual(facts["inputs"][2]["accepted"], 1)
        self.assertNotIn("noted_by_reason", facts)

    def test_datum(self):
        degrees = [("Z1", "river", "POLYGON((113.2 22.1,113.21 22.1,113.21 22.11,113.2 22.1))")]
        zones = self.write("gcj.csv", table(("zone_id", "kind", "WKT"), degrees))
        patches = self.write("p.csv", table(("patch_id", "class", "WKT"), degrees))
        out = ("-o", self.path("out.gpkg"))
        facts = self.run_json("audit", "--zones", zones, "--survey", patches + "@2019-03-01", "--datum",
                              "gcj02", *out)
        self.assertEqual((facts["analysis_crs"], facts["datum"], facts["un_offset"]),
                         ("EPSG:4547", "gcj02", True))
        self.fails(2, ["only longitudes and latitudes are offset"], *self.both("--datum", "bd09"))


class Invariance(Inputs):
    def test_order_and_splitting(self):
        whole = self.facts("--survey", self.survey + "@2019-10-31")
        with open(self.survey, encoding="utf-8") as f:
            head, first, *rest = f
        one = self.write("one.csv", head + "".join(rest[:7]))
        two = self.write("two.csv", head + "".join(rest[7:]) + first)
        p = self.audit("--survey", two + "@2019-03-01", "--survey", self.survey + "@2019-10-31",
                       survey=one + "@2019-03-01")
        self.assertIn("2 surveys of 2019-03-01 are taken as one flight", p.stderr)
        split = self.facts("--survey", two + "@2019-03-01", survey=one + "@2019-03-01", zones=self.zones)
        self.assertEqual(split["epochs"][0], whole["epochs"][0])
        backwards = self.facts("--survey", one + "@2019-03-01", "--survey", two + "@2019-03-01",
                               survey=self.survey + "@2019-10-31")
        self.assertEqual(backwards["epochs"], whole["epochs"])

    def test_threads(self):
        many = self.facts("--threads", "3")
        one = self.facts("--threads", "1")
        for facts in (many, one):
            facts.pop("seconds")
            facts.pop("command_line")
            facts.pop("recorded_at")
        self.assertEqual(many, one)


class Nasty(Inputs):
    def test_every_geometry_counts(self):
        """Whatever the shape, its row is accepted or rejected; only outlines are accepted."""
        csv.field_size_limit(1 << 30)
        with open(harness.shared("nasty_geometries", "geos_cases.csv"), encoding="utf-8") as f:
            shapes = [row[k] for row in csv.DictReader(f) for k in "ab" if row[k]]
        path = self.path("nasty.csv")
        with open(path, "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(("patch_id", "WKT"))
            out.writerows(("N%d" % i, shape) for i, shape in enumerate(shapes))
        facts = self.run_json("audit", "--zones", self.zones, "--survey", path + "@2019-03-01", "--crs",
                              LOCAL, "--area-mode", "planar", "-o", self.path("out.gpkg"))
        survey = facts["inputs"][1]
        self.assertEqual(survey["rows_read"], len(shapes))
        self.assertEqual(survey["rows_read"], survey["accepted"] + survey["rejected"])
        self.assertLessEqual(survey["accepted"], self.outlines(path))

    def outlines(self, path):
        """How many polygons and multipolygons with finite vertices OGR finds in the file."""
        osr.DontUseExceptions()  # handlers go in the reverse of the order in which audit_case put them on
        ogr.DontUseExceptions()
        found, source = 0, ogr.Open(path)
        for feature in source.GetLayer(0):
            g = feature.GetGeometryRef()
            if g is None or g.IsEmpty():
                continue
            name = g.GetGeometryName()
            if name in ("POLYGON", "MULTIPOLYGON", "CURVEPOLYGON", "MULTISURFACE", "TRIANGLE"):
                found += all(map(math.isfinite, g.GetEnvelope())) and "nan" not in g.ExportToWkt()
        return found


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
