/*
 * Processes that work on one job together, each with memory of its own: rank 0 leads, ranks 1 …
 * size - 1 help. What carries their messages (MPI) stands behind this interface; NULL is the one
 * process that works alone. All calls must come from the thread that started the ranks.
 */
#ifndef HG_BASE_RANKS_H
#define HG_BASE_RANKS_H

#include "base/error.h"

#include <stdbool.h>

struct hg_control;
typedef struct hg_ranks hg_ranks;

typedef enum hg_reduction { HG_SUM, HG_MIN, HG_MAX } hg_reduction;

/** What a carrier provides. Sizes are bytes and may be beyond 2 GiB; peers must agree on them. */
typedef struct hg_carrier {
    hg_status (*send)(hg_ranks *ranks, int to, const void *data, size_t n, hg_error *err);
    hg_status (*receive)(hg_ranks *ranks, int from, void *data, size_t n, hg_error *err);
    hg_status (*broadcast)(hg_ranks *ranks, int root, void *data, size_t n, hg_error *err);
    hg_status (*reduce_int)(hg_ranks *ranks, hg_reduction how, int64_t *values, size_t n,
                            hg_error *err);
    hg_status (*reduce_real)(hg_ranks *ranks, hg_reduction how, double *values, size_t n,
                             hg_error *err);
    /** Element [k] of send goes to rank k; element [k] of the result comes from it. */
    hg_status (*exchange_counts)(hg_ranks *ranks, const uint64_t *send, uint64_t *received,
                                 hg_error *err);
    /** The stretches for and from rank k begin where those of the ranks before it end. */
    hg_status (*exchange)(hg_ranks *ranks, const void *send, const uint64_t *send_bytes,
                          void *received, const uint64_t *received_bytes, hg_error *err);
    /** Lets the threads that this one starts from now on run on the processors of all ranks of its machine, or on its
     * own again. */
    void (*take_machine)(hg_ranks *ranks, bool all);
} hg_carrier;

struct hg_ranks {
    const hg_carrier *carrier;
    int rank, size;
    int threads;             /**< this rank's share of the processors of its machine */
    int neighbours;          /**< ranks on its machine, this one among them */
    int processors;          /**< those of its machine that one of them may run on */
    bool machine_taken;      /**< take_machine(all) is in force */
    uint64_t sent, received; /**< bytes so far */
    /** A wait was given up or a message lost: the ranks no longer stand at the same place, and only
     * ending all of them is left. */
    bool broken;
    /** The ranks have agreed that what they do has failed; each now leaves it without a further
     * word. */
    bool failed;
    struct hg_control *control; /**< whose cancel flag ends a wait; NULL = none */
};

/** 0 and 1 without ranks. */
int hg_ranks_rank(const hg_ranks *ranks);
int hg_ranks_size(const hg_ranks *ranks);

/** n bytes from this rank to another, which receives as many. */
hg_status hg_ranks_send(hg_ranks *ranks, int to, const void *data, size_t n, hg_error *err);
hg_status hg_ranks_receive(hg_ranks *ranks, int from, void *data, size_t n, hg_error *err);
/** Every rank gets the root's n bytes. */
hg_status hg_ranks_broadcast(hg_ranks *ranks, int root, void *data, size_t n, hg_error *err);
/** Every rank gets the sums, lowest or highest of all ranks' values, element by element. */
hg_status hg_ranks_reduce_int(hg_ranks *ranks, hg_reduction how, int64_t *values, size_t n,
                              hg_error *err);
hg_status hg_ranks_reduce_real(hg_ranks *ranks, hg_reduction how, double *values, size_t n,
                               hg_error *err);
/**
 * Elements of `size` bytes for every rank: send_n[k] of them for rank k, stretch after stretch.
 * *received (free with hg_free) has what the others sent here in order of rank, *n elements in all.
 */
hg_status hg_ranks_exchange(hg_ranks *ranks, const void *send, const uint64_t *send_n, size_t size,
                            void **received, size_t *n, hg_error *err);
/** The sum of what the ranks before this one gave, and of all; 0 and the value itself for NULL. */
hg_status hg_ranks_count_before(hg_ranks *ranks, uint64_t value, uint64_t *before, uint64_t *all,
                                hg_error *err);
/**
 * Every rank gets the n elements of `size` bytes of every rank, in order of rank: *shared (free
 * with hg_free), *all_n elements. For what fits each rank's memory.
 */
hg_status hg_ranks_share(hg_ranks *ranks, const void *own, size_t n, size_t size, void **shared,
                         size_t *all_n, hg_error *err);
/**
 * Every rank gives how it fared (`status`, with its message in *err) and returns the status, with
 * the message, of the lowest rank that failed, or HG_OK. Once that was a failure, later calls
 * return their status without asking anybody, until `failed` is reset where something new begins:
 * so a rank that fails on its own may go straight to the end, as long as the next that any rank
 * does with the others is to agree.
 */
hg_status hg_ranks_agree(hg_ranks *ranks, hg_status status, hg_error *err);

#endif
