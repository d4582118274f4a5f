"""Where and when things happen: background, planted hotspots, the pile-up and the halo.

Daily background counts are negative binomial (Poisson with a gamma mean, variance PHI times the
mean); the planted hotspots add a fixed number of events each, spread over days and hours by their
own pattern.
"""

import datetime
import math
import random
from dataclasses import dataclass

from .township import at

FIRST_DAY = datetime.date(2018, 1, 1)
LAST_DAY = datetime.date(2019, 10, 31)
DAYS = [FIRST_DAY + datetime.timedelta(days=i) for i in range((LAST_DAY - FIRST_DAY).days + 1)]
PHI = 1.9
CLEAR_OF_BOUNDARY_M = 30.0

SPRING_FESTIVAL = {datetime.date(year, 2, day) + datetime.timedelta(days=i)
                   for year, day in ((2018, 16), (2019, 5)) for i in range(-1, 6)}
NATIONAL_DAY = {datetime.date(year, 10, day) for year in (2018, 2019) for day in range(1, 8)}
QINGMING = {datetime.date(year, 4, day) for year in (2018, 2019) for day in (4, 5, 6)}


def bell(*peaks, floor=0.25):
    """24 hourly weights: a floor plus round-the-clock bells (hour, width in hours, height)."""
    def circular(a, b):
        return min(abs(a - b), 24 - abs(a - b))
    return [floor + sum(height * math.exp(-0.5 * (circular(hour, peak) / width) ** 2)
                        for peak, width, height in peaks) for hour in range(24)]


# rows: what the stream shall hold in all; weekday: Monday first; place: shares of villages,
# industrial zone, roads and open country.
STREAMS = {
    "crime": {
        "rows": 5200, "yearly": 0.94,
        "weekday": [0.96, 0.95, 0.96, 0.98, 1.08, 1.10, 0.97],
        "hours": bell((21, 3.0, 1.0), (11, 3.0, 0.5)),
        "months": [0.95, 0.88, 0.97, 1.0, 1.03, 1.05, 1.07, 1.08, 1.03, 1.0, 0.98, 0.96],
        "spring": 0.62, "national": 1.12, "qingming": 1.0,
        "place": (0.72, 0.06, 0.10, 0.12),
        "categories": {"盗窃": 26, "盗窃电动车": 18, "电信诈骗": 20, "打架斗殴": 14, "入室盗窃": 10,
                       "故意损毁财物": 7, "抢夺": 2, "其他警情": 3}},
    "traffic": {
        "rows": 4000, "yearly": 1.04,
        "weekday": [1.05, 0.97, 0.97, 1.0, 1.18, 0.95, 0.88],
        "hours": bell((8, 1.3, 1.2), (18, 1.8, 1.3), (14, 3.0, 0.4), floor=0.12),
        "months": [1.02, 0.85, 0.97, 1.0, 1.02, 1.03, 1.0, 1.0, 1.02, 1.04, 1.03, 1.05],
        "spring": 0.75, "national": 1.20, "qingming": 1.10,
        "place": (0.17, 0.03, 0.72, 0.08),
        "categories": {"追尾": 32, "侧面碰撞": 27, "刮擦": 22, "撞固定物": 8, "撞行人": 5, "翻车": 3,
                       "其他事故": 3}},
    "fire": {
        "rows": 700, "yearly": 0.97,
        "weekday": [1.0, 0.98, 0.98, 1.0, 1.0, 1.04, 1.0],
        "hours": bell((15, 3.0, 0.8), (20, 2.5, 0.8)),
        "months": [1.25, 1.15, 1.0, 1.1, 0.85, 0.8, 0.8, 0.85, 0.9, 1.05, 1.1, 1.2],
        "spring": 2.6, "national": 1.0, "qingming": 2.4,
        "place": (0.50, 0.15, 0.05, 0.30),
        "categories": {"电气火灾": 30, "荒草火灾": 24, "垃圾火灾": 18, "厨房火灾": 13, "车辆火灾": 8,
                       "电动车充电火灾": 7}},
    "city_management": {
        "rows": 3100, "yearly": 1.02,
        "weekday": [1.15, 1.13, 1.12, 1.10, 1.08, 0.75, 0.67],
        "hours": bell((10, 2.0, 1.2), (16, 2.0, 1.0), floor=0.04),
        "months": [0.95, 0.8, 1.0, 1.02, 1.03, 1.04, 1.05, 1.05, 1.02, 1.03, 1.0, 1.0],
        "spring": 0.35, "national": 0.60, "qingming": 0.70,
        "place": (0.79, 0.03, 0.12, 0.06),
        "categories": {"占道经营": 30, "乱倒垃圾": 22, "违章停车": 16, "违法搭建": 10, "噪音扰民": 9,
                       "道路破损": 8, "户外广告": 5}}}

