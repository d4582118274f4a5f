#include "engine/fast_filter.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

enum {
    WINDOW_LEAST = 32,
    WINDOW_MOST = 1 << 16,
};

/* FFTW's planner is not made for several threads; executing plans is. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* ------------------------------------------------------------------ tiling ---------------------
 */

/* Sides that transform fast: 4, 5, 6 and 7 times powers of two. Whole powers of two from 1024 on have columns that
 * share cache lines' places, so they give way to the next. */
static int64_t next_side(int64_t side)
{
    int64_t power = 1;
    while (power * 8 <= side)
        power *= 2;
    int64_t next = side + power;
    return next >= 1024 && (next & (next - 1)) == 0 ? next + next / 4 : next;
}

/* Windows that leave the second and the last cache cost more for each operation, as measured. */
static double window_work(int64_t rows, int64_t columns)
{
    double cells = (double)rows * (double)columns, bytes = cells * sizeof(double);
    return 5.0 * cells * log2(cells) * (bytes > 8e6 ? 1.6 : bytes > 3e6 ? 1.15 : 1.0);
}

static hg_fast_tiling tiling_with(const hg_grid *g, int64_t reach, int64_t rows, int64_t columns)
{
    hg_fast_tiling t = {.reach = reach, .rows = rows, .columns = columns};
    t.inner_rows = rows - 2 * reach;
    t.inner_columns = columns - 2 * reach;
    t.down = (g->rows + t.inner_rows - 1) / t.inner_rows;
    t.across = (g->columns + t.inner_columns - 1) / t.inner_columns;
    t.work = (double)t.down * (double)t.across * window_work(rows, columns);
    return t;
}

hg_fast_tiling hg_fast_tiling_of(const hg_grid *grid, int64_t reach)
{
    int64_t least = WINDOW_LEAST;
    while (least <= 2 * reach)
        least = next_side(least);
    hg_fast_tiling best = {.work = INFINITY};
    for (int64_t rows = least; rows <= WINDOW_MOST || rows == least; rows = next_side(rows)) {
        for (int64_t columns = least; columns <= WINDOW_MOST || columns == least; columns = next_side(columns)) {
            hg_fast_tiling t = tiling_with(grid, reach, rows, columns);
            if (t.work < best.work)
                best = t;
            if (t.across == 1)
                break;
        }
        if (rows - 2 * reach >= grid->rows)
            break;
    }
    return best;
}

/* ------------------------------------------------------------------ spectra --------------------
 */

static size_t window_doubles(const hg_fast_tiling *t)
{
    return (size_t)t->rows * 2 * (size_t)(t->columns / 2 + 1);
}

