"""GeoPackages as their standard wants them: GDAL's validator, header, journal mode, R-tree."""
import sqlite3
import subprocess
import sys

from harness import SHARED, SOURCE, Case, main, skip
import oracle

PINGSHA = SOURCE / "sample_data/pingsha"
GPKG = 0x47504B47


class Validate(Case):
    def check(self, path):
        """The file passes the validator with warnings as errors, and is whole and closed."""
        p = subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", "-q",
                            "--warning-as-error", path], capture_output=True, text=True)
        if "No module named" in p.stderr:
            skip("GDAL's validate_gpkg is not installed")
        self.assertEqual((p.returncode, p.stdout), (0, ""), p.stdout + p.stderr)
        pragmas = {k: self.query(path, "PRAGMA " + k)[0][0]
                   for k in ("application_id", "user_version", "journal_mode", "integrity_check",
                             "encoding")}
        self.assertEqual(pragmas["application_id"], GPKG)
        self.assertIn(pragmas["user_version"], (10200, 10201, 10300, 10301, 10400))
        self.assertEqual(pragmas["journal_mode"], "delete")
        self.assertEqual(pragmas["integrity_check"], "ok")
        self.assertEqual(self.query(path, "PRAGMA foreign_key_check"), [])
        self.assertEqual([f for f in self.files() if f.endswith(("-wal", "-shm", "-journal"))], [])
        self.assertEqual(self.query(path, "SELECT name FROM sqlite_master WHERE type = 'view'"), [],
                         "plain tables, no views")
        self.rtrees(path)
        self.extents(path)

    def rtrees(self, path):
        """Every layer has an R-tree that holds each of its rows, where it is."""
        layers = self.query(path, "SELECT table_name, geometry_type_name FROM gpkg_geometry_columns")
        self.assertTrue(layers)
        for name, kind in layers:
            rows = self.query(path, 'SELECT g.fid, g.geom, r.minx, r.maxx, r.miny, r.maxy FROM "%s" g '
                                    'LEFT JOIN "rtree_%s_geom" r ON r.id = g.fid' % (name, name))
            count = self.query(path, 'SELECT count(*) FROM "rtree_%s_geom"' % name)[0][0]
            self.assertEqual(count, len(rows), name)
            self.assertEqual(self.query(path, "SELECT feature_count FROM gpkg_ogr_contents WHERE "
                                              "table_name = ?", name), [(len(rows),)])
            checked = self.query(path, "SELECT rtreecheck('rtree_%s_geom')" % name)
            self.assertEqual(checked, [("ok",)], name)
            for fid, geom, *box in rows[:3000]:
                xmin, xmax, ymin, ymax = oracle.geometry_of(geom).GetEnvelope()
                self.assertTrue(box[0] <= xmin and box[1] >= xmax and box[2] <= ymin and box[3] >= ymax,
                                "%s %d" % (name, fid))
                self.assertLess(max(abs(box[0] - xmin), abs(box[3] - ymax)), 2,
                                "no wider than Float32 makes it")

    def extents(self, path):
        for name, *box in self.query(path, "SELECT table_name, min_x, min_y, max_x, max_y FROM "
                                           "gpkg_contents WHERE data_type = 'features'"):
            geoms = [oracle.geometry_of(g).GetEnvelope()
                     for (g,) in self.query(path, 'SELECT geom FROM "%s"' % name)]
            if geoms:
                want = [min(g[0] for g in geoms), min(g[2] for g in geoms),
                        max(g[1] for g in geoms), max(g[3] for g in geoms)]
                self.assertEqual(box, want, name)

    def hotspots(self, name, *args):
        out = self.path(name)
        self.run_hotgrid("hotspots", PINGSHA / "fire.geojson", PINGSHA / "city_management.gpkg", "--layer",
                         "cases", "--area", PINGSHA / "boundary.gpkg", "--bandwidth", "400m", "--cell",
                         "100", *args, "-q", "-o", out)
        return out

    def test_result(self):
        self.check(self.hotspots("hot.gpkg"))

    def test_result_with_everything(self):
        self.check(self.hotspots("热点.gpkg", "--all-cells", "--all-incidents", "--lang", "zh",
                                 "--places", PINGSHA / "places.gpkg:places", "--rejects-raw"))

    def test_result_over_an_existing_one(self):
        out = self.hotspots("hot.gpkg")
        db = sqlite3.connect(out)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE mine (a)")
        db.commit()
        db.close()
        self.check(self.hotspots("hot.gpkg", "--overwrite"))

    def test_store_and_append(self):
        store = self.path("store.gpkg")
        self.run_hotgrid("load", PINGSHA / "crime_gbk.csv", "--datum", "gcj02", "--keep", "地点类型", "-o",
                         store)
        self.check(store)
        first = self.query(store, "SELECT count(*) FROM incidents")[0][0]
        self.run_hotgrid("load", PINGSHA / "city_management.gpkg", "--layer", "cases", "--append", "-o",
                         store)
        self.check(store)
        self.assertGreater(self.query(store, "SELECT count(*) FROM incidents")[0][0], first)
        self.run_hotgrid("load", PINGSHA / "fire.geojson", "--append", "-o", store)
        self.check(store)

    def test_audit(self):
        out = self.path("审计.gpkg")
        land, flights = PINGSHA / "land.gpkg", PINGSHA / "flights.gpkg"
        self.run_hotgrid("audit", "--zones", "%s:zones" % land, "--permits", "%s:permits" % land,
                         "--survey", "%s:patches_201901@2019-01-15" % flights,
                         "--survey", "%s:patches_201910@2019-10-20" % flights,
                         "--actions", PINGSHA / "actions_gbk.csv", "--assets", PINGSHA / "assets.csv", "-o", out)
        self.check(out)

    def test_trends(self):
        out = self.path("趋势.gpkg")
        self.run_hotgrid("trends", PINGSHA / "crime_gbk.csv", "--datum", "gcj02", "--area", PINGSHA / "boundary.gpkg",
                         "--lang", "zh", "--near-repeat", "200m,7d,2x2", "-q", "-o", out)
        self.check(out)

    def test_named_layer(self):
        store = self.path("store.gpkg")
        self.run_hotgrid("load", PINGSHA / "fire.geojson", "--nln", "火灾 2019", "-o", store)
        self.check(store)

    def test_local_plane(self):
        rows = "".join("%d,%d\n" % (x, (x * 37) % 1000) for x in range(0, 2000, 20))
        source = self.write("plan.csv", "x,y\n" + rows)
        plane = 'LOCAL_CS["site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
        out = self.path("plan.gpkg")
        self.run_hotgrid("hotspots", source, "--crs", plane, "--bandwidth", "200", "--cell", "50", "-o",
                         out)
        self.check(out)

    def test_equal_area_crs_of_wide_data(self):
        rows = "".join("%f,%f\n" % (100 + k * 0.2, 25 + (k * 7 % 50) * 0.2) for k in range(100))
        out = self.path("wide.gpkg")
        self.run_hotgrid("hotspots", self.write("wide.csv", "lon,lat\n" + rows), "-o", out)
        self.check(out)


if __name__ == "__main__":
    main()
