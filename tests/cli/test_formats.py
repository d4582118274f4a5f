"""The same points in every format give the same accepted rows and the same cells."""
import os
import struct
import sqlite3

from harness import Case, SOURCE, main, shared
from points import HEADS, DateCell, as_text, make_points, wgs84, write_layer, write_xlsx
from osgeo import ogr, osr

SETTINGS = ["--bandwidth", "400m", "--cell", "50m", "--chance", "0", "--no-hash"]


def serial_day(text):
    """A spreadsheet's day number of 2019-MM-DD HH:MM:SS."""
    import datetime
    moment = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    return (moment - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)


class Formats(Case):
    def setUp(self):
        super().setUp()
        self.rows = make_points()

    def incidents(self, store):
        """Every stored incident, ordered by its row, with the geometry as it lies in the file."""
        return self.query(store, "SELECT source_row, hex(geom), weight, t_start, t_end, category "
                                 "FROM incidents ORDER BY source_row")

    def load(self, *inputs, name="out.gpkg", **kwargs):
        out = self.path(name)
        j = self.run_json("load", *inputs, "--overwrite", "--no-hash", "-o", out, **kwargs)
        return j, self.incidents(out)

    def expected(self):
        source = self.write("cases.csv", as_text(self.rows))
        j, rows = self.load(source, "--category", "kind", "--weight", "loss", name="expected.gpkg")
        self.assertEqual(j["accepted"], len(self.rows))
        return rows

    def same(self, source, *options):
        j, rows = self.load(source, "--category", "kind", "--weight", "loss", *options)
        self.assertEqual(j["rows_read"], len(self.rows))
        self.assertEqual(j["accepted"], len(self.rows))
        for got, want in zip(rows, self.expected()):
            self.assertEqual(got, want)
        self.same_cells(source, *options)

    def same_cells(self, source, *options):
        want = self.path("cells-expected.gpkg")
        if not os.path.exists(want):
            self.run_hotgrid("hotspots", self.write("cases.csv", as_text(self.rows)), "--weight", "loss",
                             "--category", "kind", *SETTINGS, "-o", want)
        got = self.path("cells.gpkg")
        self.run_hotgrid("hotspots", source, "--weight", "loss", "--category", "kind", *options, *SETTINGS,
                         "--overwrite", "-o", got)
        sql = "SELECT rank, cell_id, score, count, weight, share, peak_hour FROM hotspot_cells ORDER BY rank"
        self.assertEqual(self.query(got, sql), self.query(want, sql))

    def test_separated_text(self):
        for name, separator in (("a.tsv", "\t"), ("semicolon.csv", ";"), ("tab.txt", "\t"),
                                ("tab.csv", "\t"), ("comma.txt", ",")):
            with self.subTest(name):
                self.same(self.write(name, as_text(self.rows, separator)))

    def test_text_with_windows_line_ends_quotes_and_no_last_line_end(self):
        lines = as_text(self.rows).rstrip("\n").split("\n")
        quoted = "\r\n".join(",".join('"%s"' % v for v in line.split(",")) for line in lines)
        self.same(self.write("quoted.csv", quoted))

    def test_text_below_title_rows(self):
        self.same(self.write("titled.csv", "Cases of 2019\n\n" + as_text(self.rows)), "--header-row", "3")

    def test_line_breaks_inside_quotes_do_not_shift_rows(self):
        rows = [(n, lon, lat, when, '"a\nb"' if n == 5 else kind, loss)
                for n, lon, lat, when, kind, loss in self.rows]
        rows[9] = (10, 0, 0, "", "x", 1)
        j, got = self.load(self.write("breaks.csv", as_text(rows)), "--category", "kind")
        self.assertEqual((j["rows_read"], j["rejected"]), (300, 1))
        self.assertEqual(self.query(self.path("out.gpkg"), "SELECT row FROM rejects"), [(10,)])
        self.assertEqual(got[4][5], "a\nb")

    def test_short_and_long_rows_of_text(self):
        text = as_text(self.rows[:30]) + "31\n32,113.1,22.05,2019-01-01 00:00:00,x,1,more,and more\n"
        j, _ = self.load(self.write("ragged.csv", text))
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (32, 31, 1))
        self.assertEqual(self.query(self.path("out.gpkg"), "SELECT row, reason FROM rejects"),
                         [(31, "no_geometry")])

    def test_rows_of_separators_only_are_rows(self):
        lines = as_text(self.rows[:30]).split("\n")
        lines.insert(11, ",,,,,")
        j, _ = self.load(self.write("blank.csv", "\n".join(lines)))
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (31, 30, 1))
        self.assertEqual(self.query(self.path("out.gpkg"), "SELECT row, reason FROM rejects"),
                         [(11, "no_geometry")])

    def test_spreadsheet(self):
        cells = [HEADS] + [list(r) for r in self.rows]
        self.same(write_xlsx(self.path("plain.xlsx"), cells))

    def test_spreadsheet_below_titles_on_a_named_sheet(self):
        cells = [["Cases of 2019"], ["made by", "nobody"], HEADS] + [list(r) for r in self.rows]
        source = write_xlsx(self.path("titled.xlsx"), [["nothing", "here"], [1, 2]], "first",
                            [("cases", cells)])
        self.same(source, "--sheet", "cases", "--header-row", "3")

    def test_spreadsheet_of_text_only(self):
        cells = [HEADS] + [[str(v) for v in r] for r in self.rows]
        self.same(write_xlsx(self.path("text.xlsx"), cells))

    def test_spreadsheet_of_text_only_below_titles(self):
        cells = [["Cases"], HEADS] + [[str(v) for v in r] for r in self.rows]
        self.same(write_xlsx(self.path("text.xlsx"), cells), "--header-row", "2")

    def test_spreadsheet_with_dates_as_cells_serials_and_text(self):
        cells = [HEADS]
        for i, (number, lon, lat, when, kind, loss) in enumerate(self.rows):
            day = serial_day(when)
            cells.append([number, lon, lat, (DateCell(day), day, when)[i % 3], kind, loss])
        self.same(write_xlsx(self.path("mixed.xlsx"), cells), "--time", "when")

    def test_spreadsheet_with_date_cells(self):
        cells = [HEADS] + [[n, lon, lat, DateCell(serial_day(when)), kind, loss]
                           for n, lon, lat, when, kind, loss in self.rows]
        self.same(write_xlsx(self.path("dates.xlsx"), cells))

    def test_spreadsheet_with_blank_rows(self):
        cells = [HEADS] + [list(r) for r in self.rows[:30]]
        cells.insert(11, [None] * 6)
        cells += [[None] * 6] * 40
        j, _ = self.load(write_xlsx(self.path("blank.xlsx"), cells))
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (31, 30, 1))
        self.assertEqual(self.query(self.path("out.gpkg"), "SELECT row, reason FROM rejects"),
                         [(11, "no_geometry")])

    def test_open_document_spreadsheet(self):
        ds = ogr.GetDriverByName("ODS").CreateDataSource(self.path("cases.ods"))
        layer = ds.CreateLayer("cases", None, ogr.wkbNone)
        for name in HEADS:
            layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
        for row in self.rows:
            f = ogr.Feature(layer.GetLayerDefn())
            for k, v in enumerate(row):
                f.SetField(k, str(v))
            layer.CreateFeature(f)
        layer = ds = None
        self.same(self.path("cases.ods"))

    def test_layers(self):
        for name, driver, options in (
                ("cases.geojson", "GeoJSON", {}), ("cases.gpkg", "GPKG", {}),
                ("cases.fgb", "FlatGeobuf", {"options": ["SPATIAL_INDEX=NO"]}),
                ("cases.sqlite", "SQLite", {"dataset_options": ["SPATIALITE=YES"]}),
                ("plain.sqlite", "SQLite", {}),
                ("cases.shp", "ESRI Shapefile", {"options": ["ENCODING=UTF-8"]}),
                ("cases.gml", "GML", {}), ("cases.geojsonl", "GeoJSONSeq", {}),
                ("cases.tab", "MapInfo File", {"options": ["ENCODING=UTF-8"]})):
            with self.subTest(name):
                precise = ["COORDINATE_PRECISION=9"] if driver in ("GeoJSON", "GeoJSONSeq") else []
                options.setdefault("options", precise)
                source = write_layer(self.path(name), driver, self.rows, **options)
                if driver == "MapInfo File":
                    self.same_count(source)
                else:
                    self.same(source)

    def same_count(self, source):
        """MapInfo files round coordinates to a lattice of their own."""
        j, _ = self.load(source, "--category", "kind")
        self.assertEqual((j["rows_read"], j["accepted"]), (300, 300))

    def test_indexed_flatgeobuf_gives_the_same_cells(self):
        """Its features come in the order of its index, so rows have other numbers."""
        source = write_layer(self.path("cases.fgb"), "FlatGeobuf", self.rows)
        self.same_cells(source)

    def test_kml(self):
        place = ("<Placemark><TimeStamp><when>%s</when></TimeStamp><ExtendedData><Data name=\"kind\"><value>%s"
                 "</value></Data><Data name=\"loss\"><value>%r</value></Data></ExtendedData><Point><coordinates>"
                 "%r,%r</coordinates></Point></Placemark>")
        text = "".join(place % (when.replace(" ", "T"), kind, loss, lon, lat)
                       for _, lon, lat, when, kind, loss in self.rows)
        self.same(self.write("cases.kml", '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.'
                             'net/kml/2.2"><Document><name>cases</name>%s</Document></kml>' % text))

    def test_shapefile_in_gbk_without_code_page(self):
        source = write_layer(self.path("gbk.shp"), "ESRI Shapefile", self.rows, options=["ENCODING=GBK"])
        os.remove(self.path("gbk.cpg"))
        with open(self.path("gbk.dbf"), "r+b") as f:
            f.seek(29)
            f.write(b"\0")
        self.same(source)
        self.same(source, "--encoding", "GB18030")

    def test_shapefile_with_field_names_in_gbk(self):
        ds = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(self.path("heads.shp"))
        layer = ds.CreateLayer("heads", wgs84(), ogr.wkbPoint, ["ENCODING=GBK"])
        layer.CreateField(ogr.FieldDefn("损失", ogr.OFTReal))
        for name in ("案件编号", "案件类别", "报案时间"):
            layer.CreateField(ogr.FieldDefn(name, ogr.OFTInteger))
        for row in self.rows:
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetField(0, row[5])
            f.SetGeometry(ogr.CreateGeometryFromWkt("POINT(%r %r)" % row[1:3]))
            layer.CreateFeature(f)
        layer = ds = None
        os.remove(self.path("heads.cpg"))
        with open(self.path("heads.dbf"), "r+b") as f:
            f.seek(29)
            f.write(b"\0")
        j, rows = self.load(self.path("heads.shp"), "--weight", "损失")
        self.assertEqual([r[2] for r in rows], [r[5] for r in self.rows])

    def test_dbf_alone_in_gbk(self):
        ds = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(self.path("table.dbf"))
        layer = ds.CreateLayer("table", None, ogr.wkbNone, ["ENCODING=GBK"])
        for name, kind in (("经度", ogr.OFTReal), ("纬度", ogr.OFTReal), ("类别", ogr.OFTString)):
            layer.CreateField(ogr.FieldDefn(name, kind))
        for row in self.rows:
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetField(0, row[1])
            f.SetField(1, row[2])
            f.SetField(2, "盗窃" if row[0] % 2 else "交通事故")
            layer.CreateFeature(f)
        layer = ds = None
        os.remove(self.path("table.cpg"))
        with open(self.path("table.dbf"), "r+b") as f:
            f.seek(29)
            f.write(b"\0")
        j, rows = self.load(self.path("table.dbf"), "--category", "类别")
        self.assertEqual(j["accepted"], 300)
        self.assertEqual({r[5] for r in rows}, {"盗窃", "交通事故"})

    def test_sql(self):
        source = write_layer(self.path("cases.gpkg"), "GPKG", self.rows)
        j, rows = self.load(source, "--sql", "SELECT geom, loss * 2 AS twice, kind FROM cases WHERE case_no <= 20",
                            "--weight", "twice")
        self.assertEqual(j["accepted"], 20)
        self.assertEqual([r[2] for r in rows], [2 * r[5] for r in self.rows[:20]])
        self.run_hotgrid("load", source, "--sql", "SELECT nothing FROM nowhere", "-o", self.path("x.gpkg"), code=2)

    def test_where(self):
        source = write_layer(self.path("cases.gpkg"), "GPKG", self.rows)
        j, rows = self.load(source, "--where", "kind = 'arson'")
        self.assertEqual(j["accepted"], 100)
        csv = self.write("cases.csv", as_text(self.rows))
        j, rows = self.load(csv, "--where", "kind = 'arson'")
        self.assertEqual(j["accepted"], 100)
        self.run_hotgrid("load", source, "--where", "no_such = 1", "-o", self.path("x.gpkg"), code=2)
        self.run_hotgrid("load", source, "--where", "kind = 'none of it'", "-o", self.path("x.gpkg"), code=3)


