/*
 * Coverage by accumulation (geo/accumulate.h) in cells from the corner of the lattice at the south-west of
 * each patch, so that neither eastings of millions of metres nor far cells cost digits, and the sides of
 * cells are whole numbers.
 *
 * A band of rows takes its patches in the order they were named, and what a row computes does not depend
 * on its band: threads do not show in the result.
 */
#include "geo/spread.h"
#include "base/memory.h"
#include "base/threads.h"
#include "geo/accumulate.h"
#include "geo/patch_edges.h"

#include <math.h>
#include <string.h>

enum { BAND_ROWS = 64, BAND_BYTES = 4 << 20 };

static const double rounding = 1e-12, tiny = 1e-9; /* of a cell */

/* What one band did with one patch. */
typedef struct visit {
    uint32_t use; /* position in `which` */
    uint64_t cell; /* of the largest piece */
    double largest_m2, sum_m2;
} visit;

/* Cells of one part: lattice numbers of the south-western, and how many. */
typedef struct stand {
    int64_t column, row, columns, rows;
    bool whole; /* the cell takes all of the part */
} stand;

typedef struct band_result {
    hg_cell_mass *cells;
    size_t n;
} band_result;

typedef struct spread_job {
    const hg_spreading *in;
    hg_control *control;
    int64_t band_rows;
    size_t bands;
    size_t *first; /* of each band's visits; bands + 1 */
    visit *visits;
    band_result *results;
} spread_job;

static const hg_patch_part *part_of(const hg_spreading *in, size_t use)
{
    const hg_patch *p = hg_patches_at(in->patches, in->which[use]);
    return in->inside ? &p->inside : &p->whole;
}

static double corner_m(int64_t lattice, double cell_m)
{
    return (double)lattice * round(cell_m * 100.0) / 100.0;
}

/* In cells from a lattice line; a coordinate within its own rounding of a line lies on it. */
static double cells_from(double v, double origin_m, double cell_m)
{
    double u = (v - origin_m) / cell_m, nearest = nearbyint(u);
    return fabs(u - nearest) * cell_m <= 4e-16 * fabs(v) ? nearest : u;
}

static stand stand_of(const hg_patch_part *part, double cell_m)
{
    const double *box = part->box;
    stand s = {.column = (int64_t)floor(box[0] / cell_m), .row = (int64_t)floor(box[1] / cell_m)};
    double x0 = corner_m(s.column, cell_m), y0 = corner_m(s.row, cell_m);
    double west = floor(cells_from(box[0], x0, cell_m));
    double south = floor(cells_from(box[1], y0, cell_m));
    s.columns = (int64_t)(fmax(ceil(cells_from(box[2], x0, cell_m)), west + 1.0) - west);
    s.rows = (int64_t)(fmax(ceil(cells_from(box[3], y0, cell_m)), south + 1.0) - south);
    s.column += (int64_t)west;
    s.row += (int64_t)south;
    s.whole = s.columns == 1 && s.rows == 1;
    if (!s.whole && part->area_m2 < tiny * cell_m * cell_m)
        s = (stand){(int64_t)floor(part->x / cell_m), (int64_t)floor(part->y / cell_m), 1, 1, true};
    return s;
}

/* Rows of the window that a part meets; false where it meets none. */
static bool rows_of(const hg_window *w, const stand *s, int64_t *first, int64_t *last)
{
    *first = w->top - (s->row + s->rows - 1);
    *last = w->top - s->row;
    if (*last < 0 || *first >= w->rows || s->column >= w->west + w->columns ||
        s->column + s->columns <= w->west)
        return false;
    *first = *first > 0 ? *first : 0;
    *last = *last < w->rows ? *last : w->rows - 1;
    return true;
}

/* ------------------------------------------------- one band ---------------------------------- */

/* A band at work: dense masses, and room for the sums of one patch. */
typedef struct band {
    const hg_spreading *in;
    int64_t row0, rows;
    double *mass; /* rows x columns */
    double *sums; /* rows x (columns + 1) */
} band;

/* Whether a piece takes the place of the largest so far; where they are equal but for rounding,
 * whether it does so by lying further south. */
static bool outdoes(const hg_spreading *in, double area_m2, double largest_m2, bool further_south)
{
    double equal = tiny * in->window.cell_m * in->window.cell_m;
    double more = area_m2 - largest_m2;
    return more > equal || largest_m2 == 0.0 || (further_south && more >= -equal);
}

/* Rows are taken from north to south, columns from west to east. */
static void take(band *b, visit *v, int64_t row, int64_t column, double area_m2)
{
    const hg_spreading *in = b->in;
    uint64_t columns = (uint64_t)in->window.columns;
    uint64_t cell = (uint64_t)row * columns + (uint64_t)column;
    if (in->share && !(in->share[cell] > 0.0f))
        return;
    double weight = in->weight ? in->weight[v->use] : 1.0;
    b->mass[(row - b->row0) * in->window.columns + column] += weight * area_m2;
    v->sum_m2 += area_m2;
    bool further_south = v->cell != UINT64_MAX && cell / columns > v->cell / columns;
    if (outdoes(in, area_m2, v->largest_m2, further_south)) {
        v->largest_m2 = area_m2;
        v->cell = cell;
    }
}

