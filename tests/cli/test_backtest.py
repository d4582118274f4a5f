"""hotgrid backtest as a person uses it, its figures recomputed here the slow way."""
import csv
import math
import random
import struct

from harness import Case, main

CELL = 100.0
AREA = (500030.0, 4500000.0, 501900.0, 4501500.0)  # the west side cuts its cells at 0.7
DAYS, TRAIN, HORIZON, STEP = 300, 120, 40, 30
BUDGETS = (0.01, 0.05, 0.1, 0.3)
FIRST = ["method", "budget", "windows", "hit_rate", "pai", "pei_star", "ser", "clumpiness", "pai_low", "pai_high"]


def incidents(seed=4, n=700):
    """x, y, day (with a fraction): busy places in the south-west, others anywhere; some beside the area."""
    r = random.Random(seed)
    out = []
    for i in range(n):
        if r.random() < 0.5:
            x, y = r.gauss(500600 + 350 * r.randrange(3), 45), r.gauss(4500400 + 250 * r.randrange(2), 45)
        else:
            x, y = r.uniform(AREA[0] - 60, AREA[2] + 60), r.uniform(AREA[1] - 60, AREA[3] + 60)
        out.append((round(x, 3), round(y, 3), DAYS * i / n))
    return out


def text_of(rows, start="2020-01-01"):
    import datetime
    zero = datetime.datetime.fromisoformat(start)
    lines = ["x,y,when"]
    for x, y, day in rows:
        moment = zero + datetime.timedelta(seconds=round(day * 86400))
        lines.append("%.3f,%.3f,%s" % (x, y, moment.isoformat(sep=" ")))
    return "\n".join(lines) + "\n"


AREA_JSON = """{"type": "FeatureCollection",
 "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32618"}},
 "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates":
 [[[%(w)s, %(s)s], [%(e)s, %(s)s], [%(e)s, %(n)s], [%(w)s, %(n)s], [%(w)s, %(s)s]]]}}]}""" % dict(
    w=AREA[0], s=AREA[1], e=AREA[2], n=AREA[3])


def single(v):
    return struct.unpack("f", struct.pack("f", v))[0]


