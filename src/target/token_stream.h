/*
 * token_stream: what is written for one response, and when: a function of the spec, the seed and
 * the request.
 *
 * All times are absolute: token k is due at the start + time to first token + the k gaps before it,
 * however late earlier ones were. The tokens of one event are due with the first of them, as if a
 * model emits several at once. The events of one write are due with the last of them, as if a
 * buffer holds them. It does not wait, read a clock or write.
 * Ownership: plain data; the spec must outlive it. Thread: one at a time.
 */
#ifndef TARGET_TOKEN_STREAM_H
#define TARGET_TOKEN_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "target/llm_answer.h"
#include "target/token_spec.h"
#include "util/buf.h"
#include "util/rng.h"

#define TOKEN_STREAM_NEVER INT64_MAX

/* X(NAME, word): the contents of a write. The words are those of the token log. */
#define TOKEN_WRITE_MAP(X)                                                                         \
    X(BEGIN, "begin")   /* before any token: a role, opening events */                             \
    X(TOKENS, "tokens") /* one or more events with their tokens */                                 \
    X(PING, "ping")                                                                                \
    X(END, "end")     /* finish reason, usage, end mark */                                         \
    X(ERROR, "error") /* an error event */                                                         \
    X(BREAK, "break") /* nothing: --end close, reset or stall takes effect */                      \
    X(OVER, "over")   /* nothing more */

enum token_write {
#define TOKEN_WRITE_ENUM(name, word) TOKEN_WRITE_##name,
    TOKEN_WRITE_MAP(TOKEN_WRITE_ENUM)
#undef TOKEN_WRITE_ENUM
        TOKEN_WRITE_COUNT
};

struct token_stream {
    const struct token_spec *spec;
    struct llm_answer answer;
    struct rng gaps;
    int64_t start_ns;    /* CLOCK_MONOTONIC */
    int64_t real_ns;     /* the same moment since 1970 */
    uint64_t next;       /* first token that is not planned yet */
    int64_t next_due_ns; /* when it is due */
    int64_t last_due_ns; /* when the tokens planned last are due */
    /* Number of tokens after which --end breaks the stream; UINT64_MAX: never. */
    uint64_t stop_after;
    int64_t quiet_ns; /* time since which nothing was due */
    bool begun, over;
    /* Tokens of the next write, unless a ping comes first; 0: none is planned. */
    uint64_t planned_first, planned_count;

    /* The prepared write. */
    enum token_write kind;
    int64_t due_ns;
    uint64_t first, count; /* tokens */
};

/* `number` is that of the request. With the seed it determines length, times and text. */
void token_stream_init(struct token_stream *s, const struct token_spec *spec, uint64_t seed,
                       uint64_t number, enum llm_api api, const struct llm_request *request,
                       int64_t start_ns, int64_t real_ns);

/* Appends the next write to `out` and sets kind, due_ns, first and count. TOKEN_WRITE_OVER: none
 * was left. */
void token_stream_prepare(struct token_stream *s, struct buf *out);

/* Returns when the last token is due, for a response that is not streamed. */
int64_t token_stream_last_ns(const struct token_stream *s);

const char *token_write_text(enum token_write kind);

#endif
