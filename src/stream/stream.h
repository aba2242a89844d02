/*
 * stream: the account of one answer that comes as a stream of events, as servers of language models
 * send them.
 *
 * It is fed the decoded bytes of a body as they arrive, cut anywhere. It finds the events, takes
 * the token texts, usage and the end out of them (docs/internals/streams.md has the formats), and
 * keeps the time of each event that brought tokens. It knows no sockets, no HTTP, no clock and no
 * scenario: who reads the body gives each piece its time, watches `idle_ns` and `cancel_ns`, and
 * says how the body ended.
 *
 * A token event is one whose token text is not empty: content, reasoning, or the arguments of a
 * tool call. A role, a ping, usage or a finish reason alone is none. The arrival of an event is
 * that of the byte that completed it: the end of the empty line behind it.
 *
 * Ownership: stream_new() to stream_free(); the spec's strings are borrowed until then. What
 * stream_result() points to is the stream's, until the next stream_begin(). No call allocates per
 * event: buffers grow and are used again. Thread: one at a time.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

/* With the words of a scenario. */
#define STREAM_FORMAT_MAP(X)                                                                       \
    X(OPENAI, "openai")           /* chat completions: data: {"choices": [{"delta": ... */         \
    X(COMPLETIONS, "completions") /* OpenAI's older: data: {"choices": [{"text": ... */            \
    X(RESPONSES, "responses")     /* OpenAI's newer: event: response.output_text.delta */          \
    X(ANTHROPIC, "anthropic")     /* messages: event: content_block_delta */                       \
    X(TGI, "tgi")                 /* text-generation-inference: data: {"token": {"text": ... */    \
    X(OLLAMA, "ollama")           /* one JSON text a line, of chat or of generate */               \
    X(TRITON, "triton")           /* generate_stream: data: {"text_output": ... */                 \
    X(SSE, "sse")                 /* any text/event-stream; `token` says where the text is */      \
    X(NDJSON, "ndjson")           /* any JSON text a line; `token` says where the text is */

enum stream_format {
#define STREAM_FORMAT_ENUM(name, word) STREAM_FORMAT_##name,
    STREAM_FORMAT_MAP(STREAM_FORMAT_ENUM)
#undef STREAM_FORMAT_ENUM
        STREAM_FORMAT_COUNT
};

/* Why there is no more. The words are a contract: they are in run files. Add at the end only, the
 * numbers are stored. */
#define STREAM_FINISH_MAP(X)                                                                       \
    X(NONE, "none")                     /* the stream ended regularly and gave no reason */        \
    X(STOP, "stop")                     /* the model was done, or came to a stop sequence */       \
    X(LENGTH, "length")                 /* as many tokens as were allowed */                       \
    X(TOOL_CALLS, "tool_calls")         /* it calls a tool */                                      \
    X(CONTENT_FILTER, "content_filter") /* refused */                                              \
    X(OTHER, "other")                   /* a reason that is none of these */                       \
    X(ERROR, "error")                   /* an error event, or a reason that is an error */         \
    X(CUT, "cut")                       /* the body ended before the stream did */                 \
    X(IDLE, "idle")                     /* nothing came for `idle_ns` */                           \
    X(CANCEL_AFTER, "cancel_after")     /* the scenario wanted no more */                          \
    X(CANCELLED, "cancelled")           /* the run ended */                                        \
    X(TIMEOUT, "timeout")               /* the request's time was over */                          \
    X(BROKEN, "broken")                 /* an event that is none, or beyond a limit of ours */

enum stream_finish {
#define STREAM_FINISH_ENUM(name, word) STREAM_FINISH_##name,
    STREAM_FINISH_MAP(STREAM_FINISH_ENUM)
#undef STREAM_FINISH_ENUM
        STREAM_FINISH_COUNT
};

/* The data of an event, and a line of it that is no comment. Beyond it the stream is broken. */
#define STREAM_EVENT_MAX_BYTES ((size_t)1 << 20)
/* Of a server's error text. */
#define STREAM_ERROR_MAX_BYTES 1024

