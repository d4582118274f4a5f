/* Columns of result tables: made from lists, headed in the language of the run. */
#ifndef HG_JOB_TABLE_COLUMNS_H
#define HG_JOB_TABLE_COLUMNS_H

#include "base/table.h"

typedef struct hg_column_spec {
    const char *name;
    hg_type type;
} hg_column_spec;

hg_status hg_add_columns(hg_table *t, const hg_column_spec *columns, size_t n, hg_error *err);

/** Titles for the columns that have none: the words for their names (job/words.h). */
hg_status hg_set_titles(const char *lang, hg_table *t, hg_error *err);

/**
 * Column names and their titles, NULL-terminated pairs, for hg_style.aliases; borrowed from the table but for
 * the array, which is freed with hg_free. NULL without memory.
 */
const char **hg_column_aliases(const hg_table *t);

#endif
