#include "engine/grid.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Metres beyond which whole centimetres are no longer exact in a double. */
#define FAR_M 9.0e13

static int64_t centimetres(double cell_m)
{
    return llround(cell_m * 100.0);
}

/* One rounding only: the product of integers is exact, the division rounds once. */
static double corner(int64_t lattice, double cell_m)
{
    return (double)(lattice * centimetres(cell_m)) / 100.0;
}

static double centre(int64_t lattice, double cell_m)
{
    return (double)((2 * lattice + 1) * centimetres(cell_m)) / 200.0;
}

double hg_grid_column_west(const hg_grid *g, int64_t column)
{
    return corner(g->west + column, g->cell_m);
}

double hg_grid_column_centre(const hg_grid *g, int64_t column)
{
    return centre(g->west + column, g->cell_m);
}

double hg_grid_row_north(const hg_grid *g, int64_t row)
{
    return corner(g->top - row + 1, g->cell_m);
}

double hg_grid_row_centre(const hg_grid *g, int64_t row)
{
    return centre(g->top - row, g->cell_m);
}

/*
 * floor(v / cell), except that the quotient may round across a corner: 0.3 / 0.1 is just below 3,
 * yet 0.3 is the west side of column 3.
 */
static int64_t lattice_of(double v, double cell_m)
{
    if (!(fabs(v) < FAR_M))
        return v > 0 ? INT64_MAX / 4 : INT64_MIN / 4;
    int64_t k = (int64_t)floor(v / cell_m);
    if (corner(k + 1, cell_m) <= v)
        return k + 1;
    return corner(k, cell_m) > v ? k - 1 : k;
}

int64_t hg_grid_column_of(const hg_grid *g, double x)
{
    return lattice_of(x, g->cell_m) - g->west;
}

int64_t hg_grid_row_of(const hg_grid *g, double y)
{
    return g->top - lattice_of(y, g->cell_m);
}

/* The first and last lattice index over lo … hi; a side that only touches a cell does not take it.
 */
static void lattice_span(double lo, double hi, double cell_m, int64_t *first, int64_t *last)
{
    *first = lattice_of(lo, cell_m);
    *last = lattice_of(hi, cell_m);
    if (*last > *first && corner(*last, cell_m) == hi)
        --*last;
}

static hg_status check_cell(double cell_m, hg_error *err)
{
    bool sane = cell_m >= 0.005 && cell_m <= 1e9;
    if (sane && fabs(cell_m * 100.0 - (double)centimetres(cell_m)) <= 1e-12 * cell_m * 100.0)
        return HG_OK;
    return hg_fail(err, HG_EUSAGE,
                   "cell size %.12g m is not a positive whole number of centimetres", cell_m);
}

hg_status hg_grid_over(double xmin, double ymin, double xmax, double ymax, double cell_m,
                       hg_grid *out, hg_error *err)
{
    hg_status status = check_cell(cell_m, err);
    if (status != HG_OK)
        return status;
    if (!(fabs(xmin) < FAR_M && fabs(ymin) < FAR_M && fabs(xmax) < FAR_M && fabs(ymax) < FAR_M &&
          xmin <= xmax && ymin <= ymax))
        return hg_fail(err, HG_EUSAGE,
                       "extent %.12g,%.12g,%.12g,%.12g is not xmin,ymin,xmax,ymax in metres", xmin,
                       ymin, xmax, ymax);
    double cell = (double)centimetres(cell_m) / 100.0;
    int64_t west, east, south, north;
    lattice_span(xmin, xmax, cell, &west, &east);
    lattice_span(ymin, ymax, cell, &south, &north);
    int64_t columns = east - west + 1, rows = north - south + 1;
    if (columns > INT32_MAX || rows > INT32_MAX)
        return hg_fail(err, HG_EIO,
                       "a grid of %" PRId64 " by %" PRId64
                       " cells of %.12g m is too large; at most "
                       "2147483647 columns and rows are possible",
                       columns, rows, cell);
    *out = (hg_grid){cell, west, north, columns, rows};
    return HG_OK;
}

uint64_t hg_grid_cells(const hg_grid *g)
{
    return (uint64_t)g->columns * (uint64_t)g->rows;
}

const char *hg_grid_cell_id(const hg_grid *g, int64_t column, int64_t row, char id[HG_CELL_ID_SIZE])
{
    char size[32];
    snprintf(id, HG_CELL_ID_SIZE, "c%sE%" PRId64 "N%" PRId64, hg_shortest_decimal(g->cell_m, size),
             g->west + column, g->top - row);
    return id;
}

double hg_grid_auto_cell(double support_m, double short_side_m)
{
    static const double sizes[] = {1000, 500, 250, 200, 100, 50, 25, 20};
    double limit = fmin(support_m / 5.0, short_side_m / 50.0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] <= limit)
            return sizes[i];
    return 10.0;
}
