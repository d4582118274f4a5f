/*
 * Pile-ups. Locations are sorted by radix in Morton order, which counts them and is the index for
 * the neighbours at once; only locations that could be pile-ups beside the emptiest neighbourhood
 * are tested. They are scattered by their leading digits first, so that what a sort needs beside its keys
 * is as large as one piece. Memory: 8 bytes an incident (16 where all stand within a thousandth of the
 * extent) and 4 a location; 4 an incident after, where there are pile-ups.
 */
#include "engine/pileup.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/morton.h"
#include "base/radix.h"
#include "engine/tails.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    COUNT_MIN = 5,
    NEAREST_MIN = 8,
    NEAREST_MAX = 200,
    CHUNK = 16384,
    CANDIDATES = 64 /* a piece of work */
};

#define STEPS_PER_M 10.0
#define TAIL_MAX 0.001
#define NO_PILE UINT32_MAX
#define NO_LOCATION UINT64_MAX

typedef struct finder {
    const hg_incidents *in;
    hg_control *control;
    double radius;         /* steps */
    double base_x, base_y; /* steps; the corner locations are counted from */
    unsigned bits;         /* of a location's key */
    uint64_t counted;      /* incidents that are not halo */
    hg_locations locations;
    double level;   /* largest tail probability of a pile-up */
    uint32_t least; /* smallest count that can reach it */
    size_t *candidate;
    double *expected, *p_value; /* of the candidates */
    size_t candidates;
    hg_pile_up *items;
    uint64_t *item_key; /* location of each item, ascending */
    size_t n;
    uint32_t *owner; /* item of each incident, or NO_PILE */
} finder;

static int threads_of(const finder *f)
{
    return f->control ? f->control->threads : 0;
}

static bool is_counted(const hg_incidents *in, size_t i)
{
    return !in->flags || !(in->flags[i] & HG_FLAG_HALO);
}

/* The nearest step, halves upward, without a call of the maths library. */
static double nearest_step(double v)
{
    double s = v * STEPS_PER_M + 0.5;
    double whole = (double)(int64_t)s;
    return whole - (whole > s);
}

static hg_status find_extent(finder *f, hg_error *err)
{
    double lo_x = INFINITY, lo_y = INFINITY, hi_x = -INFINITY, hi_y = -INFINITY;
    for (size_t i = 0; i < f->in->n; i++) {
        if (!is_counted(f->in, i))
            continue;
        double x = f->in->x[i], y = f->in->y[i];
        lo_x = x < lo_x ? x : lo_x;
        hi_x = x > hi_x ? x : hi_x;
        lo_y = y < lo_y ? y : lo_y;
        hi_y = y > hi_y ? y : hi_y;
        f->counted++;
    }
    if (f->counted == 0)
        return HG_OK;
    /* Coordinates in steps must be whole numbers that a double and an int64 hold, 32 bits apart. */
    bool sane = fabs(lo_x) < 1e14 && fabs(lo_y) < 1e14 && fmax(hi_x - lo_x, hi_y - lo_y) < 4.29e8;
    if (!sane)
        return hg_fail(err, HG_EDATA,
                       "incidents from %.12g,%.12g to %.12g,%.12g m; at most 429000 km across are "
                       "expected",
                       lo_x, lo_y, hi_x, hi_y);
    f->base_x = nearest_step(lo_x);
    f->base_y = nearest_step(lo_y);
    double most = fmax(nearest_step(hi_x) - f->base_x, nearest_step(hi_y) - f->base_y);
    while (ldexp(1, (int)f->bits / 2) <= most)
        f->bits += 2;
    return HG_OK;
}

/* NO_LOCATION for halo, which no location has: coordinates stay below 2^32 - 1. */
static uint64_t location_of(const finder *f, size_t i)
{
    if (!is_counted(f->in, i))
        return NO_LOCATION;
    double x = nearest_step(f->in->x[i]) - f->base_x, y = nearest_step(f->in->y[i]) - f->base_y;
    return hg_morton_key((uint32_t)x, (uint32_t)y);
}

