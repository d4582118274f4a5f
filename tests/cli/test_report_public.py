"""hotgrid report --public: what a reader can and cannot know.

The attacker of these tests has the report alone (tables, pop-ups, picture), knows the limit, and is even told
which of the withheld counts are below it. What he can conclude is computed here by flows (each published figure a
fixed arc, each withheld one an arc with bounds): the least and the largest value a count can have. That is exact
for such tables and owes nothing to how the command chooses.
"""
import collections
import html.parser
import json
import random
import re
import unittest

from osgeo import gdal

import harness

gdal.UseExceptions()
SIDE = 250
EAST, NORTH = 500000, 2450000
LIMIT = 6


class Tables(html.parser.HTMLParser):
    """Tables of a report by caption, and the JSON of its maps."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.maps, self.words = {}, [], []
        self.at, self.row, self.caption = None, None, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.at = dict(attrs).get("type", "script") if tag == "script" else tag
        if tag == "caption":
            self.caption = ""
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th"):
            self.row.append("")
            self.cell = True

    def handle_endtag(self, tag):
        if tag == "tr":
            self.tables.setdefault(self.caption, []).append(self.row)
            self.row = None
        self.at = None if tag in ("script", "style", "caption") else self.at

    def handle_data(self, data):
        if self.at == "application/json":
            self.maps += [m for m in [json.loads(data)] if "box" in m]
        elif self.at == "caption":
            self.caption += data
        elif self.at not in ("script", "style"):
            self.words.append(data)
            if self.row:
                self.row[-1] += data


def number(text):
    return None if text == "–" else int(text.replace(",", ""))


class Published:
    """What a report tells: squares, streams, sums; None = withheld."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.text = f.read()
        self.html = Tables(self.text)
        totals = self.html.tables["Events by stream"][1:]
        self.all = number(totals[-1][1])
        self.stream = {row[0]: number(row[1]) for row in totals if row[0] != "all"}
        rows = self.html.tables.get("Events by square", [[]])
        self.streams = [name for name in rows[0][2:] if name != "all"]
        self.cell, self.square = {}, {}
        for row in rows[1:]:
            if len(row) < 3:
                continue
            place = ((number(row[0]) - EAST) // SIDE, (number(row[1]) - NORTH) // SIDE)
            values = [number(v) for v in row[2:]]
            for name, v in zip(self.streams, values):
                self.cell[place, name] = v
            self.square[place] = values[-1]


class Flow:
    """Every table that agrees with what is told, as circulations; arcs are [from, to, low, high, value]."""

    def __init__(self, truth, places, streams, told, limit):
        self.arcs, self.of = [], {}
        self.out = collections.defaultdict(list)
        for p in places:
            for s in streams:
                self.add(("cell", p, s), ("p", p), ("s", s), truth.get((p, s), 0), told.cell.get((p, s)), limit)
        for p in places:
            self.add(("square", p), "all", ("p", p), sum(truth.get((p, s), 0) for s in streams), told.square.get(p), limit)
        for s in streams:
            self.add(("stream", s), ("s", s), "root", sum(truth.get((p, s), 0) for p in places), told.stream.get(s), limit)
        self.add(("all",), "root", "all", sum(truth.values()), told.all, limit)

    def add(self, name, a, b, value, told, limit):
        if told is not None:
            assert told == value, (name, told, value)
        elif value >= limit:
            limit = 10 ** 9
        arc = [a, b, value if told is not None else 0, value if told is not None else limit - 1, value]
        self.of[name] = arc
        self.arcs.append(arc)
        self.out[a].append((arc, 1))
        self.out[b].append((arc, -1))

    @staticmethod
    def slack(arc, sign):
        return arc[3] - arc[4] if sign > 0 else arc[4] - arc[2]

    def way(self, start, end, skipped):
        """Arcs from start to end along which one more can flow."""
        by, queue = {start: None}, collections.deque([start])
        while queue and end not in by:
            node = queue.popleft()
            for arc, sign in self.out[node]:
                to = arc[1] if sign > 0 else arc[0]
                if arc is not skipped and to not in by and self.slack(arc, sign) > 0:
                    by[to] = (node, arc, sign)
                    queue.append(to)
        steps = []
        while end in by and by[end]:
            node, arc, sign = by[end]
            steps.append((arc, sign))
            end = node
        return steps

    def extreme(self, name, sign):
        """The largest (sign 1) or least (-1) value of an entry."""
        arc, kept = self.of[name], [a[4] for a in self.arcs]
        start, end = (arc[1], arc[0]) if sign > 0 else (arc[0], arc[1])
        while self.slack(arc, sign) > 0:
            steps = self.way(start, end, arc)
            if not steps:
                break
            by = min([self.slack(arc, sign)] + [self.slack(a, d) for a, d in steps])
            for a, d in steps + [(arc, sign)]:
                a[4] += d * by
        found = arc[4]
        for a, v in zip(self.arcs, kept):
            a[4] = v
        return found

    def interval(self, name):
        return self.extreme(name, -1), self.extreme(name, 1)


class Public(harness.Case):
    def events(self, name, truth, seed=1, month=1):
        """Events somewhere in their squares, at some time of a month."""
        r = random.Random(seed)
        rows = ["%.2f,%.2f,2019-%02d-%02d %02d:%02d,%s" % (
            EAST + SIDE * (p[0] + r.uniform(.01, .99)), NORTH + SIDE * (p[1] + r.uniform(.01, .99)), month,
            r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), s)
            for (p, s), n in sorted(truth.items()) for _ in range(n)]
        rows.append("%.2f,%.2f,2018-06-01 10:00,%s" % (EAST + 1, NORTH + 1, sorted(truth)[0][1]))  # before all periods
        return self.write(name, "x,y,time,stream\n" + "\n".join(rows) + "\n")

    def area(self, side, x=0, y=0):
        ring = [[EAST + SIDE * (x + a * side), NORTH + SIDE * (y + b * side)] for a, b in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        return self.write("area_%g_%g_%g.geojson" % (side, x, y), json.dumps({
            "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}},
            "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]}))

    def hotspots(self, csv, out, *options, side=6, since="2019-01-01", until="2019-02-01", area=None, cell="125", all_cells=True):
        self.run_hotgrid("hotspots", csv, "--crs", "EPSG:4547", "--x", "x", "--y", "y", "--time", "time", "--stream-col",
                         "stream", "--area", area or self.area(side), "--cell", cell, "--bandwidth", "300", "--chance", "0",
                         *(["--since", since] if since else []), *(["--until", until] if until else []),
                         *(["--all-cells"] if all_cells else []), *options, "--overwrite", "-o", self.path(out))
        return self.path(out)

    def public(self, result, out="public.html", *options, code=0):
        return self.run_hotgrid("report", result, "--public", "--overwrite", *options, "-o", self.path(out), code=code)

    def told(self, truth, *options, side=6):
        (self.dir / "published.yaml").unlink(missing_ok=True)
        self.public(self.hotspots(self.events("e.csv", truth), "r.gpkg", side=side), "public.html", *options)
        return Published(self.path("public.html"))


def random_truth(r, side, streams, most, full):
    return {((x, y), s): r.randint(0, most) for x in range(side) for y in range(side) for s in streams if r.random() < full}


class Recovery(Public):
    """No small count can be had from what is told."""

    def attack(self, truth, told, side, limit=LIMIT):
        places = [(x, y) for x in range(side) for y in range(side)]
        streams = sorted({s for _, s in truth})
        flow = Flow(truth, places, streams, told, limit)
        widths = []
        for name, arc in flow.of.items():
            if not 0 < arc[4] < limit:
                continue
            low, high = flow.interval(name)
            self.assertLess(low, high, "%s is %d, and only that agrees with the report" % (name, low))
            self.assertLessEqual(low, arc[4])
            widths.append(high - low + 1)
        return widths

    def test_random_tables(self):
        r = random.Random(11)
        widths = []
        for i in range(24):
            side, streams = r.randint(1, 6), ["crime", "fire", "traffic", "city"][:r.randint(1, 4)]
            truth = random_truth(r, side, streams, r.choice([2, 5, 8, 30]), r.choice([.2, .6, 1]))
            truth[(0, 0), streams[0]] = max(1, truth.get(((0, 0), streams[0]), 1))
            widths += self.attack(truth, self.told(truth, side=side), side)
        self.assertGreater(len(widths), 200)
        full = sum(w >= LIMIT for w in widths) / len(widths)
        print("withheld small counts: %d; any value from 0 to %d is possible for %.0f %%, two or more for all"
              % (len(widths), LIMIT - 1, 100 * full))
        self.assertGreater(full, .5)

    def test_adversarial_tables(self):
        square = [(x, y) for x in range(3) for y in range(3)]
        for truth, side in (
                ({((0, 0), "crime"): 5}, 1), ({((0, 0), "crime"): 1}, 1), ({((0, 0), "crime"): 600}, 1),
                ({((0, 0), "crime"): 1, ((2, 2), "crime"): 100}, 3), ({(p, "crime"): 5 for p in square}, 3),
                ({(p, "crime"): 1 for p in square}, 3), ({(p, "crime"): 6 for p in square}, 3),
                ({**{(p, "crime"): 50 for p in square}, ((1, 1), "crime"): 2}, 3),
                ({(p, s): 5 for p in square for s in ("crime", "fire")}, 3),
                ({**{(p, s): 40 for p in square for s in ("crime", "fire")}, ((1, 1), "fire"): 3}, 3),
                ({((0, 0), "crime"): 5, ((0, 0), "fire"): 5, ((0, 0), "traffic"): 5}, 1),
                ({((0, 0), "crime"): 1, ((0, 0), "fire"): 5}, 1)):
            with self.subTest(truth=truth):
                self.attack(truth, self.told(truth, side=side), side)

    def test_other_limit(self):
        r = random.Random(12)
        truth = random_truth(r, 5, ["crime", "fire"], 14, .7)
        told = self.told(truth, "--suppress-below", "11", side=5)
        self.attack(truth, told, 5, limit=11)
        self.assertTrue(all(v is None or v >= 11 for v in told.cell.values()))
        self.assertIn("Counts below 11 ", told.text)

    def test_attack_bites(self):
        """The same attack on a report that only blanks small counts, without further ones, finds them."""
        truth = {((0, 0), "crime"): 3, ((1, 0), "crime"): 40, ((0, 1), "crime"): 30, ((1, 1), "crime"): 20}
        told = Published.__new__(Published)
        told.cell = {k: v if v >= LIMIT else None for k, v in truth.items()}
        told.square = {p: v for (p, _), v in told.cell.items()}
        told.stream, told.all = {"crime": 93}, 93
        with self.assertRaises(AssertionError):
            self.attack(truth, told, 2)


class Told(Public):
    """What is told is right, and the report holds nothing else."""

    truth = random_truth(random.Random(5), 6, ["crime", "fire"], 40, .7)

    def test_figures(self):
        told = self.told(self.truth)
        shown = [(k, v) for k, v in told.cell.items() if v is not None]
        self.assertGreater(len(shown), 20)
        for k, v in shown:
            self.assertEqual(v, self.truth.get(k, 0))
            self.assertGreaterEqual(v, LIMIT)
        for p, v in told.square.items():
            self.assertIn(v, (None, sum(n for (q, _), n in self.truth.items() if q == p)))
        self.assertEqual(told.all, sum(self.truth.values()))
        self.assertIn("Public edition", told.text)
        self.assertIn("1 January 2019 to 31 January 2019", told.text)

    def test_surface_is_a_function_of_what_is_told(self):
        """The picture, made again from the table alone."""
        told = self.told(self.truth)
        page = told.html.maps[0]
        colour = self.pixels(page["images"][0]["url"])
        count = {p: v if v is not None else sum(told.cell[p, s] or 0 for s in told.streams) for p, v in told.square.items()}
        h, density = 2 * SIDE, {}
        for x in range(6):
            for y in range(6):
                near = [(SIDE ** 2 * ((a - x) ** 2 + (b - y) ** 2) / h ** 2, n) for (a, b), n in count.items()]
                near = [(q, n) for q, n in near if q <= 1]
                if sum(n for _, n in near) >= 10:
                    density[x, y] = 3 / (3.141592653589793 * (h / 1000) ** 2) * sum(n * (1 - q) ** 2 for q, n in near)
        peak = max(density.values())
        edges = [float("%.1e" % (peak * k)) for k in (0, .1, .25, .5, .75)]
        colours = ["#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"]
        for x in range(6):
            for y in range(6):
                d = density.get((x, y))
                expected = colours[max(k for k in range(5) if d >= edges[k])] if d is not None else None
                self.assertEqual(colour[x, 5 - y], expected, (x, y, d))

    def pixels(self, url):
        import base64
        gdal.FileFromMemBuffer("/vsimem/map.png", base64.b64decode(url.split(",", 1)[1]))
        image = gdal.Open("/vsimem/map.png")
        palette = image.GetRasterBand(1).GetColorTable()  # a picture of few colours has one
        bands = [image.GetRasterBand(b + 1).ReadRaster() for b in range(image.RasterCount)]
        rgba = [palette.GetColorEntry(i) for i in bands[0]] if palette else list(zip(*bands))
        w, h = image.RasterXSize, image.RasterYSize
        image = None
        gdal.Unlink("/vsimem/map.png")
        self.assertEqual((w, h), (6, 6))
        return {(i % w, i // w): "#%02x%02x%02x" % tuple(c[:3]) if c[3] else None for i, c in enumerate(rgba)}

    def test_nothing_finer_is_inside(self):
        """Other places within the squares, other times, another grid below: the same bytes."""
        self.told(self.truth)
        first = (self.dir / "public.html").read_bytes()
        result = self.hotspots(self.events("other.csv", self.truth, seed=2), "other.gpkg", cell="50")
        self.public(result)
        self.assertEqual((self.dir / "public.html").read_bytes(), first)
        self.public(self.path("r.gpkg"), "public.pdf")
        pdf = (self.dir / "public.pdf").read_bytes()
        self.public(result, "public.pdf")
        self.assertEqual((self.dir / "public.pdf").read_bytes(), pdf)

    def test_other_small_counts_same_bytes(self):
        truth = {((x, y), "crime"): 20 for x in range(4) for y in range(4)}
        truth.update({((0, 0), "crime"): 2, ((1, 0), "crime"): 3, ((2, 0), "crime"): 0})
        self.told(truth, side=4)
        first = (self.dir / "public.html").read_bytes()
        truth.update({((0, 0), "crime"): 0, ((1, 0), "crime"): 1, ((2, 0), "crime"): 4})
        self.told(truth, side=4)
        self.assertEqual((self.dir / "public.html").read_bytes(), first)

    def test_no_names_of_files_or_cells(self):
        told = self.told(self.truth)
        for inner in ("e.csv", "r.gpkg", str(self.dir), "cell_id", "c125E", "sha", "source_row"):
            self.assertNotIn(inner, "".join(told.html.words) + json.dumps(told.html.maps), inner)

    def test_empty(self):
        truth = {((0, 0), "crime"): 1}
        told = self.told(truth, side=2)
        self.assertEqual((told.all, told.stream, told.cell), (None, {"crime": None}, {}))


class Successive(Public):
    """Every event is told of in one publication."""

    def setUp(self):
        super().setUp()
        r = random.Random(21)
        self.january = random_truth(r, 5, ["crime", "fire"], 15, .8)
        self.february = random_truth(r, 5, ["crime", "fire"], 15, .8)
        events = self.events("a.csv", self.january, month=1)
        more = self.events("b.csv", self.february, month=2)
        with open(events) as f, open(more) as g:
            self.both = self.write("both.csv", f.read() + "".join(g.readlines()[1:]))

    def result(self, name, since, until, **kwargs):
        return self.hotspots(self.both, name, since=since, until=until, side=5, **kwargs)

    def test_two_months(self):
        self.public(self.result("jan.gpkg", "2019-01-01", "2019-02-01"), "jan.html")
        self.public(self.result("feb.gpkg", "2019-02-01", "2019-03-01"), "feb.html")
        for truth, name in ((self.january, "jan.html"), (self.february, "feb.html")):
            widths = Recovery.attack(self, truth, Published(self.path(name)), 5)
            self.assertGreater(len(widths), 5)
        self.assertEqual((self.dir / "published.yaml").read_text().count("  - from:"), 2)

    def test_subtraction(self):
        """Both together: the sum of the months is in nothing that is told, so no difference is either."""
        jan = self.result("jan.gpkg", "2019-01-01", "2019-02-01")
        total = self.result("total.gpkg", "2019-01-01", "2019-03-01")
        self.public(jan, "jan.html")
        record = (self.dir / "published.yaml").read_bytes()
        p = self.public(total, "total.html", code=2)
        self.assertIn("published already", p.stderr)
        self.assertIn("--since 2019-02-01T00:00:00", p.stderr)
        self.assertFalse((self.dir / "total.html").exists())
        self.assertEqual((self.dir / "published.yaml").read_bytes(), record)
        # what it would have given away, had the record been left behind
        self.public(total, "total.html", "--published", self.path("elsewhere.yaml"))
        first, second = Published(self.path("jan.html")), Published(self.path("total.html"))
        found = [second.cell[k] - v for k, v in first.cell.items() if v is not None and second.cell.get(k) is not None]
        self.assertTrue(any(0 < n < LIMIT for n in found))

    def test_overlaps_are_refused(self):
        self.public(self.result("jan.gpkg", "2019-01-01", "2019-02-01"), "jan.html")
        for name, since, until, more in (("tail", "2019-01-31", "2019-03-01", {}), ("inner", "2019-01-10", "2019-01-20", {}),
                                         ("hour", "2019-01-31T23:00", "2019-02-02", {}),
                                         ("part", "2019-01-01", "2019-02-01", {"area": self.area(2, 1, 1)}),
                                         ("larger cells", "2019-01-01", "2019-02-01", {"cell": "300"})):
            with self.subTest(name):
                self.assertIn("published already", self.public(self.result("x.gpkg", since, until, **more), "x.html", code=2).stderr)
        self.public(self.result("x.gpkg", "2019-01-01", "2019-02-01"), "x.html", "--suppress-below", "9", code=2)

    def test_neighbours_share_a_record(self):
        """Areas that meet within a square have no events in common; an area and its part have."""
        for x, code in ((0, 0), (2.5, 0), (2, 2)):
            result = self.result("x.gpkg", "2019-01-01", "2019-02-01", area=self.area(2.5, x, 0))
            self.public(result, "area_%g.html" % x, code=code)

    def test_a_late_row_is_refused(self):
        self.public(self.result("jan.gpkg", "2019-01-01", "2019-02-01"), "jan.html")
        place = max(self.january, key=self.january.get)
        with open(self.both, "a") as f:
            f.write("%f,%f,2019-01-15 10:00,%s\n" % (EAST + SIDE * (place[0][0] + .5), NORTH + SIDE * (place[0][1] + .5), place[1]))
        p = self.public(self.result("late.gpkg", "2019-01-01", "2019-02-01"), "late.html", code=2)
        self.assertIn("with other figures", p.stderr)

    def test_the_same_again(self):
        jan = self.result("jan.gpkg", "2019-01-01", "2019-02-01")
        self.public(jan, "jan.html")
        record = (self.dir / "published.yaml").read_bytes()
        for name, more in (("jan.html", ()), ("jan_zh.html", ("--lang", "zh")), ("jan.pdf", ())):
            self.assertIn("published before", self.public(jan, name, *more).stdout)
        self.assertEqual((self.dir / "published.yaml").read_bytes(), record)

    def test_bad_record(self):
        jan = self.result("jan.gpkg", "2019-01-01", "2019-02-01")
        for text, said in (("nonsense: 1\n", "nonsense"), ("publications:\n  - from: soon\n", "from"),
                           ("publications:\n  - from: 2019-01-01\n    until: 2019-02-01\n    crs: 'EPSG:4547'\n    cell_m: 250\n"
                            "    covered: 'here'\n    sha256: 0\n", "here")):
            self.write("published.yaml", text)
            self.assertIn(said, self.public(jan, "jan.html", code=3 if said == "here" else 2).stderr)
            self.assertFalse((self.dir / "jan.html").exists())


class Rules(Public):
    truth = {((0, 0), "crime"): 20, ((1, 1), "fire"): 30, ((2, 2), "domestic violence"): 40, ((0, 1), "吸毒"): 12}

    def test_sensitive_streams(self):
        told = self.told(self.truth, side=3)
        self.assertEqual(set(told.stream), {"crime", "fire"})
        self.assertEqual(told.all, 50)
        self.assertIn("Left out to protect those concerned", told.text)
        named = self.told(self.truth, "--include-stream", "domestic violence", side=3)
        self.assertEqual(set(named.stream), {"crime", "fire", "domestic violence"})
        self.assertEqual(named.all, 90)

    def test_words_begin_a_word(self):
        told = self.told({((0, 0), "Essex Road"): 20, ((1, 1), "Sexual offences"): 30, ((1, 0), "强奸"): 9}, side=2)
        self.assertEqual(set(told.stream), {"Essex Road"})

    def test_nothing_left(self):
        self.hotspots(self.events("e.csv", {((0, 0), "drugs"): 20}), "r.gpkg")
        self.assertIn("--include-stream", self.public(self.path("r.gpkg"), code=2).stderr)

    def test_sensitive_categories(self):
        csv = self.write("e.csv", "x,y,time,stream,kind\n" + "".join(
            "%d,%d,2019-01-0%d,crime,%s\n" % (EAST + 10 * i, NORTH + 10, i % 9 + 1, "theft" if i % 3 else "猥亵") for i in range(60)))
        some = self.hotspots(csv, "some.gpkg", "--category", "kind")
        self.assertIn("--all-incidents", self.public(some, code=2).stderr)
        full = self.hotspots(csv, "full.gpkg", "--category", "kind", "--all-incidents")
        p = self.public(full, code=2)
        self.assertIn("sexual", p.stderr)
        self.assertIn("--stream-col", p.stderr)
        self.public(full, "public.html", "--include-stream", "猥亵")

    def test_needs(self):
        csv = self.events("e.csv", self.truth)
        for options, said in (({"all_cells": False}, "--all-cells"), ({"since": None}, "--since"), ({"until": None}, "--until")):
            self.assertIn(said, self.public(self.hotspots(csv, "r.gpkg", side=3, **options), code=2).stderr)

    def test_options_of_one_edition(self):
        result = self.hotspots(self.events("e.csv", self.truth), "r.gpkg", side=3)
        for option, value in (("--previous", result), ("--incidents", "x.csv"), ("--patrols", "x.csv"), ("--advice", "x.yaml")):
            self.assertIn("without --public", self.public(result, "x.html", option, value, code=2).stderr)
        for option, value in (("--include-stream", "x"), ("--published", "x.yaml"), ("--suppress-below", "6")):
            p = self.run_hotgrid("report", result, option, value, "-o", self.path("x.html"), code=2)
            self.assertIn("with --public", p.stderr)

    def test_needs_an_area(self):
        """The hull of the points tells where the outermost are."""
        csv = self.events("e.csv", {((x, y), "crime"): 30 for x in range(6) for y in range(6)})
        self.run_hotgrid("hotspots", csv, "--crs", "EPSG:4547", "--x", "x", "--y", "y", "--time", "time", "--cell", "125",
                         "--bandwidth", "300", "--chance", "0", "--since", "2019-01-01", "--until", "2019-02-01", "--all-cells",
                         "-o", self.path("r.gpkg"))
        self.assertIn("--area", self.public(self.path("r.gpkg"), code=2).stderr)

    def test_chinese(self):
        result = self.hotspots(self.events("e.csv", self.truth), "r.gpkg", side=3)
        self.public(result, "zh.html", "--lang", "zh")
        text = (self.dir / "zh.html").read_text()
        self.assertIn("公开地图须有审图号", text)
        self.assertIn("公开版", text)
        self.assertEqual(Tables(text).maps, [])
        self.assertNotIn("data:image/png", text)
        self.assertIn("分方格事件数", text)
        self.public(result, "zh2.html", "--lang", "zh", "--map-approval", "粤S(2019)123号")
        text = (self.dir / "zh2.html").read_text()
        self.assertEqual(len(Tables(text).maps), 1)
        self.assertIn("粤S(2019)123号", text)
        self.assertNotIn("公开地图须有审图号", text)

    def test_offset_positions(self):
        csv = self.write("e.csv", "lon,lat,time,stream\n" + "".join(
            "%.6f,%.6f,2019-01-0%d,crime\n" % (113.21 + i * 1e-4, 22.03, i % 9 + 1) for i in range(60)))
        area = self.write("a.geojson", json.dumps({"type": "Polygon", "coordinates": [
            [[113.15, 21.98], [113.27, 21.98], [113.27, 22.08], [113.15, 22.08], [113.15, 21.98]]]}))
        self.run_hotgrid("hotspots", csv, "--datum", "gcj02", "--x", "lon", "--y", "lat", "--time", "time", "--stream-col",
                         "stream", "--area", area, "--cell", "250", "--bandwidth", "500", "--chance", "0",
                         "--since", "2019-01-01", "--until", "2019-02-01", "--all-cells", "-o", self.path("r.gpkg"))
        for more in ((), ("--lang", "zh", "--map-approval", "GS(2019)1")):
            self.public(self.path("r.gpkg"), "public.html", *more)
            page = Tables((self.dir / "public.html").read_text())
            self.assertEqual(page.maps, [])
            self.assertEqual(len(page.tables), 1)
            self.assertTrue(re.search("shifted back|加密坐标", "".join(page.words)))

    def test_offset_positions_by_way_of_a_store(self):
        csv = self.write("e.csv", "lon,lat,time\n" + "".join("%.4f,22.03,2019-01-02\n" % (113.21 + i * 1e-3) for i in range(9)))
        self.run_hotgrid("load", csv, "--datum", "gcj02", "--x", "lon", "--y", "lat", "--time", "time", "-o", self.path("s.gpkg"))
        self.run_hotgrid("hotspots", self.path("s.gpkg"), "--chance", "0", "-o", self.path("r.gpkg"))
        self.assertEqual(self.query(self.path("r.gpkg"), "SELECT value FROM run_info WHERE key = 'inputs[0].un_offset'"), [("true",)])


if __name__ == "__main__":
    harness.main()
