"""hotgrid run: what is made, what is skipped, what fails without stopping the rest, under which names."""
import os
import pathlib
import re
import signal
import subprocess
import time

from batch_cases import YAML, BatchCase, incidents, made, write_units
import harness
from harness import main


class Run(BatchCase):
    def test_made_then_unchanged(self):
        self.lay_out()
        first = self.batch()
        self.assertEqual((first["made"], first["empty"], first["unchanged"], first["failed"]), (8, 1, 0, 0))
        self.assertEqual(self.outcomes(first)["hot", "Quiet", "gpkg"], "empty")
        before = {p: p.stat().st_mtime_ns for p in (self.dir / "out").rglob("*") if p.is_file()}
        second = self.batch()
        self.assertEqual((second["made"], second["unchanged"]), (0, 9))
        self.assertEqual(before, {p: p.stat().st_mtime_ns for p in (self.dir / "out").rglob("*") if p.is_file()},
                         "a run without changes writes nothing")

    def test_what_changes_is_made_again(self):
        """A task is made again if an input, an option, or one of its files changed, and so is what rests on it."""
        self.lay_out()
        self.batch()
        with self.subTest("a file is gone"):
            os.unlink(self.dir / "out/report/East_en.pdf")
            facts = self.batch()
            self.assertEqual([t["output"] for t in facts["tasks"] if t["outcome"] == "made"],
                             [self.path("out/report/East_en.pdf")])
        with self.subTest("a sidecar was changed"):
            (self.dir / "out/hot/East_density.tif").write_bytes(b"x")
            self.assertEqual(self.outcomes(self.batch())["hot", "East", "gpkg"], "made")
        with self.subTest("an option"):
            self.write("batch.yaml", YAML.replace("cell: 100m", "cell: 200m"))
            self.assertEqual(self.batch()["unchanged"], 0)
        with self.subTest("dates of the command line"):
            plan = self.batch("--until", "2019-01-20", "--check")
            self.assertEqual((plan["to_make"], plan["unchanged"]), (9, 0))
            self.assertEqual(self.batch("--until", "2019-01-20")["unchanged"], 0)
            self.assertEqual(self.batch("--until", "2019-01-20")["unchanged"], 9)
            key = "SELECT value FROM run_info WHERE key = 'last_time'"
            self.assertLess(self.query(self.path("out/hot/East.gpkg"), key)[0][0], "2019-01-20")
        with self.subTest("the input"):
            self.write("incidents.csv", incidents((60, 40, 0), seed=2))
            self.assertEqual(self.batch()["unchanged"], 0)

    def test_check_writes_nothing_and_tells(self):
        self.lay_out()
        before = self.files()
        plan = self.batch("--check")
        self.assertEqual((plan["to_make"], plan["unchanged"]), (9, 0))
        self.assertEqual(self.files(), before)
        self.batch("--only", "hot")
        plan = self.batch("--check")
        self.assertEqual((plan["to_make"], plan["unchanged"]), (6, 3))
        text = self.run_hotgrid("run", self.path("batch.yaml"), "--check").stdout
        self.assertIn("hot (hotgrid hotspots, each unit): 3 unchanged", text)
        self.assertIn("report (hotgrid report, each unit): 6 to make", text)

    def test_only(self):
        self.lay_out()
        self.assertEqual({t["step"] for t in self.batch("--only", "hot")["tasks"]}, {"hot"})
        facts = self.batch("--only", "report")
        self.assertEqual((facts["unchanged"], facts["made"]), (3, 6))
        self.assertIn("is the id of no step", self.says("--only", "hot,cold", code=2))

    def test_a_quiet_village(self):
        """No incidents: no failure; the result says so, the report is made; and what was there before goes."""
        self.lay_out(counts=(60, 40, 30))
        self.batch()
        self.assertTrue((self.dir / "out/hot/Quiet_density.tif").exists())
        self.write("incidents.csv", incidents((60, 40, 0)))
        facts = self.batch()
        self.assertEqual(self.outcomes(facts)["hot", "Quiet", "gpkg"], "empty")
        self.assertFalse((self.dir / "out/hot/Quiet_density.tif").exists(), "of the week before")
        info = dict(self.query(self.path("out/hot/Quiet.gpkg"), "SELECT key, value FROM run_info"))
        self.assertEqual((info["command"], info["empty"], info["rows_read"], info["accepted"], info["elsewhere"]),
                         ("hotspots", "true", "100", "0", "100"))
        report = (self.dir / "out/report/Quiet_en.html").read_text(encoding="utf-8")
        self.assertIn("Nothing was recorded here in this period.", report)
        self.assertNotIn("Nothing was recorded", (self.dir / "out/report/East_en.html").read_text(encoding="utf-8"))
        self.assertEqual(self.batch()["unchanged"], 9)
        # and a village that wakes up
        self.write("incidents.csv", incidents((60, 40, 20)))
        self.assertEqual(self.outcomes(self.batch())["hot", "Quiet", "gpkg"], "made")

    def test_nothing_in_the_period(self):
        self.lay_out()
        facts = self.batch("--since", "2020-01-01")
        self.assertEqual((facts["empty"], facts["failed"]), (3, 0))

    def test_rows_that_are_wrong_are_no_quiet_village(self):
        self.lay_out()
        self.write("incidents.csv", "x,y,time\n" + "a,b,2019-01-01\n" * 5)
        facts = self.batch(code=1)
        self.assertEqual((facts["failed"], facts["not_run"], facts["empty"]), (3, 6, 0))

    def test_rows_of_a_unit(self):
        """rows_read = accepted + rejected; rows elsewhere are counted and not listed among the rejects."""
        self.lay_out()
        self.write("incidents.csv", incidents((60, 40, 0)) + "a,b,2019-01-01 00:00\n")
        self.batch("--only", "hot")
        for name, own in (("East", 60), ("West", 40)):
            path = self.path("out/hot/%s.gpkg" % name)
            info = dict(self.query(path, "SELECT key, value FROM run_info"))
            read, accepted, rejected, elsewhere = (int(info[k]) for k in ("rows_read", "accepted", "rejected",
                                                                          "elsewhere"))
            self.assertEqual((read, accepted + rejected), (101, 101))
            self.assertEqual(elsewhere, rejected - 1)
            self.assertLessEqual(accepted - int(info["halo"]), own)
            self.assertGreater(accepted, own / 2)
            self.assertEqual(self.query(path, "SELECT reason FROM rejects"), [("not_finite",)])

    def test_a_failure_stops_nothing_else(self):
        """The middle one cannot be written, as a folder stands in its place."""
        self.lay_out(counts=(60, 40, 20))
        (self.dir / "out/hot/West.gpkg").mkdir(parents=True)
        facts = self.batch(code=1)
        self.assertEqual((facts["made"], facts["failed"], facts["not_run"]), (6, 1, 2))
        p = self.run_hotgrid("run", self.path("batch.yaml"), code=1)
        self.assertRegex(p.stdout, r"failed: hot West: .*West\.gpkg: is a folder")
        self.assertIn("not run: report West en html: rests on hot West, which has no result", p.stdout)
        self.assertIn("3 of 9 results could not be made (1 failed, 2 rest on those)", p.stderr)
        (self.dir / "out/hot/West.gpkg").rmdir()
        self.assertEqual(self.batch()["made"], 3)

    def test_few_incidents(self):
        """Of one incident a rule of the bandwidth knows nothing; there is a result all the same."""
        self.lay_out(counts=(1, 2, 0), yaml=YAML.replace("    options: {bandwidth: 300m, cell: 100m}\n", "")
                     .replace("  folder: out\n", "  folder: out\n  formats: [html]\n"))
        facts = self.batch()
        self.assertEqual((facts["made"], facts["empty"]), (5, 1))
        self.assertIn(("East: a bandwidth of 500 m is taken (a bandwidth rule needs at least two points, there are 1; "
                       "give a bandwidth as a length)",),
                      self.query(self.path("out/hot/East.gpkg"), "SELECT value FROM run_info WHERE key LIKE 'notes[%'"))

    def test_one_run_at_a_time(self):
        self.lay_out(counts=(4000, 4000, 4000))
        p = self.start()
        try:
            lock = self.dir / "out/.batch/lock"
            while not lock.exists() and p.poll() is None:
                time.sleep(0.005)
            time.sleep(0.05)
            self.assertIn("another hotgrid run is at work", self.says(code=4))
        finally:
            p.kill()
            p.communicate()

    def test_interrupted(self):
        """SIGINT ends it soon, with whole outputs only; the next run goes on."""
        self.lay_out(counts=(3000, 3000, 3000))
        p = self.start()
        while p.poll() is None and not (self.dir / "out/hot/East.gpkg").exists():
            time.sleep(0.005)
        p.send_signal(signal.SIGINT)
        began = time.monotonic()
        said = p.communicate()[1].decode()
        self.assertEqual(p.returncode, 130, said)
        self.assertLess(time.monotonic() - began, 20 if harness.SANITIZED else 5)  # seconds: of a busy machine
        self.assertRegex(said, r"interrupted after \d of 9 results; the next run goes on from there")
        self.assertEqual([f.name for f in (self.dir / "out").rglob("*part*")], [])
        facts = self.batch()
        self.assertGreaterEqual(facts["unchanged"], 1)
        self.assertEqual(facts["unchanged"] + facts["made"], 9)

    def test_progress_on_a_terminal(self):
        """The line holds task, rate and time left, fits the terminal, and is gone at the end."""
        self.lay_out()
        out = subprocess.run(["script", "-qec", "stty cols 40; %s run %s" % (harness.HOTGRID, self.path("batch.yaml")),
                              "/dev/null"], capture_output=True, timeout=120)
        if out.returncode == 127:
            harness.skip("no script command")
        text = out.stdout.decode()
        lines = [part for part in text.replace("\n", "\r").split("\r") if "%" in part]
        self.assertTrue(any(re.match(r"[2-9]/9 .*", line) for line in lines), text)
        self.assertLessEqual(max(len(line) for line in lines), 40)
        before_summary = text[:text.index("hot (hotgrid")]
        self.assertEqual(before_summary.split("\r")[-1], "", "the line was taken away")


