/*
 * Every event is added cell by cell on the rows it reaches. Events are kept by octaves of their radius, so that
 * a row looks only at those which may reach it, and within an octave from north to south; a row therefore adds
 * the same events in the same order whatever band or thread it falls to.
 */
#include "engine/adaptive.h"
#include "base/memory.h"
#include "base/radix.h"
#include "base/threads.h"
#include "engine/density_rows.h"

#include <math.h>
#include <string.h>

enum {
    OCTAVES = 48,
    CHUNK_ROWS = 16,
    CHUNK_BYTES = 8 << 20,
    BAND_BYTES = 48 << 20,
    MASS_EVENTS = 1024, /* of one task of the mass balance */
    RESTART = 16,       /* columns after which the Gaussian's recurrence begins anew */
};

/* Lengths in cells: rows downwards and columns from the centre of the grid's first cell. */
typedef struct event {
    double y, b;
    double radius; /* of the support */
    double scale;  /* w K(0) / h^2, per square metre; of a polynomial over radius^(2 degree) */
} event;

struct hg_adaptive_plan {
    hg_grid grid;
    hg_control *control;
    hg_kernel_shape shape;
    int degree;
    double cutoff;
    event *events; /* octave by octave, in each by y */
    size_t n, start[OCTAVES + 1];
    double widest; /* radius */
};

void hg_adaptive_plan_free(hg_adaptive_plan *p)
{
    if (!p)
        return;
    hg_free(p->events);
    hg_free(p);
}

/* ------------------------------------------------- plan -------------------------------------- */

static event event_of(const hg_adaptive_plan *p, const hg_points *points, size_t i, double h)
{
    const hg_grid *g = &p->grid;
    const hg_kernel k = {p->shape, h, p->cutoff};
    double w = points->w ? points->w[i] : 1.0, radius = hg_kernel_support_m(&k) / g->cell_m;
    double scale = w * hg_kernel_value(&k, 0.0) / (h * h);
    for (int d = 0; d < p->degree; d++)
        scale /= radius * radius;
    return (event){.y = (hg_grid_row_north(g, 0) - points->y[i]) / g->cell_m - 0.5,
                   .b = (points->x[i] - hg_grid_column_west(g, 0)) / g->cell_m - 0.5,
                   .radius = radius,
                   .scale = scale};
}

/* Radii from 2^k to 2^(k+1) cells; the grid refuses none under one cell. */
static size_t octave_of(double radius)
{
    int k = ilogb(radius);
    return k < 0 ? 0 : k < OCTAVES ? (size_t)k : OCTAVES - 1;
}

static hg_status check(const hg_points *points, const double *h_m, const hg_kernel *k, const hg_grid *g,
                       hg_error *err)
{
    for (size_t i = 0; i < points->n; i++)
        if (!(h_m[i] >= g->cell_m && isfinite(h_m[i])) || !isfinite(points->x[i]) || !isfinite(points->y[i]))
            return hg_fail(err, HG_EUSAGE, "event %zu has a bandwidth of %.12g m, which is not a length of at "
                                           "least one cell of %.12g m",
                           i, h_m[i], g->cell_m);
    if (k->shape == HG_GAUSSIAN && !(k->cutoff > 0.0 && isfinite(k->cutoff)))
        return hg_fail(err, HG_EUSAGE, "cutoff %.12g is not a positive number of sigmas", k->cutoff);
    return HG_OK;
}

/* Keys that sort by octave and within it by y. */
static uint64_t place_of(const event *e)
{
    float y = (float)fmax(fmin(e->y, 1e30), -1e30);
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    bits = bits >> 31 ? ~bits : bits | 0x80000000u;
    return (uint64_t)octave_of(e->radius) << 32 | bits;
}

