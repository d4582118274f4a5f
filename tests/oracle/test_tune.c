/* Tuning against a twin that runs every candidate as a forecast of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/bandwidth.h"
#include "engine/incidents.h"
#include "engine/tune.h"
#include "tests/support/forecast_world.h"

#include <stdlib.h>
#include <string.h>

enum { LIVES = 6, STRENGTHS = 10, BANDWIDTHS_MOST = 9, BUDGETS = 5, WINDOWS = 6, ORIGINS = 4 };

static const double lives_days[LIVES] = {30, 90, 180, 365, 730, 0};
static const double strengths[STRENGTHS] = {0, 0.02, 0.1, 0.25, 0.5, 1, 2, 4, 9, INFINITY};
static const double budgets[BUDGETS] = {0.005, 0.01, 0.02, 0.05, 0.1};
/* T = 200 days and a horizon of 60: inner windows of 50 days from T/4 on, then of 60. */
static const int64_t window_days[WINDOWS][2] = {{50, 100}, {100, 150}, {150, 200}, {200, 260}, {260, 320}, {320, 380}};
static const int64_t origins[ORIGINS] = {200 * DAY, 259 * DAY, 260 * DAY, 380 * DAY};
static const size_t served[ORIGINS] = {3, 3, 4, 6};

typedef struct candidate {
    double value[LIVES][STRENGTHS][BANDWIDTHS_MOST];
} candidate;

static forecast_world world;
static uint64_t cells[WORLD_MOST]; /* in which the incidents count */
static double tried[WINDOWS][LIVES][STRENGTHS][BANDWIDTHS_MOST][BUDGETS];

static void make_world(size_t n, uint64_t seed)
{
    make_forecast_world(&world, n, 400, seed);
    for (size_t i = 0; i < n; i++)
        cells[i] = world.outside[i] ? UINT64_MAX
                                    : hg_incident_cell(&world_grid, world.share, world.x[i], world.y[i]);
}

static hg_tuning tuning_of(void)
{
    return (hg_tuning){&world.events, &world_grid, world.share, 0, 200.0 * DAY, 60.0 * DAY, {HG_QUARTIC, 0, 4}};
}

static double weight_at(double life_days, int64_t origin)
{
    double sum = 0;
    for (size_t i = 0; i < world.n; i++)
        if (world.t[i] < origin && cells[i] != UINT64_MAX)
            sum += world.w[i] * (life_days > 0 ? pow(0.5, (double)(origin - world.t[i]) / DAY / life_days) : 1);
    return sum;
}

static hg_forecast method_of(size_t l, size_t s, double bandwidth_m, int64_t origin)
{
    double kappa = strengths[s] * weight_at(0, 200 * DAY);
    return (hg_forecast){.kind = HG_FORECAST_SHRUNK,
                         .train_s = INFINITY,
                         .half_life_s = lives_days[l] * DAY,
                         .kernel = {HG_QUARTIC, bandwidth_m, 4},
                         .shrinkage = isinf(kappa) ? 1 : kappa / (kappa + weight_at(lives_days[l], origin))};
}

/* ------------------------------------------------- hits ----------------------------------- */

typedef struct scored {
    uint32_t leading; /* sign, exponent and 7 bits */
    double area, hits;
} scored;

static int best_first(const void *a, const void *b)
{
    const scored *p = a, *q = b;
    return (p->leading < q->leading) - (p->leading > q->leading);
}

/* Each group of equal leading bits is taken whole, or by the part of its area that still fits. */
static double hits_within(const scored *order, size_t n, double room)
{
    double hits = 0;
    for (size_t i = 0; i < n && room > 0;) {
        double area = 0, sum = 0;
        size_t k = i;
        for (; k < n && order[k].leading == order[i].leading; k++) {
            area += order[k].area;
            sum += order[k].hits;
        }
        hits += sum * fmin(1, room / area);
        room -= area;
        i = k;
    }
    return hits;
}

