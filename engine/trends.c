#include "engine/trends.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/aoristic.h"
#include "engine/fdr.h"
#include "engine/local.h"

#include <math.h>
#include <string.h>

enum { CELLS_A_TASK = 512 };

static const double HOT_Q = 0.10, TREND_P = 0.05;

typedef struct cube {
    const hg_trends_input *input;
    hg_control *control;
    hg_trends *out;
    double *count; /* as out->z */
    int8_t *state; /* likewise */
} cube;

void hg_trends_dispose(hg_trends *t)
{
    hg_free(t->cell);
    hg_free(t->step);
    hg_free(t->z);
    *t = (hg_trends){0};
}

double hg_trends_auto_cell(double longest_side_m, double area_m2, double per_step)
{
    static const double sizes[] = {10,  20,  25,   50,   100,  200,  250,
                                   500, 1000, 2000, 2500, 5000, 10000};
    size_t n = sizeof sizes / sizeof *sizes, k = 0;
    while (k + 1 < n && sizes[k + 1] <= longest_side_m / 100)
        k++;
    while (k + 1 < n && sizes[k + 1] <= longest_side_m / 20 &&
           9 * sizes[k] * sizes[k] * per_step < HG_TRENDS_WINDOW * area_m2)
        k++;
    return sizes[k];
}

/* ------------------------------------------------- counting -------------------------------- */

static hg_status list_cells(cube *c, hg_error *err)
{
    hg_trends *t = c->out;
    uint64_t all = hg_grid_cells(c->input->grid);
    t->steps = c->input->steps.count;
    for (uint64_t i = 0; i < all; i++)
        t->cells += c->input->share[i] > 0;
    t->cell = hg_calloc(t->cells, sizeof *t->cell);
    t->step = hg_calloc(t->steps, sizeof *t->step);
    t->z = hg_malloc(t->steps, t->cells * sizeof *t->z);
    c->count = hg_calloc(t->steps, t->cells * sizeof *c->count);
    c->state = hg_calloc(t->steps, t->cells * sizeof *c->state);
    if (!t->cell || !t->step || !t->z || !c->count || !c->state)
        return hg_fail_memory(err);
    size_t n = 0;
    for (uint64_t i = 0; i < all; i++)
        if (c->input->share[i] > 0)
            t->cell[n++].cell = i;
    return HG_OK;
}

