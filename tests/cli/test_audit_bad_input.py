"""Inputs of `hotgrid audit` that contradict themselves: a clear message, or a row in `rejects` or `ledger_notes`,
and every row accounted for."""
import os

from osgeo import ogr

import failure
from audit_case import AuditCase, X, Y, csv_text, ledger_of, rows_of, write_layer
from harness import main
import audit_reference as reference

FIRST, SECOND = "2019-03-01", "2019-10-31"


def box(x0, y0, x1, y1):
    return reference.box(X + x0, Y + y0, X + x1, Y + y1)


def line(*points):
    out = ogr.Geometry(ogr.wkbLineString)
    for x, y in points:
        out.AddPoint_2D(X + x, Y + y)
    return out


def point(x, y):
    out = ogr.Geometry(ogr.wkbPoint)
    out.AddPoint_2D(X + x, Y + y)
    return out


class BadInputCase(AuditCase, failure.FailureCase):
    """Sound inputs, of which each test spoils one thing: 1,000 m2 at the first flight, 500 at the second."""

    def setUp(self):
        super().setUp()
        self.zones = [{"zone_id": "Z1", "kind": "state_land", "priority": 1, "geometry": box(0, 0, 200, 100)}]
        self.permits = [{"permit_id": "K1", "holder": None, "classes": None, "signed_on": "2019-05-01",
                         "valid_from": "2019-05-01", "valid_to": "2020-01-01", "geometry": box(100, 0, 120, 10)}]
        self.first = [{"patch_id": "P1", "class": "fish_pond", "occupant": "H1", "geometry": box(10, 10, 50, 30)},
                      {"patch_id": "P2", "class": "structure", "occupant": None, "geometry": box(100, 0, 120, 10)}]
        self.second = [dict(self.first[0], geometry=box(10, 10, 35, 30)), dict(self.first[1])]
        self.actions = [{"patch_id": "P1", "action": "demolition", "date": "2019-06-01", "claimed_m2": 300,
                         "deadline": "", "proof": ""}]
        self.epsg = 4547

    def inputs(self, dates=(FIRST, SECOND)):
        path = self.path("in.gpkg")
        for name in ("zones", "permits", "first", "second"):
            write_layer(path, name, getattr(self, name), self.epsg)
        return ["--zones", path + ":zones", "--permits", path + ":permits",
                "--survey", "%s:first@%s" % (path, dates[0]), "--survey", "%s:second@%s" % (path, dates[1]),
                "--actions", self.write("actions.csv", csv_text(self.actions)),
                "--area-mode", "planar", "--tolerance", "1", "--no-hash"]

    def run_all(self, *more, dates=(FIRST, SECOND)):
        out = self.audit(*self.inputs(dates), *more)
        self.assertEqual(self.facts["rows_read"], self.facts["accepted"] + self.facts["rejected"])
        self.assertEqual(self.facts["rejected"], len(rows_of(out, "rejects")))
        self.assert_rows_balance(ledger_of(out))
        return out

    def told(self, out, row, value=None):
        """The rows of `rejects` and `ledger_notes` that name this row (and show this value)."""
        found = [r for table in ("rejects", "ledger_notes") for r in rows_of(out, table)
                 if r["row"] is not None and int(r["row"]) == row and (value is None or value in str(r["value"]))]
        self.assertTrue(found, "nothing is said of row %d %r: %r" % (
            row, value, rows_of(out, "rejects") + rows_of(out, "ledger_notes")))
        self.assertTrue(all(r["reason"] for r in found))
        return found

    def assert_closing(self, out, area, epoch=SECOND):
        self.assertEqual(ledger_of(out)[epoch, "*", "*"]["closing_m2"], area)

    def refused(self, code, *arguments, says=()):
        self.fails(code, "audit", *arguments, "-o", self.path("out.gpkg"), says=says)


