/*
 * Writes a small styled result for check_result.py: make_sample FOLDER makes sample.gpkg and
 * sample_density.tif there. Cells, areas and points stand around Zhuhai, in EPSG:4547.
 */
#include "base/memory.h"
#include "base/random.h"
#include "io/geopackage.h"
#include "io/raster.h"
#include "io/staging.h"
#include "io/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char WKT[] =
    "PROJCRS[\"CGCS2000 / 3-degree Gauss-Kruger CM 114E\",BASEGEOGCRS[\"China Geodetic Coordinate "
    "System 2000\",DATUM[\"China 2000\",ELLIPSOID[\"CGCS2000\",6378137,298.257222101,"
    "LENGTHUNIT[\"metre\",1]]],PRIMEM[\"Greenwich\",0,ANGLEUNIT[\"degree\",0.0174532925199433]],"
    "ID[\"EPSG\",4490]],CONVERSION[\"3-degree Gauss-Kruger CM 114E\",METHOD[\"Transverse "
    "Mercator\",ID[\"EPSG\",9807]],PARAMETER[\"Latitude of natural origin\",0,ANGLEUNIT"
    "[\"degree\",0.0174532925199433]],PARAMETER[\"Longitude of natural origin\",114,ANGLEUNIT"
    "[\"degree\",0.0174532925199433]],PARAMETER[\"Scale factor at natural origin\",1,SCALEUNIT"
    "[\"unity\",1]],PARAMETER[\"False easting\",500000,LENGTHUNIT[\"metre\",1]],PARAMETER[\"False "
    "northing\",0,LENGTHUNIT[\"metre\",1]]],CS[Cartesian,2],AXIS[\"northing (X)\",north,ORDER[1],"
    "LENGTHUNIT[\"metre\",1]],AXIS[\"easting (Y)\",east,ORDER[2],LENGTHUNIT[\"metre\",1]],"
    "ID[\"EPSG\",4547]]";

enum { SIDE = 20, CELLS = SIDE * SIDE, POINTS = 600, GRID = 200 };
static const double WEST = 415000, SOUTH = 2443000, CELL_M = 100;

static double surface(double x, double y)
{
    double a = hypot(x - 700, y - 1300) / 700, b = hypot(x - 1500, y - 500) / 500;
    double v = 0;
    if (a < 1)
        v += 900 * (1 - a * a) * (1 - a * a);
    if (b < 1)
        v += 500 * (1 - b * b) * (1 - b * b);
    return v;
}

static hg_status add_ring(hg_geometry *g, double x0, double y0, double x1, double y1, hg_error *err)
{
    const double xy[][2] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}};
    hg_status s = hg_geometry_begin_polygon(g, err);
    if (s == HG_OK)
        s = hg_geometry_begin_ring(g, err);
    for (size_t k = 0; s == HG_OK && k < 5; k++)
        s = hg_geometry_add_point(g, WEST + xy[k][0], SOUTH + xy[k][1], err);
    return s;
}

