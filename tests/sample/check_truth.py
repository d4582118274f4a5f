#!/usr/bin/python3
"""Compares what `hotgrid hotspots` made of sample_data/pingsha with what was planted there.

    check_truth.py RESULT.gpkg SAMPLE_FOLDER [--active REASON]... [--top N] [--within METRES]

Checks that (a) the planted bad rows, and no others, stand in `rejects` with their reason; (b) the
centre of every planted hotspot lies in or near one of the top areas; (c) rows read = accepted +
rejected in `run_info`, for every input and in all. Reasons that apply only on demand (see the
column `needs` of bad_rows.csv) are expected when named with --active, else must be absent.

Prints one line per check; exits 1 if any fails. Needs GDAL's Python bindings.
"""

import argparse
import csv
import json
import os
import re
import sqlite3
import sys

from osgeo import ogr, osr

ogr.UseExceptions()
osr.UseExceptions()
EXAMPLES = 5


def read_planted(folder, active):
    """{(file, row): reason} of the rows that must be refused, and the kept rows likewise."""
    refused, kept = {}, {}
    with open(os.path.join(folder, "bad_rows.csv"), encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            expected = line["needs"] == "always" or line["reason"] in active
            (refused if expected else kept)[line["file"], int(line["row"])] = line["reason"]
    return refused, kept


def read_run_info(db):
    return dict(db.execute("SELECT key, value FROM run_info"))


def read_inputs(info):
    """[(base name, rows read, accepted, rejected)] from the keys inputs[0].name and so on."""
    matches = (re.match(r"inputs\[(\d+)\]\.", key) for key in info)
    numbers = sorted({int(match[1]) for match in matches if match})
    return [(os.path.basename(info[f"inputs[{i}].name"]),
             *(int(info[f"inputs[{i}].{what}"]) for what in ("rows_read", "accepted", "rejected")))
            for i in numbers]


def read_rejects(db):
    """[(base name of the source, row, reason)]"""
    return [(os.path.basename(source), int(row), reason)
            for source, row, reason in db.execute("SELECT source, row, reason FROM rejects")]


def some(items):
    items = sorted(items)
    more = f" and {len(items) - EXAMPLES} more" if len(items) > EXAMPLES else ""
    return "; ".join(" ".join(map(str, item)) for item in items[:EXAMPLES]) + more


def check_rejects(db, inputs, refused, kept):
    """One check per input and reason, then one each for rows that should not be there."""
    rejects = read_rejects(db)
    found = {(name, row): reason for name, row, reason in rejects}
    files = {name for name, *_ in inputs}
    planted = {key: reason for key, reason in refused.items() if key[0] in files}
    for name, reason in sorted({(key[0], reason) for key, reason in planted.items()}):
        rows = [key[1] for key, r in planted.items() if (key[0], r) == (name, reason)]
        wrong = [(row, "has", found.get((name, row), "no reject"))
                 for row in rows if found.get((name, row)) != reason]
        yield not wrong, (f"{name}: {len(rows) - len(wrong)} of {len(rows)} rows planted as "
                          f"{reason} are refused as such", some(wrong))
    stray = [(*key, reason) for key, reason in found.items()
             if key not in planted and key[0] in files]
    notes = [(*entry, f"planted as {kept[entry[:2]]}" if entry[:2] in kept else "not planted")
             for entry in stray]
    yield not stray, ("no other row is refused", some(notes))
    yield len(found) == len(rejects), (
        "every refused row is listed once", f"{len(rejects)} entries for {len(found)} rows")
    unknown = {(name,) for name, *_ in rejects if name not in files}
    yield not unknown, ("every reject names an input", some(unknown))


def check_counts(info, inputs, rows, refused):
    """Each input against the file's own number of rows, and the totals."""
    yield bool(inputs), ("run_info lists its inputs", "no key inputs[0].name")
    for name, read, accepted, rejected in inputs:
        yield read == accepted + rejected, (
            f"{name}: rows read = accepted + rejected", f"{read} = {accepted} + {rejected}")
        if name in rows:
            planted = sum(key[0] == name for key in refused)
            yield (read, rejected) == (rows[name], planted), (
                f"{name}: {rows[name]} rows, {planted} of them refused",
                f"{read} rows, {rejected} refused")
    sums = {key: sum(values) for key, values in
            zip(("rows_read", "accepted", "rejected"), zip(*(i[1:] for i in inputs)))}
    for key, total in sums.items():
        if key in info:
            yield int(info[key]) == total, (f"{key} is the sum over the inputs, {total}", info[key])


def read_areas(path, top):
    """The first `top` areas by rank as (rank, geometry), and their CRS."""
    dataset = ogr.Open(path)
    layer = dataset.GetLayerByName("hotspot_areas")
    if layer is None:
        return [], None
    crs = layer.GetSpatialRef().Clone()
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    areas = [(feature["rank"], feature.GetGeometryRef().Clone()) for feature in layer]
    areas.sort(key=lambda area: area[0])
    return areas[:top], crs


def check_hotspots(path, spots, top, within):
    """Distances are taken in the result's CRS, which is in metres."""
    areas, crs = read_areas(path, top)
    yield bool(areas), ("hotspot_areas has rows", "missing or empty")
    if not areas:
        return
    source = osr.SpatialReference()
    source.ImportFromEPSG(4547)
    source.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    transform = osr.CoordinateTransformation(source, crs)
    for spot in spots:
        centre = ogr.Geometry(ogr.wkbPoint)
        centre.AddPoint_2D(*transform.TransformPoint(spot["x"], spot["y"])[:2])
        distance, rank = min((geometry.Distance(centre), rank) for rank, geometry in areas)
        yield distance <= within, (
            f"planted hotspot {spot['id']} ({spot['what']}): {distance:.0f} m from area {rank} of "
            f"{len(areas)}", f"at most {within:g} m expected")


def all_checks(options):
    with open(os.path.join(options.folder, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    refused, kept = read_planted(options.folder, options.active)
    db = sqlite3.connect(f"file:{options.result}?mode=ro", uri=True)
    info = read_run_info(db)
    inputs = read_inputs(info)
    yield from check_counts(info, inputs, truth["rows"], refused)
    yield from check_rejects(db, inputs, refused, kept)
    db.close()
    yield from check_hotspots(options.result, truth["planted_hotspots"], options.top,
                              options.within)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result")
    parser.add_argument("folder")
    parser.add_argument("--active", action="append", default=[], metavar="REASON")
    parser.add_argument("--top", type=int, default=None, help="areas looked at (default: all)")
    parser.add_argument("--within", type=float, default=150.0, metavar="METRES")
    options = parser.parse_args()
    if not os.path.isfile(options.result):
        parser.error(f"{options.result}: no such file")
    failed = 0
    try:
        for passed, (what, obtained) in all_checks(options):
            print(f"ok    {what}" if passed else f"FAIL  {what}: {obtained}")
            failed += not passed
    except (sqlite3.Error, KeyError) as error:
        print(f"FAIL  {options.result} holds what a result holds: {error}")
        failed += 1
    print(f"{failed} checks failed" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
