/* How the incidents of each area, and of all areas, lie over the hours of the week. */
#ifndef HG_ENGINE_WEEK_PROFILE_H
#define HG_ENGINE_WEEK_PROFILE_H

#include "engine/composition.h"

enum { HG_WEEK_HOURS = 168 };

typedef struct hg_week_profile {
    uint64_t hours[HG_WEEK_HOURS]; /**< in HG_AORISTIC_ONE; 0 = Monday 00:00 to 01:00 */
    uint32_t incidents;            /**< spread in it */
    uint32_t intervals;            /**< of them, known within an interval */
} hg_week_profile;

/**
 * Spreads each incident whose hour is known (hg_hour_is_known) over its interval, one whatever its weight.
 * @param group  group of each incident, UINT32_MAX = none
 * @param out    1 + groups profiles: of all incidents, then of each group
 */
void hg_week_profiles(const hg_incidents *incidents, const uint32_t *group, size_t groups,
                      const hg_default_times *defaults, hg_week_profile *out);

#endif
