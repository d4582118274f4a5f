/* QML as QGIS 3.22 writes and reads it: XML, colours as "r,g,b,a", symbol properties as Option
 * maps. */
#include "io/style.h"
#include "base/memory.h"
#include "io/style_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void hg_style_add_attribute(hg_text *t, const char *name, const char *value)
{
    hg_text_addf(t, " %s=\"", name);
    hg_text_add_xml(t, value ? value : "");
    hg_text_add(t, "\"");
}

void hg_style_add_number(hg_text *t, const char *name, double value)
{
    char buf[32];
    hg_text_addf(t, " %s=\"%s\"", name, hg_shortest_decimal(value, buf));
}

static void add_option(hg_text *t, const char *name, const char *value)
{
    hg_text_add(t, "<Option type=\"QString\"");
    hg_style_add_attribute(t, "name", name);
    hg_style_add_attribute(t, "value", value);
    hg_text_add(t, "/>");
}

static void add_number_option(hg_text *t, const char *name, double value)
{
    char buf[32];
    add_option(t, name, hg_shortest_decimal(value, buf));
}

/* "#rrggbb" to "r,g,b,255"; anything else is a middle grey, which shows without misleading. */
static void add_colour_option(hg_text *t, const char *name, const char *colour)
{
    unsigned r = 128, g = 128, b = 128;
    char rgba[32];
    if (!colour || sscanf(colour, "#%2x%2x%2x", &r, &g, &b) != 3)
        r = g = b = 128;
    snprintf(rgba, sizeof rgba, "%u,%u,%u,255", r, g, b);
    add_option(t, name, rgba);
}

static void add_stroke(hg_text *t, const hg_style *s, const char *colour)
{
    bool map = s->stroke_map > 0;
    double width = map ? s->stroke_map : s->stroke_mm > 0 ? s->stroke_mm : 0.1;
    add_option(t, "outline_style", colour ? "solid" : "no");
    if (colour)
        add_colour_option(t, "outline_color", colour);
    add_number_option(t, "outline_width", width);
    add_option(t, "outline_width_unit", map ? "MapUnit" : "MM");
    if (map) /* scales, then the least and the greatest width in mm, each after its switch */
        add_option(t, "outline_width_map_unit_scale", "3x:0,0,1,0.15,1,0.8");
    add_option(t, "joinstyle", "miter");
}

static void add_marker(hg_text *t, const hg_style *s, const char *colour)
{
    add_option(t, "name", "circle");
    add_colour_option(t, "color", colour);
    add_number_option(t, "size", s->size_mm > 0 ? s->size_mm : 1.6);
    add_option(t, "size_unit", "MM");
    add_stroke(t, s, s->stroke);
}

static void add_fill(hg_text *t, const hg_style *s, const char *colour)
{
    bool outline = s->symbol == HG_SYMBOL_OUTLINE;
    add_option(t, "style", outline ? "no" : "solid");
    add_colour_option(t, "color", colour);
    add_stroke(t, s, outline && !s->stroke ? colour : s->stroke);
}

static void add_symbol(hg_text *t, const hg_style *s, size_t index)
{
    bool point = s->symbol == HG_SYMBOL_POINT;
    const char *colour = index < s->n_classes ? s->classes[index].color : NULL;
    hg_text_addf(t,
                 "<symbol type=\"%s\" name=\"%zu\" alpha=\"1\" clip_to_extent=\"1\" "
                 "force_rhr=\"0\"><layer class=\"%s\" enabled=\"1\" locked=\"0\" pass=\"0\">"
                 "<Option type=\"Map\">",
                 point ? "marker" : "fill", index, point ? "SimpleMarker" : "SimpleFill");
    if (point)
        add_marker(t, s, colour);
    else
        add_fill(t, s, colour);
    hg_text_add(t, "</Option></layer></symbol>");
}

static void add_ranges(hg_text *t, const hg_style *s)
{
    hg_text_add(t, "<ranges>");
    for (size_t i = 0; i < s->n_classes; i++) {
        hg_text_addf(t, "<range symbol=\"%zu\" render=\"true\"", i);
        hg_style_add_number(t, "lower", s->classes[i].low);
        hg_style_add_number(t, "upper", s->classes[i].high);
        hg_style_add_attribute(t, "label", s->classes[i].label);
        hg_text_add(t, "/>");
    }
    hg_text_add(t, "</ranges>");
}

