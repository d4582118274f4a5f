#include "mpi/ranks_mpi.h"
#include "base/control.h"
#include "base/memory.h"

#include <mpi.h>
#include <sched.h>
#include <string.h>
#include <time.h>

enum {
    PIECE = 1 << 30, /* counts of MPI calls are ints */
    TAG = 1,
    POLLS_AT_ONCE =
        4000, /* a few tenths of a millisecond; then the processor goes to those who work */
    NAP_NS = 50000,
    LONGEST_NAP_NS = 500000, /* who has waited for long, waits for rank 0, which works alone */
    NAPS_OF_A_KIND = 64,
};

static hg_status translate(int code, const char *what, hg_error *err)
{
    char text[MPI_MAX_ERROR_STRING];
    int n = 0;
    if (code == MPI_SUCCESS)
        return HG_OK;
    MPI_Error_string(code, text, &n);
    return hg_fail(err, HG_EFAIL, "the ranks could not %s: %.*s", what, n, text);
}

/* Waits for requests without keeping a processor busy, and no longer than until the job is
 * cancelled. */
static hg_status wait_for(hg_ranks *r, MPI_Request *requests, int n, const char *what,
                          hg_error *err)
{
    struct timespec nap = {0, NAP_NS};
    for (unsigned polls = 1;; polls++) {
        int done = 0;
        hg_status status =
            translate(MPI_Testall(n, requests, &done, MPI_STATUSES_IGNORE), what, err);
        if (status != HG_OK || done)
            return status;
        if (r->control && (status = hg_check_cancel(r->control, err)) != HG_OK)
            return status;
        if (polls >= POLLS_AT_ONCE) {
            nanosleep(&nap, NULL);
            if (polls % NAPS_OF_A_KIND == 0 && 2 * nap.tv_nsec <= LONGEST_NAP_NS)
                nap.tv_nsec *= 2;
        }
    }
}

static int piece(size_t left)
{
    return left < PIECE ? (int)left : PIECE;
}

static hg_status send_bytes(hg_ranks *r, int to, const void *data, size_t n, hg_error *err)
{
    const char *at = data;
    hg_status status = HG_OK;
    for (size_t left = n; left && status == HG_OK; left -= (size_t)piece(left)) {
        MPI_Request request;
        status = translate(
            MPI_Isend(at + (n - left), piece(left), MPI_BYTE, to, TAG, MPI_COMM_WORLD, &request),
            "send", err);
        if (status == HG_OK)
            status = wait_for(r, &request, 1, "send", err);
    }
    return status;
}

static hg_status receive_bytes(hg_ranks *r, int from, void *data, size_t n, hg_error *err)
{
    char *at = data;
    hg_status status = HG_OK;
    for (size_t left = n; left && status == HG_OK; left -= (size_t)piece(left)) {
        MPI_Request request;
        status = translate(
            MPI_Irecv(at + (n - left), piece(left), MPI_BYTE, from, TAG, MPI_COMM_WORLD, &request),
            "receive", err);
        if (status == HG_OK)
            status = wait_for(r, &request, 1, "receive", err);
    }
    return status;
}

static hg_status broadcast_bytes(hg_ranks *r, int root, void *data, size_t n, hg_error *err)
{
    char *at = data;
    hg_status status = HG_OK;
    for (size_t left = n; left && status == HG_OK; left -= (size_t)piece(left)) {
        MPI_Request request;
        status = translate(
            MPI_Ibcast(at + (n - left), piece(left), MPI_BYTE, root, MPI_COMM_WORLD, &request),
            "broadcast", err);
        if (status == HG_OK)
            status = wait_for(r, &request, 1, "broadcast", err);
    }
    return status;
}

static MPI_Op operation(hg_reduction how)
{
    return how == HG_SUM ? MPI_SUM : how == HG_MIN ? MPI_MIN : MPI_MAX;
}

static hg_status reduce(hg_ranks *r, hg_reduction how, void *values, size_t n, MPI_Datatype type,
                        hg_error *err)
{
    enum { AT_ONCE = 1 << 24 };
    char *at = values;
    hg_status status = HG_OK;
    for (size_t left = n; left && status == HG_OK;) {
        int part = left < AT_ONCE ? (int)left : AT_ONCE;
        MPI_Request request;
        status = translate(
            MPI_Iallreduce(MPI_IN_PLACE, at, part, type, operation(how), MPI_COMM_WORLD, &request),
            "reduce", err);
        if (status == HG_OK)
            status = wait_for(r, &request, 1, "reduce", err);
        at += (size_t)part * 8;
        left -= (size_t)part;
    }
    return status;
}

static hg_status reduce_int(hg_ranks *r, hg_reduction how, int64_t *values, size_t n, hg_error *err)
{
    return reduce(r, how, values, n, MPI_INT64_T, err);
}

static hg_status reduce_real(hg_ranks *r, hg_reduction how, double *values, size_t n, hg_error *err)
{
    return reduce(r, how, values, n, MPI_DOUBLE, err);
}

