"""What two flights found, what was done between them, and what of it must stand in the ledger.

Every thing planted says itself which land it puts into which figure, as geometry; the truth is the
sum of these, owned zone by owned zone, and owes nothing to an overlay of the two flights.
"""

import datetime
import math
import random

from .land import MU_M2, Cell, area_m2, joined, polygon, scaled, wobbled

PILOT, FIRST, SECOND = "2018-03-10", "2019-01-15", "2019-10-20"
RMSE_M = {PILOT: 0.5, FIRST: 0.35, SECOND: 0.3}
WOBBLE_M = 0.25
TARGETS_MU = {"contract": 1412.6, "rent": 118.4, "litigation": 366.3, "river_pond": 280.4}
TARGETS_M2 = {name: mu * MU_M2 for name, mu in TARGETS_MU.items()}
TARGETS_M2 |= {"river_structure": 6213.0, "raft": 40066.0}
PARCEL_OF_RELAPSE, PARCEL_NOT_FLOWN = 0, 23
CHINESE_CLASS = {"fish_pond": "鱼塘", "structure": "建筑", "oyster_raft": "蚝排"}
CHINESE_ACTION = {"contract": "补签合同", "rent": "补缴租金", "litigation": "诉讼", "voluntary": "说服自行清退",
                  "demolition": "依法清拆"}


class Thing:
    """One thing on the ground. first, second: outlines by flight, or None; parts: figure -> geometries."""

    def __init__(self, what, cls, first=None, second=None, **facts):
        self.what, self.cls, self.first, self.second = what, cls, first, second
        self.id, self.occupant, self.pilot = None, facts.get("occupant"), facts.get("pilot")
        self.second_cls = facts.get("second_cls", cls)
        self.verdict = facts.get("verdict")
        self.count, self.tonnes = facts.get("count"), facts.get("tonnes")
        self.extra = []           # outlines of the second flight under new ids
        self.permits = []         # (geometry, holder, classes, signed_on, valid_from, valid_to)
        self.actions = []         # (action, date, whether it claims the first outline's land, deadline, proof)
        self.parts = {}

    def put(self, figure, geometry, cls=None):
        self.parts.setdefault((figure, cls or self.cls), []).append(geometry)
        return self

    def rescaled(self, factor):
        """Its only outline drawn larger or smaller; for things whose outlines are not in pieces."""
        self.first = scaled(self.first, factor)
        self.parts = {key: [self.first] for key in self.parts}


def day(rng, first="2019-02-15", last="2019-09-25"):
    a, b = (datetime.date.fromisoformat(d) for d in (first, last))
    return (a + datetime.timedelta(rng.randrange((b - a).days + 1))).isoformat()


def later(date, days):
    return (datetime.date.fromisoformat(date) + datetime.timedelta(days)).isoformat()


def around(cell):
    """What a permit for a thing in this cell covers, beyond any wobble of its outline."""
    return cell.inset(-0.02).outline()


# ------------------------------------------------------------------ single things -------------

