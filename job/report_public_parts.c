/* Other results in a public edition: colours without counts, land without patches. */
#include "job/report_public.h"
#include "base/memory.h"
#include "job/audit.h"
#include "job/report_parts.h"

#include <string.h>

enum { MU_DIGITS = 1, ROWS_SHOWN = 60 };

static bool is_month(const hg_table *t, size_t row)
{
    const char *period = hg_report_text(t, "period", row);
    return period && !strstr(period, "..");
}

/* Scores and numbers of a day tell counts (docs/methods/index.md); its colour is what is published. */
hg_status hg_public_index(hg_report *r, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"unit", NULL, HG_CELL_TEXT, 0, NULL},           {"period", NULL, HG_CELL_TEXT, 0, NULL},
        {"days_blue", NULL, HG_CELL_INTEGER, 0, NULL},   {"days_green", NULL, HG_CELL_INTEGER, 0, NULL},
        {"days_yellow", NULL, HG_CELL_INTEGER, 0, NULL}, {"days_orange", NULL, HG_CELL_INTEGER, 0, NULL},
        {"days_red", NULL, HG_CELL_INTEGER, 0, NULL}};
    hg_document_column own[sizeof columns / sizeof *columns];
    const char *unit = r->job->set.report.unit;
    hg_table *t = NULL;
    hg_status status = hg_report_read(r, &r->index, "index_summary", &t, err);
    if (status != HG_OK || !t)
        return status;
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    for (size_t row = 0; keep && row < t->rows; row++) {
        const char *name = hg_report_text(t, "unit", row);
        keep[row] = is_month(t, row) && (!unit || (name && strcmp(name, unit) == 0));
    }
    if (keep)
        hg_report_keep_rows(t, keep);
    else
        status = hg_fail_memory(err);
    hg_free(keep);
    if (status == HG_OK)
        status = hg_document_heading(r->doc, 1, "index", hg_report_say(r->zh, HG_SAY_INDEX), err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    const hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_PUBLIC_BANDS),
                                     .stem = "index_months",
                                     .table = t,
                                     .columns = own,
                                     .first_rows = ROWS_SHOWN,
                                     .n_columns = hg_report_present(t, columns, sizeof columns / sizeof *columns, own)};
    return hg_document_add_table(r->doc, &table, err);
}

/* The classes of the last pair of flights. */
static hg_status keep_last(hg_table *t, hg_error *err)
{
    const char *last = NULL;
    for (size_t row = 0; row < t->rows; row++) {
        const char *epoch = hg_report_text(t, "epoch", row);
        last = epoch && (!last || strcmp(epoch, last) > 0) ? epoch : last;
    }
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    if (!keep)
        return hg_fail_memory(err);
    for (size_t row = 0; row < t->rows; row++) {
        const char *epoch = hg_report_text(t, "epoch", row), *name = hg_report_text(t, "class", row);
        keep[row] = last && epoch && strcmp(epoch, last) == 0 && name && strcmp(name, "*") != 0;
    }
    hg_report_keep_rows(t, keep);
    hg_free(keep);
    return HG_OK;
}

hg_status hg_public_land(hg_report *r, hg_error *err)
{
    static const hg_document_column columns[] = {{"class", NULL, HG_CELL_TEXT, 0, NULL},
                                                 {"recovered_mu", NULL, HG_CELL_REAL, MU_DIGITS, NULL},
                                                 {"closing_mu", NULL, HG_CELL_REAL, MU_DIGITS, NULL}};
    hg_document_column own[sizeof columns / sizeof *columns];
    hg_table *t = NULL;
    hg_status status = hg_report_read(r, &r->audit, "by_class", &t, err);
    if (status != HG_OK || !t)
        return status;
    status = hg_audit_title(r->zh ? "zh" : "en", t, err);
    if (status == HG_OK)
        status = keep_last(t, err);
    if (status == HG_OK)
        status = hg_report_translate(r, t, "class", err);
    if (status == HG_OK)
        status = hg_document_heading(r->doc, 1, "land", hg_report_say(r->zh, HG_SAY_LAND), err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    const hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_LEDGER_CLASS),
                                     .stem = "by_class",
                                     .table = t,
                                     .columns = own,
                                     .n_columns = hg_report_present(t, columns, sizeof columns / sizeof *columns, own)};
    return hg_document_add_table(r->doc, &table, err);
}
