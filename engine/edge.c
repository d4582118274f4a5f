/*
 * Edge correction on the lattice. Diggle, A kernel method for smoothing point process data, Applied
 * Statistics 34, 1985; Jones, Simple boundary correction for kernel density estimation, Statistics
 * and Computing 3, 1993.
 *
 * Numerator and denominator run over the same cells in the same order, so that where every cell is
 * full their ratio is 1 to the last bit.
 */
#include "engine/edge.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

enum { POINTS_PER_TASK = 2048, ROWS_PER_TASK = 8, SUMS = 4 };

static const char *const names[] = {"none", "uniform", "diggle"};

const char *hg_edge_name(hg_edge edge)
{
    return edge >= HG_EDGE_NONE && edge <= HG_EDGE_DIGGLE ? names[edge] : "unknown";
}

bool hg_edge_by_name(const char *name, hg_edge *out)
{
    for (int i = 0; name && i <= HG_EDGE_DIGGLE; i++)
        if (strcasecmp(name, names[i]) == 0) {
            *out = (hg_edge)i;
            return true;
        }
    return false;
}

/* ------------------------------------------------------------------ what is full, what empty ---
 */

/* Lengths in cells. The tables are of (rows + 1) x (columns + 1) sums over all cells above and to
 * the left; they may wrap, differences over a box do not. */
typedef struct field {
    const hg_coverage *coverage;
    hg_kernel kernel;
    hg_control *control;
    double radius;
    int64_t columns, rows;
    uint32_t *broken;   /* cells that are not full */
    uint32_t *occupied; /* cells that are not empty */
} field;

static hg_status fill_tables(field *f, hg_error *err)
{
    size_t width = (size_t)f->columns + 1, n = width * ((size_t)f->rows + 1);
    f->broken = hg_calloc(n, sizeof *f->broken);
    f->occupied = hg_calloc(n, sizeof *f->occupied);
    if (!f->broken || !f->occupied)
        return hg_fail_memory(err);
    for (size_t row = 0; row < (size_t)f->rows; row++) {
        const float *share = f->coverage->share + row * (width - 1);
        uint32_t *broken = f->broken + row * width, *occupied = f->occupied + row * width;
        uint32_t b = 0, o = 0;
        for (size_t j = 0; j + 1 < width; j++) {
            b += !(share[j] >= 1.0f);
            o += share[j] > 0.0f;
            broken[width + j + 1] = broken[j + 1] + b;
            occupied[width + j + 1] = occupied[j + 1] + o;
        }
    }
    return HG_OK;
}

/* Sum over rows r0 … r1-1 and columns c0 … c1-1. */
static uint32_t box_sum(const field *f, const uint32_t *t, int64_t r0, int64_t r1, int64_t c0,
                        int64_t c1)
{
    int64_t w = f->columns + 1;
    return t[r1 * w + c1] - t[r0 * w + c1] - t[r1 * w + c0] + t[r0 * w + c0];
}

static int64_t clamp(int64_t v, int64_t high)
{
    return v < 0 ? 0 : v > high ? high : v;
}

/* True with *e = 1 or 0 where all cells of the support's box are full or all are empty. */
static bool settled(const field *f, double x, double y, double *e)
{
    if (!(x > -f->radius && x < (double)f->columns + f->radius && y > -f->radius &&
          y < (double)f->rows + f->radius)) {
        *e = 0.0;
        return true;
    }
    int64_t c0 = (int64_t)floor(x - f->radius) + 1, c1 = (int64_t)ceil(x + f->radius);
    int64_t r0 = (int64_t)floor(y - f->radius) + 1, r1 = (int64_t)ceil(y + f->radius);
    int64_t c0in = clamp(c0, f->columns), c1in = clamp(c1, f->columns);
    int64_t r0in = clamp(r0, f->rows), r1in = clamp(r1, f->rows);
    bool inside = c0in == c0 && c1in == c1 && r0in == r0 && r1in == r1;
    if (inside && box_sum(f, f->broken, r0, r1, c0, c1) == 0)
        *e = 1.0;
    else if (box_sum(f, f->occupied, r0in, r1in, c0in, c1in) == 0)
        *e = 0.0;
    else
        return false;
    return true;
}

