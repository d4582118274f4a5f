"""Times as people write them end up as the civil moments they mean, or stay untimed and are counted."""
from harness import Case, main
from points import DateCell, write_xlsx


class Times(Case):
    def table(self, values, heads="when", name="times.csv"):
        """A file with one row a value; a value may be several cells."""
        rows = [v if isinstance(v, tuple) else (v,) for v in values]
        lines = ["lon,lat,kind;%s" % heads.replace(",", ";")]
        lines[0] = lines[0].replace("lon,lat,kind", "lon;lat;kind")
        for i, row in enumerate(rows):
            lines.append(";".join(["113.1%04d" % i, "22.2%03d" % (i % 7), "k%d" % (i % 3), *row]))
        return self.write(name, "\n".join(lines) + "\n")

    def load(self, source, *options, **kwargs):
        out = self.path("out.gpkg")
        j = self.run_json("load", source, *options, "--overwrite", "--no-hash", "-o", out, **kwargs)
        return j, self.query(out, "SELECT t_start, t_end FROM incidents ORDER BY fid"), out

    def starts(self, values, *options, heads="when"):
        j, got, _ = self.load(self.table(values, heads), *options)
        return j, [t and t.replace(".000", "") for t, _ in got]

    def check(self, pairs, *options):
        """Each text alone in a file of its own kind, and said to be the time."""
        j, got = self.starts([p[0] for p in pairs], "--time", "when", *options)
        for (text, want), have in zip(pairs, got):
            self.assertEqual((text, have), (text, want))
        return j

    def test_written_in_many_ways(self):
        at = "2019-03-01T08:30:00"
        j = self.check([(text, at) for text in (
            "2019-03-01T08:30:00", "2019-03-01 08:30:00", "2019-03-01T08:30", "2019-03-01 08:30",
            "2019-03-01 8:30", "20190301T083000", "2019/03/01 08:30", "2019/3/1 8:30", "2019/3/1 8:30:00",
            "2019.03.01 08:30", "2019-3-1 8:30", "2019.3.1 8:30:00", "  2019-03-01 08:30  ", "'2019-03-01 08:30'",
            "\u30002019-03-01 08:30", "2019-03-01  08:30", "201903010830", "20190301083000",
            "2019年3月1日 8时30分", "2019年03月01日08时30分00秒", "2019年3月1日8:30", "2019年3月1日 上午8:30",
            "2019-03-01 08:30:00.000", "2019-03-01 8:30 AM", "43525.3541666667", "2019-03-01_08:30",
            "2019-03-01,08:30", "2019-03-01 08：30", "２０１９-０３-０１ ０８:３０")])
        self.assertEqual(j["untimed"], 0)

    def test_afternoons(self):
        self.check([("2019-03-01 8:30 PM", "2019-03-01T20:30:00"), ("2019年3月1日 下午8:30", "2019-03-01T20:30:00"),
                    ("2019-03-01 12:05 AM", "2019-03-01T00:05:00"), ("2019-03-01 12:05 PM", "2019-03-01T12:05:00"),
                    ("2019-03-01 24:00", "2019-03-02T00:00:00"), ("2019-12-31T23:59:60", "2020-01-01T00:00:00")])

    def test_days(self):
        self.check([(text, "2019-03-01T00:00:00") for text in (
            "2019-03-01", "2019/3/1", "20190301", "2019.3.1", "2019年3月1日", "43525", "43525.0", "\"2019-03-01\"")])

    def test_republic_of_china_years(self):
        self.check([("民国108年3月1日", "2019-03-01T00:00:00"), ("民國108年3月1日 8時30分", "2019-03-01T08:30:00"),
                    ("108/03/01", "2019-03-01T00:00:00"), ("108/3/1 08:30", "2019-03-01T08:30:00"),
                    ("1080301", "2019-03-01T00:00:00"), ("108.03.01", "2019-03-01T00:00:00"),
                    ("中華民國108年3月1日下午2時5分", "2019-03-01T14:05:00")])

    def test_bad_clocks_stay_untimed_and_are_counted(self):
        bad = ["2019-02-29", "2019-13-05 08:00", "2019/6/31 7:20", "不详", "2019-03-01 25:10", "2019-03-01 08:61",
               "soon", "0000-00-00", "1899-12-30T99:00", "2019-03-32", "12:30"]
        good = ["2019-03-01 08:30"] * 20
        j, got = self.starts(good + bad + ["", " "], "--time", "when")
        self.assertEqual(j["accepted"], len(good) + len(bad) + 2)
        self.assertEqual(j["untimed"], len(bad) + 2)
        self.assertEqual(got[20:], [None] * 13)

    def test_bad_clocks_are_rejected_where_time_is_needed(self):
        values = ["2019-03-01 08:30"] * 20 + ["2019-02-29", "不详", ""]
        source = self.table(values)
        for options in (["--require-time"], ["--since", "2019-01-01"], ["--until", "2020-01-01"]):
            with self.subTest(options=options):
                j, got, out = self.load(source, "--time", "when", *options)
                self.assertEqual((j["accepted"], j["rejected"], j["untimed"]), (20, 3, 0))
                self.assertEqual(self.query(out, "SELECT row, reason, value FROM rejects ORDER BY row"),
                                 [(21, "bad_time", "2019-02-29"), (22, "bad_time", "不详"), (23, "bad_time", None)])

    def test_needed_times_must_exist(self):
        source = self.write("plain.csv", "lon,lat\n" + "".join("113.1%02d,22.2\n" % i for i in range(40)))
        for option in (["--since", "2019-01-01"], ["--require-time"]):
            p = self.run_hotgrid("load", source, *option, "-o", self.path("x.gpkg"), code=2)
            self.assertIn("--time", p.stderr)

    def test_day_first_and_month_first(self):
        day = ["%d/%d/2019 10:00" % (1 + i % 28, 1 + i % 12) for i in range(60)]
        j, got = self.starts(day, "--time", "when")
        self.assertEqual(got, ["2019-%02d-%02dT10:00:00" % (1 + i % 12, 1 + i % 28) for i in range(60)])
        month = ["%d/%d/2019" % (1 + i % 12, 1 + i % 28) for i in range(60)]
        j, got = self.starts(month, "--time", "when")
        self.assertEqual(got, ["2019-%02d-%02dT00:00:00" % (1 + i % 12, 1 + i % 28) for i in range(60)])

    def test_undecidable_order_is_no_time(self):
        """3/4/2019 is the third of April or the fourth of March; nothing in the column tells."""
        j, got = self.starts(["%d/%d/2019" % (1 + i % 12, 1 + i % 11) for i in range(60)], "--time", "when")
        same = [i for i in range(60) if i % 12 == i % 11]
        self.assertEqual(j["accepted"], 60)
        for i in range(60):
            if i not in same:
                self.assertIsNone(got[i])

    def test_order_beyond_the_first_thousand_rows(self):
        """The row that settles the order may stand late in the file."""
        values = ["3/4/2019"] * 1500 + ["25/4/2019"] * 3
        j, got = self.starts(values, "--time", "when")
        self.assertEqual(got[0], "2019-04-03T00:00:00")
        self.assertEqual(got[-1], "2019-04-25T00:00:00")

    def test_two_columns(self):
        values = [("2019-03-01", "08:30"), ("2019/3/1", "8:30"), ("20190301", "0830"), ("2019-03-01", "8时30分"),
                  ("43525", "0.3541666667"), ("2019-03-01", "08:30:00"), ("2019年3月1日", "上午8:30"),
                  ("2019-03-01 00:00:00", "08:30"), ("2019-03-01", "1899-12-30 08:30:00"), ("2019-03-01", "")]
        source = self.table(values, "day,clock")
        j, got, _ = self.load(source, "--time", "day+clock")
        self.assertEqual([t for t, _ in got], ["2019-03-01T08:30:00.000"] * 9 + ["2019-03-01T00:00:00.000"])

    def test_two_columns_are_guessed(self):
        for heads in ("date,time", "日期,时间", "发案日期,发案时间"):
            with self.subTest(heads):
                values = [("2019-03-%02d" % (1 + i % 28), "%02d:%02d" % (i % 24, i % 60)) for i in range(40)]
                j, got, _ = self.load(self.table(values, heads))
                self.assertEqual([t for t, _ in got], ["2019-03-%02dT%02d:%02d:00.000" % (
                    1 + i % 28, i % 24, i % 60) for i in range(40)])

    def test_clock_of_a_bad_kind(self):
        j, got, _ = self.load(self.table([("2019-03-01", "08:30")] * 9 + [("2019-03-01", "noonish")], "day,clock"),
                              "--time", "day+clock")
        self.assertEqual(j["untimed"], 1)

    def test_intervals(self):
        values = [("2019-03-01 22:00", "2019-03-02 06:00"), ("2019-03-01 22:00", ""), ("", "2019-03-02 06:00"),
                  ("", ""), ("2019-03-01", "2019-03-01"), ("2019-03-02 06:00", "2019-03-01 22:00"),
                  ("2019-03-01 22:00", "nonsense")]
        values += [("2019-03-01 22:00", "2019-03-02 06:00")] * 20
        for heads, options in (("date_start,date_end", []), ("开始时间,结束时间", []), ("发案开始时间,发案结束时间", []),
                               ("a,b", ["--time", "a", "--time-end", "b"])):
            with self.subTest(heads):
                j, got, _ = self.load(self.table(values, heads), *options)
                self.assertEqual(got[0], ("2019-03-01T22:00:00.000", "2019-03-02T06:00:00.000"))
                self.assertEqual(got[1], ("2019-03-01T22:00:00.000", None))
                self.assertEqual(got[2][0], "2019-03-02T06:00:00.000")
                self.assertEqual(got[3], (None, None))
                self.assertEqual(got[4], ("2019-03-01T00:00:00.000", "2019-03-01T00:00:00.000"))
                self.assertEqual(got[5], (None, None))
                self.assertEqual(got[6], (None, None))
                self.assertEqual(j["untimed"], 3)

    def test_a_guess_is_said(self):
        p = self.run_hotgrid("load", self.table(["2019-03-01"] * 9), "-o", self.path("o.gpkg"))
        self.assertRegex(p.stdout + p.stderr, r"time = when \(guessed\)")

    def test_offsets_of_one_kind_stay_civil(self):
        j, got = self.starts(["2019-03-01T08:30:00+08:00", "2019-07-01T08:30:00+0800", "2019-07-01 08:30+08"],
                             "--time", "when")
        self.assertEqual(got, ["2019-03-01T08:30:00", "2019-07-01T08:30:00", "2019-07-01T08:30:00"])

    def test_offsets_are_converted_to_the_zone(self):
        self.check([("2019-03-01T00:30:00Z", "2019-03-01T08:30:00"), ("2019-03-01 09:30+09:00", "2019-03-01T08:30:00"),
                    ("2019-03-01T08:30:00", "2019-03-01T08:30:00"), ("2019-02-28T20:00:00-05:00", "2019-03-01T09:00:00"),
                    ("1551400200", "2019-03-01T08:30:00")], "--tz", "Asia/Shanghai")

    def test_daylight_saving(self):
        """New York went from 02:00 EST to 03:00 EDT on 10 March 2019 and back at 02:00 EDT on 3 November."""
        self.check([("2019-03-10T06:59:59Z", "2019-03-10T01:59:59"), ("2019-03-10T07:00:00Z", "2019-03-10T03:00:00"),
                    ("2019-07-01T12:00:00Z", "2019-07-01T08:00:00"), ("2019-11-03T05:59:59Z", "2019-11-03T01:59:59"),
                    ("2019-11-03T06:00:00Z", "2019-11-03T01:00:00"), ("2019-12-01T12:00:00Z", "2019-12-01T07:00:00"),
                    ("2045-07-01T12:00:00Z", "2045-07-01T08:00:00")], "--tz", "America/New_York")

    def test_fixed_zone(self):
        self.check([("2019-03-01T00:30:00Z", "2019-03-01T06:00:00")], "--tz", "+05:30")

    def test_no_such_zone(self):
        p = self.run_hotgrid("load", self.table(["2019-03-01"]), "--tz", "Asia/Nowhere", "-o", self.path("o.gpkg"),
                             code=2)
        self.assertIn("Asia/Nowhere", p.stderr)

    def test_mixing_clocks_needs_a_zone(self):
        mixed = ["2019-03-01T08:30:00"] * 9 + ["2019-03-01T00:30:00Z"]
        p = self.run_hotgrid("load", self.table(mixed), "-o", self.path("o.gpkg"), code=3)
        self.assertIn("--tz", p.stderr)
        offsets = ["2019-03-01T08:30:00+08:00"] * 9 + ["2019-03-01T00:30:00Z"]
        self.run_hotgrid("load", self.table(offsets), "-o", self.path("o.gpkg"), code=3)
        self.run_hotgrid("load", self.table(mixed), "--tz", "Asia/Shanghai", "-o", self.path("o.gpkg"))

    def test_mixing_clocks_between_inputs(self):
        a = self.table(["2019-03-01T08:30:00"] * 9, name="a.csv")
        b = self.table(["2019-03-01T00:30:00Z"] * 9, name="b.csv")
        self.run_hotgrid("load", a, b, "-o", self.path("o.gpkg"), code=3)
        self.run_hotgrid("load", a, b, "--tz", "Asia/Shanghai", "-o", self.path("o2.gpkg"))
        self.assertEqual(self.query(self.path("o2.gpkg"), "SELECT DISTINCT t_start FROM incidents"),
                         [("2019-03-01T08:30:00.000",)])

    def test_half_open_interval(self):
        values = ["2019-02-28 23:59:59", "2019-03-01 00:00", "2019-03-01", "2019-03-31 23:59:59", "2019-04-01 00:00",
                  "2019-04-01"]
        j, got, out = self.load(self.table(values), "--since", "2019-03-01", "--until", "2019-04-01")
        self.assertEqual(len(got), 3)
        self.assertEqual(self.query(out, "SELECT row, reason, value FROM rejects ORDER BY row"),
                         [(1, "outside_interval", "2019-02-28T23:59:59"), (5, "outside_interval", "2019-04-01T00:00:00"),
                          (6, "outside_interval", "2019-04-01T00:00:00")])
        j, got, _ = self.load(self.table(values), "--since", "2019-03-01T00:00:01")
        self.assertEqual(len(got), 3)

    def test_bad_bounds(self):
        source = self.table(["2019-03-01"] * 9)
        for options in (["--since", "yesterday"], ["--until", "2019-02-30"], ["--since", "2019-13-01"],
                        ["--since", "2019-04-01", "--until", "2019-03-01"]):
            with self.subTest(options=options):
                self.run_hotgrid("load", source, *options, "-o", self.path("o.gpkg"), code=2)

    def test_unix_seconds(self):
        j, got = self.starts(["1551400200", "1551400201"], "--time", "when")
        self.assertEqual(got, ["2019-03-01T00:30:00", "2019-03-01T00:30:01"])

    def test_spreadsheet_cells(self):
        """Date cells, serials, text and blanks in one column, a time of day as a fraction in another."""
        cells = [["lon", "lat", "day", "clock"]]
        for i, (day, clock) in enumerate(((DateCell(43525), DateCell(0.3541666667)), ("2019-03-01", "08:30"),
                                          (43525, 0.3541666667), ("2019/3/1", "8:30"), (None, None))):
            cells.append([113.1 + i / 100, 22.2, day, clock])
        source = write_xlsx(self.path("cells.xlsx"), cells)
        j, got, _ = self.load(source, "--time", "day+clock")
        self.assertEqual([t for t, _ in got], ["2019-03-01T08:30:00.000"] * 4 + [None])

    def test_bare_digits_are_times_only_where_the_name_says_so(self):
        text = "lon,lat,case_no,value\n" + "".join("113.1%02d,22.2,201903%02d,43525\n" % (i, 1 + i % 28) for i in range(40))
        j = self.run_json("load", self.write("n.csv", text), "-o", self.path("o.gpkg"))
        self.assertEqual(j["untimed"], 40)


if __name__ == "__main__":
    main()
