/* Rows that were refused, each with its reason. rows read = accepted + rejected, always. */
#ifndef HG_BASE_REJECTS_H
#define HG_BASE_REJECTS_H

#include "base/text.h"

typedef enum hg_reason {
    HG_ACCEPTED = 0,
    HG_NO_GEOMETRY_GIVEN, /* no_geometry */
    HG_NOT_FINITE,
    HG_NULL_ISLAND,
    HG_OUTSIDE_CRS,
    HG_OUTSIDE_AREA,
    HG_BAD_TIME,
    HG_OUTSIDE_INTERVAL,
    HG_DUPLICATE_ID,
    HG_BAD_WEIGHT,
    HG_DUPLICATE_ROW,
    HG_BAD_GEOMETRY,
    HG_NO_ID,
    HG_BAD_INTERVAL, /* one that ends before it begins */
    HG_BAD_NUMBER,
    HG_REASON_END
} hg_reason;

/** The reason's code as it stands in `rejects` ("null_island"). */
const char *hg_reason_code(hg_reason reason);

typedef struct hg_reject {
    uint32_t source; /**< number of the input */
    uint64_t row;    /**< 1-based data row in it */
    hg_reason reason;
    uint32_t value; /**< id of the offending value's text in `pool`, or HG_NO_TEXT */
} hg_reject;

typedef struct hg_rejects {
    hg_reject *rows;
    size_t count, capacity;
    hg_pool *pool; /**< borrowed */
} hg_rejects;

/** Adds one; value may be NULL. */
hg_status hg_rejects_add(hg_rejects *rejects, uint32_t source, uint64_t row, hg_reason reason,
                         const char *value, hg_error *err);
/** Sorts by source, then row. */
void hg_rejects_sort(hg_rejects *rejects);
void hg_rejects_dispose(hg_rejects *rejects);

#endif
