"""hotgrid trends: a small cube recomputed in plain Python, what is left out, refusals, styles, real data."""
import datetime
import math
import random

from harness import SOURCE, Case, main, shared
import oracle
from test_determinism import differences, dump

EAST, NORTH, CELL, COLUMNS, ROWS, STEPS, STEP_D = 400000, 2440000, 100, 9, 8, 14, 7
START = datetime.datetime(2019, 1, 7)
END = START + datetime.timedelta(days=STEPS * STEP_D)
CRS = ("--crs", "EPSG:4547", "--analysis-crs", "EPSG:4547")


def in_area(column, row):
    """A is L-shaped, of whole cells; rows count from the south."""
    return column < 5 or row < 4


def outline():
    e, n, c = EAST, NORTH, CELL
    return oracle.polygon([(e, n), (e + COLUMNS * c, n), (e + COLUMNS * c, n + 4 * c), (e + 5 * c, n + 4 * c),
                           (e + 5 * c, n + ROWS * c), (e, n + ROWS * c)])


def make_rows(seed=5):
    """(column, row, start, end or None): an even ground, a block that is always hot and one that grows hot."""
    rng, rows = random.Random(seed), []
    for k in range(-1, STEPS):  # step -1 is cut by the beginning of the data
        for column in range(COLUMNS):
            for row in range(ROWS):
                block, grows = column in (1, 2) and row in (5, 6), column in (6, 7) and row in (1, 2)
                mean = 0.4 + (4 if block else 0) + (k * 0.4 if grows else 0)
                for _ in range(sum(rng.random() < mean / 8 for _ in range(8))):
                    if not in_area(column, row):
                        continue
                    low = 4 if k < 0 else 0
                    start = START + datetime.timedelta(days=k * STEP_D, hours=rng.randrange(low * 24, STEP_D * 24))
                    end = start + datetime.timedelta(hours=rng.randrange(1, 100)) if rng.random() < 0.3 else None
                    rows.append((column, row, start, end))
    rows.append((0, 0, START - datetime.timedelta(days=2), None))
    rows.append((0, 0, END - datetime.timedelta(hours=1), None))
    return rows


def as_csv(rows, untimed=0):
    lines = ["x,y,begin,end"]
    for column, row, start, end in rows:
        lines.append("%d,%d,%s,%s" % (EAST + column * CELL + 37, NORTH + row * CELL + 61, start, end or ""))
    return "\n".join(lines + ["%d,%d,," % (EAST + 5, NORTH + 5)] * untimed) + "\n"


# ------------------------------------------------- the twin -----------------------------------

def count(rows):
    cells = [(c, r) for r in range(ROWS) for c in range(COLUMNS) if in_area(c, r)]
    cube = {(c, k): 0.0 for c in cells for k in range(STEPS)}
    outside = 0.0
    for column, row, start, end in rows:
        length = (end - start).total_seconds() if end else 0
        whole = 0.0
        for k in range(STEPS):
            a = START + datetime.timedelta(days=k * STEP_D)
            b = a + datetime.timedelta(days=STEP_D)
            if length:
                part = max(0, (min(b, end) - max(a, start)).total_seconds()) / length
            else:
                part = float(a <= start < b)
            cube[(column, row), k] += part
            whole += part
        outside += 1 - whole
    return cells, cube, outside


