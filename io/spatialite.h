/* Writing tables to a SpatiaLite database through OGR (feature by feature, one transaction). */
#ifndef HG_IO_SPATIALITE_H
#define HG_IO_SPATIALITE_H

#include "base/control.h"
#include "base/table.h"

/**
 * Writes the tables as layers with spatial indexes. With `append`, path exists and rows go to the
 * layers of the same name (created where missing, columns added where missing); everything happens in
 * one transaction, so that a failure leaves the file as it was.
 */
hg_status hg_spatialite_write(const char *path, bool append, const hg_table *const *tables,
                              size_t n, hg_control *control, hg_error *err);

#endif
