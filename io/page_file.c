/* SQLite's file format: https://www.sqlite.org/fileformat2.html, sections 1.2 and 1.3. */
#include "io/page_file.h"
#include "base/memory.h"
#include "io/sql.h"

#include <string.h>

enum { HEADER = 100, WINDOW_BYTES = 1 << 18, UTF8 = 1, ROLLBACK_JOURNAL = 1 };

static bool read_at(hg_page_file *f, uint64_t at, size_t n, unsigned char *to)
{
    return f->file->pMethods->xRead(f->file, to, (int)n, (sqlite3_int64)at) == SQLITE_OK;
}

/* False for what is no database, or one that needs more than its pages to be read. */
static bool read_header(hg_page_file *f)
{
    unsigned char h[HEADER];
    sqlite3_int64 bytes = 0;
    if (f->file->pMethods->xFileSize(f->file, &bytes) != SQLITE_OK || bytes < HEADER ||
        !read_at(f, 0, sizeof h, h) || memcmp(h, "SQLite format 3", 16) != 0)
        return false;
    uint32_t size = (uint32_t)h[16] << 8 | h[17];
    f->page_size = size == 1 ? 65536 : size;
    bool sized = f->page_size >= 512 && (f->page_size & (f->page_size - 1)) == 0;
    f->usable = f->page_size - h[20];
    if (!sized || f->usable < 480 || h[18] != ROLLBACK_JOURNAL || h[19] != ROLLBACK_JOURNAL ||
        (h[56] | h[57] | h[58]) != 0 || h[59] != UTF8)
        return false;
    int64_t pages = bytes / f->page_size;
    f->pages = pages > UINT32_MAX ? UINT32_MAX : (uint32_t)pages;
    return true;
}

hg_status hg_page_file_open(const char *path, hg_page_file *out, bool *plain, hg_error *err)
{
    hg_page_file f = {0};
    hg_status status = HG_OK;
    int rc = sqlite3_open_v2(path, &f.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        status = hg_sql_fail(f.db, path, err);
    *plain = status == HG_OK &&
             sqlite3_file_control(f.db, "main", SQLITE_FCNTL_FILE_POINTER, &f.file) == SQLITE_OK &&
             f.file && f.file->pMethods && read_header(&f);
    if (*plain) {
        f.window_room = WINDOW_BYTES > f.page_size ? WINDOW_BYTES : f.page_size;
        f.window = hg_malloc(f.window_room, 1);
        status = f.window ? HG_OK : hg_fail_memory(err);
    }
    if (status != HG_OK || !*plain)
        hg_page_file_close(&f);
    *out = f;
    return status;
}

void hg_page_file_close(hg_page_file *f)
{
    hg_free(f->window);
    sqlite3_close(f->db);
    *f = (hg_page_file){0};
}

/* Twice as much as last time where pages follow each other, one page where they are scattered. */
static size_t window_for(const hg_page_file *f, uint64_t at)
{
    uint64_t end = f->window_at + f->window_n, bytes = (uint64_t)f->pages * f->page_size;
    size_t n = f->page_size;
    if (f->window_n && at >= end && at - end < f->window_room)
        n = 2 * f->window_n;
    n = n > f->window_room ? f->window_room : n;
    return n > bytes - at ? (size_t)(bytes - at) : n;
}

const unsigned char *hg_page_file_page(hg_page_file *f, uint32_t number)
{
    if (number == 0 || number > f->pages)
        return NULL;
    uint64_t at = (uint64_t)(number - 1) * f->page_size;
    if (at < f->window_at || at >= f->window_at + f->window_n) {
        size_t n = window_for(f, at);
        f->window_n = 0;
        if (!read_at(f, at, n, f->window))
            return NULL;
        f->window_at = at;
        f->window_n = n;
    }
    return f->window + (at - f->window_at);
}

bool hg_page_file_copy(hg_page_file *f, uint32_t number, size_t n, unsigned char *to)
{
    return number > 0 && number <= f->pages &&
           read_at(f, (uint64_t)(number - 1) * f->page_size, n, to);
}
