/*
 * Quadratic B-splines reproduce a smooth function f to third order from the nodes' values
 * f - (second difference of f) / 8 in each direction (de Boor, A Practical Guide to Splines, 1978,
 * chapter XII). At the rim a compact kernel is not smooth; there the values are moved, a few times,
 * by the middle of the error's range around each node, which brings the largest error down.
 *
 * Between samples a distance s apart a function differs from the samples' bilinear interpolant by
 * at most s^2/8 times its second derivatives. That needs a function smooth within the samples'
 * square. Where the rim crosses it, the square belongs to two smooth functions, the kernel's formula and
 * 0, and samples near the rim count against both.
 */
#include "engine/fast_kernel.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum {
    SAMPLES = 500000, /* of all squares, about */
    SAMPLES_LEAST = 2, /* along a square's side */
    SAMPLES_MOST = 32,
    SETTLING_SAMPLES = 4,
    SETTLING = 3, /* rounds */
};

static const double STEP = 0.7; /* of a round: a square's error answers to its neighbours' nodes, too */

typedef struct proof {
    const hg_kernel *kernel;
    hg_fast_kernel *k;
    double radius, peak, unit; /* nodes; K(0); nodes to the kernel's u */
    double moved;              /* nodes */
    double bend, slope;        /* of the formula, per node: steepness */
    double near;               /* a sample so close to the rim counts against both sides */
    int n;                     /* samples along a square's side, less one */
    double weights[SAMPLES_MOST + 1][3];
    double *low, *high; /* [square]: the error's range, margins not included */
    double *bound;      /* [square]: its proved size */
} proof;

/* Largest slope, and sum of the two principal second derivatives, of the formula from u = 0 to `far`, which is 1 or
 * little more. The triangular kernel's second derivative has no bound at its tip: margin_of. */
static void steepness(hg_kernel_shape shape, double far, double *bend, double *slope)
{
    static const struct {
        double bend, slope;
    } of[HG_KERNEL_END] = {
        [HG_UNIFORM] = {0.0, 0.0},    [HG_TRIANGULAR] = {0.0, 1.0}, [HG_EPANECHNIKOV] = {4.0, 2.0},
        [HG_QUARTIC] = {8.0, 1.5397}, [HG_TRIWEIGHT] = {12.0, 1.7173}, [HG_GAUSSIAN] = {2.0, 0.60654},
    };
    /* Beyond u = 1 the largest of these polynomials go on growing, none faster than as u^5. */
    double growth = shape == HG_GAUSSIAN ? 1.0 : far * far * far * far * far;
    *bend = of[shape].bend * growth;
    *slope = of[shape].slope * growth;
}

static double formula(const proof *p, double r)
{
    return hg_kernel_formula(p->kernel, r * p->unit) / p->peak;
}

static double kernel_at(const proof *p, int64_t column, int64_t row)
{
    double r = hypot((double)column, (double)row);
    return r < p->radius ? formula(p, r) : 0.0;
}

static double value_at(const proof *p, int64_t column, int64_t row)
{
    return hg_fast_kernel_at(p->k, p->k->value, column, row);
}

static void start_values(const proof *p)
{
    for (int64_t row = 0; row < p->k->side; row++)
        for (int64_t column = 0; column < p->k->side; column++) {
            double centre = kernel_at(p, column, row);
            double round = kernel_at(p, column + 1, row) + kernel_at(p, column - 1, row) +
                           kernel_at(p, column, row + 1) + kernel_at(p, column, row - 1);
            p->k->value[row * p->k->side + column] = centre - (round - 4.0 * centre) / 8.0;
        }
}

static void set_samples(proof *p, int n)
{
    p->n = n;
    p->near = M_SQRT2 / n + p->moved;
    steepness(p->kernel->shape, 1.0 + p->near / p->radius, &p->bend, &p->slope);
    p->bend *= p->unit * p->unit;
    p->slope *= p->unit;
    for (int i = 0; i <= n; i++) {
        double d = (double)i / n - 0.5, a = 0.5 - d, b = 0.5 + d;
        p->weights[i][0] = 0.5 * a * a;
        p->weights[i][1] = 0.75 - d * d;
        p->weights[i][2] = 0.5 * b * b;
    }
}

