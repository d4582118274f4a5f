/* What a task rests on, and what it made: so that nothing is done twice. */
#include "job/batch.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] = "hotgrid batch record 1\n";

void hg_batch_hashes_dispose(hg_batch_hashes *h)
{
    for (size_t i = 0; i < h->count; i++)
        hg_free(h->paths[i]);
    hg_free(h->paths);
    hg_free(h->hex);
    *h = (hg_batch_hashes){0};
}

/* ------------------------------------------------------------------ content ---------------- */

static hg_status remember(hg_batch_hashes *h, const char *path, const char *hex, hg_error *err)
{
    size_t capacity = h->capacity;
    char **paths = hg_grow(h->paths, &h->capacity, h->count + 1, sizeof *paths);
    if (!paths)
        return hg_fail_memory(err);
    h->paths = paths;
    char(*all)[HG_SHA256_HEX] = hg_grow(h->hex, &capacity, h->count + 1, sizeof *all);
    if (!all)
        return hg_fail_memory(err);
    h->hex = all;
    paths[h->count] = hg_strdup(path);
    if (!paths[h->count])
        return hg_fail_memory(err);
    memcpy(all[h->count++], hex, HG_SHA256_HEX);
    return HG_OK;
}

/* Adds the hash of a file to a text; one hash, once. A folder or a connection has none: *known = false. */
static hg_status add_file(hg_batch_hashes *h, const char *path, bool *known, hg_text *out, hg_control *control,
                          hg_error *err)
{
    struct stat st;
    char hex[HG_SHA256_HEX];
    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->paths[i], path) == 0) {
            hg_text_addf(out, "%s\n", h->hex[i]);
            return HG_OK;
        }
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        *known = false;
        return HG_OK;
    }
    hg_status status = hg_hash_file(path, control, hex, err);
    if (status == HG_OK)
        hg_text_addf(out, "%s\n", hex);
    return status == HG_OK ? remember(h, path, hex, err) : status;
}

/* A shapefile is several files, a database has a log that has yet to reach it. */
static hg_status add_companions(hg_batch_hashes *h, const char *path, hg_text *out, hg_control *control,
                                hg_error *err)
{
    static const char *const extensions[] = {".dbf", ".shx", ".prj", ".cpg"};
    const char *dot = strrchr(path, '.');
    hg_status status = HG_OK;
    bool known = true;
    for (size_t i = 0; dot && strcmp(dot, ".shp") == 0 && i < 4 && status == HG_OK; i++) {
        char other[4096];
        snprintf(other, sizeof other, "%.*s%s", (int)(dot - path), path, extensions[i]);
        if (access(other, R_OK) == 0)
            status = add_file(h, other, &known, out, control, err);
    }
    char log[4100];
    struct stat st;
    snprintf(log, sizeof log, "%s-wal", path);
    if (status == HG_OK && stat(log, &st) == 0 && st.st_size > 0)
        status = add_file(h, log, &known, out, control, err);
    return status;
}

/* The content behind SRC[:LAYER][@DATE]. */
static hg_status add_source(hg_batch_hashes *h, const char *source, bool *known, hg_text *out, hg_control *control,
                            hg_error *err)
{
    char path[4096], layer[512], date[11];
    hg_source_split(source, path, sizeof path, layer, sizeof layer, date);
    hg_status status = add_file(h, path, known, out, control, err);
    return status == HG_OK ? add_companions(h, path, out, control, err) : status;
}

/* ------------------------------------------------------------------ records ---------------- */

static char *record_path(const hg_batch *b, const hg_batch_task *task)
{
    hg_text t = {0};
    char *output = hg_batch_output(b, task);
    hg_text_addf(&t, "%s" HG_BATCH_RECORDS "/%s.record", b->folder, output ? output + strlen(b->folder) : "");
    t.failed |= !output;
    hg_free(output);
    return hg_text_take(&t);
}

