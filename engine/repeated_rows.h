/* Duplicate rows among many that are not: a first look spares most of them the exact search. */
#ifndef HG_ENGINE_REPEATED_ROWS_H
#define HG_ENGINE_REPEATED_ROWS_H

#include "engine/incidents.h"

/**
 * The outcome of hg_flag_duplicates (engine/pileup.h), except that flags NULL stays NULL where there is
 * no duplicate. Memory: 4 bytes an incident, and 44 bytes for each of those that are equal to others while these
 * are few; else that of hg_flag_duplicates.
 */
hg_status hg_flag_repeated_rows(hg_incidents *incidents, const uint64_t *row_hash, uint64_t *count,
                                hg_error *err);

#endif
