"""`hotgrid audit` on a worked example whose every figure can be checked by hand, and on variants of it.

A zone of 200 m by 100 m, seven patches, two permits, one clearance, three flights; the figures at the
second: opening 4,100 + occupied 400 - cleared 300 - regularised 400 = 3,800 m2; at the third:
3,800 + lapsed 600 - cleared 400 = 4,000 m2.
"""
import math
import pathlib

from harness import main
import audit_reference as reference
from audit_case import AuditCase, MU, X, Y, csv_text, ledger_of, rows_of, write_layer

DATES = ("2019-03-01", "2019-10-31", "2020-03-01")
TOLERANCE_M = 1.0
SNAP_M = 1e-3
FIGURES = ("opening", "occupied", "lapsed", "cleared", "regularised", "transferred", "closing", "relapsed")

ZONE = [(0, 0, 200, 100)]
PERMITS = [
    {"permit_id": "K1", "holder": "", "classes": "", "signed_on": "2018-01-01", "valid_from": "2018-01-01",
     "valid_to": "2019-12-31", "boxes": [(60, 10, 80, 40)]},
    {"permit_id": "K2", "holder": "", "classes": "", "signed_on": "2019-06-01", "valid_from": "2019-06-01",
     "valid_to": None, "boxes": [(80, 10, 100, 30)]}]
P1, P1_GROWN = [(10, 10, 50, 50)], [(10.4, 10, 50.4, 60)]
P2 = [(60, 10, 100, 40)]
P3, P3_CUT = [(120, 10, 150, 40)], [(120, 10, 130, 40), (140, 10, 150, 40)]
P4, P5, P6, P7 = [(190, 60, 220, 80)], [(160, 10, 180, 30)], [(10, 70, 30, 90)], [(100, 50, 100.8, 90)]
CLASSES = {"P1": "fish_pond", "P2": "structure", "P3": "fish_pond", "P4": "farmland", "P5": "oyster_raft",
           "P6": "other", "P7": "structure"}
FLIGHTS = [{"P1": P1, "P2": P2, "P3": P3, "P4": P4, "P5": P5, "P6": P6},
           {"P1": P1_GROWN, "P2": P2, "P3": P3_CUT, "P4": P4, "P7": P7},
           {"P1": P1_GROWN, "P2": P2, "P3": P3_CUT, "P4": P4, "P6": P6, "P7": P7}]
FLOWN_SECOND = [(-500, -500, 0, 500), (0, -500, 40, 65), (0, 100, 40, 500), (40, -500, 700, 500)]
ACTIONS = [{"patch_id": "P3", "action": "demolition", "date": "2019-08-01", "claimed_m2": 350}]


