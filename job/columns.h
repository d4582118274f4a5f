/* Tables from lists of columns. */
#ifndef HG_JOB_COLUMNS_H
#define HG_JOB_COLUMNS_H

#include "base/table.h"

typedef struct hg_column_spec {
    const char *name;
    hg_type type;
} hg_column_spec;

/** Adds the columns, all null, in this order. */
hg_status hg_columns_add(hg_table *table, const hg_column_spec *columns, size_t n, hg_error *err);
/** Gives every column that has none the title of the language. */
hg_status hg_columns_title(const char *lang, hg_table *table, hg_error *err);

/** Column names and titles as pairs, NULL-terminated; the texts are borrowed from the table. NULL without memory. */
const char **hg_table_aliases(const hg_table *table);

/** A row being filled from left to right; the first failure stays in `status`. */
typedef struct hg_row {
    hg_table *table;
    size_t row, column;
    hg_status status;
    hg_error *err;
} hg_row;

void hg_row_text(hg_row *r, const char *text); /**< NULL = null */
void hg_row_real(hg_row *r, double value);
void hg_row_int(hg_row *r, int64_t value);
void hg_row_moment(hg_row *r, int64_t civil); /**< HG_NO_TIME = null */
/** A day as text "2019-03-01"; HG_NO_TIME = null. */
void hg_row_day(hg_row *r, int64_t civil);

#endif
