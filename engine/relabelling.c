/*
 * Levels are whole numbers whose sums are exact, so that no answer hangs on the order of a sum and ties are
 * ties. A draw deals out only the values above the least where these are the fewer (rare events on many
 * cells): each takes a place at random, and another if that is taken. Else all are shuffled (Durstenfeld 1964).
 */
#include "engine/relabelling.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum { SUM_BITS = 51 };

typedef struct working {
    const hg_relabelling *r;
    atomic_int next; /* draw */
    hg_tally *tallies;
} working;

/* What one thread deals with. */
typedef struct dealer {
    double *map;
    uint64_t *taken; /* a bit for each place */
    uint64_t *used;  /* places that were given a level */
    void *scratch;
} dealer;

static uint64_t slot_of(const hg_relabelling *r, uint64_t place)
{
    return r->slot ? r->slot[place] : place;
}

static hg_status make_levels(hg_relabelling *r, const double *value, const hg_local_moments *m, hg_error *err)
{
    double unit = 1, sum = 0;
    r->whole = m->whole;
    if (!m->whole)
        unit = (m->most - m->least) / exp2(SUM_BITS - ceil(log2((double)r->line + 1)));
    r->level = hg_malloc(r->places, sizeof *r->level);
    if (!r->level)
        return hg_fail_memory(err);
    r->most = 0;
    r->raised = 0;
    for (size_t i = 0; i < r->places; i++) {
        double level = rint((value[slot_of(r, i)] - m->base - m->least) / unit);
        r->level[i] = level;
        r->most = level > r->most ? level : r->most;
        r->raised += level > 0;
        sum += level;
    }
    r->mean = sum / (double)r->places;
    return HG_OK;
}

/*
 * What a rounded value may be wrong by counts as equal; of whole ones the sums are exact and only the mean is
 * rounded.
 */
static double moran_slack(const hg_relabelling *r, double neighbours)
{
    return neighbours * r->most * (r->whole ? 0x1p-48 * r->most : 4);
}

static void set_limits(const hg_relabelling *r, size_t from, size_t n, const double *sum, const double *own)
{
    for (size_t k = 0; k < n; k++) {
        double around = r->around[from + k], neighbours = around - 1, expected = neighbours * r->mean;
        r->expected[from + k] = expected;
        r->gi_limit[from + k] = around > 0 ? sum[k] - (r->whole ? 0 : around) : INFINITY;
        r->moran_limit[from + k] = around > 1 ? (own[k] - r->mean) * (sum[k] - own[k] - expected) -
                                                    moran_slack(r, neighbours)
                                              : INFINITY;
    }
}

void hg_relabelling_take(const hg_relabelling *r, hg_tally *tally, size_t from, size_t n, const double *sum,
                         const double *own)
{
    if (!tally) {
        set_limits(r, from, n, sum, own);
        return;
    }
    const double *gi_limit = r->gi_limit + from, *moran_limit = r->moran_limit + from;
    const double *expected = r->expected + from, mean = r->mean;
    uint32_t *restrict gi = tally->gi + from, *restrict moran = tally->moran + from;
    for (size_t k = 0; k < n; k++) {
        gi[k] += sum[k] >= gi_limit[k];
        moran[k] += (own[k] - mean) * (sum[k] - own[k] - expected[k]) >= moran_limit[k];
    }
}

/* Each raised level to a place of its own. */
static void deal_raised(const hg_relabelling *r, hg_random *random, dealer *d)
{
    size_t used = 0;
    for (size_t i = 0; i < r->places; i++) {
        if (r->level[i] == 0)
            continue;
        uint64_t place;
        do
            place = hg_random_below(random, r->places);
        while (d->taken[place >> 6] >> (place & 63) & 1);
        d->taken[place >> 6] |= UINT64_C(1) << (place & 63);
        d->used[used++] = place;
        d->map[slot_of(r, place)] = r->level[i];
    }
}

static void clear_raised(const hg_relabelling *r, dealer *d)
{
    for (size_t k = 0; k < r->raised; k++) {
        d->map[slot_of(r, d->used[k])] = 0;
        d->taken[d->used[k] >> 6] = 0;
    }
}

static void deal_all(const hg_relabelling *r, hg_random *random, dealer *d)
{
    for (size_t i = 0; i < r->places; i++) {
        uint64_t here = slot_of(r, i), other = slot_of(r, hg_random_below(random, i + 1));
        d->map[here] = d->map[other];
        d->map[other] = r->level[i];
    }
}

static void deal(const hg_relabelling *r, int draw, dealer *d, hg_tally *tally)
{
    hg_random random = hg_random_seed(r->seed, (uint64_t)draw);
    bool few = r->raised <= r->places / 2;
    if (few)
        deal_raised(r, &random, d);
    else
        deal_all(r, &random, d);
    r->pass(r, d->map, d->scratch, tally);
    if (few)
        clear_raised(r, d);
}

