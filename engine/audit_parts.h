/* What the files of the audit share; nobody else includes this. */
#ifndef HG_ENGINE_AUDIT_PARTS_H
#define HG_ENGINE_AUDIT_PARTS_H

#include "engine/audit.h"
#include "geo/polygon_index.h"

#include <pthread.h>

/** Everything that holds for all groups; read-only while they run, but for the meters. */
typedef struct audit_context {
    const hg_land_input *in;
    hg_control *control;
    uint32_t *patch_order; /**< canonical position -> input: by epoch, id, geometry */
    hg_polygon_mm *patches; /**< outlines in canonical order, borrowed points */
    uint32_t *zone_order;   /**< canonical position (rank) -> input */
    hg_polygon_mm *zones;
    hg_polygon_index *patch_index, *zone_index, *permit_index, *coverage_index;
    double *epoch_rmse_m; /**< largest of each epoch; NaN where none says */
    bool *epoch_covered;  /**< whether the epoch has coverage outlines */
    uint32_t *action_order; /**< actions by patch id */
    pthread_mutex_t meter_lock;
    hg_area_meter **meters;
    size_t meter_count;
} audit_context;

static inline const hg_land_patch *audit_patch(const audit_context *c, uint32_t canonical)
{
    return &c->in->patches[c->patch_order[canonical]];
}

static inline const hg_land_zone *audit_zone(const audit_context *c, uint32_t rank)
{
    return &c->in->zones[c->zone_order[rank]];
}

/** The actions on patches of this id, dates in the order given: *first … *first + n - 1 of action_order. */
size_t audit_actions_of(const audit_context *c, const char *patch_id, size_t *first);

/** Ascending canonical patches of group g: members[start[g]] … members[start[g + 1] - 1]. */
typedef struct audit_groups {
    uint32_t *members;
    size_t *start;
    size_t count;
} audit_groups;

hg_status audit_groups_make(const audit_context *c, audit_groups *out, hg_error *err);
void audit_groups_dispose(audit_groups *groups);

/* ------------------------------------------------- one group --------------------------------- */

typedef enum audit_kind {
    AUDIT_PATCH, /* item: local patch */
    AUDIT_COVERAGE,
    AUDIT_ZONE,   /* item: rank */
    AUDIT_PERMIT, /* item: permit */
    AUDIT_LOST,   /* masks of openings: what of the land lost, gained, of another class is wider than tau */
    AUDIT_GAINED,
    AUDIT_RECLASSED
} audit_kind;

typedef struct audit_object {
    audit_kind kind;
    uint32_t epoch, item;
    bool whole; /* covers the whole group, so it is not in the arrangement */
} audit_object;

typedef struct audit_lineage {
    uint32_t founder; /* local patch */
    uint32_t first_epoch, parent, merged_into, merged_epoch, last_seen, absent_since;
    uint32_t *patch_at; /* local patch per epoch; borrowed from the scene's block */
    uint8_t *absent;    /* per epoch: AUDIT_SEEN … */
} audit_lineage;

enum { AUDIT_SEEN, AUDIT_ABSENT_PENDING, AUDIT_ABSENT_CONFIRMED };

/** What is so on one face at one epoch. */
typedef struct audit_face {
    uint32_t owner, class_id; /* where accepted or gained within error */
    uint32_t zone;            /* rank or HG_AUDIT_NONE */
    bool accepted, authorised, encroached, pending, carried;
    int8_t within; /* +1 drawn but not accepted, -1 accepted but not drawn */
    bool cleared_before;
} audit_face;

