"""A province by its counties: reports of every unit from one file, memory flat, nothing done twice.

Eight counties by default; all 124 and 200 thousand rows with HOTGRID_LONG set (a few minutes).
"""
import datetime
import json
import os
import random
import subprocess
import time

from osgeo import ogr

from batch_cases import BatchCase, YAML
import harness
from harness import main

LONG = bool(os.environ.get("HOTGRID_LONG"))
UNITS, ROWS = (124, 200000) if LONG else (8, 4000)
WARM = 10 if LONG else 3  # units after which memory no longer grows
COUNTIES = YAML[:YAML.index("    x: x")] + """\
    crs: EPSG:4326
    time: time
    stream: crime
units:
  source: units.gpkg
  name: name
steps:
  - id: hot
    command: hotspots
    inputs: [incidents]
    each: unit
  - id: index
    command: index
    inputs: [incidents]
    options: {units: units.gpkg, unit-name: name, certainty-draws: 0}
  - id: report
    command: report
    inputs: [hot, index]
    each: unit
outputs:
  folder: out
"""


def read_counties(path):
    """The counties with a point within each, the earlier of two of one name by its city."""
    data = ogr.Open(path)
    return [(f["name"], f.GetGeometryRef().Clone()) for f in data.GetLayer(0)][:UNITS]


def write_counties(path, counties):
    data = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    layer = data.CreateLayer("units", counties[0][1].GetSpatialReference(), ogr.wkbMultiPolygon)
    layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    for name, shape in counties:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["name"] = name
        feature.SetGeometry(ogr.ForceToMultiPolygon(shape.Clone()))
        layer.CreateFeature(feature)


def write_incidents(path, counties):
    r = random.Random(7)
    with open(path, "w", encoding="utf-8") as out:
        out.write("lon,lat,time\n")
        for _, shape in counties:
            within = shape.PointOnSurface()
            places = [(r.gauss(within.GetX(), 0.01), r.gauss(within.GetY(), 0.01)) for _ in range(6)]
            for _ in range(ROWS // len(counties)):
                x, y = r.choice(places)
                spread = r.choice((0.001, 0.003, 0.02))
                at = datetime.datetime(2018, 1, 1) + datetime.timedelta(minutes=r.randrange(60 * 24 * 600))
                out.write("%.6f,%.6f,%s\n" % (r.gauss(x, spread), r.gauss(y, spread), at.strftime("%Y-%m-%d %H:%M")))


class Counties(BatchCase):
    def lay_out_counties(self):
        counties = read_counties(harness.shared("china_guangdong_zhuhai", "guangdong_counties.gpkg"))
        self.assertEqual(len(counties), UNITS)
        write_counties(self.path("units.gpkg"), counties)
        write_incidents(self.path("incidents.csv"), counties)
        self.write("batch.yaml", COUNTIES)
        return [name for name, _ in counties]

    def resident(self, pid):
        """Megabytes the process holds, now; None once it has ended."""
        try:
            with open("/proc/%d/status" % pid) as status:
                return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS")), None)
        except OSError:
            return None

    def run_watched(self):
        """Runs the batch; the most memory held while the results of each unit were made, step by step."""
        peaks = {}
        with open(self.path("run.json"), "w") as out, open(self.path("run.err"), "w") as err:
            p = subprocess.Popen([harness.HOTGRID, "run", self.path("batch.yaml"), "--json"], stdout=out, stderr=err)
            while p.poll() is None:
                held = self.resident(p.pid)
                for step, ending in (("hot", ".gpkg"), ("report", ".html"), ("report", ".pdf")):
                    folder = self.dir / "out" / step
                    n = sum(name.endswith(ending) for name in os.listdir(folder)) if folder.exists() else 0
                    if held and 0 < n < UNITS:
                        peaks[ending, n] = max(held, peaks.get((ending, n), 0))
                time.sleep(0.02)
        self.assertEqual(p.returncode, 0, (self.dir / "run.err").read_text())
        return peaks, json.loads((self.dir / "run.json").read_text(encoding="utf-8"))

    def test_every_county(self):
        names = self.lay_out_counties()
        peaks, facts = self.run_watched()
        self.assertEqual((facts["made"], facts["failed"]), (3 * UNITS + 1, 0))
        for name in names:
            for ending in ("html", "pdf"):
                self.assertGreater((self.dir / ("out/report/%s_en.%s" % (name, ending))).stat().st_size, 10000)
        print("%d units, %d rows: %.0f s; resident MB by unit: %s" % (
            UNITS, ROWS, facts["seconds"]["total"],
            {e: ["%.0f" % v for (ending, n), v in sorted(peaks.items()) if ending == e][::max(1, UNITS // 12)]
             for e in (".gpkg", ".html", ".pdf")}))
        if not harness.SANITIZED: # whose quarantine grows
            self.memory_is_flat(peaks)
        again = time.monotonic()
        second = self.batch()
        self.assertEqual((second["made"], second["unchanged"]), (0, 3 * UNITS + 1))
        self.assertLess(time.monotonic() - again, facts["seconds"]["total"] / 4)

    def memory_is_flat(self, peaks):
        """Of each kind of result, the later units need less than a tenth more than the first ones did."""
        for ending in (".gpkg", ".html", ".pdf"):
            first = max(v for (e, n), v in peaks.items() if e == ending and n <= WARM)
            last = max(v for (e, n), v in peaks.items() if e == ending and n > WARM)
            self.assertLess(last, 1.1 * first, ending)


if __name__ == "__main__":
    main()
