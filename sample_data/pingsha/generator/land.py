"""Zones of the township, shapes drawn in them, and areas on the ellipsoid."""

import math
import random

from osgeo import ogr

from .township import at, lonlat

MU_M2 = 10000 / 15
PARCEL_SIDES = (430.0, 340.0)
_RIVERS_KM = {
    "HD-01": ([(2.0, 6.8), (1.5, 4.2), (2.3, 1.2), (1.6, -1.8), (2.5, -4.6), (2.1, -6.6)], 170.0),
    "HD-02": ([(4.7, 5.8), (4.1, 3.4), (3.6, 1.6), (4.5, -2.4), (4.0, -5.4)], 130.0)}
_BAY_KM = [(5.7, -5.3), (6.7, -5.2), (6.9, -4.4), (6.3, -3.9), (5.6, -4.2)]
_KINDS = {"HD": ("river", 1), "GF": ("public_building", 1), "GY": ("state_land", 2), "ND": ("farmland", 3)}


# ------------------------------------------------------------------ area ----------------------

_A, _F = 6378137.0, 1 / 298.257222101
_E2 = _F * (2 - _F)
_E = math.sqrt(_E2)
_STEP_M = 20.0


def _authalic(lat):
    s = math.sin(lat)
    return (1 - _E2) * (s / (1 - _E2 * s * s) + math.atanh(_E * s) / _E)


def _dense(ring):
    """A ring with a vertex at least every _STEP_M, so that its sides stay straight in the plane."""
    for (ax, ay), (bx, by) in zip(ring, ring[1:]):
        n = max(1, math.ceil(math.hypot(bx - ax, by - ay) / _STEP_M))
        for i in range(n):
            yield ax + (bx - ax) * i / n, ay + (by - ay) * i / n


def _ring_area(ring):
    points = [tuple(map(math.radians, lonlat(*p))) for p in _dense(ring)]
    lon0, q0 = points[0][0], _authalic(points[0][1])
    total = 0.0
    for (lon1, lat1), (lon2, lat2) in zip(points, points[1:] + points[:1]):
        total += ((lon2 - lon0) - (lon1 - lon0)) * ((_authalic(lat1) - q0) + (_authalic(lat2) - q0)) / 2
    return abs(total) * _A * _A / 2


def area_m2(geometry):
    """Area on the ellipsoid of CGCS2000 of a geometry drawn in EPSG:4547: the integral of the authalic
    function over longitude along its sides."""
    if geometry is None or geometry.IsEmpty():
        return 0.0
    if geometry.GetGeometryName() == "POLYGON":
        rings = [[p[:2] for p in ring.GetPoints()] for ring in geometry]
        return _ring_area(rings[0]) - sum(map(_ring_area, rings[1:]))
    return sum(area_m2(part) for part in geometry if part.GetDimension() == 2)


# ------------------------------------------------------------------ shapes --------------------

def polygon(points):
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in [*points, points[0]]:
        ring.AddPoint_2D(round(x, 3), round(y, 3))
    out = ogr.Geometry(ogr.wkbPolygon)
    out.AddGeometry(ring)
    return out


def corners(shape):
    return [p[:2] for p in shape.GetGeometryRef(0).GetPoints()[:-1]]


def scaled(shape, factor):
    centre = shape.Centroid()
    cx, cy = centre.GetX(), centre.GetY()
    return polygon([(cx + factor * (x - cx), cy + factor * (y - cy)) for x, y in corners(shape)])


def wobbled(shape, most_m, rng):
    """The same thing surveyed once more."""
    return polygon([(x + rng.uniform(-most_m, most_m), y + rng.uniform(-most_m, most_m))
                    for x, y in corners(shape)])


class Frame:
    """Local axes u, v with their origin at a place of the plane."""

    def __init__(self, origin, angle):
        self.origin, self.c, self.s = origin, math.cos(angle), math.sin(angle)

    def place(self, u, v):
        return self.origin[0] + self.c * u - self.s * v, self.origin[1] + self.s * u + self.c * v

    def polygon(self, points):
        return polygon([self.place(u, v) for u, v in points])

    def box(self, u0, v0, u1, v1):
        return self.polygon([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])


class Cell:
    """A rectangle of a frame in which one thing is drawn."""

    def __init__(self, frame, box):
        self.frame, (self.u0, self.v0, self.u1, self.v1) = frame, box

    def outline(self):
        return self.frame.box(self.u0, self.v0, self.u1, self.v1)

    def inset(self, share):
        du, dv = share * (self.u1 - self.u0), share * (self.v1 - self.v0)
        return Cell(self.frame, (self.u0 + du, self.v0 + dv, self.u1 - du, self.v1 - dv))

    def moved(self, du, dv):
        return Cell(self.frame, (self.u0 + du, self.v0 + dv, self.u1 + du, self.v1 + dv))

    def convex(self, rng):
        """The rectangle with one to four corners cut off."""
        w, h = self.u1 - self.u0, self.v1 - self.v0
        out = []
        turns = [((self.u0, self.v0), (0, 1), (1, 0)), ((self.u1, self.v0), (-1, 0), (0, 1)),
                 ((self.u1, self.v1), (0, -1), (-1, 0)), ((self.u0, self.v1), (1, 0), (0, -1))]
        cut = rng.sample(range(4), rng.randint(1, 4))
        for i, ((u, v), before, after) in enumerate(turns):
            if i in cut:
                for du, dv in (before, after):
                    reach = rng.uniform(0.08, 0.3)
                    out.append((u + du * reach * w, v + dv * reach * h))
            else:
                out.append((u, v))
        return self.frame.polygon(out)

    def strips(self, *shares):
        """Convex pieces side by side along u that share their corners: shares of the width, from u0."""
        at_ = [self.u0, *(self.u0 + s * (self.u1 - self.u0) for s in shares), self.u1]
        lean = 0.06 * (self.v1 - self.v0)  # the lower side leans, so that nothing is a mere rectangle
        low = [(u, self.v0 + lean * (u - self.u0) / (self.u1 - self.u0)) for u in at_]
        high = [(u, self.v1) for u in at_]
        return [self.frame.polygon([low[i], low[i + 1], high[i + 1], high[i]]) for i in range(len(at_) - 1)]