static hg_status begin_field(field *f, const hg_coverage *coverage, const hg_kernel *kernel,
                             hg_control *control, hg_error *err)
{
    double support = hg_kernel_support_m(kernel), cell = coverage->grid->cell_m;
    if (!(kernel->bandwidth_m >= cell && support >= cell && isfinite(support)))
        return hg_fail(err, HG_EUSAGE, "bandwidth %.12g m is under one cell of %.12g m",
                       kernel->bandwidth_m, cell);
    *f = (field){.coverage = coverage,
                 .kernel = *kernel,
                 .control = control,
                 .radius = support / cell,
                 .columns = coverage->grid->columns,
                 .rows = coverage->grid->rows};
    return fill_tables(f, err);
}

static void end_field(field *f)
{
    hg_free(f->broken);
    hg_free(f->occupied);
}

static int threads_of(const hg_control *control)
{
    return control ? control->threads : 0;
}

/* Columns with centres inside the support on a row dy away; false if there are none. */
static bool interval(const field *f, double x, double dy, int64_t *first, int64_t *end)
{
    double s = f->radius * f->radius - dy * dy;
    if (!(s > 0.0))
        return false;
    *first = (int64_t)floor(x - sqrt(s)) + 1;
    *end = (int64_t)ceil(x + sqrt(s));
    return *end > *first;
}

/* ------------------------------------------------------------------ at points ------------------
 */

typedef struct point_task {
    field *field;
    const hg_points *points;
    double *e;
} point_task;

/* Room for one point: the kernel on one row of its support, and the Gaussian's column factors. */
typedef struct scratch {
    double *row, *column;
} scratch;

static double gaussian(const field *f, double d)
{
    double sigma = f->radius / f->kernel.cutoff;
    return exp(-0.5 * d * d / (sigma * sigma));
}

/* One value of a kernel that does not factor, without its constants; u2 = u^2 below 1 but for
 * rounding. */
static inline double value(hg_kernel_shape shape, double u2)
{
    double v = u2 < 1.0 ? 1.0 - u2 : 0.0;
    switch (shape) {
    case HG_TRIANGULAR:
        return 1.0 - sqrt(u2 < 1.0 ? u2 : 1.0);
    case HG_EPANECHNIKOV:
        return v;
    case HG_QUARTIC:
        return v * v;
    case HG_TRIWEIGHT:
        return v * v * v;
    default:
        return 1.0;
    }
}

/* from = distance of the first column; inlined once for each shape. */
static inline __attribute__((always_inline)) void
fill_as(hg_kernel_shape shape, double from, double dy, double per_r2, int64_t n, double *row)
{
    for (int64_t j = 0; j < n; j++) {
        double dx = from + (double)j;
        row[j] = value(shape, (dx * dx + dy * dy) * per_r2);
    }
}

/* The kernel without its constants at columns first … first+n-1 of a row dy away from the point. */
static void fill_row(const field *f, double x, double dy, int64_t first, int64_t n,
                     const double *column, double *row)
{
    double per_r2 = 1.0 / (f->radius * f->radius), from = (double)first - x, height;
    switch (f->kernel.shape) {
    case HG_GAUSSIAN:
        height = gaussian(f, dy);
        for (int64_t j = 0; j < n; j++)
            row[j] = height * column[j];
        return;
    case HG_TRIANGULAR:
        fill_as(HG_TRIANGULAR, from, dy, per_r2, n, row);
        return;
    case HG_EPANECHNIKOV:
        fill_as(HG_EPANECHNIKOV, from, dy, per_r2, n, row);
        return;
    case HG_QUARTIC:
        fill_as(HG_QUARTIC, from, dy, per_r2, n, row);
        return;
    case HG_TRIWEIGHT:
        fill_as(HG_TRIWEIGHT, from, dy, per_r2, n, row);
        return;
    default:
        fill_as(HG_UNIFORM, from, dy, per_r2, n, row);
    }
}

/* Four partial sums, for speed; the same ones in both functions, so that shares of 1 change
 * nothing. */