static hg_status sort_events(hg_adaptive_plan *p, const event *events, hg_error *err)
{
    uint64_t *key = hg_malloc(p->n, sizeof *key);
    uint32_t *from = hg_malloc(p->n, sizeof *from);
    hg_status status = key && from ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < p->n && status == HG_OK; i++) {
        key[i] = place_of(&events[i]);
        from[i] = (uint32_t)i;
    }
    if (status == HG_OK)
        status = hg_radix_sort(key, from, p->n, p->control ? p->control->threads : 0, err);
    for (size_t i = 0; i < p->n && status == HG_OK; i++) {
        p->events[i] = events[from[i]];
        p->start[octave_of(p->events[i].radius) + 1]++;
        p->widest = fmax(p->widest, p->events[i].radius);
    }
    for (size_t k = 0; k < OCTAVES; k++)
        p->start[k + 1] += p->start[k];
    hg_free(key);
    hg_free(from);
    return status;
}

static hg_status fill(hg_adaptive_plan *p, const hg_points *points, const double *h_m, hg_error *err)
{
    event *events = hg_malloc(points->n, sizeof *events);
    p->events = hg_malloc(points->n, sizeof *p->events);
    hg_status status = events && p->events ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < points->n && status == HG_OK; i++)
        if (!points->w || points->w[i] > 0.0)
            events[p->n++] = event_of(p, points, i, h_m[i]);
    if (status == HG_OK)
        status = sort_events(p, events, err);
    hg_free(events);
    return status;
}

hg_status hg_adaptive_plan_new(const hg_points *points, const double *h_m, const hg_kernel *kernel,
                               const hg_grid *grid, hg_control *control, hg_adaptive_plan **out,
                               hg_error *err)
{
    hg_status status = check(points, h_m, kernel, grid, err);
    if (status == HG_OK && points->n >= UINT32_MAX)
        status = hg_fail(err, HG_EDATA, "%zu events are too many for bandwidths of their own", points->n);
    if (status != HG_OK)
        return status;
    hg_adaptive_plan *p = hg_calloc(1, sizeof *p);
    if (!p)
        return hg_fail_memory(err);
    p->grid = *grid;
    p->control = control;
    p->shape = kernel->shape;
    p->degree = hg_kernel_degree(kernel->shape);
    p->cutoff = kernel->cutoff;
    status = fill(p, points, h_m, err);
    if (status != HG_OK) {
        hg_adaptive_plan_free(p);
        return status;
    }
    *out = p;
    return HG_OK;
}

/* ------------------------------------------------- one event on one row ---------------------- */

/*
 * exp(-(t - b)^2 / 2 sigma^2) for t = first … end-1. From t to t + 1 the value is multiplied by a factor that is
 * itself multiplied by exp(-1 / sigma^2); both begin anew every few columns, before rounding adds up.
 */
static void fill_factors(double sigma, double b, int64_t first, int64_t end, double *factors)
{
    const double v = 0.5 / (sigma * sigma), change = exp(-2.0 * v);
    double value = 0.0, factor = 0.0;
    for (int64_t t = first; t < end; t++) {
        double d = (double)t - b;
        if ((t - first) % RESTART == 0) {
            value = exp(-d * d * v);
            factor = exp(-(2.0 * d + 1.0) * v);
        }
        factors[t - first] = value;
        value *= factor;
        factor *= change;
    }
}

