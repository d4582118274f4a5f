/* What lies between placed incidents and a surface: kernel, cell, extent, grid, study area, mass. */
#ifndef HG_JOB_STUDY_H
#define HG_JOB_STUDY_H

#include "engine/adaptive.h"
#include "engine/density_cost.h"
#include "engine/fast.h"
#include "io/raster.h"
#include "job/heat.h"

typedef struct hg_study {
    hg_grid grid;
    hg_kernel kernel;
    float *share;   /**< share of each cell inside the study area; NULL where not kept whole */
    bool masked;    /**< cells outside the study area carry no result */
    hg_heat heat;   /**< the patches, where there are some */
    double area_m2; /**< A, the sum of the cells' areas inside; 0 where not masked */
} hg_study;

/**
 * Settles the grid of density and hotspots. With `need_area` a study area is guessed (hull of the points
 * buffered by one cell) where none was given, and shares are kept whole; so they are for an edge correction.
 * A is then what of the area lies on the grid: incidents beyond --bounds are flagged as halo.
 * Errors: HG_EUSAGE for a bandwidth under one cell; HG_EIO for a grid beyond the disk that holds the
 * output; HG_EFAIL for one beyond memory.
 */
hg_status hg_study_init(hg_job *job, hg_intake *in, bool need_area, hg_study *study, hg_error *err);
/**
 * The same without kernel and patches, for analyses of points that only count: cells of cell_m over the extent,
 * the area given or guessed, shares kept whole. Errors: as above; HG_EFAIL beyond memory at so many bytes a cell.
 */
hg_status hg_study_cells(hg_job *job, hg_intake *in, double cell_m, uint64_t bytes_per_cell, hg_study *study,
                         hg_error *err);
/** What the grid will cover but for its margin: --bounds, the study area or the incidents. */
void hg_study_extent(const hg_job *job, const hg_intake *in, double box[4]);
/** The first view of a map: the whole grid with a margin. */
void hg_study_view(const hg_study *study, double extent_m[4]);
void hg_study_dispose(hg_study *study);

/** HG_EFAIL where the machine has no memory for so many bytes a cell. */
hg_status hg_check_grid_memory(const hg_grid *grid, uint64_t bytes_per_cell, hg_error *err);
/** Share of each cell inside the region, threaded, where the lattice is moved by shift (metres) from its corners. */
hg_status hg_grid_shares(const hg_region *region, const hg_grid *grid, const double shift[2], int threads, float *share,
                         hg_error *err);

/** What the density is called in legends. */
const char *hg_density_title(const hg_job *job, const hg_intake *in);
/** What the density raster of the study says of itself, in texts that `words` holds. */
typedef struct hg_raster_words {
    char version[96], kernel[96], bandwidth[96];
    const char *items[4];
} hg_raster_words;
hg_raster_spec hg_study_raster_spec(const hg_job *job, const hg_intake *in, const hg_study *study,
                                    hg_raster_words *words);
/** Starts the density raster of the study at `path`. */
hg_status hg_study_raster(hg_job *job, const hg_intake *in, const hg_study *study, const char *path,
                          hg_raster **raster, hg_error *err);

/** How a surface was computed. */
typedef struct hg_surface_method {
    hg_density_method asked;
    bool is_fast;
    hg_fast_report fast;  /**< of the fast method, where it was tried */
    hg_density_cost cost; /**< with --method auto */
} hg_surface_method;

/** Where a computed surface goes and what was learnt on the way. */
typedef struct hg_surface {
    hg_raster *raster;   /**< gets density per km2; NULL = nowhere */
    struct hg_tiles *tiles; /**< instead of `raster`: each rank writes a tile of it; NULL = one raster */
    float *density;      /**< whole grid, per km2, 0 outside the area; NULL = not kept */
    double peak_per_km2;
    double total, on_grid, over_edge, truncated, residual; /**< mass balance, in weight */
    hg_bandwidth_spread spread; /**< with --adaptive */
    hg_surface_method method;
} hg_surface;

/** Computes a surface band by band. */
hg_status hg_surface_compute(hg_job *job, const hg_intake *in, const hg_study *study,
                             hg_surface *surface, hg_error *err);
/** The same of the surface that the run is about: fills the facts of grid, kernel and mass. */
hg_status hg_surface_run(hg_job *job, const hg_intake *in, const hg_study *study,
                         hg_surface *surface, hg_error *err);

/** Lines of the summary that density and hotspots share: input, grid, mass. */
void hg_summarise_intake(hg_job *job, const hg_intake *in);
void hg_summarise_surface(hg_job *job, const hg_intake *in, const hg_study *study,
                          const hg_surface *surface);

/** Per year of the time span (--since and --until, else first to last incident); NaN below a week, and with --half-life. */
double hg_per_year(const hg_job *job, const hg_intake *in, double per_km2);

/** "12,345" into buf of at least 32 bytes. */
const char *hg_grouped(uint64_t n, char *buf);

#endif
