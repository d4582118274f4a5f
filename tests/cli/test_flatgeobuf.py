"""FlatGeobuf of which only the study area's surroundings are read: the same map as from all rows."""
import pathlib
import random

from osgeo import gdal, ogr, osr

from harness import Case, main

gdal.UseExceptions()
AREA = [(113.30, 22.50), (113.36, 22.48), (113.40, 22.53), (113.35, 22.58), (113.30, 22.50)]
SETTINGS = ["--bandwidth", "600m", "--cell", "200m", "--chance", "0", "--stability", "0", "--no-hash"]
ROWS = 2000


def crs(code):
    s = osr.SpatialReference()
    s.ImportFromEPSG(code)
    s.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return s


class FlatGeobuf(Case):
    def make(self, name, driver, code, places, index="YES"):
        """Rows as FlatGeobuf orders them; `places` in degrees."""
        path = self.path(name)
        ds = ogr.GetDriverByName(driver).CreateDataSource(path)
        options = ["SPATIAL_INDEX=" + index] if driver == "FlatGeobuf" else []
        layer = ds.CreateLayer("cases", crs(code), ogr.wkbPoint, options)
        for field, kind in (("loss", ogr.OFTReal), ("happened", ogr.OFTDateTime), ("kind", ogr.OFTString), ("n", ogr.OFTInteger)):
            layer.CreateField(ogr.FieldDefn(field, kind))
        there = osr.CoordinateTransformation(crs(4326), crs(code))
        for n, (lon, lat) in enumerate(places):
            feature = ogr.Feature(layer.GetLayerDefn())
            feature["loss"] = -1.0 if n % 97 == 0 else 1 + n % 3
            feature["happened"] = "2024/03/%02d %02d:30:00" % (1 + n % 28, n % 24)
            feature["kind"] = "kind %d" % (n % 3)
            feature["n"] = n
            x, y, _ = there.TransformPoint(lon, lat)
            point = ogr.Geometry(ogr.wkbPoint)
            point.SetPoint_2D(0, x, y)
            feature.SetGeometry(point)
            layer.CreateFeature(feature)
        del layer, ds
        return path

    def forget_files(self):
        for name in self.files():
            if not name.startswith("area"):
                (self.dir / name).unlink()

    def copy(self, path, name):
        gdal.VectorTranslate(self.path(name), path, format="GPKG", layerName="cases")
        return self.path(name)

    def setUp(self):
        super().setUp()
        self.area = self.write("area.geojson", '{"type": "Polygon", "coordinates": [%s]}' % [list(p) for p in AREA])
        r = random.Random(7)
        self.places = [(113.35 + r.gauss(0, 0.03), 22.53 + r.gauss(0, 0.03)) for _ in range(ROWS // 2)]
        self.places += [(r.uniform(112, 115), r.uniform(21.6, 24)) for _ in range(ROWS // 2)]

    def hotspots(self, path, out, *more):
        return self.run_json("hotspots", path, "--area", self.area, "--weight", "loss", "--time", "happened", "--category", "kind",
                             *SETTINGS, *more, "-o", self.path(out))

    def expect_same(self, fgb, *more, limited=True):
        """From FlatGeobuf and from a GeoPackage of the same rows in the same order."""
        gpkg = self.copy(fgb, "copy.gpkg")
        more = (*more, *(() if "--stream-col" in more else ("--stream", "cases")))
        a, b = self.hotspots(fgb, "a.gpkg", "--all-incidents", *more), self.hotspots(gpkg, "b.gpkg", "--all-incidents", *more)
        for table in ("hotspot_cells", "hotspot_areas", "incidents"):
            sql = "SELECT * FROM %s ORDER BY 1" % table
            one, other = self.query(self.path("a.gpkg"), sql), self.query(self.path("b.gpkg"), sql)
            self.assertTrue(one)
            self.assertEqual([[v for v in r if v not in ("r.fgb", "copy.gpkg")] for r in one],
                             [[v for v in r if v not in ("r.fgb", "copy.gpkg")] for r in other])
        rasters = [gdal.Open(self.path(n + "_density.tif")).ReadRaster() for n in "ab"]
        self.assertEqual(*rasters)
        for key in ("accepted", "halo", "untimed", "duplicates", "analysis_crs", "mass"):
            self.assertEqual(a[key], b[key], key)
        own = a["inputs"][0]
        self.assertEqual(own["rows_read"], own["accepted"] + own["rejected"])
        self.assertEqual("not_read" in own, limited)
        self.assertNotIn("not_read", b["inputs"][0])
        self.assertEqual(own["rows_read"] + own.get("not_read", 0), b["rows_read"])
        said = [n for n in a["notes"] if "were not read" in n]
        self.assertEqual(said, ["%d rows of r.fgb lie outside the box of the study area and were not read" % own["not_read"]]
                         if limited else [])
        # The rows refused are among those the whole reading refuses, by the same numbers and for the same reasons.
        sql = "SELECT row, reason, value FROM rejects"
        refused, all_refused = set(self.query(self.path("a.gpkg"), sql)), set(self.query(self.path("b.gpkg"), sql))
        self.assertLessEqual(refused, all_refused)
        self.assertTrue(all(r[1] in ("outside_area", "bad_weight") for r in all_refused - refused))
        return own

    def test_every_crs_gives_the_map_of_the_whole_file(self):
        for code in (4326, 4547, 3857):
            self.forget_files()
            own = self.expect_same(self.make("r.fgb", "FlatGeobuf", code, self.places))
            self.assertGreater(own["not_read"], ROWS // 3)

    def test_offset_datums(self):
        for datum in ("gcj02", "bd09"):
            self.forget_files()
            self.expect_same(self.make("r.fgb", "FlatGeobuf", 4326, self.places), "--datum", datum)

    def test_all_is_read_where_rows_decide(self):
        for more in (["--bandwidth", "auto"], ["--stream-col", "kind"], ["--keep", "kind"]):
            self.forget_files()
            self.expect_same(self.make("r.fgb", "FlatGeobuf", 4326, self.places), *more, limited=False)

    def test_numbers_kept_and_an_analysis_crs(self):
        self.expect_same(self.make("r.fgb", "FlatGeobuf", 4326, self.places), "--keep", "n", "--analysis-crs", "EPSG:32649")

    def test_without_an_index_all_is_read(self):
        self.expect_same(self.make("r.fgb", "FlatGeobuf", 4326, self.places, index="NO"), limited=False)

    def test_several_inputs(self):
        fgb = self.make("r.fgb", "FlatGeobuf", 4326, self.places)
        other = self.make("o.gpkg", "GPKG", 4547, self.places[:500])
        j = self.run_json("density", fgb, other, "--area", self.area, *SETTINGS[:4], "--no-hash", "-o", self.path("d.tif"))
        k = self.run_json("density", self.copy(fgb, "copy.gpkg"), other, "--area", self.area, *SETTINGS[:4], "--no-hash", "-o",
                          self.path("e.tif"))
        self.assertIn("not_read", j["inputs"][0])
        self.assertNotIn("not_read", j["inputs"][1])
        self.assertEqual((j["accepted"], j["mass"]), (k["accepted"], k["mass"]))
        self.assertEqual(gdal.Open(self.path("d.tif")).ReadRaster(), gdal.Open(self.path("e.tif")).ReadRaster())

    def test_nothing_near_is_told_as_for_the_whole_file(self):
        far = self.make("r.fgb", "FlatGeobuf", 4326, [(lon - 1, lat + 2) for lon, lat in self.places])
        p = self.run_hotgrid("hotspots", far, "--area", self.area, *SETTINGS, "-o", self.path("o.gpkg"), code=3)
        self.assertIn("none of %d rows can be used" % ROWS, p.stderr)

    def test_rejects_raw_shows_the_rows_of_the_file(self):
        fgb = self.make("r.fgb", "FlatGeobuf", 4326, self.places)
        j = self.hotspots(fgb, "a.gpkg", "--rejects-raw")
        self.assertIn("not_read", j["inputs"][0])
        rows = self.query(self.path("a.gpkg"), "SELECT row, raw FROM rejects WHERE reason = 'bad_weight'")
        self.assertTrue(rows)
        layer = ogr.Open(fgb)
        for row, raw in rows:
            self.assertIn("n=%d" % layer.GetLayer(0).GetFeature(row - 1)["n"], raw.split("; "))

    def test_a_truncated_file_is_told(self):
        fgb = self.make("r.fgb", "FlatGeobuf", 4326, self.places)
        whole = pathlib.Path(fgb).read_bytes()
        for cut in (len(whole) // 3, len(whole) - 5, len(whole) - 100):
            pathlib.Path(fgb).write_bytes(whole[:cut])
            p = self.run_hotgrid("density", fgb, *SETTINGS[:4], "--no-hash", "-o", self.path("o.tif"), code=3)
            self.assertIn("r.fgb", p.stderr)


if __name__ == "__main__":
    main()
