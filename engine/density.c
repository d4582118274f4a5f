/*
 * Exact kernel density by rows. Compact polynomial kernels go through the running sums of
 * density_rows.inc; the triangular kernel and the Gaussian are added cell by cell, the Gaussian as
 * a product of a column factor and a row factor. Every row is computed on its own, from the same
 * points in the same order, which is why neither threads nor bands can be seen in the result.
 */
#include "engine/density.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/density_points.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    CHUNK_ROWS = 16,       /* rows of one task: one block's points serve all of them */
    CHUNK_BYTES = 8 << 20, /* of one task's rows, at most, where the grid is very wide */
    BAND_BYTES = 48 << 20, /* of a band handed to the caller */
    SPARE = 8,             /* columns that whole vectors may run over */
};

/* Room for one stretch of rows, handed from task to task: new pages for every few rows would cost a
 * tenth of the whole. */
typedef struct room {
    double *sums;   /* of all rows of a chunk */
    double *slots;  /* polynomial kernels: all zero while nobody works in it */
    double *column; /* Gaussian: the column factors of one point */
    struct room *next;
} room;

struct hg_density_plan {
    hg_grid grid;
    hg_control *control;
    hg_bucket_set set;
    hg_kernel_shape shape;
    double scale;           /* from sums in cells to density per square metre */
    double sigma;           /* of the Gaussian, in cells */
    int64_t reach;          /* columns a block may touch to either side of its origin */
    int64_t left, width;    /* columns computed: -left … width - left - 1 */
    double *powers;         /* 1, t, t^2 … of the columns t = -reach … of a block */
    double *falloff;        /* exp(-k^2 / 2 sigma^2), k = 0 … */
    double *outside;        /* by row: sum of the density on columns outside the grid */
    unsigned char *known;   /* by row: outside is computed */
    hg_density_plan *apart; /* the points that reach no cell, in a grid of one cell */
    pthread_mutex_t lock;   /* of rooms */
    room *rooms;            /* those that nobody works in */
};

/* ------------------------------------------------------------------ instruction set ------------
 */

static _Atomic(const hg_row_loops *) chosen_loops;

static const hg_row_loops *loops_by_name(const char *name)
{
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
    bool best = strcmp(name, "auto") == 0;
    if (avx512 && (best || strcmp(name, "avx512") == 0))
        return &hg_row_loops_avx512;
    if (avx2 && (best || strcmp(name, "avx2") == 0))
        return &hg_row_loops_avx2;
    if (best)
        return &hg_row_loops_baseline;
#endif
    bool any = strcmp(name, "auto") == 0 || strcmp(name, "baseline") == 0;
    return any ? &hg_row_loops_baseline : NULL;
}

const hg_row_loops *hg_row_loops_now(void)
{
    const hg_row_loops *l = atomic_load(&chosen_loops);
    return l ? l : loops_by_name("auto");
}

const char *hg_density_simd(void)
{
    return hg_row_loops_now()->name;
}

bool hg_density_set_simd(const char *name)
{
    const hg_row_loops *l = loops_by_name(name);
    if (l)
        atomic_store(&chosen_loops, l);
    return l != NULL;
}

/* ------------------------------------------------------------------ plan -----------------------
 */

hg_status hg_density_check(const hg_kernel *k, const hg_grid *grid, hg_error *err)
{
    if (!(k->bandwidth_m > 0.0 && isfinite(k->bandwidth_m)))
        return hg_fail(err, HG_EUSAGE, "bandwidth %.12g m is not a positive length",
                       k->bandwidth_m);
    if (k->bandwidth_m < grid->cell_m)
        return hg_fail(err, HG_EUSAGE, "bandwidth %.12g m is under one cell of %.12g m",
                       k->bandwidth_m, grid->cell_m);
    if (k->shape == HG_GAUSSIAN && !(k->cutoff > 0.0 && isfinite(k->cutoff)))
        return hg_fail(err, HG_EUSAGE, "cutoff %.12g is not a positive number of sigmas",
                       k->cutoff);
    return HG_OK;
}

static double scale_of(const hg_kernel *k, double radius)
{
    int degree = hg_kernel_degree(k->shape);
    double h = k->bandwidth_m, peak = hg_kernel_value(k, 0.0);
    return peak / (h * h) / (degree > 0 ? pow(radius * radius, degree) : 1.0);
}

static size_t slot_count(const hg_density_plan *p)
{
    return ((size_t)(2 * p->reach) + 2 + 7) / 8 * 8;
}

