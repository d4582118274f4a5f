/* A packed tree after Kamel and Faloutsos (VLDB 1994), boxes in Morton order of their middles. */
#include "geo/lattice_tree.h"
#include "base/memory.h"
#include "base/radix.h"

/* 8^11 is more than 32-bit numbers can name; a walk leaves at most 7 siblings behind per level. */
enum { FANOUT = 8, MAX_LEVELS = 11, STACK = MAX_LEVELS * FANOUT };

struct hg_lattice_tree {
    size_t n;
    uint32_t *ids; /**< number of each box, in the tree's order */
    hg_lattice_box
        *boxes; /**< the boxes in the tree's order, then level by level those over them */
    size_t level_start[MAX_LEVELS + 1], level_count[MAX_LEVELS + 1];
    int levels; /**< the boxes themselves are level 0 */
};

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static hg_lattice_box join(hg_lattice_box a, hg_lattice_box b)
{
    return (hg_lattice_box){least(a.x0, b.x0), least(a.y0, b.y0), most(a.x1, b.x1),
                            most(a.y1, b.y1)};
}

static uint64_t spread_bits(uint32_t v)
{
    uint64_t x = v;
    x = (x | x << 16) & 0x0000ffff0000ffffu;
    x = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fu;
    x = (x | x << 2) & 0x3333333333333333u;
    return (x | x << 1) & 0x5555555555555555u;
}

static uint64_t morton(hg_lattice_box b)
{
    uint32_t x = (uint32_t)b.x0 + ((uint32_t)b.x1 - (uint32_t)b.x0) / 2;
    uint32_t y = (uint32_t)b.y0 + ((uint32_t)b.y1 - (uint32_t)b.y0) / 2;
    return spread_bits(x) | spread_bits(y) << 1;
}

static size_t plan_levels(hg_lattice_tree *t)
{
    size_t total = t->n;
    t->level_count[0] = t->n;
    for (t->levels = 1; t->level_count[t->levels - 1] > 1; t->levels++) {
        t->level_start[t->levels] = total;
        t->level_count[t->levels] = (t->level_count[t->levels - 1] + FANOUT - 1) / FANOUT;
        total += t->level_count[t->levels];
    }
    return total;
}

static hg_status sort_boxes(hg_lattice_tree *t, const hg_lattice_box *boxes, hg_error *err)
{
    uint64_t *key = hg_malloc(t->n, sizeof *key);
    if (!key)
        return hg_fail_memory(err);
    for (size_t i = 0; i < t->n; i++) {
        key[i] = morton(boxes[i]);
        t->ids[i] = (uint32_t)i;
    }
    hg_status status = hg_radix_sort(key, t->ids, t->n, 1, err);
    for (size_t i = 0; i < t->n && status == HG_OK; i++)
        t->boxes[i] = boxes[t->ids[i]];
    hg_free(key);
    return status;
}

static void join_levels(hg_lattice_tree *t)
{
    for (int level = 1; level < t->levels; level++) {
        const hg_lattice_box *child = t->boxes + t->level_start[level - 1];
        size_t children = t->level_count[level - 1];
        for (size_t i = 0; i < children; i++) {
            hg_lattice_box *parent = &t->boxes[t->level_start[level] + i / FANOUT];
            *parent = i % FANOUT ? join(*parent, child[i]) : child[i];
        }
    }
}

hg_status hg_lattice_tree_new(const hg_lattice_box *boxes, size_t n, hg_lattice_tree **out, hg_error *err)
{
    hg_lattice_tree *t = hg_calloc(1, sizeof *t);
    if (!t)
        return hg_fail_memory(err);
    t->n = n;
    size_t total = plan_levels(t);
    t->boxes = hg_malloc(total, sizeof *t->boxes);
    t->ids = hg_malloc(n, sizeof *t->ids);
    hg_status status = t->boxes && t->ids ? sort_boxes(t, boxes, err) : hg_fail_memory(err);
    if (status == HG_OK) {
        join_levels(t);
        *out = t;
    } else {
        hg_lattice_tree_free(t);
    }
    return status;
}

void hg_lattice_tree_free(hg_lattice_tree *tree)
{
    if (!tree)
        return;
    hg_free(tree->boxes);
    hg_free(tree->ids);
    hg_free(tree);
}

/* A segment from left to right. */
typedef struct probe {
    hg_lattice_box box;
    hg_node a;
    int64_t dx, dy, rise; /* rise = |dy| */
} probe;

static probe make_probe(hg_node a, hg_node b)
{
    hg_node left = a.x <= b.x ? a : b;
    hg_node right = a.x <= b.x ? b : a;
    int64_t dy = (int64_t)right.y - left.y;
    return (probe){hg_lattice_box_of(a, b), left, (int64_t)right.x - left.x, dy, dy < 0 ? -dy : dy};
}

/* Middle of the box against the line, in doubled coordinates, and the box's half width seen along
 * it. */
static bool may_touch(const probe *p, const hg_lattice_box *b)
{
    if (b->x0 > p->box.x1 || b->x1 < p->box.x0 || b->y0 > p->box.y1 || b->y1 < p->box.y0)
        return false;
    int64_t mx = (int64_t)b->x0 + b->x1 - 2 * (int64_t)p->a.x;
    int64_t my = (int64_t)b->y0 + b->y1 - 2 * (int64_t)p->a.y;
    int64_t off = p->dx * my - p->dy * mx;
    int64_t reach = p->dx * ((int64_t)b->y1 - b->y0 + 1) + p->rise * ((int64_t)b->x1 - b->x0 + 1);
    return off <= reach && -off <= reach;
}

static hg_status take(hg_numbers *found, uint32_t id, hg_error *err)
{
    uint32_t *grown = hg_grow(found->at, &found->capacity, found->count + 1, sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    found->at = grown;
    found->at[found->count++] = id;
    return HG_OK;
}

typedef struct open_box {
    int level;
    size_t at;
} open_box;

hg_status hg_lattice_tree_along(const hg_lattice_tree *t, hg_node a, hg_node b, hg_numbers *found,
                            hg_error *err)
{
    found->count = 0;
    if (t->n == 0)
        return HG_OK;
    probe p = make_probe(a, b);
    open_box stack[STACK];
    int height = 1;
    hg_status status = HG_OK;
    stack[0] = (open_box){t->levels - 1, 0};
    while (height > 0 && status == HG_OK) {
        open_box o = stack[--height];
        if (!may_touch(&p, &t->boxes[t->level_start[o.level] + o.at]))
            continue;
        if (o.level == 0) {
            status = take(found, t->ids[o.at], err);
            continue;
        }
        size_t below = t->level_count[o.level - 1];
        for (size_t i = o.at * FANOUT; i < below && i < o.at * FANOUT + FANOUT; i++)
            stack[height++] = (open_box){o.level - 1, i};
    }
    return status;
}
