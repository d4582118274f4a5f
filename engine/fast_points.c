/*
 * One reading of the input packs, counts and scatters it slice by slice, each slice within the
 * cache and into room of its own. Slices have a fixed length, so that a strip meets its points in
 * the order of the input whatever the number of threads.
 */
#include "engine/fast_points.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum {
    SLICE = 16384,             /* points; a slice's places fit 16 bits */
    ROOM_SLICES = 64,          /* of one block of memory: small enough to fit where other columns were freed */
    STRIP_BYTES = 512 << 10,   /* of a strip's cells, at most where rows are short enough */
    STRIP_BITS_MOST = 6,
    STRIPS_MOST = 4096,
};

typedef struct packing {
    hg_fast_points *out;
    const hg_points *in;
    hg_control *control;
    double west, north, per_cell; /* metres; cells per metre */
    double scale;                 /* fixed-point units per cell */
    double low, high_x, high_y;   /* of padded coordinates: beyond these no cell is reached */
    uint32_t inner_low, inner_x, inner_y; /* packed: nothing outside the grid is reached from within these */
} packing;

static hg_status lay_out(hg_fast_points *p, const hg_grid *grid, double radius, hg_error *err)
{
    if (!(radius < INT32_MAX / 8))
        return hg_fail(err, HG_EUSAGE, "a support of %.12g cells is too wide", radius);
    int64_t pad = (int64_t)ceil(radius) + 4;
    hg_fast_lattice *l = &p->lattice;
    *l = (hg_fast_lattice){*grid, radius, pad, grid->columns + 2 * pad, grid->rows + 2 * pad, 31};
    int64_t longest = l->columns > l->rows ? l->columns : l->rows;
    while (l->bits > 0 && (longest << l->bits) > UINT32_MAX)
        l->bits--;
    while (p->strip_bits < STRIP_BITS_MOST &&
           ((2 << p->strip_bits) + 2) * l->columns * (int64_t)sizeof(double) <= STRIP_BYTES)
        p->strip_bits++;
    while (l->rows >> p->strip_bits >= STRIPS_MOST)
        p->strip_bits++;
    p->strips = (size_t)(l->rows >> p->strip_bits) + 1;
    return HG_OK;
}

/* Strip of a point and its packed coordinates; strips + 1 drops it. */
static inline size_t pack_point(const packing *p, size_t i, uint64_t *at)
{
    const hg_fast_points *out = p->out;
    const hg_fast_lattice *l = &out->lattice;
    double x = (p->in->x[i] - p->west) * p->per_cell + ((double)l->pad - 0.5);
    double y = (p->north - p->in->y[i]) * p->per_cell + ((double)l->pad - 0.5);
    if (p->in->w && !(p->in->w[i] > 0.0))
        return out->strips + 1;
    if (x > p->low && x < p->high_x && y > p->low && y < p->high_y) {
        uint32_t row = (uint32_t)(y * p->scale + 0.5);
        *at = (uint64_t)row << 32 | (uint32_t)(x * p->scale + 0.5);
        return (size_t)((uint64_t)row >> (l->bits + out->strip_bits));
    }
    if (!isfinite(x) || !isfinite(y))
        return out->strips + 1;
    *at = (uint64_t)((y - floor(y) + 2.0) * p->scale) << 32 | (uint32_t)((x - floor(x) + 2.0) * p->scale);
    return out->strips;
}

/* Whether a cell outside the grid lies within the support. */
static inline bool reaches_out(const packing *p, uint64_t at)
{
    uint32_t x = hg_fast_column(at), y = hg_fast_row(at);
    return x < p->inner_low || x > p->inner_x || y < p->inner_low || y > p->inner_y;
}

static uint64_t *at_of(const hg_fast_points *p, size_t slice)
{
    return p->at[slice / ROOM_SLICES] + slice % ROOM_SLICES * SLICE;
}

static uint16_t *of_of(const hg_fast_points *p, size_t slice)
{
    return p->of ? p->of[slice / ROOM_SLICES] + slice % ROOM_SLICES * SLICE : NULL;
}

static hg_status pack_slice(void *context, size_t slice, hg_error *err)
{
    const packing *p = context;
    hg_fast_points *out = p->out;
    uint64_t at[SLICE];
    uint16_t strip[SLICE];
    size_t from = slice * SLICE, n = p->in->n - from < SLICE ? p->in->n - from : SLICE;
    uint16_t *place = out->place + slice * (out->strips + 2);
    uint64_t *to_at = at_of(out, slice);
    uint16_t *to_of = of_of(out, slice);
    bool edge = false;
    for (size_t i = 0; i < n; i++) {
        size_t s = pack_point(p, from + i, &at[i]);
        strip[i] = (uint16_t)s;
        if (s <= out->strips) {
            place[s + 1]++;
            edge = edge || s == out->strips || reaches_out(p, at[i]);
        }
    }
    for (size_t s = 1; s < out->strips + 2; s++)
        place[s] = (uint16_t)(place[s] + place[s - 1]);
    /* While scattering, place[s] runs from the beginning of strip s to that of strip s + 1 … */
    for (size_t i = 0; i < n; i++) {
        if (strip[i] > out->strips)
            continue;
        size_t to = place[strip[i]]++;
        to_at[to] = at[i];
        if (to_of)
            to_of[to] = (uint16_t)i;
    }
    /* … and is moved back by one strip. */
    memmove(place + 1, place, (out->strips + 1) * sizeof *place);
    place[0] = 0;
    out->edge[slice] = edge;
    return hg_check_cancel(p->control, err);
}