static void add_categories(hg_text *t, const hg_style *s)
{
    hg_text_add(t, "<categories>");
    for (size_t i = 0; i < s->n_classes; i++) {
        hg_text_addf(t, "<category symbol=\"%zu\" render=\"true\" type=\"string\"", i);
        hg_style_add_attribute(t, "value", s->classes[i].value);
        hg_style_add_attribute(t, "label", s->classes[i].label);
        hg_text_add(t, "/>");
    }
    hg_text_add(t, "</categories>");
}

static void add_renderer(hg_text *t, const hg_style *s)
{
    const char *type = !s->field        ? "singleSymbol"
                       : s->categorised ? "categorizedSymbol"
                                        : "graduatedSymbol";
    hg_text_addf(t,
                 "<renderer-v2 type=\"%s\" symbollevels=\"0\" enableorderby=\"0\" "
                 "forceraster=\"0\"",
                 type);
    if (s->field)
        hg_style_add_attribute(t, "attr", s->field);
    if (s->field && !s->categorised)
        hg_text_add(t, " graduatedMethod=\"GraduatedColor\"");
    hg_text_add(t, ">");
    if (s->field && s->categorised)
        add_categories(t, s);
    else if (s->field)
        add_ranges(t, s);
    hg_text_add(t, "<symbols>");
    for (size_t i = 0; i < (s->field ? s->n_classes : 1); i++)
        add_symbol(t, s, i);
    hg_text_add(t, "</symbols></renderer-v2>\n");
}

/* QGIS's label placements: beside a small polygon, which a label on it would hide; within a large one. */
enum { AROUND_POINT = 0, WITHIN_POLYGON = 4, OUTSIDE_POLYGON = 8 };

/* No font family is named: QGIS then takes the application's, which every machine has. */
static void add_labels(hg_text *t, const hg_style *s)
{
    hg_text_add(t, "<labeling type=\"simple\"><settings calloutType=\"simple\"><text-style "
                   "isExpression=\"1\" fontSizeUnit=\"Point\" textColor=\"35,35,35,255\" "
                   "textOpacity=\"1\" namedStyle=\"Regular\" fontWeight=\"50\"");
    hg_style_add_attribute(t, "fieldName", s->label_expression);
    hg_style_add_number(t, "fontSize", s->label_pt > 0 ? s->label_pt : 9);
    hg_text_addf(t,
                 "><text-buffer bufferDraw=\"1\" bufferSize=\"0.8\" bufferSizeUnits=\"MM\" "
                 "bufferColor=\"255,255,255,255\" bufferOpacity=\"1\" bufferNoFill=\"1\" "
                 "bufferJoinStyle=\"128\"/></text-style><placement placement=\"%d\" dist=\"1.2\" "
                 "distUnits=\"MM\" centroidInside=\"1\" centroidWhole=\"1\" quadOffset=\"4\" "
                 "priority=\"5\"/><rendering drawLabels=\"1\" obstacle=\"1\" obstacleFactor=\"1\" "
                 "displayAll=\"0\"/></settings></labeling>\n",
                 s->symbol == HG_SYMBOL_POINT ? AROUND_POINT
                 : s->label_inside            ? WITHIN_POLYGON
                                              : OUTSIDE_POLYGON);
}

static void add_aliases(hg_text *t, const char *const *aliases)
{
    hg_text_add(t, "<aliases>");
    for (size_t i = 0; aliases && aliases[i] && aliases[i + 1]; i += 2) {
        hg_text_addf(t, "<alias index=\"%zu\"", i / 2);
        hg_style_add_attribute(t, "field", aliases[i]);
        hg_style_add_attribute(t, "name", aliases[i + 1]);
        hg_text_add(t, "/>");
    }
    hg_text_add(t, "</aliases>\n");
}

void hg_style_add_vector(hg_text *t, const hg_style *s)
{
    add_aliases(t, s->aliases);
    if (s->symbol == HG_SYMBOL_NONE)
        return;
    add_renderer(t, s);
    if (s->label_expression)
        add_labels(t, s);
    hg_text_add(t, "<blendMode>0</blendMode><featureBlendMode>0</featureBlendMode><layerOpacity>");
    char buf[32];
    hg_text_add(t, hg_shortest_decimal(s->opacity, buf));
    hg_text_add(t, "</layerOpacity>\n");
}

/* With an upper end above the lower one in every class, the classes are steps; else stops of a
 * ramp. */
static bool is_discrete(const hg_raster_style *s)
{
    for (size_t i = 0; i < s->n_classes; i++)
        if (!(s->classes[i].high > s->classes[i].low))
            return false;
    return s->n_classes > 0;
}

