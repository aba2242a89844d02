#include "report/platform_tables.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record/server.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/text.h"

#define REGION "us-central1"
#define MEMORY_BYTES ((int64_t)512 << 20)
#define INSTANCES_SHOWN 20
#define LIST_BYTES 8192
/* Shares of billable time, between which nothing is said: metrics have steps of a minute. */
#define BILLING_DIFFERS 0.2
#define BILLING_FITS 0.1

static const double no_number = (double)NAN;

static double ms_of(int64_t us) {
    return us == READER_NO_VALUE ? no_number : (double)us / 1000;
}

static double ratio(double a, double b) {
    return b > 0 ? a / b : no_number;
}

/* A list that was copied and changed still names the source of the copy: say whose list it is. */
static void name_list(struct billing_prices *p, const char *path) {
    char source[sizeof p->source];
    struct buf text;
    memcpy(source, p->source, sizeof source);
    buf_init(&text, LIST_BYTES);
    buf_str(&text, "your list ");
    text_repair(&text, path, strlen(path));
    buf_printf(&text, ", which names as its source \"%s\"", source);
    size_t n = text_cut(buf_text(&text), text.len, sizeof p->source - 1);
    memcpy(p->source, buf_text(&text), n);
    p->source[n] = '\0';
    buf_done(&text);
}

int platform_shape_price(const struct platform_shape *shape, struct platform_cost *out,
                         struct err *e) {
    struct platform_cost c = {.shape = *shape};
    const struct gpu_kind *gpu = &gpu_kinds[shape->gpu];
    bool has_gpu = shape->gpu != GPU_NONE;
    if (shape->cpus <= 0)
        c.shape.cpus = has_gpu ? gpu->cpus_min : 1;
    if (shape->memory_bytes <= 0)
        c.shape.memory_bytes = has_gpu ? gpu->memory_min_bytes : MEMORY_BYTES;
    if (has_gpu)
        c.shape.billing = BILLING_INSTANCE;
    c.shape.region = shape->region != NULL ? shape->region : REGION;
    if (billing_prices_load(&c.prices, shape->prices, c.shape.region, e) != 0)
        return -1;
    if (shape->prices != NULL)
        name_list(&c.prices, shape->prices);
    *out = c;
    return 0;
}

/* So that nanoseconds fit in 63 bits: 10 000 instances for ten days, or one for 285 years. */
#define METRIC_SECONDS_MAX 9e9
#define METRIC_REQUESTS_MAX 1e15

static int check_metrics(const struct platform *s, struct err *e) {
    if (s->metric_billable_s >= 0 && s->metric_billable_s <= METRIC_SECONDS_MAX &&
        s->metric_requests >= 0 && s->metric_requests <= METRIC_REQUESTS_MAX)
        return 0;
    return err_set(e,
                   "the imported metrics have %g s of billable time and %g requests, which cannot "
                   "be; import metrics that can",
                   s->metric_billable_s, s->metric_requests);
}

int platform_price(const struct platform *s, const struct platform_shape *shape,
                   struct platform_cost *out, struct err *e) {
    struct platform_cost c;
    if (platform_shape_price(shape, &c, e) != 0)
        return -1;
    bool by_request = c.shape.billing == BILLING_REQUEST;
    int64_t billable_us = by_request ? s->billable_us : s->billable_instance_us;
    uint64_t requests = s->side.requests - s->counts.no_instance;
    /* Without a log the metrics know, by the rule that the service has. */
    if (s->side.requests == 0 && (by_request || s->instance_count == 0)) {
        if (check_metrics(s, e) != 0)
            return -1;
        billable_us = (int64_t)(s->metric_billable_s * 1e6);
        requests = (uint64_t)s->metric_requests;
    }
    const struct billing_usage usage = {.mode = c.shape.billing,
                                        .billable_ns = billable_us * NS_PER_US,
                                        .requests = requests,
                                        .cpus = c.shape.cpus,
                                        .memory_bytes = c.shape.memory_bytes,
                                        .gpu = c.shape.gpu};
    billing_cost(&usage, &c.prices, &c.cost);
    c.requests = requests;
    *out = c;
    return 0;
}

