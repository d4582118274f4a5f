/* What the files of the trends command share. */
#ifndef HG_JOB_TRENDS_H
#define HG_JOB_TRENDS_H

#include "engine/trends.h"
#include "io/geopackage.h"
#include "job/output.h"
#include "job/study.h"

/** Everything a finished analysis knows. */
typedef struct hg_trends_run {
    hg_job *job;
    hg_intake *in;
    hg_study study;
    hg_time_steps steps;
    hg_neighbourhood around;
    hg_trends trends;
    const char *cell_rule; /**< "given" or "auto" */
    const char *step_rule; /**< likewise */
} hg_trends_run;

typedef struct hg_trends_tables {
    hg_table *cells, *steps, *rejects, *duplicates;
    hg_table *near_repeat; /**< NULL without --near-repeat */
    hg_text near_repeat_line; /**< of the summary */
} hg_trends_tables;

/** All of them, columns titled in the language of the job. */
hg_status hg_trends_tables_make(const hg_trends_run *run, hg_trends_tables *t, hg_error *err);
void hg_trends_tables_dispose(hg_trends_tables *t);

/** Default styles of all tables and the embedded project "trends". */
hg_status hg_trends_styles(const hg_trends_run *run, const hg_trends_tables *t, hg_gpkg *gpkg, hg_error *err);

/** What the run says of itself: facts, notes, the summary's lines. */
void hg_trends_facts(const hg_trends_run *run);
void hg_trends_notes(const hg_trends_run *run);
void hg_trends_summarise(const hg_trends_run *run, const hg_trends_tables *t);

/** A pattern in the legend: "New hot spot", 新增热点. */
const char *hg_pattern_words(hg_pattern pattern, const char *lang);
const char *hg_pattern_colour(hg_pattern pattern);

#endif
