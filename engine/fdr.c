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

static hg_status list_tests(const double *p, size_t n, uint64_t *key, uint32_t *place, size_t *tests, hg_error *err)
{
    *tests = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i]))
            continue;
        if (!(p[i] >= 0 && p[i] <= 1))
            return hg_fail(err, HG_EUSAGE, "a probability of %g: 0 to 1 was expected", p[i]);
        key[*tests] = bits_of(p[i]);
        place[(*tests)++] = (uint32_t)i;
    }
    return HG_OK;
}

/* From the largest p down, the least p m / rank so far. */
static void step_up(const double *p, const uint32_t *place, size_t m, double *q)
{
    double least = 1;
    for (size_t k = m; k-- > 0;) {
        double value = p[place[k]] * (double)m / (double)(k + 1);
        least = value < least ? value : least;
        q[place[k]] = least;
    }
}

hg_status hg_fdr_q_values(const double *p, size_t n, double *q, size_t *tests, hg_error *err)
{
    if (n > UINT32_MAX)
        return hg_fail(err, HG_EUSAGE, "%zu tests at once: at most %u were expected", n, UINT32_MAX);
    uint64_t *key = hg_malloc(n, sizeof *key);
    uint32_t *place = hg_malloc(n, sizeof *place);
    size_t m = 0;
    hg_status status = key && place ? list_tests(p, n, key, place, &m, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_radix_sort(key, place, m, 1, err);
    if (status == HG_OK) {
        for (size_t i = 0; i < n; i++)
            if (isnan(p[i]))
                q[i] = NAN;
        step_up(p, place, m, q);
        if (tests)
            *tests = m;
    }
    hg_free(key);
    hg_free(place);
    return status;
}
