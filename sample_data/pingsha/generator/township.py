"""The invented township: boundary, villages, roads and coordinate systems.

Everything is drawn in metres of EPSG:4547 (CGCS2000, 3-degree Gauss-Kruger, 114 E). Names of
villages and roads are fictitious.
"""

import math
import random

from osgeo import ogr, osr

osr.UseExceptions()
ogr.UseExceptions()

ORIGIN = (419000.0, 2447800.0)
AREA_M2 = 197e6

# Corners of the outline in km from ORIGIN, counter-clockwise from the south-west; the eastern side
# is the river, with a bay in it.
_OUTLINE = [
    (-7.6, -6.2), (-4.8, -7.6), (-1.5, -7.0), (1.8, -7.9), (4.9, -7.1), (7.2, -5.6), (8.1, -3.2),
    (7.6, -1.2), (5.9, -0.4), (4.6, 0.3), (5.6, 1.2), (7.5, 1.6), (8.3, 3.4), (7.4, 5.6),
    (5.8, 7.3), (3.1, 7.9), (0.4, 7.2), (-2.4, 7.8), (-5.2, 6.9), (-7.1, 5.2), (-8.2, 2.7),
    (-7.5, 0.3), (-8.3, -2.4), (-8.0, -4.6)]

# key: Chinese name, English name, km east and north of ORIGIN, share of the population
_VILLAGES = {
    "rongyin": ("榕荫社区", "Rongyin Community", -0.6, 0.8, 1.3),
    "gangqian": ("港前社区", "Gangqian Community", 2.6, -1.6, 1.2),
    "xintang": ("新糖社区", "Xintang Community", -4.6, -4.2, 1.1),
    "qingluo": ("青螺村", "Qingluo Village", -5.9, 3.6, 1.0),
    "bailuwan": ("白鹭湾村", "Bailuwan Village", 3.2, 1.0, 0.9),
    "hetang": ("荷塘村", "Hetang Village", -2.8, 3.9, 1.1),
    "shiliugang": ("石榴岗村", "Shiliugang Village", 0.9, 4.6, 1.0),
    "luhua": ("芦花村", "Luhua Village", 5.6, 4.4, 0.9),
    "yuge": ("渔歌村", "Yuge Village", 6.3, -3.4, 0.8),
    "jinsui": ("金穗村", "Jinsui Village", -3.4, -0.9, 1.1),
    "jiaolin": ("蕉林村", "Jiaolin Village", -6.3, 0.4, 0.8),
    "zhuzhou": ("竹洲村", "Zhuzhou Village", 3.4, -4.8, 0.9),
    "haiyue": ("海月村", "Haiyue Village", 0.4, -5.6, 0.9),
    "beidi": ("北堤村", "Beidi Village", 2.4, 6.6, 0.6),
    "nanzha": ("南闸村", "Nanzha Village", -2.3, -5.9, 0.7),
    "dongwei": ("东围村", "Dongwei Village", 6.2, 2.4, 0.6),
    "xichong": ("西涌村", "Xichong Village", -6.6, -2.4, 0.7),
    "yunqiao": ("云桥社区", "Yunqiao Community", 0.3, -2.4, 1.2),
    "wangchao": ("望潮村", "Wangchao Village", -4.4, 5.9, 0.7)}

# Chinese name, English name, the villages it joins, share of the traffic
_ROADS = [
    ("榕荫大道", "Rongyin Avenue", ["jiaolin", "jinsui", "rongyin", "bailuwan"], 2.0),
    ("港前大道", "Gangqian Avenue", ["rongyin", "yunqiao", "gangqian", "yuge"], 2.0),
    ("糖厂路", "Tangchang Road", ["jinsui", "xintang", "nanzha"], 1.5),
    ("青螺路", "Qingluo Road", ["qingluo", "hetang", "rongyin"], 1.0),
    ("荷塘路", "Hetang Road", ["wangchao", "hetang", "shiliugang"], 0.8),
    ("石榴岗路", "Shiliugang Road", ["rongyin", "shiliugang", "beidi"], 1.2),
    ("芦花路", "Luhua Road", ["shiliugang", "luhua", "dongwei"], 1.0),
    ("海月路", "Haiyue Road", ["yunqiao", "haiyue", "nanzha"], 1.0),
    ("竹洲路", "Zhuzhou Road", ["gangqian", "zhuzhou", "haiyue"], 0.9),
    ("东堤路", "East Dyke Road", ["yuge", "zhuzhou"], 0.6),
    ("西堤路", "West Dyke Road", ["qingluo", "jiaolin", "xichong", "xintang"], 0.9),
    ("白鹭路", "Bailu Road", ["bailuwan", "gangqian"], 0.8),
    ("东围路", "Dongwei Road", ["bailuwan", "dongwei"], 0.5),
    ("金穗路", "Jinsui Road", ["jinsui", "yunqiao"], 1.0),
    ("北堤路", "North Dyke Road", ["beidi", "luhua"], 0.4),
    ("望潮路", "Wangchao Road", ["wangchao", "qingluo"], 0.4)]

