#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, HUGE_PAGE = 1 << 21 };

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

/*
 * Columns of millions of rows are walked from end to end: in huge pages the kernel hands them out in
 * 512 times fewer faults, a fifth of the run time of ten million points.
 */
static void *in_huge_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    if (p && bytes >= (size_t)4 * HUGE_PAGE) {
        uintptr_t first = ((uintptr_t)p + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        uintptr_t last = ((uintptr_t)p + bytes) / HUGE_PAGE * HUGE_PAGE;
        (void)madvise((void *)first, last - first, MADV_HUGEPAGE);
    }
#else
    (void)bytes;
#endif
    return p;
}

void *hg_malloc(size_t n, size_t size)
{
    return refused(n, size) ? NULL : in_huge_pages(malloc(at_least_one(n * size)), n * size);
}

void *hg_calloc(size_t n, size_t size)
{
    return refused(n, size) ? NULL
                            : in_huge_pages(calloc(at_least_one(n), at_least_one(size)), n * size);
}

void *hg_malloc_aligned(size_t n, size_t size)
{
    if (refused(n, size))
        return NULL;
    size_t bytes = (n * size + CACHE_LINE) / CACHE_LINE * CACHE_LINE;
    return in_huge_pages(aligned_alloc(CACHE_LINE, bytes), bytes);
}

void *hg_realloc(void *p, size_t n, size_t size)
{
    return refused(n, size) ? NULL : in_huge_pages(realloc(p, at_least_one(n * size)), n * size);
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

void hg_memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
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