/* Doubles of a block's slots, and of the powers of its columns. */
static size_t slot_doubles(const hg_density_plan *p)
{
    return slot_count(p) * hg_slot_lanes(hg_kernel_degree(p->shape));
}

static void fill_powers(hg_density_plan *p)
{
    size_t lanes = hg_slot_lanes(hg_kernel_degree(p->shape));
    for (size_t j = 0; j < slot_count(p); j++) {
        double t = (double)((int64_t)j - p->reach), power = 1.0;
        for (size_t lane = 0; lane < lanes; lane++, power *= t)
            p->powers[j * lanes + lane] = lane < lanes - 1 ? power : 0.0;
    }
}

static void fill_falloff(hg_density_plan *p)
{
    for (int64_t k = 0; k <= 2 * p->reach; k++)
        p->falloff[k] = exp(-0.5 * (double)(k * k) / (p->sigma * p->sigma));
}

static void size_plan(hg_density_plan *p, const hg_kernel *kernel)
{
    p->shape = kernel->shape;
    p->sigma = kernel->bandwidth_m / p->grid.cell_m;
    p->scale = scale_of(kernel, p->set.radius);
    p->reach = p->set.block_columns / 2 + (int64_t)ceil(p->set.radius) + 2;
    /* From the first slot of the first block to the last slot of the last. */
    p->left = p->reach - hg_buckets_origin(&p->set, 0);
    p->width = p->left + hg_buckets_origin(&p->set, p->set.blocks - 1) - p->reach +
               (int64_t)slot_count(p) + SPARE;
}

static hg_status fill_tables(hg_density_plan *p, hg_error *err)
{
    size_t rows = (size_t)p->grid.rows;
    p->powers = hg_malloc_aligned(slot_doubles(p), sizeof *p->powers);
    p->falloff = hg_malloc((size_t)(2 * p->reach + 1), sizeof *p->falloff);
    p->outside = hg_calloc(rows, sizeof *p->outside);
    p->known = hg_calloc(rows, sizeof *p->known);
    if (!p->powers || !p->falloff || !p->outside || !p->known)
        return hg_fail_memory(err);
    fill_powers(p);
    fill_falloff(p);
    return HG_OK;
}

static hg_status fill_plan(hg_density_plan *p, const hg_points *points, const hg_kernel *kernel,
                           hg_error *err)
{
    hg_points beyond = {0};
    hg_status status = hg_buckets_fill(&p->set, points, &p->grid, hg_kernel_support_m(kernel),
                                       p->control, &beyond, err);
    if (status != HG_OK)
        return status;
    size_plan(p, kernel);
    status = fill_tables(p, err);
    if (status == HG_OK && beyond.n > 0) {
        hg_grid one = {.cell_m = p->grid.cell_m, .columns = 1, .rows = 1};
        status = hg_density_plan_new(&beyond, &one, kernel, p->control, &p->apart, err);
    }
    hg_free((double *)beyond.x);
    return status;
}

hg_status hg_density_plan_new(const hg_points *points, const hg_grid *grid, const hg_kernel *kernel,
                              hg_control *control, hg_density_plan **out, hg_error *err)
{
    hg_status status = hg_density_check(kernel, grid, err);
    if (status != HG_OK)
        return status;
    hg_density_plan *p = hg_calloc(1, sizeof *p);
    if (!p)
        return hg_fail_memory(err);
    pthread_mutex_init(&p->lock, NULL);
    p->grid = *grid;
    p->control = control;
    status = fill_plan(p, points, kernel, err);
    if (status != HG_OK) {
        hg_density_plan_free(p);
        return status;
    }
    *out = p;
    return HG_OK;
}

static void room_free(room *r)
{
    hg_free(r->sums);
    hg_free(r->slots);
    hg_free(r->column);
    hg_free(r);
}

void hg_density_plan_free(hg_density_plan *plan)
{
    if (!plan)
        return;
    for (room *r = plan->rooms, *next; r; r = next) {
        next = r->next;
        room_free(r);
    }
    pthread_mutex_destroy(&plan->lock);
    hg_density_plan_free(plan->apart);
    hg_buckets_dispose(&plan->set);
    hg_free(plan->powers);
    hg_free(plan->falloff);
    hg_free(plan->outside);
    hg_free(plan->known);
    hg_free(plan);
}

/* ------------------------------------------------------------------ rows -----------------------
 */