static hg_status dealer_init(const hg_relabelling *r, dealer *d, hg_error *err)
{
    *d = (dealer){0};
    d->map = hg_calloc(r->map_size, sizeof *d->map);
    d->taken = hg_calloc(r->places / 64 + 1, sizeof *d->taken);
    d->used = hg_malloc(r->raised, sizeof *d->used);
    if (!d->map || !d->taken || !d->used)
        return hg_fail_memory(err);
    return r->scratch_new ? r->scratch_new(r, &d->scratch, err) : HG_OK;
}

static void dealer_dispose(const hg_relabelling *r, dealer *d)
{
    hg_free(d->map);
    hg_free(d->taken);
    hg_free(d->used);
    if (d->scratch)
        r->scratch_free(d->scratch);
}

static hg_status tally_init(const hg_relabelling *r, hg_tally *t, hg_error *err)
{
    t->gi = hg_calloc(r->positions, sizeof *t->gi);
    t->moran = hg_calloc(r->positions, sizeof *t->moran);
    return t->gi && t->moran ? HG_OK : hg_fail_memory(err);
}

/* Takes draws until none is left. Counts add up to the same whoever made which draw. */
static hg_status work(void *context, size_t worker, hg_error *err)
{
    working *w = context;
    const hg_relabelling *r = w->r;
    dealer d;
    hg_status status = dealer_init(r, &d, err);
    if (status == HG_OK)
        status = tally_init(r, &w->tallies[worker], err);
    for (int draw; status == HG_OK && (draw = atomic_fetch_add(&w->next, 1)) < r->draws;) {
        deal(r, draw, &d, &w->tallies[worker]);
        if (!r->control)
            continue;
        hg_say_progress(r->control, "relabelling", (double)(draw + 1) / r->draws);
        status = hg_check_cancel(r->control, err);
    }
    dealer_dispose(r, &d);
    return status;
}

/* The true map's sums become the limits. */
static hg_status observe(const hg_relabelling *r, hg_error *err)
{
    dealer d;
    hg_status status = dealer_init(r, &d, err);
    if (status == HG_OK) {
        for (size_t i = 0; i < r->places; i++)
            d.map[slot_of(r, i)] = r->level[i];
        r->pass(r, d.map, d.scratch, NULL);
    }
    dealer_dispose(r, &d);
    return status;
}

static void write_p(const hg_relabelling *r, const working *w, size_t workers, double *gi_p, double *moran_p)
{
    double all = 1.0 + r->draws;
    for (size_t k = 0; k < r->positions; k++) {
        uint64_t gi = 1, moran = 1;
        for (size_t t = 0; t < workers; t++) {
            gi += w->tallies[t].gi ? w->tallies[t].gi[k] : 0;
            moran += w->tallies[t].moran ? w->tallies[t].moran[k] : 0;
        }
        bool judged = r->most > 0;
        if (gi_p)
            gi_p[k] = judged && r->around[k] > 0 && r->around[k] < r->places ? (double)gi / all : NAN;
        if (moran_p)
            moran_p[k] = judged && r->around[k] > 1 ? (double)moran / all : NAN;
    }
}

static hg_status run(const hg_relabelling *r, double *gi_p, double *moran_p, hg_error *err)
{
    size_t workers = (size_t)hg_thread_count(r->threads);
    workers = workers > (size_t)r->draws ? (size_t)r->draws : workers;
    working w = {.r = r, .tallies = hg_calloc(workers, sizeof *w.tallies)};
    atomic_init(&w.next, 0);
    if (!w.tallies)
        return hg_fail_memory(err);
    hg_status status = r->most > 0 ? hg_parallel(workers, r->threads, work, &w, err) : HG_OK;
    if (status == HG_OK)
        write_p(r, &w, workers, gi_p, moran_p);
    for (size_t t = 0; t < workers; t++) {
        hg_free(w.tallies[t].gi);
        hg_free(w.tallies[t].moran);
    }
    hg_free(w.tallies);
    return status;
}

hg_status hg_relabel(hg_relabelling *r, const double *value, const hg_local_moments *m, double *gi_p, double *moran_p,
                     hg_error *err)
{
    if (r->draws < 1)
        return hg_fail(err, HG_EUSAGE, "%d relabellings: at least 1 was expected", r->draws);
    hg_status status = make_levels(r, value, m, err);
    if (status != HG_OK)
        return status;
    r->gi_limit = hg_malloc(r->positions, sizeof *r->gi_limit);
    r->moran_limit = hg_malloc(r->positions, sizeof *r->moran_limit);
    r->expected = hg_malloc(r->positions, sizeof *r->expected);
    status = r->gi_limit && r->moran_limit && r->expected ? observe(r, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = run(r, gi_p, moran_p, err);
    hg_free(r->level);
    hg_free(r->gi_limit);
    hg_free(r->moran_limit);
    hg_free(r->expected);
    r->level = r->gi_limit = r->moran_limit = r->expected = NULL;
    return status;
}
