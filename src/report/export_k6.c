/*
 * k6's --summary-export, the shape that js/summary-wrapper.js gives it: metrics with their values beside each other, and
 * root_group. In `thresholds`, true means crossed.
 *
 * http_req_sending is left out: no row tells it apart from waiting.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_course.h"
#include "report/export.h"
#include "report/json_text.h"
#include "report/outfile.h"
#include "stats/quantile.h"
#include "stats/select.h"
#include "util/outcome.h"
#include "util/sha256.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)
#define RANKS 6 /* two for each percentile */

enum { BLOCKED, CONNECTING, DURATION, EXPECTED, RECEIVING, TLS, WAITING, ITERATION, TRENDS };

static const double levels[] = {0.5, 0.9, 0.95};

struct trend {
    struct select select;
    double sum_us;
};

/* A named check of any request: root_group has them by name. */
struct check {
    char *name;
    uint64_t passes, fails;
};

struct k6 {
    struct trend trends[TRENDS];
    bool has_iterations; /* else a request is one */
    bool has_checks;
    struct check *checks;
    size_t check_count;
    bool no_memory;
    uint64_t requests, failures, dropped, sent, received;
    double seconds;
    bool second_reading;
};

/* ---- reading ---- */

static void add(struct k6 *k, int trend, int64_t us) {
    struct trend *t = &k->trends[trend];
    us = us < 0 ? 0 : us;
    if (k->second_reading)
        select_collect(&t->select, us);
    else {
        select_count(&t->select, us);
        t->sum_us += (double)us;
    }
}

static int64_t step(int64_t us) {
    return us > 0 ? us : 0;
}

static int one(void *context, const struct reader_row *row) {
    struct k6 *k = context;
    bool failed = outcome_is_failure((int)row->outcome);
    int64_t dns = step(row->dns_us), connect = step(row->connect_us), tls = step(row->tls_us);
    if (!k->second_reading)
        k->dropped += row->outcome == OUTCOME_NOT_SENT;
    if (!outcome_is_timed((int)row->outcome))
        return 0;
    int64_t duration = row->service_us - dns - connect - tls;
    add(k, BLOCKED, dns);
    add(k, CONNECTING, connect);
    add(k, TLS, tls);
    add(k, DURATION, duration);
    if (!failed)
        add(k, EXPECTED, duration);
    if (row->ttfb_us != READER_NO_VALUE) {
        add(k, WAITING, row->ttfb_us - dns - connect - tls);
        add(k, RECEIVING, row->service_us - row->ttfb_us);
    }
    if (!k->has_iterations)
        add(k, ITERATION, row->service_us);
    if (k->second_reading)
        return 0;
    k->requests++;
    k->failures += failed;
    k->sent += row->bytes_sent;
    k->received += row->bytes_received;
    return 0;
}

static void one_iteration(void *context, const char *name, int64_t end_us, int64_t duration_us,
                          bool ok) {
    (void)ok;
    (void)name;
    (void)end_us;
    add(context, ITERATION, duration_us);
}

static void one_check(void *context, int64_t second, const char *request, const char *name,
                      uint64_t passes, uint64_t fails) {
    struct k6 *k = context;
    size_t i = 0;
    (void)second;
    (void)request;
    while (i < k->check_count && strcmp(k->checks[i].name, name) != 0)
        i++;
    if (i == k->check_count) {
        struct check *more = realloc(k->checks, (i + 1) * sizeof *more);
        char *copy = strdup(name);
        if (more != NULL)
            k->checks = more;
        if (more == NULL || copy == NULL) {
            free(copy);
            k->no_memory = true;
            return;
        }
        more[k->check_count++] = (struct check){.name = copy};
    }
    k->checks[i].passes += passes;
    k->checks[i].fails += fails;
}

static int read_once(struct k6 *k, struct reader *r, struct err *e) {
    if (reader_scan(r, one, k, e) != 0)
        return -1;
    return k->has_iterations ? reader_iterations(r, one_iteration, k, e) : 0;
}

static int want(struct trend *t, struct err *e) {
    uint64_t ranks[RANKS], n = t->select.hist.total;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < RANKS / 2; i++) {
        struct quantile_rank at = quantile_rank(levels[i], n);
        ranks[2 * i] = at.lower;
        ranks[2 * i + 1] = at.upper;
    }
    return select_want(&t->select, ranks, RANKS, e);
}

