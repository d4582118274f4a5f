#include "engine/index_events.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DAY_LIMIT 4000000 /* some 11,000 years from 1970 */
#define SPAN_LIMIT 1000000
#define WEIGHT_LIMIT 1e9
#define ROWS_LIMIT ((size_t)1 << 34)

static hg_status check_days(const hg_index_input *in, hg_error *err)
{
    const int32_t days[] = {in->first_data_day, in->last_data_day, in->since, in->until};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (days[i] < -DAY_LIMIT || days[i] > DAY_LIMIT)
            return hg_fail(err, HG_EUSAGE, "day number %" PRId32 " is not within %d days of 1970",
                           days[i], DAY_LIMIT);
    if (in->until <= in->since)
        return hg_fail(err, HG_EUSAGE, "no day to publish: day %" PRId32 " to before day %" PRId32,
                       in->since, in->until);
    if (in->last_data_day < in->first_data_day)
        return hg_fail(err, HG_EUSAGE, "data from day %" PRId32 " to day %" PRId32 " hold no day",
                       in->first_data_day, in->last_data_day);
    if (in->last_data_day - in->first_data_day >= SPAN_LIMIT || in->until - in->since >= SPAN_LIMIT)
        return hg_fail(err, HG_EUSAGE, "more than %d days of data or of index", SPAN_LIMIT);
    return HG_OK;
}

static hg_status check_sizes(const hg_index_config *c, const hg_index_input *in, hg_error *err)
{
    size_t days = (size_t)(in->until - in->since);
    if (in->units < 1 || in->units > ROWS_LIMIT / days / c->stream_count)
        return hg_fail(err, in->units < 1 ? HG_EUSAGE : HG_EFAIL,
                       "%zu units x %zu days x %zu streams; 1 to %zu rows are possible", in->units,
                       days, c->stream_count, ROWS_LIMIT);
    if (in->events > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu events; at most %" PRIu32 " are possible", in->events,
                       UINT32_MAX);
    if (c->death_points > 0 && !in->deaths)
        return hg_fail(err, HG_EUSAGE, "points for deaths without numbers of deaths");
    return HG_OK;
}

static hg_status check_feeds(const hg_index_config *c, const hg_index_input *in, hg_error *err)
{
    for (size_t i = 0; i < in->feed_count; i++) {
        const hg_index_feed *f = &in->feeds[i];
        if (f->stream >= c->stream_count || (f->unit != HG_INDEX_NO_UNIT && f->unit >= in->units))
            return hg_fail(err, HG_EUSAGE,
                           "feed entry %zu names stream %" PRIu32 " and unit %" PRIu32
                           " of %zu and %zu",
                           i + 1, f->stream, f->unit, c->stream_count, in->units);
    }
    return HG_OK;
}

static hg_status check_population(const hg_index_config *c, const hg_index_input *in, hg_error *err)
{
    if (c->baseline != HG_INDEX_ALL_UNITS)
        return HG_OK;
    if (!in->population)
        return hg_fail(err, HG_EUSAGE, "the baseline of all units needs their population");
    for (size_t u = 0; u < in->units; u++)
        if (!(in->population[u] > 0 && in->population[u] < INFINITY))
            return hg_fail(err, HG_EUSAGE, "population %.12g of unit %zu is not above 0",
                           in->population[u], u + 1);
    return HG_OK;
}

static hg_status check_event(const hg_index_events *e, size_t i, hg_error *err)
{
    const hg_index_input *in = e->input;
    if (in->stream[i] >= e->streams)
        return hg_fail(err, HG_EDATA, "event %zu is of stream %u of %zu", i + 1,
                       (unsigned)in->stream[i], e->streams);
    if (in->unit[i] != HG_INDEX_NO_UNIT && in->unit[i] >= in->units)
        return hg_fail(err, HG_EDATA, "event %zu is in unit %" PRIu32 " of %zu", i + 1, in->unit[i],
                       in->units);
    if (in->weight && !(in->weight[i] >= 0 && in->weight[i] <= WEIGHT_LIMIT))
        return hg_fail(err, HG_EDATA, "weight %.12g of event %zu is not within 0 … 1e9",
                       in->weight[i], i + 1);
    if (in->deaths && !(in->deaths[i] >= 0 && in->deaths[i] <= WEIGHT_LIMIT &&
                        in->deaths[i] == floor(in->deaths[i])))
        return hg_fail(err, HG_EDATA, "event %zu has %.12g deaths; a whole number is expected",
                       i + 1, in->deaths[i]);
    return HG_OK;
}

static bool in_data(const hg_index_input *in, size_t i)
{
    return in->day[i] >= in->first_data_day && in->day[i] <= in->last_data_day;
}

