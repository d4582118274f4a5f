/* A trial against a twin that does everything the slow way, and what must hold of any trial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/backtest.h"
#include "engine/incidents.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 3000, COLUMNS = 14, ROWS = 11, CELLS = COLUMNS * ROWS, DAY = 86400, BUDGETS = 5, METHODS = 6 };

static const hg_grid grid = {50, -3, 20, COLUMNS, ROWS};
static const double budgets[BUDGETS] = {0.005, 0.02, 0.05, 0.1, 0.35};
static const hg_rolling rolling = {0, 400 * DAY, 100 * DAY, 60 * DAY, 45 * DAY};

typedef struct world {
    size_t n;
    double x[MOST], y[MOST], w[MOST];
    int64_t t[MOST];
    uint8_t outside[MOST];
    float share[CELLS];
    hg_forecast_events events;
} world;

/* Incidents around a few centres that come and go, many of them at equal places. */
static void make_world(world *o, size_t n, uint64_t seed, bool even)
{
    hg_random r = hg_random_seed(seed, 0);
    o->n = n;
    for (size_t i = 0; i < n; i++) {
        double centre = (double)hg_random_below(&r, 6);
        o->t[i] = (int64_t)((double)i * 420 * DAY / (double)n);
        o->x[i] = hg_grid_column_west(&grid, 0) + COLUMNS * 50 * hg_random_unit(&r);
        o->y[i] = hg_grid_row_north(&grid, ROWS) + ROWS * 50 * hg_random_unit(&r);
        if (!even && hg_random_unit(&r) < 0.6) {
            o->x[i] = hg_grid_column_centre(&grid, 2) + 90 * centre + floor(40 * hg_random_unit(&r));
            o->y[i] = hg_grid_row_centre(&grid, 8) + 60 * centre + floor(40 * hg_random_unit(&r));
        }
        o->w[i] = 0.5 + (double)hg_random_below(&r, 4);
        o->outside[i] = !even && hg_random_below(&r, 20) == 0;
    }
    for (int64_t i = 0; i < CELLS; i++)
        o->share[i] = even ? 1.0f : i % 9 == 0 ? 0.0f : i % 4 == 0 ? 0.375f : 1.0f;
    o->events = (hg_forecast_events){n, o->x, o->y, o->w, o->t, o->outside};
}

static void make_methods(hg_forecast m[METHODS])
{
    m[0] = (hg_forecast){.kind = HG_FORECAST_COUNT, .train_s = 100 * DAY};
    m[1] = (hg_forecast){.kind = HG_FORECAST_COUNT, .train_s = INFINITY, .half_life_s = 30 * DAY};
    m[2] = (hg_forecast){.kind = HG_FORECAST_DENSITY, .train_s = 100 * DAY, .kernel = {HG_QUARTIC, 130, 4}};
    m[3] = (hg_forecast){.kind = HG_FORECAST_DENSITY, .train_s = 80 * DAY, .half_life_s = 20 * DAY,
                         .kernel = {HG_EPANECHNIKOV, 30, 4}};
    m[4] = (hg_forecast){.kind = HG_FORECAST_PROSPECTIVE, .train_s = 100 * DAY, .reach_m = 120, .reach_s = 25 * DAY};
    m[5] = (hg_forecast){.kind = HG_FORECAST_DENSITY, .train_s = 100 * DAY, .half_life_s = 60 * DAY, .adaptive = true,
                         .kernel = {HG_QUARTIC, 140, 4}};
}

/* By window, as the engine wants them. */
static hg_forecast *spread_methods(const hg_forecast *m, size_t methods, size_t windows)
{
    hg_forecast *all = malloc(methods * windows * sizeof *all);
    for (size_t i = 0; i < methods * windows; i++)
        all[i] = m[i / windows];
    return all;
}

static hg_trial trial_of(const world *o, const hg_forecast *all, size_t methods)
{
    return (hg_trial){&o->events, &grid, o->share, &rolling, all, methods, budgets, BUDGETS};
}

