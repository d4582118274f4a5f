"""Polygons as heat: everything `density` and `hotspots` say of patches, recomputed with OGR and numpy.

A cell's mass is the area of each patch within it, by OGR's intersection with the square; the density is
the sum of kernels at the centres of cells; a patch counts where its largest part in the study area is.
"""
import collections
import json
import math
import os
import sqlite3

import numpy
from osgeo import ogr, osr

from harness import Case, main
import oracle

EPSG = 32650
WEST, SOUTH = 500000.0, 4000000.0
FLOAT32 = 2.0 ** -23
AREA = [(130, 110), (1420, 60), (1530, 900), (1000, 1090), (700, 750), (260, 1030)]


def shift(ring):
    return [(WEST + x, SOUTH + y) for x, y in ring]


def box(x0, y0, x1, y1):
    return oracle.polygon(shift([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))


def multi(*polygons):
    g = ogr.Geometry(ogr.wkbMultiPolygon)
    for p in polygons:
        g.AddGeometry(p)
    return g


def star(rng, x, y, radius, hole=False):
    def ring(r, n=11):
        reach = r * (0.4 + 0.6 * rng.uniform(size=n))
        return shift([(x + reach[k] * math.cos(2 * math.pi * k / n), y + reach[k] * math.sin(2 * math.pi * k / n))
                      for k in range(n)])
    return oracle.polygon(ring(radius), ring(0.3 * radius)[::-1]) if hole else oracle.polygon(ring(radius))


def some_patches(seed, n=24):
    """Stars, holes, multiparts, overlaps, some across the boundary, some outside."""
    rng = numpy.random.default_rng(seed)
    patches = []
    for k in range(n):
        x, y, r = rng.uniform(0, 1650), rng.uniform(0, 1150), rng.uniform(8, 130)
        if k % 5 == 4:
            patches.append(multi(star(rng, x, y, r), star(rng, x + 3 * r, y, r)))
        else:
            patches.append(star(rng, x, y, r, hole=k % 3 == 0))
    return patches + [patches[0].Clone(), box(600, 300, 700, 400), box(651, 351, 660, 359),
                      box(1540, 500, 1560, 520), box(2000, 1500, 2020, 1510)]


def write_patches(path, geometries, epsg=EPSG, layer="land", weights=None, ids=None, streams=None):
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    data = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    out = data.CreateLayer(layer, srs, ogr.wkbUnknown)
    for name, kind in (("w", ogr.OFTReal), ("code", ogr.OFTInteger), ("kind", ogr.OFTString)):
        out.CreateField(ogr.FieldDefn(name, kind))
    for k, g in enumerate(geometries):
        f = ogr.Feature(out.GetLayerDefn())
        if g is not None:
            f.SetGeometry(g)
        f["w"] = float(weights[k]) if weights is not None else 1.0
        f["code"] = ids[k] if ids else k
        f["kind"] = streams[k] if streams else "x"
        out.CreateFeature(f)
    out = data = None
    return str(path)


def pieces(geometry, cell):
    """(lattice column, lattice row) -> area of the geometry in that cell."""
    found = {}
    if geometry is None or geometry.IsEmpty():
        return found
    x0, x1, y0, y1 = geometry.GetEnvelope()
    for n in range(math.floor(y0 / cell), math.floor(y1 / cell) + 1):
        strip = geometry.Intersection(oracle.square(x0 - cell, n * cell, x1 - x0 + 2 * cell, cell))
        for e in range(math.floor(x0 / cell), math.floor(x1 / cell) + 1):
            part = strip.Intersection(oracle.square(e * cell, n * cell, cell, cell))
            if part is not None and part.GetDimension() == 2 and part.GetArea() > 1e-9:
                found[e, n] = part.GetArea()
    return found


def home(parts):
    """The largest part; of equal ones the southernmost, then the westernmost."""
    return min(parts, key=lambda c: (-round(parts[c], 6), c[1], c[0])) if parts else None


def lattice_points(masses, cell):
    cells = sorted(masses)
    return (numpy.array([(2 * e + 1) * cell / 2 for e, _ in cells]),
            numpy.array([(2 * n + 1) * cell / 2 for _, n in cells]), numpy.array([masses[c] for c in cells]))


def total_of(dicts, factors):
    total = collections.Counter()
    for d, factor in zip(dicts, factors):
        for cell, area in d.items():
            total[cell] += factor * area
    return total


class Polygons(Case):
    def area(self, ring=None):
        return oracle.write_polygons(self.path("town.gpkg"), [oracle.polygon(shift(ring or AREA))], EPSG)

    def points(self, seed=4, n=150):
        rng = numpy.random.default_rng(seed)
        xy = [(round(WEST + rng.normal(800, 250), 2), round(SOUTH + rng.normal(450, 180), 2)) for _ in range(n)]
        self.write("crime.csv", "x,y\n" + "".join("%.2f,%.2f\n" % p for p in xy))
        return numpy.array(xy)

    def check_density(self, raster, masses, cell, name="quartic", h=200.0, extra=None):
        """The raster against the sum of kernels at the centres of cells (and of points)."""
        x, y, w = lattice_points(masses, cell)
        if extra is not None:
            x, y = numpy.concatenate([x, extra[:, 0]]), numpy.concatenate([y, extra[:, 1]])
            w = numpy.concatenate([w, numpy.ones(len(extra))])
        cx, cy = raster.centres()
        expected, _ = oracle.density(x, y, w, name, h, cx, cy)
        shown = raster.values != oracle.NODATA
        self.assertTrue(shown.any())
        difference = numpy.abs(raster.values - expected)[shown].max()
        self.assertLess(difference, 3 * FLOAT32 * expected.max())

    # ------------------------------------------------------------------ recomputed whole

    def recompute(self, patches, cell, weights=None):
        town = oracle.polygon(shift(AREA))
        w = weights if weights is not None else [1.0] * len(patches)
        inside = [pieces(p.Intersection(town), cell) for p in patches]
        whole = [pieces(p, cell) for p in patches]
        return w, inside, whole

    def check_cells(self, r, patches, w, inside, cell, unit, counts, point_weight):
        """Every listed cell: count, weight, expected, share; nothing is lost."""
        total = total_of(inside, [x / unit for x in w])
        for c in set(total) | set(point_weight):
            total[c] += point_weight.get(c, 0)
        grand = sum(total.values())
        seen = 0
        for row in r.cells:
            e, n = map(int, row["cell_id"].split("E")[1].split("N"))
            self.assertEqual(row["count"], counts.get((e, n), 0), row["cell_id"])
            self.assertAlmostEqual(row["weight"], total.get((e, n), 0), delta=1e-7 * max(1, grand))
            self.assertAlmostEqual(row["share"], total.get((e, n), 0) / grand, delta=1e-7)
            seen += row["count"]
        self.assertEqual(seen, sum(counts.values()))
        self.assertAlmostEqual(sum(row["weight"] for row in r.cells), grand, delta=1e-6 * grand)

    def test_patches_alone(self):
        """Square metres: counts, weights, densities, mass balance, the layer of patches, with weights."""
        cell, h, patches = 20.0, 150.0, some_patches(1)
        weights = [round(0.25 + (k % 7) / 2, 2) for k in range(len(patches))]
        source = write_patches(self.path("land.gpkg"), patches, weights=weights)
        j = self.run_json("hotspots", source, "--weight", "w", "--area", self.area(), "--bandwidth", h, "--cell", cell,
                          "--all-cells", "--chance", "5", "--budget", "5%", "-o", self.path("h.gpkg"))
        r = oracle.Result(self.path("h.gpkg"))
        w, inside, whole = self.recompute(patches, cell, weights)
        town = oracle.polygon(shift(AREA))
        near = [k for k, p in enumerate(patches) if p.Distance(town) <= h]
        halo = [k for k in near if not inside[k]]
        self.assertTrue(halo and len(near) < len(patches))
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"], j["halo"]),
                         (len(patches), len(near), len(patches) - len(near), len(halo)))
        counts = collections.Counter(home(p) for p in inside if p)
        self.check_cells(r, patches, w, inside, cell, 1.0, counts, {})
        self.assertEqual(j["incidents_in_area"], len(near) - len(halo))
        self.assertEqual(j["polygon_unit_m2"], 1)
        self.assertEqual((j["mass"]["unit"], r.raster.unit), ("m2", "m2/km2"))
        self.assertAlmostEqual(j["patches"]["area_m2"], sum(patches[k].GetArea() for k in near), delta=1e-3)
        self.check_density(r.raster, total_of([whole[k] for k in near], [w[k] for k in near]), cell, h=h)
        m = j["mass"]
        self.assertAlmostEqual(m["total"], sum(w[k] * patches[k].GetArea() for k in near), delta=1e-6 * m["total"])
        self.assertAlmostEqual(m["total"], m["grid"] + m["over_edge"] + m["truncated"] + m["residual"],
                               delta=1e-9 * m["total"])
        shares = oracle.shares(town, r.raster)
        on_grid = (numpy.where(r.raster.values > 0, r.raster.values, 0) * shares).sum() * cell * cell / 1e6
        self.assertAlmostEqual(m["grid"], on_grid, delta=1e-6 * m["total"])
        self.assertLess(abs(m["residual"]), 2e-3 * m["total"])
        # The layer: patches that reach into a selected cell, with area and the cell that counts them.
        chosen = {tuple(map(int, row["cell_id"].split("E")[1].split("N"))) for row in r.cells[:int(r.info["cells_selected"])]}
        reach = [k for k in near if chosen & set(inside[k])]
        self.assertEqual([p["source_row"] for p in r.patches], [k + 1 for k in reach])
        for p, k in zip(r.patches, reach):
            self.assertAlmostEqual(p["area_m2"], patches[k].GetArea(), delta=1e-6)
            self.assertEqual(p["cell_id"], "c20E%dN%d" % home(inside[k]))
            self.assertEqual(p["weight"], weights[k])
        self.assertEqual(r.incidents, [])
        self.assertIn("patches", r.styles)
        self.assertEqual(r.info["polygon_unit_rule"], "m2")

    def test_points_and_patches(self):
        """One grid: the mean patch weighs as one incident; streams, counts, composition, pile-ups."""
        cell, h, patches = 25.0, 200.0, some_patches(2)
        xy = self.points()
        rafts = [box(300 + 40 * k, 300, 330 + 40 * k, 320) for k in range(9)]
        land, river = (write_patches(self.path(n + ".gpkg"), g, layer=n) for n, g in (("land", patches), ("river", rafts)))
        args = (self.path("crime.csv"), "--crs", "EPSG:%d" % EPSG, "--stream", "crime", land, river, "--stream", "water",
                "--area", self.area(), "--bandwidth", h, "--cell", cell, "--all-cells", "--chance", "0")
        j = self.run_json("hotspots", *args, "-o", self.path("h.gpkg"))
        r = oracle.Result(self.path("h.gpkg"))
        both = patches + rafts
        w, inside, whole = self.recompute(both, cell)
        counted = [p for p in inside if p]
        unit = sum(sum(p.values()) for p in counted) / len(counted)
        self.assertAlmostEqual(j["polygon_unit_m2"] / unit, 1, delta=1e-9)
        self.assertEqual(j["polygon_unit_rule"], "mean")
        self.assertTrue(any("--polygon-unit" in n for n in j["notes"]))
        self.assertEqual(r.raster.unit, "1/km2")
        town = oracle.polygon(shift(AREA))
        within = oracle.inside(town, xy[:, 0], xy[:, 1])
        at = collections.Counter((math.floor(x / cell), math.floor(y / cell)) for x, y in xy[within])
        homes = collections.Counter(home(p) for p in counted)
        self.check_cells(r, both, w, inside, cell, unit, at + homes, at)
        water = collections.Counter(home(p) for p in inside[len(patches):] if p)
        ground = collections.Counter(home(p) for p in inside[:len(patches)] if p)
        for row in r.cells:
            c = tuple(map(int, row["cell_id"].split("E")[1].split("N")))
            self.assertEqual((row["n_crime"], row["n_land"], row["n_water"]), (at[c], ground[c], water[c]))
        # In A the patches weigh as many incidents as they are.
        self.assertAlmostEqual(sum(row["weight"] for row in r.cells), within.sum() + len(counted), delta=1e-6)
        near = [k for k, p in enumerate(both) if p.Distance(town) <= h]
        distance = numpy.array([ogr.CreateGeometryFromWkt("POINT(%r %r)" % tuple(p)).Distance(town) for p in xy.tolist()])
        self.check_density(r.raster, total_of([whole[k] for k in near], [1 / unit] * len(near)), cell, h=h,
                           extra=xy[distance <= h])
        # A unit of one's own scales the patches and not the points.
        j2 = self.run_json("hotspots", *args, "--polygon-unit", "0.1ha", "-o", self.path("u.gpkg"))
        self.assertEqual((j2["polygon_unit_m2"], j2["polygon_unit_rule"]), (1000, "given"))
        self.check_cells(oracle.Result(self.path("u.gpkg")), both, w, inside, cell, 1000.0, at + homes, at)
        self.assertEqual(j2["mass"]["unit"], "incidents")

    def test_the_kernel_over_the_polygon(self):
        """With cells a twentieth of the support, the raster is the integral of the kernel over the patch."""
        patches = [star(numpy.random.default_rng(8), 500, 500, 120, hole=True), box(300, 600, 312, 609)]
        source = write_patches(self.path("p.gpkg"), patches)
        h = 200.0
        for name in ("quartic", "epanechnikov", "triweight"):
            self.run_hotgrid("density", source, "--bandwidth", h, "--cell", "10", "--kernel", name, "--overwrite",
                             "-o", self.path("d.tif"))
            raster = oracle.Raster(self.path("d.tif"))
            step = 1.5
            gx, gy = (g.ravel() for g in numpy.meshgrid(WEST + numpy.arange(250, 650, step) + step / 2,
                                                        SOUTH + numpy.arange(350, 650, step) + step / 2))
            keep = oracle.inside(patches[0], gx, gy) | oracle.inside(patches[1], gx, gy)
            gx, gy = gx[keep], gy[keep]
            cx, cy = raster.centres()
            peak = raster.values.max()
            for row, column in ((20, 20), (30, 35), (28, 18), (40, 30), (22, 41)):
                u = numpy.hypot(gx - cx[column], gy - cy[row]) / h
                expected = oracle.kernel(name, u).sum() * step * step / (h * h) * 1e6
                self.assertLess(abs(raster.values[row, column] - expected), 4e-3 * peak, (name, row, column))

    # ------------------------------------------------------------------ shapes of all kinds

    def density(self, patches, *args, name="p.gpkg", cell="50", h="250"):
        source = write_patches(self.path(name), patches)
        j = self.run_json("density", source, "--bandwidth", h, "--cell", cell, *args, "--overwrite", "-o", self.path("d.tif"))
        return j, oracle.Raster(self.path("d.tif"))

    def test_on_borders_and_within_a_cell(self):
        """A patch of whole cells has mass in them alone; one within a cell gives it all."""
        aligned, small = box(100, 100, 250, 200), box(410, 415, 413, 418)
        town = self.area([(0, 0), (600, 0), (600, 400), (0, 400)])
        self.run_json("hotspots", write_patches(self.path("p.gpkg"), [aligned, small]), "--area", town, "--bandwidth", "250",
                      "--cell", "50", "--all-cells", "--chance", "0", "--score", "count", "-o", self.path("h.gpkg"))
        r = oracle.Result(self.path("h.gpkg"))
        weights = {row["cell_id"]: row["weight"] for row in r.cells if row["weight"]}
        self.assertEqual(weights, {"c50E%dN%d" % (10002 + e, 80002 + n): 2500.0 for e in range(3) for n in range(2)})
        counts = {row["cell_id"]: row["count"] for row in r.cells if row["count"]}
        self.assertEqual(counts, {"c50E10002N80002": 1})  # of equal parts the southernmost, westernmost
        self.assertEqual(r.info["halo"], "1")  # the small one lies 15 m north of the area
        j, raster = self.density([small])
        self.check_density(raster, {(10008, 80008): 9.0}, 50.0, h=250.0)
        self.assertAlmostEqual(j["mass"]["total"], 9, delta=1e-9)

    def test_huge_polygon(self):
        """Far larger than the grid: every cell is full, and what is elsewhere goes over the edge."""
        huge = box(-300000, -300000, 300000, 300000)
        bounds = "--bounds=%r,%r,%r,%r" % (WEST, SOUTH, WEST + 1000, SOUTH + 500)
        j, raster = self.density([huge, box(100, 100, 130, 130)], bounds)
        self.assertEqual(raster.values.shape, (10, 20))
        self.assertAlmostEqual(j["mass"]["total"], 3.6e11 + 900, delta=1)
        inner = raster.values[0, 12:]
        self.assertLess(abs(inner / 1e6 - 1).max(), 1e-3)  # full cells: one km2 per km2, but for the sampling
        m = j["mass"]
        self.assertAlmostEqual(m["total"], m["grid"] + m["over_edge"] + m["truncated"] + m["residual"], delta=1)
        self.assertAlmostEqual(m["grid"], 5e5 + 900, delta=3e3)
        j = self.run_json("hotspots", self.path("p.gpkg"), "--area", self.area(), bounds, "--bandwidth", "250", "--cell", "50",
                          "--all-cells", "--chance", "0", "--polygon-unit", "mean", "-o", self.path("h.gpkg"))
        r = oracle.Result(self.path("h.gpkg"))
        self.assertEqual(j["incidents_in_area"], 1)  # the small one lies outside the town, by less than a support
        self.assertEqual(j["halo"], 1)
        cut = oracle.polygon(shift(AREA)).Intersection(box(0, 0, 1000, 500)).GetArea()
        self.assertAlmostEqual(sum(row["weight"] for row in r.cells) * j["polygon_unit_m2"], cut, delta=1e-3)
        self.assertAlmostEqual(j["polygon_unit_m2"], oracle.polygon(shift(AREA)).GetArea(), delta=1e-3)

    def test_beyond_bounds(self):
        patches = [box(200, 200, 260, 240), box(1200, 600, 1300, 700), box(980, 200, 1050, 230)]
        source = write_patches(self.path("p.gpkg"), patches)
        bounds = "--bounds=%r,%r,%r,%r" % (WEST, SOUTH, WEST + 1000, SOUTH + 500)
        j = self.run_json("hotspots", source, "--area", self.area(), bounds, "--bandwidth", "250", "--cell", "50",
                          "--all-cells", "--chance", "0", "-o", self.path("h.gpkg"))
        self.assertEqual((j["incidents_in_area"], j["halo"]), (2, 1))
        self.assertTrue(any("in no count" in n for n in j["notes"]))
        r = oracle.Result(self.path("h.gpkg"))
        self.assertAlmostEqual(sum(row["weight"] for row in r.cells), 60 * 40 + 20 * 30, delta=1e-6)

    def test_bad_geometries(self):
        """Invalid ones are repaired and counted; what is no polygon is refused; nothing gets lost."""
        bow = ogr.CreateGeometryFromWkt("POLYGON((500100 4000100,500200 4000200,500200 4000100,500100 4000200,500100 4000100))")
        flat = ogr.CreateGeometryFromWkt("POLYGON((500100 4000100,500200 4000100,500300 4000100,500100 4000100))")
        point = ogr.CreateGeometryFromWkt("POINT(500100 4000100)")
        line = ogr.CreateGeometryFromWkt("LINESTRING(500100 4000100,500200 4000100)")
        overlap = multi(box(300, 100, 400, 200), box(350, 100, 450, 200))
        far = box(90000, 90000, 90100, 90100)
        patches = [bow, None, ogr.CreateGeometryFromWkt("POLYGON EMPTY"), flat, point, line, overlap, far, box(500, 100, 600, 200)]
        j, raster = self.density(patches, "--area", self.area([(0, 0), (700, 0), (700, 300), (0, 300)]))
        self.assertEqual((j["rows_read"], j["accepted"], j["rejected"]), (9, 3, 6))
        self.assertEqual(j["rejected_by_reason"], {"no_geometry": 2, "bad_geometry": 3, "outside_area": 1})
        self.assertEqual(j["patches"]["repaired"], 2)
        self.assertAlmostEqual(j["patches"]["area_m2"], 5000 + 15000 + 10000, delta=1e-6)
        self.assertTrue(any("2 invalid polygons were repaired" in n for n in j["notes"]))
        self.run_json("hotspots", self.path("p.gpkg"), "--bandwidth", "200", "--cell", "50", "--bounds",
                      "500000,4000000,500700,4000300", "--rejects-raw", "-o", self.path("h.gpkg"))
        self.assertEqual(self.query(self.path("h.gpkg"), "SELECT row, reason, value FROM rejects ORDER BY row"),
                         [(2, "no_geometry", None), (3, "no_geometry", None), (4, "bad_geometry", "a polygon without area"),
                          (5, "bad_geometry", "Point"), (6, "bad_geometry", "Line String")])
        p = self.run_hotgrid("density", write_patches(self.path("flat.gpkg"), [flat]), "--bandwidth", "100",
                             "-o", self.path("no.tif"), code=3)
        self.assertIn("bad_geometry", p.stderr)

    def test_repeated_rows(self):
        patches = [box(100, 100, 150, 150), box(300, 100, 350, 150), box(300, 100, 350, 150)]
        source = write_patches(self.path("p.gpkg"), patches, ids=[1, 2, 2])
        j = self.run_json("density", source, "--bandwidth", "100", "-o", self.path("d.tif"))
        self.assertEqual((j["duplicates"], j["accepted"], j["patches"]["area_m2"]), (1, 3, 7500))
        j = self.run_json("density", source, "--bandwidth", "100", "--drop-duplicates", "--overwrite", "-o", self.path("d.tif"))
        self.assertEqual((j["rejected"], j["accepted"], j["patches"]["area_m2"]), (1, 2, 5000))
        j = self.run_json("density", source, "--bandwidth", "100", "--id", "code", "--overwrite", "-o", self.path("d.tif"))
        self.assertEqual(j["rejected_by_reason"], {"duplicate_id": 1})

    def test_worked_numbers(self):
        """Those of docs/methods/polygons.md."""
        wkt = lambda x0, y0, x1, y1: '"POLYGON((%d %d,%d %d,%d %d,%d %d,%d %d))"' % (x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)
        first = "id,WKT\n1,%s\n" % wkt(400030, 2440010, 400090, 2440060)
        self.write("three.csv", "id,x,y\na,400025,2440025\nb,400075,2440025\nc,400025,2440175\n")
        self.write("square.csv", "id,WKT\n1,%s\n" % wkt(400000, 2440000, 400200, 2440200))
        self.write("patch.csv", first)
        self.write("two.csv", first + "2,%s\n" % wkt(400150, 2440120, 400250, 2440130))
        common = ("--bandwidth", "100", "--cell", "50", "--area", self.path("square.csv"))
        j = self.run_json("density", self.path("patch.csv"), "--crs", "EPSG:4547", *common, "-o", self.path("patch.tif"))
        raster = oracle.Raster(self.path("patch.tif"))
        self.assertAlmostEqual(raster.values[3, 1] / (1e2 * 3 / math.pi * 2325), 1, delta=FLOAT32)
        for part, value in (("total", 3000), ("grid", 2229.164), ("over_edge", 814.674), ("residual", -43.84)):
            self.assertAlmostEqual(j["mass"][part], value, delta=6e-3)
        self.run_json("hotspots", "--crs", "EPSG:4547", self.path("three.csv"), "--stream", "crime", self.path("two.csv"),
                      "--stream", "land", *common, "--top", "5", "--chance", "0", "-o", self.path("mixed.gpkg"))
        r = oracle.Result(self.path("mixed.gpkg"))
        expected = [("c50E8001N48800", 276.0770, 2, 1 + 1600 / 1750, 0.382857, 1, 1),
                    ("c50E8000N48800", 253.5679, 1, 1 + 800 / 1750, 0.291429, 1, 0),
                    ("c50E8001N48801", 165.5780, 0, 400 / 1750, 0.045714, 0, 0)]
        for row, (cell, density, count, weight, share, crime, land) in zip(r.cells, expected):
            self.assertEqual((row["cell_id"], row["count"], row["n_crime"], row["n_land"]), (cell, count, crime, land))
            self.assertAlmostEqual(row["density_per_km2"], density, delta=1e-4)
            self.assertAlmostEqual(row["weight"], weight, delta=1e-12)
            self.assertAlmostEqual(row["share"], share, delta=1e-6)
        self.assertEqual([(p["source_row"], p["area_m2"], p["cell_id"]) for p in r.patches], [(1, 3000, "c50E8001N48800")])

    # ------------------------------------------------------------------ bandwidth, CRS, stores, edges

    def test_default_bandwidth(self):
        """The rules over the centres of gravity, each weighed by its area inside."""
        patches = some_patches(5)
        source = write_patches(self.path("p.gpkg"), patches)
        xy = self.points()
        centres = numpy.array([(c.GetX(), c.GetY()) for c in (p.Centroid() for p in patches)])
        areas = numpy.array([p.GetArea() for p in patches])
        for rule, formula in (("silverman", oracle.silverman), ("scott", oracle.scott)):
            j = self.run_json("density", source, "--bandwidth", rule, "--overwrite", "-o", self.path("d.tif"))
            self.assertAlmostEqual(j["bandwidth_m"] / formula(centres[:, 0], centres[:, 1], areas, "quartic"), 1, delta=1e-9)
        j = self.run_json("density", source, self.path("crime.csv"), "--crs", "EPSG:%d" % EPSG, "--overwrite", "-o", self.path("d.tif"))
        both, w = numpy.concatenate([centres, xy]), numpy.concatenate([areas / areas.mean(), numpy.ones(len(xy))])
        self.assertAlmostEqual(j["bandwidth"]["silverman_m"] / oracle.silverman(both[:, 0], both[:, 1], w, "quartic"), 1,
                               delta=1e-9)
        best = max(oracle.curve(both[:, 0], both[:, 1], w, "quartic"), key=lambda k: k[1])
        self.assertAlmostEqual(j["bandwidth_m"] / best[0], 1, delta=1e-9)
        p = self.run_hotgrid("density", write_patches(self.path("one.gpkg"), patches[:1]), "-o", self.path("e.tif"), code=3)
        self.assertIn("bandwidth", p.stderr)

    def test_degrees(self):
        """Outlines in longitude and latitude are placed vertex by vertex, as points are."""
        wgs, utm = osr.SpatialReference(), osr.SpatialReference()
        wgs.ImportFromEPSG(4326)
        utm.ImportFromEPSG(EPSG)
        for s in (wgs, utm):
            s.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        patches, lonlat = some_patches(6), []
        for p in patches:
            g = p.Clone()
            g.Transform(osr.CoordinateTransformation(utm, wgs))
            lonlat.append(g)
        a = write_patches(self.path("a.gpkg"), patches)
        b = write_patches(self.path("b.gpkg"), lonlat, epsg=4326)
        values = []
        for source in (a, b):
            j = self.run_json("density", source, "--analysis-crs", "EPSG:%d" % EPSG, "--bandwidth", "200", "--cell", "25",
                              "--overwrite", "-o", self.path("d.tif"))
            values.append((j["patches"]["area_m2"], oracle.Raster(self.path("d.tif")).values))
        self.assertAlmostEqual(values[0][0], values[1][0], delta=1e-6 * values[0][0])
        self.assertLess(abs(values[0][1] - values[1][1]).max(), 1e-5 * values[0][1].max())

    def test_a_store(self):
        """Loaded into a store beside points, the patches give the same map."""
        patches = some_patches(7)
        self.points()
        source = write_patches(self.path("land.gpkg"), patches, streams=["land" if k % 2 else "river" for k in range(len(patches))])
        store = self.path("store.gpkg")
        self.run_json("load", source, "--stream-col", "kind", "-o", store)
        self.run_json("load", self.path("crime.csv"), "--crs", "EPSG:%d" % EPSG, "--append", "-o", store)
        common = ("--area", self.area(), "--bandwidth", "200", "--cell", "25", "--chance", "0", "--all-cells")
        self.run_json("hotspots", self.path("crime.csv"), "--crs", "EPSG:%d" % EPSG, source, "--stream-col", "kind", *common,
                      "-o", self.path("a.gpkg"))
        self.run_json("hotspots", store, "--layer", "incidents", store, "--layer", "patches", *common, "-o", self.path("b.gpkg"))
        a, b = oracle.Result(self.path("a.gpkg")), oracle.Result(self.path("b.gpkg"))
        self.assertEqual([row["cell_id"] for row in a.cells], [row["cell_id"] for row in b.cells])
        columns = ("score", "count", "weight", "share", "n_crime", "n_land", "n_river", "top_stream")
        self.assertEqual([[row[c] for c in columns] for row in a.cells], [[row[c] for c in columns] for row in b.cells])
        key = lambda p: (p["source_row"], p["area_m2"], p["cell_id"], p["stream"])
        self.assertEqual([key(p) for p in a.patches], [key(p) for p in b.patches])

    def test_edge_corrections(self):
        """They stand in for what is outside: only the parts inside feed, and Diggle loses nothing."""
        cell, patches = 25.0, some_patches(3)
        source = write_patches(self.path("p.gpkg"), patches)
        town = oracle.polygon(shift(AREA))
        inside = sum(p.Intersection(town).GetArea() for p in patches)
        for edge in ("diggle", "uniform"):
            j = self.run_json("density", source, "--area", self.area(), "--bandwidth", "200", "--cell", cell, "--edge", edge,
                              "--overwrite", "-o", self.path("d.tif"))
            self.assertAlmostEqual(j["mass"]["total"], inside if edge == "uniform" else j["mass"]["grid"], delta=2e-3 * inside)
        masses = total_of([pieces(p.Intersection(town), cell) for p in patches], [1.0] * len(patches))
        raster = oracle.Raster(self.path("d.tif"))
        x, y, w = lattice_points(masses, cell)
        cx, cy = raster.centres()
        plain, _ = oracle.density(x, y, w, "quartic", 200.0, cx, cy)
        row, column = 24, 28  # deep inside nothing is corrected
        self.assertTrue(town.Contains(ogr.CreateGeometryFromWkt("POINT(%r %r)" % (cx[column], cy[row])).Buffer(201)))
        self.assertAlmostEqual(raster.values[row, column] / plain[row, column], 1, delta=1e-6)

    def test_times_and_all_rows(self):
        """--all-incidents shows every accepted row; a kept column stays; a patch in the halo has no cell."""
        patches = [box(200, 200, 260, 240), box(1560, 500, 1600, 540), box(800, 300, 801, 301)]
        source = write_patches(self.path("p.gpkg"), patches)
        self.points(n=20)
        self.run_json("hotspots", source, "--keep", "code", self.path("crime.csv"), "--crs", "EPSG:%d" % EPSG, "--area", self.area(),
                      "--bandwidth", "200", "--all-incidents", "--chance", "0", "--lang", "zh", "-o", self.path("h.gpkg"))
        r = oracle.Result(self.path("h.gpkg"))
        self.assertEqual([p["code"] for p in r.patches], [0, 1, 2])
        self.assertEqual([p["cell_id"] is None for p in r.patches], [False, True, False])
        self.assertEqual(len(r.incidents), 20)

    # ------------------------------------------------------------------ order and threads

    def dump(self, path):
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        rows = {t: db.execute("SELECT * FROM %s ORDER BY fid" % t).fetchall()
                for t in ("hotspot_cells", "hotspot_areas", "patches", "incidents", "rejects")}
        db.close()
        return rows

    def test_threads_and_order(self):
        patches = some_patches(11, 60)
        self.points()
        town, results = self.area(), []
        common = ("--crs", "EPSG:%d" % EPSG, "--area", town, "--bandwidth", "150", "--cell", "20", "--all-cells", "--chance", "20")
        source = write_patches(self.path("land.gpkg"), patches)
        for threads in (1, 2, 7):
            out = self.path("t%d.gpkg" % threads)
            self.run_json("hotspots", source, self.path("crime.csv"), *common, "--threads", threads, "-o", out)
            with open(out[:-5] + "_density.tif", "rb") as f:
                results.append((f.read(), self.dump(out)))
        self.assertTrue(results[0] == results[1] == results[2])
        os.remove(source)
        turned = write_patches(self.path("land.gpkg"), patches[::-1])
        self.run_json("hotspots", turned, self.path("crime.csv"), *common, "-o", self.path("r.gpkg"))
        a, b = oracle.Result(self.path("t1.gpkg")), oracle.Result(self.path("r.gpkg"))
        by_cell = {row["cell_id"]: row for row in b.cells}
        for row in a.cells:
            other = by_cell[row["cell_id"]]
            self.assertEqual(row["count"], other["count"])
            self.assertAlmostEqual(row["weight"], other["weight"], delta=1e-11 * max(1, row["weight"]))
            self.assertAlmostEqual(row["score"], other["score"], delta=2 * FLOAT32 * row["score"])

    def test_loads_stay_apart(self):
        source = write_patches(self.path("p.gpkg"), some_patches(1, 5))
        self.points(n=5)
        p = self.run_hotgrid("load", source, self.path("crime.csv"), "-o", self.path("s.gpkg"), code=2)
        self.assertIn("layers of their own", p.stderr)
        p = self.run_hotgrid("density", source, "--polygon-unit", "0", "-o", self.path("d.tif"), code=2)
        self.assertIn("--polygon-unit", p.stderr)


if __name__ == "__main__":
    main()
