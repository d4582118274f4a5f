"""The same inputs give the same result: run for run, for any number of threads, in any order."""
import hashlib
import random

import numpy

from dumps import differences, dump
from harness import SOURCE, Case, main
import oracle

SAMPLE = SOURCE / "sample_data/pingsha"


class Determinism(Case):
    maxDiff = 3000

    def hotspots(self, out, *args, inputs=None):
        """Each run in a folder of its own, under the same file name, as the project names its file."""
        folder = self.dir / out
        folder.mkdir()
        path = folder / "hot.gpkg"
        inputs = inputs or (
            SAMPLE / "crime_gbk.csv", "--datum", "gcj02", "--stream", "crime", "--id", "案件编号",
            SAMPLE / "fire.geojson", "--stream", "fire", "--weight", "weight",
            SAMPLE / "city_management.gpkg", "--layer", "cases")
        self.run_hotgrid("hotspots", *inputs, "--area", SAMPLE / "boundary.gpkg", "--places",
                         SAMPLE / "places.gpkg:places", "--bandwidth", "400m", "--cell", "100",
                         "--all-incidents", *args, "-q", "-o", path)
        return path

    def assert_same(self, a, b):
        x, y = dump(a), dump(b)
        self.assertEqual(x == y, True, differences(x, y))
        for suffix in ("_density.tif", "_density.qml"):
            hashes = [hashlib.sha256((p.parent / ("hot" + suffix)).read_bytes()).hexdigest()
                      for p in (a, b)]
            self.assertEqual(*hashes, suffix)

    def test_twice(self):
        self.assert_same(self.hotspots("a"), self.hotspots("b"))

    def test_threads(self):
        first = self.hotspots("1", "--threads", "1", "--all-cells")
        for n in ("2", "7"):
            self.assert_same(first, self.hotspots(n, "--threads", n, "--all-cells"))

    def test_threads_with_edge_correction_and_gaussian(self):
        for edge, kernel in (("uniform", "gaussian"), ("diggle", "triangular")):
            args = ("--edge", edge, "--kernel", kernel, "--chance", "20")
            first = self.hotspots(edge + "1", "--threads", "1", *args)
            self.assert_same(first, self.hotspots(edge + "3", "--threads", "3", *args))

    def test_a_store_loaded_twice(self):
        for name in ("a", "b"):
            (self.dir / name).mkdir()
            self.run_hotgrid("load", SAMPLE / "crime_gbk.csv", "--datum", "gcj02", "--threads",
                             "1" if name == "a" else "7", "-o", self.dir / name / "store.gpkg")
        x, y = (dump(self.dir / name / "store.gpkg") for name in ("a", "b"))
        self.assertEqual(x == y, True, differences(x, y))

    def seeds(self, seed):
        path = self.hotspots("seed" + seed, "--seed", seed)
        return self.query(path, "SELECT cell_id, concentration_chance FROM hotspot_cells ORDER BY rank")

    def test_the_seed_moves_only_the_random_maps(self):
        a, b = self.seeds("1"), self.seeds("2")
        self.assertEqual([r[0] for r in a], [r[0] for r in b])
        self.assertNotEqual(a, b)
        for (_, p), (_, q) in zip(a, b):
            self.assertAlmostEqual(p, q, delta=0.1 * p)


class Order(Case):
    """Rows shuffled, and the input split over two files."""

    def setUp(self):
        super().setUp()
        rng = random.Random(4)
        self.rows = ["%.3f,%.3f,%.2f,%s,2019-%02d-%02d %02d:%02d" % (
            500000 + rng.gauss(1500, 400), 4000000 + rng.gauss(900, 300), rng.uniform(0, 3),
            rng.choice("ab"), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23),
            rng.randint(0, 59)) for _ in range(3000)]
        box = oracle.square(500100, 4000100, 2800, 1650)
        self.area = oracle.write_polygons(self.path("area.gpkg"), [box], 32650)

    def file(self, name, rows):
        return self.write(name, "x,y,w,kind,time\n" + "\n".join(rows) + "\n")

    def run_on(self, out, *inputs):
        self.run_hotgrid("hotspots", "--crs", "EPSG:32650", "--weight", "w", "--stream-col", "kind",
                         *inputs, "--area", self.area, "--bandwidth", "180", "--cell", "30",
                         "--all-cells", "-q", "-o", self.path(out))
        return self.path(out)

    def assert_equal_but_for_rounding(self, a, b):
        columns = [r[1] for r in self.query(a, "PRAGMA table_info(hotspot_cells)")
                   if r[1] not in ("fid", "geom")]
        sql = "SELECT %s FROM hotspot_cells ORDER BY rank" % ", ".join(columns)
        x, y = self.query(a, sql), self.query(b, sql)
        self.assertEqual(len(x), len(y))
        for p, q in zip(x, y):
            for column, u, v in zip(columns, p, q):
                if isinstance(u, float) and v is not None:
                    self.assertAlmostEqual(u, v, delta=1e-12 * abs(u), msg="%s of %s" % (column, p))
                else:
                    self.assertEqual(u, v, "%s of %s" % (column, p))
        areas = "SELECT rank, cells, count, top_stream, peak_hour FROM hotspot_areas ORDER BY rank"
        self.assertEqual(self.query(a, areas), self.query(b, areas))

    def test_shuffled(self):
        first = self.run_on("a.gpkg", self.file("all.csv", self.rows))
        shuffled = self.rows[:]
        random.Random(9).shuffle(shuffled)
        self.assert_equal_but_for_rounding(first, self.run_on("b.gpkg", self.file("all2.csv", shuffled)))

    def test_split(self):
        first = self.run_on("a.gpkg", self.file("all.csv", self.rows))
        parts = self.file("p.csv", self.rows[2100:]), self.file("q.csv", self.rows[:2100])
        self.assert_equal_but_for_rounding(first, self.run_on("b.gpkg", *parts))

    def test_density_raster_of_shuffled_rows(self):
        rasters = []
        for seed in (0, 1):
            rows = self.rows[:]
            random.Random(seed).shuffle(rows)
            out = self.path("d%d.tif" % seed)
            self.run_hotgrid("density", self.file("r%d.csv" % seed, rows), "--crs", "EPSG:32650",
                             "--kernel", "gaussian", "--bandwidth", "60", "--cell", "20", "-q", "-o",
                             out)
            rasters.append(oracle.Raster(out).values)
        numpy.testing.assert_array_equal(*rasters)


if __name__ == "__main__":
    main()