static int read_rows(struct k6 *k, struct reader *r, struct err *e) {
    for (int i = 0; i < TRENDS; i++)
        if (select_init(&k->trends[i].select, e) != 0)
            return -1;
    k->has_iterations = reader_has_iterations(r);
    k->has_checks = reader_has_checks(r);
    if (read_once(k, r, e) != 0 || (k->has_checks && reader_checks(r, one_check, k, e) != 0))
        return -1;
    if (k->no_memory)
        return err_set(e, "out of memory for the checks");
    for (int i = 0; i < TRENDS; i++)
        if (want(&k->trends[i], e) != 0)
            return -1;
    k->second_reading = true;
    if (read_once(k, r, e) != 0)
        return -1;
    for (int i = 0; i < TRENDS; i++)
        if (k->trends[i].select.hist.total > 0 && select_finish(&k->trends[i].select, e) != 0)
            return -1;
    return 0;
}

/* ---- writing ---- */

static void number(struct buf *out, const char *key, double value) {
    buf_printf(out, "            \"%s\": %.15g,\n", key, value);
}

/* Of this metric; a sub-metric has its own name. */
static void thresholds(struct buf *out, const struct report_source *s, const char *metric) {
    bool any = false;
    for (size_t i = 0; i < s->threshold_count; i++) {
        const struct report_threshold *t = &s->thresholds[i];
        if (strcmp(t->metric, metric) != 0)
            continue;
        buf_str(out,
                any ? ",\n                " : "            \"thresholds\": {\n                ");
        json_text(out, t->expression);
        buf_printf(out, ": %s", t->state == REPORT_THRESHOLD_HOLDS ? "false" : "true");
        any = true;
    }
    if (any)
        buf_str(out, "\n            },\n");
}

static void open_metric(struct buf *out, const char *name) {
    buf_str(out, "        ");
    json_text(out, name);
    buf_str(out, ": {\n");
}

/* Each value and each metric was written with a comma behind it; the last has none. */
static void cut_comma(struct buf *out) {
    if (out->len >= 2 && out->data[out->len - 2] == ',') {
        out->data[out->len - 2] = '\n';
        out->data[--out->len] = '\0';
    }
}

static void close_metric(struct buf *out, const struct report_source *s, const char *name) {
    thresholds(out, s, name);
    cut_comma(out);
    buf_str(out, "        },\n");
}

static double at(const struct trend *t, double p) {
    struct quantile_rank rank = quantile_rank(p, t->select.hist.total);
    return quantile_between(select_value(&t->select, rank.lower),
                            select_value(&t->select, rank.upper), rank.fraction) /
           1000;
}

static void trend(struct buf *out, const struct report_source *s, const char *name,
                  const struct trend *t) {
    const struct hist *h = &t->select.hist;
    if (h->total == 0)
        return;
    open_metric(out, name);
    number(out, "avg", t->sum_us / (double)h->total / 1000);
    number(out, "min", (double)h->min / 1000);
    number(out, "med", at(t, 0.5));
    number(out, "max", (double)h->max / 1000);
    number(out, "p(90)", at(t, 0.9));
    number(out, "p(95)", at(t, 0.95));
    close_metric(out, s, name);
}

static void counter(struct buf *out, const struct report_source *s, const char *name,
                    uint64_t count, double seconds) {
    open_metric(out, name);
    buf_printf(out, "            \"count\": %" PRIu64 ",\n", count);
    number(out, "rate", seconds > 0 ? (double)count / seconds : 0);
    close_metric(out, s, name);
}

/* The totals, as a rate: passes are those that held. */
static void all_checks(struct buf *out, const struct report_source *s, const struct k6 *k) {
    uint64_t passes = 0, fails = 0;
    for (size_t i = 0; i < k->check_count; i++) {
        passes += k->checks[i].passes;
        fails += k->checks[i].fails;
    }
    if (k->check_count == 0)
        return;
    open_metric(out, "checks");
    buf_printf(out, "            \"passes\": %" PRIu64 ",\n            \"fails\": %" PRIu64 ",\n",
               passes, fails);
    number(out, "value", passes + fails > 0 ? (double)passes / (double)(passes + fails) : 0);
    close_metric(out, s, "checks");
}

/* k6's ids are the MD5 of the path; here they are the first half of its SHA-256, which has as many digits. */
static void root_checks(struct buf *out, const struct k6 *k) {
    for (size_t i = 0; i < k->check_count; i++) {
        const struct check *c = &k->checks[i];
        struct buf path;
        char hash[SHA256_HEX_BYTES];
        buf_init(&path, DOCUMENT_MAX_BYTES);
        buf_printf(&path, "::%s", c->name);
        sha256_hex(buf_text(&path), path.len, hash);
        buf_str(out, i == 0 ? "\n            " : ",\n            ");
        json_text(out, c->name);
        buf_str(out, ": {\n                \"name\": ");
        json_text(out, c->name);
        buf_str(out, ",\n                \"path\": ");
        json_text(out, buf_text(&path));
        buf_printf(out,
                   ",\n                \"id\": \"%.32s\",\n                \"passes\": %" PRIu64
                   ",\n                \"fails\": %" PRIu64 "\n            }",
                   hash, c->passes, c->fails);
        buf_done(&path);
    }
    if (k->check_count > 0)
        buf_str(out, "\n        ");
}

