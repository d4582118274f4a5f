/*
 * make_town N FOLDER: N building-like patches and N / 20 parcels for the audit's benchmark, in EPSG:4547, as
 * FOLDER/patches.gpkg and FOLDER/parcels.gpkg. Parcels tile a square, 57 m by 177 m with corners moved about;
 * buildings are turned rectangles and L shapes of 10 to 20 m by 8 to 14 m, one to every 22.4 m square, so that two in
 * three lie whole in one parcel and 100,000 fall into 139,000 pieces. Seeded.
 */
#include "base/random.h"

#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>

static const double WEST = 400000, SOUTH = 2440000, PLOT = 22.36, WIDE = 176.8, HIGH = 56.6;

static double between(hg_random *r, double low, double high)
{
    return low + (high - low) * hg_random_unit(r);
}

static double millimetres(double v)
{
    return round(v * 1000) / 1000;
}

typedef struct sink {
    GDALDatasetH file;
    OGRLayerH layer;
} sink;

static int sink_open(sink *s, const char *folder, const char *name, const char *id_column, const char *text_column)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.gpkg", folder, name);
    GDALDriverH driver = GDALGetDriverByName("GPKG");
    s->file = driver ? GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    if (s->file && OSRImportFromEPSG(srs, 4547) == OGRERR_NONE)
        s->layer = GDALDatasetCreateLayer(s->file, name, srs, wkbPolygon, NULL);
    OSRRelease(srs);
    if (!s->layer)
        return 0;
    const char *columns[] = {id_column, text_column};
    for (int i = 0; i < 2; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(columns[i], OFTString);
        OGR_L_CreateField(s->layer, field, 1);
        OGR_Fld_Destroy(field);
    }
    return GDALDatasetStartTransaction(s->file, 0) == OGRERR_NONE;
}

static int sink_close(sink *s)
{
    int ok = s->file && s->layer && GDALDatasetCommitTransaction(s->file) == OGRERR_NONE;
    if (s->file)
        GDALClose(s->file);
    return ok;
}

static int sink_add(sink *s, const char *id, const char *text, const double *xy, int n)
{
    OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(s->layer));
    OGRGeometryH ring = OGR_G_CreateGeometry(wkbLinearRing), polygon = OGR_G_CreateGeometry(wkbPolygon);
    for (int i = 0; i <= n; i++)
        OGR_G_AddPoint_2D(ring, millimetres(xy[2 * (i % n)]), millimetres(xy[2 * (i % n) + 1]));
    OGR_G_AddGeometryDirectly(polygon, ring);
    OGR_F_SetGeometryDirectly(f, polygon);
    OGR_F_SetFieldString(f, 0, id);
    OGR_F_SetFieldString(f, 1, text);
    int ok = OGR_L_CreateFeature(s->layer, f) == OGRERR_NONE;
    OGR_F_Destroy(f);
    return ok;
}

/** The corner of parcels at a column and row, always the same. */
static void corner(int column, int row, double *xy)
{
    hg_random r = hg_random_seed(20191031, ((uint64_t)column << 32) + (uint64_t)row);
    xy[0] = WEST + WIDE * column + between(&r, -30, 30);
    xy[1] = SOUTH + HIGH * row + between(&r, -12, 12);
}

static int parcels(const char *folder, double side)
{
    sink s = {0};
    int columns = (int)lround(side / WIDE), rows = (int)lround(side / HIGH);
    int ok = sink_open(&s, folder, "parcels", "zone_id", "kind");
    for (int c = 0; c < columns && ok; c++)
        for (int r = 0; r < rows && ok; r++) {
            double xy[8];
            char id[32];
            corner(c, r, xy);
            corner(c + 1, r, xy + 2);
            corner(c + 1, r + 1, xy + 4);
            corner(c, r + 1, xy + 6);
            snprintf(id, sizeof id, "Z%04d-%04d", c, r);
            ok = sink_add(&s, id, "state_land", xy, 4);
        }
    return sink_close(&s) && ok;
}

/** A rectangle, or with one corner taken out an L. Returns the number of points. */
static int building(hg_random *r, double x, double y, double *xy)
{
    double w = between(r, 10, 20), h = between(r, 8, 14), turn = between(r, 0, 3.14159265358979);
    double u = w * between(r, 0.3, 0.7), v = h * between(r, 0.3, 0.7), c = cos(turn), s = sin(turn);
    int n = hg_random_below(r, 3) == 0 ? 6 : 4;
    const double rectangle[] = {0, 0, w, 0, w, h, 0, h}, l[] = {0, 0, w, 0, w, v, u, v, u, h, 0, h};
    for (int i = 0; i < n; i++) {
        double a = (n == 4 ? rectangle : l)[2 * i] - w / 2, b = (n == 4 ? rectangle : l)[2 * i + 1] - h / 2;
        xy[2 * i] = x + c * a - s * b;
        xy[2 * i + 1] = y + s * a + c * b;
    }
    return n;
}

static int patches(const char *folder, int n, int across)
{
    sink s = {0};
    hg_random r = hg_random_seed(20191031, UINT64_MAX);
    int ok = sink_open(&s, folder, "patches", "patch_id", "class");
    for (int i = 0; i < n && ok; i++) {
        double xy[12];
        char id[32];
        int points = building(&r, WEST + PLOT * (i % across + 0.5), SOUTH + PLOT * (i / across + 0.5), xy);
        snprintf(id, sizeof id, "B%07d", i);
        ok = sink_add(&s, id, "structure", xy, points);
    }
    return sink_close(&s) && ok;
}

int main(int argc, char **argv)
{
    int n = argc == 3 ? atoi(argv[1]) : 0;
    if (n < 100 || n > 100000000) {
        fprintf(stderr, "make_town N FOLDER\n");
        return 2;
    }
    GDALAllRegister();
    int across = (int)ceil(sqrt(n));
    return parcels(argv[2], PLOT * across) && patches(argv[2], n, across) ? 0 : 1;
}
