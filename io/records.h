/*
 * Any OGR source as records: rows of text, by columns asked for by name, with an outline each where
 * polygons are wanted. Opened like sources of incidents (encodings, sheets, layers), but no column is
 * given a meaning.
 */
#ifndef HG_IO_RECORDS_H
#define HG_IO_RECORDS_H

#include "io/source.h"

/** A column asked for, found without case. */
typedef struct hg_record_column {
    const char *name;
    const char *needed_for; /**< the option, without dashes, that cannot do without it; NULL = optional */
} hg_record_column;

/** What to read; borrowed for the call. */
typedef struct hg_record_spec {
    const char *path, *layer; /**< as hg_source_split leaves them; layer NULL = the one there is */
    const char *encoding;     /**< "auto" or a name; NULL = auto */
    bool polygons;            /**< each row has an outline; else geometry is passed over */
    const char *option;       /**< the option, without dashes, that errors about the layer name */
    const hg_record_column *columns;
    size_t column_count;
} hg_record_spec;

/** Rows in file order; data row i + 1 of the source is row i. */
typedef struct hg_records {
    char *name, *layer; /**< file name (or redacted connection) and layer, for messages */
    char *file;         /**< path to hash; NULL where it is no file */
    char *crs_wkt;      /**< as declared; NULL where none is */
    size_t n;
    uint32_t **columns; /**< one a column asked for: n pool ids, HG_NO_TEXT where empty or blank; NULL
                             where the source has no such column */
    size_t column_count;
    uint8_t *state;   /**< hg_row_state of each outline; NULL without polygons */
    hg_shapes shapes; /**< two-dimensional ISO WKB with straight edges; size 0 unless HG_ROW_OK */
    hg_bad_values bad; /**< what stood there instead, by row (0-based), ascending */
    char **notes;      /**< what was guessed, in words */
    size_t note_count;
} hg_records;

/**
 * Reads a source. `pool` receives the texts, blanks around them cut off. control may be NULL.
 * Errors: as hg_source_open, but that a layer without rows is no error; HG_EUSAGE for a missing
 * column, HG_EDATA for a layer without geometry where polygons are wanted.
 */
hg_status hg_records_read(const hg_record_spec *spec, hg_pool *pool, hg_control *control,
                          hg_records *out, hg_error *err);
void hg_records_dispose(hg_records *records);

/** The text of a cell as an id; HG_NO_TEXT where the column is absent. */
static inline uint32_t hg_record_text(const hg_records *r, size_t column, size_t row)
{
    return r->columns[column] ? r->columns[column][row] : HG_NO_TEXT;
}

#endif
