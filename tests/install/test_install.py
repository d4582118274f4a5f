"""What `cmake --install` leaves: a stranger finds it, compiles against it and runs a job with it."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import harness  # noqa: E402
from harness import SANITIZED, SOURCE, Case, main  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(harness.HOTGRID).resolve().parent
# A program that links a sanitized library has to be sanitized itself.
FLAGS = ["-fsanitize=" + os.environ["HOTGRID_SANITIZE"]] if SANITIZED else []
VERSION = "0.1.0"


class Install(Case):
    def setUp(self):
        super().setUp()
        self.prefix = self.dir / "prefix with blank"
        self.tool("cmake", "--install", BUILD, "--prefix", self.prefix)
        rng = random.Random(1)
        self.input = self.write("events.csv", "x,y\n" + "".join(
            "%.1f,%.1f\n" % (500000 + rng.gauss(0, 800), 4000000 + rng.gauss(0, 800))
            for _ in range(300)))

    def tool(self, *args, **kwargs):
        p = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=300, **kwargs)
        self.assertEqual(p.returncode, 0, "%s\n%s%s" % (args, p.stdout[-3000:], p.stderr[-3000:]))
        return p.stdout

    def installed(self, name):
        found = sorted(self.prefix.rglob(name))
        self.assertTrue(found, "%s is installed" % name)
        return found[0]

    def assert_runs(self, program, env=None):
        out = self.path("hot.gpkg")
        said = self.tool(program, self.input, out, env={**os.environ, **(env or {})})
        self.assertIn("300 rows read = 300 accepted + 0 rejected", said)
        self.assertIn("progress was told", said)
        facts = json.loads(said[said.index("{"):said.rindex("}") + 1])
        self.assertEqual((facts["accepted"], facts["bandwidth_m"]), (300, 400))
        self.assertEqual(self.query(out, "SELECT value FROM run_info WHERE key = 'version'"),
                         [(VERSION,)])
        # and fails as the header says: status, message, exit code
        p = subprocess.run([str(program), self.path("missing.csv"), self.path("none.gpkg")],
                           capture_output=True, text=True, env={**os.environ, **(env or {})})
        self.assertEqual(p.returncode, 4, p.stderr)
        self.assertIn("missing.csv", p.stderr)

    def test_what_is_there(self):
        files = sorted(str(p.relative_to(self.prefix)) for p in self.prefix.rglob("*") if not p.is_dir())
        names = sorted(pathlib.PurePath(f).name for f in files)
        kind = "relwithdebinfo" if SANITIZED else "release"
        self.assertEqual(names, sorted([
            "hotgrid", "hotgrid.h", "libhotgrid.so", "libhotgrid.so.0", "libhotgrid.so." + VERSION,
            "hotgrid.pc", "hotgrid-config.cmake", "hotgrid-config-version.cmake",
            "hotgrid-targets.cmake", "hotgrid-targets-%s.cmake" % kind]), files)
        said = self.tool(self.prefix / "bin/hotgrid", "--version")
        self.assertIn(VERSION, said)
        for path in self.prefix.rglob("*"):
            if path.is_file() and path.suffix in (".pc", ".cmake", ".h"):
                self.assertNotIn(str(SOURCE.resolve()), path.read_text(), path)

    def test_find_package(self):
        source, build = self.dir / "stranger", self.dir / "build"
        shutil.copytree(HERE, source, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        self.tool("cmake", "-S", source, "-B", build, "-DCMAKE_PREFIX_PATH=%s" % self.prefix,
                  "-DCMAKE_C_FLAGS=%s" % " ".join(FLAGS))
        self.tool("cmake", "--build", build)
        self.assert_runs(build / "consumer")

    def test_moved_prefix_with_pkg_config(self):
        moved = self.dir / "moved"
        self.prefix.rename(moved)
        self.prefix = moved
        lib = self.installed("libhotgrid.so").parent
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.installed("hotgrid.pc").parent)}
        self.assertEqual(self.tool("pkg-config", "--modversion", "hotgrid", env=env).strip(), VERSION)
        flags = self.tool("pkg-config", "--cflags", "--libs", "hotgrid", env=env).split()
        for language, compiler in (("c", ["cc", "-std=c11"]), ("cpp", ["c++", "-x", "c++", "-std=c++11"])):
            program = self.dir / ("consumer-" + language)
            self.tool(*compiler, "-Wall", "-Wextra", "-pedantic", "-Werror", *FLAGS,
                      HERE / "consumer.c", "-x", "none", *flags, "-Wl,-rpath," + str(lib), "-o", program)
            self.assert_runs(program)

    def test_the_header_alone(self):
        header = self.installed("hotgrid.h")
        for compiler in (["cc", "-std=c11"], ["cc", "-std=c17"], ["c++", "-x", "c++", "-std=c++11"],
                         ["c++", "-x", "c++", "-std=c++20"]):
            name = self.write("alone.c", "#include <hotgrid.h>\n#include <hotgrid.h>\n")
            self.tool(*compiler, "-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Werror",
                      "-fsyntax-only", "-I", header.parent, name)

    def test_exported_symbols(self):
        out = self.tool("nm", "-D", "--defined-only", self.installed("libhotgrid.so"))
        symbols = {line.split()[-1].split("@")[0] for line in out.splitlines()}
        if SANITIZED:
            symbols = {s for s in symbols if not s.startswith("_")}
        text = self.installed("hotgrid.h").read_text()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        declared = set(re.findall(r"HG_API[^;]*?\b(hg_\w+)\(", text))
        self.assertGreater(len(declared), 20)
        self.assertEqual(symbols, declared)

    def test_needs_no_library_that_is_not_used(self):
        out = self.tool("ldd", self.installed("libhotgrid.so"))
        self.assertNotIn("not found", out)


if __name__ == "__main__":
    main()
