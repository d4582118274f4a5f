/*
 * The boundary of chosen labels as rings. Walking with the chosen faces to the left and leaving
 * every node by the link that closes the wedge of the face just passed keeps to one face, whose
 * outer boundary comes out as one walk; cutting a walk wherever it comes back to a node leaves
 * simple rings: one shell, and holes that touch it.
 */
#include "geo/arrangement_faces.h"
#include "base/memory.h"
#include "base/radix.h"

#include <stdlib.h>
#include <string.h>

typedef struct ring {
    uint32_t first; /* its lowest link at its leftmost node; the links from there on lie in `turn`
                       order */
    uint32_t shell; /* by number of ring; its own if it is one */
    size_t from, count, begin; /* in traced: from … from + count - 1, to be read from `begin` on */
} ring;

typedef struct tracer {
    hg_graph g;        /* the boundary alone */
    bool *forward;     /* by link: chosen above, so that it is walked from a to b */
    uint32_t *next;    /* by link: where the walk goes on */
    uint32_t *below;   /* by link */
    uint32_t *ring_of; /* by link; HG_NO_LINK until walked */
    uint32_t *walk;    /* links walked since the start and not yet cut off */
    uint32_t *place;   /* by node: 1 + position in walk of the link that left it, 0 if none */
    uint32_t *traced;  /* links ring by ring */
    ring *rings;
    size_t traced_count, ring_count;
} tracer;

static uint32_t tail(const tracer *t, uint32_t link)
{
    return t->forward[link] ? t->g.links[link].a : t->g.links[link].b;
}

static uint32_t head(const tracer *t, uint32_t link)
{
    return t->forward[link] ? t->g.links[link].b : t->g.links[link].a;
}

static hg_status make_room(tracer *t, size_t n, hg_error *err)
{
    t->g.nodes = hg_malloc(2 * n, sizeof *t->g.nodes);
    t->g.links = hg_malloc(n, sizeof *t->g.links);
    t->forward = hg_malloc(n, sizeof *t->forward);
    t->next = hg_malloc(n, sizeof *t->next);
    t->below = hg_malloc(n, sizeof *t->below);
    t->ring_of = hg_malloc(n, sizeof *t->ring_of);
    t->walk = hg_malloc(n, sizeof *t->walk);
    t->place = hg_calloc(2 * n, sizeof *t->place);
    t->traced = hg_malloc(n, sizeof *t->traced);
    t->rings = hg_malloc(n, sizeof *t->rings);
    return t->g.nodes && t->g.links && t->forward && t->next && t->below && t->ring_of && t->walk &&
                   t->place && t->traced && t->rings
               ? HG_OK
               : hg_fail_memory(err);
}

static void dispose(tracer *t)
{
    hg_graph_dispose(&t->g);
    hg_free(t->forward);
    hg_free(t->next);
    hg_free(t->below);
    hg_free(t->ring_of);
    hg_free(t->walk);
    hg_free(t->place);
    hg_free(t->traced);
    hg_free(t->rings);
}

/* Copies links and the nodes they need, numbered anew in the same order. */
static hg_status copy_links(tracer *t, const hg_arrangement *a, const uint8_t *chosen,
                            const uint32_t *links, size_t n, hg_error *err)
{
    hg_keys nodes = {0};
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        const hg_link *e = &a->graph.links[links[i]];
        status = hg_keys_add(&nodes, hg_key(e->a, (uint32_t)(2 * i)), err);
        if (status == HG_OK)
            status = hg_keys_add(&nodes, hg_key(e->b, (uint32_t)(2 * i + 1)), err);
        t->forward[i] = a->above[links[i]] != 0 && chosen[a->above[links[i]]];
    }
    if (status == HG_OK)
        status = hg_radix_sort(nodes.at, NULL, nodes.count, 1, err);
    for (size_t k = 0; k < nodes.count && status == HG_OK; k++) {
        uint32_t node = (uint32_t)(nodes.at[k] >> 32);
        uint32_t end = (uint32_t)nodes.at[k];
        if (k == 0 || node != (uint32_t)(nodes.at[k - 1] >> 32))
            t->g.nodes[t->g.node_count++] = a->graph.nodes[node];
        uint32_t renamed = (uint32_t)(t->g.node_count - 1);
        hg_link *e = &t->g.links[end / 2];
        *(end % 2 ? &e->b : &e->a) = renamed;
    }
    t->g.link_count = n;
    hg_free(nodes.at);
    return status;
}