class DirectReading(Case):
    """GeoPackage tables are read past OGR; --where 1=1 reads the same through OGR."""

    def compare(self, path, *options, layer="cases"):
        got = []
        for extra in ((), ("--where", "1=1")):
            out = self.path("direct.gpkg" if not extra else "ogr.gpkg")
            j = self.run_json("load", path, "--layer", layer, *options, *extra, "--overwrite", "--no-hash", "-o", out)
            columns = [r[1] for r in self.query(out, "PRAGMA table_info(incidents)")]
            types = [r[2] for r in self.query(out, "PRAGMA table_info(incidents)")]
            got.append((j["rows_read"], j["accepted"], j["rejected"], j["untimed"], j["duplicates"], columns, types,
                        self.query(out, "SELECT * FROM incidents ORDER BY fid"),
                        self.query(out, "SELECT source, layer, row, reason, value FROM rejects ORDER BY fid")))
        for direct, by_ogr in zip(got[0], got[1]):
            self.assertEqual(direct, by_ogr)
        return got[0]

    def make(self, path, n=40, geometry=ogr.wkbUnknown, options=()):
        ds = ogr.GetDriverByName("GPKG").CreateDataSource(path)
        layer = ds.CreateLayer("cases", wgs84(), geometry, list(options))
        number = ogr.FieldDefn("number", ogr.OFTInteger)
        flag = ogr.FieldDefn("flag", ogr.OFTInteger)
        flag.SetSubType(ogr.OFSTBoolean)
        short = ogr.FieldDefn("short", ogr.OFTInteger)
        short.SetSubType(ogr.OFSTInt16)
        single = ogr.FieldDefn("single", ogr.OFTReal)
        single.SetSubType(ogr.OFSTFloat32)
        for field in (number, flag, short, single, ogr.FieldDefn("big", ogr.OFTInteger64),
                      ogr.FieldDefn("ratio", ogr.OFTReal), ogr.FieldDefn("kind", ogr.OFTString),
                      ogr.FieldDefn("when", ogr.OFTDateTime), ogr.FieldDefn("day", ogr.OFTDate),
                      ogr.FieldDefn("blob", ogr.OFTBinary)):
            layer.CreateField(field)
        for i in range(n):
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetField("number", i)
            f.SetField("flag", i % 2)
            f.SetField("short", i)
            f.SetField("single", i * 0.1)
            f.SetField("big", 5000000000 + i)
            f.SetField("ratio", i / 7)
            f.SetField("kind", "kind %d" % (i % 4))
            f.SetField("when", "2019/03/%02d 08:30:%02d" % (1 + i % 28, i))
            f.SetField("day", "2019/03/%02d" % (1 + i % 28))
            if i % 5 == 4:
                for k in range(layer.GetLayerDefn().GetFieldCount()):
                    f.SetFieldNull(k)
            f.SetGeometry(ogr.CreateGeometryFromWkt("POINT(%r %r)" % (113 + i / 1000, 22 + i / 2000)))
            layer.CreateFeature(f)
        ds = layer = None
        return path

    KEEP = [w for name in ("number", "flag", "short", "single", "big", "ratio", "kind", "when", "day")
            for w in ("--keep", name)]

    def test_columns_of_every_type(self):
        got = self.compare(self.make(self.path("a.gpkg")), *self.KEEP, "--time", "when", "--weight", "number",
                           "--category", "kind", "--id", "big")
        self.assertEqual(got[0], 40)
        self.assertEqual(got[2], 8)  # no weight

    def test_time_from_a_date(self):
        self.compare(self.make(self.path("a.gpkg")), "--time", "day", "--category", "flag")

    def test_gaps_and_any_key(self):
        path = self.make(self.path("a.gpkg"))
        db = sqlite3.connect(path)
        db.execute("DROP TRIGGER IF EXISTS rtree_cases_geom_delete")
        for trigger, in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute('DROP TRIGGER "%s"' % trigger)
        db.execute("DELETE FROM cases WHERE fid % 3 = 0")
        db.execute("UPDATE cases SET fid = 9000000000 WHERE fid = 40")
        db.execute("UPDATE cases SET fid = -17 WHERE fid = 1")
        db.commit()
        db.close()
        got = self.compare(path, *self.KEEP, "--time", "when")
        self.assertEqual(got[0], 27)

    def test_without_index(self):
        self.assertEqual(self.compare(self.make(self.path("a.gpkg"), options=["SPATIAL_INDEX=NO"]))[0], 40)

    def test_key_and_geometry_of_other_names(self):
        self.compare(self.make(self.path("a.gpkg"), options=["FID=nummer", "GEOMETRY_NAME=the \"place\""]))

    def test_view(self):
        path = self.make(self.path("a.gpkg"))
        db = sqlite3.connect(path)
        db.execute("CREATE VIEW half AS SELECT fid AS OGC_FID, geom, kind, \"when\" FROM cases WHERE fid % 2 = 0")
        db.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                   "VALUES ('half', 'features', 'half', 4326)")
        db.execute("INSERT INTO gpkg_geometry_columns VALUES ('half', 'geom', 'POINT', 4326, 0, 0)")
        db.commit()
        db.close()
        self.assertEqual(self.compare(path, "--category", "kind", layer="half")[0], 20)

    def test_view_without_a_key(self):
        path = self.make(self.path("a.gpkg"))
        db = sqlite3.connect(path)
        db.execute("CREATE VIEW half AS SELECT geom, kind FROM cases WHERE fid % 2 = 0")
        db.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                   "VALUES ('half', 'features', 'half', 4326)")
        db.execute("INSERT INTO gpkg_geometry_columns VALUES ('half', 'geom', 'POINT', 4326, 0, 0)")
        db.commit()
        db.close()
        self.assertEqual(self.compare(path, "--category", "kind", layer="half")[0], 20)

    def test_view_with_keys_shared_and_missing(self):
        """A join gives one incident several rows, some without a key: all of them, in the view's own order."""
        path = self.make(self.path("a.gpkg"))
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE kinds (n, sort)")
        db.executemany("INSERT INTO kinds VALUES (?, ?)", [(i % 3, "sort %02d" % i) for i in range(40)])
        db.execute("CREATE VIEW joined AS SELECT CASE WHEN fid % 7 THEN fid % 3 END AS OGC_FID, geom, sort FROM cases "
                   "JOIN kinds ON fid % 3 = n ORDER BY sort")
        db.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                   "VALUES ('joined', 'features', 'joined', 4326)")
        db.execute("INSERT INTO gpkg_geometry_columns VALUES ('joined', 'geom', 'POINT', 4326, 0, 0)")
        db.commit()
        db.close()
        ds = ogr.Open(path)
        names = [f.GetField("sort") for f in ds.GetLayerByName("joined") if f.GetGeometryRef() is not None]
        self.assertGreater(len(names), 400)
        got = self.compare(path, "--keep", "sort", layer="joined")
        self.assertEqual([r[got[5].index("sort")] for r in got[7]], names)

    def test_geometries_of_every_kind(self):
        path = self.make(self.path("a.gpkg"), n=20)
        ds = ogr.Open(path, 1)
        layer = ds.GetLayer(0)
        for wkt in ("POINT Z (113 22 5)", "POINT M (113 22.01 5)", "POINT ZM (113 22.02 5 6)", "POINT EMPTY",
                    "MULTIPOINT (113 22)", "MULTIPOINT Z (113 22 7)", "MULTIPOINT (113 22, 113.1 22)",
                    "MULTIPOINT EMPTY", "LINESTRING (113 22, 114 22)", "LINESTRING EMPTY",
                    "POLYGON ((113 22, 114 22, 114 23, 113 22))", "POLYGON EMPTY",
                    "GEOMETRYCOLLECTION (POINT (113 22))", "GEOMETRYCOLLECTION EMPTY",
                    "GEOMETRYCOLLECTION (POINT EMPTY)", "POINT (inf 22)", "POINT (0 0)", None,
                    "CIRCULARSTRING (113 22, 114 23, 115 22)", "MULTIPOLYGON EMPTY",
                    "MULTIPOLYGON (((113 22, 114 22, 114 23, 113 22)))", "CURVEPOLYGON EMPTY"):
            f = ogr.Feature(layer.GetLayerDefn())
            if wkt:
                g = ogr.CreateGeometryFromWkt(wkt)
                if wkt == "POINT (inf 22)":
                    g = ogr.Geometry(ogr.wkbPoint)
                    g.AddPoint_2D(float("inf"), 22)
                f.SetGeometry(g)
            layer.CreateFeature(f)
        ds = layer = None
        got = self.compare(path)
        self.assertEqual(got[0], 42)
        self.assertEqual(got[1], 25)
        reasons = {}
        for _, _, row, reason, _ in got[8]:
            reasons.setdefault(reason, []).append(row)
        self.assertEqual(reasons["no_geometry"], [24, 28, 30, 32, 34, 35, 38, 40, 42])
        self.assertEqual(reasons["not_finite"], [36])
        self.assertEqual(reasons["null_island"], [37])
        self.assertEqual(reasons["bad_geometry"], [27, 29, 31, 33, 39, 41])

    def test_blobs_of_every_form(self):
        """Both byte orders in header and body, every envelope, extended WKB."""
        path = self.make(self.path("a.gpkg"), n=20, options=["SPATIAL_INDEX=NO"])
        blobs = []
        for order in "<>":
            for envelope, size in ((0, 0), (1, 4), (2, 6), (3, 6), (4, 8)):
                for body in "<>":
                    flags = (order == "<") | envelope << 1
                    head = b"GP\0" + bytes([flags]) + struct.pack(order + "i", 4326)
                    head += struct.pack(order + "%dd" % size, *([113.0, 113.0, 22.0, 22.0, 1, 1, 1, 1][:size]))
                    wkb = bytes([body == "<"]) + struct.pack(body + "I2d", 1, 113 + len(blobs) / 100, 22.5)
                    blobs.append(head + wkb)
        head = b"GP\0\1" + struct.pack("<i", 4326)
        blobs.append(head + b"\1" + struct.pack("<I3d", 0x80000001, 113.5, 22.5, 1))
        blobs.append(head + b"\1" + struct.pack("<I3d", 1001, 113.6, 22.5, 1))
        empty = b"GP\0\x11" + struct.pack("<i", 4326) + b"\1" + struct.pack("<I2d", 1, float("nan"), float("nan"))
        blobs.append(empty)
        blobs.append(head + b"\1" + struct.pack("<I2d", 1, 113.7, float("nan")))
        db = sqlite3.connect(path)
        for i, blob in enumerate(blobs):
            db.execute("INSERT INTO cases (fid, geom, kind) VALUES (?, ?, ?)", (1000 + i, blob, "blob"))
        db.commit()
        db.close()
        got = self.compare(path, "--category", "kind")
        self.assertEqual((got[0], got[1]), (44, 42))
        self.assertEqual([r[2:4] for r in got[8]], [(43, "no_geometry"), (44, "not_finite")])

    def test_damaged_geometry(self):
        path = self.make(self.path("a.gpkg"), n=20, options=["SPATIAL_INDEX=NO"])
        db = sqlite3.connect(path)
        for i, blob in enumerate((b"", b"GP", b"not a geometry at all", b"GP\0\1\0\0\0\0\1\1\0\0", b"GP\0\1\0\0\0\0")):
            db.execute("INSERT INTO cases (fid, geom) VALUES (?, ?)", (1000 + i, blob))
        db.commit()
        db.close()
        out = self.path("out.gpkg")
        j = self.run_json("load", path, "-o", out)
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (25, 20, 5))
        self.assertEqual(self.query(out, "SELECT row, reason FROM rejects"),
                         [(21, "no_geometry")] + [(r, "bad_geometry") for r in range(22, 26)])

    def test_values_of_other_types_than_declared(self):
        """SQLite keeps text in a number's column and the reverse."""
        path = self.make(self.path("a.gpkg"), n=20, options=["SPATIAL_INDEX=NO"])
        db = sqlite3.connect(path)
        db.execute("UPDATE cases SET number = 'twelve' WHERE fid = 3")
        db.execute("UPDATE cases SET ratio = 'much' WHERE fid = 4")
        db.execute("UPDATE cases SET kind = 17 WHERE fid = 6")
        db.execute("UPDATE cases SET \"when\" = '2019-03-01T08:00:00+08:00' WHERE fid = 7")
        db.execute("UPDATE cases SET \"when\" = 'never' WHERE fid = 8")
        db.execute("UPDATE cases SET ratio = 3 WHERE fid = 9")
        db.commit()
        db.close()
        self.run_json("load", path, *self.KEEP, "--time", "when", "--tz", "Asia/Shanghai", "-o", self.path("o.gpkg"))
        rows = dict((r[0], r[1:]) for r in self.query(
            self.path("o.gpkg"), "SELECT source_row, kind, ratio, t_start FROM incidents"))
        self.assertEqual(rows[6][0], "17")
        self.assertEqual(rows[9][1], 3)
        self.assertIsNone(rows[8][2])

    def test_threads(self):
        path = self.make(self.path("a.gpkg"), n=200)
        dumps = []
        for threads in (1, 2, 7):
            out = self.path("t%d.gpkg" % threads)
            self.run_json("load", path, *self.KEEP, "--threads", threads, "--no-hash", "-o", out)
            dumps.append(self.query(out, "SELECT * FROM incidents ORDER BY fid"))
        self.assertEqual(dumps[0], dumps[1])
        self.assertEqual(dumps[0], dumps[2])


