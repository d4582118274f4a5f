/*
 * The largest inscribed circle by branch and bound over square cells, the most promising first, as
 * in Mapbox's polylabel (V. Agafonkin, 2016): the distance to the boundary grows by no more than
 * the way gone. Along a ditch that bound settles nothing before cells are as small as the
 * tolerance. There a second one helps: if the nearest boundary point of a cell's middle and the
 * boundary point opposite are L apart, then every point within r of the middle is within
 * sqrt((L/2)2 + r2) of one of the two.
 */
#include "base/memory.h"
#include "geo/edges.h"
#include "geo/polygon_index.h"

#include <math.h>

enum { MOST_CELLS = 1000000 };

static const double MM_PER_M = 1000.0;

/* A square cell, in millimetres from the polygon's corner. */
typedef struct cell {
    double x, y, half;
    double most; /**< no point of the cell is farther from the boundary */
} cell;

typedef struct search {
    const hg_polygon_mm *p;
    hg_edges *edges;
    uint32_t *ids; /**< room for the numbers of all edges */
    hg_polygon_index *index;
    hg_polygon_hits hits;
    cell *heap; /**< the most promising first */
    size_t count, capacity;
    double best, tolerance;
} search;

static hg_status list_edges(search *s, hg_error *err)
{
    const hg_polygon_mm *p = s->p;
    size_t n = 0;
    hg_edge *list = hg_malloc(p->ring_start[p->rings], sizeof *list);
    if (!list)
        return hg_fail_memory(err);
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            const int64_t *e = p->xy + 2 * i;
            list[n++] = (hg_edge){(double)(e[0] - p->box[0]), (double)(e[1] - p->box[1]),
                                  (double)(e[2] - p->box[0]), (double)(e[3] - p->box[1])};
        }
    }
    hg_status status = hg_edges_new(list, n, &s->edges, err);
    hg_free(list);
    s->ids = status == HG_OK ? hg_malloc(n, sizeof *s->ids) : NULL;
    return status == HG_OK && !s->ids ? hg_fail_memory(err) : status;
}

static hg_status is_inside(search *s, double x, double y, bool *inside, hg_error *err)
{
    hg_status status = hg_polygon_index_at(s->index, s->p->box[0] + llrint(x),
                                           s->p->box[1] + llrint(y), &s->hits, err);
    *inside = s->hits.count > 0;
    return status;
}

/* The way from x, y to the nearest point of an edge. */
static void way_to(const hg_edge *e, double x, double y, double way[2])
{
    double dx = e->bx - e->ax, dy = e->by - e->ay;
    double along = ((x - e->ax) * dx + (y - e->ay) * dy) / (dx * dx + dy * dy);
    along = along > 0.0 ? along < 1.0 ? along : 1.0 : 0.0;
    way[0] = e->ax + along * dx - x;
    way[1] = e->ay + along * dy - y;
}

/* How many times the step leads from x, y to the edge; infinity if it does not. */
static double steps_to(const hg_edge *e, double x, double y, const double step[2])
{
    double dx = e->bx - e->ax, dy = e->by - e->ay;
    double across = step[0] * dy - step[1] * dx;
    double steps = ((e->ax - x) * dy - (e->ay - y) * dx) / across;
    double along = ((e->ax - x) * step[1] - (e->ay - y) * step[0]) / across;
    return steps > 0.0 && along >= 0.0 && along <= 1.0 ? steps : INFINITY;
}

/* Steps from the middle of a cell to the boundary, as far as `most` steps. */
static double steps_across(const search *s, const cell *c, const double step[2], double most)
{
    double nearest = INFINITY;
    double to[2] = {c->x + most * step[0], c->y + most * step[1]};
    const double box[4] = {fmin(c->x, to[0]), fmin(c->y, to[1]), fmax(c->x, to[0]),
                           fmax(c->y, to[1])};
    size_t n = hg_edges_in_box(s->edges, box, s->ids);
    const hg_edge *edges = hg_edges_array(s->edges);
    for (size_t i = 0; i < n; i++)
        nearest = fmin(nearest, steps_to(&edges[s->ids[i]], c->x, c->y, step));
    return nearest;
}

static double distance(const search *s, double x, double y, uint32_t *edge)
{
    return sqrt(hg_edges_nearest(s->edges, x, y, INFINITY, edge));
}

