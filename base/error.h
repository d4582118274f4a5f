/* Filling in the caller's hg_error. */
#ifndef HG_BASE_ERROR_H
#define HG_BASE_ERROR_H

#include "hotgrid.h"

#if defined(__GNUC__)
#define HG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define HG_PRINTF(fmt, args)
#endif

/**
 * Records a failure and returns its status, so that `return hg_fail(err, HG_EIO, "...", ...)` reads
 * as one sentence. One line, the fact, with the value and what was expected. err may be NULL.
 */
hg_status hg_fail(hg_error *err, hg_status status, const char *fmt, ...) HG_PRINTF(3, 4);

/**
 * hg_fail(err, HG_ENOMEM, ...) with the one message it needs; HG_EIO where this thread's last block was
 * to lie in a temporary file (base/spill.h) and found no room there.
 */
hg_status hg_fail_memory(hg_error *err);

#endif
