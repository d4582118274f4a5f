"""`hotgrid audit` on geometries that broke other programs: GEOS's and JTS's own cases and exactextract's polygons.

Each is a patch on a tile of its own within one big zone, drawn larger or smaller where its size in metres makes no
sense. Every row is audited or stands in `rejects`; what was mended stands in `repairs`; and the area that went in
came out, within a millimetre along its outline.
"""
import csv
import math
import string
import struct

from osgeo import gdal, ogr

from harness import main, shared
import audit_reference as reference
from audit_case import X, Y, AuditCase, ledger_of, rows_of, write_layer

ogr.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")  # GEOS's remarks on what is invalid here on purpose
csv.field_size_limit(1 << 24)

TILE_M = 1200.0
SMALLEST_M, LARGEST_M = 1.0, 1000.0
SNAP_M = 1e-3
SECONDS = 240
DAY = "2019-03-01"
SRID_FLAG = 0x20000000


def parsed(text):
    """A geometry of WKT or hexadecimal WKB, PostGIS's with an SRID too; None for what OGR cannot hold."""
    text = text.strip().strip('"')
    if not text:
        return None
    try:
        if set(text) <= set(string.hexdigits):
            wkb = bytes.fromhex(text)
            order = "<" if wkb[0] == 1 else ">"
            kind, = struct.unpack(order + "I", wkb[1:5])
            if kind & SRID_FLAG:
                wkb = wkb[:1] + struct.pack(order + "I", kind & ~SRID_FLAG) + wkb[9:]
            geometry = ogr.CreateGeometryFromWkb(wkb)
        else:
            geometry = ogr.CreateGeometryFromWkt(text)
    except (RuntimeError, ValueError):
        return None
    if geometry is not None:
        geometry.FlattenTo2D()
        if ogr.GT_IsNonLinear(geometry.GetGeometryType()):
            geometry = geometry.GetLinearGeometry()
    return geometry


def lines_of(geometry):
    """Its points, lines and rings."""
    if ogr.GT_Flatten(geometry.GetGeometryType()) in (ogr.wkbPoint, ogr.wkbLineString):
        yield geometry
    for i in range(geometry.GetGeometryCount()):
        yield from lines_of(geometry.GetGeometryRef(i))


def length(geometry):
    return sum(line.Length() for line in lines_of(geometry) if line.GetPointCount() > 1)


def points_of(geometry):
    for line in lines_of(geometry):
        yield from ((line.GetX(i), line.GetY(i)) for i in range(line.GetPointCount()))


def placed(geometry, x, y, smallest=SMALLEST_M, largest=LARGEST_M):
    """The geometry with its lower left corner at x, y; scaled if it is not between the two sizes."""
    points = [p for p in points_of(geometry) if all(map(math.isfinite, p))]
    if not points:
        return geometry
    x0, y0 = (min(p[i] for p in points) for i in (0, 1))
    size = max(max(p[i] for p in points) - low for i, low in ((0, x0), (1, y0)))
    scale = 1.0 if smallest <= size <= largest else largest / size if size > 0 else 1.0
    out = geometry.Clone()
    move(out, x0, y0, scale, x, y)
    return out


def move(geometry, x0, y0, scale, x, y):
    for line in lines_of(geometry):
        for i in range(line.GetPointCount()):
            line.SetPoint_2D(i, x + scale * (line.GetX(i) - x0), y + scale * (line.GetY(i) - y0))


def is_polygonal(geometry):
    return ogr.GT_Flatten(geometry.GetGeometryType()) in (ogr.wkbPolygon, ogr.wkbMultiPolygon)