static double sum_row(const double *k, int64_t n)
{
    double s[SUMS] = {0};
    int64_t j = 0;
    for (; j + SUMS <= n; j += SUMS)
        for (int i = 0; i < SUMS; i++)
            s[i] += k[j + i];
    for (; j < n; j++)
        s[0] += k[j];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static double weigh_row(const double *k, const float *share, int64_t n)
{
    double s[SUMS] = {0};
    int64_t j = 0;
    for (; j + SUMS <= n; j += SUMS)
        for (int i = 0; i < SUMS; i++)
            s[i] += k[j + i] * (double)share[j + i];
    for (; j < n; j++)
        s[0] += k[j] * (double)share[j];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Of a row of the kernel that begins at column first, what falls inside the area. */
static double inside_row(const field *f, const double *k, int64_t row, int64_t first, int64_t n,
                         double all)
{
    if (row < 0 || row >= f->rows)
        return 0.0;
    int64_t from = clamp(first, f->columns), to = clamp(first + n, f->columns);
    if (box_sum(f, f->occupied, row, row + 1, from, to) == 0)
        return 0.0;
    if (to - from == n && box_sum(f, f->broken, row, row + 1, from, to) == 0)
        return all;
    const float *share = f->coverage->share + row * f->columns + from;
    return weigh_row(k + (from - first), share, to - from);
}

static double edge_at(const field *f, double x, double y, const scratch *s)
{
    double e, all = 0.0, inside = 0.0;
    if (settled(f, x, y, &e))
        return e;
    int64_t c0 = (int64_t)floor(x - f->radius) + 1, c1 = (int64_t)ceil(x + f->radius), first, end;
    int64_t r0 = (int64_t)floor(y - f->radius) + 1, r1 = (int64_t)ceil(y + f->radius);
    for (int64_t j = c0; f->kernel.shape == HG_GAUSSIAN && j < c1; j++)
        s->column[j - c0] = gaussian(f, (double)j - x);
    for (int64_t row = r0; row < r1; row++) {
        double dy = (double)row - y;
        if (!interval(f, x, dy, &first, &end))
            continue;
        fill_row(f, x, dy, first, end - first, s->column + (first - c0), s->row);
        double sum = sum_row(s->row, end - first);
        all += sum;
        inside += inside_row(f, s->row, row, first, end - first, sum);
    }
    return inside / all;
}

static hg_status edge_of_points(void *context, size_t index, hg_error *err)
{
    const point_task *t = context;
    const hg_grid *g = t->field->coverage->grid;
    double west = hg_grid_column_west(g, 0), north = hg_grid_row_north(g, 0), c = g->cell_m;
    size_t from = index * POINTS_PER_TASK, to = from + POINTS_PER_TASK;
    size_t width = (size_t)(2.0 * t->field->radius) + 4;
    scratch s = {hg_malloc(width, sizeof *s.row), hg_malloc(width, sizeof *s.column)};
    hg_status status = hg_check_cancel(t->field->control, err);
    if (!s.row || !s.column)
        status = hg_fail_memory(err);
    to = to < t->points->n ? to : t->points->n;
    for (size_t i = from; status == HG_OK && i < to; i++)
        t->e[i] = edge_at(t->field, (t->points->x[i] - west) / c - 0.5,
                          (north - t->points->y[i]) / c - 0.5, &s);
    hg_free(s.row);
    hg_free(s.column);
    return status;
}

hg_status hg_edge_at_points(const hg_coverage *coverage, const hg_kernel *kernel,
                            const hg_points *points, hg_control *control, double *e, hg_error *err)
{
    field f = {0};
    hg_status status = begin_field(&f, coverage, kernel, control, err);
    point_task t = {&f, points, e};
    size_t tasks = (points->n + POINTS_PER_TASK - 1) / POINTS_PER_TASK;
    if (status == HG_OK)
        status = hg_parallel(tasks, threads_of(control), edge_of_points, &t, err);
    end_field(&f);
    return status;
}

/* ------------------------------------------------------------------ at cells -------------------
 */

/*
 * Between centres the kernel depends on the offset alone, so a row of the support is one table of
 * prefix sums, and a run of cells with one share is one difference. run_end[j] is where the run
 * holding cell j ends in its row.
 */
typedef struct cell_task {
    field *field;
    int64_t m;      /* offsets run from -m to m */
    double *prefix; /* [offset row 0 … m][2 m + 2]: sum over columns < k - m */
    int64_t *half;  /* columns of offset row d are -half[d] … half[d] */
    double all;     /* sum of the stencil */
    int32_t *run_end;
    double *e;
} cell_task;

static double at_offset(const field *f, double dx, double dy)
{
    double column = gaussian(f, dx), k;
    fill_row(f, -dx, dy, 0, 1, &column, &k);
    return k;
}

static void fill_stencil(cell_task *t)
{
    int64_t width = 2 * t->m + 2, first, end;
    for (int64_t d = 0; d <= t->m; d++) {
        double *prefix = t->prefix + d * width;
        t->half[d] = interval(t->field, 0.0, (double)d, &first, &end) ? end - 1 : -1;
        prefix[0] = 0.0;
        for (int64_t k = 0; k + 1 < width; k++) {
            int64_t dx = k - t->m;
            bool in = dx >= -t->half[d] && dx <= t->half[d];
            prefix[k + 1] = prefix[k] + (in ? at_offset(t->field, (double)dx, (double)d) : 0.0);
        }
    }
    for (int64_t d = -t->m; d <= t->m; d++)
        t->all += t->prefix[llabs(d) * width + width - 1];
}

static void fill_runs(cell_task *t)
{
    const field *f = t->field;
    for (int64_t row = 0; row < f->rows; row++) {
        const float *share = f->coverage->share + row * f->columns;
        int32_t *end = t->run_end + row * f->columns;
        for (int64_t j = f->columns - 1; j >= 0; j--) {
            bool joined = j + 1 < f->columns && share[j] == share[j + 1];
            end[j] = joined ? end[j + 1] : (int32_t)(j + 1);
        }
    }
}

/* Kernel mass inside the area on the row `row`, d rows from the cell's own, around column `column`.
 */
static double row_inside(const cell_task *t, int64_t d, int64_t row, int64_t column)
{
    const field *f = t->field;
    int64_t half = t->half[llabs(d)];
    const double *prefix = t->prefix + llabs(d) * (2 * t->m + 2) + t->m - column;
    const float *share = f->coverage->share + row * f->columns;
    const int32_t *run_end = t->run_end + row * f->columns;
    int64_t j = clamp(column - half, f->columns), last = clamp(column + half + 1, f->columns);
    double sum = 0.0;
    while (j < last) {
        int64_t end = run_end[j] < last ? run_end[j] : last;
        if (share[j] > 0.0f)
            sum += (double)share[j] * (prefix[end] - prefix[j]);
        j = end;
    }
    return sum;
}

static double edge_at_cell(const cell_task *t, int64_t row, int64_t column)
{
    double e, inside = 0.0;
    if (settled(t->field, (double)column, (double)row, &e))
        return e;
    for (int64_t d = -t->m; d <= t->m; d++)
        if (row + d >= 0 && row + d < t->field->rows)
            inside += row_inside(t, d, row + d, column);
    return fmin(1.0, inside / t->all);
}

static hg_status edge_of_rows(void *context, size_t index, hg_error *err)
{
    const cell_task *t = context;
    const field *f = t->field;
    int64_t from = (int64_t)index * ROWS_PER_TASK, to = from + ROWS_PER_TASK;
    to = to < f->rows ? to : f->rows;
    for (int64_t row = from; row < to; row++)
        for (int64_t column = 0; column < f->columns; column++)
            t->e[row * f->columns + column] = edge_at_cell(t, row, column);
    return hg_check_cancel(f->control, err);
}

static hg_status begin_cells(cell_task *t, hg_error *err)
{
    size_t m = (size_t)t->m;
    t->prefix = hg_malloc((m + 1) * (2 * m + 2), sizeof *t->prefix);
    t->half = hg_malloc(m + 1, sizeof *t->half);
    t->run_end = hg_malloc((size_t)hg_grid_cells(t->field->coverage->grid), sizeof *t->run_end);
    if (!t->prefix || !t->half || !t->run_end)
        return hg_fail_memory(err);
    fill_stencil(t);
    fill_runs(t);
    return HG_OK;
}

hg_status hg_edge_at_cells(const hg_coverage *coverage, const hg_kernel *kernel,
                           hg_control *control, double *e, hg_error *err)
{
    field f = {0};
    hg_status status = begin_field(&f, coverage, kernel, control, err);
    cell_task t = {.field = &f, .m = (int64_t)ceil(f.radius), .e = e};
    if (status == HG_OK)
        status = begin_cells(&t, err);
    size_t tasks = ((size_t)f.rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
    if (status == HG_OK)
        status = hg_parallel(tasks, threads_of(control), edge_of_rows, &t, err);
    hg_free(t.prefix);
    hg_free(t.half);
    hg_free(t.run_end);
    end_field(&f);
    return status;
}
