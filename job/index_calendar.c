/* Calendars: days with factors of their own, and when a feed is known to be missing. */
#include "base/civil.h"
#include "base/memory.h"
#include "job/index_config.h"
#include "job/presets.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, DATE = 10 };

/* Of the days a span covers; a century is more than any holiday lasts. */
enum { MOST_DAYS = 36525 };

static int32_t day_of(int64_t civil)
{
    return (int32_t)(civil / DAY_S - (civil % DAY_S < 0));
}

/* "2019-02-04" or "2019-02-04..2019-02-10", the last day included; until is the day after it. */
static hg_status read_span(const hg_yaml_node *node, int32_t *from, int32_t *until, hg_error *err)
{
    const char *text = NULL;
    char first[DATE + 1] = "", last[DATE + 1] = "";
    int64_t a = 0, b = 0;
    hg_status status = hg_yaml_text(node, &text, err);
    if (status != HG_OK)
        return status;
    size_t n = strlen(text);
    bool span = n == 2 * DATE + 2 && strncmp(text + DATE, "..", 2) == 0;
    if (span || n == DATE) {
        memcpy(first, text, DATE);
        memcpy(last, span ? text + DATE + 2 : text, DATE);
    }
    if (!hg_date_parse(first, &a) || !hg_date_parse(last, &b) || b < a || (b - a) / DAY_S >= MOST_DAYS)
        return hg_yaml_fail(node, err, "a date such as 2019-10-01 or a span such as 2019-10-01..2019-10-07");
    *from = day_of(a);
    *until = day_of(b) + 1;
    return HG_OK;
}

/* A list of spans, or one alone. */
static const hg_yaml_node *first_of(const hg_yaml_node *node)
{
    return node->kind == HG_YAML_SEQUENCE ? node->first : node;
}

static const hg_yaml_node *next_of(const hg_yaml_node *list, const hg_yaml_node *n)
{
    return list->kind == HG_YAML_SEQUENCE ? n->next : NULL;
}

static hg_status add_days(const hg_yaml_node *dates, uint32_t id, size_t *capacity, hg_index_design *d,
                          hg_error *err)
{
    hg_status status = HG_OK;
    for (const hg_yaml_node *n = first_of(dates); n && status == HG_OK; n = next_of(dates, n)) {
        int32_t from = 0, until = 0;
        status = read_span(n, &from, &until, err);
        if (status != HG_OK)
            break;
        size_t count = d->holiday_count + (size_t)(until - from);
        hg_index_holiday *days = hg_grow(d->holidays, capacity, count, sizeof *days);
        if (!days)
            return hg_fail_memory(err);
        d->holidays = days;
        for (int32_t day = from; day < until; day++)
            days[d->holiday_count++] = (hg_index_holiday){day, id};
    }
    return status;
}

static hg_status add_kind(const hg_yaml_node *node, size_t *capacity, hg_index_design *d, hg_error *err)
{
    static const char *const keys[] = {"name", "label_zh", "dates", NULL};
    const hg_yaml_node *n = NULL;
    hg_day_kind *kind = &d->kinds[d->kind_count];
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "name", &n, err);
    if (status == HG_OK)
        status = hg_yaml_text(n, &kind->name, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "label_zh")))
        status = hg_yaml_text(n, &kind->label_zh, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "dates", &n, err);
    return status == HG_OK ? add_days(n, (uint32_t)d->kind_count++, capacity, d, err) : status;
}

static hg_status read_holidays(const hg_yaml_node *holidays, const hg_yaml_node *working,
                               hg_index_design *d, hg_error *err)
{
    size_t capacity = 0;
    hg_status status = holidays ? hg_yaml_require(holidays, HG_YAML_SEQUENCE, err) : HG_OK;
    if (status != HG_OK)
        return status;
    d->kinds = hg_calloc((holidays ? holidays->count : 0) + 1, sizeof *d->kinds);
    if (!d->kinds)
        return hg_fail_memory(err);
    for (const hg_yaml_node *n = holidays ? holidays->first : NULL; n && status == HG_OK; n = n->next)
        status = add_kind(n, &capacity, d, err);
    if (status == HG_OK && working) {
        d->kinds[d->kind_count] = (hg_day_kind){"working weekend", "调休上班日"};
        status = add_days(working, (uint32_t)d->kind_count++, &capacity, d, err);
    }
    return status;
}

/* ------------------------------------------------- feeds ------------------------------------ */

