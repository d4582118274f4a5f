/*
 * The pairs within the largest distance are found once, over a grid of cells as wide as that distance, and kept as
 * lists by incident; a relabelling then reads those lists only. Memory: 5 bytes a pair, 48 an incident, and 72 an
 * incident for each thread.
 */
#include "engine/knox.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "engine/tails.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1024, LANES = 8, BLOCK = 8 * LANES, BANDS_MAX = 254 };

#define ON_BOUND_M 1e-6

typedef struct spot {
    uint64_t key; /* row and column of its cell */
    double x, y;
    int64_t t;
} spot;

typedef struct counting {
    const hg_knox_bands *bands;
    hg_control *control;
    spot *spots; /* in the order of cell, place and time, so that theirs in the input is forgotten */
    size_t n;
    double *reach2;  /* squares of the upper bounds of distance */
    int64_t *until;  /* upper bounds of time */
    size_t classes;  /* of distance: the same place, the rest of the first band, the bands after it */
    atomic_uint_fast64_t found; /* pairs so far: beyond the limit counting ends */
    uint64_t *start; /* n + 1: where the pairs of each spot with later ones begin */
    uint32_t *other;
    uint8_t *class;
    int64_t *t;      /* of the spots */
    uint64_t *draws; /* a table of classes x durations for each draw of a block */
    size_t first_draw;
} counting;

/* ------------------------------------------------- places ----------------------------------- */

static int by_spot(const void *a, const void *b)
{
    const spot *p = a, *q = b;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return (p->t > q->t) - (p->t < q->t);
}

/* Rows and columns count from 1, so that one less is still a number; at most 2^30 of them. */
static void sort_spots(counting *c, const hg_knox_events *e)
{
    double west = INFINITY, south = INFINITY, east = -INFINITY, north = -INFINITY;
    for (size_t i = 0; i < e->n; i++) {
        west = fmin(west, e->x[i]);
        east = fmax(east, e->x[i]);
        south = fmin(south, e->y[i]);
        north = fmax(north, e->y[i]);
    }
    double reach = sqrt(c->reach2[c->bands->distances - 1]);
    double side = fmax(reach, fmax(east - west, north - south) / (1 << 30));
    for (size_t i = 0; i < e->n; i++) {
        uint64_t row = (uint64_t)((e->y[i] - south) / side) + 1;
        uint64_t column = (uint64_t)((e->x[i] - west) / side) + 1;
        c->spots[i] = (spot){row << 32 | column, e->x[i], e->y[i], e->t[i]};
    }
    qsort(c->spots, c->n, sizeof *c->spots, by_spot);
    for (size_t i = 0; i < c->n; i++)
        c->t[i] = c->spots[i].t;
}