class Naive:
    """The figures of one method, straight from their definitions; cells are (column, row) of the lattice."""

    def __init__(self, rows, score):
        self.rows, self.score = rows, score
        west, south, east, north = AREA
        self.share = {}
        for c in range(int(west // CELL), math.ceil(east / CELL)):
            for r in range(int(south // CELL), math.ceil(north / CELL)):
                wide = min(east, (c + 1) * CELL) - max(west, c * CELL)
                high = min(north, (r + 1) * CELL) - max(south, r * CELL)
                self.share[c, r] = single(wide * high / CELL ** 2)
        self.total = sum(self.share.values())

    def cell(self, x, y):
        west, south, east, north = AREA
        if not (west <= x <= east and south <= y <= north):
            return None
        return int(x // CELL), int(y // CELL)

    def flag(self, origin):
        """Cells from the best on, by the ranking rule."""
        known = [(x, y, origin - t) for x, y, t in self.rows if origin - TRAIN <= t < origin]
        counts = {}
        for x, y, _ in known:
            counts[self.cell(x, y)] = counts.get(self.cell(x, y), 0) + 1
        scores = {c: single(self.score(self, c, known, counts)) for c in self.share}
        order = sorted((c for c in scores if scores[c] > 0),
                       key=lambda c: (-scores[c], -counts.get(c, 0), c[1], c[0]))
        return order

    def best(self, counts, area):
        total = 0
        for c in sorted(counts, key=lambda c: -counts[c] / self.share[c]):
            if self.share[c] <= area + 1e-9:
                total += counts[c]
                area -= self.share[c]
            else:
                return total + math.floor(area / self.share[c] * counts[c] + 1e-9)
        return total

    def clumpiness(self, flagged):
        m, p = len(flagged), len(flagged) / len(self.share)
        least = 2 * math.ceil(2 * math.sqrt(m))
        if m == 0 or 4 * m == least:
            return None
        like = sum((c + a, r + b) in flagged for c, r in flagged for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1)))
        g = like / (4 * m - least)
        return (g - p) / p if g < p < 0.5 else (g - p) / (1 - p)

    def figures(self):
        origins = [d for d in range(TRAIN, DAYS + 1, STEP) if d + HORIZON <= DAYS]
        sums = [dict(n=0, best=0, area=0, bought=0, clumps=[]) for _ in BUDGETS]
        total = 0
        for origin in origins:
            later = {}
            for x, y, t in self.rows:
                c = self.cell(x, y)
                if origin <= t < origin + HORIZON and c:
                    later[c] = later.get(c, 0) + 1
            total += sum(later.values())
            order = self.flag(origin)
            for s, budget in zip(sums, BUDGETS):
                flagged, area = set(), 0
                for c in order:
                    if flagged and area + self.share[c] > budget * self.total * (1 + 1e-12):
                        break
                    flagged.add(c)
                    area += self.share[c]
                s["n"] += sum(later.get(c, 0) for c in flagged)
                bought = area
                while len(flagged) == len(order) and bought + 1 <= budget * self.total * (1 + 1e-12):
                    bought += 1
                s["best"] += self.best(later, bought)
                s["area"] += area
                s["bought"] += bought
                clump = self.clumpiness(flagged)
                if clump is not None:
                    s["clumps"].append(clump)
        out = []
        for s in sums:
            share, flagged = s["bought"] / len(origins) / self.total, s["area"] / len(origins) / self.total
            out.append(dict(windows=len(origins), hit_rate=s["n"] / total, pai=s["n"] / total / share,
                            pai_flagged=s["n"] / total / flagged, area_share=flagged,
                            pei_star=s["n"] / s["best"], ser=s["n"] / (s["area"] * CELL ** 2 / 1e6),
                            clumpiness=sum(s["clumps"]) / len(s["clumps"]), hits=s["n"], incidents=total))
        return out


def by_count(naive, c, known, counts):
    return counts.get(c, 0)


def by_quartic_100(naive, c, known, counts):
    x, y = (c[0] + 0.5) * CELL, (c[1] + 0.5) * CELL
    total = 0
    for px, py, _ in known:
        u2 = ((px - x) ** 2 + (py - y) ** 2) / 100.0 ** 2
        if u2 < 1:
            total += 3 / math.pi * (1 - u2) ** 2
    return total / 100.0 ** 2 * 1e6


class Backtest(Case):
    def setUp(self):
        super().setUp()
        self.data = self.write("some.csv", text_of(incidents()))
        self.area = self.write("area.geojson", AREA_JSON)
        self.common = [self.data, "--crs", "EPSG:32618", "--area", self.area, "--cell", CELL, "--train", "120d",
                       "--horizon", "40d", "--step", "30d", "--budgets", "0.01,0.05,0.1,0.3",
                       "--until", "2020-10-27"]  # 300 days on

    def bytes_of(self, name):
        return (self.dir / name).read_bytes()

    def table(self, path):
        raw = self.bytes_of(path)
        self.assertTrue(raw.startswith(b"\xef\xbb\xbf"))
        self.assertIn(b"\r\n", raw)
        return list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))

    def test_figures_recomputed(self):
        out = self.path("backtest.csv")
        self.run_hotgrid("backtest", *self.common, "--methods", "count,kde_qgis", "-o", out)
        rows = self.table(out)
        self.assertEqual(list(rows[0])[:len(FIRST)], FIRST)
        self.assertEqual([(r["method"], float(r["budget"])) for r in rows],
                         [(m, b) for m in ("count", "kde_qgis") for b in BUDGETS])
        naive = Naive(incidents(), by_count).figures() + Naive(incidents(), by_quartic_100).figures()
        for got, want in zip(rows, naive):
            for key, value in want.items():
                self.assertAlmostEqual(float(got[key]), value, delta=1e-6 * abs(value),
                                       msg="%s of %s at %s" % (key, got["method"], got["budget"]))
        self.assertEqual(naive[0]["windows"], 5)
        for r in rows:
            for low, key, high in (("hit_low", "hit_rate", "hit_high"), ("pai_low", "pai", "pai_high"),
                                   ("pei_low", "pei_star", "pei_high"), ("ser_low", "ser", "ser_high"),
                                   ("pai_origin_low", "pai", "pai_origin_high")):
                self.assertLessEqual(float(r[low]), float(r[key]) * (1 + 1e-12))
                self.assertLessEqual(float(r[key]), float(r[high]) * (1 + 1e-12))
        self.assertIn(b"<svg", self.bytes_of("backtest.svg")[:500])

    def test_nobody_gains_by_leaving_the_budget_unused(self):
        out = self.path("backtest.csv")
        result = self.run_hotgrid("backtest", *self.common, "--cell", 10, "--methods", "count,kde:300m", "--origins", 1,
                                  "-o", out)
        count, density = (r for r in self.table(out) if float(r["budget"]) == 0.3)
        self.assertLess(float(count["area_share"]), 0.2)
        self.assertGreater(float(density["area_share"]), 0.299)
        for r in count, density:
            self.assertAlmostEqual(float(r["pai"]), float(r["hit_rate"]) / 0.3, delta=1e-3 * float(r["pai"]))
            self.assertAlmostEqual(float(r["pai_flagged"]), float(r["hit_rate"]) / float(r["area_share"]),
                                   delta=1e-9 * float(r["pai_flagged"]))
        self.assertIn("* flags less than the budget", result.stdout)

    def test_a_bandwidth_far_below_the_cell_is_refused(self):
        result = self.run_hotgrid("backtest", *self.common, "--methods", "kde:0.01m", "-o", self.path("b.csv"), code=2)
        self.assertIn("too small for cells of", result.stderr)

    def test_a_date_far_off_is_noted(self):
        late = self.write("late.csv", text_of(incidents() + [(500600, 4500400, DAYS + 200)]))
        facts = self.run_json("backtest", late, *self.common[1:-2], "--methods", "count", "--origins", 1,
                              "-o", self.path("late_out.csv"))
        self.assertTrue(any("windows hold no incident" in note for note in facts["notes"]), facts["notes"])

    def test_threads_order_and_seed(self):
        shuffled = incidents()
        random.Random(1).shuffle(shuffled)
        other = self.write("other.csv", text_of(shuffled))
        common = self.common[1:] + ["--methods", "count,kde:150m:half-life=40d,prospective", "--origins", 3]
        self.run_hotgrid("backtest", self.data, *common, "--threads", 1, "-o", self.path("a.csv"))
        self.run_hotgrid("backtest", other, *common, "--threads", 4, "-o", self.path("b.csv"))
        self.run_hotgrid("backtest", self.data, *common, "--seed", 2, "-o", self.path("c.csv"))
        a, b = (self.bytes_of(n) for n in ("a.csv", "b.csv"))
        self.assertEqual(a, b)
        self.assertEqual(self.bytes_of("a.svg"), self.bytes_of("b.svg"))
        changed = set()
        for p, q in zip(self.table(self.path("a.csv")), self.table(self.path("c.csv"))):
            changed |= {k for k in p if p[k] != q[k]}
        self.assertIn("pai_low", changed)
        self.assertIn("pai_origin_low", changed)
        self.assertTrue(all("_low" in k or "_high" in k or k == "ahead" for k in changed), changed)

    def test_the_future_settles_nothing(self):
        """Thousands of later incidents in another UTM zone move neither plane, area, cell nor bandwidth."""
        lonlat = ["x,y,when"]
        r = random.Random(8)
        for i in range(600):
            lonlat.append("%.6f,%.6f,2020-%02d-%02d" % (r.gauss(-75, 0.02), r.gauss(40, 0.02), 1 + i // 50, 1 + i % 28))
        planted = lonlat + ["%.6f,%.6f,2020-12-30" % (r.gauss(-60, 0.001), r.gauss(40, 0.001)) for i in range(3000)]
        facts = []
        for name, rows in (("past.csv", lonlat), ("planted.csv", planted)):
            path = self.write(name, "\n".join(rows) + "\n")
            facts.append(self.run_json("backtest", path, "--train", "180d", "--horizon", "30d", "--bootstrap", 0,
                                       "--methods", "count,kde_silverman,kde_nrd,kde_scott", "--tune", "-o",
                                       path + ".csv"))
        past, future = facts
        for key in ("analysis_crs", "cell_m", "area_km2", "first_origin", "training_incidents", "pile_ups", "grid"):
            self.assertEqual(past[key], future[key], key)
        for p, f in zip(past["methods"], future["methods"]):
            self.assertEqual(p.get("bandwidth_m"), f.get("bandwidth_m"))
        self.assertGreater(future["outside"], 2900)
        self.assertEqual(past["tuned"], future["tuned"])  # all origins lie before the 30th of December
        self.assertEqual(len(past["tuned"]), past["windows"])

    def test_tuned(self):
        common = self.common + ["--methods", "count", "--tune", "--bootstrap", 99, "--origins", 2]
        self.run_hotgrid("backtest", *common, "--threads", 1, "--save-config", self.path("a.yaml"), "-o",
                         self.path("a.csv"))
        facts = self.run_json("backtest", *common, "--threads", 3, "--save-config", self.path("b.yaml"), "-o",
                              self.path("b.csv"))
        for kind in (".csv", ".yaml", ".svg"):
            self.assertEqual(self.bytes_of("a" + kind), self.bytes_of("b" + kind))
        rows = self.table(self.path("a.csv"))
        self.assertEqual([r["method"] for r in rows], ["count"] * 4 + ["tuned"] * 4)
        self.assertEqual(rows[4]["bandwidth_m"], "")
        self.assertTrue(all(float(r["pai"]) > 1 for r in rows))
        saved = dict(line.split(": ") for line in (self.dir / "a.yaml").read_text().splitlines() if line[0] != "#")
        self.assertAlmostEqual(float(saved["shrinkage"]), facts["tuned_on_all"]["shrinkage"], delta=1e-9)
        said = self.run_hotgrid("backtest", *self.common, "--tune", "--bootstrap", 0, "--origins", 1, "-o",
                                self.path("c.csv")).stdout
        self.assertIn("tuned on all data", said)

    def test_an_incident_is_known_at_the_end_of_its_interval(self):
        rows = ["x,y,from,to"]
        for day in range(1, 29):
            rows.append("500050,4500050,2020-01-%02d,2020-01-%02d" % (day, day))
        rows.append("500450,4500450,2020-01-15,2020-01-25")  # began in the training window, known after it
        path = self.write("between.csv", "\n".join(rows) + "\n")
        facts = self.run_json("backtest", path, "--time", "from", "--time-end", "to", "--crs", "EPSG:32618",
                              "--area", self.area, "--cell", 100,
                              "--train", "19d", "--horizon", "9d", "--methods", "count", "-o", self.path("o.csv"))
        self.assertEqual(facts["windows"], 1)
        self.assertEqual(facts["training_incidents"], 19)
        self.assertEqual(facts["judged_incidents"], 10)

    def test_cells_are_not_so_small_that_counts_cannot_fill_the_budgets(self):
        common = self.common[:5] + ["--train", "120d", "--horizon", "40d", "--methods", "count", "--origins", 1]
        rows = []
        for share in (0.05, 0.02):
            self.run_hotgrid("backtest", *common, "--budgets", share, "--overwrite", "-o", self.path("o.csv"))
            rows += self.table(self.path("o.csv"))
        for r in rows:
            self.assertGreater(float(r["area_share"]), 0.8 * float(r["budget"]))

    def test_without_draws(self):
        facts = self.run_json("backtest", *self.common, "--methods", "count", "--bootstrap", 0, "--origins", 1, "-o",
                              self.path("o.csv"))
        self.assertIsNone(facts["methods"][0]["budgets"][0]["pai_low"])
        row = self.table(self.path("o.csv"))[0]
        self.assertEqual((row["pai_low"], row["ahead"], row["clumpiness_high"]), ("", "", ""))
        self.assertEqual(float(row["pai_origin_low"]), float(row["pai"]))

    def test_summary_json_and_chinese(self):
        common = self.common + ["--methods", "count,kde_silverman", "--bootstrap", 99, "--origins", 2]
        said = self.run_hotgrid("backtest", *common, "-o", self.path("a.csv")).stdout
        self.assertIn("forecasts: 5", said)
        self.assertIn("kde_silverman", said)
        zh = self.run_hotgrid("backtest", *common, "--lang", "zh", "--chart", self.path("c.png"), "-o",
                              self.path("b.csv")).stdout
        self.assertIn("5次预测", zh)
        self.assertTrue(self.bytes_of("c.png").startswith(b"\x89PNG"))
        self.assertEqual(self.bytes_of("a.csv"), self.bytes_of("b.csv"))
        facts = self.run_json("backtest", *common, "--overwrite", "-o", self.path("a.csv"))
        row = self.table(self.path("a.csv"))[1]
        self.assertEqual(facts["methods"][0]["budgets"][1]["pai"], float(row["pai"]))
        self.assertEqual(facts["methods"][0]["name"], "count")
        self.assertEqual(facts["windows"], 5)

    def fails(self, code, *args, say=()):
        p = self.run_hotgrid("backtest", *args, code=code)
        for words in say:
            self.assertIn(words, p.stderr)
        self.assertEqual([f for f in self.files() if f not in ("some.csv", "area.geojson", "few.csv", "poly.geojson",
                                                              "far.csv", "none.csv")], [])

    def test_errors(self):
        out = ["-o", self.path("o.csv")]
        for methods, say in (("kde:30x", ("kde:30x", "30x")), ("nothing", ("nothing",)), ("count,count", ("twice",)),
                             ("count:300m", ("count:300m", "train=")), ("cuont", ("count meant",)),
                             ("prospective:reach=0", ("reach=0",)), ("", ())):
            self.fails(2, *self.common, "--methods", methods, *out, say=say)
        self.fails(2, *self.common, "--chart", self.path("c.pdf"), *out, say=("c.pdf",))
        self.fails(2, *self.common, "-o", self.path("o.gpkg"), say=(".csv",))
        self.fails(2, *self.common, "--save-config", self.path("t.yaml"), *out, say=("--tune",))
        self.fails(2, *self.common, "--tune", "--save-config", self.path("o.csv"), *out, say=(".yaml",))
        self.fails(2, *self.common, "--step", "1min", *out, say=("forecasts",))
        self.fails(3, *self.common, "--train", "290d", *out, say=("300 days", "330"))
        self.fails(4, *self.common, "-o", self.path("no/o.csv"))
        none = self.write("none.csv", "x,y,name\n500100,4500100,a\n500200,4500200,b\n")
        self.fails(2, none, "--crs", "EPSG:32618", *out, say=("needs times",))
        far = self.write("far.csv", text_of([(x + 50000, y, t) for x, y, t in incidents()]))
        self.fails(3, far, *self.common[1:], *out, say=("study area",))
        poly = self.write("poly.geojson", AREA_JSON)
        self.fails(2, poly, *out)

    def test_nothing_is_replaced_unasked(self):
        self.write("o.svg", "mine")
        self.run_hotgrid("backtest", *self.common, "--methods", "count", "-o", self.path("o.csv"), code=4)
        self.assertEqual(self.bytes_of("o.svg"), b"mine")
        self.assertNotIn("o.csv", self.files())
        self.run_hotgrid("backtest", *self.common, "-o", self.data, "--overwrite", code=2)


if __name__ == "__main__":
    main()
