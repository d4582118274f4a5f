#include "job/hotspots.h"
#include "base/memory.h"
#include "base/threads.h"
#include "io/source.h"
#include "job/expected.h"

#include <math.h>
#include <string.h>

static void tests_dispose(hg_cell_tests *t)
{
    double *all[] = {t->p, t->q, t->gi_z, t->gi_p, t->gi_p_sim, t->moran, t->moran_z, t->moran_p, t->moran_p_sim};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        hg_free(all[i]);
}

void hg_findings_dispose(hg_findings *f)
{
    if (f->score != f->density)
        hg_free(f->score);
    hg_free(f->density);
    hg_cell_counts_dispose(&f->counts);
    hg_free(f->expected);
    hg_at_risk_dispose(&f->at_risk);
    hg_ranking_dispose(&f->ranking);
    tests_dispose(&f->tests);
    hg_free(f->stability);
    hg_free(f->chance);
    hg_free(f->area);
    hg_free(f->group);
    hg_compositions_dispose(&f->cells);
    hg_compositions_dispose(&f->area_compositions);
    hg_free(f->weeks);
    hg_free(f->repeat);
    hg_free(f->area_names);
    hg_places_free(f->places);
    hg_pile_ups_dispose(&f->pile_ups);
    *f = (hg_findings){0};
}

static hg_rank_input rank_input(const hg_job *job, const hg_findings *f)
{
    return (hg_rank_input){.grid = &f->study->grid,
                           .score = f->score,
                           .share = f->study->share,
                           .counts = &f->counts,
                           .all_cells = job->set.all_cells};
}

static hg_status rank_cells(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_rank_input input = rank_input(job, f);
    hg_status status = hg_rank(&input, &job->set.budget, &job->control, &f->ranking, err);
    if (status != HG_OK || job->set.chance == 0)
        return status;
    f->chance = hg_malloc(f->ranking.listed, sizeof *f->chance);
    if (!f->chance)
        return hg_fail_memory(err);
    return hg_concentration_chance(&input, f->expected, &f->ranking, (int)job->set.chance, &job->control,
                                   f->chance, err);
}

/* Position in the ranking of every incident's cell. */
static hg_status group_incidents(hg_job *job, hg_findings *f, hg_error *err)
{
    const hg_incidents *inc = &f->in->incidents;
    f->group = hg_malloc(inc->n, sizeof *f->group);
    if (!f->group)
        return hg_fail_memory(err);
    return hg_incident_groups(inc, &f->study->grid, f->study->share, f->ranking.cells,
                              f->ranking.listed, &job->control, f->group, err);
}

typedef struct findings_pass {
    hg_job *job;
    hg_findings *f;
} findings_pass;

static hg_status compose_areas(hg_findings *f, hg_error *err)
{
    const hg_incidents *inc = &f->in->incidents;
    uint32_t *group = hg_malloc(inc->n, sizeof *group);
    f->weeks = hg_malloc(f->areas + 1, sizeof *f->weeks);
    if (!group || !f->weeks) {
        hg_free(group);
        return hg_fail_memory(err);
    }
    for (size_t i = 0; i < inc->n; i++)
        group[i] = f->group[i] < f->ranking.selected ? f->area[f->group[i]] : UINT32_MAX;
    hg_status status =
        hg_compose(inc, group, f->areas, &f->defaults, &f->area_compositions, err);
    hg_week_profiles(inc, group, f->areas, &f->defaults, f->weeks);
    hg_free(group);
    return status;
}

/* The same event reported twice: near, and soon after. */
static hg_status find_repeats(findings_pass *pass, hg_error *err)
{
    enum { WITHIN_S = 30 * 60 };
    const double within_m = 50;
    hg_findings *f = pass->f;
    if (!f->in->incidents.t_start)
        return HG_OK;
    f->repeat = hg_malloc(f->in->incidents.n, sizeof *f->repeat);
    if (!f->repeat)
        return hg_fail_memory(err);
    return hg_find_repeats(&f->in->incidents, &f->defaults, within_m, WITHIN_S, &pass->job->control, f->repeat,
                           &f->repeats, err);
}

/* Passes over the incidents that need nothing of each other. */
static hg_status run_pass(void *context, size_t i, hg_error *err)
{
    findings_pass *pass = context;
    hg_findings *f = pass->f;
    if (i == 0)
        return hg_compose(&f->in->incidents, f->group, f->ranking.listed, &f->defaults, &f->cells, err);
    return i == 1 ? compose_areas(f, err) : find_repeats(pass, err);
}

