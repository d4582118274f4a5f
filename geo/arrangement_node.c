/*
 * Snap rounding: J. D. Hobby, Practical segment intersection with finite precision output,
 * Computational Geometry 13, 1999; L. J. Guibas and D. H. Marimont, Rounding arrangements
 * dynamically, IJCGA 8, 1998. Pixels are half-open squares [x - 1/2, x + 1/2) x [y - 1/2, y + 1/2)
 * around lattice points. A link between pixel centres that ran through the centre of a third hot
 * pixel would come from a segment through that pixel, pixels being convex; so the links of the
 * result meet at nodes only.
 */
#include "geo/pixel_tree.h"
#include "base/memory.h"
#include "base/radix.h"

#include <stdlib.h>

/* Merges the pixels of crossings into the nodes and renumbers the links. */
static hg_status heat_pixels(hg_graph *g, const hg_keys *pixels, hg_error *err)
{
    hg_node *nodes = hg_malloc(g->node_count + pixels->count, sizeof *nodes);
    uint32_t *renamed = hg_malloc(g->node_count, sizeof *renamed);
    if (!nodes || !renamed) {
        hg_free(nodes);
        hg_free(renamed);
        return hg_fail_memory(err);
    }
    size_t n = 0;
    size_t k = 0;
    for (size_t i = 0; i < g->node_count; i++) {
        uint64_t key = hg_key((uint32_t)g->nodes[i].x, (uint32_t)g->nodes[i].y);
        for (; k < pixels->count && pixels->at[k] <= key; k++) {
            if (pixels->at[k] < key)
                nodes[n++] = hg_key_node(pixels->at[k]);
        }
        renamed[i] = (uint32_t)n;
        nodes[n++] = g->nodes[i];
    }
    for (; k < pixels->count; k++)
        nodes[n++] = hg_key_node(pixels->at[k]);
    for (size_t i = 0; i < g->link_count; i++) {
        g->links[i].a = renamed[g->links[i].a];
        g->links[i].b = renamed[g->links[i].b];
    }
    hg_free(renamed);
    hg_free(g->nodes);
    g->nodes = nodes;
    g->node_count = n;
    return HG_OK;
}

/* Work space of one pass over all links. */
typedef struct noding {
    hg_pixel_tree *tree;
    hg_numbers passed;
    hg_keys along; /* sort keys of passed */
    hg_steps steps;
    bool any; /* a link was cut */
} noding;

/* Leaves in passed the hot pixels between the link's ends, in the order in which it passes them. */
static hg_status find_passed(const hg_graph *g, const hg_link *e, noding *w, hg_error *err)
{
    hg_status status = hg_pixel_tree_passed(w->tree, e->a, e->b, &w->passed, err);
    bool rises = g->nodes[e->b].y >= g->nodes[e->a].y;
    w->along.count = 0;
    for (size_t k = 0; k < w->passed.count && status == HG_OK; k++) {
        hg_node c = g->nodes[w->passed.at[k]];
        status = hg_keys_add(&w->along,
                             hg_key((uint32_t)c.x, (uint32_t)(rises ? c.y : INT32_MAX - c.y)), err);
    }
    return status == HG_OK ? hg_radix_sort(w->along.at, w->passed.at, w->passed.count, 1, err)
                           : status;
}

static hg_status cut_link(const hg_graph *g, const hg_link *e, noding *w, hg_error *err)
{
    hg_status status = find_passed(g, e, w, err);
    w->any = w->any || w->passed.count > 0;
    uint32_t u = e->a;
    for (size_t k = 0; k <= w->passed.count && status == HG_OK; k++) {
        uint32_t v = k < w->passed.count ? w->passed.at[k] : e->b;
        for (uint32_t o = 0; o < e->owners && status == HG_OK; o++)
            status = hg_steps_add(&w->steps, u, v, g->owners[e->owner + o], err);
        u = v;
    }
    return status;
}

static hg_status cut_links(hg_graph *g, hg_error *err)
{
    noding w = {0};
    hg_status status = hg_pixel_tree_new(g->nodes, g->node_count, &w.tree, err);
    for (size_t i = 0; i < g->link_count && status == HG_OK; i++)
        status = cut_link(g, &g->links[i], &w, err);
    if (status == HG_OK && w.any)
        status = hg_steps_join(&w.steps, g, err);
    hg_pixel_tree_free(w.tree);
    hg_free(w.passed.at);
    hg_free(w.along.at);
    hg_steps_dispose(&w.steps);
    return status;
}

/* A link as seen from its node a. */
typedef struct spoke {
    hg_node from, to;
    hg_link link;
} spoke;

static int by_slope(const void *a, const void *b)
{
    const spoke *p = a;
    const spoke *q = b;
    int64_t turn = hg_node_turn(p->from, p->to, q->to);
    return (turn < 0) - (turn > 0);
}

static hg_status sort_by_slope(hg_graph *g, hg_error *err)
{
    size_t capacity = 0;
    spoke *spokes = NULL;
    hg_status status = HG_OK;
    for (size_t i = 0; i < g->link_count && status == HG_OK;) {
        size_t n = 1;
        while (i + n < g->link_count && g->links[i + n].a == g->links[i].a)
            n++;
        spoke *grown = hg_grow(spokes, &capacity, n, sizeof *spokes);
        if (!grown) {
            status = hg_fail_memory(err);
            break;
        }
        spokes = grown;
        for (size_t k = 0; k < n; k++) {
            hg_link e = g->links[i + k];
            spokes[k] = (spoke){g->nodes[e.a], g->nodes[e.b], e};
        }
        if (n > 1)
            qsort(spokes, n, sizeof *spokes, by_slope);
        for (size_t k = 0; k < n; k++)
            g->links[i++] = spokes[k].link;
    }
    hg_free(spokes);
    return status;
}

hg_status hg_graph_node(hg_graph *g, hg_error *err)
{
    hg_keys pixels = {0};
    hg_status status = hg_graph_cross(g, &pixels, err);
    if (status == HG_OK)
        status = hg_keys_settle(&pixels, err);
    if (status == HG_OK && pixels.count > 0)
        status = heat_pixels(g, &pixels, err);
    if (status == HG_OK)
        status = cut_links(g, err);
    if (status == HG_OK)
        status = sort_by_slope(g, err);
    hg_free(pixels.at);
    return status;
}
