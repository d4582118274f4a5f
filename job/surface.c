#include "job/surface_rows.h"
#include "base/memory.h"
#include "job/bandwidth.h"
#include "job/ranks_tiles.h"

#include <math.h>

/* Diggle: each event's weight is divided by the kernel mass that stays inside. */
static hg_status divide_weights(hg_job *job, const hg_study *s, hg_feed *f, hg_error *err)
{
    size_t n = f->points.n;
    hg_coverage coverage = {&s->grid, s->share};
    double *e = hg_malloc(n, sizeof *e);
    if (!e)
        return hg_fail_memory(err);
    hg_status status =
        hg_edge_at_points(&coverage, &s->kernel, &f->points, &job->control, e, err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        e[i] = e[i] > 0 ? (f->points.w ? f->points.w[i] : 1) / e[i] : 0;
    if (status != HG_OK) {
        hg_free(e);
        return status;
    }
    hg_free(f->w);
    f->w = e;
    f->points.w = e;
    return HG_OK;
}

typedef struct band_loop {
    hg_job *job;
    const hg_intake *in;
    const hg_study *study;
    hg_surface *surface;
    const double *e; /* uniform correction, whole grid; NULL = none */
    double *values;  /* one band, per m2 */
    float *out;      /* one band, per km2 */
    float *share;    /* one band, where shares are not kept whole */
    double whole;    /* mass over all cells of the grid, inside or not */
} band_loop;

static hg_status band_shares(const band_loop *l, int64_t row0, int64_t n, const float **share,
                             hg_error *err)
{
    const hg_grid *g = &l->study->grid;
    *share = NULL;
    if (!l->study->masked)
        return HG_OK;
    *share = l->study->share ? l->study->share + row0 * g->columns : l->share;
    if (l->study->share)
        return HG_OK;
    return hg_region_coverage(l->in->region, hg_grid_column_west(g, 0), hg_grid_row_north(g, row0),
                              g->cell_m, g->columns, n, l->share, err);
}

/* Values to per km2, nodata outside the area, and the sums of the mass balance. */
static void finish_band(band_loop *l, int64_t row0, int64_t n, const float *share)
{
    const hg_grid *g = &l->study->grid;
    double cell_area = g->cell_m * g->cell_m;
    for (int64_t r = 0; r < n; r++) {
        double row_inside = 0, row_all = 0;
        for (int64_t c = 0; c < g->columns; c++) {
            int64_t i = r * g->columns + c;
            double f = l->values[i], inside = share ? (double)share[i] : 1;
            if (l->e) {
                double e = l->e[(row0 + r) * g->columns + c];
                f = e > 0 ? f / e : 0;
            }
            row_all += f;
            row_inside += f * inside;
            bool shown = inside > 0;
            double per_km2 = f * 1e6;
            l->out[i] = shown ? (float)per_km2 : HG_RASTER_NODATA;
            if (l->surface->density)
                l->surface->density[row0 * g->columns + i] = shown ? (float)per_km2 : 0;
            if (shown && per_km2 > l->surface->peak_per_km2)
                l->surface->peak_per_km2 = per_km2;
        }
        l->surface->on_grid += row_inside * cell_area;
        l->whole += row_all * cell_area;
    }
}

static hg_status run_bands(band_loop *l, const hg_surface_rows *rows, hg_error *err)
{
    const hg_grid *g = &l->study->grid;
    int64_t step = hg_surface_rows_at_once(rows);
    step = step < g->rows ? step : g->rows;
    size_t cells = (size_t)(step * g->columns);
    l->values = hg_malloc_aligned(cells, sizeof *l->values);
    l->out = hg_malloc(cells, sizeof *l->out);
    bool own_share = l->study->masked && !l->study->share;
    l->share = own_share ? hg_malloc(cells, sizeof *l->share) : NULL;
    if (!l->values || !l->out || (own_share && !l->share))
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (int64_t row = 0; row < g->rows && status == HG_OK; row += step) {
        int64_t n = g->rows - row < step ? g->rows - row : step;
        const float *share = NULL;
        status = hg_surface_rows_compute(rows, row, n, l->values, err);
        if (status == HG_OK)
            status = band_shares(l, row, n, &share, err);
        if (status == HG_OK)
            finish_band(l, row, n, share);
        if (status == HG_OK && l->surface->raster)
            status = hg_raster_write(l->surface->raster, row, n, l->out, err);
        if (status == HG_OK)
            status = hg_check_cancel(&l->job->control, err);
        hg_say_progress(&l->job->control, "density", (double)(row + n) / (double)g->rows);
    }
    return status;
}

/* Every rank finishes its own rows; what is left of them here are their sums. */
static hg_status write_tiles(band_loop *l, const hg_surface_rows *rows, hg_error *err)
{
    const hg_grid *g = &l->study->grid;
    double *sums = hg_malloc((size_t)g->rows, sizeof *sums);
    hg_status status = sums ? hg_tiles_write(l->surface->tiles, l->job, l->in, l->study, rows->shared, sums,
                                             &l->surface->peak_per_km2, err)
                            : hg_fail_memory(err);
    for (int64_t r = 0; r < g->rows && status == HG_OK; r++)
        l->whole = l->surface->on_grid += sums[r] * (g->cell_m * g->cell_m);
    hg_free(sums);
    return status;
}

/* Diggle puts every event's mass inside, so nothing goes over the edge; uniform conserves none. */
static hg_status balance(const band_loop *l, const hg_surface_rows *rows, double total, hg_error *err)
{
    hg_surface *s = l->surface;
    double beyond = 0;
    hg_edge edge = l->job->set.edge;
    if (edge == HG_EDGE_NONE) {
        hg_status status = hg_surface_rows_beyond(rows, &beyond, err);
        if (status != HG_OK)
            return status;
    }
    s->total = total;
    s->truncated = total * hg_kernel_truncated(&l->study->kernel);
    s->over_edge = edge == HG_EDGE_NONE ? beyond + (l->whole - s->on_grid) : 0;
    s->residual = total - s->on_grid - s->over_edge - s->truncated;
    return HG_OK;
}

static void adaptive_facts(hg_facts *f, const hg_bandwidth_spread *a)
{
    hg_fact_int(f, (int64_t)a->locations, "adaptive.locations");
    hg_fact_real(f, a->low_m, "adaptive.low_m");
    hg_fact_real(f, a->median_m, "adaptive.median_m");
    hg_fact_real(f, a->high_m, "adaptive.high_m");
    hg_fact_int(f, (int64_t)a->raised, "adaptive.held_at_cell");
    hg_fact_int(f, (int64_t)a->trimmed, "adaptive.held_at_widest");
}

static void surface_facts(hg_job *job, const hg_intake *in, const hg_study *s,
                          const hg_surface *surface)
{
    hg_facts *f = &job->facts;
    const hg_grid *g = &s->grid;
    hg_fact_real(f, g->cell_m, "cell_m");
    hg_bandwidth_say(job, in);
    if (job->set.adaptive)
        adaptive_facts(f, &surface->spread);
    hg_fact_text(f, hg_kernel_name(s->kernel.shape), "kernel");
    if (s->kernel.shape == HG_GAUSSIAN)
        hg_fact_real(f, s->kernel.cutoff, "cutoff");
    hg_fact_text(f, hg_edge_name(job->set.edge), "edge");
    hg_surface_method_facts(job, surface);
    hg_fact_int(f, g->columns, "grid.columns");
    hg_fact_int(f, g->rows, "grid.rows");
    hg_fact_real(f, hg_grid_column_west(g, 0), "grid.west_m");
    hg_fact_real(f, hg_grid_row_north(g, 0), "grid.north_m");
    hg_fact_text(f, in->area_given ? "given" : s->masked ? "guessed" : "none", "area_source");
    if (s->area_m2 > 0)
        hg_fact_real(f, s->area_m2 / 1e6, "area_km2");
    hg_fact_real(f, surface->total, "mass.total");
    hg_fact_real(f, surface->on_grid, "mass.grid");
    hg_fact_real(f, surface->over_edge, "mass.over_edge");
    hg_fact_real(f, surface->truncated, "mass.truncated");
    hg_fact_real(f, surface->residual, "mass.residual");
    hg_fact_bool(f, job->set.edge != HG_EDGE_UNIFORM, "mass.conserved");
    if (in->patches)
        hg_fact_text(f, hg_intake_in_m2(in) ? "m2" : "incidents", "mass.unit");
    hg_fact_real(f, surface->peak_per_km2, "peak_density_per_km2");
    double year = hg_per_year(job, in, surface->peak_per_km2);
    if (isfinite(year))
        hg_fact_real(f, year, "peak_density_per_km2_year");
}

hg_status hg_surface_compute(hg_job *job, const hg_intake *in, const hg_study *study,
                             hg_surface *surface, hg_error *err)
{
    hg_feed f = {0};
    hg_surface_rows rows = {0};
    double *e = NULL;
    band_loop loop = {.job = job, .in = in, .study = study, .surface = surface};
    hg_status status = hg_feed_init(in, &study->heat, job->set.edge != HG_EDGE_NONE, &f, err);
    if (status == HG_OK && job->set.edge == HG_EDGE_DIGGLE)
        status = divide_weights(job, study, &f, err);
    if (status == HG_OK && job->set.edge == HG_EDGE_UNIFORM) {
        hg_coverage coverage = {&study->grid, study->share};
        loop.e = e = hg_malloc(hg_grid_cells(&study->grid), sizeof *e);
        status = e ? hg_edge_at_cells(&coverage, &study->kernel, &job->control, e, err)
                   : hg_fail_memory(err);
    }
    if (status == HG_OK)
        status = hg_surface_rows_plan(job, study, &f.points, surface, &rows, err);
    if (status == HG_OK)
        status = surface->tiles ? write_tiles(&loop, &rows, err) : run_bands(&loop, &rows, err);
    if (status == HG_OK)
        status = balance(&loop, &rows, f.total, err);
    hg_surface_rows_free(&rows);
    hg_feed_dispose(&f);
    hg_free(e);
    hg_free(loop.values);
    hg_free(loop.out);
    hg_free(loop.share);
    return status;
}

hg_status hg_surface_run(hg_job *job, const hg_intake *in, const hg_study *study,
                         hg_surface *surface, hg_error *err)
{
    hg_status status = hg_surface_compute(job, in, study, surface, err);
    if (status == HG_OK)
        surface_facts(job, in, study, surface);
    return status;
}

static void summarise_reasons(hg_text *t, const hg_intake *in)
{
    int64_t counts[HG_REASON_END];
    const char *before = "\nrejected: ";
    hg_intake_reasons(in, counts);
    for (size_t r = 1; r < HG_REASON_END; r++) {
        if (counts[r])
            hg_text_addf(t, "%s%lld %s", before, (long long)counts[r], hg_reason_code((hg_reason)r));
        before = counts[r] ? ", " : before;
    }
}

void hg_summarise_intake(hg_job *job, const hg_intake *in)
{
    hg_text *t = &job->summary;
    char a[32], b[32], c[32];
    hg_text_addf(t, "%s rows read = %s accepted + %s rejected", hg_grouped(in->rows_read, a),
                 hg_grouped(in->accepted, b), hg_grouped(in->rejected, c));
    if (in->halo)
        hg_text_addf(t, "; %s in the halo", hg_grouped(in->halo, a));
    if (in->untimed)
        hg_text_addf(t, "; %s without a time", hg_grouped(in->untimed, a));
    if (in->duplicates)
        hg_text_addf(t, "; %s repeat another row%s", hg_grouped(in->duplicates, a),
                     job->set.drop_duplicates ? "" : " and are kept");
    summarise_reasons(t, in);
    hg_text_addf(t, "\nanalysis CRS: %s (%s)\n", hg_crs_name(in->crs), in->crs_why);
}

void hg_summarise_surface(hg_job *job, const hg_intake *in, const hg_study *study,
                          const hg_surface *surface)
{
    hg_text *t = &job->summary;
    const hg_grid *g = &study->grid;
    const char *rule = job->set.rule == HG_RULE_LENGTH ? "as given" : hg_bandwidth_rule_name(job->set.rule);
    hg_bandwidth_summarise(job, in);
    hg_text_addf(t, "density: %s, bandwidth %.4g m (%s), %lld x %lld cells of %g m",
                 hg_kernel_name(study->kernel.shape), study->kernel.bandwidth_m,
                 rule, (long long)g->columns, (long long)g->rows, g->cell_m);
    if (job->set.adaptive)
        hg_text_addf(t, "; adaptive from %.4g to %.4g m, half of the weight under %.4g m", surface->spread.low_m,
                     surface->spread.high_m, surface->spread.median_m);
    double year = hg_per_year(job, in, surface->peak_per_km2);
    hg_text_addf(t, "; peak %.4g %sper km2", surface->peak_per_km2,
                 hg_intake_in_m2(in) ? "m2 " : "");
    if (isfinite(year))
        hg_text_addf(t, " = %.4g per km2 and year", year);
    if (job->set.half_life_s > 0) {
        char as_of[32];
        hg_text_addf(t, "; incidents weigh half as much every %g days before %s (%.3g of their weight on average)",
                     job->set.half_life_s / 86400, hg_civil_text(in->as_of, as_of), in->mean_age_factor);
    }
    hg_text_addf(t,
                 "\nmass%s: %.10g total = %.10g on the grid + %.6g over the edge + %.4g truncated + "
                 "%.4g sampling residual%s\n",
                 hg_intake_in_m2(in) ? " (m2)" : "", surface->total, surface->on_grid, surface->over_edge, surface->truncated,
                 surface->residual,
                 job->set.edge == HG_EDGE_UNIFORM ? " (uniform edge correction conserves none)" : "");
    hg_surface_method_summarise(t, surface);
}
