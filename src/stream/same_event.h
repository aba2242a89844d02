/*
 * same_event: recognises an event that differs from an earlier one only in its text.
 *
 * Most events of a stream are like this, and comparing bytes takes a fraction of the time of
 * parsing JSON. The earlier event must have had one text and nothing else of interest, and the text
 * of the new one must be plain: not empty, no quote, no escape, no control character. Then a parser
 * would find the same in it, but for the text. It does not parse.
 *
 * Ownership: same_event_done() frees; all zeros is allowed. Thread: the owner's.
 */
#ifndef STREAM_SAME_EVENT_H
#define STREAM_SAME_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/extract.h"
#include "util/bytes.h"

#define SAME_EVENT_MAX_BYTES 1024 /* of larger ones, none is remembered */

struct same_event {
    char *bytes; /* those before the text, those behind it, the type of the event */
    uint16_t before, after, type, room;
    bool any, typed;
    enum extract_kind kind;
};

void same_event_done(struct same_event *s);

/* Remembers the event that *x was extracted from, if it had nothing but one text. */
void same_event_learn(struct same_event *s, struct bytes data, struct bytes type,
                      const struct extract *x);

/* Whether the event is as the remembered one. *text gets its text, inside `data`. */
bool same_event_is(const struct same_event *s, struct bytes data, struct bytes type,
                   struct bytes *text);

#endif
