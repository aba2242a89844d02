/*
 * AIPerf's profile_export.jsonl (AIPerf 095370b1): a line a request, written as the rows come.
 * docs/formats.md says what replaces values that a run file lacks.
 */
#include <inttypes.h>
#include <math.h>

#include "report/export.h"
#include "report/export_streams.h"
#include "report/outfile.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/json_write.h"
#include "util/outcome.h"

#define BLOCK_BYTES ((size_t)1 << 16)
#define TEXT_MAX_BYTES ((size_t)64 << 20)
#define ERROR_BYTES 256
#define CLIENT_CLOSED 499 /* AIPerf's code of a cancelled request */
#define BAD_STREAM 502    /* and of an error within a stream */

struct aiperf {
    struct export_streams streams;
    struct json_writer w;
    struct buf out;
    FILE *to;
    int64_t start_us; /* since 1970 */
    int64_t number;
};

static void flush(struct aiperf *a, size_t from) {
    if (a->out.len < from)
        return;
    fwrite(buf_text(&a->out), 1, a->out.len, a->to);
    buf_clear(&a->out);
}

static double ms_of(int64_t us) {
    return (double)us / 1000;
}

/* {"value": ..., "unit": "ms"}; nothing where there is no value. */
static void put_ms(struct aiperf *a, const char *key, double ms) {
    if (isnan(ms))
        return;
    json_write_object(&a->w, key, JSON_LINE);
    json_write_exact(&a->w, "value", ms);
    json_write_text(&a->w, "unit", "ms");
    json_write_end(&a->w);
}

static void put_tokens(struct aiperf *a, const char *key, int64_t tokens) {
    if (tokens == REQUEST_NO_VALUE)
        return;
    json_write_object(&a->w, key, JSON_LINE);
    json_write_int(&a->w, "value", tokens);
    json_write_text(&a->w, "unit", "tokens");
    json_write_end(&a->w);
}

static void put_gaps(struct aiperf *a, const struct stream_row *s) {
    int64_t gap_us;
    const char *at = s->gaps;
    if (s->token_events < 2)
        return;
    json_write_object(&a->w, "inter_chunk_latency", JSON_LINE);
    json_write_array(&a->w, "value", JSON_LINE);
    while (at != NULL && stream_row_gap(&at, &gap_us))
        json_write_exact(&a->w, NULL, ms_of(gap_us));
    json_write_end(&a->w);
    json_write_text(&a->w, "unit", "ms");
    json_write_end(&a->w);
}

/* A mean over the answer; AIPerf's speed of a user is one second by that. */
static void put_per_token(struct aiperf *a, const struct stream_row *s) {
    if (s->output_tokens < 2)
        return;
    double ms = ms_of(s->last_token_us - s->ttft_us) / (double)(s->output_tokens - 1);
    put_ms(a, "inter_token_latency", ms);
    if (ms <= 0)
        return;
    json_write_object(&a->w, "output_token_throughput_per_user", JSON_LINE);
    json_write_exact(&a->w, "value", 1000 / ms);
    json_write_text(&a->w, "unit", "tokens/sec/user");
    json_write_end(&a->w);
}

static void metrics(struct aiperf *a, const struct stream_row *s) {
    int64_t gap_us;
    const char *at = s->gaps;
    int64_t reasoning = s->reasoning_tokens > 0 ? s->reasoning_tokens : 0;
    put_tokens(a, "input_sequence_length", s->prompt_tokens);
    put_ms(a, "time_to_first_token", ms_of(s->ttft_us));
    if (at != NULL && stream_row_gap(&at, &gap_us))
        put_ms(a, "time_to_second_token", ms_of(gap_us));
    if (s->ttfo_us != REQUEST_NO_VALUE)
        put_ms(a, "time_to_first_output_token", ms_of(s->ttfo_us));
    put_ms(a, "request_latency", ms_of(s->last_token_us));
    /* Some servers leave reasoning out of the output. */
    put_tokens(a, "output_token_count",
               s->output_tokens - (reasoning <= s->output_tokens ? reasoning : 0));
    if (reasoning > 0)
        put_tokens(a, "reasoning_token_count", reasoning);
    put_gaps(a, s);
    put_tokens(a, "output_sequence_length", s->output_tokens);
    put_per_token(a, s);
}

/* What ended early because we wanted it so is a cancelled request there, and has no metrics. */
static bool is_cancelled(const struct request *row, const struct stream_row *s) {
    return row->outcome == OUTCOME_CANCELLED ||
           (s != NULL && s->finish == STREAM_FINISH_CANCEL_AFTER);
}

