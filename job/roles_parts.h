/* What the files that read the audit's inputs share; nobody else includes this. */
#ifndef HG_JOB_ROLES_PARTS_H
#define HG_JOB_ROLES_PARTS_H

#include "io/records.h"
#include "job/roles.h"

enum { HG_ROLE_COLUMNS = 8, HG_ROLE_PATH = 4096, HG_ROLE_LAYER = 256 };

/** One source of one role on its way to rows. */
typedef struct hg_role_source {
    hg_audit_role role;
    const char *given; /**< SRC[:LAYER][@DATE], borrowed from the job */
    char *path, *layer;
    int64_t date;
    hg_records records;
    uint8_t *reason; /**< hg_reason a row, what is known of its outline; NULL without outlines */
    hg_crs *crs;
    hg_hashing *hashing;
} hg_role_source;

/** In order of roles, then dates, then as given. */
typedef struct hg_role_sources {
    hg_role_source *items;
    size_t count;
} hg_role_sources;

/** Names of a role's columns, the first needed, NULL-terminated. */
const char *const *hg_role_columns(hg_audit_role role);
/** Zones, permits, surveys and coverages. */
bool hg_role_has_outlines(hg_audit_role role);

/** What a word means, without case; *known false, and the kind of no word, where it means nothing. */
hg_zone_kind hg_role_zone_kind(const char *text, bool *known);
hg_verdict hg_role_verdict(const char *text, bool *known);
hg_patrol_level hg_role_patrol_level(const char *text, bool *known);

/** Lists the sources that the job's options name. Errors: HG_EUSAGE for what they say. */
hg_status hg_role_list(hg_job *job, hg_role_sources *out, hg_error *err);
void hg_role_sources_dispose(hg_role_sources *sources);

/** The columns to look for in a source of the role; texts live as long as this. */
typedef struct hg_role_names {
    hg_record_column columns[HG_ROLE_COLUMNS];
    char needed_for[HG_ROLE_COLUMNS][160];
    size_t count;
} hg_role_names;
void hg_role_name_columns(const hg_job *job, hg_audit_role role, hg_role_names *names);

/** Reads all sources and starts their hashes. */
hg_status hg_role_read(hg_job *job, hg_role_sources *sources, hg_pool *pool, hg_error *err);
/** Settles the CRS of every source and of the analysis, and places all outlines in it. */
hg_status hg_role_place(hg_job *job, hg_role_sources *sources, hg_audit_inputs *in, hg_error *err);
/** Turns rows into structs, rejects and notes; outlines move. */
hg_status hg_role_take(const hg_class_map *map, hg_role_sources *sources, hg_audit_inputs *in,
                       hg_error *err);

#endif
