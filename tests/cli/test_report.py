"""What a report says is what the results hold: every figure in tables, figures and cards, in both languages."""
import csv
import json
import math
import os
import re
import shutil
import sqlite3
import struct
import tempfile
import unittest

from osgeo import gdal, ogr, osr

import harness
from report_page import Page, day, numbers, shows

gdal.UseExceptions()
gdal.SetConfigOption("OGR_XLSX_HEADERS", "FORCE") # a sheet of texts alone looks as if it had none
PINGSHA = harness.SOURCE / "sample_data" / "pingsha"
SHARES = {"share", "rank_stability", "band_certainty", "share_met"}
BAD_DAYS = "SELECT * FROM safety_index WHERE band IN ('red', 'orange')"
# Columns whose codes a report says in words.
WORDS = {"top_stream", "level", "class", "band", "action", "state", "item", "measure", "comparison", "reasons",
         "pattern"}


def incidents(streams=True):
    fires = [PINGSHA / "fire.geojson", "--stream", "fire"]
    return fires if not streams else [
        PINGSHA / "crime_gbk.csv", "--datum", "gcj02", "--stream", "crime", "--id", "案件编号",
        PINGSHA / "traffic.xlsx", "--stream", "traffic", "--sheet", "事故", "--header-row", "3",
        *fires, PINGSHA / "city_management.gpkg", "--layer", "cases", "--stream", "city_management"]


def split_town(path):
    """The township in two halves, one of them with a name to be careful with."""
    town = ogr.Open(str(PINGSHA / "boundary.gpkg"))
    layer = town.GetLayer(0)
    feature = layer.GetNextFeature()
    outline = feature.GetGeometryRef()
    x0, x1, y0, y1 = outline.GetEnvelope()
    store = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    out = store.CreateLayer("units", layer.GetSpatialRef(), ogr.wkbMultiPolygon)
    out.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    for name, west, east in (("西村", x0, (x0 + x1) / 2), ("East \"<b>", (x0 + x1) / 2, x1)):
        box = ogr.CreateGeometryFromWkt("POLYGON((%r %r,%r %r,%r %r,%r %r,%r %r))" % (
            west, y0, east, y0, east, y1, west, y1, west, y0))
        f = ogr.Feature(out.GetLayerDefn())
        f["name"] = name
        f.SetGeometry(ogr.ForceToMultiPolygon(outline.Intersection(box)))
        out.CreateFeature(f)


def rows_of(path, sql, *params):
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    db.row_factory = sqlite3.Row
    try:
        return [dict(r) for r in db.execute(sql, params)]
    finally:
        db.close()


def info(path):
    return {r["key"]: r["value"] for r in rows_of(path, "SELECT key, value FROM run_info")}


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def binomial_tail(k, n, p):
    """P(Bin(n, p) >= k), summed term by term."""
    if k <= 0:
        return 1.0
    log = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
           for i in range(k, n + 1)]
    return math.fsum(math.exp(v) for v in log)


def lower_bound(k, n, level):
    low, high = 0.0, 1.0
    for _ in range(80):
        p = (low + high) / 2
        low, high = (p, high) if binomial_tail(k, n, p) < level else (low, p)
    return low if k else 0.0


