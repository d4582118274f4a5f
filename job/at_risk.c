#include "job/at_risk.h"
#include "base/memory.h"
#include "job/plane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void hg_at_risk_dispose(hg_at_risk *a)
{
    hg_free(a->surface);
    hg_free(a->name);
    *a = (hg_at_risk){0};
}

/* The layer while it becomes a surface. */
typedef struct layer {
    hg_job *job;
    const hg_intake *in;
    const hg_study *study;
    hg_pool *pool;
    hg_source *source;
    hg_source_rows rows;
    hg_shapes shapes; /* of a layer of polygons, one a row */
    hg_crs *crs;
    hg_patches *patches;
    uint32_t *which; /* the patches that count, with their weight a square metre */
    double *weight;
    size_t n;
    hg_at_risk *out;
} layer;

static void layer_dispose(layer *l)
{
    hg_source_rows_dispose(&l->rows);
    hg_patches_free(l->patches);
    hg_source_free(l->source);
    hg_shapes_dispose(&l->shapes);
    hg_crs_free(l->crs);
    hg_pool_free(l->pool);
    hg_free(l->which);
    hg_free(l->weight);
}

static hg_status name_layer(layer *l, hg_error *err)
{
    const char *file = hg_source_name(l->source), *name = hg_source_layer(l->source);
    hg_text t = {0};
    hg_text_addf(&t, "%s:%s", file, name);
    l->out->name = hg_strdup(t.s);
    hg_text_dispose(&t);
    return l->out->name ? HG_OK : hg_fail_memory(err);
}

static hg_status open_layer(layer *l, hg_error *err)
{
    char path[4096], name[256], date[11];
    hg_status status = hg_pool_new(&l->pool, err);
    if (status != HG_OK)
        return status;
    hg_source_split(l->job->set.at_risk, path, sizeof path, name, sizeof name, date);
    const hg_source_spec spec = {
        .path = path, .layer = *name ? name : NULL, .weight = l->job->set.at_risk_weight};
    hg_error why = {HG_OK, ""};
    status = hg_source_open(&spec, l->pool, &l->job->control, &l->source, &why);
    if (status == HG_OK)
        status = hg_source_is_polygons(l->source)
                     ? hg_source_read_polygons(l->source, &l->rows, &l->shapes, &why)
                     : hg_source_read(l->source, &l->rows, &why);
    if (status != HG_OK)
        return hg_fail(err, status, "--at-risk or --at-risk-weight: %s", why.message);
    l->out->rows = l->rows.n;
    status = name_layer(l, err);
    return status == HG_OK
               ? hg_plane_of_layer(l->job, l->source, &l->rows, "--at-risk", l->in->crs, &l->crs, err)
               : status;
}

/* A store's own weights count only if asked for. */
static double weight_of(const layer *l, size_t row)
{
    return l->job->set.at_risk_weight ? l->rows.w[row] : 1;
}

static bool is_good(const layer *l, size_t row)
{
    return l->rows.state[row] == HG_ROW_OK && isfinite(weight_of(l, row));
}

/* ------------------------------------------------- smoothed --------------------------------- */

static hg_status smooth(const layer *l, const hg_points *points, hg_error *err)
{
    const hg_grid *g = &l->study->grid;
    hg_kernel kernel = l->study->kernel;
    kernel.bandwidth_m = l->job->set.at_risk_bandwidth_m;
    if (kernel.bandwidth_m < g->cell_m)
        return hg_fail(err, HG_EUSAGE, "--at-risk-bandwidth %g m is under one cell of %g m", kernel.bandwidth_m,
                       g->cell_m);
    hg_density_plan *plan = NULL;
    hg_status status = hg_density_plan_new(points, g, &kernel, &l->job->control, &plan, err);
    int64_t step = status == HG_OK ? hg_density_band_rows(plan) : 1;
    for (int64_t row = 0; row < g->rows && status == HG_OK; row += step)
        status = hg_density_band(plan, row, g->rows - row < step ? g->rows - row : step,
                                 l->out->surface + row * g->columns, err);
    hg_density_plan_free(plan);
    double cell_area = g->cell_m * g->cell_m;
    for (uint64_t i = 0; i < hg_grid_cells(g) && status == HG_OK; i++)
        l->out->surface[i] *= (double)l->study->share[i] * cell_area;
    return status;
}

/* ------------------------------------------------- points ----------------------------------- */

