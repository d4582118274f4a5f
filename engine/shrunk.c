#include "engine/shrunk.h"

hg_shrunk hg_shrunk_of(const float *count, const float *density, const float *share, uint64_t cells)
{
    hg_shrunk p = {count, density, share, 0, 0};
    for (uint64_t i = 0; i < cells; i++) {
        p.counts += (double)count[i];
        p.mass += (double)density[i] * (double)share[i];
    }
    return p;
}

hg_shrunk_mix hg_shrunk_mix_of(const hg_shrunk *p, double shrinkage)
{
    if (!(p->mass > 0))
        shrinkage = 0;
    else if (!(p->counts > 0))
        shrinkage = 1;
    return (hg_shrunk_mix){p->counts > 0 ? (1 - shrinkage) / p->counts : 0, p->mass > 0 ? shrinkage / p->mass : 0};
}

float hg_shrunk_score(const hg_shrunk *p, const hg_shrunk_mix *mix, uint64_t i)
{
    return (float)(mix->per_count * (double)p->count[i] +
                   mix->per_density * (double)p->density[i] * (double)p->share[i]);
}
