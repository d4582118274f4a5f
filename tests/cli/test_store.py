"""Stores made by load: what is in them, how they grow, and that they serve as inputs."""
import pathlib
import shutil

from harness import Case, main
from osgeo import gdal, ogr
from points import as_text, make_points, wgs84, write_layer

COLUMNS = ["fid", "geom", "stream", "category", "weight", "t_start", "t_end", "source", "source_row"]
HOT = ["--bandwidth", "400m", "--cell", "50m", "--chance", "0"]


class Store(Case):
    suffix = ".gpkg"

    def setUp(self):
        super().setUp()
        self.rows = make_points()
        self.source = self.write("cases.csv", as_text(self.rows))
        self.store = self.path("store" + self.suffix)

    def columns(self, table="incidents", path=None):
        return [r[1] for r in self.query(path or self.store, "PRAGMA table_info(%s)" % table)]

    def count(self, table="incidents", path=None):
        return self.query(path or self.store, 'SELECT count(*) FROM "%s"' % table)[0][0]

    def plain_columns(self, table="incidents"):
        """SpatiaLite puts the geometry last; the order of the others is the contract."""
        return [c for c in self.columns(table) if c not in ("geom", "fid")]

    def test_columns_and_their_order(self):
        self.run_json("load", self.source, "--category", "kind", "--weight", "loss", "--keep", "case_no", "--keep", "when",
                      "-o", self.store)
        self.assertEqual(self.plain_columns(), COLUMNS[2:] + ["case_no", "when"])
        got = self.query(self.store, "SELECT stream, category, weight, source, source_row, case_no, \"when\" FROM incidents "
                                     "ORDER BY source_row LIMIT 1")
        self.assertEqual(got, [("cases", "theft", 1.0, "cases.csv", 1, 1, "2019-01-01 00:00:00")])
        self.assertIn("rejects", [r[0] for r in self.query(self.store, "SELECT name FROM sqlite_master")])
        self.assertIn("pile_ups", [r[0] for r in self.query(self.store, "SELECT name FROM sqlite_master")])

    def test_spatial_filter_uses_the_index(self):
        self.run_json("load", self.source, "-o", self.store)
        ds = gdal.OpenEx(self.store, gdal.OF_VECTOR)
        layer = ds.GetLayerByName("incidents")
        self.assertEqual(layer.GetGeomType(), ogr.wkbPoint)
        self.assertTrue(layer.TestCapability(ogr.OLCFastSpatialFilter))
        points = [(f.GetGeometryRef().GetX(), f.GetGeometryRef().GetY()) for f in layer]
        x0, y0 = points[0]
        layer.SetSpatialFilterRect(x0 - 500, y0 - 500, x0 + 500, y0 + 500)
        want = sum(abs(x - x0) <= 500 and abs(y - y0) <= 500 for x, y in points)
        self.assertEqual(layer.GetFeatureCount(), want)
        self.assertGreater(want, 5)
        self.assertLess(want, 300)
        del layer, ds

    def test_append_adds_up(self):
        first = self.write("a.csv", as_text(self.rows[:100]))
        second = self.write("b.csv", as_text(self.rows[100:250] + [(1, 0, 0, "", "x", 1)]))
        self.run_json("load", first, "-o", self.store)
        j = self.run_json("load", second, "--append", "-o", self.store)
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (151, 150, 1))
        self.assertEqual(self.count(), 250)
        self.assertEqual(self.query(self.store, "SELECT source, count(*), count(DISTINCT source_row) FROM incidents "
                                                "GROUP BY 1 ORDER BY 1"), [("a.csv", 100, 100), ("b.csv", 150, 150)])
        self.assertEqual(self.query(self.store, "SELECT source, row, reason FROM rejects"), [("b.csv", 151, "null_island")])
        self.assertEqual(len({r[0] for r in self.query(self.store, "SELECT fid FROM incidents")}), 250)
        ds = gdal.OpenEx(self.store, gdal.OF_VECTOR)
        layer = ds.GetLayerByName("incidents")
        x0, x1, y0, y1 = layer.GetExtent()
        layer.SetSpatialFilterRect(x0 - 1, y0 - 1, x1 + 1, y1 + 1)
        self.assertEqual(layer.GetFeatureCount(), 250)
        del layer, ds

    def test_append_makes_a_store_that_is_not_there(self):
        self.run_json("load", self.source, "--append", "-o", self.store)
        self.assertEqual(self.count(), 300)

    def test_append_keeps_the_crs_of_the_store(self):
        self.run_json("load", self.source, "--analysis-crs", "EPSG:32649", "-o", self.store)
        j = self.run_json("load", self.write("b.csv", as_text(make_points(80, 8))), "--append", "-o", self.store)
        self.assertEqual(j["analysis_crs"], "EPSG:32649")
        ds = gdal.OpenEx(self.store, gdal.OF_VECTOR)
        self.assertEqual(ds.GetLayerByName("incidents").GetSpatialRef().GetAuthorityCode(None), "32649")
        ds = None

    def test_append_adds_kept_columns(self):
        self.run_json("load", self.write("a.csv", as_text(self.rows[:50])), "--keep", "case_no", "-o", self.store)
        self.run_json("load", self.write("b.csv", as_text(self.rows[50:90])), "--keep", "loss", "--append", "-o", self.store)
        self.assertEqual(self.plain_columns(), COLUMNS[2:] + ["case_no", "loss"])
        self.assertEqual(self.query(self.store, "SELECT count(case_no), count(loss) FROM incidents"), [(50, 40)])

    def test_the_same_file_twice(self):
        self.run_json("load", self.source, "-o", self.store)
        before = pathlib.Path(self.store).read_bytes()
        copy = self.path("renamed.csv")
        shutil.copy(self.source, copy)
        for again in (self.source, copy):
            p = self.run_hotgrid("load", again, "--append", "-o", self.store, code=2)
            self.assertIn("--again", p.stderr)
            self.assertEqual(pathlib.Path(self.store).read_bytes(), before)
        self.run_json("load", copy, "--append", "--again", "-o", self.store)
        self.assertEqual(self.count(), 600)

    def test_the_same_file_twice_in_one_call(self):
        copy = self.path("renamed.csv")
        shutil.copy(self.source, copy)
        self.run_hotgrid("load", self.source, copy, "-o", self.store, code=2)
        self.run_hotgrid("load", self.source, self.source, "-o", self.store, code=2)
        self.run_hotgrid("load", self.source, copy, "--again", "-o", self.store)
        self.assertEqual(self.count(), 600)

    def test_another_layer_of_the_same_file_is_another_source(self):
        path = write_layer(self.path("two.gpkg"), "GPKG", self.rows[:100], layer="a")
        ds = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_UPDATE)
        ds.CopyLayer(ds.GetLayerByName("a"), "b")
        ds = None
        self.run_hotgrid("load", path, "-o", self.store, code=2)
        self.run_json("load", path, "--layer", "a", "-o", self.store)
        self.run_json("load", path, "--layer", "b", "--append", "-o", self.store)
        self.assertEqual(self.query(self.store, "SELECT DISTINCT stream FROM incidents ORDER BY 1"), [("a",), ("b",)])

    def test_several_inputs(self):
        a = self.write("thefts.csv", as_text(self.rows[:100]))
        b = write_layer(self.path("fires.geojson"), "GeoJSON", self.rows[100:200])
        c = self.write("rest.csv", as_text(self.rows[200:]))
        j = self.run_json("load", a, b, "--category", "kind", c, "--stream-col", "kind", "-o", self.store)
        self.assertEqual([i["rows_read"] for i in j["inputs"]], [100, 100, 100])
        self.assertEqual(self.query(self.store, "SELECT stream, count(*) FROM incidents GROUP BY 1 ORDER BY 1"),
                         [("arson", 34), ("fires", 100), ("theft", 33), ("thefts", 100), ("盗窃", 33)])

    def test_default_stream_is_the_layer(self):
        """The layer's name where the file's format lets people choose one, else the file's."""
        path = write_layer(self.path("town.gpkg"), "GPKG", self.rows[:100], layer="robberies")
        self.run_json("load", path, self.source, "-o", self.store)
        self.assertEqual(self.query(self.store, "SELECT DISTINCT stream FROM incidents ORDER BY 1"),
                         [("cases",), ("robberies",)])

    def test_layer_name(self):
        self.run_json("load", self.source, "--category", "kind", "--nln", "thefts", "-o", self.store)
        self.assertEqual(self.count("thefts"), 300)
        self.run_json("load", self.write("b.csv", as_text(self.rows[:9])), "--nln", "thefts", "--append", "-o", self.store)
        self.assertEqual(self.count("thefts"), 309)
        self.run_json("load", self.write("c.csv", as_text(self.rows[:8])), "--nln", "fires", "--append", "-o", self.store)
        self.assertEqual((self.count("thefts"), self.count("fires")), (309, 8))
        for name in ("rejects", "gpkg_contents", "sources", "a\"b; DROP TABLE x", ""):
            with self.subTest(name):
                self.run_hotgrid("load", self.source, "--nln", name, "-o", self.path("x" + self.suffix), code=2)

    def test_as_input(self):
        """A store gives the same cells as the files it was made of: streams, times and weights carry over."""
        a = self.write("thefts.csv", as_text(self.rows[:200]))
        b = self.write("fires.csv", as_text(self.rows[200:]))
        options = ["--category", "kind", "--weight", "loss"]
        direct, through = self.path("direct.gpkg"), self.path("through.gpkg")
        self.run_json("hotspots", *options, a, b, *HOT, "-o", direct)
        for layer in ("incidents", "robberies"):
            with self.subTest(layer):
                self.run_json("load", *options, a, b, "--nln", layer, "--overwrite", "-o", self.store)
                j = self.run_json("hotspots", self.store, *HOT, "--overwrite", "-o", through)
                self.assertEqual(j["accepted"], 300)
                self.assertEqual(j["untimed"], 0)
                sql = ("SELECT cell_id, score, count, weight, n_thefts, n_fires, peak_hour, peak_weekday FROM hotspot_cells "
                       "ORDER BY rank")
                self.assertEqual(self.query(through, sql), self.query(direct, sql))

    def test_as_input_of_density(self):
        self.run_json("load", self.source, "--weight", "loss", "-o", self.store)
        grid = ["--bandwidth", "400m", "--cell", "50m"]
        self.run_json("density", self.source, "--weight", "loss", *grid, "-o", self.path("a.tif"))
        self.run_json("density", self.store, *grid, "-o", self.path("b.tif"))
        a, b = (gdal.Open(self.path(n)).ReadAsArray() for n in ("a.tif", "b.tif"))
        self.assertEqual(a.tobytes(), b.tobytes())

    def test_options_win_over_what_the_store_says(self):
        self.run_json("load", self.source, "--weight", "loss", "--category", "kind", "-o", self.store)
        out = self.path("o.gpkg")
        self.run_json("load", self.store, "--stream", "mine", "-o", out)
        self.assertEqual(self.query(out, "SELECT DISTINCT stream FROM incidents"), [("mine",)])
        self.run_json("load", self.store, "--stream-col", "category", "--overwrite", "-o", out)
        self.assertEqual(self.query(out, "SELECT DISTINCT stream FROM incidents ORDER BY 1"),
                         sorted([("arson",), ("theft",), ("盗窃",)]))

    def test_store_beside_a_file_and_a_zone(self):
        """Times in a store are civil: they mix with other civil times and no zone moves them."""
        self.run_json("load", self.write("z.csv", "lon,lat,when\n" + "".join(
            "113.1%02d,22.05,2019-03-01T00:30:00Z\n" % i for i in range(30))), "--tz", "Asia/Shanghai", "-o", self.store)
        out = self.path("o.gpkg")
        self.run_json("load", self.store, self.source, "-o", out)
        self.assertEqual(self.query(out, "SELECT DISTINCT t_start FROM incidents WHERE source LIKE 'store%'"),
                         [("2019-03-01T08:30:00.000",)])
        self.run_json("load", self.store, "--tz", "Asia/Shanghai", "--overwrite", "-o", out)
        self.assertEqual(self.query(out, "SELECT DISTINCT t_start FROM incidents"), [("2019-03-01T08:30:00.000",)])

    def test_info(self):
        self.run_json("load", self.source, "--keep", "loss", "-o", self.store)
        p = self.run_hotgrid("info", self.store)
        for word in ("incidents", "300", "rejects", "cases.csv"):
            self.assertIn(word, p.stdout)
        j = self.run_json("info", self.store)
        self.assertIn("incidents", str(j))

    def test_existing_stores_are_kept(self):
        self.run_json("load", self.source, "-o", self.store)
        before = pathlib.Path(self.store).read_bytes()
        self.run_hotgrid("load", self.source, "-o", self.store, code=4)
        self.assertEqual(pathlib.Path(self.store).read_bytes(), before)
        self.run_hotgrid("load", self.write("b.csv", as_text(self.rows[:20])), "--overwrite", "-o", self.store)
        self.assertEqual(self.count(), 20)

    def test_a_failed_append_changes_nothing(self):
        self.run_json("load", self.source, "-o", self.store)
        before = pathlib.Path(self.store).read_bytes()
        self.run_hotgrid("load", self.write("n.csv", "lon,lat\n" + "0,0\n" * 9), "--append", "-o", self.store, code=3)
        self.assertEqual(pathlib.Path(self.store).read_bytes(), before)
        self.assertEqual([f for f in self.files() if f.startswith("store")], ["store" + self.suffix])

    def test_kept_columns_named_like_ours(self):
        text = "lon,lat,stream,FID,geom,Weight,source\n" + "".join("113.1%02d,22.05,s,%d,g,w,x\n" % (i, i) for i in range(30))
        source = self.write("names.csv", text)
        keep = [w for c in ("stream", "FID", "geom", "Weight", "source") for w in ("--keep", c)]
        self.run_json("load", source, *keep, "-o", self.store)
        got = self.query(self.store, "SELECT stream, stream_2, fid_2, geom_2, weight_2, source_2 FROM incidents ORDER BY source_row LIMIT 1")
        self.assertEqual(got, [("names", "s", 0, "g", "w", "x")])


