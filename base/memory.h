/* Allocation: overflow-checked, and able to fail on request so that tests can sweep every failure. */
#ifndef HG_BASE_MEMORY_H
#define HG_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/** n * size bytes, uninitialised; NULL when there is no memory or the product overflows. */
void *hg_malloc(size_t n, size_t size);

/** The same, zeroed. */
void *hg_calloc(size_t n, size_t size);

/** The same as hg_malloc, starting on a 64-byte boundary (a cache line, a 512-bit register). */
void *hg_malloc_aligned(size_t n, size_t size);

/** Resizes p to n * size bytes; p stays valid and owned by the caller when NULL is returned. */
void *hg_realloc(void *p, size_t n, size_t size);

/** Frees what any of the above returned. */
void hg_free(void *p);

/** A copy of s; NULL when s is NULL or there is no memory. */
char *hg_strdup(const char *s);

/** The first n bytes of s, terminated. */
char *hg_strndup(const char *s, size_t n);

/**
 * Grows an array to hold at least `need` elements: *capacity doubles, the contents are kept.
 * Returns the (possibly moved) array, or NULL with p and *capacity unchanged.
 */
void *hg_grow(void *p, size_t *capacity, size_t need, size_t size);

/** Gives memory that was freed in small pieces back to the system, before much is asked for in large ones. */
void hg_memory_trim(void);

/** For tests: the n-th allocation from now on fails (1 = the next), and all after it; 0 = never. */
void hg_memory_fail_at(uint64_t n);

/** For tests: allocations asked for since the last hg_memory_fail_at. */
uint64_t hg_memory_count(void);

#endif
