/* The root of a function of one variable that is known to lie between two places. */
#ifndef HG_ENGINE_ROOT_H
#define HG_ENGINE_ROOT_H

typedef double (*hg_root_function)(const void *payload, double x);

/** A place and what the function is there, finite. */
typedef struct hg_root_end {
    double x, value;
} hg_root_end;

/**
 * False position with the end that stays halved (the Illinois method; Dowell and Jarratt 1971), and halving
 * where that does not move. `below` has a negative value and `above` none, on either side of each other.
 * Ends where the value is within `small` of 0 or the ends within 4 units of the last place; at most 200 steps.
 */
double hg_root_find(hg_root_function f, const void *payload, hg_root_end below, hg_root_end above, double small);

#endif
