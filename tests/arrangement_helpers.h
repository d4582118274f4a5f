/* For tests of the arrangement: polygons from short texts in millimetres, labels by their covers.
 */
#ifndef HG_TESTS_ARRANGEMENT_HELPERS_H
#define HG_TESTS_ARRANGEMENT_HELPERS_H

#include "tests/polygon_helpers.h"
#include "base/random.h"
#include "geo/arrangement.h"

static const hg_exact UNITS_PER_MM2 = 1000;

static inline void begin_ring(hg_polygon_mm *p)
{
    p->ring_start = realloc(p->ring_start, (p->rings + 2) * sizeof *p->ring_start);
    assert_non_null(p->ring_start);
    if (p->rings == 0)
        p->ring_start[0] = 0;
    p->rings++;
    p->ring_start[p->rings] = p->ring_start[p->rings - 1];
}

static inline void add_point(hg_polygon_mm *p, int64_t x, int64_t y)
{
    size_t n = p->ring_start[p->rings]++;
    p->xy = realloc(p->xy, 2 * (n + 1) * sizeof *p->xy);
    assert_non_null(p->xy);
    p->xy[2 * n] = x;
    p->xy[2 * n + 1] = y;
    const int64_t point[4] = {x, y, x, y};
    for (int k = 0; k < 4; k++)
        p->box[k] =
            n == 0 || (k < 2 ? point[k] < p->box[k] : point[k] > p->box[k]) ? point[k] : p->box[k];
}

static inline void close_ring(hg_polygon_mm *p)
{
    size_t first = p->ring_start[p->rings - 1];
    add_point(p, p->xy[2 * first], p->xy[2 * first + 1]);
}

/* Rings "x y, x y, x y; x y, …" without their closing points; shells counter-clockwise. */
static inline hg_polygon_mm mm(const char *text)
{
    hg_polygon_mm p = {0};
    char *end = NULL;
    for (const char *s = text; *s;) {
        begin_ring(&p);
        do {
            s += *s == ',';
            int64_t x = strtoll(s, &end, 10);
            int64_t y = strtoll(end, &end, 10);
            s = end;
            add_point(&p, x, y);
        } while (*s == ',');
        close_ring(&p);
        s += *s == ';';
    }
    return p;
}

static inline hg_polygon_mm mm_box(int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    hg_polygon_mm p = {0};
    begin_ring(&p);
    add_point(&p, x0, y0);
    add_point(&p, x1, y0);
    add_point(&p, x1, y1);
    add_point(&p, x0, y1);
    close_ring(&p);
    return p;
}

static inline hg_arrangement *arrange(const hg_polygon_mm *polygons, size_t n)
{
    hg_arrangement *a = NULL;
    const hg_polygon_mm **list = malloc((n + 1) * sizeof(void *));
    assert_non_null(list);
    for (size_t i = 0; i < n; i++)
        list[i] = &polygons[i];
    expect_ok(hg_arrangement_new(list, n, &a, err));
    free(list);
    return a;
}

static inline bool covers(const hg_arrangement *a, size_t label, uint32_t polygon)
{
    size_t n = 0;
    const uint32_t *cover = hg_arrangement_cover(a, label, &n);
    for (size_t i = 0; i < n; i++) {
        if (cover[i] == polygon)
            return true;
    }
    return false;
}

/* The label covered by exactly the polygons whose bits are set; SIZE_MAX if there is none. */
static inline size_t label_of(const hg_arrangement *a, uint64_t bits)
{
    for (size_t k = 0; k < hg_arrangement_labels(a); k++) {
        size_t n = 0;
        uint64_t found = 0;
        const uint32_t *cover = hg_arrangement_cover(a, k, &n);
        for (size_t i = 0; i < n; i++)
            found |= UINT64_C(1) << cover[i];
        if (found == bits)
            return k;
    }
    return SIZE_MAX;
}

/* Twice the area in mm2 of the label of those polygons; -1 if there is none. */
static inline int64_t twice_mm2(const hg_arrangement *a, uint64_t bits)
{
    size_t k = label_of(a, bits);
    return k == SIZE_MAX ? -1 : (int64_t)(hg_arrangement_planar(a, k) * 2 / UNITS_PER_MM2);
}

/* The union of all labels for which `want` says yes. */
static inline hg_polygon_mm
chosen_polygon(const hg_arrangement *a, bool (*want)(const hg_arrangement *, size_t, const void *),
               const void *context)
{
    size_t labels = hg_arrangement_labels(a);
    uint8_t *chosen = calloc(labels, 1);
    assert_non_null(chosen);
    for (size_t k = 0; k < labels; k++)
        chosen[k] = want(a, k, context);
    hg_polygon_mm p = {0};
    expect_ok(hg_arrangement_polygon(a, chosen, &p, err));
    free(chosen);
    return p;
}

static inline bool wants_polygon(const hg_arrangement *a, size_t label, const void *context)
{
    return covers(a, label, *(const uint32_t *)context);
}

/* Polygon i as it lies in the arrangement. */
static inline hg_polygon_mm noded_polygon(const hg_arrangement *a, uint32_t i)
{
    return chosen_polygon(a, wants_polygon, &i);
}

static inline GEOSGeometry *ring_geometry(GEOSContextHandle_t geos, const hg_polygon_mm *p,
                                          size_t r)
{
    size_t from = p->ring_start[r];
    size_t n = p->ring_start[r + 1] - from;
    double *xy = malloc(2 * n * sizeof *xy);
    assert_non_null(xy);
    for (size_t i = 0; i < 2 * n; i++)
        xy[i] = (double)(p->xy[2 * from + i]);
    GEOSCoordSequence *s = GEOSCoordSeq_copyFromBuffer_r(geos, xy, (unsigned)n, 0, 0);
    free(xy);
    return GEOSGeom_createLinearRing_r(geos, s);
}

/* In millimetres. */
static inline GEOSGeometry *mm_geometry(GEOSContextHandle_t geos, const hg_polygon_mm *p)
{
    GEOSGeometry **parts = malloc((p->rings + 1) * sizeof(void *));
    GEOSGeometry **holes = malloc((p->rings + 1) * sizeof(void *));
    assert_true(parts && holes);
    unsigned n = 0;
    for (size_t r = 0; r < p->rings;) {
        GEOSGeometry *shell = ring_geometry(geos, p, r++);
        unsigned k = 0;
        while (r < p->rings && hg_ring_mm_area(p->xy + 2 * p->ring_start[r],
                                               p->ring_start[r + 1] - p->ring_start[r]) < 0)
            holes[k++] = ring_geometry(geos, p, r++);
        parts[n++] = GEOSGeom_createPolygon_r(geos, shell, holes, k);
    }
    GEOSGeometry *g = GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, n);
    free(parts);
    free(holes);
    return g;
}

static inline void expect_valid(const hg_polygon_mm *p)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *g = mm_geometry(geos, p);
    char *reason = GEOSisValidReason_r(geos, g);
    if (strcmp(reason, "Valid Geometry") != 0)
        fail_msg("invalid: %s", reason);
    GEOSFree_r(geos, reason);
    GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
}

static inline void dispose_all(hg_polygon_mm *polygons, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hg_polygon_mm_dispose(&polygons[i]);
}

#endif
