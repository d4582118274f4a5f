/*
 * What concentration a random pattern would show. Draws from the surface proportional to cell area:
 * a cell of the area is picked uniformly and kept with probability share / largest share. Draws from
 * another surface: Walker's aliases (Vose 1991), as few cells may hold most of it. Either costs O(1) an
 * incident; a radix sort of the cells thrown at counts them in lattice order. Memory: 4 bytes for each
 * cell of the area (with another surface 12, and 20 more while it is prepared), and at most 20 for each
 * incident a thread.
 */
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "engine/rank.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { GROUPS_MIN = 4, GROUPS_MAX = 32, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* Bytes the sums of all groups of draws may take. */
#define SUMS_BYTES ((size_t)64 << 20)

/* A cell picked uniformly stands if a random 32-bit number is below `keep`, else for its alias. */
typedef struct alias {
    uint32_t keep, other;
} alias;

typedef struct surface {
    float *share; /* of the cells of the area, in lattice order */
    size_t cells;
    float largest;
    bool even; /* all shares are equal */
    double total;
    alias *aliases; /* NULL = proportional to share */
} surface;

typedef struct drawing {
    const surface *surface;
    uint64_t incidents, seed;
    size_t listed, draws, groups;
    hg_control *control;
    double *sums; /* groups x listed */
} drawing;

/* One draw. */
typedef struct draw {
    uint32_t *thrown, *spare; /* a cell for each incident */
    uint32_t *cell, *number;  /* the cells hit in lattice order, with their counts */
    size_t cells;
    uint32_t fewest, most;
    uint32_t *level; /* first rank of each count, most first */
    size_t level_capacity;
    uint32_t *ranked; /* position in cell[] of the first `listed` ranks */
} draw;

static hg_status surface_fill(const hg_rank_input *in, surface *out, hg_error *err)
{
    const hg_grid *g = in->grid;
    size_t n = 0, cells = hg_grid_cells(g);
    for (size_t i = 0; i < cells; i++)
        n += in->share[i] > 0;
    if (n > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu cells to draw from; at most %" PRIu32 " are possible", n,
                       UINT32_MAX);
    surface s = {.share = hg_malloc(n, sizeof *s.share), .even = true};
    if (!s.share)
        return hg_fail_memory(err);
    for (int64_t r = g->rows - 1; r >= 0; r--)
        for (int64_t c = 0; c < g->columns; c++) {
            float share = in->share[r * g->columns + c];
            if (!(share > 0))
                continue;
            s.share[s.cells++] = share;
            s.total += (double)share;
            s.largest = share > s.largest ? share : s.largest;
            s.even = s.even && share == s.share[0];
        }
    *out = s;
    return HG_OK;
}

/* What the surface expects in the cells of the area, in lattice order, scaled to a mean of 1. */
static hg_status list_expected(const hg_rank_input *in, const double *expected, const surface *s, double *mass,
                               hg_error *err)
{
    const hg_grid *g = in->grid;
    size_t n = 0;
    double sum = 0;
    for (int64_t r = g->rows - 1; r >= 0; r--)
        for (int64_t c = 0; c < g->columns; c++) {
            if (!(in->share[r * g->columns + c] > 0))
                continue;
            mass[n] = expected[r * g->columns + c];
            if (!(mass[n] >= 0))
                return hg_fail(err, HG_EUSAGE, "%g expected in a cell: a number from 0 was expected", mass[n]);
            sum += mass[n++];
        }
    if (!(sum > 0 && sum <= 1e300))
        return hg_fail(err, HG_EDATA, "%g expected in the study area: a finite number above 0 was expected", sum);
    for (size_t i = 0; i < n; i++)
        mass[i] = mass[i] / sum * (double)s->cells;
    return HG_OK;
}

/*
 * Cells with less than the mean are filled up from those with more, from both ends of `place`: those below
 * the mean at its start, the others at its end.
 */
static void make_aliases(surface *s, double *mass, uint32_t *place)
{
    size_t low = 0, high = s->cells;
    for (size_t i = 0; i < s->cells; i++)
        if (mass[i] < 1)
            place[low++] = (uint32_t)i;
        else
            place[--high] = (uint32_t)i;
    while (low > 0 && high < s->cells) {
        uint32_t little = place[--low], much = place[high];
        s->aliases[little] = (alias){(uint32_t)(mass[little] * UINT32_MAX), much};
        mass[much] -= 1 - mass[little];
        if (mass[much] < 1) {
            high++;
            place[low++] = much;
        }
    }
    /* what is left over has the mean, but for rounding */
    for (; high < s->cells; high++)
        s->aliases[place[high]] = (alias){UINT32_MAX, place[high]};
    while (low > 0) {
        low--;
        s->aliases[place[low]] = (alias){UINT32_MAX, place[low]};
    }
}