class Example:
    """The example, moved by `move` (a function of x, y), its parts then changed as a test likes."""

    def __init__(self, move=lambda x, y: (x, y), scale=1.0):
        self.move, self.scale = move, scale
        self.dates = list(DATES)
        self.zones = [{"zone_id": "Z1", "kind": "state_land", "priority": 1, "geometry": self.geometry(ZONE)}]
        self.permits = [{**{k: v for k, v in p.items() if k != "boxes"}, "geometry": self.geometry(p["boxes"])}
                        for p in PERMITS]
        self.flights = [[{"patch_id": name, "class": CLASSES[name], "geometry": self.geometry(boxes)}
                         for name, boxes in flight.items()] for flight in FLIGHTS]
        self.coverages = [None, self.geometry(FLOWN_SECOND), None]
        self.actions = [{**a, "claimed_m2": a["claimed_m2"] * scale ** 2} for a in ACTIONS]
        self.mobile = ("oyster_raft",)

    def geometry(self, boxes):
        """Boxes of the example as one polygon or multipolygon where it lies now, to the millimetre."""
        out = reference.ogr.Geometry(reference.ogr.wkbMultiPolygon)
        for x0, y0, x1, y1 in boxes:
            ring = reference.ogr.Geometry(reference.ogr.wkbLinearRing)
            for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)):
                x, y = self.move(x * self.scale, y * self.scale)
                ring.AddPoint_2D(round(X + x, 3), round(Y + y, 3))
            polygon = reference.ogr.Geometry(reference.ogr.wkbPolygon)
            polygon.AddGeometry(ring)
            out.AddGeometry(polygon)
        return reference.union([out]) if len(boxes) > 1 else out.GetGeometryRef(0).Clone()

    def expected(self):
        zones = [reference.Zone(z["zone_id"], z["geometry"], z["kind"], z["priority"]) for z in self.zones]
        permits = [reference.Permit(p["permit_id"], p["geometry"], p["signed_on"], p["valid_from"], p["valid_to"],
                                    [c for c in p["classes"].split(";") if c], p["holder"]) for p in self.permits]
        epochs = [reference.Epoch(date, [reference.Patch(p["patch_id"], p["class"], p["geometry"], p.get("occupant"),
                                                         p.get("verdict")) for p in flight], flown)
                  for date, flight, flown in zip(self.dates, self.flights, self.coverages)]
        actions = [reference.Action(a["patch_id"], a["action"], a["date"], a["claimed_m2"]) for a in self.actions]
        return reference.audit(zones, epochs, permits, actions, TOLERANCE_M * self.scale, self.mobile)

    def write(self, case, name="in"):
        """Writes the inputs; returns the command's arguments."""
        path = case.path(name + ".gpkg")
        pathlib.Path(path).unlink(missing_ok=True)
        write_layer(path, "zones", self.zones)
        write_layer(path, "permits", self.permits)
        arguments = ["--zones", path + ":zones", "--permits", path + ":permits", "--area-mode", "planar",
                     "--tolerance", "%g" % (TOLERANCE_M * self.scale), "--no-hash"]
        for i, (date, flight, flown) in enumerate(zip(self.dates, self.flights, self.coverages)):
            write_layer(path, "flight_%d" % i, flight)
            arguments += ["--survey", "%s:flight_%d@%s" % (path, i, date)]
            if flown is not None:
                write_layer(path, "flown_%d" % i, [{"geometry": flown}])
                arguments += ["--coverage", "%s:flown_%d@%s" % (path, i, date)]
        if self.actions:
            arguments += ["--actions", case.write(name + "_actions.csv", csv_text(self.actions))]
        return arguments


def turned(angle):
    """Turns about the zone's corner; quarter turns are exact."""
    exact = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}
    c, s = exact.get(angle, (math.cos(math.radians(angle)), math.sin(math.radians(angle))))
    return lambda x, y: (c * x - s * y, s * x + c * y)


class ValuesCase(AuditCase):
    def run_example(self, example, *more, out="audit.gpkg", name="in"):
        return self.audit(*example.write(self, name), *more, out=out)

    def assert_as_expected(self, out, example, snap=0.0):
        """Every ledger cell, encroachment and claim is that of the reference; `snap` metres of freedom along
        the borders of what was measured."""
        expected = example.expected()
        ledger = self.assert_balanced(out)
        around = sum(reference.perimeter(p["geometry"]) for f in example.flights for p in f)
        allowed = max(1e-6, around * snap)
        for key, row in expected.ledger.items():
            got = ledger.get(key)
            if got is None:
                self.assertLessEqual(max(map(abs, row.values())), allowed, "no row for %r" % (key,))
                continue
            for figure in FIGURES:
                self.assertAlmostEqual(got[figure + "_m2"], row[figure], delta=allowed, msg="%r %s" % (key, figure))
            self.assertEqual((got["zone_in_m2"], got["zone_out_m2"]), (0, 0))
        epochs = {e for e, _, _ in expected.ledger}
        for key, row in ledger.items():
            if key[0] in epochs and key not in expected.ledger:
                self.assertLessEqual(max(abs(row[f + "_m2"]) for f in FIGURES), allowed, "unexpected %r" % (key,))
        for epoch in epochs:
            self.assertAlmostEqual(ledger[epoch, "*", "*"]["within_error_m2"],
                                   expected.ledger[epoch, "*", "*"]["within_error"], delta=allowed)
        self.assert_encroached(out, expected, allowed)
        self.assert_claims(out, expected, allowed)

    def assert_encroached(self, out, expected, allowed):
        got = {}
        for row in rows_of(out, "encroachments"):
            if row["status"] != "cleared":
                got[str(row["epoch"])[:10], row["patch_id"], row["zone_id"]] = row
        for key, area in expected.encroached.items():
            row = got.pop(key, None)
            if row is None:
                self.assertLessEqual(area, allowed, "no encroachment %r of %g m2" % (key, area))
                continue
            self.assertAlmostEqual(row["area_m2"], area, delta=allowed, msg=str(key))
            self.assertAlmostEqual(row["planar_area_m2"], area, delta=allowed, msg=str(key))
            self.assertAlmostEqual(row["area_mu"], row["area_m2"] * MU, delta=1e-9)
        for key, row in got.items():
            self.assertLessEqual(row["area_m2"], allowed, "an encroachment too many: %r" % (key,))

    def assert_claims(self, out, expected, allowed):
        got = {(r["patch_id"], r["action"], str(r["date"])[:10]): r for r in rows_of(out, "claims")}
        self.assertEqual(set(got), set(expected.claims))
        for key, (verified, unverified) in expected.claims.items():
            self.assertAlmostEqual(got[key]["verified_m2"], verified, delta=allowed, msg=str(key))
            self.assertAlmostEqual(got[key]["unverified_m2"], unverified, delta=allowed, msg=str(key))
            self.assertAlmostEqual(got[key]["claimed_m2"], verified + unverified, delta=1e-6)