static void pair_count(struct table *t, const char *key, const char *label, uint64_t n) {
    table_pair(t, key, label, TABLE_COUNT, (double)n);
}

static const char *why_not_joined(const char *state) {
    if (strcmp(state, "no_requests") == 0)
        return "the log has no requests";
    if (strcmp(state, "no_trace") == 0)
        return "the run sent no traceparent (--no-trace, or an older version)";
    if (strcmp(state, "lost") == 0)
        return "requests are missing in the run file, so its rows cannot be matched";
    if (strcmp(state, "foreign") == 0)
        return "no log entry has a trace ID of this run";
    return state;
}

static void clock_rows(const struct platform *s, struct table *t) {
    const struct reader_server *x = &s->side;
    int64_t contradiction_us = platform_clock_contradiction_us(s);
    bool agree = contradiction_us == 0;
    table_pair(t, "clock_offset_ms", "Clock offset: server minus client", TABLE_MS,
               ms_of(x->offset_us));
    table_pair(t, "clock_offset_low_ms",
               agree ? "  at least" : "  at least, by the ends of responses", TABLE_MS,
               ms_of(x->lower_us));
    table_pair(t, "clock_offset_high_ms",
               agree ? "  at most" : "  at most, by the arrivals of requests", TABLE_MS,
               ms_of(x->upper_us));
    if (!agree)
        table_pair(t, "clock_contradiction_ms", "  contradiction between these bounds", TABLE_MS,
                   ms_of(contradiction_us));
    table_pair(t, "clock_pairs", "  number of requests compared", TABLE_COUNT, (double)x->pairs);
}

/* Each bound is the work of one request, so what contradicts is known to have happened once. */
static void remark_on_clocks(const struct platform *s, struct lines *r) {
    int64_t us = platform_clock_contradiction_us(s);
    if (us == 0)
        return;
    remark_add(
        r, "clocks_contradict",
        "The bounds of the clock offset (server minus client) contradict each other by %.3f ms. "
        "The "
        "arrivals in the server's log allow at most %.3f ms, the ends of responses at least %.3f "
        "ms. There are two possible causes. The log may record the end of a response after the "
        "client has it. Then the logged time is too long and the network time too short, by at "
        "least %.3f ms; the offset from the arrivals is still right. Or a clock was set, or ran at "
        "a different speed, during the run. Then network times are right, but the server's times "
        "on the run's clock are wrong by at least %.3f ms somewhere.",
        (double)us / 1e3, (double)s->side.upper_us / 1e3, (double)s->side.lower_us / 1e3,
        (double)us / 1e3, (double)us / 1e3);
}

static bool about(double a, double b, double share) {
    return fabs(a - b) <= share * fmax(a, b);
}

/* The metrics count billable time by the rule that the service has, whatever the options say. */
static void remark_on_billing(const struct platform *s, const struct platform_cost *c,
                              struct lines *r) {
    double request_s = (double)s->billable_us / 1e6;
    double instance_s = (double)s->billable_instance_us / 1e6;
    bool by_request = c->shape.billing == BILLING_REQUEST;
    double own_s = by_request ? request_s : instance_s;
    double other_s = by_request ? instance_s : request_s;
    double metric_s = s->metric_billable_s;
    if (s->side.requests == 0 || metric_s <= 0 || about(own_s, metric_s, BILLING_DIFFERS) ||
        !about(other_s, metric_s, BILLING_FITS))
        return;
    remark_add(r, "billing_differs",
               "Cost: the metrics have %.1f s of billable time. That fits %s billing (%.1f s) and "
               "not %s billing (%.1f s), by which this report counts. %s",
               metric_s, by_request ? "instance-based" : "request-based", other_s,
               by_request ? "request-based" : "instance-based", own_s,
               by_request ? "Give --billing instance, or --gpu KIND if the service has a GPU."
                          : "Leave out --gpu and --billing instance.");
}

