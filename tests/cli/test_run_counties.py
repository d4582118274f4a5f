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
STEPS = 3 * UNITS + (0 if LONG else 1)  # of the plan: hot spots and two reports of each, and one index of all
WARM = 10  # units after which memory no longer grows
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
if LONG:  # the outlines of some counties overlap, which the index refuses: hotspots and reports alone
    COUNTIES = COUNTIES.replace(COUNTIES[COUNTIES.index("  - id: index"):COUNTIES.index("  - id: report")], "")
    COUNTIES = COUNTIES.replace("[hot, index]", "[hot]")


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
        """Runs the batch; the least memory held while the n-th result of a kind was made, by kind and n."""
        least = {}
        with open(self.path("run.json"), "w") as out, open(self.path("run.err"), "w") as err:
            p = subprocess.Popen([harness.HOTGRID, "run", self.path("batch.yaml"), "--json"], stdout=out, stderr=err)
            while p.poll() is None:
                held = self.resident(p.pid)
                for step, ending in (("hot", ".gpkg"), ("report", ".html"), ("report", ".pdf")):
                    folder = self.dir / "out" / step
                    n = sum(name.endswith(ending) and name[0] != "." for name in os.listdir(folder)) \
                        if folder.exists() else 0
                    if held and 0 < n:
                        least.setdefault(ending, {})[n] = min(held, least.get(ending, {}).get(n, held))
                time.sleep(0.01)
        self.assertEqual(p.returncode, 0, (self.dir / "run.err").read_text())
        return least, json.loads((self.dir / "run.json").read_text(encoding="utf-8"))

    def test_every_county(self):
        names = self.lay_out_counties()
        least, facts = self.run_watched()
        self.assertEqual((facts["made"], facts["failed"]), (STEPS, 0))
        for name in names:
            for ending in ("html", "pdf"):
                self.assertGreater((self.dir / ("out/report/%s_en.%s" % (name, ending))).stat().st_size, 10000)
        print("%d units, %d rows: %.0f s" % (UNITS, ROWS, facts["seconds"]["total"]))
        if LONG and not harness.SANITIZED:
            self.memory_is_flat(least)
        again = time.monotonic()
        second = self.batch()
        self.assertEqual((second["made"], second["unchanged"]), (0, STEPS))
        self.assertLess(time.monotonic() - again, facts["seconds"]["total"] / 4)

    def memory_is_flat(self, least):
        """
        What is held between results grows by less than a tenth after the first ten units. While one is made it
        depends on the unit, so the least of many units is taken: at that, only what stays counts.
        """
        for ending, held in least.items():
            units = UNITS
            early = min(v for n, v in held.items() if WARM <= n < units / 3)
            late = min(v for n, v in held.items() if n >= 2 * units / 3 or n == max(held))
            print("%s: %.1f MB early, %.1f MB late" % (ending, early, late))
            self.assertLess(late, 1.1 * early, ending)

    def test_memory_of_villages(self):
        """Thirty villages that are alike: the last ones need what the first ones needed."""
        if harness.SANITIZED:
            harness.skip("its quarantine of freed memory grows", shared_data=True)
        n = 30
        self.lay_out(counts=[50] * n, names=["village %02d" % i for i in range(n)],
                     yaml=YAML.replace("  folder: out\n", "  folder: out\n  formats: [html]\n"))
        least, facts = self.run_watched()
        self.assertEqual(facts["made"], 2 * n)
        for ending, held in least.items():
            early = min(v for k, v in held.items() if 10 <= k < 16)
            late = min(v for k, v in held.items() if k >= 24)
            self.assertLess(late, 1.1 * early, ending)


if __name__ == "__main__":
    main()
