#include "job/study.h"
#include "base/memory.h"
#include "base/stretches.h"
#include "base/threads.h"
#include "io/staging.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void hg_study_dispose(hg_study *s)
{
    hg_free(s->share);
    hg_heat_dispose(&s->heat);
    *s = (hg_study){0};
}

static void rows_box(const hg_intake *in, double margin, double box[4])
{
    const hg_incidents *inc = &in->incidents;
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (size_t i = 0; i < inc->n; i++) {
        double own[4] = {inc->x[i], inc->y[i], inc->x[i], inc->y[i]};
        if (in->patch && in->patch[i] != HG_NO_PATCH)
            memcpy(own, hg_patches_at(in->patches, in->patch[i])->whole.box, sizeof own);
        box[0] = fmin(box[0], own[0]);
        box[1] = fmin(box[1], own[1]);
        box[2] = fmax(box[2], own[2]);
        box[3] = fmax(box[3], own[3]);
    }
    if (in->all.spread)
        memcpy(box, in->all.box, 4 * sizeof *box);
    box[0] -= margin;
    box[1] -= margin;
    box[2] += margin;
    box[3] += margin;
}

static void extent(const hg_job *job, const hg_intake *in, double margin, double box[4])
{
    if (job->set.has_bounds)
        memcpy(box, job->set.bounds, 4 * sizeof *box);
    else if (in->region)
        hg_region_bounds(in->region, box);
    else
        rows_box(in, margin, box);
}

hg_status hg_check_grid_memory(const hg_grid *g, uint64_t bytes_per_cell, hg_error *err)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    double have = pages > 0 && page > 0 ? (double)pages * (double)page : 0x1p62;
    double need = (double)hg_grid_cells(g) * (double)bytes_per_cell;
    if (need > 0.8 * have)
        return hg_fail(err, HG_EFAIL,
                       "a grid of %lld x %lld cells of %g m needs %.1f GiB of memory, of which this "
                       "machine has %.1f; take a larger --cell or a smaller --bounds",
                       (long long)g->columns, (long long)g->rows, g->cell_m, need / 0x1p30,
                       have / 0x1p30);
    return HG_OK;
}

/* Places of the points and corners of the patches. */
static hg_status list_corners(const hg_intake *in, double **x, double **y, size_t *n, hg_error *err)
{
    size_t room = in->incidents.n;
    for (size_t k = 0; k < hg_patches_count(in->patches); k++)
        room += hg_patch_corners(in->patches, k, NULL, NULL);
    *x = hg_malloc(room, sizeof **x);
    *y = hg_malloc(room, sizeof **y);
    if (!*x || !*y)
        return hg_fail_memory(err);
    for (size_t i = 0; i < in->incidents.n; i++) {
        if (in->patch[i] != HG_NO_PATCH) {
            *n += hg_patch_corners(in->patches, in->patch[i], *x + *n, *y + *n);
            continue;
        }
        (*x)[*n] = in->incidents.x[i];
        (*y)[(*n)++] = in->incidents.y[i];
    }
    return HG_OK;
}

static hg_status guess_area(hg_job *job, hg_intake *in, double cell_m, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    double *x = NULL, *y = NULL;
    size_t n = 0;
    hg_job_add_note(job, "no --area: the convex hull of the %s, buffered by one cell, is taken as "
                         "the study area; it swallows water and empty land, and figures that "
                         "depend on the area are not comparable between runs",
                    in->patches ? hg_intake_noun(in) : "points");
    if (!in->patches)
        return hg_region_hull(inc->x, inc->y, inc->n, cell_m, &in->region, err);
    hg_status status = list_corners(in, &x, &y, &n, err);
    if (status == HG_OK)
        status = hg_region_hull(x, y, n, cell_m, &in->region, err);
    hg_free(x);
    hg_free(y);
    return status;
}

typedef struct cover_rows {
    const hg_region *region;
    const hg_grid *grid;
    const double *shift;
    float *share;
} cover_rows;

enum { COVER_ROWS = 64 };

static hg_status cover_task(void *context, size_t i, hg_error *err)
{
    const cover_rows *c = context;
    int64_t row = (int64_t)i * COVER_ROWS, n = c->grid->rows - row;
    n = n < COVER_ROWS ? n : COVER_ROWS;
    return hg_region_coverage(c->region, hg_grid_column_west(c->grid, 0) + c->shift[0],
                              hg_grid_row_north(c->grid, row) + c->shift[1], c->grid->cell_m,
                              c->grid->columns, n, c->share + row * c->grid->columns, err);
}

hg_status hg_grid_shares(const hg_region *region, const hg_grid *grid, const double shift[2], int threads, float *share,
                         hg_error *err)
{
    cover_rows c = {region, grid, shift, share};
    size_t tasks = (size_t)((grid->rows + COVER_ROWS - 1) / COVER_ROWS);
    return hg_parallel(tasks, threads, cover_task, &c, err);
}

