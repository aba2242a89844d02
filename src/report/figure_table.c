#include "report/figure_table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "report/axis.h"
#include "stats/quantile.h"

#define LABEL_MAX_BYTES ((size_t)1 << 20)

/* ---- of the client ---- */

static int requests_per_second(struct figure *f, const struct model *m, struct err *e) {
    for (int line = 0; line < 2; line++) {
        struct figure_series *s = figure_add(f, 0, e);
        if (s == NULL)
            return -1;
        for (size_t i = 0; i < f->seconds; i++) {
            struct series_second x = {0};
            if (i < series_seconds(m->series))
                series_at(m->series, i, &x);
            s->seconds[i] = (double)(line == 0 ? x.requests : x.failures);
        }
    }
    return 0;
}

enum percentile { MEDIAN, P95 };

/* A line of a percentile of the requests that ended in each second, and in each step. */
static int percentiles(struct figure *f, const struct series *from, enum percentile which,
                       struct err *e) {
    struct figure_series *s = figure_add(f, 0, e);
    struct series_second x;
    if (s == NULL)
        return -1;
    for (size_t i = 0; i < f->seconds && i < series_seconds(from); i++) {
        series_at(from, i, &x);
        s->seconds[i] = which == MEDIAN ? x.median_ms : x.p95_ms;
    }
    for (size_t i = 0; i < s->n && i < series_steps(from); i++) {
        series_step_at(from, i, &x);
        s->y[i] = which == MEDIAN ? x.median_ms : x.p95_ms;
    }
    f->of_requests = true;
    return 0;
}

static int response_time(struct figure *f, const struct model *m, struct err *e) {
    return percentiles(f, m->series, MEDIAN, e) != 0 ? -1 : percentiles(f, m->series, P95, e);
}

static int users(struct figure *f, const struct model *m, struct err *e) {
    struct figure_series *s = figure_add(f, 0, e);
    if (s == NULL)
        return -1;
    for (size_t i = 0; i < f->seconds; i++)
        s->seconds[i] = m->users[i];
    return 0;
}

static int shards(struct figure *f, const struct model *m, struct err *e) {
    const struct shard_series *from = m->shard_series;
    for (size_t line = 0; from != NULL && line < from->count; line++) {
        struct figure_series *s = figure_add(f, 0, e);
        if (s == NULL)
            return -1;
        for (size_t i = 0; i < f->seconds; i++)
            s->seconds[i] = shard_series_at(from, line, i);
        f->lines[line] = (struct figure_line){.name = {.text = from->names[line]},
                                              .column = from->columns[line]};
    }
    if (from != NULL && from->chosen)
        f->caption.text = "Requests per second of the parts: the five with the fewest requests, "
                          "and the mean of all";
    return 0;
}

static int distribution(struct figure *f, const struct model *m, size_t entry,
                        const struct model_entry *x, struct err *e) {
    struct quantile_level levels[QUANTILE_LEVELS_MAX];
    double ms[QUANTILE_LEVELS_MAX];
    size_t n = summary_distribution(m->summary, entry, levels, ms);
    struct figure_series *s = figure_add(f, n, e);
    struct buf label;
    if (s == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        s->percentile[i] = levels[i].percentile;
        s->x[i] = levels[i].inverse;
        s->y[i] = ms[i];
    }
    s->total = entry == SUMMARY_AGGREGATED;
    buf_init(&label, LABEL_MAX_BYTES);
    buf_printf(&label, "%s%s%s", x->method, x->method[0] == '\0' ? "" : " ", x->name);
    s->label = buf_take(&label);
    return s->label != NULL ? 0 : err_set(e, "the name of an endpoint is too long for a report");
}

static int latency_distribution(struct figure *f, const struct model *m, struct err *e) {
    for (size_t i = 0; i < m->entry_count; i++)
        if (distribution(f, m, i, &m->entries[i], e) != 0)
            return -1;
    return distribution(f, m, SUMMARY_AGGREGATED, &m->aggregated, e);
}

static int latency_heatmap(struct figure *f, const struct model *m, struct err *e) {
    (void)e;
    f->heat = m->heatmap;
    return 0;
}

/* ---- of the server ---- */

static int copy(struct figure *f, const double *seconds, struct err *e) {
    struct figure_series *s = figure_add(f, 0, e);
    if (s == NULL)
        return -1;
    for (size_t i = 0; i < f->seconds; i++)
        s->seconds[i] = seconds[i];
    return 0;
}

static int of_server(struct figure *f, const struct model *m, enum platform_figure which,
                     struct err *e) {
    if (m->server == NULL)
        return 0;
    const struct platform_lines *x = &m->server->figures[which];
    if (x->first == NULL) {
        f->missing = x->reason;
        return 0;
    }
    return copy(f, x->first, e) != 0 || (x->second != NULL && copy(f, x->second, e) != 0) ? -1 : 0;
}

