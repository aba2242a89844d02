/*
 * heat_colours: the colours of counts in a heat map, from few to many, for a white page and for a
 * dark one.
 *
 * Lightness goes in equal steps of OKLab, hue and chroma follow: so equal steps of the count look
 * equally far apart, the order survives a grey print and colour blindness, and the fewest still
 * stand out from the page. Thread: any.
 */
#ifndef REPORT_HEAT_COLOURS_H
#define REPORT_HEAT_COLOURS_H

#include <stddef.h>

#define HEAT_COLOURS 12

extern const char heat_colours_light[HEAT_COLOURS][8], heat_colours_dark[HEAT_COLOURS][8];

/* Which colour is for level `level` of `levels`: spread over all of them. */
size_t heat_colour(size_t level, size_t levels);

#endif
