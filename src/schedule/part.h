/*
 * part: which users and arrivals of a load belong to one of several that share it: a thread, or a
 * machine.
 *
 * Part i of n has the numbers i, i+n, i+2n, … So the parts are the whole, whatever n is, and each
 * ramps evenly. Pure. Thread: plain data.
 */
#ifndef SCHEDULE_PART_H
#define SCHEDULE_PART_H

#include <stdbool.h>
#include <stdint.h>

struct part {
    uint32_t index, count; /* index < count */
};

/* All of it. */
static inline struct part part_whole(void) {
    return (struct part){0, 1};
}

/* How many of the numbers 0 .. total-1 are of the part. */
static inline uint32_t part_share(struct part p, uint32_t total) {
    return total / p.count + (p.index < total % p.count ? 1 : 0);
}

/* Part i of n, split once more: its j-th part of m. */
static inline struct part part_split(struct part p, uint32_t j, uint32_t m) {
    return (struct part){p.index + p.count * j, p.count * m};
}

/* The same numbers, counted from `first`. */
static inline struct part part_from(struct part p, uint32_t first) {
    return (struct part){(p.index + p.count - first % p.count) % p.count, p.count};
}

/* Reads "2/8", in digits alone. It does not check that there is such a part. */
bool part_parse(const char *text, struct part *out);

/* Reads a number of up to nine digits; *end is behind them. */
bool part_number(const char *text, const char **end, uint32_t *out);

#endif
