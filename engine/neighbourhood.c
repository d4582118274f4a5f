#include "engine/neighbourhood.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>

enum { REACH_MAX = 4096, ROWS_A_TASK = 32 };

hg_status hg_neighbourhood_queen(hg_neighbourhood *out, hg_error *err)
{
    int64_t *half = hg_malloc(3, sizeof *half);
    if (!half)
        return hg_fail_memory(err);
    half[0] = half[1] = half[2] = 1;
    *out = (hg_neighbourhood){1, half};
    return HG_OK;
}

hg_status hg_neighbourhood_within(double distance_m, double cell_m, hg_neighbourhood *out, hg_error *err)
{
    double cells = distance_m / cell_m * (1 + 1e-9);
    if (!(cells > 0 && cells < REACH_MAX))
        return hg_fail(err, HG_EUSAGE, "a window of %g m around cells of %g m: more than 0 and less than %d cells "
                       "were expected", distance_m, cell_m, REACH_MAX);
    int64_t reach = (int64_t)cells;
    int64_t *half = hg_malloc((size_t)(2 * reach + 1), sizeof *half);
    if (!half)
        return hg_fail_memory(err);
    for (int64_t dy = -reach; dy <= reach; dy++)
        half[dy + reach] = (int64_t)sqrt(cells * cells - (double)(dy * dy));
    *out = (hg_neighbourhood){reach, half};
    return HG_OK;
}

hg_status hg_neighbourhood_of_window(double window_m, double cell_m, hg_neighbourhood *out, hg_error *err)
{
    return window_m == 0 ? hg_neighbourhood_queen(out, err) : hg_neighbourhood_within(window_m, cell_m, out, err);
}

void hg_neighbourhood_dispose(hg_neighbourhood *n)
{
    hg_free(n->half);
    *n = (hg_neighbourhood){0};
}

/* prefix[row][column] = sum of the row's values before the column. */
typedef struct summing {
    const hg_neighbourhood *n;
    int64_t columns, rows;
    const double *value;
    double *prefix, *sum;
    hg_control *control;
} summing;

static hg_status prefix_rows(void *context, size_t task, hg_error *err)
{
    summing *s = context;
    int64_t from = (int64_t)task * ROWS_A_TASK, to = from + ROWS_A_TASK < s->rows ? from + ROWS_A_TASK : s->rows;
    for (int64_t row = from; row < to; row++) {
        const double *value = s->value + row * s->columns;
        double *prefix = s->prefix + row * (s->columns + 1), sum = 0;
        prefix[0] = 0;
        for (int64_t c = 0; c < s->columns; c++)
            prefix[c + 1] = sum += value[c];
    }
    return hg_check_cancel(s->control, err);
}

/* Adds one row's part to the sums of a row: prefix differences, cut at the row's ends. */
static void add_row(const double *prefix, int64_t columns, int64_t half, double *sum)
{
    int64_t c = 0, last = columns - 1;
    for (; c < columns && c < half; c++)
        sum[c] += prefix[c + half < last ? c + half + 1 : columns];
    for (; c + half <= last; c++)
        sum[c] += prefix[c + half + 1] - prefix[c - half];
    for (; c < columns; c++)
        sum[c] += prefix[columns] - prefix[c - half];
}

static hg_status sum_rows(void *context, size_t task, hg_error *err)
{
    summing *s = context;
    int64_t from = (int64_t)task * ROWS_A_TASK, to = from + ROWS_A_TASK < s->rows ? from + ROWS_A_TASK : s->rows;
    for (int64_t row = from; row < to; row++) {
        double *sum = s->sum + row * s->columns;
        for (int64_t c = 0; c < s->columns; c++)
            sum[c] = 0;
        for (int64_t dy = -s->n->reach; dy <= s->n->reach; dy++)
            if (row + dy >= 0 && row + dy < s->rows)
                add_row(s->prefix + (row + dy) * (s->columns + 1), s->columns, s->n->half[dy + s->n->reach], sum);
    }
    return hg_check_cancel(s->control, err);
}

hg_status hg_neighbourhood_sums(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                                hg_control *control, double *sum, hg_error *err)
{
    size_t tasks = (size_t)((rows + ROWS_A_TASK - 1) / ROWS_A_TASK);
    int threads = control ? control->threads : 0;
    summing s = {n, columns, rows, value, NULL, sum, control};
    s.prefix = hg_malloc((size_t)rows, (size_t)(columns + 1) * sizeof *s.prefix);
    if (!s.prefix)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(tasks, threads, prefix_rows, &s, err);
    if (status == HG_OK)
        status = hg_parallel(tasks, threads, sum_rows, &s, err);
    hg_free(s.prefix);
    return status;
}