static hg_status read_places(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_shapes shapes = {0};
    char *wkt = NULL;
    hg_crs *crs = NULL;
    hg_status status = hg_source_read_shapes(job->set.places, job->set.place_name, "--place-name", &shapes,
                                             &wkt, err);
    if (status != HG_OK)
        return status;
    bool named = false;
    for (size_t i = 0; i < shapes.count; i++)
        named |= shapes.shapes[i].name != NULL;
    if (!named)
        status = hg_fail(err, HG_EUSAGE,
                         "--places %s: no column of names was found; say which with --place-name",
                         job->set.places);
    if (status == HG_OK)
        status = hg_crs_new(wkt ? wkt : "EPSG:4326", "--places", &crs, err);
    if (status == HG_OK && !wkt)
        hg_job_add_note(job, "--places declares no coordinate reference system; WGS 84 is assumed");
    if (status == HG_OK)
        status = hg_shapes_transform(&shapes, crs, f->in->crs, err);
    if (status == HG_OK)
        status = hg_places_new(&shapes, &f->places, err);
    hg_shapes_dispose(&shapes);
    hg_crs_free(crs);
    hg_free(wkt);
    return status;
}

/* An area is named by the place nearest to its best cell, which is where people will stand. */
static hg_status name_areas(hg_job *job, hg_findings *f, hg_error *err)
{
    if (!job->set.places)
        return HG_OK;
    hg_status status = read_places(job, f, err);
    f->area_names = hg_calloc(f->areas, sizeof *f->area_names);
    if (status == HG_OK && !f->area_names)
        status = hg_fail_memory(err);
    const hg_grid *g = &f->study->grid;
    for (size_t k = 0; k < f->ranking.selected && status == HG_OK; k++) {
        const char **name = &f->area_names[f->area[k]];
        if (*name)
            continue;
        int64_t column = (int64_t)(f->ranking.cells[k] % (uint64_t)g->columns);
        int64_t row = (int64_t)(f->ranking.cells[k] / (uint64_t)g->columns);
        double west = hg_grid_column_west(g, column), north = hg_grid_row_north(g, row);
        double box[4] = {west, north - g->cell_m, west + g->cell_m, north};
        status = hg_places_nearest(f->places, box, name, NULL, err);
    }
    return status;
}

hg_status hg_findings_pile_ups(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_rank_input input = rank_input(job, f);
    hg_incidents points = {0};
    f->pile_up_cells = -1;
    hg_status status = f->in->patches ? hg_points_of(f->in, &points, err) : HG_OK;
    if (status == HG_OK)
        status = hg_find_pile_ups(f->in->patches ? &points : &f->in->incidents, f->in->support_m,
                                  &job->control, &f->pile_ups, err);
    hg_points_dispose(&points);
    if (status != HG_OK || !f->pile_ups.n)
        return status;
    /* Without a pile-up every bandwidth would be another one: its kernel cannot just be taken away. */
    if (job->set.adaptive && job->set.score != HG_SCORE_COUNT) {
        for (size_t k = 0; k < f->pile_ups.n; k++)
            f->pile_ups.items[k].cells_changed = -1;
        return HG_OK;
    }
    return hg_pile_up_effect(&input, &job->set.budget, &f->ranking, &f->study->kernel,
                             &f->score_units, &job->control, &f->pile_ups,
                             &f->pile_up_cells, err);
}

hg_status hg_findings_make(hg_job *job, hg_findings *f, hg_error *err)
{
    const hg_incidents *inc = &f->in->incidents;
    hg_status status = hg_heat_count(job, f->in, &f->study->heat, &f->study->grid,
                                     f->study->share, &f->counts, err);
    if (status == HG_OK)
        status = hg_score_make(job, f, err);
    if (status == HG_OK)
        status = hg_expected_make(job, f, err);
    if (status == HG_OK)
        status = rank_cells(job, f, err);
    if (status == HG_OK)
        status = hg_findings_test(job, f, err);
    if (status == HG_OK)
        status = hg_findings_local(job, f, err);
    if (status == HG_OK)
        status = hg_findings_stability(job, f, err);
    if (status != HG_OK)
        return status;
    f->area = hg_malloc(f->ranking.selected, sizeof *f->area);
    if (!f->area)
        return hg_fail_memory(err);
    status = hg_label_areas(&f->study->grid, f->ranking.cells, f->ranking.selected, f->area,
                            &f->areas, err);
    if (status == HG_OK)
        status = group_incidents(job, f, err);
    f->defaults = hg_find_default_times(inc);
    if (status == HG_OK)
        status = hg_parallel(3, job->control.threads, run_pass, &(findings_pass){job, f}, err);
    if (status == HG_OK)
        status = name_areas(job, f, err);
    return status == HG_OK ? hg_check_cancel(&job->control, err) : status;
}
