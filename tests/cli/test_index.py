"""The index: the sample township's year, the model recomputed, changes, withheld counts, what is written."""
import csv
import datetime
import hashlib
import json
import random
import subprocess
import sys

from harness import SOURCE, main
from index_cases import ONE, PERIOD, PINGSHA, PLAIN, SAMPLE, IndexCase, day, days, expected_row, feed_csv
from test_determinism import dump
import test_validate

BANDS = ("blue", "yellow", "orange", "red")


class Sample(IndexCase):
    """Ten months of 2019, with 2018 as their history, as the source town published."""

    def setUp(self):
        super().setUp()
        self.config = self.write("town.yaml", "preset: four-stream\ncalendar: china-2018-2020\n")
        self.out = self.path("index.gpkg")

    def run_sample(self, *args):
        return self.run_json("index", *SAMPLE, "--config", self.config, *PERIOD, "-o", self.out, *args)

    def test_304_days(self):
        facts = self.run_sample("--unit-name", "平沙镇")
        unit = facts["units"][0]
        self.assertEqual(facts["published"], {"first_day": "2019-01-01", "last_day": "2019-10-31", "days": 304})
        by_band = [unit["days_" + b] for b in BANDS]
        self.assertEqual(sum(by_band), 304)
        self.assertEqual(unit["days_scored"], 304)
        self.assertTrue(88 < unit["mean_score"] < 93, unit)
        self.assertEqual(facts["rows_read"], facts["accepted"] + facts["rejected"])
        self.assertEqual(facts["rejected_by_reason"]["bad_time"], 28)
        table = self.query(self.out, "SELECT band, count(*) FROM safety_index GROUP BY band")
        self.assertEqual(sum(n for _, n in table), 304)
        self.assertEqual(sorted(table), sorted((b, n) for b, n in zip(BANDS, by_band) if n))
        summary = self.query(self.out, "SELECT mean_score, rank, days, days_blue, days_yellow, days_orange, "
                                       "days_red FROM index_summary WHERE period LIKE '%..%'")
        mean = self.query(self.out, "SELECT avg(score) FROM safety_index")[0][0]
        self.assertAlmostEqual(summary[0][0], mean, 9)
        self.assertEqual(summary[0][1:], (1, 304, *by_band))
        months = self.query(self.out, "SELECT sum(days), sum(days_blue), sum(n_crime) FROM index_summary "
                                      "WHERE period LIKE '2019-__'")
        whole = self.query(self.out, "SELECT sum(n_crime) FROM index_summary WHERE period LIKE '%..%'")
        self.assertEqual(months[0], (304, by_band[0], whole[0][0]))
        self.assertRegex(unit["message_zh"], r"^平沙镇 10月31日 \d+\.\d (蓝|黄|橙|红)色$")
        self.assertRegex(unit["message"], r"^平沙镇 31 October \d+\.\d (blue|yellow|orange|red)$")

    def test_report(self):
        p = self.index(*SAMPLE, "--config", self.config, *PERIOD, "--unit-name", "平沙镇", "--lang", "zh", "-o",
                       self.out)
        self.assertRegex(p.stdout, r"304天：平均\d+\.\d\d，蓝色\d+天，黄色\d+天，橙色\d+天，红色\d+天")
        self.assertIn("平沙镇 10月31日", p.stdout)
        self.assertIn("not a city's formula", p.stdout)

    def test_bands_follow_the_scores(self):
        self.run_sample()
        for score, band in self.query(self.out, "SELECT score, band FROM safety_index"):
            want = "blue" if score >= 90 else "yellow" if score >= 80 else "orange" if score >= 70 else "red"
            self.assertEqual(band, want, score)
        worst = self.query(self.out, "SELECT score - min(score_crime, score_fire, score_traffic, "
                                     "score_city_management) FROM safety_index")
        self.assertTrue(all(d == 0 for (d,) in worst), "the worst stream is the headline")

    def test_written(self):
        facts = self.run_sample()
        self.assertEqual(self.files(), ["index.csv", "index.gpkg", "index_calendar.png", "index_calendar.svg",
                                        "town.yaml"])
        for s in facts["sidecars"]:
            data = (self.dir / s["name"]).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), s["sha256"])
        data = (self.dir / "index.csv").read_bytes()
        self.assertTrue(data.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
        table = self.query(self.out, "SELECT date, score, n_crime, reasons, config_sha256 FROM safety_index ORDER BY fid")
        self.assertEqual([(r["date"], float(r["score"]), int(r["n_crime"]), r["reasons"], r["config_sha256"])
                          for r in rows], table)
        self.assertEqual({len(r["config_sha256"]) for r in rows}, {64})
        self.assertEqual((self.dir / "index_calendar.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertIn(b"<svg", (self.dir / "index_calendar.svg").read_bytes()[:300])

    def test_year_on_year(self):
        self.run_sample()
        rows = {r[0]: r[1:] for r in self.query(
            self.out, "SELECT measure, base, current, change_pct, low_pct, high_pct, note FROM year_on_year "
                      "WHERE comparison = 'yoy' AND period = '2019-01-01..2019-10-31'")}
        self.assertEqual(set(rows), {"crime", "fire", "traffic", "city_management", "injured", "deaths"})
        counts = self.query(self.out, "SELECT sum(n_crime), sum(n_fire), sum(n_traffic) FROM safety_index")[0]
        self.assertEqual((rows["crime"][1], rows["fire"][1], rows["traffic"][1]), counts)
        for name, (base, current, change, low, high, note) in rows.items():
            if name != "fire":  # whose feed missed some days
                self.assertAlmostEqual(change, 100 * (current / base - 1), 9, name)  # 304 days against 304
            self.assertTrue(low < change < high, name)
            distinct = low > 0 or high < 0
            self.assertEqual(note, "beyond chance (95 %)" if distinct else "not distinguishable from chance")
        self.assertEqual(self.query(self.out, "SELECT count(DISTINCT period) FROM year_on_year"), [(11,)],
                         "the period and its ten months")
        self.assertEqual(self.query(self.out, "SELECT DISTINCT base_period FROM year_on_year WHERE comparison = "
                                              "'pop' AND period = '2019-03'"), [("2019-02",)])

    def test_any_threads(self):
        self.run_sample("--threads", "1")
        one = dump(self.out), [(self.dir / n).read_bytes() for n in self.files() if n.startswith("index_") or
                               n.endswith(".csv")]
        self.run_sample("--threads", "3", "--overwrite")
        three = dump(self.out), [(self.dir / n).read_bytes() for n in self.files() if n.startswith("index_") or
                                 n.endswith(".csv")]
        self.assertEqual(one[0], three[0])
        self.assertEqual(one[1], three[1])

    def test_geopackage_and_qgis(self):
        self.run_sample("--lang", "zh")
        test_validate.Validate.check(self, self.out)
        code = subprocess.run([sys.executable, "-c", "import qgis.core"], capture_output=True).returncode
        if code:
            return
        p = subprocess.run([sys.executable, str(SOURCE / "tests/qgis/check_result.py"), self.out,
                            self.path("map.png"), "index"], capture_output=True, text=True, timeout=300,
                           env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(self.dir), "PATH": "/usr/bin:/bin"})
        self.assertEqual(p.returncode, 0, p.stdout[-4000:] + p.stderr[-2000:])

    rtrees = test_validate.Validate.rtrees
    extents = test_validate.Validate.extents


class Model(IndexCase):
    """One stream with prescribed daily numbers, recomputed."""

    def table(self, counts, config=ONE, *args):
        self.write("crime.csv", feed_csv(counts))
        self.write("c.yaml", config)
        out = self.path("o.gpkg")
        self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "-o", out, "--overwrite",
                   "--certainty-draws", "0", *args)
        return {r[0]: r[1:] for r in self.query(out, "SELECT date, score, band, n_crime, expected_crime, z_crime, "
                                                     "missing_crime, reasons FROM safety_index")}

    def test_recomputed(self):
        r = random.Random(4)
        counts = [r.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7)) for _ in range(200)]
        counts[90], counts[150], counts[0] = 19, 25, 2  # two days that the robust mean must shrug off
        rows = self.table(days("2018-01-01", counts))
        self.assertEqual(len(rows), 200)
        for k, (date, n) in enumerate(days("2018-01-01", counts)):
            score, band, count, expected, z, missing, _ = rows[str(date)]
            self.assertEqual((count, missing), (n, 0), date)
            want = expected_row(counts[:k], n)
            if want is None:
                self.assertEqual((score, band, z), (None, None, None), date)
                continue
            self.assertAlmostEqual(z, want[1], 8, date)
            self.assertAlmostEqual(expected, want[2], 8, date)
            self.assertAlmostEqual(score, want[0], 7, date)

    def test_history_of_some_days(self):
        r = random.Random(5)
        counts = [r.randint(1, 6) for _ in range(120)]
        rows = self.table(days("2018-01-01", counts), ONE + "history_days: 40\n")
        for k, (date, n) in list(enumerate(days("2018-01-01", counts)))[40:]:
            self.assertAlmostEqual(rows[str(date)][4], expected_row(counts[k - 40:k], n)[1], 8)

    def test_by_hand(self):
        """100 days of 4: M = 4, phi = 1, D = 100. z = 2 (sqrt Y - 2) / sqrt(1.01) = 1.99007 (sqrt Y - 2)."""
        rows = self.table(days("2018-01-01", [4] * 100 + [4, 6, 9, 12, 13, 0, 4]))
        by_hand = {"2018-04-11": (100, "blue"),     # Y = 4: z = 0
                   "2018-04-12": (100 - 8.945, "blue"),   # 6: sqrt 2.44949, z = 0.8945 (M a little above 4)
                   "2018-04-13": (80.1, "yellow"),  # 9: z = 1.99
                   "2018-04-14": (70.9, "orange"),  # 12: sqrt 3.4641, z = 2.91
                   "2018-04-15": (68.1, "red"),     # 13: sqrt 3.60555, z = 3.195 less for what came before
                   "2018-04-16": (100, "blue")}     # fewer than usual costs nothing
        for date, (score, band) in by_hand.items():
            self.assertAlmostEqual(rows[date][0], score, delta=1.0, msg=date)
            self.assertEqual(rows[date][1], band, date)

    def test_edges_belong_to_the_better_band(self):
        """By ratio, 2018-04-11 has Y = 11 against 10: 100 (2 - 1.1) = 90 exactly, 12 is 80, 13 is 70."""
        config = ONE + "rule: ratio\n"
        for n, band in ((11, "blue"), (12, "yellow"), (13, "orange"), (14, "red")):
            rows = self.table(days("2018-01-01", [10] * 100 + [n]), config)
            self.assertEqual(rows["2018-04-11"][:2], (210 - 10 * n - 10, band), n)

    def test_short_history_has_no_score(self):
        rows = self.table(days("2018-01-01", [3] * 40))
        self.assertEqual([rows[str(d)][1] for d, _ in days("2018-01-01", [1] * 28)], [None] * 28)
        self.assertEqual(rows["2018-01-29"][1], "blue")
        self.assertIn("less than 28 days of history", rows["2018-01-20"][6])

    def test_missing_feed(self):
        """A gap longer than any before, and than three days, is a missing feed from then on; not 100."""
        rows = self.table(days("2018-01-01", [2, 3] * 30 + [0] * 6 + [2] * 4))
        self.assertEqual(rows["2018-03-04"][1], "blue", "the third quiet day may be quiet")
        self.assertEqual(rows["2018-03-05"][:3], (None, None, None))
        self.assertEqual(rows["2018-03-05"][5], 1)
        self.assertIn("no feed: crime", rows["2018-03-05"][6])
        self.assertEqual(rows["2018-03-08"][1], "blue")

    def test_feed_calendar(self):
        self.write("cal.yaml", "feeds:\n  - {stream: crime, missing: 2018-02-10..2018-02-11}\n")
        rows = self.table(days("2018-01-01", [3] * 60), ONE + "calendar: cal.yaml\n")
        self.assertEqual([rows[d][1] for d in ("2018-02-09", "2018-02-10", "2018-02-11", "2018-02-12")],
                         ["blue", None, None, "blue"])

    def test_reds_in_a_row(self):
        self.table(days("2018-01-01", [2] * 300 + [30] * 5 + [2]))
        rows = self.query(self.path("o.gpkg"), "SELECT consecutive_red, escalation FROM safety_index WHERE date >= "
                                               "'2018-10-28' ORDER BY date")
        self.assertEqual(rows, [(1, None), (2, None), (3, "notice"), (4, "talk with those responsible"),
                                (5, "further measures"), (0, None)])

    def test_holiday_without_history_is_said(self):
        self.write("cal.yaml", "holidays:\n  - {name: Fair, label_zh: 庙会, dates: [2018-02-10]}\n")
        rows = self.table(days("2018-01-01", [3] * 60), ONE.replace("holiday: false", "holiday: true")
                          + "calendar: cal.yaml\n")
        self.assertIn("Fair has no history here", rows["2018-02-10"][6])

    def test_severity_and_discovered(self):
        """Two robberies at weight 5 count 2 and weigh 10; raids stand apart, in a series of their own."""
        rows = ["%.5f,22.1,%s,%s" % (113.2 + 1e-5 * k, d, kind)
                for d, n in days("2018-01-01", [3] * 60) for k in range(n)
                for kind in (["robbery"] if k < 2 and str(d) == "2018-02-20" else ["raid"] if k == 2 else ["theft"])]
        self.write("crime.csv", "lon,lat,when,kind\n" + "\n".join(rows) + "\n")
        self.write("c.yaml", "streams:\n  - {name: crime, weight: 1, severity: {robbery: 5}, discovered: [raid]}\n"
                   + PLAIN)
        out = self.path("o.gpkg")
        self.index(self.path("crime.csv"), "--category", "kind", "--config", self.path("c.yaml"), "-o", out)
        row = self.query(out, "SELECT n_crime, n_crime_found, score_crime, score, reasons FROM safety_index WHERE "
                              "date = '2018-02-20'")[0]
        self.assertEqual(row[:2], (2, 1))
        self.assertEqual(row[2], row[3], "what was discovered is in no headline")
        self.assertRegex(row[4], r"crime 2 \(weighing 10\.0\) against 2\.0 expected")


