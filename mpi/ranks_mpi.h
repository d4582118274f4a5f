/* Ranks carried by MPI; the only place that knows of it. */
#ifndef HG_MPI_RANKS_MPI_H
#define HG_MPI_RANKS_MPI_H

#include "base/ranks.h"

/**
 * Starts MPI and gives the ranks of MPI_COMM_WORLD. Each rank's share of
 * processors is what it may run on, divided among the ranks of its machine that may run on the
 * same. Errors: HG_EFAIL as MPI reports it.
 */
hg_status hg_ranks_mpi_start(hg_ranks **out, hg_error *err);
/** Ends MPI; where the ranks are broken, ends all of them at once with that exit code. */
void hg_ranks_mpi_stop(hg_ranks *ranks, int exit_code);

#endif