static hg_status for_chunks(finder *f, hg_task task, hg_error *err)
{
    return hg_parallel((f->in->n + CHUNK - 1) / CHUNK, threads_of(f), task, f, err);
}

/*
 * A first look through one byte for many locations: hashed counts are never below the true ones, and
 * bytes in use never more than locations. Where even these reach no count that could stand out, no
 * location does, and the sort of all incidents is spared.
 */
typedef struct sketch {
    const finder *f;
    uint8_t *count;
    uint64_t mask;
} sketch;

enum { SKETCH_MIN_BITS = 10, SKETCH_MAX_BITS = 24, FULL = 200, AHEAD = 64 };

static uint32_t least_count(double locations)
{
    uint32_t least = COUNT_MIN;
    while (hg_poisson_tail(least, 1) > TAIL_MAX / locations)
        least++;
    return least;
}

/* The bytes of up to AHEAD incidents from i on, on their way from memory; *n of them are counted. */
static size_t fetch(const sketch *s, size_t i, size_t end, uint8_t *bytes[AHEAD], size_t *n)
{
    const finder *f = s->f;
    end = end - i < AHEAD ? end : i + AHEAD;
    *n = 0;
    for (; i < end; i++) {
        if (!is_counted(f->in, i))
            continue;
        uint64_t x = (uint64_t)(nearest_step(f->in->x[i]) - f->base_x);
        uint64_t y = (uint64_t)(nearest_step(f->in->y[i]) - f->base_y);
        uint64_t h = (x << 32 | y) * 0x9e3779b97f4a7c15u;
        bytes[*n] = &s->count[(h >> 40) & s->mask];
        __builtin_prefetch(bytes[(*n)++], 1);
    }
    return end;
}

static hg_status sketch_chunk(void *context, size_t chunk, hg_error *err)
{
    const sketch *s = context;
    const finder *f = s->f;
    uint8_t *bytes[AHEAD];
    size_t end = (chunk + 1) * CHUNK < f->in->n ? (chunk + 1) * CHUNK : f->in->n, n;
    for (size_t i = chunk * CHUNK; i < end;) {
        i = fetch(s, i, end, bytes, &n);
        for (size_t k = 0; k < n; k++)
            if (__atomic_load_n(bytes[k], __ATOMIC_RELAXED) < FULL) /* threads overshoot by one each */
                __atomic_fetch_add(bytes[k], 1, __ATOMIC_RELAXED);
    }
    return hg_check_cancel(f->control, err);
}

static hg_status may_have_pile_ups(finder *f, bool *may, hg_error *err)
{
    int bits = SKETCH_MIN_BITS;
    while (bits < SKETCH_MAX_BITS && ((uint64_t)1 << bits) < 2 * f->counted)
        bits++;
    size_t size = (size_t)1 << bits, used = 0;
    sketch s = {f, hg_calloc(size, 1), size - 1};
    if (!s.count)
        return hg_fail_memory(err);
    hg_status status = hg_parallel((f->in->n + CHUNK - 1) / CHUNK, threads_of(f), sketch_chunk, &s,
                                   err);
    uint8_t most = 0;
    for (size_t k = 0; k < size && status == HG_OK; k++) {
        used += s.count[k] > 0;
        most = s.count[k] > most ? s.count[k] : most;
    }
    if (status == HG_OK)
        *may = most >= FULL || most >= least_count((double)used);
    hg_free(s.count);
    return status;
}