static hg_status surface_follow(const hg_rank_input *in, const double *expected, surface *s, hg_error *err)
{
    double *mass = hg_malloc(s->cells, sizeof *mass);
    uint32_t *place = hg_malloc(s->cells, sizeof *place);
    s->aliases = hg_malloc(s->cells, sizeof *s->aliases);
    hg_status status =
        mass && place && s->aliases ? list_expected(in, expected, s, mass, err) : hg_fail_memory(err);
    if (status == HG_OK)
        make_aliases(s, mass, place);
    hg_free(mass);
    hg_free(place);
    return status;
}

static size_t pick_alias(const surface *s, hg_random *r)
{
    size_t p = hg_random_below(r, s->cells);
    uint32_t u = (uint32_t)(hg_random_u64(r) >> 32);
    return u < s->aliases[p].keep || s->aliases[p].other == p ? p : s->aliases[p].other;
}

static size_t pick(const surface *s, hg_random *r)
{
    if (s->aliases)
        return pick_alias(s, r);
    for (;;) {
        size_t p = hg_random_below(r, s->cells);
        if (s->even || s->share[p] >= s->largest ||
            hg_random_unit(r) * (double)s->largest < (double)s->share[p])
            return p;
    }
}

static void throw_incidents(const drawing *d, size_t number, draw *w)
{
    hg_random r = hg_random_seed(d->seed, number);
    for (uint64_t i = 0; i < d->incidents; i++)
        w->thrown[i] = (uint32_t)pick(d->surface, &r);
}

/* One stable pass of the radix sort; leaves the result in thrown. */
static void sort_digit(draw *w, uint64_t n, unsigned shift)
{
    uint32_t *from = w->thrown, *to = w->spare, start[DIGITS + 1] = {0};
    for (uint64_t i = 0; i < n; i++)
        start[((from[i] >> shift) & (DIGITS - 1)) + 1]++;
    for (size_t digit = 1; digit < DIGITS; digit++)
        start[digit] += start[digit - 1];
    for (uint64_t i = 0; i < n; i++)
        to[start[(from[i] >> shift) & (DIGITS - 1)]++] = from[i];
    w->thrown = to;
    w->spare = from;
}

/* Sorts the cells thrown at and counts each of them. */
static void collect(const drawing *d, draw *w)
{
    for (unsigned shift = 0; shift < 32 && (d->surface->cells - 1) >> shift; shift += DIGIT_BITS)
        sort_digit(w, d->incidents, shift);
    w->cells = 0;
    w->fewest = UINT32_MAX;
    w->most = 0;
    for (uint64_t i = 0, end; i < d->incidents; i = end) {
        for (end = i + 1; end < d->incidents && w->thrown[end] == w->thrown[i];)
            end++;
        uint32_t n = (uint32_t)(end - i);
        w->cell[w->cells] = w->thrown[i];
        w->number[w->cells++] = n;
        w->fewest = n < w->fewest ? n : w->fewest;
        w->most = n > w->most ? n : w->most;
    }
}

/* Counting sort by count, most first; stable, so equal counts stay in lattice order. */
static hg_status rank_draw(size_t listed, draw *w, hg_error *err)
{
    size_t levels = (size_t)(w->most - w->fewest) + 2;
    uint32_t *level = hg_grow(w->level, &w->level_capacity, levels, sizeof *level);
    if (!level)
        return hg_fail_memory(err);
    w->level = level;
    memset(level, 0, levels * sizeof *level);
    for (size_t i = 0; i < w->cells; i++)
        level[w->most - w->number[i] + 1]++;
    for (size_t l = 1; l < levels; l++)
        level[l] += level[l - 1];
    for (size_t i = 0; i < w->cells; i++) {
        uint32_t rank = level[w->most - w->number[i]]++;
        if (rank < listed)
            w->ranked[rank] = (uint32_t)i;
    }
    return HG_OK;
}

