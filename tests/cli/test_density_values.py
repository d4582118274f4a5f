"""`hotgrid density` against a plain sum over all incidents, written from the definitions."""
import contextlib
import io
import math
import pathlib
import re

import numpy

from harness import SOURCE, Case, main, skip
import oracle

EPSG = 32650
WEST, SOUTH = 500000.0, 4000000.0  # near the central meridian of the zone
REAL_TOLERANCE = 1e-9              # of the peak, before Float32
FLOAT32 = 2.0 ** -24               # relative, of one rounding


def random_points(n, seed=1, width=2000.0, height=1500.0):
    """Half of them evenly spread, half in three clumps; to the millimetre, as files hold them."""
    rng = numpy.random.default_rng(seed)
    x = rng.uniform(0, width, n)
    y = rng.uniform(0, height, n)
    clump = rng.integers(0, 6, n)
    for k, (cx, cy) in enumerate([(400, 300), (1500, 1100), (1700, 200)]):
        at = clump == k
        x[at] = rng.normal(cx, 90, at.sum())
        y[at] = rng.normal(cy, 60, at.sum())
    return numpy.round(WEST + x, 3), numpy.round(SOUTH + y, 3), numpy.round(rng.uniform(0, 3, n), 2)


class DensityCase(Case):
    def csv(self, x, y, w=None, name="points.csv", times=None):
        lines = ["x,y" + (",w" if w is not None else "") + (",time" if times else "")]
        for i in range(len(x)):
            row = ["%.3f" % x[i], "%.3f" % y[i]]
            row += ["%.2f" % w[i]] if w is not None else []
            row += [times[i]] if times else []
            lines.append(",".join(row))
        return self.write(name, "\n".join(lines) + "\n")

    def density(self, source, *args, out="density.tif", weight=False):
        path = self.path(out)
        facts = self.run_json("density", source, "--crs", "EPSG:%d" % EPSG,
                              *(["--weight", "w"] if weight else []), *args, "-o", path,
                              "--overwrite")
        return oracle.Raster(path), facts

    def assert_surface(self, raster, x, y, w, kernel, h, cutoff=4.0, mask=None):
        """Every shown cell equals the plain sum to 1e-9 of the peak and one Float32 rounding; cells
        whose centre lies within 1e-9 h of a support's rim are left out."""
        cx, cy = raster.centres()
        expected, rim = oracle.density(x, y, w, kernel, h, cx, cy, cutoff)
        shown = mask if mask is not None else numpy.ones(expected.shape, bool)
        peak = expected[shown].max()
        self.assertGreater(peak, 0)
        off = numpy.abs(raster.values - expected)
        allowed = REAL_TOLERANCE * peak + FLOAT32 * expected
        clear = shown & (rim > 1e-9)
        worst = numpy.where(clear, off - allowed, -numpy.inf).argmax()
        r, c = divmod(int(worst), raster.columns)
        self.assertFalse((clear & (off > allowed)).any(),
                         "%s: cell %d,%d is %.17g, expected %.17g, tolerance %.3g" % (
                             kernel, c, r, raster.values[r, c], expected[r, c], allowed[r, c]))
        beyond = clear & (expected == 0)
        self.assertTrue((raster.values[beyond] == 0).all(), "zero outside every support")
        self.assertTrue((raster.values[shown] >= 0).all(), "never negative")
        if mask is not None:
            self.assertTrue((raster.values[~shown] == oracle.NODATA).all(), "nodata outside the area")
            self.assertEqual(raster.nodata, oracle.NODATA)
        return expected

    def assert_balance(self, facts, total):
        m = facts["mass"]
        self.assertAlmostEqual(m["total"], total, delta=1e-9 * total)
        parts = m["grid"] + m["over_edge"] + m["truncated"] + m["residual"]
        self.assertAlmostEqual(parts, m["total"], delta=1e-9 * total)