class SpatiaLiteStore(Store):
    suffix = ".sqlite"


class Patches(Case):
    """Polygons are loaded as patches, and are no incidents."""

    POLYGONS = ["POLYGON ((113.1 22, 113.11 22, 113.11 22.01, 113.1 22.01, 113.1 22))",
                "MULTIPOLYGON (((113.2 22, 113.21 22, 113.21 22.01, 113.2 22)), ((113.3 22, 113.31 22, 113.31 22.01, 113.3 22)))",
                "POLYGON ((113.4 22, 113.45 22, 113.45 22.05, 113.4 22.05, 113.4 22), "
                "(113.41 22.01, 113.42 22.01, 113.42 22.02, 113.41 22.02, 113.41 22.01))"]
    BAD = [(None, "no_geometry"), ("POLYGON EMPTY", "no_geometry"), ("POINT (113 22)", "bad_geometry"),
           ("POLYGON ((0 0, 0 0, 0 0, 0 0))", "null_island"), ("POLYGON ((213 22, 214 22, 214 23, 213 22))", "outside_crs")]

    def polygons(self, name="fields.gpkg", driver="GPKG", wkts=None, geometry=ogr.wkbUnknown):
        ds = ogr.GetDriverByName(driver).CreateDataSource(self.path(name))
        layer = ds.CreateLayer("fields", wgs84(), geometry)
        for field, kind in (("owner", ogr.OFTString), ("seen", ogr.OFTDate), ("height", ogr.OFTReal)):
            layer.CreateField(ogr.FieldDefn(field, kind))
        for i, wkt in enumerate(wkts or self.POLYGONS + [w for w, _ in self.BAD]):
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetField("owner", "group %d" % i)
            f.SetField("seen", "2019/03/%02d" % (i + 1))
            f.SetField("height", i / 2)
            if wkt:
                f.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
            layer.CreateFeature(f)
        f = layer = ds = None
        return self.path(name)

    def test_loading(self):
        for store in ("p.gpkg", "p.sqlite"):
            with self.subTest(store):
                out = self.path(store)
                j = self.run_json("load", self.polygons("fields-%s.gpkg" % store), "--keep", "height", "--category", "owner", "-o", out)
                self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (8, 3, 5))
                self.assertEqual(self.query(out, "SELECT row, reason FROM rejects ORDER BY row"),
                                 [(4 + i, reason) for i, (_, reason) in enumerate(self.BAD)])
                columns = [r[1] for r in self.query(out, "PRAGMA table_info(patches)")]
                self.assertEqual([c for c in columns if c not in ("fid", "geom")], COLUMNS[2:] + ["height"])
                ds = gdal.OpenEx(out, gdal.OF_VECTOR)
                layer = ds.GetLayerByName("patches")
                self.assertEqual(layer.GetGeomType(), ogr.wkbMultiPolygon)
                self.assertEqual(layer.GetSpatialRef().GetAuthorityCode(None), "4547")
                shapes = [f.GetGeometryRef().Clone() for f in layer]
                self.assertEqual([g.GetGeometryCount() for g in shapes], [1, 2, 1])
                self.assertEqual(shapes[2].GetGeometryRef(0).GetGeometryCount(), 2)
                self.assertAlmostEqual(shapes[0].GetArea() / 1143000, 1, places=2)
                self.assertTrue(all(g.IsValid() for g in shapes))
                del layer, ds
                self.assertEqual(self.query(out, "SELECT substr(t_start, 1, 19), source_row, height, category FROM patches "
                                                 "ORDER BY source_row")[1], ("2019-03-02T00:00:00", 2, 0.5, "group 1"))

    def test_mixed_geojson(self):
        source = self.polygons("f.geojson", "GeoJSON", self.POLYGONS)
        out = self.path("p.gpkg")
        j = self.run_json("load", source, "-o", out)
        self.assertEqual(j["accepted"], 3)
        self.assertEqual(self.query(out, "SELECT count(*) FROM patches"), [(3,)])

    def test_appending_and_renaming(self):
        a, b = self.polygons("a.gpkg"), self.polygons("b.gpkg", wkts=self.POLYGONS[:2])
        out = self.path("p.gpkg")
        self.run_json("load", a, "--nln", "fields", "-o", out)
        self.run_json("load", b, "--nln", "fields", "--append", "-o", out)
        self.assertEqual(self.query(out, "SELECT count(*) FROM fields"), [(5,)])

    def test_points_and_polygons_do_not_mix(self):
        points = self.write("cases.csv", as_text(make_points(30)))
        self.run_hotgrid("load", points, self.polygons(), "-o", self.path("m.gpkg"), code=2)

    def test_several_inputs_weights_times_and_ids(self):
        a, b = self.polygons("a.gpkg", wkts=self.POLYGONS), self.polygons("b.gpkg", wkts=self.POLYGONS * 2)
        out = self.path("p.gpkg")
        j = self.run_json("load", a, b, "--id", "owner", "--weight", "height", "--drop-duplicates", "--since", "2019-03-02",
                          "--stream", "second", "-o", out)
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (9, 5, 4))
        self.assertEqual(self.query(out, "SELECT source, row, reason FROM rejects ORDER BY source, row"),
                         [("a.gpkg", 1, "outside_interval"), ("b.gpkg", 1, "outside_interval"),
                          ("b.gpkg", 2, "duplicate_row"), ("b.gpkg", 3, "duplicate_row")])
        self.assertEqual(self.query(out, "SELECT source, source_row, stream, weight FROM patches ORDER BY fid")[1:3],
                         [("a.gpkg", 3, "fields", 1.0), ("b.gpkg", 4, "second", 1.5)])
        j = self.run_json("load", b, "--overwrite", "--rejects-raw", "--since", "2019-03-06", "-o", out)
        self.assertEqual(j["accepted"], 1)
        ds = gdal.OpenEx(out, gdal.OF_VECTOR)
        layer = ds.GetLayerByName("patches")
        feature = layer.GetNextFeature()
        rings = [feature.GetGeometryRef().GetGeometryRef(0).GetGeometryCount()]
        feature = layer = ds = None
        self.assertEqual(rings, [2])  # the sixth row is the one with a hole

    def test_outlines_are_un_offset(self):
        """A polygon in GCJ-02 lies some 500 m from where it is; its vertices move, not its middle alone."""
        out, plain = self.path("p.gpkg"), self.path("q.gpkg")
        source = self.polygons(wkts=self.POLYGONS[:1])
        self.run_json("load", source, "-o", plain)
        self.run_json("load", source, "--datum", "gcj02", "-o", out)
        boxes = []
        for path in (plain, out):
            ds = gdal.OpenEx(path, gdal.OF_VECTOR)
            boxes.append(ds.GetLayerByName("patches").GetExtent())
            ds = None
        self.assertTrue(all(100 < abs(a - b) < 1000 for a, b in zip(*boxes)), boxes)

    def test_points_in_a_store_of_polygons(self):
        """A new layer in a store takes the CRS of those that are there."""
        out = self.path("p.gpkg")
        self.run_json("load", self.polygons(wkts=self.POLYGONS), "--analysis-crs", "EPSG:32649", "-o", out)
        j = self.run_json("load", self.write("cases.csv", as_text(make_points(30))), "--append", "-o", out)
        self.assertEqual(j["analysis_crs"], "EPSG:32649")
        self.assertEqual(self.query(out, "SELECT (SELECT count(*) FROM patches), (SELECT count(*) FROM incidents)"), [(3, 30)])
        self.run_json("hotspots", out, "--bandwidth", "500m", "--chance", "0", "-o", self.path("h.gpkg"))

    def test_study_area(self):
        inside = self.polygons("area.gpkg", wkts=["POLYGON ((113.05 21.95, 113.15 21.95, 113.15 22.05, 113.05 22.05, 113.05 21.95))"])
        out = self.path("p.gpkg")
        j = self.run_json("load", self.polygons(wkts=self.POLYGONS), "--area", inside, "-o", out)
        self.assertEqual(j["accepted"], 1)
        self.assertEqual(self.query(out, "SELECT row, reason FROM rejects ORDER BY row"), [(2, "outside_area"), (3, "outside_area")])


if __name__ == "__main__":
    main()
