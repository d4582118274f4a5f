/* Styles and projects: well-formed XML whatever the words, and the parts QGIS looks for. */
#include "io/style.h"
#include "base/memory.h"
#include "io/zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <cpl_conv.h>
#include <cpl_minixml.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const hg_style_class CLASSES[] = {{1, 10, "a<b", "Rank 1 & \"2\" <高>", "#ff0080"},
                                         {10, 0.30000000000000004, NULL, "Rest", "nonsense"}};
static const char *const ALIASES[] = {"n_crime", "Crimes", "name", "Name's", NULL};

static hg_style make_style(void)
{
    return (hg_style){.layer = "cells",
                      .title = "Cells & more",
                      .symbol = HG_SYMBOL_FILL,
                      .field = "rank",
                      .classes = CLASSES,
                      .n_classes = 2,
                      .opacity = 0.5,
                      .stroke = "#ffffff",
                      .stroke_mm = 0.1,
                      .label_expression = "\"name\" || '<'",
                      .label_pt = 9,
                      .aliases = ALIASES};
}

static CPLXMLNode *parse(const char *text)
{
    CPLXMLNode *tree = CPLParseXMLString(text);
    if (!tree)
        fail_msg("not well-formed: %.300s", text);
    return tree;
}

static void expect(CPLXMLNode *tree, const char *path, const char *expected)
{
    const char *obtained = CPLGetXMLValue(tree, path, NULL);
    if (!obtained || strcmp(obtained, expected) != 0)
        fail_msg("%s: expected %s, obtained %s", path, expected, obtained ? obtained : "nothing");
}

static CPLXMLNode *style_tree(const hg_style *s)
{
    char *qml = NULL;
    hg_error err = {0};
    assert_int_equal(hg_style_qml(s, &qml, &err), HG_OK);
    CPLXMLNode *tree = parse(qml);
    hg_free(qml);
    return tree;
}

static void graduated_style_is_complete(void **state)
{
    (void)state;
    hg_style s = make_style();
    CPLXMLNode *t = style_tree(&s);
    expect(t, "=qgis.labelsEnabled", "1");
    expect(t, "=qgis.renderer-v2.type", "graduatedSymbol");
    expect(t, "=qgis.renderer-v2.attr", "rank");
    expect(t, "=qgis.renderer-v2.ranges.range.lower", "1");
    expect(t, "=qgis.renderer-v2.ranges.range.label", "Rank 1 & \"2\" <高>");
    expect(t, "=qgis.renderer-v2.symbols.symbol.type", "fill");
    expect(t, "=qgis.layerOpacity", "0.5");
    expect(t, "=qgis.labeling.settings.text-style.fieldName", "\"name\" || '<'");
    expect(t, "=qgis.labeling.settings.text-style.text-buffer.bufferColor", "255,255,255,255");
    expect(t, "=qgis.aliases.alias.name", "Crimes");
    CPLDestroyXMLNode(t);
}

static void categorised_single_and_table_styles(void **state)
{
    (void)state;
    hg_style s = make_style();
    s.categorised = true;
    s.symbol = HG_SYMBOL_POINT;
    s.label_expression = NULL;
    CPLXMLNode *t = style_tree(&s);
    expect(t, "=qgis.labelsEnabled", "0");
    expect(t, "=qgis.renderer-v2.type", "categorizedSymbol");
    expect(t, "=qgis.renderer-v2.categories.category.value", "a<b");
    expect(t, "=qgis.renderer-v2.symbols.symbol.layer.class", "SimpleMarker");
    CPLDestroyXMLNode(t);
    s.field = NULL;
    t = style_tree(&s);
    expect(t, "=qgis.renderer-v2.type", "singleSymbol");
    CPLDestroyXMLNode(t);
    s.symbol = HG_SYMBOL_NONE;
    t = style_tree(&s);
    assert_null(CPLGetXMLNode(t, "=qgis.renderer-v2"));
    expect(t, "=qgis.aliases.alias.field", "n_crime");
    CPLDestroyXMLNode(t);
}

