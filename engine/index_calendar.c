#include "engine/index_calendar.h"
#include "base/civil.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define DAY_SECONDS 86400

static int compare_ids(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return (a > b) - (a < b);
}

/* The holiday of each day: 0, or one more than the rank of its id among all ids. */
static hg_status find_holidays(const hg_index_input *in, hg_index_calendar *c, uint32_t *holiday,
                               hg_error *err)
{
    uint32_t *ids = hg_malloc(in->holiday_count, sizeof *ids);
    if (!ids)
        return hg_fail_memory(err);
    for (size_t i = 0; i < in->holiday_count; i++)
        ids[i] = in->holidays[i].id;
    qsort(ids, in->holiday_count, sizeof *ids, compare_ids);
    size_t distinct = 0;
    for (size_t i = 0; i < in->holiday_count; i++)
        if (distinct == 0 || ids[i] != ids[distinct - 1])
            ids[distinct++] = ids[i];
    for (size_t i = 0; i < in->holiday_count; i++) {
        int64_t day = (int64_t)in->holidays[i].day - c->origin;
        if (day < 0 || day >= (int64_t)c->days)
            continue;
        const uint32_t *id = bsearch(&in->holidays[i].id, ids, distinct, sizeof *ids, compare_ids);
        holiday[day] = (uint32_t)(id - ids) + 1;
    }
    c->holidays = (uint32_t)distinct;
    hg_free(ids);
    return HG_OK;
}

static hg_index_class class_of_day(const hg_index_config *config, const hg_index_calendar *c,
                                   size_t day, uint32_t holiday)
{
    int64_t civil = ((int64_t)c->origin + (int64_t)day) * DAY_SECONDS;
    int month;
    hg_civil_split(civil, NULL, &month, NULL, NULL, NULL, NULL);
    return (hg_index_class){.weekday = config->weekday ? (uint8_t)(hg_civil_weekday(civil) - 1) : 0,
                            .month = c->months ? (uint8_t)(month - 1) : 0,
                            .holiday = holiday};
}

static int compare_classes(const void *pa, const void *pb)
{
    const hg_index_class *a = pa, *b = pb;
    if (a->weekday != b->weekday)
        return a->weekday < b->weekday ? -1 : 1;
    if (a->month != b->month)
        return a->month < b->month ? -1 : 1;
    return (a->holiday > b->holiday) - (a->holiday < b->holiday);
}

/* In an order of their own, so that sums over classes do not depend on which day comes first. */
static hg_status number_classes(const hg_index_class *kind, hg_index_calendar *c, hg_error *err)
{
    c->classes = hg_malloc(c->days, sizeof *c->classes);
    c->class_of = hg_malloc(c->days, sizeof *c->class_of);
    if (!c->classes || !c->class_of)
        return hg_fail_memory(err);
    memcpy(c->classes, kind, c->days * sizeof *kind);
    qsort(c->classes, c->days, sizeof *kind, compare_classes);
    for (size_t i = 0; i < c->days; i++)
        if (i == 0 || compare_classes(&c->classes[i], &c->classes[c->class_count - 1]) != 0)
            c->classes[c->class_count++] = c->classes[i];
    for (size_t i = 0; i < c->days; i++) {
        const hg_index_class *found =
            bsearch(&kind[i], c->classes, c->class_count, sizeof *kind, compare_classes);
        c->class_of[i] = (uint32_t)(found - c->classes);
    }
    return HG_OK;
}

static hg_status count_days(hg_index_calendar *c, hg_error *err)
{
    c->class_start = hg_calloc(c->class_count + 1, sizeof *c->class_start);
    if (!c->class_start)
        return hg_fail_memory(err);
    for (size_t i = 0; i < c->days; i++)
        c->class_start[c->class_of[i] + 1]++;
    for (size_t k = 0; k < c->class_count; k++)
        c->class_start[k + 1] += c->class_start[k];
    return HG_OK;
}

static hg_status sort_days(const hg_index_config *config, const hg_index_input *input,
                           hg_index_calendar *c, hg_error *err)
{
    hg_status s = HG_OK;
    uint32_t *holiday = hg_calloc(c->days, sizeof *holiday);
    hg_index_class *kind = hg_malloc(c->days, sizeof *kind);
    if (!holiday || !kind)
        s = hg_fail_memory(err);
    if (s == HG_OK && config->holiday && input->holiday_count > 0)
        s = find_holidays(input, c, holiday, err);
    for (size_t i = 0; s == HG_OK && i < c->days; i++)
        kind[i] = class_of_day(config, c, i, holiday[i]);
    if (s == HG_OK)
        s = number_classes(kind, c, err);
    hg_free(holiday);
    hg_free(kind);
    return s == HG_OK ? count_days(c, err) : s;
}

/* The history of the first published period starts here, or the data do. */
static int32_t first_day(const hg_index_config *config, const hg_index_input *in)
{
    int64_t back = (int64_t)in->since - config->history_days - config->period_days + 1;
    int32_t data = in->first_data_day < in->since ? in->first_data_day : in->since;
    return back > data ? (int32_t)back : data;
}

hg_status hg_index_calendar_make(const hg_index_config *config, const hg_index_input *input,
                                 hg_index_calendar *out, hg_error *err)
{
    hg_index_calendar c = {.origin = first_day(config, input)};
    c.days = (size_t)(input->until - c.origin);
    c.first = (size_t)(input->since - c.origin);
    int64_t data = (int64_t)input->first_data_day - c.origin;
    c.months_from = (size_t)(data > 0 ? data : 0) + HG_INDEX_MONTH_HISTORY;
    c.weekdays = config->weekday;
    c.months = config->month && config->history_days >= HG_INDEX_MONTH_HISTORY;
    hg_status s = sort_days(config, input, &c, err);
    if (s == HG_OK)
        *out = c;
    else
        hg_index_calendar_dispose(&c);
    return s;
}

void hg_index_calendar_dispose(hg_index_calendar *calendar)
{
    hg_free(calendar->class_of);
    hg_free(calendar->classes);
    hg_free(calendar->class_start);
    *calendar = (hg_index_calendar){0};
}
