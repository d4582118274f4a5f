"""--score shrunk recomputed from the cells' own counts and densities, and the file of --config."""
import random

from harness import Case, main

WEST, SOUTH, SIDE, CELL = 400000, 2440000, 1000, 100


def rows_text(seed=4, n=400):
    """Two places with repeated addresses and a background, weights of half to two."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        x, y = rng.uniform(1, SIDE - 1), rng.uniform(1, SIDE - 1)
        if rng.random() < 0.5:
            x, y = rng.choice([(333.25, 641.5), (351.5, 612.0), (812.0, 205.5)])
        rows.append("%.2f,%.2f,%.1f" % (WEST + x, SOUTH + y, rng.choice([0.5, 1, 2])))
    return "x,y,w\n" + "\n".join(rows) + "\n"


class HotScore(Case):
    def setUp(self):
        super().setUp()
        self.rows = self.write("rows.csv", rows_text())
        ring = [(0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE), (0, 0)]
        text = ",".join("%d %d" % (WEST + x, SOUTH + y) for x, y in ring)
        self.area = self.write("area.csv", 'id,WKT\n1,"POLYGON((%s))"\n' % text)

    def hotspots(self, *options, code=0):
        args = ["hotspots", self.rows, "--crs", "EPSG:4547", "--area", self.area, "--chance", "0", "--stability", "0",
                "--all-cells", "--overwrite", "-o", self.path("h.gpkg"), *options]
        return self.run_json(*args) if code == 0 else self.run_hotgrid(*args, code=code)

    def cells(self, weight="count"):
        return self.query(self.path("h.gpkg"), "SELECT rank, score, %s, density_per_km2 FROM hotspot_cells "
                          "ORDER BY rank" % weight)

    def check_formula(self, shrinkage, weight="count"):
        cells = self.cells(weight)
        self.assertEqual(len(cells), (SIDE // CELL) ** 2)
        counts, mass = sum(c[2] for c in cells), sum(c[3] for c in cells)
        for _, score, count, density in cells:
            expected = (1 - shrinkage) * count / counts + shrinkage * density / mass
            self.assertAlmostEqual(score, expected, delta=1e-6 * expected)
        self.assertAlmostEqual(sum(c[1] for c in cells), 1, delta=1e-5)
        scores = [c[1] for c in cells]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_formula(self):
        facts = self.hotspots("--score", "shrunk", "--cell", "100", "--bandwidth", "250")
        self.assertEqual(facts["score"], "shrunk")
        self.assertEqual(facts["shrinkage"], 0.5)
        self.check_formula(0.5)
        self.hotspots("--score", "shrunk", "--shrinkage", "0.2", "--cell", "100", "--bandwidth", "250")
        self.check_formula(0.2)

    def test_weights(self):
        self.hotspots("--score", "shrunk", "--shrinkage", "0.3", "--cell", "100", "--bandwidth", "250", "--weight", "w")
        self.check_formula(0.3, "weight")

    def test_ends_are_count_and_density(self):
        ranks = {}
        for name, options in (("count", ["--score", "count"]), ("density", ["--score", "density"]),
                              ("0", ["--score", "shrunk", "--shrinkage", "0"]),
                              ("1", ["--score", "shrunk", "--shrinkage", "1"])):
            self.hotspots(*options, "--cell", "100", "--bandwidth", "250")
            ranks[name] = self.query(self.path("h.gpkg"), "SELECT cell_id FROM hotspot_cells ORDER BY rank")
        self.assertEqual(ranks["0"], ranks["count"])
        self.assertEqual(ranks["1"], ranks["density"])
        self.assertNotEqual(ranks["0"], ranks["1"])

    def test_config(self):
        config = self.write("tuned.yaml", "score: shrunk\ncell: 100m\ntrain: all\nhalf_life: none\n"
                                          "bandwidth: 312.5m\nkernel: epanechnikov\nshrinkage: 0.25\n")
        facts = self.hotspots("--config", config)
        self.assertEqual([facts[k] for k in ("score", "shrinkage", "cell_m", "bandwidth_m", "kernel")],
                         ["shrunk", 0.25, 100, 312.5, "epanechnikov"])
        self.assertEqual(len(facts["config_sha256"]), 64)
        self.check_formula(0.25)
        # What is given wins, wherever it stands.
        facts = self.hotspots("--shrinkage", "0.75", "--config", config, "--bandwidth", "200")
        self.assertEqual([facts[k] for k in ("shrinkage", "bandwidth_m", "cell_m")], [0.75, 200, 100])

    def test_bad_config(self):
        for text, line, said in (("score: shrunk\ncel: 100\n", 2, "cel"), ("cell: 100\nshrinkage: 1.5\n", 2, "from 0 to 1"),
                                 ("train: 365d\n", 1, "all"), ("kernel: round\n", 1, "round"),
                                 ("- score\n", 1, "")):
            p = self.hotspots("--config", self.write("bad.yaml", text), code=2)
            self.assertIn("line %d" % line, p.stderr)
            self.assertIn(said, p.stderr)
        p = self.hotspots("--config", self.path("none.yaml"), code=4)
        self.assertIn("none.yaml", p.stderr)

    def test_shrinkage_alone(self):
        p = self.hotspots("--shrinkage", "0.3", code=2)
        self.assertIn("--score shrunk", p.stderr)

    def test_pile_up(self):
        """An address with as many incidents as all others together decides the selection."""
        text = rows_text() + "%.2f,%.2f,1\n" % (WEST + 950, SOUTH + 950) * 200
        self.rows = self.write("rows.csv", text)
        self.hotspots("--score", "shrunk", "--cell", "100", "--bandwidth", "250", "--budget", "5%")
        changed = self.query(self.path("h.gpkg"), "SELECT count, cells_changed FROM pile_ups ORDER BY count DESC")
        self.assertEqual(changed[0][0], 200)
        self.assertGreaterEqual(changed[0][1], 1)


if __name__ == "__main__":
    main()
