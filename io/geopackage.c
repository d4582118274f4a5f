#include "io/geopackage.h"
#include "base/civil.h"
#include "base/memory.h"
#include "io/gdal.h"
#include "io/gpkg_internal.h"
#include "io/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 5000 };

/* Where the schema demands a time: a fixed one, or SOURCE_DATE_EPOCH as reproducible builds set it.
 */
static void set_stamp(char stamp[32])
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long seconds = epoch ? strtoll(epoch, &end, 10) : 0;
    if (!epoch || end == epoch || *end != '\0' || seconds < 0 || seconds > 253402300799)
        seconds = 946684800; /* 2000-01-01 */
    char text[32];
    snprintf(stamp, 32, "%.19s.000Z", hg_civil_text(seconds, text));
}

static hg_status gpkg_new(const char *path, hg_control *control, hg_gpkg **out, hg_error *err)
{
    hg_gpkg *g = hg_calloc(1, sizeof *g);
    if (!g)
        return hg_fail_memory(err);
    g->file = hg_strdup(path);
    g->path = hg_staging_final_name(path);
    if (!g->file || !g->path) {
        hg_gpkg_free(g);
        return hg_fail_memory(err);
    }
    g->control = control;
    set_stamp(g->stamp);
    *out = g;
    return HG_OK;
}

static hg_status connect_to(hg_gpkg *g, hg_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(g->file, &g->db, flags, NULL) != SQLITE_OK)
        return g->db ? hg_sql_fail(g->db, g->path, err) : hg_fail_memory(err);
    sqlite3_busy_timeout(g->db, BUSY_MS);
    return HG_OK;
}

static hg_status write_new(const hg_gpkg *g, const unsigned char *bytes, size_t n, hg_error *err)
{
    const char *path = g->path;
    int fd = open(g->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return hg_fail(err, HG_EIO, "%s: cannot be created: %s", path, strerror(errno));
    hg_status s = HG_OK;
    while (n > 0 && s == HG_OK) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno != EINTR)
            s = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                    ? hg_fail(err, HG_EIO, "%s: the disk is full", path)
                    : hg_fail(err, HG_EIO, "%s: cannot be written: %s", path, strerror(errno));
        n -= done > 0 ? (size_t)done : 0;
        bytes += done > 0 ? done : 0;
    }
    close(fd);
    if (s != HG_OK)
        unlink(g->file);
    return s;
}

hg_status hg_gpkg_create(const char *path, hg_control *control, hg_gpkg **out, hg_error *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    hg_gpkg *g = NULL;
    hg_status s = hg_gpkg_template(NULL, &bytes, &n, err);
    if (s == HG_OK)
        s = gpkg_new(path, control, &g, err);
    if (s == HG_OK)
        s = write_new(g, bytes, n, err);
    hg_free(bytes);
    if (s == HG_OK) {
        g->fresh = true;
        s = connect_to(g, err);
    }
    /* the file is worthless until it is whole, so nothing in it needs protection from a crash */
    if (s == HG_OK)
        s = hg_sql_exec(g->db, g->path,
                        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;"
                        "PRAGMA recursive_triggers = OFF; BEGIN",
                        err);
    if (s != HG_OK) {
        hg_gpkg_free(g);
        return s;
    }
    *out = g;
    return HG_OK;
}

static hg_status check_is_gpkg(hg_gpkg *g, hg_error *err)
{
    bool contents = false;
    hg_status s = hg_gpkg_has_object(g, "gpkg_contents", &contents, err);
    if (s == HG_OK && !contents)
        s = hg_fail(err, HG_EDATA, "%s: is not a GeoPackage (it has no table gpkg_contents)",
                    g->path);
    return s;
}

