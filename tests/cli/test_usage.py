"""Options that are unknown, malformed, contradictory or hostile: exit 2, and the line says what was expected."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import failure
import harness
from failure import bytes_of, points_csv, square

NO_LENGTHS = ["0", "-5", "nan", "NaN", "inf", "-inf", "1e400", "-1e-400", "", " ", "abc", "5 furlongs", "0x10",
              "1,5", "４００", "400mm2", "--cell"]


class Usage(failure.FailureCase):
    def setUp(self):
        super().setUp()
        self.csv = self.write("t.csv", points_csv(300))

    def refuses(self, *options, says=(), commands=("load", "density", "hotspots"), code=2):
        self.each_fails(code, self.csv, *options, says=says, commands=commands)

    def refuses_values(self, option, values, commands=("hotspots",)):
        """Each value is named in the message, as is the option."""
        for value in values:
            for command in commands:
                with self.subTest(command=command, option=option, value=value):
                    self.fails(2, command, self.csv, "%s=%s" % (option, value), "-o",
                               self.path(self.commands[command]), says=[option, value])


class Words(Usage):
    def test_no_command(self):
        self.fails(2, says="no command")
        self.fails(2, "explode", self.csv, says='"explode"')
        self.fails(2, "", says="no command")

    def test_no_input(self):
        self.each_fails(2, says="no input")
        self.fails(2, "info", says="no input")
        self.each_fails(2, "", says="empty name")

    def test_no_output(self):
        for command in self.commands:
            self.fails(2, command, self.csv, says="-o")

    def test_unknown_options(self):
        for option in ("--nope", "--nope=3", "-z", "---", "--Output", "--out", "-", "--cell-size"):
            if option != "-":
                self.refuses(option, says=option)
        self.fails(2, "info", self.csv, "--cell", "5", says="info has no such option")
        self.refuses("--cell", "50", says="load has no such option", commands=["load"])
        self.refuses("--append", says="no such option", commands=["density", "hotspots"])

    def test_dash_is_an_input(self):
        self.refuses("-", says="-: no such file", code=4)

    def test_option_without_value(self):
        for option in ("--x", "--crs", "--since", "--bandwidth", "--keep", "-o", "--output"):
            for command in self.commands:
                self.fails(2, command, self.csv, "-o", self.path("o.gpkg"), option, says=[option, "value"])
        self.refuses("--x=", says="--x")

    def test_value_on_flag(self):
        for flag in ("--overwrite", "--json", "--quiet", "--progress", "--no-hash", "--require-time"):
            self.refuses(flag + "=yes", says=[flag, "takes no value", '"yes"'])

    def test_help_beats_everything(self):
        for command in self.commands:
            p = self.run_hotgrid(command, "--nope", "--help")
            self.assertIn("usage: hotgrid " + command, p.stdout)
            self.assertEqual(p.stderr, "")

    def test_two_lines(self):
        """A usage error is one line of complaint and one that says where help is."""
        p = self.fails(2, "density", self.csv, "--cell", "x", "-o", self.path("o.tif"))
        self.assertEqual(len(p.stderr.splitlines()), 2)
        self.assertEqual(p.stderr.splitlines()[1], "see: hotgrid density --help")


class Values(Usage):
    def test_bandwidth(self):
        lists = ["1,,5", ",5", "5,", "5,0", "5,-1", "5,5.0m", "5,auto"]
        self.refuses_values("--bandwidth", [v for v in NO_LENGTHS if v != "1,5"] + lists)
        self.refuses_values("--max-error", ["0", "1", "-1", "nan", "inf", "", "abc", "1m"])
        self.refuses_values("--method", ["", "quick", "exact,fast"])

    def test_bandwidth_under_one_cell(self):
        self.refuses("--bandwidth", "49.9", "--cell", "50", says=["49.9", "50", "--bandwidth"],
                     commands=["density", "hotspots"])
        self.run_hotgrid("density", self.csv, "--bandwidth", "50", "--cell", "50", "-o", self.path("o.tif"))

    def test_bandwidth_beyond_the_area(self):
        """A warning, not an error."""
        self.write("a.geojson", square(-90.1, 34.9, -89.9, 35.1))
        for command, out in (("density", "o.tif"), ("hotspots", "o.gpkg")):
            p = self.run_hotgrid(command, self.csv, "--bandwidth", "60km", "--cell", "500", "--area",
                                 self.path("a.geojson"), "-o", self.path(out))
            self.assertRegex(p.stderr, r"note: .*60000 m")

    def test_cell(self):
        self.refuses_values("--cell", NO_LENGTHS + ["0.001", "0.005", "0.015", "1e-300"])

    def test_cells_beyond_the_disk(self):
        for more in ([], ["--area", self.write("a.geojson", square(-91, 34, -89, 36))]):
            self.refuses("--cell", "0.01", "--bandwidth", "2000", *more, says=["MB of disk", "free"], code=4,
                         commands=["density", "hotspots"])

    def test_bounds(self):
        self.refuses_values("--bounds", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "5,5,1,1", "1,1,1,1", "1,5,2,1", "",
                                         "nan,nan,nan,nan", "0,0,inf,inf", "1 2 3 4", ",,,", "1,2,3,4x",
                                         "0,0,1e400,1"], commands=["density"])
        self.refuses("--bounds=-1e308,-1e308,1e308,1e308", says="1e+308", commands=["density", "hotspots"])
        self.refuses("--bounds=0,0,1000,1000", says="--bounds", commands=["hotspots"])

    def test_words(self):
        self.refuses_values("--kernel", ["nope", "", "quartic "])
        self.refuses_values("--edge", ["nope", ""])
        self.refuses_values("--datum", ["nope", "", "wgs-84", "GCJ-2"])
        self.refuses_values("--lang", ["fr", ""], commands=["density"])
        self.refuses_values("--score", ["gi", ""], commands=["hotspots"])

    def test_numbers(self):
        self.refuses_values("--threads", ["0", "-1", "two", "", "1.5", "1e9", "99999999999999999999", "2 "])
        self.refuses_values("--seed", ["-1", "x", "1e3", "99999999999999999999"], commands=["hotspots"])
        self.refuses_values("--top", ["0", "-1", "x", ""], commands=["hotspots"])
        self.refuses_values("--chance", ["-1", "x", "1e9"], commands=["hotspots"])
        self.refuses_values("--budget", ["0", "0%", "-1%", "101%", "nan%", "nan", "inf", "inf%", "", "%", "1e400"],
                            commands=["hotspots"])
        self.refuses_values("--cutoff", ["0", "0.5", "nan", "inf", "11", ""])
        self.refuses_values("--header-row", ["0", "-1", "x", "1001"])

    def test_dates(self):
        bad = ["garbage", "2019-13-01", "2019-02-30", "", "now", "nan", "2019-01-01T00:00Z", "1e9",
               "2019-01-01T25:00", "2019-01-01 extra"]
        self.refuses_values("--since", bad, commands=["load"])
        self.refuses_values("--until", bad, commands=["load"])

    def test_empty_interval(self):
        for since, until in (("2019-05-02", "2019-05-01"), ("2019-05-01", "2019-05-01")):
            self.refuses("--since", since, "--until", until, says=["--since", "--until", since])

    def test_interval_without_rows(self):
        self.refuses("--since", "2030-01-01", says=["300 rows", "outside_interval", "2019"], code=3)

    def test_time_without_times(self):
        self.write("n.csv", "lon,lat\n-90,35\n-90.1,35.1\n")
        for option in (["--since", "2019-01-01"], ["--until", "2019-01-01"], ["--require-time"]):
            self.each_fails(2, self.path("n.csv"), *option, says=[option[0], "n.csv", "--time"])


class Places(Usage):
    def test_analysis_crs(self):
        self.refuses_values("--analysis-crs", ["EPSG:999999", "nonsense", "", "EPSG:-1", 'PROJCS["x"'],
                            commands=["density"])
        for crs in ("EPSG:4326", "EPSG:4490", "+proj=longlat", "EPSG:4978", "EPSG:5703"):
            self.refuses("--analysis-crs", crs, says="expected")

    def test_crs(self):
        self.refuses_values("--crs", ["EPSG:999999", "nonsense", ""], commands=["load"])
        self.refuses("--crs", "EPSG:4978", says="--crs", commands=["load"])
        self.refuses("--crs", "EPSG:32616", says=["outside_crs", "300 rows"], code=3)

    def test_zone(self):
        self.refuses_values("--tz", [""], commands=["load"])
        for zone in ("Mars/Olympus", "+99:00", "../../etc/passwd", "/etc/passwd"):
            self.refuses("--tz", zone, says=["time zone", zone], commands=["load"])

    def test_encoding(self):
        for name in ("utf-9", "latin1; rm -rf", "\U0001f4a9"):
            self.refuses("--encoding", name, says=["encoding", name], commands=["load"])
        self.refuses("--encoding", "UTF-16", says="UTF-16LE", commands=["load"])
        self.refuses("--encoding=", says="--encoding", commands=["load"])


class Columns(Usage):
    def test_unknown_columns(self):
        for option in ("--time", "--time-end", "--category", "--weight", "--id", "--keep", "--stream-col"):
            self.refuses(option, "nope", says=[option, 'no column "nope"', "lon, lat, when, kind"])
        self.refuses("--x", "nope", "--y", "lat", says=['--x: no column "nope"'])
        self.refuses("--x", "lon", says="--y")
        self.refuses("--y", "lat", says="--x")
        self.refuses("--time", "when+nope", says='"nope"')

    def test_layers(self):
        self.run_hotgrid("load", self.csv, "-o", self.path("s.gpkg"))
        for name in ("nope", 'incidents"; DROP TABLE incidents;--', "a'b", "sqlite_master", "gpkg_contents"):
            self.each_fails(2, self.path("s.gpkg"), "--layer", name, says=['no layer "%s"' % name, "incidents"])

    def test_sheet(self):
        self.refuses("--sheet", "nope", says='"nope"', commands=["load"])

    def test_names_of_layers(self):
        for name in ("rejects", "duplicates", "Sources", "pile_ups", "run_info", "gpkg_contents", "sqlite_x", "rtree_a_geom",
                     "a'b", 'a"; DROP TABLE x;--', "x" * 101, "a\nb", ""):
            for out in ("o.gpkg", "o.sqlite"):
                with self.subTest(name=name, out=out):
                    p = self.run_hotgrid("load", self.csv, "--nln", name, "-o", self.path(out), code=2)
                    self.assertIn("--nln", p.stderr)
        for name in ("名称", "my layer", "a-b.c", "select", "x" * 100, "100%"):
            for out in ("o.gpkg", "o.sqlite"):
                with self.subTest(name=name, out=out):
                    self.run_hotgrid("load", self.csv, "--nln", name, "-o", self.path(out), "--overwrite")
                    self.assertEqual(self.query(self.path(out), 'SELECT count(*) FROM "%s"' % name), [(300,)])

    def test_personal_columns(self):
        self.write("p.csv", "lon,lat,name,phone,身份证号,电话\n-90,35,Ann,1,2,3\n-90.1,35.1,Bob,1,2,3\n")
        for column in ("name", "phone", "身份证号", "电话"):
            self.each_fails(2, self.path("p.csv"), "--keep", column, says=[column, "--allow-identifiers"])
        self.run_hotgrid("load", self.path("p.csv"), "--keep", "phone", "--allow-identifiers", "-o",
                         self.path("o.gpkg"))
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT count(phone) FROM incidents"), [(2,)])


class Sql(Usage):
    def setUp(self):
        super().setUp()
        self.stores = [self.path("s.gpkg"), self.path("s.sqlite")]
        for store in self.stores:
            self.run_hotgrid("load", self.csv, "-o", store)

    def test_bad_conditions(self):
        for source in [self.csv] + self.stores:
            for where in ("nonsense((", "1=", "nope = 3", '"', "abs(", "kind = ", "no_such_function(1)"):
                with self.subTest(source=source, where=where):
                    self.fails(2, "load", source, "--where", where, "-o", self.path("o.gpkg"),
                               says=["--where", where])
            self.fails(2, "load", source, "--where=", "-o", self.path("o.gpkg"), says="--where")

    def test_condition_that_fits_nothing(self):
        self.fails(3, "load", self.csv, "--where", "kind = 'none'", "-o", self.path("o.gpkg"), says="no row")
        for source in self.stores:
            self.fails(3, "load", source, "--where", "stream = 'none'", "-o", self.path("o.gpkg"), says="no row")

    def test_condition(self):
        r = self.run_json("load", self.csv, "--where", "kind = 'k1'", "-o", self.path("o.gpkg"))
        self.assertEqual(r["rows_read"], 60)

    def test_bad_selects(self):
        for source, table in ((self.csv, "t"), (self.stores[0], "incidents"), (self.stores[1], "incidents")):
            for sql in ("SELECT", "SELECT * FROM nope", "SELECT nope FROM " + table, "SELECT 1, 2",
                        "SELECT * FROM %s WHERE (" % table, "SELECT load_extension('x')", ""):
                with self.subTest(source=source, sql=sql):
                    self.fails(2, "load", source, "--sql", sql, "-o", self.path("o.gpkg"))
            self.fails(3, "load", source, "--sql", "SELECT * FROM %s WHERE 0" % table, "-o", self.path("o.gpkg"))

    def test_what_is_no_select(self):
        """Inputs are read: nothing that writes, attaches or copies is run."""
        for source in [self.csv] + self.stores:
            for sql in ("DROP TABLE incidents", "DELETE FROM incidents", "nonsense", "VACUUM", "PRAGMA user_version=3",
                        "VACUUM INTO '%s'" % self.path("copy.db"), "ATTACH '%s' AS y" % self.path("new.db"),
                        "CREATE TABLE z(a)", "  update incidents SET weight=3", ";", "EXPLAIN SELECT 1"):
                with self.subTest(source=source, sql=sql):
                    self.fails(2, "load", source, "--sql", sql, "-o", self.path("o.gpkg"),
                               says=["--sql", "SELECT was expected"])

    def test_second_statement_is_not_run(self):
        for source in self.stores:
            before = bytes_of(source)
            failure.subprocess.run([harness.HOTGRID, "load", source, "--sql", "SELECT * FROM incidents; DROP TABLE "
                                    "incidents", "-o", self.path("o.gpkg")], capture_output=True)
            failure.subprocess.run([harness.HOTGRID, "load", source, "--where", "1=1; DROP TABLE incidents",
                                    "-o", self.path("p.gpkg")], capture_output=True)
            self.assertEqual(bytes_of(source), before)


class Outputs(Usage):
    def test_extension(self):
        for command, names in (("load", ["o", "o.tif", "o.csv", "o.gpkg.zip", ".gpkg"]),
                               ("density", ["o.gpkg", "o", "o.png", ".tif"]),
                               ("hotspots", ["o.tif", "o.sqlite", "o", "o.gpk"])):
            for name in names:
                if not name.startswith("."):
                    self.fails(2, command, self.csv, "-o", self.path(name), says=["-o", name, "ends in"])

    def test_missing_folder(self):
        for command, name in self.commands.items():
            self.fails(4, command, self.csv, "-o", self.path("none/" + name),
                       says=[self.path("none"), "does not exist"])

    def test_file_as_folder(self):
        for command, name in self.commands.items():
            self.fails(4, command, self.csv, "-o", self.csv + "/" + name, says=[self.csv, "no folder"])

    def test_folder_as_output(self):
        for command, name in self.commands.items():
            os.mkdir(self.path(command))
            os.mkdir(self.path(command + "/" + name))
            for more in ([], ["--overwrite"]):
                self.fails(4, command, self.csv, "-o", self.path(command + "/" + name), *more, says="folder")
        self.fails(4, "load", self.csv, "--append", "-o", self.path("load/out.gpkg"), says="folder")

    def test_unwritable(self):
        for command, name in self.commands.items():
            p = self.fails(4, command, self.csv, "-o", "/proc/" + name, says="/proc/out")
            self.assertNotIn("does not exist", p.stderr)
            self.fails(4, command, self.csv, "-o", "/proc/self/fd/" + name, says="/proc/self/fd/out")

    def test_long_name(self):
        for command, name in self.commands.items():
            self.fails(4, command, self.csv, "-o", self.path("x" * 300 + name))
            self.fails(4, command, self.csv, "-o", "/" + "x/" * 3000 + name)

    def test_special_file(self):
        os.mkfifo(self.path("f.gpkg"))
        self.fails(4, "load", self.csv, "-o", self.path("f.gpkg"), "--overwrite", says="regular file")
        os.symlink("/dev/null", self.path("n.gpkg"))
        self.fails(4, "load", self.csv, "-o", self.path("n.gpkg"), "--overwrite", says="regular file")

    def test_named_in_its_own_folder(self):
        p = self.run_hotgrid("load", "t.csv", "-o", "none/o.gpkg", code=4, cwd=str(self.dir))
        self.assertNotIn("./", p.stderr)
        self.run_hotgrid("hotspots", "t.csv", "-o", "ö ü'\".gpkg", cwd=str(self.dir))
        self.assertIn("ö ü'\".gpkg", self.files())


class Speech(Usage):
    """stdout and stderr: one object, nothing, or an error that is noticed."""

    def test_json_is_one_object(self):
        wanted = {"load": ["command", "version", "rows_read", "accepted", "rejected", "analysis_crs", "output",
                           "seconds", "halo", "untimed", "duplicates", "inputs"]}
        wanted["density"] = wanted["load"] + ["cell_m", "bandwidth_m", "kernel", "mass"]
        wanted["hotspots"] = wanted["density"]
        for command, name in self.commands.items():
            p = self.run_hotgrid(command, self.csv, "-o", self.path(command + name), "--json")
            r = json.loads(p.stdout)
            self.assertEqual([k for k in wanted[command] if k not in r], [])
            self.assertEqual(r["rows_read"], r["accepted"] + r["rejected"])
            self.assertEqual(p.stdout.count("\n"), p.stdout.rstrip("\n").count("\n") + 1)
        json.loads(self.run_hotgrid("info", self.path("loadout.gpkg"), "--json").stdout)

    def test_json_of_hostile_names(self):
        name = 'q"uo\\te\tü.csv'
        self.write(name, points_csv(50))
        r = self.run_json("load", self.path(name), "-o", self.path("o\u4e2d\".gpkg"))
        self.assertEqual(r["inputs"][0]["name"], name)
        self.assertEqual(r["output"], self.path("o\u4e2d\".gpkg"))

    def test_json_of_names_that_are_no_utf8(self):
        path = os.fsencode(self.path("")) + b"b\xff\xfe.csv"
        with open(path, "wb") as f:
            f.write(points_csv(50).encode())
        p = subprocess.run([harness.HOTGRID, "load", path, "-o", self.path("o.gpkg"), "--json"],
                           capture_output=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        json.loads(p.stdout.decode("utf-8"))
        self.assertEqual(self.query(self.path("o.gpkg"), "SELECT count(*) FROM incidents"), [(50,)])

    def test_json_on_failure(self):
        for option in ("--json", "--quiet"):
            self.refuses("--x", "nope", "--y", "lat", option, says='"nope"')

    def test_quiet(self):
        for command, name in self.commands.items():
            p = self.run_hotgrid(command, self.csv, "-o", self.path(command + name), "-q")
            self.assertEqual((p.stdout, p.stderr), ("", ""))

    def test_stdout_full(self):
        self.run_hotgrid("load", self.csv, "-o", self.path("s.gpkg"))
        runs = [["info", self.path("s.gpkg")], ["info", self.path("s.gpkg"), "--json"], ["--help"], ["--version"],
                ["load", "--help"], ["--markdown"]]
        for command, name in self.commands.items():
            runs.append([command, self.csv, "-o", self.path(command + name)])
            runs.append([command, self.csv, "-o", self.path(command + "j" + name), "--json"])
        for run in runs:
            with open("/dev/full", "w") as full:
                p = subprocess.run([harness.HOTGRID, *run], stdout=full, stderr=subprocess.PIPE, text=True)
            with self.subTest(run=run):
                self.assertEqual(p.returncode, 4, p.stderr)
                self.assertIn("hotgrid: standard output cannot be written", p.stderr)

    def test_stdout_closed(self):
        self.run_hotgrid("load", self.csv, "-o", self.path("s.gpkg"))
        for run in ("info '%s'" % self.path("s.gpkg"), "--help", "--version",
                    "density '%s' -o '%s'" % (self.csv, self.path("c.tif"))):
            p = subprocess.run(["sh", "-c", "exec '%s' %s >&-" % (harness.HOTGRID, run)], capture_output=True,
                               text=True)
            self.assertEqual(p.returncode, 4, (run, p.stderr))

    def test_all_streams_closed(self):
        """Files opened by the run then get the numbers 0 to 2: no message may end up in them."""
        p = subprocess.run(["sh", "-c", "exec '%s' hotspots '%s' -o '%s' -q <&- >&- 2>&-"
                            % (harness.HOTGRID, self.csv, self.path("o.gpkg"))])
        self.assertEqual(p.returncode, 0)
        self.run_hotgrid("info", self.path("o.gpkg"))
        self.run_hotgrid("hotspots", self.csv, "-o", self.path("p.gpkg"))
        self.assertEqual(bytes_of(self.path("o_density.tif")), bytes_of(self.path("p_density.tif")))
        p = subprocess.run(["sh", "-c", "exec '%s' load '%s' -o '%s' <&- >&- 2>&-"
                            % (harness.HOTGRID, self.csv, self.path("l.gpkg"))])
        self.assertEqual(self.query(self.path("l.gpkg"), "PRAGMA integrity_check"), [("ok",)])

    def test_pipe_that_closes(self):
        self.run_hotgrid("load", self.csv, "-o", self.path("s.gpkg"))
        p = subprocess.run(["bash", "-c", "'%s' info '%s' | true; exit ${PIPESTATUS[0]}"
                            % (harness.HOTGRID, self.path("s.gpkg"))], capture_output=True, text=True)
        self.assertIn(p.returncode, (0, 4))


class Passwords(Usage):
    SECRETS = ["PG:host=localhost port=1 user=u password=hunter2 dbname=x",
               "PG:host=localhost port=1 password='hunter2 hunter2' dbname=x",
               "PG:host=localhost port=1 password = 'hunter2' dbname=x",
               "PG:host=localhost port=1 password='it\\'s hunter2' dbname=x",
               "PG:password=hunter2 host=localhost port=1 password=hunter2",
               "postgresql://u:hunter2@localhost:1/x", "postgresql://u:p@hunter2@localhost:1/x",
               "postgresql://localhost:1/x?user=u&password=hunter2&sslmode=disable"]

    def test_in_errors(self):
        for source in self.SECRETS:
            for run in (["load", source, "-o", self.path("o.gpkg")], ["info", source],
                        ["load", self.csv, "--area", source, "-o", self.path("o.gpkg")],
                        ["hotspots", self.csv, "--places", source, "-o", self.path("o.gpkg")]):
                p = self.fails(4, *run)
                self.assertNotIn("hunter2", p.stderr)

    def test_in_records(self):
        """Any argument may hold one; the store's record of the command line must not."""
        for i, source in enumerate(self.SECRETS):
            out = self.path("o%d.gpkg" % i)
            p = self.run_hotgrid("load", self.csv, "--category", "kind", "--stream", source, "-o", out, "--json")
            line = json.loads(p.stdout)["command_line"]
            self.assertNotIn("hunter2", line)
            self.assertIn("***", line)
            stored = self.query(out, "SELECT value FROM run_info WHERE key = 'command_line'")
            self.assertEqual(stored, [(line,)])


if __name__ == "__main__":
    harness.main()
