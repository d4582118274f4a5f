/* From the YAML to a batch: names, paths, steps and what they rest on. */
#include "job/batch.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/source.h"
#include "job/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static void options_dispose(hg_batch_options *o)
{
    for (size_t i = 0; i < o->count; i++)
        hg_free(o->items[i].value);
    hg_free(o->items);
}

void hg_batch_dispose(hg_batch *b)
{
    for (size_t i = 0; b->sources && i < b->source_count; i++) {
        hg_free(b->sources[i].path);
        options_dispose(&b->sources[i].options);
    }
    for (size_t i = 0; b->steps && i < b->step_count; i++) {
        hg_free(b->steps[i].inputs);
        options_dispose(&b->steps[i].options);
    }
    for (size_t i = 0; i < b->unit_count; i++) {
        hg_free(b->unit_names ? b->unit_names[i] : NULL);
        hg_free(b->unit_files ? b->unit_files[i] : NULL);
    }
    hg_free(b->sources);
    hg_free(b->steps);
    hg_free(b->unit_names);
    hg_free(b->unit_files);
    hg_free(b->units);
    hg_free(b->base);
    hg_free(b->folder);
    hg_free(b->languages);
    hg_free(b->formats);
    hg_yaml_free(b->doc);
    *b = (hg_batch){0};
}

/* ------------------------------------------------------------------ paths ------------------ */

/* What is no file of a folder: connections, GDAL's virtual files. */
static bool is_connection(const char *path)
{
    const char *colon = strchr(path, ':');
    return strncmp(path, "/vsi", 4) == 0 || (colon && (strncmp(colon, "://", 3) == 0 || strncmp(path, "PG:", 3) == 0));
}

static char *join(const char *folder, const char *path)
{
    hg_text t = {0};
    if (*path != '/' && !is_connection(path))
        hg_text_add(&t, folder);
    hg_text_add(&t, path);
    return hg_text_take(&t);
}

/* Whether what a source or file option names is there. */
static hg_status check_there(const hg_yaml_node *node, const char *value, hg_error *err)
{
    char path[4096], layer[512], date[11];
    hg_source_split(value, path, sizeof path, layer, sizeof layer, date);
    if (is_connection(path) || access(path, R_OK) == 0)
        return HG_OK;
    hg_status status = hg_yaml_fail(node, err, "a file that is there and can be read (%s is not)", path);
    return status == HG_EUSAGE ? (err ? (err->status = HG_EIO) : HG_EIO) : status;
}

/* ------------------------------------------------------------------ options ---------------- */

static const hg_option_info *option_of(const char *name, const char *command)
{
    for (size_t i = 0; i < hg_option_count(); i++)
        if (strcmp(hg_option_at(i)->name, name) == 0 && (!command || hg_option_applies(i, command)))
            return hg_option_at(i);
    return NULL;
}

/* Options that name what is read say so by the word for their value. */
static bool names_a_file(const hg_option_info *o)
{
    return o->argument && (strncmp(o->argument, "SRC", 3) == 0 || strncmp(o->argument, "FILE", 4) == 0 ||
                           strncmp(o->argument, "OLD", 3) == 0);
}

/* … but for these, which are written. */
static bool is_written(const hg_option_info *o)
{
    static const char *const written[] = {"save-config", "chart", "tables", NULL};
    for (size_t i = 0; written[i]; i++)
        if (strcmp(o->name, written[i]) == 0)
            return true;
    return false;
}

static hg_status add_option(const hg_batch *b, const hg_option_info *o, const hg_yaml_node *node,
                            hg_batch_options *out, hg_error *err)
{
    bool flag = !o->argument, on = true, written = is_written(o), file = names_a_file(o) && !written;
    hg_status status = flag ? hg_yaml_bool(node, &on, err) : hg_yaml_require(node, HG_YAML_SCALAR, err);
    if (status != HG_OK || !on)
        return status;
    hg_batch_option *items = hg_grow(out->items, &out->capacity, out->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    out->items = items;
    hg_batch_option *option = &items[out->count++];
    *option = (hg_batch_option){.name = o->name, .file = file, .written = written, .node = node};
    if (flag)
        return HG_OK;
    const char *folder = written ? b->folder : file ? b->base : "";
    option->value = *folder ? join(folder, node->text) : hg_strdup(node->text);
    if (!option->value)
        return hg_fail_memory(err);
    return file ? check_there(node, option->value, err) : HG_OK;
}

static hg_status read_option(const hg_batch *b, const hg_option_info *o, const hg_yaml_node *node,
                             hg_batch_options *out, hg_error *err)
{
    if (node->kind != HG_YAML_SEQUENCE)
        return add_option(b, o, node, out, err);
    if (!o->repeatable)
        return hg_yaml_fail(node, err, "one value, for %s is no list", o->name);
    hg_status status = HG_OK;
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next)
        status = add_option(b, o, n, out, err);
    return status;
}

