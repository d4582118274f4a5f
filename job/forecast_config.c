#include "job/forecast_config.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/yaml.h"
#include "job/output.h"

#include <math.h>
#include <string.h>

/* Keys of the file; `train` is no option of hotspots, whose history is what --since leaves. */
static const struct {
    const char *key, *option;
} entries[] = {{"score", "score"},         {"cell", "cell"},       {"train", NULL},
               {"half_life", "half-life"}, {"bandwidth", "bandwidth"}, {"kernel", "kernel"},
               {"shrinkage", "shrinkage"}};

enum { ENTRIES = sizeof entries / sizeof *entries };

hg_status hg_forecast_config_write(const char *path, const hg_forecast *f, double cell_m, hg_error *err)
{
    static const double day_s = 86400;
    hg_text t = {0};
    hg_text_add(&t, "# What hotgrid backtest --tune chose; hotgrid hotspots --config takes it.\n");
    hg_text_addf(&t, "score: shrunk\ncell: %.10gm\n", cell_m);
    hg_text_add(&t, "train: all\n");
    if (f->half_life_s > 0)
        hg_text_addf(&t, "half_life: %.10gd\n", f->half_life_s / day_s);
    else
        hg_text_add(&t, "half_life: none\n");
    hg_text_addf(&t, "bandwidth: %.17gm\nkernel: %s\nshrinkage: %.10g\n", f->kernel.bandwidth_m,
                 hg_kernel_name(f->kernel.shape), f->shrinkage);
    hg_status status = t.failed ? hg_fail_memory(err) : hg_write_text(path, t.s, err);
    hg_text_dispose(&t);
    return status;
}

static bool was_given(const hg_job *job, const char *option)
{
    for (size_t i = 0; i < job->given_count; i++)
        if (strcmp(job->given[i].name, option) == 0)
            return true;
    return false;
}

static hg_status check_train(const hg_yaml_node *node, hg_error *err)
{
    const char *text = NULL;
    hg_status status = hg_yaml_text(node, &text, err);
    if (status != HG_OK || strcmp(text, "all") == 0)
        return status;
    return hg_yaml_fail(node, err, "all (what of the history counts is said with --since)");
}

static hg_status apply_entry(hg_job *job, const hg_yaml_node *node, const char *option, hg_error *err)
{
    const char *text = NULL;
    hg_error why = {HG_OK, ""};
    hg_status status = hg_yaml_text(node, &text, err);
    if (status != HG_OK || was_given(job, option) ||
        (strcmp(option, "half-life") == 0 && strcmp(text, "none") == 0))
        return status;
    status = hg_job_set(job, option, text, &why);
    return status == HG_OK ? HG_OK
                           : hg_fail(err, status, "%s line %u: %s", hg_yaml_name(node->doc), node->line, why.message);
}

static hg_status apply_entries(hg_job *job, const hg_yaml_node *root, hg_error *err)
{
    const char *keys[ENTRIES + 1] = {NULL};
    /* The strength of another score than the one asked for says nothing; the file's own score is set below. */
    bool moot = was_given(job, "score") && job->set.score != HG_SCORE_SHRUNK;
    for (size_t i = 0; i < ENTRIES; i++)
        keys[i] = entries[i].key;
    hg_status status = hg_yaml_require(root, HG_YAML_MAPPING, err);
    if (status == HG_OK)
        status = hg_yaml_check_keys(root, keys, err);
    for (size_t i = 0; i < ENTRIES && status == HG_OK; i++) {
        const hg_yaml_node *node = hg_yaml_get(root, entries[i].key);
        if (node && !(moot && strcmp(entries[i].key, "shrinkage") == 0))
            status = entries[i].option ? apply_entry(job, node, entries[i].option, err) : check_train(node, err);
    }
    return status;
}

hg_status hg_forecast_config_apply(hg_job *job, hg_error *err)
{
    hg_yaml *doc = NULL;
    if (!job->set.config)
        return HG_OK;
    hg_status status = hg_yaml_read(job->set.config, &doc, err);
    if (status == HG_OK)
        status = apply_entries(job, hg_yaml_root(doc), err);
    if (status == HG_OK)
        hg_fact_text(&job->facts, hg_yaml_sha256(doc), "config_sha256");
    hg_yaml_free(doc);
    return status;
}