/* A link as seen from the node where it ends. */
typedef struct spoke {
    hg_node centre, other;
    uint32_t node, link;
} spoke;

/* By node, and around it counter-clockwise from straight up to straight down. */
static int by_turn(const void *a, const void *b)
{
    const spoke *p = a;
    const spoke *q = b;
    if (p->node != q->node)
        return p->node < q->node ? -1 : 1;
    int64_t turn = hg_node_turn(p->centre, p->other, q->other);
    return (turn < 0) - (turn > 0);
}

static spoke *sorted_ends(const tracer *t)
{
    size_t n = t->g.link_count;
    spoke *ends = hg_malloc(n, sizeof *ends);
    for (size_t i = 0; i < n && ends; i++) {
        hg_link e = t->g.links[i];
        ends[i] = (spoke){t->g.nodes[e.b], t->g.nodes[e.a], e.b, (uint32_t)i};
    }
    if (ends)
        qsort(ends, n, sizeof *ends, by_turn);
    return ends;
}

/*
 * Around a node the links that begin there stand in the right half, those that end there in the
 * left; chosen and other wedges alternate, so that a walk that arrives leaves by the link that
 * comes before in counter-clockwise order.
 */
static hg_status link_walks(tracer *t, hg_error *err)
{
    spoke *ends = sorted_ends(t);
    if (!ends)
        return hg_fail_memory(err);
    size_t n = t->g.link_count;
    size_t i = 0;
    size_t k = 0;
    for (uint32_t v = 0; v < t->g.node_count; v++) {
        uint32_t last = HG_NO_LINK;
        size_t first_end = k;
        size_t first_start = i;
        while (k < n && ends[k].node == v)
            k++;
        while (i < n && t->g.links[i].a == v)
            i++;
        last = k > first_end ? ends[k - 1].link : (uint32_t)(i - 1);
        for (size_t s = first_start; s < i; s++) {
            if (!t->forward[s])
                t->next[s] = last;
            last = (uint32_t)s;
        }
        for (size_t e = first_end; e < k; e++) {
            if (t->forward[ends[e].link])
                t->next[ends[e].link] = last;
            last = ends[e].link;
        }
    }
    hg_free(ends);
    return HG_OK;
}

/* Makes a ring of the walk from position `from` on. */
static void cut_ring(tracer *t, size_t from, size_t to)
{
    ring *r = &t->rings[t->ring_count];
    *r = (ring){.first = HG_NO_LINK, .from = t->traced_count, .count = to - from};
    for (size_t i = from; i < to; i++) {
        uint32_t link = t->walk[i];
        t->place[tail(t, link)] = 0;
        t->ring_of[link] = (uint32_t)t->ring_count;
        r->first = link < r->first ? link : r->first;
        t->traced[t->traced_count++] = link;
    }
    /* The ring begins at its leftmost node: there the first link starts, or ends if it is walked
     * backwards. */
    for (size_t i = 0; i < r->count; i++) {
        if (t->traced[r->from + i] == r->first)
            r->begin = t->forward[r->first] ? i : (i + 1) % r->count;
    }
    t->ring_count++;
}

static void walk_from(tracer *t, uint32_t start)
{
    size_t n = 0;
    uint32_t link = start;
    do {
        t->walk[n++] = link;
        t->place[tail(t, link)] = (uint32_t)n;
        uint32_t v = head(t, link);
        if (t->place[v] != 0) {
            size_t from = t->place[v] - 1;
            cut_ring(t, from, n);
            n = from;
        }
        link = t->next[link];
    } while (link != start);
}

