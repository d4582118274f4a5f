/* A QGIS project (.qgs): layer tree, map canvas, and the layers with their styles inside. */
#include "base/memory.h"
#include "io/style_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_element(hg_text *t, const char *name, const char *value)
{
    hg_text_addf(t, "<%s>", name);
    hg_text_add_xml(t, value ? value : "");
    hg_text_addf(t, "</%s>", name);
}

/*
 * QGIS believes an authority's code only where an srsid of its own range stands beside it (the
 * number itself is not looked up); everywhere else it reads the WKT.
 */
static void add_crs(hg_text *t, const hg_project *p)
{
    const char *colon = p->crs_code ? strchr(p->crs_code, ':') : NULL;
    long code = colon ? strtol(colon + 1, NULL, 10) : 0;
    hg_text_add(t, "<spatialrefsys nativeFormat=\"Wkt\">");
    add_element(t, "wkt", p->crs_wkt);
    add_element(t, "proj4", p->crs_proj);
    if (code > 0 && code < 100000)
        hg_text_addf(t, "<srsid>%ld</srsid><srid>%ld</srid>", code, code);
    add_element(t, "authid", p->crs_code);
    hg_text_add(t, "</spatialrefsys>");
}

static void add_extent(hg_text *t, const hg_project *p)
{
    static const char *const names[] = {"xmin", "ymin", "xmax", "ymax"};
    char buf[32];
    for (int k = 0; k < 4; k++)
        add_element(t, names[k], hg_shortest_decimal(p->extent[k], buf));
}

/* QGIS ignores ids of ten characters or less and makes up its own, which the tree then misses. */
static void add_layer_id(hg_text *t, size_t index)
{
    hg_text_addf(t, "hotgrid_layer_%zu", index);
}

static void add_source(hg_text *t, const hg_project *p, size_t index)
{
    hg_text_add(t, "./");
    hg_text_add_xml(t, index < p->n_layers ? p->gpkg_file : p->raster->file);
    if (index < p->n_layers) {
        hg_text_add(t, "|layername=");
        hg_text_add_xml(t, p->layers[index].layer);
        if (p->layers[index].filter) {
            hg_text_add(t, "|subset=");
            hg_text_add_xml(t, p->layers[index].filter);
        }
    }
}

static size_t layer_count(const hg_project *p)
{
    return p->n_layers + (p->raster ? 1 : 0);
}

static const char *layer_title(const hg_project *p, size_t index)
{
    if (index == p->n_layers)
        return p->raster->title;
    return p->layers[index].title ? p->layers[index].title : p->layers[index].layer;
}

static const char *group_of(const hg_project *p, size_t index)
{
    return index < p->n_layers ? p->layers[index].group : NULL;
}

