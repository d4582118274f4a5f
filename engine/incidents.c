/*
 * Binning. Incidents are taken in blocks that stay in the cache: cells are looked up, the block is
 * partitioned by bands of cells, and every band adds its incidents in input order. So weights are
 * summed in the same order whatever the number of threads. Cells without a share count like all others at
 * first; what they hold is then taken away, and their incidents are added where they belong.
 *
 * Memory beyond the result: 20 bytes for each incident of a block.
 */
#include "engine/incidents.h"
#include "base/memory.h"
#include "base/threads.h"
#include "base/radix.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 16384,
    BLOCK = 1 << 20,
    BAND_BITS = 3, /* a band is every eighth stripe of cells, so that a crowded part of the map is shared out */
    BANDS = 1 << BAND_BITS,
    STRIPE_BITS = 12,
};

typedef struct lookup {
    const hg_incidents *incidents;
    const hg_grid *grid;
    const float *share;
    hg_control *control;
    double per_cell;
    size_t first, n;
    uint64_t none; /* written for incidents without a cell */
    bool defer;    /* leave cells with share 0 for later */
    uint64_t *cell;
} lookup;

static double square_distance(const hg_grid *g, int64_t row, int64_t column, double x, double y)
{
    double dx = fmax(hg_grid_column_west(g, column) - x, x - hg_grid_column_west(g, column + 1));
    double dy = fmax(y - hg_grid_row_north(g, row), hg_grid_row_north(g, row + 1) - y);
    return hypot(fmax(dx, 0), fmax(dy, 0));
}

static bool on_grid(const hg_grid *g, int64_t row, int64_t column)
{
    return row >= 0 && row < g->rows && column >= 0 && column < g->columns;
}

static uint64_t cell_beside(const hg_grid *g, const float *share, int64_t row, int64_t column,
                            double x, double y)
{
    uint64_t best = UINT64_MAX;
    double nearest = INFINITY;
    for (int64_t r = row + 1; r >= row - 1; r--)
        for (int64_t c = column - 1; c <= column + 1; c++) {
            if (!on_grid(g, r, c) || !(share[r * g->columns + c] > 0))
                continue;
            double d = square_distance(g, r, c, x, y);
            if (d < nearest) {
                nearest = d;
                best = (uint64_t)(r * g->columns + c);
            }
        }
    return best;
}

uint64_t hg_incident_cell(const hg_grid *g, const float *share, double x, double y)
{
    int64_t row = hg_grid_row_of(g, y), column = hg_grid_column_of(g, x);
    bool north_side = row == -1 && y == hg_grid_row_north(g, 0);
    bool east_side = column == g->columns && x == hg_grid_column_west(g, g->columns);
    if (on_grid(g, row, column) && share[row * g->columns + column] > 0)
        return (uint64_t)(row * g->columns + column);
    if (!on_grid(g, north_side ? 0 : row, east_side ? 0 : column))
        return UINT64_MAX;
    return cell_beside(g, share, row, column, x, y);
}

/*
 * Lattice index of a coordinate where the quotient is safely away from a cell's side (its error is
 * below 1e-6 for quotients below 1e9); false leaves it to the exact rule of the grid.
 */
static bool plain_lattice(double v, double per_cell, int64_t *k)
{
    double q = v * per_cell;
    if (!(fabs(q) < 1e9))
        return false;
    int64_t t = (int64_t)q;
    t -= q < (double)t;
    double part = q - (double)t;
    *k = t;
    return part > 1e-5 && part < 1 - 1e-5;
}

static uint64_t cell_of(const lookup *l, double x, double y)
{
    const hg_grid *g = l->grid;
    int64_t e, n;
    if (plain_lattice(x, l->per_cell, &e) && plain_lattice(y, l->per_cell, &n)) {
        int64_t row = g->top - n, column = e - g->west;
        if (!on_grid(g, row, column))
            return UINT64_MAX;
        if (l->defer || l->share[row * g->columns + column] > 0)
            return (uint64_t)(row * g->columns + column);
    }
    return hg_incident_cell(g, l->share, x, y);
}

