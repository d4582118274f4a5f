#include "job/ranks.h"
#include "job/options.h"
#include "job/ranks_intake.h"
#include "job/ranks_plan.h"
#if defined(HOTGRID_MPI)
#include "mpi/ranks_mpi.h"
#endif

#include <string.h>

/* One set of ranks a process, as one set of processors: taken by the job that begins first. */
static hg_ranks *world;
static bool taken;

hg_status hg_ranks_start(hg_error *err)
{
#if defined(HOTGRID_MPI)
    return hg_ranks_mpi_start(&world, err);
#else
    (void)err;
    return HG_OK;
#endif
}

void hg_ranks_stop(int exit_code)
{
#if defined(HOTGRID_MPI)
    hg_ranks_mpi_stop(world, exit_code);
#else
    (void)exit_code;
#endif
    world = NULL;
}

int hg_own_rank(void)
{
    return hg_ranks_rank(world);
}

hg_ranks *hg_ranks_enter(hg_job *job)
{
    bool shared = (job->command->mask & (HG_FOR_DENSITY | HG_FOR_HOTSPOTS)) != 0;
    if (!world || taken)
        return NULL;
    taken = true;
    world->control = &job->control;
    if (shared) {
        job->control.ranks = world;
        hg_ranks_work_alone(job, world->rank == 0);
    } else if (world->rank == 0 && world->size > 1) {
        hg_job_add_note(job, "%s runs on one rank; the other %d wait for it",
                        job->command->info.name, world->size - 1);
    }
    return world;
}

void hg_ranks_work_alone(hg_job *job, bool alone)
{
    hg_ranks *r = job->control.ranks;
    int64_t own = job->set.threads ? job->set.threads : r->threads, all = own * r->neighbours;
    all = all < r->processors ? all : r->processors;
    job->control.threads = (int)(alone && all > own ? all : own);
    if (alone != r->machine_taken)
        r->carrier->take_machine(r, alone);
    r->machine_taken = alone;
}

void hg_rank_effort_add(hg_rank_effort *sum, const hg_rank_effort *part)
{
    sum->read_s += part->read_s;
    sum->gather_s += part->gather_s;
    sum->exchange_s += part->exchange_s;
    sum->compute_s += part->compute_s;
    sum->hand_over_s += part->hand_over_s;
    sum->compute_cpu_s += part->compute_cpu_s;
    sum->points += part->points;
    sum->rows += part->rows;
}

static void leave(hg_job *job, hg_ranks *ranks)
{
    if (ranks->machine_taken)
        ranks->carrier->take_machine(ranks, false);
    ranks->machine_taken = false;
    job->control.ranks = NULL;
    ranks->control = NULL;
    taken = false;
}

hg_status hg_ranks_give_order(hg_ranks *ranks, const hg_order *order, hg_error *err)
{
    hg_order copy = *order;
    ranks->failed = false;
    return hg_ranks_broadcast(ranks, 0, &copy, sizeof copy, err);
}

static void effort_facts(hg_facts *f, int k, const hg_rank_effort *e)
{
    hg_fact_real(f, e->read_s, "ranks[%d].read_s", k);
    hg_fact_real(f, e->gather_s, "ranks[%d].gather_s", k);
    hg_fact_real(f, e->exchange_s, "ranks[%d].exchange_s", k);
    hg_fact_real(f, e->compute_s, "ranks[%d].compute_s", k);
    hg_fact_real(f, e->compute_cpu_s, "ranks[%d].compute_cpu_s", k);
    hg_fact_real(f, e->hand_over_s, "ranks[%d].hand_over_s", k);
    hg_fact_int(f, e->points, "ranks[%d].points", k);
    hg_fact_int(f, e->rows, "ranks[%d].rows", k);
    hg_fact_int(f, e->sent, "ranks[%d].bytes_sent", k);
    hg_fact_int(f, e->received, "ranks[%d].bytes_received", k);
}

hg_status hg_ranks_dismiss(hg_job *job, hg_ranks *ranks, hg_status status, hg_error *err)
{
    hg_error late = {HG_OK, ""};
    hg_order end = {.kind = HG_ORDER_END, .outcome = {status, ""}};
    if (err && status != HG_OK)
        end.outcome = *err;
    hg_rank_effort effort = job->effort;
    effort.sent = (int64_t)ranks->sent;
    effort.received = (int64_t)ranks->received;
    hg_status told = hg_ranks_give_order(ranks, &end, &late);
    for (int k = 0; k < ranks->size && told == HG_OK; k++) {
        if (k > 0)
            told = hg_ranks_receive(ranks, k, &effort, sizeof effort, &late);
        if (told == HG_OK && job->control.ranks)
            effort_facts(&job->facts, k, &effort);
    }
    leave(job, ranks);
    return status;
}

static hg_status end_service(hg_job *job, hg_ranks *ranks, const hg_error *outcome, hg_error *err)
{
    job->effort.sent = (int64_t)ranks->sent;
    job->effort.received = (int64_t)ranks->received;
    hg_status status = hg_ranks_send(ranks, 0, &job->effort, sizeof job->effort, err);
    if (status != HG_OK || outcome->status == HG_OK)
        return status;
    return hg_fail(err, outcome->status, "%s", outcome->message);
}

static hg_status serve_density(hg_job *job, const hg_order *order, const hg_intake *in,
                               hg_error *err)
{
    const hg_incidents *i = &in->incidents;
    const hg_points points = {i->n, i->x, i->y, i->w};
    return hg_ranks_plan_serve(job, order, &points, err);
}

static hg_status obey(hg_job *job, const hg_order *order, hg_intake *in, hg_error *err)
{
    switch (order->kind) {
    case HG_ORDER_READ_INPUT:
        return hg_ranks_serve_reading(job, order->input, err);
    case HG_ORDER_INTAKE:
        job->spread = true;
        return hg_intake_run(job, NULL, in, err);
    default:
        return serve_density(job, order, in, err);
    }
}

hg_status hg_ranks_serve(hg_job *job, hg_ranks *ranks, hg_status ready, hg_error *err)
{
    hg_order order = {0};
    hg_intake in = {0};
    hg_status status = HG_OK;
    while ((status = hg_ranks_broadcast(ranks, 0, &order, sizeof order, err)) == HG_OK &&
           order.kind != HG_ORDER_END) {
        ranks->failed = false;
        /* every order begins with the ranks' agreement */
        status = ready == HG_OK ? obey(job, &order, &in, err) : hg_ranks_agree(ranks, ready, err);
        if (ranks->broken)
            break;
        status = HG_OK; /* what failed here failed on rank 0, too, which then ends the job */
    }
    if (status == HG_OK)
        status = end_service(job, ranks, &order.outcome, err);
    hg_intake_dispose(&in);
    leave(job, ranks);
    return status;
}