void platform_remarks(const struct platform *s, const struct platform_cost *c, struct lines *r) {
    const struct platform_counts *n = &s->counts;
    char text[BILLING_NO_PRICE_BYTES];
    remark_on_clocks(s, r);
    if (server_log_to_head(n->log_to_head, n->long_bodies))
        remark_add(
            r, "log_latency_to_headers",
            "The server's log seems to count the time of a response to its headers, not to its "
            "end. In %" PRIu64 " of %" PRIu64 " responses whose body took %" PRId64
            " ms or longer, its time is no longer than the client's time to the first byte. So "
            "the log's times, the requests at once and a request-based bill are too low. The "
            "network time is too high, because it has the rest of the response.",
            n->log_to_head, n->long_bodies, SERVER_LONG_BODY_US / 1000);
    remark_on_billing(s, c, r);
    if (c->cost.instance_s > 0 && billing_no_gpu_price(&c->prices, c->shape.gpu, text))
        remark_add(r, "no_gpu_price", "Cost: %s.", text);
}

static void reconciliation(const struct platform *s, struct table *t) {
    const struct platform_counts *c = &s->counts;
    table_init_pairs(t, "reconciliation", "Requests at the client and in the server's log");
    pair_count(t, "sent", "Sent by the client", c->sent);
    pair_count(t, "answered", "  with a response", c->answered);
    pair_count(t, "unanswered", "  without a response", c->sent - c->answered);
    pair_count(t, "logged", "In the server's log", s->side.requests);
    pair_count(t, "without_instance", "  reached no instance", c->no_instance);
    if (!c->decidable) {
        table_pair_text(t, "joined", "Matched by trace ID", why_not_joined(s->side.join_state));
        table_pair(t, "unexplained", "Unexplained", TABLE_COUNT, no_number);
        clock_rows(s, t);
        return;
    }
    pair_count(t, "joined", "  of this run, by trace ID",
               c->joined_answered + c->joined_unanswered);
    pair_count(t, "others", "  of others, or without a trace ID", c->others);
    pair_count(t, "seen_unanswered", "In the log, but the client has no response",
               c->joined_unanswered);
    pair_count(t, "lost", "Not in the log, and the client has no response", c->lost);
    pair_count(t, "missing", "Not in the log, but the client has a response", c->missing);
    table_pair(t, "astray", "In the log with this run's trace ID, but not sent by it", TABLE_COUNT,
               (double)s->side.astray);
    table_pair(t, "repeated", "In the log twice", TABLE_COUNT, (double)s->side.repeated);
    pair_count(t, "status_differs", "Different status at the client and in the log",
               c->status_differs);
    pair_count(t, "unexplained", "Unexplained (the four above)", c->unexplained);
    clock_rows(s, t);
}

static void statuses(const struct platform *s, struct table *t) {
    static const struct table_column columns[] = {{"status", "Status", TABLE_TEXT},
                                                  {"client", "Client", TABLE_COUNT},
                                                  {"server", "Server's log", TABLE_COUNT}};
    table_init(t, "statuses", "Responses by status", columns, COUNT_OF(columns));
    for (size_t i = 1; i <= PLATFORM_STATUS_MAX; i++) {
        size_t status = i % PLATFORM_STATUS_MAX; /* those without one at the end */
        const struct platform_status *x = &s->status[status];
        char text[32];
        if (x->client == 0 && x->server == 0)
            continue;
        snprintf(text, sizeof text, "%zu", status);
        table_text(t, status == 0 ? "none" : text);
        table_number(t, (double)x->client);
        table_number(t, (double)x->server);
    }
}