class WorkedExample(ValuesCase):
    def test_the_figures_worked_by_hand(self):
        out = self.run_example(Example())
        ledger = self.assert_balanced(out)
        second, third = ledger["2019-10-31", "Z1", "*"], ledger["2020-03-01", "Z1", "*"]
        wanted = {"opening": 4100, "occupied": 400, "lapsed": 0, "zone_in": 0, "cleared": 300, "regularised": 400,
                  "zone_out": 0, "transferred": 0, "closing": 3800, "relapsed": 0, "within_error": 64, "noding": 0}
        self.assertEqual({k: second[k + "_m2"] for k in wanted}, wanted)
        self.assertEqual(second["closing_mu"], 5.7)
        wanted = {"opening": 3800, "occupied": 0, "lapsed": 600, "zone_in": 0, "cleared": 400, "regularised": 0,
                  "zone_out": 0, "transferred": 0, "closing": 4000, "relapsed": 0, "within_error": 64,
                  "unexplained": 400, "noding": 0}
        self.assertEqual({k: third[k + "_m2"] for k in wanted}, wanted)
        self.assertEqual(third["closing_mu"], 6.0)

    def test_every_patch(self):
        out = self.run_example(Example())
        got = {(str(r["epoch"])[:10], r["patch_id"]): r for r in rows_of(out, "encroachments")}
        areas = {"2019-03-01": {"P1": 1600, "P2": 600, "P3": 900, "P4": 200, "P5": 400, "P6": 400},
                 "2019-10-31": {"P1": 2000, "P2": 200, "P3": 600, "P4": 200, "P5": 400, "P6": 400},
                 "2020-03-01": {"P1": 2000, "P2": 800, "P3": 600, "P4": 200, "P6": 400}}
        for date, by_patch in areas.items():
            for patch, area in by_patch.items():
                self.assertEqual(got[date, patch]["area_m2"], area, "%s %s" % (date, patch))
        self.assertNotIn(("2019-10-31", "P7"), got, "wholly within error")
        status = lambda patch: got["2019-10-31", patch]["status"]
        self.assertEqual([status(p) for p in ("P1", "P2", "P3", "P4")],
                         ["expanded", "reduced", "reduced", "persisting"])
        self.assertTrue(all(got["2019-03-01", "P%d" % n]["status"] == "new" for n in range(1, 7)))

    def test_the_claim(self):
        out = self.run_example(Example())
        rows = rows_of(out, "claims")
        self.assertEqual([(r["patch_id"], str(r["date"])[:10], r["claimed_m2"], r["verified_m2"], r["unverified_m2"])
                          for r in rows], [("P3", "2019-08-01", 350, 300, 50)])
        sums = [r for r in rows_of(out, "by_action") if r["action"] == rows[0]["action"]]
        self.assertEqual([(r["claimed_m2"], r["verified_m2"], r["unverified_m2"]) for r in sums], [(350, 300, 50)])

    def test_slivers_are_kept_apart(self):
        """P7 whole, and the two strips of P1's wobble at either flight: 32 + 16 + 16."""
        out = self.run_example(Example())
        slivers = rows_of(out, "slivers")
        self.assertTrue(slivers)
        area = "area_m2" if "area_m2" in slivers[0] else "planar_area_m2"
        second = [r[area] for r in slivers if str(r.get("epoch", "2019-10-31"))[:10] == "2019-10-31"]
        self.assertEqual(sum(second), 64)

    def test_every_figure_is_that_of_the_reference(self):
        example = Example()
        out = self.run_example(example)
        self.assert_as_expected(out, example)


