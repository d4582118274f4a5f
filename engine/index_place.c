/* Hot cells of rows: the driver's events of the published days, sorted by row, then by cell. */
#include "engine/index.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct visit {
    size_t row;
    int64_t cell_row, cell_column;
} visit;

static int compare(const void *pa, const void *pb)
{
    const visit *a = pa, *b = pb;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->cell_row != b->cell_row)
        return a->cell_row < b->cell_row ? -1 : 1;
    return (a->cell_column > b->cell_column) - (a->cell_column < b->cell_column);
}

/* The row an event speaks for: that of its unit and day, where its stream is the driver. */
static bool find_row(const hg_index_input *in, const hg_index_result *r, size_t i, size_t *row)
{
    int64_t day = (int64_t)in->day[i] - r->since;
    if (in->unit[i] == HG_INDEX_NO_UNIT || day < 0 || day >= (int64_t)r->days)
        return false;
    *row = in->unit[i] * r->days + (size_t)day;
    return r->driver[*row] == in->stream[i];
}

static bool find_cell(double x, double y, double cell_m, visit *v)
{
    const double limit = 0x1p62;
    double column = floor(x / cell_m), row = floor(y / cell_m);
    if (!(fabs(column) < limit && fabs(row) < limit))
        return false;
    v->cell_column = (int64_t)column;
    v->cell_row = (int64_t)row;
    return true;
}

static size_t collect(const hg_index_input *in, const double *x, const double *y, double cell_m,
                      const hg_index_result *r, visit *visits, hg_index_place *out)
{
    size_t n = 0;
    for (size_t i = 0; i < in->events; i++) {
        visit v;
        if (!find_row(in, r, i, &v.row))
            continue;
        out[v.row].total++;
        if (find_cell(x[i], y[i], cell_m, &v))
            visits[n++] = v;
    }
    return n;
}

static size_t count_rows(const hg_index_input *in, const hg_index_result *r)
{
    size_t n = 0, row;
    for (size_t i = 0; i < in->events; i++)
        n += find_row(in, r, i, &row);
    return n;
}

static bool is_same_cell(const visit *a, const visit *b)
{
    return a->row == b->row && a->cell_row == b->cell_row && a->cell_column == b->cell_column;
}

/* South to north and west to east, so that only more events displace a cell. */
static void choose(const visit *visits, size_t n, hg_index_place *out)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && is_same_cell(&visits[i], &visits[end]);)
            end++;
        hg_index_place *p = &out[visits[i].row];
        if (end - i > p->count) {
            p->count = (uint32_t)(end - i);
            p->column = visits[i].cell_column;
            p->row = visits[i].cell_row;
        }
    }
}

hg_status hg_index_find_places(const hg_index_input *input, const double *x, const double *y,
                               double cell_m, const hg_index_result *result, hg_index_place *out,
                               hg_error *err)
{
    if (!(cell_m > 0 && cell_m < INFINITY))
        return hg_fail(err, HG_EUSAGE, "cell of %.12g m is not above 0", cell_m);
    visit *visits = hg_malloc(count_rows(input, result), sizeof *visits);
    if (!visits)
        return hg_fail_memory(err);
    for (size_t row = 0; row < result->rows; row++)
        out[row] = (hg_index_place){0};
    size_t n = collect(input, x, y, cell_m, result, visits, out);
    qsort(visits, n, sizeof *visits, compare);
    choose(visits, n, out);
    hg_free(visits);
    return HG_OK;
}
