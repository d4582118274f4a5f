/* Features as io reads them and geo uses them: WKB geometries with a name each. */
#ifndef HG_GEO_SHAPES_H
#define HG_GEO_SHAPES_H

#include "base/table.h"
#include "geo/crs.h"
#include "geo/datum.h"

typedef struct hg_shape {
    unsigned char *wkb; /**< ISO WKB, two-dimensional, owned */
    size_t size;
    char *name; /**< owned; NULL where it has none */
} hg_shape;

typedef struct hg_shapes {
    hg_shape *shapes;
    size_t count, capacity;
    char *source; /**< what to call it in errors */
} hg_shapes;

/** Adds a copy; name may be NULL. */
hg_status hg_shapes_add(hg_shapes *shapes, const unsigned char *wkb, size_t size, const char *name,
                        hg_error *err);
/** Adds a geometry from hg_malloc, which the shapes own from then on, also where this fails. */
hg_status hg_shapes_adopt(hg_shapes *shapes, unsigned char *wkb, size_t size, const char *name,
                          hg_error *err);

/**
 * Makes shape i the multipolygon of its own polygons and those of `more`, which stays as it is. Both are as
 * HG_WKB_POLYGON says. Errors: HG_EDATA where they are not.
 */
hg_status hg_shapes_join(hg_shapes *shapes, size_t i, const hg_shape *more, hg_error *err);

typedef enum hg_wkb_state {
    HG_WKB_POLYGON,    /**< a whole polygon or multipolygon of finite vertices, two-dimensional, ISO */
    HG_WKB_EMPTY,      /**< one without vertices */
    HG_WKB_NOT_FINITE,
    HG_WKB_OTHER,      /**< another type or dimension, not looked into */
    HG_WKB_BROKEN,     /**< cut off, or with bytes to spare */
} hg_wkb_state;

/** What the bytes hold, as far as a polygon is wanted. */
hg_wkb_state hg_wkb_polygon_state(const unsigned char *wkb, size_t size);

/** Every vertex from one CRS to another, in place. Errors: HG_EDATA for a vertex with no image. */
hg_status hg_shapes_transform(hg_shapes *shapes, const hg_crs *from, const hg_crs *to,
                              hg_error *err);
/** Every vertex from an offset datum to WGS 84, in place. Errors: HG_EDATA for one that did not
 * converge. */
hg_status hg_shapes_to_wgs84(hg_shapes *shapes, hg_datum datum, hg_error *err);
/**
 * For each of the shapes whether it shares a point with a polygon of `area`; meets has
 * shapes->count entries. Both in one CRS. Errors: HG_EDATA for shapes that cannot be read.
 */
hg_status hg_shapes_meet(const hg_shapes *area, const hg_shapes *shapes, bool *meets,
                         hg_error *err);
/** Every vertex multiplied by a factor (feet to metres), in place. */
hg_status hg_shapes_scale(hg_shapes *shapes, double factor, hg_error *err);
/** Box of all shapes. Errors: HG_EDATA when there are no coordinates. */
hg_status hg_shapes_box(const hg_shapes *shapes, double box[4], hg_error *err);
void hg_shapes_dispose(hg_shapes *shapes);

/**
 * Adds a polygon or multipolygon as io reads it (little-endian) to the row of a geometry column that is open
 * (hg_geometry_begin_row), shells counter-clockwise and holes clockwise, nothing else changed.
 * Errors: HG_EFAIL for another kind of geometry or broken WKB.
 */
hg_status hg_shape_emit(const hg_shape *shape, hg_geometry *out, hg_error *err);

/** Finds the named shape (point, line or polygon) nearest to a polygon. */
typedef struct hg_places hg_places;

/** Shapes without a name are left out. Errors: HG_EDATA when none has one. */
hg_status hg_places_new(const hg_shapes *shapes, hg_places **out, hg_error *err);
void hg_places_free(hg_places *places);
/**
 * Name of the place nearest to the box-shaped cell xmin,ymin,xmax,ymax (a place that touches or
 * holds it is at distance 0; ties go to the smaller area, then the name). Borrowed. *distance_m may
 * be NULL.
 */
hg_status hg_places_nearest(const hg_places *places, const double box[4], const char **name,
                            double *distance_m, hg_error *err);

#endif
