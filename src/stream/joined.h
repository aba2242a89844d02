/*
 * joined: the concatenated text of a stream's events.
 *
 * JSON escapes are decoded, including surrogate pairs that are split over two events. A lone
 * surrogate becomes U+FFFD. Bytes that are not UTF-8 are kept, because an event may end within a
 * character. The text is cut after `max` bytes, but never within a character.
 *
 * Ownership: embedded; joined_init() before the first use, joined_done() frees. Thread: the
 * owner's.
 */
#ifndef STREAM_JOINED_H
#define STREAM_JOINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

struct joined {
    struct buf text;
    size_t max;
    uint32_t high; /* first half of a surrogate pair at the end of the input; 0: none */
    bool cut;      /* there was more text than is kept */
};

/* A position that joined_back() can return to. */
struct joined_mark {
    size_t len;
    uint32_t high;
    bool cut;
};

void joined_init(struct joined *j);
void joined_done(struct joined *j);
void joined_begin(struct joined *j, size_t max_bytes);

void joined_add(struct joined *j, struct bytes text);

/* Adds the inside of a JSON string that jsonlex_string() has checked. */
void joined_add_json(struct joined *j, struct bytes raw);

/* Ends the text: a pending first half of a surrogate pair is alone. */
void joined_end(struct joined *j);

struct joined_mark joined_here(const struct joined *j);
void joined_back(struct joined *j, struct joined_mark mark);

#endif
