"""Every column of `hotgrid hotspots`, recomputed from its incidents, its raster and the study area.

The definitions are those of docs/methods: area and rank, shares, concentration, composition.
"""
import collections
import datetime
import fractions
import math
import os

import numpy
from osgeo import ogr, osr

from harness import SOURCE, Case, main
import oracle

EPSG = 32650
WEST, SOUTH = 500000.0, 4000000.0
FLOAT32 = 2.0 ** -23  # shares of cells and scores are kept as Float32
STREAMS = ("盗窃", "交通 事故", "fire-2")
RING = [(130, 110), (1820, 60), (1930, 900), (1200, 1390), (700, 1050), (260, 1330)]
HOLE = [(900, 400), (1150, 420), (1100, 700), (880, 690)]
CLUMPS = [(400, 300), (1500, 500), (1700, 200), (450, 1000)]


def study_area():
    shift = lambda ring: [(WEST + x, SOUTH + y) for x, y in ring]
    return oracle.polygon(shift(RING), shift(HOLE)[::-1])


def random_rows(n, seed, streams=STREAMS):
    """x, y, weight, stream, time: clumps with a stream and an hour of their own, and a background."""
    rng = numpy.random.default_rng(seed)
    rows = []
    for _ in range(n):
        clump = int(rng.integers(0, 2 * len(CLUMPS)))
        stream = int(rng.integers(0, len(streams)))
        day, minute = int(rng.integers(0, 600)), int(rng.integers(0, 1440))
        x, y = rng.uniform(0, 2000), rng.uniform(0, 1450)
        if clump < len(CLUMPS):
            x, y = rng.normal(CLUMPS[clump][0], 55), rng.normal(CLUMPS[clump][1], 45)
            if rng.uniform() < 0.5:
                stream = clump % len(streams)
                minute = (17 + clump) % 24 * 60 + int(rng.integers(1, 59))
        when = datetime.datetime(2018, 1, 1) + datetime.timedelta(days=day, minutes=minute)
        rows.append((round(WEST + x, 3), round(SOUTH + y, 3), round(float(rng.uniform(0, 4)), 2),
                     streams[stream], when.strftime("%Y-%m-%d %H:%M")))
    return rows


def csv_text(rows):
    quoted = lambda text: '"%s"' % text.replace('"', '""')
    return "x,y,w,kind,time\n" + "".join(
        "%.3f,%.3f,%.2f,%s,%s\n" % (*r[:3], quoted(r[3]), r[4]) for r in rows)


def binomial_tail(k, n, part, whole):
    """P(Bin(n, part/whole) >= k) in whole numbers; divided once, at the end."""
    term = sum(math.comb(n, i) * part ** i * (whole - part) ** (n - i) for i in range(k, n + 1))
    total = whole ** n
    shift = max(0, total.bit_length() - 900)
    return (term >> shift) / (total >> shift)