/* AIPerf is content with a body that came to its end and had some text in it. */
static bool is_good(const struct request *row, const struct stream_row *s) {
    return s != NULL && s->ttft_us != REQUEST_NO_VALUE && !is_cancelled(row, s) &&
           (row->outcome == OUTCOME_OK || row->outcome == OUTCOME_CHECK_FAILED ||
            row->outcome == OUTCOME_STREAM_CUT);
}

static void error(struct aiperf *a, const struct request *row, const struct stream_row *s) {
    struct json_writer *w = &a->w;
    char room[ERROR_BYTES];
    if (is_good(row, s)) {
        json_write_null(w, "error");
        return;
    }
    json_write_object(w, "error", JSON_LINE);
    if (is_cancelled(row, s)) {
        snprintf(room, sizeof room, "Request was cancelled after %.3f seconds",
                 (double)(row->end_us - row->sent_us) / 1e6);
        json_write_int(w, "code", CLIENT_CLOSED);
        json_write_text(w, "type", "RequestCancellationError");
        json_write_text(w, "message", room);
    } else {
        const char *text = export_streams_error(&a->streams, row, room, sizeof room);
        bool status = row->outcome == OUTCOME_HTTP_ERROR;
        bool stream = row->outcome == OUTCOME_STREAM_ERROR;
        if (status || stream)
            json_write_int(w, "code", status ? row->status : BAD_STREAM);
        else
            json_write_null(w, "code");
        json_write_text(w, "type",
                        status   ? export_streams_phrase(row->status)
                        : stream ? "SSEResponseError"
                                 : outcome_text((int)row->outcome));
        json_write_text(w, "message", text);
    }
    json_write_end(w);
}

static int64_t epoch_ns(const struct aiperf *a, int64_t run_us) {
    return (a->start_us + run_us) * NS_PER_US;
}

static void metadata(struct aiperf *a, const struct request *row, const struct stream_row *s) {
    struct json_writer *w = &a->w;
    char worker[32];
    snprintf(worker, sizeof worker, "user_%" PRId64, row->user < 0 ? 0 : row->user);
    json_write_object(w, "metadata", JSON_LINE);
    json_write_int(w, "session_num", a->number);
    json_write_null(w, "x_request_id");
    json_write_null(w, "x_correlation_id");
    json_write_null(w, "conversation_id");
    json_write_int(w, "turn_index", 0);
    json_write_int(w, "request_start_ns", epoch_ns(a, row->sent_us));
    if (row->ttfb_us != REQUEST_NO_VALUE)
        json_write_int(w, "request_ack_ns", epoch_ns(a, row->sent_us + row->ttfb_us));
    else
        json_write_null(w, "request_ack_ns");
    json_write_int(w, "request_end_ns", epoch_ns(a, row->end_us));
    json_write_text(w, "worker_id", worker);
    json_write_text(w, "record_processor_id", "coldswarm");
    json_write_text(w, "benchmark_phase", "profiling");
    json_write_bool(w, "was_cancelled", is_cancelled(row, s));
    if (is_cancelled(row, s))
        json_write_int(w, "cancellation_time_ns", epoch_ns(a, row->end_us));
    else
        json_write_null(w, "cancellation_time_ns");
    json_write_end(w);
}

static int one(void *context, const struct request *row, const struct stream_row *s) {
    struct aiperf *a = context;
    if (!export_streams_lists(&a->streams, row))
        return 0;
    json_write_init(&a->w, &a->out, "");
    json_write_object(&a->w, NULL, JSON_LINE);
    metadata(a, row, s);
    json_write_object(&a->w, "metrics", JSON_LINE);
    if (is_good(row, s))
        metrics(a, s);
    else if (s != NULL)
        put_tokens(a, "error_isl", s->prompt_tokens);
    json_write_end(&a->w);
    error(a, row, s);
    json_write_end(&a->w);
    buf_char(&a->out, '\n');
    a->number++;
    flush(a, BLOCK_BYTES);
    return 0;
}

int export_aiperf(FILE *to, const struct report_source *s, struct err *e) {
    struct aiperf a = {.to = to};
    const char *started = reader_run(s->reader)->started_utc;
    int64_t start_ns = 0;
    int result = -1;
    buf_init(&a.out, TEXT_MAX_BYTES);
    bool known = clock_read_utc(started, &start_ns);
    a.start_us = start_ns / NS_PER_US;
    if (!known)
        err_set(e, "the run says that it began at \"%s\", which is no time", started);
    else if (export_streams_init(&a.streams, s->reader, "aiperf", e) == 0)
        result = reader_answers(s->reader, one, &a, e);
    flush(&a, 0);
    if (result == 0)
        result = buf_fits(&a.out, e, NULL, "a line of AIPerf's format");
    export_streams_done(&a.streams);
    buf_done(&a.out);
    return result;
}