static bool same_group(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void add_tree_layer(hg_text *t, const hg_project *p, size_t i)
{
    bool hidden = i < p->n_layers && p->layers[i].hidden;
    hg_text_addf(t, "<layer-tree-layer checked=\"Qt::%s\" expanded=\"1\" id=\"",
                 hidden ? "Unchecked" : "Checked");
    add_layer_id(t, i);
    hg_text_add(t, "\" source=\"");
    add_source(t, p, i);
    hg_text_addf(t, "\" providerKey=\"%s\"", i < p->n_layers ? "ogr" : "gdal");
    hg_style_add_attribute(t, "name", layer_title(p, i));
    hg_text_add(t, "><customproperties/></layer-tree-layer>\n");
}

/* Neighbouring layers of one group stand in one branch. */
static void add_tree(hg_text *t, const hg_project *p)
{
    const char *open = NULL;
    hg_text_add(t, "<layer-tree-group><customproperties/>\n");
    for (size_t i = 0; i < layer_count(p); i++) {
        const char *group = group_of(p, i);
        if (!same_group(open, group)) {
            hg_text_add(t, open ? "</layer-tree-group>\n" : "");
            if (group) {
                hg_text_add(t, "<layer-tree-group checked=\"Qt::Checked\" expanded=\"1\"");
                hg_style_add_attribute(t, "name", group);
                hg_text_add(t, "><customproperties/>\n");
            }
            open = group;
        }
        add_tree_layer(t, p, i);
    }
    hg_text_add(t, open ? "</layer-tree-group>\n" : "");
    hg_text_add(t, "</layer-tree-group>\n");
}

static const char *geometry_name(hg_symbol symbol)
{
    switch (symbol) {
    case HG_SYMBOL_POINT:
        return "Point";
    case HG_SYMBOL_FILL:
    case HG_SYMBOL_OUTLINE:
        return "Polygon";
    case HG_SYMBOL_NONE:
        break;
    }
    return "No geometry";
}

static void open_layer(hg_text *t, const hg_project *p, size_t index)
{
    if (index < p->n_layers)
        hg_text_addf(t,
                     "<maplayer type=\"vector\" geometry=\"%s\" labelsEnabled=\"%d\" "
                     "autoRefreshEnabled=\"0\" hasScaleBasedVisibilityFlag=\"0\" "
                     "styleCategories=\"AllStyleCategories\">",
                     geometry_name(p->layers[index].symbol),
                     p->layers[index].label_expression != NULL);
    else
        hg_text_add(t, "<maplayer type=\"raster\" autoRefreshEnabled=\"0\" "
                       "hasScaleBasedVisibilityFlag=\"0\">");
}

static void add_layer(hg_text *t, const hg_project *p, size_t index)
{
    bool vector = index < p->n_layers;
    open_layer(t, p, index);
    hg_text_add(t, "<id>");
    add_layer_id(t, index);
    hg_text_add(t, "</id><datasource>");
    add_source(t, p, index);
    hg_text_add(t, "</datasource>");
    add_element(t, "layername", layer_title(p, index));
    if (!vector || p->layers[index].symbol != HG_SYMBOL_NONE) {
        hg_text_add(t, "<srs>");
        add_crs(t, p);
        hg_text_add(t, "</srs>");
    }
    hg_text_add(t, vector ? "<provider encoding=\"UTF-8\">ogr</provider>\n"
                          : "<provider>gdal</provider>\n");
    if (vector)
        hg_style_add_vector(t, &p->layers[index]);
    else
        hg_style_add_raster(t, p->raster);
    hg_text_add(t, "</maplayer>\n");
}

static void add_canvas(hg_text *t, const hg_project *p)
{
    hg_text_add(t, "<mapcanvas name=\"theMapCanvas\" annotationsVisible=\"1\"><units>meters"
                   "</units><extent>");
    add_extent(t, p);
    hg_text_add(t, "</extent><rotation>0</rotation><destinationsrs>");
    add_crs(t, p);
    hg_text_add(t, "</destinationsrs><rendermaptile>0</rendermaptile></mapcanvas>\n"
                   "<ProjectViewSettings UseProjectScales=\"0\"><Scales/><DefaultViewExtent");
    hg_style_add_number(t, "xmin", p->extent[0]);
    hg_style_add_number(t, "ymin", p->extent[1]);
    hg_style_add_number(t, "xmax", p->extent[2]);
    hg_style_add_number(t, "ymax", p->extent[3]);
    hg_text_add(t, ">");
    add_crs(t, p);
    hg_text_add(t, "</DefaultViewExtent></ProjectViewSettings>\n");
}

static void add_order(hg_text *t, const hg_project *p)
{
    hg_text_add(t, "<layerorder>");
    for (size_t i = 0; i < layer_count(p); i++) {
        hg_text_add(t, "<layer id=\"");
        add_layer_id(t, i);
        hg_text_add(t, "\"/>");
    }
    hg_text_add(t, "</layerorder>\n");
}

hg_status hg_project_qgs(const hg_project *p, char **qgs, hg_error *err)
{
    hg_text t = {0};
    hg_text_add(&t, "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis "
                    "version=\"" HG_QGIS_VERSION "\"");
    hg_style_add_attribute(&t, "projectname", p->title);
    hg_text_add(&t, "><homePath path=\"\"/>");
    add_element(&t, "title", p->title);
    hg_text_add(&t, "\n<projectCrs>");
    add_crs(&t, p);
    hg_text_add(&t, "</projectCrs>\n");
    add_tree(&t, p);
    add_canvas(&t, p);
    hg_text_add(&t, "<projectlayers>\n");
    for (size_t i = 0; i < layer_count(p); i++)
        add_layer(&t, p, i);
    hg_text_add(&t, "</projectlayers>\n");
    add_order(&t, p);
    hg_text_add(&t, "<properties><Paths><Absolute type=\"bool\">false</Absolute></Paths>"
                    "<SpatialRefSys><ProjectionsEnabled type=\"int\">1</ProjectionsEnabled>"
                    "</SpatialRefSys></properties>\n</qgis>\n");
    char *text = hg_text_take(&t);
    if (!text)
        return hg_fail_memory(err);
    *qgs = text;
    return HG_OK;
}
