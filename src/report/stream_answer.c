#include "report/stream_answer.h"

const char *stream_time_text(enum stream_time which) {
    static const char *const words[] = {
#define STREAM_TIME_WORD(name, word) word,
        STREAM_TIME_MAP(STREAM_TIME_WORD)
#undef STREAM_TIME_WORD
    };
    return words[which];
}

static int64_t known(int64_t us) {
    return us < 0 ? REQUEST_NO_VALUE : us;
}

/* Rounded. The tokens of the first event were there when the clock of the others began; a single
 * event tells no time for any. */
static int64_t time_per_token_ns(const struct stream_row *s) {
    int64_t tokens = s->output_tokens - s->first_tokens, span_ns;
    if (s->token_events < 2 || s->output_tokens < 2 || tokens < 1 || s->ttft_us < 0 ||
        s->last_token_us < s->ttft_us ||
        __builtin_mul_overflow(s->last_token_us - s->ttft_us, INT64_C(1000), &span_ns))
        return REQUEST_NO_VALUE;
    return span_ns / tokens + (span_ns % tokens >= tokens - span_ns % tokens);
}

void stream_answer_of(const struct request *x, const struct stream_row *s,
                      struct stream_answer *out) {
    *out = (struct stream_answer){.timed = outcome_is_timed((int)x->outcome),
                                  .ttft_us = known(s->ttft_us),
                                  .ttfo_us = known(s->ttfo_us),
                                  .e2e_us = known(x->service_us),
                                  .time_per_token_ns = time_per_token_ns(s)};
    if (x->sent_us != REQUEST_NO_VALUE && x->end_us > x->sent_us)
        out->taken_us = x->end_us - x->sent_us;
}

void stream_answer_gate(const struct request *x, const struct stream_row *s,
                        struct gate_answer *out) {
    struct stream_answer a;
    stream_answer_of(x, s, &a);
    *out = (struct gate_answer){.ttft_us = a.ttft_us,
                                .ttfo_us = a.ttfo_us,
                                .time_per_token_ns = a.time_per_token_ns,
                                .gap_max_us = s->gap_max_us,
                                .e2e_us = a.e2e_us,
                                .tokens = s->output_tokens > 0 ? (uint64_t)s->output_tokens : 0,
                                .gaps = s->gaps,
                                .next_gap = stream_row_gap};
}
