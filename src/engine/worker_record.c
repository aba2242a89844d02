/* What a worker records: a row for each request and iteration, and an event for everything that
 * is reported only once. */
#include <stdlib.h>
#include <string.h>

#include "engine/worker.h"
#include "util/clock.h"

static uint32_t to_us(int64_t ns) {
    int64_t us = ns / NS_PER_US;
    return us < 0 ? 0 : us >= UINT32_MAX ? UINT32_MAX - 1 : (uint32_t)us;
}

/* 0 says that it was not sent again. */
static uint32_t at_least_1(uint32_t us) {
    return us == 0 ? 1 : us;
}

/* The number of an error text. Errors repeat: the last one is remembered, so that a target that
 * fails every request costs one comparison each. */
static uint16_t error_id(struct worker *w, const char *text) {
    if (*text == '\0')
        return 0;
    if (w->last_error != NULL && strcmp(w->last_error, text) == 0)
        return w->last_error_id;
    buf_clear(&w->masked);
    scenario_mask(w->scenario, text, &w->masked);
    w->last_error_id = record_error_id(w->setup.record, buf_text(&w->masked));
    free(w->last_error);
    w->last_error = strdup(text);
    return w->last_error_id;
}

/* Its outcome after the checks; without any, that of the transport. */
static enum outcome checked(struct worker *w, struct vuser *u, const struct transport_result *r,
                            const char **error) {
    uint32_t request = w->scenario->steps[u->step].request;
    *error = r->error;
    if (!checker_needed(&w->scenario->requests[request]))
        return r->outcome;
    struct checker_response a = {.result = r,
                                 .request = request,
                                 .user = u->index,
                                 .end_ns = r->end_ns - w->start_ns,
                                 .flow = u->flow};
    return checker_run(&w->checker, &a, error);
}

/* The first of its kind is an event, so that the file says when it began. */
static void note_shortage(struct worker *w, const struct transport_result *r) {
    if (r->limit != TRANSPORT_LIMIT_NONE && w->shortages[r->limit]++ == 0)
        record_event(w->setup.record, r->end_ns - w->start_ns, "client_limit", r->error);
}

/* Once: what waits for a stream of the server says nothing about how fast it serves one. */
static void note_streams(struct worker *w, const struct transport_result *r) {
    struct err text;
    if (r->held_by_streams == 0 || w->streams_noted)
        return;
    w->streams_noted = true;
    err_set(&text,
            "the server allows %u stream%s at once on a connection "
            "(SETTINGS_MAX_CONCURRENT_STREAMS); requests beyond that wait",
            (unsigned)r->held_by_streams, r->held_by_streams == 1 ? "" : "s");
    record_event(w->setup.record, r->end_ns - w->start_ns, "stream_limit", text.text);
}

bool worker_record(struct worker *w, struct vuser *u, const struct transport_result *r) {
    const char *error;
    note_shortage(w, r);
    note_streams(w, r);
    bool intended = u->first && u->intended_ns != VUSER_NOTHING_INTENDED;
    enum outcome outcome = checked(w, u, r, &error);
    struct sample s = {
        .intended_ns = intended ? u->intended_ns - w->start_ns : SAMPLE_NO_TIME,
        .sent_ns = r->sent_ns - w->start_ns,
        .end_ns = r->end_ns - w->start_ns,
        .bytes_received = r->bytes_received & SAMPLE_BYTES_MAX,
        .http_version = (unsigned)r->http_version & 0xf,
        .previous_end = (unsigned)r->previous_end & 0xf,
        .bytes_sent = (uint32_t)(r->bytes_sent > UINT32_MAX ? UINT32_MAX : r->bytes_sent),
        .user = u->index,
        .dns_us = to_us(r->dns_ns),
        .connect_us = to_us(r->connect_ns),
        .tls_us = to_us(r->tls_ns),
        .ttfb_us = r->ttfb_ns < 0 ? SAMPLE_NO_TTFB : to_us(r->ttfb_ns),
        .endpoint = w->scenario->steps[u->step].request & SAMPLE_ENDPOINT_MAX,
        .status = (uint16_t)r->status,
        .grpc_status = (unsigned)(r->has_grpc_status ? r->grpc_status + 1 : 0) & 0x3f,
        .error = error_id(w, error),
        .outcome = (unsigned)outcome & 0xff,
        .flags = ((r->new_connection ? SAMPLE_NEW_CONNECTION : 0) |
                  (intended && u->waited ? SAMPLE_WAITED_FOR_USER : 0) |
                  (r->sent_again ? SAMPLE_SENT_AGAIN : 0)) &
                 0xff,
        .resent_us = r->sent_again ? at_least_1(to_us(r->resent_ns - r->sent_ns)) : 0,
        .previous_idle_us = to_us(r->previous_idle_ns),
    };
    if (r->stream == NULL)
        queue_push(w->queue, &s);
    else
        queue_push_stream(w->queue, &s, stream_record_new(r->stream, w->start_ns, u->asked));
    return outcome == OUTCOME_OK;
}

