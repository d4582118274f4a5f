#include "io/vrt.h"

#include <string.h>

static void add_element(hg_text *t, const char *name, const char *content)
{
    hg_text_addf(t, "<%s>", name);
    hg_text_add_xml(t, content);
    hg_text_addf(t, "</%s>\n", name);
}

static void add_metadata(hg_text *t, const char *const *items)
{
    hg_text_add(t, "<Metadata>\n");
    for (; items && *items; items++) {
        const char *equals = strchr(*items, '=');
        if (!equals)
            continue;
        hg_text_add(t, "<MDI key=\"");
        hg_text_add_n(t, *items, (size_t)(equals - *items));
        hg_text_add(t, "\">");
        hg_text_add_xml(t, equals + 1);
        hg_text_add(t, "</MDI>\n");
    }
    hg_text_add(t, "</Metadata>\n");
}

static void add_tile(hg_text *t, const hg_raster_spec *spec, const hg_vrt_tile *tile)
{
    long long columns = (long long)spec->columns, rows = (long long)tile->rows;
    hg_text_add(t, "<SimpleSource>\n<SourceFilename relativeToVRT=\"1\">");
    hg_text_add_xml(t, tile->name);
    hg_text_add(t, "</SourceFilename>\n<SourceBand>1</SourceBand>\n");
    hg_text_addf(t,
                 "<SourceProperties RasterXSize=\"%lld\" RasterYSize=\"%lld\" DataType=\"Float32\" "
                 "BlockXSize=\"512\" BlockYSize=\"512\"/>\n",
                 columns, rows);
    hg_text_addf(t, "<SrcRect xOff=\"0\" yOff=\"0\" xSize=\"%lld\" ySize=\"%lld\"/>\n", columns,
                 rows);
    hg_text_addf(
        t, "<DstRect xOff=\"0\" yOff=\"%lld\" xSize=\"%lld\" ySize=\"%lld\"/>\n</SimpleSource>\n",
        (long long)tile->row0, columns, rows);
}

void hg_vrt_add(hg_text *t, const hg_raster_spec *spec, const hg_vrt_tile *tiles, size_t n)
{
    hg_text_addf(t, "<VRTDataset rasterXSize=\"%lld\" rasterYSize=\"%lld\">\n",
                 (long long)spec->columns, (long long)spec->rows);
    add_element(t, "SRS", spec->crs_wkt);
    hg_text_addf(t, "<GeoTransform>%.17g, %.17g, 0, %.17g, 0, %.17g</GeoTransform>\n", spec->west_m,
                 spec->cell_m, spec->north_m, -spec->cell_m);
    add_metadata(t, spec->metadata);
    hg_text_add(t, "<VRTRasterBand dataType=\"Float32\" band=\"1\">\n");
    add_element(t, "Description", spec->description);
    add_element(t, "UnitType", spec->unit);
    hg_text_addf(t, "<NoDataValue>%g</NoDataValue>\n", (double)HG_RASTER_NODATA);
    for (size_t k = 0; k < n; k++)
        add_tile(t, spec, &tiles[k]);
    hg_text_add(t, "</VRTRasterBand>\n</VRTDataset>\n");
}