static int instance_count(struct figure *f, const struct model *m, struct err *e) {
    return of_server(f, m, PLATFORM_INSTANCE_COUNT, e);
}

static int billable_instance_time(struct figure *f, const struct model *m, struct err *e) {
    return of_server(f, m, PLATFORM_BILLABLE_TIME, e);
}

static int request_count(struct figure *f, const struct model *m, struct err *e) {
    return of_server(f, m, PLATFORM_REQUEST_COUNT, e);
}

static int request_latency(struct figure *f, const struct model *m, struct err *e) {
    const struct platform *s = m->server;
    if (s == NULL || s->figures[PLATFORM_LATENCY].first == NULL || s->latency_is_mean) {
        f->legend.in_picture = "mean";
        f->lines[0].column = "with_startup_mean_ms";
        f->lines[1].column = "without_startup_mean_ms";
        return of_server(f, m, PLATFORM_LATENCY, e);
    }
    f->legend.in_picture = "95th percentile";
    return percentiles(f, s->with, P95, e) != 0 ? -1 : percentiles(f, s->without, P95, e);
}

static int cpu_utilization(struct figure *f, const struct model *m, struct err *e) {
    return of_server(f, m, PLATFORM_CPU, e);
}

static int memory_utilization(struct figure *f, const struct model *m, struct err *e) {
    return of_server(f, m, PLATFORM_MEMORY, e);
}

static int cold_starts(struct figure *f, const struct model *m, struct err *e) {
    (void)e;
    if (m->server != NULL && m->server->points->count > 0)
        f->points = m->server->points;
    else if (m->guess != NULL) {
        f->points = m->guess->points;
        f->guessed = true;
        f->caption.on_page = "Service time of the requests, with estimated cold starts";
        f->legend.in_picture = "estimated from the client's side";
    } else if (m->server != NULL)
        f->missing = "no request in the log reached an instance during the run";
    return 0;
}

/* ---- of streamed answers ---- */

static int ttft(struct figure *f, const struct model *m, struct err *e) {
    (void)e;
    if (m->streamed == NULL)
        return 0;
    f->points = m->streamed->ttft;
    f->unlabelled = !m->streamed->labelled;
    if (f->unlabelled)
        f->caption.text = "Time to the first token of each answer, by when it was asked for";
    return 0;
}

static int ttft_by_prompt(struct figure *f, const struct model *m, struct err *e) {
    (void)e;
    if (m->streamed == NULL)
        return 0;
    f->points = m->streamed->by_prompt;
    f->unlabelled = !m->streamed->labelled;
    if (f->points == NULL)
        f->missing = "the server told no prompt's length";
    else if (f->points->thinned)
        f->caption.text = "Time to the first token over the length of the prompt; a point is one "
                          "or more answers whose lengths and times are about equal";
    return 0;
}

/* Where the target tells one of the two alone, there is one line. */
static int server_queue(struct figure *f, const struct model *m, struct err *e) {
    const struct scraped *s = m->scraped;
    if (s == NULL || (s->running == NULL && s->waiting == NULL))
        return 0;
    if (s->running != NULL && s->waiting != NULL)
        return copy(f, s->running, e) != 0 ? -1 : copy(f, s->waiting, e);
    if (s->running == NULL)
        f->lines[0] = f->lines[1];
    return copy(f, s->running != NULL ? s->running : s->waiting, e);
}

static int server_kv_cache(struct figure *f, const struct model *m, struct err *e) {
    bool known = m->scraped != NULL && m->scraped->kv_percent != NULL;
    return known ? copy(f, m->scraped->kv_percent, e) : 0;
}

static int tokens_per_second(struct figure *f, const struct model *m, struct err *e) {
    return m->streamed != NULL ? copy(f, m->streamed->tokens, e) : 0;
}

static int streams_in_flight(struct figure *f, const struct model *m, struct err *e) {
    return m->streamed != NULL ? copy(f, m->streamed->in_flight, e) : 0;
}

static int token_gaps(struct figure *f, const struct model *m, struct err *e) {
    (void)e;
    f->heat = m->streamed != NULL ? m->streamed->gaps : NULL;
    return 0;
}

/* Lines of gnuplot that differ in colour, width and dashes. */
#define BLUE "linecolor rgb blue linewidth 1.8 pointtype 7 pointsize 0.3"
#define BLUE_DASHED "linecolor rgb blue linewidth 1.6 dashtype (6, 2) pointtype 8 pointsize 0.6"
#define RED "linecolor rgb red linewidth 1.6 pointtype 7 pointsize 0.3"
#define RED_DASHED "linecolor rgb red linewidth 1.4 dashtype (6, 3) pointtype 7 pointsize 0.3"
#define ORANGE_DASHED "linecolor rgb orange linewidth 1.4 dashtype (6, 2) pointtype 8 pointsize 0.6"

