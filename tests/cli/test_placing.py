"""Coordinates end up where they belong, and what looks misread is said and never applied unasked."""
import math
import os
import struct

from harness import Case, main, shared
from osgeo import ogr, osr
from points import make_points, wgs84

A, EE = 6378245.0, 0.00669342162296594323
X_PI = math.pi * 3000 / 180


def gcj_offset(lon, lat):
    """The published forward formula, written anew."""
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    common = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    dlat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    dlat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    dlon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    dlon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    rad = math.radians(lat)
    magic = 1 - EE * math.sin(rad) ** 2
    return (dlon * 180 / (A / math.sqrt(magic) * math.cos(rad) * math.pi),
            dlat * 180 / (A * (1 - EE) / (magic * math.sqrt(magic)) * math.pi))


def to_gcj(lon, lat):
    dlon, dlat = gcj_offset(lon, lat)
    return lon + dlon, lat + dlat


def to_bd(lon, lat):
    x, y = to_gcj(lon, lat)
    z = math.hypot(x, y) + 0.00002 * math.sin(y * X_PI)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * X_PI)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def projector(code, source=4326):
    a, b = osr.SpatialReference(), osr.SpatialReference()
    a.ImportFromEPSG(source)
    b.ImportFromEPSG(code)
    a.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    b.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return osr.CoordinateTransformation(a, b)


