"""Writes the audit's inputs: zones, permits, flights and what they covered, and the office's tables."""

import csv
import io

from osgeo import ogr

from . import campaign, ledger
from .files import SYNTHETIC, add_feature, create_gpkg, create_layer
from .land import polygon
from .township import lonlat

TEXT, WHOLE, REAL = ogr.OFTString, ogr.OFTInteger, ogr.OFTReal
PERMIT_COLUMNS = dict.fromkeys(("permit_id", "holder", "classes", "signed_on", "valid_from", "valid_to"), TEXT)
SURVEY_COLUMNS = {"patch_id": TEXT, "class": TEXT, "occupant": TEXT, "rmse_m": REAL, "count": WHOLE,
                  "tonnes": REAL, "verdict": TEXT}
MARGIN_M = 12000


def _layer(dataset, name, columns, rows, code=4547):
    layer = create_layer(dataset, name, code, ogr.wkbPolygon, columns)
    layer.StartTransaction()
    for fields, geometry in rows:
        add_feature(layer, fields, geometry)
    layer.CommitTransaction()


def write_land(path, plan):
    """Layers `zones` and `permits`."""
    zones = plan.zones
    dataset = create_gpkg(path)
    _layer(dataset, "zones", {"zone_id": TEXT, "kind": TEXT, "priority": WHOLE},
           [({"zone_id": z, "kind": zones.kind(z), "priority": zones.priority(z)}, g)
            for z, g in zones.geometry.items()])
    _layer(dataset, "permits", PERMIT_COLUMNS, plan.permits())


def _in_degrees(geometry):
    out = geometry.Clone()
    for ring in out:
        for i in range(ring.GetPointCount()):
            ring.SetPoint_2D(i, *(round(v, 8) for v in lonlat(ring.GetX(i), ring.GetY(i))))
    return out


def write_flights(path, plan):
    """A layer of outlines per flight, and what two of them covered, in degrees."""
    dataset = create_gpkg(path)
    for flight in (campaign.PILOT, campaign.FIRST, campaign.SECOND):
        _layer(dataset, "patches_" + flight.replace("-", "")[:6], SURVEY_COLUMNS, plan.survey(flight))
    box = lambda x0, y0, x1, y1: polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    x, y = plan.zones.parcels[0].frame.origin
    everything = box(x - MARGIN_M, y - MARGIN_M, x + 2 * MARGIN_M, y + 2 * MARGIN_M)
    covered = {campaign.PILOT: box(*plan.pilot_box()), campaign.SECOND: everything.Difference(box(*plan.flown_box()))}
    for flight, geometry in covered.items():
        _layer(dataset, "covered_" + flight.replace("-", "")[:6], {"flight": TEXT},
               [({"flight": flight}, _in_degrees(geometry))], 4490)


def write_table(path, rows, encoding):
    text = io.StringIO()
    out = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    out.writeheader()
    out.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
    with open(path, "wb") as file:
        file.write(text.getvalue().encode(encoding))


CLASSES = f"""# {SYNTHETIC}
# The town's own counting: land whose occupant paid rent for the years past counts as recovered.
rent_counts_as_recovered: true
"""


def write_audit(path, plan, seed):
    """All files of the audit; `path` makes a path of a name."""
    write_land(path("land.gpkg"), plan)
    write_flights(path("flights.gpkg"), plan)
    write_table(path("actions_gbk.csv"), plan.actions(), "gbk")
    write_table(path("assets.csv"), campaign.assets(seed), "utf-8-sig")
    write_table(path("patrols.csv"), campaign.patrols(seed)[0], "utf-8")
    write_table(path("opening.csv"), ledger.opening_rows(plan), "utf-8")
    with open(path("audit_classes.yaml"), "w", encoding="utf-8", newline="\n") as file:
        file.write(CLASSES)
