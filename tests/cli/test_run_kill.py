"""Batches killed at random moments and run again: the files of an undisturbed run; the results of the week before."""
import random
import re
import shutil
import time

from batch_cases import YAML, BatchCase, incidents, made
import harness
from harness import main

KILLS = 3 if harness.SANITIZED else 8
WITH_PREVIOUS = YAML.replace("    inputs: [hot]\n", "    inputs: [hot]\n    options: {previous: hot}\n").replace(
    "  folder: out\n", "  folder: out\n  formats: [html]\n")


class Killed(BatchCase):
    def kill_until_done(self, seed, seconds):
        """Kills the batch after random times until it ends by itself; how often it was killed."""
        r = random.Random(seed)
        for n in range(KILLS):
            p = self.start()
            time.sleep(r.uniform(0, seconds))
            p.kill()
            p.communicate()
            if p.returncode == 0:
                return n
        self.batch()
        return KILLS

    def assert_same(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name in wanted:
            self.assertTrue(got[name] == wanted[name], "%s differs" % name)

    def test_same_files(self):
        self.lay_out(counts=(300, 200, 0))
        began = time.monotonic()
        self.batch()
        took = time.monotonic() - began
        undisturbed = made(self.dir / "out")
        killed = 0
        for seed in range(2 if harness.SANITIZED else 4):
            shutil.rmtree(self.dir / "out")
            killed += self.kill_until_done(seed, took * 0.6)
            self.assert_same(made(self.dir / "out"), undisturbed)
        self.assertGreater(killed, 1)

    def weeks(self):
        """Two weeks whose hot places are not the same."""
        first = incidents((200, 150, 0), seed=3, days=range(1, 8))
        second = incidents((200, 150, 40), seed=4, days=range(8, 15))
        return first, second

    def told(self, unit):
        """What the report says entered, left and stayed, as ranks."""
        html = (self.dir / ("out/report/%s_en.html" % unit)).read_text(encoding="utf-8")
        found = []
        for words in ("New on the list", "Off the list", "Still on the list"):
            said = re.search(r"<li>%s: (.*?)</li>" % words, html)
            found.append(sorted(int(rank) for rank in re.findall(r"\((\d+)\)", said.group(1))) if said else None)
        return found

    def compared(self, unit):
        """The same from the cells of both results: an area stays if one of its cells was on the list."""
        now, before = ({} for _ in range(2))
        for cells, path in ((now, "out/hot/%s.gpkg"), (before, "out/previous/hot/%s.gpkg")):
            for area, cell in self.query(self.path(path % unit), "SELECT area, cell_id FROM hotspot_cells"):
                cells.setdefault(area, set()).add(cell)
        on_now, on_before = (set().union(*cells.values()) for cells in (now, before))
        return [sorted(a for a in now if not now[a] & on_before), sorted(a for a in before if not before[a] & on_now),
                sorted(a for a in now if now[a] & on_before)]

    def test_previous(self):
        """Week by week: what entered, left and stayed; killed in between all the same."""
        first, second = self.weeks()
        self.lay_out(yaml=WITH_PREVIOUS)
        self.write("incidents.csv", first)
        self.batch()
        self.assertFalse((self.dir / "out/previous").exists())
        last = made(self.dir / "out")["hot/East.gpkg"]
        self.write("incidents.csv", second)
        self.batch()
        undisturbed = made(self.dir / "out")
        self.assertEqual(undisturbed["previous/hot/East.gpkg"], last, "the result of the week before")
        self.assertEqual(self.batch()["made"], 0)
        columns = [c[1] for c in self.query(self.path("out/hot/East.gpkg"), "PRAGMA table_info(hotspot_cells)")]
        for unit in ("East", "West") if "area" in columns else ():
            self.assertEqual(self.told(unit), self.compared(unit))
        for seed in range(2):
            shutil.rmtree(self.dir / "out")
            self.write("incidents.csv", first)
            self.batch()
            self.write("incidents.csv", second)
            self.kill_until_done(10 + seed, 0.5)
            self.assert_same(made(self.dir / "out"), undisturbed)


if __name__ == "__main__":
    main()
