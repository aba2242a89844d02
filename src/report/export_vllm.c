/*
 * The file of `vllm bench serve --save-result --save-detailed` (vLLM 009e6d4a), by vLLM's
 * definitions. docs/formats.md says what replaces values that a run file lacks.
 *
 * The rows are read once per list, so that memory grows by only two numbers per request.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/dialects.h"
#include "report/export.h"
#include "report/export_streams.h"
#include "report/outfile.h"
#include "stats/quantile.h"
#include "stats/select.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/json_write.h"
#include "util/outcome.h"

#define BLOCK_BYTES ((size_t)1 << 16)
#define TEXT_MAX_BYTES ((size_t)64 << 20)
#define ERROR_BYTES 256
#define P99 0.99

/* One request as vLLM keeps it; times in ns from the sending. */
struct output {
    bool success;
    bool first; /* it has a TTFT */
    int64_t prompt, length;
    int64_t ttft_ns, latency_ns, queue_ns;
    int64_t first_gap_ns; /* from an event without a token to the first one with; 0: none */
    const char *gaps;
};

enum { TTFT, TPOT, ITL, E2EL, STATS };
static const char *const stat_names[STATS] = {"ttft", "tpot", "itl", "e2el"};

/* numpy's mean, median, std and 99th percentile of one of them. */
struct stat {
    struct select select;
    double mean, squares; /* Welford's */
};

struct vllm {
    struct export_streams streams;
    struct json_writer w;
    struct buf out;
    FILE *to;
    struct err *e;
    struct stat stats[STATS];
    uint64_t requests, completed, input, output;
    bool open_load;
    bool second_reading;
    int64_t *starts, *ends; /* of the good ones, from the start of the run */
    size_t cap;
    int64_t from_ns;  /* the earliest of the starts */
    uint64_t *tokens; /* by second from there */
    size_t seconds;
    void (*item)(struct vllm *v, const struct request *row, const struct output *o);
};

static int64_t ns_of(int64_t us) {
    return us > 0 ? us * NS_PER_US : 0;
}

static struct output output_of(const struct request *row, const struct stream_row *s) {
    struct output o = {.success = dialects_vllm_takes(row, s)};
    if (row->intended_us != REQUEST_NO_VALUE)
        o.queue_ns = ns_of(row->sent_us - row->intended_us);
    if (s == NULL || s->first_event_us == REQUEST_NO_VALUE)
        return o;
    o.first = true;
    o.ttft_ns = ns_of(s->first_event_us);
    o.prompt = s->prompt_tokens > 0 ? s->prompt_tokens : 0;
    o.gaps = s->gaps;
    if (s->ttft_us != REQUEST_NO_VALUE)
        o.first_gap_ns = ns_of(s->ttft_us - s->first_event_us);
    if (!o.success)
        return o;
    o.length = s->output_tokens > 0 ? s->output_tokens : 1;
    o.latency_ns = s->last_token_us != REQUEST_NO_VALUE ? ns_of(s->last_token_us) : o.ttft_ns;
    return o;
}

/* ---- counting ---- */

static void count(struct vllm *v, int which, int64_t ns) {
    struct stat *s = &v->stats[which];
    if (v->second_reading) {
        select_collect(&s->select, ns);
        return;
    }
    select_count(&s->select, ns);
    double from_mean = (double)ns - s->mean;
    s->mean += from_mean / (double)s->select.hist.total;
    s->squares += from_mean * ((double)ns - s->mean);
}

static void token_at(struct vllm *v, int64_t at_ns) {
    size_t second = at_ns > v->from_ns ? (size_t)((at_ns - v->from_ns) / NS_PER_S) : 0;
    if (v->second_reading && second < v->seconds)
        v->tokens[second]++;
}

static void count_gaps(struct vllm *v, const struct request *row, const struct output *o) {
    int64_t at_ns = ns_of(row->sent_us) + o->ttft_ns, gap_us;
    token_at(v, at_ns);
    if (o->first_gap_ns > 0) {
        count(v, ITL, o->first_gap_ns);
        token_at(v, at_ns += o->first_gap_ns);
    }
    for (const char *at = o->gaps; at != NULL && stream_row_gap(&at, &gap_us);) {
        count(v, ITL, ns_of(gap_us));
        token_at(v, at_ns += ns_of(gap_us));
    }
}

