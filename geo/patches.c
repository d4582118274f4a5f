/*
 * Patches are read in chunks, each with lists of edges of its own, so that threads share nothing. Only
 * patches that the boundary of the study area may cross are cut by GEOS: for the others one vertex
 * tells on which side they lie.
 */
#include "geo/patch_edges.h"
#include "base/memory.h"
#include "base/threads.h"
#include "geo/directed_edges.h"
#include "geo/region_edges.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 1024 };

/* Metres beyond which whole centimetres, and so lattices of cells, are no longer exact in a double. */
static const double farthest_m = 9.0e13;

typedef struct chunk {
    hg_edge_list whole, inside;
} chunk;

struct hg_patches {
    size_t n;
    const hg_shape **shapes;
    hg_patch *list;
    chunk *chunks;
};

static size_t chunk_count(size_t n)
{
    return (n + CHUNK - 1) / CHUNK;
}

static size_t chunk_end(const hg_patches *p, size_t index)
{
    return (index + 1) * CHUNK < p->n ? (index + 1) * CHUNK : p->n;
}

size_t hg_patches_count(const hg_patches *patches)
{
    return patches->n;
}

const hg_patch *hg_patches_at(const hg_patches *patches, size_t i)
{
    return &patches->list[i];
}

const hg_edge *hg_patch_edges(const hg_patches *patches, size_t i, bool inside, size_t *n)
{
    const hg_patch *p = &patches->list[i];
    const chunk *c = &patches->chunks[i / CHUNK];
    const hg_patch_part *part = inside ? &p->inside : &p->whole;
    const hg_edge_list *list = inside && p->cut ? &c->inside : &c->whole;
    *n = part->n;
    return part->n ? list->edges + part->first : NULL;
}

/* Every corner begins one edge. */
size_t hg_patch_corners(const hg_patches *patches, size_t i, double *x, double *y)
{
    size_t n;
    const hg_edge *edges = hg_patch_edges(patches, i, false, &n);
    for (size_t k = 0; x && y && k < n; k++) {
        x[k] = edges[k].ax;
        y[k] = edges[k].ay;
    }
    return n;
}

void hg_patches_free(hg_patches *patches)
{
    if (!patches)
        return;
    for (size_t k = 0; patches->chunks && k < chunk_count(patches->n); k++) {
        hg_free(patches->chunks[k].whole.edges);
        hg_free(patches->chunks[k].inside.edges);
    }
    hg_free(patches->chunks);
    hg_free(patches->list);
    hg_free(patches->shapes);
    hg_free(patches);
}

/* ------------------------------------------------- reading ----------------------------------- */

static void find_box(const hg_edge *edges, size_t n, double box[4])
{
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (size_t i = 0; i < n; i++) { /* every vertex of a ring begins one of its edges */
        box[0] = fmin(box[0], edges[i].ax);
        box[1] = fmin(box[1], edges[i].ay);
        box[2] = fmax(box[2], edges[i].ax);
        box[3] = fmax(box[3], edges[i].ay);
    }
}

/* The part whose edges were added to the list from `first` on. */
static hg_patch_part measure(const hg_edge_list *list, size_t first)
{
    hg_patch_part part = {.first = first, .n = list->count - first};
    double centre[2] = {0.0, 0.0};
    if (part.n == 0)
        return part;
    const hg_edge *edges = list->edges + first;
    find_box(edges, part.n, part.box);
    double x = 0.5 * (part.box[0] + part.box[2]), y = 0.5 * (part.box[1] + part.box[3]);
    double area = hg_directed_area(edges, part.n, x, y, centre);
    if (!(area > 0.0))
        return (hg_patch_part){0};
    part.area_m2 = area;
    part.x = centre[0];
    part.y = centre[1];
    return part;
}

