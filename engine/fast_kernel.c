/*
 * Quadratic B-splines reproduce a smooth function f to third order from the nodes' values
 * f - (second difference of f) / 8 in each direction (de Boor, A Practical Guide to Splines, 1978,
 * chapter XII). At the rim a compact kernel is not smooth; there the values are moved, a few times,
 * by the middle of the error's range around each node, which brings the largest error down.
 *
 * Between samples a distance s apart a function differs from the samples' bilinear interpolant by
 * at most s^2/8 times its second derivatives; those of splines and kernel nearly cancel. That needs a
 * function smooth within the samples' square. Where the rim crosses it, the square belongs to two
 * smooth functions, the kernel's formula and 0, and samples near the rim count against both.
 */
#include "engine/fast_kernel.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum {
    SAMPLES = 250000, /* of the squares at the rim, and of the others, about */
    SAMPLES_LEAST = 2, /* along a square's side */
    SAMPLES_MOST = 32,
    SETTLING_SAMPLES = 4,
    SETTLING = 3, /* rounds */
    NEAR_RIM = 5, /* nodes: elsewhere nothing needs settling, but for the triangular kernel's tip */
    NEAR_TIP = 3,
};

static const double STEP = 0.7; /* of a round: a square's error answers to its neighbours' nodes, too */

/* Samples on a square, n + 1 along a side. */
typedef struct sampling {
    int n;
    double near; /* so close to the rim, in nodes, a sample counts against both sides */
    double weights[SAMPLES_MOST + 1][3];
} sampling;

typedef struct proof {
    const hg_kernel *kernel;
    hg_fast_kernel *k;
    double radius, peak, unit;  /* nodes; K(0); nodes to the kernel's u */
    double moved;               /* nodes */
    double slope, bend, twist;  /* of the formula, per node: steepness */
    sampling smooth, rim;
    bool settling;              /* squares where the kernel is smooth are passed over */
    double *low, *high; /* [square]: the error's range, margins not included */
    double *bound;      /* [square]: its proved size */
} proof;

/*
 * Largest slope, sum of the two principal second derivatives, and gradient of a second derivative, of the formula from
 * u = 0 to `far`, which is 1 or little more. The triangular kernel has no such bounds at its tip: margin_of.
 */
static void find_steepness(proof *p, double far)
{
    static const struct {
        double slope, bend, twist;
    } of[HG_KERNEL_END] = {
        [HG_UNIFORM] = {0.0, 0.0, 0.0},      [HG_TRIANGULAR] = {1.0, 0.0, 0.0},
        [HG_EPANECHNIKOV] = {2.0, 4.0, 0.0}, [HG_QUARTIC] = {1.5397, 8.0, 24.0},
        [HG_TRIWEIGHT] = {1.7173, 12.0, 48.0}, [HG_GAUSSIAN] = {0.60654, 2.0, 1.6},
    };
    /* Beyond u = 1 the largest of these polynomials go on growing, none faster than as u^5. */
    double growth = p->kernel->shape == HG_GAUSSIAN ? 1.0 : far * far * far * far * far;
    p->slope = of[p->kernel->shape].slope * growth * p->unit;
    p->bend = of[p->kernel->shape].bend * growth * p->unit * p->unit;
    p->twist = of[p->kernel->shape].twist * growth * p->unit * p->unit * p->unit;
}

static double formula(const proof *p, double r)
{
    return hg_kernel_formula(p->kernel, r * p->unit) / p->peak;
}

