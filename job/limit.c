/*
 * Rows too far from the study area to matter are not even read, where the file has an index of places and
 * nothing that is decided from the rows could come out otherwise: CRSs are declared, the bandwidth is a
 * length, streams are not named by the rows. hg_raw_bound refuses the same rows where they are read.
 */
#include "job/raw.h"
#include "base/memory.h"
#include "job/options.h"
#include "job/plane.h"

#include <math.h>

enum { GRID = 33 }; /* points a side of the box that are taken to the source's CRS */

static const double SLACK_M = 2000;     /* readings under another datum, which the notes compare, lie so far apart */
static const double SLACK_SHARE = 0.05; /* of the box, for its edges bend between the points of the grid */
static const double OFFSET_DEG = 0.05;  /* more than GCJ-02 and BD-09 are off */

static bool is_settled(const hg_job *job, const hg_raw *raw)
{
    unsigned mask = job->command->mask;
    bool one_map = mask == HG_FOR_DENSITY || mask == HG_FOR_HOTSPOTS;
    bool any = false;
    for (size_t i = 0; i < raw->input_count; i++)
        any |= hg_source_can_limit(raw->inputs[i].source);
    return any && one_map && !raw->polygons && job->set.area && !job->set.area_name &&
           job->set.rule == HG_RULE_LENGTH;
}

static double widest_support_m(const hg_settings *set)
{
    double widest = 0;
    for (size_t k = 0; k < (set->bandwidth_count ? set->bandwidth_count : 1); k++) {
        double bandwidth_m = set->bandwidth_count ? set->bandwidths[k] : set->bandwidth_m;
        hg_kernel kernel = {set->kernel, bandwidth_m, set->cutoff};
        widest = fmax(widest, hg_kernel_support_m(&kernel));
    }
    return widest;
}

/* The CRSs of all inputs as they will be; false where one has yet to be found out from its rows. */
static bool list_planes(const hg_job *job, const hg_raw *raw, hg_crs **crs)
{
    for (size_t i = 0; i < raw->input_count; i++) {
        const hg_raw_input *r = &raw->inputs[i];
        const char *declared = hg_source_crs(r->source), *given = r->set->crs ? r->set->crs : job->all.crs;
        if ((!declared && !given) || hg_crs_new(declared ? declared : given, "", &crs[i], NULL) != HG_OK)
            return false;
        if (hg_plane_is_offset(r->datum) && !hg_crs_is_geographic(crs[i]))
            return false;
    }
    return true;
}

/* The analysis CRS as hg_raw_place will settle it. */
static bool find_analysis(const hg_job *job, const hg_raw *raw, hg_crs *const *crs, const hg_shapes *area,
                          const hg_crs *area_crs, hg_crs **analysis)
{
    char why[256];
    double box[4];
    hg_plane_source *sources = hg_malloc(raw->input_count, sizeof *sources);
    bool ok = sources && hg_plane_given(job->set.analysis_crs, analysis, why, NULL) == HG_OK;
    for (size_t i = 0; ok && i < raw->input_count; i++)
        sources[i] = (hg_plane_source){"", crs[i]};
    if (ok && !*analysis)
        ok = hg_plane_shared(sources, raw->input_count, analysis, why, NULL) == HG_OK;
    if (ok && !*analysis)
        ok = hg_plane_box_deg(area, area_crs, box, NULL) == HG_OK && hg_plane_for_box(box, analysis, why, NULL) == HG_OK;
    hg_free(sources);
    return ok;
}

