/* What is shown while a run goes on (from samples) and what is read from its file afterwards are
 * the same microseconds, whatever the nanoseconds were. */
#include "record/fixture.h"

#include "record/reader.h"
#include "util/rng.h"

#define SAMPLES 3000

static struct sample samples[SAMPLES];

/* Any nanoseconds, so that each moment is cut differently from its neighbours. */
static void make_samples(void) {
    struct rng r;
    rng_seed(&r, 5, 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct sample s = {.intended_ns = (int64_t)rng_below(&r, 4000000000),
                           .ttfb_us = SAMPLE_NO_TTFB,
                           .user = (uint32_t)i,
                           .outcome = (unsigned)rng_below(&r, OUTCOME_COUNT) & 0xff};
        s.sent_ns = s.intended_ns + (int64_t)rng_below(&r, 5000);
        s.end_ns = s.sent_ns + (int64_t)rng_below(&r, 3000000);
        if (rng_below(&r, 2) == 0)
            s.intended_ns = SAMPLE_NO_TIME;
        if (!outcome_is_sent((int)s.outcome)) {
            s.end_ns = s.outcome == OUTCOME_NOT_SENT ? SAMPLE_NO_TIME : s.sent_ns;
            if (s.outcome == OUTCOME_NOT_SENT)
                s.intended_ns = s.sent_ns;
            s.sent_ns = SAMPLE_NO_TIME;
        } else {
            s.ttfb_us = rng_below(&r, 5) == 0 ? SAMPLE_NO_TTFB : (uint32_t)rng_below(&r, 2000);
            s.dns_us = (uint32_t)rng_below(&r, 3); /* 0: there was no such step */
            s.connect_us = (uint32_t)rng_below(&r, 3);
            s.tls_us = (uint32_t)rng_below(&r, 3);
            s.status = (uint16_t)rng_below(&r, 600);
            s.bytes_sent = (uint32_t)rng_next(&r);
            s.bytes_received = rng_next(&r) & SAMPLE_BYTES_MAX;
            s.grpc_status = rng_below(&r, 18) & 0x3f;
            s.http_version = rng_below(&r, HTTP_VERSION_COUNT) & 0xf;
            s.previous_end = rng_below(&r, CONNECTION_END_COUNT) & 0xf;
            s.previous_idle_us = (uint32_t)rng_below(&r, 3);
            s.flags = rng_below(&r, 2) == 0 ? SAMPLE_NEW_CONNECTION : 0;
        }
        if (outcome_is_sent((int)s.outcome) && rng_below(&r, 4) == 0) {
            s.resent_us = 1 + (uint32_t)((s.end_ns - s.sent_ns) / 2000);
            s.flags |= SAMPLE_SENT_AGAIN;
        }
        samples[i] = s;
    }
}

static void same(size_t i, const char *what, int64_t got, int64_t want) {
    if (got != want)
        fail_msg("sample %zu: %s is %lld, not %lld", i, what, (long long)got, (long long)want);
}

/* By hand: a moment is cut to whole microseconds, and times are differences of moments. */
static void check_row(size_t i, const struct request *row) {
    const struct sample *s = &samples[i];
    bool timed = s->outcome <= OUTCOME_PROTOCOL_ERROR || s->outcome >= OUTCOME_STREAM_CUT;
    int64_t none = READER_NO_VALUE, end = s->end_ns == SAMPLE_NO_TIME ? none : s->end_ns / 1000;
    int64_t sent = s->sent_ns == SAMPLE_NO_TIME ? none : s->sent_ns / 1000;
    int64_t intended = s->intended_ns == SAMPLE_NO_TIME ? none : s->intended_ns / 1000;
    same(i, "intended_us", row->intended_us, intended);
    same(i, "sent_us", row->sent_us, sent);
    same(i, "end_us", row->end_us, end);
    same(i, "response_us", row->response_us,
         timed ? end - (intended == none ? sent : intended) : none);
    same(i, "service_us", row->service_us, timed ? end - sent - s->resent_us : none);
}

/* What is shown on the way is what the file has, all of it. */
static void check_on_the_way(size_t i, const struct request *row) {
    struct request x;
    sample_request(&samples[i], &x);
    same(i, "endpoint", x.endpoint, row->endpoint);
    same(i, "error", x.error, row->error);
    same(i, "user", x.user, row->user);
    same(i, "intended", x.intended_us, row->intended_us);
    same(i, "sent", x.sent_us, row->sent_us);
    same(i, "end", x.end_us, row->end_us);
    same(i, "service", x.service_us, row->service_us);
    same(i, "response", x.response_us, row->response_us);
    same(i, "dns", x.dns_us, row->dns_us);
    same(i, "connect", x.connect_us, row->connect_us);
    same(i, "tls", x.tls_us, row->tls_us);
    same(i, "ttfb", x.ttfb_us, row->ttfb_us);
    same(i, "resent", x.resent_us, row->resent_us);
    same(i, "idle", x.previous_idle_us, row->previous_idle_us);
    same(i, "bytes sent", (int64_t)x.bytes_sent, (int64_t)row->bytes_sent);
    same(i, "bytes received", (int64_t)x.bytes_received, (int64_t)row->bytes_received);
    same(i, "status", x.status, row->status);
    same(i, "grpc status", x.grpc_status, row->grpc_status);
    same(i, "outcome", (int64_t)x.outcome, (int64_t)row->outcome);
    same(i, "new connection", x.new_connection, row->new_connection);
    same(i, "version", (int64_t)x.http_version, (int64_t)row->http_version);
    same(i, "previous end", (int64_t)x.previous_end, (int64_t)row->previous_end);
}

static int take(void *context, const struct request *row) {
    size_t *i = context;
    same(*i, "user", row->user,
         samples[*i].outcome == OUTCOME_NOT_SENT ? READER_NO_VALUE : (int64_t)*i);
    check_row((*i)++, row);
    return 0;
}

static int take_of_file(void *context, const struct request *row) {
    check_on_the_way(*(const size_t *)context, row);
    return take(context, row);
}

static void samples_rows_and_the_view_agree(void **state) {
    (void)state;
    struct record *r;
    struct reader *reader;
    struct err e;
    struct record_run run = small_run(1);
    char path[512];
    size_t i = 0;
    snprintf(path, sizeof path, "%s", in_dir("times.db"));
    make_samples();
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    for (; i < SAMPLES; i++)
        assert_true(queue_push(record_queue(r, 0), &samples[i]));
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    i = 0;
    assert_ok(reader_open(path, &reader, &e), e);
    assert_ok(reader_scan(reader, take_of_file, &i, &e), e);
    reader_close(reader);
    assert_int_equal(i, SAMPLES);
    char *rows = query(path, "SELECT intended_us, sent_us, end_us, service_us, response_us, user"
                             " FROM requests ORDER BY id");
    char *line = rows;
    for (i = 0; i < SAMPLES; i++) {
        int64_t v[6];
        for (size_t k = 0; k < 6; k++) {
            char *end = line + strcspn(line, "|\n");
            v[k] = strncmp(line, "NULL", 4) == 0 ? READER_NO_VALUE : strtoll(line, NULL, 10);
            line = end + 1;
        }
        struct request row = {.intended_us = v[0],
                              .sent_us = v[1],
                              .end_us = v[2],
                              .service_us = v[3],
                              .response_us = v[4],
                              .user = v[5]};
        size_t at = i;
        take(&at, &row);
    }
    free(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_rows_and_the_view_agree)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
