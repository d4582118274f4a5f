"""`hotgrid trends --near-repeat`: the published table of the Burkitt cases, and all pairs in plain Python."""
import datetime
import math
import random
import re

from harness import SOURCE, Case, main

DAY_S = 86400


class NearRepeat(Case):
    def burkitt(self):
        """The 188 cases of tests/burkitt.h; their kilometres are those of UTM zone 36."""
        text = (SOURCE / "tests/burkitt.h").read_text(encoding="utf-8")
        cases = [tuple(map(int, m)) for m in re.findall(r"\{(\d+), (\d+), (\d+)\}", text)]
        self.assertEqual(len(cases), 188)
        first = datetime.date(1960, 1, 1)
        return self.write("burkitt.csv", "x,y,when\n" + "".join(
            "%d,%d,%s\n" % (1000 * x, 1000 * y, first + datetime.timedelta(days=t)) for x, y, t in cases))

    def trends(self, source, near, *args, step="365d", out="out.gpkg"):
        options = ["--near-repeat", near] if near else []
        j = self.run_json("trends", source, "--crs", "EPSG:32636", "--time", "when", "--step", step, "--cell", "20000",
                          *options, *args, "--overwrite", "-o", self.path(out))
        if not near:
            return j, None
        return j, self.query(self.path(out), "SELECT distance_from_m, distance_to_m, time_from_d, time_to_d, observed, "
                             "expected, ratio, p_value, p_poisson, note FROM near_repeat ORDER BY fid")

    def test_burkitt(self):
        j, rows = self.trends(self.burkitt(), "20km,5d")
        near, (whole, same, others) = j["near_repeat"], rows
        self.assertEqual(whole[:5], (0, 20000, 0, 5, 13))
        self.assertEqual((near["pairs_near"] - 13, near["pairs_soon"] - 13), (3416, 39))
        self.assertEqual(near["pairs"] - near["pairs_near"] - near["pairs_soon"] + 13, 14110)
        self.assertAlmostEqual(whole[5], 10.1438161, delta=5e-8)
        self.assertAlmostEqual(whole[6], 13 / whole[5], delta=1e-12)
        self.assertAlmostEqual(whole[8], 1 - sum(math.exp(-whole[5]) * whole[5] ** k / math.factorial(k)
                                                 for k in range(13)), delta=1e-12)
        self.assertIsNone(whole[9])
        self.assertEqual((same[:2], same[4], same[9]), ((0, 0), 1, "same place"))
        self.assertEqual((others[:2], others[4], others[9]), ((0, 20000), 12, "other places"))
        self.assertEqual(near["pairs_same_place"], 11)
        # 999 relabellings from another seed differ by chance alone
        again = self.trends(self.burkitt(), "20km,5d", "--seed", "7")[1][0][7]
        self.assertAlmostEqual(whole[7], again, delta=0.07)

    def test_a_seed_gives_the_same_table_on_any_number_of_threads(self):
        one = self.trends(self.burkitt(), "5km,30d,3x2", "--threads", "1")[1]
        self.assertEqual(one, self.trends(self.burkitt(), "5km,30d,3x2", "--threads", "3")[1])

    def rows(self):
        """Whole metres and hours, so that pairs lie on bounds; some intervals, some without a time."""
        rng, rows = random.Random(6), []
        for i in range(250):
            x, y = 300000 + 100 * rng.randrange(60), 300000 + 100 * rng.randrange(60)
            start = datetime.datetime(2015, 1, 1) + datetime.timedelta(hours=rng.randrange(24 * 900))
            end = start + datetime.timedelta(hours=rng.choice([2, 24, 400])) if i % 3 == 0 else None
            rows.append((x, y, None, None) if i % 25 == 4 else (x, y, start, end))
        return rows

    def test_bands_are_those_of_all_pairs(self):
        rows = self.rows()
        text = lambda t: t.isoformat(" ") if t else ""
        source = self.write("in.csv", "x,y,when,ended\n" + "".join(
            "%d,%d,%s,%s\n" % (x, y, text(a), text(b)) for x, y, a, b in rows))
        j, got = self.trends(source, "500m,10d,3x2", "--time-end", "ended", step="60d")
        at = [(x, y, (a + (b - a) / 2) if b else a) for x, y, a, b in rows if a]
        observed, near, soon, pairs = {}, {}, {}, 0
        for i, (x, y, t) in enumerate(at):
            for u, v, s in at[:i]:
                d, apart = math.hypot(x - u, y - v), abs((t - s).total_seconds())
                ring, band = max(1, math.ceil(d / 500)), max(1, math.ceil(apart / (10 * DAY_S)))
                parts = [ring] + (["same place" if d == 0 else "other places"] if ring == 1 else [])
                pairs += 1
                soon[band] = soon.get(band, 0) + 1
                for part in parts:
                    near[part] = near.get(part, 0) + 1
                    observed[part, band] = observed.get((part, band), 0) + 1
        self.assertEqual(len(got), 10)
        for low, high, begin, end, count, expected, _, p, _, note in got:
            part, band = note or round(high / 500), round(end / 10)
            self.assertEqual(count, observed.get((part, band), 0), (part, band))
            self.assertAlmostEqual(expected, near[part] * soon[band] / pairs, delta=1e-9)
            self.assertTrue(0.001 <= p <= 1)
        facts = j["near_repeat"]
        self.assertEqual((facts["incidents"], facts["untimed"], facts["intervals"]),
                         (len(at), 250 - len(at), sum(1 for r in rows if r[3])))
        self.assertEqual(facts["intervals_wider_than_band"], sum(1 for r in rows if r[3] and (r[3] - r[2]).days > 10))

    def test_the_summary_has_its_line_after_the_rows_read(self):
        said = self.run_hotgrid("trends", self.burkitt(), "--crs", "EPSG:32636", "--time", "when", "--step", "365d",
                                "--cell", 20000, "--near-repeat", "20km,5d", "-o", self.path("said.gpkg")).stdout
        self.assertIn("rows read", said.split("\n")[0])
        self.assertEqual(said.count("near repeats: "), 1)
        self.assertLess(said.index("steps of 365 d"), said.index("near repeats: "))

    def test_only_on_request(self):
        self.trends(self.burkitt(), None)
        tables = {t for t, in self.query(self.path("out.gpkg"), "SELECT table_name FROM gpkg_contents")}
        self.assertNotIn("near_repeat", tables)
        for bad in ("200m", "200m,7d,0x1", "0,7d", "200m,7d,4"):
            self.run_hotgrid("trends", self.burkitt(), "--near-repeat", bad, "-o", self.path("no.gpkg"), code=2)


if __name__ == "__main__":
    main()
