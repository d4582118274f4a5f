#include "base/memory.h"
#include "base/threads.h"
#include "geo/crs_proj.h"

#include <math.h>
#include <string.h>

struct hg_transform {
    PJ_CONTEXT *context;
    PJ *operation; /**< NULL: nothing to do but scale */
    double scale;
};

/* Below this many points a thread costs more than it saves (a clone takes milliseconds). */
enum { POINTS_PER_THREAD = 20000, POINTS_PER_CALL = 4096 };

/* One thread's share of the points, with PROJ objects nobody else touches. */
typedef struct share {
    PJ_CONTEXT *context;
    PJ *operation;
    double *x, *y;
    size_t n;
} share;

static hg_status no_operation(const hg_crs *from, const hg_crs *to, hg_error *err)
{
    const hg_crs *local = from->engineering ? from : to;
    if (local->engineering)
        return hg_fail(err, HG_EUSAGE,
                       "\"%s\" is a local plane that no transformation leads into or out of; "
                       "expected the same CRS for \"%s\"",
                       local->name, local == from ? to->name : from->name);
    return hg_fail(err, HG_EUSAGE, "no transformation is known from \"%s\" to \"%s\"", from->name,
                   to->name);
}

/* One local plane under one name, in two units. */
static bool same_plane(const hg_crs *from, const hg_crs *to)
{
    return from->engineering && to->engineering && strcmp(from->name, to->name) == 0;
}

hg_status hg_transform_new(const hg_crs *from, const hg_crs *to, hg_transform **out, hg_error *err)
{
    bool rescaled = same_plane(from, to);
    bool same = rescaled || hg_crs_same(from, to);
    if (!same && (from->engineering || to->engineering))
        return no_operation(from, to, err);
    hg_transform *t = hg_calloc(1, sizeof *t);
    if (!t)
        return hg_fail_memory(err);
    t->scale = rescaled ? from->unit_m / to->unit_m : 1;
    if (!same) {
        t->context = hg_proj_context_new();
        if (t->context)
            t->operation = hg_proj_operation(t->context, from->stated, to->stated);
        if (!t->operation) {
            hg_transform_free(t);
            return no_operation(from, to, err);
        }
    }
    *out = t;
    return HG_OK;
}

void hg_transform_free(hg_transform *t)
{
    if (!t)
        return;
    proj_destroy(t->operation);
    if (t->context)
        proj_context_destroy(t->context);
    hg_free(t);
}

/* PROJ marks what it cannot transform with infinities. */
static void run(PJ *operation, double *x, double *y, size_t n)
{
    for (size_t i = 0; i < n; i += POINTS_PER_CALL) {
        size_t m = n - i < POINTS_PER_CALL ? n - i : POINTS_PER_CALL;
        proj_trans_generic(operation, PJ_FWD, x + i, sizeof *x, m, y + i, sizeof *y, m, NULL, 0, 0,
                           NULL, 0, 0);
        for (size_t k = i; k < i + m; k++) {
            if (!isfinite(x[k]) || !isfinite(y[k]))
                x[k] = y[k] = NAN;
        }
    }
}

static hg_status run_share(void *context, size_t i, hg_error *err)
{
    (void)err;
    share *s = (share *)context + i;
    run(s->operation, s->x, s->y, s->n);
    return HG_OK;
}

static void free_shares(share *shares, size_t count)
{
    for (size_t i = 0; shares && i < count; i++) {
        proj_destroy(shares[i].operation);
        if (shares[i].context)
            proj_context_destroy(shares[i].context);
    }
    hg_free(shares);
}

/* Cloning reads the original's lazily filled caches, so it is done here, on one thread. */
static share *make_shares(const PJ *operation, double *x, double *y, size_t n, size_t count)
{
    share *shares = hg_calloc(count, sizeof *shares);
    bool whole = shares != NULL;
    for (size_t i = 0; whole && i < count; i++) {
        size_t from = n / count * i;
        size_t to = i + 1 == count ? n : from + n / count;
        shares[i].x = x + from;
        shares[i].y = y + from;
        shares[i].n = to - from;
        shares[i].context = hg_proj_context_new();
        if (shares[i].context)
            shares[i].operation = proj_clone(shares[i].context, operation);
        whole = shares[i].operation != NULL;
    }
    if (whole)
        return shares;
    free_shares(shares, count);
    return NULL;
}

hg_status hg_transform_points(hg_transform *t, double *x, double *y, size_t n, int threads,
                              hg_error *err)
{
    if (!t->operation) {
        for (size_t i = 0; t->scale != 1.0 && i < n; i++) {
            x[i] *= t->scale;
            y[i] *= t->scale;
        }
        return HG_OK;
    }
    size_t count = (size_t)hg_thread_count(threads);
    if (count > n / POINTS_PER_THREAD)
        count = n / POINTS_PER_THREAD;
    if (count <= 1) {
        run(t->operation, x, y, n);
        return HG_OK;
    }
    share *shares = make_shares(t->operation, x, y, n, count);
    if (!shares)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(count, (int)count, run_share, shares, err);
    free_shares(shares, count);
    return status;
}
