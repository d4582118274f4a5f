/* Incidents to draw from and what a run drew; private to the stability of ranks. */
#ifndef HG_ENGINE_STABILITY_DRAW_H
#define HG_ENGINE_STABILITY_DRAW_H

#include "base/random.h"
#include "engine/stability.h"

/** All incidents in an order of their own, neighbours near each other, and the points of their heat. */
typedef struct hg_deck {
    size_t n;
    double *x, *y; /**< where each counts */
    uint8_t *halo;
    size_t sources; /**< points that feed the density */
    double *source_x, *source_y, *source_w;
    uint32_t *owner;    /**< of each source: the incident in this order */
    uint32_t *incident; /**< of each in this order: the incident of the input */
} hg_deck;

hg_status hg_deck_new(const hg_stability_input *input, hg_control *control, hg_deck *out, hg_error *err);
void hg_deck_dispose(hg_deck *deck);

/** One run's draw. */
typedef struct hg_draw {
    uint32_t *times; /**< how often each incident of the deck was drawn */
    hg_points points;
    double *x, *y, *w;
    uint32_t *source; /**< incident of the input behind each point */
} hg_draw;

hg_status hg_draw_new(const hg_deck *deck, hg_draw *out, hg_error *err);
void hg_draw_dispose(hg_draw *draw);

/** Draws deck->n incidents with replacement. */
void hg_draw_incidents(const hg_deck *deck, hg_random *random, hg_draw *draw);
/** The points of what was drawn, moved west and south. */
void hg_draw_points(const hg_deck *deck, hg_draw *draw, double east_m, double north_m);
/** Metres of a move by so many steps. */
double hg_draw_shift(uint64_t steps, double cell_m);

#endif
