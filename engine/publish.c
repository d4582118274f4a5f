#include "engine/publish.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

double hg_publish_bandwidth(double cell_m)
{
    return 2 * cell_m;
}

/* Sum of a cell's neighbourhood: events within the bandwidth, and their kernel. */
static void gather(const hg_publish_grid *g, size_t row, size_t column, double h, double *events, double *kernel)
{
    long reach = (long)floor(h / g->cell_m), rows = (long)g->rows, columns = (long)g->columns;
    *events = *kernel = 0;
    for (long y = (long)row - reach; y <= (long)row + reach; y++)
        for (long x = (long)column - reach; x <= (long)column + reach; x++) {
            double dy = (double)(y - (long)row), dx = (double)(x - (long)column);
            double q = (dx * dx + dy * dy) * g->cell_m * g->cell_m / (h * h);
            if (y < 0 || x < 0 || y >= rows || x >= columns || q > 1)
                continue;
            double count = g->count[(size_t)y * g->columns + (size_t)x];
            *events += count;
            *kernel += count * (1 - q) * (1 - q);
        }
}

hg_status hg_publish_surface(const hg_publish_grid *grid, double bandwidth_m, double least, double *density,
                             hg_error *err)
{
    if (grid->columns == 0 || grid->rows == 0 || !(grid->cell_m > 0) || !(bandwidth_m > 0))
        return hg_fail(err, HG_EUSAGE, "a surface of %zu x %zu cells of %g m with a bandwidth of %g m cannot be made",
                       grid->columns, grid->rows, grid->cell_m, bandwidth_m);
    double h_km = bandwidth_m / 1000, scale = 3 / (PI * h_km * h_km);
    for (size_t row = 0; row < grid->rows; row++)
        for (size_t column = 0; column < grid->columns; column++) {
            double events, kernel;
            gather(grid, row, column, bandwidth_m, &events, &kernel);
            density[row * grid->columns + column] = events > 0 && events >= least ? scale * kernel : NAN;
        }
    return HG_OK;
}

/* Through text, so that a legend says exactly where a class begins. */
static double two_digits(double v)
{
    char text[32];
    snprintf(text, sizeof text, "%.1e", v);
    return strtod(text, NULL);
}

void hg_publish_edges(const double *density, size_t n, double edges[HG_PUBLISH_CLASSES])
{
    static const double shares[HG_PUBLISH_CLASSES] = {0, 0.1, 0.25, 0.5, 0.75};
    double peak = 0;
    for (size_t i = 0; i < n; i++)
        peak = density[i] > peak ? density[i] : peak;
    for (int k = 0; k < HG_PUBLISH_CLASSES; k++)
        edges[k] = two_digits(shares[k] * peak);
}

int hg_publish_class(double density, const double edges[HG_PUBLISH_CLASSES])
{
    int class = HG_PUBLISH_NO_CLASS;
    for (int k = 0; k < HG_PUBLISH_CLASSES && density >= edges[k]; k++)
        class = k + 1;
    return class;
}
