#include "geo/box_tree.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct keyed {
    uint64_t key;
    uint32_t id;
} keyed;

static hg_box nothing(void)
{
    return (hg_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
}

static hg_box join(hg_box a, hg_box b)
{
    return (hg_box){fmin(a.x0, b.x0), fmin(a.y0, b.y0), fmax(a.x1, b.x1), fmax(a.y1, b.y1)};
}

static uint64_t spread_bits(uint32_t v)
{
    uint64_t x = v & 0xffffu;
    x = (x | x << 8) & 0x00ff00ffu;
    x = (x | x << 4) & 0x0f0f0f0fu;
    x = (x | x << 2) & 0x33333333u;
    return (x | x << 1) & 0x55555555u;
}

static uint32_t lattice(double v, double low, double high)
{
    double t = high > low ? (v - low) / (high - low) * 65535.0 : 0.0;
    return t >= 0.0 && t <= 65535.0 ? (uint32_t)t : 0;
}

static int by_key(const void *a, const void *b)
{
    const keyed *p = a;
    const keyed *q = b;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->id > q->id) - (p->id < q->id);
}

static hg_status sort_things(hg_box_tree *t, const void *things, hg_box_fn box_of, hg_error *err)
{
    keyed *keys = hg_malloc(t->n, sizeof *keys);
    if (!keys)
        return hg_fail_memory(err);
    hg_box all = nothing();
    for (size_t i = 0; i < t->n; i++)
        all = join(all, box_of(things, i));
    for (size_t i = 0; i < t->n; i++) {
        hg_box b = box_of(things, i);
        uint32_t x = lattice((b.x0 + b.x1) / 2.0, all.x0, all.x1);
        uint32_t y = lattice((b.y0 + b.y1) / 2.0, all.y0, all.y1);
        keys[i] = (keyed){spread_bits(x) | spread_bits(y) << 1, (uint32_t)i};
    }
    qsort(keys, t->n, sizeof *keys, by_key);
    for (size_t i = 0; i < t->n; i++)
        t->order[i] = keys[i].id;
    hg_free(keys);
    return HG_OK;
}

static size_t plan_levels(hg_box_tree *t)
{
    size_t total = 0;
    size_t below = t->n;
    do {
        below = (below + HG_BOX_FANOUT - 1) / HG_BOX_FANOUT;
        t->level_start[t->levels] = total;
        t->level_count[t->levels++] = below;
        total += below;
    } while (below > 1);
    return total;
}

static hg_box join_children(const hg_box_tree *t, int level, size_t node, const void *things,
                            hg_box_fn box_of)
{
    hg_box b = nothing();
    size_t from = 0, to = 0;
    hg_box_children(t, level, node, &from, &to);
    for (size_t i = from; i < to; i++)
        b = join(b, level == 0 ? box_of(things, t->order[i])
                               : t->boxes[t->level_start[level - 1] + i]);
    return b;
}

hg_status hg_box_tree_init(hg_box_tree *tree, const void *things, size_t n, hg_box_fn box_of,
                           hg_error *err)
{
    hg_box_tree t = {.n = n};
    t.boxes = hg_malloc(plan_levels(&t), sizeof *t.boxes);
    t.order = hg_malloc(n, sizeof *t.order);
    hg_status status =
        t.boxes && t.order ? sort_things(&t, things, box_of, err) : hg_fail_memory(err);
    if (status != HG_OK) {
        hg_box_tree_dispose(&t);
        return status;
    }
    for (int level = 0; level < t.levels; level++) {
        for (size_t i = 0; i < t.level_count[level]; i++)
            t.boxes[t.level_start[level] + i] = join_children(&t, level, i, things, box_of);
    }
    *tree = t;
    return HG_OK;
}

void hg_box_tree_dispose(hg_box_tree *tree)
{
    hg_free(tree->order);
    hg_free(tree->boxes);
    *tree = (hg_box_tree){0};
}

void hg_box_walk_start(hg_box_walk *walk, const hg_box_tree *tree, hg_box box)
{
    walk->tree = tree;
    walk->box = box;
    walk->height = 1;
    walk->stack[0].level = tree->levels - 1;
    walk->stack[0].node = 0;
}

bool hg_box_walk_next(hg_box_walk *walk, size_t *from, size_t *to)
{
    const hg_box_tree *t = walk->tree;
    while (walk->height > 0) {
        int level = walk->stack[--walk->height].level;
        size_t node = walk->stack[walk->height].node;
        if (!hg_box_meets(&t->boxes[t->level_start[level] + node], &walk->box))
            continue;
        hg_box_children(t, level, node, from, to);
        if (level == 0)
            return true;
        for (size_t i = *from; i < *to; i++) {
            walk->stack[walk->height].level = level - 1;
            walk->stack[walk->height++].node = i;
        }
    }
    return false;
}