class Moved(ValuesCase):
    def test_shifted(self):
        for dx, dy in ((1234.567, -987.654), (99999.999, 54321.001), (0.001, 0.001)):
            with self.subTest(dx=dx, dy=dy):
                example = Example(lambda x, y: (x + dx, y + dy))
                self.assert_as_expected(self.run_example(example, name="at%g" % dx), example)

    def test_quarter_turns(self):
        for angle in (90, 180, 270):
            with self.subTest(angle=angle):
                example = Example(turned(angle))
                self.assert_as_expected(self.run_example(example, name="turn%d" % angle), example)

    def test_mirrored(self):
        example = Example(lambda x, y: (y, x))
        self.assert_as_expected(self.run_example(example), example)

    def test_other_angles(self):
        for angle in (1, 17, 33.3, 45, 71.9, 200):
            with self.subTest(angle=angle):
                example = Example(turned(angle))
                self.assert_as_expected(self.run_example(example, name="turn%g" % angle), example, SNAP_M)

    def test_scaled(self):
        for scale, angle in ((0.35, 0), (1.7, 0), (12.5, 0), (2.2, 28)):
            with self.subTest(scale=scale, angle=angle):
                example = Example(turned(angle), scale)
                self.assert_as_expected(self.run_example(example, name="s%g" % scale), example, SNAP_M)


