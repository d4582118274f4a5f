/*
 * A batch: sources, units, steps and outputs as one YAML file says them, and what is to be run for it.
 *
 * A step makes one result, or one for each unit; a report makes one for each language and format besides.
 * Each of these is a task. What a task rests on (its command, options, the content of every file it reads) has
 * a signature; a task whose record holds the same signature and whose outputs are still as it wrote them is
 * not run again.
 */
#ifndef HG_JOB_BATCH_H
#define HG_JOB_BATCH_H

#include "io/hash.h"
#include "io/yaml.h"
#include "job/job.h"

/** An option as the YAML gives it; a list has one of these an entry, a flag has no value. */
typedef struct hg_batch_option {
    const char *name;
    char *value;  /**< paths are resolved; owned */
    bool file;    /**< the value names a source or file that is read */
    bool written; /**< the value names a file or folder that is written */
    const hg_yaml_node *node;
} hg_batch_option;

typedef struct hg_batch_options {
    hg_batch_option *items;
    size_t count, capacity;
} hg_batch_options;

typedef struct hg_batch_source {
    const char *name;
    char *path;
    const hg_yaml_node *node;
    hg_batch_options options;
} hg_batch_source;

/** What a step reads: a source, or what another step made. */
typedef struct hg_batch_input {
    bool step;
    size_t index;
} hg_batch_input;

typedef struct hg_batch_step {
    const char *id, *command;
    const hg_yaml_node *node;
    hg_batch_input *inputs;
    size_t input_count;
    hg_batch_options options;
    size_t previous; /**< the step whose last result is compared with, from 0; SIZE_MAX = none */
    bool each_unit;
    bool wanted;     /**< by --only, or rested on by what is */
} hg_batch_step;

typedef struct hg_batch {
    hg_yaml *doc;
    char *base;   /**< folder of the YAML file, with a slash, or empty */
    char *folder; /**< of the outputs, with a slash */
    const char **languages, **formats;
    size_t language_count, format_count;
    char *units;
    const char *unit_column; /**< as given; NULL = guessed */
    char **unit_names;
    char **unit_files; /**< unit names as file names, which differ also without regard to case */
    size_t unit_count;
    hg_batch_source *sources;
    size_t source_count;
    hg_batch_step *steps;
    size_t step_count;
} hg_batch;

#define HG_NO_UNIT SIZE_MAX
#define HG_BATCH_RECORDS ".batch"    /**< folder of the records within that of the outputs */
#define HG_BATCH_PREVIOUS "previous" /**< the same of the results before the last */

/** One run of a command. */
typedef struct hg_batch_task {
    size_t step, unit;              /**< unit HG_NO_UNIT = not of one */
    const char *language, *format;  /**< of a report; language also of the other steps; format NULL there */
} hg_batch_task;

typedef struct hg_batch_tasks {
    hg_batch_task *items;
    size_t count, capacity;
} hg_batch_tasks;

/**
 * Reads and checks a batch. Errors: as of hg_yaml, naming file, line and key; HG_EIO for a source that is not
 * there; HG_EUSAGE for a step that names what does not exist, and for units of one name.
 */
hg_status hg_batch_read(const char *path, hg_batch *out, hg_error *err);
void hg_batch_dispose(hg_batch *batch);

/** The steps that `only` (ids with commas, NULL = all) names, and those they rest on. */
hg_status hg_batch_choose(hg_batch *batch, const char *only, hg_error *err);

/** All tasks of the wanted steps, in the order in which they run. */
hg_status hg_batch_list(const hg_batch *batch, hg_batch_tasks *out, hg_error *err);

/** Whether a path ends in .gpkg: such a result also says that there was nothing to look at. */
bool hg_batch_is_geopackage(const char *path);

/** Gives every unit the name of its files. */
hg_status hg_batch_name_files(hg_batch *batch, hg_error *err);

/**
 * HG_EUSAGE where two tasks would write one file, also on a disk that knows no case, or one of them a file that
 * the batch reads.
 */
hg_status hg_batch_check_files(const hg_batch *batch, const hg_batch_tasks *tasks, hg_error *err);

/** The task of another step that one of this step rests on: of the same unit, or the one without. */
hg_batch_task hg_batch_rests_on(const hg_batch *batch, const hg_batch_task *task, size_t step);

/** Path of what a task makes; free with hg_free. NULL without memory. */
char *hg_batch_output(const hg_batch *batch, const hg_batch_task *task);
/** "hotspots", "hotspots 香洲", "report 香洲 zh pdf": what a task is called; free with hg_free. */
char *hg_batch_name(const hg_batch *batch, const hg_batch_task *task);
/** Where the last result of a task is kept while a new one is made; free with hg_free. */
char *hg_batch_previous(const hg_batch *batch, const hg_batch_task *task);

/** What an option that names what is written says to one task of several; free with hg_free. */
char *hg_batch_written(const hg_batch *batch, const hg_batch_task *task, const char *option, const char *value);

/** Whether a command knows an option. */
bool hg_batch_takes(const char *command, const char *option);

/** Dates that hold for every step that knows them; NULL = as the steps say. */
typedef struct hg_batch_dates {
    const char *since, *until;
} hg_batch_dates;

/** Makes the folders that a task writes to. Errors: HG_EIO. */
hg_status hg_batch_make_folders(const hg_batch *batch, const hg_batch_task *task, hg_error *err);

/** A job that does the task, everything set. Errors: HG_EUSAGE naming the line of the option. */
hg_status hg_batch_job(const hg_batch *batch, const hg_batch_task *task, const hg_batch_dates *dates, int threads,
                       hg_job **out, hg_error *err);

/* ------------------------------------------------------------------ records ---------------- */

/** Hashes of the files that no step of the batch writes, each computed once. */
typedef struct hg_batch_hashes {
    char **paths;
    char (*hex)[HG_SHA256_HEX];
    size_t count, capacity;
} hg_batch_hashes;
void hg_batch_hashes_dispose(hg_batch_hashes *hashes);

/**
 * The signature of a task. Empty where it rests on something whose content cannot be known beforehand (a
 * database, or a step that has not run).
 */
hg_status hg_batch_signature(const hg_batch *batch, const hg_batch_task *task, const hg_batch_dates *dates,
                             hg_batch_hashes *hashes, hg_control *control, char hex[HG_SHA256_HEX], hg_error *err);

/** Whether the record of a task holds this signature and all it made is still as it was; and found nothing. */
hg_status hg_batch_is_done(const hg_batch *batch, const hg_batch_task *task, const char *signature,
                           hg_control *control, bool *done, bool *empty, hg_error *err);

/**
 * Writes the record of a task that has just run, whose outputs `job` knows; `empty` = there was nothing to look at.
 * What the record before it names and the task has not made again is removed.
 */
hg_status hg_batch_record(const hg_batch *batch, const hg_batch_task *task, const char *signature, bool empty,
                          const hg_job *job, hg_control *control, hg_error *err);

/** Before a task runs anew: keeps what its record says it made as the previous result. */
hg_status hg_batch_keep_previous(const hg_batch *batch, const hg_batch_task *task, hg_control *control,
                                 hg_error *err);

/* ------------------------------------------------------------------ the folder ------------- */

/**
 * Makes the folder of the outputs, keeps other runs out of it until hg_batch_unlock, and removes what runs that were
 * killed left half written. Errors: HG_EIO, also while another run is at work.
 */
hg_status hg_batch_lock(const hg_batch *batch, int *lock, hg_error *err);
void hg_batch_unlock(int lock);

#endif
