/* What only a reviewer reads: the tests of the highest cells, months against months, every recorded setting. */
#include "job/report_parts.h"
#include "base/memory.h"

#include <string.h>

enum { CELLS_SHOWN = 40, MONTHS_SHOWN = 48 };

static hg_status add_cells(hg_report *r, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"rank", NULL, HG_CELL_INTEGER, 0, NULL},       {"cell_id", NULL, HG_CELL_TEXT, 0, NULL},
        {"count", NULL, HG_CELL_INTEGER, 0, NULL},      {"expected", NULL, HG_CELL_REAL, 2, NULL},
        {"ratio", NULL, HG_CELL_REAL, 2, NULL},         {"p_value", NULL, HG_CELL_REAL, 6, NULL},
        {"q_value", NULL, HG_CELL_REAL, 6, NULL},       {"level", NULL, HG_CELL_TEXT, 0, NULL},
        {"gi_z", NULL, HG_CELL_REAL, 2, NULL},          {"moran_z", NULL, HG_CELL_REAL, 2, NULL},
        {"concentration", NULL, HG_CELL_REAL, 1, NULL}, {"concentration_chance", NULL, HG_CELL_REAL, 1, NULL},
        {"rank_stability", NULL, HG_CELL_PERCENT, 0, NULL},
    };
    hg_table *cells = NULL;
    hg_status status = hg_report_read(r, &r->hot, "hotspot_cells", &cells, err);
    if (status != HG_OK || !cells)
        return status;
    return hg_report_add_table(r, (hg_document_table){.caption = hg_report_say(r->zh, HG_SAY_CELL_TESTS), .stem = "cells",
                                                      .table = cells, .first_rows = CELLS_SHOWN},
                               columns, sizeof columns / sizeof *columns, err);
}

/* Months against those of the year before; the whole period stands in the index section. */
static hg_status add_months(hg_report *r, hg_error *err)
{
    const hg_document_column columns[] = {
        {"unit", NULL, HG_CELL_TEXT, 0, NULL},       {"comparison", NULL, HG_CELL_TEXT, 0, NULL},
        {"period", NULL, HG_CELL_TEXT, 0, NULL},     {"measure", NULL, HG_CELL_TEXT, 0, NULL},
        {"base", NULL, HG_CELL_REAL, 0, NULL},       {"current", NULL, HG_CELL_REAL, 0, NULL},
        {"change_pct", NULL, HG_CELL_REAL, 2, NULL}, {"low_pct", NULL, HG_CELL_REAL, 1, NULL},
        {"high_pct", NULL, HG_CELL_REAL, 1, NULL},   {r->zh ? "note_zh" : "note", NULL, HG_CELL_TEXT, 0, NULL}};
    const char *unit = r->job->set.report.unit;
    hg_table *t = NULL;
    hg_status status = hg_report_read(r, &r->index, "year_on_year", &t, err);
    if (status != HG_OK || !t)
        return status;
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    for (size_t row = 0; keep && row < t->rows; row++) {
        const char *period = hg_report_text(t, "period", row), *own = hg_report_text(t, "unit", row);
        keep[row] = period && !strstr(period, "..") && (!unit || (own && strcmp(own, unit) == 0));
    }
    if (keep)
        hg_report_keep_rows(t, keep);
    else
        status = hg_fail_memory(err);
    hg_free(keep);
    if (status == HG_OK)
        status = hg_report_translate(r, t, "comparison", err);
    if (status == HG_OK)
        status = hg_report_translate_streams(r, t, "measure", err);
    if (status != HG_OK || !t->rows) {
        hg_table_free(t);
        return status;
    }
    return hg_report_add_table(r, (hg_document_table){.caption = hg_report_say(r->zh, HG_SAY_MONTHS_CHANGED),
                                                      .stem = "months_changed", .table = t, .first_rows = MONTHS_SHOWN,
                                                      .note = hg_report_say(r->zh, HG_SAY_CHANGE_NOTE)},
                               columns, sizeof columns / sizeof *columns, err);
}

hg_status hg_report_appendix(hg_report *r, hg_error *err)
{
    hg_status status = hg_document_heading(r->doc, 1, "appendix", hg_report_say(r->zh, HG_SAY_APPENDIX), err);
    if (status == HG_OK)
        status = add_cells(r, err);
    if (status == HG_OK)
        status = hg_report_bandwidths(r, err);
    if (status == HG_OK)
        status = add_months(r, err);
    return status == HG_OK ? hg_report_all_settings(r, err) : status;
}
