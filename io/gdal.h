/* GDAL's global state, tamed: registered once, silent, its last message at hand for translation. */
#ifndef HG_IO_GDAL_H
#define HG_IO_GDAL_H

#include "base/error.h"

/** Registers the drivers and silences GDAL; cheap after the first call, safe from any thread. */
void hg_gdal_init(void);

/** Watches GDAL's errors on this thread from begin to end; nests. */
typedef struct hg_gdal_watch {
    bool failed;        /**< an error (not a warning) was raised */
    bool disk_full;     /**< one that means no space, quota or file-size limit */
    char message[256];  /**< the first error, one line, without GDAL's prefixes */
} hg_gdal_watch;

void hg_gdal_watch_begin(hg_gdal_watch *watch);
void hg_gdal_watch_end(hg_gdal_watch *watch);

#endif
