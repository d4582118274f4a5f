"""Batch files that are wrong: the file, the exact line, the key and what was expected; nothing is written."""
import pathlib

from batch_cases import YAML, BatchCase
from harness import main


def line_of(yaml, text):
    return yaml[:yaml.index(text)].count("\n") + 1


class BadYaml(BatchCase):
    def setUp(self):
        super().setUp()
        self.lay_out()

    def refused(self, content, *parts, code=2, line=None, file="batch.yaml"):
        self.write(file, content)
        before = self.files()
        p = self.run_hotgrid("run", self.path(file), code=code, timeout=60)
        for part in ("batch.yaml",) + parts:
            self.assertIn(part, p.stderr)
        if line:
            self.assertIn("line %d:" % line, p.stderr)
        self.assertEqual(p.stdout, "")
        self.assertEqual(self.files(), before)

    def swap(self, old, new, *parts, code=2, at=None, line=None):
        yaml = YAML.replace(old, new)
        self.assertNotEqual(yaml, YAML)
        self.refused(yaml, *parts, code=code, line=line or line_of(yaml, at or new.strip().split("\n")[-1]))

    def test_keys(self):
        self.swap("outputs:\n", "bogus: 1\noutputs:\n", "bogus", at="bogus")
        self.swap("    time: time\n", "    tome: time\n", "sources.incidents.tome", "source option")
        self.swap("    each: unit\n    options", "    eech: unit\n    options", "eech",
                  "one of id, command, inputs, options, each", at="    eech")
        self.swap("cell: 100m", "cel: 100m", "steps[1].options.cel", "an option of hotgrid hotspots", at="cel: 100m")
        self.swap("  folder: out\n", "  folders: out\n", "outputs", "folders")
        self.swap("{bandwidth: 300m", "{output: x.gpkg", "outputs are named by the steps", at="{output")
        self.swap("{bandwidth: 300m", "{area: units.gpkg", "each: unit makes the unit the area", at="{area")
        self.swap("id: report", "id: hot", "an id that no other step or source has",
                  at="  - id: hot\n    command: report")
        self.swap("id: report", "id: incidents", "an id that no other step or source has")
        self.swap("id: report", "id: ../report", "letters, digits")
        self.swap("units.gpkg\n", "units.gpkg\n  source: units.gpkg\n", "source", code=3,
                  at="  source: units.gpkg\n  name")

    def test_types_and_values(self):
        self.swap("inputs: [hot]", "inputs: {hot: 1}", "a list", at="inputs: {hot")
        self.swap("inputs: [hot]", "inputs: [hot, cold]", "\"cold\"", "the name of a source or the id of a step above",
                  at="inputs: [hot, cold]")
        self.swap("inputs: [hot]", "inputs:\n      - hot\n      - cold", "\"cold\"", at="      - cold")
        self.swap("inputs: [hot]", "inputs: [hot, hot]", "each input once", at="inputs: [hot, hot]")
        self.swap("command: report", "command: raport", "hotspots", "report")
        self.swap("command: report", "command: run", "hotspots")
        self.swap("cell: 100m", "cell: big", "cell", "big", at="cell: big")
        self.swap("cell: 100m", "cell: [1, 2]", "one value", at="cell: [1, 2]")
        self.swap("  folder: out\n", "  folder: \"\"\n", "outputs.folder")
        self.swap("  folder: out\n", "  folder: [out]\n", "outputs.folder")
        self.swap("  folder: out\n", "  folder: out\n  languages: [en, fr]\n", "\"fr\"", "en or zh")
        self.swap("  folder: out\n", "  folder: out\n  formats: []\n", "html, pdf or both")
        self.swap("each: unit\nou", "each: village\nou", "each", at="each: village")
        self.swap("    inputs: [incidents]\n", "", "inputs, for hotgrid hotspots reads some", at="  - id: hot")
        self.swap("command: hotspots", "command: audit", "no such key: audit knows no study area", at="    each")
        self.refused(YAML.replace("    each: unit\n", "").replace("command: report", "command: audit"),
                     "audit takes its sources by option", line=17)
        self.refused(YAML.replace("outputs:", "  - {id: again, command: report, inputs: [report], each: unit}\noutputs:"),
                     "a step whose result is a GeoPackage", line=22)
        self.refused(YAML.replace("    each: unit\noutputs", "outputs"), "each: unit in this step too", line=20)
        self.refused(YAML[:YAML.index("units:")] + YAML[YAML.index("steps:"):], "units at the top of the batch")

    def test_files_that_are_missing(self):
        self.swap("path: incidents.csv", "path: nowhere.csv", "sources.incidents.path", "nowhere.csv", code=4)
        self.swap("source: units.gpkg", "source: units.gpkg.bak", "units.source", code=4)
        self.swap("{bandwidth: 300m", "{places: nowhere.gpkg", "places", "nowhere.gpkg", code=4, at="{places")
        self.swap("  name: name", "  name: nom", "units.name", "no column \"nom\"")
        p = self.run_hotgrid("run", self.path("no.yaml"), code=4)
        self.assertIn("no.yaml: no such file", p.stderr)
        self.assertIn("is a folder", self.run_hotgrid("run", self.dir, code=4).stderr)

    def test_units_of_one_name(self):
        self.lay_out(names=("East", "West", "East"))
        self.refused(YAML, "\"East\" stands there twice", "units.source", line=10)

    def test_no_yaml(self):
        self.refused("", "empty", code=3)
        self.refused(b"\x00\x01\x02SQLite format 3\x00" * 100, "line 1", code=3)
        self.refused(b"\xff\xfe\x00" * 100, "UTF-16", code=3)
        self.refused(b"\xc3\x28" * 100, "line 1", "no UTF-8", code=3)
        self.refused("hello\n", "a mapping", line=1)
        self.refused("- a\n- b\n", "a mapping", line=1)
        self.swap("    path: incidents.csv\n", "\tpath: incidents.csv\n", "tab", code=3, at="\tpath")
        self.swap("inputs: [hot]", "inputs: [hot", code=3, at="inputs: [hot")

    def test_anchors(self):
        self.swap("    path: incidents.csv", "    path: &a incidents.csv", "anchor", code=3, at="&a")
        self.refused("a: &x\n  b: *x\n", line=1, code=3)
        bomb = "a0: &a0 [x, x]\n" + "".join("a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 60))
        self.refused(bomb, line=1, code=3)

    def test_endless_nesting(self):
        """A hundred megabytes of brackets, flat and deep, are refused at once and in little memory."""
        path = pathlib.Path(self.path("batch.yaml"))
        for text in (b"[" * 1000, b"[" * (100 << 20), b"- " * (50 << 20), b"{a: " * (1 << 20)):
            path.write_bytes(b"steps: " + text)
            p = self.run_hotgrid("run", path, code=3, timeout=60)
            self.assertRegex(p.stderr, r"batch\.yaml.*(levels|MiB|bytes)", p.stderr)


if __name__ == "__main__":
    main()
