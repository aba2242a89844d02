/*
 * extract: what one event of a format says.
 *
 * One function per format. It knows nothing of the events before, of times and of framing (stream.h
 * has those). What servers send in more than one way is read in all of them;
 * docs/internals/streams.md says which.
 *
 * Ownership: `data` is lent for the call, and `error` points into it or is static. Thread: the
 * owner's.
 */
#ifndef STREAM_EXTRACT_H
#define STREAM_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/joined.h"
#include "stream/jsonwalk.h"
#include "stream/stream.h"
#include "util/bytes.h"

enum extract_kind { EXTRACT_TEXT, EXTRACT_REASONING, EXTRACT_TOOLS, EXTRACT_KINDS };

/* What the server counted; -1: not said. */
struct extract_usage {
    int64_t output, prompt, cached, reasoning;
};

struct extract {
    /* Given. */
    struct joined *joined; /* EXTRACT_KINDS of them, which get the texts */
    const struct jsonwalk_pointer
        *pointer; /* sse and ndjson: where the text is; NULL: the data is the text */
    /* Found. */
    bool any[EXTRACT_KINDS];   /* there was text of the kind, not empty */
    bool done;                 /* the event ends the stream */
    bool adds;                 /* usage.output is of this event alone */
    enum stream_finish finish; /* STREAM_FINISH_NONE: not said */
    struct extract_usage usage;
    bool failed;        /* the server says that it failed */
    struct bytes error; /* in these words; no data: in none */
    bool error_json;    /* they are the inside of a JSON string */
};

/* False: the data is no JSON, and what was found is nothing. `type` is the event's, without data
 * where it has none. */
typedef bool extract_event(struct extract *x, struct bytes data, struct bytes type);

bool extract_openai(struct extract *x, struct bytes data, struct bytes type);
bool extract_completions(struct extract *x, struct bytes data, struct bytes type);
bool extract_responses(struct extract *x, struct bytes data, struct bytes type);
bool extract_anthropic(struct extract *x, struct bytes data, struct bytes type);
bool extract_tgi(struct extract *x, struct bytes data, struct bytes type);
bool extract_ollama(struct extract *x, struct bytes data, struct bytes type);
bool extract_triton(struct extract *x, struct bytes data, struct bytes type);
bool extract_plain(struct extract *x, struct bytes data, struct bytes type); /* sse and ndjson */

#endif