static void times(const struct platform *s, struct table *t) {
    static const struct table_column columns[] = {
        {"time", "Time", TABLE_TEXT},     {"requests", "Requests", TABLE_COUNT},
        {"mean_ms", "Average", TABLE_MS}, {"median_ms", "Median", TABLE_MS},
        {"p95_ms", "95%ile", TABLE_MS},   {"p99_ms", "99%ile", TABLE_MS},
        {"max_ms", "Max", TABLE_MS}};
    static const char *const labels[PLATFORM_TIMES] = {
        [PLATFORM_CLIENT] = "client: from sending to the end",
        [PLATFORM_LOG] = "server's log: from arrival to response",
        [PLATFORM_NETWORK] = "network and front end: client - log",
        [PLATFORM_WAIT] = "waiting for a start-up (cold requests)",
        [PLATFORM_CONTAINER] = "without start-up: log - waiting"};
    table_init(t, "times", "Where the time went (ms)", columns, COUNT_OF(columns));
    for (size_t i = 0; i < PLATFORM_TIMES; i++) {
        const struct spread_row *x = &s->times[i];
        if (x->count == 0 && !s->counts.decidable) /* it takes a request that joined */
            continue;
        table_text(t, labels[i]);
        table_number(t, (double)x->count);
        const double us[] = {x->mean, x->median, x->p95, x->p99, x->max};
        for (size_t k = 0; k < COUNT_OF(us); k++)
            table_number(t, us[k] / 1000);
    }
    if (isnan(s->container_mean_ms))
        return;
    /* Of the metrics only the mean is exact. */
    const double mean[] = {s->container_mean_ms,
                           s->times[PLATFORM_LOG].mean / 1000 - s->container_mean_ms};
    static const char *const of[] = {"in the container (metrics)",
                                     "queue and start-up: log - container"};
    for (size_t i = 0; i < COUNT_OF(mean); i++) {
        table_text(t, of[i]);
        table_number(t, (double)s->container_count);
        table_number(t, mean[i]);
        for (int k = 0; k < 4; k++)
            table_number(t, no_number);
    }
}

static const char *const label_words[PLATFORM_LABELS] = {"cold", "warm", "unknown"};

static const struct table_column cold_columns[] = {{"label", "Start", TABLE_TEXT},
                                                   {"times_of", "Measured by", TABLE_TEXT},
                                                   {"requests", "Requests", TABLE_COUNT},
                                                   {"median_ms", "Median", TABLE_MS},
                                                   {"median_low_ms", "95% from", TABLE_MS},
                                                   {"median_high_ms", "to", TABLE_MS},
                                                   {"p95_ms", "95%ile", TABLE_MS},
                                                   {"p99_ms", "99%ile", TABLE_MS},
                                                   {"max_ms", "Max", TABLE_MS},
                                                   {"tmr", "p99/median", TABLE_NUMBER}};

static void cold_row(struct table *t, const char *label, const char *of,
                     const struct spread_row *x) {
    table_text(t, label);
    table_text(t, of);
    table_number(t, (double)x->count);
    const double us[] = {x->median, x->low, x->high, x->p95, x->p99, x->max};
    for (size_t k = 0; k < COUNT_OF(us); k++)
        table_number(t, us[k] / 1000);
    table_number(t, x->tmr);
}

static void cold_starts(const struct platform *s, struct table *t) {
    table_init(t, "cold_starts", "Cold and warm (ms)", cold_columns, COUNT_OF(cold_columns));
    for (size_t label = 0; label < PLATFORM_LABELS; label++) {
        if (s->log[label].count > 0 || label != PLATFORM_UNKNOWN)
            cold_row(t, label_words[label], "server", &s->log[label]);
        if (s->client[label].count > 0)
            cold_row(t, label_words[label], "client", &s->client[label]);
    }
}

void guess_table(const struct guess *g, struct table *t) {
    table_init(t, "cold_starts_guess", "Cold and warm, estimated from the client's side (ms)",
               cold_columns, COUNT_OF(cold_columns));
    cold_row(t, "cold", "client", &g->service[POINTS_COLD]);
    cold_row(t, "warm", "client", &g->service[POINTS_WARM]);
    if (g->service[POINTS_UNKNOWN].count > 0)
        cold_row(t, "unknown", "client", &g->service[POINTS_UNKNOWN]);
}

