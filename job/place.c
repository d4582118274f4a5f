#include "job/raw.h"
#include "base/memory.h"
#include "base/stretches.h"
#include "job/backtest.h"
#include "job/options.h"
#include "job/plane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many points as settle a median and a box; spread evenly over each input. */
enum { SAMPLE = 20000 };

/* The box leaves out this share at each end, so that one mistyped point does not choose the CRS. */
static const double TRIM = 0.005;

static bool is_degrees(double x, double y)
{
    return fabs(x) <= 180 && fabs(y) <= 90;
}

bool hg_looks_like_degrees(const double *x, const double *y, size_t n)
{
    size_t finite = 0, within = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]))
            continue;
        finite++;
        within += is_degrees(x[i], y[i]);
    }
    return finite > 0 && within * 10 >= finite * 9;
}

/* Nine in ten are degrees in one order of the axes or the other. */
static bool could_be_exchanged(const double *x, const double *y, size_t n)
{
    size_t finite = 0, within = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]))
            continue;
        finite++;
        within += is_degrees(x[i], y[i]) || is_degrees(y[i], x[i]);
    }
    return finite > 0 && within * 10 >= finite * 9;
}

/* Where degrees are expected, exchanged axes are no reason to ask for a CRS: the rows tell. */
static bool reads_as_degrees(const hg_job *job, const hg_raw *raw, const hg_raw_input *r)
{
    const double *x = raw->file_x + r->start, *y = raw->file_y + r->start;
    bool expected = hg_source_names_degrees(r->source) || r->datum != HG_WGS84 || job->set.area;
    return hg_looks_like_degrees(x, y, r->n) || (expected && could_be_exchanged(x, y, r->n));
}

static hg_status unknown_crs(const hg_raw *raw, const hg_raw_input *r, hg_error *err)
{
    size_t placed = 0, others = 0, first = 0;
    for (size_t i = r->start; i < r->start + r->n; i++) {
        if (raw->state[i] != HG_ROW_OK)
            continue;
        placed++;
        if (!is_degrees(raw->file_x[i], raw->file_y[i]) && others++ == 0)
            first = i;
    }
    if (!others)
        return hg_fail(err, HG_EDATA, "%s: no row has coordinates", hg_source_name(r->source));
    char bx[32], by[32];
    return hg_fail(err, HG_EUSAGE,
                   "%s declares no coordinate reference system, and %zu of %zu positions are no "
                   "longitude and latitude (row %zu: %s, %s); say it with --crs%s",
                   hg_source_name(r->source), others, placed, first - r->start + 1,
                   hg_shortest_decimal(raw->file_x[first], bx),
                   hg_shortest_decimal(raw->file_y[first], by),
                   fabs(raw->file_x[first]) >= 1e7 ? " (eastings of 8 digits begin with a zone "
                                                     "number, such as EPSG:4526 for zone 38)"
                                                   : "");
}

static void note_degrees(hg_job *job, const hg_raw *raw, const hg_raw_input *r, const char *name)
{
    hg_job_add_note(job, "%s: coordinates are taken to be longitude and latitude (%s)", name,
                    hg_datum_name(r->datum));
    if (!hg_looks_like_degrees(raw->file_x + r->start, raw->file_y + r->start, r->n))
        hg_job_add_note(job,
                        "%s: many latitudes are beyond 90 degrees, as if x and y were "
                        "exchanged; --x and --y say which column is which",
                        name);
}

static hg_status crs_of_input(hg_job *job, const hg_raw *raw, hg_raw_input *r, hg_error *err)
{
    const char *name = hg_source_name(r->source);
    const char *given = r->set->crs ? r->set->crs : job->all.crs;
    hg_status status =
        hg_plane_of_source(job, hg_source_crs(r->source), given, name, &r->crs, err);
    if (status == HG_OK && !r->crs && !reads_as_degrees(job, raw, r))
        return unknown_crs(raw, r, err);
    if (status == HG_OK && !r->crs) {
        bool cgcs = r->datum == HG_CGCS2000;
        status = hg_crs_new(cgcs ? "EPSG:4490" : "EPSG:4326", name, &r->crs, err);
        if (status == HG_OK)
            note_degrees(job, raw, r, name);
    }
    return status == HG_OK ? hg_plane_check_offset(r->datum, r->crs, name, err) : status;
}

