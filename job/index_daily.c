/* The daily table, and the units as they stand on the last day. */
#include "base/memory.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void hg_index_tables_dispose(hg_index_tables *t)
{
    hg_table *list[HG_INDEX_TABLES_MAX];
    size_t n = hg_index_tables_list(t, list);
    for (size_t i = 0; i < n; i++)
        hg_table_free(list[i]);
    *t = (hg_index_tables){0};
}

size_t hg_index_tables_list(const hg_index_tables *t, hg_table **list)
{
    hg_table *all[HG_INDEX_TABLES_MAX] = {t->units, t->daily,  t->summary, t->years,
                                          t->multi, t->trends, t->changes, t->rejects};
    size_t n = 0;
    for (size_t i = 0; i < HG_INDEX_TABLES_MAX; i++)
        if (all[i])
            list[n++] = all[i];
    return n;
}

bool hg_index_row_hidden(const hg_index_run *run, size_t row)
{
    bool hidden = false;
    for (size_t k = 0; k < run->series_count; k++)
        hidden |= !run->series[k].discovered && hg_index_hidden(run, row, k);
    return hidden;
}

/* ------------------------------------------------- columns ---------------------------------- */

/* The columns of one series, by position in the table. */
typedef struct series_columns {
    size_t n, expected, z, score, band, missing;
} series_columns;

static hg_status add_series_column(const hg_index_run *run, hg_table *t, size_t k, const char *prefix,
                                   const char *words, hg_type type, size_t *position, hg_error *err)
{
    char name[96], title[256];
    hg_column *c = NULL;
    const hg_index_series_info *s = &run->series[k];
    snprintf(name, sizeof name, "%s_%s", prefix, s->code);
    snprintf(title, sizeof title, "%s%s%s", s->label, hg_index_zh(run) ? "：" : ": ", words);
    hg_status status = hg_table_add(t, name, type, &c, err);
    if (status != HG_OK)
        return status;
    c->title = hg_strdup(title);
    *position = t->column_count - 1;
    return c->title ? HG_OK : hg_fail_memory(err);
}

static hg_status add_series_columns(const hg_index_run *run, hg_table *t, size_t k, series_columns *c,
                                    hg_error *err)
{
    bool zh = hg_index_zh(run);
    const struct {
        const char *prefix, *en, *zh;
        hg_type type;
        size_t *position;
    } list[] = {
        {"n", "number", "起数", HG_INT64, &c->n},
        {"expected", "expected", "预期", HG_DOUBLE, &c->expected},
        {"z", "z", "偏离度", HG_DOUBLE, &c->z},
        {"score", "score", "得分", HG_DOUBLE, &c->score},
        {"band", "colour", "颜色", HG_TEXT, &c->band},
        {"missing", "feed missing", "数据缺报", HG_INT64, &c->missing},
    };
    hg_status status = HG_OK;
    for (size_t i = 0; i < sizeof list / sizeof *list && status == HG_OK; i++)
        status = add_series_column(run, t, k, list[i].prefix, zh ? list[i].zh : list[i].en, list[i].type,
                                   list[i].position, err);
    return status;
}

/* Ids in the pool of texts that stand in many rows. */
typedef struct common_texts {
    uint32_t band[HG_INDEX_BANDS_MAX], escalation[4], config;
    uint32_t *unit, *date;
} common_texts;

static hg_status intern(hg_table *t, const char *text, uint32_t *id, hg_error *err)
{
    *id = HG_NO_TEXT;
    return text ? hg_pool_intern(t->pool, text, strlen(text), id, err) : HG_OK;
}

static hg_status intern_common(const hg_index_run *run, hg_table *t, common_texts *c, hg_error *err)
{
    char day[32];
    const hg_index_result *r = &run->result;
    c->unit = hg_malloc(r->units, sizeof *c->unit);
    c->date = hg_malloc(r->days, sizeof *c->date);
    hg_status status = c->unit && c->date ? intern(t, run->design.sha256, &c->config, err) : hg_fail_memory(err);
    for (size_t k = 0; k < run->design.band_count && status == HG_OK; k++)
        status = intern(t, run->design.band_names[k], &c->band[k], err);
    for (int k = 0; k < 4 && status == HG_OK; k++)
        status = intern(t, hg_index_escalation_words(k, hg_index_zh(run)), &c->escalation[k], err);
    for (size_t u = 0; u < r->units && status == HG_OK; u++)
        status = intern(t, run->units.names[u], &c->unit[u], err);
    for (size_t i = 0; i < r->days && status == HG_OK; i++)
        status = intern(t, hg_index_day_text(r->since + (int32_t)i, day), &c->date[i], err);
    return status;
}

/* ------------------------------------------------- filling ---------------------------------- */