static hg_status cover(hg_job *job, const hg_intake *in, hg_study *s, hg_error *err)
{
    s->share = hg_malloc(hg_grid_cells(&s->grid), sizeof *s->share);
    if (!s->share)
        return hg_fail_memory(err);
    hg_status status =
        hg_grid_shares(in->region, &s->grid, (const double[2]){0, 0}, job->control.threads, s->share, err);
    double sum = 0;
    for (uint64_t i = 0; i < hg_grid_cells(&s->grid) && status == HG_OK; i++)
        sum += (double)s->share[i];
    s->area_m2 = sum * s->grid.cell_m * s->grid.cell_m;
    if (status == HG_OK && !(s->area_m2 > 0))
        status = hg_fail(err, HG_EUSAGE, "--bounds does not touch the study area");
    return status;
}

typedef struct beyond {
    const hg_intake *in;
    const hg_study *study;
    uint64_t rows;
} beyond;

static void leave_stretch_out(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    beyond *b = context;
    const hg_grid *g = &b->study->grid;
    const hg_incidents *inc = &b->in->incidents;
    double west = hg_grid_column_west(g, 0), north = hg_grid_row_north(g, 0);
    double east = hg_grid_column_west(g, g->columns), south = hg_grid_row_north(g, g->rows);
    uint64_t rows = 0;
    for (size_t i = from; i < to; i++) {
        if (inc->x[i] > west && inc->x[i] < east && inc->y[i] > south && inc->y[i] < north)
            continue;
        if ((b->in->patch && b->in->patch[i] != HG_NO_PATCH) || inc->flags[i] & HG_FLAG_HALO ||
            hg_incident_cell(g, b->study->share, inc->x[i], inc->y[i]) != UINT64_MAX)
            continue;
        inc->flags[i] |= HG_FLAG_HALO;
        rows++;
    }
    __atomic_fetch_add(&b->rows, rows, __ATOMIC_RELAXED);
}

/* Where --bounds cut the area, A ends there: incidents beyond them feed the density and no count. */
static hg_status leave_beyond_out(hg_job *job, hg_intake *in, const hg_study *s, hg_error *err)
{
    hg_incidents *inc = &in->incidents;
    if (!inc->flags && !(inc->flags = hg_calloc(inc->n, 1)))
        return hg_fail_memory(err);
    beyond b = {in, s, 0};
    hg_each_stretch(0, inc->n, job->control.threads, leave_stretch_out, &b);
    in->halo += b.rows;
    if (b.rows)
        hg_job_add_note(job, "%llu incidents lie beyond --bounds and are in no count",
                        (unsigned long long)b.rows);
    return HG_OK;
}

static void warn_of_size(hg_job *job, const hg_study *s, const double box[4])
{
    double longest = fmax(box[2] - box[0], box[3] - box[1]);
    double support = hg_kernel_support_m(&s->kernel);
    if (support > longest)
        hg_job_add_note(job, "the kernel reaches %.0f m, more than the %.0f m of the area itself: the "
                             "surface will be nearly flat",
                        support, longest);
}

static hg_status check_adaptive(const hg_job *job, const hg_intake *in, hg_error *err)
{
    if (!job->set.adaptive)
        return HG_OK;
    if (job->set.edge != HG_EDGE_NONE)
        return hg_fail(err, HG_EUSAGE, "--adaptive --edge %s: the correction is worked out for one bandwidth, and "
                                       "here every incident has its own; leave --edge or --adaptive out",
                       hg_edge_name(job->set.edge));
    if (job->set.method == HG_METHOD_FAST)
        return hg_fail(err, HG_EUSAGE, "--adaptive --method fast: the fast method rests on one kernel for all incidents; "
                                       "leave one of the two out");
    if (in->patches)
        return hg_fail(err, HG_EUSAGE, "--adaptive: bandwidths by incident are for points, and there are polygons, "
                                       "whose mass lies on many cells; leave --adaptive or the polygons out");
    return HG_OK;
}

/* The study area on the grid, given or guessed. */
static hg_status settle_area(hg_job *job, hg_intake *in, uint64_t bytes_per_cell, hg_study *s, hg_error *err)
{
    hg_status status = hg_check_grid_memory(&s->grid, bytes_per_cell, err);
    if (status == HG_OK && !in->region)
        status = guess_area(job, in, s->grid.cell_m, err);
    if (status == HG_OK)
        status = cover(job, in, s, err);
    if (status == HG_OK && job->set.has_bounds)
        status = leave_beyond_out(job, in, s, err);
    return status;
}