class Sparse(IndexCase):
    """One event a row, few a year: what a town's weekly table compares."""

    def compare(self, base, current, config=ONE, since="2019-01-01", until="2020-01-01"):
        """The yoy line of the whole period, events spread evenly over their years."""
        counts = [(day("%d-01-01" % year) + datetime.timedelta(int(365 * (k + 0.5) / n)), 1)
                  for year, n in ((2018, base), (2019, current)) for k in range(n)]
        self.write("crime.csv", feed_csv(counts))
        self.write("c.yaml", config)
        self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "--since", since, "--until", until, "-o",
                   self.path("o.gpkg"), "--overwrite")
        return self.query(self.path("o.gpkg"), "SELECT base, current, change_pct, low_pct, high_pct, note FROM "
                                               "year_on_year WHERE comparison = 'yoy' AND base_period = '2018'")[0]

    def test_published_pairs(self):
        """A year's first accident comes some days into it: the year is in the data all the same."""
        for base, current, pct, low, high in ((33, 26, -21.21, -54.7, 35.8), (14, 13, -7.14, -59.8, 113.0),
                                              (4, 1, -75.00, -99.5, 152.6)):
            row = self.compare(base, current)
            self.assertEqual(row[:2], (base, current))
            self.assertEqual((round(row[2], 2), round(row[3], 1), round(row[4], 1)), (pct, low, high))
            self.assertEqual(row[5], "not distinguishable from chance")

    def test_base_of_none(self):
        """0 to 3: not in the data, unless the calendar says that the feed was there."""
        self.assertEqual(self.compare(0, 3), (None, 3, None, None, None, "the base period is not in the data"))
        self.write("cal.yaml", "feeds:\n  - {stream: crime, present: 2018-01-01..2018-12-31}\n")
        self.assertEqual(self.compare(0, 3, ONE + "calendar: cal.yaml\n"),
                         (0, 3, None, None, None, "nothing in the base period: no percentage"))

    def test_data_that_begin_too_late(self):
        """Two every fourth day from 5 January on: of four quiet days at the start nothing is known; three are usual."""
        for first, known in (("2018-01-05", False), ("2018-01-04", True)):
            self.write("crime.csv", feed_csv(days(first, [2, 0, 0, 0] * 181)))
            self.write("c.yaml", ONE)
            self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "--since", "2019-01-01", "-o",
                       self.path("o.gpkg"), "--overwrite")
            note = self.query(self.path("o.gpkg"), "SELECT note FROM year_on_year WHERE comparison = 'yoy' AND period = "
                                                   "'2019-01'")[0][0]
            self.assertEqual(note == "the base period is not in the data", not known, first)

    def test_leap_year(self):
        """Two a day: no change, however long February is; 29 February alone is put beside 28 February."""
        self.write("crime.csv", feed_csv(days("2018-12-01", [2] * 600)))
        self.write("c.yaml", ONE)
        for since, until, base in (("2020-01-01", "2020-04-01", "2019-02"),
                                   ("2020-02-29", "2020-03-01", "2019-02-28..2019-02-28")):
            self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "--since", since, "--until", until, "-o",
                       self.path("o.gpkg"), "--overwrite")
            rows = self.query(self.path("o.gpkg"), "SELECT base_period, change_pct FROM year_on_year WHERE comparison = "
                                                   "'yoy'")
            self.assertIn((base, 0.0), rows)
            self.assertEqual({r[1] for r in rows}, {0.0})

    def test_last_statement_on_a_feed_holds(self):
        """In the daily table and in the changes alike."""
        self.write("crime.csv", feed_csv(days("2018-01-01", [3] * 90)))
        units = self.squares("u.geojson", [({"name": "a"}, 113.0, 22.0, 113.3, 22.2)])
        for entries, missing in ((("unit: a, present", "missing"), True), (("missing", "unit: a, present"), False)):
            self.write("cal.yaml", "feeds:\n" + "".join("  - {stream: crime, %s: 2018-03-10}\n" % e for e in entries))
            self.write("c.yaml", ONE + "calendar: cal.yaml\n")
            self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "--units", units, "--since",
                       "2018-03-01", "-o", self.path("o.gpkg"), "--overwrite")
            self.assertEqual(self.query(self.path("o.gpkg"), "SELECT missing_crime FROM safety_index WHERE date = "
                                                             "'2018-03-10'"), [(int(missing),)])
            self.assertEqual(self.query(self.path("o.gpkg"), "SELECT n_crime FROM index_summary"),
                             [(31 * 3 - 3 * missing,)])

    def test_streams_without_rows_are_named(self):
        self.write("crime.csv", feed_csv(days("2018-01-01", [3] * 90)))
        facts = self.run_json("index", self.path("crime.csv"), "--since", "2018-03-01", "-o", self.path("o.gpkg"))
        self.assertIn("no row of the inputs belongs to fire, traffic, city_management", " ".join(facts["notes"]))
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT DISTINCT score, reasons FROM safety_index"),
                         [(None, "no feed: fire; no feed: traffic; no feed: city_management")])

    def test_one_unit_has_a_box(self):
        """In whole kilometres around all incidents, even where they are all at one place."""
        self.compare(4, 1)
        rows = self.query(self.path("o.gpkg"), "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = "
                                               "'units'")[0]
        self.assertTrue(all(v % 1000 == 0 for v in rows), rows)
        self.assertEqual((rows[2] - rows[0], rows[3] - rows[1]), (1000, 1000))


