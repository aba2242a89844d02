/*
 * token_spec: how language model responses are sent: how many tokens, when, and in which pieces.
 *
 * Thread: plain data, read-only while the target runs.
 */
#ifndef TARGET_TOKEN_SPEC_H
#define TARGET_TOKEN_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/variate.h"
#include "util/err.h"

/* X(NAME, word): the usage that a stream reports. */
#define TOKEN_USAGE_MAP(X)                                                                         \
    X(ASKED, "asked") /* as the request asks; at the end if the format always has it */            \
    X(LAST, "last")   /* at the end */                                                             \
    X(EACH, "each")   /* in each chunk if the format supports it, and at the end */                \
    X(NONE, "none")

enum token_usage {
#define TOKEN_USAGE_ENUM(name, word) TOKEN_USAGE_##name,
    TOKEN_USAGE_MAP(TOKEN_USAGE_ENUM)
#undef TOKEN_USAGE_ENUM
        TOKEN_USAGE_COUNT
};

/* X(NAME, word): how a stream ends. All but DONE end it after half of its tokens, when the next
 * one is due. */
#define TOKEN_END_MAP(X)                                                                           \
    X(DONE, "done")   /* with the complete end of the format */                                    \
    X(CLOSE, "close") /* the body ends, without an end mark */                                     \
    X(RESET, "reset") /* the connection is reset */                                                \
    X(ERROR, "error") /* an error event, then the body ends */                                     \
    X(STALL, "stall") /* no more data for as long as the client waits */

enum token_end {
#define TOKEN_END_ENUM(name, word) TOKEN_END_##name,
    TOKEN_END_MAP(TOKEN_END_ENUM)
#undef TOKEN_END_ENUM
        TOKEN_END_COUNT
};

struct token_spec {
    struct variate tokens, ttft, gap;
    uint64_t tokens_per_event, events_per_write; /* at least 1 */
    size_t split_bytes;                          /* 0: a write is not split */
    bool role_first, crlf, no_space;
    int64_t ping_ns; /* 0: no pings */
    enum token_usage usage;
    enum token_end end;
    uint64_t reasoning;
    double cached;        /* share of the prompt, 0 to 1 */
    bool hold;            /* a stream keeps its place of --concurrency until its end */
    const char *log_path; /* NULL: no log */
};

const char *token_end_text(enum token_end end);

int token_usage_parse(const char *text, enum token_usage *usage, struct err *e);
int token_end_parse(const char *text, enum token_end *end, struct err *e);

#endif