class Surface(DensityCase):
    def test_every_kernel(self):
        x, y, _ = random_points(150)
        source = self.csv(x, y)
        for kernel in oracle.KERNELS:
            for h, cell in ((230, 25), (61.7, 20)):
                with self.subTest(kernel=kernel, h=h):
                    raster, facts = self.density(source, "--kernel", kernel, "--bandwidth", h,
                                                 "--cell", cell)
                    self.assertEqual(facts["kernel"], kernel)
                    self.assertEqual(facts["bandwidth_m"], h)
                    self.assertEqual((raster.cell, raster.type), (cell, "Float32"))
                    self.assert_surface(raster, x, y, numpy.ones(len(x)), kernel, h)
                    self.assert_balance(facts, len(x))
                    self.assertLess(abs(facts["mass"]["over_edge"]), 1e-6 * len(x),
                                    "the extent holds every support")

    def test_weights(self):
        x, y, w = random_points(150, seed=2)
        w[3] = 0
        source = self.csv(x, y, w)
        for kernel in ("quartic", "gaussian", "uniform"):
            with self.subTest(kernel=kernel):
                raster, facts = self.density(source, "--kernel", kernel, "--bandwidth", "90",
                                             "--cell", "15.5", weight=True)
                self.assert_surface(raster, x, y, w, kernel, 90)
                self.assert_balance(facts, w.sum())

    def test_centimetre_cells_and_one_cell_bandwidth(self):
        x, y, _ = random_points(60, seed=3, width=300, height=200)
        source = self.csv(x, y)
        raster, _ = self.density(source, "--bandwidth", "9.37", "--cell", "9.37m")
        self.assertAlmostEqual(raster.cell, 9.37, places=12)
        self.assert_surface(raster, x, y, numpy.ones(len(x)), "quartic", 9.37)

    def test_points_on_corners_edges_and_outside_the_bounds(self):
        x = WEST + numpy.array([0, 100, 150, 200.0, 400, 430, -60, 205, 1000])
        y = SOUTH + numpy.array([0, 100, 100, 175.0, 300, 150, -20, 360, 1000])
        source = self.csv(x, y)
        bounds = "%f,%f,%f,%f" % (WEST, SOUTH, WEST + 400, SOUTH + 300)
        for kernel in oracle.KERNELS:
            with self.subTest(kernel=kernel):
                raster, facts = self.density(source, "--kernel", kernel, "--bandwidth", "77",
                                             "--cell", "25", "--bounds", bounds)
                self.assertEqual((raster.columns, raster.rows), (16, 12))
                self.assert_surface(raster, x, y, numpy.ones(len(x)), kernel, 77)
                self.assert_balance(facts, len(x))
                on_grid = raster.values.sum() * 25 * 25 / 1e6
                self.assertAlmostEqual(facts["mass"]["grid"], on_grid, delta=1e-6)
                # the lattice beyond the bounds holds the rest, in the same sampling
                cx, cy = oracle.centres(WEST - 1500, SOUTH + 2500, 25, 140, 160)
                whole, _ = oracle.density(x, y, numpy.ones(len(x)), kernel, 77, cx, cy)
                lattice = whole.sum() * 625 / 1e6
                self.assertAlmostEqual(facts["mass"]["over_edge"], lattice - on_grid, delta=1e-5)

    def test_cutoff_and_what_it_loses(self):
        x, y, _ = random_points(80, seed=4)
        source = self.csv(x, y)
        for cutoff in (2, 3.5):
            raster, facts = self.density(source, "--kernel", "gaussian", "--bandwidth", "50",
                                         "--cell", "20", "--cutoff", cutoff)
            self.assert_surface(raster, x, y, numpy.ones(80), "gaussian", 50, cutoff)
            self.assertAlmostEqual(facts["mass"]["truncated"], 80 * math.exp(-cutoff ** 2 / 2),
                                   delta=1e-9)
            self.assert_balance(facts, 80)

    def test_sampling_residual_of_a_point(self):
        """A single event's mass on the lattice: within the few per cent the cell size allows."""
        source = self.csv([WEST + 3.21], [SOUTH + 7.89])
        for cells, most in ((1, 0.25), (2, 0.05), (5, 0.002)):
            _, facts = self.density(source, "--bandwidth", 10 * cells, "--cell", 10)
            self.assertLess(abs(facts["mass"]["residual"]), most, "h = %d cells" % cells)

    def test_many_at_one_place_beside_a_lone_one(self):
        x = WEST + numpy.array([100.0] * 20000 + [900.0])
        y = SOUTH + numpy.array([100.0] * 20000 + [130.0])
        raster, _ = self.density(self.csv(x, y), "--bandwidth", "120", "--cell", "10")
        self.assert_surface(raster, numpy.array([x[0], x[-1]]), numpy.array([y[0], y[-1]]),
                            numpy.array([20000.0, 1.0]), "quartic", 120)


