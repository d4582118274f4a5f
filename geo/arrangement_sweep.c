/*
 * A sweep from left to right over a noded graph. Links end and begin at nodes only, so that one
 * node's links are neighbours and those that begin take the places of those that end. Vertical
 * links are handled as if the sweep line leant over to the left by an infinitesimal angle, which is
 * what the order of nodes by x, then y says.
 */
#include "geo/active_list.h"
#include "base/memory.h"

typedef struct sweep {
    const hg_graph *g;
    hg_active active;
    uint32_t *last_end; /* by node: a link that ends there, or HG_NO_LINK */
    uint32_t *next_end; /* by link: the next that ends at the same node */
    uint32_t *below;
} sweep;

/* The highest place whose link runs below the node, at which no link ends. */
static uint32_t place_below(const sweep *s, hg_node v)
{
    uint32_t below = 0;
    for (uint32_t p = s->active.root; p;) {
        const hg_place *q = &s->active.places[p];
        if (hg_node_turn(q->a, q->b, v) > 0) {
            below = p;
            p = q->right;
        } else {
            p = q->left;
        }
    }
    return below;
}

/* The lowest of the places of links that end at node v. */
static uint32_t first_ending(const sweep *s, uint32_t v)
{
    uint32_t p = s->active.place_of[s->last_end[v]];
    for (uint32_t q = s->active.places[p].down; q && s->g->links[s->active.places[q].link].b == v;
         q = s->active.places[q].down)
        p = q;
    return p;
}

/* Passes node v, at which the links from `from` to before `to` begin. */
static hg_status pass_node(sweep *s, uint32_t v, uint32_t from, uint32_t to, hg_error *err)
{
    const hg_link *links = s->g->links;
    bool ends = s->last_end[v] != HG_NO_LINK;
    uint32_t under =
        ends ? s->active.places[first_ending(s, v)].down : place_below(s, s->g->nodes[v]);
    uint32_t below = under ? s->active.places[under].link : HG_NO_LINK;
    uint32_t old = s->active.places[under].up;
    hg_status status = HG_OK;
    for (uint32_t i = from; i < to && status == HG_OK; i++) {
        s->below[i] = below;
        below = i;
        if (ends && old && links[s->active.places[old].link].b == v) {
            hg_active_replace(&s->active, old, i);
            under = old;
        } else {
            status = hg_active_insert(&s->active, under, i, &under, err);
        }
        old = s->active.places[under].up;
    }
    while (ends && old && links[s->active.places[old].link].b == v) {
        uint32_t next = s->active.places[old].up;
        hg_active_remove(&s->active, old);
        old = next;
    }
    return status;
}

static hg_status pass_nodes(sweep *s, hg_error *err)
{
    const hg_graph *g = s->g;
    hg_status status = HG_OK;
    uint32_t from = 0;
    for (uint32_t v = 0; v < g->node_count && status == HG_OK; v++) {
        uint32_t to = from;
        while (to < g->link_count && g->links[to].a == v)
            to++;
        if (to > from || s->last_end[v] != HG_NO_LINK)
            status = pass_node(s, v, from, to, err);
        from = to;
    }
    return status;
}

static void chain_ends(sweep *s)
{
    for (size_t v = 0; v < s->g->node_count; v++)
        s->last_end[v] = HG_NO_LINK;
    for (uint32_t i = 0; i < s->g->link_count; i++) {
        uint32_t *last = &s->last_end[s->g->links[i].b];
        s->next_end[i] = *last;
        *last = i;
    }
}

hg_status hg_graph_below(const hg_graph *g, uint32_t *below, hg_error *err)
{
    sweep s = {.g = g, .below = below};
    hg_status status = hg_active_init(&s.active, g, err);
    s.next_end = hg_malloc(g->link_count, sizeof *s.next_end);
    s.last_end = hg_malloc(g->node_count, sizeof *s.last_end);
    if (status == HG_OK && (!s.next_end || !s.last_end))
        status = hg_fail_memory(err);
    if (status == HG_OK) {
        chain_ends(&s);
        status = pass_nodes(&s, err);
    }
    hg_active_dispose(&s.active);
    hg_free(s.next_end);
    hg_free(s.last_end);
    return status;
}
