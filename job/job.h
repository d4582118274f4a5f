/* The inside of hg_job, shared by the commands. */
#ifndef HG_JOB_JOB_H
#define HG_JOB_JOB_H

#include "base/control.h"
#include "job/facts.h"
#include "job/settings.h"

typedef struct hg_job_input {
    char *path;
    hg_source_settings set;
} hg_job_input;

/** An option as it was given; input 0 = for all, else the number of the input it follows. */
typedef struct hg_given_option {
    char *name, *value;
    size_t input;
} hg_given_option;

typedef hg_status (*hg_command_run)(hg_job *job, hg_error *err);

/** One command: what the public table shows, and what runs it. */
typedef struct hg_command {
    hg_command_info info;
    unsigned mask; /**< its bit in hg_option.commands */
    hg_command_run run;
    bool takes_inputs; /**< by position; else every source has an option */
} hg_command;

/** What a rank did for a job, in seconds, points and bytes. */
typedef struct hg_rank_effort {
    double read_s, gather_s, exchange_s, compute_s, hand_over_s;
    double compute_cpu_s; /**< of all its threads, where compute_s is by the clock */
    int64_t points, rows, sent, received;
} hg_rank_effort;

struct hg_job {
    const hg_command *command;
    hg_settings set;
    hg_source_settings all; /**< source options given before the first input */
    hg_job_input *inputs;
    size_t input_count, input_capacity;
    hg_control control;
    hg_facts facts;
    hg_text_list notes;
    hg_text summary;
    char *json;
    char *command_line;
    hg_given_option *given;
    size_t given_count, given_capacity;
    struct hg_shared_read *shared; /**< rows read for several runs, of which this is one; NULL = it reads itself */
    double started;      /**< seconds of the monotonic clock */
    bool spread; /**< the rows of the inputs stay on the ranks that read them */
    hg_rank_effort effort; /**< this rank's */
    bool ran;
};

/** The bit of command i, as in hg_option_applies. */
unsigned hg_command_mask(size_t i);

/** Seconds of the monotonic clock. */
double hg_now(void);

/** Adds a note: something guessed, assumed or odd. Without memory it is dropped. */
void hg_job_add_note(hg_job *job, const char *fmt, ...) HG_PRINTF(2, 3);

bool hg_list_add(hg_text_list *list, const char *text);
void hg_list_dispose(hg_text_list *list);

/** The commands' own entry points, in job/<command>.c. */
hg_status hg_run_load(hg_job *job, hg_error *err);
hg_status hg_run_density(hg_job *job, hg_error *err);
hg_status hg_run_hotspots(hg_job *job, hg_error *err);
hg_status hg_run_audit(hg_job *job, hg_error *err);
hg_status hg_run_info(hg_job *job, hg_error *err);
hg_status hg_run_index(hg_job *job, hg_error *err);
hg_status hg_run_trends(hg_job *job, hg_error *err);
hg_status hg_run_backtest(hg_job *job, hg_error *err);
hg_status hg_run_report(hg_job *job, hg_error *err);
hg_status hg_run_batch(hg_job *job, hg_error *err);

#endif