static hg_status exchange_counts(hg_ranks *r, const uint64_t *send, uint64_t *received,
                                 hg_error *err)
{
    MPI_Request request;
    hg_status status = translate(
        MPI_Ialltoall(send, 1, MPI_UINT64_T, received, 1, MPI_UINT64_T, MPI_COMM_WORLD, &request),
        "exchange", err);
    return status == HG_OK ? wait_for(r, &request, 1, "exchange", err) : status;
}

/* One partner to send to and one to receive from, piece by piece. */
static hg_status swap(hg_ranks *r, int to, const char *send, uint64_t send_n, int from,
                      char *received, uint64_t received_n, hg_error *err)
{
    hg_status status = HG_OK;
    while ((send_n || received_n) && status == HG_OK) {
        MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
        int out = piece(send_n), in = piece(received_n);
        if (in)
            status = translate(
                MPI_Irecv(received, in, MPI_BYTE, from, TAG, MPI_COMM_WORLD, &requests[0]),
                "exchange", err);
        if (out && status == HG_OK)
            status =
                translate(MPI_Isend(send, out, MPI_BYTE, to, TAG, MPI_COMM_WORLD, &requests[1]),
                          "exchange", err);
        if (status == HG_OK)
            status = wait_for(r, requests, 2, "exchange", err);
        send += out;
        received += in;
        send_n -= (uint64_t)out;
        received_n -= (uint64_t)in;
    }
    return status;
}

static uint64_t offset_of(const uint64_t *bytes, int rank)
{
    uint64_t at = 0;
    for (int k = 0; k < rank; k++)
        at += bytes[k];
    return at;
}

/* In round k everyone sends k ranks on and receives from k ranks back, so that no one is waited for
 * by many. */
static hg_status exchange(hg_ranks *r, const void *send, const uint64_t *send_bytes, void *received,
                          const uint64_t *received_bytes, hg_error *err)
{
    hg_status status = HG_OK;
    const char *from_here = send;
    char *to_here = received;
    if (send_bytes[r->rank])
        memcpy(to_here + offset_of(received_bytes, r->rank),
               from_here + offset_of(send_bytes, r->rank), send_bytes[r->rank]);
    for (int k = 1; k < r->size && status == HG_OK; k++) {
        int to = (r->rank + k) % r->size, from = (r->rank - k + r->size) % r->size;
        status = swap(r, to, from_here + offset_of(send_bytes, to), send_bytes[to], from,
                      to_here + offset_of(received_bytes, from), received_bytes[from], err);
    }
    return status;
}

/* Processors that this rank may run on, and those that any rank of its machine may. */
static cpu_set_t own_processors, machine_processors;

/* mpirun may bind each rank to processors of its own, or let all of a machine run on all. */
static void share_processors(hg_ranks *r, MPI_Comm machine, int rank)
{
    cpu_set_t *all = hg_malloc((size_t)r->neighbours, sizeof *all);
    bool known = sched_getaffinity(0, sizeof own_processors, &own_processors) == 0;
    int64_t whole = all && known, sharing = 0;
    if (MPI_Allreduce(MPI_IN_PLACE, &whole, 1, MPI_INT64_T, MPI_MIN, machine) == MPI_SUCCESS && whole &&
        MPI_Allgather(&own_processors, sizeof own_processors, MPI_BYTE, all, sizeof own_processors, MPI_BYTE,
                      machine) == MPI_SUCCESS) {
        for (int k = 0; k < r->neighbours; k++) {
            sharing += CPU_EQUAL(&all[k], &all[rank]);
            CPU_OR(&machine_processors, &machine_processors, &all[k]);
        }
        int share = CPU_COUNT(&own_processors) / (int)sharing;
        r->threads = share > 0 ? share : 1;
        r->processors = CPU_COUNT(&machine_processors);
    }
    hg_free(all);
}

static void look_at_machine(hg_ranks *r)
{
    MPI_Comm machine;
    int rank = 0;
    r->threads = r->processors = r->neighbours = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine) !=
        MPI_SUCCESS)
        return;
    MPI_Comm_rank(machine, &rank);
    MPI_Comm_size(machine, &r->neighbours);
    share_processors(r, machine, rank);
    MPI_Comm_free(&machine);
}

/* Where that is not allowed, threads share the processors that there are. */
static void take_machine(hg_ranks *r, bool all)
{
    if (r->processors > 1)
        sched_setaffinity(0, sizeof(cpu_set_t), all ? &machine_processors : &own_processors);
}

static const hg_carrier carrier = {send_bytes,  receive_bytes,   broadcast_bytes, reduce_int,
                                   reduce_real, exchange_counts, exchange,        take_machine};

static hg_ranks world;

hg_status hg_ranks_mpi_start(hg_ranks **out, hg_error *err)
{
    int level = 0;
    hg_status status =
        translate(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level), "start", err);
    if (status != HG_OK)
        return status;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    world.carrier = &carrier;
    MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world.size);
    look_at_machine(&world);
    *out = &world;
    return HG_OK;
}

void hg_ranks_mpi_stop(hg_ranks *ranks, int exit_code)
{
    if (ranks && ranks->broken)
        MPI_Abort(MPI_COMM_WORLD, exit_code);
    MPI_Finalize();
}
