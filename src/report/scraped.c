#include "report/scraped.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_server.h"
#include "util/array.h"
#include "util/buf.h"
#include "util/clock.h"

#define LABEL_MAX_BYTES ((size_t)1 << 20)
/* Newer names first. */
static const char *const running[] = {"vllm:num_requests_running", "sglang:num_running_reqs",
                                      "llamacpp:requests_processing", "tgi_batch_current_size"};
static const char *const waiting[] = {"vllm:num_requests_waiting", "sglang:num_queue_reqs",
                                      "llamacpp:requests_deferred", "tgi_queue_size"};
static const char *const kv_share[] = {"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc",
                                       "sglang:token_usage", "llamacpp:kv_cache_usage_ratio"};

/* One metric while its points come, series by series. */
struct collecting {
    double *sum;
    uint32_t *series; /* that have a value in the second */
    size_t seconds;
    struct buf label; /* of the point before, in which second, and what it was */
    size_t second;
    double value;
    bool any;
};

static int take_point(void *context, const struct reader_point *p) {
    struct collecting *c = context;
    if (p->at_us < 0 || (size_t)(p->at_us / US_PER_S) >= c->seconds)
        return 0;
    size_t second = (size_t)(p->at_us / US_PER_S);
    bool again = c->any && second == c->second && strcmp(p->label, buf_text(&c->label)) == 0;
    c->sum[second] += p->value - (again ? c->value : 0); /* of two in a second the later one */
    c->series[second] += !again;
    buf_clear(&c->label);
    buf_str(&c->label, p->label);
    c->second = second;
    c->value = p->value;
    c->any = true;
    return 0;
}

/* The first of the names that the file has; `share`: of 1, to be averaged, in percent. */
static int read_first(struct reader *r, const char *const *names, size_t n, bool share,
                      size_t seconds, double **out, struct err *e) {
    struct collecting c = {.sum = calloc(seconds + 1, sizeof *c.sum),
                           .series = calloc(seconds + 1, sizeof *c.series),
                           .seconds = seconds};
    buf_init(&c.label, LABEL_MAX_BYTES);
    int result = c.sum != NULL && c.series != NULL ? 0 : err_memory(e, "the target's metrics");
    for (size_t i = 0; i < n && result == 0 && !c.any; i++)
        result = reader_points(r, names[i], take_point, &c, e);
    for (size_t i = 0; i < seconds && result == 0; i++) {
        if (c.series[i] == 0)
            c.sum[i] = (double)NAN;
        else if (share)
            c.sum[i] *= 100.0 / c.series[i];
    }
    free(c.series);
    buf_done(&c.label);
    if (result == 0 && c.any)
        *out = c.sum;
    else
        free(c.sum);
    return result;
}

int scraped_new(struct reader *r, size_t seconds, struct scraped **out, struct err *e) {
    struct scraped *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL)
        return err_memory(e, "the target's metrics");
    int result = -1;
    if (read_first(r, running, COUNT_OF(running), false, seconds, &s->running, e) == 0 &&
        read_first(r, waiting, COUNT_OF(waiting), false, seconds, &s->waiting, e) == 0 &&
        read_first(r, kv_share, COUNT_OF(kv_share), true, seconds, &s->kv_percent, e) == 0)
        result = 0;
    if (result == 0 && (s->running != NULL || s->waiting != NULL || s->kv_percent != NULL))
        *out = s;
    else
        scraped_free(s);
    return result;
}

void scraped_free(struct scraped *s) {
    if (s == NULL)
        return;
    free(s->running);
    free(s->waiting);
    free(s->kv_percent);
    free(s);
}