class OtherFacts(ValuesCase):
    def check(self, example, *more, closing):
        out = self.run_example(example, *more)
        self.assert_as_expected(out, example)
        ledger = ledger_of(out)
        for date, area in zip(example.dates[1:], closing):
            self.assertAlmostEqual(ledger[date, "*", "*"]["closing_m2"], area, delta=1e-6)

    def test_other_years(self):
        example = Example()
        example.dates = ["2016-03-01", "2016-10-31", "2017-03-01"]
        back = lambda day: day and "%d%s" % (int(day[:4]) - 3, day[4:])
        for permit in example.permits:
            permit.update({k: back(permit[k]) for k in ("signed_on", "valid_from", "valid_to")})
        example.actions[0]["date"] = back(example.actions[0]["date"])
        self.check(example, closing=(3800, 4000))

    def test_raft_out_of_season_is_carried(self):
        """Last seen on 1 March; by 16 April the second absence is 46 days of season late, by 15 April 45."""
        for day, closing in (("2020-04-16", 4400), ("2020-04-15", 4000)):
            with self.subTest(day=day):
                example = Example()
                example.dates[2] = day
                self.check(example, closing=(3800, closing))

    def test_raft_cleared_by_an_action(self):
        example = Example()
        example.actions.append({"patch_id": "P5", "action": "voluntary", "date": "2019-05-02", "claimed_m2": 400})
        self.check(example, closing=(3400, 4000))

    def test_rafts_that_do_not_move(self):
        example = Example()
        example.mobile = ()
        classes = self.write("classes.yaml", "classes:\n  oyster_raft: {disorder: 乱占, mobile: false}\n")
        self.check(example, "--class-map", classes, closing=(3400, 4000))

    def test_what_was_not_flown_is_not_absent(self):
        """P6 of a mobile class, too: not flown at the second flight, back at the third."""
        example = Example()
        example.mobile = ("oyster_raft", "other")
        classes = self.write("classes.yaml", "classes:\n  other: {disorder: 乱堆, mobile: true}\n"
                                             "  oyster_raft: {disorder: 乱占, mobile: true}\n")
        self.check(example, "--class-map", classes, closing=(3800, 4000))

    def test_permit_ends_on_the_day_of_the_flight(self):
        """In force while t < valid_to: a permit that ends on the day has lapsed."""
        for valid_to, closing in (("2019-10-31", (4400, 4000)), ("2019-11-01", (3800, 4000)),
                                  ("2020-03-02", (3800, 3400))):
            with self.subTest(valid_to=valid_to):
                example = Example()
                example.permits[0]["valid_to"] = valid_to
                self.check(example, closing=closing)

    def test_permit_signed_too_late(self):
        """K2 in force from June but signed in December counts for the third flight only."""
        for signed_on, closing in (("2019-12-01", (4200, 4000)), ("2019-10-31", (3800, 4000)),
                                   ("2019-11-01", (4200, 4000))):
            with self.subTest(signed_on=signed_on):
                example = Example()
                example.permits[1]["signed_on"] = signed_on
                self.check(example, closing=closing)

    def test_permit_for_other_classes(self):
        for classes, closing in (("fish_pond;oyster_raft", (4200, 4400)), ("structure", (3800, 4000)),
                                 ("fish_pond;structure", (3800, 4000))):
            with self.subTest(classes=classes):
                example = Example()
                example.permits[1]["classes"] = classes
                self.check(example, closing=closing)

    def test_permit_of_a_named_holder(self):
        """Another's permit authorises nothing, nor does a named one an occupant nobody knows."""
        for holder, occupant, closing in (("H1", "H1", (3800, 4000)), ("H1", "H2", (4200, 4400)),
                                          ("H1", None, (4200, 4400))):
            with self.subTest(holder=holder, occupant=occupant):
                example = Example()
                example.permits[1]["holder"] = holder
                for flight in example.flights:
                    for patch in flight:
                        patch["occupant"] = occupant if patch["patch_id"] == "P2" else None
                self.check(example, closing=closing)

    def test_verdicts(self):
        """A confirmed strip of 0.8 m counts, a rejected patch never did."""
        example = Example()
        for flight in example.flights:
            for patch in flight:
                patch["verdict"] = {"P7": "confirmed", "P4": "rejected"}.get(patch["patch_id"])
        self.check(example, closing=(3632, 3832))

    def test_relapse(self):
        """P3's middle, cleared by the second flight, is back at the third."""
        example = Example()
        example.flights[2] = [dict(p, geometry=example.geometry(P3)) if p["patch_id"] == "P3" else p
                              for p in example.flights[2]]
        out = self.run_example(example)
        self.assert_as_expected(out, example)
        row = ledger_of(out)["2020-03-01", "*", "*"]
        self.assertEqual((row["occupied_m2"], row["relapsed_m2"], row["closing_m2"]), (300, 300, 4300))

    def test_creep_adds_up(self):
        """0.6 m a flight hides in the tolerance once; the second step is measured from the last accepted outline."""
        example = Example()
        grown = lambda by: example.geometry([(120, 10, 150 + by, 40)])
        for flight, by in zip(example.flights, (0, 0.6, 1.2)):
            for patch in flight:
                if patch["patch_id"] == "P3":
                    patch["geometry"] = grown(by)
        out = self.run_example(example)
        self.assert_as_expected(out, example)
        ledger = ledger_of(out)
        self.assertEqual(ledger["2019-10-31", "Z1", "fish_pond"]["occupied_m2"], 400, "P1's block alone")
        self.assertAlmostEqual(ledger["2020-03-01", "Z1", "fish_pond"]["occupied_m2"], 36, delta=1e-6)

    def test_class_that_changes_is_transferred(self):
        example = Example()
        for patch in example.flights[2]:
            if patch["patch_id"] == "P3":
                patch["class"] = "structure"
        out = self.run_example(example)
        self.assert_as_expected(out, example)
        ledger = ledger_of(out)
        self.assertEqual([ledger["2020-03-01", "Z1", c]["transferred_m2"] for c in ("fish_pond", "structure", "*")],
                         [-600, 600, 0])

    def test_zones_that_overlap(self):
        """A second zone over the eastern half: every figure of the whole stays, its halves are split at 100."""
        example = Example()
        example.zones.append({"zone_id": "Z0", "kind": "river", "priority": 2,
                              "geometry": example.geometry([(0, 0, 150, 100)])})
        example.zones[0].update(geometry=example.geometry([(100, 0, 200, 100)]))
        self.check(example, closing=(3800, 4000))
        self.assertEqual(ledger_of(self.path("audit.gpkg"))["2019-10-31", "Z1", "*"]["closing_m2"], 1200)

    def test_zones_of_one_priority_go_by_id(self):
        example = Example()
        example.zones[0]["priority"] = None
        example.zones.append({"zone_id": "Z0", "kind": "river", "priority": None,
                              "geometry": example.geometry([(0, 0, 110, 100)])})
        self.check(example, closing=(3800, 4000))
        self.assertEqual(ledger_of(self.path("audit.gpkg"))["2019-10-31", "Z0", "*"]["closing_m2"], 2600)

    def test_rent_alone_changes_no_area(self):
        example = Example()
        example.actions.append({"patch_id": "P1", "action": "rent", "date": "2019-07-01", "claimed_m2": 1600})
        self.check(example, closing=(3800, 4000))
        claims = {r["patch_id"]: r for r in rows_of(self.path("audit.gpkg"), "claims")}
        self.assertEqual((claims["P1"]["verified_m2"], claims["P1"]["unverified_m2"]), (0, 1600))


