"""The ledger of `hotgrid audit` balances, and its totals are those of others.

On the sample (against its truth), on the buildings of Liechtenstein in two years, and on random polygons that
overlap, touch, repeat, have holes and parts and are sometimes invalid. Independent totals, union
semantics throughout: area(union of patches within union of zones), by GEOS through OGR, by PostGIS and
by R's sf where these are installed.
"""
import csv
import json
import math
import random
import shutil
import subprocess

from osgeo import gdal, ogr, osr

from harness import SOURCE, main, shared
import audit_reference as reference
from audit_case import EPSG, TRANSITIONS, X, Y, AuditCase, csv_text, ledger_of, rows_of, srs, write_layer
import test_postgis

ogr.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")  # GEOS's remarks on invalid polygons, which are here on purpose

SNAP_M = 1e-3
SAME_NODES = 1e-9


def geometries(path, layer, *columns):
    """[({column: value}, geometry)] of a layer, all columns unless some are named."""
    dataset = ogr.Open(path)
    source = dataset.GetLayerByName(layer)
    numbers = {d.GetName(): i for i, d in enumerate(source.schema)}
    wanted = {name: numbers[name] for name in columns or numbers}
    return [({name: f.GetField(i) for name, i in wanted.items()}, f.geometry().Clone())
            for f in source if f.geometry()]


class FacesCase(AuditCase):
    """Tests of the geometry that a result holds beside its figures."""

    def transition_column(self, rows):
        names = {*TRANSITIONS, "persisting"}
        columns = [c for c in rows[0] if {r[c] for r in rows} <= names]
        self.assertEqual(len(columns), 1, "one column of `changes` names the transition: %r" % rows[0])
        return columns[0]

    def assert_faces_are_the_figures(self, out, relative=SAME_NODES):
        """Areas of the faces in `changes` and the pieces in `encroachments`, measured again by GEOS on the nodes the
        result holds, are the figures of the ledger; faces of one epoch do not overlap."""
        ledger = ledger_of(out)
        faces = geometries(out, "changes")
        self.assertTrue(faces)
        column = self.transition_column([f for f, _ in faces])
        sums, parts = {}, {}
        for fields, geometry in faces:
            epoch = str(fields["epoch"]).replace("/", "-")[:10]
            key = epoch, fields[column]
            sums[key] = sums.get(key, 0.0) + geometry.GetArea()
            parts.setdefault(epoch, []).append(geometry)
        for (epoch, zone, cls), row in ledger.items():
            if (zone, cls) == ("*", "*"):
                for transition in ("occupied", "lapsed", "cleared", "regularised"):
                    area = sums.get((epoch, transition), 0.0)
                    self.assertAlmostEqual(area, row[transition + "_m2"], delta=1e-6 + relative * area,
                                           msg="%s %s" % (epoch, transition))
        for epoch, shapes in parts.items():
            apart = sum(g.GetArea() for g in shapes)
            together = reference.area(reference.union(shapes, 0))
            self.assertAlmostEqual(together, apart, delta=1e-4 + relative * apart, msg="faces of %s overlap" % epoch)
        for fields, geometry in geometries(out, "encroachments", "patch_id", "status", "planar_area_m2"):
            if fields["status"] != "cleared":
                self.assertTrue(geometry.IsValid(), fields)
                self.assertAlmostEqual(geometry.GetArea(), fields["planar_area_m2"],
                                       delta=1e-6 + relative * geometry.GetArea(), msg=str(fields))

    def assert_closing(self, out, epoch, patches, zones, column="closing_m2", grid_m=reference.GRID_M):
        """The total at an epoch without permits and tolerance: the union of patches within the union of zones."""
        inside = reference.both(reference.union(map(reference.valid, patches), grid_m),
                                reference.union(map(reference.valid, zones), grid_m), grid_m)
        expected = reference.area(inside)
        got = ledger_of(out)[epoch, "*", "*"][column]
        allowed = SNAP_M * sum(reference.perimeter(reference.valid(g)) for g in patches)
        self.assertAlmostEqual(got, expected, delta=allowed, msg="encroached at %s (%s)" % (epoch, column))
        return got, allowed


# ------------------------------------------------------------------ the sample ----------------

