/*
 * stream: measures one response that is a stream of events, as language model servers send them.
 *
 * It is fed the decoded bytes of a body as they arrive, cut anywhere. It finds the events, extracts
 * token texts, usage and the end (docs/internals/streams.md has the formats), and keeps the time of
 * each event with tokens. It does not know sockets, HTTP, clocks or scenarios. The reader of the
 * body passes the time of each piece, watches `idle_ns` and `cancel_ns`, and says how the body
 * ended.
 *
 * A token event has a token text that is not empty: content, reasoning, or arguments of a tool
 * call. An event with only a role, ping, usage or finish reason is not a token event. The arrival
 * time of an event is that of the byte that completed it: the end of the empty line after it.
 *
 * Ownership: stream_new() to stream_free(); the spec's strings are borrowed until then. The
 * pointers in stream_result() are the stream's and valid until the next stream_begin(). No call
 * allocates per event: buffers grow and are reused. Thread: one at a time.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

/* Formats, with their names in a scenario. */
#define STREAM_FORMAT_MAP(X)                                                                       \
    X(OPENAI, "openai")           /* chat completions: data: {"choices": [{"delta": ... */         \
    X(COMPLETIONS, "completions") /* OpenAI's older API: data: {"choices": [{"text": ... */        \
    X(RESPONSES, "responses")     /* OpenAI's newer API: event: response.output_text.delta */      \
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

/* Why the stream ended. The words are a contract: they are in run files. Only add at the end,
 * because the numbers are stored. */
#define STREAM_FINISH_MAP(X)                                                                       \
    X(NONE, "none")                     /* the stream ended regularly, without a reason */         \
    X(STOP, "stop")                     /* the model was done, or reached a stop sequence */       \
    X(LENGTH, "length")                 /* the token limit was reached */                          \
    X(TOOL_CALLS, "tool_calls")         /* it calls a tool */                                      \
    X(CONTENT_FILTER, "content_filter") /* refused */                                              \
    X(OTHER, "other")                   /* another reason */                                       \
    X(ERROR, "error")                   /* an error event, or a reason that is an error */         \
    X(CUT, "cut")                       /* the body ended before the stream did */                 \
    X(IDLE, "idle")                     /* no data for `idle_ns` */                                \
    X(CANCEL_AFTER, "cancel_after")     /* the scenario wanted no more */                          \
    X(CANCELLED, "cancelled")           /* the run ended */                                        \
    X(TIMEOUT, "timeout")               /* the request's time limit passed */                      \
    X(BROKEN, "broken")                 /* an invalid event, or a limit of ours was exceeded */

enum stream_finish {
#define STREAM_FINISH_ENUM(name, word) STREAM_FINISH_##name,
    STREAM_FINISH_MAP(STREAM_FINISH_ENUM)
#undef STREAM_FINISH_ENUM
        STREAM_FINISH_COUNT
};

/* Limit for the data of an event, and for a line that is not a comment. Beyond it the stream is
 * broken. */
#define STREAM_EVENT_MAX_BYTES ((size_t)1 << 20)
/* Limit for a server's error text. */
#define STREAM_ERROR_MAX_BYTES 1024

/* Plain data; the strings are the scenario's. */
struct stream_spec {
    enum stream_format format;
    /* sse and ndjson: a valid JSON Pointer (RFC 6901) to the token's text; NULL: the whole data
     * is the text. */
    const char *token;
    const char *done; /* the data that ends the stream; NULL: the format's own */
    /* 0: no limit. For the reader of the body; not checked here. */
    int64_t idle_ns;
    uint64_t cancel_tokens; /* 0: no limit */
    /* From the sending; 0: no limit. For the reader of the body. */
    int64_t cancel_ns;
};

enum stream_state {
    STREAM_ON,
    /* See stream_why(); the outcome is protocol_error. Further data is ignored. */
    STREAM_BROKEN,
    /* `cancel_tokens` have arrived. Further data is ignored. */
    STREAM_ENOUGH
};

