/* What the files of a batch are called, and that none stands in the way of another or of what is read. */
#include "job/batch.h"
#include "base/memory.h"
#include "io/source.h"
#include "job/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_BYTES = 120, MARK_DIGITS = 8 }; /* leaves room for endings within the 255 bytes of a file name */

/* ------------------------------------------------------------------ units ------------------ */

/* A name without separators, control characters and leading dot, cut between two characters. */
static char *plain_name(const char *name)
{
    char *copy = hg_strdup(name);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || strchr("/\\:*?\"<>|", *c) || (*c == '.' && c == copy))
            *c = '_';
    size_t n = copy ? strlen(copy) : 0;
    if (n > NAME_BYTES) {
        n = NAME_BYTES;
        while (n && ((unsigned char)copy[n] & 0xc0) == 0x80)
            n--;
        copy[n] = '\0';
    }
    return copy;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without regard to case, as many disks and all memory sticks compare names. */
static int compare_blind(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

typedef struct named {
    const char *text;
    size_t index;
} named;

static int by_text_blind(const void *a, const void *b)
{
    const named *p = a, *q = b;
    int order = compare_blind(p->text, q->text);
    return order ? order : p->index < q->index ? -1 : 1;
}

/* Units whose plain names would be one file, or were cut, are told apart by digits of the whole name's hash. */
static hg_status mark(char **file, const char *name, hg_error *err)
{
    char hex[HG_SHA256_HEX];
    hg_text t = {0};
    hg_status status = hg_hash_bytes(name, strlen(name), "a unit's name", hex, err);
    hg_text_addf(&t, "%s-%.*s", *file, MARK_DIGITS, hex);
    char *marked = hg_text_take(&t);
    if (status != HG_OK || !marked) {
        hg_free(marked);
        return status != HG_OK ? status : hg_fail_memory(err);
    }
    hg_free(*file);
    *file = marked;
    return HG_OK;
}

hg_status hg_batch_name_files(hg_batch *b, hg_error *err)
{
    size_t n = b->unit_count;
    named *sorted = hg_malloc(n, sizeof *sorted);
    bool *twice = hg_calloc(n, sizeof *twice);
    hg_status status = sorted && twice ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        b->unit_files[i] = plain_name(b->unit_names[i]);
        sorted[i] = (named){b->unit_files[i], i};
        status = b->unit_files[i] ? HG_OK : hg_fail_memory(err);
    }
    if (status == HG_OK)
        qsort(sorted, n, sizeof *sorted, by_text_blind);
    for (size_t i = 1; i < n && status == HG_OK; i++)
        if (compare_blind(sorted[i - 1].text, sorted[i].text) == 0)
            twice[sorted[i - 1].index] = twice[sorted[i].index] = true;
    for (size_t i = 0; i < n && status == HG_OK; i++)
        if (twice[i] || strlen(b->unit_names[i]) > NAME_BYTES)
            status = mark(&b->unit_files[i], b->unit_names[i], err);
    hg_free(sorted);
    hg_free(twice);
    return status;
}

/* ------------------------------------------------------------------ tasks ------------------ */

static const char *extension_of(const hg_batch *b, const hg_batch_task *task)
{
    static const char *const by_command[][2] = {{"density", "tif"}, {"backtest", "csv"}};
    if (task->format)
        return task->format;
    for (size_t i = 0; i < sizeof by_command / sizeof *by_command; i++)
        if (strcmp(b->steps[task->step].command, by_command[i][0]) == 0)
            return by_command[i][1];
    return "gpkg";
}

bool hg_batch_is_geopackage(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".gpkg") == 0;
}

/* hotspots.gpkg, hotspots/Unit.gpkg, report_en.html, report/Unit_en.html */
static char *path_of(const hg_batch *b, const hg_batch_task *task, const char *folder)
{
    hg_text t = {0};
    hg_text_addf(&t, "%s%s%s", b->folder, folder, b->steps[task->step].id);
    if (task->unit != HG_NO_UNIT)
        hg_text_addf(&t, "/%s", b->unit_files[task->unit]);
    if (task->format)
        hg_text_addf(&t, "_%s", task->language);
    hg_text_addf(&t, ".%s", extension_of(b, task));
    return hg_text_take(&t);
}

char *hg_batch_output(const hg_batch *b, const hg_batch_task *task)
{
    return path_of(b, task, "");
}

char *hg_batch_previous(const hg_batch *b, const hg_batch_task *task)
{
    return path_of(b, task, HG_BATCH_PREVIOUS "/");
}

char *hg_batch_name(const hg_batch *b, const hg_batch_task *task)
{
    hg_text t = {0};
    hg_text_add(&t, b->steps[task->step].id);
    if (task->unit != HG_NO_UNIT)
        hg_text_addf(&t, " %s", b->unit_names[task->unit]);
    if (task->format)
        hg_text_addf(&t, " %s %s", task->language, task->format);
    return hg_text_take(&t);
}

/* tables/Unit_zh, backtest_Unit.svg: an option that names what is written, for one of several tasks */
char *hg_batch_written(const hg_batch *b, const hg_batch_task *task, const char *option, const char *value)
{
    bool folder = strcmp(option, "tables") == 0;
    const char *base = hg_base_name(value), *dot = folder ? NULL : strrchr(base, '.');
    const char *unit = task->unit == HG_NO_UNIT ? NULL : b->unit_files[task->unit];
    const char *language = folder && b->language_count > 1 ? task->language : NULL;
    hg_text t = {0};
    hg_text_add_n(&t, value, dot ? (size_t)(dot - value) : strlen(value));
    if (unit || language)
        hg_text_addf(&t, "%s%s%s%s", folder ? "/" : "_", unit ? unit : "", unit && language ? "_" : "",
                     language ? language : "");
    hg_text_add(&t, dot ? dot : "");
    return hg_text_take(&t);
}

