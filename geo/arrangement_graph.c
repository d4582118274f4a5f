/* Edges of polygons as a graph: equal points one node, equal edges one link with its owners. */
#include "geo/arrangement_parts.h"
#include "base/memory.h"
#include "base/radix.h"

#include <string.h>

void hg_graph_dispose(hg_graph *g)
{
    hg_free(g->nodes);
    hg_free(g->links);
    hg_free(g->owners);
    *g = (hg_graph){0};
}

hg_status hg_keys_add(hg_keys *keys, uint64_t key, hg_error *err)
{
    uint64_t *grown = hg_grow(keys->at, &keys->capacity, keys->count + 1, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    keys->at = grown;
    keys->at[keys->count++] = key;
    return HG_OK;
}

hg_status hg_keys_settle(hg_keys *keys, hg_error *err)
{
    hg_status status = hg_radix_sort(keys->at, NULL, keys->count, 1, err);
    size_t n = 0;
    for (size_t i = 0; i < keys->count && status == HG_OK; i++) {
        if (n == 0 || keys->at[n - 1] != keys->at[i])
            keys->at[n++] = keys->at[i];
    }
    keys->count = status == HG_OK ? n : keys->count;
    return status;
}

void hg_steps_dispose(hg_steps *steps)
{
    hg_free(steps->link);
    hg_free(steps->owner);
    *steps = (hg_steps){0};
}

static hg_status reserve_steps(hg_steps *steps, size_t capacity, hg_error *err)
{
    if (capacity > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "more than %u edges in one arrangement", UINT32_MAX);
    uint64_t *link = hg_realloc(steps->link, capacity, sizeof *link);
    steps->link = link ? link : steps->link;
    hg_owner *owner = link ? hg_realloc(steps->owner, capacity, sizeof *owner) : NULL;
    steps->owner = owner ? owner : steps->owner;
    if (!owner)
        return hg_fail_memory(err);
    steps->capacity = capacity;
    return HG_OK;
}

hg_status hg_steps_add(hg_steps *steps, uint32_t u, uint32_t v, hg_owner owner, hg_error *err)
{
    if (steps->count == steps->capacity) {
        hg_status status = reserve_steps(steps, steps->capacity * 2 + 64, err);
        if (status != HG_OK)
            return status;
    }
    bool forward = u < v;
    steps->link[steps->count] = forward ? hg_key(u, v) : hg_key(v, u);
    steps->owner[steps->count++] = (hg_owner){owner.polygon, forward ? owner.times : -owner.times};
    return HG_OK;
}

/* Sorts the order[n] of steps by polygon, unless they are so already. */
static hg_status sort_by_polygon(const hg_steps *steps, uint32_t *order, size_t n, hg_error *err)
{
    size_t sorted = 1;
    while (sorted < n &&
           steps->owner[order[sorted - 1]].polygon <= steps->owner[order[sorted]].polygon)
        sorted++;
    if (sorted >= n)
        return HG_OK;
    uint64_t *polygon = hg_malloc(n, sizeof *polygon);
    if (!polygon)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        polygon[i] = steps->owner[order[i]].polygon;
    hg_status status = hg_radix_sort(polygon, order, n, 1, err);
    hg_free(polygon);
    return status;
}

/* Adds one link with the sum of the steps order[n] to the graph, unless they cancel. */
static void join_link(const hg_steps *steps, uint64_t key, const uint32_t *order, size_t n,
                      hg_graph *g, size_t *owner_count)
{
    size_t first = *owner_count;
    size_t at = first;
    for (size_t i = 0; i < n;) {
        hg_owner sum = {steps->owner[order[i]].polygon, 0};
        for (; i < n && steps->owner[order[i]].polygon == sum.polygon; i++)
            sum.times += steps->owner[order[i]].times;
        if (sum.times != 0)
            g->owners[at++] = sum;
    }
    if (at > first)
        g->links[g->link_count++] = (hg_link){(uint32_t)(key >> 32), (uint32_t)key, (uint32_t)first,
                                              (uint32_t)(at - first)};
    *owner_count = at;
}

static hg_status join_sorted(const hg_steps *steps, uint32_t *order, hg_graph *g, hg_error *err)
{
    hg_status status = HG_OK;
    size_t owner_count = 0;
    for (size_t i = 0; i < steps->count && status == HG_OK;) {
        size_t end = i + 1;
        while (end < steps->count && steps->link[end] == steps->link[i])
            end++;
        status = sort_by_polygon(steps, order + i, end - i, err);
        if (status == HG_OK)
            join_link(steps, steps->link[i], order + i, end - i, g, &owner_count);
        i = end;
    }
    return status;
}

hg_status hg_steps_join(hg_steps *steps, hg_graph *g, hg_error *err)
{
    uint32_t *order = hg_malloc(steps->count, sizeof *order);
    hg_graph joined = {.links = hg_malloc(steps->count, sizeof *joined.links),
                       .owners = hg_malloc(steps->count, sizeof *joined.owners)};
    hg_status status = HG_OK;
    if (!order || !joined.links || !joined.owners)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < steps->count && status == HG_OK; i++)
        order[i] = (uint32_t)i;
    if (status == HG_OK)
        status = hg_radix_sort(steps->link, order, steps->count, 1, err);
    if (status == HG_OK)
        status = join_sorted(steps, order, &joined, err);
    if (status == HG_OK) {
        hg_free(g->links);
        hg_free(g->owners);
        g->links = joined.links;
        g->link_count = joined.link_count;
        g->owners = joined.owners;
    } else {
        hg_graph_dispose(&joined);
    }
    hg_free(order);
    return status;
}

