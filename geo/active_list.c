#include "geo/active_list.h"
#include "base/memory.h"

static void replace_child(hg_active *active, uint32_t parent, uint32_t old, uint32_t new)
{
    if (parent == 0)
        active->root = new;
    else if (active->places[parent].left == old)
        active->places[parent].left = new;
    else
        active->places[parent].right = new;
    if (new)
        active->places[new].parent = parent;
}

/* Lifts p over its parent. */
static void rotate_up(hg_active *active, uint32_t p)
{
    hg_place *at = active->places;
    uint32_t q = at[p].parent;
    replace_child(active, at[q].parent, q, p);
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

static hg_status new_place(hg_active *active, uint32_t *out, hg_error *err)
{
    if (active->spare) {
        *out = active->spare;
        active->spare = active->places[active->spare].up;
        return HG_OK;
    }
    hg_place *grown =
        hg_grow(active->places, &active->place_capacity, active->place_count + 1, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    active->places = grown;
    *out = (uint32_t)active->place_count++;
    active->places[*out] = (hg_place){.priority = (uint32_t)hg_random_u64(&active->random)};
    return HG_OK;
}

void hg_active_replace(hg_active *active, uint32_t p, uint32_t link)
{
    hg_place *q = &active->places[p];
    q->link = link;
    q->a = active->g->nodes[active->g->links[link].a];
    q->b = active->g->nodes[active->g->links[link].b];
    active->place_of[link] = p;
}

hg_status hg_active_insert(hg_active *active, uint32_t under, uint32_t link, uint32_t *out,
                           hg_error *err)
{
    uint32_t p = 0;
    hg_status status = new_place(active, &p, err);
    if (status != HG_OK)
        return status;
    hg_place *at = active->places;
    uint32_t over = at[under].up;
    at[p] = (hg_place){.down = under, .up = over, .priority = at[p].priority};
    at[under].up = p;
    at[over].down = p;
    if (under && !at[under].right) {
        at[under].right = p;
        at[p].parent = under;
    } else if (over) {
        at[over].left = p;
        at[p].parent = over;
    } else {
        active->root = p;
    }
    while (at[p].parent && at[at[p].parent].priority < at[p].priority)
        rotate_up(active, p);
    hg_active_replace(active, p, link);
    *out = p;
    return HG_OK;
}

void hg_active_remove(hg_active *active, uint32_t p)
{
    hg_place *at = active->places;
    while (at[p].left && at[p].right)
        rotate_up(active,
                  at[at[p].left].priority > at[at[p].right].priority ? at[p].left : at[p].right);
    replace_child(active, at[p].parent, p, at[p].left ? at[p].left : at[p].right);
    at[at[p].down].up = at[p].up;
    at[at[p].up].down = at[p].down;
    at[p].up = active->spare;
    active->spare = p;
}

hg_status hg_active_init(hg_active *active, const hg_graph *g, hg_error *err)
{
    uint32_t none = 0;
    *active = (hg_active){.g = g, .random = hg_random_seed(0, 0)};
    active->place_of = hg_malloc(g->link_count, sizeof *active->place_of);
    return active->place_of ? new_place(active, &none, err) : hg_fail_memory(err);
}

void hg_active_dispose(hg_active *active)
{
    hg_free(active->places);
    hg_free(active->place_of);
}
