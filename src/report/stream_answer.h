/*
 * stream_answer: the numbers of one streamed response for a report, by our own definitions
 * (docs/streams.md).
 *
 * Other tools' definitions of the same words are not here. The times of a cancelled response do not
 * count, like those of any cancelled request. Its tokens do, because they came.
 *
 * Ownership: plain data. Thread: any.
 */
#ifndef REPORT_STREAM_ANSWER_H
#define REPORT_STREAM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate_answer.h"
#include "record/stream_row.h"
#include "util/request.h"

/* The times of streams, with the words that thresholds use. */
#define STREAM_TIME_MAP(X)                                                                         \
    X(TTFT, "ttft")                     /* to the first token event */                             \
    X(TTFO, "ttfo")                     /* to the first one that is not reasoning */               \
    X(TIME_PER_TOKEN, "time_per_token") /* of a response, after its first token event */           \
    X(GAP, "token_gap")                 /* between two token events */                             \
    X(E2E, "e2e")                       /* to the end of the body */

enum stream_time {
#define STREAM_TIME_ENUM(name, word) STREAM_TIME_##name,
    STREAM_TIME_MAP(STREAM_TIME_ENUM)
#undef STREAM_TIME_ENUM
        STREAM_TIME_COUNT
};

/* REQUEST_NO_VALUE: there is none. From sending: to the first token event, to the first one that is
 * not reasoning, to the end of the body. The gaps are in the row: stream_row_gap(). */
struct stream_answer {
    bool timed; /* its times count */
    int64_t ttft_us, ttfo_us, e2e_us;
    /* Rounded; only of responses with several tokens in several events. */
    int64_t time_per_token_ns;
    /* From sending to its end, also of a cancelled response. 0: not known. */
    int64_t taken_us;
};

const char *stream_time_text(enum stream_time which);

void stream_answer_of(const struct request *x, const struct stream_row *s,
                      struct stream_answer *out);

/* The same for thresholds. Borrows the gaps of the row. */
void stream_answer_gate(const struct request *x, const struct stream_row *s,
                        struct gate_answer *out);

#endif