static int keep_ends(struct vllm *v, const struct request *row, const struct output *o) {
    if (v->completed == v->cap) {
        size_t more = v->cap == 0 ? 1024 : v->cap * 2;
        int64_t *starts = realloc(v->starts, more * sizeof *starts);
        if (starts != NULL)
            v->starts = starts;
        int64_t *ends = starts == NULL ? NULL : realloc(v->ends, more * sizeof *ends);
        if (ends == NULL)
            return err_memory(v->e, "%zu answers", more);
        v->ends = ends;
        v->cap = more;
    }
    v->starts[v->completed] = ns_of(row->sent_us);
    v->ends[v->completed] = ns_of(row->sent_us) + o->latency_ns;
    return 0;
}

static int first_reading(struct vllm *v, const struct request *row, const struct output *o) {
    v->requests++;
    v->open_load = v->open_load || row->intended_us != REQUEST_NO_VALUE;
    if (!o->success)
        return 0;
    if (keep_ends(v, row, o) != 0)
        return -1;
    v->completed++;
    v->input += (uint64_t)o->prompt;
    v->output += (uint64_t)o->length;
    return 0;
}

static int counting(void *context, const struct request *row, const struct stream_row *s) {
    struct vllm *v = context;
    if (!export_streams_lists(&v->streams, row))
        return 0;
    struct output o = output_of(row, s);
    if (!v->second_reading && first_reading(v, row, &o) != 0)
        return -1;
    if (!o.success)
        return 0;
    count(v, TTFT, o.ttft_ns);
    count(v, E2EL, o.latency_ns);
    if (o.length > 1) {
        int64_t decode_ns = o.latency_ns > o.ttft_ns ? o.latency_ns - o.ttft_ns : 0;
        count(v, TPOT, llround((double)decode_ns / (double)(o.length - 1)));
    }
    count_gaps(v, row, &o);
    return 0;
}

static int plan(struct vllm *v) {
    for (int i = 0; i < STATS; i++) {
        uint64_t ranks[4], n = v->stats[i].select.hist.total;
        if (n == 0)
            continue;
        struct quantile_rank middle = quantile_rank(0.5, n), high = quantile_rank(P99, n);
        ranks[0] = middle.lower;
        ranks[1] = middle.upper;
        ranks[2] = high.lower;
        ranks[3] = high.upper;
        if (select_want(&v->stats[i].select, ranks, 4, v->e) != 0)
            return -1;
    }
    int64_t last_ns = 0;
    v->from_ns = v->completed > 0 ? INT64_MAX : 0;
    for (uint64_t i = 0; i < v->completed; i++) {
        v->from_ns = v->starts[i] < v->from_ns ? v->starts[i] : v->from_ns;
        last_ns = v->ends[i] > last_ns ? v->ends[i] : last_ns;
    }
    v->seconds = (size_t)((last_ns - v->from_ns) / NS_PER_S) + 2;
    v->tokens = calloc(v->seconds, sizeof *v->tokens);
    return v->tokens != NULL ? 0 : err_memory(v->e, "%zu seconds", v->seconds);
}

static int read_all(struct vllm *v) {
    if (reader_answers(v->streams.reader, counting, v, v->e) != 0 || plan(v) != 0)
        return -1;
    v->second_reading = true;
    if (reader_answers(v->streams.reader, counting, v, v->e) != 0)
        return -1;
    for (int i = 0; i < STATS; i++)
        if (select_finish(&v->stats[i].select, v->e) != 0)
            return -1;
    return 0;
}

/* ---- writing ---- */

static void flush(struct vllm *v, size_t from) {
    if (v->out.len < from)
        return;
    fwrite(buf_text(&v->out), 1, v->out.len, v->to);
    buf_clear(&v->out);
}

static double seconds_of(int64_t ns) {
    return (double)ns / NS_PER_S;
}

