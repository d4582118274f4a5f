/* The definition of kernel density as a double sum over points and cells, and points to try it on.
 */
#ifndef HG_TESTS_DENSITY_BRUTE_H
#define HG_TESTS_DENSITY_BRUTE_H

#include "base/random.h"
#include "engine/density.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct sample {
    double *x, *y, *w;
    hg_points points;
} sample;

static inline void sample_dispose(sample *s)
{
    free(s->x);
    free(s->y);
    free(s->w);
    *s = (sample){0};
}

static inline sample sample_new(size_t n, bool weighted)
{
    sample s = {malloc((n + 1) * sizeof(double)),
                malloc((n + 1) * sizeof(double)),
                weighted ? malloc((n + 1) * sizeof(double)) : NULL,
                {0}};
    s.points = (hg_points){n, s.x, s.y, s.w};
    return s;
}

/* Uniform over the grid and `margin_m` beyond it; some rounded to corners, sides and centres of
 * cells. */
static inline sample sample_random(const hg_grid *g, size_t n, double margin_m, bool weighted,
                                   uint64_t seed)
{
    sample s = sample_new(n, weighted);
    hg_random r = hg_random_seed(seed, 0);
    double c = g->cell_m, west = hg_grid_column_west(g, 0), south = hg_grid_row_north(g, g->rows);
    for (size_t i = 0; i < n; i++) {
        double u = hg_random_unit(&r) * ((double)g->columns * c + 2 * margin_m) - margin_m;
        double v = hg_random_unit(&r) * ((double)g->rows * c + 2 * margin_m) - margin_m;
        uint64_t kind = hg_random_below(&r, 8);
        if (kind == 0 || kind == 1)
            u = floor(u / c) * c;
        if (kind == 0 || kind == 2)
            v = floor(v / c) * c;
        if (kind == 3) {
            u = (floor(u / c) + 0.5) * c;
            v = (floor(v / c) + 0.5) * c;
        }
        s.x[i] = west + u;
        s.y[i] = south + v;
        if (i > 0 && kind == 4) { /* a coincidence */
            s.x[i] = s.x[i - 1];
            s.y[i] = s.y[i - 1];
        }
        if (weighted)
            s.w[i] = hg_random_below(&r, 10) == 0 ? 0.0 : 0.01 + 3.0 * hg_random_unit(&r);
    }
    return s;
}

/* on_rim (may be NULL): the cell's centre lies within 1e-9 h of the rim of some support. */
static inline double brute_density(const hg_points *p, const hg_kernel *k, double x, double y,
                                   bool *on_rim)
{
    double sum = 0.0, support = hg_kernel_support_m(k);
    bool rim = false;
    for (size_t i = 0; i < p->n; i++) {
        double dx = x - p->x[i], dy = y - p->y[i], d = sqrt(dx * dx + dy * dy);
        rim = rim || fabs(d - support) <= 1e-9 * support;
        sum += (p->w ? p->w[i] : 1.0) * hg_kernel_value(k, d / k->bandwidth_m);
    }
    if (on_rim)
        *on_rim = rim;
    return sum / (k->bandwidth_m * k->bandwidth_m);
}

typedef struct comparison {
    double peak, worst; /* worst difference as a share of the peak */
    size_t cells, rims, residues, negatives;
} comparison;

static inline comparison compare_with_brute(const hg_points *p, const hg_grid *g,
                                            const hg_kernel *k, const double *density)
{
    comparison c = {0};
    double worst = 0.0;
    for (int64_t row = 0; row < g->rows; row++)
        for (int64_t column = 0; column < g->columns; column++) {
            bool rim;
            double want = brute_density(p, k, hg_grid_column_centre(g, column),
                                        hg_grid_row_centre(g, row), &rim);
            double got = density[row * g->columns + column];
            c.peak = fmax(c.peak, want);
            c.cells++;
            c.negatives += !(got >= 0.0);
            if (rim) {
                c.rims++;
                continue;
            }
            c.residues += want == 0.0 && got != 0.0;
            worst = fmax(worst, fabs(got - want));
        }
    c.worst = c.peak > 0.0 ? worst / c.peak : worst;
    return c;
}

/* The whole grid in bands of `step` rows (0 = one band). NULL after a failure, which is printed. */
static inline double *density_of(const hg_points *p, const hg_grid *g, const hg_kernel *k,
                                 int threads, int64_t step)
{
    hg_control control = {.threads = threads};
    hg_density_plan *plan = NULL;
    hg_error err = {0};
    double *out = malloc((size_t)hg_grid_cells(g) * sizeof *out);
    hg_status status = hg_density_plan_new(p, g, k, &control, &plan, &err);
    step = step > 0 ? step : g->rows;
    for (int64_t row = 0; status == HG_OK && row < g->rows; row += step) {
        int64_t n = g->rows - row < step ? g->rows - row : step;
        status = hg_density_band(plan, row, n, out + row * g->columns, &err);
    }
    hg_density_plan_free(plan);
    if (status == HG_OK)
        return out;
    fprintf(stderr, "density failed: %s\n", err.message);
    free(out);
    return NULL;
}

#endif