hg_status hg_study_init(hg_job *job, hg_intake *in, bool need_area, hg_study *s, hg_error *err)
{
    double box[4];
    extent(job, in, in->support_m, box);
    s->kernel = (hg_kernel){job->set.kernel, in->bandwidth_m, job->set.cutoff};
    double side = fmin(box[2] - box[0], box[3] - box[1]);
    double cell = job->set.cell_m > 0 ? job->set.cell_m : hg_grid_auto_cell(in->support_m, side);
    hg_status status = check_adaptive(job, in, err);
    if (status != HG_OK)
        return status;
    if (in->bandwidth_m < cell)
        return hg_fail(err, HG_EUSAGE, "a bandwidth of %g m is under one cell of %g m; take a larger "
                                       "--bandwidth or a smaller --cell",
                       in->bandwidth_m, cell);
    warn_of_size(job, s, box);
    status = hg_grid_over(box[0], box[1], box[2], box[3], cell, &s->grid, err);
    if (status == HG_OK)
        status = hg_staging_require_space(job->set.output, hg_grid_cells(&s->grid) * 4, err);
    bool whole = need_area || job->set.edge != HG_EDGE_NONE, tested = job->set.significance != HG_SIGNIFICANCE_NONE;
    if (status == HG_OK && whole)
        status = settle_area(job, in, !need_area ? 12 : tested ? 64 : 32, s, err);
    if (status == HG_OK)
        status = hg_heat_init(job, in, &s->grid, whole ? s->share : NULL,
                              job->set.edge == HG_EDGE_NONE, &s->heat, err);
    s->masked = in->region != NULL;
    return status;
}

void hg_study_extent(const hg_job *job, const hg_intake *in, double box[4])
{
    extent(job, in, 0, box);
}

hg_status hg_study_cells(hg_job *job, hg_intake *in, double cell_m, uint64_t bytes_per_cell, hg_study *s,
                         hg_error *err)
{
    double box[4];
    extent(job, in, cell_m, box); /* the guessed area reaches one cell beyond the incidents */
    hg_status status = hg_grid_over(box[0], box[1], box[2], box[3], cell_m, &s->grid, err);
    if (status == HG_OK)
        status = settle_area(job, in, bytes_per_cell, s, err);
    s->masked = status == HG_OK;
    return status;
}

void hg_study_view(const hg_study *s, double extent_m[4])
{
    const hg_grid *g = &s->grid;
    extent_m[0] = hg_grid_column_west(g, 0);
    extent_m[1] = hg_grid_row_north(g, g->rows);
    extent_m[2] = hg_grid_column_west(g, g->columns);
    extent_m[3] = hg_grid_row_north(g, 0);
    double margin = 0.03 * (extent_m[2] - extent_m[0]);
    extent_m[0] -= margin;
    extent_m[1] -= margin;
    extent_m[2] += margin;
    extent_m[3] += margin;
}

const char *hg_density_title(const hg_job *job, const hg_intake *in)
{
    return hg_say(job->set.lang, hg_intake_in_m2(in) ? HG_WORD_PATCH_DENSITY : HG_WORD_DENSITY);
}

hg_raster_spec hg_study_raster_spec(const hg_job *job, const hg_intake *in, const hg_study *study,
                                    hg_raster_words *words)
{
    const hg_grid *g = &study->grid;
    snprintf(words->version, sizeof words->version, "HOTGRID_VERSION=%s", hg_version());
    snprintf(words->kernel, sizeof words->kernel, "HOTGRID_KERNEL=%s", hg_kernel_name(study->kernel.shape));
    snprintf(words->bandwidth, sizeof words->bandwidth, "HOTGRID_BANDWIDTH_M=%.10g", study->kernel.bandwidth_m);
    words->items[0] = words->version;
    words->items[1] = words->kernel;
    words->items[2] = words->bandwidth;
    words->items[3] = NULL;
    return (hg_raster_spec){.columns = g->columns,
                            .rows = g->rows,
                            .west_m = hg_grid_column_west(g, 0),
                            .north_m = hg_grid_row_north(g, 0),
                            .cell_m = g->cell_m,
                            .crs_wkt = hg_crs_wkt(in->crs),
                            .description = hg_density_title(job, in),
                            .unit = hg_intake_in_m2(in) ? "m2/km2" : "1/km2",
                            .metadata = words->items};
}

hg_status hg_study_raster(hg_job *job, const hg_intake *in, const hg_study *study, const char *path,
                          hg_raster **raster, hg_error *err)
{
    hg_raster_words words;
    hg_raster_spec spec = hg_study_raster_spec(job, in, study, &words);
    return hg_raster_new(path, &spec, &job->control, raster, err);
}

/* A yearly rate from less than a week says more about the week than about the year. */
enum { SHORTEST_SPAN_S = 7 * 86400 };

double hg_per_year(const hg_job *job, const hg_intake *in, double per_km2)
{
    const hg_settings *set = &job->set;
    if (in->first_time == HG_NO_TIME || set->half_life_s > 0)
        return NAN;
    int64_t from = set->since != HG_NO_TIME ? set->since : in->first_time;
    int64_t to = set->until != HG_NO_TIME ? set->until : in->last_time;
    return to - from < SHORTEST_SPAN_S ? NAN
                                       : per_km2 / ((double)(to - from) / (365.2425 * 86400));
}

const char *hg_grouped(uint64_t n, char *buf)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    char *to = buf;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buf;
}
