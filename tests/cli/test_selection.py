"""--where on a GeoPackage selects what SQLite and, where it needs its functions, OGR would."""
import sqlite3

from osgeo import gdal

from harness import Case, main
from points import make_points, write_layer

gdal.UseExceptions()


class Selection(Case):
    def setUp(self):
        super().setUp()
        self.rows = make_points()
        self.gpkg = write_layer(self.path("cases.gpkg"), "GPKG", self.rows)

    def numbers(self, where, gpkg=None):
        out = self.path("o.gpkg")
        j = self.run_json("load", gpkg or self.gpkg, "--where", where, "--keep", "case_no", "--overwrite", "-o", out)
        self.assertEqual(j["rows_read"], j["accepted"])
        rows = self.query(out, "SELECT source_row, case_no FROM incidents ORDER BY source_row")
        self.assertEqual([r[0] for r in rows], list(range(1, len(rows) + 1)))
        return [r[1] for r in rows]

    def test_conditions(self):
        for where, keep in (("kind = '盗窃'", lambda r: r[4] == "盗窃"), ("kind LIKE 'AR%' -- without case", lambda r: r[4] == "arson"),
                            ("loss > 20 OR case_no < 5", lambda r: r[5] > 20 or r[0] < 5), ("fid % 10 = 3", lambda r: r[0] % 10 == 3),
                            ("ST_MinX(geom) > 113.1", lambda r: r[1] > 113.1),
                            ("case_no IN (SELECT max(case_no) FROM cases GROUP BY kind)", lambda r: r[0] > len(self.rows) - 3)):
            self.assertEqual(self.numbers(where), [r[0] for r in self.rows if keep(r)], where)

    def test_an_index_does_not_change_the_order(self):
        db = sqlite3.connect(self.gpkg)
        db.execute("CREATE INDEX by_loss ON cases (loss DESC)")
        db.commit()
        db.close()
        self.assertEqual(self.numbers("loss > 30"), [r[0] for r in self.rows if r[5] > 30])

    def test_nothing_but_a_condition(self):
        for where in ("nothing = 1", "take_row(1) = 1", "loss >", "1=1) LIMIT (5"):
            self.run_hotgrid("load", self.gpkg, "--where", where, "-o", self.path("o.gpkg"), code=2)
        self.assertEqual(self.numbers("loss > 20 LIMIT 5"), [r[0] for r in self.rows if r[5] > 20][:5])  # which OGR allows

    def test_a_condition_that_no_row_meets(self):
        p = self.run_hotgrid("load", self.gpkg, "--where", "loss < 0", "-o", self.path("o.gpkg"), code=3)
        self.assertIn("no row fits the selection", p.stderr)


if __name__ == "__main__":
    main()