def joined(pieces):
    out = pieces[0]
    for piece in pieces[1:]:
        out = out.Union(piece)
    return out


# ------------------------------------------------------------------ zones ---------------------

class Parcel:
    """A parcel of state land: its limits, and cells in three columns and two rows within."""

    def __init__(self, number, rng):
        column, row = number % 4, number // 4
        self.id = f"GY-{number + 1:02d}"
        centre = at(-6.0 + 1.75 * column + rng.uniform(-0.2, 0.2), -4.8 + 2.0 * row + rng.uniform(-0.3, 0.3))
        self.frame = Frame(centre, rng.uniform(-0.6, 0.6))
        w, h = (s / 2 for s in PARCEL_SIDES)
        bend = lambda: rng.uniform(0, 12)
        self.geometry = self.frame.polygon(
            [(-w, -h), (rng.uniform(-60, 60), -h - bend()), (w, -h), (w + bend(), rng.uniform(-50, 50)),
             (w, h), (rng.uniform(-60, 60), h + bend()), (-w, h), (-w - bend(), rng.uniform(-50, 50))])
        wide, high = (2 * w - 20) / 3, (2 * h - 20) / 2
        self.cells = [Cell(self.frame, (u + 5, v + 5, u + wide - 5, v + high - 5))
                      for v in (-h + 10, -h + 10 + high) for u in (-w + 10, -w + 10 + wide, -w + 10 + 2 * wide)]


class River:
    """Limits of management on both sides of a course, and frames along it."""

    def __init__(self, zone_id, course_km, width, rng):
        self.id = zone_id
        stops = [at(*km) for km in course_km]
        self.line = []
        for (ax, ay), (bx, by) in zip(stops, stops[1:]):
            pieces = round(math.hypot(bx - ax, by - ay) / 180)
            bow = rng.uniform(-0.05, 0.05)
            for i in range(pieces):
                t = i / pieces
                side = bow * math.sin(math.pi * t)
                self.line.append((ax + t * (bx - ax) - side * (by - ay), ay + t * (by - ay) + side * (bx - ax)))
        self.line.append(stops[-1])
        left = [self._beside(i, width / 2 + rng.uniform(-8, 8)) for i in range(len(self.line))]
        right = [self._beside(i, -width / 2 + rng.uniform(-8, 8)) for i in range(len(self.line))]
        self.geometry = polygon(left + right[::-1])

    def _direction(self, i):
        (ax, ay), (bx, by) = self.line[max(0, i - 1)], self.line[min(len(self.line) - 1, i + 1)]
        return math.atan2(by - ay, bx - ax)

    def _beside(self, i, distance):
        angle = self._direction(i) + math.pi / 2
        x, y = self.line[i]
        return x + distance * math.cos(angle), y + distance * math.sin(angle)

    def frame(self, i):
        return Frame(self.line[i], self._direction(i))


class Bay:
    def __init__(self, zone_id):
        self.id = zone_id
        self.frame = Frame(at(5.9, -4.95), 0.12)
        self.geometry = polygon([at(*km) for km in _BAY_KM])


class Zones:
    """Everything that limits land: parcels, rivers, a bay, farmland, public buildings."""

    def __init__(self, seed):
        rng = random.Random(f"{seed}/zones")
        self.parcels = [Parcel(n, rng) for n in range(24)]
        self.rivers = [River(name, km, width, rng) for name, (km, width) in _RIVERS_KM.items()]
        self.bay = Bay("HD-03")
        self.farmland = self._farmland()
        self.buildings = [(f"GF-{n + 1:02d}", self._building(rng)) for n in range(12)]
        drawn = [*self.parcels, *self.rivers, self.bay]
        self.geometry = {z.id: z.geometry for z in drawn} | dict(self.farmland) | dict(self.buildings)
        self.owned = self._settled()

    def _farmland(self):
        """Two zones, the first of which reaches into the parcel GY-09, where it comes second."""
        west, east = self.parcels[8], self.parcels[9]
        frame = Frame(west.frame.place(150, 40), 0.0)
        reach = east.frame.origin[0] - frame.origin[0] - 140
        return [("ND-01", frame.polygon([(0, -180), (reach, -200), (reach + 15, 150), (reach / 2, 210), (0, 160)])),
                ("ND-02", Frame(at(0.3, 2.7), 0.2).box(0, 0, 420, 380))]

    @staticmethod
    def _building(rng):
        frame = Frame(at(rng.uniform(-1.6, 1.0), rng.uniform(6.1, 6.9)), rng.uniform(-0.5, 0.5))
        return frame.box(0, 0, rng.uniform(30, 55), rng.uniform(12, 18))

    def kind(self, zone_id):
        return _KINDS[zone_id[:2]][0]

    def priority(self, zone_id):
        return _KINDS[zone_id[:2]][1]

    def _settled(self):
        """{zone: what it owns}: overlaps go to the first by priority, then id."""
        out, taken = {}, ogr.Geometry(ogr.wkbMultiPolygon)
        for zone_id in sorted(self.geometry, key=lambda z: (self.priority(z), z)):
            out[zone_id] = self.geometry[zone_id].Difference(taken)
            taken = taken.Union(self.geometry[zone_id])
        return out