static hg_status read_valid(GEOSContextHandle_t geos, const hg_shape *shape, GEOSGeometry **g,
                            bool *repaired, hg_error *err)
{
    hg_shape copy = *shape;
    hg_shapes one = {.shapes = &copy, .count = 1};
    hg_status status = hg_geos_read(geos, &one, 0, g, err);
    return status == HG_OK ? hg_geos_repair(geos, g, repaired, err) : status;
}

static hg_status read_patch(hg_patches *p, size_t i, GEOSContextHandle_t geos, hg_error *err)
{
    hg_patch *patch = &p->list[i];
    hg_edge_list *list = &p->chunks[i / CHUNK].whole;
    GEOSGeometry *g = NULL;
    hg_error why = {HG_OK, ""};
    hg_status status = read_valid(geos, p->shapes[i], &g, &patch->repaired, &why);
    size_t first = list->count;
    if (status == HG_OK)
        status = hg_directed_edges(geos, g, list, &why);
    if (g)
        GEOSGeom_destroy_r(geos, g);
    if (status == HG_ENOMEM)
        return hg_fail_memory(err);
    if (status != HG_OK) {
        list->count = first;
        patch->state = HG_PATCH_UNREADABLE;
        return HG_OK;
    }
    patch->whole = patch->inside = measure(list, first);
    patch->state = patch->whole.area_m2 > 0.0 ? HG_PATCH_GOOD : HG_PATCH_NO_AREA;
    for (int k = 0; patch->state == HG_PATCH_GOOD && k < 4; k++)
        if (!(fabs(patch->whole.box[k]) < farthest_m))
            patch->state = HG_PATCH_UNREADABLE;
    return HG_OK;
}

typedef struct reading {
    hg_patches *patches;
    hg_control *control;
} reading;

static hg_status read_chunk(void *context, size_t index, hg_error *err)
{
    const reading *r = context;
    GEOSContextHandle_t geos = NULL;
    hg_status status = hg_geos_open(&geos, err);
    for (size_t i = index * CHUNK; i < chunk_end(r->patches, index) && status == HG_OK; i++)
        status = read_patch(r->patches, i, geos, err);
    hg_geos_close(geos);
    return status == HG_OK && r->control ? hg_check_cancel(r->control, err) : status;
}

static int threads_of(const hg_control *control)
{
    return control ? control->threads : 0;
}

hg_status hg_patches_new(const hg_shape *const *shapes, size_t n, hg_control *control,
                         hg_patches **out, hg_error *err)
{
    hg_patches *p = hg_calloc(1, sizeof *p);
    if (!p)
        return hg_fail_memory(err);
    p->n = n;
    p->shapes = hg_malloc(n, sizeof *p->shapes);
    p->list = hg_calloc(n, sizeof *p->list);
    p->chunks = hg_calloc(chunk_count(n), sizeof *p->chunks);
    bool room = p->shapes && p->list && p->chunks;
    if (room && n)
        memcpy(p->shapes, shapes, n * sizeof *p->shapes);
    reading r = {p, control};
    hg_status status = room ? hg_parallel(chunk_count(n), threads_of(control), read_chunk, &r, err)
                            : hg_fail_memory(err);
    if (status != HG_OK) {
        hg_patches_free(p);
        return status;
    }
    *out = p;
    return HG_OK;
}

/* ------------------------------------------------- inside ------------------------------------ */

/* Cutting as one chunk sees it: `region` is read when the first patch needs it. */
typedef struct cutter {
    hg_patches *patches;
    const hg_region *region;
    GEOSContextHandle_t geos;
    GEOSGeometry *area;
    uint32_t *ids; /* room for all edges of the region */
} cutter;

