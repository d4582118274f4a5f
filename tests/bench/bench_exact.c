/*
 * The exact density of the points of a file, on any grid of square cells, to be set beside a
 * peer's.
 *
 *   bench_exact POINTS KERNEL RADIUS_M WEST NORTH CELL_M COLUMNS ROWS RUNS
 *       one thread, points in memory to a finished grid; for each run wall and processor seconds
 *   bench_exact POINTS KERNEL RADIUS_M check RASTER [qgis]
 *       the same at the cell centres of a raster: the factor by which that is larger (least
 * squares), and its largest deviation after division by it, relative to the peak. mirror: every
 * point is first mirrored in y inside its cell. bench_exact POINTS KERNEL RADIUS_M check-list FILE
 * N the same against lines "x y value" of an N x N grid of nodes, columns from the west, each
 *       northwards
 *   bench_exact POINTS KERNEL RADIUS_M list FILE
 *       writes the points as text for the reference code of SLAM, and prints the multiple of its
 *       own rule that makes its bandwidth RADIUS_M
 */
#include "base/memory.h"
#include "engine/density.h"

#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Where cells lie: the centre of the first is half a cell inside of (west, north). */
typedef struct place {
    double west, north, cell;
    int64_t columns, rows;
} place;

/* A lattice has cells of whole centimetres; peers' cells are anything. So metres are scaled. */
static const double CELL = 10.0;

typedef struct fit {
    double factor, deviation;
} fit;

static void stop(const char *what)
{
    fprintf(stderr, "bench_exact: %s\n", what);
    exit(1);
}

static double *room(size_t n)
{
    double *p = hg_malloc(n, sizeof *p);
    if (!p)
        stop("out of memory");
    return p;
}

static hg_points read_points(const char *path)
{
    GDALDatasetH file = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    OGRLayerH layer = file ? GDALDatasetGetLayer(file, 0) : NULL;
    if (!layer)
        stop("no layer of points");
    size_t n = (size_t)OGR_L_GetFeatureCount(layer, 1), i = 0;
    double *x = room(n), *y = room(n);
    for (OGRFeatureH f; i < n && (f = OGR_L_GetNextFeature(layer)); i++) {
        OGRGeometryH g = OGR_F_GetGeometryRef(f);
        x[i] = OGR_G_GetX(g, 0);
        y[i] = OGR_G_GetY(g, 0);
        OGR_F_Destroy(f);
    }
    GDALClose(file);
    return (hg_points){i, x, y, NULL};
}

/* The points in the frame of a lattice whose first cell has its north-western corner at (0, rows).
 */
static hg_points placed(const hg_points *p, const place *at, bool mirror)
{
    double *x = room(p->n), *y = room(p->n), south = at->north - (double)at->rows * at->cell;
    for (size_t i = 0; i < p->n; i++) {
        double dy = (p->y[i] - south) / at->cell;
        x[i] = (p->x[i] - at->west) / at->cell * CELL;
        y[i] = (mirror ? 2 * floor(dy) + 1 - dy : dy) * CELL;
    }
    return (hg_points){p->n, x, y, NULL};
}

static void compute(const hg_points *points, const place *at, const hg_kernel *metres, double *out)
{
    hg_kernel kernel = *metres;
    kernel.bandwidth_m *= CELL / at->cell;
    hg_control control = {.threads = 1};
    hg_grid grid = {CELL, 0, at->rows - 1, at->columns, at->rows};
    hg_density_plan *plan = NULL;
    hg_error err;
    hg_status s = hg_density_plan_new(points, &grid, &kernel, &control, &plan, &err);
    int64_t step = s == HG_OK ? hg_density_band_rows(plan) : 1;
    for (int64_t row = 0; s == HG_OK && row < at->rows; row += step)
        s = hg_density_band(plan, row, at->rows - row < step ? at->rows - row : step,
                            out + row * at->columns, &err);
    hg_density_plan_free(plan);
    if (s != HG_OK)
        stop(err.message);
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(const hg_points *all, const place *at, const hg_kernel *kernel, int runs)
{
    hg_points points = placed(all, at, false);
    double *out = room((size_t)(at->columns * at->rows));
    for (int i = 0; i < runs; i++) {
        double wall = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
        compute(&points, at, kernel, out);
        printf("%.6f %.6f\n", now(CLOCK_MONOTONIC) - wall, now(CLOCK_PROCESS_CPUTIME_ID) - used);
    }
    hg_free(out);
}

static fit compare(const double *ours, const double *theirs, size_t n)
{
    double cross = 0, square = 0, peak = 0, worst = 0;
    for (size_t i = 0; i < n; i++) {
        cross += ours[i] * theirs[i];
        square += ours[i] * ours[i];
        peak = fmax(peak, ours[i]);
    }
    double factor = cross / square;
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs(theirs[i] / factor - ours[i]));
    return (fit){factor, worst / peak};
}

/* `leave` rows at the northern and the southern edge are left out. */
static void check(const hg_points *all, const place *at, const hg_kernel *kernel, bool mirror,
                  int64_t leave, const double *theirs)
{
    hg_points points = placed(all, at, mirror);
    double *ours = room((size_t)(at->columns * at->rows));
    compute(&points, at, kernel, ours);
    fit f = compare(ours + leave * at->columns, theirs + leave * at->columns,
                    (size_t)((at->rows - 2 * leave) * at->columns));
    printf("%.9g %.3g\n", f.factor * pow(at->cell / CELL, 2), f.deviation);
    hg_free(ours);
}

