#include "engine/ledger.h"
#include "base/civil.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t hg_openings_last(hg_opening *openings, size_t n, int64_t before)
{
    int64_t last = HG_NO_TIME; /* the lowest of all moments */
    for (size_t k = 0; k < n; k++)
        if (openings[k].signed_on > last && (before == HG_NO_TIME || openings[k].signed_on < before))
            last = openings[k].signed_on;
    size_t kept = 0;
    for (size_t k = 0; k < n; k++)
        if (openings[k].signed_on == last)
            openings[kept++] = openings[k];
    return kept;
}

/* ------------------------------------------------- lines ------------------------------------- */

typedef struct line {
    uint32_t zone, class_id;
} line;

typedef struct lines {
    line *items;
    size_t count, capacity;
} lines;

static int by_line(const void *a, const void *b)
{
    const line *p = a, *q = b;
    if (p->zone != q->zone)
        return p->zone < q->zone ? -1 : 1;
    return (p->class_id > q->class_id) - (p->class_id < q->class_id);
}

/* With the three totals it counts in; HG_AUDIT_NONE sorts last. */
static hg_status add_line(lines *l, uint32_t zone, uint32_t class_id, hg_error *err)
{
    line *items = hg_grow(l->items, &l->capacity, l->count + 4, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    l->items = items;
    items[l->count++] = (line){zone, class_id};
    items[l->count++] = (line){zone, HG_AUDIT_NONE};
    items[l->count++] = (line){HG_AUDIT_NONE, class_id};
    items[l->count++] = (line){HG_AUDIT_NONE, HG_AUDIT_NONE};
    return HG_OK;
}

static void unique_lines(lines *l)
{
    size_t n = 0;
    qsort(l->items, l->count, sizeof *l->items, by_line);
    for (size_t k = 0; k < l->count; k++)
        if (!n || by_line(&l->items[n - 1], &l->items[k]) != 0)
            l->items[n++] = l->items[k];
    l->count = n;
}

static hg_status list_lines(const hg_audit_result *r, const hg_opening *openings,
                            size_t opening_count, lines *l, hg_error *err)
{
    line total = {HG_AUDIT_NONE, HG_AUDIT_NONE};
    l->items = hg_grow(NULL, &l->capacity, 1, sizeof *l->items);
    hg_status status = l->items ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        l->items[l->count++] = total; /* there is always a total */
    for (size_t k = 0; k < r->flow_count && status == HG_OK; k++) {
        status = add_line(l, r->flows[k].zone, r->flows[k].class_id, err);
        if (status == HG_OK)
            status = add_line(l, r->flows[k].from_zone, r->flows[k].from_class, err);
    }
    for (size_t k = 0; k < opening_count && status == HG_OK; k++)
        status = add_line(l, openings[k].zone, openings[k].class_id, err);
    for (size_t k = 0; k < r->noding_count && status == HG_OK; k++)
        if (r->nodings[k].zone != HG_AUDIT_NONE)
            status = add_line(l, r->nodings[k].zone, r->nodings[k].class_id, err);
    if (status == HG_OK)
        unique_lines(l);
    return status;
}

/* ------------------------------------------------- booking ----------------------------------- */

typedef struct book {
    const hg_land_input *in;
    const lines *lines;
    hg_ledger_row *rows; /* epochs x lines */
    uint32_t first;      /* epoch of the first block */
} book;

static hg_ledger_row *row_of(const book *b, uint32_t epoch, uint32_t zone, uint32_t class_id)
{
    line key = {zone, class_id};
    const line *found = bsearch(&key, b->lines->items, b->lines->count, sizeof key, by_line);
    return &b->rows[(epoch - b->first) * b->lines->count + (size_t)(found - b->lines->items)];
}

/* Adds to a figure of the line and of the three totals. */
static void post(const book *b, uint32_t epoch, uint32_t zone, uint32_t class_id, size_t figure,
                 hg_exact amount)
{
    const uint32_t zones[] = {zone, HG_AUDIT_NONE}, classes[] = {class_id, HG_AUDIT_NONE};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            *(hg_exact *)((char *)row_of(b, epoch, zones[i], classes[k]) + figure) += amount;
}

#define FIGURE(member) offsetof(hg_ledger_row, member)

static void post_flow(const book *b, const hg_audit_flow *f, hg_exact unexplained)
{
    static const size_t figures[HG_CHANGE_KINDS] = {
        [HG_CHANGE_OCCUPIED] = FIGURE(occupied),
        [HG_CHANGE_LAPSED] = FIGURE(lapsed),
        [HG_CHANGE_ZONE_IN] = FIGURE(zone_in),
        [HG_CHANGE_CLEARED] = FIGURE(cleared),
        [HG_CHANGE_REGULARISED] = FIGURE(regularised),
        [HG_CHANGE_ZONE_OUT] = FIGURE(zone_out),
        [HG_CHANGE_GAINED_WITHIN_ERROR] = FIGURE(within_error),
        [HG_CHANGE_LOST_WITHIN_ERROR] = FIGURE(within_error),
    };
    bool was = f->change == HG_CHANGE_PERSISTING || f->change == HG_CHANGE_TRANSFERRED || f->change == HG_CHANGE_CLEARED ||
               f->change == HG_CHANGE_REGULARISED || f->change == HG_CHANGE_ZONE_OUT;
    bool is = f->change == HG_CHANGE_PERSISTING || f->change == HG_CHANGE_TRANSFERRED ||
              f->change == HG_CHANGE_OCCUPIED || f->change == HG_CHANGE_LAPSED ||
              f->change == HG_CHANGE_ZONE_IN;
    if (is)
        post(b, f->epoch, f->zone, f->class_id, FIGURE(closing_planar), f->planar);
    if (was)
        post(b, f->epoch, f->from_zone, f->from_class, FIGURE(opening), f->area);
    if (figures[f->change])
        post(b, f->epoch, f->zone, f->class_id, figures[f->change], f->area);
    if (f->change == HG_CHANGE_TRANSFERRED) {
        post(b, f->epoch, f->zone, f->class_id, FIGURE(transferred), f->area);
        post(b, f->epoch, f->from_zone, f->from_class, FIGURE(transferred), -f->area);
    }
    if (f->relapsed)
        post(b, f->epoch, f->zone, f->class_id, FIGURE(relapsed), f->relapsed);
    if (unexplained)
        post(b, f->epoch, f->zone, f->class_id, FIGURE(unexplained), unexplained);
}

static int by_account(const void *a, const void *b)
{
    const hg_opening *p = a, *q = b;
    if (p->zone != q->zone)
        return p->zone < q->zone ? -1 : 1;
    return (p->class_id > q->class_id) - (p->class_id < q->class_id);
}

/* Reports are printed to the thousandth of a mu (0.667 m2): half of that is no restatement. */
static const hg_exact PRINTED = 333333333;

/* What a report says of a zone and class is the opening there; what the surveys have besides is restated. */
static hg_status post_openings(const book *b, const hg_opening *openings, size_t n, hg_error *err)
{
    hg_opening *sorted = hg_malloc(n + 1, sizeof *sorted);
    if (!sorted)
        return hg_fail_memory(err);
    if (n)
        memcpy(sorted, openings, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_account);
    for (size_t k = 0, end; k < n; k = end) {
        hg_exact reported = 0;
        for (end = k; end < n && by_account(&sorted[k], &sorted[end]) == 0; end++)
            reported += hg_exact_of_m2(sorted[end].area_m2);
        hg_exact besides = row_of(b, b->first, sorted[k].zone, sorted[k].class_id)->opening - reported;
        if (besides < PRINTED && besides > -PRINTED)
            continue;
        post(b, b->first, sorted[k].zone, sorted[k].class_id, FIGURE(opening), -besides);
        post(b, b->first, sorted[k].zone, sorted[k].class_id, FIGURE(restated), besides);
    }
    hg_free(sorted);
    return HG_OK;
}

static void close_rows(const book *b, size_t epochs)
{
    for (size_t k = 0; k < epochs * b->lines->count; k++) {
        hg_ledger_row *r = &b->rows[k];
        r->epoch = b->first + (uint32_t)(k / b->lines->count);
        r->zone = b->lines->items[k % b->lines->count].zone;
        r->class_id = b->lines->items[k % b->lines->count].class_id;
        r->closing = r->opening + r->restated + r->occupied + r->lapsed + r->zone_in - r->cleared -
                     r->regularised - r->zone_out + r->transferred;
    }
}

hg_status hg_ledger_make(const hg_land_input *in, const hg_audit_result *result,
                         const hg_opening *openings, size_t opening_count,
                         const hg_exact *unexplained, hg_ledger *out, hg_error *err)
{
    lines l = {0};
    size_t epochs = in->epoch_count > 1 ? in->epoch_count - 1 : 1;
    book b = {.in = in, .lines = &l, .first = in->epoch_count > 1 ? 1 : 0};
    hg_status status = list_lines(result, openings, opening_count, &l, err);
    if (status == HG_OK) {
        b.rows = hg_calloc(epochs * l.count, sizeof *b.rows);
        status = b.rows ? HG_OK : hg_fail_memory(err);
    }
    for (size_t k = 0; k < result->flow_count && status == HG_OK; k++)
        if (result->flows[k].epoch >= b.first)
            post_flow(&b, &result->flows[k], unexplained[k]);
    for (size_t k = 0; k < result->noding_count && status == HG_OK; k++) {
        const hg_audit_noding *n = &result->nodings[k];
        uint32_t epoch = in->patches[n->patch].epoch;
        if (n->zone != HG_AUDIT_NONE && epoch >= b.first)
            post(&b, epoch, n->zone, n->class_id, FIGURE(noding), n->change);
    }
    if (status == HG_OK)
        status = post_openings(&b, openings, opening_count, err);
    if (status == HG_OK) {
        close_rows(&b, epochs);
        *out = (hg_ledger){b.rows, epochs * l.count};
    } else {
        hg_free(b.rows);
    }
    hg_free(l.items);
    return status;
}

void hg_ledger_dispose(hg_ledger *ledger)
{
    hg_free(ledger->rows);
    *ledger = (hg_ledger){0};
}

/* ------------------------------------------------- rounding ---------------------------------- */

typedef struct rest {
    double fraction;
    size_t at;
} rest;

static int by_fraction(const void *a, const void *b)
{
    const rest *p = a, *q = b;
    if (p->fraction != q->fraction)
        return p->fraction > q->fraction ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

hg_status hg_round_together(const double *values, size_t n, int decimals, double *out, hg_error *err)
{
    double scale = pow(10, decimals), total = 0, floors = 0;
    rest *rests = hg_malloc(n + 1, sizeof *rests);
    if (!rests)
        return hg_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        out[k] = floor(values[k] * scale);
        rests[k] = (rest){values[k] * scale - out[k], k};
        total += values[k];
        floors += out[k];
    }
    qsort(rests, n, sizeof *rests, by_fraction);
    double missing = round(total * scale) - floors;
    for (size_t k = 0; k < n && missing > 0; k++, missing--)
        out[rests[k].at]++;
    for (size_t k = 0; k < n; k++)
        out[k] /= scale;
    hg_free(rests);
    return HG_OK;
}
