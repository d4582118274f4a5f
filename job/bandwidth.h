/* The bandwidth of a job: settled from the rows that count, and told with its alternatives. */
#ifndef HG_JOB_BANDWIDTH_H
#define HG_JOB_BANDWIDTH_H

#include "job/intake.h"

/**
 * Fills in->bandwidth_m by the rule of the settings, and in->choice. Points are those inside the study area.
 * Errors: HG_EDATA where they say too little for a rule.
 */
hg_status hg_bandwidth_settle(hg_job *job, const hg_points *points, hg_intake *in, hg_error *err);

/** Facts bandwidth_m, bandwidth_rule, bandwidth.silverman_m … bandwidth.curve[]. */
void hg_bandwidth_say(hg_job *job, const hg_intake *in);
/** One line of the summary; nothing where a length was given. */
void hg_bandwidth_summarise(hg_job *job, const hg_intake *in);

/** "length", "silverman" …: as facts name the rule. */
const char *hg_bandwidth_rule_name(hg_bandwidth_rule rule);

#endif