/* A raster's cells; no data counts as 0. */
static double *read_raster(const char *path, place *at)
{
    GDALDatasetH file = GDALOpen(path, GA_ReadOnly);
    double to[6];
    if (!file || GDALGetGeoTransform(file, to) != CE_None)
        stop("no raster with a place");
    *at = (place){to[0], to[3], to[1], GDALGetRasterXSize(file), GDALGetRasterYSize(file)};
    int w = (int)at->columns, h = (int)at->rows, has = 0;
    double *v = room((size_t)w * (size_t)h);
    GDALRasterBandH band = GDALGetRasterBand(file, 1);
    double none = GDALGetRasterNoDataValue(band, &has);
    if (GDALRasterIO(band, GF_Read, 0, 0, w, h, v, w, h, GDT_Float64, 0, 0) != CE_None)
        stop("the raster cannot be read");
    for (size_t i = 0; i < (size_t)w * (size_t)h; i++)
        v[i] = isfinite(v[i]) && !(has && v[i] == none) ? v[i] : 0.0;
    GDALClose(file);
    return v;
}

/* Where a grid of N x N nodes lies that reaches from the westernmost point to the easternmost; the
 * points' box is a square. */
static place nodes_on_box(const hg_points *p, int64_t n)
{
    double west = p->x[0], east = p->x[0], south = p->y[0];
    for (size_t i = 1; i < p->n; i++) {
        west = fmin(west, p->x[i]);
        east = fmax(east, p->x[i]);
        south = fmin(south, p->y[i]);
    }
    double cell = (east - west) / (double)(n - 1);
    return (place){west - cell / 2, south - cell / 2 + (double)n * cell, cell, n, n};
}

/* Columns of nodes from the west, each northwards: turned into rows from the north. */
static double *read_list(const char *path, int64_t n)
{
    FILE *f = fopen(path, "r");
    double *v = room((size_t)(n * n)), x, y, value;
    if (!f)
        stop("no list");
    for (int64_t i = 0; i < n * n; i++) {
        if (fscanf(f, "%lf %lf %lf", &x, &y, &value) != 3)
            stop("the list is too short");
        v[(n - 1 - i % n) * n + i / n] = value;
    }
    fclose(f);
    return v;
}

/* From the corner of their box, which costs the reference code fewer digits. */
static void list(const hg_points *p, double radius, const char *path)
{
    place box = nodes_on_box(p, 2);
    double west = box.west + box.cell / 2, south = box.north - 1.5 * box.cell;
    FILE *f = fopen(path, "w");
    double mx = 0, my = 0, variance = 0, n = (double)p->n;
    for (size_t i = 0; i < p->n; i++) {
        mx += p->x[i] / n;
        my += p->y[i] / n;
    }
    if (!f || fprintf(f, "%zu 2\n", p->n) < 0)
        stop("the list cannot be written");
    for (size_t i = 0; i < p->n; i++) {
        variance += (pow(p->x[i] - mx, 2) + pow(p->y[i] - my, 2)) / (n - 1);
        fprintf(f, "%.17g %.17g\n", p->x[i] - west, p->y[i] - south);
    }
    if (fclose(f) != 0)
        stop("the list cannot be written");
    printf("%.15g\n", radius / (pow(n, -1.0 / 6.0) * sqrt(variance)));
}

int main(int argc, char **argv)
{
    hg_kernel kernel = {.cutoff = 4.0};
    if (argc < 6 || !hg_kernel_by_name(argv[2], &kernel.shape)) {
        fprintf(stderr, "usage: see bench_exact.c\n");
        return 2;
    }
    GDALAllRegister();
    hg_points points = read_points(argv[1]);
    kernel.bandwidth_m = atof(argv[3]);
    place at;
    if (strcmp(argv[4], "list") == 0) {
        list(&points, kernel.bandwidth_m, argv[5]);
    } else if (strcmp(argv[4], "check") == 0) {
        double *theirs = read_raster(argv[5], &at);
        bool qgis = argc > 6 && strcmp(argv[6], "qgis") == 0;
        check(&points, &at, &kernel, qgis,
              qgis ? (int64_t)(2 * kernel.bandwidth_m / at.cell) + 3 : 0, theirs);
        hg_free(theirs);
    } else if (strcmp(argv[4], "check-list") == 0 && argc > 6) {
        double *theirs = read_list(argv[5], atoll(argv[6]));
        at = nodes_on_box(&points, atoll(argv[6]));
        check(&points, &at, &kernel, false, 0, theirs);
        hg_free(theirs);
    } else if (strcmp(argv[4], "nodes") == 0 && argc > 6) {
        at = nodes_on_box(&points, atoll(argv[5]));
        run(&points, &at, &kernel, atoi(argv[6]));
    } else if (argc > 9) {
        at = (place){atof(argv[4]), atof(argv[5]), atof(argv[6]), atoll(argv[7]), atoll(argv[8])};
        run(&points, &at, &kernel, atoi(argv[9]));
    } else {
        return 2;
    }
    return 0;
}
