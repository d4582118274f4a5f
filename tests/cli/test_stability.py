"""rank_stability through the command: found by hand, bounded, summed up, the same for any threads."""
import sqlite3

from harness import SOURCE, Case, main
from test_determinism import differences, dump

SAMPLE = SOURCE / "sample_data/pingsha"
MEMPHIS = SOURCE / "sample_data/memphis"
SQUARE = 'id,WKT\n1,"POLYGON((400000 2440000,400200 2440000,400200 2440200,400000 2440200,400000 2440000))"\n'


class Stability(Case):
    def hotspots(self, name, *args):
        folder = self.dir / name
        folder.mkdir()
        out = folder / "hot.gpkg"
        self.last = self.run_hotgrid("hotspots", *args, "-o", out)
        return out

    def memphis(self, name, *args):
        return self.hotspots(name, MEMPHIS / "memphis_robberies_2019.csv", "--area",
                             MEMPHIS / "memphis_precincts.gpkg", "--cell", "500", "--chance", "0", *args)

    def info(self, path, key):
        rows = self.query(path, "SELECT value FROM run_info WHERE key = ?", key)
        return rows[0][0] if rows else None

    def cells(self, path):
        return self.query(path, "SELECT cell_id, rank_stability FROM hotspot_cells ORDER BY rank")

    def test_one_pile(self):
        """30 incidents in the middle of a cell: 3/4 of it on each axis, 1/8 of the next."""
        points = self.write("pile.csv", "id,x,y\n" + "".join("%d,400075,2440125\n" % i for i in range(30)))
        for score in ("density", "count"):
            out = self.hotspots(score, points, "--crs", "EPSG:4547", "--area", self.write("square.csv", SQUARE),
                                "--bandwidth", "100", "--cell", "50", "--top", "1", "--all-cells", "--score", score,
                                "--stability", "10000")
            want = {(0, 0): 9 / 16, (1, 0): 3 / 32, (1, 1): 1 / 64}
            got = dict(self.cells(out))
            self.assertEqual(len(got), 16)
            for i in range(4):
                for j in range(4):
                    expected = want.get(tuple(sorted((abs(i - 1), abs(j - 2)), reverse=True)), 0)
                    # a quantity from 0 to 1 has a variance of at most m (1 - m)
                    self.assertAlmostEqual(got["c50E%dN%d" % (8000 + i, 48800 + j)], expected,
                                           delta=4 * (expected * (1 - expected) / 10000) ** 0.5)

    def test_bounds_means_and_summary(self):
        out = self.memphis("all", "--all-cells", "--stability", "40")
        cells = self.query(out, "SELECT rank_stability, cum_area_share FROM hotspot_cells ORDER BY rank")
        values = [v for v, _ in cells]
        self.assertTrue(all(0 <= v <= 1 for v in values))
        selected = int(self.info(out, "cells_selected"))
        shares = [b - a for a, b in zip([0] + [c for _, c in cells], [c for _, c in cells])]
        given = sum(v * s for v, s in zip(values, shares)) * float(self.info(out, "area_km2"))
        limit = float(self.info(out, "selected_area_km2"))
        self.assertLessEqual(given, limit * (1 + 1e-6))  # the float shares of cells bear so much
        self.assertGreater(given, 0.9 * limit)
        mean = sum(v * s for v, s in zip(values[:selected], shares)) / sum(shares[:selected])
        self.assertAlmostEqual(mean, float(self.info(out, "stability.mean")), delta=1e-9)
        self.assertEqual(self.info(out, "stability.runs"), "40")
        self.assertIn("keep %.0f %% of their place over 40 runs" % (100 * mean), self.last.stdout)
        self.assertGreater(mean, sum(values[selected:]) / len(values[selected:]))
        areas = self.query(out, "SELECT rank_stability, area_km2 FROM hotspot_areas")
        whole = sum(v * a for v, a in areas) / sum(a for _, a in areas)
        self.assertAlmostEqual(whole, mean, delta=1e-9)

    def test_adaptive_and_shrunk(self):
        """Every score has runs of its own."""
        means = {}
        for name, *args in (("density",), ("adaptive", "--adaptive"), ("count", "--score", "count"),
                            ("shrunk", "--score", "shrunk"), ("both", "--score", "shrunk", "--adaptive"),
                            ("aged", "--score", "shrunk", "--half-life", "30d")):
            out = self.memphis(name, "--stability", "20", "--threads", "1", *args)
            again = self.memphis(name + "3", "--stability", "20", "--threads", "3", *args)
            self.assertEqual(self.cells(out), self.cells(again))
            self.assertTrue(all(0 <= v <= 1 for _, v in self.cells(out)), name)
            means[name] = float(self.info(out, "stability.mean"))
        self.assertEqual(len(set(means.values())), len(means), means)
        self.assertTrue(means["count"] < means["shrunk"] < means["density"], means)

    def test_shrunk_with_patches(self):
        points = self.write("pile.csv", "id,x,y\n" + "".join("%d,400075,2440125\n" % i for i in range(30)))
        patch = self.write("patch.csv", SQUARE.replace("400200", "400100"))
        args = (points, "--crs", "EPSG:4547", patch, "--crs", "EPSG:4547", "--area", self.write("square.csv", SQUARE),
                "--bandwidth", "100", "--cell", "50")
        out = self.hotspots("none", *args, "--score", "shrunk")
        self.assertEqual({v for _, v in self.cells(out)}, {None})
        self.assertIn("rank_stability is not made", self.last.stderr)
        out = self.hotspots("made", *args)
        self.assertNotIn(None, [v for _, v in self.cells(out)])

    def test_off(self):
        out = self.memphis("off", "--stability", "0")
        self.assertEqual(self.info(out, "stability.runs"), "0")
        self.assertIsNone(self.info(out, "stability.mean"))
        for table in ("hotspot_cells", "hotspot_areas"):
            self.assertEqual({r for r, in self.query(out, "SELECT rank_stability FROM %s" % table)}, {None})
        self.assertNotIn("stability", self.last.stdout)

    def test_seed_runs_and_default(self):
        one = self.cells(self.memphis("one", "--stability", "30"))
        other = self.cells(self.memphis("other", "--stability", "30", "--seed", "8"))
        self.assertEqual([c for c, _ in one], [c for c, _ in other])
        self.assertNotEqual(one, other)
        self.assertEqual(self.cells(self.memphis("default")), self.cells(self.memphis("hundred", "--stability", "100")))

    def test_threads_with_patches_and_edges(self):
        """Patches are drawn whole: their heat on all their cells comes and goes at once."""
        patches = SAMPLE / "land.gpkg"
        db = sqlite3.connect("file:%s?mode=ro" % patches, uri=True)
        layer = [n for n, in db.execute("SELECT table_name FROM gpkg_geometry_columns")][0]
        db.close()
        for edge in ("none", "uniform", "diggle"):
            args = (SAMPLE / "crime_gbk.csv", "--datum", "gcj02", patches, "--layer", layer, "--area",
                    SAMPLE / "boundary.gpkg", "--bandwidth", "600", "--cell", "200", "--chance", "0", "--edge", edge,
                    "--stability", "9", "-q", "--threads")
            first, second = (self.hotspots("%s%d" % (edge, n), *args, n) for n in (1, 5))
            self.assertGreater(float(self.info(first, "patches.accepted")), 0)
            self.assertGreater(float(self.info(first, "stability.mean")), 0.3)
            a, b = dump(first), dump(second)
            self.assertEqual(a == b, True, differences(a, b))


if __name__ == "__main__":
    main()
