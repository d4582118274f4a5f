/* Stretches of time behind each other that are analysed apart. */
#ifndef HG_JOB_SLICES_H
#define HG_JOB_SLICES_H

#include "job/settings.h"

enum { HG_SLICES_MAX = 1000 };

/**
 * Starts of the slices that cover [first, last], and the end of the last, into starts[HG_SLICES_MAX + 1]. Weeks begin on
 * Monday; durations are counted from `since`, or from the midnight before `first`. The first slice begins no earlier than
 * `since`, the last ends no later than `until` (both may be HG_NO_TIME).
 * Errors: HG_EUSAGE for more than HG_SLICES_MAX.
 */
hg_status hg_slices_cut(const hg_slice *slice, int64_t first, int64_t last, int64_t since, int64_t until,
                        int64_t *starts, size_t *count, hg_error *err);

/** "2019-03-01", or "2019-03-01T0830" where it is no midnight: as file names have it; buf of at least 32 bytes. */
const char *hg_slice_name(int64_t start, char *buf);

#endif
