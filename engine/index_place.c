/* Hot cells of rows: the driver's events of the published days, put beside each other by row, then sorted by cell. */
#include "engine/index.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct cell {
    int64_t row, column;
} cell;

static int compare(const void *pa, const void *pb)
{
    const cell *a = pa, *b = pb;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
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

static bool find_cell(double x, double y, double cell_m, cell *c)
{
    const double limit = 0x1p62;
    double column = floor(x / cell_m), row = floor(y / cell_m);
    if (!(fabs(column) < limit && fabs(row) < limit))
        return false;
    c->column = (int64_t)column;
    c->row = (int64_t)row;
    return true;
}

/* The driver's events of each row, and where its cells begin; returns how many there are. */
static size_t count_rows(const hg_index_input *in, const hg_index_result *r, hg_index_place *out, size_t *start)
{
    size_t n = 0, at;
    for (size_t row = 0; row < r->rows; row++)
        out[row] = (hg_index_place){0};
    for (size_t i = 0; i < in->events; i++)
        if (find_row(in, r, i, &at))
            out[at].total++;
    for (size_t row = 0; row < r->rows; row++) {
        start[row] = n;
        n += out[row].total;
    }
    return n;
}

/* Cells beside each other by row; afterwards `end` tells where those of each row end. */
static void collect(const hg_index_input *in, const double *x, const double *y, double cell_m,
                    const hg_index_result *r, size_t *end, cell *cells)
{
    size_t row;
    for (size_t i = 0; i < in->events; i++)
        if (find_row(in, r, i, &row))
            end[row] += find_cell(x[i], y[i], cell_m, &cells[end[row]]);
}

/* South to north and west to east, so that only more events displace a cell. */
static void choose(cell *cells, size_t n, hg_index_place *p)
{
    if (n > 1)
        qsort(cells, n, sizeof *cells, compare);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && compare(&cells[i], &cells[end]) == 0;)
            end++;
        if (end - i > p->count) {
            p->count = (uint32_t)(end - i);
            p->column = cells[i].column;
            p->row = cells[i].row;
        }
    }
}

hg_status hg_index_find_places(const hg_index_input *input, const double *x, const double *y,
                               double cell_m, const hg_index_result *result, hg_index_place *out,
                               hg_error *err)
{
    if (!(cell_m > 0 && cell_m < INFINITY))
        return hg_fail(err, HG_EUSAGE, "cell of %.12g m is not above 0", cell_m);
    size_t *end = hg_malloc(result->rows, sizeof *end);
    if (!end)
        return hg_fail_memory(err);
    cell *cells = hg_malloc(count_rows(input, result, out, end), sizeof *cells);
    if (!cells) {
        hg_free(end);
        return hg_fail_memory(err);
    }
    collect(input, x, y, cell_m, result, end, cells);
    for (size_t row = 0, first = 0; row < result->rows; first += out[row].total, row++)
        choose(cells + first, end[row] - first, &out[row]);
    hg_free(end);
    hg_free(cells);
    return HG_OK;
}
