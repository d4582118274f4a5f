#include "base/memory.h"
#include "base/text.h"
#include "geo/crs_proj.h"

#include <math.h>
#include <proj_experimental.h> /* proj_crs_demote_to_2D */
#include <string.h>

static void say_nothing(void *payload, int level, const char *message)
{
    (void)payload;
    (void)level;
    (void)message;
}

PJ_CONTEXT *hg_proj_context_new(void)
{
    PJ_CONTEXT *context = proj_context_create();
    if (context) {
        proj_log_func(context, NULL, say_nothing);
        proj_context_set_enable_network(context, 0);
    }
    return context;
}

PJ *hg_proj_operation(PJ_CONTEXT *context, const PJ *from, const PJ *to)
{
    PJ *raw = proj_create_crs_to_crs_from_pj(context, from, to, NULL, NULL);
    if (!raw)
        return NULL;
    PJ *operation = proj_normalize_for_visualization(context, raw);
    proj_destroy(raw);
    return operation;
}

/* A PROJ string without +type=crs would be read as an operation. */
static PJ *parse(PJ_CONTEXT *context, const char *definition)
{
    definition += strspn(definition, " \t\r\n");
    if (!strstr(definition, "+proj=") || strstr(definition, "+type=crs"))
        return proj_create(context, definition);
    hg_text text = {0};
    hg_text_addf(&text, "%s +type=crs", definition);
    PJ *pj = text.failed ? NULL : proj_create(context, text.s);
    hg_text_dispose(&text);
    return pj;
}

static bool replace(PJ **pj, PJ *by)
{
    proj_destroy(*pj);
    *pj = by;
    return by != NULL;
}

/* The horizontal, two-dimensional CRS inside; false with *pj possibly NULL where there is none. */
static bool reduce(PJ_CONTEXT *context, PJ **pj)
{
    enum { DEEPEST = 8 }; /* a compound of bound CRSs nests two levels */
    for (int i = 0; i < DEEPEST; i++) {
        switch (proj_get_type(*pj)) {
        case PJ_TYPE_COMPOUND_CRS:
            if (!replace(pj, proj_crs_get_sub_crs(context, *pj, 0)))
                return false;
            break;
        case PJ_TYPE_BOUND_CRS:
            if (!replace(pj, proj_get_source_crs(context, *pj)))
                return false;
            break;
        case PJ_TYPE_GEOGRAPHIC_3D_CRS:
            if (!replace(pj, proj_crs_demote_to_2D(context, NULL, *pj)))
                return false;
            break;
        case PJ_TYPE_GEOGRAPHIC_2D_CRS:
        case PJ_TYPE_PROJECTED_CRS:
        case PJ_TYPE_ENGINEERING_CRS:
            return true;
        default:
            return false;
        }
    }
    return false;
}

static double axis_unit(PJ_CONTEXT *context, const PJ *crs)
{
    double unit = NAN;
    PJ *cs = proj_crs_get_coordinate_system(context, crs);
    if (!cs || !proj_cs_get_axis_info(context, cs, 0, NULL, NULL, NULL, &unit, NULL, NULL, NULL))
        unit = NAN;
    proj_destroy(cs);
    return unit;
}

static char *authority_code(const PJ *crs)
{
    const char *authority = proj_get_id_auth_name(crs, 0);
    const char *code = proj_get_id_code(crs, 0);
    hg_text text = {0};
    if (authority && code)
        hg_text_addf(&text, "%s:%s", authority, code);
    return text.len > 0 ? hg_text_take(&text) : NULL;
}

/* Everything of the CRS that follows from `stated`. */
static hg_status describe(hg_crs *crs, const char *what, hg_error *err)
{
    static const char *const one_line[] = {"MULTILINE=NO", NULL};
    PJ_TYPE type = proj_get_type(crs->stated);
    crs->geographic = type == PJ_TYPE_GEOGRAPHIC_2D_CRS;
    crs->engineering = type == PJ_TYPE_ENGINEERING_CRS;
    crs->name = hg_strdup(proj_get_name(crs->stated));
    crs->code = authority_code(crs->stated);
    if (!crs->name)
        return hg_fail_memory(err);
    const char *wkt = proj_as_wkt(crs->context, crs->stated, PJ_WKT2_2019, one_line);
    if (!wkt)
        return hg_fail(err, HG_EUSAGE, "%s: \"%s\" cannot be written as WKT2", what, crs->name);
    crs->wkt = hg_strdup(wkt);
    crs->plane = crs->engineering ? proj_clone(crs->context, crs->stated)
                                  : proj_normalize_for_visualization(crs->context, crs->stated);
    if (!crs->wkt || !crs->plane)
        return hg_fail_memory(err);
    crs->unit_m = crs->geographic ? 0.0 : axis_unit(crs->context, crs->stated);
    if (!crs->geographic && !(crs->unit_m > 0.0 && crs->unit_m < INFINITY))
        return hg_fail(err, HG_EUSAGE, "%s: \"%s\" states no unit of length", what, crs->name);
    return HG_OK;
}

static hg_status define(hg_crs *crs, const char *definition, const char *what, hg_error *err)
{
    crs->stated = parse(crs->context, definition);
    if (!crs->stated)
        return hg_fail(err, HG_EUSAGE,
                       "%s: \"%.80s\" is no coordinate reference system; expected a code like "
                       "EPSG:4547, WKT, PROJJSON or a PROJ string",
                       what, definition);
    if (!reduce(crs->context, &crs->stated))
        return hg_fail(err, HG_EUSAGE,
                       "%s: \"%.80s\" has no horizontal coordinates; expected a geographic, "
                       "projected or engineering CRS",
                       what, definition);
    return describe(crs, what, err);
}

