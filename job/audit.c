/* read -> say: the audit's inputs, counted. */
#include "job/roles.h"

static void summarise(hg_job *job, const hg_audit_inputs *in)
{
    char date[32];
    for (size_t i = 0; i < in->input_count; i++) {
        const hg_input_facts *f = &in->facts[i];
        hg_text_addf(&job->summary, "%-8s %s: %llu rows, %llu accepted, %llu rejected\n",
                     hg_audit_role_name(in->inputs[i].role), f->name,
                     (unsigned long long)f->rows_read, (unsigned long long)f->accepted,
                     (unsigned long long)f->rejected);
    }
    hg_text_addf(&job->summary,
                 "zones %zu, permits %zu, actions %zu, assets %zu, patrols %zu, opening %zu\n",
                 in->zone_count, in->permit_count, in->action_count, in->asset_count,
                 in->patrol_count, in->opening_count);
    for (size_t i = 0; i < in->epoch_count; i++)
        hg_text_addf(&job->summary, "%.10s: %zu patches\n", hg_civil_text(in->epochs[i].date, date),
                     in->epochs[i].count);
}

hg_status hg_run_audit(hg_job *job, hg_error *err)
{
    hg_class_map map = {0};
    hg_audit_inputs in = {0};
    hg_status status = hg_class_map_read(job->set.audit.class_map, &map, err);
    if (status == HG_OK)
        status = hg_audit_inputs_read(job, &map, &in, err);
    if (status == HG_OK) {
        hg_audit_inputs_facts(job, &in);
        hg_fact_text(&job->facts, map.sha256, "class_map_sha256");
        summarise(job, &in);
    }
    hg_audit_inputs_dispose(&in);
    hg_class_map_dispose(&map);
    return status;
}
