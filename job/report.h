/* What the files of the report command share. */
#ifndef HG_JOB_REPORT_H
#define HG_JOB_REPORT_H

#include "io/document.h"
#include "io/store.h"
#include "job/job.h"
#include "job/report_words.h"

/** A result that the report tells of; its layers are read where they are needed. */
typedef struct hg_result {
    const char *path; /**< borrowed; NULL = none was given */
    hg_store_contents contents;
} hg_result;

/** What a result recorded under a key; NULL / NaN / fallback where it did not. */
const char *hg_result_text(const hg_result *result, const char *key);
double hg_result_real(const hg_result *result, const char *key);
/** Whether it holds a layer or table of that name. */
bool hg_result_has(const hg_result *result, const char *layer);

typedef struct hg_report {
    hg_job *job;
    bool zh;
    hg_result hot, audit, index, trends; /**< by the command that made them */
    hg_result previous;                  /**< an earlier hotspots result */
    bool quiet;                          /**< a result was given that says that there was nothing to look at */
    hg_document *doc;
    bool by_zone;       /**< land is told of `zones` alone: --unit, and the index knows where that is */
    hg_text_list zones; /**< ids */
} hg_report;

/** Opens a result; the command that made it goes to `command`. Errors: HG_EDATA for what is no result of ours. */
hg_status hg_result_open(const char *path, hg_result *out, const char **command, hg_error *err);
void hg_result_close(hg_result *result);

/** Parts of the report, in this order; each adds nothing where its result was not given. */
hg_status hg_report_first_page(hg_report *r, hg_error *err); /* changes, cards, scorecard, cut-off, overdue cases */
hg_status hg_report_hotspots(hg_report *r, hg_error *err);   /* map, table, composition, hours, trend */
hg_status hg_report_trends(hg_report *r, hg_error *err);     /* patterns on a map, by number, by step */
hg_status hg_report_land(hg_report *r, hg_error *err);       /* ledger, maps before and after, cases */
hg_status hg_report_index(hg_report *r, hg_error *err);      /* calendar, year on year */
hg_status hg_report_quality(hg_report *r, hg_error *err);    /* rejects, pile-ups, default times, repeats */
hg_status hg_report_method(hg_report *r, hg_error *err);     /* what was done with which inputs */
hg_status hg_report_appendix(hg_report *r, hg_error *err);   /* what only a reviewer reads */

#endif
