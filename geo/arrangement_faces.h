/* The arrangement itself, as the files behind arrangement.h see it. */
#ifndef HG_GEO_ARRANGEMENT_FACES_H
#define HG_GEO_ARRANGEMENT_FACES_H

#include "geo/arrangement.h"
#include "geo/arrangement_parts.h"

struct hg_arrangement {
    int64_t origin[2];
    hg_graph graph; /**< noded, without owners; links with one label on both sides are left out */
    uint32_t *above, *under; /**< labels left and right of every link as it runs from a to b */
    hg_lists covers;         /**< by label */
    hg_exact *planar;        /**< by label */
    uint32_t *bounds;        /**< links along every label, ascending, label after label … */
    size_t *bound_start;     /**< … from here on: labels + 1 */
};

/**
 * The links with a chosen label on exactly one side, ascending; the outside is never chosen. The
 * chosen labels are named twice: one by one, and as flags by label. *links is the caller's to free;
 * NULL where there are none.
 */
hg_status hg_arrangement_boundary(const hg_arrangement *a, const uint8_t *chosen,
                                  const uint32_t *labels, size_t label_count, uint32_t **links,
                                  size_t *n, hg_error *err);

#endif
