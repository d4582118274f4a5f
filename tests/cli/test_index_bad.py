"""What the index refuses: named with file, line and what was expected, and nothing half-written."""
import datetime

from harness import main
from index_cases import ONE, IndexCase, days, feed_csv


class Bad(IndexCase):
    def setUp(self):
        super().setUp()
        self.write("crime.csv", feed_csv(days("2018-01-01", [3] * 60)))
        self.write("c.yaml", ONE)
        self.before = self.files()

    def refuses(self, *args, code=2, says=(), config="c.yaml", inputs=("crime.csv",)):
        before = self.files()
        p = self.index(*(self.path(i) for i in inputs), "--config", self.path(config), "-o", self.path("o.gpkg"), *args,
                       code=code)
        self.assertEqual(self.files(), before, "nothing half-written")
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, p.stderr)
        self.assertEqual(p.stderr.count("hotgrid:"), 1)
        return p

    def refuses_config(self, text, line, *says):
        self.write("c.yaml", text)
        self.refuses(says=("c.yaml line %d: " % line, *says))


class Config(Bad):
    def test_weights_that_do_not_sum_to_1(self):
        self.refuses_config("history_days: 365\nstreams:\n  - {name: a, weight: 0.6}\n  - {name: b, weight: 0.3}\n", 3,
                            "streams", "sum to 1", "0.9")

    def test_negative_weight(self):
        self.refuses_config("streams:\n  - {name: a, weight: -0.5}\n  - {name: b, weight: 1.5}\n", 2,
                            "streams[1].weight", "-0.5")

    def test_unknown_stream(self):
        self.write("c.yaml", "streams: [{name: fire, weight: 1}]\n")
        self.refuses(says=('stream "crime"', "(fire)", "--stream"))
        self.write("cal.yaml", "feeds:\n  - stream: flood\n    missing: 2018-01-05\n")
        self.write("c.yaml", ONE + "calendar: cal.yaml\n")
        self.refuses(says=("cal.yaml line 2", "flood", "crime"))

    def test_bands_out_of_order(self):
        self.refuses_config(ONE + "bands: [90, 95, 70]\n", 3, "bands[2]", "95", "below")
        self.refuses_config(ONE + "bands:\n  - 90\n  - 90\n", 5, "bands[2]")
        self.refuses_config(ONE + "bands: [90, 80, 70, 60]\n", 3, "bands")
        self.refuses_config(ONE + "bands: [120]\n", 3, "120")

    def test_unknown_key(self):
        self.refuses_config("preset: four-stream\n\nhistory_dys: 30\n", 3, "history_dys", "history_days")
        self.refuses_config("streams:\n  - name: a\n    wieght: 1\n", 3, "wieght", "weight")
        self.refuses_config(ONE.replace("month", "moon"), 2, "moon")

    def test_values(self):
        for text, word in (("history_days: 5\n", "28"), ("history_days: many\n", "many"), ("rule: magic\n", "ratio"),
                           ("headline: best\n", "worst"), ("escalation: [3, 3, 5]\n", "4"),
                           ("escalation: 3\n", "a list"),
                           ("population: -5\n", "-5"), ("band_names: [blue, red]\n", "4 names"),
                           ("band_names: [blue, pink, orange, red]\n", "pink"), ("preset: moon-base\n", "four-stream"),
                           ("period_days: 0\n", "0")):
            self.refuses_config(ONE + text, 3, word)
        self.refuses_config("streams: [{name: a, weight: 1}]\neffects: {weekday: perhaps}\n", 2, "perhaps")

    def test_streams(self):
        self.refuses_config("streams: []\n", 1, "at least one stream")
        self.refuses_config("streams:\n  - {name: a, weight: 0.5}\n  - {name: a, weight: 0.5}\n", 3, "no other stream")
        self.refuses_config("streams:\n  - {name: a}\n", 2, "weight")
        self.refuses_config("streams:\n  - {name: a, weight: 0.5}\n  - {name: b, weight: 0.5, aliases: [c, a]}\n", 3,
                            "aliases", '"a"')
        self.refuses_config("streams:\n  - {name: a, weight: 0.5, aliases: [c]}\n  - {name: b, weight: 0.5, aliases: "
                            "[c]}\n", 3, "aliases", '"c"')
        self.refuses_config("streams:\n  - {name: a, weight: 1, origin: heard}\n", 2, "heard", "discovered")
        self.refuses_config("streams:\n  - {name: a, origin: discovered}\n", 2, "reported")
        self.refuses_config("streams:\n  - {name: a, weight: 1, severity: {x: -1}}\n", 2, "severity.x")

    def test_calendar(self):
        for text, line, word in (("holidays:\n  - {name: x, dates: [2018-02-30]}\n", 2, "2018-02-30"),
                                 ("holidays:\n  - {name: x, dates: [2018-02-03..2018-02-01]}\n", 2, "2018-02-03"),
                                 ("holidays:\n  - {dates: [2018-02-03]}\n", 2, "name"),
                                 ("vacations: []\n", 1, "vacations"),
                                 ("feeds:\n  - {stream: crime}\n", 2, "missing"),
                                 ("feeds:\n  - {stream: crime, unit: Atlantis, missing: 2018-01-05}\n", 2, "Atlantis")):
            self.write("cal.yaml", text)
            self.write("c.yaml", ONE + "calendar: cal.yaml\n")
            self.refuses(says=("cal.yaml line %d" % line, word))
        self.write("c.yaml", ONE + "calendar: none.yaml\n")
        self.refuses(code=4, says="none.yaml")

    def test_no_config(self):
        self.refuses(config="none.yaml", code=4, says="none.yaml")
        self.write("c.yaml", "a: [1\n")
        self.refuses(code=3, says="c.yaml line")
        self.write("c.yaml", ONE)
        self.refuses("--preset", "atlantis", says=("--preset atlantis", "four-stream"))


