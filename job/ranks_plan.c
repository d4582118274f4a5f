#include "job/ranks_parts.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum {
    BIN_ROWS = 16,         /* strips begin and end at whole bins */
    MOST_BINS = 65536,     /* beyond, bins are higher */
    AHEAD_BYTES = 1 << 30, /* of rows computed before rank 0 asks for them */
};

/* What a cell costs in points that reach its row, as measured for the quartic (docs/scale.md). */
static const double POINTS_PER_CELL = 3.4;

/* ------------------------------------------------- where a point reaches -------------------- */

/* First and last row of the grid that a point may reach; false where it reaches no cell of it. */
static bool reach_of(const hg_ranks_plan *p, double x, double y, int64_t *low, int64_t *high)
{
    const hg_grid *g = &p->grid;
    double column = (x - hg_grid_column_west(g, 0)) / g->cell_m - 0.5;
    double row = (hg_grid_row_north(g, 0) - y) / g->cell_m - 0.5, last = (double)(g->rows - 1);
    bool near = column > -p->radius && column < (double)(g->columns - 1) + p->radius &&
                row > -p->radius && row < last + p->radius;
    *low = (int64_t)fmin(fmax(floor(row - p->radius), 0), last);
    *high = (int64_t)fmin(fmax(ceil(row + p->radius), 0), last);
    return near;
}

static bool counts(const hg_points *points, size_t i)
{
    return (!points->w || points->w[i] > 0) && isfinite(points->x[i]) && isfinite(points->y[i]);
}

/* ------------------------------------------------- strips ----------------------------------- */

/* By bin how many points reach it, of all ranks: first the changes from bin to bin, then their
 * sums. */
static hg_status count_reach(hg_ranks_plan *p, const hg_points *points, int64_t *bins,
                             hg_error *err)
{
    for (size_t i = 0; i < points->n; i++) {
        int64_t low, high;
        if (!counts(points, i) || !reach_of(p, points->x[i], points->y[i], &low, &high))
            continue;
        bins[low / p->bin_rows]++;
        bins[high / p->bin_rows + 1]--;
    }
    hg_status status = hg_ranks_reduce_int(p->ranks, HG_SUM, bins, p->bins + 1, err);
    for (size_t b = 1; b < p->bins && status == HG_OK; b++)
        bins[b] += bins[b - 1];
    return status;
}

static double cost_of(const hg_ranks_plan *p, const int64_t *bins, size_t b)
{
    return (double)bins[b] + (double)p->grid.columns * POINTS_PER_CELL;
}

/* A strip ends with the bin that brings the cost of all strips so far to their share. */
static void cut(hg_ranks_plan *p, const int64_t *bins)
{
    int size = p->ranks->size, k = 1;
    double all = 0, sum = 0;
    for (size_t b = 0; b < p->bins; b++)
        all += cost_of(p, bins, b);
    p->first[0] = 0;
    for (size_t b = 0; b < p->bins; b++) {
        double half = cost_of(p, bins, b) / 2;
        for (; k < size && sum + half > all * k / size; k++)
            p->first[k] = (int64_t)b * p->bin_rows;
        sum += 2 * half;
    }
    for (; k <= size; k++)
        p->first[k] = p->grid.rows;
}

static hg_status make_strips(hg_ranks_plan *p, const hg_points *points, hg_error *err)
{
    int64_t rows = p->grid.rows;
    p->bin_rows = rows / MOST_BINS + 1;
    p->bin_rows = p->bin_rows < BIN_ROWS ? BIN_ROWS : p->bin_rows;
    p->bins = (size_t)((rows + p->bin_rows - 1) / p->bin_rows);
    p->first = hg_calloc((size_t)p->ranks->size + 1, sizeof *p->first);
    int64_t *bins = hg_calloc(p->bins + 1, sizeof *bins);
    hg_status status =
        hg_ranks_agree(p->ranks, p->first && bins ? HG_OK : hg_fail_memory(err), err);
    if (status == HG_OK)
        status = count_reach(p, points, bins, err);
    if (status == HG_OK)
        cut(p, bins);
    hg_free(bins);
    return status;
}

int64_t hg_ranks_strip_rows(const hg_ranks_plan *p, int rank)
{
    return p->first[rank + 1] - p->first[rank];
}

/* ------------------------------------------------- points to their strips ------------------- */