INDUSTRY_KM = (-6.6, -5.2, -3.4, -3.2)  # xmin, ymin, xmax, ymax from ORIGIN


def srs(code):
    """The CRS of an EPSG code, easting or longitude first."""
    out = osr.SpatialReference()
    out.ImportFromEPSG(code)
    out.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return out


_TO_LONLAT = osr.CoordinateTransformation(srs(4547), srs(4490))


def lonlat(x, y):
    """CGCS2000 longitude and latitude, here the same as WGS 84."""
    return _TO_LONLAT.TransformPoint(x, y)[:2]


def at(east_km, north_km):
    """EPSG:4547 coordinates of a place given in km from ORIGIN."""
    return ORIGIN[0] + 1000 * east_km, ORIGIN[1] + 1000 * north_km


def ring_area(ring):
    """Area of a ring without repeated last point, positive when counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1])) / 2


def _roughen(ring, share, rng):
    """Puts a displaced midpoint on every side: a shoreline in one more level of detail."""
    out = []
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1]):
        shift = rng.uniform(-share, share)
        out += [(ax, ay), ((ax + bx) / 2 - shift * (by - ay), (ay + by) / 2 + shift * (bx - ax))]
    return out


def point_segment_distance(x, y, a, b):
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy
    t = ((x - a[0]) * dx + (y - a[1]) * dy) / length2 if length2 > 0 else 0
    t = min(1, max(0, t))
    return math.hypot(x - a[0] - t * dx, y - a[1] - t * dy)


class Township:
    """Boundary ring, villages and roads, all in EPSG:4547 metres."""

    def __init__(self, seed):
        rng = random.Random(f"{seed}/township")
        self.ring = self._draw_ring(rng)
        self.villages = [
            {"key": key, "name": zh, "name_en": en, "at": at(east, north), "weight": weight,
             "blobs": self._draw_blobs(at(east, north), rng)}
            for key, (zh, en, east, north, weight) in _VILLAGES.items()]
        self.roads = [
            {"name": zh, "name_en": en, "line": self._draw_road(keys, rng), "weight": weight}
            for zh, en, keys, weight in _ROADS]
        low, high = at(*INDUSTRY_KM[:2]), at(*INDUSTRY_KM[2:])
        self.industry = (*low, *high)

    @staticmethod
    def _draw_ring(rng):
        ring = _roughen(_roughen(_OUTLINE, 0.10, rng), 0.12, rng)
        scale = math.sqrt(AREA_M2 / ring_area(ring))
        return [(round(ORIGIN[0] + scale * x, 2), round(ORIGIN[1] + scale * y, 2))
                for x, y in ring]

    @staticmethod
    def _draw_blobs(centre, rng):
        """A settlement is a handful of quarters, not one bell: (x, y, sigma, weight) each."""
        blobs = [(*centre, 380.0, 1.0)]
        for _ in range(rng.randint(3, 5)):
            blobs.append((centre[0] + rng.gauss(0, 600), centre[1] + rng.gauss(0, 600),
                          rng.uniform(220, 380), rng.uniform(0.5, 1.0)))
        return blobs

    @staticmethod
    def _draw_road(keys, rng):
        """A line through the villages' centres, bending a little between them."""
        stops = [at(*_VILLAGES[key][2:4]) for key in keys]
        line = [stops[0]]
        for (ax, ay), (bx, by) in zip(stops, stops[1:]):
            pieces = max(2, round(math.hypot(bx - ax, by - ay) / 400))
            bow = rng.uniform(-0.06, 0.06)
            for i in range(1, pieces):
                t = i / pieces
                side = bow * math.sin(math.pi * t)
                line.append((ax + t * (bx - ax) - side * (by - ay) + rng.uniform(-15, 15),
                             ay + t * (by - ay) + side * (bx - ax) + rng.uniform(-15, 15)))
            line.append((bx, by))
        return [(round(x, 2), round(y, 2)) for x, y in line]

    def inside(self, x, y):
        """Crossing rule; points on the boundary itself are never asked for."""
        odd = False
        for (ax, ay), (bx, by) in zip(self.ring, self.ring[1:] + self.ring[:1]):
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                odd = not odd
        return odd

    def boundary_distance(self, x, y):
        return min(point_segment_distance(x, y, a, b)
                   for a, b in zip(self.ring, self.ring[1:] + self.ring[:1]))

    def nearest_village(self, x, y):
        return min(self.villages, key=lambda v: math.dist((x, y), v["at"]))

    def nearest_road(self, x, y):
        return min(self.roads, key=lambda r: self.road_distance(r, x, y))

    @staticmethod
    def road_distance(road, x, y):
        line = road["line"]
        return min(point_segment_distance(x, y, a, b) for a, b in zip(line, line[1:]))
