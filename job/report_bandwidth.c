/* The curve behind a bandwidth that was chosen by cross-validation. */
#include "job/report_parts.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>

enum { POINTS_MOST = 256 };

typedef struct curve {
    size_t n;
    double h[POINTS_MOST], cv[POINTS_MOST], low, high, chosen;
    const char *axis;
} curve;

static void read_curve(const hg_result *hot, curve *c)
{
    char key[64];
    c->low = INFINITY;
    c->high = -INFINITY;
    for (size_t k = 0; k < POINTS_MOST; k++) {
        snprintf(key, sizeof key, "bandwidth.curve[%zu].h_m", k);
        double h = hg_result_real(hot, key);
        snprintf(key, sizeof key, "bandwidth.curve[%zu].cv", k);
        double cv = hg_result_real(hot, key);
        if (!(h > 0))
            break;
        if (!isfinite(cv))
            continue;
        c->h[c->n] = h;
        c->cv[c->n++] = cv;
        c->low = fmin(c->low, cv);
        c->high = fmax(c->high, cv);
    }
}

/* Bandwidths grow by a factor from point to point, so the axis is one of logarithms. */
static double at(const curve *c, double h, double left, double right)
{
    return left + (right - left) * log(h / c->h[0]) / log(c->h[c->n - 1] / c->h[0]);
}

static void draw_curve(hg_canvas *canvas, double width, double height, const void *data)
{
    const curve *c = data;
    const double left = 62, right = width - 12, top = 6, bottom = height - 28;
    double xy[2 * POINTS_MOST];
    hg_lettering how = {.size = 8.5, .anchor = HG_ANCHOR_MIDDLE, .color = HG_INK};
    char number[64];
    for (size_t k = 0; k < c->n; k++) {
        xy[2 * k] = at(c, c->h[k], left, right);
        xy[2 * k + 1] = bottom - (bottom - top) * (c->cv[k] - c->low) / (c->high - c->low);
    }
    hg_canvas_line(canvas, left, bottom, right, bottom, HG_GRID_LINE, 0.8);
    if (c->chosen >= c->h[0] && c->chosen <= c->h[c->n - 1])
        hg_canvas_line(canvas, at(c, c->chosen, left, right), top, at(c, c->chosen, left, right), bottom, "#c2182b", 1);
    hg_canvas_polyline(canvas, xy, c->n, HG_INK, 1.2, 0);
    for (size_t k = 0; k < 3; k++) {
        double h = k == 1 ? sqrt(c->h[0] * c->h[c->n - 1]) : c->h[k ? c->n - 1 : 0];
        hg_canvas_text(canvas, at(c, h, left, right), bottom + 8, &how, hg_document_number(h, 0, number));
    }
    hg_canvas_text(canvas, (left + right) / 2, height - 7, &how, c->axis);
    how.anchor = HG_ANCHOR_RIGHT;
    int digits = c->high - c->low >= 10 ? 0 : 3;
    hg_canvas_text(canvas, left - 6, top + 4, &how, hg_document_number(c->high, digits, number));
    hg_canvas_text(canvas, left - 6, bottom - 4, &how, hg_document_number(c->low, digits, number));
}

hg_status hg_report_bandwidths(hg_report *r, hg_error *err)
{
    if (!r->hot.path)
        return HG_OK;
    curve *c = hg_calloc(1, sizeof *c);
    if (!c)
        return hg_fail_memory(err);
    read_curve(&r->hot, c);
    if (c->n < 3 || !(c->high > c->low)) {
        hg_free(c);
        return HG_OK;
    }
    c->chosen = hg_result_real(&r->hot, "bandwidth_m");
    c->axis = hg_report_say(r->zh, HG_SAY_BANDWIDTH_AXIS);
    hg_chart chart = {.title = hg_report_say(r->zh, HG_SAY_BANDWIDTH_CURVE),
                      .alt = hg_report_say(r->zh, HG_SAY_BANDWIDTH_ALT),
                      .width = 420,
                      .height = 170,
                      .draw = draw_curve,
                      .data = c,
                      .dispose = hg_free};
    return hg_document_add_chart(r->doc, &chart, err);
}
