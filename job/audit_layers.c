/* The layers with geometry: encroachments, changes, slivers, zones. */
#include "job/audit.h"
#include "base/civil.h"
#include "base/memory.h"
#include "job/columns.h"

#include <string.h>

static const hg_column_spec encroachment_columns[] = {
    {"patch_id", HG_TEXT},      {"survey_id", HG_TEXT},      {"parent_id", HG_TEXT},
    {"merged_into", HG_TEXT},   {"zone_id", HG_TEXT},        {"epoch", HG_TEXT},
    {"class", HG_TEXT},         {"disorder", HG_TEXT},       {"area_m2", HG_DOUBLE},
    {"area_mu", HG_DOUBLE},     {"planar_area_m2", HG_DOUBLE}, {"status", HG_TEXT},
    {"severity", HG_TEXT},      {"threshold", HG_TEXT},      {"confidence", HG_TEXT},
    {"tolerance_m", HG_DOUBLE}, {"verdict", HG_TEXT},        {"action", HG_TEXT},
    {"action_date", HG_TEXT},   {"outstanding_m2", HG_DOUBLE}, {"carried_m2", HG_DOUBLE},
    {"pending_m2", HG_DOUBLE},
};

static const hg_column_spec change_columns[] = {
    {"from_epoch", HG_TEXT},  {"epoch", HG_TEXT},     {"patch_id", HG_TEXT},
    {"zone_id", HG_TEXT},     {"class", HG_TEXT},     {"from_zone_id", HG_TEXT},
    {"from_class", HG_TEXT},  {"change", HG_TEXT},    {"area_m2", HG_DOUBLE},
    {"area_mu", HG_DOUBLE},   {"planar_area_m2", HG_DOUBLE}, {"relapsed_m2", HG_DOUBLE},
};

static const hg_column_spec sliver_columns[] = {
    {"epoch", HG_TEXT}, {"patch_id", HG_TEXT}, {"zone_id", HG_TEXT},
    {"class", HG_TEXT}, {"kind", HG_TEXT},     {"area_m2", HG_DOUBLE}, {"planar_area_m2", HG_DOUBLE},
};

static const hg_column_spec zone_columns[] = {
    {"zone_id", HG_TEXT}, {"kind", HG_TEXT}, {"priority", HG_DOUBLE}, {"area_m2", HG_DOUBLE},
    {"encroached_m2", HG_DOUBLE}, {"encroached_mu", HG_DOUBLE}, {"encroached_share", HG_DOUBLE},
};

static const char *lineage_id(const hg_auditing *a, uint32_t lineage)
{
    return lineage == HG_AUDIT_NONE ? NULL : a->result.lineages[lineage].id;
}

static hg_status new_layer(const hg_auditing *a, const char *name, size_t rows,
                           const hg_column_spec *columns, size_t n, hg_table **out, hg_error *err)
{
    hg_status status = hg_table_new(name, rows, NULL, out, err);
    if (status == HG_OK)
        status = hg_columns_add(*out, columns, n, err);
    return status == HG_OK
               ? hg_table_make_polygons(*out, HG_MULTIPOLYGON, hg_crs_wkt(a->in.crs), err)
               : status;
}

static hg_status add_outline(hg_table *t, size_t row, const hg_polygon_mm *outline, hg_error *err)
{
    hg_status status = hg_geometry_begin_row(&t->geometry, row, err);
    return status == HG_OK ? hg_polygon_mm_emit(outline, &t->geometry, err) : status;
}

/* ------------------------------------------------- encroachments ---------------------------- */

/* A piece, or what is left of one that was cleared: then `cleared` is the piece of the epoch before. */
typedef struct state {
    const hg_audit_piece *piece;
    const char *status;
    uint32_t epoch;
    bool cleared;
} state;

static const hg_audit_piece *find_piece(const hg_audit_result *r, uint32_t epoch, uint32_t lineage,
                                        uint32_t zone)
{
    size_t low = 0, high = r->piece_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const hg_audit_piece *p = &r->pieces[middle];
        bool before = p->epoch != epoch       ? p->epoch < epoch
                      : p->lineage != lineage ? p->lineage < lineage
                                              : p->zone < zone;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->piece_count)
        return NULL;
    const hg_audit_piece *p = &r->pieces[low];
    return p->epoch == epoch && p->lineage == lineage && p->zone == zone ? p : NULL;
}

/* Noding moves an outline by less than a millimetre: a smaller change of area is none. */
static const char *status_of(const hg_audit_result *r, const hg_audit_piece *p)
{
    const hg_audit_piece *before =
        p->epoch ? find_piece(r, p->epoch - 1, p->lineage, p->zone) : NULL;
    if (!before)
        return "new";
    double change = hg_exact_m2(p->planar - before->planar);
    double noise = 0.001 * hg_polygon_mm_perimeter_m(&p->outline);
    return change > noise ? "expanded" : change < -noise ? "reduced" : "persisting";
}

