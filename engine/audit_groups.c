/* Which patches must be arranged together: those whose outlines come within 5 mm of each other's boxes. */
#include "engine/audit_parts.h"
#include "base/disjoint.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MARGIN_MM = 5 };

typedef struct pair {
    uint32_t a, b;
} pair;

typedef struct pairs {
    pair *items;
    size_t count, capacity;
} pairs;

static int by_pair(const void *a, const void *b)
{
    const pair *p = a, *q = b;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

static hg_status find_pairs(const audit_context *c, pairs *found, hg_error *err)
{
    hg_polygon_hits hits = {0};
    hg_status status = HG_OK;
    for (size_t i = 0; i < c->in->patch_count && status == HG_OK; i++) {
        if (!c->patches[i].rings)
            continue;
        const int64_t *b = c->patches[i].box;
        int64_t box[4] = {b[0] - MARGIN_MM, b[1] - MARGIN_MM, b[2] + MARGIN_MM, b[3] + MARGIN_MM};
        status = hg_polygon_index_query(c->patch_index, box, &hits, err);
        for (size_t k = 0; k < hits.count && status == HG_OK; k++) {
            if (hits.items[k].polygon == i)
                continue;
            pair *items = hg_grow(found->items, &found->capacity, found->count + 1, sizeof *items);
            if (!items)
                status = hg_fail_memory(err);
            else
                (found->items = items)[found->count++] = (pair){(uint32_t)i, hits.items[k].polygon};
        }
    }
    hg_free(hits.items);
    return status;
}

/* Each must meet the box of the other: two diagonal neighbours whose boxes merely overlap stay apart. */
static void join_mutual(pairs *found, uint32_t *parent)
{
    if (found->count)
        qsort(found->items, found->count, sizeof *found->items, by_pair);
    for (size_t k = 0; k < found->count; k++) {
        pair back = {found->items[k].b, found->items[k].a};
        if (back.a > back.b &&
            bsearch(&back, found->items, found->count, sizeof back, by_pair))
            hg_disjoint_join(parent, back.a, back.b);
    }
}

/* The number of each root's group, by its first patch, and how many patches the groups have. */
static void count_members(const audit_context *c, uint32_t *parent, uint32_t *number, audit_groups *out)
{
    for (uint32_t i = 0; i < c->in->patch_count; i++) {
        if (!c->patches[i].rings)
            continue;
        uint32_t r = hg_disjoint_root(parent, i);
        if (r == i)
            number[i] = (uint32_t)out->count++;
        out->start[number[r] + 1]++;
    }
    for (size_t g = 0; g < out->count; g++)
        out->start[g + 1] += out->start[g];
}

/* Empty outlines are in no group. */
static hg_status list_members(const audit_context *c, uint32_t *parent, audit_groups *out,
                              hg_error *err)
{
    size_t n = c->in->patch_count;
    uint32_t *number = hg_malloc(n + 1, sizeof *number);
    size_t *next = hg_malloc(n + 1, sizeof *next);
    out->members = hg_malloc(n + 1, sizeof *out->members);
    out->start = hg_calloc(n + 2, sizeof *out->start);
    hg_status status =
        number && next && out->members && out->start ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        count_members(c, parent, number, out);
        memcpy(next, out->start, out->count * sizeof *next);
        for (uint32_t i = 0; i < n; i++)
            if (c->patches[i].rings)
                out->members[next[number[hg_disjoint_root(parent, i)]]++] = i;
    }
    hg_free(number);
    hg_free(next);
    return status;
}

hg_status audit_groups_make(const audit_context *c, audit_groups *out, hg_error *err)
{
    size_t n = c->in->patch_count;
    pairs found = {0};
    audit_groups made = {0};
    uint32_t *parent = hg_malloc(n + 1, sizeof *parent);
    hg_status status = parent ? HG_OK : hg_fail_memory(err);
    for (uint32_t i = 0; i < n && status == HG_OK; i++)
        parent[i] = i;
    if (status == HG_OK)
        status = find_pairs(c, &found, err);
    if (status == HG_OK) {
        join_mutual(&found, parent);
        status = list_members(c, parent, &made, err);
    }
    hg_free(found.items);
    hg_free(parent);
    if (status == HG_OK)
        *out = made;
    else
        audit_groups_dispose(&made);
    return status;
}

void audit_groups_dispose(audit_groups *groups)
{
    hg_free(groups->members);
    hg_free(groups->start);
    *groups = (audit_groups){0};
}
