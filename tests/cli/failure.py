"""What the tests of failing runs share: a failure says what was wrong, and leaves the folder as it was."""
import hashlib
import os
import random
import re
import subprocess

import harness

# Words that only a library beneath the command uses; a message that holds one was passed on unread.
LEAKS = re.compile(
    r"ERROR \d|Warning \d|sqlite3_|SQLITE_|\bOGR|GDAL|libtiff|TIFF\w*:|TIFF[A-Z]\w+|proj_\w+|PROJ:|GEOS|"
    r"CPL[A-Z]\w*|\w+\(\):|\w+\.(?:c|cpp|h):?\d*\b(?!sv)|runtime error|AddressSanitizer|LeakSanitizer|"
    r"IllegalArgument|TopologyException|vsimem|\.part\d")


def points_csv(n, seed=1, x=-90.0, y=35.0, spread=0.03):
    rnd = random.Random(seed)
    rows = ["lon,lat,when,kind"]
    for i in range(n):
        rows.append("%.6f,%.6f,2019-%02d-%02d %02d:%02d,k%d" % (
            rnd.gauss(x, spread), rnd.gauss(y, spread), 1 + i % 12, 1 + i % 28, i % 24, i % 60, i % 5))
    return "\n".join(rows) + "\n"


def square(x0, y0, x1, y1):
    """A GeoJSON file of one polygon in WGS 84."""
    return ('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"square"},'
            '"geometry":{"type":"Polygon","coordinates":[[[%r,%r],[%r,%r],[%r,%r],[%r,%r],[%r,%r]]]}}]}'
            % (x0, y0, x1, y0, x1, y1, x0, y1, x0, y0))


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


class FailureCase(harness.Case):
    commands = {"load": "out.gpkg", "density": "out.tif", "hotspots": "out.gpkg"}

    def state(self):
        """Every file below the test's folder with its content, hidden files too."""
        found = {}
        for folder, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    found[path] = hashlib.sha256(bytes_of(path)).hexdigest()
        return found

    def assert_message(self, stderr, says=()):
        lines = [l for l in stderr.splitlines() if not l.startswith(("note: ", "see: hotgrid"))]
        self.assertEqual(len(lines), 1, "one line of complaint was expected: %r" % stderr)
        self.assertTrue(lines[0].startswith("hotgrid: "), lines[0])
        leak = LEAKS.search(lines[0])
        self.assertIsNone(leak, "a library's words: %r" % lines[0])
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, lines[0])

    def fails(self, code, *args, says=(), **kwargs):
        """The run fails with this code, one clear line, nothing on stdout, no file made or changed."""
        before = self.state()
        p = self.run_hotgrid(*args, code=code, **kwargs)
        self.assertEqual(p.stdout, "")
        self.assert_message(p.stderr, says)
        self.assertEqual(self.state(), before, "files changed by %r" % (args,))
        return p

    def each_fails(self, code, *args, says=(), commands=("load", "density", "hotspots")):
        for command in commands:
            with self.subTest(command=command, args=args):
                self.fails(code, command, *args, "-o", self.path(self.commands[command]), says=says)

    def read_fails(self, code, source, *args, says=()):
        """Every command that opens `source` refuses it."""
        self.each_fails(code, self.path(source), *args, says=says)
        with self.subTest(command="info", source=source):
            self.fails(code, "info", self.path(source), says=says)

    def popen(self, *args):
        return subprocess.Popen([harness.HOTGRID, *map(str, args)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