def point(blob):
    """x, y of a GeoPackage point without envelope or with one."""
    flags = blob[3]
    offset = 8 + {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[flags >> 1 & 7]
    return struct.unpack_from("<dd" if blob[offset] else ">dd", blob, offset + 5)


class Reported(unittest.TestCase):
    """The township's results and the reports of them, made once."""

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="hotgrid-report-")
        cls.addClassCleanup(shutil.rmtree, cls.dir, True)
        run = harness.Case("run_hotgrid").run_hotgrid
        at = lambda name: os.path.join(cls.dir, name)
        hot = ["hotspots", *incidents(), "--area", PINGSHA / "boundary.gpkg", "--places", PINGSHA / "places.gpkg",
               "--bandwidth", "400m", "--cell", "100m", "--permutations", "0", "-o"]
        run(*hot, at("hot.gpkg"), "--all-incidents", "--stability", "4")
        run(*hot, at("old.gpkg"), "--until", "2019-09-01", "--stability", "0")
        split_town(at("units.gpkg"))
        run("index", *incidents(), "--units", at("units.gpkg"), "--unit-name", "name", "--since", "2019-01-01",
            "--certainty-draws", "0", "-o", at("index.gpkg"))
        run("trends", *incidents(False), "--area", PINGSHA / "boundary.gpkg", "--step", "60d", "--cell", "1000",
            "-o", at("trends.gpkg"))
        land, flights = str(PINGSHA / "land.gpkg"), str(PINGSHA / "flights.gpkg")
        run("audit", "--zones", land + ":zones", "--permits", land + ":permits",
            "--survey", flights + ":patches_201901@2019-01-15", "--survey", flights + ":patches_201910@2019-10-20",
            "--coverage", flights + ":covered_201910@2019-10-20", "--actions", PINGSHA / "actions_gbk.csv",
            "--assets", PINGSHA / "assets.csv", "--patrols", PINGSHA / "patrols.csv",
            "--opening", PINGSHA / "opening.csv", "--class-map", PINGSHA / "audit_classes.yaml", "-o", at("audit.gpkg"))
        with open(at("log.csv"), "w", encoding="utf-8") as f:
            f.write("area,date\n1,2019-09-03\n1,2019-09-20\n2,2019-08-30\nnowhere,2019-10-01\n")
        cls.pages, cls.facts = {}, {}
        for lang in ("en", "zh"):
            p = run("report", at("hot.gpkg"), at("trends.gpkg"), at("audit.gpkg"), at("index.gpkg"),
                    "--previous", at("old.gpkg"), "--patrols", at("log.csv"), "--lang", lang, "--tables", at(lang),
                    "-o", at(lang + ".html"), "--json")
            cls.facts[lang] = json.loads(p.stdout)
            cls.pages[lang] = Page(at(lang + ".html"))

    def at(self, *names):
        return os.path.join(self.dir, *names)

    def stems(self, lang="en"):
        book = gdal.OpenEx(self.at(lang, "tables.xlsx"), gdal.OF_VECTOR)
        return [book.GetLayer(i).GetName() for i in range(book.GetLayerCount())]

    def shown_as(self, text, value, column):
        """A cell of the page against the same cell of the CSV file."""
        if value == "":
            return text == "–"
        if day(text):
            return day(text) == value[:10]
        try:
            number = float(value)
        except ValueError:
            return text == value or text == value.removeprefix("'").strip()
        return text == value or shows(text, number, column in SHARES)

    def test_pages_hold_what_the_tables_hold(self):
        for lang, page in self.pages.items():
            stems = self.stems(lang)
            self.assertEqual(len(page.tables), len(stems), [t["caption"] for t in page.tables])
            self.assertEqual(page.unbalanced, [])
            for table, stem in zip(page.tables, stems):
                rows = read_csv(self.at(lang, stem + ".csv"))
                self.assertEqual(len(table["rows"]), max(len(rows), 0), (lang, stem))
                for shown, row in zip(table["rows"], rows):
                    self.assertEqual(len(shown), len(row), (lang, stem, table["heads"]))
                    for text, (column, value) in zip(shown, row.items()):
                        self.assertTrue(self.shown_as(text, value, column), (lang, stem, column, text, value))

    def same(self, stem, expected, skip=()):
        """A CSV file against rows of a GeoPackage, in order; numbers to the last digit."""
        for lang in ("en", "zh"):
            rows = read_csv(self.at(lang, stem + ".csv"))
            self.assertEqual(len(rows), len(expected), (lang, stem))
            self.assertTrue(rows, stem)
            for row, source in zip(rows, expected):
                for column, value in row.items():
                    if column in skip:
                        continue
                    own = source[column]
                    where = (lang, stem, column, value, own)
                    if own is None or own == "":
                        self.assertEqual(value, "", where)
                    elif isinstance(own, (int, float)):
                        self.assertEqual(float(value), own, where)
                    else:
                        plain = own[:19].replace(" ", "T") if column.startswith("t_") else own
                        self.assertEqual(value.removeprefix("'"), plain, where)

    def test_tables_hold_what_the_results_hold(self):
        hot, audit, index, trends = (self.at(n + ".gpkg") for n in ("hot", "audit", "index", "trends"))
        areas = rows_of(hot, "SELECT * FROM hotspot_areas ORDER BY rank")
        self.same("areas", areas, WORDS)
        self.same("composition", areas)
        self.same("cells", rows_of(hot, "SELECT * FROM hotspot_cells ORDER BY rank"), WORDS)
        self.same("pile_ups", rows_of(hot, "SELECT * FROM pile_ups ORDER BY fid"))
        self.same("steps", rows_of(trends, "SELECT * FROM trend_steps ORDER BY fid"))
        self.assertIn("t_end", read_csv(self.at("en", "steps.csv"))[0])
        self.same("overdue", rows_of(audit, "SELECT * FROM cases WHERE overdue = 1 ORDER BY fid"), WORDS)
        self.same("cases", rows_of(audit, "SELECT * FROM cases WHERE outstanding_m2 > 0 ORDER BY fid"), WORDS)
        self.same("claims", rows_of(audit, "SELECT * FROM claims WHERE unverified_m2 >= 1 ORDER BY fid"), WORDS)
        self.same("by_action", rows_of(audit, "SELECT * FROM by_action ORDER BY fid"), WORDS)
        self.same("units_ledger", rows_of(audit, "SELECT * FROM units_ledger ORDER BY fid"),
                  WORDS | {"unit", "zone_id"})
        self.same("patrol_duty", rows_of(audit, "SELECT * FROM patrol_duty ORDER BY fid"), WORDS | {"level"})
        self.same("units", rows_of(index, "SELECT * FROM units ORDER BY fid"), WORDS)
        self.same("index_months", rows_of(index, "SELECT * FROM index_summary WHERE period NOT LIKE '%..%' "
                                          "ORDER BY fid"))
        self.same("index_red_days", rows_of(index, BAD_DAYS + " ORDER BY fid"), WORDS)
        changes = "SELECT * FROM year_on_year WHERE period %s LIKE '%%..%%' %s ORDER BY fid"
        self.same("months_changed", rows_of(index, changes % ("NOT", "")), WORDS)
        for stem, code in (("year_on_year", "yoy"), ("period_on_period", "pop")):
            self.same(stem, rows_of(index, changes % ("", "AND unit = '*' AND comparison = '%s'" % code)), WORDS)

    def test_reasons_in_the_other_language(self):
        """What stood out on a bad day, told anew where the run spoke the other language."""
        days = rows_of(self.at("index.gpkg"), BAD_DAYS + " ORDER BY fid")
        for row, source in zip(read_csv(self.at("zh", "index_red_days.csv")), days):
            told = [c for c in ("crime", "fire", "traffic", "city_management")
                    if source["band_" + c] not in (None, "", "blue", "green")]
            expected = []
            for c in told:
                expected += [float(source["n_" + c]), source["expected_" + c]]
            found = numbers(row["reasons"])
            self.assertEqual(len(found), len(expected), row)
            for a, b in zip(sorted(found), sorted(expected)):
                self.assertAlmostEqual(a, b, delta=0.0501)

    def test_patterns(self):
        counted = rows_of(self.at("trends.gpkg"), "SELECT pattern, count(*) AS cells, sum(incidents) AS incidents FROM "
                          "trend_cells GROUP BY pattern")
        found = read_csv(self.at("en", "patterns.csv"))
        self.assertEqual(sorted(int(r["cells"]) for r in found), sorted(r["cells"] for r in counted))
        self.assertAlmostEqual(sum(float(r["incidents"]) for r in found), sum(r["incidents"] for r in counted),
                               places=6)

    def test_ledgers_add_up(self):
        """Rounded together: each figure within a square metre of the result, the total the sum of what is printed."""
        for stem, key in (("by_zone", "zone_id"), ("by_class", "class")):
            last = rows_of(self.at("audit.gpkg"), "SELECT * FROM %s WHERE epoch = (SELECT max(epoch) FROM %s) AND "
                           "%s <> '*' ORDER BY fid" % (stem, stem, key))
            for lang in ("en", "zh"):
                rows = read_csv(self.at(lang, stem + ".csv"))
                self.assertEqual(len(rows), len(last) + 1)
                for column in rows[0]:
                    if column == key:
                        continue
                    values = [float(r[column]) for r in rows]
                    for printed, source in zip(values, last):
                        self.assertAlmostEqual(printed, source[column], delta=1 if column.endswith("m2") else 1e-9)
                    self.assertAlmostEqual(values[-1], math.fsum(values[:-1]), delta=1e-6)

    def test_inputs_and_settings(self):
        for command in ("hot", "audit", "index", "trends"):
            recorded = info(self.at(command + ".gpkg"))
            stem = "method_hotspots" if command == "hot" else "method_" + command
            for row in read_csv(self.at("zh", stem + ".csv")):
                self.assertEqual(row["value"].removeprefix("'"), recorded[row["key"]] or "", row)
        rows, k = read_csv(self.at("en", "inputs.csv")), 0
        for command in ("hot", "trends", "audit", "index"):
            recorded, i = info(self.at(command + ".gpkg")), 0
            mine = []
            while "inputs[%d].name" % i in recorded:
                mine.append([recorded.get("inputs[%d].%s" % (i, c)) for c in ("rows_read", "accepted", "rejected")])
                i += 1
            for row in mine:
                self.assertIn(row, [[r["rows_read"], r["accepted"], r["rejected"]] for r in rows])
            k += len(mine)
        self.assertEqual(k, len(rows))
        recorded = info(self.at("hot.gpkg"))
        self.assertEqual([r["rows"] for r in read_csv(self.at("en", "refused.csv"))],
                         [v for key, v in recorded.items() if key.startswith("rejected_by_reason.")])

    def test_options_are_recorded_once(self):
        self.assertEqual(info(self.at("hot.gpkg"))["options.area"], str(PINGSHA / "boundary.gpkg"))

    def test_figures(self):
        hot, audit = info(self.at("hot.gpkg")), info(self.at("audit.gpkg"))
        mu = float(audit["ledger.closing_mu"])
        for lang, page in self.pages.items():
            values = [v for _, v in page.figures]
            self.assertTrue(shows(values[0], float(hot["incidents_in_area"])), values)
            self.assertTrue(shows(values[1], float(hot["areas"])))
            self.assertTrue(shows(values[2], float(hot["selected_share"]), True))
            land = [("opening_m2", 0.0015), ("recovered_mu", 1), ("closing_mu", 1)]
            for text, (key, factor) in zip(values[5:8], land):
                own = float(audit["ledger." + key]) * factor
                found = numbers(text)
                self.assertAlmostEqual(found[-1], own, delta=0.0005001, msg=(lang, text))
                self.assertEqual(len(found), 1 if lang == "zh" else 2)
                if lang == "en":
                    self.assertAlmostEqual(found[0], own / 0.0015, delta=0.5001)
            self.assertAlmostEqual(numbers(values[3])[-1], mu, delta=0.0005001)
            for text in (values[4], values[8]):
                self.assertTrue(shows(text, float(audit["cases_overdue"])))
            bands = rows_of(self.at("index.gpkg"), "SELECT band, count(*) AS n FROM units GROUP BY band")
            self.assertEqual(sorted(numbers(v)[0] for v in values[9:]), sorted(b["n"] for b in bands))

    def test_cards(self):
        areas = rows_of(self.at("hot.gpkg"), "SELECT * FROM hotspot_areas ORDER BY rank")
        hours = rows_of(self.at("hot.gpkg"), "SELECT rank, hour, sum(weight) AS w FROM area_hours GROUP BY rank, hour")
        weekdays = {"en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
                    "zh": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]}
        for lang, page in self.pages.items():
            self.assertEqual(len(page.cards), min(6, len(areas)))
            for card, area in zip(page.cards, areas):
                values = [v for _, v in card["pairs"]]
                self.assertEqual(card["title"], "%d%s" % (area["rank"], area["name"]))
                count = numbers(values[3])
                self.assertEqual(count[0], area["count"])
                self.assertAlmostEqual(count[1], area["area_km2"], delta=0.0005001)
                self.assertEqual(values[2], weekdays[lang][area["peak_weekday"] - 1] if area["peak_weekday"] else "–")
                profile = [0.0] * 24
                for h in hours:
                    if h["rank"] == area["rank"]:
                        profile[h["hour"]] = h["w"]
                sums = [sum(profile[(h + k) % 24] for k in range(4)) for h in range(24)]
                best = max(range(24), key=lambda h: sums[h])
                self.assertEqual(numbers(values[1])[:2], [best, (best + 4) % 24])
                self.assertAlmostEqual(numbers(values[1])[2], 100 * sums[best] / sum(profile), delta=0.5001)

    def test_one_unit(self):
        """Land by where the zones lie, the index of the unit alone; figures are sums over the zones."""
        run = harness.Case("run_hotgrid").run_hotgrid
        run("report", self.at("audit.gpkg"), self.at("index.gpkg"), "--unit", "西村", "--tables", self.at("west"), "-o",
            self.at("west.html"))
        units = ogr.Open(self.at("index.gpkg"))
        layer = units.GetLayerByName("units")
        layer.SetAttributeFilter("unit = '西村'")
        unit = layer.GetNextFeature()
        zones, inside = ogr.Open(self.at("audit.gpkg")), set()
        for zone in zones.GetLayerByName("zones"):
            if unit.GetGeometryRef().Contains(zone.GetGeometryRef().Centroid()):
                inside.add(zone["zone_id"])
        rows = rows_of(self.at("audit.gpkg"), "SELECT * FROM by_zone ORDER BY fid")
        rows = [r for r in rows if r["zone_id"] in inside]
        found = read_csv(self.at("west", "by_zone.csv"))
        self.assertTrue(rows)
        self.assertEqual([r["zone_id"] for r in found[:-1]], [r["zone_id"] for r in rows])
        closing = math.fsum(r["closing_m2"] for r in rows)
        for stem in ("by_zone", "by_class"):
            total = read_csv(self.at("west", stem + ".csv"))[-1]
            self.assertAlmostEqual(float(total["closing_m2"]), closing, delta=0.51)
        page = Page(self.at("west.html"))
        self.assertAlmostEqual(numbers(page.figures[0][1])[0], closing, delta=0.5001)
        overdue = rows_of(self.at("audit.gpkg"), "SELECT * FROM cases WHERE overdue = 1")
        overdue = [r for r in overdue if r["zone_id"] in inside]
        self.assertEqual(numbers(page.figures[1][1]), [len(overdue)])
        days = rows_of(self.at("index.gpkg"), BAD_DAYS + " AND unit = '西村'")
        self.assertEqual(len(read_csv(self.at("west", "index_red_days.csv"))), len(days))
        stderr = run("report", self.at("index.gpkg"), "--unit", "nowhere", "-o", self.at("x.html"), code=2).stderr
        self.assertIn("西村", stderr)

    def test_scorecard(self):
        old = info(self.at("old.gpkg"))
        cell, share = float(old["cell_m"]), float(old["selected_area_share"])
        cells = rows_of(self.at("old.gpkg"), "SELECT cell_id, area FROM hotspot_cells")
        area_of = {r["cell_id"]: r["area"] for r in cells}
        outline = ogr.Open(str(PINGSHA / "boundary.gpkg"))
        layer = outline.GetLayer(0)
        feature = layer.GetNextFeature()
        town = feature.GetGeometryRef().Clone()
        to = osr.SpatialReference()
        to.ImportFromEPSG(int(old["analysis_crs"].split(":")[1]))
        source = layer.GetSpatialRef()
        for srs in (to, source):
            srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        town.Transform(osr.CoordinateTransformation(source, to))
        n, hits = 0, {}
        for r in rows_of(self.at("hot.gpkg"), "SELECT geom, t_start FROM incidents WHERE t_start IS NOT NULL"):
            if r["t_start"][:19].replace(" ", "T") <= old["last_time"]:
                continue
            x, y = point(r["geom"])
            p = ogr.Geometry(ogr.wkbPoint)
            p.AddPoint_2D(x, y)
            if not town.Contains(p):
                continue
            n += 1
            area = area_of.get("c%gE%dN%d" % (cell, math.floor(x / cell), math.floor(y / cell)))
            hits[area] = hits.get(area, 0) + 1
        caught = n - hits.get(None, 0)
        low = lower_bound(caught, n, 0.025) / share
        high = (1 - lower_bound(n - caught, n, 0.025)) / share
        for lang, page in self.pages.items():
            score = self.facts[lang]["scorecard"]
            self.assertEqual((score["incidents"], score["caught"]), (n, caught))
            self.assertAlmostEqual(score["times_chance_low"] / low, 1, places=9)
            self.assertAlmostEqual(score["times_chance_high"] / high, 1, places=9)
            line = next(p for p in page.paragraphs if "2019" in p and ("chance" in p or "偶然" in p))
            found = [v for v in numbers(line) if v not in (31, 8, 2019, 95)]
            expected = [n, caught, 100 * caught / n, n * share, 100 * share, caught / n / share, low, high]
            for shown, value in zip(found, expected):
                self.assertAlmostEqual(shown, value, delta=0.0501, msg=line)
            areas = rows_of(self.at("old.gpkg"), "SELECT rank, share FROM hotspot_areas ORDER BY rank")
            for row, area in zip(read_csv(self.at(lang, "scorecard.csv")), areas):
                self.assertEqual(int(row["incidents_since"]), hits.get(area["rank"], 0))
                self.assertAlmostEqual(float(row["expected_since"]), n * area["share"], places=9)
                self.assertEqual(int(row["visits"]), 2 if area["rank"] == 1 else 0)
                self.assertEqual(row["last_visit"], "2019-09-20" if area["rank"] == 1 else "")

    def test_cut_off(self):
        hot = info(self.at("hot.gpkg"))
        for lang, page in self.pages.items():
            said = [numbers(i)[0] for i in page.items if numbers(i)]
            for key in ("untimed", "default_times", "duplicates", "suspected_repeats"):
                if int(hot[key]):
                    self.assertIn(float(hot[key]), said, key)
            lost = sum(int(hot.get("rejected_by_reason." + r, 0))
                       for r in ("no_geometry", "not_finite", "null_island", "outside_crs"))
            self.assertIn(float(lost), said)

    def test_languages_agree(self):
        self.assertEqual(self.stems("en"), self.stems("zh"))
        for stem in self.stems():
            if stem in ("method",):
                continue
            english, chinese = read_csv(self.at("en", stem + ".csv")), read_csv(self.at("zh", stem + ".csv"))
            self.assertEqual(len(english), len(chinese), stem)
            for a, b in zip(english, chinese):
                for column in set(a) & set(b):
                    if re.fullmatch(r"-?[\d.]+(e-?\d+)?", a[column]):
                        self.assertEqual(a[column], b[column], (stem, column))
                self.assertLessEqual(set(a) ^ set(b), {"note", "note_zh"}, stem)
        method = [read_csv(self.at(lang, "method.csv")) for lang in ("en", "zh")]
        for a, b in zip(*method):
            self.assertEqual(sorted(numbers(a["value"])), sorted(numbers(b["value"])), (a, b))
        for a, b in zip(self.pages["en"].cards, self.pages["zh"].cards):
            self.assertEqual([numbers(v) for _, v in a["pairs"]], [numbers(v) for _, v in b["pairs"]])
        self.assertEqual([numbers(v)[-1] for _, v in self.pages["en"].figures],
                         [numbers(v)[-1] for _, v in self.pages["zh"].figures])

    def test_chinese_is_chinese(self):
        """No English in what is ours: headings, captions, heads, labels. Names of columns and units of measure stay."""
        page, ours = self.pages["zh"], []
        ours += page.headings + [label for label, _ in page.figures] + [t["caption"] for t in page.tables]
        ours += [h for t in page.tables for h in t["heads"]] + [k for c in page.cards for k, _ in c["pairs"]]
        ours += [r["key"] for r in read_csv(self.at("zh", "method.csv"))]
        allowed = {"Gi", "SHA", "CRS", "HD", "GY", "ND", "GF"}
        for text in ours:
            words = set(re.findall(r"[A-Za-z]{2,}", text)) - allowed
            self.assertFalse(words, text)

    def test_workbook_and_csv_read_back(self):
        book = gdal.OpenEx(self.at("en", "tables.xlsx"), gdal.OF_VECTOR)
        for i in range(book.GetLayerCount()):
            layer = book.GetLayer(i)
            rows = read_csv(self.at("en", layer.GetName() + ".csv"))
            self.assertEqual(layer.GetFeatureCount(), len(rows), layer.GetName())
            for f, row in zip(layer, rows):
                for column, value in row.items():
                    own = f[column]
                    where = (layer.GetName(), column, own, value)
                    if value == "":
                        self.assertIn(own, (None, ""), where)
                    elif isinstance(own, float):
                        self.assertAlmostEqual(own, float(value), delta=1e-14 * abs(own), msg=where)
                    elif isinstance(own, int):
                        self.assertEqual(str(own), value, where)
                    else:
                        plain = value.removeprefix("'").replace("/", "-").replace(" ", "T")
                        if column.startswith("t_"):
                            plain = plain.removesuffix("T00:00:00") # a moment at midnight reads as a day
                        self.assertEqual(str(own).replace("/", "-").replace(" ", "T"), plain, where)
        overdue = book.GetLayerByName("overdue")
        kinds = {overdue.GetLayerDefn().GetFieldDefn(k).GetName(): overdue.GetLayerDefn().GetFieldDefn(k).GetType()
                 for k in range(overdue.GetLayerDefn().GetFieldCount())}
        self.assertEqual((kinds["deadline"], kinds["overdue_days"], kinds["outstanding_m2"]),
                         (ogr.OFTDate, ogr.OFTInteger, ogr.OFTReal))