/* Second derivatives of the spline surface on a square, both directions, at most. */
static double spline_bend(const double patch[3][3])
{
    double across = 0.0, down = 0.0;
    for (int j = 0; j < 3; j++) {
        across = fmax(across, fabs(patch[j][0] - 2.0 * patch[j][1] + patch[j][2]));
        down = fmax(down, fabs(patch[0][j] - 2.0 * patch[1][j] + patch[2][j]));
    }
    return across + down;
}

/* How much the error may exceed that at the samples, on a square that begins `nearest` to the kernel's centre. */
static double margin_of(const proof *p, const double patch[3][3], double nearest)
{
    double s = 1.0 / p->n, shown = s * s / 8.0 * spline_bend(patch);
    if (nearest > p->radius + p->near)
        return shown;
    if (p->kernel->shape != HG_TRIANGULAR)
        return shown + s * s / 8.0 * p->bend + p->slope * p->moved;
    double tip = p->slope * s * M_SQRT1_2; /* of the cone: only the slope is bounded */
    return shown + (nearest < 0.5 ? tip : fmin(tip, s * s / 8.0 * p->slope / nearest)) + p->slope * p->moved;
}

/* The error's range on the square about a node, and its bound. */
static void judge_square(const proof *p, int64_t column, int64_t row)
{
    double patch[3][3], low = INFINITY, high = -INFINITY;
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++)
            patch[j][i] = value_at(p, column + i - 1, row + j - 1);
    for (int i = 0; i <= p->n; i++) {
        double x = (double)column + (double)i / p->n - 0.5, blend[3];
        for (int j = 0; j < 3; j++)
            blend[j] = p->weights[i][0] * patch[j][0] + p->weights[i][1] * patch[j][1] +
                       p->weights[i][2] * patch[j][2];
        for (int j = 0; j <= p->n; j++) {
            double y = (double)row + (double)j / p->n - 0.5, r = sqrt(x * x + y * y);
            double shown = p->weights[j][0] * blend[0] + p->weights[j][1] * blend[1] + p->weights[j][2] * blend[2];
            double inside = r < p->radius + p->near ? shown - formula(p, r) : shown;
            double outside = r > p->radius - p->near ? shown : inside;
            low = fmin(low, fmin(inside, outside));
            high = fmax(high, fmax(inside, outside));
        }
    }
    size_t at = (size_t)(row * p->k->side + column);
    double nearest = hypot(fmax(0.0, (double)column - 0.5), fmax(0.0, (double)row - 0.5));
    p->low[at] = low;
    p->high[at] = high;
    p->bound[at] = fmax(high, -low) + margin_of(p, patch, nearest);
}

/* The squares of one row up to the diagonal; the others mirror them. */
static hg_status judge_row(void *context, size_t row, hg_error *err)
{
    (void)err;
    const proof *p = context;
    for (int64_t column = 0; column <= (int64_t)row; column++)
        judge_square(p, column, (int64_t)row);
    return HG_OK;
}

static void mirror(double *table, int64_t side)
{
    for (int64_t row = 0; row < side; row++)
        for (int64_t column = row + 1; column < side; column++)
            table[row * side + column] = table[column * side + row];
}

static hg_status judge(proof *p, int n, hg_control *control, hg_error *err)
{
    set_samples(p, n);
    hg_status status = hg_check_cancel(control, err);
    if (status == HG_OK)
        status = hg_parallel((size_t)p->k->side, control ? control->threads : 0, judge_row, p, err);
    mirror(p->low, p->k->side);
    mirror(p->high, p->k->side);
    mirror(p->bound, p->k->side);
    return status;
}

/* Moves the values against the middle of the error's range. */
static void settle(const proof *p)
{
    int64_t last = (int64_t)floor(p->radius) + 1, side = p->k->side;
    for (int64_t row = 0; row <= last; row++)
        for (int64_t column = 0; column <= last; column++) {
            size_t at = (size_t)(row * side + column);
            if (hypot((double)column, (double)row) <= p->radius + 1.0)
                p->k->value[at] -= STEP * 0.5 * (p->low[at] + p->high[at]);
        }
}