/* Points of all rings without their closing ones, one after another. */
typedef struct points {
    const hg_polygon_mm *const *polygons;
    size_t polygon_count, count;
    int64_t box[4];
    uint64_t *key;
    uint32_t *order, *node;
} points;

static void stretch_box(int64_t box[4], const int64_t *xy)
{
    box[0] = xy[0] < box[0] ? xy[0] : box[0];
    box[1] = xy[1] < box[1] ? xy[1] : box[1];
    box[2] = xy[0] > box[2] ? xy[0] : box[2];
    box[3] = xy[1] > box[3] ? xy[1] : box[3];
}

static hg_status measure_points(points *p, hg_error *err)
{
    static const int64_t span = INT64_C(1) << 30;
    int64_t box[4] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (size_t k = 0; k < p->polygon_count; k++) {
        const hg_polygon_mm *q = p->polygons[k];
        for (size_t r = 0; r < q->rings; r++) {
            for (size_t i = q->ring_start[r] + 1; i < q->ring_start[r + 1]; i++, p->count++)
                stretch_box(box, q->xy + 2 * i);
        }
    }
    memcpy(p->box, box, sizeof box);
    if (p->count == 0)
        memset(p->box, 0, sizeof p->box);
    else if (box[2] - box[0] > span || box[3] - box[1] > span)
        return hg_fail(err, HG_EFAIL,
                       "polygons to be arranged span %.0f x %.0f km; expected at most 1000",
                       (double)(box[2] - box[0]) / 1e6, (double)(box[3] - box[1]) / 1e6);
    if (p->count > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu edges in one arrangement; expected at most %u", p->count,
                       UINT32_MAX);
    return HG_OK;
}

static void key_points(points *p)
{
    size_t at = 0;
    for (size_t k = 0; k < p->polygon_count; k++) {
        const hg_polygon_mm *q = p->polygons[k];
        for (size_t r = 0; r < q->rings; r++) {
            for (size_t i = q->ring_start[r] + 1; i < q->ring_start[r + 1]; i++, at++) {
                p->key[at] = hg_key((uint32_t)(q->xy[2 * i] - p->box[0]),
                                    (uint32_t)(q->xy[2 * i + 1] - p->box[1]));
                p->order[at] = (uint32_t)at;
            }
        }
    }
}

/* Numbers the distinct points and gives every point its node. */
static hg_status number_nodes(points *p, hg_graph *g, hg_error *err)
{
    key_points(p);
    hg_status status = hg_radix_sort(p->key, p->order, p->count, 1, err);
    for (size_t i = 0; i < p->count && status == HG_OK; i++) {
        if (i == 0 || p->key[i] != p->key[i - 1])
            g->nodes[g->node_count++] = hg_key_node(p->key[i]);
        p->node[p->order[i]] = (uint32_t)(g->node_count - 1);
    }
    return status;
}

static hg_status add_steps(const points *p, hg_steps *steps, hg_error *err)
{
    hg_status status = reserve_steps(steps, p->count, err);
    size_t at = 0;
    for (size_t k = 0; k < p->polygon_count && status == HG_OK; k++) {
        const hg_polygon_mm *q = p->polygons[k];
        for (size_t r = 0; r < q->rings && status == HG_OK; r++) {
            size_t n = q->ring_start[r + 1] - q->ring_start[r];
            n = n > 0 ? n - 1 : 0;
            for (size_t i = 0; i < n && status == HG_OK; i++) {
                uint32_t u = p->node[at + i];
                uint32_t v = p->node[at + (i + 1 < n ? i + 1 : 0)];
                if (u != v)
                    status = hg_steps_add(steps, u, v, (hg_owner){(uint32_t)k, 1}, err);
            }
            at += n;
        }
    }
    return status;
}

hg_status hg_graph_collect(const hg_polygon_mm *const *polygons, size_t n, int64_t origin[2],
                           hg_graph *g, hg_error *err)
{
    points p = {.polygons = polygons, .polygon_count = n};
    hg_steps steps = {0};
    hg_status status = measure_points(&p, err);
    if (status != HG_OK)
        return status;
    p.key = hg_malloc(p.count, sizeof *p.key);
    p.order = hg_malloc(p.count, sizeof *p.order);
    p.node = hg_malloc(p.count, sizeof *p.node);
    g->nodes = hg_malloc(p.count, sizeof *g->nodes);
    if (!p.key || !p.order || !p.node || !g->nodes)
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = number_nodes(&p, g, err);
    if (status == HG_OK)
        status = add_steps(&p, &steps, err);
    if (status == HG_OK)
        status = hg_steps_join(&steps, g, err);
    memcpy(origin, p.box, 2 * sizeof *origin);
    hg_steps_dispose(&steps);
    hg_free(p.key);
    hg_free(p.order);
    hg_free(p.node);
    return status;
}