static void count_hits(const hg_forecast *m, const int64_t days[2], double out[BUDGETS])
{
    hg_error err = {HG_OK, ""};
    float score[WORLD_CELLS];
    double all = 0, judged[WORLD_CELLS] = {0};
    scored order[WORLD_CELLS];
    size_t n = 0;
    assert_int_equal(hg_forecast_scores(m, &world.events, days[0] * DAY, &world_grid, world.share, NULL, score, &err),
                     HG_OK);
    for (size_t i = 0; i < world.n; i++)
        if (world.t[i] >= days[0] * DAY && world.t[i] < days[1] * DAY && cells[i] != UINT64_MAX)
            judged[cells[i]]++;
    for (size_t c = 0; c < WORLD_CELLS; c++) {
        uint32_t bits;
        memcpy(&bits, &score[c], sizeof bits);
        all += (double)world.share[c];
        if (world.share[c] > 0 && score[c] > 0)
            order[n++] = (scored){bits >> 16, (double)world.share[c], judged[c]};
    }
    qsort(order, n, sizeof *order, best_first);
    for (size_t b = 0; b < BUDGETS; b++)
        out[b] = hits_within(order, n, budgets[b] * all);
}

static void try_all(const double *bandwidths, size_t n)
{
    for (size_t w = 0; w < WINDOWS; w++)
        for (size_t l = 0; l < LIVES; l++)
            for (size_t s = 0; s < STRENGTHS; s++)
                for (size_t b = 0; b < n; b++) {
                    hg_forecast m = method_of(l, s, bandwidths[b], window_days[w][0] * DAY);
                    count_hits(&m, window_days[w], tried[w][l][s][b]);
                }
}

/* ------------------------------------------------- the choice ------------------------------ */

static size_t clamped(size_t i, int step, size_t n)
{
    int64_t at = (int64_t)i + step;
    return at < 0 ? 0 : at >= (int64_t)n ? n - 1 : (size_t)at;
}

/* The three axes at once. */
static candidate smoothed(const candidate *was, size_t bandwidths)
{
    static const double part[3] = {0.25, 0.5, 0.25};
    candidate v = {0};
    for (size_t l = 0; l < LIVES; l++)
        for (size_t s = 0; s < STRENGTHS; s++)
            for (size_t b = 0; b < bandwidths; b++)
                for (int i = 0; i < 27; i++)
                    v.value[l][s][b] += part[i / 9] * part[i / 3 % 3] * part[i % 3] *
                                        was->value[clamped(l, i / 9 - 1, LIVES)][clamped(s, i / 3 % 3 - 1, STRENGTHS)]
                                                  [clamped(b, i % 3 - 1, bandwidths)];
    return v;
}

static size_t bandwidths_of(double out[BANDWIDTHS_MOST])
{
    hg_error err = {HG_OK, ""};
    hg_points points = {0, world.x, world.y, world.w};
    double silverman = 0;
    while (points.n < world.n && world.t[points.n] < 200 * DAY)
        points.n++;
    assert_int_equal(hg_bandwidth_by_rule(HG_RULE_SILVERMAN, HG_QUARTIC, &points, &silverman, &err), HG_OK);
    double most = fmax(200, 1.5 * silverman);
    size_t n = (size_t)fmax(4, round(log(most / 50) / log(1.6)) + 1);
    assert_true(n <= BANDWIDTHS_MOST);
    for (size_t b = 0; b < n; b++)
        out[b] = 50 * exp(log(most / 50) * (double)b / (double)(n - 1));
    return n;
}

