/*
 * make_csv N FILE.csv [degrees]: N incidents as text for the benchmarks, on 20 km x 20 km in
 * EPSG:4547 ("x,y" in decimetres, 32 bytes a row with its day and category), or as longitude,
 * latitude and minute ("lon,lat", 36 bytes). Half of them stand in 200 clusters (sigma 150-600 m),
 * half anywhere. Seeded.
 */
#include "base/civil.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLUSTERS = 200, YEAR_S = 365 * 86400, BUFFER = 1 << 20 };

static const double WEST = 400000, SOUTH = 2430000, SIDE = 20000;

typedef struct cluster {
    double x, y, sigma;
} cluster;

static double normal(hg_random *r)
{
    double u = 1 - hg_random_unit(r), v = hg_random_unit(r);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void place(hg_random *r, const cluster *clusters, double *x, double *y)
{
    do {
        const cluster *c = &clusters[hg_random_below(r, CLUSTERS)];
        bool anywhere = hg_random_unit(r) < 0.5;
        *x = anywhere ? SIDE * hg_random_unit(r) : c->x + c->sigma * normal(r);
        *y = anywhere ? SIDE * hg_random_unit(r) : c->y + c->sigma * normal(r);
    } while (*x < 0 || *x > SIDE || *y < 0 || *y > SIDE);
}

static void write_rows(FILE *f, size_t n, bool degrees)
{
    static const char *const kinds[] = {"theft", "burglary", "noise", "assault", "fire"};
    hg_random r = hg_random_seed(20191031, 0);
    cluster clusters[CLUSTERS];
    for (int i = 0; i < CLUSTERS; i++)
        clusters[i] = (cluster){SIDE * hg_random_unit(&r), SIDE * hg_random_unit(&r),
                                150 + 450 * hg_random_unit(&r)};
    int64_t first = hg_civil_from(2019, 1, 1, 0, 0, 0);
    fputs(degrees ? "lon,lat,time\n" : "x,y,time,category\n", f);
    for (size_t i = 0; i < n; i++) {
        char when[32];
        double x, y;
        place(&r, clusters, &x, &y);
        hg_civil_text(first + (int64_t)hg_random_below(&r, YEAR_S), when);
        when[10] = ' ';
        if (degrees)
            fprintf(f, "%.5f,%.5f,%.16s\n", 113 + x / 102e3, 22 + y / 111e3, when);
        else
            fprintf(f, "%.1f,%.1f,%.10s,%s\n", WEST + x, SOUTH + y, when,
                    kinds[hg_random_below(&r, 5)]);
    }
}

int main(int argc, char **argv)
{
    static char buffer[BUFFER];
    bool degrees = argc == 4 && strcmp(argv[3], "degrees") == 0;
    if (argc != 3 && !degrees) {
        fprintf(stderr, "usage: make_csv N FILE.csv [degrees]\n");
        return 2;
    }
    FILE *f = fopen(argv[2], "w");
    if (!f) {
        perror(argv[2]);
        return 1;
    }
    setvbuf(f, buffer, _IOFBF, sizeof buffer);
    write_rows(f, (size_t)strtoull(argv[1], NULL, 10), degrees);
    if (fclose(f) == 0)
        return 0;
    perror(argv[2]);
    return 1;
}