static void add_item(hg_text *t, const hg_style_class *c, double value, bool last)
{
    hg_text_add(t, "<item alpha=\"255\"");
    if (last)
        hg_text_add(t, " value=\"inf\"");
    else
        hg_style_add_number(t, "value", value);
    hg_style_add_attribute(t, "color", c->color);
    hg_style_add_attribute(t, "label", c->label);
    hg_text_add(t, "/>");
}

static void add_shader(hg_text *t, const hg_raster_style *s)
{
    bool discrete = is_discrete(s);
    hg_text_addf(t,
                 "<rastershader><colorrampshader colorRampType=\"%s\" classificationMode=\"1\" "
                 "clip=\"0\" labelPrecision=\"2\"",
                 discrete ? "DISCRETE" : "INTERPOLATED");
    if (s->n_classes > 0) {
        hg_style_add_number(t, "minimumValue", s->classes[0].low);
        hg_style_add_number(t, "maximumValue", s->classes[s->n_classes - 1].low);
    }
    hg_text_add(t, ">");
    for (size_t i = 0; i < s->n_classes; i++)
        add_item(t, &s->classes[i], discrete ? s->classes[i].high : s->classes[i].low,
                 discrete && i + 1 == s->n_classes);
    /* a continuous legend would show numbers where the classes have words */
    hg_text_add(t, "<rampLegendSettings useContinuousLegend=\"0\" orientation=\"2\" "
                   "direction=\"0\" minimumLabel=\"\" maximumLabel=\"\" prefix=\"\" suffix=\"\"/>"
                   "</colorrampshader></rastershader>");
}

/* Everything below the first stop: that is where nothing happened, and the map shows through. */
static void add_transparency(hg_text *t, const hg_raster_style *s)
{
    hg_text_add(t, "<rasterTransparency>");
    if (s->n_classes > 0) {
        float below = nextafterf((float)s->classes[0].low, -INFINITY);
        hg_text_add(t, "<singleValuePixelList><pixelListEntry min=\"-1e+30\"");
        hg_style_add_number(t, "max", (double)below);
        hg_text_add(t, " percentTransparent=\"100\"/></singleValuePixelList>");
    }
    hg_text_add(t, "</rasterTransparency>");
}

void hg_style_add_raster(hg_text *t, const hg_raster_style *s)
{
    hg_text_add(t, "<pipe><rasterrenderer type=\"singlebandpseudocolor\" band=\"1\" "
                   "alphaBand=\"-1\" nodataColor=\"\"");
    hg_style_add_number(t, "opacity", s->opacity);
    if (s->n_classes > 0) {
        hg_style_add_number(t, "classificationMin", s->classes[0].low);
        hg_style_add_number(t, "classificationMax", s->classes[s->n_classes - 1].low);
    }
    hg_text_add(t, ">");
    add_transparency(t, s);
    hg_text_add(t, "<minMaxOrigin><limits>None</limits><extent>WholeRaster</extent>"
                   "<statAccuracy>Estimated</statAccuracy></minMaxOrigin>");
    add_shader(t, s);
    hg_text_add(t, "</rasterrenderer><brightnesscontrast brightness=\"0\" contrast=\"0\" "
                   "gamma=\"1\"/><huesaturation saturation=\"0\" grayscaleMode=\"0\" "
                   "colorizeOn=\"0\"/><rasterresampler maxOversampling=\"2\"/></pipe>"
                   "<blendMode>0</blendMode>\n");
}

static hg_status take(hg_text *t, char **out, hg_error *err)
{
    char *s = hg_text_take(t);
    if (!s)
        return hg_fail_memory(err);
    *out = s;
    return HG_OK;
}

static void open_qml(hg_text *t, bool labels)
{
    hg_text_addf(t,
                 "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"%s\" "
                 "styleCategories=\"AllStyleCategories\" labelsEnabled=\"%d\">\n",
                 HG_QGIS_VERSION, labels);
}

hg_status hg_style_qml(const hg_style *style, char **qml, hg_error *err)
{
    hg_text t = {0};
    open_qml(&t, style->label_expression != NULL);
    hg_style_add_vector(&t, style);
    hg_text_add(&t, "</qgis>\n");
    return take(&t, qml, err);
}

hg_status hg_raster_style_qml(const hg_raster_style *style, char **qml, hg_error *err)
{
    hg_text t = {0};
    open_qml(&t, false);
    hg_style_add_raster(&t, style);
    hg_text_add(&t, "</qgis>\n");
    return take(&t, qml, err);
}