class Area(DensityCase):
    RING = [(130, 110), (1820, 60), (1930, 900), (1200, 1390), (700, 1050), (260, 1330)]
    HOLE = [(900, 400), (1150, 420), (1100, 700), (880, 690)]

    def area(self):
        shift = lambda ring: [(WEST + px, SOUTH + py) for px, py in ring]
        geometry = oracle.polygon(shift(self.RING), shift(self.HOLE)[::-1])
        return geometry, oracle.write_polygons(self.path("area.gpkg"), [geometry], EPSG)

    def counted(self, geometry, x, y, support):
        """The incidents in the area, and those with the halo."""
        from osgeo import ogr
        within = oracle.inside(geometry, x, y)
        distance = numpy.array([geometry.Distance(ogr.CreateGeometryFromWkt("POINT(%r %r)" % p))
                                for p in zip(x.tolist(), y.tolist())])
        return within, within | (distance < support)

    def test_mask_halo_and_extent(self):
        x, y, w = random_points(300, seed=5)
        geometry, area = self.area()
        raster, facts = self.density(self.csv(x, y, w), "--area", area, "--bandwidth", "100",
                                     "--cell", "20", weight=True)
        xmin, xmax, ymin, ymax = geometry.GetEnvelope()
        box = oracle.snapped((xmin, ymin, xmax, ymax), 20)
        got = (raster.west, raster.north - 20 * raster.rows, raster.west + 20 * raster.columns,
               raster.north)
        self.assertEqual(got, box)
        mask = oracle.shares(geometry, raster) > 1e-9
        within, near = self.counted(geometry, x, y, 100)
        self.assertEqual(facts["halo"], int(near.sum() - within.sum()))
        self.assertEqual(facts["rejected"], int((~near).sum()))
        self.assert_surface(raster, x[near], y[near], w[near], "quartic", 100, mask=mask)
        self.assert_balance(facts, w[near].sum())

    def edge(self, name, h, cell):
        x, y, w = random_points(160, seed=6)
        geometry, area = self.area()
        raster, facts = self.density(self.csv(x, y, w), "--area", area, "--bandwidth", h,
                                     "--cell", cell, "--edge", name, weight=True)
        within, _ = self.counted(geometry, x, y, h)
        return raster, facts, geometry, x[within], y[within], w[within]

    def test_edge_uniform(self):
        h, cell = 200, 20
        raster, facts, geometry, x, y, w = self.edge("uniform", h, cell)
        cx, cy = raster.centres()
        plain, _ = oracle.density(x, y, w, "quartic", h, cx, cy)
        shown = numpy.argwhere((raster.values != oracle.NODATA) & (plain > 0))
        share = oracle.shares(geometry, raster)
        rng = numpy.random.default_rng(1)
        for r, c in rng.permutation(shown)[:60]:
            if share[r, c] < 0.5:
                continue  # centres outside the area have an e that a sub-grid cannot settle to 1 %
            e = oracle.kernel_mass_inside(geometry, "quartic", h, cx[c], cy[r])
            expected = plain[r, c] / e
            self.assertAlmostEqual(raster.values[r, c], expected, delta=0.01 * expected,
                                   msg="cell %d,%d with e = %.4f" % (c, r, e))
        self.assertFalse(facts["mass"].get("conserved", False), "uniform conserves no mass")

    def test_edge_diggle(self):
        h, cell = 200, 20
        raster, facts, geometry, x, y, w = self.edge("diggle", h, cell)
        cx, cy = raster.centres()
        e = numpy.array([oracle.kernel_mass_inside(geometry, "quartic", h, *p) for p in zip(x, y)])
        expected, _ = oracle.density(x, y, w / e, "quartic", h, cx, cy)
        share = oracle.shares(geometry, raster)
        shown = share > 0.5
        off = numpy.abs(raster.values - expected)[shown]
        self.assertLess((off / expected.max()).max(), 0.01, "of the peak")
        kept = (numpy.where(share > 0, raster.values, 0) * share).sum() * cell * cell / 1e6
        self.assertAlmostEqual(kept, w.sum(), delta=1e-3 * w.sum())
        self.assertAlmostEqual(facts["mass"]["grid"], kept, delta=1e-6 * kept)
        self.assert_balance(facts, w.sum())

    def test_edge_diggle_within_bounds(self):
        """What of the area lies within --bounds is the area: mass is kept, nothing comes from beyond."""
        x, y, w = random_points(200, seed=18)
        geometry, area = self.area()
        box = (WEST + 400, SOUTH + 200, WEST + 1400, SOUTH + 1000)
        raster, facts = self.density(self.csv(x, y, w), "--area", area, "--bandwidth", "200", "--cell",
                                     "20", "--edge", "diggle", "--bounds", "%f,%f,%f,%f" % box,
                                     weight=True)
        part = geometry.Intersection(oracle.square(box[0], box[1], box[2] - box[0], box[3] - box[1]))
        within = oracle.inside(part, x, y)
        share = oracle.shares(part, raster)
        kept = (numpy.where(share > 0, raster.values, 0) * share).sum() * 400 / 1e6
        self.assertAlmostEqual(kept, w[within].sum(), delta=1e-3 * kept)
        self.assert_balance(facts, w[within].sum())

    def test_edges_agree_where_the_support_lies_inside(self):
        rasters = {e: self.edge(e, 60, 20)[0].values for e in ("none", "uniform", "diggle")}
        # the middle of the area's western part, more than two supports from any side
        r, c = 40, 20
        values = [rasters[e][r:r + 6, c:c + 8] for e in ("none", "uniform", "diggle")]
        self.assertTrue((values[0] > 0).any())
        numpy.testing.assert_allclose(values[1], values[0], rtol=2e-7)
        numpy.testing.assert_allclose(values[2], values[0], rtol=2e-7)