static void input_len(struct vllm *v, const struct request *row, const struct output *o) {
    (void)row;
    json_write_int(&v->w, NULL, o->prompt);
}

static void output_len(struct vllm *v, const struct request *row, const struct output *o) {
    (void)row;
    json_write_int(&v->w, NULL, o->length);
}

static void ttft(struct vllm *v, const struct request *row, const struct output *o) {
    (void)row;
    json_write_exact(&v->w, NULL, seconds_of(o->ttft_ns));
}

static void itl(struct vllm *v, const struct request *row, const struct output *o) {
    int64_t gap_us;
    (void)row;
    json_write_array(&v->w, NULL, JSON_LINE);
    if (o->first && o->first_gap_ns > 0)
        json_write_exact(&v->w, NULL, seconds_of(o->first_gap_ns));
    for (const char *at = o->gaps; at != NULL && stream_row_gap(&at, &gap_us);)
        json_write_exact(&v->w, NULL, seconds_of(ns_of(gap_us)));
    json_write_end(&v->w);
}

static void latency(struct vllm *v, const struct request *row, const struct output *o) {
    (void)row;
    json_write_exact(&v->w, NULL, seconds_of(o->latency_ns));
}

static void start_time(struct vllm *v, const struct request *row, const struct output *o) {
    (void)o;
    json_write_exact(&v->w, NULL, seconds_of(row->sent_us * NS_PER_US));
}

static void queue_time(struct vllm *v, const struct request *row, const struct output *o) {
    (void)row;
    json_write_exact(&v->w, NULL, seconds_of(o->queue_ns));
}

static void error(struct vllm *v, const struct request *row, const struct output *o) {
    char room[ERROR_BYTES];
    const char *text = "";
    if (row->outcome == OUTCOME_HTTP_ERROR)
        text = export_streams_phrase(row->status);
    else if (!o->success)
        text = export_streams_error(&v->streams, row, room, sizeof room);
    json_write_text(&v->w, NULL, text);
}

static int listing(void *context, const struct request *row, const struct stream_row *s) {
    struct vllm *v = context;
    if (!export_streams_lists(&v->streams, row))
        return 0;
    struct output o = output_of(row, s);
    v->item(v, row, &o);
    flush(v, BLOCK_BYTES);
    return 0;
}

