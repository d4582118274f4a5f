/* What is expected where: the surface that hotspots are held against. */
#ifndef HG_JOB_EXPECTED_H
#define HG_JOB_EXPECTED_H

#include "job/hotspots.h"

/** Errors: HG_EUSAGE for options of expected surfaces that exclude or need one another. */
hg_status hg_expected_check(const hg_job *job, hg_error *err);

/**
 * With --against: takes that stream out of the intake. Errors: HG_EUSAGE where there is no such stream or no
 * other; HG_EDATA where no incident of another stream lies in the study area.
 */
hg_status hg_expected_take_reference(hg_job *job, hg_intake *in, hg_intake *reference, hg_error *err);

/**
 * Makes f->expected (NULL = uniform) and f->expected_sum, from --at-risk or the reference, and f->density_mass.
 * Errors: HG_EDATA where nothing is expected in A; those of the source.
 */
hg_status hg_expected_make(hg_job *job, hg_findings *f, hg_error *err);

/** Of all that is expected in A, the part in a cell. */
double hg_expected_part(const hg_findings *f, uint64_t cell);

/** The expected surface in words ("uniform over the study area"). */
const char *hg_expected_words(const hg_job *job, const hg_findings *f, char *buf, size_t size);
/** What significant cells are called on the map, in the job's language: it says what was expected. */
const char *hg_expected_title(const hg_job *job, const hg_findings *f, char *buf, size_t size);

/** p, q and m of every cell by --significance, and for the ranked cells f->tests. */
hg_status hg_findings_test(hg_job *job, hg_findings *f, hg_error *err);
/** Facts expected_surface and significance.*. */
void hg_expected_facts(hg_job *job, const hg_findings *f);
/** The line of the summary. */
void hg_expected_summarise(hg_job *job, const hg_findings *f);

#endif
