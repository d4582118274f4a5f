/* The inside of a plan of local statistics, for the files that share it. */
#ifndef HG_ENGINE_LOCAL_PLAN_H
#define HG_ENGINE_LOCAL_PLAN_H

#include "engine/local.h"
#include "engine/local_moments.h"

struct hg_local_plan {
    int64_t columns, rows;
    size_t cells;     /**< of the grid */
    size_t n;         /**< of A */
    const float *share;
    hg_neighbourhood around;
    uint32_t *places; /**< W: cells of A around each cell of A, itself included; 0 outside A */
    hg_control *control;
};

/** Threads the plan's work may take. */
int hg_local_threads(const hg_local_plan *plan);

/** Whether summing around n cells one by one is less work than summing around all. */
bool hg_local_few(const hg_local_plan *plan, size_t n);

#endif
