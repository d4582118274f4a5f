/* Work shared by threads, in a way that leaves results independent of their number. */
#ifndef HG_BASE_THREADS_H
#define HG_BASE_THREADS_H

#include "base/error.h"

/** One piece of work, index i of n. Returns a status; the first failure (by index) is reported. */
typedef hg_status (*hg_task)(void *context, size_t i, hg_error *err);

/**
 * Runs task(context, 0..n-1) on up to `threads` threads (0 = one per core), the caller's included.
 * Pieces are handed out in order; each must write only what is its own. After a failure no new piece
 * starts. Returns the status of the failed piece with the lowest index.
 */
hg_status hg_parallel(size_t n, int threads, hg_task task, void *context, hg_error *err);

/** threads if positive, else the number of processors this process may run on. */
int hg_thread_count(int threads);

#endif
