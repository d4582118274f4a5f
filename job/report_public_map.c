/* The public's map: squares with a count that is told, over a surface made of these counts. */
#include "job/report_public.h"
#include "base/memory.h"
#include "engine/publish.h"
#include "job/report_map.h"
#include "job/report_public_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SQUARES_MOST = 5000, PIXELS_MOST = 4000000 };

static const char *const colours[HG_PUBLISH_CLASSES] = {"#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"};

/* The squares of the study area as a raster, north up. */
typedef struct raster {
    int64_t west, north; /* column of the first, row of the top */
    size_t columns, rows;
    double *count, *density;
    uint32_t *argb;
    double edges[HG_PUBLISH_CLASSES];
} raster;

static void raster_dispose(raster *g)
{
    hg_free(g->count);
    hg_free(g->density);
    hg_free(g->argb);
}

static hg_status raster_new(const hg_public_counts *c, raster *g, hg_error *err)
{
    int64_t east = INT64_MIN, south = INT64_MAX;
    *g = (raster){.west = INT64_MAX, .north = INT64_MIN};
    for (size_t i = 0; i < c->cells; i++) {
        g->west = c->column[i] < g->west ? c->column[i] : g->west;
        east = c->column[i] > east ? c->column[i] : east;
        south = c->row[i] < south ? c->row[i] : south;
        g->north = c->row[i] > g->north ? c->row[i] : g->north;
    }
    g->columns = (size_t)(east - g->west + 1);
    g->rows = (size_t)(g->north - south + 1);
    if (g->columns > PIXELS_MOST / g->rows)
        return hg_fail(err, HG_EUSAGE, "a public map of %zu x %zu squares is too large; make it area by area",
                       g->columns, g->rows);
    g->count = hg_calloc(g->columns * g->rows, sizeof *g->count);
    g->density = hg_calloc(g->columns * g->rows, sizeof *g->density);
    g->argb = hg_calloc(g->columns * g->rows, sizeof *g->argb);
    return g->count && g->density && g->argb ? HG_OK : hg_fail_memory(err);
}

/* What is told of a square: all its events, or else those of the streams that are told. */
static double told_count(const hg_public_counts *c, size_t cell)
{
    double sum = 0;
    if (!c->hidden.row_total[cell])
        return (double)c->total[cell];
    for (size_t s = 0; s < c->streams; s++)
        if (!c->hidden.cell[cell * c->streams + s])
            sum += (double)c->count[cell * c->streams + s];
    return sum;
}

static hg_status paint(const hg_public_counts *c, raster *g, hg_error *err)
{
    size_t n = g->columns * g->rows;
    for (size_t i = 0; i < c->cells; i++)
        g->count[(size_t)(g->north - c->row[i]) * g->columns + (size_t)(c->column[i] - g->west)] = told_count(c, i);
    const hg_publish_grid grid = {g->columns, g->rows, c->cell_m, g->count};
    hg_status status = hg_publish_surface(&grid, hg_publish_bandwidth(c->cell_m), HG_PUBLIC_EVENTS, g->density, err);
    if (status != HG_OK)
        return status;
    hg_publish_edges(g->density, n, g->edges);
    for (size_t i = 0; i < n; i++) {
        int class = hg_publish_class(g->density[i], g->edges);
        if (class != HG_PUBLISH_NO_CLASS)
            g->argb[i] = (uint32_t)0xb0 << 24 | (uint32_t)strtoul(colours[class - 1] + 1, NULL, 16);
    }
    return HG_OK;
}