/* A score and the number it is for tell what was expected, and that, from day to day, the counts of the days before. */
static void fill_series(const hg_index_run *run, hg_table *t, size_t k, const series_columns *at,
                        const common_texts *texts)
{
    const hg_index_series *q = &run->result.series[k];
    int64_t *n = t->columns[at->n].i64, *missing = t->columns[at->missing].i64;
    double *expected = t->columns[at->expected].f64, *z = t->columns[at->z].f64;
    double *score = t->columns[at->score].f64;
    uint32_t *band = t->columns[at->band].text;
    for (size_t i = 0; i < t->rows; i++) {
        missing[i] = (q->flags[i] & HG_INDEX_MISSING) != 0;
        n[i] = missing[i] && !q->count[i] ? HG_NULL_INT64 : (int64_t)q->count[i];
        expected[i] = run->hidden ? NAN : hg_index_settled(q->expected[i]);
        z[i] = run->hidden ? NAN : hg_index_settled(q->z[i]);
        score[i] = run->hidden ? NAN : q->score[i];
        band[i] = q->band[i] == HG_INDEX_NO_BAND ? HG_NO_TEXT : texts->band[q->band[i]];
        if (hg_index_hidden(run, i, k)) {
            n[i] = HG_NULL_INT64;
            band[i] = HG_NO_TEXT;
        }
    }
}

enum { UNIT, DATE, SCORE, BAND, MEAN, CERTAINTY };

static void fill_headline(const hg_index_run *run, hg_table *t, const common_texts *texts)
{
    const hg_index_result *r = &run->result;
    int64_t *reds = hg_table_column(t, "consecutive_red")->i64;
    uint32_t *escalation = hg_table_column(t, "escalation")->text;
    uint32_t *config = hg_table_column(t, "config_sha256")->text;
    for (size_t i = 0; i < t->rows; i++) {
        t->columns[UNIT].text[i] = texts->unit[i / r->days];
        t->columns[DATE].text[i] = texts->date[i % r->days];
        t->columns[SCORE].f64[i] = run->hidden ? NAN : r->score[i];
        t->columns[BAND].text[i] = r->band[i] == HG_INDEX_NO_BAND ? HG_NO_TEXT : texts->band[r->band[i]];
        t->columns[MEAN].f64[i] = run->hidden ? NAN : hg_index_settled(r->score_mean[i]);
        t->columns[CERTAINTY].f64[i] = run->hidden ? NAN : hg_index_settled(r->certainty[i]);
        reds[i] = r->consecutive_red[i];
        escalation[i] = texts->escalation[r->escalation[i] & 3];
        config[i] = texts->config;
    }
}

static hg_status fill_reasons(const hg_index_run *run, hg_table *t, hg_error *err)
{
    hg_column *c = hg_table_column(t, "reasons");
    hg_text text = {0};
    hg_status status = HG_OK;
    for (size_t i = 0; i < t->rows && status == HG_OK; i++) {
        text.len = 0;
        hg_index_reasons(run, i, &text);
        status = text.failed ? hg_fail_memory(err) : hg_table_set_text(t, c, i, text.s, err);
    }
    hg_text_dispose(&text);
    return status;
}

static hg_status fill_daily(const hg_index_run *run, hg_table *t, const series_columns *at, hg_error *err)
{
    common_texts texts = {0};
    hg_status status = intern_common(run, t, &texts, err);
    if (status == HG_OK) {
        fill_headline(run, t, &texts);
        for (size_t k = 0; k < run->series_count; k++)
            fill_series(run, t, k, &at[k], &texts);
        status = fill_reasons(run, t, err);
    }
    hg_free(texts.unit);
    hg_free(texts.date);
    return status;
}

hg_status hg_index_daily_table(const hg_index_run *run, hg_table **out, hg_error *err)
{
    static const hg_column_spec first[] = {{"unit", HG_TEXT},         {"date", HG_TEXT},
                                           {"score", HG_DOUBLE},      {"band", HG_TEXT},
                                           {"score_mean", HG_DOUBLE}, {"band_certainty", HG_DOUBLE}};
    static const hg_column_spec last[] = {
        {"consecutive_red", HG_INT64}, {"escalation", HG_TEXT}, {"reasons", HG_TEXT}, {"config_sha256", HG_TEXT}};
    hg_table *t = NULL;
    series_columns at[HG_INDEX_STREAMS_MAX];
    hg_status status = hg_table_new("safety_index", run->result.rows, NULL, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, first, sizeof first / sizeof *first, err);
    for (size_t k = 0; k < run->series_count && status == HG_OK; k++)
        status = add_series_columns(run, t, k, &at[k], err);
    if (status == HG_OK)
        status = hg_columns_add(t, last, sizeof last / sizeof *last, err);
    if (status == HG_OK)
        status = fill_daily(run, t, at, err);
    return status == HG_OK ? hg_columns_title(run->job->set.lang, t, err) : status;
}