/* A stretch of rows under way: `sums` holds them one after the other, columns -left … each. */
typedef struct stretch {
    const hg_density_plan *plan;
    const hg_row_loops *loops;
    int64_t row0;
    size_t rows;
    room *room;
} stretch;

/* Where column `column` of the stretch's row i is. */
static double *sums_at(const stretch *s, size_t i, int64_t column)
{
    return s->room->sums + (int64_t)i * s->plan->width + s->plan->left + column;
}

static void add_polynomials(const stretch *s, size_t block)
{
    const hg_density_plan *p = s->plan;
    const hg_slots slots = {p->set.radius * p->set.radius, (double)p->reach, s->room->slots};
    hg_scatter_fn scatter = s->loops->scatter[hg_kernel_degree(p->shape)];
    hg_sweep_fn sweep = s->loops->sweep[hg_kernel_degree(p->shape)];
    int64_t first = hg_buckets_origin(&p->set, block) - p->reach;
    for (size_t i = 0; i < s->rows; i++) {
        double row = (double)(s->row0 + (int64_t)i);
        hg_run run;
        bool any = false;
        for (size_t strip = 0; hg_buckets_next_run(&p->set, block, row, &strip, &run); any = true)
            scatter(&run, row, &slots);
        if (any)
            sweep(slots.slot, p->powers, slot_count(p), sums_at(s, i, first));
    }
}

bool hg_row_interval(double radius, double dy, double b, int64_t *first, int64_t *end)
{
    double s = radius * radius - dy * dy;
    if (!(s > 0.0))
        return false;
    double r = sqrt(s);
    *first = (int64_t)floor(b - r) + 1;
    *end = (int64_t)ceil(b + r);
    return *end > *first;
}

static void add_triangular(const stretch *s, size_t block)
{
    const hg_density_plan *p = s->plan;
    int64_t origin = hg_buckets_origin(&p->set, block), first, end;
    for (size_t i = 0; i < s->rows; i++) {
        double row = (double)(s->row0 + (int64_t)i), *sums = sums_at(s, i, origin);
        hg_run run;
        for (size_t strip = 0; hg_buckets_next_run(&p->set, block, row, &strip, &run);) {
            for (size_t k = 0; k < run.n; k++) {
                double dy = run.y[k] - row, w = run.w ? run.w[k] : 1.0;
                if (hg_row_interval(p->set.radius, dy, run.b[k], &first, &end))
                    s->loops->add_cone(sums, first, end, run.b[k], dy * dy, w, w / p->set.radius);
            }
        }
    }
}

/*
 * exp(-(t - b)^2 / 2 sigma^2) for whole t = nearest-k … nearest+k. With t = nearest + j and
 * d = b - nearest it is exp(-d^2 / 2 sigma^2) * exp(d / sigma^2)^j * exp(-j^2 / 2 sigma^2): three
 * exponentials for a point, a product for a column.
 */
static void fill_column_factors(const stretch *s, double b, int64_t nearest, int64_t k)
{
    const hg_density_plan *p = s->plan;
    double d = b - (double)nearest, v = 1.0 / (p->sigma * p->sigma);
    double right = exp(d * v), left = exp(-d * v), up = exp(-0.5 * d * d * v), down = up;
    double *at = s->room->column + p->reach;
    at[0] = up;
    for (int64_t j = 1; j <= k; j++) {
        up *= right;
        down *= left;
        at[j] = up * p->falloff[j];
        at[-j] = down * p->falloff[j];
    }
}

/* One point on all rows of the stretch that it reaches. */
static void add_gaussian_point(const stretch *s, int64_t origin, double y, double b, double w)
{
    const hg_density_plan *p = s->plan;
    int64_t nearest = (int64_t)floor(b + 0.5), first, end;
    double v = 0.5 / (p->sigma * p->sigma);
    fill_column_factors(s, b, nearest, (int64_t)ceil(p->set.radius) + 1);
    const double *column = s->room->column + p->reach - nearest;
    for (size_t i = 0; i < s->rows; i++) {
        double dy = y - (double)(s->row0 + (int64_t)i);
        if (hg_row_interval(p->set.radius, dy, b, &first, &end))
            s->loops->add_scaled(sums_at(s, i, origin + first), column + first,
                                 w * exp(-dy * dy * v), (size_t)(end - first));
    }
}

