/* The public edition as a whole. */
#include "job/report_public.h"
#include "base/civil.h"
#include "job/intake.h"
#include "job/report_parts.h"
#include "job/report_public_table.h"

#include <math.h>
#include <stdio.h>

hg_status hg_public_check_options(const hg_settings *set, hg_error *err)
{
    const hg_report_settings *report = &set->report;
    const struct {
        const char *name;
        bool given, public_only;
    } options[] = {{"previous", report->previous != NULL, false},
                   {"incidents", report->incidents != NULL, false},
                   {"advice", report->advice != NULL, false},
                   {"patrols", set->audit.sources[HG_AUDIT_PATROLS].count > 0, false},
                   {"include-stream", report->include.count > 0, true},
                   {"published", report->published != NULL, true},
                   {"suppress-below", set->suppress_below != 0, true}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && options[i].public_only != report->public_profile)
            return hg_fail(err, HG_EUSAGE, "--%s is for reports %s --public", options[i].name,
                           options[i].public_only ? "with" : "without");
    return HG_OK;
}

/* The last day is the one before the moment at which the period ends. */
static hg_status add_about(hg_report *r, const hg_public_counts *c, hg_error *err)
{
    int64_t from, until;
    char a[64], b[64], metres[64];
    hg_status status = hg_public_period(r, &from, &until, err);
    if (status == HG_OK)
        status = hg_report_add(r, HG_LEAD, err, hg_report_say(r->zh, HG_SAY_PUBLIC_PERIOD),
                               hg_document_day(from, false, r->zh, a), hg_document_day(until - 1, false, r->zh, b),
                               hg_document_number(c->cell_m, 0, metres));
    if (status == HG_OK)
        status = hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_PUBLIC_WITHHELD), (int)c->below);
    if (status == HG_OK && c->left_out.len)
        status = hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_PUBLIC_LEFT_OUT), c->left_out.s);
    return status;
}

/* Positions that were shifted back go nowhere; a Chinese map needs its number. */
static hg_status add_places(hg_report *r, const hg_public_counts *c, bool offset, hg_error *err)
{
    bool no_map = r->zh && !r->job->set.report.map_approval;
    if (offset)
        return hg_document_text(r->doc, HG_WARNING, hg_report_say(r->zh, HG_SAY_PUBLIC_NO_SQUARES), err);
    hg_status status = no_map
                           ? hg_document_text(r->doc, HG_WARNING, hg_report_say(r->zh, HG_SAY_PUBLIC_NO_APPROVAL), err)
                           : hg_public_map(r, c, err);
    return status == HG_OK ? hg_public_add_squares(r, c, err) : status;
}

static hg_status add_events(hg_report *r, hg_error *err)
{
    hg_public_counts counts = {0};
    bool offset = hg_says_un_offset(&r->hot.contents);
    hg_status status = hg_public_count(r, &counts, err);
    if (status != HG_OK)
        return status;
    status = hg_document_heading(r->doc, 1, "events", hg_report_say(r->zh, HG_SAY_PUBLIC_EVENTS), err);
    if (status == HG_OK)
        status = add_about(r, &counts, err);
    if (status == HG_OK)
        status = hg_public_add_totals(r, &counts, err);
    if (status == HG_OK)
        status = add_places(r, &counts, offset, err);
    if (status == HG_OK)
        status = hg_public_record(r, &counts, !offset, err);
    hg_public_counts_dispose(&counts);
    return status;
}

hg_status hg_report_public(hg_report *r, hg_error *err)
{
    hg_status status = r->hot.path ? add_events(r, err) : HG_OK;
    if (status == HG_OK)
        status = hg_public_land(r, err);
    if (status == HG_OK)
        status = hg_public_index(r, err);
    if (status == HG_OK)
        status = hg_document_heading(r->doc, 1, "method", hg_report_say(r->zh, HG_SAY_METHOD), err);
    if (status == HG_OK)
        status = hg_document_text(r->doc, HG_WARNING, hg_report_say(r->zh, HG_SAY_CAUTION), err);
    return status == HG_OK ? hg_report_add(r, HG_SMALL, err, hg_report_say(r->zh, HG_SAY_PUBLIC_METHOD), hg_version())
                           : status;
}