/* Sorted keys become distinct keys with their counts. */
static hg_status count_locations(finder *f, hg_error *err)
{
    hg_locations *l = &f->locations;
    size_t distinct = 0, n = 0;
    for (size_t i = 0; i < f->counted; i++)
        distinct += i == 0 || l->key[i] != l->key[i - 1];
    l->count = hg_calloc(distinct, sizeof *l->count);
    if (!l->count)
        return hg_fail_memory(err);
    for (size_t i = 0; i < f->counted; i++) {
        if (n == 0 || l->key[n - 1] != l->key[i])
            l->key[n++] = l->key[i];
        l->count[n - 1]++;
    }
    l->n = n;
    return HG_OK;
}

/* Keys scattered by their leading digits; each piece is then sorted on its own. */
enum { PIECE_BITS = 12, PIECES = 1 << PIECE_BITS, SLICE_ROWS = 1 << 18, MAX_SLICES = 32, LARGE_SHARE = 8 };

typedef struct scattering {
    finder *f;
    unsigned shift;
    size_t slices;
    size_t *place; /* [slice][piece]: counts, then where the slice writes next */
    size_t start[PIECES + 1];
} scattering;

static size_t scatter_begin(const scattering *s, size_t slice)
{
    return (size_t)((unsigned __int128)s->f->in->n * slice / s->slices);
}

static hg_status count_pieces(void *context, size_t slice, hg_error *err)
{
    const scattering *s = context;
    size_t *count = s->place + slice * PIECES, end = scatter_begin(s, slice + 1);
    for (size_t i = scatter_begin(s, slice); i < end; i++)
        if (is_counted(s->f->in, i))
            count[location_of(s->f, i) >> s->shift]++;
    return hg_check_cancel(s->f->control, err);
}

static hg_status scatter_pieces(void *context, size_t slice, hg_error *err)
{
    const scattering *s = context;
    size_t *place = s->place + slice * PIECES, end = scatter_begin(s, slice + 1);
    for (size_t i = scatter_begin(s, slice); i < end; i++) {
        if (!is_counted(s->f->in, i))
            continue;
        uint64_t key = location_of(s->f, i);
        s->f->locations.key[place[key >> s->shift]++] = key;
    }
    return hg_check_cancel(s->f->control, err);
}

/* So large that the threads had better share it. */
static bool is_large(const scattering *s, size_t piece)
{
    return s->start[piece + 1] - s->start[piece] > s->f->counted / LARGE_SHARE;
}

static hg_status sort_piece(const scattering *s, size_t piece, int threads, hg_error *err)
{
    size_t n = s->start[piece + 1] - s->start[piece];
    return hg_radix_sort(s->f->locations.key + s->start[piece], NULL, n, threads, err);
}

static hg_status sort_small_piece(void *context, size_t piece, hg_error *err)
{
    const scattering *s = context;
    hg_status status = is_large(s, piece) ? HG_OK : sort_piece(s, piece, 1, err);
    return status == HG_OK ? hg_check_cancel(s->f->control, err) : status;
}

static hg_status sort_pieces(scattering *s, hg_error *err)
{
    finder *f = s->f;
    hg_status status = hg_parallel(s->slices, threads_of(f), count_pieces, s, err);
    if (status != HG_OK)
        return status;
    hg_radix_places(s->place, s->slices, PIECES, s->start);
    status = hg_parallel(s->slices, threads_of(f), scatter_pieces, s, err);
    for (size_t piece = 0; piece < PIECES && status == HG_OK; piece++)
        if (is_large(s, piece))
            status = sort_piece(s, piece, threads_of(f), err);
    return status == HG_OK ? hg_parallel(PIECES, threads_of(f), sort_small_piece, s, err) : status;
}

static hg_status sort_locations(finder *f, hg_error *err)
{
    size_t slices = f->in->n / SLICE_ROWS + 1;
    scattering *s = hg_calloc(1, sizeof *s);
    if (!s)
        return hg_fail_memory(err);
    s->f = f;
    s->shift = f->bits > PIECE_BITS ? f->bits - PIECE_BITS : 0;
    s->slices = slices < MAX_SLICES ? slices : MAX_SLICES;
    s->place = hg_calloc(s->slices * PIECES, sizeof *s->place);
    f->locations.key = hg_malloc(f->counted, sizeof *f->locations.key);
    hg_status status = s->place && f->locations.key ? sort_pieces(s, err) : hg_fail_memory(err);
    hg_free(s->place);
    hg_free(s);
    return status == HG_OK ? count_locations(f, err) : status;
}