/* The stretch of a patch's own cells that a band and the window share, from its south-western cell. */
typedef struct patch_rows {
    const stand *stand;
    double x0, y0, cell_m; /* its south-western corner */
    int64_t row, rows;     /* northward */
    int64_t column, columns;
    double *sums; /* rows x (columns + 1) */
} patch_rows;

static void add_edge(const patch_rows *p, const hg_edge *e)
{
    hg_edge local = {cells_from(e->ax, p->x0, p->cell_m), cells_from(e->ay, p->y0, p->cell_m),
                     cells_from(e->bx, p->x0, p->cell_m), cells_from(e->by, p->y0, p->cell_m)};
    double low = fmin(local.ay, local.by), high = fmax(local.ay, local.by);
    double first = fmax(floor(low), (double)p->row), end = fmin(ceil(high), (double)(p->row + p->rows));
    for (double r = first; r < end; r += 1.0) {
        double from = fmax(low, r), to = fmin(high, r + 1.0);
        if (!(from < to))
            continue;
        double u0 = hg_edge_x_at(&local, from) - (double)p->column;
        double u1 = hg_edge_x_at(&local, to) - (double)p->column;
        hg_accumulate(p->sums + ((int64_t)r - p->row) * (p->columns + 1), p->columns, fmin(u0, u1),
                      fmax(u0, u1), local.by < local.ay ? to - from : from - to);
    }
}

static double settle(double share)
{
    if (share < rounding)
        return 0.0;
    return share > 1.0 - rounding ? 1.0 : share;
}

static void sweep(band *b, visit *v, const patch_rows *p)
{
    const hg_window *w = &b->in->window;
    double cell_area = w->cell_m * w->cell_m;
    for (int64_t r = p->rows - 1; r >= 0; r--) {
        const double *sums = p->sums + r * (p->columns + 1);
        int64_t row = w->top - (p->stand->row + p->row + r);
        double running = 0.0;
        for (int64_t c = 0; c < p->columns; c++) {
            running += sums[c];
            double share = settle(running);
            if (share > 0.0)
                take(b, v, row, p->stand->column + p->column + c - w->west, share * cell_area);
        }
    }
}

static void spread_part(band *b, visit *v, const hg_patch_part *part)
{
    const hg_window *w = &b->in->window;
    stand s = stand_of(part, w->cell_m);
    int64_t first, last;
    if (!rows_of(w, &s, &first, &last))
        return;
    first = first > b->row0 ? first : b->row0;
    last = last < b->row0 + b->rows ? last : b->row0 + b->rows - 1;
    if (s.whole) {
        take(b, v, first, s.column - w->west, part->area_m2);
        return;
    }
    int64_t west = s.column > w->west ? s.column : w->west;
    int64_t end = s.column + s.columns < w->west + w->columns ? s.column + s.columns
                                                              : w->west + w->columns;
    patch_rows p = {.stand = &s, .x0 = corner_m(s.column, w->cell_m),
                    .y0 = corner_m(s.row, w->cell_m), .cell_m = w->cell_m,
                    .row = w->top - last - s.row, .rows = last - first + 1,
                    .column = west - s.column, .columns = end - west, .sums = b->sums};
    memset(p.sums, 0, (size_t)(p.rows * (p.columns + 1)) * sizeof *p.sums);
    size_t n;
    const hg_edge *edges = hg_patch_edges(b->in->patches, b->in->which[v->use], b->in->inside, &n);
    for (size_t i = 0; i < n; i++)
        add_edge(&p, &edges[i]);
    sweep(b, v, &p);
}

static hg_status keep_cells(const band *b, band_result *out, hg_error *err)
{
    size_t all = (size_t)(b->rows * b->in->window.columns), n = 0;
    for (size_t i = 0; i < all; i++)
        n += b->mass[i] > 0.0;
    out->cells = hg_malloc(n, sizeof *out->cells);
    if (!out->cells)
        return hg_fail_memory(err);
    uint64_t start = (uint64_t)(b->row0 * b->in->window.columns);
    for (size_t i = 0; i < all; i++)
        if (b->mass[i] > 0.0)
            out->cells[out->n++] = (hg_cell_mass){start + i, b->mass[i]};
    return HG_OK;
}

static hg_status spread_band(void *context, size_t index, hg_error *err)
{
    spread_job *j = context;
    const hg_window *w = &j->in->window;
    band b = {.in = j->in, .row0 = (int64_t)index * j->band_rows};
    b.rows = w->rows - b.row0 < j->band_rows ? w->rows - b.row0 : j->band_rows;
    if (j->first[index] == j->first[index + 1])
        return HG_OK;
    b.mass = hg_calloc((size_t)(b.rows * w->columns), sizeof *b.mass);
    b.sums = hg_malloc((size_t)(b.rows * (w->columns + 1)), sizeof *b.sums);
    hg_status status = b.mass && b.sums ? HG_OK : hg_fail_memory(err);
    for (size_t k = j->first[index]; k < j->first[index + 1] && status == HG_OK; k++)
        spread_part(&b, &j->visits[k], part_of(j->in, j->visits[k].use));
    if (status == HG_OK)
        status = keep_cells(&b, &j->results[index], err);
    hg_free(b.mass);
    hg_free(b.sums);
    return status == HG_OK && j->control ? hg_check_cancel(j->control, err) : status;
}