class Rules(DensityCase):
    def test_silverman_and_scott(self):
        for seed, weighted in ((7, False), (8, True), (9, False)):
            x, y, w = random_points(121 + seed, seed=seed)
            source = self.csv(x, y, w)
            w = w if weighted else numpy.ones(len(x))
            for kernel in oracle.KERNELS:
                for rule in ("silverman", "scott"):
                    with self.subTest(kernel=kernel, rule=rule, weighted=weighted):
                        _, facts = self.density(source, "--bandwidth", rule, "--kernel", kernel,
                                                "--cell", "50", weight=weighted)
                        expected = getattr(oracle, rule)(x, y, w, kernel)
                        self.assertAlmostEqual(facts["bandwidth_m"], expected,
                                               delta=1e-9 * expected)

    def test_auto_cell(self):
        x, y, _ = random_points(90, seed=11)
        source = self.csv(x, y)
        for h, width, height in ((500, 2000, 1500), (100, 2000, 1500), (500, 20000, 15000),
                                 (2500, 60000, 50000), (20000, 90000, 90000), (130, 900, 9000),
                                 (125, 3000, 1250), (124.9, 3000, 1250)):
            bounds = "%f,%f,%f,%f" % (WEST, SOUTH, WEST + width, SOUTH + height)
            _, facts = self.density(source, "--bandwidth", h, "--bounds", bounds, "--cell", "auto")
            self.assertEqual(facts["cell_m"], oracle.auto_cell(h, min(width, height)),
                             "h %g, %g x %g" % (h, width, height))
        _, facts = self.density(source, "--kernel", "gaussian", "--bandwidth", "100", "--bounds",
                                "%f,%f,%f,%f" % (WEST, SOUTH, WEST + 9000, SOUTH + 9000))
        self.assertEqual(facts["cell_m"], 50, "the Gaussian's support is 4 sigma")

    def test_extent_without_area_is_the_points_box_and_the_support(self):
        x, y, _ = random_points(40, seed=12)
        source = self.csv(x, y)
        for kernel, h in (("quartic", 130.0), ("gaussian", 40.0)):
            raster, _ = self.density(source, "--kernel", kernel, "--bandwidth", h, "--cell", "35")
            s = oracle.support(kernel, h)
            box = oracle.snapped((x.min() - s, y.min() - s, x.max() + s, y.max() + s), 35)
            got = (raster.west, raster.north - 35 * raster.rows, raster.west + 35 * raster.columns,
                   raster.north)
            self.assertEqual(got, box)
            self.assertNotIn(oracle.NODATA, raster.values, "unmasked without --area")

    def test_bounds_snap_outward(self):
        x, y, _ = random_points(40, seed=13)
        raster, _ = self.density(self.csv(x, y), "--bandwidth", "100", "--cell", "40", "--bounds",
                                 "%f,%f,%f,%f" % (WEST + 1, SOUTH + 39, WEST + 401, SOUTH + 440))
        first = math.floor((WEST + 1) / 40) * 40
        self.assertEqual(raster.west, first)
        self.assertEqual(raster.north, math.ceil((SOUTH + 440) / 40) * 40)
        self.assertEqual((raster.west / 40) % 1, 0)
        self.assertEqual((raster.north / 40) % 1, 0)

    def test_peak_and_peak_per_year(self):
        x, y, _ = random_points(30, seed=14)
        times = ["2019-03-%02d 08:00" % (k % 28 + 1) for k in range(28)]
        times += ["2018-01-01 00:30", "2020-06-30 18:00"]
        raster, facts = self.density(self.csv(x, y, times=times), "--bandwidth", "150", "--cell", "30")
        peak = raster.values.max()
        self.assertAlmostEqual(facts["peak_density_per_km2"], peak, delta=1e-6 * peak)
        days = 911 + 17.5 / 24  # from 1 January 2018, 00:30, to 30 June 2020, 18:00
        self.assertAlmostEqual(facts["peak_density_per_km2_year"], peak / (days / 365.2425),
                               delta=1e-6 * peak)

    def test_loaded_store_gives_the_same_surface(self):
        """Longitudes and latitudes, through a store and directly."""
        source = SOURCE / "sample_data/memphis/memphis_robberies_2019.csv"
        store = self.path("store.gpkg")
        self.run_hotgrid("load", source, "-o", store)
        with_store, without = self.path("a.tif"), self.path("b.tif")
        args = ("--bandwidth", "900", "--cell", "200")
        self.run_hotgrid("density", store, "--layer", "incidents", *args, "-o", with_store)
        facts = self.run_json("density", source, *args, "-o", without)
        a, b = oracle.Raster(with_store), oracle.Raster(without)
        self.assertEqual((a.west, a.north, a.values.shape), (b.west, b.north, b.values.shape))
        numpy.testing.assert_allclose(a.values, b.values, rtol=1e-6, atol=1e-9)
        points = numpy.array([oracle.point_of(r[0])
                              for r in self.query(store, "SELECT geom FROM incidents")])
        self.assertEqual(len(points), facts["accepted"])
        some = numpy.argsort(points[:, 1])[:400]  # the southern rows see the southern points only
        top = points[some, 1].max() - 900 - 200
        cx, cy = b.centres()
        rows = numpy.flatnonzero(cy < top)
        self.assertGreater(len(rows), 3)
        expected, _ = oracle.density(points[some, 0], points[some, 1], numpy.ones(len(some)),
                                     "quartic", 900, cx, cy[rows])
        numpy.testing.assert_allclose(b.values[rows], expected, rtol=1e-6, atol=1e-9 * b.values.max())


