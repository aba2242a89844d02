/*
 * k6's --summary-export, in the shape of js/summary-wrapper.js: metrics, with their values as
 * direct members, and root_group. In `thresholds`, true means failed.
 *
 * http_req_sending is left out: no row separates it from waiting.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_timeline.h"
#include "report/export.h"
#include "report/export_k6.h"
#include "report/export_rows.h"
#include "report/outfile.h"
#include "stats/quantile.h"
#include "stats/select.h"
#include "util/json_write.h"
#include "util/outcome.h"
#include "util/sha256.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)
#define RANKS 6 /* two for each percentile */
#define KEEP_BYTES ((size_t)16 << 20)

enum { BLOCKED, CONNECTING, DURATION, EXPECTED, RECEIVING, TLS, WAITING, ITERATION, TRENDS };

static const double levels[] = {0.5, 0.9, 0.95};

struct trend {
    struct select select;
    double sum_us;
};

/* Most requests make no connection and so have one time in three trends. Times are counted in one
 * of these parts each, and trends are put together of them. */
enum {
    OK_KEPT,
    FAILED_KEPT,
    OK_NEW,
    FAILED_NEW,
    SERVICE_NEW,
    WAITING_ALL,
    RECEIVING_ALL,
    DNS_ALL,
    CONNECT_ALL,
    TLS_ALL,
    STEPS_ALL,
    PARTS
};

#define PART(p) (1u << (p))

static const unsigned parts_of[TRENDS] = {
    [BLOCKED] = PART(DNS_ALL),
    [CONNECTING] = PART(CONNECT_ALL),
    [DURATION] = PART(OK_KEPT) | PART(FAILED_KEPT) | PART(OK_NEW) | PART(FAILED_NEW),
    [EXPECTED] = PART(OK_KEPT) | PART(OK_NEW),
    [RECEIVING] = PART(RECEIVING_ALL),
    [TLS] = PART(TLS_ALL),
    [WAITING] = PART(WAITING_ALL),
    [ITERATION] = PART(OK_KEPT) | PART(FAILED_KEPT) | PART(SERVICE_NEW),
};

/* A named check of any request: root_group has them by name. */
struct check {
    char *name;
    uint64_t passes, fails;
};

struct k6 {
    struct trend parts[PARTS], trends[TRENDS];
    bool has_iterations; /* else a request is one */
    bool has_checks;
    const struct catalog *catalog;
    struct check *checks;
    size_t check_count;
    bool no_memory;
    uint64_t requests, failures, unsendable, dropped, sent, received;
    double seconds;
    bool second_reading;
    size_t room; /* for kept times, in bytes */
};

/* ---- reading ---- */

static unsigned parts_for(const struct k6 *k, int trend) {
    return trend == ITERATION && k->has_iterations ? PART(STEPS_ALL) : parts_of[trend];
}

/* What was kept of a part is known to its trends already. */
static void collect(struct k6 *k, int part, int64_t us) {
    if (kept_any(&k->parts[part].select.kept))
        return;
    for (int i = 0; i < TRENDS; i++)
        if ((parts_for(k, i) & PART(part)) != 0)
            select_collect(&k->trends[i].select, us);
}

static void add(struct k6 *k, int part, int64_t us) {
    struct trend *t = &k->parts[part];
    us = us < 0 ? 0 : us;
    if (k->second_reading)
        collect(k, part, us);
    else {
        select_count(&t->select, us);
        t->sum_us += (double)us;
    }
}

void k6_add(struct k6 *k, const struct request *row) {
    bool failed = outcome_is_failure((int)row->outcome);
    int64_t connecting = request_connecting(row);
    if (!k->second_reading) {
        k->dropped += row->outcome == OUTCOME_NOT_SENT;
        k->unsendable += row->outcome == OUTCOME_UNSENDABLE;
    }
    if (!outcome_is_timed((int)row->outcome))
        return;
    bool kept = connecting == 0;
    add(k, DNS_ALL, request_step(row->dns_us));
    add(k, CONNECT_ALL, request_step(row->connect_us));
    add(k, TLS_ALL, request_step(row->tls_us));
    add(k, failed ? (kept ? FAILED_KEPT : FAILED_NEW) : (kept ? OK_KEPT : OK_NEW),
        row->service_us - connecting);
    if (!kept)
        add(k, SERVICE_NEW, row->service_us);
    if (row->ttfb_us != READER_NO_VALUE) {
        add(k, WAITING_ALL, row->ttfb_us - connecting);
        add(k, RECEIVING_ALL, row->service_us - row->ttfb_us);
    }
    if (k->second_reading)
        return;
    k->requests++;
    k->failures += failed;
    k->sent += row->bytes_sent;
    k->received += row->bytes_received;
}