class Units(IndexCase):
    def setUp(self):
        super().setUp()
        self.write("c.yaml", ONE)
        self.units = self.squares("u.geojson", [({"name": "b", "people": 20000}, 113.0, 22.0, 113.1, 22.1),
                                                ({"name": "a", "people": 5000}, 113.1, 22.0, 113.2, 22.1)])
        lines = []
        for d, _ in days("2018-01-01", [0] * 60):
            lines += ["113.05,22.05,%s" % d] * 2 + ["113.15,22.05,%s" % d, "113.1,22.0,%s" % d,
                                                     "113.5,22.05,%s" % d]
        self.lines = lines
        self.write("crime.csv", "lon,lat,when\n" + "\n".join(lines) + "\n")

    def run_units(self, *args):
        return self.run_json("index", self.path("crime.csv"), "--config", self.path("c.yaml"), "--units", self.units,
                             "-o", self.path("o.gpkg"), "--overwrite", *args)

    def test_points_to_units(self):
        """On the shared border: once, in the first unit by name. Outside: said, not dropped."""
        facts = self.run_units()
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT unit, sum(n_crime) FROM safety_index GROUP BY 1"),
                         [("a", 120), ("b", 120)])
        self.assertEqual(facts["outside_units"], 60)
        self.assertEqual(facts["accepted"], 300)
        notes = " ".join(facts["notes"])
        self.assertIn("60 incidents lie in no unit", notes)
        self.assertIn('names are taken from the column "name"', notes)
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT current FROM year_on_year WHERE unit = '*' AND "
                                    "comparison = 'pop' AND period = '2018-01-01..2018-03-01'"), [(240.0,)])

    def test_rates(self):
        self.write("c.yaml", ONE + "population: people\n")
        self.run_units()
        rows = self.query(self.path("o.gpkg"), "SELECT unit, per_10k_crime FROM index_summary WHERE days = 60")
        self.assertEqual(rows, [("a", 240.0), ("b", 60.0)])
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT unit, population FROM units"),
                         [("a", 5000.0), ("b", 20000.0)])

    def test_any_order(self):
        self.run_units()
        before = [self.query(self.path("o.gpkg"), "SELECT * FROM " + t) for t in
                  ("safety_index", "index_summary", "year_on_year", "units")]
        random.Random(1).shuffle(self.lines)
        self.write("crime.csv", "lon,lat,when\n" + "\n".join(self.lines) + "\n")
        self.run_units()
        after = [self.query(self.path("o.gpkg"), "SELECT * FROM " + t) for t in
                 ("safety_index", "index_summary", "year_on_year", "units")]
        self.assertEqual(before, after)

    def test_huizhou(self):
        """60/20/20 per 10,000 people against all units: twice the rate of everybody scores 0 for a stream."""
        lines = {s: [] for s in ("crime", "fire", "traffic")}
        for d, _ in days("2018-01-01", [0] * 100):
            for s in lines:
                lines[s] += ["113.05,22.05,%s" % d] * 4 + ["113.15,22.05,%s" % d]  # 4 to 20000, 1 to 5000 people
        for s, rows in lines.items():
            self.write(s + ".csv", "lon,lat,when\n" + "\n".join(rows) + "\n")
        self.write("c.yaml", "preset: huizhou-2016\npopulation: people\n")
        self.index(*(self.path(s + ".csv") for s in lines), "--config", self.path("c.yaml"), "--units", self.units,
                   "--unit-name", "name", "--since", "2018-03-01", "--until", "2018-04-11", "-o", self.path("o.gpkg"))
        rows = self.query(self.path("o.gpkg"), "SELECT DISTINCT unit, score, band FROM safety_index")
        self.assertEqual(rows, [("a", 100.0, "green"), ("b", 100.0, "green")], "the rates are equal")


