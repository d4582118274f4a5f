/* Labels: every face's winding numbers follow from those of the face below by the owners of the
 * link between. */
#include "geo/arrangement_parts.h"
#include "base/memory.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

void hg_lists_dispose(hg_lists *lists)
{
    hg_free(lists->items);
    hg_free(lists->start);
    hg_free(lists->slots);
    *lists = (hg_lists){0};
}

static uint64_t hash_items(const uint32_t *items, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ items[i]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h ^ h >> 32;
}

static void fill_slots(hg_lists *lists, uint32_t *slots, size_t slot_count)
{
    memset(slots, 0xff, slot_count * sizeof *slots);
    for (size_t id = 0; id < lists->count; id++) {
        size_t first = lists->start[id];
        size_t k =
            hash_items(lists->items + first, lists->start[id + 1] - first) & (slot_count - 1);
        while (slots[k] != UINT32_MAX)
            k = (k + 1) & (slot_count - 1);
        slots[k] = (uint32_t)id;
    }
}

static hg_status grow_slots(hg_lists *lists, hg_error *err)
{
    size_t slot_count = lists->slot_count ? 2 * lists->slot_count : FIRST_SLOTS;
    uint32_t *slots = hg_malloc(slot_count, sizeof *slots);
    if (!slots)
        return hg_fail_memory(err);
    fill_slots(lists, slots, slot_count);
    hg_free(lists->slots);
    lists->slots = slots;
    lists->slot_count = slot_count;
    return HG_OK;
}

static hg_status append_list(hg_lists *lists, const uint32_t *items, size_t n, hg_error *err)
{
    size_t *start = hg_grow(lists->start, &lists->start_capacity, lists->count + 2, sizeof *start);
    lists->start = start ? start : lists->start;
    uint32_t *grown =
        start ? hg_grow(lists->items, &lists->item_capacity, lists->item_count + n, sizeof *grown)
              : NULL;
    if (!grown)
        return hg_fail_memory(err);
    lists->items = grown;
    if (n > 0)
        memcpy(grown + lists->item_count, items, n * sizeof *items);
    start[lists->count++] = lists->item_count;
    lists->item_count += n;
    start[lists->count] = lists->item_count;
    return HG_OK;
}

hg_status hg_lists_intern(hg_lists *lists, const uint32_t *items, size_t n, uint32_t *id,
                          hg_error *err)
{
    size_t mask = lists->slot_count - 1;
    size_t k = hash_items(items, n) & mask;
    for (; lists->slots[k] != UINT32_MAX; k = (k + 1) & mask) {
        uint32_t other = lists->slots[k];
        size_t first = lists->start[other];
        if (lists->start[other + 1] - first == n &&
            memcmp(lists->items + first, items, n * sizeof *items) == 0) {
            *id = other;
            return HG_OK;
        }
    }
    if (lists->count >= UINT32_MAX - 1)
        return hg_fail(err, HG_EFAIL, "more than %u different covers in one arrangement",
                       UINT32_MAX - 1);
    hg_status status = append_list(lists, items, n, err);
    if (status != HG_OK)
        return status;
    *id = (uint32_t)(lists->count - 1);
    lists->slots[k] = *id;
    return 2 * lists->count > lists->slot_count ? grow_slots(lists, err) : HG_OK;
}

hg_status hg_lists_init(hg_lists *lists, hg_error *err)
{
    uint32_t id;
    static const uint32_t nothing[1] = {0};
    hg_status status = grow_slots(lists, err);
    return status == HG_OK ? hg_lists_intern(lists, nothing, 0, &id, err) : status;
}

/*
 * A state is a list of polygon, winding number, polygon, … without zeros. Snapping can leave
 * slivers that a polygon winds around twice or backwards, so that windings are kept, and a cover is
 * where they are positive.
 */
typedef struct labeller {
    const hg_graph *g;
    hg_lists states, *covers;
    uint32_t *label; /* by state */
    size_t label_capacity;
    uint32_t *merged; /* work space */
    size_t merged_capacity;
} labeller;