static void run(const hg_trial *t, int threads, hg_trial_result *r)
{
    hg_error err = {HG_OK, ""};
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = threads, .seed = 7};
    assert_int_equal(hg_trial_run(t, &control, r, &err), HG_OK);
}

/* ------------------------------------------------- the twin ------------------------------- */

static double kernel_at(const hg_kernel *k, double d)
{
    double u = d / k->bandwidth_m, h2 = k->bandwidth_m * k->bandwidth_m;
    if (u >= 1)
        return 0;
    return k->shape == HG_QUARTIC ? 3 / 3.14159265358979323846 * (1 - u * u) * (1 - u * u) / h2
                                  : 2 / 3.14159265358979323846 * (1 - u * u) / h2;
}

static double twin_weight(const world *o, const hg_forecast *m, size_t i, int64_t as_of)
{
    return o->w[i] * (m->half_life_s > 0 ? pow(0.5, (double)(as_of - o->t[i]) / m->half_life_s) : 1);
}

static bool in_sight(const world *o, const hg_forecast *m, size_t i, int64_t as_of)
{
    double age = (double)(as_of - o->t[i]);
    return age > 0 && age <= m->train_s && (m->kind != HG_FORECAST_PROSPECTIVE || age <= m->reach_s);
}

static double twin_density(const world *o, const hg_forecast *m, int64_t as_of, double x, double y)
{
    double sum = 0;
    for (size_t i = 0; i < o->n; i++)
        if (in_sight(o, m, i, as_of))
            sum += twin_weight(o, m, i, as_of) * kernel_at(&m->kernel, hypot(o->x[i] - x, o->y[i] - y));
    return sum * 1e6;
}

/* Abramson: a bandwidth by the root of the fixed density at the incident, at least a cell, at most 5 times the given. */
static double *twin_bandwidths(const world *o, const hg_forecast *m, int64_t as_of)
{
    double *h = calloc(o->n, sizeof *h), logs = 0, weights = 0;
    for (size_t i = 0; i < o->n; i++) {
        if (!in_sight(o, m, i, as_of))
            continue;
        h[i] = twin_density(o, m, as_of, o->x[i], o->y[i]);
        logs += twin_weight(o, m, i, as_of) * log(h[i]);
        weights += twin_weight(o, m, i, as_of);
    }
    for (size_t i = 0; i < o->n; i++)
        if (h[i] > 0)
            h[i] = fmax(50, fmin(700, 140 / sqrt(h[i] / exp(logs / weights))));
    return h;
}

static double twin_adaptive(const world *o, const hg_forecast *m, const double *h, int64_t as_of, double x, double y)
{
    double sum = 0;
    for (size_t i = 0; i < o->n; i++) {
        const hg_kernel own = {HG_QUARTIC, h[i], 4};
        if (h[i] > 0)
            sum += twin_weight(o, m, i, as_of) * kernel_at(&own, hypot(o->x[i] - x, o->y[i] - y));
    }
    return sum * 1e6;
}

static double twin_score(const world *o, const hg_forecast *m, const double *h, int64_t as_of, int64_t row,
                         int64_t column)
{
    double x = hg_grid_column_centre(&grid, column), y = hg_grid_row_centre(&grid, row), sum = 0;
    uint64_t cell = (uint64_t)(row * COLUMNS + column);
    if (!(o->share[cell] > 0))
        return 0;
    if (m->adaptive)
        return twin_adaptive(o, m, h, as_of, x, y);
    if (m->kind == HG_FORECAST_DENSITY) {
        int side = m->kernel.bandwidth_m < 50 ? 5 : 1; /* 50 / 5 is the first at most half of 30 */
        for (int a = 0; a < side; a++)
            for (int b = 0; b < side; b++)
                sum += twin_density(o, m, as_of, x - 25 + 50 * (a + 0.5) / side, y - 25 + 50 * (b + 0.5) / side);
        return sum / (side * side);
    }
    for (size_t i = 0; i < o->n; i++) {
        if (!in_sight(o, m, i, as_of))
            continue;
        double d = hypot(o->x[i] - x, o->y[i] - y), age = (double)(as_of - o->t[i]);
        if (m->kind == HG_FORECAST_PROSPECTIVE && d <= m->reach_m)
            sum += twin_weight(o, m, i, as_of) / (1 + d / 25) / (1 + age / (7 * DAY));
        if (m->kind == HG_FORECAST_COUNT && !o->outside[i] &&
            hg_incident_cell(&grid, o->share, o->x[i], o->y[i]) == cell)
            sum += twin_weight(o, m, i, as_of);
    }
    return sum;
}