class Compare(IndexCase):
    def setUp(self):
        super().setUp()
        r = random.Random(2)
        self.counts = days("2018-01-01", [r.randint(1, 5) for _ in range(120)])
        self.write("c.yaml", ONE)

    def run_with(self, name, counts, *args, config="c.yaml"):
        self.write("crime.csv", feed_csv(counts))
        return self.run_json("index", self.path("crime.csv"), "--config", self.path(config), "-o", self.path(name),
                             *args)

    def test_late_rows(self):
        early = [(d, n - (1 if str(d) == "2018-03-10" else 0)) for d, n in self.counts]
        self.run_with("old.gpkg", early)
        facts = self.run_with("new.gpkg", self.counts, "--compare", self.path("old.gpkg"))
        self.assertEqual(facts["compare"]["days_with_late_rows"], 1)
        rows = self.query(self.path("new.gpkg"), "SELECT date, reason, details FROM index_changes ORDER BY date")
        n = dict((str(d), n) for d, n in self.counts)["2018-03-10"]
        self.assertEqual(rows[0], ("2018-03-10", "late rows", "crime %d → %d" % (n - 1, n)))
        self.assertTrue(all(r[1] == "history" for r in rows[1:]), rows)
        self.assertTrue(all(r[0] > "2018-03-10" for r in rows[1:]))

    def test_nothing_changed(self):
        self.run_with("old.gpkg", self.counts)
        facts = self.run_with("new.gpkg", self.counts, "--compare", self.path("old.gpkg"))
        self.assertEqual(facts["compare"]["days_changed"], 0)
        self.assertEqual(facts["compare"]["days_compared"], 120)

    def test_nothing_in_common(self):
        self.run_with("old.gpkg", days("2015-01-01", [2] * 60))
        facts = self.run_with("new.gpkg", self.counts, "--compare", self.path("old.gpkg"))
        self.assertEqual(facts["compare"]["days_compared"], 0)
        self.assertIn("no day of a unit stands in both", " ".join(facts["notes"]))

    def test_other_config(self):
        self.run_with("old.gpkg", self.counts)
        self.write("d.yaml", ONE + "bands: [97, 80, 70]\n")
        self.run_with("new.gpkg", self.counts, "--compare", self.path("old.gpkg"), config="d.yaml")
        self.assertEqual(self.query(self.path("new.gpkg"), "SELECT DISTINCT reason FROM index_changes"), [("config",)])