static hg_status add_feed_spans(const hg_yaml_node *spans, hg_feed_note note, size_t *capacity,
                                hg_index_design *d, hg_error *err)
{
    hg_status status = HG_OK;
    for (const hg_yaml_node *n = first_of(spans); n && status == HG_OK; n = next_of(spans, n)) {
        status = read_span(n, &note.from, &note.until, err);
        if (status != HG_OK)
            break;
        hg_feed_note *feeds = hg_grow(d->feeds, capacity, d->feed_count + 1, sizeof *feeds);
        if (!feeds)
            return hg_fail_memory(err);
        d->feeds = feeds;
        feeds[d->feed_count++] = note;
    }
    return status;
}

static hg_status stream_of_feed(const hg_yaml_node *node, const hg_index_design *d, size_t *part, hg_error *err)
{
    const char *name = NULL;
    hg_text known = {0};
    hg_status status = hg_yaml_text(node, &name, err);
    if (status != HG_OK)
        return status;
    *part = hg_index_part_of(d, name);
    if (*part < d->part_count)
        return HG_OK;
    for (size_t i = 0; i < d->part_count; i++)
        hg_text_addf(&known, "%s%s", i ? ", " : "", d->parts[i].name);
    status = hg_yaml_fail(node, err, "a stream of the index (%s)", known.s ? known.s : "");
    hg_text_dispose(&known);
    return status;
}

static hg_status read_feed(const hg_yaml_node *node, size_t *capacity, hg_index_design *d, hg_error *err)
{
    static const char *const keys[] = {"stream", "unit", "missing", "present", NULL};
    const hg_yaml_node *n = NULL;
    hg_feed_note note = {0};
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "stream", &n, err);
    if (status == HG_OK)
        status = stream_of_feed(n, d, &note.part, err);
    if (status == HG_OK && (note.unit_node = hg_yaml_get(node, "unit")))
        status = hg_yaml_text(note.unit_node, &note.unit, err);
    if (status == HG_OK && !hg_yaml_get(node, "missing") && !hg_yaml_get(node, "present"))
        status = hg_yaml_fail(node, err, "a key \"missing\" or \"present\" with dates in it");
    if (status == HG_OK && (n = hg_yaml_get(node, "missing")))
        status = add_feed_spans(n, note, capacity, d, err);
    note.present = true;
    if (status == HG_OK && (n = hg_yaml_get(node, "present")))
        status = add_feed_spans(n, note, capacity, d, err);
    return status;
}

static hg_status read_feeds(const hg_yaml_node *feeds, hg_index_design *d, hg_error *err)
{
    size_t capacity = 0;
    hg_status status = feeds ? hg_yaml_require(feeds, HG_YAML_SEQUENCE, err) : HG_OK;
    for (const hg_yaml_node *n = feeds && status == HG_OK ? feeds->first : NULL; n && status == HG_OK; n = n->next)
        status = read_feed(n, &capacity, d, err);
    return status;
}

/* ------------------------------------------------- the file --------------------------------- */

/* A relative path is one from the folder of the file that names it. */
static char *beside_config(const hg_yaml_node *where, const char *path)
{
    const char *config = hg_yaml_name(where->doc), *slash = strrchr(config, '/');
    hg_text t = {0};
    if (path[0] != '/' && slash)
        hg_text_add_n(&t, config, (size_t)(slash - config) + 1);
    hg_text_add(&t, path);
    return hg_text_take(&t);
}

static hg_status open_calendar(const hg_yaml_node *where, hg_yaml **out, hg_error *err)
{
    char shown[128];
    const char *name = NULL, *text = NULL;
    hg_status status = hg_yaml_text(where, &name, err);
    if (status != HG_OK)
        return status;
    text = hg_preset_text(name);
    if (text) {
        snprintf(shown, sizeof shown, "calendar %s", name);
        return hg_yaml_parse(text, strlen(text), shown, out, err);
    }
    char *path = beside_config(where, name);
    status = path ? hg_yaml_read(path, out, err) : hg_fail_memory(err);
    hg_free(path);
    return status;
}

hg_status hg_index_calendar_read(const hg_yaml_node *where, hg_index_design *d, hg_error *err)
{
    static const char *const keys[] = {"title", "title_zh", "source", "holidays", "working_weekends", "feeds", NULL};
    hg_yaml *doc = NULL;
    hg_status status = open_calendar(where, &doc, err);
    if (status != HG_OK)
        return status;
    d->calendar = doc;
    const hg_yaml_node *root = hg_yaml_root(doc);
    status = hg_yaml_check_keys(root, keys, err);
    if (status == HG_OK)
        status = read_holidays(hg_yaml_get(root, "holidays"), hg_yaml_get(root, "working_weekends"), d, err);
    return status == HG_OK ? read_feeds(hg_yaml_get(root, "feeds"), d, err) : status;
}