/* Steps fine enough for any weight, coarse enough for the sum of all of them to stay below 2^61. */
static double whole_scale(double largest, size_t events)
{
    enum { SUM_BITS = 61, FINEST = 40 };
    int size = 0, number = 0;
    frexp(largest, &size);
    frexp((double)events, &number);
    int bits = SUM_BITS - size - number;
    return ldexp(1, bits < FINEST ? bits : FINEST);
}

static hg_status check_events(hg_index_events *e, hg_error *err)
{
    const hg_index_input *in = e->input;
    double largest = 1;
    e->plain = true;
    for (size_t i = 0; i < in->events; i++) {
        hg_status s = check_event(e, i, err);
        if (s != HG_OK)
            return s;
        double weight = in->weight ? in->weight[i] : 1;
        largest = fmax(largest, weight);
        e->plain = e->plain && weight == 1;
        bool outside = in->unit[i] == HG_INDEX_NO_UNIT, inside = in_data(in, i);
        e->ignored += !inside;
        e->outside += inside && outside;
        e->used += inside && !outside;
    }
    e->scale = e->plain ? 1 : whole_scale(largest, in->events);
    e->square_scale = e->plain ? 1 : whole_scale(largest * largest, in->events);
    return HG_OK;
}

static size_t group_of(const hg_index_events *e, size_t i)
{
    return (size_t)e->input->unit[i] * e->streams + e->input->stream[i];
}

static bool is_used(const hg_index_input *in, size_t i)
{
    return in->unit[i] != HG_INDEX_NO_UNIT && in_data(in, i);
}

static hg_status sort_events(hg_index_events *e, hg_error *err)
{
    const hg_index_input *in = e->input;
    size_t groups = in->units * e->streams;
    e->start = hg_calloc(groups + 2, sizeof *e->start);
    e->order = hg_malloc(e->used, sizeof *e->order);
    if (!e->start || !e->order)
        return hg_fail_memory(err);
    for (size_t i = 0; i < in->events; i++)
        if (is_used(in, i))
            e->start[group_of(e, i) + 2]++;
    for (size_t g = 2; g < groups + 2; g++)
        e->start[g] += e->start[g - 1];
    for (size_t i = 0; i < in->events; i++)
        if (is_used(in, i))
            e->order[e->start[group_of(e, i) + 1]++] = (uint32_t)i;
    return HG_OK;
}

hg_status hg_index_events_sort(const hg_index_config *config, const hg_index_input *input,
                               hg_index_events *out, hg_error *err)
{
    hg_index_events e = {.input = input, .streams = config->stream_count};
    hg_status s = check_days(input, err);
    if (s == HG_OK)
        s = check_sizes(config, input, err);
    if (s == HG_OK)
        s = check_feeds(config, input, err);
    if (s == HG_OK)
        s = check_population(config, input, err);
    if (s == HG_OK)
        s = check_events(&e, err);
    if (s == HG_OK)
        s = sort_events(&e, err);
    if (s == HG_OK)
        *out = e;
    else
        hg_index_events_dispose(&e);
    return s;
}

void hg_index_events_dispose(hg_index_events *events)
{
    hg_free(events->start);
    hg_free(events->order);
    *events = (hg_index_events){0};
}

static void sum_weights(const hg_index_events *e, uint32_t i, size_t day, hg_index_daily *daily)
{
    double weight = e->input->weight[i];
    daily->weight[day] += (int64_t)nearbyint(weight * e->scale);
    daily->square[day] += (int64_t)nearbyint(weight * weight * e->square_scale);
}

void hg_index_events_sum(const hg_index_events *events, const hg_index_calendar *calendar,
                         size_t unit, size_t stream, hg_index_daily *daily)
{
    size_t group = unit * events->streams + stream;
    memset(daily->count, 0, calendar->days * sizeof *daily->count);
    memset(daily->weight, 0, calendar->days * sizeof *daily->weight);
    if (!events->plain)
        memset(daily->square, 0, calendar->days * sizeof *daily->square);
    for (size_t k = events->start[group]; k < events->start[group + 1]; k++) {
        uint32_t i = events->order[k];
        size_t day = (size_t)((int64_t)events->input->day[i] - calendar->origin);
        if (day >= calendar->days)
            continue;
        daily->count[day]++;
        if (events->plain)
            daily->weight[day]++;
        else
            sum_weights(events, i, day, daily);
    }
}

void hg_index_events_deaths(const hg_index_events *events, const hg_index_calendar *calendar,
                            size_t unit, size_t stream, double *deaths)
{
    size_t group = unit * events->streams + stream;
    for (size_t k = events->start[group]; k < events->start[group + 1]; k++) {
        uint32_t i = events->order[k];
        size_t day = (size_t)((int64_t)events->input->day[i] - calendar->origin);
        if (day < calendar->days)
            deaths[day] += events->input->deaths[i];
    }
}