static void raster_steps_and_ramps(void **state)
{
    (void)state;
    hg_style_class c[] = {{1, 0, NULL, "Low", "#ffffcc"}, {9, 0, NULL, "High", "#800026"}};
    hg_raster_style s = {
        .file = "d.tif", .title = "Density", .classes = c, .n_classes = 2, .opacity = 0.8};
    char *qml = NULL;
    hg_error err = {0};
    const char shader[] = "=qgis.pipe.rasterrenderer.rastershader.colorrampshader.colorRampType";
    const char item[] = "=qgis.pipe.rasterrenderer.rastershader.colorrampshader.item.value";
    assert_int_equal(hg_raster_style_qml(&s, &qml, &err), HG_OK);
    CPLXMLNode *t = parse(qml);
    hg_free(qml);
    expect(t, shader, "INTERPOLATED");
    expect(t, item, "1");
    CPLDestroyXMLNode(t);
    c[0].high = 9;
    c[1].high = 20;
    assert_int_equal(hg_raster_style_qml(&s, &qml, &err), HG_OK);
    t = parse(qml);
    hg_free(qml);
    expect(t, shader, "DISCRETE");
    expect(t, item, "9");
    CPLDestroyXMLNode(t);
}

static void project_names_its_layers(void **state)
{
    (void)state;
    hg_style s = make_style();
    hg_project p = {.title = "T & U",
                    .gpkg_file = "a & b.gpkg",
                    .crs_wkt = "PROJCRS[\"x\"]",
                    .crs_code = "EPSG:4547",
                    .extent = {0.1, 2, 3, 4},
                    .layers = &s,
                    .n_layers = 1};
    char *qgs = NULL;
    hg_error err = {0};
    assert_int_equal(hg_project_qgs(&p, &qgs, &err), HG_OK);
    CPLXMLNode *t = parse(qgs);
    hg_free(qgs);
    expect(t, "=qgis.title", "T & U");
    expect(t, "=qgis.projectCrs.spatialrefsys.authid", "EPSG:4547");
    expect(t, "=qgis.mapcanvas.extent.xmin", "0.1");
    expect(t, "=qgis.layer-tree-group.layer-tree-layer.name", "Cells & more");
    expect(t, "=qgis.projectlayers.maplayer.datasource", "./a & b.gpkg|layername=cells");
    const char *id = CPLGetXMLValue(t, "=qgis.projectlayers.maplayer.id", "");
    expect(t, "=qgis.layer-tree-group.layer-tree-layer.id", id);
    assert_true(strlen(id) > 10); /* shorter ones QGIS does not take */
    expect(t, "=qgis.projectlayers.maplayer.renderer-v2.attr", "rank");
    CPLDestroyXMLNode(t);
}

static uint32_t u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void zip_holds_the_text_and_no_clock(void **state)
{
    (void)state;
    const char text[] = "<qgis>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</qgis>";
    unsigned char *zip = NULL;
    size_t n = 0;
    hg_error err = {0};
    assert_int_equal(hg_zip_one("p.qgs", text, strlen(text), &zip, &n, &err), HG_OK);
    assert_int_equal(u32(zip), 0x04034b50);
    assert_int_equal(u32(zip + 10), 0x00210000); /* 1980-01-01 00:00:00 */
    assert_int_equal(u32(zip + 22), strlen(text));
    unsigned char out[128] = {0};
    z_stream z = {
        .next_in = zip + 35, .avail_in = u32(zip + 18), .next_out = out, .avail_out = sizeof out};
    assert_int_equal(inflateInit2(&z, -MAX_WBITS), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    assert_string_equal((const char *)out, text);
    assert_int_equal(u32(zip + n - 22), 0x06054b50);
    assert_int_equal(u32(zip + u32(zip + n - 6)), 0x02014b50);
    hg_free(zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graduated_style_is_complete),
        cmocka_unit_test(categorised_single_and_table_styles),
        cmocka_unit_test(raster_steps_and_ramps),
        cmocka_unit_test(project_names_its_layers),
        cmocka_unit_test(zip_holds_the_text_and_no_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