class Names(BatchCase):
    def test_names_that_are_no_file_names(self):
        """Case, separators, dots, length: every unit has files of its own, also on a disk that knows no case."""
        names = ["Abc", "ABC", "a/b", "a:b", ".", "..", "村" * 300, "村" * 299 + "庄", ".batch", "con\ntrol"]
        self.lay_out(counts=[12] * len(names), names=names, yaml=YAML.replace("  folder: out\n",
                                                                               "  folder: out\n  formats: [html]\n"))
        facts = self.batch()
        self.assertEqual((facts["made"], facts["failed"]), (2 * len(names), 0))
        results = [p.name for p in (self.dir / "out/hot").iterdir() if p.suffix == ".gpkg"]
        self.assertEqual(len({r.lower() for r in results}), len(names), results)
        self.assertEqual([t["unit"] for t in facts["tasks"] if t["step"] == "hot"], names)
        self.assertEqual(self.batch()["unchanged"], 2 * len(names))

    def refused(self, yaml, *parts, code=2):
        self.write("batch.yaml", yaml)
        said = self.says(code=code)
        for part in parts:
            self.assertIn(part, said)
        self.assertFalse((self.dir / "out").exists(), "nothing is written")

    def test_outputs_that_collide(self):
        self.lay_out()
        step = "  - {id: %s, command: %s, inputs: [incidents]}\n"
        head, tail = YAML[:YAML.index("  - id: hot")], YAML[YAML.index("outputs:"):]
        self.refused(head + step % ("a", "hotspots") + step % ("a_density", "density") + tail,
                     "both would write", "a_density.qml")
        self.refused(head + step % ("a", "hotspots") + step % ("A", "index") + tail,
                     "an id that no other step or source has")
        self.refused(head + step % ("previous", "hotspots") + tail, "line 13", "another id")

    def test_no_input_is_replaced(self):
        """The folder of the outputs is that of the inputs, and an output has the name of an input."""
        self.lay_out()
        yaml = YAML.replace("folder: out", "folder: .").replace("    each: unit\n", "")
        os.rename(self.path("units.gpkg"), self.path("hot.gpkg"))
        before = pathlib.Path(self.path("hot.gpkg")).read_bytes()
        self.refused(yaml.replace("units.gpkg", "hot.gpkg"), "line 10", "a file that no step writes")
        os.link(self.path("incidents.csv"), self.path("report_en.html"))
        self.refused(yaml.replace("units.gpkg", "hot.gpkg").replace("id: hot", "id: hotter")
                     .replace("[hot]", "[hotter]"), "sources.incidents", "is an output of the step report")
        self.assertEqual(pathlib.Path(self.path("hot.gpkg")).read_bytes(), before)

    def test_outputs_beside_inputs_and_a_way_up(self):
        """A folder with .., a batch file behind a symbolic link: paths are relative to where its name stands."""
        (self.dir / "week" / "deep").mkdir(parents=True)
        write_units(self.path("week/units.gpkg"), self.NAMES)
        self.write("week/incidents.csv", incidents((30, 20, 0)))
        self.write("real.yaml", YAML.replace("folder: out", "folder: deep/../../out/"))
        os.symlink(self.path("real.yaml"), self.path("week/batch.yaml"))
        facts = self.run_json("run", self.path("week/batch.yaml"))
        self.assertEqual((facts["made"], facts["empty"]), (8, 1))
        self.assertTrue((self.dir / "out/hot/East.gpkg").exists())

    def test_tables_of_units(self):
        """What an option names to be written has a name of its own for each unit."""
        yaml = YAML[:YAML.index("  - id: report")].replace("hotspots", "backtest").replace(
            "{bandwidth: 300m, cell: 100m}", "{cell: 200m, train: 7d, horizon: 7d, chart: charts/b.svg}") + \
            YAML[YAML.index("outputs:"):]
        self.lay_out(yaml=yaml)
        plan = self.batch("--check")
        self.assertEqual(plan["to_make"], 3)
        self.assertFalse((self.dir / "out").exists())


if __name__ == "__main__":
    main()