/* How the body ended. */
enum stream_body {
    STREAM_BODY_COMPLETE, /* by HTTP's rules */
    STREAM_BODY_LOST,     /* the connection ended early, or the body was invalid */
    STREAM_BODY_IDLE,
    STREAM_BODY_CANCEL_AFTER,
    STREAM_BODY_CANCELLED,
    STREAM_BODY_TIMEOUT
};

/* For a response that was fine for HTTP. */
enum stream_verdict {
    STREAM_VERDICT_OK,
    STREAM_VERDICT_CUT,   /* no end marker and no finish reason arrived */
    STREAM_VERDICT_ERROR, /* the server reported an error in an event */
    STREAM_VERDICT_NO_TOKENS,
    STREAM_VERDICT_IDLE,
    STREAM_VERDICT_BROKEN /* protocol_error */
};

/* Times are CLOCK_MONOTONIC, or 0 if the event did not happen. Token counts are -1 if the server
 * did not report them. */
struct stream_result {
    int64_t first_event_ns; /* of any kind; comments do not count */
    int64_t ttft_ns;        /* first token event */
    int64_t ttfo_ns;        /* first token event with more than reasoning */
    int64_t last_token_ns;
    /* Events up to and including the one that ends the stream; those with tokens; of these,
     * those with reasoning and those of a tool call. */
    uint64_t events, token_events, reasoning_events, tool_events;
    /* Of the events, those that should be JSON and are not: no token was looked for in them. */
    uint64_t not_json;
    /* Events after the end of the stream. They count for nothing else. */
    uint64_t after_done;
    /* Reads that completed a token event; of them, those that completed several. */
    uint64_t reads, shared_reads;
    int64_t output_tokens, prompt_tokens, cached_tokens, reasoning_tokens;
    /* Tokens up to the first token event, if that event has usage; else 1. 0 without token
     * events. */
    int64_t first_tokens;
    enum stream_finish finish;
    bool done; /* the data or event that ends the stream arrived */
    /* Message of the first error event, as it arrived: maybe not UTF-8, or unsafe for a
     * terminal. "" if there was none. */
    const char *error;
    /* For each token event, the nanoseconds since the one before as LEB128; 0 for the first
     * (stream_times.h). The sum is last_token_ns - ttft_ns. */
    const unsigned char *times;
    size_t times_bytes;
    /* The joined texts, in the order of arrival; several choices are mixed. Never NULL. Escapes
     * are decoded; invalid UTF-8 stays as it is. */
    struct bytes text, reasoning, tools;
    bool text_cut; /* one of them was longer than keep_text_bytes */
};

struct stream;

/* Returns NULL if memory runs out or `token` is not a JSON Pointer. */
struct stream *stream_new(const struct stream_spec *spec);
void stream_free(struct stream *s);

/* Call before each response. The first `keep_text_bytes` of each text are kept; 0 is fastest. */
void stream_begin(struct stream *s, size_t keep_text_bytes);

/* Feeds n bytes that arrived at `at_ns`, in the transport's read number `read_number`. Neither
 * may decrease. */
enum stream_state stream_feed(struct stream *s, const char *bytes, size_t n, int64_t at_ns,
                              uint64_t read_number);

/* Call once, after the last byte. A complete body may lack the empty line after its last event,
 * and even the end of its last line. */
void stream_end(struct stream *s, enum stream_body how);

/* After STREAM_BROKEN: what is wrong; otherwise "". The text is static, so that reports can
 * group it. */
const char *stream_why(const struct stream *s);

/* Call after stream_end(). */
const struct stream_result *stream_result(const struct stream *s);
enum stream_verdict stream_verdict(const struct stream *s);

/* Memory in use now, in bytes, with all buffers. */
size_t stream_memory(const struct stream *s);

/* Convert a number to its word ("unknown" if it is not valid), and back (-1 if the word is
 * unknown). */
const char *stream_format_text(int format);
int stream_format_of(const char *word, size_t n);
const char *stream_finish_text(int finish);

#endif
