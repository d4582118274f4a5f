/*
 * The text of a CSV file as records and fields, cut where OGR's driver cuts it, without a copy
 * where nothing is quoted. Only the files of the source reader include this.
 *
 * What that driver does (GDAL 3.6): a line ends in LF, CR or a pair of both; empty lines are no
 * records; a quote anywhere in a field opens or closes a stretch in which delimiters and line ends
 * are text, and two of them in such a stretch are one quote; line ends in it become LF; what is
 * still open at the end of the file ends there; a byte-order mark at the start of a record is
 * passed over.
 */
#ifndef HG_IO_SOURCE_CSV_H
#define HG_IO_SOURCE_CSV_H

#include "io/source_parts.h"

/** A place in a stretch of text that ends with a record or with the file. Zero-initialise; dispose.
 */
typedef struct hg_csv_cursor {
    const char *p, *end;
    char delimiter;
    size_t found;   /**< fields of the record just read; 0 = there was none left */
    bool filled;    /**< one of those asked for is not empty */
    char *unquoted; /**< text of the record just read, where it has quotes */
    size_t capacity;
} hg_csv_cursor;

/**
 * Reads the next record into values[0 … fields - 1], those that are empty or missing as
 * HG_VALUE_NULL, the others as text that is valid until the next call (and not terminated). Fails
 * for want of memory only.
 */
hg_status hg_csv_next(hg_csv_cursor *cursor, hg_value *values, size_t fields, hg_error *err);
void hg_csv_cursor_dispose(hg_csv_cursor *cursor);

/** OGR gives up at lines of that many bytes. */
enum { HG_CSV_LINE = 10000000 };
/** True where no line is that long. */
bool hg_csv_lines_fit(const char *text, size_t n);

/** A stretch of whole records. */
typedef struct hg_csv_stretch {
    const char *start, *end;
    size_t rows; /**< that are in it at most */
} hg_csv_stretch;

/** How long a stretch is read at once: enough for a task, little enough for a cache. */
enum { HG_CSV_STRETCH = 1 << 22 };

/**
 * Cuts n bytes of text at ends of records into stretches of about `stretch` bytes; free with
 * hg_free. Reads all of the text, on `threads` threads.
 */
hg_status hg_csv_cut(const char *text, size_t n, size_t stretch, int threads,
                     hg_csv_stretch **stretches, size_t *count, hg_error *err);

/** True where the rows of a source can be read straight from the text. */
bool hg_source_is_csv(const hg_source *source);

/**
 * Reads the rows as hg_source_read_features would, on several threads, `stretch` bytes a task.
 * *done tells whether it could: false, with nothing read, where only OGR knows how the text is to
 * be split.
 */
hg_status hg_source_read_csv(hg_source *source, size_t stretch, hg_source_rows *rows, bool *done,
                             hg_error *err);

/** Passes every data row to the sink, as hg_source_each_feature would; *done as above. */
hg_status hg_source_each_record(hg_source *source, hg_row_sink sink, void *context, bool *done,
                                hg_error *err);

#endif
