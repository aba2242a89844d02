/* What the tests of the import share: a small run that sent traces, and the server's log of it. */
#ifndef TESTS_IMPORT_FIXTURE_H
#define TESTS_IMPORT_FIXTURE_H

#include "record/fixture.h"

#include "import/import.h"

#define TRACE_RUN "0123456789abcdef"
#define START_US INT64_C(1764000000123000) /* of small_run(): 2025-11-24T16:00:00.123Z */
#define MS INT64_C(1000)
#define S INT64_C(1000000)

/* A request of the client, in milliseconds of the run. */
struct client_row {
    uint32_t user;
    int64_t sent_ms, took_ms;
    enum outcome outcome;
    int64_t ttfb_ms; /* 0: the first byte was the end */
    bool left;       /* a stream that the client left, with a good status */
};

static inline void push_client_row(struct queue *q, const struct sample *s, bool left) {
    const struct stream_result stream = {.finish = STREAM_FINISH_CANCEL_AFTER,
                                         .output_tokens = -1,
                                         .prompt_tokens = -1,
                                         .cached_tokens = -1,
                                         .reasoning_tokens = -1,
                                         .error = ""};
    if (left)
        assert_true(queue_push_stream(q, s, stream_record_new(&stream, 0, NOTHING_ASKED)));
    else
        assert_true(queue_push(q, s));
}

/* The run as the program would have left it; trace_run NULL: it sent no traces. */
static inline void make_client(const char *path, const struct client_row *rows, size_t n,
                               const char *trace_run) {
    struct err e = {""};
    struct record *r = NULL;
    struct record_run run = small_run(1);
    assert_ok(record_open(path, &run, &r, &e), e);
    if (trace_run != NULL)
        assert_ok(record_manifest(r, "trace_run", trace_run, &e), e);
    assert_ok(record_start(r, &e), e);
    for (size_t i = 0; i < n; i++) {
        struct sample s = ok_sample(rows[i].sent_ms * NS_PER_MS, rows[i].took_ms * NS_PER_MS);
        s.user = rows[i].user;
        s.outcome = (uint32_t)rows[i].outcome & 0xf;
        if (rows[i].outcome != OUTCOME_OK && rows[i].ttfb_ms == 0)
            s.status = 0;
        if (rows[i].ttfb_ms != 0)
            s.ttfb_us = (uint32_t)(rows[i].ttfb_ms * MS);
        if (rows[i].outcome == OUTCOME_NOT_SENT) {
            s.intended_ns = s.sent_ns;
            s.sent_ns = s.end_ns = SAMPLE_NO_TIME;
        }
        push_client_row(record_queue(r, 0), &s, rows[i].left);
    }
    assert_ok(record_stop(r, &e), e);
    struct record_end end = valid_end;
    end.duration_ns = 10 * NS_PER_S;
    assert_ok(record_close(r, &end, &e), e);
}

/* RFC 3339, through nothing but the C library. */
static inline const char *stamp(int64_t us) {
    static char texts[4][64];
    static int next;
    char *text = texts[next++ % 4];
    time_t s = (time_t)(us / S);
    struct tm tm;
    gmtime_r(&s, &tm);
    size_t n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, 32, ".%06dZ", (int)(us % S));
    return text;
}

static inline void put_resource(FILE *f, const char *service, const char *revision) {
    fprintf(f,
            "\"resource\":{\"type\":\"cloud_run_revision\",\"labels\":{\"service_name\":\"%s\","
            "\"revision_name\":\"%s\"}}",
            service, revision);
}

/* A request of the log; instance and trace may be NULL. */
struct server_line {
    const char *id, *service;
    int64_t at_us, latency_us;
    int status;
    const char *instance, *trace;
};

static inline void put_request(FILE *f, const struct server_line *x) {
    fprintf(f, "{\"insertId\":\"%s\",", x->id);
    put_resource(f, x->service, "s-1");
    fprintf(f,
            ",\"timestamp\":\"%s\",\"logName\":\"projects/p/logs/run.googleapis.com%%2Frequests\","
            "\"httpRequest\":{\"requestMethod\":\"POST\",\"requestUrl\":\"https://h/predict\","
            "\"status\":%d,\"latency\":\"%d.%06ds\"}",
            stamp(x->at_us), x->status, (int)(x->latency_us / S), (int)(x->latency_us % S));
    if (x->instance != NULL)
        fprintf(f, ",\"labels\":{\"instanceId\":\"%s\"}", x->instance);
    if (x->trace != NULL)
        fprintf(f, ",\"trace\":\"projects/p/traces/%s\"", x->trace);
    fprintf(f, "}\n");
}

static inline void put_event(FILE *f, const char *id, int64_t at_us, const char *instance,
                             const char *text) {
    fprintf(f, "{\"insertId\":\"%s\",", id);
    put_resource(f, "s", "s-1");
    fprintf(f,
            ",\"timestamp\":\"%s\",\"severity\":\"INFO\",\"textPayload\":\"%s\","
            "\"labels\":{\"instanceId\":\"%s\"},"
            "\"logName\":\"projects/p/logs/run.googleapis.com%%2Fvarlog%%2Fsystem\"}\n",
            stamp(at_us), text, instance);
}

static inline FILE *make_file(const char *path) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    return f;
}

static inline struct import_options usual(void) {
    return (struct import_options){.margin_us = 1200 * S, .idle_limit_us = 900 * S};
}

/* Imports one log (or NULL) and one metrics file (or NULL), which must go well; its result is the
 * caller's. */
static inline struct import_result import_files(const char *run, const char *log,
                                                const char *metrics, struct import_options o) {
    struct import_result r = {0};
    struct err e = {"untouched"};
    o.logs = &log;
    o.log_count = log != NULL;
    o.metrics = &metrics;
    o.metrics_count = metrics != NULL;
    if (import_run(run, &o, &r, &e) != 0)
        fail_msg("import: %s", e.text);
    assert_string_equal(e.text, "untouched");
    return r;
}

static inline void import_log_of(const char *run, const char *log) {
    struct import_result r = import_files(run, log, NULL, usual());
    import_result_done(&r);
}

#endif