class Planter:
    def __init__(self, zones, seed):
        self.zones, self.rng, self.things = zones, random.Random(f"{seed}/campaign"), []
        self.cells = [c for p in zones.parcels[1:23] for c in p.cells if p.id != "GY-09"]
        self.rng.shuffle(self.cells)

    def occupant(self):
        return f"H{self.rng.randrange(1000, 9999)}"

    def add(self, thing):
        self.things.append(thing)
        return thing

    def of(self, what):
        return [t for t in self.things if t.what == what]

    # --- state land: the figures of the campaign

    def contract(self, cell, late=False):
        """Occupied at both flights, a contract signed between them."""
        rng, first = self.rng, cell.convex(self.rng)
        t = Thing("contract", rng.choice(["fish_pond", "fish_pond", "farmland", "structure", "other"]), first,
                  occupant=self.occupant())
        signed = day(rng)
        # A few are open to any holder; a late signature is dated back by years.
        holder = None if rng.random() < 0.2 else t.occupant
        t.permits.append((around(cell), holder, rng.choice(["", t.cls]), signed,
                          "2018-01-01" if late else signed, None if rng.random() < 0.3 else "2029-12-31"))
        t.actions.append(("contract", signed, True, None, f"合同{rng.randrange(100, 999)}号"))
        t.put("opening", first).put("regularised", first)
        return self.add(t)

    def rent(self, cell):
        """Occupied at both flights; rent was paid for the years past, and nothing signed."""
        first = cell.convex(self.rng)
        t = Thing("rent", self.rng.choice(["fish_pond", "farmland"]), first, occupant=self.occupant())
        t.actions.append(("rent", day(self.rng), True, None, f"票据{self.rng.randrange(1000, 9999)}号"))
        t.put("opening", first).put("rent", first).put("closing", first)
        return self.add(t)

    def litigation(self, cell):
        """Gone by the second flight, after a judgment."""
        first = cell.convex(self.rng)
        t = Thing("litigation", self.rng.choice(["farmland", "other"]), first, occupant=self.occupant())
        t.actions.append(("litigation", day(self.rng), True, None, f"民事判决{self.rng.randrange(100, 999)}号"))
        t.put("opening", first).put("cleared", first)
        return self.add(t)

    # --- state land: everything else

    def half_done(self, cell):
        """Said to be cleared as a whole, while the larger part is still there."""
        keep, gone = cell.strips(0.55)
        whole = joined([keep, gone])
        t = Thing("claim_too_large", "other", whole, keep, occupant=self.occupant())
        t.actions.append(("voluntary", "2019-06-04", True, "2019-07-31", None))
        t.put("opening", whole).put("cleared", gone).put("closing", keep)
        return self.add(t)

    def outstanding(self, cell, what="outstanding", cls=None, permit=None, occupant=True):
        first = cell.convex(self.rng)
        t = Thing(what, cls or self.rng.choice(["fish_pond", "farmland", "structure", "other"]), first,
                  occupant=self.occupant() if occupant else None)
        if permit:
            t.permits.append((around(cell), *permit))
        t.put("opening", first).put("closing", first)
        return self.add(t)

    def overdue(self, cell):
        t = self.outstanding(cell, "overdue", "structure")
        t.actions.append(("demolition", "2019-03-20", False, "2019-08-31", None))

    def authorised(self, cell):
        """Never encroached: a permit older than both flights, its holder the occupant."""
        t = Thing("authorised", "fish_pond", cell.convex(self.rng), occupant=self.occupant())
        t.permits.append((around(cell), t.occupant, "", "2016-05-01", "2016-06-01", "2026-06-01"))
        self.add(t)

    def lapsed(self, cell):
        t = Thing("lapsed", "fish_pond", cell.convex(self.rng), occupant=self.occupant())
        t.permits.append((around(cell), t.occupant, "", "2014-06-20", "2014-07-01", "2019-07-01"))
        t.put("lapsed", t.first).put("closing", t.first)
        self.add(t)

    def unexplained(self, cell):
        t = Thing("unexplained", "other", cell.convex(self.rng), occupant=self.occupant())
        t.put("opening", t.first).put("cleared", t.first)
        self.add(t)

    def new(self, cell, what="new", cls="farmland", verdict=None):
        t = Thing(what, cls, None, cell.convex(self.rng), occupant=self.occupant(), verdict=verdict)
        if verdict != "rejected":
            t.put("occupied", t.second).put("closing", t.second)
        return self.add(t)

    def grown(self, cell):
        old, more = cell.strips(0.85)
        t = Thing("grown", "farmland", old, joined([old, more]), occupant=self.occupant())
        t.put("opening", old).put("occupied", more).put("closing", t.second)
        self.add(t)

    def split(self, cell):
        west, bank, east = cell.strips(0.56, 0.62)
        t = Thing("split", "other", joined([west, bank, east]), west, occupant=self.occupant())
        t.extra.append(east)
        t.put("opening", t.first).put("cleared", bank).put("closing", west).put("closing", east)
        self.add(t)

    def merged(self, cell):
        west, gap, east = cell.strips(0.5, 0.55)
        t = Thing("merged", "other", west, joined([west, gap, east]), occupant=self.occupant())
        other = Thing("merged_away", "other", east, occupant=t.occupant)
        t.put("opening", west).put("occupied", gap).put("closing", t.second)
        other.put("opening", east)
        self.add(t)
        self.add(other)

    def changed(self, cell):
        """A pond filled in and built over."""
        t = Thing("class_changed", "fish_pond", cell.convex(self.rng), occupant=self.occupant(),
                  second_cls="structure")
        t.put("opening", t.first).put("transferred_out", t.first)
        t.put("transferred_in", t.first, "structure").put("closing", t.first, "structure")
        self.add(t)

    def crept(self, cell):
        """Half a metre wider on one side: within error."""
        wide = 0.5 / (cell.u1 - cell.u0)
        old, more = cell.strips(1 - wide)
        t = Thing("crept", "farmland", old, joined([old, more]), occupant=self.occupant())
        t.put("opening", old).put("closing", old).put("within_error", more)
        self.add(t)

    def thin(self, cell):
        """A new strip of half a metre: within error."""
        strip = Cell(cell.frame, (cell.u0, cell.v0, cell.u0 + 0.5, cell.v0 + 60)).outline()
        self.add(Thing("thin", "structure", None, strip).put("within_error", strip))

    def bow_tie(self, cell):
        """An outline drawn with two corners exchanged, at both flights: two triangles of land."""
        f, (u0, v0, u1, v1) = cell.frame, (cell.u0, cell.v0, cell.u1, cell.v1)
        a, b, c, d = (f.place(*p) for p in ((u0, v0), (u1, v0), (u1, v1), (u0, v1)))
        wrong = polygon([a, c, b, d])
        left = wrong.MakeValid(["METHOD=STRUCTURE"])
        t = Thing("bow_tie", "other", wrong, wrong, occupant=self.occupant())
        t.put("opening", left).put("closing", left)
        self.add(t)

    def twice(self, cell):
        """One outline delivered twice at the second flight, under two ids."""
        t = self.outstanding(cell, "twice", "other")
        t.second = t.first
        t.extra.append(t.first)

    def across(self, cell):
        """Reaches over the parcel's limit, beyond which it is nobody's business here."""
        t = self.outstanding(cell.moved(-0.7 * (cell.u1 - cell.u0), 0), "across", "farmland")
        t.second = t.first

    # --- rivers

    def river_pond(self, river, i, side):
        cell = Cell(river.frame(i), (-60, 62 * side - 34, 60, 62 * side + 34))
        t = Thing("river_pond", "fish_pond", cell.convex(self.rng), occupant=self.occupant())
        how, proof = self.rng.choice([("voluntary", None), ("demolition", f"验收{self.rng.randrange(100, 999)}号")])
        t.actions.append((how, day(self.rng), True, None, proof))
        t.put("opening", t.first).put("cleared", t.first)
        self.add(t)

    def river_structure(self, river, i, n):
        frame = river.frame(i)
        cell = Cell(frame, (-40 + 30 * n, -24, -26.5 + 30 * n, -10.5))
        t = Thing("river_structure", "structure", cell.outline(), occupant=self.occupant())
        t.actions.append(("demolition", day(self.rng), True, None, f"验收{self.rng.randrange(100, 999)}号"))
        t.put("opening", t.first).put("cleared", t.first)
        self.add(t)

    def raft(self, n, fate):
        u, v = 60.0 + 90 * (n % 7), 120.0 + 110 * (n // 7)
        count = self.rng.choice([1, 1, 2])
        t = Thing("raft" if fate == "cleared" else "raft_" + fate, "oyster_raft",
                  Cell(self.zones.bay.frame, (u, v, u + 48, v + 36)).outline(), occupant=self.occupant(),
                  count=count, tonnes=round(count * self.rng.uniform(0.8, 1.2), 1))
        t.put("opening", t.first)
        if fate == "cleared":
            how = self.rng.choice(["voluntary", "voluntary", "demolition"])
            t.actions.append((how, day(self.rng), True, None, f"验收{self.rng.randrange(100, 999)}号"))
            t.put("cleared", t.first)
        else:
            t.put("closing", t.first)
        if fate == "present":
            t.second = t.first
        self.add(t)


# ------------------------------------------------------------------ the campaign --------------

class Campaign:
    def __init__(self, zones, seed):
        self.zones = zones
        plant = self.plant = Planter(zones, seed)
        self._state_land(plant)
        self._pilot_parcel(plant)
        self._farmland(plant)
        self._waters(plant)
        for what, target in TARGETS_M2.items():
            self._fit(plant.of(what), target)
        self.things = plant.things
        self._second_outlines(random.Random(f"{seed}/wobble"))
        self._number(random.Random(f"{seed}/ids"))

    def _state_land(self, plant):
        cells = iter(plant.cells)
        def many(how, n, *args, **kwargs):
            for _ in range(n):
                how(next(cells), *args, **kwargs)
        many(plant.contract, 52)
        many(plant.contract, 2, late=True)
        many(plant.rent, 5)
        many(plant.litigation, 14)
        many(plant.outstanding, 14)
        many(plant.authorised, 6)
        for how in (plant.half_done, plant.overdue, plant.unexplained, plant.grown, plant.split, plant.merged,
                    plant.changed, plant.crept, plant.thin, plant.bow_tie, plant.twice, plant.new):
            how(next(cells))
        many(plant.lapsed, 2)
        # Another's permit, and one whose holder cannot be compared because nobody knows the occupant.
        many(plant.outstanding, 1, "permit_of_another", "fish_pond",
             ("H0001", "", "2016-05-01", "2016-06-01", None))
        many(plant.outstanding, 1, "occupant_unknown", "fish_pond",
             ("H0002", "", "2016-05-01", "2016-06-01", None), occupant=False)
        many(plant.new, 1, "pending", "structure", "pending")
        many(plant.new, 1, "rejected", "other", "rejected")
        plant.across(self.zones.parcels[8].cells[0])
        for cell in self.zones.parcels[PARCEL_NOT_FLOWN].cells[:2]:
            plant.outstanding(cell, "not_flown", "farmland")

    def _pilot_parcel(self, plant):
        """Flown a year earlier: what was there, gone at the first flight and is back at the second."""
        cells = self.zones.parcels[PARCEL_OF_RELAPSE].cells
        for cell in cells[:2]:
            t = plant.outstanding(cell, "pilot", "fish_pond")
            t.pilot = t.second = t.first
        t = plant.new(cells[3], "relapse", "other")
        t.pilot = t.second

    def _farmland(self, plant):
        """Two patches of one household, together over 5 mu; one that reaches into state land; one of 11 mu."""
        frame = self.zones.parcels[8].frame
        zone = dict(self.zones.farmland)
        x, y = zone["ND-02"].Centroid().GetX(), zone["ND-02"].Centroid().GetY()
        base = type(frame)((x, y), 0.2)
        small = [Cell(base, (-150, -150, -100, -108)), Cell(base, (-80, -150, -35, -110))]
        pair = [plant.outstanding(cell, "cumulated", "structure") for cell in small]
        pair[1].occupant = pair[0].occupant
        plant.outstanding(Cell(base, (-20, 20, 80, 100)), "over_10_mu", "fish_pond")
        both = frame.box(150, 60, 260, 130)
        t = Thing("overlap", "farmland", both, both, occupant=plant.occupant())
        plant.add(t.put("opening", both).put("closing", both))

    def _waters(self, plant):
        west, east = self.zones.rivers
        for river, stations in ((west, range(3, 69, 4)), (east, range(3, 59, 5))):
            for k, i in enumerate(stations):
                plant.river_pond(river, i, 1 if k % 3 else -1)
        for river, stations in ((west, range(5, 60, 6)), (east, range(5, 40, 4))):
            for i in stations:
                for n in (0, 1):
                    plant.river_structure(river, i, n)
        for n in range(28):
            plant.raft(n, "present" if n in (5, 17) else "missing" if n == 23 else "cleared")

    def _fit(self, things, target):
        """Draws them larger or smaller until what they hold of the zones is the target."""
        for _ in range(20):
            total = sum(self.held(t.first) for t in things)
            factor = math.sqrt(target / total)
            for t in things:
                t.rescaled(factor)

    def held(self, geometry):
        return sum(area_m2(geometry.Intersection(owned)) for owned in self.zones.owned.values()
                   if owned.Intersects(geometry))

    def _second_outlines(self, rng):
        """What still stood was surveyed once more, not quite on the same line."""
        for t in self.things:
            still_there = ("closing", t.second_cls) in t.parts or t.what in ("contract", "authorised")
            if t.second is None and still_there and t.what not in ("raft_missing", "not_flown"):
                t.second = wobbled(t.first, WOBBLE_M, rng)

    def _number(self, rng):
        """Ids say nothing of a thing's fate."""
        order = list(self.things)
        rng.shuffle(order)
        for n, t in enumerate(order, 1):
            t.id = f"T{n:04d}"
        self.things = order

    # --- rows for the files

    def flown_box(self):
        """What the second flight left out: the surroundings of one parcel."""
        centre = self.zones.parcels[PARCEL_NOT_FLOWN].frame.origin
        return centre[0] - 320, centre[1] - 300, centre[0] + 320, centre[1] + 300

    def pilot_box(self):
        centre = self.zones.parcels[PARCEL_OF_RELAPSE].frame.origin
        return centre[0] - 400, centre[1] - 380, centre[0] + 400, centre[1] + 380

    def survey(self, flight):
        """Rows of one flight: (fields, geometry)."""
        out, extra = [], len(self.things)
        for t in self.things:
            outlines = {PILOT: t.pilot, FIRST: t.first, SECOND: t.second}
            cls = t.second_cls if flight == SECOND else t.cls
            shapes = [(t.id, outlines[flight])]
            for geometry in t.extra if flight == SECOND else []:
                extra += 1
                shapes.append((f"T{extra:04d}", geometry))
            for patch_id, geometry in shapes:
                if geometry is not None:
                    spoken = CHINESE_CLASS.get(cls, cls) if int(patch_id[1:]) % 3 == 0 else cls
                    out.append(({"patch_id": patch_id, "class": spoken, "occupant": t.occupant,
                                 "rmse_m": RMSE_M[flight], "count": t.count, "tonnes": t.tonnes,
                                 "verdict": t.verdict if flight == SECOND else None}, geometry))
        return out

    def permits(self):
        out = []
        for t in self.things:
            for geometry, holder, classes, signed, since, until in t.permits:
                out.append(({"permit_id": f"K{len(out) + 1:03d}", "holder": holder, "classes": classes or None,
                             "signed_on": signed, "valid_from": since, "valid_to": until}, geometry))
        return out

    def actions(self):
        """Rows as the office keeps them, by date; claims are rounded up to whole square metres."""
        out = []
        for t in self.things:
            for action, date, claims, deadline, proof in t.actions:
                out.append({"patch_id": t.id, "action": CHINESE_ACTION[action], "date": date,
                            "claimed_m2": math.ceil(self.held(t.first)) if claims else None,
                            "deadline": deadline, "proof": proof})
        out.append({"patch_id": "T9999", "action": CHINESE_ACTION["demolition"], "date": "2019-05-20",
                    "claimed_m2": 800, "deadline": None, "proof": None})
        return sorted(out, key=lambda row: (row["date"], row["patch_id"]))


# ------------------------------------------------------------------ rooms and patrols ---------

ROOMS_RECOVERED = [12, 9, 16, 8, 14, 20, 11, 6, 18, 10, 13, 6]
ROOMS_LEFT = [5, 0, 3, 0, 0, 7, 0, 0, 4, 0, 0, 2]


def assets(seed):
    """Rooms of public buildings, not in any flight: 143 recovered between the two."""
    rng = random.Random(f"{seed}/assets")
    out = []
    def add(zone, rooms, since, until=None, action=None):
        out.append({"asset_id": f"A{len(out) + 1:03d}", "zone_id": zone, "rooms": rooms, "occupied_from": since,
                    "recovered_on": until, "action": action})
    for n, (recovered, left) in enumerate(zip(ROOMS_RECOVERED, ROOMS_LEFT), 1):
        zone = f"GF-{n:02d}"
        part = recovered // 3
        for rooms in (part, recovered - part):
            add(zone, rooms, day(rng, "2011-01-01", "2017-12-31"), day(rng),
                rng.choice([CHINESE_ACTION[a] for a in ("contract", "litigation", "voluntary")]))
        if left:
            add(zone, left, day(rng, "2012-01-01", "2018-06-30"))
    add("GF-03", 5, "2019-04-08")                                  # occupied between the flights
    add("GF-07", 4, "2015-02-01", "2018-11-20", CHINESE_ACTION["contract"])  # before the campaign
    add(None, 2, "2013-05-01")                                     # no building known
    return out


def units_truth(rows):
    def rooms(test):
        return sum(r["rooms"] for r in rows if test(r["occupied_from"], r["recovered_on"] or "9999"))
    return {"opening": rooms(lambda a, b: a <= FIRST < b), "occupied": rooms(lambda a, b: FIRST < a <= SECOND),
            "recovered": rooms(lambda a, b: FIRST < b <= SECOND), "closing": rooms(lambda a, b: a <= SECOND < b)}


def patrols(seed):
    """(rows, gaps): town patrols at most ten days apart and village ones at most seven, but for the gaps."""
    rng = random.Random(f"{seed}/patrols")
    rows = []
    for zone in ("HD-01", "HD-02", "HD-03"):
        for level, most in (("town", 10), ("village", 7)):
            date = later(FIRST, rng.randrange(4))
            while date <= SECOND:
                rows.append({"zone_id": zone, "date": date, "level": level})
                date = later(date, rng.randint(most - 3, most))
    gaps = [("HD-02", "town", "2019-05-01", "2019-05-24"), ("HD-03", "village", "2019-08-10", "2019-08-29")]
    for zone, level, since, until in gaps:
        rows = [r for r in rows if (r["zone_id"], r["level"]) != (zone, level) or not since < r["date"] < until]
        rows += [{"zone_id": zone, "date": d, "level": level} for d in (since, until)]
    rows = sorted({tuple(r.items()) for r in rows}, key=lambda r: (r[1], r[0], r[2]))
    return [dict(r) for r in rows], gaps
