/*
 * Snap rounding: J. D. Hobby, Practical segment intersection with finite precision output,
 * Computational Geometry 13, 1999; L. J. Guibas and D. H. Marimont, Rounding arrangements
 * dynamically, IJCGA 8, 1998. Pixels are half-open squares [x - 1/2, x + 1/2) x [y - 1/2, y + 1/2)
 * around lattice points. A link between pixel centres that ran through the centre of a third hot
 * pixel would come from a segment through that pixel, pixels being convex; so the links of the
 * result meet at nodes only.
 */
#include "geo/lattice_tree.h"
#include "base/memory.h"
#include "base/radix.h"

#include <stdlib.h>

/* Halves go up, as the pixels are half-open. den > 0. */
static int32_t rounded_ratio(__int128 num, int64_t den)
{
    __int128 twice = 2 * num + den;
    __int128 unit = 2 * (__int128)den;
    __int128 q = twice / unit;
    return (int32_t)(q - (twice % unit < 0));
}

/* Where the links cross inside both, if they do. */
static bool crossing(hg_node a, hg_node b, hg_node c, hg_node d, hg_node *at)
{
    int64_t ta = hg_node_turn(c, d, a);
    int64_t tb = hg_node_turn(c, d, b);
    if (ta == 0 || tb == 0 || (ta > 0) == (tb > 0))
        return false;
    int64_t tc = hg_node_turn(a, b, c);
    int64_t td = hg_node_turn(a, b, d);
    if (tc == 0 || td == 0 || (tc > 0) == (td > 0))
        return false;
    int64_t num = ta < 0 ? -ta : ta; /* the crossing is num / den of the way from a to b */
    int64_t den = ta < 0 ? tb - ta : ta - tb;
    at->x = a.x + rounded_ratio((__int128)num * ((int64_t)b.x - a.x), den);
    at->y = a.y + rounded_ratio((__int128)num * ((int64_t)b.y - a.y), den);
    return true;
}

static hg_status grow_link_tree(const hg_graph *g, hg_lattice_tree **out, hg_error *err)
{
    hg_lattice_box *boxes = hg_malloc(g->link_count, sizeof *boxes);
    if (!boxes)
        return hg_fail_memory(err);
    for (size_t i = 0; i < g->link_count; i++)
        boxes[i] = hg_lattice_box_of(g->nodes[g->links[i].a], g->nodes[g->links[i].b]);
    hg_status status = hg_lattice_tree_new(boxes, g->link_count, out, err);
    hg_free(boxes);
    return status;
}

static hg_status cross_link(const hg_graph *g, const hg_lattice_tree *tree, uint32_t i,
                            hg_numbers *found, hg_keys *pixels, hg_error *err)
{
    const hg_link *e = &g->links[i];
    hg_node a = g->nodes[e->a];
    hg_node b = g->nodes[e->b];
    hg_status status = hg_lattice_tree_along(tree, a, b, found, err);
    for (size_t k = 0; k < found->count && status == HG_OK; k++) {
        const hg_link *f = &g->links[found->at[k]];
        hg_node at;
        if (found->at[k] > i && crossing(a, b, g->nodes[f->a], g->nodes[f->b], &at))
            status = hg_keys_add(pixels, hg_key((uint32_t)at.x, (uint32_t)at.y), err);
    }
    return status;
}

hg_status hg_graph_cross(const hg_graph *g, hg_keys *pixels, hg_error *err)
{
    hg_lattice_tree *tree = NULL;
    hg_numbers found = {0};
    hg_status status = grow_link_tree(g, &tree, err);
    for (size_t i = 0; i < g->link_count && status == HG_OK; i++)
        status = cross_link(g, tree, (uint32_t)i, &found, pixels, err);
    hg_free(found.at);
    hg_lattice_tree_free(tree);
    return status;
}

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

/*
 * Does the segment pass the half-open pixel of c, which lies in its bounding box and is neither
 * end's? Then the line decides alone. Its distance from the middle is compared with that of the two
 * corners it may touch: of these a rising line sees two open ones, a falling line one open and one
 * closed.
 */
static bool passes(hg_node a, hg_node b, hg_node c)
{
    int64_t dx = (int64_t)b.x - a.x;
    int64_t dy = (int64_t)b.y - a.y;
    int64_t off = 2 * hg_node_turn(a, b, c);
    int64_t reach = dx + (dy < 0 ? -dy : dy);
    return off > -reach && (dy < 0 ? off <= reach : off < reach);
}

/* Work space of one pass over all links. */
typedef struct noding {
    hg_lattice_tree *tree;
    hg_numbers found;
    hg_keys along; /* sort keys of found */
    hg_steps steps;
    bool any; /* a link was cut */
} noding;

static hg_status grow_node_tree(const hg_graph *g, hg_lattice_tree **out, hg_error *err)
{
    hg_lattice_box *boxes = hg_malloc(g->node_count, sizeof *boxes);
    if (!boxes)
        return hg_fail_memory(err);
    for (size_t i = 0; i < g->node_count; i++)
        boxes[i] = hg_lattice_box_of(g->nodes[i], g->nodes[i]);
    hg_status status = hg_lattice_tree_new(boxes, g->node_count, out, err);
    hg_free(boxes);
    return status;
}

/* Leaves in found the hot pixels between the link's ends, in the order in which it passes them. */
static hg_status find_passed(const hg_graph *g, const hg_link *e, noding *w, hg_error *err)
{
    hg_node a = g->nodes[e->a];
    hg_node b = g->nodes[e->b];
    hg_status status = hg_lattice_tree_along(w->tree, a, b, &w->found, err);
    size_t n = 0;
    w->along.count = 0;
    for (size_t k = 0; k < w->found.count && status == HG_OK; k++) {
        uint32_t id = w->found.at[k];
        hg_node c = g->nodes[id];
        if (id == e->a || id == e->b || !passes(a, b, c))
            continue;
        w->found.at[n++] = id;
        uint32_t up = (uint32_t)(a.y <= b.y ? c.y : INT32_MAX - c.y);
        status = hg_keys_add(&w->along, hg_key((uint32_t)c.x, up), err);
    }
    w->found.count = n;
    return status == HG_OK && n > 1 ? hg_radix_sort(w->along.at, w->found.at, n, 1, err) : status;
}

static hg_status cut_link(const hg_graph *g, const hg_link *e, noding *w, hg_error *err)
{
    hg_status status = find_passed(g, e, w, err);
    w->any = w->any || w->found.count > 0;
    uint32_t u = e->a;
    for (size_t k = 0; k <= w->found.count && status == HG_OK; k++) {
        uint32_t v = k < w->found.count ? w->found.at[k] : e->b;
        for (uint32_t o = 0; o < e->owners && status == HG_OK; o++)
            status = hg_steps_add(&w->steps, u, v, g->owners[e->owner + o], err);
        u = v;
    }
    return status;
}

static hg_status cut_links(hg_graph *g, hg_error *err)
{
    noding w = {0};
    hg_status status = grow_node_tree(g, &w.tree, err);
    for (size_t i = 0; i < g->link_count && status == HG_OK; i++)
        status = cut_link(g, &g->links[i], &w, err);
    if (status == HG_OK && w.any)
        status = hg_steps_join(&w.steps, g, err);
    hg_lattice_tree_free(w.tree);
    hg_free(w.found.at);
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