class RealFiles(Case):
    """Files named by their users work with no other option than their name."""

    def check(self, path, rows, *options, accepted=None):
        out = self.path("out.gpkg")
        j = self.run_json("load", path, *options, "-o", out)
        self.assertEqual(j["rows_read"], rows)
        self.assertEqual(j["accepted"] + j["rejected"], rows)
        self.assertEqual(j["accepted"], rows if accepted is None else accepted)
        return j, out

    def test_memphis(self):
        j, out = self.check(str(SOURCE / "sample_data/memphis/memphis_robberies_2019.csv"), 2245)
        self.assertEqual(j["analysis_crs"], "EPSG:32616")
        self.assertEqual(self.query(out, "SELECT min(t_start), max(t_start) FROM incidents"),
                         [("2019-01-01T01:30:00.000", "2019-12-31T15:30:00.000")])

    def test_nyc(self):
        j, out = self.check(shared("us_crime_samples", "nyc_vehicle_thefts.csv"), 35746)
        self.assertEqual(j["analysis_crs"], "EPSG:32618")
        first = self.query(out, "SELECT t_start, t_end FROM incidents ORDER BY fid LIMIT 1")
        self.assertEqual(first, [("2013-12-31T10:00:00.000", "2014-01-01T16:30:00.000")])

    def test_nyc_hotspots(self):
        self.run_hotgrid("hotspots", shared("us_crime_samples", "nyc_vehicle_thefts.csv"), "-o", self.path("n.gpkg"))

    def test_homicides(self):
        j, _ = self.check(shared("us_crime_samples", "homicides_2015_9cities.csv"), 1922)
        self.assertNotIn("EPSG:326", j["analysis_crs"])  # from coast to coast

    def test_hong_kong(self):
        j, out = self.check(shared("hongkong_covid_points", "hk.csv"), 29266)

    def test_england(self):
        self.check(shared("england_accident_clusters", "cluster_points.csv"), 15255)

    def test_clm_fires(self):
        path = shared("clm_fires", "clmfires.csv")
        self.run_hotgrid("load", path, "-o", self.path("x.gpkg"), code=2)
        local = 'ENGCRS["local",EDATUM["local"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["km",1000]]'
        out = self.path("clm.gpkg")
        j = self.run_json("load", path, "--crs", local, "-o", out)
        self.assertEqual((j["rows_read"], j["accepted"]), (8488, 8488))
        x, = struct.unpack("<d", self.query(out, "SELECT substr(geom, -16, 8) FROM incidents WHERE fid = 1")[0][0])
        self.assertAlmostEqual(x, 325034.88615, places=6)
        self.run_hotgrid("hotspots", path, "--crs", local, "--bandwidth", "20km", "--chance", 0, "-o",
                         self.path("hot.gpkg"))


if __name__ == "__main__":
    main()