typedef struct ranked {
    float score;
    size_t count;
    int64_t row, column; /* of the lattice, northward */
    uint64_t cell;
    double area;
} ranked;

static int best_first(const void *a, const void *b)
{
    const ranked *p = a, *q = b;
    if (p->score != q->score)
        return p->score > q->score ? -1 : 1;
    if (p->count != q->count)
        return p->count > q->count ? -1 : 1;
    if (p->row != q->row)
        return p->row < q->row ? -1 : 1;
    return (p->column > q->column) - (p->column < q->column);
}

static size_t rank_cells(const world *o, const hg_forecast *m, int64_t as_of, const float *score, ranked out[CELLS])
{
    size_t n = 0;
    for (int64_t c = 0; c < CELLS; c++) {
        if (!(o->share[c] > 0) || !(score[c] > 0))
            continue;
        out[n] = (ranked){score[c], 0, -(c / COLUMNS), c % COLUMNS, (uint64_t)c, (double)o->share[c] * 2500};
        for (size_t i = 0; i < o->n; i++)
            out[n].count += in_sight(o, m, i, as_of) && !o->outside[i] &&
                            hg_incident_cell(&grid, o->share, o->x[i], o->y[i]) == (uint64_t)c;
        n++;
    }
    qsort(out, n, sizeof *out, best_first);
    return n;
}

static bool judged(const world *o, size_t i, int64_t origin)
{
    return o->t[i] >= origin && (double)(o->t[i] - origin) < rolling.horizon_s && !o->outside[i] &&
           hg_incident_cell(&grid, o->share, o->x[i], o->y[i]) != UINT64_MAX;
}

/* Fills the area from the cell with most incidents per area down, searching for it every time. */
static double twin_best(const world *o, int64_t origin, double area)
{
    size_t count[CELLS] = {0};
    double sum = 0;
    for (size_t i = 0; i < o->n; i++)
        if (judged(o, i, origin))
            count[hg_incident_cell(&grid, o->share, o->x[i], o->y[i])]++;
    for (;;) {
        size_t best = CELLS;
        for (size_t c = 0; c < CELLS; c++)
            if (count[c] && (best == CELLS || (double)count[c] / (double)o->share[c] >
                                                  (double)count[best] / (double)o->share[best]))
                best = c;
        if (best == CELLS)
            return sum;
        double own = (double)o->share[best] * 2500;
        if (own > area * (1 + 1e-9))
            return sum + floor(area / own * (double)count[best] + 1e-9);
        sum += (double)count[best];
        area -= own;
        count[best] = 0;
    }
}

static double twin_clumpiness(const world *o, const bool *flagged)
{
    double touching = 0, m = 0, all = 0, least;
    for (int64_t c = 0; c < CELLS; c++) {
        all += o->share[c] > 0;
        m += flagged[c];
        int64_t row = c / COLUMNS, column = c % COLUMNS;
        for (int64_t r = row - 1; r <= row + 1; r++)
            for (int64_t k = column - 1; k <= column + 1; k++)
                if (flagged[c] && llabs(r - row) + llabs(k - column) == 1 && r >= 0 && r < ROWS && k >= 0 &&
                    k < COLUMNS)
                    touching += flagged[r * COLUMNS + k];
    }
    least = 2 * ceil(2 * sqrt(m)); /* Harary and Harborth 1976: the least perimeter of m squares */
    if (!(4 * m - least > 0) || m == all)
        return NAN;
    double g = touching / (4 * m - least), p = m / all;
    return g < p && p < 0.5 ? (g - p) / p : (g - p) / (1 - p);
}