class UnitLayers(Bad):
    def test_overlapping(self):
        units = self.squares("u.geojson", [({"name": "Upper"}, 113.0, 22.0, 113.3, 22.2),
                                           ({"name": "Lower"}, 113.2, 22.1, 113.5, 22.3)])
        self.refuses("--units", units, "--unit-name", "name", code=3, says=('"Lower"', '"Upper"', "overlap", "m2"))

    def test_name_of_all_units(self):
        units = self.squares("u.geojson", [({"name": "*"}, 113.0, 22.0, 113.3, 22.2)])
        self.refuses("--units", units, "--unit-name", "name", code=3, says=("row 1", '"*"', "all units"))

    def test_per_head_of_nobody(self):
        self.write("c.yaml", "preset: huizhou-2016\n")
        self.refuses(says=("huizhou-2016", "population: COLUMN"))
        self.write("c.yaml", "preset: huizhou-2016\npopulation: people\n")
        units = self.squares("u.geojson", [({"name": "Upper", "people": None}, 113.0, 22.0, 113.3, 22.2)])
        self.refuses("--units", units, "--unit-name", "name", code=3, says=("Upper", "people"))

    def test_without_name(self):
        units = self.squares("u.geojson", [({"name": "Upper"}, 113.0, 22.0, 113.1, 22.2),
                                           ({"name": None}, 113.2, 22.1, 113.5, 22.3)])
        self.refuses("--units", units, "--unit-name", "name", code=3, says=("row 2", "no name"))

    def test_same_name(self):
        units = self.squares("u.geojson", [({"name": "X"}, 113.0, 22.0, 113.1, 22.2),
                                           ({"name": "X"}, 113.2, 22.1, 113.5, 22.3)])
        self.refuses("--units", units, "--unit-name", "name", code=3, says=("rows 1 and 2", '"X"'))

    def test_columns(self):
        units = self.squares("u.geojson", [({"name": "X", "people": "many"}, 113.0, 22.0, 113.5, 22.2)])
        self.refuses("--units", units, "--unit-name", "title", says=("--unit-name", '"title"'))
        self.write("c.yaml", ONE + "population: people\n")
        self.refuses("--units", units, "--unit-name", "name", code=3, says=('"X"', "people", "many"))
        self.refuses(says=("c.yaml line 3", "population"))

    def test_points(self):
        self.write("u.csv", "lon,lat,name\n113,22,X\n")
        self.refuses("--units", self.path("u.csv"), "--unit-name", "name", code=3, says="no polygons")
        self.refuses("--units", self.path("none.gpkg"), code=4, says="none.gpkg")