static double kernel_at(const proof *p, int64_t column, int64_t row)
{
    double r = sqrt((double)(column * column + row * row));
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

static void set_samples(sampling *s, int n, double moved)
{
    s->n = n;
    s->near = M_SQRT2 / n + moved;
    for (int i = 0; i <= n; i++) {
        double d = (double)i / n - 0.5, a = 0.5 - d, b = 0.5 + d;
        s->weights[i][0] = 0.5 * a * a;
        s->weights[i][1] = 0.75 - d * d;
        s->weights[i][2] = 0.5 * b * b;
    }
}

/* Largest second derivatives, both directions, of the spline surface of a three by three patch of nodes less a surface
 * with the constant second derivatives (across, down). */
static double patch_bend(const double patch[3][3], double across, double down)
{
    double most_across = 0.0, most_down = 0.0;
    for (int j = 0; j < 3; j++) {
        most_across = fmax(most_across, fabs(patch[j][0] - 2.0 * patch[j][1] + patch[j][2] - across));
        most_down = fmax(most_down, fabs(patch[0][j] - 2.0 * patch[1][j] + patch[2][j] - down));
    }
    return most_across + most_down;
}

/* Second derivatives of the splines less the formula on the square about a node. */
static double difference_bend(const proof *p, const double patch[3][3], double column, double row, double nearest)
{
    double plain = patch_bend(patch, 0.0, 0.0);
    if (p->kernel->shape == HG_TRIANGULAR)
        return plain + p->slope / nearest;
    /* The formula's second differences are its second derivatives somewhere less than 1.6 nodes from any point of
     * the square. */
    double centre = formula(p, hypot(column, row));
    double across = formula(p, hypot(column - 1.0, row)) - 2.0 * centre + formula(p, hypot(column + 1.0, row));
    double down = formula(p, hypot(column, row - 1.0)) - 2.0 * centre + formula(p, hypot(column, row + 1.0));
    return fmin(plain + p->bend, patch_bend(patch, across, down) + 3.2 * p->twist);
}

/* How much the error may exceed that at the samples, on the square about a node, which lies between two distances. */
static double margin_of(const proof *p, const sampling *s, const double patch[3][3], double column, double row,
                        double nearest, double farthest)
{
    double step = 1.0 / s->n, curved = step * step / 8.0, outside = curved * patch_bend(patch, 0.0, 0.0);
    if (nearest > p->radius + s->near)
        return outside;
    double inside = nearest > 0.0 ? curved * difference_bend(p, patch, column, row, nearest) : INFINITY;
    if (p->kernel->shape == HG_TRIANGULAR) /* the tip: only the slope is bounded */
        inside = fmin(inside, p->slope * step * M_SQRT1_2 + outside);
    else if (nearest == 0.0)
        inside = curved * difference_bend(p, patch, column, row, nearest);
    bool all_inside = farthest < p->radius - s->near;
    return (all_inside ? inside : fmax(inside, outside)) + p->slope * p->moved;
}

/* The error's range at the samples of the square about a node. */
static void sample_square(const proof *p, const sampling *s, const double patch[3][3], double column, double row,
                          double *low, double *high)
{
    for (int i = 0; i <= s->n; i++) {
        double x = column + (double)i / s->n - 0.5, blend[3];
        for (int j = 0; j < 3; j++)
            blend[j] = s->weights[i][0] * patch[j][0] + s->weights[i][1] * patch[j][1] + s->weights[i][2] * patch[j][2];
        for (int j = 0; j <= s->n; j++) {
            double y = row + (double)j / s->n - 0.5, r = sqrt(x * x + y * y);
            double shown = s->weights[j][0] * blend[0] + s->weights[j][1] * blend[1] + s->weights[j][2] * blend[2];
            double inside = r < p->radius + s->near ? shown - formula(p, r) : shown;
            double outside = r > p->radius - s->near ? shown : inside;
            double less = inside < outside ? inside : outside, more = inside < outside ? outside : inside;
            *low = less < *low ? less : *low;
            *high = more > *high ? more : *high;
        }
    }
}

/* The error's range and bound on the square about a node. */
static void judge_square(const proof *p, int64_t column, int64_t row)
{
    double patch[3][3], low = INFINITY, high = -INFINITY, x = (double)column, y = (double)row;
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++)
            patch[j][i] = value_at(p, column + i - 1, row + j - 1);
    double from_x = x > 0.5 ? x - 0.5 : 0.0, from_y = y > 0.5 ? y - 0.5 : 0.0;
    double nearest = sqrt(from_x * from_x + from_y * from_y);
    double farthest = sqrt((x + 0.5) * (x + 0.5) + (y + 0.5) * (y + 0.5));
    size_t at = (size_t)(row * p->k->side + column);
    p->low[at] = p->high[at] = p->bound[at] = 0.0;
    if (p->settling && (fabs(nearest - p->radius) > NEAR_RIM && nearest > NEAR_TIP))
        return;
    bool tip = p->kernel->shape == HG_TRIANGULAR && nearest < NEAR_TIP;
    bool smooth = farthest < p->radius - p->smooth.near || nearest > p->radius + p->smooth.near;
    const sampling *s = smooth && !tip ? &p->smooth : &p->rim;
    sample_square(p, s, patch, x, y, &low, &high);
    p->low[at] = low;
    p->high[at] = high;
    p->bound[at] = fmax(high, -low) + margin_of(p, s, patch, x, y, nearest, farthest);
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

static hg_status judge(proof *p, int smooth, int rim, hg_control *control, hg_error *err)
{
    set_samples(&p->smooth, smooth, p->moved);
    set_samples(&p->rim, rim, p->moved);
    find_steepness(p, 1.0 + (M_SQRT2 + p->moved + 1.6) / p->radius);
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

/* A node is weighed on by points of the three by three squares around it: rows first, then columns. */
static void spread_bounds(const proof *p)
{
    hg_fast_kernel *k = p->k;
    int64_t side = k->side;
    double *across = p->low;
    for (int64_t row = 0; row < side; row++)
        for (int64_t column = 0; column < side; column++) {
            const double *b = p->bound + row * side;
            double before = b[column > 0 ? column - 1 : 1], after = column + 1 < side ? b[column + 1] : 0.0;
            double most = before > after ? before : after;
            across[row * side + column] = most > b[column] ? most : b[column];
        }
    k->worst = 0.0;
    for (int64_t row = 0; row < side; row++)
        for (int64_t column = 0; column < side; column++) {
            const double *a = across + column;
            double before = a[(row > 0 ? row - 1 : 1) * side], after = row + 1 < side ? a[(row + 1) * side] : 0.0;
            double most = before > after ? before : after;
            most = most > a[row * side] ? most : a[row * side];
            k->error[row * side + column] = most;
            k->worst = most > k->worst ? most : k->worst;
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

/* Along a square's side, where `squares` of them are sampled. */
static int samples_for(double squares, int most)
{
    double n = floor(sqrt(SAMPLES / squares)) - 1.0;
    return (int)fmax(SAMPLES_LEAST, fmin(n, most));
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
    p.settling = true;
    for (int round = 0; round < SETTLING && status == HG_OK; round++) {
        status = judge(&p, SETTLING_SAMPLES, SETTLING_SAMPLES, control, err);
        if (status == HG_OK)
            settle(&p);
    }
    p.settling = false;
    if (status == HG_OK)
        status = judge(&p, samples_for(0.5 * (double)(side * side), SAMPLES_MOST),
                       samples_for(3.0 * (double)side, SAMPLES_MOST), control, err);
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
