"""`hotgrid hotspots --config`: the file that backtest saves says what its options would say, and they win over it."""
import random

from harness import Case, main

CONFIG = """score: shrunk
cell: 50m
train: all
half_life: 90d
bandwidth: 200m
kernel: triweight
shrinkage: 0.4
"""
SAME = ("--score", "shrunk", "--cell", "50", "--half-life", "90d", "--bandwidth", "200", "--kernel", "triweight",
        "--shrinkage", "0.4")
COLUMNS = "cell_id, score, density_per_km2, count, rank_stability, q_value"


class ForecastConfig(Case):
    def setUp(self):
        super().setUp()
        chance = random.Random(8)
        self.points = self.write("points.csv", "id,x,y,time\n" + "".join(
            "%d,%.1f,%.1f,2019-%02d-11\n" % (i, 400000 + chance.gauss(500, 200), 2440000 + chance.gauss(400, 150),
                                             1 + i % 12) for i in range(200)))
        self.area = self.write("area.csv", 'id,WKT\n1,"POLYGON((400000 2440000,401000 2440000,401000 2440800,'
                                           '400000 2440800,400000 2440000))"\n')
        self.config = self.write("saved.yaml", CONFIG)

    def cells(self, *args, code=0):
        p = self.run_hotgrid("hotspots", self.points, "--crs", "EPSG:4547", "--time", "time", "--area", self.area,
                             "--stability", 5, "--overwrite", "-o", self.path("hot.gpkg"), *args, code=code)
        if code:
            return p.stderr
        return self.query(self.path("hot.gpkg"), "SELECT %s FROM hotspot_cells ORDER BY rank" % COLUMNS)

    def test_same_as_its_options(self):
        self.assertEqual(self.cells("--config", self.config), self.cells(*SAME))
        self.assertNotEqual(self.cells("--config", self.config), self.cells(*SAME[:-1], "0.9"))

    def test_options_win(self):
        self.assertEqual(self.cells("--config", self.config, "--bandwidth", 300, "--half-life", "30d"),
                         self.cells(*SAME[:4], "--bandwidth", 300, "--half-life", "30d", *SAME[8:]))
        for score in ("count", "density"):  # for which the strength of the shrunk score means nothing
            self.assertEqual(self.cells("--config", self.config, "--score", score), self.cells("--score", score,
                                                                                              *SAME[2:-2]))

    def test_refused(self):
        for text, code, *said in (("score: shrunk\nfoo: 1\n", 2, "line 2", "foo"), ("score: [1, 2]\n", 2, "score"),
                                  ("score: banana\n", 2, "banana"), ("train: 365d\n", 2, "365d", "--since"),
                                  ("shrinkage: nan\nscore: shrunk\n", 2, "nan"), ("cell: -5m\n", 2, "-5m"),
                                  ("score: count\nshrinkage: 0.3\n", 2, "shrunk"), ("- a\n", 2, "list"),
                                  ("cell: 300m\nbandwidth: 100m\n", 2, "under one cell"), ("", 3, "empty"),
                                  ("half_life: 0d\n", 2, "0d")):
            with self.subTest(text=text):
                message = self.cells("--config", self.write("bad.yaml", text), code=code)
                for words in said:
                    self.assertIn(words, message)
        self.assertIn("no such file", self.cells("--config", self.path("none.yaml"), code=4))


if __name__ == "__main__":
    main()