/* The text of a record; NULL in *out where there is none that can be understood. */
static hg_status read_record(const hg_batch *b, const hg_batch_task *task, char **out, hg_error *err)
{
    enum { MOST = 1 << 16 }; /* a record is a few lines */
    char *path = record_path(b, task), *text = path ? hg_malloc(MOST, 1) : NULL;
    *out = NULL;
    FILE *f = text ? fopen(path, "rb") : NULL;
    size_t n = f ? fread(text, 1, MOST - 1, f) : 0;
    if (f)
        fclose(f);
    hg_free(path);
    if (!text)
        return hg_fail_memory(err);
    text[n] = '\0';
    if (n > sizeof head && strncmp(text, head, sizeof head - 1) == 0 && text[n - 1] == '\n')
        *out = text;
    else
        hg_free(text);
    return HG_OK;
}

/* Calls it for the hash and name of every file of a record; stops where it returns false. */
typedef bool (*record_file)(void *context, const char *hex, const char *name);

static bool each_file(const char *record, record_file call, void *context)
{
    char hex[HG_SHA256_HEX], name[4096];
    for (const char *line = strchr(record, '\n'); line && line[1]; line = strchr(line + 1, '\n'))
        if (sscanf(line + 1, "file %64s %4095[^\n]", hex, name) == 2 && !call(context, hex, name))
            return false;
    return true;
}

static bool has_signature(const char *record, const char *signature)
{
    char line[HG_SHA256_HEX + 16];
    snprintf(line, sizeof line, "signature %s\n", signature);
    return strncmp(record + sizeof head - 1, line, strlen(line)) == 0;
}

static bool is_empty(const char *record)
{
    return strstr(record, "\nempty\n") != NULL;
}

typedef struct file_check {
    const hg_batch *b;
    hg_control *control;
    size_t files;
} file_check;

static bool is_as_it_was(void *context, const char *hex, const char *name)
{
    file_check *c = context;
    char path[8192], now[HG_SHA256_HEX];
    snprintf(path, sizeof path, "%s%s", c->b->folder, name);
    c->files++;
    return hg_hash_file(path, c->control, now, NULL) == HG_OK && strcmp(now, hex) == 0;
}

hg_status hg_batch_is_done(const hg_batch *b, const hg_batch_task *task, const char *signature, hg_control *control,
                           bool *done, bool *empty, hg_error *err)
{
    char *record = NULL;
    *done = *empty = false;
    if (!*signature)
        return HG_OK;
    hg_status status = read_record(b, task, &record, err);
    file_check check = {b, control, 0};
    if (record && has_signature(record, signature))
        *done = each_file(record, is_as_it_was, &check) && (check.files > 0 || is_empty(record));
    *empty = *done && is_empty(record);
    hg_free(record);
    return status;
}

/* ------------------------------------------------------------------ signatures ------------- */

static bool first_hash(void *context, const char *hex, const char *name)
{
    (void)name;
    memcpy(context, hex, HG_SHA256_HEX);
    return false;
}

/* What a step made is known by its record. */
static hg_status add_result(const hg_batch *b, const hg_batch_task *task, bool *known, hg_text *out, hg_error *err)
{
    char *record = NULL, hex[HG_SHA256_HEX] = "";
    hg_status status = read_record(b, task, &record, err);
    if (record)
        each_file(record, first_hash, hex);
    *known = *known && record && (*hex || is_empty(record));
    hg_text_addf(out, "%s\n", hex);
    hg_free(record);
    return status;
}

static hg_status add_options(const hg_batch_options *options, hg_batch_hashes *h, bool *known, hg_text *out,
                             hg_control *control, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < options->count && status == HG_OK; i++) {
        const hg_batch_option *o = &options->items[i];
        hg_text_addf(out, "--%s %s\n", o->name, o->node->text ? o->node->text : "");
        if (o->file)
            status = add_source(h, o->value, known, out, control, err);
    }
    return status;
}

/* A path as the batch says it: the same from wherever the command is run. */
static const char *as_given(const hg_batch *b, const char *path)
{
    size_t n = strlen(b->base);
    return strncmp(path, b->base, n) == 0 ? path + n : path;
}