/* ------------------------------------------------------------------ sources ---------------- */

static hg_status read_source(hg_batch *b, const hg_yaml_node *node, hg_batch_source *s, hg_error *err)
{
    const hg_yaml_node *path = NULL;
    const char *text = NULL;
    s->name = node->key;
    s->node = node;
    hg_status status = hg_yaml_require(node, HG_YAML_MAPPING, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "path", &path, err);
    if (status == HG_OK)
        status = hg_yaml_text(path, &text, err);
    if (status != HG_OK)
        return status;
    s->path = join(b->base, text);
    if (!s->path)
        return hg_fail_memory(err);
    status = check_there(path, s->path, err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next) {
        const hg_option_info *o = option_of(n->key, NULL);
        if (n == path)
            continue;
        if (!o || !o->source)
            return hg_yaml_fail(n, err, "path, or a source option such as layer, x, y, crs, datum, encoding, time, "
                                        "stream, category, weight, id, keep");
        status = read_option(b, o, n, &s->options, err);
    }
    return status;
}

static hg_status read_sources(hg_batch *b, const hg_yaml_node *node, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_MAPPING, err);
    if (status != HG_OK)
        return status;
    b->sources = hg_calloc(node->count, sizeof *b->sources);
    if (!b->sources)
        return hg_fail_memory(err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next)
        status = read_source(b, n, &b->sources[b->source_count++], err);
    return status;
}

/* ------------------------------------------------------------------ units ------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static hg_status check_units(const hg_batch *b, const hg_yaml_node *node, hg_error *err)
{
    char **sorted = hg_malloc(b->unit_count, sizeof *sorted);
    if (!sorted)
        return hg_fail_memory(err);
    memcpy(sorted, b->unit_names, b->unit_count * sizeof *sorted);
    qsort(sorted, b->unit_count, sizeof *sorted, by_text);
    hg_status status = HG_OK;
    for (size_t i = 1; i < b->unit_count && status == HG_OK; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = hg_yaml_fail(node, err, "units with different names (\"%s\" stands there twice)", sorted[i]);
    hg_free(sorted);
    return status;
}

static hg_status name_units(hg_batch *b, const hg_yaml_node *node, const hg_shapes *shapes, hg_error *err)
{
    b->unit_names = hg_calloc(shapes->count, sizeof *b->unit_names);
    b->unit_files = hg_calloc(shapes->count, sizeof *b->unit_files);
    if (!b->unit_names || !b->unit_files)
        return hg_fail_memory(err);
    for (size_t i = 0; i < shapes->count; i++) {
        const char *name = shapes->shapes[i].name;
        if (!name || !*name)
            return hg_yaml_fail(node, err, "units that all have a name (feature %zu has none; units.name says the "
                                           "column)", i + 1);
        b->unit_count++;
        b->unit_names[i] = hg_strdup(name);
        if (!b->unit_names[i])
            return hg_fail_memory(err);
    }
    hg_status status = check_units(b, node, err);
    return status == HG_OK ? hg_batch_name_files(b, err) : status;
}

static hg_status read_units(hg_batch *b, const hg_yaml_node *node, hg_error *err)
{
    static const char *const keys[] = {"source", "name", NULL};
    const hg_yaml_node *source = NULL, *name = NULL;
    const char *text = NULL, *column = NULL;
    hg_shapes shapes = {0};
    char *wkt = NULL;
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "source", &source, err);
    if (status == HG_OK)
        status = hg_yaml_text(source, &text, err);
    if (status == HG_OK && (name = hg_yaml_get(node, "name")))
        status = hg_yaml_text(name, &column, err);
    if (status != HG_OK)
        return status;
    b->units = join(b->base, text);
    b->unit_column = column;
    if (!b->units)
        return hg_fail_memory(err);
    status = check_there(source, b->units, err);
    hg_error own = {HG_OK, ""};
    if (status == HG_OK && hg_source_read_shapes(b->units, column, "units.name", &shapes, &wkt, &own) != HG_OK)
        status = hg_fail(err, own.status, "%s line %u: %s", hg_yaml_name(b->doc), (name ? name : source)->line,
                         own.message);
    if (status == HG_OK)
        status = name_units(b, source, &shapes, err);
    hg_shapes_dispose(&shapes);
    hg_free(wkt);
    return status;
}

/* ------------------------------------------------------------------ steps ------------------ */