static int one(void *context, const struct request *row) {
    k6_add(context, row);
    return 0;
}

static void one_iteration(void *context, const char *name, int64_t end_us, int64_t duration_us,
                          bool ok) {
    (void)ok;
    (void)name;
    (void)end_us;
    add(context, STEPS_ALL, duration_us);
}

static void one_check(void *context, int64_t second, uint32_t check, uint64_t passes,
                      uint64_t fails) {
    struct k6 *k = context;
    size_t i = 0;
    (void)second;
    if (check >= k->catalog->check_count)
        return;
    const char *name = k->catalog->checks[check].name;
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

int k6_new(struct reader *r, struct k6 **out, struct err *e) {
    struct k6 *k = calloc(1, sizeof *k);
    if (k == NULL)
        return err_memory(e, "k6's summary");
    k->seconds = (double)reader_run(r)->duration_us / 1e6;
    k->room = KEEP_BYTES;
    k->has_iterations = reader_has_iterations(r);
    k->has_checks = reader_has_checks(r);
    k->catalog = reader_catalog(r);
    for (int i = 0; i < PARTS; i++) {
        if (select_init(&k->parts[i].select, e) != 0) {
            k6_free(k);
            return -1;
        }
        select_keep(&k->parts[i].select, &k->room);
    }
    *out = k;
    return 0;
}

void k6_keep(struct k6 *k, size_t bytes) {
    k->room = bytes;
}

void k6_free(struct k6 *k) {
    if (k == NULL)
        return;
    for (int i = 0; i < PARTS; i++)
        select_done(&k->parts[i].select);
    for (int i = 0; i < TRENDS; i++)
        select_done(&k->trends[i].select);
    for (size_t i = 0; i < k->check_count; i++)
        free(k->checks[i].name);
    free(k->checks);
    free(k);
}

/* Once more, where some times did not fit. */
static int read_again(struct k6 *k, struct reader *r, struct err *e) {
    bool again = false;
    for (int i = 0; i < TRENDS; i++)
        again = again || select_needs_collecting(&k->trends[i].select);
    if (!again)
        return 0;
    k->second_reading = true;
    if (reader_scan(r, one, k, e) != 0)
        return -1;
    return k->has_iterations ? reader_iterations(r, one_iteration, k, e) : 0;
}

static int put_together(struct k6 *k, int trend, struct err *e) {
    struct trend *t = &k->trends[trend];
    unsigned parts = parts_for(k, trend);
    if (select_init(&t->select, e) != 0)
        return -1;
    for (int i = 0; i < PARTS; i++) {
        if ((parts & PART(i)) == 0)
            continue;
        hist_merge(&t->select.hist, &k->parts[i].select.hist);
        t->sum_us += k->parts[i].sum_us;
    }
    if (want(t, e) != 0)
        return -1;
    for (int i = 0; i < PARTS; i++)
        if ((parts & PART(i)) != 0)
            select_take(&t->select, &k->parts[i].select);
    return 0;
}

/* After all rows were added. */
static int finish(struct k6 *k, struct reader *r, struct err *e) {
    if ((k->has_iterations && reader_iterations(r, one_iteration, k, e) != 0) ||
        (k->has_checks && reader_checks(r, one_check, k, e) != 0))
        return -1;
    if (k->no_memory)
        return err_memory(e, "the checks");
    for (int i = 0; i < TRENDS; i++)
        if (put_together(k, i, e) != 0)
            return -1;
    if (read_again(k, r, e) != 0)
        return -1;
    for (int i = 0; i < TRENDS; i++)
        if (k->trends[i].select.hist.total > 0 && select_finish(&k->trends[i].select, e) != 0)
            return -1;
    return 0;
}

/* ---- writing ---- */

struct threshold {
    struct buf metric, expression;
    bool crossed;
    bool shown; /* its metric is written */
};

struct summary_export {
    struct json_writer w;
    const struct report_source *source;
    struct threshold *thresholds;
    size_t threshold_count;
};

static int thresholds_init(struct summary_export *d, struct err *e) {
    const struct thresholds *t = d->source->document->model->thresholds;
    size_t n = t == NULL ? 0 : t->rules.count;
    d->thresholds = calloc(n + 1, sizeof *d->thresholds);
    if (d->thresholds == NULL)
        return err_memory(e, "%zu thresholds", n);
    for (; d->threshold_count < n; d->threshold_count++) {
        struct threshold *x = &d->thresholds[d->threshold_count];
        const struct gate_result *result = &t->results[d->threshold_count];
        buf_init(&x->metric, DOCUMENT_MAX_BYTES);
        buf_init(&x->expression, DOCUMENT_MAX_BYTES);
        gate_metric_text(result->rule, &x->metric);
        gate_condition_text(result->rule, &x->expression);
        gate_words_text(result->rule, &x->expression);
        x->crossed = result->verdict != GATE_HOLDS;
    }
    return 0;
}

static void thresholds_done(struct summary_export *d) {
    for (size_t i = 0; i < d->threshold_count; i++) {
        buf_done(&d->thresholds[i].metric);
        buf_done(&d->thresholds[i].expression);
    }
    free(d->thresholds);
}

/* Of this metric; a sub-metric has its own name. */
static void thresholds(struct summary_export *d, const char *metric) {
    bool any = false;
    for (size_t i = 0; i < d->threshold_count; i++) {
        struct threshold *t = &d->thresholds[i];
        if (strcmp(buf_text(&t->metric), metric) != 0)
            continue;
        if (!any)
            json_write_object(&d->w, "thresholds", JSON_LINES);
        json_write_bool(&d->w, buf_text(&t->expression), t->crossed);
        any = t->shown = true;
    }
    if (any)
        json_write_end(&d->w);
}

static void close_metric(struct summary_export *d, const char *name) {
    thresholds(d, name);
    json_write_end(&d->w);
}

static double at(const struct trend *t, double p) {
    struct quantile_rank rank = quantile_rank(p, t->select.hist.total);
    return quantile_between(select_value(&t->select, rank.lower),
                            select_value(&t->select, rank.upper), rank.fraction) /
           1000;
}

static void trend(struct summary_export *d, const char *name, const struct trend *t) {
    const struct hist *h = &t->select.hist;
    if (h->total == 0)
        return;
    json_write_object(&d->w, name, JSON_LINES);
    json_write_number(&d->w, "avg", t->sum_us / (double)h->total / 1000);
    json_write_number(&d->w, "min", (double)h->min / 1000);
    json_write_number(&d->w, "med", at(t, 0.5));
    json_write_number(&d->w, "max", (double)h->max / 1000);
    json_write_number(&d->w, "p(90)", at(t, 0.9));
    json_write_number(&d->w, "p(95)", at(t, 0.95));
    close_metric(d, name);
}

static void counter(struct summary_export *d, const char *name, uint64_t count, double seconds) {
    json_write_object(&d->w, name, JSON_LINES);
    json_write_uint(&d->w, "count", count);
    json_write_number(&d->w, "rate", seconds > 0 ? (double)count / seconds : 0);
    close_metric(d, name);
}

static void share(struct summary_export *d, const char *name, uint64_t passes, uint64_t fails) {
    uint64_t all = passes + fails;
    json_write_object(&d->w, name, JSON_LINES);
    json_write_uint(&d->w, "passes", passes);
    json_write_uint(&d->w, "fails", fails);
    json_write_number(&d->w, "value", all > 0 ? (double)passes / (double)all : 0);
    close_metric(d, name);
}

/* The totals, as a rate: passes are those that held. */
static void all_checks(struct summary_export *d, const struct k6 *k) {
    uint64_t passes = 0, fails = 0;
    for (size_t i = 0; i < k->check_count; i++) {
        passes += k->checks[i].passes;
        fails += k->checks[i].fails;
    }
    if (k->check_count > 0)
        share(d, "checks", passes, fails);
}

/* k6's ids are the MD5 of the path; here they are the first half of its SHA-256, which has as many
 * digits. */
static void root_checks(struct json_writer *w, const struct k6 *k) {
    json_write_object(w, "checks", k->check_count > 0 ? JSON_LINES : JSON_LINE);
    for (size_t i = 0; i < k->check_count; i++) {
        const struct check *c = &k->checks[i];
        struct buf path;
        char hash[SHA256_HEX_BYTES];
        buf_init(&path, DOCUMENT_MAX_BYTES);
        buf_printf(&path, "::%s", c->name);
        sha256_hex(buf_text(&path), path.len, hash);
        json_write_object(w, c->name, JSON_LINES);
        json_write_text(w, "name", c->name);
        json_write_text(w, "path", buf_text(&path));
        json_write_bytes(w, "id", hash, 32);
        json_write_uint(w, "passes", c->passes);
        json_write_uint(w, "fails", c->fails);
        json_write_end(w);
        buf_done(&path);
    }
    json_write_end(w);
}

static void gauge(struct summary_export *d, const char *name, double value, double min,
                  double max) {
    json_write_object(&d->w, name, JSON_LINES);
    json_write_number(&d->w, "value", value);
    json_write_number(&d->w, "min", min);
    json_write_number(&d->w, "max", max);
    close_metric(d, name);
}

static void users(struct summary_export *d, const struct reader_second *seconds, size_t n) {
    double low = n > 0 ? seconds[0].users : 0, high = low;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, seconds[i].users);
        high = fmax(high, seconds[i].users);
    }
    double most = reader_run(d->source->reader)->users_max;
    gauge(d, "vus", n > 0 ? seconds[n - 1].users : 0, low, high);
    gauge(d, "vus_max", most, most, most);
}

