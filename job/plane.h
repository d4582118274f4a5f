/* One plane for all inputs of a job: whose CRS each is in, which CRS the analysis takes, the way there. */
#ifndef HG_JOB_PLANE_H
#define HG_JOB_PLANE_H

#include "geo/datum.h"
#include "geo/shapes.h"
#include "io/source.h"
#include "job/job.h"

/** True for GCJ-02 and BD-09, whose coordinates have to be un-offset. */
bool hg_plane_is_offset(hg_datum datum);
/** Errors: HG_EUSAGE for an offset datum with a CRS that has no longitudes and latitudes. */
hg_status hg_plane_check_offset(hg_datum datum, const hg_crs *crs, const char *name, hg_error *err);

/**
 * The CRS a source declares, else the one given by --crs; *out stays NULL where there is neither.
 * Either may be NULL; `name` is what errors and notes call the source.
 */
hg_status hg_plane_of_source(hg_job *job, const char *declared, const char *given, const char *name,
                             hg_crs **out, hg_error *err);

/**
 * The CRS of a layer beside the inputs: as it declares; else WGS 84 where its coordinates look like degrees, else
 * that of the analysis, and a note says so. `option` is what errors and notes call it.
 */
hg_status hg_plane_of_layer(hg_job *job, const hg_source *source, const hg_source_rows *rows, const char *option,
                            const hg_crs *analysis, hg_crs **out, hg_error *err);

/** --analysis-crs in metres; *out stays NULL for "auto" and NULL. */
hg_status hg_plane_given(const char *definition, hg_crs **out, char why[256], hg_error *err);

typedef struct hg_plane_source {
    const char *name;
    const hg_crs *crs;
} hg_plane_source;

/**
 * The projected metric CRS, or the local plane in metres, that all sources share; *out stays NULL where they
 * share none. Errors: HG_EUSAGE for a local plane among others.
 */
hg_status hg_plane_shared(const hg_plane_source *sources, size_t n, hg_crs **out, char why[256],
                          hg_error *err);

/** Box of the shapes in WGS 84 degrees. */
hg_status hg_plane_box_deg(const hg_shapes *shapes, const hg_crs *crs, double box_deg[4],
                           hg_error *err);
/** The CRS hg_crs_choose has for a box of degrees. */
hg_status hg_plane_for_box(const double box_deg[4], hg_crs **out, char why[256], hg_error *err);

/**
 * Every vertex from the datum and CRS of its source to the analysis CRS. failed[i] (false before) is set for
 * shapes of which a vertex has no place there; their coordinates are then undefined.
 * Errors: HG_EUSAGE where nothing leads from one CRS to the other.
 */
hg_status hg_plane_place(hg_shapes *shapes, hg_datum datum, const hg_crs *from,
                         const hg_crs *analysis, bool *failed, hg_error *err);

#endif