typedef struct audit_scene {
    const audit_context *c;
    const uint32_t *members; /* canonical */
    uint32_t patch_count;
    size_t epochs;
    int64_t box[4];
    audit_object *objects; /* in the arrangement: first the patches; those that are whole are apart */
    const hg_polygon_mm **polygons;
    size_t object_count, object_capacity, polygon_capacity;
    audit_object *whole;
    size_t whole_count, whole_capacity;
    hg_polygon_mm **owned; /* polygons made here */
    size_t owned_count, owned_capacity;
    bool *accept_all; /* per epoch: no tolerance */
    double *tau_m;    /* per epoch */
    hg_arrangement *arrangement;
    size_t labels;
    audit_face *faces; /* labels x epochs */
    audit_lineage *lineages;
    size_t lineage_count, lineage_capacity;
    uint32_t *lineage_of; /* per local patch */
    uint32_t *patch_at_block;
    uint8_t *absent_block;
} audit_scene;

static inline const hg_land_patch *scene_patch(const audit_scene *s, uint32_t local)
{
    return audit_patch(s->c, s->members[local]);
}

static inline audit_face *scene_face(const audit_scene *s, size_t label, size_t epoch)
{
    return &s->faces[label * s->epochs + epoch];
}

/** The patches of a group with the coverages, zones and permits around them, arranged. */
hg_status audit_scene_init(const audit_context *c, const uint32_t *members, size_t n, audit_scene *s,
                           hg_error *err);
void audit_scene_dispose(audit_scene *s);
/** Adds a polygon made here, which the scene then owns (it is moved). */
hg_status audit_scene_own(audit_scene *s, audit_kind kind, uint32_t epoch, hg_polygon_mm *polygon,
                          hg_error *err);
/** Arranges the objects anew, with room for faces. */
hg_status audit_scene_arrange(audit_scene *s, hg_error *err);

/** What lies on a label at one epoch. */
typedef struct audit_drawn {
    const uint32_t *patches; /* local patches drawn there, rejected ones too */
    size_t patch_count;
    uint32_t pick;           /* the first that is not rejected; HG_AUDIT_NONE = none */
    bool rejected, confirmed, flown, lost, gained, reclassed;
} audit_drawn;

audit_drawn audit_scene_drawn(const audit_scene *s, size_t label, uint32_t epoch);

/** Settles the faces of one epoch from those of the epoch before. */
void audit_faces_step(audit_scene *s, uint32_t epoch);
/** Zones, permits and encroachment of all faces, once the context is in the arrangement. */
void audit_faces_judge(audit_scene *s);

/** Gives the outlines of one epoch their lineages, and settles which mobile ones are absent. */
hg_status audit_lineages_step(audit_scene *s, uint32_t epoch, hg_error *err);
/** The lineage that stands for this one at an epoch: itself, or what it merged into by then. */
uint32_t audit_lineage_now(const audit_scene *s, uint32_t lineage, uint32_t epoch);

/** The number of a lineage in a list that begins with `base` others. */
static inline uint32_t audit_moved(uint32_t lineage, uint32_t base)
{
    return lineage == HG_AUDIT_NONE ? HG_AUDIT_NONE : lineage + base;
}

/** What one thread found in its groups; lineages are numbered within the batch. */
typedef struct audit_batch {
    hg_audit_lineage *lineages;
    uint32_t *founders; /* canonical patch that founded each lineage */
    size_t lineage_count, lineage_capacity, founder_capacity;
    hg_audit_flow *flows;
    size_t flow_count, flow_capacity;
    hg_audit_piece *pieces;
    size_t piece_count, piece_capacity;
    hg_audit_balance *balances;
    hg_audit_noding *nodings;
    size_t noding_count, noding_capacity;
    hg_audit_overlap *overlaps;
    size_t overlap_count, overlap_capacity;
} audit_batch;

/** Books everything the judged scene holds. */
hg_status audit_collect(audit_scene *s, hg_area_meter *meter, audit_batch *batch, hg_error *err);
void audit_batch_dispose(audit_batch *b);
/** One group from outlines to booked figures. */
hg_status audit_group_run(const audit_context *c, const uint32_t *members, size_t n,
                          hg_area_meter *meter, audit_batch *batch, hg_error *err);

#endif