/* Thresholds of sub-metrics and of metrics that are ours alone, so that none is lost. */
static void other_thresholds(struct summary_export *d) {
    for (size_t i = 0; i < d->threshold_count; i++) {
        const char *metric = buf_text(&d->thresholds[i].metric);
        if (d->thresholds[i].shown)
            continue;
        json_write_object(&d->w, metric, JSON_LINES);
        close_metric(d, metric);
    }
}

static void metrics(struct summary_export *d, const struct k6 *k,
                    const struct reader_second *seconds, size_t n) {
    const struct trend *t = k->trends;
    json_write_object(&d->w, "metrics", JSON_LINES);
    all_checks(d, k);
    counter(d, "data_received", k->received, k->seconds);
    counter(d, "data_sent", k->sent, k->seconds);
    if (k->dropped > 0)
        counter(d, "dropped_iterations", k->dropped, k->seconds);
    trend(d, "http_req_blocked", &t[BLOCKED]);
    trend(d, "http_req_connecting", &t[CONNECTING]);
    trend(d, "http_req_duration", &t[DURATION]);
    trend(d, "http_req_duration{expected_response:true}", &t[EXPECTED]);
    /* As the threshold has it: what could not be built has failed, though http_reqs has none of
     * it. */
    share(d, "http_req_failed", k->failures + k->unsendable, k->requests - k->failures);
    trend(d, "http_req_receiving", &t[RECEIVING]);
    trend(d, "http_req_tls_handshaking", &t[TLS]);
    trend(d, "http_req_waiting", &t[WAITING]);
    counter(d, "http_reqs", k->requests, k->seconds);
    trend(d, "iteration_duration", &t[ITERATION]);
    counter(d, "iterations", t[ITERATION].select.hist.total, k->seconds);
    users(d, seconds, n);
    other_thresholds(d);
    json_write_end(&d->w);
}