static hg_status add_inputs(const hg_batch *b, const hg_batch_task *task, hg_batch_hashes *h, bool *known,
                            hg_text *out, hg_control *control, hg_error *err)
{
    const hg_batch_step *s = &b->steps[task->step];
    hg_status status = HG_OK;
    for (size_t i = 0; i < s->input_count && status == HG_OK; i++) {
        size_t k = s->inputs[i].index;
        hg_batch_task other = s->inputs[i].step ? hg_batch_rests_on(b, task, k) : *task;
        hg_text_addf(out, "input %s\n", s->inputs[i].step ? b->steps[k].id : as_given(b, b->sources[k].path));
        if (s->inputs[i].step) {
            status = add_result(b, &other, known, out, err);
            continue;
        }
        status = add_source(h, b->sources[k].path, known, out, control, err);
        if (status == HG_OK)
            status = add_options(&b->sources[k].options, h, known, out, control, err);
    }
    return status;
}

static hg_status add_previous(const hg_batch *b, const hg_batch_task *task, hg_text *out, hg_control *control,
                              hg_error *err)
{
    size_t step = b->steps[task->step].previous;
    if (step == SIZE_MAX)
        return HG_OK;
    hg_batch_task before = hg_batch_rests_on(b, task, step);
    char *path = hg_batch_previous(b, &before), hex[HG_SHA256_HEX] = "none";
    hg_status status = path ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK && access(path, R_OK) == 0)
        status = hg_hash_file(path, control, hex, err);
    hg_text_addf(out, "previous %s\n", hex);
    hg_free(path);
    return status;
}

hg_status hg_batch_signature(const hg_batch *b, const hg_batch_task *task, const hg_batch_dates *dates,
                             hg_batch_hashes *h, hg_control *control, char hex[HG_SHA256_HEX], hg_error *err)
{
    const hg_batch_step *s = &b->steps[task->step];
    hg_text t = {0};
    bool known = true;
    char *name = hg_batch_name(b, task);
    const char *lang = task->format || hg_batch_takes(s->command, "lang") ? task->language : "";
    const char *since = hg_batch_takes(s->command, "since") && dates->since ? dates->since : "";
    const char *until = hg_batch_takes(s->command, "until") && dates->until ? dates->until : "";
    hg_text_addf(&t, "hotgrid %s\n%s\n%s\nlang %s\nsince %s\nuntil %s\nunits %s %s\n", hg_version(), s->command,
                 name ? name : "", lang, since, until, s->each_unit ? as_given(b, b->units) : "",
                 s->each_unit && b->unit_column ? b->unit_column : "");
    t.failed |= !name;
    hg_free(name);
    hg_status status = s->each_unit ? add_source(h, b->units, &known, &t, control, err) : HG_OK;
    if (status == HG_OK)
        status = add_options(&s->options, h, &known, &t, control, err);
    if (status == HG_OK)
        status = add_inputs(b, task, h, &known, &t, control, err);
    if (status == HG_OK)
        status = add_previous(b, task, &t, control, err);
    if (status == HG_OK && t.failed)
        status = hg_fail_memory(err);
    *hex = '\0';
    if (status == HG_OK && known)
        status = hg_hash_bytes(t.s, t.len, "the batch", hex, err);
    hg_text_dispose(&t);
    return status;
}

/* ------------------------------------------------------------------ after and before ------- */

/* One file that a task made, by its name in the folder of the outputs. */
static hg_status add_made(const char *folder, const char *name, hg_control *control, hg_text *out, hg_error *err)
{
    char path[8192], hex[HG_SHA256_HEX];
    snprintf(path, sizeof path, "%s%s", folder, name);
    hg_status status = hg_hash_file(path, control, hex, err);
    if (status == HG_OK)
        hg_text_addf(out, "file %s %s\n", hex, name);
    return status;
}

