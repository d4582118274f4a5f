#include "base/memory.h"
#include "geo/geos.h"

#include <math.h>
#include <string.h>

typedef struct place {
    GEOSGeometry *geometry;
    const GEOSPreparedGeometry *prepared;
    char *name;
    double area;
} place;

struct hg_places {
    GEOSContextHandle_t geos;
    GEOSSTRtree *tree;
    place *places;
    size_t count;
};

static hg_status make_place(GEOSContextHandle_t geos, const hg_shapes *shapes, size_t i, place *p,
                            hg_error *err)
{
    bool repaired = false;
    hg_status status = hg_geos_read(geos, shapes, i, &p->geometry, err);
    if (status == HG_OK)
        status = hg_geos_repair(geos, &p->geometry, &repaired, err);
    if (status != HG_OK)
        return status;
    p->name = hg_strdup(shapes->shapes[i].name);
    p->prepared = GEOSPrepare_r(geos, p->geometry);
    if (!p->name || !p->prepared || !GEOSArea_r(geos, p->geometry, &p->area))
        return hg_fail_memory(err);
    return HG_OK;
}

static bool has_name(const hg_shape *shape)
{
    return shape->name && shape->name[0];
}

static hg_status fill(hg_places *places, const hg_shapes *shapes, hg_error *err)
{
    enum { NODE_CAPACITY = 10 };
    hg_status status = hg_geos_open(&places->geos, err);
    places->places = hg_calloc(shapes->count, sizeof *places->places);
    if (status == HG_OK && !places->places)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < shapes->count && status == HG_OK; i++) {
        if (has_name(&shapes->shapes[i]))
            status = make_place(places->geos, shapes, i, &places->places[places->count++], err);
    }
    if (status != HG_OK)
        return status;
    places->tree = GEOSSTRtree_create_r(places->geos, NODE_CAPACITY);
    if (!places->tree)
        return hg_fail_memory(err);
    size_t filled = 0;
    for (size_t i = 0; i < places->count; i++) {
        place *p = &places->places[i];
        if (GEOSisEmpty_r(places->geos, p->geometry) == 0) {
            GEOSSTRtree_insert_r(places->geos, places->tree, p->geometry, p);
            filled++;
        }
    }
    return filled > 0 ? HG_OK
                      : hg_fail(err, HG_EDATA,
                                "%s: none of its %zu shapes has both a name and coordinates",
                                shapes->source ? shapes->source : "places", shapes->count);
}

hg_status hg_places_new(const hg_shapes *shapes, hg_places **out, hg_error *err)
{
    hg_places *places = hg_calloc(1, sizeof *places);
    if (!places)
        return hg_fail_memory(err);
    hg_status status = fill(places, shapes, err);
    if (status == HG_OK)
        *out = places;
    else
        hg_places_free(places);
    return status;
}

void hg_places_free(hg_places *places)
{
    if (!places)
        return;
    for (size_t i = 0; i < places->count; i++) {
        place *p = &places->places[i];
        if (p->prepared)
            GEOSPreparedGeom_destroy_r(places->geos, p->prepared);
        if (p->geometry)
            GEOSGeom_destroy_r(places->geos, p->geometry);
        hg_free(p->name);
    }
    if (places->tree)
        GEOSSTRtree_destroy_r(places->geos, places->tree);
    hg_free(places->places);
    hg_geos_close(places->geos);
    hg_free(places);
}

/* One question to the tree: the cell, and for the second pass the best place so far. */
typedef struct search {
    GEOSContextHandle_t geos;
    const GEOSGeometry *cell;
    double reach; /**< distance of the nearest, with room for rounding */
    const place *best;
    double best_distance;
} search;

static int item_distance(const void *a, const void *b, double *distance, void *payload)
{
    const search *s = payload;
    /* GEOS passes the query item (here the search itself) on either side. */
    const place *p = a == (const void *)s ? b : a;
    return GEOSPreparedDistance_r(s->geos, p->prepared, s->cell, distance);
}

static bool preferred(const place *a, const place *b)
{
    return a->area != b->area ? a->area < b->area : strcmp(a->name, b->name) < 0;
}

static void consider(void *item, void *payload)
{
    const place *p = item;
    search *s = payload;
    double d = INFINITY;
    if (!GEOSPreparedDistance_r(s->geos, p->prepared, s->cell, &d) || !(d <= s->reach))
        return;
    if (!s->best || preferred(p, s->best)) {
        s->best = p;
        s->best_distance = d;
    }
}

/* The tree names one nearest place; all that are as near are then compared. */
static hg_status find(const hg_places *places, const double box[4], search *s, hg_error *err)
{
    const place *nearest =
        GEOSSTRtree_nearest_generic_r(places->geos, places->tree, s, s->cell, item_distance, s);
    double d = 0.0;
    if (!nearest || !GEOSPreparedDistance_r(s->geos, nearest->prepared, s->cell, &d))
        return hg_fail(err, HG_EFAIL, "no distance could be found from cell %.9g %.9g to any place",
                       box[0], box[1]);
    s->reach = d * (1.0 + 1e-12);
    double wide[4] = {box[0] - s->reach, box[1] - s->reach, box[2] + s->reach, box[3] + s->reach};
    GEOSGeometry *around = NULL;
    hg_status status = hg_geos_box(places->geos, wide, &around, err);
    if (status != HG_OK)
        return status;
    s->best = nearest;
    s->best_distance = d;
    GEOSSTRtree_query_r(places->geos, places->tree, around, consider, s);
    GEOSGeom_destroy_r(places->geos, around);
    return HG_OK;
}

hg_status hg_places_nearest(const hg_places *places, const double box[4], const char **name,
                            double *distance_m, hg_error *err)
{
    GEOSGeometry *cell = NULL;
    hg_status status = hg_geos_box(places->geos, box, &cell, err);
    if (status != HG_OK)
        return status;
    search s = {.geos = places->geos, .cell = cell};
    status = find(places, box, &s, err);
    GEOSGeom_destroy_r(places->geos, cell);
    if (status != HG_OK)
        return status;
    *name = s.best->name;
    if (distance_m)
        *distance_m = s.best_distance;
    return HG_OK;
}