/* ------------------------------------------------- units ------------------------------------ */

static hg_status fill_unit(const hg_index_run *run, hg_table *t, size_t u, hg_error *err)
{
    enum { NAME, AREA, POPULATION, LATEST, LATEST_SCORE, LATEST_BAND, LATEST_RED, LATEST_REASONS, LATEST_MESSAGE };
    const hg_index_result *r = &run->result;
    size_t row = u * r->days + r->days - 1;
    hg_text text = {0}, message = {0};
    char day[32];
    const char *band = hg_index_band_name(run, r->band[row]);
    hg_index_day_text(r->since + (int32_t)r->days - 1, day);
    hg_index_reasons(run, row, &text);
    hg_index_message(run, row, hg_index_zh(run), &message);
    t->columns[AREA].f64[u] = run->units.located ? hg_units_area_m2(run->units.located, u) / 1e6 : NAN;
    t->columns[POPULATION].f64[u] = run->units.population ? run->units.population[u] : NAN;
    t->columns[LATEST_SCORE].f64[u] = run->hidden ? NAN : r->score[row];
    t->columns[LATEST_RED].i64[u] = r->consecutive_red[row];
    const struct {
        size_t column;
        const char *text;
    } texts[] = {{NAME, run->units.names[u]}, {LATEST, day},           {LATEST_BAND, band ? band : "missing"},
                 {LATEST_REASONS, text.s},    {LATEST_MESSAGE, message.s}};
    hg_status status = text.failed || message.failed ? hg_fail_memory(err) : HG_OK;
    for (size_t k = 0; k < sizeof texts / sizeof *texts && status == HG_OK; k++)
        status = hg_table_set_text(t, &t->columns[texts[k].column], u, texts[k].text, err);
    hg_text_dispose(&text);
    hg_text_dispose(&message);
    return status;
}

/* Where everything is one unit there is no outline to draw: the box of the events stands for it, in whole kilometres,
 * so that it has an area and no corner tells where an incident was. */
static hg_status emit_box(const hg_index_run *run, hg_geometry *g, hg_error *err)
{
    enum { BOX_STEP_M = 1000 };
    const hg_incidents *inc = &run->in->incidents;
    double b[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < inc->n; i++) {
        b[0] = fmin(b[0], inc->x[i]);
        b[1] = fmin(b[1], inc->y[i]);
        b[2] = fmax(b[2], inc->x[i]);
        b[3] = fmax(b[3], inc->y[i]);
    }
    for (int k = 0; k < 4; k++)
        b[k] = (floor(b[k] / BOX_STEP_M) + (k >= 2)) * BOX_STEP_M;
    const double ring[5][2] = {{b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}};
    hg_status status = hg_geometry_begin_polygon(g, err);
    if (status == HG_OK)
        status = hg_geometry_begin_ring(g, err);
    for (int k = 0; k < 5 && status == HG_OK; k++)
        status = hg_geometry_add_point(g, ring[k][0], ring[k][1], err);
    return status;
}

static hg_status fill_outlines(const hg_index_run *run, hg_table *t, hg_error *err)
{
    const hg_index_units *u = &run->units;
    hg_status status = hg_table_make_polygons(t, HG_MULTIPOLYGON, hg_crs_wkt(run->in->crs), err);
    for (size_t i = 0; i < u->n && status == HG_OK; i++) {
        status = hg_geometry_begin_row(&t->geometry, i, err);
        if (status == HG_OK)
            status = u->located ? hg_shape_emit(&u->shapes.shapes[u->shape[i]], &t->geometry, err)
                                : emit_box(run, &t->geometry, err);
    }
    return status == HG_OK ? hg_geometry_finish(&t->geometry, t->rows, err) : status;
}

hg_status hg_index_units_table(const hg_index_run *run, hg_table **out, hg_error *err)
{
    static const hg_column_spec columns[] = {
        {"unit", HG_TEXT},   {"area_km2", HG_DOUBLE}, {"population", HG_DOUBLE},
        {"date", HG_TEXT},   {"score", HG_DOUBLE},    {"band", HG_TEXT},
        {"consecutive_red", HG_INT64}, {"reasons", HG_TEXT}, {"message", HG_TEXT}};
    hg_table *t = NULL;
    hg_status status = hg_table_new("units", run->units.n, NULL, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, columns, sizeof columns / sizeof *columns, err);
    for (size_t u = 0; u < run->units.n && status == HG_OK; u++)
        status = fill_unit(run, t, u, err);
    if (status == HG_OK)
        status = fill_outlines(run, t, err);
    return status == HG_OK ? hg_columns_title(run->job->set.lang, t, err) : status;
}
