#include "geo/arrangement_faces.h"
#include "base/memory.h"
#include "base/radix.h"

#include <math.h>
#include <string.h>

static const hg_exact HALF_MM2 = 500; /* in units of hg_exact */

/* Keeps the links that part two labels, and the nodes these need. */
static hg_status drop_idle(hg_arrangement *a, hg_error *err)
{
    hg_graph *g = &a->graph;
    uint32_t *renamed = hg_calloc(g->node_count, sizeof *renamed);
    if (!renamed)
        return hg_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < g->link_count; i++) {
        if (a->above[i] == a->under[i])
            continue;
        a->above[n] = a->above[i];
        a->under[n] = a->under[i];
        g->links[n] = g->links[i];
        renamed[g->links[n].a] = renamed[g->links[n].b] = 1;
        n++;
    }
    g->link_count = n;
    n = 0;
    for (size_t v = 0; v < g->node_count; v++) {
        if (!renamed[v])
            continue;
        g->nodes[n] = g->nodes[v];
        renamed[v] = (uint32_t)n++;
    }
    g->node_count = n;
    for (size_t i = 0; i < g->link_count; i++) {
        g->links[i].a = renamed[g->links[i].a];
        g->links[i].b = renamed[g->links[i].b];
    }
    hg_free(renamed);
    hg_free(g->owners);
    g->owners = NULL;
    return HG_OK;
}

static void sum_areas(hg_arrangement *a)
{
    for (size_t i = 0; i < a->graph.link_count; i++) {
        hg_node p = a->graph.nodes[a->graph.links[i].a];
        hg_node q = a->graph.nodes[a->graph.links[i].b];
        hg_exact area = HALF_MM2 * ((int64_t)p.x * q.y - (int64_t)p.y * q.x);
        a->planar[a->above[i]] += area;
        a->planar[a->under[i]] -= area;
    }
    a->planar[0] = 0;
}

static void list_bounds(hg_arrangement *a)
{
    size_t *start = a->bound_start;
    size_t labels = a->covers.count;
    size_t n = a->graph.link_count;
    for (size_t i = 0; i < n; i++) {
        start[a->above[i] + 1]++;
        start[a->under[i] + 1]++;
    }
    for (size_t k = 0; k < labels; k++)
        start[k + 1] += start[k];
    for (size_t i = n;
         i-- > 0;) { /* from the back, after which start[k + 1] is where list k begins */
        a->bounds[--start[a->above[i] + 1]] = (uint32_t)i;
        a->bounds[--start[a->under[i] + 1]] = (uint32_t)i;
    }
    memmove(start, start + 1, labels * sizeof *start);
    start[labels] = 2 * n;
}

static hg_status finish(hg_arrangement *a, hg_error *err)
{
    hg_status status = drop_idle(a, err);
    if (status != HG_OK)
        return status;
    a->planar = hg_calloc(a->covers.count, sizeof *a->planar);
    a->bounds = hg_malloc(2 * a->graph.link_count, sizeof *a->bounds);
    a->bound_start = hg_calloc(a->covers.count + 1, sizeof *a->bound_start);
    if (!a->planar || !a->bounds || !a->bound_start)
        return hg_fail_memory(err);
    sum_areas(a);
    list_bounds(a);
    return HG_OK;
}

static hg_status arrange(hg_arrangement *a, const hg_polygon_mm *const *polygons, size_t n,
                         hg_error *err)
{
    hg_status status = hg_graph_collect(polygons, n, a->origin, &a->graph, err);
    if (status == HG_OK)
        status = hg_graph_node(&a->graph, err);
    if (status != HG_OK)
        return status;
    a->above = hg_malloc(a->graph.link_count, sizeof *a->above);
    a->under = hg_malloc(a->graph.link_count, sizeof *a->under);
    if (!a->above || !a->under)
        return hg_fail_memory(err);
    status = hg_graph_label(&a->graph, a->above, a->under, &a->covers, err);
    return status == HG_OK ? finish(a, err) : status;
}

hg_status hg_arrangement_new(const hg_polygon_mm *const *polygons, size_t n, hg_arrangement **out,
                             hg_error *err)
{
    if (n > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu polygons in one arrangement; expected at most %u", n,
                       UINT32_MAX);
    hg_arrangement *a = hg_calloc(1, sizeof *a);
    if (!a)
        return hg_fail_memory(err);
    hg_status status = arrange(a, polygons, n, err);
    if (status == HG_OK)
        *out = a;
    else
        hg_arrangement_free(a);
    return status;
}

void hg_arrangement_free(hg_arrangement *a)
{
    if (!a)
        return;
    hg_graph_dispose(&a->graph);
    hg_lists_dispose(&a->covers);
    hg_free(a->above);
    hg_free(a->under);
    hg_free(a->planar);
    hg_free(a->bounds);
    hg_free(a->bound_start);
    hg_free(a);
}

