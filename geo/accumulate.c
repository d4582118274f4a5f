#include "geo/accumulate.h"

#include <math.h>

double hg_edge_x_at(const hg_edge *e, double y)
{
    if (y == e->ay)
        return e->ax;
    if (y == e->by)
        return e->bx;
    double x = e->ax + (e->bx - e->ax) * ((y - e->ay) / (e->by - e->ay));
    return fmin(fmax(x, fmin(e->ax, e->bx)), fmax(e->ax, e->bx));
}

/* A piece from column position u0 to u1 >= u0, both within 0 … columns, of signed height v. */
static void add_piece(double *sums, int64_t columns, double u0, double u1, double v)
{
    int64_t first = (int64_t)u0;
    int64_t last = (int64_t)u1;
    if (first >= columns)
        return;
    if (first == last || u1 <= (double)(first + 1)) {
        double right = (double)(first + 1) - 0.5 * (u0 + u1);
        sums[first] += v * right;
        sums[first + 1] += v - v * right;
        return;
    }
    double slope = v / (u1 - u0);
    double left = u0;
    for (int64_t c = first; c < columns && left < u1; c++) {
        double end = fmin(u1, (double)(c + 1));
        double part = slope * (end - left);
        double right = (double)(c + 1) - 0.5 * (left + end);
        sums[c] += part * right;
        sums[c + 1] += part - part * right;
        left = end;
    }
}

/* The same with ends anywhere: what lies west counts in full from the first column, east not at
 * all. */
void hg_accumulate(double *sums, int64_t columns, double u0, double u1, double v)
{
    double end = (double)columns;
    if (u0 >= end)
        return;
    if (u1 <= 0.0) {
        sums[0] += v;
        return;
    }
    double slope = u1 > u0 ? v / (u1 - u0) : 0.0;
    if (u0 < 0.0) {
        sums[0] += slope * -u0;
        v -= slope * -u0;
        u0 = 0.0;
    }
    if (u1 > end) {
        v -= slope * (u1 - end);
        u1 = end;
    }
    add_piece(sums, columns, u0, u1, v);
}
