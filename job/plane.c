#include "job/plane.h"
#include "base/memory.h"
#include "job/raw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool hg_plane_is_offset(hg_datum datum)
{
    return datum == HG_GCJ02 || datum == HG_BD09;
}

hg_status hg_plane_check_offset(hg_datum datum, const hg_crs *crs, const char *name, hg_error *err)
{
    if (!hg_plane_is_offset(datum) || hg_crs_is_geographic(crs))
        return HG_OK;
    return hg_fail(err, HG_EUSAGE,
                   "--datum %s: %s is in %s; only longitudes and latitudes are offset",
                   hg_datum_name(datum), name, hg_crs_name(crs));
}

hg_status hg_plane_of_source(hg_job *job, const char *declared, const char *given, const char *name,
                             hg_crs **out, hg_error *err)
{
    if (!declared)
        return given ? hg_crs_new(given, "--crs", out, err) : HG_OK;
    hg_status status = hg_crs_new(declared, name, out, err);
    if (status == HG_OK && given)
        hg_job_add_note(job, "%s declares %s; --crs %s is not used for it", name, hg_crs_name(*out),
                        given);
    return status;
}

hg_status hg_plane_of_layer(hg_job *job, const hg_source *source, const hg_source_rows *rows, const char *option,
                            const hg_crs *analysis, hg_crs **out, hg_error *err)
{
    const char *declared = hg_source_crs(source);
    if (declared)
        return hg_crs_new(declared, option, out, err);
    bool degrees = hg_looks_like_degrees(rows->x, rows->y, rows->n) && !hg_crs_is_engineering(analysis);
    hg_job_add_note(job, "%s declares no coordinate reference system; %s is assumed", option,
                    degrees ? "WGS 84" : "that of the analysis");
    return degrees ? hg_crs_new("EPSG:4326", option, out, err) : hg_crs_copy(analysis, out, err);
}

hg_status hg_plane_given(const char *definition, hg_crs **out, char why[256], hg_error *err)
{
    hg_crs *crs = NULL;
    if (!definition || strcmp(definition, "auto") == 0)
        return HG_OK;
    hg_status status = hg_crs_new(definition, "--analysis-crs", &crs, err);
    hg_error what = {HG_OK, ""};
    if (status == HG_OK && hg_crs_check_analysis(crs, &what) != HG_OK)
        status = hg_fail(err, what.status, "--analysis-crs %s: %s", definition, what.message);
    if (status == HG_OK)
        status = hg_crs_in_metres(crs, out, err);
    hg_crs_free(crs);
    snprintf(why, 256, "as asked for");
    return status;
}

static bool is_plane_in_metres(const hg_crs *crs)
{
    return !hg_crs_is_geographic(crs) && fabs(hg_crs_unit_m(crs) - 1) < 1e-12;
}

hg_status hg_plane_shared(const hg_plane_source *sources, size_t n, hg_crs **out, char why[256],
                          hg_error *err)
{
    const hg_crs *first = sources[0].crs;
    bool local = hg_crs_is_engineering(first);
    for (size_t i = 0; i < n; i++) {
        const hg_crs *crs = sources[i].crs;
        if (hg_crs_is_engineering(crs) != local)
            return hg_fail(
                err, HG_EUSAGE,
                "%s is in a local plane that nothing leads out of, %s is not; they cannot "
                "be put together",
                sources[local ? 0 : i].name, sources[local ? i : 0].name);
        if (!hg_crs_same(crs, first) || (!local && !is_plane_in_metres(crs)))
            return HG_OK;
    }
    snprintf(why, 256, "the inputs' own");
    return hg_crs_in_metres(first, out, err);
}

hg_status hg_plane_box_deg(const hg_shapes *shapes, const hg_crs *crs, double box_deg[4],
                           hg_error *err)
{
    hg_shapes copy = {0};
    hg_crs *wgs84 = NULL;
    hg_status status = hg_crs_new("EPSG:4326", "", &wgs84, err);
    for (size_t i = 0; i < shapes->count && status == HG_OK; i++)
        status = hg_shapes_add(&copy, shapes->shapes[i].wkb, shapes->shapes[i].size, NULL, err);
    if (status == HG_OK)
        status = hg_shapes_transform(&copy, crs, wgs84, err);
    if (status == HG_OK)
        status = hg_shapes_box(&copy, box_deg, err);
    hg_shapes_dispose(&copy);
    hg_crs_free(wgs84);
    return status;
}

hg_status hg_plane_for_box(const double box[4], hg_crs **out, char why[256], hg_error *err)
{
    return hg_crs_choose((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box, out, why, err);
}

/* One way that all shapes go, or none where one of them has no place at its end. */
typedef struct way {
    hg_datum datum; /* un-offset; else from one CRS to another */
    const hg_crs *from, *to;
    bool *failed;
} way;

/* Halves until those without a place stand alone: a few among a million cost a few dozen goes. */
static hg_status go(const way *w, hg_shapes *all, size_t first, size_t n, hg_error *err)
{
    hg_shapes part = {.shapes = all->shapes + first, .count = n, .source = all->source};
    hg_error why = {HG_OK, ""};
    hg_status status = w->from ? hg_shapes_transform(&part, w->from, w->to, &why)
                               : hg_shapes_to_wgs84(&part, w->datum, &why);
    if (status != HG_EDATA)
        return status == HG_OK ? HG_OK : hg_fail(err, status, "%s", why.message);
    if (n == 1) {
        w->failed[first] = true;
        return HG_OK;
    }
    status = go(w, all, first, n / 2, err);
    return status == HG_OK ? go(w, all, first + n / 2, n - n / 2, err) : status;
}

hg_status hg_plane_place(hg_shapes *shapes, hg_datum datum, const hg_crs *from,
                         const hg_crs *analysis, bool *failed, hg_error *err)
{
    hg_crs *wgs84 = NULL;
    const way back = {datum, NULL, NULL, failed};
    hg_status status = HG_OK;
    if (!shapes->count || (!hg_plane_is_offset(datum) && hg_crs_same(from, analysis)))
        return HG_OK;
    if (hg_plane_is_offset(datum)) {
        status = hg_crs_new("EPSG:4326", "", &wgs84, err);
        from = wgs84;
        if (status == HG_OK)
            status = go(&back, shapes, 0, shapes->count, err);
    }
    const way there = {datum, from, analysis, failed};
    if (status == HG_OK)
        status = go(&there, shapes, 0, shapes->count, err);
    hg_crs_free(wgs84);
    return status;
}
