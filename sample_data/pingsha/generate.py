#!/usr/bin/python3
"""Makes the SYNTHETIC township of this folder: four incident streams, a base map, two survey flights with
what an audit needs beside them, and their truth.

    /usr/bin/python3 generate.py [FOLDER]

Python's standard library and GDAL's Python bindings (Debian: python3-gdal). The seed is fixed, so
the same files come out every time. See ORIGIN.md for what they hold.
"""

import os
import sys

sys.dont_write_bytecode = True

from generator import audit_files, campaign, files, incidents, land, ledger, rows, township  # noqa: E402

SEED = 20191031
HOUR_HALF_WIDTH = 1


def nearest(town, x, y):
    """Names of the nearest place of each kind and of both together."""
    village, road = town.nearest_village(x, y), town.nearest_road(x, y)
    to_village = ((x - village["at"][0]) ** 2 + (y - village["at"][1]) ** 2) ** 0.5
    place = village if to_village <= town.road_distance(road, x, y) else road
    return {"nearest_place": place["name"], "nearest_village": village["name"],
            "nearest_road": road["name"]}


def spot_truth(spot, town, by_file):
    """What was planted, and a count of it in the files."""
    x, y = township.at(*spot["km"])
    lon, lat = township.lonlat(x, y)
    counts = {name: sum(row.origin == spot["id"] for row in of) for name, of in by_file.items()}
    hours = [(hour + i) % 24 for hour, _ in spot["peak"]
             for i in range(-HOUR_HALF_WIDTH, HOUR_HALF_WIDTH + 1)]
    return {"id": spot["id"], "what": spot["what"], "x": round(x, 2), "y": round(y, 2),
            "lon": round(lon, 7), "lat": round(lat, 7), "sigma_m": spot["sigma_m"],
            "stream": max(counts, key=counts.get), "events": sum(counts.values()),
            "events_by_stream": {name: n for name, n in counts.items() if n},
            **nearest(town, x, y), "peak_hours": hours, "weekday_factors": spot["weekday"],
            "from": spot["from"].isoformat()}


def pile_up_truth(by_file):
    x, y = township.at(*incidents.POLICE_STATION_KM)
    lon, lat = township.lonlat(x, y)
    count = sum(row.origin == "pile_up" for row in by_file["crime"])
    return {"what": "default geocode: the police station", "file": rows.DELIVERIES["crime"].name,
            "x": round(x, 2), "y": round(y, 2), "lon": round(lon, 7), "lat": round(lat, 7),
            "as_delivered": list(rows.place_gcj02(x, y)), "events": count}


def model_truth():
    """The temporal patterns behind the background."""
    keys = ("weekday", "months", "hours", "yearly", "spring", "national", "qingming", "categories")
    out = {"days": [incidents.FIRST_DAY.isoformat(), incidents.LAST_DAY.isoformat()],
           "variance_to_mean": incidents.PHI,
           "spring_festival": sorted(day.isoformat() for day in incidents.SPRING_FESTIVAL)}
    for name, stream in incidents.STREAMS.items():
        out[name] = {key: stream[key] for key in keys}
        out[name]["hours"] = [round(weight, 4) for weight in stream["hours"]]
    return out


def default_times(crime):
    """Rows that name a day but carry the clock's default."""
    ends = (" 0:00", " 00:00:00", " 0时0分")
    return sum(row.fields["发案开始时间"].endswith(ends) for row in crime)


def truth_of(town, by_file, plan):
    return {"note": files.SYNTHETIC, "seed": SEED,
            "crs": "x, y in EPSG:4547; lon, lat in CGCS2000 (EPSG:4490)",
            "area_km2_planar": round(township.ring_area(town.ring) / 1e6, 4),
            "rows": {rows.DELIVERIES[name].name: len(of) for name, of in by_file.items()},
            "planted_hotspots": [spot_truth(s, town, by_file) for s in incidents.HOTSPOTS],
            "pile_up": pile_up_truth(by_file),
            "default_times": {"file": rows.DELIVERIES["crime"].name, "clock": "00:00",
                              "rows": default_times(by_file["crime"])},
            "model": model_truth(), "audit": ledger.truth_of(plan, SEED)}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    town = township.Township(SEED)
    simulation = incidents.Simulation(town, SEED)
    by_file = {}
    for name in incidents.STREAMS:
        events = simulation.stream(name, rows.extra_rows(name))
        by_file[name] = rows.rows_of(name, events, town, SEED)

    def path(name):
        return os.path.join(folder, name)

    writers = {"crime": files.write_csv, "traffic": files.write_xlsx, "fire": files.write_geojson,
               "city_management": files.write_city_management}
    for name, write in writers.items():
        write(path(rows.DELIVERIES[name].name), by_file[name])
    files.write_boundary(path("boundary.gpkg"), town)
    files.write_places(path("places.gpkg"), town)
    plan = campaign.Campaign(land.Zones(SEED), SEED)
    audit_files.write_audit(path, plan, SEED)
    truth = truth_of(town, by_file, plan)
    files.write_truth(path("truth.json"), truth)
    files.write_truth_gpkg(path("truth.gpkg"), truth["planted_hotspots"])
    files.write_bad_rows(path("bad_rows.csv"),
                         {rows.DELIVERIES[name].name: of for name, of in by_file.items()},
                         rows.NEEDS)


if __name__ == "__main__":
    main()
