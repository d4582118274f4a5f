#include "io/sql.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static bool has_beside(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat st;
    return snprintf(name, sizeof name, "%s%s", path, suffix) < (int)sizeof name &&
           stat(name, &st) == 0 && st.st_size > 0;
}

void hg_sql_roll_back(const char *path)
{
    sqlite3 *db = NULL;
    if (!has_beside(path, "-journal"))
        return;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        sqlite3_exec(db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
    sqlite3_close(db);
}

/* Pages may wait in a write-ahead log that has yet to reach the file.
 * https://www.sqlite.org/fileformat2.html, 1.3: the count of pages holds if both counters agree. */
bool hg_sql_is_whole(const char *path)
{
    unsigned char head[100];
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f)
        return true;
    size_t n = fread(head, 1, sizeof head, f);
    fclose(f);
    if (n < 16 || memcmp(head, "SQLite format 3", 16) != 0)
        return true;
    if (n < sizeof head)
        return false;
    uint64_t page = (uint64_t)head[16] << 8 | head[17], pages = big_endian(head + 28);
    page = page == 1 ? 65536 : page;
    if (big_endian(head + 24) != big_endian(head + 92) || stat(path, &st) != 0)
        return true;
    return (uint64_t)st.st_size >= page * pages || has_beside(path, "-wal");
}

static bool is_disk_full(sqlite3 *db, int code)
{
    int system = sqlite3_system_errno(db);
    return code == SQLITE_FULL ||
           (code == SQLITE_IOERR && (system == EFBIG || system == ENOSPC || system == EDQUOT));
}

hg_status hg_sql_fail(sqlite3 *db, const char *path, hg_error *err)
{
    int code = sqlite3_errcode(db) & 0xff;
    if (is_disk_full(db, code))
        return hg_fail(err, HG_EIO, "%s: the disk is full", path);
    /* a quota or file-size limit met while committing: SQLite has lost the system's code by then */
    if (sqlite3_extended_errcode(db) == SQLITE_IOERR_WRITE)
        return hg_fail(err, HG_EIO, "%s: cannot be written: the disk is full or failing", path);
    switch (code) {
    case SQLITE_NOMEM:
        return hg_fail_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return hg_fail(err, HG_EIO, "%s: is in use by another program", path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return hg_fail(err, HG_EIO, "%s: cannot be written: it is read-only", path);
    case SQLITE_CANTOPEN:
        return hg_fail(err, HG_EIO, "%s: cannot be opened", path);
    case SQLITE_IOERR:
        return hg_fail(err, HG_EIO, "%s: cannot be read or written on disk", path);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return hg_fail(err, HG_EDATA, "%s: is damaged or not a database", path);
    default:
        return hg_fail(err, HG_EFAIL, "%s: %s", path, sqlite3_errmsg(db));
    }
}

hg_status hg_sql_exec(sqlite3 *db, const char *path, const char *sql, hg_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? HG_OK
                                                                : hg_sql_fail(db, path, err);
}

hg_status hg_sql_execf(sqlite3 *db, const char *path, hg_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (!sql)
        return hg_fail_memory(err);
    hg_status s = hg_sql_exec(db, path, sql, err);
    sqlite3_free(sql);
    return s;
}

hg_status hg_sql_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **out,
                         hg_error *err)
{
    return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK ? HG_OK
                                                                   : hg_sql_fail(db, path, err);
}

hg_status hg_sql_preparef(sqlite3 *db, const char *path, sqlite3_stmt **out, hg_error *err,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (!sql)
        return hg_fail_memory(err);
    hg_status s = hg_sql_prepare(db, path, sql, out, err);
    sqlite3_free(sql);
    return s;
}

hg_status hg_sql_run(sqlite3 *db, const char *path, sqlite3_stmt *stmt, hg_error *err)
{
    int code = sqlite3_step(stmt);
    hg_status s = code == SQLITE_DONE || code == SQLITE_ROW ? HG_OK : hg_sql_fail(db, path, err);
    sqlite3_reset(stmt);
    return s;
}

hg_status hg_sql_next(sqlite3 *db, const char *path, sqlite3_stmt *stmt, bool *more, hg_error *err)
{
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return hg_sql_fail(db, path, err);
    *more = code == SQLITE_ROW;
    return HG_OK;
}

hg_status hg_sql_number(sqlite3 *db, const char *path, const char *sql, int64_t fallback,
                        int64_t *out, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = hg_sql_prepare(db, path, sql, &stmt, err);
    if (s == HG_OK)
        s = hg_sql_next(db, path, stmt, &more, err);
    if (s == HG_OK)
        *out = more && sqlite3_column_type(stmt, 0) != SQLITE_NULL ? sqlite3_column_int64(stmt, 0)
                                                                   : fallback;
    sqlite3_finalize(stmt);
    return s;
}