class Expected:
    """What the cells of a result should hold."""

    def __init__(self, result, geometry, score="density"):
        raster = result.raster
        self.result, self.c = result, raster.cell
        self.share = oracle.shares(geometry, raster)
        self.share[self.share < 1e-9] = 0
        self.a = self.share * self.c ** 2
        self.area = self.a.sum()
        self.inside = oracle.inside(geometry, result.x, result.y)
        self.top = round(raster.north / self.c) - 1
        self.left = round(raster.west / self.c)
        self.col = numpy.floor(result.x / self.c).astype(int) - self.left
        self.row = self.top - numpy.floor(result.y / self.c).astype(int)
        # with --bounds, A is what of the area lies on the grid, and so are its incidents
        self.within = self.inside & (self.col >= 0) & (self.col < raster.columns) & (
            self.row >= 0) & (self.row < raster.rows)
        self.w = numpy.array([i["weight"] for i in result.incidents], float)
        self.members = collections.defaultdict(list)
        for k in numpy.flatnonzero(self.within):
            self.members[self.row[k], self.col[k]].append(k)
        self.total = int(self.within.sum())
        self.total_weight = self.w[self.within].sum()
        self.overall = collections.Counter(
            result.incidents[k]["stream"] for k in numpy.flatnonzero(self.within))
        self.order = sorted(map(tuple, numpy.argwhere(self.share > 0)),
                            key=lambda rc: (-self.score(rc, score), -len(self.members[rc]), -rc[0],
                                            rc[1]))
        self.scored = [self.score(rc, score) for rc in self.order]

    def score(self, rc, kind):
        return len(self.members[rc]) if kind == "count" else self.result.raster.values[rc]

    def cell_id(self, rc):
        return "c%sE%dN%d" % (("%f" % self.c).rstrip("0").rstrip("."), self.left + rc[1],
                              self.top - rc[0])

    def prefix(self, budget_m2=None, top=None):
        """How many cells the budget selects."""
        taken, n = 0.0, 0
        for rc, score in zip(self.order, self.scored):
            taken += self.a[rc]
            over = n >= top if top else taken > budget_m2 * (1 + 1e-9)
            if score <= 0 or (n > 0 and over):
                break
            n += 1
        return n

    def composition(self, members):
        """n per stream, (top stream, its quotient or None)."""
        counts = collections.Counter(self.result.incidents[k]["stream"] for k in members)
        n, best = len(members), None
        for stream, n_sc in counts.items():
            pi = self.overall[stream] / self.total
            if n_sc < 3:
                continue
            p = binomial_tail(n_sc, n, self.overall[stream], self.total)
            if p <= 0.05 / len(self.overall) and (best is None or p < best[0]):
                best = (p, stream, ((n_sc + 10 * pi) / (n + 10)) / pi)
        return counts, best[1:] if best else ("mixed", None)

    def times(self, members):
        """Start and end of those with a time; one moment where there is no end."""
        moment = lambda text: datetime.datetime.fromisoformat(text.rstrip("Z"))
        rows = [self.result.incidents[k] for k in members]
        return [(moment(r["t_start"]), moment(r["t_end"] or r["t_start"])) for r in rows if r["t_start"]]

    def areas(self, n):
        """Cells of the first n joined by edges, areas in the order of their best cell."""
        chosen, seen, found = self.order[:n], set(), []
        pool = set(chosen)
        for rc in chosen:
            if rc in seen:
                continue
            part, todo = [], [rc]
            seen.add(rc)
            while todo:
                r, c = todo.pop()
                part.append((r, c))
                for beside in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                    if beside in pool and beside not in seen:
                        seen.add(beside)
                        todo.append(beside)
            found.append(part)
        return found

    def square(self, rc):
        return oracle.square(self.result.raster.west + rc[1] * self.c,
                             self.result.raster.north - (rc[0] + 1) * self.c, self.c, self.c)


def peak(times, n, unit_s, number):
    """The fullest of n units when each interval is spread over those it meets, the earliest of equals; None
    where fewer than 20 intervals are shorter than all units together."""
    sums, unit = collections.defaultdict(fractions.Fraction), datetime.timedelta(seconds=unit_s)
    for start, end in times:
        at = datetime.datetime.min + (start - datetime.datetime.min) // unit * unit
        if end <= start:
            sums[number(at)] += 1
        while start < end and at < end:
            seconds = (min(end, at + unit) - max(start, at)).total_seconds()
            sums[number(at)] += fractions.Fraction(int(seconds), int((end - start).total_seconds()))
            at += unit
    said = sum(end - start < n * unit for start, end in times)
    return max(range(n), key=lambda v: (sums[v], -v)) if said >= 20 else None