class Rows(BadInputCase):
    def test_nothing_wrong(self):
        out = self.run_all()
        self.assert_closing(out, 500)
        self.assertEqual(rows_of(out, "rejects"), [])
        self.assertEqual(rows_of(out, "ledger_notes"), [])

    def test_wrong_geometry_type(self):
        """Lines and points among polygons are rejected, each where it stands."""
        self.zones.append({"zone_id": "Z2", "kind": "river", "geometry": line((0, 0), (300, 300))})
        self.first += [{"patch_id": "P3", "class": "other", "geometry": point(60, 60)},
                       {"patch_id": "P4", "class": "other", "geometry": None}]
        out = self.run_all()
        self.assert_closing(out, 500)
        reasons = sorted((os.path.basename(r["source"]), r["layer"], int(r["row"]), r["reason"])
                         for r in rows_of(out, "rejects"))
        self.assertEqual(reasons, [("in.gpkg", "first", 3, "bad_geometry"), ("in.gpkg", "first", 4, "no_geometry"),
                                   ("in.gpkg", "zones", 2, "bad_geometry")])

    def test_permit_that_ends_before_it_starts(self):
        self.permits[0].update(valid_from="2020-01-01", valid_to="2019-05-01")
        out = self.run_all()
        self.assert_closing(out, 700)
        self.told(out, 1)

    def test_action_for_an_unknown_patch(self):
        self.actions.append(dict(self.actions[0], patch_id="NOBODY"))
        out = self.run_all()
        self.assert_closing(out, 500)
        self.told(out, 2, "NOBODY")
        self.assertEqual(sum(r["verified_m2"] for r in rows_of(out, "claims")), 300)

    def test_action_before_the_patch_was_found(self):
        self.actions[0]["date"] = "2018-12-24"
        out = self.run_all()
        self.assert_closing(out, 500)
        self.told(out, 1)

    def test_dates_that_are_none(self):
        self.actions.append(dict(self.actions[0], date="2019-02-30"))
        self.actions.append(dict(self.actions[0], date="soon"))
        self.permits.append(dict(self.permits[0], permit_id="K2", valid_from="31/31/2019", geometry=box(0, 0, 5, 5)))
        out = self.run_all()
        self.assert_closing(out, 500)
        for row, value in ((2, "2019-02-30"), (3, "soon"), (2, "31/31/2019")):
            self.told(out, row, value)

    def test_numbers_that_are_none(self):
        self.actions.append(dict(self.actions[0], claimed_m2="much"))
        self.actions.append(dict(self.actions[0], claimed_m2="-5"))
        out = self.run_all()
        self.assert_closing(out, 500)
        self.told(out, 2, "much")
        self.told(out, 3, "-5")

    def test_ids_that_stand_twice_or_nowhere(self):
        self.zones.append({"zone_id": "Z1", "kind": "river", "geometry": box(300, 0, 400, 100)})
        self.zones.append({"zone_id": None, "kind": "river", "geometry": box(500, 0, 600, 100)})
        self.permits.append(dict(self.permits[0], geometry=box(0, 0, 5, 5)))
        self.first.append({"patch_id": None, "class": "other", "geometry": box(150, 50, 160, 60)})
        self.second.append({"patch_id": None, "class": "other", "geometry": box(150, 50, 160, 60)})
        out = self.run_all()
        self.assert_closing(out, 600)
        self.told(out, 2)
        self.told(out, 3)

    def test_unknown_words(self):
        """Classes, kinds, actions and verdicts that nobody knows are kept as `other` or left out, and told."""
        self.first[0]["class"] = self.second[0]["class"] = "flying carpet"
        self.zones[0]["kind"] = "moon"
        self.actions[0]["action"] = "abracadabra"
        self.first[1]["verdict"] = "perhaps"
        out = self.run_all()
        self.assert_closing(out, 500)
        told = {str(r["value"]) for r in rows_of(out, "ledger_notes")}
        self.assertLessEqual({"flying carpet", "moon", "abracadabra", "perhaps"}, told)
        self.assertEqual(ledger_of(out)[SECOND, "Z1", "other"]["closing_m2"], 500)

    def test_zone_that_is_invalid(self):
        """A bow tie: mended, listed with its area before and after, and the place."""
        bow = ogr.CreateGeometryFromWkt("POLYGON ((%f %f, %f %f, %f %f, %f %f, %f %f))" % (
            X, Y, X + 100, Y + 100, X + 100, Y, X, Y + 100, X, Y))
        self.zones[0]["geometry"] = bow
        out = self.run_all()
        repairs = rows_of(out, "repairs")
        self.assertEqual(len(repairs), 1, repairs)
        self.assertIn("Z1", map(str, repairs[0].values()))
        self.assertIn(5000.0, repairs[0].values(), "two triangles of 2,500 m2")

    def test_coverage_of_no_flight(self):
        path = write_layer(self.path("flown.gpkg"), "flown", [{"geometry": box(0, 0, 10, 10)}])
        arguments = self.inputs()
        p = self.run_hotgrid("audit", *arguments, "--coverage", path + "@2018-01-01", "-o", self.path("c.gpkg"),
                             code=2)
        self.assert_message(p.stderr, "2018-01-01")


