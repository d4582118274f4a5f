/* The days an index looks at, sorted into classes that share one fitted mean: weekday, month,
 * holiday. */
#ifndef HG_ENGINE_INDEX_CALENDAR_H
#define HG_ENGINE_INDEX_CALENDAR_H

#include "engine/index.h"

enum { HG_INDEX_MONTH_HISTORY = 730 /**< days back a history must reach for month factors */ };

typedef struct hg_index_class {
    uint8_t weekday;  /**< 0 = Monday; 0 throughout where the effect is off */
    uint8_t month;    /**< 0 = January; likewise */
    uint32_t holiday; /**< 0 = none, else 1 … holidays; likewise */
} hg_index_class;

/** Day i is origin + i. */
typedef struct hg_index_calendar {
    int32_t origin;
    size_t days;
    size_t first;       /**< the first published day */
    bool weekdays;      /**< the effect is on */
    bool months;        /**< likewise, and the history may be long enough */
    size_t months_from; /**< the first day whose history reaches back far enough for months */
    uint32_t holidays;  /**< distinct holiday ids among the days */
    uint32_t *class_of; /**< one a day */
    hg_index_class *classes;
    size_t class_count;
    size_t *class_start; /**< days of the classes before: class_count + 1 */
} hg_index_calendar;

hg_status hg_index_calendar_make(const hg_index_config *config, const hg_index_input *input,
                                 hg_index_calendar *out, hg_error *err);
void hg_index_calendar_dispose(hg_index_calendar *calendar);

#endif
