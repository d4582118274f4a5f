/* Which zones of the audit lie in the unit that a report is about. */
#include "job/report_parts.h"
#include "base/memory.h"
#include "geo/crs.h"

#include <math.h>
#include <string.h>

/* The middle of a row's outline: of its area, holes taken off. */
static bool middle_of(const hg_geometry *g, size_t row, double *x, double *y)
{
    double area = 0, sx = 0, sy = 0, e[4];
    if (g->type == HG_NO_GEOMETRY || g->type == HG_POINT || !hg_geometry_envelope(g, row, e))
        return false;
    for (size_t p = g->polygon_start[row]; p < g->polygon_start[row + 1]; p++)
        for (size_t ring = g->ring_start[p]; ring < g->ring_start[p + 1]; ring++)
            for (size_t k = g->point_start[ring]; k + 1 < g->point_start[ring + 1]; k++) {
                const double ax = g->xy[2 * k] - e[0], ay = g->xy[2 * k + 1] - e[2];
                const double bx = g->xy[2 * k + 2] - e[0], by = g->xy[2 * k + 3] - e[2], cross = ax * by - bx * ay;
                area += cross;
                sx += (ax + bx) * cross;
                sy += (ay + by) * cross;
            }
    *x = e[0] + sx / (3 * area);
    *y = e[2] + sy / (3 * area);
    return area != 0;
}

/* Whether a row's polygons hold the point: odd crossings of all its rings. */
static bool holds(const hg_geometry *g, size_t row, double x, double y)
{
    bool inside = false;
    for (size_t p = g->polygon_start[row]; p < g->polygon_start[row + 1]; p++)
        for (size_t ring = g->ring_start[p]; ring < g->ring_start[p + 1]; ring++)
            for (size_t k = g->point_start[ring]; k + 1 < g->point_start[ring + 1]; k++) {
                const double *a = g->xy + 2 * k, *b = a + 2;
                if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0])
                    inside = !inside;
            }
    return inside;
}

/* The middles of all zones in the CRS of the units. */
static hg_status place_middles(const hg_table *zones, const hg_table *units, double *x, double *y, hg_error *err)
{
    hg_crs *from = NULL, *to = NULL;
    hg_transform *t = NULL;
    for (size_t row = 0; row < zones->rows; row++)
        if (!middle_of(&zones->geometry, row, &x[row], &y[row]))
            x[row] = y[row] = NAN;
    hg_status status = HG_OK;
    if (zones->crs_wkt && units->crs_wkt && strcmp(zones->crs_wkt, units->crs_wkt) != 0) {
        status = hg_crs_new(zones->crs_wkt, "zones", &from, err);
        if (status == HG_OK)
            status = hg_crs_new(units->crs_wkt, "units", &to, err);
        if (status == HG_OK)
            status = hg_transform_new(from, to, &t, err);
        if (status == HG_OK)
            status = hg_transform_points(t, x, y, zones->rows, 1, err);
    }
    hg_transform_free(t);
    hg_crs_free(from);
    hg_crs_free(to);
    return status;
}

static hg_status choose(hg_report *r, const hg_table *zones, const hg_table *units, size_t unit, hg_error *err)
{
    double *x = hg_malloc(zones->rows, sizeof *x), *y = hg_malloc(zones->rows, sizeof *y);
    hg_status status = x && y ? place_middles(zones, units, x, y, err) : hg_fail_memory(err);
    for (size_t row = 0; row < zones->rows && status == HG_OK; row++) {
        const char *id = hg_report_text(zones, "zone_id", row);
        if (id && isfinite(x[row]) && holds(&units->geometry, unit, x[row], y[row]) && !hg_list_add(&r->zones, id))
            status = hg_fail_memory(err);
    }
    r->by_zone = status == HG_OK;
    hg_free(x);
    hg_free(y);
    return status;
}

hg_status hg_report_choose_zones(hg_report *r, hg_error *err)
{
    const char *unit = r->job->set.report.unit;
    hg_table *zones = NULL, *units = NULL;
    if (!unit || !r->audit.path || !r->index.path)
        return HG_OK;
    hg_status status = hg_report_read(r, &r->index, "units", &units, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->audit, "zones", &zones, err);
    for (size_t row = 0; units && zones && row < units->rows && status == HG_OK; row++) {
        const char *own = hg_report_text(units, "unit", row);
        if (own && strcmp(own, unit) == 0 && units->geometry.type == HG_MULTIPOLYGON)
            status = choose(r, zones, units, row, err);
    }
    hg_table_free(zones);
    hg_table_free(units);
    return status;
}

bool hg_report_has_zone(const hg_report *r, const char *zone)
{
    for (size_t i = 0; zone && i < r->zones.count; i++)
        if (strcmp(r->zones.items[i], zone) == 0)
            return true;
    return !r->by_zone;
}

hg_status hg_report_keep_zones(const hg_report *r, hg_table *t, hg_error *err)
{
    if (!r->by_zone || !hg_table_column(t, "zone_id"))
        return HG_OK;
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    if (!keep)
        return hg_fail_memory(err);
    for (size_t row = 0; row < t->rows; row++)
        keep[row] = hg_report_has_zone(r, hg_report_text(t, "zone_id", row));
    hg_report_keep_shapes(t, keep);
    hg_free(keep);
    return HG_OK;
}
