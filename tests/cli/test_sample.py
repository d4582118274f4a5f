"""The sample data: the demo as `make demo` runs it, its planted truth, and the robberies of Memphis."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import harness
from harness import SOURCE, Case, main

TRUTH = SOURCE / "tests/sample/check_truth.py"


class Pingsha(Case):
    def demo(self):
        """tools/demo.sh in a folder that holds the sample data, so that the tree stays as it is."""
        shutil.copytree(SOURCE / "sample_data", self.dir / "sample_data")
        p = subprocess.run(["sh", str((SOURCE / "tools/demo.sh").resolve()),
                            str(pathlib.Path(harness.HOTGRID).resolve())],
                           cwd=self.dir, capture_output=True, text=True, timeout=300)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        return p

    def truth(self, result, *args):
        p = subprocess.run([sys.executable, str(TRUTH), str(result), str(SOURCE / "sample_data/pingsha"),
                            *args], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stdout[-6000:] + p.stderr)

    def test_demo(self):
        p = self.demo()
        lines = p.stdout.splitlines()
        self.assertLessEqual(len(lines), 70, p.stdout)
        self.assertIn("SYNTHETIC", p.stdout)
        self.assertIn("build/demo/hotspots.gpkg", p.stdout)
        self.assertIn("QGIS", p.stdout)
        reports = ["report_en.html", "report_zh.html", "report_en.pdf", "report_zh.pdf"]
        self.assertEqual(lines[-4:], ["  build/demo/" + name for name in reports])
        for name in reports:
            begins = b"<!doctype html>" if name.endswith("html") else b"%PDF-"
            self.assertTrue((self.dir / "build/demo" / name).read_bytes().startswith(begins), name)
        self.assertEqual({f.name for f in (self.dir / "build/demo").iterdir()}, {
            ".batch", "audit.gpkg", "hotspots.gpkg", "hotspots_density.qml", "hotspots_density.tif", "index.csv",
            "index.gpkg", "index_calendar.png", "index_calendar.svg", "trends.gpkg", *reports})
        self.figures_of_the_campaign(lines)
        result = self.dir / "build/demo/hotspots.gpkg"
        self.truth(result, "--active", "duplicate_id")
        self.police_station_is_a_pile_up(result)
        self.assertEqual(self.demo_again(), 0, "the demo runs over its own result")

    def figures_of_the_campaign(self, lines):
        """The table behind "more than": each computed figure is that of the truth, and more than was reported."""
        truth = json.loads((SOURCE / "sample_data/pingsha/truth.json").read_text(encoding="utf-8"))["audit"]
        first = next(i for i, line in enumerate(lines) if line.split() == ["more", "than", "computed"])
        shown = [[float(v.replace(",", "")) for v in line.split()[-2:]] for line in lines[first + 1:first + 6]]
        keys = ("state_land_mu", "public_building_rooms", "fish_pond_mu", "structure_m2", "oyster_raft_m2")
        self.assertEqual([more_than for more_than, _ in shown], [truth["reported"][k] for k in keys])
        for (more_than, computed), key in zip(shown, keys):
            self.assertAlmostEqual(computed, truth["computed"][key], delta=2e-5 * computed, msg=key)
            self.assertGreaterEqual(computed, more_than)

    def demo_again(self):
        return subprocess.run(["sh", str((SOURCE / "tools/demo.sh").resolve()),
                               str(pathlib.Path(harness.HOTGRID).resolve())], cwd=self.dir,
                              capture_output=True).returncode

    def police_station_is_a_pile_up(self, result):
        piles = self.query(result, "SELECT count, share, cells_changed FROM pile_ups ORDER BY rank")
        self.assertGreaterEqual(len(piles), 1)
        self.assertTrue(200 <= piles[0][0] <= 215, piles)

    def test_the_command_of_the_readme(self):
        """The README's command runs as printed there, and the truth holds for it."""
        text = (SOURCE / "sample_data/pingsha/README.md").read_text(encoding="utf-8")
        command = re.search(r"^hotgrid hotspots \\\n(?:.*\\\n)*.*$", text, re.M).group(0)
        folder = self.dir / "pingsha"
        shutil.copytree(SOURCE / "sample_data/pingsha", folder)
        tool = self.dir / "hotgrid"
        tool.symlink_to(pathlib.Path(harness.HOTGRID).resolve())
        p = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True,
                           env={**os.environ, "PATH": "%s:%s" % (self.dir, os.environ["PATH"])})
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.truth(folder / "pingsha_hotspots.gpkg")

    def test_every_reason_on_demand(self):
        """All checks switched on; the truth then expects every planted row among the rejects."""
        s = SOURCE / "sample_data/pingsha"
        out = self.path("strict.gpkg")
        self.run_hotgrid(
            "hotspots", s / "crime_gbk.csv", "--datum", "gcj02", "--id", "案件编号", "--stream", "crime",
            s / "traffic.xlsx", "--sheet", "事故", "--header-row", "3", "--stream", "traffic",
            s / "fire.geojson", "--weight", "weight",
            s / "city_management.gpkg", "--layer", "cases", "--weight", "weight",
            "--area", s / "boundary.gpkg", "--bandwidth", "400m", "--cell", "100", "--require-time",
            "--drop-duplicates", "-q", "-o", out)
        active = ("duplicate_id", "bad_weight", "bad_time", "duplicate_row")
        self.truth(out, *(a for r in active for a in ("--active", r)))


class Memphis(Case):
    def test_memphis(self):
        folder = SOURCE / "sample_data/memphis"
        facts = self.run_json("hotspots", folder / "memphis_robberies_2019.csv", "-o",
                              self.path("m.gpkg"), "--area", folder / "memphis_precincts.gpkg")
        self.assertEqual((facts["rows_read"], facts["accepted"], facts["rejected"]), (2245, 2245, 0))
        self.assertEqual(facts["analysis_crs"], "EPSG:32616")
        self.assertGreater(facts["concentration"], 3)
        for key in ("command", "version", "cell_m", "bandwidth_m", "kernel", "output", "seconds", "mass",
                    "halo", "untimed", "duplicates", "inputs", "method"):
            self.assertIn(key, facts)
        self.assertEqual(facts["output"], self.path("m.gpkg"))

    def test_with_no_other_option(self):
        facts = self.run_json("hotspots", SOURCE / "sample_data/memphis/memphis_robberies_2019.csv",
                              "-o", self.path("m.gpkg"))
        self.assertEqual(facts["accepted"], 2245)
        self.assertEqual(facts["area_source"], "guessed")


if __name__ == "__main__":
    main()
