/* Polygons on the lattice of whole millimetres that everything in one audit is snapped to. */
#ifndef HG_GEO_POLYGON_MM_H
#define HG_GEO_POLYGON_MM_H

#include "base/table.h"
#include "geo/exact.h"
#include "geo/shapes.h"

/**
 * A polygon or multipolygon as closed rings: shells counter-clockwise, each followed by its holes, clockwise, so
 * that the winding number is 1 inside and 0 outside. rings 0 = empty. Rounding may make rings touch or cross
 * by a millimetre; inside is where the winding number is positive.
 */
typedef struct hg_polygon_mm {
    int64_t *xy;        /**< x0 y0 x1 y1 …, millimetres in the analysis CRS; a ring's last point = its first */
    size_t *ring_start; /**< rings + 1 offsets, in points */
    size_t rings;
    int64_t box[4];     /**< xmin, ymin, xmax, ymax; undefined when empty */
} hg_polygon_mm;

/** What was done to a polygon on its way to the lattice. */
typedef struct hg_repair {
    bool invalid;                   /**< it was not valid and went through MakeValid */
    char reason[96];                /**< GEOS's reason in a few words ("Self-intersection"), "" if valid */
    double x, y;                    /**< where, in metres; NaN if not known */
    double area_before, area_after; /**< m2 on the plane: as given (shells less their holes, whichever way they
                                         run and overlap), on the lattice */
} hg_repair;

typedef struct hg_polygon_reader hg_polygon_reader;

/** For reading many shapes; one reader serves one thread. */
hg_status hg_polygon_reader_new(hg_polygon_reader **out, hg_error *err);
void hg_polygon_reader_free(hg_polygon_reader *reader);
/**
 * Shape i (metres) as a polygon on the lattice: polygonal parts only, those of a collection taken for one
 * multipolygon; repaired by MakeValid (structure method, linework where that gives up) where it is invalid;
 * vertices rounded to whole millimetres, halves up; repeated points and collapsed rings dropped. A shape of
 * which nothing is left is empty, which is no error. Errors: HG_EDATA for broken WKB, coordinates that are not
 * finite or beyond 9e12 mm; HG_EFAIL where GEOS cannot repair it.
 */
hg_status hg_polygon_reader_read(hg_polygon_reader *reader, const hg_shapes *shapes, size_t i,
                                 hg_polygon_mm *out, hg_repair *repair, hg_error *err);
/** For reading one. */
hg_status hg_polygon_mm_read(const hg_shapes *shapes, size_t i, hg_polygon_mm *out, hg_repair *repair,
                             hg_error *err);
void hg_polygon_mm_dispose(hg_polygon_mm *p);
hg_status hg_polygon_mm_copy(const hg_polygon_mm *p, hg_polygon_mm *out, hg_error *err);
/** Signed area to the left of a closed ring of n points, the last = the first, exact. */
hg_exact hg_ring_mm_area(const int64_t *xy, size_t n);
/** Planar area by the shoelace formula, exact. */
hg_exact hg_polygon_mm_area(const hg_polygon_mm *p);
double hg_polygon_mm_perimeter_m(const hg_polygon_mm *p);

typedef enum hg_overlay { HG_UNION, HG_INTERSECTION, HG_DIFFERENCE } hg_overlay;

/** Overlay on the lattice (OverlayNG, precision 1 mm), polygonal parts only. out must not be a or b. */
hg_status hg_polygon_mm_overlay(hg_overlay op, const hg_polygon_mm *a, const hg_polygon_mm *b,
                                hg_polygon_mm *out, hg_error *err);
/** The union of n polygons, likewise. */
hg_status hg_polygon_mm_union(const hg_polygon_mm *const *polygons, size_t n, hg_polygon_mm *out,
                              hg_error *err);

/**
 * The mask of a morphological opening: mitred dilate(erode(p, half_m), half_m), rounded to the lattice, its
 * vertices drawn to those of p within 2 mm so that a rotated rectangle comes back exactly. Corners from 11.5
 * degrees on come back, sharper ones lose their tips (mitres end at ten times half_m). The opening is
 * p ∩ mask. Parts of p narrower than 2 half_m vanish. half_m = 0 copies.
 */
hg_status hg_polygon_mm_opening_mask(const hg_polygon_mm *p, double half_m, hg_polygon_mm *mask,
                                     hg_error *err);

/**
 * Diameter of the largest inscribed circle in metres; 0 if empty. Never more than the true one, and less by at
 * most tolerance_m > 0 (2 mm if that is finer); by more only where a million places do not settle it, as in
 * ditches of centimetres by tens of kilometres.
 */
hg_status hg_polygon_mm_inscribed(const hg_polygon_mm *p, double tolerance_m, double *diameter_m,
                                  hg_error *err);

/** -1 outside, 0 on the boundary, 1 inside; exact. */
int hg_polygon_mm_locate(const hg_polygon_mm *p, int64_t x, int64_t y);

/** Adds the polygon to the row of a geometry column that is open (hg_geometry_begin_row), in metres. */
hg_status hg_polygon_mm_emit(const hg_polygon_mm *p, hg_geometry *out, hg_error *err);

#endif