static int document(struct buf *out, const struct report_source *s, const struct k6 *k,
                    const struct reader_second *seconds, size_t n, struct err *e) {
    struct summary_export d = {.source = s};
    if (thresholds_init(&d, e) != 0)
        return -1;
    json_write_init(&d.w, out, "    ");
    json_write_object(&d.w, NULL, JSON_LINES);
    metrics(&d, k, seconds, n);
    json_write_object(&d.w, "root_group", JSON_LINES);
    json_write_text(&d.w, "name", "");
    json_write_text(&d.w, "path", "");
    json_write_text(&d.w, "id", "d41d8cd98f00b204e9800998ecf8427e");
    json_write_object(&d.w, "groups", JSON_LINE);
    json_write_end(&d.w);
    root_checks(&d.w, k);
    json_write_end(&d.w);
    json_write_end(&d.w);
    buf_char(out, '\n');
    thresholds_done(&d);
    return 0;
}

static int write_summary(FILE *to, const struct report_source *s, struct k6 *k, struct err *e) {
    struct reader_second *seconds = NULL;
    size_t n = 0;
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    int result = finish(k, s->reader, e);
    if (result == 0)
        result = reader_users(s->reader, &seconds, &n, e);
    if (result == 0)
        result = document(&b, s, k, seconds, n, e);
    if (result == 0)
        result = outfile_put(to, &b, e);
    buf_done(&b);
    free(seconds);
    return result;
}

int export_k6(FILE *to, const struct report_source *s, struct err *e) {
    struct k6 *k = NULL;
    if (s->rows != NULL)
        return write_summary(to, s, s->rows->k6, e);
    if (k6_new(s->reader, &k, e) != 0)
        return -1;
    int result = reader_scan(s->reader, one, k, e);
    if (result == 0)
        result = write_summary(to, s, k, e);
    k6_free(k);
    return result;
}
