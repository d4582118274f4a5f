#include "base/stretches.h"
#include "base/threads.h"

typedef struct pass {
    size_t from, to;
    hg_stretch stretch;
    void *context;
} pass;

static hg_status take_stretch(void *context, size_t i, hg_error *err)
{
    (void)err;
    const pass *p = context;
    size_t from = p->from + i * HG_STRETCH_ROWS;
    size_t to = p->to - from < HG_STRETCH_ROWS ? p->to : from + HG_STRETCH_ROWS;
    p->stretch(p->context, i, from, to);
    return HG_OK;
}

size_t hg_stretch_count(size_t n)
{
    return n / HG_STRETCH_ROWS + (n % HG_STRETCH_ROWS != 0);
}

void hg_each_stretch(size_t from, size_t to, int threads, hg_stretch stretch, void *context)
{
    pass p = {from, to, stretch, context};
    hg_parallel(to > from ? hg_stretch_count(to - from) : 0, threads, take_stretch, &p, NULL);
}
