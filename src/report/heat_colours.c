#include "report/heat_colours.h"

/* Colour i of 12, with t = i / 11, in OKLCH (https://bottosson.github.io/posts/oklab/), chroma as
 * large as sRGB allows up to 0.15 and 0.16. Light: L = 0.80 - 0.56 t, h = 120 + 168 t. Dark: L =
 * 0.47 + 0.48 t, h = 288 - 180 t. */
const char heat_colours_light[HEAT_COLOURS][8] = {"#b2cb52", "#82c25d", "#4ab76b", "#04a77b",
                                                  "#099383", "#058082", "#006e7e", "#055c77",
                                                  "#034a72", "#003577", "#191874", "#22005b"};
const char heat_colours_dark[HEAT_COLOURS][8] = {"#5a45ad", "#485bc1", "#2573ce", "#0589c7",
                                                 "#0b9dc1", "#0eafbe", "#04c1b9", "#03d4ae",
                                                 "#56e299", "#95ec85", "#c9f274", "#f9f66a"};

size_t heat_colour(size_t level, size_t levels) {
    if (levels <= 1)
        return HEAT_COLOURS / 2;
    return (level * (HEAT_COLOURS - 1) + (levels - 1) / 2) / (levels - 1);
}
