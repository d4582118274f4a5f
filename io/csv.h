/* Tables as CSV that spreadsheets open without asking. */
#ifndef HG_IO_CSV_H
#define HG_IO_CSV_H

#include "base/table.h"

/**
 * Writes the table without its geometry: UTF-8 with byte-order mark, commas, CRLF, heads = column names,
 * fields quoted where RFC 4180 asks for it, nulls empty, numbers in the shortest decimal that reads back as
 * the same, times as "2019-03-01T08:30:00".
 * Errors: HG_EIO.
 */
hg_status hg_csv_write(const char *path, const hg_table *table, hg_error *err);

#endif
