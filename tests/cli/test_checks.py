"""Every refused row stands in `rejects` with its number, its reason and what stood there."""
from harness import Case, SOURCE, main, shared
from osgeo import ogr
from points import make_points, wgs84, write_layer

GOOD = 60


class Checks(Case):
    def csv(self, bad, heads="case,lon,lat,when,loss", good=GOOD, name="c.csv"):
        lines = [heads]
        for i in range(good):
            lines.append("%d,113.%03d,22.%03d,2019-03-%02d 10:%02d,%d" % (
                i + 1, 100 + i % 10, 50 + i % 7, 1 + i % 28, i % 60, i % 5))
        return self.write(name, "\n".join(lines + bad) + "\n")

    def run_both(self, source, *options):
        """Through load and through hotspots; both must refuse the same rows."""
        results = []
        for command, more in (("load", []), ("hotspots", ["--chance", "0", "--cell", "100", "--all-incidents"])):
            out = self.path(command + ".gpkg")
            args = list(options)
            if "--bandwidth" not in args:
                more = more + ["--bandwidth", "500m"]
            j = self.run_json(command, source, *args, *more, "--overwrite", "-o", out)
            self.assertEqual(j["rows_read"], j["accepted"] + j["rejected"])
            self.assertEqual(sum(i["accepted"] for i in j["inputs"]), j["accepted"])
            rejects = self.query(out, "SELECT row, reason, value FROM rejects ORDER BY source, row")
            self.assertEqual(len(rejects), j["rejected"])
            by_reason = {}
            for _, reason, _ in rejects:
                by_reason[reason] = by_reason.get(reason, 0) + 1
            self.assertEqual(j.get("rejected_by_reason", {}), by_reason)
            rows = self.query(out, "SELECT source_row FROM incidents ORDER BY source, source_row")
            self.assertEqual(len(rows), j["accepted"])
            results.append((rejects, rows, {k: j[k] for k in ("rows_read", "accepted", "halo", "untimed", "duplicates")}))
        self.assertEqual(results[0], results[1])
        return results[0]

    def test_coordinates(self):
        rejects, rows, _ = self.run_both(self.csv([
            "a,,22.05,,1", "b,113.1,,,1", "c, , ,,1", "d,nan,22.05,,1", "e,113.1,inf,,1", "f,-Infinity,22,,1",
            "g,N/A,22.05,,1", "h,113.1,#VALUE!,,1", "i,0,0,,1", "j,0.0,-0.0,,1", "k,513.1,22.05,,1", "l,22.05,113.1,,1",
            "m,113.1,22.05,,1", "n,0x71,22.05,,1", "o,1.131e2,22.05,,1", "p,+113.1,22.05,,1", "q,NULL,NULL,,1"]))
        self.assertEqual(rejects, [
            (61, "no_geometry", None), (62, "no_geometry", None), (63, "no_geometry", None),
            (64, "not_finite", "nan, 22.05"), (65, "not_finite", "113.1, inf"), (66, "not_finite", "-Infinity, 22"),
            (67, "not_finite", "N/A, 22.05"), (68, "not_finite", "113.1, #VALUE!"), (69, "null_island", "0, 0"),
            (70, "null_island", "0, -0"), (71, "outside_crs", "513.1, 22.05"), (72, "outside_crs", "22.05, 113.1"),
            (74, "not_finite", "0x71, 22.05"), (77, "not_finite", "NULL, NULL")])
        self.assertEqual([r[0] for r in rows][-3:], [73, 75, 76])

    def test_weights(self):
        rejects, _, _ = self.run_both(self.csv([
            "a,113.1,22.05,,-1", "b,113.1,22.05,,", "c,113.1,22.05,,nan", "d,113.1,22.05,,much", "e,113.1,22.05,,inf",
            "f,113.1,22.05,,0", "g,113.1,22.05,,-0", "h,113.1,22.05,,1e3"]), "--weight", "loss")
        self.assertEqual(rejects, [(61, "bad_weight", "-1"), (62, "bad_weight", None), (63, "bad_weight", "nan"),
                                   (64, "bad_weight", "much"), (65, "bad_weight", "inf")])

    def test_ids(self):
        rejects, _, _ = self.run_both(self.csv(["7,113.1,22.05,,1", "x1,113.1,22.05,,1", "x1,113.2,22.05,,1",
                                                ",113.1,22.05,,1", ",113.1,22.05,,2", "x2,,,,1", "x2,113.1,22.05,,1"]),
                                      "--id", "case")
        self.assertEqual(rejects, [(61, "duplicate_id", "7"), (63, "duplicate_id", "x1"), (66, "no_geometry", None)])

    def test_ids_of_two_inputs_do_not_meet(self):
        a, b = self.csv([], name="a.csv"), self.csv(["1,113.1,22.05,,9"], name="b.csv")
        j = self.run_json("load", "--id", "case", a, b, "-o", self.path("o.gpkg"))
        self.assertEqual([i["rejected"] for i in j["inputs"]], [0, 1])
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT source, row, reason FROM rejects"),
                         [("b.csv", 61, "duplicate_id")])

    def test_duplicates_are_counted_and_kept(self):
        bad = ["1,113.100,22.050,2019-03-01 10:00,0"] * 2 + ["1,113.100,22.050,2019-03-01 10:00,1"]
        rejects, rows, j = self.run_both(self.csv(bad))
        self.assertEqual(rejects, [])
        self.assertEqual((j["duplicates"], j["accepted"]), (2, 63))
        rejects, rows, j = self.run_both(self.csv(bad), "--drop-duplicates")
        self.assertEqual(rejects, [(61, "duplicate_row", None), (62, "duplicate_row", None)])
        self.assertEqual(j["duplicates"], 2)

    def test_duplicates_in_a_column_that_is_not_kept_differ(self):
        """Equal in every column, not in those that were asked for alone."""
        text = "lon,lat,note\n" + "".join("113.1%02d,22.05,a\n" % i for i in range(40)) + "113.100,22.05,b\n"
        j = self.run_json("load", self.write("d.csv", text), "-o", self.path("o.gpkg"))
        self.assertEqual(j["duplicates"], 0)

    def test_one_reason_a_row(self):
        """Place before weight, weight before time, all before ids and repeats."""
        rejects, _, _ = self.run_both(self.csv([
            "1,,,never,-1", "1,0,0,never,-1", "1,113.1,22.05,never,-1", "1,113.1,22.05,never,1",
            "1,113.1,22.05,2018-01-01,1", "1,113.1,22.05,2019-03-01,1"]),
            "--id", "case", "--weight", "loss", "--since", "2019-01-01")
        self.assertEqual([r[1] for r in rejects], ["no_geometry", "null_island", "bad_weight", "bad_time",
                                                   "outside_interval", "duplicate_id"])

    def area(self, name="area.gpkg"):
        ds = ogr.GetDriverByName("GPKG").CreateDataSource(self.path(name))
        layer = ds.CreateLayer("area", wgs84(), ogr.wkbPolygon)
        f = ogr.Feature(layer.GetLayerDefn())
        f.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON((113.09 22.04,113.12 22.04,113.12 22.06,113.09 22.06,113.09 22.04))"))
        layer.CreateFeature(f)
        f = layer = ds = None
        return self.path(name)

    def test_area_and_halo(self):
        """0.003 degrees of longitude are about 309 m here, 0.006 about 618."""
        rejects, rows, j = self.run_both(self.csv(["a,113.123,22.05,,1", "b,113.126,22.05,,1", "c,113.5,22.5,,1"]),
                                         "--area", self.area(), "--bandwidth", "500m")
        self.assertEqual(rejects, [(62, "outside_area", "113.126, 22.05"), (63, "outside_area", "113.5, 22.5")])
        self.assertEqual(j["halo"], 1)
        self.assertEqual(rows[-1], (61,))

    def test_halo_feeds_no_count(self):
        out = self.path("h.gpkg")
        self.run_hotgrid("hotspots", self.csv(["a,113.1201,22.05,,1"]), "--area", self.area(), "--bandwidth", "500m", "--cell",
                         "100", "--chance", 0, "--all-cells", "-o", out)
        self.assertEqual(self.query(out, "SELECT sum(count) FROM hotspot_cells"), [(60,)])

    def test_geometries(self):
        path = write_layer(self.path("g.gpkg"), "GPKG", make_points(40), geometry=ogr.wkbUnknown)
        ds = ogr.Open(path, 1)
        layer = ds.GetLayer(0)
        for wkt in ("LINESTRING (113 22, 114 22)", None, "POINT EMPTY", "POINT (0 0)", "POLYGON ((1 1, 2 1, 2 2, 1 1))"):
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetField("loss", 1)
            if wkt:
                f.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
            layer.CreateFeature(f)
        f = layer = ds = None
        rejects, _, _ = self.run_both(path)
        self.assertEqual(rejects, [(41, "bad_geometry", "Line String"), (42, "no_geometry", None),
                                   (43, "no_geometry", None), (44, "null_island", "0, 0"),
                                   (45, "bad_geometry", "Polygon")])

    def test_nothing_left(self):
        p = self.run_hotgrid("load", self.write("n.csv", "lon,lat\n" + "0,0\n" * 40), "-o", self.path("n.gpkg"), code=3)
        self.assertIn("null_island", p.stderr)
        self.assertNotIn("n.gpkg", self.files())

    def test_personal_columns_are_not_kept(self):
        text = "lon,lat,姓名,telephone,kind\n" + "".join("113.1%02d,22.05,a,1,k\n" % i for i in range(40))
        source = self.write("p.csv", text)
        for column in ("姓名", "telephone"):
            self.run_hotgrid("load", source, "--keep", column, "-o", self.path("no.gpkg"), code=2)
            self.run_hotgrid("load", source, "--keep", column, "--allow-identifiers", "--overwrite", "-o", self.path("o.gpkg"))
        columns = [r[1] for r in self.query(self.path("o.gpkg"), "PRAGMA table_info(incidents)")]
        self.assertEqual(columns[-1], "telephone")

    # -- raw rows

    def test_raw_rows_only_when_asked(self):
        source = self.csv(["a,,22.05,2019-01-01,1", "b; x,0,0,,"])
        for command in ("load", "hotspots"):
            more = ["--bandwidth", "500m", "--chance", 0] if command == "hotspots" else []
            out = self.path("o.gpkg")
            self.run_hotgrid(command, source, *more, "--overwrite", "-o", out)
            self.assertEqual([r[1] for r in self.query(out, "PRAGMA table_info(rejects)")],
                             ["fid", "source", "layer", "row", "reason", "value"])
            self.run_hotgrid(command, source, *more, "--rejects-raw", "--overwrite", "-o", out)
            self.assertEqual(self.query(out, "SELECT row, raw FROM rejects ORDER BY row"), [
                (61, "case=a; lon=; lat=22.05; when=2019-01-01; loss=1"),
                (62, "case=b; x; lon=0; lat=0; when=; loss=")])

    def test_raw_rows_of_every_kind_of_source(self):
        text = self.write("r.csv", "case,lon,lat\n" + "".join("%d,113.1%02d,22.05\n" % (i, i) for i in range(40)) + "盗,0,0\n")
        gbk = self.write("g.csv", (("案件,经度,纬度\n" + "".join("盗窃%d,113.1%02d,22.05\n" % (i, i) for i in range(40))
                                   + "抢劫,0,0\n").encode("gbk")))
        path = write_layer(self.path("g.gpkg"), "GPKG", make_points(40) + [(41, 0, 0, "2019-05-01 10:00:00", "盗窃", 2.5)])
        out = self.path("o.gpkg")
        self.run_hotgrid("load", text, gbk, path, "--rejects-raw", "-o", out)
        self.assertEqual(self.query(out, "SELECT source, row, raw FROM rejects ORDER BY fid"), [
            ("r.csv", 41, "case=盗; lon=0; lat=0"), ("g.csv", 41, "案件=抢劫; 经度=0; 纬度=0"),
            ("g.gpkg", 41, "geometry=POINT (0 0); case_no=41; when=2019-05-01T10:00:00.000; kind=盗窃; loss=2.5")])

    def test_raw_rows_below_titles_and_of_a_selection(self):
        text = "title\n\ncase,lon,lat\n" + "".join("%d,113.1%02d,22.05\n" % (i, i) for i in range(40)) + "x,,\ny,0,0\n"
        out = self.path("o.gpkg")
        self.run_hotgrid("load", self.write("t.csv", text), "--header-row", "3", "--rejects-raw", "-o", out)
        self.assertEqual(self.query(out, "SELECT raw FROM rejects ORDER BY row"),
                         [("case=x; lon=; lat=",), ("case=y; lon=0; lat=0",)])
        path = write_layer(self.path("g.gpkg"), "GPKG", make_points(40) + [(41, 0, 0, "2019-05-01 10:00:00", "arson", 2.5)])
        self.run_hotgrid("load", path, "--where", "kind = 'arson'", "--rejects-raw", "--overwrite", "-o", out)
        self.assertEqual(self.query(out, "SELECT row, raw LIKE '%case_no=41;%' FROM rejects"), [(14, 1)])

    def test_raw_rows_are_added_to_a_store_without_them(self):
        out = self.path("o.gpkg")
        self.run_hotgrid("load", self.csv(["a,0,0,,1"], name="a.csv"), "-o", out)
        self.run_hotgrid("load", self.csv(["b,0,0,,2"], name="b.csv"), "--append", "--rejects-raw", "-o", out)
        self.assertEqual(self.query(out, "SELECT source, raw FROM rejects ORDER BY fid"),
                         [("a.csv", None), ("b.csv", "case=b; lon=0; lat=0; when=; loss=2")])
        self.run_hotgrid("load", self.csv(["c,0,0,,2"], name="c.csv"), "--append", "-o", out)
        self.assertEqual(self.query(out, "SELECT count(*), count(raw) FROM rejects"), [(3, 1)])

    # -- the sample

    def test_planted_rows_of_the_sample(self):
        """The township's list of spoiled rows, each with the reason that stands in the list."""
        import csv
        folder = SOURCE / "sample_data" / "pingsha"
        planted = list(csv.DictReader((folder / "bad_rows.csv").read_text(encoding="utf-8").splitlines()))
        out = self.path("o.gpkg")
        j = self.run_json(
            "load", "--drop-duplicates", folder / "crime_gbk.csv", "--datum", "gcj02", "--time", "发案开始时间", "--time-end", "发案结束时间",
            "--id", "案件编号", folder / "traffic.xlsx", "--sheet", "事故", "--header-row", "3",
            folder / "fire.geojson", "--time", "time", "--weight", "weight", folder / "city_management.gpkg", "--layer", "cases", "--time",
            "reported_at", "--weight", "weight", "--area", folder / "boundary.gpkg", "--bandwidth", "400m", "--require-time", "-o", out)
        self.assertEqual(j["rows_read"], j["accepted"] + j["rejected"])
        got = {(s, r): reason for s, r, reason in self.query(out, "SELECT source, row, reason FROM rejects")}
        kept = {(s, r) for s, r in self.query(out, "SELECT source, source_row FROM incidents")}
        for row in planted:
            key = (row["file"], int(row["row"]))
            if row["reason"] == "halo":
                self.assertIn(key, kept, row)
            else:
                self.assertEqual(got.get(key), row["reason"], row)


if __name__ == "__main__":
    main()