static void same(double a, double b, const char *what)
{
    if (isnan(a) && isnan(b))
        return;
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
        print_message("%s: expected %.17g, obtained %.17g\n", what, b, a);
    assert_true(fabs(a - b) <= 1e-9 * fmax(1, fabs(b)));
}

static void compare_window(const world *o, const hg_forecast *m, const hg_trial_result *r, size_t method, size_t w)
{
    hg_error err = {HG_OK, ""};
    int64_t origin = hg_rolling_origin(&rolling, w);
    float score[CELLS];
    ranked order[CELLS];
    bool flagged[CELLS] = {false};
    assert_int_equal(hg_forecast_scores(m, &o->events, origin, &grid, o->share, NULL, score, &err), HG_OK);
    double *h = m->adaptive ? twin_bandwidths(o, m, origin) : NULL;
    for (int64_t c = 0; c < CELLS; c++)
        assert_true(fabs((double)score[c] - twin_score(o, m, h, origin, c / COLUMNS, c % COLUMNS)) <=
                    1e-6 * (1 + fabs((double)score[c])));
    free(h);
    size_t n = rank_cells(o, m, origin, score, order), k = 0;
    double area = 0;
    for (size_t b = 0; b < BUDGETS; b++) {
        uint64_t hits = 0;
        while (k < n && (k == 0 || area + order[k].area <= budgets[b] * r->area_m2 * (1 + 1e-12))) {
            area += order[k].area;
            flagged[order[k++].cell] = true;
        }
        for (size_t i = 0; i < o->n; i++)
            hits += judged(o, i, origin) && flagged[hg_incident_cell(&grid, o->share, o->x[i], o->y[i])];
        const hg_tally *t = hg_trial_tally(r, method, w, b);
        assert_int_equal(t->hits, hits);
        same(t->area_m2, area, "area");
        double bought = area, cell_m2 = grid.cell_m * grid.cell_m;
        while (k == n && bought + cell_m2 <= budgets[b] * r->area_m2 * (1 + 1e-12))
            bought += cell_m2;
        same(t->bought_m2, bought, "bought");
        same(t->best, twin_best(o, origin, bought), "best");
        same(t->clumpiness, twin_clumpiness(o, flagged), "clumpiness");
        assert_true((double)t->hits <= t->best);
    }
}

static void test_twin(void **state)
{
    (void)state;
    static world o;
    hg_forecast m[METHODS];
    hg_trial_result r = {0};
    make_world(&o, 1500, 3, false);
    make_methods(m);
    size_t windows = hg_rolling_windows(&rolling), incidents = 0, out = 0;
    assert_int_equal(windows, 6);
    hg_forecast *all = spread_methods(m, METHODS, windows);
    hg_trial t = trial_of(&o, all, METHODS);
    run(&t, 3, &r);
    for (size_t w = 0; w < windows; w++) {
        for (size_t i = 0; i < o.n; i++) {
            int64_t age = o.t[i] - hg_rolling_origin(&rolling, w);
            incidents += judged(&o, i, hg_rolling_origin(&rolling, w));
            out += age >= 0 && age < 60 * DAY && !judged(&o, i, hg_rolling_origin(&rolling, w));
        }
        for (size_t k = 0; k < METHODS; k++)
            compare_window(&o, &m[k], &r, k, w);
    }
    assert_int_equal(r.start[windows], incidents);
    assert_int_equal(r.outside, out);
    hg_trial_result_dispose(&r);
    free(all);
}

/* ------------------------------------------------- what must hold -------------------------- */

