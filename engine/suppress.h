/*
 * Withholding small counts of a published table so that its totals do not reveal them.
 *
 * Table: rows (units) x columns (periods or streams), with row totals, column totals and the grand
 * total; rows may belong to groups, then also subtotals per group and column, and per group. Counts
 * 1 … below - 1 are withheld wherever they stand, totals included; zeros are always published (no
 * one is in them), so a reader knows that what is withheld is at least 1. Further entries are
 * withheld until each withheld entry, given all that is published and given that every withheld
 * entry is at least 1, has at least two possible values. Cells are preferred to totals, small
 * counts to large ones. Such a table is a network, so the test is exact: an entry is determined if
 * and only if no cycle of withheld entries can shift it by one.
 *
 * With `zeros_too` counts from 0 on are withheld alike, and the reader is taken to know more: the
 * limit, and which of the withheld entries are below it, so that these are from 0 to below - 1. Each
 * withheld entry of 1 … below - 1 then still has at least two possible values. That a count is 0 may
 * show: no one is in it.
 */
#ifndef HG_ENGINE_SUPPRESS_H
#define HG_ENGINE_SUPPRESS_H

#include "base/error.h"

#include <stdbool.h>

typedef struct hg_suppress_table {
    size_t rows, columns;
    const uint64_t *count; /**< rows x columns, row-major; at most 2^40 each */
    const uint32_t *group; /**< group of each row, 0 … groups - 1; NULL = no groups */
    size_t groups;         /**< 0 with group NULL */
    bool zeros_too;        /**< withhold 0 … below - 1, against the reader who knows which are */
} hg_suppress_table;

/** Whether each entry is withheld. Primary and complementary look alike on purpose. */
typedef struct hg_suppressed {
    bool *cell;         /**< rows x columns */
    bool *row_total;    /**< rows */
    bool *column_total; /**< columns */
    bool *group_cell;   /**< groups x columns; NULL without groups */
    bool *group_total;  /**< groups; NULL without groups */
    bool grand_total;
    uint64_t small;   /**< entries withheld as small … */
    uint64_t further; /**< … and to protect them; not for publication */
} hg_suppressed;

/**
 * Errors: HG_EUSAGE for below < 2 or a table without rows or columns; HG_EDATA for a group or count
 * out of bounds; HG_ENOMEM.
 */
hg_status hg_suppress(const hg_suppress_table *table, uint64_t below, hg_suppressed *out,
                      hg_error *err);
void hg_suppressed_dispose(hg_suppressed *s);

#endif