/* Whether nothing stands at the epoch where the piece stood before: neither the patch nor one that took it in. */
static bool has_ended(const hg_audit_result *r, const hg_audit_piece *p, uint32_t epoch)
{
    uint32_t into = r->lineages[p->lineage].merged_into;
    return !find_piece(r, epoch, p->lineage, p->zone) &&
           (into == HG_AUDIT_NONE || !find_piece(r, epoch, into, p->zone));
}

/* By epoch; in it what is there, then what was cleared, each by lineage and zone. */
static hg_status list_states(const hg_auditing *a, state **out, size_t *count, hg_error *err)
{
    const hg_audit_result *r = &a->result;
    state *states = hg_malloc(2 * r->piece_count + 1, sizeof *states);
    size_t n = 0, first = 0;
    if (!states)
        return hg_fail_memory(err);
    for (uint32_t t = 0; t < a->land.epoch_count; t++) {
        size_t from = first;
        for (; first < r->piece_count && r->pieces[first].epoch == t; first++)
            states[n++] = (state){&r->pieces[first], status_of(r, &r->pieces[first]), t, false};
        for (size_t k = 0; k < from; k++) {
            const hg_audit_piece *p = &r->pieces[k];
            if (p->epoch + 1 == t && has_ended(r, p, t))
                states[n++] = (state){p, "cleared", t, true};
        }
    }
    *out = states;
    *count = n;
    return HG_OK;
}

/* The last action on the patch by the day of the epoch. */
static const hg_audit_action *last_action(const hg_auditing *a, uint32_t lineage, uint32_t epoch)
{
    const hg_audit_action *last = NULL;
    for (size_t k = a->action_start[lineage]; k < a->action_start[lineage + 1]; k++) {
        const hg_audit_action *x = &a->in.actions[a->action_list[k]];
        if (x->date != HG_NO_TIME && x->date <= a->epochs[epoch])
            last = x;
    }
    return last;
}

static const char *threshold_of(const hg_auditing *a, const hg_audit_piece *p)
{
    uint32_t key = a->farmland_of[p->lineage];
    hg_zone_kind kind = a->zones[a->result.zone_order[p->zone]].kind;
    if (key == HG_AUDIT_NONE || p->epoch + 1 != a->land.epoch_count)
        return NULL;
    bool reached = (kind == HG_ZONE_BASIC_FARMLAND && a->farmland[key].basic_reached) ||
                   (kind == HG_ZONE_FARMLAND && a->farmland[key].other_reached);
    return reached ? "threshold reached, refer" : NULL;
}

static void fill_measures(hg_row *r, const state *s)
{
    const hg_audit_piece *p = s->piece;
    hg_row_real(r, s->cleared ? 0 : hg_exact_m2(p->area));
    hg_row_real(r, s->cleared ? 0 : hg_mu(p->area));
    hg_row_real(r, s->cleared ? 0 : hg_exact_m2(p->planar));
}

static const char *survey_id(const hg_auditing *a, const hg_audit_lineage *l, uint32_t epoch)
{
    return l->patch_at[epoch] == HG_AUDIT_NONE ? NULL : a->patches[l->patch_at[epoch]].id;
}

static hg_status fill_encroachment(const hg_auditing *a, const state *s, hg_table *t, size_t row,
                                   hg_error *err)
{
    const hg_audit_piece *p = s->piece;
    const hg_audit_lineage *l = &a->result.lineages[p->lineage];
    const hg_audit_action *x = last_action(a, p->lineage, s->epoch);
    hg_row r = {t, row, 0, HG_OK, err};
    hg_row_text(&r, l->id);
    hg_row_text(&r, survey_id(a, l, s->epoch));
    hg_row_text(&r, lineage_id(a, l->parent));
    hg_row_text(&r, lineage_id(a, l->merged_into));
    hg_row_text(&r, hg_audit_zone_id(a, p->zone));
    hg_row_text(&r, hg_audit_epoch_text(a, s->epoch));
    hg_row_text(&r, hg_audit_class_name(a, p->class_id));
    hg_row_text(&r, hg_disorder_name(a->map.classes[p->class_id].disorder));
    fill_measures(&r, s);
    hg_row_text(&r, s->status);
    hg_row_text(&r, s->cleared ? NULL : hg_audit_severity(a, p->area));
    hg_row_text(&r, s->cleared ? NULL : threshold_of(a, p));
    hg_row_text(&r, s->cleared ? NULL : p->certain ? "certain" : p->probable ? "probable" : "within_error");
    hg_row_real(&r, p->tolerance_m);
    hg_row_text(&r, hg_audit_verdict_name(l->verdict));
    hg_row_text(&r, x ? hg_action_kind_name(x->kind) : NULL);
    hg_row_day(&r, x ? x->date : HG_NO_TIME);
    hg_row_real(&r, s->cleared ? 0 : hg_exact_m2(p->area));
    hg_row_real(&r, s->cleared ? 0 : hg_exact_m2(p->carried));
    hg_row_real(&r, s->cleared ? 0 : hg_exact_m2(p->pending));
    return r.status == HG_OK ? add_outline(t, row, &p->outline, err) : r.status;
}