static hg_status look_up_chunk(void *context, size_t chunk, hg_error *err)
{
    const lookup *l = context;
    const hg_incidents *in = l->incidents;
    size_t begin = chunk * CHUNK, end = begin + CHUNK < l->n ? begin + CHUNK : l->n;
    for (size_t k = begin; k < end; k++) {
        size_t i = l->first + k;
        bool halo = in->flags && (in->flags[i] & HG_FLAG_HALO);
        uint64_t cell = halo ? UINT64_MAX : cell_of(l, in->x[i], in->y[i]);
        l->cell[k] = cell == UINT64_MAX ? l->none : cell;
    }
    return hg_check_cancel(l->control, err);
}

static int threads_of(const hg_control *control)
{
    return control ? control->threads : 0;
}

static hg_status look_up(lookup *l, hg_error *err)
{
    l->per_cell = 1 / l->grid->cell_m;
    return hg_parallel((l->n + CHUNK - 1) / CHUNK, threads_of(l->control), look_up_chunk, l, err);
}

typedef struct grouping {
    const hg_incidents *incidents;
    const lookup *lookup;
    const uint64_t *worth; /* bit a cell: listed, or without share, so that it takes a closer look */
    const uint32_t *position;
    uint32_t *group;
} grouping;

static hg_status group_chunk(void *context, size_t chunk, hg_error *err)
{
    const grouping *g = context;
    const lookup *l = g->lookup;
    const hg_incidents *in = g->incidents;
    size_t begin = chunk * CHUNK, end = begin + CHUNK < in->n ? begin + CHUNK : in->n;
    for (size_t i = begin; i < end; i++) {
        g->group[i] = UINT32_MAX;
        if (in->flags && (in->flags[i] & HG_FLAG_HALO))
            continue;
        uint64_t cell = cell_of(l, in->x[i], in->y[i]);
        if (cell == UINT64_MAX || !(g->worth[cell / 64] >> (cell % 64) & 1))
            continue;
        if (!(l->share[cell] > 0))
            cell = hg_incident_cell(l->grid, l->share, in->x[i], in->y[i]);
        if (cell != UINT64_MAX)
            g->group[i] = g->position[cell];
    }
    return hg_check_cancel(l->control, err);
}

static void mark(uint64_t *worth, uint64_t cell)
{
    worth[cell / 64] |= (uint64_t)1 << (cell % 64);
}

hg_status hg_incident_groups(const hg_incidents *incidents, const hg_grid *grid, const float *share,
                             const uint64_t *cells, size_t n, hg_control *control, uint32_t *group,
                             hg_error *err)
{
    uint64_t all = hg_grid_cells(grid);
    uint64_t *worth = hg_calloc(all / 64 + 1, sizeof *worth);
    uint32_t *position = hg_malloc(all, sizeof *position);
    hg_status status = worth && position ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        memset(position, 0xff, all * sizeof *position);
        for (uint64_t c = 0; c < all; c++)
            if (!(share[c] > 0))
                mark(worth, c);
        for (size_t k = 0; k < n; k++) {
            position[cells[k]] = (uint32_t)k;
            mark(worth, cells[k]);
        }
        lookup l = {.grid = grid, .share = share, .control = control, .defer = true,
                    .per_cell = 1 / grid->cell_m};
        grouping g = {incidents, &l, worth, position, group};
        status = hg_parallel((incidents->n + CHUNK - 1) / CHUNK, threads_of(control), group_chunk,
                             &g, err);
    }
    hg_free(worth);
    hg_free(position);
    return status;
}

typedef struct tally {
    const lookup *lookup;
    hg_cell_counts *counts;
    uint64_t *cell;     /* of the block, partitioned by band */
    uint32_t *position; /* in the block */
    size_t start[BANDS + 1];
    uint64_t cells;
} tally;

/*
 * What later incidents need is asked for ahead. (Not in a function of its own: a compiler takes one that only asks
 * for one without effect.)
 */
static hg_status add_band(void *context, size_t band, hg_error *err)
{
    enum { AHEAD = 24 };
    (void)err;
    tally *t = context;
    const lookup *l = t->lookup;
    const double *w = l->incidents->w ? l->incidents->w + l->first : NULL;
    uint32_t *count = t->counts->count;
    double *weight = t->counts->weight;
    size_t end = t->start[band + 1];
    for (size_t k = t->start[band]; k < end; k++) {
        uint64_t cell = t->cell[k], later = k + AHEAD < end ? t->cell[k + AHEAD] : t->cells;
        if (later < t->cells) {
            __builtin_prefetch(&count[later], 1);
            if (w)
                __builtin_prefetch(&weight[later], 1);
        }
        if (cell >= t->cells)
            continue;
        count[cell]++;
        if (w)
            weight[cell] += w[t->position[k]];
    }
    return HG_OK;
}

