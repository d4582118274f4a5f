"""The audit's algebra written plainly, for small inputs: every figure an overlay of whole regions by GEOS.

Nothing here knows of faces, partitions, lattices or indexes. Regions are OGR geometries in metres; a
figure is the planar area of a region (or what another function of it gives). Where definitions leave a
choice this file takes the plainest: what is occupied is the union of all outlines, whatever their ids;
where outlines of several patches overlap, the land belongs to the lowest id, and where zones overlap,
to the first by (priority, id).
"""
import ctypes
import datetime
import math

from osgeo import ogr

ogr.UseExceptions()

GRID_M = 1e-6
MITRED, FLAT, MITRE_LIMIT = 2, 2, 5.0
SEASON_DAYS = 45
CLEARANCES = ("voluntary", "demolition", "litigation")
COLUMNS = ("opening", "occupied", "lapsed", "cleared", "regularised", "transferred", "closing", "relapsed",
           "within_error")


# ------------------------------------------------------------------ geometry ------------------

class Geos:
    """GEOS itself, for what OGR does not offer: overlays on a grid (the plain ones lose polygons now and then) and
    buffers with mitred joins."""

    def __init__(self):
        self.geos = ctypes.CDLL("libgeos_c.so.1")
        pointer, size, real, whole = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_double, ctypes.c_int
        self.declare("GEOS_init_r", pointer)
        self.declare("GEOSGeomFromWKB_buf_r", pointer, pointer, ctypes.c_char_p, size)
        self.declare("GEOSGeomToWKB_buf_r", pointer, pointer, pointer, ctypes.POINTER(size))
        self.declare("GEOSBufferWithStyle_r", pointer, pointer, pointer, real, whole, whole, whole, real)
        for overlay in ("GEOSIntersectionPrec_r", "GEOSDifferencePrec_r"):
            self.declare(overlay, pointer, pointer, pointer, pointer, real)
        self.declare("GEOSUnaryUnionPrec_r", pointer, pointer, pointer, real)
        self.declare("GEOSGeom_destroy_r", None, pointer, pointer)
        self.declare("GEOSFree_r", None, pointer, pointer)
        self.context = self.geos.GEOS_init_r()

    def declare(self, name, result, *arguments):
        function = getattr(self.geos, name)
        function.restype, function.argtypes = result, arguments

    def call(self, name, geometries, *arguments):
        """A function of geometries that makes a geometry."""
        given = [self.geos.GEOSGeomFromWKB_buf_r(self.context, wkb, len(wkb))
                 for wkb in (bytes(g.ExportToWkb()) for g in geometries)]
        made = getattr(self.geos, name)(self.context, *given, *arguments)
        assert made, "%s failed" % name
        size = ctypes.c_size_t()
        memory = self.geos.GEOSGeomToWKB_buf_r(self.context, made, ctypes.byref(size))
        out = ogr.CreateGeometryFromWkb(ctypes.string_at(memory, size.value))
        self.geos.GEOSFree_r(self.context, memory)
        for g in (*given, made):
            self.geos.GEOSGeom_destroy_r(self.context, g)
        return polygonal(out)


geos = Geos()


def empty():
    return ogr.Geometry(ogr.wkbMultiPolygon)


def polygonal(geometry):
    """The polygon parts, as a multipolygon."""
    out = empty()
    if geometry is None:
        return out
    kind = ogr.GT_Flatten(geometry.GetGeometryType())
    if kind == ogr.wkbPolygon:
        if not geometry.IsEmpty():
            out.AddGeometry(geometry)
    else:
        for i in range(geometry.GetGeometryCount()):
            for part in polygonal(geometry.GetGeometryRef(i)):
                out.AddGeometry(part)
    return out


def valid(geometry):
    """As the audit mends it: the structure method, polygon parts only."""
    flat = geometry.Clone()
    flat.FlattenTo2D()
    return polygonal(flat if flat.IsValid() else flat.MakeValid(["METHOD=STRUCTURE"]))


def area(geometry):
    return geometry.GetArea() if geometry.GetGeometryCount() else 0.0


def perimeter(geometry):
    edge = geometry.Boundary()
    return edge.Length() if edge is not None else 0.0


def both(a, b):
    return geos.call("GEOSIntersectionPrec_r", [a, b], GRID_M) if area(a) and area(b) else empty()


def without(a, b):
    return geos.call("GEOSDifferencePrec_r", [a, b], GRID_M) if area(a) and area(b) else a.Clone()


def union(geometries):
    out = empty()
    for geometry in geometries:
        for part in polygonal(geometry):
            out.AddGeometry(part)
    return geos.call("GEOSUnaryUnionPrec_r", [out], GRID_M) if out.GetGeometryCount() else out


def opening(geometry, tolerance):
    """What of it is at least `tolerance` wide."""
    if tolerance <= 0 or not area(geometry):
        return geometry.Clone()
    style = 8, FLAT, MITRED, MITRE_LIMIT
    core = geos.call("GEOSBufferWithStyle_r", [geometry], -tolerance / 2, *style)
    return both(geometry, geos.call("GEOSBufferWithStyle_r", [core], tolerance / 2, *style)) if area(core) else empty()