class Withheld(IndexCase):
    """--suppress-below: no count from 1 to K-1 in any output, and nothing that gives one away."""

    def setUp(self):
        super().setUp()
        r = random.Random(3)
        self.write("c.yaml", "streams: [{name: crime, weight: 0.5}, {name: fire, weight: 0.5}]\n" + PLAIN)
        rects = [({"name": "u%d" % k}, 113 + k / 10, 22, 113.1 + k / 10, 22.1) for k in range(4)]
        self.units = self.squares("u.geojson", rects)
        self.true = {}
        for stream, most in (("crime", 9), ("fire", 3)):
            lines = []
            for d, _ in days("2018-01-01", [0] * 150):
                for k in range(4):
                    n = r.randint(0, most)
                    self.true[stream, "u%d" % k, str(d)] = n
                    lines += ["%.4f,22.05,%s" % (113.05 + k / 10, d)] * n
            self.write(stream + ".csv", "lon,lat,when\n" + "\n".join(lines) + "\n")
        self.out = self.path("o.gpkg")
        self.facts = self.run_json("index", self.path("crime.csv"), self.path("fire.csv"), "--config",
                                   self.path("c.yaml"), "--units", self.units, "--suppress-below", "5", "--since",
                                   "2018-03-01", "--until", "2018-05-16", "-o", self.out)

    def test_no_small_count(self):
        seen = 0
        for stream in ("crime", "fire"):
            for unit, date, n in self.query(self.out, "SELECT unit, date, n_%s FROM safety_index" % stream):
                if n is not None:
                    self.assertTrue(n == 0 or n >= 5, (stream, unit, date, n))
                    self.assertEqual(n, self.true[stream, unit, date])
                    seen += 1
        self.assertGreater(seen, 50)
        for column in ("base", "current"):
            self.assertEqual(self.query(self.out, "SELECT count(*) FROM year_on_year WHERE %s > 0 AND %s < 5"
                                        % (column, column)), [(0,)])

    def test_nothing_beside_it(self):
        """Colours are all there is: a score and the number it is for tell what was expected, and so the days before."""
        rows = self.query(self.out, "SELECT n_crime, z_crime, expected_crime, score_crime, band_crime, n_fire, "
                                    "z_fire, expected_fire, score_fire, score, score_mean, band_certainty "
                                    "FROM safety_index")
        for n, z, m, score, band, fire, zf, mf, sf, head, mean, sure in rows:
            self.assertEqual((z, m, zf, mf, score, sf, head, mean, sure), (None,) * 9)
            if n is None:
                self.assertIsNone(band)
        self.assertNotIn("rejects", [t for (t,) in self.query(self.out, "SELECT table_name FROM gpkg_contents")])
        for (text,) in self.query(self.out, "SELECT reasons FROM safety_index"):
            self.assertNotRegex(text, r"\b[1-4]\b|against|most at", "only numbers that may be told")
        data = (self.dir / "o.csv").read_text(encoding="utf-8-sig")
        for row in csv.DictReader(data.splitlines()):
            self.assertTrue(row["n_fire"] in ("", "0") or int(row["n_fire"]) >= 5)

    def test_totals_do_not_give_it_away(self):
        """Month by month: one withheld day in a month whose total is told would be the rest of that total."""
        for stream in ("crime", "fire"):
            told = {(u, p): n for u, p, n in self.query(
                self.out, "SELECT unit, period, current FROM year_on_year WHERE measure = ? AND comparison = 'pop' "
                          "AND period LIKE '2018-__'", stream) if n is not None}
            for (unit, month), n in told.items():
                if unit == "*":
                    continue
                cells = self.query(self.out, "SELECT n_%s FROM safety_index WHERE unit = ? AND date LIKE ?" % stream,
                                   unit, month + "-%")
                self.assertNotEqual(sum(c is None for (c,) in cells), 1, (stream, unit, month))

    def test_no_score_in_any_output(self):
        self.assertTrue(all(u["latest_score"] is None for u in self.facts["units"]))
        for unit, score, message in self.query(self.out, "SELECT unit, score, message FROM units"):
            self.assertIsNone(score)
            self.assertRegex(message, r"^u\d 15 May (no index|blue|yellow|orange|red)$")
        for mean, scored in self.query(self.out, "SELECT mean_score, days_scored FROM index_summary"):
            self.assertTrue(mean is None if scored < 28 else round(mean, 1) == mean, (mean, scored))

    def test_day_that_no_total_counts(self):
        """A day declared missing is in no total, so the other small day of its month needs another one beside it."""
        counts = [(d, {"2018-04-10": 2, "2018-04-20": 3}.get(str(d), 8)) for d, _ in days("2018-01-01", [8] * 120)]
        self.write("crime.csv", feed_csv(counts))
        self.write("cal.yaml", "feeds:\n  - {stream: crime, missing: [2018-04-20, 2018-02-03]}\n")
        self.write("d.yaml", ONE + "calendar: cal.yaml\n")
        self.index(self.path("crime.csv"), "--config", self.path("d.yaml"), "--suppress-below", "5", "--since",
                   "2018-03-01", "-o", self.path("d.gpkg"))
        total = self.query(self.path("d.gpkg"), "SELECT n_crime FROM index_summary WHERE period = '2018-04'")[0][0]
        cells = dict(self.query(self.path("d.gpkg"), "SELECT date, n_crime FROM safety_index WHERE date LIKE '2018-04-%'"))
        self.assertIsNone(cells["2018-04-10"])
        self.assertIsNone(cells["2018-04-20"])
        unknown = [d for d, n in cells.items() if n is None and d != "2018-04-20"]
        self.assertTrue(total is None or len(unknown) > 1, (total, unknown))

    def test_not_with_compare(self):
        p = self.index(self.path("crime.csv"), self.path("fire.csv"), "--config", self.path("c.yaml"), "--units",
                       self.units, "--compare", self.out, "-o", self.path("p.gpkg"), code=2)
        self.assertIn("made with --suppress-below", p.stderr)
        self.index(self.path("crime.csv"), self.path("fire.csv"), "--config", self.path("c.yaml"), "--suppress-below",
                   "5", "--compare", self.out, "-o", self.path("p.gpkg"), code=2)


