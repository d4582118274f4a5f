/* Guessing what the columns of a table hold, from their names and a sample of values. */
#ifndef HG_IO_COLUMNS_H
#define HG_IO_COLUMNS_H

#include "base/civil.h"

/** Names of n columns and a sample of their values: values[row * n + column], NULL = empty. */
typedef struct hg_sample {
    size_t columns, rows;
    const char *const *names;
    const char *const *values;
} hg_sample;

enum { HG_NO_COLUMN = -1 };

/** The column of that name, first exactly, then without case and surrounding blanks. */
int hg_column_find(const hg_sample *sample, const char *name);

/**
 * The columns that by their names hold x (easting, longitude) and y. *degrees tells whether the names
 * say longitude and latitude. HG_NO_COLUMN where nothing fits.
 * Errors: HG_EUSAGE, naming them, where two columns fit equally well.
 */
hg_status hg_column_guess_xy(const hg_sample *sample, const char *source, int *x, int *y,
                             bool *degrees, hg_error *err);

typedef struct hg_time_columns {
    int start, start_clock; /**< date (and time) column, and the column of the time of day if apart */
    int end;
} hg_time_columns;

/**
 * A start/end pair by name whose values parse, else the first column whose values parse (with a
 * time-of-day column where it holds dates only). Columns of bare digits count only if their name speaks
 * of time.
 */
hg_time_columns hg_column_guess_time(const hg_sample *sample);

/** Day and month order that the sample of a column shows; HG_ORDER_UNKNOWN where it shows none. */
hg_date_order hg_column_date_order(const hg_sample *sample, int column);

/** The column of names for places: "name", "名称" and the like; HG_NO_COLUMN if none. */
int hg_column_guess_name(const hg_sample *sample);

/** True for names of columns that look like names, numbers, telephones or addresses of persons. */
bool hg_column_is_personal(const char *name);

#endif
