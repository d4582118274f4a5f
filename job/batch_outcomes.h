/* What became of the tasks of a batch, and how it is told. */
#ifndef HG_JOB_BATCH_OUTCOMES_H
#define HG_JOB_BATCH_OUTCOMES_H

#include "job/batch.h"

typedef enum hg_batch_outcome {
    HG_TASK_WAITING, /**< not looked at, or with --check: to be made */
    HG_TASK_UNCHANGED,
    HG_TASK_MADE,
    HG_TASK_EMPTY, /**< made: there was nothing to look at */
    HG_TASK_FAILED,
    HG_TASK_NOT_RUN, /**< rests on one that failed */
    HG_TASK_OUTCOMES
} hg_batch_outcome;

typedef struct hg_batch_run {
    hg_job *job;
    hg_batch batch;
    hg_batch_tasks tasks;
    hg_batch_outcome *outcomes; /**< of each task */
    bool *empty;                /**< whether the result of each says that there was nothing */
    char **troubles;            /**< what a task that failed says; NULL = nothing */
    char **findings;            /**< the summary of one that was made and is of no unit; NULL = none */
} hg_batch_run;

/** The facts and the summary of a run. Errors: HG_EFAIL where a task has no result. */
hg_status hg_batch_conclude(hg_batch_run *run, hg_error *err);
/** The same of --check: what is unchanged and what would be made. */
void hg_batch_say_plan(hg_batch_run *run);

#endif