static void set_inner(packing *k)
{
    const hg_fast_lattice *l = &k->out->lattice;
    double inner = (double)l->pad - 1.0 + l->radius;
    k->inner_low = (uint32_t)ceil(inner * k->scale);
    k->inner_x = (uint32_t)fmax(0.0, floor(((double)(l->columns - 1) - inner) * k->scale));
    k->inner_y = (uint32_t)fmax(0.0, floor(((double)(l->rows - 1) - inner) * k->scale));
}

static hg_status make_room(hg_fast_points *p, bool weighted, hg_error *err)
{
    enum { ROOM = ROOM_SLICES * SLICE };
    size_t rooms = (p->slices + ROOM_SLICES - 1) / ROOM_SLICES;
    p->at = hg_calloc(rooms, sizeof *p->at);
    p->of = weighted ? hg_calloc(rooms, sizeof *p->of) : NULL;
    if (!p->at || (weighted && !p->of))
        return hg_fail_memory(err);
    for (; p->rooms < rooms; p->rooms++) {
        size_t left = p->n - p->rooms * ROOM, n = left < ROOM ? left : ROOM;
        p->at[p->rooms] = hg_malloc(n, sizeof **p->at);
        if (weighted)
            p->of[p->rooms] = hg_malloc(n, sizeof **p->of);
        if (!p->at[p->rooms] || (weighted && !p->of[p->rooms])) {
            p->rooms++;
            return hg_fail_memory(err);
        }
    }
    p->place = hg_calloc(p->slices * (p->strips + 2), sizeof *p->place);
    p->edge = hg_calloc(p->slices, sizeof *p->edge);
    if (!p->place || !p->edge)
        return hg_fail_memory(err);
    return HG_OK;
}

hg_status hg_fast_points_fill(hg_fast_points *p, const hg_points *points, const hg_grid *grid,
                              double support_m, hg_control *control, hg_error *err)
{
    *p = (hg_fast_points){.n = points->n, .slices = (points->n + SLICE - 1) / SLICE, .strip_bits = 1, .w = points->w};
    hg_status status = lay_out(p, grid, support_m / grid->cell_m, err);
    if (status == HG_OK)
        status = make_room(p, points->w != NULL, err);
    const hg_fast_lattice *l = &p->lattice;
    packing k = {.out = p,
                 .in = points,
                 .control = control,
                 .west = hg_grid_column_west(grid, 0),
                 .north = hg_grid_row_north(grid, 0),
                 .per_cell = 1.0 / grid->cell_m,
                 .scale = ldexp(1.0, (int)l->bits),
                 .low = (double)l->pad - l->radius,
                 .high_x = (double)(l->pad + grid->columns - 1) + l->radius,
                 .high_y = (double)(l->pad + grid->rows - 1) + l->radius};
    if (status == HG_OK)
        set_inner(&k);
    if (status == HG_OK)
        status = hg_parallel(p->slices, control ? control->threads : 0, pack_slice, &k, err);
    if (status != HG_OK)
        hg_fast_points_dispose(p);
    return status;
}

void hg_fast_points_dispose(hg_fast_points *p)
{
    for (size_t i = 0; i < p->rooms; i++) {
        hg_free(p->at[i]);
        if (p->of)
            hg_free(p->of[i]);
    }
    hg_free(p->at);
    hg_free(p->of);
    hg_free(p->place);
    hg_free(p->edge);
    *p = (hg_fast_points){0};
}

hg_fast_run hg_fast_points_run(const hg_fast_points *p, size_t slice, size_t strip)
{
    const uint16_t *place = p->place + slice * (p->strips + 2) + strip;
    const double *w = p->w ? p->w + slice * SLICE : NULL;
    const uint16_t *of = of_of(p, slice);
    return (hg_fast_run){(size_t)(place[1] - place[0]), at_of(p, slice) + place[0], w, of ? of + place[0] : NULL};
}

double hg_fast_points_moved(const hg_fast_lattice *l)
{
    /* Half a unit each way by packing, and the rounding of coordinates in metres before it. */
    double cells = fmax(fabs((double)l->grid.west), fabs((double)l->grid.top)) + (double)(l->columns + l->rows);
    return M_SQRT1_2 * ldexp(1.0, -(int)l->bits) + ldexp(cells, -50);
}

bool hg_fast_points_over_edge(const hg_fast_points *p)
{
    for (size_t s = 0; s < p->slices; s++)
        if (p->edge[s])
            return true;
    return false;
}
