#include "gate/metric.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

#define OF_REQUEST (GATE_BY_NAME | GATE_BY_METHOD | GATE_BY_END)

const struct gate_metric_def gate_metrics[GATE_METRICS] = {
    [GATE_HTTP_REQ_DURATION] = {"http_req_duration", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST,
                                "ms"},
    [GATE_HTTP_REQ_BLOCKED] = {"http_req_blocked", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST,
                               "ms"},
    [GATE_HTTP_REQ_CONNECTING] = {"http_req_connecting", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST,
                                  "ms"},
    [GATE_HTTP_REQ_TLS_HANDSHAKING] = {"http_req_tls_handshaking", GATE_TREND, GATE_FROM_REQUESTS,
                                       OF_REQUEST, "ms"},
    [GATE_HTTP_REQ_WAITING] = {"http_req_waiting", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST,
                               "ms"},
    [GATE_HTTP_REQ_RECEIVING] = {"http_req_receiving", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST,
                                 "ms"},
    [GATE_RESPONSE_TIME] = {"response_time", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST, "ms"},
    [GATE_SERVICE_TIME] = {"service_time", GATE_TREND, GATE_FROM_REQUESTS, OF_REQUEST, "ms"},
    [GATE_HTTP_REQ_FAILED] = {"http_req_failed", GATE_RATE, GATE_FROM_REQUESTS, OF_REQUEST, ""},
    [GATE_HTTP_REQS] = {"http_reqs", GATE_COUNTER, GATE_FROM_REQUESTS, OF_REQUEST, ""},
    [GATE_ITERATIONS] = {"iterations", GATE_COUNTER, GATE_FROM_ITERATIONS, GATE_BY_NAME, ""},
    [GATE_ITERATION_DURATION] = {"iteration_duration", GATE_TREND, GATE_FROM_ITERATIONS,
                                 GATE_BY_NAME, "ms"},
    [GATE_DROPPED_ITERATIONS] = {"dropped_iterations", GATE_COUNTER, GATE_FROM_REQUESTS,
                                 GATE_BY_NAME | GATE_BY_METHOD, ""},
    [GATE_CHECKS] = {"checks", GATE_RATE, GATE_FROM_CHECKS, GATE_BY_NAME | GATE_BY_REQUEST, ""},
    [GATE_DATA_RECEIVED] = {"data_received", GATE_COUNTER, GATE_FROM_REQUESTS, OF_REQUEST, "B"},
    [GATE_DATA_SENT] = {"data_sent", GATE_COUNTER, GATE_FROM_REQUESTS, OF_REQUEST, "B"},
    [GATE_TTFT] = {"ttft", GATE_TREND, GATE_FROM_STREAMS, OF_REQUEST, "ms"},
    [GATE_TTFO] = {"ttfo", GATE_TREND, GATE_FROM_STREAMS, OF_REQUEST, "ms"},
    [GATE_TIME_PER_TOKEN] = {"time_per_token", GATE_TREND, GATE_FROM_STREAMS, OF_REQUEST, "ms"},
    [GATE_TOKEN_GAP] = {"token_gap", GATE_TREND, GATE_FROM_STREAMS, OF_REQUEST, "ms"},
    [GATE_OUTPUT_TOKENS] = {"output_tokens", GATE_COUNTER, GATE_FROM_STREAMS, OF_REQUEST, ""},
    [GATE_GOODPUT] = {"goodput", GATE_RATE, GATE_FROM_STREAMS,
                      GATE_BY_NAME | GATE_BY_METHOD | GATE_WITHIN_ANY, ""},
    [GATE_VUS] = {"vus", GATE_GAUGE, GATE_FROM_USERS, 0, ""},
    [GATE_COLD_START_DURATION] = {"cold_start_duration", GATE_TREND, GATE_FROM_SERVER, 0, "ms"},
    [GATE_INSTANCE_COUNT] = {"instance_count", GATE_GAUGE, GATE_FROM_SERVER, 0, ""},
};

const char *const gate_limit_words[GATE_LIMITS] = {[GATE_LIMIT_TTFT] = "ttft",
                                                   [GATE_LIMIT_TTFO] = "ttfo",
                                                   [GATE_LIMIT_TIME_PER_TOKEN] = "time_per_token",
                                                   [GATE_LIMIT_TOKEN_GAP] = "token_gap",
                                                   [GATE_LIMIT_E2E] = "e2e"};

double gate_per_ms(enum gate_metric metric) {
    return metric == GATE_TIME_PER_TOKEN ? 1e6 : 1e3;
}