static hg_status crs_alloc(hg_crs **out, hg_error *err)
{
    hg_crs *crs = hg_calloc(1, sizeof *crs);
    if (crs)
        crs->context = hg_proj_context_new();
    if (!crs || !crs->context) {
        hg_crs_free(crs);
        return hg_fail_memory(err);
    }
    *out = crs;
    return HG_OK;
}

hg_status hg_crs_new(const char *definition, const char *what, hg_crs **out, hg_error *err)
{
    hg_crs *crs = NULL;
    hg_status status = crs_alloc(&crs, err);
    if (status != HG_OK)
        return status;
    status = define(crs, definition, what, err);
    if (status == HG_OK)
        *out = crs;
    else
        hg_crs_free(crs);
    return status;
}

hg_status hg_crs_copy(const hg_crs *crs, hg_crs **out, hg_error *err)
{
    hg_crs *copy = NULL;
    hg_status status = crs_alloc(&copy, err);
    if (status != HG_OK)
        return status;
    copy->stated = proj_clone(copy->context, crs->stated);
    status = copy->stated ? describe(copy, "copy", err) : hg_fail_memory(err);
    if (status == HG_OK)
        *out = copy;
    else
        hg_crs_free(copy);
    return status;
}

void hg_crs_free(hg_crs *crs)
{
    if (!crs)
        return;
    proj_destroy(crs->stated);
    proj_destroy(crs->plane);
    if (crs->context)
        proj_context_destroy(crs->context);
    hg_free(crs->wkt);
    hg_free(crs->name);
    hg_free(crs->code);
    hg_free(crs);
}

const char *hg_crs_wkt(const hg_crs *crs)
{
    return crs->wkt;
}

const char *hg_crs_name(const hg_crs *crs)
{
    return crs->name;
}

const char *hg_crs_code(const hg_crs *crs)
{
    return crs->code;
}

bool hg_crs_is_geographic(const hg_crs *crs)
{
    return crs->geographic;
}

bool hg_crs_is_engineering(const hg_crs *crs)
{
    return crs->engineering;
}

double hg_crs_unit_m(const hg_crs *crs)
{
    return crs->unit_m;
}

bool hg_crs_same(const hg_crs *a, const hg_crs *b)
{
    return a == b ||
           proj_is_equivalent_to_with_ctx(a->context, a->plane, b->plane,
                                          PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS) == 1;
}

/* Box of degrees to the CRS's own coordinates, with 21 points on each side between the corners. */
static bool project_box(const hg_crs *crs, const double degrees[4], double box[4])
{
    enum { BETWEEN = 21 };
    double b[4] = {NAN, NAN, NAN, NAN};
    PJ *wgs84 = proj_create(crs->context, "EPSG:4326");
    PJ *op = wgs84 ? hg_proj_operation(crs->context, wgs84, crs->stated) : NULL;
    bool done =
        op && proj_trans_bounds(crs->context, op, PJ_FWD, degrees[0], degrees[1], degrees[2],
                                degrees[3], &b[0], &b[1], &b[2], &b[3], BETWEEN);
    proj_destroy(op);
    proj_destroy(wgs84);
    for (int i = 0; i < 4; i++)
        done = done && isfinite(b[i]);
    if (done && b[0] < b[2] && b[1] < b[3]) {
        memcpy(box, b, sizeof b);
        return true;
    }
    return false;
}

static bool stated_area(const hg_crs *crs, const PJ *pj, double d[4])
{
    return proj_get_area_of_use(crs->context, pj, &d[0], &d[1], &d[2], &d[3], NULL) &&
           d[0] >= -180.0 && d[1] >= -90.0; /* PROJ's -1000: not known */
}

/* Files often carry the code without the area of use; the register has it. */
static bool registered_area(const hg_crs *crs, double d[4])
{
    const char *authority = proj_get_id_auth_name(crs->stated, 0);
    const char *code = proj_get_id_code(crs->stated, 0);
    if (!authority || !code)
        return false;
    PJ *known =
        proj_create_from_database(crs->context, authority, code, PJ_CATEGORY_CRS, false, NULL);
    bool found = known && stated_area(crs, known, d);
    proj_destroy(known);
    return found;
}

bool hg_crs_area_of_use(const hg_crs *crs, double box[4])
{
    static const double margin_deg = 0.5;
    static const double globe[4] = {-180.0, -90.0, 180.0, 90.0};
    double d[4];
    if (crs->engineering)
        return false;
    if (!stated_area(crs, crs->stated, d) && !registered_area(crs, d)) {
        if (crs->geographic)
            memcpy(box, globe, sizeof globe);
        return crs->geographic;
    }
    if (d[0] > d[2]) { /* across the antimeridian a box of longitudes is the whole circle */
        d[0] = crs->geographic ? -180.0 : d[0] - 360.0;
        d[2] = crs->geographic ? 180.0 : d[2];
    }
    if (crs->geographic) {
        memcpy(box, d, sizeof d);
        return true;
    }
    bool around = d[2] - d[0] >= 360.0;
    double wide[4] = {around ? d[0] : d[0] - margin_deg, fmax(d[1] - margin_deg, -90.0),
                      around ? d[2] : d[2] + margin_deg, fmin(d[3] + margin_deg, 90.0)};
    return project_box(crs, wide, box) || project_box(crs, d, box);
}

hg_status hg_crs_check_analysis(const hg_crs *crs, hg_error *err)
{
    if (!crs->geographic)
        return HG_OK;
    return hg_fail(err, HG_EUSAGE,
                   "\"%s\" counts in degrees; expected a projected or engineering CRS for grid "
                   "and distances",
                   crs->name);
}
