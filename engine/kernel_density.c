/* The density core for callers who hold arrays instead of files. */
#include "base/memory.h"
#include "engine/density.h"

#include <math.h>
#include <string.h>

static hg_status check(const hg_lattice *l, const char *name, hg_kernel *kernel, hg_error *err)
{
    double centimetres = l->cell_m * 100;
    if (!hg_kernel_by_name(name, &kernel->shape))
        return hg_fail(err, HG_EUSAGE, "\"%s\" is no kernel", name);
    if (!(centimetres >= 1) || !(fabs(centimetres - round(centimetres)) < 1e-6 * centimetres))
        return hg_fail(err, HG_EUSAGE, "a cell of %g m is no whole number of centimetres", l->cell_m);
    if (l->columns < 1 || l->rows < 1 || l->columns > INT32_MAX || l->rows > INT32_MAX)
        return hg_fail(err, HG_EUSAGE, "a lattice of %lld x %lld cells cannot be computed",
                       (long long)l->columns, (long long)l->rows);
    return HG_OK;
}

hg_status hg_kernel_density(const double *x, const double *y, const double *w, size_t n,
                            const hg_lattice *l, const char *kernel_name, double bandwidth_m,
                            int threads, double *out, hg_error *err)
{
    hg_kernel kernel = {.bandwidth_m = bandwidth_m, .cutoff = 4};
    hg_status status = check(l, kernel_name, &kernel, err);
    if (status != HG_OK)
        return status;
    hg_control control = {.threads = threads};
    atomic_init(&control.cancelled, false);
    atomic_flag_clear(&control.saying);
    const hg_points points = {n, x, y, w};
    const hg_grid grid = {l->cell_m, l->west, l->top, l->columns, l->rows};
    hg_density_plan *plan = NULL;
    size_t cells = (size_t)(l->columns * l->rows);
    double *values = hg_malloc_aligned(cells, sizeof *values);
    if (!values)
        return hg_fail_memory(err);
    status = hg_density_plan_new(&points, &grid, &kernel, &control, &plan, err);
    int64_t step = status == HG_OK ? hg_density_band_rows(plan) : 1;
    for (int64_t row = 0; row < l->rows && status == HG_OK; row += step) {
        int64_t band = l->rows - row < step ? l->rows - row : step;
        status = hg_density_band(plan, row, band, values + row * l->columns, err);
    }
    for (size_t i = 0; i < cells && status == HG_OK; i++)
        out[i] = values[i] * 1e6;
    hg_density_plan_free(plan);
    hg_free(values);
    return status;
}
