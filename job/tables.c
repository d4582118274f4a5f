#include "job/expected.h"
#include "base/memory.h"
#include "job/columns.h"
#include "job/stream_names.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STREAM_COLUMNS = 64 };

void hg_result_tables_dispose(hg_result_tables *t)
{
    hg_table_free(t->cells);
    hg_table_free(t->areas);
    hg_table_free(t->hours);
    hg_table_free(t->incidents);
    hg_table_free(t->patches);
    hg_table_free(t->rejects);
    hg_table_free(t->duplicates);
    hg_table_free(t->pile_ups);
    *t = (hg_result_tables){0};
}

/* ------------------------------------------------- stream columns ---------------------------- */

typedef struct stream_total {
    size_t stream;
    uint64_t count;
} stream_total;

static int by_count(const void *a, const void *b)
{
    const stream_total *p = a, *q = b;
    if (p->count != q->count)
        return p->count > q->count ? -1 : 1;
    return (p->stream > q->stream) - (p->stream < q->stream);
}

/* Column of each stream: its own, or n_other for the smallest beyond the limit. */
static hg_status choose_streams(const hg_incidents *inc, bool *own, bool *other, hg_error *err)
{
    stream_total *totals = hg_calloc(inc->streams, sizeof *totals);
    if (!totals)
        return hg_fail_memory(err);
    for (size_t s = 0; s < inc->streams; s++)
        totals[s].stream = s;
    for (size_t i = 0; i < inc->n; i++)
        totals[inc->stream ? inc->stream[i] : 0].count++;
    qsort(totals, inc->streams, sizeof *totals, by_count);
    *other = inc->streams > MOST_STREAM_COLUMNS;
    size_t most = *other ? MOST_STREAM_COLUMNS - 1 : inc->streams;
    for (size_t k = 0; k < inc->streams; k++)
        own[totals[k].stream] = k < most;
    hg_free(totals);
    return HG_OK;
}

static hg_status add_stream_column(hg_job *job, hg_table *t, const hg_findings *f, size_t stream,
                                   hg_error *err)
{
    char name[64], base[48];
    const char *title = f->in->incidents.stream_names[stream];
    char code[HG_STREAM_CODE_SIZE];
    snprintf(base, sizeof base, "n_%s", hg_stream_code(title, stream, code));
    snprintf(name, sizeof name, "%s", base);
    for (int n = 2; hg_table_column(t, name) || strcmp(name, "n_other") == 0; n++)
        snprintf(name, sizeof name, "%s_%d", base, n);
    hg_column *c = NULL;
    hg_status status = hg_table_add(t, name, HG_INT64, &c, err);
    if (status != HG_OK)
        return status;
    for (size_t k = 0; k < t->rows; k++)
        c->i64[k] = f->cells.groups[k].by_stream[stream];
    c->title = hg_strdup(title);
    hg_fact_text(&job->facts, title, "stream_columns.%s", name);
    return c->title ? HG_OK : hg_fail_memory(err);
}

static hg_status add_stream_columns(hg_job *job, hg_table *t, const hg_findings *f, hg_error *err)
{
    size_t streams = f->in->incidents.streams;
    bool *own = hg_calloc(streams, sizeof *own), other = false;
    hg_status status =
        own ? choose_streams(&f->in->incidents, own, &other, err) : hg_fail_memory(err);
    for (size_t s = 0; s < streams && status == HG_OK; s++)
        if (own[s])
            status = add_stream_column(job, t, f, s, err);
    hg_column *c = NULL;
    if (status == HG_OK && other)
        status = hg_table_add(t, "n_other", HG_INT64, &c, err);
    for (size_t k = 0; c && status == HG_OK && k < t->rows; k++) {
        c->i64[k] = 0;
        for (size_t s = 0; s < streams; s++)
            c->i64[k] += own[s] ? 0 : (int64_t)f->cells.groups[k].by_stream[s];
    }
    hg_free(own);
    return status;
}

/* ------------------------------------------------- cells ------------------------------------- */

