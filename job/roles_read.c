/* The audit's sources read, and their outlines brought into one plane. */
#include "base/memory.h"
#include "job/plane.h"
#include "job/roles_parts.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------ reading */

static hg_status start_hash(hg_job *job, hg_role_source *s, hg_error *err)
{
    struct stat st;
    if (job->set.no_hash || stat(s->path, &st) != 0 || !S_ISREG(st.st_mode))
        return HG_OK;
    return hg_hashing_start(s->path, false, &job->control, &s->hashing, err);
}

static hg_status read_source(hg_job *job, hg_role_source *s, hg_pool *pool, hg_error *err)
{
    hg_role_names names;
    hg_role_name_columns(job, s->role, &names);
    const hg_record_spec spec = {.path = s->path,
                                 .layer = s->layer,
                                 .encoding = job->all.encoding,
                                 .polygons = hg_role_has_outlines(s->role),
                                 .option = hg_audit_role_name(s->role),
                                 .columns = names.columns,
                                 .column_count = names.count};
    hg_status status = start_hash(job, s, err);
    if (status == HG_OK)
        status = hg_records_read(&spec, pool, &job->control, &s->records, err);
    for (size_t i = 0; status == HG_OK && i < s->records.note_count; i++)
        hg_job_add_note(job, "%s", s->records.notes[i]);
    return status;
}

static bool is_same_file(const hg_role_source *a, const hg_role_source *b)
{
    struct stat sa, sb;
    if (stat(a->path, &sa) != 0 || stat(b->path, &sb) != 0)
        return strcmp(a->path, b->path) == 0;
    return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* A source twice in one role would count twice. */
static hg_status check_repeats(const hg_role_sources *list, hg_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const hg_role_source *a = &list->items[i];
        for (size_t k = i + 1; k < list->count && a[k - i].role == a->role; k++) {
            const hg_role_source *b = &list->items[k];
            if (a->date == b->date && strcmp(a->records.layer, b->records.layer) == 0 &&
                is_same_file(a, b))
                return hg_fail(err, HG_EUSAGE, "--%s %s: layer %s of it was given before",
                               hg_audit_role_name(b->role), b->given, b->records.layer);
        }
    }
    return HG_OK;
}

/* What the reader says of each outline, as a reason. */
static hg_status judge_outlines(hg_role_source *s, hg_error *err)
{
    static const uint8_t reasons[] = {[HG_ROW_OK] = HG_ACCEPTED,
                                      [HG_ROW_NO_GEOMETRY] = HG_NO_GEOMETRY_GIVEN,
                                      [HG_ROW_NOT_FINITE] = HG_NOT_FINITE,
                                      [HG_ROW_BAD_GEOMETRY] = HG_BAD_GEOMETRY};
    if (!hg_role_has_outlines(s->role))
        return HG_OK;
    s->reason = hg_malloc(s->records.n, 1);
    if (!s->reason)
        return hg_fail_memory(err);
    for (size_t i = 0; i < s->records.n; i++)
        s->reason[i] = reasons[s->records.state[i]];
    return HG_OK;
}

hg_status hg_role_read(hg_job *job, hg_role_sources *sources, hg_pool *pool, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < sources->count && status == HG_OK; i++) {
        status = read_source(job, &sources->items[i], pool, err);
        if (status == HG_OK)
            status = judge_outlines(&sources->items[i], err);
        if (status == HG_OK)
            status = hg_check_cancel(&job->control, err);
        hg_say_progress(&job->control, "read", (double)(i + 1) / (double)sources->count);
    }
    return status == HG_OK ? check_repeats(sources, err) : status;
}

/* ------------------------------------------------------------------ placing */

/* Outlines of the rows accepted so far, borrowed, with their rows. */
typedef struct outlines {
    hg_shapes shapes;
    size_t *rows;
    bool *failed;
} outlines;

static void outlines_dispose(outlines *o)
{
    hg_free(o->shapes.shapes);
    hg_free(o->rows);
    hg_free(o->failed);
    *o = (outlines){0};
}

static hg_status list_outlines(const hg_role_source *s, outlines *o, hg_error *err)
{
    size_t n = s->records.n;
    o->shapes.source = s->records.name;
    o->shapes.shapes = hg_malloc(n, sizeof *o->shapes.shapes);
    o->rows = hg_malloc(n, sizeof *o->rows);
    o->failed = hg_calloc(n, sizeof *o->failed);
    if (!o->shapes.shapes || !o->rows || !o->failed)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (s->reason[i] != HG_ACCEPTED)
            continue;
        o->rows[o->shapes.count] = i;
        o->shapes.shapes[o->shapes.count++] = s->records.shapes.shapes[i];
    }
    return HG_OK;
}

static bool has_outline(const hg_role_source *s)
{
    for (size_t i = 0; s->reason && i < s->records.n; i++)
        if (s->reason[i] == HG_ACCEPTED)
            return true;
    return false;
}