static void failed(struct buf *out, const struct report_source *s, const struct k6 *k) {
    open_metric(out, "http_req_failed");
    buf_printf(out, "            \"passes\": %" PRIu64 ",\n            \"fails\": %" PRIu64 ",\n",
               k->failures, k->requests - k->failures);
    number(out, "value", k->requests > 0 ? (double)k->failures / (double)k->requests : 0);
    close_metric(out, s, "http_req_failed");
}

static void users(struct buf *out, const struct report_source *s,
                  const struct reader_second *seconds, size_t n) {
    double low = n > 0 ? seconds[0].users : 0, high = low;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, seconds[i].users);
        high = fmax(high, seconds[i].users);
    }
    open_metric(out, "vus");
    number(out, "value", n > 0 ? seconds[n - 1].users : 0);
    number(out, "min", low);
    number(out, "max", high);
    close_metric(out, s, "vus");
    double most = reader_run(s->reader)->users_max;
    open_metric(out, "vus_max");
    number(out, "value", most);
    number(out, "min", most);
    number(out, "max", most);
    close_metric(out, s, "vus_max");
}

/* Thresholds of sub-metrics and of metrics that are ours alone, so that none is lost. */
static void other_thresholds(struct buf *out, const struct report_source *s) {
    for (size_t i = 0; i < s->threshold_count; i++) {
        const char *metric = s->thresholds[i].metric;
        bool known = false;
        struct buf head;
        buf_init(&head, DOCUMENT_MAX_BYTES);
        open_metric(&head, metric);
        known = strstr(buf_text(out), buf_text(&head)) != NULL;
        buf_done(&head);
        if (known)
            continue;
        open_metric(out, metric);
        close_metric(out, s, metric);
    }
}

static void document(struct buf *out, const struct report_source *s, const struct k6 *k,
                     const struct reader_second *seconds, size_t n) {
    const struct trend *t = k->trends;
    buf_str(out, "{\n    \"metrics\": {\n");
    all_checks(out, s, k);
    counter(out, s, "data_received", k->received, k->seconds);
    counter(out, s, "data_sent", k->sent, k->seconds);
    if (k->dropped > 0)
        counter(out, s, "dropped_iterations", k->dropped, k->seconds);
    trend(out, s, "http_req_blocked", &t[BLOCKED]);
    trend(out, s, "http_req_connecting", &t[CONNECTING]);
    trend(out, s, "http_req_duration", &t[DURATION]);
    trend(out, s, "http_req_duration{expected_response:true}", &t[EXPECTED]);
    failed(out, s, k);
    trend(out, s, "http_req_receiving", &t[RECEIVING]);
    trend(out, s, "http_req_tls_handshaking", &t[TLS]);
    trend(out, s, "http_req_waiting", &t[WAITING]);
    counter(out, s, "http_reqs", k->requests, k->seconds);
    trend(out, s, "iteration_duration", &t[ITERATION]);
    counter(out, s, "iterations", t[ITERATION].select.hist.total, k->seconds);
    users(out, s, seconds, n);
    other_thresholds(out, s);
    cut_comma(out);
    buf_str(out, "    },\n    \"root_group\": {\n"
                 "        \"name\": \"\",\n        \"path\": \"\",\n"
                 "        \"id\": \"d41d8cd98f00b204e9800998ecf8427e\",\n"
                 "        \"groups\": {},\n        \"checks\": {");
    root_checks(out, k);
    buf_str(out, "}\n    }\n}\n");
}

int export_k6(FILE *to, const struct report_source *s, struct err *e) {
    struct k6 k = {.seconds = (double)reader_run(s->reader)->duration_us / 1e6};
    struct reader_second *seconds = NULL;
    size_t n = 0;
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    int result = read_rows(&k, s->reader, e);
    if (result == 0)
        result = reader_users(s->reader, &seconds, &n, e);
    if (result == 0) {
        document(&b, s, &k, seconds, n);
        result = outfile_put(to, &b, e);
    }
    for (int i = 0; i < TRENDS; i++)
        select_done(&k.trends[i].select);
    for (size_t i = 0; i < k.check_count; i++)
        free(k.checks[i].name);
    free(k.checks);
    buf_done(&b);
    free(seconds);
    return result;
}
