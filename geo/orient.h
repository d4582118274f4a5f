/* On which side of a directed line is a point? Answered exactly. */
#ifndef HG_GEO_ORIENT_H
#define HG_GEO_ORIENT_H

/** 1: p lies left of the line from a to b, -1: right of it, 0: on it. Coordinates are finite. */
int hg_orient(double ax, double ay, double bx, double by, double px, double py);

#endif