static void make_plans(hg_fast_filter *f, double *scratch)
{
    int rows = (int)f->tiling.rows, columns = (int)f->tiling.columns;
    fftw_complex *out = (fftw_complex *)scratch;
    pthread_mutex_lock(&planner);
    /* Measured plans would differ from run to run, and the last digits with them. */
    f->forward = fftw_plan_dft_r2c_2d(rows, columns, scratch, out, FFTW_ESTIMATE);
    f->backward = fftw_plan_dft_c2r_2d(rows, columns, out, scratch, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
}

/* The table's entries for one plane around the window's corner, where the transform's origin is; the sum of squares. */
static double lay_table(const hg_fast_filter *f, const hg_fast_kernel *k, const double *table, int plane, double *to)
{
    const hg_fast_tiling *t = &f->tiling;
    int64_t a = plane % k->refine, b = plane / k->refine;
    size_t stride = 2 * (size_t)(t->columns / 2 + 1);
    double share = 1.0 / ((double)t->rows * (double)t->columns), squares = 0.0;
    memset(to, 0, window_doubles(t) * sizeof *to);
    for (int64_t row = -t->reach; row <= t->reach; row++)
        for (int64_t column = -t->reach; column <= t->reach; column++) {
            size_t at = (size_t)((row + t->rows) % t->rows) * stride + (size_t)((column + t->columns) % t->columns);
            double v = hg_fast_kernel_at(k, table, k->refine * column - a, k->refine * row - b);
            to[at] = share * v;
            squares += v * v;
        }
    return squares;
}

hg_status hg_fast_filter_init(hg_fast_filter *f, const hg_fast_tiling *tiling, const hg_fast_kernel *kernel,
                              hg_error *err)
{
    *f = (hg_fast_filter){.tiling = *tiling, .planes = kernel->refine * kernel->refine};
    const double *tables[HG_FAST_TABLES] = {kernel->value, kernel->error};
    size_t doubles = window_doubles(tiling);
    double *spectra = hg_malloc_aligned((size_t)f->planes * HG_FAST_TABLES * doubles, sizeof *spectra);
    f->spectra = (fftw_complex *)spectra;
    if (spectra)
        make_plans(f, spectra);
    if (!f->forward || !f->backward) {
        hg_fast_filter_dispose(f);
        return hg_fail_memory(err);
    }
    for (int i = 0; i < f->planes * HG_FAST_TABLES; i++) {
        double *to = spectra + (size_t)i * doubles;
        int table = i % HG_FAST_TABLES;
        f->norm[table] += lay_table(f, kernel, tables[table], i / HG_FAST_TABLES, to);
        fftw_execute_dft_r2c(f->forward, to, (fftw_complex *)to);
    }
    for (int table = 0; table < HG_FAST_TABLES; table++)
        f->norm[table] = sqrt(f->norm[table]);
    return HG_OK;
}

void hg_fast_filter_dispose(hg_fast_filter *f)
{
    pthread_mutex_lock(&planner);
    if (f->forward)
        fftw_destroy_plan(f->forward);
    if (f->backward)
        fftw_destroy_plan(f->backward);
    pthread_mutex_unlock(&planner);
    hg_free(f->spectra);
    *f = (hg_fast_filter){0};
}

/* ------------------------------------------------------------------ tiles ----------------------
 */

double hg_fast_filter_bytes(const hg_fast_tiling *t, int planes)
{
    return (double)sizeof(double) * (double)t->rows * (double)t->columns * HG_FAST_TABLES * planes;
}

double hg_fast_workspace_bytes(const hg_fast_tiling *t)
{
    return (double)sizeof(double) * (double)t->rows * (double)t->columns * (1 + HG_FAST_TABLES);
}

hg_status hg_fast_workspace_init(hg_fast_workspace *w, const hg_fast_filter *f, hg_error *err)
{
    size_t doubles = window_doubles(&f->tiling);
    w->window = hg_malloc_aligned(doubles, sizeof *w->window);
    bool all = w->window != NULL;
    for (int table = 0; table < HG_FAST_TABLES; table++) {
        w->sum[table] = hg_malloc_aligned(doubles, sizeof *w->sum[table]);
        all = all && w->sum[table];
    }
    if (all)
        return HG_OK;
    hg_fast_workspace_dispose(w);
    return hg_fail_memory(err);
}

void hg_fast_workspace_dispose(hg_fast_workspace *w)
{
    hg_free(w->window);
    for (int table = 0; table < HG_FAST_TABLES; table++)
        hg_free(w->sum[table]);
    *w = (hg_fast_workspace){0};
}

/* What a window holds. */
typedef struct content {
    double mass, squares;
} content;

/* Copies the window whose corner is (row, column). */
static content load_window(const hg_fast_tiling *t, const hg_fast_mass *mass, int plane, int64_t row, int64_t column,
                           double *to)
{
    size_t stride = 2 * (size_t)(t->columns / 2 + 1);
    int64_t columns = mass->columns - column, rows = mass->row0 + mass->rows - row;
    columns = columns < t->columns ? columns : t->columns;
    rows = rows < t->rows ? rows : t->rows;
    content all = {0};
    for (int64_t r = 0; r < rows; r++, to += stride) {
        const double *from = hg_fast_mass_row(mass, plane, row + r) + column;
        memcpy(to, from, (size_t)columns * sizeof *to);
        memset(to + columns, 0, (stride - (size_t)columns) * sizeof *to);
        for (int64_t c = 0; c < columns; c++) {
            all.mass += from[c];
            all.squares += from[c] * from[c];
        }
    }
    memset(to, 0, (size_t)(t->rows - rows) * stride * sizeof *to);
    return all;
}

static void multiply(fftw_complex *to, const fftw_complex *by, const fftw_complex *from, size_t n, bool add)
{
    for (size_t i = 0; i < n; i++) {
        double re = from[i][0] * by[i][0] - from[i][1] * by[i][1];
        double im = from[i][0] * by[i][1] + from[i][1] * by[i][0];
        to[i][0] = add ? to[i][0] + re : re;
        to[i][1] = add ? to[i][1] + im : im;
    }
}

/* Largest rounding error of a cell, for mass and table of these Euclidean norms. */
static double rounding_of(const hg_fast_filter *f, double mass_norm, double table_norm)
{
    /* Higham, Accuracy and Stability of Numerical Algorithms, 2002, theorem 24.2: below 7 units a level, for each of
     * three transforms; products and sums of planes besides. */
    double levels = log2((double)f->tiling.rows * (double)f->tiling.columns);
    return DBL_EPSILON * (3.0 * 7.0 * levels + 8.0 + f->planes) * mass_norm * table_norm;
}

bool hg_fast_filter_tile(const hg_fast_filter *f, const hg_fast_mass *mass, int64_t row, int64_t column,
                         hg_fast_workspace *w, hg_fast_tile *tile)
{
    const hg_fast_tiling *t = &f->tiling;
    size_t numbers = window_doubles(t) / 2;
    content all = {0};
    for (int plane = 0; plane < f->planes; plane++) {
        content c = load_window(t, mass, plane, row - t->reach, column - t->reach, w->window);
        if (!(c.mass > 0.0))
            continue;
        fftw_complex *spectrum = (fftw_complex *)w->window;
        const fftw_complex *by = f->spectra + (size_t)plane * HG_FAST_TABLES * numbers;
        fftw_execute_dft_r2c(f->forward, w->window, spectrum);
        for (int table = 0; table < HG_FAST_TABLES; table++)
            multiply((fftw_complex *)w->sum[table], by + (size_t)table * numbers, spectrum, numbers, all.mass > 0.0);
        all.mass += c.mass;
        all.squares += c.squares;
    }
    tile->stride = 2 * (size_t)(t->columns / 2 + 1);
    /* Squares of the smallest weights vanish; their sum never falls below the norm. */
    double norm = all.squares > DBL_MIN / DBL_EPSILON ? sqrt(all.squares) : all.mass;
    for (int table = 0; table < HG_FAST_TABLES && all.mass > 0.0; table++) {
        fftw_execute_dft_c2r(f->backward, (fftw_complex *)w->sum[table], w->sum[table]);
        tile->at[table] = w->sum[table] + (size_t)t->reach * tile->stride + t->reach;
        tile->rounding[table] = rounding_of(f, norm, f->norm[table]);
    }
    return all.mass > 0.0;
}