/* A node is weighed on by points of the three by three squares around it. */
static void spread_bounds(const proof *p)
{
    hg_fast_kernel *k = p->k;
    k->worst = 0.0;
    for (int64_t row = 0; row < k->side; row++)
        for (int64_t column = 0; column < k->side; column++) {
            double most = 0.0;
            for (int64_t j = -1; j <= 1; j++)
                for (int64_t i = -1; i <= 1; i++)
                    most = fmax(most, hg_fast_kernel_at(k, p->bound, column + i, row + j));
            k->error[row * k->side + column] = most;
            k->worst = fmax(k->worst, most);
        }
}

static void sum_planes(hg_fast_kernel *k)
{
    double errors = 0.0, values = 0.0;
    memset(k->sums, 0, sizeof k->sums);
    for (int64_t row = 1 - k->side; row < k->side; row++)
        for (int64_t column = 1 - k->side; column < k->side; column++) {
            double v = hg_fast_kernel_at(k, k->value, column, row);
            /* The node lies at minus the offset from the cell centre. */
            int64_t a = ((-column) % k->refine + k->refine) % k->refine;
            int64_t b = ((-row) % k->refine + k->refine) % k->refine;
            k->sums[b * k->refine + a] += v;
            values += v;
            errors += hg_fast_kernel_at(k, k->error, column, row);
        }
    k->even = errors / values;
}

static hg_status make_tables(proof *p, hg_error *err)
{
    hg_fast_kernel *k = p->k;
    size_t cells = (size_t)k->side * (size_t)k->side;
    k->value = hg_calloc(cells, sizeof *k->value);
    k->error = hg_calloc(cells, sizeof *k->error);
    p->low = hg_malloc(cells, sizeof *p->low);
    p->high = hg_malloc(cells, sizeof *p->high);
    p->bound = hg_malloc(cells, sizeof *p->bound);
    bool all = k->value && k->error && p->low && p->high && p->bound;
    return all ? HG_OK : hg_fail_memory(err);
}

/* Values end one node beyond the rim, squares with an error one further, nodes beside these another. */
static double side_for(double radius, int refine)
{
    return floor(radius * refine) + 4.0;
}

bool hg_fast_kernel_fits(double radius, int refine)
{
    double side = side_for(radius, refine);
    return 5.0 * sizeof(double) * side * side <= (double)(1 << 30);
}

static int samples_for(int64_t side)
{
    int n = (int)sqrt(2.0 * SAMPLES) / (int)(side < SAMPLES ? side : SAMPLES) - 1;
    return n < SAMPLES_LEAST ? SAMPLES_LEAST : n > SAMPLES_MOST ? SAMPLES_MOST : n;
}

hg_status hg_fast_kernel_init(hg_fast_kernel *k, const hg_kernel *kernel, double radius, int refine, double moved,
                              hg_control *control, hg_error *err)
{
    double support = kernel->shape == HG_GAUSSIAN ? kernel->cutoff : 1.0;
    proof p = {.kernel = kernel, .k = k, .radius = radius * refine, .peak = hg_kernel_value(kernel, 0.0)};
    p.unit = support / p.radius;
    p.moved = moved * refine;
    int64_t side = (int64_t)side_for(radius, refine);
    *k = (hg_fast_kernel){.refine = refine, .side = side, .reach = (side - 1 + refine - 1) / refine};
    hg_status status = make_tables(&p, err);
    if (status == HG_OK)
        start_values(&p);
    for (int round = 0; round < SETTLING && status == HG_OK; round++) {
        status = judge(&p, SETTLING_SAMPLES, control, err);
        if (status == HG_OK)
            settle(&p);
    }
    if (status == HG_OK)
        status = judge(&p, samples_for(side), control, err);
    if (status == HG_OK) {
        spread_bounds(&p);
        sum_planes(k);
    }
    hg_free(p.low);
    hg_free(p.high);
    hg_free(p.bound);
    if (status != HG_OK)
        hg_fast_kernel_dispose(k);
    return status;
}

void hg_fast_kernel_dispose(hg_fast_kernel *k)
{
    hg_free(k->value);
    hg_free(k->error);
    *k = (hg_fast_kernel){0};
}