class Epochs(BadInputCase):
    def test_two_of_one_date(self):
        """Two surveys of one date are one epoch: nothing of either is lost."""
        self.second[0]["patch_id"] = "P9"
        self.second[0]["geometry"] = box(60, 50, 80, 60)
        out = self.audit(*self.inputs((FIRST, FIRST)))
        got = {r["patch_id"]: r["area_m2"] for r in rows_of(out, "encroachments")}
        self.assertEqual(got, {"P1": 800, "P2": 200, "P9": 200})
        self.assertEqual({str(r["epoch"])[:10] for r in rows_of(out, "encroachments")}, {FIRST})

    def test_out_of_order(self):
        """The dates say what came first, not the command line."""
        arguments = self.inputs()
        at = arguments.index("--survey")
        turned = arguments[:at] + arguments[at + 2:at + 4] + arguments[at:at + 2] + arguments[at + 4:]
        self.assertNotEqual(arguments, turned)
        self.assert_same_ledgers(self.audit(*arguments, out="a.gpkg"), self.audit(*turned, out="b.gpkg"))

    def test_dates_of_flights(self):
        arguments = self.inputs()
        at = arguments.index("--survey") + 1
        path = self.path("in.gpkg")
        for wrong in ("2019-02-30", "2019-13-01", "0000-00-00"):
            self.refused(2, *arguments[:at], "%s:first@%s" % (path, wrong), *arguments[at + 1:], says=wrong)
        self.refused(2, *arguments[:at], "%s:first" % path, *arguments[at + 1:], says="first")