PILE_UP_SHARE_OF_CRIME = 0.04
DEFAULT_TIME_SHARE_OF_CRIME = 0.03
EVERY_DAY = [1.0] * 7
WORKING_DAYS = [1.2, 1.2, 1.2, 1.2, 1.2, 0.3, 0.2]
WEEKEND_NIGHTS = [0.5, 0.5, 0.5, 0.7, 2.0, 2.2, 0.8]

# mix: stream -> (events, category or None for the stream's usual mix)
HOTSPOTS = [
    {"id": "H1", "what": "electric bicycles stolen in a new housing estate", "km": (2.93, -0.32),
     "sigma_m": 90, "mix": {"crime": (215, "盗窃电动车"), "city_management": (45, "违章停车")},
     "peak": [(19, 1.5)], "weekday": EVERY_DAY, "from": FIRST_DAY},
    {"id": "H2", "what": "fights along a street of bars", "km": (6.18, -3.26),
     "sigma_m": 70, "mix": {"crime": (210, "打架斗殴"), "city_management": (50, "噪音扰民")},
     "peak": [(23, 1.3)], "weekday": WEEKEND_NIGHTS, "from": FIRST_DAY},
    {"id": "H3", "what": "junction with evening rush collisions", "km": (-3.40, -0.90),
     "sigma_m": 60, "mix": {"traffic": (150, "侧面碰撞")},
     "peak": [(18, 1.0)], "weekday": WORKING_DAYS, "from": FIRST_DAY},
    {"id": "H4", "what": "school road with morning collisions", "km": (1.02, 4.50),
     "sigma_m": 80, "mix": {"traffic": (190, "刮擦"), "city_management": (30, "违章停车")},
     "peak": [(7, 0.7)], "weekday": WORKING_DAYS, "from": FIRST_DAY},
    {"id": "H5", "what": "morning street market", "km": (-6.18, 0.28),
     "sigma_m": 110, "mix": {"city_management": (230, "占道经营"), "crime": (30, "盗窃")},
     "peak": [(7, 1.0)], "weekday": EVERY_DAY, "from": FIRST_DAY},
    {"id": "H6", "what": "night food stalls, since November 2018", "km": (0.27, -5.48),
     "sigma_m": 100, "mix": {"city_management": (185, "占道经营"), "crime": (65, "打架斗殴")},
     "peak": [(21, 1.2)], "weekday": EVERY_DAY, "from": datetime.date(2018, 11, 1)},
    {"id": "H7", "what": "scrap yards: fires and thefts", "km": (-3.25, -5.05),
     "sigma_m": 150, "mix": {"fire": (105, "垃圾火灾"), "crime": (140, "盗窃")},
     "peak": [(15, 2.0)], "weekday": EVERY_DAY, "from": FIRST_DAY},
    {"id": "H8", "what": "burglaries while residents are at work", "km": (5.46, 4.52),
     "sigma_m": 120, "mix": {"crime": (250, "入室盗窃")},
     "peak": [(14, 2.0)], "weekday": WORKING_DAYS, "from": FIRST_DAY}]

POLICE_STATION_KM = (-0.48, 0.93)
HALO = {"crime": 12, "traffic": 10, "fire": 4, "city_management": 9}


@dataclass
class Event:
    when: datetime.datetime
    x: float
    y: float
    category: str
    origin: str  # background, pile_up, halo or a hotspot's id
    where: str   # village, industry, road or country


def poisson(rng, mean):
    """Knuth's product method; means here are below 30."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def pick(rng, weights):
    """An index drawn by weight."""
    return rng.choices(range(len(weights)), weights)[0]


def day_factor(stream, day):
    """What weekday, month, holidays and the yearly change make of the stream's mean."""
    factor = stream["weekday"][day.weekday()] * stream["months"][day.month - 1]
    factor *= stream["yearly"] ** ((day - FIRST_DAY).days / 365)
    for days, key in ((SPRING_FESTIVAL, "spring"), (NATIONAL_DAY, "national"),
                      (QINGMING, "qingming")):
        if day in days:
            factor *= stream[key]
    return factor


def moment(rng, day, hours):
    hour = pick(rng, hours)
    return datetime.datetime(day.year, day.month, day.day, hour, rng.randrange(60))