/* Ids become names of folders, so case does not count. */
static size_t find_step(const hg_batch *b, const char *id)
{
    for (size_t i = 0; i < b->step_count; i++)
        if (strcasecmp(b->steps[i].id, id) == 0)
            return i;
    return SIZE_MAX;
}

static bool find_input(const hg_batch *b, const char *name, hg_batch_input *out)
{
    size_t step = find_step(b, name);
    if (step != SIZE_MAX) {
        *out = (hg_batch_input){true, step};
        return true;
    }
    for (size_t i = 0; i < b->source_count; i++)
        if (strcmp(b->sources[i].name, name) == 0) {
            *out = (hg_batch_input){false, i};
            return true;
        }
    return false;
}

static hg_status read_id(const hg_batch *b, const hg_yaml_node *node, hg_batch_step *s, hg_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const hg_yaml_node *id = NULL;
    hg_batch_input other;
    hg_status status = hg_yaml_need(node, "id", &id, err);
    if (status == HG_OK)
        status = hg_yaml_text(id, &s->id, err);
    if (status != HG_OK)
        return status;
    if (strspn(s->id, allowed) != strlen(s->id) || strlen(s->id) > 60)
        return hg_yaml_fail(id, err, "an id of at most 60 letters, digits, - and _");
    if (strcasecmp(s->id, HG_BATCH_PREVIOUS) == 0)
        return hg_yaml_fail(id, err, "another id, for the folder " HG_BATCH_PREVIOUS " holds the last results");
    return find_input(b, s->id, &other) ? hg_yaml_fail(id, err, "an id that no other step or source has") : HG_OK;
}

static hg_status read_command(const hg_yaml_node *node, hg_batch_step *s, hg_error *err)
{
    const hg_yaml_node *n = NULL;
    hg_text names = {0};
    hg_status status = hg_yaml_need(node, "command", &n, err);
    if (status == HG_OK)
        status = hg_yaml_text(n, &s->command, err);
    if (status != HG_OK)
        return status;
    for (size_t i = 0; i < hg_command_count(); i++) {
        const char *name = hg_command_at(i)->name;
        if (hg_command_mask(i) & (HG_FOR_INFO | HG_FOR_RUN))
            continue;
        if (strcmp(name, s->command) == 0) {
            hg_text_dispose(&names);
            return HG_OK;
        }
        hg_text_addf(&names, "%s%s", names.len ? ", " : "", name);
    }
    status = hg_yaml_fail(n, err, "one of %s", names.s ? names.s : "");
    hg_text_dispose(&names);
    return status;
}

static bool is_readable(const char *command)
{
    return strcmp(command, "report") != 0 && strcmp(command, "density") != 0 && strcmp(command, "backtest") != 0;
}

static bool is_listed(const hg_batch_step *s, hg_batch_input input)
{
    for (size_t i = 0; i < s->input_count; i++)
        if (s->inputs[i].step == input.step && s->inputs[i].index == input.index)
            return true;
    return false;
}

static hg_status read_inputs(const hg_batch *b, const hg_yaml_node *node, hg_batch_step *s, hg_error *err)
{
    const char **names = NULL;
    size_t n = 0;
    hg_status status = hg_yaml_texts(node, &names, &n, err);
    if (status != HG_OK)
        return status;
    s->inputs = hg_calloc(n ? n : 1, sizeof *s->inputs);
    if (!s->inputs)
        status = hg_fail_memory(err);
    const hg_yaml_node *entry = node->kind == HG_YAML_SEQUENCE ? node->first : node;
    for (size_t i = 0; i < n && status == HG_OK; i++, entry = entry->next) {
        if (!find_input(b, names[i], &s->inputs[i]))
            status = hg_yaml_fail(entry, err, "the name of a source or the id of a step above");
        else if (s->inputs[i].step && !is_readable(b->steps[s->inputs[i].index].command))
            status = hg_yaml_fail(entry, err, "a step whose result is a GeoPackage");
        else if (s->inputs[i].step && b->steps[s->inputs[i].index].each_unit && !s->each_unit)
            status = hg_yaml_fail(entry, err, "each: unit in this step too, for \"%s\" makes one result a unit",
                                  names[i]);
        else if (is_listed(s, s->inputs[i]))
            status = hg_yaml_fail(entry, err, "each input once");
        s->input_count++;
    }
    hg_free(names);
    return status;
}

