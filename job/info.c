#include "job/job.h"
#include "job/study.h"
#include "io/store.h"

#include <string.h>

static void layer_facts(hg_job *job, const hg_store_contents *c)
{
    for (size_t i = 0; i < c->layer_count; i++) {
        const hg_store_layer *l = &c->layers[i];
        hg_fact_text(&job->facts, l->name, "layers[%zu].name", i);
        hg_fact_text(&job->facts, l->geometry, "layers[%zu].geometry", i);
        hg_fact_text(&job->facts, l->crs, "layers[%zu].crs", i);
        hg_fact_int(&job->facts, l->rows, "layers[%zu].rows", i);
    }
}

static void summarise_layers(hg_job *job, const hg_store_contents *c)
{
    char n[32];
    hg_text *s = &job->summary;
    for (size_t i = 0; i < c->layer_count; i++) {
        const hg_store_layer *l = &c->layers[i];
        hg_text_addf(s, "  %-16s %12s rows  %s%s%s\n", l->name,
                     hg_grouped((uint64_t)(l->rows < 0 ? 0 : l->rows), n), l->geometry,
                     l->crs ? ", " : "", l->crs ? l->crs : "");
    }
}

hg_status hg_run_info(hg_job *job, hg_error *err)
{
    hg_store_contents c = {0};
    hg_text *s = &job->summary;
    if (job->input_count != 1)
        return hg_fail(err, HG_EUSAGE, "info takes one file; %zu were given", job->input_count);
    hg_status status = hg_store_look(job->inputs[0].path, &c, err);
    if (status != HG_OK)
        return status;
    hg_fact_text(&job->facts, job->inputs[0].path, "file");
    hg_fact_text(&job->facts, c.format, "format");
    layer_facts(job, &c);
    hg_text_addf(s, "%s: %s\n", job->inputs[0].path, c.format);
    summarise_layers(job, &c);
    for (size_t i = 0; i < c.source_count; i++) {
        hg_fact_text(&job->facts, c.sources[i].name, "sources[%zu].name", i);
        hg_fact_text(&job->facts, c.sources[i].sha256, "sources[%zu].sha256", i);
        hg_fact_int(&job->facts, c.sources[i].rows_read, "sources[%zu].rows_read", i);
        hg_text_addf(s, "  loaded: %s (%lld rows)\n", c.sources[i].name ? c.sources[i].name : "",
                     (long long)c.sources[i].rows_read);
    }
    hg_text_add(s, c.run_info_count ? "how it was made:\n" : "no record of how it was made\n");
    for (size_t i = 0; i < c.run_info_count; i++) {
        const hg_store_pair *p = &c.run_info[i];
        hg_text_addf(s, "  %s = %s\n", p->key ? p->key : "", p->value ? p->value : "");
        if (p->key)
            hg_fact_text(&job->facts, p->value, "run_info.%s", p->key);
    }
    hg_store_contents_dispose(&c);
    return HG_OK;
}
