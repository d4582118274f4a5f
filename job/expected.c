#include "job/expected.h"
#include "base/memory.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

hg_status hg_expected_check(const hg_job *job, hg_error *err)
{
    const hg_settings *set = &job->set;
    if (set->at_risk && set->against)
        return hg_fail(err, HG_EUSAGE, "--at-risk and --against: one expected surface was expected");
    if (!set->at_risk && (set->at_risk_weight || set->at_risk_bandwidth_m > 0))
        return hg_fail(err, HG_EUSAGE, "%s needs --at-risk, whose rows it is about",
                       set->at_risk_weight ? "--at-risk-weight" : "--at-risk-bandwidth");
    return HG_OK;
}

/* ------------------------------------------------- another stream --------------------------- */

static hg_status find_stream(const hg_intake *in, const char *name, size_t *stream, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    hg_text known = {0};
    for (size_t s = 0; s < inc->streams; s++) {
        if (strcmp(in->stream_names[s], name) == 0) {
            *stream = s;
            hg_text_dispose(&known);
            return inc->streams > 1 ? HG_OK
                                    : hg_fail(err, HG_EUSAGE, "--against %s: it is the only stream, and nothing is "
                                              "left to map", name);
        }
        hg_text_addf(&known, "%s%s", s ? ", " : "", in->stream_names[s]);
    }
    hg_status status = hg_fail(err, HG_EUSAGE, "--against %s: there is no such stream; there are: %s", name,
                               known.s ? known.s : "none");
    hg_text_dispose(&known);
    return status;
}

hg_status hg_expected_take_reference(hg_job *job, hg_intake *in, hg_intake *reference, hg_error *err)
{
    size_t stream = 0, inside = 0;
    hg_status status = find_stream(in, job->set.against, &stream, err);
    if (status == HG_OK)
        status = hg_intake_take_stream(in, stream, reference, err);
    if (status != HG_OK)
        return status;
    const hg_incidents *inc = &in->incidents;
    for (size_t i = 0; i < inc->n; i++)
        inside += !inc->flags || !(inc->flags[i] & HG_FLAG_HALO);
    return inside ? HG_OK : hg_fail(err, HG_EDATA, "no incident but those of --against %s lies in the study area",
                                    job->set.against);
}

/* The reference's density by the run's kernel, bandwidth and edge correction, with a floor, times each cell's area. */
static hg_status expect_reference(hg_job *job, hg_findings *f, hg_error *err)
{
    uint64_t cells = hg_grid_cells(&f->study->grid);
    hg_study study = *f->study;
    study.heat = (hg_heat){0};
    hg_surface surface = {.density = hg_malloc(cells, sizeof *surface.density)};
    f->expected = hg_malloc(cells, sizeof *f->expected);
    hg_status status = surface.density && f->expected
                           ? hg_heat_init(job, f->reference, &study.grid, study.share,
                                          job->set.edge == HG_EDGE_NONE, &study.heat, err)
                           : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_surface_compute(job, f->reference, &study, &surface, err);
    if (status == HG_OK && !(surface.peak_per_km2 > 0))
        status = hg_fail(err, HG_EDATA, "--against %s: none of its %zu incidents lies near the study area",
                         job->set.against, f->reference->incidents.n);
    double floor = job->set.against_tolerance * surface.peak_per_km2;
    for (uint64_t i = 0; i < cells && status == HG_OK; i++)
        f->expected[i] = study.share[i] > 0 ? ((double)surface.density[i] + floor) * (double)study.share[i] : 0;
    hg_heat_dispose(&study.heat);
    hg_free(surface.density);
    return status;
}

/* ------------------------------------------------- at risk ---------------------------------- */