static hg_status add_block(lookup *l, tally *t, hg_error *err)
{
    hg_status s = look_up(l, err);
    if (s != HG_OK)
        return s;
    hg_radix_pass pass = {.key = l->cell,
                          .key_out = t->cell,
                          .with_out = t->position,
                          .n = l->n,
                          .shift = STRIPE_BITS,
                          .bits = BAND_BITS};
    s = hg_radix_partition(&pass, threads_of(l->control), t->start, err);
    return s == HG_OK ? hg_parallel(BANDS, threads_of(l->control), add_band, t, err) : s;
}

static hg_status add_all(lookup *l, tally *t, hg_error *err)
{
    size_t n = l->incidents->n, block = n < BLOCK ? n : BLOCK;
    l->cell = hg_malloc(block, sizeof *l->cell);
    t->cell = hg_malloc(block, sizeof *t->cell);
    t->position = hg_malloc(block, sizeof *t->position);
    hg_status s = l->cell && t->cell && t->position ? HG_OK : hg_fail_memory(err);
    for (l->first = 0; s == HG_OK && l->first < n; l->first += l->n) {
        l->n = n - l->first < BLOCK ? n - l->first : BLOCK;
        s = add_block(l, t, err);
    }
    hg_free(l->cell);
    hg_free(t->cell);
    hg_free(t->position);
    return s;
}

/* Empties the cells without a share; true where one held anything. */
static bool empty_shareless(const tally *t, hg_cell_counts *counts)
{
    bool any = false;
    for (uint64_t c = 0; c < t->cells; c++) {
        if (t->lookup->share[c] > 0 || !counts->count[c])
            continue;
        any = true;
        counts->count[c] = 0;
        if (counts->weight)
            counts->weight[c] = 0;
    }
    return any;
}

/* Incidents on the line around the area count beside it. */
static void add_beside(const lookup *l, hg_cell_counts *counts)
{
    const hg_incidents *in = l->incidents;
    for (size_t i = 0; i < in->n; i++) {
        if (in->flags && (in->flags[i] & HG_FLAG_HALO))
            continue;
        uint64_t cell = cell_of(l, in->x[i], in->y[i]);
        if (cell == UINT64_MAX || l->share[cell] > 0)
            continue;
        cell = hg_incident_cell(l->grid, l->share, in->x[i], in->y[i]);
        if (cell == UINT64_MAX)
            continue;
        counts->count[cell]++;
        if (in->w)
            counts->weight[cell] += in->w[i];
    }
}

static void sum_up(uint64_t cells, hg_cell_counts *counts)
{
    for (uint64_t c = 0; c < cells; c++) {
        counts->total += counts->count[c];
        if (counts->weight)
            counts->total_weight += counts->weight[c];
    }
    if (!counts->weight)
        counts->total_weight = (double)counts->total;
}

hg_status hg_count_cells(const hg_incidents *incidents, const hg_grid *grid, const float *share,
                         hg_control *control, hg_cell_counts *out, hg_error *err)
{
    hg_cell_counts counts = {0};
    uint64_t cells = hg_grid_cells(grid);
    counts.count = hg_calloc(cells, sizeof *counts.count);
    counts.weight = incidents->w ? hg_calloc(cells, sizeof *counts.weight) : NULL;
    hg_status s = counts.count && (counts.weight || !incidents->w) ? HG_OK : hg_fail_memory(err);

    lookup l = {.incidents = incidents,
                .grid = grid,
                .share = share,
                .control = control,
                .none = cells,
                .defer = true};
    tally t = {.lookup = &l, .counts = &counts, .cells = cells};
    if (s == HG_OK)
        s = add_all(&l, &t, err);
    if (s != HG_OK) {
        hg_cell_counts_dispose(&counts);
        return s;
    }
    if (empty_shareless(&t, &counts))
        add_beside(&l, &counts);
    sum_up(cells, &counts);
    *out = counts;
    return HG_OK;
}

void hg_cell_counts_dispose(hg_cell_counts *counts)
{
    hg_free(counts->count);
    hg_free(counts->weight);
    *counts = (hg_cell_counts){0};
}