class Refusals(BadInputCase):
    def drop(self, arguments, option):
        while option in arguments:
            at = arguments.index(option)
            arguments = arguments[:at] + arguments[at + 2:]
        return arguments

    def test_what_is_required(self):
        arguments = self.inputs()
        for option in ("--zones", "--survey"):
            self.refused(2, *self.drop(arguments, option), says=option)

    def test_missing_crs(self):
        self.epsg = None
        arguments = self.inputs()
        self.refused(2, *arguments, says="--crs")
        self.assert_closing(self.audit(*arguments, "--crs", "EPSG:4547"), 500)

    def test_only_wrong_geometry(self):
        """Nothing usable at all is no audit."""
        self.zones[0]["geometry"] = line((0, 0), (100, 100))
        self.refused(3, *self.inputs(), says="zone")

    def test_missing_columns(self):
        for role, column in (("zones", "zone_id"), ("permits", "permit_id"), ("actions", "patch_id")):
            with self.subTest(role=role):
                self.dir.joinpath("in.gpkg").unlink(missing_ok=True)
                sound = getattr(self, role)
                setattr(self, role, [{("another" if k == column else k): v for k, v in r.items()} for r in sound])
                arguments = self.inputs()
                setattr(self, role, sound)
                self.refused(2, *arguments, says=column)
                out = self.audit(*arguments, "--map", "%s.%s=another" % (role, column))
                self.assert_closing(out, 500)

    def test_maps_that_lead_nowhere(self):
        arguments = self.inputs()
        for wrong in ("zones.zone_id=nowhere", "moon.zone_id=zone_id", "zones.colour=zone_id", "zones", "=",
                      "zones.zone_id="):
            with self.subTest(map=wrong):
                self.refused(2, *arguments, "--map", wrong)

    def test_values_of_options(self):
        arguments = self.drop(self.drop(self.inputs(), "--tolerance"), "--area-mode")
        for option, wrong in (("--tolerance", "-1"), ("--tolerance", "wide"), ("--tolerance", "nan"),
                              ("--area-mode", "round"), ("--threads", "0")):
            with self.subTest(option=option, value=wrong):
                self.refused(2, *arguments, option, wrong, says=option)
        self.refused(2, *arguments, "--analysis-crs", "EPSG:4326", says="degrees")

    def test_missing_files(self):
        arguments = self.inputs()
        for option in ("--zones", "--permits", "--actions"):
            at = arguments.index(option) + 1
            self.refused(4, *arguments[:at], self.path("absent.gpkg"), *arguments[at + 1:], says="absent.gpkg")
        for option in ("--assets", "--patrols", "--opening", "--class-map"):
            self.refused(4, *arguments, option, self.path("absent.csv"), says="absent.csv")

    def test_class_maps(self):
        arguments = self.inputs()
        for text, says in (("classes: [", "classes.yaml"), ("classes:\n  pond: {disorder: 乱来}\n", "classes.yaml"),
                           ("clases:\n  pond: {}\n", "clases"), ("classes:\n  pond: {mobile: 7}\n", "mobile"),
                           ("classes:\n  pond: {aliases: [structure]}\n", "structure"), ("\x00\x01", "classes.yaml")):
            with self.subTest(text=text):
                self.write("classes.yaml", text)
                p = self.run_hotgrid("audit", *arguments, "--class-map", self.path("classes.yaml"), "-o",
                                     self.path("c.gpkg"), code=self.code_of(text))
                self.assert_message(p.stderr, says)

    def code_of(self, text):
        """A file that is no YAML is bad data, one that says what it must not is bad usage."""
        return 3 if text in ("classes: [", "\x00\x01") else 2

    def test_existing_output(self):
        out = self.path("there.gpkg")
        self.write("there.gpkg", b"precious")
        p = self.run_hotgrid("audit", *self.inputs(), "-o", out, code=4)
        self.assert_message(p.stderr, "--overwrite")
        self.assertEqual(self.dir.joinpath("there.gpkg").read_bytes(), b"precious")

    def test_ids_of_any_length(self):
        """A note holds the whole id, in whole characters; SQL in it is text."""
        long = "地" * 3400
        hostile = 'a\'b"; DROP TABLE ledger;--😀'
        self.first[0]["patch_id"] = self.second[0]["patch_id"] = long
        self.first[1]["patch_id"] = self.second[1]["patch_id"] = hostile
        self.first.append(dict(self.first[0], patch_id="龘", geometry=box(10, 10, 20, 20)))
        self.actions = [dict(self.actions[0], patch_id=long, date="2018-01-01"),
                        dict(self.actions[0], patch_id=hostile)]
        out = self.run_all()
        notes = {row["reason"]: row["value"] for row in rows_of(out, "ledger_notes")}
        self.assertEqual(notes["action_before_found"], long + " on 2018-01-01")
        self.assertEqual(notes["overlaps_patch"], "100.000 m2 counted with " + long)
        self.assertIn(hostile, {row["patch_id"] for row in rows_of(out, "encroachments")})
        self.assertIn(hostile, {row["patch_id"] for row in rows_of(out, "claims")})

    def test_claims_that_are_none(self):
        """More than the surface of the Earth is no area: noted, and claims nothing; only an empty claim claims all."""
        for claim in ("1e300", "1e16", "6e14", "1e15亩"):
            self.actions[0]["claimed_m2"] = claim
            self.dir.joinpath("in.gpkg").unlink(missing_ok=True)
            out = self.run_all()
            (row,) = rows_of(out, "claims")
            self.assertEqual((row["claimed_m2"], row["verified_m2"], row["unverified_m2"]), (0, 0, 0), claim)
            self.assertIn(("bad_number", claim), {(n["reason"], n["value"]) for n in rows_of(out, "ledger_notes")})

    def test_losses_are_told(self):
        """Also of outlines that are refused once they are drawn; and no zone at all is an error."""
        sliver = ogr.CreateGeometryFromWkt("POLYGON((%r %r,%r %r,%r %r,%r %r))" % (X, Y, X + 9, Y, X + 18, Y, X, Y))
        self.second.append({"patch_id": "line", "class": "structure", "geometry": sliver})
        p = self.run_hotgrid("audit", *self.inputs(), "--overwrite", "-o", self.path("audit.gpkg"))
        self.assertIn("--survey: 1 of 3 rows of in.gpkg are rejected", p.stderr)
        self.zones[0]["geometry"] = sliver
        os.remove(self.path("in.gpkg"))
        p = self.run_hotgrid("audit", *self.inputs(), "--overwrite", "-o", self.path("audit.gpkg"), code=3)
        self.assert_message(p.stderr, "no row of in.gpkg can be used (row 1: bad_geometry")

    def test_patches_that_merge_are_not_cleared(self):
        self.first = [dict(self.first[0], patch_id="A", geometry=box(10, 10, 50, 30)),
                      dict(self.first[0], patch_id="B", geometry=box(60, 10, 80, 30))]
        self.second = [dict(self.first[0], patch_id="A", geometry=box(10, 10, 80, 30))]
        out = self.run_all()
        rows = {(r["epoch"][:10], r["patch_id"], r["status"]): r["area_m2"] for r in rows_of(out, "encroachments")}
        self.assertEqual(rows, {(FIRST, "A", "new"): 800, (FIRST, "B", "new"): 400, (SECOND, "A", "expanded"): 1400})
        self.assertEqual({r["patch_id"]: r["state"] for r in rows_of(out, "cases")}, {"A": "发现", "B": "发现"})

    def test_output_that_is_an_input(self):
        """--overwrite replaces an older result, never what the run reads."""
        arguments = self.inputs()
        at = arguments.index("--zones") + 1
        arguments[at] = write_layer(self.path("only.gpkg"), "zones", self.zones)
        arguments += ["--class-map", self.write("map.gpkg", "rent_counts_as_recovered: true\n")]
        for option, name in (("--zones", "only.gpkg"), ("--permits", "in.gpkg"), ("--class-map", "map.gpkg")):
            before = self.dir.joinpath(name).read_bytes()
            p = self.run_hotgrid("audit", *arguments, "--overwrite", "-o", self.path(name), code=2)
            self.assert_message(p.stderr, "would replace " + option)
            self.assertEqual(self.dir.joinpath(name).read_bytes(), before)


if __name__ == "__main__":
    main()