static hg_status settle_crs(hg_job *job, hg_role_source *s, hg_error *err)
{
    const char *name = s->records.name;
    hg_datum datum = job->all.datum;
    if (!has_outline(s))
        return HG_OK;
    hg_status status =
        hg_plane_of_source(job, s->records.crs_wkt, job->all.crs, name, &s->crs, err);
    if (status == HG_OK && !s->crs && job->all.datum_given)
        status = hg_crs_new(datum == HG_CGCS2000 ? "EPSG:4490" : "EPSG:4326", name, &s->crs, err);
    if (status == HG_OK && !s->crs)
        return hg_fail(err, HG_EUSAGE,
                       "--%s: %s declares no coordinate reference system; say it with --crs, which "
                       "holds for every source that declares none",
                       hg_audit_role_name(s->role), name);
    return status == HG_OK ? hg_plane_check_offset(datum, s->crs, name, err) : status;
}

/* Outlines whose middle lies outside the area that the CRS of their source is made for. */
static hg_status check_area_of_use(hg_role_source *s, hg_error *err)
{
    double use[4], box[4];
    if (!hg_crs_area_of_use(s->crs, use))
        return HG_OK;
    for (size_t i = 0; i < s->records.n; i++) {
        hg_shapes one = {.shapes = &s->records.shapes.shapes[i], .count = 1};
        if (s->reason[i] != HG_ACCEPTED)
            continue;
        hg_status status = hg_shapes_box(&one, box, err);
        if (status != HG_OK)
            return status;
        double x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2;
        if (!(x >= use[0] && x <= use[2] && y >= use[1] && y <= use[3]))
            s->reason[i] = HG_OUTSIDE_CRS;
    }
    return HG_OK;
}

static hg_status shared_plane(const hg_role_sources *sources, hg_audit_inputs *in, hg_error *err)
{
    hg_plane_source *list = hg_malloc(sources->count, sizeof *list);
    size_t n = 0;
    if (!list)
        return hg_fail_memory(err);
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i].crs)
            list[n++] = (hg_plane_source){sources->items[i].records.name, sources->items[i].crs};
    hg_status status = n ? hg_plane_shared(list, n, &in->crs, in->crs_why, err) : HG_OK;
    hg_free(list);
    return status;
}

static void widen(double box[4], const double more[4])
{
    box[0] = fmin(box[0], more[0]);
    box[1] = fmin(box[1], more[1]);
    box[2] = fmax(box[2], more[2]);
    box[3] = fmax(box[3], more[3]);
}

/* All at once where that works, else one by one, passing over what has no place on Earth. */
static hg_status add_box(const hg_role_source *s, double box[4], hg_error *err)
{
    outlines o = {0};
    double own[4];
    hg_error why = {HG_OK, ""};
    hg_status status = list_outlines(s, &o, err);
    bool together =
        status == HG_OK && hg_plane_box_deg(&o.shapes, s->crs, own, &why) == HG_OK;
    if (together)
        widen(box, own);
    for (size_t i = 0; i < o.shapes.count && status == HG_OK && !together; i++) {
        hg_shapes one = {.shapes = &o.shapes.shapes[i], .count = 1};
        if (hg_plane_box_deg(&one, s->crs, own, &why) == HG_OK)
            widen(box, own);
        else if (why.status == HG_ENOMEM)
            status = hg_fail_memory(err);
    }
    outlines_dispose(&o);
    return status;
}

/* From where the zones lie. */
static hg_status plane_of_zones(const hg_role_sources *sources, hg_audit_inputs *in, hg_error *err)
{
    double box[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    hg_status status = HG_OK;
    for (size_t i = 0; i < sources->count && status == HG_OK; i++)
        if (sources->items[i].role == HG_AUDIT_ZONES && sources->items[i].crs)
            status = add_box(&sources->items[i], box, err);
    if (status == HG_OK && !(box[0] <= box[2]))
        return hg_fail(err, HG_EDATA, "no zone has an outline that can be placed; see --zones");
    return status == HG_OK ? hg_plane_for_box(box, &in->crs, in->crs_why, err) : status;
}

static hg_status place_source(hg_job *job, hg_role_source *s, const hg_crs *analysis, hg_error *err)
{
    outlines o = {0};
    hg_status status = list_outlines(s, &o, err);
    if (status == HG_OK)
        status = hg_plane_place(&o.shapes, job->all.datum, s->crs, analysis, o.failed, err);
    for (size_t i = 0; i < o.shapes.count && status == HG_OK; i++)
        if (o.failed[i])
            s->reason[o.rows[i]] = HG_OUTSIDE_CRS;
    outlines_dispose(&o);
    return status;
}

hg_status hg_role_place(hg_job *job, hg_role_sources *sources, hg_audit_inputs *in, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < sources->count && status == HG_OK; i++) {
        status = settle_crs(job, &sources->items[i], err);
        if (status == HG_OK && sources->items[i].crs)
            status = check_area_of_use(&sources->items[i], err);
    }
    if (status == HG_OK)
        status = hg_plane_given(job->set.analysis_crs, &in->crs, in->crs_why, err);
    if (status == HG_OK && !in->crs)
        status = shared_plane(sources, in, err);
    if (status == HG_OK && !in->crs)
        status = plane_of_zones(sources, in, err);
    for (size_t i = 0; i < sources->count && status == HG_OK; i++) {
        if (sources->items[i].crs)
            status = place_source(job, &sources->items[i], in->crs, err);
        if (status == HG_OK)
            status = hg_check_cancel(&job->control, err);
    }
    return status;
}
