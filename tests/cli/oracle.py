"""The definitions once more, naively, in numpy: what the results of the command are held against.

Formulas: kernels as their papers normalise them (each integrates to 1 over the plane), Silverman's
robust rule as ArcGIS states it, Scott's rule. Nothing here is taken from the code under test.
"""
import math
import sqlite3
import struct

import numpy
from osgeo import gdal, ogr, osr

gdal.UseExceptions()
ogr.UseExceptions()
osr.UseExceptions()

NODATA = -9999.0

# K(u) with u = d/h, so that K(d/h)/h^2 integrates to 1; zero from u = 1 (Gaussian: the cutoff) on.
KERNELS = {
    "uniform": lambda u: numpy.where(u < 1, 1 / math.pi, 0.0),
    "triangular": lambda u: numpy.where(u < 1, 3 / math.pi * (1 - u), 0.0),
    "epanechnikov": lambda u: numpy.where(u < 1, 2 / math.pi * (1 - u * u), 0.0),
    "quartic": lambda u: numpy.where(u < 1, 3 / math.pi * (1 - u * u) ** 2, 0.0),
    "triweight": lambda u: numpy.where(u < 1, 4 / math.pi * (1 - u * u) ** 3, 0.0),
    "gaussian": lambda u: numpy.exp(-u * u / 2) / (2 * math.pi),
}

# Support radius (Gaussian: sigma) over the standard deviation along one axis.
SIGMA_RATIO = {"uniform": 2.0, "triangular": math.sqrt(20 / 3),
               "epanechnikov": math.sqrt(6), "quartic": math.sqrt(8),
               "triweight": math.sqrt(10), "gaussian": 1.0}


def kernel(name, u, cutoff=4.0):
    return numpy.where(u < cutoff, KERNELS[name](u), 0.0) if name == "gaussian" else KERNELS[name](u)


def support(name, h, cutoff=4.0):
    return h * cutoff if name == "gaussian" else h


def density(x, y, w, name, h, cx, cy, cutoff=4.0):
    """Sum of w K(d/h)/h^2 per km2 at every (cx, cy), a row of centres at a time, and the smallest
    distance of each centre to the rim of a support, over h."""
    out = numpy.zeros((len(cy), len(cx)))
    rim = numpy.full((len(cy), len(cx)), numpy.inf)
    reach = cutoff if name == "gaussian" else 1.0
    for r, north in enumerate(cy):
        u = numpy.hypot(cx[:, None] - x[None, :], north - y[None, :]) / h
        out[r] = (kernel(name, u, cutoff) * w[None, :]).sum(axis=1) / (h * h) * 1e6
        rim[r] = numpy.abs(u - reach).min(axis=1)
    return out, rim


def centres(west, north, cell, columns, rows):
    """Cell centres from lattice numbers, so that no running sum creeps in."""
    first, top = round(west / cell), round(north / cell)
    cx = (2 * (first + numpy.arange(columns)) + 1) * (cell / 2)
    cy = (2 * (top - 1 - numpy.arange(rows)) + 1) * (cell / 2)
    return cx, cy


class Raster:
    def __init__(self, path):
        data = gdal.Open(str(path))
        band = data.GetRasterBand(1)
        self.values = band.ReadAsArray().astype(float)
        self.type = gdal.GetDataTypeName(band.DataType)
        self.nodata = band.GetNoDataValue()
        self.description = band.GetDescription()
        self.unit = band.GetUnitType()
        self.overviews = band.GetOverviewCount()
        self.layout = data.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE")
        self.srs = data.GetSpatialRef()
        self.west, self.cell, _, self.north, _, down = data.GetGeoTransform()
        assert down == -self.cell
        self.rows, self.columns = self.values.shape

    def centres(self):
        return centres(self.west, self.north, self.cell, self.columns, self.rows)


def weighted_spread(x, y, w):
    """Mean centre, sum of both variances, distances from the mean centre."""
    mx, my = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    d = numpy.hypot(x - mx, y - my)
    return (w * d * d).sum() / w.sum(), d