/* Incidents planted at a quiet place after a moment change no score and no figure that was final by then. */
static void test_no_look_ahead(void **state)
{
    (void)state;
    static world o, planted;
    hg_error err = {HG_OK, ""};
    hg_forecast m[METHODS];
    hg_trial_result before = {0}, after = {0};
    make_world(&o, 1500, 5, false);
    make_methods(m);
    size_t windows = hg_rolling_windows(&rolling), w0 = 3;
    int64_t from = hg_rolling_origin(&rolling, w0) + 60 * DAY; /* the end of window 3 */
    planted = o;
    planted.n = 0;
    for (size_t i = 0; i < o.n; i++) {
        for (int copy = 0; copy < (o.t[i] >= from ? 2 : 1); copy++) {
            size_t k = planted.n++;
            planted.t[k] = o.t[i];
            planted.x[k] = copy ? hg_grid_column_centre(&grid, 12) : o.x[i];
            planted.y[k] = copy ? hg_grid_row_centre(&grid, 9) : o.y[i];
            planted.w[k] = copy ? 4 : o.w[i];
            planted.outside[k] = copy ? 0 : o.outside[i];
        }
    }
    assert_true(planted.n > o.n + 50);
    planted.events = (hg_forecast_events){planted.n, planted.x, planted.y, planted.w, planted.t, planted.outside};
    hg_forecast *all = spread_methods(m, METHODS, windows);
    hg_trial t = trial_of(&o, all, METHODS), p = trial_of(&planted, all, METHODS);
    run(&t, 2, &before);
    run(&p, 2, &after);
    for (size_t k = 0; k < METHODS; k++) {
        float a[CELLS], b[CELLS];
        assert_int_equal(hg_forecast_scores(&m[k], &o.events, from, &grid, o.share, NULL, a, &err), HG_OK);
        assert_int_equal(hg_forecast_scores(&m[k], &planted.events, from, &grid, o.share, NULL, b, &err), HG_OK);
        assert_memory_equal(a, b, sizeof a);
        assert_int_equal(hg_forecast_scores(&m[k], &planted.events, 400 * DAY, &grid, o.share, NULL, b, &err), HG_OK);
        assert_true(memcmp(a, b, sizeof a) != 0);
        for (size_t w = 0; w <= w0; w++)
            for (size_t i = 0; i < BUDGETS; i++)
                assert_memory_equal(hg_trial_tally(&before, k, w, i), hg_trial_tally(&after, k, w, i),
                                    sizeof(hg_tally));
        assert_true(hg_trial_tally(&before, k, windows - 1, 2)->hits !=
                    hg_trial_tally(&after, k, windows - 1, 2)->hits);
    }
    hg_trial_result_dispose(&before);
    hg_trial_result_dispose(&after);
    free(all);
}

static void test_threads(void **state)
{
    (void)state;
    static world o;
    hg_error err = {HG_OK, ""};
    hg_forecast m[METHODS];
    hg_trial_result r[2] = {{0}, {0}};
    hg_trial_interval intervals[2][METHODS * 2];
    const size_t asked[] = {1, 3};
    make_world(&o, 2000, 9, false);
    make_methods(m);
    size_t windows = hg_rolling_windows(&rolling);
    hg_forecast *all = spread_methods(m, METHODS, windows);
    hg_trial t = trial_of(&o, all, METHODS);
    for (int i = 0; i < 2; i++) {
        hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = i ? 5 : 1, .seed = 7};
        run(&t, i ? 5 : 1, &r[i]);
        assert_int_equal(hg_trial_bootstrap(&r[i], asked, 2, 200, &control, intervals[i], &err), HG_OK);
    }
    assert_memory_equal(r[0].tallies, r[1].tallies, METHODS * windows * BUDGETS * sizeof(hg_tally));
    assert_memory_equal(r[0].reached, r[1].reached, r[0].start[windows] * METHODS);
    assert_memory_equal(intervals[0], intervals[1], sizeof intervals[0]);
    hg_trial_result_dispose(&r[0]);
    hg_trial_result_dispose(&r[1]);
    free(all);
}