/*
 * The tail is smallest for the smallest mean, 1, and for no more variance than the mean: a count
 * that does not stand out against Poisson(1) stands out nowhere.
 */
static hg_status choose_candidates(finder *f, hg_error *err)
{
    const hg_locations *l = &f->locations;
    f->level = TAIL_MAX / (double)l->n;
    f->least = least_count((double)l->n);
    for (size_t i = 0; i < l->n; i++)
        f->candidates += l->count[i] >= f->least;
    f->candidate = hg_malloc(f->candidates, sizeof *f->candidate);
    f->expected = hg_malloc(f->candidates, sizeof *f->expected);
    f->p_value = hg_malloc(f->candidates, sizeof *f->p_value);
    if (!f->candidate || !f->expected || !f->p_value)
        return hg_fail_memory(err);
    for (size_t i = 0, c = 0; c < f->candidates; i++)
        if (l->count[i] >= f->least)
            f->candidate[c++] = i;
    return HG_OK;
}

static void neighbour_moments(const hg_locations *l, size_t i, double radius, double *mean,
                              double *variance)
{
    size_t near[HG_NEAREST_MAX];
    size_t n = hg_morton_nearest(l, i, radius, NEAREST_MIN, NEAREST_MAX, near);
    uint64_t sum = 0;
    double squares = 0;
    for (size_t k = 0; k < n; k++)
        sum += l->count[near[k]];
    double m = n ? (double)sum / (double)n : 1;
    for (size_t k = 0; k < n; k++)
        squares += ((double)l->count[near[k]] - m) * ((double)l->count[near[k]] - m);
    *mean = fmax(1, m);
    *variance = n > 1 ? squares / (double)(n - 1) : 0;
}

/* A variance within rounding of the mean is taken for equal: the two laws agree there. */
static double tail(uint32_t count, double mean, double variance)
{
    if (variance > mean * (1 + 1e-9))
        return hg_negative_binomial_tail(count, mean, variance);
    return hg_poisson_tail(count, mean);
}

static hg_status test_candidates(void *context, size_t piece, hg_error *err)
{
    finder *f = context;
    size_t end =
        (piece + 1) * CANDIDATES < f->candidates ? (piece + 1) * CANDIDATES : f->candidates;
    for (size_t c = piece * CANDIDATES; c < end; c++) {
        double mean, variance;
        neighbour_moments(&f->locations, f->candidate[c], f->radius, &mean, &variance);
        f->expected[c] = mean;
        f->p_value[c] = tail(f->locations.count[f->candidate[c]], mean, variance);
    }
    return hg_check_cancel(f->control, err);
}

static hg_status keep_significant(finder *f, hg_error *err)
{
    f->items = hg_calloc(f->candidates, sizeof *f->items);
    f->item_key = hg_malloc(f->candidates, sizeof *f->item_key);
    if (!f->items || !f->item_key)
        return hg_fail_memory(err);
    for (size_t c = 0; c < f->candidates; c++) {
        if (!(f->p_value[c] <= f->level))
            continue;
        size_t at = f->candidate[c];
        f->item_key[f->n] = f->locations.key[at];
        f->items[f->n++] = (hg_pile_up){.count = f->locations.count[at],
                                        .expected = f->expected[c],
                                        .p_value = f->p_value[c],
                                        .cells_changed = -1};
    }
    return HG_OK;
}