class Days(Bad):
    def test_in_the_future(self):
        soon = datetime.date.today() + datetime.timedelta(30)
        self.write("crime.csv", feed_csv(days("2018-01-01", [3] * 60) + [(soon, 1)]))
        self.refuses(code=3, says=("crime.csv row 181", str(soon), "future", "--until"))
        self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "--until", "2018-03-02", "-o",
                   self.path("o.gpkg"))
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT reason, value FROM rejects"),
                         [("outside_interval", "%sT00:00:00" % soon)])

    def test_until_in_the_future(self):
        soon = str(datetime.date.today() + datetime.timedelta(30))
        self.refuses("--until", soon, says=("--until " + soon, "future"))

    def test_bounds(self):
        self.refuses("--since", "2018-02-01T08:00", says=("--since", "whole days"))
        self.refuses("--since", "2018-05-01", says="--since")
        self.refuses("--since", "2018-03-01", "--until", "2018-02-01", says="--until")

    def test_no_times(self):
        self.write("crime.csv", "lon,lat\n113.2,22.1\n")
        self.refuses(says=("needs times", "--time"))

    def test_unreadable_time_is_a_reject(self):
        self.write("crime.csv", feed_csv(days("2018-01-01", [3] * 60)) + "113.2,22.1,yesterday\n113.2,22.1,\n")
        self.index(self.path("crime.csv"), "--time", "when", "--config", self.path("c.yaml"), "-o", self.path("o.gpkg"))
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT row, reason, value FROM rejects"),
                         [(181, "bad_time", "yesterday"), (182, "bad_time", None)])


class Others(Bad):
    def test_measures(self):
        self.write("crime.csv", "lon,lat,when,loss\n113.2,22.1,2018-01-01,5\n113.2,22.1,2018-01-02,much\n")
        self.refuses("--measure", "loss", code=3, says=("row 2", "loss", "much"))
        self.write("crime.csv", "lon,lat,when,loss\n113.2,22.1,2018-01-01,5\n113.2,22.1,2018-01-02,-3\n")
        self.refuses("--measure", "loss", code=3, says=("row 2", "loss", "-3"))
        self.write("crime.csv", "lon,lat,when,loss\n113.2,22.1,2018-01-01,5\n113.2,22.1,2018-01-02,1e308\n")
        self.refuses("--measure", "loss", code=3, says=("row 2", "loss", "1e+308", "1e15"))
        self.refuses("--measure", "harm", says='"harm"')

    def test_outputs(self):
        self.write("o.csv", "mine")
        before = self.files()
        p = self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "-o", self.path("o.gpkg"), code=4)
        self.assertIn("--overwrite", p.stderr)
        self.assertEqual(self.files(), before)
        self.assertEqual((self.dir / "o.csv").read_text(), "mine")
        self.index(self.path("crime.csv"), "--config", self.path("c.yaml"), "-o", self.path("crime.gpkg"),
                   "--overwrite", code=2)  # its table would be crime.csv

    def test_compare(self):
        self.refuses("--compare", self.path("none.gpkg"), code=4, says="none.gpkg")
        self.refuses("--compare", self.path("crime.csv"), code=3, says="crime.csv")
        self.run_hotgrid("load", self.path("crime.csv"), "-o", self.path("s.gpkg"))
        self.refuses("--compare", self.path("s.gpkg"), code=3, says="safety_index")

    def test_values(self):
        for option, value in (("--certainty-draws", "-1"), ("--certainty-draws", "many"), ("--suppress-below", "1"),
                              ("--suppress-below", "x"), ("--bandwidth", "400")):
            self.refuses(option, value, says=option)
        self.write("c.yaml", "preset: huizhou-2016\npopulation: 1000\n")
        self.refuses("--certainty-draws", "exact", says="mean")


if __name__ == "__main__":
    main()
