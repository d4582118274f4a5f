#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

static atomic_uint_fast64_t fail_at;
static atomic_uint_fast64_t asked;

static size_t at_least_one(size_t n)
{
    return n > 0 ? n : 1;
}

static int refused(size_t n, size_t size)
{
    uint_fast64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    uint_fast64_t now = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;
    return (at && now >= at) || (size && n > SIZE_MAX / 2 / size);
}

void *hg_malloc(size_t n, size_t size)
{
    return refused(n, size) ? NULL : malloc(at_least_one(n * size));
}

void *hg_calloc(size_t n, size_t size)
{
    return refused(n, size) ? NULL : calloc(at_least_one(n), at_least_one(size));
}

void *hg_malloc_aligned(size_t n, size_t size)
{
    if (refused(n, size))
        return NULL;
    size_t bytes = (n * size + CACHE_LINE) / CACHE_LINE * CACHE_LINE;
    return aligned_alloc(CACHE_LINE, bytes);
}

void *hg_realloc(void *p, size_t n, size_t size)
{
    return refused(n, size) ? NULL : realloc(p, at_least_one(n * size));
}

void hg_free(void *p)
{
    free(p);
}

char *hg_strndup(const char *s, size_t n)
{
    if (!s)
        return NULL;
    size_t len = strnlen(s, n);
    char *copy = hg_malloc(len + 1, 1);
    if (copy) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }
    return copy;
}

char *hg_strdup(const char *s)
{
    return s ? hg_strndup(s, strlen(s)) : NULL;
}

void *hg_grow(void *p, size_t *capacity, size_t need, size_t size)
{
    if (p && need <= *capacity)
        return p;
    size_t next = *capacity < 8 ? 8 : *capacity;
    while (next < need)
        next = next > SIZE_MAX / 4 ? need : next * 2;
    void *moved = hg_realloc(p, next, size);
    if (moved)
        *capacity = next;
    return moved;
}

void hg_memory_fail_at(uint64_t n)
{
    atomic_store(&asked, 0);
    atomic_store(&fail_at, n);
}

uint64_t hg_memory_count(void)
{
    return atomic_load(&asked);
}
