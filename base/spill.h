/*
 * Big blocks beyond a budget: they live in temporary files without a name, mapped into memory, so
 * that the kernel can write them back and hand their pages to others.
 *
 * hg_malloc and its kin come here by themselves; what they return is used and freed like any other
 * memory, and holds the same values. Such files have no name (O_TMPFILE): however the process ends,
 * none is left behind. Their room is claimed when they are made, so that a full disk is an error of
 * that moment and no signal later.
 *
 * While there are such blocks a thread watches how many pages of files are resident and takes those
 * of the blocks out of the process when they pass a third of the budget. The values stay in the
 * file (or in the kernel's cache of it), and a page comes back when it is touched: blocks that are
 * walked from end to end cost little, blocks that are leapt about in cost much.
 *
 * The budget is one for the process. With several jobs at a time the last to begin sets it. No
 * result depends on it.
 */
#ifndef HG_BASE_SPILL_H
#define HG_BASE_SPILL_H

#include "base/error.h"

#include <stddef.h>

/**
 * From now on big blocks take at most two thirds of `budget` bytes of memory (0 = three quarters of
 * what the machine, the control group or the limit on data grants this process), and go to files in
 * the folder of TMPDIR, without that in `folder`, beyond. Errors: HG_EUSAGE for a folder with too
 * long a name.
 */
hg_status hg_spill_begin(uint64_t budget, const char *folder, hg_error *err);
/** The end of what one hg_spill_begin began; blocks that are left stay usable. */
void hg_spill_end(void);

/** Bytes of all blocks put into files since the process began. */
uint64_t hg_spill_bytes(void);

/* ------------------------------------------------- for base/memory.c and base/error.c --------- */

/** Whether a block goes to a file, where `held` bytes are in memory in big blocks. */
bool hg_spill_wanted(size_t bytes, size_t held);
/** A block of zeros in a file; NULL where that fails, and the reason is kept for hg_spill_explain.
 */
void *hg_spill_new(size_t bytes);
/** Bytes of a block in a file; 0 for any other. */
size_t hg_spill_size(const void *p);
/** The block with `bytes` bytes, moved perhaps; NULL like hg_spill_new, and p stays. */
void *hg_spill_resize(void *p, size_t bytes);
/** Frees a block in a file; false where p is none. */
bool hg_spill_free(void *p);
/** Forgets why this thread's last block failed. */
void hg_spill_forget(void);
/** Says why this thread's last block failed, and returns that; HG_OK where no file was the reason.
 */
hg_status hg_spill_explain(hg_error *err);

#endif