static hg_status expect_at_risk(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_at_risk *a = &f->at_risk;
    hg_status status = hg_at_risk_read(job, f->in, f->study, a, err);
    f->expected = a->surface;
    a->surface = NULL;
    if (status == HG_OK && a->refused)
        hg_job_add_note(job, "--at-risk: %llu of %llu rows have no usable place, or no weight that is finite and not "
                             "negative, and are left out",
                        (unsigned long long)a->refused, (unsigned long long)a->rows);
    if (status == HG_OK && a->outside)
        hg_job_add_note(job, "--at-risk: %llu of %llu rows lie outside the study area and %s",
                        (unsigned long long)a->outside, (unsigned long long)a->rows,
                        job->set.at_risk_bandwidth_m > 0 ? "count only as far as the kernel reaches in"
                                                         : "do not count");
    return status;
}

/* ------------------------------------------------- all -------------------------------------- */

static void sum_surfaces(hg_findings *f)
{
    const hg_study *s = f->study;
    for (int64_t row = 0; row < s->grid.rows; row++) {
        double expected = 0, mass = 0;
        for (int64_t i = row * s->grid.columns; i < (row + 1) * s->grid.columns; i++) {
            if (!(s->share[i] > 0))
                continue;
            double own = f->expected ? f->expected[i] : (double)s->share[i];
            expected += own;
            mass += (double)f->density[i] * (double)s->share[i];
            f->unexpected += own > 0 ? 0 : f->counts.count[i];
        }
        f->expected_sum += expected;
        f->density_mass += mass;
    }
}

static void note_unexpected(hg_job *job, const hg_findings *f)
{
    if (f->unexpected)
        hg_job_add_note(job, "%llu of %llu incidents lie in cells where %s; the layer may be incomplete there",
                        (unsigned long long)f->unexpected, (unsigned long long)f->counts.total,
                        f->reference ? "the stream of --against has none nearby" : "nothing is at risk");
    if (!f->expected && job->set.significance == HG_SIGNIFICANCE_EXACT)
        hg_job_add_note(job, "hot means hotter than incidents spread evenly over the area, which mostly finds where "
                             "people and buildings are; give what is at risk with --at-risk, or a stream --against");
}

hg_status hg_expected_make(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_status status = f->reference       ? expect_reference(job, f, err)
                       : job->set.at_risk ? expect_at_risk(job, f, err)
                                          : HG_OK;
    if (status != HG_OK)
        return status;
    sum_surfaces(f);
    if (!(f->expected_sum > 0 && f->expected_sum <= 1e300))
        return hg_fail(err, HG_EDATA, "%s %s: what lies in the study area sums to %g; a finite amount above 0 was "
                       "expected", job->set.at_risk ? "--at-risk" : "--against",
                       job->set.at_risk ? f->at_risk.name : job->set.against, f->expected_sum);
    note_unexpected(job, f);
    return HG_OK;
}

double hg_expected_part(const hg_findings *f, uint64_t cell)
{
    return (f->expected ? f->expected[cell] : (double)f->study->share[cell]) / f->expected_sum;
}

const char *hg_expected_words(const hg_job *job, const hg_findings *f, char *buf, size_t size)
{
    const hg_settings *set = &job->set;
    if (f->reference)
        snprintf(buf, size, "as the density of stream %s", set->against);
    else if (f->at_risk.name)
        snprintf(buf, size, "as at risk in %s%s%s", f->at_risk.name, set->at_risk_weight ? ", " : "",
                 set->at_risk_weight ? set->at_risk_weight : "");
    else
        snprintf(buf, size, "uniform over the study area");
    return buf;
}

const char *hg_expected_title(const hg_job *job, const hg_findings *f, char *buf, size_t size)
{
    const char *lang = job->set.lang;
    if (job->set.significance == HG_SIGNIFICANCE_GISTAR)
        snprintf(buf, size, "%s", hg_say(lang, HG_WORD_HOT_GI_STAR));
    else if (f->reference)
        snprintf(buf, size, hg_say(lang, HG_WORD_HOT_STREAM), job->set.against);
    else if (f->at_risk.name)
        snprintf(buf, size, hg_say(lang, HG_WORD_HOT_AT_RISK), f->at_risk.name);
    else
        snprintf(buf, size, "%s", hg_say(lang, HG_WORD_HOT_EVEN));
    return buf;
}
