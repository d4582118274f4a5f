/* Morton, A computer oriented geodetic data base and a new technique in file sequencing, 1966. */
#include "engine/morton.h"

#include <math.h>
#include <stdlib.h>

enum { LEVELS = 32, FINEST = 3, PROBE = 48 };

static uint64_t spread(uint32_t v)
{
    uint64_t s = v;
    s = (s | s << 16) & 0x0000ffff0000ffffu;
    s = (s | s << 8) & 0x00ff00ff00ff00ffu;
    s = (s | s << 4) & 0x0f0f0f0f0f0f0f0fu;
    s = (s | s << 2) & 0x3333333333333333u;
    return (s | s << 1) & 0x5555555555555555u;
}

static uint32_t gather(uint64_t s)
{
    s &= 0x5555555555555555u;
    s = (s | s >> 1) & 0x3333333333333333u;
    s = (s | s >> 2) & 0x0f0f0f0f0f0f0f0fu;
    s = (s | s >> 4) & 0x00ff00ff00ff00ffu;
    s = (s | s >> 8) & 0x0000ffff0000ffffu;
    return (uint32_t)(s | s >> 16);
}

uint64_t hg_morton_key(uint32_t x, uint32_t y)
{
    return spread(x) | spread(y) << 1;
}

void hg_morton_split(uint64_t key, uint32_t *x, uint32_t *y)
{
    *x = gather(key);
    *y = gather(key >> 1);
}

typedef struct near {
    double squared;
    uint64_t key;
    size_t at;
} near;

static int compare_near(const void *pa, const void *pb)
{
    const near *a = pa, *b = pb;
    if (a->squared != b->squared)
        return a->squared < b->squared ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

/* The nearest found so far: a heap with the farthest on top. */
typedef struct nearest {
    const hg_locations *l;
    size_t self, most, n;
    uint32_t x, y;
    near heap[HG_NEAREST_MAX];
} nearest;

static void sift_down(nearest *s)
{
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->n)
            return;
        if (child + 1 < s->n && compare_near(&s->heap[child + 1], &s->heap[child]) > 0)
            child++;
        if (compare_near(&s->heap[i], &s->heap[child]) >= 0)
            return;
        near swap = s->heap[i];
        s->heap[i] = s->heap[child];
        s->heap[child] = swap;
        i = child;
    }
}

static void sift_up(nearest *s, size_t i)
{
    while (i > 0 && compare_near(&s->heap[i], &s->heap[(i - 1) / 2]) > 0) {
        near swap = s->heap[i];
        s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[(i - 1) / 2] = swap;
        i = (i - 1) / 2;
    }
}

static void offer(nearest *s, size_t at)
{
    uint32_t x, y;
    hg_morton_split(s->l->key[at], &x, &y);
    double dx = (double)x - (double)s->x, dy = (double)y - (double)s->y;
    near found = {dx * dx + dy * dy, s->l->key[at], at};
    if (s->n < s->most) {
        s->heap[s->n] = found;
        sift_up(s, s->n++);
    } else if (compare_near(&found, &s->heap[0]) < 0) {
        s->heap[0] = found;
        sift_down(s);
    }
}

static size_t lower_bound(const hg_locations *l, uint64_t key)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (l->key[mid] < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

typedef struct stretch {
    size_t begin, end;
} stretch;

/* The stretches of the up to nine squares of side 2^level around the point; returns their number.
 */
static int squares_around(const nearest *s, unsigned level, stretch out[9], size_t *total)
{
    *total = s->l->n;
    out[0] = (stretch){0, s->l->n};
    if (level >= LEVELS)
        return 1;
    int n = 0;
    *total = 0;
    int64_t last = (int64_t)(UINT32_MAX >> level);
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            int64_t bx = (int64_t)(s->x >> level) + dx, by = (int64_t)(s->y >> level) + dy;
            if (bx < 0 || by < 0 || bx > last || by > last)
                continue;
            uint64_t square = hg_morton_key((uint32_t)bx, (uint32_t)by);
            uint64_t past = (square + 1) << (2 * level); /* 0 past the very last square */
            size_t begin = lower_bound(s->l, square << (2 * level));
            size_t end = past ? lower_bound(s->l, past) : s->l->n;
            out[n++] = (stretch){begin, end};
            *total += end - begin;
        }
    return n;
}

/* A level whose squares hold a few dozen locations, to judge by the neighbours in the list. */
static unsigned first_level(const nearest *s)
{
    uint32_t reach = UINT32_MAX;
    size_t i = s->self, ends[2] = {i >= PROBE ? i - PROBE : i, i + PROBE < s->l->n ? i + PROBE : i};
    for (int e = 0; e < 2; e++) {
        uint32_t x, y;
        hg_morton_split(s->l->key[ends[e]], &x, &y);
        uint32_t dx = x > s->x ? x - s->x : s->x - x, dy = y > s->y ? y - s->y : s->y - y;
        uint32_t far = dx > dy ? dx : dy;
        reach = ends[e] != i && far < reach ? far : reach;
    }
    unsigned level = FINEST;
    while (level < LEVELS && reach >> level > 1)
        level++;
    return level > FINEST + 1 ? level - 1 : FINEST;
}

/* How many of the found lie within a distance; all locations within 2^level have been offered. */
static size_t found_within(const nearest *s, double distance)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->heap[i].squared <= distance * distance;
    return n;
}

static void search(nearest *s, double radius, size_t least)
{
    for (unsigned level = first_level(s);; level++) {
        stretch squares[9];
        size_t total;
        int n = squares_around(s, level, squares, &total);
        if (level < LEVELS && total < least + 1)
            continue;
        s->n = 0;
        for (int q = 0; q < n; q++)
            for (size_t at = squares[q].begin; at < squares[q].end; at++)
                if (at != s->self)
                    offer(s, at);
        double reach = ldexp(1, (int)level);
        size_t sure = found_within(s, reach);
        if (level >= LEVELS || sure >= s->most || (reach >= radius && sure >= least))
            return;
    }
}

size_t hg_morton_nearest(const hg_locations *l, size_t i, double radius, size_t least, size_t most,
                         size_t *out)
{
    nearest s = {.l = l, .self = i, .most = most};
    hg_morton_split(l->key[i], &s.x, &s.y);
    search(&s, radius, least);
    qsort(s.heap, s.n, sizeof *s.heap, compare_near);
    size_t n = 0;
    while (n < s.n && (n < least || s.heap[n].squared <= radius * radius)) {
        out[n] = s.heap[n].at;
        n++;
    }
    return n;
}