def box(x0, y0, x1, y1):
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)):
        ring.AddPoint_2D(x, y)
    out = ogr.Geometry(ogr.wkbPolygon)
    out.AddGeometry(ring)
    return out


# ------------------------------------------------------------------ inputs --------------------

class Zone:
    def __init__(self, zone_id, geometry, kind="state_land", priority=math.inf):
        self.id, self.geometry, self.kind = zone_id, valid(geometry), kind
        self.priority = math.inf if priority is None else priority


class Permit:
    def __init__(self, permit_id, geometry, signed_on, valid_from, valid_to=None, classes=(), holder=None):
        self.id, self.geometry, self.classes, self.holder = permit_id, valid(geometry), classes, holder
        self.signed_on, self.valid_from, self.valid_to = signed_on, valid_from, valid_to

    def covers(self, day, piece):
        """ISO dates compare as text."""
        in_force = (self.signed_on <= day and self.valid_from <= day
                    and (self.valid_to is None or day < self.valid_to))
        return (in_force and (not self.classes or piece.cls in self.classes)
                and (not self.holder or self.holder == piece.occupant))


class Patch:
    def __init__(self, patch_id, cls, geometry, occupant=None, verdict=None):
        self.id, self.cls, self.geometry = patch_id, cls, valid(geometry)
        self.occupant, self.verdict = occupant, verdict


class Action:
    def __init__(self, patch_id, action, date, claimed=0.0):
        self.patch_id, self.action, self.date, self.claimed = patch_id, action, date, claimed


class Epoch:
    def __init__(self, date, patches, coverage=None):
        self.date, self.patches = date, patches
        self.coverage = None if coverage is None else valid(coverage)

    def flown(self, geometry):
        return geometry if self.coverage is None else both(geometry, self.coverage)


def settled_zones(zones):
    """Zones that overlap no more: [(zone, what is left to it)]."""
    taken, out = [], []
    for zone in sorted(zones, key=lambda z: (z.priority, z.id)):
        out.append((zone, without(zone.geometry, union(taken))))
        taken.append(zone.geometry)
    return out


# ------------------------------------------------------------------ accepted outlines ---------

class Piece:
    """Land within the accepted outline that one patch holds."""

    def __init__(self, patch, geometry):
        self.id, self.cls, self.occupant, self.geometry = patch.id, patch.cls, patch.occupant, geometry


def season_gap(seen, absent):
    """Days between a day and the nearest anniversary of the day on which a thing was last seen."""
    seen, absent = (datetime.date.fromisoformat(d) for d in (seen, absent))
    if (seen.month, seen.day) == (2, 29):
        seen -= datetime.timedelta(1)
    return min(abs((absent - seen.replace(year=absent.year + k)).days) for k in (-1, 0, 1))


class Outlines:
    """The accepted outline, carried from epoch to epoch."""

    def __init__(self, tolerance, mobile, actions):
        self.tolerance, self.mobile, self.actions = tolerance, mobile, actions
        self.pieces, self.within_error = [], empty()
        self.last_seen, self.absences = {}, {}
        self.first = True

    def whole(self):
        return union(p.geometry for p in self.pieces)

    def take(self, epoch):
        seen = [p for p in epoch.patches if p.verdict != "rejected"]
        now = epoch.flown(union(p.geometry for p in seen))
        before = self.whole()
        if self.first:
            after, self.within_error = now, empty()
        else:
            after = self.moved(before, now, seen, epoch)
        self.first = False
        self.pieces = self.shared_out(after, seen)
        for patch in seen:
            self.last_seen[patch.id] = epoch.date
            self.absences[patch.id] = []

    def moved(self, before, now, seen, epoch):
        gone = epoch.flown(without(without(before, now), self.waited_for(seen, epoch)))
        come = epoch.flown(without(now, before))
        sure = union(p.geometry for p in seen if p.verdict == "confirmed")
        left = both(gone, opening(without(before, now), self.tolerance))
        added = union([both(come, opening(without(now, before), self.tolerance)), both(come, sure)])
        self.within_error = union([without(gone, left), without(come, added)])
        return union([without(before, left), added])

    def waited_for(self, seen, epoch):
        """Mobile things that are absent and not yet known to be gone."""
        present = {p.id for p in seen}
        out = []
        for piece in self.pieces:
            flown = area(epoch.flown(piece.geometry)) > 0
            if piece.cls not in self.mobile or piece.id in present or not flown:
                continue
            self.absences[piece.id].append(epoch.date)
            if not self.is_gone(piece.id, self.absences[piece.id], epoch.date):
                out.append(piece.geometry)
        return union(out)

    def is_gone(self, patch_id, absences, day):
        seen = self.last_seen[patch_id]
        acted = any(a.patch_id == patch_id and a.action in CLEARANCES and seen < a.date <= day
                    for a in self.actions)
        in_season = any(season_gap(seen, absent) <= SEASON_DAYS for absent in absences[-2:])
        return acted or (len(absences) >= 2 and in_season)

    def shared_out(self, whole, seen):
        """Each part of the outline to the patch that covers it now, else to the one that held it."""
        out, left = {}, whole
        for holder in sorted(seen, key=lambda p: p.id) + sorted(self.pieces, key=lambda p: p.id):
            part = both(left, holder.geometry)
            if area(part):
                left = without(left, holder.geometry)
                if holder.id in out:
                    part = union([out[holder.id].geometry, part])
                    out[holder.id].geometry = part
                else:
                    out[holder.id] = Piece(holder, part)
        return list(out.values())


