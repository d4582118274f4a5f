/* What only a reviewer reads: the tests of the highest cells. */
#include "job/report_parts.h"

enum { CELLS_SHOWN = 40 };

hg_status hg_report_appendix(hg_report *r, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"rank", NULL, HG_CELL_INTEGER, 0, NULL},       {"cell_id", NULL, HG_CELL_TEXT, 0, NULL},
        {"count", NULL, HG_CELL_INTEGER, 0, NULL},      {"expected", NULL, HG_CELL_REAL, 2, NULL},
        {"p_value", NULL, HG_CELL_REAL, 6, NULL},       {"q_value", NULL, HG_CELL_REAL, 6, NULL},
        {"level", NULL, HG_CELL_TEXT, 0, NULL},         {"gi_z", NULL, HG_CELL_REAL, 2, NULL},
        {"moran_z", NULL, HG_CELL_REAL, 2, NULL},       {"concentration", NULL, HG_CELL_REAL, 1, NULL},
        {"concentration_chance", NULL, HG_CELL_REAL, 1, NULL}, {"rank_stability", NULL, HG_CELL_PERCENT, 0, NULL},
    };
    hg_document_column own[sizeof columns / sizeof *columns];
    hg_table *cells = NULL;
    hg_status status = hg_report_read(r, &r->hot, "hotspot_cells", &cells, err);
    if (status != HG_OK || !cells)
        return status;
    status = hg_document_heading(r->doc, 1, "appendix", hg_report_say(r->zh, HG_SAY_APPENDIX), err);
    if (status != HG_OK) {
        hg_table_free(cells);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_CELL_TESTS), .stem = "cells", .table = cells, .columns = own,
                               .first_rows = CELLS_SHOWN};
    table.n_columns = hg_report_present(cells, columns, sizeof columns / sizeof *columns, own);
    return hg_document_add_table(r->doc, &table, err);
}