class Claims(IndexCase):
    def test_impossible(self):
        p = self.index("--check-claim", "-300%")
        self.assertIn("cannot be", p.stdout)
        self.assertIn("4:1", p.stdout)
        self.assertIn("-75 %", p.stdout)
        zh = self.index("--check-claim", "−300%", "--lang", "zh").stdout
        self.assertIn("不可能", zh)
        self.assertIn("4:1", zh)
        self.assertIn("365:182, and the change is -50.12 %", self.index("--check-claim", "-100.5%").stdout)
        self.assertEqual(self.files(), [])

    def test_possible(self):
        """Intervals of real claims: 33 to 26, 14 to 13, 4 to 1."""
        for claim, low, high in (("-21.21%:33,26", "-54.7", "+35.8"), ("-7.14%:14,13", "-59.8", "+113.0"),
                                 ("-75%:4,1", "-99.5", "+152.6")):
            p = self.index("--check-claim", claim)
            self.assertIn("can be", p.stdout)
            self.assertIn("%s … %s" % (low, high), p.stdout)
            self.assertIn("not distinguishable from chance", p.stdout)
        facts = json.loads(self.index("--check-claim", "-300%:4,1", "--json").stdout)
        self.assertEqual((facts["possible"], facts["if_divided_by_later_pct"], facts["actual_pct"]), (False, -75, -75))

    def test_no_claim(self):
        for claim in ("abc", "", "-21%:33", "-21%:a,b", "%", "nan%"):
            p = self.index("--check-claim", claim, code=2)
            self.assertIn("--check-claim", p.stderr)


if __name__ == "__main__":
    main()