void worker_record_not_sent(struct worker *w, uint32_t request, int64_t intended_ns, bool waited,
                            const char *why) {
    struct sample s = {
        .intended_ns = intended_ns - w->start_ns,
        .sent_ns = SAMPLE_NO_TIME,
        .end_ns = SAMPLE_NO_TIME,
        .ttfb_us = SAMPLE_NO_TTFB,
        .endpoint = request & SAMPLE_ENDPOINT_MAX,
        .error = error_id(w, why),
        .outcome = OUTCOME_NOT_SENT,
        .flags = waited ? SAMPLE_WAITED_FOR_USER : 0,
    };
    queue_push(w->queue, &s);
}

/* Values differ from row to row, so they are no part of the error; without any nobody could find
 * the row. */
static void report_unsendable(struct worker *w, uint32_t request, int64_t at_ns, const char *why,
                              const char *seen) {
    const struct scenario_request *q = &w->scenario->requests[request];
    struct err text;
    if (w->reported[request] >= WORKER_REPORTED_MAX)
        return;
    err_set(&text, "%s %.200s: %s%s%s%s", q->method, q->name, why, *seen == '\0' ? "" : " (", seen,
            *seen == '\0' ? "" : ")");
    if (strcmp(text.text, w->last_reported.text) == 0)
        return;
    w->last_reported = text;
    w->reported[request]++;
    buf_clear(&w->masked);
    scenario_mask(w->scenario, text.text, &w->masked);
    record_event(w->setup.record, at_ns, "unsendable", buf_text(&w->masked));
}

void worker_record_unsendable(struct worker *w, const struct vuser *u, uint32_t request,
                              int64_t intended_ns, const char *why, const char *seen) {
    bool due = intended_ns != VUSER_NOTHING_INTENDED;
    int64_t now_ns = clock_mono_ns() - w->start_ns;
    struct sample s = {
        .intended_ns = due ? intended_ns - w->start_ns : SAMPLE_NO_TIME,
        .sent_ns = SAMPLE_NO_TIME,
        .end_ns = now_ns,
        .user = u->index,
        .ttfb_us = SAMPLE_NO_TTFB,
        .endpoint = request & SAMPLE_ENDPOINT_MAX,
        .error = error_id(w, why),
        .outcome = OUTCOME_UNSENDABLE,
        .flags = due && u->waited ? SAMPLE_WAITED_FOR_USER : 0,
    };
    report_unsendable(w, request, now_ns, why, seen);
    queue_push(w->queue, &s);
}

void worker_record_iteration(struct worker *w, const struct vuser *u, int64_t end_ns) {
    struct sample s = {
        .intended_ns = SAMPLE_NO_TIME,
        .sent_ns = u->began_ns - w->start_ns,
        .end_ns = end_ns - w->start_ns,
        .ttfb_us = SAMPLE_NO_TTFB,
        .user = u->index,
        .endpoint = u->task & SAMPLE_ENDPOINT_MAX,
        .outcome = u->good ? OUTCOME_OK : OUTCOME_CHECK_FAILED,
        .flags = SAMPLE_ITERATION,
    };
    queue_push(w->queue, &s);
}

void worker_feeder_empty(struct worker *w, size_t feeder, uint32_t user) {
    const struct feeder *f = w->scenario->feeders[feeder];
    bool run = feeder_ends_run(f), part = w->setup.part.count > w->setup.threads;
    struct err text;
    if ((w->empty_feeders >> feeder & 1) != 0)
        return;
    w->empty_feeders |= UINT64_C(1) << feeder;
    err_set(&text, "the feeder %s has no row left after %llu: %s %u%s", feeder_name(f),
            (unsigned long long)feeder_rows(f),
            !run   ? "user"
            : part ? "this part of the load ends with user"
                   : "the run ends with user",
            user, run ? "" : " ends (others may follow)");
    record_event(w->setup.record, clock_mono_ns() - w->start_ns, "feeder_empty", text.text);
    if (!run)
        return;
    atomic_store(&w->ends_run, true);
    uv_async_send(w->setup.left);
}