static void make_legend(const hg_report *r, const raster *g, hg_style_class *classes, char (*labels)[96])
{
    for (int k = 0; k < HG_PUBLISH_CLASSES; k++) {
        char low[64], high[64];
        double a = g->edges[k], b = k + 1 < HG_PUBLISH_CLASSES ? g->edges[k + 1] : INFINITY;
        hg_document_number(a, a < 10 ? 2 : 0, low);
        hg_document_number(b, b < 10 ? 2 : 0, high);
        if (k == 0)
            snprintf(labels[k], 96, hg_report_say(r->zh, HG_SAY_PUBLIC_UNDER), high);
        else if (k + 1 < HG_PUBLISH_CLASSES)
            snprintf(labels[k], 96, hg_report_say(r->zh, HG_SAY_PUBLIC_BETWEEN), low, high);
        else
            snprintf(labels[k], 96, hg_report_say(r->zh, HG_SAY_PUBLIC_FROM), low);
        classes[k] = (hg_style_class){.low = a, .high = b, .label = labels[k], .color = colours[k]};
    }
}

static hg_status add_map(hg_report *r, const hg_public_counts *c, const raster *g, hg_error *err)
{
    static const hg_style_class outline = {.color = "#5a0a14"};
    hg_style_class classes[HG_PUBLISH_CLASSES];
    char labels[HG_PUBLISH_CLASSES][96], crs[256];
    hg_table *squares = NULL;
    hg_document_column *popup = NULL;
    size_t n_popup = 0;
    hg_status status = hg_public_squares(r, c, true, &squares, &popup, &n_popup, err);
    if (status != HG_OK)
        return status;
    make_legend(r, g, classes, labels);
    const hg_map_image image = {
        .title = hg_report_say(r->zh, HG_SAY_PUBLIC_SURFACE),
        .columns = (uint32_t)g->columns,
        .rows = (uint32_t)g->rows,
        .argb = g->argb,
        .classes = classes,
        .n_classes = HG_PUBLISH_CLASSES,
        .box = {(double)g->west * c->cell_m, (double)(g->north + 1) * c->cell_m - (double)g->rows * c->cell_m,
                (double)g->west * c->cell_m + (double)g->columns * c->cell_m, (double)(g->north + 1) * c->cell_m}};
    const hg_map_layer layer = {.title = hg_report_say(r->zh, HG_SAY_PUBLIC_SQUARES),
                                .table = squares,
                                .style = {.symbol = HG_SYMBOL_FILL,
                                          .classes = &outline,
                                          .n_classes = 1,
                                          .opacity = 0.02,
                                          .stroke = "#5a0a14",
                                          .stroke_mm = 0.15},
                                .popup = popup,
                                .n_popup = n_popup};
    bool few = squares->rows <= SQUARES_MOST;
    hg_map map = {.title = hg_report_say(r->zh, HG_SAY_MAP_OF_AREAS),
                  .alt = hg_report_say(r->zh, HG_SAY_MAP_OF_AREAS),
                  .crs = hg_report_crs(&r->hot, crs),
                  .approval = r->job->set.report.map_approval,
                  .images = &image,
                  .n_images = 1,
                  .layers = &layer,
                  .n_layers = few};
    double margin = c->cell_m;
    map.box[0] = image.box[0] - margin;
    map.box[1] = image.box[1] - margin;
    map.box[2] = image.box[2] + margin;
    map.box[3] = image.box[3] + margin;
    if (!few)
        hg_table_free(squares);
    status = hg_document_add_map(r->doc, &map, err);
    hg_free(popup);
    return status;
}

hg_status hg_public_map(hg_report *r, const hg_public_counts *counts, hg_error *err)
{
    raster g;
    char metres[64];
    hg_status status = raster_new(counts, &g, err);
    if (status == HG_OK)
        status = paint(counts, &g, err);
    if (status == HG_OK)
        status = add_map(r, counts, &g, err);
    if (status == HG_OK)
        status = hg_report_add(r, HG_SMALL, err, hg_report_say(r->zh, HG_SAY_PUBLIC_SURFACE_NOTE),
                               hg_document_number(hg_publish_bandwidth(counts->cell_m), 0, metres), HG_PUBLIC_EVENTS);
    raster_dispose(&g);
    return status;
}