typedef struct use_check {
    hg_raw *raw;
    double box[4];
} use_check;

static void check_use(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    const use_check *c = context;
    hg_raw *raw = c->raw;
    for (size_t i = from; i < to; i++) {
        bool inside = raw->file_x[i] >= c->box[0] && raw->file_x[i] <= c->box[2] &&
                      raw->file_y[i] >= c->box[1] && raw->file_y[i] <= c->box[3];
        if (raw->reason[i] == HG_ACCEPTED && !inside)
            raw->reason[i] = HG_OUTSIDE_CRS;
    }
}

static void check_area_of_use(const hg_job *job, hg_raw *raw, const hg_raw_input *r)
{
    use_check c = {.raw = raw};
    if (hg_crs_area_of_use(r->crs, c.box))
        hg_each_stretch(r->start, r->start + r->n, job->control.threads, check_use, &c);
}

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

typedef struct spread {
    double *lon, *lat;
    size_t n;
} spread;

/* A backtest places its data by what its first forecast may know. */
static bool may_tell(const hg_raw *raw, size_t i, int64_t before)
{
    return raw->reason[i] == HG_ACCEPTED &&
           (before == HG_NO_TIME || hg_known_at(raw->t_start, raw->t_end, i) < before);
}

static hg_status sample_input(hg_ranks *ranks, const hg_raw *raw, const hg_raw_input *r, const hg_crs *wgs84,
                              int64_t before, spread *s, hg_error *err)
{
    uint64_t telling = 0, all = 0, k = 0;
    size_t from = s->n;
    for (size_t i = r->start; i < r->start + r->n; i++)
        telling += may_tell(raw, i, before);
    hg_status status = hg_ranks_count_before(ranks, telling, &k, &all, err);
    if (status != HG_OK)
        return status;
    uint64_t step = all / SAMPLE + 1;
    for (size_t i = r->start; i < r->start + r->n && s->n < from + SAMPLE; i++) {
        if (!may_tell(raw, i, before) || k++ % step != 0)
            continue;
        s->lon[s->n] = raw->file_x[i];
        s->lat[s->n++] = raw->file_y[i];
    }
    hg_transform *t = NULL;
    status = hg_transform_new(r->crs, wgs84, &t, err);
    if (status == HG_OK)
        status = hg_transform_points(t, s->lon + from, s->lat + from, s->n - from, 1, err);
    hg_transform_free(t);
    size_t kept = from;
    for (size_t i = from; i < s->n; i++) {
        if (!isfinite(s->lon[i]) || !isfinite(s->lat[i]))
            continue;
        s->lon[kept] = s->lon[i];
        s->lat[kept++] = s->lat[i];
    }
    s->n = kept;
    return status;
}

/* Rows of other ranks tell as much as those here. */
static hg_status share_samples(hg_ranks *ranks, spread *s, hg_error *err)
{
    double **const columns[] = {&s->lon, &s->lat};
    size_t n = s->n;
    hg_status status = HG_OK;
    for (size_t c = 0; ranks && c < 2 && status == HG_OK; c++) {
        void *all = NULL;
        status = hg_ranks_share(ranks, *columns[c], n, sizeof **columns[c], &all, &s->n, err);
        if (status == HG_OK) {
            hg_free(*columns[c]);
            *columns[c] = all;
        }
    }
    return status;
}

