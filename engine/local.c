#include "engine/local.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/local_plan.h"

#include <math.h>
#include <string.h>

enum { CELLS_A_TASK = 1 << 16 };

/* A map on its way to a statistic: what of it lies in A, and the sums of that. */
typedef struct mapping {
    const hg_local_plan *plan;
    const double *value;
    hg_local_moments moments;
    double *inside; /* value - base, 0 outside A */
    double *sum, *moran, *z;
} mapping;

static hg_status over_cells(const hg_local_plan *plan, hg_task task, void *context, hg_error *err)
{
    return hg_parallel((plan->cells + CELLS_A_TASK - 1) / CELLS_A_TASK, hg_local_threads(plan), task, context, err);
}

static size_t task_end(const hg_local_plan *plan, size_t task)
{
    size_t end = (task + 1) * CELLS_A_TASK;
    return end < plan->cells ? end : plan->cells;
}

int hg_local_threads(const hg_local_plan *plan)
{
    return plan->control ? plan->control->threads : 0;
}

static hg_status copy_neighbourhood(const hg_neighbourhood *from, hg_neighbourhood *to, hg_error *err)
{
    size_t lines = (size_t)(2 * from->reach + 1);
    to->reach = from->reach;
    to->half = hg_malloc(lines, sizeof *to->half);
    if (!to->half)
        return hg_fail_memory(err);
    memcpy(to->half, from->half, lines * sizeof *to->half);
    return HG_OK;
}

/* Cells of A around each cell. */
static hg_status count_places(hg_local_plan *plan, hg_error *err)
{
    double *one = hg_malloc(plan->cells, sizeof *one), *sum = hg_malloc(plan->cells, sizeof *sum);
    plan->places = hg_malloc(plan->cells, sizeof *plan->places);
    hg_status status = one && sum && plan->places ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < plan->cells && status == HG_OK; i++) {
        one[i] = plan->share[i] > 0;
        plan->n += plan->share[i] > 0;
    }
    if (status == HG_OK)
        status = hg_neighbourhood_sums(&plan->around, plan->columns, plan->rows, one, plan->control, sum, err);
    for (size_t i = 0; i < plan->cells && status == HG_OK; i++)
        plan->places[i] = plan->share[i] > 0 ? (uint32_t)sum[i] : 0;
    hg_free(one);
    hg_free(sum);
    return status;
}

hg_status hg_local_plan_new(int64_t columns, int64_t rows, const float *share, const hg_neighbourhood *around,
                            hg_control *control, hg_local_plan **out, hg_error *err)
{
    hg_local_plan *plan = hg_calloc(1, sizeof *plan);
    if (!plan)
        return hg_fail_memory(err);
    *plan = (hg_local_plan){.columns = columns, .rows = rows, .cells = (size_t)(columns * rows), .share = share,
                            .control = control};
    hg_status status = copy_neighbourhood(around, &plan->around, err);
    if (status == HG_OK)
        status = count_places(plan, err);
    if (status == HG_OK && plan->n < 3)
        status = hg_fail(err, HG_EUSAGE, "a study area of %zu cells: local statistics need at least 3", plan->n);
    if (status == HG_OK)
        *out = plan;
    else
        hg_local_plan_free(plan);
    return status;
}

void hg_local_plan_free(hg_local_plan *plan)
{
    if (!plan)
        return;
    hg_neighbourhood_dispose(&plan->around);
    hg_free(plan->places);
    hg_free(plan);
}

static hg_status fill_inside(void *context, size_t task, hg_error *err)
{
    mapping *m = context;
    for (size_t i = task * CELLS_A_TASK; i < task_end(m->plan, task); i++)
        m->inside[i] = m->plan->share[i] > 0 ? m->value[i] - m->moments.base : 0;
    return hg_check_cancel(m->plan->control, err);
}

static hg_status take_map(mapping *m, hg_error *err)
{
    const hg_local_plan *p = m->plan;
    hg_status status = hg_local_moments_of(m->value, p->cells, p->share, &m->moments, err);
    if (status != HG_OK)
        return status;
    m->inside = hg_malloc(p->cells, sizeof *m->inside);
    if (!m->inside)
        return hg_fail_memory(err);
    return over_cells(p, fill_inside, m, err);
}