static void trace_rings(tracer *t)
{
    for (size_t i = 0; i < t->g.link_count; i++)
        t->ring_of[i] = HG_NO_LINK;
    for (size_t i = 0; i < t->g.link_count; i++) {
        if (t->ring_of[i] == HG_NO_LINK)
            walk_from(t, (uint32_t)i);
    }
}

/* Ring numbers, every shell followed by its holes, both by their first links. order[ring_count]. */
static hg_status order_rings(tracer *t, uint64_t *key, uint32_t *order, hg_error *err)
{
    for (size_t i = 0; i < t->ring_count; i++) {
        key[i] = t->rings[i].first;
        order[i] = (uint32_t)i;
    }
    hg_status status = hg_radix_sort(key, order, t->ring_count, 1, err);
    if (status != HG_OK)
        return status;
    /* What lies below a hole's leftmost node bounds the same face and begins no later. */
    for (size_t i = 0; i < t->ring_count; i++) {
        ring *r = &t->rings[order[i]];
        r->shell = t->forward[r->first] ? order[i] : t->rings[t->ring_of[t->below[r->first]]].shell;
    }
    for (size_t i = 0; i < t->ring_count; i++)
        key[i] = hg_key(t->rings[t->rings[order[i]].shell].first, t->rings[order[i]].first);
    return hg_radix_sort(key, order, t->ring_count, 1, err);
}

static void write_ring(const tracer *t, const ring *r, const int64_t origin[2], int64_t *xy)
{
    for (size_t i = 0; i <= r->count; i++) {
        hg_node v = t->g.nodes[tail(t, t->traced[r->from + (r->begin + i) % r->count])];
        xy[2 * i] = origin[0] + v.x;
        xy[2 * i + 1] = origin[1] + v.y;
    }
}

static void bound_nodes(const hg_graph *g, const int64_t origin[2], int64_t box[4])
{
    hg_node low = g->nodes[0];
    hg_node high = g->nodes[g->node_count - 1];
    for (size_t v = 0; v < g->node_count; v++) {
        low.y = g->nodes[v].y < low.y ? g->nodes[v].y : low.y;
        high.y = g->nodes[v].y > high.y ? g->nodes[v].y : high.y;
    }
    box[0] = origin[0] + low.x;
    box[1] = origin[1] + low.y;
    box[2] = origin[0] + high.x;
    box[3] = origin[1] + high.y;
}

static hg_status write_rings(const tracer *t, const int64_t origin[2], const uint32_t *order,
                             hg_polygon_mm *out, hg_error *err)
{
    hg_polygon_mm p = {.xy = hg_malloc(2 * (t->traced_count + t->ring_count), sizeof *p.xy),
                       .ring_start = hg_malloc(t->ring_count + 1, sizeof *p.ring_start),
                       .rings = t->ring_count};
    if (!p.xy || !p.ring_start) {
        hg_free(p.xy);
        hg_free(p.ring_start);
        return hg_fail_memory(err);
    }
    p.ring_start[0] = 0;
    for (size_t i = 0; i < p.rings; i++) {
        const ring *r = &t->rings[order[i]];
        write_ring(t, r, origin, p.xy + 2 * p.ring_start[i]);
        p.ring_start[i + 1] = p.ring_start[i] + r->count + 1;
    }
    bound_nodes(&t->g, origin, p.box);
    *out = p;
    return HG_OK;
}

