/*
 * extract_internal: what the readers of the formats share.
 *
 * Internal to extract. Ownership: plain data. Thread: the owner's.
 */
#ifndef STREAM_EXTRACT_INTERNAL_H
#define STREAM_EXTRACT_INTERNAL_H

#include "stream/extract.h"

/* The slots of all tables. */
enum extract_slot {
    EXTRACT_SLOT_NONE,
    /* Strings that the walk keeps, the last of each. */
    /* Texts of which an object has several names for one: the end of EXTRACT_SLOT_GROUP decides. */
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
    /* Counts that the walk keeps, the last of each. */
    EXTRACT_SLOT_OUTPUT = EXTRACT_STRINGS,
    EXTRACT_SLOT_PROMPT,
    EXTRACT_SLOT_CACHED,
    EXTRACT_SLOT_CACHE_WRITTEN,
    EXTRACT_SLOT_REASONING_COUNT,
    EXTRACT_COUNTED,
    /* What is done at once. */
    EXTRACT_SLOT_TEXT = EXTRACT_COUNTED, /* strings that are added as they come */
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

/* A walk over one event. */
struct extract_walk {
    struct extract *x;
    struct bytes string[EXTRACT_STRINGS];             /* raw; without data where there was none */
    int64_t count[EXTRACT_COUNTED - EXTRACT_STRINGS]; /* -1: there was none */
    bool special, calls_tool;
};

/* Walks over the data by a table, and takes counts and errors to *x. EXTRACT_SLOT_TYPE is then the
 * event's own type where the data has none. */
bool extract_walk(struct extract_walk *w, struct extract *x, const struct jsonwalk_table *table,
                  struct bytes data, struct bytes type);

/* Adds a text, unless it is empty. Raw is the inside of a JSON string. */
void extract_text(struct extract *x, enum extract_kind kind, struct bytes raw);

/* A finish reason in the words of any format. */
void extract_finish(struct extract *x, struct bytes word);

/* The event says that the server failed: with the message that the walk found, else with `raw`
 * itself. */
void extract_failed(struct extract_walk *w, struct bytes raw);

int64_t extract_count(const struct extract_walk *w, enum extract_slot slot);

bool extract_is(struct bytes a, const char *word);

/* {"error": "…"} and {"error": {"message": "…"}}, a member of each table. */
extern const struct jsonwalk_table extract_error_table;
#define EXTRACT_ERROR_FIELD                                                                        \
    { "error", EXTRACT_SLOT_ERROR, &extract_error_table }

#endif
