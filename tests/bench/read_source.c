/*
 * read_source loop|arrow|ours SOURCE [WHERE]: reads all rows of the first layer by OGR's feature loop (geometry and
 * every field, as a reader needs them), by its Arrow stream (batches taken and let go), or by the reader of this
 * project into columns with hashes; prints rows and seconds of wall clock and of processor time, over all threads.
 */
#include "base/control.h"
#include "io/gdal.h"
#include "io/source.h"

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_recordbatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_FIELDS = 100 };

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static size_t loop(OGRLayerH layer)
{
    OGRFeatureH f;
    size_t n = 0, texts = 0;
    double sum = 0;
    OGRFeatureDefnH defn = OGR_L_GetLayerDefn(layer);
    int fields = OGR_FD_GetFieldCount(defn) < MAX_FIELDS ? OGR_FD_GetFieldCount(defn) : MAX_FIELDS;
    OGRFieldType types[MAX_FIELDS];
    for (int k = 0; k < fields; k++)
        types[k] = OGR_Fld_GetType(OGR_FD_GetFieldDefn(defn, k));
    for (; (f = OGR_L_GetNextFeature(layer)); n++) {
        OGRGeometryH g = OGR_F_GetGeometryRef(f);
        sum += g ? OGR_G_GetX(g, 0) + OGR_G_GetY(g, 0) : 0;
        for (int k = 0; k < fields; k++)
            if (types[k] == OFTString)
                texts += strlen(OGR_F_GetFieldAsString(f, k));
            else
                sum += OGR_F_GetFieldAsDouble(f, k);
        OGR_F_Destroy(f);
    }
    return sum + (double)texts == 0 ? 0 : n;
}

static size_t arrow(OGRLayerH layer)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    size_t n = 0;
    if (!OGR_L_GetArrowStream(layer, &stream, NULL))
        return 0;
    while (stream.get_next(&stream, &batch) == 0 && batch.release) {
        n += (size_t)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    return n;
}

static size_t by_ogr(bool as_arrow, const char *path, const char *where)
{
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    OGRLayerH layer = ds ? GDALDatasetGetLayer(ds, 0) : NULL;
    size_t n = 0;
    if (layer && where)
        OGR_L_SetAttributeFilter(layer, where);
    if (layer)
        n = as_arrow ? arrow(layer) : loop(layer);
    GDALClose(ds);
    return n;
}

static size_t ours(const char *path, const char *where)
{
    hg_error err = {HG_OK, ""};
    hg_control control = {0};
    hg_source_spec spec = {.path = path, .where = where};
    hg_source_rows rows = {0};
    hg_source *source = NULL;
    hg_pool *pool = NULL;
    hg_status status = hg_pool_new(&pool, &err);
    if (status == HG_OK)
        status = hg_source_open(&spec, pool, &control, &source, &err);
    if (status == HG_OK)
        status = hg_source_read(source, &rows, &err);
    if (status != HG_OK)
        fprintf(stderr, "read_source: %s\n", err.message);
    size_t n = rows.n;
    hg_source_rows_dispose(&rows);
    hg_source_free(source);
    hg_pool_free(pool);
    return n;
}

int main(int argc, char **argv)
{
    struct rusage used;
    if (argc < 3)
        return 2;
    hg_gdal_init();
    const char *how = argv[1], *where = argc > 3 ? argv[3] : NULL;
    double begun = wall();
    size_t n = strcmp(how, "ours") == 0 ? ours(argv[2], where) : by_ogr(strcmp(how, "arrow") == 0, argv[2], where);
    double took = wall() - begun;
    getrusage(RUSAGE_SELF, &used);
    printf("%-5s %zu rows, %.2f s, %.2f s of processor time, %ld MiB\n", how, n, took,
           seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss / 1024);
    return n ? 0 : 1;
}
