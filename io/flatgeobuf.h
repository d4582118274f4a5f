/*
 * FlatGeobuf files as they lie on disk: a header, a packed R-tree of the features' boxes (may be left
 * out), the features one after the other. Nothing of a file is trusted: whatever does not fit is told,
 * and nothing outside the bytes at hand is looked at.
 */
#ifndef HG_IO_FLATGEOBUF_H
#define HG_IO_FLATGEOBUF_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Types of columns, by the numbers of the format. */
typedef enum hg_fgb_type {
    HG_FGB_BYTE,
    HG_FGB_UBYTE,
    HG_FGB_BOOL,
    HG_FGB_SHORT,
    HG_FGB_USHORT,
    HG_FGB_INT,
    HG_FGB_UINT,
    HG_FGB_LONG,
    HG_FGB_ULONG,
    HG_FGB_FLOAT,
    HG_FGB_DOUBLE,
    HG_FGB_STRING,
    HG_FGB_JSON,
    HG_FGB_DATETIME,
    HG_FGB_BINARY,
    HG_FGB_TYPE_END
} hg_fgb_type;

typedef struct hg_fgb {
    int fd;
    uint64_t size;          /**< of the file in bytes */
    uint64_t features;      /**< as the header says; 0 = it does not */
    unsigned node_size;     /**< children of a node of the R-tree; 0 = there is none */
    unsigned geometry_type; /**< number as in WKB; 0 = every geometry says its own */
    bool has_z, has_m;
    uint64_t index_at, features_at; /**< offsets in the file */
    size_t columns;
    uint8_t *types; /**< hg_fgb_type of each column */
} hg_fgb;

/** Consecutive features: numbers first, first + 1 …, the first of them `at` bytes into the file. */
typedef struct hg_fgb_run {
    uint64_t first, count;
    uint64_t at;
    uint64_t last_at; /**< where the last of them begins; 0 = not known */
} hg_fgb_run;

typedef struct hg_fgb_runs {
    hg_fgb_run *items;
    size_t count, capacity;
    uint64_t features; /**< in all runs */
} hg_fgb_runs;

/**
 * Opens a file and reads its header; *fits is false, and there is nothing to close, where it is not one
 * this reader knows or does not fit together. Errors: HG_ENOMEM.
 */
hg_status hg_fgb_open(const char *path, hg_fgb *fgb, bool *fits, hg_error *err);
void hg_fgb_close(hg_fgb *fgb);

/**
 * All features in runs of at most `step`; where there is no R-tree, which knows their places, the file is
 * walked through once for them. *fits as above. Free the runs with hg_fgb_runs_dispose.
 */
hg_status hg_fgb_cut(const hg_fgb *fgb, uint64_t step, hg_fgb_runs *runs, bool *fits, hg_error *err);
/**
 * The features whose boxes meet xmin, ymin, xmax, ymax, found through the R-tree (node_size > 0), and those in
 * short gaps between them, in runs of at most `step` in ascending order.
 */
hg_status hg_fgb_select(const hg_fgb *fgb, const double box[4], uint64_t step, hg_fgb_runs *runs, bool *fits,
                        hg_error *err);
void hg_fgb_runs_dispose(hg_fgb_runs *runs);

/** Reads features in turn through a buffer. */
typedef struct hg_fgb_stream {
    const hg_fgb *fgb;
    unsigned char *buf;
    size_t capacity, from, to;
    uint64_t at;  /**< offset in the file of buf[to] */
    uint64_t end; /**< what lies beyond is read when it is needed, not ahead */
} hg_fgb_stream;

/** To the feature that begins `at` bytes into the file; up to `end` is read ahead. The stream is zeroed at first. */
void hg_fgb_stream_begin(hg_fgb_stream *stream, const hg_fgb *fgb, uint64_t at, uint64_t end);
/**
 * The next feature, without its size; *bytes stays NULL where none is left or it does not fit into the
 * file. Valid until the next call. Errors: HG_ENOMEM.
 */
hg_status hg_fgb_next(hg_fgb_stream *stream, const unsigned char **bytes, size_t *n, hg_error *err);
/** Where in the file the next feature begins. */
uint64_t hg_fgb_position(const hg_fgb_stream *stream);
void hg_fgb_stream_dispose(hg_fgb_stream *stream);

/** A feature taken apart; what it does not have is NULL or 0. */
typedef struct hg_fgb_feature {
    bool has_geometry;
    unsigned geometry_type;
    const unsigned char *xy, *properties;
    size_t coordinates; /**< numbers at xy, little-endian doubles */
    size_t properties_size;
} hg_fgb_feature;

/** False where it does not fit together. */
bool hg_fgb_parse(const hg_fgb *fgb, const unsigned char *bytes, size_t n, hg_fgb_feature *feature);

/** Numbers as they lie in the file. */
uint16_t hg_fgb_u16(const unsigned char *p);
uint32_t hg_fgb_u32(const unsigned char *p);
uint64_t hg_fgb_u64(const unsigned char *p);
double hg_fgb_f64(const unsigned char *p);

#endif
