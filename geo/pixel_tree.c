/*
 * Packed as by Leutenegger, Lopez and Edgington (ICDE 1997): pixels in slabs from west to east, in
 * a slab from south to north, a box around every FANOUT of them and of the boxes below.
 */
#include "geo/pixel_tree.h"
#include "base/memory.h"
#include "base/radix.h"

#include <math.h>

/* 8^11 is more than 32-bit numbers can name; a walk leaves at most 7 siblings behind per level. */
enum { FANOUT = 8, MAX_LEVELS = 11, STACK = MAX_LEVELS * FANOUT };

typedef struct box {
    hg_node low, high;
} box;

struct hg_pixel_tree {
    const hg_node *nodes;
    size_t n;
    uint32_t *order; /**< numbers of the nodes, slab by slab */
    box *boxes;      /**< level by level, the lowest first */
    size_t level_start[MAX_LEVELS], level_count[MAX_LEVELS];
    int levels;
};

static size_t parents(size_t n)
{
    return (n + FANOUT - 1) / FANOUT;
}

static size_t plan_levels(hg_pixel_tree *t)
{
    size_t total = 0;
    for (size_t below = t->n; below > 1 || t->levels == 0; t->levels++) {
        below = parents(below);
        t->level_start[t->levels] = total;
        t->level_count[t->levels] = below;
        total += below;
    }
    return total;
}

static hg_status sort_nodes(hg_pixel_tree *t, hg_error *err)
{
    uint64_t *key = hg_malloc(t->n, sizeof *key);
    if (!key)
        return hg_fail_memory(err);
    size_t leaves = (size_t)ceil(sqrt((double)parents(t->n))); /* of a slab */
    for (size_t i = 0; i < t->n; i++) {
        key[i] = hg_key((uint32_t)(i / (leaves * FANOUT)), (uint32_t)t->nodes[i].y);
        t->order[i] = (uint32_t)i;
    }
    hg_status status = hg_radix_sort(key, t->order, t->n, 1, err);
    hg_free(key);
    return status;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static void stretch(box *b, box by, bool first)
{
    *b = first ? by
               : (box){{least(b->low.x, by.low.x), least(b->low.y, by.low.y)},
                       {most(b->high.x, by.high.x), most(b->high.y, by.high.y)}};
}

static void join_levels(hg_pixel_tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        hg_node v = t->nodes[t->order[i]];
        stretch(&t->boxes[i / FANOUT], (box){v, v}, i % FANOUT == 0);
    }
    for (int level = 1; level < t->levels; level++) {
        const box *below = t->boxes + t->level_start[level - 1];
        for (size_t i = 0; i < t->level_count[level - 1]; i++)
            stretch(&t->boxes[t->level_start[level] + i / FANOUT], below[i], i % FANOUT == 0);
    }
}

hg_status hg_pixel_tree_new(const hg_node *nodes, size_t n, hg_pixel_tree **out, hg_error *err)
{
    hg_pixel_tree *t = hg_calloc(1, sizeof *t);
    if (!t)
        return hg_fail_memory(err);
    t->nodes = nodes;
    t->n = n;
    t->boxes = hg_malloc(plan_levels(t), sizeof *t->boxes);
    t->order = hg_malloc(n, sizeof *t->order);
    hg_status status = t->boxes && t->order ? sort_nodes(t, err) : hg_fail_memory(err);
    if (status == HG_OK) {
        join_levels(t);
        *out = t;
    } else {
        hg_pixel_tree_free(t);
    }
    return status;
}

void hg_pixel_tree_free(hg_pixel_tree *tree)
{
    if (!tree)
        return;
    hg_free(tree->boxes);
    hg_free(tree->order);
    hg_free(tree);
}

typedef struct segment {
    hg_node a;
    box around;
    int64_t dx, dy;
} segment;

static segment make_segment(hg_node a, hg_node b)
{
    return (segment){
        a, {{a.x, least(a.y, b.y)}, {b.x, most(a.y, b.y)}}, (int64_t)b.x - a.x, (int64_t)b.y - a.y};
}

static int64_t size_of(int64_t v)
{
    return v < 0 ? -v : v;
}

static bool apart(const segment *s, const box *b)
{
    return b->low.x > s->around.high.x || b->high.x < s->around.low.x ||
           b->low.y > s->around.high.y || b->high.y < s->around.low.y;
}

/* Twice the distance of the box's middle from the line, in units in which the other function says
 * how far is near. */
static int64_t twice_off(const segment *s, const box *b)
{
    int64_t x = (int64_t)b->low.x + b->high.x - 2 * (int64_t)s->a.x;
    int64_t y = (int64_t)b->low.y + b->high.y - 2 * (int64_t)s->a.y;
    return s->dx * y - s->dy * x;
}

/* Twice half the width of the box, grown by half a pixel, across the line. */
static int64_t twice_reach(const segment *s, const box *b)
{
    return s->dx * ((int64_t)b->high.y - b->low.y + 1) +
           size_of(s->dy) * ((int64_t)b->high.x - b->low.x + 1);
}

/*
 * Pixels of nodes within the segment's bounding box, other than its ends, are passed if the line
 * passes them. Of the two corners that the line may just touch, a rising one has two open corners
 * before it, a falling one an open corner below it and a closed one above.
 */
static bool passes(const segment *s, hg_node v)
{
    box pixel = {v, v};
    if (apart(s, &pixel))
        return false;
    int64_t off = twice_off(s, &pixel);
    int64_t reach = twice_reach(s, &pixel);
    return off > -reach && (s->dy < 0 ? off <= reach : off < reach);
}

static bool may_pass(const segment *s, const box *b)
{
    return !apart(s, b) && size_of(twice_off(s, b)) <= twice_reach(s, b);
}

static hg_status take(hg_numbers *passed, uint32_t node, hg_error *err)
{
    uint32_t *grown = hg_grow(passed->at, &passed->capacity, passed->count + 1, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    passed->at = grown;
    passed->at[passed->count++] = node;
    return HG_OK;
}

static hg_status look_at_leaf(const hg_pixel_tree *t, size_t leaf, const segment *s, uint32_t a,
                              uint32_t b, hg_numbers *passed, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = leaf * FANOUT; i < t->n && i < (leaf + 1) * FANOUT && status == HG_OK; i++) {
        uint32_t node = t->order[i];
        if (node != a && node != b && passes(s, t->nodes[node]))
            status = take(passed, node, err);
    }
    return status;
}

typedef struct open_box {
    int level;
    size_t at;
} open_box;

hg_status hg_pixel_tree_passed(const hg_pixel_tree *t, uint32_t a, uint32_t b, hg_numbers *passed,
                               hg_error *err)
{
    segment s = make_segment(t->nodes[a], t->nodes[b]);
    open_box stack[STACK];
    int height = 1;
    hg_status status = HG_OK;
    passed->count = 0;
    stack[0] = (open_box){t->levels - 1, 0};
    while (height > 0 && status == HG_OK) {
        open_box o = stack[--height];
        if (o.level == 0) {
            status = look_at_leaf(t, o.at, &s, a, b, passed, err);
            continue;
        }
        const box *below = t->boxes + t->level_start[o.level - 1];
        for (size_t i = o.at * FANOUT; i < t->level_count[o.level - 1] && i < (o.at + 1) * FANOUT;
             i++) {
            if (may_pass(&s, &below[i]))
                stack[height++] = (open_box){o.level - 1, i};
        }
    }
    return status;
}