/* Whether the edge, whose box meets the box, has a point in it; in doubt it has. */
static bool passes_through(const hg_edge *e, const double box[4])
{
    int left = 0, right = 0;
    double dx = e->bx - e->ax, dy = e->by - e->ay;
    double reach = fabs(dx) + fabs(dy) + fabs(e->ax) + fabs(e->ay);
    for (int k = 0; k < 4; k++) {
        double x = box[k & 1 ? 2 : 0], y = box[k & 2 ? 3 : 1];
        double turn = dx * (y - e->ay) - dy * (x - e->ax);
        double doubt = 1e-14 * reach * (fabs(x - e->ax) + fabs(y - e->ay) + fabs(dx) + fabs(dy));
        left += turn > doubt;
        right += turn < -doubt;
    }
    return left < 4 && right < 4;
}

static bool boundary_meets(const cutter *c, const double box[4])
{
    const hg_edge *edges = hg_edges_array(c->region->edges);
    size_t n = hg_edges_in_box(c->region->edges, box, c->ids);
    for (size_t k = 0; k < n; k++)
        if (passes_through(&edges[c->ids[k]], box))
            return true;
    return false;
}

static hg_status read_area(cutter *c, hg_error *err)
{
    hg_shape shape = {.wkb = c->region->wkb, .size = c->region->wkb_size};
    hg_shapes one = {.shapes = &shape, .count = 1};
    return c->area ? HG_OK : hg_geos_read(c->geos, &one, 0, &c->area, err);
}

static hg_status cut_patch(cutter *c, size_t i, hg_error *err)
{
    hg_patch *patch = &c->patches->list[i];
    hg_edge_list *list = &c->patches->chunks[i / CHUNK].inside;
    GEOSGeometry *g = NULL;
    bool repaired;
    hg_status status = read_area(c, err);
    if (status == HG_OK)
        status = read_valid(c->geos, c->patches->shapes[i], &g, &repaired, err);
    GEOSGeometry *part = status == HG_OK ? GEOSIntersection_r(c->geos, g, c->area) : NULL;
    if (status == HG_OK && !part)
        status = hg_fail(err, HG_EFAIL,
                         "a polygon about %.9g, %.9g could not be cut at the area's boundary",
                         patch->whole.x, patch->whole.y);
    size_t first = list->count;
    if (status == HG_OK)
        status = hg_directed_edges(c->geos, part, list, err);
    if (status == HG_OK) {
        patch->inside = measure(list, first);
        patch->cut = true;
    }
    if (part)
        GEOSGeom_destroy_r(c->geos, part);
    if (g)
        GEOSGeom_destroy_r(c->geos, g);
    return status;
}

static hg_status clip_patch(cutter *c, size_t i, uint8_t vertex, hg_error *err)
{
    hg_patch *patch = &c->patches->list[i];
    patch->cut = false;
    patch->inside = patch->whole;
    if (boundary_meets(c, patch->whole.box))
        return cut_patch(c, i, err);
    if (vertex != HG_INSIDE)
        patch->inside = (hg_patch_part){0};
    return HG_OK;
}

/* One vertex of each patch, and on which side of the boundary it lies. */
typedef struct clipping {
    hg_patches *patches;
    const hg_region *region;
    hg_control *control;
    double *x, *y;
    uint8_t *where;
} clipping;

static hg_status clip_chunk(void *context, size_t index, hg_error *err)
{
    const clipping *k = context;
    hg_patches *p = k->patches;
    cutter c = {.patches = p, .region = k->region};
    c.ids = hg_malloc(hg_edges_count(k->region->edges), sizeof *c.ids);
    hg_status status = c.ids ? hg_geos_open(&c.geos, err) : hg_fail_memory(err);
    p->chunks[index].inside.count = 0;
    for (size_t i = index * CHUNK; i < chunk_end(p, index) && status == HG_OK; i++)
        if (p->list[i].state == HG_PATCH_GOOD)
            status = clip_patch(&c, i, k->where[i], err);
    if (c.area)
        GEOSGeom_destroy_r(c.geos, c.area);
    hg_geos_close(c.geos);
    hg_free(c.ids);
    return status == HG_OK && k->control ? hg_check_cancel(k->control, err) : status;
}

