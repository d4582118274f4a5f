/* Points straight from a GeoPackage table: each range of rows has a builder of its own. */
#include "io/source_parts.h"
#include "base/memory.h"

#include <math.h>
#include <ogr_api.h>
#include <string.h>
#include <sys/stat.h>

enum { SLACK_ROWS = 200000 };
enum { ROW_BYTES = 8 }; /* of an SQLite table: pointer, size, key, head and a column or two */
enum { HAS_SRID = 0x20000000 }; /* of extended WKB: four bytes between type and coordinates */

static uint32_t u32(const unsigned char *p, bool little)
{
    return little
               ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
               : (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

static double f64(const unsigned char *p, bool little)
{
    uint64_t bits = little ? (uint64_t)u32(p + 4, true) << 32 | u32(p, true)
                           : (uint64_t)u32(p, false) << 32 | u32(p + 4, false);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static void position_from_wkb(const unsigned char *wkb, size_t n, hg_position *p, int depth)
{
    p->state = HG_ROW_BAD_GEOMETRY;
    p->bad = "damaged geometry";
    if (n < 5 || wkb[0] > 1)
        return;
    bool little = wkb[0] == 1;
    uint32_t type = u32(wkb + 1, little);
    if (type & HAS_SRID) {
        if (n < 9)
            return;
        wkb += 4;
        n -= 4;
    }
    type &= 0x1fffffff;
    if (type % 1000 == 4 && depth == 0 && n >= 9 && u32(wkb + 5, little) == 1) {
        position_from_wkb(wkb + 9, n - 9, p, 1);
        return;
    }
    if (type % 1000 != 1) {
        bool empty = n >= 9 && u32(wkb + 5, little) == 0;
        p->state = empty ? HG_ROW_NO_GEOMETRY : HG_ROW_BAD_GEOMETRY;
        p->bad = empty ? NULL : OGRGeometryTypeToName((OGRwkbGeometryType)(type % 1000));
        return;
    }
    if (n < 21)
        return;
    p->x = f64(wkb + 5, little);
    p->y = f64(wkb + 13, little);
    p->bad = NULL;
    p->state = isnan(p->x) && isnan(p->y) ? HG_ROW_NO_GEOMETRY : HG_ROW_OK;
}

void hg_source_place_wkb(const unsigned char *wkb, size_t n, hg_position *p)
{
    *p = (hg_position){0};
    position_from_wkb(wkb, n, p, 0);
}

static void position_from_blob(const unsigned char *blob, size_t n, hg_position *p)
{
    const unsigned char *wkb;
    size_t size;
    *p = (hg_position){.state = hg_source_open_blob(blob, n, &wkb, &size)};
    if (p->state == HG_ROW_OK)
        position_from_wkb(wkb, size, p, 0);
    else if (p->state == HG_ROW_BAD_GEOMETRY)
        p->bad = "damaged geometry";
}

typedef struct point_ranges {
    hg_source *source;
    hg_row_builder all, *parts;
    size_t ranges, step;
    bool dense; /* each range has its own stretch of the columns */
} point_ranges;

/* What the file says of it may be anything; how many rows a condition leaves takes a look at all. */
static GIntBig count_rows(const hg_source *s)
{
    struct stat st;
    GIntBig rows = s->spec.where ? 0 : OGR_L_GetFeatureCount(s->layer, TRUE);
    GIntBig most = stat(s->file, &st) == 0 ? (GIntBig)st.st_size / ROW_BYTES : 0;
    return rows < most ? rows : most;
}

/* Where few keys are missing, rows go straight to their place; the columns are sized by the keys. */
static hg_status begin_ranges(void *context, size_t ranges, size_t step, hg_error *err)
{
    point_ranges *r = context;
    r->step = step;
    r->parts = hg_calloc(ranges, sizeof *r->parts);
    if (!r->parts)
        return hg_fail_memory(err);
    r->ranges = ranges;
    hg_status status = hg_row_builder_init(&r->all, r->source, r->source->pool, err);
    GIntBig rows = step ? count_rows(r->source) : 0;
    double span = (double)ranges * (double)step;
    if (r->source->parts > 1)
        rows /= (GIntBig)r->source->parts;
    r->dense = rows > 0 && span <= 1.5 * (double)rows + SLACK_ROWS;
    if (status == HG_OK && r->dense)
        status = hg_row_builder_reserve(&r->all, ranges * step, err);
    return status;
}

static hg_status open_range(void *context, size_t i, hg_error *err)
{
    point_ranges *r = context;
    return r->dense ? hg_row_builder_view(&r->parts[i], &r->all, i * r->step, r->step, err)
                    : hg_row_builder_init(&r->parts[i], r->source, NULL, err);
}

static hg_status add_row(void *context, size_t range, const unsigned char *blob, size_t n,
                         const hg_value *values, hg_error *err)
{
    point_ranges *r = context;
    hg_position p;
    position_from_blob(blob, n, &p);
    return hg_row_builder_add(&r->parts[range], &p, values, err);
}

hg_status hg_source_read_direct(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    point_ranges r = {.source = s};
    const hg_range_sink sink = {begin_ranges, open_range, add_row, &r};
    hg_status status = hg_source_each_range(s, &sink, err);
    if (status == HG_OK)
        status = hg_row_builder_join(&r.all, r.parts, r.ranges, err);
    for (size_t i = 0; i < r.ranges; i++)
        hg_row_builder_dispose(&r.parts[i]);
    if (status == HG_OK)
        *rows = r.all.rows;
    else
        hg_row_builder_dispose(&r.all);
    hg_free(r.parts);
    return status;
}