HOSTILE = ["<script>document.title='x'</script>", "\"'><img src=x onerror=alert(1)>", "&lt;b&gt; & <!-- ",
           "\u202egnal\u202c", "😀\U0001f9e8", "]]></script><svg onload=1>", "=HYPERLINK(\"http://x\")", "字" * 10000]


COUNTED = {"script", "img", "a", "h2", "h3", "td", "tr", "table", "article"}


class Hostile(harness.Case):
    def make(self, names, stem):
        """A result whose streams and places bear these names; the points are the same whatever they are called."""
        lines = {n: ["x,y,time"] for n in range(3)}
        for k in range(240):
            n = k % 3
            lines[n].append("%r,%r,2019-%02d-%02dT%02d:00" % (
                500000 + (k * 37 % 11) * 35 + n * 2000, 2500000 + (k * 53 % 13) * 30, 1 + k % 9, 1 + k % 27,
                k * 7 % 24))
        sources = []
        for n in range(3):
            sources += [self.write("%s_%d.csv" % (stem, n), "\n".join(lines[n])), "--stream", names[n],
                        "--crs", "EPSG:4547"]
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(4547)
        store = ogr.GetDriverByName("GPKG").CreateDataSource(self.path(stem + "_places.gpkg"))
        layer = store.CreateLayer("places", srs, ogr.wkbPoint)
        layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
        for k in range(3):
            f = ogr.Feature(layer.GetLayerDefn())
            f["name"] = names[(k + 3) % len(names)]
            f.SetGeometry(ogr.CreateGeometryFromWkt("POINT(%d 2500100)" % (500100 + 2000 * k)))
            layer.CreateFeature(f)
        store = layer = None
        self.run_hotgrid("hotspots", *sources, "--places", self.path(stem + "_places.gpkg"), "--cell", "100",
                         "--bandwidth", "300", "--budget", "8%", "--stability", "0", "--permutations", "0",
                         "-o", self.path(stem + ".gpkg"))
        self.run_hotgrid("report", self.path(stem + ".gpkg"), "--tables", self.path(stem),
                         "-o", self.path(stem + ".html"))
        return Page(self.path(stem + ".html"))

    def test_names_change_nothing_but_their_own_text(self):
        plain = self.make(["one", "two", "three", "four", "five", "six"], "plain")
        self.assertEqual(plain.unbalanced, [])
        for round_ in range(0, len(HOSTILE) - 5, 2):
            names = HOSTILE[round_:round_ + 6]
            page = self.make(names, "bad%d" % round_)
            self.assertEqual(page.unbalanced, [])
            new = {t for t in page.tags if t[0] != "text"} - set(plain.tags) # a text of a chart says how long it is
            self.assertEqual(sorted(new), [], "elements or attributes that were not there")
            self.assertEqual([t for t in page.tags if t[0] in COUNTED], [t for t in plain.tags if t[0] in COUNTED])
            text = {cell for t in page.tables for row in t["rows"] for cell in row}
            text |= {h for t in page.tables for h in t["heads"]}
            for name in names[3:6]:
                self.assertTrue(any(name.strip()[:60] in cell for cell in text), name[:60])

    def test_formulas_stay_texts(self):
        self.make(["one", "two", "three", "=1+1", "@x", "-2"], "formula")
        names = {r["name"] for r in read_csv(self.path("formula/areas.csv"))}
        self.assertTrue(names and names <= {"'=1+1", "'@x", "'-2"}, names)
        layer = gdal.OpenEx(self.path("formula/tables.xlsx"), gdal.OF_VECTOR)
        self.assertTrue({f["name"] for f in layer.GetLayerByName("areas")} <= {"=1+1", "@x", "-2"})


