/* Which of many polygons have edges in a box, and which cover it whole. Immutable, for any number of threads. */
#ifndef HG_GEO_POLYGON_INDEX_H
#define HG_GEO_POLYGON_INDEX_H

#include "geo/polygon_mm.h"

typedef struct hg_polygon_index hg_polygon_index;

/** The polygons are borrowed and must outlive the index; empty ones are allowed. */
hg_status hg_polygon_index_new(const hg_polygon_mm *polygons, size_t n, hg_polygon_index **out,
                               hg_error *err);
void hg_polygon_index_free(hg_polygon_index *index);

typedef struct hg_polygon_hit {
    uint32_t polygon;
    bool crosses; /**< an edge meets the box; else the polygon covers all of it */
} hg_polygon_hit;

typedef struct hg_polygon_hits {
    hg_polygon_hit *items;
    size_t count, capacity;
} hg_polygon_hits;

/**
 * The polygons that share a point with the box (xmin, ymin, xmax, ymax), ascending by number. `hits` is
 * emptied first and grows as needed; hg_free(hits->items) when done.
 */
hg_status hg_polygon_index_query(const hg_polygon_index *index, const int64_t box[4],
                                 hg_polygon_hits *hits, hg_error *err);
/** The polygons that hold the point, boundary included, likewise (`crosses` = it lies on the boundary). */
hg_status hg_polygon_index_at(const hg_polygon_index *index, int64_t x, int64_t y,
                              hg_polygon_hits *hits, hg_error *err);
/**
 * What hg_polygon_mm_near makes of a polygon of the index (the same points), at the cost of its edges near the box
 * alone.
 */
hg_status hg_polygon_index_near(const hg_polygon_index *index, uint32_t polygon, const int64_t box[4],
                                hg_polygon_mm *out, hg_error *err);

#endif
