"""Results compared but for what may differ from run to run."""
import sqlite3

VOLATILE = ("seconds.", "recorded_at", "command_line")


def dump(path):
    """The SQL dump without what may differ: times of recording, seconds, the command line."""
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    keys = [k for (k,) in db.execute("SELECT key FROM run_info") if k.startswith(VOLATILE)]
    # iterdump does not know virtual tables; the .dump of the sqlite3 command is a text of its own
    lines = []
    for name, sql in db.execute("SELECT name, sql FROM sqlite_master ORDER BY type, name"):
        lines.append(repr((name, sql)))
    tables = [n for (n,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")]
    for table in sorted(tables):
        for row in db.execute('SELECT * FROM "%s"' % table):
            if table == "run_info" and any(k in row for k in keys):
                continue
            lines.append("%s %r" % (table, row))
    db.close()
    return lines


def differences(a, b):
    return [(x[:300], y[:300]) for x, y in zip(a, b) if x != y][:5] or len(a) - len(b)