class Refused(harness.Case):
    def setUp(self):
        super().setUp()
        rows = ["x,y,time"] + ["%d,%d,2019-03-%02dT10:00" % (500000 + k % 7 * 40, 2500000 + k % 5 * 40, 1 + k % 28)
                               for k in range(60)]
        self.csv = self.write("points.csv", "\n".join(rows))
        self.run_hotgrid("hotspots", self.csv, "--crs", "EPSG:4547", "--stability", "0", "--permutations", "0",
                         "--bandwidth", "100", "--cell", "20", "-o", self.path("hot.gpkg"))

    def report(self, *args, code):
        out = [] if "-o" in args else ["-o", self.path("r.html")]
        p = self.run_hotgrid("report", *args, *out, code=code)
        if code:
            self.assertFalse("r.html" in self.files() and "-o" not in args)
        return p.stderr

    def test_results_that_are_none(self):
        self.assertIn("result", self.report(self.csv, code=3))
        self.run_hotgrid("load", self.csv, "--crs", "EPSG:4547", "-o", self.path("store.gpkg"))
        self.assertIn("load", self.report(self.path("store.gpkg"), code=2))
        self.assertIn("nix.gpkg", self.report(self.path("nix.gpkg"), code=4))
        with open(self.path("hot.gpkg"), "rb") as f:
            half = f.read(20000)
        self.report(self.write("half.gpkg", half), code=3)
        self.report(self.write("junk.gpkg", b"junk" * 500), code=3)
        self.assertIn("a report tells of one", self.report(self.path("hot.gpkg"), self.path("hot.gpkg"), code=2))

    def test_options(self):
        hot = self.path("hot.gpkg")
        self.assertIn("--previous", self.report(hot, "--previous", self.csv, code=3))
        self.assertIn("nix.csv", self.report(hot, "--previous", hot, "--incidents", self.path("nix.csv"), code=4))
        bad = self.write("log.csv", "area,date\n1,yesterday\n")
        self.assertIn("yesterday", self.report(hot, "--previous", hot, "--patrols", bad, code=3))
        advice = self.write("a.yaml", "advice:\n  - problem: x\n    txt: y\n")
        self.assertIn("line 3", self.report(hot, "--advice", advice, code=2))
        self.report(hot, "-o", self.path("r.docx"), code=2)

    def test_existing_output(self):
        hot = self.path("hot.gpkg")
        self.report(hot, code=0)
        self.assertIn("--overwrite", self.run_hotgrid("report", hot, "-o", self.path("r.html"), code=4).stderr)
        self.run_hotgrid("report", hot, "-o", self.path("r.html"), "--overwrite", "--tables", self.path("t"))
        before = self.files()
        again = self.run_hotgrid("report", hot, "-o", self.path("s.html"), "--tables", self.path("t"), code=4)
        self.assertIn("--overwrite", again.stderr)
        self.assertEqual(self.files(), before, "neither the report nor a part of the tables is left")

    def test_results_without_parts(self):
        """Tables that another version did not write, or another program dropped."""
        for gone in ("area_hours", "pile_ups", "hotspot_areas", "hotspot_cells"):
            shutil.copy(self.path("hot.gpkg"), self.path("less.gpkg"))
            db = sqlite3.connect(self.path("less.gpkg"))
            for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents", "gpkg_extensions"):
                db.execute("DELETE FROM %s WHERE table_name = ?" % table, (gone,))
            db.execute("DROP TABLE IF EXISTS " + gone)
            db.commit()
            db.close()
            self.run_hotgrid("report", self.path("less.gpkg"), "--previous", self.path("hot.gpkg"), "--overwrite", "-o",
                             self.path("less.html"))
            self.assertEqual(Page(self.path("less.html")).unbalanced, [])

    def test_nothing_since(self):
        hot = self.path("hot.gpkg")
        self.assertIn("hotgrid load", self.report(hot, "--previous", hot, "--incidents", self.csv, code=2))
        self.run_hotgrid("load", self.csv, "--crs", "EPSG:4547", "-o", self.path("store.gpkg"))
        p = self.run_json("report", hot, "--previous", hot, "--incidents", self.path("store.gpkg"),
                          "-o", self.path("r.html"))
        self.assertNotIn("scorecard", p)
        self.assertTrue(any("No incident after" in t for t in Page(self.path("r.html")).paragraphs))
        later = self.write("later.csv", "x,y,time\n500010,2500010,2019-05-01\n500010,2500010,2019-03-28T10:00\n"
                                        "500010,2500010,2019-03-28T10:01\n900000,2500010,2019-05-01\n")
        self.run_hotgrid("load", later, "--crs", "EPSG:4547", "--nln", "new", "-o", self.path("later.gpkg"))
        p = self.run_json("report", hot, "--previous", hot, "--incidents", self.path("later.gpkg:new"), "-o",
                          self.path("r.html"), "--overwrite")
        self.assertEqual(p["scorecard"]["incidents"], 2, "strictly later, and on the grid of the last run")


if __name__ == "__main__":
    harness.main()