class HotspotsCase(Case):
    def hotspots(self, source, *args, out="hot.gpkg"):
        self.run_hotgrid("hotspots", source, *args, "-o", self.path(out), "--overwrite", "-q")
        return oracle.Result(self.path(out))

    def near(self, value, expected, relative, what):
        self.assertAlmostEqual(value, expected, delta=relative * max(abs(expected), 1e-300),
                               msg="%s: %r, expected %r" % (what, value, expected))

    def assert_cells(self, result, e, defaults=()):
        """Order and every column of hotspot_cells."""
        self.assertEqual([c["rank"] for c in result.cells], list(range(1, len(result.cells) + 1)))
        self.assertEqual([c["cell_id"] for c in result.cells],
                         [e.cell_id(rc) for rc in e.order[:len(result.cells)]])
        cum_w = cum_a = 0.0
        for cell, rc, score in zip(result.cells, e.order, e.scored):
            what = "cell %s" % cell["cell_id"]
            members = e.members[rc]
            w = e.w[members].sum()
            cum_w, cum_a = cum_w + w, cum_a + e.a[rc]
            self.assertEqual(cell["score"], score, what)
            self.assertEqual(cell["density_per_km2"], result.raster.values[rc], what)
            self.assertEqual(cell["count"], len(members), what)
            for column, expected, tolerance in (
                    ("weight", w, 1e-12), ("share", w / e.total_weight, 1e-12),
                    ("expected", e.total_weight * e.a[rc] / e.area, 4 * FLOAT32),
                    ("cum_share", cum_w / e.total_weight, 1e-11),
                    ("cum_area_share", cum_a / e.area, 4 * FLOAT32),
                    ("concentration", cum_w / e.total_weight / (cum_a / e.area), 4 * FLOAT32)):
                self.near(cell[column], expected, tolerance, what + " " + column)
            self.assert_composition(cell, e, members, defaults, what)
            counts, _ = e.composition(members)
            for column, stream in result.streams.items():
                self.assertEqual(cell[column], counts[stream], "%s %s" % (what, column))
            square = oracle.geometry_of(cell["geom"])
            self.assertEqual(square.GetGeometryName(), "POLYGON")
            self.assertEqual(square.GetEnvelope(), e.square(rc).GetEnvelope(), what)

    def assert_composition(self, row, e, members, defaults, what):
        _, (stream, lq) = e.composition(members)
        self.assertEqual(row["top_stream"], stream, what)
        if "top_stream_lq" in row:
            self.assertEqual(row["top_stream_lq"] is None, lq is None, what)
            if lq is not None:
                self.near(row["top_stream_lq"], lq, 1e-12, what + " lq")
        times = e.times(members)
        known = [ends for ends in times if not any((t.hour, t.minute) in defaults for t in ends)]
        self.assertEqual(row["peak_hour"], peak(known, 24, 3600, lambda t: t.hour), what + " peak_hour")
        day = peak(times, 7, 86400, lambda t: t.weekday())
        if not defaults:
            self.assertEqual(row["peak_weekday"], None if day is None else day + 1,
                             what + " peak_weekday")

    def assert_areas(self, result, e, places=None, defaults=()):
        parts = e.areas(result.selected)
        self.assertEqual([a["rank"] for a in result.areas], list(range(1, len(parts) + 1)))
        for area, part in zip(result.areas, parts):
            what = "area %d" % area["rank"]
            members = [k for rc in part for k in e.members[rc]]
            a, w = sum(e.a[rc] for rc in part), e.w[members].sum()
            self.assertEqual(area["count"], len(members), what)
            self.near(area["area_km2"], a / 1e6, 4 * FLOAT32, what + " area")
            self.near(area["share"], w / e.total_weight, 1e-11, what + " share")
            self.near(area["concentration"], w / e.total_weight / (a / e.area), 4 * FLOAT32,
                      what + " concentration")
            self.assert_composition(area, e, members, defaults, what)
            shape = oracle.geometry_of(area["geom"])
            self.assertEqual(shape.GetGeometryName(), "MULTIPOLYGON")
            self.assertTrue(shape.IsValid(), what)
            self.assertAlmostEqual(shape.GetArea(), len(part) * e.c ** 2, delta=1e-6)
            for rc in part:
                self.assertTrue(shape.Contains(e.square(rc).Centroid()), what)
            if places:
                best = e.square(part[0])
                nearest = min(places, key=lambda place: place[1].Distance(best))
                self.assertEqual(area["name"], nearest[0], what)

    def assert_totals(self, result, e):
        info = result.info
        self.assertEqual(int(info["incidents_in_area"]), e.total)
        self.near(float(info["area_km2"]), e.area / 1e6, 4 * FLOAT32, "area")
        self.assertEqual(int(info["rows_read"]), int(info["accepted"]) + int(info["rejected"]))
        self.assertEqual(int(info["halo"]), len(result.incidents) - e.total)
        chosen = e.order[:result.selected]
        self.near(float(info["selected_area_km2"]), sum(e.a[rc] for rc in chosen) / 1e6,
                  4 * FLOAT32, "selected area")
        share = sum(e.w[e.members[rc]].sum() for rc in chosen) / e.total_weight
        self.near(float(info["selected_share"]), share, 1e-11, "selected share")


