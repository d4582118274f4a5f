"""The index on real data: vehicle thefts of New York by 2 km grid units, forest fires in a local plane."""
import json
import math

from harness import main, shared
from index_cases import ONE, IndexCase

LOCAL = 'ENGCRS["local",EDATUM["local"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["kilometre",1000]]'


class NewYork(IndexCase):
    def test_four_years_by_grid(self):
        """35,746 thefts over 2014 to 2017; units of 2 km (0.0180 by 0.0237 degrees) that hold at least 200 of them."""
        source = shared("us_crime_samples", "nyc_vehicle_thefts.csv")
        wide, high, cells = 2 / (111.32 * math.cos(math.radians(40.7))), 2 / 111.2, {}
        with open(source, encoding="utf-8") as f:
            next(f)
            for line in f:
                lon, lat = (float(v) for v in line.split(",")[4:6])
                cell = int(lon // wide), int(lat // high)
                cells[cell] = cells.get(cell, 0) + 1
        large = {c: n for c, n in cells.items() if n >= 200}
        units = self.squares("grid.geojson", [({"name": "%d_%d" % c}, c[0] * wide, c[1] * high, (c[0] + 1) * wide,
                                               (c[1] + 1) * high) for c in sorted(large)])
        self.write("c.yaml", ONE.replace("crime", "thefts").replace("weekday: false", "weekday: true"))
        out = self.path("nyc.gpkg")
        facts = self.run_json("index", source, "--stream", "thefts", "--time", "date_single", "--units", units,
                              "--config", self.path("c.yaml"), "--since", "2015-01-01", "--until", "2017-12-31", "-o",
                              out)
        self.assertEqual(facts["rows_read"], 35746)
        self.assertEqual(facts["outside_units"], facts["accepted"] - sum(large.values()))
        n, days_, scored = self.query(out, "SELECT count(DISTINCT unit), count(DISTINCT date), "
                                           "sum(score IS NOT NULL) FROM safety_index")[0]
        self.assertEqual((n, days_), (len(large), 1095))
        self.assertEqual(scored, n * days_, "a city of thefts has no day without its feed")
        bands = dict(self.query(out, "SELECT band, 1.0 * count(*) / (SELECT count(*) FROM safety_index) "
                                     "FROM safety_index GROUP BY 1"))
        self.assertTrue(0.75 < bands["blue"] < 0.97, bands)
        self.assertLess(bands.get("red", 0), 0.01, bands)
        years = self.query(out, "SELECT period, count FROM multi_year WHERE unit = '*' ORDER BY period")
        self.assertEqual(len(years), 3)
        trend = self.query(out, "SELECT years, trend_ratio, trend_low, trend_high FROM trends WHERE unit = '*'")[0]
        self.assertTrue(trend[2] < trend[1] < trend[3] and trend[0] == 3, trend)
        self.assertEqual((trend[1] < 1), years[-1][1] < years[0][1])


class Fires(IndexCase):
    def test_local_plane_in_kilometres(self):
        """8,488 fires of ten years; the window is one unit, in the same engineering CRS."""
        source = shared("clm_fires", "clmfires.csv")
        self.write("c.yaml", "streams: [{name: fire, weight: 1}]\nhistory_days: 730\n")
        out = self.path("fires.gpkg")
        ring = [[-10, -10], [420, -10], [420, 420], [-10, 420], [-10, -10]]
        halves = [{"type": "Feature", "properties": {"name": n}, "geometry": {"type": "Polygon", "coordinates": [
            [[max(a, min(x, b)), y] for x, y in ring]]}} for n, a, b in (("west", -10, 200), ("east", 200, 420))]
        units = self.write("halves.geojson", json.dumps({"type": "FeatureCollection", "crs": None, "features": halves}))
        self.write("halves.vrt", '<OGRVRTDataSource><OGRVRTLayer name="halves"><SrcDataSource>%s</SrcDataSource>'
                   "<LayerSRS>%s</LayerSRS></OGRVRTLayer></OGRVRTDataSource>" % (units, LOCAL.replace('"', "&quot;")))
        facts = self.run_json("index", source, "--stream", "fire", "--crs", LOCAL, "--x", "x", "--y", "y", "--time",
                              "date", "--units", self.path("halves.vrt"), "--unit-name", "name", "--config",
                              self.path("c.yaml"), "--since", "2006-01-01", "--until", "2008-01-01", "-o", out)
        self.assertEqual(facts["accepted"] + facts["rejected"], 8488)
        self.assertEqual(facts["outside_units"], 0)
        self.assertEqual(self.query(out, "SELECT count(*) FROM safety_index"), [(2 * 730,)])
        self.assertEqual(self.query(out, "SELECT round(sum(area_km2)) FROM units"), [(430.0 * 430.0,)],
                         "kilometres became metres")
        total = self.query(out, "SELECT sum(n_fire) FROM index_summary WHERE period LIKE '%..%'")[0][0]
        with open(source, encoding="utf-8") as f:
            expected = sum('"2006-' in line or '"2007-' in line for line in f)
        missing = self.query(out, "SELECT sum(n_fire) FROM safety_index WHERE missing_fire")[0][0]
        self.assertEqual(total + (missing or 0), expected)


if __name__ == "__main__":
    main()
