#include "engine/stability_draw.h"
#include "base/memory.h"
#include "base/radix.h"
#include "engine/morton.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps of the order's quadtree, metres: 2^32 of them reach across a continent. */
#define ORDER_STEP_M 0.002

/* An incident as the order sees it: equal ones are interchangeable. */
typedef struct card {
    double x, y, mass;
    uint32_t incident, halo;
} card;

static int compare_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_cards(const void *pa, const void *pb)
{
    const card *a = pa, *b = pb;
    int order = compare_doubles(a->x, b->x);
    order = order ? order : compare_doubles(a->y, b->y);
    order = order ? order : compare_doubles(a->mass, b->mass);
    return order ? order : (int)a->halo - (int)b->halo;
}

static uint32_t step_of(double v, double least)
{
    double steps = (v - least) / ORDER_STEP_M;
    return steps > 0 ? steps < (double)UINT32_MAX ? (uint32_t)steps : UINT32_MAX : 0;
}

static bool is_halo(const hg_incidents *inc, size_t i)
{
    return inc->flags && (inc->flags[i] & HG_FLAG_HALO);
}

/* What tells incidents of one place apart: their weight and that of their parts. */
static void weigh(const hg_stability_input *in, card *cards)
{
    const hg_incidents *inc = in->incidents;
    for (size_t i = 0; i < inc->n; i++)
        cards[i] = (card){inc->x[i], inc->y[i], inc->w ? inc->w[i] : 1, (uint32_t)i, is_halo(inc, i)};
    for (size_t p = 0; in->parts && p < in->parts->points.n; p++)
        cards[in->parts->owner[p]].mass += in->parts->points.w[p];
}

/* By the quadtree, then what falls into one of its steps by comparison. */
static hg_status sort_cards(card *cards, size_t n, int threads, uint32_t *order, hg_error *err)
{
    uint64_t *key = hg_malloc(n, sizeof *key);
    if (!key)
        return hg_fail_memory(err);
    double west = INFINITY, south = INFINITY;
    for (size_t i = 0; i < n; i++) {
        west = fmin(west, cards[i].x);
        south = fmin(south, cards[i].y);
    }
    for (size_t i = 0; i < n; i++) {
        key[i] = hg_morton_key(step_of(cards[i].x, west), step_of(cards[i].y, south));
        order[i] = (uint32_t)i;
    }
    hg_status status = hg_radix_sort(key, order, n, threads, err);
    card *sorted = status == HG_OK ? hg_malloc(n, sizeof *sorted) : NULL;
    if (status == HG_OK && !sorted)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        sorted[i] = cards[order[i]];
    for (size_t i = 0, end; i < n && status == HG_OK; i = end) {
        for (end = i + 1; end < n && key[end] == key[i];)
            end++;
        if (end - i > 1)
            qsort(sorted + i, end - i, sizeof *sorted, compare_cards);
    }
    if (status == HG_OK)
        memcpy(cards, sorted, n * sizeof *cards);
    hg_free(sorted);
    hg_free(key);
    return status;
}

static hg_status lay_cards(const card *cards, size_t n, hg_deck *d, hg_error *err)
{
    d->n = n;
    d->x = hg_malloc(n, sizeof *d->x);
    d->y = hg_malloc(n, sizeof *d->y);
    d->halo = hg_malloc(n, sizeof *d->halo);
    d->incident = hg_malloc(n, sizeof *d->incident);
    if (!d->x || !d->y || !d->halo || !d->incident)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        d->x[i] = cards[i].x;
        d->y[i] = cards[i].y;
        d->halo[i] = (uint8_t)cards[i].halo;
        d->incident[i] = cards[i].incident;
    }
    return HG_OK;
}

/* For each incident of the input the first of its parts and after the last: parts come owner by owner. */
static hg_status find_parts(const hg_stability_input *in, size_t *first, hg_error *err)
{
    const hg_stability_parts *parts = in->parts;
    memset(first, 0, (in->incidents->n + 1) * sizeof *first);
    for (size_t p = 0; parts && p < parts->points.n; p++) {
        if (p > 0 && parts->owner[p] < parts->owner[p - 1])
            return hg_fail(err, HG_EFAIL, "the parts of incident %" PRIu32 " come after those of %" PRIu32,
                           parts->owner[p], parts->owner[p - 1]);
        first[parts->owner[p] + 1]++;
    }
    for (size_t i = 0; i < in->incidents->n; i++)
        first[i + 1] += first[i];
    return HG_OK;
}