def effective_number(w):
    return w.sum() ** 2 / (w * w).sum()


def silverman(x, y, w, name):
    """0.9 min(SD, sqrt(1/ln 2) Dm) n^-0.2, a quartic support radius, carried to another kernel."""
    var, d = weighted_spread(x, y, w)
    quartic = 0.9 * min(math.sqrt(var), math.sqrt(1 / math.log(2)) * float(numpy.median(d)))
    return (quartic * effective_number(w) ** -0.2) * SIGMA_RATIO[name] / SIGMA_RATIO["quartic"]


def scott(x, y, w, name):
    var, _ = weighted_spread(x, y, w)
    return SIGMA_RATIO[name] * math.sqrt(var / 2) * effective_number(w) ** (-1 / 6)


def hull_area(x, y):
    points = ogr.Geometry(ogr.wkbMultiPoint)
    for px, py in zip(x - x[0], y - y[0]):
        point = ogr.Geometry(ogr.wkbPoint)
        point.AddPoint_2D(float(px), float(py))
        points.AddGeometry(point)
    return points.ConvexHull().GetArea()


def crossval(x, y, w, name, h, cutoff=4.0):
    """Leave-one-location-out log likelihood of the bandwidth h, with 5 % of a uniform over the hull."""
    d = numpy.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    here = d == 0
    others = numpy.where(here, 0.0, kernel(name, d / h, cutoff) / (h * h)) @ w
    rest = w.sum() - here @ w
    return float((w * numpy.log(0.95 * others / rest + 0.05 / hull_area(x, y))).sum())


def curve(x, y, w, name, least=10.0, cutoff=4.0):
    """(h, CV) at 32 log-spaced bandwidths from max(least, a quarter) to one and a half of Silverman's."""
    s = silverman(x, y, w, name)
    low, high = max(least, 0.25 * s), 1.5 * s
    return [(h, crossval(x, y, w, name, h, cutoff)) for h in low * (high / low) ** (numpy.arange(32) / 31)]


def abramson(x, y, w, name, h0, cell, cutoff=4.0):
    d = numpy.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    pilot = kernel(name, d / h0, cutoff) @ w
    g = math.exp(float((w * numpy.log(pilot)).sum() / w.sum()))
    return numpy.clip(h0 * (pilot / g) ** -0.5, cell, 5 * h0)


def auto_cell(support_m, short_side_m):
    limit = min(support_m / 5, short_side_m / 50)
    return max([s for s in (10, 20, 25, 50, 100, 200, 250, 500, 1000) if s <= limit], default=10)


def snapped(box, cell):
    """The box grown outward to multiples of the cell."""
    xmin, ymin, xmax, ymax = box
    return (math.floor(xmin / cell) * cell, math.floor(ymin / cell) * cell,
            math.ceil(xmax / cell) * cell, math.ceil(ymax / cell) * cell)


# ------------------------------------------------------------------ polygons

def polygon(ring, *holes):
    geometry = ogr.Geometry(ogr.wkbPolygon)
    for points in (ring, *holes):
        part = ogr.Geometry(ogr.wkbLinearRing)
        for p in [*points, points[0]]:
            part.AddPoint_2D(*p)
        geometry.AddGeometry(part)
    return geometry


def write_polygons(path, geometries, epsg, names=None, layer="area"):
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    data = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    out = data.CreateLayer(layer, srs, ogr.wkbUnknown)
    out.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    for k, g in enumerate(geometries):
        feature = ogr.Feature(out.GetLayerDefn())
        feature.SetGeometry(g)
        if names:
            feature["name"] = names[k]
        out.CreateFeature(feature)
    data = None
    return str(path)


def rings_of(geometry):
    if geometry.GetGeometryName() == "LINEARRING":
        return [numpy.array(geometry.GetPoints())[:, :2]]
    found = []
    for k in range(geometry.GetGeometryCount()):
        found += rings_of(geometry.GetGeometryRef(k))
    return found


