#include "job/report_map.h"
#include "base/memory.h"
#include "io/raster.h"
#include "job/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLASSES = 5, MOST_PIXELS = 400000, PHOTO_PIXELS = 2000000 };

static const double stops[CLASSES] = {0.02, 0.1, 0.25, 0.5, 0.75};
static const char *const colours[CLASSES] = {"#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"};

void hg_density_picture_dispose(hg_density_picture *p)
{
    hg_free(p->argb);
    *p = (hg_density_picture){0};
}

/* Through text, so that the legend says exactly where a class begins. */
static double two_digits(double v)
{
    char text[32];
    snprintf(text, sizeof text, "%.1e", v);
    return strtod(text, NULL);
}

static uint32_t colour_of(const hg_density_picture *p, float v)
{
    static const uint32_t alpha = 0x99;
    for (int k = CLASSES; k-- > 0;)
        if ((double)v >= p->classes[k].low)
            return alpha << 24 | (uint32_t)strtoul(p->classes[k].color + 1, NULL, 16);
    return 0;
}

static void make_classes(const hg_report *r, double peak, hg_density_picture *p)
{
    for (int k = 0; k < CLASSES; k++) {
        char number[64];
        double low = two_digits(stops[k] * peak);
        snprintf(p->labels[k], sizeof p->labels[k], hg_report_say(r->zh, HG_SAY_PER_KM2_FROM),
                 hg_document_number(low, low < 10 ? 2 : 0, number));
        p->classes[k] = (hg_style_class){.low = low, .high = INFINITY, .label = p->labels[k], .color = colours[k]};
    }
}

static hg_status paint(const hg_report *r, const hg_raster_values *v, hg_density_picture *p, hg_error *err)
{
    size_t n = (size_t)v->columns * (size_t)v->rows;
    double peak = 0;
    for (size_t i = 0; i < n; i++)
        peak = fmax(peak, isfinite(v->values[i]) ? (double)v->values[i] : 0);
    p->argb = hg_malloc(n, sizeof *p->argb);
    if (!p->argb)
        return hg_fail_memory(err);
    make_classes(r, peak, p);
    for (size_t i = 0; i < n; i++)
        p->argb[i] = peak > 0 ? colour_of(p, v->values[i]) : 0;
    p->image = (hg_map_image){.title = hg_report_say(r->zh, HG_SAY_DENSITY),
                              .columns = (uint32_t)v->columns,
                              .rows = (uint32_t)v->rows,
                              .argb = p->argb,
                              .classes = p->classes,
                              .n_classes = CLASSES};
    memcpy(p->image.box, v->box, sizeof p->image.box);
    return HG_OK;
}

hg_status hg_report_density(hg_report *r, const hg_result *hot, hg_density_picture *out, hg_error *err)
{
    hg_raster_values v = {0};
    char *path = hg_beside(hot->path, "_density.tif");
    if (!path)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    if (access(path, R_OK) == 0) {
        status = hg_raster_read(path, MOST_PIXELS, &v, err);
        if (status == HG_OK)
            status = paint(r, &v, out, err);
    }
    hg_raster_values_dispose(&v);
    hg_free(path);
    return status;
}

hg_status hg_report_basemap(hg_report *r, const hg_result *result, const char *layer, const hg_map *map,
                            hg_basemap *basemap, hg_map_image *image, hg_error *err)
{
    const char *path = r->job->set.report.basemap;
    char *crs = NULL;
    if (!path)
        return HG_OK;
    hg_map_background_box(map, image->box);
    hg_status status = hg_store_crs(result->path, layer, &crs, err);
    if (status == HG_OK)
        status = hg_basemap_read(path, crs, image->box, map->half ? MOST_PIXELS : PHOTO_PIXELS, basemap, err);
    image->title = hg_report_say(r->zh, HG_SAY_BASEMAP);
    image->columns = basemap->columns;
    image->rows = basemap->rows;
    image->jpeg = basemap->jpeg;
    image->jpeg_size = basemap->jpeg_size;
    hg_free(crs);
    return status;
}

bool hg_report_box(const hg_table *t, double box[4])
{
    bool any = false;
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (size_t row = 0; t->geometry.type != HG_NO_GEOMETRY && row < t->rows; row++) {
        double e[4];
        if (!hg_geometry_envelope(&t->geometry, row, e))
            continue;
        any = true;
        box[0] = fmin(box[0], e[0]);
        box[1] = fmin(box[1], e[2]);
        box[2] = fmax(box[2], e[1]);
        box[3] = fmax(box[3], e[3]);
    }
    double margin = any ? 0.05 * fmax(box[2] - box[0], box[3] - box[1]) + 50 : 0;
    box[0] -= margin;
    box[1] -= margin;
    box[2] += margin;
    box[3] += margin;
    return any;
}