/* In the order in which they are drawn and listed. */
const struct figure_row figure_table[] = {
    {{.key = "requests_per_second",
      .caption = {.text = "Requests and failures per second"},
      .kind = FIGURE_LINES,
      .unit = AXIS_RATE,
      .place = 4,
      .y_name = {.text = "Requests per second", .on_page = "Per second"},
      .lines = {{.name = {.text = "requests", .in_picture = "requests/s"},
                 .column = "requests_per_second"},
                {.name = {.text = "failures", .in_picture = "failures/s"},
                 .column = "failures_per_second",
                 .style = RED_DASHED}},
      .empty = "no requests",
      .panel_caption = "Fig. 2. Client: requests per second"},
     requests_per_second},
    {{.key = "response_time",
      .caption = {.text = "Response time over the run: median and 95th percentile"},
      .kind = FIGURE_LINES,
      .unit = AXIS_MS,
      .place = 3,
      .y_name = {.text = "Response time"},
      .lines = {{.name = {.text = "median"}, .column = "median_ms", .style = BLUE},
                {.name = {.text = "95th percentile"}, .column = "p95_ms", .style = ORANGE_DASHED}},
      .empty = "no requests",
      .panel_caption = "Fig. 3. Client: response time"},
     response_time},
    {{.key = "users",
      .caption = {.text = "Virtual users over the run"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_COUNT,
      .place = 5,
      .y_name = {.text = "Virtual users", .on_page = "Users"},
      .lines = {{.name = {.text = "users"}, .column = "users"}},
      .empty = "no users",
      .panel_caption = "Fig. 4. Client: number of users"},
     users},
    {{.key = "shards",
      .caption = {.text = "Requests per second of the parts on several machines"},
      .kind = FIGURE_LINES,
      .unit = AXIS_RATE,
      .place = 5,
      .y_name = {.text = "Requests per second", .on_page = "Per second"},
      .empty = "no requests"},
     shards},
    {{.key = "latency_distribution",
      .caption = {.text = "Response time by percentile"},
      .kind = FIGURE_DISTRIBUTION,
      .unit = AXIS_MS,
      .place = 2,
      .y_name = {.text = "Response time"},
      .empty = "no requests"},
     latency_distribution},
    {{.key = "instance_count",
      .caption = {.text = "Container instances over the run: active and idle"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_COUNT,
      .page = "server",
      .place = 1,
      .y_name = {.text = "Instances", .in_picture = "Container instances"},
      .lines = {{.name = {.text = "active"}, .column = "active"},
                {.name = {.text = "idle"}, .column = "idle"}},
      .empty = "no instances",
      .panel_caption = "Fig. 5. Server: container instances"},
     instance_count},
    {{.key = "billable_instance_time",
      .caption = {.text = "Billable instance time, in seconds per second"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_AMOUNT,
      .page = "server",
      .place = 2,
      .y_name = {.text = "Billable time (s per s)", .on_page = "Seconds per second"},
      .lines = {{.name = {.text = "billable"}, .column = "billable_s"}},
      .empty = "nothing billable",
      .panel_caption = "Fig. 6. Server: billable instance time"},
     billable_instance_time},
    {{.key = "request_count",
      .caption = {.text = "Requests per second: sent by the client and arrived at the server"},
      .kind = FIGURE_LINES,
      .unit = AXIS_RATE,
      .page = "server",
      .place = 3,
      .y_name = {.text = "Requests per second", .on_page = "Per second"},
      .lines = {{.name = {.text = "sent by the client", .in_picture = "sent (client)"},
                 .column = "client"},
                {.name = {.text = "arrived at the server", .in_picture = "arrived (server)"},
                 .column = "server"}},
      .empty = "no requests",
      .panel_caption = "Fig. 7. Server: request count"},
     request_count},
    {{.key = "request_latency",
      .caption = {.text = "The server's latency over the run, with and without start-up"},
      .kind = FIGURE_LINES,
      .unit = AXIS_MS,
      .page = "server",
      .place = 4,
      .y_name = {.text = "Latency"},
      .lines = {{.name = {.text = "with start-up"}, .column = "with_startup_p95_ms", .style = RED},
                {.name = {.text = "without", .on_page = "without start-up"},
                 .column = "without_startup_p95_ms",
                 .style = BLUE_DASHED}},
      .empty = "no requests",
      .panel_caption = "Fig. 8. Server: request latency"},
     request_latency},
    {{.key = "cpu_utilization",
      .caption = {.text = "CPU utilization of the instances over the run"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_PERCENT,
      .page = "server",
      .place = 5,
      .y_name = {.text = "CPU utilization (%)", .on_page = "Percent"},
      .lines = {{.name = {.text = "CPU"}, .column = "percent"}},
      .empty = "no utilization",
      .panel_caption = "Fig. 9. Server: CPU utilization"},
     cpu_utilization},
    {{.key = "memory_utilization",
      .caption = {.text = "Memory utilization of the instances over the run"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_PERCENT,
      .page = "server",
      .place = 6,
      .y_name = {.text = "Memory utilization (%)", .on_page = "Percent"},
      .lines = {{.name = {.text = "memory"}, .column = "percent"}},
      .empty = "no utilization",
      .panel_caption = "Fig. 10. Server: memory utilization"},
     memory_utilization},
    {{.key = "cold_starts",
      .caption = {.text = "Latency of the requests over the run, cold starts marked"},
      .kind = FIGURE_POINTS,
      .unit = AXIS_MS,
      .page = "server",
      .place = 7,
      .y_name = {.text = "Latency"},
      .empty = "no requests",
      .panel_caption = "Cold starts among all requests"},
     cold_starts},
    {{.key = "latency_heatmap",
      .caption = {.text = "Response time over the run; colours show the number of requests"},
      .kind = FIGURE_HEAT,
      .unit = AXIS_MS,
      .place = 1,
      .y_name = {.text = "Response time"},
      .empty = "no requests"},
     latency_heatmap},
    {{.key = "ttft",
      .caption = {.text = "Time to the first token of each answer, cold starts marked"},
      .kind = FIGURE_POINTS,
      .unit = AXIS_MS,
      .place = 6,
      .y_name = {.text = "Time to first token", .on_page = "TTFT"},
      .columns = "time_s,ttft_ms",
      .empty = "no tokens"},
     ttft},
    {{.key = "server_queue",
      .caption = {.text = "The server's requests, running and waiting, as its own metrics say"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_AMOUNT,
      .place = 7,
      .y_name = {.text = "Requests in the server", .on_page = "Requests"},
      .lines = {{.name = {.text = "running"}, .column = "running"},
                {.name = {.text = "waiting"}, .column = "waiting"}},
      .empty = "no requests"},
     server_queue},
    {{.key = "server_kv_cache",
      .caption = {.text = "The server's KV cache in use, as its own metrics say"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_PERCENT,
      .place = 8,
      .y_name = {.text = "KV cache in use (%)", .on_page = "Percent"},
      .lines = {{.name = {.text = "KV cache"}, .column = "percent"}},
      .empty = "no cache in use"},
     server_kv_cache},
    {{.key = "output_tokens",
      .caption = {.text = "Output tokens per second, of all answers"},
      .kind = FIGURE_LINES,
      .unit = AXIS_RATE,
      .place = 9,
      .y_name = {.text = "Output tokens per second", .on_page = "Tokens per second"},
      .lines = {{.name = {.text = "output tokens"}, .column = "output_tokens"}},
      .empty = "no tokens"},
     tokens_per_second},
    {{.key = "streams_in_flight",
      .caption = {.text = "Answers in flight over the run"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_AMOUNT,
      .place = 10,
      .y_name = {.text = "Answers in flight"},
      .lines = {{.name = {.text = "in flight"}, .column = "in_flight"}},
      .empty = "no answers"},
     streams_in_flight},
    {{.key = "token_gaps",
      .caption = {.text = "Gaps between token events over the run"},
      .kind = FIGURE_HEAT,
      .unit = AXIS_MS,
      .place = 11,
      .y_name = {.text = "Gap"},
      .counted = "gaps",
      .empty = "no gaps"},
     token_gaps},
    {{.key = "ttft_by_prompt",
      .caption = {.text = "Time to the first token of each answer over the length of its prompt"},
      .kind = FIGURE_POINTS,
      .unit = AXIS_MS,
      .place = 12,
      .y_name = {.text = "Time to first token", .on_page = "TTFT"},
      .x_name = "Prompt (tokens)",
      .columns = "prompt_tokens,ttft_ms",
      .empty = "no tokens"},
     ttft_by_prompt},
    {{.key = NULL}, NULL},
};

int figure_table_fill(const struct figure_row *row, struct figure *f, const struct model *m,
                      struct err *e) {
    assert(m->options.figures);
    f->seconds = m->seconds;
    f->step_seconds = (size_t)axis_step_seconds((int64_t)m->seconds);
    if (row->make(f, m, e) != 0)
        return -1;
    if (f->series_count == 0 && f->points == NULL && f->heat == NULL)
        return 0;
    return figure_finish(f, e);
}
