/* Local statistics for callers who hold places and lists of neighbours instead of a map. */
#include "base/memory.h"
#include "engine/local.h"
#include "engine/relabelling.h"

#include <math.h>

typedef struct lists {
    const double *value;
    size_t n;
    const size_t *first;
    const uint32_t *neighbour;
    hg_local_moments moments;
    uint32_t *around; /* neighbours and the place itself */
    size_t most;      /* of these */
    double *gi_p_sim, *moran_p_sim;
} lists;

static hg_status check_list(const lists *l, size_t i, uint32_t *seen_by, hg_error *err)
{
    if (l->first[i + 1] < l->first[i])
        return hg_fail(err, HG_EUSAGE, "the list of place %zu begins at %zu and ends at %zu", i, l->first[i],
                       l->first[i + 1]);
    for (size_t k = l->first[i]; k < l->first[i + 1]; k++) {
        uint32_t j = l->neighbour[k];
        if (j >= l->n || j == i)
            return hg_fail(err, HG_EUSAGE, "place %zu has %u as a neighbour: another place below %zu was expected", i,
                           j, l->n);
        if (seen_by[j] == i + 1)
            return hg_fail(err, HG_EUSAGE, "place %zu has %u as a neighbour twice", i, j);
        seen_by[j] = (uint32_t)(i + 1);
    }
    return HG_OK;
}

static hg_status check_lists(const lists *l, hg_error *err)
{
    if (l->n >= UINT32_MAX)
        return hg_fail(err, HG_EUSAGE, "%zu places: fewer than %u were expected", l->n, UINT32_MAX);
    uint32_t *seen_by = hg_calloc(l->n, sizeof *seen_by);
    hg_status status = seen_by ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < l->n && status == HG_OK; i++)
        status = check_list(l, i, seen_by, err);
    hg_free(seen_by);
    return status;
}

/* Sum over the neighbours of place i. */
static double sum_list(const lists *l, const double *map, size_t i)
{
    double sum = 0;
    for (size_t k = l->first[i]; k < l->first[i + 1]; k++)
        sum += map[l->neighbour[k]];
    return sum;
}

enum { RUN = 256 };

static void pass_lists(const hg_relabelling *r, const double *map, void *scratch, hg_tally *tally)
{
    (void)scratch;
    const lists *l = r->context;
    double sum[RUN];
    for (size_t from = 0; from < l->n; from += RUN) {
        size_t n = l->n - from < RUN ? l->n - from : RUN;
        for (size_t k = 0; k < n; k++)
            sum[k] = map[from + k] + sum_list(l, map, from + k);
        hg_relabelling_take(r, tally, from, n, sum, map + from);
    }
}

static hg_status prepare(lists *l, hg_error *err)
{
    hg_status status = check_lists(l, err);
    if (status == HG_OK)
        status = hg_local_moments_of(l->value, l->n, NULL, &l->moments, err);
    l->around = hg_malloc(l->n, sizeof *l->around);
    if (status == HG_OK && !l->around)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < l->n && status == HG_OK; i++) {
        l->around[i] = (uint32_t)(l->first[i + 1] - l->first[i] + 1);
        l->most = l->around[i] > l->most ? l->around[i] : l->most;
    }
    return status;
}

static hg_status relabel_lists(lists *l, int draws, uint64_t seed, int threads, hg_error *err)
{
    hg_relabelling r = {.places = l->n, .map_size = l->n, .positions = l->n, .around = l->around, .line = l->most,
                        .draws = draws, .seed = seed, .threads = threads, .pass = pass_lists, .context = l};
    l->gi_p_sim = hg_malloc(l->n, sizeof *l->gi_p_sim);
    l->moran_p_sim = hg_malloc(l->n, sizeof *l->moran_p_sim);
    if (!l->gi_p_sim || !l->moran_p_sim)
        return hg_fail_memory(err);
    return hg_relabel(&r, l->value, &l->moments, l->gi_p_sim, l->moran_p_sim, err);
}

static void copy_p(const double *from, size_t n, double *to)
{
    for (size_t i = 0; to && i < n; i++)
        to[i] = from ? from[i] : NAN;
}

static void write_out(const lists *l, const hg_local_columns *out)
{
    for (size_t i = 0; i < l->n; i++) {
        double own = l->value[i] - l->moments.base, sum = own;
        for (size_t k = l->first[i]; k < l->first[i + 1]; k++)
            sum += l->value[l->neighbour[k]] - l->moments.base;
        hg_local_write(&l->moments, own, sum, l->around[i], out, i);
    }
    copy_p(l->gi_p_sim, l->n, out->gi_p_sim);
    copy_p(l->moran_p_sim, l->n, out->moran_p_sim);
}

hg_status hg_local_statistics(const double *value, size_t n, const size_t *first, const uint32_t *neighbour,
                              int draws, uint64_t seed, int threads, const hg_local_columns *out, hg_error *err)
{
    lists l = {.value = value, .n = n, .first = first, .neighbour = neighbour};
    hg_status status = prepare(&l, err);
    if (status == HG_OK && draws != 0)
        status = relabel_lists(&l, draws, seed, threads, err);
    if (status == HG_OK)
        write_out(&l, out);
    hg_free(l.around);
    hg_free(l.gi_p_sim);
    hg_free(l.moran_p_sim);
    return status;
}
