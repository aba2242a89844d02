/*
 * joined: the text that the events of a stream make together.
 *
 * Escapes of JSON are decoded, also a surrogate pair of which each half came in an event of its
 * own. A half alone becomes U+FFFD. Bytes that are no UTF-8 stay as they are: an event may end
 * within a character. Beyond `max` bytes the text is cut, never within a character.
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
    uint32_t high; /* the first half of a surrogate pair at the end of what came; 0: none */
    bool cut;      /* there was more than is kept */
};

/* What joined_back() goes back to. */
struct joined_mark {
    size_t len;
    uint32_t high;
    bool cut;
};

void joined_init(struct joined *j);
void joined_done(struct joined *j);
void joined_begin(struct joined *j, size_t max_bytes);

void joined_add(struct joined *j, struct bytes text);

/* The inside of a JSON string that jsonlex_string() has checked. */
void joined_add_json(struct joined *j, struct bytes raw);

/* There is no more: a half that waits is alone. */
void joined_end(struct joined *j);

struct joined_mark joined_here(const struct joined *j);
void joined_back(struct joined *j, struct joined_mark mark);

#endif
