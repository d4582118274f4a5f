"""What the tests of `hotgrid audit` share: writing its inputs, running it, reading its tables."""
import csv
import io
import sqlite3

from osgeo import ogr, osr

from harness import HOTGRID, Case, skip  # noqa: F401

ogr.UseExceptions()
osr.UseExceptions()

EPSG = 4547
X, Y = 400000.0, 2440000.0
TRANSITIONS = ("occupied", "lapsed", "zone_in", "cleared", "regularised", "zone_out", "transferred")
FIGURES = ("opening", *TRANSITIONS, "closing")
UNIT_M2 = 1e-6  # areas are sums of whole square millimetres
MU = 0.0015

TYPES = {"priority": ogr.OFTInteger, "rmse_m": ogr.OFTReal, "count": ogr.OFTInteger, "tonnes": ogr.OFTReal}


def srs(epsg):
    out = osr.SpatialReference()
    out.ImportFromEPSG(epsg)
    out.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return out


def write_layer(path, layer_name, rows, epsg=EPSG, driver="GPKG", columns=None, kind=ogr.wkbUnknown):
    """rows: dicts of column -> value; "geometry" is an OGR geometry or None. Adds to an existing file."""
    try:
        dataset = ogr.Open(path, 1) if driver == "GPKG" else None
    except RuntimeError:
        dataset = None
    dataset = dataset or ogr.GetDriverByName(driver).CreateDataSource(path)
    layer = dataset.CreateLayer(layer_name, srs(epsg) if epsg else None, kind)
    names = columns or list(dict.fromkeys(c for row in rows for c in row if c != "geometry"))
    for name in names:
        layer.CreateField(ogr.FieldDefn(name, TYPES.get(name, ogr.OFTString)))
    layer.StartTransaction()
    for row in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for name in names:
            if row.get(name) is not None:
                feature[name] = row[name]
        if row.get("geometry") is not None:
            feature.SetGeometry(row["geometry"])
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    return path