/* Rows as incidents: those that do not count in a cell are halo, those of no use weigh nothing. */
static hg_status as_incidents(layer *l, uint8_t *where, hg_incidents *all, hg_error *err)
{
    size_t n = l->rows.n;
    hg_transform *there = NULL;
    hg_status status = hg_transform_new(l->crs, l->in->crs, &there, err);
    if (status == HG_OK)
        status = hg_transform_points(there, l->rows.x, l->rows.y, n, l->job->control.threads, err);
    hg_transform_free(there);
    if (status == HG_OK)
        status = hg_region_classify(l->in->region, l->rows.x, l->rows.y, n, 0, l->job->control.threads, where, err);
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        bool good = is_good(l, i) && isfinite(l->rows.x[i]) && isfinite(l->rows.y[i]);
        l->out->refused += !good;
        all->w[i] = good ? weight_of(l, i) : 0;
        all->flags[i] = good && where[i] == HG_INSIDE ? 0 : HG_FLAG_HALO;
    }
    all->n = n;
    all->x = l->rows.x;
    all->y = l->rows.y;
    return status;
}

/* Only rows that weigh something, so that none has a place that is no number. */
static hg_status smooth_points(const layer *l, const hg_incidents *all, hg_error *err)
{
    hg_points p = {0, all->x, all->y, all->w};
    for (size_t i = 0; i < all->n; i++) {
        if (!(all->w[i] > 0))
            continue;
        all->x[p.n] = all->x[i];
        all->y[p.n] = all->y[i];
        all->w[p.n++] = all->w[i];
    }
    return smooth(l, &p, err);
}