/* ------------------------------------------------- all bands --------------------------------- */

/* Bands that a use takes part in; false for none. */
static bool bands_of(const spread_job *j, size_t use, size_t *from, size_t *to)
{
    const hg_patch_part *part = part_of(j->in, use);
    int64_t first, last;
    if (!(part->area_m2 > 0.0))
        return false;
    stand s = stand_of(part, j->in->window.cell_m);
    if (!rows_of(&j->in->window, &s, &first, &last))
        return false;
    *from = (size_t)(first / j->band_rows);
    *to = (size_t)(last / j->band_rows);
    return true;
}

/* Lists each band's visits in the order of the uses. */
static hg_status list_visits(spread_job *j, hg_error *err)
{
    size_t from, to, sum = 0;
    j->first = hg_calloc(j->bands + 2, sizeof *j->first);
    if (!j->first)
        return hg_fail_memory(err);
    for (size_t use = 0; use < j->in->n; use++)
        for (size_t k = bands_of(j, use, &from, &to) ? from : to + 1; k <= to; k++, sum++)
            j->first[k + 2]++;
    for (size_t k = 2; k < j->bands + 2; k++)
        j->first[k] += j->first[k - 1];
    j->visits = hg_malloc(sum, sizeof *j->visits);
    if (!j->visits)
        return hg_fail_memory(err);
    for (size_t use = 0; use < j->in->n; use++)
        for (size_t k = bands_of(j, use, &from, &to) ? from : to + 1; k <= to; k++)
            j->visits[j->first[k + 1]++] = (visit){.use = (uint32_t)use, .cell = UINT64_MAX};
    return HG_OK;
}

static hg_status join_cells(const spread_job *j, hg_spread *out, hg_error *err)
{
    size_t n = 0;
    for (size_t k = 0; k < j->bands; k++)
        n += j->results[k].n;
    out->cells = hg_malloc(n, sizeof *out->cells);
    if (!out->cells)
        return hg_fail_memory(err);
    for (size_t k = 0; k < j->bands; k++) {
        if (j->results[k].n)
            memcpy(out->cells + out->n, j->results[k].cells,
                   j->results[k].n * sizeof *out->cells);
        out->n += j->results[k].n;
    }
    return HG_OK;
}

/* Bands run from north to south. */
static hg_status join_places(const spread_job *j, hg_spread *out, hg_error *err)
{
    size_t n = j->in->n;
    double *largest = hg_calloc(n, sizeof *largest);
    out->places = hg_malloc(n, sizeof *out->places);
    hg_status status = largest && out->places ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        out->places[i] = (hg_patch_place){UINT64_MAX, 0.0};
    for (size_t k = 0; status == HG_OK && k < j->first[j->bands]; k++) {
        const visit *v = &j->visits[k];
        hg_patch_place *place = &out->places[v->use];
        place->area_m2 += v->sum_m2;
        if (v->cell == UINT64_MAX || !outdoes(j->in, v->largest_m2, largest[v->use], true))
            continue;
        largest[v->use] = v->largest_m2;
        place->cell = v->cell;
    }
    hg_free(largest);
    return status;
}

static void job_dispose(spread_job *j)
{
    for (size_t k = 0; j->results && k < j->bands; k++)
        hg_free(j->results[k].cells);
    hg_free(j->results);
    hg_free(j->first);
    hg_free(j->visits);
}

hg_status hg_spread_patches(const hg_spreading *spreading, hg_control *control, hg_spread *out,
                            hg_error *err)
{
    const hg_window *w = &spreading->window;
    int64_t fit = BAND_BYTES / (int64_t)sizeof(double) / w->columns;
    spread_job j = {.in = spreading, .control = control};
    hg_spread result = {0};
    j.band_rows = fit < 1 ? 1 : fit < BAND_ROWS ? fit : BAND_ROWS;
    j.bands = (size_t)((w->rows + j.band_rows - 1) / j.band_rows);
    j.results = hg_calloc(j.bands, sizeof *j.results);
    hg_status status = j.results ? list_visits(&j, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_parallel(j.bands, control ? control->threads : 0, spread_band, &j, err);
    if (status == HG_OK)
        status = join_cells(&j, &result, err);
    if (status == HG_OK)
        status = join_places(&j, &result, err);
    job_dispose(&j);
    if (status == HG_OK)
        *out = result;
    else
        hg_spread_dispose(&result);
    return status;
}

void hg_spread_dispose(hg_spread *spread)
{
    hg_free(spread->cells);
    hg_free(spread->places);
    *spread = (hg_spread){0};
}