static const hg_column_spec cell_columns[] = {
    {"rank", HG_INT64},       {"cell_id", HG_TEXT},         {"score", HG_DOUBLE},
    {"density_per_km2", HG_DOUBLE}, {"count", HG_INT64},    {"weight", HG_DOUBLE},
    {"expected", HG_DOUBLE},  {"ratio", HG_DOUBLE},         {"gi_z", HG_DOUBLE},          {"p_value", HG_DOUBLE},
    {"q_value", HG_DOUBLE},   {"level", HG_TEXT},           {"share", HG_DOUBLE},
    {"cum_share", HG_DOUBLE},
    {"cum_area_share", HG_DOUBLE},  {"concentration", HG_DOUBLE},
    {"concentration_chance", HG_DOUBLE}, {"top_stream", HG_TEXT}, {"top_stream_lq", HG_DOUBLE},
};

static const hg_column_spec last_columns[] = {
    {"peak_hour", HG_INT64},    {"peak_weekday", HG_INT64}, {"rank_stability", HG_DOUBLE},
    {"gi_p", HG_DOUBLE},        {"gi_p_sim", HG_DOUBLE},    {"moran_i", HG_DOUBLE},
    {"moran_z", HG_DOUBLE},     {"moran_p", HG_DOUBLE},     {"moran_p_sim", HG_DOUBLE},
};

static double *reals(hg_table *t, const char *name)
{
    return hg_table_column(t, name)->f64;
}

static int64_t *integers(hg_table *t, const char *name)
{
    return hg_table_column(t, name)->i64;
}

static double weight_of(const hg_findings *f, uint64_t cell)
{
    return f->counts.weight ? f->counts.weight[cell] : (double)f->counts.count[cell];
}

static void fill_cell_numbers(const hg_findings *f, hg_table *t)
{
    double total = f->counts.total_weight, area = f->ranking.area_m2;
    double cell_area = f->study->grid.cell_m * f->study->grid.cell_m;
    double cum_weight = 0, cum_area = 0;
    int64_t *rank = integers(t, "rank"), *count = integers(t, "count");
    double *score = reals(t, "score"), *density = reals(t, "density_per_km2");
    double *weight = reals(t, "weight"), *expected = reals(t, "expected"), *ratio = reals(t, "ratio");
    double *share = reals(t, "share"), *cum_share = reals(t, "cum_share");
    double *cum_area_share = reals(t, "cum_area_share");
    double *concentration = reals(t, "concentration"), *chance = reals(t, "concentration_chance");
    for (size_t k = 0; k < t->rows; k++) {
        uint64_t c = f->ranking.cells[k];
        double own = (double)f->study->share[c] * cell_area, w = weight_of(f, c);
        cum_weight += w;
        cum_area += own;
        rank[k] = (int64_t)k + 1;
        score[k] = (double)f->score[c];
        density[k] = (double)f->density[c];
        count[k] = f->counts.count[c];
        weight[k] = w;
        double part = hg_expected_part(f, c);
        expected[k] = total * part;
        ratio[k] = part > 0 ? density[k] * (double)f->study->share[c] / f->density_mass / part : NAN;
        share[k] = total > 0 ? w / total : 0;
        cum_share[k] = total > 0 ? cum_weight / total : 0;
        cum_area_share[k] = cum_area / area;
        concentration[k] = cum_share[k] / cum_area_share[k];
        chance[k] = f->chance ? f->chance[k] : NAN;
    }
}