static hg_status make_encroachments(const hg_auditing *a, hg_table **out, hg_error *err)
{
    state *states = NULL;
    size_t n = 0;
    hg_status status = list_states(a, &states, &n, err);
    if (status == HG_OK)
        status = new_layer(a, "encroachments", n, encroachment_columns,
                           sizeof encroachment_columns / sizeof *encroachment_columns, out, err);
    for (size_t k = 0; k < n && status == HG_OK; k++)
        status = fill_encroachment(a, &states[k], *out, k, err);
    hg_free(states);
    return status == HG_OK ? hg_geometry_finish(&(*out)->geometry, n, err) : status;
}

/* ------------------------------------------------- changes and slivers --------------------- */

static bool is_sliver(const hg_audit_flow *f)
{
    return f->change == HG_CHANGE_GAINED_WITHIN_ERROR || f->change == HG_CHANGE_LOST_WITHIN_ERROR;
}

/* What the first flight found is no change. */
static bool is_change(const hg_audit_flow *f)
{
    return !is_sliver(f) && f->epoch > 0;
}

static size_t count_flows(const hg_audit_result *r, bool (*wanted)(const hg_audit_flow *))
{
    size_t n = 0;
    for (size_t k = 0; k < r->flow_count; k++)
        n += wanted(&r->flows[k]);
    return n;
}

static hg_status fill_change(const hg_auditing *a, const hg_audit_flow *f, hg_table *t, size_t row,
                             hg_error *err)
{
    hg_row r = {t, row, 0, HG_OK, err};
    hg_row_text(&r, hg_audit_epoch_text(a, f->epoch - 1));
    hg_row_text(&r, hg_audit_epoch_text(a, f->epoch));
    hg_row_text(&r, lineage_id(a, f->lineage));
    hg_row_text(&r, hg_audit_zone_id(a, f->zone));
    hg_row_text(&r, hg_audit_class_name(a, f->class_id));
    bool moved = f->change == HG_CHANGE_TRANSFERRED;
    hg_row_text(&r, moved ? hg_audit_zone_id(a, f->from_zone) : NULL);
    hg_row_text(&r, moved ? hg_audit_class_name(a, f->from_class) : NULL);
    hg_row_text(&r, hg_change_name(f->change));
    hg_row_real(&r, hg_exact_m2(f->area));
    hg_row_real(&r, hg_mu(f->area));
    hg_row_real(&r, hg_exact_m2(f->planar));
    hg_row_real(&r, hg_exact_m2(f->relapsed));
    return r.status == HG_OK ? add_outline(t, row, &f->outline, err) : r.status;
}

static hg_status fill_sliver(const hg_auditing *a, const hg_audit_flow *f, hg_table *t, size_t row,
                             hg_error *err)
{
    hg_row r = {t, row, 0, HG_OK, err};
    hg_row_text(&r, hg_audit_epoch_text(a, f->epoch));
    hg_row_text(&r, lineage_id(a, f->lineage));
    hg_row_text(&r, hg_audit_zone_id(a, f->zone));
    hg_row_text(&r, hg_audit_class_name(a, f->class_id));
    hg_row_text(&r, f->change == HG_CHANGE_GAINED_WITHIN_ERROR ? "gained" : "lost");
    hg_row_real(&r, hg_exact_m2(f->area));
    hg_row_real(&r, hg_exact_m2(f->planar));
    return r.status == HG_OK ? add_outline(t, row, &f->outline, err) : r.status;
}

static hg_status make_flows(const hg_auditing *a, const char *name, const hg_column_spec *columns,
                            size_t n, bool (*wanted)(const hg_audit_flow *),
                            hg_status (*fill)(const hg_auditing *, const hg_audit_flow *, hg_table *,
                                              size_t, hg_error *),
                            hg_table **out, hg_error *err)
{
    size_t rows = count_flows(&a->result, wanted), row = 0;
    hg_status status = new_layer(a, name, rows, columns, n, out, err);
    for (size_t k = 0; k < a->result.flow_count && status == HG_OK; k++)
        if (wanted(&a->result.flows[k]))
            status = fill(a, &a->result.flows[k], *out, row++, err);
    return status == HG_OK ? hg_geometry_finish(&(*out)->geometry, rows, err) : status;
}

/* ------------------------------------------------- zones ------------------------------------ */