static int lists(struct vllm *v) {
    static const struct {
        const char *key;
        void (*item)(struct vllm *, const struct request *, const struct output *);
    } all[] = {{"input_lens", input_len},
               {"output_lens", output_len},
               {"ttfts", ttft},
               {"itls", itl},
               {"latencies", latency},
               {"start_times", start_time},
               {"queue_times", queue_time},
               {"errors", error}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        json_write_array(&v->w, all[i].key, JSON_LINE);
        v->item = all[i].item;
        if (reader_answers(v->streams.reader, listing, v, v->e) != 0)
            return -1;
        json_write_end(&v->w);
    }
    return 0;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* At one moment an answer ends before the next one begins. */
static uint64_t most_at_once(struct vllm *v) {
    uint64_t now = 0, most = 0, ended = 0;
    if (v->completed == 0)
        return 0;
    qsort(v->starts, v->completed, sizeof *v->starts, by_size);
    qsort(v->ends, v->completed, sizeof *v->ends, by_size);
    for (uint64_t i = 0; i < v->completed; i++) {
        for (; ended < i && v->ends[ended] <= v->starts[i]; ended++)
            now--;
        now++;
        most = now > most ? now : most;
    }
    return most;
}

static double quantile_ms(const struct stat *s, double p) {
    uint64_t n = s->select.hist.total;
    if (n == 0)
        return 0;
    struct quantile_rank at = quantile_rank(p, n);
    return quantile_between(select_value(&s->select, at.lower), select_value(&s->select, at.upper),
                            at.fraction) /
           NS_PER_MS;
}

/* vLLM says 0 if there is no value. */
static void put_stat(struct vllm *v, int which) {
    const struct stat *s = &v->stats[which];
    uint64_t n = s->select.hist.total;
    const struct {
        const char *before;
        double ms;
    } all[] = {{"mean", n > 0 ? s->mean / NS_PER_MS : 0},
               {"median", quantile_ms(s, 0.5)},
               {"std", n > 0 ? sqrt(s->squares / (double)n) / NS_PER_MS : 0},
               {"p99", quantile_ms(s, P99)}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s_%s_ms", all[i].before, stat_names[which]);
        json_write_exact(&v->w, key, all[i].ms);
    }
}

/* "2026-01-31T12:00:00.000Z" is 20260131-120000 there. */
static void put_date(struct vllm *v, const char *utc) {
    char date[32] = "";
    size_t n = 0;
    for (const char *p = utc; *p != '\0' && *p != '.' && n + 1 < sizeof date; p++)
        if (*p != '-' && *p != ':' && *p != 'Z')
            date[n++] = *p == 'T' ? '-' : *p;
    date[n] = '\0';
    json_write_text(&v->w, "date", date);
}

static void head(struct vllm *v, const struct reader_run *run) {
    struct json_writer *w = &v->w;
    put_date(v, run->started_utc);
    json_write_text(w, "endpoint_type", "coldswarm");
    json_write_text(w, "backend", "coldswarm");
    json_write_text(w, "label", run->name);
    json_write_null(w, "model_id");
    json_write_null(w, "tokenizer_id");
    json_write_uint(w, "num_prompts", v->requests);
    if (v->open_load)
        json_write_null(w, "request_rate");
    else
        json_write_text(w, "request_rate", "inf");
    json_write_null(w, "burstiness");
    if (v->open_load)
        json_write_null(w, "max_concurrency");
    else
        json_write_uint(w, "max_concurrency", run->users_max);
}

static double rate(double count, double seconds) {
    return seconds > 0 ? count / seconds : 0;
}

static int write_all(struct vllm *v) {
    struct json_writer *w = &v->w;
    const struct reader_run *run = reader_run(v->streams.reader);
    double s = (double)run->duration_us / 1e6;
    uint64_t most = 0;
    for (size_t i = 0; i < v->seconds; i++)
        most = v->tokens[i] > most ? v->tokens[i] : most;
    json_write_init(w, &v->out, "");
    json_write_object(w, NULL, JSON_LINE);
    head(v, run);
    json_write_exact(w, "duration", s);
    json_write_uint(w, "completed", v->completed);
    json_write_uint(w, "failed", v->requests - v->completed);
    json_write_uint(w, "total_input_tokens", v->input);
    json_write_uint(w, "total_output_tokens", v->output);
    json_write_exact(w, "request_throughput", rate((double)v->completed, s));
    json_write_null(w, "request_goodput");
    json_write_exact(w, "output_throughput", rate((double)v->output, s));
    json_write_exact(w, "total_token_throughput", rate((double)(v->input + v->output), s));
    if (lists(v) != 0)
        return -1;
    json_write_uint(w, "max_output_tokens_per_s", most);
    json_write_uint(w, "max_concurrent_requests", most_at_once(v));
    json_write_exact(w, "rtfx", 0);
    for (int i = 0; i < STATS; i++)
        put_stat(v, i);
    json_write_end(w);
    buf_char(&v->out, '\n');
    flush(v, 0);
    return buf_fits(&v->out, v->e, NULL, "a value of vLLM's format");
}

int export_vllm(FILE *to, const struct report_source *s, struct err *e) {
    struct vllm v = {.to = to, .e = e};
    int result = -1;
    buf_init(&v.out, TEXT_MAX_BYTES);
    if (export_streams_init(&v.streams, s->reader, "vllm", e) != 0)
        goto out;
    for (int i = 0; i < STATS; i++)
        if (select_init(&v.stats[i].select, e) != 0)
            goto out;
    if (read_all(&v) == 0)
        result = write_all(&v);
out:
    for (int i = 0; i < STATS; i++)
        select_done(&v.stats[i].select);
    export_streams_done(&v.streams);
    buf_done(&v.out);
    free(v.starts);
    free(v.ends);
    free(v.tokens);
    return result;
}
