#include "import/import_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/import_fields.h"

#define PREFIX "run.googleapis.com/"
#define LABELS_MAX 32

/* Metrics that count up within an interval: a gauge of them is a rate (ALIGN_RATE). */
static bool is_sum(const char *metric) {
    static const char *const names[] = {
        "container/billable_instance_time",       "request_count",
        "container/cpu/allocation_time",          "container/memory/allocation_time",
        "container/network/received_bytes_count", "container/network/sent_bytes_count",
        "container/completed_probe_count",        "container/completed_probe_attempt_count"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(metric, names[i]) == 0)
            return true;
    }
    return false;
}

/* Shares and times of several series average; numbers of things add up. */
static bool is_additive(const char *metric) {
    return strstr(metric, "utilization") == NULL && strstr(metric, "latenc") == NULL;
}

static int read_kind(const struct json *entry, struct import_series *s, struct err *e) {
    const struct json *v = import_get(entry, "metricKind");
    const char *word = v != NULL && v->kind == JSON_STRING ? v->text : "";
    int64_t number = 0;
    import_int64(v, &number);
    if (strcmp(word, "DELTA") == 0 || number == 2)
        s->kind = "delta";
    else if (strcmp(word, "CUMULATIVE") == 0 || number == 3)
        s->kind = "cumulative";
    else if (v == NULL || strcmp(word, "GAUGE") == 0 || number == 1)
        s->kind = is_sum(s->metric) ? "rate" : "gauge";
    else
        return err_set(e, "its metricKind is none of GAUGE, DELTA and CUMULATIVE");
    return 0;
}

struct pair {
    const char *key, *value;
};

static int by_key(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : strcmp(x->value, y->value);
}

static size_t collect(const struct json *labels, struct pair *out, size_t n) {
    if (labels == NULL || labels->kind != JSON_OBJECT)
        return n;
    for (const struct json *m = labels->first; m != NULL && n < LABELS_MAX; m = m->next) {
        if (m->kind == JSON_STRING && strcmp(m->key, "project_id") != 0)
            out[n++] = (struct pair){m->key, m->text};
    }
    return n;
}

static bool identity(struct import_series *s, const struct pair *pairs, size_t n) {
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof s->labels; i++) {
        int wrote = snprintf(s->labels + used, sizeof s->labels - used, "%s%s=%s",
                             i == 0 ? "" : "\n", pairs[i].key, pairs[i].value);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return used < sizeof s->labels;
}

static void append(char *label, const char *word) {
    size_t n = strlen(label);
    snprintf(label + n, IMPORT_LABEL_BYTES - n, "%s%.40s", n == 0 ? "" : " ", word);
}

/* Of the metric's labels only those are shown that tell kinds of things apart; the others tell
 * parts apart, which are put together. The latencies of all answers are one distribution, as in the
 * console; numbers of answers are apart by class. */
static void shown(struct import_series *s, const struct json *labels) {
    static const char *const kept[] = {"state", "scaling_driver", "kind", "probe_type",
                                       "is_healthy"};
    const char *class = import_text(labels, "response_code_class");
    const char *code = import_text(labels, "response_code");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = import_text(labels, kept[i]);
        if (value != NULL)
            append(s->label, value);
    }
    if (!is_additive(s->metric))
        return;
    if (class != NULL) {
        append(s->label, class);
    } else if (code != NULL && strlen(code) == 3) {
        char from_code[4] = {code[0], 'x', 'x', '\0'};
        append(s->label, from_code);
    }
}

int import_series_read(const struct json *entry, struct import_series *out, struct err *e) {
    struct import_series s = {.of_cloud_run = true};
    struct pair pairs[LABELS_MAX];
    if (entry->kind != JSON_OBJECT)
        return err_set(e, "it is %s, not an object", json_kind_text(entry->kind));
    if (import_is_log(entry))
        return err_set(e, "it is a log entry: give its file with --logs");
    const struct json *metric = import_get(entry, "metric"),
                      *resource = import_get(entry, "resource");
    const char *type = import_text(metric, "type");
    if (type == NULL)
        return err_set(e, "it has no metric.type, which a time series has");
    const char *product = import_text(resource, "type");
    if (strncmp(type, PREFIX, strlen(PREFIX)) != 0 ||
        (product != NULL && strcmp(product, "cloud_run_revision") != 0)) {
        *out = (struct import_series){.of_cloud_run = false, .points = import_get(entry, "points")};
        return 0;
    }
    s.metric = type + strlen(PREFIX);
    if (read_kind(entry, &s, e) != 0)
        return -1;
    s.fold = is_additive(s.metric) ? "sum" : "mean";
    s.unit = import_text(entry, "unit");
    const struct json *labels = import_get(metric, "labels"),
                      *where = import_get(resource, "labels");
    s.service = import_text(where, "serviceName");
    s.revision = import_text(where, "revisionName");
    size_t n = collect(where, pairs, collect(labels, pairs, 0));
    qsort(pairs, n, sizeof *pairs, by_key);
    if (!identity(&s, pairs, n))
        return err_set(e, "its labels have more than %d bytes", IMPORT_LABELS_BYTES - 1);
    shown(&s, labels);
    s.points = import_get(entry, "points");
    if (s.points != NULL && s.points->kind != JSON_ARRAY)
        return err_set(e, "its points are %s, not an array", json_kind_text(s.points->kind));
    *out = s;
    return 0;
}

/* Where buckets lie: bucket 0 has what is below bound 0, the last what is above the last bound. */
struct bounds {
    enum { LINEAR, EXPONENTIAL, EXPLICIT } kind;
    int64_t count; /* of bounds */
    double first, by;
    const struct json *next; /* EXPLICIT: the next bound */
};