/* The cells are in order of their place in the grid. */
static size_t position(const hg_trends *t, uint64_t cell)
{
    size_t low = 0, high = t->cells;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->cell[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Spreads one incident over the steps; what it has in them. */
static double spread(cube *c, size_t incident, size_t cell)
{
    const hg_trends_input *in = c->input;
    const hg_incidents *inc = in->incidents;
    hg_interval interval = hg_interval_of(inc->t_start, inc->t_end, incident);
    hg_aoristic_steps parts = hg_aoristic_spread(interval, in->steps.origin, in->steps.step_s);
    int64_t last = parts.last < (int64_t)in->steps.count - 1 ? parts.last : (int64_t)in->steps.count - 1;
    double sum = 0;
    for (int64_t k = parts.first > 0 ? parts.first : 0; k <= last; k++) {
        double share = hg_aoristic_share(&parts, k);
        c->count[(size_t)k * c->out->cells + cell] += share;
        sum += share;
    }
    return sum;
}

static hg_status count_incidents(cube *c, hg_error *err)
{
    const hg_incidents *inc = c->input->incidents;
    hg_trends *t = c->out;
    for (size_t i = 0; i < inc->n; i++) {
        uint64_t cell = inc->flags && (inc->flags[i] & HG_FLAG_HALO)
                            ? UINT64_MAX
                            : hg_incident_cell(c->input->grid, c->input->share, inc->x[i], inc->y[i]);
        if (cell == UINT64_MAX)
            continue;
        if (!inc->t_start || inc->t_start[i] == HG_NO_TIME) {
            t->untimed++;
            continue;
        }
        double counted = spread(c, i, position(t, cell));
        t->counted += counted > 0;
        t->outside += 1 - counted;
    }
    if (!t->counted)
        return hg_fail(err, HG_EDATA, "no incident lies in the study area within the steps");
    return hg_check_cancel(c->control, err);
}

/* ------------------------------------------------- steps ----------------------------------- */

/* Whole maps and lists of the cells of A, for one step after the other. */
typedef struct work {
    hg_local_plan *plan;
    double *value, *z; /* whole grid */
    double *p, *q;     /* cells of A */
} work;

static hg_status work_init(const cube *c, work *w, hg_error *err)
{
    const hg_trends_input *in = c->input;
    size_t all = (size_t)hg_grid_cells(in->grid), n = c->out->cells;
    w->value = hg_calloc(all, sizeof *w->value);
    w->z = hg_malloc(all, sizeof *w->z);
    w->p = hg_malloc(n, sizeof *w->p);
    w->q = hg_malloc(n, sizeof *w->q);
    if (!w->value || !w->z || !w->p || !w->q)
        return hg_fail_memory(err);
    return hg_local_plan_new(in->grid->columns, in->grid->rows, in->share, in->around, c->control, &w->plan, err);
}

static void work_dispose(work *w)
{
    hg_local_plan_free(w->plan);
    hg_free(w->value);
    hg_free(w->z);
    hg_free(w->p);
    hg_free(w->q);
}

static hg_status test_step(cube *c, work *w, size_t k, hg_error *err)
{
    hg_trends *t = c->out;
    hg_trend_step *step = &t->step[k];
    const double *count = c->count + k * t->cells;
    double *z = t->z + k * t->cells;
    int8_t *state = c->state + k * t->cells;
    for (size_t i = 0; i < t->cells; i++) {
        w->value[t->cell[i].cell] = count[i];
        step->incidents += count[i];
    }
    hg_status status = hg_local_gi_star(w->plan, w->value, w->z, err);
    for (size_t i = 0; i < t->cells && status == HG_OK; i++) {
        z[i] = w->z[t->cell[i].cell];
        w->p[i] = isnan(z[i]) ? NAN : fmin(1, 2 * hg_normal_tail(fabs(z[i])));
    }
    if (status == HG_OK)
        status = hg_fdr_q_values(w->p, t->cells, w->q, &step->tests, err);
    for (size_t i = 0; i < t->cells && status == HG_OK; i++) {
        if (!(w->q[i] <= HOT_Q))
            continue;
        state[i] = (int8_t)((z[i] > 0) - (z[i] < 0));
        step->hot += z[i] > 0;
        step->cold += z[i] < 0;
    }
    return status;
}

static hg_status test_steps(cube *c, hg_error *err)
{
    work w = {0};
    hg_status status = work_init(c, &w, err);
    for (size_t k = 0; k < c->out->steps && status == HG_OK; k++) {
        status = test_step(c, &w, k, err);
        if (status == HG_OK)
            status = hg_check_cancel(c->control, err);
        hg_say_progress(c->control, "hot spots", (double)(k + 1) / (double)c->out->steps);
    }
    work_dispose(&w);
    return status;
}

/* ------------------------------------------------- cells ----------------------------------- */

/* The series of one cell, as the tests take them. */
typedef struct series {
    double *z, *count;
    int8_t *state;
} series;

static void gather(const cube *c, size_t cell, series *s)
{
    const hg_trends *t = c->out;
    for (size_t k = 0; k < t->steps; k++) {
        size_t at = k * t->cells + cell;
        s->z[k] = isnan(t->z[at]) ? 0 : t->z[at];
        s->count[k] = c->count[at];
        s->state[k] = c->state[at];
    }
}

static hg_status follow_cell(const cube *c, hg_trend_cell *cell, const series *s, hg_error *err)
{
    size_t n = c->out->steps;
    for (size_t k = 0; k < n; k++) {
        cell->incidents += s->count[k];
        cell->hot += s->state[k] > 0;
        cell->cold += s->state[k] < 0;
    }
    hg_status status = c->input->hamed_rao ? hg_mann_kendall_hamed_rao(s->z, n, &cell->trend, err)
                                           : hg_mann_kendall_test(s->z, n, &cell->trend, err);
    if (status == HG_OK)
        status = hg_mann_kendall_test(s->count, n, &cell->count_trend, err);
    if (status != HG_OK)
        return status;
    bool significant = cell->trend.p_value <= TREND_P;
    cell->pattern = hg_emerging_pattern(s->state, n, significant ? (cell->trend.s > 0) - (cell->trend.s < 0) : 0);
    return HG_OK;
}

static hg_status follow_cells(void *context, size_t task, hg_error *err)
{
    const cube *c = context;
    hg_trends *t = c->out;
    size_t from = task * CELLS_A_TASK, to = from + CELLS_A_TASK < t->cells ? from + CELLS_A_TASK : t->cells;
    series s = {hg_malloc(2 * t->steps, sizeof *s.z), NULL, hg_malloc(t->steps, sizeof *s.state)};
    hg_status status = s.z && s.state ? hg_check_cancel(c->control, err) : hg_fail_memory(err);
    s.count = s.z ? s.z + t->steps : NULL;
    for (size_t i = from; i < to && status == HG_OK; i++) {
        gather(c, i, &s);
        status = follow_cell(c, &t->cell[i], &s, err);
    }
    hg_free(s.z);
    hg_free(s.state);
    return status;
}

static hg_status sum_up(hg_trends *t, hg_error *err)
{
    double *per_step = hg_malloc(t->steps, sizeof *per_step);
    if (!per_step)
        return hg_fail_memory(err);
    for (size_t k = 0; k < t->steps; k++)
        t->incidents += per_step[k] = t->step[k].incidents;
    for (size_t i = 0; i < t->cells; i++)
        t->patterns[t->cell[i].pattern]++;
    hg_status status = hg_mann_kendall_test(per_step, t->steps, &t->trend, err);
    hg_free(per_step);
    return status;
}

hg_status hg_trends_compute(const hg_trends_input *input, hg_control *control, hg_trends *out, hg_error *err)
{
    *out = (hg_trends){0};
    cube c = {.input = input, .control = control, .out = out};
    hg_status status = list_cells(&c, err);
    if (status == HG_OK)
        status = count_incidents(&c, err);
    if (status == HG_OK)
        status = test_steps(&c, err);
    size_t tasks = (out->cells + CELLS_A_TASK - 1) / CELLS_A_TASK;
    if (status == HG_OK)
        status = hg_parallel(tasks, control ? control->threads : 0, follow_cells, &c, err);
    if (status == HG_OK)
        status = sum_up(out, err);
    hg_free(c.count);
    hg_free(c.state);
    if (status != HG_OK)
        hg_trends_dispose(out);
    return status;
}