/* Adds incidents / area of the first k cells for every k. */
static void add_ratios(const drawing *d, const draw *w, double *sum)
{
    const float *share = d->surface->share;
    double incidents = 0, area = 0;
    size_t k = 0;
    for (; k < d->listed && k < w->cells; k++) {
        incidents += w->number[w->ranked[k]];
        area += (double)share[w->cell[w->ranked[k]]];
        sum[k] += incidents / area;
    }
    for (size_t p = 0, hit = 0; k < d->listed; k++, p++) {
        for (; hit < w->cells && w->cell[hit] == p; hit++)
            p++;
        area += (double)share[p];
        sum[k] += incidents / area;
    }
}

static hg_status draw_new(const drawing *d, draw *w, hg_error *err)
{
    size_t cells = d->surface->cells, most = d->incidents < cells ? d->incidents : cells;
    w->thrown = hg_malloc(d->incidents, sizeof *w->thrown);
    w->spare = hg_malloc(d->incidents, sizeof *w->spare);
    w->cell = hg_malloc(most, sizeof *w->cell);
    w->number = hg_malloc(most, sizeof *w->number);
    w->ranked = hg_malloc(d->listed < most ? d->listed : most, sizeof *w->ranked);
    bool ok = w->thrown && w->spare && w->cell && w->number && w->ranked;
    return ok ? HG_OK : hg_fail_memory(err);
}

static void draw_dispose(draw *w)
{
    hg_free(w->thrown);
    hg_free(w->spare);
    hg_free(w->cell);
    hg_free(w->number);
    hg_free(w->ranked);
    hg_free(w->level);
}

/* Makes the draws of one group, in order, into the group's own sums. */
static hg_status run_group(void *context, size_t group, hg_error *err)
{
    const drawing *d = context;
    draw w = {0};
    hg_status s = draw_new(d, &w, err);
    size_t end = d->draws * (group + 1) / d->groups;
    for (size_t i = d->draws * group / d->groups; s == HG_OK && i < end; i++) {
        s = hg_check_cancel(d->control, err);
        if (s != HG_OK)
            break;
        throw_incidents(d, i, &w);
        collect(d, &w);
        s = rank_draw(d->listed, &w, err);
        if (s == HG_OK)
            add_ratios(d, &w, d->sums + group * d->listed);
    }
    draw_dispose(&w);
    return s;
}

/* A number that depends on the task alone, so that sums are always added in the same order. */
static size_t group_count(size_t draws, size_t listed)
{
    size_t fit = SUMS_BYTES / (listed * sizeof(double));
    size_t groups = fit < GROUPS_MIN ? GROUPS_MIN : fit > GROUPS_MAX ? GROUPS_MAX : fit;
    return groups < draws ? groups : draws;
}

static void combine(const drawing *d, double *chance)
{
    double scale = d->surface->total / ((double)d->incidents * (double)d->draws);
    for (size_t k = 0; k < d->listed; k++) {
        double sum = 0;
        for (size_t group = 0; group < d->groups; group++)
            sum += d->sums[group * d->listed + k];
        chance[k] = sum * scale;
    }
}

static hg_status run_draws(drawing *d, double *chance, hg_error *err)
{
    d->groups = group_count(d->draws, d->listed);
    d->sums = hg_calloc(d->groups * d->listed, sizeof *d->sums);
    if (!d->sums)
        return hg_fail_memory(err);
    int threads = d->control ? d->control->threads : 0;
    hg_status s = hg_parallel(d->groups, threads, run_group, d, err);
    if (s == HG_OK)
        combine(d, chance);
    hg_free(d->sums);
    return s;
}

hg_status hg_concentration_chance(const hg_rank_input *input, const double *expected, const hg_ranking *ranking,
                                  int draws, hg_control *control, double *chance, hg_error *err)
{
    if (draws < 1)
        return hg_fail(err, HG_EUSAGE, "%d chance draws; at least 1 is needed", draws);
    if (input->counts->total == 0 || ranking->listed == 0) {
        for (size_t k = 0; k < ranking->listed; k++)
            chance[k] = NAN;
        return HG_OK;
    }
    surface drawn = {0};
    hg_status s = surface_fill(input, &drawn, err);
    if (s == HG_OK && expected)
        s = surface_follow(input, expected, &drawn, err);
    drawing d = {.surface = &drawn,
                 .incidents = input->counts->total,
                 .seed = control ? control->seed : 0,
                 .listed = ranking->listed,
                 .draws = (size_t)draws,
                 .control = control};
    if (s == HG_OK)
        s = run_draws(&d, chance, err);
    hg_free(drawn.share);
    hg_free(drawn.aliases);
    return s;
}