static hg_status zone_areas(const hg_auditing *a, hg_exact *area, hg_error *err)
{
    hg_area_meter *meter = NULL;
    hg_status status = hg_area_meter_new(a->in.crs, a->land.area_mode, &meter, err);
    for (size_t i = 0; i < a->land.zone_count && status == HG_OK; i++)
        status = hg_area_meter_polygon(meter, &a->zone_outlines[i], &area[i], err);
    hg_area_meter_free(meter);
    return status;
}

static hg_status fill_zone(const hg_auditing *a, uint32_t zone, hg_exact area, hg_exact encroached,
                           hg_table *t, size_t row, hg_error *err)
{
    hg_row r = {t, row, 0, HG_OK, err};
    hg_row_text(&r, a->zones[zone].id);
    hg_row_text(&r, hg_zone_kind_name(a->zones[zone].kind));
    hg_row_real(&r, a->zones[zone].priority);
    hg_row_real(&r, hg_exact_m2(area));
    hg_row_real(&r, hg_exact_m2(encroached));
    hg_row_real(&r, hg_mu(encroached));
    hg_row_real(&r, area > 0 ? (double)encroached / (double)area : 0);
    return r.status == HG_OK ? add_outline(t, row, &a->zone_outlines[zone], err) : r.status;
}

/* The zones as arranged, with what is encroached at the last epoch. */
static hg_status make_zones(const hg_auditing *a, hg_table **out, hg_error *err)
{
    size_t n = a->land.zone_count;
    hg_exact *area = hg_calloc(n + 1, sizeof *area), *encroached = hg_calloc(n + 1, sizeof *encroached);
    hg_status status = area && encroached ? zone_areas(a, area, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = new_layer(a, "zones", n, zone_columns, sizeof zone_columns / sizeof *zone_columns, out, err);
    for (size_t k = 0; k < a->result.piece_count && status == HG_OK; k++)
        if (a->result.pieces[k].epoch + 1 == a->land.epoch_count)
            encroached[a->result.pieces[k].zone] += a->result.pieces[k].area;
    for (size_t k = 0; k < n && status == HG_OK; k++) {
        uint32_t zone = a->result.zone_order[k];
        status = fill_zone(a, zone, area[zone], encroached[k], *out, k, err);
    }
    hg_free(area);
    hg_free(encroached);
    return status == HG_OK ? hg_geometry_finish(&(*out)->geometry, n, err) : status;
}

static void find_extent(hg_auditing *a)
{
    int64_t box[4] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (size_t k = 0; k < a->result.piece_count + a->land.zone_count; k++) {
        bool piece = k < a->result.piece_count;
        if (!piece && a->result.piece_count)
            break;
        const hg_polygon_mm *p = piece ? &a->result.pieces[k].outline
                                       : &a->zone_outlines[k - a->result.piece_count];
        for (int i = 0; i < 2 && p->rings; i++) {
            box[i] = p->box[i] < box[i] ? p->box[i] : box[i];
            box[i + 2] = p->box[i + 2] > box[i + 2] ? p->box[i + 2] : box[i + 2];
        }
    }
    bool any = box[0] <= box[2];
    double margin = any ? 0.05 * (double)(box[2] - box[0] + box[3] - box[1]) / 2000 + 20 : 1;
    for (int i = 0; i < 4; i++)
        a->extent[i] = any ? (double)box[i] / 1000 + (i < 2 ? -margin : margin) : i < 2 ? -margin : margin;
}

static void let_go_of_pieces(hg_auditing *a)
{
    for (size_t k = 0; k < a->result.piece_count; k++)
        hg_polygon_mm_dispose(&a->result.pieces[k].outline);
    hg_memory_trim();
}

hg_status hg_audit_layers_make(hg_job *job, hg_auditing *a, hg_audit_tables *t, hg_error *err)
{
    hg_table **items = t->items + t->count;
    find_extent(a);
    hg_status status = make_encroachments(a, &items[0], err);
    let_go_of_pieces(a);
    if (status == HG_OK)
        status = make_flows(a, "changes", change_columns, sizeof change_columns / sizeof *change_columns,
                            is_change, fill_change, &items[1], err);
    if (status == HG_OK)
        status = make_flows(a, "slivers", sliver_columns, sizeof sliver_columns / sizeof *sliver_columns,
                            is_sliver, fill_sliver, &items[2], err);
    if (status == HG_OK)
        status = make_zones(a, &items[3], err);
    t->count += 4;
    for (size_t k = 0; k < 4 && status == HG_OK; k++)
        status = hg_audit_title(job->set.lang, items[k], err);
    return status;
}

void hg_audit_tables_dispose(hg_audit_tables *t)
{
    for (size_t k = 0; k < t->count; k++)
        hg_table_free(t->items[k]);
    *t = (hg_audit_tables){0};
}
