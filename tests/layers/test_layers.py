"""The arrows between the layers, read from every #include; and what else the tree promises of itself.

cli -> job -> {engine, io} -> geo -> base. Debian keeps geos_c.h, proj.h and sqlite3.h on the default
path, so the build alone does not stop a stray include.
"""
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from harness import SOURCE, main  # noqa: E402

LAYERS = {
    "base": {"base"},
    "geo": {"base", "geo"},
    "engine": {"base", "geo", "engine"},
    "io": {"base", "geo", "io"},
    "mpi": {"base", "mpi"},
    "job": {"base", "geo", "engine", "io", "mpi", "job"},
    "cli": set(),
}
# Which layer speaks to which library, by what its headers are called.
LIBRARIES = {
    "base": (),
    "geo": ("proj.h", "proj_experimental.h", "geodesic.h", "geos_c.h"),
    "engine": ("fftw3.h",),
    "io": ("gdal*.h", "ogr*.h", "cpl_*.h", "sqlite3.h", "spatialite.h", "spatialite/*.h",
           "libpq-fe.h", "uchardet/uchardet.h", "openssl/*.h", "yaml.h", "zlib.h", "cairo*.h", "pango/*.h"),
    "mpi": ("mpi.h",),
    "job": ("json-c/*.h",),
    "cli": (),
}
# The C library and the compiler, for every layer. A header that stands nowhere here is a new
# library: it belongs above, to one layer.
SYSTEM = {
    "assert.h", "cpuid.h", "ctype.h", "dirent.h", "emmintrin.h", "endian.h", "errno.h", "fcntl.h",
    "fenv.h", "float.h", "ftw.h", "glob.h", "iconv.h", "immintrin.h", "inttypes.h", "langinfo.h",
    "libgen.h", "limits.h", "locale.h", "malloc.h", "math.h", "poll.h", "pthread.h", "sched.h",
    "setjmp.h", "signal.h", "spawn.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h", "stdlib.h", "string.h", "strings.h", "termios.h", "threads.h", "time.h", "unistd.h",
    "wchar.h", "wctype.h"}
CODE = (".c", ".h", ".inc")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(\S+)", re.M)


def code_of(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in CODE)


def allowed(layer, path, name):
    """Whether a file of the layer may include what stands behind #include."""
    if name in ('"hotgrid.h"', "<hotgrid.h>"):
        return True
    if name.startswith("<") and name.endswith(">"):
        library = pathlib.PurePosixPath(name[1:-1])
        return name[1:-1] in SYSTEM or library.match("sys/*.h") or any(library.match(p) for p in LIBRARIES[layer])
    if not (name.startswith('"') and name.endswith('"')):
        return False  # a macro hides what is included
    parts = name[1:-1].split("/")
    if ".." in parts or "." in parts:
        return False
    if len(parts) == 1:  # by plain name: cli's own headers only
        return layer == "cli" and (path.parent / parts[0]).is_file()
    return parts[0] in LAYERS[layer]


def wrong_arrows(root):
    """"file: include" of every include that points the wrong way."""
    found = []
    for layer in LAYERS:
        for path in code_of(root / layer):
            for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if not allowed(layer, path, name):
                    found.append("%s: %s" % (path.relative_to(root), name))
    return found


class Includes(unittest.TestCase):
    def test_arrows_point_one_way(self):
        self.assertEqual(wrong_arrows(SOURCE), [])

    def test_the_public_header_stands_alone(self):
        names = INCLUDE.findall((SOURCE / "include/hotgrid.h").read_text(encoding="utf-8"))
        self.assertLessEqual({n.strip("<>") for n in names}, {"stdbool.h", "stddef.h", "stdint.h"})
        self.assertEqual([p.name for p in (SOURCE / "include").iterdir()], ["hotgrid.h"])

    def test_the_test_frame_stays_in_tests(self):
        for layer in LAYERS:
            for path in code_of(SOURCE / layer):
                text = path.read_text(encoding="utf-8")
                self.assertNotIn("cmocka", text, path)
                self.assertNotRegex(text, r'#\s*include\s*"tests/', path)

    def test_a_planted_include_is_found(self):
        planted = {
            "base/text.c": ("<gdal.h>", '"geo/crs.h"', "<proj.h>"),
            "geo/crs.c": ("<sqlite3.h>", '"engine/grid.h"', '"io/sql.h"', "<cpl_conv.h>"),
            "engine/grid.c": ('"io/sql.h"', "<geos_c.h>", '"job/job.h"', "<json-c/json.h>"),
            "io/sql.c": ('"engine/grid.h"', "<proj.h>", '"../engine/grid.h"', "<json-c/json.h>"),
            "job/info.c": ("<ogr_api.h>", '"cli/help.h"', "<sqlite3.h>", "<cmocka.h>", "HEADER"),
            "cli/main.c": ('"job/job.h"', '"base/text.h"', "<gdal.h>", '"job.h"'),
        }
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for layer in LAYERS:
                shutil.copytree(SOURCE / layer, root / layer)
            self.assertEqual(wrong_arrows(root), [])
            for name, includes in planted.items():
                path = root / name
                text = path.read_text(encoding="utf-8")
                for include in includes:
                    path.write_text("#  include %s\n%s" % (include, text), encoding="utf-8")
                    self.assertEqual(wrong_arrows(root), ["%s: %s" % (name, include)])
                path.write_text(text, encoding="utf-8")