/* ------------------------------------------------------------------ collisions ------------- */

/* What a command writes beside its output. */
static const char *const *sidecars_of(const char *command)
{
    static const char *const hotspots[] = {"_density.tif", "_density.qml", NULL}, *const density[] = {".qml", NULL};
    static const char *const index[] = {".csv", "_calendar.svg", "_calendar.png", NULL}, *const none[] = {NULL};
    return strcmp(command, "hotspots") == 0  ? hotspots
           : strcmp(command, "density") == 0 ? density
           : strcmp(command, "index") == 0   ? index
                                             : none;
}

typedef struct written {
    char **paths;
    size_t *steps;
    size_t count, capacity;
} written;

static hg_status add_path(written *w, char *path, size_t step, hg_error *err)
{
    size_t capacity = w->capacity;
    char **paths = path ? hg_grow(w->paths, &w->capacity, w->count + 1, sizeof *paths) : NULL;
    if (paths)
        w->paths = paths;
    size_t *steps = paths ? hg_grow(w->steps, &capacity, w->count + 1, sizeof *steps) : NULL;
    if (!steps) {
        hg_free(path);
        return hg_fail_memory(err);
    }
    w->steps = steps;
    steps[w->count] = step;
    paths[w->count++] = path;
    return HG_OK;
}

static hg_status add_written(const hg_batch *b, const hg_batch_task *task, written *w, hg_error *err)
{
    const hg_batch_step *s = &b->steps[task->step];
    char *output = hg_batch_output(b, task);
    hg_status status = add_path(w, output, task->step, err);
    for (const char *const *end = sidecars_of(s->command); *end && status == HG_OK; end++)
        status = add_path(w, hg_beside(output, *end), task->step, err);
    for (size_t i = 0; i < s->options.count && status == HG_OK; i++) {
        const hg_batch_option *o = &s->options.items[i];
        if (o->written && strcmp(o->name, "tables") != 0)
            status = add_path(w, hg_batch_written(b, task, o->name, o->value), task->step, err);
    }
    return status;
}

static hg_status check_distinct(const hg_batch *b, const written *w, hg_error *err)
{
    named *sorted = hg_malloc(w->count, sizeof *sorted);
    hg_status status = sorted || !w->count ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < w->count && sorted; i++)
        sorted[i] = (named){w->paths[i], i};
    if (sorted)
        qsort(sorted, w->count, sizeof *sorted, by_text_blind);
    for (size_t i = 1; i < w->count && status == HG_OK; i++)
        if (compare_blind(sorted[i - 1].text, sorted[i].text) == 0)
            status = hg_yaml_fail(b->steps[w->steps[sorted[i].index]].node, err,
                                  "outputs of other names than those of the step %s (both would write %s)",
                                  b->steps[w->steps[sorted[i - 1].index]].id, sorted[i].text);
    hg_free(sorted);
    return status;
}

/* Whether an output that is there already is the same file as one that is read. */
static hg_status check_not_read(const hg_batch *b, const written *w, const char *source, const hg_yaml_node *node,
                                hg_error *err)
{
    char path[4096], layer[512], date[11];
    struct stat read, made;
    hg_source_split(source, path, sizeof path, layer, sizeof layer, date);
    if (stat(path, &read) != 0)
        return HG_OK;
    for (size_t i = 0; i < w->count; i++)
        if (stat(w->paths[i], &made) == 0 && made.st_dev == read.st_dev && made.st_ino == read.st_ino)
            return hg_yaml_fail(node, err, "a file that no step writes (%s is an output of the step %s; results of "
                                           "steps are read by their id, under inputs)",
                                path, b->steps[w->steps[i]].id);
    return HG_OK;
}

static hg_status check_options(const hg_batch *b, const written *w, const hg_batch_options *options, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < options->count && status == HG_OK; i++)
        if (options->items[i].file)
            status = check_not_read(b, w, options->items[i].value, options->items[i].node, err);
    return status;
}

static hg_status check_all_read(const hg_batch *b, const written *w, hg_error *err)
{
    hg_status status = check_not_read(b, w, hg_yaml_name(b->doc), hg_yaml_root(b->doc), err);
    if (status == HG_OK && b->units)
        status = check_not_read(b, w, b->units, hg_yaml_get(hg_yaml_root(b->doc), "units"), err);
    for (size_t i = 0; i < b->source_count && status == HG_OK; i++) {
        status = check_not_read(b, w, b->sources[i].path, b->sources[i].node, err);
        if (status == HG_OK)
            status = check_options(b, w, &b->sources[i].options, err);
    }
    for (size_t i = 0; i < b->step_count && status == HG_OK; i++)
        status = check_options(b, w, &b->steps[i].options, err);
    return status;
}

/* The first format of a report writes what its options name; see hg_batch_job. */
hg_status hg_batch_check_files(const hg_batch *b, const hg_batch_tasks *tasks, hg_error *err)
{
    written w = {0};
    hg_status status = HG_OK;
    for (size_t i = 0; i < tasks->count && status == HG_OK; i++)
        status = add_written(b, &tasks->items[i], &w, err);
    if (status == HG_OK)
        status = check_distinct(b, &w, err);
    if (status == HG_OK)
        status = check_all_read(b, &w, err);
    for (size_t i = 0; i < w.count; i++)
        hg_free(w.paths[i]);
    hg_free(w.paths);
    hg_free(w.steps);
    return status;
}