/* Plain data; strings are the scenario's. */
struct stream_spec {
    enum stream_format format;
    /* Sse and ndjson: a valid JSON Pointer (RFC 6901) to the token's text; NULL: the whole data is
     * the text. */
    const char *token;
    const char *done;       /* the data that ends it; NULL: the format's own */
    int64_t idle_ns;        /* 0: no limit. For who reads the body; the stream does not look */
    uint64_t cancel_tokens; /* 0: none */
    int64_t cancel_ns;      /* from the sending; 0: none. For who reads the body */
};

enum stream_state {
    STREAM_ON,
    STREAM_BROKEN, /* stream_why(); the outcome is protocol_error. What comes is ignored */
    STREAM_ENOUGH  /* `cancel_tokens` have come. What comes is ignored */
};

/* How the body ended. */
enum stream_body {
    STREAM_BODY_COMPLETE, /* as HTTP has it */
    STREAM_BODY_LOST,     /* the connection ended before, or the body was not valid */
    STREAM_BODY_IDLE,
    STREAM_BODY_CANCEL_AFTER,
    STREAM_BODY_CANCELLED,
    STREAM_BODY_TIMEOUT
};

/* Of an answer that was fine for HTTP. */
enum stream_verdict {
    STREAM_VERDICT_OK,
    STREAM_VERDICT_CUT,   /* neither the data that ends it nor a finish reason came */
    STREAM_VERDICT_ERROR, /* the server said so in an event */
    STREAM_VERDICT_NO_TOKENS,
    STREAM_VERDICT_IDLE,
    STREAM_VERDICT_BROKEN /* protocol_error */
};

/* Times are moments of CLOCK_MONOTONIC, 0 where there was none; token counts are -1 where the
 * server did not say. */
struct stream_result {
    int64_t first_event_ns; /* of any kind, comments are none */
    int64_t ttft_ns;        /* the first token event */
    int64_t ttfo_ns;        /* the first with more than reasoning */
    int64_t last_token_ns;
    /* All up to the end of the stream, with the one that ends it; those with tokens; of these,
     * those with reasoning and those of a tool. */
    uint64_t events, token_events, reasoning_events, tool_events;
    uint64_t after_done; /* events behind the end of the stream. They count for nothing else */
    uint64_t reads,
        /* Reads that completed a token event; of them, those that completed several. */
        shared_reads;
    int64_t output_tokens, prompt_tokens, cached_tokens, reasoning_tokens;
    /* Up to the first token event, where that event has usage; else 1; 0 without token events. */
    int64_t first_tokens;
    enum stream_finish finish;
    bool done; /* the data or the event came that ends the stream */
    /* What the first error event said, as it came: perhaps no UTF-8, or for no terminal. "" if
     * there was none. */
    const char *error;
    /* For each token event, LEB128 of the nanoseconds since the one before, 0 for the first
     * (stream_times.h). They add up to last_token_ns - ttft_ns. */
    const unsigned char *times;
    size_t times_bytes;
    /* All texts joined, in the order of arrival: with several choices, theirs mix. Never NULL.
     * Escapes are decoded; what was not UTF-8 still is not. */
    struct bytes text, reasoning, tools;
    bool text_cut; /* there was more than keep_text_bytes of one */
};

struct stream;

/* NULL: no memory, or `token` is no JSON Pointer. */
struct stream *stream_new(const struct stream_spec *spec);
void stream_free(struct stream *s);

/* Before each answer. Of each text, the first `keep_text_bytes` are kept; 0 is quickest. */
void stream_begin(struct stream *s, size_t keep_text_bytes);

/* n bytes that arrived at `at_ns`, in the transport's read `read_number`. Times and read numbers do
 * not fall. */
enum stream_state stream_feed(struct stream *s, const char *bytes, size_t n, int64_t at_ns,
                              uint64_t read_number);

/* Once, after the last byte. A complete body may lack the empty line behind its last event, even
 * the end of its last line. */
void stream_end(struct stream *s, enum stream_body how);

/* What is wrong, after STREAM_BROKEN; "" otherwise. Static text, so that errors group. */
const char *stream_why(const struct stream *s);

/* After stream_end(). */
const struct stream_result *stream_result(const struct stream *s);
enum stream_verdict stream_verdict(const struct stream *s);

/* Bytes of memory that it has now, all buffers included. */
size_t stream_memory(const struct stream *s);

/* The word; "unknown" for a number that is none of ours. And back: -1. */
const char *stream_format_text(int format);
int stream_format_of(const char *word, size_t n);
const char *stream_finish_text(int finish);

#endif