class NastyCase(AuditCase):
    def rows(self, geometries, tile=TILE_M, **sizes):
        columns = math.ceil(math.sqrt(len(geometries)))
        self.width = columns * tile
        return [{"patch_id": "G%05d" % i, "class": "other",
                 "geometry": placed(g, X + (i % columns) * tile, Y + (i // columns) * tile, **sizes)}
                for i, g in enumerate(geometries)]

    def run_rows(self, rows, *more):
        path = self.path("in.gpkg")
        zone = reference.box(X - 1000, Y - 1000, X + self.width + 1000, Y + self.width + 1000)
        write_layer(path, "zones", [{"zone_id": "Z", "kind": "state_land", "geometry": zone}])
        write_layer(path, "patches", rows)
        return self.audit("--zones", path + ":zones", "--survey", "%s:patches@%s" % (path, DAY), "--area-mode",
                          "planar", "--analysis-crs", "EPSG:4547", "--no-hash", *more, timeout=SECONDS)

    def assert_accounted_for(self, rows, out):
        """Audited, rejected or mended, each row of them; areas as GEOS mends them."""
        audited = {r["patch_id"]: r["planar_area_m2"] for r in rows_of(out, "encroachments")}
        rejected = {int(r["row"]) for r in rows_of(out, "rejects")}
        repairs = {str(v) for r in rows_of(out, "repairs") for v in r.values()}
        self.assertEqual(self.facts["rows_read"], 1 + len(rows))
        self.assertEqual(self.facts["accepted"] + self.facts["rejected"], self.facts["rows_read"])
        for n, row in enumerate(rows, 1):
            if n in rejected:
                self.assertNotIn(row["patch_id"], audited)
                continue
            with self.subTest(patch=row["patch_id"]):
                area, freedom = self.expected(row["geometry"])
                if row["patch_id"] in audited:
                    self.assertAlmostEqual(audited[row["patch_id"]], area, delta=freedom)
                else:
                    self.assertIn(row["patch_id"], repairs, "neither audited nor in rejects nor repairs")
                    self.assertLessEqual(area, freedom)

    def expected(self, geometry):
        valid = reference.valid(geometry)
        corners = sum(1 for _ in points_of(geometry))
        return reference.area(valid), SNAP_M * (length(geometry) + 0.01 * corners) + 1e-5

    def assert_rejected(self, rows, out, at_least):
        """What has no polygon is rejected, with a reason."""
        reasons = {int(r["row"]): r["reason"] for r in rows_of(out, "rejects")}
        bad = [n for n, r in enumerate(rows, 1) if r["geometry"] is None or not is_polygonal(r["geometry"])
               and r["geometry"].GetDimension() < 2]
        self.assertGreaterEqual(len(bad), at_least)
        for n in bad:
            self.assertIn(reasons.get(n), ("no_geometry", "bad_geometry", "not_finite"), "row %d" % n)

    def assert_total(self, out):
        ledger = ledger_of(out)
        if (DAY, "*", "*") in ledger:
            total = sum(r["area_m2"] for r in rows_of(out, "encroachments"))
            self.assertAlmostEqual(ledger[DAY, "*", "*"]["closing_m2"], total, delta=1e-6 + 1e-14 * total)


class GeosCases(NastyCase):
    @classmethod
    def setUpClass(cls):
        seen, cls.geometries, cls.unread = set(), [], 0
        with open(shared("nasty_geometries", "geos_cases.csv"), encoding="utf-8", newline="") as file:
            for case in csv.DictReader(file):
                for text in (case["a"], case["b"]):
                    if text and text not in seen:
                        seen.add(text)
                        geometry = parsed(text)
                        cls.unread += geometry is None
                        if geometry is not None:
                            cls.geometries.append(geometry)

    def check(self, geometries, *more, at_least=0, **sizes):
        rows = self.rows(geometries, **sizes)
        out = self.run_rows(rows, *more)
        self.assert_accounted_for(rows, out)
        self.assert_rejected(rows, out, at_least)
        self.assert_total(out)
        return out

    def test_polygons(self):
        polygons = [g for g in self.geometries if is_polygonal(g)]
        self.assertGreater(len(polygons), 1000)
        self.check(polygons)

    def test_everything_else_is_rejected_or_audited(self):
        others = [g for g in self.geometries if not is_polygonal(g)]
        self.assertGreater(len(others), 1000)
        self.check(others, at_least=500)

    def test_polygons_drawn_tiny(self):
        """A tenth of a metre across, where a millimetre matters: they mend or vanish, and nothing is lost silently."""
        polygons = [g for g in self.geometries if is_polygonal(g)][::3]
        self.check(polygons, smallest=0.1, largest=0.1)

    def test_all_on_one_heap(self):
        """On top of each other: the union of all, whatever they are one by one."""
        polygons = [g for g in self.geometries if is_polygonal(g) and not g.IsEmpty()]
        rows = [dict(row, geometry=placed(g, X + i % 7, Y + i % 11, 100, 100))
                for i, (g, row) in enumerate(zip(polygons[::9], self.rows(polygons[::9])))]
        out = self.run_rows(rows)
        whole = reference.union(reference.valid(r["geometry"]) for r in rows)
        total = sum(r["planar_area_m2"] for r in rows_of(out, "encroachments"))
        allowed = SNAP_M * sum(length(r["geometry"]) for r in rows)
        self.assertAlmostEqual(total, reference.area(whole), delta=allowed)


class ExactExtract(NastyCase):
    NAMES = ("antarctica", "russia", "regression4", "regression6")

    def test_polygons(self):
        geometries = []
        for name in self.NAMES:
            with open(shared("nasty_geometries", "exactextract", name + ".wkt"), encoding="utf-8") as file:
                geometries.append(parsed(file.read()))
        self.assertNotIn(None, geometries)
        for size in (1000.0, 60000.0):
            with self.subTest(size=size):
                self.dir.joinpath("in.gpkg").unlink(missing_ok=True)
                rows = self.rows(geometries, tile=1.2 * size, smallest=size, largest=size)
                out = self.run_rows(rows)
                self.assert_accounted_for(rows, out)
                self.assertEqual(len(rows_of(out, "encroachments")), 4)


class NotFinite(NastyCase):
    def test_coordinates_that_are_no_numbers(self):
        """NaN and infinity in any place of a ring, beside a sound polygon: rejected one by one, the sound one kept."""
        sound = "POLYGON ((0 0, 20 0, 20 10, 0 10, 0 0))"
        geometries = [parsed(sound)]
        for bad in (math.nan, math.inf, -math.inf, 1e300):
            for i in range(1, 4):
                geometry = parsed(sound)
                geometry.GetGeometryRef(0).SetPoint_2D(i, bad, 5)
                geometries.append(geometry)
        self.width = 5000
        rows = [{"patch_id": "G%05d" % i, "class": "other", "geometry": g} for i, g in enumerate(geometries)]
        move(rows[0]["geometry"], 0, 0, 1, X, Y)
        out = self.run_rows(rows)
        rejects = {int(r["row"]): r["reason"] for r in rows_of(out, "rejects")}
        self.assertEqual(set(rejects), set(range(2, len(rows) + 1)))
        self.assertTrue(set(rejects.values()) <= {"not_finite", "outside_crs", "bad_geometry"}, rejects)
        self.assertEqual([r["planar_area_m2"] for r in rows_of(out, "encroachments")], [200])


class Pairs(NastyCase):
    """Both polygons of a case: the second as the zone; the areas of their overlay by GEOS 3.11."""

    def test_intersections(self):
        wanted = {}
        with open(shared("nasty_geometries", "geos_ref_overlay_areas_geos311.csv"), encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if not row["error"]:
                    wanted[row["case_id"]] = row
        patches, zones, expected = [], [], {}
        with open(shared("nasty_geometries", "geos_cases.csv"), encoding="utf-8", newline="") as file:
            for case in csv.DictReader(file):
                if case["case_id"] in wanted and "CIRCULAR" not in case["a"] + case["b"]:
                    self.pair(case, wanted[case["case_id"]], patches, zones, expected)
        self.assertGreater(len(expected), 200)
        path = self.path("pairs.gpkg")
        write_layer(path, "zones", zones)
        write_layer(path, "patches", patches)
        out = self.audit("--zones", path + ":zones", "--survey", "%s:patches@%s" % (path, DAY), "--area-mode",
                         "planar", timeout=SECONDS)
        got = {r["patch_id"]: r["planar_area_m2"] for r in rows_of(out, "encroachments")}
        for name, (area, freedom) in expected.items():
            self.assertAlmostEqual(got.get(name, 0.0), area, delta=freedom, msg=name)

    def pair(self, case, reference_row, patches, zones, expected):
        """Both placed by one shift and scale on a tile of their own."""
        a, b = parsed(case["a"]), parsed(case["b"])
        if a is None or b is None or a.IsEmpty() or b.IsEmpty() or not (is_polygonal(a) and is_polygonal(b)):
            return
        points = [*points_of(a), *points_of(b)]
        x0, y0 = (min(p[i] for p in points) for i in (0, 1))
        size = max(max(p[i] for p in points) - low for i, low in ((0, x0), (1, y0)))
        if size == 0:
            return
        scale = 1.0 if SMALLEST_M <= size <= LARGEST_M else LARGEST_M / size
        n = len(patches)
        for g in (a, b):
            move(g, x0, y0, scale, X + (n % 20) * TILE_M, Y + (n // 20) * TILE_M)
        name = "C" + case["case_id"]
        patches.append({"patch_id": name, "class": "other", "geometry": a})
        zones.append({"zone_id": name, "kind": "other", "geometry": b})
        freedom = SNAP_M * (length(a) + length(b)) + 1e-5
        area = float(reference_row["intersection_area"]) * scale ** 2
        expected[name] = area, freedom + 1e-9 * area


if __name__ == "__main__":
    main()
