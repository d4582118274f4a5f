#include "engine/fdr.h"
#include "base/memory.h"
#include "base/radix.h"

#include <math.h>
#include <string.h>

/* Of doubles that are not negative the bits sort as the values do. */
static uint64_t bits_of(double p)
{
    uint64_t bits;
    p += 0.0; /* -0 has another bit pattern than 0 */
    memcpy(&bits, &p, sizeof bits);
    return bits;
}

/* Of the tests with p < 1; those with p = 1 rank last, whatever their order, and have q = 1. */
typedef struct ranking {
    uint64_t *key;
    uint32_t *place;
    size_t n;     /* of these */
    size_t tests; /* of all */
} ranking;

static hg_status count_tests(const double *p, size_t n, ranking *r, hg_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i]))
            continue;
        if (!(p[i] >= 0 && p[i] <= 1))
            return hg_fail(err, HG_EUSAGE, "a probability of %g: 0 to 1 was expected", p[i]);
        r->tests++;
        r->n += p[i] < 1;
    }
    return HG_OK;
}

static hg_status list_tests(const double *p, size_t n, ranking *r, hg_error *err)
{
    r->key = hg_malloc(r->n, sizeof *r->key);
    r->place = hg_malloc(r->n, sizeof *r->place);
    if (!r->key || !r->place)
        return hg_fail_memory(err);
    for (size_t i = 0, k = 0; i < n; i++) {
        if (!(p[i] < 1))
            continue;
        r->key[k] = bits_of(p[i]);
        r->place[k++] = (uint32_t)i;
    }
    return HG_OK;
}

/* From the largest p down, the least p m / rank so far. */
static void step_up(const double *p, const ranking *r, double *q)
{
    double least = 1, m = (double)r->tests;
    for (size_t k = r->n; k-- > 0;) {
        double value = p[r->place[k]] * m / (double)(k + 1);
        least = value < least ? value : least;
        q[r->place[k]] = least;
    }
}

hg_status hg_fdr_q_values(const double *p, size_t n, double *q, size_t *tests, hg_error *err)
{
    if (n > UINT32_MAX)
        return hg_fail(err, HG_EUSAGE, "%zu tests at once: at most %u were expected", n, UINT32_MAX);
    ranking r = {0};
    hg_status status = count_tests(p, n, &r, err);
    if (status == HG_OK)
        status = list_tests(p, n, &r, err);
    if (status == HG_OK)
        status = hg_radix_sort(r.key, r.place, r.n, 1, err);
    if (status == HG_OK) {
        for (size_t i = 0; i < n; i++)
            q[i] = isnan(p[i]) ? NAN : 1;
        step_up(p, &r, q);
        if (tests)
            *tests = r.tests;
    }
    hg_free(r.key);
    hg_free(r.place);
    return status;
}