def csv_text(rows, columns=None):
    columns = columns or list(dict.fromkeys(c for row in rows for c in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def rows_of(path, table):
    """A table's rows as dicts without the geometry, in the file's order; [] if there is no such table."""
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        db.row_factory = sqlite3.Row
        if not db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone():
            return []
        found = db.execute('SELECT * FROM "%s"' % table).fetchall()
    finally:
        db.close()
    return [{k: r[k] for k in r.keys() if k not in ("fid", "geom", "geometry")} for r in found]


def ledger_of(path, table="ledger"):
    """{(epoch, zone, class): row}; by_zone and by_class may leave out the column they sum over."""
    out = {}
    for row in rows_of(path, table):
        key = (str(row["epoch"])[:10], row.get("zone_id", "*") or "*", row.get("class", "*") or "*")
        assert key not in out, "%s: two rows for %r" % (table, key)
        out[key] = row
    return out


class AuditCase(Case):
    def audit(self, *args, out="audit.gpkg", **kwargs):
        """Runs the command with these arguments; returns the result's path."""
        path = self.path(out)
        self.facts = self.run_json("audit", *args, "--overwrite", "-o", path, **kwargs)
        return path

    def assert_rows_balance(self, ledger):
        """closing = opening + occupied + lapsed + zone_in - cleared - regularised - zone_out + transferred."""
        self.assertTrue(ledger)
        for key, row in ledger.items():
            expected = (row["opening_m2"] + row["occupied_m2"] + row["lapsed_m2"] + row["zone_in_m2"]
                        - row["cleared_m2"] - row["regularised_m2"] - row["zone_out_m2"] + row["transferred_m2"])
            size = max(1.0, sum(abs(row[f + "_m2"]) for f in FIGURES))
            self.assertAlmostEqual(row["closing_m2"], expected, delta=UNIT_M2 + 1e-14 * size, msg="%r: %r" % (key, row))
            self.assertAlmostEqual(row["closing_mu"], row["closing_m2"] * MU, delta=1e-8 + 1e-14 * size, msg=str(key))
            for figure in FIGURES:
                if figure != "transferred":
                    self.assertGreaterEqual(row[figure + "_m2"], 0, "%r: %s" % (key, figure))

    def assert_totals_are_sums(self, ledger):
        """Rows with * hold the sums of the rows beneath them."""
        for (epoch, zone, cls), row in ledger.items():
            if zone != "*" and cls != "*":
                continue
            parts = [r for (e, z, c), r in ledger.items()
                     if e == epoch and z != "*" and c != "*" and zone in ("*", z) and cls in ("*", c)]
            for figure in (*FIGURES, "relapsed"):
                total = sum(r[figure + "_m2"] for r in parts)
                size = max(1.0, sum(abs(r[figure + "_m2"]) for r in parts))
                self.assertAlmostEqual(row[figure + "_m2"], total, delta=UNIT_M2 + 1e-14 * size * len(parts),
                                       msg="%s of %r" % (figure, (epoch, zone, cls)))

    def assert_epochs_follow(self, ledger):
        """What one epoch closes with the next opens with."""
        epochs = sorted({e for e, _, _ in ledger})
        for earlier, later in zip(epochs, epochs[1:]):
            for zone, cls in {k[1:] for k in ledger if k[0] in (earlier, later)}:
                closing = ledger.get((earlier, zone, cls), {}).get("closing_m2", 0.0)
                opening = ledger.get((later, zone, cls), {}).get("opening_m2", 0.0)
                self.assertAlmostEqual(opening, closing, delta=UNIT_M2 + 1e-14 * closing,
                                       msg="%s %s between %s and %s" % (zone, cls, earlier, later))

    def assert_balanced(self, path):
        ledger = ledger_of(path)
        self.assert_rows_balance(ledger)
        self.assert_totals_are_sums(ledger)
        self.assert_epochs_follow(ledger)
        self.assert_sums_agree(path, ledger)
        self.assert_closing_is_encroached(path, ledger)
        return ledger

    def assert_sums_agree(self, path, ledger):
        """by_zone and by_class say what the ledger's totals say."""
        for table, keep in (("by_zone", 1), ("by_class", 2)):
            rows = ledger_of(path, table)
            self.assertTrue(rows, table)
            self.assert_rows_balance(rows)
            for key, row in rows.items():
                self.assertIn(key, ledger, table)
                for figure in FIGURES:
                    self.assertEqual(row[figure + "_m2"], ledger[key][figure + "_m2"],
                                     "%s %r %s" % (table, key, figure))
            wanted = {k for k in ledger if k[3 - keep] == "*" and k[keep] != "*"}
            self.assertLessEqual(wanted, set(rows), table)

    def assert_closing_is_encroached(self, path, ledger):
        """The rows of encroachments add up to the closing balance of their epoch and zone."""
        sums = {}
        for row in rows_of(path, "encroachments"):
            if row["status"] != "cleared":
                key = str(row["epoch"])[:10], row["zone_id"]
                sums[key] = sums.get(key, 0.0) + row["area_m2"]
        for (epoch, zone, cls), row in ledger.items():
            if cls == "*" and zone != "*":
                total = sums.get((epoch, zone), 0.0)
                self.assertAlmostEqual(total, row["closing_m2"], delta=1e-5 + 1e-12 * total,
                                       msg="encroachments of %s at %s" % (zone, epoch))

    def assert_same_ledgers(self, a, b, but=()):
        """Two results with the same figures to the last digit, in every table that holds no ids."""
        for table in ("ledger", "by_zone", "by_class", "claims", "by_action", "units_ledger"):
            if table in but:
                continue
            key = lambda row: sorted((k, str(v)) for k, v in row.items())
            self.assertEqual(sorted(map(key, rows_of(a, table))), sorted(map(key, rows_of(b, table))), table)
