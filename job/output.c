#include "job/output.h"
#include "base/memory.h"
#include "io/source.h"
#include "job/roles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

hg_status hg_check_extension(const hg_job *job, const char *const *extensions, hg_error *err)
{
    const char *output = job->set.output;
    size_t n = strlen(output);
    hg_text list = {0};
    for (const char *const *e = extensions; *e; e++) {
        size_t k = strlen(*e);
        if (n > k && strcasecmp(output + n - k, *e) == 0) {
            hg_text_dispose(&list);
            return HG_OK;
        }
        hg_text_addf(&list, "%s%s", list.len ? " or " : "", *e);
    }
    hg_status status = hg_fail(err, HG_EUSAGE, "-o %s: the output of %s ends in %s", output,
                               job->command->info.name, list.s ? list.s : "?");
    hg_text_dispose(&list);
    return status;
}

static bool is_file(const char *source, const struct stat *file)
{
    char path[4096], layer[256], date[11];
    struct stat st;
    hg_source_split(source, path, sizeof path, layer, sizeof layer, date);
    return stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

static hg_status refuse_replacing(const hg_job *job, const char *role, const char *source, hg_error *err)
{
    return hg_fail(err, HG_EUSAGE, "-o %s: would replace %s %s; name another file", job->set.output, role,
                   source);
}

static hg_status check_audit_sources(const hg_job *job, const struct stat *st, hg_error *err)
{
    char role[32];
    for (int r = 0; r < HG_AUDIT_ROLES; r++) {
        const hg_text_list *sources = &job->set.audit.sources[r];
        snprintf(role, sizeof role, "--%s", hg_audit_role_name((hg_audit_role)r));
        for (size_t i = 0; i < sources->count; i++)
            if (is_file(sources->items[i], st))
                return refuse_replacing(job, role, sources->items[i], err);
    }
    return HG_OK;
}

hg_status hg_check_not_read(const hg_job *job, const char *path, hg_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return HG_OK;
    const struct {
        const char *role, *source;
    } others[] = {{"--area", job->set.area},
                  {"--places", job->set.places},
                  {"--at-risk", job->set.at_risk},
                  {"--units", job->set.units},
                  {"--config", job->set.config},
                  {"--compare", job->set.compare},
                  {"--class-map", job->set.audit.class_map}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].source && is_file(others[i].source, &st))
            return refuse_replacing(job, others[i].role, others[i].source, err);
    for (size_t i = 0; i < job->input_count; i++)
        if (is_file(job->inputs[i].path, &st))
            return refuse_replacing(job, "the input", job->inputs[i].path, err);
    return check_audit_sources(job, &st, err);
}

const char *hg_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *hg_beside(const char *output, const char *suffix)
{
    const char *base = hg_base_name(output), *dot = strrchr(base, '.');
    size_t n = dot && dot != base ? (size_t)(dot - output) : strlen(output);
    hg_text t = {0};
    hg_text_add_n(&t, output, n);
    hg_text_add(&t, suffix);
    return hg_text_take(&t);
}

hg_status hg_write_text(const char *path, const char *text, hg_error *err)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
    bool ok = fputs(text, f) >= 0;
    ok = fclose(f) == 0 && ok;
    return ok ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
}

void hg_run_facts(hg_job *job, double read_s, double analyse_s, double write_s)
{
    hg_facts *f = &job->facts;
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    hg_fact_text(f, job->set.output, "output");
    hg_fact_real(f, read_s, "seconds.read");
    hg_fact_real(f, analyse_s, "seconds.analyse");
    hg_fact_real(f, write_s, "seconds.write");
    hg_fact_real(f, hg_now() - job->started, "seconds.total");
    hg_fact_text(f, stamp, "recorded_at");
    if (job->command_line)
        hg_fact_text(f, job->command_line, "command_line");
}

hg_status hg_sidecar_hashes(hg_job *job, const char *const *temps, size_t n, char (*hex)[HG_SHA256_HEX],
                            hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++)
        status = hg_hash_file(temps[i], &job->control, hex[i], err);
    return status;
}

void hg_sidecar_facts(hg_job *job, const char *const *finals, size_t n, char (*hex)[HG_SHA256_HEX])
{
    for (size_t i = 0; i < n; i++) {
        hg_fact_text(&job->facts, hg_base_name(finals[i]), "sidecars[%zu].name", i);
        hg_fact_text(&job->facts, hex[i], "sidecars[%zu].sha256", i);
    }
}

/* The folder of the output is no part of the result, which is the same wherever it is made. */
static const char *stored_text(const hg_fact *fact, char buf[64])
{
    const char *text = hg_fact_as_text(fact, buf);
    return strcmp(fact->key, "output") == 0 ? hg_base_name(text) : text;
}

hg_status hg_fact_table(hg_job *job, hg_table **out, hg_error *err)
{
    const hg_facts *f = &job->facts;
    hg_table *t = NULL;
    char number[64];
    hg_status status = hg_table_new("run_info", f->count, NULL, &t, err);
    if (status == HG_OK)
        status = hg_table_add(t, "key", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "value", HG_TEXT, NULL, err);
    for (size_t i = 0; i < f->count && status == HG_OK; i++) {
        status = hg_table_set_text(t, &t->columns[0], i, f->items[i].key, err);
        if (status == HG_OK)
            status = hg_table_set_text(t, &t->columns[1], i,
                                       stored_text(&f->items[i], number), err);
    }
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

static hg_status add_metadata(hg_job *job, hg_gpkg *gpkg, hg_error *err)
{
    hg_text t = {0};
    hg_text_addf(&t, "Made by hotgrid %s, command %s. For internal use. The table run_info holds "
                     "options, inputs and counts.",
                 hg_version(), job->command->info.name);
    hg_status status =
        t.failed ? hg_fail_memory(err)
                 : hg_gpkg_add_metadata(gpkg, "https://www.geopackage.org/spec/#_metadata_table",
                                        "text/plain", t.s, err);
    hg_text_dispose(&t);
    return status;
}

hg_status hg_store_facts(hg_job *job, hg_gpkg *gpkg, hg_error *err)
{
    const hg_facts *f = &job->facts;
    const char **keys = hg_malloc(f->count, sizeof *keys);
    const char **values = hg_malloc(f->count, sizeof *values);
    char(*numbers)[64] = hg_malloc(f->count, sizeof *numbers);
    hg_status status = keys && values && numbers ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < f->count && status == HG_OK; i++) {
        keys[i] = f->items[i].key;
        values[i] = stored_text(&f->items[i], numbers[i]);
    }
    if (status == HG_OK)
        status = hg_gpkg_set_run_info(gpkg, keys, values, f->count, err);
    if (status == HG_OK)
        status = add_metadata(job, gpkg, err);
    hg_free(keys);
    hg_free(values);
    hg_free(numbers);
    return status;
}

hg_status hg_store_styles(const hg_style *styles, size_t n, hg_gpkg *gpkg, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < n && status == HG_OK; k++) {
        char *qml = NULL;
        status = hg_style_qml(&styles[k], &qml, err);
        if (status == HG_OK)
            status = hg_gpkg_add_style(gpkg, styles[k].layer, styles[k].symbol == HG_SYMBOL_NONE ? NULL : "geom",
                                       styles[k].layer, qml, err);
        hg_free(qml);
    }
    return status;
}