/* Tests and stability, where they were made. */
static hg_status fill_cell_tests(const hg_findings *f, hg_table *t, hg_error *err)
{
    const hg_cell_tests *s = &f->tests;
    const struct {
        const char *column;
        const double *value;
    } all[] = {{"gi_z", s->gi_z},       {"p_value", s->p},          {"q_value", s->q},
               {"gi_p", s->gi_p},       {"gi_p_sim", s->gi_p_sim},  {"moran_i", s->moran},
               {"moran_z", s->moran_z}, {"moran_p", s->moran_p},    {"moran_p_sim", s->moran_p_sim},
               {"rank_stability", f->stability}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t k = 0; all[i].value && k < t->rows; k++)
            reals(t, all[i].column)[k] = all[i].value[k];
    hg_status status = HG_OK;
    for (size_t k = 0; s->q && k < t->rows && status == HG_OK; k++) {
        char level[8] = "";
        int percent = hg_significance_level(s->q[k]);
        if (percent)
            snprintf(level, sizeof level, "%d", percent);
        status = hg_table_set_text(t, hg_table_column(t, "level"), k, level, err);
    }
    return status;
}

static hg_status set_composition(const hg_findings *f, const hg_composition *c, hg_table *t,
                                 size_t row, hg_error *err)
{
    const char *top =
        c->top_stream >= 0 ? f->in->incidents.stream_names[c->top_stream] : "mixed";
    if (c->peak_hour >= 0)
        integers(t, "peak_hour")[row] = c->peak_hour;
    if (c->peak_weekday >= 1)
        integers(t, "peak_weekday")[row] = c->peak_weekday;
    return hg_table_set_text(t, hg_table_column(t, "top_stream"), row, top, err);
}

static hg_status fill_cell_texts(const hg_findings *f, hg_table *t, hg_error *err)
{
    const hg_grid *g = &f->study->grid;
    hg_status status = HG_OK;
    for (size_t k = 0; k < t->rows && status == HG_OK; k++) {
        char id[HG_CELL_ID_SIZE];
        uint64_t c = f->ranking.cells[k], columns = (uint64_t)g->columns;
        hg_grid_cell_id(g, (int64_t)(c % columns), (int64_t)(c / columns), id);
        status = hg_table_set_text(t, hg_table_column(t, "cell_id"), k, id, err);
        if (status == HG_OK)
            status = set_composition(f, &f->cells.groups[k], t, k, err);
        reals(t, "top_stream_lq")[k] = f->cells.groups[k].top_stream_lq;
    }
    return status;
}

static hg_status make_cells(hg_job *job, const hg_findings *f, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_table_new("hotspot_cells", f->ranking.listed, f->in->pool, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, cell_columns, sizeof cell_columns / sizeof *cell_columns, err);
    if (status == HG_OK)
        status = add_stream_columns(job, t, f, err);
    if (status == HG_OK)
        status = hg_columns_add(t, last_columns, sizeof last_columns / sizeof *last_columns, err);
    if (status == HG_OK)
        status = hg_table_make_polygons(t, HG_POLYGON, hg_crs_wkt(f->in->crs), err);
    if (status != HG_OK)
        return status;
    fill_cell_numbers(f, t);
    status = fill_cell_tests(f, t, err);
    if (status == HG_OK)
        status = fill_cell_texts(f, t, err);
    if (status == HG_OK)
        status = hg_outline_cells(&f->study->grid, f->ranking.cells, t->rows, &t->geometry, err);
    return status == HG_OK ? hg_geometry_finish(&t->geometry, t->rows, err) : status;
}

/* ------------------------------------------------- areas ------------------------------------- */

static const hg_column_spec area_columns[] = {
    {"rank", HG_INT64},      {"name", HG_TEXT},         {"area_km2", HG_DOUBLE},
    {"count", HG_INT64},     {"share", HG_DOUBLE},      {"concentration", HG_DOUBLE},
    {"top_stream", HG_TEXT}, {"peak_hour", HG_INT64},   {"peak_weekday", HG_INT64},
    {"cells", HG_INT64},     {"rank_stability", HG_DOUBLE},
};

/* The mean over the cells of an area, by their areas. */
static void fill_area_stability(const hg_findings *f, hg_table *t)
{
    double *stability = reals(t, "rank_stability"), *km2 = reals(t, "area_km2");
    double cell_area = f->study->grid.cell_m * f->study->grid.cell_m;
    for (size_t k = 0; k < t->rows; k++)
        stability[k] = 0;
    for (size_t k = 0; k < f->ranking.selected; k++)
        stability[f->area[k]] += f->stability[k] * (double)f->study->share[f->ranking.cells[k]];
    for (size_t k = 0; k < t->rows; k++)
        stability[k] *= cell_area / (km2[k] * 1e6);
}

