/* For tests of geo: shapes from WKT, GEOS as the independent opinion, comma-separated test data. */
#ifndef HG_TESTS_GEO_HELPERS_H
#define HG_TESTS_GEO_HELPERS_H

#include "base/memory.h"
#include "geo/region.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <geos_c.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define expect_ok(call)                                                                            \
    do {                                                                                           \
        hg_error expect_ok_err = {HG_OK, ""};                                                      \
        hg_error *err = &expect_ok_err;                                                            \
        if ((call) != HG_OK)                                                                       \
            fail_msg("%s: %s", #call, expect_ok_err.message);                                      \
    } while (0)

static inline void expect_near(const char *what, double expected, double obtained, double tolerance)
{
    if (!(fabs(expected - obtained) <= tolerance))
        fail_msg("%s: expected %.15g, obtained %.15g, difference %.3g, tolerance %.3g", what,
                 expected, obtained, obtained - expected, tolerance);
}

/* Text in WKT or hexadecimal WKB; NULL where GEOS cannot read it. */
static inline GEOSGeometry *geometry_from(GEOSContextHandle_t geos, const char *text)
{
    if (strspn(text, "0123456789ABCDEFabcdef") == strlen(text) && strlen(text) > 8)
        return GEOSGeomFromHEX_buf_r(geos, (const unsigned char *)text, strlen(text));
    GEOSWKTReader *reader = GEOSWKTReader_create_r(geos);
    GEOSGeometry *g = GEOSWKTReader_read_r(geos, reader, text);
    GEOSWKTReader_destroy_r(geos, reader);
    return g;
}

static inline void add_geometry(GEOSContextHandle_t geos, hg_shapes *shapes, const GEOSGeometry *g,
                                const char *name)
{
    size_t size = 0;
    GEOSWKBWriter *writer = GEOSWKBWriter_create_r(geos);
    GEOSWKBWriter_setOutputDimension_r(geos, writer, 2);
    unsigned char *wkb = GEOSWKBWriter_write_r(geos, writer, g, &size);
    GEOSWKBWriter_destroy_r(geos, writer);
    assert_non_null(wkb);
    expect_ok(hg_shapes_add(shapes, wkb, size, name, err));
    GEOSFree_r(geos, wkb);
}

static inline void add_text(hg_shapes *shapes, const char *text, const char *name)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *g = geometry_from(geos, text);
    if (!g)
        fail_msg("not read by GEOS: %.200s", text);
    add_geometry(geos, shapes, g, name);
    GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
}

static inline hg_region *region_from(const char *text)
{
    hg_shapes shapes = {0};
    hg_region *region = NULL;
    add_text(&shapes, text, NULL);
    expect_ok(hg_region_new(&shapes, NULL, &region, err));
    hg_shapes_dispose(&shapes);
    return region;
}

/* The valid union that hg_region_new promises, by GEOS itself. */
static inline GEOSGeometry *valid_union(GEOSContextHandle_t geos, const GEOSGeometry *g)
{
    GEOSMakeValidParams *params = GEOSMakeValidParams_create_r(geos);
    GEOSMakeValidParams_setMethod_r(geos, params, GEOS_MAKE_VALID_STRUCTURE);
    GEOSMakeValidParams_setKeepCollapsed_r(geos, params, 0);
    GEOSGeometry *valid = GEOSisValid_r(geos, g) == 1 ? GEOSGeom_clone_r(geos, g)
                                                      : GEOSMakeValidWithParams_r(geos, g, params);
    GEOSMakeValidParams_destroy_r(geos, params);
    GEOSGeometry *joined = valid ? GEOSUnaryUnion_r(geos, valid) : NULL;
    if (valid)
        GEOSGeom_destroy_r(geos, valid);
    return joined;
}

/* Whether a geometry (NULL: none) has an area, which goes into *area, and its box. */
static inline bool has_extent(GEOSContextHandle_t geos, const GEOSGeometry *g, double *area,
                              double box[4])
{
    return g && GEOSArea_r(geos, g, area) && *area > 0.0 && isfinite(*area) &&
           GEOSGeom_getXMin_r(geos, g, box) && GEOSGeom_getYMin_r(geos, g, box + 1) &&
           GEOSGeom_getXMax_r(geos, g, box + 2) && GEOSGeom_getYMax_r(geos, g, box + 3);
}

/* Reads one record of a CSV file with quoted fields; returns the number of fields, 0 at the end. */
static inline size_t read_record(FILE *file, char **fields, size_t most, char **buffer)
{
    size_t length = 0;
    size_t count = 0;
    size_t starts[64] = {0};
    bool quoted = false;
    int c = getc(file);
    if (c == EOF)
        return 0;
    for (; c != EOF && (quoted || c != '\n'); c = getc(file)) {
        if (length + 2 >= 1u << 23)
            fail_msg("a record of more than 8 MB");
        if (c == '"') {
            int next = quoted ? getc(file) : 0;
            if (quoted && next == '"')
                (*buffer)[length++] = '"';
            else if (quoted)
                ungetc(next, file);
            if (!quoted || next != '"')
                quoted = !quoted;
        } else if (c == ',' && !quoted) {
            (*buffer)[length++] = '\0';
            starts[++count] = length;
        } else if (c != '\r' || quoted) {
            (*buffer)[length++] = (char)c;
        }
    }
    (*buffer)[length] = '\0';
    count++;
    for (size_t i = 0; i < count && i < most; i++)
        fields[i] = *buffer + starts[i];
    return count < most ? count : most;
}

/* Calls each with geometry A and B of GEOS's own test cases. False without the data. */
static inline bool for_each_nasty(void (*each)(const char *name, const char *text))
{
    const char *folder = getenv("HOTGRID_SHARED_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/nasty_geometries/geos_cases.csv", folder ? folder : "");
    FILE *file = folder ? fopen(path, "r") : NULL;
    if (!file) {
        print_message("skipped: no nasty_geometries under HOTGRID_SHARED_DATA\n");
        return false;
    }
    char *buffer = malloc(1u << 23);
    char *fields[16];
    assert_non_null(buffer);
    while (read_record(file, fields, 16, &buffer) == 16) {
        if (strstr(fields[5], "olygon") || strstr(fields[5], "OLYGON"))
            each(fields[1], fields[14]);
        if (strstr(fields[10], "olygon") || strstr(fields[10], "OLYGON"))
            each(fields[1], fields[15]);
    }
    free(buffer);
    fclose(file);
    return true;
}

#endif
