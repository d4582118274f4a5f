/* Tables of what is told; what is withheld is not in them. */
#ifndef HG_JOB_REPORT_PUBLIC_TABLE_H
#define HG_JOB_REPORT_PUBLIC_TABLE_H

#include "job/report_public.h"

/**
 * Squares with a count that is told, from the north: east_m, north_m, a column a stream, all; withheld counts are
 * null. With outlines for a map. *columns: how to show them; free with hg_free.
 */
hg_status hg_public_squares(const hg_report *r, const hg_public_counts *c, bool outlines, hg_table **out,
                            hg_document_column **columns, size_t *n_columns, hg_error *err);

/** Figures and table of the totals. */
hg_status hg_public_add_totals(hg_report *r, const hg_public_counts *c, hg_error *err);
/** The table of squares. */
hg_status hg_public_add_squares(hg_report *r, const hg_public_counts *c, hg_error *err);

#endif