static hg_status place_vertices(clipping *k, hg_error *err)
{
    size_t n = k->patches->n;
    k->x = hg_malloc(n, sizeof *k->x);
    k->y = hg_malloc(n, sizeof *k->y);
    k->where = hg_malloc(n, sizeof *k->where);
    if (!k->x || !k->y || !k->where)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        size_t edges;
        const hg_edge *first = hg_patch_edges(k->patches, i, false, &edges);
        k->x[i] = first ? first->ax : NAN;
        k->y[i] = first ? first->ay : NAN;
    }
    return hg_region_classify(k->region, k->x, k->y, n, 0.0, threads_of(k->control), k->where, err);
}

hg_status hg_patches_clip(hg_patches *patches, const hg_region *region, hg_control *control,
                          hg_error *err)
{
    clipping k = {.patches = patches, .region = region, .control = control};
    hg_status status = place_vertices(&k, err);
    if (status == HG_OK)
        status =
            hg_parallel(chunk_count(patches->n), threads_of(control), clip_chunk, &k, err);
    hg_free(k.x);
    hg_free(k.y);
    hg_free(k.where);
    return status;
}

/* ------------------------------------------------- beside ------------------------------------ */

typedef struct beside {
    const hg_patches *patches;
    const hg_region *region;
    hg_control *control;
    double halo_m;
    uint8_t *where;
} beside;

static bool any_vertex_within(const hg_edge *from, size_t n, const hg_edges *to, double limit2)
{
    double beyond = nextafter(limit2, INFINITY); /* the limit itself counts */
    for (size_t i = 0; i < n; i++)
        if (hg_edges_distance2(to, from[i].ax, from[i].ay, beyond) <= limit2)
            return true;
    return false;
}

/* Two outlines that do not cross are nearest at a vertex of one of them. */
static hg_status is_near(const beside *b, size_t i, uint32_t *ids, bool *answer, hg_error *err)
{
    const hg_edge *boundary = hg_edges_array(b->region->edges);
    const double *box = b->patches->list[i].whole.box, halo = b->halo_m;
    const double wide[4] = {box[0] - halo, box[1] - halo, box[2] + halo, box[3] + halo};
    size_t edges, n = hg_edges_in_box(b->region->edges, wide, ids);
    const hg_edge *own = hg_patch_edges(b->patches, i, false, &edges);
    *answer = n > 0 && any_vertex_within(own, edges, b->region->edges, halo * halo);
    if (*answer || n == 0)
        return HG_OK;
    hg_edges *tree = NULL;
    hg_status status = hg_edges_new(own, edges, &tree, err);
    for (size_t k = 0; k < n && status == HG_OK && !*answer; k++)
        *answer = any_vertex_within(&boundary[ids[k]], 1, tree, halo * halo);
    hg_edges_free(tree);
    return status;
}

static hg_status classify_chunk(void *context, size_t index, hg_error *err)
{
    const beside *b = context;
    uint32_t *ids = hg_malloc(hg_edges_count(b->region->edges), sizeof *ids);
    if (!ids)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (size_t i = index * CHUNK; i < chunk_end(b->patches, index) && status == HG_OK; i++) {
        const hg_patch *patch = &b->patches->list[i];
        bool near = false, inside = patch->inside.area_m2 > 0.0;
        if (patch->state == HG_PATCH_GOOD && !inside && b->halo_m > 0.0)
            status = is_near(b, i, ids, &near, err);
        b->where[i] = inside ? HG_INSIDE : near ? HG_HALO : HG_OUTSIDE;
    }
    hg_free(ids);
    return status == HG_OK && b->control ? hg_check_cancel(b->control, err) : status;
}

hg_status hg_patches_classify(const hg_patches *patches, const hg_region *region, double halo_m,
                              hg_control *control, uint8_t *where, hg_error *err)
{
    beside b = {patches, region, control, halo_m, where};
    return hg_parallel(chunk_count(patches->n), threads_of(control), classify_chunk, &b, err);
}
