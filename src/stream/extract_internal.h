/*
 * extract_internal: shared by the parsers of the formats.
 *
 * Internal to extract. Ownership: plain data. Thread: the owner's.
 */
#ifndef STREAM_EXTRACT_INTERNAL_H
#define STREAM_EXTRACT_INTERNAL_H

#include "stream/extract.h"

/* The slots of all tables. */
enum extract_slot {
    EXTRACT_SLOT_NONE,
    /* Strings that the walk stores, the last of each. */
    /* Texts for which an object has several names: which one counts is decided at the end of
     * EXTRACT_SLOT_GROUP. */
    EXTRACT_SLOT_CONTENT,
    EXTRACT_SLOT_REASONING_CONTENT,
    EXTRACT_SLOT_REASONING_ALIAS,
    EXTRACT_SLOT_TOKEN_TEXT, /* unless EXTRACT_SLOT_SPECIAL is true */
    EXTRACT_SLOT_TYPE,
    EXTRACT_SLOT_DELTA,
    EXTRACT_SLOT_OBJECT,
    EXTRACT_SLOT_REASON,
    EXTRACT_SLOT_ERROR_MESSAGE,
    EXTRACT_SLOT_MESSAGE,
    EXTRACT_STRINGS,
    /* Counts that the walk stores, the last of each. */
    EXTRACT_SLOT_OUTPUT = EXTRACT_STRINGS,
    EXTRACT_SLOT_PROMPT,
    EXTRACT_SLOT_CACHED,
    EXTRACT_SLOT_CACHE_WRITTEN,
    EXTRACT_SLOT_REASONING_COUNT,
    EXTRACT_COUNTED,
    /* Handled at once. */
    EXTRACT_SLOT_TEXT = EXTRACT_COUNTED, /* strings, added as they come */
    EXTRACT_SLOT_REASONING,
    EXTRACT_SLOT_TOOLS, /* any value but null */
    EXTRACT_SLOT_GROUP,
    EXTRACT_SLOT_SPECIAL,
    EXTRACT_SLOT_FINISH,
    EXTRACT_SLOT_DONE,       /* true ends the stream */
    EXTRACT_SLOT_WHOLE_TEXT, /* any string ends the stream */
    EXTRACT_SLOT_ITEM_TYPE,
    EXTRACT_SLOT_ERROR
};

/* The state of a walk over one event. */
struct extract_walk {
    struct extract *x;
    struct bytes string[EXTRACT_STRINGS];             /* raw; no data: not found */
    int64_t count[EXTRACT_COUNTED - EXTRACT_STRINGS]; /* -1: not found */
    bool special, calls_tool;
};

/* Walks over the data with a table, and copies counts and errors to *x. If the data has no type,
 * EXTRACT_SLOT_TYPE becomes the event's own type. */
bool extract_walk(struct extract_walk *w, struct extract *x, const struct jsonwalk_table *table,
                  struct bytes data, struct bytes type);

/* Adds a text, unless it is empty. `raw` is the inside of a JSON string. */
void extract_text(struct extract *x, enum extract_kind kind, struct bytes raw);

/* Converts a finish reason of any format. */
void extract_finish(struct extract *x, struct bytes word);

/* Notes that the server failed. The message is the one that the walk found, else `raw`. */
void extract_failed(struct extract_walk *w, struct bytes raw);

int64_t extract_count(const struct extract_walk *w, enum extract_slot slot);

/* {"error": "…"} and {"error": {"message": "…"}}, a member of each table. */
extern const struct jsonwalk_table extract_error_table;
#define EXTRACT_ERROR_FIELD                                                                        \
    { "error", EXTRACT_SLOT_ERROR, &extract_error_table }

#endif
