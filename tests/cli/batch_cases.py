"""Batches for tests: villages that are squares side by side, incidents in them, and the YAML."""
import json
import random
import subprocess

from osgeo import ogr, osr

import harness
from dumps import dump
from harness import Case

ogr.UseExceptions()
SIDE = 2000.0
WEST, SOUTH = 500000.0, 2400000.0  # EPSG:32649
YAML = """\
sources:
  incidents:
    path: incidents.csv
    x: x
    y: y
    crs: EPSG:32649
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
    options: {bandwidth: 300m, cell: 100m}
  - id: report
    command: report
    inputs: [hot]
    each: unit
outputs:
  folder: out
"""


def write_units(path, names, column="name"):
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32649)
    data = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    layer = data.CreateLayer("units", crs, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn(column, ogr.OFTString))
    for i, name in enumerate(names):
        x, y = WEST + SIDE * i, SOUTH
        feature = ogr.Feature(layer.GetLayerDefn())
        feature[column] = name
        feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON((%f %f,%f %f,%f %f,%f %f,%f %f))" % (
            x, y, x + SIDE, y, x + SIDE, y + SIDE, x, y + SIDE, x, y)))
        layer.CreateFeature(feature)


def incidents(counts, seed=1, days=range(1, 29)):
    """So many incidents in the i-th village, half of them around one place."""
    r = random.Random(seed)
    rows = ["x,y,time"]
    for i, n in enumerate(counts):
        centre = (r.uniform(500, 1500), r.uniform(500, 1500))
        for k in range(n):
            x, y = ((r.uniform(0, SIDE), r.uniform(0, SIDE)) if k % 2 else
                    (r.gauss(centre[0], 100), r.gauss(centre[1], 100)))
            rows.append("%.2f,%.2f,2019-01-%02d %02d:00" % (WEST + SIDE * i + x, SOUTH + y, r.choice(days), k % 24))
    return "\n".join(rows) + "\n"


def made(folder):
    """What a run left in its folder: reports byte by byte, results as dumps, without records."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".batch/"):
            found[name] = dump(path) if path.suffix == ".gpkg" else path.read_bytes()
    return found


class BatchCase(Case):
    NAMES = ("East", "West", "Quiet")

    def lay_out(self, counts=(60, 40, 0), yaml=YAML, names=None):
        write_units(self.path("units.gpkg"), names or self.NAMES)
        self.write("incidents.csv", incidents(counts))
        self.write("batch.yaml", yaml)

    def batch(self, *args, code=0, **kwargs):
        """Runs the batch; the JSON object where it says one."""
        p = self.run_hotgrid("run", self.path("batch.yaml"), "--json", *args, code=code, **kwargs)
        return json.loads(p.stdout) if p.stdout.strip() else p.stderr

    def outcomes(self, facts):
        return {(t["step"], t["unit"], t["output"].rsplit(".", 1)[-1]): t["outcome"] for t in facts["tasks"]}

    def says(self, *args, code):
        """What a run that does not work says."""
        p = self.run_hotgrid("run", self.path("batch.yaml"), *args, code=code)
        return p.stderr

    def start(self):
        return subprocess.Popen([harness.HOTGRID, "run", self.path("batch.yaml")], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)
