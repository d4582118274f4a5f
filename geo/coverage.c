/*
 * Exact area coverage by accumulation (geo/accumulate.h).
 *
 * A row's sums take the edges in the order of their numbers, and its north and south sides are the
 * same numbers whatever band it is asked for in, so that bands do not show in the result.
 */
#include "base/memory.h"
#include "geo/accumulate.h"
#include "geo/region_edges.h"

#include <math.h>
#include <string.h>

enum { ROWS_A_BLOCK = 16 };

/* Sums of a few thousand pieces are off by less; a cell is never drawn for a billionth of itself.
 */
static const double negligible = 1e-9;

typedef struct block {
    double west_m, cell_m;
    int64_t columns;
    int rows;
    double
        side_m[ROWS_A_BLOCK + 1]; /**< north side of each row, last the south side of the block */
    double *sums;                 /**< rows × (columns + 1) */
} block;

/* Line k south of the first, on integer multiples of the cell where the first is on one. */
static double line_m(double north_m, double cell_m, int64_t k)
{
    double number = north_m / cell_m;
    double nearest = nearbyint(number);
    if (fabs(number - nearest) < 1e-6)
        return (nearest - (double)k) * cell_m;
    return north_m - (double)k * cell_m;
}

static void add_edge(block *b, const hg_edge *e)
{
    double edge_low = fmin(e->ay, e->by);
    double edge_high = fmax(e->ay, e->by);
    for (int r = 0; r < b->rows; r++) {
        double low = fmax(edge_low, b->side_m[r + 1]);
        double high = fmin(edge_high, b->side_m[r]);
        if (!(low < high))
            continue;
        double v = (high - low) / (b->side_m[r] - b->side_m[r + 1]);
        double u0 = (hg_edge_x_at(e, low) - b->west_m) / b->cell_m;
        double u1 = (hg_edge_x_at(e, high) - b->west_m) / b->cell_m;
        hg_accumulate(b->sums + r * (b->columns + 1), b->columns, fmin(u0, u1), fmax(u0, u1),
                    e->by < e->ay ? v : -v);
    }
}

static float settle(double share)
{
    if (share < negligible)
        return 0.0f;
    return share > 1.0 - negligible ? 1.0f : (float)share;
}

static void run_block(const hg_region *region, block *b, uint32_t *ids, float *out)
{
    double box[4] = {-INFINITY, b->side_m[b->rows],
                     b->west_m + (double)(b->columns + 1) * b->cell_m, b->side_m[0]};
    const hg_edge *edges = hg_edges_array(region->edges);
    size_t n = hg_edges_in_box(region->edges, box, ids);
    size_t width = (size_t)b->columns + 1;
    memset(b->sums, 0, (size_t)b->rows * width * sizeof *b->sums);
    for (size_t i = 0; i < n; i++)
        add_edge(b, &edges[ids[i]]);
    for (int r = 0; r < b->rows; r++) {
        const double *sums = b->sums + (size_t)r * width;
        double share = 0.0;
        for (int64_t c = 0; c < b->columns; c++) {
            share += sums[c];
            *out++ = settle(share);
        }
    }
}

hg_status hg_region_coverage(const hg_region *region, double west_m, double north_m, double cell_m,
                             int64_t columns, int64_t rows, float *out, hg_error *err)
{
    if (columns <= 0 || rows <= 0)
        return HG_OK;
    block b = {.west_m = west_m, .cell_m = cell_m, .columns = columns};
    b.sums = hg_malloc((size_t)columns + 1, ROWS_A_BLOCK * sizeof *b.sums);
    uint32_t *ids = hg_malloc(hg_edges_count(region->edges), sizeof *ids);
    hg_status status = b.sums && ids ? HG_OK : hg_fail_memory(err);
    for (int64_t row = 0; row < rows && status == HG_OK; row += ROWS_A_BLOCK) {
        b.rows = (int)(rows - row < ROWS_A_BLOCK ? rows - row : ROWS_A_BLOCK);
        for (int r = 0; r <= b.rows; r++)
            b.side_m[r] = line_m(north_m, cell_m, row + r);
        run_block(region, &b, ids, out + row * columns);
    }
    hg_free(b.sums);
    hg_free(ids);
    return status;
}
