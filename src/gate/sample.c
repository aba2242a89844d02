#include "gate/sample.h"

static bool fits(const struct gate_rule *r, const struct gate_sample *s) {
    if ((r->filters & GATE_BY_STATUS) != 0 &&
        (s->status < r->status_low || s->status > r->status_high))
        return false;
    if ((r->filters & GATE_BY_OUTCOME) != 0 && (int)s->outcome != r->outcome)
        return false;
    return (r->filters & GATE_BY_EXPECTED) == 0 ||
           r->expected == !outcome_is_failure((int)s->outcome);
}

static int64_t at_least_0(int64_t us) {
    return us > 0 ? us : 0;
}

static int64_t time_of(enum gate_metric metric, const struct gate_sample *s) {
    int64_t connected_us = s->dns_us + s->connect_us + s->tls_us;
    switch ((int)metric) {
    case GATE_HTTP_REQ_DURATION:
        return at_least_0(s->service_us - connected_us);
    case GATE_HTTP_REQ_BLOCKED:
        return s->dns_us;
    case GATE_HTTP_REQ_CONNECTING:
        return s->connect_us;
    case GATE_HTTP_REQ_TLS_HANDSHAKING:
        return s->tls_us;
    case GATE_HTTP_REQ_WAITING:
        return s->ttfb_us < 0 ? -1 : at_least_0(s->ttfb_us - connected_us);
    case GATE_HTTP_REQ_RECEIVING:
        return s->ttfb_us < 0 ? -1 : at_least_0(s->service_us - s->ttfb_us);
    case GATE_RESPONSE_TIME:
        return at_least_0(s->response_us);
    default:
        return s->service_us;
    }
}

struct gate_gain gate_gain_of(const struct gate_rule *r, const struct gate_sample *s) {
    struct gate_gain g = {.any = outcome_is_timed((int)s->outcome), .amount = 1};
    if (r->metric == GATE_DROPPED_ITERATIONS) {
        g.any = s->outcome == OUTCOME_NOT_SENT;
        return g;
    }
    if (!g.any || !fits(r, s)) {
        g.any = false;
        return g;
    }
    if (r->metric == GATE_DATA_RECEIVED)
        g.amount = s->bytes_received;
    else if (r->metric == GATE_DATA_SENT)
        g.amount = s->bytes_sent;
    g.hit = r->metric == GATE_HTTP_REQ_FAILED && outcome_is_failure((int)s->outcome);
    if (gate_metrics[r->metric].kind == GATE_TREND) {
        g.us = time_of(r->metric, s);
        g.any = g.us >= 0;
    }
    return g;
}
