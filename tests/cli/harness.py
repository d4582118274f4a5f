"""What the tests of the command share: running it, small inputs, reading results.

Each test file is run by /usr/bin/python3 (whose GDAL bindings come from Debian) with HOTGRID naming the
command. A test that needs what is not there calls skip(reason); with HOTGRID_NO_SKIP set, a skip
other than for missing shared data is a failure.
"""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

HOTGRID = os.environ.get("HOTGRID", "build/release/hotgrid")
SOURCE = pathlib.Path(os.environ.get("HOTGRID_SOURCE", "."))
SHARED = pathlib.Path(os.environ.get("HOTGRID_SHARED_DATA", SOURCE / ".." / "shared" / "data"))
SANITIZED = bool(os.environ.get("HOTGRID_SANITIZE"))


def skip(reason, shared_data=False):
    if os.environ.get("HOTGRID_NO_SKIP") and not shared_data:
        raise AssertionError("must not be skipped here: " + reason)
    print("skipped:", reason, file=sys.stderr)
    raise unittest.SkipTest(reason)


def shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        skip("no shared data at %s" % path, shared_data=True)
    return str(path)


class Case(unittest.TestCase):
    """A test case with a folder of its own that goes when the test ends."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hotgrid-test-"))
        self.addCleanup(shutil.rmtree, self.dir, True)

    def path(self, name):
        return str(self.dir / name)

    def write(self, name, content, encoding="utf-8"):
        data = content if isinstance(content, bytes) else content.encode(encoding)
        (self.dir / name).write_bytes(data)
        return self.path(name)

    def run_hotgrid(self, *args, code=0, timeout=300, **kwargs):
        """Runs the command, asserts its exit code, returns the finished process."""
        p = subprocess.run([HOTGRID, *map(str, args)], capture_output=True, text=True,
                           timeout=timeout, **kwargs)
        self.assertEqual(p.returncode, code, "hotgrid %s\nstdout: %s\nstderr: %s" % (
            " ".join(map(str, args)), p.stdout[-2000:], p.stderr[-3000:]))
        return p

    def run_json(self, *args, **kwargs):
        return json.loads(self.run_hotgrid(*args, "--json", **kwargs).stdout)

    def query(self, path, sql, *params):
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        try:
            return db.execute(sql, params).fetchall()
        finally:
            db.close()

    def files(self):
        """Everything in the test's folder, hidden files too."""
        return sorted(p.name for p in self.dir.iterdir())


def main():
    result = unittest.main(exit=False).result
    failed = not result.wasSuccessful()
    all_skipped = result.testsRun > 0 and len(result.skipped) == result.testsRun
    sys.exit(1 if failed else 77 if all_skipped else 0)
