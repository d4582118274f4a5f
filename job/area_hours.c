/* The table `area_hours`: when in the week the incidents of each area happen. */
#include "job/hotspots.h"
#include "engine/aoristic.h"
#include "job/columns.h"

enum { INCIDENTS_MIN = 20, DAY_HOURS = 24 };

static const hg_column_spec columns[] = {
    {"rank", HG_INT64}, {"name", HG_TEXT},     {"weekday", HG_INT64},
    {"hour", HG_INT64}, {"weight", HG_DOUBLE}, {"share", HG_DOUBLE},
};

/* The whole study area has its profile in any case, an area as it would have a peak. */
static bool is_listed(const hg_findings *f, size_t rank)
{
    return f->weeks[rank].incidents >= (rank ? INCIDENTS_MIN : 1);
}

static hg_status fill_area(const hg_findings *f, size_t rank, hg_table *t, size_t *row, hg_error *err)
{
    const hg_week_profile *p = &f->weeks[rank];
    const char *name = rank && f->area_names ? f->area_names[rank - 1] : NULL;
    uint64_t sum = 0;
    hg_status status = HG_OK;
    for (int h = 0; h < HG_WEEK_HOURS; h++)
        sum += p->hours[h];
    for (int h = 0; h < HG_WEEK_HOURS && status == HG_OK; h++) {
        hg_row r = {.table = t, .row = (*row)++, .err = err};
        hg_row_int(&r, (int64_t)rank);
        hg_row_text(&r, name);
        hg_row_int(&r, h / DAY_HOURS + 1);
        hg_row_int(&r, h % DAY_HOURS);
        hg_row_real(&r, (double)p->hours[h] / (double)HG_AORISTIC_ONE);
        hg_row_real(&r, (double)p->hours[h] / (double)sum);
        status = r.status;
    }
    return status;
}

hg_status hg_area_hours_table(const hg_findings *f, hg_table **out, hg_error *err)
{
    size_t listed = 0, row = 0;
    hg_table *t = NULL;
    for (size_t rank = 0; rank <= f->areas; rank++)
        listed += is_listed(f, rank);
    if (!listed)
        return HG_OK;
    hg_status status = hg_table_new("area_hours", listed * HG_WEEK_HOURS, f->in->pool, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, columns, sizeof columns / sizeof *columns, err);
    for (size_t rank = 0; rank <= f->areas && status == HG_OK; rank++)
        if (is_listed(f, rank))
            status = fill_area(f, rank, t, &row, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}