static hg_status lay_points(layer *l, hg_error *err)
{
    hg_incidents all = {.streams = 1};
    hg_cell_counts counts = {0};
    uint8_t *where = hg_malloc(l->rows.n, 1);
    all.w = hg_malloc(l->rows.n, sizeof *all.w);
    all.flags = hg_malloc(l->rows.n, 1);
    hg_status status = where && all.w && all.flags ? as_incidents(l, where, &all, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_count_cells(&all, &l->study->grid, l->study->share, &l->job->control, &counts, err);
    if (status == HG_OK) {
        l->out->used = counts.total;
        l->out->surface = counts.weight;
        counts.weight = NULL;
    }
    if (status == HG_OK && l->job->set.at_risk_bandwidth_m > 0)
        status = smooth_points(l, &all, err);
    hg_cell_counts_dispose(&counts);
    hg_free(where);
    hg_free(all.w);
    hg_free(all.flags);
    return status;
}

/* ------------------------------------------------- polygons --------------------------------- */

/* Outlines of the good rows in the analysis CRS; *row tells whose they are. */
static hg_status place_outlines(layer *l, hg_shapes *good, size_t *row, hg_error *err)
{
    bool *failed = hg_calloc(l->rows.n, sizeof *failed);
    if (!failed)
        return hg_fail_memory(err);
    for (size_t i = 0; i < l->rows.n; i++) {
        if (!is_good(l, i))
            continue;
        row[good->count] = i;
        good->shapes[good->count++] = l->shapes.shapes[i];
    }
    hg_status status = hg_plane_place(good, HG_WGS84, l->crs, l->in->crs, failed, err);
    size_t kept = 0;
    for (size_t k = 0; k < good->count && status == HG_OK; k++) {
        if (failed[k])
            continue;
        row[kept] = row[k];
        good->shapes[kept++] = good->shapes[k];
    }
    good->count = kept;
    hg_free(failed);
    return status;
}

static hg_status measure(layer *l, const hg_shapes *good, const size_t *row, hg_error *err)
{
    size_t repaired = 0;
    const hg_shape **shapes = hg_malloc(good->count, sizeof *shapes);
    if (!shapes)
        return hg_fail_memory(err);
    for (size_t k = 0; k < good->count; k++)
        shapes[k] = &good->shapes[k];
    hg_status status = hg_patches_new(shapes, good->count, &l->job->control, &l->patches, err);
    hg_free(shapes);
    for (size_t k = 0; k < good->count && status == HG_OK; k++) {
        const hg_patch *p = hg_patches_at(l->patches, k);
        if (p->state != HG_PATCH_GOOD)
            continue;
        repaired += p->repaired;
        l->which[l->n] = (uint32_t)k;
        l->weight[l->n++] = weight_of(l, row[k]) / p->whole.area_m2;
    }
    if (repaired)
        hg_job_add_note(l->job, "--at-risk: %zu invalid polygons were repaired", repaired);
    l->out->refused = l->rows.n - l->n;
    return status;
}

static hg_status read_outlines(layer *l, hg_error *err)
{
    size_t n = l->rows.n, *row = hg_malloc(n, sizeof *row);
    hg_shapes good = {.shapes = hg_malloc(n, sizeof *good.shapes), .source = l->shapes.source};
    l->which = hg_malloc(n, sizeof *l->which);
    l->weight = hg_malloc(n, sizeof *l->weight);
    hg_status status = row && good.shapes && l->which && l->weight ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = place_outlines(l, &good, row, err);
    if (status == HG_OK)
        status = measure(l, &good, row, err);
    if (status == HG_OK)
        status = hg_patches_clip(l->patches, l->in->region, &l->job->control, err);
    hg_free(row);
    hg_free(good.shapes);
    return status;
}

/* The parts in A, on its cells. */
static hg_status lay_parts(layer *l, hg_error *err)
{
    const hg_grid *g = &l->study->grid;
    hg_spread spread = {0};
    const hg_spreading parts = {.patches = l->patches, .which = l->which, .weight = l->weight, .n = l->n,
                                .inside = true, .share = l->study->share,
                                .window = {g->cell_m, g->west, g->top, g->columns, g->rows}};
    hg_status status = hg_spread_patches(&parts, &l->job->control, &spread, err);
    l->out->surface = status == HG_OK ? hg_calloc(hg_grid_cells(g), sizeof *l->out->surface) : NULL;
    if (status == HG_OK && !l->out->surface)
        status = hg_fail_memory(err);
    for (size_t k = 0; k < spread.n && status == HG_OK; k++)
        l->out->surface[spread.cells[k].cell] = spread.cells[k].mass;
    for (size_t k = 0; k < l->n && status == HG_OK; k++)
        l->out->used += spread.places[k].cell != UINT64_MAX;
    hg_spread_dispose(&spread);
    return status;
}

/* Whole outlines, on the grid and as far around it as the kernel reaches; their mass acts from cells' centres. */
static hg_status smooth_outlines(layer *l, hg_error *err)
{
    hg_grid wide = l->study->grid;
    hg_kernel kernel = {l->study->kernel.shape, l->job->set.at_risk_bandwidth_m, l->study->kernel.cutoff};
    int64_t margin = (int64_t)ceil(hg_kernel_support_m(&kernel) / wide.cell_m) + 1;
    wide = (hg_grid){wide.cell_m, wide.west - margin, wide.top + margin, wide.columns + 2 * margin,
                     wide.rows + 2 * margin};
    hg_spread spread = {0};
    const hg_spreading whole = {.patches = l->patches, .which = l->which, .weight = l->weight, .n = l->n,
                                .window = {wide.cell_m, wide.west, wide.top, wide.columns, wide.rows}};
    hg_status status = hg_spread_patches(&whole, &l->job->control, &spread, err);
    double *xyw = status == HG_OK ? hg_malloc(spread.n, 3 * sizeof *xyw) : NULL;
    if (status == HG_OK && !xyw)
        status = hg_fail_memory(err);
    for (size_t k = 0; k < spread.n && status == HG_OK; k++) {
        uint64_t cell = spread.cells[k].cell;
        xyw[k] = hg_grid_column_centre(&wide, (int64_t)(cell % (uint64_t)wide.columns));
        xyw[spread.n + k] = hg_grid_row_centre(&wide, (int64_t)(cell / (uint64_t)wide.columns));
        xyw[2 * spread.n + k] = spread.cells[k].mass;
    }
    if (status == HG_OK) {
        const hg_points points = {spread.n, xyw, xyw + spread.n, xyw + 2 * spread.n};
        status = smooth(l, &points, err);
    }
    hg_free(xyw);
    hg_spread_dispose(&spread);
    return status;
}

static hg_status lay_polygons(layer *l, hg_error *err)
{
    hg_status status = read_outlines(l, err);
    if (status == HG_OK)
        status = lay_parts(l, err);
    return status == HG_OK && l->job->set.at_risk_bandwidth_m > 0 ? smooth_outlines(l, err) : status;
}

/* ------------------------------------------------- all -------------------------------------- */

hg_status hg_at_risk_read(hg_job *job, const hg_intake *in, const hg_study *study, hg_at_risk *out, hg_error *err)
{
    layer l = {.job = job, .in = in, .study = study, .out = out};
    hg_status status = open_layer(&l, err);
    if (status == HG_OK)
        status = hg_source_is_polygons(l.source) ? lay_polygons(&l, err) : lay_points(&l, err);
    if (status == HG_OK && out->refused == out->rows)
        status = hg_fail(err, HG_EDATA, "--at-risk %s: none of %llu rows has a place and a weight that is finite and "
                         "not negative", out->name, (unsigned long long)out->rows);
    out->outside = status == HG_OK ? out->rows - out->refused - out->used : 0;
    layer_dispose(&l);
    return status;
}