/* previous: the id of a step, whose last result is kept; or a path, as any option. */
static bool read_previous(const hg_batch *b, const hg_yaml_node *node, hg_batch_step *s)
{
    if (strcmp(node->key, "previous") != 0 || node->kind != HG_YAML_SCALAR)
        return false;
    s->previous = find_step(b, node->text);
    return s->previous != SIZE_MAX;
}

static hg_status read_options(const hg_batch *b, const hg_yaml_node *node, hg_batch_step *s, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_MAPPING, err);
    for (const hg_yaml_node *n = node ? node->first : NULL; n && status == HG_OK; n = n->next) {
        const hg_option_info *o = option_of(n->key, s->command);
        if (!o)
            return hg_yaml_fail(n, err, "an option of hotgrid %s (hotgrid %s --help lists them)", s->command,
                                s->command);
        if (strcmp(o->name, "output") == 0 || strcmp(o->name, "overwrite") == 0 || strcmp(o->name, "append") == 0)
            return hg_yaml_fail(n, err, "no such option here: outputs are named by the steps and replaced when they "
                                        "are made anew");
        if (s->each_unit && (strcmp(o->name, "area") == 0 || strncmp(o->name, "area-", 5) == 0))
            return hg_yaml_fail(n, err, "no such option where each: unit makes the unit the area");
        if (!read_previous(b, n, s))
            status = read_option(b, o, n, &s->options, err);
    }
    return status;
}

static hg_status read_each(const hg_batch *b, const hg_yaml_node *node, hg_batch_step *s, hg_error *err)
{
    const char *word = NULL;
    hg_status status = hg_yaml_text(node, &word, err);
    if (status != HG_OK)
        return status;
    if (strcmp(word, "unit") != 0)
        return hg_yaml_fail(node, err, "unit");
    if (!b->units)
        return hg_yaml_fail(node, err, "units at the top of the batch, for this step runs for each");
    if (strcmp(s->command, "report") != 0 && !option_of("area-name", s->command))
        return hg_yaml_fail(node, err, "no such key: %s knows no study area; its report takes --unit", s->command);
    s->each_unit = true;
    return HG_OK;
}

static hg_status read_step(const hg_batch *b, const hg_yaml_node *node, hg_batch_step *s, hg_error *err)
{
    static const char *const keys[] = {"id", "command", "inputs", "options", "each", NULL};
    const hg_yaml_node *n = NULL;
    s->node = node;
    s->previous = SIZE_MAX;
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = read_id(b, node, s, err);
    if (status == HG_OK)
        status = read_command(node, s, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "each")))
        status = read_each(b, n, s, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "inputs")))
        status = read_inputs(b, n, s, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "options")))
        status = read_options(b, n, s, err);
    return status;
}

static hg_status read_steps(hg_batch *b, const hg_yaml_node *node, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && !node->count)
        status = hg_yaml_fail(node, err, "at least one step");
    if (status != HG_OK)
        return status;
    b->steps = hg_calloc(node->count, sizeof *b->steps);
    if (!b->steps)
        return hg_fail_memory(err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next) {
        hg_batch_step *s = &b->steps[b->step_count];
        status = read_step(b, n, s, err);
        b->step_count++;
    }
    return status;
}

/* ------------------------------------------------------------------ outputs ---------------- */

static hg_status read_words(const hg_yaml_node *node, const char *const *allowed, const char ***out, size_t *n,
                            hg_error *err)
{
    hg_status status = hg_yaml_texts(node, out, n, err);
    const hg_yaml_node *entry = node->kind == HG_YAML_SEQUENCE ? node->first : node;
    if (status == HG_OK && !*n)
        return hg_yaml_fail(node, err, "%s, %s or both", allowed[0], allowed[1]);
    for (size_t i = 0; status == HG_OK && i < *n; i++, entry = entry->next) {
        size_t k = 0;
        while (allowed[k] && strcmp(allowed[k], (*out)[i]) != 0)
            k++;
        for (size_t j = 0; j < i; j++)
            if (strcmp((*out)[i], (*out)[j]) == 0)
                return hg_yaml_fail(entry, err, "each word once");
        if (!allowed[k])
            return hg_yaml_fail(entry, err, "%s or %s", allowed[0], allowed[1]);
    }
    return status;
}

