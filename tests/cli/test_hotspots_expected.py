"""p_value, q_value, level, expected and ratio of `hotgrid hotspots`, recomputed for every expected surface.

The definitions are those of docs/methods/significance.md. Surfaces are made anew from the sources, tails are summed
mass by mass.
"""
import math

import numpy
from osgeo import ogr, osr

from harness import main
from test_determinism import differences, dump
from test_hotspots_values import (EPSG, FLOAT32, SOUTH, STREAMS, WEST, Expected, HotspotsCase, csv_text, random_rows,
                                  study_area)
import oracle

H, CELL = 150, 50
USAGE, DATA, IO = 2, 3, 4  # exit codes


def tail(k, n, p):
    """P(Bin(n, p) >= k), mass by mass."""
    if k == 0 or p >= 1:
        return 1.0
    front = math.lgamma(n + 1)
    return min(1.0, math.fsum(
        math.exp(front - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p))
        for i in range(k, n + 1)))


def q_values(p):
    """Benjamini and Hochberg, from the largest p down."""
    q, least = {}, 1.0
    for rank, key in reversed(list(enumerate(sorted(p, key=p.get), 1))):
        least = min(least, p[key] * len(p) / rank)
        q[key] = least
    return q


def write_points(path, rows, epsg, fields=("people",)):
    """rows: x, y, values; None for x = no geometry."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    data = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = data.CreateLayer("homes", srs, ogr.wkbPoint)
    for name in fields:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
    layer.StartTransaction()
    for x, y, *values in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        if x is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (%.9f %.9f)" % (x, y)))
        for name, value in zip(fields, values):
            if value is not None:
                feature.SetField(name, value)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    return str(path)


class ExpectedCase(HotspotsCase):
    ARGS = ("--crs", "EPSG:%d" % EPSG, "--stream-col", "kind", "--bandwidth", str(H), "--cell", str(CELL),
            "--time", "time", "--all-cells", "--all-incidents", "--chance", "19", "--stability", "0")

    def setUp(self):
        super().setUp()
        self.geometry = study_area()
        self.area = oracle.write_polygons(self.path("area.gpkg"), [self.geometry], EPSG)
        self.rows = random_rows(900, seed=5)
        self.source = self.write("events.csv", csv_text(self.rows))

    def run_on_area(self, *args, out="hot.gpkg"):
        return self.hotspots(self.source, *self.ARGS, "--area", self.area, *args, out=out)

    def notes(self, result):
        return [v for k, v in result.info.items() if k.startswith("notes[")]

    def assert_tests(self, result, e, surface, reach=None, tolerance=1e-9):
        """All columns of the test from the surface, an array over the raster."""
        surface = numpy.where(e.share > 0, surface, 0.0)
        counts = {rc: len(e.members[rc]) for rc in e.order}
        whole, n = math.fsum(surface.ravel()), sum(counts.values())
        density = numpy.where(e.share > 0, result.raster.values, 0.0) * e.share
        k = int(reach or 1)
        steps = [(dr, dc) for dr in range(-k, k + 1) for dc in range(-k, k + 1)
                 if not reach or math.hypot(dr, dc) <= reach]
        p = {}
        for r, c in e.order:
            around = [(r + dr, c + dc) for dr, dc in steps if (r + dr, c + dc) in counts]
            mass = math.fsum(surface[rc] for rc in around)
            if mass > 0:
                p[r, c] = tail(sum(counts[rc] for rc in around), n, mass / whole)
        q = q_values(p)
        self.assertEqual(result.info["significance.tests"], str(len(p)))
        for level in (99, 95, 90):
            clear = [v for v in q.values() if abs(v - (1 - level / 100)) < 1e-6]
            self.assertFalse(clear, "a q on the edge of a level")
            self.assertEqual(int(result.info["significance.cells_%d" % level]),
                             sum(v <= 1 - level / 100 for v in q.values()))
        for cell, rc in zip(result.cells, e.order):
            what = "cell %s" % cell["cell_id"]
            self.near(cell["expected"], e.total_weight * surface[rc] / whole, tolerance + 4 * FLOAT32,
                      what + " expected")
            if surface[rc] > 0:
                self.near(cell["ratio"], density[rc] / density.sum() / (surface[rc] / whole), tolerance + 4 * FLOAT32,
                          what + " ratio")
            else:
                self.assertIsNone(cell["ratio"], what)
            if rc not in p:
                self.assertEqual((cell["p_value"], cell["q_value"], cell["level"]), (None, None, ""), what)
                continue
            # p moves by about S times what the share of the surface moves
            self.near(cell["p_value"], p[rc], 60 * (tolerance + FLOAT32), what + " p_value")
            self.near(cell["q_value"], q[rc], 60 * (tolerance + FLOAT32), what + " q_value")
            self.assertEqual(cell["level"], "99" if q[rc] <= 0.01 else "95" if q[rc] <= 0.05 else
                             "90" if q[rc] <= 0.1 else "", what)
        self.assertAlmostEqual(sum(c["expected"] for c in result.cells), e.total_weight, delta=1e-5 * e.total_weight)
        return p, q


class Uniform(ExpectedCase):
    def test_every_column(self):
        result = self.run_on_area("--weight", "w")
        e = Expected(result, self.geometry)
        self.assertEqual(result.info["expected_surface"], "uniform over the study area")
        p, q = self.assert_tests(result, e, e.share)
        self.assertLess({"99", ""}, {c["level"] for c in result.cells})
        self.assertTrue(any(not e.members[rc] for rc in p), "cells without incidents take part")
        self.assertEqual(result.info["significance.method"], "exact")
        self.assertEqual(result.info["significance.window"], "queen")
        self.assertEqual(sum("--at-risk" in n for n in self.notes(result)), 1, "asks once for a layer")

    def test_window_of_a_length(self):
        result = self.run_on_area("--window", "150m")
        self.assert_tests(result, Expected(result, self.geometry), Expected(result, self.geometry).share, reach=3)
        self.assertEqual(result.info["significance.window"], "150 m")

    def test_the_selected_cells_know_all_tests(self):
        all_cells = self.run_on_area(out="all.gpkg")
        few = self.hotspots(self.source, *[a for a in self.ARGS if a != "--all-cells"], "--area", self.area)
        self.assertLess(len(few.cells), len(all_cells.cells))
        for a, b in zip(few.cells, all_cells.cells):
            for column in ("cell_id", "p_value", "q_value", "level", "expected", "ratio"):
                self.assertEqual(a[column], b[column])
        for key in ("tests", "cells_99", "cells_95", "cells_90"):
            self.assertEqual(few.info["significance." + key], all_cells.info["significance." + key])

    def test_none(self):
        result = self.run_on_area("--significance", "none")
        for column in ("p_value", "q_value", "gi_z", "moran_i"):
            self.assertTrue(all(c[column] is None for c in result.cells), column)
        self.assertTrue(all(not c["level"] for c in result.cells))
        self.assertTrue(all(c["expected"] > 0 and c["ratio"] is not None for c in result.cells))
        self.assertEqual(result.info["significance.method"], "none")
        self.assertNotIn("significance.tests", result.info)
        self.assertEqual(result.styles.count("hotspot_cells"), 1)

    def test_gi_star(self):
        result = self.run_on_area("--significance", "gistar")
        p = {c["cell_id"]: 0.5 * math.erfc(c["gi_z"] / math.sqrt(2)) for c in result.cells}
        q = q_values(p)
        for c in result.cells:
            self.near(c["p_value"], p[c["cell_id"]], 1e-9, c["cell_id"])
            self.near(c["q_value"], q[c["cell_id"]], 1e-9, c["cell_id"])
        self.assertEqual(int(result.info["significance.cells_95"]), sum(v <= 0.05 for v in q.values()))
        self.assertEqual(result.info["significance.method"], "gistar")

    def test_what_is_said(self):
        said = self.run_hotgrid("hotspots", self.source, *self.ARGS, "--area", self.area, "-o", self.path("a.gpkg"))
        result = oracle.Result(self.path("a.gpkg"))
        self.assertIn("q <= 0.05 in %s cells (exact test, expectation uniform over the study area, m = %s)" % tuple(
            "{:,}".format(int(result.info["significance." + k])) for k in ("cells_95", "tests")), said.stdout)
        self.assertEqual(self.query(self.path("a.gpkg"), "SELECT styleName, useAsDefault FROM layer_styles WHERE "
                                    "f_table_name = 'hotspot_cells' ORDER BY 1"),
                         [("hotspot_cells", 1), ("significance", 0)])
        qml, = self.query(self.path("a.gpkg"), "SELECT styleQML FROM layer_styles WHERE styleName = 'significance'")[0]
        for part in ('attr="level"', 'value="99"', 'value="95"', 'value="90"', "q ≤ 0.05", "MapUnit"):
            self.assertIn(part, qml)


class AtRisk(ExpectedCase):
    def homes(self, n=700, seed=3):
        """Thinly spread in the west, dense in the east; some outside the area."""
        rng = numpy.random.default_rng(seed)
        return [(WEST + 2100 * math.sqrt(rng.uniform()), SOUTH + rng.uniform(-50, 1500), round(rng.uniform(0, 9), 2))
                for _ in range(n)]

    def laid(self, homes, e):
        surface = numpy.zeros_like(e.share)
        used = 0
        for x, y, people in homes:
            if oracle.inside(e.result.geometry, numpy.array([x]), numpy.array([y]))[0]:
                surface[e.top - math.floor(y / CELL), math.floor(x / CELL) - e.left] += people
                used += 1
        return surface, used

    def test_points_with_weights(self):
        homes = self.homes()
        bad = [(None, None, 1), (WEST + 500, SOUTH + 500, None), (WEST + 500, SOUTH + 500, -1)]
        layer = write_points(self.path("homes.gpkg"), homes + bad, EPSG)
        result = self.run_on_area("--at-risk", layer + ":homes", "--at-risk-weight", "people")
        result.geometry = self.geometry
        e = Expected(result, self.geometry)
        surface, used = self.laid(homes, e)
        self.assert_tests(result, e, surface)
        info = result.info
        self.assertEqual([int(info["at_risk." + k]) for k in ("rows", "used", "outside", "refused")],
                         [703, used, 700 - used, 3])
        self.assertEqual(info["expected_surface"], "as at risk in homes.gpkg:homes, people")
        self.near(float(info["at_risk.total"]), surface.sum(), 1e-12, "total")
        missed = sum(len(e.members[rc]) for rc in e.order if not surface[rc] > 0)
        self.assertGreater(missed, 10)
        self.assertEqual(int(info["incidents_unexpected"]), missed)
        for words in ("%d of 900 incidents" % missed if e.total == 900 else "%d of %d incidents" % (missed, e.total),
                      "3 of 703 rows have no usable place", "%d of 703 rows lie outside" % (700 - used)):
            self.assertTrue(any(words in n for n in self.notes(result)), (words, self.notes(result)))
        self.assertFalse(any("spread evenly" in n for n in self.notes(result)))

    def test_other_systems(self):
        """Longitudes and latitudes, declared or not, and a table in metres that declares nothing."""
        homes = self.homes(300)
        here, there = osr.SpatialReference(), osr.SpatialReference()
        here.ImportFromEPSG(EPSG)
        there.ImportFromEPSG(4326)
        for srs in (here, there):
            srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        to = osr.CoordinateTransformation(here, there)
        degrees = [(*to.TransformPoint(x, y)[:2], w) for x, y, w in homes]
        plain = self.write("plain.csv", "x,y,people\n" + "".join("%.6f,%.6f,%s\n" % h for h in homes))
        table = self.write("table.csv", "lon,lat,people\n" + "".join("%.11f,%.11f,%s\n" % d for d in degrees))
        layers = [write_points(self.path("metres.gpkg"), homes, EPSG),
                  write_points(self.path("degrees.gpkg"), degrees, 4326), plain, table]
        results = [self.run_on_area("--at-risk", layer, "--at-risk-weight", "people") for layer in layers]
        self.assertGreater(int(results[0].info["significance.tests"]), 100)
        for r in results[1:]:
            self.assertEqual([c["expected"] for c in r.cells], [c["expected"] for c in results[0].cells])
        self.assertTrue(any("that of the analysis is assumed" in n for n in self.notes(results[2])))
        self.assertTrue(any("WGS 84 is assumed" in n for n in self.notes(results[3])))

    def square_area(self):
        self.geometry = oracle.square(WEST, SOUTH, 2000, 1500)
        self.area = oracle.write_polygons(self.path("square.gpkg"), [self.geometry], EPSG)
        return [(WEST + 25 + 50 * i, SOUTH + 25 + 50 * j) for i in range(40) for j in range(30)]

    def test_one_in_each_cell_is_uniform(self):
        centres = self.square_area()
        layer = write_points(self.path("homes.gpkg"), [(x, y, 1) for x, y in centres], EPSG)
        for weight in ((), ("--at-risk-weight", "people")):
            uniform = self.run_on_area("--area", self.area, out="u.gpkg")
            risk = self.run_on_area("--area", self.area, "--at-risk", layer, *weight)
            self.assertEqual(len(uniform.cells), 1200)
            for a, b in zip(uniform.cells, risk.cells):
                for column in ("cell_id", "p_value", "q_value", "level", "expected", "ratio"):
                    self.assertEqual(a[column], b[column], column)

    def test_twice_as_many_in_the_west(self):
        centres = self.square_area()
        layer = write_points(self.path("homes.gpkg"),
                             [(x, y, 2 if x < WEST + 1000 else 1) for x, y in centres], EPSG)
        result = self.run_on_area("--at-risk", layer, "--at-risk-weight", "people")
        e = Expected(result, self.geometry)
        east = numpy.arange(e.share.shape[1])[None, :] + e.left >= (WEST + 1000) / CELL
        self.assert_tests(result, e, numpy.where(east, 1.0, 2.0) * (e.share > 0))
        self.assertAlmostEqual(result.cells[0]["expected"] / e.total,
                               (1 if e.order[0][1] + e.left >= (WEST + 1000) / CELL else 2) / 1800, delta=1e-9)

    def blocks(self):
        """Overlapping blocks of 310 x 170 m turned by 20 degrees, some across the boundary, one far away."""
        rng = numpy.random.default_rng(9)
        turn = math.radians(20)
        shapes, people = [], []
        for x, y in [*rng.uniform((0, 0), (1900, 1400), (40, 2)), (9000, 9000)]:
            ring = [(WEST + x + u * math.cos(turn) - v * math.sin(turn),
                     SOUTH + y + u * math.sin(turn) + v * math.cos(turn))
                    for u, v in ((0, 0), (310, 0), (310, 170), (0, 170))]
            shapes.append(oracle.polygon(ring))
            people.append(round(float(rng.uniform(1, 500)), 1))
        return shapes, people

    def write_blocks(self, shapes, people):
        path = oracle.write_polygons(self.path("blocks.gpkg"), shapes, EPSG)
        data = ogr.Open(path, 1)
        layer = data.GetLayer(0)
        layer.CreateField(ogr.FieldDefn("people", ogr.OFTReal))
        for feature, n in zip(list(layer), people):
            feature.SetField("people", n)
            layer.SetFeature(feature)
        return path

    def test_polygons_spread_by_area(self):
        shapes, people = self.blocks()
        path = self.write_blocks(shapes, people)
        result = self.run_on_area("--at-risk", path, "--at-risk-weight", "people")
        e = Expected(result, self.geometry)
        surface = numpy.zeros_like(e.share)
        used = 0
        for shape, n in zip(shapes, people):
            part = shape.Intersection(self.geometry)
            used += part is not None and not part.IsEmpty()
            if part is not None and not part.IsEmpty():
                surface += oracle.shares(part, result.raster) * CELL * CELL / shape.GetArea() * n
        surface[surface < 1e-9] = 0
        self.assert_tests(result, e, surface, tolerance=1e-7)
        self.assertEqual([int(result.info["at_risk." + k]) for k in ("rows", "used", "refused")], [41, used, 0])

    def test_smoothed(self):
        """Points and polygons by a kernel of their own bandwidth; those beside the area reach into it."""
        homes = self.homes(200)
        layer = write_points(self.path("homes.gpkg"), homes, EPSG)
        result = self.run_on_area("--at-risk", layer, "--at-risk-weight", "people", "--at-risk-bandwidth", "270m")
        e = Expected(result, self.geometry)
        x, y, w = map(numpy.array, zip(*homes))
        density, _ = oracle.density(x, y, w, "quartic", 270, *result.raster.centres())
        self.assert_tests(result, e, density * e.share, tolerance=1e-6)
        self.assertEqual(float(result.info["at_risk.bandwidth_m"]), 270)

        shapes, people = self.blocks()
        result = self.run_on_area("--at-risk", self.write_blocks(shapes, people), "--at-risk-weight", "people",
                                  "--at-risk-bandwidth", "400m", "--cell", "25")
        e = Expected(result, self.geometry)
        points = [(shape.Centroid().GetX(), shape.Centroid().GetY(), n) for shape, n in zip(shapes, people)]
        x, y, w = map(numpy.array, zip(*points))
        density, _ = oracle.density(x, y, w, "quartic", 400, *result.raster.centres())
        smooth = numpy.array([c["expected"] for c in result.cells])
        rough = numpy.array([(density * e.share)[rc] for rc in e.order])
        self.assertGreater(numpy.corrcoef(smooth, rough)[0, 1], 0.97, "near what their centres give")

    def test_what_is_refused(self):
        layer = write_points(self.path("homes.gpkg"), [(WEST + 9e5, SOUTH, 1), (None, None, 1)], EPSG)
        useless = write_points(self.path("none.gpkg"), [(None, None, 1), (WEST + 500, SOUTH + 500, -3)], EPSG)
        zero = write_points(self.path("zero.gpkg"), [(WEST + 500, SOUTH + 500, 0)], EPSG)
        run = ("hotspots", self.source, *self.ARGS, "--area", self.area, "-o", self.path("x.gpkg"))
        for args, code, words in (
                (("--at-risk", layer), DATA, "sums to 0"),
                (("--at-risk", useless, "--at-risk-weight", "people"), DATA, "none of 2 rows"),
                (("--at-risk", zero, "--at-risk-weight", "people"), DATA, "sums to 0"),
                (("--at-risk", zero, "--at-risk-weight", "homes"), USAGE, "homes"),
                (("--at-risk", zero, "--at-risk-bandwidth", "20m"), USAGE,
                 "--at-risk-bandwidth 20 m is under one cell"),
                (("--at-risk", self.path("missing.gpkg")), IO, "missing.gpkg"),
                (("--at-risk", zero, "--against", STREAMS[0]), USAGE, "--against"),
                (("--at-risk-weight", "people"), USAGE, "needs --at-risk"),
                (("--at-risk-bandwidth", "100m"), USAGE, "needs --at-risk"),
                (("--at-risk", layer, "-o", layer, "--overwrite"), USAGE, "would replace --at-risk")):
            with self.subTest(args=args):
                self.assertIn(words, self.run_hotgrid(*run, *args, code=code).stderr)
        self.assertNotIn("x.gpkg", self.files())


class Against(ExpectedCase):
    def cases_only(self, result, stream):
        self.assertTrue(result.incidents)
        self.assertEqual({i["stream"] for i in result.incidents}, set(STREAMS) - {stream})
        self.assertEqual(sorted(result.streams.values()), sorted(set(STREAMS) - {stream}))

    def test_every_column(self):
        stream = STREAMS[1]
        for tolerance in (None, "0.2"):
            args = ("--against-tolerance", tolerance) if tolerance else ()
            result = self.run_on_area("--against", stream, "--weight", "w", *args)
            self.cases_only(result, stream)
            e = Expected(result, self.geometry)
            x, y, w, kind = [numpy.array(v) for v in list(zip(*self.rows))[:4]]
            refused = {int(r["row"]) for r in result.rejects}  # those farther off than the kernel reaches from A
            own = (kind == stream) & numpy.array([k not in refused for k in range(1, len(kind) + 1)])
            density, _ = oracle.density(x[own], y[own], w[own], "quartic", H, *result.raster.centres())
            floor = float(tolerance or 0.01) * density[e.share > 0].max()
            self.assert_tests(result, e, (density + floor) * e.share, tolerance=1e-6)
            self.assertEqual(result.info["expected_surface"], "as the density of stream " + stream)
            self.assertEqual(int(result.info["against.incidents"]) + len(result.incidents),
                             int(result.info["accepted"]))
            self.assertGreater(int(result.info["significance.cells_90"]), 0)

    def test_patches_as_reference(self):
        """Outlines of ponds are the reference: the rest is a map of points, in incidents and not in square metres."""
        shapes, _ = AtRisk.blocks(self)
        ponds = oracle.write_polygons(self.path("ponds.gpkg"), shapes, EPSG)
        result = self.hotspots(ponds, "--stream", "ponds", self.source, *self.ARGS, "--area", self.area,
                               "--against", "ponds")
        e = Expected(result, self.geometry)
        margin = 5

        class Wide:  # the grid and as far around it as the kernel reaches
            cell, rows, columns = CELL, result.raster.rows + 2 * margin, result.raster.columns + 2 * margin
            west, north = result.raster.west - margin * CELL, result.raster.north + margin * CELL
        refused = {int(r["row"]) for r in result.rejects if r["source"] == "ponds.gpkg"}
        mass = sum(oracle.shares(s, Wide) for k, s in enumerate(shapes, 1) if k not in refused)
        x, y = numpy.meshgrid(*oracle.centres(Wide.west, Wide.north, CELL, Wide.columns, Wide.rows))
        full = mass > 0
        density, _ = oracle.density(x[full], y[full], mass[full], "quartic", H, *result.raster.centres())
        self.assert_tests(result, e, (density + 0.01 * density[e.share > 0].max()) * e.share, tolerance=1e-6)
        self.assertIsNone(result.patches)
        self.assertNotIn("mass.unit", result.info)
        self.assertEqual(float(result.info["mass.total"]), len(result.incidents))

    def test_what_is_left_equals_a_run_without_the_stream(self):
        """Ranks, densities and the bandwidth by rule are those of the other streams alone."""
        stream = STREAMS[0]
        rest = self.write("rest.csv", csv_text([r for r in self.rows if r[3] != stream]))
        args = [a for a in self.ARGS if a not in ("--bandwidth", str(H))] + ["--area", self.area, "--bandwidth",
                                                                           "silverman"]
        a = self.hotspots(self.source, *args, "--against", stream, out="a.gpkg")
        b = self.hotspots(rest, *args, out="b.gpkg")
        for key in ("bandwidth_m", "mass.total", "incidents_in_area", "first_time", "last_time",
                    "peak_density_per_km2"):
            self.assertEqual(a.info[key], b.info[key], key)
        for x, y in zip(a.cells, b.cells):
            for column in ("cell_id", "rank", "count", "density_per_km2", "top_stream", "top_stream_lq", "share",
                           "concentration", "peak_hour"):
                self.assertEqual(x[column], y[column], column)
        rows = {i["source_row"] for i in a.incidents}
        self.assertEqual(rows, {k for k, r in enumerate(self.rows, 1) if r[3] != stream} -
                         {int(r["row"]) for r in a.rejects})

    def test_what_is_refused(self):
        run = ("hotspots", self.source, *self.ARGS, "--area", self.area, "-o", self.path("x.gpkg"))
        said = self.run_hotgrid(*run, "--against", "nobody", code=2)
        self.assertIn("there is no such stream; there are: ", said.stderr)
        for stream in STREAMS:
            self.assertIn(stream, said.stderr)
        one = [a for a in self.ARGS if a not in ("--stream-col", "kind")]
        said = self.run_hotgrid("hotspots", self.source, *one, "--stream", "all", "--area", self.area,
                                "--against", "all", "-o", self.path("x.gpkg"), code=2)
        self.assertIn("only stream", said.stderr)
        self.assertNotIn("x.gpkg", self.files())


class Threads(ExpectedCase):
    def test_any_number(self):
        layer = write_points(self.path("homes.gpkg"), AtRisk.homes(self), EPSG)
        for args in (("--at-risk", layer, "--at-risk-weight", "people"),
                     ("--at-risk", layer, "--at-risk-bandwidth", "250m"), ("--against", STREAMS[2])):
            dumps = []
            for threads in (1, 2):
                folder = self.dir / ("t%d" % threads)
                folder.mkdir(exist_ok=True)
                self.run_hotgrid("hotspots", self.source, *self.ARGS, "--area", self.area, *args, "--overwrite", "-q",
                                 "-o", folder / "hot.gpkg", "--threads", threads)
                dumps.append([line for line in dump(folder / "hot.gpkg") if "options.threads" not in line and
                              "options.output" not in line and "'output'" not in line])
            self.assertEqual(dumps[0] == dumps[1], True, differences(*dumps))


if __name__ == "__main__":
    main()
