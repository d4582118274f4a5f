"""Gi* and local Moran in the result of `hotgrid hotspots`, worked again from the counts of its own cells."""
import math
import random
import re

from harness import Case, main

CELL = 50
WEST, SOUTH, COLUMNS, ROWS = 400000, 2440000, 24, 18
COLUMNS_OUT = ("gi_z", "gi_p", "gi_p_sim", "moran_i", "moran_z", "moran_p", "moran_p_sim")


def tail(z):
    return 0.5 * math.erfc(z / math.sqrt(2))


def positions(columns, rows):
    return [(c, r) for c in range(columns) for r in range(rows)]


class Local(Case):
    def setUp(self):
        super().setUp()
        chance = random.Random(4)
        spots = [(chance.uniform(0, COLUMNS), chance.uniform(0, ROWS)) for _ in range(5)]
        lines = ["id,x,y"]
        for i in range(400):
            x, y = chance.uniform(0, COLUMNS), chance.uniform(0, ROWS)
            if i % 2:
                spot = chance.choice(spots)
                x, y = (s + chance.gauss(0, 0.8) for s in spot)
            lines.append("%d,%.3f,%.3f" % (i, WEST + x * CELL, SOUTH + y * CELL))
        self.points = self.write("points.csv", "\n".join(lines) + "\n")
        # a corner is cut off: cells beyond it do not belong
        corners = [(0, 0), (COLUMNS, 0), (COLUMNS, ROWS), (8, ROWS), (8, 12), (0, 12), (0, 0)]
        ring = ",".join("%d %d" % (WEST + x * CELL, SOUTH + y * CELL) for x, y in corners)
        self.area = self.write("area.csv", 'id,WKT\n1,"POLYGON((%s))"\n' % ring)

    def hotspots(self, *options, name="out.gpkg"):
        self.run_hotgrid("hotspots", self.points, "--crs", "EPSG:4547", "--bandwidth", 150, "--cell", CELL, "--area",
                         self.area, "--chance", 0, "--overwrite", "-q", "-o", self.path(name), *options)
        rows = self.query(self.path(name), "SELECT cell_id, count, %s FROM hotspot_cells ORDER BY rank" %
                          ", ".join(COLUMNS_OUT))
        cells = {}
        for cell_id, count, *values in rows:
            column, row = map(int, re.fullmatch(r"c50E(-?\d+)N(-?\d+)", cell_id).groups())
            cells[column, row] = dict(zip(COLUMNS_OUT, values), count=count)
        return cells

    def fact(self, key, name="out.gpkg"):
        rows = self.query(self.path(name), "SELECT value FROM run_info WHERE key = ?", key)
        return rows[0][0] if rows else None

    def check_against_definition(self, cells, near):
        n = len(cells)
        mean = sum(c["count"] for c in cells.values()) / n
        variance = sum((c["count"] - mean) ** 2 for c in cells.values()) / n
        for (column, row), cell in cells.items():
            around = [cells[column + dx, row + dy]["count"] for dx, dy in near if (column + dx, row + dy) in cells]
            own, w, total = cell["count"], len(around), sum(around)
            gi = (total - mean * w) / math.sqrt(variance * (n * w - w * w) / (n - 1))
            self.assertAlmostEqual(cell["gi_z"], gi, delta=1e-9)
            self.assertAlmostEqual(cell["gi_p"], tail(gi), delta=1e-12)
            moran = (own - mean) / variance * ((total - own) / (w - 1) - mean)
            self.assertAlmostEqual(cell["moran_i"], moran, delta=1e-9)
            others = (n * variance - (own - mean) ** 2 * n / (n - 1)) / (n - 1)
            spread = ((own - mean) / variance) ** 2 * others / (w - 1) * (n - w) / (n - 2)
            z = (moran + (own - mean) ** 2 / variance / (n - 1)) / math.sqrt(spread)
            self.assertAlmostEqual(cell["moran_z"], z, delta=1e-9)
            self.assertAlmostEqual(cell["moran_p"], tail(z), delta=1e-12)

    def test_queen(self):
        cells = self.hotspots("--all-cells")
        self.assertEqual(len(cells), COLUMNS * ROWS - 8 * 6)
        self.check_against_definition(cells, [(x - 1, y - 1) for x, y in positions(3, 3)])
        self.assertEqual(self.fact("permutations"), "999")
        for cell in cells.values():
            for p in (cell["gi_p_sim"], cell["moran_p_sim"]):
                self.assertGreaterEqual(p, 0.001)
                self.assertLessEqual(p, 1)
            # the normal p is a poor one, but not on the other side of the matter
            if cell["gi_z"] > 6:
                self.assertLess(cell["gi_p_sim"], 0.02)
            if cell["gi_z"] < 0:
                self.assertGreater(cell["gi_p_sim"], 0.2)

    def test_window(self):
        near = [(x - 2, y - 2) for x, y in positions(5, 5) if (x - 2) ** 2 + (y - 2) ** 2 <= 4]
        self.check_against_definition(self.hotspots("--all-cells", "--window", "100m", "--permutations", 9), near)

    def test_worked_numbers_of_the_method_page(self):
        three = "id,x,y\na,400025,2440025\nb,400075,2440025\nc,400025,2440175\n"
        square = "400000 2440000,400200 2440000,400200 2440200,400000 2440200,400000 2440000"
        self.run_hotgrid("hotspots", self.write("three.csv", three), "--crs", "EPSG:4547", "--bandwidth", 100, "--cell",
                         50, "--area", self.write("square.csv", 'id,WKT\n1,"POLYGON((%s))"\n' % square), "--top", 4,
                         "--permutations", 9999, "-q", "-o", self.path("three.gpkg"))
        rows = self.query(self.path("three.gpkg"),
                          "SELECT %s FROM hotspot_cells ORDER BY rank" % ", ".join(COLUMNS_OUT))
        near = lambda value, expected, delta: self.assertAlmostEqual(value, expected, delta=delta)
        for row, (gi, moran) in zip(rows, ((1.790287, 0.777778), (1.120897, 0.066667), (0.358057, -1),
                                           (1.120897, -0.261538))):
            near(row[0], gi, 5e-7)
            near(row[3], moran, 5e-7)
        # what dealing out three incidents gives exactly; 4.5 standard errors of 9,999 draws
        comb = math.comb
        near(rows[0][2], (comb(4, 2) * 12 + comb(4, 3)) / comb(16, 3), 0.016)
        near(rows[2][2], 1 - comb(12, 3) / comb(16, 3), 0.022)
        near(rows[0][6], 3 / 16 * (1 - comb(12, 2) / comb(15, 2)), 0.012)
        self.assertEqual(rows[2][6], 1)

    def test_selected_cells_are_as_among_all(self):
        every = self.hotspots("--all-cells", "--threads", 1, "--permutations", 199)
        some = self.hotspots("--threads", 2, "--permutations", 199, name="some.gpkg")
        self.assertLess(len(some), 10)
        for place, cell in some.items():
            self.assertEqual(cell, every[place])

    def test_seed(self):
        one = self.hotspots("--all-cells", "--seed", 1, "--permutations", 99)
        other = self.hotspots("--all-cells", "--seed", 2, "--permutations", 99, name="other.gpkg")
        for place in one:
            self.assertEqual(one[place]["gi_z"], other[place]["gi_z"])
        self.assertNotEqual([c["moran_p_sim"] for c in one.values()], [c["moran_p_sim"] for c in other.values()])

    def test_without(self):
        for cell in self.hotspots("--permutations", 0).values():
            self.assertIsNotNone(cell["gi_z"])
            self.assertIsNone(cell["gi_p_sim"])
            self.assertIsNone(cell["moran_p_sim"])
        self.assertEqual(self.fact("permutations"), "0")
        for cell in self.hotspots("--significance", "none").values():
            self.assertEqual([cell[c] for c in COLUMNS_OUT], [None] * len(COLUMNS_OUT))
        self.assertIsNone(self.fact("permutations"))

    def test_many_cells(self):
        side = 2570  # 257 x 257 cells of 10 m are more than 65,536
        corners = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
        ring = ",".join("%d %d" % (WEST + x * side, SOUTH + y * side) for x, y in corners)
        area = self.write("wide.csv", 'id,WKT\n1,"POLYGON((%s))"\n' % ring)
        for options, draws in (((), 0), (("--permutations", 9), 9)):
            out = self.path("wide.gpkg")
            self.run_hotgrid("hotspots", self.points, "--crs", "EPSG:4547", "--bandwidth", 50, "--cell", 10, "--area",
                             area, "--chance", 0, "--top", 5, "--overwrite", "-q", "-o", out, *options)
            self.assertEqual(self.fact("permutations", "wide.gpkg"), str(draws))
            for z, p in self.query(out, "SELECT gi_z, gi_p_sim FROM hotspot_cells"):
                self.assertIsNotNone(z)
                self.assertEqual(p, 0.1 if draws else None)

    def test_window_too_wide(self):
        p = self.run_hotgrid("hotspots", self.points, "--crs", "EPSG:4547", "--bandwidth", 150, "--cell", CELL,
                             "--area", self.area, "--window", "900km", "-o", self.path("x.gpkg"), code=2)
        self.assertIn("a window of 900000 m", p.stderr)
        self.assertEqual([f for f in self.files() if f.startswith("x")], [])


if __name__ == "__main__":
    main()
