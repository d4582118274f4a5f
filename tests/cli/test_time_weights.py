"""--half-life and aoristic hours, recomputed from the rows in plain Python."""
import collections
import csv
import datetime
import random
import struct

from osgeo import gdal, ogr

from harness import Case, main, shared

gdal.UseExceptions()
WEST, SOUTH = 500000, 4000000
EPOCH = datetime.datetime(2020, 1, 1)
DAY_S = 86400.0


def moment(text):
    return datetime.datetime.fromisoformat(text)


def shares(start, end, steps=168, step_s=3600):
    """Share of start … end in each hour of the week, minute by minute (times are whole minutes)."""
    out = collections.Counter()
    minutes = max(1, int((end - start).total_seconds() // 60))
    for m in range(minutes):
        t = start + datetime.timedelta(minutes=m)
        out[t.weekday() * 24 + t.hour] += 1
    return {h: n / minutes for h, n in out.items()}


class Halves(Case):
    """Rows in three clumps, oldest in the first."""

    def rows(self, seed=3):
        rng = random.Random(seed)
        rows = []
        for i in range(240):
            clump = i % 3
            x = WEST + 400 + 600 * clump + rng.gauss(0, 60)
            y = SOUTH + 500 + rng.gauss(0, 60)
            age = rng.uniform(0, 100) + 200 * (2 - clump)
            when = EPOCH - datetime.timedelta(days=age)
            rows.append(("%.2f" % x, "%.2f" % y, when.strftime("%Y-%m-%d %H:%M:%S"), "%.2f" % rng.uniform(0.5, 3)))
        return rows

    def source(self, rows, name="in.csv", weights=None):
        head = "x,y,when,w"
        lines = [",".join(r[:3] + (r[3] if weights is None else repr(weights[i]),)) for i, r in enumerate(rows)]
        return self.write(name, "\n".join([head] + lines) + "\n")

    def hotspots(self, source, *args, out="hot.gpkg", **kwargs):
        return self.run_json("hotspots", source, "--crs", "EPSG:32650", "--time", "when", "--cell", "50", "--chance",
                             "0", "--stability", "0", "--budget", "5%", "--overwrite", "--all-incidents", *args, "-o",
                             self.path(out), **kwargs)

    def cells(self, out):
        return self.query(self.path(out), "SELECT cell_id, count, weight, share, score FROM hotspot_cells "
                          "ORDER BY rank")

    def raster(self, name):
        data = gdal.Open(self.path(name)).ReadRaster(buf_type=gdal.GDT_Float32)
        return struct.unpack("%df" % (len(data) // 4), data)

    def factors(self, rows, as_of, half_life_d):
        timed = [0.5 ** ((as_of - moment(r[2])).total_seconds() / DAY_S / half_life_d) if r[2] else None for r in rows]
        known = [f for f in timed if f is not None]
        mean = sum(known) / len(known)
        return [mean if f is None else f for f in timed], mean

    def check_like_weights(self, rows, as_of, half_life_d, *options):
        """A run with --half-life is the run in which the weights are the product; counts are untouched."""
        factors, mean = self.factors(rows, as_of, half_life_d)
        w = [float(r[3]) * f for r, f in zip(rows, factors)]
        a = self.hotspots(self.source(rows), "--weight", "w", "--half-life", "%gd" % half_life_d, *options)
        b = self.hotspots(self.source(rows, "plain.csv", w), "--weight", "w",
                          *[o for o in options if not o.startswith("--until") and o != as_of.isoformat()],
                          out="plain.gpkg")
        self.assertEqual(a["as_of"], as_of.strftime("%Y-%m-%dT%H:%M:%S"))
        self.assertEqual(a["half_life_d"], half_life_d)
        self.assertAlmostEqual(a["mean_age_factor"], mean, delta=1e-12)
        self.assertAlmostEqual(a["bandwidth_m"], b["bandwidth_m"], delta=1e-9 * b["bandwidth_m"])
        self.assertAlmostEqual(a["mass"]["total"], sum(w), delta=1e-9 * sum(w))
        left, right = self.cells("hot.gpkg"), self.cells("plain.gpkg")
        self.assertEqual([r[:2] for r in left], [r[:2] for r in right])
        for p, q in zip(left, right):
            for i in (2, 3, 4):
                self.assertAlmostEqual(p[i], q[i], delta=1e-6 * abs(q[i]))
        got = dict(self.query(self.path("hot.gpkg"), "SELECT source_row, weight FROM incidents"))
        for i, want in enumerate(w):
            self.assertAlmostEqual(got[i + 1], want, delta=1e-12 * want)
        return a

    def test_weights_halve_from_the_last_incident(self):
        rows = self.rows()
        last = max(moment(r[2]) for r in rows)
        a = self.check_like_weights(rows, last, 90, "--bandwidth", "silverman")
        self.assertNotIn("peak_density_per_km2_year", a)
        self.assertEqual(sum(r[1] for r in self.cells("hot.gpkg")),
                         sum(r[1] for r in self.cells("plain.gpkg")))

    def test_until_is_the_moment_and_new_places_win(self):
        rows = self.rows()
        until = datetime.datetime(2020, 3, 1)
        self.check_like_weights(rows, until, 30, "--bandwidth", "200", "--until", until.isoformat())
        best = self.cells("hot.gpkg")[0][0]
        column = int(best.split("E")[1].split("N")[0])
        self.assertAlmostEqual(column * 50, WEST + 1600, delta=150)  # the youngest clump

    def test_density_takes_it_too(self):
        rows = self.rows()
        last = max(moment(r[2]) for r in rows)
        w = [float(r[3]) * f for r, f in zip(rows, self.factors(rows, last, 45)[0])]
        common = ["--crs", "EPSG:32650", "--time", "when", "--weight", "w", "--cell", "50", "--bandwidth", "150",
                  "--overwrite", "-o"]
        self.run_json("density", self.source(rows), "--half-life", "45d", *common, self.path("a.tif"))
        self.run_json("density", self.source(rows, "plain.csv", w), *common, self.path("b.tif"))
        a, b = self.raster("a.tif"), self.raster("b.tif")
        self.assertGreater(max(b), 0)
        for p, q in zip(a, b):
            self.assertAlmostEqual(p, q, delta=2e-7 * max(b))

    def test_untimed_incidents_weigh_the_mean(self):
        rows = self.rows()
        rows = [r if i % 7 else (r[0], r[1], "", r[3]) for i, r in enumerate(rows)]
        last = max(moment(r[2]) for r in rows if r[2])
        a = self.check_like_weights(rows, last, 60, "--bandwidth", "200")
        self.assertEqual(a["untimed"], 35)
        self.assertIn("35 incidents have no time", " ".join(a["notes"]))

    def test_without_any_time_it_is_a_usage_error(self):
        source = self.write("bare.csv", "x,y\n" + "".join("%d,%d\n" % (WEST + i, SOUTH + i * i) for i in range(30)))
        p = self.run_hotgrid("hotspots", source, "--crs", "EPSG:32650", "--half-life", "90d", "--bandwidth", "100",
                             "--cell", "10", "-o", self.path("no.gpkg"), code=2)
        self.assertIn("--half-life needs times", p.stderr)
        self.assertEqual(self.files(), ["bare.csv"])


class Hours(Case):
    def rows(self):
        """Points in two clumps and a background; moments, short and long intervals, defaults and none."""
        rng = random.Random(8)
        rows = []
        for i in range(400):
            clump = i % 5
            anywhere = rng.uniform(0, 1600), rng.uniform(0, 900)
            centre = (300, 300) if clump < 2 else (1300, 700) if clump < 4 else anywhere
            x, y = WEST + centre[0] + rng.gauss(0, 25), SOUTH + centre[1] + rng.gauss(0, 25)
            start = EPOCH + datetime.timedelta(minutes=rng.randrange(1, 500000) * 2 + 1)
            minutes = rng.choice([None, 0, 1, 45, 200, 600, 1440, 3000, 20000])
            end = "" if minutes is None else (start + datetime.timedelta(minutes=minutes)).isoformat(" ")
            begin = start.isoformat(" ")
            if i % 10 == 0:  # forty whose clock is a default
                begin, end = start.strftime("%Y-%m-%d 00:00:00"), ""
            if i % 50 == 7:
                begin = end = ""
            rows.append((x, y, begin, end))
        return rows

    def run_rows(self, rows, *args):
        source = self.write("in.csv", "x,y,begun,ended\n" + "".join("%.2f,%.2f,%s,%s\n" % r for r in rows))
        return self.run_json("hotspots", source, "--crs", "EPSG:32650", "--time", "begun", "--time-end", "ended",
                             "--cell", "50", "--bandwidth", "150", "--budget", "4%", "--chance", "0", "--stability",
                             "0", "--all-incidents", "--overwrite", *args, "-o", self.path("hot.gpkg"))

    def profile(self, rows):
        total, n, intervals = collections.Counter(), 0, 0
        for _, _, begin, end in rows:
            if not begin or begin.endswith("00:00:00") or end.endswith("00:00:00"):
                continue
            a, b = moment(begin), moment(end) if end else moment(begin)
            for h, s in shares(a, b).items():
                total[h] += s
            n, intervals = n + 1, intervals + (b > a)
        return total, n, intervals

    def areas(self):
        result = ogr.Open(self.path("hot.gpkg"))
        return [(f["rank"], f.GetGeometryRef().Clone(), f["peak_hour"]) for f in result.GetLayerByName("hotspot_areas")]

    def check_rank(self, rank, want):
        got = self.query(self.path("hot.gpkg"), "SELECT weekday, hour, weight, share FROM area_hours WHERE rank = ? "
                         "ORDER BY weekday, hour", rank)
        self.assertEqual([(r[0], r[1]) for r in got], [(d + 1, h) for d in range(7) for h in range(24)])
        total = sum(want.values())
        for i, (_, _, weight, share) in enumerate(got):
            self.assertAlmostEqual(weight, want[i], delta=1e-9)
            self.assertAlmostEqual(share, want[i] / total, delta=1e-9)

    def test_every_hour_of_every_area(self):
        rows = self.rows()
        j = self.run_rows(rows)
        self.assertGreaterEqual(j["default_times"], 38)
        want, n, intervals = self.profile(rows)
        self.assertEqual((j["hours_known"], j["hours_from_intervals"]), (n, intervals))
        self.check_rank(0, want)
        listed, areas = {0}, self.areas()
        for rank, polygon, peak in areas:
            inside = [r for r in rows if polygon.Contains(ogr.CreateGeometryFromWkt("POINT (%.2f %.2f)" % r[:2]))]
            want, n, _ = self.profile(inside)
            if n >= 20:
                listed.add(rank)
                self.check_rank(rank, want)
                by_hour = [sum(want[d * 24 + h] for d in range(7)) for h in range(24)]
                self.assertAlmostEqual(by_hour[peak], max(by_hour), delta=1e-9)
        self.assertGreaterEqual(len(listed), 3)
        got = {r for r, in self.query(self.path("hot.gpkg"), "SELECT DISTINCT rank FROM area_hours")}
        self.assertEqual(got, listed)
        self.run_hotgrid("info", self.path("hot.gpkg"))

    def test_cars_gone_over_night_are_not_gone_at_the_hour_they_were_parked(self):
        """Parked between 18:00 and 22:00, missed between 06:00 and 08:00: all of them stood there at 03:00."""
        rng = random.Random(2)
        rows = []
        for day in range(60):
            hour = 18 + (rng.randrange(4) if day % 3 else 2)
            begin = EPOCH + datetime.timedelta(days=day, hours=hour, minutes=7)
            end = EPOCH + datetime.timedelta(days=day + 1, minutes=6 * 60 + rng.randrange(120))
            rows.append((WEST + 100, SOUTH + 100, begin.isoformat(" "), end.isoformat(" ")))
        self.run_rows(rows)
        (_, _, hour), = self.areas()
        self.assertIn(hour, (22, 23, 0, 1, 2, 3, 4, 5))
        self.run_rows([r[:3] + ("",) for r in rows])
        (_, _, hour), = self.areas()
        self.assertEqual(hour, 20)

    def test_days_and_weeks_say_nothing_of_the_hour(self):
        rows = [(WEST + 100, SOUTH + 100, (EPOCH + datetime.timedelta(days=i, hours=9, minutes=i)).isoformat(" "),
                 (EPOCH + datetime.timedelta(days=i + 2, hours=9, minutes=i)).isoformat(" ")) for i in range(40)]
        self.run_rows(rows)
        hour, weekday = self.query(self.path("hot.gpkg"), "SELECT peak_hour, peak_weekday FROM hotspot_areas")[0]
        self.assertIsNone(hour)
        self.assertIsNotNone(weekday)

    def test_no_times_no_table(self):
        self.run_rows([(WEST + i, SOUTH + i % 13, "", "") for i in range(50)])
        tables = {t for t, in self.query(self.path("hot.gpkg"), "SELECT table_name FROM gpkg_contents")}
        self.assertIn("hotspot_areas", tables)
        self.assertNotIn("area_hours", tables)


class NewYork(Case):
    def test_thefts_happen_after_midnight_though_cars_are_parked_at_eight(self):
        """35,746 thefts, nine in ten known within an interval; the starts alone peak at 20 h."""
        source = shared("us_crime_samples", "nyc_vehicle_thefts.csv")
        self.run_json("hotspots", source, "--crs", "EPSG:4326", "--bandwidth", "500", "--chance", "0", "--stability",
                      "0", "--significance", "none", "-o", self.path("nyc.gpkg"))
        hours = [s for s, in self.query(self.path("nyc.gpkg"), "SELECT sum(share) FROM area_hours WHERE rank = 0 "
                                        "GROUP BY hour ORDER BY hour")]
        starts, short = collections.Counter(), collections.Counter()
        with open(source, encoding="utf-8") as f:
            for r in csv.DictReader(f):
                if r["date_start"] and r["date_end"]:
                    a, b = moment(r["date_start"]), moment(r["date_end"])
                    starts[a.hour] += 1
                    short[a.hour] += b - a <= datetime.timedelta(hours=1)
        self.assertEqual(max(range(24), key=starts.get), 20)
        self.assertEqual(max(range(24), key=hours.__getitem__), 1)
        self.assertEqual(max(range(24), key=short.get), 1)  # those known to the hour agree


if __name__ == "__main__":
    main()