/* The second bound, and the place half-way across as a candidate. */
static hg_status look_across(search *s, cell *c, double reach, double to_edge, uint32_t edge,
                             hg_error *err)
{
    double way[2];
    bool inside = false;
    way_to(&hg_edges_array(s->edges)[edge], c->x, c->y, way);
    const double back[2] = {-way[0], -way[1]};
    double steps = steps_across(s, c, back, 1.0 + 2.0 * reach / to_edge);
    if (!(steps < INFINITY))
        return HG_OK;
    double half = 0.5 * (1.0 + steps) * to_edge;
    c->most = fmin(c->most, sqrt(half * half + reach * reach));
    if (!(half > s->best + s->tolerance))
        return HG_OK;
    double x = c->x + back[0] * (steps - 1.0) / 2.0;
    double y = c->y + back[1] * (steps - 1.0) / 2.0;
    hg_status status = is_inside(s, x, y, &inside, err);
    if (inside)
        s->best = fmax(s->best, distance(s, x, y, &edge));
    return status;
}

static bool push(search *s, cell c)
{
    cell *heap = hg_grow(s->heap, &s->capacity, s->count + 1, sizeof *heap);
    if (!heap)
        return false;
    s->heap = heap;
    size_t at = s->count++;
    for (; at > 0 && heap[(at - 1) / 2].most < c.most; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = c;
    return true;
}

static cell pop(search *s)
{
    cell *heap = s->heap;
    cell top = heap[0], last = heap[--s->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < s->count && heap[child + 1].most > heap[child].most)
            child++;
        if (child >= s->count || !(heap[child].most > last.most))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

/* Keeps a cell if the best circle may have its middle in it. */
static hg_status consider(search *s, double x, double y, double half, hg_error *err)
{
    uint32_t edge = 0;
    bool inside = false;
    cell c = {.x = x, .y = y, .half = half};
    double reach = half * M_SQRT2;
    double to_edge = distance(s, x, y, &edge);
    hg_status status = is_inside(s, x, y, &inside, err);
    if (status != HG_OK)
        return status;
    if (inside)
        s->best = fmax(s->best, to_edge);
    /* A place within a millimetre of the boundary may have been rounded across it. */
    c.most = inside || to_edge <= 1.0 ? reach + to_edge : reach - to_edge;
    if (inside && c.most > s->best + s->tolerance && reach < 2.0 * to_edge)
        status = look_across(s, &c, reach, to_edge, edge, err);
    if (status == HG_OK && c.most > s->best + s->tolerance && !push(s, c))
        status = hg_fail_memory(err);
    return status;
}

static hg_status run(search *s, hg_error *err)
{
    double width = (double)(s->p->box[2] - s->p->box[0]);
    double height = (double)(s->p->box[3] - s->p->box[1]);
    hg_status status = consider(s, width / 2.0, height / 2.0, fmax(width, height) / 2.0, err);
    for (int n = 0; n < MOST_CELLS && s->count > 0 && status == HG_OK; n++) {
        cell c = pop(s);
        if (!(c.most > s->best + s->tolerance))
            break;
        double half = c.half / 2.0;
        for (int k = 0; k < 4 && status == HG_OK; k++)
            status =
                consider(s, c.x + (k & 1 ? half : -half), c.y + (k & 2 ? half : -half), half, err);
    }
    return status;
}

hg_status hg_polygon_mm_inscribed(const hg_polygon_mm *p, double tolerance_m, double *diameter_m,
                                  hg_error *err)
{
    search s = {.p = p};
    if (!(tolerance_m > 0.0))
        return hg_fail(err, HG_EUSAGE, "a tolerance of %g m; expected more than 0", tolerance_m);
    s.tolerance = fmax(tolerance_m * MM_PER_M / 2.0, 1.0);
    hg_status status = p->rings > 0 ? list_edges(&s, err) : HG_OK;
    if (status == HG_OK && p->rings > 0)
        status = hg_polygon_index_new(p, 1, &s.index, err);
    if (status == HG_OK && p->rings > 0)
        status = run(&s, err);
    hg_edges_free(s.edges);
    hg_polygon_index_free(s.index);
    hg_free(s.ids);
    hg_free(s.hits.items);
    hg_free(s.heap);
    if (status == HG_OK)
        *diameter_m = 2.0 * s.best / MM_PER_M;
    return status;
}