static hg_status choose_from_points(const hg_job *job, const hg_raw *raw, hg_intake *in, hg_error *err)
{
    bool backtest = job->command->mask == HG_FOR_BACKTEST;
    int64_t before = backtest ? hg_backtest_first_origin(job, raw->t_start, raw->t_end, raw->reason, raw->n) : HG_NO_TIME;
    hg_ranks *ranks = job->spread ? job->control.ranks : NULL;
    spread s = {0};
    hg_crs *wgs84 = NULL;
    size_t most = raw->input_count * (size_t)(SAMPLE + 1);
    hg_status status = hg_crs_new("EPSG:4326", "", &wgs84, err);
    s.lon = hg_malloc(most, sizeof *s.lon);
    s.lat = hg_malloc(most, sizeof *s.lat);
    if (status == HG_OK && (!s.lon || !s.lat))
        status = hg_fail_memory(err);
    status = hg_ranks_agree(ranks, status, err);
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++) {
        status = sample_input(ranks, raw, &raw->inputs[i], wgs84, before, &s, err);
        status = hg_ranks_agree(ranks, status, err);
    }
    if (status == HG_OK)
        status = share_samples(ranks, &s, err);
    if (status == HG_OK && s.n == 0)
        status = hg_fail(err, HG_EDATA, "no row has coordinates that can be placed");
    if (status == HG_OK) {
        qsort(s.lon, s.n, sizeof *s.lon, by_value);
        qsort(s.lat, s.n, sizeof *s.lat, by_value);
        size_t cut = (size_t)(TRIM * (double)s.n), end = s.n - 1 - cut;
        double box[4] = {s.lon[cut], s.lat[cut], s.lon[end], s.lat[end]};
        status = hg_crs_choose(s.lon[s.n / 2], s.lat[s.n / 2], box, &in->crs, in->crs_why, err);
    }
    hg_free(s.lon);
    hg_free(s.lat);
    hg_crs_free(wgs84);
    return status;
}

static hg_status choose_from_area(const hg_shapes *area, const hg_crs *crs, hg_intake *in,
                                  hg_error *err)
{
    double box[4];
    hg_status status = hg_plane_box_deg(area, crs, box, err);
    return status == HG_OK ? hg_plane_for_box(box, &in->crs, in->crs_why, err) : status;
}

/* Inputs that agree on a projected metric CRS keep it; so does a local plane, in metres. */
static hg_status shared_crs(const hg_raw *raw, hg_intake *in, hg_error *err)
{
    hg_plane_source *sources = hg_malloc(raw->input_count, sizeof *sources);
    if (!sources)
        return hg_fail_memory(err);
    for (size_t i = 0; i < raw->input_count; i++)
        sources[i] =
            (hg_plane_source){hg_source_name(raw->inputs[i].source), raw->inputs[i].crs};
    hg_status status = hg_plane_shared(sources, raw->input_count, &in->crs, in->crs_why, err);
    hg_free(sources);
    return status;
}

static hg_status settle_analysis_crs(hg_job *job, const char *store_crs, const hg_shapes *area,
                                     const hg_crs *area_crs, const hg_raw *raw, hg_intake *in,
                                     hg_error *err)
{
    if (store_crs) {
        snprintf(in->crs_why, sizeof in->crs_why, "the store's");
        return hg_crs_new(store_crs, job->set.output, &in->crs, err);
    }
    hg_status status = hg_plane_given(job->set.analysis_crs, &in->crs, in->crs_why, err);
    if (status == HG_OK && !in->crs)
        status = shared_crs(raw, in, err);
    if (status != HG_OK || in->crs)
        return status;
    return area ? choose_from_area(area, area_crs, in, err) : choose_from_points(job, raw, in, err);
}

typedef struct placing {
    hg_raw *raw;
    hg_datum datum;
} placing;

static void undo_offset(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    const placing *p = context;
    hg_raw *raw = p->raw;
    for (size_t i = from; i < to; i++)
        if (raw->reason[i] == HG_ACCEPTED && !hg_datum_to_wgs84(p->datum, &raw->x[i], &raw->y[i]))
            raw->x[i] = raw->y[i] = NAN;
}

static void copy_accepted(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    const placing *p = context;
    hg_raw *raw = p->raw;
    for (size_t i = from; i < to; i++) {
        bool ok = raw->reason[i] == HG_ACCEPTED;
        raw->x[i] = ok ? raw->file_x[i] : NAN;
        raw->y[i] = ok ? raw->file_y[i] : NAN;
    }
}

