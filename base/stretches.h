/* Passes over rows that need nothing of each other, by stretches on several threads. */
#ifndef HG_BASE_STRETCHES_H
#define HG_BASE_STRETCHES_H

#include <stddef.h>

enum { HG_STRETCH_ROWS = 65536 };

/** Rows from..to-1, the stretch `number`; writes only what is these rows' or the stretch's own. */
typedef void (*hg_stretch)(void *context, size_t number, size_t from, size_t to);

/**
 * Calls it for all stretches of rows from..to-1, of HG_STRETCH_ROWS each, on up to `threads` threads
 * (0 = one per core). Their number does not depend on the threads.
 */
void hg_each_stretch(size_t from, size_t to, int threads, hg_stretch stretch, void *context);
/** How many stretches n rows make. */
size_t hg_stretch_count(size_t n);

#endif
