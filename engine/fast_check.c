#include "engine/fast_check.h"
#include "base/threads.h"

#include <math.h>

/* Points looked at for all cells, about: some ten milliseconds. */
static const double VISITS = 8e6;

typedef struct checking {
    const hg_fast_points *points;
    const hg_kernel *kernel;
    hg_fast_cell *cells;
    hg_control *control;
} checking;

static void strips_about(const hg_fast_points *p, int64_t row, size_t *first, size_t *last)
{
    int64_t reach = (int64_t)ceil(p->lattice.radius) + 1, centre = row + p->lattice.pad;
    *first = (size_t)((centre > reach ? centre - reach : 0) >> p->strip_bits);
    *last = (size_t)((centre + reach) >> p->strip_bits);
    *last = *last < p->strips ? *last : p->strips - 1;
}

static double sum_run(const checking *c, const hg_fast_run *run, double x, double y)
{
    const hg_fast_lattice *l = &c->points->lattice;
    const double unit = ldexp(1.0, -(int)l->bits), radius2 = l->radius * l->radius, peak = hg_kernel_value(c->kernel, 0.0);
    const double per_cell = l->grid.cell_m / c->kernel->bandwidth_m;
    double sum = 0.0;
    for (size_t i = 0; i < run->n; i++) {
        double dx = (double)hg_fast_column(run->at[i]) * unit - x, dy = (double)hg_fast_row(run->at[i]) * unit - y;
        double r2 = dx * dx + dy * dy;
        if (r2 < radius2)
            sum += hg_fast_weight(run, i) * hg_kernel_value(c->kernel, sqrt(r2) * per_cell) / peak;
    }
    return sum;
}

static hg_status check_cell(void *context, size_t i, hg_error *err)
{
    const checking *c = context;
    hg_fast_cell *cell = &c->cells[i];
    double x = (double)(cell->column + c->points->lattice.pad), y = (double)(cell->row + c->points->lattice.pad);
    size_t first, last;
    strips_about(c->points, cell->row, &first, &last);
    cell->exact = 0.0;
    for (size_t strip = first; strip <= last; strip++)
        for (size_t slice = 0; slice < c->points->slices; slice++) {
            hg_fast_run run = hg_fast_points_run(c->points, slice, strip);
            cell->exact += sum_run(c, &run, x, y);
        }
    return hg_check_cancel(c->control, err);
}

static double visits_of(const hg_fast_points *p, const hg_fast_cell *cell)
{
    size_t first, last;
    double visits = 0.0;
    strips_about(p, cell->row, &first, &last);
    for (size_t strip = first; strip <= last; strip++)
        for (size_t slice = 0; slice < p->slices; slice++)
            visits += (double)hg_fast_points_run(p, slice, strip).n;
    return visits;
}

hg_status hg_fast_check(const hg_fast_points *p, const hg_kernel *kernel, hg_fast_cell *cells, size_t n,
                        hg_control *control, size_t *checked, hg_error *err)
{
    checking c = {p, kernel, cells, control};
    double visits = 0.0;
    *checked = 0;
    while (*checked < n && (*checked == 0 || visits < VISITS))
        visits += visits_of(p, &cells[(*checked)++]);
    return hg_parallel(*checked, control ? control->threads : 0, check_cell, &c, err);
}