static void refuse_unplaced(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    const placing *p = context;
    hg_raw *raw = p->raw;
    for (size_t i = from; i < to; i++)
        if (raw->reason[i] == HG_ACCEPTED && !(isfinite(raw->x[i]) && isfinite(raw->y[i])))
            raw->reason[i] = HG_OUTSIDE_CRS;
}

static hg_status place_input(hg_job *job, hg_raw *raw, const hg_raw_input *r,
                             const hg_crs *analysis, hg_error *err)
{
    hg_transform *t = NULL;
    hg_crs *wgs84 = NULL;
    hg_status status = HG_OK;
    placing p = {raw, r->datum};
    size_t end = r->start + r->n;
    int threads = job->control.threads;
    if (hg_plane_is_offset(r->datum)) {
        hg_each_stretch(r->start, end, threads, undo_offset, &p);
        status = hg_crs_new("EPSG:4326", "", &wgs84, err);
    }
    if (status == HG_OK)
        status = hg_transform_new(wgs84 ? wgs84 : r->crs, analysis, &t, err);
    if (status == HG_OK)
        status = hg_transform_points(t, raw->x + r->start, raw->y + r->start, r->n, threads, err);
    if (status == HG_OK)
        hg_each_stretch(r->start, end, threads, refuse_unplaced, &p);
    hg_transform_free(t);
    hg_crs_free(wgs84);
    return status;
}

static bool moves_nothing(const hg_raw *raw, const hg_crs *analysis)
{
    for (size_t i = 0; i < raw->input_count; i++) {
        const hg_raw_input *r = &raw->inputs[i];
        if (hg_plane_is_offset(r->datum) || !hg_crs_same(r->crs, analysis))
            return false;
    }
    return true;
}

static hg_status place_rows(hg_job *job, hg_raw *raw, const hg_crs *analysis, hg_error *err)
{
    if (moves_nothing(raw, analysis)) {
        raw->x = raw->file_x;
        raw->y = raw->file_y;
        return HG_OK;
    }
    raw->x = hg_malloc(raw->n, sizeof *raw->x);
    raw->y = hg_malloc(raw->n, sizeof *raw->y);
    if (!raw->x || !raw->y)
        return hg_fail_memory(err);
    hg_each_stretch(0, raw->n, job->control.threads, copy_accepted, &(placing){.raw = raw});
    hg_status status = HG_OK;
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++)
        status = place_input(job, raw, &raw->inputs[i], analysis, err);
    return status;
}

/* Leaves only the polygons that --area-name names. */
static hg_status keep_named(const hg_job *job, hg_shapes *area, hg_error *err)
{
    const char *name = job->set.area_name;
    size_t kept = 0;
    if (!name)
        return HG_OK;
    for (size_t i = 0; i < area->count; i++) {
        hg_shape shape = area->shapes[i];
        if (shape.name && strcmp(shape.name, name) == 0) {
            area->shapes[i] = area->shapes[kept];
            area->shapes[kept++] = shape;
        }
    }
    if (!kept)
        return hg_fail(err, HG_EUSAGE, "--area-name %s: no polygon of %s has that name%s", name, job->set.area,
                       job->set.area_column ? "" : "; say the column of the names with --area-column");
    for (size_t i = kept; i < area->count; i++) {
        hg_free(area->shapes[i].wkb);
        hg_free(area->shapes[i].name);
    }
    area->count = kept;
    return HG_OK;
}

static hg_status read_area(hg_job *job, const hg_raw *raw, hg_shapes *area, hg_crs **crs,
                           hg_error *err)
{
    char *wkt = NULL;
    double box[4];
    hg_status status = hg_source_read_shapes(job->set.area, job->set.area_column, "--area-column", area, &wkt,
                                             err);
    if (status == HG_OK)
        status = keep_named(job, area, err);
    if (status != HG_OK) {
        hg_free(wkt);
        return status;
    }
    if (wkt) {
        status = hg_crs_new(wkt, "--area", crs, err);
        hg_free(wkt);
        return status;
    }
    status = hg_shapes_box(area, box, err);
    if (status != HG_OK)
        return status;
    bool degrees =
        fabs(box[0]) <= 180 && fabs(box[2]) <= 180 && fabs(box[1]) <= 90 && fabs(box[3]) <= 90;
    bool local = hg_crs_is_engineering(raw->inputs[0].crs);
    hg_job_add_note(job, "--area declares no coordinate reference system; %s is assumed",
                    degrees && !local ? "WGS 84" : "that of the first input");
    return degrees && !local ? hg_crs_new("EPSG:4326", "--area", crs, err)
                             : hg_crs_copy(raw->inputs[0].crs, crs, err);
}

