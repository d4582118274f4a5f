"""Points in PostGIS, served by a PostgreSQL of the test's own, read like any file."""
import glob
import os
import pathlib
import pwd
import random
import shutil
import subprocess
import tempfile

from harness import HOTGRID, Case, main, skip
from points import as_text, make_points

SETTINGS = ["--bandwidth", "400m", "--cell", "50m", "--chance", "0", "--no-hash"]
SECRET = "opensesame42"


class Server:
    """A cluster in a folder of its own: a socket there, no TCP, gone when stopped."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        if not found:
            skip("no PostgreSQL server is installed")
        if not glob.glob("/usr/share/postgresql/*/extension/postgis.control"):
            skip("no PostGIS is installed")
        self.bin = pathlib.Path(found[-1]).parent
        self.port = str(random.randint(20000, 60000))
        self.folder = tempfile.mkdtemp(prefix="hotgrid-pg-")
        self.as_user = []
        if os.geteuid() == 0:
            try:
                user = pwd.getpwnam("postgres")
            except KeyError:
                user = pwd.getpwnam("nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            os.chmod(self.folder, 0o755)
            self.as_user = ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]

    def run(self, program, *args, **kwargs):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": self.folder, "TZ": "UTC"}
        p = subprocess.run([*self.as_user, str(self.bin / program), *args], capture_output=True, text=True,
                           cwd=self.folder, env=environment, **kwargs)
        if p.returncode:
            raise AssertionError("%s failed: %s%s" % (program, p.stdout, p.stderr))
        return p.stdout

    def start(self):
        data = self.folder + "/data"
        self.run("initdb", "-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync")
        hba = "local all guarded scram-sha-256\nlocal all all trust\n"
        pathlib.Path(data, "pg_hba.conf").write_text(hba)
        options = ("-c listen_addresses='' -c unix_socket_directories='%s' -c port=%s -c fsync=off -c autovacuum=off -c log_statement=all"
                   % (self.folder, self.port))
        self.run("pg_ctl", "-D", data, "-w", "-o", options, "-l", self.folder + "/log", "start", stdin=subprocess.DEVNULL)
        self.sql("CREATE DATABASE hot", "postgres")
        self.sql("CREATE EXTENSION postgis")
        self.sql("CREATE ROLE guarded LOGIN PASSWORD '%s'" % SECRET)

    def sql(self, text, database="hot"):
        return self.run("psql", "-h", self.folder, "-p", self.port, "-U", "owner", "-d", database, "-q", "-t", "-A", "-v",
                        "ON_ERROR_STOP=1", "-f", "-", input=text)

    def stop(self):
        try:
            if os.path.exists(self.folder + "/data/postmaster.pid"):
                self.run("pg_ctl", "-D", self.folder + "/data", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.folder, True)

    def connection(self, more="", user="owner", database="hot"):
        return "PG:host=%s port=%s dbname=%s user=%s %s" % (self.folder, self.port, database, user, more)


class PostGIS(Case):
    @classmethod
    def setUpClass(cls):
        cls.rows = make_points()
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls.server.sql("CREATE TABLE cases (id serial PRIMARY KEY, case_no int, happened timestamp, kind text, loss float8, "
                       "geom geometry(Point, 4326));")
        values = ",\n".join("(%d, '%s', '%s', %r, ST_SetSRID(ST_MakePoint(%r, %r), 4326))" % (n, when, kind, loss, lon, lat)
                            for n, lon, lat, when, kind, loss in cls.rows)
        cls.server.sql("INSERT INTO cases (case_no, happened, kind, loss, geom) VALUES " + values)
        cls.server.sql("CREATE TABLE odd (id serial PRIMARY KEY, n int, at timestamptz, geom geometry(Geometry, 4326)); "
                       "INSERT INTO odd (n, at, geom) SELECT i, '2019-03-01 08:30:00+08'::timestamptz, "
                       "ST_SetSRID(ST_MakePoint(113 + i / 100.0, 22), 4326) FROM generate_series(1, 40) i; "
                       "INSERT INTO odd (n, at, geom) VALUES (41, NULL, NULL), (42, now(), ST_GeomFromText('POINT EMPTY', 4326)),"
                       "(43, now(), ST_GeomFromText('LINESTRING(113 22, 114 22)', 4326)), "
                       "(44, now(), ST_GeomFromText('POINT(0 0)', 4326));")
        cls.server.sql("CREATE TABLE plain (x float8, y float8, kind text); INSERT INTO plain SELECT 113 + i / 100.0, 22, 'k' "
                       "FROM generate_series(1, 40) i; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guarded")

    def test_hotspots_equal_those_of_the_file(self):
        sql = "SELECT cell_id, score, count, weight, peak_hour FROM hotspot_cells ORDER BY rank"
        options = ["--category", "kind", "--weight", "loss", *SETTINGS]
        self.run_json("hotspots", self.write("cases.csv", as_text(self.rows)), *options, "-o", self.path("a.gpkg"))
        j = self.run_json("hotspots", self.server.connection("tables=cases"), *options, "-o", self.path("b.gpkg"))
        self.assertEqual((j["rows_read"], j["accepted"]), (300, 300))
        self.assertEqual(j["streams"], ["cases"])
        self.assertEqual(self.query(self.path("b.gpkg"), sql), self.query(self.path("a.gpkg"), sql))

    def test_load(self):
        out = self.path("o.gpkg")
        j = self.run_json("load", self.server.connection("tables=cases"), "--time", "happened", "--keep", "case_no", "--category",
                          "kind", "-o", out)
        got = self.query(out, "SELECT case_no, t_start, category FROM incidents ORDER BY case_no")
        self.assertEqual(got, [(n, when.replace(" ", "T") + ".000", kind) for n, _, _, when, kind, _ in self.rows])

    def test_layer_where_and_sql(self):
        pg = self.server.connection()
        out = self.path("o.gpkg")
        self.run_hotgrid("load", pg, "-o", out, code=2)
        self.assertEqual(self.run_json("load", pg, "--layer", "cases", "--where", "kind = 'arson'", "-o", out)["accepted"], 100)
        j = self.run_json("load", pg, "--sql", "SELECT geom, kind FROM cases WHERE case_no <= 50", "--overwrite", "-o", out)
        self.assertEqual(j["accepted"], 50)
        self.run_hotgrid("load", pg, "--layer", "nowhere", "--overwrite", "-o", out, code=2)
        self.run_hotgrid("load", pg, "--layer", "cases", "--where", "nothing = 1", "--overwrite", "-o", out, code=2)

    def test_rejects(self):
        out = self.path("o.gpkg")
        j = self.run_json("load", self.server.connection("tables=odd"), "--tz", "Asia/Shanghai", "--rejects-raw", "-o", out)
        self.assertEqual((j["rows_read"], j["accepted"]), (44, 40))
        self.assertEqual(self.query(out, "SELECT row, reason FROM rejects ORDER BY row"),
                         [(41, "no_geometry"), (42, "no_geometry"), (43, "bad_geometry"), (44, "null_island")])
        self.assertEqual(self.query(out, "SELECT DISTINCT t_start FROM incidents"), [("2019-03-01T08:30:00.000",)])
        self.assertEqual(self.query(out, "SELECT count(*) FROM rejects WHERE raw LIKE '%n=' || row || ';%'"), [(4,)])

    def test_table_without_geometry(self):
        j = self.run_json("load", self.server.connection("tables=plain"), "-o", self.path("o.gpkg"))
        self.assertEqual(j["accepted"], 40)

    def both_ways(self, table, *options, where=None):
        """What load makes of the table through libpq and, as OGR alone knows schemas named in the connection, through OGR."""
        results = []
        for more in ("", "active_schema=public "):
            out = self.path("o.gpkg")
            j = self.run_json("load", self.server.connection(more), "--layer", table, *(["--where", where] if where else []),
                              *options, "--overwrite", "-o", out)
            tables = [self.query(out, "SELECT * FROM %s" % t) for t in ("incidents", "rejects")]
            tables = [[[v for v in row if v is None or "host=" not in str(v)] for row in t] for t in tables]
            results.append((tables, [j[k] for k in ("rows_read", "accepted", "rejected", "duplicates", "untimed")]))
        self.assertEqual(*results)
        return results[0]

    def test_binary_rows_are_those_of_the_cursor(self):
        kinds = [("b", "bool", "i % 2 = 0"), ("i2", "int2", "(i * 7919) % 60000 - 30000"), ("i4", "int4", "i * -7919"),
                 ("i8", "int8", "i * 1234567890123"), ("f4", "float4", "i / 7.0"), ("f8", "float8", "CASE WHEN i % 50 = 0 THEN 'NaN' ELSE sqrt(i)::text END::float8"),
                 ("n", "numeric", "i / 3.0"), ("n5", "numeric(5,0)", "i"), ("n12", "numeric(12,3)", "i * 1.001"),
                 ("t", "text", "CASE i % 4 WHEN 0 THEN '' WHEN 1 THEN '007' WHEN 2 THEN '中山' ELSE ' a b ' END"),
                 ("v", "varchar(20)", "'k' || i % 9"), ("d", "date", "'1899-12-25'::date + i * 400"),
                 ("ts", "timestamp", "'1969-12-31 23:59:58.5'::timestamp + (i - 100) * interval '1 day 1.234567 s'"),
                 ("tz", "timestamptz", "'2019-03-01 08:30:00+08'::timestamptz + i * interval '1 hour 0.25 s'")]
        columns = ", ".join('"%s" %s' % (n, k) for n, k, _ in kinds)
        values = ", ".join("CASE WHEN (i * 31 + %d) %% 11 <> 0 THEN (%s)::%s END" % (p, e, k) for p, (_, k, e) in enumerate(kinds))
        point = ("CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 'SRID=4326;POINT EMPTY' WHEN 2 THEN 'SRID=4326;POINT Z(113 22 5)' WHEN 3 THEN "
                 "'SRID=4326;MULTIPOINT(113.5 22)' WHEN 4 THEN 'SRID=4326;MULTIPOINT(113 22,114 22)' WHEN 5 THEN 'SRID=4326;POINT M(113 22.5 1)' "
                 "WHEN 6 THEN 'SRID=4326;LINESTRING(1 1,2 2)' WHEN 7 THEN 'SRID=4326;POINT(0 0)' ELSE 'SRID=4326;POINT(' || 113 + i / 1000.0 || ' 22)' END::geometry")
        self.server.sql('CREATE SCHEMA IF NOT EXISTS "Odd one"; CREATE TABLE types (id serial PRIMARY KEY, %s, geom geometry); '
                        "INSERT INTO types (%s, geom) SELECT %s, %s FROM generate_series(1, 500) i; INSERT INTO types (%s, geom) SELECT %s, geom FROM types "
                        'WHERE id %% 5 = 0; CREATE VIEW seen AS SELECT * FROM types; CREATE TABLE "Odd one"."Its ""x""" AS SELECT * FROM types'
                        % (columns, ", ".join(n for n, _, _ in kinds), values, point, ", ".join(n for n, _, _ in kinds),
                           ", ".join(n for n, _, _ in kinds)))
        keep = [o for n, _, _ in kinds for o in ("--keep", n)]
        for time in ("d", "ts", "tz"):
            tables, counts = self.both_ways("types", *keep, "--time", time, "--weight", "f8", "--category", "t", "--id", "n12", "--tz", "Asia/Shanghai")
            self.assertEqual(counts[0], 600)
            self.assertGreater(len(tables[0]), 100)
        _, whole = self.both_ways("types", "--time", "ts")
        self.assertGreater(whole[3], 0)
        self.assertEqual(self.both_ways("seen", "--time", "ts")[1][:3], whole[:3])
        self.assertEqual(self.both_ways('Odd one.Its "x"', "--time", "ts")[1][0], 600)
        self.assertTrue(self.copied('FROM types)') and self.copied('FROM seen)') and self.copied('"Odd one"."Its ""x"""'))
        self.assertEqual(self.both_ways("types", where="i4 < -400000 AND v <> 'k3' -- of these")[1][0],
                         int(self.server.sql("SELECT count(*) FROM types WHERE i4 < -400000 AND v <> 'k3'")))

    def copied(self, what):
        """Whether rows of that came by COPY; unknown, so true, where this was built without libpq."""
        if subprocess.run(["pkg-config", "--exists", "libpq"]).returncode:
            return True
        log = pathlib.Path(self.server.folder, "log").read_text()
        return any("COPY (SELECT" in line and what.strip() in line for line in log.splitlines())

    def test_types_left_to_ogr(self):
        self.server.sql("CREATE TABLE more (u uuid, a int[], c char(4), d date, geom geometry(Point, 4326)); INSERT INTO more SELECT gen_random_uuid(), "
                        "ARRAY[i, 2], 'a', CASE WHEN i = 3 THEN 'infinity' ELSE '2020-02-29' END::date, ST_SetSRID(ST_MakePoint(113, 22 + i / 50.0), 4326) "
                        "FROM generate_series(1, 30) i; CREATE TABLE endless AS SELECT d, geom FROM more")
        self.assertEqual(self.both_ways("more", "--keep", "u", "--keep", "a", "--keep", "c", "--time", "d")[1][0], 30)
        self.assertEqual(self.both_ways("endless", "--time", "d")[1][0], 30)

    def test_a_condition_is_no_more_than_that(self):
        self.server.sql("CREATE TABLE victim AS SELECT * FROM cases")
        for where in ("1=1); DROP TABLE victim; --", "1=1) LIMIT (5", "nextval('odd_id_seq') > 0"):
            subprocess.run([HOTGRID, "load", self.server.connection("tables=cases"), "--where", where, "--overwrite", "-o",
                            self.path("o.gpkg")], capture_output=True, timeout=300)
        self.assertEqual(self.server.sql("SELECT count(*) FROM victim").strip(), "300")

    def test_password(self):
        pg = self.server.connection("password=%s tables=cases" % SECRET, user="guarded")
        out = self.path("o.gpkg")
        p = self.run_hotgrid("hotspots", pg, *SETTINGS, "-o", out)
        j = self.run_json("hotspots", pg, *SETTINGS, "--overwrite", "-o", out)
        self.assertNotIn(SECRET, p.stdout + p.stderr + str(j))
        self.assertNotIn(SECRET.encode(), pathlib.Path(out).read_bytes())
        store = self.path("s.gpkg")
        self.run_hotgrid("load", pg, "-o", store)
        self.assertNotIn(SECRET.encode(), pathlib.Path(store).read_bytes())
        self.assertIn("password=***", str(self.query(store, "SELECT source FROM incidents LIMIT 1")))

    def test_refused_connections(self):
        for pg in (self.server.connection("password=wrong-%s tables=cases" % SECRET, user="guarded"),
                   self.server.connection("password='wrong %s' tables=cases" % SECRET, user="guarded"),
                   "postgresql://guarded:%s@/hot?host=%s&port=%s" % (SECRET + "x", self.server.folder, self.server.port),
                   "PG:postgresql://guarded:%s@/hot?host=%s&port=%s" % (SECRET + "x", self.server.folder, self.server.port),
                   self.server.connection("password=%s tables=cases" % SECRET, database="nosuch"),
                   "PG:host=%s/nowhere dbname=hot user=owner password=%s" % (self.server.folder, SECRET)):
            with self.subTest(pg):
                p = self.run_hotgrid("hotspots", pg, "-o", self.path("x.gpkg"), code=4)
                self.assertNotIn(SECRET, p.stdout + p.stderr)
                self.assertEqual(len(p.stderr.strip().splitlines()), 1)
                self.assertEqual(self.files(), [])


if __name__ == "__main__":
    main()
