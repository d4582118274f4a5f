/* What the files of the source reader share; nobody else includes this. */
#ifndef HG_IO_SOURCE_PARTS_H
#define HG_IO_SOURCE_PARTS_H

#include "io/columns.h"
#include "io/source.h"

#include <gdal.h>

enum hg_role {
    HG_ROLE_X,
    HG_ROLE_Y,
    HG_ROLE_TIME,
    HG_ROLE_CLOCK,
    HG_ROLE_TIME_END,
    HG_ROLE_CATEGORY,
    HG_ROLE_STREAM,
    HG_ROLE_WEIGHT,
    HG_ROLE_ID,
    HG_ROLE_END
};

struct hg_source {
    hg_source_spec spec;
    hg_pool *pool;
    hg_control *control;
    char *name, *stem, *file, *layer_name, *crs;
    char *memory_path; /* /vsimem file that holds the recoded text */
    char *text;        /* the whole text recoded; NULL where OGR reads the file itself */
    const char *table; /* what OGR sees of it: from the row of the column heads on */
    size_t table_size;
    bool csv; /* a text file that the CSV driver has opened */
    GDALDatasetH dataset;
    OGRLayerH layer;
    bool sql_result;
    size_t fields;
    bool *wanted; /* a field each: values not wanted are left NULL; NULL = all are */
    char **field_names;
    hg_type *field_types;
    size_t title_rows; /* rows to pass over before the data */
    size_t part, parts; /* read is the part-th of so many stretches of the rows; parts 0 = all */
    int column[HG_ROLE_END];
    int *keep;
    hg_date_order order, order_end;
    bool from_columns, degrees, polygons, store;
    bool records; /* rows of text, with an outline or without: nothing is guessed */
    bool tabular; /* rows have no geometry of their own */
    bool limited; /* rows outside of limit need not be read */
    double limit[4];
    char **notes;
    size_t note_count, note_capacity;
};

hg_status hg_source_add_note(hg_source *s, hg_error *err, const char *fmt, ...) HG_PRINTF(3, 4);

/** One field of one row, however it was stored. */
typedef struct hg_value {
    enum { HG_VALUE_NULL, HG_VALUE_INT, HG_VALUE_REAL, HG_VALUE_TEXT } type;
    int64_t i;
    double d;
    const char *s;
    size_t n;
} hg_value;

/** The geometry of one row as the reader found it. */
typedef struct hg_position {
    hg_row_state state;
    double x, y;
    const char *bad; /* what stood there instead of a point; NULL = nothing to show */
    void *geometry;  /* OGR's, where the row came through OGR and has one that is not empty */
} hg_position;

/** Rows under construction by one thread, with text of their own. */
typedef struct hg_row_builder {
    const hg_source *source;
    hg_source_rows rows;
    size_t capacity;
    hg_pool *pool;
    bool owns_pool;
    bool is_view; /* its columns are a stretch of another builder's */
} hg_row_builder;

/** pool NULL = one of its own, for a thread whose rows are joined later. */
hg_status hg_row_builder_init(hg_row_builder *b, const hg_source *source, hg_pool *pool,
                              hg_error *err);
void hg_row_builder_dispose(hg_row_builder *b);
/** Takes one row: `values` has one entry a field of the source; position NULL = from x and y. */
hg_status hg_row_builder_add(hg_row_builder *b, const hg_position *position, const hg_value *values,
                             hg_error *err);
/** Room for `capacity` rows in all columns. */
hg_status hg_row_builder_reserve(hg_row_builder *b, size_t capacity, hg_error *err);
/**
 * Makes `part` write its rows, at most `capacity`, into the columns of `all` from row `start` on,
 * with text of its own: for threads that know where their rows go. One row more fails with HG_EDATA.
 */
hg_status hg_row_builder_view(hg_row_builder *part, const hg_row_builder *all, size_t start,
                              size_t capacity, hg_error *err);
/** Joins parts in order into `all`, views of which stay where they are or move down. */
hg_status hg_row_builder_join(hg_row_builder *all, hg_row_builder *parts, size_t n, hg_error *err);
/** Turns kept text columns that hold nothing but numbers into numbers. */
hg_status hg_rows_narrow(hg_source_rows *rows, hg_pool *pool, hg_error *err);

enum { HG_SHORT_TEXT = 64 }; /* all that is not text of its own; longer is cut */
/** ISO 8601 of year, month, day, hour, minute and what else OGR has of a moment; buf holds HG_SHORT_TEXT. */
void hg_source_moment_text(const int moment[5], float second, int zone, bool date_only, char *buf);