static hg_status make_cells(hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_column *c = NULL;
    hg_status s = hg_table_new("hotspot_cells", CELLS, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_make_polygons(t, HG_POLYGON, WKT, err);
    if (s == HG_OK)
        s = hg_table_add(t, "rank", HG_INT64, &c, err);
    for (size_t i = 0; s == HG_OK && i < CELLS; i++) {
        double x = (double)(i % SIDE) * CELL_M, y = (double)(i / SIDE) * CELL_M;
        c->i64[i] = 1 + (int64_t)(899 - surface(x + 50, y + 50));
        s = hg_geometry_begin_row(&t->geometry, i, err);
        if (s == HG_OK)
            s = add_ring(&t->geometry, x, y, x + CELL_M, y + CELL_M, err);
    }
    if (s == HG_OK)
        s = hg_geometry_finish(&t->geometry, CELLS, err);
    if (s == HG_OK)
        s = hg_table_add(t, "n_crime", HG_INT64, NULL, err);
    *out = t;
    return s;
}

static hg_status make_areas(hg_table **out, hg_error *err)
{
    static const char *const names[] = {"拱北口岸", "Gongbei Port"};
    static const double boxes[2][2][4] = {{{400, 1000, 900, 1600}, {1000, 1500, 1200, 1700}},
                                          {{1300, 300, 1700, 700}, {1750, 400, 1900, 600}}};
    hg_table *t = NULL;
    hg_column *c = NULL;
    hg_status s = hg_table_new("hotspot_areas", 2, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_make_polygons(t, HG_MULTIPOLYGON, WKT, err);
    if (s == HG_OK)
        s = hg_table_add(t, "name", HG_TEXT, &c, err);
    for (size_t i = 0; s == HG_OK && i < 2; i++) {
        s = hg_table_set_text(t, c, i, names[i], err);
        if (s == HG_OK)
            s = hg_geometry_begin_row(&t->geometry, i, err);
        for (int k = 0; s == HG_OK && k < 2; k++)
            s = add_ring(&t->geometry, boxes[i][k][0], boxes[i][k][1], boxes[i][k][2],
                         boxes[i][k][3], err);
    }
    if (s == HG_OK)
        s = hg_geometry_finish(&t->geometry, 2, err);
    *out = t;
    return s;
}

static hg_status make_points(hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_column *time = NULL, *stream = NULL;
    hg_status s = hg_table_new("incidents", POINTS, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_make_points(t, WKT, err);
    if (s == HG_OK)
        s = hg_table_add(t, "time", HG_DATETIME, &time, err);
    hg_random random = hg_random_seed(1, 1);
    for (size_t i = 0; s == HG_OK && i < POINTS;) {
        double x = hg_random_unit(&random) * 2000, y = hg_random_unit(&random) * 2000;
        if (hg_random_unit(&random) * 900 > surface(x, y))
            continue;
        t->geometry.xy[2 * i] = WEST + x;
        t->geometry.xy[2 * i + 1] = SOUTH + y;
        time->i64[i++] = 1551429000 + (int64_t)hg_random_below(&random, 30 * 86400);
    }
    if (s == HG_OK)
        s = hg_table_add(t, "stream", HG_TEXT, &stream, err);
    for (size_t i = 0; s == HG_OK && i < POINTS; i++)
        s = hg_table_set_text(t, stream, i, i % 3 ? "crime" : "fire", err);
    *out = t;
    return s;
}

static const hg_style_class CELL_CLASSES[] = {
    {1, 180, NULL, "Rank 1 to 180 (hottest)", "#b10026"},
    {180, 360, NULL, "Rank 180 to 360", "#f03b20"},
    {360, 540, NULL, "Rank 360 to 540", "#fd8d3c"},
    {540, 720, NULL, "Rank 540 to 720", "#fecc5c"},
    {720, 900, NULL, "Rank 720 to 900", "#ffffb2"},
};
static const hg_style_class AREA_CLASSES[] = {{0, 0, NULL, "Area", "#000000"}};
static const hg_style_class POINT_CLASSES[] = {{0, 0, "crime", "Crime", "#1f78b4"},
                                               {0, 0, "fire", "Fire", "#33a02c"}};
static const hg_style_class RASTER_CLASSES[] = {{1, 0, NULL, "Low", "#ffffcc"},
                                                {300, 0, NULL, "Middle", "#fd8d3c"},
                                                {900, 0, NULL, "High", "#800026"}};
static const char *const CELL_ALIASES[] = {"rank", "Rank", "n_crime", "Crimes", NULL};
static const char *const RUN_ALIASES[] = {"key", "Item", "value", "Value", NULL};

static const hg_style STYLES[] = {
    {.layer = "hotspot_areas",
     .title = "Hotspot areas",
     .symbol = HG_SYMBOL_OUTLINE,
     .classes = AREA_CLASSES,
     .n_classes = 1,
     .opacity = 1,
     .stroke_mm = 0.6,
     .label_expression = "\"name\"",
     .label_pt = 11},
    {.layer = "incidents",
     .title = "Incidents",
     .symbol = HG_SYMBOL_POINT,
     .field = "stream",
     .categorised = true,
     .classes = POINT_CLASSES,
     .n_classes = 2,
     .opacity = 1,
     .stroke = "#ffffff",
     .stroke_mm = 0.1,
     .size_mm = 1.2},
    {.layer = "hotspot_cells",
     .title = "Hotspot cells",
     .symbol = HG_SYMBOL_FILL,
     .field = "rank",
     .classes = CELL_CLASSES,
     .n_classes = 5,
     .opacity = 0.6,
     .stroke = "#ffffff",
     .stroke_mm = 0.1,
     .aliases = CELL_ALIASES},
    {.layer = "run_info",
     .title = "About this run",
     .symbol = HG_SYMBOL_NONE,
     .opacity = 1,
     .aliases = RUN_ALIASES},
};
enum { N_STYLES = sizeof STYLES / sizeof *STYLES };
static const hg_raster_style RASTER_STYLE = {.file = "sample_density.tif",
                                             .title = "Incidents per km²",
                                             .classes = RASTER_CLASSES,
                                             .n_classes = 3,
                                             .opacity = 0.8};

static hg_status write_raster(const char *path, hg_error *err)
{
    const char *const metadata[] = {"KERNEL=quartic", NULL};
    hg_raster_spec spec = {GRID,    GRID,    WEST, SOUTH + 2000, 10, WKT, "density per km2",
                           "1/km2", metadata};
    hg_raster *r = NULL;
    float row[GRID];
    hg_status s = hg_raster_new(path, &spec, NULL, &r, err);
    for (int i = 0; s == HG_OK && i < GRID; i++) {
        for (int j = 0; j < GRID; j++)
            row[j] = (float)surface(10 * j + 5, 2000 - 10 * i - 5);
        s = hg_raster_write(r, i, 1, row, err);
    }
    if (s == HG_OK)
        return hg_raster_finish(r, err);
    hg_raster_free(r);
    return s;
}

static hg_status add_styles(hg_gpkg *g, hg_error *err)
{
    hg_status s = HG_OK;
    for (size_t i = 0; s == HG_OK && i < N_STYLES; i++) {
        char *qml = NULL;
        s = hg_style_qml(&STYLES[i], &qml, err);
        if (s == HG_OK)
            s = hg_gpkg_add_style(g, STYLES[i].layer,
                                  STYLES[i].symbol == HG_SYMBOL_NONE ? NULL : "geom",
                                  STYLES[i].title, qml, err);
        hg_free(qml);
    }
    return s;
}

static hg_status add_project(hg_gpkg *g, hg_error *err)
{
    hg_project p = {.title = "Sample 示例",
                    .gpkg_file = "sample.gpkg",
                    .crs_wkt = WKT,
                    .crs_code = "EPSG:4547",
                    .extent = {WEST - 100, SOUTH - 100, WEST + 2100, SOUTH + 2100},
                    .layers = STYLES,
                    .n_layers = N_STYLES,
                    .raster = &RASTER_STYLE};
    char *qgs = NULL;
    hg_status s = hg_project_qgs(&p, &qgs, err);
    if (s == HG_OK)
        s = hg_gpkg_add_project(g, "sample", qgs, err);
    hg_free(qgs);
    return s;
}

static hg_status fill(hg_gpkg *g, hg_error *err)
{
    static hg_status (*const makers[])(hg_table **, hg_error *) = {make_areas, make_points,
                                                                   make_cells};
    static const char *const keys[] = {"version", "crs"}, *const values[] = {"0", "EPSG:4547"};
    hg_status s = HG_OK;
    for (size_t i = 0; s == HG_OK && i < 3; i++) {
        hg_table *t = NULL;
        s = makers[i](&t, err);
        if (s == HG_OK)
            s = hg_gpkg_add_table(g, t, err);
        hg_table_free(t);
    }
    if (s == HG_OK)
        s = hg_gpkg_set_run_info(g, keys, values, 2, err);
    if (s == HG_OK)
        s = add_styles(g, err);
    if (s == HG_OK)
        s = add_project(g, err);
    if (s == HG_OK)
        s = hg_gpkg_add_metadata(g, "https://www.w3.org/TR/json", "application/json", "{}", err);
    return s;
}

static hg_status write_gpkg(const char *path, hg_error *err)
{
    hg_gpkg *g = NULL;
    hg_status s = hg_gpkg_create(path, NULL, &g, err);
    if (s != HG_OK)
        return s;
    s = fill(g, err);
    if (s == HG_OK)
        return hg_gpkg_finish(g, err);
    hg_gpkg_free(g);
    return s;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_sample FOLDER\n");
        return 2;
    }
    char raster[1024], gpkg[1024];
    snprintf(raster, sizeof raster, "%s/sample_density.tif", argv[1]);
    snprintf(gpkg, sizeof gpkg, "%s/sample.gpkg", argv[1]);
    hg_error err = {0};
    hg_staging *staging = NULL;
    const char *raster_temp = NULL, *gpkg_temp = NULL;
    hg_status s = hg_staging_new(true, &staging, &err);
    if (s == HG_OK)
        s = hg_staging_add(staging, raster, &raster_temp, &err);
    if (s == HG_OK)
        s = hg_staging_add(staging, gpkg, &gpkg_temp, &err);
    if (s == HG_OK)
        s = write_raster(raster_temp, &err);
    if (s == HG_OK)
        s = write_gpkg(gpkg_temp, &err);
    if (s == HG_OK)
        s = hg_staging_commit(staging, &err);
    hg_staging_free(staging);
    if (s != HG_OK)
        fprintf(stderr, "make_sample: %s\n", err.message);
    return hg_status_exit_code(s);
}