/* Sidecars stand beside the output and are known by the facts of the job. */
static hg_status add_sidecars(const hg_batch *b, const hg_job *job, const char *output, hg_control *control,
                              hg_text *out, hg_error *err)
{
    const char *slash = strrchr(output, '/');
    hg_status status = HG_OK;
    for (size_t i = 0; status == HG_OK; i++) {
        char key[64], name[4096];
        snprintf(key, sizeof key, "sidecars[%zu].name", i);
        const hg_fact *fact = hg_fact_find(&job->facts, key);
        if (!fact || fact->type != HG_FACT_TEXT)
            break;
        snprintf(name, sizeof name, "%.*s%s", slash ? (int)(slash - output) + 1 : 0, output, fact->text);
        status = add_made(b->folder, name, control, out, err);
    }
    return status;
}

typedef struct replacing {
    file_check check;
    const char *record; /* the new one */
} replacing;

/* What an earlier run made and the last one did not: a raster of a week with incidents, for one. */
static bool remove_unnamed(void *context, const char *hex, const char *name)
{
    const replacing *r = context;
    char line[4200], path[8192];
    file_check check = r->check;
    snprintf(line, sizeof line, " %s\n", name);
    snprintf(path, sizeof path, "%s%s", check.b->folder, name);
    if (!strstr(r->record, line) && is_as_it_was(&check, hex, name))
        unlink(path);
    return true;
}

static hg_status remove_others(const hg_batch *b, const hg_batch_task *task, const char *record, hg_control *control,
                               hg_error *err)
{
    char *before = NULL;
    hg_status status = read_record(b, task, &before, err);
    replacing r = {{b, control, 0}, record};
    if (before)
        each_file(before, remove_unnamed, &r);
    hg_free(before);
    return status;
}

hg_status hg_batch_record(const hg_batch *b, const hg_batch_task *task, const char *signature, bool empty,
                          const hg_job *job, hg_control *control, hg_error *err)
{
    hg_text t = {0};
    char *path = record_path(b, task), *output = hg_batch_output(b, task);
    hg_status status = path && output ? hg_folder_make_for(path, err) : hg_fail_memory(err);
    hg_text_addf(&t, "%ssignature %s\n", head, *signature ? signature : "none");
    hg_text_add(&t, empty ? "empty\n" : "");
    if (status == HG_OK && (!empty || hg_batch_is_geopackage(output)))
        status = add_made(b->folder, output + strlen(b->folder), control, &t, err);
    if (status == HG_OK)
        status = add_sidecars(b, job, output + strlen(b->folder), control, &t, err);
    if (status == HG_OK && t.failed)
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = remove_others(b, task, t.s, control, err);
    if (status == HG_OK)
        status = hg_file_replace(path, t.s, err);
    hg_text_dispose(&t);
    hg_free(path);
    hg_free(output);
    return status;
}

/* Copies the first file of a record, the result itself, if it is still what was recorded. */
typedef struct keeping {
    file_check check;
    const char *to;
    hg_status status;
    hg_error *err;
} keeping;

static bool keep_first(void *context, const char *hex, const char *name)
{
    keeping *k = context;
    char path[8192], temp[8192];
    if (!is_as_it_was(&k->check, hex, name))
        return false;
    snprintf(path, sizeof path, "%s%s", k->check.b->folder, name);
    snprintf(temp, sizeof temp, "%s.part", k->to);
    unlink(temp);
    k->status = hg_folder_make_for(k->to, k->err);
    if (k->status == HG_OK)
        k->status = hg_file_copy(path, temp, path, k->err);
    if (k->status == HG_OK && rename(temp, k->to) != 0)
        k->status = hg_fail(k->err, HG_EIO, "%s cannot be written: %s", k->to, strerror(errno));
    return false;
}

hg_status hg_batch_keep_previous(const hg_batch *b, const hg_batch_task *task, hg_control *control, hg_error *err)
{
    char *record = NULL, *to = hg_batch_previous(b, task);
    hg_status status = to ? read_record(b, task, &record, err) : hg_fail_memory(err);
    keeping k = {{b, control, 0}, to, HG_OK, err};
    if (record)
        each_file(record, keep_first, &k);
    hg_free(record);
    hg_free(to);
    return status == HG_OK ? k.status : status;
}