def gi_star(cells, values):
    n, total = len(cells), sum(values.values())
    mean = total / n
    s = math.sqrt(sum(v * v for v in values.values()) / n - mean * mean)
    out = {}
    for c, r in cells:
        near = [values[c + i, r + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if (c + i, r + j) in values]
        w = len(near)
        out[c, r] = (sum(near) - mean * w) / (s * math.sqrt((n * w - w * w) / (n - 1)))
    return out


def two_sided(z):
    return math.erfc(abs(z) / math.sqrt(2))


def q_values(p):
    order = sorted(p, key=p.get)
    q, least = {}, 1.0
    for rank in range(len(order), 0, -1):
        least = min(least, p[order[rank - 1]] * len(order) / rank)
        q[order[rank - 1]] = least
    return q


def kendall(v):
    n = len(v)
    s = sum((v[j] > v[i]) - (v[j] < v[i]) for i in range(n) for j in range(i + 1, n))
    ties = [v.count(x) for x in set(v)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    pairs, tied = n * (n - 1) / 2, sum(t * (t - 1) / 2 for t in ties)
    if pairs == tied:
        return 0.0, 1.0
    return s / math.sqrt(pairs * (pairs - tied)), two_sided((s - (s > 0) + (s < 0)) / math.sqrt(variance))


def pattern(states, tau, p):
    for side, name in ((1, "hot"), (-1, "cold")):
        own = [k for k, v in enumerate(states) if v == side]
        trend = 0 if p > 0.05 else side if tau > 0 else -side
        if 10 * len(own) >= 9 * len(states):
            if states[-1] != side:
                return "historical_" + name
            return {1: "intensifying_", 0: "persistent_", -1: "diminishing_"}[trend] + name
    if states[-1] == 0:
        return "no_pattern"
    side, name = states[-1], "hot" if states[-1] > 0 else "cold"
    own = [k for k, v in enumerate(states) if v == side]
    if len(own) == 1:
        return "new_" + name
    if own == list(range(own[0], len(states))):
        return "consecutive_" + name
    return ("oscillating_" if -side in states else "sporadic_") + name


class Trends(Case):
    def setUp(self):
        super().setUp()
        self.rows = make_rows()
        self.source = self.write("thefts.csv", as_csv(self.rows, untimed=3))
        self.area = self.path("area.gpkg")
        oracle.write_polygons(self.area, [outline()], 4547)

    def run_trends(self, *args, out="trends.gpkg", step="7d", **kwargs):
        path = self.path(out)
        run = self.run_json("trends", self.source, "--time", "begin", "--time-end", "end", *CRS, "--area", self.area,
                            "--cell", CELL, "--step", step, "-o", path, *args, **kwargs)
        return path, run

    def test_against_plain_python(self):
        out, run = self.run_trends("--all-cells", "--until", END.isoformat())
        cells, cube, outside = count(self.rows)
        rows = {r[0]: r[1:] for r in self.query(
            out, "SELECT cell_id, pattern, tau, p_value, count_tau, count_p, incidents, steps_hot, steps_cold, %s "
                 "FROM trend_cells" % ", ".join("z_%03d" % (k + 1) for k in range(STEPS)))}
        self.assertEqual(len(rows), len(cells))
        z = [gi_star(cells, {c: cube[c, k] for c in cells}) for k in range(STEPS)]
        q = [q_values({c: two_sided(step[c]) for c in cells}) for step in z]
        seen = set()
        for c in cells:
            got = rows["c100E%dN%d" % (EAST // CELL + c[0], NORTH // CELL + c[1])]
            series = [step[c] for step in z]
            states = [(s[c] > 0) - (s[c] < 0) if k[c] <= 0.1 else 0 for s, k in zip(z, q)]
            for a, b in zip(got[8:], series):
                self.assertAlmostEqual(a, b, delta=1e-9)
            counts = [cube[c, k] for k in range(STEPS)]
            tau, p = kendall(series)
            self.assertAlmostEqual(got[1], tau, delta=1e-9)
            self.assertAlmostEqual(got[2], p, delta=1e-9)
            self.assertAlmostEqual(got[5], sum(counts), delta=1e-9)
            self.assertEqual(got[6:8], (states.count(1), states.count(-1)))
            self.assertEqual(got[0], pattern(states, tau, p), c)
            seen.add(got[0])
            if all(v == int(v) for v in counts):  # sums of shares have ties to rounding only
                for a, b in zip(got[3:5], kendall(counts)):
                    self.assertAlmostEqual(a, b, delta=1e-9)
        self.assertGreaterEqual(len(seen), 3, seen)
        self.assertAlmostEqual(run["incidents_outside_steps"], outside, delta=1e-9)
        self.assertEqual(sum(run["patterns"].values()), len(cells))

    def test_steps(self):
        out, run = self.run_trends()
        steps = self.query(out, "SELECT step, t_start, t_end, incidents, hot_cells, cold_cells, tests FROM trend_steps")
        self.assertEqual([s[0] for s in steps], list(range(1, STEPS + 1)))
        self.assertEqual(steps[0][1], START.strftime("%Y-%m-%dT00:00:00.000Z")[:len(steps[0][1])])
        self.assertEqual(steps[-1][2][:10], END.strftime("%Y-%m-%d"))
        self.assertTrue(all(a[2] == b[1] for a, b in zip(steps, steps[1:])))
        cells, cube, _ = count(self.rows)
        for k, step in enumerate(steps):
            self.assertAlmostEqual(step[3], sum(cube[c, k] for c in cells), delta=1e-9)
            self.assertEqual(step[6], len(cells))
        self.assertEqual((run["step_rule"], run["steps"], run["incidents_untimed"]), ("given", STEPS, 3))
        self.assertGreater(run["left_out_s"], 0)
        hot = self.query(out, "SELECT sum(steps_hot), sum(steps_cold) FROM trend_cells")[0]
        self.assertEqual(hot, (sum(s[4] for s in steps), sum(s[5] for s in steps)))

    def test_cells_that_are_written(self):
        out, run = self.run_trends()
        empty = self.query(out, "SELECT count(*) FROM trend_cells WHERE incidents = 0 AND pattern = 'no_pattern'")
        self.assertEqual(empty, [(0,)])
        everything, _ = self.run_trends("--all-cells", out="all.gpkg")
        self.assertEqual(self.query(everything, "SELECT count(*) FROM trend_cells"), [(run["cells"],)])

    def test_window(self):
        """Within 100 m: the four beside a cell and itself."""
        out, run = self.run_trends("--window", "100m", "--all-cells")
        self.assertEqual(run["window_m"], 100)
        cells, cube, _ = count(self.rows)
        values = {c: cube[c, 0] for c in cells}
        n, mean = len(cells), sum(values.values()) / len(cells)
        s = math.sqrt(sum(v * v for v in values.values()) / n - mean * mean)
        near = [values[c] for c in ((2, 2), (1, 2), (3, 2), (2, 1), (2, 3))]
        want = (sum(near) - 5 * mean) / (s * math.sqrt((5 * n - 25) / (n - 1)))
        got = self.query(out, "SELECT z_001 FROM trend_cells WHERE cell_id = 'c100E%dN%d'" % (
            EAST // CELL + 2, NORTH // CELL + 2))[0][0]
        self.assertAlmostEqual(got, want, delta=1e-9)

    def test_autocorrelation(self):
        out, _ = self.run_trends()
        other, run = self.run_trends("--autocorrelation", "hamed-rao", out="hr.gpkg")
        self.assertEqual(run["autocorrelation"], "hamed-rao")
        sql = "SELECT tau, p_value, mann_kendall_z FROM trend_cells"
        plain, corrected = self.query(out, sql), self.query(other, sql)
        self.assertEqual([r[0] for r in plain], [r[0] for r in corrected])
        self.assertNotEqual([r[1] for r in plain], [r[1] for r in corrected])
        for _, p, z in corrected:
            self.assertAlmostEqual(p, two_sided(z), delta=1e-12)

    def test_default_step_and_cell(self):
        run = self.run_json("trends", self.source, "--time", "begin", *CRS, "--area", self.area, "-o",
                            self.path("out.gpkg"))
        self.assertEqual((run["step"], run["step_rule"], run["cell_rule"]), ("7 d", "auto", "auto"))
        self.assertEqual(run["cell_m"], 25)  # a twentieth of 900 m bounds it

    def test_same_from_run_to_run(self):
        dumps = []
        for threads in ("1", "3"):
            out, _ = self.run_trends("--threads", threads, "--overwrite")
            dumps.append([line for line in dump(out) if "options.threads" not in line])
        self.assertTrue(dumps[0] == dumps[1], differences(*dumps))

    def test_legend_in_both_languages(self):
        for lang, names in (("en", ("New hot spot", "Oscillating cold spot", "No pattern detected")),
                            ("zh", ("新增热点", "连续热点", "加强热点", "持续热点", "逐渐减少热点", "分散热点",
                                    "振荡热点", "历史热点", "历史冷点", "未检测到模式"))):
            out, _ = self.run_trends("--lang", lang, out=lang + ".gpkg")
            style = self.query(out, "SELECT styleQML FROM layer_styles WHERE f_table_name = 'trend_cells' AND "
                                    "useAsDefault = 1")[0][0]
            self.assertEqual(style.count("<category "), 17)
            for name in names:
                self.assertIn('label="%s"' % name, style)
            self.assertEqual(self.query(out, "SELECT name FROM qgis_projects"), [("trends",)])

    def refused(self, code, text, *args, source=None):
        p = self.run_hotgrid("trends", source or self.source, *args, "-o", self.path("no.gpkg"), code=code)
        self.assertIn(text, p.stderr)
        self.assertNotIn("no.gpkg", self.files())

    def test_refusals(self):
        base = (*CRS, "--time", "begin")
        self.refused(3, "no incident has a time",
                     *CRS, source=self.write("plain.csv", "x,y\n400010,2440010\n400300,2440200\n"))
        self.refused(3, "a trend needs at least 10", *base, "--step", "30d")
        self.refused(3, "0 whole steps of 365 d", *base, "--step", "365d")
        self.refused(2, "at most 999 are possible", *base, "--step", "1h")
        self.refused(2, "--cell", *base, "--cell", "0")
        self.refused(3, "holds polygons", source=self.area)
        p = self.run_hotgrid("trends", self.source, *base, "-o", self.path("x.csv"), code=2)
        self.assertIn("the output of trends ends in .gpkg", p.stderr)
        for option in (("--weight", "x"), ("--keep", "x"), ("--bandwidth", "100"), ("--budget", "1%"),
                       ("--kernel", "gaussian"), ("--stability", "3"), ("--allow-identifiers",)):
            self.refused(2, "trends has no such option", *base, *option)
        self.refused(2, "--step", *base, "--step", "soon")
        self.refused(2, "--autocorrelation", *base, "--autocorrelation", "yes")

    def test_worked_example(self):
        """The strip of docs/methods/trends.md."""
        text = (SOURCE / "docs/methods/trends.md").read_text(encoding="utf-8")
        files = text[text.index("$ cat strip.csv\n"):text.index("$ hotgrid trends strip.csv")].split("$ cat ")[1:]
        paths = [self.write(*f.split("\n", 1)) for f in files]
        out, third = self.path("strip.gpkg"), -0.333333333
        run = self.run_json("trends", paths[0], "--crs", "EPSG:4547", "--area", paths[1], "--cell", "100",
                            "--step", "1d", "-o", out)
        rows = self.query(out, "SELECT cell_id, pattern, round(z_001, 9), round(z_010, 9), round(tau, 4), "
                               "round(p_value, 4) FROM trend_cells")
        expected = [("new_hot", c, third, 3, 0.4472) for c in (3, 4, 5)]
        expected += [("historical_hot", c, 3, third, -0.4472) for c in (13, 14, 15)]
        self.assertEqual(rows, [("c100E40%02dN24400" % c, p, a, b, t, 0.1637) for p, c, a, b, t in expected])
        self.assertEqual(run["incidents_per_window"], 0.3)

    def test_near_repeats(self):
        out, run = self.run_trends("--near-repeat", "150,7d,2x3")
        self.assertEqual(self.query(out, "SELECT count(*) FROM near_repeat"), [(12,)])  # 2 x 3, and beyond
        plain, _ = self.run_trends(out="plain.gpkg")
        for table in ("trend_cells", "trend_steps"):
            sql = "SELECT * FROM %s" % table
            self.assertEqual(self.query(out, sql), self.query(plain, sql))
        self.assertEqual(self.query(plain, "SELECT name FROM sqlite_master WHERE name = 'near_repeat'"), [])

    def test_existing_output_stays(self):
        path = self.write("trends.gpkg", "mine")
        self.run_hotgrid("trends", self.source, *CRS, "--time", "begin", "-o", path, code=4)
        with open(path) as f:
            self.assertEqual(f.read(), "mine")

    def test_new_york(self):
        """Quarters of three years of thefts known within intervals: every theft is in the steps or said to be out."""
        out = self.path("nyc.gpkg")
        run = self.run_json("trends", shared("us_crime_samples", "nyc_vehicle_thefts.csv"), "--since", "2015-01-01",
                            "--until", "2018-01-01", "--step", "91d", "--cell", "500", "-o", out)
        self.assertEqual((run["steps"], run["left_out_s"]), (12, 4 * 86400))
        self.assertAlmostEqual(run["incidents_in_steps"] + run["incidents_outside_steps"], run["accepted"],
                               delta=1e-6)
        inside = self.query(out, "SELECT sum(incidents) FROM trend_cells")[0][0]
        self.assertAlmostEqual(inside, run["incidents_in_steps"], delta=1e-6)
        self.assertGreater(run["patterns"]["sporadic_hot"], 50)
        self.assertEqual(self.query(out, "SELECT count(*) FROM trend_steps"), [(12,)])


if __name__ == "__main__":
    main()
