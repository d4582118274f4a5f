/*
 * A sweep from left to right over a noded graph. Active links stand in a treap (Seidel and Aragon
 * 1996), bottom to top, that is threaded as a list. Links end and begin at nodes only, so that one
 * node's links are neighbours and those that begin take the places of those that end. Vertical
 * links are handled as if the sweep line leant over to the left by an infinitesimal angle, which is
 * what the order of nodes by x, then y says.
 */
#include "geo/arrangement_parts.h"
#include "base/memory.h"

/* Place 0 stands for none; as a list entry it is the one before the first and after the last. */
typedef struct place {
    uint32_t left, right, parent;
    uint32_t down, up; /* neighbours in the list */
    uint32_t priority;
    uint32_t link;
    hg_node a, b;
} place;

typedef struct sweep {
    const hg_graph *g;
    place *places;
    size_t place_count, place_capacity;
    uint32_t root, spare; /* spare: freed places, chained by up */
    uint32_t *place_of;   /* by link */
    uint32_t *last_end;   /* by node: a link that ends there, or HG_NO_LINK */
    uint32_t *next_end;   /* by link: the next that ends at the same node */
    uint32_t *below;
} sweep;

/* Priorities need be no more than well mixed: the finaliser of SplitMix (Steele, Lea and Flood
 * 2014). */
static uint32_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z ^ (z >> 31));
}

static void replace_child(sweep *s, uint32_t parent, uint32_t old, uint32_t new)
{
    if (parent == 0)
        s->root = new;
    else if (s->places[parent].left == old)
        s->places[parent].left = new;
    else
        s->places[parent].right = new;
    if (new)
        s->places[new].parent = parent;
}

/* Lifts p over its parent. */
static void rotate_up(sweep *s, uint32_t p)
{
    place *at = s->places;
    uint32_t q = at[p].parent;
    replace_child(s, at[q].parent, q, p);
    uint32_t moved = at[q].left == p ? at[p].right : at[p].left;
    if (at[q].left == p) {
        at[q].left = moved;
        at[p].right = q;
    } else {
        at[q].right = moved;
        at[p].left = q;
    }
    if (moved)
        at[moved].parent = q;
    at[q].parent = p;
}

static hg_status new_place(sweep *s, uint32_t *out, hg_error *err)
{
    if (s->spare) {
        *out = s->spare;
        s->spare = s->places[s->spare].up;
        return HG_OK;
    }
    place *grown = hg_grow(s->places, &s->place_capacity, s->place_count + 1, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    s->places = grown;
    *out = (uint32_t)s->place_count++;
    s->places[*out] = (place){.priority = mix(*out)};
    return HG_OK;
}

static void occupy(sweep *s, uint32_t p, uint32_t link)
{
    place *q = &s->places[p];
    q->link = link;
    q->a = s->g->nodes[s->g->links[link].a];
    q->b = s->g->nodes[s->g->links[link].b];
    s->place_of[link] = p;
}

/* Puts a link directly above the place `under` (0: at the bottom). */
static hg_status insert_above(sweep *s, uint32_t under, uint32_t link, uint32_t *out, hg_error *err)
{
    uint32_t p = 0;
    hg_status status = new_place(s, &p, err);
    if (status != HG_OK)
        return status;
    place *at = s->places;
    uint32_t over = at[under].up;
    at[p] = (place){.down = under, .up = over, .priority = at[p].priority};
    at[under].up = p;
    at[over].down = p;
    if (under && !at[under].right) {
        at[under].right = p;
        at[p].parent = under;
    } else if (over) {
        at[over].left = p;
        at[p].parent = over;
    } else {
        s->root = p;
    }
    while (at[p].parent && at[at[p].parent].priority < at[p].priority)
        rotate_up(s, p);
    occupy(s, p, link);
    *out = p;
    return HG_OK;
}

static void take_out(sweep *s, uint32_t p)
{
    place *at = s->places;
    while (at[p].left && at[p].right)
        rotate_up(s, at[at[p].left].priority > at[at[p].right].priority ? at[p].left : at[p].right);
    replace_child(s, at[p].parent, p, at[p].left ? at[p].left : at[p].right);
    at[at[p].down].up = at[p].up;
    at[at[p].up].down = at[p].down;
    at[p].up = s->spare;
    s->spare = p;
}

/* The highest place whose link runs below the node, at which no link ends. */
static uint32_t place_below(const sweep *s, hg_node v)
{
    uint32_t below = 0;
    for (uint32_t p = s->root; p;) {
        const place *q = &s->places[p];
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
    uint32_t p = s->place_of[s->last_end[v]];
    for (uint32_t q = s->places[p].down; q && s->g->links[s->places[q].link].b == v;
         q = s->places[q].down)
        p = q;
    return p;
}

/* Passes node v, at which the links from `from` to before `to` begin. */
static hg_status pass_node(sweep *s, uint32_t v, uint32_t from, uint32_t to, hg_error *err)
{
    const hg_link *links = s->g->links;
    bool ends = s->last_end[v] != HG_NO_LINK;
    uint32_t under = ends ? s->places[first_ending(s, v)].down : place_below(s, s->g->nodes[v]);
    uint32_t below = under ? s->places[under].link : HG_NO_LINK;
    uint32_t old = s->places[under].up;
    hg_status status = HG_OK;
    for (uint32_t i = from; i < to && status == HG_OK; i++) {
        s->below[i] = below;
        below = i;
        if (ends && old && links[s->places[old].link].b == v) {
            occupy(s, old, i);
            under = old;
        } else {
            status = insert_above(s, under, i, &under, err);
        }
        old = s->places[under].up;
    }
    while (ends && old && links[s->places[old].link].b == v) {
        uint32_t next = s->places[old].up;
        take_out(s, old);
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
    uint32_t none = 0;
    hg_status status = HG_OK;
    s.place_of = hg_malloc(g->link_count, sizeof *s.place_of);
    s.next_end = hg_malloc(g->link_count, sizeof *s.next_end);
    s.last_end = hg_malloc(g->node_count, sizeof *s.last_end);
    if (!s.place_of || !s.next_end || !s.last_end)
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = new_place(&s, &none, err);
    if (status == HG_OK) {
        chain_ends(&s);
        status = pass_nodes(&s, err);
    }
    hg_free(s.places);
    hg_free(s.place_of);
    hg_free(s.next_end);
    hg_free(s.last_end);
    return status;
}
