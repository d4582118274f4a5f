"""Bandwidths that the data choose, and bandwidths by incident, against the definitions in numpy."""
import json

import numpy

from harness import SOURCE, main, shared
import oracle
from test_density_values import DensityCase, EPSG, random_points

SAMPLE = SOURCE / "sample_data" / "pingsha"


class Rule(DensityCase):
    def assert_curve(self, facts, expected):
        curve = facts["bandwidth"]["curve"]
        self.assertEqual(len(curve), 32)
        for point, (h, cv) in zip(curve, expected):
            self.assertAlmostEqual(point["h_m"], h, delta=1e-9 * h)
            self.assertAlmostEqual(point["cv"], cv, delta=1e-9 * abs(cv))
        best = max(expected, key=lambda k: k[1])[0]
        for value in (facts["bandwidth_m"], facts["bandwidth"]["auto_m"]):
            self.assertAlmostEqual(value, best, delta=1e-9 * best)

    def test_default(self):
        x, y, w = random_points(400, seed=10)
        w = w + 0.01
        x[::7], y[::7] = x[3], y[3]  # a pile-up of a seventh
        for weighted in (False, True):
            weights = numpy.round(w, 2) if weighted else numpy.ones(len(x))
            source = self.csv(x, y, weights)
            for kernel, args in (("quartic", []), ("triangular", ["--bandwidth", "auto"]),
                                 ("gaussian", ["--bandwidth", "cv"])):
                with self.subTest(kernel=kernel, weighted=weighted):
                    _, facts = self.density(source, "--kernel", kernel, *args, weight=weighted)
                    self.assertEqual(facts["bandwidth_rule"], "auto")
                    self.assert_curve(facts, oracle.curve(x, y, weights, kernel))
                    for rule in ("silverman", "scott"):
                        expected = getattr(oracle, rule)(x, y, weights, kernel)
                        self.assertAlmostEqual(facts["bandwidth"][rule + "_m"], expected, delta=1e-9 * expected)
                    self.assertFalse(facts["bandwidth"]["sampled"])

    def test_the_cell_is_the_least(self):
        x, y, _ = random_points(300, seed=4)
        source, w = self.csv(x, y), numpy.ones(300)
        least = round(0.5 * oracle.silverman(x, y, w, "quartic"))
        _, facts = self.density(source, "--cell", least)
        self.assert_curve(facts, oracle.curve(x, y, w, "quartic", least))
        p = self.run_hotgrid("density", source, "--crs", "EPSG:%d" % EPSG, "--cell", 4 * least, "--json", "-o",
                             self.path("wide.tif"))
        self.assertEqual(json.loads(p.stdout)["bandwidth_m"], 4 * least)
        self.assertIn("one cell", p.stderr)

    def test_hotspots_and_halo(self):
        """Chosen from the incidents inside the study area alone, the same by both commands."""
        x, y, _ = random_points(300, seed=5)
        inside = x < 500000 + 1600
        ring = [(499900, 3999900), (501600, 3999900), (501600, 4001700), (499900, 4001700), (499900, 3999900)]
        area = self.write("area.csv", 'id,WKT\n1,"POLYGON((%s))"\n' % ",".join("%d %d" % p for p in ring))
        curve = oracle.curve(x[inside], y[inside], numpy.ones(inside.sum()), "quartic")
        source = self.csv(x, y)
        _, facts = self.density(source, "--area", area)
        self.assert_curve(facts, curve)
        self.assertGreater(facts["halo"], 0)
        facts = self.run_json("hotspots", source, "--crs", "EPSG:%d" % EPSG, "--area", area, "--chance", 0,
                              "--stability", 0, "-o", self.path("h.gpkg"))
        self.assert_curve(facts, curve)
        stored = dict(self.query(self.path("h.gpkg"), "SELECT key, value FROM run_info"))
        self.assertEqual(stored["bandwidth_rule"], "auto")
        self.assertAlmostEqual(float(stored["bandwidth.curve[5].h_m"]), curve[5][0], places=6)

    def test_no_cost_where_not_asked(self):
        x, y, _ = random_points(200, seed=6)
        source = self.csv(x, y)
        _, facts = self.density(source, "--bandwidth", "silverman")
        self.assertEqual(set(facts["bandwidth"]), {"silverman_m", "scott_m"})
        _, facts = self.density(source, "--bandwidth", "120")
        self.assertNotIn("bandwidth", facts)
        p = self.run_hotgrid("density", source, "--crs", "EPSG:%d" % EPSG, "-o", self.path("s.tif"))
        line, = [s for s in p.stdout.splitlines() if s.startswith("bandwidth: ")]
        self.assertRegex(line, r"^bandwidth: \S+ m by cross-validation; silverman would be \S+ m, scott \S+ m; "
                               r"32 tried from")

    def test_too_few_locations(self):
        source = self.write("two.csv", "x,y\n" + "500000,4000000\n500300,4000100\n" * 20)
        p = self.run_hotgrid("density", source, "--crs", "EPSG:%d" % EPSG, "-o", self.path("o.tif"), code=3)
        self.assertIn("length", p.stderr)
        self.run_hotgrid("density", source, "--crs", "EPSG:%d" % EPSG, "--bandwidth", "200", "-o", self.path("o.tif"))

    def test_heavy_ties(self):
        """Nine tenths at twenty snapped places 300 m apart: what single points would choose is 0."""
        rng = numpy.random.default_rng(8)
        k = rng.integers(0, 20, 2000)
        x, y = 500000.0 + 300 * (k % 5), 4000000.0 + 300 * (k // 5)
        x[::10] = 500000 + numpy.round(rng.uniform(0, 1200, 200))
        y[::10] = 4000000 + numpy.round(rng.uniform(0, 900, 200))
        _, facts = self.density(self.csv(x, y))
        self.assertLess(facts["bandwidth"]["locations"], 225)
        self.assertGreater(facts["bandwidth_m"], 100)
        self.assert_curve(facts, oracle.curve(x, y, numpy.ones(2000), "quartic"))

    def test_hong_kong(self):
        """29,266 cases at 8,632 buildings."""
        facts = self.run_json("density", shared("hongkong_covid_points", "hk.csv"), "-o", self.path("hk.tif"))
        self.assertEqual(facts["bandwidth"]["locations"], 8632)
        self.assertAlmostEqual(facts["bandwidth_m"], 349.93, places=2)


class Adaptive(DensityCase):
    def test_surface(self):
        x, y, w = random_points(150, seed=12)
        w = numpy.round(w + 0.05, 2)
        x[::9], y[::9] = x[4], y[4]
        source = self.csv(x, y, w)
        for kernel, h0 in (("quartic", 180), ("uniform", 120), ("gaussian", 70)):
            with self.subTest(kernel=kernel):
                raster, facts = self.density(source, "--adaptive", "--kernel", kernel, "--bandwidth", h0, "--cell", "20",
                                             weight=True)
                cx, cy = raster.centres()
                expected, clear = 0.0, True
                h = oracle.abramson(x, y, w, kernel, h0, 20)
                for i in range(len(x)):
                    one, rim = oracle.density(x[i:i + 1], y[i:i + 1], w[i:i + 1], kernel, h[i], cx, cy)
                    expected, clear = expected + one, clear & (rim > 1e-9)
                allowed = 1e-9 * expected.max() + 2.0 ** -24 * expected
                self.assertFalse((clear & (numpy.abs(raster.values - expected) > allowed)).any())
                self.assertTrue((raster.values >= 0).all())
                self.assert_balance(facts, w.sum())
                self.assertAlmostEqual(facts["adaptive"]["low_m"], h.min(), delta=1e-9 * h0)
                self.assertAlmostEqual(facts["adaptive"]["high_m"], h.max(), delta=1e-9 * h0)

    def test_hotspots_threads(self):
        dumps = []
        for threads in (1, 3):
            out = self.path("h%d.gpkg" % threads)
            facts = self.run_json("hotspots", SAMPLE / "crime_gbk.csv", "--datum", "gcj02", "--area",
                                  SAMPLE / "boundary.gpkg", "--adaptive", "--threads", threads, "--chance", 0,
                                  "--stability", 0, "-o", out)
            dumps.append((self.query(out, "SELECT cell_id, score FROM hotspot_cells ORDER BY rank"), facts["mass"],
                          facts["adaptive"]))
        self.assertEqual(dumps[0], dumps[1])
        self.assertGreater(dumps[0][2]["high_m"], 2 * dumps[0][2]["low_m"])

    def test_refusals(self):
        x, y, _ = random_points(50, seed=13)
        source = self.csv(x, y)
        for edge in ("uniform", "diggle"):
            p = self.run_hotgrid("density", source, "--crs", "EPSG:%d" % EPSG, "--adaptive", "--edge", edge,
                                 "--bandwidth", "200", "-o", self.path("o.tif"), code=2)
            self.assertIn("--adaptive --edge " + edge, p.stderr)
        patch = self.write("p.csv", 'id,WKT\n1,"POLYGON((500000 4000000,500100 4000000,500100 4000100,'
                                    '500000 4000000))"\n')
        p = self.run_hotgrid("density", patch, "--crs", "EPSG:%d" % EPSG, "--adaptive", "--bandwidth", "200", "-o",
                             self.path("o.tif"), code=2)
        self.assertIn("polygons", p.stderr)


if __name__ == "__main__":
    main()
