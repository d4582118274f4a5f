/* The file that backtest --save-config writes and hotspots --config reads. */
#ifndef HG_JOB_FORECAST_CONFIG_H
#define HG_JOB_FORECAST_CONFIG_H

#include "engine/forecast.h"
#include "job/job.h"

/**
 * Writes a tuned forecast on cells of cell_m: score, cell, train, half_life, bandwidth, kernel, shrinkage.
 * Errors: HG_EIO.
 */
hg_status hg_forecast_config_write(const char *path, const hg_forecast *forecast, double cell_m, hg_error *err);

/**
 * Sets the options that the file of --config names, as if they had been given, but for those that were given; without
 * --config nothing happens.
 * Errors: those of io/yaml.h; HG_EUSAGE naming file, line and what was expected.
 */
hg_status hg_forecast_config_apply(hg_job *job, hg_error *err);

#endif