class Random(HotspotsCase):
    ARGS = ("--crs", "EPSG:%d" % EPSG, "--stream-col", "kind", "--bandwidth", "150", "--cell", "50",
            "--time", "time", "--all-cells", "--all-incidents")

    def setUp(self):
        super().setUp()
        self.geometry = study_area()
        self.area = oracle.write_polygons(self.path("area.gpkg"), [self.geometry], EPSG)
        self.rows = random_rows(1500, seed=1)
        self.source = self.write("events.csv", csv_text(self.rows))

    def run_on_area(self, *args, source=None):
        return self.hotspots(source or self.source, *self.ARGS, "--area", self.area, *args)

    def test_every_column(self):
        result = self.run_on_area("--weight", "w", "--budget", "2%")
        e = Expected(result, self.geometry)
        self.assertEqual(sorted(result.streams.values()), sorted(STREAMS))
        for column in result.streams:
            self.assertRegex(column, r"^n_[A-Za-z0-9_]+$")
        self.assertEqual(len(result.cells), len(e.order), "--all-cells: every cell of the area")
        self.assertEqual(result.selected, e.prefix(0.02 * e.area))
        self.assert_cells(result, e)
        self.assert_areas(result, e)
        self.assert_totals(result, e)
        kinds = {c["top_stream"] for c in result.cells}
        self.assertLess({"mixed"}, kinds, "the data exercise the test of the streams")
        self.assertTrue(any(c["peak_hour"] is not None for c in result.cells))
        self.assertTrue(any(c["peak_hour"] is None for c in result.cells[:result.selected]))

    def test_score_is_the_density_with_the_halo_counts_are_without(self):
        result = self.run_on_area("--weight", "w")
        e = Expected(result, self.geometry)
        self.assertGreater(int(result.info["halo"]), 20)
        cx, cy = result.raster.centres()
        expected, _ = oracle.density(result.x, result.y, e.w, "quartic", 150, cx, cy)
        shown = e.share > 0
        off = numpy.abs(result.raster.values - expected)[shown]
        self.assertLess(off.max(), 1e-7 * expected[shown].max())
        without, _ = oracle.density(result.x[e.within], result.y[e.within], e.w[e.within], "quartic",
                                    150, cx, cy)
        self.assertGreater(numpy.abs(expected - without)[shown].max(), 0.01 * expected[shown].max(),
                           "the halo shows")
        self.assertEqual(sum(c["count"] for c in result.cells), e.total)
        refused = {r["reason"] for r in result.rejects}
        self.assertEqual(refused, {"outside_area"})

    def test_score_count(self):
        result = self.run_on_area("--score", "count", "--budget", "30000m2")
        e = Expected(result, self.geometry, score="count")
        self.assertEqual(result.selected, e.prefix(30000))
        self.assert_cells(result, e)
        self.assert_areas(result, e)

    def test_ties_fall_by_row_then_column(self):
        """Two mirrored pairs of points: equal scores, so that the order is that of the places."""
        rows = [(WEST + x, SOUTH + y, 1, "a", "2019-01-01 10:00")
                for x in (525, 1475) for y in (325, 1175)]
        source = self.write("ties.csv", csv_text(rows))
        box = oracle.square(WEST, SOUTH, 2000, 1500)
        area = oracle.write_polygons(self.path("box.gpkg"), [box], EPSG)
        result = self.hotspots(source, *self.ARGS, "--area", area, "--top", "7", "--chance", "0")
        e = Expected(result, box)
        self.assert_cells(result, e)
        first = [c["cell_id"] for c in result.cells[:4]]
        self.assertEqual(first, ["c50E%dN%d" % ((WEST + x) // 50, (SOUTH + y) // 50)
                                 for y in (325, 1175) for x in (525, 1475)])
        self.assertEqual({c["concentration_chance"] for c in result.cells}, {None})

    def test_budgets(self):
        full = self.run_on_area("--chance", "0", "--budget", "100%")
        e = Expected(full, self.geometry)
        self.assertEqual(full.selected, sum(s > 0 for s in e.scored), "never a cell of score 0")
        for args, limits in ((("--budget", "0.001%"), {"budget_m2": 1e-5 * e.area}),
                             (("--budget", "0.05km2"), {"budget_m2": 50000.0}),
                             (("--budget", "7500.5"), {"budget_m2": 7500.5}),
                             (("--budget", "12.5%"), {"budget_m2": 0.125 * e.area}),
                             ((), {"budget_m2": 0.01 * e.area}),
                             (("--top", "1"), {"top": 1}),
                             (("--top", "37"), {"top": 37}),
                             (("--top", "100000"), {"top": 100000})):
            with self.subTest(args=args):
                args = [a for a in self.ARGS if a != "--all-cells"] + list(args)
                result = self.hotspots(self.source, *args, "--area", self.area, "--chance", "0")
                self.assertEqual(len(result.cells), e.prefix(**limits))
                self.assertEqual([c["cell_id"] for c in result.cells],
                                 [e.cell_id(rc) for rc in e.order[:len(result.cells)]])
                self.assert_areas(result, e)

    def test_only_the_selected_by_default(self):
        args = [a for a in self.ARGS if not a.startswith("--all")]
        some = self.hotspots(self.source, *args, "--area", self.area, out="some.gpkg")
        full = self.run_on_area()
        self.assertEqual(len(some.cells), full.selected)
        strip = lambda cells: [{k: v for k, v in c.items() if k != "fid"} for c in cells]
        self.assertEqual(strip(some.cells), strip(full.cells[:full.selected]))
        e = Expected(full, self.geometry)
        members = sorted(full.incidents[k]["source_row"] for rc in e.order[:full.selected]
                         for k in e.members[rc])
        self.assertEqual(sorted(i["source_row"] for i in some.incidents), members)
        for i in some.incidents:
            x, y, _, stream, when = self.rows[i["source_row"] - 1]
            self.assertEqual(oracle.point_of(i["geom"]), (x, y))
            self.assertEqual((i["stream"], i["source"]), (stream, "events.csv"))
            self.assertEqual(i["t_start"][:16], when.replace(" ", "T"))

    def test_concentration_by_chance(self):
        result = self.run_on_area("--budget", "2%")
        e = Expected(result, self.geometry)
        lattice = sorted(e.order, key=lambda rc: (-rc[0], rc[1]))
        a = numpy.array([e.a[rc] for rc in lattice])
        rng = numpy.random.default_rng(99)
        draws, ranks = 300, [1, 5, result.selected, 200, len(lattice) - 1]
        sums = numpy.zeros((draws, len(ranks)))
        for d in range(draws):
            n = rng.multinomial(e.total, a / a.sum())
            order = numpy.argsort(-n, kind="stable")
            ratio = numpy.cumsum(n[order]) / e.total / (numpy.cumsum(a[order]) / e.area)
            sums[d] = ratio[[k - 1 for k in ranks]]
        for j, k in enumerate(ranks):
            mean, sd = sums[:, j].mean(), sums[:, j].std(ddof=1)
            allowed = 5 * sd * math.sqrt(1 / draws + 1 / 199) + 1e-6
            self.assertAlmostEqual(result.cells[k - 1]["concentration_chance"], mean, delta=allowed,
                                   msg="rank %d" % k)

    def test_default_times_name_no_hour(self):
        """A third of a clump is booked at midnight sharp, another at noon; the rest is at 19 h."""
        rng = numpy.random.default_rng(5)
        rows = list(self.rows)
        for k in range(180):
            clock = ("00:00", "12:00", "19:%02d" % rng.integers(1, 59))[k % 3]
            rows.append((round(WEST + rng.normal(1375, 12), 3), round(SOUTH + rng.normal(1025, 12), 3),
                         1, STREAMS[0], "2019-0%d-%02d %s" % (k % 9 + 1, k % 28 + 1, clock)))
        source = self.write("booked.csv", csv_text(rows))
        result = self.run_on_area("--budget", "2%", source=source)
        e = Expected(result, self.geometry)
        clocks = collections.Counter(t.strftime("%H:%M")
                                     for t, _ in e.times(numpy.flatnonzero(e.within)))
        self.assertEqual(int(result.info["default_times"]), clocks["00:00"] + clocks["12:00"])
        self.assert_cells(result, e, defaults={(0, 0), (12, 0)})
        self.assert_areas(result, e, defaults={(0, 0), (12, 0)})
        home = next(c for c in result.cells if c["cell_id"] == "c50E%dN%d" % (
            (WEST + 1375) // 50, (SOUTH + 1025) // 50))
        self.assertEqual(home["peak_hour"], 19)

    def test_names_are_the_nearest_places(self):
        wkt = {"东村": "POINT (%f %f)" % (WEST + 1600, SOUTH + 620),
               "West road": "LINESTRING (%f %f, %f %f)" % (WEST + 200, SOUTH, WEST + 330, SOUTH + 1500),
               "Square": "POLYGON ((%f %f, %f %f, %f %f, %f %f))" % (
                   WEST + 1600, SOUTH + 100, WEST + 1800, SOUTH + 100, WEST + 1700, SOUTH + 300,
                   WEST + 1600, SOUTH + 100),
               "Far": "POINT (%f %f)" % (WEST + 90000, SOUTH)}
        places = [(name, ogr.CreateGeometryFromWkt(text)) for name, text in wkt.items()]
        path = oracle.write_polygons(self.path("places.gpkg"), [g for _, g in places], EPSG,
                                     [name for name, _ in places], layer="places")
        result = self.run_on_area("--budget", "3%", "--places", path)
        e = Expected(result, self.geometry)
        self.assertGreater(len(result.areas), 2)
        self.assert_areas(result, e, places=places)
        self.assertIn("东村", {a["name"] for a in result.areas})

    def test_pile_ups_and_what_hangs_on_them(self):
        """Many events at one address and some at another; the same run without these rows."""
        piles = [(WEST + 700.5, SOUTH + 250.25, 130), (WEST + 1650.5, SOUTH + 800.75, 95)]
        rng = numpy.random.default_rng(3)
        around = [(round(x + rng.uniform(-140, 140), 3), round(y + rng.uniform(-140, 140), 3))
                  for x, y, _ in piles for _ in range(40)]
        extra = [(x, y) for x, y, n in piles for _ in range(n)]
        row = lambda x, y: (x, y, 1.0, STREAMS[1], "2019-05-01 08:10")
        with_piles = self.write("with.csv", csv_text(
            self.rows + [row(*p) for p in around] + [row(*p) for p in extra]))
        without = self.write("without.csv", csv_text(self.rows + [row(*p) for p in around]))
        for score in ("density", "count"):
            with self.subTest(score=score):
                args = ("--budget", "2%", "--chance", "0", "--score", score)
                a = self.run_on_area(*args, source=with_piles)
                b = self.run_on_area(*args, source=without)
                self.assertEqual([p["count"] for p in a.pile_ups], [130, 95])
                self.assertEqual(len(b.pile_ups), 0)
                for p, (x, y, n) in zip(a.pile_ups, piles):
                    self.assertAlmostEqual(p["x"], x, places=6)
                    self.assertAlmostEqual(p["y"], y, places=6)
                    self.near(p["share"], n / int(a.info["incidents_in_area"]), 1e-12, "share")
                    self.assertLess(p["p_value"], 0.001)
                chosen = lambda r: {c["cell_id"] for c in r.cells[:r.selected]}
                changed = len(chosen(a) - chosen(b))
                self.assertGreater(changed, 0)
                self.assertEqual(int(a.info["pile_up_cells_changed"]), changed)
                for p, (x, y, n) in zip(a.pile_ups, piles):
                    rest = [row(*q) for q in extra if q != (x, y)]
                    alone = self.write("alone.csv", csv_text(
                        self.rows + [row(*q) for q in around] + rest))
                    c = self.run_on_area(*args, source=alone)
                    self.assertEqual(p["cells_changed"], len(chosen(a) - chosen(c)))

    def test_one_stream_and_no_times(self):
        source = self.write("plain.csv", "x,y\n" + "".join("%.3f,%.3f\n" % r[:2] for r in self.rows))
        args = [a for a in self.ARGS if a not in ("--stream-col", "kind", "--time", "time")]
        result = self.hotspots(source, *args, "--area", self.area)
        e = Expected(result, self.geometry)
        self.assert_cells(result, e)
        self.assert_areas(result, e)
        self.assertEqual(result.streams, {"n_plain": "plain"})
        self.assertEqual({c["top_stream"] for c in result.cells}, {"mixed"},
                         "with one stream nothing stands out")

    def test_bounds_smaller_than_the_area(self):
        """A, shares and the streams' overall parts are those of the area on the grid."""
        bounds = "%f,%f,%f,%f" % (WEST + 200, SOUTH + 150, WEST + 1250, SOUTH + 1100)
        result = self.run_on_area("--bounds", bounds, "--weight", "w", "--budget", "5%")
        e = Expected(result, self.geometry)
        self.assertLess(e.total, e.inside.sum() - 100)
        self.assertEqual(result.selected, e.prefix(0.05 * e.area))
        self.assert_cells(result, e)
        self.assert_areas(result, e)
        self.assert_totals(result, e)

    def test_no_incident_in_what_is_looked_at(self):
        """Density without an incident: no share, no chance, no "nan" in what is said; nor a result
        where the whole area holds none."""
        rows = [(WEST + 2100 + k, SOUTH + 700 + 3 * k, 1, "a", "2019-01-01 10:00") for k in range(30)]
        source = self.write("beside.csv", csv_text(rows))
        areas = [oracle.write_polygons(self.path("box%d.gpkg" % width),
                                       [oracle.square(WEST, SOUTH, width, 1500)], EPSG)
                 for width in (3000, 2000)]
        p = self.run_hotgrid("hotspots", source, *self.ARGS, "--area", areas[0], "--bounds",
                             "%f,%f,%f,%f" % (WEST, SOUTH, WEST + 2000, SOUTH + 1500), "-o",
                             self.path("none.gpkg"))
        self.assertNotIn("nan", p.stdout.lower())
        result = oracle.Result(self.path("none.gpkg"))
        self.assertEqual((result.info["incidents_in_area"], result.info["halo"]), ("0", "30"))
        for column in ("count", "share", "cum_share", "concentration", "expected"):
            self.assertEqual({c[column] for c in result.cells}, {0}, column)
        self.assertEqual({c["concentration_chance"] for c in result.cells}, {None})
        p = self.run_hotgrid("hotspots", source, *self.ARGS, "--area", areas[1], "-o",
                             self.path("empty.gpkg"), code=3)
        self.assertIn("30 lie beside it", p.stderr)

    def test_without_area_the_buffered_hull_counts(self):
        rows = random_rows(300, seed=6)
        source = self.write("hull.csv", csv_text(rows))
        p = self.run_hotgrid("hotspots", source, *self.ARGS, "-o", self.path("hull.gpkg"))
        self.assertIn("not comparable between runs", p.stdout + p.stderr)
        result = oracle.Result(self.path("hull.gpkg"))
        self.assertEqual(result.info["area_source"], "guessed")
        points = ogr.Geometry(ogr.wkbMultiPoint)
        for x, y in zip(result.x, result.y):
            points.AddGeometry(ogr.CreateGeometryFromWkt("POINT (%r %r)" % (float(x), float(y))))
        hull = points.ConvexHull().Buffer(50, 64)
        e = Expected(result, hull)
        self.near(float(result.info["area_km2"]), e.area / 1e6, 1e-4, "area")
        self.assertEqual((e.total, int(result.info["halo"])), (300, 0))
        self.assertEqual(sum(c["count"] for c in result.cells), 300)

    def test_weights_do_not_enter_counts_nor_tests(self):
        plain, weighted = self.run_on_area("--chance", "7"), self.run_on_area("--weight", "w",
                                                                               "--chance", "7")
        by_id = {c["cell_id"]: c for c in weighted.cells}
        for cell in plain.cells:
            other = by_id[cell["cell_id"]]
            for column in ("count", "top_stream", "top_stream_lq", "peak_hour", "peak_weekday"):
                self.assertEqual(cell[column], other[column], column)
            self.assertEqual(cell["weight"], cell["count"])
        for a, b in zip(plain.cells, weighted.cells):
            self.assertEqual(a["concentration_chance"] > 0, b["concentration_chance"] > 0)


class Streams(HotspotsCase):
    """Names of the n_ columns."""

    def columns(self, names):
        rows = random_rows(40 * len(names), seed=7, streams=names)
        source = self.write("s.csv", csv_text(rows))
        box = oracle.square(WEST, SOUTH, 2000, 1450)
        area = oracle.write_polygons(self.path("box.gpkg"), [box], EPSG)
        result = self.hotspots(source, "--crs", "EPSG:%d" % EPSG, "--stream-col", "kind",
                               "--bandwidth", "300", "--cell", "100", "--area", area, "--all-cells",
                               "--all-incidents", "--chance", "0")
        os.unlink(area)
        return result, [c for c in result.cells[0] if c.startswith("n_")], Expected(result, box)

    def test_clashing_and_foreign_names(self):
        names = ("Fire", "fire", "FIRE!", "火灾", "盗窃", "a b", "a-b", "a_b", "other", "s4", "x" * 90,
                 "x" * 91, "density_per_km2", "Ünï", "'; DROP TABLE x; --", '"')
        result, columns, e = self.columns(names)
        self.assertEqual(len({c.lower() for c in columns}), len(names), columns)
        self.assertEqual(sorted(result.streams), sorted(columns))
        self.assertEqual(sorted(result.streams.values()), sorted(names))
        for column in columns:
            self.assertRegex(column, r"^n_[A-Za-z0-9_]{1,60}$")
        self.assert_cells(result, e)

    def test_at_most_64(self):
        for n in (64, 65, 90):
            names = tuple("kind %d" % k for k in range(n))
            result, columns, e = self.columns(names)
            self.assertLessEqual(len(columns), 64)
            self.assertEqual(len(columns), 64)
            for cell, rc in zip(result.cells, e.order):
                self.assertEqual(sum(cell[c] for c in columns), cell["count"],
                                 "the columns add up to the count")
            counts = collections.Counter()
            for k in numpy.flatnonzero(e.within):
                counts[result.incidents[k]["stream"]] += 1
            for column, stream in result.streams.items():
                if column != "n_other":
                    self.assertEqual(sum(c[column] for c in result.cells), counts[stream], stream)
            if n > 64:
                self.assertIn("n_other", columns)
                left = set(names) - set(result.streams.values())
                own = [counts[s] for c, s in result.streams.items() if c != "n_other"]
                self.assertLessEqual(max(counts[s] for s in left), min(own),
                                     "the smallest streams share n_other")


class Real(HotspotsCase):
    def area_in(self, path, layer, result):
        data = ogr.Open(str(path))
        layer = data.GetLayerByName(layer)
        to = osr.SpatialReference()
        to.SetFromUserInput(result.info["analysis_crs"])
        to.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        change = osr.CoordinateTransformation(layer.GetSpatialRef(), to)
        whole = ogr.Geometry(ogr.wkbMultiPolygon)
        for feature in layer:
            geometry = feature.GetGeometryRef().Clone()
            geometry.Transform(change)
            parts = [geometry] if geometry.GetGeometryName() == "POLYGON" else [
                geometry.GetGeometryRef(k) for k in range(geometry.GetGeometryCount())]
            for part in parts:
                whole.AddGeometry(part)
        return whole.UnionCascaded()

    def test_memphis(self):
        folder = SOURCE / "sample_data/memphis"
        result = self.hotspots(folder / "memphis_robberies_2019.csv", "--area",
                               folder / "memphis_precincts.gpkg", "--all-cells", "--all-incidents",
                               "--cell", "400", "--tz", "America/Chicago", "--time", "date")
        e = Expected(result, self.area_in(folder / "memphis_precincts.gpkg", "precincts", result))
        self.assertEqual(result.selected, e.prefix(0.01 * e.area))
        self.assert_cells(result, e)
        self.assert_areas(result, e)
        self.assert_totals(result, e)

    def test_pingsha(self):
        folder = SOURCE / "sample_data/pingsha"
        args = (folder / "crime_gbk.csv", "--datum", "gcj02", "--stream", "crime",
                folder / "traffic.xlsx", "--stream", "traffic", "--sheet", "事故", "--header-row", "3",
                folder / "fire.geojson", "--stream", "fire",
                folder / "city_management.gpkg", "--layer", "cases", "--stream", "city management",
                "--area", folder / "boundary.gpkg", "--places", folder / "places.gpkg:places",
                "--bandwidth", "400m", "--cell", "200m", "--all-cells", "--all-incidents")
        result = self.hotspots(*args)
        e = Expected(result, self.area_in(folder / "boundary.gpkg", "boundary", result))
        self.assertEqual(result.selected, e.prefix(0.01 * e.area))
        defaults = {(0, 0)} if int(result.info["default_times"]) else set()
        self.assert_cells(result, e, defaults=defaults)
        self.assert_areas(result, e, defaults=defaults)
        self.assert_totals(result, e)


if __name__ == "__main__":
    main()
