/* ogr_loop FILE.gpkg: reads every point and weight through OGR's feature loop; the baseline. */
#include <gdal.h>
#include <ogr_api.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    GDALAllRegister();
    GDALDatasetH ds = GDALOpenEx(argv[1], GDAL_OF_VECTOR, NULL, NULL, NULL);
    OGRLayerH layer = ds ? GDALDatasetGetLayer(ds, 0) : NULL;
    if (!layer)
        return 1;
    double x = 0, y = 0, w = 0;
    size_t n = 0;
    OGRFeatureH f;
    int field = OGR_FD_GetFieldIndex(OGR_L_GetLayerDefn(layer), "weight");
    while ((f = OGR_L_GetNextFeature(layer))) {
        OGRGeometryH g = OGR_F_GetGeometryRef(f);
        x += OGR_G_GetX(g, 0);
        y += OGR_G_GetY(g, 0);
        w += OGR_F_GetFieldAsDouble(f, field);
        n++;
        OGR_F_Destroy(f);
    }
    printf("%zu points, sums %.3f %.3f %.0f\n", n, x, y, w);
    GDALClose(ds);
    return 0;
}
