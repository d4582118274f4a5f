/*
 * make_points N FILE.gpkg: a GeoPackage of N weighted points for the benchmarks, on 20 km x 20 km
 * in EPSG:4547: half of them in 200 clusters (sigma 150-600 m), half uniform; weights 1, 2 or 3.
 * Seeded. make_points N FILE.gpkg RADIUS: all of them uniform on 20.48 km x 20.48 km, two in its
 * corners, RADIUS metres inside of a corner of cells of any round size: what tools make of the
 * points' box and a margin of one radius is then the same grid.
 */
#include "base/memory.h"
#include "base/random.h"
#include "geo/crs.h"
#include "io/geopackage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLUSTERS = 200 };

static const double WEST = 400000, SOUTH = 2430000, SIDE = 20000;

typedef struct cluster {
    double x, y, sigma;
} cluster;

static double normal(hg_random *r)
{
    double u = 1 - hg_random_unit(r), v = hg_random_unit(r);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void place(hg_random *r, const cluster *clusters, double *xy)
{
    do {
        if (hg_random_unit(r) < 0.5) {
            xy[0] = WEST + SIDE * hg_random_unit(r);
            xy[1] = SOUTH + SIDE * hg_random_unit(r);
        } else {
            const cluster *c = &clusters[hg_random_below(r, CLUSTERS)];
            xy[0] = c->x + c->sigma * normal(r);
            xy[1] = c->y + c->sigma * normal(r);
        }
    } while (xy[0] < WEST || xy[0] > WEST + SIDE || xy[1] < SOUTH || xy[1] > SOUTH + SIDE);
}

static void fill_clustered(hg_random *r, hg_table *t, hg_column *weight)
{
    cluster clusters[CLUSTERS];
    for (int i = 0; i < CLUSTERS; i++)
        clusters[i] = (cluster){WEST + SIDE * hg_random_unit(r), SOUTH + SIDE * hg_random_unit(r),
                                150 + 450 * hg_random_unit(r)};
    for (size_t i = 0; i < t->rows; i++) {
        place(r, clusters, t->geometry.xy + 2 * i);
        weight->f64[i] = 1 + (double)hg_random_below(r, 3);
    }
}

static void fill_uniform(hg_random *r, double radius, hg_table *t, hg_column *weight)
{
    const double side = 20480, west = WEST + radius, south = SOUTH + radius;
    for (size_t i = 0; i < t->rows; i++) {
        double *xy = t->geometry.xy + 2 * i, corner = i == 0 ? 0 : side;
        xy[0] = west + (i < 2 ? corner : side * hg_random_unit(r));
        xy[1] = south + (i < 2 ? corner : side * hg_random_unit(r));
        weight->f64[i] = 1;
    }
}

/* radius 0 = clustered. */
static hg_status make(size_t n, const char *path, double radius, hg_error *err)
{
    hg_random r = hg_random_seed(20191031, 0);
    hg_crs *crs = NULL;
    hg_table *t = NULL;
    hg_column *weight = NULL;
    hg_gpkg *gpkg = NULL;
    hg_status s = hg_crs_new("EPSG:4547", "crs", &crs, err);
    if (s == HG_OK)
        s = hg_table_new("points", n, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_add(t, "weight", HG_DOUBLE, &weight, err);
    if (s == HG_OK)
        s = hg_table_make_points(t, hg_crs_wkt(crs), err);
    if (s == HG_OK && radius > 0)
        fill_uniform(&r, radius, t, weight);
    else if (s == HG_OK)
        fill_clustered(&r, t, weight);
    remove(path);
    if (s == HG_OK)
        s = hg_gpkg_create(path, NULL, &gpkg, err);
    if (s == HG_OK)
        s = hg_gpkg_add_table(gpkg, t, err);
    if (s == HG_OK)
        s = hg_gpkg_finish(gpkg, err);
    hg_table_free(t);
    hg_crs_free(crs);
    return s;
}

int main(int argc, char **argv)
{
    hg_error err;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: make_points N FILE.gpkg [RADIUS]\n");
        return 2;
    }
    if (make((size_t)strtoull(argv[1], NULL, 10), argv[2], argc == 4 ? atof(argv[3]) : 0, &err) ==
        HG_OK)
        return 0;
    fprintf(stderr, "make_points: %s\n", err.message);
    return 1;
}