static void start_up(const struct platform *s, struct table *t) {
    static const struct table_column columns[] = {
        {"step", "Step", TABLE_TEXT},       {"instances", "Instances", TABLE_COUNT},
        {"median_ms", "Median", TABLE_MS},  {"median_low_ms", "95% from", TABLE_MS},
        {"median_high_ms", "to", TABLE_MS}, {"min_ms", "Min", TABLE_MS},
        {"max_ms", "Max", TABLE_MS}};
    static const char *const labels[PLATFORM_PHASES] = {
        [PLATFORM_SPAWN] = "spawn: from the first request to the start",
        [PLATFORM_LISTENING] = "listening: from the start to the passed probe",
        [PLATFORM_FIRST_BYTE] = "first response: from the probe to the first response"};
    table_init(t, "start_up", "Start-up of an instance, by step (ms)", columns, COUNT_OF(columns));
    for (size_t i = 0; i < PLATFORM_PHASES; i++) {
        const struct spread_row *x = &s->phases[i];
        table_text(t, labels[i]);
        table_number(t, (double)x->count);
        const double us[] = {x->median, x->low, x->high, x->min, x->max};
        for (size_t k = 0; k < COUNT_OF(us); k++)
            table_number(t, us[k] / 1000);
    }
}

static void balance(const struct platform *s, struct table *t) {
    double requests = (double)s->side.requests, hours = (double)s->instance_us / 3.6e9;
    double in_us = 0, busy_us = 0;
    for (size_t i = 0; i < s->instance_count; i++) {
        in_us += (double)s->instances[i].in_us;
        busy_us += (double)s->instances[i].busy_us;
    }
    table_init_pairs(t, "balance", "Instances");
    pair_count(t, "instances", "Instances", s->instance_count);
    pair_count(t, "started", "  with their start in the log", s->started);
    pair_count(t, "cold", "  with requests that waited for the start", s->cold_instances);
    pair_count(t, "requests_that_waited", "Requests that waited for a start",
               s->log[PLATFORM_COLD].count);
    table_pair(t, "instance_hours", "Instance-hours", TABLE_NUMBER, hours);
    table_pair(t, "concurrency_mean", "Concurrent requests per busy instance, average",
               TABLE_NUMBER, ratio(in_us, busy_us));
    table_pair(t, "concurrency_max", "  maximum", TABLE_COUNT, (double)s->concurrency_max);
    pair_count(t, "crashes", "Crashes", s->crashes);
    table_pair(t, "crashes_per_1000_requests", "  per 1000 requests", TABLE_NUMBER,
               ratio((double)s->crashes * 1000, requests));
    table_pair(t, "crashes_per_instance_hour", "  per instance-hour", TABLE_NUMBER,
               ratio((double)s->crashes, hours));
}

static void begin_cost(struct table *t, bool dollars) {
    static const struct table_column in_dollars[] = {
        {"item", "Item", TABLE_TEXT},
        {"amount", "Amount", TABLE_NUMBER},
        {"unit", "Unit", TABLE_TEXT},
        {"usd", "US$", TABLE_MONEY},
        {"usd_after_free_tier", "After the free tier", TABLE_MONEY}};
    static const struct table_column in_other[] = {
        {"item", "Item", TABLE_TEXT},
        {"amount", "Amount", TABLE_NUMBER},
        {"unit", "Unit", TABLE_TEXT},
        {"cost", "Cost", TABLE_MONEY},
        {"cost_after_free_tier", "After the free tier", TABLE_MONEY},
        {"currency", "Currency", TABLE_TEXT}};
    if (dollars)
        table_init(t, "cost", "Cost", in_dollars, COUNT_OF(in_dollars));
    else
        table_init(t, "cost", "Cost", in_other, COUNT_OF(in_other));
}

/* `currency`: NULL for US dollars, which the columns name. */
static void cost_row(struct table *t, const char *currency, const char *item, double amount,
                     const char *unit, double full, double net) {
    table_text(t, item);
    table_number(t, amount);
    table_text(t, unit);
    table_number(t, full);
    table_number(t, net);
    if (currency != NULL)
        table_text(t, currency);
}

