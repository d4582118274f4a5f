"""Results open styled in real QGIS, offscreen, as a person would open them."""
import os
import shutil
import subprocess
import sys

from harness import SOURCE, Case, main, skip

CHECK = SOURCE / "tests/qgis/check_result.py"
PINGSHA = SOURCE / "sample_data/pingsha"


class Qgis(Case):
    @classmethod
    def setUpClass(cls):
        p = subprocess.run([sys.executable, "-c", "import qgis.core"], capture_output=True,
                           env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        if p.returncode != 0:
            skip("python3-qgis is not installed")

    def make(self, name, *args):
        out = self.path(name)
        self.run_hotgrid("hotspots", PINGSHA / "fire.geojson", PINGSHA / "city_management.gpkg", "--layer",
                         "cases", "--area", PINGSHA / "boundary.gpkg", "--places",
                         PINGSHA / "places.gpkg:places", "--bandwidth", "400m", "--cell", "100", *args,
                         "-q", "-o", out)
        return out

    def check(self, path):
        p = subprocess.run([sys.executable, str(CHECK), path, self.path("map.png")],
                           capture_output=True, text=True, timeout=300,
                           env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(self.dir)})
        self.assertEqual(p.returncode, 0, p.stdout[-5000:] + p.stderr[-3000:])
        self.assertGreater(os.path.getsize(self.path("map.png")), 10000)

    def test_result(self):
        self.check(self.make("hot.gpkg"))

    def test_chinese_result_with_every_cell(self):
        self.check(self.make("热点 2019.gpkg", "--lang", "zh", "--all-cells", "--all-incidents"))

    def test_result_with_patches(self):
        """Villages as if they were encroachments: their layer is there, styled, and in the project."""
        self.check(self.make("land.gpkg", PINGSHA / "boundary.gpkg", "--stream", "land", "--lang", "zh"))

    def audit(self, name, *args):
        out = self.path(name)
        self.run_hotgrid(
            "audit", "--zones", "%s:zones" % (PINGSHA / "land.gpkg"), "--permits", "%s:permits" % (PINGSHA / "land.gpkg"),
            *(a for day in ("2019-01-15", "2019-10-20")
              for a in ("--survey", "%s:patches_%s@%s" % (PINGSHA / "flights.gpkg", day[:7].replace("-", ""), day))),
            "--actions", PINGSHA / "actions_gbk.csv", *args, "-q", "-o", out)
        return out

    def test_audit_in_both_languages(self):
        for lang in ("en", "zh"):
            self.check(self.audit("audit_%s.gpkg" % lang, "--lang", lang))

    def test_trends_in_both_languages(self):
        for lang in ("en", "zh"):
            out = self.path("trends_%s.gpkg" % lang)
            self.run_hotgrid("trends", PINGSHA / "crime_gbk.csv", "--datum", "gcj02", "--area",
                             PINGSHA / "boundary.gpkg", "--lang", lang, "-q", "-o", out)
            self.check(out)

    def test_renamed(self):
        """A renamed file still loads styled layers; its embedded project names the old file."""
        out = self.make("hot.gpkg")
        renamed = self.path("renamed.gpkg")
        shutil.move(out, renamed)
        script = (
            "import sys\n"
            "from qgis.core import QgsApplication, QgsVectorLayer\n"
            "app = QgsApplication([], False)\n"
            "app.initQgis()\n"
            "bad = 0\n"
            "for name in ('hotspot_areas', 'hotspot_cells', 'incidents'):\n"
            "    layer = QgsVectorLayer('%s|layername=%s' % (sys.argv[1], name), name, 'ogr')\n"
            "    text, ok = layer.loadDefaultStyle() if layer.isValid() else ('invalid', False)\n"
            "    print(name, layer.isValid(), ok, layer.renderer().type() if ok else text)\n"
            "    bad += not ok\n"
            "layer = None\n"
            "app.exitQgis()\n"
            "sys.exit(bad)\n")
        p = subprocess.run([sys.executable, "-c", script, renamed], capture_output=True, text=True,
                           env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(self.dir)})
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr[-2000:])
        self.assertIn("hotspot_cells True True graduatedSymbol", p.stdout)

    def test_opening_leaves_the_file_as_it_is(self):
        out = self.make("hot.gpkg")
        self.check(out)
        self.assertEqual(self.query(out, "PRAGMA journal_mode"), [("delete",)])
        self.assertFalse([f for f in self.files() if f.endswith(("-wal", "-shm", "-journal"))])


if __name__ == "__main__":
    main()