static int read_bounds(const struct json *options, struct bounds *b, struct err *e) {
    const struct json *linear = import_get(options, "linearBuckets"),
                      *exponential = import_get(options, "exponentialBuckets"),
                      *explicit = import_get(import_get(options, "explicitBuckets"), "bounds");
    const struct json *even = linear != NULL ? linear : exponential;
    if (even != NULL) {
        b->kind = linear != NULL ? LINEAR : EXPONENTIAL;
        bool given =
            linear != NULL
                ? import_double(import_get(linear, "width"), &b->by) && b->by > 0
                : import_double(import_get(exponential, "growthFactor"), &b->by) && b->by > 1;
        const char *start = linear != NULL ? "offset" : "scale";
        /* An offset of 0 is left out by some writers. */
        b->first = 0;
        if (import_get(even, start) != NULL)
            given = import_double(import_get(even, start), &b->first) && given;
        if (!given || (exponential != NULL && linear == NULL && b->first <= 0) ||
            !import_int64(import_get(even, "numFiniteBuckets"), &b->count) || b->count < 1 ||
            b->count > IMPORT_BUCKETS_MAX)
            return err_set(e, "its bucketOptions define no buckets");
        b->count++;
        return 0;
    }
    if (explicit == NULL || explicit->kind != JSON_ARRAY || explicit->count < 1 ||
        explicit->count > IMPORT_BUCKETS_MAX)
        return err_set(e, "its bucketOptions are neither linear, exponential nor explicit");
    b->kind = EXPLICIT;
    b->count = (int64_t) explicit->count;
    b->next = explicit->first;
    return 0;
}

/* Bound i; asked for in order. */
static bool bound(struct bounds *b, int64_t i, double *out) {
    double x = 0;
    if (b->kind == EXPLICIT) {
        bool good = import_double(b->next, &x);
        b->next = b->next->next;
        *out = x;
        return good;
    }
    x = b->kind == LINEAR ? b->first + b->by * (double)i : b->first * pow(b->by, (double)i);
    *out = x;
    return isfinite(x);
}

/* What is below all bounds lies between 0 and the first, what is above all at the last: these
 * numbers are not negative, and how far above it was nobody says. */
static int read_buckets(const struct json *v, int64_t count, struct buf *out, struct err *e) {
    const struct json *counts = import_get(v, "bucketCounts");
    struct bounds b = {0};
    if (counts == NULL)
        return 0;
    if (counts->kind != JSON_ARRAY || read_bounds(import_get(v, "bucketOptions"), &b, e) != 0)
        return counts->kind == JSON_ARRAY ? -1 : err_set(e, "its bucketCounts are not an array");
    if ((int64_t)counts->count > b.count + 1)
        return err_set(e, "it has more bucketCounts than buckets");
    int64_t sum = 0, i = 0;
    double from, to = 0;
    for (const struct json *c = counts->first; c != NULL; c = c->next, i++) {
        int64_t n;
        from = to;
        if (i < b.count && (!bound(&b, i, &to) || (i > 0 && to <= from)))
            return err_set(e, "its bucket bounds do not increase");
        if (i == 0)
            from = to > 0 ? 0 : to;
        if (!import_int64(c, &n) || n < 0 || n > count - sum)
            return err_set(e, "its bucketCounts do not add up to its count");
        sum += n;
        if (n > 0)
            buf_printf(out, "%.17g %.17g %lld\n", from, to, (long long)n);
    }
    if (sum != count)
        return err_set(e, "its bucketCounts do not add up to its count");
    return buf_ok(out) ? 0 : err_set(e, "it has too many buckets");
}

static int read_distribution(const struct json *v, struct import_point *p, struct buf *buckets,
                             struct err *e) {
    const struct json *count = import_get(v, "count"), *mean = import_get(v, "mean");
    p->is_distribution = true;
    if ((count != NULL && !import_int64(count, &p->count)) || p->count < 0)
        return err_set(e, "the count of its distribution is not a number");
    if (mean != NULL && !import_double(mean, &p->value))
        return err_set(e, "the mean of its distribution is not a number");
    return read_buckets(v, p->count, buckets, e);
}

static int read_value(const struct json *v, struct import_point *p, struct buf *buckets,
                      struct err *e) {
    const struct json *number = import_get(v, "doubleValue"), *flag = import_get(v, "boolValue"),
                      *distribution = import_get(v, "distributionValue");
    if (distribution != NULL)
        return read_distribution(distribution, p, buckets, e);
    if (number == NULL)
        number = import_get(v, "int64Value");
    if (flag != NULL && flag->kind == JSON_BOOL)
        p->value = flag->boolean ? 1 : 0;
    else if (number == NULL || !import_double(number, &p->value))
        return err_set(e, "its value is neither a number nor a distribution");
    return 0;
}

int import_point_read(const struct json *point, struct import_point *out, struct buf *buckets,
                      struct err *e) {
    struct import_point p = {.start_us = INT64_MIN};
    const struct json *interval = import_get(point, "interval"),
                      *start = import_get(interval, "startTime");
    if (!import_time(import_get(interval, "endTime"), &p.end_us))
        return err_set(e, "its interval has no endTime");
    if (start != NULL && (!import_time(start, &p.start_us) || p.start_us > p.end_us))
        return err_set(e, "its interval does not begin before it ends");
    if (p.start_us == p.end_us)
        p.start_us = INT64_MIN;
    buf_clear(buckets);
    if (read_value(import_get(point, "value"), &p, buckets, e) != 0)
        return -1;
    *out = p;
    return 0;
}