static size_t put(uint32_t *list, size_t n, uint32_t polygon, uint32_t winding)
{
    if (winding == 0)
        return n;
    list[n] = polygon;
    list[n + 1] = winding;
    return n + 2;
}

/* Winding numbers above a link from those below it. Unsigned sums wrap as two's complement wants.
 */
static size_t merge_windings(const uint32_t *state, size_t n, const hg_owner *owners,
                             size_t owner_count, uint32_t *out)
{
    size_t at = 0;
    size_t i = 0;
    for (size_t k = 0; k < owner_count; k++) {
        for (; i < n && state[i] < owners[k].polygon; i += 2)
            at = put(out, at, state[i], state[i + 1]);
        uint32_t winding = (uint32_t)owners[k].times;
        if (i < n && state[i] == owners[k].polygon) {
            winding += state[i + 1];
            i += 2;
        }
        at = put(out, at, owners[k].polygon, winding);
    }
    for (; i < n; i += 2)
        at = put(out, at, state[i], state[i + 1]);
    return at;
}

/* Keeps the polygons of a state that cover, in place. */
static size_t keep_cover(uint32_t *state, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i += 2) {
        if (state[i + 1] <= INT32_MAX)
            state[count++] = state[i];
    }
    return count;
}

static hg_status reserve_merged(labeller *l, size_t need, hg_error *err)
{
    uint32_t *grown = hg_grow(l->merged, &l->merged_capacity, need, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    l->merged = grown;
    return HG_OK;
}

/* The state above link e if `below` is the state below it. */
static hg_status state_above(labeller *l, const hg_link *e, uint32_t below, uint32_t *above,
                             hg_error *err)
{
    size_t first = l->states.start[below];
    size_t n = l->states.start[below + 1] - first;
    size_t known = l->states.count;
    hg_status status = reserve_merged(l, n + 2 * (size_t)e->owners, err);
    if (status != HG_OK)
        return status;
    n = merge_windings(l->states.items + first, n, l->g->owners + e->owner, e->owners, l->merged);
    status = hg_lists_intern(&l->states, l->merged, n, above, err);
    if (status != HG_OK || l->states.count == known)
        return status;
    uint32_t *label = hg_grow(l->label, &l->label_capacity, l->states.count, sizeof *label);
    if (!label)
        return hg_fail_memory(err);
    l->label = label;
    return hg_lists_intern(l->covers, l->merged, keep_cover(l->merged, n), &label[*above], err);
}

static hg_status label_links(labeller *l, uint32_t *above, uint32_t *under, hg_error *err)
{
    /* First as states, in `above`; the sweep's order lets every link find that of the one below it.
     */
    hg_status status = hg_graph_below(l->g, under, err);
    for (size_t i = 0; i < l->g->link_count && status == HG_OK; i++) {
        under[i] = under[i] == HG_NO_LINK ? 0 : above[under[i]];
        status = state_above(l, &l->g->links[i], under[i], &above[i], err);
    }
    for (size_t i = 0; i < l->g->link_count && status == HG_OK; i++) {
        under[i] = l->label[under[i]];
        above[i] = l->label[above[i]];
    }
    return status;
}

hg_status hg_graph_label(const hg_graph *g, uint32_t *above, uint32_t *under, hg_lists *covers,
                         hg_error *err)
{
    labeller l = {.g = g, .covers = covers};
    hg_status status = hg_lists_init(&l.states, err);
    if (status == HG_OK)
        status = hg_lists_init(covers, err);
    l.label = hg_grow(NULL, &l.label_capacity, 1, sizeof *l.label);
    if (status == HG_OK && !l.label)
        status = hg_fail_memory(err);
    if (status == HG_OK) {
        l.label[0] = 0;
        status = label_links(&l, above, under, err);
    }
    hg_lists_dispose(&l.states);
    hg_free(l.label);
    hg_free(l.merged);
    return status;
}