size_t hg_arrangement_labels(const hg_arrangement *a)
{
    return a->covers.count;
}

const uint32_t *hg_arrangement_cover(const hg_arrangement *a, size_t label, size_t *n)
{
    *n = a->covers.start[label + 1] - a->covers.start[label];
    return a->covers.items + a->covers.start[label];
}

hg_exact hg_arrangement_planar(const hg_arrangement *a, size_t label)
{
    return a->planar[label];
}

static void globalise(const hg_arrangement *a, hg_node v, int64_t xy[2])
{
    xy[0] = a->origin[0] + v.x;
    xy[1] = a->origin[1] + v.y;
}

static hg_status measure_placed(const hg_arrangement *a, hg_area_meter *meter, int64_t *xy,
                                double *lonlat, hg_exact *sums, hg_error *err)
{
    const hg_graph *g = &a->graph;
    for (size_t v = 0; v < g->node_count; v++)
        globalise(a, g->nodes[v], xy + 2 * v);
    hg_status status = hg_area_meter_place(meter, xy, g->node_count, lonlat, err);
    for (size_t i = 0; i < g->link_count && status == HG_OK; i++) {
        size_t p = 2 * (size_t)g->links[i].a;
        size_t q = 2 * (size_t)g->links[i].b;
        hg_exact area = hg_area_meter_edge(meter, xy + p, xy + q, lonlat + p, lonlat + q);
        sums[a->above[i]] += area;
        sums[a->under[i]] -= area;
    }
    sums[0] = 0;
    return status;
}

hg_status hg_arrangement_measure(const hg_arrangement *a, hg_area_meter *meter, hg_exact *areas,
                                 hg_error *err)
{
    size_t bytes = a->covers.count * sizeof *areas;
    if (hg_area_meter_mode(meter) == HG_AREA_PLANAR) {
        memcpy(areas, a->planar, bytes);
        return HG_OK;
    }
    int64_t *xy = hg_malloc(2 * a->graph.node_count, sizeof *xy);
    double *lonlat = hg_malloc(2 * a->graph.node_count, sizeof *lonlat);
    hg_exact *sums = hg_calloc(a->covers.count, sizeof *sums);
    hg_status status = xy && lonlat && sums ? measure_placed(a, meter, xy, lonlat, sums, err)
                                            : hg_fail_memory(err);
    if (status == HG_OK)
        memcpy(areas, sums, bytes);
    hg_free(xy);
    hg_free(lonlat);
    hg_free(sums);
    return status;
}

static bool parts(const hg_arrangement *a, const uint8_t *chosen, uint32_t link)
{
    bool above = a->above[link] != 0 && chosen[a->above[link]];
    bool under = a->under[link] != 0 && chosen[a->under[link]];
    return above != under;
}

/* The links of one label that stand on the boundary of the chosen ones. */
static hg_status add_boundary(const hg_arrangement *a, const uint8_t *chosen, uint32_t label,
                              hg_keys *found, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = a->bound_start[label]; i < a->bound_start[label + 1] && status == HG_OK; i++) {
        if (parts(a, chosen, a->bounds[i]))
            status = hg_keys_add(found, a->bounds[i], err);
    }
    return status;
}

hg_status hg_arrangement_boundary(const hg_arrangement *a, const uint8_t *chosen,
                                  const uint32_t *labels, size_t label_count, uint32_t **links,
                                  size_t *n, hg_error *err)
{
    hg_keys found = {0};
    hg_status status = HG_OK;
    for (size_t k = 0; k < label_count && status == HG_OK; k++) {
        if (labels[k] != 0)
            status = add_boundary(a, chosen, labels[k], &found, err);
    }
    if (status == HG_OK)
        status = hg_radix_sort(found.at, NULL, found.count, 1, err);
    uint32_t *list = status == HG_OK && found.count ? hg_malloc(found.count, sizeof *list) : NULL;
    if (status == HG_OK && found.count && !list)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < found.count && list; i++)
        list[i] = (uint32_t)found.at[i];
    if (status == HG_OK) {
        *links = list;
        *n = found.count;
    }
    hg_free(found.at);
    return status;
}

double hg_arrangement_perimeter_m(const hg_arrangement *a, const uint8_t *chosen)
{
    double sum_mm = 0.0;
    for (size_t k = 1; k < a->covers.count; k++) {
        if (!chosen[k])
            continue;
        for (size_t i = a->bound_start[k]; i < a->bound_start[k + 1]; i++) {
            const hg_link *e = &a->graph.links[a->bounds[i]];
            hg_node p = a->graph.nodes[e->a];
            hg_node q = a->graph.nodes[e->b];
            if (parts(a, chosen, a->bounds[i]))
                sum_mm += hypot((double)q.x - p.x, (double)q.y - p.y);
        }
    }
    return sum_mm / 1000.0;
}
