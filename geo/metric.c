#include "base/memory.h"
#include "base/text.h"
#include "geo/crs_proj.h"

#include <math.h>
#include <proj_experimental.h> /* proj_crs_alter_cs_linear_unit */

/* PROJ alters units of projected CRSs only; a local plane is stated anew under its own name. */
static hg_status plane_in_metres(const hg_crs *crs, hg_crs **out, hg_error *err)
{
    hg_text name = {0}, wkt = {0};
    for (const char *c = crs->name; *c; c++)
        hg_text_add_n(&name, *c == '"' ? "'" : c, 1);
    hg_text_addf(&wkt,
                 "ENGCRS[\"%s\",EDATUM[\"Unknown engineering datum\"],CS[Cartesian,2],"
                 "AXIS[\"(E)\",east],AXIS[\"(N)\",north],LENGTHUNIT[\"metre\",1]]",
                 name.s ? name.s : "local");
    hg_status status = name.failed || wkt.failed ? hg_fail_memory(err)
                                                 : hg_crs_new(wkt.s, crs->name, out, err);
    hg_text_dispose(&name);
    hg_text_dispose(&wkt);
    return status;
}

static hg_status projected_in_metres(const hg_crs *crs, hg_crs **out, hg_error *err)
{
    static const char *const one_line[] = {"MULTILINE=NO", NULL};
    PJ_CONTEXT *context = hg_proj_context_new();
    PJ *copy = context ? proj_clone(context, crs->stated) : NULL;
    PJ *metric = copy ? proj_crs_alter_cs_linear_unit(context, copy, "metre", 1.0, "EPSG", "9001")
                      : NULL;
    const char *wkt = metric ? proj_as_wkt(context, metric, PJ_WKT2_2019, one_line) : NULL;
    hg_status status = wkt ? hg_crs_new(wkt, crs->name, out, err)
                           : hg_fail(err, HG_EUSAGE, "\"%s\" cannot be put in metres", crs->name);
    proj_destroy(metric);
    proj_destroy(copy);
    if (context)
        proj_context_destroy(context);
    return status;
}

hg_status hg_crs_in_metres(const hg_crs *crs, hg_crs **out, hg_error *err)
{
    if (crs->geographic)
        return hg_fail(err, HG_EUSAGE, "\"%s\" is geographic; a projected CRS was expected",
                       crs->name);
    if (fabs(crs->unit_m - 1) < 1e-12)
        return hg_crs_copy(crs, out, err);
    return crs->engineering ? plane_in_metres(crs, out, err) : projected_in_metres(crs, out, err);
}
