"""Inputs that are missing, empty, broken or hostile: the right exit code, a clear line, nothing written."""
import json
import os
import random
import sqlite3
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import failure
import harness
from failure import bytes_of, points_csv, square

KINDS = ["csv", "tsv", "txt", "gpkg", "geojson", "json", "xlsx", "ods", "shp", "fgb", "sqlite", "dbf", "kml",
         "gml", "zip", "bin"]


def junk(n, seed=7):
    rnd = random.Random(seed)
    return bytes(rnd.randrange(256) for _ in range(n))


class Files(failure.FailureCase):
    def test_missing(self):
        self.read_fails(4, "missing.csv", says=["missing.csv", "no such file"])

    def test_folder(self):
        for name in ("folder", "folder.csv", "folder.gpkg"):
            os.mkdir(self.path(name))
            self.read_fails(4, name, says=[name, "folder"])

    def test_dangling_link(self):
        os.symlink("nowhere", self.path("link.csv"))
        self.read_fails(4, "link.csv", says="link.csv")

    def test_empty(self):
        for kind in KINDS:
            self.write("empty." + kind, b"")
            self.each_fails(3, self.path("empty." + kind), says="empty", commands=["load"])
        self.read_fails(3, "empty.gpkg", says="empty")

    def test_header_only(self):
        for i, text in enumerate(("lon,lat,when\n", "lon,lat,when", "\ufefflon,lat\r\n", "lon,lat\n\n\n\n")):
            self.write("head%d.csv" % i, text)
            self.each_fails(3, self.path("head%d.csv" % i), says="holds no rows")

    def test_blank_lines_only(self):
        self.write("blank.csv", "\n\n\n\n")
        self.each_fails(3, self.path("blank.csv"), says="blank.csv")

    def test_junk_under_every_name(self):
        for kind in KINDS:
            self.write("junk." + kind, junk(4000))
            self.write("zero." + kind, bytes(3000))
            every = kind in ("csv", "gpkg", "shp")
            commands = ("load", "density", "hotspots") if every else ["load"]
            self.each_fails(3, self.path("junk." + kind), says="junk." + kind, commands=commands)
            self.fails(3, "info", self.path("junk." + kind), says="junk." + kind)
            self.each_fails(3, self.path("zero." + kind), says="zero." + kind, commands=["load"])

    def test_junk_of_text_like_bytes(self):
        rnd = random.Random(3)
        self.write("high.csv", bytes(rnd.randrange(128, 256) for _ in range(3000)))
        self.each_fails(3, self.path("high.csv"), says="high.csv")

    def test_text_named_otherwise(self):
        for kind in KINDS:
            if kind not in ("csv", "tsv", "txt"):
                self.write("text." + kind, "dear reader\nthis is no data\n")
                self.each_fails(3, self.path("text." + kind), says="text." + kind, commands=["load"])
        self.write("text.gpkg", "dear reader\n")
        self.fails(3, "info", self.path("text.gpkg"), says="text.gpkg")

    def test_geojson_cut_short(self):
        whole = square(-90, 35, -89, 36)
        for n in (1, 30, len(whole) // 2, len(whole) - 3):
            self.write("cut.geojson", whole[:n])
            self.each_fails(3, self.path("cut.geojson"), says="cut.geojson", commands=["load"])


class Databases(failure.FailureCase):
    """Databases cut short or overwritten in the middle: refused, or every row is there."""

    def setUp(self):
        super().setUp()
        self.write("good.csv", points_csv(400))
        self.run_hotgrid("load", self.path("good.csv"), "-o", self.path("good.gpkg"))

    def cut(self, name, lengths, info=True):
        whole = bytes_of(self.path("good." + name))
        for n in lengths(len(whole)):
            self.write("cut." + name, whole[:n])
            with self.subTest(length=n, of=len(whole)):
                self.each_fails(3, self.path("cut." + name), says="cut." + name, commands=["load"])
                self.fails(3, "info", self.path("cut." + name), says="cut." + name)

    def test_gpkg_cut_short(self):
        self.cut("gpkg", lambda n: [1, 15, 16, 99, 100, 101, 512, 4095, 4096, 8192, 20001, n // 3, n // 2,
                                    n - 8192, n - 4096, n - 4095, n - 100, n - 1])
        self.each_fails(3, self.path("cut.gpkg"), says="cut.gpkg")

    def test_sqlite_cut_short(self):
        self.run_hotgrid("load", self.path("good.csv"), "-o", self.path("good.sqlite"))
        self.cut("sqlite", lambda n: [20, 5000, n // 2, n - 4096, n - 1])

    def test_shapefile_parts_cut_short(self):
        from osgeo import gdal
        gdal.UseExceptions()
        gdal.VectorTranslate(self.path("s.shp"), self.path("good.gpkg"), format="ESRI Shapefile",
                             layers=["incidents"], selectFields=["stream", "category"])
        for part in ("shp", "shx", "dbf"):
            whole = bytes_of(self.path("s." + part))
            for n in (50, len(whole) // 2, len(whole) - 10):
                self.write("s." + part, whole[:n])
                with self.subTest(part=part, length=n):
                    self.each_fails(3, self.path("s.shp"), says="s.shp", commands=["load"])
            self.write("s." + part, whole)

    def test_page_overwritten(self):
        whole = bytes_of(self.path("good.gpkg"))
        for page in range(0, len(whole) // 4096):
            content = junk(4096, page) if page % 2 else bytes(4096)
            self.write("bad.gpkg", whole[:page * 4096] + content + whole[(page + 1) * 4096:])
            self.check_damaged(page)

    def check_damaged(self, page):
        """A page that is not needed may go unnoticed, but then no row is missing."""
        with self.subTest(page=page):
            p = failure.subprocess.run(
                [harness.HOTGRID, "load", self.path("bad.gpkg"), "-o", self.path("o.gpkg"), "--json"],
                capture_output=True, text=True)
            if p.returncode == 0:
                self.assertEqual(json.loads(p.stdout)["accepted"], 400)
                os.unlink(self.path("o.gpkg"))
            else:
                self.assertIn(p.returncode, (2, 3))
                self.assert_message(p.stderr, "bad.gpkg")
            self.assertEqual(self.files(), ["bad.gpkg", "good.csv", "good.gpkg"])

    def points(self, *columns):
        """A layer of 1000 points with small records and keys 1 to 1000."""
        from osgeo import ogr, osr
        ogr.UseExceptions()
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(32650)
        data = ogr.GetDriverByName("GPKG").CreateDataSource(self.path("keys.gpkg"))
        data.CreateLayer("p", srs, ogr.wkbPoint, ["SPATIAL_INDEX=NO"])
        del data
        db = sqlite3.connect(self.path("keys.gpkg"), isolation_level=None)
        for column in columns:
            db.execute("ALTER TABLE p ADD COLUMN " + column)
        db.execute("BEGIN")
        db.executemany("INSERT INTO p (fid, geom) VALUES (?, ?)", (
            (i, struct.pack("<2sBBiBI2d", b"GP", 0, 1, 32650, 1, 1, 500000 + i, 4000000 + i % 37)) for i in range(1, 1001)))
        db.execute("COMMIT")
        return db

    def test_more_rows_than_keys(self):
        """Damage that gives many rows one key: what SQLite passes on has no room among rows that are one a key."""
        db = self.points("two INTEGER AS (2)")
        root, size = [db.execute(sql).fetchone()[0] for sql in (
            "SELECT rootpage FROM sqlite_master WHERE name = 'p'", "PRAGMA page_size")]
        db.close()
        bad = bytearray(bytes_of(self.path("keys.gpkg")))

        def cells(page, head):  # where the cells of a page begin
            at = (page - 1) * size
            count = int.from_bytes(bad[at + 3:at + 5], "big")
            return [at + int.from_bytes(bad[at + head + 2 * i:at + head + 2 * i + 2], "big") for i in range(count)]
        inner = cells(root, 12)
        leaves = [int.from_bytes(bad[at:at + 4], "big") for at in inner + [(root - 1) * size + 8]]
        keys = [at + 4 for at in inner] + [at + 1 for leaf in leaves for at in cells(leaf, 8)]
        self.assertGreater(len(inner), 2)
        for at in keys:  # in two bytes, the key 126; the last row's 127
            if bad[at] >= 0x80:
                bad[at:at + 2] = bytes((0x80, 126 + (at == keys[-1])))
        self.write("keys.gpkg", bytes(bad))
        self.each_fails(3, self.path("keys.gpkg"), says="keys.gpkg cannot be read", commands=["load"])

    def test_count_that_lies(self):
        db = self.points()
        db.execute("UPDATE p SET fid = 9000000000000 WHERE fid = 1000")
        db.execute("UPDATE gpkg_ogr_contents SET feature_count = 10000000000000")
        db.close()
        r = self.run_json("load", self.path("keys.gpkg"), "-o", self.path("o.gpkg"))
        self.assertEqual(r["accepted"], 1000)

    def test_rows_that_lie(self):
        """A geometry column that holds text, numbers and broken blobs: rejects, not a crash."""
        db = sqlite3.connect(self.path("good.gpkg"))
        for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute('DROP TRIGGER "%s"' % name)
        values = ["text", 5, 2.5, b"", b"GP", b"GP\0\1", b"\0" * 40, None,
                  b"GP\0\x0f" + b"\xff" * 60, b"GP\0\1\0\0\0\0\1\4\0\0\0\xff\xff\xff\xff"]
        for i, value in enumerate(values):
            db.execute("UPDATE incidents SET geom = ? WHERE fid = ?", (value, i + 1))
        db.commit()
        db.close()
        r = self.run_json("load", self.path("good.gpkg"), "-o", self.path("o.gpkg"))
        self.assertEqual((r["rows_read"], r["accepted"], r["rejected"]),
                         (400, 400 - len(values), len(values)))


class Tables(failure.FailureCase):
    """CSV files as people break them."""

    def load(self, text, *args, code=0, name="t.csv"):
        self.write(name, text)
        out = self.path("o.gpkg")
        if os.path.exists(out):
            os.unlink(out)
        return self.run_json("load", self.path(name), *args, "-o", out, code=code)

    def test_ragged(self):
        r = self.load("lon,lat,kind\n-90,35,a\n-90.01,35.01\n-90.02,35.02,a,b,c\n-90.03\n-90.01,35,x\n")
        self.assertEqual((r["rows_read"], r["accepted"], r["rejected"]), (5, 4, 1))

    def test_unclosed_quote(self):
        r = self.load('lon,lat,kind\n-90,35,a\n-90.01,35.01,"open\n-90.02,35.02,z\n')
        self.assertEqual(r["rows_read"], r["accepted"] + r["rejected"])
        self.assertLessEqual(r["rows_read"], 3)

    def test_megabyte_field(self):
        r = self.load("lon,lat,note\n-90,35,%s\n-90.01,35.01,b\n" % ("x" * 1000000), "--keep", "note")
        self.assertEqual(r["accepted"], 2)
        rows = self.query(self.path("o.gpkg"), "SELECT length(note) FROM incidents ORDER BY fid")
        self.assertEqual(rows, [(1000000,), (1,)])

    def test_nul_byte(self):
        self.write("nul.csv", b"lon,lat,kind\n-90,35,a\0b\n-90.01,35.01,b\n")
        self.each_fails(3, self.path("nul.csv"), says=["line 2", "NUL"])

    def test_repeated_column(self):
        r = self.load("lon,lat,note,note\n-90,35,a,b\n-90.01,35.01,c,d\n")
        self.assertEqual(r["accepted"], 2)

    def test_two_that_could_be_x(self):
        for head in ("lon,longitude,lat", "lon,lon,lat", "lng,lat,longitude", "经度,lon,lat"):
            self.write("two.csv", head + "\n-90,-91,35\n-90.1,-91.1,35.1\n")
            self.each_fails(2, self.path("two.csv"), says=["could both be x", "--x"])
        self.write("two.csv", "lon,longitude,lat\n-90,-91,35\n-90.1,-91.1,35.1\n")
        self.run_hotgrid("load", self.path("two.csv"), "--x", "lon", "--y", "lat", "-o", self.path("o.gpkg"))

    def test_lone_letter(self):
        """A column "n" beside x and y is a number of something; "e" and "n" together are coordinates."""
        for head in ("x,y,n", "e,n,x0"):
            r = self.load(head + "\n400000,2440000,7\n400100,2440100,8\n", "--crs", "EPSG:4547", "--overwrite")
            self.assertEqual(r["accepted"], 2)
        self.write("two.csv", "x,y,e,n\n400000,2440000,1,2\n")
        self.each_fails(2, self.path("two.csv"), says=["could both be x"])

    def test_no_coordinates(self):
        self.write("none.csv", "a,b\n1,2\n3,4\n")
        self.each_fails(2, self.path("none.csv"), says=["none.csv", "a, b"])

    def test_no_usable_row(self):
        self.write("words.csv", "lon,lat\nx,y\nfoo,bar\n")
        self.each_fails(3, self.path("words.csv"), says="words.csv")
        self.write("zero.csv", "lon,lat\n0,0\n0,0\n0,0\n")
        self.each_fails(3, self.path("zero.csv"), says=["3 rows", "null_island"])
        self.write("far.csv", "lon,lat\n" + "5,95\n" * 1 + "-90,35\n" * 0 + "181,5\n" * 1)
        self.each_fails(2, self.path("far.csv"), says=["far.csv", "--crs", "row 1: 5, 95"])

    def test_bad_coordinates_are_rejects(self):
        r = self.load("lon,lat\n" + "-90,35\n-90.01,35.01\n" * 20 + "nan,35\ninf,35\n-90,1e400\n,\n-500,35\n")
        self.assertEqual((r["rows_read"], r["accepted"], r["rejected"]), (45, 40, 5))

    def test_one_row(self):
        self.assertEqual(self.load("lon,lat\n-90,35\n")["accepted"], 1)
        self.fails(3, "density", self.path("t.csv"), "-o", self.path("o.tif"), says="bandwidth")
        self.run_hotgrid("hotspots", self.path("t.csv"), "--bandwidth", "400", "-o", self.path("h.gpkg"))

    def test_one_place(self):
        self.write("same.csv", "lon,lat\n" + "-90,35\n" * 50)
        self.each_fails(3, self.path("same.csv"), says="bandwidth", commands=["density", "hotspots"])

    def test_ten_thousand_columns(self):
        names = ",".join("c%d" % i for i in range(9998))
        rows = "".join("-90.0%d,35.0%d,%s\n" % (i, i, ",".join(["1"] * 9998)) for i in range(5))
        self.assertEqual(self.load("lon,lat,%s\n%s" % (names, rows), "--keep", "c9997")["accepted"], 5)
        self.each_fails(2, self.path("t.csv"), "--time", "nope", says='no column "nope"')

    def test_hostile_column_names(self):
        names = ["b;c", "'q'", "naïve 名", "x) FROM t; DROP TABLE incidents;--", "a`b", "[c]", "percent %s%n", "-"]
        text = "lon,lat,%s\n" % ",".join(names) + "".join(
            "-90.0%d,35.0%d,%s\n" % (i, i, ",".join("v%d" % k for k in range(len(names)))) for i in range(5))
        keep = [a for n in names for a in ("--keep", n)]
        self.assertEqual(self.load(text, *keep)["accepted"], 5)
        db = sqlite3.connect(self.path("o.gpkg"))
        have = [row[1] for row in db.execute("PRAGMA table_info(incidents)")]
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        db.close()
        for n in names:
            self.assertIn(n, have)
        self.fails(2, "load", self.path("t.csv"), "--keep", 'a"; DROP TABLE x;--', "-o", self.path("p.gpkg"),
                   says=['--keep: no column "a"; DROP TABLE x;--"', "lon, lat"])
        os.unlink(self.path("o.gpkg"))
        self.run_hotgrid("load", self.path("t.csv"), *keep, "-o", self.path("o.sqlite"))

    def test_columns_that_collide(self):
        names = ["fid", "geom", "stream", "Source", "weight", "T_START", "source_row", "category"]
        text = "lon,lat,%s\n" % ",".join(names) + "-90,35,%s\n" % ",".join("123456789"[:len(names)]) * 3
        keep = [a for n in names for a in ("--keep", n)]
        for out in ("o.gpkg", "o.sqlite"):
            self.write("t.csv", text)
            r = self.run_json("load", self.path("t.csv"), *keep, "-o", self.path(out))
            self.assertEqual(r["accepted"], 3)

    def test_one_polygon(self):
        """A polygon is mass like any other, but no rule finds a bandwidth from one."""
        self.write("area.geojson", square(-90, 35, -89, 36))
        self.each_fails(3, self.path("area.geojson"), says="bandwidth", commands=["hotspots"])

    def test_one_bad_of_two(self):
        self.write("good.csv", points_csv(100))
        self.each_fails(4, self.path("good.csv"), self.path("none.csv"), says="none.csv")


class Areas(failure.FailureCase):
    def setUp(self):
        super().setUp()
        self.write("good.csv", points_csv(100))

    def each_area_fails(self, code, area, says):
        self.each_fails(code, self.path("good.csv"), "--area", self.path(area), says=says)

    def test_no_area(self):
        self.each_area_fails(4, "none.gpkg", "none.gpkg")
        os.mkdir(self.path("folder"))
        self.each_area_fails(4, "folder", "folder")

    def test_area_without_polygons(self):
        self.write("none.geojson", '{"type":"FeatureCollection","features":[]}')
        self.each_area_fails(3, "none.geojson", "none.geojson")
        self.each_area_fails(3, "good.csv", "good.csv")
        self.write("line.geojson", '{"type":"LineString","coordinates":[[-90,35],[-91,36]]}')
        self.each_area_fails(3, "line.geojson", "polygon")

    def test_broken_area(self):
        self.write("cut.geojson", square(-90, 35, -89, 36)[:90])
        self.each_area_fails(3, "cut.geojson", "cut.geojson")

    def test_area_elsewhere(self):
        self.write("far.geojson", square(10, 35, 11, 36))
        self.each_area_fails(3, "far.geojson", "study area")
        self.each_fails(3, self.path("good.csv"), "--bandwidth", "400", "--area", self.path("far.geojson"),
                        says="outside_area")

    def test_unknown_layer(self):
        self.write("a.geojson", square(-91, 34, -89, 36))
        self.each_area_fails(2, "a.geojson:nope", 'no layer "nope"')

    def test_places(self):
        self.each_fails(4, self.path("good.csv"), "--places", self.path("none.gpkg"), says="none.gpkg",
                        commands=["hotspots"])
        self.write("a.geojson", square(-91, 34, -89, 36))
        self.each_fails(2, self.path("good.csv"), "--places", self.path("a.geojson"), "--place-name", "nope",
                        says='"nope"', commands=["hotspots"])


class Info(failure.FailureCase):
    def test_foreign_files(self):
        """info says what is in any readable file, and that nothing is known of its making."""
        self.write("a.csv", "lon,lat\n-90,35\n")
        self.write("b.geojson", square(-90, 35, -89, 36))
        for name in ("a.csv", "b.geojson"):
            p = self.run_hotgrid("info", self.path(name))
            self.assertIn("no record", p.stdout)
            r = self.run_json("info", self.path(name))
            self.assertEqual(r["layers"][0]["rows"], 1)

    def test_results(self):
        self.write("good.csv", points_csv(200))
        self.run_hotgrid("load", self.path("good.csv"), "-o", self.path("s.gpkg"))
        self.run_hotgrid("load", self.path("good.csv"), "-o", self.path("s.sqlite"))
        self.run_hotgrid("hotspots", self.path("good.csv"), "-o", self.path("h.gpkg"))
        for name, layer in (("s.gpkg", "incidents"), ("s.sqlite", "incidents"), ("h.gpkg", "hotspot_cells")):
            r = self.run_json("info", self.path(name))
            self.assertIn(layer, [l["name"] for l in r["layers"]])
        self.assertEqual(self.run_json("info", self.path("h.gpkg"))["run_info"]["command"], "hotspots")

    def test_run_info_of_a_stranger(self):
        """Tables that only share our names are data, not a crash."""
        db = sqlite3.connect(self.path("x.sqlite"))
        db.execute("CREATE TABLE run_info(a, b)")
        db.execute("CREATE TABLE sources(a)")
        db.execute("INSERT INTO run_info VALUES (1, 2)")
        db.commit()
        db.close()
        r = self.run_json("info", self.path("x.sqlite"))
        self.assertEqual(sorted(l["name"] for l in r["layers"]), ["run_info", "sources"])

    def test_keys_of_a_stranger(self):
        """Keys become paths in the JSON: those that lead nowhere are shown as they stand."""
        keys = ["a", "a.b", "a[0]", "l[0]", "l[1].x", "l[9]", "l[4000000000]", "l[-1]", "l[", "l[x]", "l[0", "l[]",
                "", ".", "..", "[", "[0]", "x..y", "k" * 5000, "l.x", "a\"b", "\udcff"]
        db = sqlite3.connect(self.path("x.sqlite"))
        db.execute("CREATE TABLE run_info(key, value)")
        for i, key in enumerate(keys):
            db.execute("INSERT INTO run_info VALUES (CAST(? AS TEXT), ?)",
                       (key.encode("utf-8", "surrogateescape"), "value%d" % i))
        db.execute("INSERT INTO run_info VALUES (NULL, 'x'), ('null', NULL), ('blob', x'ff00fe')")
        db.commit()
        db.close()
        text = self.run_hotgrid("info", self.path("x.sqlite"), "--json").stdout
        json.loads(text)
        for i in range(len(keys)):
            self.assertIn('"value%d"' % i, text)


if __name__ == "__main__":
    harness.main()