/** A value as text: its own, or written into buf; empty for none. */
const char *hg_value_text(const hg_value *v, char buf[64], size_t *n);

/** Called with each data row in order; position NULL where it stands in the values. */
typedef hg_status (*hg_row_sink)(void *context, const hg_position *position, const hg_value *values,
                                 hg_error *err);
/** Passes every data row, as OGR yields it, to the sink. */
hg_status hg_source_each_feature(hg_source *source, hg_row_sink sink, void *context, hg_error *err);
/** The same rows, straight from the text where that can be done; texts are then not terminated. */
hg_status hg_source_each_row(hg_source *source, hg_row_sink sink, void *context, hg_error *err);
hg_status hg_source_read_features(hg_source *source, hg_source_rows *rows, hg_error *err);

/** True where rows can be read straight from a FlatGeobuf file. */
bool hg_source_is_flatgeobuf(const hg_source *source);
/** The rows, without those outside of the source's limit where the file has an R-tree. */
hg_status hg_source_read_flatgeobuf(hg_source *source, hg_source_rows *rows, hg_error *err);

/** True where rows may come by PostgreSQL's own protocol (never, where this was built without libpq). */
bool hg_source_is_postgres(const hg_source *source);
/** The rows, by OGR's feature loop where they do not come so. */
hg_status hg_source_read_postgres(hg_source *source, hg_source_rows *rows, hg_error *err);

/** The point in WKB, ISO or extended (also with an SRID); a multipoint of one point is that point. */
void hg_source_place_wkb(const unsigned char *wkb, size_t n, hg_position *position);

/** True where rows can be read straight from a GeoPackage table. */
bool hg_source_is_direct(const hg_source *source);

/** What becomes of the rows of a GeoPackage table that is read in ranges of rows. */
typedef struct hg_range_sink {
    /** Once, before any row: how many ranges there are, and at most how many rows in each (0 = not known). */
    hg_status (*begin)(void *context, size_t ranges, size_t step, hg_error *err);
    /** Before the first row of a range, on the thread that reads it. */
    hg_status (*open)(void *context, size_t range, hg_error *err);
    /** A row: its geometry as it is stored (NULL = none) and one value a field. */
    hg_status (*row)(void *context, size_t range, const unsigned char *blob, size_t n,
                     const hg_value *values, hg_error *err);
    void *context;
} hg_range_sink;

/** Reads all ranges, on several threads; ranges in order hold the rows in OGR's order. */
hg_status hg_source_each_range(hg_source *source, const hg_range_sink *sink, hg_error *err);
/** The WKB inside a stored geometry; HG_ROW_NO_GEOMETRY, or HG_ROW_BAD_GEOMETRY where it is none. */
hg_row_state hg_source_open_blob(const unsigned char *blob, size_t n, const unsigned char **wkb,
                                 size_t *size);
hg_status hg_source_read_direct(hg_source *source, hg_source_rows *rows, hg_error *err);

/** Opens a source for hg_records_read: no column has a meaning, the layer may be without rows. */
hg_status hg_source_open_records(const hg_source_spec *spec, bool polygons, hg_pool *pool,
                                 hg_control *control, hg_source **out, hg_error *err);
/** HG_EUSAGE: no column `name`, which --option asks for; lists those there are. */
hg_status hg_source_no_column(const hg_source *source, const char *option, const char *name,
                              hg_error *err);

/** Opens the dataset of a path or connection, with its encoding settled; used for shapes as well.
 */
hg_status hg_source_open_dataset(hg_source *source, hg_error *err);
void hg_source_close_dataset(hg_source *source);
/** Picks the layer; `first` takes the first of several instead of asking. */
hg_status hg_source_pick_layer(hg_source *source, bool first, hg_error *err);
/** Reads up to `limit` rows as text for guessing; free with hg_source_sample_free. */
hg_status hg_source_take_sample(hg_source *source, size_t limit, hg_sample *sample, hg_error *err);
void hg_source_sample_free(hg_sample *sample);
/** Adds a geometry as two-dimensional WKB with straight edges; name may be NULL. */
hg_status hg_source_add_shape(OGRGeometryH geometry, const char *name, hg_shapes *shapes,
                              hg_error *err);
/** What a geometry (NULL = none) is where a polygon is wanted; *bad is what stands there instead. */
hg_row_state hg_source_polygon_state(OGRGeometryH geometry, const char **bad);
/** WKT of the layer's CRS; NULL where none is declared. */
hg_status hg_source_declared_crs(OGRLayerH layer, char **wkt, hg_error *err);

#endif