/* The rank whose strip has the row. */
static int rank_of_row(const hg_ranks_plan *p, int64_t row)
{
    int low = 0, high = p->ranks->size - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (row < p->first[middle + 1])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Where the copies of the points go: counted first, then written rank after rank. */
typedef struct outgoing {
    uint64_t *n, *at;
    double *x, *y, *w;
} outgoing;

static void outgoing_dispose(outgoing *o)
{
    hg_free(o->n);
    hg_free(o->x);
    hg_free(o->y);
    hg_free(o->w);
}

/* Ranks a point goes to: those it reaches; one that reaches no cell, to any, but evenly. */
static void targets_of(const hg_ranks_plan *p, const hg_points *points, size_t i, int *from,
                       int *to)
{
    int64_t low, high;
    bool near = reach_of(p, points->x[i], points->y[i], &low, &high);
    *from = near ? rank_of_row(p, low) : (int)(i % (size_t)p->ranks->size);
    *to = near ? rank_of_row(p, high) : *from;
}

static void count_copies(const hg_ranks_plan *p, const hg_points *points, uint64_t *n)
{
    for (size_t i = 0; i < points->n; i++) {
        int from, to;
        if (!counts(points, i))
            continue;
        targets_of(p, points, i, &from, &to);
        for (int k = from; k <= to; k++)
            n[k]++;
    }
}

static void write_copies(const hg_ranks_plan *p, const hg_points *points, const outgoing *o)
{
    for (size_t i = 0; i < points->n; i++) {
        int from, to;
        if (!counts(points, i))
            continue;
        targets_of(p, points, i, &from, &to);
        for (int k = from; k <= to; k++) {
            uint64_t at = o->at[k]++;
            o->x[at] = points->x[i];
            o->y[at] = points->y[i];
            if (o->w)
                o->w[at] = points->w[i];
        }
    }
}

static hg_status copy_points(const hg_ranks_plan *p, const hg_points *points, bool weighted,
                             outgoing *o, hg_error *err)
{
    size_t size = (size_t)p->ranks->size, all = 0;
    o->n = hg_calloc(2 * size, sizeof *o->n);
    if (!o->n)
        return hg_fail_memory(err);
    o->at = o->n + size;
    count_copies(p, points, o->n);
    for (size_t k = 0; k < size; k++) {
        o->at[k] = all;
        all += o->n[k];
    }
    o->x = hg_malloc(all, sizeof *o->x);
    o->y = hg_malloc(all, sizeof *o->y);
    o->w = weighted ? hg_malloc(all, sizeof *o->w) : NULL;
    if (!o->x || !o->y || (weighted && !o->w))
        return hg_fail_memory(err);
    write_copies(p, points, o);
    return HG_OK;
}

static hg_status exchange_points(hg_ranks_plan *p, const hg_points *points, bool weighted,
                                 hg_error *err)
{
    outgoing o = {0};
    void *x = NULL, *y = NULL, *w = NULL;
    hg_status status = hg_ranks_agree(p->ranks, copy_points(p, points, weighted, &o, err), err);
    if (status == HG_OK)
        status = hg_ranks_exchange(p->ranks, o.x, o.n, sizeof *o.x, &x, &p->n, err);
    if (status == HG_OK)
        status = hg_ranks_exchange(p->ranks, o.y, o.n, sizeof *o.y, &y, &p->n, err);
    if (status == HG_OK && weighted)
        status = hg_ranks_exchange(p->ranks, o.w, o.n, sizeof *o.w, &w, &p->n, err);
    p->x = x;
    p->y = y;
    p->w = w;
    outgoing_dispose(&o);
    return status;
}

/* ------------------------------------------------- the plan --------------------------------- */

static void forget_points(hg_ranks_plan *p)
{
    hg_free(p->x);
    hg_free(p->y);
    hg_free(p->w);
    p->x = p->y = p->w = NULL;
}

static void release(hg_ranks_plan *p)
{
    if (!p)
        return;
    forget_points(p);
    hg_density_plan_free(p->own);
    hg_free(p->first);
    hg_free(p);
}

static double processor_seconds(void)
{
    struct timespec t = {0, 0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void begin_work(hg_rank_effort *e)
{
    e->compute_s -= hg_now();
    e->compute_cpu_s -= processor_seconds();
}

static void end_work(hg_rank_effort *e)
{
    e->compute_s += hg_now();
    e->compute_cpu_s += processor_seconds();
}

/* On all ranks together. The points are those that this rank has, of whatever strip. */
static hg_status prepare(hg_ranks_plan *p, const hg_points *points, const hg_kernel *kernel,
                         hg_error *err)
{
    double began = hg_now();
    int64_t weighted = points->w != NULL; /* a rank without rows does not know */
    hg_status status = hg_ranks_reduce_int(p->ranks, HG_MAX, &weighted, 1, err);
    if (status == HG_OK)
        status = make_strips(p, points, err);
    if (status == HG_OK)
        status = exchange_points(p, points, weighted, err);
    p->job->effort.exchange_s += hg_now() - began;
    p->job->effort.points += (int64_t)p->n;
    const hg_points own = {p->n, p->x, p->y, p->w};
    if (status == HG_OK) {
        begin_work(&p->job->effort);
        status = hg_density_plan_new(&own, &p->grid, kernel, &p->job->control, &p->own, err);
        end_work(&p->job->effort);
        status = hg_ranks_agree(p->ranks, status, err);
    }
    forget_points(p);
    return status;
}

static hg_status plan_new(hg_job *job, const hg_grid *grid, const hg_kernel *kernel,
                          hg_ranks_plan **out, hg_error *err)
{
    hg_ranks_plan *p = hg_calloc(1, sizeof *p);
    hg_status status = hg_ranks_agree(job->control.ranks, p ? HG_OK : hg_fail_memory(err), err);
    if (status != HG_OK) {
        hg_free(p);
        return status;
    }
    p->job = job;
    p->ranks = job->control.ranks;
    p->grid = *grid;
    p->radius = hg_kernel_support_m(kernel) / grid->cell_m;
    *out = p;
    return HG_OK;
}

static hg_status own_rows(hg_ranks_plan *p, int64_t row, int64_t n, double *out, hg_error *err)
{
    begin_work(&p->job->effort);
    hg_status status = hg_density_band(p->own, row, n, out, err);
    end_work(&p->job->effort);
    p->job->effort.rows += n;
    return status;
}

static hg_status own_mass(hg_ranks_plan *p, double *mass, hg_error *err)
{
    int rank = p->ranks->rank;
    int64_t n = hg_ranks_strip_rows(p, rank);
    *mass = 0;
    begin_work(&p->job->effort);
    bool top = n > 0 && p->first[rank] == 0, bottom = n > 0 && p->first[rank] + n == p->grid.rows;
    hg_status status =
        hg_density_mass_beyond_rows(p->own, p->first[rank], n, top, bottom, mass, err);
    end_work(&p->job->effort);
    return status;
}

/* ------------------------------------------------- rank 0's side ---------------------------- */

hg_status hg_ranks_plan_new(hg_job *job, const hg_points *points, const hg_grid *grid,
                            const hg_kernel *kernel, hg_ranks_plan **out, hg_error *err)
{
    hg_ranks_plan *p = NULL;
    const hg_order order = {.kind = HG_ORDER_DENSITY, .grid = *grid, .kernel = *kernel};
    hg_ranks_work_alone(job, false);
    hg_status status = hg_ranks_give_order(job->control.ranks, &order, err);
    if (status == HG_OK)
        status = plan_new(job, grid, kernel, &p, err);
    if (status == HG_OK)
        status = prepare(p, points, kernel, err);
    if (status != HG_OK) {
        release(p);
        hg_ranks_work_alone(job, true);
        return status;
    }
    *out = p;
    return HG_OK;
}

void hg_ranks_plan_free(hg_ranks_plan *p)
{
    const hg_question no_more = {.what = ASK_NO_MORE};
    if (!p)
        return;
    for (int k = 1; k < p->ranks->size; k++)
        hg_ranks_send(p->ranks, k, &no_more, sizeof no_more,
                      NULL); /* fails where all is lost already */
    hg_ranks_work_alone(p->job, true);
    release(p);
}

int64_t hg_ranks_plan_band_rows(const hg_ranks_plan *p)
{
    return hg_density_band_rows(p->own);
}

/* The answer begins with how the other rank fared. */
static hg_status ask(hg_ranks_plan *p, int rank, const hg_question *q, void *answer, size_t bytes,
                     hg_error *err)
{
    hg_error theirs = {HG_OK, ""};
    double began = hg_now();
    hg_status status = hg_ranks_send(p->ranks, rank, q, sizeof *q, err);
    if (status == HG_OK)
        status = hg_ranks_receive(p->ranks, rank, &theirs, sizeof theirs, err);
    if (status == HG_OK && theirs.status != HG_OK)
        status = hg_fail(err, theirs.status, "%s", theirs.message);
    if (status == HG_OK)
        status = hg_ranks_receive(p->ranks, rank, answer, bytes, err);
    p->job->effort.hand_over_s += hg_now() - began;
    return status;
}

hg_status hg_ranks_plan_band(hg_ranks_plan *p, int64_t row0, int64_t n, double *out, hg_error *err)
{
    hg_status status = HG_OK;
    for (int64_t row = row0, end = row0 + n; row < end && status == HG_OK;) {
        int rank = rank_of_row(p, row);
        int64_t stop = p->first[rank + 1] < end ? p->first[rank + 1] : end;
        double *to = out + (row - row0) * p->grid.columns;
        const hg_question q = {.what = ASK_ROWS, .row = row, .n = stop - row};
        size_t bytes = (size_t)((stop - row) * p->grid.columns) * sizeof *out;
        status =
            rank == 0 ? own_rows(p, row, stop - row, to, err) : ask(p, rank, &q, to, bytes, err);
        row = stop;
    }
    return status;
}

hg_status hg_ranks_plan_mass_beyond(hg_ranks_plan *p, double *mass, hg_error *err)
{
    double sum = 0;
    hg_status status = own_mass(p, &sum, err);
    for (int k = 1; k < p->ranks->size && status == HG_OK; k++) {
        const hg_question q = {.what = ASK_MASS};
        double one = 0;
        status = ask(p, k, &q, &one, sizeof one, err);
        sum += one;
    }
    if (status == HG_OK)
        *mass = sum;
    return status;
}

/* ------------------------------------------------- the other ranks' side -------------------- */

/* As many rows as there is room for, from `row` on. */
hg_status hg_ranks_fill_stock(hg_ranks_plan *p, hg_stock *s, int64_t row, hg_error *err)
{
    int64_t left = p->first[p->ranks->rank + 1] - row, n = left < s->room ? left : s->room;
    hg_status status = own_rows(p, row, n, s->values, err);
    s->row = row;
    s->n = status == HG_OK ? n : 0;
    return status;
}

hg_status hg_ranks_answer(hg_ranks_plan *p, hg_status status, const void *data, size_t bytes,
                          const hg_error *why, hg_error *err)
{
    hg_error said = {HG_OK, ""};
    if (status != HG_OK)
        said = *why;
    double began = hg_now();
    hg_status sent = hg_ranks_send(p->ranks, 0, &said, sizeof said, err);
    if (sent == HG_OK && status == HG_OK)
        sent = hg_ranks_send(p->ranks, 0, data, bytes, err);
    p->job->effort.hand_over_s += hg_now() - began;
    return sent;
}

static hg_status answer_rows(hg_ranks_plan *p, hg_stock *s, const hg_question *q, hg_status status,
                             hg_error *why, hg_error *err)
{
    if (status == HG_OK && q->row + q->n > s->row + s->n)
        status = hg_ranks_fill_stock(p, s, q->row, why);
    const double *from = s->values + (q->row - s->row) * p->grid.columns;
    return hg_ranks_answer(p, status, from, (size_t)(q->n * p->grid.columns) * sizeof *from, why,
                           err);
}

static hg_status answer_all(hg_ranks_plan *p, hg_stock *s, hg_status status, hg_error *why,
                            hg_error *err)
{
    hg_question q = {0};
    hg_status whole = HG_OK;
    while (whole == HG_OK) {
        whole = hg_ranks_receive(p->ranks, 0, &q, sizeof q, err);
        if (whole != HG_OK || q.what == ASK_NO_MORE)
            break;
        double mass = 0;
        if (q.what == ASK_TILE) {
            whole = hg_ranks_answer_tile(p, s, &q, status, why, err);
        } else if (q.what == ASK_MASS) {
            hg_status made = status == HG_OK ? own_mass(p, &mass, why) : status;
            whole = hg_ranks_answer(p, made, &mass, sizeof mass, why, err);
        } else {
            whole = answer_rows(p, s, &q, status, why, err);
        }
    }
    return whole;
}

/* Rank 0 never asks for more rows at once than it takes for a band. */
static int64_t rows_ahead(const hg_ranks_plan *p)
{
    int64_t rows = hg_ranks_strip_rows(p, p->ranks->rank), band = hg_ranks_plan_band_rows(p);
    int64_t fit = (int64_t)(AHEAD_BYTES / sizeof(double)) / p->grid.columns;
    fit = fit < band ? band : fit;
    return rows < fit ? rows : fit;
}

hg_status hg_ranks_plan_serve(hg_job *job, const hg_order *order, const hg_points *points,
                              hg_error *err)
{
    hg_ranks_plan *p = NULL;
    hg_stock s = {0};
    hg_error why = {HG_OK, ""};
    hg_status status = plan_new(job, &order->grid, &order->kernel, &p, err);
    if (status != HG_OK)
        return status;
    status = prepare(p, points, &order->kernel, err);
    if (status == HG_OK) {
        s.room = rows_ahead(p);
        s.values = hg_malloc_aligned((size_t)(s.room * p->grid.columns), sizeof *s.values);
        hg_status ready = s.values ? HG_OK : hg_fail_memory(&why);
        if (ready == HG_OK && s.room > 0)
            ready = hg_ranks_fill_stock(p, &s, p->first[p->ranks->rank], &why);
        status = answer_all(p, &s, ready, &why, err);
    }
    hg_free(s.values);
    release(p);
    return status;
}
