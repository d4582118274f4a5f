"""--method fast and auto, held against exact sums over the incidents in plain Python."""
import math
import random
import struct

from osgeo import gdal

from harness import Case, main

gdal.UseExceptions()
WEST, SOUTH, CELL = 500000.0, 4000000.0, 25.0
BOUNDS = "500000,4000000,503000,4002000"


def values(path):
    raster = gdal.Open(path)
    data = struct.unpack("%df" % (raster.RasterXSize * raster.RasterYSize), raster.ReadRaster(buf_type=gdal.GDT_Float32))
    return raster.RasterXSize, raster.RasterYSize, data


def quartic(points, h, x, y):
    """Density per square kilometre at one place."""
    total = 0.0
    for px, py, w in points:
        t = ((px - x) ** 2 + (py - y) ** 2) / (h * h)
        if t < 1:
            total += w * 3 / math.pi / (h * h) * (1 - t) ** 2
    return total * 1e6


class Method(Case):
    def incidents(self, n=1500, spot=False):
        rng = random.Random(5)
        points = []
        for _ in range(n):
            x, y = (1512.5, 1012.5) if spot else (rng.gauss(1500, 500), rng.gauss(1000, 300))
            points.append((WEST + round(x, 2), SOUTH + round(y, 2), 1.0 if spot else round(rng.uniform(0.5, 3), 2)))
        self.write("in.csv", "x,y,w\n" + "".join("%.2f,%.2f,%.2f\n" % p for p in points))
        return points

    def density(self, *args, **kwargs):
        return self.run_json("density", self.path("in.csv"), "--crs", "EPSG:32650", "--weight", "w", "--bounds", BOUNDS,
                             "--cell", CELL, "--bandwidth", "400", "--overwrite", "-o", self.path("d.tif"), *args, **kwargs)

    def test_every_cell_is_within_the_bound(self):
        for spot in (False, True):
            points = self.incidents(300, spot)
            facts = self.density("--method", "fast")
            self.assertEqual(facts["method"], "fast")
            self.assertLessEqual(facts["max_error_bound"], 1e-3)
            self.assertLessEqual(facts["max_error_sampled"], facts["max_error_bound"])
            columns, rows, data = values(self.path("d.tif"))
            exact = [quartic(points, 400, WEST + (c + 0.5) * CELL, SOUTH + 2000 - (r + 0.5) * CELL)
                     for r in range(0, rows, 3) for c in range(0, columns, 3)]
            shown = [data[r * columns + c] for r in range(0, rows, 3) for c in range(0, columns, 3)]
            peak = max(exact)
            self.assertLessEqual(max(abs(a - b) for a, b in zip(exact, shown)) / peak, facts["max_error_bound"])
            self.assertGreaterEqual(min(shown), 0)
            m = facts["mass"]
            self.assertAlmostEqual(m["total"], m["grid"] + m["over_edge"] + m["truncated"] + m["residual"], delta=1e-6)

    def test_what_cannot_be_kept_is_exact(self):
        self.incidents()
        exact = self.density()
        self.assertEqual(exact["method"], "exact")
        self.assertNotIn("max_error_bound", exact)
        before = values(self.path("d.tif"))
        refused = self.density("--method", "fast", "--max-error", "1e-12")
        self.assertEqual((refused["method"], refused["method_asked"]), ("exact", "fast"))
        self.assertTrue(any("--method fast: the density is exact" in n for n in refused["notes"]), refused["notes"])
        self.assertEqual(values(self.path("d.tif")), before)

    def test_auto_says_what_it_expects(self):
        self.incidents()
        facts = self.density("--method", "auto")
        self.assertEqual(facts["method_asked"], "auto")
        self.assertGreater(facts["cost"]["exact_s"], 0)
        self.assertEqual(facts["method"], "exact")  # few incidents
        self.incidents(60000)
        facts = self.density("--method", "auto", "--kernel", "gaussian")
        self.assertEqual(facts["method"], "fast")  # a kernel that is summed cell by cell
        self.assertLess(facts["cost"]["fast_s"], facts["cost"]["exact_s"])
        again = self.density("--method", "auto", "--kernel", "gaussian")
        self.assertEqual(again["method"], facts["method"])

    def test_hotspots(self):
        self.incidents(4000)
        def cells(method):
            facts = self.run_json("hotspots", self.path("in.csv"), "--crs", "EPSG:32650", "--bounds", BOUNDS, "--cell", "50",
                                  "--bandwidth", "400", "--stability", "0", "--chance", "0", "--significance", "none",
                                  "--method", method, "--overwrite", "-o", self.path("hot.gpkg"))
            return facts, self.query(self.path("hot.gpkg"), "SELECT cell_id, score, count FROM hotspot_cells ORDER BY rank")
        exact, fast = cells("exact"), cells("fast")
        self.assertEqual(fast[0]["method"], "fast")
        peak = exact[1][0][1]
        mine = {c[0]: c for c in fast[1]}
        shared = [c for c in exact[1] if c[0] in mine]
        self.assertGreater(len(shared), 0.9 * len(exact[1]))
        for cell in shared:
            self.assertLessEqual(abs(cell[1] - mine[cell[0]][1]), fast[0]["max_error_bound"] * peak * (1 + 1e-6))
            self.assertEqual(cell[2], mine[cell[0]][2])
        run_info = dict(self.query(self.path("hot.gpkg"), "SELECT key, value FROM run_info"))
        self.assertEqual(run_info["method"], "fast")
        self.assertEqual(float(run_info["max_error_bound"]), fast[0]["max_error_bound"])

    def test_not_with_adaptive(self):
        self.incidents()
        p = self.run_hotgrid("density", self.path("in.csv"), "--crs", "EPSG:32650", "--adaptive", "--method", "fast", "-o",
                             self.path("d.tif"), code=2)
        self.assertIn("--adaptive --method fast", p.stderr)


if __name__ == "__main__":
    main()