/* Moments of the map and the sums over every cell's neighbourhood. */
static hg_status sum_map(mapping *m, hg_error *err)
{
    const hg_local_plan *p = m->plan;
    hg_status status = take_map(m, err);
    if (status == HG_OK)
        status = hg_neighbourhood_sums(&p->around, p->columns, p->rows, m->inside, p->control, m->sum, err);
    return status;
}

static hg_status fill_gi(void *context, size_t task, hg_error *err)
{
    mapping *m = context;
    const hg_local_plan *p = m->plan;
    for (size_t i = task * CELLS_A_TASK; i < task_end(p, task); i++)
        m->sum[i] = p->places[i] ? hg_local_gi_z(&m->moments, m->sum[i], p->places[i]) : NAN;
    return hg_check_cancel(p->control, err);
}

hg_status hg_local_gi_star(const hg_local_plan *plan, const double *value, double *z, hg_error *err)
{
    mapping m = {.plan = plan, .value = value, .sum = z};
    hg_status status = sum_map(&m, err);
    if (status == HG_OK)
        status = over_cells(plan, fill_gi, &m, err);
    hg_free(m.inside);
    return status;
}

static hg_status fill_moran(void *context, size_t task, hg_error *err)
{
    mapping *m = context;
    const hg_local_plan *p = m->plan;
    for (size_t i = task * CELLS_A_TASK; i < task_end(p, task); i++) {
        double moran = NAN, z = NAN, own = m->inside[i];
        if (p->places[i])
            moran = hg_local_moran_i(&m->moments, own, m->sum[i] - own, p->places[i] - 1.0, &z);
        if (m->moran)
            m->moran[i] = moran;
        if (m->z)
            m->z[i] = z;
    }
    return hg_check_cancel(p->control, err);
}

hg_status hg_local_moran(const hg_local_plan *plan, const double *value, double *moran, double *z, hg_error *err)
{
    mapping m = {.plan = plan, .value = value, .moran = moran, .z = z, .sum = moran ? moran : z};
    hg_status status = sum_map(&m, err);
    if (status == HG_OK)
        status = over_cells(plan, fill_moran, &m, err);
    hg_free(m.inside);
    return status;
}

bool hg_local_few(const hg_local_plan *plan, size_t n)
{
    /* All cells cost about two steps each for each line of the window, whatever its width. */
    double lines = 2 * (double)plan->around.reach + 1;
    return (double)n * (double)hg_neighbourhood_cells(&plan->around) < (double)plan->cells * 2 * lines;
}

typedef struct asking {
    const mapping *map;
    hg_local_cells cells;
    const hg_local_columns *out;
} asking;

static hg_status write_some(void *context, size_t task, hg_error *err)
{
    const asking *a = context;
    const mapping *m = a->map;
    const hg_local_plan *p = m->plan;
    size_t from = task * CELLS_A_TASK, to = a->cells.n - from < CELLS_A_TASK ? a->cells.n : from + CELLS_A_TASK;
    for (size_t k = from; k < to; k++) {
        uint64_t i = a->cells.cell ? a->cells.cell[k] : k;
        double sum = m->sum ? m->sum[i] : hg_neighbourhood_sum(&p->around, p->columns, p->rows, m->inside, i);
        hg_local_write(&m->moments, m->inside[i], sum, p->places[i], a->out, k);
    }
    return hg_check_cancel(p->control, err);
}

hg_status hg_local_at(const hg_local_plan *plan, const double *value, hg_local_cells cells,
                      const hg_local_columns *out, hg_error *err)
{
    mapping m = {.plan = plan, .value = value};
    if (!cells.cell)
        cells.n = plan->cells;
    asking a = {&m, cells, out};
    bool few = hg_local_few(plan, cells.n);
    double *sum = few ? NULL : hg_malloc(plan->cells, sizeof *sum);
    m.sum = sum;
    hg_status status = few || sum ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = few ? take_map(&m, err) : sum_map(&m, err);
    if (status == HG_OK)
        status = hg_parallel((cells.n + CELLS_A_TASK - 1) / CELLS_A_TASK, hg_local_threads(plan), write_some, &a, err);
    hg_free(sum);
    hg_free(m.inside);
    return status;
}
