#include "job/ranks_tiles.h"
#include "base/memory.h"
#include "io/vrt.h"
#include "job/output.h"
#include "job/ranks_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TILE_NAME = 16 };

/* ------------------------------------------------- one tile -------------------------------- */

/* Per m2 to what stands in the raster; as in surface.c where no study area is. */
static void finish_rows(const hg_ranks_plan *p, const double *values, int64_t n, float *out,
                        double *sums, double *peak)
{
    for (int64_t r = 0; r < n; r++) {
        sums[r] = 0;
        for (int64_t c = 0; c < p->grid.columns; c++) {
            double f = values[r * p->grid.columns + c], per_km2 = f * 1e6;
            sums[r] += f;
            out[r * p->grid.columns + c] = (float)per_km2;
            *peak = per_km2 > *peak ? per_km2 : *peak;
        }
    }
}

static hg_status write_rows(hg_ranks_plan *p, hg_stock *s, hg_raster *raster, float *out,
                            int64_t step, double *sums, double *peak, hg_error *err)
{
    int64_t first = p->first[p->ranks->rank], end = p->first[p->ranks->rank + 1];
    hg_status status = HG_OK;
    for (int64_t row = first, n; row < end && status == HG_OK; row += n) {
        n = end - row < step ? end - row : step;
        if (row < s->row || row + n > s->row + s->n)
            status = hg_ranks_fill_stock(p, s, row, err);
        if (status != HG_OK)
            break;
        finish_rows(p, s->values + (row - s->row) * p->grid.columns, n, out, sums + (row - first),
                    peak);
        status = hg_raster_write(raster, row - first, n, out, err);
    }
    return status;
}