/* The first spot whose key is not below. */
static size_t first_from(const counting *c, uint64_t key)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->spots[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Spots after i that can be near: the rest of its own cell with the cell east of it, and three cells north. */
typedef struct range {
    size_t from, to;
} range;

static void ranges_after(const counting *c, size_t i, range r[2])
{
    uint64_t key = c->spots[i].key, north = key + ((uint64_t)1 << 32);
    r[0] = (range){i + 1, first_from(c, key + 2)};
    r[1] = (range){first_from(c, north - 1), first_from(c, north + 2)};
}

/* Class of distance of a pair; `classes` where it is too far apart. */
static size_t class_of(const counting *c, const spot *a, const spot *b)
{
    double dx = a->x - b->x, dy = a->y - b->y, d2 = dx * dx + dy * dy;
    size_t last = c->bands->distances - 1;
    if (dx == 0 && dy == 0)
        return 0;
    if (!(d2 <= c->reach2[last]))
        return c->classes;
    size_t k = (size_t)fmin(sqrt(d2) / c->bands->distance_m, (double)last);
    while (k > 0 && d2 <= c->reach2[k - 1])
        k--;
    while (d2 > c->reach2[k])
        k++;
    return k + 1;
}

/* Counts the pairs of spot i, or writes them where it has room. */
static uint64_t pairs_of(const counting *c, size_t i, bool write)
{
    range r[2];
    uint64_t n = 0, at = write ? c->start[i] : 0;
    ranges_after(c, i, r);
    for (int k = 0; k < 2; k++)
        for (size_t j = r[k].from; j < r[k].to; j++) {
            size_t class = class_of(c, &c->spots[i], &c->spots[j]);
            if (class == c->classes)
                continue;
            if (write) {
                c->other[at + n] = (uint32_t)j;
                c->class[at + n] = (uint8_t)class;
            }
            n++;
        }
    return n;
}

static hg_status count_chunk(void *context, size_t chunk, hg_error *err)
{
    counting *c = context;
    size_t end = (chunk + 1) * CHUNK < c->n ? (chunk + 1) * CHUNK : c->n;
    for (size_t i = chunk * CHUNK; i < end && atomic_load(&c->found) <= HG_KNOX_PAIRS; i++) {
        c->start[i + 1] = pairs_of(c, i, false);
        atomic_fetch_add(&c->found, c->start[i + 1]);
    }
    return hg_check_cancel(c->control, err);
}

static hg_status write_chunk(void *context, size_t chunk, hg_error *err)
{
    counting *c = context;
    size_t end = (chunk + 1) * CHUNK < c->n ? (chunk + 1) * CHUNK : c->n;
    for (size_t i = chunk * CHUNK; i < end; i++)
        pairs_of(c, i, true);
    return hg_check_cancel(c->control, err);
}

static int threads_of(const counting *c)
{
    return c->control ? c->control->threads : 0;
}

static hg_status list_pairs(counting *c, hg_error *err)
{
    size_t chunks = (c->n + CHUNK - 1) / CHUNK;
    hg_status status = hg_parallel(chunks, threads_of(c), count_chunk, c, err);
    if (status != HG_OK)
        return status;
    if (atomic_load(&c->found) > HG_KNOX_PAIRS)
        return hg_fail(err, HG_EUSAGE,
                       "more than %llu pairs of incidents are within %g m of each other: take a shorter distance or "
                       "fewer bands of it",
                       (unsigned long long)HG_KNOX_PAIRS, c->bands->distance_m * (double)c->bands->distances);
    for (size_t i = 0; i < c->n; i++)
        c->start[i + 1] += c->start[i];
    uint64_t pairs = c->start[c->n];
    c->other = hg_malloc(pairs, sizeof *c->other);
    c->class = hg_malloc(pairs, sizeof *c->class);
    if (!c->other || !c->class)
        return hg_fail_memory(err);
    return hg_parallel(chunks, threads_of(c), write_chunk, c, err);
}

/* ------------------------------------------------- times ------------------------------------ */

static size_t duration_band(const counting *c, int64_t apart)
{
    size_t last = c->bands->durations - 1;
    size_t k = (size_t)fmin((double)apart / c->bands->duration_s, (double)last);
    while (k > 0 && apart <= c->until[k - 1])
        k--;
    while (apart > c->until[k])
        k++;
    return k;
}

/*
 * Adds the pairs that the times of LANES labellings bring close to as many tables of classes x durations. The times
 * of a spot lie side by side: what costs is to fetch the other spot, which then serves all labellings.
 */
static void count_close(const counting *c, const double *t, uint64_t *tables)
{
    size_t durations = c->bands->durations, table = c->classes * durations;
    double longest = (double)c->until[durations - 1];
    for (size_t i = 0; i < c->n; i++) {
        const double *a = t + i * LANES;
        for (uint64_t k = c->start[i]; k < c->start[i + 1]; k++) {
            const double *b = t + (size_t)c->other[k] * LANES;
            double apart[LANES];
            int close = 0;
            for (int l = 0; l < LANES; l++) {
                apart[l] = fabs(a[l] - b[l]);
                close |= apart[l] <= longest;
            }
            for (size_t l = 0; close && l < LANES; l++)
                if (apart[l] <= longest)
                    tables[l * table + c->class[k] * durations + duration_band(c, (int64_t)apart[l])]++;
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const int64_t *p = a, *q = b;
    return (*p > *q) - (*p < *q);
}

/* Pairs of each band of time among all: a window that slides over the sorted times. */
static hg_status count_soon(const counting *c, uint64_t *soon, hg_error *err)
{
    int64_t *t = hg_malloc(c->n, sizeof *t);
    if (!t)
        return hg_fail_memory(err);
    memcpy(t, c->t, c->n * sizeof *t);
    qsort(t, c->n, sizeof *t, by_time);
    uint64_t before = 0;
    for (size_t k = 0; k < c->bands->durations; k++) {
        uint64_t within = 0;
        for (size_t i = 0, from = 0; i < c->n; i++) {
            while (t[i] - t[from] > c->until[k])
                from++;
            within += i - from;
        }
        soon[k] = within - before;
        before = within;
    }
    hg_free(t);
    return HG_OK;
}

/* ------------------------------------------------- relabelling ------------------------------ */

/* Lane of a labelling: the times as they are, or shuffled (Fisher and Yates). */
static void label(const counting *c, size_t draw, bool shuffle, int64_t *own, double *lane)
{
    memcpy(own, c->t, c->n * sizeof *own);
    hg_random r = hg_random_seed(c->control ? c->control->seed : 0, draw);
    for (size_t i = c->n - 1; shuffle && i > 0; i--) {
        size_t j = (size_t)hg_random_below(&r, i + 1);
        int64_t swap = own[i];
        own[i] = own[j];
        own[j] = swap;
    }
    for (size_t i = 0; i < c->n; i++)
        lane[i * LANES] = (double)own[i];
}

/* Tables of LANES labellings: draws from `first` on, or all of them the times as they are. */
static hg_status count_labellings(const counting *c, size_t first, bool shuffle, uint64_t *tables, hg_error *err)
{
    int64_t *own = hg_malloc(c->n, sizeof *own);
    double *t = hg_malloc_aligned(c->n, LANES * sizeof *t);
    hg_status status = own && t ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        for (size_t l = 0; l < LANES; l++)
            label(c, first + l, shuffle, own, t + l);
        count_close(c, t, tables);
    }
    hg_free(own);
    hg_free(t);
    return status;
}

static hg_status relabel_lanes(void *context, size_t task, hg_error *err)
{
    counting *c = context;
    size_t tables = LANES * c->classes * c->bands->durations;
    uint64_t *mine = c->draws + task * tables;
    memset(mine, 0, tables * sizeof *mine);
    hg_status status = count_labellings(c, c->first_draw + task * LANES, true, mine, err);
    return status == HG_OK ? hg_check_cancel(c->control, err) : status;
}

/* Pairs in a row of the result from a table by class: the first band is both of its parts. */
static uint64_t row_count(const hg_knox *k, const uint64_t *table, size_t row, size_t band)
{
    size_t n = k->durations;
    if (row == 0)
        return table[band] + table[n + band];
    if (row >= k->distances)
        return table[(row - k->distances) * n + band];
    return table[(row + 1) * n + band];
}

static void count_reached(const hg_knox *k, const uint64_t *table, uint64_t *reached)
{
    for (size_t row = 0; row < k->distances + 2; row++)
        for (size_t b = 0; b < k->durations; b++)
            reached[row * k->durations + b] += row_count(k, table, row, b) >= k->cells[row * k->durations + b].observed;
}

static hg_status relabel(counting *c, hg_knox *k, hg_error *err)
{
    size_t cells = (k->distances + 2) * k->durations, table = c->classes * k->durations;
    uint64_t *reached = hg_calloc(cells, sizeof *reached);
    c->draws = hg_malloc(BLOCK * table, sizeof *c->draws);
    hg_status status = reached && c->draws ? HG_OK : hg_fail_memory(err);
    for (c->first_draw = 0; status == HG_OK && c->first_draw < c->bands->draws; c->first_draw += BLOCK) {
        size_t n = c->bands->draws - c->first_draw < BLOCK ? c->bands->draws - c->first_draw : BLOCK;
        status = hg_parallel((n + LANES - 1) / LANES, threads_of(c), relabel_lanes, c, err);
        for (size_t d = 0; status == HG_OK && d < n; d++)
            count_reached(k, c->draws + d * table, reached);
        if (c->control)
            hg_say_progress(c->control, "near repeats", (double)(c->first_draw + n) / (double)c->bands->draws);
    }
    for (size_t i = 0; status == HG_OK && i < cells && c->bands->draws; i++)
        k->cells[i].p_value = (double)(1 + reached[i]) / (double)(1 + c->bands->draws);
    hg_free(reached);
    return status;
}

/* ------------------------------------------------- the table -------------------------------- */

static hg_status observe(const counting *c, hg_knox *k, hg_error *err)
{
    uint64_t *table = hg_calloc(LANES * c->classes * k->durations, sizeof *table); /* all lanes the same */
    uint64_t *near = hg_calloc(c->classes, sizeof *near);
    hg_status status = table && near ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = count_labellings(c, 0, false, table, err);
    if (status == HG_OK) {
        for (uint64_t p = 0; p < c->start[c->n]; p++)
            near[c->class[p]]++;
        for (size_t row = 0; row < k->distances + 2; row++) {
            k->near[row] = row == 0 ? near[0] + near[1] : near[row < k->distances ? row + 1 : row - k->distances];
            for (size_t b = 0; b < k->durations; b++)
                k->cells[row * k->durations + b].observed = row_count(k, table, row, b);
        }
    }
    hg_free(table);
    hg_free(near);
    return status;
}

static void expect(hg_knox *k)
{
    for (size_t row = 0; row < k->distances + 2; row++)
        for (size_t b = 0; b < k->durations; b++) {
            hg_knox_cell *cell = &k->cells[row * k->durations + b];
            cell->expected = (double)k->near[row] * ((double)k->soon[b] / (double)k->pairs);
            cell->p_poisson = cell->observed ? hg_poisson_tail(cell->observed, cell->expected) : 1;
            cell->p_value = NAN;
        }
}

static hg_status allocate(counting *c, hg_knox *k, hg_error *err)
{
    const hg_knox_bands *b = c->bands;
    c->spots = hg_malloc(c->n, sizeof *c->spots);
    c->t = hg_malloc(c->n, sizeof *c->t);
    c->start = hg_calloc(c->n + 1, sizeof *c->start);
    c->reach2 = hg_malloc(b->distances, sizeof *c->reach2);
    c->until = hg_malloc(b->durations, sizeof *c->until);
    k->cells = hg_calloc((b->distances + 2) * b->durations, sizeof *k->cells);
    k->near = hg_calloc(b->distances + 2, sizeof *k->near);
    k->soon = hg_calloc(b->durations, sizeof *k->soon);
    if (!c->spots || !c->t || !c->start || !c->reach2 || !c->until || !k->cells || !k->near || !k->soon)
        return hg_fail_memory(err);
    for (size_t i = 0; i < b->distances; i++) {
        double bound = b->distance_m * (double)(i + 1) + ON_BOUND_M;
        c->reach2[i] = bound * bound;
    }
    for (size_t i = 0; i < b->durations; i++)
        c->until[i] = (int64_t)floor(b->duration_s * (double)(i + 1));
    return HG_OK;
}

static hg_status check(const hg_knox_events *e, const hg_knox_bands *b, hg_error *err)
{
    if (!(b->distance_m > 0) || !isfinite(b->distance_m) || !(b->duration_s >= 1) || !(b->duration_s < 1e15) ||
        b->distances < 1 || b->distances > BANDS_MAX || b->durations < 1 || b->durations > BANDS_MAX)
        return hg_fail(err, HG_EUSAGE, "near repeats need a distance above 0 m and a duration of 1 s at least, in 1 to "
                                       "%d bands; got %g m and %g s in %zu and %zu bands",
                       BANDS_MAX, b->distance_m, b->duration_s, b->distances, b->durations);
    if (e->n < 2 || e->n > UINT32_MAX)
        return hg_fail(err, HG_EDATA, "near repeats need at least two incidents with a time, and there are %zu", e->n);
    return HG_OK;
}

hg_status hg_knox_count(const hg_knox_events *e, const hg_knox_bands *b, hg_control *control, hg_knox *out,
                        hg_error *err)
{
    counting c = {.bands = b, .control = control, .n = e->n, .classes = b->distances + 1};
    hg_knox k = {.distances = b->distances, .durations = b->durations};
    hg_status status = check(e, b, err);
    if (status == HG_OK)
        status = allocate(&c, &k, err);
    if (status == HG_OK) {
        k.pairs = (uint64_t)e->n * (e->n - 1) / 2;
        sort_spots(&c, e);
        status = list_pairs(&c, err);
    }
    if (status == HG_OK)
        status = count_soon(&c, k.soon, err);
    if (status == HG_OK)
        status = observe(&c, &k, err);
    if (status == HG_OK) {
        expect(&k);
        status = relabel(&c, &k, err);
    }
    void *own[] = {c.spots, c.reach2, c.until, c.start, c.other, c.class, c.t, c.draws};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        hg_free(own[i]);
    if (status != HG_OK) {
        hg_knox_dispose(&k);
        return status;
    }
    *out = k;
    return HG_OK;
}

void hg_knox_dispose(hg_knox *k)
{
    hg_free(k->cells);
    hg_free(k->near);
    hg_free(k->soon);
    *k = (hg_knox){0};
}