/* All points that any row of the stretch meets: those of its middle, within a wider window. */
static void add_gaussians(const stretch *s, size_t block)
{
    const hg_density_plan *p = s->plan;
    int64_t origin = hg_buckets_origin(&p->set, block);
    hg_bucket_set wide = p->set;
    double half = 0.5 * (double)(s->rows - 1);
    wide.radius += half;
    hg_run run;
    for (size_t strip = 0; hg_buckets_next_run(&wide, block, (double)s->row0 + half, &strip, &run);)
        for (size_t k = 0; k < run.n; k++)
            add_gaussian_point(s, origin, run.y[k], run.b[k], run.w ? run.w[k] : 1.0);
}

static void add_blocks(const stretch *s)
{
    for (size_t block = 0; block < s->plan->set.blocks; block++) {
        if (s->plan->shape == HG_GAUSSIAN)
            add_gaussians(s, block);
        else if (s->plan->shape == HG_TRIANGULAR)
            add_triangular(s, block);
        else
            add_polynomials(s, block);
    }
}

static size_t chunk_rows(const hg_density_plan *p)
{
    size_t fit = CHUNK_BYTES / sizeof(double) / (size_t)p->width;
    return fit < 1 ? 1 : fit < CHUNK_ROWS ? fit : CHUNK_ROWS;
}

static room *room_new(const hg_density_plan *p)
{
    room *r = hg_calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->sums = hg_malloc_aligned(chunk_rows(p) * (size_t)p->width, sizeof *r->sums);
    r->slots = hg_malloc_aligned(slot_doubles(p), sizeof *r->slots);
    r->column = hg_malloc((size_t)(2 * p->reach + 1), sizeof *r->column);
    if (!r->sums || !r->slots || !r->column) {
        room_free(r);
        return NULL;
    }
    memset(r->slots, 0, slot_doubles(p) * sizeof *r->slots);
    return r;
}

static hg_status begin_stretch(hg_density_plan *p, stretch *s, hg_error *err)
{
    pthread_mutex_lock(&p->lock);
    s->room = p->rooms;
    p->rooms = s->room ? s->room->next : NULL;
    pthread_mutex_unlock(&p->lock);
    if (!s->room)
        s->room = room_new(p);
    if (!s->room)
        return hg_fail_memory(err);
    memset(s->room->sums, 0, s->rows * (size_t)p->width * sizeof *s->room->sums);
    return HG_OK;
}

static void end_stretch(hg_density_plan *p, stretch *s)
{
    pthread_mutex_lock(&p->lock);
    s->room->next = p->rooms;
    p->rooms = s->room;
    pthread_mutex_unlock(&p->lock);
}

/* ------------------------------------------------------------------ bands ----------------------
 */

/* Rows asked for. out and mass may be NULL; mass[i] is the density of row i summed over all columns
 * that do not belong to the grid. */
typedef struct band {
    hg_density_plan *plan;
    int64_t row0;
    size_t n, chunk;
    double *out, *mass;
} band;

static bool in_grid(const hg_grid *g, int64_t row)
{
    return row >= 0 && row < g->rows;
}

/* A row outside the grid belongs to it with none of its columns. */
static double sum_beyond(const stretch *s, size_t i)
{
    const hg_density_plan *p = s->plan;
    const double *row = sums_at(s, i, -p->left);
    bool inside = in_grid(&p->grid, s->row0 + (int64_t)i);
    int64_t skip = inside ? p->left : p->width,
            resume = inside ? p->left + p->grid.columns : p->width;
    double sum = 0.0;
    for (int64_t j = 0; j < skip; j++)
        sum += row[j];
    for (int64_t j = resume; j < p->width; j++)
        sum += row[j];
    return sum * p->scale;
}

static void hand_over(const band *b, const stretch *s, size_t from)
{
    hg_density_plan *p = b->plan;
    for (size_t i = 0; i < s->rows; i++) {
        int64_t row = s->row0 + (int64_t)i;
        const double *sums = sums_at(s, i, 0);
        double *out = b->out ? b->out + (int64_t)(from + i) * p->grid.columns : NULL;
        for (int64_t j = 0; out && j < p->grid.columns; j++)
            out[j] = sums[j] * p->scale;
        double beyond = sum_beyond(s, i);
        if (b->mass)
            b->mass[from + i] = beyond;
        if (in_grid(&p->grid, row)) {
            p->outside[row] = beyond;
            p->known[row] = 1;
        }
    }
}