class Cog(DensityCase):
    def test_delivered_form(self):
        x, y, _ = random_points(50, seed=15)
        raster, facts = self.density(self.csv(x, y), "--bandwidth", "50", "--cell", "2.5")
        self.assertGreater(min(raster.rows, raster.columns), 512)
        self.assertEqual(raster.layout, "COG")
        self.assertGreater(raster.overviews, 0)
        self.assertEqual(raster.description, "Incident density")
        self.assertEqual(raster.srs.GetAuthorityCode(None), str(EPSG))
        qml = pathlib.Path(self.path("density.qml")).read_text(encoding="utf-8")
        self.assertIn("singlebandpseudocolor", qml)
        self.assertEqual(self.files(), ["density.qml", "density.tif", "points.csv"])
        self.validate(self.path("density.tif"))

    def test_legend_in_readable_numbers(self):
        x, y, _ = random_points(30, seed=17)
        source = self.csv(x, y)
        for h in (60, 77, 110, 150, 190, 260, 500, 1300):
            self.density(source, "--bandwidth", h, "--cell", "50")
            qml = pathlib.Path(self.path("density.qml")).read_text(encoding="utf-8")
            labels = re.findall(r'<item [^>]*label="([^"]+)"', qml)
            self.assertTrue(labels)
            for label in labels:
                number = re.findall(r"[0-9][0-9.e+-]*", label)[-1]
                self.assertEqual(number, "%.6g" % float(number), label)

    def test_a_small_one_and_chinese(self):
        x, y, _ = random_points(20, seed=16)
        raster, _ = self.density(self.csv(x, y), "--bandwidth", "100", "--cell", "50", "--lang", "zh")
        self.assertEqual(raster.description, "事件密度")
        self.validate(self.path("density.tif"))

    def validate(self, path):
        try:
            from osgeo_utils.samples import validate_cloud_optimized_geotiff as validator
        except ImportError:
            skip("GDAL's validator of cloud-optimised GeoTIFFs is not installed")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = validator.main(["validate", "-q", path])
        warnings, errors, _ = validator.validate(path)
        self.assertEqual((code, errors, warnings), (0, [], []), said.getvalue())


if __name__ == "__main__":
    main()
