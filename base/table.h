/*
 * A columnar table: typed columns of equal length, and optionally one geometry column in flat
 * coordinates plus offsets. Every result reaches every file as one of these, so that a new analysis
 * adds no line to io.
 */
#ifndef HG_BASE_TABLE_H
#define HG_BASE_TABLE_H

#include "base/text.h"

typedef enum hg_type {
    HG_INT64,
    HG_DOUBLE,   /**< NaN is null */
    HG_TEXT,     /**< ids in the table's pool; HG_NO_TEXT is null */
    HG_DATETIME, /**< civil seconds since 1970-01-01T00:00:00, int64; HG_NO_TIME is null */
} hg_type;

#define HG_NULL_INT64 INT64_MIN /**< the null of an HG_INT64 column */
#define HG_NO_TIME INT64_MIN    /**< the null of an HG_DATETIME column */

typedef struct hg_column {
    char *name;  /**< UTF-8, unique in the table without case */
    char *title; /**< what a person reads in a legend or a column head; NULL = name */
    hg_type type;
    union {
        int64_t *i64; /**< HG_INT64 and HG_DATETIME */
        double *f64;
        uint32_t *text;
    };
} hg_column;

typedef enum hg_geometry_type {
    HG_NO_GEOMETRY,
    HG_POINT,        /**< xy holds one pair a row */
    HG_POLYGON,      /**< one polygon a row, through the same offsets as HG_MULTIPOLYGON */
    HG_MULTIPOLYGON,
} hg_geometry_type;

/**
 * Row i's polygons are polygon_start[i] … polygon_start[i+1]-1; polygon p's rings are
 * ring_start[p] … ring_start[p+1]-1, the first its shell (counter-clockwise), the others its holes
 * (clockwise); ring r's points are point_start[r] … point_start[r+1]-1, the last equal to the first.
 * Offsets are NULL for points.
 */
typedef struct hg_geometry {
    hg_geometry_type type;
    double *xy; /**< x0 y0 x1 y1 … in the table's CRS */
    size_t *polygon_start, *ring_start, *point_start;
    size_t polygons, rings, points;
    size_t polygon_capacity, ring_capacity, point_capacity;
} hg_geometry;

typedef struct hg_table {
    char *name;  /**< layer name, a safe identifier chosen by us */
    char *title; /**< what a person reads; NULL = name */
    size_t rows;
    hg_column *columns;
    size_t column_count, column_capacity;
    hg_geometry geometry;
    char *crs_wkt; /**< WKT2 of the geometry's CRS; NULL where there is none */
    hg_pool *pool; /**< text of all HG_TEXT columns; borrowed unless owns_pool */
    bool owns_pool;
} hg_table;

/** A table of `rows` rows without columns. pool NULL = a pool of its own. */
hg_status hg_table_new(const char *name, size_t rows, hg_pool *pool, hg_table **out, hg_error *err);
void hg_table_free(hg_table *table);

/** Adds a column of nulls; *out (may be NULL) borrows it until the next column is added. */
hg_status hg_table_add(hg_table *table, const char *name, hg_type type, hg_column **out,
                       hg_error *err);
/** The column of that name, without case; NULL if there is none. */
hg_column *hg_table_column(const hg_table *table, const char *name);
/** Makes the table a point layer; the caller fills geometry.xy (2 × rows, allocated here). */
hg_status hg_table_make_points(hg_table *table, const char *crs_wkt, hg_error *err);
/** Makes the table a polygon layer with no geometry yet; rows are appended in order by the below. */
hg_status hg_table_make_polygons(hg_table *table, hg_geometry_type type, const char *crs_wkt,
                                 hg_error *err);
/** Row by row: begin a row, begin a polygon in it, begin a ring in that, add points to it. */
hg_status hg_geometry_begin_row(hg_geometry *g, size_t row, hg_error *err);
hg_status hg_geometry_begin_polygon(hg_geometry *g, hg_error *err);
hg_status hg_geometry_begin_ring(hg_geometry *g, hg_error *err);
hg_status hg_geometry_add_point(hg_geometry *g, double x, double y, hg_error *err);
/** Closes the offsets after the last row. */
hg_status hg_geometry_finish(hg_geometry *g, size_t rows, hg_error *err);
/**
 * Min x, max x, min y, max y of a row of points or polygons; false, with e undefined, where the row has no
 * point or one that is not finite.
 */
bool hg_geometry_envelope(const hg_geometry *g, size_t row, double e[4]);
/** Sets one text cell. */
hg_status hg_table_set_text(hg_table *table, hg_column *column, size_t row, const char *text,
                            hg_error *err);

#endif