class Sample(AuditCase):
    FOLDER = SOURCE / "sample_data/pingsha"
    TRUTH = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))["audit"]
    SECOND = "2019-10-20"

    def run_sample(self, *more, rent=False, opening=None):
        s = str(self.FOLDER)
        return self.audit(
            "--zones", s + "/land.gpkg:zones", "--permits", s + "/land.gpkg:permits",
            "--survey", s + "/flights.gpkg:patches_201901@2019-01-15",
            "--survey", s + "/flights.gpkg:patches_201910@2019-10-20",
            "--coverage", s + "/flights.gpkg:covered_201910@2019-10-20",
            "--actions", s + "/actions_gbk.csv", "--assets", s + "/assets.csv", "--patrols", s + "/patrols.csv",
            "--opening", opening or s + "/opening.csv", *(["--class-map", s + "/audit_classes.yaml"] if rent else []), *more)

    def assert_near(self, got, expected, what):
        """The truth is of outlines as drawn; arranging two flights' together moves sides by up to half a millimetre."""
        self.assertAlmostEqual(got, expected, delta=0.02 + 0.004 * abs(expected) ** 0.5, msg=what)

    def opening(self, row):
        """What the first flight shows: the signed report as restated."""
        return dict(row, opening_m2=row["opening_m2"] + row["restated_m2"])

    def test_ledger_is_the_truth(self):
        out = self.run_sample()
        ledger = self.assert_balanced(out)
        seen = set()
        for row in self.TRUTH["ledger"]:
            key = self.SECOND, row["zone_id"], row["class"]
            seen.add(key)
            for figure in ("opening", "occupied", "lapsed", "cleared", "regularised", "transferred", "closing"):
                got = self.opening(ledger[key])[figure + "_m2"] if key in ledger else 0.0
                self.assert_near(got, row[figure + "_m2"], "%r %s" % (key, figure))
        for key, row in ledger.items():
            if key[0] == self.SECOND and "*" not in key and key not in seen:
                self.assertLess(row["opening_m2"] + row["closing_m2"], 0.02, "unexpected %r" % (key,))
        for column, value in self.TRUTH["totals"]["plain"].items():
            self.assert_near(self.opening(ledger[self.SECOND, "*", "*"])[column], value, column)

    def test_the_signed_report_is_not_changed(self):
        """The opening is what was signed, but for what rounding or noding moved; what the flight shows beyond a report
        that is short stands apart."""
        ledger = ledger_of(self.run_sample())
        self.assertAlmostEqual(ledger[self.SECOND, "*", "*"]["opening_m2"], self.TRUTH["signed_report_m2"], delta=5)
        self.assertEqual({row["restated_m2"] for row in ledger.values()}, {0})
        with open(self.FOLDER / "opening.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rows[3]["area_m2"] = "%.2f" % (float(rows[3]["area_m2"]) - 1000)
        path = self.write("short.csv", csv_text(rows))
        row = ledger_of(self.run_sample("--overwrite", opening=path))[self.SECOND, rows[3]["zone_id"], rows[3]["class"]]
        self.assertAlmostEqual(row["opening_m2"], float(rows[3]["area_m2"]), delta=1e-6)
        self.assertAlmostEqual(row["restated_m2"], 1000, delta=0.02 + 0.004 * row["opening_m2"] ** 0.5)

    def test_claims_are_the_truth(self):
        out = self.run_sample()
        got = {(r["patch_id"], r["action"], str(r["date"])[:10]): r for r in rows_of(out, "claims")}
        for claim in self.TRUTH["claims"]:
            row = got[claim["patch_id"], claim["action"], claim["date"]]
            self.assert_near(row["verified_m2"], claim["verified_m2"], str(claim))
            self.assertAlmostEqual(row["unverified_m2"], row["claimed_m2"] - row["verified_m2"], delta=1e-6)
        sums = {r["action"]: r for r in rows_of(out, "by_action")}
        for action, area in self.TRUTH["verified_by_action_m2"]["plain"].items():
            self.assert_near(sums[action]["verified_m2"] if action in sums else 0.0, area, action)
        self.assert_near(ledger_of(out)[self.SECOND, "*", "*"]["unexplained_m2"], self.TRUTH["unexplained_m2"],
                         "unexplained")

    def test_the_figures_of_the_campaign(self):
        """What the town reported, each more than so much, as it counts rent."""
        out = self.run_sample(rent=True)
        ledger = self.assert_balanced(out)
        for column, value in self.TRUTH["totals"]["rent_counts_as_recovered"].items():
            self.assert_near(self.opening(ledger[self.SECOND, "*", "*"])[column], value, column)
        action = {r["action"]: r["verified_m2"] for r in rows_of(out, "by_action")}
        land = sum(action[a] for a in ("contract", "rent", "litigation")) * 0.0015
        self.assertAlmostEqual(land, self.TRUTH["computed"]["state_land_mu"], delta=0.005)
        cleared = {c: ledger[self.SECOND, "*", c]["cleared_m2"] for c in ("fish_pond", "structure", "oyster_raft")}
        reported = self.TRUTH["reported"]
        self.assertGreater(land, reported["state_land_mu"])
        self.assertGreater(cleared["fish_pond"] * 0.0015, reported["fish_pond_mu"])
        self.assertGreater(cleared["structure"], reported["structure_m2"])
        self.assertGreater(cleared["oyster_raft"], reported["oyster_raft_m2"])
        for cls, key in (("structure", "structure_m2"), ("oyster_raft", "oyster_raft_m2")):
            self.assert_near(cleared[cls], self.TRUTH["computed"][key], cls)

    def test_counted_things(self):
        """143 rooms recovered; rafts in groups and tonnes. Whatever the columns are called, the counts stand there."""
        out = self.run_sample()
        values = [v for row in rows_of(out, "units_ledger") for v in row.values() if isinstance(v, (int, float))]
        rooms, rafts = self.TRUTH["rooms"], self.TRUTH["rafts"]["cleared"]
        for wanted in (*rooms.values(), rafts["count"]):
            self.assertIn(wanted, values)
        self.assertTrue(any(abs(v - rafts["tonnes"]) < 1e-6 for v in values), "tonnes of rafts cleared")

    def test_trouble_is_told(self):
        out = self.run_sample()
        notes = rows_of(out, "ledger_notes")
        self.assertTrue(any(self.TRUTH["unknown_patch"] in str(n["value"]) for n in notes), notes)
        planted = {p["what"]: p for p in self.TRUTH["planted"]}
        repairs = rows_of(out, "repairs")
        self.assertTrue(any(planted["bow_tie"]["patch_id"] in map(str, r.values()) for r in repairs), repairs)
        cases = {r["patch_id"]: r for r in rows_of(out, "cases")}
        self.assertIn(planted["overdue"]["patch_id"], cases)
        encroached = {(r["patch_id"], str(r["epoch"])[:10]): r for r in rows_of(out, "encroachments")
                      if r["status"] != "cleared"}
        for what in ("rejected", "thin", "authorised"):
            self.assertNotIn((planted[what]["patch_id"], self.SECOND), encroached, what)
        for what in ("pending", "not_flown", "raft_missing", "occupant_unknown", "permit_of_another"):
            self.assertIn((planted[what]["patch_id"], self.SECOND), encroached, what)
        self.assertEqual(encroached[planted["pending"]["patch_id"], self.SECOND]["verdict"], "pending")

    def test_relapse_needs_the_pilot_flight(self):
        s = str(self.FOLDER)
        out = self.run_sample("--survey", s + "/flights.gpkg:patches_201803@2018-03-10",
                              "--coverage", s + "/flights.gpkg:covered_201803@2018-03-10")
        ledger = self.assert_balanced(out)
        total = ledger[self.SECOND, "*", "*"]
        self.assert_near(total["relapsed_m2"], self.TRUTH["relapsed_with_pilot_m2"], "relapsed")
        self.assert_near(total["closing_m2"], self.TRUTH["totals"]["plain"]["closing_m2"], "closing")

    def test_planar_is_larger(self):
        """In the Gauss-Kruger plane the same land is 140 to 190 ppm more here."""
        a, b = ledger_of(self.run_sample()), ledger_of(self.run_sample("--area-mode", "planar"))
        one, two = (x[self.SECOND, "*", "*"]["closing_m2"] for x in (a, b))
        self.assertTrue(140e-6 < two / one - 1 < 190e-6, (one, two))


# ------------------------------------------------------------------ Liechtenstein -------------

class Liechtenstein(FacesCase):
    """Buildings of 2013 and 2021 as patches; protected areas, water and land use of 2021 as zones, in degrees."""
    NEW, OLD = "liechtenstein_2021-05.gpkg", "liechtenstein_2013-08.gpkg"
    CRS = 2056

    def features(self, file, layer):
        rows = []
        for fields, geometry in geometries(shared("liechtenstein_osm", file), layer, "osm_id",
                                           "osm_way_id"):
            rows.append({"id": fields["osm_id"] or fields["osm_way_id"], "geometry": geometry})
        return rows

    def zones(self, layers):
        rows = []
        for priority, layer in enumerate(layers, 1):
            kind = {"natural_water": "river"}.get(layer, "other")
            rows += [{"zone_id": "%s/%s" % (layer, r["id"]), "kind": kind, "priority": priority,
                      "geometry": r["geometry"]} for r in self.features(self.NEW, layer)]
        return rows

    def run_buildings(self, zones, *more, out="audit.gpkg"):
        path = self.path("zones.gpkg")
        write_layer(path, "zones", zones, 4326)
        return self.audit("--zones", path + ":zones",
                          "--survey", shared("liechtenstein_osm", self.OLD) + ":buildings@2013-08-03",
                          "--survey", shared("liechtenstein_osm", self.NEW) + ":buildings@2021-05-02",
                          "--map", "survey.patch_id=osm_way_id", "--analysis-crs", "EPSG:%d" % self.CRS, *more, out=out)

    def projected(self, rows):
        to = osr.CoordinateTransformation(srs(4326), srs(self.CRS))
        out = []
        for row in rows:
            geometry = row["geometry"].Clone()
            geometry.Transform(to)
            out.append(geometry)
        return out

    def test_totals_of_both_years(self):
        zones = self.zones(("protected", "natural_water", "landuse"))
        out = self.run_buildings(zones, "--area-mode", "planar", "--tolerance", "0")
        self.assert_balanced(out)
        land = self.projected(zones)
        for file, column in ((self.OLD, "opening_m2"), (self.NEW, "closing_m2")):
            self.assert_closing(out, "2021-05-02", self.projected(self.features(file, "buildings")), land, column, 0)
        self.assert_faces_are_the_figures(out)
        self.assertGreaterEqual(len(rows_of(out, "repairs")), 13, "invalid land use")

    def test_with_tolerance_on_the_ellipsoid(self):
        out = self.run_buildings(self.zones(("protected", "natural_water", "landuse")), "--tolerance", "2")
        self.assert_balanced(out)

    def test_buildings_in_protected_areas(self):
        """Pairs computed with sf."""
        out = self.run_buildings(self.zones(("protected",)), "--area-mode", "planar", "--tolerance", "0")
        got = {}
        for row in rows_of(out, "encroachments"):
            if str(row["epoch"])[:10] == "2021-05-02" and row["status"] != "cleared":
                got[row["patch_id"], row["zone_id"].split("/")[1]] = row["area_m2"]
        with open(shared("liechtenstein_osm", "ref_buildings_in_protected_2021_epsg2056.csv")) as file:
            rows = list(csv.DictReader(file))
        wanted = {(r["building_way"], r["prot_rel"] if r["prot_rel"] != "NA" else r["prot_way"]): float(r["inter_m2"])
                  for r in rows}
        self.assertEqual(set(got), set(wanted))
        for key, area in wanted.items():
            self.assertAlmostEqual(got[key], area, delta=60 * SNAP_M, msg=str(key))

    def test_threads(self):
        zones = self.zones(("protected", "natural_water", "landuse"))
        one = self.run_buildings(zones, "--threads", "1", out="a.gpkg")
        self.dir.joinpath("zones.gpkg").unlink()
        two = self.run_buildings(zones, "--threads", "2", out="b.gpkg")
        self.assert_same_ledgers(one, two)


# ------------------------------------------------------------------ random polygons -----------

class Scene:
    """Seeded polygons of every awkward kind over a square of `side` metres, to the millimetre."""

    def __init__(self, seed, side, patches, zones, patch_m, zone_m):
        self.rng, self.side, self.patch_m = random.Random(seed), side, patch_m
        self.zones = [self.shape(zone_m) for _ in range(zones)]
        self.first = self.patches(patches)
        self.second = self.later(self.first)

    def at(self, x, y):
        return round(X + x, 3), round(Y + y, 3)

    def ring(self, cx, cy, radius, corners, rough=0.5):
        out = ogr.Geometry(ogr.wkbLinearRing)
        turn = self.rng.uniform(0, 7)
        points = [self.at(cx + radius * self.rng.uniform(1 - rough, 1) * math.cos(turn + 2 * math.pi * i / corners),
                          cy + radius * self.rng.uniform(1 - rough, 1) * math.sin(turn + 2 * math.pi * i / corners))
                  for i in range(corners)]
        for x, y in points + points[:1]:
            out.AddPoint_2D(x, y)
        return out

    def shape(self, size):
        rng = self.rng
        cx, cy = rng.uniform(0, self.side), rng.uniform(0, self.side)
        kind = rng.random()
        if kind < 0.15:
            return self.box(cx, cy, size)
        if kind < 0.25:
            return self.bow_tie(cx, cy, size)
        radius = size * rng.uniform(0.2, 1)
        polygon = ogr.Geometry(ogr.wkbPolygon)
        polygon.AddGeometry(self.ring(cx, cy, radius, rng.randint(3, 24)))
        if kind < 0.45:
            polygon.AddGeometry(self.ring(cx, cy, radius * 0.3, rng.randint(3, 8), 0.3))
        if kind < 0.9:
            return polygon
        parts = ogr.Geometry(ogr.wkbMultiPolygon)
        parts.AddGeometry(polygon)
        for _ in range(rng.randint(1, 3)):
            more = ogr.Geometry(ogr.wkbPolygon)
            more.AddGeometry(self.ring(cx + rng.uniform(-2, 2) * size, cy + rng.uniform(-2, 2) * size, radius / 2, 7))
            parts.AddGeometry(more)
        return parts  # its parts may overlap: invalid, too

    def box(self, cx, cy, size):
        """On a lattice of five metres, so that many share edges."""
        x, y = 5 * round(cx / 5), 5 * round(cy / 5)
        w, h = 5 * self.rng.randint(1, 1 + int(size / 5)), 5 * self.rng.randint(1, 1 + int(size / 5))
        return reference.box(*self.at(x, y), *self.at(x + w, y + h))

    def bow_tie(self, cx, cy, size):
        ring = ogr.Geometry(ogr.wkbLinearRing)
        for dx, dy in ((0, 0), (1, 1), (1, 0), (0, 1), (0, 0)):
            ring.AddPoint_2D(*self.at(cx + dx * size, cy + dy * size * 0.7))
        out = ogr.Geometry(ogr.wkbPolygon)
        out.AddGeometry(ring)
        return out

    def patches(self, n):
        classes = ("fish_pond", "structure", "farmland", "other")
        out = []
        for i in range(n):
            again = self.rng.random() < 0.08 and out
            geometry = self.rng.choice(out)["geometry"] if again else self.shape(self.patch_m)
            out.append({"patch_id": "S%05d" % i, "class": self.rng.choice(classes), "geometry": geometry})
        return out

    def later(self, rows):
        """Some gone, some grown by a new outline, some of another class, some new."""
        out = [dict(r) for r in rows if self.rng.random() < 0.7]
        for row in out:
            chance = self.rng.random()
            if chance < 0.15:
                row["geometry"] = self.shape(1.2 * self.patch_m)
            elif chance < 0.25:
                row["class"] = self.rng.choice(("structure", "other"))
        new = self.patches(len(rows) // 5)
        for i, row in enumerate(new):
            row["patch_id"] = "N%05d" % i
        return out + new

    def permits(self, n):
        return [{"permit_id": "K%04d" % i, "holder": "", "classes": self.rng.choice(("", "fish_pond;other")),
                 "signed_on": "2018-01-01", "valid_from": self.rng.choice(("2018-01-01", "2019-06-01")),
                 "valid_to": self.rng.choice((None, "2019-08-01")), "geometry": self.shape(2 * self.patch_m)}
                for i in range(n)]


class SceneCase(FacesCase):
    FIRST, SECOND = "2019-03-01", "2019-10-31"

    def zone_rows(self, scene):
        return [{"zone_id": "Z%04d" % i, "kind": "state_land", "priority": i % 3, "geometry": g}
                for i, g in enumerate(scene.zones)]

    def write_scene(self, scene, permits=(), zones=None):
        path = self.path("in.gpkg")
        write_layer(path, "zones", zones or self.zone_rows(scene))
        write_layer(path, "first", scene.first)
        write_layer(path, "second", scene.second)
        arguments = ["--zones", path + ":zones", "--survey", "%s:first@%s" % (path, self.FIRST),
                     "--survey", "%s:second@%s" % (path, self.SECOND), "--area-mode", "planar", "--no-hash"]
        if permits:
            write_layer(path, "permits", permits)
            arguments += ["--permits", path + ":permits"]
        return arguments

    def scene(self):
        return Scene(20191031, 2000, 2500, 220, 33, 160)


class Random(SceneCase):
    def test_totals_are_those_of_the_union(self):
        scene = self.scene()
        out = self.audit(*self.write_scene(scene), "--tolerance", "0")
        self.assert_balanced(out)
        for rows, column in ((scene.first, "opening_m2"), (scene.second, "closing_m2")):
            self.assert_closing(out, self.SECOND, [r["geometry"] for r in rows], scene.zones, column)
        self.assert_faces_are_the_figures(out)

    def test_with_permits_and_tolerance(self):
        for tolerance in ("0.7", "5"):
            scene = self.scene()
            self.dir.joinpath("in.gpkg").unlink(missing_ok=True)
            out = self.audit(*self.write_scene(scene, scene.permits(150)), "--tolerance", tolerance)
            self.assert_balanced(out)
            self.assert_faces_are_the_figures(out)

    def test_threads_and_order_of_rows(self):
        """One thread or three, rows from the first or from the last: the same figures to the last digit."""
        scene = self.scene()
        permits = scene.permits(150)
        arguments = self.write_scene(scene, permits)
        one = self.audit(*arguments, "--tolerance", "0.7", "--threads", "1", out="a.gpkg")
        self.assert_same_ledgers(one, self.audit(*arguments, "--tolerance", "0.7", "--threads", "3", out="b.gpkg"))
        for rows in (scene.first, scene.second, permits):
            rows.reverse()
        self.dir.joinpath("in.gpkg").unlink()
        arguments = self.write_scene(scene, permits, self.zone_rows(scene)[::-1])
        self.assert_same_ledgers(one, self.audit(*arguments, "--tolerance", "0.7", out="c.gpkg"))

    def test_small_scenes_cell_by_cell(self):
        """Every total against the reference, for scenes small enough for it; classes all alike, for where outlines of
        several classes overlap it is a convention whose land it is."""
        for seed in range(8):
            with self.subTest(seed=seed):
                scene = Scene(seed, 300, 40, 8, 45, 120)
                for row in scene.first + scene.second:
                    row["class"] = "other"
                permits = scene.permits(6)
                for permit in permits:
                    permit["classes"] = ""
                self.dir.joinpath("in.gpkg").unlink(missing_ok=True)
                out = self.audit(*self.write_scene(scene, permits), "--tolerance", "0")
                ledger = self.assert_balanced(out)
                expected = self.expected(scene, permits)
                allowed = SNAP_M * sum(reference.perimeter(reference.valid(r["geometry"]))
                                       for r in scene.first + scene.second)
                for (epoch, zone, cls), row in expected.ledger.items():
                    if cls == "*" and zone != "*":
                        got = ledger.get((epoch, zone, cls))
                        for figure in ("opening", "occupied", "lapsed", "cleared", "regularised", "closing"):
                            self.assertAlmostEqual(got[figure + "_m2"] if got else 0.0, row[figure], delta=allowed,
                                                   msg="%s %s" % (zone, figure))

    def expected(self, scene, permits):
        zones = [reference.Zone("Z%04d" % i, g, "state_land", i % 3) for i, g in enumerate(scene.zones)]
        permits = [reference.Permit(p["permit_id"], p["geometry"], p["signed_on"], p["valid_from"], p["valid_to"])
                   for p in permits]
        epochs = [reference.Epoch(day, [reference.Patch(r["patch_id"], r["class"], r["geometry"]) for r in rows])
                  for day, rows in ((self.FIRST, scene.first), (self.SECOND, scene.second))]
        return reference.audit(zones, epochs, permits)

    def test_pieces_of_a_patch_are_the_patch(self):
        """Parcels that tile the plane, in rows that lean: what lies in them adds up to the patch."""
        rng = random.Random(4)
        zones, patches = [], []
        for i in range(-3, 14):
            for j in range(-3, 14):
                corner = lambda a, b: (round(X + 60 * a + 7.3 * b, 3), round(Y + 60 * b - 4.1 * a, 3))
                ring = ogr.Geometry(ogr.wkbLinearRing)
                for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1), (i, j)):
                    ring.AddPoint_2D(*corner(a, b))
                parcel = ogr.Geometry(ogr.wkbPolygon)
                parcel.AddGeometry(ring)
                zones.append({"zone_id": "Z%02d%02d" % (i + 3, j + 3), "kind": "state_land", "geometry": parcel})
        for i in range(400):
            cx, cy = 30.0 * (i % 20) + 15, 30.0 * (i // 20) + 15
            ring = ogr.Geometry(ogr.wkbLinearRing)
            radii = [rng.uniform(6, 14) for _ in range(6)]
            points = [(round(X + cx + r * math.cos(k), 3), round(Y + cy + r * math.sin(k), 3))
                      for k, r in enumerate(radii)]
            for x, y in points + points[:1]:
                ring.AddPoint_2D(x, y)
            patch = ogr.Geometry(ogr.wkbPolygon)
            patch.AddGeometry(ring)
            patches.append({"patch_id": "P%03d" % i, "class": "other", "geometry": patch})
        path = self.path("tiles.gpkg")
        write_layer(path, "zones", zones)
        write_layer(path, "patches", patches)
        out = self.audit("--zones", path + ":zones", "--survey", path + ":patches@2019-03-01", "--area-mode", "planar")
        pieces = {}
        for row in rows_of(out, "encroachments"):
            pieces.setdefault(row["patch_id"], []).append(row["area_m2"])
        self.assertGreater(sum(len(p) for p in pieces.values()), 500, "many are cut")
        for patch in patches:
            whole = patch["geometry"]
            self.assertAlmostEqual(sum(pieces[patch["patch_id"]]), whole.GetArea(),
                                   delta=SNAP_M * reference.perimeter(whole), msg=patch["patch_id"])


class Elsewhere(SceneCase):
    """The same total by other programs, from the same file."""

    def run_scene(self):
        scene = self.scene()
        out = self.audit(*self.write_scene(scene), "--tolerance", "0")
        got = ledger_of(out)[self.SECOND, "*", "*"]["closing_m2"]
        around = sum(reference.perimeter(reference.valid(r["geometry"])) for r in scene.second)
        return scene, got, SNAP_M * around

    def test_postgis(self):
        server = test_postgis.Server()
        self.addCleanup(server.stop)
        server.start()
        scene, got, allowed = self.run_scene()
        for table, shapes in (("zones", scene.zones), ("patches", [r["geometry"] for r in scene.second])):
            values = ",\n".join("('%s')" % g.ExportToWkb().hex() for g in shapes)
            server.sql("CREATE TABLE %s (g geometry); INSERT INTO %s SELECT ST_MakeValid(ST_GeomFromWKB("
                       "decode(v, 'hex')), 'method=structure') FROM (VALUES %s) AS t(v)" % (table, table, values))
        area = float(server.sql("SELECT ST_Area(ST_Intersection((SELECT ST_Union(g) FROM zones), "
                                "(SELECT ST_Union(g) FROM patches)))"))
        self.assertAlmostEqual(got, area, delta=allowed)

    def test_sf(self):
        if not shutil.which("Rscript"):
            self.skipTest("no Rscript")
        script = self.write("total.R", """
            if (!suppressPackageStartupMessages(require(sf, quietly = TRUE))) quit(status = 77)
            path <- commandArgs(TRUE)[1]
            whole <- function(layer) {
                g <- st_make_valid(st_geometry(st_read(path, layer, quiet = TRUE)), geos_method = "valid_structure")
                st_union(g)
            }
            cat(sprintf("%.9f\\n", sum(st_area(st_intersection(whole("zones"), whole("second"))))))
        """)
        _, got, allowed = self.run_scene()
        p = subprocess.run(["Rscript", "--vanilla", script, self.path("in.gpkg")], capture_output=True, text=True,
                           timeout=300)
        if p.returncode == 77:
            self.skipTest("R has no sf")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertAlmostEqual(got, float(p.stdout), delta=allowed)


if __name__ == "__main__":
    main()