/* Adds columns first … end-1 of an event dy rows away; factors[0] stands for column `column0`. */
static void add_event(const hg_adaptive_plan *p, const hg_row_loops *loops, const event *e, double dy,
                      int64_t first, int64_t end, const double *factors, int64_t column0, double *out)
{
    double r2 = e->radius * e->radius;
    if (p->shape == HG_GAUSSIAN) {
        double sigma = e->radius / p->cutoff;
        double row = e->scale * exp(-0.5 * dy * dy / (sigma * sigma));
        loops->add_scaled(out + first, factors + (first - column0), row, (size_t)(end - first));
    } else if (p->shape == HG_TRIANGULAR) {
        loops->add_cone(out, first, end, e->b, dy * dy, e->scale, e->scale / e->radius);
    } else {
        loops->add_power(out, first, end, e->b, r2 - dy * dy, e->scale, p->degree);
    }
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

/* Columns an event can reach at all, within low … high. */
static void widest_interval(const event *e, int64_t low, int64_t high, int64_t *first, int64_t *end)
{
    double from = fmax(floor(e->b - e->radius), (double)low), to = fmin(ceil(e->b + e->radius) + 1, (double)high);
    *first = from < to ? (int64_t)from : low;
    *end = from < to ? (int64_t)to : low;
}

/* ------------------------------------------------- rows -------------------------------------- */

typedef struct band {
    const hg_adaptive_plan *plan;
    int64_t row0, n, chunk;
    double *out;
} band;

static void add_to_rows(const band *b, const hg_row_loops *loops, const event *e, int64_t row0, int64_t rows,
                        double *factors)
{
    const hg_adaptive_plan *p = b->plan;
    int64_t columns = p->grid.columns, low, high;
    widest_interval(e, 0, columns, &low, &high);
    if (low >= high)
        return;
    if (p->shape == HG_GAUSSIAN)
        fill_factors(e->radius / p->cutoff, e->b, low, high, factors);
    for (int64_t i = 0; i < rows; i++) {
        double dy = e->y - (double)(row0 + i);
        int64_t first, end;
        if (!hg_row_interval(e->radius, dy, e->b, &first, &end))
            continue;
        first = clamp(first, low, high);
        end = clamp(end, low, high);
        if (first < end)
            add_event(p, loops, e, dy, first, end, factors, low, b->out + (row0 - b->row0 + i) * columns);
    }
}

/* How many events of from … to-1, which ascend in y as floats, are north of `row`. */
static size_t north_of(const event *events, size_t from, size_t to, double row)
{
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (events[mid].y < row)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static hg_status chunk_task(void *context, size_t index, hg_error *err)
{
    const band *b = context;
    const hg_adaptive_plan *p = b->plan;
    const hg_row_loops *loops = hg_row_loops_now();
    int64_t from = (int64_t)index * b->chunk, rows = b->n - from < b->chunk ? b->n - from : b->chunk;
    int64_t row0 = b->row0 + from, columns = p->grid.columns;
    double *factors = hg_malloc((size_t)columns, sizeof *factors);
    hg_status status = factors ? hg_check_cancel(p->control, err) : hg_fail_memory(err);
    memset(b->out + from * columns, 0, (size_t)(rows * columns) * sizeof *b->out);
    for (size_t k = 0; k < OCTAVES && status == HG_OK; k++) {
        /* Sorting by floats may leave neighbours within a rounding of each other out of order. */
        double reach = ldexp(1.0, (int)k + 1) * 1.001 + 1.0 + 1e-6 * (double)p->grid.rows;
        size_t low = north_of(p->events, p->start[k], p->start[k + 1], (double)row0 - reach);
        size_t high = north_of(p->events, low, p->start[k + 1], (double)(row0 + rows) + reach);
        for (size_t i = low; i < high; i++)
            if (fabs(p->events[i].y - ((double)row0 + 0.5 * (double)(rows - 1))) <
                p->events[i].radius + 0.5 * (double)rows)
                add_to_rows(b, loops, &p->events[i], row0, rows, factors);
    }
    hg_free(factors);
    return status;
}

hg_status hg_adaptive_band(const hg_adaptive_plan *p, int64_t row0, int64_t n, double *out, hg_error *err)
{
    int64_t fit = CHUNK_BYTES / (int64_t)sizeof(double) / p->grid.columns;
    band b = {p, row0, n, clamp(fit, 1, CHUNK_ROWS), out};
    size_t tasks = n > 0 ? (size_t)((n + b.chunk - 1) / b.chunk) : 0;
    return hg_parallel(tasks, p->control ? p->control->threads : 0, chunk_task, &b, err);
}

int64_t hg_adaptive_band_rows(const hg_adaptive_plan *p)
{
    int64_t rows = BAND_BYTES / (int64_t)sizeof(double) / p->grid.columns / CHUNK_ROWS * CHUNK_ROWS;
    rows = rows < CHUNK_ROWS ? CHUNK_ROWS : rows;
    return rows < p->grid.rows ? rows : p->grid.rows;
}

/* ------------------------------------------------- mass balance ------------------------------ */

typedef struct mass_loop {
    const hg_adaptive_plan *plan;
    double *sums; /* of each task */
} mass_loop;

static bool lies_within(const hg_grid *g, const event *e)
{
    return e->b - e->radius > -1.0 && e->b + e->radius < (double)g->columns && e->y - e->radius > -1.0 &&
           e->y + e->radius < (double)g->rows;
}

static double row_sum(double *row, int64_t n)
{
    double sum = 0.0;
    for (int64_t j = 0; j < n; j++) {
        sum += row[j];
        row[j] = 0.0;
    }
    return sum;
}

/* Sum of an event's kernel over lattice cells outside the grid; `room` holds two rows of zeros. */
static double outside(const hg_adaptive_plan *p, const hg_row_loops *loops, const event *e, double *room,
                      int64_t width)
{
    /* Counted from a column near the event, so that one far away costs no digits. */
    int64_t origin = (int64_t)floor(e->b) - width / 2, columns = p->grid.columns, first, end;
    event near = *e;
    near.b -= (double)origin;
    double *factors = room + width, sum = 0.0;
    if (p->shape == HG_GAUSSIAN)
        fill_factors(e->radius / p->cutoff, near.b, 0, width, factors);
    for (int64_t row = (int64_t)floor(e->y - e->radius); row <= (int64_t)ceil(e->y + e->radius); row++) {
        double dy = e->y - (double)row;
        if (!hg_row_interval(e->radius, dy, near.b, &first, &end))
            continue;
        bool inside = row >= 0 && row < p->grid.rows;
        int64_t west = inside ? clamp(-origin, first, end) : end;
        int64_t east = inside ? clamp(columns - origin, first, end) : end;
        if (first < west)
            add_event(p, loops, &near, dy, first, west, factors, 0, room);
        if (east < end)
            add_event(p, loops, &near, dy, east, end, factors, 0, room);
        sum += row_sum(room + first, end - first);
    }
    return sum;
}

static hg_status mass_task(void *context, size_t index, hg_error *err)
{
    const mass_loop *m = context;
    const hg_adaptive_plan *p = m->plan;
    const hg_row_loops *loops = hg_row_loops_now();
    size_t from = index * MASS_EVENTS, to = from + MASS_EVENTS < p->n ? from + MASS_EVENTS : p->n;
    int64_t width = 2 * (int64_t)ceil(p->widest) + 6;
    double *room = hg_calloc(2 * (size_t)width, sizeof *room);
    hg_status status = room ? hg_check_cancel(p->control, err) : hg_fail_memory(err);
    for (size_t i = from; i < to && status == HG_OK; i++)
        if (!lies_within(&p->grid, &p->events[i]))
            m->sums[index] += outside(p, loops, &p->events[i], room, width);
    hg_free(room);
    return status;
}

hg_status hg_adaptive_mass_beyond(const hg_adaptive_plan *p, double *mass, hg_error *err)
{
    size_t tasks = (p->n + MASS_EVENTS - 1) / MASS_EVENTS;
    mass_loop m = {p, hg_calloc(tasks, sizeof *m.sums)};
    if (!m.sums)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(tasks, p->control ? p->control->threads : 0, mass_task, &m, err);
    double sum = 0.0;
    for (size_t i = 0; i < tasks; i++)
        sum += m.sums[i];
    if (status == HG_OK)
        *mass = sum * p->grid.cell_m * p->grid.cell_m;
    hg_free(m.sums);
    return status;
}

hg_status hg_adaptive_density(const hg_points *points, const hg_kernel *kernel, const hg_grid *grid,
                              hg_control *control, double *out, hg_error *err)
{
    hg_adaptive a;
    hg_adaptive_plan *plan = NULL;
    hg_status status = hg_adaptive_init(&a, points, kernel, grid->cell_m, control, err);
    if (status != HG_OK)
        return status;
    status = hg_adaptive_plan_new(&a.points, a.h_m, kernel, grid, control, &plan, err);
    hg_adaptive_dispose(&a);
    if (status == HG_OK)
        status = hg_adaptive_band(plan, 0, grid->rows, out, err);
    hg_adaptive_plan_free(plan);
    return status;
}
