/* A small town for tests of forecasts: places that come and go, many incidents at equal addresses. */
#ifndef HG_TESTS_FORECAST_WORLD_H
#define HG_TESTS_FORECAST_WORLD_H

#include "base/random.h"
#include "engine/forecast.h"

#include <math.h>

enum { WORLD_MOST = 3000, WORLD_COLUMNS = 14, WORLD_ROWS = 11, WORLD_CELLS = WORLD_COLUMNS * WORLD_ROWS, DAY = 86400 };

static const hg_grid world_grid = {50, -3, 20, WORLD_COLUMNS, WORLD_ROWS};

typedef struct forecast_world {
    size_t n;
    double x[WORLD_MOST], y[WORLD_MOST], w[WORLD_MOST];
    int64_t t[WORLD_MOST];
    uint8_t outside[WORLD_MOST];
    float share[WORLD_CELLS];
    hg_forecast_events events;
} forecast_world;

/* n incidents over `days`, one after the other. */
static inline void make_forecast_world(forecast_world *o, size_t n, int64_t days, uint64_t seed)
{
    hg_random r = hg_random_seed(seed, 0);
    o->n = n;
    for (size_t i = 0; i < n; i++) {
        o->t[i] = (int64_t)i * days * DAY / (int64_t)n;
        o->x[i] = hg_grid_column_west(&world_grid, 0) + WORLD_COLUMNS * 50 * hg_random_unit(&r);
        o->y[i] = hg_grid_row_north(&world_grid, WORLD_ROWS) + WORLD_ROWS * 50 * hg_random_unit(&r);
        if (hg_random_unit(&r) < 0.6) {
            double place = (double)hg_random_below(&r, 4) + (i > n / 2 ? 2 : 0);
            o->x[i] = hg_grid_column_centre(&world_grid, 2) + 90 * place + floor(40 * hg_random_unit(&r));
            o->y[i] = hg_grid_row_centre(&world_grid, 8) + 60 * place + floor(40 * hg_random_unit(&r));
        }
        o->w[i] = 0.5 + (double)hg_random_below(&r, 3);
        o->outside[i] = hg_random_below(&r, 20) == 0;
    }
    for (int64_t i = 0; i < WORLD_CELLS; i++)
        o->share[i] = i % 9 == 0 ? 0.0f : i % 4 == 0 ? 0.375f : 1.0f;
    o->events = (hg_forecast_events){n, o->x, o->y, o->w, o->t, o->outside};
}

#endif