class Simulation:
    """Draws the events of one stream after another from one generator."""

    def __init__(self, town, seed):
        self.town = town
        self.rng = random.Random(f"{seed}/incidents")
        self.station = at(*POLICE_STATION_KM)

    def stream(self, name, extra_rows):
        """All events of a stream by time; extra_rows are added later by the faults."""
        pile_up = round(STREAMS[name]["rows"] * PILE_UP_SHARE_OF_CRIME) if name == "crime" else 0
        planted = sum(spot["mix"][name][0] for spot in HOTSPOTS if name in spot["mix"])
        scattered = STREAMS[name]["rows"] - pile_up - planted - HALO[name] - extra_rows
        days = self._days(name, scattered)
        events = [self._background(name, day) for day in days]
        events += [self._at_station(name) for _ in range(pile_up)]
        events += [self._in_halo(name) for _ in range(HALO[name])]
        for spot in HOTSPOTS:
            events += self._planted(name, spot)
        return sorted(events, key=lambda e: (e.when, e.x, e.y))

    def _days(self, name, total):
        """One entry per background event; the mean is set so that about `total` come out."""
        factors = [day_factor(STREAMS[name], day) for day in DAYS]
        base = total / sum(factors)
        out = []
        for day, factor in zip(DAYS, factors):
            mean = base * factor
            out += [day] * poisson(self.rng, self.rng.gammavariate(mean / (PHI - 1), PHI - 1))
        return out

    def _any_moment(self, name):
        day = DAYS[pick(self.rng, [day_factor(STREAMS[name], day) for day in DAYS])]
        return moment(self.rng, day, STREAMS[name]["hours"])

    def _category(self, name):
        shares = STREAMS[name]["categories"]
        return list(shares)[pick(self.rng, list(shares.values()))]

    def _background(self, name, day):
        where, x, y = self._scattered_place(name)
        when = moment(self.rng, day, STREAMS[name]["hours"])
        return Event(when, x, y, self._category(name), "background", where)

    def _scattered_place(self, name):
        """A place by the stream's shares, inside the town and clear of its boundary."""
        draws = (self._in_village, self._in_industry, self._on_road, self._in_country)
        while True:
            kind = pick(self.rng, STREAMS[name]["place"])
            x, y = draws[kind]()
            if self.town.inside(x, y) and self.town.boundary_distance(x, y) > CLEAR_OF_BOUNDARY_M:
                return ("village", "industry", "road", "country")[kind], x, y

    def _in_village(self):
        village = self.town.villages[pick(self.rng, [v["weight"] for v in self.town.villages])]
        x, y, sigma, _ = village["blobs"][pick(self.rng, [b[3] for b in village["blobs"]])]
        return self.rng.gauss(x, sigma), self.rng.gauss(y, sigma)

    def _in_industry(self):
        xmin, ymin, xmax, ymax = self.town.industry
        return self.rng.uniform(xmin, xmax), self.rng.uniform(ymin, ymax)

    def _on_road(self):
        road = self.town.roads[pick(self.rng, [r["weight"] for r in self.town.roads])]
        line = road["line"]
        i = pick(self.rng, [math.dist(a, b) for a, b in zip(line, line[1:])])
        t = self.rng.random()
        return (line[i][0] + t * (line[i + 1][0] - line[i][0]) + self.rng.gauss(0, 10),
                line[i][1] + t * (line[i + 1][1] - line[i][1]) + self.rng.gauss(0, 10))

    def _in_country(self):
        xs, ys = zip(*self.town.ring)
        return self.rng.uniform(min(xs), max(xs)), self.rng.uniform(min(ys), max(ys))

    def _at_station(self, name):
        """Rows whose address could not be found and that carry the default geocode."""
        return Event(self._any_moment(name), *self.station, self._category(name), "pile_up",
                     "village")

    def _in_halo(self, name):
        """Just across the boundary: outside the area, within one kernel support of it."""
        ring = self.town.ring
        while True:
            i = self.rng.randrange(len(ring))
            t, reach = self.rng.random(), self.rng.uniform(110, 280)
            a, b = ring[i], ring[(i + 1) % len(ring)]
            length = math.dist(a, b)
            x = a[0] + t * (b[0] - a[0]) + reach * (b[1] - a[1]) / length
            y = a[1] + t * (b[1] - a[1]) - reach * (b[0] - a[0]) / length
            if not self.town.inside(x, y) and 100 < self.town.boundary_distance(x, y) < 300:
                return Event(self._any_moment(name), x, y, self._category(name), "halo", "country")

    def _planted(self, name, spot):
        count, category = spot["mix"].get(name, (0, None))
        days = [day for day in DAYS if day >= spot["from"]]
        weights = [spot["weekday"][day.weekday()] for day in days]
        hours = bell(*((hour, width, 1.0) for hour, width in spot["peak"]), floor=0.01)
        x, y = at(*spot["km"])
        where = "road" if name == "traffic" else "village"
        return [Event(moment(self.rng, days[pick(self.rng, weights)], hours),
                      self.rng.gauss(x, spot["sigma_m"]), self.rng.gauss(y, spot["sigma_m"]),
                      category, spot["id"], where) for _ in range(count)]
