/*
 * extract: parses one event of a stream format.
 *
 * There is one function per format. It does not know earlier events, times or framing (see
 * stream.h). Variants that different servers send are accepted in all formats;
 * docs/internals/streams.md lists them.
 *
 * Ownership: `data` is borrowed for the call; `error` points into it or is static. Thread: the
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

/* Token counts reported by the server; -1: not reported. */
struct extract_usage {
    int64_t output, prompt, cached, reasoning;
};

struct extract {
    /* Input. */
    struct joined *joined; /* EXTRACT_KINDS of them; the texts are added to them */
    /* sse and ndjson: where the text is; NULL: the data is the text. */
    const struct jsonwalk_pointer *pointer;
    /* Output. */
    bool any[EXTRACT_KINDS];   /* a text of the kind was found, and not empty */
    size_t texts;              /* how many there were, of all kinds */
    struct bytes text;         /* the last one, if it was a JSON string: raw, inside the data */
    enum extract_kind kind;    /* of the last one */
    bool done;                 /* the event ends the stream */
    bool adds;                 /* usage.output counts this event only */
    enum stream_finish finish; /* STREAM_FINISH_NONE: not reported */
    struct extract_usage usage;
    bool failed;        /* the server reports a failure */
    struct bytes error; /* its message; no data: no message */
    bool error_json;    /* the message is the raw inside of a JSON string */
};

/* Returns false if the data is not JSON; nothing is found then. `type` is the event's type,
 * without data if it has none. */
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