class Sources(unittest.TestCase):
    def listed(self, folder):
        text = (SOURCE / folder / "CMakeLists.txt").read_text(encoding="utf-8")
        return set(re.findall(r"[\w/]+\.c\b", text)), text

    def test_every_source_is_listed_and_there(self):
        for layer in LAYERS:
            names = {p.name for p in (SOURCE / layer).glob("*.c")}
            self.assertEqual(self.listed(layer)[0], names, layer)

    def test_every_test_is_registered(self):
        _, text = self.listed("tests")
        lists = {kind: names.split() for names, kind in re.findall(
            r"foreach\(name\s([^)]*)\)\s*hotgrid_test\((\w+) \$\{name\}\)", text)}
        for kind in ("unit", "oracle", "property", "reference"):
            on_disk = {p.stem[len("test_"):] for p in (SOURCE / "tests" / kind).glob("test_*.c")}
            self.assertEqual(set(lists.get(kind, ())), on_disk, kind)
        scripts = set(re.findall(r"hotgrid_script\((\w+) (\w+)\)", text))
        on_disk = {(p.parent.name, p.stem[len("test_"):])
                   for p in (SOURCE / "tests").glob("*/test_*.py")}
        self.assertEqual(scripts, on_disk)

    def test_guards_and_names(self):
        """A header's guard is its path; nothing public stands outside the prefix."""
        for layer in LAYERS:
            for path in (SOURCE / layer).glob("*.h"):
                guard = "HG_%s_%s_H" % (layer.upper(), path.stem.upper())
                self.assertIn("#ifndef %s\n#define %s\n" % (guard, guard),
                              path.read_text(encoding="utf-8"), path)


class Tree(unittest.TestCase):
    SKIPPED = {".git", "build", "__pycache__"}
    # Paths of somebody's machine, and marks of unfinished work.
    FOREIGN = re.compile(rb"(?<![\w.$}/])/(?:work|home|root|Users|mnt|media)/\w|[A-Z]:\\\\Users"
                         rb"|\b(?:TODO|FIXME|XXX|HACK)\b(?!X)")

    def texts(self):
        for folder, folders, files in os.walk(SOURCE):
            folders[:] = [f for f in folders if f not in self.SKIPPED]
            for name in files:
                path = pathlib.Path(folder) / name
                data = path.read_bytes() if not path.is_symlink() else b""
                if b"\0" not in data[:4096]:
                    yield path, data

    def test_no_machine_and_no_loose_ends(self):
        here = pathlib.Path(__file__).resolve()
        found = ["%s: %r" % (path.relative_to(SOURCE), match.group(0))
                 for path, data in self.texts() if path.resolve() != here
                 for match in self.FOREIGN.finditer(data)]
        self.assertEqual(found, [])

    def test_no_trailing_blanks_and_a_last_newline(self):
        """As .editorconfig asks."""
        found = []
        for path, data in self.texts():
            if path.suffix not in (*CODE, ".py", ".sh", ".txt", ".cmake") or "sample_data" in path.parts:
                continue
            if data and not data.endswith(b"\n") or re.search(rb"[ \t]\n", data) or b"\r" in data:
                found.append(str(path.relative_to(SOURCE)))
        self.assertEqual(found, [])


if __name__ == "__main__":
    main()