static void check_choice(const hg_tuned *chosen, size_t k, const double *bandwidths, size_t n)
{
    static candidate v;
    static double at_one[LIVES][STRENGTHS][BANDWIDTHS_MOST];
    size_t best[3] = {0, 0, 0};
    for (size_t l = 0; l < LIVES; l++)
        for (size_t s = 0; s < STRENGTHS; s++)
            for (size_t b = 0; b < n; b++) {
                double pooled[BUDGETS] = {0}, sum = 0;
                for (size_t i = 0; i < BUDGETS; i++) {
                    for (size_t w = 0; w < served[k]; w++)
                        pooled[i] += tried[w][l][s][b][i];
                    sum += log(1 + pooled[i]);
                }
                v.value[l][s][b] = sum / BUDGETS;
                at_one[l][s][b] = pooled[1];
            }
    candidate once = smoothed(&v, n), twice = smoothed(&once, n);
    for (size_t l = 0; l < LIVES; l++)
        for (size_t s = 0; s < STRENGTHS; s++)
            for (size_t b = 0; b < n; b++)
                if (twice.value[l][s][b] > twice.value[best[0]][best[1]][best[2]] + 1e-12) {
                    best[0] = l;
                    best[1] = s;
                    best[2] = b;
                }
    hg_forecast m = method_of(best[0], best[1], bandwidths[best[2]], origins[k]);
    assert_true(chosen->forecast.half_life_s == m.half_life_s);
    assert_true(fabs(chosen->forecast.shrinkage - m.shrinkage) < 1e-9);
    assert_true(fabs(chosen->forecast.kernel.bandwidth_m - m.kernel.bandwidth_m) < 1e-6);
    assert_true(fabs(chosen->hits - at_one[best[0]][best[1]][best[2]]) < 1e-6);
}

static void tune(int threads, hg_tuned chosen[ORIGINS])
{
    hg_error err = {HG_OK, ""};
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = threads, .seed = 7};
    hg_tuning t = tuning_of();
    assert_int_equal(hg_tune(&t, origins, ORIGINS, &control, chosen, &err), HG_OK);
}

static void test_twin(void **state)
{
    (void)state;
    hg_tuned chosen[ORIGINS];
    double bandwidths[BANDWIDTHS_MOST];
    make_world(700, 5);
    size_t n = bandwidths_of(bandwidths);
    tune(3, chosen);
    try_all(bandwidths, n);
    for (size_t k = 0; k < ORIGINS; k++) {
        uint64_t judged = 0;
        for (size_t i = 0; i < world.n; i++)
            judged += world.t[i] >= 50 * DAY && world.t[i] < window_days[served[k] - 1][1] * DAY &&
                      cells[i] != UINT64_MAX;
        assert_int_equal(chosen[k].windows, served[k]);
        assert_int_equal(chosen[k].judged, judged);
        check_choice(&chosen[k], k, bandwidths, n);
    }
}

static void test_threads(void **state)
{
    (void)state;
    hg_tuned one[ORIGINS], four[ORIGINS];
    make_world(1500, 6);
    tune(1, one);
    tune(4, four);
    for (size_t k = 0; k < ORIGINS; k++) {
        assert_true(one[k].forecast.half_life_s == four[k].forecast.half_life_s);
        assert_true(one[k].forecast.shrinkage == four[k].forecast.shrinkage);
        assert_true(one[k].forecast.kernel.bandwidth_m == four[k].forecast.kernel.bandwidth_m);
        assert_true(one[k].hits == four[k].hits);
    }
}

/* A history of one incident teaches nothing, and is no error either. */
static void test_next_to_nothing(void **state)
{
    (void)state;
    hg_tuned chosen[ORIGINS];
    make_world(1, 7);
    tune(2, chosen);
    for (size_t k = 0; k < ORIGINS; k++) {
        assert_int_equal(chosen[k].forecast.kind, HG_FORECAST_SHRUNK);
        assert_true(chosen[k].forecast.kernel.bandwidth_m >= 50);
        assert_true(chosen[k].forecast.shrinkage >= 0 && chosen[k].forecast.shrinkage <= 1);
    }
}

static void test_cancelled(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 2};
    hg_tuned chosen[ORIGINS];
    make_world(300, 8);
    hg_tuning t = tuning_of();
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_tune(&t, origins, ORIGINS, &control, chosen, &err), HG_ECANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_next_to_nothing),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