/* A reading is worth a note where it places visibly more points than the one in use. */
static hg_status report_readings(hg_job *job, const hg_raw *raw, const hg_intake *in, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++) {
        const hg_raw_input *r = &raw->inputs[i];
        hg_reading readings[HG_MAX_READINGS];
        size_t n = 0;
        if (hg_crs_is_engineering(r->crs))
            continue;
        status = hg_placing_vote(raw->file_x + r->start, raw->file_y + r->start, r->n, r->crs,
                                 r->datum, in->crs, in->region, readings, &n, err);
        for (size_t k = 0; k < n && status == HG_OK; k++) {
            double share =
                readings[k].tried ? (double)readings[k].inside / (double)readings[k].tried : 0;
            hg_fact_text(&job->facts, readings[k].name, "inputs[%zu].placing[%zu].reading", i, k);
            hg_fact_text(&job->facts, readings[k].option, "inputs[%zu].placing[%zu].option", i, k);
            hg_fact_real(&job->facts, share, "inputs[%zu].placing[%zu].share_inside", i, k);
        }
        if (status != HG_OK || n < 2 || !readings[0].tried)
            continue;
        double own = (double)readings[0].inside / (double)readings[0].tried;
        double best = (double)readings[1].inside / (double)readings[1].tried;
        if (best > own + 0.01)
            hg_job_add_note(job,
                            "%s: %.1f %% of points lie in the study area %s, but %.1f %% would as "
                            "%s; if that is right, ask for %s",
                            hg_source_name(r->source), 100 * own, readings[0].name, 100 * best,
                            readings[1].name, readings[1].option);
    }
    return status;
}

static hg_status make_region(hg_job *job, hg_shapes *area, const hg_crs *area_crs,
                             const hg_raw *raw, hg_intake *in, hg_error *err)
{
    size_t repaired = 0;
    hg_status status = hg_shapes_transform(area, area_crs, in->crs, err);
    if (status == HG_OK)
        status = hg_region_new(area, &repaired, &in->region, err);
    if (status != HG_OK)
        return status;
    in->area_given = true;
    if (repaired)
        hg_job_add_note(job, "--area: %zu invalid polygons were repaired", repaired);
    return report_readings(job, raw, in, err);
}

hg_status hg_raw_place(hg_job *job, const char *store_crs, hg_intake *in, hg_raw *raw,
                       hg_error *err)
{
    hg_shapes area = {0};
    hg_crs *area_crs = NULL;
    hg_status status = HG_OK;
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++) {
        status = crs_of_input(job, raw, &raw->inputs[i], err);
        if (status == HG_OK)
            check_area_of_use(job, raw, &raw->inputs[i]);
    }
    if (status == HG_OK && job->set.area)
        status = read_area(job, raw, &area, &area_crs, err);
    if (status == HG_OK)
        status = settle_analysis_crs(job, store_crs, job->set.area ? &area : NULL, area_crs, raw,
                                     in, err);
    if (status == HG_OK)
        status = place_rows(job, raw, in->crs, err);
    if (status == HG_OK && job->set.area)
        status = make_region(job, &area, area_crs, raw, in, err);
    /* A map asks later, and more closely, how its polygons lie to the area. */
    bool touching = job->set.area && strcmp(job->command->info.name, "load") == 0;
    if (status == HG_OK && raw->polygons)
        status = hg_raw_place_polygons(raw, touching ? &area : NULL, in->crs, err);
    hg_shapes_dispose(&area);
    hg_crs_free(area_crs);
    return status;
}
