/* What the files behind crs.h share: the PROJ objects of a CRS. */
#ifndef HG_GEO_CRS_PROJ_H
#define HG_GEO_CRS_PROJ_H

#include "geo/crs.h"

#include <proj.h>

struct hg_crs {
    PJ_CONTEXT *context; /**< its own */
    PJ *stated;          /**< as defined, horizontal part */
    PJ *plane;           /**< the same with x = east, y = north; what transformations use */
    char *wkt, *name, *code;
    double unit_m;
    bool geographic, engineering;
};

/** A silent context without network access; NULL when there is no memory. */
PJ_CONTEXT *hg_proj_context_new(void);

/**
 * Operation between two CRSs on this context with x = east on both sides; NULL where none exists.
 * The CRSs may belong to other contexts as long as nothing else runs on those.
 */
PJ *hg_proj_operation(PJ_CONTEXT *context, const PJ *from, const PJ *to);

#endif