static hg_status trace(tracer *t, const int64_t origin[2], hg_polygon_mm *out, hg_error *err)
{
    hg_status status = hg_graph_below(&t->g, t->below, err);
    if (status == HG_OK)
        status = link_walks(t, err);
    if (status != HG_OK)
        return status;
    trace_rings(t);
    uint64_t *key = hg_malloc(t->ring_count, sizeof *key);
    uint32_t *order = hg_malloc(t->ring_count, sizeof *order);
    status = key && order ? order_rings(t, key, order, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = write_rings(t, origin, order, out, err);
    hg_free(key);
    hg_free(order);
    return status;
}

static hg_status draw(const hg_arrangement *a, const uint8_t *chosen, const uint32_t *labels,
                      size_t label_count, hg_polygon_mm *out, hg_error *err)
{
    uint32_t *links = NULL;
    size_t n = 0;
    hg_status status = hg_arrangement_boundary(a, chosen, labels, label_count, &links, &n, err);
    if (status == HG_OK && n == 0) {
        *out = (hg_polygon_mm){0};
        return HG_OK;
    }
    tracer t = {0};
    if (status == HG_OK)
        status = make_room(&t, n, err);
    if (status == HG_OK)
        status = copy_links(&t, a, chosen, links, n, err);
    if (status == HG_OK)
        status = trace(&t, a->origin, out, err);
    dispose(&t);
    hg_free(links);
    return status;
}

/* Labels by region, counted and listed; flags that are set for one region at a time. */
typedef struct drawing {
    size_t *start; /* by region; n + 1 */
    uint32_t *labels;
    uint8_t *chosen;
} drawing;

static void drawing_dispose(drawing *d)
{
    hg_free(d->start);
    hg_free(d->labels);
    hg_free(d->chosen);
}

static hg_status list_regions(size_t labels, const uint32_t *region, size_t n, drawing *d,
                              hg_error *err)
{
    d->start = hg_calloc(n + 2, sizeof *d->start);
    d->labels = hg_malloc(labels, sizeof *d->labels);
    d->chosen = hg_calloc(labels, sizeof *d->chosen);
    if (!d->start || !d->labels || !d->chosen)
        return hg_fail_memory(err);
    for (size_t k = 1; k < labels; k++) {
        if (region[k] < n)
            d->start[region[k] + 2]++;
    }
    for (size_t r = 0; r < n; r++)
        d->start[r + 2] += d->start[r + 1];
    for (size_t k = 1; k < labels; k++) {
        if (region[k] < n)
            d->labels[d->start[region[k] + 1]++] = (uint32_t)k;
    }
    return HG_OK;
}

static hg_status draw_region(const hg_arrangement *a, drawing *d, size_t r, hg_polygon_mm *out,
                             hg_error *err)
{
    const uint32_t *labels = d->labels + d->start[r];
    size_t n = d->start[r + 1] - d->start[r];
    for (size_t k = 0; k < n; k++)
        d->chosen[labels[k]] = 1;
    hg_status status = draw(a, d->chosen, labels, n, out, err);
    for (size_t k = 0; k < n; k++)
        d->chosen[labels[k]] = 0;
    return status;
}

hg_status hg_arrangement_regions(const hg_arrangement *a, const uint32_t *region, size_t n,
                                 hg_polygon_mm *out, hg_error *err)
{
    drawing d = {0};
    size_t drawn = 0;
    hg_polygon_mm *polygons = hg_calloc(n + 1, sizeof *polygons);
    hg_status status = polygons ? list_regions(a->covers.count, region, n, &d, err)
                                : hg_fail_memory(err);
    while (status == HG_OK && drawn < n) {
        status = draw_region(a, &d, drawn, &polygons[drawn], err);
        drawn += status == HG_OK;
    }
    for (size_t r = 0; r < drawn; r++) {
        if (status == HG_OK)
            out[r] = polygons[r];
        else
            hg_polygon_mm_dispose(&polygons[r]);
    }
    hg_free(polygons);
    drawing_dispose(&d);
    return status;
}

hg_status hg_arrangement_polygon(const hg_arrangement *a, const uint8_t *chosen, hg_polygon_mm *out,
                                 hg_error *err)
{
    uint32_t *region = hg_malloc(a->covers.count, sizeof *region);
    if (!region)
        return hg_fail_memory(err);
    for (size_t k = 0; k < a->covers.count; k++)
        region[k] = chosen[k] ? 0 : UINT32_MAX;
    hg_status status = hg_arrangement_regions(a, region, 1, out, err);
    hg_free(region);
    return status;
}