def inside(geometry, x, y):
    """Whether each point lies in the polygon, by counting crossings (no point on the boundary)."""
    odd = numpy.zeros(len(x), bool)
    for ring in rings_of(geometry):
        for (ax, ay), (bx, by) in zip(ring[:-1], ring[1:]):
            if ay == by:
                continue
            spans = (ay > y) != (by > y)
            odd ^= spans & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return odd


def shares(geometry, raster):
    """Share of every cell inside the polygon, by overlaying squares."""
    out = numpy.zeros((raster.rows, raster.columns))
    c = raster.cell
    for r in range(raster.rows):
        north = raster.north - r * c
        strip = geometry.Intersection(square(raster.west, north - c, raster.columns * c, c))
        if strip is None or strip.IsEmpty():
            continue
        xmin, xmax, _, _ = strip.GetEnvelope()
        for k in range(max(0, int((xmin - raster.west) / c) - 1),
                       min(raster.columns, int((xmax - raster.west) / c) + 2)):
            piece = strip.Intersection(square(raster.west + k * c, north - c, c, c))
            out[r, k] = piece.GetArea() / (c * c) if piece is not None else 0
    return out


def square(west, south, width, height):
    return polygon([(west, south), (west + width, south), (west + width, south + height),
                    (west, south + height)])


def kernel_mass_inside(geometry, name, h, x, y, cutoff=4.0, steps=240):
    """e: the share of the kernel's mass around (x, y) that falls into the polygon, on a sub-grid of
    steps x steps points over the support, taken relative to the whole of them."""
    reach = support(name, h, cutoff)
    t = (numpy.arange(steps) + 0.5) / steps * 2 - 1
    gx, gy = (g.ravel() * reach for g in numpy.meshgrid(t, t))
    value = kernel(name, numpy.hypot(gx, gy) / h, cutoff)
    keep = value > 0
    gx, gy, value = gx[keep], gy[keep], value[keep]
    return float(value[inside(geometry, x + gx, y + gy)].sum() / value.sum())


# ------------------------------------------------------------------ GeoPackage

def point_of(blob):
    """Coordinates of a GeoPackage point; NaN for an empty one."""
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
    at = 8 + envelope
    order = "<" if blob[at] == 1 else ">"
    return struct.unpack(order + "dd", blob[at + 5:at + 21])


def geometry_of(blob):
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
    return ogr.CreateGeometryFromWkb(bytes(blob[8 + envelope:]))


def rows_of(db, sql, *params):
    """Rows as dictionaries."""
    cursor = db.execute(sql, params)
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


class Result:
    """The layers of a result GeoPackage and the raster beside it."""

    def __init__(self, path):
        self.path = str(path)
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        self.info = dict(db.execute("SELECT key, value FROM run_info"))
        self.cells = rows_of(db, "SELECT * FROM hotspot_cells ORDER BY rank")
        self.areas = rows_of(db, "SELECT * FROM hotspot_areas ORDER BY rank")
        self.incidents = rows_of(db, "SELECT * FROM incidents ORDER BY fid")
        self.pile_ups = rows_of(db, "SELECT * FROM pile_ups ORDER BY fid")
        self.rejects = rows_of(db, "SELECT * FROM rejects")
        has_patches = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'patches'").fetchone()
        self.patches = rows_of(db, "SELECT * FROM patches ORDER BY fid") if has_patches else None
        self.styles = [row[0] for row in db.execute("SELECT f_table_name FROM layer_styles")]
        db.close()
        self.raster = Raster(self.path[:-len(".gpkg")] + "_density.tif")
        points = numpy.array([point_of(i["geom"]) for i in self.incidents]).reshape(-1, 2)
        self.x, self.y = points[:, 0], points[:, 1]
        self.selected = int(self.info["cells_selected"])
        self.streams = {key[len("stream_columns."):]: value for key, value in self.info.items()
                        if key.startswith("stream_columns.")}
