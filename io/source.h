/*
 * Reading incidents from any OGR source into columns.
 *
 * A source is opened once, which settles everything that depends on the file: encoding, layer, CRS
 * as declared, which columns hold what. Reading then yields the rows as columns. GeoPackage tables
 * are read by SQLite in row ranges, CSV straight from the text, both on several threads; everything
 * else goes through OGR's feature loop.
 */
#ifndef HG_IO_SOURCE_H
#define HG_IO_SOURCE_H

#include "base/civil.h"
#include "base/control.h"
#include "geo/shapes.h"

/** What the user said about an input; NULL or 0 = nothing. Borrowed. */
typedef struct hg_source_spec {
    const char *path;
    const char *layer, *where, *sql;
    const char *x, *y;
    const char *encoding; /**< "auto" or a name */
    const char *time, *time_end, *category, *stream_column, *weight, *id;
    const char *const *keep;
    size_t keep_count;
    const char *sheet;
    int header_row;         /**< 1-based row of the column heads; 0 = the first */
    bool allow_identifiers; /**< let --keep name columns that look like personal data */
    const hg_zone *zone;    /**< civil zone of naive times; NULL = as written */
} hg_source_spec;

typedef enum hg_row_state {
    HG_ROW_OK = 0,
    HG_ROW_NO_GEOMETRY,
    HG_ROW_NOT_FINITE,
    HG_ROW_BAD_GEOMETRY,
} hg_row_state;

/** A value that could not be read: data row (0-based) and the text as it stands. */
typedef struct hg_bad_value {
    size_t row;
    uint32_t text;
} hg_bad_value;

typedef struct hg_bad_values {
    hg_bad_value *items;
    size_t count, capacity;
} hg_bad_values;

/** Rows of one input in file order. Columns not asked for (and not guessed) are NULL. */
typedef struct hg_source_rows {
    size_t n;
    double *x, *y;                    /**< as in the file; NaN where the state is not HG_ROW_OK */
    uint8_t *state;                   /**< hg_row_state */
    double *w;                        /**< NaN where the text was not a number (see bad_weights) */
    int64_t *t_start, *t_end;         /**< civil seconds or HG_NO_TIME */
    uint32_t *category, *stream, *id; /**< pool ids */
    uint64_t *hash;                   /**< over every column of the row, the primary key left out */
    uint32_t *number;                 /**< 1-based data row in the file; NULL where it is the index + 1 */
    uint64_t not_read;                /**< rows passed over, as hg_source_limit allows */
    hg_column *kept;                  /**< kept_count columns, named as in the file */
    size_t kept_count;
    hg_bad_values bad_points; /**< text of coordinates that are not numbers, or geometry type */
    hg_bad_values bad_times;  /**< neither readable nor empty, or end before start */
    hg_bad_values bad_weights;
    size_t empty_times;               /**< rows without any time */
    size_t naive_times, offset_times; /**< how the times were written */
    int32_t first_offset_s;
    bool offsets_differ;
} hg_source_rows;

typedef struct hg_source hg_source;

/**
 * Opens a source and settles its columns. `pool` receives all text.
 * Errors: HG_EIO missing, unreadable or a folder; HG_EDATA empty, header only, junk, truncated,
 * undecodable; HG_EUSAGE for a layer or column that does not exist, ambiguous coordinates, refused
 * --keep columns.
 */
hg_status hg_source_open(const hg_source_spec *spec, hg_pool *pool, hg_control *control,
                         hg_source **out, hg_error *err);
void hg_source_free(hg_source *source);

const char *hg_source_name(const hg_source *source);  /**< file name or redacted connection */
const char *hg_source_layer(const hg_source *source); /**< layer read */
const char *
hg_source_stem(const hg_source *source); /**< default stream: layer name, else file stem */
const char *hg_source_file(const hg_source *source); /**< path to hash; NULL where it is no file */
/** WKT of the CRS the file declares; NULL where it declares none. */
const char *hg_source_crs(const hg_source *source);
/** True where the coordinates came from columns that are named longitude and latitude. */
bool hg_source_names_degrees(const hg_source *source);
bool hg_source_is_polygons(const hg_source *source);
/** True for a store made by `hotgrid load`. */
bool hg_source_is_store(const hg_source *source);
/** Civil zone recorded in a store; NULL otherwise. */
/** What was guessed, in words ("x = longitude, y = latitude (guessed)"); borrowed. */
size_t hg_source_note_count(const hg_source *source);
const char *hg_source_note(const hg_source *source, size_t i);

/**
 * True where hg_source_limit spares reading and leaves the other rows as they are: the file has an index of places,
 * and no column wanted takes its meaning from all rows together.
 */
bool hg_source_can_limit(const hg_source *source);
/**
 * Allows the next hg_source_read to pass over rows outside of xmin, ymin, xmax, ymax (in the file's coordinates);
 * which of them it reads all the same is its own affair. If all lie outside, all are read.
 */
void hg_source_limit(hg_source *source, const double box[4]);
hg_status hg_source_read(hg_source *source, hg_source_rows *rows, hg_error *err);
/**
 * The part-th of `parts` stretches that follow each other and together are all rows, for readers that share a
 * source; n may be 0. Formats that cannot be entered in the middle have all rows in part 0. Once the parts are
 * put together, hg_source_settle makes of them what hg_source_read gives.
 */
hg_status hg_source_read_part(hg_source *source, size_t part, size_t parts, hg_source_rows *rows, hg_error *err);
hg_status hg_source_settle(hg_source *source, hg_source_rows *rows, hg_error *err);
void hg_source_rows_dispose(hg_source_rows *rows);

/**
 * The same for a polygon layer: x and y are the middle of each polygon's box, and `shapes` has one
 * entry a row, a linear two-dimensional polygon or multipolygon, of size 0 where the state is not
 * HG_ROW_OK.
 */
hg_status hg_source_read_polygons(hg_source *source, hg_source_rows *rows, hg_shapes *shapes,
                                  hg_error *err);

/**
 * Reads the source once more for the n data rows named in `rows` (1-based, ascending) and gives
 * each as text, "name=value" joined by "; ", as ids of the source's pool; HG_NO_TEXT where a row is
 * gone.
 */
hg_status hg_source_read_raw(hg_source *source, const uint64_t *rows, size_t n, uint32_t *texts,
                             hg_error *err);

/**
 * A source as it may be shown and recorded: "PG:host=h password=secret" -> "PG:host=h
 * password=***", "user:secret@host" in URIs likewise. Free with hg_free; NULL without memory.
 */
char *hg_source_redact(const char *connection);

/**
 * Splits SRC[:LAYER][@DATE]: a final @YYYY-MM-DD is cut off; if the rest names an existing path it
 * is the source; else it is split at the last ':' if the left part exists; else the whole goes to
 * OGR. layer and date are empty strings where absent. Sizes are those of the buffers.
 */
void hg_source_split(const char *text, char *path, size_t path_size, char *layer, size_t layer_size,
                     char date[11]);

/**
 * Reads all geometries of SRC[:LAYER] (polygons for areas, anything for places) as WKB, with the
 * names in `name_column` (NULL: guessed; none if nothing fits), which errors call by `option`. *crs_wkt
 * is NULL where none is declared; free with hg_free.
 */
hg_status hg_source_read_shapes(const char *source, const char *name_column, const char *option,
                                hg_shapes *shapes, char **crs_wkt, hg_error *err);

/** The column of SRC[:LAYER] that holds names, as above; NULL where nothing fits. Free with hg_free. */
hg_status hg_source_guess_name(const char *source, char **column, hg_error *err);

#endif
