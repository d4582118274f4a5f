/* The one option table: it feeds hg_job_set, the command's help and docs/cli. */
#ifndef HG_JOB_OPTIONS_H
#define HG_JOB_OPTIONS_H

#include "job/job.h"

enum {
    HG_FOR_LOAD = 1,
    HG_FOR_DENSITY = 2,
    HG_FOR_HOTSPOTS = 4,
    HG_FOR_AUDIT = 8,
    HG_FOR_INFO = 16,
    HG_FOR_INDEX = 64,
    HG_FOR_TRENDS = 128,
    HG_FOR_BACKTEST = 256,
    HG_FOR_REPORT = 512,
    HG_FOR_RUN = 1024,
    HG_FOR_COUNTS = HG_FOR_INDEX | HG_FOR_TRENDS, /**< count points; no kernel, so no halo */
};

/** Defaults of all settings. */
void hg_settings_init(hg_settings *set, hg_source_settings *all);
void hg_settings_dispose(hg_settings *set);
void hg_source_settings_dispose(hg_source_settings *set);

/**
 * Parses one option of a command into settings: source options into `source`, the others into `set`.
 * Errors: HG_EUSAGE naming option, value and what was expected.
 */
hg_status hg_option_set(unsigned command, const char *command_name, const char *option,
                        const char *value, hg_settings *set, hg_source_settings *source,
                        hg_error *err);

#endif
