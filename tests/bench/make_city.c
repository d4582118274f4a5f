/*
 * make_city N INCIDENTS.gpkg UNITS.gpkg: N incidents of four streams over three years (2017 to 2019) on 20 km x 20 km
 * in EPSG:4547, with seven attributes as registers have them, and 124 units (31 x 4 rectangles) that cover them. Seeded.
 */
#include "base/civil.h"
#include "base/memory.h"
#include "base/random.h"
#include "geo/crs.h"
#include "io/geopackage.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS = 31, ROWS = 4, DAYS = 1095, DAY_S = 86400 };

static const double WEST = 400000, SOUTH = 2430000, SIDE = 20000;

static hg_status write(const char *path, const hg_table *t, hg_error *err)
{
    hg_gpkg *gpkg = NULL;
    hg_status s = hg_gpkg_create(path, NULL, &gpkg, err);
    if (s == HG_OK)
        s = hg_gpkg_add_table(gpkg, t, err);
    if (s == HG_OK)
        return hg_gpkg_finish(gpkg, err);
    hg_gpkg_free(gpkg);
    return s;
}

static hg_status incidents(size_t n, const char *path, const hg_crs *crs, hg_error *err)
{
    static const char *const streams[] = {"crime", "traffic", "city_management", "fire"};
    hg_random r = hg_random_seed(20191031, 1);
    hg_table *t = NULL;
    char text[64];
    hg_status s = hg_table_new("incidents", n, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_add(t, "stream", HG_TEXT, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "t_start", HG_DATETIME, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "weight", HG_DOUBLE, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "t_end", HG_DATETIME, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "case_no", HG_TEXT, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "community", HG_TEXT, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "grade", HG_INT64, NULL, err);
    if (s == HG_OK)
        s = hg_table_make_points(t, hg_crs_wkt(crs), err);
    for (size_t i = 0; i < n && s == HG_OK; i++) {
        uint64_t kind = hg_random_below(&r, 10);
        t->columns[1].i64[i] = hg_civil_from(2017, 1, 1, 0, 0, 0) + (int64_t)hg_random_below(&r, (uint64_t)DAYS * DAY_S);
        t->columns[2].f64[i] = 1;
        t->columns[3].i64[i] = t->columns[1].i64[i] + (int64_t)hg_random_below(&r, 7200);
        t->columns[6].i64[i] = (int64_t)(i % 4);
        t->geometry.xy[2 * i] = WEST + SIDE * hg_random_unit(&r);
        t->geometry.xy[2 * i + 1] = SOUTH + SIDE * hg_random_unit(&r);
        s = hg_table_set_text(t, &t->columns[0], i, streams[kind < 4 ? 0 : kind < 7 ? 1 : kind < 9 ? 2 : 3], err);
        snprintf(text, sizeof text, "A4404%09zu", i);
        if (s == HG_OK)
            s = hg_table_set_text(t, &t->columns[4], i, text, err);
        snprintf(text, sizeof text, "社区 %llu", (unsigned long long)hg_random_below(&r, 200));
        if (s == HG_OK)
            s = hg_table_set_text(t, &t->columns[5], i, text, err);
    }
    if (s == HG_OK)
        s = write(path, t, err);
    hg_table_free(t);
    return s;
}

static hg_status add_unit(hg_table *t, size_t k, hg_error *err)
{
    char name[32];
    double w = SIDE / COLUMNS, h = SIDE / ROWS, x = WEST + w * (double)(k % COLUMNS), y = SOUTH + h * (double)(k / COLUMNS);
    const double ring[5][2] = {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}, {x, y}};
    snprintf(name, sizeof name, "unit %03zu", k + 1);
    hg_status s = hg_table_set_text(t, &t->columns[0], k, name, err);
    if (s == HG_OK)
        s = hg_geometry_begin_row(&t->geometry, k, err);
    if (s == HG_OK)
        s = hg_geometry_begin_polygon(&t->geometry, err);
    if (s == HG_OK)
        s = hg_geometry_begin_ring(&t->geometry, err);
    for (int i = 0; i < 5 && s == HG_OK; i++)
        s = hg_geometry_add_point(&t->geometry, ring[i][0], ring[i][1], err);
    return s;
}

static hg_status units(const char *path, const hg_crs *crs, hg_error *err)
{
    hg_table *t = NULL;
    size_t n = COLUMNS * ROWS;
    hg_status s = hg_table_new("units", n, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_add(t, "name", HG_TEXT, NULL, err);
    if (s == HG_OK)
        s = hg_table_make_polygons(t, HG_MULTIPOLYGON, hg_crs_wkt(crs), err);
    for (size_t k = 0; k < n && s == HG_OK; k++)
        s = add_unit(t, k, err);
    if (s == HG_OK)
        s = hg_geometry_finish(&t->geometry, n, err);
    if (s == HG_OK)
        s = write(path, t, err);
    hg_table_free(t);
    return s;
}

int main(int argc, char **argv)
{
    hg_error err = {HG_OK, ""};
    hg_crs *crs = NULL;
    if (argc != 4)
        return 2;
    hg_status s = hg_crs_new("EPSG:4547", "crs", &crs, &err);
    if (s == HG_OK)
        s = incidents(strtoull(argv[1], NULL, 10), argv[2], crs, &err);
    if (s == HG_OK)
        s = units(argv[3], crs, &err);
    hg_crs_free(crs);
    if (s != HG_OK)
        fprintf(stderr, "%s\n", err.message);
    return s == HG_OK ? 0 : 1;
}