static hg_status fill_areas(const hg_findings *f, hg_table *t, hg_error *err)
{
    double cell_area = f->study->grid.cell_m * f->study->grid.cell_m;
    double total = f->counts.total_weight;
    for (size_t k = 0; k < t->rows; k++) {
        reals(t, "area_km2")[k] = 0;
        reals(t, "share")[k] = 0;
        integers(t, "cells")[k] = 0;
    }
    for (size_t k = 0; k < f->ranking.selected; k++) {
        uint64_t c = f->ranking.cells[k];
        size_t a = f->area[k];
        reals(t, "area_km2")[a] += (double)f->study->share[c] * cell_area / 1e6;
        reals(t, "share")[a] += total > 0 ? weight_of(f, c) / total : 0;
        integers(t, "cells")[a]++;
    }
    if (f->stability)
        fill_area_stability(f, t);
    hg_status status = HG_OK;
    for (size_t k = 0; k < t->rows && status == HG_OK; k++) {
        integers(t, "rank")[k] = (int64_t)k + 1;
        integers(t, "count")[k] = (int64_t)f->area_compositions.groups[k].count;
        reals(t, "concentration")[k] =
            reals(t, "share")[k] / (reals(t, "area_km2")[k] * 1e6 / f->ranking.area_m2);
        status = set_composition(f, &f->area_compositions.groups[k], t, k, err);
        if (status == HG_OK && f->area_names && f->area_names[k])
            status = hg_table_set_text(t, hg_table_column(t, "name"), k, f->area_names[k], err);
    }
    return status;
}

static hg_status make_areas(const hg_findings *f, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_table_new("hotspot_areas", f->areas, f->in->pool, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, area_columns, sizeof area_columns / sizeof *area_columns, err);
    if (status == HG_OK)
        status = fill_areas(f, t, err);
    if (status == HG_OK)
        status = hg_table_make_polygons(t, HG_MULTIPOLYGON, hg_crs_wkt(f->in->crs), err);
    if (status == HG_OK)
        status = hg_outline_areas(&f->study->grid, f->ranking.cells, f->area, f->ranking.selected,
                                  f->areas, &t->geometry, err);
    return status == HG_OK ? hg_geometry_finish(&t->geometry, t->rows, err) : status;
}

/* ------------------------------------------------- the rest ---------------------------------- */

hg_status hg_pile_up_table(const hg_pile_ups *p, const char *lang, hg_table **out, hg_error *err)
{
    static const hg_column_spec columns[] = {
        {"rank", HG_INT64},   {"x", HG_DOUBLE},        {"y", HG_DOUBLE},       {"count", HG_INT64},
        {"weight", HG_DOUBLE}, {"share", HG_DOUBLE},   {"expected", HG_DOUBLE}, {"p_value", HG_DOUBLE},
        {"cells_changed", HG_INT64},
    };
    hg_table *t = NULL;
    hg_status status = hg_table_new("pile_ups", p->n, NULL, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, columns, sizeof columns / sizeof *columns, err);
    for (size_t k = 0; k < p->n && status == HG_OK; k++) {
        const hg_pile_up *item = &p->items[k];
        t->columns[0].i64[k] = (int64_t)k + 1;
        t->columns[1].f64[k] = item->x;
        t->columns[2].f64[k] = item->y;
        t->columns[3].i64[k] = (int64_t)item->count;
        t->columns[4].f64[k] = item->weight;
        t->columns[5].f64[k] = item->share;
        t->columns[6].f64[k] = item->expected;
        t->columns[7].f64[k] = item->p_value;
        t->columns[8].i64[k] = item->cells_changed < 0 ? HG_NULL_INT64 : item->cells_changed;
    }
    return status == HG_OK ? hg_columns_title(lang, t, err) : status;
}