# ------------------------------------------------------------------ ledger --------------------

class Result:
    """ledger: {(epoch, zone, class): {column: area}}, totals under "*"; encroached: {(epoch, patch, zone): area};
    claims: {(patch, action, date): (verified, unverified)}; unexplained: {epoch: area}."""

    def __init__(self, measure):
        self.measure = measure
        self.ledger, self.encroached, self.claims, self.unexplained, self.regions = {}, {}, {}, {}, {}

    def add(self, epoch, zone, cls, column, amount):
        for key in {(epoch, z, c) for z in (zone, "*") for c in (cls, "*")}:
            row = self.ledger.setdefault(key, dict.fromkeys(COLUMNS, 0.0))
            row[column] += amount


class State:
    """What is encroached at one epoch: [(piece, its part without a permit)], and all that is occupied."""

    def __init__(self, outlines, permits, day):
        self.occupied = outlines.whole()
        self.within_error = outlines.within_error
        self.encroached = []
        for piece in outlines.pieces:
            allowed = union(p.geometry for p in permits if p.covers(day, piece))
            self.encroached.append((piece, without(piece.geometry, allowed)))
        self.all = union(e for _, e in self.encroached)


def transitions(result, epoch, zone, owned, before, after, ever_cleared):
    """One zone between two epochs. Returns what of each patch was recovered: {patch: [region]}."""
    recovered = {}

    def add(cls, column, region):
        result.add(epoch, zone.id, cls, column, result.measure(region))

    for piece, region in before.encroached:
        region = both(region, owned)
        if not area(region):
            continue
        cleared = without(region, after.occupied)
        regularised = without(both(region, after.occupied), after.all)
        add(piece.cls, "opening", region)
        add(piece.cls, "cleared", cleared)
        add(piece.cls, "regularised", regularised)
        recovered[piece.id] = [cleared, regularised]
        for other, now in after.encroached:
            moved = both(region, now) if other.cls != piece.cls else empty()
            result.add(epoch, zone.id, piece.cls, "transferred", -result.measure(moved))
            result.add(epoch, zone.id, other.cls, "transferred", result.measure(moved))
    for piece, region in after.encroached:
        region = both(region, owned)
        if not area(region):
            continue
        occupied = without(region, before.occupied)
        add(piece.cls, "closing", region)
        add(piece.cls, "occupied", occupied)
        add(piece.cls, "relapsed", both(occupied, ever_cleared))
        add(piece.cls, "lapsed", without(both(region, before.occupied), before.all))
    result.add(epoch, zone.id, "*", "within_error", result.measure(both(after.within_error, owned)))
    return recovered


def settle_claims(result, epoch, previous, actions, recovered):
    """Claims between two epochs, by date; what nobody claims is unexplained."""
    left = {patch: result.measure(union(parts)) for patch, parts in recovered.items()}
    for a in sorted(actions, key=lambda a: (a.date, a.action)):
        if not previous < a.date <= epoch or not a.claimed:
            continue
        verified = min(a.claimed, left.get(a.patch_id, 0.0))
        if a.patch_id in left:
            left[a.patch_id] -= verified
        result.claims[a.patch_id, a.action, a.date] = (verified, a.claimed - verified)
    result.unexplained[epoch] = sum(left.values())


def audit(zones, epochs, permits=(), actions=(), tolerance=0.0, mobile=("oyster_raft",), measure=area):
    """The whole audit; `tolerance` in metres, `measure` what gives a region's area."""
    result = Result(measure)
    outlines = Outlines(tolerance, mobile, actions)
    settled = settled_zones(zones)
    before, ever_cleared, previous = None, empty(), None
    for epoch in sorted(epochs, key=lambda e: e.date):
        outlines.take(epoch)
        after = State(outlines, permits, epoch.date)
        result.regions[epoch.date] = after
        recovered = {}
        for zone, owned in settled:
            for piece, region in after.encroached:
                amount = measure(both(region, owned))
                if amount > 0:
                    result.encroached[epoch.date, piece.id, zone.id] = amount
            if before:
                for patch, parts in transitions(result, epoch.date, zone, owned, before, after,
                                                ever_cleared).items():
                    recovered.setdefault(patch, []).extend(parts)
        if before:
            settle_claims(result, epoch.date, previous, actions, recovered)
            ever_cleared = union([ever_cleared, without(before.all, after.occupied)])
        before, previous = after, epoch.date
    return result