static void add_source(hg_deck *d, double x, double y, double w, size_t owner)
{
    d->source_x[d->sources] = x;
    d->source_y[d->sources] = y;
    d->source_w[d->sources] = w;
    d->owner[d->sources++] = (uint32_t)owner;
}

static void add_sources(const hg_stability_input *in, const size_t *first, hg_deck *d)
{
    const hg_incidents *inc = in->incidents;
    for (size_t k = 0; k < d->n; k++) {
        size_t i = d->incident[k];
        if (in->inside_only && d->halo[k])
            continue;
        for (size_t p = first[i]; p < first[i + 1]; p++)
            add_source(d, in->parts->points.x[p], in->parts->points.y[p], in->parts->points.w[p], k);
        if (first[i] == first[i + 1])
            add_source(d, inc->x[i], inc->y[i], inc->w ? inc->w[i] : 1, k);
    }
}

static hg_status make_sources(const hg_stability_input *in, hg_deck *d, hg_error *err)
{
    size_t *first = hg_malloc(d->n + 1, sizeof *first);
    size_t most = d->n + (in->parts ? in->parts->points.n : 0);
    d->source_x = hg_malloc(most, sizeof *d->source_x);
    d->source_y = hg_malloc(most, sizeof *d->source_y);
    d->source_w = hg_malloc(most, sizeof *d->source_w);
    d->owner = hg_malloc(most, sizeof *d->owner);
    bool ok = first && d->source_x && d->source_y && d->source_w && d->owner;
    hg_status status = ok ? find_parts(in, first, err) : hg_fail_memory(err);
    if (status == HG_OK)
        add_sources(in, first, d);
    hg_free(first);
    return status;
}

hg_status hg_deck_new(const hg_stability_input *in, hg_control *control, hg_deck *out, hg_error *err)
{
    size_t n = in->incidents->n;
    if (n > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu incidents to draw from; at most %" PRIu32 " are possible", n,
                       UINT32_MAX);
    card *cards = hg_malloc(n, sizeof *cards);
    uint32_t *order = hg_malloc(n, sizeof *order);
    hg_status status = cards && order ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        weigh(in, cards);
        status = sort_cards(cards, n, control ? control->threads : 0, order, err);
    }
    hg_free(order);
    if (status == HG_OK)
        status = lay_cards(cards, n, out, err);
    hg_free(cards);
    return status == HG_OK ? make_sources(in, out, err) : status;
}

void hg_deck_dispose(hg_deck *d)
{
    hg_free(d->x);
    hg_free(d->y);
    hg_free(d->halo);
    hg_free(d->incident);
    hg_free(d->source_x);
    hg_free(d->source_y);
    hg_free(d->source_w);
    hg_free(d->owner);
}

hg_status hg_draw_new(const hg_deck *d, hg_draw *out, hg_error *err)
{
    out->times = hg_malloc(d->n, sizeof *out->times);
    out->x = hg_malloc(d->sources, sizeof *out->x);
    out->y = hg_malloc(d->sources, sizeof *out->y);
    out->w = hg_malloc(d->sources, sizeof *out->w);
    out->source = hg_malloc(d->sources, sizeof *out->source);
    bool ok = out->times && out->x && out->y && out->w && out->source;
    return ok ? HG_OK : hg_fail_memory(err);
}

void hg_draw_dispose(hg_draw *draw)
{
    hg_free(draw->times);
    hg_free(draw->x);
    hg_free(draw->y);
    hg_free(draw->w);
    hg_free(draw->source);
}

void hg_draw_incidents(const hg_deck *d, hg_random *random, hg_draw *draw)
{
    memset(draw->times, 0, d->n * sizeof *draw->times);
    for (size_t i = 0; i < d->n; i++)
        draw->times[hg_random_below(random, d->n)]++;
}

double hg_draw_shift(uint64_t steps, double cell_m)
{
    return cell_m * (double)steps / HG_STABILITY_STEPS;
}

void hg_draw_points(const hg_deck *d, hg_draw *draw, double east_m, double north_m)
{
    size_t n = 0;
    for (size_t s = 0; s < d->sources; s++) {
        uint32_t times = draw->times[d->owner[s]];
        if (!times)
            continue;
        draw->x[n] = d->source_x[s] - east_m;
        draw->y[n] = d->source_y[s] - north_m;
        draw->w[n] = d->source_w[s] * times;
        draw->source[n++] = d->incident[d->owner[s]];
    }
    draw->points = (hg_points){n, draw->x, draw->y, draw->w};
}
