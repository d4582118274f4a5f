#include "base/rejects.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const codes[HG_REASON_END] = {
    [HG_ACCEPTED] = "accepted",           [HG_NO_GEOMETRY_GIVEN] = "no_geometry",
    [HG_NOT_FINITE] = "not_finite",       [HG_NULL_ISLAND] = "null_island",
    [HG_OUTSIDE_CRS] = "outside_crs",     [HG_OUTSIDE_AREA] = "outside_area",
    [HG_BAD_TIME] = "bad_time",           [HG_OUTSIDE_INTERVAL] = "outside_interval",
    [HG_DUPLICATE_ID] = "duplicate_id",   [HG_BAD_WEIGHT] = "bad_weight",
    [HG_DUPLICATE_ROW] = "duplicate_row", [HG_BAD_GEOMETRY] = "bad_geometry",
    [HG_NO_ID] = "no_id",                 [HG_BAD_INTERVAL] = "bad_interval",
    [HG_BAD_NUMBER] = "bad_number",
};

const char *hg_reason_code(hg_reason reason)
{
    return codes[reason];
}

hg_status hg_rejects_add(hg_rejects *r, uint32_t source, uint64_t row, hg_reason reason,
                         const char *value, hg_error *err)
{
    hg_reject *rows = hg_grow(r->rows, &r->capacity, r->count + 1, sizeof *rows);
    if (!rows)
        return hg_fail_memory(err);
    r->rows = rows;
    hg_reject one = {.source = source, .row = row, .reason = reason, .value = HG_NO_TEXT};
    if (value) {
        hg_status s = hg_pool_intern(r->pool, value, strlen(value), &one.value, err);
        if (s != HG_OK)
            return s;
    }
    rows[r->count++] = one;
    return HG_OK;
}

static int by_source_and_row(const void *a, const void *b)
{
    const hg_reject *p = a, *q = b;
    if (p->source != q->source)
        return p->source < q->source ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

void hg_rejects_sort(hg_rejects *r)
{
    if (r->count)
        qsort(r->rows, r->count, sizeof *r->rows, by_source_and_row);
}

void hg_rejects_dispose(hg_rejects *r)
{
    hg_free(r->rows);
    *r = (hg_rejects){0};
}