static void cost_table(const struct platform *s, const struct platform_cost *c, struct table *t) {
    const struct billing_cost *x = &c->cost;
    const char *currency = strcmp(c->prices.currency, "USD") == 0 ? NULL : c->prices.currency;
    begin_cost(t, currency == NULL);
    cost_row(t, currency, "billable instance time", x->instance_s, "s", no_number, no_number);
    if (s->side.requests > 0 && s->metric_billable_s > 0)
        cost_row(t, currency, "the same by the metrics", s->metric_billable_s, "s", no_number,
                 no_number);
    cost_row(t, currency, "CPU", x->cpu_s, "vCPU-s", x->full.cpu, x->net.cpu);
    cost_row(t, currency, "memory", x->gib_s, "GiB-s", x->full.memory, x->net.memory);
    if (c->shape.gpu != GPU_NONE)
        cost_row(t, currency, "GPU", x->gpu_s, "GPU-s", x->full.gpu, x->net.gpu);
    cost_row(t, currency, "requests", (double)c->requests, "", x->full.requests, x->net.requests);
    cost_row(t, currency, "all", no_number, "", x->full.total, x->net.total);
    cost_row(t, currency, "per 1000 requests", no_number, "", x->full.per_1000_requests,
             x->net.per_1000_requests);
}

/* An instance's part of the bill, by the rule of the bill. */
static double billable_s(const struct platform_instance *x, enum billing_mode billing) {
    if (billing == BILLING_REQUEST)
        return (double)x->billable_us / 1e6;
    return (double)billing_instance_ns(0, x->life_us * NS_PER_US) / (double)NS_PER_S;
}

static void instances(const struct platform *s, enum billing_mode billing, struct table *t) {
    static const struct table_column columns[] = {{"instance", "Instance", TABLE_TEXT},
                                                  {"revision", "Revision", TABLE_TEXT},
                                                  {"started_s", "Started (s)", TABLE_S},
                                                  {"ready_s", "Ready (s)", TABLE_S},
                                                  {"ended_s", "Ended (s)", TABLE_S},
                                                  {"end", "End", TABLE_TEXT},
                                                  {"requests", "Requests", TABLE_COUNT},
                                                  {"cold", "Cold", TABLE_COUNT},
                                                  {"concurrency_mean", "Concurrent", TABLE_NUMBER},
                                                  {"concurrency_max", "Max", TABLE_COUNT},
                                                  {"median_ms", "Median (ms)", TABLE_MS},
                                                  {"p95_ms", "95%ile", TABLE_MS},
                                                  {"billable_s", "Billable (s)", TABLE_S}};
    table_init(t, "instances", "Requests by instance", columns, COUNT_OF(columns));
    t->shown_max = INSTANCES_SHOWN;
    for (size_t i = 0; i < s->instance_count; i++) {
        const struct platform_instance *x = &s->instances[i];
        table_text(t, x->at.name);
        table_text(t, x->at.revision);
        table_number(t, ms_of(x->at.started_us) / 1000);
        table_number(t, ms_of(x->at.ready_us) / 1000);
        table_number(t, ms_of(x->at.ended_us) / 1000);
        table_text(t, x->at.end_kind);
        table_number(t, (double)x->requests);
        table_number(t, (double)x->cold);
        table_number(t, ratio((double)x->in_us, (double)x->busy_us));
        table_number(t, x->concurrency_max);
        table_number(t, x->median_us / 1000);
        table_number(t, x->p95_us / 1000);
        table_number(t, billable_s(x, billing));
    }
}

size_t platform_tables(const struct platform *s, const struct platform_cost *cost,
                       struct table tables[PLATFORM_TABLES_MAX]) {
    size_t n = 0;
    if (s->side.requests > 0) {
        reconciliation(s, &tables[n++]);
        statuses(s, &tables[n++]);
        times(s, &tables[n++]);
        cold_starts(s, &tables[n++]);
    }
    if (s->started > 0)
        start_up(s, &tables[n++]);
    if (s->instance_count > 0)
        balance(s, &tables[n++]);
    if (cost->cost.instance_s > 0)
        cost_table(s, cost, &tables[n++]);
    if (s->instance_count > 0)
        instances(s, cost->shape.billing, &tables[n++]);
    return n;
}
