#!/usr/bin/env python3
"""Prints the table of tests/reference/test_area_meter.c: areas of geodesic polygons to 40 digits.

Each edge is solved on the auxiliary sphere: azimuth at the first point and length are found by Newton's
method from the integral for the longitude, then the area below the edge is the integral of the
authalic function over the longitude. Nothing of geodesic.c, no series.  Needs mpmath.
"""
from mpmath import asin, atan, atan2, atanh, cos, findroot, hypot, mp, mpf, pi, quad, sin, sqrt, tan

mp.dps = 40
A = mpf(6378137)
DEG = pi / 180


def flatten(inverse_flattening):
    global F, E2
    F = 1 / mpf(inverse_flattening)
    E2 = F * (2 - F)



def authalic(phi):
    s, e = sin(phi), sqrt(E2)
    return A**2 * (1 - E2) / 2 * (s / (1 - E2 * s * s) + atanh(e * s) / e)


def path(beta1, alpha1):
    sin0 = sin(alpha1) * cos(beta1)
    cos0 = hypot(cos(alpha1), sin(alpha1) * sin(beta1))
    sigma1 = atan2(sin(beta1), cos(alpha1) * cos(beta1))

    def beta(sigma):
        return asin(cos0 * sin(sigma))

    def dlam(sigma):
        c2 = 1 - (cos0 * sin(sigma)) ** 2
        return sin0 / c2 * sqrt(1 - E2 * c2)

    return sigma1, beta, dlam


def below(lon1, lat1, lon2, lat2):
    """Area between the edge and the equator, positive to the east in the north."""
    dl = (mpf(lon2) - mpf(lon1)) * DEG
    if abs(dl) > pi:
        dl -= 2 * pi if dl > 0 else -2 * pi
    if dl == 0:
        return mpf(0)
    b1, b2 = (atan((1 - F) * tan(mpf(lat) * DEG)) for lat in (lat1, lat2))
    alpha = atan2(sin(dl) * cos(b2), cos(b1) * sin(b2) - sin(b1) * cos(b2) * cos(dl))
    arc = atan2(hypot(sin(dl) * cos(b2), cos(b1) * sin(b2) - sin(b1) * cos(b2) * cos(dl)),
                sin(b1) * sin(b2) + cos(b1) * cos(b2) * cos(dl))

    def miss(alpha1, length):
        s1, beta, dlam = path(b1, alpha1)
        return [sin(beta(s1 + length)) - sin(b2), quad(dlam, [s1, s1 + length]) - dl]

    alpha, arc = findroot(miss, (alpha, arc), tol=mpf(10) ** -60)
    s1, beta, dlam = path(b1, alpha)
    return quad(lambda s: authalic(atan(tan(beta(s)) / (1 - F))) * dlam(s), [s1, s1 + arc])


def ring(points):
    return -sum(below(*points[i], *points[(i + 1) % len(points)]) for i in range(len(points)))


M = 1 / 110900.0  # about a metre of latitude


def shape(lon, lat, east_m, north_m):
    """A quadrangle of about that size with no side along a meridian or parallel."""
    from math import cos as c, radians as r
    x, y = east_m * M / c(r(lat)), north_m * M
    return [(lon, lat), (lon + x, lat + y / 7), (lon + 0.8 * x, lat + 1.1 * y), (lon - x / 8, lat + y)]


SHAPES = [
    ("a house", shape(113.18, 22.08, 10, 8)),
    ("a shed", shape(113.18, 22.08, 2, 3)),
    ("a house in the north", shape(24.9, 65.3, 12, 9)),
    ("a house in the south", shape(-70.9, -53.1, 12, 9)),
    ("a house on the equator", shape(101.4, -0.00004, 10, 8)),
    ("a house on the antimeridian", [(179.99995, -16.8), (-179.99996, -16.8), (-179.99996, -16.79992),
                                     (179.99995, -16.79993)]),
    ("a house at Greenwich", shape(-0.00006, 51.4778, 11, 10)),
    ("a parcel", shape(113.18, 22.08, 70, 90)),
    ("a ditch", [(113.1, 22.0), (113.19, 22.03), (113.190002, 22.030009), (113.099999, 22.00001)]),
    ("a ditch from south to north", [(113.1, 22.0), (113.10001, 21.999999), (113.110009, 22.089998),
                                     (113.11, 22.09)]),
    ("a village", shape(113.18, 22.08, 1200, 900)),
    ("a village near the pole", shape(15.6, 78.2, 1200, 900)),
    ("a town", shape(113.18, 22.08, 11000, 9000)),
    ("a town in the south", shape(147.3, -42.9, 11000, 9000)),
    ("edges of 18 km", shape(113.18, 22.08, 18000, 16500)),
    ("edges of 60 km", shape(113.18, 22.08, 60000, 50000)),
    ("a strip of 90 km", [(113.0, 22.0), (113.8, 22.3), (113.79999, 22.30009), (112.99999, 22.0001)]),
]

# Fifteen times as flat as the Earth: shows the terms that go with the eccentricity.
FLAT_SHAPES = [
    ("low", shape(113.18, 12.5, 18000, 18000)),
    # Sides along meridians have no bulge, so that those of the others do not cancel.
    ("a triangle", [(10.0, 40.0), (10.1, 40.0), (10.1, 40.1)]),
    ("a steep triangle", [(10.0, 40.0), (10.05, 40.0), (10.05, 40.12)]),
]


def table(inverse_flattening, shapes):
    flatten(inverse_flattening)
    print(f"flattening 1/{inverse_flattening}")
    for name, points in shapes:
        listed = ", ".join(f"{{{lon!r}, {lat!r}}}" for lon, lat in points)
        print(f'    {{"{name}", {mp.nstr(ring(points), 22)},\n     {{{listed}}}}},')


table("298.257222101", SHAPES)
table("20", FLAT_SHAPES)