/* The sum of independent draws by window has the binomial's spread: an interval is 2 x 1.96 of it wide. */
static void test_bootstrap(void **state)
{
    (void)state;
    static world o;
    hg_error err = {HG_OK, ""};
    hg_forecast m[METHODS];
    hg_trial_result r = {0};
    hg_trial_interval intervals[METHODS];
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 2, .seed = 1};
    const size_t asked[] = {3};
    make_world(&o, 3000, 2, false);
    make_methods(m);
    size_t windows = hg_rolling_windows(&rolling);
    hg_forecast *all = spread_methods(m, METHODS, windows);
    hg_trial t = trial_of(&o, all, METHODS);
    run(&t, 2, &r);
    assert_int_equal(hg_trial_bootstrap(&r, asked, 1, 2000, &control, intervals, &err), HG_OK);
    double ahead = 0;
    for (size_t k = 0; k < METHODS; k++) {
        double hits = 0, variance = 0;
        for (size_t w = 0; w < windows; w++) {
            double n = (double)(r.start[w + 1] - r.start[w]), own = (double)hg_trial_tally(&r, k, w, 3)->hits;
            hits += own;
            variance += own * (n - own) / n;
        }
        double wide = (intervals[k].hits[1] - intervals[k].hits[0]) / (2 * 1.96 * sqrt(variance));
        assert_true(wide > 0.9 && wide < 1.1);
        assert_true(fabs((intervals[k].hits[0] + intervals[k].hits[1]) / 2 - hits) < 0.3 * sqrt(variance));
        assert_true(intervals[k].clumpiness[0] <= intervals[k].clumpiness[1]);
        ahead += intervals[k].ahead;
    }
    assert_true(ahead >= 1 && ahead < 1.2); /* shared only where two are level */
    hg_trial_result_dispose(&r);
    free(all);
}

/* Nothing can be forecast about incidents that fall anywhere: PAI is 1 but for chance. */
static void test_random_pattern(void **state)
{
    (void)state;
    static world o;
    hg_forecast m[METHODS];
    hg_trial_result r = {0};
    make_world(&o, 3000, 11, true);
    make_methods(m);
    size_t windows = hg_rolling_windows(&rolling);
    hg_forecast *all = spread_methods(m, METHODS, windows);
    hg_trial t = trial_of(&o, all, METHODS);
    run(&t, 2, &r);
    for (size_t k = 0; k < METHODS; k++) {
        hg_trial_score s;
        hg_trial_pool(&r, k, 4, &s);
        double p = s.area_m2 / r.area_m2, error = sqrt((1 - p) / p / (double)s.incidents);
        assert_true(fabs(s.pai - 1) < 4 * error);
    }
    hg_trial_result_dispose(&r);
    free(all);
}

/* Each window repeats the one before at the same places: its count is the best forecast there can be. */
static void test_perfect_forecast(void **state)
{
    (void)state;
    static world o;
    hg_trial_result r = {0};
    make_world(&o, 3000, 13, false);
    const hg_rolling repeated = {0, 300 * DAY, 50 * DAY, 50 * DAY, 50 * DAY};
    const hg_forecast last = {.kind = HG_FORECAST_COUNT, .train_s = 50 * DAY};
    for (size_t i = 0; i < o.n; i++) {
        size_t of = i % 500;
        o.t[i] = (int64_t)(i / 500) * 50 * DAY + (int64_t)of * 3600;
        o.x[i] = o.x[of];
        o.y[i] = o.y[of];
        o.outside[i] = 0;
    }
    o.events.w = NULL;
    for (int64_t i = 0; i < CELLS; i++)
        o.share[i] = 1;
    hg_forecast *all = spread_methods(&last, 1, hg_rolling_windows(&repeated));
    hg_trial t = trial_of(&o, all, 1);
    t.rolling = &repeated;
    run(&t, 2, &r);
    assert_int_equal(r.windows, 5);
    for (size_t b = 0; b < BUDGETS; b++) {
        hg_trial_score s;
        hg_trial_pool(&r, 0, b, &s);
        assert_true(s.pei_star == 1);
        assert_true(s.hits > 0);
    }
    hg_trial_result_dispose(&r);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),           cmocka_unit_test(test_no_look_ahead),
        cmocka_unit_test(test_threads),        cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_random_pattern), cmocka_unit_test(test_perfect_forecast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
