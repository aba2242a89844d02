#include "report/stream_series.h"

#include <stdlib.h>

#include "record/reader_server.h"
#include "record/reader_streams.h"
#include "util/clock.h"
#include "util/outcome.h"

#define BY_PROMPT_ALL 5000 /* points; with more of them, a page is too large */

struct reading {
    struct stream_series *s;
    int64_t *cold; /* ids of requests, in order */
    size_t cold_count;
    double *change; /* of the streams in flight through whole seconds, by second */
    int64_t longest_prompt;
    struct err *e;
};

static int by_id(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum points_kind kind_of(const struct reading *r, const struct request *x) {
    bool cold = r->cold_count > 0 &&
                bsearch(&x->id, r->cold, r->cold_count, sizeof *r->cold, by_id) != NULL;
    return cold ? POINTS_COLD : POINTS_WARM;
}

static void tokens_at(struct stream_series *s, int64_t at_us, double tokens) {
    size_t second = at_us > 0 ? (size_t)(at_us / US_PER_S) : 0;
    if (s->seconds > 0)
        s->tokens[second < s->seconds ? second : s->seconds - 1] += tokens;
}

static void count_tokens(struct stream_series *s, const struct request *x,
                         const struct stream_row *row) {
    int64_t at_us = x->sent_us + row->ttft_us, gap_us;
    double each = (double)row->output_tokens / (double)row->token_events;
    tokens_at(s, at_us, each);
    for (const char *at = row->gaps; at != NULL && stream_row_gap(&at, &gap_us);) {
        at_us += gap_us;
        tokens_at(s, at_us, each);
        heatmap_add(s->gaps, at_us, gap_us);
    }
}

/* The share of each second in which it was in flight; whole seconds are summed up later. */
static void count_flight(struct reading *r, int64_t from_us, int64_t to_us) {
    struct stream_series *s = r->s;
    int64_t end_us = (int64_t)s->seconds * US_PER_S;
    from_us = from_us > 0 ? from_us : 0;
    to_us = to_us < end_us ? to_us : end_us;
    if (to_us <= from_us)
        return;
    size_t first = (size_t)(from_us / US_PER_S), last = (size_t)((to_us - 1) / US_PER_S);
    if (first == last) {
        s->in_flight[first] += (double)(to_us - from_us) / US_PER_S;
        return;
    }
    s->in_flight[first] += (double)((int64_t)(first + 1) * US_PER_S - from_us) / US_PER_S;
    s->in_flight[last] += (double)(to_us - (int64_t)last * US_PER_S) / US_PER_S;
    r->change[first + 1] += 1;
    r->change[last] -= 1;
}

static int first_reading(void *context, const struct request *x, const struct stream_row *row) {
    struct reading *r = context;
    if (x->sent_us == REQUEST_NO_VALUE)
        return 0;
    if (x->end_us != REQUEST_NO_VALUE)
        count_flight(r, x->sent_us, x->end_us);
    if (row->ttft_us == REQUEST_NO_VALUE || row->token_events == 0)
        return 0;
    count_tokens(r->s, x, row);
    if (row->prompt_tokens > r->longest_prompt)
        r->longest_prompt = row->prompt_tokens;
    if (!outcome_is_timed((int)x->outcome))
        return 0;
    return points_add(r->s->ttft, kind_of(r, x), x->sent_us, row->ttft_us, r->e);
}

static int second_reading(void *context, const struct request *x, const struct stream_row *row) {
    struct reading *r = context;
    if (row->ttft_us == REQUEST_NO_VALUE || row->prompt_tokens == REQUEST_NO_VALUE ||
        !outcome_is_timed((int)x->outcome))
        return 0;
    return points_add(r->s->by_prompt, kind_of(r, x), row->prompt_tokens, row->ttft_us, r->e);
}

static int read_streams(struct reading *r, struct reader *from) {
    struct stream_series *s = r->s;
    double now = 0;
    if (reader_streams(from, first_reading, r, r->e) != 0)
        return -1;
    for (size_t i = 0; i < s->seconds; i++) {
        now += r->change[i];
        s->in_flight[i] += now;
    }
    if (r->longest_prompt == 0)
        return 0;
    if (points_new(r->longest_prompt + 1, &s->by_prompt, r->e) != 0)
        return -1;
    points_keep(s->by_prompt, BY_PROMPT_ALL);
    return reader_streams(from, second_reading, r, r->e);
}

static int read_cold(struct reading *r, struct reader *from) {
    struct reader_server side;
    if (reader_server(from, &side, r->e) != 0)
        return -1;
    r->s->labelled = side.joined > 0;
    return r->s->labelled ? reader_cold(from, &r->cold, &r->cold_count, r->e) : 0;
}

int stream_series_new(struct reader *r, size_t seconds, struct stream_series **out, struct err *e) {
    int64_t run_us = (int64_t)seconds * US_PER_S;
    *out = NULL;
    if (!reader_has_streams(r))
        return 0;
    struct reading x = {.s = calloc(1, sizeof *x.s), .e = e};
    x.change = calloc(seconds + 2, sizeof *x.change);
    if (x.s != NULL) {
        x.s->seconds = seconds;
        x.s->tokens = calloc(seconds + 1, sizeof *x.s->tokens);
        x.s->in_flight = calloc(seconds + 1, sizeof *x.s->in_flight);
    }
    int result = -1;
    if (x.s == NULL || x.change == NULL || x.s->tokens == NULL || x.s->in_flight == NULL)
        err_memory(e, "the streams of %zu seconds", seconds);
    else if (points_new(run_us, &x.s->ttft, e) == 0 && heatmap_new(run_us, &x.s->gaps, e) == 0 &&
             read_cold(&x, r) == 0)
        result = read_streams(&x, r);
    free(x.cold);
    free(x.change);
    if (result == 0)
        *out = x.s;
    else
        stream_series_free(x.s);
    return result;
}

void stream_series_free(struct stream_series *s) {
    if (s == NULL)
        return;
    points_free(s->ttft);
    points_free(s->by_prompt);
    heatmap_free(s->gaps);
    free(s->tokens);
    free(s->in_flight);
    free(s);
}