static hg_status compute_chunk(void *context, size_t index, hg_error *err)
{
    const band *b = context;
    size_t from = index * b->chunk, left = b->n - from;
    stretch s = {.plan = b->plan,
                 .loops = hg_row_loops_now(),
                 .row0 = b->row0 + (int64_t)from,
                 .rows = left < b->chunk ? left : b->chunk};
    hg_status status = hg_check_cancel(b->plan->control, err);
    if (status == HG_OK)
        status = begin_stretch(b->plan, &s, err);
    if (status != HG_OK)
        return status;
    add_blocks(&s);
    hand_over(b, &s, from);
    end_stretch(b->plan, &s);
    return HG_OK;
}

static hg_status compute_band(hg_density_plan *plan, int64_t row0, size_t n, double *out,
                              double *mass, hg_error *err)
{
    band b = {plan, row0, n, chunk_rows(plan), out, mass};
    int threads = plan->control ? plan->control->threads : 0;
    return hg_parallel((n + b.chunk - 1) / b.chunk, threads, compute_chunk, &b, err);
}

hg_status hg_density_band(hg_density_plan *plan, int64_t row0, int64_t n, double *out,
                          hg_error *err)
{
    return n > 0 ? compute_band(plan, row0, (size_t)n, out, NULL, err) : HG_OK;
}

int64_t hg_density_band_rows(const hg_density_plan *plan)
{
    int64_t rows = (int64_t)(BAND_BYTES / sizeof(double)) / plan->grid.columns;
    rows = rows / CHUNK_ROWS * CHUNK_ROWS;
    rows = rows < CHUNK_ROWS ? CHUNK_ROWS : rows;
    return rows < plan->grid.rows ? rows : plan->grid.rows;
}

/* ------------------------------------------------------------------ mass balance ---------------
 */

/* Adds what rows row0 … row0+n-1 hold outside the grid, computing those that are not known. */
static hg_status add_mass(hg_density_plan *p, int64_t row0, int64_t n, double *mass, hg_error *err)
{
    double *rows = hg_malloc((size_t)n, sizeof *rows);
    hg_status status =
        rows ? compute_band(p, row0, (size_t)n, NULL, rows, err) : hg_fail_memory(err);
    for (int64_t i = 0; status == HG_OK && i < n; i++)
        *mass += rows[i];
    hg_free(rows);
    return status;
}

static hg_status know_rows(hg_density_plan *p, int64_t row0, int64_t stop, hg_error *err)
{
    hg_status status = HG_OK;
    for (int64_t row = row0, end; row < stop && status == HG_OK; row = end) {
        end = row + 1;
        if (p->known[row])
            continue;
        while (end < stop && !p->known[end])
            end++;
        double ignored = 0.0;
        status = add_mass(p, row, end - row, &ignored, err);
    }
    return status;
}

/* The points apart reach nothing of the grid: all of their lattice sum counts. */
static hg_status mass_apart(hg_density_plan *p, double *mass, hg_error *err)
{
    double on_cell = 0.0, beyond = 0.0;
    hg_status status = hg_density_band(p, 0, 1, &on_cell, err);
    if (status == HG_OK)
        status = hg_density_mass_beyond(p, &beyond, err);
    if (status == HG_OK)
        *mass += beyond + on_cell * p->grid.cell_m * p->grid.cell_m;
    return status;
}

hg_status hg_density_mass_beyond(hg_density_plan *plan, double *mass, hg_error *err)
{
    return hg_density_mass_beyond_rows(plan, 0, plan->grid.rows, true, true, mass, err);
}

hg_status hg_density_mass_beyond_rows(hg_density_plan *plan, int64_t row0, int64_t n, bool above, bool below,
                                      double *mass, hg_error *err)
{
    int64_t margin = 2 * ((int64_t)ceil(plan->set.radius) + 1);
    double sum = 0.0, apart = 0.0;
    hg_status status = know_rows(plan, row0, row0 + n, err);
    if (status == HG_OK && above)
        status = add_mass(plan, -margin, margin, &sum, err);
    if (status == HG_OK && below)
        status = add_mass(plan, plan->grid.rows, margin, &sum, err);
    if (status == HG_OK && plan->apart)
        status = mass_apart(plan->apart, &apart, err);
    if (status != HG_OK)
        return status;
    for (int64_t row = row0; row < row0 + n; row++)
        sum += plan->outside[row];
    *mass = sum * plan->grid.cell_m * plan->grid.cell_m + apart;
    return HG_OK;
}
