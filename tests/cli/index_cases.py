"""What the tests of the index share: the sample's options, small feeds, and the model written down once more."""
import datetime
import json
import math

from harness import SOURCE, Case

PINGSHA = SOURCE / "sample_data/pingsha"
SAMPLE = (
    PINGSHA / "crime_gbk.csv", "--datum", "gcj02", "--stream", "crime", "--category", "案件类别",
    "--time", "发案开始时间", "--time-end", "发案结束时间",
    PINGSHA / "traffic.xlsx", "--stream", "traffic", "--sheet", "事故", "--header-row", "3", "--category",
    "事故类型", "--measure", "injured", "--measure", "deaths",
    PINGSHA / "fire.geojson", "--stream", "fire", "--category", "category", "--time", "time",
    PINGSHA / "city_management.gpkg", "--layer", "cases", "--stream", "city_management", "--category",
    "category", "--time", "reported_at")
PERIOD = ("--since", "2019-01-01", "--until", "2019-11-01")
PLAIN = "effects: {weekday: false, month: false, holiday: false}\n"
ONE = "streams: [{name: crime, weight: 1}]\n" + PLAIN


def day(text):
    return datetime.date.fromisoformat(text)


def days(first, counts):
    """Dates with so many events each, from the first day on."""
    return [(day(first) + datetime.timedelta(k), n) for k, n in enumerate(counts)]


def feed_csv(counts, x=113.2, y=22.1):
    """A CSV of events near one place: (date, number) pairs, spread by a few metres each."""
    rows = ["%.6f,%.6f,%s" % (x + 1e-5 * k, y, date) for date, n in counts for k in range(n)]
    return "lon,lat,when\n" + "\n".join(rows) + "\n"


def dispersion(y, mean):
    """Pearson's chi-square around the mean by its degrees of freedom, at least 1."""
    chi2 = sum((n - mean) ** 2 for n in y) / mean if mean > 0 else 0
    return max(1.0, chi2 / max(1, len(y) - 1))


def expected_row(history, today):
    """Score, z and expected number by docs/methods/index.md: no effects, every event weighing 1."""
    n = len(history)
    if n < 28:
        return None
    mean = sum(history) / n
    phi = dispersion(history, mean)
    weight = []
    for y in history:
        r = 2 * (math.sqrt(y / phi) - math.sqrt(mean / phi))
        weight.append((2.58 / r) ** 2 if r > 2.58 else 1.0)
    d = sum(weight)
    mean = sum(y * w for y, w in zip(history, weight)) / d
    phi = dispersion(history, mean)
    m = max(d * mean, 0.5) / d
    z = 2 * (math.sqrt(today / phi) - math.sqrt(m / phi)) / math.sqrt(1 + 1 / d)
    return 100 - 10 * max(0, z) if z < 10 else 0, z, m


class IndexCase(Case):
    def index(self, *args, **kwargs):
        return self.run_hotgrid("index", *args, **kwargs)

    def squares(self, name, rows):
        """A layer of rectangles as GeoJSON: (attributes, xmin, ymin, xmax, ymax) in degrees."""
        features = [{"type": "Feature", "properties": p, "geometry": {"type": "Polygon", "coordinates": [
            [[a, b], [c, b], [c, d], [a, d], [a, b]]]}} for p, a, b, c, d in rows]
        return self.write(name, json.dumps({"type": "FeatureCollection", "features": features}))