class Placing(Case):
    def csv(self, points, name="p.csv", heads="lon,lat"):
        return self.write(name, heads + "\n" + "".join("%.9f,%.9f\n" % (x, y) for x, y in points))

    def load(self, *args, **kwargs):
        out = self.path("out.gpkg")
        j = self.run_json("load", *args, "--overwrite", "--no-hash", "-o", out, **kwargs)
        got = [struct.unpack("<2d", r[0]) for r in self.query(out, "SELECT substr(geom, -16) FROM incidents ORDER BY fid")]
        return j, got

    def cloud(self, lon, lat, n=60, spread=0.05):
        return [(lon + spread * math.sin(i * 1.7) * (i % 9) / 9, lat + spread * math.cos(i * 2.3) * (i % 7) / 7)
                for i in range(n)]

    def area(self, box, name="area.gpkg", epsg=4326):
        ds = ogr.GetDriverByName("GPKG").CreateDataSource(self.path(name))
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(epsg)
        srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        layer = ds.CreateLayer("area", srs, ogr.wkbPolygon)
        f = ogr.Feature(layer.GetLayerDefn())
        x0, y0, x1, y1 = box
        f.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON((%r %r,%r %r,%r %r,%r %r,%r %r))" % (
            x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)))
        layer.CreateFeature(f)
        f = layer = ds = None
        return self.path(name)

    def near(self, got, want, tolerance):
        self.assertEqual(len(got), len(want))
        worst = max(math.dist(a, b) for a, b in zip(got, want))
        self.assertLessEqual(worst, tolerance, "worst distance %.4g m, allowed %.4g" % (worst, tolerance))

    # -- the analysis CRS

    def test_zone_by_longitude(self):
        for lon, lat, code in ((113.1, 22.05, 4547), (116.4, 39.9, 4548), (120.15, 30.3, 4549), (121.45, 31.2, 4549),
                               (87.6, 43.8, 4538), (126.6, 45.8, 4551), (102.7, 25.0, 4543), (-73.9, 40.7, 32618),
                               (2.35, 48.85, 32631), (151.2, -33.85, 32756), (-43.2, -22.9, 32723), (139.7, 35.7, 32654),
                               (77.2, 28.6, 32643), (105.85, 21.0, 32648)):
            with self.subTest((lon, lat)):
                points = self.cloud(lon, lat)
                j, got = self.load(self.csv(points))
                self.assertEqual(j["analysis_crs"], "EPSG:%d" % code)
                t = projector(code)
                self.near(got, [t.TransformPoint(*p)[:2] for p in points], 0.002)

    def test_wide_data_get_equal_areas(self):
        points = self.cloud(105, 35, 200, 12)
        j, got = self.load(self.csv(points))
        self.assertNotRegex(j["analysis_crs"], "EPSG:(45|326)")
        self.assertIn("equal", j["analysis_crs_name"].lower() + j["analysis_crs_why"].lower() + j["analysis_crs"].lower())

    def test_one_stray_point_does_not_choose(self):
        points = self.cloud(113.1, 22.05, 600) + [(-73.9, 40.7)]
        j, _ = self.load(self.csv(points))
        self.assertEqual(j["analysis_crs"], "EPSG:4547")

    def layer(self, name, epsg, points, wkt=None):
        ds = ogr.GetDriverByName("GPKG").CreateDataSource(self.path(name))
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(epsg) if epsg else srs.ImportFromWkt(wkt)
        layer = ds.CreateLayer("cases", srs, ogr.wkbPoint)
        for x, y in points:
            f = ogr.Feature(layer.GetLayerDefn())
            g = ogr.Geometry(ogr.wkbPoint)
            g.AddPoint_2D(x, y)
            f.SetGeometry(g)
            layer.CreateFeature(f)
        f = layer = ds = None
        return self.path(name)

    def test_shared_metric_crs_is_kept(self):
        t = projector(2193)
        points = [t.TransformPoint(*p)[:2] for p in self.cloud(174.8, -41.3)]
        j, got = self.load(self.layer("a.gpkg", 2193, points[:30]), self.layer("b.gpkg", 2193, points[30:]))
        self.assertEqual(j["analysis_crs"], "EPSG:2193")
        self.near(got, points, 0)

    def test_mixed_crs_are_brought_together(self):
        cloud = self.cloud(113.1, 22.05)
        t = projector(4526, 4490)
        j, got = self.load(self.csv(cloud[:30]), self.layer("b.gpkg", 4526, [t.TransformPoint(*p)[:2] for p in cloud[30:]]))
        self.assertEqual(j["analysis_crs"], "EPSG:4547")
        t = projector(4547)
        self.near(got, [t.TransformPoint(*p)[:2] for p in cloud], 0.002)

    def test_feet_are_converted(self):
        t = projector(2263)
        points = [t.TransformPoint(*p)[:2] for p in self.cloud(-73.95, 40.7)]
        source = self.layer("feet.gpkg", 2263, points)
        j, got = self.load(source)
        self.assertEqual(j["analysis_crs"], "EPSG:32618")
        j, got = self.load(source, "--analysis-crs", "EPSG:2263")
        foot = 1200 / 3937
        self.near(got, [(x * foot, y * foot) for x, y in points], 1e-5)

    def test_geographic_analysis_crs_is_refused(self):
        source = self.csv(self.cloud(113.1, 22.05))
        for crs in ("EPSG:4326", "EPSG:4490"):
            p = self.run_hotgrid("load", source, "--analysis-crs", crs, "-o", self.path("x.gpkg"), code=2)
            self.assertRegex(p.stderr, "geographic|degree")
        self.run_hotgrid("load", source, "--analysis-crs", "EPSG:99999999", "-o", self.path("x.gpkg"), code=2)

    def test_analysis_crs_as_asked(self):
        points = self.cloud(113.1, 22.05)
        j, got = self.load(self.csv(points), "--analysis-crs", "EPSG:32649")
        t = projector(32649)
        self.near(got, [t.TransformPoint(*p)[:2] for p in points], 0.002)

    def test_local_plane_in_km(self):
        local = 'ENGCRS["local",EDATUM["local"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["km",1000]]'
        points = [(1 + i / 10, 2 + (i % 7) / 10) for i in range(60)]
        j, got = self.load(self.csv(points, heads="x,y"), "--crs", local)
        self.near(got, [(1000 * x, 1000 * y) for x, y in points], 1e-6)
        other = self.csv(self.cloud(113.1, 22.05), "other.csv")
        self.run_hotgrid("load", self.csv(points, heads="x,y"), "--crs", local, other, "-o", self.path("x.gpkg"), code=2)

    def test_plane_without_crs_is_asked_for(self):
        p = self.run_hotgrid("load", self.csv([(400000 + i, 2440000 + i) for i in range(60)], heads="x,y"), "-o",
                             self.path("x.gpkg"), code=2)
        self.assertIn("--crs", p.stderr)

    def test_declared_crs_wins(self):
        t = projector(4547)
        points = [t.TransformPoint(*p)[:2] for p in self.cloud(113.1, 22.05)]
        source = self.layer("a.gpkg", 4547, points)
        p = self.run_hotgrid("load", source, "--crs", "EPSG:32650", "-o", self.path("o.gpkg"))
        self.assertIn("not used", p.stdout + p.stderr)
        j, got = self.load(source, "--crs", "EPSG:32650")
        self.near(got, points, 0)

    def test_outside_the_area_of_use(self):
        """EPSG:4547 is meant for 112.5 to 115.5 degrees east."""
        t = projector(4547)
        points = [t.TransformPoint(*p)[:2] for p in self.cloud(114, 22.5)] + [(900000, 2440000), (400000, 9000000)]
        j, got = self.load(self.csv(points, heads="x,y"), "--crs", "EPSG:4547")
        self.assertEqual(j["rejected_by_reason"], {"outside_crs": 2})

    # -- offset datums

    def test_offset_datums_are_undone(self):
        truth = self.cloud(113.1, 22.05) + self.cloud(113.4, 22.3, 20, 0.3)
        t = projector(4547)
        plane = [t.TransformPoint(*p)[:2] for p in truth]
        for datum, forward in (("gcj02", to_gcj), ("bd09", to_bd)):
            with self.subTest(datum):
                source = self.csv([forward(*p) for p in truth])
                j, got = self.load(source, "--datum", datum)
                self.near(got, plane, 0.01)
                self.assertEqual((j["inputs"][0]["datum"], j["inputs"][0]["un_offset"]), (datum, True))
                j, got = self.load(source)
                self.assertGreater(min(math.dist(a, b) for a, b in zip(got, plane)), 100)
                self.assertFalse(j["inputs"][0]["un_offset"])

    def test_cgcs2000_stays_put(self):
        truth = self.cloud(113.1, 22.05)
        j, got = self.load(self.csv(truth), "--datum", "cgcs2000")
        t = projector(4547, 4490)
        self.near(got, [t.TransformPoint(*p)[:2] for p in truth], 1e-4)

    def test_offset_datum_needs_degrees(self):
        source = self.csv([(400000 + i, 2440000 + i) for i in range(60)], heads="x,y")
        self.run_hotgrid("load", source, "--crs", "EPSG:4547", "--datum", "gcj02", "-o", self.path("x.gpkg"), code=2)

    def test_options_of_one_input_alone(self):
        truth = self.cloud(113.1, 22.05)
        a = self.csv([to_gcj(*p) for p in truth[:20]], "a.csv")
        b = self.csv([to_bd(*p) for p in truth[20:40]], "b.csv")
        c = self.csv(truth[40:], "c.csv")
        t = projector(4547)
        j, got = self.load(a, "--datum", "gcj02", "--stream", "first", b, "--datum", "bd09", c)
        self.near(got, [t.TransformPoint(*p)[:2] for p in truth], 0.01)
        self.assertEqual([i["datum"] for i in j["inputs"]], ["gcj02", "bd09", "wgs84"])
        self.assertEqual(j["streams"], ["first", "b", "c"])
        j, got = self.load("--datum", "gcj02", a, c, "--datum", "wgs84")
        self.near(got, [t.TransformPoint(*p)[:2] for p in truth[:20] + truth[40:]], 0.01)

    # -- readings, by vote

    def readings(self, source, area, *options, code=0):
        args = ["load", source, "--area", area, "--bandwidth", "100m", *options, "--overwrite", "-o", self.path("v.gpkg")]
        if code:
            return self.run_hotgrid(*args, code=code).stderr, None
        p = self.run_hotgrid(*args)
        j = self.run_json(*args)
        return p.stdout + p.stderr, j["inputs"][0]["placing"]

    def test_offset_is_suspected(self):
        truth = self.cloud(113.1, 22.05, 200, 0.003)
        area = self.area((113.0965, 22.0465, 113.1035, 22.0535))
        said, placing = self.readings(self.csv([to_gcj(*p) for p in truth]), area)
        self.assertIn("--datum gcj02", said)
        by = {r["reading"]: r["share_inside"] for r in placing}
        self.assertEqual(placing[0]["reading"], "as given")
        self.assertEqual(by["GCJ-02"], 1)
        self.assertLess(by["as given"], 0.9)
        said, placing = self.readings(self.csv([to_bd(*p) for p in truth]), area, "--analysis-crs", "EPSG:4547",
                                      code=0 if any(113.0965 < to_bd(*p)[0] < 113.1035 for p in truth) else 3)
        self.assertIn("--datum bd09", said)

    def test_swapped_axes_are_suspected(self):
        truth = self.cloud(113.1, 22.05, 200)
        area = self.area((113.0, 21.95, 113.2, 22.15))
        mixed = [(y, x) for x, y in truth[:120]] + truth[120:]
        said, placing = self.readings(self.csv(mixed, heads="x,y"), area)
        self.assertIn("--x", said)
        by = {r["reading"]: r["share_inside"] for r in placing}
        self.assertAlmostEqual(by["as given"], 0.4, places=2)
        self.assertAlmostEqual(by["axes swapped"], 0.6, places=2)

    def test_wholly_swapped_axes_are_suspected(self):
        truth = self.cloud(113.1, 22.05, 200)
        swapped = [(y, x) for x, y in truth]
        area = self.area((113.0, 21.95, 113.2, 22.15))
        for heads in ("x,y", "lon,lat"):
            said, _ = self.readings(self.csv(swapped, heads=heads), area, code=3)
            self.assertIn("100.0 % would as axes swapped", said)
        p = self.run_hotgrid("load", self.csv(swapped), "-o", self.path("x.gpkg"), code=3)
        self.assertIn("exchanged", p.stderr)
        j, got = self.load(self.csv(swapped), "--x", "lat", "--y", "lon")
        self.assertEqual(j["accepted"], 200)

    def test_zone_prefix_is_suspected(self):
        truth = self.cloud(113.1, 22.05, 200)
        area = self.area((113.0, 21.95, 113.2, 22.15))
        t = projector(4526)
        zoned = [t.TransformPoint(*p)[:2] for p in truth]
        self.assertGreater(zoned[0][0], 3.8e7)
        p = self.run_hotgrid("load", self.csv(zoned, heads="x,y"), "-o", self.path("x.gpkg"), code=2)
        self.assertRegex(p.stderr, "zone|EPSG:4526")
        said, _ = self.readings(self.csv(zoned, heads="x,y"), area, "--crs", "EPSG:4547", code=3)
        self.assertIn("EPSG:4526", said)
        said, placing = self.readings(self.csv(zoned, heads="x,y"), area, "--crs", "EPSG:4526")
        self.assertEqual(placing[0]["share_inside"], 1)
        self.assertNotIn("if that is right", said)
        t = projector(4547)
        said, placing = self.readings(self.csv([t.TransformPoint(*p)[:2] for p in truth], heads="x,y"), area, "--crs",
                                      "EPSG:4526", code=3)
        self.assertIn("EPSG:4547", said)

    def test_right_readings_are_left_in_peace(self):
        truth = self.cloud(113.1, 22.05, 200)
        said, placing = self.readings(self.csv(truth), self.area((113.0, 21.95, 113.2, 22.15)))
        self.assertNotIn("if that is right", said)
        self.assertEqual(placing[0], {**placing[0], "reading": "as given", "share_inside": 1})


if __name__ == "__main__":
    main()
