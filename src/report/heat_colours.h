/*
 * heat_colours: the colours of a heat map from few to many, for a light and a dark page.
 *
 * Lightness changes in equal steps of OKLab; hue and chroma follow. So equal steps of the count
 * look equally distant, the order survives grey prints and colour blindness, and even the lowest
 * level is distinct from the page. Thread: any.
 */
#ifndef REPORT_HEAT_COLOURS_H
#define REPORT_HEAT_COLOURS_H

#include <stddef.h>

#define HEAT_COLOURS 12

extern const char heat_colours_light[HEAT_COLOURS][8], heat_colours_dark[HEAT_COLOURS][8];

/* The colour for level `level` of `levels`, spread over all colours. */
size_t heat_colour(size_t level, size_t levels);

#endif