hg_status hg_gpkg_open(const char *path, hg_control *control, hg_gpkg **out, hg_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return hg_fail(err, HG_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return hg_fail(err, HG_EIO, "%s: is not a file", path);
    hg_gpkg *g = NULL;
    hg_status s = gpkg_new(path, control, &g, err);
    if (s == HG_OK)
        s = connect_to(g, err);
    if (s == HG_OK)
        s = check_is_gpkg(g, err);
    if (s == HG_OK)
        s = hg_sql_exec(g->db, g->path,
                        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
                        "PRAGMA cache_size = -65536; BEGIN IMMEDIATE",
                        err);
    if (s != HG_OK) {
        hg_gpkg_free(g);
        return s;
    }
    *out = g;
    return HG_OK;
}

bool hg_gpkg_has_table(hg_gpkg *g, const char *name)
{
    hg_gpkg_layer layer = {0};
    bool found = false;
    if (hg_gpkg_find_layer(g, name, &layer, &found, NULL) != HG_OK)
        return false;
    hg_gpkg_layer_dispose(&layer);
    return found;
}

hg_status hg_gpkg_append_table(hg_gpkg *g, const hg_table *t, hg_error *err)
{
    hg_gpkg_layer layer = {0};
    bool found = false;
    hg_status s = hg_gpkg_find_layer(g, t->name, &layer, &found, err);
    if (s == HG_OK && !found) {
        s = hg_gpkg_create_layer(g, t, err);
        if (s == HG_OK)
            s = hg_gpkg_find_layer(g, t->name, &layer, &found, err);
    }
    if (s == HG_OK)
        s = hg_gpkg_load_rows(g, &layer, t, err);
    hg_gpkg_layer_dispose(&layer);
    return s;
}

hg_status hg_gpkg_add_table(hg_gpkg *g, const hg_table *t, hg_error *err)
{
    bool there = false;
    hg_status s = hg_gpkg_has_object(g, t->name, &there, err);
    if (s != HG_OK)
        return s;
    if (there)
        return hg_fail(err, HG_EUSAGE, "%s: already has a table %s", g->path, t->name);
    return hg_gpkg_append_table(g, t, err);
}

/* Reads the last row of a table: a file cut short ends here. */
static hg_status read_tail(hg_gpkg *g, sqlite3 *db, const char *table, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = hg_sql_preparef(db, g->path, &stmt, err,
                                  "SELECT * FROM \"%w\" ORDER BY rowid DESC LIMIT 1", table);
    if (s == HG_OK)
        s = hg_sql_next(db, g->path, stmt, &more, err);
    sqlite3_finalize(stmt);
    return s;
}

static hg_status verify_tables(hg_gpkg *g, sqlite3 *db, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = hg_sql_prepare(db, g->path,
                                 "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT "
                                 "LIKE 'CREATE VIRTUAL%' AND name IN (SELECT table_name FROM "
                                 "gpkg_contents) ORDER BY 1",
                                 &stmt, err);
    while (s == HG_OK && (s = hg_sql_next(db, g->path, stmt, &more, err)) == HG_OK && more)
        s = read_tail(g, db, (const char *)sqlite3_column_text(stmt, 0), err);
    sqlite3_finalize(stmt);
    return s;
}

/* Every page that the header counts must be in the file. */
static hg_status verify_size(hg_gpkg *g, sqlite3 *db, hg_error *err)
{
    int64_t pages = 0, page = 0;
    struct stat st;
    hg_status s = hg_sql_number(db, g->path, "PRAGMA page_count", 0, &pages, err);
    if (s == HG_OK)
        s = hg_sql_number(db, g->path, "PRAGMA page_size", 0, &page, err);
    if (s == HG_OK && (stat(g->file, &st) != 0 || st.st_size != pages * page))
        s = hg_fail(err, HG_EIO, "%s: was not written in full", g->path);
    return s;
}

static hg_status verify(hg_gpkg *g, hg_error *err)
{
    sqlite3 *db = NULL;
    hg_status s = HG_OK;
    if (sqlite3_open_v2(g->file, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        s = db ? hg_sql_fail(db, g->path, err) : hg_fail_memory(err);
    if (s == HG_OK)
        s = verify_size(g, db, err);
    if (s == HG_OK)
        s = verify_tables(g, db, err);
    sqlite3_close(db);
    return s;
}

hg_status hg_gpkg_finish(hg_gpkg *g, hg_error *err)
{
    hg_status s = hg_check_cancel(g->control, err);
    if (s == HG_OK)
        s = hg_sql_exec(g->db, g->path, "COMMIT", err);
    if (s == HG_OK && sqlite3_close(g->db) != SQLITE_OK)
        s = hg_sql_fail(g->db, g->path, err);
    else if (s == HG_OK)
        g->db = NULL;
    if (s == HG_OK)
        s = verify(g, err);
    g->fresh = g->fresh && s != HG_OK;
    hg_gpkg_free(g);
    return s;
}

void hg_gpkg_free(hg_gpkg *g)
{
    if (!g)
        return;
    sqlite3_close(g->db); /* rolls back */
    if (g->fresh)
        unlink(g->file);
    hg_free(g->file);
    hg_free(g->path);
    hg_free(g);
}