static const char *const languages[] = {"en", "zh", NULL}, *const formats[] = {"html", "pdf", NULL};

static hg_status default_words(const char *const *words, size_t n, const char ***out, size_t *count, hg_error *err)
{
    *out = hg_malloc(n, sizeof **out);
    if (!*out)
        return hg_fail_memory(err);
    memcpy(*out, words, n * sizeof **out);
    *count = n;
    return HG_OK;
}

/* Whether two paths lead to one folder. */
static bool is_same_folder(const char *a, const char *b)
{
    struct stat p, q;
    return stat(*a ? a : ".", &p) == 0 && stat(*b ? b : ".", &q) == 0 && p.st_dev == q.st_dev && p.st_ino == q.st_ino;
}

/* Takes "x/../" out of a path where that leads to the same folder, which it does not behind a symbolic link. */
static void shorten(char *path)
{
    char *up = path;
    while ((up = strstr(up, "/../"))) {
        char *from = up;
        while (from > path && from[-1] != '/')
            from--;
        bool step = up > from && strncmp(from, "../", 3) != 0 && strncmp(from, "./", 2) != 0;
        hg_text through = {0}, without = {0};
        hg_text_add_n(&through, path, (size_t)(up + 4 - path));
        hg_text_add_n(&without, path, (size_t)(from - path));
        step = step && !through.failed && !without.failed && is_same_folder(through.s, without.len ? without.s : "");
        hg_text_dispose(&through);
        hg_text_dispose(&without);
        if (!step) {
            up++;
            continue;
        }
        memmove(from, up + 4, strlen(up + 4) + 1);
        up = path;
    }
}

/* With one slash at its end. */
static char *folder_path(const char *base, const char *folder)
{
    hg_text t = {0};
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    hg_text_add(&t, *folder == '/' ? "" : base);
    hg_text_add_n(&t, folder, n);
    hg_text_add(&t, folder[n - 1] == '/' ? "" : "/");
    char *path = hg_text_take(&t);
    if (path)
        shorten(path);
    if (!path || *path)
        return path;
    hg_free(path); /* back where we are */
    return hg_strdup("./");
}

static hg_status read_outputs(hg_batch *b, const hg_yaml_node *node, hg_error *err)
{
    static const char *const keys[] = {"folder", "languages", "formats", NULL};
    const hg_yaml_node *n = NULL;
    const char *folder = NULL;
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "folder", &n, err);
    if (status == HG_OK)
        status = hg_yaml_text(n, &folder, err);
    if (status != HG_OK)
        return status;
    if (is_connection(folder))
        return hg_yaml_fail(n, err, "a folder of a disk");
    b->folder = folder_path(b->base, folder);
    if (!b->folder)
        return hg_fail_memory(err);
    n = hg_yaml_get(node, "languages");
    status = n ? read_words(n, languages, &b->languages, &b->language_count, err)
               : default_words(languages, 1, &b->languages, &b->language_count, err);
    n = hg_yaml_get(node, "formats");
    if (status == HG_OK)
        status = n ? read_words(n, formats, &b->formats, &b->format_count, err)
                   : default_words(formats, 2, &b->formats, &b->format_count, err);
    return status;
}

hg_status hg_batch_read(const char *path, hg_batch *b, hg_error *err)
{
    static const char *const keys[] = {"sources", "units", "steps", "outputs", NULL};
    const char *slash = strrchr(path, '/');
    const hg_yaml_node *n = NULL;
    *b = (hg_batch){0};
    b->base = hg_strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
    if (!b->base)
        return hg_fail_memory(err);
    hg_status status = hg_yaml_read(path, &b->doc, err);
    const hg_yaml_node *root = status == HG_OK ? hg_yaml_root(b->doc) : NULL;
    if (status == HG_OK)
        status = hg_yaml_check_keys(root, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(root, "outputs", &n, err);
    if (status == HG_OK)
        status = read_outputs(b, n, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "sources")))
        status = read_sources(b, n, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "units")))
        status = read_units(b, n, err);
    if (status == HG_OK)
        status = hg_yaml_need(root, "steps", &n, err);
    if (status == HG_OK)
        status = read_steps(b, n, err);
    if (status != HG_OK)
        hg_batch_dispose(b);
    return status;
}