/* The strip of this rank, of the raster that `spec` describes as a whole. */
static hg_status write_tile(hg_ranks_plan *p, hg_stock *s, const hg_raster_spec *whole,
                            const char *path, double *sums, double *peak, hg_error *err)
{
    int rank = p->ranks->rank;
    int64_t band = hg_ranks_plan_band_rows(p), step = s->room < band ? s->room : band;
    hg_raster_spec spec = *whole;
    spec.rows = hg_ranks_strip_rows(p, rank);
    spec.north_m = hg_grid_row_north(&p->grid, p->first[rank]);
    hg_raster *raster = NULL;
    float *out = hg_malloc((size_t)(step * p->grid.columns), sizeof *out);
    hg_status status =
        out ? hg_raster_new(path, &spec, &p->job->control, &raster, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = write_rows(p, s, raster, out, step, sums, peak, err);
    hg_free(out);
    if (status != HG_OK) {
        hg_raster_free(raster);
        return status;
    }
    return hg_raster_finish(raster, err);
}

/* ------------------------------------------------- the other ranks' side ------------------- */

/* What a tile says of itself goes over as texts with their ends: path, CRS, title, unit, items. */
static hg_status pack_order(const char *path, const hg_raster_spec *spec, hg_text *t, hg_error *err)
{
    const char *const head[] = {path, spec->crs_wkt, spec->description, spec->unit};
    for (size_t k = 0; k < sizeof head / sizeof *head; k++)
        hg_text_add_n(t, head[k], strlen(head[k]) + 1);
    for (const char *const *item = spec->metadata; *item; item++)
        hg_text_add_n(t, *item, strlen(*item) + 1);
    return t->failed ? hg_fail_memory(err) : HG_OK;
}

static const char *next_text(const char **at, const char *end)
{
    const char *text = *at < end ? *at : "";
    *at += *at < end ? strlen(*at) + 1 : 0;
    return text;
}

static hg_status write_ordered(hg_ranks_plan *p, hg_stock *s, const char *order, size_t bytes,
                               double *sums, hg_error *err)
{
    enum { MOST_ITEMS = 8 };
    const char *at = order, *end = order + bytes, *items[MOST_ITEMS + 1] = {NULL};
    const char *path = next_text(&at, end);
    hg_raster_spec spec = {.columns = p->grid.columns,
                           .west_m = hg_grid_column_west(&p->grid, 0),
                           .cell_m = p->grid.cell_m,
                           .crs_wkt = next_text(&at, end),
                           .description = next_text(&at, end),
                           .unit = next_text(&at, end),
                           .metadata = items};
    for (size_t k = 0; k < MOST_ITEMS && at < end; k++)
        items[k] = next_text(&at, end);
    return write_tile(p, s, &spec, path, sums + 1, sums, err);
}

hg_status hg_ranks_answer_tile(hg_ranks_plan *p, hg_stock *s, const hg_question *q,
                               hg_status status, hg_error *why, hg_error *err)
{
    size_t rows = (size_t)hg_ranks_strip_rows(p, p->ranks->rank);
    char *order = hg_malloc(q->bytes, 1);
    double *sums = hg_calloc(rows + 1, sizeof *sums); /* the peak, then the sums */
    if (!order) {
        p->ranks->broken = true; /* the order is under way */
        hg_free(sums);
        return hg_fail_memory(err);
    }
    hg_status whole = hg_ranks_receive(p->ranks, 0, order, q->bytes, err);
    if (status == HG_OK && !sums)
        status = hg_fail_memory(why);
    if (whole == HG_OK && status == HG_OK)
        status = write_ordered(p, s, order, q->bytes, sums, why);
    if (whole == HG_OK)
        whole = hg_ranks_answer(p, status, sums, (rows + 1) * sizeof *sums, why, err);
    hg_free(order);
    hg_free(sums);
    return whole;
}

/* ------------------------------------------------- rank 0's side --------------------------- */

void hg_ranks_plan_strip(const hg_ranks_plan *p, int rank, int64_t *row0, int64_t *n)
{
    *row0 = p->first[rank];
    *n = hg_ranks_strip_rows(p, rank);
}

static hg_status order_tile(hg_ranks_plan *p, int rank, const hg_raster_spec *spec,
                            const char *path, hg_error *err)
{
    hg_text order = {0};
    hg_status status = pack_order(path, spec, &order, err);
    const hg_question q = {.what = ASK_TILE, .bytes = order.len};
    if (status == HG_OK)
        status = hg_ranks_send(p->ranks, rank, &q, sizeof q, err);
    if (status == HG_OK)
        status = hg_ranks_send(p->ranks, rank, order.s, order.len, err);
    hg_text_dispose(&order);
    return status;
}

static hg_status take_answer(hg_ranks_plan *p, int rank, double *row_sums, double *peak,
                             hg_error *err)
{
    size_t rows = (size_t)hg_ranks_strip_rows(p, rank);
    hg_error theirs = {HG_OK, ""};
    double *sums = hg_malloc(rows + 1, sizeof *sums);
    hg_status status =
        sums ? hg_ranks_receive(p->ranks, rank, &theirs, sizeof theirs, err) : hg_fail_memory(err);
    p->ranks->broken |= !sums; /* with an answer under way that nobody takes */
    if (status == HG_OK && theirs.status != HG_OK)
        status = hg_fail(err, theirs.status, "%s", theirs.message);
    if (status == HG_OK)
        status = hg_ranks_receive(p->ranks, rank, sums, (rows + 1) * sizeof *sums, err);
    if (status == HG_OK) {
        *peak = sums[0] > *peak ? sums[0] : *peak;
        memcpy(row_sums + p->first[rank], sums + 1, rows * sizeof *sums);
    }
    hg_free(sums);
    return status;
}

static hg_status own_tile(hg_ranks_plan *p, const hg_raster_spec *spec, const char *path,
                          double *row_sums, double *peak, hg_error *err)
{
    hg_stock s = {.room = hg_ranks_plan_band_rows(p)};
    if (!path)
        return HG_OK;
    s.values = hg_malloc_aligned((size_t)(s.room * p->grid.columns), sizeof *s.values);
    hg_status status =
        s.values ? write_tile(p, &s, spec, path, row_sums, peak, err) : hg_fail_memory(err);
    hg_free(s.values);
    return status;
}

hg_status hg_ranks_plan_tiles(hg_ranks_plan *p, const hg_raster_spec *spec,
                              const char *const *paths, double *row_sums, double *peak_per_km2,
                              hg_error *err)
{
    hg_status status = HG_OK;
    for (int k = 1; k < p->ranks->size && status == HG_OK; k++)
        if (paths[k])
            status = order_tile(p, k, spec, paths[k], err);
    if (status != HG_OK) {
        p->ranks->broken = true; /* those that were ordered will answer, and nobody listens */
        return status;
    }
    hg_status own = own_tile(p, spec, paths[0], row_sums, peak_per_km2, err);
    for (int k = 1; k < p->ranks->size; k++) {
        hg_error late = {HG_OK, ""};
        hg_status one = paths[k]
                            ? take_answer(p, k, row_sums, peak_per_km2, own == HG_OK ? err : &late)
                            : HG_OK;
        own = own == HG_OK ? one : own; /* every answer is taken; the first failure is told */
    }
    return own;
}

/* ------------------------------------------------- the files ------------------------------- */

bool hg_tiles_wanted(const hg_job *job)
{
    const char *dot = strrchr(job->set.output, '.');
    return dot && strcmp(dot, ".vrt") == 0;
}

/* The virtual raster is staged last; what speaks against its name is said before there is much to
 * lose. */
static hg_status check_output(const hg_job *job, hg_error *err)
{
    hg_staging *trial = NULL;
    const char *temp = NULL;
    hg_status status = hg_staging_new(job->set.overwrite, &trial, err);
    if (status == HG_OK)
        status = hg_staging_add(trial, job->set.output, &temp, err);
    hg_staging_free(trial);
    return status;
}

hg_status hg_tiles_check(hg_job *job, hg_tiles *tiles, hg_error *err)
{
    const char *output = job->set.output;
    if (!job->control.ranks)
        return hg_fail(
            err, HG_EUSAGE,
            "%s: a raster of tiles is written by the ranks of a build with MPI (mpirun); "
            "-o NAME.tif writes one raster",
            output);
    if (job->set.method != HG_METHOD_EXACT || job->set.area || job->set.adaptive || job->set.edge != HG_EDGE_NONE)
        return hg_fail(
            err, HG_EUSAGE,
            "%s: tiles are of exact densities without --area, --edge and --adaptive; -o NAME.tif "
            "takes them",
            output);
    hg_status status = check_output(job, err);
    if (status != HG_OK)
        return status;
    tiles->count = job->control.ranks->size;
    tiles->folder = hg_beside(output, "_tiles");
    if (!tiles->folder)
        return hg_fail_memory(err);
    tiles->made_folder = mkdir(tiles->folder, 0777) == 0;
    if (!tiles->made_folder && errno != EEXIST)
        return hg_fail(err, HG_EIO, "%s: the folder cannot be made: %s", tiles->folder,
                       strerror(errno));
    return HG_OK;
}

static void tile_name(int rank, char name[TILE_NAME])
{
    snprintf(name, TILE_NAME, "%04d.tif", rank);
}

/* Staged tiles by rank, NULL for a rank without rows; and the virtual raster's list of those there
 * are. */
typedef struct listed {
    const char **paths;
    hg_vrt_tile *tiles;
    char **names;
    size_t n;
} listed;

static void listed_dispose(listed *l)
{
    for (size_t k = 0; l->names && k < l->n; k++)
        hg_free(l->names[k]);
    hg_free(l->names);
    hg_free(l->tiles);
    hg_free(l->paths);
}

static hg_status list_one(const hg_tiles *tiles, const hg_ranks_plan *plan, int rank, listed *l,
                          hg_error *err)
{
    char name[TILE_NAME];
    int64_t row0, n;
    hg_text path = {0}, relative = {0};
    hg_ranks_plan_strip(plan, rank, &row0, &n);
    if (n == 0)
        return HG_OK;
    tile_name((int)l->n, name);
    hg_text_addf(&path, "%s/%s", tiles->folder, name);
    hg_text_addf(&relative, "%s/%s", hg_base_name(tiles->folder), name);
    hg_status status = path.failed || relative.failed
                           ? hg_fail_memory(err)
                           : hg_staging_add(tiles->staging, path.s, &l->paths[rank], err);
    if (status == HG_OK) {
        l->names[l->n] = hg_text_take(&relative);
        l->tiles[l->n] = (hg_vrt_tile){l->names[l->n], row0, n};
        l->n++;
    }
    hg_text_dispose(&path);
    hg_text_dispose(&relative);
    return status;
}

static hg_status list_tiles(const hg_tiles *tiles, const hg_ranks_plan *plan, listed *l,
                            hg_error *err)
{
    size_t count = (size_t)tiles->count;
    l->paths = hg_calloc(count, sizeof *l->paths);
    l->tiles = hg_calloc(count, sizeof *l->tiles);
    l->names = hg_calloc(count, sizeof *l->names);
    hg_status status = l->paths && l->tiles && l->names ? HG_OK : hg_fail_memory(err);
    for (int k = 0; k < tiles->count && status == HG_OK; k++)
        status = list_one(tiles, plan, k, l, err);
    return status;
}

/* Staged last: while it is missing there is no result. */
static hg_status write_virtual(const hg_tiles *tiles, const hg_job *job, const hg_raster_spec *spec,
                               const listed *l, hg_error *err)
{
    const char *temp = NULL;
    hg_text text = {0};
    hg_vrt_add(&text, spec, l->tiles, l->n);
    hg_status status = text.failed ? hg_fail_memory(err)
                                   : hg_staging_add(tiles->staging, job->set.output, &temp, err);
    if (status == HG_OK)
        status = hg_write_text(temp, text.s, err);
    hg_text_dispose(&text);
    return status;
}

hg_status hg_tiles_write(hg_tiles *tiles, const hg_job *job, const hg_intake *in,
                         const hg_study *study, hg_ranks_plan *plan, double *row_sums,
                         double *peak_per_km2, hg_error *err)
{
    hg_raster_words words;
    const hg_raster_spec spec = hg_study_raster_spec(job, in, study, &words);
    listed l = {0};
    hg_status status = list_tiles(tiles, plan, &l, err);
    if (status == HG_OK)
        status = hg_ranks_plan_tiles(plan, &spec, l.paths, row_sums, peak_per_km2, err);
    if (status == HG_OK)
        status = write_virtual(tiles, job, &spec, &l, err);
    tiles->count = (int)l.n;
    listed_dispose(&l);
    return status;
}

static void remove_stale(const hg_tiles *tiles)
{
    bool more = true;
    for (int k = tiles->count; more; k++) {
        char name[TILE_NAME];
        hg_text path = {0};
        tile_name(k, name);
        hg_text_addf(&path, "%s/%s", tiles->folder, name);
        more = !path.failed && unlink(path.s) == 0;
        hg_text_dispose(&path);
    }
}

void hg_tiles_end(hg_tiles *tiles, bool done)
{
    if (done && tiles->folder)
        remove_stale(tiles);
    if (!done && tiles->made_folder)
        rmdir(tiles->folder);
    hg_free(tiles->folder);
}