class Order(ValuesCase):
    def other_order(self, example):
        """The same facts with rows, rings and parts in another order."""
        for rows in (example.zones, example.permits, example.actions, *example.flights):
            rows.reverse()
        for flight in example.flights:
            for patch in flight:
                patch["geometry"] = self.rewound(patch["geometry"])

    def rewound(self, geometry):
        """Rings start elsewhere and run the other way; parts in reverse."""
        out = reference.empty()
        parts = [p.Clone() for p in reference.polygonal(geometry)]
        for part in reversed(parts):
            points = part.GetGeometryRef(0).GetPoints()[:-1][::-1]
            points = points[2:] + points[:2]
            ring = reference.ogr.Geometry(reference.ogr.wkbLinearRing)
            for x, y, *_ in points + points[:1]:
                ring.AddPoint_2D(x, y)
            polygon = reference.ogr.Geometry(reference.ogr.wkbPolygon)
            polygon.AddGeometry(ring)
            out.AddGeometry(polygon)
        return out

    def test_order_of_rows_rings_and_parts(self):
        for angle in (0, 33.3):
            with self.subTest(angle=angle):
                a, b = Example(turned(angle)), Example(turned(angle))
                self.other_order(b)
                one = self.run_example(a, out="a.gpkg", name="a%g" % angle)
                self.assert_same_ledgers(one, self.run_example(b, out="b.gpkg", name="b%g" % angle))

    def test_order_of_options(self):
        arguments = Example(turned(17)).write(self)
        one = self.audit(*arguments, out="a.gpkg")
        valued = [a for a in arguments if a != "--no-hash"]
        pairs = [valued[i:i + 2] for i in range(0, len(valued), 2)][::-1]
        surveys = [p for p in pairs if p[0] == "--survey"][::-1]
        others = [p for p in pairs if p[0] != "--survey"]
        two = self.audit(*(a for pair in others + surveys for a in pair), out="b.gpkg")
        self.assert_same_ledgers(one, two)

    def test_a_survey_in_two_files(self):
        example = Example(turned(17))
        arguments = example.write(self)
        one = self.audit(*arguments, out="a.gpkg")
        path = self.path("in.gpkg")
        halves = []
        for i, rows in enumerate((example.flights[0][::2], example.flights[0][1::2])):
            half = write_layer(self.path("half_%d.gpkg" % i), "flight", rows)
            halves += ["--survey", "%s@%s" % (half, example.dates[0])]
        at = arguments.index("%s:flight_0@%s" % (path, example.dates[0])) - 1
        two = self.audit(*arguments[:at], *halves, *arguments[at + 2:], out="b.gpkg")
        self.assert_same_ledgers(one, two)

    def test_threads(self):
        arguments = Example(turned(33.3)).write(self)
        one = self.audit(*arguments, "--threads", 1, out="a.gpkg")
        for threads in (2, 5):
            two = self.audit(*arguments, "--threads", threads, out="b.gpkg")
            self.assert_same_ledgers(one, two)
            for table in ("encroachments", "changes", "slivers", "cases"):
                self.assertEqual(rows_of(one, table), rows_of(two, table), table)


if __name__ == "__main__":
    main()
