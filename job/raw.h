/* Rows of all inputs end to end, as read and then as placed; the intake's working state. */
#ifndef HG_JOB_RAW_H
#define HG_JOB_RAW_H

#include "geo/patches.h"
#include "io/hash.h"
#include "io/source.h"
#include "job/intake.h"

typedef struct hg_raw_input {
    const hg_source_settings *set;
    hg_source *source;
    hg_source_rows rows; /* columns move to hg_raw; the lists of bad values stay */
    hg_zone *zone;
    hg_crs *crs;
    hg_datum datum;
    hg_hashing *hashing;
    char sha256[HG_SHA256_HEX]; /* of a shared reading, where the hash is known by now */
    size_t start, n; /* its rows in the columns of hg_raw */
} hg_raw_input;

typedef struct hg_raw {
    hg_raw_input *inputs;
    bool borrows_inputs; /* they belong to a shared reading */
    size_t input_count;
    size_t n;
    double *file_x, *file_y; /* as in the file */
    double *x, *y;           /* placed; the same arrays where nothing had to be moved */
    double *w;
    int64_t *t_start, *t_end;
    uint32_t *category, *id;
    uint16_t *stream;
    uint64_t *hash;
    uint8_t *state;
    uint8_t *reason; /* hg_reason, HG_ACCEPTED so far */
    uint8_t *where;  /* HG_INSIDE or HG_HALO; NULL = all inside */
    hg_column *kept;
    size_t kept_count;
    hg_shapes *polygons; /* one set an input, row by row, empty for points; NULL where all are points */
    hg_patches *patches; /* the polygons as mass, where a map is made of them */
    uint32_t *patch;     /* of each row its number among them or HG_NO_PATCH; NULL likewise */
} hg_raw;

/** Reads, checks and places all rows: an intake up to where bandwidth and study area come in. */
hg_status hg_intake_read(hg_job *job, const char *store_crs, hg_intake *in, hg_raw *raw, hg_error *err);

/** Opens input i as the job's options say; *zone (NULL where none is set) must outlive the source. */
hg_status hg_raw_open_source(hg_job *job, size_t i, hg_pool *pool, hg_zone **zone, hg_source **source, hg_error *err);
/**
 * Lets sources pass over rows that lie too far from the study area to matter, where that is certain before they are
 * read. Whatever stands in the way (a study area that cannot be read, a CRS not declared) only leads to all being read.
 * Errors: HG_ENOMEM.
 */
hg_status hg_raw_limit(const hg_job *job, hg_raw *raw, hg_error *err);
/** 1-based data row in the file of row i of an input. */
uint64_t hg_raw_row_number(const hg_raw_input *input, size_t i);

/** Opens and reads all inputs, starts their hashes, joins their columns. */
hg_status hg_raw_read(hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err);
void hg_raw_dispose(hg_raw *raw);

/** Checks that need no place: coordinates, weights, times. Marks reasons. */
hg_status hg_raw_check(hg_job *job, hg_raw *raw, hg_error *err);
/** Marks repeated ids (--id), the first accepted row of each kept; `pool` holds the ids. */
hg_status hg_raw_check_ids(const hg_pool *pool, hg_raw *raw, hg_error *err);

/** Settles the CRS of every input and of the analysis, and places the rows. */
hg_status hg_raw_place(hg_job *job, const char *store_crs, hg_intake *in, hg_raw *raw,
                       hg_error *err);
/** Reads --area, settles the bandwidth, and marks rows outside and in the halo. */
hg_status hg_raw_bound(hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err);

/** Places the polygons of the rows accepted so far; `area` (may be NULL) is in the analysis CRS. */
hg_status hg_raw_place_polygons(hg_raw *raw, const hg_shapes *area, const hg_crs *analysis,
                                hg_error *err);

/**
 * Measures the polygons of the accepted rows, refuses those without an area, and puts x and y of the
 * rows at the centres of gravity.
 */
hg_status hg_raw_measure(hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err);
/**
 * Sets `where` of the rows by the study area: points by their place, patches by the parts inside. Before
 * the first call hg_patches_clip has laid the patches over the region.
 */
hg_status hg_raw_classify(hg_job *job, const hg_intake *in, hg_raw *raw, double halo_m,
                          hg_error *err);
/** Settles how many m2 of a patch weigh as one incident, from the rows whose reason is HG_ACCEPTED. */
void hg_raw_settle_unit(hg_job *job, hg_intake *in, const hg_raw *raw, const uint8_t *reasons);
/**
 * --half-life: multiplies the weights of all rows by 2^(-age / half-life), age from --until or else the last of the
 * rows whose reason is HG_ACCEPTED to t_start; a row without a time gets the mean of those. Fills in->as_of and
 * in->mean_age_factor. Errors: HG_EUSAGE where none of them has a time; HG_ENOMEM.
 */
hg_status hg_raw_age(hg_job *job, hg_intake *in, hg_raw *raw, const uint8_t *reasons, hg_error *err);
/** What a row counts as in density and shares: its weight; of a patch times its area in units. */
double hg_raw_mass(const hg_intake *in, const hg_raw *raw, size_t row);

/** Longitude and latitude, or a plane CRS, from what the coordinates look like. */
bool hg_looks_like_degrees(const double *x, const double *y, size_t n);

#endif