static uint32_t owner_of(const finder *f, uint64_t key)
{
    size_t lo = 0, hi = f->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (f->item_key[mid] < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < f->n && f->item_key[lo] == key ? (uint32_t)lo : NO_PILE;
}

static hg_status own_chunk(void *context, size_t chunk, hg_error *err)
{
    finder *f = context;
    size_t end = (chunk + 1) * CHUNK < f->in->n ? (chunk + 1) * CHUNK : f->in->n;
    for (size_t i = chunk * CHUNK; i < end; i++)
        f->owner[i] = owner_of(f, location_of(f, i));
    return hg_check_cancel(f->control, err);
}

/* Means as offsets from the rounded location, which keeps their digits. */
static void describe_items(finder *f)
{
    for (size_t i = 0; i < f->in->n; i++) {
        if (f->owner[i] == NO_PILE)
            continue;
        hg_pile_up *p = &f->items[f->owner[i]];
        p->x += f->in->x[i] - nearest_step(f->in->x[i]) / STEPS_PER_M;
        p->y += f->in->y[i] - nearest_step(f->in->y[i]) / STEPS_PER_M;
        p->weight += f->in->w ? f->in->w[i] : 1;
    }
    for (size_t k = 0; k < f->n; k++) {
        hg_pile_up *p = &f->items[k];
        uint32_t x, y;
        hg_morton_split(f->item_key[k], &x, &y);
        p->x = (f->base_x + x) / STEPS_PER_M + p->x / (double)p->count;
        p->y = (f->base_y + y) / STEPS_PER_M + p->y / (double)p->count;
        p->share = (double)p->count / (double)f->counted;
    }
}

static int compare_items(const void *pa, const void *pb)
{
    const hg_pile_up *a = pa, *b = pb;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return (a->y > b->y) - (a->y < b->y);
}

static hg_status describe(finder *f, hg_error *err)
{
    if (f->n == 0)
        return HG_OK;
    f->owner = hg_malloc(f->in->n, sizeof *f->owner);
    if (!f->owner)
        return hg_fail_memory(err);
    hg_status s = for_chunks(f, own_chunk, err);
    if (s != HG_OK)
        return s;
    describe_items(f);
    qsort(f->items, f->n, sizeof *f->items, compare_items);
    return HG_OK;
}

static hg_status find_all(finder *f, hg_error *err)
{
    bool may = false;
    hg_status s = find_extent(f, err);
    if (s == HG_OK && f->counted > 0)
        s = may_have_pile_ups(f, &may, err);
    if (s != HG_OK || !may)
        return s;
    s = sort_locations(f, err);
    if (s == HG_OK)
        s = choose_candidates(f, err);
    if (s == HG_OK)
        s = hg_parallel((f->candidates + CANDIDATES - 1) / CANDIDATES, threads_of(f),
                        test_candidates, f, err);
    if (s == HG_OK)
        s = keep_significant(f, err);
    return s == HG_OK ? describe(f, err) : s;
}

hg_status hg_find_pile_ups(const hg_incidents *incidents, double radius_m, hg_control *control,
                           hg_pile_ups *out, hg_error *err)
{
    if (!(radius_m > 0 && radius_m < INFINITY))
        return hg_fail(err, HG_EUSAGE, "pile-up radius of %.12g m is not above 0", radius_m);
    finder f = {.in = incidents, .control = control, .radius = radius_m * STEPS_PER_M};
    hg_status s = find_all(&f, err);
    if (s == HG_OK) {
        *out = (hg_pile_ups){f.items, f.n};
        f.items = NULL;
    }
    hg_free(f.locations.key);
    hg_free(f.locations.count);
    hg_free(f.candidate);
    hg_free(f.expected);
    hg_free(f.p_value);
    hg_free(f.items);
    hg_free(f.item_key);
    hg_free(f.owner);
    return s;
}

void hg_pile_ups_dispose(hg_pile_ups *pile_ups)
{
    hg_free(pile_ups->items);
    *pile_ups = (hg_pile_ups){0};
}