/* What of the analysis CRS can matter: the study area's box and the kernel's reach around it. */
static bool find_box(const hg_job *job, const hg_raw *raw, hg_crs *const *crs, hg_crs **analysis, double box[4])
{
    hg_shapes area = {0};
    hg_crs *area_crs = NULL;
    char *wkt = NULL;
    bool ok = hg_source_read_shapes(job->set.area, job->set.area_column, "--area-column", &area, &wkt, NULL) == HG_OK &&
              wkt && hg_crs_new(wkt, "--area", &area_crs, NULL) == HG_OK &&
              find_analysis(job, raw, crs, &area, area_crs, analysis) &&
              hg_shapes_transform(&area, area_crs, *analysis, NULL) == HG_OK && hg_shapes_box(&area, box, NULL) == HG_OK;
    double margin = widest_support_m(&job->set) + SLACK_M;
    box[0] -= margin;
    box[1] -= margin;
    box[2] += margin;
    box[3] += margin;
    hg_shapes_dispose(&area);
    hg_crs_free(area_crs);
    hg_free(wkt);
    return ok;
}

static void spread_grid(const double box[4], double *x, double *y)
{
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++) {
            x[i * GRID + j] = box[0] + (box[2] - box[0]) * i / (GRID - 1);
            y[i * GRID + j] = box[1] + (box[3] - box[1]) * j / (GRID - 1);
        }
}

static bool box_of_grid(const double *x, const double *y, double box[4])
{
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (int k = 0; k < GRID * GRID; k++) {
        if (!isfinite(x[k]) || !isfinite(y[k]))
            return false;
        box[0] = fmin(box[0], x[k]);
        box[1] = fmin(box[1], y[k]);
        box[2] = fmax(box[2], x[k]);
        box[3] = fmax(box[3], y[k]);
    }
    return true;
}

/*
 * The box in the source's CRS. That CRS has to state its area of use, outside of which rows are refused: nothing
 * from afar can come to lie in the box by the way a projection goes round the globe.
 */
static bool box_of_source(const hg_crs *analysis, const hg_crs *crs, bool offset, const double box[4], double own[4])
{
    static const double everywhere = 180;
    double x[GRID * GRID], y[GRID * GRID], use[4];
    hg_crs *plain = NULL;
    hg_transform *t = NULL;
    if (!hg_crs_same(crs, analysis) && !hg_crs_area_of_use(crs, use))
        return false;
    bool ok = offset ? hg_crs_new("EPSG:4326", "", &plain, NULL) == HG_OK : hg_crs_copy(crs, &plain, NULL) == HG_OK;
    ok = ok && hg_transform_new(analysis, plain, &t, NULL) == HG_OK;
    spread_grid(box, x, y);
    ok = ok && hg_transform_points(t, x, y, GRID * GRID, 1, NULL) == HG_OK && box_of_grid(x, y, own);
    hg_transform_free(t);
    hg_crs_free(plain);
    if (!ok || (hg_crs_is_geographic(crs) && own[2] - own[0] > everywhere))
        return false;
    double dx = SLACK_SHARE * (own[2] - own[0]) + (offset ? OFFSET_DEG : 0);
    double dy = SLACK_SHARE * (own[3] - own[1]) + (offset ? OFFSET_DEG : 0);
    own[0] -= dx;
    own[1] -= dy;
    own[2] += dx;
    own[3] += dy;
    return true;
}

hg_status hg_raw_limit(const hg_job *job, hg_raw *raw, hg_error *err)
{
    double box[4], own[4];
    hg_crs *analysis = NULL;
    if (!is_settled(job, raw))
        return HG_OK;
    hg_crs **crs = hg_calloc(raw->input_count, sizeof(hg_crs *));
    if (!crs)
        return hg_fail_memory(err);
    bool ok = list_planes(job, raw, crs) && find_box(job, raw, crs, &analysis, box);
    for (size_t i = 0; ok && i < raw->input_count; i++) {
        const hg_raw_input *r = &raw->inputs[i];
        if (hg_source_can_limit(r->source) && box_of_source(analysis, crs[i], hg_plane_is_offset(r->datum), box, own))
            hg_source_limit(r->source, own);
    }
    for (size_t i = 0; i < raw->input_count; i++)
        hg_crs_free(crs[i]);
    hg_free(crs);
    hg_crs_free(analysis);
    return HG_OK;
}
