#include "record/sample.h"

int64_t sample_us(int64_t ns) {
    return ns == SAMPLE_NO_TIME ? SAMPLE_NO_TIME : ns / 1000;
}

static int64_t or_none(uint32_t us) {
    return us == 0 ? REQUEST_NO_VALUE : us;
}

void sample_request(const struct sample *s, struct request *out) {
    int64_t intended = sample_us(s->intended_ns), sent = sample_us(s->sent_ns),
            end = sample_us(s->end_ns);
    bool timed = outcome_is_timed((int)s->outcome);
    bool answering = end != REQUEST_NO_VALUE && s->ttfb_us != SAMPLE_NO_TTFB;
    *out = (struct request){
        .endpoint = s->endpoint,
        .error = s->error,
        .user = s->outcome == OUTCOME_NOT_SENT ? REQUEST_NO_VALUE : (int64_t)s->user,
        .intended_us = intended,
        .sent_us = sent,
        .end_us = end,
        .service_us = timed ? end - sent - s->resent_us : REQUEST_NO_VALUE,
        .response_us =
            timed ? end - (intended == REQUEST_NO_VALUE ? sent : intended) : REQUEST_NO_VALUE,
        .dns_us = or_none(s->dns_us),
        .connect_us = or_none(s->connect_us),
        .tls_us = or_none(s->tls_us),
        .ttfb_us = answering ? (int64_t)s->ttfb_us - s->resent_us : REQUEST_NO_VALUE,
        .resent_us = s->resent_us == 0 ? REQUEST_NO_VALUE : sent + s->resent_us,
        .previous_idle_us = or_none(s->previous_idle_us),
        .bytes_sent = s->bytes_sent,
        .bytes_received = s->bytes_received,
        .status = s->status,
        .grpc_status = (int)s->grpc_status - 1,
        .outcome = (enum outcome)s->outcome,
        .new_connection = (s->flags & SAMPLE_NEW_CONNECTION) != 0,
        .streamed = (s->flags & SAMPLE_STREAM) != 0,
        .waited_for_user = (s->flags & SAMPLE_WAITED_FOR_USER) != 0,
        .http_version = (enum http_version)s->http_version,
        .previous_end = (enum connection_end)s->previous_end,
    };
}