/* Metrics of k6 that no row of ours can tell, and words of other tools: what to take instead. */
static const struct {
    const char *name, *why;
} absent[] = {
    {"http_req_sending",
     "sending is part of http_req_waiting here: a row has the time from sending to the first byte"},
    {"group_duration", "there are no groups; use http_req_duration{name:...}"},
    {"vus_max", "it never changes during a run; use vus"},
    {"tpot", "tools differ in what it means; use time_per_token"},
    {"itl", "tools differ in what it means; use token_gap"},
    {"e2e", "use service_time, which ends with the response"},
    {"e2el", "use service_time, which ends with the response"},
};

int gate_metric_find(const char *name, size_t n, enum gate_metric *out, struct err *e) {
    const char *names[GATE_METRICS];
    char word[64], all[512] = "";
    for (int i = 0; i < GATE_METRICS; i++) {
        names[i] = gate_metrics[i].name;
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0) {
            *out = (enum gate_metric)i;
            return 0;
        }
    }
    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), name);
    if (n == 0)
        return err_set(e, "the metric is missing; write \"http_req_duration p(95)<500\"");
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (strcmp(absent[i].name, word) == 0)
            return err_set(e, "unknown metric \"%s\": %s", word, absent[i].why);
    if (n == 1 && word[0] == 'p')
        return err_set(
            e, "a percentile needs a metric before it, as in \"http_req_duration p(95)<500\"");
    const char *nearest = text_nearest(word, names, GATE_METRICS);
    if (nearest != NULL)
        return err_set(e, "unknown metric \"%s\"; did you mean \"%s\"?", word, nearest);
    for (int i = 0, used = 0; i < GATE_METRICS && used < (int)sizeof all; i++)
        used +=
            snprintf(all + used, sizeof all - (size_t)used, "%s%s", i == 0 ? "" : ", ", names[i]);
    return err_set(e, "unknown metric \"%s\"; known are: %s", word, all);
}

#define KIND(kind) (1u << (kind))

static const struct {
    const char *word;
    unsigned kinds;
    enum gate_aggregation of;
} aggregations[] = {
    {"count", KIND(GATE_COUNTER), GATE_COUNT},
    {"rate", KIND(GATE_COUNTER), GATE_PER_SECOND},
    {"rate", KIND(GATE_RATE), GATE_SHARE},
    {"value", KIND(GATE_GAUGE), GATE_VALUE},
    {"avg", KIND(GATE_GAUGE) | KIND(GATE_TREND), GATE_AVG},
    {"min", KIND(GATE_GAUGE) | KIND(GATE_TREND), GATE_MIN},
    {"max", KIND(GATE_GAUGE) | KIND(GATE_TREND), GATE_MAX},
    {"med", KIND(GATE_TREND), GATE_QUANTILE},
    {"p", KIND(GATE_TREND), GATE_QUANTILE},
};
#define AGGREGATIONS (sizeof aggregations / sizeof *aggregations)

static const char *fitting(enum gate_kind kind) {
    static const char *const texts[] = {
        [GATE_COUNTER] = "a counter, which has count and rate",
        [GATE_GAUGE] = "a gauge, which has value, min, max and avg",
        [GATE_RATE] = "a rate, which has rate",
        [GATE_TREND] = "a trend of times, which has avg, min, max, med and p(N)",
    };
    return texts[kind];
}

int gate_aggregation_find(enum gate_metric metric, const char *word, size_t n,
                          enum gate_aggregation *out, struct err *e) {
    const struct gate_metric_def *m = &gate_metrics[metric];
    const char *words[AGGREGATIONS];
    char text[32];
    bool known = false;
    for (size_t i = 0; i < AGGREGATIONS; i++) {
        words[i] = aggregations[i].word;
        if (strlen(words[i]) != n || memcmp(words[i], word, n) != 0)
            continue;
        known = true;
        if ((aggregations[i].kinds & KIND(m->kind)) != 0) {
            *out = aggregations[i].of;
            return 0;
        }
    }
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), word);
    if (known)
        return err_set(e, "\"%s\" does not fit %s, which is %s", text, m->name, fitting(m->kind));
    if (n == 0)
        return err_set(e, "an aggregation is missing after %s, which is %s", m->name,
                       fitting(m->kind));
    if (text[0] == 'p' && strspn(text + 1, "0123456789") == strlen(text) - 1)
        return err_set(e, "unknown aggregation \"%s\"; write p(%s)", text, text + 1);
    const char *nearest = text_nearest(text, words, AGGREGATIONS);
    return err_set(e, "unknown aggregation \"%s\"%s%s%s; %s is %s", text,
                   nearest == NULL ? "" : ", did you mean \"", nearest == NULL ? "" : nearest,
                   nearest == NULL ? "" : "\"?", m->name, fitting(m->kind));
}
