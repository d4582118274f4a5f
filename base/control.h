/* What the caller of a long computation can do meanwhile: watch it and stop it. */
#ifndef HG_BASE_CONTROL_H
#define HG_BASE_CONTROL_H

#include "base/error.h"
#include "base/ranks.h"

#include <stdatomic.h>

/** Called now and then with 0 … 1 for the named step; never from two threads at once. */
typedef void (*hg_progress_fn)(void *payload, const char *step, double fraction);

typedef struct hg_control {
    atomic_bool cancelled; /**< set from anywhere, a signal handler included */
    const struct hg_control *outer; /**< of the job that this one is a part of, cancelled with it; NULL = none */
    atomic_flag saying; /**< held by the thread that reports progress */
    hg_progress_fn progress;
    void *payload;
    int threads;   /**< 0 = one per core */
    uint64_t seed; /**< of every random stream */
    hg_ranks *ranks; /**< processes that share the work; NULL = this one works alone */
} hg_control;

/** HG_ECANCELLED with its message once the flag is set, else HG_OK. */
hg_status hg_check_cancel(hg_control *control, hg_error *err);
/** Reports progress if anybody listens; dropped while another thread is reporting. */
void hg_say_progress(hg_control *control, const char *step, double fraction);

#endif