/* Which incidents a result shows: of points those in the selected cells, of patches those that reach
 * into one. */
static hg_status choose_rows(hg_job *job, const hg_findings *f, bool *chosen, hg_error *err)
{
    const hg_intake *in = f->in;
    hg_status status = HG_OK;
    if (in->patches && !job->set.all_incidents)
        status = hg_heat_reach(job, in, &f->study->heat, f->ranking.cells, f->ranking.selected,
                               chosen, err);
    for (size_t i = 0; i < in->incidents.n && status == HG_OK; i++)
        chosen[i] |= job->set.all_incidents || f->group[i] < f->ranking.selected;
    return status;
}

static hg_status set_cell_ids(const hg_findings *f, const size_t *rows, hg_table *t, hg_error *err)
{
    const hg_incidents *inc = &f->in->incidents;
    const hg_grid *g = &f->study->grid;
    hg_column *ids = hg_table_column(t, "cell_id");
    hg_status status = HG_OK;
    for (size_t k = 0; k < t->rows && status == HG_OK; k++) {
        char id[HG_CELL_ID_SIZE];
        size_t i = rows[k];
        if (inc->flags[i] & HG_FLAG_HALO)
            continue;
        hg_grid_cell_id(g, hg_grid_column_of(g, inc->x[i]), hg_grid_row_of(g, inc->y[i]), id);
        status = hg_table_set_text(t, ids, k, id, err);
    }
    return status;
}

static hg_status make_kind(const hg_findings *f, const bool *chosen, bool patches, hg_table **out,
                           hg_error *err)
{
    const hg_intake *in = f->in;
    size_t n = 0, *rows = hg_malloc(in->incidents.n, sizeof *rows);
    if (!rows)
        return hg_fail_memory(err);
    for (size_t i = 0; i < in->incidents.n; i++)
        if (chosen[i] && patches == (in->patch && in->patch[i] != HG_NO_PATCH))
            rows[n++] = i;
    hg_status status = hg_intake_incident_table(in, patches ? "patches" : "incidents", patches,
                                                rows, n, out, err);
    if (status == HG_OK && patches)
        status = set_cell_ids(f, rows, *out, err);
    hg_free(rows);
    return status;
}

static hg_status make_rows(hg_job *job, const hg_findings *f, hg_result_tables *t, hg_error *err)
{
    if (job->set.all_incidents && !f->in->patches)
        return hg_intake_incident_table(f->in, "incidents", false, NULL, 0, &t->incidents, err);
    bool *chosen = hg_calloc(f->in->incidents.n, sizeof *chosen);
    hg_status status = chosen ? choose_rows(job, f, chosen, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = make_kind(f, chosen, false, &t->incidents, err);
    if (status == HG_OK && f->in->patches)
        status = make_kind(f, chosen, true, &t->patches, err);
    hg_free(chosen);
    return status;
}

hg_status hg_result_tables_make(hg_job *job, const hg_findings *f, hg_result_tables *t,
                                hg_error *err)
{
    hg_status status = make_cells(job, f, &t->cells, err);
    if (status == HG_OK)
        status = make_areas(f, &t->areas, err);
    if (status == HG_OK)
        status = hg_area_hours_table(f, &t->hours, err);
    if (status == HG_OK)
        status = make_rows(job, f, t, err);
    if (status == HG_OK)
        status = hg_intake_rejects_table(f->in, &t->rejects, err);
    if (status == HG_OK)
        status = hg_intake_duplicates_table(f->in, &t->duplicates, err);
    hg_table *all[] = {t->cells, t->areas, t->hours, t->incidents, t->patches, t->rejects, t->duplicates};
    for (size_t k = 0; k < sizeof all / sizeof *all && status == HG_OK; k++)
        status = all[k] ? hg_columns_title(job->set.lang, all[k], err) : HG_OK;
    return status;
}
