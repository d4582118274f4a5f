"""What the method page says of real towns: the tuned score is at least as good as the best default of others."""
import csv

from harness import SOURCE, Case, main, shared

PEERS = ("count", "kde_silverman", "kde_nrd", "kde_qgis", "kde_auto")


class Real(Case):
    def pai(self, *args):
        out = self.path("out.csv")
        self.run_hotgrid("backtest", *args, "--methods", ",".join(PEERS), "--tune", "--bootstrap", 0, "--origins", 1,
                         "--overwrite", "-o", out, timeout=800)
        with open(out, encoding="utf-8-sig") as f:
            return {(r["method"], float(r["budget"])): r for r in csv.DictReader(f)}

    def tuned_leads(self, rows):
        for budget in (0.01, 0.05):
            best = max(PEERS, key=lambda m: float(rows[m, budget]["pai"]))
            self.assertGreaterEqual(float(rows["tuned", budget]["pai"]), float(rows[best, budget]["pai"]), best)
            self.assertGreater(float(rows["tuned", budget]["area_share"]), 0.9 * budget)

    def test_new_york(self):
        path = shared("us_crime_samples", "nyc_vehicle_thefts.csv")
        for cell in ("auto", 100):
            rows = self.pai(path, "--cell", cell)
            self.assertEqual(rows["count", 0.01]["windows"], "12")
            self.tuned_leads(rows)

    def test_memphis(self):
        folder = SOURCE / "sample_data" / "memphis"
        rows = self.pai(folder / "memphis_robberies_2019.csv", "--train", "180d", "--horizon", "30d", "--area",
                        folder / "memphis_precincts.gpkg")
        self.assertEqual(rows["count", 0.01]["windows"], "6")
        self.tuned_leads(rows)


if __name__ == "__main__":
    main()
